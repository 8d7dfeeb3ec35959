/* Google's Gemini.  Each event is a whole small answer: candidates with parts, counts, the model's name.  There is no end
   marker: a reason for the end was told, or the answer was cut off. */
#include "model/wire_internal.h"
#include "base/json.h"
#include <stdlib.h>

struct gemini
{
  struct aid_decoder base;
  struct aid_carried kept;
  size_t calls;
};

/* --- parts ---------------------------------------------------------------------------------------------------------- */

static const char signature[] = "thoughtSignature";

/* Keeps the place of a part whose signature goes back with it.  Takes PLACE. */
static void
sign (struct gemini *g, json_t *place, const json_t *part)
{
  struct aid_span sig = aid_json_span (part, signature);
  json_object_set (place, signature, json_object_get (part, signature));
  aid_carried_item (&g->kept, place, sig.len);
}

static enum aid_err
read_call (struct gemini *g, const json_t *part, struct aid_error *e)
{
  const json_t *call = json_object_get (part, "functionCall"), *given = json_object_get (call, "args");
  struct aid_str args = AID_STR_INIT (AID_WIRE_KEEP_MAX), made = AID_STR_INIT (32);
  struct aid_span id = aid_json_span (call, "id"), name = aid_json_span (call, "name");
  if (!name.len)
    return AID_OK;
  if (g->calls == AID_CALLS_MAX)
    return aid_error_set (e, AID_E_LIMIT, "The model calls more than %d tools at once.", AID_CALLS_MAX);
  if (!id.len)
    {
      aid_call_id_make (g->calls, &made);
      id = aid_str_span (&made);
    }
  if (json_is_object (given))
    aid_json_dump (given, &args);
  if (aid_json_span (part, signature).len)
    sign (g, json_pack ("{s:s, s:o}", "then", "call", "id", aid_json_of_span (id)), part);
  else
    aid_carried_call (&g->kept, id);
  aid_decoder_tool (&g->base, (int) g->calls++, id, name, aid_str_span (&args));
  enum aid_err err = args.err ? aid_error_set (e, args.err, "The arguments of a call are larger than %u MB.",
                                               AID_WIRE_KEEP_MAX >> 20)
                              : AID_OK;
  aid_str_free (&args);
  aid_str_free (&made);
  return err;
}

/* A thought, or text.  A signature may come on a last part that is empty: it belongs to the text before. */
static void
read_text (struct gemini *g, const json_t *part)
{
  struct aid_span text = aid_json_span (part, "text");
  int thought = aid_json_bool (part, "thought", 0), signs = aid_json_span (part, signature).len > 0;
  aid_decoder_delta (&g->base, thought ? AID_MODEL_REASONING : AID_MODEL_TEXT, text);
  if (thought && signs)
    aid_carried_item (&g->kept, json_pack ("{s:o, s:b, s:O}", "text", aid_json_of_span (text), "thought", 1, signature,
                                        json_object_get (part, signature)), text.len + 1024);
  else if (signs)
    sign (g, json_pack ("{s:s}", "then", "text"), part);
  else if (text.len && !thought)
    aid_carried_text (&g->kept);
}

static enum aid_err
read_part (struct gemini *g, const json_t *part, struct aid_error *e)
{
  if (json_object_get (part, "functionCall"))
    return read_call (g, part, e);
  if (json_is_string (json_object_get (part, "text")) || json_object_get (part, signature))
    read_text (g, part);
  return AID_OK;
}

/* --- usage and stops ------------------------------------------------------------------------------------------------ */

static int64_t
sum (int64_t a, int64_t b)
{
  int64_t s;
  if (a < 0 || b < 0)
    return a < 0 ? b : a;
  return __builtin_add_overflow (a, b, &s) ? INT64_MAX : s;
}

/* Every event repeats the counts so far. */
static void
read_usage (struct gemini *g, const json_t *u)
{
  struct aid_usage n = g->base.usage;
  int64_t out = aid_json_int (u, "candidatesTokenCount", -1), thoughts = aid_json_int (u, "thoughtsTokenCount", -1);
  int64_t in = sum (aid_json_int (u, "promptTokenCount", -1), aid_json_int (u, "toolUsePromptTokenCount", -1));
  n.input = in >= 0 ? in : n.input;
  n.cached = aid_json_int (u, "cachedContentTokenCount", n.cached);
  n.output = out >= 0 || thoughts >= 0 ? sum (out, thoughts) : n.output;
  n.reasoning = thoughts >= 0 ? thoughts : n.reasoning;
  aid_decoder_usage (&g->base, &n);
}

