/* Tables of evaluations in the width of a terminal: nothing is wider, and nothing is missing. */
#include "learn/eval_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define ROWS 3
#define WORDS "expected an expression but found the end of the file, in the third of the files that were changed"

/* A table of COLUMNS and the head, each cell "RxC"; with PROSE its last column is words. */
static void
make_table (const struct aid_eval_look *look, size_t columns, int prose, struct aid_str *out)
{
  struct aid_eval_table t = aid_eval_table_of (look, columns);
  t.prose = prose;
  for (size_t row = 0; row <= ROWS; row++)
    for (size_t c = 0; c < columns; c++)
      if (!c)
        aid_eval_cell (&t, "model-%zu, edit", row);
      else if (prose && c + 1 == columns)
        aid_eval_cell (&t, "%s", row ? WORDS : "at");
      else
        aid_eval_cell (&t, "%zux%zu%s", row, c, row ? "" : " of the answers");
  aid_eval_table_add (&t, out);
  assert_int_equal (out->err, AID_OK);
}

static size_t
widest (struct aid_span text)
{
  struct aid_span line;
  size_t most = 0;
  while (aid_span_line (&text, &line))
    most = line.len > most ? line.len : most;
  return most;
}

static size_t
times_in (const char *text, const char *words)
{
  size_t n = 0;
  for (const char *at = text; (at = strstr (at, words)); at += strlen (words))
    n++;
  return n;
}

static void
each_cell_is_told_once_and_no_line_is_too_wide (void **state)
{
  (void)state;
  for (size_t width = 50; width <= 130; width += 5)
    for (size_t columns = 1; columns <= 15; columns++)
      {
        struct aid_str text = AID_STR_INIT (1 << 16);
        make_table (&(struct aid_eval_look){ AID_EVAL_TEXT, width }, columns, 0, &text);
        assert_true (widest (aid_str_span (&text)) <= width);
        for (size_t row = 0; row <= ROWS; row++)
          for (size_t c = 1; c < columns; c++)
            {
              char cell[40];
              snprintf (cell, sizeof cell, " %zux%zu%s", row, c, row ? "" : " of");
              size_t n = times_in (aid_str_z (&text), cell), longer = 0; /* 1x1 stands in 1x10 */
              for (size_t k = 10; row && c == 1 && k < columns; k++)
                longer++;
              if (n - longer != 1)
                fail_msg ("%s is there %zu times of %zu columns in %zu:\n%s", cell, n - longer, columns, width,
                          aid_str_z (&text));
            }
        aid_str_free (&text);
      }
}

static void
words_without_room_stand_below_their_row (void **state)
{
  (void)state;
  for (size_t width = 50; width <= 250; width += 10)
    {
      struct aid_str text = AID_STR_INIT (1 << 16);
      make_table (&(struct aid_eval_look){ AID_EVAL_TEXT, width }, 4, 1, &text);
      assert_true (widest (aid_str_span (&text)) <= width);
      assert_int_equal (times_in (aid_str_z (&text), "expression"), ROWS);
      assert_int_equal (times_in (aid_str_z (&text), "changed"), ROWS);
      assert_int_equal (times_in (aid_str_z (&text), "x2  " WORDS "\n"), width >= 160 ? ROWS : 0);
      aid_str_free (&text);
    }
}

/* A file, and Markdown, have any width. */
static void
without_a_width_a_row_is_a_line (void **state)
{
  (void)state;
  struct aid_str text = AID_STR_INIT (1 << 16), md = AID_STR_INIT (1 << 16);
  make_table (&(struct aid_eval_look){ AID_EVAL_TEXT, 0 }, 12, 1, &text);
  make_table (&(struct aid_eval_look){ AID_EVAL_MARKDOWN, 60 }, 12, 1, &md);
  assert_int_equal (times_in (aid_str_z (&text), "\n"), ROWS + 1);
  assert_int_equal (times_in (aid_str_z (&md), "\n"), ROWS + 2);
  assert_int_equal (times_in (aid_str_z (&md), WORDS " |\n"), ROWS);
  assert_int_equal (times_in (aid_str_z (&text), "  " WORDS "\n"), ROWS);
  assert_int_equal (times_in (aid_str_z (&text), " \n"), 0);
  aid_str_free (&text);
  aid_str_free (&md);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_cell_is_told_once_and_no_line_is_too_wide),
    cmocka_unit_test (words_without_room_stand_below_their_row),
    cmocka_unit_test (without_a_width_a_row_is_a_line),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
