/* Placing patches for Lisp: on the Lisp thread, or on the pool with the plan as an event.  Both are one job, whose
   arguments are copied out of Lisp first.  The texts of unsaved buffers go before the files on disk. */
#include "assist/measured.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/val.h"
#include "binding/later.h"
#include "patch/patch.h"
#include <stdlib.h>

#define HUNKS_MAX 1000000      /* as many as a person's choices may name */

struct choice
{
  size_t hunk;
  int64_t line;
};

struct job
{
  struct aid_bind_later later;      /* of patch_check */
  struct aid_str text;
  char *root;
  struct aid_map *texts;       /* path -> struct aid_str * */
  struct aid_vec chosen;       /* struct choice */
  struct aid_vec only;         /* size_t: hunks that take part */
  struct aid_vec files;        /* size_t: files that are reported on */
  int some_only, some_files, reverse;
  char *request;               /* the placing is measured as that of this request's answer; or NULL */
  int report;                  /* what was refused is wanted, not the plan */
};

/* --- the job's arguments --------------------------------------------------------------------------------------------- */

static void
free_text (void *s)
{
  if (s != NULL)
    aid_str_free (s);
  free (s);
}

static void
job_free (struct aid_bind_later *later)
{
  struct job *j = (struct job *) later;
  aid_str_free (&j->text);
  free (j->root);
  free (j->request);
  if (j->texts != NULL)
    aid_map_free (j->texts, free_text);
  aid_vec_free (&j->chosen);
  aid_vec_free (&j->only);
  aid_vec_free (&j->files);
  free (j);
}

/* :texts ((PATH . TEXT) ...) */
static void
read_texts (emacs_env *env, emacs_value list, struct job *j)
{
  emacs_value pair, car, cdr;
  while (aid_lisp_pop (env, &list, &pair))
    {
      struct aid_str path, *text = calloc (1, sizeof *text);
      void *old = NULL;
      if (text == NULL)
        {
          aid_lisp_signal (env, "nomem", "No memory for a file's text");
          return;
        }
      aid_lisp_pair (env, pair, &car, &cdr);
      aid_lisp_text (env, car, &path);
      aid_lisp_text (env, cdr, text);
      if (aid_map_put (j->texts, aid_str_span (&path), text, &old) != AID_OK)
        {
          old = text;
          aid_lisp_signal (env, "nomem", "No memory for a file's text");
        }
      free_text (old);
      aid_str_free (&path);
    }
}

/* :only (HUNK ...), :files (FILE ...) */
static void
read_numbers (emacs_env *env, emacs_value list, struct aid_vec *out)
{
  emacs_value item;
  *out = AID_VEC_INIT (size_t, HUNKS_MAX);
  while (aid_lisp_pop (env, &list, &item))
    {
      size_t *number = aid_vec_push (out);
      if (number != NULL)
        *number = aid_lisp_size (env, item);
      else
        aid_lisp_signal (env, "limit", "Too many hunks or files");
    }
}

/* :chosen ((HUNK . LINE) ...) */
static void
read_choices (emacs_env *env, emacs_value chosen, struct job *j)
{
  emacs_value item, car, cdr;
  j->chosen = AID_VEC_INIT (struct choice, HUNKS_MAX);
  while (aid_lisp_pop (env, &chosen, &item))
    {
      struct choice *c = aid_vec_push (&j->chosen);
      aid_lisp_pair (env, item, &car, &cdr);
      if (c != NULL)
        *c = (struct choice){ aid_lisp_size (env, car), (int64_t) aid_lisp_size (env, cdr) };
      else
        aid_lisp_signal (env, "limit", "Too many chosen places");
    }
}

static void check (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e);

