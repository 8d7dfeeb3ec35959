/* The tables of decisions, of what a project (trust_rules.c) and a team (team_rules.c) may set, how they are gone
   through, and what shows a test that every setting has one in each. */
#ifndef AID_CONFIG_TRUST_INTERNAL_H
#define AID_CONFIG_TRUST_INTERNAL_H

#include "config/trust.h"

enum aid_trust_decision
{
  AID_TRUST_UNDECIDED, /* no rule: it needs trust, and a test fails */
  AID_TRUST_AT_ONCE,
  AID_TRUST_NEEDED,
  AID_TRUST_NEVER
};
/* PATH with "*" for the names of models and providers. */
enum aid_trust_decision aid_trust_decision (const char *const *path, size_t npath);

/* The same of a team's settings; what is never a team's to set is AID_TRUST_NEVER. */
enum aid_trust_decision aid_team_decision (const char *const *path, size_t npath);

#define AID_TRUST_DEPTH 6

struct aid_trust_rule
{
  const char *path[AID_TRUST_DEPTH]; /* "*": any name */
  const char *does;                  /* what it does, its value follows; NULL: it applies at once */
};

/* The end of a sentence: what is not set by whoever's table this is, trusted or not. */
extern const char aid_trust_never[];
/* What applies at once, also when it is an object: then as it is. */
extern const char aid_trust_whole[];

/* A walk through somebody's settings. */
struct aid_trust_walker
{
  const struct aid_trust_rule *rules;
  size_t nrules;
  const json_t *user; /* the person's own settings, or NULL */
  /* Why V, which the rules let through, does not apply at once; NULL: it does. */
  const char *(*objection) (const struct aid_trust_walker *w, const char *const *path, size_t n, const json_t *v);
  int strip;   /* removes what does not apply */
  int trusted; /* what waits for trust has it */
  aid_trust_fn *fn;
  void *ctx;
};
void aid_trust_walk_by (const struct aid_trust_walker *w, json_t *settings);
enum aid_trust_decision aid_trust_decision_by (const struct aid_trust_rule *rules, size_t nrules, const char *const *path,
                                               size_t npath);
/* Whether NAME is that of a provider that everybody has. */
int aid_trust_is_known_provider (const char *name);

/* Calls FN for the path of every member that the settings know (config.c). */
void aid_config_each_member (void (*fn) (void *ctx, const char *const *path, size_t npath), void *ctx);

#endif
