/* Hostile answers end quickly: thousands of parts for one path, planned to be carried out together, of which each is tried after
   all those before it (test_patch_bounds.c has the traps of lines and hunks). */
#include "patch_bounds.h"

enum { PARTS = 19000, LINES = 8000 };

static void
add_lines (struct aid_str *out, const char *before)
{
  for (int i = 0; i < LINES; i++)
    aid_str_addf (out, "%sline %d of a long text that goes on\n", before, i);
}

/* Reads the answer and plans all of it together, with the file f and without. */
static void
read_and_plan_together (struct trap *t)
{
  struct memory m = { .file = { { "f", aid_str_span (&t->file) } } };
  struct aid_plan_options together = { .together = 1 };
  read_answer (t);
  assert_non_null (t->p);
  t->begun = clock ();
  t->plan = plan_in (t->p, &m, &together);
  in_time (t, "planning");
}

static void
parts_that_fit_nowhere (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.file, "a\n");
  for (int i = 0; i < PARTS; i++)
    aid_str_addz (&t.answer, "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-gone\n+b\n");
  read_and_plan_together (&t);
  assert_int_equal (t.plan->refused, PARTS);
  trap_free (&t);
}

static void
parts_that_fit_and_do_not_in_turn (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  add_lines (&t.file, "");
  for (int i = 0; i < LINES; i++)
    aid_str_addf (&t.answer, "--- a/f\n+++ b/f\n@@ -%d +%d @@\n-line %d of a long text that goes on\n+changed %d\n"
                  "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-gone\n+b\n", i + 1, i + 1, i, i);
  read_and_plan_together (&t);
  assert_int_equal (t.plan->applied, LINES);
  assert_int_equal (t.plan->refused, LINES);
  trap_free (&t);
}

static void
parts_that_build_on_one_another (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.file, "version 0\n");
  for (int i = 0; i < PARTS; i++)
    aid_str_addf (&t.answer, "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-version %d\n+version %d\n", i, i + 1);
  read_and_plan_together (&t);
  assert_int_equal (t.plan->applied, PARTS);
  trap_free (&t);
}

/* Both ends of the file change in turn, so what changes is all of it. */
static void
parts_that_build_on_one_another_in_a_large_file (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.file, "first 0\n");
  add_lines (&t.file, "");
  aid_str_addz (&t.file, "last 0\n");
  for (int i = 0; i < PARTS / 2; i++)
    aid_str_addf (&t.answer, "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-first %d\n+first %d\n"
                  "--- a/f\n+++ b/f\n@@ -%d +%d @@\n-last %d\n+last %d\n", i, i + 1, LINES + 2, LINES + 2, i, i + 1);
  read_and_plan_together (&t);
  trap_free (&t);
}

static void
parts_that_change_a_large_new_file (void **state)
{
  (void) state;
  struct trap t;
  trap_init (&t);
  aid_str_addf (&t.answer, "--- /dev/null\n+++ b/new\n@@ -0,0 +1,%d @@\n+version 0\n", LINES + 1);
  add_lines (&t.answer, "+");
  for (int i = 0; i < PARTS; i++)
    aid_str_addf (&t.answer, "--- a/new\n+++ b/new\n@@ -1,2 +1,2 @@\n-version %d\n+version %d\n"
                  " line 0 of a long text that goes on\n", i, i + 1);
  read_and_plan_together (&t);
  assert_true (t.plan->applied > 100);
  trap_free (&t);
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (parts_that_fit_nowhere),
    cmocka_unit_test (parts_that_fit_and_do_not_in_turn),
    cmocka_unit_test (parts_that_build_on_one_another),
    cmocka_unit_test (parts_that_build_on_one_another_in_a_large_file),
    cmocka_unit_test (parts_that_change_a_large_new_file),
  };
  begin_bounds (argc, argv);
  return cmocka_run_group_tests_name ("patch bounds of parts", tests, NULL, NULL);
}
