/* Where one hunk belongs in a file as it is now.  Three passes, each stricter one ruling out the next: its old lines
   exactly, then but for trailing blanks, then but for runs of blanks and indentation.  A place counts when it is the only
   one of its pass; the stated line chooses among exact places; anything else is refused and says what is nearest. */
#include "patch/patch_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* The lines of one side of a hunk, and their numbers at a level. */
struct side
{
  size_t m;
  uint32_t *line;               /* index among the hunk's lines */
  uint32_t *ids;
};

struct placing
{
  struct aid_target *t;
  const struct aid_want *w;
  struct aid_vec *texts;
  size_t *work;
  struct aid_placement *out;
  struct side before, after;
  size_t plus, minus;
};

/* --- the hunk as it is wanted --- */

struct aid_patch_line *
aid_want_line (const struct aid_want *w, size_t line)
{
  return &AID_VEC_AT (struct aid_patch_line, &w->p->lines, w->h->first_line + line);
}

char
aid_want_op (const struct aid_want *w, size_t line)
{
  char op = aid_want_line (w, line)->op;
  return !w->reverse || op == ' ' ? op : op == '+' ? '-' : '+';
}

int64_t
aid_want_start (const struct aid_want *w)
{
  return w->reverse ? w->h->new_start : w->h->old_start;
}

/* --- the file to place in --- */

enum aid_err
aid_target_init (struct aid_target *t, struct aid_span text, struct aid_error *e)
{
  *t = (struct aid_target){ 0 };
  enum aid_err err = aid_lines_init (&t->lines, text, e);
  if (err)
    return err;
  t->line_owner = calloc (t->lines.n + 1, sizeof *t->line_owner);
  t->gap_owner = calloc (t->lines.n + 1, sizeof *t->gap_owner);
  if (t->line_owner && t->gap_owner)
    return AID_OK;
  aid_target_free (t);
  return aid_error_set (e, AID_E_NOMEM, "no memory to place hunks");
}

void
aid_target_free (struct aid_target *t)
{
  aid_lines_free (&t->lines);
  for (size_t i = 0; i < AID_LEVELS; i++)
    aid_index_free (&t->index[i]);
  free (t->line_owner);
  free (t->gap_owner);
  *t = (struct aid_target){ 0 };
}

static enum aid_err
index_at (struct aid_target *t, enum aid_level level, const struct aid_index **out)
{
  *out = &t->index[level];
  return t->index[level].ready ? AID_OK : aid_index_init (&t->index[level], &t->lines, level);
}

/* --- sides --- */

static enum aid_err
side_init (struct side *s, const struct aid_want *w, char op)
{
  s->line = malloc ((w->h->nlines + 1) * sizeof *s->line);
  s->ids = malloc ((w->h->nlines + 1) * sizeof *s->ids);
  if (!s->line || !s->ids)
    return AID_E_NOMEM;
  for (size_t i = 0; i < w->h->nlines; i++)
    if (aid_want_op (w, i) == op || aid_want_op (w, i) == ' ')
      s->line[s->m++] = (uint32_t) i;
  return AID_OK;
}

static void
side_number (struct side *s, const struct aid_want *w, const struct aid_index *x)
{
  for (size_t i = 0; i < s->m; i++)
    s->ids[i] = aid_index_id (x, aid_want_line (w, s->line[i])->text);
}

/* How much a side's lines say: brackets and short words little, blank lines nothing. */
static double
weight (const struct aid_want *w, const struct side *s)
{
  double sum = 0;
  for (size_t i = 0; i < s->m && sum < 2; i++)
    {
      size_t len = aid_span_trim (aid_want_line (w, s->line[i])->text).len;
      sum += len == 0 ? 0 : len <= 3 ? .3 : 1;
    }
  return sum;
}

/* --- outcomes --- */

static void
already (struct placing *g, size_t at)
{
  struct aid_placement *o = g->out;
  o->status = AID_HUNK_ALREADY;
  o->method = "exact";
  o->line = (int64_t) at + 1;
  o->similarity = 1;
  o->span_beg = g->t->lines.beg[at];
  o->span_end = g->t->lines.beg[at + g->after.m];
  o->cspan_beg = aid_lines_chars (&g->t->lines, o->span_beg);
  o->cspan_end = aid_lines_chars (&g->t->lines, o->span_end);
}

