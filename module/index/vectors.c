/* Which passages lack a vector: files that changed are queued here, and looked into when somebody wants the next texts
   (vectors_read.c).  Nothing of this knows a network. */
#include "index/vectors_internal.h"
#include "base/fs.h"
#include "index/nearest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum
{
  QUEUE_MAX = 400000,
  SPARE_MAX = 5000, /* passages of no file that are kept in memory */
  BATCH_MAX = 1000  /* passages that may be given back */
};

/* --- opening ------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_vectors_open (struct aid_index *x, const char *made_by, struct aid_vectors **out, struct aid_error *e)
{
  struct aid_vectors *v = calloc (1, sizeof *v);

  *out = NULL;
  if (!v)
    return aid_error_set (e, AID_E_NOMEM, "No memory for vectors");
  pthread_mutex_init (&v->lock, NULL);
  v->index = x;
  v->lock_fd = -1;
  v->queue = AID_VEC_INIT (char *, QUEUE_MAX);
  v->waiting = AID_VEC_INIT (struct aid_lacking, AID_CHUNKS + BATCH_MAX);
  v->list = AID_VEC_INIT (struct aid_meant_file *, AID_PROJECT_FILES);
  v->files = aid_map_new ();
  v->made_by = strdup (made_by);
  if (aid_slots_init (&v->slots) || !v->files || !v->made_by)
    {
      aid_vectors_close (v);
      return aid_error_set (e, AID_E_NOMEM, "No memory for vectors");
    }
  *out = v;
  return AID_OK;
}

static void
empty_queue (struct aid_vectors *v)
{
  for (size_t i = 0; i < v->queue.len; i++)
    free (AID_VEC_AT (char *, &v->queue, i));
  v->queue.len = 0;
}

static void
empty_waiting (struct aid_vectors *v)
{
  for (size_t i = 0; i < v->waiting.len; i++)
    free (AID_VEC_AT (struct aid_lacking, &v->waiting, i).text);
  v->waiting.len = 0;
}

void
aid_lacking_free (struct aid_vec *batch)
{
  for (size_t i = 0; i < batch->len; i++)
    free (AID_VEC_AT (struct aid_lacking, batch, i).text);
  aid_vec_free (batch);
}

void
aid_vectors_close (struct aid_vectors *v)
{
  if (!v)
    return;
  empty_queue (v);
  aid_vec_free (&v->queue);
  empty_waiting (v);
  aid_vec_free (&v->waiting);
  if (v->files)
    aid_meant_clear (v);
  aid_map_free (v->files, NULL);
  aid_vec_free (&v->list);
  aid_slots_free (&v->slots);
  aid_vectors_db_close (v);
  if (v->lock_fd >= 0)
    close (v->lock_fd);
  pthread_mutex_destroy (&v->lock);
  free (v->made_by);
  free (v);
}

/* Whether this process writes from now on, which it did not. */
static int
take_lock (struct aid_vectors *v)
{
  struct aid_str path = AID_STR_INIT (8192);

  if (v->lock_fd >= 0 || aid_fs_mkdirs (v->index->dir, 0700, NULL))
    return 0;
  aid_str_addf (&path, "%s/vectors.lock", v->index->dir);
  int fd = open (aid_str_z (&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  aid_str_free (&path);
  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB))
    {
      close (fd);
      fd = -1;
    }
  pthread_mutex_lock (&v->lock);
  v->lock_fd = fd;
  pthread_mutex_unlock (&v->lock);
  return fd >= 0;
}

/* Forgets what is in memory and reads the database. */
static enum aid_err
load (struct aid_vectors *v, struct aid_error *e)
{
  pthread_mutex_lock (&v->lock);
  aid_meant_clear (v);
  aid_slots_free (&v->slots);
  enum aid_err err = aid_slots_init (&v->slots);
  v->left_out = 0;
  pthread_mutex_unlock (&v->lock);
  v->generation = 0;
  v->look_at = 0;
  empty_queue (v);
  empty_waiting (v);
  return err ? aid_error_set (e, err, "No memory for vectors") : aid_vectors_db_load (v, e);
}

static enum aid_err
open_and_load (struct aid_vectors *v, struct aid_error *e)
{
  enum aid_err err = v->db ? AID_OK : aid_vectors_db_open (v, e);
  return err ? err : load (v, e);
}

/* The file, or the folder that it is in, is no longer the one that was opened: somebody has deleted the cache, or the writer has
   made it anew. */
