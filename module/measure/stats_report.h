/* The analysis of one experiment, from sums of persons to sentences.  Who has the events makes the rows (one a person and
   arm, or one a request: they are added up), names what they are, and gets for each metric and each arm but the first: the
   difference, its interval that holds at every look, a verdict, and a sentence that says harm as plainly as gain. */
#ifndef AID_MEASURE_STATS_REPORT_H
#define AID_MEASURE_STATS_REPORT_H

#include "measure/experiment.h"
#include "measure/stats.h"
#include "base/vec.h"

#define AID_REPORT_SENTENCE 1024

struct aid_report_plan
{
  const char *name;
  const char *arms[AID_STATS_ARMS_MAX]; /* the first is the control; rows say their places */
  double weights[AID_STATS_ARMS_MAX];
  uint64_t seen[AID_STATS_ARMS_MAX]; /* units (persons or requests) that were exposed to each */
  size_t narms;                      /* 2 or more */
  const char *units;                 /* what the rows are, NULL: "people" */
  int by_request, aa;                /* AA: the arms are the same, and every difference is chance */
  double alpha, power, tuning; /* of the whole: for several arms alpha is parted among their comparisons (Bonferroni) */
};
/* The plan of X, nothing seen yet.  Borrows X. */
void aid_report_plan_of (const struct aid_experiment *x, struct aid_report_plan *out);

struct aid_report_metric
{
  const char *key;  /* "accept_rate", "kept_rate", or the guardrail's member in the settings: "latency_p90_ms" */
  const char *name; /* "accept rate" */
  const char *unit; /* NULL: parts of one, told in percent; else "ms", "characters" */
  int less_is_better;
  int guardrail; /* a harm to be ruled out, not an aim */
  double limit;  /* of a guardrail: how much worse is borne; of others: the least difference that matters */
  int counts;    /* Y hits of X trials: the beta-binomial answer is given, too */
  const struct aid_stats_row *rows;
  size_t nrows;
  const struct aid_stats_value *values; /* or, when ROWS is NULL: the quantile Q of these */
  size_t nvalues;
  double q;
};

/* The metrics of X, their rows still to be filled in: the accept rate (hunks accepted by offered), which is the aim, what is
   kept (characters still there by accepted), and the guardrails that X declares: "latency_p90_ms" (values), "undo_rate"
   (undone by accepted), "refused_rate" (hunks that did not apply by offered), "red_rate" (builds gone red by builds after an
   answer).  OUT has room for AID_REPORT_METRICS; gives their number. */
#define AID_REPORT_METRICS 6
size_t aid_report_metrics_of (const struct aid_experiment *x, struct aid_report_metric *out);

enum aid_verdict
{
  AID_VERDICT_EARLY, /* fewer than AID_STATS_LEAST persons in an arm, or nothing varies */
  AID_VERDICT_OPEN,  /* nothing is shown */
  AID_VERDICT_SAME,  /* shown: no difference that matters */
  AID_VERDICT_BETTER,
  AID_VERDICT_WORSE,
  AID_VERDICT_SAFE,  /* a guardrail: shown to be no worse than is borne, though perhaps worse */
  AID_VERDICT_BROKEN /* a guardrail: shown to be worse than is borne */
};
const char *aid_verdict_name (enum aid_verdict v); /* "worse" */

struct aid_report_line
{
  size_t metric, arm;
  struct aid_stats_difference d;
  double alpha;  /* of this comparison */
  double needed; /* persons more, of both arms, to show LIMIT at POWER by the sequence; INFINITY: never */
  enum aid_verdict verdict;
  char sentence[AID_REPORT_SENTENCE];
};

enum aid_decision
{
  AID_DECIDE_WAIT,
  AID_DECIDE_EITHER,
  AID_DECIDE_CHOOSE,
  AID_DECIDE_STOP,    /* it does harm */
  AID_DECIDE_DISTRUST /* the units did not come as they should: nothing here can be believed */
};
const char *aid_decision_name (enum aid_decision d);

struct aid_report
{
  double srm;
  struct aid_vec lines;                           /* struct aid_report_line, by metric, then by arm */
  struct aid_vec odds;                            /* struct aid_report_odds, by metric with counts, then by arm */
  enum aid_decision decision[AID_STATS_ARMS_MAX]; /* of each arm but the first */
  struct aid_str text;                            /* the sentences, one a line: what is to be done first */
};

struct aid_report_odds
{
  size_t metric, arm;
  double rate, design_effect, best, loss;
  struct aid_interval interval; /* Wilson's, of counts over the design effect; for one look */
};

/* METRICS (N): the first that is no guardrail is the aim that decides.  OUT is to be freed, whatever comes.  AID_E_NOMEM,
   AID_E_INVALID. */
enum aid_err aid_report_make (const struct aid_report_plan *plan, const struct aid_report_metric *metrics, size_t n,
                              struct aid_report *out, struct aid_error *e);
void aid_report_free (struct aid_report *r);
/* Appends a val object: {experiment, by, aa, srm: {p, alarm, arms: [{name, weight, seen}]}, decisions: [{arm, decision}],
   metrics: [{key, name, unit, guardrail, limit, arms: [{arm, rate, low, high, best, loss, design_effect}], comparisons: [{arm,
   control, persons, value, control_value, difference, se, low, high, once_low, once_high, p, theta, reduction, verdict,
   needed, sentence}]}], text}.  Numbers that are infinite are nil. */
void aid_report_val (const struct aid_report_plan *plan, const struct aid_report_metric *metrics, size_t n,
                     const struct aid_report *r, struct aid_str *out);

#endif
