/* Which builds run.  A site is a project that builds: what runs there, and the newest request that waits for its end.  Its thread
   takes requests until none waits; it is joined by the next thread of that site, or at the end. */
#include "build/run.h"
#include "base/pool.h"
#include "base/stop.h"

#include <pthread.h>
#include <stdlib.h>

#define ENV_MAX 10000

struct site
{
  struct aid_builds *owner;
  char *root; /* NULL: the site is free */
  struct aid_build_request *waiting;
  struct aid_stop *stop; /* of what runs; NULL: nothing does, the thread is about to end */
  unsigned long thread;
  int started;            /* THREAD is to be joined */
  unsigned long previous; /* its predecessor, which it joins */
  int has_previous;
  int cancel; /* WAITING is to be stopped as soon as it runs */
};

struct aid_builds
{
  pthread_mutex_t lock;
  struct aid_build_sink sink;
  struct site sites[AID_BUILD_SITES];
  int stopping;
};

/* --- requests --- */

static void
request_free (struct aid_build_request *r)
{
  if (!r)
    return;
  for (size_t i = 0; r->env && r->env[i]; i++)
    free ((char *)(uintptr_t)r->env[i]);
  free ((char **)(uintptr_t)r->env);
  free ((char *)(uintptr_t)r->root);
  free ((char *)(uintptr_t)r->dir);
  free ((char *)(uintptr_t)r->line);
  free (r);
}

static int
copy_string (const char **to, const char *from)
{
  *to = from ? strdup (from) : NULL;
  return !from || *to;
}

static int
copy_env (struct aid_build_request *r, const char *const *env)
{
  size_t n = 0;
  while (env && env[n] && n < ENV_MAX)
    n++;
  const char **copy = env ? calloc (n + 1, sizeof *copy) : NULL;
  r->env = copy;
  if (env && !copy)
    return 0;
  for (size_t i = 0; i < n; i++)
    if (!(copy[i] = strdup (env[i])))
      return 0;
  return 1;
}

static struct aid_build_request *
request_copy (const struct aid_build_request *from)
{
  struct aid_build_request *r = calloc (1, sizeof *r);
  if (!r)
    return NULL;
  r->id = from->id;
  r->what = from->what;
  r->leave = from->leave;
  if (copy_string (&r->root, from->root) && r->root && copy_string (&r->dir, from->dir) && copy_string (&r->line, from->line)
      && copy_env (r, from->env))
    return r;
  request_free (r);
  return NULL;
}

/* Says that R will not run, for WHY; takes it. */
static void
drop (struct aid_builds *b, struct aid_build_request *r, const char *why)
{
  struct aid_error e = { AID_OK, "" };
  if (!r)
    return;
  aid_error_set (&e, AID_E_CANCELLED, "%s", why);
  struct aid_build_event ev = { .kind = AID_BUILD_FAILED, .what = r->what, .error = &e };
  b->sink.post (b->sink.ctx, r->id, &ev);
  request_free (r);
}

/* --- the thread of a site --- */

/* The next request of S with a fresh stop; NULL: the thread ends, and the site is free when it was joined. */
static struct aid_build_request *
next (struct site *s)
{
  struct aid_builds *b = s->owner;
  struct aid_error e;
  struct aid_stop *fresh = aid_stop_new (&e), *old;
  pthread_mutex_lock (&b->lock);
  struct aid_build_request *r = s->waiting;
  s->waiting = NULL;
  old = s->stop;
  s->stop = r ? fresh : NULL;
  if (r && fresh && (b->stopping || s->cancel))
    aid_stop_set (fresh);
  s->cancel = 0;
  pthread_mutex_unlock (&b->lock);
  aid_stop_free (old);
  if (r && fresh)
    return r;
  aid_stop_free (fresh);
  drop (b, r, "No memory for a build");
  return NULL;
}

static void *
work (void *arg)
{
  struct site *s = arg;
  struct aid_build_request *r;
  if (s->has_previous)
    pthread_join (s->previous, NULL);
  while ((r = next (s)))
    {
      aid_build_run (r, s->stop, &s->owner->sink);
      request_free (r);
    }
  return NULL;
}

/* --- from outside --- */

