/* The evaluators and what waits for them.  A request's connection is suspended while its units wait or run, and nobody reads from
   it: so we look ourselves whether its client is still there.  A serial, never used twice, tells that a request whose socket was
   looked at without the lock is still the same one. */
#include "ces/http_internal.h"

#include "base/clock.h"
#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef POLLRDHUP
#define POLLRDHUP POLLHUP
#endif

#define WATCHED_MAX 65536
#define TRIES 3 /* of what this machine could not judge */
#define ENDING "the service is ending"

void
aid_ces_http_queue_ring (struct aid_ces_http_queue *q)
{
  while (write (q->bell[1], "!", 1) < 0 && errno == EINTR) /* a full pipe rings as well */
    ;
}

/* --- one unit --------------------------------------------------------------------------------------------------------- */

/* Whether what could not be judged because of ERR may be so in a moment: the machine has no memory or no room just now. */
static int
may_pass (enum aid_err err)
{
  return err && err != AID_E_CANCELLED && aid_ces_http_status_of (err) == 503;
}

/* Waits for MS; whether to go on is of use. */
static int
rest (struct aid_ces_http *h, int64_t ms, const struct aid_stop *stop)
{
  struct pollfd fd = { aid_stop_fd (stop), POLLIN, 0 };
  poll (&fd, 1, (int)ms);
  pthread_mutex_lock (&h->queue.lock);
  int ending = h->queue.draining;
  pthread_mutex_unlock (&h->queue.lock);
  return !ending && !aid_stop_is_set (stop);
}

static void
judge (struct aid_unit *u, const struct aid_stop *stop)
{
  struct aid_ces_http *h = u->exchange->http;
  int64_t began = aid_clock_ms ();
  int tries = h->backend.tries_again ? 1 : TRIES;
  enum aid_err err;
  do
    err = h->backend.evaluate (h->backend.ctx, u->task, u->answer, u->from, stop, &u->verdict, &u->error);
  while (may_pass (err) && --tries && rest (h, h->again_ms * (TRIES - tries), stop));
  if (err)
    {
      u->error.code = err;
      atomic_fetch_add (&h->counts.failed, err != AID_E_CANCELLED);
      return;
    }
  atomic_fetch_add (&h->counts.judged, 1);
  atomic_fetch_add (&h->counts.ms, (unsigned long long)(aid_clock_ms () - began));
  atomic_fetch_add (&h->counts.green, (unsigned)aid_json_bool (u->verdict, "green", 0));
  for (int r = 0; r < AID_RUNGS; r++)
    atomic_fetch_add (&h->counts.passed[r], !strcmp (aid_ces_http_rung (u->verdict, (enum aid_rung)r), "passed"));
}

/* Takes X, all of whose units are done, off the list.  The lock is held. */
static void
unlist (struct aid_ces_http_queue *q, struct aid_ces_request *x)
{
  *(x->before ? &x->before->after : &q->waiting_list) = x->after;
  if (x->after)
    x->after->before = x->before;
  aid_ces_http_queue_ring (q);
}

/* N units of X are done.  The lock is held; whether its connection is to be resumed, without it. */
static int
count_done (struct aid_ces_http_queue *q, struct aid_ces_request *x, size_t n)
{
  x->left -= n;
  if (x->left)
    return 0;
  unlist (q, x);
  return 1;
}

static void
run_unit (struct aid_ces_http *h, struct aid_unit *u)
{
  struct aid_ces_http_queue *q = &h->queue;
  struct aid_ces_request *x = u->exchange;
  if (!x->stop && !(x->stop = aid_stop_new (&u->error)))
    u->error.code = u->error.code ? u->error.code : AID_E_NOMEM;
  if (x->cancelled && x->stop)
    aid_stop_set (x->stop);
  q->running++;
  pthread_mutex_unlock (&q->lock);
  if (x->stop)
    (u->work ? u->work : judge) (u, x->stop);
  pthread_mutex_lock (&q->lock);
  int last = count_done (q, x, 1);
  pthread_mutex_unlock (&q->lock);
  if (last)
    x->done (x);
  pthread_mutex_lock (&q->lock);
  q->running--; /* not sooner: who closes waits for it, and then there is no connection that is still to be resumed */
  if (last)
    aid_ces_http_queue_ring (q);
}

