/* Addresses.  The parser is libcurl's own, so that what is judged here is what will be connected to.  */
#include "net/net_internal.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#define URL_MAX_BYTES 8192

/* Printable ASCII only: anything else must come percent-encoded, and cannot then hide in a message.  */
static int
plain (const char *url)
{
  size_t n = 0;
  for (; url[n]; n++)
    if ((unsigned char) url[n] <= ' ' || (unsigned char) url[n] >= 0x7f || n >= URL_MAX_BYTES)
      return 0;
  return n > 0;
}

/* The parsed URL (free with curl_url_cleanup), or NULL when it is no http(s) address.  */
static CURLU *
parse (const char *url)
{
  if (!url || !plain (url))
    return NULL;
  CURLU *u = curl_url ();
  char *scheme = NULL;
  int good = u && curl_url_set (u, CURLUPART_URL, url, 0) == CURLUE_OK
             && curl_url_get (u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK
             && (strcasecmp (scheme, "http") == 0 || strcasecmp (scheme, "https") == 0);
  curl_free (scheme);
  if (good)
    return u;
  curl_url_cleanup (u);
  return NULL;
}

int
aid_url_ok (const char *url)
{
  CURLU *u = parse (url);
  curl_url_cleanup (u);
  return u != NULL;
}

static int
host_is_local (const char *host)
{
  struct in_addr v4;
  struct in6_addr v6;
  char bare[64];
  size_t n = strlen (host);
  if (strcasecmp (host, "localhost") == 0)
    return 1;
  if (inet_pton (AF_INET, host, &v4) == 1)
    return ntohl (v4.s_addr) >> 24 == 127;
  if (n < 3 || n >= sizeof bare || host[0] != '[')
    return 0;
  memcpy (bare, host + 1, n - 2);
  bare[n - 2] = '\0';
  return inet_pton (AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK (&v6);
}

int
aid_url_is_local (const char *url)
{
  CURLU *u = parse (url);
  char *host = NULL;
  int local = u && curl_url_get (u, CURLUPART_HOST, &host, 0) == CURLUE_OK && host_is_local (host);
  curl_free (host);
  curl_url_cleanup (u);
  return local;
}

char *
aid_url_host (const char *url)
{
  CURLU *u = parse (url);
  char *host = NULL, *copy = NULL;
  if (u && curl_url_get (u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
    {
      size_t n = strlen (host);
      bool bracketed = n > 2 && host[0] == '[';
      copy = bracketed ? strndup (host + 1, n - 2) : strdup (host);
    }
  curl_free (host);
  curl_url_cleanup (u);
  return copy;
}

char *
aid_url_proxy (const char *address, bool *signed_in)
{
  const unsigned flags = CURLU_DEFAULT_SCHEME | CURLU_NON_SUPPORT_SCHEME;
  CURLU *u = plain (address) ? curl_url () : NULL;
  char *host = NULL, *port = NULL, *user = NULL, *where = NULL;
  *signed_in = false;
  if (u && curl_url_set (u, CURLUPART_URL, address, flags) == CURLUE_OK
      && curl_url_get (u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
    {
      struct aid_str out = AID_STR_INIT (URL_MAX_BYTES + 16);
      bool has_port = curl_url_get (u, CURLUPART_PORT, &port, 0) == CURLUE_OK;
      *signed_in = curl_url_get (u, CURLUPART_USER, &user, 0) == CURLUE_OK;
      const char *usual = strncasecmp (address, "https:", 6) == 0 ? "443" : "1080"; /* as libcurl has it */
      aid_str_addf (&out, "%s:%s", host, has_port ? port : usual);
      where = aid_str_steal (&out);
    }
  curl_free (user);
  curl_free (port);
  curl_free (host);
  curl_url_cleanup (u);
  return where;
}

char *
aid_url_where (const char *url)
{
  CURLU *u = parse (url);
  char *host = NULL, *port = NULL, *where = NULL;
  if (u && curl_url_get (u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
    {
      struct aid_str out = AID_STR_INIT (URL_MAX_BYTES + 16);
      aid_str_addz (&out, host);
      if (curl_url_get (u, CURLUPART_PORT, &port, 0) == CURLUE_OK)
        aid_str_addf (&out, ":%s", port);
      where = aid_str_steal (&out);
    }
  curl_free (port);
  curl_free (host);
  curl_url_cleanup (u);
  return where;
}
