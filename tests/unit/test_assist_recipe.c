/* What a strategy adds to a question by itself. */
#include "assist/recipe.h"
#include "assist/tested.h"
#include "base/hash.h"
#include "build/run.h"
#include "strategy_files.h"

#define KEY "k7Qx2mT9"
#define HEAD "<!--aid:" KEY " chat v=1-->\n"
#define YOU(n) "## You <!--aid:" KEY " " #n " user-->\nq\n\n"
#define ITEM(target) "- [x](" target ") <!--aid:" KEY " item-->\n"

static const char *recipe = "---\ncontext: [siblings, instructions]\n---\nx\n";

/* What is added to CHAT, a chat in SCRATCH/chats/, as "label (why) label (why)"; what is left out behind a "|". */
static void
expect (const char *chat, const char *want)
{
  struct aid_recipe r;
  struct aid_str got = AID_STR_INIT (100000);
  struct aid_error e = { AID_OK, "" };
  put (MINE ("s"), recipe);
  struct aid_strategy *s = load ("s");
  if (aid_recipe_make (s, aid_span_z (chat), root, scratch_path ("chats"), &r, &e))
    fail_msg ("%s", e.msg);
  const struct aid_vec *lists[] = { &r.items, &r.left_out };
  for (int k = 0; k < 2; k++)
    for (size_t i = 0; i < lists[k]->len; i++)
      {
        const struct aid_recipe_item *item = &AID_VEC_AT (struct aid_recipe_item, lists[k], i);
        char target[300];
        snprintf (target, sizeof target, "../p/%s", item->label);
        assert_string_equal (item->target, target);
        aid_str_addf (&got, "%s%s (%s)", got.len ? " " : k ? "| " : "", item->label, item->why);
        if (k == 0 && i + 1 == lists[0]->len && lists[1]->len)
          aid_str_addz (&got, " |");
      }
  assert_string_equal (aid_str_z (&got), want);
  aid_recipe_free (&r);
  aid_strategy_free (s);
  aid_str_free (&got);
}

static void
test_ocaml_interface_and_tests (void **state)
{
  (void) state;
  put ("p/lib/foo.ml", "let x = 1\n");
  put ("p/lib/foo.mli", "val x : int\n");
  put ("p/lib/bar.mli", "val y : int\n");
  put ("p/test/test_foo.ml", "let () = assert (Foo.x = 1)\n");
  put ("p/lib/test/foo_test.ml", "let () = ()\n");
  put ("p/test/lib/tests_foo.ml", "let () = ()\n");
  put ("p/other/test_foo.ml", "let () = ()\n");
  static const char want[] = "lib/foo.mli (interface of lib/foo.ml) test/test_foo.ml (test of lib/foo.ml) "
                             "lib/test/foo_test.ml (test of lib/foo.ml) test/lib/tests_foo.ml (test of lib/foo.ml)";
  expect (HEAD YOU (1) ITEM ("../p/lib/foo.ml"), want);
  expect (HEAD YOU (1) ITEM ("../p/lib/foo.ml#L1"), want);
  expect (HEAD YOU (1) ITEM ("../p/lib/foo.mli"),
          "lib/foo.ml (implementation of lib/foo.mli) test/test_foo.ml (test of lib/foo.mli) "
          "lib/test/foo_test.ml (test of lib/foo.mli)");
  expect (HEAD YOU (1), "");
}

static void
test_headers_and_tests_of_other_languages (void **state)
{
  (void) state;
  static const char *const files[]
    = { "src/a.c", "src/a.h", "tests/test_a.c", "src/b.c", "include/b.h", "m.py", "tests/test_m.py", "w.el", "test/w-tests.el" };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      char name[100];
      snprintf (name, sizeof name, "p/%s", files[i]);
      put (name, "x\n");
    }
  expect (HEAD YOU (1) ITEM ("../p/src/a.c"), "src/a.h (header of src/a.c) tests/test_a.c (test of src/a.c)");
  expect (HEAD YOU (1) ITEM ("../p/src/a.h"), "src/a.c (source of src/a.h)");
  expect (HEAD YOU (1) ITEM ("../p/src/b.c"), "include/b.h (header of src/b.c)");
  expect (HEAD YOU (1) ITEM ("../p/m.py"), "tests/test_m.py (test of m.py)");
  expect (HEAD YOU (1) ITEM ("../p/w.el"), "test/w-tests.el (test of w.el)");
}

