/* Statistics of experiments against what is worked by hand, closed forms, and what GrowthBook's gbstats prints in its own
   tests. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "measure/special.h"
#include "measure/stats.h"
#include <math.h>

#define near(got, wanted, by) near_at (got, wanted, by, __LINE__)
static void
near_at (double got, double wanted, double by, int line)
{
  if (!(fabs (got - wanted) <= by))
    fail_msg ("line %d: got %.12g, wanted %.12g", line, got, wanted);
}

static const struct aid_stats_look look = { AID_STATS_ALPHA, AID_STATS_TUNING, 1 };

/* --- the ratio of samples -------------------------------------------------------------------------------------------- */

static void
a_skewed_sample_is_told_from_an_even_one (void **state)
{
  const double even[] = { 1, 1 }, thirds[] = { 50, 30, 20 };
  (void)state;
  /* 50^2 / 1500, twice: 3.333 with one degree of freedom */
  near (aid_stats_srm ((uint64_t[]){ 1550, 1450 }, even, 2), erfc (sqrt (10.0 / 3 / 2)), 1e-14);
  assert_true (aid_stats_srm ((uint64_t[]){ 1550, 1450 }, even, 2) > AID_STATS_SRM_ALARM);
  assert_true (aid_stats_srm ((uint64_t[]){ 1650, 1350 }, even, 2) < AID_STATS_SRM_ALARM); /* 30: p = 4e-8 */
  /* 5^2/50 + 2^2/30 + 3^2/20 = 1.0833 with two: exp (-x/2) */
  near (aid_stats_srm ((uint64_t[]){ 55, 28, 17 }, thirds, 3), exp (-(25.0 / 50 + 4.0 / 30 + 9.0 / 20) / 2), 1e-14);
  assert_true (aid_stats_srm ((uint64_t[]){ 500, 500 }, even, 2) == 1);
}

static void
a_small_sample_and_a_closed_arm_have_their_own_rules (void **state)
{
  const double even[] = { 1, 1 }, closed[] = { 1, 0, 1 };
  (void)state;
  assert_true (aid_stats_srm ((uint64_t[]){ 15, 0 }, even, 2) == 1); /* 7.5 are due */
  assert_true (aid_stats_srm ((uint64_t[]){ 16, 0 }, even, 2) < 0.001);
  assert_true (aid_stats_srm ((uint64_t[]){ 0, 0 }, even, 2) == 1);
  assert_true (aid_stats_srm ((uint64_t[]){ 20, 0, 20 }, closed, 3) == 1);
  assert_true (aid_stats_srm ((uint64_t[]){ 20, 1, 20 }, closed, 3) == 0); /* somebody was where nobody may be */
}

/* --- intervals ------------------------------------------------------------------------------------------------------- */

/* Wilson's interval is where (p - hits/n)^2 = z^2 p (1 - p) / n. */
static void
wilsons_ends_solve_his_equation (void **state)
{
  const double z2 = 1.959963984540054 * 1.959963984540054;
  (void)state;
  for (double n = 1; n < 2000; n *= 3)
    for (double hits = 0; hits <= n; hits += n < 20 ? 1 : n / 7)
      {
        struct aid_interval i = aid_stats_wilson (hits, n, 0.05);
        double ends[2] = { i.low, i.high };
        for (int k = 0; k < 2; k++)
          near ((ends[k] - hits / n) * (ends[k] - hits / n), z2 * ends[k] * (1 - ends[k]) / n, 1e-12);
        assert_true (i.low >= 0 && i.low <= hits / n && i.high >= hits / n && i.high <= 1);
      }
  near (aid_stats_wilson (0, 10, 0.05).high, 0.2775, 1e-4); /* as printed in tables */
  near (aid_stats_wilson (5, 10, 0.05).low, 0.2366, 1e-4);
  assert_true (aid_stats_wilson (0, 10, 0.05).low == 0 && aid_stats_wilson (10, 10, 0.05).high == 1);
  assert_true (aid_stats_wilson (0, 0, 0.05).low == 0 && aid_stats_wilson (0, 0, 0.05).high == 1);
}

