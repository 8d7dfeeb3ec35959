/* aid-module.so: what Emacs loads once and keeps.  It owns what must outlive a core: the request ids, the event queue,
   the pipe that wakes Emacs, and the Lisp functions, which it forwards to the core of the moment.  It links nothing but
   libc, so that no library of a core stays behind in Emacs. */
#include "binding/lisp_val.h"
#include "loader/cores.h"
#include "loader/drain.h"
#include "loader/queue.h"
#include "loader/slots.h"
#include "loader/versions.h"
#include "versions/marks.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VISIBLE __attribute__ ((visibility ("default")))

VISIBLE extern int plugin_is_GPL_compatible;
int plugin_is_GPL_compatible;

/* A copy of the string V (free with free), or NULL with a signal pending. */
static char *
get_string (emacs_env *env, emacs_value v)
{
  ptrdiff_t n = 0;
  char *s = NULL;
  if (!env->copy_string_contents (env, v, NULL, &n))
    return NULL;
  if ((s = malloc ((size_t) n)) == NULL)
    aid_lisp_signal (env, "nomem", "No memory for a string");
  else if (!env->copy_string_contents (env, v, s, &n))
    {
      free (s);
      s = NULL;
    }
  return s;
}

static emacs_value
describe (emacs_env *env, const struct aid_loaded *l)
{
  unsigned running = l->state == AID_CORE_STOPPED ? 0 : l->core->running ();
  emacs_value v[] = {
    env->intern (env, ":version"), aid_lisp_stringz (env, l->core->version),
    env->intern (env, ":generation"), env->make_integer (env, l->host.generation),
    env->intern (env, ":file"), aid_lisp_stringz (env, l->file),
    env->intern (env, ":running"), env->make_integer (env, running),
    env->intern (env, ":retired"), env->intern (env, l->state == AID_CORE_CURRENT ? "nil" : "t"),
  };
  return aid_lisp_call (env, "list", sizeof v / sizeof (emacs_value), v);
}

/* New names are defined before the start, so that nothing of Lisp's can fail between it and the change of core. */
static emacs_value
load (emacs_env *env, emacs_value *args, int again)
{
  struct aid_load_error e = { "io", "" };
  char *file = get_string (env, args[0]);
  if (file == NULL)
    return NULL;
  struct aid_loaded *l = aid_cores_open (file, again, &e);
  free (file);
  if (l == NULL)
    aid_lisp_signal (env, e.code, e.msg);
  else if (aid_slots_define (env, l->core) != 0)
    aid_lisp_signal (env, "nomem", "No memory for the core's functions");
  else if (aid_cores_start (l, &e) != 0)
    aid_lisp_signal (env, e.code, e.msg);
  else
    {
      aid_slots_point (l->core);
      aid_cores_promote (l);
      return describe (env, l);
    }
  return NULL;
}

static emacs_value
mod_load (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  return load (env, args, 0);
}

static emacs_value
mod_load_again (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  return load (env, args, 1);
}

/* DIRECTORY EXCEPT */
static emacs_value
mod_choose (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  char *folder = get_string (env, args[0]), *except = folder != NULL ? get_string (env, args[1]) : NULL;
  emacs_value out = except != NULL ? aid_versions_choose (env, folder, except) : NULL;
  free (folder);
  free (except);
  return out;
}

/* DIRECTORY */
static emacs_value
mod_installed (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  char *folder = get_string (env, args[0]);
  emacs_value out = folder != NULL ? aid_versions_list (env, folder) : NULL;
  free (folder);
  return out;
}

/* HASH FORGET */
static emacs_value
mod_told (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  char *hash = get_string (env, args[0]);
  if (hash == NULL)
    return NULL;
  if (env->is_not_nil (env, args[1]))
    aid_marks_forget (hash, 0);
  else
    aid_marks_note_told (hash);
  free (hash);
  return env->intern (env, "nil");
}

static emacs_value
mod_prefetch (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  char *file = get_string (env, args[0]);
  if (file == NULL)
    return NULL;
  aid_cores_prefetch (file);
  free (file);
  return env->intern (env, "nil");
}

static emacs_value
mod_cores (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) args, (void) data;
  emacs_value list = env->intern (env, "nil");
  for (const struct aid_loaded *l = aid_cores_all (); l != NULL; l = l->next)
    if (l->state != AID_CORE_STOPPED)
      {
        emacs_value cell[2] = { describe (env, l), list };
        list = aid_lisp_call (env, "cons", 2, cell);
      }
  return list;
}

static emacs_value
mod_reap (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  int force = env->is_not_nil (env, args[0]);
  char *reason = get_string (env, args[1]);
  if (reason == NULL)
    return NULL;
  unsigned left = aid_cores_reap (force, reason);
  free (reason);
  return env->make_integer (env, left);
}

