/* Loading and ending cores.  The order of a swap: open the new one, start it, point the functions to it, retire the old
   one, and stop that when its requests have ended. */
#include "loader/cores.h"
#include "loader/crash.h"
#include "loader/queue.h"
#include "versions/marks.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Copies what is in FROM to TO.  0, or -1 with errno. */
static int
copy_bytes (int from, int to)
{
  char buf[65536];
  ssize_t n;
  while ((n = read (from, buf, sizeof buf)) != 0)
    if (n < 0 && errno != EINTR)
      return -1;
    else
      for (ssize_t at = 0, put; at < n; at += put > 0 ? put : 0)
        if ((put = write (to, buf + at, (size_t) (n - at))) < 0 && errno != EINTR)
          return -1;
  return 0;
}

/* A mapping of FILE of its own, from a copy that has a name for that moment only; NULL and *E. */
static void *
map_again (const char *file, struct aid_load_error *e)
{
  char path[AID_VERSIONS_PATH];
  void *handle = NULL;
  int from = open (file, O_RDONLY | O_CLOEXEC), to = -1;
  if (aid_marks_make_folder () == 0 && aid_marks_folder (path) == 0 && strlen (path) + 16 < sizeof path)
    {
      strcat (path, "/again-XXXXXX");
      to = mkostemp (path, O_CLOEXEC);
    }
  if (from < 0 || to < 0 || copy_bytes (from, to) != 0)
    fail (e, "io", "%s cannot be copied, to be loaded again: %s", file, strerror (errno));
  else if ((handle = dlopen (path, RTLD_NOW | RTLD_LOCAL)) == NULL)
    {
      const char *why = dlerror ();
      fail (e, "io", "The core cannot be loaded again: %s", why != NULL ? why : file);
    }
  if (to >= 0)
    {
      unlink (path);
      close (to);
    }
  if (from >= 0)
    close (from);
  return handle;
}

struct aid_loaded *
aid_cores_open (const char *file, int again, struct aid_load_error *e)
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
  if (is_loaded (handle) && again)
    {
      if ((handle = map_again (file, e)) == NULL)
        return NULL;
    }
  else if (is_loaded (handle))
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

/* The mark of the core that functions call now. */
static struct aid_crash *
current_crash (void)
{
  const struct aid_loaded *l = all;
  while (l != NULL && l->state != AID_CORE_CURRENT)
    l = l->next;
  return l != NULL ? l->crash : NULL;
}

int
aid_cores_start (struct aid_loaded *l, struct aid_load_error *e)
{
  char msg[256] = "";
  int is_installed = aid_installed_of_file (l->file, &l->installed) == 0;
  if (!is_installed)
    memset (&l->installed, 0, sizeof l->installed);
  l->host = (struct aid_host){ AID_ABI,         ++last_generation,     aid_queue_next_id,
                               aid_queue_post, l->installed.version, l->installed.hash };
  if (is_installed)
    l->crash = aid_crash_begin (l->installed.hash);
  aid_crash_enter ();
  int bad = l->core->start (&l->host, msg, sizeof msg);
  aid_crash_leave ();
  if (bad == 0)
    return 0;
  aid_crash_end (l->crash, 0, current_crash ());
  l->crash = NULL;
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
        aid_crash_enter ();
        o->core->retire ();
        aid_crash_leave ();
      }
  l->state = AID_CORE_CURRENT;
  l->next = all;
  all = l;
}

static void
stop (struct aid_loaded *l, const char *reason)
{
  l->state = AID_CORE_STOPPED;
  aid_crash_enter ();
  l->core->stop (reason);
  aid_crash_leave ();
  aid_crash_end (l->crash, 1, current_crash ());
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
