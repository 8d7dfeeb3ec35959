/* One request passed on.  The I/O thread's callbacks append to what has come, under a lock that is held for a copy; the
   connection's thread takes what is new and writes it to its client outside the lock.  A client that leaves cancels
   the request. */
#include "cli/relay.h"
#include "base/clock.h"
#include "cli/serve.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_MS 100          /* how often a silent client is looked at */

struct relay
{
  pthread_mutex_t lock;      /* of everything below */
  pthread_cond_t changed;
  struct aid_relay_result *result;
  int64_t last_ms;           /* when the last piece came */
  int headed, done;
};

static const char *const safe_headers[] = {
  "content-type", "retry-after", "retry-after-ms", "x-should-retry", "x-request-id", "request-id", "openai-processing-ms",
  "x-ratelimit-limit-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens",
  "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "anthropic-ratelimit-requests-remaining",
  "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-reset",
};

/* --- on the I/O thread ------------------------------------------------------------------------------------------------ */

static void
on_head (void *user, int status, const struct aid_http_reply *reply)
{
  struct relay *r = user;

  pthread_mutex_lock (&r->lock);
  r->result->status = status;
  for (size_t i = 0; i < sizeof safe_headers / sizeof *safe_headers; i++)
    {
      const char *value = aid_http_header (reply, safe_headers[i]);
      if (value && !strpbrk (value, "\r\n"))
        json_object_set_new (r->result->headers, safe_headers[i], aid_json_of_span (aid_span_z (value)));
    }
  r->headed = 1;
  pthread_cond_signal (&r->changed);
  pthread_mutex_unlock (&r->lock);
}

/* Within the lock.  What comes in the same millisecond counts as one piece. */
static int
add_piece (struct relay *r, struct aid_span bytes)
{
  struct aid_vec *pieces = &r->result->pieces;
  int64_t now = aid_clock_ms (), wait = now - r->last_ms;
  int more = pieces->len > 0 && wait == 0;
  struct aid_relay_piece *piece
    = more ? &AID_VEC_AT (struct aid_relay_piece, pieces, pieces->len - 1) : aid_vec_push (pieces);

  if (!piece || aid_str_addspan (&r->result->bytes, bytes) != AID_OK)
    return -1;
  piece->end = r->result->bytes.len;
  piece->wait_ms += wait;
  r->last_ms = now;
  return 0;
}

static int
on_body (void *user, struct aid_span bytes)
{
  struct relay *r = user;
  int failed;

  pthread_mutex_lock (&r->lock);
  failed = add_piece (r, bytes);
  pthread_cond_signal (&r->changed);
  pthread_mutex_unlock (&r->lock);
  return failed;
}

static void
on_done (void *user, const struct aid_http_result *result)
{
  struct relay *r = user;

  pthread_mutex_lock (&r->lock);
  if (!r->headed)
    r->result->status = result->status;
  if (result->error.code != AID_E_HTTP)
    r->result->error = result->error;
  else
    add_piece (r, result->body);
  r->done = 1;
  pthread_cond_signal (&r->changed);
  pthread_mutex_unlock (&r->lock);
}

static const struct aid_http_handler handler = { on_head, on_body, NULL, NULL, on_done };

/* --- on the connection's thread --------------------------------------------------------------------------------------- */

static void
begin_reply (struct aid_httpd_conn *c, const struct aid_relay_result *result)
{
  struct aid_httpd_header headers[sizeof safe_headers / sizeof *safe_headers];
  size_t n = 0;
  const char *name;
  json_t *v;

  json_object_foreach (result->headers, name, v)
    headers[n++] = (struct aid_httpd_header){ aid_span_z (name), aid_json_span (result->headers, name) };
  aid_httpd_begin (c, result->status, headers, n);
}

/* Waits until there are more than SEEN bytes, the end, or LOOK_MS have passed; appends the new bytes to FRESH.  The head
   is passed on first.  Whether the request is done. */
