#ifndef BITSET_H
#define BITSET_H
#include <stddef.h>
#include <stdint.h>

#define BITSET_MAX 256

struct bitset
{
  uint64_t words[BITSET_MAX / 64];
};

void bitset_add (struct bitset *s, int member);
int bitset_has (const struct bitset *s, int member);
#endif
