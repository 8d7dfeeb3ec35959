/* The slots.  Every Lisp function takes any number of arguments and the trampoline checks the number against the core
   of the moment: so a function object made for one core still serves when the next one wants another argument. */
#include "loader/slots.h"
#include "binding/lisp_val.h"
#include "loader/crash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot
{
  char *name;
  const struct aid_defun *fn;   /* NULL: the core of the moment has no such function */
  struct slot *next;
};
static struct slot *slots;

static emacs_value
trampoline (emacs_env *env, ptrdiff_t nargs, emacs_value *args, void *data)
{
  const struct slot *slot = data;
  const struct aid_defun *fn = slot->fn;
  if (fn == NULL)
    {
      char msg[160];
      snprintf (msg, sizeof msg, "No core that runs has the function %s", slot->name);
      aid_lisp_signal (env, "state", msg);
      return NULL;
    }
  if (nargs < fn->min || (fn->max != emacs_variadic_function && nargs > fn->max))
    {
      emacs_value data_args[2] = { env->intern (env, slot->name), env->make_integer (env, nargs) };
      emacs_value list = aid_lisp_call (env, "list", 2, data_args);
      if (!aid_lisp_failed (env))
        env->non_local_exit_signal (env, env->intern (env, "wrong-number-of-arguments"), list);
      return NULL;
    }
  aid_crash_enter ();
  emacs_value value = fn->fn (env, nargs, args);
  aid_crash_leave ();
  return value;
}

static struct slot *
find (const char *name)
{
  struct slot *s = slots;
  while (s != NULL && strcmp (s->name, name) != 0)
    s = s->next;
  return s;
}

/* Makes the slot and its Lisp function.  When Lisp fails, the slot is left behind unlinked, for Lisp may hold it. */
static int
define (emacs_env *env, const struct aid_defun *d)
{
  struct slot *s = calloc (1, sizeof *s);
  if (s == NULL || (s->name = strdup (d->name)) == NULL)
    {
      free (s);
      return -1;
    }
  emacs_value args[2] = { env->intern (env, s->name),
                          env->make_function (env, 0, emacs_variadic_function, trampoline, d->doc, s) };
  aid_lisp_call (env, "defalias", 2, args);
  if (aid_lisp_failed (env))
    return -1;
  s->next = slots;
  slots = s;
  return 0;
}

int
aid_slots_define (emacs_env *env, const struct aid_core *core)
{
  for (size_t i = 0; i < core->ndefuns; i++)
    if (find (core->defuns[i].name) == NULL && define (env, &core->defuns[i]) != 0)
      return -1;
  return 0;
}

void
aid_slots_point (const struct aid_core *core)
{
  for (struct slot *s = slots; s != NULL; s = s->next)
    {
      s->fn = NULL;
      for (size_t i = 0; core != NULL && i < core->ndefuns; i++)
        if (strcmp (core->defuns[i].name, s->name) == 0)
          s->fn = &core->defuns[i];
    }
}
