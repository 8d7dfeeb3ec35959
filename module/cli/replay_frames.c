/* Streams an answer in tokens of four characters at the asked pace.  What differs between the wire formats is a table of
   functions for each: what begins an answer, a piece of one, a tool call, the end, an error. */
#include "cli/replay_frames.h"
#include "base/clock.h"
#include <stdlib.h>

#define TOKEN_CHARACTERS 4
#define DEFAULT_MODEL "sample"

enum channel { REASONING, TEXT, REFUSAL };

struct frames
{
  struct aid_httpd_conn *conn;
  const struct aid_frames_wire *wire;
  const json_t *answer, *request;
  const char *model;
  int64_t begun, tokens;     /* when the first token is due; how many were sent */
  int block;                 /* Anthropic: the number of the content block */
  enum channel channel;      /* Anthropic: what the open block holds */
  int open;                  /* Anthropic: a block is open */
  struct aid_str buf;
};

struct aid_frames_wire
{
  const char *path;          /* the end of the request's path */
  void (*begin) (struct frames *f);
  void (*piece) (struct frames *f, enum channel channel, json_t *text);     /* takes TEXT */
  void (*tool) (struct frames *f, int index, const char *id, const char *name, const char *arguments);
  void (*end) (struct frames *f);
  void (*error) (struct frames *f, const json_t *error);
  json_t *(*error_body) (const json_t *error);
};

static int64_t
usage (const struct frames *f, const char *what, int64_t fallback)
{
  return aid_json_int (json_object_get (f->answer, "usage"), what, fallback);
}

/* Sends one event.  Takes DATA. */
static void
emit (struct frames *f, const char *event, json_t *data)
{
  aid_str_clear (&f->buf);
  if (event)
    aid_str_addf (&f->buf, "event: %s\n", event);
  aid_str_addz (&f->buf, "data: ");
  aid_json_dump (data, &f->buf);
  aid_str_addz (&f->buf, "\n\n");
  json_decref (data);
  aid_httpd_write (f->conn, aid_str_span (&f->buf));
}

/* Looks WORD up in pairs of ours and theirs; an unknown word is sent as it is. */
static const char *
translate (const char *const (*pairs)[2], const char *word)
{
  for (; (*pairs)[0]; pairs++)
    if (!strcmp ((*pairs)[0], word))
      return (*pairs)[1];
  return word;
}

static const char *
stop_word (const struct frames *f)
{
  const char *told = aid_json_str (f->answer, "stop");

  return told ? told : json_object_get (f->answer, "tools") ? "tools" : "end";
}

/* --- OpenAI Chat Completions ------------------------------------------------------------------------------------------ */

static int
wants_usage (const struct frames *f)
{
  return aid_json_bool (json_object_get (f->request, "stream_options"), "include_usage", 0);
}

static json_t *
openai_chunk (const struct frames *f, json_t *choices)
{
  json_t *chunk = json_pack ("{s:s, s:s, s:i, s:s, s:o}", "id", "chatcmpl-replay", "object", "chat.completion.chunk",
                             "created", 0, "model", f->model, "choices", choices);

  if (wants_usage (f))
    json_object_set_new (chunk, "usage", json_null ());
  return chunk;
}

/* Takes DELTA. */
static void
openai_delta (struct frames *f, json_t *delta, const char *finish)
{
  json_t *choice = json_pack ("{s:i, s:o, s:s?}", "index", 0, "delta", delta, "finish_reason", finish);

  emit (f, NULL, openai_chunk (f, json_pack ("[o]", choice)));
}

static void
openai_begin (struct frames *f)
{
  openai_delta (f, json_pack ("{s:s, s:s}", "role", "assistant", "content", ""), NULL);
}

static void
openai_piece (struct frames *f, enum channel channel, json_t *text)
{
  static const char *const names[] = { "reasoning_content", "content", "refusal" };

  openai_delta (f, json_pack ("{s:o}", names[channel], text), NULL);
}

static void
openai_tool (struct frames *f, int index, const char *id, const char *name, const char *arguments)
{
  size_t half = strlen (arguments) / 2;
  while (half && ((unsigned char) arguments[half] & 0xC0) == 0x80)
    half--;
  json_t *first = json_pack ("{s:s, s:s#}", "name", name, "arguments", arguments, (int) half);
  json_t *rest = json_pack ("{s:s}", "arguments", arguments + half);

  openai_delta (f, json_pack ("{s:[{s:i, s:s, s:s, s:o}]}", "tool_calls", "index", index, "id", id, "type", "function",
                              "function", first), NULL);
  openai_delta (f, json_pack ("{s:[{s:i, s:o}]}", "tool_calls", "index", index, "function", rest), NULL);
}

