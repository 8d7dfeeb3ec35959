/* Assignment: vectors of GrowthBook (packages/sdk-js/test/cases.json); tests/experiments compares 100,000 random inputs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "measure/assign.h"

static double
hash (const char *seed, const char *value, int version)
{
  return aid_assign_hash (aid_span_z (seed), aid_span_z (value), version);
}

static void
hashes_are_the_published_ones (void **state)
{
  (void)state;
  assert_true (hash ("", "a", 1) == 0.22);
  assert_true (hash ("b", "a", 1) == 0.946);
  assert_true (hash ("asdf", "8952klfjas09ujk", 1) == 0.549);
  assert_true (hash ("", "___)((*\":&", 1) == 0.563);
  assert_true (hash ("seed", "a", 2) == 0.0505);
  assert_true (hash ("foo", "def", 2) == 0.2019);
  assert_true (hash ("90850943850283058242805", "123", 2) == 0.7516);
  assert_true (hash ("()**(%$##$%#$#", "___)((*\":&", 2) == 0.0128);
  assert_true (hash ("abc", "def", 99) == -1);
}

/* These come from the package, asked in node. */
static void
texts_are_units_of_utf_16 (void **state)
{
  (void)state;
  assert_true (hash ("s", "日本語", 2) == 0.1943);
  assert_true (hash ("s", "👩‍💻", 2) == 0.6618);
  assert_true (hash ("s",
                     "a\xff"
                     "b\xe2\x82",
                     2)
               == hash ("s",
                        "a\xef\xbf\xbd"
                        "b\xef\xbf\xbd",
                        2)); /* no UTF-8: U+FFFD */
}

static void
ranges_follow_weights_and_coverage (void **state)
{
  struct aid_assign_range r[4];
  const double three[] = { 0.2, 0.3, 0.5 }, short_of_one[] = { 0.4, 0.1 };
  (void)state;
  aid_assign_ranges (2, 1, NULL, r);
  assert_true (r[0].from == 0 && r[0].to == 0.5 && r[1].from == 0.5 && r[1].to == 1);
  aid_assign_ranges (3, 0.2, three, r);
  assert_true (r[1].from == 0.2 && r[1].to == 0.2 + 0.2 * 0.3 && r[2].from == 0.5 && r[2].to == 0.6);
  aid_assign_ranges (2, -0.2, NULL, r);
  assert_true (r[0].to == 0 && r[1].from == 0.5 && r[1].to == 0.5);
  aid_assign_ranges (2, 1.5, short_of_one, r); /* weights that do not add up are taken for equal */
  assert_true (r[0].to == 0.5 && r[1].to == 1);
}

static void
who_is_in_no_range_gets_nothing (void **state)
{
  struct aid_assign_range r[2];
  (void)state;
  aid_assign_ranges (2, 0.5, NULL, r);
  assert_int_equal (aid_assign_choose (0, r, 2), 0);
  assert_int_equal (aid_assign_choose (0.25, r, 2), -1); /* the end belongs to nobody */
  assert_int_equal (aid_assign_choose (0.5, r, 2), 1);
  assert_int_equal (aid_assign_choose (0.8, r, 2), -1);
}

static void
namespaces_part_the_units (void **state)
{
  struct aid_span one = AID_SPAN ("1"), two = AID_SPAN ("2"), space = AID_SPAN ("namespace1");
  (void)state;
  assert_false (aid_assign_in_namespace (one, space, 0, 0.4));
  assert_true (aid_assign_in_namespace (one, space, 0.4, 1));
  assert_false (aid_assign_in_namespace (two, space, 0, 0.4));
  assert_true (aid_assign_in_namespace (two, space, 0.4, 1));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (hashes_are_the_published_ones),      cmocka_unit_test (texts_are_units_of_utf_16),
    cmocka_unit_test (ranges_follow_weights_and_coverage), cmocka_unit_test (who_is_in_no_range_gets_nothing),
    cmocka_unit_test (namespaces_part_the_units),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
