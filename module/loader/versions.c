#include "loader/versions.h"
#include "binding/lisp_val.h"
#include "versions/choose.h"
#include <stdlib.h>

/* What is read of a folder; too large for Emacs's stack. */
struct scene
{
  struct aid_installed_list list;
  struct aid_marks marks;
  char file[AID_VERSIONS_PATH];
};

/* The scene of FOLDER; NULL with a signal pending. */
static struct scene *
look (emacs_env *env, const char *folder)
{
  struct scene *s = calloc (1, sizeof *s);
  if (s == NULL)
    aid_lisp_signal (env, "nomem", "No memory for the list of cores");
  else
    {
      aid_installed_read (folder, &s->list);
      aid_marks_read (&s->marks);
    }
  return s;
}

#define KEY(name) env->intern (env, name)

static emacs_value
boolean (emacs_env *env, int yes)
{
  return env->intern (env, yes ? "t" : "nil");
}

static emacs_value
crashed_val (emacs_env *env, const struct scene *s, const struct aid_installed *core)
{
  const struct aid_mark *last = core != NULL ? aid_marks_last_crash (&s->marks, core->hash) : NULL;
  if (core == NULL)
    return env->intern (env, "nil");
  emacs_value v[] = {
    KEY (":version"), aid_lisp_stringz (env, core->version),
    KEY (":hash"),    aid_lisp_stringz (env, core->hash),
    KEY (":crashes"), env->make_integer (env, aid_marks_crashes (&s->marks, core->hash)),
    KEY (":signal"),  env->make_integer (env, last != NULL ? last->signal : 0),
    KEY (":told"),    boolean (env, aid_marks_was_told (&s->marks, core->hash)),
  };
  return aid_lisp_call (env, "list", sizeof v / sizeof (emacs_value), v);
}

emacs_value
aid_versions_choose (emacs_env *env, const char *folder, const char *except)
{
  struct aid_core_choice c;
  struct aid_wish w;
  struct scene *s = look (env, folder);
  if (s == NULL)
    return NULL;
  aid_wish_read (folder, &w);
  aid_wish_choose (&s->list, &s->marks, &w, AID_ABI, except, &c);
  emacs_value out = env->intern (env, "nil");
  if (c.core != NULL && aid_installed_file (&s->list, c.core, s->file) == 0)
    {
      emacs_value v[] = {
        KEY (":file"),    aid_lisp_stringz (env, s->file),
        KEY (":version"), aid_lisp_stringz (env, c.core->version),
        KEY (":hash"),    aid_lisp_stringz (env, c.core->hash),
        KEY (":by"),      aid_lisp_stringz (env, c.by),
        KEY (":name"),    aid_lisp_stringz (env, w.name),
        KEY (":want"),    aid_lisp_stringz (env, w.want),
        KEY (":missing"), boolean (env, c.missing),
        KEY (":crashed"), crashed_val (env, s, c.crashed),
      };
      out = aid_lisp_call (env, "list", sizeof v / sizeof (emacs_value), v);
    }
  free (s);
  return out;
}

emacs_value
aid_versions_list (emacs_env *env, const char *folder)
{
  struct scene *s = look (env, folder);
  emacs_value list = env->intern (env, "nil");
  if (s == NULL)
    return NULL;
  for (size_t i = s->list.n; i-- > 0 && !aid_lisp_failed (env);)
    {
      const struct aid_installed *core = &s->list.cores[i];
      if (aid_installed_file (&s->list, core, s->file) != 0)
        continue;
      emacs_value v[] = {
        KEY (":file"),    aid_lisp_stringz (env, s->file),
        KEY (":version"), aid_lisp_stringz (env, core->version),
        KEY (":hash"),    aid_lisp_stringz (env, core->hash),
        KEY (":built"),   aid_lisp_stringz (env, core->built),
        KEY (":newest"),  boolean (env, core->newest),
        KEY (":loads"),   boolean (env, core->abi == 0 || core->abi == AID_ABI),
        KEY (":crashes"), env->make_integer (env, aid_marks_crashes (&s->marks, core->hash)),
        KEY (":running"), env->make_integer (env, aid_marks_running (&s->marks, core->hash)),
      };
      emacs_value cell[2] = { aid_lisp_call (env, "list", sizeof v / sizeof (emacs_value), v), list };
      list = aid_lisp_call (env, "cons", 2, cell);
    }
  free (s);
  return list;
}
