/* Names and labels are those that OpenTelemetry's own exporters make of the same metrics: dots become "_", a unit in braces is
   left out, seconds and "_total" stand at the end.

   Source: "Prometheus and OpenMetrics Compatibility" of the OpenTelemetry specification; "Exposition formats" of Prometheus. */
#include "export/prometheus.h"
#include "export/otlp.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The shortest text that reads as V. */
static void
add_number (struct aid_str *out, double v)
{
  char text[40];
  for (int digits = 15; digits <= 17; digits++)
    {
      snprintf (text, sizeof text, "%.*g", digits, v);
      if (strtod (text, NULL) == v)
        break;
    }
  aid_str_addz (out, text);
}

static void
add_escaped (struct aid_str *out, const char *z, int quote)
{
  for (; *z; z++)
    if (*z == '\\')
      aid_str_addz (out, "\\\\");
    else if (*z == '\n')
      aid_str_addz (out, "\\n");
    else if (*z == '"' && quote)
      aid_str_addz (out, "\\\"");
    else
      aid_str_addc (out, *z);
}

static void
add_label (struct aid_str *out, const char *name, const char *value)
{
  if (out->len && out->ptr[out->len - 1] != '{')
    aid_str_addc (out, ',');
  for (const char *z = name; *z; z++)
    {
      int letter = (*z >= 'a' && *z <= 'z') || (*z >= 'A' && *z <= 'Z') || (*z >= '0' && *z <= '9' && z > name);
      aid_str_addc (out, letter ? *z : '_');
    }
  aid_str_addz (out, "=\"");
  add_escaped (out, value, 1);
  aid_str_addc (out, '"');
}

/* Appends "NAME{LABELS} ", with "le" if BOUND. */
static void
begin_line (struct aid_str *out, const char *name, const char *end, const json_t *labels, const double *bound, int last)
{
  const char *key;
  json_t *v;
  struct aid_str le = AID_STR_INIT (64);
  aid_str_addf (out, "%s%s{", name, end);
  json_object_foreach ((json_t *)(uintptr_t)labels, key, v)
  {
    add_label (out, key, json_string_value (v) ? json_string_value (v) : "");
  }
  if (bound)
    add_number (&le, *bound);
  if (bound || last)
    add_label (out, "le", bound ? aid_str_z (&le) : "+Inf");
  aid_str_free (&le);
  if (out->len && out->ptr[out->len - 1] == '{')
    aid_str_remove (out, out->len - 1, 1);
  else
    aid_str_addc (out, '}');
  aid_str_addc (out, ' ');
}

static void
add_whole (struct aid_str *out, int64_t v)
{
  aid_str_addf (out, "%" PRId64 "\n", v);
}

static void
add_histogram (struct aid_str *out, const struct aid_series *s, const json_t *labels)
{
  const struct aid_instrument *i = s->instrument;
  int64_t upto = 0;
  for (size_t k = 0; k <= i->nbounds; k++)
    {
      upto += s->buckets[k];
      begin_line (out, i->prometheus, "_bucket", labels, k < i->nbounds ? &i->bounds[k] : NULL, k == i->nbounds);
      add_whole (out, upto);
    }
  begin_line (out, i->prometheus, "_sum", labels, NULL, 0);
  add_number (out, s->sum);
  aid_str_addc (out, '\n');
  begin_line (out, i->prometheus, "_count", labels, NULL, 0);
  add_whole (out, s->count);
}

static void
add_head (struct aid_str *out, const char *name, const char *help, const char *type)
{
  aid_str_addf (out, "# HELP %s ", name);
  add_escaped (out, help, 0);
  aid_str_addf (out, "\n# TYPE %s %s\n", name, type);
}

static void
add_target (struct aid_str *out, const json_t *resource)
{
  json_t *labels = json_object (), *item;
  size_t i;
  json_array_foreach (json_object_get (resource, "attributes"), i, item)
  {
    json_object_set (labels, aid_json_str (item, "key"), json_object_get (json_object_get (item, "value"), "stringValue"));
  }
  add_head (out, "target_info", "Who is measured.", "gauge");
  begin_line (out, "target_info", "", labels, NULL, 0);
  aid_str_addz (out, "1\n");
  json_decref (labels);
}

void
aid_prometheus_write (const struct aid_totals *totals, const json_t *resource, struct aid_str *out)
{
  const struct aid_instrument *last = NULL;
  if (resource)
    add_target (out, resource);
  for (size_t i = 0; i < totals->series.len; i++)
    {
      const struct aid_series *s = AID_VEC_AT (struct aid_series *, &totals->series, i);
      const struct aid_instrument *in = s->instrument;
      json_t *labels = aid_json_parse (aid_span_z (s->attributes), "attributes", NULL);
      if (!last || in != last)
        add_head (out, in->prometheus, in->description, in->bounds ? "histogram" : "counter");
      last = in;
      if (in->bounds)
        add_histogram (out, s, labels);
      else
        {
          begin_line (out, in->prometheus, "", labels, NULL, 0);
          add_number (out, s->sum);
          aid_str_addc (out, '\n');
        }
      json_decref (labels);
    }
}

enum aid_err
aid_prometheus_make (const struct aid_export_settings *settings, struct aid_str *out, struct aid_error *e)
{
  struct aid_export_state s;
  struct aid_totals totals;
  enum aid_err err = aid_export_state_open (&s, 0, NULL, e);
  if (err)
    return err;
  err = aid_totals_update (&s, &totals, e);
  json_t *resource = err ? NULL : aid_otlp_resource (settings, e);
  if (!err && !resource)
    err = e && e->code ? e->code : AID_E_NOMEM;
  if (!err)
    aid_prometheus_write (&totals, resource, out);
  json_decref (resource);
  aid_totals_free (&totals);
  aid_export_state_close (&s);
  return err ? err : out->err ? aid_error_set (e, out->err, "The metrics do not fit in memory") : AID_OK;
}
