/* The body of an Anthropic Messages request.  Turns alternate and hold blocks; thinking goes back as it came, signature
   included; what stays the same from question to question is marked for the server's cache. */
#include "model/wire_internal.h"
#include "base/json.h"

#define VERSION_DEFAULT "2023-06-01"
#define VERSION_WITHOUT_SAMPLING "2026-10-21"   /* from it on, temperature and top_p are refused whatever their value */
#define MAX_TOKENS_DEFAULT 8192

static json_t *
text_block (const struct aid_part *p)
{
  return json_pack ("{s:s, s:o}", "type", "text", "text", aid_json_of_span ((struct aid_span){ p->text, p->len }));
}

static json_t *
call_block (const struct aid_part *p)
{
  json_t *input = p->len ? aid_json_object_of (p->text) : json_object ();
  if (!input)   /* the model wrote no JSON object: it shall see what it wrote */
    input = json_pack ("{s:o}", "arguments", aid_json_of_span ((struct aid_span){ p->text, p->len }));
  return json_pack ("{s:s, s:o, s:o, s:o}", "type", "tool_use", "id", aid_json_z (p->id), "name", aid_json_z (p->name),
                    "input", input);
}

static json_t *
result_block (const struct aid_part *p)
{
  json_t *block = json_pack ("{s:s, s:o, s:b}", "type", "tool_result", "tool_use_id", aid_json_z (p->id), "is_error",
                             p->is_error);
  if (p->len)   /* empty content is refused, none is not */
    json_object_set_new (block, "content", aid_json_of_span ((struct aid_span){ p->text, p->len }));
  return block;
}

/* OPAQUE is an array of this API's own thinking blocks (or another API's, which is passed over). */
static int
add_thinking (json_t *blocks, const char *opaque)
{
  json_t *all = json_loads (opaque, JSON_ALLOW_NUL, NULL), *block;
  size_t i;
  int bad = 0;
  json_array_foreach (all, i, block)
    {
      struct aid_span type = aid_json_span (block, "type");
      if ((aid_span_eqz (type, "thinking") && aid_json_str (block, "thinking") && aid_json_str (block, "signature"))
          || (aid_span_eqz (type, "redacted_thinking") && aid_json_str (block, "data")))
        bad |= json_array_append (blocks, block);
    }
  json_decref (all);
  return !bad;
}

/* Adds M's blocks, tool results before all else. */
static int
add_blocks (json_t *blocks, const struct aid_message *m)
{
  int bad = 0;
  for (int results = 1; results >= 0; results--)
    for (size_t i = 0; i < m->parts.len; i++)
      {
        const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
        if ((p->kind == AID_PART_TOOL_RESULT) != results)
          continue;
        if (results)
          bad |= json_array_append_new (blocks, result_block (p));
        else if (p->kind == AID_PART_REASONING)
          bad |= !add_thinking (blocks, p->opaque);
        else if (p->kind == AID_PART_TOOL_CALL)
          bad |= json_array_append_new (blocks, call_block (p));
        else
          bad |= json_array_append_new (blocks, text_block (p));
      }
  return !bad;
}

/* Marks the last of BLOCKS as the end of what the server shall cache. */
static void
mark_cached (json_t *blocks)
{
  json_t *last = json_array_get (blocks, json_array_size (blocks) - 1);
  if (last)
    json_object_set_new (last, "cache_control", json_pack ("{s:s}", "type", "ephemeral"));
}

/* The question before the last stays as it is; the last one's context may be different when it is asked again. */
static void
mark_question_before (json_t *messages)
{
  int seen = 0;
  for (size_t i = json_array_size (messages); i-- > 0;)
    {
      json_t *m = json_array_get (messages, i);
      if (aid_span_eqz (aid_json_span (m, "role"), "user") && ++seen == 2)
        {
          mark_cached (json_object_get (m, "content"));
          return;
        }
    }
}

static json_t *
body_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  const char *version = ep->version ? ep->version : VERSION_DEFAULT;
  json_t *messages = json_array ();
  int64_t max_tokens = s->max_tokens > 0 ? s->max_tokens : MAX_TOKENS_DEFAULT;
  json_t *body = json_pack ("{s:o, s:I, s:b}", "model", aid_json_z (ep->model), "max_tokens", (json_int_t) max_tokens,
                            "stream", 1);
  int bad = !body;
  if (s->temperature >= 0 && strcmp (version, VERSION_WITHOUT_SAMPLING) < 0)
    bad |= json_object_set_new (body, "temperature", json_real (s->temperature));
  if (s->top_p > 0 && strcmp (version, VERSION_WITHOUT_SAMPLING) < 0)
    bad |= json_object_set_new (body, "top_p", json_real (s->top_p));
  if (s->effort)
    bad |= json_object_set_new (body, "output_config", json_pack ("{s:o}", "effort", aid_json_z (s->effort)));
  for (size_t i = 0; !bad && i < c->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      json_t *blocks = json_array ();
      bad |= !add_blocks (blocks, m);
      if (m->role == AID_ROLE_SYSTEM)
        {
          mark_cached (blocks);
          bad |= json_object_set_new (body, "system", blocks);
        }
      else
        {
          const char *role = m->role == AID_ROLE_USER ? "user" : "assistant";
          bad |= json_array_append_new (messages, json_pack ("{s:s, s:o}", "role", role, "content", blocks));
        }
    }
  mark_question_before (messages);
  bad |= json_object_set_new (body, "messages", messages);
  if (!bad)
    return body;
  json_decref (body);
  return NULL;
}

/* The API's address is .../v1/messages; people write its base with and without the version. */
static enum aid_err
set_url (struct aid_wire_request *out, const char *base, struct aid_error *e)
{
  struct aid_span head = aid_span_trim (aid_span_z (base));
  ptrdiff_t mark = aid_span_find (head, AID_SPAN ("?"));
  if (mark >= 0)
    head.len = (size_t) mark;
  while (head.len && head.ptr[head.len - 1] == '/')
    head.len--;
  int versioned = aid_span_ends (head, "/v1") || aid_span_ends (head, "/messages");
  return aid_wire_url (out, base, versioned ? "/messages" : "/v1/messages", e);
}

enum aid_err
aid_anthropic_build (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
                     struct aid_wire_request *out, struct aid_error *e)
{
  struct aid_conversation sent;
  aid_wire_request_init (out);
  enum aid_err err = aid_conversation_normalise (c, &sent, e);
  json_t *body = err ? NULL : body_of (ep, &sent, s);
  if (!err && !body)
    err = aid_error_set (e, AID_E_NOMEM, "no memory for the request");
  if (!err)
    err = set_url (out, ep->base_url, e);
  if (!err && ep->key && *ep->key)
    err = aid_wire_header (out, "x-api-key", ep->key, e);
  if (!err)
    err = aid_wire_header (out, "anthropic-version", ep->version ? ep->version : VERSION_DEFAULT, e);
  if (!err)
    err = aid_wire_finish (out, body, ep, e);
  json_decref (body);
  aid_conversation_free (&sent);
  if (err)
    aid_wire_request_free (out);
  return err;
}
