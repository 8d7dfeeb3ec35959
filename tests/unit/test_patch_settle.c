/* Blocks without a diff that name a file: which ones count, what they come to, and what is kept of them. */
#include "patch_cases.h"

static struct aid_patch *
settled_in (const char *answer, struct memory *m, enum aid_patch_format format)
{
  struct aid_patch *p = read_patch (aid_span_z (answer), format);
  struct aid_patch_source source = { memory_read, m, memory_list };
  assert_int_equal (aid_patch_settle (&p, format, &source, NULL), AID_OK);
  assert_int_equal (p->candidates.len, 0);
  return p;
}

/* The text that the first file of ANSWER's patch has in the end; NULL: nothing is changed, or it does not fit. */
static char *
after (const char *answer, struct memory *m, enum aid_patch_format format)
{
  struct aid_patch *p = settled_in (answer, m, format);
  struct aid_plan *plan = plan_in (p, m, NULL);
  char *text = NULL;
  if (plan->applied > 0 && plan->refused == 0)
    text = strdup (aid_str_z (&PLAN_AT (plan, 0)->after));
  aid_plan_free (plan);
  aid_patch_free (p);
  return text;
}

/* --- names --- */

static void
names_of_blocks (void **state)
{
  (void)state;
  static const struct
  {
    const char *before, *info, *first, *path;
  } rows[] = {
    { "", "c src/a.c", "x", "src/a.c" },
    { "", "src/a.c", "x", "src/a.c" },
    { "", "c:src/a.c", "x", "src/a.c" },
    { "", "python title=\"x/y.py\"", "x", "x/y.py" },
    { "", "js filename=x.js", "x", "x.js" },
    { "", "{.c file=a.c}", "x", "a.c" },
    { "**src/a.c**", "c", "x", "src/a.c" },
    { "### `src/a.c`", "c", "x", "src/a.c" },
    { "## 2. Change src/a.c", "c", "x", "src/a.c" },
    { "src/a.c:", "", "x", "src/a.c" },
    { "File: src/a.c", "", "x", "src/a.c" },
    { "**File:** `src/a.c`", "", "x", "src/a.c" },
    { "1. `src/a.c` (new)", "", "x", "src/a.c" },
    { "Here is the full src/a.c:", "c", "x", "src/a.c" },
    { "", "c", "// src/a.c", "src/a.c" },
    { "", "python", "# path: x.py", "x.py" },
    { "", "ocaml", "(* lib/a.ml *)", "lib/a.ml" },
    { "", "html", "<!-- a.html -->", "a.html" },
    { "", "elisp", ";; lisp/a.el", "lisp/a.el" },
    { "", "c", "// src/a.c (changed)", "src/a.c" },
    { "Now in lib.c:", "c", "// src/a.c", "src/a.c" },
    /* none: */
    { "I like src/a.c.", "c", "x", NULL },
    { "Move it from a.c to b.c:", "c", "x", NULL },
    { "e.g. and/or:", "c", "x", NULL },
    { "> src/a.c:", "c", "x", NULL },
    { "| a.c | b |", "c", "x", NULL },
    { "See https://a.b/c.d:", "c", "x", NULL },
    { "src/a.c:", "console", "x", NULL },
    { "src/a.c:", "", "", NULL },
    { "", "12:20:src/a.c", "x", NULL },
    { "", "c", "#include <a.h>", NULL },
    { "", "sh", "#!/bin/sh", NULL },
    { "", "css", "#menu.open", NULL },
    { "", "c", "// see src/a.c for more", NULL },
    { "", "c src/a.c", "// lib/b.c", NULL },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      char answer[400];
      snprintf (answer, sizeof answer, "%s\n\n```%s\n%s%sy\n```\n", rows[i].before, rows[i].info, rows[i].first,
                rows[i].first[0] ? "\n" : "");
      if (!rows[i].first[0])
        snprintf (answer, sizeof answer, "%s\n\n```%s\n```\n", rows[i].before, rows[i].info);
      struct aid_patch *p = read_patch (aid_span_z (answer), AID_FORMAT_AUTO);
      assert_int_equal (p->files.len, 0);
      if (p->candidates.len != (rows[i].path != NULL))
        print_error ("row %zu: %s", i, answer);
      assert_int_equal (p->candidates.len, rows[i].path != NULL);
      if (rows[i].path)
        assert_string_equal (AID_VEC_AT (struct aid_patch_candidate, &p->candidates, 0).path, rows[i].path);
      aid_patch_free (p);
    }
}

/* --- whole files --- */

static unsigned
draw (uint64_t *seed, unsigned n)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(*seed >> 33) % n;
}

