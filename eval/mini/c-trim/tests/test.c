#include "text.h"
#include <assert.h>
#include <string.h>

static int
gives (const char *text, const char *want)
{
  char copy[64];
  strcpy (copy, text);
  return !strcmp (trim (copy), want);
}

int
main (void)
{
  assert (gives ("", "") && gives (" ", "") && gives ("   \t\n", "") && gives ("a", "a"));
  assert (gives ("  a b \t\n", "a b") && gives ("\n\nx", "x") && gives ("x\r\n", "x"));
  return 0;
}
