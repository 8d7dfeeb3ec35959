/* The key command with its time limit as an argument, for the tests of it. */
#ifndef AID_CONFIG_SECRET_INTERNAL_H
#define AID_CONFIG_SECRET_INTERNAL_H

#include "config/secret.h"

/* Gives the first line that COMMAND prints in *OUT (free with aid_secret_free).  AID_E_IO when it cannot be run, fails or
   prints nothing, AID_E_LIMIT beyond 4 KB, AID_E_TIMEOUT after TIMEOUT_MS, AID_E_CANCELLED when STOP is set (the command and its
   children are killed). */
enum aid_err aid_secret_run (const json_t *command, int timeout_ms, const struct aid_stop *stop, char **out,
                             struct aid_error *e);

#endif
