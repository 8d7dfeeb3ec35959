/* From the indentation that a hunk writes to the one that its file has.  The pairs of what is written and what is there are
   the only witnesses.  Inserted lines stay as they are written unless the
   witnesses agree on something else: that tabs were written as blanks in the whole patch, a constant shift, or, when they
   disagree among themselves, what the nearest of them says.  A shift is the hunk's own, a way of writing tabs the file's. */
#include "patch/witness.h"

#include <stdlib.h>

enum { LINES_LOOKED_AT = 2000 };   /* of a file, for its habit */

static const unsigned widths[] = { 8, 4, 2, 3 };
enum { WIDTHS = sizeof widths / sizeof *widths };

/* What each written indentation stands for. */
struct seen
{
  struct aid_span written, found;
  int mixed;                    /* for several things */
};

struct table
{
  struct seen *row;             /* ascending by what is written */
  size_t n;
};

struct aid_indent_file
{
  unsigned tab;                 /* the patch writes blanks for tabs of this width; 0: it does not */
  unsigned columns;             /* with tabs of this width all pairs agree, though none in the bytes; 0: with none */
  int tabs;                     /* the file has tabs */
  struct table seen;
};

struct aid_indent
{
  enum { VERBATIM, BLANKS_TO_TABS, EXTRA_BLANK, SHIFT, NEAREST } rule;
  unsigned width;
  long shift;                   /* columns */
  int tabs;                     /* write tabs */
  struct aid_pair *all;         /* the hunk's own, ascending by item */
  size_t n_all;
  struct aid_pair *pair;        /* those of them that say something */
  size_t n;
  struct table own;
  const struct table *seen;     /* own, or the file's */
};

/* --- indentation --- */

static unsigned
columns (struct aid_span indent, unsigned width)
{
  unsigned c = 0;
  for (size_t i = 0; i < indent.len; i++)
    c = indent.ptr[i] == '\t' ? (c / width + 1) * width : c + 1;
  return c;
}

static long
shift_of (const struct aid_pair *p, unsigned width)
{
  return (long) columns (p->found, width) - (long) columns (p->written, width);
}

static int
says_something (const struct aid_pair *p)
{
  return p->written.len + p->found.len > 0;
}

/* --- what was seen for a written indentation --- */

static int
compare_spans (struct aid_span a, struct aid_span b)
{
  if (a.len != b.len)
    return a.len < b.len ? -1 : 1;
  return a.len ? memcmp (a.ptr, b.ptr, a.len) : 0;
}

static int
compare_seen (const void *a, const void *b)
{
  return compare_spans (((const struct seen *) a)->written, ((const struct seen *) b)->written);
}

/* Of the pairs P, unless WIDTH is 0 only those that agree in columns with tabs of that width. */
static enum aid_err
table_init (struct table *t, const struct aid_pair *p, size_t n, unsigned width)
{
  size_t used = 0;
  t->row = malloc ((n + 1) * sizeof *t->row);
  if (!t->row)
    return AID_E_NOMEM;
  for (size_t i = 0; i < n; i++)
    if (width == 0 || shift_of (&p[i], width) == 0)
      t->row[used++] = (struct seen){ p[i].written, p[i].found, 0 };
  qsort (t->row, used, sizeof *t->row, compare_seen);
  for (size_t i = 0; i < used; i++)
    {
      struct seen *last = t->n ? &t->row[t->n - 1] : NULL;
      if (last && aid_span_eq (last->written, t->row[i].written))
        last->mixed |= !aid_span_eq (last->found, t->row[i].found);
      else
        t->row[t->n++] = t->row[i];
    }
  return AID_OK;
}

/* What WRITTEN always stands for, or NULL. */
static const struct seen *
table_get (const struct table *t, struct aid_span written)
{
  struct seen key = { .written = written };
  const struct seen *s = t->n ? bsearch (&key, t->row, t->n, sizeof key, compare_seen) : NULL;
  return s && !s->mixed ? s : NULL;
}

/* --- what a file says --- */

static int
blanks_for_tabs (const struct aid_pair *p)
{
  return !aid_pair_agrees (p) && !aid_indent_has_tab (p->written) && aid_indent_has_tab (p->found);
}

/* Whether P speaks against blanks being written for tabs of WIDTH. */
static int
contradicts (const struct aid_pair *p, unsigned width)
{
  if (aid_pair_agrees (p))
    return p->written.len >= width && !aid_indent_has_tab (p->written);
  return blanks_for_tabs (p) && shift_of (p, width) != 0;
}

static unsigned
tab_written_as_blanks (const struct aid_pair *p, size_t n)
{
  for (size_t w = 0; w < WIDTHS; w++)
    {
      int any = 0, all = 1;
      for (size_t i = 0; i < n && all; i++)
        {
          any |= blanks_for_tabs (&p[i]);
          all = !contradicts (&p[i], widths[w]);
        }
      if (any && all)
        return widths[w];
    }
  return 0;
}

