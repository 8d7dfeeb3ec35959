/* What the fuzzers of patches demand of a patch that was read and of a plan for it. */
#ifndef AID_TESTS_FUZZ_PATCH_H
#define AID_TESTS_FUZZ_PATCH_H

#include "fuzz.h"
#include "base/utf8.h"
#include "patch/patch.h"

/* Whether V is part of the answer, or of what was read out of it. */
static inline int
spans_text (const struct aid_patch *p, struct aid_span v)
{
  if (v.ptr >= p->text && v.ptr + v.len <= p->text + p->len)
    return 1;
  for (size_t i = 0; i < p->texts.len; i++)
    {
      const char *text = AID_VEC_AT (char *, &p->texts, i);
      if (v.ptr >= text && v.ptr + v.len <= text + strlen (text))
        return 1;
    }
  return 0;
}

/* Whether V may be shown. */
static inline int
is_clean (struct aid_span v)
{
  for (size_t i = 0; i < v.len; i++)
    if (((unsigned char) v.ptr[i] < ' ' && v.ptr[i] != '\n' && v.ptr[i] != '\t') || v.ptr[i] == 0x7f)
      return 0;
  return aid_utf8_valid_prefix (v) == v.len;
}

static inline void
check_patch (const struct aid_patch *p)
{
  size_t hunks = 0, lines = 0, files = 0;
  for (size_t i = 0; i < p->blocks.len; i++)
    {
      const struct aid_patch_block *b = &AID_VEC_AT (struct aid_patch_block, &p->blocks, i);
      CHECK (b->beg < b->end && b->end <= p->len && b->first_file == files && b->nfiles > 0);
      files += b->nfiles;
    }
  CHECK (files == p->files.len);
  for (size_t i = 0; i < p->files.len; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, i);
      CHECK (f->beg <= f->end && f->end <= p->len && f->first_hunk == hunks);
      CHECK (f->op == AID_OP_CREATE ? f->new_path != NULL : f->old_path != NULL);
      CHECK (f->op == AID_OP_DELETE || f->new_path != NULL);
      hunks += f->nhunks;
    }
  CHECK (hunks == p->hunks.len);
  for (size_t i = 0; i < p->hunks.len; i++)
    {
      const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &p->hunks, i);
      CHECK (h->beg < h->end && h->end <= p->len && h->first_line == lines && h->nlines > 0 && strlen (h->id) == 8);
      lines += h->nlines;
    }
  CHECK (lines == p->lines.len);
  for (size_t i = 0; i < p->lines.len; i++)
    {
      const struct aid_patch_line *l = &AID_VEC_AT (struct aid_patch_line, &p->lines, i);
      CHECK (spans_text (p, l->text));
      CHECK (!memchr (l->text.ptr, '\n', l->text.len));
    }
  for (size_t i = 0; i < p->notes.len; i++)
    CHECK (is_clean (aid_span_z (AID_VEC_AT (struct aid_patch_note, &p->notes, i).msg)));
}

static inline void
check_plan (const struct aid_patch *p, const struct aid_plan *plan)
{
  for (size_t i = 0; i < plan->files.len; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      struct aid_span before = aid_str_span (&AID_VEC_AT (struct aid_file_plan, &plan->files, f->same_as).before);
      for (size_t k = 0; k < f->n; k++)
        {
          const struct aid_placement *o = &AID_VEC_AT (struct aid_placement, &plan->placements, f->first + k);
          size_t at = 0;
          CHECK (o->status != AID_HUNK_REFUSED || (o->reason[0] && o->edits.len == 0));
          CHECK (is_clean (aid_span_z (o->reason)) && is_clean (aid_span_z (o->how)));
          CHECK (o->status != AID_HUNK_APPLIES || o->method);
          CHECK (o->span_beg <= o->span_end && o->span_end <= before.len);
          for (size_t j = 0; j < o->edits.len; j++)
            {
              const struct aid_patch_edit *e = &AID_VEC_AT (struct aid_patch_edit, &o->edits, j);
              CHECK (at <= e->beg && e->beg <= e->end && e->end <= before.len && e->cbeg <= e->cend && e->cend <= e->end);
              int begins = e->beg == 0 || before.ptr[e->beg - 1] == '\n' || e->beg == 3 || e->end == before.len;
              CHECK (begins && (e->end == before.len || e->end == e->beg || before.ptr[e->end - 1] == '\n'));
              at = e->end;
            }
        }
    }
  struct aid_str val = AID_STR_INIT (1 << 28);
  aid_plan_to_val (p, plan, &val);
  CHECK (val.err == AID_OK);
  aid_str_free (&val);
  struct aid_str report = AID_STR_INIT (1 << 20);
  CHECK (aid_patch_report (p, plan, NULL, &report) == AID_OK && report.len <= AID_REPORT_MAX);
  CHECK (is_clean (aid_str_span (&report)));
  CHECK (plan->refused || report.len == 0);
  aid_str_free (&report);
}

