/* The judge over small trees: what each kind of answer comes to. */
#include "ces_scene.h"

static void
an_answer_climbs_until_a_rung_fails (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_t *v = judge (c, GOOD, CHANGE ("a.txt", "one", "1"));
  assert_results (v, "passed none passed passed passed");
  assert_true (aid_json_bool (v, "green", 0));
  assert_string_equal (aid_json_str (v, "reached"), "tests");
  json_decref (v);
  v = judge (c, GOOD, "Here it is:\n\n```diff\n" CHANGE ("b.txt", "good", "bad") "```\n");
  assert_results (v, "passed none passed passed failed");
  assert_int_equal (aid_json_int (rung (v, AID_RUNG_TESTS), "code", -1), 1);
  assert_string_equal (aid_json_str (v, "reached"), "builds");
  json_decref (v);
  v = judge (c, GOOD, "--- a/a.txt\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-one\n-two\n-three\n");
  assert_results (v, "passed none failed skipped skipped");
  json_decref (v);
  v = judge (c, GOOD, CHANGE ("a.txt", "nowhere", "x"));
  assert_results (v, "failed none skipped skipped skipped");
  assert_non_null (strstr (aid_json_str (rung (v, AID_RUNG_APPLIES), "output"), "a.txt"));
  json_decref (v);
  v = judge (c, GOOD, "I would rather not.");
  assert_results (v, "failed none skipped skipped skipped");
  json_decref (v);
  aid_ces_close (c);
}

static void
names_modes_and_new_files_are_as_the_answer_says (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_t *v = judge (
    c,
    "{\"commands\": {\"tests\": \"test ! -e b.txt && test -x sub/c.txt && grep -q new sub/c.txt && grep -q good d.txt\"}}",
    "diff --git a/b.txt b/d.txt\nrename from b.txt\nrename to d.txt\n"
    "diff --git a/sub/c.txt b/sub/c.txt\nnew file mode 100755\n--- /dev/null\n+++ b/sub/c.txt\n@@ -0,0 +1 @@\n+new\n");
  /* The base has none of it: only the answer makes it pass. */
  assert_results (v, "passed none none none passed");
  json_decref (v);
  aid_ces_close (c);
}

static void
what_leads_out_is_refused (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_t *v = judge (c, GOOD, "--- /dev/null\n+++ b/../evil\n@@ -0,0 +1 @@\n+x\n");
  assert_results (v, "failed none skipped skipped skipped");
  assert_false (aid_fs_exists (scratch_path ("evil")));
  json_decref (v);
  aid_ces_close (c);
}

static void
what_the_base_fails_is_broken_unless_it_is_mended (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *task = "{\"commands\": {\"parses\": null, \"types\": \"grep -q 2 a.txt\", \"tests\": \"true\"}}";
  json_t *v = judge (c, task, CHANGE ("b.txt", "good", "better"));
  assert_results (v, "passed none broken none passed");
  assert_false (aid_json_bool (v, "green", 1));
  json_decref (v);
  v = judge (c, task, CHANGE ("a.txt", "one", "2"));
  assert_results (v, "passed none passed none passed");
  assert_true (aid_json_bool (v, "green", 0));
  json_decref (v);
  aid_ces_close (c);
}

static void
files_of_the_task_are_laid_first (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *task = "{\"files\": {\"t/check.sh\": \"grep -q better b.txt\\n\"}, \"commands\": {\"parses\": null, "
                     "\"tests\": \"sh t/check.sh\"}}";
  json_t *v = judge (c, task, CHANGE ("b.txt", "good", "better"));
  assert_results (v, "passed none none none passed");
  json_decref (v);
  v = judge (c, task, CHANGE ("b.txt", "good", "worse"));
  assert_results (v, "passed none none none broken");
  json_decref (v);
  assert_false (aid_fs_exists (scratch_path ("tree/t")));
  aid_ces_close (c);
}

/* The paths that RUNG of V says were put back, or "". */

static const char *
put_back (const json_t *v, enum aid_rung r)
{
  const char *z = json_string_value (json_array_get (json_object_get (rung (v, r), "restored"), 0));
  return z ? z : "";
}

/* ... and are what is judged by, whatever the answer or its build makes of them. */

