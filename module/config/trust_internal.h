/* The table of decisions, for a test that every setting has one. */
#ifndef AID_CONFIG_TRUST_INTERNAL_H
#define AID_CONFIG_TRUST_INTERNAL_H

#include "config/trust.h"

enum aid_trust_decision
{
  AID_TRUST_UNDECIDED, /* no rule: it needs trust, and a test fails */
  AID_TRUST_AT_ONCE,
  AID_TRUST_NEEDED
};
/* PATH with "*" for the names of models and providers. */
enum aid_trust_decision aid_trust_decision (const char *const *path, size_t npath);

/* Calls FN for the path of every member that the settings know (config.c). */
void aid_config_each_member (void (*fn) (void *ctx, const char *const *path, size_t npath), void *ctx);

#endif
