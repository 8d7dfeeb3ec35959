/* The body of a Chat Completions request.  Members that not every compatible server knows are sent only when somebody set
   them; what a server wants otherwise is written in "extra", which is merged last. */
#include "model/wire_internal.h"
#include "base/json.h"

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

static json_t *
calls_of (const struct aid_message *m)
{
  json_t *calls = json_array ();
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      struct aid_span args = p->len ? (struct aid_span){ p->text, p->len } : AID_SPAN ("{}");
      if (p->kind == AID_PART_TOOL_CALL)
        json_array_append_new (calls, json_pack ("{s:o, s:s, s:{s:o, s:o}}", "id", aid_json_z (p->id), "type", "function",
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
add_results (json_t *messages, const struct aid_message *m)
{
  int bad = 0;
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      if (p->kind != AID_PART_TOOL_RESULT)
        continue;
      struct aid_str text = AID_STR_INIT (p->len + 16);
      aid_str_addz (&text, p->is_error ? "Error: " : "");
      aid_str_add (&text, p->text, p->len);
      json_t *result = json_pack ("{s:s, s:o, s:o}", "role", "tool", "tool_call_id", aid_json_z (p->id), "content",
                                  aid_json_of_span (aid_str_span (&text)));
      bad |= json_array_append_new (messages, result);
      aid_str_free (&text);
    }
  return !bad;
}

static int
add_message (json_t *messages, const struct aid_message *m)
{
  static const char *const roles[] = { "system", "user", "assistant" };
  if (m->role == AID_ROLE_USER && !add_results (messages, m))
    return 0;
  json_t *text = aid_message_text (m);
  json_t *calls = m->role == AID_ROLE_ASSISTANT ? calls_of (m) : NULL;
  if (!text && !calls)
    return 1;
  json_t *message = json_pack ("{s:s, s:o*}", "role", roles[m->role], "content", text);
  int bad = !message;
  if (!text)
    bad |= json_object_set_new (message, "content", json_null ());
  if (calls)
    bad |= json_object_set_new (message, "tool_calls", calls) | !add_reasoning (message, m);
  return !(json_array_append_new (messages, message) | bad);
}

/* OpenAI itself refuses max_tokens for its newer models; most other servers know only that. */
static const char *
limit_member (const char *base_url)
{
  return aid_span_starts (aid_span_z (base_url), "https://api.openai.com/") ? "max_completion_tokens" : "max_tokens";
}

static int
add_sampling (json_t *body, const struct aid_endpoint *ep, const struct aid_sampling *s)
{
  int bad = 0;
  if (s->max_tokens > 0)
    bad |= json_object_set_new (body, limit_member (ep->base_url), json_integer (s->max_tokens));
  if (s->temperature >= 0)
    bad |= json_object_set_new (body, "temperature", json_real (s->temperature));
  if (s->top_p > 0)
    bad |= json_object_set_new (body, "top_p", json_real (s->top_p));
  if (s->effort)
    bad |= json_object_set_new (body, "reasoning_effort", aid_json_z (s->effort));
  return !bad;
}

static json_t *
body_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  json_t *messages = json_array ();
  json_t *body = json_pack ("{s:o, s:b, s:{s:b}, s:O}", "model", aid_json_z (ep->model), "stream", 1, "stream_options",
                            "include_usage", 1, "messages", messages);
  int ok = body && add_sampling (body, ep, s);
  for (size_t i = 0; ok && i < c->messages.len; i++)
    ok = add_message (messages, &AID_VEC_AT (struct aid_message, &c->messages, i));
  json_decref (messages);
  if (ok)
    return body;
  json_decref (body);
  return NULL;
}

enum aid_err
aid_openai_chat_build (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
                       struct aid_wire_request *out, struct aid_error *e)
{
  struct aid_conversation sent;
  aid_wire_request_init (out);
  enum aid_err err = aid_conversation_normalise (c, &sent, e);
  json_t *body = err ? NULL : body_of (ep, &sent, s);
  if (!err && !body)
    err = aid_error_set (e, AID_E_NOMEM, "no memory for the request");
  if (!err)
    err = aid_wire_url (out, ep->base_url, "/chat/completions", e);
  if (!err)
    err = aid_wire_bearer (out, ep->key, e);
  if (!err)
    err = aid_wire_finish (out, body, ep, e);
  json_decref (body);
  aid_conversation_free (&sent);
  if (err)
    aid_wire_request_free (out);
  return err;
}
