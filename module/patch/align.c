/* The best alignment of a hunk's old lines with a part of the file: dynamic programming over (old line, file line), semi-global
   (Smith and Waterman's free ends, for the file only), with affine gaps in the file (Gotoh 1982).  A deleted line that says
   something can't be skipped; a context line can, for its weight. */
#include "patch/match.h"

#include <stdlib.h>

enum { SKIPPED = -2, ADJACENT = -1 };     /* how a cell was reached; from 0 on: behind a gap that began at this column */
#define CELLS ((size_t) 4 << 20)          /* of one alignment: 16 MB of ways back */

struct table
{
  struct aid_view *v;
  const struct aid_target *t;
  size_t lo, n;                  /* the file's lines LO to LO + N - 1 */
  double *before, *row;          /* costs with the lines so far, by column: file lines that are behind */
  int32_t *back;                 /* v->m rows of n + 1 */
};

/* What it costs that old line I is not in the file. */
static double
skip_cost (const struct aid_view *v, size_t i)
{
  const struct aid_item *it = &v->item[v->old[i]];
  if (it->ellipsis)
    return it->op == '-' ? .3 : 0;
  if (it->weak)
    return AID_WEAK_SKIPPED;
  if (it->op == '-')
    return it->weight < .1 ? .4 : v->lenient ? 3 : AID_NEVER;
  return it->near_insert && it->weight < .35 ? .35 : it->weight;
}

/* The cost of lines of the file that the hunk does not have, between old lines I - 1 and I: the first line that says
   something opens the gap, whether blank ones come before it or not. */
struct gap
{
  double open, longer;           /* for a line that says something */
  double open_blank, longer_blank;
};

/* The best way that has a gap up to a column, and the column where the gap begins. */
struct way
{
  double cost;
  int32_t from;
};

static struct gap
gap_cost (const struct aid_view *v, size_t i)
{
  const struct aid_item *a = &v->item[v->old[i - 1]], *b = &v->item[v->old[i]];
  if (a->ellipsis)
    return (struct gap){ .1, .004, .1, .004 };
  double open = a->op == '-' && b->op == '-' && v->old[i - 1] + 1 == v->old[i] ? 2.5 : .6;
  return (struct gap){ open, .3, open * .2, .05 };
}

/* Lengthens the gaps of nothing but blank lines, and those with others, by a line of the file that BEFORE lies before. */
static void
lengthen_gaps (const struct gap *gap, int is_blank, double before, int32_t column, struct way *blank, struct way *text)
{
  if (is_blank)
    {
      text->cost += gap->longer_blank;
      blank->cost += gap->longer_blank;
      if (before + gap->open_blank < blank->cost)
        *blank = (struct way){ before + gap->open_blank, column };
      return;
    }
  text->cost += gap->longer;
  if (blank->cost + gap->open - gap->open_blank + gap->longer_blank < text->cost)
    *text = (struct way){ blank->cost + gap->open - gap->open_blank + gap->longer_blank, blank->from };
  if (before + gap->open < text->cost)
    *text = (struct way){ before + gap->open, column };
  blank->cost = AID_NEVER;
}

static void
fill_row (struct table *b, size_t i)
{
  struct aid_view *v = b->v;
  size_t k = v->old[i];
  const struct aid_item *it = &v->item[k];
  int32_t *back = b->back + i * (b->n + 1);
  double skip = skip_cost (v, i);
  struct way blank = { AID_NEVER, -1 }, text = blank;
  struct gap gap = i > 0 ? gap_cost (v, i) : (struct gap){ 0 };
  b->row[0] = b->before[0] + skip;
  back[0] = SKIPPED;
  for (size_t j = 0; j < b->n; j++)
    {
      double cost = it->ellipsis ? AID_NEVER : aid_item_cost (v, b->t, k, b->lo + j), best = AID_NEVER;
      int32_t way = SKIPPED;
      if (cost < AID_NEVER)
        {
          const struct way *through = blank.cost < text.cost ? &blank : &text;
          best = b->before[j];
          way = ADJACENT;
          if (through->cost < best)
            {
              best = through->cost;
              way = through->from;
            }
          best += cost * (cost > .02 && it->weight < .3 ? .3 : it->weight);
        }
      if (b->before[j + 1] + skip <= best)
        {
          best = b->before[j + 1] + skip;
          way = SKIPPED;
        }
      b->row[j + 1] = best;
      back[j + 1] = way;
      if (i > 0)
        lengthen_gaps (&gap, aid_target_is_blank (b->t, b->lo + j), b->before[j], (int32_t) j, &blank, &text);
    }
}

/* Follows the ways back from the cheapest end. */
static void
read_map (const struct table *b, struct aid_match *out)
{
  const struct aid_view *v = b->v;
  size_t j = 0;
  int found = 0;
  for (size_t e = 1; e <= b->n; e++)
    if (b->before[e] < b->before[j])
      j = e;
  out->cost = b->before[j];
  for (size_t i = v->m; i-- > 0 && out->cost < AID_NEVER;)
    {
      int32_t way = b->back[i * (b->n + 1) + j];
      if (way == SKIPPED)
        continue;
      out->map[v->old[i]] = (int32_t) (b->lo + j - 1);
      found = 1;
      j = way == ADJACENT ? j - 1 : (size_t) way;
    }
  if (!found)
    {
      free (out->map);
      out->map = NULL;
    }
}

static int32_t *
empty_map (size_t n)
{
  int32_t *map = malloc ((n + 1) * sizeof *map);
  for (size_t i = 0; map && i < n; i++)
    map[i] = -1;
  return map;
}

enum aid_err
aid_align (struct aid_view *v, const struct aid_target *t, size_t lo, size_t hi, struct aid_match *out, size_t *work)
{
  *out = (struct aid_match){ .cost = AID_NEVER };
  if (v->m == 0 || hi <= lo)
    return AID_OK;
  struct table b = { .v = v, .t = t, .lo = lo, .n = hi - lo };
  if (b.n + 1 > CELLS / v->m)
    return AID_E_LIMIT;
  *work += v->m * b.n * 8;
  if (*work > AID_PLACE_WORK)
    return AID_E_LIMIT;
  b.before = calloc (b.n + 1, sizeof *b.before);
  b.row = malloc ((b.n + 1) * sizeof *b.row);
  b.back = calloc (v->m, (b.n + 1) * sizeof *b.back);
  out->map = empty_map (v->n);
  enum aid_err err = b.before && b.row && b.back && out->map ? AID_OK : AID_E_NOMEM;
  for (size_t i = 0; i < v->m && !err; i++)
    {
      fill_row (&b, i);
      if (*work > AID_PLACE_WORK)
        err = AID_E_LIMIT;
      double *swap = b.before;
      b.before = b.row;
      b.row = swap;
    }
  if (!err)
    read_map (&b, out);
  if (!err && out->map)
    aid_match_finish (v, out);
  free (b.before);
  free (b.row);
  free (b.back);
  if (err)
    free (out->map);
  return err;
}
