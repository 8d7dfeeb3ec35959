/* What the files of aid dataset share: cmd_dataset.c reads rows, dataset_validate.c checks them, dataset_build.c makes them. */
#ifndef AID_CLI_DATASET_H
#define AID_CLI_DATASET_H

#include "base/vec.h"
#include "learn/dataset_build.h"

struct aid_cli_dataset
{
  const char *consent, *strategy, *kind, *project, *since, *by, *holdout, *to, *source;
  struct aid_vec formats, licences; /* const char * */
  int64_t seed, max_tokens;
  int judged, verbose, json;
  char **args; /* the operands behind the word */
  int nargs;
};

int aid_cli_dataset_build (const struct aid_cli_dataset *w);
int aid_cli_dataset_validate (const struct aid_cli_dataset *w);
/* How rows are parted by the options: 0, or the status of a wrong usage.  *SHARE is left alone when it is not given. */
int aid_cli_dataset_split_options (const struct aid_cli_dataset *w, enum aid_split_by *by, double *share);

#endif
