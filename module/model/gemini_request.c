/* The body of a Gemini request (generateContent, streamed as events).  Turns hold parts; a part may carry a signature of the
   model's thoughts, which goes back on the same part. */
#include "model/wire_internal.h"
#include "base/json.h"

#define VERSION "/v1beta"
#define MODELS "/models/"
#define CALL_ID_MAX 256
#define URL_MAX_BYTES 4096
#define PRO_BUDGET_MIN 128      /* tokens of thinking that Gemini 2.5 Pro wants at least */

/* What the API takes in place of a signature of calls that another model made. */
#define NO_SIGNATURE "skip_thought_signature_validator"

/* --- parts ---------------------------------------------------------------------------------------------------------- */

static json_t *
text_part (const struct aid_part *p)
{
  return json_pack ("{s:o}", "text", aid_part_string (p));
}

/* Ids that were made up here mean nothing there. */
static json_t *
with_id (json_t *call, const struct aid_part *p)
{
  if (!aid_call_id_is_ours (p->id))
    json_object_set_new (call, "id", aid_call_id (p, CALL_ID_MAX, 0));
  return call;
}

static json_t *
call_part (const struct aid_part *p)
{
  json_t *call = json_pack ("{s:o, s:o}", "name", aid_json_z (p->name), "args", aid_call_arguments (p));
  return json_pack ("{s:o}", "functionCall", with_id (call, p));
}

static json_t *
result_part (const struct aid_part *p)
{
  json_t *text = aid_part_string (p);
  json_t *result = json_pack ("{s:o, s:{s:o}}", "name", aid_json_z (p->name), "response", p->is_error ? "error" : "output",
                              text);
  return json_pack ("{s:o}", "functionResponse", with_id (result, p));
}

/* GIFs are not read here. */
static json_t *
media_part (const struct aid_part *p)
{
  if (!strcmp (p->media, "image/gif"))
    return json_pack ("{s:o}", "text", aid_media_excuse (p));
  if (p->url)
    return json_pack ("{s:{s:o, s:o}}", "fileData", "mimeType", aid_json_z (p->media), "fileUri", aid_json_z (p->url));
  return json_pack ("{s:{s:o, s:o}}", "inlineData", "mimeType", aid_json_z (p->media), "data", aid_media_base64 (p));
}

static json_t *
part_of (const struct aid_part *p)
{
  switch (p->kind)
    {
    case AID_PART_TOOL_CALL:
      return call_part (p);
    case AID_PART_TOOL_RESULT:
      return result_part (p);
    case AID_PART_IMAGE:
    case AID_PART_PDF:
      return media_part (p);
    default:
      return text_part (p);
    }
}

/* --- turns ---------------------------------------------------------------------------------------------------------- */

static const char signature[] = "thoughtSignature";

/* A thought that carries a signature of its own. */
static int
is_thought (const json_t *item)
{
  return aid_json_bool (item, "thought", 0) && aid_json_str (item, "text") && aid_json_str (item, signature);
}

static int
add_item (void *parts, json_t *item)
{
  return !json_array_append (parts, item);
}

/* PLACE holds the signature of this part. */
static int
add_part (void *parts, const struct aid_part *p, const json_t *place)
{
  json_t *part = part_of (p);
  if (json_is_string (json_object_get (place, signature)))
    json_object_set (part, signature, json_object_get (place, signature));
  return !json_array_append_new (parts, part);
}

/* Models of before thinking. */
static int
is_old (const char *model)
{
  return strstr (model, "gemini-2.0") || strstr (model, "gemini-1") || strstr (model, "gemma");
}

/* The first call of a turn must have a signature, or the newer models refuse the turn. */
static void
sign_calls (json_t *parts, const char *model)
{
  json_t *part, *first = NULL;
  size_t i;
  json_array_foreach (parts, i, part)
    {
      if (json_object_get (part, "functionCall") && json_object_get (part, signature))
        return;
      if (!first && json_object_get (part, "functionCall"))
        first = part;
    }
  if (first && !strstr (model, "gemini-2.5") && !is_old (model))
    json_object_set_new (first, signature, json_string (NO_SIGNATURE));
}

