/* Searching a project for what a question is about. */
#include "assist/finder.h"
#include "base/pool.h"
#include "base/val.h"
#include "binding/binding_internal.h"
#include <stdlib.h>

#define PATHS_MAX 200 /* open files, and what was taken away */

struct job
{
  uint64_t id;
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
job_free (struct job *j)
{
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
post_found (uint64_t id, const struct aid_finding *found)
{
  struct aid_str val = AID_STR_INIT (4 << 20);
  size_t o = aid_val_object (&val);
  aid_val_key (&val, "items");
  aid_bind_items_val (&found->items, &val);
  aid_val_kint (&val, "files", (int64_t) found->files);
  aid_val_kbool (&val, "partial", found->partial);
  aid_val_end (&val, o, 3);
  aid_binding_post (id, AID_EVENT_RESULT, aid_str_span (&val));
  aid_str_free (&val);
}

static void
find (void *arg)
{
  struct job *j = arg;
  struct aid_error e = { AID_OK, "" };
  struct aid_finding found;
  if (aid_finder_find (aid_assist_finder (aid_binding.assist), &j->find, &found, &e) == AID_OK)
    post_found (j->id, &found);
  else
    aid_binding_post_error (j->id, &e);
  aid_finding_free (&found);
  job_free (j);
  aid_binding_job_ends ();
}

static void
dropped (void *arg)
{
  struct job *j = arg;
  struct aid_error e;
  aid_error_set (&e, AID_E_STATE, "Nothing was searched: the core stopped first");
  aid_binding_post_error (j->id, &e);
  job_free (j);
  aid_binding_job_ends ();
}

AID_BIND (find_soon)
{
  (void) nargs;
  struct job *j = calloc (1, sizeof *j);
  if (j == NULL)
    {
      aid_lisp_signal (env, "nomem", "No memory to search");
      return NULL;
    }
  job_read (env, args[0], j);
  if (aid_lisp_failed (env))
    {
      job_free (j);
      return NULL;
    }
  uint64_t id = j->id = aid_binding.host->next_id ();
  aid_binding_job_begins ();
  enum aid_err err = aid_pool_run (aid_assist_pool (aid_binding.assist), find, dropped, j);
  if (err == AID_OK)
    return env->make_integer (env, (intmax_t) id);
  aid_binding_job_ends ();
  job_free (j);
  aid_lisp_signal (env, aid_err_name (err), "The core is too busy to search now");
  return NULL;
}
