/* Placing the hunks of one file together: every hunk's matches, the choice between them, and what the chosen ones change.  A
   hunk that has no place, more than one, or is there already says so; the others are placed all the same. */
#include "patch/place_internal.h"

#include <stdlib.h>

#define TOOK_ALL "the hunks before it took the time that one patch may take"

/* --- matches --- */

/* Keeps the matches that are places, only the one that begins at line CHOSEN if there is such; *WHY the first other is none. */
static void
keep_acceptable (struct aid_case *c, const struct aid_target *t, int64_t chosen, const char **why)
{
  size_t n = 0, by_person = SIZE_MAX;
  for (size_t i = 0; i < c->matches.len; i++)
    {
      struct aid_match *m = &AID_VEC_AT (struct aid_match, &c->matches, i);
      const char *bad = aid_unacceptable (&c->view, t, m);
      if (bad)
        {
          *why = *why ? *why : bad;
          free (m->map);
          continue;
        }
      if ((int64_t) m->start + 1 == chosen && by_person == SIZE_MAX)
        by_person = n;
      AID_VEC_AT (struct aid_match, &c->matches, n++) = *m;
    }
  c->matches.len = n;
  if (by_person == SIZE_MAX)
    return;
  for (size_t i = 0; i < n; i++)
    if (i != by_person)
      free (AID_VEC_AT (struct aid_match, &c->matches, i).map);
  AID_VEC_AT (struct aid_match, &c->matches, 0) = AID_VEC_AT (struct aid_match, &c->matches, by_person);
  c->matches.len = 1;
}

/* How a hunk fits at best; AID_NEVER when it does not. */
static double
best_cost (const struct aid_case *c)
{
  return c->matches.len ? AID_VEC_AT (struct aid_match, &c->matches, 0).cost : AID_NEVER;
}

static int
has_exact (const struct aid_case *c)
{
  return c->matches.len && AID_VEC_AT (struct aid_match, &c->matches, 0).exact;
}

/* Finds the matches of the hunk as REREAD reads it, and takes these unless those it has are as good; with EXACT only exact
   ones count. */
static enum aid_err
find_reread (const struct placing *g, struct aid_case *c, const struct aid_want *w,
             enum aid_err (*reread) (struct aid_view *, const struct aid_target *, int *), int exact)
{
  struct aid_case other = { 0 };
  int any = 0;
  enum aid_err err = aid_view_init (&other.view, g->t, w);
  if (!err)
    err = reread (&other.view, g->t, &any);
  if (!err && any)
    err = aid_find (&other.view, g->t, aid_want_start (w) - 1, &other.matches, g->work);
  if (!err && any && (exact ? has_exact (&other) : best_cost (&other) < best_cost (c)))
    {
      struct aid_case worse = *c;
      c->view = other.view;
      c->matches = other.matches;
      other.view = worse.view;
      other.matches = worse.matches;
    }
  aid_matches_free (&other.matches);
  aid_view_free (&other.view);
  return err;
}

static int
has_bare_blank (const struct aid_view *v)
{
  for (size_t i = 0; i < v->m; i++)
    if (v->item[v->old[i]].weak && v->item[v->old[i]].stripped.len == 0)
      return 1;
  return 0;
}

/* Whether each old line is somewhere in the file. */
static int
is_known (const struct aid_view *v)
{
  for (size_t i = 0; i < v->m; i++)
    if (v->item[v->old[i]].id[AID_TRAILING] == AID_NO_ID)
      return 0;
  return 1;
}

static enum aid_err
find_undone (const struct placing *g, struct aid_case *c, const struct aid_want *w, int exact)
{
  static enum aid_err (*const reread[]) (struct aid_view *, const struct aid_target *, int *)
    = { aid_view_drop_numbers, aid_view_drop_tight_numbers, aid_view_keep_signs, aid_view_read_blanks };
  enum aid_err err = AID_OK;
  for (size_t k = 0; k < sizeof reread / sizeof *reread && !err && !has_exact (c); k++)
    err = find_reread (g, c, w, reread[k], exact);
  return err;
}

/* Counts that make bare blank lines additions are believed when the hunk has an exact place so.  A hunk that has no exact place
   as it stands, for lines of it are nowhere, may have one when it is read differently; else the better reading counts. */
