#include "hex.h"
#include <assert.h>
#include <string.h>

int
main (void)
{
  char out[8];
  assert (hex ("\x80\x01", 2, out, sizeof out) == 4 && !strcmp (out, "8001"));
  memset (out, 'x', sizeof out);
  assert (hex ("abcdef", 6, out, 6) == 4 && !strcmp (out, "6162") && out[6] == 'x');
  assert (hex ("a", 1, out, 3) == 2 && !strcmp (out, "61"));
  assert (hex ("a", 1, out, 2) == 0 && !strcmp (out, ""));
  assert (hex ("a", 1, out, 0) == 0);
  assert (hex ("", 0, out, sizeof out) == 0 && !strcmp (out, ""));
  return 0;
}
