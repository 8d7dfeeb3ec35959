/* An editor's judge: trees as they lie there, and which hunks of an answer are at fault. */
#include "ces_open.h"
#include "build/detect.h"

static int
make_tree (void **state)
{
  if (scratch_make (state))
    return -1;
  put ("tree/a.txt", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n");
  put ("tree/b.txt", "good\n");
  put ("tree/c.txt", "calm\n");
  look_for_boxes ();
  return 0;
}

/* A build that complains of "bad" where it stands, as compilers do; and of "lost" without saying where. */
#define BUILD                                                                                                               \
  "grep -n bad *.txt | sed 's/^\\([^:]*\\):\\([0-9]*\\):\\(.*\\)/\\1:\\2:1: error: \\3/' >bads; cat bads;"                  \
  " cat built >>log; date +%N >>built; ! test -s bads && ! grep -q lost *.txt"

static json_t *
task_of (const char *files)
{
  json_t *task = json_pack ("{s:s, s:b, s:{s:n, s:n, s:s, s:n}}", "repository", scratch_path ("tree"), "now", 1, "commands",
                            "parses", "types", "builds", BUILD, "tests");
  if (files)
    json_object_set_new (task, "files", json_loads (files, 0, NULL));
  return task;
}

static json_t *
judge (struct aid_ces *c, const char *files, const char *answer, const struct aid_ces_asked *asked)
{
  static const struct aid_ces_asked all = { .only = NULL };
  json_t *task = task_of (files), *out = NULL;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_ces_evaluate_hunks (c, task, aid_span_z (answer), asked ? asked : &all, NULL, &out, &e);
  if (err)
    print_message ("%s\n", e.msg);
  assert_int_equal (err, AID_OK);
  json_decref (task);
  return out;
}

/* What is said of each hunk, as "passed breaks+ ...": with a sign those of which it was said of the whole answer. */
static void
assert_words (json_t *v, const char *status, const char *words)
{
  char all[256] = "";
  const json_t *one;
  size_t i;
  assert_string_equal (aid_json_str (v, "status"), status);
  json_array_foreach (json_object_get (v, "hunks"), i, one)
  {
    snprintf (all + strlen (all), sizeof all - strlen (all), "%s%lld:%s%s", i ? " " : "",
              (long long)aid_json_int (one, "hunk", -1), aid_json_str (one, "word"),
              aid_json_bool (one, "whole", 0) ? "+" : "");
  }
  assert_string_equal (all, words);
  json_decref (v);
}

#define HUNK(old, new) "@@\n-" old "\n+" new "\n"
#define IN_A "--- a/a.txt\n+++ b/a.txt\n"

static void
a_good_answer_takes_one_evaluation (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_t *v = judge (c, NULL, IN_A HUNK ("one", "1") HUNK ("five", "5"), NULL);
  assert_int_equal (aid_json_int (v, "evaluations", 0), 1);
  assert_words (v, "green", "0:passed+ 1:passed+");
  aid_ces_close (c);
}

static void
errors_point_to_the_hunk_that_has_put_them_there (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  json_t *v = judge (c, NULL, IN_A HUNK ("one", "1\n+1a\n+1b") HUNK ("five", "5\n+bad") HUNK ("eight", "8"), NULL);
  const json_t *fault = json_object_get (v, "fault");
  assert_string_equal (aid_json_str (fault, "rung"), "builds");
  assert_string_equal (aid_json_str (fault, "path"), "a.txt");
  assert_string_equal (aid_json_str (fault, "message"), "bad");
  /* It would be the line 8; the hunk stands at 5 now. */
  assert_int_equal (aid_json_int (fault, "line", 0), 5);
  assert_int_equal (aid_json_int (v, "evaluations", 0), 2);
  assert_words (v, "red", "0:passed 1:breaks+ 2:passed");
  /* What is left breaks, too. */
  assert_words (judge (c, NULL, IN_A HUNK ("one", "bad") HUNK ("five", "5") HUNK ("eight", "lost"), NULL), "red",
                "0:breaks+ 1:passed 2:breaks");
  assert_words (judge (c, NULL, CHANGE ("b.txt", "good", "bad"), NULL), "red", "0:breaks+");
  aid_ces_close (c);
}

static void
note_whole (void *ctx, const json_t *whole)
{
  int *told = ctx;
  ++*told;
  assert_string_equal (aid_json_str (whole, "status"), "red");
  assert_string_equal (aid_json_str (json_object_get (whole, "fault"), "message"), "bad");
  assert_null (json_object_get (whole, "hunks"));
}

static void
the_whole_is_told_before_its_hunks (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  int told = 0;
  const struct aid_ces_asked asked = { .tell = note_whole, .ctx = &told };
  assert_words (judge (c, NULL, IN_A HUNK ("one", "1") HUNK ("five", "bad"), &asked), "red", "0:passed 1:breaks+");
  assert_int_equal (told, 1);
  /* Nothing follows. */
  assert_words (judge (c, NULL, IN_A HUNK ("one", "bad"), &asked), "red", "0:breaks+");
  assert_words (judge (c, NULL, IN_A HUNK ("one", "1"), &asked), "green", "0:passed+");
  assert_int_equal (told, 1);
  aid_ces_close (c);
}

static void
without_a_place_each_is_left_out (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  assert_words (judge (c, NULL, IN_A HUNK ("one", "1") HUNK ("five", "lost") HUNK ("eight", "8"), NULL), "red",
                "0:passed 1:breaks+ 2:passed");
  /* Two of them, each of which suffices: no single one explains it. */
  assert_words (judge (c, NULL, IN_A HUNK ("one", "lost") HUNK ("five", "lost") HUNK ("eight", "8"), NULL), "red",
                "0:unknown 1:unknown 2:unknown");
  /* Too many hunks: by files. */
  const struct aid_ces_asked few = { .evaluations = 3 };
  assert_words (judge (c, NULL,
                       IN_A HUNK ("one", "1") HUNK ("five", "lost") HUNK ("eight", "8") CHANGE ("b.txt", "good", "better"),
                       &few),
                "red", "0:breaks+ 1:breaks+ 2:breaks+ 3:passed");
  aid_ces_close (c);
}

/* As an interface and what implements it: each file is wanted, whichever hunks are judged. */
static void
a_file_whose_hunks_are_all_left_out_stays (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  put ("tree/Makefile", "all:\n\t@test -s a.txt && test -s b.txt && test -s c.txt && ! grep -q lost *.txt\n");
  json_t *task = json_pack ("{s:s, s:b, s:{s:n, s:n, s:s, s:n}}", "repository", scratch_path ("tree"), "now", 1, "commands",
                            "parses", "types", "builds", "make -s", "tests");
  static const struct aid_ces_asked all = { .only = NULL };
  struct aid_error e = { AID_OK, "" };
  json_t *v = NULL;
  const char *answer = IN_A HUNK ("one", "1") CHANGE ("b.txt", "good", "lost") CHANGE ("c.txt", "calm", "calmer");
  assert_int_equal (aid_ces_evaluate_hunks (c, task, aid_span_z (answer), &all, NULL, &v, &e), AID_OK);
  assert_words (v, "red", "0:passed 1:breaks+ 2:passed");
  json_decref (task);
  aid_ces_close (c);
}

static void
only_what_is_meant_and_has_a_place_is_judged (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  const size_t second[] = { 1 };
  const struct aid_ces_asked only = { .only = second, .nonly = 1 };
  assert_words (judge (c, NULL, IN_A HUNK ("one", "bad") HUNK ("five", "5"), &only), "green", "1:passed+");
  json_t *v = judge (c, NULL, IN_A HUNK ("nowhere", "bad") HUNK ("five", "5"), NULL);
  assert_int_equal (aid_json_int (v, "refused", 0), 1);
  assert_words (v, "green", "0:refused+ 1:passed+");
  assert_words (judge (c, NULL, "There is nothing to do.", NULL), "none", "");
  aid_ces_close (c);
}

static void
a_project_that_is_red_is_no_hunks_fault (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  put ("tree/b.txt", "bad\n");
  json_t *v = judge (c, NULL, IN_A HUNK ("one", "1"), NULL);
  assert_string_equal (aid_json_str (v, "broken"), "builds");
  assert_words (v, "broken", "0:passed+");
  /* An answer that repairs it. */
  assert_words (judge (c, NULL, CHANGE ("b.txt", "bad", "good"), NULL), "green", "0:passed+");
  aid_ces_close (c);
}

static int64_t
count_warm (struct aid_ces *c)
{
  json_t *status = aid_ces_status (c);
  int64_t n = (int64_t)json_array_size (json_object_get (status, "warm"));
  json_decref (status);
  return n;
}

/* The file NAME of the one warm tree there is, or that it is gone. */
static void
assert_warm (struct aid_ces *c, const char *name, const char *text)
{
  json_t *status = aid_ces_status (c);
  struct aid_str path = AID_STR_INIT (8192), found = AID_STR_INIT (8192);
  struct aid_error e;
  const json_t *one = json_array_get (json_object_get (status, "warm"), 0);
  aid_str_addf (&path, "%s/aid/ces/trees/%s/tree/%s", getenv ("XDG_CACHE_HOME"), aid_json_str (one, "key"), name);
  if (!text)
    assert_int_equal (aid_fs_read (aid_str_z (&path), &found, &e), AID_E_NOTFOUND);
  else
    {
      assert_int_equal (aid_fs_read (aid_str_z (&path), &found, &e), AID_OK);
      assert_string_equal (aid_str_z (&found), text);
    }
  aid_str_free (&path);
  aid_str_free (&found);
  json_decref (status);
}

static void
a_tree_follows_the_files_and_is_built_upon_the_one_before (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  assert_words (judge (c, NULL, IN_A HUNK ("one", "1"), NULL), "green", "0:passed+");
  assert_warm (c, "log", "");
  put ("tree/b.txt", "better\n");
  put ("tree/new.txt", "new\n");
  assert_int_equal (unlink (scratch_path ("tree/c.txt")), 0);
  assert_int_equal (symlink ("it's new.txt", scratch_path ("tree/link")), 0);
  assert_words (judge (c, NULL, CHANGE ("new.txt", "new", "newer"), NULL), "green", "0:passed+");
  assert_int_equal (count_warm (c), 1);
  assert_warm (c, "b.txt", "better\n");
  assert_warm (c, "c.txt", NULL);
  struct aid_str log = AID_STR_INIT (8192);
  json_t *status = aid_ces_status (c);
  struct aid_error e;
  char path[4096], target[64] = "";
  snprintf (path, sizeof path, "%s/aid/ces/trees/%s/tree/log", getenv ("XDG_CACHE_HOME"),
            aid_json_str (json_array_get (json_object_get (status, "warm"), 0), "key"));
  assert_int_equal (aid_fs_read (path, &log, &e), AID_OK);
  assert_true (log.len > 0); /* what the first build had left was there */
  memcpy (path + strlen (path) - 3, "link", 5);
  assert_true (readlink (path, target, sizeof target - 1) > 0);
  assert_string_equal (target, "it's new.txt");
  json_decref (status);
  aid_str_free (&log);
  /* The texts of an editor go before the files. */
  assert_words (judge (c, "{\"b.txt\": \"typed\\n\", \"more.txt\": \"more\\n\"}", CHANGE ("b.txt", "typed", "bad"), NULL),
                "red", "0:breaks+");
  assert_warm (c, "more.txt", "more\n");
  /* ... and are gone when they are not said any more. */
  assert_words (judge (c, NULL, CHANGE ("b.txt", "better", "best"), NULL), "green", "0:passed+");
  assert_warm (c, "more.txt", NULL);
  assert_warm (c, "b.txt", "better\n");
  assert_int_equal (count_warm (c), 1);
  aid_ces_close (c);
}

static void
ignored_files_are_not_copied (void **state)
{
  (void)state;
  if (!boxes)
    skip ();
  struct aid_ces *c = open_ces (4);
  put ("tree/.gitignore", "secret.key\n");
  put ("tree/secret.key", "lost\n");
  assert_words (judge (c, NULL, IN_A HUNK ("one", "1"), NULL), "green", "0:passed+");
  assert_warm (c, "secret.key", NULL);
  /* Nor is what an editor has of them. */
  assert_words (judge (c, "{\"secret.key\": \"lost, too\\n\"}", IN_A HUNK ("one", "1"), NULL), "green", "0:passed+");
  assert_warm (c, "secret.key", NULL);
  aid_ces_close (c);
}

static void
what_lies_there_is_not_for_others_to_name (void **state)
{
  (void)state;
  struct aid_ces_settings s = { .warm_trees = 4, .warm_megabytes = 1000 };
  struct aid_ces *c;
  struct aid_error e = { AID_OK, "" };
  struct aid_str key = AID_STR_INIT (128);
  s.repositories = json_pack ("{s:{s:s}}", "mine", "path", scratch_path ("tree"));
  assert_int_equal (aid_ces_open (&s, &c, &e), AID_OK);
  json_t *task = json_pack ("{s:s, s:b}", "repository", "mine", "now", 1);
  assert_int_equal (aid_ces_warm_key (c, task, AID_CES_ELSEWHERE, &key, &e), AID_E_REFUSED);
  assert_int_equal (aid_ces_warm_key (c, task, AID_CES_OURS, &key, &e), AID_OK);
  json_object_set_new (task, "base", json_string ("HEAD"));
  assert_int_equal (aid_ces_warm_key (c, task, AID_CES_OURS, &key, &e), AID_E_INVALID);
  json_object_del (task, "base");
  json_object_set_new (task, "now", json_integer (1));
  assert_int_equal (aid_ces_warm_key (c, task, AID_CES_OURS, &key, &e), AID_E_INVALID);
  json_decref (task);
  json_decref (s.repositories);
  aid_str_free (&key);
  aid_ces_close (c);
}

static void
a_task_is_made_of_how_the_project_is_built (void **state)
{
  (void)state;
  struct aid_build_command b = { .shown = NULL };
  struct aid_error e = { AID_OK, "" };
  json_t *task;
  char root[256];
  snprintf (root, sizeof root, "%s", scratch_path ("tree"));
  assert_int_equal (mkdir (scratch_path ("tree/sub"), 0777), 0);
  assert_int_equal (aid_build_given ("make it", scratch_path ("tree/sub"), &b, &e), AID_OK);
  assert_int_equal (aid_ces_project_task (root, &b, 0, &task, &e), AID_OK);
  assert_string_equal (aid_json_str (task, "directory"), "sub");
  assert_string_equal (aid_json_str (json_object_get (task, "commands"), "builds"), "make it");
  assert_true (json_is_null (json_object_get (json_object_get (task, "commands"), "tests")));
  json_decref (task);
  assert_int_equal (aid_ces_project_task (scratch_path ("tree/sub"), &b, 1, &task, &e), AID_OK);
  assert_string_equal (aid_json_str (task, "directory"), "");
  assert_null (json_object_get (json_object_get (task, "commands"), "tests"));
  json_decref (task);
  aid_build_command_free (&b);
  assert_int_equal (aid_build_given ("make it", scratch_path (""), &b, &e), AID_OK);
  assert_int_equal (aid_ces_project_task (root, &b, 0, &task, &e), AID_E_REFUSED);
  aid_build_command_free (&b);
}

int
main (void)
{
#define TEST(f) cmocka_unit_test_setup_teardown (f, make_tree, scratch_drop)
  const struct CMUnitTest tests[] = {
    TEST (a_good_answer_takes_one_evaluation),
    TEST (errors_point_to_the_hunk_that_has_put_them_there),
    TEST (the_whole_is_told_before_its_hunks),
    TEST (without_a_place_each_is_left_out),
    TEST (a_file_whose_hunks_are_all_left_out_stays),
    TEST (only_what_is_meant_and_has_a_place_is_judged),
    TEST (a_project_that_is_red_is_no_hunks_fault),
    TEST (a_tree_follows_the_files_and_is_built_upon_the_one_before),
    TEST (ignored_files_are_not_copied),
    TEST (what_lies_there_is_not_for_others_to_name),
    TEST (a_task_is_made_of_how_the_project_is_built),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
