/* Tasks: what is one, who may say what in it, what commands its tree is judged by, and what a verdict is worth. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "scratch_put.h"
#include "base/json.h"
#include "ces/ces_internal.h"

static struct aid_ces *ces;

static int
open_ces (void **state)
{
  static const char repositories[]
    = "{\"known\": {\"path\": \"%s/known\", \"commands\": {\"types\": \"true\", \"tests\": null}}}";
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (4096);
  if (scratch_make (state) || mkdir (scratch_path ("known"), 0777) || mkdir (scratch_path ("other"), 0777))
    return -1;
  aid_str_addf (&text, "%.*s%s%s", (int)(strstr (repositories, "%s") - repositories), repositories, scratch,
                strstr (repositories, "%s") + 2);
  json_t *named = json_loads (aid_str_z (&text), 0, NULL), *limits = json_pack ("{s:i}", "seconds", 30);
  const struct aid_ces_settings s = { .warm_trees = 4, .warm_megabytes = 100, .repositories = named, .limits = limits };
  enum aid_err err = aid_ces_open (&s, &ces, &e);
  json_decref (named);
  json_decref (limits);
  aid_str_free (&text);
  return err;
}

static int
close_ces (void **state)
{
  aid_ces_close (ces);
  return scratch_drop (state);
}

/* What comes of reading the JSON text TASK; OUT is to be freed. */
static enum aid_err
read_task (const char *text, enum aid_ces_from from, struct aid_ces_task *out, struct aid_error *e)
{
  json_t *task = json_loads (text, JSON_DECODE_ANY, NULL);
  *e = (struct aid_error){ AID_OK, "" };
  assert_non_null (task);
  enum aid_err err = aid_ces_task_read (ces, task, from, NULL, out, e);
  json_decref (task);
  return err;
}

static void
a_task_that_is_none_is_refused_in_words (void **state)
{
  static const struct
  {
    const char *text, *says;
    enum aid_err err;
  } cases[] = {
    { "[]", "JSON object", AID_E_INVALID },
    { "{}", "\"repository\"", AID_E_INVALID },
    { "{\"repository\": 3}", "\"repository\"", AID_E_INVALID },
    { "{\"repository\": \"known\", \"comands\": {}}", "comands", AID_E_INVALID },
    { "{\"repository\": \"known\", \"commands\": {\"type\": \"x\"}}", "type", AID_E_INVALID },
    { "{\"repository\": \"known\", \"commands\": {\"types\": \"\"}}", "commands", AID_E_INVALID },
    { "{\"repository\": \"known\", \"commands\": {\"types\": 3}}", "commands", AID_E_INVALID },
    { "{\"repository\": \"known\", \"commands\": []}", "commands", AID_E_INVALID },
    { "{\"repository\": \"known\", \"directory\": \"../x\"}", "directory", AID_E_INVALID },
    { "{\"repository\": \"known\", \"directory\": \"/x\"}", "directory", AID_E_INVALID },
    { "{\"repository\": \"known\", \"files\": {\"a/../b\": \"x\"}}", "files", AID_E_INVALID },
    { "{\"repository\": \"known\", \"files\": {\"a\": 3}}", "files", AID_E_INVALID },
    { "{\"repository\": \"known\", \"limits\": {\"seconds\": 0}}", "limits", AID_E_INVALID },
    { "{\"repository\": \"known\", \"limits\": {\"minutes\": 1}}", "limits", AID_E_INVALID },
    { "{\"repository\": \"known\", \"base\": \"--upload-pack=x\"}", "base", AID_E_INVALID },
    { "{\"repository\": \"known\", \"base\": \"HEAD:x\"}", "base", AID_E_INVALID },
    { "{\"repository\": \"known\", \"base\": \"HEAD\"}", "plain folder", AID_E_NOTFOUND },
    { "{\"repository\": \"/nowhere/at/all\"}", "/nowhere/at/all", AID_E_NOTFOUND },
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_ces_task t;
      struct aid_error e;
      assert_int_equal (read_task (cases[i].text, AID_CES_OURS, &t, &e), cases[i].err);
      assert_non_null (strstr (e.msg, cases[i].says));
      aid_ces_task_free (&t);
    }
}