static enum aid_err
take_place (struct placing *g, size_t at, enum aid_level level)
{
  int64_t stated = aid_want_start (g->w);
  struct aid_placement *o = g->out;
  o->status = AID_HUNK_APPLIES;
  o->line = (int64_t) at + 1;
  o->shift = stated > 0 && g->before.m > 0 ? o->line - stated : 0;
  o->method = level != AID_EXACT ? "whitespace" : o->shift ? "shifted" : "exact";
  size_t same = 0;
  for (size_t i = 0; i < g->before.m; i++)
    same += aid_span_eq (aid_lines_at (&g->t->lines, at + i), aid_want_line (g->w, g->before.line[i])->text);
  o->similarity = g->before.m ? (double) same / (double) g->before.m : 1;
  enum aid_err err = aid_place_edits (g->t, g->w, at, g->before.m, g->texts, o);
  if (!err && o->status == AID_HUNK_APPLIES && o->edits.len == 0)
    o->status = AID_HUNK_ALREADY;
  return err;
}

static enum aid_err
ambiguous (struct placing *g, const struct aid_hits *hits)
{
  char list[200] = "";
  size_t shown = hits->n < AID_CANDIDATES ? hits->n : AID_CANDIDATES;
  for (size_t i = 0; i < shown; i++)
    {
      int64_t *line = aid_vec_push (&g->out->candidates);
      if (!line)
        return AID_E_NOMEM;
      *line = (int64_t) hits->at[i] + 1;
      size_t len = strlen (list);
      if (i < 9)
        snprintf (list + len, sizeof list - len, "%s%lld", i ? ", " : "", (long long) *line);
    }
  if (hits->n > 9)
    aid_refuse (g->out, "fits lines %s and %zu more", list, hits->n - 9);
  else
    aid_refuse (g->out, "fits lines %s", list);
  return AID_OK;
}

/* --- why not --- */

/* The first old line that differs when the hunk stands at AT. */
static size_t
first_difference (const struct placing *g, size_t at, double *similarity)
{
  size_t first = g->before.m, same = 0;
  for (size_t i = 0; i < g->before.m; i++)
    if (at + i < g->t->lines.n
        && aid_line_same (AID_BLANKS, aid_lines_at (&g->t->lines, at + i), aid_want_line (g->w, g->before.line[i])->text))
      same++;
    else if (first == g->before.m)
      first = i;
  *similarity = (double) same / (double) g->before.m;
  return first;
}

static enum aid_err
nowhere (struct placing *g)
{
  const struct aid_index *x;
  enum aid_err err = index_at (g->t, AID_BLANKS, &x);
  if (err)
    return err;
  side_number (&g->before, g->w, x);
  size_t n = g->t->lines.n;
  int64_t stated = aid_want_start (g->w) - 1, at = aid_index_nearest (x, g->before.ids, g->before.m, stated, g->work);
  if (at < 0 && stated >= 0 && (uint64_t) stated < n)
    at = stated;
  char mine[AID_QUOTE], theirs[AID_QUOTE];
  size_t i = at < 0 ? 0 : first_difference (g, (size_t) at, &g->out->similarity);
  if (i >= g->before.m)
    i = 0;
  unsigned number = (unsigned) g->before.line[i] + 1;
  aid_quote (aid_want_line (g->w, g->before.line[i])->text, mine);
  if (at < 0)
    aid_refuse (g->out, "line %u \"%s\" is not in %.100s", number, mine, g->w->path);
  else if ((size_t) at + i >= n)
    aid_refuse (g->out, "line %u \"%s\" is behind the end of %.100s (nearest %lld)", number, mine, g->w->path,
                (long long) at + 1);
  else
    aid_refuse (g->out, "line %u \"%s\" is not %s %.90s (nearest %lld: \"%s\")", number, mine,
                g->before.ids[i] == AID_NO_ID ? "in" : "at its place in", g->w->path, (long long) at + (long long) i + 1,
                aid_quote (aid_lines_at (&g->t->lines, (size_t) at + i), theirs));
  if (at >= 0)
    g->out->line = at + 1;
  return AID_OK;
}

/* --- already there? --- */

/* The text after the change stands in the file, exactly and once (or at the stated line). */
static enum aid_err
is_there (struct placing *g, const struct aid_index *x, int *done)
{
  struct aid_hits hits;
  double w = weight (g->w, &g->after);
  int64_t stated = (g->w->reverse ? g->w->h->old_start : g->w->h->new_start) - 1;
  if (w < 1)
    return AID_OK;
  side_number (&g->after, g->w, x);
  if (g->w->numbers && aid_index_fits (x, g->after.ids, g->after.m, stated))
    {
      already (g, (size_t) stated);
      *done = 1;
      return AID_OK;
    }
  if (w < 1.5)
    return AID_OK;
  enum aid_err err = aid_index_find (x, g->after.ids, g->after.m, &hits, g->work);
  if (!err && hits.n == 1)
    {
      already (g, hits.at[0]);
      *done = 1;
    }
  return err;
}

/* A hunk that only inserts, at one end of its context, still fits when it was applied.  Then what it inserts stands
   there already. */
