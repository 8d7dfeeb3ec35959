/* Replay speaks OpenAI Chat Completions. */
#include "cli/replay_frames_internal.h"

static int
wants_usage (const struct aid_frames *f)
{
  return aid_json_bool (json_object_get (f->request, "stream_options"), "include_usage", 0);
}

static json_t *
chunk_of (const struct aid_frames *f, json_t *choices)
{
  json_t *chunk = json_pack ("{s:s, s:s, s:i, s:s, s:o}", "id", "chatcmpl-replay", "object", "chat.completion.chunk",
                             "created", 0, "model", f->model, "choices", choices);

  if (wants_usage (f))
    json_object_set_new (chunk, "usage", json_null ());
  return chunk;
}

/* Takes DELTA. */
static void
put_delta (struct aid_frames *f, json_t *delta, const char *finish)
{
  json_t *choice = json_pack ("{s:i, s:o, s:s?}", "index", 0, "delta", delta, "finish_reason", finish);

  aid_frames_emit (f, NULL, chunk_of (f, json_pack ("[o]", choice)));
}

static void
begin (struct aid_frames *f)
{
  put_delta (f, json_pack ("{s:s, s:s}", "role", "assistant", "content", ""), NULL);
}

static void
piece (struct aid_frames *f, enum aid_channel channel, json_t *text)
{
  static const char *const names[] = { "reasoning_content", "content", "refusal" };

  put_delta (f, json_pack ("{s:o}", names[channel], text), NULL);
}

static void
tool (struct aid_frames *f, int index, const char *id, const char *name, const char *arguments)
{
  size_t half = strlen (arguments) / 2;
  while (half && ((unsigned char) arguments[half] & 0xC0) == 0x80)
    half--;
  json_t *first = json_pack ("{s:s, s:s#}", "name", name, "arguments", arguments, (int) half);
  json_t *rest = json_pack ("{s:s}", "arguments", arguments + half);

  put_delta (f, json_pack ("{s:[{s:i, s:s, s:s, s:o}]}", "tool_calls", "index", index, "id", id, "type", "function",
                           "function", first), NULL);
  put_delta (f, json_pack ("{s:[{s:i, s:o}]}", "tool_calls", "index", index, "function", rest), NULL);
}

static json_t *
usage_of (const struct aid_frames *f)
{
  json_int_t in = aid_frames_usage (f, "input", 0), out = aid_frames_usage (f, "output", f->tokens);

  return json_pack ("{s:I, s:I, s:I, s:{s:I}, s:{s:I}}", "prompt_tokens", in, "completion_tokens",
                    out, "total_tokens", in + out, "prompt_tokens_details", "cached_tokens",
                    (json_int_t) aid_frames_usage (f, "cached", 0), "completion_tokens_details", "reasoning_tokens",
                    (json_int_t) aid_frames_usage (f, "reasoning", 0));
}

static void
end (struct aid_frames *f)
{
  static const char *const stops[][2] = { { "end", "stop" },         { "sequence", "stop" },         { "refusal", "stop" },
                                          { "tools", "tool_calls" }, { "filter", "content_filter" },
                                          { "context", "model_length" }, { NULL, NULL } };

  const char *signature = aid_json_str (f->answer, "signature");

  if (signature)   /* as a router has it */
    put_delta (f, json_pack ("{s:[{s:s, s:s, s:s, s:i}]}", "reasoning_details", "type", "reasoning.encrypted", "data", signature,
                             "format", "replay", "index", 0), NULL);
  put_delta (f, json_object (), aid_frames_translate (stops, aid_frames_stop (f)));
  if (wants_usage (f))
    {
      json_t *last = chunk_of (f, json_array ());
      json_object_set_new (last, "usage", usage_of (f));
      aid_frames_emit (f, NULL, last);
    }
  aid_frames_bytes (f, AID_SPAN ("data: [DONE]\n\n"));
}

static json_t *
error_body (const json_t *error)
{
  return json_pack ("{s:{s:s, s:s, s:n, s:s?}}", "error", "message",
                    aid_frames_word (error, "message", "refused by the script"), "type",
                    aid_frames_word (error, "type", "server_error"), "param", "code", aid_json_str (error, "code"));
}

static void
error_frame (struct aid_frames *f, const json_t *error)
{
  aid_frames_emit (f, NULL, error_body (error));
}

const struct aid_frames_wire aid_frames_openai
  = { "/chat/completions", "text/event-stream", 0, begin, piece, tool, end, error_frame, error_body };
