/* From a model's name to everything that a request needs: the user's "models" and "providers" over the presets. */
#include "model/provider_internal.h"
#include "base/json.h"
#include "model/told.h"
#include "model/presets.h"
#include <stdlib.h>

#define URL_MAX_BYTES 8192

/* --- the catalogue -------------------------------------------------------------------------------------------------- */

struct aid_catalogue
aid_catalogue_open (const struct aid_config *c)
{
  return (struct aid_catalogue){ c, aid_presets () };
}

void
aid_catalogue_close (struct aid_catalogue *cat)
{
  json_decref (cat->presets);
}

static json_t *
own (const struct aid_catalogue *cat, const char *table)
{
  return (json_t *) (uintptr_t) aid_config_get (cat->config, table);
}

/* A new url has its own host, so the preset's key_host goes; and what stands in for OpenAI speaks its older API for sure, the
   newer one perhaps. */
json_t *
aid_catalogue_provider (const struct aid_catalogue *cat, const char *key)
{
  json_t *preset = json_object_get (cat->presets, key), *mine = json_object_get (own (cat, "providers"), key);
  json_t *merged = preset || mine ? json_object () : NULL;
  if (preset)
    json_object_update (merged, preset);
  if (mine && json_object_get (mine, "url"))
    {
      const char *wire = aid_json_str (merged, "wire");
      json_object_del (merged, "key_host");
      if (wire && !strcmp (wire, "openai-responses"))
        json_object_del (merged, "wire");
    }
  if (mine)
    json_object_update (merged, mine);
  return merged;
}

json_t *
aid_catalogue_names (const struct aid_catalogue *cat)
{
  json_t *names = json_array (), *mine = own (cat, "providers"), *v;
  const char *key;
  json_object_foreach (mine, key, v)
    {
      json_array_append_new (names, json_string (key));
    }
  json_object_foreach (cat->presets, key, v)
    {
      if (!json_object_get (mine, key))
        json_array_append_new (names, json_string (key));
    }
  return names;
}

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
                         "or use a local server: aid doctor (M-x aid-doctor) lists those that run.", aid_config_path (c));
  aid_str_free (&names);
  return err;
}

/* ID is PROVIDER/NAME, or a provider with a default model.  0 when it is neither. */
static int
mean_by_provider (const struct aid_catalogue *cat, const char *id, struct meaning *m)
{
  const char *slash = strchr (id, '/');
  char *key = slash ? strndup (id, (size_t) (slash - id)) : strdup (id);
  json_t *p = key ? aid_catalogue_provider (cat, key) : NULL;
  const char *name = slash ? slash + 1 : aid_json_str (p, "default");
  if (p && name && *name)
    m->name = strdup (name);
  json_decref (p);
  m->provider = key;
  return m->name != NULL;
}

/* An entry of "models" without a provider may have it in its own name, to say more of a preset's model. */
static int
mean (const struct aid_catalogue *cat, const char *id, struct meaning *m)
{
  *m = (struct meaning){ .id = strdup (id), .settings = json_object_get (own (cat, "models"), id) };
  const char *provider = aid_json_str (m->settings, "provider"), *name = aid_json_str (m->settings, "name");
  if (!m->settings || (!provider && !name && strchr (id, '/')))
    return mean_by_provider (cat, id, m);
  m->provider = strdup (provider ? provider : "");
  m->name = strdup (name ? name : id);
  return m->provider && m->name;
}

/* Whether the provider KEY can be asked for its default model without a key from a front end; *ID is what that is called by. */
static int
is_ready (const struct aid_catalogue *cat, const char *key, struct aid_str *id)
{
  json_t *p = aid_catalogue_provider (cat, key);
  const char *env = aid_json_str (p, "key_env"), *value = env ? getenv (env) : NULL, *name = aid_json_str (p, "default");
  int has_key = (value && *value) || json_object_get (p, "key_command") || (!env && !aid_json_str (p, "key_host"));
  aid_str_clear (id);
  aid_str_addf (id, "%s/%s", key, name ? name : "");
  json_decref (p);
  return name && has_key;
}

/* The configured one, else the first of "models", else the first provider's that is ready. */
char *
aid_catalogue_default (const struct aid_catalogue *cat)
{
  const char *named = json_string_value (aid_config_get (cat->config, "model"));
  const char *key = json_object_iter_key (json_object_iter (own (cat, "models")));
  if (named || key)
    return strdup (named ? named : key);
  json_t *names = aid_catalogue_names (cat);
  struct aid_str id = AID_STR_INIT (512);
  char *first = NULL;
  for (size_t i = 0; i < json_array_size (names) && !first; i++)
    if (is_ready (cat, json_string_value (json_array_get (names, i)), &id))
      first = aid_str_steal (&id);
  aid_str_free (&id);
  json_decref (names);
  return first;
}

