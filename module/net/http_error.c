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

/* --- TLS ---------------------------------------------------------------------------------------------------------------- */

/* What helps against what libcurl and OpenSSL say about a server's certificate.  */
static const struct
{
  const char *says, *helps;
} cures[] = {
  { "expired", "its owner must renew it; or is the clock of this machine wrong?" },
  { "not yet valid", "is the clock of this machine wrong?" },
  { "revoked", "do not trust this server" },
  { "subject name", "\"url\" must have the host's name as the certificate has it" },
  { "IP address", "\"url\" must have the host's name as the certificate has it" },
  { "issuer", "if you trust who made it, name that authority's certificate in \"ca_file\"" },
  { "self-signed", "if you trust who made it, name that authority's certificate in \"ca_file\"" },
  { "self signed", "if you trust who made it, name that authority's certificate in \"ca_file\"" },
};

static const char *
cure (const char *says)
{
  for (size_t i = 0; i < sizeof cures / sizeof *cures; i++)
    if (strstr (says, cures[i].says))
      return cures[i].helps;
  return "check \"url\" and \"ca_file\"";
}

/* The word with which the server refused our certificate (or that we have none), or NULL.  With TLS 1.3 it comes after the
   connection stood, as a failure to read.  */
static const char *
alert (const struct aid_request *r)
{
  static const char *const words[]
    = { "certificate required", "bad certificate",         "certificate expired", "certificate revoked", "certificate unknown",
        "unknown ca",           "unsupported certificate", "handshake failure",   "access denied" };
  const char *at = strstr (r->curl_says, "alert ");
  for (size_t i = 0; at && i < sizeof words / sizeof *words; i++)
    if (strstr (at, words[i]))
      return words[i];
  return NULL;
}

static void
explain_alert (const struct aid_request *r, const char *word, struct aid_error *e)
{
  if (r->client_cert)
    aid_error_set (e, AID_E_NET, "%s did not accept our certificate (%s): check \"client_cert\" and \"client_key\"", r->where,
                   word);
  else
    aid_error_set (e, AID_E_NET, "%s refused the secure connection (%s): if it wants a certificate of yours, set \"client_cert\"",
                   r->where, word);
}

static void
explain_tls (const struct aid_request *r, CURLcode code, struct aid_error *e)
{
  char says[110];
  const char *text = printable (r->curl_says[0] ? r->curl_says : curl_easy_strerror (code), says, sizeof says);
  switch (code)
    {
    case CURLE_PEER_FAILED_VERIFICATION:
      aid_error_set (e, AID_E_NET, "certificate of %s was not accepted: %s (%s)", r->where, text, cure (r->curl_says));
      break;
    case CURLE_SSL_CACERT_BADFILE:
      aid_error_set (e, AID_E_NET, "the CA file for %s could not be read (check \"ca_file\"): %s", r->where, text);
      break;
    case CURLE_SSL_CERTPROBLEM:
      aid_error_set (e, AID_E_NET, "the client certificate for %s could not be used (check \"client_cert\", \"client_key\"): %s",
                     r->where, text);
      break;
    default:
      aid_error_set (e, AID_E_NET, "no secure connection to %s (does it speak https?): %s", r->where, text);
      break;
    }
}

/* --- proxies ------------------------------------------------------------------------------------------------------------ */

/* The status with which the proxy refused to make a way to the server, or 0.  */
static int
proxy_refusal (const struct aid_request *r)
{
  long status = 0;
  curl_easy_getinfo (r->easy, CURLINFO_HTTP_CONNECTCODE, &status);
  return r->proxy && !r->status && status >= 300 ? (int) status : 0;
}

static void
explain_proxy_refusal (const struct aid_request *r, int status, struct aid_error *e)
{
  /* Some answer a wrong password with 401.  */
  if (status != 407 && !(status == 401 && r->proxy_signed_in))
    aid_error_set (e, AID_E_NET, "the proxy %s (from %s) makes no way to %s: HTTP status %d%s", r->proxy, r->proxy_from, r->where,
                   status, status == 403 ? ", it is forbidden" : "");
  else if (r->proxy_signed_in)
    aid_error_set (e, AID_E_NET, "the proxy %s did not accept the name and password in %s (HTTP status %d)", r->proxy,
                   r->proxy_from, status);
  else
    aid_error_set (e, AID_E_NET,
                   "the proxy %s wants a name and a password (HTTP status 407): write http://NAME:PASSWORD@%s in %s", r->proxy,
                   r->proxy, r->proxy_from);
}

/* No connection: CODE says whether in time.  */
static void
explain_unreached (const struct aid_request *r, CURLcode code, struct aid_error *e)
{
  char word[100];
  if (code == CURLE_OPERATION_TIMEDOUT && r->proxy)
    aid_error_set (e, AID_E_TIMEOUT, "no connection to %s within %g s through the proxy %s: check %s and the network", r->where,
                   r->connect_ms / 1000.0, r->proxy, r->proxy_from);
  else if (code == CURLE_OPERATION_TIMEDOUT)
    aid_error_set (e, AID_E_TIMEOUT, "no connection to %s within %g s: check the address and the network", r->where,
                   r->connect_ms / 1000.0);
  else if (r->proxy)
    aid_error_set (e, AID_E_NET, "no answer from the proxy %s (%s), on the way to %s: check %s", r->proxy,
                   system_word (r, word, sizeof word), r->where, r->proxy_from);
  else
    aid_error_set (e, AID_E_NET, "no answer from %s (%s): is the server running?", r->where,
                   system_word (r, word, sizeof word));
}

/* --- the rest ----------------------------------------------------------------------------------------------------------- */

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

bool
aid_http_is_settled (const struct aid_request *r)
{
  int status = proxy_refusal (r);
  return (status && status < 500) || alert (r) || r->kept_out;
}

void
aid_http_explain (const struct aid_request *r, CURLcode code, struct aid_error *e)
{
  if (proxy_refusal (r))
    {
      explain_proxy_refusal (r, proxy_refusal (r), e);
      return;
    }
  if (alert (r))
    {
      explain_alert (r, alert (r), e);
      return;
    }
  if (r->kept_out)
    {
      aid_error_set (e, AID_E_REFUSED, "%s has a private address", r->where);
      return;
    }
  switch (code)
    {
    case CURLE_COULDNT_RESOLVE_HOST:
      aid_error_set (e, AID_E_NET, "the name %s was not found: check the address and the network", r->where);
      break;
    case CURLE_COULDNT_RESOLVE_PROXY:
      aid_error_set (e, AID_E_NET, "the proxy %s, on the way to %s, was not found: check %s", r->proxy, r->where, r->proxy_from);
      break;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      explain_unreached (r, code, e);
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
