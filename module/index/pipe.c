/* A ring: items between TAKEN and PUT wait for a thread, those between GOT and TAKEN are with one or done.  Only the
   writer puts and gets; the threads take, several at once: waking one another up costs as much as a small file. */
#include "index/pipe.h"
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum
{
  RING = 2 * AID_PIPE_HALF,
  SOME = 16, /* items that a thread takes at once, and is woken up for */
  KEPT = 1 << 19,
  THREADS_MAX = 8
};

struct place
{
  struct aid_pipe_item item;
  int done;
};

struct reader
{
  struct aid_pipe *pipe;
  unsigned long thread;
  struct aid_preparer *preparer;
  struct aid_gather *names, *words; /* NULL: nothing is gathered */
};

struct aid_pipe
{
  struct aid_project *project;
  pthread_mutex_t lock; /* guards the counters and DONE */
  pthread_cond_t more, done;
  struct place ring[RING];
  uint64_t put, taken, got;
  uint64_t told; /* the writer's own: what was put when it last woke the threads up */
  int ending, calm;
  unsigned n;
  struct reader readers[THREADS_MAX];
  struct aid_preparer *alone; /* where there are no threads */
};

void
aid_calm_thread (void)
{
#ifdef __linux__
  struct sched_param none = { 0 };

  sched_setscheduler (0, SCHED_IDLE, &none);
  setpriority (PRIO_PROCESS, (id_t)syscall (SYS_gettid), 19);
  syscall (SYS_ioprio_set, 1, 0, 3 << 13);
#endif
}

/* How many of the items that wait a thread takes.  With the lock held. */
static unsigned
share (const struct aid_pipe *p)
{
  uint64_t each = (p->put - p->taken + p->n - 1) / p->n;

  return each < SOME ? (unsigned)each : SOME;
}

/* FD: what was opened ahead, or -1. */
static void
prepare (struct aid_preparer *preparer, struct aid_pipe_item *item, int fd)
{
  const struct aid_to_prepare task
    = { aid_str_span (&item->path), item->what, item->id, item->hash, &item->listed, item->outline, fd };

  aid_prepare (preparer, &task, &item->made);
}

/* Prepares the items FROM to TO.  All are opened first, so that the disk is not waited for one after the other. */
static void
prepare_some (struct reader *r, uint64_t from, uint64_t to)
{
  struct aid_pipe *p = r->pipe;
  int fds[SOME];

  for (uint64_t i = from; i < to; i++)
    fds[i - from] = aid_project_open_ahead (p->project, aid_str_span (&p->ring[i % RING].item.path));
  for (uint64_t i = from; i < to; i++)
    prepare (r->preparer, &p->ring[i % RING].item, fds[i - from]);
}

static void *
work (void *arg)
{
  struct reader *r = arg;
  struct aid_pipe *p = r->pipe;

  if (p->calm)
    aid_calm_thread ();
  pthread_mutex_lock (&p->lock);
  for (;;)
    {
      while (p->taken == p->put && !p->ending)
        pthread_cond_wait (&p->more, &p->lock);
      if (p->ending)
        break;
      uint64_t from = p->taken, to = from + share (p);
      p->taken = to;
      pthread_mutex_unlock (&p->lock);
      prepare_some (r, from, to);
      pthread_mutex_lock (&p->lock);
      for (uint64_t i = from; i < to; i++)
        p->ring[i % RING].done = 1;
      pthread_cond_signal (&p->done);
    }
  pthread_mutex_unlock (&p->lock);
  return NULL;
}

/* Starts one more thread; 0 or -1. */
static int
start (struct aid_pipe *p, struct aid_error *e)
{
  struct reader *r = &p->readers[p->n];

  r->pipe = p;
  if (!(r->preparer = aid_preparer_new (p->project, e)))
    return -1;
  if (aid_thread_start (&r->thread, "aid-index-read", work, r, e))
    {
      aid_preparer_free (r->preparer);
      return -1;
    }
  p->n++;
  return 0;
}

