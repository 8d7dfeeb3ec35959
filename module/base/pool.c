/* The workers: one queue, one lock, which is never held while a job runs.  Signals belong to the editor's main thread, so
   every thread here starts with all of them blocked, but those of its own faults: blocked, these would end Emacs without a word,
   its autosaves and the loader's crash marks (versions/marks.h). */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 8, WAITING_MAX = 10000, STACK_BYTES = 1 << 20 };

struct aid_pool
{
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct aid_pool_job *first, **last;
  size_t waiting;
  int stopping;
  unsigned threads, most, idle;
  unsigned long ids[THREADS_MAX];
};

enum aid_err
aid_thread_start (unsigned long *thread, const char *name, void *(*fn) (void *), void *arg, struct aid_error *e)
{
  sigset_t all, old;
  pthread_attr_t attr;
  pthread_t id = 0;
  char shown[16] = "";
  sigfillset (&all);
  /* What a crash brings is for who notes it: the newest C libraries' abort no longer unblocks its signal. */
  sigdelset (&all, SIGSEGV);
  sigdelset (&all, SIGBUS);
  sigdelset (&all, SIGILL);
  sigdelset (&all, SIGFPE);
  sigdelset (&all, SIGABRT);
  if (pthread_attr_init (&attr))
    return aid_error_set (e, AID_E_NOMEM, "No memory for a thread");
  pthread_attr_setstacksize (&attr, STACK_BYTES);
  pthread_sigmask (SIG_SETMASK, &all, &old);
  int no = pthread_create (&id, &attr, fn, arg);
  pthread_sigmask (SIG_SETMASK, &old, NULL);
  pthread_attr_destroy (&attr);
  if (no)
    return aid_error_set (e, AID_E_IO, "Cannot start the thread %s: %s", name, strerror (no));
  strncpy (shown, name, sizeof shown - 1);
  pthread_setname_np (id, shown);
  *thread = id;
  return AID_OK;
}

static void *
work (void *arg)
{
  struct aid_pool *p = arg;
  for (;;)
    {
      pthread_mutex_lock (&p->lock);
      p->idle++;
      while (!p->first && !p->stopping)
        pthread_cond_wait (&p->wake, &p->lock);
      p->idle--;
      struct aid_pool_job *job = p->stopping ? NULL : p->first;
      if (job)
        {
          p->first = job->next;
          if (!p->first)
            p->last = &p->first;
          p->waiting--;
        }
      pthread_mutex_unlock (&p->lock);
      if (!job)
        return NULL;
      struct aid_pool_job *ours = job->owned ? job : NULL;
      job->fn (job->arg);            /* a caller's job may be gone now */
      free (ours);
    }
}

/* Starts one more, under the lock. */
static enum aid_err
add_thread (struct aid_pool *p, struct aid_error *e)
{
  enum aid_err err = aid_thread_start (&p->ids[p->threads], "aid-worker", work, p, e);
  p->threads += !err;
  return err;
}

struct aid_pool *
aid_pool_new (unsigned n, struct aid_error *e)
{
  struct aid_pool *p = calloc (1, sizeof *p);
  if (!p)
    {
      aid_error_set (e, AID_E_NOMEM, "No memory for the workers");
      return NULL;
    }
  pthread_mutex_init (&p->lock, NULL);
  pthread_cond_init (&p->wake, NULL);
  p->last = &p->first;
  p->most = n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : n;
  pthread_mutex_lock (&p->lock);
  enum aid_err err = add_thread (p, e);
  pthread_mutex_unlock (&p->lock);
  if (err)
    {
      aid_pool_free (p);
      return NULL;
    }
  return p;
}

