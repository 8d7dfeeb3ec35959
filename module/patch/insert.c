/* What a match changes: which lines of the file go, and between which lines the inserted ones come in.  The lines that are
   known to be the file's, the nearest matched ones before and after an insertion, decide that; where the file holds other
   lines between the two, some rule has to say which neighbour the insertion belongs to, or it is refused.

   A hunk is cut into stretches, each the items between two matched ones.  All insertions of a stretch share its two lines
   of the file, so the work is that of reading the hunk and the lines between once. */
#include "patch/match.h"
#include "patch/roles.h"

#include <stdlib.h>

enum { COUNTED_MAX = 2000 /* similarities computed for one hunk */, USUAL = 3 /* lines of context that diffs show */ };

struct inserting
{
  struct aid_view *v;
  const struct aid_target *t;
  struct aid_change *c;
  char *why;
  int32_t *line;                /* for each item its line or role */
  size_t counted, work;
};

/* The items BEG to END - 1 between two matched ones. */
struct stretch
{
  size_t beg, end;
  int64_t above, below;         /* lines of the file that the items around it are; -1: there is none */
  size_t added, missing, missing_text;
  size_t first_elided, last_elided;   /* items; n and 0 when there are none */
  int deletes, skips;           /* an elided deletion, elided context */
  int torn;                     /* an ellipsis without prefix between two additions */
  int same, blank, elsewhere;   /* the lines between are the missing items, changed; are blank; a missing item is elsewhere in
                                   the file; -1: not yet looked at */
};

static enum aid_err __attribute__ ((format (printf, 2, 3)))
refuse (struct inserting *g, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  aid_reason_v (g->why, 256, fmt, ap);
  va_end (ap);
  return AID_E_REFUSED;
}

/* --- stretches --- */

static void
add_to_stretch (const struct inserting *g, struct stretch *s, size_t k)
{
  const struct aid_item *it = &g->v->item[k];
  s->added += g->line[k] == AID_ADDED;
  s->missing += g->line[k] == AID_MISSING;
  s->missing_text += g->line[k] == AID_MISSING && it->stripped.len > 0;
  if (g->line[k] == AID_ADDED && s->torn == 1)
    s->torn = 2;
  if (g->line[k] != AID_ELIDED)
    return;
  s->deletes |= it->op == '-';
  s->skips |= it->op == ' ';
  if (it->weak && s->added && s->torn == 0)
    s->torn = 1;
  if (s->first_elided > k)
    s->first_elided = k;
  s->last_elided = k;
}

static struct stretch
read_stretch (const struct inserting *g, size_t beg)
{
  size_t n = g->v->n, k = beg;
  struct stretch s = { .beg = beg, .first_elided = n, .same = -1, .blank = -1, .elsewhere = -1 };
  while (k < n && g->line[k] < 0)
    add_to_stretch (g, &s, k++);
  s.end = k;
  s.above = beg > 0 ? g->line[beg - 1] : -1;
  s.below = k < n ? g->line[k] : -1;
  s.torn = s.torn == 2;
  return s;
}

static size_t
lines_between (const struct stretch *s)
{
  return s->below > s->above + 1 ? (size_t) (s->below - s->above - 1) : 0;
}

/* Whether the missing items are the lines between, changed: as many, and alike one by one. */
static int
same_between (struct inserting *g, struct stretch *s)
{
  if (s->same >= 0)
    return s->same;
  s->same = s->missing == lines_between (s);
  size_t line = (size_t) s->above + 1;
  for (size_t k = s->beg; k < s->end && s->same; k++)
    if (g->line[k] == AID_MISSING)
      {
        s->same = g->v->item[k].stripped.len > 0 && !aid_target_is_blank (g->t, line) && g->v->memo && g->counted++ < COUNTED_MAX
                  && aid_item_similarity (g->v, g->t, k, line) > .45;
        line++;
      }
  return s->same;
}