/* gbstats, tests/frequentist/test_tests.py, TestSequentialTTest: estimate, standard error, persons -> interval. */
static void
the_sequence_is_growthbooks (void **state)
{
  (void)state;
  near (aid_stats_sequence (0.33341, 6461, 0.05, 1000), (1.56516 + 0.55844) / 2, 5e-5);
  near (aid_stats_sequence (0.03386, 6461, 0.05, 5000), (0.60675 - 0.40098) / 2, 5e-5);
  near (aid_stats_sequence (0.33341, 6461, 0.05, 5000), (1.51646 + 0.50969) / 2, 5e-5);
  near (aid_stats_sequence (0.00391, 200, 0.05, 5000), (0.01923 + 0.02063) / 2, 5e-5);
}

static void
the_sequence_is_wider_than_one_look_and_shrinks (void **state)
{
  double before = INFINITY;
  (void)state;
  for (double n = 10; n < 1e7; n *= 1.5)
    {
      double half = aid_stats_sequence (1 / sqrt (n), n, 0.05, 5000);
      assert_true (half > aid_normal_quantile (0.975) / sqrt (n) && half < before);
      before = half;
    }
  /* In standard errors it is narrowest near the tuning. */
  assert_true (aid_stats_sequence (1, 5000, 0.05, 5000) < aid_stats_sequence (1, 500, 0.05, 5000));
  assert_true (aid_stats_sequence (1, 5000, 0.05, 5000) < aid_stats_sequence (1, 50000, 0.05, 5000));
  assert_true (aid_stats_sequence (1, 0, 0.05, 5000) == INFINITY);
}

static void
p_of_the_sequence_is_alpha_at_its_end (void **state)
{
  (void)state;
  for (double n = 20; n < 1e6; n *= 4)
    {
      double half = aid_stats_sequence (0.3, n, 0.05, 5000);
      near (aid_stats_sequence_p (half, 0.3, n, 0.05, 5000), 0.05, 1e-10);
      assert_true (aid_stats_sequence_p (half * 1.1, 0.3, n, 0.05, 5000) < 0.05);
    }
  assert_true (aid_stats_sequence_p (0, 1, 100, 0.05, 5000) == 1 && aid_stats_sequence_p (1, 0, 100, 0.05, 5000) == 1);
}

/* --- how many are needed --------------------------------------------------------------------------------------------- */

static void
needed_units_are_as_tables_have_them (void **state)
{
  (void)state;
  near (aid_stats_needed_proportions (0.22, 0.26, 0.05, 0.8), 1788, 1);
  near (aid_stats_needed_proportions (0.30, 0.35, 0.05, 0.8), 1376, 1);
  near (aid_stats_needed_proportions (0.22, 0.24, 0.05, 0.8), 6949, 1);
  assert_true (aid_stats_needed_proportions (0.2, 0.2, 0.05, 0.8) == INFINITY);
  /* (1.95996 + 0.84162)^2 = 7.8489; with variance 1 in each arm and an effect of a half: 2 * 7.8489 * 4 of each two */
  near (aid_stats_needed (1, 1, 0.5, 0.5, 0.05, 0.8, 0), ceil (2 * 2 * 7.8488797 * 4), 0);
}

static void
needed_by_the_sequence_is_where_it_just_shows (void **state)
{
  (void)state;
  double n = aid_stats_needed (0.2, 0.25, 0.4, 0.05, 0.05, 0.8, 5000);
  for (int less = 0; less < 2; less++)
    {
      double m = n - less, se = sqrt ((0.2 / 0.4 + 0.25 / 0.6) / m);
      double reach = aid_stats_sequence (se, m, 0.05, 5000) + aid_normal_quantile (0.8) * se;
      assert_true (less ? reach > 0.05 * 0.9999 : reach <= 0.05);
    }
  assert_true (n > aid_stats_needed (0.2, 0.25, 0.4, 0.05, 0.05, 0.8, 0));
  assert_true (aid_stats_needed (0.2, 0.2, 0.5, 0, 0.05, 0.8, 5000) == INFINITY);
  assert_true (aid_stats_needed (0.2, 0.2, 1, 0.1, 0.05, 0.8, 5000) == INFINITY); /* one arm gets all */
  assert_true (aid_stats_needed (0.2, 0.2, 0.5, 1e-9, 0.05, 0.8, 5000) == INFINITY);
  assert_true (aid_stats_needed (0, 0, 0.5, 0.1, 0.05, 0.8, 5000) == 0);
}

