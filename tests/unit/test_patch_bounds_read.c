/* Hostile answers end quickly: what readers, names, blocks of JSON and whole files could be drawn into (test_patch_bounds.c has
   the traps of lines and hunks). */
#include "patch_bounds.h"

/* --- fences --- */

static void
ten_thousand_fences (const char *before, const char *hunk, const char *after)
{
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.file, "a\n");
  for (int i = 0; i < 10000; i++)
    aid_str_addf (&t.answer, "%s%s%s", before, hunk, after);
  read_and_plan (&t);
  trap_free (&t);
}

static void
ten_thousand_fences_may_be_empty_nested_or_open (void **state)
{
  static const char hunk[] = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";
  (void) state;
  ten_thousand_fences ("```\n", "", "```\n");
  ten_thousand_fences ("```diff\n", "", "```\n");
  ten_thousand_fences ("```diff\n", "", "");
  ten_thousand_fences ("```diff\n", hunk, "```\n");
  ten_thousand_fences ("```diff\n", hunk, "");
  ten_thousand_fences ("```\n", hunk, " ```\n");
  ten_thousand_fences ("~~~\n", hunk, "   ~~~\n");
  ten_thousand_fences ("````md\n```diff\n", hunk, "```\n````\n");
  ten_thousand_fences ("```\n<<<<<<< SEARCH\na\n", "=======\nb\n", ">>>>>>> REPLACE\n```\n");
  ten_thousand_fences ("```\n<<<<<<< SEARCH\n", "a\n=======\n", "```\n");
}

/* Each fence is closed only by one that is indented otherwise, and what follows closes nothing: the end of each is looked for
   in all of the rest. */
static void
fences_whose_end_is_far_away (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 19000; i++)
    aid_str_addz (&t.answer, "```\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n ```\n<<<<< SEARCH\n");
  add_filled (&t.answer, 'x', 30 << 20);
  aid_str_addz (&t.answer, "\n>>>>>> REPLACE\n");
  aid_str_addz (&t.file, "a\n");
  read_and_plan (&t);
  trap_free (&t);
  trap_init (&t);
  for (size_t i = 6000; i > 4; i--)
    {
      add_filled (&t.answer, '~', i);
      aid_str_addz (&t.answer, "\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n ");
      add_filled (&t.answer, '~', i);
      aid_str_addz (&t.answer, "\n");
    }
  read_and_plan (&t);
  trap_free (&t);
}

/* --- names --- */

static void
a_name_of_a_megabyte_is_not_kept_for_every_block (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.answer, "```diff\n--- a/");
  add_filled (&t.answer, 'n', 1 << 20);
  aid_str_addz (&t.answer, "\n+++ b/");
  add_filled (&t.answer, 'n', 1 << 20);
  aid_str_addz (&t.answer, "\n@@ -1 +1 @@\n-a\n+b\n```\n");
  for (int i = 0; i < 15000; i++)
    aid_str_addz (&t.answer, "```diff\n@@ -1 +1 @@\n-a\n+b\n```\n");
  aid_str_addz (&t.file, "a\n");
  read_and_plan (&t);
  assert_int_equal (t.plan->applied, 0);
  trap_free (&t);
  trap_init (&t);
  aid_str_addz (&t.answer, "{\"path\": \"");
  add_filled (&t.answer, 'n', 1 << 20);
  aid_str_addz (&t.answer, "\", \"edits\": [{}");
  for (int i = 0; i < 15000; i++)
    aid_str_addz (&t.answer, ",{\"old_string\":\"\",\"new_string\":\"b\"}");
  aid_str_addz (&t.answer, "]}");
  read_and_plan (&t);
  assert_int_equal (t.p->files.len, 0);
  trap_free (&t);
}

/* A project whose files all have the same last name, and a patch that names others of that name. */
static enum aid_err
none_there (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  (void) ctx;
  (void) path;
  (void) out;
  return aid_error_set (e, AID_E_NOTFOUND, "not there");
}

