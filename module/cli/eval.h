/* What the files of aid eval share. */
#ifndef AID_CLI_EVAL_H
#define AID_CLI_EVAL_H

#include "base/vec.h"
#include "learn/eval.h"

#define AID_CLI_EVAL_KS 20 /* numbers of --k */

int aid_cli_eval_run (int argc, char **argv);
/* Prints the report on what is in DIR in FORMAT ("text", "markdown", "json"; NULL: text), with pass@k as K says,
   "1,5"; NULL: for 1, 5 and 10 as far as there are samples. */
int aid_cli_eval_print (const char *dir, const char *format, const char *k);

#endif
