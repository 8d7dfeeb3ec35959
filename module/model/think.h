/* Splits an answer that carries its reasoning inline, as <think>...</think>, into reasoning and text.

   The rule is cautious, for an answer may well talk about these tags:
   - <think> opens reasoning only at the very start of the answer, with nothing but white space before it;
   - the first </think> after it ends the reasoning, and no later tag means anything;
   - </think> without its opening tag is dropped only when nothing but white space came before it.  When text has been
     given out already, the tag is text like any other: what was shown is never taken back;
   - of a model whose answers are known to begin inside, all up to the first </think> is reasoning.
   White space next to the tags is dropped.  Text may be cut anywhere. */
#ifndef AID_MODEL_THINK_H
#define AID_MODEL_THINK_H

#include "base/str.h"

enum aid_think_state { AID_THINK_BEGIN, AID_THINK_LEAD, AID_THINK_INSIDE, AID_THINK_AFTER, AID_THINK_TEXT };

/* All zero at the start; owns nothing. */
struct aid_think
{
  enum aid_think_state state;
  int first;               /* the answer begins inside: what wrote the opening tag was not the model */
  char held[64];           /* bytes that the next ones may complete to a tag */
  size_t nheld;
};

typedef void aid_think_emit (void *user, int reasoning, struct aid_span v);

/* Calls EMIT for what is decided; V is never empty there. */
void aid_think_feed (struct aid_think *t, struct aid_span v, aid_think_emit *emit, void *user);
/* The answer has ended: what was held back is given out. */
void aid_think_end (struct aid_think *t, aid_think_emit *emit, void *user);

#endif
