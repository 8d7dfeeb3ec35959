/* Writing a plan to files: the plan becomes a change (patch/tree_internal.h), whose steps are checked here, then
   carried out.  A file that changed since the plan read it is not touched. */
#include "patch/patch_internal.h"
#include "patch/tree_internal.h"
#include "base/fs.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct writer
{
  const struct aid_patch *p;
  const struct aid_plan *plan;
  struct aid_tree_change change;
  struct stat top;              /* of the tree's root */
  struct aid_vec texts;         /* struct aid_tree_text */
  int *exec;                    /* for each file of the plan, as in a step */
  struct aid_error *e;
};

static enum aid_err
no_memory (struct writer *w)
{
  return aid_error_set (w->e, AID_E_NOMEM, "no memory for the steps of a patch");
}

/* --- what is to be done --- */

/* FULL with the links on its way resolved as far as it exists; what is not there yet has no links.  NULL without memory. */
static char *
resolve (char *full)
{
  struct aid_str rest = AID_STR_INIT (PATH_MAX * 2);
  size_t cut = strlen (full);
  char *real = realpath (full, NULL);
  while (!real && cut > 1)
    {
      while (cut > 1 && full[--cut] != '/')
        ;
      char kept = full[cut];
      full[cut] = '\0';
      real = realpath (full, NULL);
      full[cut] = kept;
    }
  if (real)
    {
      aid_str_addz (&rest, real);
      aid_str_addz (&rest, full + cut);
    }
  char *out = real && !rest.err ? aid_str_steal (&rest) : NULL;
  free (real);
  aid_str_free (&rest);
  return out;
}

/* The real name of PATH below the real root; a new file's last part is its own. */
static enum aid_err
full_name (struct writer *w, const char *path, char **out, struct aid_way *way)
{
  struct aid_str full = AID_STR_INIT (PATH_MAX * 2);
  enum aid_err err = aid_patch_way_below (w->change.root, &w->top, path, &full, way, w->e);
  *out = err ? NULL : way->links ? resolve (full.ptr) : aid_str_steal (&full);
  aid_str_free (&full);
  return err || *out ? err : no_memory (w);
}

/* NAME, which the patch calls PATH, may be written. */
static enum aid_err
may_write (struct writer *w, const char *name, const char *path, const struct stat *st)
{
  enum aid_err err = aid_patch_writable (name, path, st, w->e);
  return err ? err : aid_tree_not_edited (name, path, 0, w->e);
}

/* A new step for the file NAME, which it takes, with its text's source. */
static enum aid_err
add_step (struct writer *w, enum aid_tree_step_kind kind, char *name, const struct aid_tree_text *text)
{
  struct aid_tree_text *t = aid_vec_push (&w->texts);
  struct aid_tree_step *s = t ? aid_tree_change_add (&w->change, kind, name) : NULL;
  if (!t)
    free (name);
  if (!s)
    return no_memory (w);
  *t = *text;
  t->like = text->like ? strdup (text->like) : NULL;
  s->before = kind == AID_STEP_NEW ? 0 : aid_hash64 (text->before);
  s->after = kind == AID_STEP_REMOVE ? 0 : aid_hash64 (text->after);
  s->ino = kind == AID_STEP_NEW ? 0 : text->st.st_ino;
  return text->like && !t->like ? no_memory (w) : AID_OK;
}

/* Notes the folders above NAME that are missing.  They mostly are those of the file before. */
static enum aid_err
note_folders (struct writer *w, const char *name)
{
  char *copy = strdup (name);
  enum aid_err err = copy ? AID_OK : no_memory (w);
  struct stat st;
  char *slash = copy ? strchr (copy + strlen (w->change.root) + 1, '/') : NULL;
  for (; slash && !err; slash = strchr (slash + 1, '/'))
    {
      int known = 0;
      *slash = '\0';
      if (lstat (copy, &st))
        {
          for (size_t i = w->change.folders.len; i-- > 0 && !known;)
            known = strcmp (AID_TREE_FOLDER (&w->change, i), copy) == 0;
          err = known ? AID_OK : aid_tree_change_add_folder (&w->change, copy, w->e);
        }
      *slash = '/';
    }
  free (copy);
  return err;
}

/* A file with several names: all of them are to see the change, and none of them may be elsewhere. */
static enum aid_err
check_links (struct writer *w, const struct aid_tree_text *t, const char *path, int renamed)
{
  if (t->st.st_nlink < 2)
    return AID_OK;
  if (renamed)
    return aid_error_set (w->e, AID_E_REFUSED, "%.150s has other names (hard links), so it is not changed and renamed"
                          " at once", path);
  if (!aid_tree_holds_links (w->change.root, &t->st))
    return aid_error_set (w->e, AID_E_REFUSED, "%.150s has other names (hard links) outside of the project, which would"
                          " change too", path);
  return AID_OK;
}

