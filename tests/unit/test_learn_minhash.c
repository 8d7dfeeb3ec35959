/* What is alike and what is near: the estimate of likeness is as good as its theory says, and what counts is the change alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "mine_timeline.h"
#include "learn/mine_internal.h"
#include "learn/minhash.h"

static void
files_with_other_names_are_like_themselves_alone (void **state)
{
  struct aid_minhash a, b, c;
  (void)state;
  aid_minhash_diff (AID_SPAN ("diff --git a/x.c b/y.c\nsimilarity index 100%\nrename from x.c\nrename to y.c\n"), &a);
  aid_minhash_diff (AID_SPAN ("diff --git a/x.c b/y.c\nsimilarity index 100%\nrename from x.c\nrename to y.c\n"), &b);
  aid_minhash_diff (AID_SPAN ("diff --git a/m.c b/n.c\nsimilarity index 100%\nrename from m.c\nrename to n.c\n"), &c);
  assert_true (aid_minhash_alike (&a, &b) == 1.0);
  assert_true (aid_minhash_alike (&a, &c) < 0.1);
}

static void
likeness_is_estimated_as_well_as_it_should (void **state)
{
  struct timeline t = { .seed = 12345 };
  double sum = 0, worst = 0;
  enum
  {
    SETS = 400
  };
  (void)state;
  for (int i = 0; i < SETS; i++)
    {
      struct aid_minhash a, b;
      unsigned both = 1 + pick (&t, 200), only_a = pick (&t, 200), only_b = pick (&t, 200);
      aid_minhash_init (&a);
      aid_minhash_init (&b);
      for (unsigned k = 0; k < both + only_a + only_b; k++)
        {
          uint64_t member = (uint64_t)pick (&t, 0x7FFFFFFF) << 20 ^ pick (&t, 0x7FFFFFFF);
          if (k < both + only_a)
            aid_minhash_add (&a, member);
          if (k < both || k >= both + only_a)
            aid_minhash_add (&b, member);
        }
      double wrong = aid_minhash_alike (&a, &b) - (double)both / (both + only_a + only_b);
      sum += wrong;
      worst = wrong > worst ? wrong : -wrong > worst ? -wrong : worst;
    }
  /* The standard error is 0.044 at most, of the mean 0.0022. */
  assert_true (worst < 0.044 * 4.5);
  assert_true (sum / SETS < 0.0088 && sum / SETS > -0.0088);
}

#define DIFF(body) "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n" body

static double
alike (const char *a, const char *b)
{
  struct aid_minhash x, y;
  aid_minhash_diff (aid_span_z (a), &x);
  aid_minhash_diff (aid_span_z (b), &y);
  return aid_minhash_alike (&x, &y);
}

static void
what_counts_is_the_change_alone (void **state)
{
  const char *a = DIFF (" let x = 1\n-let f y = y + q\n+let f y = y + z\n");
  (void)state;
  assert_true (alike (a, a) == 1);
  assert_true (alike (a, DIFF (" let other = 2\n-let  f y  =  y+q\n+  let f y = y+z\n")) == 1);
  assert_true (alike (a, "diff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -9 +9 @@\n-let f y = y + q\n+let f y = y + z\n") == 1);
  assert_true (alike (a, DIFF ("-let f y = y + z\n+let f y = y + q\n")) < 0.9);
  assert_true (alike (a, DIFF ("-let g x = x * 7\n+let g x = x * 8\n")) < 0.3);
  assert_true (alike ("", "") == 1);
  assert_true (alike (a, "") == 0);
  char hex[AID_MINHASH_HEX];
  struct aid_minhash x, y;
  aid_minhash_diff (aid_span_z (a), &x);
  aid_minhash_write (&x, hex);
  assert_int_equal (aid_minhash_read (hex, &y), 0);
  assert_memory_equal (&x, &y, sizeof x);
  hex[5] = 'g';
  assert_int_equal (aid_minhash_read (hex, &y), -1);
  assert_int_equal (aid_minhash_read ("", &y), -1);
  assert_int_equal (aid_minhash_read (NULL, &y), -1);
}

static void
names_tell_what_is_near (void **state)
{
  static const struct
  {
    const char *a, *b;
    int near;
  } pairs[] = { { "src/a.ml", "src/b.ml", 1 },         { "src/a.ml", "test/test_a.ml", 1 },
                { "src/a.c", "include/a.h", 1 },       { "src/a.ml", "doc/b.md", 0 },
                { "dune-project", "src/a.ml", 1 },     { "src/dune", "src/x/y.ml", 1 },
                { "src/dune", "lib/y.ml", 0 },         { "a.ml", "b.ml", 1 },
                { "lisp/a.el", "test/a-tests.el", 1 }, { "web/App.ts", "server/main.go", 0 },
                { "a/Makefile", "ab/x.c", 0 },         { "", "", 1 } };
  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (aid_mine_near (aid_span_z (pairs[i].a), aid_span_z (pairs[i].b)) != pairs[i].near)
      fail_msg ("%s and %s", pairs[i].a, pairs[i].b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (files_with_other_names_are_like_themselves_alone),
    cmocka_unit_test (likeness_is_estimated_as_well_as_it_should),
    cmocka_unit_test (what_counts_is_the_change_alone),
    cmocka_unit_test (names_tell_what_is_near),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
