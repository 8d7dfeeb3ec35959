/* Where lines come in and which ones go, once it is known which of the hunk's lines the file has.  Each case is a file, what
   becomes of it (or why not), and a hunk: the file's line of each of its lines, and the line. */
#include "patch_match.h"

/* --- deletions --- */

static void
matched_deletions_go (void **state)
{
  (void) state;
  BECOMES ("a\nb\nc\n", "a\nc\n", { 1, " a" }, { 2, "-b" }, { 3, " c" });
  BECOMES ("a\nb\nc\nd\n", "b\nd\n", { 1, "-a" }, { 3, "-c" });
}

/* Context is the file's: what the hunk writes differently stays as the file has it. */
static void
context_is_never_written (void **state)
{
  (void) state;
  BECOMES ("  a  \nb\nc\n", "  a  \nB\nc\n", { 1, " a" }, { 2, "-b" }, { 0, "+B" }, { 3, " c." });
}

static void
an_elided_deletion_takes_all_between_its_neighbours (void **state)
{
  (void) state;
  BECOMES ("k\nf {\n1\n2\n} f\nz\n", "k\nnew\nz\n", { 1, " k" }, { 2, "-f {" }, { 0, "-..." }, { 5, "-} f" }, { 0, "+new" },
           { 6, " z" });
  BECOMES ("k\n1\n2\nz\n", "k\nz\n", { 1, " k" }, { 0, "-..." }, { 4, " z" });
}

static void
an_elided_deletion_with_two_ends_is_refused (void **state)
{
  (void) state;
  REFUSED ("f {\n1\n}\ng {\n2\n}\n", "elided deletion could end at 2 or 5", { 1, "-f {" }, { 0, "-..." }, { 3, "-}" });
  BECOMES ("f {\n1\n}\ng {\n2\n}\n", "g {\n2\n}\n", { 1, "-f {" }, { 0, "-..." }, { 3, "-}" }, { 4, " g {" });
}

static void
an_elided_deletion_needs_both_ends (void **state)
{
  (void) state;
  REFUSED ("f {\n1\n}\n", "elided deletion has no end: no line after it is in the file", { 1, "-f {" }, { 0, "-..." });
  REFUSED ("f {\n1\n}\n", "elided deletion has no beginning: no line before it is in the file", { 0, "-..." }, { 3, "-}" });
  REFUSED ("f {\n1\n2\n}\n", "elided deletion could end anywhere between lines 1 and 4", { 1, "-f {" }, { 0, "-..." },
           { 0, " other text" }, { 4, " }" });
}

/* --- insertions with neighbours --- */

static void
lines_come_in_between_neighbours (void **state)
{
  (void) state;
  BECOMES ("a\nb\n", "a\nx\ny\nb\n", { 1, " a" }, { 0, "+x" }, { 0, "+y" }, { 2, " b" });
  BECOMES ("a\nb\n", "x\na\nb\n", { 0, "+x" }, { 1, " a" });
  BECOMES ("a\nb\n", "a\nb\nx\n", { 2, " b" }, { 0, "+x" });
}

static void
an_insertion_follows_the_deleted_line_before_it (void **state)
{
  (void) state;
  BECOMES ("a\nold\nf1\nf2\nb\n", "a\nnew\nf1\nf2\nb\n", { 1, " a" }, { 2, "-old" }, { 0, "+new" }, { 5, " b" });
}

static void
an_insertion_precedes_the_deleted_line_behind_it (void **state)
{
  (void) state;
  BECOMES ("f1\nold\nb\n", "f1\nnew\nb\n", { 0, "+new" }, { 2, "-old" }, { 3, " b" });
  BECOMES ("a\nf1\nold\nb\n", "a\nf1\nnew\nb\n", { 1, " a" }, { 0, " ..." }, { 0, "+new" }, { 3, "-old" }, { 4, " b" });
}

static void
an_insertion_stays_away_from_what_is_elided (void **state)
{
  (void) state;
  BECOMES ("a\n1\n2\nb\n", "a\nx\n1\n2\nb\n", { 1, " a" }, { 0, "+x" }, { 0, " ..." }, { 4, " b" });
  BECOMES ("a\n1\n2\nb\n", "a\n1\n2\nx\nb\n", { 1, " a" }, { 0, " // ... existing code ..." }, { 0, "+x" }, { 4, " b" });
  BECOMES ("a\n1\n2\nb\n", "a\nx\n1\n2\ny\nb\n", { 1, " a" }, { 0, "+x" }, { 0, " ..." }, { 0, "+y" }, { 4, " b" });
}

