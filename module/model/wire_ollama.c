/* Ollama's own API: one JSON document a line.  Both directions are short enough for one file.

   The server reads as much of a prompt as "num_ctx" says and silently drops the rest, and its default is small: so every
   request says how much it needs, in steps of two, for a new value makes the server load the model again. */
#include "model/wire_internal.h"
#include "base/json.h"
#include "model/estimate.h"
#include "model/think.h"
#include <stdlib.h>

#define CONTEXT_MIN 8192
#define CONTEXT_MAX (1 << 20)
#define ANSWER_TOKENS 4096       /* room for an answer of which no limit is set */
#define MEDIA_TOKENS 1500        /* what an image takes at most */

/* --- requests ------------------------------------------------------------------------------------------------------- */

/* What was counted already is not counted again. */
static int64_t
tokens_of (const struct aid_endpoint *ep, const struct aid_conversation *c)
{
  int64_t n = ep->tokens;
  for (size_t i = 0; i < c->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      for (size_t k = 0; k < m->parts.len; k++)
        {
          const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, k);
          int counted = ep->tokens && (p->kind == AID_PART_TEXT || p->bytes);
          if (!counted)
            n += aid_estimate (AID_FAMILY_OTHER, (struct aid_span){ p->text, p->len }) + (p->bytes ? MEDIA_TOKENS : 0);
        }
    }
  for (size_t i = 0; i < c->tools.len; i++)
    {
      char *schema = json_dumps (AID_VEC_AT (struct aid_tool, &c->tools, i).schema, JSON_COMPACT);
      n += aid_estimate (AID_FAMILY_OTHER, aid_span_z (schema)) + 50;
      free (schema);
    }
  return n;
}

/* The smallest step that holds the request (the estimate may be a quarter off) and its answer. */
static int64_t
context_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  int64_t tokens = tokens_of (ep, c), step = CONTEXT_MIN;
  int64_t needed = tokens + tokens / 4 + (s->max_tokens > 0 && s->max_tokens < CONTEXT_MAX ? s->max_tokens : ANSWER_TOKENS);
  while (step < needed && step < CONTEXT_MAX)
    step *= 2;
  return ep->context > 0 && ep->context < step ? ep->context : step;
}

static json_t *
calls_of (const struct aid_message *m)
{
  json_t *calls = json_array ();
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      if (p->kind == AID_PART_TOOL_CALL)
        json_array_append_new (calls, json_pack ("{s:{s:o, s:o}}", "function", "name", aid_json_z (p->name), "arguments",
                                                 aid_call_arguments (p)));
    }
  return calls;
}

/* The thinking beside calls, which the model needs to go on. */
static void
add_thinking (json_t *message, const struct aid_message *m)
{
  for (size_t i = 0; i < m->parts.len; i++)
    {
      json_t *o = aid_json_object_of (AID_VEC_AT (struct aid_part, &m->parts, i).opaque);
      if (json_is_string (json_object_get (o, "thinking")))
        json_object_set (message, "thinking", json_object_get (o, "thinking"));
      json_decref (o);
    }
}

/* A result answers by the tool's name: calls have no ids. */
static int
add_results (json_t *messages, const struct aid_message *m)
{
  int bad = 0;
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      if (p->kind != AID_PART_TOOL_RESULT)
        continue;
      bad |= json_array_append_new (messages, json_pack ("{s:s, s:o, s:o}", "role", "tool", "tool_name", aid_json_z (p->name),
                                                         "content", aid_result_text (p)));
    }
  return !bad;
}

/* M's text, with an excuse for what cannot be sent; the images themselves go into *IMAGES (NULL when there are none). */
static json_t *
content_of (const struct aid_message *m, json_t **images)
{
  struct aid_str all = AID_STR_INIT (64u << 20);
  *images = NULL;
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      json_t *excuse = NULL;
      struct aid_span text = { p->text, p->len };
      if (p->kind == AID_PART_IMAGE && p->bytes)
        {
          *images = *images ? *images : json_array ();
          json_array_append_new (*images, aid_media_base64 (p));
          continue;
        }
      if (p->kind == AID_PART_IMAGE || p->kind == AID_PART_PDF)
        {
          excuse = aid_media_excuse (p);
          text = (struct aid_span){ json_string_value (excuse), json_string_length (excuse) };
        }
      else if (p->kind != AID_PART_TEXT)
        continue;
      aid_str_addz (&all, all.len ? "\n\n" : "");
      aid_str_addspan (&all, text);
      json_decref (excuse);
    }
  json_t *content = all.err ? NULL : aid_json_of_span (aid_str_span (&all));
  aid_str_free (&all);
  return content;
}

