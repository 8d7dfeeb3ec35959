/* Simulations of experiments whose truth is known: do the statistics keep what they promise?  Each line is a verdict; the
   seed makes it the same on every machine.  usage: bench_experiments [SEED]     exit status 1 when a promise is broken */
#include "measure/special.h"
#include "measure/stats.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOKS 48

static struct aid_random_state rnd;
static int broken;

static void
verdict (int ok, const char *what)
{
  printf ("%s %s\n", ok ? "ok    " : "BROKEN", what);
  fflush (stdout);
  broken |= !ok;
}

#define VERDICT(ok, ...)                                                                                                    \
  do                                                                                                                        \
    {                                                                                                                       \
      char line_[512];                                                                                                      \
      snprintf (line_, sizeof line_, __VA_ARGS__);                                                                          \
      verdict (ok, line_);                                                                                                  \
    }                                                                                                                       \
  while (0)

static int
toss (double p)
{
  return aid_random_unit (&rnd) < p;
}

static struct aid_stats_difference
compared (const struct aid_stats_row *rows, size_t n, double tuning, int adjust)
{
  struct aid_stats_difference d;
  const struct aid_stats_look look = { 0.05, tuning, adjust };
  if (aid_stats_compare (rows, n, 0, 1, &look, &d))
    abort ();
  return d;
}

/* Whether I says that the difference is not TRUTH. */
static int
excludes (struct aid_interval i, double truth)
{
  return i.low > truth || i.high < truth;
}

/* --- looking again and again ----------------------------------------------------------------------------------------- */

/* Each observation is a person of their own, one of four accepts, in both arms alike. */
static void
peek (int runs, int size)
{
  struct aid_stats_row *rows = calloc ((size_t)size, sizeof *rows);
  int naive = 0, always = 0, last = 0;
  for (int run = 0; run < runs; run++)
    {
      int alarm_once = 0, alarm_always = 0, alarm_last = 0;
      for (int look = 1, i = 0; look <= LOOKS; look++)
        {
          for (; i < size * look / LOOKS; i++)
            rows[i] = (struct aid_stats_row){ (uint32_t)i, (uint32_t)toss (0.5), toss (0.25), 1, 0, 0 };
          struct aid_stats_difference d = compared (rows, (size_t)i, AID_STATS_TUNING, 0);
          alarm_last = excludes (d.once, 0);
          alarm_once |= alarm_last;
          alarm_always |= excludes (d.sequence, 0);
        }
      naive += alarm_once;
      always += alarm_always;
      last += alarm_last;
    }
  VERDICT (always <= 0.05 * runs,
           "A/A, %d runs of %d observations, %d looks: %.1f%% false alarms by the sequence (at most 5%%); the naive z, "
           "looked at as often, "
           "has %.1f%%, at the last look alone %.1f%%",
           runs, size, LOOKS, 100.0 * always / runs, 100.0 * naive / runs, 100.0 * last / runs);
  free (rows);
}

