/* The sums in memory. */
#include "export/totals.h"
#include "base/json.h"
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>

#define ATTRIBUTES_MAX ((size_t)8192)
#define ALL_SERIES ((size_t)AID_INSTRUMENTS * (AID_SERIES_MAX + 1))

static const char overflow[] = "{\"otel.metric.overflow\":\"true\"}";

void
aid_totals_init (struct aid_totals *t)
{
  *t = (struct aid_totals){ .series = AID_VEC_INIT (struct aid_series *, ALL_SERIES), .by_key = aid_map_new () };
}

void
aid_totals_free (struct aid_totals *t)
{
  for (size_t i = 0; i < t->series.len; i++)
    {
      struct aid_series *s = AID_VEC_AT (struct aid_series *, &t->series, i);
      free (s->attributes);
      free (s);
    }
  aid_vec_free (&t->series);
  if (t->by_key)
    aid_map_free (t->by_key, NULL);
  t->by_key = NULL;
}

/* --- series -------------------------------------------------------------------------------------------------------------- */

static struct aid_series *
series_new (struct aid_totals *t, const struct aid_instrument *i, struct aid_span attributes, struct aid_span key)
{
  struct aid_series *s = calloc (1, sizeof *s), **slot = NULL;
  if (s && (s->attributes = aid_span_dup (attributes)) && !aid_map_put (t->by_key, key, s, NULL)
      && (slot = aid_vec_push (&t->series)))
    {
      s->instrument = i;
      *slot = s;
      t->of_instrument[i - aid_instruments]++;
      return s;
    }
  if (s && s->attributes)
    aid_map_remove (t->by_key, key);
  if (s)
    free (s->attributes);
  free (s);
  return NULL;
}

struct aid_series *
aid_totals_series (struct aid_totals *t, const struct aid_instrument *i, struct aid_span attributes)
{
  struct aid_str key = AID_STR_INIT (2 * ATTRIBUTES_MAX);
  struct aid_series *s = NULL;
  aid_str_addf (&key, "%s ", i->name);
  aid_str_addspan (&key, attributes);
  if (!key.err && t->by_key && !(s = aid_map_get (t->by_key, aid_str_span (&key))))
    {
      if (t->of_instrument[i - aid_instruments] < AID_SERIES_MAX || aid_span_eqz (attributes, overflow))
        s = series_new (t, i, attributes, aid_str_span (&key));
      else
        s = aid_totals_series (t, i, aid_span_z (overflow));
    }
  aid_str_free (&key);
  return s;
}

static void
add_to_histogram (struct aid_series *s, double value)
{
  const struct aid_instrument *i = s->instrument;
  size_t at = 0;
  while (at < i->nbounds && value > i->bounds[at])
    at++;
  s->buckets[at]++;
  s->least = !s->count || value < s->least ? value : s->least;
  s->most = !s->count || value > s->most ? value : s->most;
  s->count++;
}

enum aid_err
aid_totals_add (struct aid_totals *t, const struct aid_instrument *i, const json_t *attributes, double value)
{
  char *text = json_dumps (attributes, JSON_COMPACT | JSON_SORT_KEYS);
  struct aid_series *s = text ? aid_totals_series (t, i, aid_span_z (text)) : NULL;
  free (text);
  if (!s)
    return AID_E_NOMEM;
  if (i->bounds)
    add_to_histogram (s, value);
  s->sum += value;
  s->changed = 1;
  return AID_OK;
}

/* --- order --------------------------------------------------------------------------------------------------------------- */

static int
by_name (const void *a, const void *b)
{
  const struct aid_series *const *x = a, *const *y = b;
  ptrdiff_t order = (*x)->instrument - (*y)->instrument;
  return order ? (order > 0) - (order < 0) : strcmp ((*x)->attributes, (*y)->attributes);
}

void
aid_totals_sort (struct aid_totals *t)
{
  if (t->series.len)
    qsort (t->series.data, t->series.len, sizeof (struct aid_series *), by_name);
}
