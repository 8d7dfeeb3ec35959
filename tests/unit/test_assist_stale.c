/* What was sent against what is there: the same, changed, gone; lines that moved are the same; what is not known is not
   guessed. */
#include "scratch.h"
#include "assist/stale.h"
#include "store/blob.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define KEY "k7Qx2mT9"

static struct aid_stale_memory *memory;

static int
setup (void **state)
{
  memory = aid_stale_new ();
  return scratch_make (state);
}

static int
teardown (void **state)
{
  aid_stale_free (memory);
  return scratch_drop (state);
}

static void
write_file (const char *name, const char *text)
{
  assert_int_equal (aid_fs_replace (scratch_path (name), aid_span_z (text), 0644, NULL), AID_OK);
}

/* The name of TEXT as it was sent. */
static const char *
sent (const char *text)
{
  static char id[4][AID_BLOB_ID];
  static unsigned next;
  char *mine = id[next++ % 4];
  assert_int_equal (aid_blob_put (aid_span_z (text), mine, NULL), AID_OK);
  return mine;
}

static enum aid_stale
check (const char *target, const char *hash, const char *given)
{
  struct aid_stale_item item = { aid_span_z (target), hash, { given, given ? strlen (given) : 0 } };
  return aid_stale_check (memory, scratch, scratch, KEY, &item);
}

static void
a_file_is_the_same_or_changed_or_gone (void **state)
{
  (void) state;
  write_file ("a.c", "one\ntwo\n");
  assert_int_equal (check ("a.c", sent ("one\ntwo\n"), NULL), AID_STALE_SAME);
  assert_int_equal (check ("a.c", sent ("one\n2\n"), NULL), AID_STALE_CHANGED);
  write_file ("a.c", "one\n2\n");
  assert_int_equal (check ("a.c", sent ("one\ntwo\n"), NULL), AID_STALE_CHANGED);
  assert_int_equal (check ("a.c", sent ("one\n2\n"), NULL), AID_STALE_SAME);
  assert_int_equal (unlink (scratch_path ("a.c")), 0);
  assert_int_equal (check ("a.c", sent ("one\n2\n"), NULL), AID_STALE_GONE);
}

static void
lines_that_moved_are_the_same (void **state)
{
  (void) state;
  write_file ("b.c", "new\none\ntwo\nthree\n");
  assert_int_equal (check ("b.c#L1-L2", sent ("one\ntwo\n"), NULL), AID_STALE_SAME);
  assert_int_equal (check ("b.c#L1-L2", sent ("one\nthree\n"), NULL), AID_STALE_CHANGED);
  assert_int_equal (check ("b.c#L2-L3", sent ("one\ntwo\n"), NULL), AID_STALE_SAME);
}

static void
an_unsaved_buffer_counts (void **state)
{
  (void) state;
  write_file ("c.c", "one\n");
  assert_int_equal (check ("c.c", sent ("one\n"), "one, typed on\n"), AID_STALE_CHANGED);
  assert_int_equal (check ("c.c", sent ("one, typed on\n"), "one, typed on\n"), AID_STALE_SAME);
  assert_int_equal (check ("c.c", sent (""), ""), AID_STALE_SAME);
}

static void
lines_of_an_unsaved_buffer_count (void **state)
{
  (void) state;
  write_file ("c2.c", "one\ntwo\n");
  assert_int_equal (check ("c2.c#L2-L2", sent ("two\n"), "one\ntwo\nthree\n"), AID_STALE_SAME);
  assert_int_equal (check ("c2.c#L2-L2", sent ("two\n"), "new\none\ntwo\n"), AID_STALE_SAME);
  assert_int_equal (check ("c2.c#L2-L2", sent ("two\n"), "one\n2\n"), AID_STALE_CHANGED);
}

static void
a_file_of_another_machine_is_not_known (void **state)
{
  (void) state;
  assert_int_equal (check ("/ssh:host:/etc/x", sent ("x"), NULL), AID_STALE_UNKNOWN);
  assert_int_equal (check ("/no/such:file", sent ("x"), NULL), AID_STALE_GONE);
}

static void
add_line (void *ctx, struct aid_span target, struct aid_span hash, enum aid_stale state)
{
  (void) hash;
  aid_str_addf (ctx, "%.*s %d\n", (int) target.len, target.ptr, state);
}

