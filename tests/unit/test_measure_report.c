/* A report from rows to sentences: what each looks like, and what it advises. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/json.h"
#include "base/val.h"
#include "measure/special.h"
#include "measure/stats_report.h"
#include <math.h>

#define PERSONS 400 /* in each arm */

static struct aid_stats_row rows[4 * PERSONS];
static struct aid_stats_value values[4 * PERSONS];

static struct aid_report_plan
plan_of (size_t narms)
{
  struct aid_report_plan p = { .name = "x",
                               .arms = { "old", "new", "third" },
                               .weights = { 1, 1, 1 },
                               .seen = { PERSONS, PERSONS, PERSONS },
                               .narms = narms,
                               .alpha = 0.05,
                               .power = 0.8,
                               .tuning = 5000 };
  return p;
}

/* Of each arm's PERSONS everyone is offered ten, and ACCEPTED[arm] of them are accepted on average, one more or less by
   turns. */
static struct aid_report_metric
accepts (const int *accepted, uint32_t narms)
{
  size_t n = 0;
  for (uint32_t arm = 0; arm < narms; arm++)
    for (uint32_t i = 0; i < PERSONS; i++)
      rows[n++] = (struct aid_stats_row){ arm * PERSONS + i, arm, accepted[arm] + (i % 2 ? 1 : -1), 10, 0, 0 };
  return (struct aid_report_metric){ .name = "accept rate", .limit = 0.05, .counts = 1, .rows = rows, .nrows = n };
}

/* Each person waits for BASE[arm] to BASE[arm] + 99 ms. */
static struct aid_report_metric
waits (const double *base, double borne)
{
  for (uint32_t i = 0; i < 2 * PERSONS; i++)
    values[i] = (struct aid_stats_value){ i, i / PERSONS, base[i / PERSONS] + i % 100 };
  return (struct aid_report_metric){ .name = "p90 latency",
                                     .unit = "ms",
                                     .less_is_better = 1,
                                     .guardrail = 1,
                                     .limit = borne,
                                     .values = values,
                                     .nvalues = 2 * PERSONS,
                                     .q = 0.9 };
}

static void
make (const struct aid_report_plan *p, const struct aid_report_metric *m, size_t n, struct aid_report *out)
{
  struct aid_error e = { AID_OK, "" };
  if (aid_report_make (p, m, n, out, &e))
    fail_msg ("%s", e.msg);
}

static const struct aid_report_line *
line (const struct aid_report *r, size_t i)
{
  return &AID_VEC_AT (struct aid_report_line, &r->lines, i);
}

static void
says (const struct aid_report *r, const char *words)
{
  if (!strstr (aid_str_z (&r->text), words))
    fail_msg ("\"%s\" is not in:\n%s", words, aid_str_z (&r->text));
}

/* The standard error is sqrt (2 / 400) / 10 by 400/399: 0.708 points; the sequence at 800 persons is 3.49 of these. */
static void
harm_is_said_as_plainly_as_gain (void **state)
{
  const int gain[] = { 3, 4 }, harm[] = { 4, 3 };
  struct aid_report_plan p = plan_of (2);
  struct aid_report r;
  (void)state;
  struct aid_report_metric m = accepts (gain, 2);
  make (&p, &m, 1, &r);
  assert_int_equal (line (&r, 0)->verdict, AID_VERDICT_BETTER);
  assert_int_equal (r.decision[1], AID_DECIDE_CHOOSE);
  assert_string_equal (line (&r, 0)->sentence,
                       "accept rate: \"new\" is better than \"old\": 40.0% instead of 30.0%, +10.0 points (+7.5 to +12.5).");
  says (&r, "Choose \"new\".\n");
  aid_report_free (&r);
  m = accepts (harm, 2);
  make (&p, &m, 1, &r);
  assert_int_equal (line (&r, 0)->verdict, AID_VERDICT_WORSE);
  assert_int_equal (r.decision[1], AID_DECIDE_STOP);
  assert_string_equal (line (&r, 0)->sentence,
                       "accept rate: \"new\" is worse than \"old\": 30.0% instead of 40.0%, -10.0 points (-12.5 to -7.5).");
  says (&r, "Stop \"new\": it does harm.\n");
  aid_report_free (&r);
}

