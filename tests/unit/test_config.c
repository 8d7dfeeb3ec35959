/* Settings: what is read, what a project may say, and how mistakes are told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/fs.h"
#include "base/json.h"
#include "config/config.h"

static struct aid_config *
parsed (const char *user, const char *project)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_parse (aid_span_z (user), aid_span_z (project), &e);
  if (!c)
    fail_msg ("%s", e.msg);
  return c;
}

static void
refused (const char *user, const char *project, enum aid_err err, const char *sentence)
{
  struct aid_error e = { AID_OK, "" };
  assert_null (aid_config_parse (aid_span_z (user), aid_span_z (project), &e));
  assert_int_equal (e.code, err);
  assert_string_equal (e.msg, sentence);
}

static void
nothing_is_fine (void **state)
{
  struct aid_config *c = parsed ("", " \n");
  (void) state;
  assert_null (aid_config_get (c, "model"));
  assert_string_equal (aid_config_warnings (c), "");
  aid_config_free (c);
}

static void
every_documented_member_is_known (void **state)
{
  struct aid_config *c = parsed (
    "{\"model\":\"claude\",\"strategy\":\"ask\",\"providers\":{\"local\":{\"wire\":\"openai-chat\","
    "\"url\":\"http://127.0.0.1:8080/v1\","
    "\"default\":\"x\",\"key_env\":\"NAME\",\"key_command\":[\"pass\",\"show\",\"x\"],\"key_host\":\"api.example\","
    "\"version\":\"v\",\"dialect\":\"azure\","
    "\"headers\":{\"A\":\"b\"},"
    "\"extra\":{\"stream_options\":null},\"connect_ms\":10000,\"stall_ms\":120000,\"total_ms\":1800000,\"retries\":2,"
    "\"proxy\":\"p\","
    "\"ca_file\":\"f\",\"client_cert\":\"c\",\"client_key\":\"k\"}},"
    "\"models\":{\"claude\":{\"provider\":\"anthropic\",\"name\":\"n\",\"context\":200000,\"max_tokens\":8192,"
    "\"temperature\":0.2,"
    "\"effort\":\"medium\",\"extra\":{},\"max_output\":64000,\"thinks_first\":true,"
    "\"abilities\":[\"text\",\"image\",\"pdf\",\"tools\","
    "\"reasoning\","
    "\"cache\",\"json\"],\"price\":{\"input\":3,\"output\":15,\"cached\":0.3,\"cache_write\":3.75,\"as_of\":\"2025-12-01\","
    "\"large\":{\"over\":200000,\"input\":6,\"output\":22.5,\"cached\":0.6,\"cache_write\":7.5}}}},\"discover\":[\"ollama\"],"
    "\"budget\":{\"chat\":0.5,\"month\":20}}", "");
  (void) state;
  assert_string_equal (aid_config_warnings (c), "");
  assert_string_equal (json_string_value (aid_config_get (c, "model")), "claude");
  aid_config_free (c);
}

static void
a_project_stands_over_the_user_member_by_member (void **state)
{
  struct aid_config *c = parsed (
    "{\"model\":\"a\",\"strategy\":\"ask\",\"models\":{\"a\":{\"provider\":\"p\",\"effort\":\"low\"},"
    "\"b\":{\"provider\":\"q\"}}}",
    "{\"model\":\"b\",\"models\":{\"a\":{\"effort\":\"high\"},\"c\":{\"provider\":\"r\"}}}");
  (void) state;
  const json_t *models = aid_config_get (c, "models");
  assert_string_equal (json_string_value (aid_config_get (c, "model")), "b");
  assert_string_equal (json_string_value (aid_config_get (c, "strategy")), "ask");
  assert_string_equal (aid_json_str (json_object_get (models, "a"), "provider"), "p");
  assert_string_equal (aid_json_str (json_object_get (models, "a"), "effort"), "high");
  assert_string_equal (aid_json_str (json_object_get (models, "b"), "provider"), "q");
  assert_string_equal (aid_json_str (json_object_get (models, "c"), "provider"), "r");
  aid_config_free (c);
}

static void
a_model_may_be_one_string (void **state)
{
  struct aid_config *c
    = parsed ("{\"models\":{\"a\":\"p/n/m\",\"b\":\"q/x\"}}", "{\"models\":{\"a\":{\"effort\":\"high\"},\"c\":\"r/y\"}}");
  (void) state;
  const json_t *models = aid_config_get (c, "models"), *a = json_object_get (models, "a"), *b = json_object_get (models, "c");
  assert_string_equal (aid_json_str (a, "provider"), "p");
  assert_string_equal (aid_json_str (a, "name"), "n/m");
  assert_string_equal (aid_json_str (a, "effort"), "high");
  assert_string_equal (aid_json_str (b, "provider"), "r");
  assert_string_equal (aid_json_str (b, "name"), "y");
  aid_config_free (c);
  refused ("{\"models\":{\"a\":\"/x\"}}", "", AID_E_INVALID,
           "config.json, line 1: \"models.a\" must be an object, or \"PROVIDER/NAME\"");
}

static void
a_project_names_no_endpoints_keys_or_commands (void **state)
{
  struct aid_config *c = parsed (
    "{\"providers\":{\"p\":{\"url\":\"https://mine\"}},\"models\":{\"a\":{\"extra\":{\"x\":1}}}}",
    "{\"providers\":{\"p\":{\"url\":\"https://evil\",\"key_command\":[\"rm\"]},\"q\":{\"url\":\"https://evil\"}},"
    "\"models\":{\"a\":{\"extra\":{\"x\":2},\"price\":{\"input\":0},\"effort\":\"low\"}},\"discover\":[]"
    ",\"budget\":{\"month\":1000}}");
  (void) state;
  const json_t *providers = aid_config_get (c, "providers"), *a = json_object_get (aid_config_get (c, "models"), "a");
  assert_string_equal (aid_json_str (json_object_get (providers, "p"), "url"), "https://mine");
  assert_null (json_object_get (json_object_get (providers, "p"), "key_command"));
  assert_null (json_object_get (providers, "q"));
  assert_int_equal (aid_json_int (json_object_get (a, "extra"), "x", 0), 1);
  assert_string_equal (aid_json_str (a, "effort"), "low");
  const char *warnings = aid_config_warnings (c);
  assert_non_null (strstr (warnings, ".aid/config.json, line 1: \"providers.p.url\" is left out until you trust the file "
                                     "(aid trust): it sends questions, with this provider's key, to \"https://evil\"\n"));
  assert_non_null (strstr (warnings, "\"providers.p.key_command\" is left out"));
  assert_non_null (strstr (warnings, "\"models.a.extra\" is left out"));
  assert_non_null (strstr (warnings, "\"models.a.price."));
  assert_non_null (strstr (warnings, "\"discover\" is left out"));
  assert_non_null (strstr (warnings, "\"budget\" is left out"));
  aid_config_free (c);
}

static void
unknown_members_are_warnings (void **state)
{
  struct aid_config *c = parsed ("{\"modle\":1,\"providers\":{\"p\":{\"uri\":2}},"
                                 "\"models\":{\"m\":{\"max-tokens\":3}}}", "{\"x\":[]}");
  (void) state;
  assert_string_equal (aid_config_warnings (c), "config.json, line 1: \"modle\" is not a setting\n"
                                                "config.json, line 1: \"providers.p.uri\" is not a setting\n"
                                                "config.json, line 1: \"models.m.max-tokens\" is not a setting\n"
                                                ".aid/config.json, line 1: \"x\" is not a setting\n");
  aid_config_free (c);
}

static void
a_wrong_type_is_an_error_with_its_place (void **state)
{
  (void) state;
  refused ("[]", "", AID_E_INVALID, "config.json must hold one JSON object");
  refused ("{\"model\":1}", "", AID_E_INVALID, "config.json, line 1: \"model\" must be a string");
  refused ("{\"models\":[]}", "", AID_E_INVALID, "config.json, line 1: \"models\" must be an object");
  refused ("{\"models\":{\"a\":\"b\"}}", "", AID_E_INVALID,
           "config.json, line 1: \"models.a\" must be an object, or \"PROVIDER/NAME\"");
  refused (
    "{\n \"models\": {\n  \"a\": {},\n  \"b\": {\n   \"name\": \"a {\\\"\",\n   \"abilities\": [\"see\"]\n}}}", "",
    AID_E_INVALID,
    "config.json, line 6: \"models.b.abilities\" must be an array of some of \"text\", \"image\", \"pdf\", \"tools\", "
    "\"reasoning\", \"cache\", \"json\"");
  refused ("{\"models\":{\"a\":{\"price\":{\n\"large\":{\"input\":\"3\"}}}}}", "", AID_E_INVALID,
           "config.json, line 2: \"models.a.price.large.input\" must be a number, the dollars for a million tokens");
  refused ("{\"models\":{\"a\":{\"price\":{\"as_of\":\"today\"}}}}", "", AID_E_INVALID,
           "config.json, line 1: \"models.a.price.as_of\" must be a day as in \"2025-12-01\"");
  refused ("{\"discover\":\"ollama\"}", "", AID_E_INVALID,
           "config.json, line 1: \"discover\" must be an array of strings");
  refused ("{\"models\":{\"a\":{\"max_tokens\":-1}}}", "", AID_E_INVALID,
           "config.json, line 1: \"models.a.max_tokens\" must be a whole number, 0 or more");
  refused ("{\"models\":{\"a\":{\"temperature\":\"warm\"}}}", "", AID_E_INVALID,
           "config.json, line 1: \"models.a.temperature\" must be a number from 0 to 2");
  refused ("{\"providers\":{\"p\":{\"key_command\":\"pass x\"}}}", "", AID_E_INVALID,
           "config.json, line 1: \"providers.p.key_command\" must be an array of strings: a program and its arguments");
  refused ("{\"providers\":{\"p\":{\"key_command\":[]}}}", "", AID_E_INVALID,
           "config.json, line 1: \"providers.p.key_command\" must be an array of strings: a program and its arguments");
  refused ("{\"budget\":{\"day\":1}}", "", AID_E_INVALID,
           "config.json, line 1: \"budget\" must be an object of \"chat\" and \"month\", in US dollars");
  refused ("{\"budget\":{\"month\":-1}}", "", AID_E_INVALID,
           "config.json, line 1: \"budget\" must be an object of \"chat\" and \"month\", in US dollars");
  refused ("{\"providers\":{\"p\":{\"headers\":{\"A\":1}}}}", "", AID_E_INVALID,
           "config.json, line 1: \"providers.p.headers\" must be an object of strings");
  refused ("{\"providers\":{\"p\":{\"retries\":11}}}", "", AID_E_INVALID,
           "config.json, line 1: \"providers.p.retries\" must be a whole number from 0 to 10");
  refused ("{\"providers\":{\"p\":{\"stall_ms\":1.5}}}", "", AID_E_INVALID,
           "config.json, line 1: \"providers.p.stall_ms\" must be a number of milliseconds, a day at most");
  refused ("{\"experiments\":{\n\"x\":{\n\"coverage\":2}}}", "", AID_E_INVALID,
           "config.json, line 2: \"experiments.x\" must be an object with \"variants\", or {\"enabled\": false}");
  refused ("{\"experiments\":{\n\"x\":{\"variants\":[{\"name\":\"a\"}],\n\"coverage\":2}}}", "", AID_E_INVALID,
           "config.json, line 3: \"experiments.x.coverage\" must be a number from 0 to 1");
  refused ("{\"experiments\":{\"x\":{\n\"variants\":[{\"name\":\"a\",\"weight\":0.5},{\"name\":\"b\",\"weight\":0.4}]}}}", "",
           AID_E_INVALID,
           "config.json, line 2: \"experiments.x.variants\" must be an array of objects: each a \"name\" of its own (128 bytes "
           "at most, in one line), perhaps \"settings\", perhaps a \"weight\" (all or none, with the sum 1)");
  refused ("{\"experiments\":{\"x\":{\n\"variants\":[{\"name\":\"a\"},\n{\"name\":\"b\",\"settings\":{\"model\":1}}]}}}", "",
           AID_E_INVALID, "config.json, line 2: \"experiments.x.variants.b.settings.model\" must be a string");
  refused ("{\"experiments\":{\"x\":{\"variants\":[{\"name\":\"a\"}],\"targeting\":{\"shoe\":\"9\"}}}}", "", AID_E_INVALID,
           "config.json, line 1: \"experiments.x.targeting\" must be an object of strings or arrays of strings: language, "
           "project, model, strategy, person, version");
  refused ("{\"experiments\":{\"x\":{\"variants\":[{\"name\":\"a\"}],\"namespace\":[\"n\",0.5,0.5]}}}", "", AID_E_INVALID,
           "config.json, line 1: \"experiments.x.namespace\" must be an array of a name and two numbers from 0 to 1: "
           "[\"space\", 0, 0.5]");
  refused ("", "{\"strategy\":null}", AID_E_INVALID, ".aid/config.json, line 1: \"strategy\" must be a string");
}

#define TWO "\"variants\":[{\"name\":\"a\"},{\"name\":\"b\"}]"
#define X128                                                                                                                 \
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
  "xxxx"

static void
refused_with (const char *user, const char *part)
{
  struct aid_error e = { AID_OK, "" };
  assert_null (aid_config_parse (aid_span_z (user), AID_SPAN (""), &e));
  if (e.code != AID_E_INVALID || !strstr (e.msg, part))
    fail_msg ("\"%s\" does not say: %s", e.msg, part);
}

/* Days are those of the calendar, names fit into events and tables, and nothing is divided by no people. */
static void
an_experiments_days_names_and_people_are_real (void **state)
{
  static const char day[] = "must be a day as in \"2025-12-01\"",
                    name[] = "must be called by a name of 1 to 128 bytes in one line",
                    variants[] = "must be an array of objects: each a \"name\" of its own (128 bytes at most, in one line)";
  (void)state;
  refused_with ("{\"experiments\":{\"x\":{" TWO ",\"start\":\"2026-02-29\"}}}", day);
  refused_with ("{\"experiments\":{\"x\":{" TWO ",\"stop\":\"2026-13-01\"}}}", day);
  refused_with ("{\"experiments\":{\"x\":{" TWO ",\"start\":\"2026-04-31\"}}}", day);
  refused_with ("{\"experiments\":{\"x\":{" TWO ",\"start\":\"2026-04-00\"}}}", day);
  refused_with ("{\"experiments\":{\"x\":{" TWO ",\"start\":\"1900-02-29\"}}}", day);
  refused_with ("{\"experiments\":{\"x\":{" TWO ",\"start\":\"2026-04-30\",\"stop\":\"2026-04-30\"}}}",
                "\"experiments.x\" must be an object whose \"stop\" comes after its \"start\"");
  refused_with ("{\"experiments\":{\"x\":{" TWO ",\"tuning\":0}}}",
                "\"experiments.x.tuning\" must be a whole number, 1 or more");
  refused_with ("{\"experiments\":{\"\":{" TWO "}}}", name);
  refused_with ("{\"experiments\":{\"a\\nb\":{" TWO "}}}", name);
  refused_with ("{\"experiments\":{\"" X128 "x\":{" TWO "}}}", name);
  refused_with ("{\"experiments\":{\"x\":{\"variants\":[{\"name\":\"" X128 "x\"}]}}}", variants);
  refused_with ("{\"experiments\":{\"x\":{\"variants\":[{\"name\":\"a\\nb\"}]}}}", variants);
  struct aid_config *c = parsed ("{\"experiments\":{\"" X128 "\":{\"variants\":[{\"name\":\"" X128 "\"}],\"tuning\":1,"
                                "\"start\":\"2024-02-29\",\"stop\":\"2024-03-01\"}}}",
                                "");
  aid_config_free (c);
}

