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
    if ((unsigned char)url[n] <= ' ' || (unsigned char)url[n] >= 0x7f || n >= URL_MAX_BYTES)
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

char *
aid_url_join (const char *base, const char *reference)
{
  CURLU *u = parse (base);
  char *joined = NULL, *copy = NULL;
  if (u && plain (reference) && curl_url_set (u, CURLUPART_URL, reference, 0) == CURLUE_OK
      && curl_url_get (u, CURLUPART_URL, &joined, 0) == CURLUE_OK && aid_url_ok (joined))
    copy = strdup (joined);
  curl_free (joined);
  curl_url_cleanup (u);
  return copy;
}

/* --- addresses that are nobody's business ------------------------------------------------------------------------- */

static bool
v4_is_private (uint32_t a)
{
  static const struct
  {
    uint32_t net;
    unsigned bits;
  } nets[] = { { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },  { 0xa9fe0000, 16 },
               { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 }, { 0xe0000000, 3 } };
  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
    if (a >> (32 - nets[i].bits) == nets[i].net >> (32 - nets[i].bits))
      return true;
  return false;
}

static uint32_t
four_bytes (const unsigned char *b)
{
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* What only wraps an IPv4 address (mapped, compatible, NAT64, 6to4) is as private as that is.  */
static bool
v6_is_private (const unsigned char *b)
{
  static const unsigned char zeros[12], mapped[12] = { [10] = 0xff, [11] = 0xff }, nat64[12] = { 0, 0x64, 0xff, 0x9b };
  if (!memcmp (b, zeros, 12) || !memcmp (b, mapped, 12) || !memcmp (b, nat64, 12))
    return four_bytes (b + 12) <= 1 || v4_is_private (four_bytes (b + 12));
  if (b[0] == 0x20 && b[1] == 0x02)
    return v4_is_private (four_bytes (b + 2));
  return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0x80)) || b[0] == 0xff;
}

bool
aid_address_is_private (const struct sockaddr *a)
{
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  if (a->sa_family == AF_INET)
    {
      memcpy (&v4, a, sizeof v4);
      return v4_is_private (ntohl (v4.sin_addr.s_addr));
    }
  if (a->sa_family != AF_INET6)
    return true;
  memcpy (&v6, a, sizeof v6);
  return v6_is_private (v6.sin6_addr.s6_addr);
}

bool
aid_host_is_private (const char *host)
{
  struct in_addr v4;
  struct in6_addr v6;
  if (inet_pton (AF_INET, host, &v4) == 1)
    return v4_is_private (ntohl (v4.s_addr));
  return inet_pton (AF_INET6, host, &v6) == 1 && v6_is_private (v6.s6_addr);
}
