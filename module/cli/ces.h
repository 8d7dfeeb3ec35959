/* What the subcommands of aid ces share.  Each is a row in cmd_ces.c's table: it gets its own name as argv[0], as commands do. */
#ifndef AID_CLI_CES_H
#define AID_CLI_CES_H

#include "ces/ces.h"

/* Opens the service by the person's settings; 0, or a status after what was wrong is said. */
int aid_cli_ces_open (struct aid_ces **out);
/* Appends a verdict as people read it. */
void aid_cli_ces_describe (const json_t *verdict, struct aid_str *out);
/* Appends how the base ABOUT (aid_ces_warm), whose tree is named KEY, stands; *RED: not all of it passes. */
void aid_cli_ces_describe_base (const json_t *about, const char *key, struct aid_str *out, int *red);
/* The row "serve" (cmd_ces_serve.c). */
int aid_cmd_ces_serve (int argc, char **argv);

/* Appends what aid_ces_evaluate_hunks has found (ces_hunks.c). */
void aid_cli_ces_describe_hunks (const json_t *v, struct aid_str *out);

#endif
