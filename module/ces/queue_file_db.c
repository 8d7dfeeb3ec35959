/* The file of the queue of this machine: opening it, its statements, who waits, what is in it. */
#include "ces/queue_file.h"
#include "base/clock.h"
#include "base/fs.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define BUSY_MS 15000
#define LOOK_MS 1000 /* who waits looks so often whether a bell was lost: its ringer may have been killed */
#define HOUR_MS 3600000
#define PATHS_MAX 8192

/* For people times are in ms since 1970, UTC: queued, started, done, since.  What something waits for is by a clock that nobody
   sets, for the other one may be set back by an hour: came, held_until, not_before, seen, lives_until are of aid_queue_db_now,
   and of the start of the machine that CLOCK names.  One step a version. */
static const char *const steps[] = {
  "CREATE TABLE tasks(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, task TEXT NOT NULL,"
  " answer BLOB NOT NULL, ours INTEGER NOT NULL, tries INTEGER NOT NULL, queued INTEGER NOT NULL, state TEXT NOT NULL "
  "DEFAULT 'waiting',"
  " attempts INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0, after INTEGER NOT NULL, worker TEXT, lease "
  "INTEGER,"
  " started INTEGER, done INTEGER, outcome TEXT, result TEXT,"
  " CHECK (state IN ('waiting', 'running', 'done')), CHECK ((state = 'running') = (lease IS NOT NULL)),"
  " CHECK ((state = 'done') = (outcome IS NOT NULL)));"
  "CREATE INDEX tasks_waiting ON tasks(queued, number) WHERE state = 'waiting';"
  "CREATE INDEX tasks_running ON tasks(worker, lease) WHERE state = 'running';"
  "CREATE INDEX tasks_done ON tasks(done) WHERE state = 'done';"
  "CREATE TABLE workers(name TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, jobs INTEGER NOT NULL,"
  " since INTEGER NOT NULL, seen INTEGER NOT NULL, until INTEGER NOT NULL, judged INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
  "CREATE TABLE warm(worker TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (worker, key)) WITHOUT ROWID;"
  "CREATE TABLE counts(name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;"
  "INSERT INTO counts(name, n) VALUES('lost', 0);",
  /* Other names, so that an older AID that still works on it fails instead of leaving times of another clock. */
  "ALTER TABLE tasks RENAME COLUMN lease TO held_until; ALTER TABLE tasks RENAME COLUMN after TO not_before;"
  "ALTER TABLE tasks ADD COLUMN came INTEGER NOT NULL DEFAULT 0; ALTER TABLE workers RENAME COLUMN until TO lives_until;"
  "DROP INDEX tasks_waiting; CREATE INDEX tasks_waiting ON tasks(number) WHERE state = 'waiting';"
  "CREATE TABLE clock(boot TEXT NOT NULL); INSERT INTO clock(boot) VALUES('none yet');",
};
#define VERSION ((int)(sizeof steps / sizeof *steps))

/* --- statements ---------------------------------------------------------------------------------------------------------- */

static enum aid_err
ready (struct aid_queue_db *f, sqlite3_stmt **s, struct aid_error *e, const char *sql, const char *types, va_list ap)
{
  enum aid_err err = aid_db_prepare (f->db, sql, s, e);
  for (int i = 1; !err && *types; i++, types++)
    if (*types == 'i')
      sqlite3_bind_int64 (*s, i, va_arg (ap, int64_t));
    else if (*types == 'z')
      aid_db_text (*s, i, aid_span_z (va_arg (ap, const char *)));
    else
      aid_db_blob (*s, i, va_arg (ap, struct aid_span));
  return err;
}

enum aid_err
aid_queue_db_ready (struct aid_queue_db *f, sqlite3_stmt **s, struct aid_error *e, const char *sql, const char *types, ...)
{
  va_list ap;
  va_start (ap, types);
  enum aid_err err = ready (f, s, e, sql, types, ap);
  va_end (ap);
  return err;
}

enum aid_err
aid_queue_db_run (struct aid_queue_db *f, struct aid_error *e, const char *sql, const char *types, ...)
{
  sqlite3_stmt *s;
  va_list ap;
  va_start (ap, types);
  enum aid_err err = ready (f, &s, e, sql, types, ap);
  va_end (ap);
  return err ? err : aid_db_run (f->db, s, e);
}

