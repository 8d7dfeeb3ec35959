/* HTTP on one I/O thread (libcurl multi): streams, retries, cancels.  TLS is always verified.

   Threads: every function may be called from any thread and never blocks on the network.  Every callback runs on the
   I/O thread with no lock held; it may call any function here but aid_net_free. */
#ifndef AID_NET_HTTP_H
#define AID_NET_HTTP_H

#include "base/err.h"
#include "base/str.h"
#include <stddef.h>
#include <stdint.h>

struct aid_net;

/* Starts the I/O thread, which begins by loading libcurl.  NULL and *E on failure. */
struct aid_net *aid_net_new (struct aid_error *e);
/* Loads libcurl, or waits until it is loaded, as the functions for addresses below do.  AID_E_IO and *E: it is not there, or too
   old; then every request fails with that, and no address is good. */
enum aid_err aid_net_load (struct aid_error *e);
/* Ends every request with AID_E_CANCELLED (REASON in its message, or NULL), runs the callbacks, joins the thread.  Never
   waits for the network or the resolver. */
void aid_net_free (struct aid_net *net, const char *reason);
/* Requests not yet done. */
unsigned aid_net_running (struct aid_net *net);
/* Resolver threads that were left behind by cancelled requests, since the start. */
unsigned aid_net_abandoned (struct aid_net *net);

/* Runs FN (ARG) on the I/O thread, after DELAY_MS (0: as soon as possible).  When the net is freed first, FN is never
   called and FREE_ARG (may be NULL) is.  On failure (AID_E_NOMEM, AID_E_LIMIT when 10,000 wait, AID_E_STATE when
   stopping) neither is called. */
enum aid_err aid_net_later (struct aid_net *net, uint32_t delay_ms, void (*fn) (void *arg),
                            void (*free_arg) (void *arg), void *arg);

/* The same in two steps, for what must not fail once it has begun: the job is made while there still is a way back, and handing
   it over needs no memory and knows no limit. */
struct aid_later;
/* Gives a job; NULL without memory. */
struct aid_later *aid_net_reserve (struct aid_net *net, void (*fn) (void *arg), void (*free_arg) (void *arg), void *arg);
/* Takes JOB and runs it as soon as possible, as aid_net_later would.  AID_E_STATE when stopping: neither function is called. */
enum aid_err aid_net_hand (struct aid_later *job);
/* Takes JOB, which was not handed over (NULL: does nothing). */
void aid_net_unreserve (struct aid_later *job);

struct aid_http_header
{
  const char *name, *value;
};

/* Strings are borrowed during aid_http_start and copied.  A zero time means the default in parentheses. */
struct aid_http_request
{
  const char *method;                 /* NULL: POST with a body, else GET */
  const char *url;                    /* http: or https: only */
  const struct aid_http_header *headers;
  size_t nheaders;
  struct aid_span body;
  uint32_t connect_ms;                /* to a connection (10,000) */
  uint32_t stall_ms;                  /* without a byte from the server, once sent (120,000) */
  uint32_t total_ms;                  /* in all, retries included (1,800,000) */
  int retries;                        /* before the first body byte of a good answer; -1: the default, 2 */
  const char *proxy;                  /* NULL: the environment's (http_proxy, https_proxy, all_proxy, no_proxy), but none to this
                                         machine; "": none */
  const char *ca_file, *client_cert, *client_key;   /* PEM files, or NULL */
  size_t body_limit;                  /* of the answer, 0: 64 MB; beyond it AID_E_LIMIT */
  int public_only;                    /* connects to no address of this machine or of a private network, whatever name leads
                                         there: AID_E_REFUSED.  Through a proxy only an address in the URL itself is judged. */
};

/* How far the last attempt got on its way to the server. */
enum aid_http_reach
{
  AID_HTTP_NOWHERE,                   /* the name is not known yet */
  AID_HTTP_RESOLVED, AID_HTTP_CONNECTED,
  AID_HTTP_READY,                     /* the connection stands, TLS and all */
  AID_HTTP_ANSWERED
};

struct aid_http_result
{
  struct aid_error error;             /* code AID_OK, _NET, _TIMEOUT, _CANCELLED, _LIMIT, _REFUSED, _NOMEM, or _HTTP when
                                         status >= 300 (no redirect is followed: its error names the place) */
  int status;                         /* 0 when no answer came */
  struct aid_span body;               /* of an answer with status >= 300: its first 64 KB, else empty */
  int attempts;                       /* 1 + retries made */
  int64_t connect_us, first_byte_us, total_us;      /* of the last attempt; 0 when not reached */
  int64_t lookup_us, ready_us;        /* the same: the name is known; TLS stands (0: no TLS, or the connection was there) */
  int http_version;                   /* 10, 11, 20 */
  int64_t retry_after_ms;             /* that the last answer asks to be left alone for; -1: it does not say */
  enum aid_http_reach reach;
};

/* The answer's headers, while a callback runs. */
struct aid_http_reply;
/* The value of the header NAME (any case), or NULL. */
const char *aid_http_header (const struct aid_http_reply *r, const char *name);
/* The next header behind *VALUE (NULL: the first), in the order of the answer; 0 when there is none. */
int aid_http_header_next (const struct aid_http_reply *r, const char **name, const char **value);

struct aid_http_handler
{
  /* The head of an answer that will not be retried has come.  May be NULL. */
  void (*on_head) (void *user, int status, const struct aid_http_reply *r);
  /* Bytes of a good answer's body (status < 300), decoded (gzip), cut anywhere.  Non-zero ends the request with
     AID_E_CANCELLED (the decoder has reported its own error). */
  int (*on_body) (void *user, struct aid_span bytes);
  /* Attempt ATTEMPT (1, 2, ...) failed with WHY; the next begins in WAIT_MS.  May be NULL. */
  void (*on_retry) (void *user, int attempt, uint32_t wait_ms, const struct aid_error *why);
  /* Whether this refused answer may be tried again; called only for a status that would be.  May be NULL: yes. */
  int (*may_retry) (void *user, int status, struct aid_span body);
  /* Exactly once for each started request, always last. */
  void (*on_done) (void *user, const struct aid_http_result *result);
};

/* Queues the request; *ID is never 0 and is written before any callback.  On failure nothing will be called: AID_E_INVALID
   (address, method or header), AID_E_LIMIT (1,024 run), AID_E_STATE (stopping), AID_E_NOMEM, AID_E_IO (no libcurl). */
enum aid_err aid_http_start (struct aid_net *net, const struct aid_http_request *req,
                             const struct aid_http_handler *handler, void *user, uint64_t *id, struct aid_error *e);
/* Ends the request with AID_E_CANCELLED, at once, also during name resolution or a wait between attempts.  Called
   from a callback, only on_done follows; called from elsewhere, one more callback may just be beginning.  Unknown or done
   ids are ignored. */
void aid_http_cancel (struct aid_net *net, uint64_t id);

/* "github.example" -> percent-encoded etc. is the caller's business.  Whether URL is http(s) with a host, and whether that
   host is this machine (localhost, 127.0.0.0/8, [::1]). */
int aid_url_ok (const char *url);
int aid_url_is_local (const char *url);
/* The address that REFERENCE means in a page at BASE (free with free); NULL when it is no http(s) address. */
char *aid_url_join (const char *base, const char *reference);
/* The host of URL, an IPv6 address without brackets (free with free), or NULL. */
char *aid_url_host (const char *url);

#endif
