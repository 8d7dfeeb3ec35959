/* A PostgreSQL of the test's own (tests/team/server), where there is one; and a moment for whoever else is to do something. */
#ifndef AID_TESTS_PG_SERVER_H
#define AID_TESTS_PG_SERVER_H

#include "scratch.h"

#include <sys/wait.h>
#include <time.h>

static inline void
nap (void)
{
  nanosleep (&(struct timespec){ 0, 5000000 }, NULL);
}

static char server_dir[64];

/* Runs tests/team/server WHAT; its status. */
static int
server (const char *what)
{
  char command[200];
  snprintf (command, sizeof command, "tests/team/server %s %s >/dev/null 2>&1", what, server_dir);
  int status = system (command);
  return status < 0 || !WIFEXITED (status) ? -1 : WEXITSTATUS (status);
}

/* cmocka's set-up and tear-down of a group.  Without PostgreSQL `server_dir' is empty. */
static int
server_make (void **state)
{
  (void)state;
  snprintf (server_dir, sizeof server_dir, "/tmp/aid-test-pg-XXXXXX");
  if (!mkdtemp (server_dir))
    return -1;
  int status = server ("start");
  if (status == 77)
    {
      rmdir (server_dir);
      server_dir[0] = '\0';
    }
  return status && status != 77;
}

static int
server_drop (void **state)
{
  (void)state;
  if (!server_dir[0])
    return 0;
  server ("stop");
  return nftw (server_dir, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
