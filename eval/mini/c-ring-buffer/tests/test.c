#include "ring.h"
#include <assert.h>

int
main (void)
{
  struct ring r;
  ring_init (&r, 4);
  assert (ring_get (&r) == -1);
  for (int round = 0; round < 10; round++)
    {
      for (int i = 0; i < 4; i++)
        assert (ring_put (&r, (unsigned char)(round + i)));
      assert (!ring_put (&r, 99));
      for (int i = 0; i < 4; i++)
        assert (ring_get (&r) == round + i);
      assert (ring_get (&r) == -1);
      ring_put (&r, 1);
      ring_get (&r);
    }
  return 0;
}
