/* What was refused, for a person to understand and for a model to act on: each hunk as it was written, why it has no place, and
   what the file has at the nearest place (or at the places that it fits) as a short diff with line numbers.  It is Markdown,
   bounded, and says what was left out. */
#include "patch/patch_internal.h"
#include "base/hash.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum
{
  HUNK_LINES = 100,             /* shown of a hunk */
  DIFF_LINES = 200,             /* old lines of a hunk that are compared with the file */
  ALL_ROWS = 3 * DIFF_LINES,    /* of such a comparison */
  ROWS = 60,                    /* shown of it */
  AROUND = 3,                   /* lines shown before and behind what differs */
  PLACES = 5,                   /* shown of an ambiguous hunk */
  LINE_BYTES = 240              /* shown of a line */
};

struct report
{
  const struct aid_patch *p;
  const struct aid_plan *plan;
  struct aid_lines lines;       /* of the file that is at hand, */
  size_t lines_of;              /* the plan with that number; SIZE_MAX: none */
  struct aid_str *out;
};

/* --- lines --- */

/* LINE (or a name) as text that is fit to be shown, its end left out when it is long. */
static void
add_clean (struct aid_str *out, struct aid_span line)
{
  struct aid_str clean = AID_STR_INIT ((size_t) 4 * LINE_BYTES);
  struct aid_span v = aid_span_cut (line, 0, line.len < LINE_BYTES ? line.len : LINE_BYTES);
  v.len -= v.len < line.len ? aid_utf8_tail (v) : 0;
  aid_utf8_clean (v, &clean);
  for (size_t i = 0; i < clean.len; i++)
    {
      unsigned char c = (unsigned char) clean.ptr[i];
      aid_str_addc (out, (c < ' ' && c != '\t') || c == 0x7f ? '?' : clean.ptr[i]);
    }
  aid_str_addz (out, v.len < line.len ? "..." : "");
  aid_str_free (&clean);
}

static void
add_text (struct aid_str *out, struct aid_span line)
{
  add_clean (out, line);
  aid_str_addc (out, '\n');
}

/* A fence for TEXT, longer than any in it. */
static void
add_fenced (struct aid_str *out, const char *language, struct aid_span text)
{
  int longest = 2, run = 0;
  for (size_t i = 0; i < text.len; i++)
    {
      run = text.ptr[i] == '`' ? run + 1 : 0;
      longest = run > longest ? run : longest;
    }
  char fence[64];
  longest = longest < 60 ? longest + 1 : 60;
  memset (fence, '`', (size_t) longest);
  fence[longest] = '\0';
  aid_str_addf (out, "%s%s\n", fence, language);
  aid_str_addspan (out, text);
  aid_str_addf (out, "%s\n", fence);
}

static void
add_row (struct aid_str *out, char sign, size_t number, struct aid_span text)
{
  if (number > 0)
    aid_str_addf (out, "%c%6zu | ", sign, number);
  else
    aid_str_addf (out, "%c       | ", sign);
  add_text (out, text);
}

/* What tells LINE from others, however it ends in blanks.  Long lines are compared many times. */
static uint64_t
name_of_line (struct aid_span line)
{
  while (line.len > 0 && strchr (" \t\r", line.ptr[line.len - 1]) && line.ptr[line.len - 1])
    line.len--;
  return aid_hash64 (line);
}

/* --- the hunk as it was written --- */

static void
add_hunk (const struct report *r, const struct aid_patch_hunk *h)
{
  struct aid_str text = AID_STR_INIT (AID_REPORT_MAX);
  aid_str_addz (&text, "@@");
  if (h->old_start >= 0 && h->new_start >= 0)
    aid_str_addf (&text, " -%lld,%lld +%lld,%lld @@", (long long) h->old_start, (long long) (h->old_count < 0 ? 1 : h->old_count),
                  (long long) h->new_start, (long long) (h->new_count < 0 ? 1 : h->new_count));
  aid_str_addz (&text, h->section.len ? " " : "");
  add_text (&text, h->section);
  for (size_t i = 0; i < h->nlines && i < HUNK_LINES; i++)
    {
      const struct aid_patch_line *line = &AID_VEC_AT (struct aid_patch_line, &r->p->lines, h->first_line + i);
      aid_str_addc (&text, line->op);
      add_text (&text, line->text);
      if (line->no_newline)
        aid_str_addz (&text, "\\ No newline at end of file\n");
    }
  add_fenced (r->out, "diff", aid_str_span (&text));
  if (h->nlines > HUNK_LINES)
    aid_str_addf (r->out, "and %zu lines more\n", h->nlines - HUNK_LINES);
  aid_str_free (&text);
}

