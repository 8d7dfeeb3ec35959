/* A worker: one thread talks to the queue, as many as it has jobs judge (queue_slots.c).  What is judged is left as soon
   as the queue can be reached; until then it is held, and its lease goes on when it still can. */
#include "ces/queue_internal.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define JOBS_MAX 64
#define FAIR_EVERY 4 /* claims: each such one begins with who waits longest */
#define KEYS_KEPT 64 /* trees of the last tasks, beside those that WARM tells */
#define AGAIN_MS 100 /* first pause when the queue is away; twice as long each time, up to */
#define AGAIN_MOST_MS 5000
#define RETRY_MS 1000 /* until a task that could not be judged is tried again; twice as long each time */
#define HOUR_MS 3600000
#define DAY_MS INT64_C (86400000)

struct worker
{
  const struct aid_queue_place *place;
  const struct aid_queue_work *work;
  const struct aid_stop *stop;
  struct aid_queue_worked *done;
  struct aid_queue_worker me;
  struct aid_queue *q; /* NULL: it is away */
  struct aid_queue_slots *slots;
  struct aid_queue_slot_done ended[JOBS_MAX]; /* what is not left yet */
  int nended;
  struct aid_vec recent; /* char *: the trees of the last tasks, newest last */
  int64_t begun;         /* tasks */
  unsigned claims;
  int may_claim, trouble;
  int stopping;    /* it takes no more */
  int stop_seen;   /* since STOP was set, and has until stop_at */
  int failures;    /* one after the other, of this machine rather than of tasks: */
  int64_t rest_at; /* it takes none before that, lest it use up the tries of all there are */
  int64_t claim_at, renew_at, forget_at, stop_at, again_at; /* monotonic ms; claim_at: -1 not by itself */
  int pause_ms;
};

static void
say (struct worker *w, const char *what)
{
  if (w->work->tell)
    w->work->tell (w->work->ctx, what);
}

/* --- what is warm here ------------------------------------------------------------------------------------------------- */

static void
drop_keys (struct aid_vec *keys)
{
  for (size_t i = 0; i < keys->len; i++)
    free (AID_VEC_AT (char *, keys, i));
  keys->len = 0;
}

static int
has_key (const struct aid_vec *keys, const char *key)
{
  for (size_t i = 0; i < keys->len; i++)
    if (!strcmp (AID_VEC_AT (char *, keys, i), key))
      return 1;
  return 0;
}

static void
add_key (struct aid_vec *keys, const char *key)
{
  char *copy = *key && strlen (key) <= AID_QUEUE_KEY_MAX && !has_key (keys, key) ? strdup (key) : NULL;
  char **slot = copy ? aid_vec_push (keys) : NULL;
  if (slot)
    *slot = copy;
  else
    free (copy);
}

/* Remembers that the tree KEY is here from now on; others are to know of a new one soon. */
static void
note_key (struct worker *w, const char *key)
{
  if (!has_key (&w->recent, key) && !has_key (&w->me.keys, key))
    w->renew_at = 0;
  if (w->recent.len == KEYS_KEPT)
    {
      free (AID_VEC_AT (char *, &w->recent, 0));
      aid_vec_remove (&w->recent, 0, 1);
    }
  add_key (&w->recent, key);
}

static void
gather_keys (struct worker *w)
{
  json_t *warm = w->work->warm ? w->work->warm (w->work->ctx) : NULL, *one;
  size_t i;
  drop_keys (&w->me.keys);
  for (size_t k = 0; k < w->recent.len; k++)
    add_key (&w->me.keys, AID_VEC_AT (char *, &w->recent, k));
  json_array_foreach (warm, i, one)
  {
    add_key (&w->me.keys, json_string_length (one) ? json_string_value (one) : "");
  }
  json_decref (warm);
}

/* --- leaving what was judged ------------------------------------------------------------------------------------------- */

static void
add_error (enum aid_err code, const char *message, struct aid_str *out)
{
  json_t *o = json_pack ("{s:s, s:o}", "code", aid_err_name (code), "message", aid_json_of_span (aid_span_z (message)));
  aid_json_dump (o, out);
  json_decref (o);
}

