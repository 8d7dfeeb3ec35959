/* What a model's name means. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/val.h"
#include "model/provider.h"

static const char *const keys[] = { "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY",
                                    "MISTRAL_API_KEY", "MY_KEY" };

static int
no_keys (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    unsetenv (keys[i]);
  return 0;
}

static struct aid_config *
config (const char *json)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_parse (aid_span_z (json), AID_SPAN (""), &e);
  if (!c)
    fail_msg ("%s", e.msg);
  return c;
}

static struct aid_model
resolved (const struct aid_config *c, const char *id)
{
  struct aid_model m;
  struct aid_error e = { AID_OK, "" };
  if (aid_model_resolve (c, id, &m, &e))
    fail_msg ("%s: %s", id ? id : "(default)", e.msg);
  return m;
}

static void
refused (const char *json, const char *id, enum aid_err err, const char *word)
{
  struct aid_config *c = config (json);
  struct aid_model m;
  struct aid_error e;
  assert_int_equal (aid_model_resolve (c, id, &m, &e), err);
  if (!strstr (e.msg, word))
    fail_msg ("\"%s\" does not name \"%s\"", e.msg, word);
  aid_model_free (&m);
  aid_config_free (c);
}

static void
listed (const struct aid_config *c, const char *json)
{
  struct aid_str val = AID_STR_INIT (65536), text = AID_STR_INIT (65536);
  aid_model_list (c, &val);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &text), AID_OK);
  json_t *got = json_loads (aid_str_z (&text), 0, NULL), *want = json_loads (json, 0, NULL);
  assert_non_null (want);
  if (!json_equal (got, want))
    fail_msg ("got %s", aid_str_z (&text));
  json_decref (got);
  json_decref (want);
  aid_str_free (&val);
  aid_str_free (&text);
}

static void
a_preset_needs_no_settings (void **state)
{
  struct aid_config *c = config ("");
  (void) state;
  struct aid_model m = resolved (c, "anthropic/claude-x");
  assert_string_equal (m.id, "anthropic/claude-x");
  assert_string_equal (m.provider, "anthropic");
  assert_string_equal (m.name, "claude-x");
  assert_string_equal (m.wire, "anthropic-messages");
  assert_string_equal (m.url, "https://api.anthropic.com/v1");
  assert_string_equal (m.host, "api.anthropic.com");
  assert_string_equal (m.key_env, "ANTHROPIC_API_KEY");
  assert_true (m.needs_key);
  assert_false (m.local);
  assert_int_equal (m.net.retries, -1);
  assert_true (m.sampling.temperature < 0);
  aid_model_free (&m);

  m = resolved (c, "openrouter/anthropic/claude-x");   /* a name may have slashes */
  assert_string_equal (m.name, "anthropic/claude-x");
  aid_model_free (&m);

  m = resolved (c, "llama.cpp/any");
  assert_string_equal (m.wire, "openai-chat");
  assert_string_equal (m.url, "http://127.0.0.1:8080/v1");
  assert_true (m.local);
  assert_false (m.needs_key);
  aid_model_free (&m);
  aid_config_free (c);
}

static void
every_preset_resolves (void **state)
{
  static const char *const names[] = { "anthropic/m", "openai/m", "openrouter/m", "deepseek/m", "mistral/m", "ollama/m",
                                       "llama.cpp/m", "lmstudio/m", "vllm/m", "anthropic", "openai", "openrouter",
                                       "deepseek", "mistral" };
  struct aid_config *c = config ("");
  (void) state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      struct aid_model m = resolved (c, names[i]);
      aid_model_free (&m);
    }
  aid_config_free (c);
}