static int
add_message (json_t *messages, const struct aid_message *m)
{
  static const char *const roles[] = { "system", "user", "assistant" };
  json_t *images;
  if (m->role == AID_ROLE_USER && !add_results (messages, m))
    return 0;
  json_t *content = content_of (m, &images), *calls = m->role == AID_ROLE_ASSISTANT ? calls_of (m) : NULL;
  int called = json_array_size (calls) > 0, bad = 0;
  if (json_string_length (content) || called || images)
    {
      json_t *message = json_pack ("{s:s, s:O}", "role", roles[m->role], "content", content);
      if (images)
        bad |= json_object_set (message, "images", images);
      if (called)
        {
          bad |= json_object_set (message, "tool_calls", calls);
          add_thinking (message, m);
        }
      bad |= json_array_append_new (messages, message);
    }
  json_decref (images);
  json_decref (calls);
  json_decref (content);
  return !bad;
}

/* Tools cannot be forced here: the model decides, or is offered none. */
static json_t *
tools_of (const struct aid_conversation *c)
{
  json_t *tools = c->tools.len && c->tool_choice != AID_TOOLS_NONE ? json_array () : NULL;
  for (size_t i = 0; tools && i < c->tools.len; i++)
    {
      const struct aid_tool *t = &AID_VEC_AT (struct aid_tool, &c->tools, i);
      if (c->tool_choice != AID_TOOLS_ONE || !strcmp (t->name, c->tool_chosen))
        json_array_append_new (tools, json_pack ("{s:s, s:{s:o, s:o, s:O}}", "type", "function", "function", "name",
                                                 aid_json_z (t->name), "description", aid_json_z (t->description),
                                                 "parameters", t->schema));
    }
  return tools;
}

static json_t *
think_of (const char *effort)
{
  if (!strcmp (effort, "none"))
    return json_false ();
  if (!strcmp (effort, "medium"))
    return json_string ("medium");
  return json_string (!strcmp (effort, "minimal") || !strcmp (effort, "low") ? "low" : "high");
}

static json_t *
options_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  json_t *options = json_pack ("{s:I}", "num_ctx", (json_int_t) context_of (ep, c, s)), *stop = aid_stop_words (s);
  if (s->max_tokens > 0)
    json_object_set_new (options, "num_predict", json_integer (s->max_tokens));
  if (s->temperature >= 0)
    json_object_set_new (options, "temperature", json_real (s->temperature));
  if (s->top_p > 0)
    json_object_set_new (options, "top_p", json_real (s->top_p));
  if (s->has_seed)
    json_object_set_new (options, "seed", json_integer (s->seed));
  if (stop)
    json_object_set_new (options, "stop", stop);
  return options;
}

static json_t *
body_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  json_t *messages = json_array (), *tools = tools_of (c);
  json_t *body = json_pack ("{s:o, s:b, s:O, s:o, s:o*}", "model", aid_json_z (ep->model), "stream", 1, "messages", messages,
                            "options", options_of (ep, c, s), "tools", tools);
  int ok = body != NULL;
  for (size_t i = 0; ok && i < c->messages.len; i++)
    ok = add_message (messages, &AID_VEC_AT (struct aid_message, &c->messages, i));
  if (ok && s->effort && !ep->no_reasoning)
    ok = !json_object_set_new (body, "think", think_of (s->effort));
  if (ok && c->output_name)
    ok = !json_object_set (body, "format", c->output_schema);
  json_decref (messages);
  if (ok)
    return body;
  json_decref (body);
  return NULL;
}

/* .../api/chat; people write the base alone, with /api, or with the /v1 of the server's other API. */
static enum aid_err
head_of (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e)
{
  struct aid_str base = AID_STR_INIT (8192);
  struct aid_span head = aid_span_trim (aid_span_z (ep->base_url));
  while (head.len && head.ptr[head.len - 1] == '/')
    head.len--;
  if (aid_span_ends (head, "/v1"))
    head.len -= 3;
  aid_str_addspan (&base, head);
  int whole = aid_span_ends (head, "/api") || aid_span_ends (head, "/api/chat");
  enum aid_err err = base.err ? aid_error_set (e, base.err, "The provider's url is too long.")
                              : aid_wire_url (out, aid_str_z (&base), whole ? "/chat" : "/api/chat", e);
  aid_str_free (&base);
  return err ? err : aid_wire_bearer (out, ep->key, e);
}

static enum aid_err
build (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
       struct aid_wire_request *out, struct aid_error *e)
{
  static const struct aid_request_kind kind = { body_of, head_of };
  return aid_wire_make (&kind, ep, c, s, out, e);
}

/* --- answers -------------------------------------------------------------------------------------------------------- */

struct ollama
{
  struct aid_decoder base;
  struct aid_think think;      /* models of old write their thinking into the text */
  struct aid_calls calls;
  struct aid_str thinking;
};

