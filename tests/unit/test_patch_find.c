/* Where a hunk might belong: all exact places, else what votes and alignments find; and whether it was applied before. */
#include "patch_scene.h"
#include "patch/place_internal.h"

#define FILE_TEXT                                                                                                      \
  "int\ncount (struct list *l)\n{\n  int n = 0;\n  for (; l; l = l->next)\n    n++;\n  return n;\n}\n"                 \
  "\nint\nsum (struct list *l)\n{\n  int n = 0;\n  for (; l; l = l->next)\n    n += l->value;\n  return n;\n}\n"

static void
all_exact_places_are_found (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, FILE_TEXT, "@@ @@\n {\n-  int n = 0;\n   for (; l; l = l->next)\n");
  assert_int_equal (scene_find (&s, 0), 2);
  assert_int_equal (scene_match (&s, 0, 0)->start, 2);
  assert_int_equal (scene_match (&s, 0, 1)->start, 11);
  assert_true (scene_match (&s, 0, 0)->exact && scene_match (&s, 0, 1)->exact);
  scene_free (&s);
}

/* Trailing blanks make no other line, but a place without them is cheaper. */
static void
trailing_blanks_cost_a_little (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, "a = 1;  \nb = 2;\na = 1;\nb = 2;\n", "@@ @@\n a = 1;\n-b = 2;\n");
  assert_int_equal (scene_find (&s, 0), 2);
  assert_true (scene_match (&s, 0, 0)->cost > 0 && scene_match (&s, 0, 1)->cost == 0);
  scene_free (&s);
}

/* "An exact place beats near copies": the near one is not even listed. */
static void
beside_an_exact_place_no_other_counts (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, "a = 1;\nb = 22;\nc = 3;\n\na = 1;\nb = 2;\nc = 3;\n", "@@ @@\n a = 1;\n b = 2;\n-c = 3;\n");
  assert_int_equal (scene_find (&s, 0), 1);
  assert_int_equal (scene_match (&s, 0, 0)->start, 4);
  scene_free (&s);
}

static void
a_garbled_hunk_is_found_by_its_other_lines (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, FILE_TEXT, "@@ @@\n sum (struct list *list)\n {\n   int n = 0;\n   for (; l; l = l->next)\n"
                             "-    n += l->value;\n");
  assert_in_range (scene_find (&s, 0), 1, 256);
  assert_int_equal (scene_match (&s, 0, 0)->start, 10);
  assert_int_equal (scene_match (&s, 0, 0)->map[4], 14);
  assert_false (scene_match (&s, 0, 0)->exact);
  scene_free (&s);
}

/* The runner-up is found as well, so that one sees whether the best is clearly better; the cheapest comes first. */
static void
the_next_best_place_is_found (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, FILE_TEXT, "@@ @@\n {\n   int n = O;\n   for (; l; l = l->next)\n-    n++;\n");
  size_t n = scene_find (&s, 0);
  assert_int_equal (scene_match (&s, 0, 0)->start, 2);
  for (size_t i = 1; i < n; i++)
    assert_true (scene_match (&s, 0, i - 1)->cost <= scene_match (&s, 0, i)->cost);
  scene_free (&s);
  scene_init (&s, FILE_TEXT, "@@ @@\n {\n   int n = O;\n-  for (; l; l = l->next)\n");
  n = scene_find (&s, 0);
  assert_in_range (n, 2, 256);
  assert_int_equal (scene_match (&s, 0, 0)->start, 2);
  assert_int_equal (scene_match (&s, 0, 1)->start, 11);
  scene_free (&s);
}

/* No line stands in the file as it is written: lines that look alike vote. */
static void
lines_that_look_alike_vote_when_none_is_the_same (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, FILE_TEXT, "@@ @@\n-    n += l->values;\n+    n -= l->value;\n");
  assert_in_range (scene_find (&s, 0), 1, 256);
  assert_int_equal (scene_match (&s, 0, 0)->start, 14);
  scene_free (&s);
}

static void
elided_lines_are_searched_in_the_whole_file (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, FILE_TEXT, "@@ @@\n count (struct list *l)\n ...\n-    n += l->value;\n");
  assert_in_range (scene_find (&s, 0), 1, 256);
  assert_int_equal (scene_match (&s, 0, 0)->map[0], 1);
  assert_int_equal (scene_match (&s, 0, 0)->map[2], 14);
  scene_free (&s);
}

static void
nothing_is_found_where_nothing_is (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, FILE_TEXT, "@@ @@\n-completely different text\n+x\n");
  assert_int_equal (scene_find (&s, 0), 0);
  scene_free (&s);
}

