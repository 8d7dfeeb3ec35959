/* What the tests of the judge share: whether boxes can be made here, a service with few warm trees, an answer of one line. */
#ifndef AID_TESTS_CES_OPEN_H
#define AID_TESTS_CES_OPEN_H

#include "scratch_put.h"
#include "base/json.h"
#include "ces/box.h"
#include "ces/ces.h"

static int boxes;

/* Finds out about boxes, and tells why there are none. */
static void
look_for_boxes (void)
{
  char why[256];
  boxes = aid_box_available (why);
  if (!boxes)
    print_message ("%s\n", why);
}

static struct aid_ces *
open_ces (int64_t trees)
{
  const struct aid_ces_settings s = { .warm_trees = trees, .warm_megabytes = 1000 };
  struct aid_ces *c;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_ces_open (&s, &c, &e), AID_OK);
  return c;
}

#define CHANGE(file, old, new) "--- a/" file "\n+++ b/" file "\n@@ -1 +1 @@\n-" old "\n+" new "\n"

#endif
