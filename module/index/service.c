/* Who writes: the holder of the lock in the index's folder.  Its thread waits for changes of the project; reading
   many files is done on a thread for the while, mostly at idle priority, and a few that changed at once. */
#include "index/index_internal.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/pool.h"
#include "index/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum
{
  WORN_FILES = 2000, /* files that are no more, from which on an index may be built anew */
  LOOK_EACH = 256,   /* updates between looks at that */
  RETRY_MS = 5000,
  MERGE_PAGES = 100, /* in one step: an edit may wait for it */
  TIDY_MS = 3000,    /* without a change, before what an edit has interrupted goes on */
  TIDY_EACH = 64,    /* updates after which there is something to tidy */
  MERGES_MAX = 100000
};

static enum aid_err
take_lock (struct aid_index *x, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  enum aid_err err;

  if (x->lock_fd >= 0)
    return AID_OK;
  err = aid_fs_mkdirs (x->dir, 0700, e);
  aid_str_addf (&path, "%s/lock", x->dir);
  if (!err && (x->lock_fd = open (aid_str_z (&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
    err = aid_error_set (e, AID_E_IO, "Cannot open %s: %s; look at the folder's permissions", aid_str_z (&path),
                         strerror (errno));
  if (!err && flock (x->lock_fd, LOCK_EX | LOCK_NB))
    {
      close (x->lock_fd);
      x->lock_fd = -1;
      err = aid_error_set (e, AID_E_STATE, "Another process keeps the index of %s; it is searched as it is",
                           aid_project_root (x->project));
    }
  aid_str_free (&path);
  return err;
}

static void
note (struct aid_index *x, enum aid_err err, const struct aid_error *e, int rebuilt)
{
  pthread_mutex_lock (&x->state_lock);
  x->state.error = err ? *e : (struct aid_error){ AID_OK, "" };
  x->state.rebuilt |= rebuilt;
  if (err == AID_E_STATE && x->lock_fd < 0)
    x->state.phase = AID_INDEX_ELSEWHERE;
  pthread_cond_broadcast (&x->changed);
  pthread_mutex_unlock (&x->state_lock);
}

/* Whether most of what is in the index is of files that are no more. */
static int
is_worn (struct aid_index *x)
{
  sqlite3_stmt *s;
  int row, worn = 0;

  if (!aid_db_prepare (x->writer.db,
                       "SELECT (SELECT count(*) FROM files WHERE live=0), (SELECT count(*) FROM files WHERE live=1)", &s,
                       NULL)
      && !aid_db_step (x->writer.db, s, &row, NULL) && row)
    {
      int64_t dead = sqlite3_column_int64 (s, 0), live = sqlite3_column_int64 (s, 1);
      worn = dead > WORN_FILES && dead > live;
      sqlite3_reset (s);
    }
  return worn;
}

/* Builds the index anew beside the one that is searched meanwhile. */
static enum aid_err
build_beside (struct aid_index *x, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_shelf old = x->writer;
  uint64_t generation = x->generation;
  enum aid_err err = aid_shelf_create (x->dir, &x->writer, e);

  x->generation = 0;
  if (!err)
    err = aid_update (x, stop, e);
  if (!err)
    err = aid_shelf_publish (x->dir, &x->writer, e);
  if (!err)
    aid_shelf_close (&old);
  else
    {
      aid_shelf_close (&x->writer);
      x->writer = old;
      x->generation = generation;
    }
  return err;
}

/* Notes that the index holds all files, for those who read it in other processes. */
static enum aid_err
note_whole (struct aid_index *x, struct aid_error *e)
{
  int64_t whole;
  enum aid_err err = aid_shelf_get (&x->writer, "whole", &whole, e);

  return err || whole ? err : aid_shelf_set (&x->writer, "whole", 1, e);
}

/* Opens what is not open and updates.  A database that turns out to be damaged is built anew, once. */
static enum aid_err
update_locked (struct aid_index *x, const struct aid_stop *stop, int *rebuilt, struct aid_error *e)
{
  int first = !x->generation;
  enum aid_err err = x->writer.db ? AID_OK : aid_shelf_open (x->dir, 1, &x->writer, rebuilt, e);

  if (!err)
    err = aid_update (x, stop, e);
  if (err == AID_E_PARSE)
    {
      *rebuilt = 1;
      x->generation = 0;
      err = aid_shelf_renew (x->dir, &x->writer, e);
      if (!err)
        err = aid_update (x, stop, e);
    }
  if (!err && (first || ++x->since_look % LOOK_EACH == 0) && is_worn (x))
    err = build_beside (x, stop, e);
  if (!err)
    err = note_whole (x, e);
  if (err && err != AID_E_CANCELLED)
    {
      aid_shelf_close (&x->writer);
      x->generation = 0;
    }
  return err;
}

enum aid_err
aid_index_update (struct aid_index *x, int64_t list_ms, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_error mine = { AID_OK, "" };
  int rebuilt = 0;
  enum aid_err err;

  if (!aid_project_wait_or (x->project, 0, list_ms, stop))
    {
      struct aid_project_state state;
      aid_project_state (x->project, &state);
      err = state.failed ? state.failed : AID_E_TIMEOUT;
      return aid_error_set (e, err, "The files of %s are not listed yet; try again in a moment",
                            aid_project_root (x->project));
    }
  pthread_mutex_lock (&x->write_lock);
  err = take_lock (x, &mine);
  if (!err)
    err = update_locked (x, stop, &rebuilt, &mine);
  if (!err && !x->no_history)
    err = aid_history_update (x, stop, &mine);
  note (x, err, &mine, rebuilt);
  pthread_mutex_unlock (&x->write_lock);
  return err ? aid_error_set (e, err, "%s", mine.msg) : AID_OK;
}

/* --- the thread ---------------------------------------------------------------------------------------------------- */

/* Brings TABLE's parts together a little, ALL: into one; 1 when there is nothing more to do. */
static int
merge_some (struct aid_index *x, const char *table, int all)
{
  char sql[128];
  struct aid_error e;
  int done;

  pthread_mutex_lock (&x->write_lock);
  int before = x->writer.db ? sqlite3_total_changes (aid_db_raw (x->writer.db)) : 0;
  snprintf (sql, sizeof sql, "INSERT INTO %s(%s, rank) VALUES('merge', %d)", table, table, all ? -MERGE_PAGES : MERGE_PAGES);
  done
    = !x->writer.db || aid_db_exec (x->writer.db, sql, &e) || sqlite3_total_changes (aid_db_raw (x->writer.db)) - before < 2;
  pthread_mutex_unlock (&x->write_lock);
  return done;
}

/* Brings the tables' parts together, in small steps, until something changes. */
static void
tidy (struct aid_index *x)
{
  static const char *const tables[] = { "names", "words", "told" };

  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    for (int step = 0; step < MERGES_MAX && !merge_some (x, tables[i], !step && x->untidy == AID_UNTIDY_ALL); step++)
      if (aid_stop_is_set (x->stop) || aid_project_wait (x->project, 0, 0) > x->generation)
        return;
  x->untidy = 0;
}

static void *
work_apart (void *arg)
{
  struct aid_index *x = arg;

  if (x->calm)
    aid_calm_thread ();
  if (!x->generation && !aid_index_update (x, -1, x->stop, NULL))
    x->untidy = AID_UNTIDY_ALL;
  if (x->untidy)
    tidy (x);
  return NULL;
}

static void
do_much (struct aid_index *x)
{
  unsigned long apart;

  if (!aid_thread_start (&apart, "aid-index-much", work_apart, x, NULL))
    pthread_join (apart, NULL);
  else
    aid_index_update (x, -1, x->stop, NULL);
}

/* Waits for a change; what is still to be tidied is done while there is none. */
static void
wait_for_change (struct aid_index *x)
{
  while (x->untidy && !aid_stop_is_set (x->stop)
         && aid_project_wait_or (x->project, x->generation, TIDY_MS, x->stop) <= x->generation && !aid_stop_is_set (x->stop))
    do_much (x);
  aid_project_wait_or (x->project, x->generation, -1, x->stop);
}

static void *
serve (void *arg)
{
  struct aid_index *x = arg;

  aid_project_wait_or (x->project, 0, -1, x->stop);
  while (!aid_stop_is_set (x->stop))
    {
      struct aid_index_state state;
      if (!x->generation)
        do_much (x);
      else if (!aid_index_update (x, -1, x->stop, NULL) && ++x->since_tidy % TIDY_EACH == 0 && !x->untidy)
        x->untidy = AID_UNTIDY_SOME;
      aid_index_state (x, &state);
      if (aid_stop_is_set (x->stop))
        break;
      if (state.error.code || !x->generation)
        aid_project_wait_or (x->project, UINT64_MAX, RETRY_MS, x->stop);
      else
        wait_for_change (x);
    }
  return NULL;
}

enum aid_err
aid_index_start (struct aid_index *x, int calm, struct aid_error *e)
{
  if (x->thread)
    return AID_OK;
  x->calm = calm;
  return aid_thread_start (&x->thread, "aid-index", serve, x, e);
}