/* Leaves TEXT, or, when the queue does not take that, why. */
static enum aid_err
leave_text (struct worker *w, const struct aid_queue_held *h, enum aid_queue_outcome outcome, struct aid_span text,
            struct aid_error *e)
{
  int taken = 0;
  enum aid_err err = aid_queue_finish (w->q, &w->me, h, outcome, text, &taken, e);
  if (err == AID_E_LIMIT || err == AID_E_INVALID)
    {
      struct aid_str why = AID_STR_INIT (4096);
      add_error (err, e->msg, &why);
      err = aid_queue_finish (w->q, &w->me, h, AID_QUEUE_ERROR, aid_str_span (&why), &taken, e);
      aid_str_free (&why);
    }
  if (err)
    return err;
  *(taken ? &w->done->judged : &w->done->late) += 1;
  w->failures = 0;
  if (!taken)
    say (w, "A verdict came late: another worker has the task, or it was cancelled");
  return AID_OK;
}

/* Whether who else tries it would fail alike.  Another machine may have the repository that is not here. */
static int
is_final (const struct worker *w, enum aid_err err)
{
  return err == AID_E_INVALID || err == AID_E_REFUSED || err == AID_E_PARSE || err == AID_E_LIMIT
         || (err == AID_E_NOTFOUND && !aid_queue_is_shared (w->place));
}

static enum aid_err
settle (struct worker *w, const struct aid_queue_slot_done *d, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT ((size_t)2 * AID_QUEUE_TEXT_MAX);
  int attempt = d->held->attempts < 1 ? 0 : d->held->attempts > 6 ? 5 : d->held->attempts - 1;
  enum aid_err err;
  if (!d->err)
    {
      aid_json_dump (d->verdict, &text);
      err = leave_text (w, d->held, AID_QUEUE_VERDICT, aid_str_span (&text), e);
    }
  else if (d->stopped)
    {
      err = aid_queue_return (w->q, &w->me, d->held, NULL, 0, e);
      w->done->returned += !err && w->stopping;
    }
  else
    {
      int final = is_final (w, d->err);
      add_error (d->err, d->why.msg, &text);
      err = final ? leave_text (w, d->held, AID_QUEUE_ERROR, aid_str_span (&text), e)
                  : aid_queue_return (w->q, &w->me, d->held, aid_str_z (&text), RETRY_MS << attempt, e);
      w->done->returned += !err && !final;
      if (!err && !final && d->err != AID_E_NOTFOUND)
        w->rest_at = aid_clock_ms () + ((int64_t)RETRY_MS / 4 << (w->failures < 8 ? w->failures++ : 8));
    }
  aid_str_free (&text);
  return err;
}

static enum aid_err
settle_all (struct worker *w, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  while (w->nended < JOBS_MAX && aid_queue_slots_take (w->slots, &w->ended[w->nended]))
    w->nended++;
  while (!err && w->nended)
    {
      struct aid_queue_slot_done *d = &w->ended[w->nended - 1];
      if ((err = settle (w, d, e)))
        break;
      aid_queue_slots_put (w->slots, d);
      w->nended--;
    }
  return err;
}

/* --- taking, and keeping ----------------------------------------------------------------------------------------------- */

static enum aid_err
renew (struct worker *w, struct aid_error *e)
{
  const struct aid_queue_held *held[JOBS_MAX];
  unsigned char lost[JOBS_MAX];
  gather_keys (w);
  size_t n = aid_queue_slots_held (w->slots, held, JOBS_MAX);
  enum aid_err err = aid_queue_renew (w->q, &w->me, held, n, lost, e);
  for (size_t i = 0; !err && i < n; i++)
    if (lost[i])
      aid_queue_slots_stop (w->slots, held[i]);
  if (!err)
    w->renew_at = aid_clock_ms () + w->me.lease_ms / 3;
  w->may_claim = 1; /* now and then without having been told, whatever got lost */
  return err;
}