/* --- what the file has --- */

/* The hunk's first old lines. */
static size_t
old_lines (const struct report *r, const struct aid_patch_hunk *h, struct aid_span *a)
{
  size_t m = 0;
  for (size_t i = 0; i < h->nlines && m < DIFF_LINES; i++)
    {
      const struct aid_patch_line *line = &AID_VEC_AT (struct aid_patch_line, &r->p->lines, h->first_line + i);
      if (line->op != (r->plan->reverse ? '-' : '+'))
        a[m++] = line->text;
    }
  return m;
}

/* A comparison of the hunk's old lines A with the file's lines LO to HI - 1. */
struct comparison
{
  const struct aid_lines *l;
  const struct aid_span *a;
  size_t m, lo, n;
  uint64_t *names;              /* of the M lines of A, and behind them of the N lines of the file */
  uint16_t *common;             /* of A from i on and the file from j on: [i * (n + 1) + j] */
};

struct rows
{
  struct row
  {
    char sign;
    size_t number;
    struct aid_span text;
  } row[ALL_ROWS];
  size_t n;
};

static void
push (struct rows *rows, char sign, size_t number, struct aid_span text)
{
  if (rows->n < sizeof rows->row / sizeof *rows->row)
    rows->row[rows->n++] = (struct row){ sign, number, text };
}

static void
push_file (struct rows *rows, char sign, const struct comparison *c, size_t from, size_t to)
{
  for (size_t j = from; j < to; j++)
    push (rows, sign, c->lo + j + 1, aid_lines_at (c->l, c->lo + j));
}

static void
push_hunk (struct rows *rows, const struct comparison *c, size_t from, size_t to)
{
  for (size_t i = from; i < to; i++)
    push (rows, '-', 0, c->a[i]);
}

static int
same_line (const struct comparison *c, size_t i, size_t j)
{
  return c->names[i] == c->names[c->m + j];
}

static void
count_common (struct comparison *c)
{
  size_t w = c->n + 1;
  for (size_t i = 0; i < c->m + c->n; i++)
    c->names[i] = name_of_line (i < c->m ? c->a[i] : aid_lines_at (c->l, c->lo + i - c->m));
  for (size_t i = c->m; i-- > 0;)
    for (size_t j = c->n; j-- > 0;)
      {
        uint16_t skip_a = c->common[(i + 1) * w + j], skip_b = c->common[i * w + j + 1];
        c->common[i * w + j] = same_line (c, i, j) ? (uint16_t) (c->common[(i + 1) * w + j + 1] + 1)
                               : skip_a > skip_b   ? skip_a
                                                   : skip_b;
      }
}

/* The comparison line by line; START is the file's line, in the window, where the place begins.  What lies around it in the
   file is no difference. */
static void
compare (const struct comparison *c, size_t start, struct rows *rows)
{
  size_t w = c->n + 1, i = 0, j = 0, first = 1;
  while (i < c->m && j < c->n && c->common[i * w + j] > 0)
    {
      size_t di = i, dj = j;
      while (!same_line (c, di, dj))
        if (c->common[(di + 1) * w + dj] >= c->common[di * w + dj + 1])
          di++;
        else
          dj++;
      size_t around = first && dj - j > di - i ? (dj - j) - (di - i) : 0;
      push_file (rows, ' ', c, j, j + around);
      push_hunk (rows, c, i, di);
      push_file (rows, '+', c, j + around, dj);
      push_file (rows, ' ', c, dj, dj + 1);
      i = di + 1, j = dj + 1, first = 0;
    }
  if (first)
    {
      push_file (rows, ' ', c, 0, start);
      j = start;
    }
  size_t rest = c->m - i < c->n - j ? c->m - i : c->n - j;
  push_hunk (rows, c, i, c->m);
  push_file (rows, '+', c, j, j + rest);
  push_file (rows, ' ', c, j + rest, c->n);
}

