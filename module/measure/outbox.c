/* The outbox's tables, and what goes in and out of them. */
#include "measure/outbox.h"
#include "measure/events_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/val.h"

#define DAY_MS INT64_C (86400000)
#define HOUR_MS 3600000

/* OR IGNORE, for the statement that fires a trigger says what is done about conflicts, and none here is one. */
static const char tables[]
  = "CREATE TABLE IF NOT EXISTS stores(number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, name TEXT NOT "
    "NULL,"
    " met INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS unsent(id BLOB NOT NULL, store INTEGER NOT NULL, why TEXT, PRIMARY KEY(id, store)) WITHOUT "
    "ROWID;"
    "CREATE TRIGGER IF NOT EXISTS events_unsent AFTER INSERT ON events BEGIN"
    " INSERT OR IGNORE INTO unsent(id, store) SELECT new.id, number FROM stores; END;"
    "CREATE TRIGGER IF NOT EXISTS events_forgotten AFTER DELETE ON events BEGIN DELETE FROM unsent WHERE id = old.id; END;";

/* The first number that SQL gives with A and B, when it has such parameters; 0 when there is none. */
static enum aid_err
number (struct aid_db *db, const char *sql, struct aid_span a, struct aid_span b, int64_t *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (db, sql, &s, e);
  *out = 0;
  if (err)
    return err;
  if (a.ptr)
    aid_db_blob (s, 1, a);
  if (b.ptr)
    aid_db_blob (s, 2, b);
  if (!(err = aid_db_step (db, s, &row, e)) && row)
    *out = sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return err;
}

/* Runs SQL with the number N and TIME, when it has such parameters. */
static enum aid_err
run (struct aid_db *db, const char *sql, int64_t n, int64_t time, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, sql, &s, e);
  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, n);
  if (sqlite3_bind_parameter_count (s) > 1)
    sqlite3_bind_int64 (s, 2, time);
  return aid_db_run (db, s, e);
}

int
aid_outbox_is_there (struct aid_db *db)
{
  int64_t n = 0;
  number (db, "SELECT count(*) FROM sqlite_master WHERE name IN ('stores', 'unsent')", (struct aid_span){ NULL, 0 },
          (struct aid_span){ NULL, 0 }, &n, NULL);
  return n == 2;
}

/* Ends the transaction that BEGIN IMMEDIATE began: well, or as if it had not been. */
static enum aid_err
end (struct aid_db *db, enum aid_err err, struct aid_error *e)
{
  if (!err)
    err = aid_db_exec (db, "COMMIT", e);
  if (err)
    {
      aid_db_rest (db);
      aid_db_exec (db, "ROLLBACK", NULL);
    }
  return err;
}

/* --- a store is met --------------------------------------------------------------------------------------------------- */

static enum aid_err
add_store (struct aid_db *db, struct aid_span id, const char *name, int64_t now, int64_t *store, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, "INSERT INTO stores(id, name, met) VALUES(?1, ?2, ?3)", &s, e);
  if (err)
    return err;
  aid_db_blob (s, 1, id);
  aid_db_text (s, 2, aid_span_z (name));
  sqlite3_bind_int64 (s, 3, now);
  err = aid_db_run (db, s, e);
  *store = sqlite3_last_insert_rowid (aid_db_raw (db));
  return err;
}

static enum aid_err
rename_store (struct aid_db *db, int64_t store, const char *name, int64_t now, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, "UPDATE stores SET name = ?1, met = ?2 WHERE number = ?3", &s, e);
  if (err)
    return err;
  aid_db_text (s, 1, aid_span_z (name));
  sqlite3_bind_int64 (s, 2, now);
  sqlite3_bind_int64 (s, 3, store);
  return aid_db_run (db, s, e);
}

static enum aid_err
forget_old_stores (struct aid_db *db, int64_t now, struct aid_error *e)
{
  enum aid_err err = run (db, "DELETE FROM unsent WHERE store IN (SELECT number FROM stores WHERE met < ?1)",
                          now - AID_OUTBOX_DAYS * DAY_MS, 0, e);
  return err ? err : run (db, "DELETE FROM stores WHERE met < ?1", now - AID_OUTBOX_DAYS * DAY_MS, 0, e);
}

/* In a transaction. */
static enum aid_err
meet (struct aid_db *db, struct aid_span id, const char *name, int64_t since, int again, int64_t *store, struct aid_error *e)
{
  int64_t now = aid_clock_wall_ms ();
  enum aid_err err = aid_db_exec (db, tables, e);
  if (!err)
    err = number (db, "SELECT number FROM stores WHERE id = ?1", id, (struct aid_span){ NULL, 0 }, store, e);
  int is_new = !err && !*store;
  if (!err)
    err = is_new ? add_store (db, id, name, now, store, e) : rename_store (db, *store, name, now, e);
  if (!err && (is_new || again))
    err = run (db, "INSERT OR REPLACE INTO unsent(id, store) SELECT id, ?1 FROM events WHERE at >= ?2", *store, since, e);
  return err ? err : forget_old_stores (db, now, e);
}