/* As teams are: people come one after the other, some ask much and some little, each accepts at a rate of their own. */
static void
peek_at_people (int runs, int people, double tuning)
{
  struct aid_stats_row *rows = calloc ((size_t)people, sizeof *rows);
  double *rate = calloc ((size_t)people, sizeof *rate), *asks = calloc ((size_t)people, sizeof *asks);
  int simple = 0, always = 0, clustered = 0;
  for (int run = 0; run < runs; run++)
    {
      int alarm_simple = 0, alarm_always = 0, alarm_clustered = 0, n = 0;
      for (int look = 1; look <= LOOKS; look++)
        {
          for (; n < people * fmin (2.0 * look / LOOKS, 1); n++) /* all are there after half of the time */
            {
              rows[n] = (struct aid_stats_row){ (uint32_t)n, (uint32_t)toss (0.5), 0, 0, 0, 0 };
              rate[n] = 1 / (1 + exp (1.1 - 0.8 * aid_random_normal (&rnd)));
              asks[n] = exp (0.7 * aid_random_normal (&rnd));
            }
          for (int i = 0; i < n; i++)
            for (int k = 0; k < 4; k++)
              if (toss (fmin (asks[i] / 2, 1)))
                {
                  rows[i].x++;
                  rows[i].y += toss (rate[i]);
                }
          struct aid_stats_difference d = compared (rows, (size_t)n, tuning, 0);
          double y[2] = { 0 }, x[2] = { 0 };
          for (int i = 0; i < n; i++)
            {
              y[rows[i].arm] += rows[i].y;
              x[rows[i].arm] += rows[i].x;
            }
          double p[2] = { y[0] / x[0], y[1] / x[1] };
          double z = (p[1] - p[0]) / sqrt (p[0] * (1 - p[0]) / x[0] + p[1] * (1 - p[1]) / x[1]);
          alarm_simple |= fabs (z) > 1.96;
          alarm_clustered |= excludes (d.once, 0);
          if (d.persons[0] >= AID_STATS_LEAST && d.persons[1] >= AID_STATS_LEAST)
            alarm_always |= excludes (d.sequence, 0);
        }
      simple += alarm_simple;
      always += alarm_always;
      clustered += alarm_clustered;
    }
  VERDICT (always <= 0.05 * runs,
           "A/A of %d people who ask again and again, %d runs, %d looks, tuned for %.0f: %.1f%% false alarms by the "
           "sequence (at most 5%%); "
           "z over people has %.1f%%, z over requests %.1f%%",
           people, runs, LOOKS, tuning, 100.0 * always / runs, 100.0 * clustered / runs, 100.0 * simple / runs);
  free (rows);
  free (rate);
  free (asks);
}

/* --- the ratio of samples -------------------------------------------------------------------------------------------- */

static double
alarms (int runs, int n, double share)
{
  const double even[2] = { 1, 1 };
  int found = 0;
  for (int run = 0; run < runs; run++)
    {
      uint64_t seen[2] = { 0, 0 };
      for (int i = 0; i < n; i++)
        seen[toss (share)]++;
      found += aid_stats_srm (seen, even, 2) < AID_STATS_SRM_ALARM;
    }
  return 100.0 * found / runs;
}

static void
skewed_samples (int runs)
{
  double found = alarms (runs, 3000, 0.45), wrong = alarms (5 * runs, 3000, 0.5);
  VERDICT (found >= 95 && wrong <= 0.25,
           "sample ratio 55/45 of 3000: found in %.1f%% of %d runs (at least 95%%); 50/50: %.2f%% false alarms "
           "(about 0.1%%)",
           found, runs, wrong);
}

/* --- CUPED ----------------------------------------------------------------------------------------------------------- */

struct spread
{
  double n, mean, sum2;
};

static void
spread_add (struct spread *s, double v)
{
  double delta = v - s->mean;
  s->mean += delta / ++s->n;
  s->sum2 += delta * (v - s->mean);
}

/* Means whose correlation with the pre-period is RHO; RATIO: each divided by sums of offers that vary, too.  The variance of
   the differences over many runs is compared, not what the formula says of itself. */
static void
reduce (int runs, double rho, int ratio)
{
  enum
  {
    EACH = 300
  };
  static struct aid_stats_row rows[2 * EACH];
  struct spread plain = { 0 }, adjusted = { 0 }, told = { 0 };
  for (int run = 0; run < runs; run++)
    {
      for (uint32_t i = 0; i < 2 * EACH; i++)
        {
          double before = aid_random_normal (&rnd), now = rho * before + sqrt (1 - rho * rho) * aid_random_normal (&rnd);
          double x = ratio ? 5 + (double)aid_random_below (&rnd, 30) : 1, pre_x = ratio ? x : 1;
          rows[i] = (struct aid_stats_row){ i, i / EACH, (10 + now) * x, x, (10 + before) * pre_x, pre_x };
        }
      struct aid_stats_difference d = compared (rows, 2 * EACH, AID_STATS_TUNING, 1);
      spread_add (&plain, d.plain);
      spread_add (&adjusted, d.difference);
      spread_add (&told, d.reduction);
    }
  double left = adjusted.sum2 / plain.sum2, due = 1 - rho * rho;
  /* Of two variances, correlated as their differences are: four standard errors. */
  double noise = 4 * due * sqrt (2.0 / runs) * sqrt (2 * rho * rho);
  VERDICT (fabs (left - due) <= noise && fabs (told.mean - rho * rho) <= 0.02,
           "CUPED of %s, correlation %.1f: %.3f of the variance is left (%.3f +- %.3f), %.3f is what it says",
           ratio ? "ratios" : "means", rho, left, due, noise, 1 - told.mean);
}

