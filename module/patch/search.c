/* Where a hunk's lines stand in a file, by their numbers.  The rarest line leads; when even that one is common, the
   classic linear search (Knuth, Morris, Pratt) bounds the work, so thousands of equal lines are no danger. */
#include "patch/patch_internal.h"

#include <stdlib.h>

uint32_t
aid_index_places (const struct aid_index *x, uint32_t id)
{
  return id == AID_NO_ID ? 0 : x->first[id + 1] - x->first[id];
}

size_t
aid_index_next (const struct aid_index *x, uint32_t id, size_t from)
{
  size_t low = id == AID_NO_ID ? 0 : x->first[id], end = id == AID_NO_ID ? 0 : x->first[id + 1], high = end;
  while (low < high)
    {
      size_t middle = low + (high - low) / 2;
      if (x->posts[middle] < from)
        low = middle + 1;
      else
        high = middle;
    }
  return low < end ? x->posts[low] : x->lines->n;
}

static int64_t
distance (size_t a, int64_t b)
{
  return (int64_t) a > b ? (int64_t) a - b : b - (int64_t) a;
}

/* Hits come in ascending, so when the array is full the first one is the farthest from a line below. */
static void
hit (struct aid_hits *hits, size_t at, int64_t near_line)
{
  if (hits->n++ < AID_CANDIDATES)
    hits->at[hits->n - 1] = at;
  else if (near_line >= 0 && distance (at, near_line) < distance (hits->at[0], near_line))
    {
      memmove (hits->at, hits->at + 1, (AID_CANDIDATES - 1) * sizeof *hits->at);
      hits->at[AID_CANDIDATES - 1] = at;
    }
}

int
aid_index_fits (const struct aid_index *x, const uint32_t *ids, size_t m, int64_t at)
{
  if (at < 0 || (uint64_t) at > x->lines->n || m > x->lines->n - (size_t) at)
    return 0;
  for (size_t i = 0; i < m; i++)
    if (ids[i] != x->ids[(size_t) at + i] || ids[i] == AID_NO_ID)
      return 0;
  return 1;
}

static void
by_rarest (const struct aid_index *x, const uint32_t *ids, size_t m, size_t rarest, int64_t near_line,
           struct aid_hits *hits, size_t *work)
{
  const uint32_t *post = x->posts + x->first[ids[rarest]], *end = x->posts + x->first[ids[rarest] + 1];
  for (; post < end; post++)
    {
      *work += m;
      if (*post >= rarest && aid_index_fits (x, ids, m, (int64_t) (*post - rarest)))
        hit (hits, *post - rarest, near_line);
    }
}

static enum aid_err
linear (const struct aid_index *x, const uint32_t *ids, size_t m, int64_t near_line, struct aid_hits *hits, size_t *work)
{
  size_t *back = malloc ((m + 1) * sizeof *back);
  if (!back)
    return AID_E_NOMEM;
  back[0] = 0;
  back[1] = 0;
  for (size_t i = 1, k = 0; i < m; i++)
    {
      while (k > 0 && ids[i] != ids[k])
        k = back[k];
      k += ids[i] == ids[k];
      back[i + 1] = k;
    }
  for (size_t i = 0, k = 0; i < x->lines->n; i++)
    {
      while (k > 0 && (k == m || x->ids[i] != ids[k]))
        k = back[k];
      k += x->ids[i] == ids[k];
      if (k == m)
        hit (hits, i + 1 - m, near_line);
    }
  *work += 2 * x->lines->n + m;
  free (back);
  return AID_OK;
}

enum aid_err
aid_index_find (const struct aid_index *x, const uint32_t *ids, size_t m, int64_t near_line, struct aid_hits *hits,
                size_t *work)
{
  hits->n = 0;
  if (m == 0 || m > x->lines->n)
    return AID_OK;
  size_t rarest = 0;
  for (size_t i = 0; i < m; i++)
    {
      if (ids[i] == AID_NO_ID)
        return AID_OK;
      if (aid_index_places (x, ids[i]) < aid_index_places (x, ids[rarest]))
        rarest = i;
    }
  *work += m;
  if (*work > AID_PLACE_WORK)
    return AID_E_LIMIT;
  if (aid_index_places (x, ids[rarest]) <= x->lines->n / m + 8)
    {
      by_rarest (x, ids, m, rarest, near_line, hits, work);
      return AID_OK;
    }
  return *work + 2 * x->lines->n > AID_PLACE_WORK ? AID_E_LIMIT : linear (x, ids, m, near_line, hits, work);
}
