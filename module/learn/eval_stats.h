/* The statistics of evaluations.  What is drawn at random is the task: samples of one task are alike, so that
   intervals are over tasks, however many samples each has. */
#ifndef AID_LEARN_EVAL_STATS_H
#define AID_LEARN_EVAL_STATS_H

#include "base/err.h"
#include "measure/stats.h"

#define AID_EVAL_RESAMPLES 10000

/* The probability that of K samples one at least is right, when C of N were: 1 - C(N-C, K) / C(N, K), which has no
   bias (Chen et al., Evaluating Large Language Models Trained on Code, arXiv 2107.03374, equation 1).  Wants 0 <= C
   <= N, 1 <= K <= N; else NAN. */
double aid_eval_pass_at (int64_t n, int64_t c, int64_t k);

/* How often something was so, of one task: in HITS of N samples. */
struct aid_eval_share
{
  double hits, n;
};
/* The mean of the tasks' shares, each task with the same weight, and Wilson's interval for it over tasks
   (aid_stats_share).  Tasks with N = 0 do not count; [0, 1] and 0 without any. */
double aid_eval_mean_share (const struct aid_eval_share *tasks, size_t n, double alpha, struct aid_interval *interval);

struct aid_eval_difference
{
  size_t tasks;      /* that both have */
  double a, b;       /* means of the tasks' shares */
  double difference; /* B less A */
  struct aid_interval interval;
  size_t better, worse; /* tasks whose share is higher, or lower, in B */
  double p;             /* that so many of those go one way: the exact sign test */
};
/* Compares the same N tasks, A[i] and B[i], pair by pair; where one of both has N = 0 the pair does not count.

   The interval is Newcombe's for paired proportions (Improved confidence intervals for the difference between
   binomial proportions based on paired data, Statistics in Medicine 17, 1998, method 10: the squares of both arms'
   Wilson limits, and the correlation), with shares that may be of several samples (Zou and Donner, Construction of
   confidence limits about effect measures, Statistics in Medicine 27, 2008): right for few tasks, and where no task
   differs.  With several samples of a task it is not less than Student's interval for the mean of the tasks'
   differences.  The test is the exact two-sided sign test over the tasks that differ, which with one sample a task is
   McNemar's exact test (McNemar 1947; Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91, 2013). */
void aid_eval_compare_shares (const struct aid_eval_share *a, const struct aid_eval_share *b, size_t n, double alpha,
                              struct aid_eval_difference *out);
/* The two-sided p of the sign test: of BETTER + WORSE fair coins.  1 for none. */
double aid_eval_sign_test (size_t better, size_t worse);

/* The mean of the N differences in D and its interval by the percentiles of AID_EVAL_RESAMPLES resamples (the
   bootstrap, Efron and Tibshirani 1993) that SEED determines: for amounts, as tokens and seconds are.  NANs for fewer
   than two.  AID_E_NOMEM. */
enum aid_err
aid_eval_bootstrap (const double *d, size_t n, double alpha, uint64_t seed, double *mean, struct aid_interval *out);

#endif
