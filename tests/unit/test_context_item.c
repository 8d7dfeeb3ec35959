/* Context items: targets are read as links write them, files by whole or by lines, and nothing in a file can end its
   fence. */
#include "context/item.h"
#include "chat/chat_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "scratch.h"

static void
write_file (const char *name, struct aid_span text)
{
  char path[256];
  snprintf (path, sizeof path, "%s/%s", scratch, name);
  assert_int_equal (aid_fs_replace (path, text, 0644, NULL), AID_OK);
}

static void
expect_target (const char *target, const char *path, int64_t first, int64_t last)
{
  struct aid_str got = AID_STR_INIT (1000);
  int64_t a, b;
  assert_int_equal (aid_item_target (aid_span_z (target), &got, &a, &b), AID_OK);
  assert_string_equal (aid_str_z (&got), path);
  assert_int_equal (a, first);
  assert_int_equal (b, last);
  aid_str_free (&got);
}

static void
test_targets (void **state)
{
  (void) state;
  expect_target ("../src/a.c", "../src/a.c", 0, 0);
  expect_target ("a.c#L3", "a.c", 3, 3);
  expect_target ("a.c#L3-L9", "a.c", 3, 9);
  expect_target ("a.c#L3-9", "a.c", 3, 9);
  expect_target ("a%20b.c#L1", "a b.c", 1, 1);
  expect_target ("100%.c", "100%.c", 0, 0);
  expect_target ("a%00b.c", "a%00b.c", 0, 0);       /* a NUL is never decoded */
  expect_target ("c#.c", "c#.c", 0, 0);
  expect_target ("a.c#L9-L3", "a.c#L9-L3", 0, 0);   /* no such range: part of the name */
  struct aid_str got = AID_STR_INIT (100);
  int64_t a, b;
  assert_int_equal (aid_item_target (AID_SPAN ("aid:errors"), &got, &a, &b), AID_E_INVALID);
  aid_str_free (&got);
}

static void
expect_read (const char *target, const char *text)
{
  struct aid_str got = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_error e;
  assert_int_equal (aid_item_read (scratch, aid_span_z (target), &got, &e), AID_OK);
  assert_string_equal (aid_str_z (&got), text);
  aid_str_free (&got);
}

static void
expect_refused (const char *target, enum aid_err code)
{
  struct aid_str got = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_item_read (scratch, aid_span_z (target), &got, &e), code);
  assert_int_equal (got.len, 0);
  assert_true (strlen (e.msg) > 10);
  aid_str_free (&got);
}

static void
test_reading (void **state)
{
  (void) state;
  write_file ("a.c", AID_SPAN ("one\ntwo\nthree"));
  write_file ("bad.txt", AID_SPAN ("a\xff\n"));
  write_file ("binary", AID_SPAN ("a\0b"));
  expect_read ("a.c", "one\ntwo\nthree");
  expect_read ("a.c#L2", "two\n");
  expect_read ("a.c#L2-L9", "two\nthree\n");
  expect_read ("bad.txt", "a\xEF\xBF\xBD\n");
  expect_read (".", "a.c\nbad.txt\nbinary\n");
  expect_refused ("binary", AID_E_REFUSED);
  expect_refused ("nothing.c", AID_E_NOTFOUND);
  expect_refused ("aid:buffer/x", AID_E_NOTFOUND);
}

