/* The built-in providers, as they would stand in a settings file.  Mistral's API refuses stream_options and counts tokens
   without being asked. */
#include "model/presets.h"

static const char presets[] =
  "{"
  "\"anthropic\": {\"wire\": \"anthropic-messages\", \"url\": \"https://api.anthropic.com/v1\","
  "  \"key_env\": \"ANTHROPIC_API_KEY\", \"key_host\": \"api.anthropic.com\", \"default\": \"claude-sonnet-4-5\"},"
  "\"openai\": {\"wire\": \"openai-chat\", \"url\": \"https://api.openai.com/v1\","
  "  \"key_env\": \"OPENAI_API_KEY\", \"key_host\": \"api.openai.com\", \"default\": \"gpt-5.1\"},"
  "\"openrouter\": {\"wire\": \"openai-chat\", \"url\": \"https://openrouter.ai/api/v1\","
  "  \"key_env\": \"OPENROUTER_API_KEY\", \"key_host\": \"openrouter.ai\", \"default\": \"openrouter/auto\"},"
  "\"deepseek\": {\"wire\": \"openai-chat\", \"url\": \"https://api.deepseek.com/v1\","
  "  \"key_env\": \"DEEPSEEK_API_KEY\", \"key_host\": \"api.deepseek.com\", \"default\": \"deepseek-chat\"},"
  "\"mistral\": {\"wire\": \"openai-chat\", \"url\": \"https://api.mistral.ai/v1\","
  "  \"key_env\": \"MISTRAL_API_KEY\", \"key_host\": \"api.mistral.ai\", \"default\": \"mistral-medium-latest\","
  "  \"extra\": {\"stream_options\": null}},"
  "\"ollama\": {\"wire\": \"openai-chat\", \"url\": \"http://127.0.0.1:11434/v1\"},"
  "\"llama.cpp\": {\"wire\": \"openai-chat\", \"url\": \"http://127.0.0.1:8080/v1\"},"
  "\"lmstudio\": {\"wire\": \"openai-chat\", \"url\": \"http://127.0.0.1:1234/v1\"},"
  "\"vllm\": {\"wire\": \"openai-chat\", \"url\": \"http://127.0.0.1:8000/v1\"}"
  "}";

json_t *
aid_presets (void)
{
  return json_loads (presets, 0, NULL);
}
