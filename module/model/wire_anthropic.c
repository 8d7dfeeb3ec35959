/* Anthropic's Messages API.  An answer is a row of blocks, one after another; events and blocks of unknown types are passed
   over, as the API asks its clients to. */
#include "model/wire_internal.h"
#include "base/json.h"
#include <stdlib.h>

enum block { BLOCK_OTHER, BLOCK_THINKING, BLOCK_TOOL };

struct anthropic
{
  struct aid_decoder base;
  enum block block;            /* the one being read */
  int tools;                   /* calls begun; the one being read is the last */
  int got_input;               /* deltas of its arguments came */
  json_t *input;               /* its arguments as the start of its block had them, or NULL */
  struct aid_str thinking, signature;  /* of the block being read */
  struct aid_carried kept;        /* thinking blocks to send back, whole */
  int64_t in, written, cached; /* counts; the input is their sum */
};

/* --- blocks --------------------------------------------------------------------------------------------------------- */

static void
add_thinking (struct anthropic *a, struct aid_span v)
{
  aid_decoder_delta (&a->base, AID_MODEL_REASONING, v);
  aid_str_addspan (&a->thinking, v);
}

/* A block starts.  It is empty in a stream and whole in an answer that was not streamed. */
static enum aid_err
start_block (struct anthropic *a, const json_t *block, struct aid_error *e)
{
  struct aid_span type = aid_json_span (block, "type");
  a->block = BLOCK_OTHER;
  if (aid_span_eqz (type, "text"))
    {
      aid_carried_text (&a->kept);
      aid_decoder_delta (&a->base, AID_MODEL_TEXT, aid_json_span (block, "text"));
    }
  else if (aid_span_eqz (type, "thinking"))
    {
      a->block = BLOCK_THINKING;
      aid_str_clear (&a->thinking);
      aid_str_clear (&a->signature);
      add_thinking (a, aid_json_span (block, "thinking"));
      aid_str_addspan (&a->signature, aid_json_span (block, "signature"));
    }
  else if (aid_span_eqz (type, "redacted_thinking"))
    aid_carried_item (&a->kept, json_copy ((json_t *) (uintptr_t) block), aid_json_span (block, "data").len);
  else if (aid_span_eqz (type, "tool_use"))
    {
      if (a->tools == AID_CALLS_MAX)
        return aid_error_set (e, AID_E_LIMIT, "The model calls more than %d tools at once.", AID_CALLS_MAX);
      a->block = BLOCK_TOOL;
      a->got_input = 0;
      json_decref (a->input);
      a->input = json_incref (json_object_get (block, "input"));
      aid_carried_call (&a->kept, aid_json_span (block, "id"));
      aid_decoder_tool (&a->base, a->tools, aid_json_span (block, "id"), aid_json_span (block, "name"),
                        (struct aid_span){ "", 0 });
      a->tools++;
    }
  return AID_OK;
}

static void
stop_block (struct anthropic *a)
{
  struct aid_str args = AID_STR_INIT (AID_WIRE_KEEP_MAX);
  if (a->block == BLOCK_THINKING)
    a->kept.lost |= a->thinking.err || a->signature.err;
  if (a->block == BLOCK_THINKING && a->signature.len)
    aid_carried_item (&a->kept,
                   json_pack ("{s:s, s:o, s:o}", "type", "thinking", "thinking", aid_json_of_span (aid_str_span (&a->thinking)),
                              "signature", aid_json_of_span (aid_str_span (&a->signature))),
                   a->thinking.len + a->signature.len);
  else if (a->block == BLOCK_TOOL && !a->got_input && json_object_size (a->input) && !aid_json_dump (a->input, &args))
    aid_decoder_tool (&a->base, a->tools - 1, (struct aid_span){ "", 0 }, (struct aid_span){ "", 0 }, aid_str_span (&args));
  aid_str_free (&args);
  a->block = BLOCK_OTHER;
}

/* Text and thinking are taken for what they say even when the start of their block was lost. */
static void
read_delta (struct anthropic *a, const json_t *delta)
{
  struct aid_span type = aid_json_span (delta, "type"), none = { "", 0 };
  if (aid_span_eqz (type, "text_delta"))
    aid_decoder_delta (&a->base, AID_MODEL_TEXT, aid_json_span (delta, "text"));
  else if (aid_span_eqz (type, "thinking_delta"))
    add_thinking (a, aid_json_span (delta, "thinking"));
  else if (aid_span_eqz (type, "signature_delta"))
    aid_str_addspan (&a->signature, aid_json_span (delta, "signature"));
  else if (aid_span_eqz (type, "input_json_delta") && a->block == BLOCK_TOOL)
    {
      struct aid_span piece = aid_json_span (delta, "partial_json");
      a->got_input |= piece.len > 0;
      aid_decoder_tool (&a->base, a->tools - 1, none, none, piece);
    }
}

/* --- usage and stops ------------------------------------------------------------------------------------------------ */

/* Counts only grow, and some servers repeat them as zero. */
static int64_t
larger (const json_t *u, const char *key, int64_t old)
{
  int64_t n = aid_json_int (u, key, -1);
  return n > old ? n : old;
}

static int64_t
sum (int64_t a, int64_t b)
{
  int64_t s;
  if (a < 0 || b < 0)
    return a < 0 ? b : a;
  return __builtin_add_overflow (a, b, &s) ? INT64_MAX : s;
}

