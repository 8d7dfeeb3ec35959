/* Vectors and maps: the limits and the edges that their headers promise. */
#include "base/map.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void
a_vector_keeps_its_order_and_its_limit (void **state)
{
  (void) state;
  struct aid_vec v = AID_VEC_INIT (int, 20);
  for (int i = 0; i < 20; i++)
    *(int *) aid_vec_push (&v) = i;
  assert_null (aid_vec_push (&v));
  aid_vec_remove (&v, 5, 10);
  assert_int_equal (v.len, 10);
  assert_int_equal (AID_VEC_AT (int, &v, 5), 15);
  int *new = aid_vec_insert (&v, 0);
  assert_int_equal (*new, 0);
  *new = 100;
  assert_int_equal (AID_VEC_AT (int, &v, 1), 0);
  assert_int_equal (AID_VEC_AT (int, &v, 10), 19);
  assert_null (aid_vec_insert (&v, 12));
  aid_vec_remove (&v, 8, 100);
  assert_int_equal (v.len, 8);
  aid_vec_free (&v);
}

static int
number_to_number (const void *item, const void *key)
{
  int a = *(const int *) item, b = *(const int *) key;
  return (a > b) - (a < b);
}

/* Of every length up to 20, with each number there never, once and up to three times. */
static void
the_first_of_equal_items_is_found (void **state)
{
  (void) state;
  for (int length = 0; length <= 20; length++)
    for (int times = 1; times <= 3; times++)
      {
        struct aid_vec v = AID_VEC_INIT (int, 20);
        for (int i = 0; i < length; i++)
          *(int *) aid_vec_push (&v) = i / times * 2;
        for (int wanted = -1; wanted <= length * 2 + 1; wanted++)
          {
            size_t first = 0;
            while (first < v.len && AID_VEC_AT (int, &v, first) < wanted)
              first++;
            assert_int_equal (aid_vec_first (&v, &wanted, number_to_number), first);
          }
        aid_vec_free (&v);
      }
}

static struct aid_span
key_of (int i, char key[32])
{
  size_t len = (size_t) snprintf (key, 32, "key-%d", i);
  return (struct aid_span){ key, len };
}

static void
a_map_finds_what_was_put_through_growth_and_removal (void **state)
{
  (void) state;
  enum { N = 5000 };
  static int values[N];
  struct aid_map *m = aid_map_new ();
  char key[32];
  for (int i = 0; i < N; i++)
    {
      struct aid_span k = key_of (i, key);
      values[i] = i;
      assert_int_equal (aid_map_put (m, k, &values[i], NULL), AID_OK);
    }
  /* Removing every third leaves all others where they can be found. */
  for (int i = 0; i < N; i += 3)
    {
      struct aid_span k = key_of (i, key);
      assert_ptr_equal (aid_map_remove (m, k), &values[i]);
      assert_null (aid_map_remove (m, k));
    }
  for (int i = 0; i < N; i++)
    {
      struct aid_span k = key_of (i, key);
      assert_ptr_equal (aid_map_get (m, k), i % 3 ? &values[i] : NULL);
    }
  void *old;
  aid_map_put (m, AID_SPAN ("key-1"), &values[0], &old);
  assert_ptr_equal (old, &values[1]);
  aid_map_put (m, AID_SPAN (""), &values[2], &old);
  assert_null (old);
  assert_ptr_equal (aid_map_get (m, (struct aid_span){ NULL, 0 }), &values[2]);
  aid_map_free (m, NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_vector_keeps_its_order_and_its_limit),
    cmocka_unit_test (the_first_of_equal_items_is_found),
    cmocka_unit_test (a_map_finds_what_was_put_through_growth_and_removal),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
