/* The body of a Chat Completions request.  What some servers want differently is openai_dialect.c's to know; what one wants
   otherwise is written in "extra", which is merged last. */
#include "model/wire_internal.h"
#include "base/json.h"

#define CALL_ID_MAX 40         /* what OpenAI itself takes */
#define ANY_ID_MAX 4096

/* How the messages of one request are written. */
struct style
{
  unsigned does;
  int marks;                   /* cache_control is written */
};

/* --- reasoning ------------------------------------------------------------------------------------------------------ */

/* What a part's opaque JSON may put into an assistant's message: the members in which servers want their reasoning back,
   which they do only beside tool calls (and a server of another make may refuse them).  "content" is Mistral's: chunks of
   thinking before the text. */
static int
add_reasoning (json_t *message, const struct aid_message *m)
{
  static const char *const strings[] = { "reasoning_content", "reasoning" };
  int bad = 0;
  for (size_t i = 0; i < m->parts.len; i++)
    {
      json_t *o = aid_json_object_of (AID_VEC_AT (struct aid_part, &m->parts, i).opaque);
      for (size_t k = 0; k < 2; k++)
        if (json_is_string (json_object_get (o, strings[k])))
          bad |= json_object_set (message, strings[k], json_object_get (o, strings[k]));
      json_t *details = json_object_get (o, "reasoning_details"), *have = json_object_get (message, "reasoning_details");
      if (json_is_array (details))
        bad |= have ? json_array_extend (have, details) : json_object_set (message, "reasoning_details", details);
      json_t *chunks = json_object_get (o, "content"), *text = json_object_get (message, "content");
      if (json_is_array (chunks) && json_is_string (text))
        bad |= json_array_append_new (chunks, json_pack ("{s:s, s:O}", "type", "text", "text", text));
      if (json_is_array (chunks) && !json_is_array (text))
        bad |= json_object_set (message, "content", chunks);
      json_decref (o);
    }
  return !bad;
}

/* --- tools ---------------------------------------------------------------------------------------------------------- */

static json_t *
id_of (const struct aid_part *p, const struct style *style)
{
  if (style->does & (AID_OPENAI_STRICT | AID_OPENAI_NINE))
    return aid_call_id (p, CALL_ID_MAX, (style->does & AID_OPENAI_NINE) != 0);
  return p->id && strlen (p->id) <= ANY_ID_MAX ? aid_json_z (p->id) : aid_call_id (p, ANY_ID_MAX, 0);
}

static json_t *
calls_of (const struct aid_message *m, const struct style *style)
{
  json_t *calls = json_array ();
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      struct aid_span args = p->len ? (struct aid_span){ p->text, p->len } : AID_SPAN ("{}");
      if (p->kind == AID_PART_TOOL_CALL)
        json_array_append_new (calls, json_pack ("{s:o, s:s, s:{s:o, s:o}}", "id", id_of (p, style), "type", "function",
                                                 "function", "name", aid_json_z (p->name), "arguments",
                                                 aid_json_of_span (args)));
    }
  if (json_array_size (calls))
    return calls;
  json_decref (calls);
  return NULL;
}

/* The results of tools come before what the user says: they answer the message before. */
static int
add_results (json_t *messages, const struct aid_message *m, const struct style *style)
{
  int bad = 0;
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      if (p->kind != AID_PART_TOOL_RESULT)
        continue;
      bad |= json_array_append_new (messages, json_pack ("{s:s, s:o, s:o}", "role", "tool", "tool_call_id", id_of (p, style),
                                                         "content", aid_result_text (p)));
    }
  return !bad;
}

static json_t *
tools_of (const struct aid_conversation *c)
{
  json_t *tools = json_array ();
  for (size_t i = 0; i < c->tools.len; i++)
    {
      const struct aid_tool *t = &AID_VEC_AT (struct aid_tool, &c->tools, i);
      json_array_append_new (tools, json_pack ("{s:s, s:{s:o, s:o, s:O}}", "type", "function", "function", "name",
                                               aid_json_z (t->name), "description", aid_json_z (t->description),
                                               "parameters", t->schema));
    }
  return tools;
}

static int
add_tools (json_t *body, const struct aid_conversation *c)
{
  static const char *const words[] = { NULL, "none", "required" };
  int bad = 0;
  if (!c->tools.len)
    return 1;
  bad |= json_object_set_new (body, "tools", tools_of (c));
  if (c->tool_choice == AID_TOOLS_ONE)
    bad |= json_object_set_new (body, "tool_choice", json_pack ("{s:s, s:{s:o}}", "type", "function", "function", "name",
                                                                aid_json_z (c->tool_chosen)));
  else if (words[c->tool_choice])
    bad |= json_object_set_new (body, "tool_choice", json_string (words[c->tool_choice]));
  if (c->one_call)
    bad |= json_object_set_new (body, "parallel_tool_calls", json_false ());
  return !bad;
}

/* --- messages ------------------------------------------------------------------------------------------------------- */

static json_t *
text_chunk (json_t *text)
{
  return aid_json_two ("type", "text", "text", text);
}

