/* Experiments as they are declared, and what each person or request gets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "scratch.h"
#include "base/json.h"
#include "base/val.h"
#include "measure/experiment.h"

static struct aid_config *
config_of (const char *text)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_parse (aid_span_z (text), AID_SPAN (""), &e);
  if (!c)
    fail_msg ("%s", e.msg);
  return c;
}

#define TWO "\"variants\":[{\"name\":\"old\"},{\"name\":\"new\",\"settings\":{\"strategy\":\"short\"}}]"
#define ONE "\"variants\":[{\"name\":\"new\",\"settings\":{\"strategy\":\"short\"}}]"
#define X(members) "{\"experiments\":{\"x\":{" members "}}}"
#define DAY 86400000

/* "REASON VARIANT ERROR" of the experiment "x" in TEXT. */
static const char *
got (const char *text, const struct aid_subject *s)
{
  static char out[128];
  struct aid_experiment x;
  struct aid_evaluation v;
  struct aid_config *c = config_of (text);
  assert_int_equal (aid_experiment_find (c, "x", &x, NULL), AID_OK);
  aid_experiment_evaluate (&x, s, &v);
  snprintf (out, sizeof out, "%s %s %s", aid_reason_name (v.reason), v.variant ? v.variant->name : "-",
            v.error ? v.error : "-");
  aid_config_free (c);
  return out;
}

static void
members_are_read_with_what_is_missing (void **state)
{
  struct aid_experiment x;
  struct aid_error e;
  (void)state;
  struct aid_config *c = config_of (X ("\"variants\":[{\"name\":\"a\",\"weight\":0.3},{\"name\":\"b\",\"weight\":0.7}],"
                                       "\"coverage\":0.5,\"namespace\":[\"n\",0.25,0.75],"
                                       "\"by\":\"request\",\"start\":\"2026-01-10\",\"stop\":\"2026-03-01\",\"seed\":\"s\","
                                       "\"hypothesis\":\"h\",\"effect\":0.02,\"tuning\":50"));
  assert_int_equal (aid_experiment_find (c, "x", &x, NULL), AID_OK);
  assert_true (x.nvariants == 2 && x.weighted && x.variants[1].weight == 0.7 && x.coverage == 0.5);
  assert_true (x.space_from == 0.25 && x.space_to == 0.75 && x.by_request && x.effect == 0.02 && x.tuning == 50);
  assert_string_equal (x.space, "n");
  assert_string_equal (x.seed, "s");
  assert_true (x.start == 1768003200000 && x.stop == 1772323200000); /* as date -u -d 2026-01-10 +%s000 has it */
  assert_int_equal (aid_experiment_find (c, "y", &x, &e), AID_E_NOTFOUND);
  assert_string_equal (e.msg, "there is no experiment y; there are x");
  aid_config_free (c);
  c = config_of (X (TWO));
  assert_int_equal (aid_experiment_find (c, "x", &x, NULL), AID_OK);
  assert_true (!x.weighted && x.variants[0].weight == 0.5 && x.coverage == 1 && x.enabled && !x.by_request && !x.space
               && !x.start);
  assert_string_equal (x.seed, "x");
  assert_false (aid_experiment_is_aa (&x));
  aid_config_free (c);
  c = config_of ("{\"experiments\":false}");
  assert_int_equal (aid_experiment_find (c, "x", &x, &e), AID_E_NOTFOUND);
  aid_config_free (c);
  c = config_of (X ("\"variants\":[{\"name\":\"a\"},{\"name\":\"b\",\"settings\":{}}]"));
  assert_int_equal (aid_experiment_find (c, "x", &x, NULL), AID_OK);
  assert_true (aid_experiment_is_aa (&x));
  aid_config_free (c);
}

