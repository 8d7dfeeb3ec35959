/* Where a hunk might belong.  If its old lines stand somewhere as they are (but for trailing blanks), these places are all
   there is: an exact place beats near copies.  Else every line that says something votes for the diagonals (file line minus
   hunk line) on which it stands, the rare ones more; the best clusters of diagonals are windows that the hunk is aligned
   with, and again before and after the hit, to find the runner-up. */
#include "patch/match.h"

#include <stdlib.h>

enum { COMMON = 60, CLUSTERS = 10, MATCHES = 256 };
#define WHOLE_FILE 400000         /* cells: a hunk with ellipses is aligned with the whole file up to here */
#define SIMILAR_PAIRS 400000      /* lines compared letter by letter to find a place that nothing else votes for */

struct vote
{
  int64_t diagonal;
  double weight;
};

struct cluster
{
  int64_t first, last;
  double weight;
};

void
aid_match_finish (const struct aid_view *v, struct aid_match *m)
{
  int64_t before = -1, lo = INT64_MAX, hi = -1;
  size_t start = SIZE_MAX, all = 1, found = 0;
  m->end = 0;
  for (size_t k = 0; k < v->n; k++)
    {
      const struct aid_item *it = &v->item[k];
      int64_t line = m->map[k], core = -1;
      if (line >= 0)
        {
          found++;
          start = start < (size_t) line ? start : (size_t) line;
          m->end = m->end > (size_t) line + 1 ? m->end : (size_t) line + 1;
          before = line;
        }
      else if (it->op != '+')
        all &= it->weak != 0;
      if (it->op == '-' && line >= 0)
        core = 2 * line + 1;
      else if (it->op == '+')
        {
          size_t next = k + 1;
          while (before < 0 && next < v->n && m->map[next] < 0)
            next++;
          core = before >= 0 ? 2 * (before + 1) : next < v->n ? 2 * (int64_t) m->map[next] : 0;
        }
      if (core >= 0)
        {
          lo = core < lo ? core : lo;
          hi = core > hi ? core : hi;
        }
    }
  m->start = start == SIZE_MAX ? 0 : start;
  m->core_beg = hi < 0 ? 2 * (int64_t) m->start : lo;
  m->core_end = hi < 0 ? m->core_beg : hi;
  m->exact = m->cost < .15 && all && !v->ellipses && m->end - m->start == found;
}

void
aid_matches_free (struct aid_vec *matches)
{
  for (size_t i = 0; i < matches->len; i++)
    free (AID_VEC_AT (struct aid_match, matches, i).map);
  aid_vec_free (matches);
}

static int
by_cost (const void *a, const void *b)
{
  const struct aid_match *x = a, *y = b;
  if (x->cost != y->cost)
    return x->cost < y->cost ? -1 : 1;
  return (x->start > y->start) - (x->start < y->start);
}

/* Takes over M, while there is room for it. */
static enum aid_err
push_match (struct aid_vec *matches, struct aid_match *m)
{
  struct aid_match *slot = aid_vec_push (matches);
  if (!slot)
    {
      free (m->map);
      return matches->len >= matches->max ? AID_OK : AID_E_NOMEM;
    }
  *slot = *m;
  return AID_OK;
}

enum aid_err
aid_add_match (const struct aid_view *v, struct aid_vec *matches, struct aid_match *m)
{
  for (size_t i = 0; i < matches->len; i++)
    if (memcmp (AID_VEC_AT (struct aid_match, matches, i).map, m->map, v->n * sizeof *m->map) == 0)
      {
        free (m->map);
        return AID_OK;
      }
  return push_match (matches, m);
}

/* --- exact places --- */

/* How old lines are read that may have lost their prefix: without it, or as they are written. */
static struct aid_span
read_as (const struct aid_item *it, int as_written)
{
  return as_written && it->op == ' ' ? it->raw : it->text;
}

/* The first M of the hunk's old lines one after the other from line AT on. */
static enum aid_err
add_exact (const struct aid_view *v, const struct aid_target *t, size_t at, size_t m_old, int as_written, struct aid_vec *matches)
{
  struct aid_match m = { .map = malloc ((v->n + 1) * sizeof *m.map) };
  if (!m.map)
    return AID_E_NOMEM;
  for (size_t k = 0; k < v->n; k++)
    m.map[k] = -1;
  for (size_t i = 0; i < m_old; i++)
    {
      m.map[v->old[i]] = (int32_t) (at + i);
      if (!aid_span_eq (read_as (&v->item[v->old[i]], as_written), aid_lines_at (&t->lines, at + i)))
        m.cost += .002;
    }
  aid_match_finish (v, &m);
  m.exact = 1;
  return push_match (matches, &m);
}

