/* The setting first, then the variables, those of a signal before those of both. */
#include "export/settings.h"
#include "base/json.h"
#include "config/config.h"

#include <stdlib.h>
#include <strings.h>

enum
{
  HEADERS_MAX = 32,
  TIMEOUT_MS = 10000,
  DELAY_MS = 5000,
  INTERVAL_MS = 60000,
  BATCH = 512,
  DAY_MS = 86400000
};

#define NOTES_MAX (16u << 10)

static const char *const signal_words[AID_SIGNALS] = { "TRACES", "METRICS" };
static const char *const signal_names[AID_SIGNALS] = { "traces", "metrics" };

/* The variable OTEL_EXPORTER_OTLP_SIGNAL_WHAT, or else OTEL_EXPORTER_OTLP_WHAT; NULL.  *OWN: it is the signal's. */
static const char *
variable (enum aid_signal signal, const char *what, char name[64], int *own)
{
  snprintf (name, 64, "OTEL_EXPORTER_OTLP_%s_%s", signal_words[signal], what);
  const char *z = aid_otel_env (name);
  *own = z != NULL;
  if (!z)
    {
      snprintf (name, 64, "OTEL_EXPORTER_OTLP_%s", what);
      z = aid_otel_env (name);
    }
  return z;
}

static char *
copy_variable (enum aid_signal signal, const char *what)
{
  char name[64];
  int own;
  const char *z = variable (signal, what, name, &own);
  return z ? strdup (z) : NULL;
}

/* --- where to ----------------------------------------------------------------------------------------------------------- */

static char *
below (const char *base, enum aid_signal signal)
{
  struct aid_str url = AID_STR_INIT (8192);
  struct aid_span v = aid_span_trim (aid_span_z (base));
  while (aid_span_ends (v, "/"))
    v.len--;
  aid_str_addspan (&url, v);
  aid_str_addf (&url, "/v1/%s", signal_names[signal]);
  char *out = url.err ? NULL : aid_str_steal (&url);
  aid_str_free (&url);
  return out;
}

/* An address of the signal's own is taken as it stands, one of both gets the signal's path. */
static char *
url_of (const json_t *otlp, enum aid_signal signal)
{
  char key[32], name[64];
  int own;
  snprintf (key, sizeof key, "%s_endpoint", signal_names[signal]);
  if (aid_json_str (otlp, key))
    return strdup (aid_json_str (otlp, key));
  if (aid_json_str (otlp, "endpoint"))
    return below (aid_json_str (otlp, "endpoint"), signal);
  const char *z = variable (signal, "ENDPOINT", name, &own);
  return z && own ? strdup (z) : below (z ? z : "http://localhost:4318", signal);
}

/* --- headers ------------------------------------------------------------------------------------------------------------ */

/* NAME's header, a later one in place of an earlier one. */
static void
put_header (void *ctx, struct aid_span name, struct aid_span value)
{
  struct aid_vec *list = ctx;
  struct aid_export_header *h = NULL;
  for (size_t i = 0; i < list->len && !h; i++)
    {
      struct aid_export_header *old = &AID_VEC_AT (struct aid_export_header, list, i);
      if (strlen (old->name) == name.len && !strncasecmp (old->name, name.ptr, name.len))
        h = old;
    }
  if (!h && (h = aid_vec_push (list)) && !(h->name = aid_span_dup (name)))
    list->len--;
  else if (h)
    {
      free (h->value);
      h->value = aid_span_dup (value);
    }
}

static void
read_headers (const json_t *otlp, enum aid_signal signal, struct aid_vec *out, struct aid_str *notes)
{
  const json_t *mine = json_object_get (otlp, "headers");
  const char *key, *z;
  char name[64];
  json_t *v;
  int own;
  *out = AID_VEC_INIT (struct aid_export_header, HEADERS_MAX);
  if (!mine && (z = variable (signal, "HEADERS", name, &own)) && aid_otel_list (aid_span_z (z), put_header, out))
    aid_str_addf (notes, "%s must be a list like name=value,name=value\n", name);
  json_object_foreach ((json_t *)(uintptr_t)mine, key, v)
  {
    put_header (out, aid_span_z (key), aid_span_z (json_string_value (v)));
  }
}

/* --- one signal --------------------------------------------------------------------------------------------------------- */

