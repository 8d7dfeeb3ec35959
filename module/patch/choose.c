/* The choice between the matches of all hunks of a file, together: a dynamic programme over the hunks in the patch's order
   whose states are the matches, so that one ambiguous hunk is settled by its neighbours.  Forward and backward sums give the
   least total through every match; a hunk is decided when every other place costs AID_MARGIN more.  Only then, between equals,
   evidence that is no text: the section behind @@, "*** End of File", and the stated line, corrected by how far the nearest
   certain hunk has moved. */
#include "patch/match.h"

#include <stdlib.h>

enum
{
  BEYOND = 60,                   /* lines that a stated number may be behind the end */
  FIRST_LINES = 3,               /* lines that a lone "1" may be off */
  NEIGHBOURS = 500               /* hunks asked for how far they have moved */
};
#define CHOICE_WORK (2 * (size_t) AID_PLACE_WORK)   /* what was found is chosen from, though finding it took all there was */

struct field
{
  struct aid_case *cases;
  size_t all;                    /* of them */
  size_t *order, n;              /* those that take part, in the patch's order */
  const struct aid_target *t;
  size_t *work;
  int numbers;                   /* the stated lines look like lines of this file */
  int ordered;                   /* the patch's order is kept */
};

static struct aid_match *
match (const struct aid_case *c, size_t i)
{
  return &AID_VEC_AT (struct aid_match, &c->matches, i);
}

static struct aid_case *
nth (const struct field *f, size_t i)
{
  return &f->cases[f->order[i]];
}

static int64_t
stated (const struct aid_case *c)
{
  return aid_want_start (c->view.want);
}

/* Whether its best match is clearly better than any other. */
static int
is_certain (const struct aid_case *c)
{
  const struct aid_match *a = match (c, 0), *b = c->matches.len > 1 ? match (c, 1) : NULL;
  return !b || b->cost - a->cost >= AID_MARGIN || (a->exact && !b->exact);
}

/* --- numbers --- */

/* Whether the hunk's header counts its lines right: then its numbers were not made up. */
static int
counts_hold (const struct aid_case *c)
{
  const struct aid_want *w = c->view.want;
  int64_t before = w->reverse ? w->h->new_count : w->h->old_count, after = w->reverse ? w->h->old_count : w->h->new_count;
  return before == (int64_t) c->view.m && after == (int64_t) (c->view.n - c->view.minus);
}

/* Whether a 1, the only number there is, says something: it is mostly put there for want of a number.  A true one stands beside
   true counts, is no other hunk's, and has a place at the beginning of the file. */
static int
one_speaks (const struct field *f)
{
  size_t ones = 0;
  for (size_t i = 0; i < f->all; i++)
    ones += stated (&f->cases[i]) == 1;
  return ones == 1 && counts_hold (nth (f, 0)) && match (nth (f, 0), 0)->start <= FIRST_LINES;
}

/* Increasing, inside the file, and not just a 1. */
static int
numbers_speak (const struct field *f)
{
  int64_t before = 0;
  for (size_t i = 0; i < f->n; i++)
    {
      int64_t at = stated (nth (f, i));
      if (at <= before || at > (int64_t) f->t->lines.n + BEYOND)
        return 0;
      before = at;
    }
  return f->n != 1 || before != 1 || one_speaks (f);
}

/* The line (from 0) where the stated number says case I is, or -1. */
static int64_t
expected (const struct field *f, size_t i)
{
  const struct aid_case *c = nth (f, i), *near_case = NULL;
  int64_t least = INT64_MAX;
  if (!f->numbers)
    return -1;
  for (size_t k = i > NEIGHBOURS ? i - NEIGHBOURS : 0; k < f->n && k < i + NEIGHBOURS; k++)
    {
      int64_t far = llabs (stated (nth (f, k)) - stated (c));
      if (is_certain (nth (f, k)) && far < least)
        {
          least = far;
          near_case = nth (f, k);
        }
    }
  int64_t drift = near_case && near_case != c ? (int64_t) match (near_case, 0)->start - (stated (near_case) - 1) : 0;
  return stated (c) - 1 + drift;
}

/* --- the cheapest choice for all --- */

static void
sum_forward (const struct field *f)
{
  for (size_t i = 0; i < f->n; i++)
    for (size_t x = 0; x < nth (f, i)->matches.len; x++)
      {
        struct aid_match *m = match (nth (f, i), x);
        m->upto = i ? AID_NEVER : 0;
        for (size_t y = 0; i && y < nth (f, i - 1)->matches.len; y++)
          {
            const struct aid_match *p = match (nth (f, i - 1), y);
            if (p->core_end < m->core_beg && p->upto < m->upto)
              m->upto = p->upto;
          }
        m->upto += m->cost;
      }
}

