/* Reports of events whose every number is worked out here.  Intervals are Wilson's for n trials, (p + z2/2n -+ z sqrt(p(1-p)/n
   + z2/4n2)) / (1 + z2/n) with z = 1.959964, where n is at most the hunks and at most p(1-p) / se2, and se is that of a ratio
   of sums over requests: sqrt(sum (y - p x)2 k/(k-1)) / sum x. */
#include "base/val.h"
#include "measure/metrics_report.h"
#include "metrics_scene.h"
#include <math.h>

static const enum aid_metrics_by by_model[] = { AID_BY_MODEL }, by_language[] = { AID_BY_LANGUAGE },
                                 by_week[] = { AID_BY_WEEK };

static void
decide_at (int64_t at, const char *request, const char *language, const char *hunk, const char *decision, const char *was,
           int inserted)
{
  char data[300];
  snprintf (data, sizeof data, "{\"decision\":\"%s\",\"hunk\":\"%s\"%s%s%s,\"inserted\":%d}", decision, hunk,
            was ? ",\"was\":\"" : "", was ? was : "", was ? "\"" : "", inserted);
  put_event (at, "decision", request, language, data);
}

static void
stay_at (int64_t at, const char *request, const char *language, const char *hunk, const char *when, int chars, int kept)
{
  char data[300];
  snprintf (data, sizeof data, "{\"hunk\":\"%s\",\"when\":\"%s\",\"chars\":%d,\"kept\":%d}", hunk, when, chars, kept);
  put_event (at, "stayed", request, language, data);
}

/* Three answers of model a in two weeks, one request of model b that failed. */
static void
scene (void)
{
  int64_t one = MONDAY, two = MONDAY + DAY, three = MONDAY + 7 * DAY;
  put_event (one, "request", "r1", NULL,
             "{\"model\":\"a\",\"strategy\":\"ask\",\"outcome\":\"done\",\"ms\":1000,\"first_ms\":100,\"cost\":0.01}");
  put_event (one + 1, "patch", "r1", NULL, "{\"hunks\":5,\"exact\":3,\"shifted\":1,\"refused\":1}");
  decide_at (one + 2 * MINUTE, "r1", "c", "h1", "accepted", NULL, 40);
  decide_at (one + 2 * MINUTE + 1, "r1", "c", "h2", "edited", NULL, 20);
  decide_at (one + 2 * MINUTE + 2, "r1", "c", "h3", "rejected", NULL, 5);
  decide_at (one + 2 * MINUTE + 3, "r1", "c", "h4", "replaced", NULL, 5); /* by a corrected one: nothing was decided */
  decide_at (one + 2 * MINUTE + 4, "r1", "python", "h5", "skipped", NULL, 10);
  decide_at (one + 3 * MINUTE, "r1", "python", "h5", "accepted", "skipped", 10); /* the last counts */
  stay_at (one + 4 * MINUTE, "r1", "c", "h1", "30s", 40, 40);
  stay_at (one + 4 * MINUTE + 1, "r1", "c", "h2", "30s", 20, 15);
  stay_at (one + 4 * MINUTE + 2, "r1", "python", "h5", "30s", 10, 10);
  stay_at (one + 14 * MINUTE, "r1", "c", "h1", "10m", 40, 20);
  put_event (one + 30 * MINUTE, "build", NULL, NULL, "{\"status\":\"unknown\",\"before\":\"red\"}");
  put_event (one + 31 * MINUTE, "build", NULL, NULL, "{\"status\":\"green\",\"before\":\"red\"}");
  put_event (one + HOUR, "typed", NULL, "c", "{\"chars\":70,\"seconds\":300}");

  put_event (two, "request", "r2", NULL,
             "{\"model\":\"a\",\"strategy\":\"ask\",\"outcome\":\"done\",\"ms\":3000,\"first_ms\":300,\"cost\":0.03}");
  put_event (two + 1, "patch", "r2", NULL, "{\"hunks\":2,\"exact\":2,\"refused\":0}");
  decide_at (two + MINUTE, "r2", "c", "h6", "accepted", NULL, 30); /* twice accepted and undone */
  decide_at (two + MINUTE + 10000, "r2", "c", "h6", "undone", "accepted", 30);
  decide_at (two + 5 * MINUTE, "r2", "c", "h6", "accepted", "undone", 30);
  stay_at (two + 5 * MINUTE + 30000, "r2", "c", "h6", "30s", 30, 30);
  decide_at (two + 6 * MINUTE, "r2", "c", "h6", "undone", "accepted", 30);
  put_event (two + 2 * DAY, "build", NULL, NULL, "{\"status\":\"green\",\"before\":\"red\"}"); /* too late */

  put_event (three, "request", "r3", NULL,
             "{\"model\":\"a\",\"strategy\":\"ask\",\"outcome\":\"done\",\"ms\":2000,\"first_ms\":200}");
  put_event (three + 1, "patch", "r3", NULL, "{\"hunks\":2,\"exact\":1,\"refused\":1}");
  decide_at (three + MINUTE, "r3", "c", "h7", "accepted", NULL, 100);
  stay_at (three + 2 * MINUTE, "r3", "c", "h7", "30s", 100, 100);
  put_event (three + HOUR, "build", NULL, NULL, "{\"status\":\"red\",\"before\":\"red\"}");
  put_event (three + 2 * HOUR, "typed", NULL, "c", "{\"chars\":100,\"seconds\":300}");
  put_event (three + 3 * HOUR, "request", "r4", NULL, "{\"model\":\"b\",\"outcome\":\"failed\",\"ms\":50}");
}