static void
files_of_the_task_are_not_the_answers_to_change (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *task = "{\"files\": {\"t/check.sh\": \"grep -q better b.txt\\n\"}, \"commands\": {\"parses\": null, "
                     "\"builds\": \"if [ -e build.sh ]; then sh build.sh; fi\", \"tests\": \"sh t/check.sh\"}}";
  static const struct
  {
    const char *answer, *results, *restored;
    enum aid_rung rung;
  } cases[] = {
    { CHANGE ("t/check.sh", "grep -q better b.txt", "true"), "passed none none passed broken", "t/check.sh",
      AID_RUNG_BUILDS },
    { "--- a/t/check.sh\n+++ /dev/null\n@@ -1 +0,0 @@\n-grep -q better b.txt\n", "passed none none passed broken",
      "t/check.sh", AID_RUNG_BUILDS },
    { "--- /dev/null\n+++ b/build.sh\n@@ -0,0 +1 @@\n+echo true >t/check.sh\n", "passed none none passed broken",
      "t/check.sh", AID_RUNG_TESTS },
    { "--- /dev/null\n+++ b/build.sh\n@@ -0,0 +1 @@\n+rm -r t; mkdir o; echo true >o/check.sh; ln -s o t\n",
      "passed none none passed broken", "", AID_RUNG_TESTS },
    { CHANGE ("t/check.sh", "grep -q better b.txt", "true") CHANGE ("b.txt", "good", "better"),
      "passed none none passed passed", "t/check.sh", AID_RUNG_BUILDS },
    { CHANGE ("b.txt", "good", "better"), "passed none none passed passed", "", AID_RUNG_TESTS },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      json_t *v = judge (c, task, cases[i].answer);
      assert_results (v, cases[i].results);
      assert_string_equal (put_back (v, cases[i].rung), cases[i].restored);
      json_decref (v);
    }
  aid_ces_close (c);
}

/* A file that the answer, or its build, has made no program, or one, is as it was again. */

static void
files_of_the_task_keep_their_modes (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  put ("tree/run", "#!/bin/sh\ngrep -q better b.txt && test ! -x plain\n");
  put ("tree/plain", "x\n");
  assert_int_equal (chmod (scratch_path ("tree/run"), 0755), 0);
  struct aid_ces *c = open_ces (4);
  const char *task
    = "{\"files\": {\"run\": \"#!/bin/sh\\ngrep -q better b.txt && test ! -x plain\\n\", \"plain\": \"x\\n\"},"
      "\"commands\": {\"parses\": null, \"builds\": \"if [ -e build.sh ]; then sh build.sh; fi\","
      "\"tests\": \"./run\"}}";
  static const struct
  {
    const char *answer, *restored;
    enum aid_rung rung;
  } cases[] = {
    { CHANGE ("b.txt", "good", "better"), "", AID_RUNG_BUILDS },
    { CHANGE ("b.txt", "good", "better") "diff --git a/run b/run\nold mode 100755\nnew mode 100644\n", "run",
      AID_RUNG_BUILDS },
    { CHANGE ("b.txt", "good", "better") "diff --git a/plain b/plain\nold mode 100644\nnew mode 100755\n", "plain",
      AID_RUNG_BUILDS },
    { CHANGE ("b.txt", "good", "better") "--- /dev/null\n+++ b/build.sh\n@@ -0,0 +1 @@\n+chmod a-x run\n", "run",
      AID_RUNG_TESTS },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      json_t *v = judge (c, task, cases[i].answer);
      assert_results (v, "passed none none passed passed");
      assert_string_equal (put_back (v, cases[i].rung), cases[i].restored);
      json_decref (v);
    }
  aid_ces_close (c);
  assert_int_equal (unlink (scratch_path ("tree/run")) || unlink (scratch_path ("tree/plain")), 0);
}

static void
a_task_may_have_a_directory (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *task
    = "{\"directory\": \"part\", \"commands\": {\"parses\": null, \"tests\": \"grep -q better ../b.txt && cat c.txt\"}}";
  json_t *v = judge (c, task, CHANGE ("b.txt", "good", "better"));
  assert_results (v, "passed none none none passed");
  json_decref (v);
  json_t *none = task_of ("{\"directory\": \"nowhere\"}");
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_ces_evaluate (c, none, AID_SPAN ("x"), AID_CES_OURS, NULL, &v, &e), AID_E_NOTFOUND);
  assert_non_null (strstr (e.msg, "directory nowhere"));
  json_decref (none);
  aid_ces_close (c);
}

/* What an answer's code does to the place it runs in is no reason to give no verdict. */

