/* From a model's name to everything that a request needs: the user's "models" and "providers" over the presets. */
#include "model/provider.h"
#include "base/json.h"
#include "base/val.h"
#include "model/presets.h"
#include <stdlib.h>

/* --- names ---------------------------------------------------------------------------------------------------------- */

/* What a name means, before its provider is looked at.  Owned. */
struct meaning
{
  char *id, *provider, *name;
  const json_t *settings;  /* its entry of "models", or NULL; borrowed */
};

static void
meaning_free (struct meaning *m)
{
  free (m->id);
  free (m->provider);
  free (m->name);
}

/* A new reference to the provider's settings: the user's over the preset's.  A new url has its own host, so the preset's
   key_host goes.  NULL when neither knows KEY. */
static json_t *
provider_of (const struct aid_config *c, const char *key)
{
  json_t *all = aid_presets ();
  const json_t *preset = json_object_get (all, key), *own = json_object_get (aid_config_get (c, "providers"), key);
  json_t *merged = preset || own ? json_object () : NULL;
  if (preset)
    json_object_update (merged, (json_t *) (uintptr_t) preset);
  if (own && json_object_get (own, "url"))
    json_object_del (merged, "key_host");
  if (own)
    json_object_update (merged, (json_t *) (uintptr_t) own);
  json_decref (all);
  return merged;
}

static enum aid_err
unknown (const struct aid_config *c, const char *id, struct aid_error *e)
{
  struct aid_str names = AID_STR_INIT (160);
  const char *key;
  json_t *v;
  json_object_foreach ((json_t *) (uintptr_t) aid_config_get (c, "models"), key, v)
    {
      aid_str_addf (&names, "%s%s", names.len ? ", " : "", key);
    }
  const char *some = names.err ? ", ..." : "";
  enum aid_err err;
  if (id)
    err = aid_error_set (e, AID_E_NOTFOUND, "There is no model \"%.60s\". Use PROVIDER/NAME or name it in %s; there: %s%s.",
                         id, aid_config_path (c), names.len ? aid_str_z (&names) : "none yet", some);
  else
    err = aid_error_set (e, AID_E_NOTFOUND,
                         "No model is configured. Name one in %s, set a key such as ANTHROPIC_API_KEY in the environment, "
                         "or use a local server: aid doctor lists those that run.", aid_config_path (c));
  aid_str_free (&names);
  return err;
}

/* ID is PROVIDER/NAME, or a provider with a default model.  0 when it is neither. */
static int
mean_by_provider (const struct aid_config *c, const char *id, struct meaning *m)
{
  const char *slash = strchr (id, '/');
  char *key = slash ? strndup (id, (size_t) (slash - id)) : strdup (id);
  json_t *p = key ? provider_of (c, key) : NULL;
  const char *name = slash ? slash + 1 : aid_json_str (p, "default");
  if (p && name && *name)
    m->name = strdup (name);
  json_decref (p);
  m->provider = key;
  return m->name != NULL;
}

static int
mean (const struct aid_config *c, const char *id, struct meaning *m)
{
  *m = (struct meaning){ .id = strdup (id) };
  const json_t *s = json_object_get (aid_config_get (c, "models"), id);
  const char *provider = aid_json_str (s, "provider"), *name = aid_json_str (s, "name");
  if (!s)
    return mean_by_provider (c, id, m);
  m->settings = s;
  m->provider = strdup (provider ? provider : "");
  m->name = strdup (name ? name : id);
  return m->provider && m->name;
}

/* Whether a preset's key is in the environment; *ID is then what its default model is called by. */
static int
preset_ready (const char *key, const json_t *preset, struct aid_str *id)
{
  const char *env = aid_json_str (preset, "key_env"), *value = env ? getenv (env) : NULL;
  aid_str_clear (id);
  aid_str_addf (id, "%s/%s", key, value && *value ? aid_json_str (preset, "default") : "");
  return value && *value;
}

/* The model that no name means: the configured one, else the first of "models", else the first preset with a key.  NULL when
   there is none; to be freed. */
static char *
default_id (const struct aid_config *c)
{
  const char *named = json_string_value (aid_config_get (c, "model"));
  const char *key = json_object_iter_key (json_object_iter ((json_t *) (uintptr_t) aid_config_get (c, "models")));
  if (named || key)
    return strdup (named ? named : key);
  json_t *all = aid_presets (), *p;
  struct aid_str id = AID_STR_INIT (512);
  char *first = NULL;
  json_object_foreach (all, key, p)
    {
      if (!first && preset_ready (key, p, &id))
        first = aid_str_steal (&id);
    }
  aid_str_free (&id);
  json_decref (all);
  return first;
}

/* --- abilities ------------------------------------------------------------------------------------------------------ */

