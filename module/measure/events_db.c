/* The file: where it is, its schema, what is taken out of it again.

   Ids begin with the time, so that rows stand in their order and a span of time is a range of the primary key. */
#include "measure/events_internal.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "config/config.h"
#include "measure/outbox.h"
#include "store/blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum
{
  WRITER_WAIT_MS = 100,  /* for a lock of others, before it is tried again later */
  READER_WAIT_MS = 5000, /* one that makes the file, or mends what a killed one left, is waited for: a reader tries once */
  CHUNK = 500            /* rows of a transaction that deletes */
};

/* One step a version: what makes the schema of version N + 1 of that of version N. */
static const char *const steps[] = {
  "CREATE TABLE events(id BLOB PRIMARY KEY CHECK(length(id) = 16), at INTEGER NOT NULL, kind TEXT NOT NULL, request TEXT,"
  " person TEXT NOT NULL, project TEXT, chat TEXT, path TEXT, language TEXT, data TEXT NOT NULL, content TEXT) WITHOUT "
  "ROWID;"
  "CREATE INDEX events_kind ON events(kind, at);"
  "CREATE INDEX events_request ON events(request, kind) WHERE request IS NOT NULL;"
  "CREATE INDEX events_project ON events(project, kind, at) WHERE project IS NOT NULL;",
};
#define VERSION ((int)(sizeof steps / sizeof *steps))

enum aid_err
aid_events_path (struct aid_str *out, int make, struct aid_error *e)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, out, e);
  if (!err && make)
    err = aid_fs_mkdirs (aid_str_z (out), 0700, e);
  if (!err && aid_str_addz (out, "/events.db"))
    err = aid_error_set (e, out->err, "The state folder has too long a name");
  return err;
}

/* --- opening ------------------------------------------------------------------------------------------------------------ */

static enum aid_err
number (struct aid_db *db, const char *sql, int64_t *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (db, sql, &s, e);
  if (!err)
    err = aid_db_step (db, s, &row, e);
  *out = row ? sqlite3_column_int64 (s, 0) : 0;
  if (!err)
    sqlite3_reset (s);
  return err;
}