static void
from_elsewhere_only_what_the_settings_name (void **state)
{
  struct aid_ces_task t;
  struct aid_error e;
  struct aid_str own = AID_STR_INIT (4096);
  (void)state;
  aid_str_addf (&own, "{\"repository\": \"%s\"}", scratch_path ("other"));
  assert_int_equal (read_task (aid_str_z (&own), AID_CES_OURS, &t, &e), AID_OK);
  aid_ces_task_free (&t);
  assert_int_equal (read_task (aid_str_z (&own), AID_CES_ELSEWHERE, &t, &e), AID_E_REFUSED);
  aid_ces_task_free (&t);
  assert_int_equal (read_task ("{\"repository\": \"known\", \"commands\": {\"builds\": \"sh\"}}", AID_CES_ELSEWHERE, &t, &e),
                    AID_E_REFUSED);
  aid_ces_task_free (&t);
  const char *fine
    = "{\"repository\": \"known\", \"commands\": {\"builds\": null}, \"limits\": {\"seconds\": 900, \"megabytes\": 5}}";
  assert_int_equal (read_task (fine, AID_CES_ELSEWHERE, &t, &e), AID_OK);
  assert_int_equal (t.limits.seconds, 30); /* no more than the settings', and no more than was asked */
  assert_int_equal (t.limits.megabytes, 5);
  assert_int_equal (t.how[AID_RUNG_BUILDS], AID_CES_LEFT_OUT);
  assert_int_equal (t.how[AID_RUNG_TESTS], AID_CES_LEFT_OUT);
  assert_int_equal (t.how[AID_RUNG_PARSES], AID_CES_DETECTED);
  assert_string_equal (t.lines[AID_RUNG_TYPES], "true");
  aid_ces_task_free (&t);
  assert_int_equal (read_task (fine, AID_CES_OURS, &t, &e), AID_OK);
  assert_int_equal (t.limits.seconds, 900);
  aid_ces_task_free (&t);
  aid_str_free (&own);
}

/* The warm tree's name of TASK. */
static const char *
key (const char *task, char out[AID_SHA256_HEX])
{
  struct aid_ces_task t;
  struct aid_error e;
  assert_int_equal (read_task (task, AID_CES_OURS, &t, &e), AID_OK);
  memcpy (out, t.key, AID_SHA256_HEX);
  aid_ces_task_free (&t);
  return out;
}