/* --- two arms -------------------------------------------------------------------------------------------------------- */

static struct aid_stats_difference
compared (const struct aid_stats_row *rows, size_t n)
{
  struct aid_stats_difference d;
  assert_int_equal (aid_stats_compare (rows, n, 0, 1, &look, &d), AID_OK);
  return d;
}

/* The manual's example.  Control: 2/10, 3/10, 5/20: together 10/40; residuals -0.5, 0.5, 0, as parts of the mean 40/3.  Their
   variance (0.25 + 0.25) (3/40)^2 / 2, by three persons: 0.00046875.  The other arm, 4/10, 3/10, 7/20, has the same. */
static void
a_ratio_is_compared_as_by_hand (void **state)
{
  const struct aid_stats_row rows[] = {
    { 1, 0, 2, 10, 0, 0 }, { 2, 0, 3, 10, 0, 0 }, { 3, 0, 5, 20, 0, 0 },
    { 4, 1, 4, 10, 0, 0 }, { 5, 1, 3, 10, 0, 0 }, { 6, 1, 7, 20, 0, 0 },
  };
  (void)state;
  struct aid_stats_difference d = compared (rows, 6);
  assert_true (d.persons[0] == 3 && d.persons[1] == 3 && d.both == 0);
  near (d.value[0], 0.25, 1e-15);
  near (d.value[1], 0.35, 1e-15);
  near (d.difference, 0.1, 1e-15);
  near (d.se, sqrt (2 * 0.00046875), 1e-15);
  near (d.once.low, 0.1 - 1.959963984540054 * d.se, 1e-12);
  near (d.sequence.high, 0.1 + aid_stats_sequence (d.se, 6, 0.05, 5000), 1e-12);
  assert_true (d.sequence.low < 0); /* six persons show nothing */
}

static void
rows_of_one_person_are_one_person (void **state)
{
  const struct aid_stats_row whole[]
    = { { 1, 0, 2, 10, 0, 0 }, { 2, 0, 3, 10, 0, 0 }, { 4, 1, 4, 10, 0, 0 }, { 5, 1, 3, 10, 0, 0 } };
  struct aid_stats_row parts[40];
  size_t n = 0;
  (void)state;
  for (int i = 9; i >= 0; i--) /* request by request, in another order */
    for (size_t k = 0; k < 4; k++)
      parts[n++] = (struct aid_stats_row){ whole[k].person, whole[k].arm, i < whole[k].y, 1, 0, 0 };
  struct aid_stats_difference a = compared (whole, 4), b = compared (parts, n);
  near (b.difference, a.difference, 1e-15);
  near (b.se, a.se, 1e-15);
  assert_true (b.persons[0] == 2 && b.persons[1] == 2);
}

/* With X = 1 it is Welch's difference of means. */
static void
a_mean_is_compared_as_by_hand (void **state)
{
  const struct aid_stats_row rows[] = {
    { 1, 0, 1, 1, 0, 0 }, { 2, 0, 2, 1, 0, 0 }, { 3, 0, 6, 1, 0, 0 },                       /* mean 3, variance 7 */
    { 4, 1, 2, 1, 0, 0 }, { 5, 1, 4, 1, 0, 0 }, { 6, 1, 4, 1, 0, 0 }, { 7, 1, 6, 1, 0, 0 }, /* mean 4, variance 8/3 */
  };
  (void)state;
  struct aid_stats_difference d = compared (rows, 7);
  near (d.difference, 1, 1e-15);
  near (d.variance[0], 7, 1e-14);
  near (d.se, sqrt (7.0 / 3 + 8.0 / 3 / 4), 1e-15);
}

