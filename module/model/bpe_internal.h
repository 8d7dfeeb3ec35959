/* The vocabulary's file, shared by bpe.c (which maps it) and bpe_import.c (which makes it).

     struct aid_bpe_head | uint32_t pairs[65536] | struct aid_bpe_slot slots[nslots] | the bytes of the long tokens

   PAIRS has the rank of each token of two bytes.  SLOTS is a table with open addressing: a token's place is its hash, or one
   of the next PROBES - 1 places. */
#ifndef AID_MODEL_BPE_INTERNAL_H
#define AID_MODEL_BPE_INTERNAL_H

#include "base/hash.h"
#include "model/bpe_split.h"
#include <stdint.h>
#include <string.h>

#define AID_BPE_NONE UINT32_MAX       /* no rank */
#define AID_BPE_TOKEN_MAX 255u        /* bytes of one token */
#define AID_BPE_INLINE 8u             /* bytes of a token that is its own key */

struct aid_bpe_head
{
  char magic[8];                      /* "aidbpe1" */
  uint32_t order;                     /* 0x01020304 in the machine's own order */
  uint32_t rule;                      /* enum aid_bpe_rule */
  uint32_t tokens, longest;           /* how many; bytes of the longest */
  uint32_t slots, probes;             /* slots: a power of two */
  uint64_t blob, size;                /* bytes of the long tokens; of the whole file */
};

struct aid_bpe_slot
{
  uint64_t key;                       /* the token's bytes, or its hash when it is long */
  uint32_t rank;
  uint32_t where;                     /* its length, and 256 times the place of its bytes when it is long; 0: empty */
};

/* The key of N bytes: of at most AID_BPE_INLINE the bytes themselves. */
static inline uint64_t
aid_bpe_key (const char *p, size_t n)
{
  uint32_t a, b;
  uint64_t key;
  if (n > AID_BPE_INLINE)
    return aid_hash64 ((struct aid_span){ p, n });
  if (n == AID_BPE_INLINE)
    {
      memcpy (&key, p, sizeof key);
      return key;
    }
  if (n >= 4)
    {
      memcpy (&a, p, sizeof a);
      memcpy (&b, p + n - 4, sizeof b);
      return (uint64_t) b << 32 | a;
    }
  return (uint64_t) (unsigned char) p[0] | (uint64_t) (unsigned char) p[n / 2] << 8 | (uint64_t) (unsigned char) p[n - 1] << 16;
}

/* Where the search for KEY of a token of N bytes begins, before it is cut to the table's size. */
static inline uint64_t
aid_bpe_place (uint64_t key, size_t n)
{
  uint64_t h = (key + n) * UINT64_C (0x9E3779B97F4A7C15);
  return h ^ h >> 29;
}

#endif