static void
a_warm_tree_is_named_by_what_it_is_made_of (void **state)
{
  char a[AID_SHA256_HEX], b[AID_SHA256_HEX];
  (void)state;
  const char *plain = "{\"repository\": \"known\"}";
  assert_string_equal (key (plain, a), key (plain, b));
  assert_string_equal (a, key ("{\"repository\": \"known\", \"limits\": {\"seconds\": 5}}", b));
  assert_string_equal (key ("{\"repository\": \"known\", \"files\": {\"a\": \"1\", \"b\": \"2\"}}", a),
                       key ("{\"repository\": \"known\", \"files\": {\"b\": \"2\", \"a\": \"1\"}}", b));
  assert_string_not_equal (a, key ("{\"repository\": \"known\", \"files\": {\"a\": \"12\", \"b\": \"\"}}", b));
  /* As a loader of tables gives a row the members of others. */
  assert_string_equal (key (plain, a),
                       key ("{\"repository\": \"known\", \"files\": null, \"limits\": null, \"commands\": null}", b));
  assert_string_equal (key ("{\"repository\": \"known\", \"files\": {\"a\": \"1\"}}", a),
                       key ("{\"repository\": \"known\", \"files\": {\"a\": \"1\", \"b\": null}}", b));
  assert_string_not_equal (key (plain, a), key ("{\"repository\": \"known\", \"commands\": {\"builds\": \"make\"}}", b));
  assert_string_not_equal (a, key ("{\"repository\": \"known\", \"directory\": \"x\"}", b));
  FILE *f = fopen (scratch_path ("known/new"), "w");
  assert_non_null (f);
  assert_int_equal (fclose (f), 0);
  assert_string_not_equal (a, key (plain, b));
  key (plain, a);
  assert_int_equal (chmod (scratch_path ("known/new"), 0755), 0);
  assert_string_not_equal (a, key (plain, b));
  assert_string_equal (b, key ("{\"repository\": \"known\", \"files\": null, \"limits\": null, \"commands\": null}", a));
  /* Who asks for less than the settings gives shares the tree, and who asks for more has another. */
  assert_string_not_equal (a, key ("{\"repository\": \"known\", \"limits\": {\"seconds\": 31}}", b));
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

static void
assert_commands (const char *dir, const char *tool, const char *types, const char *builds, const char *tests)
{
  const struct aid_ces_task t = { .base = "" };
  struct aid_ces_commands c;
  struct aid_error e;
  assert_int_equal (aid_ces_detect (&t, scratch_path (dir), &c, &e), AID_OK);
  const char *lines[] = { types, builds, tests };
  assert_string_equal (c.tool ? c.tool : "none", tool);
  assert_string_equal (c.lines[AID_RUNG_PARSES], AID_CES_PARSE_EACH);
  for (int i = 0; i < 3; i++)
    assert_string_equal (c.lines[AID_RUNG_TYPES + i] ? c.lines[AID_RUNG_TYPES + i] : "-", lines[i]);
  aid_ces_commands_free (&c);
}

static void
each_tool_is_known_by_its_file (void **state)
{
  (void)state;
  put ("dune/dune-project", "(lang dune 2.0)");
  put ("dune/Makefile", "all:\n");
  assert_commands ("dune", "dune", "dune build @check", "dune build", "dune runtest");
  put ("make/Makefile", "CC := x\nall: a\n.PHONY: check\ntest check: all\n\t./t\n");
  assert_commands ("make", "make", "-", "make", "make check");
  put ("make2/Makefile", "# check: no\nall:\n\ttest: no\ntest := 3\n");
  assert_commands ("make2", "make", "-", "make", "-");
  put ("make3/Makefile", "test = a:b\nall:\n");
  assert_commands ("make3", "make", "-", "make", "-");
  put ("make3/test_x.py", "import unittest\n");
  assert_commands ("make3", "make", "-", "make", "-");
  put ("make3/setup.py", "");
  assert_commands ("make3", "make", "-", "make", "python3 -m unittest discover");
  put ("cargo/Cargo.toml", "");
  assert_commands ("cargo", "cargo", "cargo check --offline --all-targets", "cargo build --offline", "cargo test --offline");
  put ("go/go.mod", "");
  assert_commands ("go", "go", "go vet ./...", "go build ./...", "go test ./...");
  put ("npm/package.json", "{\"scripts\": {\"test\": \"node t.js\"}}");
  assert_commands ("npm", "npm", "-", "-", "npm test --silent");
  put ("npm/tsconfig.json", "{}");
  assert_commands ("npm", "npm", "tsc --noEmit", "-", "npm test --silent");
  put ("python/setup.py", "");
  put ("python/tests/test_x.py", "");
  assert_commands ("python", "python", "-", "-", "python3 -m unittest discover -s tests");
  put ("script/x.py", "");
  assert_commands ("script", "python", "-", "-", "-");
  put ("script/test_x.py", "");
  assert_commands ("script", "python", "-", "-", "python3 -m unittest discover");
  put ("script/test_x.py", "import x\n\ndef test_x():\n    pass\n");
  assert_commands ("script", "python", "-", "-", "python3 -m pytest -q");
  put ("classes/test/deep/x_test.py", "class TestX:\n    pass\n");
  put ("classes/pyproject.toml", "[project]\n");
  assert_commands ("classes", "python", "-", "-", "python3 -m pytest -q");
  put ("classes/test/deep/x_test.py", "class TestX(unittest.TestCase):\n    pass\n");
  assert_commands ("classes", "python", "-", "-", "python3 -m unittest discover -s test");
  put ("classes/src/x/__init__.py", "");
  put ("classes/pyproject.toml", "[tool.pytest.ini_options]\n");
  assert_commands ("classes", "python", "-", "-", "PYTHONPATH=src python3 -m pytest -q");
  put ("text/x.txt", "");
  assert_commands ("text", "none", "-", "-", "-");
}

static void
names_of_files_are_no_commands (void **state)
{
  struct aid_vec paths = AID_VEC_INIT (char *, 8);
  struct aid_str out = AID_STR_INIT (4096);
  char one[] = "a'; rm -rf $HOME; '.py", two[] = "notes.txt";
  (void)state;
  *(char **)aid_vec_push (&paths) = one;
  *(char **)aid_vec_push (&paths) = two;
  assert_int_equal (aid_ces_parse_lines (&paths, &out), 1);
  assert_non_null (strstr (aid_str_z (&out), "'a'\\''; rm -rf $HOME; '\\''.py'"));
  aid_vec_free (&paths);
  aid_str_free (&out);
}

/* --- verdicts ----------------------------------------------------------------------------------------------------- */

static void
assert_sum (const char *rungs, const char *reached, int green, double reward)
{
  json_t *v = json_pack ("{s:o}", "rungs", json_loads (rungs, 0, NULL));
  aid_verdict_sum (v, NULL);
  assert_string_equal (aid_json_str (v, "reached") ? aid_json_str (v, "reached") : "null", reached);
  assert_int_equal (aid_json_bool (v, "green", -1), green);
  assert_true (aid_json_real (v, "reward", -1) > reward - 0.001 && aid_json_real (v, "reward", -1) < reward + 0.001);
  json_decref (v);
}

#define RUNGS(a, p, t, b, s)                                                                                                \
  "[{\"rung\": \"applies\", \"result\": \"" a "\"}, {\"rung\": \"parses\", \"result\": \"" p "\"}, {\"rung\": \"types\", "  \
  "\"result\": \"" t "\"}, {\"rung\": \"builds\", \"result\": \"" b "\"}, {\"rung\": \"tests\", \"result\": \"" s "\"}]"

static void
a_reward_is_the_share_of_what_passed (void **state)
{
  (void)state;
  assert_sum (RUNGS ("passed", "none", "passed", "passed", "failed"), "builds", 0, 0.6);
  assert_sum (RUNGS ("passed", "passed", "passed", "passed", "passed"), "tests", 1, 1);
  assert_sum (RUNGS ("passed", "none", "none", "none", "none"), "applies", 1, 1);
  assert_sum (RUNGS ("failed", "skipped", "skipped", "skipped", "skipped"), "null", 0, 0);
  assert_sum (RUNGS ("passed", "none", "broken", "passed", "passed"), "tests", 0, 0.75);
  assert_sum ("[]", "null", 1, 0);
  json_t *v = json_pack ("{s:o}", "rungs", json_loads (RUNGS ("passed", "none", "failed", "skipped", "none"), 0, NULL));
  json_t *weights = json_pack ("{s:i, s:i, s:i}", "applies", 0, "types", 3, "builds", 1);
  assert_true (aid_ces_reward (v, weights) < 0.001);
  json_object_set_new (weights, "applies", json_integer (4));
  assert_true (aid_ces_reward (v, weights) > 0.499 && aid_ces_reward (v, weights) < 0.501);
  json_decref (weights);
  json_decref (v);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_task_that_is_none_is_refused_in_words),
    cmocka_unit_test (from_elsewhere_only_what_the_settings_name),
    cmocka_unit_test (a_warm_tree_is_named_by_what_it_is_made_of),
    cmocka_unit_test (each_tool_is_known_by_its_file),
    cmocka_unit_test (names_of_files_are_no_commands),
    cmocka_unit_test (a_reward_is_the_share_of_what_passed),
  };
  return cmocka_run_group_tests (tests, open_ces, close_ces);
}
