/* When to try again, and after how long: the rules that the official clients of the model services share.  A server's
   own word (x-should-retry, retry-after-ms, retry-after) goes before the table and the doubling wait.  */
#include "net/net_internal.h"
#include <stdlib.h>
#include <string.h>

#define LONGEST_ASKED_MS 60000.0
#define LONGEST_TOLD_MS 86400000.0
#define FIRST_WAIT_MS 500u
#define LONGEST_WAIT_MS 8000u

/* Failures of the way to the server, which may be gone in a moment.  A refused certificate or a wrong setting stays.  */
bool
aid_retry_transport (CURLcode code)
{
  switch (code)
    {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT: /* of the connection: no other clock is libcurl's */
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
    }
}

bool
aid_retry_status (int status, const struct aid_http_reply *reply)
{
  const char *word = aid_http_header (reply, "x-should-retry");
  if (word && strcmp (word, "true") == 0)
    return true;
  if (word && strcmp (word, "false") == 0)
    return false;
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

/* TEXT as a number, when it is nothing else.  */
static bool
number (const char *text, double *out)
{
  char *end;
  *out = strtod (text, &end);
  return end != text && !*end && *out > -1e12 && *out < 1e12;
}

/* Milliseconds the server asks for; false when it says nothing that can be understood.  */
static bool
asked_wait (const struct aid_http_reply *reply, int64_t wall_ms, double *ms)
{
  const char *text = aid_http_header (reply, "retry-after-ms");
  if (text && number (text, ms))
    return true;
  text = aid_http_header (reply, "retry-after");
  if (!text)
    return false;
  if (number (text, ms))
    {
      *ms *= 1000;
      return true;
    }
  time_t date = curl_getdate (text, NULL);
  *ms = (double) date * 1000 - (double) wall_ms;
  return date != (time_t) -1;
}

int64_t
aid_retry_asked_ms (const struct aid_http_reply *reply, int64_t wall_ms)
{
  double asked;
  if (!asked_wait (reply, wall_ms, &asked) || asked < 0)
    return -1;
  return asked < LONGEST_TOLD_MS ? (int64_t) (asked + 0.999) : (int64_t) LONGEST_TOLD_MS;
}

uint32_t
aid_retry_wait_ms (unsigned attempt, const struct aid_http_reply *reply, int64_t wall_ms, uint32_t random)
{
  double asked;
  if (asked_wait (reply, wall_ms, &asked) && asked >= 0 && asked <= LONGEST_ASKED_MS)
    return (uint32_t) (asked + 0.999);
  uint32_t wait = LONGEST_WAIT_MS;
  if (attempt < 5)
    wait = FIRST_WAIT_MS << (attempt ? attempt - 1 : 0);
  return wait - (uint32_t) ((uint64_t) random * (wait / 4) / UINT32_MAX);
}
