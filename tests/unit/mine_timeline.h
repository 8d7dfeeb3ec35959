/* Timelines whose truth is known, for tests: a person's day is drawn at random, one act after the other, and what there is to be
   found in it is noted as it is made. */
#ifndef AID_TESTS_MINE_TIMELINE_H
#define AID_TESTS_MINE_TIMELINE_H

#include "learn/mine_find.h"

#include <string.h>

#define MOMENTS_MAX 400
#define TRUTHS_MAX 100
#define SETTLED_MS 10000
#define BACK_MS 600000

struct truth
{
  enum aid_mine_kind kind;
  uint32_t base, after; /* trees */
  enum aid_mine_end end;
};

struct timeline
{
  struct aid_mine_moment moments[MOMENTS_MAX];
  size_t n;
  struct truth truths[TRUTHS_MAX];
  size_t ntruths;
  uint64_t seed;
  int64_t now;
  uint32_t tree, trees, revision, revisions; /* as they are, and how many there were */
  /* What is known in this segment. */
  int was_green[AID_MINE_LEVELS];
  int tested; /* TESTED_TREE's tests were green, and nothing was red since */
  uint32_t tested_tree;
  int64_t known[AID_MINE_LEVELS]; /* when the last green tree was known to be */
  int reds;                       /* trees that were red, for who comes back to one */
  uint32_t red_trees[64];
};

/* Commits of what was edited a moment ago, and branches that come from one revision: only version control can tell. */
static int only_vc_knows = 1;

static unsigned
pick (struct timeline *t, unsigned n)
{
  t->seed ^= t->seed << 13;
  t->seed ^= t->seed >> 7;
  t->seed ^= t->seed << 17;
  return (unsigned)(t->seed >> 33) % n;
}

/* --- what is seen ------------------------------------------------------------------------------------------------- */

/* A snapshot some time later, at least LEAST ms; the next one of a watch, or after a build. */
static struct aid_mine_moment *
see_after (struct timeline *t, int64_t least, enum aid_mine_status build, enum aid_mine_status tests)
{
  struct aid_mine_moment *m = &t->moments[t->n < MOMENTS_MAX - 1 ? t->n++ : t->n];
  t->now += least;
  *m = (struct aid_mine_moment){ .time = t->now, .tree = t->tree, .revision = t->revision, .exact = { build, tests } };
  return m;
}

static struct aid_mine_moment *
see (struct timeline *t, enum aid_mine_status build, enum aid_mine_status tests)
{
  return see_after (t, 20000 + pick (t, 100000), build, tests);
}

static void
edit (struct timeline *t)
{
  t->tree = t->trees++;
}

