/* The talk with aid-box, the keeper of one box: box_protocol.h has what is said.  One request at a time, on any thread. */
#ifndef AID_CES_BOX_TALK_H
#define AID_CES_BOX_TALK_H

#include "base/proc.h"
#include "ces/box_protocol.h"

struct aid_box_talk
{
  struct aid_child child;
  int broken; /* it is gone, or said nonsense: nothing more can be asked */
};

/* Starts the keeper by ARGV and waits for its first answer, whose text OUT gets. */
enum aid_err aid_box_talk_start (struct aid_box_talk *t, const char *const *argv, struct aid_str *out, struct aid_error *e);
/* Asks, and waits MS for the answer at most, whose text OUT gets.  STOP is told to it; it answers then, too. */
enum aid_err
aid_box_ask (struct aid_box_talk *t, struct aid_box_request q, struct aid_span name, struct aid_span text, int64_t ms,
             const struct aid_stop *stop, struct aid_box_answer *a, struct aid_str *out, struct aid_error *e);
/* Ends it, and waits until all of the box is gone. */
void aid_box_talk_end (struct aid_box_talk *t);

#endif
