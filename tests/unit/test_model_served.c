/* What servers say of their models, in their own shapes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/json.h"
#include "model/served.h"

static void
same (json_t *got, const char *want)
{
  json_t *expected = json_loads (want, JSON_DECODE_ANY, NULL);
  assert_non_null (expected);
  if (!json_equal (got, expected))
    {
      char *text = json_dumps (got, 0);
      fail_msg ("got %s\nnot %s", text, want);
      free (text);
    }
  json_decref (expected);
}

/* The list DOC is read as WANT. */
static void
reads (const char *doc, const char *want)
{
  json_t *v = json_loads (doc, JSON_DECODE_ANY, NULL), *got = aid_served_read (v, "2026-01-02");
  assert_non_null (v);
  same (got, want);
  json_decref (got);
  json_decref (v);
}

static void
each_server_s_list_is_read (void **state)
{
  (void) state;
  /* OpenAI, and any that says no more */
  reads ("{\"object\":\"list\",\"data\":[{\"id\":\"gpt-5.1\",\"object\":\"model\",\"owned_by\":\"system\"}]}",
         "[{\"name\":\"gpt-5.1\"}]");
  /* Anthropic */
  reads ("{\"data\":[{\"type\":\"model\",\"id\":\"claude-x\",\"display_name\":\"Claude X\"}],\"has_more\":false}",
         "[{\"name\":\"claude-x\"}]");
  /* vLLM */
  reads ("{\"data\":[{\"id\":\"m\",\"max_model_len\":40960,\"permission\":[]}]}", "[{\"name\":\"m\",\"context\":40960}]");
  /* llama.cpp, whose own context is asked for by /props */
  reads ("{\"models\":[{\"name\":\"m\",\"model\":\"m\"}],\"data\":[{\"id\":\"m.gguf\",\"meta\":{\"n_ctx_train\":32768,\"n_"
         "params\":1}}]}",
         "[{\"name\":\"m.gguf\",\"context\":32768}]");
  /* Groq */
  reads ("{\"data\":[{\"id\":\"l\",\"context_window\":131072,\"max_completion_tokens\":32768,\"active\":true}]}",
         "[{\"name\":\"l\",\"context\":131072,\"max_output\":32768}]");
  /* OpenRouter: dollars for a token */
  reads ("{\"data\":[{\"id\":\"a/"
         "b\",\"context_length\":200000,\"architecture\":{\"input_modalities\":[\"text\",\"image\",\"file\"]},"
         "\"pricing\":{\"prompt\":\"0.000003\",\"completion\":\"0.000015\",\"input_cache_read\":\"0.0000003\"},"
         "\"top_provider\":{\"max_completion_tokens\":64000},\"supported_parameters\":[\"tools\",\"structured_outputs\"]},"
         "{\"id\":\"auto\",\"pricing\":{\"prompt\":\"-1\",\"completion\":\"-1\"}}]}",
         "[{\"name\":\"a/"
         "b\",\"context\":200000,\"max_output\":64000,\"abilities\":[\"text\",\"image\",\"pdf\",\"tools\",\"json\"],"
         "\"price\":{\"input\":3.0,\"output\":15.0,\"cached\":0.3,\"as_of\":\"2026-01-02\"}},{\"name\":\"auto\"}]");
  /* Together: a bare array, dollars for a million */
  reads ("[{\"id\":\"q\",\"type\":\"chat\",\"context_length\":8192,\"pricing\":{\"input\":0.5,\"output\":1}},{\"id\":\"f\","
         "\"type\":\"image\"}]",
         "[{\"name\":\"q\",\"context\":8192,\"price\":{\"input\":0.5,\"output\":1.0,\"as_of\":\"2026-01-02\"}}]");
  /* Mistral */
  reads ("{\"data\":[{\"id\":\"m\",\"max_context_length\":131072,\"capabilities\":{\"completion_chat\":true,\"function_"
         "calling\":true,"
         "\"vision\":false}},{\"id\":\"ocr\",\"capabilities\":{\"completion_chat\":false}}]}",
         "[{\"name\":\"m\",\"context\":131072,\"abilities\":[\"text\",\"tools\"]}]");
  /* Gemini */
  reads ("{\"models\":[{\"name\":\"models/gemini-x\",\"inputTokenLimit\":1048576,\"outputTokenLimit\":65536,"
         "\"supportedGenerationMethods\":[\"generateContent\",\"countTokens\"]},"
         "{\"name\":\"models/vectors\",\"supportedGenerationMethods\":[\"embedContent\"]}]}",
         "[{\"name\":\"gemini-x\",\"context\":1048576,\"max_output\":65536}]");
  /* Ollama */
  reads ("{\"models\":[{\"name\":\"qwen3:8b\",\"model\":\"qwen3:8b\",\"size\":1,\"details\":{\"family\":\"qwen3\"}}]}",
         "[{\"name\":\"qwen3:8b\"}]");
  /* LM Studio: a loaded model has the window that it was loaded with */
  reads ("{\"data\":[{\"id\":\"v\",\"type\":\"vlm\",\"max_context_length\":131072,\"loaded_context_length\":4096,"
         "\"capabilities\":[\"tool_use\"]},{\"id\":\"t\",\"type\":\"embeddings\",\"max_context_length\":2048}]}",
         "[{\"name\":\"v\",\"context\":4096,\"abilities\":[\"text\",\"tools\",\"image\"]}]");
}