static int
blank_between (struct inserting *g, struct stretch *s)
{
  if (s->blank < 0)
    {
      s->blank = 1;
      for (int64_t line = s->above + 1; line < s->below && s->blank; line++)
        s->blank = aid_target_is_blank (g->t, (size_t) line);
    }
  return s->blank;
}

/* --- deletions --- */

static void
delete_line (struct aid_change *c, int64_t line)
{
  c->deleted[(size_t) line - c->first] = 1;
}

/* Room for the lines from the first matched one to the last. */
static enum aid_err
delete_matched (struct inserting *g)
{
  int64_t first = -1, last = -1;
  for (size_t k = 0; k < g->v->n; k++)
    if (g->line[k] >= 0)
      {
        first = first < 0 || g->line[k] < first ? g->line[k] : first;
        last = g->line[k] > last ? g->line[k] : last;
      }
  if (first < 0)
    return AID_OK;
  g->c->first = (size_t) first;
  g->c->count = (size_t) (last - first) + 1;
  g->c->deleted = calloc (g->c->count, 1);
  if (!g->c->deleted)
    return AID_E_NOMEM;
  for (size_t k = 0; k < g->v->n; k++)
    if (g->v->item[k].op == '-' && g->line[k] >= 0)
      delete_line (g->c, g->line[k]);
  return AID_OK;
}

/* What follows an elided deletion, up to the next ellipsis, must stand in the file only once behind its beginning. */
static enum aid_err
end_is_clear (struct inserting *g, const struct stretch *s)
{
  const struct aid_index *x = &g->t->index[AID_TRAILING];
  int64_t last = s->below;
  for (size_t k = s->end; k < g->v->n && g->line[k] != AID_ELIDED; k++)
    if (g->line[k] > last)
      last = g->line[k];
  struct aid_hits hits;
  enum aid_err err = aid_index_find (x, x->ids + s->below, (size_t) (last - s->below) + 1, s->below, &hits, &g->work);
  if (err == AID_E_LIMIT)
    return refuse (g, "elided deletion could end at any of many lines");
  if (err)
    return err;
  for (size_t i = 0; i < hits.n; i++)
    {
      int64_t at = (int64_t) hits.at[i];
      if (at > s->above && at != s->below)
        return refuse (g, "elided deletion could end at %lld or %lld", (long long) (at < s->below ? at : s->below),
                       (long long) (at < s->below ? s->below : at));
    }
  if (hits.n > AID_CANDIDATES)
    return refuse (g, "elided deletion could end at any of many lines");
  return AID_OK;
}

static enum aid_err
delete_elided (struct inserting *g, const struct stretch *s)
{
  if (!s->deletes)
    return AID_OK;
  if (s->above < 0 || s->below < 0)
    return refuse (g, "elided deletion has no %s: no line %s it is in the file", s->above < 0 ? "beginning" : "end",
                   s->above < 0 ? "before" : "after");
  if (s->missing_text || s->skips)
    return refuse (g, "elided deletion could end anywhere between lines %lld and %lld", (long long) s->above + 1,
                   (long long) s->below + 1);
  enum aid_err err = end_is_clear (g, s);
  for (int64_t line = s->above + 1; line < s->below && !err; line++)
    delete_line (g->c, line);
  return err;
}

/* --- where lines come in --- */

/* Additions BEG to END - 1 of a stretch. */
struct run
{
  size_t beg, end;
  size_t missing_before, missing_after;
  int elided_before, elided_after;
  int touches_above, touches_below;   /* nothing but loose lines between them and the matched item */
};

static struct run
read_run (const struct inserting *g, const struct stretch *s, size_t beg, size_t missing_before)
{
  struct run r = { .beg = beg, .end = beg, .missing_before = missing_before };
  while (r.end < s->end && g->line[r.end] == AID_ADDED)
    r.end++;
  r.missing_after = s->missing - missing_before;
  r.elided_before = s->first_elided < r.beg;
  r.elided_after = s->last_elided >= r.end;
  size_t k = r.beg;
  while (k > s->beg && aid_is_loose (g->line[k - 1]))
    k--;
  r.touches_above = k == s->beg && s->above >= 0;
  k = r.end;
  while (k < s->end && aid_is_loose (g->line[k]))
    k++;
  r.touches_below = k == s->end && s->below >= 0;
  return r;
}

