/* What the server sends, as libcurl hands it over: header lines, then the body.  Both run inside curl_multi_perform on
   the I/O thread; they end a transfer by claiming a write error, with the reason in the request.  */
#include "net/net_internal.h"
#include "base/clock.h"
#include <string.h>
#include <strings.h>

/* Headers kept of one answer; more are ignored.  */
#define HEADERS_MAX (64u << 10)

void
aid_answer_reset (struct aid_request *r)
{
  aid_str_free (&r->reply.lines);
  aid_str_free (&r->refusal);
  aid_str_init (&r->reply.lines, HEADERS_MAX);
  aid_str_init (&r->refusal, AID_HTTP_REFUSAL_MAX);
  r->status = 0;
  r->received = 0;
  r->kept_out = false;
  r->why = (struct aid_error){ AID_OK, "" };
  r->curl_says[0] = '\0';
}

int
aid_http_header_next (const struct aid_http_reply *reply, const char **name, const char **value)
{
  const char *p = reply->lines.ptr, *end = p ? p + reply->lines.len : NULL;
  if (p && *value)
    p = *value + strlen (*value) + 1;
  if (p >= end || p + strlen (p) + 1 >= end)
    return 0;
  *name = p;
  p += strlen (p) + 1;
  *value = p + strspn (p, " \t");
  return 1;
}

const char *
aid_http_header (const struct aid_http_reply *reply, const char *wanted)
{
  const char *name = NULL, *value = NULL;
  while (aid_http_header_next (reply, &name, &value))
    if (strcasecmp (name, wanted) == 0)
      return value;
  return NULL;
}

static void
keep_header (struct aid_str *lines, struct aid_span line)
{
  const char *colon = memchr (line.ptr, ':', line.len);
  size_t at = lines->len;
  if (!colon || colon == line.ptr || memchr (line.ptr, '\0', line.len))
    return;
  if (aid_str_addspan (lines, line) == AID_OK)
    {
      lines->ptr[at + (size_t) (colon - line.ptr)] = '\0';
      aid_str_addc (lines, '\0');
    }
}

/* An answer may have several heads (100 Continue, then the real one), and header lines again after a chunked body; those
   are not looked at.  */
size_t
aid_answer_header (char *bytes, size_t one, size_t n, void *request)
{
  struct aid_request *r = request;
  struct aid_span line = aid_span_trim ((struct aid_span){ bytes, one * n });
  long status = 0;
  r->heard_us = aid_clock_us ();
  if (r->status != 0)
    return n;
  if (aid_span_starts (line, "HTTP/"))
    aid_str_clear (&r->reply.lines);
  else if (line.len > 0)
    keep_header (&r->reply.lines, line);
  else if (curl_easy_getinfo (r->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status >= 200)
    r->status = (int) status;
  return n;
}

void
aid_answer_tell_head (struct aid_request *r)
{
  if (r->head_told || r->status == 0)
    return;
  r->head_told = true;
  if (r->handler.on_head)
    r->handler.on_head (r->user, r->status, &r->reply);
}

/* The rest is not wanted: what a callback gives that ends the transfer.  */
static size_t
stop (struct aid_request *r)
{
  aid_easy_give_up (r);
  return CURL_WRITEFUNC_ERROR;
}

/* What does not fit is not wanted.  */
static size_t
keep_refusal (struct aid_request *r, struct aid_span bytes)
{
  size_t room = AID_HTTP_REFUSAL_MAX - r->refusal.len;
  aid_str_addspan (&r->refusal, aid_span_cut (bytes, 0, bytes.len < room ? bytes.len : room));
  return bytes.len > room ? stop (r) : bytes.len;
}

size_t
aid_answer_body (char *bytes, size_t one, size_t n, void *request)
{
  struct aid_request *r = request;
  struct aid_span v = { bytes, one * n };
  r->heard_us = aid_clock_us ();
  if (atomic_load (&r->cancelled))
    return stop (r);
  if (aid_answer_refused (r))
    return keep_refusal (r, v);
  if (v.len > r->body_limit - r->received)
    {
      aid_error_set (&r->why, AID_E_LIMIT, "the answer of %s is larger than the limit of %zu bytes", r->where,
                     r->body_limit);
      return stop (r);
    }
  aid_answer_tell_head (r);
  if (atomic_load (&r->cancelled))
    return stop (r);
  r->received += v.len;
  if (r->handler.on_body && r->handler.on_body (r->user, v))
    {
      aid_error_set (&r->why, AID_E_CANCELLED, "the reader of the answer of %s stopped it", r->where);
      return stop (r);
    }
  return v.len;
}
