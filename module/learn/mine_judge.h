/* Judging examples again, in the evaluation service (ces/ces.h): whether their base is as red, and what comes after as green, as
   it was when they were mined.  What comes of it is their member "judged". */
#ifndef AID_LEARN_MINE_JUDGE_H
#define AID_LEARN_MINE_JUDGE_H

#include "base/stop.h"
#include "learn/examples.h"

struct aid_mine_judged
{
  const json_t *example; /* borrowed */
  int as_told;           /* red at its base and green then; of a test green twice; of a preference: what was taken is */
  int failed;            /* it could not be judged, and E says why */
  const struct aid_error *e;
};

struct aid_mine_judge
{
  const char *project; /* or NULL */
  int64_t since;       /* ms; 0: all */
  int again;           /* also what was judged before */
  const struct aid_stop *stop;
  void (*tell) (void *ctx, const struct aid_mine_judged *one);
  void *ctx;
};
/* Judges what nobody has judged yet.  AID_E_CANCELLED; AID_E_STATE: nothing can be judged on this machine (and why). */
enum aid_err aid_mine_judge (struct aid_examples *x, const struct aid_mine_judge *how, struct aid_error *e);
/* The verdicts' task for the example O: a new reference. */
json_t *aid_mine_task (const json_t *o);

#endif
