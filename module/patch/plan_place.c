/* Placing the hunks of one file of a patch: as they are written, or with their HTML entities undone when that fits better;
   for good, or only to see whether they fit. */
#include "patch/plan_internal.h"

#include <stdlib.h>

struct aid_want
aid_plan_want (const struct aid_planner *g, const struct aid_file_plan *f, size_t i, const char *path)
{
  size_t hunk = f->first + i;
  return (struct aid_want){ .p = g->reading,
                            .h = &AID_VEC_AT (struct aid_patch_hunk, &g->reading->hunks, hunk),
                            .hunk = hunk,
                            .reverse = g->options.reverse,
                            .unnumbered = g->unnumbered,
                            .chosen = g->options.chosen ? g->options.chosen[hunk] : 0,
                            .path = path };
}

/* Room for the N hunks that are to be placed, and what they are widened to when they replace pieces of text. */
struct batch
{
  struct aid_want *wants;
  struct aid_placement **out;
  struct aid_widened *wide;     /* NULL: none does */
  size_t n, nwide;
};

static enum aid_err
widen (struct batch *b, const struct aid_lines *lines)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < b->n && !err; i++)
    if (b->wants[i].h->old_text.len > 0)
      {
        if (!b->wide && !(b->wide = calloc (b->n, sizeof *b->wide)))
          return AID_E_NOMEM;
        err = aid_widen (lines, &b->wants[i], b->nwide ? &b->wide[b->nwide - 1] : NULL, &b->wide[b->nwide]);
        b->nwide++;
      }
  return err;
}

static enum aid_err
place_as_read (struct aid_planner *g, const struct aid_file_plan *f, struct aid_target *t, const char *path,
               struct aid_placement *placements, struct aid_vec *texts)
{
  struct batch b = { calloc (f->n + 1, sizeof *b.wants), calloc (f->n + 1, sizeof (struct aid_placement *)), NULL, 0, 0 };
  for (size_t i = 0; b.wants && b.out && i < f->n; i++)
    if (placements[i].status != AID_HUNK_LEFT_OUT)
      {
        b.wants[b.n] = aid_plan_want (g, f, i, path);
        b.out[b.n++] = &placements[i];
      }
  enum aid_err err = b.wants && b.out ? widen (&b, &t->lines) : AID_E_NOMEM;
  if (!err)
    err = aid_place_file (t, b.wants, b.n, texts, &g->work, b.out);
  for (size_t i = 0; i < b.nwide; i++)
    aid_widened_free (&b.wide[i]);
  free (b.wide);
  free (b.wants);
  free (b.out);
  return err;
}

enum aid_err
aid_plan_place_one (struct aid_planner *g, const struct aid_file_plan *f, size_t i, struct aid_span text,
                    struct aid_placement *out, struct aid_str *after)
{
  struct aid_target t;
  struct aid_file_plan one = *f;
  size_t at = 0;
  one.first += i;
  one.n = 1;
  enum aid_err err = aid_target_init (&t, text, NULL);
  if (err)
    return err;
  g->unnumbered = 1;
  err = place_as_read (g, &one, &t, f->new_path, out, &g->plan->texts);
  g->unnumbered = 0;
  for (size_t k = 0; k < out->edits.len && !err && out->status == AID_HUNK_APPLIES; k++)
    {
      const struct aid_patch_edit *edit = &AID_VEC_AT (struct aid_patch_edit, &out->edits, k);
      aid_str_addspan (after, aid_span_cut (text, at, edit->beg));
      aid_str_addspan (after, edit->text);
      at = edit->end;
    }
  if (!err && out->status == AID_HUNK_APPLIES)
    err = aid_str_addspan (after, aid_span_cut (text, at, text.len));
  aid_target_free (&t);
  return err;
}

/* --- trials --- */

