/* The assembly of a request, the same for every wire format: address, headers, body. */
#include "model/wire_internal.h"
#include "base/json.h"
#include "net/http.h"
#include <stdlib.h>
#include <strings.h>

#define BODY_MAX (64u << 20)
#define URL_MAX_BYTES 8192
#define HEADERS_MAX 64

json_t *
aid_json_z (const char *z)
{
  return aid_json_of_span (aid_span_z (z));
}

void
aid_wire_request_init (struct aid_wire_request *out)
{
  *out = (struct aid_wire_request){ .body = AID_STR_INIT (BODY_MAX),
                                    .headers = AID_VEC_INIT (struct aid_http_header, HEADERS_MAX) };
}

enum aid_err
aid_wire_url (struct aid_wire_request *out, const char *base, const char *path, struct aid_error *e)
{
  struct aid_span whole = aid_span_trim (aid_span_z (base));
  ptrdiff_t mark = aid_span_find (whole, AID_SPAN ("?"));
  struct aid_span head = aid_span_cut (whole, 0, mark < 0 ? whole.len : (size_t) mark);
  struct aid_span query = aid_span_cut (whole, head.len, whole.len);
  struct aid_str url = AID_STR_INIT (URL_MAX_BYTES);
  while (head.len && head.ptr[head.len - 1] == '/')
    head.len--;
  aid_str_addspan (&url, head);
  if (!aid_span_ends (head, path))
    aid_str_addz (&url, path);
  aid_str_addspan (&url, query);
  out->url = aid_str_steal (&url);
  aid_str_free (&url);
  return out->url ? AID_OK : aid_error_set (e, AID_E_LIMIT, "The provider's url is longer than %d bytes.", URL_MAX_BYTES);
}

static int
has_control (const char *z)
{
  for (; *z; z++)
    if ((unsigned char) *z < ' ' || *z == 127)
      return 1;
  return 0;
}

/* A header's name is a token of RFC 9110. */
static int
name_ok (const char *z)
{
  return *z && strspn (z, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen (z);
}

enum aid_err
aid_wire_header (struct aid_wire_request *out, const char *name, const char *value, struct aid_error *e)
{
  if (!name_ok (name))
    return aid_error_set (e, AID_E_INVALID, "A header's name in the provider's settings is not valid.");
  if (has_control (value))
    return aid_error_set (e, AID_E_INVALID,
                          "The value of the header %s (the key?) has a line break or control character in it.", name);
  struct aid_http_header *h = NULL;
  for (size_t i = 0; i < out->headers.len && !h; i++)
    if (!strcasecmp (AID_VEC_AT (struct aid_http_header, &out->headers, i).name, name))
      h = &AID_VEC_AT (struct aid_http_header, &out->headers, i);
  if (!h && !(h = aid_vec_push (&out->headers)))
    return aid_error_set (e, AID_E_LIMIT, "The provider's settings have more than %d headers.", HEADERS_MAX);
  char *copy = strdup (value);
  if (h->value)
    explicit_bzero ((char *) (uintptr_t) h->value, strlen (h->value));
  free ((char *) (uintptr_t) h->value);
  h->value = copy;
  if (!h->name)
    h->name = strdup (name);
  return h->name && h->value ? AID_OK : aid_error_set (e, AID_E_NOMEM, "no memory for the request");
}

enum aid_err
aid_wire_bearer (struct aid_wire_request *out, const char *key, struct aid_error *e)
{
  if (!key || !*key)
    return AID_OK;
  struct aid_str value = AID_STR_INIT (URL_MAX_BYTES);
  aid_str_addf (&value, "Bearer %s", key);
  enum aid_err err = value.err ? aid_error_set (e, value.err, "The key is longer than %d bytes.", URL_MAX_BYTES)
                               : aid_wire_header (out, "Authorization", aid_str_z (&value), e);
  if (value.ptr)
    explicit_bzero (value.ptr, value.len);
  aid_str_free (&value);
  return err;
}

static enum aid_err
add_headers (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e)
{
  enum aid_err err = aid_wire_header (out, "Content-Type", "application/json", e);
  if (!err)
    err = aid_wire_header (out, "Accept", "text/event-stream, application/x-ndjson, application/json", e);
  json_t *headers = (json_t *) (uintptr_t) ep->headers;
  for (void *i = json_object_iter (headers); i && !err; i = json_object_iter_next (headers, i))
    if (json_is_string (json_object_iter_value (i)))
      err = aid_wire_header (out, json_object_iter_key (i), json_string_value (json_object_iter_value (i)), e);
  return err;
}

static int
merge_extra (json_t *body, const json_t *extra)
{
  int bad = 0;
  json_t *from = (json_t *) (uintptr_t) extra;
  for (void *i = json_object_iter (from); i; i = json_object_iter_next (from, i))
    if (json_is_null (json_object_iter_value (i)))
      json_object_del (body, json_object_iter_key (i));
    else
      bad |= json_object_set (body, json_object_iter_key (i), json_object_iter_value (i));
  return !bad;
}

enum aid_err
aid_wire_finish (struct aid_wire_request *out, json_t *body, const struct aid_endpoint *ep, struct aid_error *e)
{
  if (!merge_extra (body, ep->extra))
    return aid_error_set (e, AID_E_NOMEM, "no memory for the request");
  enum aid_err err = aid_json_dump (body, &out->body);
  if (err)
    return aid_error_set (e, err, "The request is larger than %d MB.", BODY_MAX >> 20);
  return add_headers (out, ep, e);
}

/* Bytes that the body of C takes, about: its texts, and escapes. */
static size_t
bytes_of (const struct aid_conversation *c)
{
  size_t n = 4096;
  for (size_t i = 0; i < c->messages.len; i++)
    {
      const struct aid_vec *parts = &AID_VEC_AT (struct aid_message, &c->messages, i).parts;
      for (size_t k = 0; k < parts->len; k++)
        n += AID_VEC_AT (struct aid_part, parts, k).len;
    }
  return n + n / 4;
}

enum aid_err
aid_wire_make (const struct aid_request_kind *kind, const struct aid_endpoint *ep, const struct aid_conversation *c,
               const struct aid_sampling *s, struct aid_wire_request *out, struct aid_error *e)
{
  struct aid_conversation sent;
  aid_wire_request_init (out);
  enum aid_err err = aid_conversation_normalise (c, &sent, e);
  aid_conversation_mark (&sent);
  if (!err && bytes_of (&sent) < BODY_MAX)
    aid_str_reserve (&out->body, bytes_of (&sent));
  json_t *body = err ? NULL : kind->body (ep, &sent, s);
  if (!err && !body)
    err = aid_error_set (e, AID_E_NOMEM, "no memory for the request");
  if (!err)
    err = kind->head (out, ep, e);
  if (!err)
    err = aid_wire_finish (out, body, ep, e);
  json_decref (body);
  aid_conversation_free (&sent);
  if (err)
    aid_wire_request_free (out);
  return err;
}

json_t *
aid_stop_words (const struct aid_sampling *s)
{
  json_t *words = s->nstop ? json_array () : NULL;
  for (size_t i = 0; words && i < s->nstop && i < AID_STOPS_MAX; i++)
    json_array_append_new (words, aid_json_z (s->stop[i]));
  return words;
}