static void
elided_lines_on_the_only_side_with_a_neighbour_say_nothing (void **state)
{
  (void) state;
  REFUSED ("a\n1\n2\n", "only elided lines are between the inserted lines and line 1", { 1, " a" }, { 0, " ..." },
           { 0, "+x" });
  REFUSED ("a\n1\nb\n", "only elided lines are between the inserted lines and line 3", { 0, "+x" }, { 0, " ..." },
           { 3, " b" });
}

/* As many lines as the hunk shows, each a little different: they are counted through. */
static void
changed_lines_between_are_counted_through (void **state)
{
  (void) state;
  BECOMES ("begin\nfirst line here\nsecond line here\nend\n", "begin\nfirst line here\nx\nsecond line here\nend\n",
           { 1, " begin" }, { 0, " first line there" }, { 0, "+x" }, { 0, " second lines were" }, { 4, " end" });
}

static void
blank_lines_between_are_no_doubt (void **state)
{
  (void) state;
  BECOMES ("a\n\n\nb\n", "a\nx\n\n\nb\n", { 1, " a" }, { 0, "+x" }, { 4, " b" });
  BECOMES ("a\n\n\nb\n", "a\n\n\n\nx\nb\n", { 1, " a" }, { 0, "+" }, { 0, "+x" }, { 4, " b" });
}

static void
other_lines_between_are_refused (void **state)
{
  (void) state;
  REFUSED ("a\n1\n2\n3\nb\n",
           "the file has 3 lines between the neighbours of the inserted lines (after line 1 or after line 4)", { 1, " a" },
           { 0, "+x" }, { 5, " b" });
  REFUSED ("a\n1\nb\n", "the file has 1 line between the neighbours of the inserted lines (after line 1 or after line 2)",
           { 1, " a" }, { 0, "+x" }, { 3, " b" });
}

/* A line that says something and is there literally holds what stands next to it, whatever is missing on the other side. */
static void
a_strong_neighbour_is_enough (void **state)
{
  (void) state;
  BECOMES ("strong line\n1\n2\nb\n", "strong line\nx\n1\n2\nb\n", { 1, " strong line" }, { 0, "+x" }, { 0, " not there" },
           { 4, " b" });
  BECOMES ("a\n1\n2\nstrong line\n", "a\n1\n2\nx\nstrong line\n", { 1, " a" }, { 0, " not there" }, { 0, "+x" },
           { 4, " strong line" });
  REFUSED ("}\n1\n2\n)\n", "the neighbours of the inserted lines differ in the file (after line 1 or after line 3)",
           { 1, " }" }, { 0, "+x" }, { 0, " not there" }, { 4, " )" });
}

/* --- insertions with one neighbour, or none --- */

static void
a_missing_side_is_refused_when_the_hunk_shows_it (void **state)
{
  (void) state;
  REFUSED ("a\nb\n", "the file has no line after the inserted lines like the hunk's", { 2, " b" }, { 0, "+x" },
           { 0, " not there" });
  REFUSED ("a\nb\n", "the file has no line before the inserted lines like the hunk's", { 0, " not there" }, { 0, "+x" },
           { 1, " a" });
  REFUSED ("a\nb\n", "no line next to the inserted lines is in the file", { 0, " not there" }, { 0, "+x" });
}

static void
a_hunk_without_old_lines_comes_in_at_its_place (void **state)
{
  (void) state;
  struct aid_target t;
  struct hunk u;
  struct aid_str after = AID_STR_INIT (1000);
  assert_int_equal (aid_target_init (&t, AID_SPAN ("a\nb\n"), NULL), AID_OK);
  hunk_make (&u, &t, ROWS ({ 0, "+x" }), 0);
  u.match.start = u.match.end = 1;
  assert_true (make_change (&u, &t, NULL, &after));
  assert_string_equal (aid_str_z (&after), "a\nx\nb\n");
  hunk_free (&u);
  aid_str_free (&after);
  aid_target_free (&t);
  BECOMES ("", "x\n\ny\n", { 0, "+x" }, { 0, "?" }, { 0, "+y" });
}

/* --- lines without a prefix --- */

