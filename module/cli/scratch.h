/* A folder of our own that is thrown away, and what AID remembers of projects that are laid out in it. */
#ifndef AID_CLI_SCRATCH_H
#define AID_CLI_SCRATCH_H

#include "base/str.h"

struct aid_scratch
{
  struct aid_str dir; /* what is laid out goes here; empty at first */
  int lock;           /* says that somebody is using it; -1: there is none */
};
#define AID_SCRATCH_INIT { AID_STR_INIT (8192), -1 }

/* Makes a folder "aid-WHAT-..." in that of temporary files, and removes those that processes which were killed have left
   there. */
enum aid_err aid_cli_scratch (const char *what, struct aid_scratch *out, struct aid_error *e);
/* What is cached of the projects that are laid out goes into S, too; vocabularies stay where they are.  Before there are
   threads: it sets a variable. */
enum aid_err aid_cli_scratch_cache (const struct aid_scratch *s, struct aid_error *e);
/* Removes it; one that was never made is fine. */
void aid_cli_scratch_remove (struct aid_scratch *s);

#endif
