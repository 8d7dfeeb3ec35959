/* Replay speaks Anthropic Messages. */
#include "cli/replay_frames_internal.h"

static void
begin (struct aid_frames *f)
{
  int64_t cached = aid_frames_usage (f, "cached", 0), written = aid_frames_usage (f, "written", 0);
  json_t *count
    = json_pack ("{s:I, s:I, s:I, s:i}", "input_tokens",
                 (json_int_t) (aid_frames_usage (f, "input", cached + written) - cached - written),
                 "cache_creation_input_tokens", (json_int_t) written, "cache_read_input_tokens", (json_int_t) cached,
                 "output_tokens", 1);

  aid_frames_emit (f, "message_start",
                   json_pack ("{s:s, s:{s:s, s:s, s:s, s:[], s:s, s:n, s:n, s:o}}", "type", "message_start", "message", "id",
                              "msg_replay", "type", "message", "role", "assistant", "content", "model", f->model, "stop_reason",
                              "stop_sequence", "usage", count));
  aid_frames_emit (f, "ping", json_pack ("{s:s}", "type", "ping"));
}

/* Takes DELTA. */
static void
put_delta (struct aid_frames *f, json_t *delta)
{
  aid_frames_emit (f, "content_block_delta",
                   json_pack ("{s:s, s:i, s:o}", "type", "content_block_delta", "index", f->item, "delta", delta));
}

static void
close_block (struct aid_frames *f)
{
  if (!f->open)
    return;
  if (f->channel == AID_CHANNEL_REASONING)
    put_delta (f, json_pack ("{s:s, s:s}", "type", "signature_delta", "signature", aid_frames_signature (f)));
  aid_frames_emit (f, "content_block_stop", json_pack ("{s:s, s:i}", "type", "content_block_stop", "index", f->item));
  f->item++;
  f->open = 0;
}

/* Takes BLOCK. */
static void
open_block (struct aid_frames *f, enum aid_channel channel, json_t *block)
{
  f->open = 1;
  f->channel = channel;
  aid_frames_emit (f, "content_block_start",
                   json_pack ("{s:s, s:i, s:o}", "type", "content_block_start", "index", f->item, "content_block", block));
}

static void
piece (struct aid_frames *f, enum aid_channel channel, json_t *text)
{
  int thinking = channel == AID_CHANNEL_REASONING;

  if (f->open && f->channel != channel)
    close_block (f);
  if (!f->open && thinking)
    open_block (f, channel, json_pack ("{s:s, s:s, s:s}", "type", "thinking", "thinking", "", "signature", ""));
  else if (!f->open)
    open_block (f, channel, json_pack ("{s:s, s:s}", "type", "text", "text", ""));
  put_delta (
    f, json_pack ("{s:s, s:o}", "type", thinking ? "thinking_delta" : "text_delta", thinking ? "thinking" : "text", text));
}

static void
tool (struct aid_frames *f, int index, const char *id, const char *name, const char *arguments)
{
  (void) index;
  close_block (f);
  open_block (f, AID_CHANNEL_TEXT, json_pack ("{s:s, s:s, s:s, s:{}}", "type", "tool_use", "id", id, "name", name, "input"));
  put_delta (f, json_pack ("{s:s, s:s}", "type", "input_json_delta", "partial_json", ""));
  put_delta (f, json_pack ("{s:s, s:s}", "type", "input_json_delta", "partial_json", arguments));
  close_block (f);
}

static void
end (struct aid_frames *f)
{
  static const char *const stops[][2] = { { "end", "end_turn" }, { "length", "max_tokens" }, { "tools", "tool_use" },
                                          { "sequence", "stop_sequence" }, { "pause", "pause_turn" },
                                          { "context", "model_context_window_exceeded" }, { NULL, NULL } };
  const char *stop
    = json_object_get (f->answer, "refusal") && !json_object_get (f->answer, "stop") ? "refusal" : aid_frames_stop (f);

  close_block (f);
  aid_frames_emit (f, "message_delta",
                   json_pack ("{s:s, s:{s:s, s:n}, s:{s:I}}", "type", "message_delta", "delta", "stop_reason",
                              aid_frames_translate (stops, stop), "stop_sequence", "usage", "output_tokens",
                              (json_int_t) aid_frames_usage (f, "output", f->tokens)));
  aid_frames_emit (f, "message_stop", json_pack ("{s:s}", "type", "message_stop"));
}

static json_t *
error_body (const json_t *error)
{
  return json_pack ("{s:s, s:{s:s, s:s}, s:s}", "type", "error", "error", "type",
                    aid_frames_word (error, "type", "api_error"), "message",
                    aid_frames_word (error, "message", "refused by the script"), "request_id", "req_replay");
}

static void
error_frame (struct aid_frames *f, const json_t *error)
{
  aid_frames_emit (f, "error", error_body (error));
}

const struct aid_frames_wire aid_frames_anthropic
  = { "/messages", "text/event-stream", 0, begin, piece, tool, end, error_frame, error_body };
