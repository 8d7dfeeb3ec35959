/* The functions that probabilities are made of, and a generator of random numbers that a seed determines.  Sources: NIST
   Digital Library of Mathematical Functions (dlmf.nist.gov), named at each.  Relative errors are under 1e-12 for arguments as
   statistics have them (tests/unit/test_measure_special.c). */
#ifndef AID_MEASURE_SPECIAL_H
#define AID_MEASURE_SPECIAL_H

#include <stdint.h>

/* P(Z <= X) of the standard normal distribution, and its inverse for 0 < P < 1 (else an infinity). */
double aid_normal_cdf (double x);
double aid_normal_quantile (double p);
/* P(X2 > X) of the chi-square distribution with DF (1 or more) degrees of freedom: the upper incomplete gamma function
   Q(DF/2, X/2). */
double aid_chi2_above (double x, double df);
/* ln B(A, B), for A, B > 0. */
double aid_log_beta (double a, double b);
/* P(X <= X) of the distribution Beta(A, B): the regularised incomplete beta function; and its density. */
double aid_beta_cdf (double x, double a, double b);
double aid_beta_density (double x, double a, double b);

/* xoshiro256** (Blackman and Vigna 2018), seeded by splitmix64. */
struct aid_random_state
{
  uint64_t s[4];
};
void aid_random_seed (struct aid_random_state *r, uint64_t seed);
uint64_t aid_random_next (struct aid_random_state *r);
double aid_random_unit (struct aid_random_state *r);                /* in [0, 1) */
uint64_t aid_random_below (struct aid_random_state *r, uint64_t n); /* 0 .. N - 1, each as likely */
double aid_random_normal (struct aid_random_state *r);              /* mean 0, variance 1 */

#endif
