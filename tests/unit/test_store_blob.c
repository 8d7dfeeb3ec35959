/* What was sent stays what was sent. */
#include "store/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch.h"

static const char *
file_of (const char *id)
{
  char name[64];
  snprintf (name, sizeof name, "aid/blobs/%.2s/%s", id, id + 2);
  return scratch_path (name);
}

static void
bytes_come_back_by_their_name (void **state)
{
  (void) state;
  char id[AID_BLOB_ID], again[AID_BLOB_ID];
  struct aid_str out = AID_STR_INIT (100);
  struct aid_span data = { "a\0b\xFF\n", 5 };
  assert_int_equal (aid_blob_put (data, id, NULL), AID_OK);
  assert_int_equal (aid_blob_put (data, again, NULL), AID_OK);
  assert_string_equal (id, again);
  assert_int_equal (strspn (id, "0123456789abcdef"), 16);
  assert_int_equal (aid_blob_get (id, &out, NULL), AID_OK);
  assert_true (aid_span_eq (aid_str_span (&out), data));
  aid_str_clear (&out);
  assert_int_equal (aid_blob_put (AID_SPAN (""), id, NULL), AID_OK);
  assert_int_equal (aid_blob_get (id, &out, NULL), AID_OK);
  assert_int_equal (out.len, 0);
  aid_str_free (&out);
}

static void
only_the_owner_can_read_them (void **state)
{
  (void) state;
  struct stat st;
  char id[AID_BLOB_ID];
  aid_blob_put (AID_SPAN ("secret"), id, NULL);
  assert_int_equal (stat (file_of (id), &st), 0);
  assert_int_equal (st.st_mode & 07777, 0600);
  assert_int_equal (stat (scratch_path ("aid/blobs"), &st), 0);
  assert_int_equal (st.st_mode & 07777, 0700);
}

static void
damaged_bytes_are_lost_and_can_be_put_again (void **state)
{
  (void) state;
  char id[AID_BLOB_ID];
  struct aid_str out = AID_STR_INIT (100);
  struct aid_error e;
  aid_blob_put (AID_SPAN ("whole text"), id, NULL);
  assert_int_equal (truncate (file_of (id), 5), 0);
  assert_int_equal (aid_blob_get (id, &out, &e), AID_E_NOTFOUND);
  assert_int_equal (out.len, 0);
  assert_int_equal (aid_blob_put (AID_SPAN ("whole text"), id, NULL), AID_OK);
  assert_int_equal (aid_blob_get (id, &out, NULL), AID_OK);
  assert_string_equal (aid_str_z (&out), "whole text");
  aid_str_free (&out);
}

static void
a_name_from_a_file_is_never_a_path (void **state)
{
  (void) state;
  struct aid_str out = AID_STR_INIT (100);
  const char *bad[] = { "", "3f1a9c", "../../../../etc/passwd", "0123456789abcdeg", "0123456789ABCDEF", "0123456789abcdef0",
                        "01/../../etc/pas" };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal (aid_blob_get (bad[i], &out, NULL), AID_E_NOTFOUND);
  assert_int_equal (aid_blob_get ("0123456789abcdef", &out, NULL), AID_E_NOTFOUND);
  aid_str_free (&out);
}

static void
the_reader_may_want_less_than_there_is (void **state)
{
  (void) state;
  char id[AID_BLOB_ID];
  struct aid_str out = AID_STR_INIT (3);
  aid_blob_put (AID_SPAN ("four"), id, NULL);
  assert_int_equal (aid_blob_get (id, &out, NULL), AID_E_LIMIT);
  aid_str_free (&out);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown (test, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    IN_SCRATCH (bytes_come_back_by_their_name),
    IN_SCRATCH (only_the_owner_can_read_them),
    IN_SCRATCH (damaged_bytes_are_lost_and_can_be_put_again),
    IN_SCRATCH (a_name_from_a_file_is_never_a_path),
    IN_SCRATCH (the_reader_may_want_less_than_there_is),
  };
  return cmocka_run_group_tests_name ("store blob", tests, NULL, NULL);
}
