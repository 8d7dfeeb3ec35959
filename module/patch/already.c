/* Whether a hunk was applied before: what it leaves behind stands in the file. */
#include "patch/place_internal.h"

#include <stdlib.h>

/* The lines as they would be: context and additions, as numbers.  Their weight in *SAYS. */
static uint32_t *
lines_after (const struct placing *g, const struct aid_view *v, size_t *m, double *says)
{
  uint32_t *ids = malloc ((v->n + 1) * sizeof *ids);
  *m = 0;
  *says = 0;
  for (size_t k = 0; ids && k < v->n; k++)
    {
      const struct aid_item *it = &v->item[k];
      if (it->op == '-' || (it->weak && it->stripped.len > 0))
        continue;
      ids[(*m)++] = it->op == '+' ? aid_index_id (&g->t->index[AID_TRAILING], it->text) : it->id[AID_TRAILING];
      *says += it->weight;
    }
  return ids;
}

void
aid_set_place (const struct placing *g, struct aid_placement *o, size_t beg, size_t end)
{
  const struct aid_lines *l = &g->t->lines;
  o->line = (int64_t) beg + 1;
  o->span_beg = l->beg[beg];
  o->span_end = l->beg[end];
  o->cspan_beg = aid_lines_chars (l, o->span_beg);
  o->cspan_end = aid_lines_chars (l, o->span_end);
}

static void
set_already (const struct placing *g, size_t i, size_t at, size_t m)
{
  g->out[i]->status = AID_HUNK_ALREADY;
  g->out[i]->method = "exact";
  g->out[i]->similarity = 1;
  aid_set_place (g, g->out[i], at, at + m);
}

/* Whether lines without the deleted ones show that these are gone: not when a deletion has context on one side only. */
static int
shows_change (const struct aid_view *v)
{
  return v->plus > 0 || (v->n > 0 && v->item[0].op == ' ' && v->item[v->n - 1].op == ' ');
}

/* Whether what hunk I leaves behind stands in the file and says at least LEAST. */
enum aid_err
aid_look_already (const struct placing *g, size_t i, double least, size_t least_lines, int *found)
{
  size_t m;
  double says;
  struct aid_hits hits = { .n = 0 };
  uint32_t *ids = lines_after (g, &g->cases[i].view, &m, &says);
  enum aid_err err = ids ? AID_OK : AID_E_NOMEM;
  if (!err && says >= least && m >= least_lines && shows_change (&g->cases[i].view))
    err = aid_index_find (&g->t->index[AID_TRAILING], ids, m, -1, &hits, g->work);
  free (ids);
  *found = !err && hits.n > 0;
  if (*found)
    set_already (g, i, hits.at[0], m);
  return err;
}

/* A hunk that only inserts, at one end of its context, still fits when it was applied.  Then what it inserts stands
   there already. */
enum aid_err
aid_look_inserted (const struct placing *g, size_t i, const struct aid_match *chosen, int *found)
{
  const struct aid_view *v = &g->cases[i].view;
  size_t first = 0, m;
  double says = 0, all;
  *found = 0;
  while (first < v->n && v->item[first].op != '+')
    first++;
  if (v->minus > 0 || v->m == 0 || !chosen->exact || v->ellipses || (first != 0 && first != v->n - v->plus))
    return AID_OK;
  for (size_t k = first; k < first + v->plus; k++)
    {
      if (v->item[k].op != '+')
        return AID_OK;
      says += v->item[k].stripped.len > 0;
    }
  if (says < 1 || (first == 0 && chosen->start < v->plus))
    return AID_OK;
  uint32_t *ids = lines_after (g, v, &m, &all);
  size_t from = first == 0 ? chosen->start - v->plus : chosen->start;
  if (!ids)
    return AID_E_NOMEM;
  *found = aid_index_fits (&g->t->index[AID_TRAILING], ids, m, (int64_t) from);
  free (ids);
  if (*found)
    set_already (g, i, from, m);
  return AID_OK;
}
