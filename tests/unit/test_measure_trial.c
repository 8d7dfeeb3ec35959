/* The rows of an experiment, counted by hand; how it is called in events; and a variant that does harm. */
#include "measure/events.h"
#include "measure/trial_report.h"
#include "base/json.h"
#include "base/stop.h"
#include "base/val.h"
#include "store/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch.h"
#include "scratch_put.h"

#define TWO "\"variants\":[{\"name\":\"old\"},{\"name\":\"new\",\"settings\":{\"strategy\":\"short\"}}]"

/* The experiment "x" with MEMBERS; borrows *C. */
static struct aid_experiment
experiment (const char *members, struct aid_config **c)
{
  struct aid_str text = AID_STR_INIT (65536);
  struct aid_experiment x;
  struct aid_error e = { AID_OK, "" };
  aid_str_addf (&text, "{\"experiments\":{\"x\":{%s}}}", members);
  *c = aid_config_parse (aid_str_span (&text), AID_SPAN (""), &e);
  assert_non_null (*c);
  assert_int_equal (aid_experiment_find (*c, "x", &x, &e), AID_OK);
  aid_str_free (&text);
  return x;
}

static void
a_pair_has_no_commas_or_blanks_of_its_own (void **state)
{
  (void)state;
  struct aid_str out = AID_STR_INIT (1000);
  aid_trial_pair ("a,b", "c=d e%\n\xc3\xa9", &out);
  assert_string_equal (aid_str_z (&out), "a%2Cb=c%3Dd%20e%25%0A\xc3\xa9");
  aid_str_free (&out);
}

static void
a_version_is_of_what_is_given_to_whom (void **state)
{
  (void)state;
  static const struct
  {
    const char *members;
    int same;
  } cases[] = {
    { TWO ",\"coverage\":0.5,\"stop\":\"2030-01-01\",\"guardrails\":{\"undo_rate\":0.1},\"hypothesis\":\"h\"", 1 },
    { TWO ",\"seed\":\"x\"", 1 }, /* which is the name */
    { TWO ",\"seed\":\"y\"", 0 },
    { TWO ",\"by\":\"request\"", 0 },
    { "\"variants\":[{\"name\":\"old\"},{\"name\":\"new\",\"settings\":{\"strategy\":\"long\"}}]", 0 },
    { "\"variants\":[{\"name\":\"old\"},{\"name\":\"newer\",\"settings\":{\"strategy\":\"short\"}}]", 0 },
    { "\"variants\":[{\"name\":\"old\",\"weight\":0.3},{\"name\":\"new\",\"weight\":0.7,\"settings\":{\"strategy\":"
      "\"short\"}}]",
      0 },
  };
  char first[AID_TRIAL_VERSION], version[AID_TRIAL_VERSION];
  struct aid_config *c;
  struct aid_experiment x = experiment (TWO, &c);
  aid_trial_version (&x, first);
  assert_int_equal (strlen (first), 8);
  aid_config_free (c);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      x = experiment (cases[i].members, &c);
      aid_trial_version (&x, version);
      assert_int_equal (!strcmp (first, version), cases[i].same);
      aid_config_free (c);
    }
}

static void
a_list_of_variants_is_cut_between_two (void **state)
{
  (void)state;
  struct aid_str fields = AID_STR_INIT (8192), pairs = AID_STR_INIT (4096);
  while (pairs.len <= AID_EVENT_WORDS_MAX)
    aid_str_addf (&pairs, "%sexperiment=variant", pairs.len ? "," : "");
  size_t o = aid_val_object (&fields);
  aid_val_kstr (&fields, "variant", aid_str_span (&pairs));
  aid_val_end (&fields, o, 1);
  json_t *data = aid_measured_json (AID_MEASURED_REQUEST, aid_str_span (&fields));
  const char *kept = aid_json_str (data, "variant");
  size_t n = strlen (kept);
  assert_true (n <= AID_EVENT_WORDS_MAX && n > AID_EVENT_WORDS_MAX - 20);
  assert_string_equal (kept + n - strlen (",experiment=variant"), ",experiment=variant");
  json_decref (data);
  aid_str_free (&fields);
  aid_str_free (&pairs);
}

/* --- rows ---------------------------------------------------------------------------------------------------------------- */

static int serial;

