/* Near duplicates: how alike two changes are, estimated from signatures of a fixed size.

   A change is the set of its shingles: of the lines that it removes and adds, without blanks and without what stands around
   them, as words and signs, each three that follow one another, "-" and "+" with them where a line begins.  The likeness of two
   sets is Jaccard's: what both have, of what either has.

   A signature holds, for each of AID_MINHASH functions that are drawn at random, once and for all, the least value of a
   shingle.  Two sets have the same least value with a chance of just their likeness (A. Broder, On the resemblance and
   containment of documents, 1997), so the share of equal values estimates it, with a standard error of sqrt (J (1 - J) /
   AID_MINHASH), 0.044 at most.  The functions are (a x + b) mod (2^61 - 1) (J. Carter and M. Wegman, Universal classes of hash
   functions, 1979).

   Who is to be compared is found by bands of AID_MINHASH_ROWS values (P. Indyk and R. Motwani, Approximate nearest neighbors,
   1998; J. Leskovec, A. Rajaraman and J. Ullman, Mining of Massive Datasets, 3.4): sets of likeness J share one with a chance of
   1 - (1 - J^4)^32, which is 0.98 at 0.6, and more than 0.9999 at 0.8. */
#ifndef AID_LEARN_MINHASH_H
#define AID_LEARN_MINHASH_H

#include "base/str.h"

#define AID_MINHASH 128
#define AID_MINHASH_ROWS 4
#define AID_MINHASH_BANDS (AID_MINHASH / AID_MINHASH_ROWS)
#define AID_MINHASH_HEX (AID_MINHASH * 8 + 1)

struct aid_minhash
{
  uint32_t least[AID_MINHASH]; /* all ones for the empty set */
};

void aid_minhash_init (struct aid_minhash *h);
/* Adds a member, by a hash of it. */
void aid_minhash_add (struct aid_minhash *h, uint64_t member);
/* That of the change DIFF, a unified diff as git writes it (other bytes do no harm). */
void aid_minhash_diff (struct aid_span diff, struct aid_minhash *h);
/* The estimated likeness, 0 to 1. */
double aid_minhash_alike (const struct aid_minhash *a, const struct aid_minhash *b);
/* The values of band N (from 0), as one number: sets that have it in common are to be compared. */
uint64_t aid_minhash_band (const struct aid_minhash *h, unsigned n);
void aid_minhash_write (const struct aid_minhash *h, char out[AID_MINHASH_HEX]);
/* 0, or -1 when HEX is none. */
int aid_minhash_read (const char *hex, struct aid_minhash *h);

#endif
