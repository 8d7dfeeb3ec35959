/* Intervals from sums alone: who has the events in a database lets it add up the clusters and their squares. */
#include "measure/stats.h"
#include "measure/special.h"
#include <math.h>

void
aid_stats_sums_add (struct aid_stats_sums *to, const struct aid_stats_sums *s)
{
  to->clusters += s->clusters;
  to->pieces += s->pieces;
  to->y += s->y;
  to->x += s->x;
  to->yy += s->yy;
  to->xy += s->xy;
  to->xx += s->xx;
}

double
aid_stats_sums_se (const struct aid_stats_sums *s)
{
  double r = s->y / s->x, n = s->clusters;
  if (!(n > 1) || !(s->x > 0))
    return INFINITY;
  return sqrt (fmax (s->yy - 2 * r * s->xy + r * r * s->xx, 0) * n / (n - 1)) / s->x;
}

struct aid_interval
aid_stats_share (const struct aid_stats_sums *s, double alpha)
{
  double p = s->x > 0 ? fmin (fmax (s->y / s->x, 0), 1) : 0, n = s->pieces;
  double se = aid_stats_sums_se (s);
  /* Each is one trial: nothing is clustered. */
  int single = s->x == s->clusters && s->xx == s->clusters && s->pieces == s->clusters;
  if (!(s->x > 0))
    return (struct aid_interval){ 0, 1 };
  if (!single && (p <= 0 || p >= 1)) /* nothing varies: at worst each cluster is of one mind */
    n = s->clusters;
  else if (!single && se > 0)
    n = fmax (fmin (p * (1 - p) / (se * se), s->pieces), 1);
  return aid_stats_wilson (p * n, n, alpha);
}

struct aid_interval
aid_stats_mean (const struct aid_stats_sums *s, double alpha)
{
  double half = aid_normal_quantile (1 - alpha / 2) * aid_stats_sums_se (s);
  if (!(s->clusters > 1) || !(s->x > 0))
    return (struct aid_interval){ NAN, NAN };
  return (struct aid_interval){ fmax (s->y / s->x - half, 0), s->y / s->x + half };
}

/* P(Bin(N, Q) <= K). */
static double
binomial_below (double k, double n, double q)
{
  return k < 0 ? 0 : k >= n ? 1 : aid_beta_cdf (1 - q, n - k, k + 1);
}

/* The least K of 0 .. N with P(Bin(N, Q) <= K) > P. */
static double
binomial_above (double p, double n, double q)
{
  double low = 0, high = n;
  while (low < high)
    {
      double mid = floor ((low + high) / 2);
      if (binomial_below (mid, n, q) > p)
        high = mid;
      else
        low = mid + 1;
    }
  return low;
}

void
aid_stats_quantile_ranks (uint64_t n, double q, double alpha, struct aid_stats_ranks *out)
{
  double least = n ? binomial_above (alpha / 2, (double)n, q) : 0,
         most = n ? binomial_above (1 - alpha / 2, (double)n, q) : 0;
  out->at = (uint64_t)ceil (q * (double)n - 1e-9);
  out->at = n && !out->at ? 1 : out->at;
  out->low = (uint64_t)least;
  out->high = most + 1 > (double)n ? 0 : (uint64_t)most + 1;
}