int64_t
aid_queue_db_number (struct aid_queue_db *f, const char *sql)
{
  sqlite3_stmt *s;
  int row = 0;
  if (aid_db_prepare (f->db, sql, &s, NULL) || aid_db_step (f->db, s, &row, NULL) || !row)
    return 0;
  int64_t n = sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return n;
}

enum aid_err
aid_queue_db_begin (struct aid_queue_db *f, struct aid_error *e)
{
  return aid_db_exec (f->db, "BEGIN IMMEDIATE", e);
}

enum aid_err
aid_queue_db_end (struct aid_queue_db *f, enum aid_err err, unsigned news, struct aid_error *e)
{
  aid_db_rest (f->db);
  if (!err)
    err = aid_db_exec (f->db, "COMMIT", e);
  if (err)
    aid_db_exec (f->db, "ROLLBACK", NULL);
  else if (news)
    aid_bell_ring (aid_str_z (&f->bells), news);
  return err;
}

enum aid_err
aid_queue_db_sweep (struct aid_queue_db *f, unsigned *news, struct aid_error *e)
{
  enum aid_err err = aid_queue_db_run (
    f, e,
    "UPDATE tasks SET state = iif(attempts < tries, 'waiting', 'done'), fence = fence + 1, held_until = NULL,"
    " outcome = iif(attempts < tries, NULL, 'error'), done = iif(attempts < tries, NULL, ?2),"
    " answer = iif(attempts < tries, answer, x''),"
    " result = iif(attempts < tries, NULL, '{\"code\":\"killed\",\"message\":\"" AID_QUEUE_KILLED "\"}')"
    " WHERE state = 'running' AND held_until < ?1",
    "ii", aid_queue_db_now (f), aid_clock_wall_ms ());
  int64_t n = err ? 0 : sqlite3_changes (aid_db_raw (f->db));
  if (!n)
    return err;
  *news |= AID_QUEUE_WORK | AID_QUEUE_DONE;
  return aid_queue_db_run (f, e, "UPDATE counts SET n = n + ?1 WHERE name = 'lost'", "i", n);
}

/* --- its clock ----------------------------------------------------------------------------------------------------------- */

int64_t
aid_queue_db_now (const struct aid_queue_db *f)
{
  return f->boot[0] ? aid_clock_boot_ms () : aid_clock_wall_ms ();
}

static enum aid_err
is_of_this_start (struct aid_queue_db *f, int *is, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_queue_db_ready (f, &s, e, "SELECT 1 FROM clock WHERE boot = ?1", "z", f->boot);
  if (!err)
    err = aid_db_step (f->db, s, is, e);
  aid_db_rest (f->db);
  return err;
}

/* When the machine was started since the file was last opened, whoever worked then is gone, and the clock began anew. */
static enum aid_err
set_clock (struct aid_queue_db *f, struct aid_error *e)
{
  int is = 0;
  int64_t now = aid_queue_db_now (f), wall = aid_clock_wall_ms ();
  enum aid_err err = is_of_this_start (f, &is, e);
  if (err || is || (err = aid_queue_db_begin (f, e)))
    return err;
  err = is_of_this_start (f, &is, e);
  if (!err && !is)
    err = aid_db_exec (f->db, "DELETE FROM warm; DELETE FROM workers", e);
  if (!err && !is)
    err = aid_queue_db_run (f, e, "UPDATE tasks SET held_until = ?1 - 1 WHERE state = 'running'", "i", now);
  if (!err && !is)
    err = aid_queue_db_run (f, e, "UPDATE tasks SET came = ?1 - max(0, ?2 - queued), not_before = ?1 WHERE state <> 'done'",
                            "ii", now, wall);
  if (!err && !is)
    err = aid_queue_db_run (f, e, "UPDATE clock SET boot = ?1", "z", f->boot);
  return aid_queue_db_end (f, err, 0, e);
}

/* --- opening ------------------------------------------------------------------------------------------------------------- */