/* NULL with a signal pending. */
static struct job *
job_new (emacs_env *env, emacs_value plist)
{
  struct job *j = aid_bind_later_new (env, sizeof *j, check, job_free);
  if (j == NULL)
    return NULL;
  if ((j->texts = aid_map_new ()) == NULL)
    {
      job_free (&j->later);
      aid_lisp_signal (env, "nomem", "No memory for a plan");
      return NULL;
    }
  aid_lisp_text (env, aid_lisp_get (env, plist, ":text"), &j->text);
  j->root = aid_lisp_dup (env, aid_lisp_get (env, plist, ":root"));
  j->request = aid_lisp_dup (env, aid_lisp_get (env, plist, ":measure"));
  read_texts (env, aid_lisp_get (env, plist, ":texts"), j);
  read_choices (env, aid_lisp_get (env, plist, ":chosen"), j);
  emacs_value only = aid_lisp_get (env, plist, ":only"), files = aid_lisp_get (env, plist, ":files");
  j->some_only = !aid_lisp_is_nil (env, only);
  read_numbers (env, only, &j->only);
  j->some_files = !aid_lisp_is_nil (env, files);
  read_numbers (env, files, &j->files);
  j->reverse = !aid_lisp_is_nil (env, aid_lisp_get (env, plist, ":reverse"));
  if (!aid_lisp_failed (env) && j->root == NULL)
    aid_lisp_signal (env, "invalid", "A plan needs a :root");
  if (!aid_lisp_failed (env))
    return j;
  job_free (&j->later);
  return NULL;
}

/* --- the work, without Lisp ------------------------------------------------------------------------------------------ */

/* The choices of J as arrays for the N hunks of a patch. */
static void
spread_choices (const struct job *j, size_t n, int64_t *chosen, unsigned char *only)
{
  for (size_t i = 0; i < j->chosen.len; i++)
    if (AID_VEC_AT (struct choice, &j->chosen, i).hunk < n)
      chosen[AID_VEC_AT (struct choice, &j->chosen, i).hunk] = AID_VEC_AT (struct choice, &j->chosen, i).line;
  for (size_t i = 0; i < j->only.len; i++)
    if (AID_VEC_AT (size_t, &j->only, i) < n)
      only[AID_VEC_AT (size_t, &j->only, i)] = 1;
}

/* Appends what of PLAN was refused to TEXT. */
static enum aid_err
report (const struct job *j, const struct aid_patch *p, const struct aid_plan *plan, struct aid_str *text, struct aid_error *e)
{
  unsigned char *files = calloc (p->files.len + 1, 1);
  for (size_t i = 0; files != NULL && i < j->files.len; i++)
    if (AID_VEC_AT (size_t, &j->files, i) < p->files.len)
      files[AID_VEC_AT (size_t, &j->files, i)] = 1;
  enum aid_err err = files == NULL ? AID_E_NOMEM : aid_patch_report (p, plan, j->some_files ? files : NULL, text);
  free (files);
  return err == AID_OK ? err : aid_error_set (e, err, "No memory for a report");
}

/* Places P and appends the plan, or the report, to VAL. */
static enum aid_err
place (struct job *j, const struct aid_patch *p, struct aid_str *val, struct aid_error *e)
{
  struct aid_plan *plan = NULL;
  struct aid_patch_texts texts = { j->root, j->texts };
  struct aid_patch_source source = aid_patch_texts_source (&texts);
  int64_t *chosen = calloc (p->hunks.len + 1, sizeof *chosen);
  unsigned char *only = calloc (p->hunks.len + 1, 1);
  struct aid_plan_options options = { .chosen = chosen, .only = j->some_only ? only : NULL, .reverse = j->reverse };
  enum aid_err err = AID_OK;
  int64_t begun = aid_clock_ms ();
  if (chosen == NULL || only == NULL)
    err = aid_error_set (e, AID_E_NOMEM, "No memory for a plan");
  else
    {
      spread_choices (j, p->hunks.len, chosen, only);
      err = aid_patch_plan (p, &source, &options, &plan, e);
    }
  if (err == AID_OK && j->request != NULL)
    aid_measured_patch (aid_assist_events (aid_binding.assist), p, plan, aid_span_z (j->request), j->root,
                        aid_clock_ms () - begun);
  if (err == AID_OK && j->report)
    err = report (j, p, plan, val, e);
  else if (err == AID_OK)
    {
      aid_plan_to_val (p, plan, val);
      if (val->err != AID_OK)
        err = aid_error_set (e, val->err, "The plan does not fit into memory");
    }
  aid_plan_free (plan);
  free (chosen);
  free (only);
  return err;
}

