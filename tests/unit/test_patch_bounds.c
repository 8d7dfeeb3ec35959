/* Hostile answers and files end quickly.  Every test here is a trap that some simple way of reading or placing falls into: one
   line of megabytes, a million hunks, thousands of equal or nearly equal lines, names and fences without end.  What is promised
   is a bounded time and memory, and that whoever cannot be served is told so.  Time is the processor's and its limit far above
   what is needed, so that a slow machine passes; a quadratic way takes minutes.  Memory is bounded for the whole program. */
#include "patch_bounds.h"

/* --- long lines --- */

enum { LONG = 10000000 / (SMALLER > 1 ? 4 : 1) };

static void
a_line_of_10_MB_is_placed (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.file, "first\n");
  add_filled (&t.file, 'x', LONG);
  aid_str_addz (&t.file, "\nlast\n");
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n first\n-");
  add_filled (&t.answer, 'x', LONG);
  aid_str_addz (&t.answer, "\n+short\n last\n");
  read_and_plan (&t);
  assert_int_equal (t.plan->applied, 1);
  assert_string_equal (aid_str_z (&PLAN_AT (t.plan, 0)->after), "first\nshort\nlast\n");
  trap_free (&t);
}

static void
a_line_of_10_MB_that_differs_in_its_middle_is_refused (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 4; i++)
    {
      add_filled (&t.file, 'x', LONG / 2);
      aid_str_addc (&t.file, (char) ('0' + i));
      add_filled (&t.file, 'x', LONG / 2);
      aid_str_addc (&t.file, '\n');
    }
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n-");
  add_filled (&t.answer, 'x', LONG);
  aid_str_addz (&t.answer, "8\n+short\n");
  read_and_plan (&t);
  assert_int_equal (t.plan->refused, 1);
  trap_free (&t);
}

/* The same line in every part of an answer that is read in a way of its own. */
static void
a_line_of_10_MB_may_stand_anywhere (void **state)
{
  static const char *const around[][2] = {
    { "", "\n" }, { "```", "\n@@ @@\n-a\n+b\n```\n" }, { "```diff\n--- ", "\n+++ b/f\n@@ @@\n-a\n+b\n```\n" },
    { "```diff\n+++ ", "\n@@ @@\n-a\n+b\n```\n" }, { "```diff\n@@ -1 +1 @@ ", "\n-a\n+b\n```\n" },
    { "```diff\ndiff --git ", "\n@@ @@\n-a\n+b\n```\n" },
    { "*** Begin Patch\n*** Update File: ", "\n@@\n-a\n+b\n*** End Patch\n" },
    { "`", "`\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n" }, { "f\n<<<<<<< SEARCH\n", "\n=======\nb\n>>>>>>> REPLACE\n" },
    { "```\n@@ @@\n-a\n+b\n", "\n```\n" }, { "--- a/f\n+++ b/f\n@@ @@\n ... ", "\n-a\n+b\n" },
    { "{\"path\":\"", "\",\"old_string\":\"a\",\"new_string\":\"b\"}" }
  };
  static const char filler[] = "x `/.\"-@\\";
  (void) state;
  for (size_t i = 0; i < sizeof around / sizeof *around; i++)
    for (const char *c = filler; *c; c++)
      {
        struct trap t;
        trap_init (&t);
        aid_str_addz (&t.file, "a\n");
        aid_str_addz (&t.answer, around[i][0]);
        add_filled (&t.answer, *c, LONG);
        aid_str_addz (&t.answer, around[i][1]);
        read_and_plan (&t);
        trap_free (&t);
      }
}

/* --- many things --- */

static void
a_million_hunks_are_more_than_is_read (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n");
  for (int i = 1; i <= 1000000; i++)
    aid_str_addf (&t.answer, "@@ -%d +%d @@\n-%d\n+%d.\n", i, i, i, i);
  read_answer (&t);
  assert_null (t.p);
  assert_int_equal (t.e.code, AID_E_LIMIT);
  assert_non_null (strstr (t.e.msg, "100000 hunks"));
  trap_free (&t);
}

static void
as_many_hunks_as_may_be_fit_a_large_file (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n");
  for (int i = 1; i <= 100000; i++)
    {
      aid_str_addf (&t.file, "%d\nbetween\n", i);
      aid_str_addf (&t.answer, "@@ -%d +%d @@\n-%d\n+%d.\n", i * 2 - 1, i * 2 - 1, i, i);
    }
  read_and_plan (&t);
  assert_int_equal (t.plan->applied, 100000);
  trap_free (&t);
}

/* None of them is exact, so each is looked for by every means. */
static void
as_many_hunks_as_may_be_all_fail (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n");
  for (int i = 1; i <= 100000 / SMALLER; i++)
    {
      aid_str_addf (&t.file, "the line number %d of the file\n", i);
      aid_str_addf (&t.answer, "@@ -%d,2 +%d,2 @@\n the line numbr %d of the file\n-there is no %d here\n+x\n", i, i, i, i);
    }
  read_and_plan (&t);
  assert_int_equal (t.plan->applied, 0);
  assert_int_equal (t.plan->refused, 100000 / SMALLER);
  trap_free (&t);
}