static void
reasons_are_openfeatures (void **state)
{
  const struct aid_subject ada = { .person = "ada", .language = "c", .now = 10 * (int64_t)DAY };
  const struct aid_subject nobody = { .language = "c" };
  (void)state;
  assert_true (aid_span_starts (aid_span_z (got (X (TWO), &ada)), "SPLIT "));
  assert_string_equal (got (X (ONE), &ada), "STATIC new -");
  assert_string_equal (got (X (ONE), &nobody), "STATIC new -");
  assert_string_equal (got (X (ONE ",\"targeting\":{\"language\":\"c\"}"), &ada), "TARGETING_MATCH new -");
  assert_string_equal (got (X (TWO ",\"targeting\":{\"language\":[\"ocaml\",\"go\"]}"), &ada), "DEFAULT - -");
  assert_string_equal (got (X (TWO ",\"targeting\":{\"model\":\"m\"}"), &ada), "DEFAULT - -"); /* not known */
  assert_string_equal (got (X (TWO ",\"coverage\":0"), &ada), "DEFAULT - -");
  assert_string_equal (got (X (TWO ",\"enabled\":false"), &ada), "DISABLED - -");
  assert_string_equal (got (X ("\"enabled\":false"), &ada), "DISABLED - -");
  assert_string_equal (got (X (TWO), &nobody), "ERROR - TARGETING_KEY_MISSING");
  assert_string_equal (got (X (TWO ",\"by\":\"request\""), &ada), "ERROR - TARGETING_KEY_MISSING");
}

static void
days_begin_and_end_it (void **state)
{
  struct aid_subject ada = { .person = "ada" };
  const char *text = X (ONE ",\"start\":\"1970-01-03\",\"stop\":\"1970-01-05\"");
  (void)state;
  ada.now = 2 * (int64_t)DAY - 1;
  assert_string_equal (got (text, &ada), "DEFAULT - -");
  ada.now++;
  assert_string_equal (got (text, &ada), "STATIC new -");
  ada.now = 4 * (int64_t)DAY - 1;
  assert_string_equal (got (text, &ada), "STATIC new -");
  ada.now++;
  assert_string_equal (got (text, &ada), "DEFAULT - -");
}

/* Counts who of 4,000 gets "new", "old" and nothing. */
static void
count (const char *text, int *n)
{
  n[0] = n[1] = n[2] = 0;
  for (int i = 0; i < 4000; i++)
    {
      char name[16];
      snprintf (name, sizeof name, "p%d", i);
      const struct aid_subject s = { .person = name, .request = name };
      const char *word = strchr (got (text, &s), ' ') + 1;
      n[word[0] == 'n' ? 0 : word[0] == 'o' ? 1 : 2]++;
    }
}

static void
the_hash_splits_as_the_weights_have_it (void **state)
{
  int n[3], m[3];
  (void)state;
  count (X (TWO), n);
  assert_in_range (n[0], 1850, 2150); /* more than four standard deviations */
  assert_int_equal (n[0] + n[1], 4000);
  count (X ("\"variants\":[{\"name\":\"old\",\"weight\":0.9},{\"name\":\"new\",\"weight\":0.1}],\"coverage\":0.5"), n);
  assert_in_range (n[0], 140, 260);
  assert_in_range (n[2], 1850, 2150);
  count (X (TWO ",\"namespace\":[\"n\",0,0.5]"), n);
  count (X (TWO ",\"namespace\":[\"n\",0.5,1]"), m);
  assert_int_equal (n[2] + m[2], 4000); /* who is in the one is not in the other */
}

static void
the_same_unit_always_gets_the_same (void **state)
{
  const struct aid_subject here = { .person = "ada", .request = "r1", .language = "c", .now = DAY };
  const struct aid_subject there = { .person = "ada", .request = "r2", .project = "p", .now = 99 * (int64_t)DAY };
  char first[128];
  int other = 0;
  (void)state;
  snprintf (first, sizeof first, "%s", got (X (TWO), &here));
  assert_string_equal (got (X (TWO), &there), first);
  for (int i = 0; i < 20; i++) /* another seed shuffles anew */
    {
      char text[256];
      snprintf (text, sizeof text, X (TWO ",\"seed\":\"%d\""), i);
      other |= strcmp (got (text, &here), first) != 0;
    }
  assert_true (other);
}