/* The number of the store, when it was met within an hour: that it was is not written down each time. */
static enum aid_err
find_known (struct aid_db *db, struct aid_span id, const char *name, int64_t *store, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (db, "SELECT number FROM stores WHERE id = ?1 AND name = ?2 AND met > ?3", &s, e);
  if (err)
    return err;
  aid_db_blob (s, 1, id);
  aid_db_text (s, 2, aid_span_z (name));
  sqlite3_bind_int64 (s, 3, aid_clock_wall_ms () - HOUR_MS);
  if (!(err = aid_db_step (db, s, &row, e)) && row)
    *store = sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return err;
}

enum aid_err
aid_outbox_meet (struct aid_db *db, const unsigned char id[AID_OUTBOX_ID], const char *name, int64_t since, int again,
                 int64_t *store, struct aid_error *e)
{
  struct aid_span what = { (const char *)id, AID_OUTBOX_ID };
  enum aid_err err = AID_OK;
  *store = 0;
  if (!again && aid_outbox_is_there (db))
    err = find_known (db, what, name, store, e);
  if (err || *store || (err = aid_db_exec (db, "BEGIN IMMEDIATE", e)))
    return err;
  return end (db, meet (db, what, name, since, again, store, e), e);
}

/* --- a batch ---------------------------------------------------------------------------------------------------------- */

void
aid_outbox_batch_init (struct aid_outbox_batch *b)
{
  b->n = 0;
  b->text = AID_STR_INIT (2 * AID_OUTBOX_BYTES);
}

void
aid_outbox_batch_free (struct aid_outbox_batch *b)
{
  b->n = 0;
  aid_str_free (&b->text);
}

struct aid_span
aid_outbox_part (const struct aid_outbox_batch *b, size_t from, size_t to)
{
  return from >= to ? AID_SPAN ("")
                    : aid_span_cut (aid_str_span (&b->text), from ? b->ends[from - 1] + 1 : 0, b->ends[to - 1]);
}

/* Appends the row that S stands on. */
static enum aid_err
add_object (sqlite3_stmt *s, struct aid_str *out)
{
  static const char *const names[] = { "kind", "request", "person", "project", "chat", "path", "language" };
  char id[AID_EVENT_ID];
  json_t *all = json_object (), *data = aid_json_parse (aid_db_column (s, 9), "an event", NULL);
  aid_events_uuid ((const unsigned char *)aid_db_column (s, 0).ptr, id);
  json_object_set_new (all, "id", json_string (id));
  json_object_set_new (all, "at", json_integer (sqlite3_column_int64 (s, 1)));
  for (int i = 0; i < 7; i++)
    if (sqlite3_column_type (s, 2 + i) != SQLITE_NULL)
      json_object_set_new (all, names[i], aid_json_of_span (aid_db_column (s, 2 + i)));
  json_object_set_new (all, "data", data ? data : json_null ()); /* a store takes no event without */
  enum aid_err err = aid_json_dump (all, out);
  json_decref (all);
  return err;
}

/* Puts the row that S stands on into B; *FULL: it would be too much, and did not go in. */
static enum aid_err
take_row (sqlite3_stmt *s, struct aid_outbox_batch *b, int *full, struct aid_error *e)
{
  size_t before = b->text.len;
  if (b->n)
    aid_str_addc (&b->text, ',');
  enum aid_err err = add_object (s, &b->text);
  if (err || b->text.err)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the measurements that are sent");
  if (b->n && b->text.len > AID_OUTBOX_BYTES)
    {
      aid_str_remove (&b->text, before, b->text.len - before);
      *full = 1;
      return AID_OK;
    }
  memcpy (b->ids[b->n], aid_db_column (s, 0).ptr, AID_OUTBOX_ID);
  b->ends[b->n++] = b->text.len;
  return AID_OK;
}

enum aid_err
aid_outbox_next (struct aid_db *db, int64_t store, struct aid_outbox_batch *b, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0, full = 0;
  b->n = 0;
  aid_str_clear (&b->text);
  enum aid_err err = aid_db_prepare (
    db,
    "SELECT e.id, e.at, e.kind, e.request, e.person, e.project, e.chat, e.path, e.language, e.data FROM unsent u"
    " JOIN events e ON e.id = u.id WHERE u.store = ?1 AND u.why IS NULL ORDER BY u.id",
    &s, e);
  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, store);
  while (!full && b->n < AID_OUTBOX_BATCH && !(err = aid_db_step (db, s, &row, e)) && row)
    if ((err = take_row (s, b, &full, e)))
      break;
  sqlite3_reset (s); /* no transaction stays open while the network is talked to */
  return err;
}

