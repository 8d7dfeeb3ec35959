/* What comes of experiments, on the command line (cmd_experiment_report.c). */
#ifndef AID_CLI_EXPERIMENT_H
#define AID_CLI_EXPERIMENT_H

#include "config/config.h"

enum aid_report_form
{
  AID_REPORT_TEXT,
  AID_REPORT_MARKDOWN,
  AID_REPORT_JSON
};

/* Prints the report of the experiment NAME of C, or of all that have two variants (NULL), by this machine's events, or by
   those of the TEAM's store.  Gives the exit status. */
int aid_experiment_report (const struct aid_config *c, const char *name, enum aid_report_form form, int team);
/* Looks now whether an experiment of the project at ROOT does harm to who asks here, and switches it off then; says so. */
int aid_experiment_check (const char *root);
/* Has NAME go on whatever its report says. */
int aid_experiment_resume (const struct aid_config *c, const char *name);

#endif
