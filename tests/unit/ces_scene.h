/* A small tree, and what the judge says of answers to it. */
#ifndef AID_TESTS_CES_SCENE_H
#define AID_TESTS_CES_SCENE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "scratch.h"
#include "base/json.h"
#include "ces/box.h"
#include "ces/ces.h"

static int boxes;

__attribute__ ((unused)) static void
put (const char *name, const char *text)
{
  struct aid_error e;
  assert_int_equal (aid_fs_replace (scratch_path (name), aid_span_z (text), 0644, &e), AID_OK);
}

static int
make_tree (void **state)
{
  char why[256];
  if (scratch_make (state) || mkdir (scratch_path ("tree"), 0777) || mkdir (scratch_path ("tree/part"), 0777))
    return -1;
  put ("tree/a.txt", "one\ntwo\nthree\n");
  put ("tree/b.txt", "good\n");
  put ("tree/part/c.txt", "part\n");
  boxes = aid_box_available (why);
  if (!boxes)
    print_message ("%s\n", why);
  return 0;
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

/* The task whose members besides the repository are the JSON text MORE. */
static json_t *
task_of (const char *more)
{
  char tree[128];
  json_t *task = json_loads (more, 0, NULL);
  assert_non_null (task);
  snprintf (tree, sizeof tree, "%s/tree", scratch); /* on any thread */
  json_object_set_new (task, "repository", json_string (tree));
  return task;
}

static json_t *
judge (struct aid_ces *c, const char *more, const char *answer)
{
  json_t *task = task_of (more), *verdict = NULL;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_ces_evaluate (c, task, aid_span_z (answer), AID_CES_OURS, NULL, &verdict, &e);
  if (err)
    print_message ("%s\n", e.msg);
  assert_int_equal (err, AID_OK);
  json_decref (task);
  return verdict;
}

__attribute__ ((unused)) static const json_t *
rung (const json_t *verdict, enum aid_rung r)
{
  const json_t *one = json_array_get (json_object_get (verdict, "rungs"), r);
  assert_string_equal (aid_json_str (one, "rung"), aid_rung_name (r));
  return one;
}

__attribute__ ((unused)) static void
assert_results (const json_t *verdict, const char *words)
{
  char all[128] = "";
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    {
      strcat (all, r ? " " : "");
      strcat (all, aid_json_str (rung (verdict, r), "result"));
    }
  assert_string_equal (all, words);
}

#define CHANGE(file, old, new) "--- a/" file "\n+++ b/" file "\n@@ -1 +1 @@\n-" old "\n+" new "\n"
#define GOOD                                                                                                                \
  "{\"commands\": {\"parses\": null, \"types\": \"test -e a.txt\", \"builds\": \"cat a.txt >out\", \"tests\": \"grep -q "   \
  "good b.txt\"}}"

#endif
