/* A line diff of the two halves of a search/replace block, so that lines common to both stay the file's own.  Common
   ends come off first; the middle gets a longest common subsequence when it is small enough, and all middles of the patch
   together are; else it is replaced whole. */
#include "patch/patch_internal.h"
#include "base/hash.h"

#include <stdlib.h>

enum { CELLS = 4000000, ALL_CELLS = 200000000 };

static struct aid_span
line_at (const struct aid_vec *v, size_t i)
{
  return AID_VEC_AT (struct aid_span, v, i);
}

static int
same (const struct aid_vec *a, size_t i, const struct aid_vec *b, size_t j)
{
  return aid_span_eq (line_at (a, i), line_at (b, j));
}

static int
add (struct aid_patch *p, struct aid_patch_hunk *h, char op, const struct aid_vec *v, size_t from, size_t to)
{
  for (size_t i = from; i < to; i++)
    if (!aid_patch_add_line (p, h, op, line_at (v, i)))
      return -1;
  return 0;
}

/* Lines as numbers: equal numbers, equal lines. */
struct numbers
{
  const struct aid_span **slot; /* an open hash table of MASK + 1 */
  size_t mask;
  uint64_t seed;
};

static uint32_t
number (const struct numbers *t, const struct aid_span *line)
{
  size_t i = (size_t) aid_hash64_seeded (*line, t->seed) & t->mask;
  while (t->slot[i] && !aid_span_eq (*t->slot[i], *line))
    i = (i + 1) & t->mask;
  if (!t->slot[i])
    t->slot[i] = line;
  return (uint32_t) i;
}

/* The numbers of N lines of A from I0 on, and behind them of M of B from J0 on; NULL without memory. */
static uint32_t *
number_lines (const struct aid_vec *a, size_t i0, size_t n, const struct aid_vec *b, size_t j0, size_t m)
{
  struct numbers t = { .mask = 15 };
  while (t.mask < (n + m) * 2)
    t.mask = t.mask * 2 + 1;
  uint32_t *ids = malloc ((n + m + 1) * sizeof *ids);
  t.slot = calloc (t.mask + 1, sizeof (const struct aid_span *));
  int ready = ids && t.slot && aid_random (&t.seed, sizeof t.seed) == 0;
  for (size_t i = 0; ready && i < n + m; i++)
    ids[i] = number (&t, i < n ? &AID_VEC_AT (struct aid_span, a, i0 + i) : &AID_VEC_AT (struct aid_span, b, j0 + i - n));
  free (t.slot);
  if (ready)
    return ids;
  free (ids);
  return NULL;
}

/* T[i][j]: the longest common subsequence of the N lines A from i on and the M lines B from j on. */
static void
fill (uint16_t *t, const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
  for (size_t i = n; i-- > 0;)
    for (size_t j = m; j-- > 0;)
      {
        uint16_t down = t[(i + 1) * (m + 1) + j], right = t[i * (m + 1) + j + 1];
        t[i * (m + 1) + j] = a[i] == b[j] ? (uint16_t) (t[(i + 1) * (m + 1) + j + 1] + 1) : down > right ? down : right;
      }
}

/* The table of the middle; NULL when it is too large. */
static uint16_t *
table_of (struct aid_patch *p, const struct aid_vec *a, size_t i0, size_t n, const struct aid_vec *b, size_t j0, size_t m)
{
  if (n == 0 || m == 0 || n >= UINT16_MAX || m >= UINT16_MAX || n >= CELLS / m || p->compared + n * m > ALL_CELLS)
    return NULL;
  uint32_t *ids = number_lines (a, i0, n, b, j0, m);
  uint16_t *t = ids ? calloc ((n + 1) * (m + 1), sizeof *t) : NULL;
  if (t)
    fill (t, ids, n, ids + n, m);
  free (ids);
  p->compared += n * m;
  return t;
}

/* The middle: deletions before insertions in every run. */
static int
middle (struct aid_patch *p, struct aid_patch_hunk *h, const struct aid_vec *a, size_t i0, size_t n, const struct aid_vec *b,
        size_t j0, size_t m)
{
  uint16_t *t = table_of (p, a, i0, n, b, j0, m);
  if (!t)
    return add (p, h, '-', a, i0, i0 + n) || add (p, h, '+', b, j0, j0 + m);
  size_t i = 0, j = 0;
  int bad = 0;
  while ((i < n || j < m) && !bad)
    {
      size_t i1 = i, j1 = j;
      while ((i1 < n || j1 < m) && !(i1 < n && j1 < m && same (a, i0 + i1, b, j0 + j1)))
        {
          if (j1 == m || (i1 < n && t[(i1 + 1) * (m + 1) + j1] >= t[i1 * (m + 1) + j1 + 1]))
            i1++;
          else
            j1++;
        }
      bad = add (p, h, '-', a, i0 + i, i0 + i1) || add (p, h, '+', b, j0 + j, j0 + j1);
      i = i1;
      j = j1;
      if (!bad && i < n && j < m)
        {
          bad = add (p, h, ' ', a, i0 + i, i0 + i + 1);
          i++;
          j++;
        }
    }
  free (t);
  return bad;
}

enum aid_err
aid_line_diff (struct aid_patch *p, struct aid_patch_hunk *h, const struct aid_vec *old_lines,
               const struct aid_vec *new_lines)
{
  size_t n = old_lines->len, m = new_lines->len, head = 0, tail = 0;
  while (head < n && head < m && same (old_lines, head, new_lines, head))
    head++;
  while (tail < n - head && tail < m - head && same (old_lines, n - tail - 1, new_lines, m - tail - 1))
    tail++;
  if (add (p, h, ' ', old_lines, 0, head)
      || middle (p, h, old_lines, head, n - head - tail, new_lines, head, m - head - tail)
      || add (p, h, ' ', old_lines, n - tail, n))
    return AID_E_LIMIT;
  return AID_OK;
}

static enum aid_err
split (struct aid_span text, int bare, struct aid_vec *lines)
{
  struct aid_span line;
  while (aid_span_line (&text, &line))
    {
      struct aid_span *slot = aid_vec_push (lines);
      if (!slot)
        return AID_E_LIMIT;
      if (bare && line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
      *slot = line;
    }
  return AID_OK;
}

enum aid_err
aid_text_diff (struct aid_patch *p, struct aid_patch_hunk *h, struct aid_span old, struct aid_span new, int bare)
{
  struct aid_vec old_lines = AID_VEC_INIT (struct aid_span, AID_PATCH_LINES);
  struct aid_vec new_lines = AID_VEC_INIT (struct aid_span, AID_PATCH_LINES);
  enum aid_err err = split (old, bare, &old_lines);
  if (!err)
    err = split (new, bare, &new_lines);
  if (!err)
    err = aid_line_diff (p, h, &old_lines, &new_lines);
  aid_vec_free (&old_lines);
  aid_vec_free (&new_lines);
  return err;
}