/* How the hunks would fit in TEXT, which nothing has changed yet. */
static enum aid_err
try_as_read (struct aid_planner *g, const struct aid_file_plan *f, struct aid_span text, const char *path, struct aid_fit *fit)
{
  struct aid_target t;
  struct aid_vec texts = AID_VEC_INIT (char *, AID_PATCH_LINES);
  struct aid_placement *trial = calloc (f->n + 1, sizeof *trial);
  *fit = (struct aid_fit){ 0 };
  g->work += text.len * 4;
  if (!trial)
    return AID_E_NOMEM;
  for (size_t i = 0; i < f->n; i++)
    {
      trial[i].hunk = f->first + i;
      trial[i].status = AID_VEC_AT (struct aid_placement, &g->plan->placements, f->first + i).status;
      trial[i].candidates = AID_VEC_INIT (int64_t, AID_CANDIDATES);
      trial[i].edits = AID_VEC_INIT (struct aid_patch_edit, AID_PATCH_LINES);
    }
  enum aid_err err = aid_target_init (&t, text, NULL);
  if (!err)
    {
      err = place_as_read (g, f, &t, path, trial, &texts);
      aid_target_free (&t);
    }
  for (size_t i = 0; i < f->n; i++)
    {
      fit->hunks += trial[i].status != AID_HUNK_LEFT_OUT;
      fit->fitting += trial[i].status == AID_HUNK_APPLIES;
      fit->already += trial[i].status == AID_HUNK_ALREADY;
      int exact = trial[i].status == AID_HUNK_APPLIES && trial[i].similarity >= 1;
      struct aid_want w = aid_plan_want (g, f, i, path);
      fit->exact += exact;
      fit->stated += exact && trial[i].line == aid_want_start (&w);
      fit->similarity += trial[i].status == AID_HUNK_APPLIES ? trial[i].similarity : 0;
      aid_vec_free (&trial[i].candidates);
      aid_vec_free (&trial[i].edits);
    }
  for (size_t i = 0; i < texts.len; i++)
    free (AID_VEC_AT (char *, &texts, i));
  aid_vec_free (&texts);
  free (trial);
  return err == AID_E_LIMIT ? AID_OK : err;
}

/* --- entities --- */

static int
hunks_have_entity (const struct aid_planner *g, const struct aid_file_plan *f)
{
  for (size_t i = 0; i < f->n; i++)
    {
      const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &g->p->hunks, f->first + i);
      for (size_t k = 0; k < h->nlines; k++)
        if (aid_has_entity (AID_VEC_AT (struct aid_patch_line, &g->p->lines, h->first_line + k).text))
          return 1;
    }
  return 0;
}

enum aid_err
aid_plan_read_unescaped (struct aid_planner *g)
{
  if (!g->unescaped)
    g->unescaped = aid_unescape (g->p);
  if (!g->unescaped)
    return AID_E_NOMEM;
  g->reading = g->unescaped;
  return AID_OK;
}

/* Decides how the hunks of F are read for TEXT. */
static enum aid_err
choose_reading (struct aid_planner *g, const struct aid_file_plan *f, struct aid_span text, const char *path)
{
  struct aid_fit plain, other;
  g->reading = g->p;
  if (g->entities == AID_ENTITIES_NONE || !hunks_have_entity (g, f) || g->work > AID_PLACE_WORK)
    return AID_OK;
  g->work += text.len;
  if (g->entities == AID_ENTITIES_ALL && !aid_has_entity (text))
    return aid_plan_read_unescaped (g);
  enum aid_err err = try_as_read (g, f, text, path, &plain);
  if (err || plain.exact + plain.already == plain.hunks)
    return err;
  err = aid_plan_read_unescaped (g);
  if (!err)
    err = try_as_read (g, f, text, path, &other);
  if (!err && (other.fitting < plain.fitting || (other.fitting == plain.fitting && other.similarity <= plain.similarity)))
    g->reading = g->p;
  return err;
}

/* --- both --- */

enum aid_err
aid_plan_place (struct aid_planner *g, struct aid_file_plan *f, struct aid_target *t, const char *path)
{
  struct aid_placement *placements = f->n ? aid_plan_placement (g, f, 0) : NULL;
  enum aid_err err = choose_reading (g, f, t->lines.text, path);
  if (!err)
    err = place_as_read (g, f, t, path, placements, &g->plan->texts);
  f->applies = 1;
  for (size_t i = 0; i < f->n && !err; i++)
    f->applies &= placements[i].status != AID_HUNK_REFUSED;
  return err;
}

enum aid_err
aid_plan_try (struct aid_planner *g, const struct aid_file_plan *f, struct aid_span text, const char *path, struct aid_fit *fit)
{
  enum aid_err err = choose_reading (g, f, text, path);
  if (!err)
    err = try_as_read (g, f, text, path, fit);
  return err;
}
