/* Value trees and JSON: what is written is read back, damage is never followed. */
#include "base/json.h"
#include "base/utf8.h"
#include "base/val.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void
write_sample (struct aid_str *out)
{
  size_t all = aid_val_object (out);
  aid_val_kint (out, "n", -5);
  aid_val_kreal (out, "r", 0.1);
  aid_val_kbool (out, "yes", 1);
  aid_val_kbool (out, "no", 0);
  aid_val_kstrz (out, "none", NULL);
  aid_val_kstr (out, "s", AID_SPAN ("a\"b\\c\nd\x01\xFFz"));
  aid_val_ksym (out, "kind", "text");
  aid_val_key (out, "list");
  size_t list = aid_val_list (out);
  aid_val_int (out, 1);
  aid_val_real (out, 2);
  aid_val_end (out, list, 2);
  aid_val_key (out, "empty");
  aid_val_end (out, aid_val_object (out), 0);
  aid_val_end (out, all, 9);
}

static void
a_tree_is_told_as_json (void **state)
{
  (void) state;
  struct aid_str val = AID_STR_INIT (1000), json = AID_STR_INIT (1000);
  write_sample (&val);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
  assert_string_equal (aid_str_z (&json),
                       "{\"n\": -5, \"r\": 0.1, \"yes\": true, \"no\": false, \"none\": null, "
                       "\"s\": \"a\\\"b\\\\c\\nd\\u0001\xEF\xBF\xBDz\", \"kind\": \"text\", "
                       "\"list\": [1, 2.0], \"empty\": {}}");
  aid_str_clear (&json);
  aid_val_to_json (aid_str_span (&val), 2, &json);
  json_t *read = aid_json_parse (aid_str_span (&json), "sample", NULL);
  assert_non_null (read);
  assert_int_equal (aid_json_int (read, "n", 0), -5);
  assert_non_null (strstr (aid_str_z (&json), "\n  \"list\": [\n    1,\n"));
  json_decref (read);
  aid_str_free (&val);
  aid_str_free (&json);
}

static void
the_reader_gives_what_was_written (void **state)
{
  (void) state;
  struct aid_str val = AID_STR_INIT (1000);
  write_sample (&val);
  struct aid_span rest = aid_str_span (&val);
  struct aid_val_item it = aid_val_next (&rest);
  assert_int_equal (it.tag, 'o');
  assert_int_equal (it.count, 9);
  assert_true (aid_span_eqz (aid_val_next_key (&rest), "n"));
  it = aid_val_next (&rest);
  assert_int_equal (it.tag, 'i');
  assert_int_equal (it.i, -5);
  aid_str_free (&val);
}

/* Every cut and every changed byte is read to its end without leaving the buffer (the sanitizers watch). */
static void
damaged_bytes_are_never_followed (void **state)
{
  (void) state;
  struct aid_str val = AID_STR_INIT (1000), json = AID_STR_INIT (100000);
  write_sample (&val);
  for (size_t cut = 0; cut < val.len; cut++)
    {
      char *copy = aid_span_dup (aid_span_cut (aid_str_span (&val), 0, cut));
      aid_str_clear (&json);
      assert_int_not_equal (aid_val_to_json ((struct aid_span){ copy, cut }, 0, &json), AID_OK);
      free (copy);
    }
  for (size_t at = 0; at < val.len; at++)
    for (int bit = 0; bit < 8; bit++)
      {
        char *copy = aid_span_dup (aid_str_span (&val));
        copy[at] = (char) (copy[at] ^ 1 << bit);
        aid_str_clear (&json);
        aid_val_to_json ((struct aid_span){ copy, val.len }, 0, &json);
        free (copy);
      }
  aid_str_free (&val);
  aid_str_free (&json);
}

static void
nesting_has_an_end (void **state)
{
  (void) state;
  struct aid_str val = AID_STR_INIT (1 << 20), json = AID_STR_INIT (1 << 20);
  for (int i = 0; i < 10000; i++)
    aid_val_end (&val, aid_val_list (&val), 1);
  aid_val_nil (&val);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_E_INVALID);
  aid_str_free (&val);
  aid_str_free (&json);
}

static void
foreign_json_is_read_carefully (void **state)
{
  (void) state;
  struct aid_error e;
  json_t *v = aid_json_parse (AID_SPAN ("{\"a\":\"x\\u0000y\",\"n\":2.9,\"big\":1e300,\"t\":true}"), "reply", &e);
  assert_non_null (v);
  assert_int_equal (aid_json_span (v, "a").len, 3);
  assert_int_equal (aid_json_span (v, "n").len, 0);
  assert_null (aid_json_str (v, "gone"));
  assert_int_equal (aid_json_int (v, "n", 7), 2);
  assert_true (aid_json_int (v, "big", 7) == INT64_MAX);
  assert_int_equal (aid_json_int (v, "a", 7), 7);
  assert_int_equal (aid_json_bool (v, "t", 0), 1);
  assert_int_equal (aid_json_bool (v, "n", 1), 1);
  assert_true (aid_json_real (v, "n", 0) == 2.9);
  assert_int_equal (aid_json_int (NULL, "a", 3), 3);
  json_decref (v);
  assert_null (aid_json_parse (AID_SPAN ("{\"a\":1,\n \"a\":2}"), "reply", &e));
  assert_int_equal (e.code, AID_E_PARSE);
  assert_non_null (strstr (e.msg, "reply, line 2"));
  assert_null (aid_json_parse (AID_SPAN (""), "reply", &e));
  assert_null (aid_json_parse (AID_SPAN ("{} x"), "reply", &e));
}

static void
json_strings_are_always_utf8 (void **state)
{
  (void) state;
  struct aid_str out = AID_STR_INIT (100);
  json_t *v = aid_json_of_span (AID_SPAN ("a\0\xFF" "b"));
  assert_int_equal (aid_json_dump (v, &out), AID_OK);
  assert_string_equal (aid_str_z (&out), "\"a\\u0000\xEF\xBF\xBD" "b\"");
  aid_str_clear (&out);
  out.max = 3;
  assert_int_equal (aid_json_dump (v, &out), AID_E_LIMIT);
  json_decref (v);
  aid_str_free (&out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_tree_is_told_as_json),
    cmocka_unit_test (the_reader_gives_what_was_written),
    cmocka_unit_test (damaged_bytes_are_never_followed),
    cmocka_unit_test (nesting_has_an_end),
    cmocka_unit_test (foreign_json_is_read_carefully),
    cmocka_unit_test (json_strings_are_always_utf8),
  };
  return cmocka_run_group_tests_name ("base val", tests, NULL, NULL);
}
