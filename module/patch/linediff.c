/* A line diff of the two halves of a search/replace block, so that lines common to both stay the file's own.  Common
   ends come off first; the middle gets a longest common subsequence when it is small enough, else it is replaced whole. */
#include "patch/patch_internal.h"

#include <stdlib.h>

enum { CELLS = 4000000 };

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

/* T[i][j]: the longest common subsequence of A from I0 + i and B from J0 + j. */
static void
fill (uint16_t *t, const struct aid_vec *a, size_t i0, size_t n, const struct aid_vec *b, size_t j0, size_t m)
{
  for (size_t i = n; i-- > 0;)
    for (size_t j = m; j-- > 0;)
      {
        uint16_t down = t[(i + 1) * (m + 1) + j], right = t[i * (m + 1) + j + 1];
        t[i * (m + 1) + j] = same (a, i0 + i, b, j0 + j) ? (uint16_t) (t[(i + 1) * (m + 1) + j + 1] + 1)
                             : down > right              ? down
                                                         : right;
      }
}

/* The middle: deletions before insertions in every run. */
static int
middle (struct aid_patch *p, struct aid_patch_hunk *h, const struct aid_vec *a, size_t i0, size_t n, const struct aid_vec *b,
        size_t j0, size_t m)
{
  uint16_t *t = n && m && n < UINT16_MAX && m < UINT16_MAX && n < CELLS / m ? calloc ((n + 1) * (m + 1), sizeof *t) : NULL;
  if (!t)
    return add (p, h, '-', a, i0, i0 + n) || add (p, h, '+', b, j0, j0 + m);
  fill (t, a, i0, n, b, j0, m);
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
