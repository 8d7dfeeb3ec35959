/* Two databases, two connections: what is read of the one never holds up who writes it. */
#include "export/state.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/sha256.h"
#include "measure/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum
{
  WAIT_MS = 2000, /* for a lock of others */
  VERSION = 1
};

static const char schema[]
  = "CREATE TABLE IF NOT EXISTS marks(use INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY(use, id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS places(use INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, since INTEGER NOT NULL,"
    " sent INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS numbers(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sums(metric TEXT NOT NULL, attributes TEXT NOT NULL, data TEXT NOT NULL,"
    " PRIMARY KEY(metric, attributes)) WITHOUT ROWID;"
    "PRAGMA user_version=1;";

/* --- opening ------------------------------------------------------------------------------------------------------------ */

static enum aid_err
path_of (const char *name, int make, struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, out, e);
  if (!err && make)
    err = aid_fs_mkdirs (aid_str_z (out), 0700, e);
  if (!err && aid_str_addf (out, "/%s", name))
    err = aid_error_set (e, out->err, "The state folder has too long a name");
  return err;
}

enum aid_err
aid_export_state_lock (struct aid_export_state *s, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  if (s->dry || s->lock >= 0)
    return AID_OK;
  enum aid_err err = path_of ("export.lock", 1, &path, e);
  if (!err && (s->lock = open (aid_str_z (&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
    err = aid_error_set (e, AID_E_IO, "%s cannot be opened: %s", aid_str_z (&path), strerror (errno));
  if (!err && flock (s->lock, LOCK_EX | LOCK_NB))
    {
      close (s->lock);
      s->lock = -1;
      err = aid_error_set (e, AID_E_STATE, "Another AID exports measurements at this moment: try again in a while");
    }
  aid_str_free (&path);
  return err;
}

static enum aid_err
open_file (const char *path, struct aid_db **out, struct aid_error *e)
{
  sqlite3_stmt *st;
  int row = 0;
  enum aid_err err = aid_db_open (path, WAIT_MS, out, e);
  if (!err)
    err = aid_db_prepare (*out, "PRAGMA user_version", &st, e);
  if (!err && !(err = aid_db_step (*out, st, &row, e)) && row && sqlite3_column_int64 (st, 0) > VERSION)
    err = aid_error_set (e, AID_E_REFUSED, "%s was written by a newer AID: use that one, or move the file away", path);
  if (!err)
    sqlite3_reset (st);
  if (!err)
    err = aid_db_exec (*out, schema, e);
  if (err)
    {
      aid_db_close (*out);
      *out = NULL;
    }
  return err;
}

static void
remove_files (const char *path)
{
  static const char *const ends[] = { "", "-wal", "-shm" };
  struct aid_str name = AID_STR_INIT (8192);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    {
      aid_str_clear (&name);
      aid_str_addf (&name, "%s%s", path, ends[i]);
      unlink (aid_str_z (&name));
    }
  aid_str_free (&name);
}

/* A damaged file is begun anew: the sums are made of the events again, and what was sent is sent once more under the same ids. */
static enum aid_err
open_ours (struct aid_export_state *s, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  enum aid_err err = path_of ("export.db", 1, &path, e);
  if (!err && (err = open_file (aid_str_z (&path), &s->db, e)) == AID_E_PARSE)
    {
      remove_files (aid_str_z (&path));
      err = open_file (aid_str_z (&path), &s->db, e);
    }
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_export_state_open (struct aid_export_state *s, int dry, const struct aid_stop *stop, struct aid_error *e)
{
  *s = (struct aid_export_state){ .dry = dry, .lock = -1, .stop = stop };
  enum aid_err err = open_ours (s, e);
  if (!err)
    err = aid_events_open (&s->events, e);
  if (!err && dry)
    err = aid_db_exec (s->db, "BEGIN", e);
  if (err)
    aid_export_state_close (s);
  return err;
}

void
aid_export_state_close (struct aid_export_state *s)
{
  if (s->db && s->dry)
    {
      aid_db_rest (s->db);
      aid_db_exec (s->db, "ROLLBACK", NULL);
    }
  aid_db_close (s->events);
  aid_db_close (s->db);
  if (s->lock >= 0)
    close (s->lock);
  *s = (struct aid_export_state){ .lock = -1 };
}

enum aid_err
aid_export_begin (struct aid_export_state *s, struct aid_error *e)
{
  return s->dry ? AID_OK : aid_db_exec (s->db, "BEGIN IMMEDIATE", e);
}

enum aid_err
aid_export_end (struct aid_export_state *s, enum aid_err err, struct aid_error *e)
{
  aid_db_rest (s->db);
  if (!err && !s->dry)
    err = aid_db_exec (s->db, "COMMIT", e);
  if (err && !s->dry)
    aid_db_exec (s->db, "ROLLBACK", NULL);
  return err;
}

void
aid_export_forget (void)
{
  struct aid_str path = AID_STR_INIT (8192);
  if (!path_of ("export.db", 0, &path, NULL))
    remove_files (aid_str_z (&path));
  aid_str_free (&path);
}

/* --- turned off, and on again --------------------------------------------------------------------------------------------- */

/* In a transaction. */
static enum aid_err
leave_out_the_past (struct aid_export_state *s, struct aid_error *e)
{
  sqlite3_stmt *st;
  enum aid_err err = aid_db_prepare (s->db, "UPDATE places SET since = max(since, ?1)", &st, e);
  if (err)
    return err;
  sqlite3_bind_int64 (st, 1, aid_clock_wall_ms ());
  err = aid_db_run (s->db, st, e);
  return err ? err : aid_export_set (s, "off", 0, e);
}

/* In a transaction: who was told to stop before it writes nothing that others have written since. */
static enum aid_err
note_turned (struct aid_export_state *s, int on, const struct aid_stop *stop, struct aid_error *e)
{
  if (aid_stop_is_set (stop))
    return aid_error_set (e, AID_E_CANCELLED, "Stopped");
  return on ? leave_out_the_past (s, e) : aid_export_set (s, "off", 1, e);
}

enum aid_err
aid_export_turned (int on, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_export_state s = { .lock = -1 };
  struct aid_str path = AID_STR_INIT (8192);
  int64_t off = 0;
  enum aid_err err = path_of ("export.db", 0, &path, e);
  int there = !err && aid_fs_exists (aid_str_z (&path));
  aid_str_free (&path);
  if (!there) /* nobody has got anything yet */
    return err;
  if (!(err = open_ours (&s, e)) && !(err = aid_export_get (&s, "off", 0, &off, e)) && off == on)
    {
      err = aid_export_begin (&s, e);
      if (!err)
        err = aid_export_end (&s, note_turned (&s, on, stop, e), e);
    }
  aid_export_state_close (&s);
  return err;
}

/* --- numbers ------------------------------------------------------------------------------------------------------------ */

enum aid_err
aid_export_get (struct aid_export_state *s, const char *key, int64_t fallback, int64_t *out, struct aid_error *e)
{
  sqlite3_stmt *st;
  int row = 0;
  *out = fallback;
  enum aid_err err = aid_db_prepare (s->db, "SELECT value FROM numbers WHERE key = ?1", &st, e);
  if (err)
    return err;
  aid_db_text (st, 1, aid_span_z (key));
  if (!(err = aid_db_step (s->db, st, &row, e)) && row)
    *out = sqlite3_column_int64 (st, 0);
  sqlite3_reset (st);
  return err;
}

enum aid_err
aid_export_set (struct aid_export_state *s, const char *key, int64_t value, struct aid_error *e)
{
  sqlite3_stmt *st;
  enum aid_err err = aid_db_prepare (s->db, "INSERT OR REPLACE INTO numbers(key, value) VALUES(?1, ?2)", &st, e);
  if (err)
    return err;
  aid_db_text (st, 1, aid_span_z (key));
  sqlite3_bind_int64 (st, 2, value);
  return aid_db_run (s->db, st, e);
}

/* --- receivers ---------------------------------------------------------------------------------------------------------- */

static enum aid_err
find_place (struct aid_export_state *s, struct aid_span name, struct aid_export_place *out, int *found, struct aid_error *e)
{
  sqlite3_stmt *st;
  enum aid_err err = aid_db_prepare (s->db, "SELECT use, since, sent, dropped FROM places WHERE name = ?1", &st, e);
  *found = 0;
  if (err)
    return err;
  aid_db_text (st, 1, name);
  if (!(err = aid_db_step (s->db, st, found, e)) && *found)
    *out = (struct aid_export_place){ sqlite3_column_int64 (st, 0), sqlite3_column_int64 (st, 1),
                                      sqlite3_column_int64 (st, 2), sqlite3_column_int64 (st, 3) };
  sqlite3_reset (st);
  return err;
}

static enum aid_err
set_place (struct aid_export_state *s, struct aid_span name, int64_t from, struct aid_error *e)
{
  sqlite3_stmt *st;
  enum aid_err err = aid_db_prepare (
    s->db, "INSERT INTO places(name, since) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET since = ?2", &st, e);
  if (err)
    return err;
  aid_db_text (st, 1, name);
  sqlite3_bind_int64 (st, 2, from);
  return aid_db_run (s->db, st, e);
}

enum aid_err
aid_export_place (struct aid_export_state *s, const char *url, int64_t from, struct aid_export_place *out,
                  struct aid_error *e)
{
  char hex[AID_SHA256_HEX];
  int found;
  aid_sha256_hex (aid_span_z (url), hex); /* an address may hold a password */
  enum aid_err err = aid_export_begin (s, e);
  if (err)
    return err;
  err = find_place (s, aid_span_z (hex), out, &found, e);
  if (!err && (!found || (from >= 0 && from < out->from)))
    {
      err = set_place (s, aid_span_z (hex), from >= 0 ? from : 0, e);
      if (!err)
        err = find_place (s, aid_span_z (hex), out, &found, e);
    }
  return aid_export_end (s, err, e);
}

enum aid_err
aid_export_place_count (struct aid_export_state *s, const struct aid_export_place *p, int64_t sent, int64_t dropped,
                        struct aid_error *e)
{
  sqlite3_stmt *st;
  enum aid_err err
    = aid_db_prepare (s->db, "UPDATE places SET sent = sent + ?2, dropped = dropped + ?3 WHERE use = ?1", &st, e);
  if (err)
    return err;
  sqlite3_bind_int64 (st, 1, p->use);
  sqlite3_bind_int64 (st, 2, sent);
  sqlite3_bind_int64 (st, 3, dropped);
  return aid_db_run (s->db, st, e);
}
