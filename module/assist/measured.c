/* Numbers and words, and no names: reasons are told by their class, paths and texts not at all. */
#include "assist/measured.h"
#include "base/val.h"
#include "build/run.h"
#include "measure/events.h"
#include "patch/patch.h"

/* --- patches ------------------------------------------------------------------------------------------------------------ */

/* How the hunks of a plan are placed, by number. */
struct placed
{
  int64_t exact, shifted, whitespace, adjusted, already, refused, ambiguous, cut, file, place;
};

static void
count_refused (const struct aid_patch *p, const struct aid_placement *o, int whole, struct placed *n)
{
  n->refused++;
  if (whole)
    n->file++;
  else if (o->candidates.len)
    n->ambiguous++;
  else if (AID_VEC_AT (struct aid_patch_hunk, &p->hunks, o->hunk).cut_off)
    n->cut++;
  else
    n->place++;
}

static void
count_hunk (const struct aid_patch *p, const struct aid_placement *o, int whole, struct placed *n)
{
  const char *how = o->method ? o->method : "";
  if (o->status == AID_HUNK_REFUSED)
    count_refused (p, o, whole, n);
  else if (o->status == AID_HUNK_ALREADY)
    n->already++;
  else if (o->status == AID_HUNK_APPLIES)
    *(!strcmp (how, "shifted")      ? &n->shifted
      : !strcmp (how, "whitespace") ? &n->whitespace
      : !strcmp (how, "adjusted")   ? &n->adjusted
                                    : &n->exact)
      += 1;
}

static void
count_file (const struct aid_patch *p, const struct aid_plan *plan, const struct aid_file_plan *f, struct placed *n)
{
  int whole = f->reason[0] != '\0';
  for (size_t i = 0; i < f->n; i++)
    count_hunk (p, &AID_VEC_AT (struct aid_placement, &plan->placements, f->first + i), whole, n);
  if (!f->n)
    *(whole ? &n->refused : f->already ? &n->already : &n->exact) += 1;
  n->file += !f->n && whole;
}

/* The format of all blocks, or "mixed". */
static const char *
format_of (const struct aid_patch *p)
{
  static const char *const names[] = { "auto", "unified", "search-replace", "edits", "apply-patch", "whole" };
  enum aid_patch_format first = AID_FORMAT_AUTO;
  for (size_t i = 0; i < p->blocks.len; i++)
    {
      enum aid_patch_format f = AID_VEC_AT (struct aid_patch_block, &p->blocks, i).format;
      if (i && f != first)
        return "mixed";
      first = f;
    }
  return names[first];
}

void
aid_measured_patch (struct aid_events *events, const struct aid_patch *p, const struct aid_plan *plan,
                    struct aid_span request, const char *root, int64_t ms)
{
  struct aid_str val = AID_STR_INIT (4096);
  struct placed n = { .exact = 0 };
  if (!p->files.len && !p->notes.len)
    return;
  for (size_t i = 0; i < plan->files.len; i++)
    count_file (p, plan, &AID_VEC_AT (struct aid_file_plan, &plan->files, i), &n);
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "format", format_of (p));
  aid_val_kint (&val, "blocks", (int64_t)p->blocks.len);
  aid_val_kint (&val, "files", (int64_t)p->files.len);
  aid_val_kint (&val, "hunks", (int64_t)p->hunks.len);
  aid_val_kint (&val, "exact", n.exact);
  aid_val_kint (&val, "shifted", n.shifted);
  aid_val_kint (&val, "whitespace", n.whitespace);
  aid_val_kint (&val, "adjusted", n.adjusted);
  aid_val_kint (&val, "already", n.already);
  aid_val_kint (&val, "refused", n.refused);
  aid_val_kint (&val, "refused_ambiguous", n.ambiguous);
  aid_val_kint (&val, "refused_cut", n.cut);
  aid_val_kint (&val, "refused_file", n.file);
  aid_val_kint (&val, "refused_place", n.place);
  aid_val_kint (&val, "unread", (int64_t)p->notes.len);
  aid_val_kint (&val, "ms", ms);
  aid_val_end (&val, o, 16);
  struct aid_measurement m = { .kind = AID_MEASURED_PATCH, .request = request, .root = root, .fields = aid_str_span (&val) };
  aid_events_add (events, &m);
  aid_str_free (&val);
}

/* --- builds ------------------------------------------------------------------------------------------------------------- */

void
aid_measured_build (struct aid_events *events, const struct aid_build_event *ev, const char *root)
{
  static const char *const whats[] = { "build", "test", "watch" };
  struct aid_str val = AID_STR_INIT (4096);
  if (ev->kind != AID_BUILD_ROUND && ev->kind != AID_BUILD_ENDED)
    return;
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "what", whats[ev->what]);
  aid_val_kstrz (&val, "status", aid_build_status_name (ev->status));
  aid_val_kint (&val, "errors", ev->diags ? (int64_t)ev->diags->errors : 0);
  aid_val_kint (&val, "warnings", ev->diags ? (int64_t)ev->diags->warnings : 0);
  aid_val_kint (&val, "code", ev->code);
  aid_val_kint (&val, "ms", ev->ms);
  aid_val_end (&val, o, 6);
  struct aid_measurement m = { .kind = AID_MEASURED_BUILD, .root = root, .fields = aid_str_span (&val) };
  aid_events_add (events, &m);
  aid_str_free (&val);
}
