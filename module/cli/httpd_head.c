/* The head of an HTTP/1.1 request, read strictly (RFC 9112): what is not clear is refused, so that no two readers can
   take one request for two different ones. */
#include "cli/httpd.h"

void
aid_httpd_request_init (struct aid_httpd_request *r)
{
  memset (r, 0, sizeof *r);
  r->head = AID_STR_INIT (AID_HTTPD_HEAD_MAX);
  r->body = AID_STR_INIT (AID_HTTPD_BODY_MAX);
  r->headers = AID_VEC_INIT (struct aid_httpd_header, AID_HTTPD_HEADERS_MAX);
}

void
aid_httpd_request_free (struct aid_httpd_request *r)
{
  aid_str_free (&r->head);
  aid_str_free (&r->body);
  aid_vec_free (&r->headers);
}

int
aid_httpd_same_word (struct aid_span a, const char *z)
{
  if (a.len != strlen (z))
    return 0;
  for (size_t i = 0; i < a.len; i++)
    {
      unsigned char x = (unsigned char) a.ptr[i], y = (unsigned char) z[i];
      x = (unsigned char) (x >= 'A' && x <= 'Z' ? x + 32 : x);
      y = (unsigned char) (y >= 'A' && y <= 'Z' ? y + 32 : y);
      if (x != y)
        return 0;
    }
  return 1;
}

static int
is_token (struct aid_span v)
{
  for (size_t i = 0; i < v.len; i++)
    {
      unsigned char c = (unsigned char) v.ptr[i];
      int alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
      if (!alnum && (c == 0 || !strchr ("!#$%&'*+-.^_`|~", c)))
        return 0;
    }
  return v.len > 0;
}

/* No control characters; blanks and tabs only where BLANKS. */
static int
is_plain (struct aid_span v, int blanks)
{
  for (size_t i = 0; i < v.len; i++)
    {
      unsigned char c = (unsigned char) v.ptr[i];
      if (c == 127 || (c < 33 && !(blanks && (c == ' ' || c == '\t'))))
        return 0;
    }
  return 1;
}

/* The part of *REST before SEP, which is taken off too. */
static struct aid_span
cut_at (struct aid_span *rest, char sep)
{
  const char *at = rest->len ? memchr (rest->ptr, sep, rest->len) : NULL;
  struct aid_span part = *rest;

  if (at)
    part.len = (size_t) (at - rest->ptr);
  *rest = aid_span_cut (*rest, at ? part.len + 1 : rest->len, rest->len);
  return part;
}

static int
next_line (struct aid_span *rest, struct aid_span *line)
{
  if (!aid_span_line (rest, line))
    return 0;
  if (line->len && line->ptr[line->len - 1] == '\r')
    line->len--;
  return 1;
}

static enum aid_err
request_line (struct aid_httpd_request *r, struct aid_span line, struct aid_error *e)
{
  struct aid_span target;

  r->method = cut_at (&line, ' ');
  target = cut_at (&line, ' ');
  if (!is_token (r->method) || !is_plain (target, 0) || !aid_span_starts (target, "/"))
    return aid_error_set (e, AID_E_PARSE, "this is no HTTP request");
  if (!aid_span_eqz (line, "HTTP/1.1") && !aid_span_eqz (line, "HTTP/1.0"))
    return aid_error_set (e, AID_E_PARSE, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  r->minor = line.ptr[7] - '0';
  r->path = cut_at (&target, '?');
  r->query = target;
  return AID_OK;
}

enum aid_err
aid_httpd_parse_head (struct aid_httpd_request *r, struct aid_error *e)
{
  struct aid_span rest = aid_str_span (&r->head), line;
  enum aid_err err;

  if (!next_line (&rest, &line))
    return aid_error_set (e, AID_E_PARSE, "the request is empty");
  err = request_line (r, line, e);
  while (!err && next_line (&rest, &line) && line.len)
    {
      const char *colon = memchr (line.ptr, ':', line.len);
      struct aid_httpd_header h, *slot;
      h.name = aid_span_cut (line, 0, colon ? (size_t) (colon - line.ptr) : 0);
      h.value = aid_span_trim (aid_span_cut (line, colon ? h.name.len + 1 : line.len, line.len));
      if (!is_token (h.name) || !is_plain (h.value, 1))
        return aid_error_set (e, AID_E_PARSE, "a header cannot be read");
      slot = aid_vec_push (&r->headers);
      if (!slot)
        return aid_error_set (e, AID_E_LIMIT, "the request has more than %d headers", AID_HTTPD_HEADERS_MAX);
      *slot = h;
    }
  return err;
}

struct aid_span
aid_httpd_header (const struct aid_httpd_request *r, const char *name, size_t *count)
{
  struct aid_span value = aid_span_z (NULL);
  size_t n = 0;

  for (size_t i = 0; i < r->headers.len; i++)
    {
      const struct aid_httpd_header *h = &AID_VEC_AT (struct aid_httpd_header, &r->headers, i);
      if (aid_httpd_same_word (h->name, name) && n++ == 0)
        value = h->value;
    }
  if (count)
    *count = n;
  return value;
}

enum aid_err
aid_httpd_body_length (const struct aid_httpd_request *r, int64_t *length, struct aid_error *e)
{
  size_t lengths, codings;
  struct aid_span value = aid_httpd_header (r, "content-length", &lengths);
  struct aid_span coding = aid_httpd_header (r, "transfer-encoding", &codings);
  uint64_t n = 0;

  if (lengths + codings > 1)
    return aid_error_set (e, AID_E_PARSE, "the length of the body is told twice");
  if (codings && !aid_httpd_same_word (coding, "chunked"))
    return aid_error_set (e, AID_E_PARSE, "the transfer coding is unknown");
  if (lengths && aid_span_number (value, INT64_MAX, &n) != 0)
    return aid_error_set (e, AID_E_PARSE, "the length of the body is no number");
  if (n > AID_HTTPD_BODY_MAX)
    return aid_error_set (e, AID_E_LIMIT, "the body is larger than %u bytes", AID_HTTPD_BODY_MAX);
  *length = codings ? -1 : (int64_t) n;
  return AID_OK;
}
