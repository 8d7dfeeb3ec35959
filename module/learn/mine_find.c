/* Visits first, then one walk over them.  Both are linear, but for the look ahead, which ends with back_ms. */
#include "learn/mine_find.h"
#include <stdlib.h>

enum
{
  SEEN_GREEN = 1,
  SEEN_RED = 2,
  SEEN_BOTH = 3
};

struct visit
{
  size_t first, last;            /* moments */
  size_t known[AID_MINE_LEVELS]; /* the moment in which its status there was first known */
  enum aid_mine_status status[AID_MINE_LEVELS];
  int cut; /* version control brought it: a segment begins */
  int flaky;
};

const char *
aid_mine_kind_name (enum aid_mine_kind kind)
{
  static const char *const names[AID_MINE_KINDS] = { "repair", "start", "test", "preference" };
  return names[kind];
}

/* --- visits ------------------------------------------------------------------------------------------------------- */

int
aid_mine_is_cut (const struct aid_mine_moment *a, const struct aid_mine_moment *b)
{
  int other = a->revision && b->revision && a->revision != b->revision;
  return a->tree != b->tree && b->moved >= 0 && (b->moved || other);
}

/* Notes what V's moments have seen; PAST has, for each tree and level, what was seen of it before. */
static void
judge_visit (const struct aid_mine_moment *m, struct visit *v, unsigned char *past)
{
  unsigned seen[AID_MINE_LEVELS] = { 0, 0 };
  for (int level = 0; level < AID_MINE_LEVELS; level++)
    {
      unsigned char *before = &past[(size_t)m[v->first].tree * AID_MINE_LEVELS + (size_t)level];
      v->known[level] = AID_MINE_NONE;
      for (size_t i = v->first; i <= v->last; i++)
        if (m[i].exact[level])
          {
            seen[level] |= m[i].exact[level] == AID_MINE_GREEN ? SEEN_GREEN : SEEN_RED;
            v->known[level] = v->known[level] == AID_MINE_NONE ? i : v->known[level];
          }
      *before |= (unsigned char)seen[level];
      v->flaky |= seen[level] && *before == SEEN_BOTH;
    }
  v->flaky |= seen[AID_MINE_TESTS] == SEEN_GREEN && seen[AID_MINE_BUILD] == SEEN_RED;
  for (int level = 0; !v->flaky && level < AID_MINE_LEVELS; level++)
    v->status[level] = seen[level] == SEEN_GREEN ? AID_MINE_GREEN : seen[level] ? AID_MINE_RED : AID_MINE_UNKNOWN;
  if (v->status[AID_MINE_TESTS] == AID_MINE_GREEN
      && (!v->status[AID_MINE_BUILD] || v->known[AID_MINE_TESTS] < v->known[AID_MINE_BUILD]))
    {
      v->status[AID_MINE_BUILD] = AID_MINE_GREEN;
      v->known[AID_MINE_BUILD] = v->known[AID_MINE_TESTS];
    }
}

/* Whether the moment I begins a visit: another tree, or what is built anew long after the tree's status was known, at KNOWN: what
   was found by then stands. */
static int
begins (const struct aid_mine_moment *m, size_t i, size_t known, int64_t long_ms)
{
  return !i || m[i].tree != m[i - 1].tree
         || (known != AID_MINE_NONE && (m[i].exact[AID_MINE_BUILD] || m[i].exact[AID_MINE_TESTS])
             && m[i].time - m[known].time > long_ms);
}

static size_t
split (const struct aid_mine_moment *m, size_t n, int64_t long_ms, struct visit *all)
{
  size_t count = 0, known = AID_MINE_NONE;
  for (size_t i = 0; i < n; i++)
    {
      if (begins (m, i, known, long_ms))
        {
          all[count].cut = i && aid_mine_is_cut (&m[i - 1], &m[i]);
          all[count++].first = i;
          known = AID_MINE_NONE;
        }
      if (known == AID_MINE_NONE && (m[i].exact[AID_MINE_BUILD] || m[i].exact[AID_MINE_TESTS]))
        known = i;
      all[count - 1].last = i;
    }
  return count;
}

/* The visits of M's N moments in *OUT, to be freed; gives how many, or SIZE_MAX without memory. */
static size_t
visits_of (const struct aid_mine_moment *m, size_t n, int64_t long_ms, struct visit **out)
{
  size_t count = SIZE_MAX, trees = 1;
  for (size_t i = 0; i < n; i++)
    trees = m[i].tree >= trees ? (size_t)m[i].tree + 1 : trees;
  struct visit *all = calloc (n ? n : 1, sizeof *all);
  unsigned char *past = calloc (trees, AID_MINE_LEVELS);
  if (all && past)
    {
      count = split (m, n, long_ms, all);
      for (size_t k = 0; k < count; k++)
        judge_visit (m, &all[k], past);
    }
  else
    free (all);
  free (past);
  *out = count == SIZE_MAX ? NULL : all;
  return count;
}

/* --- what follows ------------------------------------------------------------------------------------------------- */

struct walk
{
  const struct aid_mine_moment *m;
  const struct visit *visits;
  size_t count;
  const struct aid_mine_rules *rules;
  int64_t horizon;
  void (*fn) (void *ctx, const struct aid_mine_found *found);
  void *ctx;
  /* Moments of this segment, or AID_MINE_NONE. */
  size_t green[AID_MINE_LEVELS]; /* the last one that was green there, before what is red now */
  size_t tested;                 /* the last one whose tests were green, and nothing red since */
  size_t red;                    /* the last red one, and nothing green since */
  enum aid_mine_level red_level;
};

