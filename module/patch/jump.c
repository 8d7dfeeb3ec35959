/* Two hunks under one header: models leave out what lies between two changes and show nothing for it.  Nothing but exact places
   count here: the lines up to some line of context stand in one place, those from the next one on in one place behind it. */
#include "patch/match.h"

#include <stdlib.h>

enum { MOST_LINES = 400 };      /* of a hunk that is looked at */
#define JUMP_COST 1.

/* Where the parts begin, and how many old lines the first one has. */
struct jump
{
  size_t first, second, at;
};

/* Whether the items BEG to END - 1 say something and change something. */
static int
is_part (const struct aid_view *v, size_t beg, size_t end)
{
  double says = 0;
  int changes = 0;
  for (size_t k = beg; k < end; k++)
    {
      says += v->item[k].op == '+' ? 0 : v->item[k].weight;
      changes |= v->item[k].op != ' ';
    }
  return changes && says >= 1.5;
}

static enum aid_err
only_place (const struct aid_target *t, const uint32_t *ids, size_t m, size_t *at, size_t *work)
{
  struct aid_hits hits;
  enum aid_err err = aid_index_find (&t->index[AID_TRAILING], ids, m, -1, &hits, work);
  *at = !err && hits.n == 1 ? hits.at[0] : SIZE_MAX;
  return err;
}

/* Looks whether the first AT old lines and the others are such parts; *FOUND counts the different jumps. */
static enum aid_err
try_at (const struct aid_view *v, const struct aid_target *t, const uint32_t *ids, size_t at, struct jump *jump,
        size_t *found, size_t *work)
{
  size_t before = v->old[at - 1], after = v->old[at], first, second = SIZE_MAX;
  if (after != before + 1 || v->item[before].op != ' ' || v->item[after].op != ' ' || !is_part (v, 0, after)
      || !is_part (v, after, v->n))
    return AID_OK;
  enum aid_err err = only_place (t, ids, at, &first, work);
  if (!err && first != SIZE_MAX)
    err = only_place (t, ids + at, v->m - at, &second, work);
  if (err || second == SIZE_MAX || second <= first + at)
    return err;
  if (*found == 0 || jump->first != first || jump->second - jump->at != second - at)
    ++*found;
  *jump = (struct jump){ first, second, at };
  return AID_OK;
}

static enum aid_err
add_jump (const struct aid_view *v, const struct jump *jump, struct aid_vec *matches)
{
  struct aid_match m = { .cost = JUMP_COST, .map = malloc ((v->n + 1) * sizeof *m.map) };
  if (!m.map)
    return AID_E_NOMEM;
  for (size_t k = 0; k < v->n; k++)
    m.map[k] = -1;
  for (size_t i = 0; i < v->m; i++)
    m.map[v->old[i]] = (int32_t) (i < jump->at ? jump->first + i : jump->second + (i - jump->at));
  aid_match_finish (v, &m);
  return aid_add_match (v, matches, &m);
}

enum aid_err
aid_find_jump (const struct aid_view *v, const struct aid_target *t, struct aid_vec *matches, size_t *work)
{
  if (v->lost_prefix || v->ellipses || v->m < 4 || v->m > MOST_LINES)
    return AID_OK;
  uint32_t *ids = malloc (v->m * sizeof *ids);
  if (!ids)
    return AID_E_NOMEM;
  int all = 1;
  for (size_t i = 0; i < v->m; i++)
    {
      ids[i] = v->item[v->old[i]].id[AID_TRAILING];
      all &= ids[i] != AID_NO_ID;
    }
  struct jump jump = { 0 };
  size_t found = 0;
  enum aid_err err = AID_OK;
  for (size_t at = 1; at < v->m && all && found < 2 && !err; at++)
    err = try_at (v, t, ids, at, &jump, &found, work);
  free (ids);
  return err || found != 1 ? err : add_jump (v, &jump, matches);
}
