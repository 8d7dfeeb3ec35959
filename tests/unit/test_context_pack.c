/* Items into a budget, and named sets of them on disk. */
#include "scratch.h"
#include "context/pack.h"
#include "context/sets.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A token a byte: what is expected can be read off. */
static int64_t
bytes (void *ctx, struct aid_span text)
{
  ++*(int *) ctx;
  return (int64_t) text.len;
}

static struct aid_pack_item
item_of (const char *text)
{
  struct aid_span t = aid_span_z (text);
  return (struct aid_pack_item){ .text = t, .tokens = (int64_t) t.len };
}

#define LINES "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"

static void
what_fits_whole_comes_first (void **state)
{
  (void) state;
  int asked = 0;
  struct aid_pack_item items[] = { item_of ("1234567890"), item_of (LINES LINES), item_of ("abc\n") };
  assert_int_equal (aid_pack (items, 3, 20, bytes, &asked), 14);
  assert_int_equal (items[0].state, AID_PACKED_WHOLE);
  assert_int_equal (items[1].state, AID_PACKED_LEFT_OUT);     /* six bytes are not ten lines */
  assert_int_equal (items[1].tokens, 0);
  assert_int_equal (items[2].state, AID_PACKED_WHOLE);
}

static void
the_rest_is_cut_at_a_line (void **state)
{
  (void) state;
  int asked = 0;
  struct aid_pack_item items[] = { item_of (LINES LINES), item_of ("abc\n") };
  assert_int_equal (aid_pack (items, 2, 30, bytes, &asked), 28);
  assert_int_equal (items[0].state, AID_PACKED_CUT);
  assert_int_equal (items[0].shown, 24);                       /* "12\n" is one byte more than there is room for */
  assert_int_equal (items[0].tokens, 24);
  assert_true (asked < 20);
}

/* However long the lines are: some whole lines, as many as there is room for, or none. */
static void
cuts_are_the_best_there_are (void **state)
{
  (void) state;
  for (int64_t budget = 0; budget < 80; budget++)
    {
      int asked = 0;
      struct aid_pack_item item = item_of (LINES "a longer line than those\n" LINES);
      aid_pack (&item, 1, budget, bytes, &asked);
      size_t best = 0, lines = 0;
      for (size_t i = 0; i < item.text.len && (int64_t) i < budget; i++)
        if (item.text.ptr[i] == '\n' && ++lines >= AID_PACK_LINES_LEAST)
          best = i + 1;
      assert_int_equal (item.shown, budget >= (int64_t) item.text.len ? item.text.len : best);
    }
}

static void
an_image_is_whole_or_not_there (void **state)
{
  (void) state;
  int asked = 0;
  struct aid_pack_item items[] = { { .text = AID_SPAN (LINES), .is_whole = 1, .tokens = 1500 }, item_of ("abc\n") };
  assert_int_equal (aid_pack (items, 2, 100, bytes, &asked), 4);
  assert_int_equal (items[0].state, AID_PACKED_LEFT_OUT);
  items[0].tokens = 1500;
  items[1].tokens = 4;
  assert_int_equal (aid_pack (items, 2, -1, bytes, &asked), 1504);
  assert_int_equal (asked, 0);
}

/* --- sets
   ------------------------------------------------------------------------------------------------------------------------ */

/* "name:item,item;..." with "*" behind a shared one's name. */
static void
expect_sets (const char *root, const char *want)
{
  struct aid_vec sets;
  struct aid_error e = { AID_OK, "" };
  struct aid_str got = AID_STR_INIT (10000);
  if (aid_sets_load (root, &sets, &e))
    fail_msg ("%s", e.msg);
  for (size_t i = 0; i < sets.len; i++)
    {
      const struct aid_set *s = &AID_VEC_AT (struct aid_set, &sets, i);
      aid_str_addf (&got, "%s%s:", s->name, s->shared ? "*" : "");
      for (size_t k = 0; k < s->items.len; k++)
        aid_str_addf (&got, "%s%s", k ? "," : "", AID_VEC_AT (char *, &s->items, k));
      aid_str_addc (&got, ';');
    }
  assert_string_equal (aid_str_z (&got), want);
  aid_sets_free (&sets);
  aid_str_free (&got);
}