static json_t *
openai_usage (const struct frames *f)
{
  json_int_t in = usage (f, "input", 0), out = usage (f, "output", f->tokens);

  return json_pack ("{s:I, s:I, s:I, s:{s:I}, s:{s:I}}", "prompt_tokens", in, "completion_tokens",
                    out, "total_tokens", in + out, "prompt_tokens_details", "cached_tokens",
                    (json_int_t) usage (f, "cached", 0), "completion_tokens_details", "reasoning_tokens",
                    (json_int_t) usage (f, "reasoning", 0));
}

static void
openai_end (struct frames *f)
{
  static const char *const stops[][2] = { { "end", "stop" },         { "sequence", "stop" },         { "refusal", "stop" },
                                          { "tools", "tool_calls" }, { "filter", "content_filter" }, { NULL, NULL } };

  openai_delta (f, json_object (), translate (stops, stop_word (f)));
  if (wants_usage (f))
    {
      json_t *last = openai_chunk (f, json_array ());
      json_object_set_new (last, "usage", openai_usage (f));
      emit (f, NULL, last);
    }
  aid_httpd_write (f->conn, AID_SPAN ("data: [DONE]\n\n"));
}

static json_t *
openai_error_body (const json_t *error)
{
  const char *message = aid_json_str (error, "message"), *type = aid_json_str (error, "type");

  return json_pack ("{s:{s:s, s:s, s:n, s:s?}}", "error", "message", message ? message : "refused by the script", "type",
                    type ? type : "server_error", "param", "code", aid_json_str (error, "code"));
}

static void
openai_error (struct frames *f, const json_t *error)
{
  emit (f, NULL, openai_error_body (error));
}

/* --- Anthropic Messages ----------------------------------------------------------------------------------------------- */

static void
anthropic_begin (struct frames *f)
{
  int64_t cached = usage (f, "cached", 0);
  json_t *count
    = json_pack ("{s:I, s:i, s:I, s:i}", "input_tokens", (json_int_t) (usage (f, "input", cached) - cached),
                 "cache_creation_input_tokens", 0, "cache_read_input_tokens", (json_int_t) cached, "output_tokens", 1);

  emit (f, "message_start",
        json_pack ("{s:s, s:{s:s, s:s, s:s, s:[], s:s, s:n, s:n, s:o}}", "type", "message_start", "message", "id",
                   "msg_replay", "type", "message", "role", "assistant", "content", "model", f->model, "stop_reason",
                   "stop_sequence", "usage", count));
  emit (f, "ping", json_pack ("{s:s}", "type", "ping"));
}

/* Takes DELTA. */
static void
anthropic_delta (struct frames *f, json_t *delta)
{
  emit (f, "content_block_delta",
        json_pack ("{s:s, s:i, s:o}", "type", "content_block_delta", "index", f->block, "delta", delta));
}

static void
anthropic_close_block (struct frames *f)
{
  if (!f->open)
    return;
  if (f->channel == REASONING)
    anthropic_delta (f, json_pack ("{s:s, s:s}", "type", "signature_delta", "signature", "cmVwbGF5"));
  emit (f, "content_block_stop", json_pack ("{s:s, s:i}", "type", "content_block_stop", "index", f->block));
  f->block++;
  f->open = 0;
}

/* Takes BLOCK. */
static void
anthropic_open_block (struct frames *f, enum channel channel, json_t *block)
{
  f->open = 1;
  f->channel = channel;
  emit (f, "content_block_start",
        json_pack ("{s:s, s:i, s:o}", "type", "content_block_start", "index", f->block, "content_block", block));
}

static void
anthropic_piece (struct frames *f, enum channel channel, json_t *text)
{
  int thinking = channel == REASONING;

  if (f->open && f->channel != channel)
    anthropic_close_block (f);
  if (!f->open && thinking)
    anthropic_open_block (f, channel, json_pack ("{s:s, s:s, s:s}", "type", "thinking", "thinking", "", "signature", ""));
  else if (!f->open)
    anthropic_open_block (f, channel, json_pack ("{s:s, s:s}", "type", "text", "text", ""));
  anthropic_delta (
    f, json_pack ("{s:s, s:o}", "type", thinking ? "thinking_delta" : "text_delta", thinking ? "thinking" : "text", text));
}

static void
anthropic_tool (struct frames *f, int index, const char *id, const char *name, const char *arguments)
{
  (void) index;
  anthropic_close_block (f);
  anthropic_open_block (f, TEXT, json_pack ("{s:s, s:s, s:s, s:{}}", "type", "tool_use", "id", id, "name", name, "input"));
  anthropic_delta (f, json_pack ("{s:s, s:s}", "type", "input_json_delta", "partial_json", ""));
  anthropic_delta (f, json_pack ("{s:s, s:s}", "type", "input_json_delta", "partial_json", arguments));
  anthropic_close_block (f);
}

