/* The statistics of evaluations, and reading their results. */
#include "base/json.h"
#include "learn/eval.h"
#include "learn/eval_stats.h"
#include "measure/special.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
close_to (double a, double b, double within)
{
  if (!(fabs (a - b) <= within))
    fail_msg ("%.12g is not %.12g", a, b);
}

/* --- pass@k ------------------------------------------------------------------------------------------------------- */

static double
choose (int n, int k)
{
  double all = 1;
  for (int i = 1; i <= k; i++)
    all = all * (n - k + i) / i;
  return n < k ? 0 : all;
}

static void
pass_at_k_is_the_formula (void **state)
{
  (void)state;
  for (int n = 1; n <= 30; n++)
    for (int c = 0; c <= n; c++)
      for (int k = 1; k <= n; k++)
        close_to (aid_eval_pass_at (n, c, k), 1 - choose (n - c, k) / choose (n, k), 1e-12);
  close_to (aid_eval_pass_at (200, 1, 100), 0.5, 1e-12);
  close_to (aid_eval_pass_at (100000, 50000, 1), 0.5, 1e-9);
  assert_true (isnan (aid_eval_pass_at (4, 2, 5)) && isnan (aid_eval_pass_at (4, 5, 1))
               && isnan (aid_eval_pass_at (4, 1, 0)));
}

/* The mean over all subsets of K of the N samples is what it estimates: counted for a small case. */
static void
pass_at_k_has_no_bias (void **state)
{
  (void)state;
  int n = 6, c = 2, k = 3, right = 0, all = 0;
  for (unsigned set = 0; set < 1u << n; set++)
    if (__builtin_popcount (set) == k)
      {
        all++;
        right += (set & ((1u << c) - 1)) != 0;
      }
  close_to (aid_eval_pass_at (n, c, k), (double)right / all, 1e-12);
}

/* --- pairs -------------------------------------------------------------------------------------------------------- */

static void
the_sign_test_is_exact (void **state)
{
  (void)state;
  close_to (aid_eval_sign_test (0, 0), 1, 0);
  close_to (aid_eval_sign_test (5, 0), 2.0 / 32, 1e-12);
  close_to (aid_eval_sign_test (0, 5), 2.0 / 32, 1e-12);
  close_to (aid_eval_sign_test (1, 9), 2 * 11.0 / 1024, 1e-12);
  close_to (aid_eval_sign_test (4, 4), 1, 0);
  close_to (aid_eval_sign_test (3, 4), 1, 1e-12);
}

/* Fills A and B with tasks of one sample: BOTH right, only A, only B, none. */
static size_t
fill (struct aid_eval_share *a, struct aid_eval_share *b, int both, int only_a, int only_b, int none)
{
  size_t n = 0;
  for (int i = 0; i < both + only_a + only_b + none; i++, n++)
    {
      a[n] = (struct aid_eval_share){ i < both + only_a, 1 };
      b[n] = (struct aid_eval_share){ i < both || (i >= both + only_a && i < both + only_a + only_b), 1 };
    }
  return n;
}

/* By hand from Wilson's limits and the correlation, as Newcombe (1998) gives them. */
static void
the_interval_of_pairs_is_newcombes (void **state)
{
  struct aid_eval_share a[100], b[100];
  struct aid_eval_difference d;
  (void)state;
  size_t n = fill (a, b, 20, 12, 2, 16);
  aid_eval_compare_shares (a, b, n, 0.05, &d);
  struct aid_interval wa = aid_stats_wilson (32, 50, 0.05), wb = aid_stats_wilson (22, 50, 0.05);
  double pa = 0.64, pb = 0.44, r = (20.0 * 16 - 12 * 2 - 25) / sqrt (32.0 * 18 * 22 * 28);
  double low = sqrt (pow (pb - wb.low, 2) - 2 * r * (pb - wb.low) * (wa.high - pa) + pow (wa.high - pa, 2));
  double high = sqrt (pow (wb.high - pb, 2) - 2 * r * (wb.high - pb) * (pa - wa.low) + pow (pa - wa.low, 2));
  assert_int_equal (d.tasks, 50);
  assert_int_equal (d.better, 2);
  assert_int_equal (d.worse, 12);
  close_to (d.difference, -0.2, 1e-12);
  close_to (d.interval.low, -0.2 - low, 1e-9);
  close_to (d.interval.high, -0.2 + high, 1e-9);
  close_to (d.p, aid_eval_sign_test (2, 12), 0);
  assert_true (d.interval.high < 0 && d.p < 0.05);
}

