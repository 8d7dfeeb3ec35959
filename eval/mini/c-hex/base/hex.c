#include "hex.h"
#include <stdio.h>

size_t
hex (const char *bytes, size_t len, char *out, size_t size)
{
  size_t n = 0;
  for (size_t i = 0; i < len && n < size; i++)
    n += (size_t)sprintf (out + n, "%02x", bytes[i]);
  return n;
}
