/* Large blocks that are kept for whoever takes next. */
#include "base/spare.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LARGE = 200 << 10, THREADS = 4, TURNS = 2000 };

static void
what_is_given_back_is_taken_again (void **state)
{
  (void) state;
  char *first = aid_spare_take (LARGE);
  aid_spare_give (first);
  char *second = aid_spare_take (LARGE - 10);
#ifndef __SANITIZE_ADDRESS__ /* under which nothing is kept */
  assert_ptr_equal (second, first);
#endif
  aid_spare_give (second);
  aid_spare_drop ();
}

static void
a_smaller_block_is_not_given_for_a_larger_one (void **state)
{
  (void) state;
  aid_spare_give (aid_spare_take (LARGE));
  char *more = aid_spare_take (LARGE * 4);
  memset (more, 'x', LARGE * 4);
  aid_spare_give (more);
  aid_spare_drop ();
}

static void
small_and_huge_blocks_and_none_are_fine (void **state)
{
  (void) state;
  aid_spare_give (aid_spare_take (1));
  aid_spare_give (aid_spare_take (64 << 20));
  aid_spare_give (NULL);
  assert_null (aid_spare_take (SIZE_MAX));
  aid_spare_drop ();
}

/* Writes its own name over blocks and finds nobody else's in them. */
static void *
user (void *name)
{
  size_t wrong = 0;
  for (int turn = 0; turn < TURNS; turn++)
    {
      size_t size = LARGE + (size_t) (turn % 7) * 1000;
      char *block = aid_spare_take (size);
      block[0] = block[size - 1] = *(const char *) name;
      wrong += block[0] != *(const char *) name || block[size - 1] != *(const char *) name;
      aid_spare_give (block);
    }
  return wrong ? name : NULL;
}

static void
threads_never_share_a_block (void **state)
{
  (void) state;
  static char names[THREADS] = "abcd";
  pthread_t thread[THREADS];
  for (int i = 0; i < THREADS; i++)
    assert_int_equal (pthread_create (&thread[i], NULL, user, &names[i]), 0);
  for (int i = 0; i < THREADS; i++)
    {
      void *wrong = NULL;
      pthread_join (thread[i], &wrong);
      assert_null (wrong);
    }
  aid_spare_drop ();
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_given_back_is_taken_again),
    cmocka_unit_test (a_smaller_block_is_not_given_for_a_larger_one),
    cmocka_unit_test (small_and_huge_blocks_and_none_are_fine),
    cmocka_unit_test (threads_never_share_a_block),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