/* --- coverage -------------------------------------------------------------------------------------------------------- */

/* People in two arms who differ by EFFECT; x offers each, of which they take a part of their own. */
static void
fill (struct aid_stats_row *rows, uint32_t n, double effect)
{
  for (uint32_t i = 0; i < n; i++)
    {
      double before = fmin (fmax (0.4 + 0.12 * aid_random_normal (&rnd), 0.05), 0.85),
             x = 1 + floor (exp (2 + 0.7 * aid_random_normal (&rnd)));
      double pre_x = 1 + floor (exp (2 + 0.7 * aid_random_normal (&rnd)));
      rows[i] = (struct aid_stats_row){ i, i % 2, 0, x, 0, pre_x };
      for (int k = 0; k < x; k++)
        rows[i].y += toss (before + (i % 2 ? effect : 0));
      for (int k = 0; k < pre_x; k++)
        rows[i].pre_y += toss (before);
    }
}

static void
cover (int runs, uint32_t people)
{
  static struct aid_stats_row rows[1000];
  int once = 0, adjusted = 0, always = 0;
  for (int run = 0; run < runs; run++)
    {
      fill (rows, people, 0.05);
      once += !excludes (compared (rows, people, AID_STATS_TUNING, 0).once, 0.05);
      struct aid_stats_difference d = compared (rows, people, AID_STATS_TUNING, 1);
      adjusted += !excludes (d.once, 0.05);
      always += !excludes (d.sequence, 0.05);
    }
  double part = 100.0 / runs, slack = people < 100 ? 3 : 1.5;
  VERDICT (fabs (once * part - 95) <= slack && fabs (adjusted * part - 95) <= slack && always * part >= 95,
           "coverage, %u people, %d runs: one look %.1f%%, with CUPED %.1f%% (95 +- %.1f), the sequence %.1f%% (95 or more)",
           people, runs, once * part, adjusted * part, slack, always * part);
}

static void
cover_counts (int runs)
{
  static const double rates[] = { 0.01, 0.05, 0.2, 0.5 };
  double least = 100, sum = 0;
  int cases = 0;
  for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
    for (int n = 10; n <= 1000; n *= 10)
      {
        int in = 0;
        for (int run = 0; run < runs; run++)
          {
            int hits = 0;
            for (int i = 0; i < n; i++)
              hits += toss (rates[r]);
            in += !excludes (aid_stats_wilson (hits, n, 0.05), rates[r]);
          }
        least = fmin (least, 100.0 * in / runs);
        sum += 100.0 * in / runs;
        cases++;
      }
  VERDICT (least >= 89 && fabs (sum / cases - 95) <= 1.5,
           "coverage of Wilson's interval, rates 1%% to 50%%, 10 to 1000 trials: %.1f%% on average, at least %.1f%%",
           sum / cases, least);
}

static void
cover_quantiles (int runs)
{
  enum
  {
    PEOPLE = 200,
    ASK = 10
  };
  static struct aid_stats_value v[PEOPLE * ASK];
  const struct aid_stats_look look = { 0.05, AID_STATS_TUNING, 0 };
  int once = 0, always = 0;
  for (int run = 0; run < runs; run++)
    {
      struct aid_stats_difference d;
      for (uint32_t i = 0; i < PEOPLE; i++)
        {
          double slow = 0.3 * aid_random_normal (&rnd);
          for (uint32_t k = 0; k < ASK; k++)
            v[ASK * i + k] = (struct aid_stats_value){ i, i % 2, 500 * exp (slow + 0.5 * aid_random_normal (&rnd)) };
        }
      if (aid_stats_compare_quantile (v, PEOPLE * ASK, 0.9, 0, 1, &look, (uint64_t)run, &d))
        abort ();
      once += !excludes (d.once, 0);
      always += !excludes (d.sequence, 0);
    }
  VERDICT (fabs (100.0 * once / runs - 95) <= 3 && always >= 0.95 * runs,
           "coverage of the difference of p90, %d people of %d requests each: one look %.1f%% (95 +- 3), the sequence "
           "%.1f%% (95 or more)",
           PEOPLE, ASK, 100.0 * once / runs, 100.0 * always / runs);
}