static void
pairs_without_an_answer_do_not_count (void **state)
{
  struct aid_eval_share a[3] = { { 1, 2 }, { 0, 0 }, { 3, 3 } }, b[3] = { { 2, 2 }, { 1, 1 }, { 0, 0 } };
  struct aid_eval_difference d;
  (void)state;
  aid_eval_compare_shares (a, b, 3, 0.05, &d);
  assert_int_equal (d.tasks, 1);
  close_to (d.a, 0.5, 1e-12);
  close_to (d.b, 1, 1e-12);
  assert_int_equal (d.better, 1);
  aid_eval_compare_shares (a, b, 0, 0.05, &d);
  assert_int_equal (d.tasks, 0);
  close_to (d.interval.low, -1, 0);
  close_to (d.interval.high, 1, 0);
}

static void
what_does_not_differ_is_not_sure (void **state)
{
  struct aid_eval_share a[100], b[100];
  struct aid_eval_difference d;
  (void)state;
  size_t n = fill (a, b, 5, 0, 0, 0);
  aid_eval_compare_shares (a, b, n, 0.05, &d);
  close_to (d.difference, 0, 0);
  assert_true (d.interval.low < -0.2 && d.interval.high > 0.2);
  close_to (d.p, 1, 0);
}

/* Tasks are what is drawn: whoever answers a task the same way six times has told no more of it than who answers it once. */
static void
samples_that_agree_make_no_interval_narrow (void **state)
{
  struct aid_eval_share once[9], often[9], sure[9];
  struct aid_interval a, b, c;
  (void)state;
  for (size_t i = 0; i < 9; i++)
    {
      once[i] = (struct aid_eval_share){ i < 5, 1 };
      often[i] = (struct aid_eval_share){ i < 5 ? 6 : 0, 6 };
      sure[i] = (struct aid_eval_share){ 6, 6 };
    }
  close_to (aid_eval_mean_share (once, 9, 0.05, &a), 5. / 9, 1e-12);
  close_to (aid_eval_mean_share (often, 9, 0.05, &b), 5. / 9, 1e-12);
  struct aid_interval w = aid_stats_wilson (5, 9, 0.05), all = aid_stats_wilson (9, 9, 0.05);
  close_to (a.low, w.low, 1e-12);
  close_to (a.high, w.high, 1e-12);
  assert_true (b.low <= a.low && b.high >= a.high && b.low > a.low - 0.05);
  aid_eval_mean_share (sure, 9, 0.05, &c);
  close_to (c.low, all.low, 1e-12);
  struct aid_eval_difference few, many;
  aid_eval_compare_shares (once, once, 9, 0.05, &few);
  aid_eval_compare_shares (often, often, 9, 0.05, &many);
  assert_true (many.interval.low <= few.interval.low && many.interval.high >= few.interval.high);
}