/* By request, a person is in both arms: with X = 1 that is the paired test. */
static void
persons_in_both_arms_are_compared_with_themselves (void **state)
{
  const double a[] = { 10, 20, 30, 40 }, b[] = { 11, 23, 32, 44 }; /* differences 1 3 2 4: mean 2.5, variance 5/3 */
  struct aid_stats_row rows[8];
  (void)state;
  for (uint32_t i = 0; i < 4; i++)
    {
      rows[2 * i] = (struct aid_stats_row){ i, 0, a[i], 1, 7, 1 };
      rows[2 * i + 1] = (struct aid_stats_row){ i, 1, b[i], 1, 7, 1 };
    }
  struct aid_stats_difference d = compared (rows, 8);
  assert_true (d.both == 4 && d.theta == 0);
  near (d.difference, 2.5, 1e-12);
  near (d.se, sqrt (5.0 / 3 / 4), 1e-12);
  near (d.sequence.high - 2.5, aid_stats_sequence (d.se, 4, 0.05, 5000), 1e-12); /* four persons, not eight */
}

/* --- CUPED ----------------------------------------------------------------------------------------------------------- */

/* Each person does what they did before, and one more in the other arm: nothing is left to chance. */
static void
what_a_person_did_before_is_taken_off (void **state)
{
  struct aid_stats_row rows[16];
  (void)state;
  for (uint32_t i = 0; i < 16; i++)
    {
      double before = i * i % 11;
      rows[i] = (struct aid_stats_row){ i, i / 8, before + (i >= 8), 1, before, 1 };
    }
  struct aid_stats_difference d = compared (rows, 16);
  near (d.theta, 1, 1e-12);
  near (d.difference, 1, 1e-12);
  near (d.se, 0, 1e-7);
  near (d.reduction, 1, 1e-12);
  assert_true (fabs (d.plain - 1) > 0.3 && d.plain_se > 1); /* the arms' persons are not alike */
}

/* Pre-period 0 1 0 1 ..., now a half of that and a part of its own that goes 1 1 -1 -1: theta is a half, and what is left is
   1. */
static void
theta_is_the_regression_on_the_pre_period (void **state)
{
  struct aid_stats_row rows[16];
  (void)state;
  for (uint32_t i = 0; i < 16; i++)
    {
      double before = i % 2, own = i % 4 < 2 ? 1 : -1;
      rows[i] = (struct aid_stats_row){ i, i / 8, 0.5 * before + own, 1, before, 1 };
    }
  struct aid_stats_difference d = compared (rows, 16);
  near (d.theta, 0.5, 1e-12);
  near (d.variance[0], 8.0 / 7, 1e-12);
  near (d.plain_se * d.plain_se, 2 * (8.0 / 7 + 0.25 * 2 / 7) / 8, 1e-12);
  near (d.reduction, 0.5 / 8.5, 1e-12); /* of 8 + 0.25 * 2 a half goes */
}

static void
who_was_not_there_before_is_not_adjusted (void **state)
{
  struct aid_stats_row rows[32];
  (void)state;
  for (uint32_t i = 0; i < 32; i++)
    rows[i] = (struct aid_stats_row){ i, i / 16, i % 5, 10, i % 2 ? i % 5 : 0, i % 2 ? 10 : 0 };
  struct aid_stats_difference d = compared (rows, 32);
  assert_true (d.theta > 0 && d.reduction > 0 && d.reduction < 1);
  for (uint32_t i = 0; i < 32; i++)
    rows[i].pre_y = rows[i].pre_x = 0;
  d = compared (rows, 32);
  assert_true (d.theta == 0 && d.difference == d.plain && d.se == d.plain_se);
}

/* --- edges ----------------------------------------------------------------------------------------------------------- */

static void
nothing_and_one_are_no_certainty (void **state)
{
  const struct aid_stats_row one[] = { { 1, 0, 1, 2, 0, 0 }, { 2, 1, 1, 2, 0, 0 } };
  const struct aid_stats_row unused[] = { { 1, 0, 0, 0, 0, 0 }, { 2, 1, 1, 2, 0, 0 } };
  (void)state;
  struct aid_stats_difference d = compared (NULL, 0);
  assert_true (d.persons[0] == 0 && d.sequence.low == -INFINITY && d.sequence.high == INFINITY && d.p == 1);
  d = compared (one, 2);
  assert_true (d.difference == 0 && d.se == 0 && d.p == 1);
  d = compared (unused, 2);
  assert_true (d.value[0] == 0 && d.se == INFINITY && d.p == 1);
}