static void
every_number_of_a_model (void **state)
{
  (void)state;
  scene ();
  struct aid_metrics_report *r = report_by (by_model, 1);
  int a = group_named (r, AID_BY_MODEL, "a"), b = group_named (r, AID_BY_MODEL, "b");
  assert_int_equal (aid_metrics_report_groups (r), 2);
  assert_int_equal (a, 0); /* has more requests */
  check (r, a, AID_METRIC_REQUESTS, 3, NAN, NAN);
  /* 4 of 5, 2 of 2, 1 of 2: se 0.09799 is less than of 9 single hunks, so n = 9. */
  check (r, a, AID_METRIC_FIT, 7. / 9, 0.4525889691069889, 0.9367748928821533);
  /* h1, h2 and h5 of 4; not h6, which is undone; h7.  se = 1/6, n = 6. */
  check (r, a, AID_METRIC_ACCEPTED, 4. / 6, 0.299993315138392, 0.9032285888942195);
  /* h2 of 3, of h7 none. */
  check (r, a, AID_METRIC_EDITED, 1. / 4, 0.04558726080970055, 0.6993581574175981);
  /* h6 of the five that were ever accepted: it counts once.  se 0.2498, n = 2.564. */
  check (r, a, AID_METRIC_UNDONE, 1. / 5, 0.02169223182625507, 0.7381318575793969);
  /* The build after r1 went green, that after r3 stayed red; two single trials. */
  check (r, a, AID_METRIC_GREEN, 1. / 2, 0.09453120573423074, 0.9054687942657693);
  /* 70 of 140 characters on the first Monday, 100 of 200 on the second; n = 2 days. */
  check (r, a, AID_METRIC_AI, 170. / 340, 0.09453120573423074, 0.9054687942657693);
  /* r1: 40 + 15 + 10 of 70; r2: nothing of the first acceptance, undone after 10 s, and 30 of the second; r3: 100. */
  check (r, a, AID_METRIC_KEPT_30S, 195. / 230, 0.4497737556685559, 0.9743415223125467);
  /* r1: 20 of 40; r2: nothing of 30, twice.  se 0.24 is less than of two hunks: n = 2. */
  check (r, a, AID_METRIC_KEPT_10M, 20. / 100, 0.017627002622645087, 0.7769448608733262);
  check_unknown (r, a, AID_METRIC_KEPT_COMMIT);
  check (r, a, AID_METRIC_FIRST_P50, 200, NAN, NAN); /* (1/2)^3 is more than 2.5%: of three there are no bounds */
  check (r, a, AID_METRIC_FIRST_P90, 300, 100, NAN); /* all three are above with (1/10)^3 */
  check (r, a, AID_METRIC_WHOLE_P50, 2000, NAN, NAN);
  check (r, a, AID_METRIC_WHOLE_P90, 3000, 1000, NAN);
  check (r, a, AID_METRIC_COST, 0.04, NAN, NAN);
  check (r, a, AID_METRIC_COST_EACH, 0.02, 0.0004003601545994606, 0.03959963984540054);
  struct aid_metric_number n;
  aid_metrics_report_number (r, a, -1, AID_METRIC_COST, &n);
  assert_true (n.partly); /* r3 has no price */

  check (r, b, AID_METRIC_REQUESTS, 1, NAN, NAN);
  for (int m = AID_METRIC_FIT; m < AID_METRICS; m++)
    if (m != AID_METRIC_AI)
      check_unknown (r, b, (enum aid_metric)m);
  check (r, b, AID_METRIC_AI, 0, 0, 0.6576197724933469); /* of what was typed and accepted on two days, nothing */
  check (r, -1, AID_METRIC_REQUESTS, 4, NAN, NAN);
  check (r, -1, AID_METRIC_ACCEPTED, 4. / 6, 0.299993315138392, 0.9032285888942195);
  check (r, -1, AID_METRIC_AI, 170. / 340, 0.09453120573423074, 0.9054687942657693);
  aid_metrics_report_free (r);
}