static enum aid_err
list_many (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  char name[64];
  (void) ctx;
  for (int i = 0; i < AID_PATCH_LISTED; i++)
    {
      snprintf (name, sizeof name, "folder-%d/name", i);
      if (each (closure, name))
        break;
    }
  return AID_OK;
}

static void
twenty_thousand_files_may_be_named (void **state)
{
  (void) state;
  for (size_t k = 0; k < 4; k++)
    {
      struct trap t;
      struct aid_patch_source source = { none_there, NULL, list_many };
      trap_init (&t);
      for (int i = 0; i < 20000 / SMALLER; i++)
        {
          aid_str_addz (&t.answer, "```diff\n+++ ");
          if (k < 3)
            aid_str_addf (&t.answer, k == 0 ? "other-%d/name" : k == 1 ? "name-%d" : "%d/f", i);
          aid_str_addz (&t.answer, "\n@@ -1 +1 @@\n-the old line\n+the new line\n```\n");
        }
      read_answer (&t);
      assert_non_null (t.p);
      t.begun = clock ();
      assert_int_equal (aid_patch_plan (t.p, &source, NULL, &t.plan, NULL), AID_OK);
      in_time (&t, "planning");
      assert_int_equal (t.plan->applied, 0);
      trap_free (&t);
    }
}

static void
more_files_than_may_be_are_refused (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 20001; i++)
    aid_str_addf (&t.answer, "--- a/f%d\n+++ b/f%d\n@@ -1 +1 @@\n-a\n+b\n", i, i);
  read_answer (&t);
  assert_null (t.p);
  assert_non_null (strstr (t.e.msg, "20000 files"));
  trap_free (&t);
}

/* Parts of the patch with one file, each of which may or may not mean its entities. */
static void
a_large_file_is_not_tried_for_every_part (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 400000 / SMALLER; i++)
    aid_str_addf (&t.file, "if (a < %d && b > 1) &amp; more;\n", i);
  for (int i = 0; i < 5000 / SMALLER; i++)
    aid_str_addf (&t.answer, "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n"
                  " if (a &lt; %d &amp;&amp; b &gt; 1) &amp; more;\n-x < y\n+b\n", i);
  read_and_plan (&t);
  trap_free (&t);
}

/* --- the calls of edit tools --- */

static void
deep_json_is_no_patch (void **state)
{
  static const char *const nests[][2] = {
    { "[", "]" }, { "{\"edits\":", "}" }, { "{\"input\":{\"function\":", "}}" }, { "{\"old_string\":", "}" }
  };
  (void) state;
  for (size_t k = 0; k < 4; k++)
    for (size_t depth = 10; depth <= 100000; depth *= 100)
      {
        struct trap t;
        trap_init (&t);
        for (size_t i = 0; i < depth; i++)
          aid_str_addz (&t.answer, nests[k][0]);
        aid_str_addz (&t.answer, "{\"path\":\"f\",\"old_string\":\"a\",\"new_string\":\"b\"}");
        for (size_t i = 0; i < depth; i++)
          aid_str_addz (&t.answer, nests[k][1]);
        aid_str_addz (&t.file, "a\n");
        read_and_plan (&t);
        assert_int_equal (t.plan->applied, 0);
        trap_free (&t);
      }
}

/* Every hunk of pieces that are replaced everywhere would hold the whole file, or many times its text. */
static void
pieces_that_stand_everywhere_are_bounded (void **state)
{
  (void) state;
  for (int k = 0; k < 2; k++)
    {
      struct trap t;
      trap_init (&t);
      aid_str_addz (&t.answer, "[");
      for (int i = 0; i < 200; i++)
        {
          aid_str_addf (&t.answer, "%s{\"path\":\"f\",\"replace_all\":true,\"old_string\":\"x\",\"new_string\":\"", i ? "," : "");
          add_filled (&t.answer, 'y', k ? 10000 : 1);
          aid_str_addz (&t.answer, "\"}");
        }
      aid_str_addz (&t.answer, "]");
      if (k)
        add_filled (&t.file, 'x', 1 << 20);
      for (int i = 0; !k && i < 500000 / SMALLER; i++)
        aid_str_addz (&t.file, i % (250000 / SMALLER) ? "between\n" : "x\n");
      read_and_plan (&t);
      assert_int_equal (t.plan->refused, k ? 200 : 199);
      trap_free (&t);
    }
}