static enum aid_err
find_as_meant (const struct placing *g, struct aid_case *c, const struct aid_want *w)
{
  enum aid_err err = has_bare_blank (&c->view) ? find_reread (g, c, w, aid_view_add_blanks, 1) : AID_OK;
  if (!err && !is_known (&c->view))
    err = find_undone (g, c, w, 1);
  if (!err && !has_exact (c))
    err = aid_find (&c->view, g->t, aid_want_start (w) - 1, &c->matches, g->work);
  return err ? err : find_undone (g, c, w, 0);
}

/* The first line of SECTION (it may have several) that no line of the file holds; empty when there is none. */
static struct aid_span
missing_section (const struct aid_target *t, struct aid_span section)
{
  struct aid_span name;
  while (aid_span_line (&section, &name))
    {
      size_t i = 0;
      name = aid_span_trim (name);
      while (i < t->lines.n && aid_span_find (aid_lines_at (&t->lines, i), name) < 0)
        i++;
      if (i == t->lines.n && name.len > 0)
        return name;
    }
  return (struct aid_span){ section.ptr, 0 };
}

/* A hunk without numbers whose old lines say next to nothing ("pass", "}") stands on its section: that must be there. */
static void
check_section (const struct placing *g, size_t i)
{
  enum { SECTION_MAX = 4096 };
  struct aid_case *c = &g->cases[i];
  const struct aid_want *w = &g->wants[i];
  char name[AID_QUOTE];
  if (c->view.total >= .9 || w->chosen > 0 || aid_want_start (w) >= 0 || w->h->section.len > SECTION_MAX)
    return;
  struct aid_span missing = missing_section (g->t, w->h->section);
  if (missing.len == 0)
    return;
  aid_refuse (g->out[i], "its section \"%s\" is not in %.100s, and its lines say too little", aid_quote (missing, name), w->path);
  c->takes_part = 0;
}

static enum aid_err
find_matches (const struct placing *g, size_t i)
{
  struct aid_case *c = &g->cases[i];
  const struct aid_want *w = &g->wants[i];
  const char *why = NULL;
  int found = 0;
  enum aid_err err = find_as_meant (g, c, w);
  if (err)
    return err;
  keep_acceptable (c, g->t, w->chosen, &why);
  int none = c->matches.len == 0;
  if (none || !has_exact (c) || best_cost (c) >= AID_REINDENTED)
    err = aid_look_already (g, i, none ? 1 : 1.5, none ? 1 : 2, &found);
  c->takes_part = !none && !found && !err;
  if (c->takes_part)
    check_section (g, i);
  return none && !found && !err ? aid_explain_nearest (g, i, why) : err;
}

/* The line that SECTION heads, of a hunk without old lines; SIZE_MAX when there is none or more than one. */
static enum aid_err
line_of_section (const struct placing *g, struct aid_span section, size_t *line)
{
  const struct aid_index *x;
  *line = SIZE_MAX;
  if (aid_span_trim (section).len == 0)
    return AID_OK;
  enum aid_err err = aid_target_index (g->t, AID_STRIP, &x);
  uint32_t id = err ? AID_NO_ID : aid_index_id (x, section);
  if (aid_index_places (x, id) == 1)
    *line = x->posts[x->first[id]];
  return err;
}

/* An insertion that names nothing: into an empty file, behind its section's line, or behind the stated line. */
static enum aid_err
without_context (const struct placing *g, size_t i)
{
  const struct aid_want *w = &g->wants[i];
  int64_t start = aid_want_start (w), count = w->reverse ? w->h->new_count : w->h->old_count;
  size_t n = g->t->lines.n, section, at = SIZE_MAX;
  enum aid_err err = line_of_section (g, w->h->section, &section);
  if (err)
    return err;
  if (n == 0)
    at = 0;
  else if (w->chosen > 0 && (uint64_t) w->chosen <= n + 1)
    at = (size_t) w->chosen - 1;
  else if (section != SIZE_MAX)
    at = section + 1;
  else if (count == 0 && start >= 0 && (uint64_t) start <= n)
    at = (size_t) start;
  else if (w->h->at_end)
    at = n;
  else if (count == 0 && start > 0)
    aid_refuse (g->out[i], "it inserts after line %lld, but %.100s has %zu lines", (long long) start, w->path, n);
  else
    aid_refuse (g->out[i], "it has no line of %.100s that would say where it belongs", w->path);
  if (at == SIZE_MAX)
    return AID_OK;
  struct aid_case *c = &g->cases[i];
  c->matches = AID_VEC_INIT (struct aid_match, 1);
  struct aid_match *m = aid_vec_push (&c->matches);
  if (!m || !(m->map = malloc ((c->view.n + 1) * sizeof *m->map)))
    return AID_E_NOMEM;
  for (size_t k = 0; k < c->view.n; k++)
    m->map[k] = -1;
  *m = (struct aid_match){ .map = m->map, .start = at, .end = at, .core_beg = 2 * (int64_t) at,
                           .core_end = 2 * (int64_t) at, .exact = 1 };
  c->chosen = m;
  return AID_OK;
}

