/* The statistics of experiments.  What is random is the person: requests of one person are alike, so that a hundred requests
   of one are not a hundred observations.  Every standard error here is one over persons (the delta method over each person's
   sums), and so stays right however much more some people ask than others.

   A metric is a ratio of sums, Y by X: hunks accepted by hunks offered; characters kept by characters accepted.  With X = 1
   for each person it is a mean; with Y 0 or 1, too, a proportion. */
#ifndef AID_MEASURE_STATS_H
#define AID_MEASURE_STATS_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

#define AID_STATS_ARMS_MAX 64
#define AID_STATS_ALPHA 0.05
#define AID_STATS_POWER 0.8
#define AID_STATS_TUNING 5000 /* persons at which the confidence sequence is narrowest: GrowthBook's default */
#define AID_STATS_SRM_ALARM 0.001
#define AID_STATS_LEAST 8 /* persons in an arm, fewer say nothing */

struct aid_interval
{
  double low, high;
};

/* Sums of one person in one arm.  Several rows of one person are added up. */
struct aid_stats_row
{
  uint32_t person, arm;
  double y, x;
  double pre_y, pre_x; /* the same before the experiment; 0, 0 of who was not there */
};

/* --- stats.c: single formulas ----------------------------------------------------------------------------------------- */

/* Whether the units came as the weights have it: the p of the chi-square test of SEEN (N arms) against WEIGHTS (any positive
   scale).  1 while an arm that has weight is due fewer than AID_STATS_LEAST units.  p < AID_STATS_SRM_ALARM: no result can be
   believed. */
double aid_stats_srm (const uint64_t *seen, const double *weights, size_t n);

/* The interval of Wilson (1927) for HITS of N: right for few and for no hits, too.  [0, 1] for N = 0. */
struct aid_interval aid_stats_wilson (double hits, double n, double alpha);

/* Half the width of the asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: Time-uniform central
   limit theory and asymptotic confidence sequences, arXiv 2103.06476, equation 9) of an estimate with the standard error SE
   from N units: it holds at all looks together with probability 1 - ALPHA, as N grows.  Narrowest near N = TUNING (equation
   161, as GrowthBook's gbstats has it), which is to be chosen before the first look; ALPHA < 0.5. */
double aid_stats_sequence (double se, double n, double alpha, double tuning);
/* The p that goes with it (equation 155): it may be looked at at any time. */
double aid_stats_sequence_p (double estimate, double se, double n, double alpha, double tuning);

/* Units in each of two arms to tell the proportion P2 from P1 with the chance POWER, in one look (the z test with pooled
   variance under equality; Fleiss, Statistical Methods for Rates and Proportions, 3.14 without its continuity correction). */
double aid_stats_needed_proportions (double p1, double p2, double alpha, double power);
/* Units in both arms together to tell a difference of EFFECT with the chance POWER at that size, when one unit of the arms
   has the variances V1 and V2, and the first arm gets SHARE of the units.  TUNING 0: in one look; else by the confidence
   sequence.  INFINITY when it cannot be. */
double aid_stats_needed (double v1, double v2, double share, double effect, double alpha, double power, double tuning);

/* --- stats_compare.c: two arms --------------------------------------------------------------------------------------- */

struct aid_stats_look
{
  double alpha, tuning;
  int adjust; /* use the pre-period (CUPED) where there is one */
};

struct aid_stats_difference
{
  uint64_t persons[2];          /* in the control arm, and in the other */
  uint64_t both;                /* how many of them are in both: assignment by request */
  double value[2];              /* Y by X of each arm, nothing adjusted; 0 without any X */
  double variance[2];           /* of one person, linearised; after the adjustment */
  double plain, plain_se;       /* the other's value less the control's */
  double difference, se;        /* the same, adjusted */
  double theta;                 /* of the adjustment; 0: none */
  double reduction;             /* part of the variance that it took away, 0 to 1 */
  struct aid_interval once;     /* by the normal distribution: right for one look, at a size that was fixed before */
  struct aid_interval sequence; /* right at every look */
  double p;                     /* of the sequence */
};