/* Exact places of the first M old lines; AT_END: only those that the file ends with. */
static enum aid_err
find_read_as (const struct aid_view *v, const struct aid_target *t, size_t m, int as_written, int at_end, int64_t near_line,
              struct aid_vec *matches, size_t *work)
{
  const struct aid_index *x = &t->index[AID_TRAILING];
  struct aid_hits hits;
  uint32_t *ids = malloc ((m + 1) * sizeof *ids);
  if (!ids)
    return AID_E_NOMEM;
  for (size_t i = 0; i < m; i++)
    {
      const struct aid_item *it = &v->item[v->old[i]];
      ids[i] = as_written ? aid_index_id (x, read_as (it, 1)) : it->id[AID_TRAILING];
    }
  enum aid_err err = aid_index_find (x, ids, m, near_line, &hits, work);
  free (ids);
  for (size_t i = 0; i < hits.n && i < AID_CANDIDATES && !err; i++)
    if (!at_end || hits.at[i] + m == t->lines.n)
      err = add_exact (v, t, hits.at[i], m, as_written, matches);
  return err;
}

/* The old lines without the blank context behind them. */
static size_t
without_blanks_behind (const struct aid_view *v)
{
  size_t m = v->m;
  while (m > 0 && v->old[m - 1] + 1 == v->n - (v->m - m) && v->item[v->old[m - 1]].op == ' '
         && v->item[v->old[m - 1]].stripped.len == 0)
    m--;
  return m;
}

/* The last lines of a file may be written with an empty one behind its last line end: that is no line that is missing. */
static enum aid_err
find_at_end (struct aid_view *v, const struct aid_target *t, size_t m, struct aid_vec *matches, size_t *work)
{
  enum aid_err err = find_read_as (v, t, m, 0, 1, (int64_t) t->lines.n - 1, matches, work);
  for (size_t i = m; i < v->m && matches->len > 0; i++)
    v->item[v->old[i]].weak = 1;
  return err;
}

static enum aid_err
find_exact (struct aid_view *v, const struct aid_target *t, int64_t near_line, struct aid_vec *matches, size_t *work)
{
  if (v->ellipses || v->m == 0)
    return AID_OK;
  size_t less = without_blanks_behind (v);
  enum aid_err err = find_read_as (v, t, v->m, 0, 0, near_line, matches, work);
  if (!err && matches->len == 0 && v->lost_prefix)
    err = find_read_as (v, t, v->m, 1, 0, near_line, matches, work);
  if (!err && matches->len == 0 && less > 0 && less < v->m)
    err = find_at_end (v, t, less, matches, work);
  return err;
}

/* --- votes --- */

static enum aid_err
add_vote (struct aid_vec *votes, int64_t diagonal, double weight)
{
  struct vote *vote = aid_vec_push (votes);
  if (!vote)
    return votes->len >= votes->max ? AID_OK : AID_E_NOMEM;
  *vote = (struct vote){ diagonal, weight };
  return AID_OK;
}

/* Old line I votes, LEVEL's equality counting, with WEIGHT for each place. */
static enum aid_err
vote_places (const struct aid_view *v, const struct aid_target *t, size_t i, enum aid_level level, double weight,
             struct aid_vec *votes)
{
  const struct aid_index *x = &t->index[level];
  uint32_t id = v->item[v->old[i]].id[level], count = aid_index_places (x, id);
  enum aid_err err = AID_OK;
  for (uint32_t p = 0; p < count && p < COMMON && !err; p++)
    err = add_vote (votes, (int64_t) x->posts[x->first[id] + p] - (int64_t) i, weight);
  return err;
}

static enum aid_err
vote_literally (const struct aid_view *v, const struct aid_target *t, struct aid_vec *votes)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < v->m && !err; i++)
    {
      const struct aid_item *it = &v->item[v->old[i]];
      enum aid_level level = aid_index_places (&t->index[AID_STRIP], it->id[AID_STRIP]) > 0 ? AID_STRIP : AID_CANON;
      uint32_t count = aid_index_places (&t->index[level], it->id[level]);
      if (it->weight >= .2 && count > 0 && count <= COMMON)
        err = vote_places (v, t, i, level, it->weight / (1 + count * .1), votes);
    }
  return err;
}

/* Nothing stands in the file as written: lines that look alike vote. */
static enum aid_err
vote_by_likeness (struct aid_view *v, const struct aid_target *t, struct aid_vec *votes, size_t *work)
{
  enum aid_err err = AID_OK;
  size_t pairs = 0;
  for (size_t i = 0; i < v->m && !err; i++)
    {
      const struct aid_item *it = &v->item[v->old[i]];
      if (it->weight < 1)
        continue;
      err = vote_places (v, t, i, AID_CANON, .5, votes);
      for (size_t j = 0; j < t->lines.n && it->stripped.len > 12 && pairs < SIMILAR_PAIRS && !err; j++, pairs++)
        if (*work > AID_PLACE_WORK)
          return AID_E_LIMIT;
        else if (it->id[AID_CANON] != t->index[AID_CANON].ids[j]
            && aid_similar (it->stripped, aid_span_trim (aid_lines_at (&t->lines, j)), .75, work) > .75)
          err = add_vote (votes, (int64_t) j - (int64_t) i, .5);
    }
  *work += pairs * 16;
  for (size_t i = 0; i < v->m && v->m <= 3 && votes->len == 0 && !err; i++)
    err = vote_places (v, t, i, AID_STRIP, .1, votes);
  return err;
}

