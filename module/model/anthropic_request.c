/* The body of an Anthropic Messages request.  Turns alternate and hold blocks; thinking goes back as it came, signature
   included, at the place where it stood; the ends of what will be sent again are marked for the server's cache. */
#include "model/wire_internal.h"
#include "base/json.h"

#define VERSION_DEFAULT "2023-06-01"
#define VERSION_WITHOUT_SAMPLING "2026-10-21"   /* from it on, temperature and top_p are refused whatever their value */
#define MAX_TOKENS_DEFAULT 8192
#define MAX_TOKENS_THINKING 32000               /* thinking counts, too */
#define CALL_ID_MAX 256

/* --- blocks --------------------------------------------------------------------------------------------------------- */

static json_t *
text_block (json_t *text)
{
  return aid_json_two ("type", "text", "text", text);
}

static json_t *
call_block (const struct aid_part *p)
{
  return json_pack ("{s:s, s:o, s:o, s:o}", "type", "tool_use", "id", aid_call_id (p, CALL_ID_MAX, 0), "name",
                    aid_json_z (p->name), "input", aid_call_arguments (p));
}

static json_t *
result_block (const struct aid_part *p)
{
  json_t *block = json_pack ("{s:s, s:o, s:b}", "type", "tool_result", "tool_use_id", aid_call_id (p, CALL_ID_MAX, 0),
                             "is_error", p->is_error);
  if (p->len)   /* empty content is refused, none is not */
    json_object_set_new (block, "content", aid_part_string (p));
  return block;
}

static json_t *
media_block (const struct aid_part *p)
{
  int document = p->kind == AID_PART_PDF;
  json_t *source = p->bytes ? json_pack ("{s:s, s:o, s:o}", "type", "base64", "media_type", aid_json_z (p->media), "data",
                                         aid_media_base64 (p))
                            : json_pack ("{s:s, s:o}", "type", "url", "url", aid_json_z (p->url));
  json_t *block = json_pack ("{s:s, s:o}", "type", document ? "document" : "image", "source", source);
  if (document && p->name)
    json_object_set_new (block, "title", aid_json_z (p->name));
  return block;
}

static json_t *
block_of (const struct aid_part *p)
{
  switch (p->kind)
    {
    case AID_PART_TOOL_CALL:
      return call_block (p);
    case AID_PART_TOOL_RESULT:
      return result_block (p);
    case AID_PART_IMAGE:
    case AID_PART_PDF:
      return media_block (p);
    default:
      return text_block (aid_part_string (p));
    }
}

/* Marks BLOCK as the end of what the server shall cache. */
static void
mark_cached (json_t *block)
{
  json_object_set_new (block, "cache_control", json_pack ("{s:s}", "type", "ephemeral"));
}

/* --- messages ------------------------------------------------------------------------------------------------------- */

/* Thinking blocks of this API; those of another, and anything that a forged file may hold, are passed over. */
static int
is_thinking (const json_t *item)
{
  struct aid_span type = aid_json_span (item, "type");
  return (aid_span_eqz (type, "thinking") && aid_json_str (item, "thinking") && aid_json_str (item, "signature"))
         || (aid_span_eqz (type, "redacted_thinking") && aid_json_str (item, "data"));
}

static int
add_item (void *blocks, json_t *item)
{
  return !json_array_append (blocks, item);
}

static int
add_part (void *blocks, const struct aid_part *p, const json_t *place)
{
  json_t *block = block_of (p);
  (void) place;
  if (p->stable)
    mark_cached (block);
  return !json_array_append_new (blocks, block);
}

static json_t *
blocks_of (const struct aid_message *m)
{
  static const struct aid_placer placer = { is_thinking, add_item, add_part };
  json_t *blocks = json_array ();
  int ok = 1;
  if (m->role == AID_ROLE_ASSISTANT)
    ok = aid_carried_place (m, &placer, blocks);
  else   /* tool results before all else */
    for (int results = 1; results >= 0; results--)
      for (size_t i = 0; i < m->parts.len; i++)
        {
          const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
          if ((p->kind == AID_PART_TOOL_RESULT) == results && p->kind != AID_PART_REASONING)
            ok = ok && add_part (blocks, p, NULL);
        }
  if (ok)
    return blocks;
  json_decref (blocks);
  return NULL;
}

static int
add_messages (json_t *body, const struct aid_conversation *c)
{
  json_t *messages = json_array ();
  int bad = 0;
  for (size_t i = 0; !bad && i < c->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      json_t *blocks = blocks_of (m);
      if (m->role == AID_ROLE_SYSTEM)
        bad |= json_object_set_new (body, "system", blocks);
      else
        bad |= json_array_append_new (messages, aid_json_two ("role", m->role == AID_ROLE_USER ? "user" : "assistant",
                                                              "content", blocks));
    }
  return !(json_object_set_new (body, "messages", messages) | bad);
}

/* --- tools and settings --------------------------------------------------------------------------------------------- */

