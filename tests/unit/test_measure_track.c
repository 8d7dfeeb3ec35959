/* Accepted text is followed through what is done to a buffer, as track.h says. */
#include "track_buffer.h"

static struct aid_track_kept
kept_of (uint64_t hunk)
{
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  struct aid_track_kept found = { 0, 0, 0 };
  assert_int_equal (aid_track_look (b.track, &out), AID_OK);
  for (size_t i = 0; i < out.len; i++)
    if (AID_VEC_AT (struct aid_track_kept, &out, i).hunk == hunk)
      found = AID_VEC_AT (struct aid_track_kept, &out, i);
  aid_vec_free (&out);
  return found;
}

/* --- what counts ---------------------------------------------------------------------------------------------------------- */

#define FUNCTION "int twice (int n)\n{\n  return 2 * n;\n}\n"

static void
what_is_deleted_counts_again_when_it_is_undone (void **state)
{
  (void)state;
  begin ("one\ntwo\n");
  accept_z (1, 4, FUNCTION);
  assert_int_equal (kept_of (1).chars, strlen (FUNCTION));
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION));
  put_z (6, 9, "");
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION) - 9);
  undo ();
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION));
  redo ();
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION) - 9);
  finish ();
}

static void
characters_deleted_one_by_one_come_back_one_by_one (void **state)
{
  (void)state;
  begin ("ab");
  accept_z (1, 1, "hello");
  for (int i = 0; i < 5; i++)
    put_z (5 - i, 1, "");
  assert_int_equal (kept_of (1).kept, 0);
  for (int i = 0; i < 5; i++)
    undo ();
  assert_int_equal (kept_of (1).kept, 5);
  finish ();
}

static void
what_is_typed_instead_or_beside_does_not_count (void **state)
{
  (void)state;
  begin ("one\ntwo\n");
  accept_z (1, 4, "three = 3;\n");
  put_z (15, 0, "three = 3;\n");       /* behind it: nothing is gone there */
  assert_int_equal (kept_of (1).kept, 11);
  put_z (4, 11, "four *= 9;\n");       /* only the last two are the same: too few to be what was deleted */
  assert_int_equal (kept_of (1).kept, 11);     /* but the copy behind it stands at the same place now */
  put_z (15, 11, "");
  assert_int_equal (kept_of (1).kept, 0);
  finish ();
}

static void
indentation_costs_only_itself (void **state)
{
  (void)state;
  begin ("x\n");
  accept_z (1, 0, "if (a)\n  b ();\n");
  put_z (7, 0, "      ");
  assert_int_equal (kept_of (1).kept, 15);
  put_z (7, 8, "");
  assert_int_equal (kept_of (1).kept, 13);
  put_z (7, 0, "\t");
  assert_int_equal (kept_of (1).kept, 13);
  finish ();
}

static void
what_is_cut_and_put_elsewhere_counts (void **state)
{
  (void)state;
  begin ("one\ntwo\n");
  accept_z (1, 0, FUNCTION);
  put_z (0, (int)strlen (FUNCTION), "");
  assert_int_equal (kept_of (1).kept, 0);
  put_z (8, 0, FUNCTION);
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION));
  finish ();
}

static void
a_short_piece_that_is_found_elsewhere_was_not_moved (void **state)
{
  (void)state;
  begin ("one\ntwo\n");
  accept_z (1, 0, "short\n");
  put_z (0, 6, "");
  put_z (8, 0, "short\n");
  assert_int_equal (kept_of (1).kept, 0);
  finish ();
}

static void
a_file_that_is_reverted_has_what_its_disk_has (void **state)
{
  (void)state;
  begin ("one\ntwo\nthree\n");
  accept_z (1, 4, FUNCTION);
  save ();
  accept_z (2, 0, "/* Sums.  */");
  put_z (22, 9, "");
  revert ();
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION));
  assert_int_equal (kept_of (2).kept, 0);
  finish ();
}

static void
a_hunk_that_is_dropped_is_the_persons_own (void **state)
{
  (void)state;
  begin ("one\n");
  accept_z (1, 0, "ab\n");
  accept_z (2, 3, "cd\n");
  aid_track_drop (b.track, 1);
  assert_int_equal (aid_track_pieces (b.track), 1);
  assert_int_equal (kept_of (1).chars, 0);
  assert_int_equal (kept_of (2).kept, 3);
  finish ();
}