static void
settings_say_everything (void **state)
{
  struct aid_config *c = config (
    "{\"providers\":{\"work\":{\"wire\":\"openai-chat\",\"url\":\"https://u@llm.work.example:8443/v1\",\"key_env\":\"MY_KEY\","
    "\"key_host\":\"keys.example\",\"version\":\"v\",\"headers\":{\"X\":\"y\"},\"extra\":{\"a\":1,\"b\":1},\"connect_ms\":1,"
    "\"stall_ms\":2,\"total_ms\":3,\"retries\":0,\"proxy\":\"http://p\",\"ca_file\":\"/ca\",\"client_cert\":\"/c\","
    "\"client_key\":\"/k\"}},"
    "\"models\":{\"big\":{\"provider\":\"work\",\"name\":\"big-1\",\"context\":9000,\"max_tokens\":10,\"temperature\":0,"
    "\"effort\":\"low\",\"extra\":{\"b\":2}}}}");
  (void) state;
  struct aid_model m = resolved (c, "big");
  assert_string_equal (m.name, "big-1");
  assert_string_equal (m.host, "keys.example");
  assert_int_equal (m.context, 9000);
  assert_int_equal (m.sampling.max_tokens, 10);
  assert_true (m.sampling.temperature == 0);
  assert_string_equal (m.sampling.effort, "low");
  assert_int_equal (json_integer_value (json_object_get (m.extra, "a")), 1);
  assert_int_equal (json_integer_value (json_object_get (m.extra, "b")), 2);   /* the model's word over the provider's */
  assert_int_equal (m.net.connect_ms, 1);
  assert_int_equal (m.net.stall_ms, 2);
  assert_int_equal (m.net.total_ms, 3);
  assert_int_equal (m.net.retries, 0);
  assert_string_equal (m.net.proxy, "http://p");
  assert_string_equal (m.net.ca_file, "/ca");
  assert_string_equal (m.net.client_cert, "/c");
  assert_string_equal (m.net.client_key, "/k");

  struct aid_endpoint ep = aid_model_endpoint (&m, "k");
  assert_string_equal (ep.model, "big-1");
  assert_string_equal (ep.base_url, "https://u@llm.work.example:8443/v1");
  assert_string_equal (ep.key, "k");
  assert_string_equal (ep.version, "v");
  assert_ptr_equal (ep.headers, m.headers);
  aid_model_free (&m);

  m = resolved (c, "work/other");   /* any model of a configured provider */
  assert_string_equal (m.name, "other");
  aid_model_free (&m);
  aid_config_free (c);
}

static void
settings_stand_over_a_preset (void **state)
{
  struct aid_config *c = config ("{\"providers\":{\"ollama\":{\"url\":\"http://big.lan:11434/v1\"},"
                                 "\"openai\":{\"url\":\"https://proxy.example/v1\"}}}");
  (void) state;
  struct aid_model m = resolved (c, "ollama/qwen");
  assert_string_equal (m.wire, "openai-chat");
  assert_string_equal (m.host, "big.lan");
  assert_false (m.local);
  aid_model_free (&m);
  m = resolved (c, "openai/x");
  assert_string_equal (m.host, "proxy.example");   /* not the preset's: its key is not asked for */
  assert_string_equal (m.key_env, "OPENAI_API_KEY");
  aid_model_free (&m);
  aid_config_free (c);
}

static void
no_name_means_the_configured_then_the_first (void **state)
{
  struct aid_config *c = config ("{\"model\":\"b\",\"models\":{\"a\":{\"provider\":\"ollama\"},"
                                 "\"b\":{\"provider\":\"ollama\"}}}");
  (void) state;
  struct aid_model m = resolved (c, NULL);
  assert_string_equal (m.id, "b");
  assert_string_equal (m.name, "b");   /* an entry without a name is called as its key */
  aid_model_free (&m);
  aid_config_free (c);

  c = config ("{\"models\":{\"a\":{\"provider\":\"ollama\"}}}");
  setenv ("OPENAI_API_KEY", "k", 1);
  m = resolved (c, "");
  assert_string_equal (m.id, "a");
  aid_model_free (&m);
  aid_config_free (c);

  c = config ("");
  m = resolved (c, NULL);
  assert_string_equal (m.provider, "openai");
  aid_model_free (&m);
  aid_config_free (c);
}