static enum aid_err
upgrade (struct aid_queue_db *f, struct aid_error *e)
{
  int64_t version = aid_queue_db_number (f, "PRAGMA user_version");
  char done[48];
  enum aid_err err = AID_OK;
  if (version == VERSION)
    return AID_OK;
  if (version > VERSION)
    return aid_error_set (e, AID_E_REFUSED, "The queue %s is one of a newer AID (its version %lld, this AID's %d)",
                          aid_db_path (f->db), (long long)version, VERSION);
  if ((err = aid_queue_db_begin (f, e)))
    return err;
  for (int i = (int)aid_queue_db_number (f, "PRAGMA user_version"); !err && i < VERSION; i++)
    {
      aid_db_rest (f->db);
      err = aid_db_exec (f->db, steps[i], e);
    }
  snprintf (done, sizeof done, "PRAGMA user_version = %d", VERSION);
  return aid_queue_db_end (f, err ? err : aid_db_exec (f->db, done, e), 0, e);
}

static enum aid_err
open_it (struct aid_queue_db *f, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATHS_MAX);
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, &path, e);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&path), 0700, e);
  aid_str_addf (&f->bells, "%s/ces-queue.bells", aid_str_z (&path));
  if (!err && (aid_str_addz (&path, "/ces-queue.db") || f->bells.err))
    err = aid_error_set (e, AID_E_LIMIT, "The state folder has too long a name");
  if (!err)
    err = aid_db_open (aid_str_z (&path), BUSY_MS, &f->db, e);
  /* Who was told that his task is there need not submit it again after a power cut. */
  if (!err)
    err = aid_db_exec (f->db, "PRAGMA synchronous=FULL", e);
  if (!err)
    err = upgrade (f, e);
  if (!err)
    err = set_clock (f, e);
  if (err == AID_E_PARSE)
    aid_error_set (e, err,
                   "The queue %s is damaged: move it away, with its -wal and -shm, and submit again what waited in it",
                   aid_str_z (&path));
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_queue_file_open (const struct aid_stop *stop, void **on, struct aid_error *e)
{
  struct aid_queue_db *f = calloc (1, sizeof *f);
  *on = NULL;
  if (!f)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the queue");
  f->stop = stop;
  f->bells = AID_STR_INIT (PATHS_MAX);
  aid_clock_boot_name (f->boot);
  enum aid_err err = open_it (f, e);
  if (err)
    aid_queue_db_close (f);
  else
    *on = f;
  return err;
}

void
aid_queue_db_close (void *on)
{
  struct aid_queue_db *f = on;
  aid_bell_free (f->bell);
  aid_db_close (f->db);
  aid_str_free (&f->bells);
  free (f);
}

/* --- waiting ------------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_queue_db_listen (void *on, unsigned news, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  struct aid_bell *bell;
  f->listens |= news;
  enum aid_err err = aid_bell_new (aid_str_z (&f->bells), f->listens, &bell, e);
  if (err)
    return err;
  aid_bell_free (f->bell);
  f->bell = bell;
  f->seen = aid_queue_db_number (f, "PRAGMA data_version");
  return AID_OK;
}

enum aid_err
aid_queue_db_wait (void *on, int ms, const int others[2], unsigned *news, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  struct pollfd fds[] = { { aid_bell_fd (f->bell), POLLIN, 0 },
                          { others[0], POLLIN, 0 },
                          { others[1], POLLIN, 0 },
                          { aid_stop_fd (f->stop), POLLIN, 0 } };
  int64_t until = aid_clock_ms () + ms;
  while (!(*news = aid_bell_take (f->bell)))
    {
      int64_t left = ms < 0 ? LOOK_MS : until - aid_clock_ms ();
      int n = poll (fds, 4, left < 0 ? 0 : left > LOOK_MS ? LOOK_MS : (int)left);
      if (n < 0 && errno != EINTR)
        return aid_error_set (e, AID_E_IO, "Waiting for the queue failed: %s", strerror (errno));
      if (aid_stop_is_set (f->stop))
        return aid_error_set (e, AID_E_CANCELLED, "Stopped");
      if (n > 0 && (fds[1].revents || fds[2].revents))
        break;
      if (n > 0 && fds[0].revents)
        continue;
      int64_t seen = aid_queue_db_number (f, "PRAGMA data_version");
      if (seen != f->seen)
        *news = f->listens;
      f->seen = seen;
      if (*news || (ms >= 0 && left <= 0))
        break;
    }
  return AID_OK;
}

/* --- what is there ------------------------------------------------------------------------------------------------------- */