static void
sum_backward (const struct field *f)
{
  for (size_t i = f->n; i-- > 0;)
    for (size_t x = 0; x < nth (f, i)->matches.len; x++)
      {
        struct aid_match *m = match (nth (f, i), x);
        m->onward = i + 1 < f->n ? AID_NEVER : 0;
        for (size_t y = 0; i + 1 < f->n && y < nth (f, i + 1)->matches.len; y++)
          {
            const struct aid_match *q = match (nth (f, i + 1), y);
            if (m->core_end < q->core_beg && q->onward + q->cost < m->onward)
              m->onward = q->onward + q->cost;
          }
      }
}

static double
total (const struct field *f, const struct aid_match *m)
{
  return f->ordered ? m->upto + m->onward : m->cost;
}

static double
least_total (const struct field *f, const struct aid_case *c)
{
  double least = AID_NEVER;
  for (size_t x = 0; x < c->matches.len; x++)
    least = total (f, match (c, x)) < least ? total (f, match (c, x)) : least;
  return least;
}

/* Whether the hunks cost no more in their order than each by itself. */
static int
order_holds (struct field *f)
{
  double alone = 0;
  for (size_t i = 0; i < f->n; i++)
    alone += match (nth (f, i), 0)->cost;
  f->ordered = 1;
  return least_total (f, nth (f, 0)) <= alone + AID_MARGIN;
}

/* --- between equals --- */

struct options
{
  size_t at[AID_CANDIDATES * 4];
  size_t n;
};

static void
keep_if (const struct aid_case *c, struct options *o, int (*keep) (const struct aid_match *, const void *), const void *with)
{
  size_t n = 0;
  for (size_t i = 0; i < o->n; i++)
    if (keep (match (c, o->at[i]), with))
      o->at[n++] = o->at[i];
  o->n = n;
}

static int
is_exact (const struct aid_match *m, const void *with)
{
  (void) with;
  return m->exact;
}

/* The matches of C within the margin; of those that change the same, the cheapest; only the exact ones if there are. */
static void
list_options (const struct field *f, const struct aid_case *c, struct options *o)
{
  double least = least_total (f, c);
  o->n = 0;
  for (size_t x = 0; x < c->matches.len && o->n < sizeof o->at / sizeof *o->at; x++)
    {
      const struct aid_match *m = match (c, x);
      int same = 0;
      for (size_t i = 0; i < o->n && !same; i++)
        same = match (c, o->at[i])->core_beg == m->core_beg && match (c, o->at[i])->core_end == m->core_end;
      if (!same && total (f, m) <= least + AID_MARGIN)
        o->at[o->n++] = x;
    }
  if (o->n > 1 && match (c, o->at[0])->exact)
    keep_if (c, o, is_exact, NULL);
}

static size_t
indent_of (struct aid_span line)
{
  size_t i = 0;
  while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'))
    i++;
  return i;
}

/* Whether LINE goes on with a block that is indented by WIDTH: blank, deeper, or its end. */
static int
in_block (struct aid_span line, size_t width)
{
  struct aid_span v = aid_span_trim (line);
  return v.len == 0 || indent_of (line) > width || strchr ("])}", v.ptr[0]) || aid_span_starts (v, "end")
         || aid_span_starts (v, "else") || aid_span_eqz (v, "{");
}

struct block
{
  size_t beg, end;
};

static int
begins_in (const struct aid_match *m, const void *block)
{
  const struct block *b = block;
  return m->start >= b->beg && m->start < b->end;
}

/* Whether LINE is what NAME says, as a whole or, for git cuts sections, by its beginning. */
static int
is_named (struct aid_span line, struct aid_span name, int beginning)
{
  struct aid_span v = aid_span_trim (line);
  if (!beginning)
    return aid_span_eq (v, name);
  return name.len > 5 && v.len >= name.len && memcmp (v.ptr, name.ptr, name.len) == 0;
}

/* Appends the options that begin in the blocks that NAME heads; gives how many blocks, and where the last one begins. */
static size_t
options_in_blocks (const struct field *f, const struct aid_case *c, struct aid_span name, int beginning,
                   const struct options *o, struct options *found, size_t *last)
{
  const struct aid_lines *l = &f->t->lines;
  size_t blocks = 0;
  for (size_t i = 0; i < l->n; i++)
    {
      struct aid_span line = aid_lines_at (l, i);
      if (!is_named (line, name, beginning))
        continue;
      struct block b = { i, i + 1 };
      *f->work += o->n * 2 + 32;
      while (b.end < l->n && in_block (aid_lines_at (l, b.end), indent_of (line)))
        b.end++;
      for (size_t k = 0; k < o->n; k++)
        if (begins_in (match (c, o->at[k]), &b))
          found->at[found->n++] = o->at[k];
      blocks++;
      *last = i;
      i = b.end - 1;
    }
  return blocks;
}