static enum aid_err
add_rename (struct writer *w, const struct aid_file_plan *f, struct aid_tree_text *t, char *from, char *to, int to_there)
{
  t->same = t->exec < 0 && aid_span_eq (t->before, t->after);
  enum aid_err err = to_there ? aid_error_set (w->e, AID_E_STATE, "%.200s is there meanwhile", to) : AID_OK;
  if (!err && !t->same)
    err = check_links (w, t, f->old_path, 1);
  if (!err)
    err = note_folders (w, to);
  if (err)
    free (to);
  else
    err = add_step (w, AID_STEP_NEW, to, t);
  if (err)
    free (from);
  else
    err = add_step (w, AID_STEP_REMOVE, from, t);
  return err;
}

/* The steps of one file. */
static enum aid_err
add_file (struct writer *w, const struct aid_file_plan *f)
{
  struct aid_tree_text t = { aid_str_span (&f->before), aid_str_span (&f->after), .exec = w->exec[f->file] };
  int gone = f->op == AID_OP_DELETE || f->op == AID_OP_RENAME;
  char *from = NULL, *to = NULL;
  struct aid_way way = { 0 };
  enum aid_err err = f->op == AID_OP_DELETE ? AID_OK : full_name (w, f->new_path, &to, &way);
  int to_there = way.there;
  if (!err && gone)
    err = full_name (w, f->old_path, &from, &way);
  const char *there = from ? from : to_there ? to : NULL;
  t.st = way.st;
  if (!err && there)
    err = may_write (w, there, gone ? f->old_path : f->new_path, &t.st);
  if (!err && to && to != there)
    err = aid_tree_not_edited (to, f->new_path, 0, w->e);
  if (err)
    {
      free (from);
      free (to);
      return err;
    }
  t.like = f->op == AID_OP_DELETE ? NULL : from ? from : there ? to : NULL;
  if (f->op == AID_OP_RENAME)
    return add_rename (w, f, &t, from, to, to_there);
  if (f->op == AID_OP_DELETE)
    return add_step (w, AID_STEP_REMOVE, from, &t);
  err = there ? check_links (w, &t, f->new_path, 0) : note_folders (w, to);
  if (!err)
    return add_step (w, !there ? AID_STEP_NEW : t.st.st_nlink > 1 ? AID_STEP_THROUGH : AID_STEP_REPLACE, to, &t);
  free (to);
  return err;
}

/* --- one file by two names --- */

static int
by_name (const void *a, const void *b)
{
  const struct aid_tree_step *const *x = a, *const *y = b;
  return strcmp ((*x)->name, (*y)->name);
}

static int
by_inode (const void *a, const void *b)
{
  const struct aid_tree_step *const *x = a, *const *y = b;
  return ((*x)->ino > (*y)->ino) - ((*x)->ino < (*y)->ino);
}

/* Two names of the patch may be one file: then the second text would hide the first. */
static enum aid_err
one_file_twice (struct writer *w)
{
  size_t n = w->change.steps.len;
  const struct aid_tree_step **list = calloc (n + 1, sizeof (const struct aid_tree_step *)), *twice = NULL;
  if (!list)
    return no_memory (w);
  for (size_t i = 0; i < n; i++)
    list[i] = AID_TREE_STEP (&w->change, i);
  qsort (list, n, sizeof (const struct aid_tree_step *), by_name);
  for (size_t i = 1; i < n && !twice; i++)
    twice = by_name (&list[i - 1], &list[i]) ? NULL : list[i];
  qsort (list, n, sizeof (const struct aid_tree_step *), by_inode);
  for (size_t i = 1; i < n && !twice; i++)
    {
      struct stat a, b;
      if (list[i]->ino && list[i]->ino == list[i - 1]->ino && stat (list[i]->name, &a) == 0
          && stat (list[i - 1]->name, &b) == 0 && a.st_dev == b.st_dev)
        twice = list[i];
    }
  free (list);
  return !twice ? AID_OK
         : aid_error_set (w->e, AID_E_REFUSED, "the patch names %.150s twice, by different names", twice->name);
}

/* --- all of it --- */

static enum aid_err
prepare (struct writer *w)
{
  enum aid_err err = aid_tree_begin (&w->change, w->texts.data, w->e);
  for (size_t i = 0; i < w->change.folders.len && !err; i++)
    if (mkdir (AID_TREE_FOLDER (&w->change, i), 0777) && errno != EEXIST)
      err = aid_tree_failed (w->e, "make the folder", AID_TREE_FOLDER (&w->change, i));
  return err ? err : aid_tree_lay_down (&w->change, w->texts.data, w->e);
}