static void
random_text (uint64_t *seed, size_t lines, struct aid_str *out)
{
  for (size_t i = 0; i < lines; i++)
    aid_str_addf (out, draw (seed, 4) ? "  line %u;\n" : "}\n", draw (seed, 30));
}

/* Asked for, the new text of any file comes out to the byte, however often its lines repeat. */
static void
any_whole_text_comes_out (void **state)
{
  (void)state;
  uint64_t seed = 7;
  for (int round = 0; round < 300; round++)
    {
      struct aid_str old = AID_STR_INIT (1 << 20), new = AID_STR_INIT (1 << 20), answer = AID_STR_INIT (1 << 20);
      random_text (&seed, 1 + draw (&seed, 60), &old);
      random_text (&seed, 1 + draw (&seed, 60), &new);
      aid_str_addf (&answer, "```c f.c\n%s```\n", aid_str_z (&new));
      struct memory m = { .file = { { "f.c", aid_str_span (&old) } } };
      char *got = after (aid_str_z (&answer), &m, AID_FORMAT_WHOLE);
      assert_non_null (got);
      assert_string_equal (got, aid_str_z (&new));
      free (got);
      aid_str_free (&old);
      aid_str_free (&new);
      aid_str_free (&answer);
    }
}

static void
a_whole_text_becomes_hunks_of_their_own (void **state)
{
  (void)state;
  struct aid_str old = AID_STR_INIT (1 << 16), answer = AID_STR_INIT (1 << 16);
  aid_str_addz (&answer, "```text f.x\n");
  for (int i = 0; i < 100; i++)
    {
      aid_str_addf (&old, "line %d\n", i);
      aid_str_addf (&answer, i == 20 || i == 70 ? "new %d\n" : "line %d\n", i);
    }
  aid_str_addz (&answer, "```\n");
  struct memory m = { .file = { { "f.x", aid_str_span (&old) } } };
  struct aid_patch *p = settled_in (aid_str_z (&answer), &m, AID_FORMAT_AUTO);
  assert_int_equal (p->hunks.len, 2);
  assert_int_equal (HUNK_AT (p, 0)->old_start, 18);
  assert_int_equal (HUNK_AT (p, 0)->nlines, 8);
  assert_int_equal (HUNK_AT (p, 1)->old_start, 68);
  assert_int_equal (BLOCK_AT (p, 0)->beg, 0);
  assert_int_equal (BLOCK_AT (p, 0)->end, answer.len);
  aid_patch_free (p);
  aid_str_free (&old);
  aid_str_free (&answer);
}

/* Of equal places the one is meant that the comparison found: the hunk shows enough to tell them apart. */
static void
a_hunk_among_equal_lines_is_placed (void **state)
{
  (void)state;
  struct aid_str old = AID_STR_INIT (1 << 16), new = AID_STR_INIT (1 << 16), answer = AID_STR_INIT (1 << 16);
  for (int i = 0; i < 40; i++)
    {
      aid_str_addz (&old, i == 0 ? "first\n" : "same\n");
      aid_str_addz (&new, i == 0 ? "first\n" : i == 25 ? "other\nsame\n" : "same\n");
    }
  aid_str_addf (&answer, "```text f.x\n%s```\n", aid_str_z (&new));
  struct memory m = { .file = { { "f.x", aid_str_span (&old) } } };
  char *got = after (aid_str_z (&answer), &m, AID_FORMAT_AUTO);
  assert_non_null (got);
  assert_string_equal (got, aid_str_z (&new));
  free (got);
  aid_str_free (&old);
  aid_str_free (&new);
  aid_str_free (&answer);
}

/* --- edited copies --- */

enum
{
  COPY_LINES = 200,
  CONTEXT = 2
};

