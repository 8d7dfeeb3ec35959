/* All requests of one front end: who runs, the sink, and the frame clock that paces text.

   Text goes out at once when the last frame is AID_FRAME_MS ago and else when it will be, so that many streams cost an editor
   no more wake-ups than one.  A frame holds the text of at most AID_FRAME_STREAMS of them, those that waited longest: what an
   editor does at a time is bounded so. */
#include "assist/assist_internal.h"
#include "assist/finder.h"
#include "context/kinds.h"
#include "team/team.h"
#include "export/exporter.h"
#include "base/clock.h"
#include "base/stop.h"
#include <stdlib.h>

#define POOL_THREADS 2
#define TURNS_MAX 1000

static const char *const event_names[]
  = { "", "frozen", "start", "text", "reasoning", "retry", "rekey", "usage", "found", "done", "error", "checked", "result",
      "build", "snapshot", "judged" };

const char *
aid_event_name (int kind)
{
  return kind > 0 && kind < (int) (sizeof event_names / sizeof *event_names) ? event_names[kind] : "";
}

struct aid_assist *
aid_assist_new (const struct aid_sink *sink, struct aid_error *e)
{
  struct aid_assist *a = calloc (1, sizeof *a);
  if (!a)
    {
      aid_error_set (e, AID_E_NOMEM, "There is no memory to start.");
      return NULL;
    }
  a->sink = *sink;
  a->turns = AID_VEC_INIT (struct aid_turn_state *, TURNS_MAX);
  pthread_mutex_init (&a->lock, NULL);
  a->last_frame = aid_clock_ms () - AID_FRAME_MS;
  a->stop = aid_stop_new (e);
  a->pool = a->stop ? aid_pool_new (POOL_THREADS, e) : NULL;
  a->readers = a->pool ? aid_pool_new (POOL_THREADS, e) : NULL;
  a->records = aid_records_new ();
  a->events = aid_events_new ();
  a->team = aid_team_new (a->events, NULL);
  a->projects = aid_projects_new ();
  a->finder = a->projects ? aid_finder_new (a->projects, 1) : NULL;
  a->resolver = aid_resolver_new ();
  a->stale = aid_stale_new ();
  a->keeper = a->readers && a->records && a->finder && a->resolver && a->stale ? aid_keeper_new (e) : NULL;
  a->net = a->keeper ? aid_net_new (e) : NULL;
  if (a->net)
    {
      aid_resolver_use_net (a->resolver, a->net);
      aid_finder_use_net (a->finder, a->net, 1);
      return a;
    }
  aid_assist_free (a, "");
  return NULL;
}

void
aid_assist_free (struct aid_assist *a, const char *reason)
{
  if (!a)
    return;
  pthread_mutex_lock (&a->lock);
  a->reason = reason ? reason : "stopped";
  a->stopping = 1;
  pthread_mutex_unlock (&a->lock);
  if (a->stop)
    aid_stop_set (a->stop);
  if (a->team)
    aid_team_stop (a->team);
  aid_resolver_stop (a->resolver);
  aid_pool_free (a->readers);
  if (a->pool)
    aid_pool_stop (a->pool);    /* what was prepared meanwhile now belongs to the net, which may ask for the pool to its end */
  if (a->finder)
    aid_finder_stop (a->finder);     /* nobody searches any more; it asks by the net */
  aid_exporter_free (a->exporter);   /* likewise */
  if (a->net)
    aid_net_free (a->net, reason);
  aid_pool_free (a->pool);
  aid_finder_free (a->finder);
  aid_projects_free (a->projects);
  aid_team_free (a->team);
  aid_events_free (a->events);
  aid_keeper_free (a->keeper);  /* the journals of all those requests are closed now */
  aid_records_free (a->records);
  aid_resolver_free (a->resolver);
  aid_stale_free (a->stale);
  aid_stop_free (a->stop);
  aid_vec_free (&a->turns);
  pthread_mutex_destroy (&a->lock);
  free (a);
}

unsigned
aid_assist_running (struct aid_assist *a)
{
  pthread_mutex_lock (&a->lock);
  unsigned n = (unsigned) a->turns.len;
  pthread_mutex_unlock (&a->lock);
  return n;
}

unsigned
aid_assist_abandoned (struct aid_assist *a)
{
  return aid_net_abandoned (a->net);
}

const char *
aid_assist_stopping (struct aid_assist *a)
{
  pthread_mutex_lock (&a->lock);
  const char *reason = a->stopping ? a->reason : NULL;
  pthread_mutex_unlock (&a->lock);
  return reason;
}

struct aid_events *
aid_assist_events (struct aid_assist *a)
{
  return a->events;
}

struct aid_team *
aid_assist_team (struct aid_assist *a)
{
  return a->team;
}

struct aid_projects *
aid_assist_projects (struct aid_assist *a)
{
  return a->projects;
}

struct aid_finder *
aid_assist_finder (struct aid_assist *a)
{
  return a->finder;
}

static void
stop_background (void *arg)
{
  struct aid_assist *a = arg;
  if (a->team)
    aid_team_stop (a->team);
  aid_finder_stop (a->finder);
  aid_projects_stop (a->projects);
  if (a->exporter)
    aid_exporter_stop (a->exporter);   /* the next core's takes over */
}

/* --- export --------------------------------------------------------------------------------------------------------- */

static void
start_export (void *arg)
{
  struct aid_assist *a = arg;
  aid_exporter_start (a->exporter);
}

void
aid_assist_export (struct aid_assist *a)
{
  if (!a->exporter && (a->exporter = aid_exporter_new (a->net)))
    aid_pool_run (a->pool, start_export, NULL, a);
}

