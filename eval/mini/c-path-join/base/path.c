#include "path.h"
#include <stdlib.h>
#include <string.h>

char *
path_join (const char *a, const char *b)
{
  char *out = malloc (strlen (a) + strlen (b) + 2);
  if (!out)
    return NULL;
  strcpy (out, a);
  strcat (out, "/");
  strcat (out, b);
  return out;
}
