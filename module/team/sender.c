/* The thread that sends.  It sleeps until enough events wait or the first of them waits for long enough, sends all there is,
   hangs up, and sleeps again.  While the store is away it tries ever more seldom, and the file of events keeps what comes.

   Three hold the memory: the owner, the thread, and the events, which ring at each batch they write. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/pool.h"
#include "team/team.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum
{
  LOOK_MS = 10000, /* between looks at the settings of who has no store */
  LEAVE_MS = 600   /* that the end of a program waits for the thread */
};

struct aid_team
{
  pthread_mutex_t lock; /* guards the rest but STOP and PACE */
  pthread_cond_t rung, left;
  int holders;
  struct aid_team_pace pace;
  struct aid_stop *stop;
  unsigned long thread;
  int running, ended;
  int64_t look;    /* when the settings may be looked at again, monotonic ms */
  int64_t waiting; /* events that were written since the last attempt, */
  int64_t since;   /* and when the first of them was; 0: none */
  int64_t again;   /* when the next attempt is after one that failed; 0: none failed */
  int failures;    /* in a row */
  struct aid_error trouble;
  int untold, told; /* TOLD: since the last time that it worked */
  int told_refused; /* that it would not take some */
};

static void
let_go (void *arg)
{
  struct aid_team *t = arg;
  pthread_mutex_lock (&t->lock);
  int left = --t->holders;
  pthread_mutex_unlock (&t->lock);
  if (left)
    return;
  aid_stop_free (t->stop);
  pthread_cond_destroy (&t->rung);
  pthread_cond_destroy (&t->left);
  pthread_mutex_destroy (&t->lock);
  free (t);
}

/* --- the thread ------------------------------------------------------------------------------------------------------- */

/* Under the lock. */
static void
note_trouble (struct aid_team *t, const struct aid_error *e)
{
  if (t->told)
    return;
  t->trouble = *e;
  t->told = t->untold = 1;
}

/* When it is worth telling: a server that is started anew is back in a moment. */
static int
is_lasting (const struct aid_team *t, enum aid_err err)
{
  return t->failures > 1 || (err != AID_E_NET && err != AID_E_TIMEOUT && err != AID_E_STATE);
}

/* The pause after so many FAILURES, and up to a quarter more, so that not all of a team come back in the same moment. */
static int64_t
pause_after (const struct aid_team *t)
{
  int64_t pause = t->pace.again_ms;
  uint16_t draw = 0;
  for (int i = 1; i < t->failures && pause < t->pace.again_most_ms; i++)
    pause *= 2;
  if (pause > t->pace.again_most_ms)
    pause = t->pace.again_most_ms;
  if (aid_random (&draw, sizeof draw))
    draw = 0;
  return pause + pause * draw / (4 << 16);
}

/* It works; under the lock. */
static void
note_success (struct aid_team *t, const struct aid_team_pushed *done)
{
  struct aid_error e = { AID_OK, "" };
  t->failures = t->told = t->untold = 0;
  if (!done->refused || t->told_refused)
    return;
  aid_error_set (&e, AID_E_INVALID, "%lld measurements were not taken: %s", (long long)done->refused, done->why);
  t->trouble = e;
  t->untold = t->told_refused = 1;
}

/* What came of an attempt; under the lock. */
static void
note_outcome (struct aid_team *t, enum aid_err err, const struct aid_team_pushed *done, const struct aid_error *e)
{
  t->again = 0;
  if (!err)
    note_success (t, done);
  else if (err == AID_E_STATE && done->busy)
    t->since = aid_clock_ms (); /* the other sends ours, too, but for what came since it looked */
  else if (err != AID_E_CANCELLED)
    {
      t->failures++;
      t->again = aid_clock_ms () + pause_after (t);
      if (is_lasting (t, err))
        note_trouble (t, e);
    }
}

static enum aid_err
attempt (struct aid_team *t, struct aid_team_pushed *done, struct aid_error *e)
{
  struct aid_team_place place;
  struct aid_config *c = aid_config_load (NULL, e);
  enum aid_err err = c ? aid_team_place_read (c, &place, e) : AID_E_INVALID;
  *done = (struct aid_team_pushed){ 0 };
  if (!err && place.url)
    err = aid_team_push (&place, 0, t->stop, done, e);
  aid_config_free (c);
  return err;
}

/* When there is something to do, monotonic ms; 0: not before something is written.  Under the lock. */
static int64_t
due (const struct aid_team *t)
{
  if (t->again)
    return t->again;
  if (!t->since)
    return 0;
  return t->waiting >= AID_TEAM_EVENTS ? t->since : t->since + t->pace.every_ms;
}

