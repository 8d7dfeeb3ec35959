#include "bitset.h"

void
bitset_add (struct bitset *s, int member)
{
  s->words[member / 64] |= (uint64_t)1 << (member % 64);
}

int
bitset_has (const struct bitset *s, int member)
{
  return s->words[member / 64] >> (member % 64) & 1;
}
