/* What the readers promise beyond the case files: ids, positions in the answer, and answers made to hurt. */
#include "patch_cases.h"

static struct aid_patch *
read_z (const char *answer)
{
  return read_patch (aid_span_z (answer), AID_FORMAT_AUTO);
}

static void
numbers_and_section_are_read (void **state)
{
  (void) state;
  static const struct
  {
    const char *at;
    int64_t old_start, old_count, new_start, new_count;
    const char *section;
  } rows[] = {
    { "@@ -12,3 +14,4 @@ int main (void)", 12, 3, 14, 4, "int main (void)" },
    { "@@ -12 +14 @@", 12, 1, 14, 1, "" },
    { "@@ -0,0 +1,9 @@", 0, 0, 1, 9, "" },
    { "@@ @@", -1, -1, -1, -1, "" },
    { "@@ ... @@", -1, -1, -1, -1, "" },
    { "@@", -1, -1, -1, -1, "" },
    { "@@ def f(x):", -1, -1, -1, -1, "def f(x):" },
    { "@@ def f(x): @@", -1, -1, -1, -1, "def f(x):" },
    { "@@ -99999999999999999999,1 +1,1 @@", 1000000000, 1, 1, 1, "" },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      char answer[200];
      snprintf (answer, sizeof answer, "```diff\n--- a/f\n+++ b/f\n%s\n-x\n+y\n```\n", rows[i].at);
      struct aid_patch *p = read_z (answer);
      assert_int_equal (p->hunks.len, 1);
      const struct aid_patch_hunk *h = HUNK_AT (p, 0);
      assert_int_equal (h->old_start, rows[i].old_start);
      assert_int_equal (h->old_count, rows[i].old_count);
      assert_int_equal (h->new_start, rows[i].new_start);
      assert_int_equal (h->new_count, rows[i].new_count);
      assert_true (aid_span_eqz (h->section, rows[i].section));
      aid_patch_free (p);
    }
}

static void
positions_are_bytes_of_the_answer (void **state)
{
  (void) state;
  static const char answer[] = "Täxt\n\n```diff\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-x\n+y\n@@ -9 +9 @@\n-z\n+w\n```\nEnd\n";
  struct aid_patch *p = read_z (answer);
  const char *fence = strstr (answer, "```diff"), *file = strstr (answer, "--- a"), *end = strstr (answer, "End");
  const char *first = strstr (answer, "@@ -1"), *second = strstr (answer, "@@ -9"), *close = strstr (answer, "```\nEnd");
  assert_int_equal (BLOCK_AT (p, 0)->beg, fence - answer);
  assert_int_equal (BLOCK_AT (p, 0)->end, end - answer);
  assert_int_equal (FILE_AT (p, 0)->beg, file - answer);
  assert_int_equal (FILE_AT (p, 0)->end, close - answer);
  assert_int_equal (HUNK_AT (p, 0)->beg, first - answer);
  assert_int_equal (HUNK_AT (p, 0)->end, second - answer);
  assert_int_equal (HUNK_AT (p, 1)->beg, second - answer);
  assert_int_equal (HUNK_AT (p, 1)->end, close - answer);
  aid_patch_free (p);
}

/* A person's whitespace cleaner runs over the chat; decisions must still be found by id. */
static void
ids_do_not_see_trailing_blanks (void **state)
{
  (void) state;
  struct aid_patch *a = read_z ("```diff\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a  \n \n-x\t\n+y\n b\n```\n");
  struct aid_patch *b = read_z ("```diff\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n\n-x\n+y \n b\n```\n");
  struct aid_patch *c = read_z ("```diff\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n\n-x\n+ y\n b\n```\n");
  assert_string_equal (HUNK_AT (a, 0)->id, HUNK_AT (b, 0)->id);
  assert_string_not_equal (HUNK_AT (a, 0)->id, HUNK_AT (c, 0)->id);
  assert_int_equal (strlen (HUNK_AT (a, 0)->id), 8);
  aid_patch_free (a);
  aid_patch_free (b);
  aid_patch_free (c);
}