static void
what_answers_no_questions_is_left_out (void **state)
{
  (void) state;
  reads ("{\"data\":[{\"id\":\"nomic-embed-text\"},{\"id\":\"whisper-1\"},{\"id\":\"bge-reranker\"},{\"id\":\"tts-1\"},{"
         "\"id\":\"chat\"}]}",
         "[{\"name\":\"chat\"}]");
}

static void
nonsense_is_no_list (void **state)
{
  static const char *const nonsense[] = { "null",
                                          "7",
                                          "\"x\"",
                                          "{}",
                                          "[]",
                                          "{\"data\":7}",
                                          "{\"data\":{\"id\":\"x\"}}",
                                          "{\"models\":\"x\"}",
                                          ("{\"data\":[1,null,\"x\",[],{},{\"id\":7},{\"id\":\"\"},{\"id\":\"a\\nb\"},"
                                           "{\"id\":\"models/\"}]}") };
  (void) state;
  for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
    reads (nonsense[i], "[]");
  reads ("{\"data\":[{\"id\":\"m\",\"context_length\":-5,\"max_model_len\":\"x\",\"max_output_tokens\":1e300,"
         "\"architecture\":7,\"capabilities\":7,"
         "\"meta\":[],"
         "\"pricing\":{\"prompt\":\"x\",\"completion\":\"nan\"},\"top_provider\":\"y\"}]}",
         "[{\"name\":\"m\"}]");
}

static void
a_list_has_an_end (void **state)
{
  json_t *all = json_array (), *got;
  (void) state;
  for (int i = 0; i < AID_SERVED_MAX + 10; i++)
    json_array_append_new (all, json_pack ("{s:s}", "id", "m"));
  got = aid_served_read (all, "");
  assert_int_equal (json_array_size (got), AID_SERVED_MAX);
  json_decref (got);
  json_decref (all);
}

static void
ollama_tells_of_one_model (void **state)
{
  json_t *entry = json_pack ("{s:s}", "name", "q");
  json_t *doc = json_loads (
    "{\"capabilities\":[\"completion\",\"tools\",\"thinking\"],\"model_info\":{\"general.architecture\":\"qwen3\","
    "\"qwen3.context_length\":40960,\"qwen3.rope.scaling.original_context_length\":7}}",
    0, NULL);
  (void) state;
  aid_served_show (entry, doc);
  same (entry, "{\"name\":\"q\",\"context\":40960,\"abilities\":[\"text\",\"tools\",\"reasoning\"]}");
  json_decref (doc);
  json_decref (entry);
}

static void
llama_cpp_tells_of_its_one_model (void **state)
{
  json_t *entries = json_loads ("[{\"name\":\"m\",\"context\":32768}]", 0, NULL), *doc;
  (void) state;
  doc = json_loads ("{\"default_generation_settings\":{\"n_ctx\":8192},\"modalities\":{\"vision\":true},"
                    "\"chat_template_caps\":{\"supports_tools\":true}}", 0, NULL);
  assert_true (aid_served_props (entries, doc));
  same (entries, "[{\"name\":\"m\",\"context\":8192,\"abilities\":[\"text\",\"tools\",\"image\"]}]");
  assert_false (aid_served_props (entries, entries));
  assert_false (aid_served_props (entries, NULL));
  json_decref (doc);
  json_decref (entries);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_server_s_list_is_read),
    cmocka_unit_test (what_answers_no_questions_is_left_out),
    cmocka_unit_test (nonsense_is_no_list),
    cmocka_unit_test (a_list_has_an_end),
    cmocka_unit_test (ollama_tells_of_one_model),
    cmocka_unit_test (llama_cpp_tells_of_its_one_model),
  };
  return cmocka_run_group_tests_name ("model served", tests, NULL, NULL);
}
