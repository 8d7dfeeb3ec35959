/* Formulas of one line each; the header names where they are from. */
#include "measure/stats.h"
#include "measure/special.h"
#include <math.h>

double
aid_stats_srm (const uint64_t *seen, const double *weights, size_t n)
{
  double total = 0, weight = 0, x2 = 0;
  int df = -1;
  for (size_t i = 0; i < n; i++)
    if (weights[i] > 0)
      {
        total += (double)seen[i];
        weight += weights[i];
      }
    else if (seen[i])
      return 0; /* nobody was due there */
  for (size_t i = 0; i < n; i++)
    if (weights[i] > 0)
      {
        double due = total * weights[i] / weight;
        if (due < AID_STATS_LEAST)
          return 1;
        x2 += ((double)seen[i] - due) * ((double)seen[i] - due) / due;
        df++;
      }
  return df > 0 ? aid_chi2_above (x2, df) : 1;
}

struct aid_interval
aid_stats_wilson (double hits, double n, double alpha)
{
  double z = aid_normal_quantile (1 - alpha / 2), z2 = z * z;
  if (!(n > 0))
    return (struct aid_interval){ 0, 1 };
  double p = hits / n, mid = (p + z2 / (2 * n)) / (1 + z2 / n);
  double half = z / (1 + z2 / n) * sqrt (fmax (p * (1 - p), 0) / n + z2 / (4 * n * n));
  return (struct aid_interval){ hits <= 0 ? 0 : fmax (mid - half, 0), hits >= n ? 1 : fmin (mid + half, 1) };
}

/* rho^2 of equation 161. */
static double
sequence_rho2 (double alpha, double tuning)
{
  double l = -2 * log (alpha);
  return (l + log (l + 1)) / tuning;
}

double
aid_stats_sequence (double se, double n, double alpha, double tuning)
{
  double nr = n * sequence_rho2 (alpha, tuning);
  return n > 0 ? se * sqrt (2 * (nr + 1) / nr * log (sqrt (nr + 1) / alpha)) : INFINITY;
}

double
aid_stats_sequence_p (double estimate, double se, double n, double alpha, double tuning)
{
  double nr = n * sequence_rho2 (alpha, tuning);
  if (!(se > 0) || !(n > 0))
    return 1;
  double log_e = nr / (nr + 1) * (estimate / se) * (estimate / se) / 2 - log (nr + 1) / 2;
  return log_e > 0 ? exp (-log_e) : 1;
}

double
aid_stats_needed_proportions (double p1, double p2, double alpha, double power)
{
  double mean = (p1 + p2) / 2, effect = p2 - p1;
  double z = aid_normal_quantile (1 - alpha / 2) * sqrt (2 * mean * (1 - mean))
             + aid_normal_quantile (power) * sqrt (p1 * (1 - p1) + p2 * (1 - p2));
  return effect == 0 ? INFINITY : ceil (z * z / (effect * effect));
}

#define UNITS_MOST 1e15

double
aid_stats_needed (double v1, double v2, double share, double effect, double alpha, double power, double tuning)
{
  double variance = share > 0 && share < 1 ? v1 / share + v2 / (1 - share) : INFINITY, z = aid_normal_quantile (power);
  effect = fabs (effect);
  if (!(effect > 0) || !(variance < UNITS_MOST))
    return INFINITY;
  if (!(variance > 0))
    return 0;
  double once = aid_normal_quantile (1 - alpha / 2) + z, low = once * once * variance / (effect * effect), high = low;
  if (!(tuning > 0))
    return ceil (low);
    /* The sequence is never narrower than the interval of one look: from there upwards. */
#define WIDE(n) (aid_stats_sequence (sqrt (variance / (n)), n, alpha, tuning) + z * sqrt (variance / (n)) > effect)
  while (WIDE (high) && high < UNITS_MOST)
    high *= 2;
  if (!(high < UNITS_MOST))
    return INFINITY;
  while (high - low > 0.5)
    {
      double mid = (low + high) / 2;
      if (mid <= low || mid >= high)
        break;
      if (WIDE (mid))
        low = mid;
      else
        high = mid;
    }
#undef WIDE
  return ceil (high);
}
