/* Lists of models are alike in their frame and differ in every member; each known name is looked for. */
#include "model/served.h"
#include "base/json.h"
#include <stdlib.h>

#define NUMBER_MAX 1000000000    /* as the settings have it */
#define NAME_MAX_BYTES 400

/* --- small readers -------------------------------------------------------------------------------------------------- */

/* The first of NAMES (ends with NULL) that is a positive number in OBJ, or 0. */
static int64_t
first_number (const json_t *obj, const char *const *names)
{
  int64_t n = 0;
  for (size_t i = 0; names[i] && n <= 0; i++)
    n = aid_json_int (obj, names[i], 0);
  return n > 0 ? n : 0;
}

static int
has_word (const json_t *array, const char *word)
{
  const json_t *v;
  size_t i;
  json_array_foreach (array, i, v)
    {
      if (json_is_string (v) && !strcmp (json_string_value (v), word))
        return 1;
    }
  return 0;
}

static void
can (json_t *entry, const char *word, int truth)
{
  json_t *all = json_object_get (entry, "abilities");
  if (!all)
    json_object_set_new (entry, "abilities", all = json_array ());
  if (truth && !has_word (all, word))
    json_array_append_new (all, json_string (word));
}

static void
set_number (json_t *entry, const char *key, int64_t n)
{
  if (n > 0 && n <= NUMBER_MAX)
    json_object_set_new (entry, key, json_integer (n));
}

/* --- which models answer questions ---------------------------------------------------------------------------------- */

/* Servers list what answers none, too.  Those that tell a type are believed, else the name has to do. */
static int
can_chat (const json_t *m, const char *name)
{
  static const char *const other_types[] = { "embedding", "embeddings", "rerank", "reranker", "image", "audio", "moderation",
                                             "transcribe", "speech", "video" };
  static const char *const other_names[] = { "embed", "rerank", "whisper", "tts-", "-tts", "dall-e", "moderation", "transcribe",
                                             "gpt-image", "sora-" };
  const char *type = aid_json_str (m, "type");
  const json_t *methods = json_object_get (m, "supportedGenerationMethods"), *abilities = json_object_get (m, "capabilities");
  if (json_is_array (methods))
    return has_word (methods, "generateContent");
  if (json_is_object (abilities) && json_object_get (abilities, "completion_chat"))
    return aid_json_bool (abilities, "completion_chat", 1);
  for (size_t i = 0; type && i < sizeof other_types / sizeof *other_types; i++)
    if (!strcmp (type, other_types[i]))
      return 0;
  for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
    if (strstr (name, other_names[i]))
      return 0;
  return 1;
}

/* --- one model ------------------------------------------------------------------------------------------------------ */

static void
read_sizes (json_t *entry, const json_t *m)
{
  static const char *const context[] = { "loaded_context_length", "context_length", "max_model_len", "max_context_length",
                                         "context_window", "inputTokenLimit", "max_input_tokens", NULL };
  static const char *const output[] = { "max_completion_tokens", "outputTokenLimit", "max_output_tokens", NULL };
  static const char *const meta[] = { "n_ctx", "n_ctx_train", NULL };
  int64_t n = first_number (m, context), most = first_number (m, output);
  set_number (entry, "context", n ? n : first_number (json_object_get (m, "meta"), meta));
  set_number (entry, "max_output", most ? most : first_number (json_object_get (m, "top_provider"), output));
}

/* "capabilities": an array of words, or an object of truths. */
static void
read_capabilities (json_t *entry, const json_t *caps)
{
  if (json_is_array (caps))
    {
      can (entry, "text", 1);
      can (entry, "image", has_word (caps, "vision"));
      can (entry, "tools", has_word (caps, "tools") || has_word (caps, "tool_use"));
      can (entry, "reasoning", has_word (caps, "thinking") || has_word (caps, "reasoning"));
    }
  else if (json_is_object (caps) && json_object_get (caps, "completion_chat"))
    {
      can (entry, "text", 1);
      can (entry, "image", aid_json_bool (caps, "vision", 0));
      can (entry, "tools", aid_json_bool (caps, "function_calling", 0));
      can (entry, "reasoning", aid_json_bool (caps, "reasoning", 0));
    }
}

static void
read_abilities (json_t *entry, const json_t *m)
{
  const json_t *in = json_object_get (json_object_get (m, "architecture"), "input_modalities"),
               *parameters = json_object_get (m, "supported_parameters");
  const char *type = aid_json_str (m, "type");
  read_capabilities (entry, json_object_get (m, "capabilities"));
  if (type && !strcmp (type, "vlm") && json_object_get (entry, "abilities"))
    can (entry, "image", 1);
  if (!json_is_array (in) || !json_is_array (parameters))
    return;
  can (entry, "text", 1);
  can (entry, "image", has_word (in, "image"));
  can (entry, "pdf", has_word (in, "file"));
  can (entry, "tools", has_word (parameters, "tools"));
  can (entry, "reasoning", has_word (parameters, "reasoning"));
  can (entry, "json", has_word (parameters, "structured_outputs"));
}