static void
equal_hunks_have_ids_of_their_own (void **state)
{
  (void) state;
  struct aid_str answer = AID_STR_INIT (1 << 20);
  aid_str_addz (&answer, "```diff\n--- a/f\n+++ b/f\n");
  for (int i = 0; i < 500; i++)
    aid_str_addz (&answer, "@@ @@\n-x\n+y\n");
  aid_str_addz (&answer, "```\n");
  struct aid_patch *p = read_patch (aid_str_span (&answer), AID_FORMAT_AUTO);
  assert_int_equal (p->hunks.len, 500);
  for (size_t i = 0; i < 500; i++)
    for (size_t k = 0; k < i; k++)
      assert_string_not_equal (HUNK_AT (p, i)->id, HUNK_AT (p, k)->id);
  aid_patch_free (p);
  aid_str_free (&answer);
}

static void
only_the_wanted_format_is_read (void **state)
{
  (void) state;
  static const char both[] = "```diff\n--- a/f\n+++ b/f\n@@ @@\n-x\n+y\n```\nf.txt\n```\n<<<<<<< SEARCH\na\n=======\nb\n"
                             ">>>>>>> REPLACE\n```\n";
  static const enum aid_patch_format formats[] = { AID_FORMAT_AUTO, AID_FORMAT_UNIFIED, AID_FORMAT_SEARCH_REPLACE };
  static const size_t files[] = { 2, 1, 1 };
  for (size_t i = 0; i < 3; i++)
    {
      struct aid_patch *p = read_patch (AID_SPAN (both), formats[i]);
      assert_int_equal (p->files.len, files[i]);
      assert_string_equal (FILE_AT (p, files[i] - 1)->new_path, i == 1 ? "f" : "f.txt");
      aid_patch_free (p);
    }
}

static void
a_line_of_search_replace_common_to_both_is_context (void **state)
{
  (void) state;
  struct aid_patch *p = read_z ("f.txt\n```\n<<<<<<< SEARCH\na\nb\nc\nd\n=======\na\nB\nc\nX\nd\n>>>>>>> REPLACE\n```\n");
  char ops[16] = "";
  for (size_t i = 0; i < p->lines.len; i++)
    ops[i] = LINE_AT (p, i)->op;
  assert_string_equal (ops, " -+ + ");
  aid_patch_free (p);
}

/* --- hostile --- */

static struct aid_patch *
read_repeated (const char *piece, size_t times)
{
  struct aid_str answer = AID_STR_INIT (AID_PATCH_MAX);
  for (size_t i = 0; i < times; i++)
    aid_str_addz (&answer, piece);
  assert_int_equal (answer.err, AID_OK);
  struct aid_patch *p = read_patch (aid_str_span (&answer), AID_FORMAT_AUTO);
  aid_str_free (&answer);
  return p;
}

static void
many_fences_and_markers_are_read_in_linear_time (void **state)
{
  (void) state;
  static const char *const pieces[] = {
    "```\n```\n", "```diff\n", "```diff\n ```\n", "~~~diff\n@@ -1 +1 @@\n ~~~\n", "```\n<<<<<<< SEARCH\n",
    "<<<<<<< SEARCH\n=======\n", "--- a\n+++ b\n", "diff --git a/x b/x\n", "@@\n", "-- \n", "\\ No\n",
    "`a.b`\n```\n<<<<<<< SEARCH\n",
  };
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
    aid_patch_free (read_repeated (pieces[i], 100000));
  struct aid_patch *p = read_repeated ("```\n```\n", 10000);
  assert_int_equal (p->blocks.len, 0);
  assert_int_equal (p->notes.len, 0);
  aid_patch_free (p);
}

static void
unprefixed_lines_in_a_hunk_are_read_in_linear_time (void **state)
{
  (void) state;
  struct aid_str answer = AID_STR_INIT (AID_PATCH_MAX);
  aid_str_addz (&answer, "```diff\n--- a/f\n+++ b/f\n@@ @@\n-x\n");
  for (int i = 0; i < 200000; i++)
    aid_str_addz (&answer, "prose\n\n");
  struct aid_patch *p = read_patch (aid_str_span (&answer), AID_FORMAT_AUTO);
  assert_in_range (p->lines.len, 1, 7);
  aid_patch_free (p);
  aid_str_free (&answer);
}