static void
languages_have_their_own_hunks (void **state)
{
  (void)state;
  scene ();
  struct aid_metrics_report *r = report_by (by_language, 1);
  int c = group_named (r, AID_BY_LANGUAGE, "c"), python = group_named (r, AID_BY_LANGUAGE, "python");
  assert_int_equal (aid_metrics_report_groups (r), 3);
  check (r, c, AID_METRIC_REQUESTS, 3, NAN, NAN); /* a request is of the language of most of its hunks */
  check (r, python, AID_METRIC_REQUESTS, 0, NAN, NAN);
  check (r, group_named (r, AID_BY_LANGUAGE, NULL), AID_METRIC_REQUESTS, 1, NAN, NAN);
  check (r, python, AID_METRIC_ACCEPTED, 1, 0.20654931437723745, 1); /* one of one */
  check (r, python, AID_METRIC_KEPT_30S, 1, 0.20654931437723745, 1);
  check (r, c, AID_METRIC_KEPT_30S, 185. / 220, 0.40983293473138116, 0.9757472029164544);
  /* All of Python's were the model's, of C's 60 and 100 of 130 and 200. */
  check (r, python, AID_METRIC_AI, 1, 0.20654931437723745, 1);
  aid_metrics_report_free (r);
}

static void
weeks_are_groups_or_series (void **state)
{
  (void)state;
  scene ();
  char name[16];
  struct aid_metrics_report *r = report_by (by_model, 1), *w = report_by (by_week, 1);
  assert_int_equal (aid_metrics_report_weeks (r), 2);
  aid_metrics_report_week (r, 0, name);
  assert_string_equal (name, "2025-W02");
  aid_metrics_report_week (r, 1, name);
  assert_string_equal (name, "2025-W03");
  check_week (r, 0, 0, AID_METRIC_REQUESTS, 2, NAN, NAN);
  check_week (r, 0, 1, AID_METRIC_REQUESTS, 1, NAN, NAN);
  check_week (r, 0, 1, AID_METRIC_ACCEPTED, 1, 0.20654931437723745, 1);
  check_week (r, 0, 1, AID_METRIC_WHOLE_P50, 2000, NAN, NAN);
  check_week (r, -1, 0, AID_METRIC_WHOLE_P90, 3000, 1000, NAN);
  check_week (r, -1, 1, AID_METRIC_AI, 0.5, 0.05462075552885198, 0.945379244471148);
  assert_int_equal (aid_metrics_report_weeks (w), 0);
  assert_string_equal (aid_metrics_report_key (w, 0, AID_BY_WEEK), "2025-W03"); /* the newest first */
  check (w, 1, AID_METRIC_REQUESTS, 2, NAN, NAN);
  check (w, 1, AID_METRIC_WHOLE_P90, 3000, 1000, NAN);
  aid_metrics_report_free (r);
  aid_metrics_report_free (w);
}

