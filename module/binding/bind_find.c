/* Searching a project for what a question is about. */
#include "assist/finder.h"
#include "base/val.h"
#include "binding/later.h"
#include <stdlib.h>

#define PATHS_MAX 200 /* open files, and what was taken away */

struct job
{
  struct aid_bind_later later;
  struct aid_find find;
  char *root, *dir;
  struct aid_str text, error;
  struct aid_vec open, without; /* struct aid_span, owned */
};

static void
free_spans (struct aid_vec *v)
{
  for (size_t i = 0; i < v->len; i++)
    free ((char *) (uintptr_t) AID_VEC_AT (struct aid_span, v, i).ptr);
  aid_vec_free (v);
}

static void
job_free (struct aid_bind_later *later)
{
  struct job *j = (struct job *) later;
  free_spans (&j->open);
  free_spans (&j->without);
  aid_str_free (&j->text);
  aid_str_free (&j->error);
  free (j->root);
  free (j->dir);
  free (j);
}

static void
read_spans (emacs_env *env, emacs_value list, struct aid_vec *out)
{
  *out = AID_VEC_INIT (struct aid_span, PATHS_MAX);
  emacs_value word;
  while (out->len < PATHS_MAX && aid_lisp_pop (env, &list, &word))
    {
      char *copy = aid_lisp_dup (env, word);
      struct aid_span *slot = copy != NULL ? aid_vec_push (out) : NULL;
      if (slot != NULL)
        *slot = aid_span_z (copy);
      else
        free (copy);
    }
}

static void
job_read (emacs_env *env, emacs_value plist, struct job *j)
{
  j->text = AID_STR_INIT (AID_LISP_TEXT_MAX);
  j->error = AID_STR_INIT (AID_LISP_TEXT_MAX);
  j->find.root = j->root = aid_lisp_dup (env, aid_lisp_get (env, plist, ":root"));
  j->find.dir = j->dir = aid_lisp_dup (env, aid_lisp_get (env, plist, ":dir"));
  aid_lisp_text (env, aid_lisp_get (env, plist, ":text"), &j->text);
  aid_lisp_text (env, aid_lisp_get (env, plist, ":error"), &j->error);
  read_spans (env, aid_lisp_get (env, plist, ":open"), &j->open);
  read_spans (env, aid_lisp_get (env, plist, ":without"), &j->without);
  j->find.weak = !aid_lisp_is_nil (env, aid_lisp_get (env, plist, ":weak"));
  j->find.wait_ms = (int64_t) aid_lisp_size (env, aid_lisp_get (env, plist, ":wait"));
  j->find.question = (struct aid_question){ .text = aid_str_span (&j->text),
                                            .error = aid_str_span (&j->error),
                                            .open = j->open.data,
                                            .n_open = j->open.len,
                                            .without = j->without.data,
                                            .n_without = j->without.len,
                                            .max = aid_lisp_size (env, aid_lisp_get (env, plist, ":max")),
                                            .tokens = aid_lisp_size (env, aid_lisp_get (env, plist, ":tokens")) };
}

static void
find (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *) later;
  struct aid_finding found;
  if (aid_finder_find (aid_assist_finder (aid_binding.assist), &j->find, &found, e) == AID_OK)
    {
      size_t o = aid_val_object (val);
      aid_val_key (val, "items");
      aid_bind_items_val (&found.items, val);
      aid_val_kint (val, "files", (int64_t) found.files);
      aid_val_kbool (val, "partial", found.partial);
      aid_val_end (val, o, 3);
    }
  aid_finding_free (&found);
}

AID_BIND (find_soon)
{
  (void) nargs;
  struct job *j = aid_bind_later_new (env, sizeof *j, find, job_free);
  if (j == NULL)
    return NULL;
  job_read (env, args[0], j);
  return aid_bind_later_begin (env, &j->later, aid_assist_pool (aid_binding.assist));
}
