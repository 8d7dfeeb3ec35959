/* The body of an OpenAI Responses request.  It is stateless: nothing is stored at the server, so the whole conversation is
   sent as items, the encrypted reasoning of earlier answers among them at the place where it stood. */
#include "model/wire_internal.h"
#include "base/json.h"

#define CALL_ID_MAX 64

/* --- items ---------------------------------------------------------------------------------------------------------- */

/* A message with one piece of content.  Takes CONTENT. */
static json_t *
message_item (const char *role, json_t *content)
{
  return json_pack ("{s:s, s:s, s:[o]}", "type", "message", "role", role, "content", content);
}

static json_t *
text_content (const char *type, json_t *text)
{
  return aid_json_two ("type", type, "text", text);
}

static json_t *
media_content (const struct aid_part *p)
{
  if (p->kind == AID_PART_IMAGE)
    return json_pack ("{s:s, s:s, s:o}", "type", "input_image", "detail", "auto", "image_url", aid_media_address (p));
  if (p->url)
    return json_pack ("{s:s, s:o}", "type", "input_file", "file_url", aid_json_z (p->url));
  return json_pack ("{s:s, s:o, s:o}", "type", "input_file", "filename", aid_json_z (p->name ? p->name : "file.pdf"),
                    "file_data", aid_media_address (p));
}

static json_t *
call_item (const struct aid_part *p)
{
  struct aid_span args = p->len ? (struct aid_span){ p->text, p->len } : AID_SPAN ("{}");
  return json_pack ("{s:s, s:o, s:o, s:o}", "type", "function_call", "call_id", aid_call_id (p, CALL_ID_MAX, 0), "name",
                    aid_json_z (p->name), "arguments", aid_json_of_span (args));
}

static json_t *
result_item (const struct aid_part *p)
{
  return json_pack ("{s:s, s:o, s:o}", "type", "function_call_output", "call_id", aid_call_id (p, CALL_ID_MAX, 0), "output",
                    aid_result_text (p));
}

/* --- answers -------------------------------------------------------------------------------------------------------- */

/* Reasoning that is encrypted, or told in full (open models): anything else lies at the server, which does not know it. */
static int
is_reasoning (const json_t *item)
{
  return aid_span_eqz (aid_json_span (item, "type"), "reasoning")
         && (aid_json_str (item, "encrypted_content") || json_array_size (json_object_get (item, "content")));
}

/* Members without a value are refused when they come back. */
static int
add_reasoning (void *input, json_t *item)
{
  const char *key;
  json_t *v;
  void *next;
  json_object_foreach_safe (item, next, key, v)
    {
      if (json_is_null (v))
        json_object_del (item, key);
    }
  return !json_array_append (input, item);
}

/* A place may tell the phase that the text was said in. */
static int
add_part (void *input, const struct aid_part *p, const json_t *place)
{
  int call = p->kind == AID_PART_TOOL_CALL;
  json_t *item = call ? call_item (p) : message_item ("assistant", text_content ("output_text", aid_part_string (p)));
  const char *phase = aid_json_str (place, "phase");
  if (!call && phase)
    json_object_set_new (item, "phase", aid_json_z (phase));
  return !json_array_append_new (input, item);
}

/* --- questions ------------------------------------------------------------------------------------------------------ */

/* Results first, then all that the user says as one message. */
static int
add_question (json_t *input, const struct aid_message *m)
{
  json_t *content = json_array ();
  int bad = 0;
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      if (p->kind == AID_PART_TOOL_RESULT)
        bad |= json_array_append_new (input, result_item (p));
      else if (p->kind == AID_PART_TEXT)
        bad |= json_array_append_new (content, text_content ("input_text", aid_part_string (p)));
      else if (p->kind == AID_PART_IMAGE || p->kind == AID_PART_PDF)
        bad |= json_array_append_new (content, media_content (p));
    }
  if (json_array_size (content))
    bad |= json_array_append_new (input, json_pack ("{s:s, s:s, s:O}", "type", "message", "role", "user", "content", content));
  json_decref (content);
  return !bad;
}