static void
a_span_is_of_requests (void **state)
{
  (void)state;
  scene ();
  struct aid_metrics_wish wish = { .since = MONDAY - 1, .before = MONDAY + MINUTE };
  struct aid_metrics_report *r = NULL;
  assert_int_equal (aid_metrics_report_make (&wish, &r, NULL), AID_OK);
  check (r, -1, AID_METRIC_REQUESTS, 1, NAN, NAN);
  /* What was decided later counts, for its request was in the span; 3 of 4 in one request are worth one trial. */
  check (r, -1, AID_METRIC_ACCEPTED, 0.75, 0.11790958799950957, 0.9853650691891092);
  check (r, -1, AID_METRIC_GREEN, 1, 0.20654931437723745, 1);
  aid_metrics_report_free (r);
  wish = (struct aid_metrics_wish){ .since = MONDAY + 1 };
  assert_int_equal (aid_metrics_report_make (&wish, &r, NULL), AID_OK);
  check (r, -1, AID_METRIC_REQUESTS, 3, NAN, NAN);
  check (r, -1, AID_METRIC_ACCEPTED, 0.5, 0.09453120573423074, 0.9054687942657693); /* r1's decisions are r1's */
  aid_metrics_report_free (r);
}

/* --- edges ------------------------------------------------------------------------------------------------------------ */

static void
nothing_is_blank (void **state)
{
  (void)state;
  struct aid_str out = AID_STR_INIT (100000);
  struct aid_metrics_report *r = report_by (by_model, 1);
  assert_int_equal (aid_metrics_report_groups (r), 0);
  check (r, -1, AID_METRIC_REQUESTS, 0, NAN, NAN);
  for (int m = AID_METRIC_FIT; m < AID_METRICS; m++)
    check_unknown (r, -1, (enum aid_metric)m);
  assert_int_equal (access (scratch_path ("aid/events.db"), F_OK), -1); /* asking makes no file */
  aid_metrics_report_text (r, 0, &out);
  assert_non_null (strstr (aid_str_z (&out), "All                          0\n"));
  assert_null (strstr (aid_str_z (&out), "0%\n")); /* unknown is not nought */
  assert_null (strstr (aid_str_z (&out), "–"));
  aid_str_free (&out);
  aid_metrics_report_free (r);
}

static void
one_event_is_enough (void **state)
{
  (void)state;
  put_event (MONDAY, "request", NULL, NULL, "{\"outcome\":\"done\",\"ms\":700}");
  struct aid_metrics_report *r = report_by (by_model, 1);
  assert_int_equal (aid_metrics_report_groups (r), 1);
  assert_null (aid_metrics_report_key (r, 0, AID_BY_MODEL));
  check (r, 0, AID_METRIC_REQUESTS, 1, NAN, NAN);
  check (r, 0, AID_METRIC_WHOLE_P50, 700, NAN, NAN);
  check_unknown (r, 0, AID_METRIC_COST);
  aid_metrics_report_free (r);
}