static void
let_go (struct aid_vectors *v)
{
  aid_vectors_db_close (v);
  if (v->lock_fd < 0)
    return;
  pthread_mutex_lock (&v->lock);
  close (v->lock_fd);
  v->lock_fd = -1;
  pthread_mutex_unlock (&v->lock);
}

/* Damage shows when the database is opened, when it is read, or later: then who writes makes it anew. */
static enum aid_err
enter (struct aid_vectors *v, struct aid_error *e)
{
  if (v->db && aid_db_is_gone (v->db))
    let_go (v);
  if (take_lock (v))
    aid_vectors_db_close (v);
  if (v->db && !v->damaged && (v->lock_fd >= 0 || !aid_vectors_db_changed (v)))
    return AID_OK;
  enum aid_err err = v->damaged && v->lock_fd >= 0 ? AID_E_PARSE : open_and_load (v, e);
  if (err == AID_E_PARSE && v->lock_fd >= 0)
    {
      aid_vectors_db_remove (v);
      err = open_and_load (v, e);
    }
  v->damaged = 0;
  if (err)
    {
      empty_queue (v);
      empty_waiting (v);
      aid_vectors_db_close (v);
    }
  return err;
}

enum aid_err
aid_vectors_noting (struct aid_vectors *v, enum aid_err err)
{
  v->damaged |= err == AID_E_PARSE;
  return err;
}

enum aid_err
aid_vectors_reset (struct aid_vectors *v, struct aid_error *e)
{
  if (v->lock_fd < 0 || !v->db)
    return AID_OK;
  enum aid_err err = aid_vectors_db_empty (v, e);
  return aid_vectors_noting (v, err ? err : load (v, e));
}

/* How many passages in memory stand in a file; all, when there is no memory to count. */
static size_t
count_used (struct aid_vectors *v)
{
  size_t n = v->slots.hashes.len, used = 0;
  uint8_t *seen = calloc (n + 1, 1);

  for (size_t i = 0; seen && i < v->list.len; i++)
    {
      const struct aid_meant_file *f = AID_VEC_AT (struct aid_meant_file *, &v->list, i);
      for (uint32_t k = 0; k < f->n; k++)
        {
          used += !seen[f->places[k].slot];
          seen[f->places[k].slot] = 1;
        }
    }
  int counted = seen != NULL;
  free (seen);
  return counted ? used : n;
}

/* Whether many passages in memory stand in no file any more: then it is read anew, without them. */
static int
is_worn (struct aid_vectors *v)
{
  size_t n = v->slots.hashes.len;

  if (n < v->look_at)
    return 0;
  v->look_at = n + SPARE_MAX;
  return n - count_used (v) > SPARE_MAX;
}

/* --- what has changed ---------------------------------------------------------------------------------------------- */

struct look
{
  struct aid_vectors *v;
  size_t left_out;
  enum aid_err err;
  struct aid_error *e;
};

static int
is_complete (const struct aid_vectors *v, const struct aid_meant_file *f)
{
  for (uint32_t i = 0; i < f->n; i++)
    if (aid_slot_state (&v->slots, f->places[i].slot) == AID_SLOT_LACKS)
      return 0;
  return 1;
}

static void
drop (struct aid_vectors *v, struct aid_meant_file *f, struct look *l)
{
  if (!l->err)
    l->err = aid_vectors_db_drop (v, f->path, l->e);
  pthread_mutex_lock (&v->lock);
  aid_meant_drop (v, f);
  pthread_mutex_unlock (&v->lock);
}

static int
look_at (void *ctx, const struct aid_project_file *file)
{
  struct look *l = ctx;
  struct aid_vectors *v = l->v;
  struct aid_meant_file *f = aid_meant_find (v, file->path);

  if (file->gone || file->class != AID_FILE_TEXT)
    {
      if (f)
        drop (v, f, l);
      return l->err != AID_OK;
    }
  if (f)
    f->seen = 1;
  if (f && f->size == (int64_t)file->size && f->mtime == file->mtime_ns && f->inode == (int64_t)file->inode
      && is_complete (v, f))
    return 0;
  char *path = aid_span_dup (file->path), **to = path ? aid_vec_push (&v->queue) : NULL;
  if (to)
    *to = path;
  else
    free (path);
  l->left_out += !to;
  return l->err != AID_OK;
}