static int
by_diagonal (const void *a, const void *b)
{
  const struct vote *x = a, *y = b;
  return (x->diagonal > y->diagonal) - (x->diagonal < y->diagonal);
}

/* Joins votes whose diagonals are at most SLACK apart; gives the heaviest in BEST, and how many. */
static size_t
cluster (struct aid_vec *votes, int64_t slack, struct cluster best[CLUSTERS])
{
  size_t n = 0;
  if (votes->len > 1)
    qsort (votes->data, votes->len, sizeof (struct vote), by_diagonal);
  for (size_t i = 0; i < votes->len;)
    {
      struct cluster c = { .first = AID_VEC_AT (struct vote, votes, i).diagonal };
      c.last = c.first;
      for (; i < votes->len && AID_VEC_AT (struct vote, votes, i).diagonal - c.last <= slack; i++)
        {
          c.last = AID_VEC_AT (struct vote, votes, i).diagonal;
          c.weight += AID_VEC_AT (struct vote, votes, i).weight;
        }
      size_t at = n < CLUSTERS ? n++ : CLUSTERS;
      for (; at > 0 && best[at - 1].weight < c.weight; at--)
        if (at < CLUSTERS)
          best[at] = best[at - 1];
      if (at < CLUSTERS)
        best[at] = c;
    }
  return n;
}

/* --- alignments --- */

/* Further alignments in lines LO to HI - 1, each before (or behind) the last, while they are nearly as good as BEST. */
static enum aid_err
align_further (struct aid_view *v, const struct aid_target *t, size_t lo, size_t hi, int behind, double best,
               struct aid_vec *matches, size_t *work)
{
  enum { MOST = 16 };
  size_t least = v->m / 2 > 1 ? v->m / 2 : 1;
  enum aid_err err = AID_OK;
  for (int i = 0; i < MOST && !err && hi >= lo + least; i++)
    {
      struct aid_match m;
      err = aid_align (v, t, lo, hi, &m, work);
      if (err || !m.map)
        break;
      int last = m.cost > best + 2 * AID_MARGIN;
      if (behind)
        lo = m.start + 1;
      else
        hi = m.end - 1;
      err = aid_add_match (v, matches, &m);
      if (last)
        break;
    }
  return err;
}

/* The best alignment in lines LO to HI - 1, and the best ones that end before its end or begin behind its beginning. */
static enum aid_err
align_in (struct aid_view *v, const struct aid_target *t, size_t lo, size_t hi, struct aid_vec *matches, size_t *work)
{
  struct aid_match m;
  enum aid_err err = aid_align (v, t, lo, hi, &m, work);
  if (err || !m.map)
    return err;
  size_t start = m.start, end = m.end;
  double best = m.cost;
  err = aid_add_match (v, matches, &m);
  if (!err)
    err = align_further (v, t, lo, end - 1, 0, best, matches, work);
  return err ? err : align_further (v, t, start + 1, hi, 1, best, matches, work);
}

static enum aid_err
find_near (struct aid_view *v, struct aid_target *t, struct aid_vec *matches, size_t *work)
{
  struct aid_vec votes = AID_VEC_INIT (struct vote, 1 << 20);
  struct cluster best[CLUSTERS];
  enum aid_err err = vote_literally (v, t, &votes);
  if (!err && votes.len == 0)
    err = vote_by_likeness (v, t, &votes, work);
  *work += votes.len * 16;
  int64_t slack = 6 + (int64_t) v->m / 3, lines = (int64_t) t->lines.n;
  size_t n = err ? 0 : cluster (&votes, slack, best);
  for (size_t i = 0; i < n && !err; i++)
    {
      int64_t lo = best[i].first - slack, hi = best[i].last + (int64_t) v->m + slack;
      lo = lo < 0 ? 0 : lo;
      hi = hi > lines ? lines : hi;
      if (lo < hi)
        err = align_in (v, t, (size_t) lo, (size_t) hi, matches, work);
    }
  aid_vec_free (&votes);
  return err;
}

enum aid_err
aid_find (struct aid_view *v, struct aid_target *t, int64_t near_line, struct aid_vec *matches, size_t *work)
{
  *matches = AID_VEC_INIT (struct aid_match, MATCHES);
  enum aid_err err = find_exact (v, t, near_line, matches, work);
  if (err || matches->len > 0 || v->m == 0)
    return err;
  err = aid_find_jump (v, t, matches, work);
  if (err || matches->len > 0)
    return err;
  err = aid_view_number (v, t);
  if (!err && v->ellipses && v->m < WHOLE_FILE / (t->lines.n + 1))
    err = align_in (v, t, 0, t->lines.n, matches, work);
  else if (!err && !v->ellipses)
    err = find_near (v, t, matches, work);
  if (!err && matches->len > 1)
    qsort (matches->data, matches->len, sizeof (struct aid_match), by_cost);
  return err;
}