struct aid_builds *
aid_builds_new (const struct aid_build_sink *sink, struct aid_error *e)
{
  struct aid_builds *b = calloc (1, sizeof *b);
  if (!b)
    return aid_error_set (e, AID_E_NOMEM, "No memory for builds"), NULL;
  pthread_mutex_init (&b->lock, NULL);
  b->sink = *sink;
  for (size_t i = 0; i < AID_BUILD_SITES; i++)
    b->sites[i].owner = b;
  return b;
}

/* Under the lock: whether the thread of S takes no more requests. */
static int
is_idle (const struct site *s)
{
  return !s->stop && !s->waiting;
}

/* Under the lock: the site of ROOT, else one that can be had. */
static struct site *
find_site (struct aid_builds *b, const char *root)
{
  struct site *free_one = NULL;
  for (size_t i = 0; i < AID_BUILD_SITES; i++)
    {
      struct site *s = &b->sites[i];
      if (s->root && !strcmp (s->root, root) && !is_idle (s))
        return s;
      if (is_idle (s) && (!free_one || !s->root))
        free_one = s;
    }
  return free_one;
}

/* Under the lock: takes the idle S for *R, which is NULL then.  Its old thread has nothing more to do; the new one joins it. */
static enum aid_err
occupy (struct site *s, struct aid_build_request **r, struct aid_error *e)
{
  unsigned long thread;
  char *name = strdup ((*r)->root);
  if (!name)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a build");
  free (s->root);
  s->root = name;
  s->waiting = *r;
  s->previous = s->thread;
  s->has_previous = s->started;
  enum aid_err err = aid_thread_start (&thread, "aid-build", work, s, e);
  if (err)
    {
      s->waiting = NULL;
      return err;
    }
  s->thread = thread;
  s->started = 1;
  *r = NULL;
  return AID_OK;
}

enum aid_err
aid_builds_start (struct aid_builds *b, const struct aid_build_request *request, struct aid_error *e)
{
  struct aid_build_request *r = request_copy (request), *replaced = NULL;
  enum aid_err err = AID_OK;
  if (!r)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a build");
  pthread_mutex_lock (&b->lock);
  struct site *s = b->stopping ? NULL : find_site (b, r->root);
  if (!s)
    err = b->stopping ? aid_error_set (e, AID_E_STATE, "The core is stopping")
                      : aid_error_set (e, AID_E_LIMIT, "%d projects build already: stop one", AID_BUILD_SITES);
  else if (is_idle (s))
    err = occupy (s, &r, e);
  else
    {
      replaced = s->waiting;
      s->waiting = r;
      r = NULL;
      if (s->stop)
        aid_stop_set (s->stop);
    }
  pthread_mutex_unlock (&b->lock);
  drop (b, replaced, "A newer build came");
  request_free (r);
  return err;
}

void
aid_builds_stop (struct aid_builds *b, const char *root)
{
  struct aid_build_request *dropped[AID_BUILD_SITES] = { NULL };
  pthread_mutex_lock (&b->lock);
  for (size_t i = 0; i < AID_BUILD_SITES; i++)
    {
      struct site *s = &b->sites[i];
      if (!s->root || (root && strcmp (s->root, root) != 0))
        continue;
      if (s->stop)
        {
          aid_stop_set (s->stop);
          dropped[i] = s->waiting;
          s->waiting = NULL;
        }
      else
        s->cancel = s->waiting != NULL;
    }
  pthread_mutex_unlock (&b->lock);
  for (size_t i = 0; i < AID_BUILD_SITES; i++)
    drop (b, dropped[i], "The build was stopped");
}

unsigned
aid_builds_running (struct aid_builds *b)
{
  unsigned n = 0;
  pthread_mutex_lock (&b->lock);
  for (size_t i = 0; i < AID_BUILD_SITES; i++)
    n += !is_idle (&b->sites[i]);
  pthread_mutex_unlock (&b->lock);
  return n;
}

void
aid_builds_free (struct aid_builds *b)
{
  if (!b)
    return;
  pthread_mutex_lock (&b->lock);
  b->stopping = 1;
  pthread_mutex_unlock (&b->lock);
  aid_builds_stop (b, NULL);
  for (size_t i = 0; i < AID_BUILD_SITES; i++)
    {
      if (b->sites[i].started)
        pthread_join (b->sites[i].thread, NULL);
      free (b->sites[i].root);
    }
  pthread_mutex_destroy (&b->lock);
  free (b);
}