/* Whether a row within AROUND of row K differs. */
static int
near_difference (const struct rows *rows, size_t k)
{
  for (size_t i = k > AROUND ? k - AROUND : 0; i <= k + AROUND && i < rows->n; i++)
    if (rows->row[i].sign != ' ')
      return 1;
  return 0;
}

static void
print_rows (const struct rows *rows, struct aid_str *out)
{
  size_t shown = 0, differ = 0, all = rows->n <= ROWS / 4;
  int gap = 0;
  for (size_t k = 0; k < rows->n; k++)
    differ += rows->row[k].sign != ' ';
  for (size_t k = 0; k < rows->n; k++)
    {
      int show = shown < ROWS && (all || !differ || near_difference (rows, k));
      if (show)
        add_row (out, rows->row[k].sign, rows->row[k].number, rows->row[k].text);
      else if (!gap)
        aid_str_addz (out, "        ...\n");
      shown += (size_t) show;
      gap = !show;
    }
}

static enum aid_err
add_nearest (struct report *r, const struct aid_patch_hunk *h, size_t start)
{
  struct aid_span *a = calloc (DIFF_LINES, sizeof *a);
  struct rows *rows = calloc (1, sizeof *rows);
  struct comparison c = { .l = &r->lines, .a = a };
  struct aid_str text = AID_STR_INIT (AID_REPORT_MAX);
  enum aid_err err = AID_E_NOMEM;
  if (a && rows)
    {
      c.m = old_lines (r, h, a);
      c.lo = start > AROUND ? start - AROUND : 0;
      size_t hi = start + c.m + AROUND;
      c.n = (hi < c.l->n ? hi : c.l->n) - c.lo;
      c.common = calloc ((c.m + 1) * (c.n + 1), sizeof *c.common);
      c.names = calloc (c.m + c.n + 1, sizeof *c.names);
    }
  if (c.common && c.names)
    {
      count_common (&c);
      compare (&c, start - c.lo, rows);
      print_rows (rows, &text);
      add_fenced (r->out, "", aid_str_span (&text));
      err = AID_OK;
    }
  aid_str_free (&text);
  free (c.common);
  free (c.names);
  free (rows);
  free (a);
  return err;
}

static void
add_places (struct report *r, const struct aid_patch_hunk *h, const struct aid_vec *candidates)
{
  struct aid_span a[DIFF_LINES];
  struct aid_str text = AID_STR_INIT (AID_REPORT_MAX);
  size_t m = old_lines (r, h, a), n = candidates->len < PLACES ? candidates->len : PLACES;
  for (size_t k = 0; k < n; k++)
    {
      size_t at = (size_t) AID_VEC_AT (int64_t, candidates, k) - 1, lo = at > AROUND ? at - AROUND : 0;
      size_t hi = at + (m <= AROUND ? m : 1) + AROUND;
      if (k)
        aid_str_addz (&text, "        ...\n");
      for (size_t i = lo; i < hi && i < r->lines.n; i++)
        add_row (&text, ' ', i + 1, aid_lines_at (&r->lines, i));
    }
  add_fenced (r->out, "", aid_str_span (&text));
  if (candidates->len > n)
    aid_str_addf (r->out, "and %zu places more\n", candidates->len - n);
  aid_str_free (&text);
}

/* The lines of the text that plan F is placed in. */
static enum aid_err
read_lines (struct report *r, const struct aid_file_plan *f)
{
  struct aid_error e;
  if (r->lines_of == f->same_as)
    return AID_OK;
  if (r->lines_of != SIZE_MAX)
    aid_lines_free (&r->lines);
  r->lines_of = SIZE_MAX;
  const struct aid_file_plan *first = &AID_VEC_AT (struct aid_file_plan, &r->plan->files, f->same_as);
  enum aid_err err = aid_lines_init (&r->lines, aid_str_span (&first->before), &e);
  if (!err)
    r->lines_of = f->same_as;
  return err;
}

