/* The beta-binomial answer.  Both of its numbers are integrals over the rate x:

     P(arm k is the best) = integral of f_k(x) prod_{j != k} F_j(x)
     E[max]               = integral of 1 - prod_j F_j(x),  and the loss of choosing k is that less the mean of k.

   They are taken by Gauss and Legendre's rule in pieces whose ends are where a density is steep: means, and steps of standard
   deviations around them. */
#include "measure/stats_internal.h"
#include "measure/special.h"
#include <math.h>
#include <stdlib.h>

/* The rule with eight points (Abramowitz and Stegun, table 25.4), one half of it. */
static const double points[4] = { 0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363 };
static const double shares[4] = { 0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763 };

static const double steps[] = { 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 13, 17, 22, 30 };
#define NSTEPS (sizeof steps / sizeof *steps)

struct arms
{
  size_t n;
  double a[AID_STATS_ARMS_MAX], b[AID_STATS_ARMS_MAX];
  double best[AID_STATS_ARMS_MAX], top;
};

static int
by_size (const void *va, const void *vb)
{
  const double *a = va, *b = vb;
  return (*a > *b) - (*a < *b);
}

/* Adds the point X, which counts WEIGHT. */
static void
add_point (struct arms *arms, double x, double weight)
{
  double below[AID_STATS_ARMS_MAX] = { 0 }, all = 1;
  for (size_t k = 0; k < arms->n; k++)
    all *= below[k] = aid_beta_cdf (x, arms->a[k], arms->b[k]);
  arms->top += weight * (1 - all);
  for (size_t k = 0; k < arms->n; k++)
    {
      double others = 1;
      for (size_t j = 0; j < arms->n; j++)
        others *= j == k ? 1 : below[j];
      if (others > 0)
        arms->best[k] += weight * others * aid_beta_density (x, arms->a[k], arms->b[k]);
    }
}

static size_t
find_ends (const struct arms *arms, double *ends)
{
  size_t n = 0;
  ends[n++] = 0;
  ends[n++] = 1;
  for (size_t k = 0; k < arms->n; k++)
    {
      double a = arms->a[k], b = arms->b[k], mean = a / (a + b), sd = sqrt (mean * (1 - mean) / (a + b + 1));
      for (size_t i = 0; i < NSTEPS; i++)
        for (int side = -1; side <= 1; side += 2)
          {
            double x = mean + side * steps[i] * sd;
            if (x > 0 && x < 1)
              ends[n++] = x;
          }
    }
  qsort (ends, n, sizeof *ends, by_size);
  return n;
}

void
aid_stats_best (const double *hits, const double *trials, size_t n, double *best, double *loss)
{
  struct arms arms = { .n = n };
  double ends[2 + 2 * NSTEPS * AID_STATS_ARMS_MAX];
  for (size_t k = 0; k < n; k++)
    {
      arms.a[k] = 1 + fmax (hits[k], 0);
      arms.b[k] = 1 + fmax (trials[k] - hits[k], 0);
    }
  size_t nends = find_ends (&arms, ends);
  for (size_t i = 1; i < nends; i++)
    {
      double mid = (ends[i] + ends[i - 1]) / 2, half = (ends[i] - ends[i - 1]) / 2;
      for (size_t p = 0; half > 0 && p < 4; p++)
        {
          add_point (&arms, mid - half * points[p], half * shares[p]);
          add_point (&arms, mid + half * points[p], half * shares[p]);
        }
    }
  for (size_t k = 0; k < n; k++)
    {
      best[k] = n == 1 ? 1 : fmin (arms.best[k], 1);
      loss[k] = fmax (arms.top - arms.a[k] / (arms.a[k] + arms.b[k]), 0);
    }
}

enum aid_err
aid_stats_design_effect (const struct aid_stats_row *rows, size_t n, uint32_t arm, double *out)
{
  struct aid_stats_row *all;
  struct aid_stats_moments m;
  size_t k;
  *out = 1;
  if (aid_stats_add_up (rows, n, &all, &k))
    return AID_E_NOMEM;
  aid_stats_moments (all, k, arm, &m);
  double simple = m.x > 0 ? m.value * (1 - m.value) / m.x : 0; /* the binomial's variance */
  if (simple > 0 && m.n > 1)
    *out = fmax (m.now2 / (m.n * (m.n - 1)) / simple, 1);
  free (all);
  return AID_OK;
}
