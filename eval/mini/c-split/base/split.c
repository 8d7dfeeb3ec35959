#include "split.h"
#include <string.h>

size_t
split (char *text, char separator, char **fields, size_t max)
{
  char separators[2] = { separator, '\0' };
  size_t n = 0;
  for (char *field = strtok (text, separators); field && n < max; field = strtok (NULL, separators))
    fields[n++] = field;
  return n;
}