/* One event; an empty REQUEST or PROJECT is none. */
static void
event (struct aid_db *db, int64_t at, const char *kind, const char *person, const char *request, const char *project,
       const char *data)
{
  unsigned char id[16] = { 0 };
  sqlite3_stmt *s;
  for (int i = 0; i < 6; i++)
    id[i] = (unsigned char)(at >> (40 - 8 * i));
  id[14] = (unsigned char)(++serial >> 8);
  id[15] = (unsigned char)serial;
  assert_int_equal (
    aid_db_prepare (db, "INSERT INTO events(id,at,kind,person,request,project,data) VALUES(?1,?2,?3,?4,?5,?6,?7)", &s, NULL),
    AID_OK);
  aid_db_blob (s, 1, (struct aid_span){ (const char *)id, sizeof id });
  sqlite3_bind_int64 (s, 2, at);
  aid_db_text (s, 3, aid_span_z (kind));
  aid_db_text (s, 4, aid_span_z (person));
  if (*request)
    aid_db_text (s, 5, aid_span_z (request));
  if (*project)
    aid_db_text (s, 6, aid_span_z (project));
  aid_db_text (s, 7, aid_span_z (data));
  assert_int_equal (aid_db_run (db, s, NULL), AID_OK);
}

/* The database, with one event that says nothing. */
static struct aid_db *
database (void)
{
  struct aid_events *ev = aid_events_new ();
  struct aid_db *db = NULL;
  aid_events_add (ev, &(struct aid_measurement){ .kind = AID_MEASURED_TYPED });
  aid_events_free (ev);
  assert_int_equal (aid_events_open (&db, NULL), AID_OK);
  assert_non_null (db);
  return db;
}

static void
expose (struct aid_db *db, int64_t at, const char *person, const char *variant, const struct aid_experiment *x,
        const char *request)
{
  char version[AID_TRIAL_VERSION], data[256];
  aid_trial_version (x, version);
  snprintf (data, sizeof data, "{\"experiment\":\"x\",\"variant\":\"%s\",\"version\":\"%s\"}", variant, version);
  event (db, at, "exposure", person, request, "", data);
}

#define ASKED(pairs) "{\"ms\":1000,\"outcome\":\"done\",\"variant\":\"" pairs "\"}"
#define DAY 86400000

/* Ada, in "old": before it one request with a hunk that is taken back only later; in it one request with everything. */
static void
put_ada (struct aid_db *db, int64_t t, const struct aid_experiment *x)
{
  event (db, t - 40 * (int64_t)DAY, "request", "ada", "q0", "", "{\"ms\":5}"); /* too long ago */
  event (db, t - DAY, "request", "ada", "q1", "", "{\"ms\":5}");
  event (db, t - DAY + 1, "decision", "ada", "q1", "P", "{\"hunk\":\"h\",\"decision\":\"accepted\"}");
  expose (db, t, "ada", "old", x, "r1");
  event (db, t + 1, "decision", "ada", "q1", "P", "{\"hunk\":\"h\",\"decision\":\"undone\",\"was\":\"accepted\"}");
  event (db, t + 10, "request", "ada", "r1", "", ASKED ("w=v,x=old,z=new"));
  event (db, t + 11, "patch", "ada", "r1", "P", "{\"exact\":2,\"shifted\":1,\"already\":1,\"refused\":2}");
  event (db, t + 12, "patch", "ada", "r1", "P", "{\"exact\":0,\"refused\":6}");
  event (db, t + 20, "decision", "ada", "r1", "P", "{\"hunk\":\"a\",\"decision\":\"rejected\"}");
  event (db, t + 21, "decision", "ada", "r1", "P", "{\"hunk\":\"a\",\"decision\":\"edited\"}");
  event (db, t + 22, "decision", "ada", "r1", "P", "{\"hunk\":\"b\",\"decision\":\"accepted\"}");
  event (db, t + 23, "decision", "ada", "r1", "P", "{\"hunk\":\"b\",\"decision\":\"undone\",\"was\":\"accepted\"}");
  event (db, t + 24, "decision", "ada", "r1", "P", "{\"hunk\":\"c\",\"decision\":\"replaced\"}");
  event (db, t + 25, "decision", "ada", "r1", "P", "{\"hunk\":\"d\",\"decision\":\"skipped\"}");
  event (db, t + 30, "stayed", "ada", "r1", "P", "{\"hunk\":\"a\",\"when\":\"5m\",\"chars\":70,\"kept\":70}");
  event (db, t + 31, "stayed", "ada", "r1", "P", "{\"hunk\":\"a\",\"when\":\"10m\",\"chars\":70,\"kept\":60}");
  event (db, t + 40, "build", "ada", "", "P", "{\"status\":\"unknown\"}");
  event (db, t + 41, "build", "ada", "", "P", "{\"status\":\"red\",\"before\":\"green\"}");
  event (db, t + 42, "build", "ada", "", "P", "{\"status\":\"red\",\"before\":\"red\"}");   /* the same state, seen again */
  event (db, t + 43, "build", "ada", "", "Q", "{\"status\":\"red\",\"before\":\"green\"}"); /* elsewhere */
}

