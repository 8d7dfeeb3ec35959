/* Diagnostics: what programs really print (tests/cases/build: NAME.txt, and in NAME.expected what is read of it), and hostile
   output. */
#include "build/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include "scratch.h"

#define CASES "tests/cases/build"

/* --- cases --- */

static void
read_case (const char *name, const char *ending, struct aid_str *out)
{
  struct aid_str path = AID_STR_INIT (1024), text = AID_STR_INIT (1 << 20);
  struct aid_error e;
  struct aid_span rest, root = AID_SPAN ("@ROOT@");
  ptrdiff_t at;
  aid_str_addf (&path, CASES "/%s%s", name, ending);
  if (aid_fs_read (aid_str_z (&path), &text, &e))
    fail_msg ("%s", e.msg);
  for (rest = aid_str_span (&text); (at = aid_span_find (rest, root)) >= 0;
       rest = aid_span_cut (rest, (size_t) at + root.len, rest.len))
    {
      aid_str_addspan (out, aid_span_cut (rest, 0, (size_t) at));
      aid_str_addz (out, scratch);
    }
  aid_str_addspan (out, rest);
  aid_str_free (&path);
  aid_str_free (&text);
}

static void
make_file (struct aid_span name)
{
  struct aid_str path = AID_STR_INIT (4096);
  struct aid_error e;
  aid_str_addf (&path, "%s/%.*s", scratch, (int) name.len, name.ptr);
  char *folder = strdup (aid_str_z (&path));
  *strrchr (folder, '/') = 0;
  assert_int_equal (aid_fs_mkdirs (folder, 0755, &e), AID_OK);
  assert_int_equal (aid_fs_replace (aid_str_z (&path), AID_SPAN ("x\n"), 0644, &e), AID_OK);
  free (folder);
  aid_str_free (&path);
}

/* The files that are expected are those of the project. */
static void
make_files (struct aid_span expected)
{
  struct aid_span line;
  while (aid_span_line (&expected, &line))
    {
      ptrdiff_t from = aid_span_find (line, AID_SPAN (" "));
      struct aid_span path = aid_span_cut (line, from < 0 ? line.len : (size_t) from + 1, line.len);
      ptrdiff_t to = aid_span_find (path, AID_SPAN (":"));
      if (to > 0 && path.ptr[0] != '/')
        make_file (aid_span_cut (path, 0, (size_t) to));
    }
}

static void
tell (const struct aid_diags *d, struct aid_str *out)
{
  for (size_t i = 0; i < d->items.len; i++)
    {
      const struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &d->items, i);
      aid_str_addf (out, "%s.%s", one->form, aid_severity_name (one->severity));
      if (one->path)
        aid_str_addf (out, " %s:%d:%d", one->path, one->line, one->col);
      if (one->end_line)
        aid_str_addf (out, "-%d:%d", one->end_line, one->end_col);
      aid_str_addf (out, " %s\n", one->message);
    }
}

static void
parse (struct aid_span text, size_t step, struct aid_diags *out)
{
  struct aid_error e;
  struct aid_diag_reader *r = aid_diag_reader_new (scratch, scratch, &e);
  for (size_t i = 0; i < text.len; i += step)
    assert_int_equal (aid_diag_feed (r, aid_span_cut (text, i, i + step < text.len ? i + step : text.len)), AID_OK);
  aid_diag_end (r, out);
  aid_diag_reader_free (r);
}

static void
check_case (const char *name)
{
  struct aid_str text = AID_STR_INIT (4 << 20), wanted = AID_STR_INIT (1 << 20), got = AID_STR_INIT (1 << 20),
                 slow = AID_STR_INIT (1 << 20);
  struct aid_diags d;
  read_case (name, ".txt", &text);
  read_case (name, ".expected", &wanted);
  make_files (aid_str_span (&wanted));
  parse (aid_str_span (&text), text.len, &d);
  tell (&d, &got);
  aid_diags_free (&d);
  parse (aid_str_span (&text), 1, &d);
  tell (&d, &slow);
  aid_diags_free (&d);
  if (!aid_span_eq (aid_str_span (&got), aid_str_span (&wanted)))
    fail_msg ("%s:\n--- is\n%s--- should be\n%s", name, aid_str_z (&got), aid_str_z (&wanted));
  assert_string_equal (aid_str_z (&slow), aid_str_z (&got));
  aid_str_free (&text);
  aid_str_free (&wanted);
  aid_str_free (&got);
  aid_str_free (&slow);
}

static void
what_programs_print_is_read (void **state)
{
  (void) state;
  size_t n = 0;
  assert_int_equal (aid_fs_replace (scratch_path ("go.mod"), AID_SPAN ("module example.com/p\n"), 0644, NULL), AID_OK);
  DIR *dir = opendir (CASES);
  assert_non_null (dir);
  for (struct dirent *d; (d = readdir (dir));)
    if (aid_span_ends (aid_span_z (d->d_name), ".txt"))
      {
        char *name = aid_span_dup (aid_span_cut (aid_span_z (d->d_name), 0, strlen (d->d_name) - 4));
        check_case (name);
        free (name);
        n++;
      }
  closedir (dir);
  assert_true (n >= 29);
}

/* --- texts --- */

