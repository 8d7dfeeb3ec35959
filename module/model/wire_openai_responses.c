/* OpenAI's Responses API.  An answer is a row of items: messages, calls of functions, reasoning.  An item is told when it
   begins, in deltas, and whole when it ends; servers leave out some of that, so what no delta brought is taken from the whole
   item, and what no item brought from the whole response. */
#include "model/wire_internal.h"
#include "base/json.h"
#include <stdlib.h>

#define ID_MAX 1024

struct call
{
  struct aid_str item;         /* the id of its item; deltas name it */
  int64_t index;               /* of its item among the output, or -1 */
  int arguments;               /* a delta of them came */
  int ended;
};

struct responses
{
  struct aid_decoder base;
  struct aid_vec calls;        /* struct call, in the order they began */
  struct aid_carried kept;
  int streamed;                /* an item, or a piece of one, came */
  int said, reasoned;          /* some of the present item's text, of its reasoning came */
  int piece;                   /* a delta of the present piece of either came */
  int spoke;                   /* an earlier item had text */
  int summaries;               /* paragraphs of reasoning so far */
  int refused;
};

/* --- calls ---------------------------------------------------------------------------------------------------------- */

/* The call that EVENT speaks of: by its item's id, else by its place, else the last; -1 when there is none. */
static ptrdiff_t
find_call (const struct responses *r, struct aid_span item, int64_t index)
{
  ptrdiff_t last = (ptrdiff_t) r->calls.len - 1;
  for (ptrdiff_t i = last; item.len && i >= 0; i--)
    if (aid_span_eq (aid_str_span (&AID_VEC_AT (struct call, &r->calls, i).item), item))
      return i;
  for (ptrdiff_t i = last; index >= 0 && i >= 0; i--)
    if (AID_VEC_AT (struct call, &r->calls, i).index == index)
      return i;
  return last;
}

static enum aid_err
begin_call (struct responses *r, const json_t *item, int64_t index, struct aid_error *e)
{
  struct aid_span none = { "", 0 }, id = aid_json_span (item, "call_id");
  struct aid_str made = AID_STR_INIT (32);
  struct call *c = r->calls.len < AID_CALLS_MAX ? aid_vec_push (&r->calls) : NULL;
  if (!c)
    return aid_error_set (e, AID_E_LIMIT, "The model calls more than %d tools at once.", AID_CALLS_MAX);
  *c = (struct call){ .item = AID_STR_INIT (ID_MAX), .index = index };
  aid_str_addspan (&c->item, aid_json_span (item, "id"));
  if (!id.len)
    id = aid_json_span (item, "id");
  if (!id.len)
    {
      aid_call_id_make (r->calls.len - 1, &made);
      id = aid_str_span (&made);
    }
  aid_carried_call (&r->kept, id);
  aid_decoder_tool (&r->base, (int) r->calls.len - 1, id, aid_json_span (item, "name"), none);
  aid_str_free (&made);
  return AID_OK;
}

static void
add_arguments (struct responses *r, ptrdiff_t at, struct aid_span text)
{
  struct aid_span none = { "", 0 };
  if (at < 0 || !text.len)
    return;
  AID_VEC_AT (struct call, &r->calls, at).arguments = 1;
  aid_decoder_tool (&r->base, (int) at, none, none, text);
}

/* The call's item is whole: its arguments are in ITEM, should no delta have brought them. */
static enum aid_err
end_call (struct responses *r, const json_t *item, int64_t index, int begun, struct aid_error *e)
{
  enum aid_err err = begun ? AID_OK : begin_call (r, item, index, e);
  ptrdiff_t at = find_call (r, aid_json_span (item, "id"), index);
  struct aid_span args = aid_json_span (item, "arguments");
  if (!args.len)
    args = aid_json_span (item, "input");
  if (err || at < 0)
    return err;
  if (!AID_VEC_AT (struct call, &r->calls, at).arguments)
    add_arguments (r, at, args);
  AID_VEC_AT (struct call, &r->calls, at).ended = 1;
  return AID_OK;
}

/* --- items ---------------------------------------------------------------------------------------------------------- */

enum kind { MESSAGE, CALL, REASONING, OTHER };