/* A price is a number, or one in a string; times SCALE it is dollars for a million tokens.  A negative one means that it
   varies. */
static void
add_rate (json_t *price, const char *key, const json_t *v, double scale)
{
  const char *z = json_string_value (v);
  char *end = NULL;
  double rate = z ? strtod (z, &end) : json_is_number (v) ? json_number_value (v) : -1;
  if ((!z || end != z) && rate >= 0 && rate * scale < 1e6)
    json_object_set_new (price, key, json_real (rate * scale));
}

/* OpenRouter's are of one token, Together's of a million. */
static void
read_price (json_t *entry, const json_t *m, const char *today)
{
  const json_t *p = json_object_get (m, "pricing");
  int each = json_object_get (p, "prompt") != NULL;
  double scale = each ? 1e6 : 1;
  json_t *price = json_object ();
  add_rate (price, "input", json_object_get (p, each ? "prompt" : "input"), scale);
  add_rate (price, "output", json_object_get (p, each ? "completion" : "output"), scale);
  if (each)
    {
      add_rate (price, "cached", json_object_get (p, "input_cache_read"), scale);
      add_rate (price, "cache_write", json_object_get (p, "input_cache_write"), scale);
    }
  if (json_object_get (price, "input") && json_object_get (price, "output"))
    {
      json_object_set_new (price, "as_of", json_string (today));
      json_object_set (entry, "price", price);
    }
  json_decref (price);
}

/* Names are shown, chosen and sent back: none is empty, endless or has control characters. */
static int
is_name (const char *z)
{
  size_t n = 0;
  for (; z[n]; n++)
    if ((unsigned char) z[n] < ' ' || z[n] == 127 || n >= NAME_MAX_BYTES)
      return 0;
  return n > 0;
}

/* A new reference, or NULL when M is no model that answers questions. */
static json_t *
read_one (const json_t *m, const char *today)
{
  const char *id = aid_json_str (m, "id"), *name = id ? id : aid_json_str (m, "model");
  if (!name)
    name = aid_json_str (m, "name");
  if (name && !strncmp (name, "models/", 7))           /* as Gemini calls them */
    name += 7;
  if (!name || !is_name (name) || !can_chat (m, name))
    return NULL;
  json_t *entry = json_pack ("{s:s}", "name", name);
  read_sizes (entry, m);
  read_abilities (entry, m);
  read_price (entry, m, today);
  return entry;
}

json_t *
aid_served_read (const json_t *doc, const char *today)
{
  const json_t *list = json_is_array (doc) ? doc : json_object_get (doc, "data"), *m;
  json_t *entries = json_array ();
  size_t i;
  if (!json_is_array (list))
    list = json_object_get (doc, "models");
  json_array_foreach (list, i, m)
    {
      json_t *entry = json_array_size (entries) < AID_SERVED_MAX ? read_one (m, today) : NULL;
      if (entry)
        json_array_append_new (entries, entry);
    }
  return entries;
}

/* --- what servers say on being asked further ------------------------------------------------------------------------ */

void
aid_served_show (json_t *entry, const json_t *doc)
{
  const json_t *info = json_object_get (doc, "model_info"), *v;
  const char *key;
  read_capabilities (entry, json_object_get (doc, "capabilities"));
  json_object_foreach ((json_t *) (uintptr_t) info, key, v)
    {
      size_t n = strlen (key);
      if (n > 15 && !strcmp (key + n - 15, ".context_length"))
        set_number (entry, "context", json_integer_value (v));
    }
}

int
aid_served_props (json_t *entries, const json_t *doc)
{
  const json_t *settings = json_object_get (doc, "default_generation_settings"), *modes = json_object_get (doc, "modalities"),
               *caps = json_object_get (doc, "chat_template_caps");
  json_t *entry;
  size_t i;
  if (!json_is_object (settings))
    return 0;
  json_array_foreach (entries, i, entry)
    {
      set_number (entry, "context", aid_json_int (settings, "n_ctx", 0));
      if (json_is_object (caps))       /* older servers do not tell of tools: then nothing is known, rather than "none" */
        {
          can (entry, "text", 1);
          can (entry, "tools", aid_json_bool (caps, "supports_tools", 0));
          can (entry, "image", aid_json_bool (modes, "vision", 0));
        }
    }
  return 1;
}