static int
inserted_before (struct placing *g, const struct aid_index *x, size_t at)
{
  const struct aid_want *w = g->w;
  size_t n = w->h->nlines, k = g->plus, first;
  if (g->minus > 0 || g->before.m == 0)
    return 0;
  for (first = 0; first < n && aid_want_op (w, first) != '+';)
    first++;
  if (first != 0 && first != n - k)      /* not at an end */
    return 0;
  double says = 0;
  for (size_t i = 0; i < k; i++)
    {
      if (aid_want_op (w, first + i) != '+')   /* several runs */
        return 0;
      says += aid_span_trim (aid_want_line (w, first + i)->text).len > 0;
    }
  if (says < 1 || (first == 0 && at < k))
    return 0;
  side_number (&g->after, w, x);
  size_t from = first == 0 ? at - k : at;
  if (!aid_index_fits (x, g->after.ids, g->after.m, (int64_t) from))
    return 0;
  already (g, from);
  return 1;
}

/* --- the passes --- */

/* An insertion that names nothing: into an empty file, or behind the stated line. */
static enum aid_err
without_context (struct placing *g)
{
  int64_t start = aid_want_start (g->w), count = g->w->reverse ? g->w->h->new_count : g->w->h->old_count;
  if (g->t->lines.n == 0)
    return take_place (g, 0, AID_EXACT);
  if (count == 0 && start >= 0 && (uint64_t) start <= g->t->lines.n)
    return take_place (g, (size_t) start, AID_EXACT);
  if (count == 0 && start > 0)
    aid_refuse (g->out, "it inserts after line %lld, but %.100s has %zu lines", (long long) start, g->w->path,
                g->t->lines.n);
  else
    aid_refuse (g->out, "it has no line of %.100s that would say where it belongs", g->w->path);
  return AID_OK;
}

/* One pass.  *DONE: the hunk is placed, refused, or known to be there. */
static enum aid_err
pass (struct placing *g, enum aid_level level, int *done)
{
  const struct aid_index *x;
  struct aid_hits hits;
  int64_t stated = aid_want_start (g->w) - 1, chosen = g->w->chosen - 1;
  enum aid_err err = index_at (g->t, level, &x);
  if (err)
    return err;
  side_number (&g->before, g->w, x);
  err = aid_index_find (x, g->before.ids, g->before.m, &hits, g->work);
  if (err)
    return err;
  if (hits.n == 0)
    return level == AID_EXACT ? is_there (g, x, done) : AID_OK;
  *done = 1;
  size_t at = hits.at[0];
  if (hits.n > 1)
    {
      if (chosen >= 0 && aid_index_fits (x, g->before.ids, g->before.m, chosen))
        at = (size_t) chosen;
      else if (level == AID_EXACT && g->w->numbers && aid_index_fits (x, g->before.ids, g->before.m, stated))
        at = (size_t) stated;
      else
        return ambiguous (g, &hits);
    }
  if (level == AID_EXACT && inserted_before (g, x, at))
    return AID_OK;
  return take_place (g, at, level);
}

static enum aid_err
passes (struct placing *g)
{
  enum aid_err err = AID_OK;
  int done = 0;
  for (int level = AID_EXACT; level < AID_LEVELS && !err && !done; level++)
    err = pass (g, (enum aid_level) level, &done);
  if (!err && !done)
    err = nowhere (g);
  if (err == AID_E_LIMIT)
    {
      aid_refuse (g->out, "its lines are too common in %.100s to be placed in reasonable time", g->w->path);
      err = AID_OK;
    }
  return err;
}

enum aid_err
aid_place_hunk (struct aid_target *t, const struct aid_want *w, struct aid_vec *texts, size_t *work,
                struct aid_placement *out)
{
  struct placing g = { .t = t, .w = w, .texts = texts, .work = work, .out = out };
  int nul = 0;
  for (size_t i = 0; i < w->h->nlines; i++)
    {
      char op = aid_want_op (w, i);
      struct aid_span text = aid_want_line (w, i)->text;
      g.plus += op == '+';
      g.minus += op == '-';
      nul |= op == '+' && memchr (text.ptr, 0, text.len) != NULL;
    }
  if (g.plus + g.minus == 0 || nul)
    {
      aid_refuse (out, nul ? "it inserts a NUL byte, which no text holds" : "it changes nothing");
      return AID_OK;
    }
  enum aid_err err = side_init (&g.before, w, '-');
  if (!err)
    err = side_init (&g.after, w, '+');
  if (!err)
    err = g.before.m == 0 ? without_context (&g) : passes (&g);
  free (g.before.line);
  free (g.before.ids);
  free (g.after.line);
  free (g.after.ids);
  return err;
}
