/* OpenAI's Chat Completions, as OpenAI and everybody else speaks it: DeepSeek, Mistral, OpenRouter, Azure, llama.cpp, vLLM,
   Ollama, LM Studio.  One reader takes every dialect; what a chunk may lack or carry besides is said where it is read. */
#include "model/wire_internal.h"
#include "base/json.h"
#include "model/think.h"
#include <stdlib.h>

#define DETAILS_MAX 10000

struct openai
{
  struct aid_decoder base;
  struct aid_think think;
  struct aid_calls calls;
  int refused;                 /* refusal text came */
  /* What the server may want back beside the calls of tools. */
  const char *member;          /* where its reasoning came: "reasoning_content", "reasoning", or NULL */
  struct aid_str reasoning;
  json_t *details;             /* OpenRouter's reasoning_details, or NULL */
  struct aid_str detail_text;  /* the growing text of the last one */
  const char *detail_member;   /* where that text belongs, or NULL */
  int details_lost;            /* they were too large to keep */
  json_t *chunks;              /* Mistral's thinking chunks, or NULL */
  struct aid_str chunk_text;   /* the growing text of the last one */
  int in_chunk;                /* the last of them is being read */
};

/* --- text and reasoning --------------------------------------------------------------------------------------------- */

static void
on_split (void *user, int reasoning, struct aid_span v)
{
  aid_decoder_delta (user, reasoning ? AID_MODEL_REASONING : AID_MODEL_TEXT, v);
}

static void
add_text (struct openai *o, struct aid_span v)
{
  aid_think_feed (&o->think, v, on_split, &o->base);
}

static void
add_reasoning (struct openai *o, const char *member, struct aid_span v)
{
  aid_decoder_delta (&o->base, AID_MODEL_REASONING, v);
  aid_str_addspan (&o->reasoning, v);
  o->member = member;
  o->think.first = 0;          /* it has a place of its own */
}

static void
add_thinking (struct openai *o, struct aid_span v)
{
  aid_decoder_delta (&o->base, AID_MODEL_REASONING, v);
  aid_str_addspan (&o->chunk_text, v);
}

static struct aid_span
string_of (const json_t *v)
{
  const char *z = json_string_value (v);
  return (struct aid_span){ z ? z : "", json_string_length (v) };
}

/* The thinking chunk that was being read is whole. */
static void
settle_chunk (struct openai *o)
{
  json_t *last = json_array_get (o->chunks, json_array_size (o->chunks) - 1);
  o->details_lost |= o->chunk_text.err != AID_OK;
  if (o->in_chunk && last)
    json_object_set_new (last, "thinking", json_pack ("[{s:s, s:o}]", "type", "text", "text",
                                                      aid_json_of_span (aid_str_span (&o->chunk_text))));
  if (o->in_chunk)
    aid_str_clear (&o->chunk_text);
  o->in_chunk = 0;
}

/* Mistral's {type: thinking, thinking: [{type: text, text}] or a string}.  The pieces of one chunk are joined; what else they
   say ("signature", "closed") is kept as it was said last. */
static void
read_thinking (struct openai *o, const json_t *chunk)
{
  const json_t *inner = json_object_get (chunk, "thinking"), *piece;
  size_t n = json_array_size (o->chunks), i;
  if (!o->chunks)
    o->chunks = json_array ();
  if (!o->in_chunk)
    json_array_append_new (o->chunks, json_object ());
  json_object_update (json_array_get (o->chunks, o->in_chunk ? n - 1 : n), (json_t *) (uintptr_t) chunk);
  o->details_lost |= n >= DETAILS_MAX;
  o->in_chunk = 1;
  add_thinking (o, string_of (inner));
  json_array_foreach (inner, i, piece)
    {
      add_thinking (o, aid_json_span (piece, "text"));
    }
  if (aid_json_bool (chunk, "closed", 0))
    settle_chunk (o);
}