static const struct
{
  unsigned bit;
  const char *word;
} abilities[] = {
  { AID_CAN_TEXT, "text" }, { AID_CAN_IMAGE, "image" }, { AID_CAN_PDF, "pdf" }, { AID_CAN_TOOLS, "tools" },
  { AID_CAN_REASON, "reasoning" }, { AID_CAN_CACHE, "cache" }, { AID_CAN_JSON, "json" }
};
#define NABILITIES (sizeof abilities / sizeof *abilities)

unsigned
aid_ability_of (const char *word)
{
  for (size_t i = 0; i < NABILITIES; i++)
    if (!strcmp (abilities[i].word, word))
      return abilities[i].bit;
  return 0;
}

const char *
aid_ability_word (unsigned ability)
{
  for (size_t i = 0; i < NABILITIES; i++)
    if (abilities[i].bit == ability)
      return abilities[i].word;
  return NULL;
}

/* --- resolving ------------------------------------------------------------------------------------------------------ */

void
aid_model_free (struct aid_model *m)
{
  char *const strings[] = { m->id, m->provider, m->name, m->wire, m->url, m->version, m->host, m->key_env,
                            (char *) (uintptr_t) m->sampling.effort, (char *) (uintptr_t) m->net.proxy,
                            (char *) (uintptr_t) m->net.ca_file, (char *) (uintptr_t) m->net.client_cert,
                            (char *) (uintptr_t) m->net.client_key };
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
    free (strings[i]);
  json_decref (m->key_command);
  json_decref (m->headers);
  json_decref (m->extra);
  *m = (struct aid_model){ 0 };
}

static char *
copy (const json_t *obj, const char *key)
{
  const char *z = aid_json_str (obj, key);
  return z ? strdup (z) : NULL;
}

/* The host of URL, without user, port or brackets. */
static char *
host_of (const char *url)
{
  const char *from = strstr (url, "://");
  from = from ? from + 3 : url;
  size_t n = strcspn (from, "/?#");
  for (size_t i = 0; i < n; i++)
    if (from[i] == '@')
      {
        from += i + 1;
        n -= i + 1;
        i = (size_t) -1;
      }
  if (*from == '[')
    return strndup (from + 1, strcspn (from + 1, "]"));
  size_t host = strcspn (from, ":");
  return strndup (from, host < n ? host : n);
}

/* The provider's "extra" with the model's over it. */
static json_t *
extra_of (const json_t *provider, const json_t *settings)
{
  json_t *extra = json_copy (json_object_get (provider, "extra")), *own = json_object_get (settings, "extra");
  if (!extra)
    return json_incref (own);
  if (own)
    json_object_update (extra, own);
  return extra;
}

/* The file that member KEY names; "~/" is the person's home. */
static char *
copy_path (const json_t *p, const char *key)
{
  const char *path = aid_json_str (p, key), *home = getenv ("HOME");
  if (!path || strncmp (path, "~/", 2) != 0 || !home)
    return copy (p, key);
  struct aid_str full = AID_STR_INIT (8192);
  aid_str_addf (&full, "%s%s", home, path + 1);
  return aid_str_steal (&full);
}

static void
fill_net (struct aid_http_request *net, const json_t *p)
{
  net->connect_ms = (uint32_t) aid_json_int (p, "connect_ms", 0);
  net->stall_ms = (uint32_t) aid_json_int (p, "stall_ms", 0);
  net->total_ms = (uint32_t) aid_json_int (p, "total_ms", 0);
  net->retries = (int) aid_json_int (p, "retries", -1);
  net->proxy = copy (p, "proxy");
  net->ca_file = copy_path (p, "ca_file");
  net->client_cert = copy_path (p, "client_cert");
  net->client_key = copy_path (p, "client_key");
}

static void
fill (struct aid_model *out, const json_t *p, const json_t *settings)
{
  const char *wire = aid_json_str (p, "wire");
  out->wire = strdup (wire ? wire : "openai-chat");
  out->url = copy (p, "url");
  out->version = copy (p, "version");
  out->host = aid_json_str (p, "key_host") ? copy (p, "key_host") : host_of (out->url);
  out->local = aid_url_is_local (out->url);
  out->key_env = copy (p, "key_env");
  out->key_command = json_incref (json_object_get (p, "key_command"));
  out->needs_key = out->key_env || out->key_command || aid_json_str (p, "key_host");
  out->headers = json_incref (json_object_get (p, "headers"));
  out->extra = extra_of (p, settings);
  out->context = aid_json_int (settings, "context", 0);
  out->price = AID_PRICE_UNKNOWN;
  out->sampling.max_tokens = aid_json_int (settings, "max_tokens", 0);
  out->sampling.temperature = aid_json_real (settings, "temperature", -1.0);
  out->sampling.effort = copy (settings, "effort");
  fill_net (&out->net, p);
}

