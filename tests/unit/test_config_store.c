/* Settings that a command writes. */
#include "config/config.h"
#include "scratch_put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void
expect (const char *file, const char *want)
{
  struct aid_str text = AID_STR_INIT (10000);
  assert_int_equal (aid_fs_read (scratch_path (file), &text, NULL), AID_OK);
  assert_string_equal (aid_str_z (&text), want);
  aid_str_free (&text);
}

static void
a_file_is_made (void **state)
{
  (void) state;
  assert_int_equal (aid_config_store (NULL, "strategy", "edit", NULL), AID_OK);
  expect ("aid/config.json", "{\n  \"strategy\": \"edit\"\n}\n");
  assert_int_equal (aid_config_store (scratch, "model", "m", NULL), AID_OK);
  expect (".aid/config.json", "{\n  \"model\": \"m\"\n}\n");
}

static void
the_rest_stays_in_its_order (void **state)
{
  (void) state;
  put (".aid/config.json", "{\"z\": 1, \"strategy\": \"ask\", \"models\": {\"b\": {}, \"a\": {}}}");
  assert_int_equal (aid_config_store (scratch, "strategy", "edit", NULL), AID_OK);
  expect (".aid/config.json",
          "{\"z\": 1, \"strategy\": \"edit\", \"models\": {\"b\": {}, \"a\": {}}}");
  assert_int_equal (aid_config_store (scratch, "strategy", NULL, NULL), AID_OK);
  expect (".aid/config.json", "{\"z\": 1, \"models\": {\"b\": {}, \"a\": {}}}");
}

static void
what_is_wrong_is_left_alone (void **state)
{
  (void) state;
  struct aid_error e = { AID_OK, "" };
  put (".aid/config.json", "{ no JSON");
  assert_int_equal (aid_config_store (scratch, "strategy", "edit", &e), AID_E_PARSE);
  expect (".aid/config.json", "{ no JSON");
  put (".aid/config.json", "[1]");
  assert_int_equal (aid_config_store (scratch, "strategy", "edit", &e), AID_E_INVALID);
  expect (".aid/config.json", "[1]");
}

static void
only_what_people_choose_is_written (void **state)
{
  (void) state;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_config_store (NULL, "providers", "x", &e), AID_E_INVALID);
  assert_int_equal (aid_config_store (NULL, "strategy", "\xff", &e), AID_E_INVALID);
  assert_false (aid_fs_exists (scratch_path ("aid/config.json")));
}

static void
a_project_s_link_is_not_followed (void **state)
{
  (void) state;
  struct aid_error e = { AID_OK, "" };
  put ("mine.json", "{}");
  assert_int_equal (mkdir (scratch_path (".aid"), 0700), 0);
  assert_int_equal (symlink ("../mine.json", scratch_path (".aid/config.json")), 0);
  assert_int_equal (aid_config_store (scratch, "strategy", "edit", &e), AID_E_REFUSED);
  expect ("mine.json", "{}");
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (a_file_is_made),
    TEST (the_rest_stays_in_its_order),
    TEST (what_is_wrong_is_left_alone),
    TEST (only_what_people_choose_is_written),
    TEST (a_project_s_link_is_not_followed),
  };
  return cmocka_run_group_tests_name ("config store", tests, NULL, NULL);
}