/* How often the interval holds the truth, over N tasks of SAMPLES each, whose difficulty is drawn and shared by both arms. */
static double
coverage (size_t n, int samples, double harder, uint64_t seed)
{
  struct aid_random_state r;
  struct aid_eval_share a[100], b[100];
  struct aid_eval_difference d;
  int held = 0, rounds = 2000;
  aid_random_seed (&r, seed);
  for (int round = 0; round < rounds; round++)
    {
      for (size_t i = 0; i < n; i++)
        {
          double pa = aid_random_unit (&r), pb = pa * (1 - harder);
          a[i] = b[i] = (struct aid_eval_share){ 0, samples };
          for (int k = 0; k < samples; k++)
            {
              a[i].hits += aid_random_unit (&r) < pa;
              b[i].hits += aid_random_unit (&r) < pb;
            }
        }
      aid_eval_compare_shares (a, b, n, 0.05, &d);
      held += d.interval.low <= -0.5 * harder && -0.5 * harder <= d.interval.high;
    }
  return (double)held / rounds;
}

static void
the_interval_of_pairs_holds_the_truth (void **state)
{
  (void)state;
  for (int samples = 1; samples <= 5; samples += 4)
    for (int n = 20; n <= 80; n += 60)
      for (int harder = 0; harder < 2; harder++)
        {
          double c = coverage ((size_t)n, samples, harder * 0.3, (uint64_t)(samples * 1000 + n * 10 + harder));
          if (c < 0.935 || c > 0.98)
            fail_msg ("%d tasks, %d samples, harder %d: %.3f", n, samples, harder, c);
        }
}

static void
the_bootstrap_is_the_same_each_time (void **state)
{
  double d[50], mean, again;
  struct aid_interval i, j;
  (void)state;
  for (int k = 0; k < 50; k++)
    d[k] = k % 10;
  assert_int_equal (aid_eval_bootstrap (d, 50, 0.05, 7, &mean, &i), AID_OK);
  assert_int_equal (aid_eval_bootstrap (d, 50, 0.05, 7, &again, &j), AID_OK);
  close_to (mean, 4.5, 1e-12);
  close_to (i.low, j.low, 0);
  /* The standard error is that of 50 values with the variance 8.25. */
  close_to (i.low, 4.5 - 1.96 * sqrt (8.25 / 50), 0.06);
  close_to (i.high, 4.5 + 1.96 * sqrt (8.25 / 50), 0.06);
  assert_int_equal (aid_eval_bootstrap (d, 1, 0.05, 7, &mean, &i), AID_OK);
  assert_true (isnan (i.low) && isnan (i.high));
}

/* --- results ------------------------------------------------------------------------------------------------------ */

#define ROW(key, outcome)                                                                                                   \
  "{\"eval\":1,\"key\":\"" key                                                                                              \
  "\",\"task\":\"t\",\"hash\":\"h\",\"model\":\"m\",\"strategy\":\"s\",\"sample\":1,\"outcome\":\"" outcome "\"}\n"

static void
the_last_line_of_an_attempt_counts (void **state)
{
  struct aid_eval_results r;
  struct aid_error e = { AID_OK, "" };
  (void)state;
  assert_int_equal (aid_eval_results_parse (
                      AID_SPAN (ROW ("a", "error") ROW ("b", "red") ROW ("a", "green") "{\"eval\":1,\"k"), "here", &r, &e),
                    AID_OK);
  assert_int_equal (json_array_size (r.rows), 2);
  assert_int_equal (aid_eval_outcome_of (json_array_get (r.rows, 0)), AID_EVAL_GREEN);
  assert_int_equal (aid_eval_outcome_of (json_array_get (r.rows, 1)), AID_EVAL_RED);
  aid_eval_results_free (&r);
}

static void
a_wrong_line_is_told (void **state)
{
  static const char *const wrong[]
    = { "\n", "[]\n", "{}\n", "{\"eval\":2}\n", ROW ("a", "blue"), "{\"eval\":1,\"key\":\"a\"}\n", "nothing\n" };
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      struct aid_eval_results r;
      struct aid_error e = { AID_OK, "" };
      struct aid_str text = AID_STR_INIT (1 << 16);
      aid_str_addz (&text, ROW ("a", "red"));
      aid_str_addz (&text, wrong[i]);
      assert_int_equal (aid_eval_results_parse (aid_str_span (&text), "here", &r, &e), AID_E_INVALID);
      assert_non_null (strstr (e.msg, "here:2: "));
      aid_eval_results_free (&r);
      aid_str_free (&text);
    }
}

