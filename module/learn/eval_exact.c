/* Whether an answer comes to what the solution comes to, in whatever form each is written. */
#include "base/fs.h"
#include "learn/eval_internal.h"
#include "learn/placed.h"

#include <stdlib.h>

static int
is_bad_text (enum aid_err err)
{
  return err == AID_E_LIMIT || err == AID_E_PARSE || err == AID_E_INVALID || err == AID_E_REFUSED;
}

/* Places TEXT in DIR; P->plan stays NULL where there is no change, or none that can be placed. */
static enum aid_err
place (struct aid_span text, const char *dir, struct aid_placed *p, struct aid_error *e)
{
  static const struct aid_plan_options options = { .together = 1 };
  const struct aid_patch_source source = aid_patch_disk_source (dir);
  enum aid_err err = aid_placed_make (text, &source, &options, p, e);
  return is_bad_text (err) ? AID_OK : err;
}

static const struct aid_file_plan *
plan_at (const struct aid_plan *plan, size_t i)
{
  return &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
}

/* What PLAN makes of the file at PATH: 1 and *TEXT, 0 when it takes it away, -1 when it says nothing of it.  The last
   part that names the file counts. */
static int
text_of (const struct aid_plan *plan, const char *path, struct aid_span *text)
{
  int found = -1;
  for (size_t i = 0; i < plan->files.len; i++)
    {
      const struct aid_file_plan *f = plan_at (plan, i);
      if (f->old_path && !strcmp (f->old_path, path) && (f->op == AID_OP_DELETE || f->op == AID_OP_RENAME))
        found = 0;
      if (f->new_path && !strcmp (f->new_path, path) && f->op != AID_OP_DELETE)
        {
          *text = aid_str_span (&plan_at (plan, f->same_as)->after);
          found = 1;
        }
    }
  return found;
}

/* The same; where PLAN says nothing, what the file of DIR is. */
static enum aid_err
result_of (const struct aid_plan *plan, const char *path, const char *dir, struct aid_str *own, int *there,
           struct aid_span *text, struct aid_error *e)
{
  const struct aid_patch_source source = aid_patch_disk_source (dir);
  *there = text_of (plan, path, text);
  if (*there >= 0)
    return AID_OK;
  enum aid_err err = source.read (source.ctx, path, own, e);
  *there = !err;
  *text = aid_str_span (own);
  return err == AID_E_NOMEM ? err : AID_OK;
}

/* Whether PATH, which is there when PLAN is carried out in DIR, may be executed then: what the last part for it states, else what
   it was before, or what it is renamed from. */
static int
exec_of (const struct aid_plan *plan, const char *path, const char *dir)
{
  struct aid_str full = AID_STR_INIT (AID_EVAL_PATH);
  const char *was = path;
  struct stat st;
  int stated = -1;
  for (size_t i = 0; i < plan->files.len; i++)
    {
      const struct aid_file_plan *f = plan_at (plan, i);
      if (!f->new_path || strcmp (f->new_path, path) != 0 || f->op == AID_OP_DELETE)
        continue;
      was = f->op == AID_OP_RENAME ? f->old_path : was;
      stated = f->exec >= 0 ? f->exec : stated;
    }
  int there = stated < 0 && !aid_fs_join (&full, dir, was) && !lstat (aid_str_z (&full), &st);
  aid_str_free (&full);
  return stated >= 0 ? stated : there && (st.st_mode & S_IXUSR);
}

static enum aid_err
same_file (const struct aid_plan *a, const struct aid_plan *b, const char *path, const char *dir, int *same,
           struct aid_error *e)
{
  struct aid_str own_a = AID_STR_INIT (AID_EVAL_FILE), own_b = AID_STR_INIT (AID_EVAL_FILE);
  struct aid_span ta = AID_SPAN (""), tb = AID_SPAN ("");
  int there_a = 0, there_b = 0;
  enum aid_err err = result_of (a, path, dir, &own_a, &there_a, &ta, e);
  if (!err)
    err = result_of (b, path, dir, &own_b, &there_b, &tb, e);
  *same = there_a == there_b
          && (!there_a || (aid_span_eq (ta, tb) && !exec_of (a, path, dir) == !exec_of (b, path, dir)));
  aid_str_free (&own_a);
  aid_str_free (&own_b);
  return err;
}

/* Whether all files that A names come to the same by both. */
static enum aid_err
same_files (const struct aid_plan *a, const struct aid_plan *b, const char *dir, int *same, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < a->files.len && *same && !err; i++)
    {
      const struct aid_file_plan *f = plan_at (a, i);
      if (f->old_path)
        err = same_file (a, b, f->old_path, dir, same, e);
      if (f->new_path && *same && !err)
        err = same_file (a, b, f->new_path, dir, same, e);
    }
  return err;
}

enum aid_err
aid_eval_exact (struct aid_span answer, const char *solution, const char *dir, int *changes, int *exact, struct aid_error *e)
{
  struct aid_placed a, s = { NULL, NULL };
  enum aid_err err = place (answer, dir, &a, e);
  *changes = a.patch && a.patch->files.len > 0;
  *exact = -1;
  if (!err && solution)
    err = place (aid_span_z (solution), dir, &s, e);
  const struct aid_plan *right = !err && aid_placed_is_whole (&s) ? s.plan : NULL;
  const struct aid_plan *answered = right && aid_placed_is_whole (&a) ? a.plan : NULL;
  if (right)
    *exact = answered != NULL;
  if (answered)
    err = same_files (answered, right, dir, exact, e);
  if (answered && *exact && !err)
    err = same_files (right, answered, dir, exact, e);
  aid_placed_free (&a);
  aid_placed_free (&s);
  return err;
}
