/* What people, and models, are told about a hunk: how it was placed, which places are as good as one another, or which line is
   missing and what is nearest to it. */
#include "patch/place_internal.h"

#include <stdio.h>

/* The line from LO to HI - 1 that is most like item K. */
static size_t
most_similar (struct aid_view *v, const struct aid_target *t, size_t k, size_t lo, size_t hi)
{
  size_t best = lo;
  double most = -1;
  for (size_t j = lo; j < hi; j++)
    {
      double r = aid_item_similarity (v, t, k, j);
      if (r > most)
        {
          most = r;
          best = j;
        }
    }
  return best;
}

/* The lines of the file between what M takes for the neighbours of item K; 0: there are none. */
static int
lines_between (const struct aid_view *v, const struct aid_match *m, size_t k, size_t *lo, size_t *hi)
{
  size_t before = k, after = k;
  while (before > 0 && m->map[before] < 0)
    before--;
  while (after < v->n && m->map[after] < 0)
    after++;
  if (m->map[before] < 0 || after == v->n || m->map[after] <= m->map[before] + 1)
    return 0;
  *lo = (size_t) m->map[before] + 1;
  *hi = (size_t) m->map[after];
  return 1;
}

/* The first old line that M (NULL: any match) does not have, a deleted one before context. */
static size_t
first_missing (const struct aid_view *v, const struct aid_match *m)
{
  size_t found = v->n;
  for (size_t i = v->m; i-- > 0;)
    {
      const struct aid_item *it = &v->item[v->old[i]];
      if ((!m || m->map[v->old[i]] < 0) && it->stripped.len > 0 && !it->weak)
        if (found == v->n || it->op == '-' || v->item[found].op != '-')
          found = v->old[i];
    }
  return found == v->n ? v->old[0] : found;
}

/* Says of hunk I, whose best alignment is M (or NULL), which line is missing and what is nearest. */
static void
explain (const struct placing *g, size_t i, const struct aid_match *m, const char *why)
{
  enum { AROUND = 8 };
  struct aid_view *v = &g->cases[i].view;
  const struct aid_lines *l = &g->t->lines;
  char mine[AID_QUOTE], theirs[AID_QUOTE];
  size_t k = first_missing (v, m);
  int64_t stated = aid_want_start (v->want) - 1;
  unsigned number = (unsigned) k + 1;
  const char *path = v->want->path;
  aid_quote (v->item[k].text, mine);
  if (!m && (stated < 0 || (uint64_t) stated >= l->n || !v->memo))
    {
      aid_refuse (g->out[i], "line %u \"%s\" is not in %.100s", number, mine, path);
      return;
    }
  size_t lo = m ? m->start : (size_t) stated, hi = m ? m->end : lo + 1;
  if (!m || !lines_between (v, m, k, &lo, &hi))
    {
      lo = lo > AROUND ? lo - AROUND : 0;
      hi = hi + AROUND < l->n ? hi + AROUND : l->n;
    }
  size_t at = most_similar (v, g->t, k, lo, hi);
  const char *where = v->item[k].id[AID_STRIP] == AID_NO_ID ? "in" : "at its place in";
  if (*g->work > AID_PLACE_WORK)
    aid_refuse (g->out[i], "line %u \"%s\" is not %s %.90s", number, mine, where, path);
  else
    aid_refuse (g->out[i], "line %u \"%s\" is not %s %.90s (nearest %zu: \"%s\")%s%s", number, mine, where, path, at + 1,
                aid_quote (aid_lines_at (l, at), theirs), why ? ": " : "", why ? why : "");
  g->out[i]->line = (int64_t) (m ? m->start : at) + 1;
  g->out[i]->similarity = m && m->cost < v->total ? 1 - m->cost / v->total : 0;
}

/* How much of the hunk M has word for word. */
static double
literal_weight (struct aid_view *v, const struct aid_target *t, const struct aid_match *m)
{
  double sum = 0;
  for (size_t i = 0; i < v->m; i++)
    {
      size_t k = v->old[i];
      if (m->map[k] >= 0 && aid_item_cost (v, t, k, (size_t) m->map[k]) <= AID_LITERAL)
        sum += v->item[k].weight;
    }
  return sum;
}

/* Of those that are no places, the one that people would look at: most of its lines stand there, whatever the others cost. */
static const struct aid_match *
most_literal (struct aid_view *v, const struct aid_target *t, const struct aid_vec *near_ones)
{
  const struct aid_match *best = NULL;
  double most = -1;
  for (size_t i = 0; i < near_ones->len; i++)
    {
      const struct aid_match *m = &AID_VEC_AT (struct aid_match, near_ones, i);
      double weight = literal_weight (v, t, m);
      if (weight > most + 1e-9)
        {
          most = weight;
          best = m;
        }
    }
  return best;
}

