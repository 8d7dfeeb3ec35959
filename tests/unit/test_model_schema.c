/* A schema that some server refuses is refused here, with the place where it is wrong. */
#include "base/json.h"
#include "model/schema.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define CLOSED "\"additionalProperties\":false"
#define OBJECT(members, required) "{\"type\":\"object\"," CLOSED ",\"properties\":{" members "},\"required\":[" required "]}"

static char name[AID_SCHEMA_NAME];

/* The schema in TEXT, compact, or the error; in use until the next call. */
static const char *
reads (const char *text, const char *file)
{
  static struct aid_str out = AID_STR_INIT (1u << 20);
  struct aid_error e = { AID_OK, "" };
  json_t *schema;
  enum aid_err err = aid_schema_read (aid_span_z (text), file, &schema, name, &e);
  aid_str_clear (&out);
  assert_int_equal (err, e.code);
  assert_int_equal (!err, schema != NULL);
  if (err)
    aid_str_addz (&out, e.msg);
  else
    aid_json_dump (schema, &out);
  json_decref (schema);
  return aid_str_z (&out);
}

static void
what_all_servers_take_is_taken (void **state)
{
  static const char *const good[] = {
    OBJECT ("", ""),
    OBJECT ("\"a\":{\"type\":\"string\"},\"b\":{\"type\":[\"string\",\"null\"]}", "\"b\",\"a\""),
    OBJECT ("\"a\":{\"type\":\"array\",\"items\":" OBJECT ("\"x\":{\"$ref\":\"#/$defs/p\"}", "\"x\"") "}", "\"a\""),
    OBJECT ("\"a\":{\"anyOf\":[{\"type\":\"null\"}," OBJECT ("", "") "]}", "\"a\""),
  };
  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_string_equal (reads (good[i], "f.json"), good[i]);
}

static void
it_has_a_name (void **state)
{
  (void) state;
  reads ("{\"title\":\"A good one: \xc3\xa9!\",\"type\":\"object\",\"properties\":{}," CLOSED "}", "f.json");
  assert_string_equal (name, "A_good_one_____");
  reads (OBJECT ("", ""), "/some/folder/my answer.schema.json");
  assert_string_equal (name, "my_answer");
  reads (OBJECT ("", ""), "/some/folder/.json");
  assert_string_equal (name, "answer");
  reads (OBJECT ("", ""), "0123456789012345678901234567890123456789012345678901234567890123456789.json");
  assert_int_equal (strlen (name), 64);
}

static void
the_language_is_not_told_to_servers (void **state)
{
  (void) state;
  assert_string_equal (reads ("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"," CLOSED
                              ",\"type\":\"object\",\"properties\":{}}", "f"),
                       "{" CLOSED ",\"type\":\"object\",\"properties\":{}}");
}

