/* An open hash table with linear probing that is emptied when it is three quarters full. */
#include "patch/memo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_BITS = 12 };
enum { SLOTS = 1 << SLOT_BITS, MOST = SLOTS / 4 * 3 };

struct aid_memo
{
  uint64_t key[SLOTS];          /* the pair + 1; 0: free */
  float value[SLOTS];
  unsigned used;
};

struct aid_memo *
aid_memo_new (void)
{
  return calloc (1, sizeof (struct aid_memo));
}

void
aid_memo_free (struct aid_memo *m)
{
  free (m);
}

float *
aid_memo_at (struct aid_memo *m, uint32_t a, uint32_t b)
{
  uint64_t key = ((uint64_t) a << 32 | b) + 1;
  size_t i = (size_t) ((key * 0x9e3779b97f4a7c15u) >> (64 - SLOT_BITS));   /* 2^64 / golden ratio; the top bits */
  if (m->used >= MOST)
    {
      memset (m->key, 0, sizeof m->key);
      m->used = 0;
    }
  while (m->key[i] && m->key[i] != key)
    i = (i + 1) & (SLOTS - 1);
  if (!m->key[i])
    {
      m->key[i] = key;
      m->value[i] = NAN;
      m->used++;
    }
  return &m->value[i];
}
