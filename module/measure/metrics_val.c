/* The report as one value, for Emacs and for JSON. */
#include "measure/metrics_internal.h"
#include "base/val.h"

#include <math.h>
#include <stdio.h>

static const char *const units[] = { "count", "share", "ms", "dollars" };

static void
add_real (struct aid_str *val, const char *key, double v)
{
  aid_val_key (val, key);
  if (isnan (v))
    aid_val_nil (val);
  else
    aid_val_real (val, v);
}

static void
add_words (struct aid_str *val, const char *key, const struct aid_str *words)
{
  aid_val_key (val, key);
  if (words->len)
    aid_val_str (val, aid_str_span (words));
  else
    aid_val_nil (val);
}

/* --- the events behind a number --------------------------------------------------------------------------------------- */

static uint32_t
add_time (struct aid_str *val, const char *key, int64_t ms)
{
  char text[32];
  if (!ms)
    return 0;
  snprintf (text, sizeof text, "@%lld", (long long)ms);
  aid_val_kstrz (val, key, text);
  return 1;
}

static void
add_events (const struct aid_metrics_report *r, int group, enum aid_metric m, struct aid_str *val)
{
  const struct aid_metric_about *about = aid_metric_about (m);
  uint32_t n = 2;
  aid_val_key (val, "events");
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "kind", about->kinds);
  aid_val_kbool (val, "of-requests", 1);
  if (about->with)
    aid_val_kstrz (val, "with", about->with);
  n += about->with != NULL;
  n += add_time (val, "since", r->since) + add_time (val, "before", r->before);
  for (int by = 0; by < AID_BYS; by++)
    {
      int asked = group >= 0 && (r->groups.by & 1u << by);
      const char *key = asked ? aid_metrics_report_key (r, group, (enum aid_metrics_by)by) : NULL;
      if (!asked && !(by == AID_BY_PROJECT && r->project[0]))
        continue;
      aid_val_kstrz (val, by == AID_BY_PROJECT ? "project-hash" : aid_metrics_by_name ((enum aid_metrics_by)by),
                     key     ? key
                     : asked ? ""
                             : r->project);
      n++;
    }
  aid_val_end (val, o, n);
}

/* --- numbers ---------------------------------------------------------------------------------------------------------- */

static void
add_bounds (const struct aid_metric_number *n, struct aid_str *val)
{
  add_real (val, "value", n->known ? n->value : NAN);
  add_real (val, "low", n->known ? n->low : NAN);
  add_real (val, "high", n->known ? n->high : NAN);
}

/* The values of the weeks, or their bounds: numbers, or nil. */
static void
add_line (const struct aid_metrics_report *r, int group, enum aid_metric m, const char *key, struct aid_str *val)
{
  aid_val_key (val, key);
  size_t list = aid_val_list (val);
  for (int w = 0; w < r->weeks; w++)
    {
      struct aid_metric_number n;
      aid_metrics_report_number (r, group, w, m, &n);
      double v = *key == 'v' ? n.value : *key == 'l' ? n.low : n.high;
      if (n.known && !isnan (v))
        aid_val_real (val, v);
      else
        aid_val_nil (val);
    }
  aid_val_end (val, list, (uint32_t)r->weeks);
}

static void
add_series (const struct aid_metrics_report *r, int group, enum aid_metric m, struct aid_str *val)
{
  aid_val_key (val, "series");
  size_t o = aid_val_object (val);
  add_line (r, group, m, "value", val);
  add_line (r, group, m, "low", val);
  add_line (r, group, m, "high", val);
  aid_val_end (val, o, 3);
}