/* A copy that shows CONTEXT lines around each change, where every line is the only one of its kind, is the change. */
static void
a_copy_of_different_lines_is_clear (void **state)
{
  (void)state;
  uint64_t seed = 11;
  for (int round = 0; round < 200; round++)
    {
      struct aid_str old = AID_STR_INIT (1 << 20), new = AID_STR_INIT (1 << 20), answer = AID_STR_INIT (1 << 20);
      int left_out = 0, until = -1, next = (int)draw (&seed, 30) + CONTEXT;
      aid_str_addz (&answer, "```c f.c\n");
      for (int i = 0; i < COPY_LINES; i++)
        {
          unsigned what = i == next ? draw (&seed, 3) : 9;
          char line[100];
          snprintf (line, sizeof line, "  step_%d_%u (%d);\n", i, draw (&seed, 1000000), i);
          aid_str_addz (&old, line);
          if (i >= next - CONTEXT && i <= next)
            until = next + CONTEXT;
          if (i <= until && left_out)
            aid_str_addz (&answer, "  // ... existing code ...\n");
          left_out = i > until;
          if (what == 0)
            {
              aid_str_addf (&new, "  changed[%d] = %d;\n", i, i);
              aid_str_addf (&answer, "  changed[%d] = %d;\n", i, i);
            }
          else if (what != 1)
            {
              aid_str_addz (&new, line);
              aid_str_addz (&answer, left_out ? "" : line);
            }
          if (what == 2)
            {
              aid_str_addf (&new, "  added (\"%d\");\n", i);
              aid_str_addf (&answer, "  added (\"%d\");\n", i);
            }
          if (i == next && i < COPY_LINES - 60)
            next += 7 + (int)draw (&seed, 40);
        }
      aid_str_addz (&answer, "// ... rest of the file unchanged ...\n```\n");
      struct memory m = { .file = { { "f.c", aid_str_span (&old) } } };
      char *got = after (aid_str_z (&answer), &m, AID_FORMAT_AUTO);
      assert_non_null (got);
      assert_string_equal (got, aid_str_z (&new));
      free (got);
      aid_str_free (&old);
      aid_str_free (&new);
      aid_str_free (&answer);
    }
}

static void
elided_lines_in_every_language (void **state)
{
  (void)state;
  static const char *const rows[] = { "// ... existing code ...",
                                      "/* ... */",
                                      "# ... rest of file unchanged ...",
                                      "(* ... *)",
                                      "...",
                                      "  ;; ... the rest ...",
                                      "<!-- ... -->",
                                      "-- ...",
                                      "{/* ... existing code ... */}",
                                      "// ... helpers and tables ..." };
  static const char file[] = "alpha (1)\nbeta (2)\ngamma (3)\ndelta (4)\nepsilon (5)\n";
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      char answer[400];
      snprintf (answer, sizeof answer, "```x f.x\nalpha (1)\nnew\n%s\nepsilon (5)\n```\n", rows[i]);
      struct memory m = { .file = { { "f.x", AID_SPAN (file) } } };
      char *got = after (answer, &m, AID_FORMAT_AUTO);
      if (!got)
        print_error ("%s\n", rows[i]);
      assert_non_null (got);
      assert_string_equal (got, "alpha (1)\nnew\nbeta (2)\ngamma (3)\ndelta (4)\nepsilon (5)\n");
      free (got);
    }
}

static void
dots_that_the_file_has_stand_for_themselves (void **state)
{
  (void)state;
  struct memory m = { .file = { { "f.pyi", AID_SPAN ("def one(): pass\n...\ndef two(): pass\n...\n") } } };
  char *got = after ("```python f.pyi\ndef one(): pass\n...\ndef three(): pass\n...\n```\n", &m, AID_FORMAT_WHOLE);
  assert_non_null (got);
  assert_string_equal (got, "def one(): pass\n...\ndef three(): pass\n...\n");
  free (got);
}

/* --- what is kept --- */

struct kept
{
  size_t end, n;
  char diff[1000], refused[300];
};

static enum aid_err
keep (void *closure, size_t end, const char *diff, const char *refused)
{
  struct kept *k = closure;
  k->end = end;
  k->n++;
  snprintf (k->diff, sizeof k->diff, "%s", diff);
  snprintf (k->refused, sizeof k->refused, "%s", refused ? refused : "");
  return AID_OK;
}

static const char fence_of_f[] = "```text f.x\none\n2\nthree\nfour\n```\n";

static void
what_blocks_come_to_is_told (void **state)
{
  (void)state;
  struct memory m = { .file = { { "f.x", AID_SPAN ("one\ntwo\nthree\nfour\n") } } };
  struct aid_patch_source source = { memory_read, &m, memory_list };
  struct aid_patch *p = read_patch (AID_SPAN (fence_of_f), AID_FORMAT_AUTO);
  struct kept k = { 0 };
  assert_int_equal (aid_patch_settled (p, &source, keep, &k, NULL), AID_OK);
  assert_int_equal (k.n, 1);
  assert_int_equal (k.end, sizeof fence_of_f - 1);
  assert_string_equal (k.diff, "--- a/f.x\n+++ b/f.x\n@@ -1,4 +1,4 @@\n one\n-two\n+2\n three\n four\n");
  assert_string_equal (k.refused, "");
  aid_patch_free (p);
}

