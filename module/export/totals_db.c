/* The sums on the disk: read, what is new added, and written in one transaction with the marks of what was added. */
#include "export/totals.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>

enum
{
  CHUNK = 2000,          /* events that are counted in a transaction */
  LATE_MS = 24 * 3600000 /* so long an event may have waited before it is looked for everywhere, which is once a day */
};

/* --- a series as JSON ---------------------------------------------------------------------------------------------------- */

static json_t *
buckets_of (const struct aid_series *s)
{
  json_t *list = json_array ();
  for (size_t i = 0; i <= s->instrument->nbounds; i++)
    json_array_append_new (list, json_integer (s->buckets[i]));
  return list;
}

static json_t *
json_of (const struct aid_series *s)
{
  return s->instrument->bounds ? json_pack ("{s:f, s:I, s:f, s:f, s:o}", "sum", s->sum, "count", (json_int_t)s->count, "min",
                                            s->least, "max", s->most, "buckets", buckets_of (s))
                               : json_pack ("{s:f}", "sum", s->sum);
}

static void
read_series (struct aid_series *s, const json_t *v)
{
  const json_t *buckets = json_object_get (v, "buckets");
  s->sum = aid_json_real (v, "sum", 0);
  s->count = aid_json_int (v, "count", 0);
  s->least = aid_json_real (v, "min", 0);
  s->most = aid_json_real (v, "max", 0);
  for (size_t i = 0; i <= s->instrument->nbounds; i++)
    s->buckets[i] = json_integer_value (json_array_get (buckets, i));
}

/* --- reading and writing ------------------------------------------------------------------------------------------------- */

static enum aid_err
load (struct aid_export_state *s, struct aid_totals *t, struct aid_error *e)
{
  sqlite3_stmt *st;
  int row = 0;
  enum aid_err err = aid_db_prepare (s->db, "SELECT metric, attributes, data FROM sums", &st, e);
  if (err)
    return err;
  while (!(err = aid_db_step (s->db, st, &row, e)) && row)
    {
      const struct aid_instrument *i = aid_instrument_named (aid_db_column (st, 0));
      struct aid_series *series = i ? aid_totals_series (t, i, aid_db_column (st, 1)) : NULL;
      json_t *data = series ? aid_json_parse (aid_db_column (st, 2), "a sum", NULL) : NULL;
      if (data)
        read_series (series, data);
      json_decref (data);
    }
  sqlite3_reset (st);
  return err ? err : aid_export_get (s, "start", 0, &t->start_ms, e);
}

static enum aid_err
save_one (struct aid_export_state *s, const struct aid_series *series, struct aid_error *e)
{
  sqlite3_stmt *st;
  struct aid_str text = AID_STR_INIT (1u << 16);
  json_t *data = json_of (series);
  enum aid_err err = aid_json_dump (data, &text) ? aid_error_set (e, AID_E_NOMEM, "No memory for the sums") : AID_OK;
  json_decref (data);
  if (!err)
    err = aid_db_prepare (s->db, "INSERT OR REPLACE INTO sums(metric, attributes, data) VALUES(?1, ?2, ?3)", &st, e);
  if (!err)
    {
      aid_db_text (st, 1, aid_span_z (series->instrument->name));
      aid_db_text (st, 2, aid_span_z (series->attributes));
      aid_db_text (st, 3, aid_str_span (&text));
      err = aid_db_run (s->db, st, e);
    }
  aid_str_free (&text);
  return err;
}

static enum aid_err
save (struct aid_export_state *s, struct aid_totals *t, struct aid_error *e)
{
  enum aid_err err = aid_export_set (s, "start", t->start_ms, e);
  for (size_t i = 0; i < t->series.len && !err; i++)
    {
      struct aid_series *series = AID_VEC_AT (struct aid_series *, &t->series, i);
      if (series->changed)
        err = save_one (s, series, e);
      series->changed = 0;
    }
  return err;
}

/* --- counting ------------------------------------------------------------------------------------------------------------ */

struct counting
{
  struct aid_totals *totals;
  enum aid_err err;
};

static void
count (void *ctx, const struct aid_instrument *i, const json_t *attributes, double value)
{
  struct counting *c = ctx;
  if (!c->err)
    c->err = aid_totals_add (c->totals, i, attributes, value);
}

static enum aid_err
count_one (struct aid_export_state *s, const unsigned char *id, struct aid_totals *t, struct aid_error *e)
{
  struct aid_export_event event, request;
  struct counting c = { t, AID_OK };
  int found, known = 0;
  enum aid_err err = aid_export_event_get (s, id, &event, &found, e);
  if (!err && found && event.kind != AID_MEASURED_REQUEST)
    err = aid_export_event_request (s, event.request, &request, &known, e);
  if (!err && found)
    aid_count_event (&event, known ? &request : NULL, count, &c);
  if (found && !t->start_ms)
    t->start_ms = event.at;
  if (known)
    aid_export_event_clear (&request);
  if (found)
    aid_export_event_clear (&event);
  if (!err && c.err)
    err = aid_error_set (e, c.err, "No memory for the sums");
  return err ? err : aid_export_mark (s, AID_EXPORT_SUMS, id, e);
}

/* Reads the sums and counts up to CHUNK events behind FROM, which moves on; *MORE: there may be others. */
static enum aid_err
count_chunk (struct aid_export_state *s, unsigned char from[AID_EXPORT_ID], struct aid_totals *t, int *more,
             struct aid_error *e)
{
  struct aid_vec ids = AID_VEC_INIT (unsigned char[AID_EXPORT_ID], CHUNK);
  aid_totals_free (t); /* another process may have counted since */
  aid_totals_init (t);
  enum aid_err err = t->by_key ? aid_export_begin (s, e) : aid_error_set (e, AID_E_NOMEM, "No memory for the sums");
  if (err)
    return err;
  if (!(err = load (s, t, e)) && s->events)
    err = aid_export_pending (s, AID_EXPORT_SUMS, from, 0, CHUNK, &ids, e);
  for (size_t i = 0; i < ids.len && !err; i++)
    err = count_one (s, (const unsigned char *)ids.data + i * AID_EXPORT_ID, t, e);
  if (!err && ids.len)
    err = save (s, t, e);
  err = aid_export_end (s, err, e);
  *more = !err && ids.len == CHUNK;
  if (*more)
    memcpy (from, (const unsigned char *)ids.data + (ids.len - 1) * AID_EXPORT_ID, AID_EXPORT_ID);
  aid_vec_free (&ids);
  return err;
}

/* Once a day all events are looked through, for one that came very late, and what is forgotten loses its marks. */
static enum aid_err
look_from (struct aid_export_state *s, unsigned char from[AID_EXPORT_ID], int *whole, struct aid_error *e)
{
  int64_t at, now = aid_clock_wall_ms ();
  enum aid_err err = aid_export_get (s, "looked", 0, &at, e);
  *whole = now - at > LATE_MS || now < at;
  aid_export_id_at (*whole ? 0 : now - 2 * (int64_t)LATE_MS, from);
  return err;
}

enum aid_err
aid_totals_update (struct aid_export_state *s, struct aid_totals *out, struct aid_error *e)
{
  unsigned char from[AID_EXPORT_ID];
  int more = 1, whole = 0;
  aid_totals_init (out);
  enum aid_err err = look_from (s, from, &whole, e);
  while (!err && more)
    err = count_chunk (s, from, out, &more, e);
  if (!err && whole && s->events && !(err = aid_export_prune (s, e)))
    err = aid_export_set (s, "looked", aid_clock_wall_ms (), e);
  aid_totals_sort (out);
  return err;
}
