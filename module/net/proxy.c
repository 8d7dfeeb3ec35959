/* Which proxy a request goes through.  libcurl could look into the environment by itself, but would not tell what it found, and
   a person whose proxy is down must be told that it is the proxy, and which setting named it.  The rules are those that
   libcurl's users know. */
#include "net/net_internal.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *
env (const char *name)
{
  const char *value = getenv (name);
  return value && *value ? value : NULL;
}

/* --- what needs none --------------------------------------------------------------------------------------------------- */

/* Whether the first BITS bits of A and B, addresses of SIZE bytes, are the same.  */
static bool
same_net (const unsigned char *a, const unsigned char *b, size_t size, const char *bits)
{
  char *end = NULL;
  unsigned long n = bits ? strtoul (bits, &end, 10) : size * 8;
  if ((bits && (end == bits || *end)) || n > size * 8 || memcmp (a, b, n / 8) != 0)
    return false;
  unsigned mask = n % 8 ? 0xffu << (8 - n % 8) & 0xff : 0;
  return !mask || (a[n / 8] & mask) == (b[n / 8] & mask);
}

/* ENTRY is an address, with or without the length of a net's prefix; HOST is an address.  */
static bool
covers_address (const char *entry, const char *host)
{
  unsigned char a[16], b[16];
  char bare[64];
  size_t n = strcspn (entry, "/");
  if (n >= sizeof bare)
    return false;
  memcpy (bare, entry, n);
  bare[n] = '\0';
  const char *bits = entry[n] ? entry + n + 1 : NULL;
  if (inet_pton (AF_INET, host, a) == 1)
    return inet_pton (AF_INET, bare, b) == 1 && same_net (a, b, 4, bits);
  return inet_pton (AF_INET6, host, a) == 1 && inet_pton (AF_INET6, bare, b) == 1 && same_net (a, b, 16, bits);
}

static bool
is_address (const char *host)
{
  unsigned char a[16];
  return inet_pton (AF_INET, host, a) == 1 || inet_pton (AF_INET6, host, a) == 1;
}

/* "example.org" and ".example.org" cover that host and those below it.  */
static bool
covers_name (const char *entry, const char *host)
{
  entry += *entry == '.';
  size_t n = strlen (entry), m = strlen (host);
  n -= n > 0 && entry[n - 1] == '.';
  m -= m > 0 && host[m - 1] == '.';
  return n > 0 && m >= n && strncasecmp (host + m - n, entry, n) == 0 && (m == n || host[m - n - 1] == '.');
}

/* Whether LIST (a "no_proxy": entries parted by commas or blanks) has an entry for HOST; "*" is one for all.  */
static bool
is_exempt (const char *list, const char *host)
{
  char entry[256];
  while (list && *list)
    {
      size_t skip = strspn (list, ", \t"), n = strcspn (list + skip, ", \t");
      if (n > 0 && n < sizeof entry)
        {
          const char *from = list + skip;
          size_t take = n;
          if (from[0] == '[' && from[n - 1] == ']')
            from++, take -= 2;
          memcpy (entry, from, take);
          entry[take] = '\0';
          if (strcmp (entry, "*") == 0 || (is_address (host) ? covers_address (entry, host) : covers_name (entry, host)))
            return true;
        }
      list += skip + n;
    }
  return false;
}

/* --- the choice ---------------------------------------------------------------------------------------------------------- */

/* HTTP_PROXY is not looked at: in a program that a web server started, it is what a stranger wrote.  */
static const char *
from_environment (const char *url, const char **name)
{
  static const char *const plain[] = { "http_proxy", "all_proxy", "ALL_PROXY", NULL };
  static const char *const secure[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL };
  const char *const *names = strncasecmp (url, "https:", 6) == 0 ? secure : plain;
  for (; *names; names++)
    if (env (*names))
      {
        *name = *names;
        return env (*names);
      }
  return NULL;
}

static bool
needs_none (const char *url)
{
  char *host = aid_url_host (url);
  const char *list = env ("no_proxy") ? env ("no_proxy") : env ("NO_PROXY");
  bool none = aid_url_is_local (url) || !host || is_exempt (list, host);
  free (host);
  return none;
}

const char *
aid_proxy_choose (const struct aid_http_request *req, const char **from)
{
  const char *proxy = req->proxy;
  *from = "the setting \"proxy\"";
  if (!proxy)
    proxy = needs_none (req->url) ? NULL : from_environment (req->url, from);
  return proxy ? proxy : "";
}
