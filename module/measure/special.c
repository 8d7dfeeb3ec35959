/* Series and continued fractions, each where it converges fast.  The reentrant lgamma is used: the other one writes a global. */
#include "measure/special.h"
#include <float.h>
#include <math.h>
#include <stddef.h>

#define STEPS_MAX 10000 /* of a series or a fraction: both stop long before, but for arguments of millions */
#define TINY 1e-300     /* stands for a zero denominator in a continued fraction */

double
aid_normal_cdf (double x)
{
  return 0.5 * erfc (-x / M_SQRT2); /* DLMF 7.2.2 */
}

double
aid_normal_quantile (double p)
{
  if (!(p > 0))
    return -INFINITY;
  if (!(p < 1))
    return INFINITY;
  if (p > 0.5)
    return -aid_normal_quantile (1 - p);
  /* The tail is about exp(-x^2/2)/(x sqrt(2 pi)): a start that is near; then Newton's steps on the logarithm of the
     distribution, which is concave, so that they come from one side and do not run away. */
  double x = p > 0.1 ? 0 : -sqrt (-2 * log (p));
  for (int i = 0; i < 60; i++)
    {
      double below = aid_normal_cdf (x), density = exp (-x * x / 2) / sqrt (2 * M_PI);
      double step = log (below / p) * below / density;
      x -= step;
      if (fabs (step) <= 4 * DBL_EPSILON * fabs (x))
        break;
    }
  return x;
}

static double
log_gamma (double x)
{
  int sign;
  return lgamma_r (x, &sign);
}

/* --- gamma ---------------------------------------------------------------------------------------------------------- */

/* P(a, x) by the series DLMF 8.11.4: x^a e^-x / Gamma(a+1) (1 + x/(a+1) + x^2/((a+1)(a+2)) + ...). */
static double
gamma_below (double a, double x)
{
  double term = 1, sum = 1;
  for (int k = 1; k < STEPS_MAX && term > sum * DBL_EPSILON / 4; k++)
    sum += term *= x / (a + k);
  return sum * exp (a * log (x) - x - log_gamma (a + 1));
}

/* Q(a, x) by the continued fraction DLMF 8.9.2 in its even form, from the front (the method of Lentz as Thompson and Barnett
   have it). */
static double
gamma_above (double a, double x)
{
  double b = x + 1 - a, c = 1 / TINY, d = 1 / b, f = d;
  for (int k = 1; k < STEPS_MAX; k++)
    {
      double an = -k * (k - a);
      b += 2;
      d = an * d + b;
      d = 1 / (fabs (d) < TINY ? TINY : d);
      c = b + an / c;
      c = fabs (c) < TINY ? TINY : c;
      f *= c * d;
      if (fabs (c * d - 1) < DBL_EPSILON)
        break;
    }
  return f * exp (a * log (x) - x - log_gamma (a));
}

double
aid_chi2_above (double x, double df)
{
  if (!(x > 0))
    return 1;
  return x / 2 < df / 2 + 1 ? 1 - gamma_below (df / 2, x / 2) : gamma_above (df / 2, x / 2);
}

/* --- beta ----------------------------------------------------------------------------------------------------------- */

double
aid_log_beta (double a, double b)
{
  return log_gamma (a) + log_gamma (b) - log_gamma (a + b);
}

/* x^a (1-x)^b / B(a, b) */
static double
beta_power (double x, double a, double b)
{
  return exp (a * log (x) + b * log1p (-x) - aid_log_beta (a, b));
}

double
aid_beta_density (double x, double a, double b)
{
  if (x <= 0 || x >= 1)
    return (x == 0 && a == 1) ? b : (x == 1 && b == 1) ? a : 0;
  return beta_power (x, a, b) / (x * (1 - x));
}

/* The coefficient K (from 1) of the fraction DLMF 8.17.22. */
static double
beta_step (int k, double x, double a, double b)
{
  int half = k / 2;
  double m = half;
  return k % 2 ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
               : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
}

/* I_x(a, b) by that fraction, where it converges fast: x < (a+1)/(a+b+2). */
static double
beta_fraction (double x, double a, double b)
{
  double c = 1, d = 0, f = 1;
  for (int k = 1; k < STEPS_MAX; k++)
    {
      double an = beta_step (k, x, a, b);
      d = 1 + an * d;
      d = 1 / (fabs (d) < TINY ? TINY : d);
      c = 1 + an / c;
      c = fabs (c) < TINY ? TINY : c;
      f *= c * d;
      if (fabs (c * d - 1) < DBL_EPSILON)
        break;
    }
  return beta_power (x, a, b) / (a * f);
}

double
aid_beta_cdf (double x, double a, double b)
{
  if (!(x > 0))
    return 0;
  if (!(x < 1))
    return 1;
  return x < (a + 1) / (a + b + 2) ? beta_fraction (x, a, b) : 1 - beta_fraction (1 - x, b, a);
}

/* --- random numbers ------------------------------------------------------------------------------------------------- */

void
aid_random_seed (struct aid_random_state *r, uint64_t seed)
{
  for (size_t i = 0; i < 4; i++)
    {
      uint64_t z = seed += 0x9e3779b97f4a7c15u;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      r->s[i] = z ^ (z >> 31);
    }
}

static uint64_t
turn (uint64_t x, int k)
{
  return x << k | x >> (64 - k);
}

uint64_t
aid_random_next (struct aid_random_state *r)
{
  uint64_t out = turn (r->s[1] * 5, 7) * 9, t = r->s[1] << 17;
  r->s[2] ^= r->s[0];
  r->s[3] ^= r->s[1];
  r->s[1] ^= r->s[2];
  r->s[0] ^= r->s[3];
  r->s[2] ^= t;
  r->s[3] = turn (r->s[3], 45);
  return out;
}

double
aid_random_unit (struct aid_random_state *r)
{
  return (double)(aid_random_next (r) >> 11) / 9007199254740992.0;
}

uint64_t
aid_random_below (struct aid_random_state *r, uint64_t n)
{
  uint64_t most = n ? UINT64_MAX - UINT64_MAX % n : 0, x;
  if (!n)
    return 0;
  do
    x = aid_random_next (r);
  while (x >= most);
  return x % n;
}

double
aid_random_normal (struct aid_random_state *r)
{
  /* Box and Muller 1958; the second of each pair is let go, so that there is no state besides R. */
  double u = 1 - aid_random_unit (r), v = aid_random_unit (r);
  return sqrt (-2 * log (u)) * cos (2 * M_PI * v);
}
