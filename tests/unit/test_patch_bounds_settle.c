/* Hostile blocks that name a file end quickly: what comparing whole files and edited copies with their file could be drawn into
   (test_patch_bounds.c has the traps of lines and hunks, test_patch_bounds_read.c those of reading). */
#include "patch_bounds.h"

static void
settle (struct trap *t)
{
  struct memory m = { .file = { { "f.c", aid_str_span (&t->file) } } };
  struct aid_patch_source source = { memory_read, &m, memory_list };
  assert_int_equal (t->file.err, AID_OK);
  read_answer (t);
  assert_true (t->p->candidates.len > 0);
  t->begun = clock ();
  assert_int_equal (aid_patch_settle (&t->p, AID_FORMAT_AUTO, &source, &t->e), AID_OK);
  in_time (t, "settling");
  t->begun = clock ();
  t->plan = plan_in (t->p, &m, NULL);
  in_time (t, "planning");
}

static void
open_block (struct trap *t)
{
  aid_str_addz (&t->answer, "Here is the updated f.c:\n\n```c\n");
}

static void
close_block (struct trap *t)
{
  aid_str_addz (&t->answer, "```\n\n");
}

static void
add_lines (struct aid_str *s, const char *line, size_t n)
{
  for (size_t i = 0; i < n; i++)
    aid_str_addz (s, line);
}

/* A line of few, drawn by a simple rule; the same for the same SEED. */
static void
add_drawn (struct aid_str *s, unsigned *seed, unsigned kinds)
{
  *seed = *seed * 1103515245 + 12345;
  aid_str_addf (s, "  step_of_kind (%u);\n", (*seed >> 16) % kinds);
}

/* --- whole files --- */

/* Lines that are the file's only ones of their kind part it into stretches of few lines in another order: each of these takes a
   table of four million cells. */
static void
whole_file (struct aid_str *s, unsigned seed, int stretches, int lines)
{
  for (int k = 0; k < stretches; k++)
    {
      for (int i = 0; i < 1500; i++)
        aid_str_addf (s, "  the_same (%d, %d);\n", k, i);
      for (int i = 0; i < lines; i++)
        add_drawn (s, &seed, 7);
    }
}

static void
a_whole_file_of_stretches_in_another_order (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  whole_file (&t.file, 1, 100 / SMALLER, 1990);
  open_block (&t);
  whole_file (&t.answer, 2, 100 / SMALLER, 1990);
  close_block (&t);
  settle (&t);
  trap_free (&t);
}

/* The same many times over. */
static void
whole_files_of_stretches_in_another_order (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  whole_file (&t.file, 1, 8, 1990);
  for (unsigned k = 0; k < 90 / SMALLER; k++)
    {
      open_block (&t);
      whole_file (&t.answer, k + 2, 8, 1990);
      close_block (&t);
    }
  settle (&t);
  trap_free (&t);
}

/* No context makes a hunk the only one of its text, short of the whole file. */
static void
a_whole_file_of_equal_lines (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  add_lines (&t.file, "count the equal lines;\n", 1900);
  open_block (&t);
  for (int i = 0; i < 190; i++)
    {
      add_lines (&t.answer, "count the equal lines;\n", 10);
      aid_str_addf (&t.answer, "count line %d;\n", i);
    }
  close_block (&t);
  settle (&t);
  assert_int_equal (t.plan->refused, 0);
  trap_free (&t);
}

/* Two lines in turn, in the other order: whichever are matched, as many are not. */
static void
a_whole_file_of_two_lines_in_turn (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  add_lines (&t.file, "first (of two);\nsecond (of two);\n", 50000 / SMALLER);
  open_block (&t);
  add_lines (&t.answer, "second (of two);\nfirst (of two);\n", 50000 / SMALLER);
  close_block (&t);
  settle (&t);
  trap_free (&t);
}

/* Each line is the file's only one of its kind, and they stand the other way round. */
static void
a_whole_file_upside_down (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 100000 / SMALLER; i++)
    aid_str_addf (&t.file, "line_number (%d);\n", i);
  open_block (&t);
  for (int i = 100000 / SMALLER; i-- > 0;)
    aid_str_addf (&t.answer, "line_number (%d);\n", i);
  close_block (&t);
  settle (&t);
  trap_free (&t);
}

/* One line of 10 MB, and one that differs in its middle, alone, beside an elision, or as a copy's first line. */
static void
a_block_of_one_line_of_10_MB (void **state)
{
  (void)state;
  static const char *const before[] = { "", "// ...\n", "int f (void) {\n// ...\n" };
  static const char *const behind[] = { "", "// ...\n", "// ...\n}\n" };
  for (size_t k = 0; k < sizeof before / sizeof *before; k++)
    {
      struct trap t;
      trap_init (&t);
      aid_str_addz (&t.file, "int f (void) {\n");
      add_filled (&t.file, 'x', 10 << 20);
      aid_str_addz (&t.file, "\n}\n");
      open_block (&t);
      aid_str_addz (&t.answer, before[k]);
      add_filled (&t.answer, 'x', 5 << 20);
      aid_str_addc (&t.answer, 'y');
      add_filled (&t.answer, 'x', 5 << 20);
      aid_str_addf (&t.answer, "\n%s", behind[k]);
      close_block (&t);
      settle (&t);
      trap_free (&t);
    }
}

/* --- copies --- */

static void
elisions_between_equal_lines (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  add_lines (&t.file, "count the equal lines;\n", 100000 / SMALLER);
  open_block (&t);
  add_lines (&t.answer, "count the equal lines;\n// ... existing code ...\n", 20000 / SMALLER);
  close_block (&t);
  settle (&t);
  trap_free (&t);
}

