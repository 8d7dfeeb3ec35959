/* Where in an answer an error stands: the lines of a file as the answer would leave it, back to the hunk that has put them there
   and to the line that stands there now. */
#include "base/json.h"
#include "ces/hunks.h"

#include <stdlib.h>

#define NEAR 1 /* lines: what is missing at a line's end is often said of the next */
#define RANGES_MAX 1000000

struct edit
{
  const struct aid_patch_edit *edit;
  size_t hunk;
};

static int
by_place (const void *a, const void *b)
{
  const struct edit *x = a, *y = b;
  return (x->edit->beg > y->edit->beg) - (x->edit->beg < y->edit->beg);
}

static int64_t
count_lines (struct aid_span v)
{
  int64_t n = 0;
  for (const char *z = v.ptr, *end = z + v.len; v.len && (z = memchr (z, '\n', (size_t)(end - z))); z++)
    n++;
  return n;
}

/* Appends the edits of F's path, of all the plan's parts that change it. */
static void
collect (const struct aid_plan *plan, const struct aid_file_plan *f, struct aid_vec *out)
{
  for (size_t i = 0; i < plan->files.len; i++)
    {
      const struct aid_file_plan *g = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      for (size_t k = 0; g->same_as == f->file && k < g->n; k++)
        {
          const struct aid_placement *o = &AID_VEC_AT (struct aid_placement, &plan->placements, g->first + k);
          for (size_t n = 0; o->status == AID_HUNK_APPLIES && n < o->edits.len; n++)
            {
              struct edit *edit = aid_vec_push (out);
              if (edit)
                *edit = (struct edit){ &AID_VEC_AT (struct aid_patch_edit, &o->edits, n), o->hunk };
            }
        }
    }
  if (out->len)
    qsort (out->data, out->len, sizeof (struct edit), by_place);
}

static void
add_edits (const struct aid_plan *plan, const struct aid_file_plan *f, struct aid_vec *ranges)
{
  struct aid_vec edits = AID_VEC_INIT (struct edit, RANGES_MAX);
  struct aid_span before = aid_str_span (&f->before);
  int64_t line = 1, shift = 0;
  size_t at = 0;
  collect (plan, f, &edits);
  for (size_t i = 0; i < edits.len; i++)
    {
      const struct edit *one = &AID_VEC_AT (struct edit, &edits, i);
      struct aid_range *range = one->edit->beg >= at ? aid_vec_push (ranges) : NULL;
      if (!range)
        break;
      line += count_lines (aid_span_cut (before, at, one->edit->beg));
      int64_t old = count_lines (aid_span_cut (before, one->edit->beg, one->edit->end)), new = count_lines (one->edit->text);
      *range = (struct aid_range){ f->new_path, one->hunk, line, line + shift, line + shift + (new ? new - 1 : 0), 0 };
      line += old;
      at = one->edit->end;
      range->shift = shift += new - old;
    }
  aid_vec_free (&edits);
}

void
aid_ranges_make (const struct aid_plan *plan, struct aid_vec *ranges)
{
  *ranges = AID_VEC_INIT (struct aid_range, RANGES_MAX);
  for (size_t i = 0; i < plan->files.len; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      if (f->same_as != f->file || !f->new_path)
        continue;
      if (f->op != AID_OP_CREATE)
        add_edits (plan, f, ranges);
      for (size_t k = 0; f->op == AID_OP_CREATE && k < f->n; k++)
        {
          const struct aid_placement *o = &AID_VEC_AT (struct aid_placement, &plan->placements, f->first + k);
          struct aid_range *range = o->status == AID_HUNK_APPLIES ? aid_vec_push (ranges) : NULL;
          if (range)
            *range = (struct aid_range){ f->new_path, o->hunk, 1, 1, INT64_MAX - NEAR, 0 };
        }
    }
}

struct aid_blame
aid_ranges_blame (const struct aid_vec *ranges, const char *path, int64_t line)
{
  struct aid_blame out = { SIZE_MAX, line };
  int64_t nearest = NEAR + 1;
  for (size_t i = 0; i < ranges->len; i++)
    {
      const struct aid_range *r = &AID_VEC_AT (struct aid_range, ranges, i);
      if (strcmp (r->path, path) != 0)
        continue;
      int64_t far = line < r->first ? r->first - line : line > r->last ? line - r->last : 0;
      if (far < nearest)
        {
          nearest = far;
          out.hunk = r->hunk;
        }
      if (line >= r->first)
        out.line = line <= r->last ? r->old : line - r->shift;
    }
  return out;
}