static json_t *
worker_json (sqlite3_stmt *s, int64_t now)
{
  return json_pack ("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "name", (const char *)sqlite3_column_text (s, 0),
                    "host", (const char *)sqlite3_column_text (s, 1), "pid", (json_int_t)sqlite3_column_int64 (s, 2), "jobs",
                    (json_int_t)sqlite3_column_int64 (s, 3), "running", (json_int_t)sqlite3_column_int64 (s, 4), "done",
                    (json_int_t)sqlite3_column_int64 (s, 5), "warm", (json_int_t)sqlite3_column_int64 (s, 6), "seen_ms",
                    (json_int_t)(now - sqlite3_column_int64 (s, 7)), "alive", sqlite3_column_int64 (s, 8) >= now);
}

static enum aid_err
sums (struct aid_queue_db *f, int64_t now, json_t *out, struct aid_error *e)
{
  static const char *const names[]
    = { "waiting", "running", "done", "verdicts", "errors", "cancelled", "oldest_ms", "last_minute", "lost" };
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_queue_db_ready (
    f, &s, e,
    "SELECT total(state = 'waiting'), total(state = 'running'), total(state = 'done'), total(outcome = 'verdict'),"
    " total(outcome = 'error'), total(outcome = 'cancelled'), coalesce(?1 - min(iif(state = 'waiting', came, NULL)), 0),"
    " total(done BETWEEN ?2 - 59999 AND ?2), (SELECT n FROM counts WHERE name = 'lost') FROM tasks",
    "ii", now, aid_clock_wall_ms ());
  if (!err)
    err = aid_db_step (f->db, s, &row, e);
  for (int i = 0; !err && row && i < (int)(sizeof names / sizeof *names); i++)
    json_object_set_new (out, names[i], json_integer (sqlite3_column_int64 (s, i)));
  aid_db_rest (f->db);
  return err;
}

enum aid_err
aid_queue_db_status (void *on, json_t **out, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  int64_t now = aid_queue_db_now (f);
  unsigned news = 0;
  sqlite3_stmt *s;
  int row = 0;
  json_t *all = json_object (), *workers = json_array ();
  enum aid_err err = aid_queue_db_begin (f, e);
  if (!err)
    err = aid_queue_db_end (f, aid_queue_db_sweep (f, &news, e), news, e);
  if (!err)
    err = sums (f, now, all, e);
  if (!err)
    err = aid_queue_db_ready (
      f, &s, e,
      "SELECT name, host, pid, jobs, (SELECT count(*) FROM tasks WHERE state = 'running' AND worker = name),"
      " judged, (SELECT count(*) FROM warm WHERE worker = name), seen, lives_until FROM workers ORDER BY host, name",
      "");
  while (!err && !(err = aid_db_step (f->db, s, &row, e)) && row)
    json_array_append_new (workers, worker_json (s, now));
  aid_db_rest (f->db);
  json_object_set_new (all, "workers", workers);
  if (err)
    json_decref (all);
  else
    *out = all;
  return err;
}

enum aid_err
aid_queue_db_forget (void *on, int64_t ago_ms, int64_t *n, struct aid_error *e)
{
  struct aid_queue_db *f = on;
  enum aid_err err = aid_queue_db_begin (f, e);
  if (err)
    return err;
  err = aid_queue_db_run (f, e, "DELETE FROM workers WHERE lives_until < ?1", "i", aid_queue_db_now (f) - HOUR_MS);
  if (!err)
    err = aid_queue_db_run (f, e, "DELETE FROM warm WHERE worker NOT IN (SELECT name FROM workers)", "");
  if (!err)
    err = aid_queue_db_run (f, e, "DELETE FROM tasks WHERE state = 'done' AND (done <= ?1 OR ?2 = 0)", "ii",
                            aid_clock_wall_ms () - ago_ms, ago_ms);
  if (!err)
    *n = sqlite3_changes (aid_db_raw (f->db));
  return aid_queue_db_end (f, err, 0, e);
}
