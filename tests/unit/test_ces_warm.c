/* Warm trees and verdicts that are kept: for how long, of whom, and who shares them. */
#include "ces_scene.h"
#include "base/pool.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static void
who_asks_for_little_spoils_no_warm_tree (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (100);

#define HUNGRY "\"commands\": {\"parses\": null, \"builds\": \"head -c 200000000 /dev/zero | tail -n 1 | wc -c >hungry\"}"
  json_t *v = judge (c, "{\"limits\": {\"megabytes\": 8}, " HUNGRY "}", CHANGE ("b.txt", "good", "better"));
  assert_results (v, "passed none none memory none");
  json_decref (v);
  v = judge (c, "{" HUNGRY "}", CHANGE ("b.txt", "good", "better"));
  assert_results (v, "passed none none passed none");
  json_decref (v);
  aid_ces_close (c);
}

/* A task may write a terabyte, which no disk here has left. */

static void
a_base_for_which_there_is_no_room_is_not_kept (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_t *v,
    *task = task_of (
      "{\"limits\": {\"disk_megabytes\": 1048576}, \"commands\": {\"builds\": \"head -c 1 /dev/zero >/dev/full\"}}");
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_ces_evaluate (c, task, AID_SPAN ("x"), AID_CES_OURS, NULL, &v, &e), AID_E_IO);
  assert_non_null (strstr (e.msg, "no room"));
  assert_int_equal (rmdir (scratch_path ("aid/ces/making")), 0);
  assert_int_equal (mkdir (scratch_path ("aid/ces/making"), 0700), 0);
  json_decref (task);
  aid_ces_close (c);
}

/* What is built too deep to be counted, and removed like all else. */

static void
no_warm_tree_is_too_deep (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_t *task
    = task_of ("{\"commands\": {\"builds\": \"for i in $(seq 700); do mkdir d; cd d; done; echo x >x; chmod 0 .\"}}"),
    *v;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_ces_evaluate (c, task, AID_SPAN ("x"), AID_CES_OURS, NULL, &v, &e), AID_E_LIMIT);
  assert_int_equal (rmdir (scratch_path ("aid/ces/making")), 0);
  assert_int_equal (mkdir (scratch_path ("aid/ces/making"), 0700), 0);
  json_decref (task);
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

/* The box goes through no link, so what is named behind one does not apply: in whatever words it is said. */

