/* Hunks one after the other.  Models change what they have just written: a later hunk deletes lines that an earlier one puts in,
   or an edit tool changes the same line twice.  Edits in terms of the file cannot say that; when the whole plan is carried out
   together, the file gets the text that all of them leave, as one edit. */
#include "patch/plan_internal.h"

#include <stdlib.h>

/* Whether the parts of a path behind FIRST and before END have edits. */
static int
have_edits (struct aid_planner *g, size_t first, size_t end)
{
  for (size_t i = g->next[first]; i != end; i = g->next[i])
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &g->plan->files, i);
      for (size_t k = 0; k < f->n; k++)
        if (aid_plan_placement (g, f, k)->edits.len > 0)
          return 1;
      g->so_far_last = i;
    }
  return 0;
}

/* What the parts of the patch before F leave of its file.  It is kept for the next part, for thousands may fit nowhere. */
static enum aid_err
text_so_far (struct aid_planner *g, const struct aid_file_plan *f, const struct aid_file_plan *head, struct aid_str *out)
{
  enum { EDIT_WORK = 200 };     /* to put one in its place among many and to carry it out */
  enum aid_err err = AID_OK;
  if (head->rewritten)
    return aid_str_addspan (out, aid_str_span (&head->after));
  if (head == f)
    return aid_str_addspan (out, aid_str_span (&head->before));
  if (g->so_far_head != head->file || have_edits (g, g->so_far_last, f->file))
    {
      aid_str_clear (&g->so_far);
      err = aid_plan_text_after (g, head->file, f->file, aid_str_span (&head->before), &g->so_far);
      g->so_far_head = err ? AID_NO_PART : head->file;
      for (size_t i = head->file; i != f->file; i = g->next[i])
        {
          const struct aid_file_plan *part = &AID_VEC_AT (struct aid_file_plan, &g->plan->files, i);
          for (size_t k = 0; k < part->n; k++)
            g->work += aid_plan_placement (g, part, k)->edits.len * EDIT_WORK;
          g->so_far_last = i;
        }
    }
  return err ? err : aid_str_addspan (out, aid_str_span (&g->so_far));
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
      g->work += text->len * 2;
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
forget_edits (struct aid_placement *o)
{
  o->edits.len = 0;
  o->span_beg = o->span_end = o->cspan_beg = o->cspan_end = 0;
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

/* The first hunk of the path that applies, up to F; no part has edits any more. */
static struct aid_placement *
first_without_edits (struct aid_planner *g, const struct aid_file_plan *head, const struct aid_file_plan *f)
{
  struct aid_placement *first = NULL;
  for (size_t k = 0; k < f->n; k++)
    forget_edits (aid_plan_placement (g, f, k));
  /* Once the path is rewritten only its first hunk has an edit. */
  for (size_t i = head->file; i != AID_NO_PART && !(first && head->rewritten); i = g->next[i])
    {
      const struct aid_file_plan *part = &AID_VEC_AT (struct aid_file_plan, &g->plan->files, i);
      for (size_t k = 0; k < part->n && !(first && head->rewritten); k++)
        {
          struct aid_placement *o = aid_plan_placement (g, part, k);
          first = !first && o->status == AID_HUNK_APPLIES ? o : first;
          forget_edits (o);
        }
      g->work++;
    }
  return first;
}

/* Gives that hunk the edit that makes TEXT of the file. */
static enum aid_err
rewrite (struct aid_planner *g, struct aid_file_plan *head, const struct aid_file_plan *f, struct aid_span text)
{
  struct aid_span before = aid_str_span (&head->before);
  struct aid_placement *first = first_without_edits (g, head, f);
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
  g->work += text.len * 2;
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