/* Each piece of the copy has its place, in the file's order: up to its closing line, or to wherever the elided lines begin. */
static void
elisions_between_many_pieces (void **state)
{
  (void)state;
  for (int closed = 0; closed < 2; closed++)
    {
      struct trap t;
      trap_init (&t);
      for (int i = 0; i < 200000 / SMALLER; i++)
        aid_str_addf (&t.file, "int function_%d (void)\n{\n  return %d;\n}\n", i, i);
      open_block (&t);
      for (int i = 0; i < 100000 / SMALLER; i++)
        aid_str_addf (&t.answer, "int function_%d (void)\n{\n  TRACE;\n  return %d;\n%s// ... existing code ...\n", 2 * i,
                      2 * i, closed ? "}\n" : "");
      close_block (&t);
      settle (&t);
      trap_free (&t);
    }
}

/* What each piece inserts stands in the file as often as there are pieces. */
static void
pieces_whose_new_lines_stand_everywhere (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  for (int i = 0; i < 100000 / SMALLER; i++)
    aid_str_addf (&t.file, "int function_%d (void)\n{\n  return %d;\n}\n", i, i);
  add_lines (&t.file, "  everywhere (it, stands);\n", 200000 / SMALLER);
  open_block (&t);
  for (int i = 0; i < 50000 / SMALLER; i++)
    aid_str_addf (
      &t.answer, "int function_%d (void)\n{\n  everywhere (it, stands);\n  return %d;\n}\n// ... existing code ...\n", i, i);
  close_block (&t);
  settle (&t);
  trap_free (&t);
}

/* The gap that the elision stands for is most of the file, and no line beside it is there or is like one there. */
static void
many_new_lines_beside_an_elision (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.file, "int f (void)\n{\n");
  for (int i = 0; i < 200000 / SMALLER; i++)
    aid_str_addf (&t.file, "  step (%d);\n", i);
  aid_str_addz (&t.file, "}\n");
  open_block (&t);
  aid_str_addz (&t.answer, "int f (void)\n{\n");
  for (int i = 0; i < 50000 / SMALLER; i++)
    aid_str_addf (&t.answer, "  WHILE <QUEUE-%d> NEVER: AGAIN!\n", i);
  aid_str_addz (&t.answer, "  // ... existing code ...\n");
  for (int i = 0; i < 50000 / SMALLER; i++)
    aid_str_addf (&t.answer, "  UNTIL <BLOCK-%d> ALWAYS: OVER!\n", i);
  aid_str_addz (&t.answer, "}\n");
  close_block (&t);
  settle (&t);
  trap_free (&t);
}

/* A definition whose new lines all stand in the file, as often as they stand in it. */
static void
new_lines_that_stand_everywhere (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  aid_str_addz (&t.file, "int f (void)\n{\n  begin_of (f);\n  end_of (f);\n}\n\n");
  add_lines (&t.file, "  everywhere (it, stands);\n", 200000 / SMALLER);
  open_block (&t);
  aid_str_addz (&t.answer, "int f (void)\n{\n  begin_of (f);\n");
  add_lines (&t.answer, "  everywhere (it, stands);\n", 200000 / SMALLER);
  aid_str_addz (&t.answer, "  end_of (f);\n}\n");
  close_block (&t);
  settle (&t);
  trap_free (&t);
}

/* The copy's first line stands everywhere, and always goes on for a while. */
static void
a_beginning_that_stands_everywhere (void **state)
{
  (void)state;
  struct trap t;
  trap_init (&t);
  add_lines (&t.file, "int f (void)\n", 200000 / SMALLER);
  open_block (&t);
  add_lines (&t.answer, "int f (void)\n", 20000 / SMALLER);
  aid_str_addz (&t.answer, "  // ... existing code ...\n  done ();\n");
  close_block (&t);
  settle (&t);
  trap_free (&t);
}

/* --- many blocks --- */

/* Ten thousand blocks name one file, which is small or large; each is a copy with a change. */
static void
ten_thousand_blocks_for_one_file (void **state)
{
  (void)state;
  static const int lines[] = { 40, 20000, 400000 / SMALLER };
  for (size_t k = 0; k < sizeof lines / sizeof *lines; k++)
    {
      struct trap t;
      trap_init (&t);
      for (int i = 0; i < lines[k]; i++)
        aid_str_addf (&t.file, "int function_%d (void)\n{\n  return %d;\n}\n", i, i);
      for (int i = 0; i < 10000 / SMALLER; i++)
        {
          open_block (&t);
          aid_str_addf (&t.answer, "int function_%d (void)\n{\n  // ... existing code ...\n  return -%d;\n}\n", i % lines[k],
                        i);
          close_block (&t);
        }
      settle (&t);
      trap_free (&t);
    }
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_whole_file_of_stretches_in_another_order),
    cmocka_unit_test (whole_files_of_stretches_in_another_order),
    cmocka_unit_test (a_whole_file_of_equal_lines),
    cmocka_unit_test (a_whole_file_of_two_lines_in_turn),
    cmocka_unit_test (a_whole_file_upside_down),
    cmocka_unit_test (a_block_of_one_line_of_10_MB),
    cmocka_unit_test (elisions_between_equal_lines),
    cmocka_unit_test (elisions_between_many_pieces),
    cmocka_unit_test (pieces_whose_new_lines_stand_everywhere),
    cmocka_unit_test (many_new_lines_beside_an_elision),
    cmocka_unit_test (new_lines_that_stand_everywhere),
    cmocka_unit_test (a_beginning_that_stands_everywhere),
    cmocka_unit_test (ten_thousand_blocks_for_one_file),
  };
  begin_bounds (argc, argv);
  return cmocka_run_group_tests_name ("patch bounds settle", tests, NULL, NULL);
}