static void
anthropic_end (struct frames *f)
{
  static const char *const stops[][2] = { { "end", "end_turn" }, { "length", "max_tokens" }, { "tools", "tool_use" },
                                          { "sequence", "stop_sequence" }, { "pause", "pause_turn" },
                                          { "context", "model_context_window_exceeded" }, { NULL, NULL } };
  const char *stop
    = json_object_get (f->answer, "refusal") && !json_object_get (f->answer, "stop") ? "refusal" : stop_word (f);

  anthropic_close_block (f);
  emit (f, "message_delta",
        json_pack ("{s:s, s:{s:s, s:n}, s:{s:I}}", "type", "message_delta", "delta", "stop_reason", translate (stops, stop),
                   "stop_sequence", "usage", "output_tokens", (json_int_t) usage (f, "output", f->tokens)));
  emit (f, "message_stop", json_pack ("{s:s}", "type", "message_stop"));
}

static json_t *
anthropic_error_body (const json_t *error)
{
  const char *message = aid_json_str (error, "message"), *type = aid_json_str (error, "type");

  return json_pack ("{s:s, s:{s:s, s:s}, s:s}", "type", "error", "error", "type", type ? type : "api_error", "message",
                    message ? message : "refused by the script", "request_id", "req_replay");
}

static void
anthropic_error (struct frames *f, const json_t *error)
{
  emit (f, "error", anthropic_error_body (error));
}

/* --- an answer -------------------------------------------------------------------------------------------------------- */

static const struct aid_frames_wire wires[] = {
  { "/chat/completions", openai_begin, openai_piece, openai_tool, openai_end, openai_error, openai_error_body },
  { "/messages", anthropic_begin, anthropic_piece, anthropic_tool, anthropic_end, anthropic_error, anthropic_error_body },
};

const struct aid_frames_wire *
aid_frames_wire (struct aid_span path)
{
  for (size_t i = 0; i < sizeof wires / sizeof *wires; i++)
    if (aid_span_ends (path, wires[i].path))
      return &wires[i];
  return NULL;
}

json_t *
aid_frames_error (const struct aid_frames_wire *wire, const json_t *error)
{
  return (wire ? wire : &wires[0])->error_body (error);
}

/* Bytes of the first TOKEN_CHARACTERS characters of V. */
static size_t
token_length (struct aid_span v)
{
  size_t i = 0;

  for (int n = 0; i < v.len && n < TOKEN_CHARACTERS; n++)
    do
      i++;
    while (i < v.len && ((unsigned char) v.ptr[i] & 0xC0) == 0x80);
  return i;
}

static int
send_text (struct frames *f, enum channel channel, struct aid_span text)
{
  double rate = aid_json_real (f->answer, "tokens_per_s", 0);

  while (text.len)
    {
      size_t n = token_length (text);
      int64_t due = rate > 0 ? f->begun + (int64_t) ((double) f->tokens * 1000 / rate) : 0;
      if (due > aid_clock_ms () ? aid_httpd_pause (f->conn, due) : f->tokens % 256 == 0 && aid_httpd_gone (f->conn))
        return -1;
      f->wire->piece (f, channel, aid_json_of_span (aid_span_cut (text, 0, n)));
      text = aid_span_cut (text, n, text.len);
      f->tokens++;
    }
  return 0;
}

static void
send_tools (struct frames *f)
{
  size_t i;
  json_t *tool;

  json_array_foreach (json_object_get (f->answer, "tools"), i, tool)
    {
      struct aid_str args = AID_STR_INIT (1u << 20);
      const char *id = aid_json_str (tool, "id"), *name = aid_json_str (tool, "name");
      const json_t *given = json_object_get (tool, "arguments");
      if (given)
        aid_json_dump (given, &args);
      f->wire->tool (f, (int) i, id ? id : "call_replay", name ? name : "tool", args.len ? aid_str_z (&args) : "{}");
      aid_str_free (&args);
    }
}

int
aid_frames_answer (struct aid_httpd_conn *c, const struct aid_frames_wire *wire, const struct aid_exchange *x,
                   const json_t *request)
{
  struct frames f = { .conn = c, .wire = wire, .answer = x->answer, .request = request };
  const char *model = aid_json_str (x->answer, "model"), *asked = aid_json_str (request, "model");
  int gone;

  f.model = model ? model : asked ? asked : DEFAULT_MODEL;
  f.buf = AID_STR_INIT (2u << 20);
  wire->begin (&f);
  f.begun = aid_clock_ms () + aid_json_int (x->answer, "wait_ms", 0);
  gone = f.begun > aid_clock_ms () && aid_httpd_pause (c, f.begun) != 0;
  gone = gone || send_text (&f, REASONING, aid_json_span (x->answer, "reasoning"))
         || send_text (&f, TEXT, aid_json_span (x->answer, "text"))
         || send_text (&f, REFUSAL, aid_json_span (x->answer, "refusal"));
  if (!gone)
    send_tools (&f);
  if (!gone && x->error)
    wire->error (&f, x->error);
  else if (!gone && x->fault == AID_FAULT_NONE)
    wire->end (&f);
  aid_str_free (&f.buf);
  return gone ? -1 : 0;
}