static void
who_locks_or_removes_his_folder_has_failed (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  static const char *const harms[] = { "rm -rf /tree/part", "chmod 0 /tree", "rm -rf /tree/part; ln -s / /tree/part" };
  for (size_t i = 0; i < sizeof harms / sizeof *harms; i++)
    {
      char answer[300];
      snprintf (answer, sizeof answer, "--- /dev/null\n+++ b/build.sh\n@@ -0,0 +1 @@\n+%s\n", harms[i]);
      json_t *v = judge (c,
                         "{\"directory\": \"part\", \"commands\": {\"parses\": null, \"tests\": \"true\", "
                         "\"builds\": \"if [ -e ../build.sh ]; then sh ../build.sh; fi\"}}",
                         answer);
      assert_results (v, "passed none none passed failed");
      json_decref (v);
    }
  json_t *v
    = judge (c, GOOD, "--- /dev/null\n+++ b/.aid-box-new/x\n@@ -0,0 +1 @@\n+x\n--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+y\n");
  assert_true (aid_json_bool (v, "green", 0));
  json_decref (v);
  v = judge (c, "{\"commands\": {\"tests\": \"true\"}}", "--- /dev/null\n+++ b/-c.sh\n@@ -0,0 +1 @@\n+true\n");
  assert_results (v, "passed passed none none passed");
  json_decref (v);
  aid_ces_close (c);
}

/* A change is kept by the bytes that tell it: an answer that is these bytes is no change. */

static void
an_answer_does_not_pass_for_a_change (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_decref (judge (c, GOOD, CHANGE ("b.txt", "good", "very good")));
  for (int op = 0; op < 6; op++)
    for (int from = 0; from < 2; from++)
      {
        char answer[200];
        snprintf (answer, sizeof answer, "%d %s 5:b.txt 0 10:very good\n", op, from ? "5:b.txt" : "0:");
        json_t *v = judge (c, GOOD, answer);
        assert_results (v, "failed none skipped skipped skipped");
        json_decref (v);
      }
  aid_ces_close (c);
}

static void
a_limit_is_a_verdict (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *task
    = "{\"limits\": {\"seconds\": 1}, \"commands\": {\"parses\": null, \"builds\": \"! grep -q slow b.txt || sleep 60\"}}";
  json_t *v = judge (c, task, CHANGE ("b.txt", "good", "slow"));
  assert_results (v, "passed none none time none");
  json_decref (v);
  v = judge (c, task, CHANGE ("b.txt", "good", "slow")); /* a busy machine does that to anybody: it is judged again */
  assert_false (aid_json_bool (v, "cached", 1));
  json_decref (v);
  aid_ces_close (c);
}

/* The base's tests run once where nothing stays and once in place: a test that can tell the two comes out differently. */

static void
a_test_that_comes_out_now_so_now_so_is_told (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *task
    = "{\"commands\": {\"parses\": null, \"tests\": \"echo 1..2; echo 'ok 1 - same'; "
      "if grep -q ' /tree overlay' /proc/mounts; then echo 'not ok 2 - sums'; exit 1; fi; echo 'ok 2 - sums'\"}}";
  json_t *v = judge (c, task, CHANGE ("b.txt", "good", "better"));
  const json_t *tests = rung (v, AID_RUNG_TESTS);
  if (!strcmp (aid_json_str (tests, "result"), "passed")) /* boxes are copies here */
    skip ();
  assert_string_equal (aid_json_str (tests, "result"), "failed");
  assert_true (aid_json_bool (tests, "flaky", 0));
  assert_int_equal (json_array_size (json_object_get (tests, "flaky_tests")), 1);
  assert_non_null (strstr (json_string_value (json_array_get (json_object_get (tests, "flaky_tests"), 0)), "sums"));
  json_decref (v);
  v = judge (c, task, CHANGE ("b.txt", "good", "better")); /* it may come out otherwise */
  assert_false (aid_json_bool (v, "cached", 1));
  json_decref (v);
  aid_ces_close (c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_answer_climbs_until_a_rung_fails),
    cmocka_unit_test (names_modes_and_new_files_are_as_the_answer_says),
    cmocka_unit_test (what_leads_out_is_refused),
    cmocka_unit_test (what_the_base_fails_is_broken_unless_it_is_mended),
    cmocka_unit_test (files_of_the_task_are_laid_first),
    cmocka_unit_test (files_of_the_task_are_not_the_answers_to_change),
    cmocka_unit_test (files_of_the_task_keep_their_modes),
    cmocka_unit_test (a_task_may_have_a_directory),
    cmocka_unit_test (who_locks_or_removes_his_folder_has_failed),
    cmocka_unit_test (an_answer_does_not_pass_for_a_change),
    cmocka_unit_test (a_limit_is_a_verdict),
    cmocka_unit_test (a_test_that_comes_out_now_so_now_so_is_told),
  };
  return cmocka_run_group_tests (tests, make_tree, scratch_drop);
}