/* "content": null, a string, or an array of chunks. */
static void
read_content (struct openai *o, const json_t *content)
{
  const json_t *chunk;
  size_t i;
  if (string_of (content).len)
    settle_chunk (o);
  add_text (o, string_of (content));
  json_array_foreach (content, i, chunk)
    {
      if (aid_span_eqz (aid_json_span (chunk, "type"), "thinking"))
        {
          read_thinking (o, chunk);
          continue;
        }
      settle_chunk (o);
      add_text (o, json_is_string (chunk) ? string_of (chunk) : aid_json_span (chunk, "text"));
    }
}

/* --- reasoning details ---------------------------------------------------------------------------------------------- */

static void
settle_detail (struct openai *o)
{
  json_t *last = json_array_get (o->details, json_array_size (o->details) - 1);
  o->details_lost |= o->detail_text.err != AID_OK;
  if (o->detail_member && last)
    json_object_set_new (last, o->detail_member, aid_json_of_span (aid_str_span (&o->detail_text)));
  o->detail_member = NULL;
}

static int
same_member (const json_t *a, const json_t *b, const char *key)
{
  const json_t *x = json_object_get (a, key), *y = json_object_get (b, key);
  return (!x && !y) || json_equal (x, y);
}

/* One detail.  Those of one block come in pieces, which are joined; everything else stays as it came. */
static void
read_detail (struct openai *o, const json_t *detail, int show)
{
  struct aid_span type = aid_json_span (detail, "type");
  const char *member = aid_span_ends (type, ".text") ? "text" : aid_span_ends (type, ".summary") ? "summary" : NULL;
  json_t *last = json_array_get (o->details, json_array_size (o->details) - 1);
  if (show && member)
    aid_decoder_delta (&o->base, AID_MODEL_REASONING, aid_json_span (detail, member));
  if (!(member && last && o->detail_member && same_member (last, detail, "type") && same_member (last, detail, "index")))
    {
      settle_detail (o);
      o->details_lost |= json_array_size (o->details) >= DETAILS_MAX;
      if (o->details_lost || json_array_append_new (o->details, json_copy ((json_t *) (uintptr_t) detail)))
        return;
      o->detail_member = member;
      aid_str_clear (&o->detail_text);
      aid_str_addspan (&o->detail_text, aid_json_span (detail, member ? member : ""));
      return;
    }
  for (void *i = json_object_iter ((json_t *) (uintptr_t) detail); i;
       i = json_object_iter_next ((json_t *) (uintptr_t) detail, i))
    if (!json_is_null (json_object_iter_value (i)))
      json_object_set (last, json_object_iter_key (i), json_object_iter_value (i));
  aid_str_addspan (&o->detail_text, aid_json_span (detail, member));
}

/* Reasoning is in "reasoning_content" (DeepSeek, llama.cpp) or "reasoning" (OpenRouter, vLLM); a server that gives both says
   the same twice.  Details repeat it in OpenRouter's own structure: shown only when nothing else is. */
static void
read_reasoning (struct openai *o, const json_t *delta)
{
  static const char *const members[] = { "reasoning_content", "reasoning" };
  const json_t *details = json_object_get (delta, "reasoning_details"), *detail;
  int shown = 0;
  size_t k;
  for (size_t i = 0; i < 2 && !shown; i++)
    if (aid_json_span (delta, members[i]).len)
      {
        add_reasoning (o, members[i], aid_json_span (delta, members[i]));
        shown = 1;
      }
  if (json_array_size (details) && !o->details)
    o->details = json_array ();
  json_array_foreach (details, k, detail)
    {
      if (json_is_object (detail))
        read_detail (o, detail, !shown);
    }
}

/* What is to be sent back with this turn, in the members that it came in.  The plain strings are wanted only beside tool
   calls. */
static void
tell_opaque (struct openai *o)
{
  json_t *all = json_object ();
  settle_detail (o);
  settle_chunk (o);
  if (o->calls.slots.len && o->member && !o->reasoning.err && !json_array_size (o->details))
    json_object_set_new (all, o->member, aid_json_of_span (aid_str_span (&o->reasoning)));
  if (json_array_size (o->details) && !o->details_lost)
    json_object_set (all, "reasoning_details", o->details);
  if (json_array_size (o->chunks) && !o->details_lost)
    json_object_set (all, "content", o->chunks);
  struct aid_str text = AID_STR_INIT (AID_WIRE_KEEP_MAX);
  if (json_object_size (all) && !aid_json_dump (all, &text))
    aid_decoder_delta (&o->base, AID_MODEL_REASONING_OPAQUE, aid_str_span (&text));
  aid_str_free (&text);
  json_decref (all);
}

