/* Hunks one after the other.  Models change what they have just written: a later hunk deletes lines that an earlier one puts in,
   or an edit tool changes the same line twice.  Edits in terms of the file cannot say that; when the whole plan is carried out
   together, the file gets the text that all of them leave, as one edit. */
#include "patch/plan_internal.h"

#include <stdlib.h>

/* What the parts of the patch before F leave of its file. */
static enum aid_err
text_so_far (struct aid_planner *g, const struct aid_file_plan *f, const struct aid_file_plan *head, struct aid_str *out)
{
  size_t last = head->file;
  if (head->rewritten)
    return aid_str_addspan (out, aid_str_span (&head->after));
  if (head == f)
    return aid_str_addspan (out, aid_str_span (&head->before));
  for (size_t i = head->file; i < f->file; i++)
    if (AID_VEC_AT (struct aid_file_plan, &g->plan->files, i).same_as == head->file)
      last = i;
  g->work += f->file - head->file;
  return aid_plan_text_after (g->plan, last, aid_str_span (&head->before), out);
}

/* Places each hunk in what those before it leave of TEXT, which becomes what all leave.  *OK: every one is in its exact place. */
static enum aid_err
place_each (struct aid_planner *g, const struct aid_file_plan *f, struct aid_placement *trials, struct aid_str *text, int *ok)
{
  enum aid_err err = AID_OK;
  *ok = 1;
  for (size_t i = 0; i < f->n && !err && *ok; i++)
    {
      struct aid_str after = AID_STR_INIT (AID_PATCH_MAX * 3);
      trials[i] = (struct aid_placement){ .hunk = f->first + i, .status = aid_plan_placement (g, f, i)->status };
      if (trials[i].status == AID_HUNK_LEFT_OUT)
        continue;
      trials[i].candidates = AID_VEC_INIT (int64_t, AID_CANDIDATES);
      trials[i].edits = AID_VEC_INIT (struct aid_patch_edit, AID_PATCH_LINES);
      err = aid_plan_place_one (g, f, i, aid_str_span (text), &trials[i], &after);
      *ok = !err && trials[i].status == AID_HUNK_APPLIES && trials[i].similarity >= 1 && !after.err;
      if (*ok)
        {
          struct aid_str swap = *text;
          *text = after;
          after = swap;
        }
      aid_str_free (&after);
    }
  return err;
}

static void
forget_edits (struct aid_planner *g, const struct aid_file_plan *f)
{
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_placement *o = aid_plan_placement (g, f, i);
      o->edits.len = 0;
      o->span_beg = o->span_end = o->cspan_beg = o->cspan_end = 0;
    }
}

/* Takes over where the hunks were placed, without their edits, which are in terms of another text. */
static void
take_over (struct aid_planner *g, struct aid_file_plan *f, struct aid_placement *trials)
{
  f->applies = 1;
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_placement *o = aid_plan_placement (g, f, i), old = *o;
      if (o->status == AID_HUNK_LEFT_OUT)
        continue;
      *o = trials[i];
      trials[i] = old;
    }
}

/* Gives the first hunk of the path that applies the edit that makes TEXT of the file. */
static enum aid_err
rewrite (struct aid_planner *g, struct aid_file_plan *head, const struct aid_file_plan *f, struct aid_span text)
{
  struct aid_span before = aid_str_span (&head->before);
  struct aid_placement *first = NULL;
  for (size_t i = head->file; i <= f->file; i++)
    {
      const struct aid_file_plan *part = &AID_VEC_AT (struct aid_file_plan, &g->plan->files, i);
      if (part->same_as != head->file)
        continue;
      forget_edits (g, part);
      for (size_t k = 0; k < part->n && !first; k++)
        if (aid_plan_placement (g, part, k)->status == AID_HUNK_APPLIES)
          first = aid_plan_placement (g, part, k);
    }
  size_t beg = 0, end = 0;      /* whole lines that both begin and end with */
  for (size_t i = 0; i < before.len && i < text.len && before.ptr[i] == text.ptr[i]; i++)
    if (before.ptr[i] == '\n')
      beg = i + 1;
  struct aid_span a = aid_span_cut (before, beg, before.len), b = aid_span_cut (text, beg, text.len);
  for (size_t i = 0; i < a.len && i < b.len && a.ptr[a.len - i - 1] == b.ptr[b.len - i - 1]; i++)
    if (a.ptr[a.len - i - 1] == '\n')
      end = i;
  struct aid_lines l;
  struct aid_str now = AID_STR_INIT (AID_PATCH_MAX * 3);
  enum aid_err err = aid_lines_init (&l, before, NULL);
  aid_str_addspan (&now, aid_span_cut (text, beg, text.len - end));
  if (!err && first)
    err = aid_edit_add (&l, beg, before.len - end, &now, &g->plan->texts, first);
  aid_lines_free (&l);
  aid_str_free (&now);
  head->rewritten = 1;
  aid_str_clear (&head->after);
  return err ? err : aid_str_addspan (&head->after, text);
}

enum aid_err
aid_plan_one_by_one (struct aid_planner *g, struct aid_file_plan *f)
{
  struct aid_file_plan *head = &AID_VEC_AT (struct aid_file_plan, &g->plan->files, f->same_as);
  struct aid_placement *trials = calloc (f->n + 1, sizeof *trials);
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 3);
  int ok = 0;
  enum aid_err err = trials ? text_so_far (g, f, head, &text) : AID_E_NOMEM;
  if (!err)
    err = place_each (g, f, trials, &text, &ok);
  if (!err && ok)
    {
      take_over (g, f, trials);
      err = rewrite (g, head, f, aid_str_span (&text));
    }
  for (size_t i = 0; trials && i < f->n; i++)
    {
      aid_vec_free (&trials[i].candidates);
      aid_vec_free (&trials[i].edits);
    }
  free (trials);
  aid_str_free (&text);
  return err == AID_E_LIMIT ? AID_OK : err;
}