int
aid_assist_export_trouble (struct aid_assist *a, struct aid_error *e)
{
  return a->exporter && aid_exporter_trouble (a->exporter, e);
}

static void
leave_background (void *arg)
{
  (void)arg; /* the pool is ending, and the finder with it */
}

void
aid_assist_retire (struct aid_assist *a)
{
  aid_pool_run (a->pool, stop_background, leave_background, a);
}

struct aid_net *
aid_assist_net (struct aid_assist *a)
{
  return a->net;
}

const struct aid_stop *
aid_assist_stop (struct aid_assist *a)
{
  return a->stop;
}

struct aid_pool *
aid_assist_readers (struct aid_assist *a)
{
  return a->readers;
}

struct aid_resolver *
aid_assist_resolver (struct aid_assist *a)
{
  return a->resolver;
}

struct aid_stale_memory *
aid_assist_stale (struct aid_assist *a)
{
  return a->stale;
}

struct aid_pool *
aid_assist_pool (struct aid_assist *a)
{
  return a->pool;
}

void
aid_assist_post (struct aid_assist *a, uint64_t id, int kind, const struct aid_str *val)
{
  struct aid_event ev = { .kind = kind };
  if (val && !val->err)
    ev.val = aid_str_span (val);
  a->sink.post (a->sink.ctx, id, &ev);
}

enum aid_err
aid_assist_ask (struct aid_assist *a, const struct aid_ask *ask, struct aid_error *e)
{
  if (aid_assist_stopping (a))
    return aid_error_set (e, AID_E_STATE, "The core is being replaced: ask again in a moment.");
  return aid_turn_begin (a, ask, e);
}

/* --- cancelling ----------------------------------------------------------------------------------------------------- */

struct aid_cancel
{
  struct aid_assist *assist;
  uint64_t id;
  struct aid_later *way;       /* to the I/O thread */
};

/* The request ID, or NULL; under the lock. */
static struct aid_turn_state *
find_turn (struct aid_assist *a, uint64_t id)
{
  for (size_t i = 0; i < a->turns.len; i++)
    {
      struct aid_turn_state *t = AID_VEC_AT (struct aid_turn_state *, &a->turns, i);
      if (aid_turn_id (t) == id)
        return t;
    }
  return NULL;
}

/* I/O thread, which alone frees a turn that has been prepared. */
static void
cancel_now (void *arg)
{
  struct aid_cancel *c = arg;
  pthread_mutex_lock (&c->assist->lock);
  struct aid_turn_state *found = find_turn (c->assist, c->id);
  pthread_mutex_unlock (&c->assist->lock);
  if (found)
    aid_turn_cancel (found);
  free (c);
}

struct aid_cancel *
aid_cancel_new (struct aid_assist *a, uint64_t id)
{
  struct aid_cancel *c = calloc (1, sizeof *c);
  if (!c)
    return NULL;
  *c = (struct aid_cancel){ a, id, aid_net_reserve (a->net, cancel_now, free, c) };
  if (c->way)
    return c;
  free (c);
  return NULL;
}

void
aid_cancel_free (struct aid_cancel *c)
{
  if (c)
    aid_net_unreserve (c->way);
  free (c);
}

void
aid_assist_cancel (struct aid_assist *a, uint64_t id)
{
  pthread_mutex_lock (&a->lock);
  struct aid_turn_state *t = find_turn (a, id);
  struct aid_cancel *c = t ? aid_turn_take_cancel (t) : NULL;
  pthread_mutex_unlock (&a->lock);
  if (c && aid_net_hand (c->way))
    free (c);                  /* the net is being freed, which ends every request */
}

/* --- frames --------------------------------------------------------------------------------------------------------- */

/* The request whose text waits longest, or NULL.  Turns that stream are freed by the I/O thread alone, and this runs on it:
   it stays valid. */
static struct aid_turn_state *
longest_waiting (struct aid_assist *a)
{
  struct aid_turn_state *found = NULL;
  int64_t since = INT64_MAX;
  pthread_mutex_lock (&a->lock);
  for (size_t i = 0; i < a->turns.len; i++)
    {
      struct aid_turn_state *t = AID_VEC_AT (struct aid_turn_state *, &a->turns, i);
      if (aid_turn_waiting (t) < since)
        {
          found = t;
          since = aid_turn_waiting (t);
        }
    }
  pthread_mutex_unlock (&a->lock);
  return found;
}

static void
send_frame (struct aid_assist *a)
{
  struct aid_turn_state *t;
  for (int n = 0; n < AID_FRAME_STREAMS && (t = longest_waiting (a)) != NULL; n++)
    aid_turn_flush (t, 0);
  a->last_frame = aid_clock_ms ();
}

static void
frame_now (void *arg)
{
  struct aid_assist *a = arg;
  a->frame_pending = 0;
  send_frame (a);
  if (longest_waiting (a))
    aid_assist_frame (a);
}

/* Nobody reads more than a few answers at once: when many stream, each comes in larger pieces, and Emacs is not kept busy. */
static int64_t
frame_ms (struct aid_assist *a)
{
  return aid_assist_running (a) <= AID_FRAME_FEW ? AID_FRAME_MS : 2 * AID_FRAME_MS;
}

void
aid_assist_frame (struct aid_assist *a)
{
  if (a->frame_pending)
    return;
  int64_t wait = a->last_frame + frame_ms (a) - aid_clock_ms ();
  if (wait <= 0)
    send_frame (a);
  else if (!aid_net_later (a->net, (uint32_t) wait, frame_now, NULL, a))
    a->frame_pending = 1;
}
