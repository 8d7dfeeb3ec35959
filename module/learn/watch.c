/* One snapshot after the other, while somebody works. */
#include "base/clock.h"
#include "build/last.h"
#include "learn/snapshot_internal.h"

#include <poll.h>

#define LOOK_MS 1000   /* between looks at whether something is due */
#define RETRY_MS 20000 /* between tries to be the one that watches */
#define HOUR_MS INT64_C (3600000)

struct watching
{
  struct aid_snapshots *s;
  const struct aid_stop *stop;
  void (*tell) (void *ctx, const struct aid_snapshot_taken *taken, const struct aid_error *e);
  void *ctx;
  enum aid_err told; /* what goes wrong, and was told */
  int64_t due, tidied;
};

static void
rest (const struct watching *w, int ms)
{
  poll (&(struct pollfd){ .fd = aid_stop_fd (w->stop), .events = POLLIN }, 1, ms);
}

static void
tell_error (struct watching *w, const struct aid_error *e)
{
  if (e->code != w->told && e->code != AID_E_CANCELLED)
    w->tell (w->ctx, NULL, e);
  w->told = e->code;
}

static enum aid_err
gone (const struct watching *w, struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOTFOUND,
                        "The folder %s has gone, or another one has its name: its snapshots have ended; aid snapshot watch, or "
                        "M-x aid-snapshot-mode, takes those of what is there now",
                        aid_project_root (w->s->project));
}

/* Waits for it.  *ERR is why they are not, AID_OK when nobody wants them any more. */
static int
is_listed (const struct watching *w, enum aid_err *err, struct aid_error *e)
{
  struct aid_project_state state;
  if (aid_project_wait_or (w->s->project, 0, -1, w->stop))
    return 1;
  aid_project_state (w->s->project, &state);
  if (aid_stop_is_set (w->stop) || !state.failed)
    *err = AID_OK;
  else if (!aid_project_is_there (w->s->project))
    *err = gone (w, e);
  else
    *err = aid_error_set (e, state.failed, "The files of %s cannot be listed: %s", aid_project_root (w->s->project), state.note);
  return 0;
}

/* When a build has ended, how it ended belongs to the files as they are now: that does not wait. */
static int
is_time (struct watching *w)
{
  int built;
  pthread_mutex_lock (&w->s->busy);
  int due = aid_snapshot_due (w->s, &built);
  pthread_mutex_unlock (&w->s->busy);
  return due && ((built && !w->told) || aid_clock_ms () >= w->due);
}

static void
forget (struct watching *w)
{
  struct aid_snapshot_forgotten forgotten;
  struct aid_error e = { AID_OK, "" };
  w->tidied = aid_clock_ms ();
  pthread_mutex_lock (&w->s->busy); /* it writes, as one who takes a snapshot does */
  enum aid_err err = aid_snapshot_gc (w->s->vault, &w->s->settings, AID_GC_LITTLE, 0, w->stop, &forgotten, &e);
  pthread_mutex_unlock (&w->s->busy);
  if (err)
    tell_error (w, &e);
}

static void
take (struct watching *w)
{
  struct aid_snapshot_taken taken;
  struct aid_error e = { AID_OK, "" };
  if (aid_snapshots_take (w->s, 0, w->stop, &taken, &e))
    tell_error (w, &e);
  else
    {
      w->told = AID_OK;
      if (taken.id[0])
        w->tell (w->ctx, &taken, NULL);
    }
  w->due = aid_clock_ms () + w->s->settings.seconds * 1000;
  if (!e.code && taken.id[0])
    {
      pthread_mutex_lock (&w->s->busy);
      aid_snapshot_tidy (w->s->vault, w->stop);
      pthread_mutex_unlock (&w->s->busy);
    }
}

enum aid_err
aid_snapshots_run (struct aid_snapshots *s, const struct aid_stop *stop,
                   void (*tell) (void *ctx, const struct aid_snapshot_taken *taken, const struct aid_error *e), void *ctx,
                   struct aid_error *e)
{
  struct watching w = { .s = s, .stop = stop, .tell = tell, .ctx = ctx };
  struct aid_error own = { AID_OK, "" };
  while (!aid_stop_is_set (stop) && aid_vault_watch (s->vault, &own))
    {
      tell_error (&w, &own);
      rest (&w, RETRY_MS);
    }
  enum aid_err err = AID_OK;
  if (aid_stop_is_set (stop) || !is_listed (&w, &err, e))
    return err;
  w.told = AID_OK;
  while (!aid_stop_is_set (stop))
    {
      if (!aid_project_is_there (s->project))
        return gone (&w, e);
      if (is_time (&w))
        take (&w);
      if (!aid_stop_is_set (stop) && (!w.tidied || aid_clock_ms () - w.tidied >= HOUR_MS))
        forget (&w);
      rest (&w, LOOK_MS);
    }
  return AID_OK;
}