static void
what_is_wrong_has_a_place (void **state)
{
  static const struct
  {
    const char *text, *says;
  } cases[] = {
    { "", "f.json:1:0: '[' or '{' expected near end of file" },
    { "{\n \"a\": 1,\n \"a\": 2 }", "f.json:3:" },
    { "[]", "f.json:1:1: an answer is an object: the schema needs \"type\": \"object\"" },
    { "{\"type\":[\"object\",\"null\"]}", "f.json:1:1: an answer is an object" },
    { "{\"type\":\"object\"}", "f.json:1:1: an object needs its members in \"properties\"" },
    { "{\"type\":\"object\",\n\"properties\":{}}", "f.json:1:1: an object must be closed" },
    { "{\"type\":\"object\"," CLOSED ",\n \"properties\": {\n  \"a\": {\"type\":\"string\"},\n"
      "  \"b\": {\"type\":\"string\"}\n },\n \"required\": [\"a\"]}",
      "f.json:1:1: \"required\" must list all members (give one that may be missing the type \"null\", too), also \"b\"" },
    { "{\"type\":\"object\"," CLOSED ",\"required\":[\"a\"],\n \"properties\": {\n  \"a\": {\"type\":\"object\"}\n }}",
      "f.json:3:3: an object needs its members" },
    { "{\"type\":\"object\"," CLOSED ",\"required\":[\"a\"],\n \"properties\": {\"a\": {\"type\":\"array\",\n"
      "  \"items\": true}}}",
      "f.json:3:3: a schema must be a JSON object" },
    { "{\"type\":\"object\"," CLOSED ",\"required\":[\"a\"],\n \"properties\": {\"a\":\n  {\"anyOf\": [{\"type\":\"null\"},\n"
      "{\"properties\":{}}]}}}",
      "f.json:3:4: an object must be closed" },
    { "{\"type\":\"object\"," CLOSED ",\"required\":[\"a\"],\n \"properties\": {\"a\": {\"oneOf\":[]}}}",
      "f.json:2:17: servers know \"anyOf\", but no \"oneOf\"" },
    { "{\"type\":\"object\"," CLOSED ",\"properties\":{},\n  \"$defs\": []}", "f.json:2:3: this must be an object" },
  };
  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (strncmp (reads (cases[i].text, "f.json"), cases[i].says, strlen (cases[i].says)) != 0)
      fail_msg ("%s\nis told: %s\nnot: %s", cases[i].text, reads (cases[i].text, "f.json"), cases[i].says);
}

/* Schemas stand in one another at most so deep, whatever they stand in. */
static void
a_depth_is_one_of_schemas (void **state)
{
  static const char *const within[][2] = {
    { "{\"items\":", "}" },
    { "{\"anyOf\":[", "]}" },
    { "{\"type\":\"object\"," CLOSED ",\"required\":[\"a\"],\"properties\":{\"a\":", "}}" },
  };
  (void) state;
  for (size_t k = 0; k < sizeof within / sizeof *within; k++)
    for (int n = AID_SCHEMA_DEPTH; n <= AID_SCHEMA_DEPTH + 1; n++)
      {
        struct aid_str text = AID_STR_INIT (1u << 20);
        aid_str_addz (&text, within[2][0]);
        for (int i = 1; i < n; i++)
          aid_str_addz (&text, within[k][0]);
        aid_str_addz (&text, "{}");
        for (int i = 1; i < n; i++)
          aid_str_addz (&text, within[k][1]);
        aid_str_addz (&text, within[2][1]);
        assert_int_equal (strstr (reads (aid_str_z (&text), "f.json"), "too deep") != NULL, n > AID_SCHEMA_DEPTH);
        aid_str_free (&text);
      }
}

static void
limits_hold (void **state)
{
  struct aid_str deep = AID_STR_INIT (1u << 20);
  char *large = malloc (AID_SCHEMA_MAX + 2);
  (void) state;
  aid_str_addz (&deep, "{\"type\":\"object\"," CLOSED ",\"required\":[\"a\"],\"properties\":{\"a\":");
  for (int i = 0; i < 100; i++)
    aid_str_addz (&deep, "{\"items\":");
  aid_str_addz (&deep, "{}");
  for (int i = 0; i < 100; i++)
    aid_str_addz (&deep, "}");
  aid_str_addz (&deep, "}}");
  assert_non_null (strstr (reads (aid_str_z (&deep), "f.json"), "schemas stand too deep in one another"));
  memset (large, ' ', AID_SCHEMA_MAX + 1);
  large[AID_SCHEMA_MAX + 1] = '\0';
  assert_non_null (strstr (reads (large, "f.json"), "f.json is larger than the 256 kB"));
  free (large);
  aid_str_free (&deep);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_all_servers_take_is_taken),
    cmocka_unit_test (it_has_a_name),
    cmocka_unit_test (the_language_is_not_told_to_servers),
    cmocka_unit_test (what_is_wrong_has_a_place),
    cmocka_unit_test (a_depth_is_one_of_schemas),
    cmocka_unit_test (limits_hold),
  };
  return cmocka_run_group_tests_name ("schema", tests, NULL, NULL);
}
