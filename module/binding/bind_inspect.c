/* What is sent, for people to see. */
#include "base/val.h"
#include "binding/later.h"
#include "net/http.h"
#include <stdlib.h>

#define HEADERS_MAX 256
#define VAL_MAX (512u << 20)

static void
look (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct aid_str texts = AID_STR_INIT (VAL_MAX);
  struct aid_bind_asking *j = (struct aid_bind_asking *) later;
  if (aid_assist_inspect_apart (aid_binding.assist, &j->q.ask, val, &texts, e) == AID_OK && texts.len > 0)
    aid_binding_post_text (later->id, aid_str_span (&texts));
  aid_str_free (&texts);
}

AID_BIND (inspect_soon)
{
  (void) nargs;
  struct aid_bind_asking *j = aid_bind_asking_new (env, args[0], look);
  if (j == NULL)
    return NULL;
  j->q.ask.quick = 1;
  return aid_bind_later_begin (env, &j->later, aid_assist_pool (aid_binding.assist));
}

AID_BIND (inspect_last)
{
  (void) nargs;
  struct aid_str val = AID_STR_INIT (VAL_MAX);
  char *key = aid_lisp_dup (env, args[0]);
  if (aid_lisp_failed (env) || key == NULL || !aid_assist_last (aid_binding.assist, key, &val))
    aid_val_nil (&val);
  free (key);
  return aid_lisp_take_val (env, &val);
}

/* Reads LIST, an alist of strings; what is read is to be freed. */
static void
read_headers (emacs_env *env, emacs_value list, struct aid_vec *headers)
{
  emacs_value pair, name, value;
  *headers = AID_VEC_INIT (struct aid_http_header, HEADERS_MAX);
  while (aid_lisp_pop (env, &list, &pair))
    {
      struct aid_http_header *h = aid_vec_push (headers);
      if (h == NULL)
        {
          aid_lisp_signal (env, "limit", "Too many headers");
          return;
        }
      aid_lisp_pair (env, pair, &name, &value);
      h->name = aid_lisp_dup (env, name);
      h->value = aid_lisp_dup (env, value);
    }
}

AID_BIND (inspect_curl)
{
  (void) nargs;
  struct aid_vec headers;
  struct aid_str body, command = AID_STR_INIT (VAL_MAX), val = AID_STR_INIT (VAL_MAX);
  char *url = aid_lisp_dup (env, args[0]), *variable = aid_lisp_dup (env, args[2]);
  read_headers (env, args[1], &headers);
  aid_lisp_text (env, args[3], &body);
  if (!aid_lisp_failed (env))
    aid_inspect_curl (url ? url : "", headers.data, headers.len, variable ? variable : "", aid_str_span (&body), &command);
  aid_val_str (&val, aid_str_span (&command));
  for (size_t i = 0; i < headers.len; i++)
    {
      free ((char *) (uintptr_t) AID_VEC_AT (struct aid_http_header, &headers, i).name);
      free ((char *) (uintptr_t) AID_VEC_AT (struct aid_http_header, &headers, i).value);
    }
  aid_vec_free (&headers);
  aid_str_free (&body);
  aid_str_free (&command);
  free (url);
  free (variable);
  if (!aid_lisp_failed (env))
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return NULL;
}

AID_BIND (inspect_format)
{
  (void) nargs;
  struct aid_str text, formatted = AID_STR_INIT (VAL_MAX), val = AID_STR_INIT (VAL_MAX);
  aid_lisp_text (env, args[0], &text);
  aid_inspect_format (aid_str_span (&text), &formatted);
  aid_val_str (&val, aid_str_span (&formatted));
  aid_str_free (&text);
  aid_str_free (&formatted);
  if (!aid_lisp_failed (env))
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return NULL;
}

AID_BIND (inspect_check)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text, val = AID_STR_INIT (4096);
  int line, column;
  aid_lisp_text (env, args[0], &text);
  if (aid_lisp_failed (env) || aid_inspect_check (aid_str_span (&text), &line, &column, &e))
    aid_val_nil (&val);
  else
    {
      size_t list = aid_val_list (&val);
      aid_val_int (&val, line);
      aid_val_int (&val, column);
      aid_val_strz (&val, e.msg);
      aid_val_end (&val, list, 3);
    }
  aid_str_free (&text);
  return aid_lisp_take_val (env, &val);
}
