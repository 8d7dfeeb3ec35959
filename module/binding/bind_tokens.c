/* Tokens and money: counts, what a question is going to be, what a month has cost. */
#include "base/val.h"
#include "binding/later.h"
#include "model/spend.h"
#include "model/tokens.h"
#include <stdlib.h>

static struct aid_counter *
counter_for (emacs_env *env, emacs_value name)
{
  char *model = aid_lisp_dup (env, name);
  struct aid_counter *c = aid_counter_new (model);
  free (model);
  if (c == NULL)
    aid_lisp_signal (env, "nomem", "No memory to count tokens");
  return c;
}

AID_BIND (tokens)
{
  struct aid_str text;
  emacs_value out = NULL;
  aid_lisp_text (env, args[0], &text);
  struct aid_counter *c = counter_for (env, nargs > 1 ? args[1] : env->intern (env, "nil"));
  if (c != NULL && !aid_lisp_failed (env))
    out = env->make_integer (env, aid_counter_count (c, aid_str_span (&text)));
  aid_counter_free (c);
  aid_str_free (&text);
  return out;
}

AID_BIND (tokens_exact)
{
  (void) nargs;
  struct aid_counter *c = counter_for (env, args[0]);
  emacs_value out = env->intern (env, c != NULL && aid_counter_exact (c) ? "t" : "nil");
  aid_counter_free (c);
  return out;
}

/* --- what a question is going to be ---------------------------------------------------------------------------------- */

static void
foretell (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  aid_assist_situation (aid_binding.assist, &((struct aid_bind_asking *) later)->q.ask, val, e);
}

AID_BIND (forecast_soon)
{
  (void) nargs;
  struct aid_bind_asking *j = aid_bind_asking_new (env, args[0], foretell);
  if (j == NULL)
    return NULL;
  return aid_bind_later_begin (env, &j->later, aid_assist_pool (aid_binding.assist));
}

/* --- what was spent -------------------------------------------------------------------------------------------------- */

AID_BIND (spend_report)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (16 << 20);
  char this_month[8], *month = aid_lisp_dup (env, args[0]);
  emacs_value out = NULL;
  aid_spend_this_month (this_month);
  if (aid_lisp_failed (env))
    ;
  else if (aid_spend_report (month != NULL ? month : this_month, &val, &e) == AID_OK)
    out = aid_lisp_take_val (env, &val);
  else
    aid_lisp_error (env, &e);
  free (month);
  aid_str_free (&val);
  return out;
}

AID_BIND (spend_months)
{
  (void) nargs, (void) args;
  struct aid_str val = AID_STR_INIT (1 << 20);
  aid_spend_months (&val);
  return aid_lisp_take_val (env, &val);
}
