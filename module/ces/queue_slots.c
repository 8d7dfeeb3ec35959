/* A worker's evaluations.  A slot is free, runs (its thread has what is in it), has ended, or was taken by who settles it. */
#include "ces/queue_internal.h"
#include "base/json.h"
#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOTS_MAX 64

enum state
{
  FREE,
  RUNS,
  ENDED,
  TAKEN
};

struct slot
{
  struct aid_queue_slots *all;
  unsigned long thread;
  int has_thread;
  enum state state;
  struct aid_queue_held held;
  struct aid_stop *stop; /* while it is not free */
  struct aid_queue_slot_done done;
};

struct aid_queue_slots
{
  const struct aid_queue_work *work;
  pthread_mutex_t lock;
  pthread_cond_t begun;
  int ending, n;
  int ends[2]; /* a byte for each that has ended */
  struct slot slots[SLOTS_MAX];
};

/* --- a slot's thread ----------------------------------------------------------------------------------------------------- */

/* Its slot is this thread's alone while it runs. */
static void
judge (struct slot *s)
{
  const struct aid_queue_work *work = s->all->work;
  struct aid_queue_slot_done *d = &s->done;
  *d = (struct aid_queue_slot_done){ .held = &s->held };
  json_t *task = aid_json_parse (aid_str_span (&s->held.task), "the task", &d->why);
  d->err = !task ? AID_E_INVALID
           : json_is_object (task)
             ? work->judge (work->ctx, task, aid_str_span (&s->held.answer), s->held.ours, s->stop, &d->verdict, &d->why)
             : aid_error_set (&d->why, AID_E_INVALID, "The task is no JSON object");
  json_decref (task);
}

static void *
run (void *arg)
{
  struct slot *s = arg;
  struct aid_queue_slots *all = s->all;
  pthread_mutex_lock (&all->lock);
  for (;;)
    {
      while (s->state != RUNS && !all->ending)
        pthread_cond_wait (&all->begun, &all->lock);
      if (s->state != RUNS)
        break;
      pthread_mutex_unlock (&all->lock);
      judge (s);
      pthread_mutex_lock (&all->lock);
      s->done.stopped = aid_stop_is_set (s->stop);
      s->state = ENDED;
      ssize_t told = write (all->ends[1], "!", 1); /* a full pipe tells already */
      (void)told;
    }
  pthread_mutex_unlock (&all->lock);
  return NULL;
}

/* --- all of them --------------------------------------------------------------------------------------------------------- */

static enum aid_err
start (struct aid_queue_slots *s, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  if (pipe2 (s->ends, O_CLOEXEC | O_NONBLOCK))
    return aid_error_set (e, AID_E_IO, "Cannot make a pipe: %s", strerror (errno));
  for (int i = 0; !err && i < s->n; i++)
    {
      s->slots[i].all = s;
      err = aid_thread_start (&s->slots[i].thread, "aid-judge", run, &s->slots[i], e);
      s->slots[i].has_thread = !err;
    }
  return err;
}

enum aid_err
aid_queue_slots_new (const struct aid_queue_work *work, struct aid_queue_slots **out, struct aid_error *e)
{
  struct aid_queue_slots *s = calloc (1, sizeof *s);
  *out = NULL;
  if (!s)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a worker");
  s->work = work;
  s->n = work->jobs < 1 ? 1 : work->jobs > SLOTS_MAX ? SLOTS_MAX : work->jobs;
  s->ends[0] = s->ends[1] = -1;
  pthread_mutex_init (&s->lock, NULL);
  pthread_cond_init (&s->begun, NULL);
  enum aid_err err = start (s, e);
  if (err)
    aid_queue_slots_free (s);
  else
    *out = s;
  return err;
}

int
aid_queue_slots_fd (const struct aid_queue_slots *s)
{
  return s->ends[0];
}

