/* The database of vectors: it is a cache like the index, but one that cost somebody's time or money, so it is a file of its
   own, which outlives an index that is built anew.

     meta     version, and what made the vectors
     files    which passages a file has, and its size, time and inode when it was read
     vectors  by the hash of a passage's text; an empty one: this text never gets any */
#include "index/vectors_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum
{
  VERSION = 1,
  WAIT_MS = 3000,
  SPARE = 5000 /* vectors of texts that are no more, that are kept at least */
};

static const char schema[] = "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS files(path BLOB PRIMARY KEY, size INT, mtime INT, inode INT, "
                             "places BLOB) WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS vectors(hash INTEGER PRIMARY KEY, scale REAL, v BLOB NOT NULL);";

struct stored_place
{
  uint32_t first, last;
  uint64_t hash;
};

/* --- opening ------------------------------------------------------------------------------------------------------- */

/* Whether the table meta has VALUE for KEY. */
static int
says (struct aid_vectors *v, const char *key, const char *value, enum aid_err *err, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0, same = 0;

  *err = aid_db_prepare (v->db, "SELECT value FROM meta WHERE key=?1", &s, e);
  if (*err)
    return 0;
  aid_db_text (s, 1, aid_span_z (key));
  if (!(*err = aid_db_step (v->db, s, &row, e)) && row)
    {
      same = aid_span_eqz (aid_db_column (s, 0), value);
      sqlite3_reset (s);
    }
  return same;
}

static enum aid_err
say (struct aid_vectors *v, const char *key, const char *value, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (v->db, "INSERT OR REPLACE INTO meta VALUES(?1, ?2)", &s, e);

  if (err)
    return err;
  aid_db_text (s, 1, aid_span_z (key));
  aid_db_text (s, 2, aid_span_z (value));
  return aid_db_run (v->db, s, e);
}

enum aid_err
aid_vectors_db_empty (struct aid_vectors *v, struct aid_error *e)
{
  enum aid_err err = aid_db_exec (v->db, "BEGIN IMMEDIATE; DELETE FROM vectors", e);

  if (!err)
    err = say (v, "made_by", v->made_by, e);
  if (aid_db_exec (v->db, err ? "ROLLBACK" : "COMMIT", err ? NULL : e) && !err)
    err = AID_E_IO;
  return err;
}

/* A writer that has only just begun has made no table yet. */
static int
has_tables (struct aid_vectors *v)
{
  sqlite3_stmt *s;
  int row = 0;

  if (aid_db_prepare (v->db, "SELECT 1 FROM sqlite_master WHERE name='meta'", &s, NULL))
    return 1; /* who reads on tells why */
  if (aid_db_step (v->db, s, &row, NULL))
    return 1;
  sqlite3_reset (s);
  return row;
}

/* A reader of what another maker made is refused with AID_E_STATE. */
static enum aid_err
prepare (struct aid_vectors *v, struct aid_error *e)
{
  char version[16];
  enum aid_err err = AID_OK;

  snprintf (version, sizeof version, "%d", VERSION);
  if (v->lock_fd >= 0)
    err = aid_db_exec (v->db, schema, e);
  if (!err && (!has_tables (v) || !says (v, "version", version, &err, e)) && !err)
    {
      if (v->lock_fd < 0)
        return aid_error_set (e, AID_E_STATE, "The vectors of this project are not ready yet");
      err = aid_db_exec (v->db, "DROP TABLE files; DROP TABLE vectors", e);
      if (!err)
        err = aid_db_exec (v->db, schema, e);
      if (!err)
        err = say (v, "version", version, e);
    }
  if (!err && !says (v, "made_by", v->made_by, &err, e) && !err)
    err = v->lock_fd >= 0 ? aid_vectors_db_empty (v, e)
                          : aid_error_set (e, AID_E_STATE, "The vectors of this project are another model's");
  return err;
}