/* --- usage and stops ------------------------------------------------------------------------------------------------ */

static int64_t
count (const json_t *obj, const char *key, int64_t fallback)
{
  int64_t n = aid_json_int (obj, key, -1);
  return n >= 0 ? n : fallback;
}

/* Usage may be in any chunk: at its top, in its choice (Moonshot), or in "x_groq". */
static void
read_usage (struct openai *o, const json_t *chunk, const json_t *choice)
{
  const json_t *u = json_object_get (chunk, "usage");
  if (!json_is_object (u))
    u = json_object_get (choice, "usage");
  if (!json_is_object (u))
    u = json_object_get (json_object_get (chunk, "x_groq"), "usage");
  if (!json_is_object (u))
    return;
  const json_t *in = json_object_get (u, "prompt_tokens_details"), *out = json_object_get (u, "completion_tokens_details");
  struct aid_usage n = o->base.usage;
  n.input = count (u, "prompt_tokens", n.input);
  n.output = count (u, "completion_tokens", n.output);
  n.cached = count (in, "cached_tokens", count (u, "prompt_cache_hit_tokens", n.cached));
  n.cache_written = count (in, "cache_write_tokens", n.cache_written);
  n.reasoning = count (out, "reasoning_tokens", n.reasoning);
  double cost = aid_json_real (u, "cost", -1.0);
  n.cost = cost >= 0 ? cost : n.cost;
  aid_decoder_usage (&o->base, &n);
}

/* The words of the API and those that other servers use for the same. */
static enum aid_stop_reason
stop_of (struct aid_span word)
{
  static const struct
  {
    const char *word;
    enum aid_stop_reason stop;
  } words[] = {
    { "stop", AID_STOP_END }, { "length", AID_STOP_LENGTH }, { "tool_calls", AID_STOP_TOOLS },
    { "function_call", AID_STOP_TOOLS }, { "content_filter", AID_STOP_FILTER }, { "model_length", AID_STOP_CONTEXT },
    { "eos", AID_STOP_END }, { "eos_token", AID_STOP_END }, { "end_turn", AID_STOP_END }, { "max_tokens", AID_STOP_LENGTH },
    { "tool_use", AID_STOP_TOOLS }, { "stop_sequence", AID_STOP_SEQUENCE }, { "refusal", AID_STOP_REFUSAL },
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_eqz (word, words[i].word))
      return words[i].stop;
  return AID_STOP_NONE;
}

/* "stop" is also said after a refusal and, by some servers, after calls of tools. */
static void
read_stop (struct openai *o, const json_t *choice)
{
  struct aid_span word = aid_json_span (choice, "finish_reason"), native = aid_json_span (choice, "native_finish_reason");
  enum aid_stop_reason stop = stop_of (word);
  if (word.len == 0)
    return;
  if (stop == AID_STOP_END || stop == AID_STOP_TOOLS || aid_span_eq (word, native))
    native.len = 0;
  if (stop == AID_STOP_END && o->refused)
    stop = AID_STOP_REFUSAL;
  else if (stop == AID_STOP_END && o->calls.slots.len)
    stop = AID_STOP_TOOLS;
  aid_decoder_stop (&o->base, stop, word, native);
}

/* --- chunks --------------------------------------------------------------------------------------------------------- */

