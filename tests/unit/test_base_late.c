/* A library that is loaded late is there, or it is said what is missing. */
#include "base/late.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

struct table
{
  double (*floor) (double);
  void (*nothing) (void);
};

static const struct aid_late known[] = { { "floor", offsetof (struct table, floor) } },
                             unknown[] = { { "aid_no_such_function", offsetof (struct table, nothing) },
                                           { "floor", offsetof (struct table, floor) } };

static void
functions_are_found (void **state)
{
  struct table t = { 0 };
  char why[AID_LATE_WHY];
  (void)state;
  assert_int_equal (aid_late_load ("libm.so.6", known, 1, &t, why), 0);
  assert_string_equal (why, "");
  assert_true (t.floor (2.5) == 2.0 && !t.nothing);
}

static void
what_is_missing_is_said (void **state)
{
  struct table t = { 0 };
  char why[AID_LATE_WHY];
  (void)state;
  assert_int_equal (aid_late_load ("libm.so.6", unknown, 2, &t, why), -1);
  assert_string_equal (why, "libm.so.6 has no aid_no_such_function");
  assert_null (t.nothing);
  assert_int_equal (aid_late_load ("libaid-no-such-library.so.5", known, 1, &t, why), -1);
  assert_non_null (strstr (why, "libaid-no-such-library.so.5"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (functions_are_found),
    cmocka_unit_test (what_is_missing_is_said),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
