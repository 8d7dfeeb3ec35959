/* pass@k, paired shares, and means of differences. */
#include "learn/eval_stats.h"
#include "measure/special.h"

#include <math.h>
#include <stdlib.h>

double
aid_eval_pass_at (int64_t n, int64_t c, int64_t k)
{
  double none = 1;
  if (c < 0 || c > n || k < 1 || k > n)
    return (double)NAN;
  if (n - c < k)
    return 1;
  /* C(n-c, k) / C(n, k) as a product, whose factors are at most 1: nothing overflows. */
  for (int64_t i = n - c + 1; i <= n; i++)
    none *= 1.0 - (double)k / (double)i;
  return 1.0 - none;
}

double
aid_eval_mean_share (const struct aid_eval_share *tasks, size_t n, double alpha, struct aid_interval *interval)
{
  struct aid_stats_sums all = { .clusters = 0 };
  for (size_t i = 0; tasks && i < n; i++)
    if (tasks[i].n > 0)
      {
        double y = tasks[i].hits / tasks[i].n;
        struct aid_stats_sums one = { .clusters = 1, .pieces = tasks[i].n, .y = y, .x = 1, .yy = y * y, .xy = y, .xx = 1 };
        aid_stats_sums_add (&all, &one);
      }
  if (interval)
    *interval = aid_stats_share (&all, alpha);
  return all.clusters > 0 ? all.y / all.x : 0;
}

double
aid_eval_sign_test (size_t better, size_t worse)
{
  size_t n = better + worse, few = better < worse ? better : worse;
  if (better == worse)
    return 1;
  /* P(X <= few) of the binomial distribution is P(U <= 1/2) of Beta(n - few, few + 1). */
  double below = aid_beta_cdf (0.5, (double)(n - few), (double)few + 1);
  return fmin (1, 2 * below);
}

/* How many independent trials a share of the mean MEAN is worth, of N whose squared distances from it sum up to SQUARES: what
   one task's samples agree in is one. */
static double
trials_of (double mean, double squares, double n)
{
  return squares > 0 ? fmax (1, mean * (1 - mean) * (n - 1) / squares) : 1;
}

/* The correlation of the pairs' shares, corrected for continuity when it is positive, as Newcombe's tenth method has
   it (n/2 off the product's difference is 1/2 off the sum here), by as much less as shares are of several trials; 0 where one of
   both does not vary. */
static double
correlation (const struct aid_eval_share *a, const struct aid_eval_share *b, size_t n, double mean_a, double mean_b)
{
  double aa = 0, bb = 0, ab = 0, pairs = 0;
  for (size_t i = 0; a && b && i < n; i++)
    if (a[i].n > 0 && b[i].n > 0)
      {
        double x = a[i].hits / a[i].n - mean_a, y = b[i].hits / b[i].n - mean_b;
        aa += x * x;
        bb += y * y;
        ab += x * y;
        pairs++;
      }
  double trials = fmin (trials_of (mean_a, aa, pairs), trials_of (mean_b, bb, pairs));
  ab = ab > 0 ? fmax (ab - 0.5 / trials, 0) : ab;
  return aa > 0 && bb > 0 ? ab / sqrt (aa * bb) : 0;
}

/* The T of Student's distribution with DF degrees of freedom that |T| is above with the probability ALPHA, by halves. */
static double
student (double df, double alpha)
{
  double low = 0, high = 1e6;
  for (int i = 0; i < 200; i++)
    {
      double t = (low + high) / 2;
      if (aid_beta_cdf (df / (df + t * t), df / 2, 0.5) > alpha)
        low = t;
      else
        high = t;
    }
  return high;
}

/* Makes OUT's interval not less than Student's for the mean of the pairs' differences. */
static void
widen (const struct aid_eval_share *a, const struct aid_eval_share *b, size_t n, double alpha,
       struct aid_eval_difference *out)
{
  double squares = 0, tasks = (double)out->tasks;
  for (size_t i = 0; i < n; i++)
    if (a[i].n > 0 && b[i].n > 0)
      squares += pow (b[i].hits / b[i].n - a[i].hits / a[i].n - out->difference, 2);
  double half = student (tasks - 1, alpha) * sqrt (squares / (tasks - 1) / tasks);
  out->interval.low = fmax (-1, fmin (out->interval.low, out->difference - half));
  out->interval.high = fmin (1, fmax (out->interval.high, out->difference + half));
}

/* One side of the interval: the distances from the means to the limits that matter there. */
static double
away (double x, double y, double r)
{
  return sqrt (fmax (0, x * x - 2 * r * x * y + y * y));
}

void
aid_eval_compare_shares (const struct aid_eval_share *a, const struct aid_eval_share *b, size_t n, double alpha,
                         struct aid_eval_difference *out)
{
  struct aid_eval_share *pairs = calloc (2 * n + 1, sizeof *pairs);
  struct aid_interval ia = { 0, 1 }, ib = { 0, 1 };
  int several = 0; /* samples of a task */
  *out = (struct aid_eval_difference){ .interval = { -1, 1 }, .p = 1 };
  for (size_t i = 0; i < n && pairs; i++)
    if (a[i].n > 0 && b[i].n > 0)
      {
        double x = a[i].hits * b[i].n, y = b[i].hits * a[i].n;
        pairs[i] = a[i];
        pairs[n + i] = b[i];
        out->tasks++;
        several |= a[i].n > 1 || b[i].n > 1;
        out->better += y > x;
        out->worse += y < x;
      }
  if (out->tasks)
    {
      out->a = aid_eval_mean_share (pairs, n, alpha, &ia);
      out->b = aid_eval_mean_share (pairs + n, n, alpha, &ib);
      double r = correlation (pairs, pairs + n, n, out->a, out->b);
      out->difference = out->b - out->a;
      out->interval.low = out->difference - away (out->b - ib.low, ia.high - out->a, r);
      out->interval.high = out->difference + away (ib.high - out->b, out->a - ia.low, r);
      if (several && out->tasks > 1)
        widen (pairs, pairs + n, n, alpha, out);
      out->p = aid_eval_sign_test (out->better, out->worse);
    }
  free (pairs);
}

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

enum aid_err
aid_eval_bootstrap (const double *d, size_t n, double alpha, uint64_t seed, double *mean, struct aid_interval *out)
{
  struct aid_random_state r;
  double sum = 0, *means = n > 1 ? malloc (AID_EVAL_RESAMPLES * sizeof *means) : NULL;
  for (size_t i = 0; i < n; i++)
    sum += d[i];
  *mean = n ? sum / (double)n : (double)NAN;
  *out = (struct aid_interval){ (double)NAN, (double)NAN };
  if (n < 2)
    return AID_OK;
  if (!means)
    return AID_E_NOMEM;
  aid_random_seed (&r, seed);
  for (size_t k = 0; k < AID_EVAL_RESAMPLES; k++)
    {
      sum = 0;
      for (size_t i = 0; i < n; i++)
        sum += d[aid_random_below (&r, n)];
      means[k] = sum / (double)n;
    }
  qsort (means, AID_EVAL_RESAMPLES, sizeof *means, compare_doubles);
  size_t low = (size_t)(alpha / 2 * AID_EVAL_RESAMPLES);
  *out = (struct aid_interval){ means[low], means[AID_EVAL_RESAMPLES - 1 - low] };
  free (means);
  return AID_OK;
}
