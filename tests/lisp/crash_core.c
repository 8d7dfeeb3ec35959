/* The real core with a function more, that crashes: aid--test-crash WAY WHERE.  binding.c is compiled with its entry
   under another name (test.mk). */
#include "base/pool.h"
#include "loader/host.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct aid_core *aid_real_core_entry (void);

static void
crash (const char *way)
{
  volatile uintptr_t nowhere = 8;
  if (strcmp (way, "segv") == 0)
    *(volatile int *)nowhere = 1;
  abort ();
}

static void *
run (void *way)
{
  crash (way);
  return NULL;
}

/* WAY ("segv" or "abort") THREAD: on a thread of the core's if that is non-nil. */
static emacs_value
test_crash (emacs_env *env, ptrdiff_t nargs, emacs_value *args)
{
  static char way[16];
  ptrdiff_t n = sizeof way;
  unsigned long thread;
  (void)nargs;
  env->copy_string_contents (env, args[0], way, &n);
  if (!env->is_not_nil (env, args[1]))
    crash (way);
  if (aid_thread_start (&thread, "aid-crash", run, way, NULL) == AID_OK)
    pthread_join (thread, NULL);
  return args[0];
}

__attribute__ ((visibility ("default"))) const struct aid_core *
aid_core_entry (void)
{
  static struct aid_core core;
  static struct aid_defun *defuns;
  const struct aid_core *real = aid_real_core_entry ();
  if (defuns == NULL && (defuns = calloc (real->ndefuns + 1, sizeof *defuns)) != NULL)
    {
      memcpy (defuns, real->defuns, real->ndefuns * sizeof *defuns);
      defuns[real->ndefuns] = (struct aid_defun){ "aid--test-crash", 2, 2, test_crash, "" };
      core = *real;
      core.defuns = defuns;
      core.ndefuns = real->ndefuns + 1;
    }
  return &core;
}
