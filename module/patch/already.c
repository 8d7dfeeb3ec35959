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

/* Whether the hunk inserts what it deletes at ITEM, elsewhere. */
static int
comes_back (const struct aid_view *v, size_t item)
{
  for (size_t k = 0; k < v->n; k++)
    if (v->item[k].op == '+' && aid_span_eq (v->item[k].stripped, v->item[item].stripped))
      return 1;
  return 0;
}

/* Whether the best match has all old lines in a row, at least half of what is deleted to the letter. */
static int
is_untouched (struct aid_view *v, const struct aid_target *t, const struct aid_match *m)
{
  double all = 0, literal = 0;
  if (m->end - m->start != v->m)
    return 0;
  for (size_t i = 0; i < v->m; i++)
    {
      const struct aid_item *it = &v->item[v->old[i]];
      if (m->map[v->old[i]] < 0)
        return 0;
      if (it->op != '-' || it->weight < 1)
        continue;
      all += it->weight;
      if (aid_item_cost (v, t, v->old[i], (size_t) m->map[v->old[i]]) <= AID_LITERAL
          && !comes_back (v, v->old[i]))
        literal += it->weight;
    }
  return literal > 0 && literal * 2 >= all;
}

/* Whether half of what is deleted stands in the file, in its order, around the M lines at AT that the hunk leaves behind. */
static int
still_stands (const struct aid_view *v, const struct aid_target *t, size_t at, size_t m)
{
  const struct aid_index *x = &t->index[AID_TRAILING];
  size_t from = at > v->m ? at - v->m : 0, to = at + m + v->m;
  double all = 0, there = 0;
  for (size_t k = 0; k < v->n; k++)
    {
      const struct aid_item *it = &v->item[k];
      if (it->op != '-' || it->weight < 1)
        continue;
      all += it->weight;
      size_t line = aid_index_next (x, it->id[AID_TRAILING], from);
      if (line >= at && line < at + m)
        line = aid_index_next (x, it->id[AID_TRAILING], at + m);
      if (line >= to || line >= t->lines.n)
        continue;
      there += it->weight;
      from = line + 1;
    }
  return there > 0 && there * 2 >= all;
}

/* Whether one of the lines from AT on is to the letter what the hunk deletes, and what comes in for it differs in blanks only. */
static int
has_old_blanks (const struct aid_view *v, const struct aid_target *t, size_t at)
{
  enum { LOOKED_AT = 200 /* deleted lines */ };
  size_t line = at;
  for (size_t k = 0; k < v->n; k++)
    {
      const struct aid_item *it = &v->item[k];
      if (it->op == '-' || (it->weak && it->stripped.len > 0))
        continue;
      struct aid_span found = aid_lines_at (&t->lines, line++);
      if (it->op != '+' || aid_span_eq (it->text, found))
        continue;
      for (size_t j = k; j-- > 0 && k - j < LOOKED_AT && v->item[j].op != ' ';)
        if (v->item[j].op == '-' && aid_span_eq (v->item[j].text, found))
          return 1;
    }
  return 0;
}

/* What the hunk leaves behind stands at line AT, M lines of it, and yet the hunk fits with differences: where these are
   one place whose deleted lines are there, the hunk only takes lines out between others like those around them, as it does
   where it does not fit but half of its deleted lines are there; where the
   stated line is that of the fit and not of the other place, it is not clear which is meant. */
enum standing { DONE, NOT_DONE, UNCLEAR };

static enum standing
weigh_match (const struct placing *g, size_t i, size_t at, size_t m)
{
  enum { NEAR = 3 };
  struct aid_case *c = &g->cases[i];
  if (c->view.minus == 0)
    return DONE;
  if (c->matches.len == 0)
    return still_stands (&c->view, g->t, at, m) || has_old_blanks (&c->view, g->t, at) ? NOT_DONE : DONE;
  const struct aid_match *best = &AID_VEC_AT (struct aid_match, &c->matches, 0);
  int64_t stated = aid_want_start (&g->wants[i]) - 1;
  if (best->start < at + m && at < best->end)
    return is_untouched (&c->view, g->t, best) ? NOT_DONE : DONE;
  if (stated >= 0 && llabs ((int64_t) best->start - stated) <= NEAR && llabs ((int64_t) at - stated) > NEAR)
    return UNCLEAR;
  return DONE;
}

/* Whether what hunk I leaves behind stands in the file and says at least LEAST; then the hunk is done or refused. */
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
  enum standing is = *found ? weigh_match (g, i, hits.at[0], m) : NOT_DONE;
  if (is == DONE)
    set_already (g, i, hits.at[0], m);
  else if (is == UNCLEAR)
    aid_refuse (g->out[i], "it fits line %zu with differences, and line %zu is as it leaves things",
                AID_VEC_AT (struct aid_match, &g->cases[i].matches, 0).start + 1, hits.at[0] + 1);
  *found = is != NOT_DONE;
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