static enum aid_err
job_run (struct job *j, struct aid_str *val, struct aid_error *e)
{
  struct aid_patch *p = NULL;
  enum aid_err err = aid_patch_read (aid_str_span (&j->text), AID_FORMAT_AUTO, &p, e);
  if (err == AID_OK)
    err = place (j, p, val, e);
  aid_patch_free (p);
  return err;
}

static void
check (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  job_run ((struct job *) later, val, e);
}

/* --- for Lisp -------------------------------------------------------------------------------------------------------- */

AID_BIND (patch_plan)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  struct job *j = job_new (env, args[0]);
  if (j == NULL)
    return NULL;
  enum aid_err err = job_run (j, &val, &e);
  job_free (&j->later);
  if (err == AID_OK)
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return aid_lisp_error (env, &e);
}

/* The list of what candidates come to, while it is made. */
struct settled_list
{
  struct aid_str val;
  struct aid_span text;
  size_t byte, chr;             /* how far characters were counted */
  uint32_t n;
};

static enum aid_err
add_settled (void *closure, size_t end, const char *diff, const char *refused)
{
  struct settled_list *l = closure;
  l->chr += aid_utf8_count (aid_span_cut (l->text, l->byte, end));
  l->byte = end;
  size_t o = aid_val_object (&l->val);
  aid_val_kint (&l->val, "end", (int64_t) l->chr);
  aid_val_kstrz (&l->val, "diff", diff);
  aid_val_kstrz (&l->val, "refused", refused);
  aid_val_end (&l->val, o, 3);
  l->n++;
  return l->val.err;
}

AID_BIND (patch_settle)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_patch *p = NULL;
  struct job *j = job_new (env, args[0]);
  if (j == NULL)
    return NULL;
  struct aid_patch_texts texts = { j->root, j->texts };
  struct aid_patch_source source = aid_patch_texts_source (&texts);
  enum aid_err err = aid_patch_read (aid_str_span (&j->text), AID_FORMAT_AUTO, &p, &e);
  struct settled_list l = { .val = AID_STR_INIT (AID_LISP_TEXT_MAX), .text = aid_str_span (&j->text) };
  size_t list = aid_val_list (&l.val);
  if (err == AID_OK)
    err = aid_patch_settled (p, &source, add_settled, &l, &e);
  aid_val_end (&l.val, list, l.n);
  aid_patch_free (p);
  job_free (&j->later);
  if (err == AID_OK)
    return aid_lisp_take_val (env, &l.val);
  aid_str_free (&l.val);
  return aid_lisp_error (env, &e);
}

AID_BIND (patch_report)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (AID_LISP_TEXT_MAX);
  struct job *j = job_new (env, args[0]);
  if (j == NULL)
    return NULL;
  j->report = 1;
  enum aid_err err = job_run (j, &text, &e);
  job_free (&j->later);
  emacs_value out = err == AID_OK ? aid_lisp_string (env, text.ptr, text.len) : aid_lisp_error (env, &e);
  aid_str_free (&text);
  return out;
}

AID_BIND (patch_check)
{
  (void) nargs;
  struct job *j = job_new (env, args[0]);
  if (j == NULL)
    return NULL;
  j->later.kind = AID_EVENT_CHECKED;
  return aid_bind_later_begin (env, &j->later, aid_assist_pool (aid_binding.assist));
}