/* STOP is also said after calls; a word that is not here is a new one, or says that something went wrong. */
static enum aid_stop_reason
stop_of (const struct gemini *g, struct aid_span word)
{
  static const struct
  {
    const char *word;
    enum aid_stop_reason stop;
  } words[] = {
    { "STOP", AID_STOP_END }, { "FUNCTION_CALL", AID_STOP_END }, { "MAX_TOKENS", AID_STOP_LENGTH },
    { "SAFETY", AID_STOP_FILTER }, { "RECITATION", AID_STOP_FILTER }, { "LANGUAGE", AID_STOP_FILTER },
    { "BLOCKLIST", AID_STOP_FILTER }, { "PROHIBITED_CONTENT", AID_STOP_FILTER }, { "SPII", AID_STOP_FILTER },
    { "IMAGE_SAFETY", AID_STOP_FILTER }, { "IMAGE_PROHIBITED_CONTENT", AID_STOP_FILTER },
    { "IMAGE_RECITATION", AID_STOP_FILTER },
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_eqz (word, words[i].word))
      return words[i].stop == AID_STOP_END && g->calls ? AID_STOP_TOOLS : words[i].stop;
  return AID_STOP_NONE;
}

static void
read_stop (struct gemini *g, const json_t *candidate, const json_t *feedback)
{
  struct aid_span word = aid_json_span (candidate, "finishReason"), blocked = aid_json_span (feedback, "blockReason");
  if (word.len && !aid_span_eqz (word, "FINISH_REASON_UNSPECIFIED"))
    aid_decoder_stop (&g->base, stop_of (g, word), word, aid_json_span (candidate, "finishMessage"));
  else if (blocked.len && !g->base.stop_seen)
    aid_decoder_stop (&g->base, AID_STOP_FILTER, blocked, aid_json_span (feedback, "blockReasonMessage"));
}

/* --- events --------------------------------------------------------------------------------------------------------- */

static const json_t *
first_candidate (const json_t *doc)
{
  const json_t *all = json_object_get (doc, "candidates"), *one;
  size_t i;
  json_array_foreach (all, i, one)
    {
      if (aid_json_int (one, "index", 0) == 0)
        return one;
    }
  return NULL;
}

static enum aid_err
on_frame (struct aid_decoder *d, enum aid_frame kind, struct aid_span event, const json_t *doc, struct aid_error *e)
{
  struct gemini *g = (struct gemini *) d;
  const json_t *candidate = first_candidate (doc), *feedback = json_object_get (doc, "promptFeedback"), *part;
  enum aid_err err = AID_OK;
  size_t i;
  (void) event;
  if (kind == AID_FRAME_DONE)   /* of gateways that add it to everything */
    return AID_OK;
  if (kind == AID_FRAME_BODY && !candidate && !feedback && !d->faulty)
    return aid_error_set (e, AID_E_PARSE,
                          "The server's answer is JSON, but not one of Gemini's: check \"url\" and \"wire\".");
  if (candidate || feedback || json_object_get (doc, "usageMetadata"))
    aid_decoder_start (d, aid_json_span (doc, "modelVersion"), aid_json_span (doc, "responseId"));
  json_array_foreach (json_object_get (json_object_get (candidate, "content"), "parts"), i, part)
    {
      if (!err)
        err = read_part (g, part, e);
    }
  if (err)
    return err;
  read_usage (g, json_object_get (doc, "usageMetadata"));
  read_stop (g, candidate, feedback);
  return AID_OK;
}

static void
on_finish (struct aid_decoder *d)
{
  aid_carried_tell (&((struct gemini *) d)->kept, d);
}

static void
decoder_free (struct aid_decoder *d)
{
  struct gemini *g = (struct gemini *) d;
  if (!g)
    return;
  aid_decoder_close (d);
  aid_carried_free (&g->kept);
  free (g);
}

static struct aid_decoder *
decoder_new (aid_model_sink *sink, void *user)
{
  struct gemini *g = calloc (1, sizeof *g);
  if (!g)
    return NULL;
  g->base.on_frame = on_frame;
  g->base.on_finish = on_finish;
  g->base.takes_array = 1;
  if (aid_decoder_init (&g->base, sink, user))
    return &g->base;
  decoder_free (&g->base);
  return NULL;
}

const struct aid_wire aid_wire_gemini = {
  .name = "gemini",
  .build = aid_gemini_build,
  .decoder_new = decoder_new,
  .feed = aid_decoder_feed,
  .end = aid_decoder_end,
  .decoder_free = decoder_free,
};