/* Whether a matched item is sure enough to hold an insertion alone. */
static int
is_strong (struct inserting *g, size_t item, int64_t line)
{
  return g->v->item[item].weight >= 1 && g->v->memo && aid_item_cost (g->v, g->t, item, (size_t) line) <= .13;
}

/* How many lines of context a hunk shows before its first change and behind its last one, and whether the file ends there. */
struct frame
{
  size_t first, last;           /* items that change something */
  size_t lead, trail;
  int at_beginning, at_end;
};

static struct frame
read_frame (const struct inserting *g)
{
  size_t n = g->v->n;
  struct frame f = { .last = n };
  while (f.first < n && g->v->item[f.first].op == ' ')
    f.first++;
  while (f.last > f.first && g->v->item[f.last - 1].op == ' ')
    f.last--;
  f.lead = f.first;
  f.trail = n - f.last;
  f.last -= f.last > 0;
  f.at_beginning = n > 0 && g->line[0] == 0;
  f.at_end = n > 0 && g->line[n - 1] >= 0 && (size_t) g->line[n - 1] + 1 == g->t->lines.n;
  return f;
}

/* A hunk that begins or ends with additions though a few lines of the file are left on that side: refused when its header
   counts these lines, or when it is a diff in order otherwise, which would show them. */
static enum aid_err
shows_ends (struct inserting *g, const struct stretch *s, const struct run *r)
{
  const struct aid_patch_hunk *h = g->v->want->h;
  int is_below = s->above < 0;
  int64_t left = is_below ? s->below : (int64_t) g->t->lines.n - 1 - s->above, old = (int64_t) g->v->m;
  if (left <= 0 || g->v->want->reverse || (is_below ? r->beg > 0 : r->end < g->v->n))
    return AID_OK;
  struct frame f = read_frame (g);
  int counted = h->old_count == old + left && (!is_below || h->old_start == 1);
  int in_order = h->old_count == old && h->new_count == (int64_t) (g->v->n - g->v->minus) && left < USUAL
                 && (is_below ? f.trail : f.lead) >= USUAL;
  if (!counted && !in_order)
    return AID_OK;
  return refuse (g, "the hunk %s at an end of its own, but the file has %lld more line%s there",
                 is_below ? "begins" : "ends", (long long) left, left == 1 ? "" : "s");
}

/* Only one side has a line in the file: good if the hunk shows nothing on the other one. */
static enum aid_err
beside_one_line (struct inserting *g, const struct stretch *s, const struct run *r, int64_t *at)
{
  if (s->above < 0 && s->below < 0)
    {
      if (g->t->lines.n > 0 || s->missing > 0)
        return refuse (g, "no line next to the inserted lines is in the file");
      return AID_OK;
    }
  int is_below = s->above < 0;
  *at = is_below ? s->below : s->above + 1;
  if (is_below ? r->touches_below && g->v->item[s->end].op == '-' : r->touches_above && g->v->item[s->beg - 1].op == '-')
    return AID_OK;
  enum aid_err err = shows_ends (g, s, r);
  if (err)
    return err;
  if (s->missing)
    return refuse (g, "the file has no line %s the inserted lines like the hunk's", is_below ? "before" : "after");
  if (is_below ? r->elided_after : r->elided_before)
    return refuse (g, "only elided lines are between the inserted lines and line %lld",
                   (long long) (is_below ? s->below : s->above) + 1);
  return AID_OK;
}

