/* Small things: the version, frozen texts, what stands at a place. */
#include "binding/binding_internal.h"
#include "base/utf8.h"
#include "scan/sources.h"
#include "store/blob.h"
#include <stdlib.h>

#define PATIENCE_MS 300 /* Emacs waits so long for a grammar or ctags at most */
#define FOLDERS_MAX 16

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

/* (BEGINNING END NAME) of what TEXT, of the file NAME, defines around the character AT; nil. */
AID_BIND (definition_at)
{
  (void) nargs;
  struct aid_str text;
  struct aid_scan scan = AID_SCAN_INIT;
  scan.patience_ms = PATIENCE_MS;
  char *name = aid_lisp_dup (env, args[1]);
  size_t at = aid_lisp_size (env, args[2]);
  aid_lisp_text (env, args[0], &text);
  struct aid_span all = aid_str_span (&text);
  emacs_value out = env->intern (env, "nil");
  ptrdiff_t i = -1;
  if (!aid_lisp_failed (env) && name != NULL)
    {
      enum aid_language language = aid_language_of (aid_span_z (name), aid_span_cut (all, 0, all.len < 512 ? all.len : 512));
      if (aid_scan_text (language, all, &scan) == AID_OK)
        i = aid_scan_around (&scan, aid_utf8_offset (all, at));
    }
  if (i >= 0)
    {
      const struct aid_def *d = &scan.defs[i];
      size_t beg = aid_utf8_count (aid_span_cut (all, 0, d->whole.from));
      size_t len = aid_utf8_count (aid_span_cut (all, d->whole.from, d->whole.to));
      emacs_value list[] = { env->make_integer (env, (intmax_t) beg), env->make_integer (env, (intmax_t) (beg + len)),
                             aid_lisp_string (env, all.ptr + d->name.from, d->name.to - d->name.from) };
      out = env->funcall (env, env->intern (env, "list"), 3, list);
    }
  aid_scan_free (&scan);
  aid_str_free (&text);
  free (name);
  return out;
}

/* Tells where Emacs has grammars.  Nothing is looked for yet. */
AID_BIND (grammars)
{
  (void) nargs;
  char *folders[FOLDERS_MAX];
  size_t n = 0;
  emacs_value list = args[0], item;
  while (n < FOLDERS_MAX && aid_lisp_pop (env, &list, &item))
    if ((folders[n] = aid_lisp_dup (env, item)) != NULL)
      n++;
  if (!aid_lisp_failed (env))
    aid_sources_use (&(struct aid_sources_options){ .grammars = (const char *const *) folders, .n = n });
  while (n > 0)
    free (folders[--n]);
  return env->intern (env, "nil");
}