static void
a_hunk_of_100_000_lines_is_placed (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n@@ -1,100000 +1,100000 @@\n");
  for (int i = 0; i < 100000; i++)
    {
      aid_str_addf (&t.file, "line %d\n", i % 1000);
      aid_str_addf (&t.answer, i == 77777 ? "-line %d\n+changed\n" : " line %d\n", i % 1000);
    }
  read_and_plan (&t);
  assert_int_equal (t.plan->applied, 1);
  trap_free (&t);
}

/* A line of it differs: too large a table for an alignment. */
static void
a_garbled_hunk_of_100_000_lines_is_refused (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n@@ -1,100000 +1,100000 @@\n");
  for (int i = 0; i < 100000; i++)
    {
      aid_str_addf (&t.file, "line %d\n", i % 1000);
      aid_str_addf (&t.answer, i == 50000 ? " lyne %d\n-gone\n+changed\n" : " line %d\n", i % 1000);
    }
  read_and_plan (&t);
  assert_int_equal (t.plan->refused, 1);
  trap_free (&t);
}

static void
a_file_of_64_MB_takes_a_small_change (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (size_t i = 0; t.file.len + 64 < AID_PATCH_MAX; i++)
    aid_str_addf (&t.file, "this is the line with the number %zu\n", i);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n this is the line with the number 1000\n"
                "-this is the  line with the number 1001\n+changed\n this is the line with the number 1002\n");
  read_and_plan (&t);
  assert_int_equal (t.plan->applied, 1);
  trap_free (&t);
}

static void
a_file_of_64_MB_of_nothing_but_line_ends_is_refused (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  add_filled (&t.file, '\n', AID_PATCH_MAX - 1);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-\n+x\n \n");
  read_and_plan (&t);
  assert_int_equal (t.plan->refused, 1);
  assert_non_null (strstr (PLAN_AT (t.plan, 0)->reason, "lines"));
  trap_free (&t);
}

static void
more_than_64_MB_are_no_answer (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  add_filled (&t.answer, '+', AID_PATCH_MAX + 1);
  read_answer (&t);
  assert_null (t.p);
  assert_non_null (strstr (t.e.msg, "64 MB"));
  trap_free (&t);
}

/* --- equal lines --- */

/* FILE is made of N times LINE; the hunks of the answer speak of nothing else. */
static void
equal_lines (const char *line, size_t n, size_t hunks, size_t context, const char *section, const char *deleted)
{
  struct trap t;
  trap_init (&t);
  for (size_t i = 0; i < (n < 100000 ? n : n / SMALLER); i++)
    aid_str_addf (&t.file, "%s\n", line);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n");
  for (size_t i = 0; i < hunks / SMALLER + 1; i++)
    {
      aid_str_addf (&t.answer, "@@ @@ %s\n", section);
      for (size_t k = 0; k < context; k++)
        aid_str_addf (&t.answer, " %s\n", line);
      aid_str_addf (&t.answer, "-%s\n+new %zu\n", deleted, i);
      for (size_t k = 0; k < context; k++)
        aid_str_addf (&t.answer, " %s\n", line);
    }
  read_and_plan (&t);
  assert_int_equal (t.plan->applied, 0);
  trap_free (&t);
}

static void
equal_lines_settle_nothing (void **state)
{
  (void) state;
  equal_lines ("x", 200000, 2000, 20, "", "x");
  equal_lines ("x", 200, 30000, 0, "", "x");
  equal_lines ("x = compute (y);", 200000, 5000, 1, "x = compute (y);", "x = compute (y);");
  equal_lines ("x = compute (y);", 200000, 5000, 1, "x = comp", "x = compute (y);");
  equal_lines ("x = compute (y);", 100000, 2000, 4, "", "x = compute (z);");
  equal_lines ("x = compute (y);", 3000, 1, 1500, "", "x = compute (z);");
  equal_lines ("}", 100000, 1000, 10, "", "{");
  equal_lines ("", 100000, 1000, 10, "", "x");
}

/* Hunks without any old line ask for the line of their section. */
static void
sections_are_not_searched_for_ever (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 500000; i++)
    aid_str_addf (&t.file, "void function_%d (void)\n", i / 2);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n");
  for (int i = 0; i < 20000; i++)
    aid_str_addf (&t.answer, "@@ @@ void function_%d (void)\n+new\n", i);
  read_and_plan (&t);
  assert_int_equal (t.plan->applied, 0);
  trap_free (&t);
}

/* --- nearly equal lines --- */

/* A line of N bytes: PREFIX of A's and the digits of I spread over it, so that lines have much in common and no long block. */
static void
add_mixed (struct aid_str *s, const char *lead, size_t n, unsigned i)
{
  aid_str_addz (s, lead);
  for (size_t k = 0; k < n; k++)
    aid_str_addc (s, (char) ('a' + (k * 7 + (k % 3 == 0 ? (i >> (k / 3 % 16)) * 5 : 0)) % 26));
  aid_str_addc (s, '\n');
}