static json_t *
media_chunk (const struct aid_part *p, const struct style *style)
{
  if (p->kind == AID_PART_IMAGE)
    return json_pack ("{s:s, s:{s:o}}", "type", "image_url", "image_url", "url", aid_media_address (p));
  if (style->does & AID_OPENAI_DOCUMENTS)
    return json_pack ("{s:s, s:o}", "type", "document_url", "document_url", aid_media_address (p));
  if ((style->does & AID_OPENAI_FILES) && p->bytes)
    return json_pack ("{s:s, s:{s:o, s:o}}", "type", "file", "file", "filename", aid_json_z (p->name ? p->name : "file.pdf"),
                      "file_data", aid_media_address (p));
  return text_chunk (aid_media_excuse (p));
}

/* Whether a plain string cannot say what M does. */
static int
wants_chunks (const struct aid_message *m, const struct style *style)
{
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      if (p->kind == AID_PART_IMAGE || p->kind == AID_PART_PDF || (p->kind == AID_PART_TEXT && style->marks && p->stable))
        return 1;
    }
  return 0;
}

/* M's texts, images and PDFs as an array of chunks. */
static json_t *
chunks_of (const struct aid_message *m, const struct style *style)
{
  json_t *chunks = json_array ();
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      json_t *chunk = p->kind == AID_PART_TEXT ? text_chunk (aid_part_string (p)) : NULL;
      if (p->kind == AID_PART_IMAGE || p->kind == AID_PART_PDF)
        chunk = media_chunk (p, style);
      if (!chunk)
        continue;
      if (style->marks && p->stable)
        json_object_set_new (chunk, "cache_control", json_pack ("{s:s}", "type", "ephemeral"));
      json_array_append_new (chunks, chunk);
    }
  return chunks;
}

static int
add_message (json_t *messages, const struct aid_message *m, const struct style *style)
{
  static const char *const roles[] = { "system", "user", "assistant" };
  if (m->role == AID_ROLE_USER && !add_results (messages, m, style))
    return 0;
  json_t *calls = m->role == AID_ROLE_ASSISTANT ? calls_of (m, style) : NULL;
  json_t *content = !calls && wants_chunks (m, style) ? chunks_of (m, style) : aid_message_text (m);
  if (!content && !calls)
    return 1;
  json_t *message = aid_json_two ("role", roles[m->role], "content", content ? content : json_null ());
  int bad = !message;
  if (calls)
    bad |= json_object_set_new (message, "tool_calls", calls) | !add_reasoning (message, m);
  return !(json_array_append_new (messages, message) | bad);
}

/* A server that knows no schemas is told of it in words, which must name JSON. */
static json_t *
schema_in_words (const json_t *schema)
{
  struct aid_str words = AID_STR_INIT (4u << 20);
  aid_str_addz (&words, "Answer with one JSON document and nothing else. It must fit this JSON Schema:\n");
  aid_json_dump (schema, &words);
  json_t *v = json_pack ("{s:s, s:o}", "role", "system", "content", aid_json_of_span (aid_str_span (&words)));
  aid_str_free (&words);
  return v;
}

static int
add_output (json_t *body, json_t *messages, const struct aid_conversation *c, unsigned does)
{
  if (!c->output_name)
    return 1;
  if (does & AID_OPENAI_ANY_JSON)
    return !(json_array_insert_new (messages, 0, schema_in_words (c->output_schema))
             | json_object_set_new (body, "response_format", json_pack ("{s:s}", "type", "json_object")));
  return !json_object_set_new (body, "response_format",
                               json_pack ("{s:s, s:{s:o, s:O, s:b}}", "type", "json_schema", "json_schema", "name",
                                          aid_json_z (c->output_name), "schema", c->output_schema, "strict", 1));
}

/* Marks for the cache are written when the model behind the router takes them. */
static int
add_messages (json_t *messages, const struct aid_endpoint *ep, const struct aid_conversation *c, unsigned does)
{
  struct style style = { does, (does & AID_OPENAI_CACHE_MARKS) && aid_span_starts (aid_span_z (ep->model), "anthropic/") };
  int ok = 1;
  for (size_t i = 0; ok && i < c->messages.len; i++)
    ok = add_message (messages, &AID_VEC_AT (struct aid_message, &c->messages, i), &style);
  return ok;
}

/* --- the request ---------------------------------------------------------------------------------------------------- */

static json_t *
body_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  unsigned does = aid_openai_dialect (ep);
  json_t *messages = json_array (), *body = json_pack ("{s:o, s:b, s:O}", "model", aid_json_z (ep->model), "stream", 1,
                                                       "messages", messages);
  char prefix[17];
  int ok = body && aid_openai_add_sampling (body, ep, s) && add_messages (messages, ep, c, does) && add_tools (body, c)
           && add_output (body, messages, c, does);
  if (ok && !(does & AID_OPENAI_NO_OPTIONS))
    ok = !json_object_set_new (body, "stream_options", json_pack ("{s:b}", "include_usage", 1));
  if (ok && (does & AID_OPENAI_CACHE_KEY))
    {
      aid_conversation_prefix (c, prefix);
      ok = !json_object_set_new (body, "prompt_cache_key", json_string (prefix));
    }
  json_decref (messages);
  if (ok)
    return body;
  json_decref (body);
  return NULL;
}

static enum aid_err
head_of (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e)
{
  return aid_openai_head (out, ep, "/chat/completions", e);
}

enum aid_err
aid_openai_chat_build (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
                       struct aid_wire_request *out, struct aid_error *e)
{
  static const struct aid_request_kind kind = { body_of, head_of };
  return aid_wire_make (&kind, ep, c, s, out, e);
}