/* Compares ARM with CONTROL by ROWS, of whatever arms.  The adjustment is CUPED (Deng, Xu, Kohavi, Walker 2013) with one
   theta for all arms, the pooled covariance within arms over the pooled variance of the pre-period; of a ratio both are taken
   after linearisation.  There is none when persons are in several arms, for their pre-period is the same in each.
   When no person differs from another within the arms, but the arms do, the variance around their common value stands in.
   AID_E_NOMEM. */
enum aid_err aid_stats_compare (const struct aid_stats_row *rows, size_t n, uint32_t control, uint32_t arm,
                                const struct aid_stats_look *look, struct aid_stats_difference *out);

/* --- stats_quantile.c: slow answers ---------------------------------------------------------------------------------- */

struct aid_stats_value
{
  uint32_t person, arm;
  double value;
};
/* The same of the quantile Q (0.9) of VALUES: the standard error is that of AID_STATS_RESAMPLES resamples of persons (the
   bootstrap, Efron and Tibshirani 1993) that SEED determines, the same for all arms; nothing is adjusted.  AID_E_NOMEM. */
#define AID_STATS_RESAMPLES 400
enum aid_err
aid_stats_compare_quantile (const struct aid_stats_value *values, size_t n, double q, uint32_t control, uint32_t arm,
                            const struct aid_stats_look *look, uint64_t seed, struct aid_stats_difference *out);

/* --- stats_share.c: from sums that a database made ------------------------------------------------------------------------ */

/* Sums over clusters (requests: the hunks of one share its fate), each with its Y by X. */
struct aid_stats_sums
{
  double clusters;   /* that have any X */
  double pieces;     /* what X consists of that can go one way or the other: hunks, not their characters */
  double y, x;
  double yy, xy, xx; /* of squares and products */
};
void aid_stats_sums_add (struct aid_stats_sums *to, const struct aid_stats_sums *s);
/* The standard error of Y by X by the delta method, clusters being what is drawn (Cochran, Sampling Techniques, 6.4).  INFINITY
   for fewer than two. */
double aid_stats_sums_se (const struct aid_stats_sums *s);
/* The interval of the share Y by X, 0 <= Y <= X: Wilson's for as many independent trials as have that standard error (Korn and
   Graubard, Confidence intervals for proportions with small expected number of positive counts estimated from survey data,
   1998: the effective sample size), not more than PIECES; for as many as there are clusters where nothing varies, and for one
   where there is one.  Where each cluster is one trial it is Wilson's own.  [0, 1] without any X. */
struct aid_interval aid_stats_share (const struct aid_stats_sums *s, double alpha);
/* That of a mean of Y by X that is not negative, by the normal distribution; NANs for fewer than two clusters. */
struct aid_interval aid_stats_mean (const struct aid_stats_sums *s, double alpha);

/* Places, from 1, in N sorted values. */
struct aid_stats_ranks
{
  uint64_t at;        /* of the quantile: the least value that the part Q is not above; 0 for N = 0 */
  uint64_t low, high; /* of the bounds of its interval; 0: N is too small for that bound */
};
/* Whatever the distribution, the interval holds with 1 - ALPHA or more (David and Nagaraja, Order Statistics, 7.1). */
void aid_stats_quantile_ranks (uint64_t n, double q, double alpha, struct aid_stats_ranks *out);

/* --- stats_best.c: which arm to choose ------------------------------------------------------------------------------- */

/* Of N arms (1 to AID_STATS_ARMS_MAX) with HITS of TRIALS each, with every rate as likely beforehand (Beta(1, 1)): the
   probability that an arm is the best, and what is lost on average by choosing it, as a rate: E[max - this one].  Exact, but
   for the numerical integral: under 1e-9.  Counts need not be whole. */
void aid_stats_best (const double *hits, const double *trials, size_t n, double *best, double *loss);
/* By how much more the rate Y by X of ARM varies than if every X were a person of its own: the counts over it are what a
   clustered sample is worth.  1 or more. */
enum aid_err aid_stats_design_effect (const struct aid_stats_row *rows, size_t n, uint32_t arm, double *out);

#endif