/* A delta, or the message of an answer that was not streamed: they have the same members. */
static enum aid_err
read_delta (struct openai *o, const json_t *delta, struct aid_error *e)
{
  const json_t *calls = json_object_get (delta, "tool_calls"), *old = json_object_get (delta, "function_call"), *call;
  struct aid_span refusal = aid_json_span (delta, "refusal");
  enum aid_err err = AID_OK;
  size_t i;
  read_reasoning (o, delta);
  read_content (o, json_object_get (delta, "content"));
  o->refused |= refusal.len > 0;
  aid_decoder_delta (&o->base, AID_MODEL_REFUSAL, refusal);
  aid_calls_list (&o->calls);
  json_array_foreach (calls, i, call)
    {
      if (!err)
        err = aid_calls_delta (&o->calls, &o->base, call, e);
    }
  if (!err && json_is_object (old))
    {
      json_t *wrapped = json_pack ("{s:i, s:O}", "index", 0, "function", old);
      err = aid_calls_delta (&o->calls, &o->base, wrapped, e);
      json_decref (wrapped);
    }
  return err;
}

/* The first answer of those asked for (n > 1 is asked only by the user's "extra"); there may be none in a chunk. */
static const json_t *
first_choice (const json_t *chunk)
{
  const json_t *choices = json_object_get (chunk, "choices"), *choice;
  size_t i;
  json_array_foreach (choices, i, choice)
    {
      if (aid_json_int (choice, "index", 0) == 0)
        return choice;
    }
  return NULL;
}

static enum aid_err
on_frame (struct aid_decoder *d, enum aid_frame kind, struct aid_span event, const json_t *chunk, struct aid_error *e)
{
  struct openai *o = (struct openai *) d;
  (void) event;
  if (kind == AID_FRAME_DONE)
    {
      aid_decoder_done (d);
      return AID_OK;
    }
  const json_t *choice = first_choice (chunk);
  if (choice || aid_json_span (chunk, "model").len)
    aid_decoder_start (d, aid_json_span (chunk, "model"), aid_json_span (chunk, "id"));
  if (!choice && kind == AID_FRAME_BODY)
    return aid_error_set (e, AID_E_PARSE,
                          "The server's answer is JSON, but not a chat completion: check \"url\" and \"wire\".");
  const json_t *delta = json_object_get (choice, "delta");
  if (!json_is_object (delta))
    delta = json_object_get (choice, "message");
  enum aid_err err = read_delta (o, delta, e);
  read_usage (o, chunk, choice);
  if (!err && aid_span_eqz (aid_json_span (choice, "finish_reason"), "error"))
    err = aid_fault_set (json_object_get (choice, "error") ? choice : chunk, e);
  if (!err)
    read_stop (o, choice);
  if (!err && kind == AID_FRAME_BODY)
    aid_decoder_done (d);
  return err;
}

static void
on_finish (struct aid_decoder *d)
{
  struct openai *o = (struct openai *) d;
  aid_think_end (&o->think, on_split, d);
  tell_opaque (o);
}

static void
decoder_free (struct aid_decoder *d)
{
  struct openai *o = (struct openai *) d;
  if (!o)
    return;
  aid_decoder_close (d);
  aid_calls_free (&o->calls);
  aid_str_free (&o->reasoning);
  aid_str_free (&o->detail_text);
  aid_str_free (&o->chunk_text);
  json_decref (o->details);
  json_decref (o->chunks);
  free (o);
}

static void
thinks_first (struct aid_decoder *d)
{
  ((struct openai *) d)->think.first = 1;
}

static struct aid_decoder *
decoder_new (aid_model_sink *sink, void *user)
{
  struct openai *o = calloc (1, sizeof *o);
  if (!o)
    return NULL;
  o->base.on_frame = on_frame;
  o->base.on_finish = on_finish;
  aid_calls_init (&o->calls);
  o->reasoning = AID_STR_INIT (AID_WIRE_KEEP_MAX);
  o->detail_text = AID_STR_INIT (AID_WIRE_KEEP_MAX);
  o->chunk_text = AID_STR_INIT (AID_WIRE_KEEP_MAX);
  if (aid_decoder_init (&o->base, sink, user))
    return &o->base;
  decoder_free (&o->base);
  return NULL;
}

const struct aid_wire aid_wire_openai_chat = {
  .name = "openai-chat",
  .build = aid_openai_chat_build,
  .decoder_new = decoder_new,
  .feed = aid_decoder_feed,
  .end = aid_decoder_end,
  .decoder_free = decoder_free,
  .thinks_first = thinks_first,
};
