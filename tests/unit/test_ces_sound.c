/* Warm trees that are not to be believed any more, and those that are made of the one before. */
#include "ces_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

/* Builds a.txt into out when a.txt is newer, as make does. */
#define NEWER                                                                                                               \
  "\"commands\": {\"parses\": null, \"tests\": null, \"builds\": \"[ -e out -a ! a.txt -nt out ] || { grep -q bad a.txt && "   \
  "exit 1; cp a.txt out; }\"}"
#define BUILD "{" NEWER "}"
#define BUILD_NOW "{\"now\": true, " NEWER "}"
#define BREAK CHANGE ("a.txt", "one", "bad")
#define GREEN "passed none none passed none"
#define RED "passed none none failed none"

/* The tree of the task MORE in C, made if need be: a folder of trees/, below the scratch folder. */
static const char *
warm (struct aid_ces *c, const char *more)
{
  static char folder[100];
  struct aid_str key = AID_STR_INIT (100);
  struct aid_error e = { AID_OK, "" };
  json_t *task = task_of (more);
  assert_int_equal (aid_ces_warm (c, task, AID_CES_OURS, NULL, NULL, &e), AID_OK);
  assert_int_equal (aid_ces_warm_key (c, task, AID_CES_OURS, &key, &e), AID_OK);
  snprintf (folder, sizeof folder, "aid/ces/trees/%s", aid_str_z (&key));
  aid_str_free (&key);
  json_decref (task);
  return folder;
}

static const char *
in (const char *folder, const char *name)
{
  char path[180];
  snprintf (path, sizeof path, "%s/%s", folder, name);
  return scratch_path (path);
}

static json_t *
about_of (const char *folder)
{
  json_t *about = json_load_file (in (folder, "about.json"), 0, NULL);
  assert_non_null (about);
  return about;
}

/* Sets NAME in the about.json of FOLDER to VALUE, which is taken. */
static void
say (const char *folder, const char *name, json_t *value)
{
  json_t *about = about_of (folder);
  json_object_set_new (about, name, value);
  assert_int_equal (json_dump_file (about, in (folder, "about.json"), 0), 0);
  json_decref (about);
}

static void
assert_judged (struct aid_ces *c, const char *more, const char *answer, const char *results)
{
  json_t *v = judge (c, more, answer);
  assert_results (v, results);
  json_decref (v);
}

/* What was built while the clock was ahead is newer than what an answer writes now. */

static void
a_tree_of_a_time_to_come_is_built_again (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *folder = warm (c, BUILD);
  const struct timespec later[2] = { { time (NULL) + 3600, 0 }, { time (NULL) + 3600, 0 } };
  assert_int_equal (utimensat (AT_FDCWD, in (folder, "tree/out"), later, 0), 0);
  say (folder, "made", json_integer ((json_int_t)later[0].tv_sec * 1000));
  assert_judged (c, BUILD, BREAK, RED);
  aid_ces_close (c);
}

/* A machine that went down before the disk had all leaves a tree with empty files. */

static void
a_tree_that_a_machine_took_down_with_it_is_built_again (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  for (int now = 0; now < 2; now++)
    {
      const char *task = now ? BUILD_NOW : BUILD, *folder = warm (c, task);
      say (folder, "boot", json_string ("another"));
      assert_int_equal (truncate (in (folder, "tree/b.txt"), 0), 0);
      assert_judged (c, task, CHANGE ("b.txt", "good", "better"), GREEN);
      say (warm (c, task), "boot", json_string ("another"));
      assert_int_equal (unlink (in (folder, "tree/part/c.txt")), 0);
      assert_judged (c, task, CHANGE ("part/c.txt", "part", "parts"), GREEN);
    }
  aid_ces_close (c);
}

static void
a_tree_that_has_outlived_a_start_is_used (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const char *folder = warm (c, BUILD);
  json_t *before = about_of (folder), *after;
  say (folder, "boot", json_string ("another"));
  assert_judged (c, BUILD, CHANGE ("b.txt", "good", "very good"), GREEN);
  after = about_of (folder); /* it is known to be whole now */
  assert_true (json_equal (before, after));
  json_decref (before);
  json_decref (after);
  aid_ces_close (c);
}

/* --- made of the one before ------------------------------------------------------------------------------------------- */

#define LEAVES                                                                                                              \
  "{\"now\": true, \"commands\": {\"parses\": null, \"tests\": null, \"builds\": \"for d in */; do cp a.txt $d/built; done\"}}"
#define ANSWER CHANGE ("a.txt", "one", "1")

static void
a_name_may_be_of_a_file_now_and_of_a_folder_then (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  put ("tree/name/x", "x\n");
  assert_judged (c, LEAVES, ANSWER, GREEN);
  assert_int_equal (unlink (scratch_path ("tree/name/x")) | rmdir (scratch_path ("tree/name")), 0);
  put ("tree/name", "a file\n");
  assert_judged (c, LEAVES, ANSWER, GREEN);
  assert_int_equal (unlink (scratch_path ("tree/name")), 0);
  put ("tree/name/x", "x\n");
  assert_judged (c, LEAVES, ANSWER, GREEN);
  assert_true (aid_fs_exists (in (warm (c, LEAVES), "tree/name/x")));
  aid_ces_close (c);
}

static void
one_that_cannot_be_copied_is_done_without (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  char away[256];
  const char *folder = warm (c, BUILD_NOW);
  snprintf (away, sizeof away, "%s", in (folder, "away"));
  assert_int_equal (rename (in (folder, "tree"), away), 0);
  put ("tree/more.txt", "more\n");
  assert_judged (c, BUILD_NOW, BREAK, RED);
  aid_ces_close (c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_tree_of_a_time_to_come_is_built_again),
    cmocka_unit_test (a_tree_that_a_machine_took_down_with_it_is_built_again),
    cmocka_unit_test (a_tree_that_has_outlived_a_start_is_used),
    cmocka_unit_test (a_name_may_be_of_a_file_now_and_of_a_folder_then),
    cmocka_unit_test (one_that_cannot_be_copied_is_done_without),
  };
  return cmocka_run_group_tests (tests, make_tree, scratch_drop);
}
