/* What the two files of aid mine share: cmd_mine.c mines, mine_list.c shows what there is and forgets. */
#ifndef AID_CLI_MINE_H
#define AID_CLI_MINE_H

#include "learn/mine.h"

struct aid_cli_mine
{
  const char *root, *store, *since, *kind;
  int dry_run, why, judge, json;
  int64_t since_ms;
  char **args; /* the operands behind the word */
  int nargs;
};

/* Whether KIND is one of examples, or NULL; 0, or a status after COMMAND has said that it is none. */
int aid_cli_check_kind (const char *command, const char *kind);
int aid_cli_mine_list (const struct aid_cli_mine *m);
int aid_cli_mine_show (const struct aid_cli_mine *m);
int aid_cli_mine_forget (const struct aid_cli_mine *m);

#endif
