#include "split.h"
#include <assert.h>
#include <string.h>

int
main (void)
{
  char *f[4], a[] = "a,,b", b[] = ",", c[] = "", d[] = "1,2,3,4,5";
  assert (split (a, ',', f, 4) == 3 && !strcmp (f[0], "a") && !*f[1] && !strcmp (f[2], "b"));
  assert (split (b, ',', f, 4) == 2 && !*f[0] && !*f[1]);
  assert (split (c, ',', f, 4) == 1 && !*f[0]);
  assert (split (d, ',', f, 4) == 4 && !strcmp (f[3], "4,5"));
  return 0;
}
