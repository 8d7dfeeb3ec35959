/* A request as libcurl options.  TLS is always verified; only http and https are spoken; no redirect is followed, for a
   redirected POST would carry the key and the conversation to a place nobody chose.  */
#include "net/net_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define METHOD_MAX 16

/* libcurl's sockets would be inherited by every child of the editor, and stay open there.  */
static curl_socket_t
open_socket (void *request, curlsocktype purpose, struct curl_sockaddr *a)
{
  struct aid_request *r = request;
  (void) purpose;
  if (r->public_only && !r->proxy && aid_address_is_private (&a->addr))
    {
      r->kept_out = true;
      return CURL_SOCKET_BAD;
    }
  int fd = socket (a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int
lookup_begins (void *resolver, void *reserved, void *request)
{
  struct aid_request *r = request;
  (void) resolver;
  (void) reserved;
  r->resolving = true;
  return 0;
}

static bool
method_ok (const char *method)
{
  size_t n = strspn (method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  return n > 0 && n <= METHOD_MAX && !method[n];
}

/* A line break in a name or a value would let it forge further headers.  */
static bool
header_ok (const struct aid_http_header *h)
{
  return h->name && h->value && h->name[0] && !strpbrk (h->name, ": \t\r\n") && !strpbrk (h->value, "\r\n");
}

static bool
header_given (const struct aid_http_request *req, const char *name)
{
  for (size_t i = 0; i < req->nheaders; i++)
    if (strcasecmp (req->headers[i].name, name) == 0)
      return true;
  return false;
}

static bool
add_line (struct aid_request *r, const char *line)
{
  struct curl_slist *list = curl_slist_append (r->headers, line);
  if (list)
    r->headers = list;
  return list != NULL;
}

static enum aid_err
make_headers (struct aid_request *r, const struct aid_http_request *req, struct aid_error *e)
{
  struct aid_str line = AID_STR_INIT (1u << 20);
  bool good = true;
  for (size_t i = 0; i < req->nheaders; i++)
    {
      const struct aid_http_header *h = &req->headers[i];
      if (!header_ok (h))
        {
          aid_str_free (&line);
          return aid_error_set (e, AID_E_INVALID, "a header for %s has a line break or no name", r->where);
        }
      aid_str_clear (&line);
      /* libcurl takes "Name:" as a wish to drop the header, "Name;" as an empty one.  */
      aid_str_addf (&line, h->value[0] ? "%s: %s" : "%s;", h->name, h->value);
      good = good && !line.err && add_line (r, line.ptr);
    }
  aid_str_free (&line);
  /* libcurl would add these two by itself: a form's type, and a question that costs a second.  */
  if (!header_given (req, "Content-Type"))
    good = good && add_line (r, "Content-Type:");
  if (!header_given (req, "Expect"))
    good = good && add_line (r, "Expect:");
  return good ? AID_OK : aid_error_set (e, AID_E_NOMEM, "no memory for the request to %s", r->where);
}

void
aid_easy_give_up (struct aid_request *r)
{
  curl_easy_setopt (r->easy, CURLOPT_FORBID_REUSE, 1L);
}

#define SET(option, value) (rc = rc ? rc : curl_easy_setopt (r->easy, option, value))

static CURLcode
set_transport (struct aid_request *r, const struct aid_http_request *req)
{
  CURLcode rc = CURLE_OK;
  SET (CURLOPT_URL, req->url);
  SET (CURLOPT_PROTOCOLS_STR, "http,https");
  SET (CURLOPT_FOLLOWLOCATION, 0L);
  SET (CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS);
  /* Streams to one server share a connection from the start.  Only where TLS tells at once whether they can: without it,
     the next request would wait for the first one's answer.  */
  SET (CURLOPT_PIPEWAIT, strncasecmp (req->url, "https:", 6) == 0 ? 1L : 0L);
  SET (CURLOPT_NOSIGNAL, 1L);
  SET (CURLOPT_QUICK_EXIT, 1L);
  SET (CURLOPT_TCP_KEEPALIVE, 1L);
  SET (CURLOPT_CONNECTTIMEOUT_MS, (long) r->connect_ms);
  SET (CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET (CURLOPT_OPENSOCKETDATA, r);
  /* A connection that somebody else opened to that name was not judged.  */
  SET (CURLOPT_FRESH_CONNECT, r->public_only ? 1L : 0L);
  SET (CURLOPT_RESOLVER_START_FUNCTION, lookup_begins);
  SET (CURLOPT_RESOLVER_START_DATA, r);
  SET (CURLOPT_SSL_VERIFYPEER, 1L);
  SET (CURLOPT_SSL_VERIFYHOST, 2L);
  SET (CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
  if (req->ca_file)
    {
      SET (CURLOPT_CAINFO, req->ca_file);
      SET (CURLOPT_PROXY_CAINFO, req->ca_file);
    }
  if (req->client_cert)
    SET (CURLOPT_SSLCERT, req->client_cert);
  if (req->client_key)
    SET (CURLOPT_SSLKEY, req->client_key);
  /* An encrypted key would have OpenSSL ask for its password on the terminal, which is the editor's.  */
  SET (CURLOPT_KEYPASSWD, "");
  return rc;
}

/* The choice has been made: libcurl is to look into the environment no more.  */
static enum aid_err
set_proxy (struct aid_request *r, const struct aid_http_request *req, struct aid_error *e)
{
  CURLcode rc = CURLE_OK;
  const char *proxy = aid_proxy_choose (req, &r->proxy_from);
  if (*proxy && !(r->proxy = aid_url_proxy (proxy, &r->proxy_signed_in)))
    return aid_error_set (e, AID_E_INVALID, "the address of the proxy, in %s, must be like http://HOST:PORT", r->proxy_from);
  SET (CURLOPT_PROXY, proxy);
  SET (CURLOPT_NOPROXY, "");
  return rc ? aid_error_set (e, AID_E_NOMEM, "no memory for the request to %s", r->where) : AID_OK;
}

static CURLcode
set_message (struct aid_request *r, const struct aid_http_request *req)
{
  CURLcode rc = CURLE_OK;
  bool post = req->method ? strcmp (req->method, "POST") == 0 : req->body.len > 0;
  if (post || req->body.len > 0)
    {
      SET (CURLOPT_POST, 1L);
      SET (CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) req->body.len);
      SET (CURLOPT_COPYPOSTFIELDS, req->body.len ? req->body.ptr : "");
    }
  if (req->method && strcmp (req->method, "HEAD") == 0)
    SET (CURLOPT_NOBODY, 1L);
  else if (req->method && !post)
    SET (CURLOPT_CUSTOMREQUEST, req->method);
  SET (CURLOPT_USERAGENT, "aid/" AID_VERSION);
  SET (CURLOPT_ACCEPT_ENCODING, "");
  SET (CURLOPT_HTTPHEADER, r->headers);
  return rc;
}

static CURLcode
set_callbacks (struct aid_request *r)
{
  CURLcode rc = CURLE_OK;
  SET (CURLOPT_PRIVATE, r);
  SET (CURLOPT_ERRORBUFFER, r->curl_says);
  SET (CURLOPT_HEADERFUNCTION, aid_answer_header);
  SET (CURLOPT_HEADERDATA, r);
  SET (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET (CURLOPT_WRITEFUNCTION, aid_answer_body);
  SET (CURLOPT_WRITEDATA, r);
  return rc;
}

enum aid_err
aid_easy_make (struct aid_request *r, const struct aid_http_request *req, struct aid_error *e)
{
  if (req->method && !method_ok (req->method))
    return aid_error_set (e, AID_E_INVALID, "the request to %s has no valid HTTP method", r->where);
  char *host = req->public_only ? aid_url_host (req->url) : NULL;
  bool is_private = host && (aid_host_is_private (host) || aid_url_is_local (req->url));
  free (host);
  if (is_private)
    return aid_error_set (e, AID_E_REFUSED, "%s is a private address", r->where);
  enum aid_err code = make_headers (r, req, e);
  if (code != AID_OK)
    return code;
  r->easy = curl_easy_init ();
  r->public_only = req->public_only != 0;
  CURLcode rc = r->easy ? set_transport (r, req) : CURLE_OUT_OF_MEMORY;
  if (rc == CURLE_OK)
    rc = set_message (r, req);
  if (rc == CURLE_OK)
    rc = set_callbacks (r);
  r->client_cert = req->client_cert != NULL;
  if (rc == CURLE_OUT_OF_MEMORY)
    return aid_error_set (e, AID_E_NOMEM, "no memory for the request to %s", r->where);
  return rc ? aid_error_set (e, AID_E_INVALID, "the request to %s cannot be made: %s", r->where, curl_easy_strerror (rc))
            : set_proxy (r, req, e);
}