static void
a_decision_without_its_request_counts_by_its_own_time (void **state)
{
  (void)state;
  decide_at (MONDAY, "gone", "c", "h1", "accepted", NULL, 10);
  decide_at (MONDAY + 1, NULL, "c", "h2", "rejected", NULL, 10);
  struct aid_metrics_report *r = report_by (by_model, 1);
  assert_int_equal (aid_metrics_report_groups (r), 1);
  assert_null (aid_metrics_report_key (r, 0, AID_BY_MODEL));
  check (r, 0, AID_METRIC_REQUESTS, 0, NAN, NAN);
  check (r, 0, AID_METRIC_ACCEPTED, 0.5, 0.09453120573423074, 0.9054687942657693);
  aid_metrics_report_free (r);
  struct aid_metrics_wish wish = { .before = MONDAY };
  assert_int_equal (aid_metrics_report_make (&wish, &r, NULL), AID_OK);
  check_unknown (r, -1, AID_METRIC_ACCEPTED);
  aid_metrics_report_free (r);
}

static void
a_clock_that_goes_back_changes_no_order (void **state)
{
  (void)state;
  put_event_at (MONDAY, MONDAY, "request", "r1", NULL, "p", "{\"model\":\"a\",\"outcome\":\"done\",\"ms\":5}");
  put_event_at (MONDAY + 1, MONDAY - 5 * DAY, "decision", "r1", "c", "p",
                "{\"decision\":\"rejected\",\"hunk\":\"h\",\"inserted\":9}");
  put_event_at (MONDAY + 2, MONDAY - 6 * DAY, "decision", "r1", "c", "p",
                "{\"decision\":\"accepted\",\"hunk\":\"h\",\"inserted\":9}");
  put_event_at (MONDAY + 3, MONDAY - 7 * DAY, "decision", "r1", "c", "p",
                "{\"decision\":\"undone\",\"was\":\"accepted\",\"hunk\":\"h\",\"inserted\":9}");
  put_event_at (MONDAY + 4, MONDAY - 8 * DAY, "decision", "r1", "c", "p",
                "{\"decision\":\"edited\",\"hunk\":\"h\",\"inserted\":9}");
  struct aid_metrics_report *r = report_by (by_model, 1);
  int a = group_named (r, AID_BY_MODEL, "a");
  check (r, a, AID_METRIC_ACCEPTED, 1, 0.20654931437723745, 1);
  check (r, a, AID_METRIC_EDITED, 1, 0.20654931437723745, 1);
  check (r, a, AID_METRIC_UNDONE, 1, 0.20654931437723745, 1);
  check (r, a, AID_METRIC_KEPT_10M, 0, 0, 0.7934506856227626); /* when it was undone is not known: at once */
  assert_int_equal (aid_metrics_report_weeks (r), 1);          /* all of it is of the request's week */
  aid_metrics_report_free (r);
}

static void
names_can_be_anything (void **state)
{
  (void)state;
  static const enum aid_metrics_by by[] = { AID_BY_MODEL, AID_BY_STRATEGY };
  struct aid_str text = AID_STR_INIT (100000), mark = AID_STR_INIT (100000), val = AID_STR_INIT (1 << 20),
                 json = AID_STR_INIT (1 << 20);
  put_event (MONDAY, "request", "r1", NULL, "{\"model\":\"a|b\\n\\u001b[2J<x>\",\"strategy\":\"';DROP TABLE events;--\"}");
  put_event (MONDAY, "request", "r2", NULL, "{\"model\":\"\xFF\xFE\",\"strategy\":\"\"}");
  put_event (MONDAY, "request", "r3", NULL,
             "{\"model\":{\"x\":[1]},\"strategy\":12,\"ms\":\"x\",\"cost\":\"many\",\"outcome\":7}");
  put_event (MONDAY, "decision", "r3", "c", "{\"hunk\":5,\"inserted\":\"x\"}");
  put_event (MONDAY, "stayed", "r3", "c", "{\"when\":[],\"kept\":-5,\"chars\":{}}");
  struct aid_metrics_report *r = report_by (by, 2);
  assert_int_equal (aid_metrics_report_groups (r), 3);
  assert_null (aid_metrics_report_key (r, group_named (r, AID_BY_STRATEGY, NULL), AID_BY_STRATEGY));
  group_named (r, AID_BY_STRATEGY, "';DROP TABLE events;--");
  check_unknown (r, -1, AID_METRIC_ACCEPTED);
  aid_metrics_report_text (r, 0, &text);
  aid_metrics_report_text (r, 1, &mark);
  aid_metrics_report_val (r, 10, &val);
  assert_int_equal (text.err | mark.err | val.err, AID_OK);
  assert_non_null (strstr (aid_str_z (&mark), "a\\|b  "));
  assert_non_null (strstr (aid_str_z (&text), "\na|b  [2J<x>")); /* one line, and no terminal's command */
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
  assert_non_null (strstr (aid_str_z (&json), "\xEF\xBF\xBD"));
  assert_non_null (strstr (aid_str_z (&json), "DROP TABLE"));
  aid_metrics_report_free (r);
  aid_str_free (&text);
  aid_str_free (&mark);
  aid_str_free (&val);
  aid_str_free (&json);
}

