/* How inserted lines are indented, as the hunk's matched lines show what its indentation stands for.  Each case is a file,
   what becomes of it, and a hunk: the file's line of each of its lines, and the line. */
#include "patch_match.h"

/* --- as written --- */

static void
lines_stay_as_written_when_the_hunk_is_the_files (void **state)
{
  (void) state;
  BECOMES ("f {\n\tif (x)\n\t  y;\n}\n", "f {\n\tif (x)\n        z;\n\t  y;\n}\n", { 1, " f {" }, { 2, " \tif (x)" },
           { 0, "+        z;" }, { 3, " \t  y;" });
}

static void
lines_stay_as_written_when_half_of_the_hunk_agrees (void **state)
{
  (void) state;
  BECOMES ("  a1\n  b1\n", "  a1\n  x\n  b1\n", { 1, "   a1" }, { 0, "+  x" }, { 2, " b1" });
}

/* A line that lost its prefix is the file's line as it is: nothing is shifted by a column. */
static void
a_lost_prefix_is_no_shift (void **state)
{
  (void) state;
  BECOMES ("  a1\n  b1\n", "  a1\n  x\n  b1\n", { 1, "?  a1" }, { 0, "+  x" }, { 2, "?  b1" });
}

static void
deleted_lines_decide_when_prefixes_are_lost (void **state)
{
  (void) state;
  BECOMES ("  a1\n  b1\n  c1\n  d1\n", "  a1\n  b1\n  c1\n  x\n", { 1, "?a1" }, { 2, "?b1" }, { 3, "?c1" }, { 4, "-  d1" },
           { 0, "+  x" });
}

/* A line at the margin that stays there says nothing of the others, but what replaces it stays there, too. */
static void
what_replaces_a_line_at_the_margin_stays_there (void **state)
{
  (void) state;
  BECOMES ("int f () {\n  return 1;\n", "int g () {\n  return 1;\n", { 1, "-int f () {" }, { 0, "+int g () {" },
           { 2, " return 1;" });
}

static void
blank_lines_are_never_indented (void **state)
{
  (void) state;
  BECOMES ("    a1\n    b1\n", "    a1\n\n    x\n    b1\n", { 1, " a1" }, { 0, "+" }, { 0, "+x" }, { 2, " b1" });
}

/* --- a shift --- */

static void
all_lines_are_shifted_alike (void **state)
{
  (void) state;
  BECOMES ("    f {\n        a;\n    }\n", "    f {\n        a;\n        if (x)\n            y;\n    }\n", { 1, " f {" },
           { 2, "     a;" }, { 0, "+    if (x)" }, { 0, "+        y;" }, { 3, " }" });
  BECOMES ("f {\n    a;\n}\n", "f {\n    a;\n    if (x)\n        y;\n}\n", { 1, "         f {" }, { 2, "             a;" },
           { 0, "+            if (x)" }, { 0, "+                y;" }, { 3, "         }" });
}

static void
shifted_lines_are_written_with_the_files_tabs (void **state)
{
  (void) state;
  BECOMES ("\tf {\n\t\ta;\n\t}\n", "\tf {\n\t\ta;\n\t\tif (x)\n\t\t\ty;\n\t}\n", { 1, " f {" }, { 2, "         a;" },
           { 0, "+        if (x)" }, { 0, "+                y;" }, { 3, " }" });
}

static void
tabs_become_the_files_blanks (void **state)
{
  (void) state;
  BECOMES ("f {\n    a;\n    b;\n}\n", "f {\n    a;\n    if (x)\n        y;\n    b;\n}\n", { 1, " f {" },
           { 2, " \ta;" }, { 0, "+\tif (x)" }, { 0, "+\t\ty;" }, { 3, " \tb;" }, { 4, " }" });
}

/* No constant shift: what was written alike is found alike, and the rest goes with the nearest line. */
static void
lines_go_with_the_nearest_when_shifts_differ (void **state)
{
  (void) state;
  BECOMES ("    a1;\n        b1;\n            c1;\n                d1;\n",
           "    a1;\n        b1;\n         x;\n            c1;\n                d1;\n                    y;\n",
           { 1, " a1;" },
           { 2, "   b1;" }, { 0, "+   x;" }, { 3, "     c1;" }, { 4, "       d1;" }, { 0, "+          y;" });
}

static void
what_was_written_alike_is_found_alike (void **state)
{
  (void) state;
  BECOMES ("\ta1\n\t  b1\n", "\ta1\n\tx\n\t  b1\n\t  y\n", { 1, "   a1" }, { 0, "+  x" }, { 2, "     b1" }, { 0, "+    y" });
}

/* --- what a file says --- */

/* Hunk B changes the file as the pairs of hunk A and its own say. */
static void
check_two (const char *file, const struct row *a, size_t na, const struct row *b, size_t nb, const char *expected)
{
  struct aid_target t;
  struct hunk first, second;
  struct aid_vec all = AID_VEC_INIT (struct aid_pair, 1000);
  struct aid_str after = AID_STR_INIT (10000);
  assert_int_equal (aid_target_init (&t, aid_span_z (file), NULL), AID_OK);
  hunk_make (&first, &t, a, na, -1);
  hunk_make (&second, &t, b, nb, -1);
  assert_int_equal (aid_indent_pairs (&first.view, &t, &first.match, &all), AID_OK);
  assert_int_equal (aid_indent_pairs (&second.view, &t, &second.match, &all), AID_OK);
  assert_true (make_change (&second, &t, &all, &after));
  assert_string_equal (aid_str_z (&after), expected);
  hunk_free (&first);
  hunk_free (&second);
  aid_vec_free (&all);
  aid_str_free (&after);
  aid_target_free (&t);
}

