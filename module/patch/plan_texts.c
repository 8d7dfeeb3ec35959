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

void
aid_plan_join (struct aid_planner *g, struct aid_file_plan *f, size_t head)
{
  f->same_as = head;
  if (head == f->file)
    return;
  g->next[g->last[head]] = f->file;
  g->last[head] = f->file;
}

enum aid_err
aid_plan_text_after (struct aid_planner *g, size_t first, size_t end, struct aid_span before, struct aid_str *after)
{
  size_t n = 0;
  for (size_t i = first; i != AID_NO_PART && i != end; i = g->next[i])
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &g->plan->files, i);
      for (size_t k = 0; k < f->n; k++)
        n += aid_plan_placement (g, f, k)->edits.len;
    }
  struct step *steps = malloc ((n + 1) * sizeof *steps);
  if (!steps)
    return AID_E_NOMEM;
  n = 0;
  for (size_t i = first; i != AID_NO_PART && i != end; i = g->next[i])
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &g->plan->files, i);
      for (size_t k = 0; k < f->n; k++)
        {
          const struct aid_vec *edits = &aid_plan_placement (g, f, k)->edits;
          for (size_t j = 0; j < edits->len; j++, n++)
            steps[n] = (struct step){ &AID_VEC_AT (struct aid_patch_edit, edits, j), n };
        }
    }
  enum aid_err err = splice (before, steps, n, after);
  free (steps);
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
aid_plan_texts (struct aid_planner *g)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < g->plan->files.len && !err; i++)
    {
      struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &g->plan->files, i);
      if (f->same_as == i && !f->rewritten && (f->op == AID_OP_MODIFY || f->op == AID_OP_RENAME))
        err = aid_plan_text_after (g, i, AID_NO_PART, aid_str_span (&f->before), &f->after);
      count (g->plan, f);
    }
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