/* The edits of all hunks, in their order, make the text after out of the text before. */
struct fuzz_step
{
  const struct aid_patch_edit *edit;
  size_t order;
};

static inline int
fuzz_compare (const void *a, const void *b)
{
  const struct fuzz_step *x = a, *y = b;
  if (x->edit->beg != y->edit->beg)
    return x->edit->beg < y->edit->beg ? -1 : 1;
  if (x->edit->end != y->edit->end)
    return x->edit->end < y->edit->end ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

/* Of a plan with one file, that is modified. */
static inline void
check_after (const struct aid_plan *plan)
{
  const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, 0);
  struct aid_str text = AID_STR_INIT (1 << 28);
  struct aid_span before = aid_str_span (&f->before);
  size_t n = 0, at = 0;
  for (size_t i = 0; i < plan->placements.len; i++)
    n += AID_VEC_AT (struct aid_placement, &plan->placements, i).edits.len;
  struct fuzz_step *steps = calloc (n + 1, sizeof *steps);
  n = 0;
  for (size_t i = 0; i < plan->placements.len; i++)
    {
      const struct aid_vec *edits = &AID_VEC_AT (struct aid_placement, &plan->placements, i).edits;
      for (size_t k = 0; k < edits->len; k++, n++)
        steps[n] = (struct fuzz_step){ &AID_VEC_AT (struct aid_patch_edit, edits, k), n };
    }
  qsort (steps, n, sizeof *steps, fuzz_compare);
  for (size_t i = 0; i < n; i++)
    {
      CHECK (steps[i].edit->beg >= at);
      aid_str_addspan (&text, aid_span_cut (before, at, steps[i].edit->beg));
      aid_str_addspan (&text, steps[i].edit->text);
      at = steps[i].edit->end;
    }
  aid_str_addspan (&text, aid_span_cut (before, at, before.len));
  CHECK (aid_span_eq (aid_str_span (&text), aid_str_span (&f->after)));
  aid_str_free (&text);
  free (steps);
}

/* A source that has one text under every name that ends in "f". */
static inline enum aid_err
fuzz_read_f (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  const struct aid_span *text = ctx;
  if (path[strlen (path) - 1] != 'f')
    return aid_error_set (e, AID_E_NOTFOUND, "not there");
  return aid_str_addspan (out, *text);
}

static inline enum aid_err
fuzz_list_f (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  (void) ctx;
  if (!each (closure, "src/f"))
    each (closure, "f");
  return AID_OK;
}

/* Reads ANSWER and plans it for TEXT, in both directions, with what a person may have chosen (the bytes of PICK). */
static inline void
fuzz_patch (struct aid_span answer, enum aid_patch_format format, struct aid_span text, unsigned pick)
{
  struct aid_patch *p = NULL;
  if (aid_patch_read (answer, format, &p, NULL))
    return;
  check_patch (p);
  int64_t *chosen = calloc (p->hunks.len + 1, sizeof *chosen);
  unsigned char *only = malloc (p->hunks.len + 1);
  for (size_t i = 0; i < p->hunks.len; i++)
    {
      chosen[i] = pick & 4 ? (int64_t) (i * 3 + pick / 16) : 0;
      only[i] = !(pick & 8) || i % 2 == 0;
    }
  for (int reverse = 0; reverse < 2; reverse++)
    {
      struct aid_patch_source source = { fuzz_read_f, &text, fuzz_list_f };
      struct aid_plan_options options = { .chosen = chosen, .only = only, .reverse = reverse };
      struct aid_plan *plan = NULL;
      CHECK (aid_patch_plan (p, &source, &options, &plan, NULL) == AID_OK);
      check_plan (p, plan);
      if (plan->files.len == 1 && AID_VEC_AT (struct aid_file_plan, &plan->files, 0).op == AID_OP_MODIFY)
        check_after (plan);
      aid_plan_free (plan);
    }
  free (chosen);
  free (only);
  aid_patch_free (p);
}

/* The input is a file's text, a line "%%%%", the answer, and a last byte that chooses. */
static inline struct aid_span
fuzz_split (const uint8_t *data, size_t size, struct aid_span *text)
{
  static const char line[] = "\n%%%%\n";
  struct aid_span all = { (const char *) data, size };
  ptrdiff_t at = aid_span_find (all, aid_span_z (line));
  *text = aid_span_cut (all, 0, at < 0 ? 0 : (size_t) at + 1);
  return aid_span_cut (all, at < 0 ? 0 : (size_t) at + strlen (line), size);
}

#endif
