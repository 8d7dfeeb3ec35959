/* From rows to verdicts.  What is worse is looked for with the same interval as what is better, and stands first in the text. */
#include "measure/stats_report.h"
#include "measure/stats_report_internal.h"
#include <math.h>
#include <stdlib.h>

#define LINES_MAX 4096
#define RESAMPLING_SEED 1 /* the same data give the same report */

const char *
aid_verdict_name (enum aid_verdict v)
{
  static const char *const names[] = { "early", "open", "same", "better", "worse", "safe", "broken" };
  return names[v];
}

const char *
aid_decision_name (enum aid_decision d)
{
  static const char *const names[] = { "wait", "either", "choose", "stop", "distrust" };
  return names[d];
}

void
aid_report_plan_of (const struct aid_experiment *x, struct aid_report_plan *out)
{
  *out = (struct aid_report_plan){ .name = x->name,
                                   .narms = x->nvariants,
                                   .by_request = x->by_request,
                                   .aa = aid_experiment_is_aa (x),
                                   .alpha = AID_STATS_ALPHA,
                                   .power = AID_STATS_POWER,
                                   .tuning = x->tuning };
  for (size_t i = 0; i < x->nvariants; i++)
    {
      out->arms[i] = x->variants[i].name;
      out->weights[i] = x->variants[i].weight;
    }
}

size_t
aid_report_metrics_of (const struct aid_experiment *x, struct aid_report_metric *out)
{
  static const struct aid_report_metric guards[] = {
    { .key = "latency_p90_ms", .name = "p90 latency", .unit = "ms", .q = 0.9 },
    { .key = "undo_rate", .name = "undo rate" },
    { .key = "refused_rate", .name = "refused hunks" },
    { .key = "red_rate", .name = "red builds" },
  };
  size_t n = 0;
  out[n++] = (struct aid_report_metric){ .key = "accept_rate", .name = "accept rate", .limit = x->effect, .counts = 1 };
  out[n++] = (struct aid_report_metric){ .key = "kept_rate", .name = "characters kept", .limit = x->effect };
  for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
    {
      const json_t *limit = json_object_get (x->guardrails, guards[i].key);
      if (!limit)
        continue;
      out[n] = guards[i];
      out[n].guardrail = out[n].less_is_better = 1;
      out[n++].limit = json_number_value (limit);
    }
  return n;
}

/* --- one comparison -------------------------------------------------------------------------------------------------- */

/* The interval turned so that more is better. */
static struct aid_interval
gain_of (const struct aid_report_metric *m, const struct aid_stats_difference *d)
{
  return m->less_is_better ? (struct aid_interval){ -d->sequence.high, -d->sequence.low } : d->sequence;
}

static enum aid_verdict
judge (const struct aid_report_metric *m, const struct aid_stats_difference *d)
{
  struct aid_interval gain = gain_of (m, d);
  if (d->persons[0] < AID_STATS_LEAST || d->persons[1] < AID_STATS_LEAST || !(d->se > 0) || !(d->se < INFINITY))
    return AID_VERDICT_EARLY;
  if (m->guardrail && gain.high < -m->limit)
    return AID_VERDICT_BROKEN;
  if (gain.low > 0)
    return AID_VERDICT_BETTER;
  if (m->guardrail && gain.low >= -m->limit)
    return AID_VERDICT_SAFE;
  if (gain.high < 0)
    return AID_VERDICT_WORSE;
  return gain.low >= -m->limit && gain.high <= m->limit ? AID_VERDICT_SAME : AID_VERDICT_OPEN;
}

/* Persons more until a difference of M's limit would be shown. */
static double
still_needed (const struct aid_report_plan *plan, const struct aid_report_metric *m, const struct aid_stats_difference *d,
              double alpha)
{
  double n = (double)(d->persons[0] + d->persons[1] - d->both);
  if (!(d->se > 0) || !(d->se < INFINITY) || !(n > 0))
    return INFINITY;
  /* What one person of both together varies by; halves of that in arms of the same size come to the same. */
  double v = d->se * d->se * n / 4;
  return fmax (aid_stats_needed (v, v, 0.5, m->limit, alpha, plan->power, plan->tuning) - n, 0);
}

static enum aid_err
compare (const struct aid_report_plan *plan, const struct aid_report_metric *m, struct aid_report_line *line)
{
  struct aid_stats_look look = { plan->alpha / (double)(plan->narms - 1), plan->tuning, 1 };
  enum aid_err err = m->rows ? aid_stats_compare (m->rows, m->nrows, 0, (uint32_t)line->arm, &look, &line->d)
                             : aid_stats_compare_quantile (m->values, m->nvalues, m->q, 0, (uint32_t)line->arm, &look,
                                                           RESAMPLING_SEED, &line->d);
  line->alpha = look.alpha;
  line->verdict = judge (m, &line->d);
  line->needed = still_needed (plan, m, &line->d, look.alpha);
  aid_report_sentence (plan, m, line);
  return err;
}

/* --- which arm is the best ------------------------------------------------------------------------------------------- */