static int64_t
longest (const struct aid_mine_rules *r)
{
  return r->back_ms > r->settled_ms ? r->back_ms : r->settled_ms;
}

/* How F, whose change ends in the visit AT, goes on. */
static void
look_ahead (const struct walk *w, size_t at, struct aid_mine_found *f)
{
  int64_t from = w->m[f->after].time;
  uint32_t base = w->m[f->base].tree, after = w->m[f->after].tree;
  int over = 0, left = 0; /* nothing that comes can change it; the tree is another */
  f->still = w->horizon - from;
  f->end = AID_MINE_SETTLED;
  for (size_t k = at + 1; !over && f->end == AID_MINE_SETTLED && k < w->count; k++)
    {
      const struct aid_mine_moment *next = &w->m[w->visits[k].first];
      int leaves = !left && next->tree != after;
      left |= leaves;
      if (leaves)
        f->still = (next->noticed && next->noticed < next->time ? next->noticed : next->time) - from;
      if (w->visits[k].cut)
        over = 1;
      else if (leaves && f->still <= w->rules->settled_ms)
        f->end = AID_MINE_UNSETTLED;
      else if (next->time - from > longest (w->rules))
        over = 1;
      else if (next->tree == base && next->time - from <= w->rules->back_ms)
        f->end = AID_MINE_BACK;
    }
  if (!over && f->end == AID_MINE_SETTLED && w->horizon - from <= longest (w->rules))
    f->end = AID_MINE_YOUNG;
}

static void
tell (const struct walk *w, size_t at, enum aid_mine_kind kind, enum aid_mine_level level, size_t before, size_t base,
      size_t after)
{
  struct aid_mine_found f = { .kind = kind, .level = level, .before = before, .base = base, .after = after };
  look_ahead (w, at, &f);
  w->fn (w->ctx, &f);
}

/* --- the walk ----------------------------------------------------------------------------------------------------- */

static void
begin_segment (struct walk *w)
{
  w->green[AID_MINE_BUILD] = w->green[AID_MINE_TESTS] = w->tested = w->red = AID_MINE_NONE;
}

/* The visit AT is green at LEVEL (and below). */
static void
take_green (struct walk *w, size_t at, enum aid_mine_level level)
{
  const struct visit *v = &w->visits[at];
  if (w->red != AID_MINE_NONE && w->red_level <= level)
    {
      size_t before = w->green[w->red_level];
      tell (w, at, before == AID_MINE_NONE ? AID_MINE_START : AID_MINE_REPAIR, w->red_level, before, w->red,
            v->known[w->red_level]);
      w->red = AID_MINE_NONE;
    }
  else if (w->red == AID_MINE_NONE && level == AID_MINE_TESTS && w->tested != AID_MINE_NONE
           && w->m[w->tested].tree != w->m[v->first].tree)
    tell (w, at, AID_MINE_TEST, AID_MINE_TESTS, AID_MINE_NONE, w->tested, v->known[AID_MINE_TESTS]);
  for (int l = 0; l <= (int)level; l++)
    w->green[l] = v->known[l];
  if (level == AID_MINE_TESTS)
    w->tested = v->known[AID_MINE_TESTS];
}

static void
take_red (struct walk *w, size_t at, enum aid_mine_level level)
{
  w->red = w->visits[at].known[level];
  w->red_level = level;
  w->tested = AID_MINE_NONE;
}

/* The tree TREE was seen green and red: nothing is known of it. */
static void
take_flaky (struct walk *w, uint32_t tree)
{
  size_t *all[] = { &w->green[AID_MINE_BUILD], &w->green[AID_MINE_TESTS], &w->tested, &w->red };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (*all[i] != AID_MINE_NONE && w->m[*all[i]].tree == tree)
      *all[i] = AID_MINE_NONE;
}

enum aid_err
aid_mine_find (const struct aid_mine_moment *m, size_t n, const struct aid_mine_rules *rules, int64_t horizon,
               void (*fn) (void *ctx, const struct aid_mine_found *found), void *ctx)
{
  struct visit *visits;
  struct walk w = {
    .m = m, .count = visits_of (m, n, longest (rules), &visits), .rules = rules, .horizon = horizon, .fn = fn, .ctx = ctx
  };
  if (w.count == SIZE_MAX)
    return AID_E_NOMEM;
  w.visits = visits;
  begin_segment (&w);
  for (size_t k = 0; k < w.count; k++)
    {
      const enum aid_mine_status *s = visits[k].status;
      if (visits[k].cut)
        begin_segment (&w);
      if (visits[k].flaky)
        take_flaky (&w, m[visits[k].first].tree);
      if (s[AID_MINE_TESTS] == AID_MINE_GREEN)
        take_green (&w, k, AID_MINE_TESTS);
      else if (s[AID_MINE_BUILD] == AID_MINE_GREEN)
        take_green (&w, k, AID_MINE_BUILD);
      /* What is built may fail its tests. */
      if (s[AID_MINE_BUILD] == AID_MINE_RED)
        take_red (&w, k, AID_MINE_BUILD);
      else if (s[AID_MINE_TESTS] == AID_MINE_RED)
        take_red (&w, k, AID_MINE_TESTS);
    }
  free (visits);
  return AID_OK;
}
