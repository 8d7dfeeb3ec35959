/* The thread.  It looks at the events' file, and reads events only when that has changed. */
#include "export/exporter.h"
#include "export/round.h"
#include "export/state.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/stop.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum
{
  LEAVE_MS = 500,
  FIRST_WAIT_MS = 1000, /* after a receiver that takes nothing; then twice as long, up to the next */
  LONGEST_WAIT_MS = 300000,
  WHOLE_MS = 24 * 3600000 /* between two looks at all events */
};

/* When a signal is next. */
struct clockwork
{
  int64_t due, wait; /* monotonic ms; the wait before another attempt, 0: the last one went well */
};

struct aid_exporter
{
  struct aid_net *net;
  struct aid_stop *stop;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t over;
  int running, ended, abandoned;
  unsigned long thread;
  struct aid_error trouble;
  int untold;
  /* The thread's. */
  int troubled[AID_SIGNALS], drops_told[AID_SIGNALS];
  struct clockwork clocks[AID_SIGNALS];
  int64_t looked;      /* when all events were last looked at, monotonic ms; 0: not yet */
  struct stat seen[2]; /* the events' file and its log, as they were when spans were last sent */
};

struct aid_exporter *
aid_exporter_new (struct aid_net *net)
{
  struct aid_exporter *x = calloc (1, sizeof *x);
  pthread_condattr_t attr;
  if (!x || !(x->stop = aid_stop_new (NULL)))
    {
      free (x);
      return NULL;
    }
  x->net = net;
  pthread_mutex_init (&x->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&x->over, &attr);
  pthread_condattr_destroy (&attr);
  return x;
}

static void
destroy (struct aid_exporter *x)
{
  aid_stop_free (x->stop);
  pthread_cond_destroy (&x->over);
  pthread_mutex_destroy (&x->lock);
  free (x);
}

/* --- what is told -------------------------------------------------------------------------------------------------------- */

static void
set_trouble (struct aid_exporter *x, enum aid_signal signal, const char *what, const struct aid_error *why)
{
  static const char *const names[AID_SIGNALS] = { "traces", "metrics" };
  pthread_mutex_lock (&x->lock);
  aid_error_set (&x->trouble, why->code, "exporting %s: %s%s", names[signal], what, why->msg);
  x->untold = 1;
  pthread_mutex_unlock (&x->lock);
}

/* A receiver that is away is told once, until it is there again; what is lost, once. */
static void
note (struct aid_exporter *x, enum aid_signal signal, const struct aid_round_told *told, enum aid_err err,
      const struct aid_error *e)
{
  if (err == AID_E_CANCELLED || err == AID_E_STATE)
    return;
  if ((err || told->later) && !x->troubled[signal])
    set_trouble (x, signal, "", err ? e : &told->why);
  else if (told->dropped && !x->drops_told[signal])
    {
      set_trouble (x, signal, "some was lost, for ", &told->why);
      x->drops_told[signal] = 1;
    }
  x->troubled[signal] = err || told->later;
}

int
aid_exporter_trouble (struct aid_exporter *x, struct aid_error *e)
{
  pthread_mutex_lock (&x->lock);
  int untold = x->untold;
  x->untold = 0;
  if (untold && e)
    *e = x->trouble;
  pthread_mutex_unlock (&x->lock);
  return untold;
}

/* --- rounds -------------------------------------------------------------------------------------------------------------- */

static void
look_at (struct stat seen[2])
{
  static const char *const names[2] = { "/events.db", "/events.db-wal" };
  for (int i = 0; i < 2; i++)
    {
      struct aid_str path = AID_STR_INIT (8192);
      memset (&seen[i], 0, sizeof seen[i]);
      if (!aid_fs_xdg (AID_DIR_STATE, &path, NULL) && !aid_str_addz (&path, names[i]) && stat (aid_str_z (&path), &seen[i]))
        memset (&seen[i], 0, sizeof seen[i]);
      aid_str_free (&path);
    }
}

