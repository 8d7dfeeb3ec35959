/* The helpers that are there, shared by all threads: who has a text to ask about takes one and gives it back.  Private to this
   folder. */
#ifndef AID_SCAN_HELPERS_H
#define AID_SCAN_HELPERS_H

#include "scan/helper.h"
#include "scan/sources.h"

enum aid_helper_kind
{
  AID_HELPER_TREES,
  AID_HELPER_CTAGS,
  AID_HELPER_KINDS
};

struct aid_lease
{
  struct aid_helper *helper;
  enum aid_helper_kind kind;
  unsigned generation; /* of the options that it was started by */
  int fresh;           /* nobody had it before */
  int calm;            /* it has the lowest priority, for it was started by a thread that has */
};

/* Takes a helper that rests, unless FRESH, or starts one.  AID_E_NOTFOUND: there is no such program, or there was none a moment
   ago. */
enum aid_err aid_helpers_take (enum aid_helper_kind kind, int fresh, struct aid_lease *out);
enum aid_lease_end
{
  AID_LEASE_WELL,
  AID_LEASE_LEFT, /* nobody waits for its answer any more: it is ended */
  AID_LEASE_ILL   /* it is of no use any more, by its own fault: when many are, there is none for a while */
};

/* Gives it back: one that is well rests until somebody wants it, or for a minute. */
void aid_helpers_give (struct aid_lease *lease, enum aid_lease_end end);
/* What aid_sources_use does but for what is known of grammars. */
void aid_helpers_use (const struct aid_sources_options *o);
/* Whether the calling thread has the lowest priority. */
int aid_helpers_calm (void);

#endif
