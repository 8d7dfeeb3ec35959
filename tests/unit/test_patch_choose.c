/* The choice between the places of all hunks of a file: by text and order first, and only between equals by what is no text. */
#include "patch_scene.h"

#define TRIPLE "begin\nx = 1;\nend\nbegin\nx = 1;\nend\nbegin\nx = 1;\nend\n"
#define CHANGE " begin\n-x = 1;\n+x = 2;\n end\n"

/* The lines that are chosen for the hunks of a diff, as text: "4 9"; for one that is tied the places, "(1,4,7)"; "-" for one
   without a place. */
static void
chosen (const char *file, const char *hunks, const char *expected)
{
  struct scene s;
  struct aid_str got = AID_STR_INIT (1000);
  scene_init (&s, file, hunks);
  scene_choose (&s);
  for (size_t i = 0; i < s.n; i++)
    {
      aid_str_addz (&got, i ? " " : "");
      if (s.c[i].chosen)
        aid_str_addf (&got, "%zu", scene_line (&s, i));
      else if (s.c[i].tied.len == 0)
        aid_str_addz (&got, "-");
      for (size_t k = 0; k < s.c[i].tied.len; k++)
        aid_str_addf (&got, "%s%zu%s", k ? "," : "(", scene_match (&s, i, AID_VEC_AT (size_t, &s.c[i].tied, k))->start + 1,
                      k + 1 == s.c[i].tied.len ? ")" : "");
    }
  assert_string_equal (aid_str_z (&got), expected);
  aid_str_free (&got);
  scene_free (&s);
}

static void
one_place_is_taken_and_equal_ones_are_listed (void **state)
{
  (void) state;
  chosen ("a = 1;\nb = 2;\n", "@@ @@\n-b = 2;\n+c\n", "2");
  chosen (TRIPLE, "@@ @@\n" CHANGE, "(1,4,7)");
  chosen ("a = 1;\n", "@@ @@\n-b = 2;\n+c\n", "-");
}

/* Of two inexact places the cheaper is taken only when it is clearly cheaper: by .30. */
static void
a_place_needs_a_margin (void **state)
{
  (void) state;
  chosen ("alpha (one);\nbeta (two);\ngamma (three);\n\nalpha (one);\nbeta (two);\nsomething else;\n",
          "@@ @@\n alpha (one);\n-beta (two);\n gamma (threes);\n", "1");
  chosen ("  alpha (one);\n  beta (two);\n  gamma (three);\n\nalpha  (one);\nbeta  (two);\ngamma  (three);\n",
          "@@ @@\n alpha (one);\n-beta (two);\n gamma (three);\n", "(1,5)");
}

static void
neighbours_settle_an_ambiguous_hunk (void **state)
{
  (void) state;
  static const char file[] = TRIPLE "one;\n" TRIPLE "two;\nbegin\nx = 1;\nend\nthree;\n";
  chosen (file, "@@ @@\n-two;\n+2;\n@@ @@\n" CHANGE "@@ @@\n-three;\n+3;\n", "20 21 24");
  chosen (file, "@@ @@\n-three;\n+3;\n@@ @@\n" CHANGE, "24 (1,4,7,11,14,17,21)");
  chosen (TRIPLE, "@@ @@\n" CHANGE "@@ @@\n" CHANGE "@@ @@\n" CHANGE, "1 4 7");
  chosen (TRIPLE, "@@ @@\n" CHANGE "@@ @@\n" CHANGE, "(1,4) (4,7)");
}

/* Hunks out of order are taken when each has its own clear place. */
static void
order_may_be_broken_by_clear_places (void **state)
{
  (void) state;
  chosen ("one;\ntwo;\nthree;\n", "@@ @@\n-three;\n+3;\n@@ @@\n-one;\n+1;\n", "3 1");
}

static void
the_section_names_the_block (void **state)
{
  (void) state;
  static const char file[] = "int\nfirst (void)\n{\n  begin ();\n  x = 1;\n}\n"
                             "\nint\nsecond (void)\n{\n  begin ();\n  x = 1;\n}\n";
  chosen (file, "@@ @@\n   begin ();\n-  x = 1;\n", "(4,11)");
  chosen (file, "@@ @@ second (void)\n   begin ();\n-  x = 1;\n", "11");
  chosen (file, "@@ @@ first (v\n   begin ();\n-  x = 1;\n", "4");                  /* git cuts sections */
  chosen (file, "@@ @@ third (void)\n   begin ();\n-  x = 1;\n", "(4,11)");
}

static void
the_end_of_the_file_is_the_last_place (void **state)
{
  (void) state;
  chosen (TRIPLE, "@@ @@\n" CHANGE "*** End of File\n", "7");
}

