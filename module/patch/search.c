/* Where a hunk's lines stand in a file, by their numbers.  The rarest line leads; when even that one is common, the
   classic linear search (Knuth, Morris, Pratt) bounds the work, so thousands of equal lines are no danger. */
#include "patch/patch_internal.h"

#include <stdlib.h>

static uint32_t
places (const struct aid_index *x, uint32_t id)
{
  return id == AID_NO_ID ? 0 : x->first[id + 1] - x->first[id];
}

static void
hit (struct aid_hits *hits, size_t at)
{
  if (hits->n < AID_CANDIDATES)
    hits->at[hits->n] = at;
  hits->n++;
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
by_rarest (const struct aid_index *x, const uint32_t *ids, size_t m, size_t rarest, struct aid_hits *hits, size_t *work)
{
  const uint32_t *post = x->posts + x->first[ids[rarest]], *end = x->posts + x->first[ids[rarest] + 1];
  for (; post < end; post++)
    {
      *work += m;
      if (*post >= rarest && aid_index_fits (x, ids, m, (int64_t) (*post - rarest)))
        hit (hits, *post - rarest);
    }
}

static enum aid_err
linear (const struct aid_index *x, const uint32_t *ids, size_t m, struct aid_hits *hits, size_t *work)
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
        hit (hits, i + 1 - m);
    }
  *work += x->lines->n + m;
  free (back);
  return AID_OK;
}

enum aid_err
aid_index_find (const struct aid_index *x, const uint32_t *ids, size_t m, struct aid_hits *hits, size_t *work)
{
  hits->n = 0;
  if (m == 0 || m > x->lines->n)
    return AID_OK;
  size_t rarest = 0;
  for (size_t i = 0; i < m; i++)
    {
      if (ids[i] == AID_NO_ID)
        return AID_OK;
      if (places (x, ids[i]) < places (x, ids[rarest]))
        rarest = i;
    }
  *work += m;
  if (*work > AID_PLACE_WORK)
    return AID_E_LIMIT;
  if (places (x, ids[rarest]) <= x->lines->n / m + 8)
    {
      by_rarest (x, ids, m, rarest, hits, work);
      return AID_OK;
    }
  return linear (x, ids, m, hits, work);
}

/* --- the nearest place --- */

enum { VOTERS = 4000, VOTES = 64 };   /* lines asked; places a line may speak for */

static int
compare (const void *a, const void *b)
{
  int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
  return (x > y) - (x < y);
}

static int64_t
distance (int64_t a, int64_t b)
{
  return a > b ? a - b : b - a;
}

/* The value that stands most often among the N sorted ones. */
static int64_t
most_common (const int64_t *v, size_t n, int64_t near_line)
{
  int64_t best = -1;
  size_t most = 0;
  for (size_t i = 0, j; i < n; i = j)
    {
      for (j = i + 1; j < n && v[j] == v[i];)
        j++;
      if (j - i > most || (j - i == most && near_line >= 0 && distance (v[i], near_line) < distance (best, near_line)))
        {
          most = j - i;
          best = v[i];
        }
    }
  return best;
}

int64_t
aid_index_nearest (const struct aid_index *x, const uint32_t *ids, size_t m, int64_t near_line, size_t *work)
{
  size_t n = 0, voters = m < VOTERS ? m : VOTERS;
  int64_t *votes = *work > AID_PLACE_WORK || m == 0 ? NULL : malloc (voters * VOTES * sizeof *votes);
  if (!votes)
    return -1;
  for (size_t i = 0; i < voters; i++)
    {
      uint32_t count = places (x, ids[i]);
      if (count == 0 || count > VOTES)
        continue;
      for (uint32_t k = 0; k < count; k++)
        {
          int64_t at = (int64_t) x->posts[x->first[ids[i]] + k] - (int64_t) i;
          if (at >= 0)
            votes[n++] = at;
        }
    }
  *work += n * 8 + voters;
  qsort (votes, n, sizeof *votes, compare);
  int64_t best = most_common (votes, n, near_line);
  free (votes);
  return best;
}