/* What the refusal of a large file tells people to do has to work. */
static void
test_lines_of_a_file_that_is_too_large (void **state)
{
  (void) state;
  struct aid_str text = AID_STR_INIT (2 * AID_ITEM_MAX);
  for (int n = 1; text.len <= AID_ITEM_MAX; n++)
    aid_str_addf (&text, "line %d of a log that has grown and grown and grown\n", n);
  write_file ("large.log", aid_str_span (&text));
  aid_str_free (&text);
  expect_refused ("large.log", AID_E_LIMIT);
  expect_read ("large.log#L3", "line 3 of a log that has grown and grown and grown\n");
  expect_refused ("large.log#L1-L9999999", AID_E_LIMIT);
  expect_refused ("a.c#L4-L9", AID_E_NOTFOUND); /* it has three */
  char path[256];
  struct aid_str got = AID_STR_INIT (1000);
  struct aid_error e = { AID_OK, "" };
  snprintf (path, sizeof path, "%s/huge.log", scratch);
  write_file ("huge.log", AID_SPAN ("one\n"));
  assert_int_equal (truncate (path, (off_t) 2 << 30), 0); /* nothing is told that would not work */
  assert_int_equal (aid_item_read (scratch, AID_SPAN ("huge.log"), &got, &e), AID_E_LIMIT);
  assert_null (strstr (e.msg, "range of lines"));
  assert_int_equal (aid_item_read (scratch, AID_SPAN ("large.log"), &got, &e), AID_E_LIMIT);
  assert_non_null (strstr (e.msg, "range of lines"));
  aid_str_free (&got);
}

static void
expect_render (const char *label, const char *target, const char *text, const char *want)
{
  struct aid_str got = AID_STR_INIT (10000);
  assert_int_equal (aid_item_render (aid_span_z (label), aid_span_z (target), aid_span_z (text), &got), AID_OK);
  assert_string_equal (aid_str_z (&got), want);
  aid_str_free (&got);
}

static void
test_rendering (void **state)
{
  (void) state;
  expect_render ("src/a.c:3-9", "../src/a.c#L3-L9", "x\n", "src/a.c, lines 3 to 9:\n```c\nx\n```\n");
  expect_render ("src/a.mli:3", "../src/a.mli#L3", "x", "src/a.mli, line 3:\n```ocaml\nx\n```\n");
  expect_render ("all errors", "aid:errors", "bad", "all errors:\n```\nbad\n```\n");
  expect_render ("README.md", "README.md", "```c\n````\n", "README.md:\n`````markdown\n```c\n````\n`````\n");
}

/* What stands in a line's brackets is one label, and the name that the model sees. */
static void
test_labels (void **state)
{
  static const char *const labels[][2]
    = { { "app/[id]/page.tsx", "app/[id]/page.tsx" }, { "a[[b]].c", "a[[b]].c" },   { "a]b[.c", "a b .c" },
        { "a[b.c", "a b.c" },                         { "pa[r](en).c", "pa r (en).c" }, { "a\nb\x1b.c", "a b .c" },
        { "a\\[b].c", "a  b .c" },                    { "end\\", "end " },              { "a\\b", "a\\b" },
        { "a<!--b", "a !--b" } };
  (void) state;
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
    {
      struct aid_str label = AID_STR_INIT (1000), line = AID_STR_INIT (1000), name = AID_STR_INIT (1000);
      struct aid_span got, target;
      aid_item_label (aid_span_z (labels[i][0]), &label);
      assert_string_equal (aid_str_z (&label), labels[i][1]);
      aid_str_addf (&line, "- [%s](x.c)", aid_str_z (&label));
      assert_int_equal (aid_item_link (aid_str_span (&line), &got, &target), 0);
      assert_true (aid_span_eqz (got, labels[i][1]));
      assert_true (aid_span_eqz (target, "x.c"));
      aid_item_name (got, target, &name);
      assert_string_equal (aid_str_z (&name), labels[i][1]);
      aid_str_free (&label);
      aid_str_free (&line);
      aid_str_free (&name);
    }
}

static void
test_a_name_with_a_colon (void **state)
{
  (void) state;
  struct aid_str name = AID_STR_INIT (1000);
  aid_item_name (AID_SPAN ("c:d.c:3-9"), AID_SPAN ("c%3Ad.c#L3-L9"), &name);
  assert_string_equal (aid_str_z (&name), "c:d.c, lines 3 to 9");
  aid_str_free (&name);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_targets),
    cmocka_unit_test_setup_teardown (test_reading, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (test_lines_of_a_file_that_is_too_large, scratch_make, scratch_drop),
    cmocka_unit_test (test_rendering),
    cmocka_unit_test (test_labels),
    cmocka_unit_test (test_a_name_with_a_colon),
  };
  return cmocka_run_group_tests_name ("context item", tests, NULL, NULL);
}
