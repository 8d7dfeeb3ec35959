/* Keys: never written, logged or shown. */
#ifndef AID_CONFIG_SECRET_H
#define AID_CONFIG_SECRET_H

#include "base/err.h"
#include "base/stop.h"
#include <jansson.h>

/* The first of: GIVEN (from auth-source); the variable ENV; the first line that COMMAND (an array of strings, run
   without a shell, 30 s at most) prints.  Each may be NULL.  Gives *OUT (free with aid_secret_free), or AID_E_NOTFOUND and
   a sentence that says where to put the key for WHO at HOST; AID_E_IO, _LIMIT or _TIMEOUT when COMMAND fails, AID_E_CANCELLED
   when STOP (may be NULL) is set, which ends COMMAND. */
enum aid_err aid_secret_find (const char *given, const char *env, const json_t *command, const char *who,
                              const char *host, const struct aid_stop *stop, char **out, struct aid_error *e);
/* Overwrites, then frees. */
void aid_secret_free (char *secret);

#endif
