/* New files whose text is made of another one: copies, and files that a later part of the patch changes.  A plan says edits
   in terms of the file as it is, and that is not there: the whole text is one insertion, which the first hunk has. */
#include "patch/plan_internal.h"

#include <string.h>

/* Makes TEXT the whole of F, a new file. */
static enum aid_err
make (struct aid_planner *g, struct aid_file_plan *f, struct aid_str *text)
{
  struct aid_lines none;
  struct aid_placement *first = NULL;
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_placement *o = aid_plan_placement (g, f, i);
      o->edits.len = 0;
      o->span_beg = o->span_end = o->cspan_beg = o->cspan_end = 0;
      if (!first && o->status == AID_HUNK_APPLIES)
        first = o;
    }
  aid_str_clear (&f->after);
  enum aid_err err = aid_str_addspan (&f->after, aid_str_span (text));
  if (err || !first)
    return err;
  err = aid_lines_init (&none, (struct aid_span){ "", 0 }, NULL);
  if (!err)
    err = aid_edit_add (&none, 0, 0, text, &g->plan->texts, first);
  aid_lines_free (&none);
  return err;
}

/* Places F's hunks in TEXT and appends what they make of it to OUT. */
static enum aid_err
change (struct aid_planner *g, struct aid_file_plan *f, struct aid_span text, struct aid_str *out)
{
  struct aid_target t;
  enum aid_err err = aid_target_init (&t, text, NULL);
  if (err)
    return err;
  err = aid_plan_place (g, f, &t, f->new_path);
  if (!err)
    err = aid_plan_text_after (g, f->file, AID_NO_PART, text, out);
  aid_target_free (&t);
  return err;
}

static enum aid_err
too_large (struct aid_planner *g, struct aid_file_plan *f, enum aid_err err)
{
  if (err != AID_E_LIMIT)
    return err;
  aid_plan_refuse (g, f, "the new file is too large");
  return AID_OK;
}

/* --- a file that the patch makes and changes --- */

struct aid_file_plan *
aid_plan_maker (struct aid_planner *g, const struct aid_file_plan *f)
{
  if (!g->options.together || g->options.reverse || f->op != AID_OP_MODIFY || !aid_plan_knows (g, f->new_path))
    return NULL;
  uintptr_t nth = (uintptr_t) aid_map_get (g->makers, aid_span_z (f->new_path));
  struct aid_file_plan *made = nth ? &AID_VEC_AT (struct aid_file_plan, &g->plan->files, nth - 1) : NULL;
  return made && made->applies && !made->already ? made : NULL;
}

enum aid_err
aid_plan_note_maker (struct aid_planner *g, const struct aid_file_plan *f)
{
  if (f->op != AID_OP_CREATE || !f->new_path)
    return AID_OK;
  return aid_map_put (g->makers, aid_span_z (f->new_path), (void *) (uintptr_t) (f->file + 1), NULL);
}

enum aid_err
aid_plan_change_made (struct aid_planner *g, struct aid_file_plan *f, struct aid_file_plan *made)
{
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 3);
  /* The whole text is looked through, and kept, for each part that changes it. */
  g->work += made->after.len * 4;
  if (g->work > AID_PLACE_WORK)
    {
      aid_plan_refuse (g, f, "the patch changes the file that it makes in more parts than can be handled at once");
      return AID_OK;
    }
  enum aid_err err = change (g, f, aid_str_span (&made->after), &text);
  aid_plan_join (g, f, made->file);      /* only now: its edits are in terms of what was made so far */
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_placement *o = aid_plan_placement (g, f, i);
      o->edits.len = 0;
      o->span_beg = o->span_end = o->cspan_beg = o->cspan_end = 0;
    }
  if (!err)
    err = make (g, made, &text);
  aid_str_free (&text);
  return too_large (g, f, err);
}

/* --- copies --- */

/* A copy waits for its hunks: it is made when all of them fit.  Their places are in the text that is copied, not in this file. */
static void
refuse_copy (struct aid_planner *g, struct aid_file_plan *f)
{
  static const char why[] = "not copied, for not all of its hunks fit";
  aid_reason (f->reason, "%s", why);
  for (size_t i = 0; i < f->n; i++)
    {
      struct aid_placement *o = aid_plan_placement (g, f, i);
      if (o->status == AID_HUNK_APPLIES)
        aid_refuse (o, "%s", why);
      o->span_beg = o->span_end = o->cspan_beg = o->cspan_end = 0;
    }
}

enum aid_err
aid_plan_copy (struct aid_planner *g, struct aid_file_plan *f, const char *from)
{
  struct aid_str old = AID_STR_INIT (AID_PATCH_MAX), text = AID_STR_INIT (AID_PATCH_MAX * 3);
  struct aid_error e = { AID_OK, "" };
  char why[256] = "";
  int there = 0;
  if (g->options.reverse)
    aid_reason (why, "copying a file is not taken back");
  else if (aid_path_check (from, &e))
    aid_reason (why, "%s", e.msg);
  enum aid_err err = why[0] ? AID_OK : aid_plan_read (g, f, f->new_path, &old, &there);
  if (!err && !why[0] && !f->reason[0] && there)
    aid_reason (why, "%.200s is there already", f->new_path);
  aid_str_clear (&old);
  if (!err && !why[0] && !f->reason[0])
    err = aid_plan_read (g, f, from, &old, &there);
  if (!err && !why[0] && !f->reason[0] && !there)
    aid_reason (why, "%.200s, of which it is a copy, does not exist", from);
  if (why[0])
    aid_plan_refuse (g, f, why);
  if (!err && !f->reason[0])
    err = change (g, f, aid_str_span (&old), &text);
  if (!err && !f->reason[0] && !f->applies)
    refuse_copy (g, f);
  if (!err && !f->reason[0])
    err = make (g, f, &text);
  aid_str_free (&old);
  aid_str_free (&text);
  return too_large (g, f, err);
}
