#include "path.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int
gives (const char *a, const char *b, const char *want)
{
  char *got = path_join (a, b);
  int same = got && !strcmp (got, want);
  free (got);
  return same;
}

int
main (void)
{
  assert (gives ("a", "b", "a/b") && gives ("a/", "/b", "a/b") && gives ("a//", "b", "a/b"));
  assert (gives ("", "b", "b") && gives ("a", "", "a") && gives ("", "", ""));
  assert (gives ("/", "b", "/b") && gives ("/usr/", "lib/x", "/usr/lib/x"));
  return 0;
}