static void
test_nothing_is_added_twice (void **state)
{
  (void) state;
  put ("p/a.ml", "x\n");
  put ("p/a.mli", "y\n");
  expect (HEAD YOU (1) ITEM ("../p/a.ml") ITEM ("../p/a.mli#L1-L2"), "");
  expect (HEAD YOU (1) ITEM ("../p/a.ml") ITEM ("../p/./a.ml#L1"), "a.mli (interface of a.ml)");
}

static void
test_what_was_sent_is_not_sent_again_unless_it_changed (void **state)
{
  (void) state;
  struct aid_str chat = AID_STR_INIT (10000);
  char hash[17];
  put ("p/a.ml", "x\n");
  put ("p/a.mli", "y\n");
  aid_hash_hex (AID_SPAN ("y\n"), 16, hash);
  aid_str_addf (&chat, HEAD YOU (1) "- [a.mli](../p/a.mli) <!--aid:" KEY " item sent=%s-->\n\n", hash);
  aid_str_addz (&chat, "## m <!--aid:" KEY " 2 answer-->\nA\n\n" YOU (3) ITEM ("../p/a.ml"));
  expect (aid_str_z (&chat), "");
  put ("p/a.mli", "z\n");
  expect (aid_str_z (&chat), "a.mli (interface of a.ml)");
  aid_str_free (&chat);
}

static void
test_the_budget_holds (void **state)
{
  (void) state;
  char large[4001];
  memset (large, 'x', 4000);
  large[4000] = '\0';
  put ("p/a.ml", "x\n");
  put ("p/a.mli", large);
  put ("p/test_a.ml", "y\n");
  recipe = "---\ncontext: siblings\nbudget: 100\n---\nx\n";
  expect (HEAD YOU (1) ITEM ("../p/a.ml"), "test_a.ml (test of a.ml) | a.mli (interface of a.ml)");
  put ("p/a.ml", large);
  expect (HEAD YOU (1) ITEM ("../p/a.ml"), "| a.mli (interface of a.ml) test_a.ml (test of a.ml)");
  recipe = "---\ncontext: [siblings, instructions]\n---\nx\n";
}

static void
test_only_files_in_the_project (void **state)
{
  (void) state;
  put ("out/a.mli", "secret\n");
  put ("out/b.ml", "x\n");
  put ("out/b.mli", "x\n");
  put ("p/a.ml", "x\n");
  put ("p/c.ml", "x\n");
  assert_int_equal (symlink ("../out/a.mli", scratch_path ("p/a.mli")), 0);
  assert_int_equal (mkdir (scratch_path ("p/c.mli"), 0700), 0);
  expect (HEAD YOU (1) ITEM ("../p/a.ml") ITEM ("../out/b.ml") ITEM ("../p/c.ml"), "");
}

static void
test_the_project_s_instructions (void **state)
{
  (void) state;
  put ("p/AGENTS.md", "Tabs.\n");
  expect (HEAD YOU (1), "AGENTS.md (the project's instructions)");
  put ("p/.aid/instructions.md", "Tabs, please.\n");
  expect (HEAD YOU (1), ".aid/instructions.md (the project's instructions)");
}

static void
test_the_nearest_instructions_come_first (void **state)
{
  (void) state;
  put ("p/CLAUDE.md", "Tabs.\n");
  put ("p/src/deep/AGENTS.md", "Blanks.\n");
  put ("p/src/deep/a.c", "x\n");
  put ("p/src/b.c", "x\n");
  put ("p/other/CLAUDE.md", "Nothing.\n");
  expect (HEAD YOU (1) ITEM ("../p/src/b.c"), "CLAUDE.md (the project's instructions)");
  expect (HEAD YOU (1) ITEM ("../p/src/b.c") ITEM ("../p/src/deep/a.c"),
          "src/deep/AGENTS.md (instructions of src/deep) CLAUDE.md (the project's instructions)");
  expect (HEAD YOU (1) ITEM ("../p/src/deep/a.c"),
          "src/deep/AGENTS.md (instructions of src/deep) CLAUDE.md (the project's instructions)");
}

