/* What a model's name means. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/json.h"
#include "base/val.h"
#include "model/presets.h"
#include "model/provider.h"

static const char *const keys[] = { "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY",
                                    "MISTRAL_API_KEY", "MY_KEY", "GEMINI_API_KEY", "GROQ_API_KEY", "XAI_API_KEY",
                                    "AZURE_OPENAI_ENDPOINT" };

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

/* The list as JSON; to be released. */
static json_t *
listed (const struct aid_config *c, enum aid_list which)
{
  struct aid_str val = AID_STR_INIT (1 << 20), text = AID_STR_INIT (1 << 20);
  aid_model_list (c, which, &val);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &text), AID_OK);
  json_t *got = json_loads (aid_str_z (&text), 0, NULL);
  assert_non_null (got);
  aid_str_free (&val);
  aid_str_free (&text);
  return got;
}

/* The names in the list are WANT, with blanks between them. */
static void
lists (const struct aid_config *c, enum aid_list which, const char *want)
{
  struct aid_str ids = AID_STR_INIT (1 << 16);
  json_t *list = listed (c, which), *m;
  size_t i;
  json_array_foreach (list, i, m)
    {
      aid_str_addf (&ids, "%s%s%s", i ? " " : "", aid_json_bool (m, "default", 0) ? "*" : "", aid_json_str (m, "id"));
    }
  assert_string_equal (aid_str_z (&ids), want);
  aid_str_free (&ids);
  json_decref (list);
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

  m = resolved (c, "openai");
  assert_string_equal (m.wire, "openai-responses");
  assert_string_equal (m.name, "gpt-5.1");
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
every_preset_resolves_and_says_what_settings_may_say (void **state)
{
  struct aid_config *c;
  json_t *presets = aid_presets (), *p, *models = json_object (), *m;
  const char *key, *name;
  (void) state;
  assert_true (json_object_size (presets) > 20);
  setenv ("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/", 1);
  c = config ("");
  json_object_foreach (presets, key, p)
    {
      struct aid_str id = AID_STR_INIT (256);
      aid_str_addf (&id, "%s/m", key);
      struct aid_model known = resolved (c, aid_str_z (&id));
      assert_string_equal (known.title, aid_json_str (p, "title"));
      assert_int_equal (known.local, aid_json_str (p, "key_env") == NULL);
      aid_model_free (&known);
      if (aid_json_str (p, "default"))
        assert_non_null (json_object_get (json_object_get (p, "models"), aid_json_str (p, "default")));
      json_object_foreach (json_object_get (p, "models"), name, m)
        {
          json_object_set (models, name, m);
          assert_true (!json_object_get (m, "price") || aid_json_str (json_object_get (m, "price"), "as_of"));
        }
      aid_str_free (&id);
    }
  aid_config_free (c);
  /* The models' members pass for a person's own. */
  json_t *root = json_pack ("{s:o}", "models", models);
  char *text = json_dumps (root, 0);
  c = config (text);
  assert_string_equal (aid_config_warnings (c), "");
  aid_config_free (c);
  free (text);
  json_decref (root);
  json_decref (presets);
}

static void
an_address_may_have_variables (void **state)
{
  struct aid_config *c = config ("");
  (void) state;
  refused ("", "azure/d", AID_E_NOTFOUND, "{AZURE_OPENAI_ENDPOINT}");
  setenv ("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/", 1);
  struct aid_model m = resolved (c, "azure/d");
  assert_string_equal (m.url, "https://mine.openai.azure.com/openai/v1");
  assert_string_equal (m.host, "mine.openai.azure.com");
  assert_true (m.needs_key);
  aid_model_free (&m);
  aid_config_free (c);
}

static void
a_model_s_facts_are_the_presets_under_the_settings (void **state)
{
  struct aid_config *c
    = config ("{\"models\":{\"big\":{\"provider\":\"anthropic\",\"name\":\"claude-sonnet-4-5-20250929\",\"context\":1000000,"
              "\"price\":{\"output\":1,\"large\":{\"over\":9,\"input\":7}}},"
              "\"anthropic/claude-opus-4-5\":{\"abilities\":[\"text\",\"pdf\"]},\"new\":\"openai/gpt-5.1-codex\"}}");
  (void) state;
  struct aid_model m = resolved (c, "big");
  assert_int_equal (m.context, 1000000);
  assert_int_equal (m.max_output, 64000);
  assert_true (m.abilities & AID_CAN_TOOLS);
  assert_true (m.price.usual.input == 3 && m.price.usual.output == 1 && m.price.usual.cache_write == 3.75);
  assert_ptr_equal (aid_price_rates (&m.price, 9), &m.price.usual);
  assert_ptr_equal (aid_price_rates (&m.price, 10), &m.price.large);
  assert_true (m.price.large.input == 7 && m.price.large.output < 0);
  aid_model_free (&m);

  m = resolved (c, "anthropic/claude-opus-4-5");   /* says more of a preset's model, under its own name */
  assert_string_equal (m.name, "claude-opus-4-5");
  assert_int_equal (m.context, 200000);
  assert_int_equal (m.abilities, AID_CAN_TOLD | AID_CAN_TEXT | AID_CAN_PDF);
  aid_model_free (&m);

  m = resolved (c, "new");       /* another model than gpt-5.1: nothing is known of it */
  assert_string_equal (m.name, "gpt-5.1-codex");
  assert_int_equal (m.context, 0);
  assert_int_equal (m.abilities, 0);
  assert_true (m.price.usual.input < 0);
  aid_model_free (&m);
  aid_config_free (c);
}

static void
settings_say_everything (void **state)
{
  struct aid_config *c = config (
    "{\"providers\":{\"work\":{\"wire\":\"openai-chat\",\"url\":\"https://u@llm.work.example:8443/v1\",\"key_env\":\"MY_KEY\","
    "\"key_host\":\"keys.example\",\"version\":\"v\",\"headers\":{\"X\":\"y\"},\"extra\":{\"a\":1,\"b\":1},\"connect_ms\":1,"
    "\"stall_ms\":2,\"total_ms\":3,\"retries\":0,\"proxy\":\"http://p\",\"ca_file\":\"/ca\",\"client_cert\":\"/c\","
    "\"client_key\":\"/k\",\"dialect\":\"azure\"}},"
    "\"models\":{\"big\":{\"provider\":\"work\",\"name\":\"big-1\",\"context\":9000,\"max_tokens\":10,\"temperature\":0,"
    "\"thinks_first\":true,"
    "\"effort\":\"low\",\"extra\":{\"b\":2}}}}");
  (void) state;
  struct aid_model m = resolved (c, "big");
  assert_string_equal (m.name, "big-1");
  assert_string_equal (m.host, "keys.example");
  assert_int_equal (m.context, 9000);
  assert_int_equal (m.sampling.max_tokens, 10);
  assert_true (m.sampling.temperature == 0);
  assert_string_equal (m.sampling.effort, "low");
  assert_true (m.thinks_first);
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
  assert_string_equal (ep.dialect, "azure");
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
  assert_string_equal (m.wire, "ollama");
  assert_string_equal (m.host, "big.lan");
  assert_false (m.local);
  aid_model_free (&m);
  m = resolved (c, "openai/x");
  assert_string_equal (m.host, "proxy.example");   /* not the preset's: its key is not asked for */
  assert_string_equal (m.key_env, "OPENAI_API_KEY");
  assert_string_equal (m.wire, "openai-chat");     /* what stands in for it may lack the newer API */
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
  refused ("{\"providers\":{\"p\":{\"url\":\"http://x\",\"dialect\":\"d\"}}}", "p/x", AID_E_INVALID, "\"d\"");
}

static void
the_list_tells_configured_models_then_presets_with_a_key (void **state)
{
  struct aid_config *c = config ("{\"model\":\"a\",\"models\":{\"a\":{\"provider\":\"ollama\",\"name\":\"q\",\"context\":5},"
                                 "\"b\":{\"provider\":\"anthropic\",\"name\":\"c\"},\"broken\":{\"provider\":\"nobody\"}}}");
  (void) state;
  setenv ("DEEPSEEK_API_KEY", "k", 1);
  lists (c, AID_LIST_READY, "*a b broken deepseek/deepseek-chat deepseek/deepseek-reasoner");
  json_t *got
    = listed (c, AID_LIST_READY),
    *want = json_loads (
      "[{\"id\":\"a\",\"provider\":\"ollama\",\"title\":\"Ollama\",\"name\":\"q\",\"host\":\"127.0.0.1\",\"local\":true,"
      "\"configured\":true,"
      "\"needs_key\":false,\"key\":\"none\",\"key_env\":null,\"default\":true,\"context\":5,\"max_output\":0,\"abilities\":"
      "null,"
      "\"price\":null},"
      "{\"id\":\"broken\",\"provider\":null,\"title\":null,\"name\":null,\"host\":null,\"local\":false,\"configured\":true,"
      "\"needs_key\":false,\"key\":\"none\",\"key_env\":null,\"default\":false,\"context\":0,\"max_output\":0,\"abilities\":"
      "null,"
      "\"price\":null,"
      "\"error\":\"There is no provider \\\"nobody\\\". Add it to \\\"providers\\\" in config.json.\"},"
      "{\"id\":\"deepseek/deepseek-chat\",\"provider\":\"deepseek\",\"title\":\"DeepSeek\",\"name\":\"deepseek-chat\","
      "\"host\":\"api.deepseek.com\",\"local\":false,\"configured\":false,\"needs_key\":true,\"key\":\"set\",\"key_env\":"
      "\"DEEPSEEK_API_KEY\","
      "\"default\":false,\"context\":128000,\"max_output\":8192,\"abilities\":[\"text\",\"tools\",\"cache\",\"json\"],"
      "\"price\":{\"input\":0.28,\"output\":0.42,\"cached\":0.028,\"as_of\":\"2025-12-01\"}}]",
      0, NULL);
  static const size_t which[] = { 0, 2, 3 };
  for (size_t i = 0; i < 3; i++)
    if (!json_equal (json_array_get (got, which[i]), json_array_get (want, i)))
      fail_msg ("got %s", json_dumps (json_array_get (got, which[i]), 0));
  json_decref (got);
  json_decref (want);
  aid_config_free (c);
}

static void
all_models_are_those_of_all_presets (void **state)
{
  struct aid_config *c = config ("");
  (void) state;
  json_t *few = listed (c, AID_LIST_READY), *all = listed (c, AID_LIST_ALL);
  assert_int_equal (json_array_size (few), 0);
  assert_true (json_array_size (all) > 30);
  assert_string_equal (aid_json_str (json_array_get (all, 0), "key"), "missing");
  json_decref (all);
  all = listed (c, AID_LIST_FIRST);              /* one of each provider that has a default */
  assert_string_equal (aid_json_str (json_array_get (all, 0), "provider"), "anthropic");
  assert_string_equal (aid_json_str (json_array_get (all, 1), "provider"), "openai");
  json_decref (few);
  json_decref (all);
  aid_config_free (c);
}

static void
a_default_named_by_its_provider_is_listed_first (void **state)
{
  struct aid_config *c = config ("{\"model\":\"ollama/qwen\",\"models\":{\"a\":\"ollama/q\"}}");
  (void) state;
  lists (c, AID_LIST_READY, "*ollama/qwen a");
  aid_config_free (c);
  c = config ("{\"providers\":{\"work\":{\"url\":\"http://w.example\",\"default\":\"coder\"}}}");
  lists (c, AID_LIST_READY, "*work/coder");
  aid_config_free (c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (a_preset_needs_no_settings, no_keys),
    cmocka_unit_test_setup (every_preset_resolves_and_says_what_settings_may_say, no_keys),
    cmocka_unit_test_setup (an_address_may_have_variables, no_keys),
    cmocka_unit_test_setup (a_model_s_facts_are_the_presets_under_the_settings, no_keys),
    cmocka_unit_test_setup (all_models_are_those_of_all_presets, no_keys),
    cmocka_unit_test_setup (settings_say_everything, no_keys),
    cmocka_unit_test_setup (settings_stand_over_a_preset, no_keys),
    cmocka_unit_test_setup (no_name_means_the_configured_then_the_first, no_keys),
    cmocka_unit_test_setup (an_error_says_what_there_is, no_keys),
    cmocka_unit_test_setup (the_list_tells_configured_models_then_presets_with_a_key, no_keys),
    cmocka_unit_test_setup (a_default_named_by_its_provider_is_listed_first, no_keys),
  };
  return cmocka_run_group_tests_name ("model provider", tests, NULL, NULL);
}