/* Tools come first in the cached prefix: a mark on the system prompt covers them, without one the last tool needs it. */
static int
add_tools (json_t *body, const struct aid_conversation *c)
{
  static const char *const words[] = { "auto", "none", "any", "tool" };
  json_t *tools = c->tools.len ? json_array () : NULL, *choice = NULL;
  for (size_t i = 0; i < c->tools.len; i++)
    {
      const struct aid_tool *t = &AID_VEC_AT (struct aid_tool, &c->tools, i);
      json_t *tool = json_pack ("{s:o, s:o, s:O}", "name", aid_json_z (t->name), "description", aid_json_z (t->description),
                                "input_schema", t->schema);
      if (i + 1 == c->tools.len && !json_object_get (body, "system"))
        mark_cached (tool);
      json_array_append_new (tools, tool);
    }
  if (!tools)
    return 1;
  int bad = json_object_set_new (body, "tools", tools);
  if (c->tool_choice != AID_TOOLS_AUTO || c->one_call)
    choice = json_pack ("{s:s}", "type", words[c->tool_choice]);
  if (choice && c->tool_choice == AID_TOOLS_ONE)
    bad |= json_object_set_new (choice, "name", aid_json_z (c->tool_chosen));
  if (choice && c->one_call && c->tool_choice != AID_TOOLS_NONE)
    bad |= json_object_set_new (choice, "disable_parallel_tool_use", json_true ());
  return !(bad || (choice && json_object_set_new (body, "tool_choice", choice)));
}

/* Tokens of the whole answer, thinking included; the newest models think unasked. */
static int64_t
most_of (const struct aid_endpoint *ep, const struct aid_sampling *s, int thinks)
{
  int more = thinks || (aid_anthropic_dialect (ep->model) & AID_ANTHROPIC_NO_SAMPLING);
  return s->max_tokens > 0 ? s->max_tokens : more ? MAX_TOKENS_THINKING : MAX_TOKENS_DEFAULT;
}

/* Effort goes with thinking, which a forced call of a tool forbids, and too small an answer. */
static int
thinks (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  unsigned does = aid_anthropic_dialect (ep->model);
  int forced = c->tools.len && (c->tool_choice == AID_TOOLS_ANY || c->tool_choice == AID_TOOLS_ONE);
  if (!s->effort || !strcmp (s->effort, "none") || forced || !(does & AID_ANTHROPIC_THINKS))
    return 0;
  return !(does & AID_ANTHROPIC_BUDGET) || aid_anthropic_budget (s->effort, most_of (ep, s, 1)) >= AID_ANTHROPIC_BUDGET_MIN;
}

static json_t *
thinking_of (const struct aid_endpoint *ep, const struct aid_sampling *s)
{
  if (!(aid_anthropic_dialect (ep->model) & AID_ANTHROPIC_BUDGET))
    return json_pack ("{s:s, s:s}", "type", "adaptive", "display", "summarized");
  json_int_t budget = aid_anthropic_budget (s->effort, most_of (ep, s, 1));
  return json_pack ("{s:s, s:I}", "type", "enabled", "budget_tokens", budget);
}

static int
add_output (json_t *body, const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  unsigned does = aid_anthropic_dialect (ep->model);
  json_t *output = json_object ();
  int none = s->effort && !strcmp (s->effort, "none"), bad = 0;
  if (s->effort && !none && (does & AID_ANTHROPIC_EFFORT))
    bad |= json_object_set_new (output, "effort", aid_json_z (strcmp (s->effort, "minimal") ? s->effort : "low"));
  if (c->output_name)
    bad |= json_object_set_new (output, "format", json_pack ("{s:s, s:O}", "type", "json_schema", "schema", c->output_schema));
  if (json_object_size (output))
    bad |= json_object_set (body, "output_config", output);
  if (thinks (ep, c, s))
    bad |= json_object_set_new (body, "thinking", thinking_of (ep, s));
  else if (none && (does & AID_ANTHROPIC_THINKS) && !(does & AID_ANTHROPIC_ALWAYS))
    bad |= json_object_set_new (body, "thinking", json_pack ("{s:s}", "type", "disabled"));
  json_decref (output);
  return !bad;
}

/* A model that thinks draws by itself. */
static int
add_sampling (json_t *body, const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  const char *version = ep->version ? ep->version : VERSION_DEFAULT;
  unsigned does = aid_anthropic_dialect (ep->model);
  int drawn = strcmp (version, VERSION_WITHOUT_SAMPLING) < 0 && !(does & AID_ANTHROPIC_NO_SAMPLING) && !thinks (ep, c, s);
  int one = s->temperature >= 0 && (does & AID_ANTHROPIC_ONE_SAMPLER), bad = 0;
  json_t *stop = aid_stop_words (s);
  if (s->temperature >= 0 && drawn)
    bad |= json_object_set_new (body, "temperature", json_real (s->temperature));
  if (s->top_p > 0 && drawn && !one)
    bad |= json_object_set_new (body, "top_p", json_real (s->top_p));
  if (stop)
    bad |= json_object_set_new (body, "stop_sequences", stop);
  return !bad;
}

/* --- the request ---------------------------------------------------------------------------------------------------- */

static json_t *
body_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  json_int_t most = most_of (ep, s, thinks (ep, c, s));
  json_t *body = json_pack ("{s:o, s:I, s:b}", "model", aid_json_z (ep->model), "max_tokens", most, "stream", 1);
  if (body && add_messages (body, c) && add_tools (body, c) && add_output (body, ep, c, s) && add_sampling (body, ep, c, s))
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

static enum aid_err
head_of (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e)
{
  enum aid_err err = set_url (out, ep->base_url, e);
  if (!err && ep->key && *ep->key)
    err = aid_wire_header (out, "x-api-key", ep->key, e);
  return err ? err : aid_wire_header (out, "anthropic-version", ep->version ? ep->version : VERSION_DEFAULT, e);
}

enum aid_err
aid_anthropic_build (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
                     struct aid_wire_request *out, struct aid_error *e)
{
  static const struct aid_request_kind kind = { body_of, head_of };
  return aid_wire_make (&kind, ep, c, s, out, e);
}
