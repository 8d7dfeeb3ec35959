/* How alike two lines are: the measure of Ratcliff and Obershelp, compared with its plain definition, and the numbers in
   lines. */
#include "patch_scene.h"

static unsigned seed;

static unsigned
dice (unsigned sides)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 16) % sides;
}

static struct aid_span
span (const char *z)
{
  return aid_span_z (z);
}

/* The definition: the longest common block (of several the first in A, then the first in B), and the same to both sides of it. */
static size_t
matched_plainly (struct aid_span a, struct aid_span b)
{
  size_t best = 0, at_a = 0, at_b = 0;
  for (size_t i = 0; i < a.len; i++)
    for (size_t j = 0; j < b.len; j++)
      {
        size_t n = 0;
        while (i + n < a.len && j + n < b.len && a.ptr[i + n] == b.ptr[j + n])
          n++;
        if (n > best)
          best = n, at_a = i, at_b = j;
      }
  if (best == 0)
    return 0;
  return best + matched_plainly (aid_span_cut (a, 0, at_a), aid_span_cut (b, 0, at_b))
         + matched_plainly (aid_span_cut (a, at_a + best, a.len), aid_span_cut (b, at_b + best, b.len));
}

static double
similar_plainly (struct aid_span a, struct aid_span b)
{
  return a.len + b.len ? 2.0 * (double) matched_plainly (a, b) / (double) (a.len + b.len) : 1;
}

static size_t
random_line (char *out, unsigned letters, unsigned most)
{
  size_t n = dice (most + 1);
  for (size_t i = 0; i < n; i++)
    out[i] = (char) ('a' + dice (letters));
  return n;
}

/* B is A with some letters changed, or anything. */
static void
random_pair (char a[200], struct aid_span *x, char b[200], struct aid_span *y)
{
  unsigned letters = 1 + dice (20), change = dice (3);
  x->len = random_line (a, letters, 100);
  y->len = random_line (b, letters, 100);
  for (size_t i = 0; change && i < x->len; i++)
    b[i] = dice (8) ? a[i] : (char) ('a' + dice (26));
  y->len = change ? x->len : y->len;
  x->ptr = a;
  y->ptr = b;
}

static void
is_the_measure_of_ratcliff_and_obershelp (void **state)
{
  (void) state;
  seed = 99;
  for (int round = 0; round < 20000; round++)
    {
      char a[200], b[200];
      struct aid_span x, y;
      size_t work = 0;
      unsigned begun = seed;
      random_pair (a, &x, b, &y);
      double expected = similar_plainly (x, y), got = aid_similar (x, y, 0, &work);
      if (expected != got)
        fail_msg ("seed %u: \"%.*s\" and \"%.*s\": %f, not %f", begun, (int) x.len, a, (int) y.len, b, got, expected);
    }
}

static void
what_cannot_reach_the_least_is_nothing (void **state)
{
  (void) state;
  seed = 7;
  for (int round = 0; round < 20000; round++)
    {
      char a[200], b[200];
      struct aid_span x, y;
      size_t work = 0;
      unsigned begun = seed;
      random_pair (a, &x, b, &y);
      double expected = similar_plainly (x, y), least = dice (100) / 100.0, got = aid_similar (x, y, least, &work);
      if (got != (expected < least ? 0 : expected))
        fail_msg ("seed %u: %f with at least %f, not %f", begun, got, least, expected);
    }
}

static void
the_same_is_1_and_nothing_in_common_0 (void **state)
{
  (void) state;
  size_t work = 0;
  assert_true (aid_similar (span (""), span (""), .5, &work) == 1);
  assert_true (aid_similar (span ("a line"), span ("a line"), 1, &work) == 1);
  assert_true (aid_similar (span ("abc"), span ("xyz"), 0, &work) == 0);
  assert_true (aid_similar (span ("abc"), span (""), 0, &work) == 0);
}

/* 500 bytes with another one in the middle: long lines are compared by their common ends. */
static void
long_lines_are_compared_by_their_ends (void **state)
{
  (void) state;
  char a[1001], b[1001];
  size_t work = 0;
  memset (a, 'a', sizeof a);
  memset (b, 'a', sizeof b);
  b[400] = 'b';
  struct aid_span x = { a, 1000 }, y = { b, 1000 };
  assert_true (aid_similar (x, y, .5, &work) == .999);
  y.len = 500;                  /* the beginning up to the b, the end behind it */
  assert_true (aid_similar (x, y, 0, &work) == 2.0 * 499 / 1500);
  assert_true (aid_similar (x, y, .7, &work) == 0);
}

/* What comparing may cost at worst is counted: two lines whose blocks are single letters. */
static void
work_is_counted (void **state)
{
  (void) state;
  char a[AID_SIMILAR_MAX], b[AID_SIMILAR_MAX];
  size_t cheap = 0, dear = 0;
  for (size_t i = 0; i < AID_SIMILAR_MAX; i++)
    {
      a[i] = (char) (i / 2 + 1);
      b[i] = i % 2 ? (char) 250 : (char) (i / 2 + 1);
    }
  aid_similar (span ("int x;"), span ("int y;"), 0, &cheap);
  aid_similar ((struct aid_span){ a, sizeof a }, (struct aid_span){ b, sizeof b }, 0, &dear);
  assert_in_range (cheap, 6, 200);
  assert_in_range (dear, 1000000, 100000000);
}

static void
numbers_are_the_same_or_not (void **state)
{
  (void) state;
  assert_true (aid_same_numbers (span ("x = 10;"), span ("yy=10")));
  assert_true (aid_same_numbers (span ("no number"), span ("")));
  assert_false (aid_same_numbers (span ("x = 10;"), span ("x = 1;")));
  assert_false (aid_same_numbers (span ("x = 10;"), span ("x = 1 0;")));
  assert_false (aid_same_numbers (span ("a1 b2"), span ("a1 b2 c3")));
  assert_false (aid_same_numbers (span ("1 2"), span ("2 1")));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (is_the_measure_of_ratcliff_and_obershelp),
    cmocka_unit_test (what_cannot_reach_the_least_is_nothing),
    cmocka_unit_test (the_same_is_1_and_nothing_in_common_0),
    cmocka_unit_test (long_lines_are_compared_by_their_ends),
    cmocka_unit_test (work_is_counted),
    cmocka_unit_test (numbers_are_the_same_or_not),
  };
  return cmocka_run_group_tests_name ("patch similar", tests, NULL, NULL);
}
