/* The report in words, and as a value.  Harm and gain have sentences of the same shape. */
#include "measure/stats_report_internal.h"
#include "base/val.h"
#include <math.h>
#include <stdio.h>

/* --- numbers --------------------------------------------------------------------------------------------------------- */

/* V as a value of M: "23.4%", "812 ms". */
static void
add_value (struct aid_str *out, const struct aid_report_metric *m, double v)
{
  if (m->unit)
    aid_str_addf (out, "%.*f %s", fabs (v) < 10 ? 2 : 0, v, m->unit);
  else
    aid_str_addf (out, "%.1f%%", 100 * v);
}

/* V as a difference: "+4.1 points", "-120 ms"; SIGNED or as a size.  What is less than nothing by rounding alone has no sign. */
static void
add_number (struct aid_str *out, const struct aid_report_metric *m, double v, int with_sign)
{
  int decimals = m->unit ? (fabs (v) < 10 ? 2 : 0) : 1;
  v = m->unit ? v : 100 * v;
  if (fabs (v) < 0.5 * pow (10, -decimals))
    v = 0;
  aid_str_addf (out, with_sign && v != 0 ? "%+.*f" : "%.*f", decimals, v);
}

static const char *
unit_of (const struct aid_report_metric *m)
{
  return m->unit ? m->unit : "points";
}

/* "+4.1 points (+1.2 to +7.0)" */
static void
add_difference (struct aid_str *out, const struct aid_report_metric *m, const struct aid_report_line *line)
{
  add_number (out, m, line->d.difference, 1);
  aid_str_addf (out, " %s (", unit_of (m));
  add_number (out, m, line->d.sequence.low, 1);
  aid_str_addz (out, " to ");
  add_number (out, m, line->d.sequence.high, 1);
  aid_str_addz (out, line->d.theta != 0 ? "; what they did before is taken off)" : ")");
}

static const char *
units_of (const struct aid_report_plan *plan)
{
  return plan->units ? plan->units : "people";
}

/* --- a sentence ------------------------------------------------------------------------------------------------------ */

static void
add_needed (struct aid_str *out, const struct aid_report_plan *plan, const struct aid_report_metric *m,
            const struct aid_report_line *line)
{
  if (!(line->needed < INFINITY))
    aid_str_addf (out, " No number of %s would show it.", units_of (plan));
  else if (line->needed > 0)
    {
      aid_str_addf (out, " To show %s of ", m->guardrail ? "a harm" : "a difference");
      add_number (out, m, m->limit, 0);
      aid_str_addf (out, " %s in %.0f of 100 cases takes about %.0f %s more.", unit_of (m), 100 * plan->power, line->needed,
                    units_of (plan));
    }
}

static void
add_verdict (struct aid_str *out, const struct aid_report_plan *plan, const struct aid_report_metric *m,
             const struct aid_report_line *line)
{
  const char *arm = plan->arms[line->arm], *control = plan->arms[0];
  static const char *const verbs[] = {
    [AID_VERDICT_OPEN] = "has not been told apart from",
    [AID_VERDICT_SAME] = "makes no difference that matters to",
    [AID_VERDICT_BETTER] = "is better than",
    [AID_VERDICT_WORSE] = "is worse than",
    [AID_VERDICT_SAFE] = "stays within the guardrail beside",
    [AID_VERDICT_BROKEN] = "breaks the guardrail beside",
  };
  int worse
    = line->verdict == AID_VERDICT_SAFE && (m->less_is_better ? line->d.sequence.low > 0 : line->d.sequence.high < 0);
  aid_str_addf (out, "\"%.60s\" %s%s \"%.60s\": ", arm, worse ? "is worse, but " : "", verbs[line->verdict], control);
  add_value (out, m, line->d.value[1]);
  aid_str_addz (out, " instead of ");
  add_value (out, m, line->d.value[0]);
  aid_str_addz (out, ", ");
  add_difference (out, m, line);
  if (m->guardrail)
    {
      aid_str_addz (out, ", where ");
      add_number (out, m, m->limit, 0);
      aid_str_addf (out, " %s are borne", unit_of (m));
    }
  aid_str_addc (out, '.');
  if (line->verdict == AID_VERDICT_OPEN)
    add_needed (out, plan, m, line);
  else if (plan->aa
           && (line->verdict == AID_VERDICT_BETTER || line->verdict == AID_VERDICT_WORSE
               || line->verdict == AID_VERDICT_BROKEN))
    aid_str_addz (out, " Both have the same settings: this is a false alarm, or they are not handled alike.");
}