static void
sleep_until (struct aid_team *t, int64_t until)
{
  struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };
  if (until)
    pthread_cond_timedwait (&t->rung, &t->lock, &at);
  else
    pthread_cond_wait (&t->rung, &t->lock);
}

static void *
run (void *arg)
{
  struct aid_team *t = arg;
  pthread_mutex_lock (&t->lock);
  while (!aid_stop_is_set (t->stop))
    {
      struct aid_error e = { AID_OK, "" };
      struct aid_team_pushed done;
      int64_t at = due (t);
      if (!at || aid_clock_ms () < at)
        {
          sleep_until (t, at);
          continue;
        }
      t->waiting = t->since = 0;
      pthread_mutex_unlock (&t->lock);
      enum aid_err err = attempt (t, &done, &e);
      pthread_mutex_lock (&t->lock);
      note_outcome (t, err, &done, &e);
    }
  t->ended = 1;
  pthread_cond_broadcast (&t->left);
  pthread_mutex_unlock (&t->lock);
  let_go (t);
  return NULL;
}

/* --- events ring ------------------------------------------------------------------------------------------------------ */

/* Whether the user's settings name a store.  Settings that cannot be read, or name it wrongly, are told by who sends. */
static int
is_wanted (void)
{
  struct aid_config *c = aid_config_load (NULL, NULL);
  const json_t *v = c ? aid_config_get (c, "team_store") : NULL;
  int wanted = v && !json_is_false (v);
  aid_config_free (c);
  return wanted;
}

/* Under the lock. */
static void
start (struct aid_team *t)
{
  if (t->running || aid_stop_is_set (t->stop))
    return;
  t->holders++;
  t->running = !aid_thread_start (&t->thread, "aid-team", run, t, NULL);
  t->holders -= !t->running;
}

static void
on_written (void *ctx, size_t n)
{
  struct aid_team *t = ctx;
  int64_t now = aid_clock_ms ();
  pthread_mutex_lock (&t->lock);
  t->waiting += (int64_t)n;
  if (!t->since)
    t->since = now;
  int look = !t->running && now >= t->look;
  if (look)
    t->look = now + LOOK_MS;
  pthread_cond_signal (&t->rung);
  pthread_mutex_unlock (&t->lock);
  if (!look || !is_wanted ())
    return;
  pthread_mutex_lock (&t->lock);
  start (t);
  pthread_mutex_unlock (&t->lock);
}

/* --- for others ------------------------------------------------------------------------------------------------------- */

struct aid_team *
aid_team_new (struct aid_events *events, const struct aid_team_pace *pace)
{
  pthread_condattr_t attr;
  struct aid_team *t = calloc (1, sizeof *t);
  if (!t || !(t->stop = aid_stop_new (NULL)))
    {
      free (t);
      return NULL;
    }
  t->pace = (struct aid_team_pace){ pace && pace->every_ms ? pace->every_ms : AID_TEAM_EVERY_MS,
                                    pace && pace->again_ms ? pace->again_ms : AID_TEAM_EVERY_MS,
                                    pace && pace->again_most_ms ? pace->again_most_ms : AID_TEAM_AGAIN_MOST_MS };
  pthread_mutex_init (&t->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&t->rung, &attr);
  pthread_cond_init (&t->left, &attr);
  pthread_condattr_destroy (&attr);
  t->holders = 1;
  if (events)
    {
      t->holders++;
      aid_events_ring (events, on_written, let_go, t);
    }
  return t;
}

int
aid_team_trouble (struct aid_team *t, struct aid_error *e)
{
  pthread_mutex_lock (&t->lock);
  int untold = t->untold;
  t->untold = 0;
  if (untold && e)
    *e = t->trouble;
  pthread_mutex_unlock (&t->lock);
  return untold;
}

void
aid_team_stop (struct aid_team *t)
{
  pthread_mutex_lock (&t->lock);
  aid_stop_set (t->stop);
  pthread_cond_signal (&t->rung);
  pthread_mutex_unlock (&t->lock);
}

void
aid_team_free (struct aid_team *t)
{
  if (!t)
    return;
  aid_team_stop (t);
  pthread_mutex_lock (&t->lock);
  int64_t until = aid_clock_ms () + LEAVE_MS;
  struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };
  while (t->running && !t->ended && aid_clock_ms () < until)
    pthread_cond_timedwait (&t->left, &t->lock, &at);
  int running = t->running, ended = t->ended;
  pthread_mutex_unlock (&t->lock);
  if (running && ended)
    pthread_join ((pthread_t)t->thread, NULL);
  else if (running)
    pthread_detach ((pthread_t)t->thread); /* it waits for a name server; it touches nothing but this, and lets go of it */
  let_go (t);
}
