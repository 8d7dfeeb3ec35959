/* What a project is made of, for completion: a bounded look at a list that the core keeps. */
#include "base/val.h"
#include "binding/binding_internal.h"
#include "project/match.h"
#include "project/projects.h"
#include <stdlib.h>

#define LOOK_MS 3 /* at the list */

struct listed
{
  struct aid_str paths;
  uint32_t n;
};

static void
add (void *ctx, struct aid_span path)
{
  struct listed *l = ctx;
  aid_val_str (&l->paths, path);
  l->n++;
}

/* (COMPLETE . PATHS) */
AID_BIND (project_match)
{
  (void)nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_project *p;
  struct listed l = { AID_STR_INIT (8 << 20), 0 };
  struct aid_str text;
  char *root = aid_lisp_dup (env, args[0]);
  emacs_value out = NULL;
  aid_lisp_text (env, args[1], &text);
  intmax_t most = env->extract_integer (env, args[2]);
  struct aid_projects *projects = aid_assist_projects (aid_binding.assist);
  if (aid_lisp_failed (env))
    ;
  else if (!root)
    aid_lisp_signal (env, "nomem", "No memory for the project");
  else if (aid_projects_get (projects, root, &p, &e) != AID_OK)
    aid_lisp_error (env, &e);
  else
    {
      struct aid_str val = AID_STR_INIT (8 << 20);
      int all = aid_project_match (p, aid_str_span (&text), most > 0 ? (size_t)most : 0, LOOK_MS, add, &l);
      aid_projects_put (projects, p);
      size_t list = aid_val_list (&val);
      aid_val_bool (&val, all);
      aid_str_addspan (&val, aid_str_span (&l.paths));
      aid_val_end (&val, list, l.n + 1);
      out = aid_lisp_take_val (env, &val);
      aid_str_free (&val);
    }
  free (root);
  aid_str_free (&text);
  aid_str_free (&l.paths);
  return out;
}