/* Queues JOB unless MOST wait already. */
static enum aid_err
queue (struct aid_pool *p, struct aid_pool_job *job, size_t most)
{
  pthread_mutex_lock (&p->lock);
  enum aid_err err = p->stopping ? AID_E_STATE : p->waiting >= most ? AID_E_LIMIT : AID_OK;
  if (!err)
    {
      *p->last = job;
      p->last = &job->next;
      p->waiting++;
      if (p->waiting > p->idle && p->threads < p->most)
        add_thread (p, &(struct aid_error){ AID_OK, "" });   /* without it those that run take the job */
      pthread_cond_signal (&p->wake);
    }
  pthread_mutex_unlock (&p->lock);
  return err;
}

enum aid_err
aid_pool_run (struct aid_pool *p, void (*fn) (void *arg), void (*free_arg) (void *arg), void *arg)
{
  struct aid_pool_job *job = malloc (sizeof *job);
  if (!job)
    return AID_E_NOMEM;
  *job = (struct aid_pool_job){ fn, free_arg, arg, NULL, 1 };
  enum aid_err err = queue (p, job, WAITING_MAX);
  if (err)
    free (job);
  return err;
}

enum aid_err
aid_pool_put (struct aid_pool *p, struct aid_pool_job *job)
{
  job->next = NULL;
  job->owned = 0;
  return queue (p, job, SIZE_MAX);
}

void
aid_pool_stop (struct aid_pool *p)
{
  pthread_mutex_lock (&p->lock);
  p->stopping = 1;
  struct aid_pool_job *dropped = p->first;
  p->first = NULL;
  p->last = &p->first;
  p->waiting = 0;
  pthread_cond_broadcast (&p->wake);
  pthread_mutex_unlock (&p->lock);
  while (dropped)
    {
      struct aid_pool_job *next = dropped->next, *ours = dropped->owned ? dropped : NULL;
      if (dropped->free_arg)
        dropped->free_arg (dropped->arg);
      free (ours);
      dropped = next;
    }
  for (unsigned i = 0; i < p->threads; i++)
    pthread_join (p->ids[i], NULL);
  p->threads = 0;
}

void
aid_pool_free (struct aid_pool *p)
{
  if (!p)
    return;
  aid_pool_stop (p);
  pthread_cond_destroy (&p->wake);
  pthread_mutex_destroy (&p->lock);
  free (p);
}

/* --- one job in many parts --- */

enum { HELPERS_MAX = 32 };

struct each
{
  size_t n;
  enum aid_err (*fn) (void *ctx, size_t i, struct aid_error *e);
  void *ctx;
  atomic_size_t next;
  pthread_mutex_t lock;
  struct aid_error first;       /* what failed first, under the lock */
};

static void *
take_parts (void *arg)
{
  struct each *x = arg;
  size_t i;
  while ((i = atomic_fetch_add (&x->next, 1)) < x->n)
    {
      struct aid_error e = { AID_OK, "" };
      enum aid_err err = x->fn (x->ctx, i, &e);
      if (!err)
        continue;
      atomic_store (&x->next, x->n);
      pthread_mutex_lock (&x->lock);
      if (!x->first.code)
        x->first = e;
      x->first.code = x->first.code ? x->first.code : err;
      pthread_mutex_unlock (&x->lock);
    }
  return NULL;
}

enum aid_err
aid_thread_each (size_t n, unsigned helpers, const char *name,
                 enum aid_err (*fn) (void *ctx, size_t i, struct aid_error *e), void *ctx, struct aid_error *e)
{
  struct each x = { .n = n, .fn = fn, .ctx = ctx, .lock = PTHREAD_MUTEX_INITIALIZER };
  unsigned long thread[HELPERS_MAX] = { 0 };
  unsigned threads = 0;
  while (threads < helpers && threads < HELPERS_MAX && threads + 1 < n
         && aid_thread_start (&thread[threads], name, take_parts, &x, NULL) == AID_OK)
    threads++;
  take_parts (&x);
  for (unsigned i = 0; i < threads; i++)
    pthread_join (thread[i], NULL);
  pthread_mutex_destroy (&x.lock);
  if (x.first.code && e)
    *e = x.first;
  return x.first.code;
}
