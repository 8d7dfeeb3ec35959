/* Which passages lack a vector: files that changed are queued, looked into one by one when somebody wants the next texts, and
   their passages kept with lines and hashes.  Nothing here knows a network. */
#include "index/vectors_internal.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "config/secrets.h"
#include "index/nearest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum
{
  FILE_MAX = 4 << 20,
  QUEUE_MAX = 400000,
  BATCH_MAX = 1000, /* passages that may be given back */
  FILES_A_TIME = 200 /* that are looked into for one batch, where nothing lacks */
};
#define RACY_NS ((int64_t)100000000) /* a file that is younger may change again without a new time */

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
  aid_db_close (v->db);
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
  pthread_mutex_unlock (&v->lock);
  v->generation = 0;
  empty_queue (v);
  empty_waiting (v);
  return err ? aid_error_set (e, err, "No memory for vectors") : aid_vectors_db_load (v, e);
}

static enum aid_err
enter (struct aid_vectors *v, struct aid_error *e)
{
  if (take_lock (v))
    {
      aid_db_close (v->db);
      v->db = NULL;
    }
  if (v->db && (v->lock_fd >= 0 || !aid_vectors_db_changed (v)))
    return AID_OK;
  enum aid_err err = v->db ? AID_OK : aid_vectors_db_open (v, e);
  return err ? err : load (v, e);
}

enum aid_err
aid_vectors_reset (struct aid_vectors *v, struct aid_error *e)
{
  if (v->lock_fd < 0 || !v->db)
    return AID_OK;
  enum aid_err err = aid_vectors_db_empty (v, e);
  return err ? err : load (v, e);
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

static void
count_queue (struct aid_vectors *v, size_t left_out)
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
  count_queue (v, l.left_out);
  return err;
}

/* --- looking into files -------------------------------------------------------------------------------------------- */

/* One file that is looked into. */
struct reading
{
  struct aid_str text;
  struct aid_scan scan;
  struct aid_vec chunks; /* of struct aid_chunk */
  struct aid_project_file file;
};

/* Reads PATH and cuts it; a file that is not to be read, or is known to hold secrets, has no chunks. */
static enum aid_err
read_file (struct aid_vectors *v, struct aid_span path, struct reading *r)
{
  enum aid_err err = aid_project_read (v->index->project, path, &r->text, &r->file, NULL);
  struct aid_span text = aid_str_span (&r->text);

  if (err == AID_E_REFUSED || err == AID_E_LIMIT || (!err && (r->file.class != AID_FILE_TEXT || aid_secrets_file (path))))
    return AID_OK;
  if (!err)
    err = aid_scan_text (aid_language_of (path, aid_span_cut (text, 0, text.len < 512 ? text.len : 512)), text, &r->scan);
  return err ? err : aid_chunks (text.ptr, text.len, &r->scan, &r->chunks);
}

/* The text of chunk C as it is sent, to be freed; NULL: it says nothing, or no memory. */
static char *
text_of (const struct reading *r, struct aid_chunk c, size_t *len)
{
  struct aid_span text = aid_span_trim (aid_span_cut (aid_str_span (&r->text), c.from, c.to));
  struct aid_str out = AID_STR_INIT (4 * AID_VECTOR_TEXT);

  if (text.len > AID_VECTOR_TEXT)
    text.len = AID_VECTOR_TEXT;
  if (text.len)
    aid_utf8_clean (text, &out);
  *len = out.len;
  return out.len ? aid_str_steal (&out) : NULL;
}

static uint32_t
lines_between (struct aid_span text, size_t from, size_t to)
{
  uint32_t n = 0;
  const char *p = text.ptr + from, *end = text.ptr + to;

  while (p < end && (p = memchr (p, '\n', (size_t)(end - p))))
    n++, p++;
  return n;
}

/* A passage that stands on lines FIRST to LAST: it gets a place in F, and waits when it lacks a vector.  0: there is no room. */
static int
add_passage (struct aid_vectors *v, struct aid_meant_file *f, uint32_t first, uint32_t last, char *text, size_t len)
{
  uint64_t hash = aid_hash64 ((struct aid_span){ text, len });
  int64_t slot = aid_slot_of (&v->slots, hash);
  struct aid_lacking *to = NULL;

  if (slot >= 0)
    f->places[f->n++] = (struct aid_place){ first, last, (uint32_t)slot };
  if (slot >= 0 && aid_slot_state (&v->slots, (size_t)slot) == AID_SLOT_LACKS && (to = aid_vec_push (&v->waiting)))
    {
      *to = (struct aid_lacking){ text, len, hash, (uint32_t)slot };
      aid_slot_set (&v->slots, (size_t)slot, AID_SLOT_ASKED, 0);
    }
  if (!to)
    free (text);
  return slot >= 0;
}

/* The time to keep of a file: none of one that may change again within the clock's step. */
static int64_t
kept_time (const struct aid_project_file *f)
{
  return aid_clock_wall_ms () * 1000000 - f->mtime_ns < RACY_NS ? -1 : f->mtime_ns;
}