static void
tabs_written_as_blanks_are_the_whole_files_matter (void **state)
{
  (void) state;
  check_two ("\tone;\n\t\ttwo;\nmargin\n", ROWS ({ 1, "         one;" }, { 2, "                 two;" }),
             ROWS ({ 0, "+        x;" }, { 3, " margin" }), "\tone;\n\t\ttwo;\n\tx;\nmargin\n");
}

static void
tabs_written_as_fewer_blanks_are_seen_by_their_columns (void **state)
{
  (void) state;
  check_two ("\tone;\n\t\ttwo;\nmargin\n", ROWS ({ 1, "     one;" }, { 2, "         two;" }),
             ROWS ({ 0, "+        x;" }, { 3, " margin" }), "\tone;\n\t\ttwo;\n\t\tx;\nmargin\n");
}

static void
a_line_in_blanks_in_the_file_speaks_against_tabs (void **state)
{
  (void) state;
  check_two ("\tone;\n        two;\nmargin\n", ROWS ({ 1, "         one;" }, { 2, "         two;" }),
             ROWS ({ 0, "+        x;" }, { 3, " margin" }), "\tone;\n        two;\n        x;\nmargin\n");
}

static void
a_hunk_that_writes_the_files_tabs_is_taken_at_its_word (void **state)
{
  (void) state;
  check_two ("\tone;\n\ttwo;\nmargin\n", ROWS ({ 1, "         one;" }),
             ROWS ({ 2, " \ttwo;" }, { 0, "+        x;" }, { 3, " margin" }), "\tone;\n\ttwo;\n        x;\nmargin\n");
}

static void
blanks_written_as_tabs_are_the_whole_files_matter (void **state)
{
  (void) state;
  check_two ("    one;\n        two;\nmargin\n", ROWS ({ 1, " \tone;" }, { 2, " \t\ttwo;" }),
             ROWS ({ 0, "+\tx;" }, { 3, " margin" }), "    one;\n        two;\n    x;\nmargin\n");
}

static void
a_shift_stays_with_its_hunk (void **state)
{
  (void) state;
  check_two ("    one;\n    two;\nmargin\n", ROWS ({ 1, " one;" }, { 2, " two;" }), ROWS ({ 0, "+x;" }, { 3, " margin" }),
             "    one;\n    two;\nx;\nmargin\n");
}

/* --- hostile --- */

static void
indentation_without_end_says_nothing (void **state)
{
  (void) state;
  struct aid_str file = AID_STR_INIT (1 << 20), line = AID_STR_INIT (1 << 20), after = AID_STR_INIT (1 << 20);
  for (int i = 0; i < 100000; i++)
    {
      aid_str_addc (&file, '\t');
      aid_str_addc (&line, ' ');
    }
  aid_str_addz (&file, "a1\nb1\n");
  aid_str_addz (&line, "x");
  line.ptr[0] = '+';
  aid_str_addz (&after, aid_str_z (&file));
  after.len -= 3;
  aid_str_addf (&after, "%s\nb1\n", aid_str_z (&line) + 1);
  check_change (aid_str_z (&file), ROWS ({ 1, "                 a1" }, { 0, aid_str_z (&line) }, { 2, " b1" }), -1, 1,
                aid_str_z (&after));
  aid_str_free (&file);
  aid_str_free (&line);
  aid_str_free (&after);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (lines_stay_as_written_when_the_hunk_is_the_files),
    cmocka_unit_test (lines_stay_as_written_when_half_of_the_hunk_agrees),
    cmocka_unit_test (a_lost_prefix_is_no_shift),
    cmocka_unit_test (deleted_lines_decide_when_prefixes_are_lost),
    cmocka_unit_test (what_replaces_a_line_at_the_margin_stays_there),
    cmocka_unit_test (blank_lines_are_never_indented),
    cmocka_unit_test (all_lines_are_shifted_alike),
    cmocka_unit_test (shifted_lines_are_written_with_the_files_tabs),
    cmocka_unit_test (tabs_become_the_files_blanks),
    cmocka_unit_test (lines_go_with_the_nearest_when_shifts_differ),
    cmocka_unit_test (what_was_written_alike_is_found_alike),
    cmocka_unit_test (tabs_written_as_blanks_are_the_whole_files_matter),
    cmocka_unit_test (tabs_written_as_fewer_blanks_are_seen_by_their_columns),
    cmocka_unit_test (a_line_in_blanks_in_the_file_speaks_against_tabs),
    cmocka_unit_test (a_hunk_that_writes_the_files_tabs_is_taken_at_its_word),
    cmocka_unit_test (blanks_written_as_tabs_are_the_whole_files_matter),
    cmocka_unit_test (a_shift_stays_with_its_hunk),
    cmocka_unit_test (indentation_without_end_says_nothing),
  };
  return cmocka_run_group_tests_name ("patch indent", tests, NULL, NULL);
}