void
aid_report_sentence (const struct aid_report_plan *plan, const struct aid_report_metric *m, struct aid_report_line *line)
{
  struct aid_str out = AID_STR_INIT (AID_REPORT_SENTENCE - 1);
  aid_str_addf (&out, "%.60s: ", m->name);
  if (line->verdict == AID_VERDICT_EARLY && (line->d.persons[0] < AID_STATS_LEAST || line->d.persons[1] < AID_STATS_LEAST))
    aid_str_addf (&out, "too early to say anything of \"%.60s\" (%s: %llu, beside %llu; %d in each are the least).",
                  plan->arms[line->arm], units_of (plan), (unsigned long long)line->d.persons[1],
                  (unsigned long long)line->d.persons[0], AID_STATS_LEAST);
  else if (line->verdict == AID_VERDICT_EARLY)
    aid_str_addf (&out, "nothing varies yet between \"%.60s\" and \"%.60s\".", plan->arms[line->arm], plan->arms[0]);
  else
    add_verdict (&out, plan, m, line);
  snprintf (line->sentence, sizeof line->sentence, "%s", aid_str_z (&out));
  aid_str_free (&out);
}

/* --- the text -------------------------------------------------------------------------------------------------------- */

static void
add_srm (const struct aid_report_plan *plan, const struct aid_report *r, struct aid_str *out)
{
  double total = 0, weights = 0;
  for (size_t i = 0; i < plan->narms; i++)
    {
      total += (double)plan->seen[i];
      weights += plan->weights[i];
    }
  aid_str_addz (out, "Do not believe what follows: ");
  for (size_t i = 0; i < plan->narms; i++)
    aid_str_addf (out, "%s\"%.60s\" was given to %llu %s where %.0f were due", i ? ", " : "", plan->arms[i],
                  (unsigned long long)plan->seen[i], plan->by_request ? "requests" : "people",
                  total * plan->weights[i] / weights);
  aid_str_addf (out, " (p = %.2g). Somebody is counted in the wrong arm, or lost on the way.\n", r->srm);
}

static void
add_decision (const struct aid_report_plan *plan, const struct aid_report *r, size_t arm, struct aid_str *out)
{
  const char *name = plan->arms[arm];
  if (r->decision[arm] == AID_DECIDE_EITHER)
    aid_str_addf (out, "Keep what is simpler: \"%.60s\" makes no difference that matters.\n", name);
  else if (r->decision[arm] == AID_DECIDE_CHOOSE)
    aid_str_addf (out, "Choose \"%.60s\".\n", name);
  else if (r->decision[arm] == AID_DECIDE_STOP)
    aid_str_addf (out, "Stop \"%.60s\": it does harm.\n", name);
  else if (r->decision[arm] == AID_DECIDE_WAIT)
    aid_str_addf (out, plan->aa ? "\"%.60s\" is an A/A test: there is nothing to choose.\n" : "Wait with \"%.60s\".\n",
                  name);
}

static int
is_harm (enum aid_verdict v)
{
  return v == AID_VERDICT_WORSE || v == AID_VERDICT_BROKEN;
}

static void
add_odds (const struct aid_report_plan *plan, const struct aid_report_metric *metrics, const struct aid_report *r,
          struct aid_str *out)
{
  for (size_t i = 0; i < r->odds.len; i++)
    {
      const struct aid_report_odds *o = &AID_VEC_AT (struct aid_report_odds, &r->odds, i);
      const struct aid_report_metric *m = &metrics[o->metric];
      aid_str_addf (out, "%.60s: \"%.60s\" is the best with probability %.3f; choosing it loses ", m->name,
                    plan->arms[o->arm], o->best);
      add_number (out, m, o->loss, 0);
      aid_str_addf (out, " %s on average.\n", unit_of (m));
    }
}

void
aid_report_write (const struct aid_report_plan *plan, const struct aid_report_metric *metrics, struct aid_report *r)
{
  if (r->srm < AID_STATS_SRM_ALARM)
    add_srm (plan, r, &r->text);
  for (size_t arm = 1; arm < plan->narms; arm++)
    add_decision (plan, r, arm, &r->text);
  for (int harm = 1; harm >= 0; harm--)
    for (size_t i = 0; i < r->lines.len; i++)
      {
        const struct aid_report_line *line = &AID_VEC_AT (struct aid_report_line, &r->lines, i);
        if (is_harm (line->verdict) == harm)
          aid_str_addf (&r->text, "%s\n", line->sentence);
      }
  add_odds (plan, metrics, r, &r->text);
}

/* --- as a value ------------------------------------------------------------------------------------------------------ */

static void
kreal (struct aid_str *out, const char *key, double v)
{
  aid_val_key (out, key);
  if (isfinite (v))
    aid_val_real (out, v);
  else
    aid_val_nil (out);
}

