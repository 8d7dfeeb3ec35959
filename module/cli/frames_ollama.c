/* Replay speaks Ollama: a document a line. */
#include "cli/replay_frames_internal.h"

#define CREATED "2026-01-01T00:00:00Z"

static void
begin (struct aid_frames *f)
{
  (void) f;
}

/* Takes REST, members of the message beside its role. */
static json_t *
line (const struct aid_frames *f, json_t *rest, int done)
{
  json_object_set_new (rest, "role", json_string ("assistant"));
  if (!json_object_get (rest, "content"))
    json_object_set_new (rest, "content", json_string (""));
  return json_pack ("{s:s, s:s, s:o, s:b}", "model", f->model, "created_at", CREATED, "message", rest, "done", done);
}

/* There is no channel for refusals. */
static void
piece (struct aid_frames *f, enum aid_channel channel, json_t *text)
{
  const char *member = channel == AID_CHANNEL_REASONING ? "thinking" : "content";
  aid_frames_line (f, line (f, json_pack ("{s:o}", member, text), 0));
}

/* Calls have no ids here. */
static void
tool (struct aid_frames *f, int index, const char *id, const char *name, const char *arguments)
{
  (void) id;
  json_t *call = json_pack ("{s:{s:i, s:s, s:o}}", "function", "index", index, "name", name, "arguments",
                            json_loads (arguments, 0, NULL));
  aid_frames_line (f, line (f, json_pack ("{s:[o]}", "tool_calls", call), 0));
}

static void
end (struct aid_frames *f)
{
  static const char *const stops[][2] = { { "end", "stop" },     { "tools", "stop" },  { "sequence", "stop" },
                                          { "refusal", "stop" }, { "filter", "stop" }, { NULL, NULL } };
  json_t *last = line (f, json_object (), 1);
  json_object_set_new (last, "done_reason", json_string (aid_frames_translate (stops, aid_frames_stop (f))));
  json_object_set_new (last, "total_duration", json_integer (1000000));
  json_object_set_new (last, "load_duration", json_integer (0));
  json_object_set_new (last, "prompt_eval_count", json_integer (aid_frames_usage (f, "input", 0)));
  json_object_set_new (last, "prompt_eval_duration", json_integer (0));
  json_object_set_new (last, "eval_count", json_integer (aid_frames_usage (f, "output", f->tokens)));
  json_object_set_new (last, "eval_duration", json_integer (1000000));
  aid_frames_line (f, last);
}

static json_t *
error_body (const json_t *error)
{
  return json_pack ("{s:s}", "error", aid_frames_word (error, "message", "refused by the script"));
}

static void
error_frame (struct aid_frames *f, const json_t *error)
{
  aid_frames_line (f, error_body (error));
}

const struct aid_frames_wire aid_frames_ollama
  = { "/api/chat", "application/x-ndjson", 1, begin, piece, tool, end, error_frame, error_body };
