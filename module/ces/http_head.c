/* What the head of a request says: for whom it is, who asks, whether it is one at all. */
#include "ces/http_internal.h"
#include "ces/mhd.h"

#include "base/base64.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* --- who may ---------------------------------------------------------------------------------------------------------- */

/* Compares in a time that tells nothing of where they differ. */
static int
same_secret (struct aid_span a, const char *token)
{
  size_t n = strlen (token);
  unsigned differ = a.len != n;
  for (size_t i = 0; i < a.len; i++)
    differ |= (unsigned)(unsigned char)a.ptr[i] ^ (unsigned)(unsigned char)token[n ? i % n : 0];
  return !differ;
}

/* "Bearer TOKEN", or the password of "Basic": that is what a client sends whose URL is http://any:TOKEN@host. */
static int
has_token (const char *header, const char *token)
{
  struct aid_span v = aid_span_z (header);
  struct aid_str plain = AID_STR_INIT (4096);
  int has = 0;
  if (v.len > 7 && !strncasecmp (v.ptr, "Bearer ", 7))
    has = same_secret (aid_span_trim (aid_span_cut (v, 7, v.len)), token);
  else if (v.len > 6 && !strncasecmp (v.ptr, "Basic ", 6)
           && !aid_base64_read (aid_span_trim (aid_span_cut (v, 6, v.len)), &plain))
    {
      struct aid_span all = aid_str_span (&plain);
      ptrdiff_t colon = aid_span_find (all, AID_SPAN (":"));
      has = colon >= 0 && same_secret (aid_span_cut (all, (size_t)colon + 1, all.len), token);
    }
  aid_str_free (&plain);
  return has;
}

const char *
aid_ces_http_header (const struct aid_ces_request *x, const char *name)
{
  return x->http->mhd->MHD_lookup_connection_value (x->connection, MHD_HEADER_KIND, name);
}

/* Whether HOST, of who needs no token, says that we are meant: a page whose name was made to lead to us has that name there. */
static int
is_our_name (struct aid_span host)
{
  struct aid_span name = host;
  if (host.len && host.ptr[0] == '[')
    return 1;
  for (size_t i = 0; i < host.len; i++)
    if (host.ptr[i] == ':')
      name = aid_span_cut (host, 0, i);
  size_t digits = 0;
  while (digits < name.len && strchr ("0123456789.", name.ptr[digits]))
    digits++;
  return digits == name.len || aid_span_eqz (name, "localhost") || aid_span_ends (name, ".localhost");
}

/* --- where to ---------------------------------------------------------------------------------------------------------- */

/* A NUL would end the path, or the argument, before its end: it stays as it is written, and names nothing. */
size_t
aid_ces_http_unescape (char *z)
{
  char *to = z;
  for (const char *from = z; *from; to++)
    {
      unsigned value = 0;
      int n = 0;
      if (from[0] == '%' && isxdigit ((unsigned char)from[1]) && isxdigit ((unsigned char)from[2]))
        sscanf (from + 1, "%2x%n", &value, &n);
      *to = value ? (char)value : *from;
      from += value ? 1 + n : 1;
    }
  *to = 0;
  return (size_t)(to - z);
}

const char *
aid_ces_http_path (const char *target, struct aid_span *authority)
{
  size_t scheme = !strncasecmp (target, "http://", 7) ? 7 : !strncasecmp (target, "https://", 8) ? 8 : 0;
  const char *rest = scheme ? target + scheme + strcspn (target + scheme, "/") : target;
  *authority = (struct aid_span){ target + scheme, (size_t)(rest - target) - scheme };
  return *rest ? rest : "/";
}

/* --- the whole head --------------------------------------------------------------------------------------------------- */

/* Headers of which a second one has us and a proxy before us read two requests in the same bytes. */
static enum MHD_Result
count_it (void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
  static const char *const single[] = { "Content-Length", "Transfer-Encoding", "Host" };
  size_t *counts = cls;
  (void)kind;
  (void)value;
  for (size_t i = 0; i < sizeof single / sizeof *single; i++)
    counts[i] += !strcasecmp (name, single[i]);
  return MHD_YES;
}

static int
says_it_twice (struct aid_ces_request *x)
{
  size_t counts[3] = { 0, 0, 0 };
  x->http->mhd->MHD_get_connection_values (x->connection, MHD_HEADER_KIND, count_it, counts);
  return counts[0] > 1 || counts[1] > 1 || counts[2] > 1;
}

int
aid_ces_http_check_head (struct aid_ces_request *x, struct aid_span authority)
{
  const char *length = aid_ces_http_header (x, "Content-Length"), *coding = aid_ces_http_header (x, "Content-Encoding"),
             *transfer = aid_ces_http_header (x, "Transfer-Encoding");
  struct aid_span host = authority.len ? authority : aid_span_z (aid_ces_http_header (x, "Host"));
  uint64_t n = 0;
  if (x->http->token && !has_token (aid_ces_http_header (x, "Authorization"), x->http->token))
    aid_ces_request_refuse (x, 401, NULL, "a token is needed: \"Authorization: Bearer TOKEN\"");
  else if (aid_ces_http_header (x, "Origin")) /* a page in somebody's browser, which has no business here */
    aid_ces_request_refuse (x, 403, NULL, "browsers' pages are not answered (the request has an Origin)");
  else if (!x->http->token && !is_our_name (host))
    aid_ces_request_refuse (x, 403, NULL, "without a token only 127.0.0.1, [::1] and localhost are answered, by that name");
  else if (says_it_twice (x)) /* 400 in every shape: no client of any means to send this */
    aid_ces_http_refuse_plain (x, 400, NULL, "a length, a transfer encoding or a host is said more than once");
  else if (coding && strcasecmp (coding, "identity") != 0)
    aid_ces_request_refuse (x, 415, NULL, "the body is compressed, which is not read here");
  else if (transfer && (strcasecmp (transfer, "chunked") != 0 || length))
    aid_ces_request_refuse (x, 400, NULL, "a body is chunked, or has its length: this transfer encoding is not read here");
  else if (length && (aid_span_number (aid_span_z (length), UINT64_MAX / 2, &n) || n > x->http->body_max))
    aid_ces_request_refuse (x, 413, NULL, "the body is larger than %zu bytes", x->http->body_max);
  return x->status ? -1 : 0;
}