static void
an_evaluation_has_openfeatures_names (void **state)
{
  struct aid_str val = AID_STR_INIT (4096), json = AID_STR_INIT (4096);
  struct aid_experiment x;
  struct aid_evaluation v;
  const struct aid_subject ada = { .person = "ada" };
  struct aid_config *c
    = config_of (X ("\"variants\":[{\"name\":\"new\",\"settings\":{\"models\":{\"m\":{\"temperature\":0.5}},\"discover\":[],"
                    "\"index\":false}}]"));
  (void)state;
  assert_int_equal (aid_experiment_find (c, "x", &x, NULL), AID_OK);
  aid_experiment_evaluate (&x, &ada, &v);
  aid_evaluation_val (&x, &v, &val);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
  assert_string_equal (
    aid_str_z (&json),
    "{\"flag_key\": \"x\", \"value\": {\"models\": {\"m\": {\"temperature\": 0.5}}, \"discover\": [], \"index\": false}, "
    "\"variant\": \"new\", \"reason\": \"STATIC\", \"error_code\": null, \"flag_metadata\": {\"by\": \"person\", "
    "\"unit\": \"ada\", \"bucket\": null, \"why\": \"there is one variant\"}}");
  aid_str_free (&val);
  aid_str_free (&json);
  aid_config_free (c);
}

static void
variants_lie_over_the_settings (void **state)
{
  struct aid_str val = AID_STR_INIT (65536), json = AID_STR_INIT (65536);
  const struct aid_subject ada = { .person = "ada", .request = "r" };
  struct aid_error e;
  const char *text
    = "{\"strategy\":\"ask\",\"model\":\"m\",\"experiments\":{"
      "\"a\":{" ONE "},\"b\":{\"enabled\":false," ONE "},"
      "\"c\":{\"by\":\"request\",\"variants\":[{\"name\":\"v\",\"settings\":{\"strategy\":\"long\",\"model\":\"n\"}}]}}}";
  (void)state;
  for (int by_request = 0; by_request < 2; by_request++)
    {
      struct aid_config *c = config_of (text);
      aid_str_clear (&val);
      aid_str_clear (&json);
      assert_int_equal (aid_experiment_overlay (c, &ada, by_request, &val, &e), AID_OK);
      assert_string_equal (json_string_value (aid_config_get (c, "strategy")), by_request ? "long" : "short");
      assert_string_equal (json_string_value (aid_config_get (c, "model")), by_request ? "n" : "m");
      assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
      json_t *taken = aid_json_parse (aid_str_span (&json), "what was taken", NULL);
      assert_int_equal (json_array_size (taken), 1 + by_request);
      assert_string_equal (aid_json_str (json_array_get (taken, 0), "flag_key"), "a");
      json_decref (taken);
      aid_config_free (c);
    }
  aid_str_free (&val);
  aid_str_free (&json);
}

static void
a_person_has_one_name_that_the_settings_may_give (void **state)
{
  struct aid_str a = AID_STR_INIT (256), b = AID_STR_INIT (256), said = AID_STR_INIT (256);
  struct aid_error e;
  struct aid_config *none = config_of (""), *ada = config_of ("{\"person\":\"ada\"}");
  (void)state;
  assert_int_equal (aid_experiment_person (none, &a, &e), AID_OK);
  assert_int_equal (aid_experiment_person (none, &b, &e), AID_OK);
  assert_int_equal (aid_experiment_person (ada, &said, &e), AID_OK);
  struct stat st;
  assert_int_equal (stat (scratch_path ("aid/measure.json"), &st), 0);
  assert_int_equal (st.st_mode & 0777, 0600);
  assert_true (a.len == 16 && aid_span_eq (aid_str_span (&a), aid_str_span (&b)));
  assert_string_equal (aid_str_z (&said), "ada");
  aid_config_free (none);
  aid_config_free (ada);
  aid_str_free (&a);
  aid_str_free (&b);
  aid_str_free (&said);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (members_are_read_with_what_is_missing),
    cmocka_unit_test (reasons_are_openfeatures),
    cmocka_unit_test (days_begin_and_end_it),
    cmocka_unit_test (the_hash_splits_as_the_weights_have_it),
    cmocka_unit_test (the_same_unit_always_gets_the_same),
    cmocka_unit_test (an_evaluation_has_openfeatures_names),
    cmocka_unit_test (variants_lie_over_the_settings),
    cmocka_unit_test_setup_teardown (a_person_has_one_name_that_the_settings_may_give, scratch_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
