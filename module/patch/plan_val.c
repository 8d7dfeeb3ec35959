/* The plan as a value: what `aid patch --json' prints and what the binding hands to Lisp. */
#include "patch/patch_internal.h"
#include "base/val.h"

static void
edits_val (const struct aid_vec *edits, struct aid_str *out)
{
  aid_val_key (out, "edits");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < edits->len; i++)
    {
      const struct aid_patch_edit *e = &AID_VEC_AT (struct aid_patch_edit, edits, i);
      size_t edit = aid_val_list (out);
      aid_val_int (out, (int64_t) e->cbeg);
      aid_val_int (out, (int64_t) e->cend);
      aid_val_str (out, e->text);
      aid_val_end (out, edit, 3);
    }
  aid_val_end (out, list, (uint32_t) edits->len);
}

static void
candidates_val (const struct aid_vec *lines, struct aid_str *out)
{
  aid_val_key (out, "candidates");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < lines->len; i++)
    aid_val_int (out, AID_VEC_AT (int64_t, lines, i));
  aid_val_end (out, list, (uint32_t) lines->len);
}

static void
hunk_val (const struct aid_patch *p, const struct aid_placement *o, struct aid_str *out)
{
  size_t hunk = aid_val_object (out);
  aid_val_kint (out, "index", (int64_t) o->hunk);
  aid_val_kstrz (out, "id", AID_VEC_AT (struct aid_patch_hunk, &p->hunks, o->hunk).id);
  aid_val_kstrz (out, "status", aid_hunk_status_name (o->status));
  aid_val_kstrz (out, "method", o->method);
  aid_val_kstrz (out, "how", o->how);
  aid_val_kint (out, "line", o->line);
  aid_val_kint (out, "shift", o->shift);
  aid_val_kreal (out, "similarity", o->similarity);
  aid_val_kstrz (out, "reason", o->reason);
  candidates_val (&o->candidates, out);
  edits_val (&o->edits, out);
  aid_val_kint (out, "beg", (int64_t) o->cspan_beg);
  aid_val_kint (out, "end", (int64_t) o->cspan_end);
  aid_val_end (out, hunk, 13);
}

static const char *
file_status (const struct aid_plan *plan, const struct aid_file_plan *f)
{
  size_t out = 0;
  for (size_t i = 0; i < f->n; i++)
    out += AID_VEC_AT (struct aid_placement, &plan->placements, f->first + i).status == AID_HUNK_LEFT_OUT;
  if (f->n > 0 && out == f->n)
    return aid_hunk_status_name (AID_HUNK_LEFT_OUT);
  return aid_hunk_status_name (f->applies ? AID_HUNK_APPLIES : AID_HUNK_REFUSED);
}

static void
file_val (const struct aid_patch *p, const struct aid_plan *plan, const struct aid_file_plan *f, struct aid_str *out)
{
  int create = f->op == AID_OP_CREATE;
  size_t file = aid_val_object (out);
  aid_val_kstrz (out, "path", f->new_path ? f->new_path : f->old_path);
  aid_val_kstrz (out, "old_path", f->old_path);
  aid_val_kstrz (out, "op", aid_patch_op_name (f->op));
  if (f->exec >= 0)
    aid_val_kstrz (out, "mode", aid_patch_mode_name (f->exec));
  aid_val_kstrz (out, "status", file_status (plan, f));
  aid_val_kstrz (out, "reason", f->reason);
  if (create)
    aid_val_kstr (out, "text", aid_str_span (&f->after));
  aid_val_key (out, "hunks");
  size_t hunks = aid_val_list (out);
  for (size_t i = 0; i < f->n; i++)
    hunk_val (p, &AID_VEC_AT (struct aid_placement, &plan->placements, f->first + i), out);
  aid_val_end (out, hunks, (uint32_t) f->n);
  aid_val_end (out, file, 6u + (create != 0) + (f->exec >= 0));
}

static void
notes_val (const struct aid_vec *notes, struct aid_str *out)
{
  aid_val_key (out, "notes");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < notes->len; i++)
    aid_val_str (out, aid_span_z (AID_VEC_AT (struct aid_patch_note, notes, i).msg));
  aid_val_end (out, list, (uint32_t) notes->len);
}

void
aid_plan_to_val (const struct aid_patch *p, const struct aid_plan *plan, struct aid_str *out)
{
  size_t whole = aid_val_object (out);
  aid_val_key (out, "files");
  size_t files = aid_val_list (out);
  for (size_t i = 0; i < plan->files.len; i++)
    file_val (p, plan, &AID_VEC_AT (struct aid_file_plan, &plan->files, i), out);
  aid_val_end (out, files, (uint32_t) plan->files.len);
  aid_val_kint (out, "applied", (int64_t) plan->applied);
  aid_val_kint (out, "refused", (int64_t) plan->refused);
  aid_val_kint (out, "already", (int64_t) plan->already);
  notes_val (&p->notes, out);
  aid_val_end (out, whole, 5);
}
