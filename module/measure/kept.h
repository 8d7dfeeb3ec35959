/* How much of a text is there in another one.

   A block is a run of characters that stands in both texts.  It counts when it has at least AID_KEPT_RUN characters,
   or is all that there is to compare of either text.  Of two texts the block with the most characters is taken (of
   several: the one that ends first in the first text, of those the one that ends first in the second), then what
   stands before it in both is compared so, and what stands behind it; the characters in all blocks are those that are
   kept, in their order.

   When the texts are too long for that (AID_KEPT_CELLS, the product of their lengths), their lines take the place of
   the characters: a block is a run of whole lines, and what lies between two blocks is compared by characters if it
   is short enough. When also the product of their numbers of lines is too large, nothing of that part counts. */
#ifndef AID_MEASURE_KEPT_H
#define AID_MEASURE_KEPT_H

#include "base/str.h"

#define AID_KEPT_RUN 4
#define AID_KEPT_CELLS ((size_t)1 << 22)
#define AID_KEPT_WORK ((size_t)1 << 25) /* cells of a whole comparison; what is not compared then does not count */

/* Calls BLOCK (CTX, I, J, N) for each: A[I..I+N) is B[J..J+N).  Gives how many characters that are.  BLOCK may be NULL. */
size_t aid_kept_match (const uint32_t *a, size_t na, const uint32_t *b, size_t nb,
                       void (*block) (void *ctx, size_t i, size_t j, size_t n), void *ctx);
/* The longest run that stands in both texts, neither of which is empty: of several the one that ends first in A, of
   those the one that ends first in B.  Gives its length, *I and *J where it begins.  ROW is NB + 1 zeros, and
   anything afterwards. */
size_t aid_kept_longest (const uint32_t *a, size_t na, const uint32_t *b, size_t nb, uint32_t *row, size_t *i, size_t *j);
/* Characters of A that are kept in B; both are UTF-8. */
size_t aid_kept_of (struct aid_span a, struct aid_span b);
/* The characters of V, valid UTF-8, which are *N; free with free.  NULL without memory, also when V is empty. */
uint32_t *aid_kept_chars (struct aid_span v, size_t *n);

#endif