/* --- all of it --- */

/* A path that was refused may hold anything. */
static void
add_path (struct aid_str *out, const struct aid_file_plan *f)
{
  add_clean (out, aid_span_z (f->old_path ? f->old_path : f->new_path));
}

static enum aid_err
report_hunk (struct report *r, const struct aid_file_plan *f, const struct aid_placement *o)
{
  const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &r->p->hunks, o->hunk);
  aid_str_addf (r->out, "Hunk %zu, in ", o->hunk + 1);
  add_path (r->out, f);
  aid_str_addf (r->out, ", was refused: %s.\nAs it was written:\n\n", o->reason);
  add_hunk (r, h);
  int64_t line = o->candidates.len > 0 ? AID_VEC_AT (int64_t, &o->candidates, 0) : o->line;
  enum aid_err err = line > 0 ? read_lines (r, f) : AID_OK;
  if (line > 0 && !err && (uint64_t) line <= r->lines.n)
    {
      if (o->candidates.len > 0)
        {
          aid_str_addz (r->out, "\nThe places in ");
          add_path (r->out, f);
          aid_str_addz (r->out, " that it fits:\n\n");
          add_places (r, h, &o->candidates);
        }
      else
        {
          aid_str_addz (r->out, "\nWhat ");
          add_path (r->out, f);
          aid_str_addz (r->out, " has there (\"-\" is only in the hunk, \"+\" only in the file):\n\n");
          err = add_nearest (r, h, (size_t) line - 1);
        }
    }
  aid_str_addc (r->out, '\n');
  return err;
}

/* Adds PIECE when there is room for it; it is empty afterwards. */
static void
take (struct aid_str *piece, struct aid_str *out, size_t begin, size_t *left)
{
  enum { LAST_WORDS = 100 };
  if (piece->len > 0 && (piece->err || *left > 0 || out->len - begin + piece->len > AID_REPORT_MAX - LAST_WORDS))
    (*left)++;
  else
    aid_str_addspan (out, aid_str_span (piece));
  aid_str_clear (piece);
}

static enum aid_err
report_file (struct report *r, const struct aid_file_plan *f, struct aid_str *out, size_t begin, size_t *left)
{
  enum aid_err err = AID_OK;
  if (f->reason[0])
    {
      aid_str_addz (r->out, "The change of ");
      add_path (r->out, f);
      aid_str_addf (r->out, " as a whole was refused: %s.\n\n", f->reason);
      take (r->out, out, begin, left);
    }
  for (size_t i = 0; i < f->n && !err; i++)
    {
      const struct aid_placement *o = &AID_VEC_AT (struct aid_placement, &r->plan->placements, f->first + i);
      if (o->status != AID_HUNK_REFUSED || strcmp (o->reason, f->reason) == 0)
        continue;
      err = *left > 0 ? aid_str_addc (r->out, '\n') : report_hunk (r, f, o);
      take (r->out, out, begin, left);
    }
  return err;
}

enum aid_err
aid_patch_report (const struct aid_patch *p, const struct aid_plan *plan, const unsigned char *files, struct aid_str *out)
{
  struct aid_str piece = AID_STR_INIT ((size_t) 2 * AID_REPORT_MAX);
  struct report r = { .p = p, .plan = plan, .lines_of = SIZE_MAX, .out = &piece };
  size_t left = 0, begin = out->len;
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < plan->files.len && !err; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      if (!files || files[f->file])
        err = report_file (&r, f, out, begin, &left);
    }
  if (left > 0)
    aid_str_addf (out, "%zu more that %s refused %s left out here.\n", left, left == 1 ? "was" : "were",
                  left == 1 ? "is" : "are");
  if (r.lines_of != SIZE_MAX)
    aid_lines_free (&r.lines);
  aid_str_free (&piece);
  return err ? err : out->err;
}