static void
what_is_no_json_is_an_error_with_line_and_column (void **state)
{
  struct aid_error e;
  (void) state;
  assert_null (aid_config_parse (AID_SPAN ("{\n  \"model\": claude\n}"), AID_SPAN (""), &e));
  assert_int_equal (e.code, AID_E_PARSE);
  assert_non_null (strstr (e.msg, "config.json, line 2, column "));
  assert_null (aid_config_parse (AID_SPAN ("{\"model\":\"a\",\"model\":\"b\"}"), AID_SPAN (""), &e));
  assert_int_equal (e.code, AID_E_PARSE);
}

static void
write_file (const char *dir, const char *sub, const char *text)
{
  struct aid_str path = AID_STR_INIT (4096);
  aid_str_addf (&path, "%s/%s", dir, sub);
  assert_int_equal (aid_fs_mkdirs (aid_str_z (&path), 0700, NULL), AID_OK);
  aid_str_addz (&path, "/config.json");
  assert_int_equal (aid_fs_replace (aid_str_z (&path), aid_span_z (text), 0600, NULL), AID_OK);
  aid_str_free (&path);
}

static void
files_are_read_where_they_belong (void **state)
{
  char dir[] = "/tmp/aid-config-XXXXXX", command[64];
  struct aid_error e;
  (void) state;
  assert_non_null (mkdtemp (dir));
  setenv ("XDG_CONFIG_HOME", dir, 1);
  struct aid_config *c = aid_config_load (dir, &e);   /* neither file is there */
  assert_non_null (c);
  assert_null (aid_config_get (c, "model"));
  assert_true (aid_span_ends (aid_span_z (aid_config_path (c)), "/aid/config.json"));
  aid_config_free (c);

  write_file (dir, "aid", "{\"model\":\"mine\",\"strategy\":\"ask\"}");
  write_file (dir, ".aid", "{\"model\":\"theirs\"}");
  c = aid_config_load (dir, &e);
  assert_string_equal (json_string_value (aid_config_get (c, "model")), "theirs");
  aid_config_free (c);
  c = aid_config_load (NULL, &e);
  assert_string_equal (json_string_value (aid_config_get (c, "model")), "mine");
  aid_config_free (c);

  write_file (dir, ".aid", "{");
  assert_null (aid_config_load (dir, &e));
  assert_non_null (strstr (e.msg, "/.aid/config.json, line 1"));
  snprintf (command, sizeof command, "rm -r %s", dir);
  assert_int_equal (system (command), 0);
}

