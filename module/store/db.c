/* The wrapper keeps each prepared statement by its text, so that a caller names SQL where it uses it and nothing is
   prepared twice.  Transactions are the caller's, by aid_db_exec. */
#include "store/db.h"
#include "base/clock.h"
#include "base/hash.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum
{
  STATEMENTS = 64
};

struct aid_db
{
  sqlite3 *raw;
  char *path;
  sqlite3_stmt *statements[STATEMENTS];
  uint64_t texts[STATEMENTS];
  size_t n;
};

static enum aid_err
explain (const char *path, int code, const char *said, struct aid_error *e)
{
  switch (code & 0xff)
    {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return aid_error_set (e, AID_E_PARSE, "The database %s is damaged (%s); it is rebuilt when it is opened again", path,
                            said);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return aid_error_set (e, AID_E_STATE, "Another process uses the database %s; try again in a moment", path);
    case SQLITE_NOMEM:
      return aid_error_set (e, AID_E_NOMEM, "No memory for the database %s", path);
    case SQLITE_FULL:
      return aid_error_set (e, AID_E_IO, "The disk of %s is full: free some space there; it goes on by itself then", path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return aid_error_set (
        e, AID_E_IO, "The database %s cannot be opened for writing (%s); look at its folder's permissions", path, said);
    default:
      return aid_error_set (e, AID_E_IO, "The database %s failed: %s; look at its disk", path, said);
    }
}

enum aid_err
aid_db_failed (struct aid_db *db, struct aid_error *e)
{
  return explain (db->path, sqlite3_extended_errcode (db->raw), sqlite3_errmsg (db->raw), e);
}

/* SQLite makes new files by the umask; what is indexed is its owner's alone.

   A file that is there is not opened, nor one that another thread makes: closing it would end all locks that this process has on
   it, those of its other connections, too, for that is POSIX's rule.  Another process that closes the database would then take
   itself for the last one and remove the log that they still write (sqlite.org/howtocorrupt.html, 2.2). */
static void
make_private (const char *path)
{
  static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock (&making);
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0)
    close (fd);
  pthread_mutex_unlock (&making);
}

/* SQLite's patience does not hold for this: of two who give a new file its log at once, one is refused without a wait, for each
   reads what the other one is to write. */
static enum aid_err
use_log (struct aid_db *db, int wait_ms, struct aid_error *e)
{
  const struct timespec nap = { .tv_nsec = 5000000 };
  int64_t until = aid_clock_ms () + wait_ms;
  enum aid_err err;
  while ((err = aid_db_exec (db, "PRAGMA journal_mode=WAL", NULL)) == AID_E_STATE && aid_clock_ms () < until)
    nanosleep (&nap, NULL);
  return err ? aid_db_failed (db, e) : AID_OK;
}