#define TAKEN(key, sample, outcome, in)                                                                                     \
  "{\"eval\":1,\"key\":\"" key "\",\"task\":\"t\",\"hash\":\"h\",\"model\":\"m\",\"strategy\":\"s\",\"sample\":" sample     \
  ",\"outcome\":\"" outcome "\",\"in\":" in ",\"cost\":0.5,\"first_ms\":-1,\"ms\":800}\n"

/* What a sample takes is the mean over those that took it: one that was not judged took tokens, and its time is not known. */
static void
amounts_are_means_of_what_is_known (void **state)
{
  struct aid_eval_results a, b;
  struct aid_error e = { AID_OK, "" };
  json_t *c = NULL;
  (void)state;
  assert_int_equal (
    aid_eval_results_parse (AID_SPAN (TAKEN ("a", "1", "red", "100") TAKEN ("b", "2", "unjudged", "100")), "a", &a, &e),
    AID_OK);
  assert_int_equal (aid_eval_results_parse (AID_SPAN (TAKEN ("a", "1", "red", "100")), "b", &b, &e), AID_OK);
  const struct aid_eval_side sa = { .results = &a, .name = "a" }, sb = { .results = &b, .name = "b" };
  assert_int_equal (aid_eval_compare (&sa, &sb, &c, &e), AID_OK);
  const json_t *amounts = json_object_get (json_array_get (json_object_get (c, "pairs"), 0), "amounts");
  close_to (aid_json_real (json_object_get (amounts, "tokens_in"), "a", 0), 100, 1e-9);
  close_to (aid_json_real (json_object_get (amounts, "tokens_in"), "difference", -1), 0, 1e-9);
  close_to (aid_json_real (json_object_get (amounts, "cost"), "a", 0), 0.5, 1e-9);
  close_to (aid_json_real (json_object_get (amounts, "ms"), "a", 0), 800, 1e-9);
  assert_int_equal (aid_json_int (json_object_get (amounts, "first_ms"), "tasks", -1), 0);
  json_decref (c);
  aid_eval_results_free (&a);
  aid_eval_results_free (&b);
}

static void
attempts_have_names_of_their_own (void **state)
{
  struct aid_eval_task t = { .name = (char *)(uintptr_t) "a" }, u = { .name = (char *)(uintptr_t) "a 1:b" };
  struct aid_eval_attempt all[]
    = { { &t, "b", "c", 1 }, { &t, "b", "c", 2 }, { &t, "c", "b", 1 }, { &u, "", "c", 1 }, { &t, "b c", "", 1 } };
  char keys[5][AID_EVAL_KEY];
  (void)state;
  for (size_t i = 0; i < 5; i++)
    {
      aid_eval_key (&all[i], keys[i]);
      assert_int_equal (strlen (keys[i]), AID_EVAL_KEY - 1);
      for (size_t k = 0; k < i; k++)
        assert_string_not_equal (keys[i], keys[k]);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (pass_at_k_is_the_formula),
    cmocka_unit_test (pass_at_k_has_no_bias),
    cmocka_unit_test (the_sign_test_is_exact),
    cmocka_unit_test (the_interval_of_pairs_is_newcombes),
    cmocka_unit_test (pairs_without_an_answer_do_not_count),
    cmocka_unit_test (what_does_not_differ_is_not_sure),
    cmocka_unit_test (samples_that_agree_make_no_interval_narrow),
    cmocka_unit_test (the_interval_of_pairs_holds_the_truth),
    cmocka_unit_test (the_bootstrap_is_the_same_each_time),
    cmocka_unit_test (the_last_line_of_an_attempt_counts),
    cmocka_unit_test (a_wrong_line_is_told),
    cmocka_unit_test (amounts_are_means_of_what_is_known),
    cmocka_unit_test (attempts_have_names_of_their_own),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