static json_t *
parts_of (const struct aid_message *m, const char *model)
{
  static const struct aid_placer placer = { is_thought, add_item, add_part };
  json_t *parts = json_array ();
  if (!aid_carried_place (m, &placer, parts))
    {
      json_decref (parts);
      return NULL;
    }
  sign_calls (parts, model);
  return parts;
}

static int
add_contents (json_t *body, const struct aid_endpoint *ep, const struct aid_conversation *c)
{
  json_t *contents = json_array ();
  int bad = 0;
  for (size_t i = 0; !bad && i < c->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      json_t *parts = parts_of (m, ep->model);
      if (m->role == AID_ROLE_SYSTEM)
        bad |= json_object_set_new (body, "systemInstruction", json_pack ("{s:o}", "parts", parts));
      else
        bad |= json_array_append_new (contents, aid_json_two ("role", m->role == AID_ROLE_USER ? "user" : "model",
                                                              "parts", parts));
    }
  return !(json_object_set_new (body, "contents", contents) | bad);
}

/* --- tools and settings --------------------------------------------------------------------------------------------- */

static int
add_tools (json_t *body, const struct aid_conversation *c)
{
  static const char *const modes[] = { NULL, "NONE", "ANY", "ANY" };
  json_t *all = c->tools.len ? json_array () : NULL, *config;
  for (size_t i = 0; i < c->tools.len; i++)
    {
      const struct aid_tool *t = &AID_VEC_AT (struct aid_tool, &c->tools, i);
      json_array_append_new (all, json_pack ("{s:o, s:o, s:O}", "name", aid_json_z (t->name), "description",
                                             aid_json_z (t->description), "parametersJsonSchema", t->schema));
    }
  if (!all)
    return 1;
  int bad = json_object_set_new (body, "tools", json_pack ("[{s:o}]", "functionDeclarations", all));
  if (!modes[c->tool_choice])
    return !bad;
  config = json_pack ("{s:s}", "mode", modes[c->tool_choice]);
  if (c->tool_choice == AID_TOOLS_ONE)
    bad |= json_object_set_new (config, "allowedFunctionNames", json_pack ("[o]", aid_json_z (c->tool_chosen)));
  return !(json_object_set_new (body, "toolConfig", json_pack ("{s:o}", "functionCallingConfig", config)) | bad);
}

/* Gemini 2.5 has a budget of tokens, later ones a level; what is older knows neither.  Pro cannot be
   kept from thinking and has fewer levels.  NULL: nothing is told. */
static json_t *
thinking_of (const char *model, const char *effort)
{
  static const struct
  {
    const char *effort, *level, *pro;
    int budget;
  } rows[] = { { "none", "MINIMAL", "LOW", 0 },     { "minimal", "MINIMAL", "LOW", 512 }, { "low", "LOW", "LOW", 1024 },
               { "medium", "MEDIUM", "MEDIUM", 8192 }, { "high", "HIGH", "HIGH", 24576 } };
  size_t i = 0;
  while (i + 1 < sizeof rows / sizeof *rows && strcmp (rows[i].effort, effort) != 0)
    i++;
  int shown = strcmp (effort, "none") != 0, pro = strstr (model, "-pro") != NULL;
  if (strstr (model, "gemini-2.5"))
    return json_pack ("{s:b, s:i}", "includeThoughts", shown, "thinkingBudget",
                      pro && rows[i].budget < PRO_BUDGET_MIN ? PRO_BUDGET_MIN : rows[i].budget);
  if (is_old (model))
    return NULL;
  const char *level = pro ? rows[i].pro : rows[i].level;
  if (strstr (model, "gemini-3-pro") && !strcmp (level, "MEDIUM"))
    level = "HIGH";
  return json_pack ("{s:b, s:s}", "includeThoughts", shown, "thinkingLevel", level);
}