static int
is_same (const struct stat *a, const struct stat *b)
{
  return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec
         && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Until a signal is to be tried again. */
static int64_t
wait_after (struct clockwork *c, const struct aid_round_told *told, int64_t usual)
{
  uint32_t spread = 0;
  aid_random (&spread, sizeof spread);
  c->wait = !c->wait ? FIRST_WAIT_MS : 2 * c->wait < LONGEST_WAIT_MS ? 2 * c->wait : LONGEST_WAIT_MS;
  int64_t wait = c->wait - (int64_t)((uint64_t)spread * (uint64_t)(c->wait / 4) / UINT32_MAX);
  if (told->wait_ms > wait)
    wait = told->wait_ms;
  return wait > usual ? wait : usual;
}

static void
round_of (struct aid_exporter *x, enum aid_signal signal, const struct aid_export_settings *s)
{
  struct clockwork *c = &x->clocks[signal];
  struct aid_round_told told = { .wait_ms = -1 };
  struct aid_error e = { AID_OK, "" };
  struct stat now[2];
  int64_t usual = signal == AID_SIGNAL_TRACES ? s->delay_ms : s->interval_ms, at = aid_clock_ms ();
  struct aid_round r = { .settings = s, .net = x->net, .stop = x->stop, .from = aid_clock_wall_ms () };
  enum aid_err err = AID_OK;
  look_at (now);
  r.whole = !x->looked || at - x->looked > WHOLE_MS;
  if (signal == AID_SIGNAL_METRICS)
    err = aid_round_metrics (&r, &told, &e);
  else if ((r.whole || c->wait || !is_same (&now[0], &x->seen[0]) || !is_same (&now[1], &x->seen[1]))
           && !(err = aid_export_turned (1, x->stop, &e)))
    err = aid_round_traces (&r, &told, &e);
  note (x, signal, &told, err, &e);
  if (err == AID_E_STATE) /* another process is at it */
    c->due = aid_clock_ms () + usual;
  else if (err || told.later)
    c->due = aid_clock_ms () + wait_after (c, &told, usual);
  else
    {
      c->wait = 0;
      c->due = aid_clock_ms () + usual;
      if (signal == AID_SIGNAL_TRACES)
        {
          memcpy (x->seen, now, sizeof now);
          x->looked = r.whole ? at : x->looked;
        }
    }
}

/* When the setting says so: a variable is of one process alone. */
static void
note_off (const struct aid_export_settings *s)
{
  if (!s->on && !s->disabled)
    aid_export_turned (0, NULL, NULL);
}

/* Does what is due; gives how long there is nothing to do, ms, or -1: export was turned off. */
static int64_t
work (struct aid_exporter *x)
{
  struct aid_export_settings s;
  int64_t next = INT64_MAX;
  if (aid_export_settings_load (&s, NULL))
    return LONGEST_WAIT_MS; /* the settings are being written, or wrong, which others tell */
  for (int i = 0; i < AID_SIGNALS && s.on; i++)
    if (s.signals[i].on && !aid_stop_is_set (x->stop))
      {
        if (aid_clock_ms () >= x->clocks[i].due)
          round_of (x, (enum aid_signal)i, &s);
        next = x->clocks[i].due < next ? x->clocks[i].due : next;
      }
  note_off (&s);
  aid_export_settings_free (&s);
  if (next == INT64_MAX)
    return -1;
  int64_t left = next - aid_clock_ms ();
  return left > 0 ? left : 0;
}

static void *
run (void *arg)
{
  struct aid_exporter *x = arg;
  int64_t left = 0;
  while (left >= 0 && !aid_stop_is_set (x->stop))
    {
      struct pollfd fd = { aid_stop_fd (x->stop), POLLIN, 0 };
      left = work (x);
      if (left > 0)
        poll (&fd, 1, (int)(left < LONGEST_WAIT_MS ? left : LONGEST_WAIT_MS));
    }
  pthread_mutex_lock (&x->lock);
  x->ended = 1;
  int abandoned = x->abandoned;
  pthread_cond_broadcast (&x->over);
  pthread_mutex_unlock (&x->lock);
  if (abandoned)
    destroy (x);
  return NULL;
}

/* --- for others ---------------------------------------------------------------------------------------------------------- */

void
aid_exporter_start (struct aid_exporter *x)
{
  struct aid_export_settings s;
  struct aid_error e = { AID_OK, "" };
  if (aid_export_settings_load (&s, &e))
    return;
  note_off (&s);
  pthread_mutex_lock (&x->lock);
  if (s.on && x->ended && !aid_stop_is_set (x->stop))
    {
      pthread_join ((pthread_t)x->thread, NULL); /* it was turned off meanwhile, and has ended */
      x->running = x->ended = 0;
    }
  int begins = s.on && !x->running && !aid_stop_is_set (x->stop);
  if (begins)
    x->running = !aid_thread_start (&x->thread, "aid-export", run, x, NULL);
  pthread_mutex_unlock (&x->lock);
  if (begins && s.notes.len)
    {
      aid_error_set (&e, AID_E_INVALID, "%s", aid_str_z (&s.notes));
      e.msg[strcspn (e.msg, "\n")] = '\0';
      set_trouble (x, AID_SIGNAL_TRACES, "", &e);
    }
  aid_export_settings_free (&s);
}

void
aid_exporter_stop (struct aid_exporter *x)
{
  aid_stop_set (x->stop);
}

void
aid_exporter_free (struct aid_exporter *x)
{
  if (!x)
    return;
  int64_t until = aid_clock_ms () + LEAVE_MS;
  struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };
  aid_stop_set (x->stop);
  pthread_mutex_lock (&x->lock);
  while (x->running && !x->ended && aid_clock_ms () < until)
    pthread_cond_timedwait (&x->over, &x->lock, &at);
  int abandoned = x->abandoned = x->running && !x->ended;
  if (abandoned)
    pthread_detach ((pthread_t)x->thread);
  pthread_mutex_unlock (&x->lock);
  if (abandoned)
    return;
  if (x->running)
    pthread_join ((pthread_t)x->thread, NULL);
  destroy (x);
}
