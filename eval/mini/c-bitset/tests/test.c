#include "bitset.h"
#include <assert.h>

int
main (void)
{
  struct bitset s = { { 0 } };
  static const int members[] = { 0, 1, 63, 64, 200, 255 };
  assert (bitset_count (&s) == 0 && bitset_next (&s, -1) == -1);
  for (int i = 0; i < 6; i++)
    bitset_add (&s, members[i]);
  assert (bitset_count (&s) == 6);
  int m = -1;
  for (int i = 0; i < 6; i++)
    assert ((m = bitset_next (&s, m)) == members[i]);
  assert (bitset_next (&s, m) == -1);
  return 0;
}