/* What was sent twice is told once; what is the same is not told. */
static void
a_chat_tells_what_is_not_the_same (void **state)
{
  (void) state;
  struct aid_str chat = AID_STR_INIT (10000), told = AID_STR_INIT (1000), wanted = AID_STR_INIT (1000);
  struct aid_stale_buffer edited = { strdup (scratch_path ("k.c")), AID_STR_INIT (100) };
  aid_str_addz (&edited.text, "typed on\n");
  for (const char *name = "hijk"; *name; name++)
    write_file ((char[]){ *name, '.', 'c', 0 }, "one\n");
  aid_str_addf (&chat, "<!--aid:" KEY " chat v=1 root=.-->\n# t\n\n## You <!--aid:" KEY " 1 user-->\nWhy?\n\n");
  for (const char *name = "hihijkl"; *name; name++)
    aid_str_addf (&chat, "- [x](%c.c) <!--aid:" KEY " item sent=%s-->\n", *name, sent (*name == 'i' ? "two\n" : "one\n"));
  struct aid_stale_chat all = { aid_str_span (&chat), scratch, scratch, &edited, 1 };
  assert_int_equal (aid_stale_all (memory, &all, add_line, &told, NULL), AID_OK);
  aid_str_addf (&wanted, "i.c %d\nk.c %d\nl.c %d\n", AID_STALE_CHANGED, AID_STALE_CHANGED, AID_STALE_GONE);
  assert_string_equal (aid_str_z (&told), aid_str_z (&wanted));
  free (edited.path);
  aid_str_free (&edited.text);
  aid_str_free (&chat);
  aid_str_free (&told);
  aid_str_free (&wanted);
}

/* The chat's key is never sent: a file that holds it is the same without. */
static void
the_key_does_not_count (void **state)
{
  (void) state;
  write_file ("d.md", "a " KEY "b\n");
  assert_int_equal (check ("d.md", sent ("a b\n"), NULL), AID_STALE_SAME);
}

static void
what_is_not_known_is_not_guessed (void **state)
{
  (void) state;
  write_file ("e.c", "one\n");
  assert_int_equal (check ("e.c", "0123456789abcdef", NULL), AID_STALE_UNKNOWN);
  assert_int_equal (check ("e.c", sent ("key = [removed: a key]\n"), NULL), AID_STALE_UNKNOWN);
  assert_int_equal (check ("aid:commit/HEAD", sent ("x"), NULL), AID_STALE_UNKNOWN);
  assert_int_equal (check ("https://a.example/", sent ("x"), NULL), AID_STALE_UNKNOWN);
}

static void
changes_that_were_told_are_the_same_until_there_are_more (void **state)
{
  (void) state;
  const char *lines = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n";
  char target[100], told[1000];
  write_file ("g.c", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n");
  snprintf (target, sizeof target, "aid:changes/%s/g.c", sent (lines));
  snprintf (told, sizeof told, "--- a/g.c\n+++ b/g.c\n@@ -14,3 +14,4 @@\n 14\n 15\n 16\n+17\n");
  struct aid_resolve how = { .dir = "/", .root = scratch };
  struct aid_str text = AID_STR_INIT (10000);
  struct aid_error e = { AID_OK, "" };
  if (aid_context_read (&how, aid_span_z (target), &text, &e))
    fail_msg ("%s", e.msg);
  if (strlen (told) < strlen (lines) + 3)
    assert_string_equal (aid_str_z (&text), told);
  const char *hash = sent (aid_str_z (&text));
  assert_int_equal (check (target, hash, NULL), AID_STALE_SAME);
  write_file ("g.c", "1\n");
  assert_int_equal (check (target, hash, NULL), AID_STALE_CHANGED);
  aid_str_free (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_file_is_the_same_or_changed_or_gone), cmocka_unit_test (lines_that_moved_are_the_same),
    cmocka_unit_test (an_unsaved_buffer_counts),              cmocka_unit_test (the_key_does_not_count),
    cmocka_unit_test (lines_of_an_unsaved_buffer_count),      cmocka_unit_test (a_file_of_another_machine_is_not_known),
    cmocka_unit_test (a_chat_tells_what_is_not_the_same),
    cmocka_unit_test (what_is_not_known_is_not_guessed),
    cmocka_unit_test (changes_that_were_told_are_the_same_until_there_are_more),
  };
  return cmocka_run_group_tests_name ("assist stale", tests, setup, teardown);
}