static void
comparison_val (const struct aid_report_plan *plan, const struct aid_report_line *line, struct aid_str *out)
{
  size_t all = aid_val_object (out);
  const struct aid_stats_difference *d = &line->d;
  aid_val_kstrz (out, "arm", plan->arms[line->arm]);
  aid_val_kstrz (out, "control", plan->arms[0]);
  aid_val_kint (out, "persons", (int64_t)d->persons[1]);
  aid_val_kint (out, "control_persons", (int64_t)d->persons[0]);
  kreal (out, "value", d->value[1]);
  kreal (out, "control_value", d->value[0]);
  kreal (out, "difference", d->difference);
  kreal (out, "se", d->se);
  kreal (out, "low", d->sequence.low);
  kreal (out, "high", d->sequence.high);
  kreal (out, "once_low", d->once.low);
  kreal (out, "once_high", d->once.high);
  kreal (out, "p", d->p);
  kreal (out, "alpha", line->alpha);
  kreal (out, "theta", d->theta);
  kreal (out, "reduction", d->reduction);
  aid_val_kstrz (out, "verdict", aid_verdict_name (line->verdict));
  kreal (out, "needed", line->needed);
  aid_val_kstrz (out, "sentence", line->sentence);
  aid_val_end (out, all, 19);
}

static void
odds_val (const struct aid_report_plan *plan, const struct aid_report_odds *o, struct aid_str *out)
{
  size_t all = aid_val_object (out);
  aid_val_kstrz (out, "arm", plan->arms[o->arm]);
  kreal (out, "rate", o->rate);
  kreal (out, "low", o->interval.low);
  kreal (out, "high", o->interval.high);
  kreal (out, "best", o->best);
  kreal (out, "loss", o->loss);
  kreal (out, "design_effect", o->design_effect);
  aid_val_end (out, all, 7);
}

static void
metric_val (const struct aid_report_plan *plan, const struct aid_report_metric *m, size_t i, const struct aid_report *r,
            struct aid_str *out)
{
  size_t all = aid_val_object (out), list;
  uint32_t n = 0;
  aid_val_kstrz (out, "key", m->key);
  aid_val_kstrz (out, "name", m->name);
  aid_val_kstrz (out, "unit", m->unit);
  aid_val_kbool (out, "guardrail", m->guardrail);
  kreal (out, "limit", m->limit);
  aid_val_key (out, "arms");
  list = aid_val_list (out);
  for (size_t k = 0; k < r->odds.len; k++)
    if (AID_VEC_AT (struct aid_report_odds, &r->odds, k).metric == i && ++n)
      odds_val (plan, &AID_VEC_AT (struct aid_report_odds, &r->odds, k), out);
  aid_val_end (out, list, n);
  aid_val_key (out, "comparisons");
  list = aid_val_list (out);
  n = 0;
  for (size_t k = 0; k < r->lines.len; k++)
    if (AID_VEC_AT (struct aid_report_line, &r->lines, k).metric == i && ++n)
      comparison_val (plan, &AID_VEC_AT (struct aid_report_line, &r->lines, k), out);
  aid_val_end (out, list, n);
  aid_val_end (out, all, 7);
}

static void
srm_val (const struct aid_report_plan *plan, const struct aid_report *r, struct aid_str *out)
{
  size_t all = aid_val_object (out), list;
  kreal (out, "p", r->srm);
  aid_val_kbool (out, "alarm", r->srm < AID_STATS_SRM_ALARM);
  aid_val_key (out, "arms");
  list = aid_val_list (out);
  for (size_t i = 0; i < plan->narms; i++)
    {
      size_t one = aid_val_object (out);
      aid_val_kstrz (out, "name", plan->arms[i]);
      kreal (out, "weight", plan->weights[i]);
      aid_val_kint (out, "seen", (int64_t)plan->seen[i]);
      aid_val_end (out, one, 3);
    }
  aid_val_end (out, list, (uint32_t)plan->narms);
  aid_val_end (out, all, 3);
}

void
aid_report_val (const struct aid_report_plan *plan, const struct aid_report_metric *metrics, size_t n,
                const struct aid_report *r, struct aid_str *out)
{
  size_t all = aid_val_object (out), list;
  aid_val_kstrz (out, "experiment", plan->name);
  aid_val_kstrz (out, "by", plan->by_request ? "request" : "person");
  aid_val_kbool (out, "aa", plan->aa);
  aid_val_key (out, "srm");
  srm_val (plan, r, out);
  aid_val_key (out, "decisions");
  list = aid_val_list (out);
  for (size_t arm = 1; arm < plan->narms; arm++)
    {
      size_t one = aid_val_object (out);
      aid_val_kstrz (out, "arm", plan->arms[arm]);
      aid_val_kstrz (out, "decision", aid_decision_name (r->decision[arm]));
      aid_val_end (out, one, 2);
    }
  aid_val_end (out, list, (uint32_t)plan->narms - 1);
  aid_val_key (out, "metrics");
  list = aid_val_list (out);
  for (size_t i = 0; i < n; i++)
    metric_val (plan, &metrics[i], i, r, out);
  aid_val_end (out, list, (uint32_t)n);
  aid_val_kstr (out, "text", aid_str_span (&r->text));
  aid_val_end (out, all, 7);
}
