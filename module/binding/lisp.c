/* Arguments from Lisp.  Emacs strings may hold what UTF-8 may not: raw bytes, surrogates, characters beyond Unicode.
   Each of them becomes one U+FFFD, so that positions in characters stay the same on both sides. */
#include "binding/lisp.h"
#include "base/utf8.h"
#include <stdlib.h>

enum
{
  SHORT = 256
};

/* The bytes of the multibyte string V; signals unicode-string-p for what is no Unicode.  Emacs encodes a string each time that it
   is asked for its bytes or their number, but keeps Unicode in as many bytes as UTF-8. */
static void
copy_bytes (emacs_env *env, emacs_value v, struct aid_str *out)
{
  ptrdiff_t n = env->extract_integer (env, aid_lisp_call (env, "string-bytes", 1, &v)) + 1;
  if (aid_lisp_failed (env))
    return;
  char *buf = malloc ((size_t) n);
  if (buf == NULL)
    aid_lisp_signal (env, "nomem", "No memory for a text");
  else if (!env->copy_string_contents (env, v, buf, &n))
    free (buf);
  else
    {
      out->ptr = buf;
      out->len = (size_t) n - 1;
      out->cap = (size_t) n;
    }
}

/* The multibyte string V with every character that is no Unicode replaced. */
static emacs_value
only_unicode (emacs_env *env, emacs_value v)
{
  static const char others[] = "[^\0-\xF4\x8F\xBF\xBF]";
  emacs_value args[5] = { env->make_string (env, others, sizeof others - 1), env->make_string (env, "\xEF\xBF\xBD", 3), v,
                          env->intern (env, "t"), env->intern (env, "t") };
  return aid_lisp_call (env, "replace-regexp-in-string", 5, args);
}

/* Surrogates are three bytes each, and so is U+FFFD. */
static void
replace_surrogates (struct aid_str *s)
{
  for (size_t i = 0; s->ptr != NULL && i + 2 < s->len; i++)
    if ((unsigned char) s->ptr[i] == 0xED && (unsigned char) s->ptr[i + 1] >= 0xA0)
      memcpy (s->ptr + i, "\xEF\xBF\xBD", 3);
}

void
aid_lisp_text (emacs_env *env, emacs_value v, struct aid_str *out)
{
  aid_str_init (out, AID_LISP_TEXT_MAX);
  if (aid_lisp_failed (env))
    return;
  emacs_value text = aid_lisp_call (env, "string-to-multibyte", 1, &v);   /* a byte is a character too */
  if (aid_lisp_failed (env))
    return;
  copy_bytes (env, text, out);
  if (out->ptr == NULL && env->non_local_exit_check (env) == emacs_funcall_exit_signal)
    {
      env->non_local_exit_clear (env);
      copy_bytes (env, only_unicode (env, text), out);
    }
  if (out->len > AID_LISP_TEXT_MAX)
    {
      aid_str_free (out);
      aid_lisp_signal (env, "limit", "The text is larger than 256 MB");
    }
  if (out->len > 0 && aid_utf8_valid_prefix (aid_str_span (out)) < out->len)
    replace_surrogates (out);
}

/* A copy of the string V if it is short ASCII, as names mostly are, by the one call that this takes; NULL: it is not. */
static char *
short_ascii (emacs_env *env, emacs_value v, size_t *len)
{
  char buf[SHORT];
  ptrdiff_t n = sizeof buf;
  if (!env->copy_string_contents (env, v, buf, &n))
    {
      env->non_local_exit_clear (env);
      return NULL;
    }
  for (ptrdiff_t i = 0; i < n; i++)
    if (buf[i] & 0x80)
      return NULL;
  *len = (size_t) n - 1;
  return aid_span_dup ((struct aid_span){ buf, *len });
}

char *
aid_lisp_dup (emacs_env *env, emacs_value v)
{
  struct aid_str s = { 0 };
  if (aid_lisp_is_nil (env, v))
    return NULL;
  s.ptr = short_ascii (env, v, &s.len);
  if (s.ptr == NULL)
    aid_lisp_text (env, v, &s);
  if (aid_lisp_failed (env))
    return NULL;
  if (memchr (s.ptr, 0, s.len) != NULL)
    {
      aid_str_free (&s);
      aid_lisp_signal (env, "invalid", "A name holds a NUL character");
      return NULL;
    }
  return s.ptr;
}

size_t
aid_lisp_size (emacs_env *env, emacs_value v)
{
  intmax_t i = env->extract_integer (env, v);
  if (aid_lisp_failed (env))
    return 0;
  if (i < 0)
    {
      aid_lisp_signal (env, "invalid", "A position or number is negative");
      return 0;
    }
  return (size_t) i;
}

emacs_value
aid_lisp_get (emacs_env *env, emacs_value plist, const char *key)
{
  emacs_value args[2] = { plist, env->intern (env, key) };
  return aid_lisp_call (env, "plist-get", 2, args);
}

int
aid_lisp_is_nil (emacs_env *env, emacs_value v)
{
  return aid_lisp_failed (env) || !env->is_not_nil (env, v);
}

void
aid_lisp_pair (emacs_env *env, emacs_value cons, emacs_value *car, emacs_value *cdr)
{
  *car = aid_lisp_call (env, "car", 1, &cons);
  *cdr = aid_lisp_call (env, "cdr", 1, &cons);
}

int
aid_lisp_pop (emacs_env *env, emacs_value *list, emacs_value *item)
{
  emacs_value cons = *list;
  if (aid_lisp_is_nil (env, cons))
    return 0;
  aid_lisp_pair (env, cons, item, list);
  return !aid_lisp_failed (env);
}

emacs_value
aid_lisp_error (emacs_env *env, const struct aid_error *e)
{
  aid_lisp_signal (env, aid_err_name (e->code), e->msg);
  return NULL;
}

emacs_value
aid_lisp_take_val (emacs_env *env, struct aid_str *val)
{
  emacs_value out = NULL;
  if (val->err != AID_OK)
    aid_lisp_signal (env, aid_err_name (val->err), "The result does not fit into memory");
  else
    out = aid_lisp_of_val (env, aid_str_span (val));
  aid_str_free (val);
  return out;
}
