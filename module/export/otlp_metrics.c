/* The sums as metrics: one an instrument, with a data point a set of attributes, cumulative. */
#include "export/otlp.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>

#define CUMULATIVE 2

static json_t *
number (int64_t v)
{
  char text[32];
  snprintf (text, sizeof text, "%" PRId64, v);
  return json_string (text);
}

static json_t *
attributes_of (const struct aid_series *s)
{
  json_t *all = aid_json_parse (aid_span_z (s->attributes), "attributes", NULL), *list = json_array (), *v;
  const char *key;
  json_object_foreach (all, key, v)
  {
    if (!strcmp (key, "otel.metric.overflow"))
      aid_otlp_flag (list, key, 1);
    else
      aid_otlp_word (list, key, json_string_value (v));
  }
  json_decref (all);
  return list;
}

static void
add_histogram (json_t *point, const struct aid_series *s)
{
  json_t *counts = json_array (), *bounds = json_array ();
  for (size_t i = 0; i <= s->instrument->nbounds; i++)
    json_array_append_new (counts, number (s->buckets[i]));
  for (size_t i = 0; i < s->instrument->nbounds; i++)
    json_array_append_new (bounds, json_real (s->instrument->bounds[i]));
  json_object_set_new (point, "count", number (s->count));
  json_object_set_new (point, "sum", json_real (s->sum));
  json_object_set_new (point, "min", json_real (s->least));
  json_object_set_new (point, "max", json_real (s->most));
  json_object_set_new (point, "bucketCounts", counts);
  json_object_set_new (point, "explicitBounds", bounds);
}

static json_t *
point_of (const struct aid_series *s, int64_t start_ms, int64_t at_ms)
{
  json_t *list = attributes_of (s);
  json_t *point
    = json_pack ("{s:o, s:o}", "startTimeUnixNano", aid_otlp_time (start_ms), "timeUnixNano", aid_otlp_time (at_ms));
  if (json_array_size (list))
    json_object_set (point, "attributes", list);
  json_decref (list);
  if (s->instrument->bounds)
    add_histogram (point, s);
  else if (s->instrument->real)
    json_object_set_new (point, "asDouble", json_real (s->sum));
  else
    json_object_set_new (point, "asInt", number ((int64_t)s->sum));
  return point;
}

static json_t *
metric_new (const struct aid_instrument *i, json_t *points)
{
  json_t *data = json_pack ("{s:i, s:o}", "aggregationTemporality", CUMULATIVE, "dataPoints", points);
  if (!i->bounds)
    json_object_set_new (data, "isMonotonic", json_true ());
  return json_pack ("{s:s, s:s, s:s, s:o}", "name", i->name, "unit", i->unit, "description", i->description,
                    i->bounds ? "histogram" : "sum", data);
}

json_t *
aid_otlp_metrics (const json_t *resource, const struct aid_totals *totals, int64_t at_ms)
{
  json_t *metrics = json_array (), *points = NULL;
  const struct aid_instrument *last = NULL;
  for (size_t i = 0; i < totals->series.len; i++)
    {
      const struct aid_series *s = AID_VEC_AT (struct aid_series *, &totals->series, i);
      if (s->instrument != last)
        {
          points = json_array ();
          json_array_append_new (metrics, metric_new (s->instrument, points)); /* which has the one reference */
          last = s->instrument;
        }
      json_array_append_new (points, point_of (s, totals->start_ms, at_ms));
    }
  if (!json_array_size (metrics))
    {
      json_decref (metrics);
      return NULL;
    }
  return json_pack ("{s:[{s:O, s:[{s:o, s:o}]}]}", "resourceMetrics", "resource", resource, "scopeMetrics", "scope",
                    aid_otlp_scope (), "metrics", metrics);
}
