/* A small tree, and what the judge says of answers to it. */
#ifndef AID_TESTS_CES_SCENE_H
#define AID_TESTS_CES_SCENE_H

#include "ces_open.h"

static int
make_tree (void **state)
{
  if (scratch_make (state))
    return -1;
  put ("tree/a.txt", "one\ntwo\nthree\n");
  put ("tree/b.txt", "good\n");
  put ("tree/part/c.txt", "part\n");
  look_for_boxes ();
  return 0;
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

#define GOOD                                                                                                                \
  "{\"commands\": {\"parses\": null, \"types\": \"test -e a.txt\", \"builds\": \"cat a.txt >out\", \"tests\": \"grep -q "   \
  "good b.txt\"}}"

#endif