static enum aid_err
unclear (struct inserting *g, const struct stretch *s)
{
  size_t between = lines_between (s);
  long long above = (long long) s->above + 1, below = (long long) s->below;
  if (s->missing == 0)
    return refuse (g, "the file has %zu line%s between the neighbours of the inserted lines (after line %lld or after line "
                   "%lld)", between, between == 1 ? "" : "s", above, below);
  return refuse (g, "the neighbours of the inserted lines differ in the file (after line %lld or after line %lld)", above,
                 below);
}

/* A diff shows as many lines before its changes as behind them.  When one side lacks just as many as stand between the
   neighbours of the insertion, these belong to that side: 1 when above, -1 when below, 0 when this does not tell. */
static int
uneven_side (const struct inserting *g, const struct stretch *s, const struct run *r)
{
  struct frame f = read_frame (g);
  size_t between = lines_between (s);
  int is_first = r->beg == f.first, is_last = r->end == f.last + 1;
  int counted = g->v->want->h->old_count >= 0 && !g->v->want->reverse
                && (size_t) g->v->want->h->old_count == g->v->m + between;
  if (is_first && f.lead + between == f.trail && (!f.at_beginning || f.trail == USUAL))
    return 1;
  if (is_last && f.trail + between == f.lead && (!f.at_end || f.lead == USUAL))
    return -1;
  if (is_first == is_last || f.lead != f.trail || !counted)
    return 0;
  return is_first ? -1 : 1;
}

/* The file has lines between the two neighbours: which of them is it? */
static enum aid_err
between_lines (struct inserting *g, struct stretch *s, const struct run *r, int64_t *at)
{
  const struct aid_item *above = &g->v->item[s->beg - 1], *below = &g->v->item[s->end];
  int64_t behind_above = s->above + 1, before_below = s->below;
  if (r->touches_above && above->op == '-')
    *at = behind_above;
  else if (r->touches_below && below->op == '-' && !r->touches_above && r->missing_before == 0)
    *at = before_below;
  else if (r->elided_after && !r->elided_before && r->missing_before == 0)
    *at = behind_above;
  else if (r->elided_before && !r->elided_after && r->missing_after == 0)
    *at = before_below;
  else if (same_between (g, s))
    *at = behind_above + (int64_t) r->missing_before;
  else if (blank_between (g, s))
    *at = g->v->item[r->beg].stripped.len > 0 ? behind_above : before_below;
  else if (s->missing > 0 && r->missing_before == 0 && is_strong (g, s->beg - 1, s->above))
    *at = behind_above;
  else if (s->missing > 0 && r->missing_after == 0 && is_strong (g, s->end, s->below))
    *at = before_below;
  else
    {
      int side = s->missing > 0 ? 0 : uneven_side (g, s, r);
      if (side == 0)
        return unclear (g, s);
      *at = side > 0 ? before_below : behind_above;
    }
  return AID_OK;
}

/* Whether ITEM is written like the one that is matched at its line: a line that stands twice. */
static int
is_doubled (const struct inserting *g, size_t item, size_t matched)
{
  return matched < g->v->n && aid_span_eq (g->v->item[item].stripped, g->v->item[matched].stripped);
}

/* Whether a missing line of the stretch stands elsewhere in the file, to the letter: then it is not one that changed. */
static int
one_is_elsewhere (const struct inserting *g, struct stretch *s)
{
  if (s->elsewhere >= 0)
    return s->elsewhere;
  s->elsewhere = 0;
  for (size_t k = s->beg; k < s->end && !s->elsewhere; k++)
    s->elsewhere = g->line[k] == AID_MISSING && g->v->item[k].weight >= 1 && g->v->item[k].id[AID_STRIP] != AID_NO_ID
                   && !(s->beg > 0 && is_doubled (g, k, s->beg - 1)) && !is_doubled (g, k, s->end);
  return s->elsewhere;
}