static void *
evaluator (void *arg)
{
  struct aid_ces_http *h = arg;
  struct aid_ces_http_queue *q = &h->queue;
  pthread_mutex_lock (&q->lock);
  for (;;)
    {
      while (!q->first && !q->ended)
        pthread_cond_wait (&q->wake, &q->lock);
      struct aid_unit *u = q->first;
      if (!u)
        break;
      q->first = u->next;
      if (!q->first)
        q->last = &q->first;
      q->waiting--;
      run_unit (h, u);
    }
  pthread_mutex_unlock (&q->lock);
  return NULL;
}

/* --- requests --------------------------------------------------------------------------------------------------------- */

int
aid_ces_http_queue_reserve (struct aid_ces_http_queue *q, size_t n)
{
  pthread_mutex_lock (&q->lock);
  int none = q->draining || q->waiting + n > q->most;
  if (!none)
    q->waiting += n;
  pthread_mutex_unlock (&q->lock);
  return none ? -1 : 0;
}

/* Takes the units of X that have not begun (of all, X NULL) off the queue and gives them in a list.  The lock is held. */
static struct aid_unit *
take_waiting (struct aid_ces_http_queue *q, const struct aid_ces_request *x)
{
  struct aid_unit *taken = NULL, **at = &q->first;
  q->last = &q->first;
  while (*at)
    {
      struct aid_unit *u = *at;
      if (x && u->exchange != x)
        {
          q->last = &u->next;
          at = &u->next;
          continue;
        }
      *at = u->next;
      u->next = taken;
      taken = u;
      q->waiting--;
    }
  return taken;
}

/* Ends the units TAKEN as CODE, and resumes whose last ones they were. */
static void
end_units (struct aid_ces_http *h, struct aid_unit *taken, enum aid_err code, const char *why)
{
  while (taken)
    {
      struct aid_unit *u = taken;
      struct aid_ces_request *x = u->exchange;
      taken = u->next;
      aid_error_set (&u->error, code, "%s", why);
      pthread_mutex_lock (&h->queue.lock);
      int last = count_done (&h->queue, x, 1);
      pthread_mutex_unlock (&h->queue.lock);
      if (last)
        x->done (x);
    }
}

void
aid_ces_http_queue_put (struct aid_ces_http *h, struct aid_ces_request *x)
{
  struct aid_ces_http_queue *q = &h->queue;
  pthread_mutex_lock (&q->lock);
  x->serial = ++q->serial;
  x->left = x->nunits;
  x->before = NULL;
  x->after = q->waiting_list;
  if (x->after)
    x->after->before = x;
  q->waiting_list = x;
  for (size_t i = 0; i < x->nunits; i++)
    {
      x->units[i].next = NULL;
      *q->last = &x->units[i];
      q->last = &x->units[i].next;
    }
  struct aid_unit *late = q->draining ? take_waiting (q, x) : NULL; /* its places were kept before */
  pthread_cond_broadcast (&q->wake);
  aid_ces_http_queue_ring (q);
  pthread_mutex_unlock (&q->lock);
  end_units (h, late, AID_E_STATE, ENDING);
}

/* The client of the request SERIAL has gone: what waits is dropped, what runs is stopped. */
static void
hang_up (struct aid_ces_http *h, uint64_t serial)
{
  struct aid_ces_http_queue *q = &h->queue;
  struct aid_unit *taken = NULL;
  pthread_mutex_lock (&q->lock);
  struct aid_ces_request *x = q->waiting_list;
  while (x && x->serial != serial)
    x = x->after;
  if (x && !x->cancelled)
    {
      x->cancelled = 1;
      if (x->stop)
        aid_stop_set (x->stop);
      taken = take_waiting (q, x);
      atomic_fetch_add (&h->counts.hung_up, 1);
    }
  pthread_mutex_unlock (&q->lock);
  end_units (h, taken, AID_E_CANCELLED, "the client has hung up");
}

void
aid_ces_http_queue_drain (struct aid_ces_http *h, int running)
{
  struct aid_ces_http_queue *q = &h->queue;
  pthread_mutex_lock (&q->lock);
  q->draining = 1;
  struct aid_unit *taken = take_waiting (q, NULL);
  for (struct aid_ces_request *x = q->waiting_list; x && running; x = x->after)
    {
      x->cancelled = 1;
      if (x->stop)
        aid_stop_set (x->stop);
    }
  pthread_mutex_unlock (&q->lock);
  end_units (h, taken, AID_E_STATE, ENDING);
}

/* --- whether they are still there ------------------------------------------------------------------------------------- */

struct watched
{
  struct pollfd *fds;
  uint64_t *serials; /* of fds[i + 2] */
  size_t n, room;
};