/* --- which is the best ----------------------------------------------------------------------------------------------- */

/* Three arms whose rates are drawn from what the answer takes for granted: of all cases in which it says 0.7, seven of ten
   are so. */
static void
calibrate (int runs)
{
  double said[10] = { 0 }, was[10] = { 0 }, n[10] = { 0 }, lost = 0, told = 0, worst = 0;
  for (int run = 0; run < runs; run++)
    {
      double rate[3], hits[3] = { 0 }, trials[3], best[3], loss[3];
      int top = 0, chosen = 0;
      for (int k = 0; k < 3; k++)
        {
          rate[k] = aid_random_unit (&rnd);
          trials[k] = 20 + (double)aid_random_below (&rnd, 100);
          for (int i = 0; i < trials[k]; i++)
            hits[k] += toss (rate[k]);
          top = rate[k] > rate[top] ? k : top;
        }
      aid_stats_best (hits, trials, 3, best, loss);
      for (int k = 0; k < 3; k++)
        {
          int bin = (int)fmin (best[k] * 10, 9);
          n[bin]++;
          said[bin] += best[k];
          was[bin] += k == top;
          chosen = loss[k] < loss[chosen] ? k : chosen;
        }
      lost += rate[top] - rate[chosen];
      told += loss[chosen];
    }
  for (int bin = 0; bin < 10; bin++)
    worst = fmax (worst, fabs (said[bin] - was[bin]) / sqrt (fmax (said[bin] * (1 - said[bin] / n[bin]), 1)));
  VERDICT (worst <= 4 && fabs (lost - told) / runs <= 0.0015,
           "beta-binomial, three arms, %d experiments: in ten classes of probability at most %.1f standard errors between "
           "said and so (4); "
           "expected loss %.4f, lost %.4f",
           runs, worst, told / runs, lost / runs);
}

/* --- enough ---------------------------------------------------------------------------------------------------------- */

static void
enough (int runs)
{
  double n = aid_stats_needed_proportions (0.22, 0.26, 0.05, 0.8);
  double all = aid_stats_needed (0.22 * 0.78, 0.26 * 0.74, 0.5, 0.04, 0.05, 0.8, AID_STATS_TUNING);
  int once = 0, always = 0;
  for (int run = 0; run < runs; run++)
    for (int way = 0; way < 2; way++)
      {
        double each = way ? all / 2 : n, p[2];
        for (int k = 0; k < 2; k++)
          {
            int hits = 0;
            for (int i = 0; i < each; i++)
              hits += toss (k ? 0.26 : 0.22);
            p[k] = hits / each;
          }
        double se = sqrt ((p[0] * (1 - p[0]) + p[1] * (1 - p[1])) / each);
        once += !way && fabs (p[1] - p[0]) > 1.959964 * se;
        always += way && fabs (p[1] - p[0]) > aid_stats_sequence (se, 2 * each, 0.05, AID_STATS_TUNING);
      }
  double part = 100.0 / runs;
  VERDICT (fabs (once * part - 80) <= 3 && fabs (always * part - 80) <= 3,
           "enough for 22%% -> 26%%: %.0f in each arm show it in %.1f%% of %d runs in one look, %.0f by the sequence in "
           "%.1f%% (80 +- 3)",
           n, once * part, runs, all / 2, always * part);
}

int
main (int argc, char **argv)
{
  aid_random_seed (&rnd, argc > 1 ? strtoull (argv[1], NULL, 10) : 1);
  peek (600, 10000);
  peek_at_people (400, 200, AID_STATS_TUNING);
  peek_at_people (400, 200, 200);
  skewed_samples (2000);
  reduce (2000, 0.3, 0);
  reduce (2000, 0.7, 0);
  reduce (2000, 0.7, 1);
  cover (4000, 200);
  cover (4000, 40);
  cover_counts (4000);
  cover_quantiles (600);
  calibrate (10000);
  enough (2000);
  return broken;
}