static enum kind
kind_of (const json_t *item)
{
  struct aid_span type = aid_json_span (item, "type");
  if (aid_span_eqz (type, "message"))
    return MESSAGE;
  if (aid_span_eqz (type, "function_call") || aid_span_eqz (type, "custom_tool_call"))
    return CALL;
  return aid_span_eqz (type, "reasoning") ? REASONING : OTHER;
}

/* Messages are paragraphs, too. */
static void
say (struct responses *r, enum aid_model_event_kind kind, struct aid_span text)
{
  if (!text.len)
    return;
  if (!r->said && r->spoke)
    aid_decoder_delta (&r->base, AID_MODEL_TEXT, AID_SPAN ("\n\n"));
  r->said = r->streamed = r->piece = 1;
  r->refused |= kind == AID_MODEL_REFUSAL;
  aid_decoder_delta (&r->base, kind, text);
}

static void
reason (struct responses *r, struct aid_span text)
{
  if (!text.len)
    return;
  r->reasoned = r->streamed = r->piece = 1;
  aid_decoder_delta (&r->base, AID_MODEL_REASONING, text);
}

/* Summaries are paragraphs. */
static void
begin_summary (struct responses *r)
{
  if (r->summaries++)
    aid_decoder_delta (&r->base, AID_MODEL_REASONING, AID_SPAN ("\n\n"));
}

static enum aid_err
begin_item (struct responses *r, const json_t *item, int64_t index, struct aid_error *e)
{
  r->streamed = 1;
  r->spoke |= r->said;
  r->said = r->reasoned = r->piece = 0;
  return kind_of (item) == CALL ? begin_call (r, item, index, e) : AID_OK;
}

/* A whole message: its phase goes back with it. */
static void
end_message (struct responses *r, const json_t *item)
{
  const json_t *content = json_object_get (item, "content"), *piece;
  size_t i;
  int said = r->said;
  json_array_foreach (content, i, piece)
    {
      int refusal = aid_span_eqz (aid_json_span (piece, "type"), "refusal");
      if (!said && refusal)
        say (r, AID_MODEL_REFUSAL, aid_json_span (piece, "refusal"));
      else if (!said)
        say (r, AID_MODEL_TEXT, aid_json_span (piece, "text"));
    }
  struct aid_span phase = aid_json_span (item, "phase");
  if (phase.len)
    aid_carried_item (&r->kept, json_pack ("{s:s, s:o}", "then", "text", "phase", aid_json_of_span (phase)), phase.len);
  else
    aid_carried_text (&r->kept);
}

/* Whole reasoning: kept as it is when the server can read it again. */
static void
end_reasoning (struct responses *r, const json_t *item)
{
  const json_t *summary = json_object_get (item, "summary"), *content = json_object_get (item, "content"), *piece;
  struct aid_span encrypted = aid_json_span (item, "encrypted_content");
  int reasoned = r->reasoned;
  size_t i;
  json_array_foreach (summary, i, piece)
    {
      if (!reasoned && aid_json_span (piece, "text").len)
        {
          begin_summary (r);
          reason (r, aid_json_span (piece, "text"));
        }
    }
  json_array_foreach (content, i, piece)
    {
      if (!reasoned && !json_array_size (summary))
        reason (r, aid_json_span (piece, "text"));
    }
  if (encrypted.len || json_array_size (content))
    aid_carried_item (&r->kept, json_deep_copy (item), encrypted.len + 1024 * (json_array_size (content) + 1));
}

static enum aid_err
end_item (struct responses *r, const json_t *item, int64_t index, int begun, struct aid_error *e)
{
  enum kind kind = kind_of (item);
  if (kind == CALL)
    return end_call (r, item, index, begun, e);
  if (kind == MESSAGE)
    end_message (r, item);
  else if (kind == REASONING)
    end_reasoning (r, item);
  r->spoke |= r->said;
  r->said = r->reasoned = 0;
  return AID_OK;
}

/* --- the end -------------------------------------------------------------------------------------------------------- */

