/* What is said about refused hunks, to be understood and to be acted on. */
#include "patch_cases.h"
#include "base/utf8.h"

#define SPAN(z) ((struct aid_span){ (z), strlen (z) })

static char *
report_on (const char *answer, const char *path, const char *text, const unsigned char *files)
{
  struct memory m = { { { path, SPAN (text) } }, 0 };
  struct aid_patch *p = read_patch (SPAN (answer), AID_FORMAT_AUTO);
  struct aid_plan *plan = plan_in (p, &m, NULL);
  struct aid_str out = AID_STR_INIT (1 << 20);
  assert_int_equal (aid_patch_report (p, plan, files, &out), AID_OK);
  char *got = strdup (aid_str_z (&out));
  assert_int_equal (strlen (got), out.len);
  assert_true (out.len <= AID_REPORT_MAX);
  assert_int_equal (aid_utf8_valid_prefix (aid_str_span (&out)), out.len);
  aid_str_free (&out);
  aid_plan_free (plan);
  aid_patch_free (p);
  return got;
}

static void
assert_holds (const char *text, const char *part)
{
  if (!strstr (text, part))
    fail_msg ("no \"%s\" in:\n%s", part, text);
}

static void
assert_lacks (const char *text, const char *part)
{
  if (strstr (text, part))
    fail_msg ("\"%s\" in:\n%s", part, text);
}

#define COUNT_C                                                                                                \
  "int\ncount (struct list *l)\n{\n  int n = 0;\n  for (; l; l = l->next)\n    n++;\n  return n;\n}\n"           \
  "\nint\nmain (void)\n{\n  return 0;\n}\n"

static void
nothing_refused_says_nothing (void **state)
{
  (void) state;
  char *got = report_on ("--- a/c.c\n+++ b/c.c\n@@ -4,1 +4,1 @@\n-  int n = 0;\n+  size_t n = 0;\n", "c.c", COUNT_C, NULL);
  assert_string_equal (got, "");
  free (got);
}

static void
shows_the_hunk_why_and_what_is_there (void **state)
{
  (void) state;
  char *got = report_on ("--- a/c.c\n+++ b/c.c\n@@ -4,3 +4,3 @@\n   int n = 0;\n-  while ((l = list_next (l)) != end)\n"
                         "+  walk (l)\n     n++;\n   return n;\n", "c.c", COUNT_C, NULL);
  assert_holds (got, "Hunk 1, in c.c, was refused: line 2 \"while ((l = list_next (l)) != end)\" is not in c.c");
  assert_holds (got, "```diff\n@@ -4,3 +4,3 @@\n   int n = 0;\n-  while ((l = list_next (l)) != end)\n+  walk (l)\n     n++;\n"
                     "   return n;\n```\n");
  assert_holds (got, "      4 |   int n = 0;\n"
                     "-       |   while ((l = list_next (l)) != end)\n"
                     "+     5 |   for (; l; l = l->next)\n"
                     "      6 |     n++;\n"
                     "      7 |   return n;\n"
                     "      8 | }\n");
  free (got);
}

static void
shows_only_what_was_refused (void **state)
{
  (void) state;
  char *got = report_on ("--- a/c.c\n+++ b/c.c\n@@ -4,1 +4,1 @@\n-  int n = 0;\n+  size_t n = 0;\n@@ -13,1 +13,1 @@\n"
                         "-  exit (0);\n+  exit (1);\n", "c.c", COUNT_C, NULL);
  assert_lacks (got, "Hunk 1");
  assert_holds (got, "Hunk 2, in c.c, was refused: ");
  assert_holds (got, "+  exit (1);\n");
  free (got);
}

static void
shows_each_place_of_an_ambiguous_hunk (void **state)
{
  (void) state;
  char *got = report_on ("--- a/a\n+++ b/a\n@@ @@\n-x\n+y\n", "a", "one\nx\ntwo\nA\nB\nC\nD\nE\nthree\nx\nfour\n", NULL);
  assert_holds (got, "was refused: fits lines 2, 10.");
  assert_holds (got, "      1 | one\n      2 | x\n      3 | two\n");
  assert_holds (got, "      9 | three\n     10 | x\n     11 | four\n");
  assert_lacks (got, "places more");
  free (got);
}

static void
many_places_are_counted (void **state)
{
  (void) state;
  struct aid_str text = AID_STR_INIT (1 << 16);
  for (int i = 0; i < 30; i++)
    aid_str_addf (&text, "before %d\nx\nafter %d\n", i, i);
  char *got = report_on ("--- a/a\n+++ b/a\n@@ @@\n-x\n+y\n", "a", aid_str_z (&text), NULL);
  assert_holds (got, "fits lines 2, 5, 8, 11, 14, 17, 20, 23, 26 and 21 more");
  assert_holds (got, "     14 | x\n");
  assert_lacks (got, "     29 | x\n");
  assert_holds (got, "and 25 places more\n");
  free (got);
  aid_str_free (&text);
}

