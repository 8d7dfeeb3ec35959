/* For people and reports: what is recorded, and forgetting it. */
#include "measure/events_internal.h"
#include "base/fs.h"
#include "base/val.h"

#include <stdio.h>

static const char *
text_at (sqlite3_stmt *s, int at)
{
  return (const char *)sqlite3_column_text (s, at);
}

void
aid_events_uuid (const unsigned char id[16], char out[AID_EVENT_ID])
{
  char *to = out;
  for (int i = 0; i < 16; i++)
    {
      if (i == 4 || i == 6 || i == 8 || i == 10)
        *to++ = '-';
      to += sprintf (to, "%02x", id[i]);
    }
}

void
aid_events_row (sqlite3_stmt *s, struct aid_event_row *row)
{
  aid_events_uuid ((const unsigned char *)aid_db_column (s, 0).ptr, row->id); /* the table holds no other ids */
  row->at = sqlite3_column_int64 (s, 1);
  row->kind = text_at (s, 2);
  row->request = text_at (s, 3);
  row->person = text_at (s, 4);
  row->project = text_at (s, 5);
  row->chat = text_at (s, 6);
  row->path = text_at (s, 7);
  row->language = text_at (s, 8);
  row->data = text_at (s, 9);
  row->content = NULL;
}

enum aid_err
aid_events_each (const struct aid_events_which *which, int (*each) (void *ctx, const struct aid_event_row *row), void *ctx,
                 struct aid_error *e)
{
  struct aid_db *db = NULL;
  struct aid_events_bounds b;
  struct aid_event_row row;
  sqlite3_stmt *s;
  int more = 0;
  enum aid_err err = aid_events_open (&db, e);
  if (err || !db)
    return err;
  err = aid_events_bounds_make (which, &b, e);
  if (!err)
    err = aid_db_prepare (
      db,
      "SELECT id, at, kind, request, person, project, chat, path, language, data, content FROM events WHERE " AID_EVENTS_WHERE
      " ORDER BY id",
      &s, e);
  if (!err)
    {
      aid_events_bind (s, &b);
      while (!(err = aid_db_step (db, s, &more, e)) && more)
        {
          aid_events_row (s, &row);
          row.content = text_at (s, 10);
          if (each (ctx, &row))
            break;
        }
    }
  aid_db_close (db);
  return err;
}

enum aid_err
aid_events_forget (const struct aid_events_which *which, int64_t *n, struct aid_error *e)
{
  struct aid_db *db = NULL;
  struct aid_events_bounds b;
  int whole = !which->since && !which->kind && !which->root;
  *n = 0;
  if (whole)
    aid_events_drop_aside (which->before ? which->before : INT64_MAX);
  enum aid_err err = aid_events_open (&db, e);
  if (err == AID_E_PARSE && whole && !which->before)
    return aid_events_forget_damaged (e);
  if (err || !db)
    return err;
  if (!(err = aid_events_bounds_make (which, &b, e)) && !(err = aid_db_exec (db, "PRAGMA secure_delete=ON", e)))
    err = aid_events_delete (db, &b, 0, INT64_MAX, n, e);
  if (!err && *n && (err = aid_db_exec (db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", e)))
    aid_error_set (e, err, "%lld events were forgotten, but the file could not be made smaller: do it again later",
                   (long long)*n);
  aid_db_close (db);
  return err;
}

/* --- status ------------------------------------------------------------------------------------------------------------- */

/* The numbers in the first row of SQL, N of them; zeros when it fails. */
static void
numbers (struct aid_db *db, const char *sql, int64_t *out, int n)
{
  sqlite3_stmt *s;
  int row = 0, ok = db && !aid_db_prepare (db, sql, &s, NULL) && !aid_db_step (db, s, &row, NULL);
  for (int i = 0; i < n; i++)
    out[i] = ok && row ? sqlite3_column_int64 (s, i) : 0;
  if (ok)
    sqlite3_reset (s);
}

static uint32_t
add_kinds (struct aid_db *db, struct aid_str *val)
{
  sqlite3_stmt *s;
  uint32_t n = 0;
  int row = 0;
  if (!db || aid_db_prepare (db, "SELECT kind, count(*) FROM events GROUP BY kind ORDER BY 2 DESC, 1", &s, NULL))
    return 0;
  for (; !aid_db_step (db, s, &row, NULL) && row; n++)
    {
      size_t o = aid_val_object (val);
      aid_val_kstrz (val, "kind", text_at (s, 0));
      aid_val_kint (val, "events", sqlite3_column_int64 (s, 1));
      aid_val_end (val, o, 2);
    }
  return n;
}

enum aid_err
aid_events_status (struct aid_str *val, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  struct aid_events_limits limits = aid_events_settings (NULL);
  struct aid_db *db = NULL;
  int64_t n[3];
  enum aid_err err = aid_events_path (&path, 0, e);
  if (!err)
    err = aid_events_open (&db, e);
  if (!err)
    {
      numbers (db, "SELECT count(*), min(at), max(at) FROM events", n, 3);
      size_t all = aid_val_object (val);
      aid_val_kstrz (val, "measure", limits.measure);
      aid_val_kstrz (val, "file", aid_str_z (&path));
      aid_val_kint (val, "bytes", db ? aid_events_db_bytes (db) : 0);
      aid_val_kint (val, "days", limits.days);
      aid_val_kint (val, "megabytes", limits.megabytes);
      aid_val_kint (val, "events", n[0]);
      aid_val_kint (val, "first", n[1]);
      aid_val_kint (val, "last", n[2]);
      aid_val_key (val, "kinds");
      size_t list = aid_val_list (val);
      aid_val_end (val, list, add_kinds (db, val));
      aid_val_kbool (val, "team", limits.team);
      aid_val_end (val, all, 10);
    }
  aid_db_close (db);
  aid_str_free (&path);
  return err;
}
