/* What is not settled yet, found as two sorted lists are merged: the events' ids, and the marks. */
#include "export/state.h"

#define CHUNK 4096 /* marks that are taken out in a transaction */

/* A list of ids that is read in their order. */
struct reader
{
  struct aid_db *db;
  sqlite3_stmt *s;
  int more;
  unsigned char id[AID_EXPORT_ID];
};

static enum aid_err
advance (const struct aid_export_state *s, struct reader *r, struct aid_error *e)
{
  enum aid_err err
    = aid_stop_is_set (s->stop) ? aid_error_set (e, AID_E_CANCELLED, "Stopped") : aid_db_step (r->db, r->s, &r->more, e);
  struct aid_span id = !err && r->more ? aid_db_column (r->s, 0) : (struct aid_span){ NULL, 0 };
  if (id.len == AID_EXPORT_ID)
    memcpy (r->id, id.ptr, AID_EXPORT_ID);
  return err;
}

static enum aid_err
read_marks (struct aid_export_state *s, int64_t use, const unsigned char *from, struct reader *r, struct aid_error *e)
{
  *r = (struct reader){ .db = s->db };
  enum aid_err err = aid_db_prepare (s->db, "SELECT id FROM marks WHERE use = ?1 AND id >= ?2 ORDER BY id", &r->s, e);
  if (err)
    return err;
  sqlite3_bind_int64 (r->s, 1, use);
  aid_db_blob (r->s, 2, (struct aid_span){ (const char *)from, AID_EXPORT_ID });
  return advance (s, r, e);
}

static enum aid_err
read_events (struct aid_export_state *s, const unsigned char *from, int spans, struct reader *r, struct aid_error *e)
{
  *r = (struct reader){ .db = s->events };
  if (!s->events)
    return AID_OK;
  enum aid_err err = aid_db_prepare (
    s->events,
    spans
      ? "SELECT id FROM events WHERE id >= ?1 AND kind IN ('request', 'patch', 'decision', 'build', 'stayed') ORDER BY id"
      : "SELECT id FROM events WHERE id >= ?1 ORDER BY id",
    &r->s, e);
  if (err)
    return err;
  aid_db_blob (r->s, 1, (struct aid_span){ (const char *)from, AID_EXPORT_ID });
  return advance (s, r, e);
}

static void
rest (struct reader *r)
{
  if (r->s)
    sqlite3_reset (r->s);
}

static int
push (struct aid_vec *ids, const unsigned char *id)
{
  void *to = aid_vec_push (ids);
  if (to)
    memcpy (to, id, AID_EXPORT_ID);
  return to != NULL;
}

/* Pushes at most MOST of the ids that only the events have (WHICH is -1), or only the marks (1): both begin at their first. */
static enum aid_err
collect (const struct aid_export_state *s, struct reader *events, struct reader *marks, int which, size_t most,
         struct aid_vec *ids, struct aid_error *e)
{
  const struct reader *wanted = which < 0 ? events : marks;
  enum aid_err err = AID_OK;
  while (!err && wanted->more && ids->len < most)
    {
      int order = !marks->more ? -1 : !events->more ? 1 : memcmp (events->id, marks->id, AID_EXPORT_ID);
      if ((order > 0) - (order < 0) == which && !push (ids, wanted->id))
        err = aid_error_set (e, AID_E_NOMEM, "No memory for %zu events", ids->len);
      if (!err && order <= 0)
        err = advance (s, events, e);
      if (!err && order >= 0)
        err = advance (s, marks, e);
    }
  rest (events);
  rest (marks);
  return err;
}

enum aid_err
aid_export_pending (struct aid_export_state *s, int64_t use, const unsigned char from[AID_EXPORT_ID], int spans, size_t most,
                    struct aid_vec *ids, struct aid_error *e)
{
  struct reader events, marks = { .db = NULL };
  enum aid_err err = read_events (s, from, spans, &events, e);
  if (!err)
    err = read_marks (s, use, from, &marks, e);
  return err ? err : collect (s, &events, &marks, -1, most, ids, e);
}

enum aid_err
aid_export_mark (struct aid_export_state *s, int64_t use, const unsigned char *id, struct aid_error *e)
{
  sqlite3_stmt *st;
  enum aid_err err = aid_db_prepare (s->db, "INSERT OR IGNORE INTO marks(use, id) VALUES(?1, ?2)", &st, e);
  if (err)
    return err;
  sqlite3_bind_int64 (st, 1, use);
  aid_db_blob (st, 2, (struct aid_span){ (const char *)id, AID_EXPORT_ID });
  return aid_db_run (s->db, st, e);
}

void
aid_export_id_at (int64_t ms, unsigned char out[AID_EXPORT_ID])
{
  memset (out, 0, AID_EXPORT_ID);
  for (int i = 0; i < 6; i++)
    out[i] = (unsigned char)(ms >> (40 - 8 * i));
}

/* --- marks of what is forgotten ----------------------------------------------------------------------------------------- */

/* Pushes the marks for USE that no event has. */
static enum aid_err
find_stale (struct aid_export_state *s, int64_t use, struct aid_vec *ids, struct aid_error *e)
{
  static const unsigned char first[AID_EXPORT_ID];
  struct reader events, marks = { .db = NULL };
  enum aid_err err = read_events (s, first, 0, &events, e);
  if (!err)
    err = read_marks (s, use, first, &marks, e);
  return err ? err : collect (s, &events, &marks, 1, CHUNK, ids, e);
}

static enum aid_err
delete_marks (struct aid_export_state *s, int64_t use, const struct aid_vec *ids, struct aid_error *e)
{
  sqlite3_stmt *st;
  enum aid_err err = aid_export_begin (s, e);
  if (err)
    return err;
  err = aid_db_prepare (s->db, "DELETE FROM marks WHERE use = ?1 AND id = ?2", &st, e);
  for (size_t i = 0; i < ids->len && !err; i++)
    {
      sqlite3_bind_int64 (st, 1, use);
      aid_db_blob (st, 2, (struct aid_span){ (const char *)ids->data + i * AID_EXPORT_ID, AID_EXPORT_ID });
      err = aid_db_run (s->db, st, e);
    }
  return aid_export_end (s, err, e);
}

/* The uses that there are: the sums', and the receivers'. */
static enum aid_err
last_use (struct aid_export_state *s, int64_t *out, struct aid_error *e)
{
  sqlite3_stmt *st;
  int row = 0;
  enum aid_err err = aid_db_prepare (s->db, "SELECT coalesce(max(use), 0) FROM places", &st, e);
  if (!err)
    err = aid_db_step (s->db, st, &row, e);
  *out = !err && row ? sqlite3_column_int64 (st, 0) : 0;
  if (!err)
    sqlite3_reset (st);
  return err;
}

enum aid_err
aid_export_prune (struct aid_export_state *s, struct aid_error *e)
{
  int64_t last;
  enum aid_err err = last_use (s, &last, e);
  for (int64_t use = AID_EXPORT_SUMS; use <= last && !err; use++)
    for (int more = 1; more && !err;)
      {
        struct aid_vec ids = AID_VEC_INIT (unsigned char[AID_EXPORT_ID], CHUNK);
        err = find_stale (s, use, &ids, e);
        if (!err && ids.len)
          err = delete_marks (s, use, &ids, e);
        more = ids.len == CHUNK;
        aid_vec_free (&ids);
      }
  return err;
}