static void
a_number_decides_between_equals_only (void **state)
{
  (void) state;
  chosen (TRIPLE, "@@ -4,3 +4,3 @@\n" CHANGE, "4");
  chosen ("begin\nx = 1;\nend\nbegin\nx = 11;\nend\n", "@@ -4,3 +4,3 @@\n" CHANGE, "1");     /* the text is at 1 */
  chosen (TRIPLE, "@@ -900,3 +900,3 @@\n" CHANGE, "(1,4,7)");                                /* no line of this file */
  chosen (TRIPLE, "@@ -5,3 +5,3 @@\n" CHANGE, "(1,4,7)");                                    /* near two of them */
}

/* A few lines off, when the others are far. */
static void
a_number_may_be_a_little_off (void **state)
{
  (void) state;
  static const char far[] = "begin\nx = 1;\nend\n1;\n2;\n3;\n4;\n5;\n6;\n7;\n8;\n9;\n10;\n11;\n12;\n13;\nbegin\nx = 1;\nend\n";
  chosen (far, "@@ -15,3 +15,3 @@\n" CHANGE, "17");
  chosen (far, "@@ -12,3 +12,3 @@\n" CHANGE, "(1,17)");
}

/* A hunk beside a certain one has moved as far as that one. */
static void
numbers_move_with_a_certain_neighbour (void **state)
{
  (void) state;
  struct aid_str file = AID_STR_INIT (10000);
  for (int i = 0; i < 40; i++)
    aid_str_addf (&file, "filler %d\n", i);
  aid_str_addz (&file, "sure;\n" TRIPLE);
  for (int i = 0; i < 20; i++)
    aid_str_addf (&file, "more %d\n", i);
  aid_str_addz (&file, TRIPLE);
  /* the file has 40 lines more than the diff knows: 42 is meant, and 62 + 40 = 102 is none */
  chosen (aid_str_z (&file), "@@ -1 +1 @@\n-sure;\n+s;\n@@ -2,3 +2,3 @@\n" CHANGE, "41 42");
  aid_str_free (&file);
}

/* --- a lone 1 --- */

static void
a_lone_1_beside_true_counts_is_a_number (void **state)
{
  (void) state;
  chosen (TRIPLE, "@@ -1,3 +1,3 @@\n" CHANGE, "1");
}

/* Models write "-1 +1" for want of a number. */
static void
a_lone_1_beside_counts_that_cannot_be_is_none (void **state)
{
  (void) state;
  chosen (TRIPLE, "@@ -1 +1 @@\n" CHANGE, "(1,4,7)");
  chosen (TRIPLE, "@@ -1,7 +1,7 @@\n" CHANGE, "(1,4,7)");
  chosen (TRIPLE, "@@ -1,3 +1,4 @@\n" CHANGE, "(1,4,7)");
}

static void
ones_in_all_hunks_are_no_numbers (void **state)
{
  (void) state;
  chosen (TRIPLE "sure;\n", "@@ -1,3 +1,3 @@\n" CHANGE "@@ -1 +1 @@\n-sure;\n+s;\n", "(1,4,7) 10");
  chosen (TRIPLE, "@@ -1,3 +1,3 @@\n" CHANGE "@@ -1 +1 @@\n-no such line;\n+s;\n", "(1,4,7) -");
}

static void
a_lone_1_says_nothing_when_no_place_is_at_the_beginning (void **state)
{
  (void) state;
  chosen ("1;\n2;\n3;\n4;\n5;\n" TRIPLE, "@@ -1,3 +1,3 @@\n" CHANGE, "(6,9,12)");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (one_place_is_taken_and_equal_ones_are_listed),
    cmocka_unit_test (a_place_needs_a_margin),
    cmocka_unit_test (neighbours_settle_an_ambiguous_hunk),
    cmocka_unit_test (order_may_be_broken_by_clear_places),
    cmocka_unit_test (the_section_names_the_block),
    cmocka_unit_test (the_end_of_the_file_is_the_last_place),
    cmocka_unit_test (a_number_decides_between_equals_only),
    cmocka_unit_test (a_number_may_be_a_little_off),
    cmocka_unit_test (numbers_move_with_a_certain_neighbour),
    cmocka_unit_test (a_lone_1_beside_true_counts_is_a_number),
    cmocka_unit_test (a_lone_1_beside_counts_that_cannot_be_is_none),
    cmocka_unit_test (ones_in_all_hunks_are_no_numbers),
    cmocka_unit_test (a_lone_1_says_nothing_when_no_place_is_at_the_beginning),
  };
  return cmocka_run_group_tests_name ("patch choose", tests, NULL, NULL);
}