static int
add_input (json_t *body, const struct aid_conversation *c)
{
  static const struct aid_placer placer = { is_reasoning, add_reasoning, add_part };
  json_t *input = json_array ();
  int ok = 1;
  for (size_t i = 0; ok && i < c->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      if (m->role == AID_ROLE_SYSTEM)
        ok = !json_object_set_new (body, "instructions", aid_message_text (m));
      else
        ok = m->role == AID_ROLE_USER ? add_question (input, m) : aid_carried_place (m, &placer, input);
    }
  return !json_object_set_new (body, "input", input) && ok;
}

/* --- tools and settings --------------------------------------------------------------------------------------------- */

/* Schemas are taken as they are: "strict" would ask more of them than others do. */
static int
add_tools (json_t *body, const struct aid_conversation *c)
{
  static const char *const words[] = { NULL, "none", "required" };
  json_t *tools = c->tools.len ? json_array () : NULL;
  int bad = 0;
  for (size_t i = 0; i < c->tools.len; i++)
    {
      const struct aid_tool *t = &AID_VEC_AT (struct aid_tool, &c->tools, i);
      bad |= json_array_append_new (tools, json_pack ("{s:s, s:o, s:o, s:O, s:b}", "type", "function", "name",
                                                      aid_json_z (t->name), "description", aid_json_z (t->description),
                                                      "parameters", t->schema, "strict", 0));
    }
  if (!tools)
    return 1;
  bad |= json_object_set_new (body, "tools", tools);
  if (c->tool_choice == AID_TOOLS_ONE)
    bad |= json_object_set_new (body, "tool_choice", json_pack ("{s:s, s:o}", "type", "function", "name",
                                                                aid_json_z (c->tool_chosen)));
  else if (words[c->tool_choice])
    bad |= json_object_set_new (body, "tool_choice", json_string (words[c->tool_choice]));
  if (c->one_call)
    bad |= json_object_set_new (body, "parallel_tool_calls", json_false ());
  return !bad;
}

static int
add_settings (json_t *body, const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  int reasons = aid_openai_may_reason (ep->model), fixed = reasons && aid_openai_is_fixed (ep->model, s->effort), bad = 0;
  if (s->max_tokens > 0)
    bad |= json_object_set_new (body, "max_output_tokens", json_integer (s->max_tokens));
  if (s->temperature >= 0 && !fixed)
    bad |= json_object_set_new (body, "temperature", json_real (s->temperature));
  if (s->top_p > 0 && !fixed)
    bad |= json_object_set_new (body, "top_p", json_real (s->top_p));
  if (s->effort && reasons)
    bad |= json_object_set_new (body, "reasoning", json_pack ("{s:o, s:s}", "effort", aid_json_z (s->effort), "summary",
                                                              "auto"));
  if (reasons)                 /* others refuse to encrypt any */
    bad |= json_object_set_new (body, "include", json_pack ("[s]", "reasoning.encrypted_content"));
  if (c->output_name)
    bad |= json_object_set_new (body, "text", json_pack ("{s:{s:s, s:o, s:O, s:b}}", "format", "type", "json_schema", "name",
                                                         aid_json_z (c->output_name), "schema", c->output_schema, "strict", 1));
  return !bad;
}

static json_t *
body_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  char prefix[17];
  aid_conversation_prefix (c, prefix);
  json_t *body = json_pack ("{s:o, s:b, s:b, s:s}", "model", aid_json_z (ep->model), "stream", 1, "store", 0,
                            "prompt_cache_key", prefix);
  if (body && add_input (body, c) && add_tools (body, c) && add_settings (body, ep, c, s))
    return body;
  json_decref (body);
  return NULL;
}

static enum aid_err
head_of (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e)
{
  return aid_openai_head (out, ep, "/responses", e);
}

enum aid_err
aid_responses_build (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
                     struct aid_wire_request *out, struct aid_error *e)
{
  static const struct aid_request_kind kind = { body_of, head_of };
  return aid_wire_make (&kind, ep, c, s, out, e);
}