/* Looks for the place that is nearest although lines to delete are missing there, and says what differs. */
enum aid_err
aid_explain_nearest (const struct placing *g, size_t i, const char *why)
{
  struct aid_case *c = &g->cases[i];
  struct aid_vec near_ones;
  c->view.lenient = 1;
  enum aid_err err = aid_find (&c->view, g->t, -1, &near_ones, g->work);
  c->view.lenient = 0;
  if (!err || err == AID_E_LIMIT)
    explain (g, i, most_literal (&c->view, g->t, &near_ones), why);
  aid_matches_free (&near_ones);
  return err == AID_E_LIMIT ? AID_OK : err;
}

enum aid_err
aid_say_tied (const struct placing *g, size_t i)
{
  const struct aid_case *c = &g->cases[i];
  char list[200] = "";
  for (size_t k = 0; k < c->tied.len; k++)
    {
      const struct aid_match *m = &AID_VEC_AT (struct aid_match, &c->matches, AID_VEC_AT (size_t, &c->tied, k));
      int64_t *line = aid_vec_push (&g->out[i]->candidates);
      size_t len = strlen (list);
      if (!line)
        return AID_E_NOMEM;
      *line = (int64_t) m->start + 1;
      if (k < 9)
        snprintf (list + len, sizeof list - len, "%s%lld", k ? ", " : "", (long long) *line);
    }
  if (c->tied.len > 9)
    aid_refuse (g->out[i], "fits lines %s and %zu more", list, c->tied.len - 9);
  else
    aid_refuse (g->out[i], "fits lines %s", list);
  return AID_OK;
}

/* How the old lines stand in the file. */
struct kinds
{
  size_t all, same, blanks, differ, missing;
  size_t more;                  /* lines of the file between them */
};

static struct kinds
count_kinds (const struct placing *g, struct aid_case *c)
{
  struct kinds n = { .more = c->chosen->end - c->chosen->start };
  for (size_t i = 0; i < c->view.m; i++)
    {
      size_t k = c->view.old[i];
      const struct aid_item *it = &c->view.item[k];
      int32_t line = c->chosen->map[k];
      n.all++;
      n.more -= line >= 0 && n.more > 0;
      if (line < 0)
        n.missing += !it->weak && !it->ellipsis;
      else if (aid_span_eq (it->text, aid_lines_at (&g->t->lines, (size_t) line)))
        n.same++;
      else if (c->chosen->exact || aid_item_cost (&c->view, g->t, k, (size_t) line) <= AID_LITERAL)
        n.blanks++;
      else
        n.differ++;
    }
  return n;
}

static void __attribute__ ((format (printf, 2, 3)))
add_words (char out[128], const char *fmt, ...)
{
  size_t len = strlen (out);
  va_list ap;
  va_start (ap, fmt);
  if (len > 0 && len + 2 < 128)
    len += (size_t) snprintf (out + len, 128 - len, ", ");
  vsnprintf (out + len, 128 - len, fmt, ap);
  va_end (ap);
}

static void
say_how (struct aid_placement *o, const struct kinds *n, int indents)
{
  long long far = (long long) (o->shift < 0 ? -o->shift : o->shift);
  o->how[0] = '\0';
  if (far)
    add_words (o->how, "moved %lld line%s %s", far, far == 1 ? "" : "s", o->shift < 0 ? "up" : "down");
  if (n->blanks)
    add_words (o->how, "white space or signs differ in %zu line%s", n->blanks, n->blanks == 1 ? "" : "s");
  if (n->differ)
    add_words (o->how, "%zu line%s differ%s", n->differ, n->differ == 1 ? "" : "s", n->differ == 1 ? "s" : "");
  if (n->missing)
    add_words (o->how, "%zu line%s of context missing", n->missing, n->missing == 1 ? "" : "s");
  if (n->more)
    add_words (o->how, "%zu more line%s in the file", n->more, n->more == 1 ? "" : "s");
  if (indents)
    add_words (o->how, "indented anew");
}

void
aid_describe (const struct placing *g, size_t i, int indents)
{
  struct aid_case *c = &g->cases[i];
  struct aid_placement *o = g->out[i];
  int64_t stated = aid_want_start (&g->wants[i]);
  struct kinds n = count_kinds (g, c);
  o->status = AID_HUNK_APPLIES;
  o->shift = stated > 0 && c->view.m > 0 ? (int64_t) c->chosen->start + 1 - stated : 0;
  o->method = n.differ || n.missing || n.more ? "adjusted" : n.blanks > 0 ? "whitespace" : o->shift ? "shifted" : "exact";
  o->similarity = n.all ? (double) n.same / (double) n.all : 1;
  say_how (o, &n, indents);
  aid_set_place (g, o, c->chosen->start, c->chosen->end);
}
