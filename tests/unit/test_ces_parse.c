/* Whether what an answer changes parses, what is remembered of the files before it, and the rung that is run meanwhile. */
#include "ces_scene.h"

#include <pthread.h>

#define TYPES "{\"commands\": {\"types\": \"true\", \"builds\": null, \"tests\": null}}"
#define NEW(file, text) "--- /dev/null\n+++ b/" file "\n@@ -0,0 +1 @@\n+" text "\n"
#define GONE(file, text) "--- a/" file "\n+++ /dev/null\n@@ -1 +0,0 @@\n-" text "\n"

/* The file, in the scratch folder, of what is known of the one warm tree. */
static const char *
known_file (struct aid_ces *c)
{
  static char name[256];
  json_t *status = aid_ces_status (c);
  const json_t *warm = json_object_get (status, "warm");
  assert_int_equal (json_array_size (warm), 1);
  snprintf (name, sizeof name, "aid/ces/trees/%s/parsed.json", aid_json_str (json_array_get (warm, 0), "key"));
  json_decref (status);
  return name;
}

static void
assert_known (struct aid_ces *c, const char *text)
{
  struct aid_str is = AID_STR_INIT (4096);
  struct aid_error e;
  assert_int_equal (aid_fs_read_itself (scratch_path (known_file (c)), &is, &e), AID_OK);
  assert_string_equal (aid_str_z (&is), text);
  aid_str_free (&is);
}

static void
assert_parses (struct aid_ces *c, const char *answer, const char *result)
{
  json_t *v = judge (c, TYPES, answer);
  assert_string_equal (aid_json_str (rung (v, AID_RUNG_PARSES), "result"), result);
  assert_false (aid_json_bool (v, "cached", 1));
  json_decref (v);
}

static int
make_shell_tree (void **state)
{
  if (make_tree (state))
    return -1;
  put ("tree/part/good.sh", "echo one\n");
  return 0;
}

static void
a_file_of_the_base_is_parsed_once (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  assert_parses (c, CHANGE ("part/good.sh", "echo one", "echo two"), "passed");
  assert_false (aid_fs_exists (scratch_path (known_file (c)))); /* nobody needed to know */
  assert_parses (c, CHANGE ("part/good.sh", "echo one", "if"), "failed");
  assert_known (c, "{\"part/good.sh\":true}");
  put (known_file (c), "{\"part/good.sh\":false}"); /* a lie, which shows that it is believed */
  assert_parses (c, CHANGE ("part/good.sh", "echo one", "while"), "none");
  assert_known (c, "{\"part/good.sh\":false}");
  put (known_file (c), "{\"part/good.sh\":tr"); /* what is damaged is begun anew */
  assert_parses (c, CHANGE ("part/good.sh", "echo one", "until"), "failed");
  assert_known (c, "{\"part/good.sh\":true}");
  aid_ces_close (c);
}

static void
a_dialect_is_remembered_as_one (void **state)
{
  (void)state;
  if (!boxes || access ("/usr/bin/python3", X_OK))
    skip ();
  put ("tree/part/old.py", "print 'one'\n");
  struct aid_ces *c = open_ces (4);
  assert_parses (c, CHANGE ("part/old.py", "print 'one'", "print 'two'"), "none");
  assert_known (c, "{\"part/old.py\":false}");
  assert_parses (c, CHANGE ("part/old.py", "print 'one'", "print 'three'"), "none");
  assert_parses (c, CHANGE ("part/old.py", "print 'one'", "print ('four')"), "passed");
  aid_ces_close (c);
}

/* What stands beside a new file tells whether its like can be parsed: as the base has it, not as the answer leaves it. */
static void
an_answer_does_not_decide_what_is_known (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  assert_parses (c, GONE ("part/good.sh", "echo one") NEW ("part/new.sh", "if"), "failed");
  assert_parses (c, CHANGE ("part/good.sh", "echo one", "if") NEW ("part/new.sh", "if"), "failed");
  assert_known (c, "{\"part/good.sh\":true}");
  assert_parses (c, NEW ("part/other.sh", "while"), "failed");
  aid_ces_close (c);
}

static void
what_a_limit_has_stopped_tells_nothing (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  const char *little
    = "{\"commands\": {\"types\": \"true\", \"builds\": null, \"tests\": null}, \"limits\": {\"megabytes\": 1}}";
  struct aid_ces *c = open_ces (4);
  json_t *v = judge (c, little, CHANGE ("part/good.sh", "echo one", "if"));
  json_decref (v);
  assert_parses (c, CHANGE ("part/good.sh", "echo one", "if"), "failed");
  assert_known (c, "{\"part/good.sh\":true}");
  aid_ces_close (c);
}

/* The base passes, and so does what says "fine"; all else takes for ever. */
#define FOR_EVER                                                                                                            \
  "{\"commands\": {\"types\": \"grep -q 'echo one' part/good.sh || grep -q fine part/good.sh || sleep 100000\", "           \
  "\"builds\": \"echo built; false\", \"tests\": null}, \"limits\": {\"seconds\": 50000}}"

static void
what_runs_while_parsers_do_counts_only_when_they_pass (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_t *v = judge (c, FOR_EVER, CHANGE ("part/good.sh", "echo one", "if")); /* which ends, and not by a limit */
  assert_results (v, "passed failed skipped skipped none");
  assert_null (json_object_get (rung (v, AID_RUNG_TYPES), "ms"));
  json_decref (v);
  v = judge (c, FOR_EVER, CHANGE ("part/good.sh", "echo one", "echo fine"));
  assert_results (v, "passed passed passed broken none");
  assert_non_null (strstr (aid_json_str (rung (v, AID_RUNG_BUILDS), "output"), "built"));
  json_decref (v);
  aid_ces_close (c);
}

static void *
stop_soon (void *stop)
{
  usleep (300000);
  aid_stop_set (stop);
  return NULL;
}

static void
it_is_stopped_with_the_judging (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  struct aid_stop *stop = aid_stop_new (NULL);
  struct aid_error e = { AID_OK, "" };
  json_t *task = task_of (FOR_EVER), *v = NULL;
  pthread_t thread;
  assert_int_equal (aid_ces_warm (c, task, AID_CES_OURS, NULL, NULL, &e), AID_OK);
  assert_int_equal (pthread_create (&thread, NULL, stop_soon, stop), 0);
  assert_int_equal (
    aid_ces_evaluate (c, task, AID_SPAN (CHANGE ("part/good.sh", "echo one", "echo two")), AID_CES_OURS, stop, &v, &e),
    AID_E_CANCELLED);
  pthread_join (thread, NULL);
  aid_stop_free (stop);
  json_decref (task);
  aid_ces_close (c);
}

int
main (void)
{
  const struct CMUnitTest tests[]
    = { cmocka_unit_test_setup_teardown (a_file_of_the_base_is_parsed_once, make_shell_tree, scratch_drop),
        cmocka_unit_test_setup_teardown (a_dialect_is_remembered_as_one, make_tree, scratch_drop),
        cmocka_unit_test_setup_teardown (an_answer_does_not_decide_what_is_known, make_shell_tree, scratch_drop),
        cmocka_unit_test_setup_teardown (what_a_limit_has_stopped_tells_nothing, make_shell_tree, scratch_drop),
        cmocka_unit_test_setup_teardown (what_runs_while_parsers_do_counts_only_when_they_pass, make_shell_tree,
                                         scratch_drop),
        cmocka_unit_test_setup_teardown (it_is_stopped_with_the_judging, make_shell_tree, scratch_drop) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
