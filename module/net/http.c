/* The life of one request: made on the caller's thread, then owned by the I/O thread, which runs attempts until one
   answer stands, the rules forbid another, or somebody ends it.

     QUEUED -> RUNNING -> (on_retry) WAITING -> RUNNING ... -> on_done

   One timer per request watches its clocks.  Bytes only note the time they came; the timer, when it fires, sees how much
   of the silence is left and sets itself again, so a fast stream costs no timer work.  */
#include "net/net_internal.h"
#include "base/clock.h"
#include "base/hash.h"
#include <stdlib.h>

#define CONNECT_MS 10000u
#define STALL_MS 120000u
#define TOTAL_MS 1800000u
#define RETRIES 2u
#define BODY_LIMIT ((size_t) 64 << 20)

static void
request_free (struct aid_request *r)
{
  curl_easy_cleanup (r->easy);
  curl_slist_free_all (r->headers);
  aid_str_free (&r->reply.lines);
  aid_str_free (&r->refusal);
  free (r->where);
  free (r->proxy);
  free (r);
}

/* --- the end --------------------------------------------------------------------------------------------------------- */

/* Takes the attempt away from libcurl.  With QUICK_EXIT a lookup that has not ended leaves its thread behind.  */
static void
detach (struct aid_request *r, CURLcode code)
{
  curl_off_t lookup_us = 0;
  if (r->state != AID_REQUEST_RUNNING)
    return;
  bool given_up = code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_OPERATION_TIMEDOUT;
  if (given_up)
    aid_easy_give_up (r);
  curl_easy_getinfo (r->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
  if (given_up && r->resolving && lookup_us == 0)
    atomic_fetch_add (&r->net->abandoned, 1);
  curl_multi_remove_handle (r->net->multi, r->easy);
  r->state = AID_REQUEST_QUEUED;
}

static int
http_version (CURL *easy)
{
  long v = CURL_HTTP_VERSION_NONE;
  curl_easy_getinfo (easy, CURLINFO_HTTP_VERSION, &v);
  return v == CURL_HTTP_VERSION_1_0 ? 10 : v == CURL_HTTP_VERSION_1_1 ? 11 : v == CURL_HTTP_VERSION_2_0 ? 20 : 0;
}

/* Microseconds from the attempt's beginning until its connection stood, 0: it does not yet.  */
static curl_off_t
ready_after_us (const struct aid_request *r)
{
  curl_off_t us = 0;
  curl_easy_getinfo (r->easy, CURLINFO_PRETRANSFER_TIME_T, &us);
  return us;
}

/* A port of ours means that the server took the connection: libcurl's own time for that is told only when TLS stands, too.  */
static enum aid_http_reach
reach (const struct aid_request *r)
{
  curl_off_t lookup_us = 0;
  long port = 0;
  curl_easy_getinfo (r->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
  curl_easy_getinfo (r->easy, CURLINFO_LOCAL_PORT, &port);
  if (r->status)
    return AID_HTTP_ANSWERED;
  if (ready_after_us (r))
    return AID_HTTP_READY;
  return port > 0 ? AID_HTTP_CONNECTED : lookup_us ? AID_HTTP_RESOLVED : AID_HTTP_NOWHERE;
}

/* Reports ERROR (code AID_OK: the answer is complete) and frees R.  R is off the list first: when on_done runs the
   request is no longer one of the running.  */
static void
finish (struct aid_request *r, const struct aid_error *error)
{
  curl_off_t connect_us = 0, first_us = 0, lookup_us = 0, ready_us = 0;
  aid_timer_unset (&r->net->timers, &r->watch);
  aid_net_remove (r->net, r);
  curl_easy_getinfo (r->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
  curl_easy_getinfo (r->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_us);
  curl_easy_getinfo (r->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
  curl_easy_getinfo (r->easy, CURLINFO_APPCONNECT_TIME_T, &ready_us);

  struct aid_http_result result = {
    .error = *error,
    .status = r->status,
    .body = aid_str_span (&r->refusal),
    .attempts = (int) r->attempt,
    .connect_us = connect_us,
    .first_byte_us = first_us,
    .lookup_us = lookup_us,
    .ready_us = ready_us,
    .total_us = r->begun_us ? aid_clock_us () - r->begun_us : 0,
    .http_version = http_version (r->easy),
    .retry_after_ms = aid_retry_asked_ms (&r->reply, aid_clock_wall_ms ()),
    .reach = reach (r),
  };
  if (error->code == AID_OK || error->code == AID_E_HTTP)
    aid_answer_tell_head (r);
  if (r->handler.on_done)
    r->handler.on_done (r->user, &result);
  request_free (r);
}

void
aid_request_cancel (struct aid_request *r, const char *reason)
{
  struct aid_error e;
  if (*reason)
    aid_error_set (&e, AID_E_CANCELLED, "the request to %s was cancelled: %s", r->where, reason);
  else
    aid_error_set (&e, AID_E_CANCELLED, "the request to %s was cancelled", r->where);
  detach (r, CURLE_ABORTED_BY_CALLBACK);
  finish (r, &e);
}

/* --- the clocks ------------------------------------------------------------------------------------------------------ */

/* When the connection must stand.  libcurl has this clock, too, but not for a request that waits to share a connection that
   another one makes.  */
static int64_t
connected_by_us (const struct aid_request *r)
{
  return r->begun_us + (int64_t) r->connect_ms * 1000;
}

static void
arm (struct aid_request *r)
{
  int64_t next = r->heard_us + (int64_t) r->stall_ms * 1000;
  if (!ready_after_us (r) && connected_by_us (r) < next)
    next = connected_by_us (r);
  aid_timer_set (&r->net->timers, &r->watch, next < r->deadline_us ? next : r->deadline_us);
}

/* Until the connection stands its own clock runs, and while the request is being sent the server has nothing to say.  */
static void
forgive_silence (struct aid_request *r, int64_t now)
{
  curl_off_t ready_us = ready_after_us (r), sent = 0;
  curl_easy_getinfo (r->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  if (ready_us == 0 || sent != r->sent)
    r->heard_us = now;
  else if (r->heard_us < r->begun_us + ready_us)
    r->heard_us = r->begun_us + ready_us;
  r->sent = sent;
}

static void
watch (void *owner)
{
  struct aid_request *r = owner;
  struct aid_error e = { AID_OK, "" };
  int64_t now = aid_clock_us ();
  if (r->state == AID_REQUEST_WAITING)
    {
      aid_request_begin (r);
      return;
    }
  forgive_silence (r, now);
  if (now >= r->deadline_us)
    aid_error_set (&e, AID_E_TIMEOUT, "the request to %s was not done within %g s", r->where, r->total_ms / 1000.0);
  else if (!ready_after_us (r) && now >= connected_by_us (r))
    {
      aid_request_ended (r, CURLE_OPERATION_TIMEDOUT);
      return;
    }
  else if (now >= r->heard_us + (int64_t) r->stall_ms * 1000)
    aid_error_set (&e, AID_E_TIMEOUT, "%s sent nothing for %g s: is it overloaded?", r->where, r->stall_ms / 1000.0);
  if (e.code == AID_OK)
    {
      arm (r);
      return;
    }
  detach (r, CURLE_ABORTED_BY_CALLBACK);
  finish (r, &e);
}

/* --- attempts -------------------------------------------------------------------------------------------------------- */

void
aid_request_begin (struct aid_request *r)
{
  aid_answer_reset (r);
  r->attempt++;
  curl_easy_setopt (r->easy, CURLOPT_FORBID_REUSE, 0L);
  r->resolving = false;
  r->sent = 0;
  r->begun_us = r->heard_us = aid_clock_us ();
  if (curl_multi_add_handle (r->net->multi, r->easy) != CURLM_OK)
    {
      struct aid_error e = r->net->broken;
      if (!e.code)
        aid_error_set (&e, AID_E_NOMEM, "no memory for the request to %s", r->where);
      finish (r, &e);
      return;
    }
  r->state = AID_REQUEST_RUNNING;
  arm (r);
}

/* What the attempt that ended with CODE comes to.  */
static void
judge (struct aid_request *r, CURLcode code, struct aid_error *e)
{
  *e = r->why;
  if (e->code != AID_OK)
    return;
  if (aid_answer_refused (r))
    aid_http_explain_refusal (r, e);
  else if (code != CURLE_OK)
    aid_http_explain (r, code, e);
}

/* Nothing of a good answer has reached the reader yet, so nothing would be seen twice.  */
static bool
may_try_again (struct aid_request *r, CURLcode code)
{
  if (r->attempt > r->retries || r->received > 0 || r->why.code != AID_OK)
    return false;
  if (!aid_answer_refused (r))
    return aid_retry_transport (code) && !aid_http_is_settled (r);
  return aid_retry_status (r->status, &r->reply)
         && (!r->handler.may_retry || r->handler.may_retry (r->user, r->status, aid_str_span (&r->refusal)));
}

/* Sets R to wait for its next attempt, unless that would begin after the last moment.  */
static bool
try_again (struct aid_request *r, CURLcode code, const struct aid_error *why)
{
  uint32_t spread = 0;
  if (!may_try_again (r, code))
    return false;
  aid_random (&spread, sizeof spread);
  uint32_t wait_ms = aid_retry_wait_ms (r->attempt, &r->reply, aid_clock_wall_ms (), spread);
  int64_t due = aid_clock_us () + (int64_t) wait_ms * 1000;
  if (due >= r->deadline_us)
    return false;
  r->state = AID_REQUEST_WAITING;
  aid_timer_set (&r->net->timers, &r->watch, due);
  if (r->handler.on_retry)
    r->handler.on_retry (r->user, (int) r->attempt, wait_ms, why);
  return true;
}

void
aid_request_ended (struct aid_request *r, CURLcode code)
{
  struct aid_error e;
  detach (r, code);
  /* Flagged, but not taken by the loop yet: the loop will come for it.  */
  if (atomic_load (&r->cancelled))
    {
      aid_timer_unset (&r->net->timers, &r->watch);
      return;
    }
  judge (r, code, &e);
  if (e.code == AID_OK || !try_again (r, code, &e))
    finish (r, &e);
}

/* --- the beginning --------------------------------------------------------------------------------------------------- */

static void
take_limits (struct aid_request *r, const struct aid_http_request *req)
{
  r->connect_ms = req->connect_ms ? req->connect_ms : CONNECT_MS;
  r->stall_ms = req->stall_ms ? req->stall_ms : STALL_MS;
  r->total_ms = req->total_ms ? req->total_ms : TOTAL_MS;
  r->retries = req->retries < 0 ? RETRIES : (unsigned) req->retries;
  r->body_limit = req->body_limit ? req->body_limit : BODY_LIMIT;
  r->deadline_us = aid_clock_us () + (int64_t) r->total_ms * 1000;
}

enum aid_err
aid_http_start (struct aid_net *net, const struct aid_http_request *req, const struct aid_http_handler *handler, void *user,
                uint64_t *id, struct aid_error *e)
{
  if (aid_curl_begin (e))
    return AID_E_IO;
  if (!aid_url_ok (req->url))
    return aid_error_set (e, AID_E_INVALID, "an address must begin with http:// or https:// and name a host");
  struct aid_request *r = calloc (1, sizeof *r);
  if (!r || !(r->where = aid_url_where (req->url)))
    {
      free (r);
      return aid_error_set (e, AID_E_NOMEM, "no memory for a request");
    }
  r->net = net;
  r->handler = *handler;
  r->user = user;
  r->watch.fire = watch;
  r->watch.owner = r;
  take_limits (r, req);
  aid_answer_reset (r);
  enum aid_err code = aid_easy_make (r, req, e);
  if (code == AID_OK)
    code = aid_net_add (net, r, id, e);
  if (code != AID_OK)
    request_free (r);
  return code;
}
