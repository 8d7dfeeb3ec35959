/* What servers of Chat Completions want differently.  A dialect is known by the server's address, or named in the settings
   when somebody relays it; a server that is not in the table gets plain requests: members that not every server knows are sent
   only when somebody set them. */
#include "model/wire_internal.h"
#include "base/json.h"
#include <ctype.h>

static const struct
{
  const char *name;
  const char *host;            /* of the address, or its end when it begins with "." */
  unsigned does;
} dialects[] = {
  { "openai", "api.openai.com", AID_OPENAI_NEW_LIMIT | AID_OPENAI_CACHE_KEY | AID_OPENAI_FILES | AID_OPENAI_STRICT },
  { "azure", ".openai.azure.com", AID_OPENAI_NEW_LIMIT | AID_OPENAI_KEY_HEADER | AID_OPENAI_FILES | AID_OPENAI_STRICT },
  { "azure", ".services.ai.azure.com",
    AID_OPENAI_NEW_LIMIT | AID_OPENAI_KEY_HEADER | AID_OPENAI_FILES | AID_OPENAI_STRICT },
  { "azure", ".cognitiveservices.azure.com",
    AID_OPENAI_NEW_LIMIT | AID_OPENAI_KEY_HEADER | AID_OPENAI_FILES | AID_OPENAI_STRICT },
  { "openrouter", "openrouter.ai", AID_OPENAI_REASONING | AID_OPENAI_CACHE_MARKS | AID_OPENAI_FILES },
  { "deepseek", "api.deepseek.com", AID_OPENAI_THINKING | AID_OPENAI_ANY_JSON },
  { "mistral", "api.mistral.ai",
    AID_OPENAI_NO_OPTIONS | AID_OPENAI_RANDOM_SEED | AID_OPENAI_DOCUMENTS | AID_OPENAI_NINE },
  { "plain", "", 0 },
};
#define DIALECTS (sizeof dialects / sizeof *dialects)

int
aid_openai_is_dialect (const char *name)
{
  for (size_t i = 0; i < DIALECTS; i++)
    if (!strcmp (dialects[i].name, name))
      return 1;
  return 0;
}

/* The host in URL. */
static struct aid_span
host_of (const char *url)
{
  struct aid_span v = aid_span_z (url);
  ptrdiff_t scheme = aid_span_find (v, AID_SPAN ("://"));
  size_t n = 0;
  if (scheme >= 0)
    v = aid_span_cut (v, (size_t) scheme + 3, v.len);
  while (n < v.len && !strchr ("/:?#", v.ptr[n]))
    n++;
  return aid_span_cut (v, 0, n);
}

unsigned
aid_openai_dialect (const struct aid_endpoint *ep)
{
  struct aid_span host = host_of (ep->base_url);
  for (size_t i = 0; i < DIALECTS; i++)
    if (ep->dialect ? !strcmp (ep->dialect, dialects[i].name)
        : *dialects[i].host == '.' ? aid_span_ends (host, dialects[i].host)
                                   : aid_span_eqz (host, dialects[i].host))
      return dialects[i].does;
  return 0;
}

enum aid_err
aid_openai_key (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e)
{
  if (ep->key && *ep->key && (aid_openai_dialect (ep) & AID_OPENAI_KEY_HEADER))
    return aid_wire_header (out, "api-key", ep->key, e);
  return aid_wire_bearer (out, ep->key, e);
}

enum aid_err
aid_openai_head (struct aid_wire_request *out, const struct aid_endpoint *ep, const char *path, struct aid_error *e)
{
  enum aid_err err = aid_wire_url (out, ep->base_url, path, e);
  return err ? err : aid_openai_key (out, ep, e);
}

int
aid_openai_may_reason (const char *model)
{
  return strncmp (model, "gpt-4", 5) != 0 && strncmp (model, "gpt-3", 5) != 0 && strncmp (model, "chatgpt-", 8) != 0;
}

/* The models of before gpt-5.1 reason always, later ones when they are asked to. */
int
aid_openai_is_fixed (const char *model, const char *effort)
{
  size_t five = strlen ("gpt-5");
  if (effort)
    return strcmp (effort, "none") != 0;
  if (model[0] == 'o' && isdigit ((unsigned char) model[1]))
    return 1;
  return !strncmp (model, "gpt-5", five) && (!model[five] || model[five] == '-') && strncmp (model, "gpt-5-chat", 10) != 0;
}

/* --- sampling ------------------------------------------------------------------------------------------------------- */

/* DeepSeek's three words for effort. */
static const char *
deepseek_effort (const char *effort)
{
  static const char *const words[][2] = { { "minimal", "low" }, { "low", "low" }, { "xhigh", "max" }, { "max", "max" } };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (effort, words[i][0]))
      return words[i][1];
  return "high";
}

static int
add_effort (json_t *body, unsigned does, const char *effort)
{
  int none = !strcmp (effort, "none"), bad = 0;
  if (does & AID_OPENAI_REASONING)
    return !json_object_set_new (body, "reasoning", json_pack ("{s:o}", "effort",
                                                              aid_json_z (strcmp (effort, "max") ? effort : "xhigh")));
  if (does & AID_OPENAI_THINKING)
    bad |= json_object_set_new (body, "thinking", json_pack ("{s:s}", "type", none ? "disabled" : "enabled"));
  if (!(none && (does & AID_OPENAI_THINKING)))
    bad |= json_object_set_new (body, "reasoning_effort",
                                aid_json_z (does & AID_OPENAI_THINKING ? deepseek_effort (effort) : effort));
  return !bad;
}

int
aid_openai_add_sampling (json_t *body, const struct aid_endpoint *ep, const struct aid_sampling *s)
{
  unsigned does = aid_openai_dialect (ep);
  int strict = (does & AID_OPENAI_STRICT) != 0, reasons = !strict || aid_openai_may_reason (ep->model), bad = 0;
  int fixed = strict && reasons && aid_openai_is_fixed (ep->model, s->effort);
  json_t *stop = fixed ? NULL : aid_stop_words (s);
  if (s->max_tokens > 0)
    bad |= json_object_set_new (body, does & AID_OPENAI_NEW_LIMIT ? "max_completion_tokens" : "max_tokens",
                                json_integer (s->max_tokens));
  if (s->temperature >= 0 && !fixed)
    bad |= json_object_set_new (body, "temperature", json_real (s->temperature));
  if (s->top_p > 0 && !fixed)
    bad |= json_object_set_new (body, "top_p", json_real (s->top_p));
  if (s->has_seed)
    bad |= json_object_set_new (body, does & AID_OPENAI_RANDOM_SEED ? "random_seed" : "seed", json_integer (s->seed));
  if (stop)
    bad |= json_object_set_new (body, "stop", stop);
  return !bad && (!s->effort || !reasons || add_effort (body, does, s->effort));
}