struct aid_pipe *
aid_pipe_new (struct aid_project *project, unsigned threads, int calm, struct aid_error *e)
{
  struct aid_pipe *p = calloc (1, sizeof *p);

  if (!p)
    {
      aid_error_set (e, AID_E_NOMEM, "No memory for the index");
      return NULL;
    }
  p->project = project;
  p->calm = calm;
  pthread_mutex_init (&p->lock, NULL);
  pthread_cond_init (&p->more, NULL);
  pthread_cond_init (&p->done, NULL);
  for (size_t i = 0; i < RING; i++)
    {
      p->ring[i].item.path = AID_STR_INIT (AID_PROJECT_PATH_MAX + 1);
      aid_prepared_init (&p->ring[i].item.made);
    }
  while (p->n < threads && p->n < THREADS_MAX && !start (p, e))
    ;
  if (!threads)
    p->alone = aid_preparer_new (project, e);
  if (p->n || p->alone)
    return p;
  aid_pipe_free (p);
  return NULL;
}

void
aid_pipe_free (struct aid_pipe *p)
{
  if (!p)
    return;
  pthread_mutex_lock (&p->lock);
  p->ending = 1;
  pthread_cond_broadcast (&p->more);
  pthread_mutex_unlock (&p->lock);
  for (unsigned i = 0; i < p->n; i++)
    {
      struct reader *r = &p->readers[i];
      pthread_join (r->thread, NULL);
      aid_preparer_free (r->preparer);
      aid_gather_free (r->names);
      aid_gather_free (r->words);
    }
  aid_preparer_free (p->alone);
  for (size_t i = 0; i < RING; i++)
    {
      aid_str_free (&p->ring[i].item.path);
      aid_prepared_free (&p->ring[i].item.made);
    }
  pthread_mutex_destroy (&p->lock);
  pthread_cond_destroy (&p->more);
  pthread_cond_destroy (&p->done);
  free (p);
}

int
aid_pipe_full (const struct aid_pipe *p)
{
  return p->put - p->got == RING;
}

int
aid_pipe_empty (const struct aid_pipe *p)
{
  return p->put == p->got;
}

/* Wakes the threads up for what was put. */
static void
tell (struct aid_pipe *p)
{
  p->told = p->put;
  pthread_cond_broadcast (&p->more);
}

void
aid_pipe_put (struct aid_pipe *p, const struct aid_to_prepare *task)
{
  struct place *place = &p->ring[p->put % RING];

  aid_str_clear (&place->item.path);
  aid_str_addspan (&place->item.path, task->path);
  place->item.listed = *task->listed;
  place->item.outline = task->outline;
  place->item.what = task->what;
  place->item.id = task->id;
  place->item.hash = task->hash;
  place->done = 0;
  pthread_mutex_lock (&p->lock);
  p->put++;
  pthread_mutex_unlock (&p->lock);
  if (p->put - p->told >= SOME)
    tell (p);
}

struct aid_pipe_item *
aid_pipe_wait (struct aid_pipe *p)
{
  struct place *place = &p->ring[p->got % RING];

  if (p->alone)
    {
      prepare (p->alone, &place->item, -1);
      return &place->item;
    }
  if (p->told != p->put)
    tell (p);
  pthread_mutex_lock (&p->lock);
  while (!place->done)
    pthread_cond_wait (&p->done, &p->lock);
  pthread_mutex_unlock (&p->lock);
  return &place->item;
}

void
aid_pipe_next (struct aid_pipe *p)
{
  struct aid_prepared *made = &p->ring[p->got % RING].item.made;

  if (made->text.cap + made->cells.cap * sizeof (uint32_t) > KEPT)
    {
      aid_prepared_free (made);
      aid_prepared_init (made);
    }
  p->got++;
}

/* --- gathering ----------------------------------------------------------------------------------------------------- */

enum aid_err
aid_pipe_gather (struct aid_pipe *p, struct aid_error *e)
{
  for (unsigned i = 0; i < p->n; i++)
    {
      struct reader *r = &p->readers[i];
      if (!r->names && (!(r->names = aid_gather_new (e)) || !(r->words = aid_gather_new (e))))
        return AID_E_NOMEM;
      /* The thread waits: it sees this with the next item, which it takes under the lock. */
      aid_preparer_gather (r->preparer, r->names, r->words);
    }
  return AID_OK;
}

int
aid_pipe_gathered (struct aid_pipe *p, unsigned i, struct aid_gather **names, struct aid_gather **words)
{
  if (i >= p->n || !p->readers[i].words)
    return 0;
  *names = p->readers[i].names;
  *words = p->readers[i].words;
  return 1;
}