static int
add_settings (json_t *body, const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  json_t *config = json_object (), *stop = aid_stop_words (s);
  int bad = 0;
  if (s->max_tokens > 0)
    bad |= json_object_set_new (config, "maxOutputTokens", json_integer (s->max_tokens));
  if (s->temperature >= 0)
    bad |= json_object_set_new (config, "temperature", json_real (s->temperature));
  if (s->top_p > 0)
    bad |= json_object_set_new (config, "topP", json_real (s->top_p));
  if (s->has_seed)   /* 32 bits there */
    bad |= json_object_set_new (config, "seed", json_integer (s->seed & INT32_MAX));
  if (stop)
    bad |= json_object_set_new (config, "stopSequences", stop);
  json_t *thinking = s->effort ? thinking_of (ep->model, s->effort) : NULL;
  if (thinking)
    bad |= json_object_set_new (config, "thinkingConfig", thinking);
  if (c->output_name)
    bad |= json_object_set_new (config, "responseMimeType", json_string ("application/json"))
           | json_object_set (config, "responseJsonSchema", c->output_schema);
  if (json_object_size (config))
    bad |= json_object_set (body, "generationConfig", config);
  json_decref (config);
  return !bad;
}

static json_t *
body_of (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  json_t *body = json_object ();
  if (body && add_contents (body, ep, c) && add_tools (body, c) && add_settings (body, ep, c, s))
    return body;
  json_decref (body);
  return NULL;
}

/* --- the address ---------------------------------------------------------------------------------------------------- */

/* Appends the model's name as a part of a path. */
static void
add_name (struct aid_str *out, const char *name)
{
  static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~/";
  for (; *name; name++)
    if (strchr (plain, *name))
      aid_str_addc (out, *name);
    else
      aid_str_addf (out, "%%%02X", (unsigned char) *name);
}

/* .../v1beta/models/NAME:streamGenerateContent?alt=sse; people write the base with and without the version, and the name with
   and without "models/". */
static enum aid_err
head_of (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e)
{
  struct aid_span base = aid_span_trim (aid_span_z (ep->base_url));
  ptrdiff_t mark = aid_span_find (base, AID_SPAN ("?"));
  struct aid_span query = aid_span_cut (base, mark < 0 ? base.len : (size_t) mark + 1, base.len);
  struct aid_str path = AID_STR_INIT (URL_MAX_BYTES), whole = AID_STR_INIT ((size_t) 2 * URL_MAX_BYTES);
  int versioned = aid_span_find (aid_span_cut (base, 0, base.len - query.len), AID_SPAN ("/v1")) >= 0;
  const char *name = strncmp (ep->model, "models/", 7) ? ep->model : ep->model + 7;
  aid_str_addf (&path, "%s%s", versioned ? "" : VERSION, strncmp (name, "tunedModels/", 12) ? MODELS : "/");
  add_name (&path, name);
  aid_str_addz (&path, ":streamGenerateContent");
  aid_str_addspan (&whole, aid_span_cut (base, 0, mark < 0 ? base.len : (size_t) mark));
  aid_str_addz (&whole, "?alt=sse");
  if (query.len)
    aid_str_addc (&whole, '&');
  aid_str_addspan (&whole, query);
  enum aid_err err = path.err || whole.err ? aid_error_set (e, AID_E_LIMIT, "The provider's url or the model's name is too long.")
                                           : aid_wire_url (out, aid_str_z (&whole), aid_str_z (&path), e);
  aid_str_free (&path);
  aid_str_free (&whole);
  return err || !ep->key || !*ep->key ? err : aid_wire_header (out, "x-goog-api-key", ep->key, e);
}

enum aid_err
aid_gemini_build (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
                  struct aid_wire_request *out, struct aid_error *e)
{
  static const struct aid_request_kind kind = { body_of, head_of };
  return aid_wire_make (&kind, ep, c, s, out, e);
}
