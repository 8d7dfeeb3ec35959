/* A folder of its own for a test, gone afterwards. */
#ifndef AID_TESTS_SCRATCH_H
#define AID_TESTS_SCRATCH_H

#include "base/fs.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

static int
scratch_remove (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  (void) st, (void) type, (void) ftw;
  return remove (path);
}

/* cmocka set-up and tear-down: `scratch' names the folder, which is also every XDG home. */
static int
scratch_make (void **state)
{
  (void) state;
  const char *folder = getenv ("AID_TESTS_SCRATCH");
  snprintf (scratch, sizeof scratch, "%s/aid-test-XXXXXX", folder ? folder : "/tmp");
  if (!mkdtemp (scratch))
    return -1;
  setenv ("HOME", scratch, 1);
  setenv ("XDG_STATE_HOME", scratch, 1);
  setenv ("XDG_CONFIG_HOME", scratch, 1);
  setenv ("XDG_CACHE_HOME", scratch, 1);
  return 0;
}

static int
scratch_drop (void **state)
{
  (void) state;
  return nftw (scratch, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The name of NAME in the folder; eight stay valid. */
__attribute__ ((unused)) static const char *
scratch_path (const char *name)
{
  static char paths[8][256];
  static unsigned next;
  char *path = paths[next++ % 8];
  snprintf (path, sizeof paths[0], "%s/%s", scratch, name);
  return path;
}

#endif