static void
an_error_says_what_there_is (void **state)
{
  (void) state;
  refused ("", NULL, AID_E_NOTFOUND, "ANTHROPIC_API_KEY");
  refused ("{\"models\":{\"a\":{\"provider\":\"ollama\"}}}", "b", AID_E_NOTFOUND, "there: a");
  refused ("", "nobody/x", AID_E_NOTFOUND, "nobody/x");
  refused ("", "anthropic/", AID_E_NOTFOUND, "anthropic/");
  refused ("", "ollama", AID_E_NOTFOUND, "ollama");
  refused ("{\"models\":{\"a\":{\"provider\":\"nobody\"}}}", "a", AID_E_NOTFOUND, "nobody");
  refused ("{\"models\":{\"a\":{}}}", "a", AID_E_NOTFOUND, "provider");
  refused ("{\"providers\":{\"p\":{}}}", "p/x", AID_E_INVALID, "url");
  refused ("{\"providers\":{\"p\":{\"url\":\"ftp://x\"}}}", "p/x", AID_E_INVALID, "url");
  refused ("{\"providers\":{\"p\":{\"url\":\"http://x\",\"wire\":\"w\"}}}", "p/x", AID_E_INVALID, "\"w\"");
}

static void
the_list_tells_configured_models_then_presets_with_a_key (void **state)
{
  struct aid_config *c = config ("{\"model\":\"a\",\"models\":{\"a\":{\"provider\":\"ollama\",\"name\":\"q\",\"context\":5},"
                                 "\"b\":{\"provider\":\"anthropic\",\"name\":\"c\"},\"broken\":{\"provider\":\"nobody\"}}}");
  (void) state;
  setenv ("DEEPSEEK_API_KEY", "k", 1);
  listed (c,
          "[{\"id\":\"a\",\"provider\":\"ollama\",\"name\":\"q\",\"host\":\"127.0.0.1\",\"local\":true,\"context\":5,"
          "\"needs_key\":false,\"key\":\"none\",\"default\":true},"
          "{\"id\":\"b\",\"provider\":\"anthropic\",\"name\":\"c\",\"host\":\"api.anthropic.com\",\"local\":false,"
          "\"context\":0,\"needs_key\":true,\"key\":\"missing\","
          "\"default\":false},"
          "{\"id\":\"broken\",\"provider\":null,\"name\":null,\"host\":null,\"local\":false,\"context\":0,"
          "\"needs_key\":false,\"key\":\"none\",\"default\":false,"
          "\"error\":\"There is no provider \\\"nobody\\\". Add it to \\\"providers\\\" in config.json.\"},"
          "{\"id\":\"deepseek/deepseek-chat\",\"provider\":\"deepseek\",\"name\":\"deepseek-chat\","
          "\"host\":\"api.deepseek.com\",\"local\":false,"
          "\"context\":0,\"needs_key\":true,\"key\":\"set\",\"default\":false}]");
  aid_config_free (c);
}

static void
a_default_named_by_its_provider_is_listed_first (void **state)
{
  struct aid_config *c = config ("{\"model\":\"ollama/qwen\"}");
  (void) state;
  listed (c, "[{\"id\":\"ollama/qwen\",\"provider\":\"ollama\",\"name\":\"qwen\",\"host\":\"127.0.0.1\","
             "\"local\":true,\"context\":0,"
             "\"needs_key\":false,\"key\":\"none\",\"default\":true}]");
  aid_config_free (c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (a_preset_needs_no_settings, no_keys),
    cmocka_unit_test_setup (every_preset_resolves, no_keys),
    cmocka_unit_test_setup (settings_say_everything, no_keys),
    cmocka_unit_test_setup (settings_stand_over_a_preset, no_keys),
    cmocka_unit_test_setup (no_name_means_the_configured_then_the_first, no_keys),
    cmocka_unit_test_setup (an_error_says_what_there_is, no_keys),
    cmocka_unit_test_setup (the_list_tells_configured_models_then_presets_with_a_key, no_keys),
    cmocka_unit_test_setup (a_default_named_by_its_provider_is_listed_first, no_keys),
  };
  return cmocka_run_group_tests_name ("model provider", tests, NULL, NULL);
}