static void
add_number (const struct aid_metrics_report *r, int group, enum aid_metric m, int series, struct aid_str *val)
{
  struct aid_str text = AID_STR_INIT (256), range = AID_STR_INIT (256), spark = AID_STR_INIT ((size_t)4 * AID_METRICS_WEEKS);
  struct aid_metric_number n;
  aid_metrics_report_number (r, group, -1, m, &n);
  aid_metric_text (m, &n, &text);
  aid_metric_range (m, &n, &range);
  aid_metric_spark (r, group, m, &spark);
  aid_val_key (val, aid_metric_about (m)->key);
  size_t o = aid_val_object (val);
  add_bounds (&n, val);
  add_real (val, "hits", n.known && n.of > 0 ? n.hits : NAN);
  add_real (val, "of", n.known && n.of > 0 ? n.of : NAN);
  aid_val_kint (val, "n", (int64_t)n.n);
  add_words (val, "text", &text);
  add_words (val, "range", &range);
  add_words (val, "spark", &spark);
  if (series)
    add_series (r, group, m, val);
  add_events (r, group, m, val);
  aid_val_end (val, o, 10 + (uint32_t)(series != 0));
  aid_str_free (&text);
  aid_str_free (&range);
  aid_str_free (&spark);
}

static void
add_group (const struct aid_metrics_report *r, int group, int series, struct aid_str *val)
{
  struct aid_str name = AID_STR_INIT (8192);
  size_t all = aid_val_object (val), o;
  aid_metrics_group_name (r, group, &name);
  aid_val_kstr (val, "name", aid_str_span (&name));
  aid_val_key (val, "keys");
  o = aid_val_object (val);
  for (size_t i = 0; group >= 0 && i < r->nby; i++)
    aid_val_kstrz (val, aid_metrics_by_name (r->by[i]), aid_metrics_report_key (r, group, r->by[i]));
  aid_val_end (val, o, group < 0 ? 0 : (uint32_t)r->nby);
  aid_val_key (val, "numbers");
  o = aid_val_object (val);
  for (int m = 0; m < AID_METRICS; m++)
    add_number (r, group, (enum aid_metric)m, series, val);
  aid_val_end (val, o, AID_METRICS);
  aid_val_end (val, all, 3);
  aid_str_free (&name);
}

/* --- the whole -------------------------------------------------------------------------------------------------------- */

static void
add_bys (const struct aid_metrics_report *r, struct aid_str *val)
{
  aid_val_key (val, "by");
  size_t list = aid_val_list (val);
  for (size_t i = 0; i < r->nby; i++)
    aid_val_strz (val, aid_metrics_by_name (r->by[i]));
  aid_val_end (val, list, (uint32_t)r->nby);
}

static void
add_weeks (const struct aid_metrics_report *r, struct aid_str *val)
{
  aid_val_key (val, "weeks");
  size_t list = aid_val_list (val);
  for (int w = 0; w < r->weeks; w++)
    {
      char name[16];
      aid_metrics_report_week (r, w, name);
      aid_val_strz (val, name);
    }
  aid_val_end (val, list, (uint32_t)r->weeks);
}

static void
add_metrics (struct aid_str *val)
{
  aid_val_key (val, "metrics");
  size_t list = aid_val_list (val);
  for (int b = 0; b < AID_METRICS_BLOCKS; b++)
    for (int m = (int)aid_metrics_block (b)->first; m <= (int)aid_metrics_block (b)->last; m++)
      {
        const struct aid_metric_about *about = aid_metric_about ((enum aid_metric)m);
        size_t o = aid_val_object (val);
        aid_val_kstrz (val, "key", about->key);
        aid_val_kstrz (val, "name", about->name);
        aid_val_kstrz (val, "label", about->label);
        aid_val_kstrz (val, "unit", units[about->unit]);
        aid_val_kstrz (val, "block", aid_metrics_block (b)->title);
        aid_val_kint (val, "columns", aid_metric_columns ((enum aid_metric)m));
        aid_val_end (val, o, 6);
      }
  aid_val_end (val, list, AID_METRICS);
}

void
aid_metrics_report_val (const struct aid_metrics_report *r, int series, struct aid_str *val)
{
  size_t all = aid_val_object (val), list;
  aid_val_kint (val, "since", r->since);
  aid_val_kint (val, "before", r->before);
  add_bys (r, val);
  add_weeks (r, val);
  add_metrics (val);
  aid_val_key (val, "all");
  add_group (r, -1, r->weeks > 0, val);
  aid_val_key (val, "groups");
  list = aid_val_list (val);
  for (int g = 0; g < r->n; g++)
    add_group (r, g, r->weeks > 0 && g < series, val);
  aid_val_end (val, list, (uint32_t)r->n);
  aid_val_end (val, all, 7);
}
