/* Replay speaks Gemini: every event is a small whole answer. */
#include "cli/replay_frames_internal.h"

static void
begin (struct aid_frames *f)
{
  (void) f;
}

static json_t *
counts (const struct aid_frames *f)
{
  json_int_t in = aid_frames_usage (f, "input", 0), out = aid_frames_usage (f, "output", f->tokens),
             thoughts = aid_frames_usage (f, "reasoning", 0);
  return json_pack ("{s:I, s:I, s:I, s:I, s:I}", "promptTokenCount", in, "cachedContentTokenCount",
                    (json_int_t) aid_frames_usage (f, "cached", 0), "candidatesTokenCount", out - thoughts, "thoughtsTokenCount",
                    thoughts, "totalTokenCount", in + out);
}

/* Takes PART; NULL sends none.  USAGE: the counts of the whole; before the end only the question's are told. */
static void
put (struct aid_frames *f, json_t *part, const char *finish, int whole)
{
  json_t *parts = part ? json_pack ("[o]", part) : json_array ();
  json_t *count = whole ? counts (f) : json_pack ("{s:I}", "promptTokenCount", (json_int_t) aid_frames_usage (f, "input", 0));
  json_t *candidate
    = json_pack ("{s:{s:s, s:o}, s:i, s:s*}", "content", "role", "model", "parts", parts, "index", 0, "finishReason", finish);
  aid_frames_emit (f, NULL, json_pack ("{s:[o], s:o, s:s, s:s}", "candidates", candidate, "usageMetadata", count, "modelVersion",
                                       f->model, "responseId", "replay"));
}

/* There is no channel for refusals. */
static void
piece (struct aid_frames *f, enum aid_channel channel, json_t *text)
{
  json_t *part = json_pack ("{s:o}", "text", text);
  if (channel == AID_CHANNEL_REASONING)
    json_object_set_new (part, "thought", json_true ());
  put (f, part, NULL, 0);
}

/* The first call carries the signature. */
static void
tool (struct aid_frames *f, int index, const char *id, const char *name, const char *arguments)
{
  json_t *part = json_pack ("{s:{s:s, s:s, s:o}}", "functionCall", "id", id, "name", name, "args",
                            json_loads (arguments, 0, NULL));
  const char *signature = index ? NULL : aid_frames_signature (f);
  if (signature)
    json_object_set_new (part, "thoughtSignature", json_string (signature));
  put (f, part, NULL, 0);
}

static void
end (struct aid_frames *f)
{
  static const char *const stops[][2]
    = { { "end", "STOP" },          { "tools", "STOP" },      { "sequence", "STOP" }, { "length", "MAX_TOKENS" },
        { "filter", "SAFETY" }, { "refusal", "SAFETY" }, { NULL, NULL } };
  const char *signature = json_object_get (f->answer, "tools") ? NULL : aid_frames_signature (f);
  json_t *last = signature ? json_pack ("{s:s, s:s}", "text", "", "thoughtSignature", signature) : NULL;
  const char *told = aid_json_str (f->answer, "stop");
  const char *stop = !told && json_object_get (f->answer, "refusal") ? "refusal" : aid_frames_stop (f);
  put (f, last, aid_frames_translate (stops, stop), 1);
}

/* The script's "type" is the status here. */
static json_t *
error_body (const json_t *error)
{
  return json_pack ("{s:{s:i, s:s, s:s}}", "error", "code", 500, "message",
                    aid_frames_word (error, "message", "refused by the script"), "status",
                    aid_frames_word (error, "type", "INTERNAL"));
}

static void
error_frame (struct aid_frames *f, const json_t *error)
{
  aid_frames_emit (f, NULL, error_body (error));
}

const struct aid_frames_wire aid_frames_gemini
  = { ":streamGenerateContent", "text/event-stream", 1, begin, piece, tool, end, error_frame, error_body };
