/* Replay speaks OpenAI Responses: items that begin, come in deltas and end whole; the response repeats them at its end. */
#include "cli/replay_frames_internal.h"

/* Sends one event of TYPE.  Takes DATA. */
static void
put (struct aid_frames *f, const char *type, json_t *data)
{
  json_object_set_new (data, "type", json_string (type));
  json_object_set_new (data, "sequence_number", json_integer (json_integer_value (json_object_get (f->kept, "sequence"))));
  json_object_set_new (f->kept, "sequence", json_integer (json_integer_value (json_object_get (f->kept, "sequence")) + 1));
  aid_frames_emit (f, type, data);
}

static json_t *
output (const struct aid_frames *f)
{
  return json_object_get (f->kept, "output");
}

static json_t *
response (const struct aid_frames *f, const char *status)
{
  return json_pack ("{s:s, s:s, s:i, s:s, s:n, s:n, s:s, s:O, s:b, s:n}", "id", "resp_replay", "object", "response", "created_at",
                    0, "status", status, "error", "incomplete_details", "model", f->model, "output", output (f), "store", 0,
                    "usage");
}

static void
begin (struct aid_frames *f)
{
  f->kept = json_pack ("{s:i, s:[]}", "sequence", 0, "output");
  put (f, "response.created", json_pack ("{s:o}", "response", response (f, "in_progress")));
  put (f, "response.in_progress", json_pack ("{s:o}", "response", response (f, "in_progress")));
}

/* The ids of the open item, by what it holds. */
static const char *
item_id (const struct aid_frames *f)
{
  return f->channel == AID_CHANNEL_REASONING ? "rs_replay" : "msg_replay";
}

/* An event about the open item's only content.  Takes REST. */
static void
put_part (struct aid_frames *f, const char *type, json_t *rest)
{
  const char *index = f->channel == AID_CHANNEL_REASONING ? "summary_index" : "content_index";
  json_object_set_new (rest, "item_id", json_string (item_id (f)));
  json_object_set_new (rest, "output_index", json_integer (f->item));
  json_object_set_new (rest, index, json_integer (0));
  put (f, type, rest);
}

static json_t *
content (const struct aid_frames *f, json_t *text)
{
  if (f->channel == AID_CHANNEL_REASONING)
    return json_pack ("{s:s, s:o}", "type", "summary_text", "text", text);
  if (f->channel == AID_CHANNEL_REFUSAL)
    return json_pack ("{s:s, s:o}", "type", "refusal", "refusal", text);
  return json_pack ("{s:s, s:o, s:[], s:[]}", "type", "output_text", "text", text, "annotations", "logprobs");
}

/* The open item with its content (taken; NULL: none yet). */
static json_t *
item (const struct aid_frames *f, json_t *whole)
{
  json_t *list = whole ? json_pack ("[o]", whole) : json_array ();
  if (f->channel != AID_CHANNEL_REASONING)
    return json_pack ("{s:s, s:s, s:s, s:s, s:o}", "id", item_id (f), "type", "message", "status",
                      whole ? "completed" : "in_progress", "role", "assistant", "content", list);
  return json_pack ("{s:s, s:s, s:o, s:s*}", "id", item_id (f), "type", "reasoning", "summary", list, "encrypted_content",
                    whole ? aid_frames_signature (f) : NULL);
}

static void
open_item (struct aid_frames *f, enum aid_channel channel)
{
  int reasoning = channel == AID_CHANNEL_REASONING;
  f->open = 1;
  f->channel = channel;
  aid_str_clear (&f->text);
  put (f, "response.output_item.added", json_pack ("{s:i, s:o}", "output_index", f->item, "item", item (f, NULL)));
  put_part (f, reasoning ? "response.reasoning_summary_part.added" : "response.content_part.added",
            json_pack ("{s:o}", "part", content (f, json_string (""))));
}

/* The item is whole: added to the output.  Takes WHOLE. */
static void
end_item (struct aid_frames *f, json_t *whole)
{
  json_array_append (output (f), whole);
  put (f, "response.output_item.done", json_pack ("{s:i, s:o}", "output_index", f->item, "item", whole));
  f->item++;
  f->open = 0;
}