static unsigned
same_columns (const struct aid_pair *p, size_t n)
{
  for (size_t w = 0; w < WIDTHS; w++)
    {
      int any = 0, all = 1;
      for (size_t i = 0; i < n && all; i++)
        if (says_something (&p[i]))
          {
            any = 1;
            all = !aid_pair_agrees (&p[i]) && shift_of (&p[i], widths[w]) == 0;
          }
      if (any && all)
        return widths[w];
    }
  return 0;
}

struct aid_indent_file *
aid_indent_file_new (const struct aid_vec *all)
{
  const struct aid_pair *p = all->data;
  struct aid_indent_file *f = calloc (1, sizeof *f);
  if (!f)
    return NULL;
  f->tab = tab_written_as_blanks (p, all->len);
  f->columns = same_columns (p, all->len);
  for (size_t i = 0; i < all->len && !f->tabs; i++)
    f->tabs = aid_indent_has_tab (p[i].found);
  unsigned width = f->tab ? f->tab : f->columns;
  if (width == 0 || table_init (&f->seen, p, all->len, width) == AID_OK)
    return f;
  free (f);
  return NULL;
}

void
aid_indent_file_free (struct aid_indent_file *f)
{
  if (f)
    free (f->seen.row);
  free (f);
}

/* --- what a hunk says --- */

static enum aid_err
own_pairs (struct aid_indent *i, const struct aid_vec *own)
{
  i->all = malloc ((own->len + 1) * sizeof *i->all);
  i->pair = malloc ((own->len + 1) * sizeof *i->pair);
  if (!i->all || !i->pair)
    return AID_E_NOMEM;
  for (size_t k = 0; k < own->len; k++)
    {
      i->all[i->n_all++] = AID_VEC_AT (struct aid_pair, own, k);
      if (says_something (&i->all[k]))
        i->pair[i->n++] = i->all[k];
    }
  return AID_OK;
}

/* The hunk writes the file's tabs itself. */
static int
writes_tabs (const struct aid_indent *i)
{
  for (size_t k = 0; k < i->n; k++)
    if (aid_pair_agrees (&i->pair[k]) && aid_indent_has_tab (i->pair[k].written))
      return 1;
  return 0;
}

/* Whether more of the file's lines begin with a tab than with two blanks. */
static int
habit_is_tabs (const struct aid_target *t)
{
  size_t tabs = 0, blanks = 0;
  for (size_t i = 0; i < t->lines.n && i < LINES_LOOKED_AT; i++)
    {
      struct aid_span line = aid_lines_at (&t->lines, i);
      tabs += aid_span_starts (line, "\t");
      blanks += aid_span_starts (line, "  ");
    }
  return tabs > blanks;
}

static int
place_has_tabs (const struct aid_indent *i, const struct aid_target *t)
{
  int any = 0;
  for (size_t k = 0; k < i->n; k++)
    {
      if (aid_indent_has_tab (i->pair[k].found))
        return 1;
      any |= i->pair[k].found.len > 0;
    }
  return any ? 0 : habit_is_tabs (t);
}

static int
compare_longs (const void *a, const void *b)
{
  long x = *(const long *) a, y = *(const long *) b;
  return (x > y) - (x < y);
}

/* The commonest of the ascending shifts, the smallest among equally common ones; *TIMES is how often it is there. */
static long
commonest (const long *shift, size_t n, size_t *times)
{
  long best = 0;
  *times = 0;
  for (size_t k = 0; k < n;)
    {
      size_t beg = k;
      while (k < n && shift[k] == shift[beg])
        k++;
      if (k - beg > *times || (k - beg == *times && labs (shift[beg]) < labs (best)))
        {
          *times = k - beg;
          best = shift[beg];
        }
    }
  return best;
}

/* The width of a tab with which most pairs shift alike; no shift at all is a little better than one. */
static enum aid_err
find_shift (struct aid_indent *i)
{
  long *shift = malloc ((i->n + 1) * sizeof *shift);
  double best = -1;
  if (!shift)
    return AID_E_NOMEM;
  for (size_t w = 0; w < WIDTHS; w++)
    {
      size_t times;
      for (size_t k = 0; k < i->n; k++)
        shift[k] = shift_of (&i->pair[k], widths[w]);
      qsort (shift, i->n, sizeof *shift, compare_longs);
      long d = commonest (shift, i->n, &times);
      double score = (double) times - (d == 0 ? 0 : .1);
      if (score > best + 1e-6)
        {
          best = score;
          i->width = widths[w];
          i->shift = d;
        }
    }
  i->rule = best >= .8 * (double) i->n ? SHIFT : NEAREST;
  free (shift);
  return AID_OK;
}