static void
a_bare_line_between_additions_is_one (void **state)
{
  (void) state;
  BECOMES ("a\nb\n", "a\nx\n  y\n\nz\nb\n", { 1, " a" }, { 0, "+x" }, { 0, "?  y" }, { 0, "?" }, { 0, "+z" }, { 2, " b" });
}

static void
a_bare_blank_next_to_an_addition_joins_it (void **state)
{
  (void) state;
  BECOMES ("a\nb\n", "a\nx\n\nb\n", { 1, " a" }, { 0, "+x" }, { 0, "?" }, { 2, " b" });
  BECOMES ("a\nb\n", "a\n\nx\nb\n", { 1, " a" }, { 0, "?" }, { 0, "+x" }, { 2, " b" });
}

static void
a_bare_blank_that_the_file_has_is_context (void **state)
{
  (void) state;
  BECOMES ("a\n\nb\n", "a\nx\n\nb\n", { 1, " a" }, { 0, "+x" }, { 2, "?" }, { 3, " b" });
  BECOMES ("a\n\nb\n", "a\nx\n\n\nb\n", { 1, " a" }, { 0, "+x" }, { 2, "?" }, { 0, "?" }, { 3, " b" });
  BECOMES ("a\n\nb\n", "a\n\n\nx\nb\n", { 1, " a" }, { 0, "?" }, { 2, "?" }, { 0, "+x" }, { 3, " b" });
}

static void
bare_blanks_at_the_ends_of_the_hunk_are_nothing (void **state)
{
  (void) state;
  BECOMES ("a\nb\n", "a\nb\nx\n", { 2, " b" }, { 0, "+x" }, { 0, "?" }, { 0, "?Prose." });
  BECOMES ("a\nb\n", "x\na\nb\n", { 0, "?" }, { 0, "+x" }, { 1, " a" });
}

static void
bare_blanks_elsewhere_are_additions_when_the_counts_say_so (void **state)
{
  (void) state;
  BECOMES_COUNTED ("a\nb\nc\n", 3, "a\n\nb\nC\n", { 1, " a" }, { 0, "?" }, { 2, " b" }, { 3, "-c" }, { 0, "+C" });
  BECOMES_COUNTED ("a\nb\nc\n", 4, "a\nb\nC\n", { 1, " a" }, { 0, "?" }, { 2, " b" }, { 3, "-c" }, { 0, "+C" });
}

static void
prose_inside_the_hunk_is_nothing (void **state)
{
  (void) state;
  BECOMES ("a\nb\n", "a\nx\nb\n", { 1, " a" }, { 0, "?Now add this:" }, { 0, "+x" }, { 2, " b" });
}

static void
a_bare_ellipsis_between_additions_needs_lines_to_stand_for (void **state)
{
  (void) state;
  REFUSED ("a\nb\n", "\"...\" stands between inserted lines, and the file has no lines there", { 1, " a" }, { 0, "+x" },
           { 0, "?..." }, { 0, "+y" }, { 2, " b" });
  BECOMES ("a\n1\nb\n", "a\nx\n1\ny\nb\n", { 1, " a" }, { 0, "+x" }, { 0, "?..." }, { 0, "+y" }, { 3, " b" });
}

/* --- size --- */

/* Alternating additions and missing lines between two far neighbours: each is looked at once. */
static void
a_large_hunk_is_read_once (void **state)
{
  (void) state;
  enum { N = 200000 };
  struct row *rows = malloc ((N + 2) * sizeof *rows);
  struct aid_str file = AID_STR_INIT (1 << 24);
  assert_non_null (rows);
  rows[0] = (struct row){ 1, " first line" };
  aid_str_addz (&file, "first line\n");
  for (int i = 1; i <= N; i++)
    {
      rows[i] = (struct row){ 0, i % 2 ? "+x" : " not there" };
      aid_str_addz (&file, "\n");
    }
  rows[N + 1] = (struct row){ N + 2, " last line" };
  aid_str_addz (&file, "last line\n");
  struct aid_target t;
  struct hunk u;
  struct aid_change c;
  char why[256];
  assert_int_equal (aid_target_init (&t, aid_str_span (&file), NULL), AID_OK);
  hunk_make (&u, &t, rows, N + 2, -1);
  assert_int_equal (aid_change_init (&c, &u.view, &t, &u.match, why), AID_OK);
  assert_int_equal (c.insertions.len, N / 2);
  aid_change_free (&c);
  hunk_free (&u);
  aid_target_free (&t);
  aid_str_free (&file);
  free (rows);
}