/* Some edits that nobody builds, or that go on while it is built. */
static void
work_on (struct timeline *t)
{
  for (unsigned n = pick (t, 3); n; n--)
    {
      edit (t);
      see (t, AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
    }
}

static void
is_truth (struct timeline *t, enum aid_mine_kind kind, uint32_t base, enum aid_mine_end end)
{
  t->truths[t->ntruths++] = (struct truth){ kind, base, t->tree, end };
}

/* --- what a person does ------------------------------------------------------------------------------------------- */

/* How it goes on when all is well, which was known at KNOWN: the change stands, or is changed at once, or is taken back. */
static enum aid_mine_end
go_on (struct timeline *t, uint32_t base, int64_t known)
{
  switch (pick (t, 6))
    {
    case 0:
      edit (t);
      see_after (t, 1000 + pick (t, 9001), AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
      return t->now - known <= SETTLED_MS ? AID_MINE_UNSETTLED : AID_MINE_SETTLED;
    case 1: /* git stash, or a change undone */
      t->tree = base;
      see_after (t, 11000 + pick (t, BACK_MS - 11000), AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
      return t->now - known <= BACK_MS ? AID_MINE_BACK : AID_MINE_SETTLED;
    case 2: /* the same, when it has stood for long */
      t->tree = base;
      see_after (t, BACK_MS + 1 + pick (t, 100000), AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
      return AID_MINE_SETTLED;
    default:
      see_after (t, 11000 + pick (t, 20000), AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
      return AID_MINE_SETTLED;
    }
}

/* It is built, or tested, and that is well. */
static enum aid_mine_level
see_green (struct timeline *t, enum aid_mine_level least)
{
  enum aid_mine_level level = least == AID_MINE_TESTS || pick (t, 2) ? AID_MINE_TESTS : AID_MINE_BUILD;
  int both = level == AID_MINE_TESTS && pick (t, 2);
  if (level == AID_MINE_BUILD || both)
    see (t, AID_MINE_GREEN, AID_MINE_UNKNOWN);
  else
    see (t, AID_MINE_UNKNOWN, AID_MINE_GREEN);
  t->known[AID_MINE_BUILD] = t->now;
  if (both && pick (t, 2))
    see (t, AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
  if (both)
    see_after (t, 1000, AID_MINE_UNKNOWN, AID_MINE_GREEN);
  t->known[AID_MINE_TESTS] = t->now;
  return level;
}

static void
note_green (struct timeline *t, uint32_t tree, enum aid_mine_level level)
{
  t->was_green[AID_MINE_BUILD] = 1;
  if (level == AID_MINE_TESTS)
    {
      t->was_green[AID_MINE_TESTS] = 1;
      t->tested = 1;
      t->tested_tree = tree;
    }
}

/* A new tree that is red at LEVEL. */
static void
see_red (struct timeline *t, enum aid_mine_level level)
{
  edit (t);
  if (level == AID_MINE_BUILD)
    see (t, AID_MINE_RED, pick (t, 3) ? AID_MINE_UNKNOWN : AID_MINE_RED);
  else
    {
      if (pick (t, 2)) /* it builds, and then its tests fail */
        {
          see (t, AID_MINE_GREEN, AID_MINE_UNKNOWN);
          t->was_green[AID_MINE_BUILD] = 1;
        }
      see_after (t, 2000, AID_MINE_UNKNOWN, AID_MINE_RED);
    }
  for (unsigned n = pick (t, 3); n; n--)
    see (t, AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
  t->tested = 0;
  if (t->reds < 64)
    t->red_trees[t->reds++] = t->tree;
}

static void
break_and_repair (struct timeline *t)
{
  enum aid_mine_level level = pick (t, 2) ? AID_MINE_TESTS : AID_MINE_BUILD;
  work_on (t);
  for (unsigned n = pick (t, 3); n; n--)
    { /* red in other ways before: what is built, and builds, is no repair when it is the tests that fail then */
      see_red (t, AID_MINE_BUILD);
      work_on (t);
    }
  int green_before = t->was_green[level];
  if (level == AID_MINE_TESTS)
    {
      edit (t); /* its tests fail at once, nobody builds it alone */
      see (t, AID_MINE_UNKNOWN, AID_MINE_RED);
      t->tested = 0;
    }
  else
    see_red (t, level);
  uint32_t base = t->tree;
  work_on (t);
  if (level == AID_MINE_TESTS && pick (t, 2))
    { /* it builds, which says nothing of the tests */
      edit (t);
      see (t, AID_MINE_GREEN, AID_MINE_UNKNOWN);
      t->was_green[AID_MINE_BUILD] = 1;
      work_on (t);
    }
  edit (t);
  enum aid_mine_level reached = see_green (t, level);
  size_t at = t->ntruths;
  is_truth (t, green_before ? AID_MINE_REPAIR : AID_MINE_START, base, AID_MINE_SETTLED);
  note_green (t, t->tree, reached);
  t->truths[at].end = go_on (t, base, t->known[level]);
}

static void
change_what_works (struct timeline *t)
{
  work_on (t);
  edit (t);
  enum aid_mine_level reached = see_green (t, AID_MINE_BUILD);
  uint32_t base = t->tested_tree;
  int of_tests = reached == AID_MINE_TESTS && t->tested;
  size_t at = t->ntruths;
  if (of_tests)
    is_truth (t, AID_MINE_TEST, base, AID_MINE_SETTLED);
  note_green (t, t->tree, reached);
  if (of_tests)
    t->truths[at].end = go_on (t, base, t->known[AID_MINE_TESTS]);
}

/* Another branch, a pull, a rebase: other files, at another revision. */
static void
switch_branches (struct timeline *t)
{
  if (pick (t, 3) == 0)
    see_red (t, pick (t, 2) ? AID_MINE_TESTS : AID_MINE_BUILD); /* and it is left so */
  for (unsigned n = 1 + pick (t, 3); n; n--)
    {
      int same = only_vc_knows && pick (t, 4) == 0;
      t->revision = same ? t->revision : ++t->revisions;
      edit (t);
      see_after (t, 1000 + pick (t, 30000), AID_MINE_UNKNOWN, AID_MINE_UNKNOWN)->moved = (signed char)same;
    }
  t->was_green[AID_MINE_BUILD] = t->was_green[AID_MINE_TESTS] = t->tested = 0;
  if (pick (t, 2))
    note_green (t, t->tree, see_green (t, AID_MINE_BUILD));
}

static void
commit (struct timeline *t)
{
  int with_edit = pick (t, 3) == 0 && only_vc_knows;
  if (with_edit)
    edit (t);
  t->revision = ++t->revisions;
  see (t, AID_MINE_UNKNOWN, AID_MINE_UNKNOWN)->moved = (signed char)(with_edit ? -1 : 0);
}

/* The same tree is red and green: by chance, or by what is not in the tree. */
static void
be_flaky (struct timeline *t)
{
  enum aid_mine_status first = pick (t, 2) ? AID_MINE_GREEN : AID_MINE_RED;
  enum aid_mine_status second = first == AID_MINE_GREEN ? AID_MINE_RED : AID_MINE_GREEN;
  int level = (int)pick (t, 2);
  if (t->reds && pick (t, 3) == 0)
    { /* long after it was red it is green */
      t->tree = t->red_trees[pick (t, (unsigned)t->reds)];
      see_after (t, BACK_MS + 30000, AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
      see (t, AID_MINE_GREEN, AID_MINE_GREEN);
    }
  else
    {
      edit (t);
      see (t, level ? AID_MINE_UNKNOWN : first, level ? first : AID_MINE_UNKNOWN);
      see (t, AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
      see (t, level ? AID_MINE_UNKNOWN : second, level ? second : AID_MINE_UNKNOWN);
    }
  edit (t);
  see (t, AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
}

static void
pause_for_long (struct timeline *t)
{
  see_after (t, 3600000 + pick (t, 80000000), AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
}

static inline void
make_timeline (struct timeline *t, uint64_t seed)
{
  memset (t, 0, sizeof *t);
  t->seed = seed * 2654435769u + 88172645463325252u;
  t->now = INT64_C (1700000000000);
  t->trees = 1;
  t->revision = t->revisions = pick (t, 4) ? 1 : 0; /* or a folder without version control */
  see (t, AID_MINE_UNKNOWN, AID_MINE_UNKNOWN);
  for (unsigned n = 1 + pick (t, 12); n && t->n < MOMENTS_MAX - 80; n--)
    {
      static void (*const acts[]) (struct timeline *)
        = { break_and_repair, break_and_repair, break_and_repair, change_what_works, change_what_works,
            switch_branches,  commit,           be_flaky,         pause_for_long };
      unsigned which = pick (t, sizeof acts / sizeof *acts);
      if (t->revision || (acts[which] != switch_branches && acts[which] != commit))
        acts[which](t);
    }
  if (pick (t, 3) == 0)
    see_red (t, AID_MINE_BUILD); /* and so it ends */
  pause_for_long (t);
}

#endif