static void
a_file_refused_as_a_whole_says_why_once (void **state)
{
  (void) state;
  char *got = report_on ("--- a/no.c\n+++ b/no.c\n@@ -1,1 +1,1 @@\n-a\n+b\n@@ -9,1 +9,1 @@\n-c\n+d\n", "c.c", COUNT_C, NULL);
  assert_string_equal (got, "The change of no.c as a whole was refused: no.c does not exist.\n\n");
  free (got);
}

static void
tells_of_the_files_that_are_asked_for (void **state)
{
  (void) state;
  const unsigned char second[] = { 0, 1 };
  char *got = report_on ("--- a/no.c\n+++ b/no.c\n@@ -1,1 +1,1 @@\n-a\n+b\n--- a/c.c\n+++ b/c.c\n@@ -1,1 +1,1 @@\n"
                         "-  gone ();\n+  b ();\n", "c.c", COUNT_C, second);
  assert_lacks (got, "no.c");
  assert_holds (got, "Hunk 2, in c.c");
  free (got);
}

/* What a hostile answer or file holds ends no fence and reaches no terminal. */
static void
quotes_what_is_hostile (void **state)
{
  (void) state;
  char *got = report_on ("--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n keep this line here\n-````\n-\033[2Jgone \xff line\n+b\n", "a",
                         "keep this line here\n`````\nother \x01 line\n", NULL);
  assert_holds (got, "`````diff\n");
  assert_holds (got, "``````\n      1 | keep this line here\n");
  assert_holds (got, "-?[2Jgone \xef\xbf\xbd line\n");
  assert_lacks (got, "\033");
  assert_lacks (got, "\x01");
  free (got);
}

/* However much was refused. */
/* A name that is refused for its control characters is told of without them. */
static void
shows_no_name_as_it_may_not_be (void **state)
{
  (void) state;
  char *got = report_on ("--- /dev/null\n+++ \"b/a\\033[2Jx\"\n@@ -0,0 +1 @@\n+owned\n", "c.c", COUNT_C, NULL);
  assert_holds (got, "The change of a?[2Jx as a whole was refused: the file's name has control characters");
  assert_lacks (got, "\033");
  free (got);
}

static void
is_bounded_and_says_what_was_left_out (void **state)
{
  (void) state;
  struct aid_str answer = AID_STR_INIT (1 << 22);
  aid_str_addz (&answer, "--- a/c.c\n+++ b/c.c\n");
  for (int i = 0; i < 2000; i++)
    {
      aid_str_addz (&answer, "@@ -1,1 +1,1 @@\n");
      aid_str_addf (&answer, "-nowhere_%d_%0300d\n", i, i);
      for (int k = 0; k < 10; k++)
        aid_str_addf (&answer, "-nowhere %d %d\n", i, k);
      aid_str_addz (&answer, "+b\n");
    }
  char *got = report_on (aid_str_z (&answer), "c.c", COUNT_C, NULL);
  char last[100];
  size_t told = 0;
  for (const char *at = got; (at = strstr (at, "As it was written")); at++)
    told++;
  snprintf (last, sizeof last, "\n%zu more that were refused are left out here.\n", 2000 - told);
  assert_true (told > 10 && strlen (got) > AID_REPORT_MAX / 2);
  assert_string_equal (got + strlen (got) - strlen (last), last);
  char zeros[300];
  memset (zeros, '0', sizeof zeros - 1);
  zeros[sizeof zeros - 1] = '\0';
  assert_lacks (got, zeros);
  free (got);
  aid_str_free (&answer);
}

/* A hunk of a million lines is shown by its first ones. */
static void
long_hunks_are_cut (void **state)
{
  (void) state;
  struct aid_str answer = AID_STR_INIT (1 << 22);
  aid_str_addz (&answer, "--- a/c.c\n+++ b/c.c\n@@ -1,1 +1,1 @@\n   int n = 0;\n");
  for (int i = 0; i < 5000; i++)
    aid_str_addf (&answer, "-nowhere %d\n", i);
  char *got = report_on (aid_str_z (&answer), "c.c", COUNT_C, NULL);
  assert_holds (got, "-nowhere 98\n```\nand 4901 lines more\n");
  assert_lacks (got, "-nowhere 99\n");
  assert_lacks (got, "left out");
  free (got);
  aid_str_free (&answer);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing_refused_says_nothing),
    cmocka_unit_test (shows_the_hunk_why_and_what_is_there),
    cmocka_unit_test (shows_only_what_was_refused),
    cmocka_unit_test (shows_each_place_of_an_ambiguous_hunk),
    cmocka_unit_test (many_places_are_counted),
    cmocka_unit_test (a_file_refused_as_a_whole_says_why_once),
    cmocka_unit_test (tells_of_the_files_that_are_asked_for),
    cmocka_unit_test (quotes_what_is_hostile),
    cmocka_unit_test (shows_no_name_as_it_may_not_be),
    cmocka_unit_test (is_bounded_and_says_what_was_left_out),
    cmocka_unit_test (long_hunks_are_cut),
  };
  return cmocka_run_group_tests_name ("patch report", tests, NULL, NULL);
}
