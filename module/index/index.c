/* An index's folder holds one database, whose name the file "current" tells, and the writer's lock.  A new database gets a
   new name, so that none ever meets the journal of another; readers look at "current" before each search.

   The tables:
     files  one row a version of a file: live ones are what is there now; the others are kept, for a branch may bring
     them back.
            state: 1, its names can be searched, and its words too up to the id that meta has as "worded"; 2, its words
            too; 3, it is left out; 4, it is no more and was never wholly read
            source: what told its definitions where that is no scanner of ours (prepare.h)
     names  one row a file (prepare.c); words  one row a chunk, a column a level (bag.c)
     tags, runs  exact names (tags.c)
     told, commits, paths   version control's log (history.c)
     meta   numbers by name, and the sketch */
#include "index/index_internal.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum
{
  VERSION = 5,
  WAIT_MS = 3000
};

#define MUCH ((uint64_t)192 << 20) /* some ten seconds' work */

static const char schema[]
  = "PRAGMA page_size=4096;"
    "BEGIN;"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE files(id INTEGER PRIMARY KEY, path BLOB NOT NULL, size INT, mtime INT, inode INT, hash INT, state INT, "
    "source INT, live INT);"
    "CREATE UNIQUE INDEX files_live ON files(path) WHERE live=1;"
    "CREATE INDEX files_dead ON files(path, hash) WHERE live=0;"
    "CREATE INDEX files_source ON files(source) WHERE source>0;"
    "CREATE TABLE tags(id INTEGER PRIMARY KEY, data BLOB);"
    "CREATE TABLE runs(run INTEGER PRIMARY KEY, size INT);"
    "CREATE VIRTUAL TABLE names USING fts5(path, defs, symbols, content='', columnsize=0, detail=column, tokenize='aid');"
    "CREATE VIRTUAL TABLE words USING fts5(c0, c1, c2, c3, c4, c5, c6, c7, content='', columnsize=0, detail=column, "
    "tokenize='aid');"
    "CREATE VIRTUAL TABLE told USING fts5(said, paths, content='', columnsize=0, detail=column, tokenize='aid');"
    "CREATE TABLE commits(id INTEGER PRIMARY KEY, subject BLOB, paths BLOB);"
    "CREATE TABLE paths(id INTEGER PRIMARY KEY, path BLOB UNIQUE NOT NULL);"
    "INSERT INTO names(names, rank) VALUES('hashsize', 4194304);"
    "INSERT INTO names(names, rank) VALUES('automerge', 16);"
    "INSERT INTO words(words, rank) VALUES('hashsize', 8388608);"
    "INSERT INTO words(words, rank) VALUES('automerge', 8);"
    /* Segments that were laid down whole are many and large: no edit is to wait until all of them are merged. */
    "INSERT INTO names(names, rank) VALUES('crisismerge', 1000);"
    "INSERT INTO words(words, rank) VALUES('crisismerge', 1000);"
    "INSERT INTO meta VALUES('version', 5);"
    "COMMIT;";

/* --- one connection ------------------------------------------------------------------------------------------------ */

void
aid_shelf_close (struct aid_shelf *s)
{
  aid_db_close (s->db);
  aid_fts_free (s->fts);
  free (s->sketch);
  memset (s, 0, sizeof *s);
}

enum aid_err
aid_shelf_get (struct aid_shelf *s, const char *key, int64_t *out, struct aid_error *e)
{
  sqlite3_stmt *get;
  int row;
  enum aid_err err = aid_db_prepare (s->db, "SELECT value FROM meta WHERE key=?1", &get, e);

  *out = 0;
  if (err)
    return err;
  aid_db_text (get, 1, aid_span_z (key));
  err = aid_db_step (s->db, get, &row, e);
  if (!err && row)
    *out = sqlite3_column_int64 (get, 0);
  sqlite3_reset (get);
  return err;
}

enum aid_err
aid_shelf_set (struct aid_shelf *s, const char *key, int64_t value, struct aid_error *e)
{
  sqlite3_stmt *set;
  enum aid_err err = aid_db_prepare (s->db, "INSERT OR REPLACE INTO meta VALUES(?1, ?2)", &set, e);

  if (err)
    return err;
  aid_db_text (set, 1, aid_span_z (key));
  sqlite3_bind_int64 (set, 2, value);
  return aid_db_run (s->db, set, e);
}

enum aid_err
aid_shelf_read_sketch (struct aid_shelf *s, struct aid_error *e)
{
  sqlite3_stmt *get;
  int64_t version;
  int row;
  enum aid_err err = aid_shelf_get (s, "sketch_version", &version, e);

  if (err || (s->sketch && s->sketch_version == version))
    return err;
  if (!s->sketch && !(s->sketch = calloc (AID_SKETCH_CELLS, sizeof *s->sketch)))
    return aid_error_set (e, AID_E_NOMEM, "No memory for the index");
  if ((err = aid_db_prepare (s->db, "SELECT value FROM meta WHERE key='sketch'", &get, e))
      || (err = aid_db_step (s->db, get, &row, e)))
    return err;
  struct aid_span bytes = row ? aid_db_column (get, 0) : aid_span_z (NULL);
  if (bytes.len == AID_SKETCH_CELLS * sizeof *s->sketch)
    memcpy (s->sketch, bytes.ptr, bytes.len);
  sqlite3_reset (get);
  s->sketch_version = version;
  return AID_OK;
}

enum aid_err
aid_shelf_write_sketch (struct aid_shelf *s, struct aid_error *e)
{
  sqlite3_stmt *set;
  enum aid_err err = aid_shelf_set (s, "sketch_version", ++s->sketch_version, e);

  if (err || (err = aid_db_prepare (s->db, "INSERT OR REPLACE INTO meta VALUES('sketch', ?1)", &set, e)))
    return err;
  aid_db_blob (set, 1, (struct aid_span){ (const char *)s->sketch, AID_SKETCH_CELLS * sizeof *s->sketch });
  return aid_db_run (s->db, set, e);
}

/* --- which file ---------------------------------------------------------------------------------------------------- */

static enum aid_err
current_name (const char *dir, char name[64], struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (256);
  enum aid_err err;

  aid_str_addf (&path, "%s/current", dir);
  err = aid_fs_exists (aid_str_z (&path)) ? aid_fs_read (aid_str_z (&path), &text, e) : AID_E_NOTFOUND;
  if (!err && (text.len < 4 || text.len > 60 || memcmp (text.ptr, "db-", 3) != 0 || memchr (text.ptr, '/', text.len)))
    err = AID_E_NOTFOUND;
  if (!err)
    snprintf (name, 64, "%.*s", (int)text.len, text.ptr);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

int
aid_shelf_is_current (const char *dir, const struct aid_shelf *s)
{
  char name[64];

  return !current_name (dir, name, NULL) && !strcmp (name, s->name);
}

static enum aid_err
connect (const char *dir, const char *name, struct aid_shelf *s, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  enum aid_err err;

  aid_str_addf (&path, "%s/%s", dir, name);
  err = aid_db_open (aid_str_z (&path), WAIT_MS, &s->db, e);
  aid_str_free (&path);
  snprintf (s->name, sizeof s->name, "%s", name);
  if (!err)
    err = aid_db_exec (s->db, "PRAGMA cache_size=-16000", e);
  if (!err)
    err = aid_fts_new (s->db, &s->fts, e);
  if (err)
    aid_shelf_close (s);
  return err;
}

enum aid_err
aid_shelf_reopen (const char *dir, struct aid_shelf *s, struct aid_error *e)
{
  char name[sizeof s->name];

  memcpy (name, s->name, sizeof name);
  aid_shelf_close (s);
  return connect (dir, name, s, e);
}

static void
remove_database (const char *dir, const char *name)
{
  static const char *const parts[] = { "", "-wal", "-shm" };
  struct aid_str path = AID_STR_INIT (8192);

  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
      aid_str_clear (&path);
      aid_str_addf (&path, "%s/%s%s", dir, name, parts[i]);
      unlink (aid_str_z (&path));
    }
  aid_str_free (&path);
}

enum aid_err
aid_shelf_create (const char *dir, struct aid_shelf *s, struct aid_error *e)
{
  char key[13], name[64];
  enum aid_err err;

  memset (s, 0, sizeof *s);
  if (aid_random_key (key, 12))
    return aid_error_set (e, AID_E_IO, "The system gives no random numbers");
  snprintf (name, sizeof name, "db-%s", key);
  err = connect (dir, name, s, e);
  if (!err)
    err = aid_db_exec (s->db, schema, e);
  if (err)
    {
      aid_shelf_close (s);
      remove_database (dir, name);
    }
  return err;
}

/* Removes all databases but KEEP: what a killed process left, too. */
static void
remove_others (const char *dir, const char *keep)
{
  DIR *d = opendir (dir);

  for (struct dirent *entry; d && (entry = readdir (d));)
    if (!strncmp (entry->d_name, "db-", 3) && strncmp (entry->d_name, keep, strlen (keep)) != 0
        && !strpbrk (entry->d_name + 3, "-./"))
      remove_database (dir, entry->d_name);
  if (d)
    closedir (d);
}

enum aid_err
aid_shelf_publish (const char *dir, const struct aid_shelf *s, struct aid_error *e)
{
  struct aid_str current = AID_STR_INIT (8192);
  enum aid_err err;

  aid_str_addf (&current, "%s/current", dir);
  err = aid_fs_replace (aid_str_z (&current), aid_span_z (s->name), 0600, e);
  aid_str_free (&current);
  if (!err)
    remove_others (dir, s->name);
  return err;
}

enum aid_err
aid_shelf_renew (const char *dir, struct aid_shelf *s, struct aid_error *e)
{
  enum aid_err err;

  aid_shelf_close (s);
  err = aid_shelf_create (dir, s, e);
  if (!err && (err = aid_shelf_publish (dir, s, e)))
    aid_shelf_close (s);
  return err;
}

/* Whether it is one of ours and whole as far as a look at its tables tells. */
static enum aid_err
check (struct aid_shelf *s, struct aid_error *e)
{
  sqlite3_stmt *look;
  int64_t version;
  int row;
  enum aid_err err = aid_shelf_get (s, "version", &version, e);

  if (!err && version != VERSION)
    return aid_error_set (e, AID_E_PARSE, "The index %s is of another version", aid_db_path (s->db));
  if (err || (err = aid_db_prepare (s->db, "SELECT (SELECT max(id) FROM files), (SELECT max(id) FROM commits)", &look, e)))
    return err == AID_E_IO ? AID_E_PARSE : err;
  err = aid_db_step (s->db, look, &row, e);
  sqlite3_reset (look);
  return err;
}

enum aid_err
aid_shelf_open (const char *dir, int write, struct aid_shelf *s, int *rebuilt, struct aid_error *e)
{
  char name[64];
  enum aid_err err = current_name (dir, name, e);
  int had = !err;

  memset (s, 0, sizeof *s);
  if (!err)
    err = connect (dir, name, s, e);
  if (!err && (err = check (s, e)))
    aid_shelf_close (s);
  if ((err == AID_E_NOTFOUND || err == AID_E_PARSE) && write)
    {
      *rebuilt = had;
      err = aid_shelf_renew (dir, s, e);
    }
  else if (err)
    aid_shelf_close (s);
  return err;
}

/* --- the index ----------------------------------------------------------------------------------------------------- */

static enum aid_err
folder_of (const char *root, const char *dir, struct aid_str *out, struct aid_error *e)
{
  char hash[17];
  enum aid_err err = AID_OK;

  if (dir)
    return aid_str_addz (out, dir);
  aid_hash_hex (aid_span_z (root), 16, hash);
  err = aid_fs_xdg (AID_DIR_CACHE, out, e);
  if (!err)
    err = aid_str_addf (out, "/index/%s", hash);
  return err;
}

static unsigned
threads_of (unsigned wanted)
{
  long cpus = wanted ? (long)wanted : sysconf (_SC_NPROCESSORS_ONLN), most = wanted ? 8 : 4;

  return cpus < 1 ? 1 : (unsigned)(cpus < most ? cpus : most);
}

enum aid_err
aid_index_open (struct aid_project *p, const struct aid_index_options *options, struct aid_index **out, struct aid_error *e)
{
  static const struct aid_index_options usual;
  const struct aid_index_options *o = options ? options : &usual;
  struct aid_index *x = calloc (1, sizeof *x);
  struct aid_str dir = AID_STR_INIT (4096);
  enum aid_err err = x ? folder_of (aid_project_root (p), o->dir, &dir, e) : AID_E_NOMEM;

  *out = NULL;
  if (!err && !(x->stop = aid_stop_new (e)))
    err = AID_E_NOMEM;
  if (err)
    {
      aid_str_free (&dir);
      free (x);
      return e && e->code ? err : aid_error_set (e, err, "No memory for the index");
    }
  x->project = p;
  x->dir = aid_str_steal (&dir);
  x->threads = threads_of (o->threads);
  x->no_history = o->no_history;
  x->much = o->much ? o->much : MUCH;
  x->lock_fd = -1;
  x->state.named_ms = x->state.ready_ms = -1;
  pthread_mutex_init (&x->write_lock, NULL);
  pthread_mutex_init (&x->read_lock, NULL);
  pthread_mutex_init (&x->state_lock, NULL);
  pthread_condattr_t attr;
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&x->changed, &attr);
  pthread_condattr_destroy (&attr);
  *out = x;
  return AID_OK;
}