/* Where the counter of a hunk begins that may do SHARE steps. */
static size_t
begin_share (const struct placing *g, size_t i, size_t *left)
{
  /* Enough to find a place as it is written, whatever others took. */
  size_t least = 64 * (g->cases[i].view.n + 64);
  *left = *g->work < AID_PLACE_WORK ? AID_PLACE_WORK - *g->work : 0;
  size_t share = *left < AID_HUNK_WORK ? *left : AID_HUNK_WORK;
  return AID_PLACE_WORK - (share > least ? share : least);
}

/* Finds the matches of hunk I, within its share of the work: one bad hunk must not take what the others need. */
static enum aid_err
find_within_share (const struct placing *g, size_t i)
{
  struct placing own = *g;
  size_t left, begin = begin_share (g, i, &left), spent = begin;
  own.work = g->t->work = &spent;
  enum aid_err err = find_matches (&own, i);
  g->t->work = g->work;
  *g->work += spent - begin;
  if (err != AID_E_LIMIT)
    return err;
  if (left < AID_HUNK_WORK)
    aid_refuse (g->out[i], TOOK_ALL);
  else
    aid_refuse (g->out[i], "its lines are too common in %.100s to be placed in reasonable time", g->wants[i].path);
  g->cases[i].takes_part = 0;
  return AID_OK;
}

/* Whether hunk I is refused for what it says. */
static int
bar (const struct placing *g, size_t i)
{
  struct aid_case *c = &g->cases[i];
  const char *why = g->wants[i].h->cut_off                ? "the answer ends in the middle of it"
                    : c->view.plus + c->view.minus == 0   ? "it changes nothing"
                                                          : NULL;
  for (size_t k = 0; k < c->view.n && !why; k++)
    if (c->view.item[k].op == '+' && memchr (c->view.item[k].text.ptr, 0, c->view.item[k].text.len))
      why = "it inserts a NUL byte, which no text holds";
  if (why)
    aid_refuse (g->out[i], "%s", why);
  c->barred = why != NULL;
  return c->barred;
}

/* Gets hunk I ready to be chosen for. */
static enum aid_err
prepare (const struct placing *g, size_t i)
{
  struct aid_case *c = &g->cases[i];
  const struct aid_want *w = &g->wants[i];
  int numbered = 0;             /* then what looks like context has signs behind its numbers */
  c->tied = AID_VEC_INIT (size_t, AID_CANDIDATES);
  enum aid_err err = aid_view_init (&c->view, g->t, w);
  if (!err && c->view.plus + c->view.minus == 0)
    err = aid_view_drop_numbers (&c->view, g->t, &numbered);
  if (!err && !numbered && c->view.plus + c->view.minus == 0)
    err = aid_view_drop_tight_numbers (&c->view, g->t, &numbered);
  if (err || bar (g, i))
    return err;
  if (g->wants[i].too_large)
    {
      aid_refuse (g->out[i], "its places in %.100s hold more lines than can be handled at once", w->path);
      return AID_OK;
    }
  return c->view.m == 0 ? without_context (g, i) : find_within_share (g, i);
}

/* --- what the chosen ones change --- */

static enum aid_err
all_pairs (const struct placing *g, struct aid_vec *all)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < g->n && !err; i++)
    if (g->cases[i].chosen)
      err = aid_indent_pairs (&g->cases[i].view, g->t, g->cases[i].chosen, all);
  return err;
}

static enum aid_err
write_change (const struct placing *g, size_t i, const struct aid_change *change, const struct aid_indent_file *file)
{
  struct aid_case *c = &g->cases[i];
  struct aid_vec own = AID_VEC_INIT (struct aid_pair, AID_PATCH_LINES);
  enum aid_err err = aid_indent_pairs (&c->view, g->t, c->chosen, &own);
  struct aid_indent *indent = err ? NULL : aid_indent_new (&c->view, g->t, &own, file);
  if (!err && !indent)
    err = AID_E_NOMEM;
  if (!err && !c->chosen->exact && *g->work > AID_PLACE_WORK)
    aid_refuse (g->out[i], TOOK_ALL);
  else if (!err)
    {
      aid_describe (g, i, indent && aid_indent_changes (indent));
      err = aid_place_edits (g->t, &c->view, c->chosen, change, indent, g->texts, g->out[i]);
      if (!err && g->out[i]->status == AID_HUNK_APPLIES && g->out[i]->edits.len == 0)
        g->out[i]->status = AID_HUNK_ALREADY;
    }
  aid_indent_free (indent);
  aid_vec_free (&own);
  return err;
}

