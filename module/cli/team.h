/* What the files of aid team share: cmd_team.c, which reads the command line, and the two halves behind it. */
#ifndef AID_CLI_TEAM_H
#define AID_CLI_TEAM_H

#include "base/vec.h"

struct aid_team_options
{
  int json;
  int again, print;                  /* of the store */
  struct aid_vec writers, reporters; /* const char *; likewise */
  const char *key, *output, *name;   /* of settings that are signed */
  int64_t days, serial;              /* likewise */
};

/* WORDS, N of them: "settings", "fetch", "verify" [FILE], "trust", "distrust" or "sign" FILE (cmd_team_settings.c).
   Gives the exit status. */
int aid_team_command_settings (const struct aid_team_options *o, int n, char **words);
/* WHAT: "status", "push" or "init" (cmd_team_store.c).  Likewise. */
int aid_team_command_store (const struct aid_team_options *o, const char *what);

#endif