/* --- resolving ------------------------------------------------------------------------------------------------------ */

void
aid_model_free (struct aid_model *m)
{
  char *const strings[] = { m->id, m->provider, m->name, m->title, m->kind, m->wire, m->url, m->version, m->dialect, m->host,
                            m->key_env,
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

/* URL with each {VARIABLE} replaced by the environment's, which may end in a slash.  NULL, and the name of the one that is
   missing in MISSING, or without memory. */
static char *
expand_url (const char *url, struct aid_str *missing)
{
  struct aid_str out = AID_STR_INIT (URL_MAX_BYTES);
  const char *open;
  for (; (open = strchr (url, '{')) && strchr (open, '}'); url = strchr (open, '}') + 1)
    {
      aid_str_clear (missing);
      aid_str_add (missing, open + 1, (size_t) (strchr (open, '}') - open - 1));
      struct aid_span value = aid_span_trim (aid_span_z (getenv (aid_str_z (missing))));
      while (aid_span_ends (value, "/"))
        value.len--;
      if (!value.len)
        {
          aid_str_free (&out);
          return NULL;
        }
      aid_str_add (&out, url, (size_t) (open - url));
      aid_str_addspan (&out, value);
    }
  aid_str_clear (missing);
  aid_str_addz (&out, url);
  char *whole = aid_str_steal (&out);
  aid_str_free (&out);
  return whole;
}

/* The provider's "extra" with the model's over it. */
static json_t *
extra_of (const json_t *provider, const json_t *settings)
{
  json_t *extra = json_copy (json_object_get (provider, "extra")), *mine = json_object_get (settings, "extra");
  if (!extra)
    return json_incref (mine);
  if (mine)
    json_object_update (extra, mine);
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

/* What is known of the model: the presets', over it what its server told, over that the settings. */
static void
fill_facts (struct aid_model *out, const json_t *p, const json_t *found, const json_t *settings)
{
  struct aid_facts f = AID_FACTS_UNKNOWN;
  aid_facts_lay (&f, aid_facts_find (json_object_get (p, "models"), out->name));
  aid_facts_lay (&f, found);
  aid_facts_lay (&f, settings);
  out->context = f.context;
  out->max_output = f.max_output;
  out->abilities = f.abilities;
  out->price = f.price;
}

/* OUT->url is set already. */
static void
fill (struct aid_model *out, const json_t *p, const json_t *settings)
{
  const char *wire = aid_json_str (p, "wire"), *title = aid_json_str (p, "title");
  out->title = strdup (title ? title : out->provider);
  out->kind = copy (p, "kind");
  out->wire = strdup (wire ? wire : "openai-chat");
  out->version = copy (p, "version");
  out->dialect = copy (p, "dialect");
  out->host = aid_json_str (p, "key_host") ? copy (p, "key_host") : host_of (out->url);
  out->local = aid_url_is_local (out->url);
  out->key_env = copy (p, "key_env");
  out->key_command = json_incref (json_object_get (p, "key_command"));
  out->needs_key = out->key_env || out->key_command || aid_json_str (p, "key_host");
  out->headers = json_incref (json_object_get (p, "headers"));
  out->extra = extra_of (p, settings);
  out->sampling.max_tokens = aid_json_int (settings, "max_tokens", 0);
  out->sampling.temperature = aid_json_real (settings, "temperature", -1.0);
  out->sampling.effort = copy (settings, "effort");
  out->thinks_first = aid_json_bool (settings, "thinks_first", 0);
  fill_net (&out->net, p);
}

/* What P lacks to be asked; otherwise *URL gets its address, to be freed. */
static enum aid_err
check (const struct aid_config *c, const char *key, const json_t *p, char **url, struct aid_error *e)
{
  const char *given = aid_json_str (p, "url"), *wire = aid_json_str (p, "wire"), *dialect = aid_json_str (p, "dialect");
  struct aid_str missing = AID_STR_INIT (128);
  enum aid_err err = AID_OK;
  if (!p)
    return aid_error_set (e, AID_E_NOTFOUND, "There is no provider \"%.60s\". Add it to \"providers\" in %s.", key,
                          aid_config_path (c));
  *url = given ? expand_url (given, &missing) : NULL;
  if (missing.len)
    err = aid_error_set (e, AID_E_NOTFOUND,
                         "The address of \"%.60s\" is %.80s: set that variable, or the provider's \"url\" in %s.", key, given,
                         aid_config_path (c));
  else if (aid_net_load (e))
    err = AID_E_IO;
  else if (!*url || !aid_url_ok (*url))
    err = aid_error_set (e, AID_E_INVALID, "The provider \"%.60s\" has no http or https \"url\" in %s.", key,
                         aid_config_path (c));
  else if (wire && !aid_wire_find (wire))
    err = aid_error_set (e, AID_E_INVALID, "The provider \"%.60s\" in %s names an unknown wire format, \"%.40s\".", key,
                         aid_config_path (c), wire);
  else if (dialect && !aid_openai_is_dialect (dialect))
    err = aid_error_set (e, AID_E_INVALID, "The provider \"%.60s\" in %s names an unknown dialect, \"%.40s\".", key,
                         aid_config_path (c), dialect);
  aid_str_free (&missing);
  if (err)
    {
      free (*url);
      *url = NULL;
    }
  return err;
}

/* Takes M. */
static enum aid_err
resolve (const struct aid_catalogue *cat, struct meaning *m, const json_t *found, struct aid_model *out, struct aid_error *e)
{
  json_t *p = aid_catalogue_provider (cat, m->provider);
  char *url = NULL;
  enum aid_err err = check (cat->config, m->provider, p, &url, e);
  if (!err)
    {
      *out = (struct aid_model){ .id = m->id, .provider = m->provider, .name = m->name, .url = url };
      json_t *told = found ? NULL : aid_told_get (url, m->name);
      fill (out, p, m->settings);
      fill_facts (out, p, found ? found : told, m->settings);
      json_decref (told);
      if (!out->id || !out->title || !out->wire || !out->host)
        {
          aid_model_free (out);
          err = aid_error_set (e, AID_E_NOMEM, "no memory for the model's settings");
        }
    }
  else
    meaning_free (m);
  json_decref (p);
  return err;
}

enum aid_err
aid_catalogue_resolve (const struct aid_catalogue *cat, const char *id, const json_t *found, struct aid_model *out,
                       struct aid_error *e)
{
  struct meaning m;
  *out = (struct aid_model){ 0 };
  if (mean (cat, id, &m))
    return resolve (cat, &m, found, out, e);
  meaning_free (&m);
  return unknown (cat->config, id, e);
}

enum aid_err
aid_model_resolve (const struct aid_config *c, const char *id, struct aid_model *out, struct aid_error *e)
{
  struct aid_catalogue cat = aid_catalogue_open (c);
  char *name = id && *id ? strdup (id) : aid_catalogue_default (&cat);
  *out = (struct aid_model){ 0 };
  enum aid_err err = name ? aid_catalogue_resolve (&cat, name, NULL, out, e) : unknown (c, NULL, e);
  free (name);
  aid_catalogue_close (&cat);
  return err;
}

enum aid_err
aid_provider_resolve (const struct aid_config *c, const char *key, struct aid_model *out, struct aid_error *e)
{
  struct aid_catalogue cat = aid_catalogue_open (c);
  struct meaning m = { strdup (key), strdup (key), strdup (""), NULL };
  *out = (struct aid_model){ 0 };
  enum aid_err err = AID_OK;
  if (m.id && m.provider && m.name)
    err = resolve (&cat, &m, NULL, out, e);
  else
    {
      meaning_free (&m);
      err = aid_error_set (e, AID_E_NOMEM, "no memory for a provider's settings");
    }
  aid_catalogue_close (&cat);
  return err;
}

struct aid_endpoint
aid_model_endpoint (const struct aid_model *m, const char *key)
{
  return (struct aid_endpoint){ .wire = m->wire, .base_url = m->url, .key = key, .model = m->name, .version = m->version,
                                .dialect = m->dialect,
                                .extra = m->extra, .headers = m->headers, .context = m->context,
                                .no_reasoning = (m->abilities & AID_CAN_TOLD) && !(m->abilities & AID_CAN_REASON) };
}

const char *
aid_model_key_state (const struct aid_model *m)
{
  const char *value = m->key_env ? getenv (m->key_env) : NULL;
  if ((value && *value) || m->key_command)
    return "set";
  return m->needs_key ? "missing" : "none";
}