/* Narrows O to the matches in the blocks that NAME (one line) heads, or behind it when it is the only such line; leaves it as
   it is when that says nothing. */
static void
narrow_by_line (const struct field *f, const struct aid_case *c, struct aid_span name, struct options *o)
{
  struct options found = { .n = 0 };
  size_t last, blocks = options_in_blocks (f, c, name, 0, o, &found, &last);
  if (blocks == 0)
    blocks = options_in_blocks (f, c, name, 1, o, &found, &last);
  for (size_t k = 0; found.n == 0 && blocks == 1 && k < o->n; k++)
    if (match (c, o->at[k])->start > last)
      found.at[found.n++] = o->at[k];
  if (found.n > 0)
    *o = found;
}

/* SECTION may have several lines, each inside the one before. */
static void
narrow_by_section (const struct field *f, const struct aid_case *c, struct aid_span section, struct options *o)
{
  struct aid_span line;
  while (o->n > 1 && *f->work <= CHOICE_WORK && aid_span_line (&section, &line))
    if (aid_span_trim (line).len > 0)
      {
        *f->work += f->t->lines.n * 32;
        narrow_by_line (f, c, aid_span_trim (line), o);
      }
}

/* The stated line decides when it is near one match and far from the others. */
static void
narrow_by_number (const struct field *f, size_t i, struct options *o)
{
  const struct aid_case *c = nth (f, i);
  int64_t line = expected (f, i), least = INT64_MAX, next = INT64_MAX;
  size_t best = 0;
  if (line < 0)
    return;
  *f->work += (size_t) NEIGHBOURS * 2;
  for (size_t k = 0; k < o->n; k++)
    {
      int64_t far = llabs ((int64_t) match (c, o->at[k])->start - line);
      if (far < least)
        {
          next = least;
          least = far;
          best = o->at[k];
        }
      else if (far < next)
        next = far;
    }
  if ((least <= 3 && next >= 3 * least + 8) || (least == 0 && (next > 2 || counts_hold (c))))
    *o = (struct options){ { best }, 1 };
}

static void
keep_last (const struct aid_case *c, struct options *o)
{
  size_t best = o->at[0];
  for (size_t k = 1; k < o->n; k++)
    if (match (c, o->at[k])->start > match (c, best)->start)
      best = o->at[k];
  *o = (struct options){ { best }, 1 };
}

/* Section and number are asked apart.  When they name different places, the number counts if it is right to the line in a
   header that counts its lines right; else neither does. */
static void
narrow_by_header (const struct field *f, size_t i, struct options *o)
{
  const struct aid_case *c = nth (f, i);
  struct options section = *o, number = *o;
  if (*f->work > CHOICE_WORK)
    return;
  narrow_by_section (f, c, c->view.want->h->section, &section);
  narrow_by_number (f, i, &number);
  size_t k = 0;
  while (k < section.n && section.at[k] != number.at[0])
    k++;
  if (number.n == 1 && k == section.n)
    {
      if (expected (f, i) == (int64_t) match (c, number.at[0])->start && counts_hold (c))
        *o = number;
      return;
    }
  *o = number.n == 1 ? number : section;
  if (o->n > 1)
    narrow_by_number (f, i, o);
}

static enum aid_err
decide (const struct field *f, size_t i)
{
  struct aid_case *c = nth (f, i);
  const struct aid_patch_hunk *h = c->view.want->h;
  struct options o;
  list_options (f, c, &o);
  if (o.n > 1 && h->at_end)
    keep_last (c, &o);
  if (o.n > 1)
    narrow_by_header (f, i, &o);
  if (o.n == 1)
    {
      c->chosen = match (c, o.at[0]);
      return AID_OK;
    }
  for (size_t k = 0; k < o.n && k < AID_CANDIDATES; k++)
    {
      size_t *slot = aid_vec_push (&c->tied);
      if (!slot)
        return AID_E_NOMEM;
      *slot = o.at[k];
    }
  return AID_OK;
}

enum aid_err
aid_choose (struct aid_case *cases, size_t n, const struct aid_target *t, size_t *work)
{
  struct field f = { .cases = cases, .all = n, .t = t, .work = work, .order = malloc ((n + 1) * sizeof *f.order) };
  enum aid_err err = f.order ? AID_OK : AID_E_NOMEM;
  for (size_t i = 0; i < n && !err; i++)
    if (cases[i].takes_part)
      {
        f.order[f.n++] = i;
        *work += cases[i].matches.len * (i ? cases[i - 1].matches.len : 1);
      }
  if (!err && f.n > 0)
    {
      f.numbers = numbers_speak (&f);
      if (*work <= CHOICE_WORK)
        {
          sum_forward (&f);
          sum_backward (&f);
          f.ordered = order_holds (&f);
        }
    }
  for (size_t i = 0; i < f.n && !err; i++)
    err = decide (&f, i);
  free (f.order);
  return err;
}
