/* What is found in a row of snapshots is what is there, and nothing else: in timelines by hand, and in 10,000 that are drawn. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "mine_timeline.h"
#include "learn/mine_internal.h"
#include <stdio.h>
#include <stdlib.h>

static const struct aid_mine_rules rules = { SETTLED_MS, BACK_MS };

struct list
{
  struct aid_mine_found all[MOMENTS_MAX];
  size_t n;
};

static void
take (void *ctx, const struct aid_mine_found *f)
{
  struct list *l = ctx;
  assert_true (l->n < MOMENTS_MAX);
  l->all[l->n++] = *f;
}

/* --- by hand ------------------------------------------------------------------------------------------------------ */

static const char ends[] = "SUBY"; /* settled, unsettled, back, young */

/* DAY has a word a moment, "SECONDS:TREE.REVISION" ("SECONDS/NOTICED:..." when a change was seen before) and the exact builds, of
   b B t T: build red, green, tests red, green; a "c" for a commit, an "m" for files that version control has moved.  WANTED has a
   word for what is to be found: kind's first letter, before>base>after as moments, and the end. */
static void
finds (const char *day, int64_t horizon, const char *wanted)
{
  struct aid_mine_moment m[64];
  struct list l = { .n = 0 };
  char copy[2000], found[2000] = "", *save = NULL;
  size_t n = 0;
  snprintf (copy, sizeof copy, "%s", day);
  for (char *word = strtok_r (copy, " ", &save); word; word = strtok_r (NULL, " ", &save))
    {
      char *end;
      m[n] = (struct aid_mine_moment){ .time = strtol (word, &end, 10) * 1000 };
      if (*end == '/')
        m[n].noticed = strtol (end + 1, &end, 10) * 1000;
      m[n].tree = (uint32_t)strtol (end + 1, &end, 10);
      m[n].revision = (uint32_t)strtol (end + 1, &end, 10);
      for (; *end; end++)
        if (*end == 'c' || *end == 'm')
          m[n].moved = *end == 'c' ? -1 : 1;
        else
          m[n].exact[*end == 't' || *end == 'T'] = *end >= 'a' ? AID_MINE_RED : AID_MINE_GREEN;
      n++;
    }
  assert_int_equal (aid_mine_find (m, n, &rules, horizon * 1000, take, &l), AID_OK);
  for (size_t i = 0; i < l.n; i++)
    {
      const struct aid_mine_found *f = &l.all[i];
      char before[24] = "-";
      if (f->before != AID_MINE_NONE)
        snprintf (before, sizeof before, "%zu", f->before);
      snprintf (found + strlen (found), sizeof found - strlen (found), "%s%c:%s>%zu>%zu%c", i ? " " : "",
                aid_mine_kind_name (f->kind)[0], before, f->base, f->after, ends[f->end]);
    }
  assert_string_equal (found, wanted);
}

static void
isolated_changes_are_found (void **state)
{
  (void)state;
  finds ("0:0.1B 30:1.1b 60:2.1B 90:3.1", 9999, "r:0>1>2S");
  /* The last red one is the base, and what nobody built in between is part of the repair. */
  finds ("0:0.1B 30:1.1b 60:2.1b 90:3.1 120:4.1B", 9999, "r:0>2>4S");
  finds ("0:0.1b 30:1.1B", 9999, "s:->0>1S");
  finds ("0:0.1T 30:1.1T", 9999, "t:->0>1S");
  finds ("0:0.1B 30:1.1B", 9999, "");
  /* Green tests say that it was built; a green build says nothing of tests. */
  finds ("0:0.1T 30:1.1b 60:2.1T", 9999, "r:0>1>2S");
  finds ("0:0.1T 30:1.1t 60:2.1B 90:3.1T", 9999, "r:0>1>3S");
  finds ("0:0.1B 30:1.1t 60:2.1T", 9999, "s:->1>2S");
  /* What builds, and fails its tests, is a repair of the build and red itself. */
  finds ("0:0.1T 30:1.1b 60:2.1B 61:2.1t 90:3.1T", 9999, "r:0>1>2S r:0>3>4S");
  finds ("0:0.1T 30:1.1t 60:2.1b 90:3.1T", 9999, "r:0>2>3S");
  finds ("", 9999, "");
  finds ("0:0.0", 9999, "");
}

static void
what_version_control_does_is_no_edit (void **state)
{
  (void)state;
  finds ("0:0.1B 30:1.1b 60:2.2B", 9999, "");
  finds ("0:0.1B 30:1.2b 60:2.2B", 9999, "s:->1>2S");
  finds ("0:0.1B 30:1.1b 60:1.2 90:2.2B", 9999, "r:0>1>3S"); /* a commit */
  finds ("0:0.1B 30:1.1b 60:2.2cB", 9999, "r:0>1>2S");       /* an edit and a commit */
  finds ("0:0.1B 30:1.1b 60:2.1mB", 9999, "");               /* there and back, or a stash */
  finds ("0:0.1B 30:1.1b 60:1.1m 90:2.1B", 9999, "r:0>1>3S");
  finds ("0:0.0B 30:1.0b 60:2.0B", 9999, "r:0>1>2S"); /* no version control */
  finds ("0:0.1T 30:1.2T 60:2.2T", 9999, "t:->1>2S");
  finds ("0:0.1B 30:1.1b 60:2.1B 65:3.2", 9999, "r:0>1>2S"); /* a switch is no edit, nor unsettles */
}