/* --- any hunk --- */

static unsigned seed = 99;

static unsigned
dice (unsigned sides)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 16) % sides;
}

static size_t
count_lines (const char *text)
{
  size_t n = 0;
  for (; *text; text++)
    n += *text == '\n';
  return n;
}

/* Whatever a hunk and its match are: it is refused, or all its additions come in and no line goes that is not deleted or
   elided. */
static void
any_match_is_refused_or_carried_out_whole (void **state)
{
  (void) state;
  static const char *const texts[] = { " ctx", "-del", "+add", "+", "?", "?prose", " ...", "-...", "?...", " " };
  struct aid_target t;
  assert_int_equal (aid_target_init (&t, AID_SPAN ("k1\n\nk2\n\n\nk3\nk4\n\nk5\nk6\nk7\n\nk8\n"), NULL), AID_OK);
  for (int round = 0; round < 50000; round++)
    {
      struct row rows[12];
      size_t n = 1 + dice (12), added = 0, deleted = 0, elided = 0;
      int line = (int) dice (3);
      for (size_t i = 0; i < n; i++)
        {
          rows[i] = (struct row){ 0, texts[dice (10)] };
          int old = rows[i].text[0] != '+';
          elided += strcmp (rows[i].text, "-...") == 0;
          if (old && !strchr (rows[i].text, '.') && dice (2) && line < 13)
            {
              line += 1 + (int) dice (2);
              rows[i].line = line < 13 ? line : 13;
              line = rows[i].line;
            }
          added += !old;
          deleted += rows[i].line && rows[i].text[0] == '-';
        }
      struct hunk u;
      struct aid_str after = AID_STR_INIT (10000);
      hunk_make (&u, &t, rows, n, (int) dice (10) - 1);
      if (make_change (&u, &t, NULL, &after))
        {
          size_t lines = count_lines (aid_str_z (&after));
          assert_true (lines + deleted >= t.lines.n + added || elided > 0);
          memset (t.line_owner, 0, (t.lines.n + 1) * sizeof *t.line_owner);
          memset (t.gap_owner, 0, (t.lines.n + 1) * sizeof *t.gap_owner);
        }
      hunk_free (&u);
      aid_str_free (&after);
    }
  aid_target_free (&t);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (matched_deletions_go),
    cmocka_unit_test (context_is_never_written),
    cmocka_unit_test (an_elided_deletion_takes_all_between_its_neighbours),
    cmocka_unit_test (an_elided_deletion_with_two_ends_is_refused),
    cmocka_unit_test (an_elided_deletion_needs_both_ends),
    cmocka_unit_test (lines_come_in_between_neighbours),
    cmocka_unit_test (an_insertion_follows_the_deleted_line_before_it),
    cmocka_unit_test (an_insertion_precedes_the_deleted_line_behind_it),
    cmocka_unit_test (an_insertion_stays_away_from_what_is_elided),
    cmocka_unit_test (elided_lines_on_the_only_side_with_a_neighbour_say_nothing),
    cmocka_unit_test (changed_lines_between_are_counted_through),
    cmocka_unit_test (blank_lines_between_are_no_doubt),
    cmocka_unit_test (other_lines_between_are_refused),
    cmocka_unit_test (a_strong_neighbour_is_enough),
    cmocka_unit_test (a_missing_side_is_refused_when_the_hunk_shows_it),
    cmocka_unit_test (a_hunk_without_old_lines_comes_in_at_its_place),
    cmocka_unit_test (a_bare_line_between_additions_is_one),
    cmocka_unit_test (a_bare_blank_next_to_an_addition_joins_it),
    cmocka_unit_test (a_bare_blank_that_the_file_has_is_context),
    cmocka_unit_test (bare_blanks_at_the_ends_of_the_hunk_are_nothing),
    cmocka_unit_test (bare_blanks_elsewhere_are_additions_when_the_counts_say_so),
    cmocka_unit_test (prose_inside_the_hunk_is_nothing),
    cmocka_unit_test (a_bare_ellipsis_between_additions_needs_lines_to_stand_for),
    cmocka_unit_test (a_large_hunk_is_read_once),
    cmocka_unit_test (any_match_is_refused_or_carried_out_whole),
  };
  return cmocka_run_group_tests_name ("patch insert", tests, NULL, NULL);
}