/* Nothing stands between the neighbours; but when one of them means another line, the insertion may belong there. */
static enum aid_err
between_neighbours (struct inserting *g, const struct stretch *s, const struct run *r)
{
  size_t above = s->beg - 1, below = s->end;
  if (s->torn)
    return refuse (g, "\"...\" stands between inserted lines, and the file has no lines there");
  if (g->v->item[above].op == '-' || g->v->item[below].op == '-')
    return AID_OK;
  int before = r->touches_above && aid_item_strays (g->v, g->t, above, (size_t) s->above);
  if (!before && !(r->touches_below && aid_item_strays (g->v, g->t, below, (size_t) s->below)))
    return AID_OK;
  return refuse (g, "the line %s the inserted ones is only like line %lld and stands elsewhere in the file",
                 before ? "before" : "after", (long long) (before ? s->above : s->below) + 1);
}

static enum aid_err
decide (struct inserting *g, struct stretch *s, const struct run *r, int64_t *at)
{
  if (s->above < 0 || s->below < 0)
    return beside_one_line (g, s, r, at);
  if (s->missing > 0 && one_is_elsewhere (g, s))
    return unclear (g, s);
  if (lines_between (s) > 0)
    return between_lines (g, s, r, at);
  *at = s->below;
  return between_neighbours (g, s, r);
}

static enum aid_err
insert (struct inserting *g, const struct run *r, size_t at)
{
  struct aid_vec *all = &g->c->insertions;
  size_t last = all->len ? AID_VEC_AT (struct aid_insertion, all, all->len - 1).at : 0;
  if (last > at)
    return refuse (g, "the inserted lines would change their order (line %zu before line %zu)", last + 1, at + 1);
  struct aid_insertion *in = aid_vec_push (all);
  if (!in)
    return AID_E_NOMEM;
  in->at = at;
  in->run = malloc ((r->end - r->beg + 1) * sizeof *in->run);
  if (!in->run)
    return AID_E_NOMEM;
  for (size_t k = r->beg; k < r->end; k++)
    in->run[in->n++] = (uint32_t) k;
  return AID_OK;
}

static enum aid_err
insert_in_stretch (struct inserting *g, struct stretch *s)
{
  enum aid_err err = AID_OK;
  size_t missing_before = 0;
  for (size_t k = s->beg; k < s->end && !err; k++)
    {
      missing_before += g->line[k] == AID_MISSING;
      if (g->line[k] != AID_ADDED)
        continue;
      struct run r = read_run (g, s, k, missing_before);
      int64_t at = 0;
      err = decide (g, s, &r, &at);
      if (!err)
        err = insert (g, &r, (size_t) at);
      k = r.end - 1;
    }
  return err;
}

/* --- the whole --- */

static enum aid_err
read_change (struct inserting *g)
{
  enum aid_err err = delete_matched (g);
  for (size_t k = 0; k <= g->v->n && !err;)
    {
      struct stretch s = read_stretch (g, k);
      err = delete_elided (g, &s);
      if (!err && s.added)
        err = insert_in_stretch (g, &s);
      k = s.end + 1;
    }
  return err;
}

enum aid_err
aid_change_init (struct aid_change *c, struct aid_view *v, const struct aid_target *t, const struct aid_match *m,
                 char why[256])
{
  struct inserting g = { .v = v, .t = t, .c = c, .why = why };
  *c = (struct aid_change){ .insertions = AID_VEC_INIT (struct aid_insertion, AID_PATCH_LINES) };
  why[0] = 0;
  g.line = malloc ((v->n + 1) * sizeof *g.line);
  enum aid_err err = g.line ? AID_OK : AID_E_NOMEM;
  if (!err)
    aid_roles (v, m, g.line);
  if (!err && v->m == 0)
    err = insert (&g, &(struct run){ .end = v->n }, m->start);
  else if (!err)
    err = read_change (&g);
  free (g.line);
  if (err)
    aid_change_free (c);
  return err;
}

void
aid_change_free (struct aid_change *c)
{
  free (c->deleted);
  for (size_t i = 0; i < c->insertions.len; i++)
    free (AID_VEC_AT (struct aid_insertion, &c->insertions, i).run);
  aid_vec_free (&c->insertions);
  *c = (struct aid_change){ 0 };
}