/* A chat keeps the diff behind the block; the file may have changed since. */
static void
what_is_kept_behind_a_block_counts (void **state)
{
  (void)state;
  struct aid_str answer = AID_STR_INIT (1 << 16);
  aid_str_addz (&answer, fence_of_f);
  aid_str_addz (&answer,
                "<!--aid:k7Qx2mT9 diff-->\n> ```diff\n> --- a/f.x\n> +++ b/f.x\n> @@ -1,4 +1,4 @@\n>  one\n> -two\n> +2\n"
                ">  three\n>  four\n> ```\nMore.\n");
  struct memory m = { .file = { { "f.x", AID_SPAN ("zero\none\ntwo\nthree\nfour\nfive\n") } } };
  struct aid_patch *p = read_patch (aid_str_span (&answer), AID_FORMAT_AUTO);
  assert_int_equal (p->candidates.len, 0);
  assert_int_equal (p->hunks.len, 1);
  assert_int_equal (BLOCK_AT (p, 0)->end, answer.len - strlen ("More.\n"));
  struct aid_plan *plan = plan_in (p, &m, NULL);
  assert_string_equal (aid_str_z (&PLAN_AT (plan, 0)->after), "zero\none\n2\nthree\nfour\nfive\n");
  aid_plan_free (plan);
  aid_patch_free (p);
  aid_str_free (&answer);
}

static void
what_was_refused_is_kept_and_looked_at_again (void **state)
{
  (void)state;
  static const char answer[]
    = "```text f.x\none\n2\nthree\nfour\n```\n<!--aid:k7Qx2mT9 diff refused=it%20is%20not%20clear-->\n"
      "> ```diff\n> --- a/f.x\n> +++ b/f.x\n> @@ @@\n>  one\n>  2\n> ```\n";
  struct memory m = { .file = { { "f.x", AID_SPAN ("one\ntwo\nthree\nfour\n") } } };
  struct aid_patch *p = read_patch (AID_SPAN (answer), AID_FORMAT_AUTO);
  assert_int_equal (p->files.len, 1);
  assert_int_equal (p->candidates.len, 1);
  struct aid_plan *plan = plan_in (p, &m, NULL);
  assert_string_equal (PLACED_AT (plan, 0)->reason, "it is not clear");
  aid_plan_free (plan);
  aid_patch_free (p);
  char *got = after (answer, &m, AID_FORMAT_AUTO);
  assert_non_null (got);
  assert_string_equal (got, "one\n2\nthree\nfour\n");
  free (got);
}

/* --- bounds --- */

static void
many_equal_lines_end_quickly (void **state)
{
  (void)state;
  struct aid_str old = AID_STR_INIT (1 << 24), answer = AID_STR_INIT (1 << 24);
  aid_str_addz (&answer, "```c f.c\n");
  for (int i = 0; i < 100000; i++)
    {
      aid_str_addz (&old, i % 3 ? "  x = 1;\n" : "}\n");
      aid_str_addz (&answer, i % 50 == 7 ? "  // ...\n" : i % 3 ? "  x = 1;\n" : "}\n");
    }
  aid_str_addz (&answer, "```\n");
  struct memory m = { .file = { { "f.c", aid_str_span (&old) } } };
  char *got = after (aid_str_z (&answer), &m, AID_FORMAT_AUTO);
  assert_null (got);
  aid_str_free (&old);
  aid_str_free (&answer);
}

static void
more_blocks_than_are_compared_are_examples (void **state)
{
  (void)state;
  struct aid_str answer = AID_STR_INIT (1 << 20);
  for (int i = 0; i < 1000; i++)
    aid_str_addf (&answer, "```text f%d.x\nx\n```\n", i);
  struct aid_patch *p = read_patch (aid_str_span (&answer), AID_FORMAT_WHOLE);
  assert_int_equal (p->candidates.len, 200);
  aid_patch_free (p);
  aid_str_free (&answer);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (names_of_blocks),
    cmocka_unit_test (any_whole_text_comes_out),
    cmocka_unit_test (a_whole_text_becomes_hunks_of_their_own),
    cmocka_unit_test (a_hunk_among_equal_lines_is_placed),
    cmocka_unit_test (a_copy_of_different_lines_is_clear),
    cmocka_unit_test (elided_lines_in_every_language),
    cmocka_unit_test (dots_that_the_file_has_stand_for_themselves),
    cmocka_unit_test (what_blocks_come_to_is_told),
    cmocka_unit_test (what_is_kept_behind_a_block_counts),
    cmocka_unit_test (what_was_refused_is_kept_and_looked_at_again),
    cmocka_unit_test (many_equal_lines_end_quickly),
    cmocka_unit_test (more_blocks_than_are_compared_are_examples),
  };
  return cmocka_run_group_tests_name ("whole files and edited copies", tests, NULL, NULL);
}
