/* Where a key comes from.  A key is never part of a message, and is overwritten when it is let go. */
#include "config/secret.h"
#include "config/secret_internal.h"
#include "base/str.h"
#include <stdlib.h>

#define COMMAND_MS 30000

static enum aid_err
give (struct aid_span key, char **out, struct aid_error *e)
{
  *out = aid_span_dup (key);
  return *out ? AID_OK : aid_error_set (e, AID_E_NOMEM, "no memory for a key");
}

enum aid_err
aid_secret_find (const char *given, const char *env, const json_t *command, const char *who, const char *host,
                 const struct aid_stop *stop, char **out, struct aid_error *e)
{
  struct aid_span from_given = aid_span_trim (aid_span_z (given));
  struct aid_span from_env = aid_span_trim (aid_span_z (env && *env ? getenv (env) : NULL));
  *out = NULL;
  if (from_given.len)
    return give (from_given, out, e);
  if (from_env.len)
    return give (from_env, out, e);
  if (json_array_size (command))
    return aid_secret_run (command, COMMAND_MS, stop, out, e);
  return aid_error_set (
    e, AID_E_NOTFOUND,
    "There is no key for %.40s. In Emacs, put \"machine %.80s login apikey password KEY\" into ~/.authinfo.gpg; "
    "else set %s%s or a \"key_command\" in the settings.",
    who, host, env && *env ? "the variable " : "\"key_env\"", env && *env ? env : "");
}

void
aid_secret_free (char *secret)
{
  if (!secret)
    return;
  explicit_bzero (secret, strlen (secret));
  free (secret);
}
