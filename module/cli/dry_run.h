/* A question whose request is only shown. */
#ifndef AID_CLI_DRY_RUN_H
#define AID_CLI_DRY_RUN_H

#include "assist/assist.h"

/* Writes what aid_assist_ask would send for ASK to standard output: address, headers and body with a variable where the key goes;
   with CURL as a command for a shell, with JSON as one object.  Gives the command's exit status. */
int aid_dry_run (const struct aid_ask *ask, int json, int curl);

#endif
