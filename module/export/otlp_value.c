/* The pieces of a body. */
#include "export/otlp.h"
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void
put (json_t *list, const char *key, const char *type, json_t *v)
{
  json_array_append_new (list, json_pack ("{s:s, s:{s:o}}", "key", key, "value", type, v));
}

static json_t *
integer (int64_t v)
{
  char text[32];
  snprintf (text, sizeof text, "%" PRId64, v);
  return json_string (text);
}

void
aid_otlp_word (json_t *list, const char *key, const char *v)
{
  if (v && *v)
    put (list, key, "stringValue", aid_json_of_span (aid_span_z (v)));
}

void
aid_otlp_number (json_t *list, const char *key, int64_t v)
{
  put (list, key, "intValue", integer (v));
}

void
aid_otlp_count (json_t *list, const char *key, int64_t v)
{
  if (v >= 0)
    aid_otlp_number (list, key, v);
}

void
aid_otlp_real (json_t *list, const char *key, double v)
{
  if (v >= 0 && isfinite (v))
    put (list, key, "doubleValue", json_real (v));
}

void
aid_otlp_flag (json_t *list, const char *key, int v)
{
  put (list, key, "boolValue", json_boolean (v));
}

void
aid_otlp_words (json_t *list, const char *key, const char *v)
{
  if (v && *v)
    put (list, key, "arrayValue", json_pack ("{s:[{s:o}]}", "values", "stringValue", aid_json_of_span (aid_span_z (v))));
}

json_t *
aid_otlp_time (int64_t ms)
{
  return integer (ms * 1000000);
}

json_t *
aid_otlp_scope (void)
{
  return json_pack ("{s:s, s:s}", "name", "aid", "version", AID_VERSION);
}

const char *
aid_otlp_provider (const char *provider)
{
  static const char *const names[][2] = { { "gemini", "gcp.gemini" },
                                          { "mistral", "mistral_ai" },
                                          { "xai", "x_ai" },
                                          { "moonshot", "moonshot_ai" },
                                          { "azure", "azure.ai.openai" } };
  for (size_t i = 0; provider && i < sizeof names / sizeof *names; i++)
    if (!strcmp (provider, names[i][0]))
      return names[i][1];
  return provider;
}

json_t *
aid_otlp_resource (const struct aid_export_settings *settings, struct aid_error *e)
{
  struct aid_identity who;
  char instance[AID_MEASURED_HASH];
  const char *key;
  json_t *v;
  if (aid_identity_load (&who, e))
    return NULL;
  aid_identity_hash (&who, "instance", AID_SPAN ("export"), instance);
  json_t *all
    = json_pack ("{s:s, s:s, s:s}", "service.name", "aid", "service.version", AID_VERSION, "service.instance.id", instance);
  if (settings->person)
    json_object_set_new (all, "user.id", json_string (who.person));
  json_object_update (all, settings->resource);
  json_t *list = json_array ();
  json_object_foreach (all, key, v)
  {
    aid_otlp_word (list, key, json_string_value (v));
  }
  json_decref (all);
  return json_pack ("{s:o}", "attributes", list);
}

json_t *
aid_otlp_traces (const json_t *resource, json_t *spans)
{
  return json_pack ("{s:[{s:O, s:[{s:o, s:o}]}]}", "resourceSpans", "resource", resource, "scopeSpans", "scope",
                    aid_otlp_scope (), "spans", spans);
}