static void
test_settings_name_the_instructions_or_none (void **state)
{
  (void) state;
  put ("p/CLAUDE.md", "Tabs.\n");
  put ("p/RULES", "Blanks.\n");
  put ("aid/config.json", "{\"instructions\": [\"RULES\", \"../x\"]}");
  expect (HEAD YOU (1), "RULES (the project's instructions)");
  put ("aid/config.json", "{\"instructions\": []}");
  expect (HEAD YOU (1), "");
}

static void
no_post (void *ctx, uint64_t id, const struct aid_build_event *ev)
{
  (void) ctx, (void) id, (void) ev;
}

static void
build (const char *line)
{
  struct aid_build_request r = { .id = 1, .root = root, .line = line, .leave = 1 };
  aid_build_run (&r, NULL, &(struct aid_build_sink){ no_post, NULL });
}

/* The labels and reasons of what "build" and "siblings" add to CHAT. */
static void
expect_build (const char *chat, const char *want)
{
  struct aid_recipe r;
  struct aid_error e;
  struct aid_str got = AID_STR_INIT (10000);
  put (MINE ("s"), "---\ncontext: [build, siblings]\n---\nx\n");
  struct aid_strategy *s = load ("s");
  assert_int_equal (aid_recipe_make (s, aid_span_z (chat), root, scratch_path ("chats"), &r, &e), AID_OK);
  for (size_t i = 0; i < r.items.len; i++)
    {
      const struct aid_recipe_item *item = &AID_VEC_AT (struct aid_recipe_item, &r.items, i);
      aid_str_addf (&got, "%s%s (%s)", i ? " " : "", item->label, item->why);
    }
  assert_string_equal (aid_str_z (&got), want);
  aid_recipe_free (&r);
  aid_strategy_free (s);
  aid_str_free (&got);
}

static void
test_a_red_build_brings_its_errors_and_the_files_they_name (void **state)
{
  (void) state;
  put ("p/lib/a.ml", "let x = y\n");
  put ("p/lib/a.mli", "val x : int\n");
  put ("p/lib/b.ml", "let z = y\n");
  expect_build (HEAD YOU (1), "");                       /* nothing was built */
  build ("for f in a b a; do echo \"lib/$f.ml:1:8: error: y\"; done; echo '/etc/passwd:1:1: error: no'; exit 1");
  expect_build (HEAD YOU (1), "build: 3 errors (the build is red) lib/a.ml (named by an error) lib/b.ml (named by an error) "
                              "lib/a.mli (interface of lib/a.ml)");
  expect_build (HEAD YOU (1) ITEM ("aid:build") ITEM ("../p/lib/b.ml"),
                "lib/a.ml (named by an error) lib/a.mli (interface of lib/a.ml)");
  build ("echo 'lib/a.ml:1:8: warning: y'");
  expect_build (HEAD YOU (1), "");
}

/* What TEST is of among all that the test below has put there; "" for nothing. */
static void
expect_tested (const char *test, const char *want)
{
  struct aid_str out = AID_STR_INIT (10000);
  enum aid_err err = aid_tested_source (root, aid_span_z (test), &out);
  if (strcmp (aid_str_z (&out), want) != 0 || err != (*want ? AID_OK : AID_E_NOTFOUND))
    fail_msg ("%s: \"%s\", not \"%s\"", test, aid_str_z (&out), want);
  aid_str_free (&out);
}