/* Seven answers, each slower and dearer than the one before. */
static void
answers (const char *model, double ms, double cost)
{
  char request[40], data[300];
  for (int i = 0; i < 7; i++)
    {
      snprintf (request, sizeof request, "%s%d", model, i);
      snprintf (data, sizeof data, "{\"model\":\"%s\",\"outcome\":\"done\",\"ms\":%.0f,\"first_ms\":%.0f,\"cost\":%.7f}", model,
                ms * pow (4, i), ms * pow (4, i), cost * (1 + i));
      put_event (MONDAY + i, "request", request, NULL, data);
    }
}

/* Of a number and its interval nothing is cut, whatever they are. */
static void
numbers_are_whole_in_their_columns (void **state)
{
  (void)state;
  struct aid_str text = AID_STR_INIT (100000);
  answers ("quick", 130, 0.00003);
  answers ("slow", 999, 0.0071);
  answers ("dear", 170000, 7000);
  struct aid_metrics_report *r = report_by (by_model, 1);
  aid_metrics_report_text (r, 0, &text);
  assert_int_equal (text.err, AID_OK);
  assert_null (strstr (aid_str_z (&text), "…"));
  assert_non_null (strstr (aid_str_z (&text), " 0.00007–0.00017\n"));
  assert_non_null (strstr (aid_str_z (&text), " 130ms–8.9min"));
  assert_non_null (strstr (aid_str_z (&text), "$196000 "));
  aid_metrics_report_free (r);
  aid_str_free (&text);
}

static void
too_many_groups_are_an_error (void **state)
{
  (void)state;
  struct aid_metrics_wish wish = { .by = { AID_BY_MODEL }, .nby = 1 };
  struct aid_metrics_report *r = NULL;
  struct aid_error e = { AID_OK, "" };
  struct aid_db *db = NULL;
  put_event (MONDAY, "request", "r", NULL, "{}");
  assert_int_equal (aid_events_db_open (&db, &e), AID_OK);
  assert_int_equal (
    aid_db_exec (db,
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2001) INSERT INTO events(id, at,"
                 " kind, request, person, data) SELECT randomblob(16), 1736157600000, 'request', 'q' || i, 'me',"
                 " json_object('model', 'm' || i) FROM n",
                 &e),
    AID_OK);
  aid_db_close (db);
  assert_int_equal (aid_metrics_report_make (&wish, &r, &e), AID_E_LIMIT);
  assert_non_null (strstr (e.msg, "more than 2000 rows"));
  aid_metrics_report_free (r);
}

/* --- the events behind a number --------------------------------------------------------------------------------------- */

static int
tell (void *ctx, const struct aid_event_row *row, const char *model)
{
  aid_str_addf (ctx, "%s/%s/%s ", row->kind, row->request ? row->request : "-", model ? model : "-");
  return 0;
}

static void
lists (struct aid_events_filter filter, const char *due)
{
  struct aid_str out = AID_STR_INIT (10000);
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_metrics_events_each (&filter, tell, &out, &e);
  if (err)
    print_error ("%s\n", e.msg);
  assert_int_equal (err, AID_OK);
  assert_string_equal (aid_str_z (&out), due);
  aid_str_free (&out);
}

