/* Small things: the version, frozen texts. */
#include "binding/binding_internal.h"
#include "store/blob.h"
#include <stdlib.h>

AID_BIND (version)
{
  (void) nargs, (void) args;
  return aid_lisp_stringz (env, aid_core_entry ()->version);
}

AID_BIND (blob_get)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (AID_BLOB_MAX);
  char *hash = aid_lisp_dup (env, args[0]);
  emacs_value out = NULL;
  if (!aid_lisp_failed (env))
    {
      if (aid_blob_get (hash != NULL ? hash : "", &text, &e) != AID_OK)
        aid_lisp_error (env, &e);
      else
        out = aid_lisp_string (env, text.ptr, text.len);
    }
  free (hash);
  aid_str_free (&text);
  return out;
}
