/* What arrived before the editor was killed can be had again. */
#include "base/json.h"
#include "base/val.h"
#include "chat/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch.h"

static json_t *
list (void)
{
  struct aid_str val = AID_STR_INIT (1 << 20), json = AID_STR_INIT (1 << 20);
  assert_int_equal (aid_journal_list (scratch_path ("chat.md"), &val, NULL), AID_OK);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
  json_t *read = aid_json_parse (aid_str_span (&json), "journals", NULL);
  aid_str_free (&val);
  aid_str_free (&json);
  return read;
}

static void
assert_listed (size_t i, const char *req, int64_t turn, const char *text)
{
  json_t *all = list (), *j = json_array_get (all, i);
  assert_non_null (j);
  assert_string_equal (aid_json_str (j, "req"), req);
  assert_int_equal (aid_json_int (j, "turn", -1), turn);
  assert_string_equal (aid_json_str (j, "text"), text);
  json_decref (all);
}

static size_t
listed (void)
{
  json_t *all = list ();
  size_t n = json_array_size (all);
  json_decref (all);
  return n;
}

static struct aid_journal *
begin (const char *req, int64_t turn)
{
  struct aid_journal *j = aid_journal_new (scratch_path ("chat.md"), req, turn, NULL);
  assert_non_null (j);
  return j;
}

static void
what_arrived_is_there_while_the_journal_is_open (void **state)
{
  (void) state;
  struct aid_journal *j = begin ("r81", 2);
  assert_listed (0, "r81", 2, "");
  assert_int_equal (aid_journal_add (j, AID_SPAN ("Half a char: \xE2\x82"), NULL), AID_OK);
  assert_listed (0, "r81", 2, "Half a char: \xEF\xBF\xBD");
  assert_int_equal (aid_journal_add (j, AID_SPAN ("\xAC\nand {\"a\":1}\n"), NULL), AID_OK);
  assert_int_equal (aid_journal_sync (j, NULL), AID_OK);
  aid_journal_close (j);
  assert_listed (0, "r81", 2, "Half a char: \xE2\x82\xAC\nand {\"a\":1}\n");
  aid_journal_remove (scratch_path ("chat.md"), "r81");
  assert_int_equal (listed (), 0);
}

static void
a_journal_that_was_left_is_never_overwritten (void **state)
{
  (void) state;
  for (int i = 0; i < 3; i++)
    {
      struct aid_journal *j = begin ("r1", i);
      struct aid_span text = { &"abc"[i], 1 };
      aid_journal_add (j, text, NULL);
      aid_journal_close (j);
    }
  assert_int_equal (listed (), 3);
  assert_listed (0, "r1", 2, "c");
  assert_listed (1, "r1.1", 0, "a");
  assert_listed (2, "r1.2", 1, "b");
  aid_journal_remove (scratch_path ("chat.md"), "r1.1");
  assert_int_equal (listed (), 2);
}

static void
only_this_chats_journals_are_listed_in_order (void **state)
{
  (void) state;
  aid_journal_close (begin ("r10", 20));
  aid_journal_close (begin ("r9", 18));
  aid_fs_replace (scratch_path ("chat.md"), AID_SPAN ("x"), 0600, NULL);
  aid_fs_replace (scratch_path ("chat.md.journal-"), AID_SPAN ("x"), 0600, NULL);
  aid_fs_replace (scratch_path ("other-chat.md.journal-r1"), AID_SPAN ("x"), 0600, NULL);
  aid_fs_replace (scratch_path ("chat.md.journal-.r1"), AID_SPAN ("x"), 0600, NULL);
  assert_int_equal (listed (), 2);
  assert_listed (0, "r9", 18, "");
  assert_listed (1, "r10", 20, "");
}

static void
a_journal_without_its_header_still_gives_its_text (void **state)
{
  (void) state;
  aid_fs_replace (scratch_path ("chat.md.journal-r1"), AID_SPAN ("no json\ntext"), 0600, NULL);
  assert_listed (0, "r1", 0, "no json\ntext");
}

static void
a_journal_is_private_and_no_link (void **state)
{
  (void) state;
  struct stat st;
  aid_fs_replace (scratch_path ("secret"), AID_SPAN ("secret"), 0600, NULL);
  assert_int_equal (symlink ("secret", scratch_path ("chat.md.journal-r1")), 0);
  assert_int_equal (mkfifo (scratch_path ("chat.md.journal-r2"), 0600), 0);
  assert_int_equal (listed (), 0);
  aid_journal_close (begin ("r3", 1));
  assert_int_equal (stat (scratch_path ("chat.md.journal-r3"), &st), 0);
  assert_int_equal (st.st_mode & 07777, 0600);
}

static void
a_request_is_never_a_path (void **state)
{
  (void) state;
  struct aid_error e;
  aid_fs_replace (scratch_path ("kept"), AID_SPAN ("x"), 0600, NULL);
  const char *bad[] = { "", "../kept", "a/b", ".", "a b", "\xC3\xA9" };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      assert_null (aid_journal_new (scratch_path ("chat.md"), bad[i], 1, &e));
      assert_int_equal (e.code, AID_E_INVALID);
      aid_journal_remove (scratch_path ("chat.md"), bad[i]);
    }
  assert_true (aid_fs_exists (scratch_path ("kept")));
  assert_null (aid_journal_new (scratch_path ("no/folder/chat.md"), "r1", 1, &e));
  assert_int_equal (e.code, AID_E_IO);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown (test, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    IN_SCRATCH (what_arrived_is_there_while_the_journal_is_open),
    IN_SCRATCH (a_journal_that_was_left_is_never_overwritten),
    IN_SCRATCH (only_this_chats_journals_are_listed_in_order),
    IN_SCRATCH (a_journal_without_its_header_still_gives_its_text),
    IN_SCRATCH (a_journal_is_private_and_no_link),
    IN_SCRATCH (a_request_is_never_a_path),
  };
  return cmocka_run_group_tests_name ("chat journal", tests, NULL, NULL);
}