/* What P lacks to be asked. */
static enum aid_err
check (const struct aid_config *c, const char *key, const json_t *p, struct aid_error *e)
{
  const char *url = aid_json_str (p, "url"), *wire = aid_json_str (p, "wire");
  if (!p)
    return aid_error_set (e, AID_E_NOTFOUND, "There is no provider \"%.60s\". Add it to \"providers\" in %s.", key,
                          aid_config_path (c));
  if (!url || !aid_url_ok (url))
    return aid_error_set (e, AID_E_INVALID, "The provider \"%.60s\" has no http or https \"url\" in %s.", key,
                          aid_config_path (c));
  if (wire && !aid_wire_find (wire))
    return aid_error_set (e, AID_E_INVALID, "The provider \"%.60s\" in %s names an unknown wire format, \"%.40s\".", key,
                          aid_config_path (c), wire);
  return AID_OK;
}

static enum aid_err
resolve (const struct aid_config *c, const char *id, struct aid_model *out, struct aid_error *e)
{
  struct meaning m;
  int known = mean (c, id, &m);
  json_t *p = known ? provider_of (c, m.provider) : NULL;
  enum aid_err err = known ? check (c, m.provider, p, e) : unknown (c, id, e);
  if (!err)
    {
      out->id = m.id;
      out->provider = m.provider;
      out->name = m.name;
      fill (out, p, m.settings);
      if (!out->id || !out->wire || !out->url || !out->host)
        {
          aid_model_free (out);
          err = aid_error_set (e, AID_E_NOMEM, "no memory for the model's settings");
        }
    }
  else
    meaning_free (&m);
  json_decref (p);
  return err;
}

enum aid_err
aid_model_resolve (const struct aid_config *c, const char *id, struct aid_model *out, struct aid_error *e)
{
  *out = (struct aid_model){ 0 };
  char *own = id && *id ? strdup (id) : default_id (c);
  enum aid_err err = own ? resolve (c, own, out, e) : unknown (c, NULL, e);
  free (own);
  return err;
}

struct aid_endpoint
aid_model_endpoint (const struct aid_model *m, const char *key)
{
  return (struct aid_endpoint){ .wire = m->wire, .base_url = m->url, .key = key, .model = m->name, .version = m->version,
                                .extra = m->extra, .headers = m->headers };
}

/* --- listing -------------------------------------------------------------------------------------------------------- */

const char *
aid_model_key_state (const struct aid_model *m)
{
  const char *value = m->key_env ? getenv (m->key_env) : NULL;
  if ((value && *value) || m->key_command)
    return "set";
  return m->needs_key ? "missing" : "none";
}

/* One entry; a model that cannot be resolved says why in "error". */
static void
list_one (const struct aid_config *c, const char *id, const char *chosen, struct aid_str *out)
{
  struct aid_model m;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_model_resolve (c, id, &m, &e);
  size_t object = aid_val_object (out);
  aid_val_kstrz (out, "id", id);
  aid_val_kstrz (out, "provider", m.provider);
  aid_val_kstrz (out, "name", m.name);
  aid_val_kstrz (out, "host", m.host);
  aid_val_kbool (out, "local", m.local);
  aid_val_kint (out, "context", m.context);
  aid_val_kbool (out, "needs_key", m.needs_key);
  aid_val_kstrz (out, "key", err ? "none" : aid_model_key_state (&m));
  aid_val_kbool (out, "default", chosen && !strcmp (chosen, id));
  if (err)
    aid_val_kstrz (out, "error", e.msg);
  aid_val_end (out, object, err ? 10 : 9);
  aid_model_free (&m);
}

void
aid_model_list (const struct aid_config *c, struct aid_str *out)
{
  json_t *all = aid_presets (), *models = (json_t *) (uintptr_t) aid_config_get (c, "models"), *v;
  char *chosen = default_id (c);
  struct aid_str id = AID_STR_INIT (512);
  uint32_t n = 0;
  const char *key;
  int chosen_listed = chosen == NULL || json_object_get (models, chosen) != NULL;
  json_object_foreach (all, key, v)
    {
      chosen_listed |= preset_ready (key, v, &id) && !strcmp (aid_str_z (&id), chosen ? chosen : "");
    }
  size_t list = aid_val_list (out);
  if (!chosen_listed)
    list_one (c, chosen, chosen, out), n++;
  json_object_foreach (models, key, v)
    {
      list_one (c, key, chosen, out), n++;
    }
  json_object_foreach (all, key, v)
    {
      if (preset_ready (key, v, &id))
        list_one (c, aid_str_z (&id), chosen, out), n++;
    }
  aid_val_end (out, list, n);
  aid_str_free (&id);
  json_decref (all);
  free (chosen);
}
