/* Submitting and waiting.  A task has its name before it is submitted, so that one which was cut off in the middle is
   submitted again and is there once. */
#include "ces/queue_internal.h"
#include "base/clock.h"
#include "base/json.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#define KEPT_MAX 16
#define LOOK_MS 5000 /* a look without having been told: a worker may have died, and nobody else is there to notice */
#define AGAIN_MS 100
#define AGAIN_MOST_MS 2000

struct aid_queue_asker
{
  const struct aid_queue_place *place;
  pthread_mutex_t lock;
  struct aid_queue *kept[KEPT_MAX]; /* connections that nobody uses, and that listen */
  int n;
};

struct aid_queue_asker *
aid_queue_asker_new (const struct aid_queue_place *place, struct aid_error *e)
{
  struct aid_queue_asker *a = calloc (1, sizeof *a);
  if (!a)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the queue"), NULL;
  a->place = place;
  pthread_mutex_init (&a->lock, NULL);
  return a;
}

void
aid_queue_asker_free (struct aid_queue_asker *a)
{
  if (!a)
    return;
  for (int i = 0; i < a->n; i++)
    aid_queue_close (a->kept[i]);
  pthread_mutex_destroy (&a->lock);
  free (a);
}

static enum aid_err
have (struct aid_queue_asker *a, struct aid_queue **out, struct aid_error *e)
{
  *out = NULL;
  pthread_mutex_lock (&a->lock);
  if (a->n)
    *out = a->kept[--a->n];
  pthread_mutex_unlock (&a->lock);
  if (*out)
    return AID_OK;
  enum aid_err err = aid_queue_open (a->place, NULL, out, e);
  if (!err && (err = aid_queue_listen (*out, AID_QUEUE_DONE, e)))
    {
      aid_queue_close (*out);
      *out = NULL;
    }
  return err;
}

static void
give_back (struct aid_queue_asker *a, struct aid_queue *q)
{
  pthread_mutex_lock (&a->lock);
  int keep = a->n < KEPT_MAX;
  if (keep)
    a->kept[a->n++] = q;
  pthread_mutex_unlock (&a->lock);
  if (!keep)
    aid_queue_close (q);
}

/* Looks until the task is done, on a connection that works; *AWAY becomes 0 when the queue has answered. */
static enum aid_err
await (struct aid_queue *q, const struct aid_queue_task *t, const struct aid_stop *stop, int64_t *away, json_t **result,
       struct aid_error *e)
{
  const int others[] = { aid_stop_fd (stop), -1 };
  for (;;)
    {
      unsigned news = 0;
      enum aid_err err = aid_queue_result (q, t->id, result, e);
      if (err || !strcmp (aid_json_str (*result, "state"), "done"))
        return err;
      *away = 0;
      json_decref (*result);
      *result = NULL;
      if (aid_stop_is_set (stop))
        return aid_error_set (e, AID_E_CANCELLED, "Stopped");
      if ((err = aid_queue_wait (q, LOOK_MS, others, &news, e)))
        return err;
    }
}

/* Cancels what was submitted here, and says what has become of it. */
static enum aid_err
end_stopped (struct aid_queue *q, const struct aid_queue_task *t, struct aid_error *e)
{
  const char *was = "";
  enum aid_err err = q && t->task.len ? aid_queue_cancel (q, t->id, &was, NULL) : AID_E_STATE;
  if (!t->task.len)
    return aid_error_set (e, AID_E_CANCELLED, "the task %s stays in the queue", t->id);
  if (err == AID_E_NOTFOUND)
    return aid_error_set (e, AID_E_CANCELLED, "nothing was left in the queue");
  if (err)
    return aid_error_set (e, AID_E_CANCELLED, "the queue cannot be told now: aid ces cancel %s", t->id);
  return aid_error_set (e, AID_E_CANCELLED,
                        strcmp (was, "done") != 0 ? "the task %s is cancelled" : "the task %s is done already", t->id);
}

enum aid_err
aid_queue_ask (struct aid_queue_asker *a, const struct aid_queue_task *t, int patience_ms, const struct aid_stop *stop,
               json_t **result, struct aid_error *e)
{
  struct pollfd stopped = { aid_stop_fd (stop), POLLIN, 0 };
  int64_t away = 0; /* since when, monotonic ms; 0: it is not */
  int submitted = !t->task.len, pause_ms = AGAIN_MS;
  enum aid_err err;
  if (result)
    *result = NULL;
  for (;;)
    {
      struct aid_queue *q;
      err = have (a, &q, e);
      if (!err && !submitted)
        submitted = !(err = aid_queue_submit (q, t, e));
      if (!err && result)
        err = await (q, t, stop, &away, result, e);
      if (err == AID_E_CANCELLED)
        end_stopped (q, t, e);
      if (q && aid_queue_is_lost (err))
        aid_queue_close (q);
      else if (q)
        give_back (a, q);
      if (!err || !aid_queue_is_lost (err))
        return err;
      if (!away)
        {
          away = aid_clock_ms ();
          pause_ms = AGAIN_MS;
        }
      if (patience_ms >= 0 && aid_clock_ms () - away >= patience_ms)
        return err;
      poll (&stopped, 1, pause_ms);
      if (aid_stop_is_set (stop))
        return end_stopped (NULL, t, e);
      pause_ms = 2 * pause_ms > AGAIN_MOST_MS ? AGAIN_MOST_MS : 2 * pause_ms;
    }
}