static void
a_huge_line_is_one_line (void **state)
{
  (void) state;
  struct aid_str answer = AID_STR_INIT (AID_PATCH_MAX);
  size_t huge = 40u << 20;
  char *line = malloc (huge);
  memset (line, 'x', huge);
  aid_str_addz (&answer, "```diff\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-x\n+");
  aid_str_add (&answer, line, huge);
  aid_str_addz (&answer, "\n```\n");
  struct aid_patch *p = read_patch (aid_str_span (&answer), AID_FORMAT_AUTO);
  assert_int_equal (p->lines.len, 2);
  assert_int_equal (LINE_AT (p, 1)->text.len, huge);
  aid_patch_free (p);
  aid_str_free (&answer);
  free (line);
}

static void
any_bytes_are_read (void **state)
{
  (void) state;
  static const char nasty[] = "\xff\xfe```diff\n```diff\n--- a/\0x\xff\n+++ b/\0x\xff\n"
                              "@@ -1 +1 @@\n-\0\xc3\n+\x1b[31m\xed\xa0\x80\n```";
  struct aid_patch *p = read_patch (AID_SPAN (nasty), AID_FORMAT_AUTO);
  assert_int_equal (p->files.len, 1);
  assert_int_equal (p->lines.len, 2);
  struct memory m = { .file = { { "", AID_SPAN ("") } } };
  struct aid_plan *plan = plan_in (p, &m, NULL);
  assert_int_equal (PLACED_AT (plan, 0)->status, AID_HUNK_REFUSED);
  assert_int_equal (m.reads, 0);       /* such a name is not even asked for */
  aid_plan_free (plan);
  aid_patch_free (p);
}

static void
too_much_is_said (void **state)
{
  (void) state;
  struct aid_patch *p = NULL;
  struct aid_error e;
  struct aid_span huge = { "", AID_PATCH_MAX + 1 };
  assert_int_equal (aid_patch_read (huge, AID_FORMAT_AUTO, &p, &e), AID_E_LIMIT);
  assert_null (p);
  assert_non_null (strstr (e.msg, "64 MB"));
}

/* What is said of an answer is clean whatever it names. */
static void
a_note_shows_no_name_as_it_may_not_be (void **state)
{
  (void) state;
  struct aid_patch *p
    = read_patch (aid_span_z ("```c \x9b;\x1b[2Jx.c\nint x;\n```\n```diff\n--- a/\x9b\n+++ b/\x1b\n```\n"), AID_FORMAT_AUTO);
  assert_true (p->notes.len > 0);
  for (size_t i = 0; i < p->notes.len; i++)
    for (const char *c = NOTE_AT (p, i)->msg; *c; c++)
      assert_true (*c >= ' ' && *c < 0x7f);
  aid_patch_free (p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (numbers_and_section_are_read),
    cmocka_unit_test (positions_are_bytes_of_the_answer),
    cmocka_unit_test (ids_do_not_see_trailing_blanks),
    cmocka_unit_test (equal_hunks_have_ids_of_their_own),
    cmocka_unit_test (only_the_wanted_format_is_read),
    cmocka_unit_test (a_line_of_search_replace_common_to_both_is_context),
    cmocka_unit_test (many_fences_and_markers_are_read_in_linear_time),
    cmocka_unit_test (unprefixed_lines_in_a_hunk_are_read_in_linear_time),
    cmocka_unit_test (a_huge_line_is_one_line),
    cmocka_unit_test (any_bytes_are_read),
    cmocka_unit_test (too_much_is_said),
    cmocka_unit_test (a_note_shows_no_name_as_it_may_not_be),
  };
  return cmocka_run_group_tests_name ("patch read", tests, NULL, NULL);
}