/* What the project's settings are after "model" was set to VALUE in TEXT (NULL: no file yet). */
static void
written (const char *text, const char *value, const char *want)
{
  char dir[] = "/tmp/aid-config-XXXXXX", command[64];
  struct aid_str path = AID_STR_INIT (4096), got = AID_STR_INIT (4096);
  struct aid_error e = { AID_OK, "" };
  assert_non_null (mkdtemp (dir));
  if (text)
    write_file (dir, ".aid", text);
  if (aid_config_store (dir, "model", value, &e))
    fail_msg ("%s", e.msg);
  aid_str_addf (&path, "%s/.aid/config.json", dir);
  assert_int_equal (aid_fs_read (aid_str_z (&path), &got, &e), AID_OK);
  assert_string_equal (aid_str_z (&got), want);
  snprintf (command, sizeof command, "rm -rf %s", dir);
  assert_int_equal (system (command), 0);
  aid_str_free (&path);
  aid_str_free (&got);
}

static void
a_project_s_model_is_written_and_nothing_else_changes (void **state)
{
  (void) state;
  written (NULL, "a", "{\n  \"model\": \"a\"\n}\n");
  written ("", "a\"b", "{\n  \"model\": \"a\\\"b\"\n}\n");
  written ("{\n  \"x\" : [1.50, {\"model\":\"no\"}],\n\t\"model\":\t\"old\" ,\n  \"y\": \"\\u00e9\"\n}\n", "new",
           "{\n  \"x\" : [1.50, {\"model\":\"no\"}],\n\t\"model\":\t\"new\" ,\n  \"y\": \"\\u00e9\"\n}\n");
  written ("{\n  \"strategy\": \"ask\"\n}\n", "a", "{\n  \"model\": \"a\",\n  \"strategy\": \"ask\"\n}\n");
  written ("{\"strategy\":\"ask\"}", "a", "{\"model\": \"a\", \"strategy\":\"ask\"}");
  written ("{\n  \"model\": \"a\",\n  \"strategy\": \"ask\"\n}\n", NULL, "{\n  \"strategy\": \"ask\"\n}\n");
  written ("{\n  \"strategy\": \"ask\",\n  \"model\": \"a\"\n}\n", NULL, "{\n  \"strategy\": \"ask\"\n}\n");
  written ("{\"m\\u006fdel\": \"a\"}", "b", "{\"m\\u006fdel\": \"b\"}");
}