static enum aid_err
find_rule (struct aid_indent *i, const struct aid_view *v, const struct aid_target *t, const struct aid_indent_file *file)
{
  if (file && file->tab && !writes_tabs (i))
    {
      i->rule = BLANKS_TO_TABS;
      i->width = file->tab;
      i->tabs = 1;
      i->seen = &file->seen;
    }
  else if (i->n > 0)
    {
      struct aid_witnesses all = { i->all, i->pair, i->n_all, i->n };
      int behind_signs = aid_witness_blank_behind_signs (&all, v);
      if (!behind_signs && aid_witness_verbatim (&all, v))
        return AID_OK;
      if (behind_signs || aid_witness_extra_blank (&all))
        {
          i->rule = EXTRA_BLANK;
          return AID_OK;
        }
      i->tabs = place_has_tabs (i, t);
      i->seen = &i->own;
      enum aid_err err = table_init (&i->own, i->all, i->n_all, 0);
      return err ? err : find_shift (i);
    }
  else if (file && file->columns)
    {
      i->rule = SHIFT;
      i->width = file->columns;
      i->tabs = file->tabs;
      i->seen = &file->seen;
    }
  return AID_OK;
}

struct aid_indent *
aid_indent_new (const struct aid_view *v, const struct aid_target *t, const struct aid_vec *own,
                const struct aid_indent_file *file)
{
  struct aid_indent *i = calloc (1, sizeof *i);
  if (!i || (own_pairs (i, own) == AID_OK && find_rule (i, v, t, file) == AID_OK))
    return i;
  aid_indent_free (i);
  return NULL;
}

void
aid_indent_free (struct aid_indent *i)
{
  if (!i)
    return;
  free (i->all);
  free (i->pair);
  free (i->own.row);
  free (i);
}

int
aid_indent_changes (const struct aid_indent *i)
{
  return i && i->rule != VERBATIM;
}

/* --- lines --- */

/* Of N pairs the one nearest to ITEM, the deleted line of two equally near ones. */
static const struct aid_pair *
nearest (const struct aid_pair *pair, size_t n, size_t item)
{
  size_t lo = 0, hi = n;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (pair[mid].item < item)
        lo = mid + 1;
      else
        hi = mid;
    }
  if (lo == 0 || lo == n)
    return &pair[lo ? lo - 1 : 0];
  const struct aid_pair *a = &pair[lo - 1], *b = &pair[lo];
  size_t before = item - a->item, after = b->item - item;
  return before < after || (before == after && (a->op == '-' || b->op != '-')) ? a : b;
}

/* What WRITTEN stands for at ITEM, as far as lines that were written alike tell: all of them, or the deleted one next to
   it. */
static const struct aid_span *
known (const struct aid_indent *i, size_t item, struct aid_span written)
{
  const struct seen *seen = table_get (i->seen, written);
  if (seen || i->n_all == 0)
    return seen ? &seen->found : NULL;
  const struct aid_pair *p = nearest (i->all, i->n_all, item);
  return p->op == '-' && aid_span_eq (p->written, written) ? &p->found : NULL;
}

static void
add_indent (const struct aid_indent *i, size_t column, struct aid_str *out)
{
  for (; i->tabs && column >= i->width; column -= i->width)
    aid_str_addc (out, '\t');
  for (; column > 0; column--)
    aid_str_addc (out, ' ');
}

void
aid_indent_line (const struct aid_indent *i, const struct aid_view *v, size_t item, struct aid_str *out)
{
  const struct aid_item *it = &v->item[item];
  struct aid_span text = it->weak && it->stripped.len ? it->raw : it->text, written = aid_indent_of (text);
  int is_extra = i && i->rule == EXTRA_BLANK && text.len == 1;      /* blanks alone, but for this one, are the line's */
  if (!aid_indent_changes (i) || (it->stripped.len == 0 && !is_extra) || written.len > AID_INDENT_MAX
      || (i->rule == BLANKS_TO_TABS && aid_indent_has_tab (written)))
    {
      aid_str_addspan (out, text);
      return;
    }
  if (i->rule == EXTRA_BLANK)
    {
      aid_str_addspan (out, aid_span_cut (text, written.len > 0 && *written.ptr == ' ' ? 1 : 0, text.len));
      return;
    }
  const struct aid_span *found = known (i, item, written);
  long shift = i->rule == NEAREST ? shift_of (nearest (i->pair, i->n, item), i->width) : i->shift;
  long column = (long) columns (written, i->width) + shift;
  if (found)
    aid_str_addspan (out, *found);
  else
    add_indent (i, column > 0 ? (size_t) column : 0, out);
  aid_str_addspan (out, aid_span_cut (text, written.len, text.len));
}