/* In each arm all are alike: the variance around what both have together stands in, that of 10 in 20. */
static void
arms_without_any_variance_still_differ (void **state)
{
  struct aid_stats_row rows[20];
  (void)state;
  for (uint32_t i = 0; i < 20; i++)
    rows[i] = (struct aid_stats_row){ i, i / 10, i < 10 ? 1 : 0, 1, 0, 0 };
  struct aid_stats_difference d = compared (rows, 20);
  near (d.difference, -1, 0);
  near (d.se, sqrt (0.25 / 10 + 0.25 / 10), 1e-15);
  for (uint32_t i = 0; i < 20; i++)
    rows[i].y = 1;
  d = compared (rows, 20);
  assert_true (d.difference == 0 && d.se == 0);
}

/* --- slow answers ---------------------------------------------------------------------------------------------------- */

static void
a_quantile_is_a_value_that_was_seen (void **state)
{
  struct aid_stats_value v[40];
  struct aid_stats_difference d, again;
  (void)state;
  for (uint32_t i = 0; i < 40; i++)
    v[i] = (struct aid_stats_value){ i, i % 2, (i % 2 ? 300 : 100) + (double)(i / 2 + 1) };
  assert_int_equal (aid_stats_compare_quantile (v, 40, 0.9, 0, 1, &look, 1, &d), AID_OK);
  assert_true (d.persons[0] == 20 && d.persons[1] == 20 && d.both == 0);
  near (d.value[0], 118, 0); /* the 18th of 20 */
  near (d.value[1], 318, 0);
  near (d.difference, 200, 0);
  assert_true (d.se > 0 && d.sequence.low > 100); /* twenty persons, and so far apart */
  aid_stats_compare_quantile (v, 40, 0.9, 0, 1, &look, 1, &again);
  assert_true (again.se == d.se);
  aid_stats_compare_quantile (NULL, 0, 0.9, 0, 1, &look, 1, &d);
  assert_true (d.se == INFINITY && d.p == 1);
}

/* Of uniform values the quantile's variance is q (1 - q) / n by the density 1; when a person's ten values are one and the
   same, ten times that of as many values. */
static void
a_quantiles_error_is_one_over_persons (void **state)
{
  static struct aid_stats_value v[20000];
  struct aid_random_state r;
  struct aid_stats_difference d;
  (void)state;
  aid_random_seed (&r, 5);
  for (uint32_t i = 0; i < 2000; i++)
    {
      double one = aid_random_unit (&r);
      for (uint32_t k = 0; k < 10; k++)
        v[10 * i + k] = (struct aid_stats_value){ i, i % 2, one };
    }
  assert_int_equal (aid_stats_compare_quantile (v, 20000, 0.9, 0, 1, &look, 1, &d), AID_OK);
  near (d.se, sqrt (2 * 0.09 / 1000), 0.2 * sqrt (2 * 0.09 / 1000));
}

/* --- which is the best ----------------------------------------------------------------------------------------------- */

/* P(Beta(c, d) > Beta(a, b)), all whole: a sum over the chances that the first i of c successes come before (Cook 2005). */
static double
chance_above (int c, int d, int a, int b)
{
  double sum = 0;
  for (int i = 0; i < c; i++)
    sum += exp (aid_log_beta (a + i, b + d) - log (d + i) - aid_log_beta (1 + i, d) - aid_log_beta (a, b));
  return sum;
}

static void
of_two_the_better_is_as_the_closed_form_has_it (void **state)
{
  const int cases[][4] = { { 0, 0, 0, 0 },       { 0, 10, 0, 10 },         { 1, 1, 0, 1 },
                           { 22, 100, 26, 100 }, { 300, 1000, 350, 1000 }, { 0, 1000, 5, 8 } };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      const int *k = cases[i], a = k[0] + 1, b = k[1] - k[0] + 1, c = k[2] + 1, d = k[3] - k[2] + 1;
      double best[2], loss[2], hits[2] = { k[0], k[2] }, trials[2] = { k[1], k[3] };
      aid_stats_best (hits, trials, 2, best, loss);
      near (best[1], chance_above (c, d, a, b), 1e-9);
      near (best[0] + best[1], 1, 1e-9);
      /* E[q; q > p] is the mean of q by the chance of a q with one success more. */
      double mean_p = a / (double)(a + b), mean_q = c / (double)(c + d);
      near (loss[0], mean_q * chance_above (c + 1, d, a, b) - mean_p * (1 - chance_above (a + 1, b, c, d)), 1e-9);
      near (loss[1], mean_p * chance_above (a + 1, b, c, d) - mean_q * (1 - chance_above (c + 1, d, a, b)), 1e-9);
    }
}