/* The descriptor that open_channel gives is blocking and would be inherited by every child of Emacs. */
static emacs_value
mod_attach (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  int fd = env->open_channel (env, args[0]);
  if (aid_lisp_failed (env))
    return NULL;
  if (fcntl (fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK) != 0)
    {
      aid_lisp_signal (env, "io", strerror (errno));
      close (fd);
      return NULL;
    }
  aid_queue_attach (fd);
  return env->intern (env, "nil");
}

static emacs_value
mod_drain (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) args, (void) data;
  return aid_drain (env);
}

static emacs_value
mod_cancel (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) data;
  intmax_t id = env->extract_integer (env, args[0]);
  if (aid_lisp_failed (env))
    return NULL;
  if (id > 0)
    aid_cores_cancel ((uint64_t) id);
  return env->intern (env, "nil");
}

static emacs_value
mod_shutdown (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) args, (void) data;
  aid_slots_point (NULL);
  aid_cores_stop_all ("Emacs is closing");
  aid_queue_attach (-1);
  return env->intern (env, "nil");
}

static emacs_value
mod_stats (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) args, (void) data;
  struct aid_queue_stats s;
  aid_queue_stats (&s);
  emacs_value v[] = {
    env->intern (env, ":queued"), env->make_integer (env, (intmax_t) s.bytes),
    env->intern (env, ":events"), env->make_integer (env, (intmax_t) s.events),
    env->intern (env, ":wakes"), env->make_integer (env, (intmax_t) s.wakes),
    env->intern (env, ":drains"), env->make_integer (env, (intmax_t) s.drains),
  };
  return aid_lisp_call (env, "list", sizeof v / sizeof (emacs_value), v);
}

static const struct
{
  const char *name;
  int nargs;
  emacs_value (*fn) (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data);
  const char *doc;
} defuns[] = {
  { "aid--mod-load", 1, mod_load, "Load the core FILE, or swap to it.\n\n(fn FILE)" },
  { "aid--mod-load-again", 1, mod_load_again, "Like `aid--mod-load', also of a FILE that was loaded before.\n\n(fn FILE)" },
  { "aid--mod-choose", 2, mod_choose,
    "Return the core of DIRECTORY that is to start, as a plist, or nil: of those whose hashes\n"
    "are not in EXCEPT, a string with blanks between them.\n\n(fn DIRECTORY EXCEPT)" },
  { "aid--mod-installed", 1, mod_installed, "Return the cores in DIRECTORY, as plists, the newest first.\n\n(fn DIRECTORY)" },
  { "aid--mod-told", 2, mod_told,
    "Note that it was said that HASH is not started any more; with FORGET,\nforget its crashes instead.\n\n"
    "(fn HASH FORGET)" },
  { "aid--mod-prefetch", 1, mod_prefetch, "Begin to map the core FILE, on a thread.\n\n(fn FILE)" },
  { "aid--mod-cores", 0, mod_cores, "Return the cores that run, as plists, the oldest first.\n\n(fn)" },
  { "aid--mod-reap", 2, mod_reap,
    "Stop retired cores that run nothing, or all of them when FORCE, ending\ntheir requests with REASON.  Return how many"
    " are left.\n\n(fn FORCE REASON)" },
  { "aid--mod-attach", 1, mod_attach, "Wake Emacs through the pipe PROCESS when there are events.\n\n(fn PROCESS)" },
  { "aid--mod-drain", 0, mod_drain,
    "Return events that wait: (ID KIND VAL) or (ID text STRING FROM SPANS).\nFROM and SPANS are nil in the early pieces of a"
    " long text.\n\n(fn)" },
  { "aid--mod-cancel", 1, mod_cancel, "Cancel the request ID, whichever core runs it.\n\n(fn ID)" },
  { "aid--mod-shutdown", 0, mod_shutdown, "Stop every core.\n\n(fn)" },
  { "aid--mod-stats", 0, mod_stats, "Return figures about the event queue, as a plist.\n\n(fn)" },
};

/* Emacs calls this again when the file is loaded again: the state is kept, the functions are defined anew. */
VISIBLE extern int emacs_module_init (struct emacs_runtime *runtime) EMACS_NOEXCEPT;
int
emacs_module_init (struct emacs_runtime *runtime) EMACS_NOEXCEPT
{
  if (runtime->size < (ptrdiff_t) sizeof *runtime)
    return 1;
  emacs_env *env = runtime->get_environment (runtime);
  if (env->size < (ptrdiff_t) sizeof *env)
    return 2;
  for (size_t i = 0; i < sizeof defuns / sizeof *defuns; i++)
    {
      ptrdiff_t n = defuns[i].nargs;
      emacs_value args[2] = { env->intern (env, defuns[i].name),
                              env->make_function (env, n, n, defuns[i].fn, defuns[i].doc, NULL) };
      aid_lisp_call (env, "defalias", 2, args);
    }
  return aid_lisp_failed (env) ? 3 : 0;
}