static void
the_rows_are_what_a_hand_counts (void **state)
{
  (void)state;
  struct aid_config *c;
  const struct aid_experiment x = experiment (TWO, &c);
  struct aid_trial_source source = aid_trial_local ();
  struct aid_trial_report r;
  struct aid_error e = { AID_OK, "" };
  struct aid_db *db = database ();
  int64_t t = 1700000000000;
  put_ada (db, t, &x);
  expose (db, t, "bob", "new", &x, "r2");
  event (db, t - 1, "request", "bob", "r0", "", ASKED ("x=new")); /* of another version */
  event (db, t + 1, "request", "bob", "r2", "", ASKED ("x=new"));
  event (db, t + 2, "request", "bob", "r3", "", ASKED ("x=newer"));
  event (db, t + 3, "request", "bob", "r4", "", "{\"ms\":9,\"outcome\":\"failed\",\"variant\":\"x=new\"}");
  event (db, t + 4, "request", "eve", "r5", "", ASKED ("x=new")); /* who was not exposed */
  aid_db_close (db);
  assert_int_equal (aid_trial_report_make (&x, &source, &r, &e), AID_OK);
  assert_int_equal (r.trial.units.len, 2);
  const struct aid_trial_unit *u = r.trial.units.data;
  const struct aid_trial_sums during = { 1, 3, 1, 2, 1, 70, 60, 6, 2, 1, 1 }, before = { 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0 };
  const struct aid_trial_sums bob = { .requests = 2 }, none = { .requests = 1 };
  assert_memory_equal (&u[0].during, &during, sizeof during);
  assert_memory_equal (&u[0].before, &before, sizeof before);
  assert_memory_equal (&u[1].during, &bob, sizeof bob);
  assert_memory_equal (&u[1].before, &none, sizeof none);
  assert_int_equal (r.trial.latencies.len, 2); /* without the one that failed */
  assert_true (r.trial.seen[0] == 1 && r.trial.seen[1] == 1 && r.trial.persons == 2);
  assert_true (r.trial.first == t && r.trial.last == t + 10);
  aid_trial_report_free (&r);
  aid_config_free (c);
}

static void
who_is_told_to_stop_counts_no_further (void **state)
{
  (void)state;
  struct aid_config *c;
  const struct aid_experiment x = experiment (TWO, &c);
  struct aid_stop *stop = aid_stop_new (NULL);
  const struct aid_trial_source source = aid_trial_local_until (stop);
  struct aid_trial_report r;
  struct aid_db *db = database ();
  for (int i = 0; i < 2000; i++)
    event (db, 1700000000000 + i, "request", "ada", "r", "", ASKED ("x=new"));
  expose (db, 1700000000000, "ada", "new", &x, "r");
  aid_db_close (db);
  assert_int_equal (aid_trial_report_make (&x, &source, &r, NULL), AID_OK);
  assert_int_equal (r.trial.units.len, 1);
  aid_trial_report_free (&r);
  aid_stop_set (stop);
  assert_int_equal (aid_trial_report_make (&x, &source, &r, NULL), AID_E_CANCELLED);
  aid_trial_report_free (&r);
  aid_stop_free (stop);
  aid_config_free (c);
}

/* --- harm ---------------------------------------------------------------------------------------------------------------- */

/* Answers with N people in each arm, of whom those in the second take nothing. */
static enum aid_err
bad_rows (void *ctx, const struct aid_trial_question *q, struct aid_trial *out, struct aid_error *e)
{
  (void)e;
  assert_int_equal (q->narms, 2);
  assert_string_equal (q->pairs[1], "x=new");
  ++*(int *)ctx;
  for (uint32_t i = 0; i < 200; i++)
    {
      struct aid_trial_unit *u = aid_vec_push (&out->units);
      assert_non_null (u);
      *u = (struct aid_trial_unit){ .person = i,
                                    .arm = i % 2,
                                    .during = { .requests = 1, .offered = 10, .taken = i % 2 ? i % 3 : 6 + i % 3 } };
      out->seen[i % 2]++;
    }
  out->persons = 200;
  return AID_OK;
}