static int
is_gzip (const json_t *otlp, enum aid_signal signal, struct aid_str *notes)
{
  char name[64] = "otlp.compression";
  int own;
  const char *z = aid_json_str (otlp, "compression");
  if (!z)
    z = variable (signal, "COMPRESSION", name, &own);
  if (z && strcmp (z, "gzip") != 0 && strcmp (z, "none") != 0)
    aid_str_addf (notes, "%s must be gzip or none: nothing is compressed\n", name);
  return z && !strcmp (z, "gzip");
}

/* Whether the list Z of exporters has OTLP's; NULL is that. */
static int
names_otlp (const char *z, const char *name, struct aid_str *notes)
{
  struct aid_span rest = aid_span_z (z ? z : "otlp");
  while (rest.len)
    {
      ptrdiff_t comma = aid_span_find (rest, AID_SPAN (","));
      struct aid_span word = aid_span_trim (aid_span_cut (rest, 0, comma < 0 ? rest.len : (size_t)comma));
      if (aid_span_eqz (word, "otlp"))
        return 1;
      if (!aid_span_eqz (word, "none") && !aid_span_eqz (word, "prometheus"))
        aid_str_addf (notes, "%s: AID has no exporter \"%.*s\"\n", name, (int)word.len, word.ptr);
      rest = aid_span_cut (rest, comma < 0 ? rest.len : (size_t)comma + 1, rest.len);
    }
  return 0;
}

static int
is_on (const json_t *otlp, enum aid_signal signal, struct aid_str *notes)
{
  const json_t *v = json_object_get (otlp, signal_names[signal]);
  char name[64];
  snprintf (name, sizeof name, "OTEL_%s_EXPORTER", signal_words[signal]);
  return v ? json_is_true (v) : names_otlp (aid_otel_env (name), name, notes);
}

/* AID speaks one of the protocol's three forms, which is JSON; a receiver takes it where it takes protobuf, but not where
   gRPC. */
static int
is_spoken (enum aid_signal signal, struct aid_str *notes)
{
  char name[64];
  int own;
  const char *z = variable (signal, "PROTOCOL", name, &own);
  if (z && !strcmp (z, "grpc"))
    {
      aid_str_addf (notes,
                    "%s is grpc, which AID does not speak: no %s are sent; set it to http/json, and the endpoint to the "
                    "receiver's port for HTTP\n",
                    name, signal_names[signal]);
      return 0;
    }
  if (z && strcmp (z, "http/json") != 0 && strcmp (z, "http/protobuf") != 0)
    aid_str_addf (notes, "%s is %s: AID sends http/json\n", name, z);
  return 1;
}

static enum aid_err
read_signal (const json_t *otlp, enum aid_signal signal, struct aid_export_settings *s, struct aid_error *e)
{
  struct aid_export_signal *out = &s->signals[signal];
  char name[64];
  int own;
  out->on = is_on (otlp, signal, &s->notes);
  out->url = url_of (otlp, signal);
  read_headers (otlp, signal, &out->headers, &s->notes);
  variable (signal, "TIMEOUT", name, &own);
  out->timeout_ms
    = (uint32_t)aid_json_int (otlp, "timeout_ms", aid_otel_env_number (name, TIMEOUT_MS, 1, DAY_MS, &s->notes));
  if (!out->timeout_ms)
    out->timeout_ms = TIMEOUT_MS;
  int64_t most = aid_otel_env_number (signal == AID_SIGNAL_TRACES ? "OTEL_BSP_EXPORT_TIMEOUT" : "OTEL_METRIC_EXPORT_TIMEOUT",
                                      out->timeout_ms, 1, DAY_MS, &s->notes);
  if (most < out->timeout_ms)
    out->timeout_ms = (uint32_t)most;
  out->gzip = is_gzip (otlp, signal, &s->notes);
  out->ca_file = copy_variable (signal, "CERTIFICATE");
  out->client_cert = copy_variable (signal, "CLIENT_CERTIFICATE");
  out->client_key = copy_variable (signal, "CLIENT_KEY");
  if (!out->url)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the settings");
  out->on = out->on && is_spoken (signal, &s->notes);
  return AID_OK;
}

/* --- the resource ------------------------------------------------------------------------------------------------------- */

static void
put_attribute (void *ctx, struct aid_span name, struct aid_span value)
{
  char *key = aid_span_dup (name);
  if (key)
    json_object_set_new (ctx, key, aid_json_of_span (value));
  free (key);
}

