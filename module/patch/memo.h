/* Similarities that were computed once: a pair of numbers to a value.  Bounded; beyond that it forgets all. */
#ifndef AID_PATCH_MEMO_H
#define AID_PATCH_MEMO_H

#include <stdint.h>

struct aid_memo;
struct aid_memo *aid_memo_new (void);          /* NULL without memory */
void aid_memo_free (struct aid_memo *m);       /* NULL is fine */
/* The place of the value of (A, B), NaN when it is new; valid until the next call. */
float *aid_memo_at (struct aid_memo *m, uint32_t a, uint32_t b);

#endif