static void
what_cannot_be_is_lost_and_said (void **state)
{
  (void)state;
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  begin ("one\n");
  accept_z (1, 0, FUNCTION);
  assert_int_equal (aid_track_accept (b.track, 2, 40, AID_SPAN ("much more than there is in it")), AID_E_INVALID);
  assert_false (aid_track_is_lost (b.track));
  assert_int_equal (aid_track_change (b.track, 2, 100, AID_SPAN ("")), AID_E_INVALID);
  assert_true (aid_track_is_lost (b.track));
  assert_int_equal (aid_track_look (b.track, &out), AID_E_STATE);
  /* The text itself still tells. */
  assert_int_equal (aid_track_look_in (b.track, AID_SPAN ("one\nint twice (int n)\n{\n  return 2 * n;\n}\n"), &out), AID_OK);
  assert_int_equal (out.len, 1);
  assert_int_equal (AID_VEC_AT (struct aid_track_kept, &out, 0).kept, strlen (FUNCTION));
  aid_vec_free (&out);
  finish ();
}

static void
characters_are_counted_not_bytes (void **state)
{
  (void)state;
  struct aid_track *t = aid_track_new (2);
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  assert_int_equal (aid_track_change (t, 1, 0, AID_SPAN ("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), AID_OK);
  assert_int_equal (aid_track_accept (t, 7, 1, AID_SPAN ("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), AID_OK);
  assert_int_equal (aid_track_size (t), 5);
  assert_int_equal (aid_track_change (t, 2, 1, AID_SPAN ("")), AID_OK);
  assert_int_equal (aid_track_look (t, &out), AID_OK);
  assert_int_equal (AID_VEC_AT (struct aid_track_kept, &out, 0).chars, 3);
  assert_int_equal (AID_VEC_AT (struct aid_track_kept, &out, 0).kept, 2);
  aid_vec_free (&out);
  aid_track_free (t);
}

static void
much_that_is_inserted_and_deleted_again_is_no_limit (void **state)
{
  (void)state;
  struct aid_track *t = aid_track_new (0);
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  static char text[100000];
  memset (text, 'x', sizeof text);
  assert_int_equal (aid_track_change (t, 0, 0, AID_SPAN ("accepted")), AID_OK);
  assert_int_equal (aid_track_accept (t, 7, 0, AID_SPAN ("accepted")), AID_OK);
  for (int i = 0; i < 100; i++)
    {
      assert_int_equal (aid_track_change (t, 8, 0, (struct aid_span){ text, sizeof text }), AID_OK);
      assert_int_equal (aid_track_change (t, 8, sizeof text - 1, AID_SPAN ("")), AID_OK);
    }
  assert_int_equal (aid_track_look (t, &out), AID_OK);
  assert_int_equal (AID_VEC_AT (struct aid_track_kept, &out, 0).kept, 8);
  for (int i = 0; i < 42; i++)
    aid_track_change (t, 8, 0, (struct aid_span){ text, sizeof text });
  assert_true (aid_track_is_lost (t));         /* more than four million that stay */
  aid_vec_free (&out);
  aid_track_free (t);
}

/* --- long texts ----------------------------------------------------------------------------------------------------------- */

static void
long_texts_are_compared_by_lines_then_by_characters (void **state)
{
  (void)state;
  struct aid_str a = AID_STR_INIT (1u << 20), c = AID_STR_INIT (1u << 20);
  size_t all = 0;
  for (int i = 0; i < 1000; i++)
    {
      aid_str_addf (&a, "line number %d of them\n", i);
      if (i == 500)
        aid_str_addf (&c, "line number %d of all of them\n", i);
      else if (i != 700)
        aid_str_addf (&c, "line number %d of them\n", i);
    }
  all = a.len;
  assert_true (all * all > AID_KEPT_CELLS);
  assert_int_equal (aid_kept_of (aid_str_span (&a), aid_str_span (&c)), all - strlen ("line number 700 of them\n"));
  aid_str_free (&a);
  aid_str_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_deleted_counts_again_when_it_is_undone),
    cmocka_unit_test (characters_deleted_one_by_one_come_back_one_by_one),
    cmocka_unit_test (what_is_typed_instead_or_beside_does_not_count),
    cmocka_unit_test (indentation_costs_only_itself),
    cmocka_unit_test (what_is_cut_and_put_elsewhere_counts),
    cmocka_unit_test (a_short_piece_that_is_found_elsewhere_was_not_moved),
    cmocka_unit_test (a_file_that_is_reverted_has_what_its_disk_has),
    cmocka_unit_test (a_hunk_that_is_dropped_is_the_persons_own),
    cmocka_unit_test (what_cannot_be_is_lost_and_said),
    cmocka_unit_test (characters_are_counted_not_bytes),
    cmocka_unit_test (much_that_is_inserted_and_deleted_again_is_no_limit),
    cmocka_unit_test (long_texts_are_compared_by_lines_then_by_characters),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