#define KEYS(by, value) .keys = { [by] = value }

static void
a_number_opens_its_events (void **state)
{
  (void)state;
  scene ();
  lists ((struct aid_events_filter){ .which.kind = "request", KEYS (AID_BY_MODEL, "b") }, "request/r4/b ");
  lists ((struct aid_events_filter){ .which.kind = "patch", KEYS (AID_BY_WEEK, "2025-W02") }, "patch/r1/a patch/r2/a ");
  lists ((struct aid_events_filter){ .which.kind = "decision", KEYS (AID_BY_LANGUAGE, "python") },
         "decision/r1/a decision/r1/a ");
  lists ((struct aid_events_filter){ .which.kind = "request", KEYS (AID_BY_LANGUAGE, "") }, "request/r4/b ");
  lists ((struct aid_events_filter){ .which.kind = "stayed", .with = "when=10m" }, "stayed/r1/a ");
  lists ((struct aid_events_filter){ .which.kind = "stayed", .with = "kept=100" }, "stayed/r3/a ");
  lists ((struct aid_events_filter){ .which.kind = "request,patch", .most = 2 }, "patch/r3/a request/r4/b ");
  /* Those of requests of the first hour are decided on later; all times are those of the requests. */
  lists ((struct aid_events_filter){ .which = { .kind = "decision,typed", .before = MONDAY + 90 * MINUTE },
                                     .of_requests = 1,
                                     KEYS (AID_BY_MODEL, "a") },
         "decision/r1/a decision/r1/a decision/r1/a decision/r1/a decision/r1/a decision/r1/a typed/-/- ");
  lists ((struct aid_events_filter){ .which = { .kind = "decision", .before = MONDAY + 1 } }, "");
  /* The builds that say whether an answer made them green: not the one whose end is unknown, nor the one two days later. */
  lists ((struct aid_events_filter){ .which.kind = "build", .of_requests = 1, KEYS (AID_BY_MODEL, "a") },
         "build/-/- build/-/- ");
  lists ((struct aid_events_filter){ .which.kind = "build", .of_requests = 1, KEYS (AID_BY_MODEL, "b") }, "");
  lists ((struct aid_events_filter){ .which.kind = "build", .of_requests = 1, KEYS (AID_BY_WEEK, "2025-W03") },
         "build/-/- ");
}

static void
a_filter_that_means_nothing_is_said (void **state)
{
  (void)state;
  struct aid_str out = AID_STR_INIT (1000);
  struct aid_error e = { AID_OK, "" };
  struct aid_events_filter kind = { .which.kind = "request,answer" }, week = { KEYS (AID_BY_WEEK, "2025-W53") },
                           with = { .with = "data') --=1" };
  assert_int_equal (aid_metrics_events_each (&kind, tell, &out, &e), AID_E_INVALID);
  assert_non_null (strstr (e.msg, "answer"));
  assert_int_equal (aid_metrics_events_each (&week, tell, &out, &e), AID_E_INVALID); /* 2025 has 52 */
  assert_int_equal (aid_metrics_events_each (&with, tell, &out, &e), AID_E_INVALID);
  week.keys[AID_BY_WEEK] = "2026-W53";
  assert_int_equal (aid_metrics_events_each (&week, tell, &out, &e), AID_OK);
  aid_str_free (&out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (every_number_of_a_model, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (languages_have_their_own_hunks, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (weeks_are_groups_or_series, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_span_is_of_requests, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (nothing_is_blank, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (one_event_is_enough, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_decision_without_its_request_counts_by_its_own_time, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_clock_that_goes_back_changes_no_order, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (names_can_be_anything, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (numbers_are_whole_in_their_columns, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (too_many_groups_are_an_error, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_number_opens_its_events, scene_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_filter_that_means_nothing_is_said, scene_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
