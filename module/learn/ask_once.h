/* One question to a model and its whole answer, on the caller's thread; any number of threads may ask at once.  It is asked
   by the path of aid ask: settings, keys, secrets, budgets, measurements and what was spent are those of any request, unless it
   is asked apart. */
#ifndef AID_LEARN_ASK_ONCE_H
#define AID_LEARN_ASK_ONCE_H

#include "base/err.h"
#include "base/stop.h"
#include "base/str.h"

struct aid_asker;
struct aid_ask_item;

struct aid_once
{
  const char *strategy, *model; /* MODEL may be NULL */
  struct aid_span question;
  int over_budget;
  /* Of who has made a chat of it: */
  struct aid_span chat; /* the chat's text, which is asked in place of QUESTION; or empty */
  const char *root;     /* of its project, or NULL */
  const struct aid_ask_item *items;
  size_t nitems;
  int variant;          /* STRATEGY may be the variant for the files' language */
  int apart;            /* see aid_ask */
};

struct aid_once_answer
{
  struct aid_str text;
  char *model;     /* that was asked, by the name of the settings; or NULL */
  int64_t in, out; /* tokens as the server counts them; 0: it does not say */
  double cost;     /* US dollars; negative: not known */
  int held;        /* it was not sent, for it holds what looks like a secret */
  int64_t cached, reasoning; /* tokens, of those; 0 likewise */
  int64_t first_ms, ms;      /* until the first token, and the end; -1: there was none */
  char stop[16];             /* why it ended (aid_stop_name); or "" */
};

/* STOP ends what runs, and everything that is asked after it; it is borrowed and may be NULL. */
enum aid_err aid_asker_new (const struct aid_stop *stop, struct aid_asker **out, struct aid_error *e);
/* Asks Q.  Free OUT with aid_once_free in any case.  AID_E_CANCELLED, AID_E_REFUSED, and what else may go wrong with a
   request. */
enum aid_err aid_ask_once (struct aid_asker *a, const struct aid_once *q, struct aid_once_answer *out, struct aid_error *e);
/* What Q would be: about so many TOKENS of the request, and what they and ANSWER tokens cost (negative: not known).  Sends
   nothing. */
enum aid_err aid_ask_ahead (const struct aid_once *q, int64_t answer, int64_t *tokens, double *cost, struct aid_error *e);
void aid_once_free (struct aid_once_answer *answer);
/* Nobody may be in another function of A.  NULL is fine. */
void aid_asker_free (struct aid_asker *a);

#endif