enum aid_err
aid_vectors_db_open (struct aid_vectors *v, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  enum aid_err err;

  aid_str_addf (&path, "%s/vectors.db", v->index->dir);
  err = aid_db_open (aid_str_z (&path), WAIT_MS, &v->db, e);
  if (!err)
    err = prepare (v, e);
  aid_str_free (&path);
  return err;
}

void
aid_vectors_db_close (struct aid_vectors *v)
{
  aid_db_close (v->db);
  v->db = NULL;
}

void
aid_vectors_db_remove (struct aid_vectors *v)
{
  static const char *const parts[] = { "", "-wal", "-shm" };
  struct aid_str part = AID_STR_INIT (8192);

  aid_vectors_db_close (v);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
      aid_str_clear (&part);
      aid_str_addf (&part, "%s/vectors.db%s", v->index->dir, parts[i]);
      unlink (aid_str_z (&part));
    }
  aid_str_free (&part);
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

/* A file's row becomes its places. */
static void
take_file (struct aid_vectors *v, sqlite3_stmt *s)
{
  struct aid_span stored = aid_db_column (s, 4);
  size_t n = stored.len / sizeof (struct stored_place);
  struct aid_meant_file *f = n <= AID_CHUNKS ? aid_meant_make (v, aid_db_column (s, 0)) : NULL;

  if (!f)
    return;
  f->size = sqlite3_column_int64 (s, 1);
  f->mtime = sqlite3_column_int64 (s, 2);
  f->inode = sqlite3_column_int64 (s, 3);
  free (f->places);
  f->n = 0;
  f->places = calloc (n + 1, sizeof *f->places);
  for (size_t i = 0; f->places && i < n; i++)
    {
      struct stored_place p;
      memcpy (&p, stored.ptr + i * sizeof p, sizeof p);
      int64_t slot = aid_slot_of (&v->slots, p.hash);
      if (slot >= 0)
        f->places[f->n++] = (struct aid_place){ p.first, p.last, (uint32_t)slot };
      else
        f->mtime = -1; /* it is looked into again */
    }
}

/* A vector's row becomes that of SLOT. */
static void
take_vector (struct aid_vectors *v, sqlite3_stmt *s, int64_t slot)
{
  struct aid_slots *slots = &v->slots;
  struct aid_span row = aid_db_column (s, 2);
  int8_t *to;

  if (!row.len)
    aid_slot_set (slots, (size_t)slot, AID_SLOT_HELD, 0);
  else if (!aid_slots_measure (slots, row.len) && (to = aid_slot_row (slots, (size_t)slot)))
    {
      memcpy (to, row.ptr, row.len);
      aid_slot_set (slots, (size_t)slot, AID_SLOT_HAS, (float)sqlite3_column_double (s, 1));
    }
}

/* Deletes the vectors of no text that there is. */
static void
sweep (struct aid_vectors *v)
{
  sqlite3_stmt *s, *gone;
  int row;

  if (aid_db_exec (v->db, "BEGIN IMMEDIATE", NULL))
    return;
  if (!aid_db_prepare (v->db, "SELECT hash FROM vectors", &s, NULL)
      && !aid_db_prepare (v->db, "DELETE FROM vectors WHERE hash=?1", &gone, NULL))
    while (!aid_db_step (v->db, s, &row, NULL) && row)
      if (aid_slot_find (&v->slots, (uint64_t)sqlite3_column_int64 (s, 0)) < 0)
        {
          sqlite3_bind_int64 (gone, 1, sqlite3_column_int64 (s, 0));
          aid_db_run (v->db, gone, NULL);
        }
  aid_db_rest (v->db);
  aid_db_exec (v->db, "COMMIT", NULL);
}

static int64_t
data_version (struct aid_vectors *v)
{
  sqlite3_stmt *s;
  int row;
  int64_t version = -1;

  if (!aid_db_prepare (v->db, "PRAGMA data_version", &s, NULL) && !aid_db_step (v->db, s, &row, NULL) && row)
    {
      version = sqlite3_column_int64 (s, 0);
      sqlite3_reset (s);
    }
  return version;
}