void
aid_index_close (struct aid_index *x)
{
  if (!x)
    return;
  aid_stop_set (x->stop);
  if (x->thread)
    {
      aid_project_wake (x->project);
      pthread_join (x->thread, NULL);
    }
  aid_shelf_close (&x->writer);
  aid_shelf_close (&x->reader);
  if (x->lock_fd >= 0)
    close (x->lock_fd);
  aid_stop_free (x->stop);
  pthread_mutex_destroy (&x->write_lock);
  pthread_mutex_destroy (&x->read_lock);
  pthread_mutex_destroy (&x->state_lock);
  pthread_cond_destroy (&x->changed);
  free (x->dir);
  free (x);
}

struct aid_project *
aid_index_project (const struct aid_index *x)
{
  return x->project;
}

void
aid_index_state (struct aid_index *x, struct aid_index_state *out)
{
  pthread_mutex_lock (&x->state_lock);
  *out = x->state;
  pthread_mutex_unlock (&x->state_lock);
}

void
aid_index_wait (struct aid_index *x, uint64_t since, int64_t ms)
{
  struct timespec until;

  clock_gettime (CLOCK_MONOTONIC, &until);
  until.tv_sec += ms / 1000;
  until.tv_nsec += ms % 1000 * 1000000;
  if (until.tv_nsec >= 1000000000)
    {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
  pthread_mutex_lock (&x->state_lock);
  while (x->state.updates <= since && x->state.phase != AID_INDEX_READY
         && pthread_cond_timedwait (&x->changed, &x->state_lock, &until) == 0)
    ;
  pthread_mutex_unlock (&x->state_lock);
}
