/* Walks tests/cases/patch: every folder there is a case.  answer.md is planned against before/ and what fits is written;
   the tree must then equal after/ (before/ when there is none), and the plan must hold what expected.json says: members
   that are named there, lists of the same length, and for "reason" and notes text that must occur.  A file "format" names the
   format that is asked for. */
#include "patch_cases.h"
#include "base/json.h"
#include "base/val.h"

#include <dirent.h>

static const char *const root = "tests/cases/patch";

static int
same (const char *key, const json_t *want, const json_t *got)
{
  if (json_is_object (want))
    {
      const char *k;
      json_t *v;
      json_object_foreach ((json_t *) (uintptr_t) want, k, v)
        if (!same (k, v, json_object_get (got, k)))
          {
            char *a = json_dumps (v, JSON_ENCODE_ANY), *b = json_dumps (json_object_get (got, k), JSON_ENCODE_ANY);
            if (!json_is_array (v) && !json_is_object (v))
              print_error ("  %s: expected %s, got %s\n", k, a, b ? b : "nothing");
            free (a);
            free (b);
            return 0;
          }
      return 1;
    }
  if (json_is_array (want))
    {
      if (json_array_size (want) != json_array_size (got))
        {
          print_error ("  %s: expected %zu, got %zu\n", key, json_array_size (want), json_array_size (got));
          return 0;
        }
      for (size_t i = 0; i < json_array_size (want); i++)
        if (!same (key, json_array_get (want, i), json_array_get (got, i)))
          return 0;
      return 1;
    }
  if (json_is_string (want) && json_is_string (got) && (strcmp (key, "reason") == 0 || strcmp (key, "notes") == 0))
    {
      int found = strstr (json_string_value (got), json_string_value (want)) != NULL;
      if (!found)
        print_error ("  %s: \"%s\"\n  lacks \"%s\"\n", key, json_string_value (got), json_string_value (want));
      return found;
    }
  return json_equal ((json_t *) (uintptr_t) want, (json_t *) (uintptr_t) got);
}

static json_t *
plan_json (const struct aid_patch *p, const struct aid_plan *plan)
{
  struct aid_str val = AID_STR_INIT (1 << 24), text = AID_STR_INIT (1 << 24);
  aid_plan_to_val (p, plan, &val);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &text), AID_OK);
  json_t *doc = aid_json_parse (aid_str_span (&text), "plan", NULL);
  assert_non_null (doc);
  aid_str_free (&val);
  aid_str_free (&text);
  return doc;
}

static int
tree_is (const char *name, const char *dir)
{
  char cmd[800], after[300];
  snprintf (after, sizeof after, "%s/%s/after", root, name);
  snprintf (cmd, sizeof cmd, "diff -r --no-dereference -x .none '%s/%s/%s' '%s' >&2", root, name,
            aid_fs_exists (after) ? "after" : "before", dir);
  return system (cmd) == 0;
}

static enum aid_patch_format
format_of (const char *name)
{
  char path[400];
  struct aid_str text = AID_STR_INIT (100), word = AID_STR_INIT (100);
  enum aid_patch_format format = AID_FORMAT_AUTO;
  snprintf (path, sizeof path, "%s/%s/format", root, name);
  if (aid_fs_exists (path))
    {
      assert_int_equal (aid_fs_read (path, &text, NULL), AID_OK);
      aid_str_addspan (&word, aid_span_trim (aid_str_span (&text)));
      assert_true (aid_patch_format_named (aid_str_z (&word), &format));
    }
  aid_str_free (&text);
  aid_str_free (&word);
  return format;
}

static int
run_case (const char *name)
{
  char path[400], cmd[800];
  struct aid_str answer = AID_STR_INIT (1 << 20), expected = AID_STR_INIT (1 << 20);
  struct aid_error e = { AID_OK, "" };
  char *dir = scratch_make ();
  snprintf (cmd, sizeof cmd, "cp -a '%s/%s/before/.' '%s'", root, name, dir);
  assert_int_equal (system (cmd), 0);
  snprintf (path, sizeof path, "%s/%s/answer.md", root, name);
  assert_int_equal (aid_fs_read (path, &answer, NULL), AID_OK);
  snprintf (path, sizeof path, "%s/%s/expected.json", root, name);
  assert_int_equal (aid_fs_read (path, &expected, NULL), AID_OK);

  struct aid_patch *p = read_patch (aid_str_span (&answer), format_of (name));
  struct aid_patch_source source = aid_patch_disk_source (dir);
  assert_int_equal (aid_patch_settle (&p, format_of (name), &source, &e), AID_OK);
  struct aid_plan_options options = { .together = 1 };
  struct aid_plan *plan = NULL;
  assert_int_equal (aid_patch_plan (p, &source, &options, &plan, NULL), AID_OK);
  json_t *want = aid_json_parse (aid_str_span (&expected), path, NULL), *got = plan_json (p, plan);
  assert_non_null (want);
  int ok = same ("", want, got);
  if (plan->refused > 0)     /* all or nothing */
    assert_int_equal (aid_patch_apply_tree (p, plan, dir, 0, NULL), AID_E_REFUSED);
  enum aid_err err = aid_patch_apply_tree (p, plan, dir, 1, &e);
  if (err)
    print_error ("  not written: %s\n", e.msg);
  ok = ok && !err && tree_is (name, dir);
  if (!ok)
    print_error ("FAILED case %s\n", name);
  json_decref (want);
  json_decref (got);
  aid_plan_free (plan);
  aid_patch_free (p);
  aid_str_free (&answer);
  aid_str_free (&expected);
  scratch_remove (dir);
  return ok;
}

static void
every_case_folder_holds (void **state)
{
  (void) state;
  struct dirent **list;
  int n = scandir (root, &list, NULL, alphasort), cases = 0, good = 0;
  assert_true (n > 0);
  for (int i = 0; i < n; i++)
    {
      if (list[i]->d_name[0] != '.')
        {
          cases++;
          good += run_case (list[i]->d_name);
        }
      free (list[i]);
    }
  free (list);
  assert_true (cases >= 40);
  assert_int_equal (good, cases);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (every_case_folder_holds) };
  return cmocka_run_group_tests_name ("patch cases", tests, NULL, NULL);
}