static void
what_does_not_last_is_told (void **state)
{
  (void)state;
  finds ("0:0.1B 30:1.1b 60:2.1B 70:3.1", 9999, "r:0>1>2U");
  finds ("0:0.1B 30:1.1b 60:2.1B 71:3.1", 9999, "r:0>1>2S");
  finds ("0:0.1B 30:1.1b 60:2.1B 65:2.1 69:3.1", 9999, "r:0>1>2U");
  /* Edited again at once, which a snapshot has later. */
  finds ("0:0.1B 30:1.1b 60:2.1B 80/63:3.1", 9999, "r:0>1>2U");
  finds ("0:0.1B 30:1.1b 60:2.1B 80/71:3.1", 9999, "r:0>1>2S");
  finds ("0:0.1B 30/3:1.1b 60/33:2.1B 80/90:3.1", 9999, "r:0>1>2S");
  finds ("0:0.1B 30:1.1b 60:2.1B 660:1.1", 9999, "r:0>1>2B");
  finds ("0:0.1B 30:1.1b 60:2.1B 661:1.1", 9999, "r:0>1>2S");
  finds ("0:0.1B 30:1.1b 60:2.1B 100:3.1 200:1.1 300:3.1", 9999, "r:0>1>2B");
  finds ("0:0.1B 30:1.1b 60:2.1B", 660, "r:0>1>2Y");
  finds ("0:0.1B 30:1.1b 60:2.1B", 661, "r:0>1>2S");
  finds ("0:0.1B 30:1.1b 60:2.1B 80:3.1", 100, "r:0>1>2Y");
  finds ("0:0.1B 30:1.1b 60:2.1B 80:3.2", 100, "r:0>1>2S"); /* another branch: nothing comes back */
}

static void
what_is_flaky_has_no_status (void **state)
{
  (void)state;
  finds ("0:0.1B 30:1.1b 60:1.1B 90:2.1B", 9999, "");
  finds ("0:0.1B 30:1.1b 60:2.1B 70:2.1b", 9999, "");
  finds ("0:0.1B 30:1.1b 60:2.1b 900:1.1B 950:3.1B", 9999, "r:0>2>4S");
  finds ("0:0.1T 30:1.1T 40:1.1t 60:2.1T", 9999, "t:->0>3S");
  finds ("0:0.1B 30:1.1bT 60:2.1B", 9999, "");
  /* What was found before it was seen stands; what is built on it later does not. */
  finds ("0:0.1B 30:1.1b 60:2.1B 700:2.1b 800:3.1B", 9999, "r:0>1>2S");
  finds ("0:0.1B 30:1.1b 700:1.1B 730:2.1B", 9999, "");
}

static void
a_clock_that_is_set_back_does_no_harm (void **state)
{
  (void)state;
  finds ("1000:0.1B 1030:1.1b 60:2.1B 20:3.1", 9999, "r:0>1>2U");
  finds ("1000:0.1B 1030:1.1b 60:2.1B", 0, "r:0>1>2Y");
}

/* --- what version control did ------------------------------------------------------------------------------------- */

/* LOG has what happened between the moment at 10.2 s, at revision aa, and the one at 20.7 s, at aa or bb. */
static void
moves (const char *log, int other_revision, int wanted)
{
  const struct aid_span names[3] = { { "", 0 }, AID_SPAN ("aa"), AID_SPAN ("bb") };
  struct aid_mine_moment m[2]
    = { { .time = 10200, .tree = 1, .revision = 1 }, { .time = 20700, .tree = 2, .revision = other_revision ? 2 : 1 } };
  aid_mine_read_moves (aid_span_z (log), names, m, 2);
  if (m[1].moved != wanted)
    fail_msg ("%s comes to %d", log, m[1].moved);
}