/* --- texts --- */

static void
sequences_in_a_large_file_are_bounded (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 20000; i++)
    {
      add_filled (&t.file, 'x', 3000);
      aid_str_addf (&t.file, "%d\n", i);
    }
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n");
  for (int i = 0; i < 60; i++)
    aid_str_addf (&t.answer, "@@ @@\n-no such line %d\n+x\n", i);
  read_and_plan (&t);
  assert_int_equal (t.plan->refused, 60);
  trap_free (&t);
}

/* What is told of a refused hunk compares its lines with the file's. */
static void
long_lines_are_told_in_time (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 200; i++)
    {
      add_filled (&t.file, 'x', 100000 / SHORTER);
      aid_str_addf (&t.file, "%d", i);
      add_filled (&t.file, ' ', 100000 / SHORTER);
      aid_str_addz (&t.file, "\n");
    }
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n@@ -1,199 +1,200 @@\n");
  for (int i = 0; i < 200; i++)
    {
      aid_str_addz (&t.answer, i == 100 ? "-" : " ");
      add_filled (&t.answer, 'x', 100000 / SHORTER);
      aid_str_addf (&t.answer, i == 100 ? "y" : "%d", i);
      add_filled (&t.answer, ' ', 100000 / SHORTER);
      aid_str_addz (&t.answer, "\n");
    }
  read_and_plan (&t);
  assert_int_equal (t.plan->refused, 1);
  trap_free (&t);
}

static void
random_bytes_say_nothing (void **state)
{
  static const char *const pieces[] = { "\n", "@@", " @@ -1,3 +1,4 @@", "\n--- a/f", "\n+++ b/f\n", "\n```", "diff", "\n ", "\n+",
                                        "\n-", "{", "\"old_string\":", "\n*** Update File: f\n", "\n<<<<<<< SEARCH\n",
                                        "\n=======\n", "\n>>>>>>> REPLACE\n", "...", "&lt;", "\r\n" };
  unsigned seed = 4711;
  (void) state;
  for (int with_pieces = 0; with_pieces < 2; with_pieces++)
    {
      struct trap t;
      trap_init (&t);
      for (size_t i = 0; t.answer.len < 20 << 20; i++)
        {
          seed = seed * 1664525u + 1013904223u;
          if (with_pieces && seed >> 30 == 0)
            aid_str_addz (&t.answer, pieces[(seed >> 16) % (sizeof pieces / sizeof *pieces)]);
          else
            aid_str_addc (&t.answer, (char) (seed >> 24));
        }
      add_filled (&t.file, 'f', 1000);
      read_answer (&t);
      if (t.p)
        plan_for (&t);
      else
        assert_int_equal (t.e.code, AID_E_LIMIT);
      trap_free (&t);
    }
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (ten_thousand_fences_may_be_empty_nested_or_open),
    cmocka_unit_test (fences_whose_end_is_far_away),
    cmocka_unit_test (a_name_of_a_megabyte_is_not_kept_for_every_block),
    cmocka_unit_test (twenty_thousand_files_may_be_named),
    cmocka_unit_test (more_files_than_may_be_are_refused),
    cmocka_unit_test (a_large_file_is_not_tried_for_every_part),
    cmocka_unit_test (deep_json_is_no_patch),
    cmocka_unit_test (pieces_that_stand_everywhere_are_bounded),
    cmocka_unit_test (sequences_in_a_large_file_are_bounded),
    cmocka_unit_test (long_lines_are_told_in_time),
    cmocka_unit_test (random_bytes_say_nothing),
  };
  begin_bounds (argc, argv);
  return cmocka_run_group_tests_name ("patch bounds of reading", tests, NULL, NULL);
}