enum aid_err
aid_outbox_sent (struct aid_db *db, int64_t store, const struct aid_outbox_batch *b, size_t n, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_exec (db, "BEGIN IMMEDIATE", e);
  if (err)
    return err;
  err = aid_db_prepare (db, "DELETE FROM unsent WHERE id = ?1 AND store = ?2 AND why IS NULL", &s, e);
  for (size_t i = 0; i < n && !err; i++)
    {
      aid_db_blob (s, 1, (struct aid_span){ (const char *)b->ids[i], AID_OUTBOX_ID });
      sqlite3_bind_int64 (s, 2, store);
      err = aid_db_run (db, s, e);
    }
  return end (db, err, e);
}

enum aid_err
aid_outbox_refused (struct aid_db *db, int64_t store, const struct aid_outbox_batch *b, size_t i, const char *why,
                    struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, "UPDATE unsent SET why = ?1 WHERE id = ?2 AND store = ?3", &s, e);
  if (err)
    return err;
  aid_db_text (s, 1, aid_span_z (why));
  aid_db_blob (s, 2, (struct aid_span){ (const char *)b->ids[i], AID_OUTBOX_ID });
  sqlite3_bind_int64 (s, 3, store);
  return aid_db_run (db, s, e);
}

enum aid_err
aid_outbox_withdraw (struct aid_db *db, const struct aid_events_which *which, struct aid_error *e)
{
  struct aid_events_bounds b;
  sqlite3_stmt *s;
  enum aid_err err = AID_OK;
  if (!aid_outbox_is_there (db))
    return err;
  if (!(err = aid_events_bounds_make (which, &b, e)))
    err = aid_db_prepare (db, "DELETE FROM unsent WHERE id IN (SELECT id FROM events WHERE " AID_EVENTS_WHERE ")", &s, e);
  if (err)
    return err;
  aid_events_bind (s, &b);
  return aid_db_run (db, s, e);
}

/* --- what is there ---------------------------------------------------------------------------------------------------- */

static void
store_val (sqlite3_stmt *s, struct aid_str *val)
{
  size_t o = aid_val_object (val);
  aid_val_kstr (val, "name", aid_db_column (s, 0));
  aid_val_kint (val, "unsent", sqlite3_column_int64 (s, 1));
  aid_val_kint (val, "oldest", sqlite3_column_int64 (s, 2));
  aid_val_kint (val, "refused", sqlite3_column_int64 (s, 3));
  aid_val_kstrz (val, "why", (const char *)sqlite3_column_text (s, 4));
  aid_val_kint (val, "met", sqlite3_column_int64 (s, 5));
  aid_val_end (val, o, 6);
}

enum aid_err
aid_outbox_status (struct aid_db *db, struct aid_str *val, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  uint32_t n = 0;
  size_t list = aid_val_list (val);
  enum aid_err err = AID_OK;
  if (aid_outbox_is_there (db)
      && !(err = aid_db_prepare (
             db,
             "SELECT s.name, count(u.id) - count(u.why), min(CASE WHEN u.id IS NOT NULL AND u.why IS NULL THEN e.at END),"
             " count(u.why), min(u.why), s.met FROM stores s LEFT JOIN unsent u ON u.store = s.number"
             " LEFT JOIN events e ON e.id = u.id GROUP BY s.number ORDER BY s.met DESC, s.number DESC",
             &s, e)))
    for (; !(err = aid_db_step (db, s, &row, e)) && row; n++)
      store_val (s, val);
  aid_val_end (val, list, n);
  return err;
}

int64_t
aid_outbox_count (struct aid_db *db, const unsigned char *from, const unsigned char *to)
{
  int64_t n = 0;
  number (db, "SELECT count(DISTINCT id) FROM unsent WHERE id >= ?1 AND id < ?2",
          (struct aid_span){ (const char *)from, AID_OUTBOX_ID }, (struct aid_span){ (const char *)to, AID_OUTBOX_ID }, &n,
          NULL);
  return n;
}

enum aid_err
aid_outbox_drop (struct aid_db *db, struct aid_error *e)
{
  enum aid_err err = aid_db_exec (db, "BEGIN IMMEDIATE", e);
  return err ? err
             : end (db,
                    aid_db_exec (db,
                                 "DROP TRIGGER IF EXISTS events_unsent; DROP TRIGGER IF EXISTS events_forgotten;"
                                 "DROP TABLE IF EXISTS unsent; DROP TABLE IF EXISTS stores",
                                 e),
                    e);
}