/* Looks through all files, and lets go of those that are gone. */
static enum aid_err
look_at_all (struct aid_vectors *v, struct look *l)
{
  uint64_t generation;

  empty_queue (v);
  for (size_t i = 0; i < v->list.len; i++)
    AID_VEC_AT (struct aid_meant_file *, &v->list, i)->seen = 0;
  enum aid_err err = aid_project_files (v->index->project, look_at, l, &generation, l->e);
  for (size_t i = v->list.len; !err && i-- > 0;)
    {
      struct aid_meant_file *f = AID_VEC_AT (struct aid_meant_file *, &v->list, i);
      if (!f->seen)
        drop (v, f, l);
    }
  if (!err && !l->err)
    v->generation = generation;
  return err ? err : l->err;
}

void
aid_vectors_count (struct aid_vectors *v, size_t left_out)
{
  pthread_mutex_lock (&v->lock);
  v->files_left = v->queue.len;
  v->left_out += left_out;
  pthread_mutex_unlock (&v->lock);
}

enum aid_err
aid_vectors_follow (struct aid_vectors *v, uint64_t *generation, struct aid_error *e)
{
  struct look l = { .v = v, .e = e };
  enum aid_err err = enter (v, e);

  if (!err && v->lock_fd >= 0 && is_worn (v))
    err = load (v, e);
  if (!err && v->lock_fd >= 0)
    {
      err = aid_db_exec (v->db, "BEGIN IMMEDIATE", e);
      if (!err && v->generation)
        {
          err = aid_project_changes (v->index->project, v->generation, look_at, &l, &v->generation, e);
          err = err == AID_E_LIMIT ? look_at_all (v, &l) : err ? err : l.err;
        }
      else if (!err)
        err = look_at_all (v, &l);
      if (aid_db_exec (v->db, err ? "ROLLBACK" : "COMMIT", err ? NULL : e) && !err)
        err = AID_E_IO;
    }
  if (err)
    v->generation = 0;
  if (generation)
    *generation = v->generation;
  aid_vectors_count (v, l.left_out);
  return aid_vectors_noting (v, err);
}

/* --- what comes back ----------------------------------------------------------------------------------------------- */

/* One for which there is no room is not kept, and not asked for again while this lasts. */
static enum aid_err
put_one (struct aid_vectors *v, const struct aid_lacking *l, const float *vector, size_t n, struct aid_error *e)
{
  struct aid_span row = { "", 0 };
  float scale = 0;

  pthread_mutex_lock (&v->lock);
  int8_t *to = vector ? aid_slot_row (&v->slots, l->slot) : NULL;
  if (to)
    {
      scale = aid_vector_pack (vector, n, to);
      row = scale > 0 ? (struct aid_span){ (const char *)to, n } : row;
    }
  aid_slot_set (&v->slots, l->slot, scale > 0 ? AID_SLOT_HAS : AID_SLOT_HELD, scale);
  v->left_out += vector && !to;
  pthread_mutex_unlock (&v->lock);
  return vector && !to ? AID_OK : aid_vectors_db_put (v, l->hash, row, scale, e);
}

enum aid_err
aid_vectors_put (struct aid_vectors *v, const struct aid_vec *batch, const float *const *vectors, size_t n,
                 struct aid_error *e)
{
  int any = 0, fits;

  for (size_t i = 0; i < batch->len; i++)
    any |= vectors[i] != NULL;
  pthread_mutex_lock (&v->lock);
  fits = !any || (n && n <= AID_VECTOR_MAX && !aid_slots_measure (&v->slots, n));
  pthread_mutex_unlock (&v->lock);
  if (!fits)
    return aid_error_set (e, AID_E_STATE, "The server's vectors have %zu numbers and those that are there %zu", n,
                          v->slots.dimensions);
  enum aid_err err = aid_db_exec (v->db, "BEGIN IMMEDIATE", e);
  for (size_t i = 0; !err && i < batch->len; i++)
    err = put_one (v, &AID_VEC_AT (struct aid_lacking, batch, i), vectors[i], n, e);
  if (aid_db_exec (v->db, err ? "ROLLBACK" : "COMMIT", err ? NULL : e) && !err)
    err = AID_E_IO;
  return aid_vectors_noting (v, err);
}

void
aid_vectors_state (struct aid_vectors *v, struct aid_vectors_state *out)
{
  pthread_mutex_lock (&v->lock);
  *out = (struct aid_vectors_state){ .writes = v->lock_fd >= 0,
                                     .passages = v->slots.hashes.len,
                                     .with = v->slots.has,
                                     .held = v->slots.held,
                                     .files_left = v->files_left,
                                     .left_out = v->left_out,
                                     .dimensions = v->slots.dimensions };
  pthread_mutex_unlock (&v->lock);
}