static void
of_many_each_has_its_part (void **state)
{
  double best[5], loss[5];
  (void)state;
  aid_stats_best ((double[]){ 30, 30, 30, 30, 30 }, (double[]){ 100, 100, 100, 100, 100 }, 5, best, loss);
  for (int k = 0; k < 5; k++)
    near (best[k], 0.2, 1e-9);
  /* Nothing is known: the largest of three uniform numbers is 3/4 on average, each of them 1/2. */
  aid_stats_best ((double[]){ 0, 0, 0 }, (double[]){ 0, 0, 0 }, 3, best, loss);
  near (best[2], 1.0 / 3, 1e-12);
  near (loss[2], 0.25, 1e-12);
  aid_stats_best ((double[]){ 3 }, (double[]){ 9 }, 1, best, loss);
  assert_true (best[0] == 1 && loss[0] < 1e-9);
  aid_stats_best ((double[]){ 10, 9000, 200 }, (double[]){ 1000, 100000, 1000 }, 3, best, loss); /* far apart, and sharp */
  near (best[0] + best[1] + best[2], 1, 1e-9);
  near (loss[0], 201.0 / 1002 - 11.0 / 1002, 1e-9);
}

/* All or nothing of ten each: ten offers are worth one. */
static void
the_design_effect_is_what_a_cluster_costs (void **state)
{
  struct aid_stats_row rows[20];
  double effect;
  (void)state;
  for (uint32_t i = 0; i < 20; i++)
    rows[i] = (struct aid_stats_row){ i, 0, i % 2 ? 10 : 0, 10, 0, 0 };
  assert_int_equal (aid_stats_design_effect (rows, 20, 0, &effect), AID_OK);
  near (effect, 10 * 20.0 / 19, 1e-12);
  for (uint32_t i = 0; i < 20; i++)
    rows[i].y = 5; /* more alike than chance would have it: not less than one */
  assert_int_equal (aid_stats_design_effect (rows, 20, 0, &effect), AID_OK);
  assert_true (effect == 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_skewed_sample_is_told_from_an_even_one),
    cmocka_unit_test (a_small_sample_and_a_closed_arm_have_their_own_rules),
    cmocka_unit_test (wilsons_ends_solve_his_equation),
    cmocka_unit_test (the_sequence_is_growthbooks),
    cmocka_unit_test (the_sequence_is_wider_than_one_look_and_shrinks),
    cmocka_unit_test (p_of_the_sequence_is_alpha_at_its_end),
    cmocka_unit_test (needed_units_are_as_tables_have_them),
    cmocka_unit_test (needed_by_the_sequence_is_where_it_just_shows),
    cmocka_unit_test (a_ratio_is_compared_as_by_hand),
    cmocka_unit_test (rows_of_one_person_are_one_person),
    cmocka_unit_test (a_mean_is_compared_as_by_hand),
    cmocka_unit_test (persons_in_both_arms_are_compared_with_themselves),
    cmocka_unit_test (what_a_person_did_before_is_taken_off),
    cmocka_unit_test (theta_is_the_regression_on_the_pre_period),
    cmocka_unit_test (who_was_not_there_before_is_not_adjusted),
    cmocka_unit_test (nothing_and_one_are_no_certainty),
    cmocka_unit_test (arms_without_any_variance_still_differ),
    cmocka_unit_test (a_quantile_is_a_value_that_was_seen),
    cmocka_unit_test (a_quantiles_error_is_one_over_persons),
    cmocka_unit_test (of_two_the_better_is_as_the_closed_form_has_it),
    cmocka_unit_test (of_many_each_has_its_part),
    cmocka_unit_test (the_design_effect_is_what_a_cluster_costs),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