static void
read_usage (struct anthropic *a, const json_t *u)
{
  struct aid_usage n = a->base.usage;
  a->in = larger (u, "input_tokens", a->in);
  a->written = larger (u, "cache_creation_input_tokens", a->written);
  a->cached = larger (u, "cache_read_input_tokens", a->cached);
  n.input = sum (a->in, sum (a->written, a->cached));
  n.cached = a->cached;
  n.cache_written = a->written;
  n.output = larger (u, "output_tokens", n.output);
  n.reasoning = larger (json_object_get (u, "output_tokens_details"), "thinking_tokens", n.reasoning);
  aid_decoder_usage (&a->base, &n);
}

static void
read_stop (struct anthropic *a, const json_t *from)
{
  static const struct
  {
    const char *word;
    enum aid_stop_reason stop;
  } words[] = {
    { "end_turn", AID_STOP_END }, { "max_tokens", AID_STOP_LENGTH }, { "stop_sequence", AID_STOP_SEQUENCE },
    { "tool_use", AID_STOP_TOOLS }, { "pause_turn", AID_STOP_PAUSE }, { "refusal", AID_STOP_REFUSAL },
    { "model_context_window_exceeded", AID_STOP_CONTEXT },
  };
  struct aid_span word = aid_json_span (from, "stop_reason"), detail = aid_json_span (from, "stop_sequence");
  const json_t *details = json_object_get (from, "stop_details");
  enum aid_stop_reason stop = AID_STOP_NONE;
  if (word.len == 0)
    return;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_eqz (word, words[i].word))
      stop = words[i].stop;
  if (!detail.len)
    detail = aid_json_span (details, "explanation");
  if (!detail.len)
    detail = aid_json_span (details, "category");
  aid_decoder_stop (&a->base, stop, word, detail);
}

/* --- events --------------------------------------------------------------------------------------------------------- */

static enum aid_err
read_body (struct anthropic *a, const json_t *message, struct aid_error *e)
{
  const json_t *content = json_object_get (message, "content"), *block;
  size_t i;
  if (!json_is_array (content))
    return aid_error_set (e, AID_E_PARSE, "The server's answer is JSON, but not a message: check \"url\" and \"wire\".");
  aid_decoder_start (&a->base, aid_json_span (message, "model"), aid_json_span (message, "id"));
  json_array_foreach (content, i, block)
    {
      if (start_block (a, block, e))
        return AID_E_LIMIT;
      stop_block (a);
    }
  read_usage (a, json_object_get (message, "usage"));
  read_stop (a, message);
  aid_decoder_done (&a->base);
  return AID_OK;
}

static enum aid_err
on_frame (struct aid_decoder *d, enum aid_frame kind, struct aid_span event, const json_t *doc, struct aid_error *e)
{
  struct anthropic *a = (struct anthropic *) d;
  struct aid_span type = aid_json_span (doc, "type").len ? aid_json_span (doc, "type") : event;
  if (kind == AID_FRAME_BODY)
    return read_body (a, doc, e);
  if (kind == AID_FRAME_DONE)   /* of gateways that add it to everything */
    return AID_OK;
  if (aid_span_eqz (type, "message_start"))
    {
      const json_t *message = json_object_get (doc, "message");
      aid_decoder_start (d, aid_json_span (message, "model"), aid_json_span (message, "id"));
      read_usage (a, json_object_get (message, "usage"));
    }
  else if (aid_span_eqz (type, "content_block_start"))
    return start_block (a, json_object_get (doc, "content_block"), e);
  else if (aid_span_eqz (type, "content_block_delta"))
    read_delta (a, json_object_get (doc, "delta"));
  else if (aid_span_eqz (type, "content_block_stop"))
    stop_block (a);
  else if (aid_span_eqz (type, "message_delta"))
    {
      read_usage (a, json_object_get (doc, "usage"));
      read_stop (a, json_object_get (doc, "delta"));
    }
  else if (aid_span_eqz (type, "message_stop"))
    aid_decoder_done (d);
  return AID_OK;
}

/* Thinking goes back whole or not at all. */
static void
on_finish (struct aid_decoder *d)
{
  aid_carried_tell (&((struct anthropic *) d)->kept, d);
}

static void
decoder_free (struct aid_decoder *d)
{
  struct anthropic *a = (struct anthropic *) d;
  if (!a)
    return;
  aid_decoder_close (d);
  aid_str_free (&a->thinking);
  aid_str_free (&a->signature);
  aid_carried_free (&a->kept);
  json_decref (a->input);
  free (a);
}

static struct aid_decoder *
decoder_new (aid_model_sink *sink, void *user)
{
  struct anthropic *a = calloc (1, sizeof *a);
  if (!a)
    return NULL;
  a->base.on_frame = on_frame;
  a->base.on_finish = on_finish;
  a->base.wants_marker = 1;    /* as the official client does */
  a->thinking = AID_STR_INIT (AID_WIRE_KEEP_MAX);
  a->signature = AID_STR_INIT (AID_WIRE_KEEP_MAX);
  a->in = a->written = a->cached = -1;
  if (aid_decoder_init (&a->base, sink, user))
    return &a->base;
  decoder_free (&a->base);
  return NULL;
}

const struct aid_wire aid_wire_anthropic = {
  .name = "anthropic-messages",
  .build = aid_anthropic_build,
  .decoder_new = decoder_new,
  .feed = aid_decoder_feed,
  .end = aid_decoder_end,
  .decoder_free = decoder_free,
};
