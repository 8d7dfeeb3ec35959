/* One function for Emacs: `bench-thread-ns', the nanoseconds that the calling thread has run.  The scheduler's own figure in
   /proc is as of its last tick; one call is shorter than that. */
#include "include/emacs-module.h"
#include <time.h>

__attribute__ ((visibility ("default"))) int plugin_is_GPL_compatible;

static emacs_value
thread_ns (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  (void) nargs, (void) args, (void) data;
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return env->make_integer (env, (intmax_t) t.tv_sec * 1000000000 + t.tv_nsec);
}

__attribute__ ((visibility ("default"))) int
emacs_module_init (struct emacs_runtime *runtime) EMACS_NOEXCEPT
{
  emacs_env *env = runtime->get_environment (runtime);
  emacs_value args[2] = { env->intern (env, "bench-thread-ns"), env->make_function (env, 0, 0, thread_ns, NULL, NULL) };
  env->funcall (env, env->intern (env, "defalias"), 2, args);
  return 0;
}