enum aid_err
aid_queue_slots_begin (struct aid_queue_slots *s, struct aid_queue_held *held, struct aid_error *e)
{
  struct aid_stop *stop = aid_stop_new (e);
  enum aid_err err = AID_E_STATE;
  if (!stop)
    return AID_E_NOMEM;
  pthread_mutex_lock (&s->lock);
  for (int i = 0; err && i < s->n; i++)
    if (s->slots[i].state == FREE)
      {
        s->slots[i].held = *held;
        s->slots[i].stop = stop;
        s->slots[i].state = RUNS;
        pthread_cond_broadcast (&s->begun);
        err = AID_OK;
      }
  pthread_mutex_unlock (&s->lock);
  if (!err)
    return AID_OK;
  aid_stop_free (stop);
  return aid_error_set (e, err, "More tasks were given than there are slots");
}

int
aid_queue_slots_take (struct aid_queue_slots *s, struct aid_queue_slot_done *out)
{
  char bytes[SLOTS_MAX];
  int found = 0;
  while (read (s->ends[0], bytes, sizeof bytes) > 0)
    ;
  pthread_mutex_lock (&s->lock);
  for (int i = 0; !found && i < s->n; i++)
    if (s->slots[i].state == ENDED)
      {
        *out = s->slots[i].done;
        s->slots[i].state = TAKEN;
        found = 1;
      }
  pthread_mutex_unlock (&s->lock);
  return found;
}

void
aid_queue_slots_put (struct aid_queue_slots *s, struct aid_queue_slot_done *done)
{
  pthread_mutex_lock (&s->lock);
  for (int i = 0; i < s->n; i++)
    if (s->slots[i].state == TAKEN && &s->slots[i].held == done->held)
      {
        json_decref (done->verdict);
        aid_queue_held_free (&s->slots[i].held);
        aid_stop_free (s->slots[i].stop);
        s->slots[i].stop = NULL;
        s->slots[i].state = FREE;
      }
  pthread_mutex_unlock (&s->lock);
}

int
aid_queue_slots_free_n (struct aid_queue_slots *s)
{
  int n = 0;
  pthread_mutex_lock (&s->lock);
  for (int i = 0; i < s->n; i++)
    n += s->slots[i].state == FREE;
  pthread_mutex_unlock (&s->lock);
  return n;
}

size_t
aid_queue_slots_held (struct aid_queue_slots *s, const struct aid_queue_held **out, size_t most)
{
  size_t n = 0;
  pthread_mutex_lock (&s->lock);
  for (int i = 0; i < s->n && n < most; i++)
    if (s->slots[i].state != FREE)
      out[n++] = &s->slots[i].held;
  pthread_mutex_unlock (&s->lock);
  return n;
}

void
aid_queue_slots_stop (struct aid_queue_slots *s, const struct aid_queue_held *held)
{
  pthread_mutex_lock (&s->lock);
  for (int i = 0; i < s->n; i++)
    if (s->slots[i].state == RUNS && (!held || held == &s->slots[i].held))
      aid_stop_set (s->slots[i].stop);
  pthread_mutex_unlock (&s->lock);
}

void
aid_queue_slots_free (struct aid_queue_slots *s)
{
  struct aid_queue_slot_done done;
  if (!s)
    return;
  aid_queue_slots_stop (s, NULL);
  pthread_mutex_lock (&s->lock);
  s->ending = 1;
  pthread_cond_broadcast (&s->begun);
  pthread_mutex_unlock (&s->lock);
  for (int i = 0; i < s->n; i++)
    if (s->slots[i].has_thread)
      pthread_join ((pthread_t)s->slots[i].thread, NULL);
  while (aid_queue_slots_take (s, &done))
    aid_queue_slots_put (s, &done);
  for (int i = 0; i < 2; i++)
    if (s->ends[i] >= 0)
      close (s->ends[i]);
  pthread_cond_destroy (&s->begun);
  pthread_mutex_destroy (&s->lock);
  free (s);
}