static enum aid_err
keep_places (struct aid_vectors *v, struct aid_meant_file *f, const struct reading *r)
{
  struct aid_span text = aid_str_span (&r->text);
  uint32_t line = 1;
  size_t at = 0;
  int room = 1;

  free (f->places);
  f->n = 0;
  f->places = calloc (r->chunks.len + 1, sizeof *f->places);
  f->size = (int64_t)r->file.size;
  f->mtime = kept_time (&r->file);
  f->inode = (int64_t)r->file.inode;
  for (size_t i = 0; f->places && i < r->chunks.len && room; i++)
    {
      struct aid_chunk c = AID_VEC_AT (struct aid_chunk, &r->chunks, i);
      size_t len;
      char *passage = text_of (r, c, &len);
      line += lines_between (text, at, c.from);
      at = c.from;
      uint32_t last = line + lines_between (text, c.from, c.to > c.from ? c.to - 1 : c.to);
      if (passage)
        room = add_passage (v, f, line, last, passage, len);
    }
  v->left_out += !room;
  return f->places ? AID_OK : AID_E_NOMEM;
}

/* Of the passages that wait, from FROM on, those whose vectors are kept from before lack none. */
static void
recall (struct aid_vectors *v, size_t from)
{
  size_t to = from;

  for (size_t i = from; i < v->waiting.len; i++)
    {
      struct aid_lacking l = AID_VEC_AT (struct aid_lacking, &v->waiting, i);
      if (aid_vectors_db_recall (v, l.hash, l.slot))
        free (l.text);
      else
        AID_VEC_AT (struct aid_lacking, &v->waiting, to++) = l;
    }
  v->waiting.len = to;
}

/* Looks into PATH: what it has and lacks is known then. */
static enum aid_err
look_into (struct aid_vectors *v, const char *path, struct aid_error *e)
{
  struct reading r = { .text = AID_STR_INIT (FILE_MAX),
                       .scan = AID_SCAN_INIT,
                       .chunks = AID_VEC_INIT (struct aid_chunk, AID_CHUNKS) };
  struct aid_meant_file *f = NULL;
  size_t waited = v->waiting.len;
  enum aid_err err = read_file (v, aid_span_z (path), &r), failed = AID_OK;

  pthread_mutex_lock (&v->lock);
  if (!err && (f = aid_meant_make (v, aid_span_z (path))))
    failed = keep_places (v, f, &r);
  pthread_mutex_unlock (&v->lock);
  if (f && !failed)
    failed = aid_vectors_db_file (v, f, e);
  recall (v, waited);
  aid_str_free (&r.text);
  aid_scan_free (&r.scan);
  aid_vec_free (&r.chunks);
  return failed; /* a file that cannot be read, for it goes or changes, is told of as a change */
}

/* Looks into files until something waits. */
static enum aid_err
fill_waiting (struct aid_vectors *v, const struct aid_stop *stop, struct aid_error *e)
{
  enum aid_err err = aid_db_exec (v->db, "BEGIN IMMEDIATE", e);

  for (int i = 0; !err && i < FILES_A_TIME && !v->waiting.len && v->queue.len && !aid_stop_is_set (stop); i++)
    {
      char *path = AID_VEC_AT (char *, &v->queue, --v->queue.len);
      err = look_into (v, path, e);
      free (path);
    }
  if (aid_db_exec (v->db, err ? "ROLLBACK" : "COMMIT", err ? NULL : e) && !err)
    err = AID_E_IO;
  count_queue (v, 0);
  return err;
}

enum aid_err
aid_vectors_next (struct aid_vectors *v, size_t max, size_t bytes, const struct aid_stop *stop, struct aid_vec *out,
                  struct aid_error *e)
{
  enum aid_err err = AID_OK;
  size_t sum = 0;

  while (v->lock_fd >= 0 && !err && out->len < max && sum < bytes && !aid_stop_is_set (stop))
    {
      struct aid_lacking *to;
      if (!v->waiting.len && !v->queue.len)
        break;
      if (!v->waiting.len)
        err = fill_waiting (v, stop, e);
      else if ((to = aid_vec_push (out)))
        {
          *to = AID_VEC_AT (struct aid_lacking, &v->waiting, --v->waiting.len);
          sum += to->len;
        }
      else
        err = aid_error_set (e, AID_E_NOMEM, "No memory for vectors");
    }
  return err;
}

void
aid_vectors_give_back (struct aid_vectors *v, struct aid_vec *batch)
{
  for (size_t i = 0; i < batch->len; i++)
    {
      struct aid_lacking *l = &AID_VEC_AT (struct aid_lacking, batch, i), *to = NULL;
      if (aid_slot_state (&v->slots, l->slot) == AID_SLOT_ASKED && (to = aid_vec_push (&v->waiting)))
        *to = *l;
      else
        free (l->text);
    }
  batch->len = 0;
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
  return err;
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