static void
test_what_a_test_is_of (void **state)
{
  (void) state;
  static const char *const files[]
    = { "lib/calc.ml", "test/test_calc.ml", "test/plain.ml", "lib/plain.ml", "src/main/java/com/x/Sum.java",
        "src/test/java/com/x/SumTest.java", "pkg/parse.py", "tests/test_parse.py", "go/walk.go", "go/walk_test.go",
        "web/view.tsx", "web/__tests__/view.test.ts", "module/build/run.c", "tests/unit/test_build_run.c", "w.el",
        "test/w-tests.el", "sub/src/deep.rs", "sub/tests/deep.rs", "tests/test_alone.c", "EXIT.c" };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      char name[200];
      snprintf (name, sizeof name, "p/%s", files[i]);
      put (name, "x\n");
    }
  for (size_t i = 0; i < 18; i += 2)
    {
      size_t of = i == 2 ? 3 : i, test = i == 2 ? 2 : i + 1;
      expect_tested (files[test], files[of]);
      assert_true (aid_is_test (aid_span_z (files[test])));
      assert_false (aid_is_test (aid_span_z (files[of])));
    }
  expect_tested ("tests/test_alone.c", "");
  put ("src/outside.c", "x\n"); /* beside the project's folder */
  expect_tested ("tests/test_outside.c", "");
  put ("p/src/above.c", "x\n");
  expect_tested ("sub/tests/test_above.c", "sub/../src/above.c");
  expect_tested ("EXIT.c", "");
  expect_tested ("lib/calc.ml", "");
  expect_tested ("test_", "");
  expect_tested ("", "");
  assert_false (aid_is_test (AID_SPAN ("EXIT.c")));
}

static void
test_a_failing_test_brings_what_it_is_of (void **state)
{
  (void) state;
  put ("p/lib/foo.ml", "let x = 1\n");
  put ("p/lib/foo.mli", "val x : int\n");
  put ("p/lib/b.ml", "let z = 1\n");
  put ("p/test/test_foo.ml", "let () = assert (Foo.x = 2)\n");
  build ("echo 'test/test_foo.ml:1:9: error: assertion failed'; exit 1");
  expect_build (HEAD YOU (1), "build: 1 error (the build is red) test/test_foo.ml (named by an error) "
                              "lib/foo.ml (tested by the failing test) lib/foo.mli (interface of lib/foo.ml)");
  expect_build (HEAD YOU (1) ITEM ("../p/lib/foo.ml"),         /* it is there already */
                "build: 1 error (the build is red) test/test_foo.ml (named by an error) lib/foo.mli (interface of lib/foo.ml)");
  build ("echo 'test/test_foo.ml:1:9: error: no'; echo 'lib/b.ml:1:1: error: no'; exit 1");
  expect_build (HEAD YOU (1),
                "build: 2 errors (the build is red) test/test_foo.ml (named by an error) lib/b.ml (named by an error)");
}

static void
expect_link (const char *dir, const char *path, const char *want)
{
  struct aid_str out = AID_STR_INIT (1000);
  assert_int_equal (aid_recipe_link (dir, path, &out), AID_OK);
  assert_string_equal (aid_str_z (&out), want);
  aid_str_free (&out);
}

static void
test_links (void **state)
{
  (void) state;
  expect_link ("/a/b", "/a/b/c.ml", "c.ml");
  expect_link ("/a/b/", "/a/b/c/d", "c/d");
  expect_link ("/a/b", "/a/bc", "../bc");
  expect_link ("/a/bc/d", "/a/b", "../../b");
  expect_link ("/", "/x y", "x%20y");
  expect_link ("/q/w", "/x/\xc3\xa4(1)", "../../x/%C3%A4%281%29");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_ocaml_interface_and_tests),
    TEST (test_headers_and_tests_of_other_languages),
    TEST (test_nothing_is_added_twice),
    TEST (test_what_was_sent_is_not_sent_again_unless_it_changed),
    TEST (test_the_budget_holds),
    TEST (test_only_files_in_the_project),
    TEST (test_the_project_s_instructions),
    TEST (test_the_nearest_instructions_come_first),
    TEST (test_settings_name_the_instructions_or_none),
    TEST (test_a_red_build_brings_its_errors_and_the_files_they_name),
    TEST (test_what_a_test_is_of),
    TEST (test_a_failing_test_brings_what_it_is_of),
    TEST (test_links),
  };
  return cmocka_run_group_tests_name ("assist recipe", tests, NULL, NULL);
}