/* Makes room for N sockets and two more; 0, or -1 without memory. */
static int
make_room (struct watched *w, size_t n)
{
  if (n <= w->room)
    return 0;
  size_t room = n + n / 2 + 16;
  struct pollfd *fds = realloc (w->fds, (room + 2) * sizeof *fds);
  if (fds)
    w->fds = fds;
  uint64_t *serials = fds ? realloc (w->serials, room * sizeof *serials) : NULL;
  if (!serials)
    return -1;
  w->serials = serials;
  w->room = room;
  return 0;
}

/* Writes down who waits now; gives whether anybody does, or has places kept and is about to, or anything runs, or is still being
   sent. */
static int
list (struct aid_ces_http *h, enum aid_ces_http_until until, struct watched *w)
{
  struct aid_ces_http_queue *q = &h->queue;
  size_t n = 0;
  pthread_mutex_lock (&q->lock);
  for (const struct aid_ces_request *x = q->waiting_list; x; x = x->after)
    n++;
  w->n = 0;
  if (n <= WATCHED_MAX && !make_room (w, n))
    for (const struct aid_ces_request *x = q->waiting_list; x; x = x->after)
      if (!x->cancelled && x->fd >= 0)
        {
          w->fds[w->n + 2] = (struct pollfd){ x->fd, POLLRDHUP, 0 };
          w->serials[w->n++] = x->serial;
        }
  int busy = n || q->waiting || q->running || (until == AID_UNTIL_SENT && atomic_load (&h->answering));
  pthread_mutex_unlock (&q->lock);
  return busy;
}

static void
empty_bell (struct aid_ces_http_queue *q)
{
  char buf[256];
  while (read (q->bell[0], buf, sizeof buf) == (ssize_t)sizeof buf)
    ;
}

void
aid_ces_http_queue_watch (struct aid_ces_http *h, enum aid_ces_http_until until, int stop_fd, int64_t until_ms)
{
  struct watched w = { NULL, NULL, 0, 0 };
  int stopped = make_room (&w, 1);
  while (!stopped)
    {
      if (!list (h, until, &w) && until != AID_UNTIL_STOPPED)
        break;
      int64_t now = aid_clock_ms (), left = until_ms - now, next = aid_door_sweep (h->door, now);
      if (left <= 0)
        break;
      left = next - now < left ? next - now : left;
      w.fds[0] = (struct pollfd){ stop_fd, POLLIN, 0 };
      w.fds[1] = (struct pollfd){ h->queue.bell[0], POLLIN, 0 };
      int n = poll (w.fds, (nfds_t)(w.n + 2), left < 60000 ? (int)left : 60000);
      if (n > 0 && w.fds[1].revents)
        empty_bell (&h->queue);
      for (size_t i = 0; n > 0 && i < w.n; i++)
        if (w.fds[i + 2].revents)
          hang_up (h, w.serials[i]);
      stopped = n > 0 && w.fds[0].revents;
    }
  free (w.fds);
  free (w.serials);
}

/* --- its life --------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_ces_http_queue_open (struct aid_ces_http *h, size_t jobs, size_t most, struct aid_error *e)
{
  struct aid_ces_http_queue *q = &h->queue;
  enum aid_err err = AID_OK;
  pthread_mutex_init (&q->lock, NULL);
  pthread_cond_init (&q->wake, NULL);
  q->last = &q->first;
  q->most = most;
  q->bell[0] = q->bell[1] = -1;
  q->threads = calloc (jobs, sizeof *q->threads);
  if (!q->threads)
    return aid_error_set (e, AID_E_NOMEM, "there is no memory");
  if (pipe2 (q->bell, O_CLOEXEC | O_NONBLOCK))
    return aid_error_set (e, AID_E_IO, "a pipe cannot be made: %s", strerror (errno));
  while (!err && q->nthreads < jobs)
    {
      err = aid_thread_start (&q->threads[q->nthreads], "aid-ces", evaluator, h, e);
      q->nthreads += !err;
    }
  return err;
}

void
aid_ces_http_queue_close (struct aid_ces_http *h)
{
  struct aid_ces_http_queue *q = &h->queue;
  if (!q->last) /* it was never opened */
    return;
  pthread_mutex_lock (&q->lock);
  q->ended = 1;
  pthread_cond_broadcast (&q->wake);
  pthread_mutex_unlock (&q->lock);
  for (size_t i = 0; i < q->nthreads; i++)
    pthread_join (q->threads[i], NULL);
  free (q->threads);
  for (int i = 0; i < 2; i++)
    if (q->bell[i] >= 0)
      close (q->bell[i]);
  pthread_cond_destroy (&q->wake);
  pthread_mutex_destroy (&q->lock);
}
