#include "text.h"
#include <string.h>

char *
trim (char *text)
{
  char *end = text + strlen (text) - 1, *start = text;
  while (*start == ' ')
    start++;
  while (*end == ' ')
    end--;
  end[1] = '\0';
  memmove (text, start, end - start + 2);
  return text;
}