static void
a_project_s_broken_settings_are_left_alone (void **state)
{
  char dir[] = "/tmp/aid-config-XXXXXX", command[64];
  struct aid_str path = AID_STR_INIT (4096), got = AID_STR_INIT (4096);
  struct aid_error e;
  (void) state;
  assert_non_null (mkdtemp (dir));
  write_file (dir, ".aid", "{ \"model\": ");
  assert_int_equal (aid_config_store (dir, "model", "a", &e), AID_E_PARSE);
  assert_non_null (strstr (e.msg, "/.aid/config.json, line 1"));
  aid_str_addf (&path, "%s/.aid/config.json", dir);
  assert_int_equal (aid_fs_read (aid_str_z (&path), &got, &e), AID_OK);
  assert_string_equal (aid_str_z (&got), "{ \"model\": ");
  snprintf (command, sizeof command, "rm -rf %s", dir);
  assert_int_equal (system (command), 0);
  aid_str_free (&path);
  aid_str_free (&got);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing_is_fine),
    cmocka_unit_test (every_documented_member_is_known),
    cmocka_unit_test (a_project_stands_over_the_user_member_by_member),
    cmocka_unit_test (a_model_may_be_one_string),
    cmocka_unit_test (a_project_s_model_is_written_and_nothing_else_changes),
    cmocka_unit_test (a_project_s_broken_settings_are_left_alone),
    cmocka_unit_test (a_project_names_no_endpoints_keys_or_commands),
    cmocka_unit_test (unknown_members_are_warnings),
    cmocka_unit_test (a_wrong_type_is_an_error_with_its_place),
    cmocka_unit_test (an_experiments_days_names_and_people_are_real),
    cmocka_unit_test (what_is_no_json_is_an_error_with_line_and_column),
    cmocka_unit_test (files_are_read_where_they_belong),
  };
  return cmocka_run_group_tests_name ("config", tests, NULL, NULL);
}