static void
what_is_not_shown_says_what_would_show_it (void **state)
{
  const int same[] = { 3, 3 };
  struct aid_report_plan p = plan_of (2);
  struct aid_report r;
  (void)state;
  struct aid_report_metric m = accepts (same, 2);
  m.limit = 0.01;
  make (&p, &m, 1, &r);
  assert_int_equal (line (&r, 0)->verdict, AID_VERDICT_OPEN);
  assert_int_equal (r.decision[1], AID_DECIDE_WAIT);
  double v = 0.01 * PERSONS / (PERSONS - 1.0), all = aid_stats_needed (v, v, 0.5, 0.01, 0.05, 0.8, 5000);
  assert_true (line (&r, 0)->needed > 1000 && fabs (line (&r, 0)->needed - (all - 2 * PERSONS)) <= 2);
  says (&r, "accept rate: \"new\" has not been told apart from \"old\": 30.0% instead of 30.0%, 0.0 points (-2.5 to +2.5). "
            "To show a difference of 1.0 points in 80 of 100 cases takes about ");
  aid_report_free (&r);
  m.limit = 0.05; /* and if five points are the least that matters, it is shown that there is none */
  make (&p, &m, 1, &r);
  assert_int_equal (line (&r, 0)->verdict, AID_VERDICT_SAME);
  assert_int_equal (r.decision[1], AID_DECIDE_EITHER);
  aid_report_free (&r);
}

static void
units_that_went_astray_are_said_first (void **state)
{
  const int gain[] = { 3, 4 };
  struct aid_report_plan p = plan_of (2);
  struct aid_report r;
  (void)state;
  p.seen[1] = 280;
  struct aid_report_metric m = accepts (gain, 2);
  make (&p, &m, 1, &r);
  assert_int_equal (r.decision[1], AID_DECIDE_DISTRUST);
  assert_true (aid_span_starts (aid_str_span (&r.text),
                                "Do not believe what follows: \"old\" was given to 400 people where 340 were due, "
                                "\"new\" was given to 280 people where 340 were due (p = "));
  assert_null (strstr (aid_str_z (&r.text), "Choose"));
  aid_report_free (&r);
}

static void
a_broken_guardrail_stops_what_is_better (void **state)
{
  const int gain[] = { 3, 4 };
  const double slower[] = { 500, 900 }, alike[] = { 500, 502 }, slow[] = { 500, 510 };
  struct aid_report_plan p = plan_of (2);
  struct aid_report r;
  (void)state;
  struct aid_report_metric m[] = { accepts (gain, 2), waits (slower, 100) };
  make (&p, m, 2, &r);
  assert_int_equal (line (&r, 1)->verdict, AID_VERDICT_BROKEN);
  assert_int_equal (r.decision[1], AID_DECIDE_STOP);
  says (&r, "p90 latency: \"new\" breaks the guardrail beside \"old\": 989 ms instead of 589 ms, +400 ms (");
  says (&r, "), where 100 ms are borne.\n");
  assert_true (strstr (aid_str_z (&r.text), "breaks") < strstr (aid_str_z (&r.text), "is better")); /* harm stands first */
  aid_report_free (&r);
  m[1] = waits (alike, 100);
  make (&p, m, 2, &r);
  assert_int_equal (line (&r, 1)->verdict, AID_VERDICT_SAFE);
  assert_int_equal (r.decision[1], AID_DECIDE_CHOOSE);
  aid_report_free (&r);
  m[1] = waits (slow, 100); /* a harm that is borne is still said */
  make (&p, m, 2, &r);
  assert_int_equal (line (&r, 1)->verdict, AID_VERDICT_SAFE);
  assert_int_equal (r.decision[1], AID_DECIDE_CHOOSE);
  says (&r, "p90 latency: \"new\" is worse, but stays within the guardrail beside \"old\": 599 ms instead of 589 ms, ");
  aid_report_free (&r);
  m[1] = waits (slow, 5); /* worse, and perhaps by more than is borne */
  make (&p, m, 2, &r);
  assert_int_equal (line (&r, 1)->verdict, AID_VERDICT_WORSE);
  assert_int_equal (r.decision[1], AID_DECIDE_WAIT);
  aid_report_free (&r);
  m[1] = waits (alike, 5); /* neither broken nor ruled out: a gain has to wait */
  make (&p, m, 2, &r);
  assert_int_equal (line (&r, 1)->verdict, AID_VERDICT_OPEN);
  assert_int_equal (r.decision[1], AID_DECIDE_WAIT);
  aid_report_free (&r);
}

