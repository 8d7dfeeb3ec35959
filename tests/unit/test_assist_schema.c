/* Strategies that want an answer of a certain shape. */
#include "strategy_files.h"
#include "base/json.h"

#define STRING "{\"type\":\"string\"}"
#define CLOSED "\"additionalProperties\":false"
#define SHAPE(name)                                                                                                       \
  "{\"type\":\"object\"," CLOSED ",\"properties\":{\"" name "\":" STRING "},\"required\":[\"" name "\"]}"
#define MINE_FILE(name) "aid/strategies/" name
#define THEIR_FILE(name) "p/.aid/strategies/" name

/* Strategy NAME wants TEXT (NULL: nothing), called CALLED. */
static void
wants (const char *name, const char *text, const char *called)
{
  struct aid_strategy *s = load (name);
  struct aid_str out = AID_STR_INIT (1u << 20);
  assert_int_equal (text != NULL, s->schema != NULL);
  if (text)
    {
      assert_int_equal (aid_json_dump (s->schema, &out), AID_OK);
      assert_string_equal (aid_str_z (&out), text);
      assert_string_equal (s->schema_name, called);
    }
  aid_str_free (&out);
  aid_strategy_free (s);
}

static void
refused (const char *name, const char *words)
{
  struct aid_strategy *s;
  struct aid_error e = { AID_OK, "" };
  assert_int_not_equal (aid_strategy_load (root, name, &s, &e), AID_OK);
  if (!strstr (e.msg, words))
    fail_msg ("%s is told: %s\nnot: %s", name, e.msg, words);
}

static void
a_shape_is_a_file_beside_the_strategy (void **state)
{
  (void) state;
  put (MINE ("a"), "---\nschema: finding.json\n---\nText.\n");
  refused ("a", MINE ("a") ":2:1: there is no file of that name among the strategies");
  put (MINE_FILE ("finding.json"), SHAPE ("mine"));
  wants ("a", SHAPE ("mine"), "finding");
  put (THEIR_FILE ("finding.json"), SHAPE ("theirs"));        /* the user's file does not ask the project */
  wants ("a", SHAPE ("mine"), "finding");
  put (THEIRS ("b"), "---\nschema: finding.json\n---\nText.\n");
  wants ("b", SHAPE ("theirs"), "finding");
}

static void
or_stands_in_the_setting (void **state)
{
  (void) state;
  put (MINE ("a"), "---\nschema: '" SHAPE ("x") "'\n---\nText.\n");
  wants ("a", SHAPE ("x"), "schema");
}

static void
it_is_extended_and_taken_back (void **state)
{
  (void) state;
  put (MINE ("a"), "---\nschema: '" SHAPE ("x") "'\n---\nText.\n");
  put (MINE ("b"), "---\nextends: a\n---\nMore.\n");
  put (MINE ("c"), "---\nextends: a\nschema:\n---\nMore.\n");
  put (MINE ("d"), "---\nextends: a\nschema: '" SHAPE ("y") "'\n---\nMore.\n");
  wants ("b", SHAPE ("x"), "schema");
  wants ("c", NULL, NULL);
  wants ("d", SHAPE ("y"), "schema");
}

static void
what_is_wrong_is_told_with_file_and_line (void **state)
{
  (void) state;
  put (MINE ("a"), "---\ndescription: x\nschema: bad.json\n---\nText.\n");
  put (MINE_FILE ("bad.json"), "{\"type\": \"object\",\n \"properties\": {}\n}\n");
  refused ("a", MINE_FILE ("bad.json") ":1:1: an object must be closed");
  put (MINE_FILE ("bad.json"), "{\"type\": \"object\",\n");
  refused ("a", MINE_FILE ("bad.json") ":2:");
  put (MINE ("b"), "---\ndescription: x\nschema: '{\"type\": \"string\"}'\n---\nText.\n");
  refused ("b", MINE ("b") ":3:1: schema:1:1: an answer is an object");
  static const char *const wrong[] = { "schema: answer", "schema: ../up.json", "schema: /etc/x.json", "schema: .json",
                                       "schema: 3",      "schema: [a.json]" };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      char text[200];
      snprintf (text, sizeof text, "---\n%s\n---\nText.\n", wrong[i]);
      put (MINE ("c"), text);
      refused ("c", MINE ("c") ":2:1: schema must be the name of a file, as in answer.json, or a JSON Schema in quotes");
    }
}

static void
a_project_s_link_does_not_lead_out (void **state)
{
  (void) state;
  put ("out.json", SHAPE ("x"));
  put (THEIRS ("a"), "---\nschema: link.json\n---\nText.\n");
  assert_int_equal (symlink (scratch_path ("out.json"), scratch_path (THEIR_FILE ("link.json"))), 0);
  refused ("a", "leads out of the project");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (a_shape_is_a_file_beside_the_strategy),
    TEST (or_stands_in_the_setting),
    TEST (it_is_extended_and_taken_back),
    TEST (what_is_wrong_is_told_with_file_and_line),
    TEST (a_project_s_link_does_not_lead_out),
  };
  return cmocka_run_group_tests_name ("assist schema", tests, NULL, NULL);
}
