/* Loading and ending cores.  The order of a swap: open the new one, start it, point the functions to it, retire the old
   one, and stop that when its requests have ended. */
#include "loader/cores.h"
#include "loader/queue.h"
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct aid_loaded *all;
static uint32_t last_generation;

static void fail (struct aid_load_error *e, const char *code, const char *fmt, ...) __attribute__ ((format (printf, 3, 4)));

static void
fail (struct aid_load_error *e, const char *code, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  e->code = code;
  vsnprintf (e->msg, sizeof e->msg, fmt, ap);
  va_end (ap);
}

/* The core's table, or NULL and *E. */
static const struct aid_core *
entry (void *handle, const char *file, struct aid_load_error *e)
{
  const struct aid_core *(*get) (void);
  void *sym = dlsym (handle, "aid_core_entry");
  memcpy (&get, &sym, sizeof get);   /* ISO C knows no cast from an object's to a function's pointer */
  const struct aid_core *core = sym != NULL ? get () : NULL;
  if (core == NULL)
    fail (e, "invalid", "%s is not a core of AID", file);
  else if (core->abi != AID_ABI)
    {
      fail (e, "invalid", "%s speaks version %u of the loader's interface, this loader %u: restart Emacs to load it", file,
            core->abi, AID_ABI);
      core = NULL;
    }
  return core;
}

/* Whether HANDLE is a mapping that has been started; the linker gives the old one for a path it knows. */
static int
is_loaded (const void *handle)
{
  const struct aid_loaded *l = all;
  while (l != NULL && l->handle != handle)
    l = l->next;
  return l != NULL;
}

/* What it maps stays mapped, as every core does: the handle is not kept. */
static void *
map (void *file)
{
  dlopen (file, RTLD_NOW | RTLD_LOCAL);
  free (file);
  return NULL;
}

void
aid_cores_prefetch (const char *file)
{
  pthread_t thread;
  sigset_t every, before;
  char *copy = strdup (file);
  if (copy == NULL)
    return;
  sigfillset (&every);   /* signals are for Emacs's own thread */
  pthread_sigmask (SIG_SETMASK, &every, &before);
  if (pthread_create (&thread, NULL, map, copy) == 0)
    pthread_detach (thread);
  else
    free (copy);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
}

struct aid_loaded *
aid_cores_open (const char *file, struct aid_load_error *e)
{
  struct aid_loaded *l;
  if (strchr (file, '/') == NULL)
    {
      fail (e, "invalid", "\"%s\" is not a file with a folder: give its full name", file);
      return NULL;
    }
  void *handle = dlopen (file, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL)
    {
      const char *why = dlerror ();
      fail (e, "io", "The core cannot be loaded: %s", why != NULL ? why : file);
      return NULL;
    }
  if (is_loaded (handle))
    {
      fail (e, "state", "This core is loaded already: %s (a new build needs a new file name)", file);
      return NULL;
    }
  const struct aid_core *core = entry (handle, file, e);
  if (core == NULL)
    return NULL;
  if ((l = calloc (1, sizeof *l)) == NULL || (l->file = strdup (file)) == NULL)
    {
      free (l);
      fail (e, "nomem", "No memory for a core");
      return NULL;
    }
  l->core = core;
  l->handle = handle;
  return l;
}

int
aid_cores_start (struct aid_loaded *l, struct aid_load_error *e)
{
  char msg[256] = "";
  l->host = (struct aid_host){ AID_ABI, ++last_generation, aid_queue_next_id, aid_queue_post };
  if (l->core->start (&l->host, msg, sizeof msg) == 0)
    return 0;
  /* The core has undone what it began, but a thread of it may have seen the host: leave that where it is. */
  fail (e, "state", "The core %s does not start: %.200s", l->file, msg);
  return -1;
}

void
aid_cores_promote (struct aid_loaded *l)
{
  for (struct aid_loaded *o = all; o != NULL; o = o->next)
    if (o->state == AID_CORE_CURRENT)
      {
        o->state = AID_CORE_RETIRED;
        o->core->retire ();
      }
  l->state = AID_CORE_CURRENT;
  l->next = all;
  all = l;
}

static void
stop (struct aid_loaded *l, const char *reason)
{
  l->state = AID_CORE_STOPPED;
  l->core->stop (reason);
}

unsigned
aid_cores_reap (int force, const char *reason)
{
  unsigned left = 0;
  for (struct aid_loaded *l = all; l != NULL; l = l->next)
    if (l->state == AID_CORE_RETIRED)
      {
        if (force || l->core->running () == 0)
          stop (l, reason);
        else
          left++;
      }
  return left;
}

void
aid_cores_stop_all (const char *reason)
{
  for (struct aid_loaded *l = all; l != NULL; l = l->next)
    if (l->state == AID_CORE_CURRENT || l->state == AID_CORE_RETIRED)
      {
        if (l->state == AID_CORE_CURRENT)
          l->core->retire ();
        stop (l, reason);
      }
}

void
aid_cores_cancel (uint64_t request)
{
  for (struct aid_loaded *l = all; l != NULL; l = l->next)
    if (l->state == AID_CORE_CURRENT || l->state == AID_CORE_RETIRED)
      l->core->cancel (request);
}

const struct aid_loaded *
aid_cores_all (void)
{
  return all;
}