static int
take_news (struct relay *r, struct aid_httpd_conn *c, size_t seen, int *begun, struct aid_str *fresh)
{
  struct timespec until;
  int done, begin;

  clock_gettime (CLOCK_REALTIME, &until);
  until.tv_nsec += LOOK_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  pthread_mutex_lock (&r->lock);
  if (!r->done && r->result->bytes.len == seen && r->headed == *begun)
    pthread_cond_timedwait (&r->changed, &r->lock, &until);
  aid_str_addspan (fresh, aid_span_cut (aid_str_span (&r->result->bytes), seen, r->result->bytes.len));
  begin = !*begun && (r->headed || (r->done && r->result->status));
  done = r->done;
  pthread_mutex_unlock (&r->lock);
  if (begin)
    {
      begin_reply (c, r->result);   /* the head does not change any more */
      *begun = 1;
    }
  return done;
}

static void
pass_reply (struct relay *r, struct aid_net *net, uint64_t id, struct aid_httpd_conn *c)
{
  size_t seen = 0;
  int begun = 0, done = 0;

  while (!done)
    {
      struct aid_str fresh = AID_STR_INIT (AID_HTTPD_BODY_MAX);
      done = take_news (r, c, seen, &begun, &fresh);
      seen += fresh.len;
      aid_httpd_write (c, aid_str_span (&fresh));
      aid_str_free (&fresh);
      if (aid_httpd_pause (c, 0) != 0 && !done && !r->result->left)
        {
          aid_http_cancel (net, id);
          r->result->left = 1;
        }
    }
  if (begun && r->result->error.code == AID_OK)
    aid_httpd_end (c);
  else if (begun)
    aid_httpd_drop (c, 0);
  else
    aid_serve_refuse (c, 502, "upstream_error", r->result->error.msg);
}

/* What belongs to the connection between client and proxy is not passed on. */
static int
passes (struct aid_span name)
{
  static const char *const hops[]
    = { "host",   "connection", "keep-alive", "content-length", "transfer-encoding", "accept-encoding",
        "expect", "te",         "trailer",    "upgrade",        "proxy-connection",  "proxy-authorization" };

  for (size_t i = 0; i < sizeof hops / sizeof *hops; i++)
    if (aid_httpd_same_word (name, hops[i]))
      return 0;
  return 1;
}

static void
free_headers (struct aid_http_header *headers, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      free ((char *) (uintptr_t) headers[i].name);
      free ((char *) (uintptr_t) headers[i].value);
    }
}

static enum aid_err
start (struct relay *r, struct aid_net *net, const char *url, const struct aid_httpd_request *q, uint64_t *id)
{
  struct aid_http_header headers[AID_HTTPD_HEADERS_MAX];
  struct aid_http_request req = { .url = url, .headers = headers, .body = aid_str_span (&q->body) };
  char *method = aid_span_dup (q->method);
  enum aid_err err = method ? AID_OK : AID_E_NOMEM;

  for (size_t i = 0; i < q->headers.len && !err; i++)
    {
      const struct aid_httpd_header *h = &AID_VEC_AT (struct aid_httpd_header, &q->headers, i);
      if (!passes (h->name))
        continue;
      headers[req.nheaders] = (struct aid_http_header){ aid_span_dup (h->name), aid_span_dup (h->value) };
      err = headers[req.nheaders].name && headers[req.nheaders].value ? AID_OK : AID_E_NOMEM;
      req.nheaders++;
    }
  req.method = method;
  r->last_ms = aid_clock_ms ();
  err = err ? aid_error_set (&r->result->error, err, "out of memory")
            : aid_http_start (net, &req, &handler, r, id, &r->result->error);
  free_headers (headers, req.nheaders);
  free (method);
  return err;
}

void
aid_relay (struct aid_net *net, const char *url, const struct aid_httpd_request *q, struct aid_httpd_conn *c,
           struct aid_relay_result *out)
{
  struct relay r = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .result = out };
  uint64_t id = 0;

  memset (out, 0, sizeof *out);
  out->headers = json_object ();
  out->bytes = AID_STR_INIT (AID_HTTPD_BODY_MAX);
  out->pieces = AID_VEC_INIT (struct aid_relay_piece, AID_HTTPD_BODY_MAX);
  if (start (&r, net, url, q, &id) == AID_OK)
    pass_reply (&r, net, id, c);
  else
    aid_serve_refuse (c, 502, "upstream_error", out->error.msg);
  pthread_cond_destroy (&r.changed);
  pthread_mutex_destroy (&r.lock);
}

void
aid_relay_result_free (struct aid_relay_result *out)
{
  json_decref (out->headers);
  aid_str_free (&out->bytes);
  aid_vec_free (&out->pieces);
}