static enum aid_err
open_at (const char *path, int wait_ms, struct aid_db **out, struct aid_error *e)
{
  enum aid_err err = aid_db_open (path, wait_ms, out, e);
  if (!err)
    {
      /* A command that ends need not wait until its event is in the file itself: the log beside it is as good. */
      sqlite3_db_config (aid_db_raw (*out), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
      err = aid_db_exec (*out, "PRAGMA cache_size=-256", e); /* KB: rows are written once and seldom read */
    }
  if (!err)
    err = aid_db_upgrade (*out, steps, VERSION, e);
  if (err)
    {
      aid_db_close (*out);
      *out = NULL;
    }
  return err;
}

enum aid_err
aid_events_db_open (struct aid_db **out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  struct aid_error why = { AID_OK, "" };
  struct stat was;
  *out = NULL;
  enum aid_err err = aid_events_path (&path, 1, e);
  int there = !err && !stat (aid_str_z (&path), &was);
  if (!err && (err = open_at (aid_str_z (&path), WRITER_WAIT_MS, out, &why)) && err != AID_E_PARSE && e)
    *e = why;
  if (err == AID_E_PARSE && there)
    {
      aid_events_put_aside ((uint64_t)was.st_ino, e);
      err = open_at (aid_str_z (&path), WRITER_WAIT_MS, out, &why);
    }
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_events_open (struct aid_db **out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  *out = NULL;
  enum aid_err err = aid_events_path (&path, 0, e);
  if (!err && aid_fs_exists (aid_str_z (&path)))
    err = open_at (aid_str_z (&path), READER_WAIT_MS, out, e);
  aid_str_free (&path);
  return err;
}

/* --- settings ----------------------------------------------------------------------------------------------------------- */

static const char *
word_of (const json_t *v)
{
  return json_is_false (v) ? "off" : json_is_string (v) ? "content" : "on";
}

/* SAID, cut at a character, which is who measures and who is assigned (experiment.h). */
static void
take_person (const char *said, char out[AID_EVENT_WORD_MAX + 1])
{
  size_t n = said ? strlen (said) : 0;
  if (n > AID_EVENT_WORD_MAX)
    for (n = AID_EVENT_WORD_MAX; n && ((unsigned char)said[n] & 0xC0) == 0x80;)
      n--;
  if (n)
    memcpy (out, said, n);
  out[n] = '\0';
}

struct aid_events_limits
aid_events_settings (const char *root)
{
  struct aid_events_limits out = { "off", AID_EVENTS_DAYS, AID_EVENTS_MEGABYTES, 1, "" };
  struct aid_config *c = aid_config_load (root, NULL);
  if (c)
    {
      const json_t *limits = aid_config_get (c, "measure_limits");
      out.measure = word_of (aid_config_get (c, "measure"));
      out.days = aid_json_int (limits, "days", AID_EVENTS_DAYS);
      out.megabytes = aid_json_int (limits, "megabytes", AID_EVENTS_MEGABYTES);
      out.team = aid_config_get (c, "team_store") && !json_is_false (aid_config_get (c, "team_store"));
      take_person (json_string_value (aid_config_get (c, "person")), out.person);
    }
  aid_config_free (c);
  return out;
}

void
aid_events_project (const struct aid_identity *who, const char *root, char out[AID_MEASURED_HASH])
{
  char *real = realpath (root, NULL);
  struct aid_span name = aid_span_z (real ? real : root);
  while (name.len > 1 && name.ptr[name.len - 1] == '/')
    name.len--;
  aid_identity_hash (who, "project", name, out);
  free (real);
}

/* --- which rows --------------------------------------------------------------------------------------------------------- */

static void
id_at (int64_t ms, unsigned char out[16])
{
  memset (out, 0, 16);
  for (int i = 0; i < 6; i++)
    out[i] = (unsigned char)(ms >> (40 - 8 * i));
}

enum aid_err
aid_events_bounds_make (const struct aid_events_which *which, struct aid_events_bounds *out, struct aid_error *e)
{
  struct aid_identity who;
  enum aid_err err = AID_OK;
  *out = (struct aid_events_bounds){ .kind = which->kind };
  id_at (which->since, out->from);
  if (which->before)
    id_at (which->before, out->to);
  else
    memset (out->to, 0xFF, sizeof out->to);
  if (which->root && !(err = aid_identity_load (&who, e)))
    aid_events_project (&who, which->root, out->project);
  return err;
}

void
aid_events_bind (sqlite3_stmt *s, const struct aid_events_bounds *b)
{
  aid_db_blob (s, 1, (struct aid_span){ (const char *)b->from, sizeof b->from });
  aid_db_blob (s, 2, (struct aid_span){ (const char *)b->to, sizeof b->to });
  if (b->kind)
    aid_db_text (s, 3, aid_span_z (b->kind));
  if (b->project[0])
    aid_db_text (s, 4, aid_span_z (b->project));
}

/* --- taking out --------------------------------------------------------------------------------------------------------- */

struct doomed
{
  unsigned char id[16];
  char content[AID_BLOB_ID]; /* or "" */
};

#define DOOMED "SELECT id, content FROM events WHERE " AID_EVENTS_WHERE
#define SPARED " AND NOT EXISTS (SELECT 1 FROM unsent WHERE unsent.id = events.id)"

static enum aid_err
find_doomed (struct aid_db *db, const struct aid_events_bounds *b, int spare, int64_t most, struct doomed *out, int64_t *n,
             struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 1;
  *n = 0;
  enum aid_err err
    = aid_db_prepare (db, spare ? DOOMED SPARED " ORDER BY id LIMIT ?5" : DOOMED " ORDER BY id LIMIT ?5", &s, e);
  if (err)
    return err;
  aid_events_bind (s, b);
  sqlite3_bind_int64 (s, 5, most);
  while (!(err = aid_db_step (db, s, &row, e)) && row && *n < CHUNK)
    {
      struct doomed *d = &out[(*n)++];
      struct aid_span content = aid_db_column (s, 1);
      memset (d, 0, sizeof *d);
      memcpy (d->id, aid_db_column (s, 0).ptr, sizeof d->id);
      if (content.len < sizeof d->content)
        memcpy (d->content, content.ptr, content.len);
    }
  sqlite3_reset (s);
  return err;
}

static enum aid_err
delete_these (struct aid_db *db, const struct doomed *list, int64_t n, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, "DELETE FROM events WHERE id = ?1", &s, e);
  for (int64_t i = 0; i < n && !err; i++)
    {
      aid_db_blob (s, 1, (struct aid_span){ (const char *)list[i].id, sizeof list[i].id });
      err = aid_db_run (db, s, e);
    }
  return err;
}

enum aid_err
aid_events_delete (struct aid_db *db, const struct aid_events_bounds *b, int spare, int64_t most, int64_t *n,
                   struct aid_error *e)
{
  struct doomed *list = calloc (CHUNK, sizeof *list);
  enum aid_err err = AID_OK;
  int64_t found = 1;
  if (!list)
    return aid_error_set (e, AID_E_NOMEM, "No memory to forget measurements");
  while (!err && found && most > 0 && !(err = aid_db_exec (db, "BEGIN IMMEDIATE", e)))
    {
      err = find_doomed (db, b, spare, most < CHUNK ? most : CHUNK, list, &found, e);
      if (!err)
        err = delete_these (db, list, found, e);
      if (!err)
        err = aid_db_exec (db, "COMMIT", e);
      if (err)
        aid_db_exec (db, "ROLLBACK", NULL);
      for (int64_t i = 0; i < found && !err; i++)
        if (list[i].content[0])
          aid_blob_remove (list[i].content);
      most -= found;
      *n += err ? 0 : found;
    }
  free (list);
  return err;
}

int64_t
aid_events_db_bytes (struct aid_db *db)
{
  int64_t pages = 0, spare = 0, size = 0;
  if (number (db, "PRAGMA page_count", &pages, NULL) || number (db, "PRAGMA freelist_count", &spare, NULL)
      || number (db, "PRAGMA page_size", &size, NULL))
    return 0;
  return (pages - spare) * size;
}

/* Deletes the oldest rows in B until there are few enough bytes. */
static enum aid_err
make_smaller (struct aid_db *db, const struct aid_events_bounds *b, int spare, int64_t most, int64_t *n, struct aid_error *e)
{
  int64_t before = -1;
  enum aid_err err = AID_OK;
  if (aid_events_db_bytes (db) > most)
    while (!err && *n != before && aid_events_db_bytes (db) > most - most / 10)
      {
        before = *n;
        err = aid_events_delete (db, b, spare, CHUNK, n, e);
      }
  return err;
}

enum aid_err
aid_events_retain (struct aid_db *db, const struct aid_events_limits *limits, struct aid_error *e)
{
  struct aid_events_bounds b;
  struct aid_events_which old = { .before = aid_clock_wall_ms () - limits->days * 86400000 }, any = { .since = 0 };
  int64_t n = 0, unsent = 0;
  enum aid_err err = limits->team || !aid_outbox_is_there (db) ? AID_OK : aid_outbox_drop (db, e);
  int spare = !err && aid_outbox_is_there (db);
  if (old.before > 0)
    aid_events_drop_aside (old.before);
  if (!err && old.before > 0 && !(err = aid_events_bounds_make (&old, &b, e)))
    err = aid_events_delete (db, &b, spare, INT64_MAX, &n, e);
  if (!err)
    err = aid_events_bounds_make (&any, &b, e);
  if (!err)
    err = make_smaller (db, &b, spare, limits->megabytes << 20, &n, e);
  if (!err && spare)
    err = make_smaller (db, &b, 0, limits->megabytes << 20, &unsent, e);
  if (!err && unsent)
    aid_error_set (e, AID_E_LIMIT,
                   "%lld measurements were forgotten that the team's store had not got, for there were more than %lld MB: see aid"
                   " team status, or allow more by \"measure_limits\"",
                   (long long)unsent, (long long)limits->megabytes);
  return err;
}
