/* Rows. */
#include "export/event.h"
#include "base/json.h"

#include <stdio.h>

#define COLUMNS "SELECT id, at, kind, request, project, chat, language, content, data FROM events "
#define PARTS_MAX 1000

static void
copy (sqlite3_stmt *s, int at, char *out, size_t size)
{
  struct aid_span v = aid_db_column (s, at);
  size_t n = v.len < size ? v.len : 0; /* a longer one is not ours */
  if (n)
    memcpy (out, v.ptr, n);
  out[n] = '\0';
}

static void
write_uuid (struct aid_span id, char out[AID_EVENT_ID])
{
  char *to = out;
  for (size_t i = 0; i < id.len && i < AID_EXPORT_ID; i++)
    {
      if (i == 4 || i == 6 || i == 8 || i == 10)
        *to++ = '-';
      to += sprintf (to, "%02x", (unsigned char)id.ptr[i]);
    }
  *to = '\0';
}

/* Whether the row of S is an event that is understood; then OUT is to be cleared. */
static int
read_row (sqlite3_stmt *s, struct aid_export_event *out)
{
  *out = (struct aid_export_event){ .at = sqlite3_column_int64 (s, 1) };
  if (!aid_measured_named (aid_db_column (s, 2), &out->kind))
    return 0;
  write_uuid (aid_db_column (s, 0), out->id);
  copy (s, 3, out->request, sizeof out->request);
  copy (s, 4, out->project, sizeof out->project);
  copy (s, 5, out->chat, sizeof out->chat);
  copy (s, 6, out->language, sizeof out->language);
  copy (s, 7, out->content, sizeof out->content);
  out->data = aid_json_parse (aid_db_column (s, 8), "an event", NULL);
  return json_is_object (out->data);
}

/* The first row of S, whose values are bound. */
static enum aid_err
get_one (struct aid_export_state *s, sqlite3_stmt *st, struct aid_export_event *out, int *found, struct aid_error *e)
{
  int row = 0;
  enum aid_err err = aid_db_step (s->events, st, &row, e);
  if (!err && row && !(*found = read_row (st, out)))
    aid_export_event_clear (out);
  sqlite3_reset (st);
  return err;
}

enum aid_err
aid_export_event_get (struct aid_export_state *s, const unsigned char id[AID_EXPORT_ID], struct aid_export_event *out,
                      int *found, struct aid_error *e)
{
  sqlite3_stmt *st;
  *found = 0;
  enum aid_err err = aid_db_prepare (s->events, COLUMNS "WHERE id = ?1", &st, e);
  if (err)
    return err;
  aid_db_blob (st, 1, (struct aid_span){ (const char *)id, AID_EXPORT_ID });
  return get_one (s, st, out, found, e);
}

enum aid_err
aid_export_event_request (struct aid_export_state *s, const char *request, struct aid_export_event *out, int *found,
                          struct aid_error *e)
{
  sqlite3_stmt *st;
  *found = 0;
  if (!*request)
    return AID_OK;
  enum aid_err err
    = aid_db_prepare (s->events, COLUMNS "WHERE request = ?1 AND kind = 'request' ORDER BY id LIMIT 1", &st, e);
  if (err)
    return err;
  aid_db_text (st, 1, aid_span_z (request));
  return get_one (s, st, out, found, e);
}

enum aid_err
aid_export_event_decision (struct aid_export_state *s, const char *project, int64_t from, int64_t at,
                           struct aid_export_event *out, int *found, struct aid_error *e)
{
  sqlite3_stmt *st;
  *found = 0;
  enum aid_err err = aid_db_prepare (s->events,
                                     COLUMNS "WHERE project = ?1 AND kind = 'decision' AND at BETWEEN ?2 AND ?3"
                                             " AND request IS NOT NULL ORDER BY at DESC, id DESC LIMIT 1",
                                     &st, e);
  if (err)
    return err;
  aid_db_text (st, 1, aid_span_z (project));
  sqlite3_bind_int64 (st, 2, from);
  sqlite3_bind_int64 (st, 3, at);
  return get_one (s, st, out, found, e);
}

enum aid_err
aid_export_event_each (struct aid_export_state *s, const char *request, const char *kind,
                       void (*each) (void *ctx, const struct aid_export_event *event), void *ctx, struct aid_error *e)
{
  sqlite3_stmt *st;
  struct aid_export_event event;
  int row = 0;
  if (!*request)
    return AID_OK;
  enum aid_err err = aid_db_prepare (s->events, COLUMNS "WHERE request = ?1 AND kind = ?2 ORDER BY id LIMIT ?3", &st, e);
  if (err)
    return err;
  aid_db_text (st, 1, aid_span_z (request));
  aid_db_text (st, 2, aid_span_z (kind));
  sqlite3_bind_int64 (st, 3, PARTS_MAX);
  while (!(err = aid_db_step (s->events, st, &row, e)) && row)
    {
      if (read_row (st, &event))
        each (ctx, &event);
      aid_export_event_clear (&event);
    }
  sqlite3_reset (st);
  return err;
}

void
aid_export_event_clear (struct aid_export_event *event)
{
  json_decref (event->data);
  event->data = NULL;
}

void
aid_export_event_ids (const struct aid_export_event *request, struct aid_trace_ids *out)
{
  if (aid_traceparent_read (aid_json_str (request->data, "trace"), out))
    aid_trace_ids_of (aid_span_z (*request->request ? request->request : request->id), out);
}