static void
the_log_of_head_tells_commits_from_what_moves_files (void **state)
{
  (void)state;
#define BY " Ann Bee <ann@example.org> "
  moves ("", 0, -1);
  moves ("", 1, 0);
  moves ("aa bb" BY "15 +0100\tcommit: x\n", 1, -1);
  moves ("aa bb" BY "15 +0100\tcommit (amend): x\n", 1, -1);
  moves ("aa bb" BY "15 +0100\tcheckout: moving from a to b\n", 1, 1);
  moves ("aa bb" BY "15 +0100\trebase (finish): x\n", 1, 1);
  moves ("aa bb" BY "15 +0100\tpull: Fast-forward", 1, 1);
  moves ("aa aa" BY "15 +0100\tcheckout: moving from a to new\n", 0, -1);
  moves ("aa aa" BY "15 +0100\treset: moving to HEAD\n", 0, 1);                                        /* a stash */
  moves ("aa cc" BY "14 +0000\tcommit: x\ncc aa" BY "15 +0000\tcheckout: moving from b to a\n", 0, 1); /* there and back */
  moves ("aa cc" BY "14 +0000\tcheckout: moving from a to b\ncc bb" BY "15 +0000\tcommit: x\n", 1, 1);
  /* Before, after, and within the same second. */
  moves ("cc aa" BY "9 +0000\tcheckout: moving from b to a\n", 0, -1);
  moves ("cc aa" BY "10 +0000\tcheckout: moving from b to a\n", 0, -1);
  moves ("aa bb" BY "10 +0000\tcheckout: moving from a to b\n", 1, 1);
  moves ("aa bb" BY "20 +0000\tcheckout: moving from a to b\n", 1, 1);
  moves ("aa bb" BY "20 +0000\tcheckout: moving from a to b\n", 0, -1);
  moves ("aa bb" BY "21 +0000\tcheckout: moving from a to b\n", 0, -1);
  /* What is no such line is passed over. */
  moves ("\n\t\nx\naa bb\naa bb x\naa bb" BY "x +0000\tcheckout: y\n", 0, -1);
}

/* --- drawn -------------------------------------------------------------------------------------------------------- */

static int
is_same (const struct timeline *t, const struct aid_mine_found *f, const struct truth *wanted)
{
  return f->kind == wanted->kind && f->end == wanted->end && t->moments[f->base].tree == wanted->base
         && t->moments[f->after].tree == wanted->after;
}

static void
every_pair_of_10000_timelines_is_found_and_only_those (void **state)
{
  static struct timeline t;
  static struct list l;
  size_t kinds[AID_MINE_KINDS] = { 0 }, last[4] = { 0 }, moments = 0;
  (void)state;
  for (unsigned seed = 1; seed <= 10000; seed++)
    {
      make_timeline (&t, seed);
      l.n = 0;
      moments += t.n;
      assert_int_equal (aid_mine_find (t.moments, t.n, &rules, t.now, take, &l), AID_OK);
      for (size_t i = 0; i < l.n || i < t.ntruths; i++)
        if (i >= l.n || i >= t.ntruths || !is_same (&t, &l.all[i], &t.truths[i]))
          fail_msg ("timeline %u: of %zu pairs %zu were found; the one that differs is %zu", seed, t.ntruths, l.n, i);
      for (size_t i = 0; i < l.n; i++)
        {
          kinds[l.all[i].kind]++;
          last[l.all[i].end]++;
        }
    }
  print_message ("%zu moments: %zu repairs, %zu starts, %zu tests; %zu settled, %zu not, %zu taken back\n", moments,
                 kinds[AID_MINE_REPAIR], kinds[AID_MINE_START], kinds[AID_MINE_TEST], last[AID_MINE_SETTLED],
                 last[AID_MINE_UNSETTLED], last[AID_MINE_BACK]);
  for (int i = 0; i <= AID_MINE_TEST; i++)
    assert_true (kinds[i] > 1000);
  for (int i = 0; i <= AID_MINE_BACK; i++)
    assert_true (last[i] > 1000);
}

/* Whoever looks early finds what is found later, but for what is too young. */
static void
it_does_not_matter_when_one_looks (void **state)
{
  static struct timeline t;
  static struct list all, some;
  (void)state;
  for (unsigned seed = 1; seed <= 3000; seed++)
    {
      make_timeline (&t, seed);
      all.n = some.n = 0;
      size_t upto = 1 + pick (&t, (unsigned)t.n), k = 0;
      int64_t horizon = t.moments[upto - 1].time;
      aid_mine_find (t.moments, t.n, &rules, t.now, take, &all);
      aid_mine_find (t.moments, upto, &rules, horizon, take, &some);
      for (size_t i = 0; i < some.n; i++)
        {
          if (some.all[i].end == AID_MINE_YOUNG)
            continue;
          while (k < all.n && all.all[k].after != some.all[i].after)
            k++;
          if (k == all.n || all.all[k].base != some.all[i].base || all.all[k].end != some.all[i].end)
            fail_msg ("timeline %u up to %zu: pair %zu is another later", seed, upto, i);
        }
      for (size_t i = 0; i < all.n; i++)
        {
          int old = all.all[i].after < upto && horizon - t.moments[all.all[i].after].time > BACK_MS, there = 0;
          for (size_t j = 0; j < some.n; j++)
            there |= some.all[j].after == all.all[i].after && some.all[j].end == all.all[i].end;
          if (old && !there)
            fail_msg ("timeline %u up to %zu: pair %zu was not found in time", seed, upto, i);
        }
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (isolated_changes_are_found),
    cmocka_unit_test (what_version_control_does_is_no_edit),
    cmocka_unit_test (the_log_of_head_tells_commits_from_what_moves_files),
    cmocka_unit_test (what_does_not_last_is_told),
    cmocka_unit_test (what_is_flaky_has_no_status),
    cmocka_unit_test (a_clock_that_is_set_back_does_no_harm),
    cmocka_unit_test (every_pair_of_10000_timelines_is_found_and_only_those),
    cmocka_unit_test (it_does_not_matter_when_one_looks),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