/* Begins what was taken.  What cannot begin is not known of at the next renewal, and goes back then. */
static void
begin_all (struct worker *w, struct aid_vec *held)
{
  for (size_t i = 0; i < held->len; i++)
    {
      struct aid_queue_held *h = &AID_VEC_AT (struct aid_queue_held, held, i);
      note_key (w, aid_str_z (&h->key));
      if (aid_queue_slots_begin (w->slots, h, NULL))
        {
          aid_queue_held_free (h);
          w->renew_at = 0;
        }
    }
}

static enum aid_err
claim (struct worker *w, struct aid_error *e)
{
  struct aid_vec held = AID_VEC_INIT (struct aid_queue_held, JOBS_MAX);
  int room = aid_queue_slots_free_n (w->slots), next_ms = -1;
  if (w->work->most && room > w->work->most - w->begun)
    room = (int)(w->work->most - w->begun);
  if (room <= 0)
    return AID_OK;
  enum aid_err err = aid_queue_claim (w->q, &w->me, room, ++w->claims % FAIR_EVERY == 0, &held, &next_ms, e);
  if (!err)
    {
      w->begun += (int64_t)held.len;
      w->may_claim = (int)held.len == room; /* there may be more when a slot is free */
      w->claim_at = next_ms < 0 ? -1 : aid_clock_ms () + next_ms;
      begin_all (w, &held);
    }
  aid_vec_free (&held);
  return err;
}

static enum aid_err
forget (struct worker *w, int64_t now, struct aid_error *e)
{
  int64_t n;
  w->forget_at = now + HOUR_MS;
  return w->place->days ? aid_queue_forget (w->q, w->place->days * DAY_MS, &n, e) : AID_OK;
}

/* --- the loop ---------------------------------------------------------------------------------------------------------- */

static int
is_idle (struct worker *w)
{
  return aid_queue_slots_free_n (w->slots) == w->me.jobs;
}

static void
look_at_stop (struct worker *w, int64_t now)
{
  if (!w->stop_seen && aid_stop_is_set (w->stop))
    {
      w->stop_seen = w->stopping = 1;
      w->stop_at = now + w->work->grace_ms;
    }
  if (w->work->most && w->begun >= w->work->most)
    w->stopping = 1;
  if (w->stop_seen && now >= w->stop_at)
    aid_queue_slots_stop (w->slots, NULL);
}

static int
least (int64_t now, int64_t at, int ms)
{
  int64_t left = at - now;
  return left < 0 ? 0 : left < ms ? (int)left : ms;
}

/* When it is to look for tasks, monotonic ms; -1: when it is told. */
static int64_t
next_claim (const struct worker *w)
{
  int64_t at = w->may_claim ? 0 : w->claim_at;
  return at < 0 ? -1 : at < w->rest_at ? w->rest_at : at;
}

/* One look at all there is to do, and a wait for more. */
static enum aid_err
turn (struct worker *w, struct aid_error *e)
{
  unsigned news = 0;
  int64_t now = aid_clock_ms ();
  int ms = HOUR_MS;
  enum aid_err err = settle_all (w, e);
  if (!err && now >= w->renew_at)
    err = renew (w, e);
  if (!err && now >= w->forget_at)
    err = forget (w, now, e);
  if (!err && !w->stopping && next_claim (w) >= 0 && now >= next_claim (w))
    err = claim (w, e);
  now = aid_clock_ms ();
  look_at_stop (w, now); /* by the same clock as the wait: what it has not ended is waited for until it does */
  if (err || (w->stopping && is_idle (w)))
    return err;
  ms = least (now, w->renew_at, ms);
  if (!w->stopping && next_claim (w) >= 0 && aid_queue_slots_free_n (w->slots))
    ms = least (now, next_claim (w), ms);
  if (w->stop_seen && now < w->stop_at)
    ms = least (now, w->stop_at, ms);
  const int others[] = { aid_queue_slots_fd (w->slots), w->stop_seen ? -1 : aid_stop_fd (w->stop) };
  err = aid_queue_wait (w->q, ms, others, &news, e);
  if (news & AID_QUEUE_WORK)
    w->may_claim = 1;
  if (news & AID_QUEUE_STOP)
    w->renew_at = 0;
  return err;
}

