/* The I/O thread.  Other threads leave three things under one lock (requests to start, jobs for later, and the word
   that some request was cancelled) and wake the thread; it takes all three at the top of its loop and does everything
   else without the lock.  A cancelled request carries its flag itself, so cancelling needs no memory and cannot fail,
   and a callback that libcurl is about to make sees the flag before the loop comes round.  */
#include "net/net_internal.h"
#include "base/clock.h"
#include "base/pool.h"
#include <limits.h>
#include <stdlib.h>
#include <time.h>

/* Sockets kept open for the next request.  */
#define IDLE_CONNECTIONS 16L
#define LONGEST_SLEEP_MS 60000

struct aid_later
{
  struct aid_later *next;
  struct aid_timer timer;
  struct aid_net *net;
  void (*fn) (void *arg);
  void (*free_arg) (void *arg);
  void *arg;
};

/* What the I/O thread takes from the others at once.  */
struct haul
{
  struct aid_request *starts, *cancelled;
  struct aid_later *laters;
  bool stopping;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready;

/* Never undone: other users of libcurl in the process may be at work.  */
static void
init_curl (void)
{
  curl_ready = curl_global_init (CURL_GLOBAL_DEFAULT);
}

enum aid_err
aid_curl_begin (struct aid_error *e)
{
  pthread_once (&curl_once, init_curl);
  if (aid_net_load (e))
    return AID_E_IO;
  return curl_ready == CURLE_OK ? AID_OK : aid_error_set (e, AID_E_IO, "libcurl could not be started");
}

/* Has the I/O thread look what was left for it.  While it is starting it needs no waking: it looks when it has.  */
static void
wake (struct aid_net *net)
{
  pthread_mutex_lock (&net->lock);
  CURLM *multi = net->multi;
  pthread_cond_signal (&net->woken);
  pthread_mutex_unlock (&net->lock);
  if (multi)
    curl_multi_wakeup (multi);
}

/* --- jobs for later -------------------------------------------------------------------------------------------------- */

static void
later_fire (void *owner)
{
  struct aid_later *l = owner;
  pthread_mutex_lock (&l->net->lock);
  l->net->nlaters--;
  pthread_mutex_unlock (&l->net->lock);
  l->fn (l->arg);
  free (l);
}

static void
later_drop (struct aid_later *l)
{
  if (l->free_arg)
    l->free_arg (l->arg);
  free (l);
}

struct aid_later *
aid_net_reserve (struct aid_net *net, void (*fn) (void *arg), void (*free_arg) (void *arg), void *arg)
{
  struct aid_later *l = calloc (1, sizeof *l);
  if (!l)
    return NULL;
  *l = (struct aid_later){ .net = net, .fn = fn, .free_arg = free_arg, .arg = arg };
  l->timer.owner = l;
  l->timer.fire = later_fire;
  return l;
}

void
aid_net_unreserve (struct aid_later *job)
{
  free (job);
}

/* Queues L, which is taken in any case, unless MOST wait already.  */
static enum aid_err
queue_later (struct aid_later *l, uint32_t delay_ms, unsigned most)
{
  struct aid_net *net = l->net;
  enum aid_err code = AID_OK;
  l->timer.due_us = aid_clock_us () + (int64_t) delay_ms * 1000;
  pthread_mutex_lock (&net->lock);
  if (net->stopping)
    code = AID_E_STATE;
  else if (net->nlaters >= most)
    code = AID_E_LIMIT;
  else
    {
      *(net->laters ? &net->laters_last->next : &net->laters) = l;
      net->laters_last = l;
      net->nlaters++;
    }
  pthread_mutex_unlock (&net->lock);
  if (code == AID_OK)
    wake (net);
  else
    free (l);
  return code;
}

enum aid_err
aid_net_hand (struct aid_later *job)
{
  return queue_later (job, 0, UINT_MAX);
}

enum aid_err
aid_net_later (struct aid_net *net, uint32_t delay_ms, void (*fn) (void *arg), void (*free_arg) (void *arg), void *arg)
{
  struct aid_later *l = aid_net_reserve (net, fn, free_arg, arg);
  return l ? queue_later (l, delay_ms, AID_NET_LATER_MAX) : AID_E_NOMEM;
}

/* --- the requests' list ---------------------------------------------------------------------------------------------- */

enum aid_err
aid_net_add (struct aid_net *net, struct aid_request *r, uint64_t *id, struct aid_error *e)
{
  enum aid_err code = AID_OK;
  pthread_mutex_lock (&net->lock);
  if (net->stopping)
    code = AID_E_STATE;
  else if (net->nlive >= AID_NET_REQUESTS_MAX)
    code = AID_E_LIMIT;
  else
    {
      *id = r->id = ++net->last_id;
      r->next = net->live;
      if (r->next)
        r->next->prev = r;
      net->live = r;
      net->nlive++;
      *(net->starts ? &net->starts_last->chain : &net->starts) = r;
      net->starts_last = r;
    }
  pthread_mutex_unlock (&net->lock);
  if (code == AID_OK)
    wake (net);
  if (code == AID_E_STATE)
    return aid_error_set (e, code, "the network is being shut down: no request can begin");
  if (code == AID_E_LIMIT)
    return aid_error_set (e, code, "%d requests are running: end some first", AID_NET_REQUESTS_MAX);
  return AID_OK;
}

void
aid_net_remove (struct aid_net *net, struct aid_request *r)
{
  pthread_mutex_lock (&net->lock);
  *(r->prev ? &r->prev->next : &net->live) = r->next;
  if (r->next)
    r->next->prev = r->prev;
  net->nlive--;
  pthread_mutex_unlock (&net->lock);
}

void
aid_http_cancel (struct aid_net *net, uint64_t id)
{
  bool found = false;
  pthread_mutex_lock (&net->lock);
  for (struct aid_request *r = net->live; r && !found; r = r->next)
    if (r->id == id)
      {
        found = true;
        atomic_store (&r->cancelled, true);
        net->some_cancelled = true;
      }
  pthread_mutex_unlock (&net->lock);
  if (found)
    wake (net);
}

unsigned
aid_net_running (struct aid_net *net)
{
  pthread_mutex_lock (&net->lock);
  unsigned n = net->nlive;
  pthread_mutex_unlock (&net->lock);
  return n;
}

unsigned
aid_net_abandoned (struct aid_net *net)
{
  return atomic_load (&net->abandoned);
}

/* --- the thread ------------------------------------------------------------------------------------------------------ */

static struct haul
take (struct aid_net *net)
{
  pthread_mutex_lock (&net->lock);
  struct haul h = { .starts = net->starts, .laters = net->laters, .stopping = net->stopping };
  net->starts = net->starts_last = NULL;
  net->laters = net->laters_last = NULL;
  if (net->some_cancelled || net->stopping)
    for (struct aid_request *r = net->live; r; r = r->next)
      if (net->stopping || atomic_load (&r->cancelled))
        {
          atomic_store (&r->cancelled, true);
          r->stopped = h.cancelled;
          h.cancelled = r;
        }
  net->some_cancelled = false;
  pthread_mutex_unlock (&net->lock);
  return h;
}

/* One flagged since the haul is left alone: the flag's setter has woken the thread for another round.  */
static void
begin_all (struct aid_request *r)
{
  while (r)
    {
      struct aid_request *next = r->chain;
      if (!atomic_load (&r->cancelled))
        aid_request_begin (r);
      r = next;
    }
}

static void
cancel_all (struct aid_request *r, const char *reason)
{
  while (r)
    {
      struct aid_request *next = r->stopped;
      aid_request_cancel (r, reason);
      r = next;
    }
}

static void
schedule_all (struct aid_net *net, struct aid_later *l)
{
  while (l)
    {
      struct aid_later *next = l->next;
      aid_timer_set (&net->timers, &l->timer, l->timer.due_us);
      l = next;
    }
}

static void
reap (struct aid_net *net)
{
  CURLMsg *m;
  int left;
  while ((m = curl_multi_info_read (net->multi, &left)))
    {
      struct aid_request *r = NULL;
      CURLcode code = m->data.result;
      if (m->msg == CURLMSG_DONE && curl_easy_getinfo (m->easy_handle, CURLINFO_PRIVATE, &r) == CURLE_OK && r)
        aid_request_ended (r, code);
    }
}

/* Without libcurl there are no requests, but the jobs for later are done as ever.  */
static void
sleep_without_curl (struct aid_net *net, int ms)
{
  struct timespec until;
  clock_gettime (CLOCK_MONOTONIC, &until);
  until.tv_sec += ms / 1000;
  until.tv_nsec += ms % 1000 * 1000000L;
  if (until.tv_nsec >= 1000000000L)
    until.tv_sec++, until.tv_nsec -= 1000000000L;
  pthread_mutex_lock (&net->lock);
  for (int late = 0; !late && !net->starts && !net->laters && !net->some_cancelled && !net->stopping;)
    late = pthread_cond_timedwait (&net->woken, &net->lock, &until);
  pthread_mutex_unlock (&net->lock);
}

/* Only a lack of memory makes poll fail; then it must not spin.  */
static void
sleep_until_something (struct aid_net *net)
{
  int ms = aid_timers_wait_ms (&net->timers, aid_clock_us (), LONGEST_SLEEP_MS);
  if (!net->multi)
    sleep_without_curl (net, ms);
  else if (curl_multi_poll (net->multi, NULL, 0, ms, NULL) != CURLM_OK)
    nanosleep (&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

/* Here and not in aid_net_new, for it takes longer than all else that the core does before it can be used.  */
static void
open_multi (struct aid_net *net)
{
  CURLM *multi = aid_curl_begin (&net->broken) == AID_OK ? curl_multi_init () : NULL;
  if (!multi)
    {
      if (!net->broken.code)
        aid_error_set (&net->broken, AID_E_NOMEM, "libcurl could not be started");
      return;
    }
  curl_multi_setopt (multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
  /* Without its wake-up pipe libcurl would be deaf to every command.  */
  if (curl_multi_wakeup (multi) != CURLM_OK)
    {
      curl_multi_cleanup (multi);
      aid_error_set (&net->broken, AID_E_IO, "libcurl has no wake-up pipe (too many open files?)");
      return;
    }
  pthread_mutex_lock (&net->lock);
  net->multi = multi;
  pthread_mutex_unlock (&net->lock);
}

static void *
io_main (void *arg)
{
  struct aid_net *net = arg;
  open_multi (net);
  for (;;)
    {
      int running;
      struct haul h = take (net);
      schedule_all (net, h.laters);
      begin_all (h.starts);
      cancel_all (h.cancelled, h.stopping ? net->reason : "");
      if (h.stopping)
        break;
      aid_timers_run (&net->timers, aid_clock_us ());
      if (net->multi)
        {
          curl_multi_perform (net->multi, &running);
          reap (net);
        }
      sleep_until_something (net);
    }
  while (net->timers.first)
    {
      struct aid_timer *t = net->timers.first;
      aid_timer_unset (&net->timers, t);
      later_drop (t->owner);
    }
  return NULL;
}

/* --- birth and death ------------------------------------------------------------------------------------------------- */

struct aid_net *
aid_net_new (struct aid_error *e)
{
  struct aid_net *net = calloc (1, sizeof *net);
  pthread_condattr_t attr;
  if (!net)
    {
      aid_error_set (e, AID_E_NOMEM, "There is no memory to start.");
      return NULL;
    }
  pthread_mutex_init (&net->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&net->woken, &attr);
  pthread_condattr_destroy (&attr);
  if (aid_thread_start (&net->thread, "aid-net", io_main, net, e) == AID_OK)
    return net;
  pthread_cond_destroy (&net->woken);
  pthread_mutex_destroy (&net->lock);
  free (net);
  return NULL;
}

void
aid_net_free (struct aid_net *net, const char *reason)
{
  if (!net)
    return;
  pthread_mutex_lock (&net->lock);
  net->stopping = true;
  for (size_t i = 0; reason && reason[i] && i + 1 < sizeof net->reason; i++)
    net->reason[i] = reason[i];
  pthread_mutex_unlock (&net->lock);
  wake (net);
  pthread_join (net->thread, NULL);
  if (net->multi)
    curl_multi_cleanup (net->multi);
  pthread_cond_destroy (&net->woken);
  pthread_mutex_destroy (&net->lock);
  free (net);
}