/* The change goes back; when even that fails, its journal stays. */
static enum aid_err
take_back (struct writer *w, enum aid_err err)
{
  struct aid_error why = *w->e;
  if (aid_tree_change_undo (&w->change, w->e) == AID_OK)
    {
      *w->e = why;
      return err;
    }
  return aid_error_set (w->e, err, "%.120s; and taking it back failed: aid patch recover tries again", why.msg);
}

static enum aid_err
carry_out (struct writer *w)
{
  enum aid_err err = prepare (w);
  if (!err)
    err = aid_tree_change_become (&w->change, AID_TREE_COMMITTED, w->e);
  if (!err)
    err = aid_tree_change_make (&w->change, w->e);
  return err ? take_back (w, err) : aid_tree_change_close (&w->change, w->e);
}

/* Notes for each file what it is to be: what the last part of the patch states, of those for it that fit as a whole. */
static enum aid_err
note_modes (struct writer *w)
{
  w->exec = malloc ((w->plan->files.len + 1) * sizeof *w->exec);
  if (!w->exec)
    return no_memory (w);
  for (size_t i = 0; i < w->plan->files.len; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &w->plan->files, i);
      int stated = f->exec;
      w->exec[i] = -1;
      if (f->applies && stated >= 0)
        w->exec[f->same_as] = stated;
    }
  return AID_OK;
}

/* Whether the plan changes the file at all. */
static int
changes (const struct writer *w, const struct aid_file_plan *f)
{
  enum aid_patch_op op = f->op;
  size_t applied = 0;
  for (size_t i = 0; i < f->n; i++)
    applied += AID_VEC_AT (struct aid_placement, &w->plan->placements, f->first + i).status == AID_HUNK_APPLIES;
  if (op == AID_OP_MODIFY)
    return f->same_as == f->file
           && (!aid_span_eq (aid_str_span (&f->before), aid_str_span (&f->after)) || w->exec[f->file] >= 0);
  return f->applies && !f->already && (applied > 0 || f->n == 0 || op == AID_OP_RENAME);
}

static const char *
first_reason (const struct aid_plan *plan)
{
  for (size_t i = 0; i < plan->files.len; i++)
    if (AID_VEC_AT (struct aid_file_plan, &plan->files, i).reason[0])
      return AID_VEC_AT (struct aid_file_plan, &plan->files, i).reason;
  for (size_t i = 0; i < plan->placements.len; i++)
    if (AID_VEC_AT (struct aid_placement, &plan->placements, i).status == AID_HUNK_REFUSED)
      return AID_VEC_AT (struct aid_placement, &plan->placements, i).reason;
  return "nothing fits";
}

static enum aid_err
collect (struct writer *w)
{
  enum aid_err err = note_modes (w);
  for (size_t i = 0; i < w->plan->files.len && !err; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &w->plan->files, i);
      err = changes (w, f) ? add_file (w, f) : AID_OK;
    }
  return err ? err : one_file_twice (w);
}

static enum aid_err
write_tree (struct writer *w, const char *real)
{
  struct aid_tree_lock lock;
  enum aid_err err = aid_tree_lock (&lock, real, AID_TREE_WAIT, w->e);
  if (err)
    return err;
  err = aid_tree_recover (real, AID_RECOVER_NOW, NULL, w->e);
  w->texts = AID_VEC_INIT (struct aid_tree_text, (size_t) AID_PATCH_FILES * 2);
  if (!err)
    {
      err = aid_tree_change_init (&w->change, real, w->e);
      if (!err)
        err = aid_patch_root (real, &w->top, w->e);
      if (!err)
        err = collect (w);
      if (!err && w->change.steps.len > 0)
        err = carry_out (w);
      aid_tree_change_free (&w->change);
    }
  aid_tree_unlock (&lock);
  for (size_t i = 0; i < w->texts.len; i++)
    free (AID_VEC_AT (struct aid_tree_text, &w->texts, i).like);
  aid_vec_free (&w->texts);
  free (w->exec);
  return err;
}

enum aid_err
aid_patch_apply_tree (const struct aid_patch *p, const struct aid_plan *plan, const char *root, int partial,
                      struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  struct writer w = { .p = p, .plan = plan, .e = e ? e : &own };
  if (plan->refused > 0 && !partial)
    return aid_error_set (e, AID_E_REFUSED, "nothing was written, for %zu of %zu changes do not fit: %.150s", plan->refused,
                          plan->refused + plan->applied + plan->already, first_reason (plan));
  char *real = realpath (root, NULL);
  if (!real)
    return aid_error_set (e, AID_E_REFUSED, "the project's folder is not there: %.150s: %s", root, strerror (errno));
  enum aid_err err = write_tree (&w, real);
  free (real);
  return err;
}
