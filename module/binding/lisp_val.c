/* Flat values become Lisp data.  A list's members are gathered in an array and handed to `list' in one call, which is
   both the fastest way and the one that leaves the fewest values behind.  Interning is cheap enough (0.15 us) to do
   without global references, which no one could free when a core stops. */
#include "binding/lisp_val.h"
#include "base/val.h"
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64   /* of nested lists and objects; deeper ones become nil */

int
aid_lisp_failed (emacs_env *env)
{
  return env->non_local_exit_check (env) != emacs_funcall_exit_return;
}

emacs_value
aid_lisp_call (emacs_env *env, const char *fn, ptrdiff_t nargs, emacs_value *args)
{
  return env->funcall (env, env->intern (env, fn), nargs, args);
}

emacs_value
aid_lisp_string (emacs_env *env, const char *ptr, size_t len)
{
  if (aid_lisp_failed (env))
    return NULL;
  if (ptr == NULL)
    ptr = "";
  emacs_value s = env->make_string (env, ptr, (ptrdiff_t) len);
  if (env->non_local_exit_check (env) == emacs_funcall_exit_signal)
    {
      env->non_local_exit_clear (env);
      s = env->make_unibyte_string (env, ptr, (ptrdiff_t) len);
    }
  return s;
}

emacs_value
aid_lisp_stringz (emacs_env *env, const char *z)
{
  return z != NULL ? aid_lisp_string (env, z, strlen (z)) : env->intern (env, "nil");
}

emacs_value
aid_lisp_symbol (emacs_env *env, struct aid_span name, int keyword)
{
  char buf[128];
  size_t n = name.len < sizeof buf - 2 ? name.len : sizeof buf - 2, i;
  int plain = n > 0 && n == name.len;
  if (keyword)
    buf[0] = ':';
  for (i = 0; i < n; i++)
    {
      buf[i + (keyword != 0)] = name.ptr[i];
      plain &= name.ptr[i] > ' ' && name.ptr[i] < 127;
    }
  buf[n + (keyword != 0)] = 0;
  if (plain)
    return env->intern (env, buf);
  emacs_value s[1] = { aid_lisp_string (env, buf, n + (keyword != 0)) };
  emacs_value symbol = aid_lisp_call (env, "intern", 1, s);
  return symbol;
}

void
aid_lisp_signal (emacs_env *env, const char *code, const char *msg)
{
  if (aid_lisp_failed (env))
    return;
  emacs_value data[2] = { env->intern (env, code), aid_lisp_stringz (env, msg) };
  emacs_value list = aid_lisp_call (env, "list", 2, data);
  if (!aid_lisp_failed (env))
    env->non_local_exit_signal (env, env->intern (env, "aid-error"), list);
}

emacs_value
aid_lisp_spans (emacs_env *env, const struct aid_host_span *spans, size_t n)
{
  emacs_value *v = malloc ((n ? n : 1) * 3 * sizeof (emacs_value));
  if (v == NULL)
    {
      aid_lisp_signal (env, "nomem", "No memory for the faces of a text");
      return NULL;
    }
  for (size_t i = 0; i < n; i++)
    {
      v[3 * i] = env->make_integer (env, spans[i].beg);
      v[3 * i + 1] = env->make_integer (env, spans[i].end);
      v[3 * i + 2] = env->make_integer (env, spans[i].face);
    }
  emacs_value out = aid_lisp_call (env, "vector", (ptrdiff_t) n * 3, v);
  free (v);
  return out;
}

static emacs_value of_val (emacs_env *env, struct aid_span *rest, int depth);

/* The COUNT members of a list, or the 2 * COUNT of a plist. */
static emacs_value
of_members (emacs_env *env, struct aid_span *rest, struct aid_val_item head, int depth)
{
  size_t n = 0, per = head.tag == 'o' ? 2 : 1;
  emacs_value nil = env->intern (env, "nil");
  if (head.count > rest->len || depth > DEPTH_MAX)   /* a member has at least one byte */
    {
      rest->len = 0;
      return nil;
    }
  emacs_value *v = malloc ((head.count ? head.count : 1) * per * sizeof (emacs_value));
  if (v == NULL)
    {
      aid_lisp_signal (env, "nomem", "No memory for a list");
      return NULL;
    }
  for (uint32_t i = 0; i < head.count && rest->len > 0; i++)
    {
      if (per == 2)
        v[n++] = aid_lisp_symbol (env, aid_val_next_key (rest), 1);
      v[n++] = of_val (env, rest, depth + 1);
    }
  emacs_value out = aid_lisp_call (env, "list", (ptrdiff_t) n, v);
  free (v);
  return out;
}

static emacs_value
of_val (emacs_env *env, struct aid_span *rest, int depth)
{
  struct aid_val_item it = aid_val_next (rest);
  switch (it.tag)
    {
    case 't':
      return env->intern (env, "t");
    case 'i':
      return env->make_integer (env, it.i);
    case 'd':
      return env->make_float (env, it.d);
    case 's':
      return aid_lisp_string (env, it.s.ptr, it.s.len);
    case 'y':
      return aid_lisp_symbol (env, it.s, 0);
    case 'l':
    case 'o':
      return of_members (env, rest, it, depth);
    case 0:
      rest->len = 0;   /* damage: what follows means nothing */
      return env->intern (env, "nil");
    default:
      return env->intern (env, "nil");
    }
}

emacs_value
aid_lisp_of_val (emacs_env *env, struct aid_span v)
{
  return of_val (env, &v, 0);
}