static void
sets_are_a_persons_or_a_projects (void **state)
{
  (void) state;
  static const char *const one[] = { "a.c#L1-L3", "commit:HEAD" }, *const two[] = { "b.c" };
  const char *root = scratch_path ("project");
  struct aid_error e;
  mkdir (root, 0755);
  expect_sets (root, "");
  assert_int_equal (aid_sets_save (root, "mine", one, 2, 0, &e), AID_OK);
  assert_int_equal (aid_sets_save (root, "ours", two, 1, 1, &e), AID_OK);
  assert_int_equal (aid_sets_save (root, "mine", one, 1, 1, &e), AID_OK);
  expect_sets (root, "mine:a.c#L1-L3,commit:HEAD;ours*:b.c;");
  assert_int_equal (aid_sets_save (root, "mine", NULL, 0, 0, &e), AID_OK);
  expect_sets (root, "mine*:a.c#L1-L3;ours*:b.c;");
  assert_int_equal (aid_sets_save (root, "mine", NULL, 0, 0, &e), AID_E_NOTFOUND);
  assert_true (aid_fs_exists (scratch_path ("project/.aid/sets.json")));
  expect_sets (scratch_path ("another"), "");
}

static void
what_a_shared_set_may_hold (void **state)
{
  (void) state;
  const char *root = scratch_path ("inside");
  struct aid_error e;
  mkdir (root, 0755);
  mkdir (scratch_path ("inside/sub"), 0755);
  assert_int_equal (symlink ("/etc", scratch_path ("inside/link")), 0);
  static const char *const in[] = { "a.c", "sub", "sub/../a.c#L1", "commit:HEAD", "https://a.example/", "none/at/all" };
  static const char *const out[] = { "/etc/passwd", "../x", "sub/../../x", "link/passwd", "link" };
  for (size_t i = 0; i < sizeof in / sizeof *in; i++)
    if (!aid_set_item_is_inside (root, in[i]))
      fail_msg ("%s", in[i]);
  for (size_t i = 0; i < sizeof out / sizeof *out; i++)
    if (aid_set_item_is_inside (root, out[i]) || aid_sets_save (root, "s", &out[i], 1, 1, &e) != AID_E_REFUSED)
      fail_msg ("%s", out[i]);
}

static void
files_that_make_no_sense_are_told (void **state)
{
  (void) state;
  const char *root = scratch_path ("broken");
  static const char *const item[] = { "a" };
  struct aid_error e;
  struct aid_vec sets;
  mkdir (root, 0755);
  mkdir (scratch_path ("broken/.aid"), 0755);
  assert_int_equal (aid_fs_replace (scratch_path ("broken/.aid/sets.json"), AID_SPAN ("{\"sets\": ["), 0644, NULL), AID_OK);
  assert_int_equal (aid_sets_load (root, &sets, &e), AID_E_PARSE);
  aid_sets_free (&sets);
  assert_int_equal (aid_sets_save (root, "s", item, 1, 1, &e), AID_E_PARSE);
  assert_int_equal (aid_fs_replace (scratch_path ("broken/.aid/sets.json"), AID_SPAN ("{\"sets\": {\"s\": [1, \"b\"]}}"), 0644,
                                    NULL),
                    AID_OK);
  expect_sets (root, "s*:b;");
  assert_int_equal (aid_sets_save (root, "a\nb", item, 1, 0, &e), AID_E_INVALID);
  assert_int_equal (aid_sets_save (root, "", item, 1, 0, &e), AID_E_INVALID);
  assert_int_equal (unlink (scratch_path ("broken/.aid/sets.json")), 0);
  assert_int_equal (symlink ("/tmp/elsewhere", scratch_path ("broken/.aid/sets.json")), 0);
  assert_int_equal (aid_sets_save (root, "s", item, 1, 1, &e), AID_E_REFUSED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_fits_whole_comes_first),  cmocka_unit_test (the_rest_is_cut_at_a_line),
    cmocka_unit_test (cuts_are_the_best_there_are),  cmocka_unit_test (an_image_is_whole_or_not_there),
    cmocka_unit_test (sets_are_a_persons_or_a_projects), cmocka_unit_test (what_a_shared_set_may_hold),
    cmocka_unit_test (files_that_make_no_sense_are_told),
  };
  return cmocka_run_group_tests_name ("context pack", tests, scratch_make, scratch_drop);
}