/* A list that is wrong anywhere is left out as a whole. */
static json_t *
read_resource (const json_t *otlp, struct aid_str *notes)
{
  json_t *all = json_object ();
  const char *list = aid_otel_env ("OTEL_RESOURCE_ATTRIBUTES"), *name = aid_otel_env ("OTEL_SERVICE_NAME");
  if (list && aid_otel_list (aid_span_z (list), put_attribute, all))
    {
      aid_str_addz (notes, "OTEL_RESOURCE_ATTRIBUTES must be a list like name=value,name=value: it is left out\n");
      json_object_clear (all);
    }
  if (name)
    put_attribute (all, AID_SPAN ("service.name"), aid_span_z (name));
  json_object_update (all, json_object_get (otlp, "resource"));
  return all;
}

/* --- all ---------------------------------------------------------------------------------------------------------------- */

/* The conventions' opt-in is the variable of OpenTelemetry's own instrumentations. */
static int
captures_content (void)
{
  const char *z = aid_otel_env ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT");
  return z && (!strcasecmp (z, "true") || !strcasecmp (z, "span_only") || !strcasecmp (z, "span_and_event"));
}

/* What is asked for and not done. */
static void
note_temporality (struct aid_str *notes)
{
  const char *name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", *z = aid_otel_env (name);
  if (z && strcasecmp (z, "cumulative") != 0)
    aid_str_addf (notes, "%s is %s: AID's metrics are cumulative\n", name, z);
}

static int
propagates (void)
{
  const char *z = aid_otel_env ("OTEL_PROPAGATORS");
  return !z || strstr (z, "tracecontext");
}

enum aid_err
aid_export_settings_read (const json_t *otlp, struct aid_export_settings *out, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  *out = (struct aid_export_settings){ .notes = AID_STR_INIT (NOTES_MAX) };
  out->disabled = aid_otel_env_true ("OTEL_SDK_DISABLED");
  out->on = !out->disabled && otlp && !json_is_false (otlp);
  out->propagate = propagates ();
  out->person = aid_json_bool (otlp, "user_id", 0);
  out->content = aid_json_bool (otlp, "content", captures_content ());
  out->delay_ms = aid_otel_env_number ("OTEL_BSP_SCHEDULE_DELAY", DELAY_MS, 10, DAY_MS, &out->notes);
  out->interval_ms = aid_json_int (
    otlp, "interval_ms", aid_otel_env_number ("OTEL_METRIC_EXPORT_INTERVAL", INTERVAL_MS, 10, DAY_MS, &out->notes));
  if (!out->interval_ms)
    out->interval_ms = INTERVAL_MS;
  out->batch = (size_t)aid_otel_env_number ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH, 1, 10000, &out->notes);
  out->queue = (size_t)aid_otel_env_number ("OTEL_BSP_MAX_QUEUE_SIZE", AID_EXPORT_QUEUE, 1, 10000000, &out->notes);
  out->resource = read_resource (otlp, &out->notes);
  note_temporality (&out->notes);
  for (int i = 0; i < AID_SIGNALS && !err; i++)
    err = read_signal (otlp, (enum aid_signal)i, out, e);
  if (err)
    aid_export_settings_free (out);
  return err;
}

enum aid_err
aid_export_settings_load (struct aid_export_settings *out, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  struct aid_config *c = aid_config_load (NULL, &why); /* the user's file alone: no project sends anything anywhere */
  enum aid_err err = c          ? aid_export_settings_read (aid_config_get (c, "otlp"), out, &why)
                     : why.code ? why.code
                                : AID_E_NOMEM;
  aid_config_free (c);
  if (err && e)
    *e = why;
  return err;
}

void
aid_export_settings_free (struct aid_export_settings *s)
{
  for (int i = 0; i < AID_SIGNALS; i++)
    {
      struct aid_export_signal *g = &s->signals[i];
      for (size_t k = 0; k < g->headers.len; k++)
        {
          free (AID_VEC_AT (struct aid_export_header, &g->headers, k).name);
          free (AID_VEC_AT (struct aid_export_header, &g->headers, k).value);
        }
      aid_vec_free (&g->headers);
      free (g->url);
      free (g->ca_file);
      free (g->client_cert);
      free (g->client_key);
    }
  json_decref (s->resource);
  aid_str_free (&s->notes);
  *s = (struct aid_export_settings){ .on = 0 };
}

int
aid_export_propagates (void)
{
  struct aid_export_settings s;
  if (aid_export_settings_load (&s, NULL))
    return 0;
  int is = s.on && s.propagate && s.signals[AID_SIGNAL_TRACES].on;
  aid_export_settings_free (&s);
  return is;
}