static void
read_usage (struct responses *r, const json_t *u)
{
  struct aid_usage n = r->base.usage;
  const json_t *in = json_object_get (u, "input_tokens_details"), *out = json_object_get (u, "output_tokens_details");
  n.input = aid_json_int (u, "input_tokens", n.input);
  n.output = aid_json_int (u, "output_tokens", n.output);
  n.cached = aid_json_int (in, "cached_tokens", n.cached);
  n.cache_written = aid_json_int (in, "cache_write_tokens", n.cache_written);
  n.reasoning = aid_json_int (out, "reasoning_tokens", n.reasoning);
  aid_decoder_usage (&r->base, &n);
}

static enum aid_err
fail (const json_t *response, struct aid_error *e)
{
  json_t *error = json_object_get (response, "error");
  json_t *doc = json_object_size (error) ? json_pack ("{s:O}", "error", error)
                                         : json_pack ("{s:{s:s}}", "error", "message", "the response has failed");
  enum aid_err err = aid_fault_set (doc, e);
  json_decref (doc);
  return err;
}

/* There is no word for a stop: what came tells it. */
static void
read_stop (struct responses *r, const json_t *response)
{
  struct aid_span status = aid_json_span (response, "status");
  struct aid_span reason_word = aid_json_span (json_object_get (response, "incomplete_details"), "reason");
  enum aid_stop_reason stop = r->refused ? AID_STOP_REFUSAL : r->calls.len ? AID_STOP_TOOLS : AID_STOP_END;
  if (aid_span_eqz (status, "incomplete"))
    stop = aid_span_eqz (reason_word, "max_output_tokens") ? AID_STOP_LENGTH
           : aid_span_eqz (reason_word, "content_filter")  ? AID_STOP_FILTER
                                                           : AID_STOP_NONE;
  aid_decoder_stop (&r->base, stop, status.len ? status : AID_SPAN ("completed"), reason_word);
}

/* The whole response.  Its items are read when none was streamed. */
static enum aid_err
end_response (struct responses *r, const json_t *response, struct aid_error *e)
{
  struct aid_span status = aid_json_span (response, "status");
  json_t *output = r->streamed ? NULL : json_object_get (response, "output"), *item;
  enum aid_err err = AID_OK;
  size_t i;
  read_usage (r, json_object_get (response, "usage"));
  if (aid_span_eqz (status, "failed") || aid_span_eqz (status, "cancelled"))
    return fail (response, e);
  json_array_foreach (output, i, item)
    {
      if (!err)
        err = end_item (r, item, -1, 0, e);
    }
  if (err)
    return err;
  read_stop (r, response);
  aid_decoder_done (&r->base);
  return AID_OK;
}

/* --- events --------------------------------------------------------------------------------------------------------- */

static void
start (struct responses *r, const json_t *response)
{
  aid_decoder_start (&r->base, aid_json_span (response, "model"), aid_json_span (response, "id"));
}

static enum aid_err
read_body (struct responses *r, const json_t *response, struct aid_error *e)
{
  if (!json_is_array (json_object_get (response, "output")))
    return aid_error_set (e, AID_E_PARSE, "The server's answer is JSON, but not a response: check \"url\" and \"wire\".");
  start (r, response);
  return end_response (r, response, e);
}

/* An item is whole.  The beginning of a call may be missing. */
static enum aid_err
on_item_done (struct responses *r, const json_t *doc, struct aid_error *e)
{
  const json_t *item = json_object_get (doc, "item");
  int64_t index = aid_json_int (doc, "output_index", -1);
  struct aid_span id = aid_json_span (item, "id");
  ptrdiff_t at = find_call (r, id, index);
  const struct call *c = at >= 0 ? &AID_VEC_AT (struct call, &r->calls, at) : NULL;
  int begun = c && !c->ended && (!id.len || !c->item.len || aid_span_eq (id, aid_str_span (&c->item)));
  r->streamed = 1;
  return end_item (r, item, index, begun, e);
}

