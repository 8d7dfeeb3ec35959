/* Failures as sentences: which host, what happened, what to do.  Words that came from outside (libcurl's, a header's)
   are shown as printable ASCII.  */
#include "net/net_internal.h"
#include <stdio.h>
#include <string.h>

static const char *
printable (const char *text, char *out, size_t size)
{
  size_t n = 0;
  for (; text[n] && n + 1 < size; n++)
    out[n] = text[n] >= ' ' && text[n] < 0x7f ? text[n] : '?';
  out[n] = '\0';
  return out;
}

/* The system's word for what a socket ran into ("connection refused"), as far as libcurl knows it.  */
static const char *
system_word (const struct aid_request *r, char *out, size_t size)
{
  long no = 0;
  if (curl_easy_getinfo (r->easy, CURLINFO_OS_ERRNO, &no) != CURLE_OK || no == 0)
    return printable (r->curl_says[0] ? r->curl_says : "no reason given", out, size);
  char text[100];
  snprintf (out, size, "%s", strerror_r ((int) no, text, sizeof text));
  if (out[0] >= 'A' && out[0] <= 'Z')
    out[0] = (char) (out[0] - 'A' + 'a');
  return out;
}

static void
explain_tls (const struct aid_request *r, CURLcode code, struct aid_error *e)
{
  char says[150];
  const char *text = printable (r->curl_says[0] ? r->curl_says : curl_easy_strerror (code), says, sizeof says);
  switch (code)
    {
    case CURLE_PEER_FAILED_VERIFICATION:
      aid_error_set (e, AID_E_NET, "certificate of %s was not accepted: %s", r->where, text);
      break;
    case CURLE_SSL_CACERT_BADFILE:
      aid_error_set (e, AID_E_NET, "the CA file for %s could not be read: %s", r->where, text);
      break;
    case CURLE_SSL_CERTPROBLEM:
      aid_error_set (e, AID_E_NET, "the client certificate for %s could not be used: %s", r->where, text);
      break;
    default:
      aid_error_set (e, AID_E_NET, "no secure connection to %s: %s", r->where, text);
      break;
    }
}

static void
explain_broken (const struct aid_request *r, CURLcode code, struct aid_error *e)
{
  char says[150];
  const char *text = printable (r->curl_says[0] ? r->curl_says : curl_easy_strerror (code), says, sizeof says);
  if (code == CURLE_GOT_NOTHING)
    aid_error_set (e, AID_E_NET, "%s closed the connection without an answer", r->where);
  else if (r->status)
    aid_error_set (e, AID_E_NET, "the answer of %s broke off after %zu bytes: %s", r->where, r->received, text);
  else
    aid_error_set (e, AID_E_NET, "the connection to %s broke: %s", r->where, text);
}

void
aid_http_explain (const struct aid_request *r, CURLcode code, struct aid_error *e)
{
  char word[150];
  switch (code)
    {
    case CURLE_COULDNT_RESOLVE_HOST:
      aid_error_set (e, AID_E_NET, "the name %s was not found: check the address and the network", r->where);
      break;
    case CURLE_COULDNT_RESOLVE_PROXY:
      aid_error_set (e, AID_E_NET, "the proxy on the way to %s was not found: check the proxy setting", r->where);
      break;
    case CURLE_COULDNT_CONNECT:
      aid_error_set (e, AID_E_NET, "no answer from %s (%s): is the server running?", r->where,
                     system_word (r, word, sizeof word));
      break;
    case CURLE_OPERATION_TIMEDOUT:
      aid_error_set (e, AID_E_TIMEOUT, "no connection to %s within %g s: check the address and the network", r->where,
                     r->connect_ms / 1000.0);
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CONNECT_ERROR:
      explain_tls (r, code, e);
      break;
    case CURLE_OUT_OF_MEMORY:
      aid_error_set (e, AID_E_NOMEM, "no memory for the request to %s", r->where);
      break;
    default:
      explain_broken (r, code, e);
      break;
    }
}

void
aid_http_explain_refusal (const struct aid_request *r, struct aid_error *e)
{
  char place[150];
  const char *to = aid_http_header (&r->reply, "location");
  if (r->status >= 400)
    aid_error_set (e, AID_E_HTTP, "%s answered with HTTP status %d", r->where, r->status);
  else if (to)
    aid_error_set (e, AID_E_HTTP, "%s redirects (HTTP status %d) to %s: set the final address", r->where, r->status,
                   printable (to, place, sizeof place));
  else
    aid_error_set (e, AID_E_HTTP, "%s answered with HTTP status %d, which is no answer: check the address", r->where,
                   r->status);
}