static void
the_same_settings_have_nothing_to_choose (void **state)
{
  const int differs[] = { 3, 4 };
  struct aid_report_plan p = plan_of (2);
  struct aid_report r;
  (void)state;
  p.aa = 1;
  struct aid_report_metric m = accepts (differs, 2);
  make (&p, &m, 1, &r);
  assert_int_equal (r.decision[1], AID_DECIDE_WAIT);
  says (&r, "\"new\" is an A/A test: there is nothing to choose.\n");
  says (&r, "Both have the same settings: this is a false alarm, or they are not handled alike.");
  aid_report_free (&r);
}

static void
few_people_say_nothing (void **state)
{
  const struct aid_stats_row few[] = { { 1, 0, 0, 10, 0, 0 }, { 2, 1, 10, 10, 0, 0 } };
  struct aid_report_plan p = plan_of (2);
  struct aid_report_metric m = { .name = "accept rate", .limit = 0.05, .counts = 1, .rows = few, .nrows = 2 };
  struct aid_report r;
  (void)state;
  p.seen[0] = p.seen[1] = 1;
  make (&p, &m, 1, &r);
  assert_int_equal (line (&r, 0)->verdict, AID_VERDICT_EARLY);
  says (&r, "accept rate: too early to say anything of \"new\" (people: 1, beside 1; 8 in each are the least).\n");
  aid_report_free (&r);
  m.nrows = 0;
  make (&p, &m, 1, &r);
  assert_int_equal (line (&r, 0)->verdict, AID_VERDICT_EARLY);
  aid_report_free (&r);
  const int same[] = { 5, 5 };
  p = plan_of (2);
  m = accepts (same, 2);
  for (size_t i = 0; i < m.nrows; i++)
    rows[i].y = 5;
  make (&p, &m, 1, &r);
  says (&r, "accept rate: nothing varies yet between \"new\" and \"old\".\n");
  aid_report_free (&r);
  p.narms = 1;
  assert_int_equal (aid_report_make (&p, &m, 1, &r, NULL), AID_E_INVALID);
  aid_report_free (&r);
}

static void
several_arms_share_the_risk_of_a_false_alarm (void **state)
{
  const int three[] = { 3, 4, 2 };
  struct aid_report_plan p = plan_of (3);
  struct aid_report r;
  (void)state;
  struct aid_report_metric m = accepts (three, 3);
  make (&p, &m, 1, &r);
  assert_int_equal (r.lines.len, 2);
  assert_true (line (&r, 0)->alpha == 0.025 && line (&r, 0)->verdict == AID_VERDICT_BETTER
               && line (&r, 1)->verdict == AID_VERDICT_WORSE);
  assert_true (r.decision[1] == AID_DECIDE_CHOOSE && r.decision[2] == AID_DECIDE_STOP);
  assert_int_equal (r.odds.len, 3);
  assert_true (AID_VEC_AT (struct aid_report_odds, &r.odds, 1).best > 0.999);
  aid_report_free (&r);
  m.less_is_better = 1; /* of what is bad the least is the best */
  make (&p, &m, 1, &r);
  assert_true (line (&r, 0)->verdict == AID_VERDICT_WORSE && line (&r, 1)->verdict == AID_VERDICT_BETTER);
  assert_true (AID_VEC_AT (struct aid_report_odds, &r.odds, 2).best > 0.999);
  aid_report_free (&r);
}

