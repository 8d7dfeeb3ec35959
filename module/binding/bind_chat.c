/* Helpers of the chat file, and the faces' names. */
#include "base/hash.h"
#include "base/val.h"
#include "binding/binding_internal.h"
#include "chat/chat.h"
#include "chat/journal.h"
#include "chat/spans.h"
#include <stdlib.h>

#define KEY_CHARS 8

AID_BIND (chat_key)
{
  (void) nargs, (void) args;
  char key[KEY_CHARS + 1];
  if (aid_random_key (key, KEY_CHARS) != 0)
    {
      aid_lisp_signal (env, "io", "The system gives no random bytes");
      return NULL;
    }
  return aid_lisp_string (env, key, KEY_CHARS);
}

AID_BIND (chat_hash)
{
  (void) nargs;
  char hash[17];
  struct aid_str body;
  aid_lisp_text (env, args[0], &body);
  aid_chat_hash (aid_str_span (&body), hash);
  aid_str_free (&body);
  return aid_lisp_stringz (env, hash);
}

AID_BIND (journal_list)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  char *path = aid_lisp_dup (env, args[0]);
  if (path == NULL)
    return aid_lisp_failed (env) ? NULL : env->intern (env, "nil");
  enum aid_err err = aid_journal_list (path, &val, &e);
  free (path);
  if (err == AID_OK)
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return aid_lisp_error (env, &e);
}

AID_BIND (journal_remove)
{
  (void) nargs;
  char *path = aid_lisp_dup (env, args[0]), *req = aid_lisp_dup (env, args[1]);
  if (path != NULL && req != NULL)
    aid_journal_remove (path, req);
  free (path);
  free (req);
  return env->intern (env, "nil");
}

AID_BIND (face_names)
{
  (void) nargs, (void) args;
  emacs_value v[AID_FACES] = { env->intern (env, "nil") };
  for (int i = 1; i < AID_FACES; i++)
    v[i] = env->intern (env, aid_face_name (i));
  return aid_lisp_call (env, "vector", AID_FACES, v);
}
