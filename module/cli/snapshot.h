/* What the two files of aid snapshot share: cmd_snapshot.c takes and forgets, snapshot_log.c shows and brings back. */
#ifndef AID_CLI_SNAPSHOT_H
#define AID_CLI_SNAPSHOT_H

#include "learn/snapshot.h"

struct aid_cli_snapshot
{
  const char *root, *since, *to;
  int64_t most;
  int json;
  char **args; /* the operands behind the word */
  int nargs;
};

/* Takes a snapshot of the project at ROOT as it is now; a status. */
int aid_cli_snapshot_once (const char *root, struct aid_snapshot_taken *taken);

int aid_cli_snapshot_log (const struct aid_cli_snapshot *w);
int aid_cli_snapshot_show (const struct aid_cli_snapshot *w);
int aid_cli_snapshot_restore (const struct aid_cli_snapshot *w);

#endif