static void
text_is (const char *name, size_t i, const char *wanted)
{
  struct aid_str text = AID_STR_INIT (1 << 20);
  struct aid_diags d;
  read_case (name, ".txt", &text);
  parse (aid_str_span (&text), 7, &d);
  assert_true (i < d.items.len);
  assert_string_equal (AID_VEC_AT (struct aid_diag, &d.items, i).text, wanted);
  aid_diags_free (&d);
  aid_str_free (&text);
}

static void
the_whole_text_goes_with_it (void **state)
{
  (void) state;
  text_is ("ocaml-warnings", 0,
           "File \"src/more.ml\", line 2, characters 6-18:\n2 | let g (Some x) = x\n          ^^^^^^^^^^^^\n"
           "Error (warning 8 [partial-match]): this pattern-matching is not exhaustive.\n"
           "Here is an example of a case that is not matched:\nNone");
  text_is ("python-unittest", 1,
           "FAIL: test_f (tests.test_lib.T.test_f)\nTraceback (most recent call last):\n"
           "  File \"tests/test_lib.py\", line 6, in test_f\n    self.assertEqual(f(1), 3)\nAssertionError: 2 != 3");
  text_is ("gcc-include", 0,
           "In file included from y.c:1:\nsrc/x.h: In function 'f':\n"
           "src/x.h:1:35: error: 'missing' undeclared (first use in this function)\n"
           "    1 | int f (void) { int unused; return missing; }\n      |                                   ^~~~~~~");
  text_is ("typescript-pretty", 0,
           "src/a.ts:3:5 - error TS2322: Type 'string' is not assignable to type 'number'.\n\n"
           "3 let x: number = \"a\";\n      ~");
}

static void
counts_are_of_all_and_nothing_is_told_twice (void **state)
{
  (void) state;
  struct aid_diags d;
  struct aid_str text = AID_STR_INIT (4 << 20);
  for (int i = 0; i < 3000; i++)
    aid_str_addf (&text, "a.c:%d:1: %s: x\n", i / 2 + 1, i % 4 < 2 ? "error" : "warning");
  parse (aid_str_span (&text), 4096, &d);
  assert_int_equal (d.items.len, 1500);
  assert_int_equal (d.errors, 750);
  assert_int_equal (d.warnings, 750);
  aid_diags_free (&d);
  aid_str_clear (&text);
  for (int i = 0; i < 3000; i++)
    aid_str_addf (&text, "a.c:%d:1: error: x\n", i + 1);
  parse (aid_str_span (&text), 4096, &d);
  assert_int_equal (d.items.len, AID_DIAGS_MAX);
  assert_int_equal (d.errors, 3000);
  aid_diags_free (&d);
  aid_str_free (&text);
}

/* --- hostile output --- */

static void
output_without_end_costs_no_memory (void **state)
{
  (void) state;
  struct aid_error e;
  struct aid_diags d;
  struct aid_diag_reader *r = aid_diag_reader_new (scratch, scratch, &e);
  char block[65536];
  memset (block, 'x', sizeof block);
  assert_int_equal (aid_diag_feed (r, AID_SPAN ("a.c:1:1: error: ")), AID_OK);
  for (int i = 0; i < 1000; i++)
    assert_int_equal (aid_diag_feed (r, (struct aid_span){ block, sizeof block }), AID_OK);
  assert_int_equal (aid_diag_feed (r, AID_SPAN ("\n")), AID_OK);
  for (int i = 0; i < 100000; i++)
    assert_int_equal (aid_diag_feed (r, AID_SPAN ("  it goes on and on\n")), AID_OK);
  aid_diag_end (r, &d);
  assert_int_equal (d.items.len, 1);
  struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &d.items, 0);
  assert_true (strlen (one->message) <= AID_DIAG_MESSAGE_MAX);
  assert_true (strlen (one->text) <= AID_DIAG_TEXT_MAX);
  aid_diags_free (&d);
  aid_diag_reader_free (r);
}

static void
what_leads_out_of_the_project_is_absolute (void **state)
{
  (void) state;
  struct aid_diags d;
  parse (AID_SPAN ("../../../../../etc/passwd:1:1: error: x\n/etc/../etc/group:2: error: y\n"), 9, &d);
  assert_int_equal (d.items.len, 2);
  assert_string_equal (AID_VEC_AT (struct aid_diag, &d.items, 0).path, "/etc/passwd");
  assert_string_equal (AID_VEC_AT (struct aid_diag, &d.items, 1).path, "/etc/group");
  aid_diags_free (&d);
}

static void
what_is_no_utf8_is_made_so (void **state)
{
  (void) state;
  struct aid_diags d;
  parse (AID_SPAN ("a\377.c:1:1: error: \377\376\n"), 3, &d);
  assert_int_equal (d.items.len, 1);
  assert_string_equal (AID_VEC_AT (struct aid_diag, &d.items, 0).path, "a\357\277\275.c");
  assert_string_equal (AID_VEC_AT (struct aid_diag, &d.items, 0).message, "\357\277\275\357\277\275");
  aid_diags_free (&d);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_programs_print_is_read),
    cmocka_unit_test (the_whole_text_goes_with_it),
    cmocka_unit_test (counts_are_of_all_and_nothing_is_told_twice),
    cmocka_unit_test (output_without_end_costs_no_memory),
    cmocka_unit_test (what_leads_out_of_the_project_is_absolute),
    cmocka_unit_test (what_is_no_utf8_is_made_so),
  };
  return cmocka_run_group_tests_name ("build diagnostics", tests, scratch_make, scratch_drop);
}