/* A piece is whole: it is taken when no delta brought it. */
static void
on_piece_done (struct responses *r, struct aid_span type, const json_t *doc)
{
  struct aid_span text = aid_json_span (doc, "text"), arguments = aid_json_span (doc, "arguments");
  ptrdiff_t call = find_call (r, aid_json_span (doc, "item_id"), aid_json_int (doc, "output_index", -1));
  if (!arguments.len)
    arguments = aid_json_span (doc, "input");
  if (aid_span_eqz (type, "output_text.done") && !r->piece)
    say (r, AID_MODEL_TEXT, text);
  else if (aid_span_eqz (type, "refusal.done") && !r->piece)
    say (r, AID_MODEL_REFUSAL, aid_json_span (doc, "refusal"));
  else if ((aid_span_eqz (type, "reasoning_summary_text.done") || aid_span_eqz (type, "reasoning_text.done")) && !r->piece)
    reason (r, text);
  else if (aid_span_ends (type, ".done") && call >= 0 && !AID_VEC_AT (struct call, &r->calls, call).arguments)
    add_arguments (r, call, arguments);
  if (aid_span_ends (type, "text.done") || aid_span_ends (type, "refusal.done"))
    r->piece = 0;
}

static enum aid_err
on_event (struct responses *r, struct aid_span type, const json_t *doc, struct aid_error *e)
{
  struct aid_span delta = aid_json_span (doc, "delta");
  start (r, json_object_get (doc, "response"));
  if (aid_span_eqz (type, "output_item.added"))
    return begin_item (r, json_object_get (doc, "item"), aid_json_int (doc, "output_index", -1), e);
  if (aid_span_eqz (type, "output_item.done"))
    return on_item_done (r, doc, e);
  if (aid_span_eqz (type, "output_text.delta"))
    say (r, AID_MODEL_TEXT, delta);
  else if (aid_span_eqz (type, "refusal.delta"))
    say (r, AID_MODEL_REFUSAL, delta);
  else if (aid_span_eqz (type, "reasoning_summary_part.added"))
    begin_summary (r);
  else if (aid_span_eqz (type, "reasoning_summary_text.delta") || aid_span_eqz (type, "reasoning_text.delta"))
    reason (r, delta);
  else if (aid_span_eqz (type, "function_call_arguments.delta") || aid_span_eqz (type, "custom_tool_call_input.delta"))
    add_arguments (r, find_call (r, aid_json_span (doc, "item_id"), aid_json_int (doc, "output_index", -1)), delta);
  else if (aid_span_eqz (type, "completed") || aid_span_eqz (type, "incomplete") || aid_span_eqz (type, "failed")
           || aid_span_eqz (type, "cancelled"))
    return end_response (r, json_object_get (doc, "response"), e);
  else
    on_piece_done (r, type, doc);
  return AID_OK;
}

static enum aid_err
on_frame (struct aid_decoder *d, enum aid_frame kind, struct aid_span event, const json_t *doc, struct aid_error *e)
{
  static const char prefix[] = "response.";
  struct responses *r = (struct responses *) d;
  if (kind == AID_FRAME_BODY)
    return read_body (r, doc, e);
  if (kind == AID_FRAME_DONE)   /* of gateways that add it to everything */
    return AID_OK;
  struct aid_span type = aid_json_span (doc, "type").len ? aid_json_span (doc, "type") : event;
  return aid_span_starts (type, prefix) ? on_event (r, aid_span_cut (type, sizeof prefix - 1, type.len), doc, e) : AID_OK;
}

static void
on_finish (struct aid_decoder *d)
{
  aid_carried_tell (&((struct responses *) d)->kept, d);
}

static void
decoder_free (struct aid_decoder *d)
{
  struct responses *r = (struct responses *) d;
  if (!r)
    return;
  aid_decoder_close (d);
  for (size_t i = 0; i < r->calls.len; i++)
    aid_str_free (&AID_VEC_AT (struct call, &r->calls, i).item);
  aid_vec_free (&r->calls);
  aid_carried_free (&r->kept);
  free (r);
}

static struct aid_decoder *
decoder_new (aid_model_sink *sink, void *user)
{
  struct responses *r = calloc (1, sizeof *r);
  if (!r)
    return NULL;
  r->base.on_frame = on_frame;
  r->base.on_finish = on_finish;
  r->calls = AID_VEC_INIT (struct call, AID_CALLS_MAX);
  if (aid_decoder_init (&r->base, sink, user))
    return &r->base;
  decoder_free (&r->base);
  return NULL;
}

const struct aid_wire aid_wire_openai_responses = {
  .name = "openai-responses",
  .build = aid_responses_build,
  .decoder_new = decoder_new,
  .feed = aid_decoder_feed,
  .end = aid_decoder_end,
  .decoder_free = decoder_free,
};