static void
a_value_holds_all_of_it (void **state)
{
  const int gain[] = { 3, 4 };
  const double alike[] = { 500, 510 };
  struct aid_report_plan p = plan_of (2);
  struct aid_report r;
  struct aid_str val = AID_STR_INIT (1 << 20), json = AID_STR_INIT (1 << 20);
  (void)state;
  struct aid_report_metric m[] = { accepts (gain, 2), waits (alike, 100) };
  make (&p, m, 2, &r);
  aid_report_val (&p, m, 2, &r, &val);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
  json_t *all = aid_json_parse (aid_str_span (&json), "the report", NULL);
  assert_non_null (all);
  const json_t *first = json_array_get (json_object_get (all, "metrics"), 0);
  const json_t *compared = json_array_get (json_object_get (first, "comparisons"), 0);
  assert_string_equal (aid_json_str (compared, "verdict"), "better");
  assert_true (fabs (aid_json_real (compared, "difference", 0) - 0.1) < 1e-12);
  assert_int_equal (aid_json_int (compared, "persons", 0), PERSONS);
  assert_int_equal (json_array_size (json_object_get (first, "arms")), 2);
  assert_string_equal (aid_json_str (json_array_get (json_object_get (all, "decisions"), 0), "decision"), "choose");
  assert_false (aid_json_bool (json_object_get (all, "srm"), "alarm", 1));
  json_decref (all);
  aid_str_free (&val);
  aid_str_free (&json);
  aid_report_free (&r);
}

static void
an_experiment_names_its_metrics (void **state)
{
  struct aid_error e;
  struct aid_experiment x;
  struct aid_report_plan p;
  struct aid_report_metric m[AID_REPORT_METRICS];
  struct aid_report r;
  (void)state;
  struct aid_config *c = aid_config_parse (
    AID_SPAN ("{\"experiments\":{\"x\":{\"variants\":[{\"name\":\"a\",\"weight\":0.25},{\"name\":\"b\",\"weight\":0.75,"
              "\"settings\":{\"index\":false}}],\"effect\":0.02,\"tuning\":50,\"by\":\"request\","
              "\"guardrails\":{\"red_rate\":0.1,\"latency_p90_ms\":300}}}}"),
    AID_SPAN (""), &e);
  assert_int_equal (aid_experiment_find (c, "x", &x, &e), AID_OK);
  aid_report_plan_of (&x, &p);
  assert_true (p.narms == 2 && p.weights[1] == 0.75 && p.tuning == 50 && p.by_request && !p.aa && p.alpha == 0.05);
  assert_int_equal (aid_report_metrics_of (&x, m), 4);
  assert_true (!m[0].guardrail && m[0].counts && m[0].limit == 0.02 && !m[0].less_is_better);
  assert_string_equal (m[2].key, "latency_p90_ms");
  assert_true (m[2].guardrail && m[2].less_is_better && m[2].limit == 300 && m[2].q == 0.9);
  assert_string_equal (m[3].key, "red_rate");
  make (&p, m, 4, &r); /* nothing was measured yet */
  for (size_t i = 0; i < r.lines.len; i++)
    assert_int_equal (line (&r, i)->verdict, AID_VERDICT_EARLY);
  assert_int_equal (r.decision[1], AID_DECIDE_WAIT);
  aid_report_free (&r);
  aid_config_free (c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (harm_is_said_as_plainly_as_gain),
    cmocka_unit_test (what_is_not_shown_says_what_would_show_it),
    cmocka_unit_test (units_that_went_astray_are_said_first),
    cmocka_unit_test (a_broken_guardrail_stops_what_is_better),
    cmocka_unit_test (the_same_settings_have_nothing_to_choose),
    cmocka_unit_test (few_people_say_nothing),
    cmocka_unit_test (several_arms_share_the_risk_of_a_false_alarm),
    cmocka_unit_test (a_value_holds_all_of_it),
    cmocka_unit_test (an_experiment_names_its_metrics),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
