/* The judge over small trees: what each kind of answer comes to, what is kept, and who shares it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "scratch.h"
#include "base/json.h"
#include "base/pool.h"
#include "ces/box.h"
#include "ces/ces.h"

#include <dirent.h>

static int boxes;

static void
put (const char *name, const char *text)
{
  struct aid_error e;
  assert_int_equal (aid_fs_replace (scratch_path (name), aid_span_z (text), 0644, &e), AID_OK);
}

static int
make_tree (void **state)
{
  char why[256];
  if (scratch_make (state) || mkdir (scratch_path ("tree"), 0777))
    return -1;
  put ("tree/a.txt", "one\ntwo\nthree\n");
  put ("tree/b.txt", "good\n");
  boxes = aid_box_available (why);
  if (!boxes)
    print_message ("%s\n", why);
  return 0;
}

static struct aid_ces *
open_ces (int64_t trees)
{
  const struct aid_ces_settings s = { .warm_trees = trees, .warm_megabytes = 1000 };
  struct aid_ces *c;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_ces_open (&s, &c, &e), AID_OK);
  return c;
}

/* The task whose members besides the repository are the JSON text MORE. */
static json_t *
task_of (const char *more)
{
  char tree[128];
  json_t *task = json_loads (more, 0, NULL);
  assert_non_null (task);
  snprintf (tree, sizeof tree, "%s/tree", scratch); /* on any thread */
  json_object_set_new (task, "repository", json_string (tree));
  return task;
}

static json_t *
judge (struct aid_ces *c, const char *more, const char *answer)
{
  json_t *task = task_of (more), *verdict = NULL;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_ces_evaluate (c, task, aid_span_z (answer), AID_CES_OURS, NULL, &verdict, &e);
  if (err)
    print_message ("%s\n", e.msg);
  assert_int_equal (err, AID_OK);
  json_decref (task);
  return verdict;
}

static const json_t *
rung (const json_t *verdict, enum aid_rung r)
{
  const json_t *one = json_array_get (json_object_get (verdict, "rungs"), r);
  assert_string_equal (aid_json_str (one, "rung"), aid_rung_name (r));
  return one;
}

static void
assert_results (const json_t *verdict, const char *words)
{
  char all[128] = "";
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    {
      strcat (all, r ? " " : "");
      strcat (all, aid_json_str (rung (verdict, r), "result"));
    }
  assert_string_equal (all, words);
}

#define CHANGE(file, old, new) "--- a/" file "\n+++ b/" file "\n@@ -1 +1 @@\n-" old "\n+" new "\n"
#define GOOD                                                                                                                \
  "{\"commands\": {\"parses\": null, \"types\": \"test -e a.txt\", \"builds\": \"cat a.txt >out\", \"tests\": \"grep -q "   \
  "good b.txt\"}}"

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

static void
a_verdict_is_kept_and_its_reward_is_not (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *task = "{\"commands\": {\"parses\": null, \"types\": \"true\", \"tests\": \"grep -q good b.txt\"}}";
  json_t *v = judge (c, task, CHANGE ("b.txt", "good", "bad"));
  assert_false (aid_json_bool (v, "cached", 1));
  json_decref (v);
  aid_ces_close (c);
  json_t *weights = json_pack ("{s:i, s:i, s:i}", "applies", 1, "types", 1, "tests", 2);
  const struct aid_ces_settings s = { .warm_trees = 4, .warm_megabytes = 1000, .weights = weights };
  struct aid_error e;
  assert_int_equal (aid_ces_open (&s, &c, &e), AID_OK);
  json_decref (weights);
  v = judge (c, task, CHANGE ("b.txt", "good", "bad"));
  assert_true (aid_json_bool (v, "cached", 0));
  assert_true (aid_json_real (v, "reward", 0) > 0.499 && aid_json_real (v, "reward", 0) < 0.501);
  assert_results (v, "passed none passed none failed");
  json_decref (v);
  v = judge (c, task, "In other words:\n\n```diff\n" CHANGE ("b.txt", "good", "bad") "```\n"); /* the same change */
  assert_true (aid_json_bool (v, "cached", 0));
  assert_results (v, "passed none passed none failed");
  json_decref (v);
  v = judge (c, task, CHANGE ("b.txt", "good", "bad, too"));
  assert_false (aid_json_bool (v, "cached", 1));
  json_decref (v);
  json_t *status = aid_ces_status (c);
  assert_int_equal (aid_json_int (status, "judged", 0), 3);
  assert_int_equal (aid_json_int (status, "cached", 0), 2);
  json_decref (status);
  aid_ces_close (c);
  /* What is damaged is begun anew. */
  put ("aid/ces/verdicts.db", "this is no database, whatever it is called, and that is all there is to it");
  c = open_ces (4);
  v = judge (c, task, CHANGE ("b.txt", "good", "bad"));
  assert_false (aid_json_bool (v, "cached", 1));
  json_decref (v);
  aid_ces_close (c);
}