static void
on_split (void *user, int reasoning, struct aid_span v)
{
  aid_decoder_delta (user, reasoning ? AID_MODEL_REASONING : AID_MODEL_TEXT, v);
}

/* "thinking"; relays write it as their other API does. */
static void
read_thinking (struct ollama *o, const json_t *message)
{
  static const char *const members[] = { "thinking", "reasoning_content", "reasoning" };
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    {
      struct aid_span v = aid_json_span (message, members[i]);
      if (!v.len)
        continue;
      aid_decoder_delta (&o->base, AID_MODEL_REASONING, v);
      aid_str_addspan (&o->thinking, v);
      o->think.first = 0;
      return;
    }
}

static enum aid_err
read_message (struct ollama *o, const json_t *message, struct aid_error *e)
{
  const json_t *calls = json_object_get (message, "tool_calls"), *call;
  enum aid_err err = AID_OK;
  size_t i;
  read_thinking (o, message);
  aid_think_feed (&o->think, aid_json_span (message, "content"), on_split, &o->base);
  aid_calls_list (&o->calls);
  json_array_foreach (calls, i, call)
    {
      if (!err)
        err = aid_calls_delta (&o->calls, &o->base, call, e);
    }
  return err;
}

static void
read_end (struct ollama *o, const json_t *doc)
{
  struct aid_usage n = o->base.usage;
  struct aid_span word = aid_json_span (doc, "done_reason");
  n.input = aid_json_int (doc, "prompt_eval_count", n.input);
  n.output = aid_json_int (doc, "eval_count", n.output);
  aid_decoder_usage (&o->base, &n);
  enum aid_stop_reason stop = aid_span_eqz (word, "length") ? AID_STOP_LENGTH
                              : o->calls.slots.len          ? AID_STOP_TOOLS
                                                            : AID_STOP_END;
  aid_decoder_stop (&o->base, stop, word.len ? word : AID_SPAN ("stop"), (struct aid_span){ "", 0 });
  aid_decoder_done (&o->base);
}

static enum aid_err
on_frame (struct aid_decoder *d, enum aid_frame kind, struct aid_span event, const json_t *doc, struct aid_error *e)
{
  struct ollama *o = (struct ollama *) d;
  const json_t *message = json_object_get (doc, "message");
  (void) event;
  if (kind == AID_FRAME_DONE)
    return AID_OK;
  if (kind == AID_FRAME_BODY && !message && !d->faulty)
    return aid_error_set (e, AID_E_PARSE, "The server's answer is JSON, but not Ollama's: check \"url\" and \"wire\".");
  if (json_is_object (message))
    aid_decoder_start (d, aid_json_span (doc, "model"), (struct aid_span){ "", 0 });
  enum aid_err err = read_message (o, message, e);
  if (!err && aid_json_bool (doc, "done", 0))
    read_end (o, doc);
  return err;
}

static void
on_finish (struct aid_decoder *d)
{
  struct ollama *o = (struct ollama *) d;
  struct aid_str text = AID_STR_INIT ((size_t) 2 * AID_WIRE_KEEP_MAX);
  aid_think_end (&o->think, on_split, d);
  if (!o->calls.slots.len || !o->thinking.len || o->thinking.err)
    return;
  json_t *all = json_pack ("{s:o}", "thinking", aid_json_of_span (aid_str_span (&o->thinking)));
  if (!aid_json_dump (all, &text))
    aid_decoder_delta (d, AID_MODEL_REASONING_OPAQUE, aid_str_span (&text));
  json_decref (all);
  aid_str_free (&text);
}

static void
decoder_free (struct aid_decoder *d)
{
  struct ollama *o = (struct ollama *) d;
  if (!o)
    return;
  aid_decoder_close (d);
  aid_calls_free (&o->calls);
  aid_str_free (&o->thinking);
  free (o);
}

static void
thinks_first (struct aid_decoder *d)
{
  ((struct ollama *) d)->think.first = 1;
}

static struct aid_decoder *
decoder_new (aid_model_sink *sink, void *user)
{
  struct ollama *o = calloc (1, sizeof *o);
  if (!o)
    return NULL;
  o->base.on_frame = on_frame;
  o->base.on_finish = on_finish;
  o->thinking = AID_STR_INIT (AID_WIRE_KEEP_MAX);
  aid_calls_init (&o->calls);
  if (aid_decoder_init (&o->base, sink, user) && aid_decoder_take_lines (&o->base))
    return &o->base;
  decoder_free (&o->base);
  return NULL;
}

const struct aid_wire aid_wire_ollama = {
  .name = "ollama",
  .ends_itself = 1,
  .build = build,
  .decoder_new = decoder_new,
  .feed = aid_decoder_feed,
  .end = aid_decoder_end,
  .decoder_free = decoder_free,
  .thinks_first = thinks_first,
};
