/* Any bytes as an answer: reading keeps its spans inside the answer, and a plan against a synthetic file keeps its edits
   in order, in bounds and on the beginnings of lines; the reverse of what was placed is planned as well. */
#include "base/hash.h"
#include "patch/patch.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const char text_lf[] = "int\nmain (void)\n{\n  return 0;\n}\n\n/* end */\nx\nx\nx\na\nb\nc";
static const char text_crlf[] = "\xef\xbb\xbfint\r\nmain (void)\r\n{\r\n}\r\n\r\nx\r\nx\r\n\xc3\xa4\r\n";

static enum aid_err
read_synthetic (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  (void) ctx;
  uint64_t pick = aid_hash64 (aid_span_z (path)) % 5;
  if (pick == 0)
    return aid_error_set (e, AID_E_NOTFOUND, "not there");
  if (pick == 1)
    return AID_OK;
  return aid_str_addz (out, pick == 2 ? text_crlf : text_lf);
}

static enum aid_err
list_synthetic (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  static const char *const names[] = { "a.c", "src/a.c", "lib/x/a.c", "b.c", "f", "src/f", "old/b.c", "x" };
  (void) ctx;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (each (closure, names[i]))
      break;
  return AID_OK;
}

#define CHECK(truth)                                                                                                   \
  do                                                                                                                   \
    if (!(truth))                                                                                                      \
      {                                                                                                                \
        fprintf (stderr, "%d: %s\n", __LINE__, #truth);                                                                \
        abort ();                                                                                                      \
      }                                                                                                                \
  while (0)

/* Whether V is part of the answer, or of what was read out of it. */
static int
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

static void
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
}

static void
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
  CHECK (plan->refused || report.len == 0);
  aid_str_free (&report);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_patch *p = NULL;
  if (size == 0)
    return 0;
  enum aid_patch_format format = (enum aid_patch_format) (data[0] % 6);
  if (aid_patch_read ((struct aid_span){ (const char *) data + 1, size - 1 }, format, &p, NULL))
    return 0;
  check_patch (p);
  struct aid_patch_source source = { read_synthetic, NULL, list_synthetic };
  CHECK (aid_patch_settle (&p, format, &source, NULL) == AID_OK && p->candidates.len == 0);
  check_patch (p);
  for (int reverse = 0; reverse < 2; reverse++)
    {
      struct aid_plan *plan = NULL;
      struct aid_plan_options options = { .reverse = reverse, .together = !reverse };
      CHECK (aid_patch_plan (p, &source, &options, &plan, NULL) == AID_OK);
      check_plan (p, plan);
      aid_plan_free (plan);
    }
  aid_patch_free (p);
  return 0;
}
