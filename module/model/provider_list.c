/* Which models there are, without asking anybody. */
#include "base/json.h"
#include "base/val.h"
#include "model/provider_internal.h"
#include <stdlib.h>

/* --- one model ------------------------------------------------------------------------------------------------------ */

static void
model_val (const struct aid_catalogue *cat, const char *id, const char *chosen, const json_t *found, struct aid_str *out)
{
  struct aid_model m;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_catalogue_resolve (cat, id, found, &m, &e);
  struct aid_facts f = { m.context, m.max_output, m.abilities, err ? AID_PRICE_UNKNOWN : m.price };
  size_t object = aid_val_object (out);
  aid_val_kstrz (out, "id", id);
  aid_val_kstrz (out, "provider", m.provider);
  aid_val_kstrz (out, "title", m.title);
  aid_val_kstrz (out, "name", m.name);
  aid_val_kstrz (out, "host", m.host);
  aid_val_kbool (out, "local", m.local);
  aid_val_kbool (out, "configured", json_object_get (aid_config_get (cat->config, "models"), id) != NULL);
  aid_val_kbool (out, "needs_key", m.needs_key);
  aid_val_kstrz (out, "key", err ? "none" : aid_model_key_state (&m));
  aid_val_kstrz (out, "key_env", m.key_env);
  aid_val_kbool (out, "default", chosen && !strcmp (chosen, id));
  aid_facts_val (&f, out);
  if (err)
    aid_val_kstrz (out, "error", e.msg);
  aid_val_end (out, object, err ? 16 : 15);
  aid_model_free (&m);
}

/* --- all of them ---------------------------------------------------------------------------------------------------- */

/* IDS is an object: its keys are the names, each once and in order. */
static void
add_id (json_t *ids, const char *provider, const char *name)
{
  struct aid_str id = AID_STR_INIT (1024);
  aid_str_addf (&id, "%s/%s", provider, name);
  if (!id.err && !json_object_get (ids, aid_str_z (&id)))
    json_object_set_new (ids, aid_str_z (&id), json_null ());
  aid_str_free (&id);
}

static int
has_key (const json_t *p)
{
  const char *env = aid_json_str (p, "key_env"), *value = env ? getenv (env) : NULL;
  return (value && *value) || json_object_get (p, "key_command") || (!env && !aid_json_str (p, "key_host"));
}

static void
add_provider (const struct aid_catalogue *cat, const char *key, enum aid_list which, json_t *ids)
{
  json_t *p = aid_catalogue_provider (cat, key), *v;
  const char *first = aid_json_str (p, "default"), *name;
  int wanted = which != AID_LIST_READY || has_key (p);
  if (wanted && first)
    add_id (ids, key, first);
  json_object_foreach (json_object_get (p, "models"), name, v)
    {
      if (wanted && which != AID_LIST_FIRST)
        add_id (ids, key, name);
    }
  json_decref (p);
}

/* A new reference; see add_id. */
static json_t *
list_ids (const struct aid_catalogue *cat, const char *chosen, enum aid_list which)
{
  json_t *ids = json_object (), *providers = aid_catalogue_names (cat), *rest = json_object (), *v;
  json_t *models = (json_t *) (uintptr_t) aid_config_get (cat->config, "models");
  const char *key;
  size_t i;
  json_object_foreach (models, key, v)
    {
      json_object_set_new (rest, key, json_null ());
    }
  json_array_foreach (providers, i, v)
    {
      add_provider (cat, json_string_value (v), which, rest);
    }
  if (chosen && !json_object_get (rest, chosen))
    json_object_set_new (ids, chosen, json_null ());
  json_object_update (ids, rest);
  json_decref (rest);
  json_decref (providers);
  return ids;
}

void
aid_model_list (const struct aid_config *c, enum aid_list which, struct aid_str *out)
{
  struct aid_catalogue cat = aid_catalogue_open (c);
  char *chosen = aid_catalogue_default (&cat);
  json_t *ids = list_ids (&cat, chosen, which), *v;
  uint32_t n = 0;
  const char *id;
  size_t list = aid_val_list (out);
  json_object_foreach (ids, id, v)
    {
      model_val (&cat, id, chosen, NULL, out);
      n++;
    }
  aid_val_end (out, list, n);
  json_decref (ids);
  free (chosen);
  aid_catalogue_close (&cat);
}

void
aid_model_list_served (const struct aid_config *c, const char *key, const json_t *entries, struct aid_str *out)
{
  struct aid_catalogue cat = aid_catalogue_open (c);
  char *chosen = aid_catalogue_default (&cat);
  const json_t *entry;
  size_t i, list = aid_val_list (out);
  uint32_t n = 0;
  json_array_foreach (entries, i, entry)
    {
      struct aid_str id = AID_STR_INIT (1024);
      aid_str_addf (&id, "%s/%s", key, aid_json_str (entry, "name"));
      if (!id.err)
        {
          model_val (&cat, aid_str_z (&id), chosen, entry, out);
          n++;
        }
      aid_str_free (&id);
    }
  aid_val_end (out, list, n);
  free (chosen);
  aid_catalogue_close (&cat);
}

json_t *
aid_providers (const struct aid_config *c)
{
  struct aid_catalogue cat = aid_catalogue_open (c);
  json_t *names = aid_catalogue_names (&cat);
  aid_catalogue_close (&cat);
  return names;
}