static void
what_does_harm_is_off_until_it_is_resumed (void **state)
{
  (void)state;
  struct aid_config *c, *d;
  struct aid_str why = AID_STR_INIT (4096);
  const struct aid_experiment x = experiment (TWO, &c), y = experiment (TWO ",\"seed\":\"other\"", &d);
  int asked = 0, was = 0;
  const struct aid_trial_source source = { "a test", bad_rows, &asked };
  assert_false (aid_trial_is_off (&x, "new", NULL));
  assert_true (aid_trial_broken (&x, "new", &source, 0, &why));
  assert_non_null (strstr (aid_str_z (&why), "\"new\" is worse than \"old\""));
  assert_false (aid_trial_broken (&x, "old", &source, 0, NULL)); /* known for an hour */
  assert_int_equal (asked, 1);
  assert_true (aid_trial_is_off (&x, "new", NULL));
  assert_false (aid_trial_is_off (&y, "new", NULL)); /* declared anew */
  assert_true (aid_trial_tell (&x, "new"));
  assert_false (aid_trial_tell (&x, "new"));
  assert_false (aid_trial_tell (&x, "old"));
  assert_int_equal (aid_trial_resume (&x, &was, NULL), AID_OK);
  assert_true (was);
  assert_false (aid_trial_broken (&x, "new", &source, 1, NULL));
  assert_int_equal (asked, 1);
  put ("aid/experiments.json", "{\"x\":");
  assert_false (aid_trial_is_off (&x, "new", NULL));
  assert_true (aid_trial_broken (&x, "new", &source, 1, NULL));
  aid_str_free (&why);
  aid_config_free (c);
  aid_config_free (d);
}

/* The person resumes the experiment while its events are counted. */
static enum aid_err
bad_rows_meanwhile (void *ctx, const struct aid_trial_question *q, struct aid_trial *out, struct aid_error *e)
{
  int was = 0, asked = 0;
  assert_int_equal (aid_trial_resume (ctx, &was, NULL), AID_OK);
  return bad_rows (&asked, q, out, e);
}

static void
what_is_resumed_while_it_is_looked_at_goes_on (void **state)
{
  (void)state;
  struct aid_config *c;
  struct aid_experiment x = experiment (TWO, &c);
  const struct aid_trial_source source = { "a test", bad_rows_meanwhile, &x };
  assert_false (aid_trial_broken (&x, "new", &source, 0, NULL));
  assert_false (aid_trial_is_off (&x, "new", NULL));
  assert_false (aid_trial_tell (&x, "new"));
  aid_config_free (c);
}

/* As many in each arm, of whom those in the second take back everything. */
static enum aid_err
undone_rows (void *ctx, const struct aid_trial_question *q, struct aid_trial *out, struct aid_error *e)
{
  enum aid_err err = bad_rows (ctx, q, out, e);
  for (size_t i = 0; i < out->units.len; i++)
    {
      struct aid_trial_unit *u = &AID_VEC_AT (struct aid_trial_unit, &out->units, i);
      u->during.taken = u->during.accepted = 8;
      u->during.undone = u->arm ? 5 + (double)(i % 3) : (double)(i % 3);
    }
  return err;
}

static void
of_the_same_settings_none_does_harm (void **state)
{
  (void)state;
  struct aid_config *c;
  const char *const members[] = { TWO ",\"guardrails\":{\"undo_rate\":0.1}",
                                  "\"variants\":[{\"name\":\"old\"},{\"name\":\"new\"}],\"guardrails\":{\"undo_rate\":0.1}" };
  for (int same = 0; same < 2; same++)
    {
      int asked = 0;
      const struct aid_experiment x = experiment (members[same], &c);
      const struct aid_trial_source source = { "a test", undone_rows, &asked };
      assert_int_equal (aid_trial_broken (&x, "new", &source, 1, NULL), !same);
      assert_int_equal (asked, 1);
      aid_config_free (c);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_pair_has_no_commas_or_blanks_of_its_own),
    cmocka_unit_test (a_version_is_of_what_is_given_to_whom),
    cmocka_unit_test (a_list_of_variants_is_cut_between_two),
    cmocka_unit_test_setup_teardown (the_rows_are_what_a_hand_counts, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (who_is_told_to_stop_counts_no_further, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (what_does_harm_is_off_until_it_is_resumed, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (what_is_resumed_while_it_is_looked_at_goes_on, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (of_the_same_settings_none_does_harm, scratch_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