static enum aid_err
write_edits (const struct placing *g, size_t i, const struct aid_indent_file *file)
{
  struct aid_case *c = &g->cases[i];
  struct aid_change change = { 0 };
  char why[256];
  enum aid_err err = aid_change_init (&change, &c->view, g->t, c->chosen, why);
  if (err == AID_E_REFUSED)
    {
      aid_refuse (g->out[i], "%s", why);
      g->out[i]->line = (int64_t) c->chosen->start + 1;
      err = AID_OK;
    }
  else if (!err)
    err = write_change (g, i, &change, file);
  aid_change_free (&change);
  return err;
}

static enum aid_err
carry_out (const struct placing *g)
{
  struct aid_vec all = AID_VEC_INIT (struct aid_pair, AID_PATCH_LINES);
  enum aid_err err = all_pairs (g, &all);
  struct aid_indent_file *file = err ? NULL : aid_indent_file_new (&all);
  if (!err && !file)
    err = AID_E_NOMEM;
  for (size_t i = 0; i < g->n && !err; i++)
    {
      struct aid_case *c = &g->cases[i];
      int there = 0;
      if (c->takes_part && !c->chosen)
        err = aid_say_tied (g, i);
      else if (c->chosen)
        {
          err = aid_look_inserted (g, i, c->chosen, &there);
          if (!err && !there)
            err = write_edits (g, i, file);
        }
    }
  aid_indent_file_free (file);
  aid_vec_free (&all);
  return err;
}

static int
all_exact (const struct placing *g)
{
  for (size_t i = 0; i < g->n; i++)
    if (!g->cases[i].chosen || !g->cases[i].chosen->exact)
      return 0;
  return 1;
}

/* Forgets what was found out about a hunk by itself. */
static void
begin_anew (struct aid_placement *o)
{
  o->reason[0] = '\0';
  o->candidates.len = 0;
  o->line = 0;
}

/* Two hunks may insert at the same place here: in what order is known, the patch's. */
static void
free_gaps (struct aid_target *t, const struct aid_change *c)
{
  for (size_t k = 0; k < c->insertions.len; k++)
    t->gap_owner[AID_VEC_AT (struct aid_insertion, &c->insertions, k).at] = 0;
}

/* When not every hunk has its exact place in the file: they may have been written against each other. */
static enum aid_err
try_in_sequence (const struct placing *g, int *done)
{
  struct aid_reading *r = calloc (g->n + 1, sizeof *r);
  enum aid_err err = r ? aid_read_in_sequence (g->cases, g->n, g->t, r, g->work, done) : AID_E_NOMEM;
  if (err == AID_E_LIMIT)
    {
      err = AID_OK;
      *done = 0;
    }
  for (size_t i = 0; i < g->n && *done && !err; i++)
    {
      begin_anew (g->out[i]);
      free_gaps (g->t, &r[i].change);
      g->cases[i].chosen = &r[i].match;
      err = write_change (g, i, &r[i].change, NULL);
    }
  for (size_t i = 0; r && i < g->n; i++)
    {
      if (*done)
        g->cases[i].chosen = NULL;
      aid_reading_free (&r[i]);
    }
  free (r);
  return err;
}

enum aid_err
aid_place_file (struct aid_target *t, const struct aid_want *wants, size_t n, struct aid_vec *texts, size_t *work,
                struct aid_placement **out)
{
  struct placing g = { t, wants, out, calloc (n + 1, sizeof *g.cases), n, texts, work };
  enum aid_err err = g.cases ? AID_OK : AID_E_NOMEM;
  t->work = work;
  for (size_t i = 0; i < n && !err; i++)
    err = prepare (&g, i);
  if (!err)
    err = aid_choose (g.cases, n, t, work);
  int done = 0;
  if (!err && n > 1 && !all_exact (&g))
    err = try_in_sequence (&g, &done);
  if (!err && !done)
    err = carry_out (&g);
  for (size_t i = 0; g.cases && i < n; i++)
    {
      aid_view_free (&g.cases[i].view);
      aid_matches_free (&g.cases[i].matches);
      aid_vec_free (&g.cases[i].tied);
    }
  free (g.cases);
  t->work = &t->own_work;
  return err;
}