/* What a match says of itself: the lines of the place, and what changes, in half lines. */
static void
a_match_knows_what_it_changes (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, "a = 1;\nb = 2;\nc = 3;\nd = 4;\n", "@@ @@\n a = 1;\n+x\n b = 2;\n-c = 3;\n d = 4;\n");
  assert_int_equal (scene_find (&s, 0), 1);
  const struct aid_match *m = scene_match (&s, 0, 0);
  assert_int_equal (m->start, 0);
  assert_int_equal (m->end, 4);
  assert_int_equal (m->core_beg, 2 * 1);        /* the gap before line 1 */
  assert_int_equal (m->core_end, 2 * 2 + 1);    /* line 2 */
  scene_free (&s);
}

/* --- already applied --- */

static int
is_already (const char *file, const char *hunk, double least, size_t least_lines)
{
  struct scene s;
  struct aid_placement out = { 0 }, *outs = &out;
  int found;
  scene_init (&s, file, hunk);
  struct placing g = { .t = &s.t, .wants = s.want, .out = &outs, .cases = s.c, .n = 1, .work = &s.work };
  assert_int_equal (aid_look_already (&g, 0, least, least_lines, &found), AID_OK);
  assert_int_equal (found, out.status == AID_HUNK_ALREADY);
  int line = (int) out.line;
  scene_free (&s);
  return found ? line : 0;
}

static void
a_hunk_was_applied_when_its_result_stands_there (void **state)
{
  (void) state;
  assert_int_equal (is_already ("zero\na = 1;\nb = 3;\nc = 4;\n", "@@ @@\n a = 1;\n-b = 2;\n+b = 3;\n c = 4;\n", 1.5, 2), 2);
  assert_int_equal (is_already ("a = 1;\nb = 2;\nc = 4;\n", "@@ @@\n a = 1;\n-b = 2;\n+b = 3;\n c = 4;\n", 1.5, 2), 0);
  assert_int_equal (is_already ("b = 3;\n", "@@ @@\n-b = 2;\n+b = 3;\n", 1.5, 2), 0);       /* says too little */
  assert_int_equal (is_already ("b = 3;\n", "@@ @@\n-b = 2;\n+b = 3;\n", 1, 1), 1);
  assert_int_equal (is_already ("}\n}\n", "@@ @@\n }\n-x = 1;\n }\n", 1, 1), 0);
}

/* A pure deletion is shown by what stood on both its sides. */
static void
a_deletion_was_made_when_its_neighbours_meet (void **state)
{
  (void) state;
  assert_int_equal (is_already ("a = 1;\nc = 3;\n", "@@ @@\n a = 1;\n-b = 2;\n c = 3;\n", 1.5, 2), 1);
  assert_int_equal (is_already ("a = 1;\nc = 3;\n", "@@ @@\n a = 1;\n c = 3;\n-b = 2;\n", 1.5, 2), 0);
}

/* What inserts at one end of its context still fits when it was applied. */
static void
an_insertion_beside_its_context_is_seen (void **state)
{
  static const struct { const char *file, *hunk; int found; } cases[] = {
    { "a = 1;\nnew = 2;\nb = 3;\n", "@@ @@\n a = 1;\n+new = 2;\n", 1 },
    { "a = 1;\nb = 3;\n", "@@ @@\n a = 1;\n+new = 2;\n", 0 },
    { "new = 2;\nb = 3;\n", "@@ @@\n+new = 2;\n b = 3;\n", 1 },
    { "b = 3;\n", "@@ @@\n+new = 2;\n b = 3;\n", 0 },
  };
  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct scene s;
      struct aid_placement out = { 0 }, *outs = &out;
      int found;
      scene_init (&s, cases[i].file, cases[i].hunk);
      assert_int_equal (scene_find (&s, 0), 1);
      struct placing g = { .t = &s.t, .wants = s.want, .out = &outs, .cases = s.c, .n = 1, .work = &s.work };
      assert_int_equal (aid_look_inserted (&g, 0, scene_match (&s, 0, 0), &found), AID_OK);
      assert_int_equal (found, cases[i].found);
      scene_free (&s);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (all_exact_places_are_found),
    cmocka_unit_test (trailing_blanks_cost_a_little),
    cmocka_unit_test (beside_an_exact_place_no_other_counts),
    cmocka_unit_test (a_garbled_hunk_is_found_by_its_other_lines),
    cmocka_unit_test (the_next_best_place_is_found),
    cmocka_unit_test (lines_that_look_alike_vote_when_none_is_the_same),
    cmocka_unit_test (elided_lines_are_searched_in_the_whole_file),
    cmocka_unit_test (nothing_is_found_where_nothing_is),
    cmocka_unit_test (a_match_knows_what_it_changes),
    cmocka_unit_test (a_hunk_was_applied_when_its_result_stands_there),
    cmocka_unit_test (a_deletion_was_made_when_its_neighbours_meet),
    cmocka_unit_test (an_insertion_beside_its_context_is_seen),
  };
  return cmocka_run_group_tests_name ("patch find", tests, NULL, NULL);
}