enum aid_err
aid_db_open (const char *path, int wait_ms, struct aid_db **out, struct aid_error *e)
{
  struct aid_db *db = calloc (1, sizeof *db);
  enum aid_err err;
  int code;

  *out = NULL;
  if (!db || !(db->path = strdup (path)))
    {
      free (db);
      return aid_error_set (e, AID_E_NOMEM, "No memory for the database %s", path);
    }
  make_private (path);
  code = sqlite3_open_v2 (path, &db->raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  if (code)
    err = explain (path, code, db->raw ? sqlite3_errmsg (db->raw) : "no memory", e);
  else
    {
      sqlite3_busy_timeout (db->raw, wait_ms);
      sqlite3_extended_result_codes (db->raw, 1);
      err = use_log (db, wait_ms, e);
      if (!err)
        err = aid_db_exec (db, "PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=16777216; "
                           /* Some systems' SQLite writes zeros over all that is let go. */
                           "PRAGMA secure_delete=OFF", e);
    }
  if (err)
    aid_db_close (db);
  else
    *out = db;
  return err;
}

void
aid_db_close (struct aid_db *db)
{
  if (!db)
    return;
  for (size_t i = 0; i < db->n; i++)
    sqlite3_finalize (db->statements[i]);
  sqlite3_close (db->raw);
  free (db->path);
  free (db);
}

sqlite3 *
aid_db_raw (struct aid_db *db)
{
  return db->raw;
}

const char *
aid_db_path (const struct aid_db *db)
{
  return db->path;
}

int
aid_db_is_gone (struct aid_db *db)
{
  int moved = 0;

  return !sqlite3_file_control (db->raw, "main", SQLITE_FCNTL_HAS_MOVED, &moved) && moved;
}

enum aid_err
aid_db_exec (struct aid_db *db, const char *sql, struct aid_error *e)
{
  return sqlite3_exec (db->raw, sql, NULL, NULL, NULL) ? aid_db_failed (db, e) : AID_OK;
}

enum aid_err
aid_db_prepare (struct aid_db *db, const char *sql, sqlite3_stmt **out, struct aid_error *e)
{
  uint64_t text = aid_hash64 (aid_span_z (sql));

  for (size_t i = 0; i < db->n; i++)
    if (db->texts[i] == text)
      {
        *out = db->statements[i];
        sqlite3_reset (*out);
        sqlite3_clear_bindings (*out);
        return AID_OK;
      }
  *out = NULL;
  if (db->n == STATEMENTS)
    return aid_error_set (e, AID_E_LIMIT, "More than %d statements for the database %s", STATEMENTS, db->path);
  if (sqlite3_prepare_v3 (db->raw, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL))
    return aid_db_failed (db, e);
  db->texts[db->n] = text;
  db->statements[db->n++] = *out;
  return AID_OK;
}

enum aid_err
aid_db_step (struct aid_db *db, sqlite3_stmt *s, int *row, struct aid_error *e)
{
  int code = sqlite3_step (s);
  enum aid_err err = AID_OK;

  *row = code == SQLITE_ROW;
  if (code == SQLITE_ROW)
    return AID_OK;
  if (code != SQLITE_DONE)
    err = aid_db_failed (db, e);
  sqlite3_reset (s);
  return err;
}

enum aid_err
aid_db_run (struct aid_db *db, sqlite3_stmt *s, struct aid_error *e)
{
  int row;
  enum aid_err err = aid_db_step (db, s, &row, e);

  sqlite3_reset (s);
  return err;
}

void
aid_db_rest (struct aid_db *db)
{
  for (size_t i = 0; i < db->n; i++)
    sqlite3_reset (db->statements[i]);
}

void
aid_db_text (sqlite3_stmt *s, int at, struct aid_span v)
{
  sqlite3_bind_text64 (s, at, v.ptr ? v.ptr : "", v.len, SQLITE_STATIC, SQLITE_UTF8);
}

void
aid_db_blob (sqlite3_stmt *s, int at, struct aid_span v)
{
  sqlite3_bind_blob64 (s, at, v.ptr ? v.ptr : "", v.len, SQLITE_STATIC);
}

struct aid_span
aid_db_column (sqlite3_stmt *s, int at)
{
  const char *ptr = sqlite3_column_blob (s, at);

  return (struct aid_span){ ptr ? ptr : "", (size_t)sqlite3_column_bytes (s, at) };
}

/* --- the schema's version ------------------------------------------------------------------------------------------------ */

static enum aid_err
version_of (struct aid_db *db, int *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (db, "PRAGMA user_version", &s, e);
  if (!err && !(err = aid_db_step (db, s, &row, e)))
    *out = row ? sqlite3_column_int (s, 0) : 0;
  aid_db_rest (db);
  return err;
}

enum aid_err
aid_db_upgrade (struct aid_db *db, const char *const steps[], int n, struct aid_error *e)
{
  int version = 0;
  enum aid_err err = version_of (db, &version, e);
  if (err || version == n)
    return err;
  if (version > n)
    return aid_error_set (e, AID_E_REFUSED, "%s was written by a newer AID: use that one, or move the file away", db->path);
  /* Looked at again under the lock: another process may have been quicker. */
  if ((err = aid_db_exec (db, "BEGIN IMMEDIATE", e)))
    return err;
  err = version_of (db, &version, e);
  for (; !err && version < n; version++)
    {
      char set[64];
      snprintf (set, sizeof set, "PRAGMA user_version=%d", version + 1);
      if (!(err = aid_db_exec (db, steps[version], e)))
        err = aid_db_exec (db, set, e);
    }
  if (!err)
    err = aid_db_exec (db, "COMMIT", e);
  if (err)
    aid_db_exec (db, "ROLLBACK", NULL);
  return err;
}
