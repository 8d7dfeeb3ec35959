/* Trust in a project's files, and secrets in a text. */
#include "base/utf8.h"
#include "base/val.h"
#include "binding/binding_internal.h"
#include "config/config.h"
#include "config/secrets.h"
#include "config/trust.h"
#include <stdlib.h>

/* ROOT */
AID_BIND (trust_report)
{
  (void)nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  char *root = aid_lisp_dup (env, args[0]);
  enum aid_err err = aid_lisp_failed (env) ? AID_E_INVALID : aid_trust_report (root, &val, &e);
  free (root);
  if (err == AID_OK)
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return aid_lisp_failed (env) ? NULL : aid_lisp_error (env, &e);
}

/* ROOT: (NUMBER . NAMES) of what waits for trust there; nil when nothing does, or the settings cannot be read. */
AID_BIND (trust_waiting)
{
  (void)nargs;
  struct aid_str val = AID_STR_INIT (1 << 20);
  const char *names = "";
  char *root = aid_lisp_dup (env, args[0]);
  struct aid_config *c = aid_lisp_failed (env) ? NULL : aid_config_load (root, NULL);
  int n = c != NULL ? aid_config_waiting (c, &names) : 0;
  size_t l = aid_val_list (&val);
  if (n)
    {
      aid_val_int (&val, n);
      aid_val_strz (&val, names);
    }
  aid_val_end (&val, l, n ? 2 : 0);
  aid_config_free (c);
  free (root);
  if (!aid_lisp_failed (env))
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return NULL;
}

/* ROOT NAME HASH */
AID_BIND (trust_add)
{
  (void)nargs;
  struct aid_error e = { AID_OK, "" };
  char *root = aid_lisp_dup (env, args[0]), *name = aid_lisp_dup (env, args[1]), *hash = aid_lisp_dup (env, args[2]);
  enum aid_err err = aid_lisp_failed (env) ? AID_E_INVALID : aid_trust_add_shown (root, name, hash, &e);
  free (root);
  free (name);
  free (hash);
  return aid_lisp_failed (env) ? NULL : err ? aid_lisp_error (env, &e) : env->intern (env, "t");
}

/* ROOT: whether there was any. */
AID_BIND (trust_drop)
{
  (void)nargs;
  struct aid_error e = { AID_OK, "" };
  char *root = aid_lisp_dup (env, args[0]);
  enum aid_err err = aid_lisp_failed (env) ? AID_E_INVALID : aid_trust_drop (root, &e);
  free (root);
  if (aid_lisp_failed (env))
    return NULL;
  return err == AID_OK           ? env->intern (env, "t")
         : err == AID_E_NOTFOUND ? env->intern (env, "nil")
                                 : aid_lisp_error (env, &e);
}

/* TEXT: a list of (:beg :end :kind :mask :id), in characters from 0. */
AID_BIND (secrets)
{
  (void)nargs;
  struct aid_str text, val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  size_t byte = 0, chr = 0;
  aid_lisp_text (env, args[0], &text);
  if (aid_lisp_failed (env))
    {
      aid_str_free (&text);
      return NULL;
    }
  aid_secrets_scan (aid_str_span (&text), &found);
  size_t l = aid_val_list (&val);
  for (size_t i = 0; i < found.len; i++)
    {
      const struct aid_secret *s = &AID_VEC_AT (struct aid_secret, &found, i);
      struct aid_str mask = AID_STR_INIT (4096);
      char id[AID_SECRET_ID];
      aid_secret_id (aid_str_span (&text), s, id);
      aid_secret_mask (aid_str_span (&text), s, &mask);
      chr += aid_utf8_count (aid_span_cut (aid_str_span (&text), byte, s->beg));
      size_t o = aid_val_object (&val);
      aid_val_kint (&val, "beg", (int64_t)chr);
      chr += aid_utf8_count (aid_span_cut (aid_str_span (&text), s->beg, s->end));
      byte = s->end;
      aid_val_kint (&val, "end", (int64_t)chr);
      aid_val_kstrz (&val, "kind", s->kind);
      aid_val_kstr (&val, "mask", aid_str_span (&mask));
      aid_val_kstrz (&val, "id", id);
      aid_val_end (&val, o, 5);
      aid_str_free (&mask);
    }
  aid_val_end (&val, l, (uint32_t)found.len);
  aid_vec_free (&found);
  aid_str_free (&text);
  return aid_lisp_take_val (env, &val);
}
