#include "number.h"

int
parse_int (const char *text, int *out)
{
  int sign = 1, n = 0;
  if (*text == '-')
    sign = -1, text++;
  while (*text >= '0' && *text <= '9')
    n = n * 10 + (*text++ - '0');
  *out = sign * n;
  return 1;
}