static void
what_could_not_be_laid_does_not_apply_the_next_time_either (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  put ("tree/part/d.txt", "d\n");
  if (symlink ("part", scratch_path ("tree/link")))
    fail ();
  struct aid_ces *c = open_ces (4);
#define BEHIND "--- /dev/null\n+++ b/link/new.txt\n@@ -0,0 +1 @@\n+new\n"
  static const char *const answers[] = { BEHIND, BEHIND, "In other words:\n\n```diff\n" BEHIND "```\n" };
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
    {
      json_t *v = judge (c, GOOD, answers[i]);
      assert_results (v, "failed none skipped skipped skipped");
      assert_true (json_is_null (json_object_get (v, "reached")));
      json_decref (v);
    }
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

/* --- who serves ------------------------------------------------------------------------------------------------------- */

struct asker
{
  struct aid_ces *ces;
  struct aid_stop *stop;
  const char *task;
  pthread_t thread;
  enum aid_err err;
  atomic_int done;
};

static void *
ask (void *arg)
{
  struct asker *a = arg;
  json_t *task = task_of (a->task), *v = NULL;
  a->err = aid_ces_evaluate (a->ces, task, AID_SPAN ("x"), AID_CES_OURS, a->stop, &v, NULL);
  json_decref (v);
  json_decref (task);
  atomic_store (&a->done, 1);
  return NULL;
}

static void
begin_asking (struct asker *a, struct aid_ces *c, const char *task)
{
  *a = (struct asker){ .ces = c, .stop = aid_stop_new (NULL), .task = task };
  assert_int_equal (pthread_create (&a->thread, NULL, ask, a), 0);
}

static enum aid_err
end_asking (struct asker *a)
{
  pthread_join (a->thread, NULL);
  aid_stop_free (a->stop);
  return a->err;
}

static size_t
count_warm (struct aid_ces *c)
{
  json_t *status = aid_ces_status (c);
  size_t n = json_array_size (json_object_get (status, "warm"));
  json_decref (status);
  return n;
}

/* Until the commands of a task run, which make the file NAME in the tree that is being made. */
static void
wait_for (const char *name)
{
  char command[1024];
  const struct timespec ms = { 0, 5000000 };
  snprintf (command, sizeof command, "ls %s/*/tree/%s >%s 2>&1", scratch_path ("aid/ces/making"), name, "/dev/null");
  while (system (command) != 0)
    nanosleep (&ms, NULL);
}

static void
what_is_begun_is_made_although_who_wanted_it_has_gone (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (8);
  struct aid_stop *ending = aid_stop_new (NULL);
  struct asker a;
  size_t before = count_warm (c);
  aid_ces_make_all (c, ending);
  begin_asking (&a, c, "{\"commands\": {\"builds\": \"echo >gone; sleep 1\"}}");
  aid_stop_set (a.stop);
  end_asking (&a);
  assert_int_equal (count_warm (c), before + 1);
  /* The service is to end, and somebody waits. */
  aid_stop_set (ending);
  begin_asking (&a, c, "{\"commands\": {\"builds\": \"echo >wanted; sleep 1\"}}");
  assert_int_equal (end_asking (&a), AID_OK);
  assert_int_equal (count_warm (c), before + 2);
  aid_ces_make_all (c, NULL);
  aid_stop_free (ending);
  aid_ces_close (c);
}

static void
at_the_end_nothing_is_made_that_nobody_wants (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (8);
  struct aid_stop *ending = aid_stop_new (NULL);
  static const char task[] = "{\"commands\": {\"builds\": \"echo >begun; sleep 600\"}}";
  const struct timespec while_ = { 0, 100000000 };
  struct asker a, b;
  size_t before = count_warm (c);
  aid_ces_make_all (c, ending);
  begin_asking (&a, c, task);
  wait_for ("begun");
  aid_stop_set (a.stop); /* has gone, and nothing ends yet */
  nanosleep (&while_, NULL);
  assert_false (atomic_load (&a.done));
  aid_stop_set (ending);
  assert_int_equal (end_asking (&a), AID_E_CANCELLED);
  aid_stop_free (ending);
  /* Two want it, and one after the other goes. */
  aid_ces_make_all (c, ending = aid_stop_new (NULL));
  begin_asking (&a, c, task);
  wait_for ("begun");
  begin_asking (&b, c, task);
  nanosleep (&while_, NULL);
  aid_stop_set (ending);
  aid_stop_set (a.stop);
  nanosleep (&while_, NULL);
  assert_false (atomic_load (&a.done) || atomic_load (&b.done));
  aid_stop_set (b.stop);
  assert_int_equal (end_asking (&a), AID_E_CANCELLED);
  assert_int_equal (end_asking (&b), AID_E_CANCELLED);
  assert_int_equal (count_warm (c), before);
  aid_ces_make_all (c, NULL);
  aid_stop_free (ending);
  aid_ces_close (c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (who_asks_for_little_spoils_no_warm_tree),
    cmocka_unit_test (a_base_for_which_there_is_no_room_is_not_kept),
    cmocka_unit_test (no_warm_tree_is_too_deep),
    cmocka_unit_test (a_verdict_is_kept_and_its_reward_is_not),
    cmocka_unit_test (what_could_not_be_laid_does_not_apply_the_next_time_either),
    cmocka_unit_test (only_so_many_trees_stay_warm),
    cmocka_unit_test (many_judge_at_once_over_one_tree),
    cmocka_unit_test (who_is_stopped_leaves_nothing),
    cmocka_unit_test (what_is_begun_is_made_although_who_wanted_it_has_gone),
    cmocka_unit_test (at_the_end_nothing_is_made_that_nobody_wants),
  };
  return cmocka_run_group_tests (tests, make_tree, scratch_drop);
}