static enum aid_err
connect_it (struct worker *w, struct aid_error *e)
{
  enum aid_err err = aid_queue_open (w->place, NULL, &w->q, e);
  if (!err)
    err = aid_queue_listen (w->q, AID_QUEUE_WORK | AID_QUEUE_STOP, e);
  if (err)
    return err;
  if (w->trouble)
    say (w, "The queue is there again");
  w->trouble = w->pause_ms = 0;
  w->renew_at = 0; /* what was given and not heard of goes back at once */
  w->may_claim = 1;
  return AID_OK;
}

/* The queue is away: waits a while. */
static void
pause_it (struct worker *w, const struct aid_error *why)
{
  struct pollfd stopped = { w->stop_seen ? -1 : aid_stop_fd (w->stop), POLLIN, 0 };
  aid_queue_close (w->q);
  w->q = NULL;
  if (!w->trouble++)
    say (w, why->msg);
  w->pause_ms = !w->pause_ms ? AGAIN_MS : 2 * w->pause_ms > AGAIN_MOST_MS ? AGAIN_MOST_MS : 2 * w->pause_ms;
  poll (&stopped, 1, w->pause_ms);
}

static enum aid_err
work (struct worker *w, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (;;)
    {
      look_at_stop (w, aid_clock_ms ());
      if (w->stopping && is_idle (w))
        break;
      if (!w->q)
        err = connect_it (w, e);
      if (!err)
        err = turn (w, e);
      if (err && !aid_queue_is_lost (err))
        break;
      if (err && w->stop_seen && aid_clock_ms () >= w->stop_at)
        break; /* what it holds goes back when the leases end */
      if (err)
        pause_it (w, e);
      err = AID_OK;
    }
  if (w->q && !err)
    err = aid_queue_leave (w->q, &w->me, e);
  return err;
}

static enum aid_err
name_it (struct worker *w, struct aid_error *e)
{
  uint32_t drawn;
  if (aid_random (&drawn, sizeof drawn))
    return aid_error_set (e, AID_E_IO, "The system gives no random numbers");
  if (gethostname (w->me.host, sizeof w->me.host - 1) || !w->me.host[0])
    snprintf (w->me.host, sizeof w->me.host, "localhost");
  w->me.pid = (int)getpid ();
  snprintf (w->me.name, sizeof w->me.name, "%s-%d-%08x", w->me.host, w->me.pid, (unsigned)drawn);
  return AID_OK;
}

enum aid_err
aid_queue_work (const struct aid_queue_place *place, const struct aid_queue_work *what, const struct aid_stop *stop,
                struct aid_queue_worked *done, struct aid_error *e)
{
  struct worker *w = calloc (1, sizeof *w);
  *done = (struct aid_queue_worked){ 0 };
  if (!w)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a worker");
  *w = (struct worker){ .place = place, .work = what, .stop = stop, .done = done, .may_claim = 1, .claim_at = -1 };
  w->me = (struct aid_queue_worker){ .jobs = what->jobs < 1          ? 1
                                             : what->jobs > JOBS_MAX ? JOBS_MAX
                                                                     : what->jobs,
                                     .lease_ms = what->lease_ms ? what->lease_ms : AID_QUEUE_LEASE_MS,
                                     .hold_ms = what->hold_ms ? what->hold_ms : AID_QUEUE_HOLD_MS,
                                     .keys = AID_VEC_INIT (char *, AID_QUEUE_KEYS_MAX) };
  w->recent = AID_VEC_INIT (char *, KEYS_KEPT);
  enum aid_err err = name_it (w, e);
  if (!err)
    err = aid_queue_slots_new (what, &w->slots, e);
  if (!err)
    err = work (w, e);
  while (w->nended) /* what could not be told */
    aid_queue_slots_put (w->slots, &w->ended[--w->nended]);
  aid_queue_slots_free (w->slots);
  aid_queue_close (w->q);
  drop_keys (&w->me.keys);
  drop_keys (&w->recent);
  aid_vec_free (&w->me.keys);
  aid_vec_free (&w->recent);
  free (w);
  return err;
}