int
aid_vectors_db_changed (struct aid_vectors *v)
{
  return data_version (v) != v->version;
}

enum aid_err
aid_vectors_db_load (struct aid_vectors *v, struct aid_error *e)
{
  static const char *const tables[]
    = { "SELECT path, size, mtime, inode, places FROM files", "SELECT hash, scale, v FROM vectors" };
  size_t spared = 0;
  enum aid_err err = AID_OK;

  v->version = data_version (v);
  for (size_t i = 0; !err && i < 2; i++)
    {
      sqlite3_stmt *s;
      int row = 1;
      err = aid_db_prepare (v->db, tables[i], &s, e);
      while (!err && !(err = aid_db_step (v->db, s, &row, e)) && row)
        {
          int64_t slot = i ? aid_slot_find (&v->slots, (uint64_t)sqlite3_column_int64 (s, 0)) : 0;
          pthread_mutex_lock (&v->lock); /* for a row alone: nobody who searches waits for all */
          if (i == 0)
            take_file (v, s);
          else if (slot >= 0)
            take_vector (v, s, slot);
          else
            spared++; /* of no text that there is */
          pthread_mutex_unlock (&v->lock);
        }
    }
  if (!err && v->lock_fd >= 0 && spared > SPARE + 2 * v->slots.hashes.len)
    sweep (v);
  return err;
}

int
aid_vectors_db_recall (struct aid_vectors *v, uint64_t hash, size_t slot)
{
  sqlite3_stmt *s;
  int row;

  if (aid_db_prepare (v->db, "SELECT hash, scale, v FROM vectors WHERE hash=?1", &s, NULL))
    return 0;
  sqlite3_bind_int64 (s, 1, (int64_t)hash);
  if (aid_db_step (v->db, s, &row, NULL) || !row)
    return 0;
  pthread_mutex_lock (&v->lock);
  take_vector (v, s, (int64_t)slot);
  int has = aid_slot_state (&v->slots, slot) >= AID_SLOT_HELD;
  pthread_mutex_unlock (&v->lock);
  sqlite3_reset (s);
  return has;
}

/* --- writing ------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_vectors_db_file (struct aid_vectors *v, const struct aid_meant_file *f, struct aid_error *e)
{
  struct stored_place *places = calloc (f->n + 1, sizeof *places);
  sqlite3_stmt *s;
  enum aid_err err = AID_E_NOMEM;

  if (!places)
    return aid_error_set (e, err, "No memory for vectors");
  err = aid_db_prepare (v->db, "INSERT OR REPLACE INTO files VALUES(?1,?2,?3,?4,?5)", &s, e);
  if (!err)
    {
      for (uint32_t i = 0; i < f->n; i++)
        places[i] = (struct stored_place){ f->places[i].first, f->places[i].last,
                                           AID_VEC_AT (uint64_t, &v->slots.hashes, f->places[i].slot) };
      aid_db_blob (s, 1, aid_span_z (f->path));
      sqlite3_bind_int64 (s, 2, f->size);
      sqlite3_bind_int64 (s, 3, f->mtime);
      sqlite3_bind_int64 (s, 4, f->inode);
      aid_db_blob (s, 5, (struct aid_span){ (const char *)places, f->n * sizeof *places });
      err = aid_db_run (v->db, s, e);
    }
  free (places);
  return err;
}

enum aid_err
aid_vectors_db_drop (struct aid_vectors *v, const char *path, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (v->db, "DELETE FROM files WHERE path=?1", &s, e);

  if (err)
    return err;
  aid_db_blob (s, 1, aid_span_z (path));
  return aid_db_run (v->db, s, e);
}

enum aid_err
aid_vectors_db_put (struct aid_vectors *v, uint64_t hash, struct aid_span row, float scale, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (v->db, "INSERT OR REPLACE INTO vectors VALUES(?1,?2,?3)", &s, e);

  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, (int64_t)hash);
  sqlite3_bind_double (s, 2, (double)scale);
  aid_db_blob (s, 3, row);
  return aid_db_run (v->db, s, e);
}