static void
nearly_equal_lines (size_t n, size_t length, size_t context, size_t hunks, unsigned away)
{
  struct trap t;
  trap_init (&t);
  for (size_t i = 0; i < n; i++)
    add_mixed (&t.file, "", length, (unsigned) i);
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n");
  for (size_t i = 0; i < hunks / SMALLER + 1; i++)
    {
      aid_str_addf (&t.answer, "@@ -%zu +1 @@\n", i + 1);
      for (size_t k = 0; k < context; k++)
        add_mixed (&t.answer, " ", length, (unsigned) (i * context + k) + away);
      add_mixed (&t.answer, "-", length, (unsigned) i + away);
      aid_str_addz (&t.answer, "+new\n");
    }
  read_and_plan (&t);
  trap_free (&t);
}

static void
nearly_equal_lines_are_not_compared_for_ever (void **state)
{
  (void) state;
  nearly_equal_lines (2000, 400, 2000 / SMALLER, 1, 1 << 16);
  nearly_equal_lines (2000, 390, 20, 100, 1 << 16);
  nearly_equal_lines (20000 / SMALLER, 120, 3, 5000, 1 << 16);
  nearly_equal_lines (5000 / SMALLER, 4000, 1000, 1, 1 << 16);
  nearly_equal_lines (60, 500000 / SMALLER, 60, 1, 1 << 16);
}

enum { BLANK = 1500 / SHORTER };

/* Lines that are long because of blanks cost no more than others. */
static void
blanks_are_not_trimmed_again_and_again (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < BLANK; i++)
    {
      add_filled (&t.file, ' ', 20000);
      aid_str_addf (&t.file, "%d", i);
      add_filled (&t.file, ' ', 20000);
      aid_str_addz (&t.file, "\n");
    }
  aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n");
  aid_str_addf (&t.answer, "@@ -1,%d +1 @@\n", BLANK);
  for (int i = 0; i < BLANK; i++)
    aid_str_addf (&t.answer, " %d%s\n", i, i == BLANK / 2 ? "x" : "");
  aid_str_addz (&t.answer, "-no such line\n+new\n");
  read_and_plan (&t);
  assert_int_equal (t.plan->refused, 1);
  trap_free (&t);
}

/* The diff of the two halves of a block. */
static void
halves_without_a_common_end_are_compared_within_bounds (void **state)
{
  (void) state;
  static const struct { size_t blocks, lines, length; } shapes[] = { { 900 / SMALLER, 1990, 1 }, { 1, 1990, 7000 / SMALLER } };
  for (size_t s = 0; s < 2; s++)
    {
      struct trap t;
      trap_init (&t);
      aid_str_addz (&t.answer, "f\n");
      for (size_t b = 0; b < shapes[s].blocks; b++)
        for (int half = 0; half < 2; half++)
          {
            aid_str_addz (&t.answer, half ? "b\n=======\na\n" : "<<<<<<< SEARCH\n");
            for (size_t i = 0; i < shapes[s].lines; i++)
              {
                add_filled (&t.answer, 'x', shapes[s].length);
                aid_str_addz (&t.answer, i % 2 == (size_t) half ? "y\n" : "z\n");
              }
            aid_str_addz (&t.answer, half ? ">>>>>>> REPLACE\n" : "");
          }
      aid_str_addz (&t.file, "x\n");
      read_and_plan (&t);
      trap_free (&t);
    }
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_line_of_10_MB_is_placed),
    cmocka_unit_test (a_line_of_10_MB_that_differs_in_its_middle_is_refused),
    cmocka_unit_test (a_line_of_10_MB_may_stand_anywhere),
    cmocka_unit_test (a_million_hunks_are_more_than_is_read),
    cmocka_unit_test (as_many_hunks_as_may_be_fit_a_large_file),
    cmocka_unit_test (as_many_hunks_as_may_be_all_fail),
    cmocka_unit_test (a_hunk_of_100_000_lines_is_placed),
    cmocka_unit_test (a_garbled_hunk_of_100_000_lines_is_refused),
    cmocka_unit_test (a_file_of_64_MB_takes_a_small_change),
    cmocka_unit_test (a_file_of_64_MB_of_nothing_but_line_ends_is_refused),
    cmocka_unit_test (more_than_64_MB_are_no_answer),
    cmocka_unit_test (equal_lines_settle_nothing),
    cmocka_unit_test (sections_are_not_searched_for_ever),
    cmocka_unit_test (nearly_equal_lines_are_not_compared_for_ever),
    cmocka_unit_test (blanks_are_not_trimmed_again_and_again),
    cmocka_unit_test (halves_without_a_common_end_are_compared_within_bounds),
  };
  begin_bounds (argc, argv);
  return cmocka_run_group_tests_name ("patch bounds", tests, NULL, NULL);
}
