/* What comes of a plan: the texts after all edits of a file, the counts, and the plan's end. */
#include "patch/plan_internal.h"

#include <stdlib.h>

/* An edit with what decides the order of edits at the same place. */
struct step
{
  const struct aid_patch_edit *edit;
  size_t order;
};

static int
compare (const void *a, const void *b)
{
  const struct step *x = a, *y = b;
  if (x->edit->beg != y->edit->beg)
    return x->edit->beg < y->edit->beg ? -1 : 1;
  if (x->edit->end != y->edit->end)
    return x->edit->end < y->edit->end ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

static enum aid_err
splice (struct aid_span before, struct step *steps, size_t n, struct aid_str *after)
{
  size_t at = 0, len = before.len;
  qsort (steps, n, sizeof *steps, compare);
  for (size_t i = 0; i < n; i++)
    len += steps[i].edit->text.len - (steps[i].edit->end - steps[i].edit->beg);
  aid_str_reserve (after, len);
  for (size_t i = 0; i < n; i++)
    {
      const struct aid_patch_edit *edit = steps[i].edit;
      aid_str_addspan (after, aid_span_cut (before, at, edit->beg));
      aid_str_addspan (after, edit->text);
      at = edit->end;
    }
  return aid_str_addspan (after, aid_span_cut (before, at, before.len));
}

/* The plans of one path are a chain in the order of the patch; NEXT is by file, (size_t) -1 ends.  Appends to AFTER what all
   their edits make of BEFORE. */
static enum aid_err
text_of (struct aid_plan *plan, size_t first, const size_t *next, struct aid_span before, struct aid_str *after)
{
  size_t n = 0;
  for (size_t i = first; i != (size_t) -1; i = next[i])
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      for (size_t k = 0; k < f->n; k++)
        n += AID_VEC_AT (struct aid_placement, &plan->placements, f->first + k).edits.len;
    }
  struct step *steps = malloc ((n + 1) * sizeof *steps);
  if (!steps)
    return AID_E_NOMEM;
  n = 0;
  for (size_t i = first; i != (size_t) -1; i = next[i])
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      for (size_t k = 0; k < f->n; k++)
        {
          const struct aid_vec *edits = &AID_VEC_AT (struct aid_placement, &plan->placements, f->first + k).edits;
          for (size_t j = 0; j < edits->len; j++, n++)
            steps[n] = (struct step){ &AID_VEC_AT (struct aid_patch_edit, edits, j), n };
        }
    }
  enum aid_err err = splice (before, steps, n, after);
  free (steps);
  return err;
}

enum aid_err
aid_plan_text_after (struct aid_plan *plan, size_t file, struct aid_span before, struct aid_str *after)
{
  size_t head = AID_VEC_AT (struct aid_file_plan, &plan->files, file).same_as, last = head;
  size_t *next = malloc ((file + 1) * sizeof *next);
  if (!next)
    return AID_E_NOMEM;
  for (size_t i = head + 1; i <= file; i++)
    if (AID_VEC_AT (struct aid_file_plan, &plan->files, i).same_as == head)
      {
        next[last] = i;
        last = i;
      }
  next[last] = (size_t) -1;
  enum aid_err err = text_of (plan, head, next, before, after);
  free (next);
  return err;
}

static void
count (struct aid_plan *plan, const struct aid_file_plan *f)
{
  if (f->n == 0)
    {
      plan->applied += f->applies && !f->already;
      plan->already += f->already;
      plan->refused += !f->applies;
    }
  for (size_t k = 0; k < f->n; k++)
    {
      enum aid_hunk_status s = AID_VEC_AT (struct aid_placement, &plan->placements, f->first + k).status;
      plan->applied += s == AID_HUNK_APPLIES;
      plan->refused += s == AID_HUNK_REFUSED;
      plan->already += s == AID_HUNK_ALREADY;
    }
}

enum aid_err
aid_plan_texts (struct aid_plan *plan)
{
  size_t n = plan->files.len;
  size_t *next = malloc ((n + 1) * 2 * sizeof *next), *last = next ? next + n + 1 : NULL;
  if (!next)
    return AID_E_NOMEM;
  for (size_t i = 0; i < n; i++)
    {
      size_t head = AID_VEC_AT (struct aid_file_plan, &plan->files, i).same_as;
      next[i] = (size_t) -1;
      last[i] = i;
      if (head != i)
        {
          next[last[head]] = i;
          last[head] = i;
        }
    }
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < n && !err; i++)
    {
      struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      if (f->same_as == i && !f->rewritten && (f->op == AID_OP_MODIFY || f->op == AID_OP_RENAME))
        err = text_of (plan, i, next, aid_str_span (&f->before), &f->after);
      count (plan, f);
    }
  free (next);
  return err;
}

void
aid_plan_free (struct aid_plan *plan)
{
  if (!plan)
    return;
  for (size_t i = 0; i < plan->files.len; i++)
    {
      free (AID_VEC_AT (struct aid_file_plan, &plan->files, i).old_path);
      free (AID_VEC_AT (struct aid_file_plan, &plan->files, i).new_path);
      aid_str_free (&AID_VEC_AT (struct aid_file_plan, &plan->files, i).before);
      aid_str_free (&AID_VEC_AT (struct aid_file_plan, &plan->files, i).after);
    }
  for (size_t i = 0; i < plan->placements.len; i++)
    {
      aid_vec_free (&AID_VEC_AT (struct aid_placement, &plan->placements, i).candidates);
      aid_vec_free (&AID_VEC_AT (struct aid_placement, &plan->placements, i).edits);
    }
  for (size_t i = 0; i < plan->texts.len; i++)
    free (AID_VEC_AT (char *, &plan->texts, i));
  aid_vec_free (&plan->files);
  aid_vec_free (&plan->placements);
  aid_vec_free (&plan->texts);
  free (plan);
}