static void
only_so_many_trees_stay_warm (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (2);
  char line[128];
  for (int i = 0; i < 4; i++)
    {
      snprintf (line, sizeof line, "{\"commands\": {\"types\": \"true %d\"}}", i < 3 ? i : 0);
      json_decref (judge (c, line, CHANGE ("b.txt", "good", "bad")));
      json_t *status = aid_ces_status (c);
      assert_in_range (json_array_size (json_object_get (status, "warm")), 1, 2);
      json_decref (status);
    }
  aid_ces_close (c);
}

/* Descriptors that are open; 0 where the system does not tell. */
static size_t
count_open (void)
{
  size_t n = 0;
  DIR *dir = opendir ("/proc/self/fd");
  while (dir && readdir (dir))
    n++;
  if (dir)
    closedir (dir);
  return n;
}

struct crowd
{
  struct aid_ces *ces;
};

static enum aid_err
one_of_many (void *ctx, size_t i, struct aid_error *e)
{
  struct crowd *crowd = ctx;
  char answer[256];
  json_t *task = task_of (GOOD), *v = NULL;
  snprintf (answer, sizeof answer, CHANGE ("b.txt", "good", "%s %zu"), i % 2 ? "good" : "bad", i);
  enum aid_err err = aid_ces_evaluate (crowd->ces, task, aid_span_z (answer), AID_CES_OURS, NULL, &v, e);
  if (!err)
    assert_results (v, i % 2 ? "passed none passed passed passed" : "passed none passed passed failed");
  json_decref (v);
  json_decref (task);
  return err;
}

static void
many_judge_at_once_over_one_tree (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct crowd crowd = { open_ces (4) };
  struct aid_error e = { AID_OK, "" };
  size_t before = count_open ();
  assert_int_equal (aid_thread_each (12, 3, "judge", one_of_many, &crowd, &e), AID_OK);
  assert_int_equal (count_open (), before);
  json_t *status = aid_ces_status (crowd.ces);
  assert_int_equal (aid_json_int (status, "judged", 0), 12);
  json_decref (status);
  aid_ces_close (crowd.ces);
}

static void
who_is_stopped_leaves_nothing (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  struct aid_error e = { AID_OK, "" };
  struct aid_stop *stop = aid_stop_new (&e);
  json_t *task = task_of ("{\"commands\": {\"builds\": \"sleep 60\"}}"), *v = NULL;
  aid_stop_set (stop);
  assert_int_equal (aid_ces_evaluate (c, task, AID_SPAN ("x"), AID_CES_OURS, stop, &v, &e), AID_E_CANCELLED);
  assert_null (v);
  assert_int_equal (rmdir (scratch_path ("aid/ces/making")), 0);
  assert_int_equal (mkdir (scratch_path ("aid/ces/making"), 0700), 0);
  json_decref (task);
  aid_stop_free (stop);
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
    cmocka_unit_test (a_limit_is_a_verdict),
    cmocka_unit_test (a_test_that_comes_out_now_so_now_so_is_told),
    cmocka_unit_test (a_verdict_is_kept_and_its_reward_is_not),
    cmocka_unit_test (only_so_many_trees_stay_warm),
    cmocka_unit_test (many_judge_at_once_over_one_tree),
    cmocka_unit_test (who_is_stopped_leaves_nothing),
  };
  return cmocka_run_group_tests (tests, make_tree, scratch_drop);
}
