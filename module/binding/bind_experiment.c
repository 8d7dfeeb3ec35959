/* Experiments: what one is in, what comes of them, and the harm they do.  Reports are made on a pool. */
#include "assist/variants.h"
#include "base/val.h"
#include "binding/later.h"
#include "team/witness.h"

#define WORDS_MAX (1 << 20)

static struct aid_asked
asked (const struct aid_ask *ask)
{
  return (struct aid_asked){ ask->root, ask->model, ask->strategy, ask->exact, ask->chat, NULL };
}

static void
list (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  const struct aid_asked q = asked (&((struct aid_bind_asking *) later)->q.ask);
  /* Nobody waits for a report when the core is left. */
  const struct aid_trial_source events = aid_trial_local_until (aid_assist_stop (aid_binding.assist));
  aid_variants_list (&q, &events, val, e);
}

static void
check (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  const struct aid_asked q = asked (&((struct aid_bind_asking *) later)->q.ask);
  struct aid_team_witness witness;
  struct aid_str words = AID_STR_INIT (WORDS_MAX);
  (void) e;
  aid_team_witness_open (&witness, aid_assist_stop (aid_binding.assist));
  const struct aid_trial_source events = aid_team_witness_source (&witness);
  aid_variants_check (&q, &events, 0, &words);
  aid_val_strz (val, words.len ? aid_str_z (&words) : NULL);
  aid_team_witness_close (&witness);
  aid_str_free (&words);
}

AID_BIND (experiments_soon)
{
  (void) nargs;
  struct aid_bind_asking *j = aid_bind_asking_new (env, args[0], list);
  return j == NULL ? NULL : aid_bind_later_begin (env, &j->later, aid_assist_readers (aid_binding.assist));
}

AID_BIND (experiments_check_soon)
{
  (void) nargs;
  struct aid_bind_asking *j = aid_bind_asking_new (env, args[0], check);
  return j == NULL ? NULL : aid_bind_later_begin (env, &j->later, aid_assist_readers (aid_binding.assist));
}
