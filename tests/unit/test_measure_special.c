/* The special functions against closed forms, exact sums and printed tables; the random numbers against what they promise. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "measure/special.h"
#include <math.h>

static void
near (double got, double wanted, double part)
{
  if (!(fabs (got - wanted) <= part * fmax (fabs (wanted), 1e-300)))
    fail_msg ("got %.17g, wanted %.17g", got, wanted);
}

static void
the_normal_distribution_is_as_printed (void **state)
{
  (void)state;
  near (aid_normal_cdf (0), 0.5, 1e-15);
  near (aid_normal_cdf (1.959963984540054), 0.975, 1e-14);
  near (aid_normal_cdf (-3), 0.0013498980316300946, 1e-13);
  near (aid_normal_quantile (0.8), 0.8416212335729143, 1e-13);
  near (aid_normal_quantile (0.9995), 3.2905267314919255, 1e-12);
  near (aid_normal_quantile (1e-12), -7.034483825301132, 1e-12);
  assert_true (aid_normal_quantile (0) == -INFINITY && aid_normal_quantile (1) == INFINITY);
  for (double p = 1e-9; p < 1; p = p < 0.01 ? p * 3 : p + 0.01)
    near (aid_normal_cdf (aid_normal_quantile (p)), p, 1e-13);
}

/* With 2m degrees of freedom it is a sum of m terms of Poisson's distribution; with 1 and 3 there are closed forms. */
static void
chi_square_is_its_closed_forms (void **state)
{
  (void)state;
  for (double x = 0.01; x < 200; x *= 1.7)
    {
      double term = exp (-x / 2), sum = 0;
      for (int m = 1; m < 30; m++)
        {
          sum += term;
          near (aid_chi2_above (x, 2 * m), sum, 1e-11);
          term *= x / 2 / m;
        }
      near (aid_chi2_above (x, 1), erfc (sqrt (x / 2)), 1e-11);
      near (aid_chi2_above (x, 3), erfc (sqrt (x / 2)) + sqrt (2 * x / M_PI) * exp (-x / 2), 1e-11);
    }
  near (aid_chi2_above (10.828, 1), 0.001, 1e-3); /* tables */
  near (aid_chi2_above (3.841458820694124, 1), 0.05, 1e-12);
  assert_true (aid_chi2_above (0, 1) == 1 && aid_chi2_above (-1, 2) == 1);
}

/* I_x(a, b) with whole a and b is the chance of a or more heads in a + b - 1 throws. */
static void
beta_is_the_tail_of_the_binomial (void **state)
{
  (void)state;
  for (int a = 1; a < 40; a += 3)
    for (int b = 1; b < 40; b += 4)
      for (double x = 0.02; x < 1; x += 0.07)
        {
          double tail = 0;
          int n = a + b - 1;
          for (int k = a; k <= n; k++)
            tail += exp (lgamma (n + 1) - lgamma (k + 1) - lgamma (n - k + 1) + k * log (x) + (n - k) * log1p (-x));
          assert_true (fabs (aid_beta_cdf (x, a, b) - tail) < 1e-12);
          near (aid_beta_cdf (x, a, b) + aid_beta_cdf (1 - x, b, a), 1, 1e-14);
        }
  near (aid_beta_cdf (0.3, 1, 1), 0.3, 1e-14);
  near (aid_beta_cdf (0.3, 0.5, 0.5), 2 / M_PI * asin (sqrt (0.3)), 1e-13); /* the arcsine law */
  near (aid_beta_cdf (0.5, 1e6, 1e6), 0.5, 1e-9);
  assert_true (aid_beta_cdf (0, 2, 3) == 0 && aid_beta_cdf (1, 2, 3) == 1);
  assert_true (aid_beta_density (0, 1, 7) == 7 && aid_beta_density (1, 7, 1) == 7 && aid_beta_density (0, 2, 2) == 0);
}

static void
a_density_adds_up_to_its_distribution (void **state)
{
  (void)state;
  double sum = 0, h = 1e-5;
  for (double x = h / 2; x < 0.4; x += h)
    sum += h * aid_beta_density (x, 26.5, 61);
  near (sum, aid_beta_cdf (0.4, 26.5, 61), 1e-7);
}

static void
a_seed_determines_what_looks_random (void **state)
{
  struct aid_random_state a, b, c;
  double sum = 0, squares = 0;
  int counts[7] = { 0 };
  (void)state;
  aid_random_seed (&a, 7);
  aid_random_seed (&b, 7);
  aid_random_seed (&c, 8);
  assert_true (aid_random_next (&a) == aid_random_next (&b) && aid_random_next (&a) != aid_random_next (&c));
  for (int i = 0; i < 100000; i++)
    {
      double z = aid_random_normal (&a), u = aid_random_unit (&a);
      sum += z;
      squares += z * z;
      counts[aid_random_below (&a, 7)]++;
      assert_true (u >= 0 && u < 1);
    }
  assert_true (fabs (sum / 1e5) < 0.02 && fabs (squares / 1e5 - 1) < 0.03); /* six and more standard errors */
  for (int i = 0; i < 7; i++)
    assert_in_range (counts[i], 13650, 14920);
  assert_true (aid_random_below (&a, 0) == 0 && aid_random_below (&a, 1) == 0);
}

/* The first numbers from the state 1, 2, 3, 4, worked by hand from the definition. */
static void
the_generator_is_the_published_one (void **state)
{
  struct aid_random_state r = { { 1, 2, 3, 4 } };
  (void)state;
  assert_true (aid_random_next (&r) == 11520);
  assert_true (aid_random_next (&r) == 0);
  assert_true (aid_random_next (&r) == 1509978240);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_normal_distribution_is_as_printed), cmocka_unit_test (chi_square_is_its_closed_forms),
    cmocka_unit_test (beta_is_the_tail_of_the_binomial),      cmocka_unit_test (a_density_adds_up_to_its_distribution),
    cmocka_unit_test (a_seed_determines_what_looks_random),   cmocka_unit_test (the_generator_is_the_published_one),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