static void
close_item (struct aid_frames *f)
{
  static const char *const done[] = { "response.reasoning_summary_text.done", "response.output_text.done",
                                      "response.refusal.done" };
  json_t *text = aid_json_of_span (aid_str_span (&f->text));
  if (f->open)
    {
      put_part (f, done[f->channel], json_pack ("{s:O}", f->channel == AID_CHANNEL_REFUSAL ? "refusal" : "text", text));
      put_part (f, f->channel == AID_CHANNEL_REASONING ? "response.reasoning_summary_part.done" : "response.content_part.done",
                json_pack ("{s:o}", "part", content (f, json_incref (text))));
      end_item (f, item (f, content (f, json_incref (text))));
    }
  json_decref (text);
}

static void
piece (struct aid_frames *f, enum aid_channel channel, json_t *text)
{
  static const char *const types[] = { "response.reasoning_summary_text.delta", "response.output_text.delta",
                                       "response.refusal.delta" };
  if (f->open && f->channel != channel)
    close_item (f);
  if (!f->open)
    open_item (f, channel);
  aid_str_add (&f->text, json_string_value (text), json_string_length (text));
  json_t *rest = json_pack ("{s:o}", "delta", text);
  if (channel == AID_CHANNEL_TEXT)
    json_object_set_new (rest, "logprobs", json_array ());
  put_part (f, types[channel], rest);
}

static json_t *
call (const char *status, const char *item_name, const char *id, const char *name, const char *arguments)
{
  return json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", item_name, "type", "function_call", "status", status, "call_id", id,
                    "name", name, "arguments", arguments);
}

static void
tool (struct aid_frames *f, int index, const char *id, const char *name, const char *arguments)
{
  char own[32];
  snprintf (own, sizeof own, "fc_replay_%d", index);
  close_item (f);
  put (f, "response.output_item.added",
       json_pack ("{s:i, s:o}", "output_index", f->item, "item", call ("in_progress", own, id, name, "")));
  put (f, "response.function_call_arguments.delta",
       json_pack ("{s:i, s:s, s:s}", "output_index", f->item, "item_id", own, "delta", arguments));
  put (f, "response.function_call_arguments.done",
       json_pack ("{s:i, s:s, s:s, s:s}", "output_index", f->item, "item_id", own, "name", name, "arguments", arguments));
  end_item (f, call ("completed", own, id, name, arguments));
}

static json_t *
usage_of (const struct aid_frames *f)
{
  json_int_t in = aid_frames_usage (f, "input", 0), out = aid_frames_usage (f, "output", f->tokens);
  return json_pack ("{s:I, s:{s:I, s:I}, s:I, s:{s:I}, s:I}", "input_tokens", in, "input_tokens_details", "cached_tokens",
                    (json_int_t) aid_frames_usage (f, "cached", 0), "cache_write_tokens",
                    (json_int_t) aid_frames_usage (f, "written", 0), "output_tokens", out, "output_tokens_details",
                    "reasoning_tokens", (json_int_t) aid_frames_usage (f, "reasoning", 0), "total_tokens", in + out);
}

/* Only these stops have a word here; the others are what the output tells. */
static void
end (struct aid_frames *f)
{
  static const char *const reasons[][2] = { { "length", "max_output_tokens" }, { "filter", "content_filter" }, { "end", "" },
                                            { "tools", "" }, { "sequence", "" }, { "refusal", "" }, { NULL, NULL } };
  const char *reason = aid_frames_translate (reasons, aid_frames_stop (f)), *status = *reason ? "incomplete" : "completed";
  char type[32];
  close_item (f);
  json_t *whole = response (f, status);
  json_object_set_new (whole, "usage", usage_of (f));
  if (*reason)
    json_object_set_new (whole, "incomplete_details", json_pack ("{s:s}", "reason", reason));
  snprintf (type, sizeof type, "response.%s", status);
  put (f, type, json_pack ("{s:o}", "response", whole));
}

static json_t *
error_body (const json_t *error)
{
  return aid_frames_openai.error_body (error);
}

/* In a stream the error is flat. */
static void
error_frame (struct aid_frames *f, const json_t *error)
{
  const char *type = aid_frames_word (error, "type", "server_error");
  put (f, "error", json_pack ("{s:s, s:s, s:n}", "code", aid_frames_word (error, "code", type), "message",
                              aid_frames_word (error, "message", "refused by the script"), "param"));
}

const struct aid_frames_wire aid_frames_responses
  = { "/responses", "text/event-stream", 0, begin, piece, tool, end, error_frame, error_body };
