/* A project and a user's folder for tests of strategies. */
#ifndef AID_TESTS_STRATEGY_FILES_H
#define AID_TESTS_STRATEGY_FILES_H

#include "assist/strategy.h"
#include "scratch_put.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *root;           /* a project, SCRATCH/p */

#define MINE(name) "aid/strategies/" name ".md"
#define THEIRS(name) "p/.aid/strategies/" name ".md"

static int
fresh (void **state)
{
  if (scratch_make (state))
    return -1;
  root = strdup (scratch_path ("p"));
  put ("p/.git/HEAD", "x");
  return 0;
}

static int
gone (void **state)
{
  free ((char *) (uintptr_t) root);
  return scratch_drop (state);
}

static struct aid_strategy *
load (const char *name)
{
  struct aid_strategy *s;
  struct aid_error e = { AID_OK, "" };
  if (aid_strategy_load (root, name, &s, &e))
    fail_msg ("%s", e.msg);
  return s;
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, fresh, gone)

#endif
