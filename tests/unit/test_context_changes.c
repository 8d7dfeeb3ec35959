/* What changed, as hunks that patch (the program) takes: the new text comes out of the old one, whatever both are. */
#include "scratch.h"
#include "context/changes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void
expect (const char *old_text, const char *new_text, const char *diff)
{
  struct aid_str out = AID_STR_INIT (1u << 20);
  assert_int_equal (aid_changes_diff (aid_span_z (old_text), aid_span_z (new_text), &out), AID_OK);
  assert_string_equal (aid_str_z (&out), diff);
  aid_str_free (&out);
}

static void
test_hunks (void **state)
{
  (void) state;
  expect ("a\n", "a\n", "");
  expect ("", "", "");
  expect ("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
  expect ("a\n", "", "@@ -1,1 +0,0 @@\n-a\n");
  expect ("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n",
          "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n");
  expect ("a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
  expect ("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n",
          "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -10,3 +11,4 @@\n 10\n 11\n 12\n+13\n");
  expect ("1\n2\n3\n4\n5\n6\n", "0\n1\n2\n3\n4\n5\n6\n7\n",
          "@@ -1,6 +1,8 @@\n+0\n 1\n 2\n 3\n 4\n 5\n 6\n+7\n");
}

/* A file of lines from a small alphabet, so that much is alike. */
static void
make_text (struct aid_str *out, unsigned *seed, size_t lines, unsigned letters)
{
  for (size_t i = 0; i < lines; i++)
    {
      *seed = *seed * 1103515245u + 12345u;
      aid_str_addf (out, "line %u\n", (*seed >> 16) % letters);
    }
  if (out->len && *seed & 1u << 20)
    aid_str_remove (out, out->len - 1, 1);
}

/* Has patch(1) make of OLD what the diff says, which is to be NEW. */
static void
expect_patched (const struct aid_str *old_text, const struct aid_str *new_text)
{
  struct aid_str diff = AID_STR_INIT (64u << 20), got = AID_STR_INIT (64u << 20);
  char command[256];
  aid_str_addz (&diff, "--- a\n+++ a\n");
  assert_int_equal (aid_changes_diff (aid_str_span (old_text), aid_str_span (new_text), &diff), AID_OK);
  aid_fs_replace (scratch_path ("old"), aid_str_span (old_text), 0644, NULL);
  aid_fs_replace (scratch_path ("diff"), aid_str_span (&diff), 0644, NULL);
  snprintf (command, sizeof command, "cd '%s' && cp old a && { ! grep -q '^@@' diff || git apply --whitespace=nowarn diff; }",
            scratch);
  if (system (command) != 0)
    fail_msg ("%s", aid_str_z (&diff));
  aid_fs_read (scratch_path ("a"), &got, NULL);
  assert_true (aid_span_eq (aid_str_span (&got), aid_str_span (new_text)));
  aid_str_free (&diff);
  aid_str_free (&got);
}

static void
test_any_two_texts (void **state)
{
  (void) state;
  for (unsigned i = 1; i < 60; i++)
    {
      unsigned seed = i * 7919;
      struct aid_str a = AID_STR_INIT (1u << 20), b = AID_STR_INIT (1u << 20);
      make_text (&a, &seed, 1 + seed % 40, 2 + i % 20);
      make_text (&b, &seed, 1 + seed % 40, 2 + i % 20);
      expect_patched (&a, &b);
      aid_str_free (&a);
      aid_str_free (&b);
    }
}

/* Two long texts with nothing in common: all is replaced, at once. */
static void
test_too_many_steps (void **state)
{
  (void) state;
  struct aid_str a = AID_STR_INIT (8u << 20), b = AID_STR_INIT (8u << 20);
  for (int i = 0; i < 100000; i++)
    {
      aid_str_addf (&a, "a %d\n", i);
      aid_str_addf (&b, "b %d\n", i);
    }
  expect_patched (&a, &b);
  aid_str_free (&a);
  aid_str_free (&b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_hunks), cmocka_unit_test (test_any_two_texts),
                                      cmocka_unit_test (test_too_many_steps) };
  return cmocka_run_group_tests_name ("context changes", tests, scratch_make, scratch_drop);
}