static enum aid_err
weigh (const struct aid_report_plan *plan, const struct aid_report_metric *m, size_t metric, struct aid_report *out)
{
  double hits[AID_STATS_ARMS_MAX] = { 0 }, trials[AID_STATS_ARMS_MAX] = { 0 }, effect[AID_STATS_ARMS_MAX];
  double best[AID_STATS_ARMS_MAX], loss[AID_STATS_ARMS_MAX], worse[AID_STATS_ARMS_MAX];
  for (size_t i = 0; i < m->nrows; i++)
    if (m->rows[i].arm < plan->narms)
      {
        hits[m->rows[i].arm] += m->rows[i].y;
        trials[m->rows[i].arm] += m->rows[i].x;
      }
  for (size_t k = 0; k < plan->narms; k++)
    {
      if (aid_stats_design_effect (m->rows, m->nrows, (uint32_t)k, &effect[k]))
        return AID_E_NOMEM;
      hits[k] /= effect[k];
      trials[k] /= effect[k];
      worse[k] = m->less_is_better ? trials[k] - hits[k] : hits[k];
    }
  aid_stats_best (worse, trials, plan->narms, best, loss);
  for (size_t k = 0; k < plan->narms; k++)
    {
      struct aid_report_odds *o = aid_vec_push (&out->odds);
      if (!o)
        return AID_E_NOMEM;
      *o = (struct aid_report_odds){ metric,  k,       trials[k] > 0 ? hits[k] / trials[k] : 0,           effect[k],
                                     best[k], loss[k], aid_stats_wilson (hits[k], trials[k], plan->alpha) };
    }
  return AID_OK;
}

/* --- what is to be done ---------------------------------------------------------------------------------------------- */

static enum aid_decision
decide (const struct aid_report_plan *plan, const struct aid_report_metric *metrics, const struct aid_report *r, size_t arm)
{
  enum aid_decision aim = AID_DECIDE_WAIT;
  int asked = 0, open = 0;
  if (r->srm < AID_STATS_SRM_ALARM)
    return AID_DECIDE_DISTRUST;
  if (plan->aa) /* of the same settings none is to be chosen, and none does harm */
    return AID_DECIDE_WAIT;
  for (size_t i = 0; i < r->lines.len; i++)
    {
      const struct aid_report_line *line = &AID_VEC_AT (struct aid_report_line, &r->lines, i);
      if (line->arm != arm)
        continue;
      if (line->verdict == AID_VERDICT_BROKEN)
        return AID_DECIDE_STOP;
      if (metrics[line->metric].guardrail)
        open |= line->verdict != AID_VERDICT_SAFE && line->verdict != AID_VERDICT_BETTER;
      else if (!asked++)
        aim = line->verdict == AID_VERDICT_BETTER  ? AID_DECIDE_CHOOSE
              : line->verdict == AID_VERDICT_WORSE ? AID_DECIDE_STOP
              : line->verdict == AID_VERDICT_SAME  ? AID_DECIDE_EITHER
                                                   : AID_DECIDE_WAIT;
    }
  /* A gain is not taken before the harms are ruled out. */
  return (aim == AID_DECIDE_CHOOSE || aim == AID_DECIDE_EITHER) && open ? AID_DECIDE_WAIT : aim;
}

enum aid_err
aid_report_make (const struct aid_report_plan *plan, const struct aid_report_metric *metrics, size_t n,
                 struct aid_report *out, struct aid_error *e)
{
  *out = (struct aid_report){ .srm = 1,
                              .lines = AID_VEC_INIT (struct aid_report_line, LINES_MAX),
                              .odds = AID_VEC_INIT (struct aid_report_odds, LINES_MAX),
                              .text = AID_STR_INIT (1u << 22) };
  enum aid_err err = AID_OK;
  if (plan->narms < 2 || plan->narms > AID_STATS_ARMS_MAX)
    return aid_error_set (e, AID_E_INVALID, "the experiment %s has %zu variants: there is nothing to compare", plan->name,
                          plan->narms);
  out->srm = aid_stats_srm (plan->seen, plan->weights, plan->narms);
  for (size_t i = 0; i < n && !err; i++)
    {
      for (size_t arm = 1; arm < plan->narms && !err; arm++)
        {
          struct aid_report_line *line = aid_vec_push (&out->lines);
          if (line)
            {
              line->metric = i;
              line->arm = arm;
            }
          err = line ? compare (plan, &metrics[i], line) : AID_E_NOMEM;
        }
      if (!err && metrics[i].counts && metrics[i].rows)
        err = weigh (plan, &metrics[i], i, out);
    }
  for (size_t arm = 1; arm < plan->narms && !err; arm++)
    out->decision[arm] = decide (plan, metrics, out, arm);
  if (!err)
    {
      aid_report_write (plan, metrics, out);
      err = out->text.err;
    }
  return err ? aid_error_set (e, err, "no memory for the report") : AID_OK;
}

void
aid_report_free (struct aid_report *r)
{
  aid_vec_free (&r->lines);
  aid_vec_free (&r->odds);
  aid_str_free (&r->text);
}
