/* Files are looked into one by one, when somebody wants the next texts: their passages are kept with lines and hashes. */
#include "index/vectors_internal.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "config/secrets.h"

#include <stdlib.h>

enum
{
  FILE_MAX = 4 << 20,
  FILES_A_TIME = 200 /* that are looked into for one batch, where nothing lacks */
};
#define RACY_NS ((int64_t)100000000) /* a file that is younger may change again without a new time */

/* --- one file ------------------------------------------------------------------------------------------------------ */

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
  struct aid_vec outline = AID_VEC_INIT (struct aid_outlined, AID_SCAN_DEFS);
  if (!err)
    err = aid_outline_take (&r->scan, &outline);
  if (!err)
    err = aid_chunks (text.ptr, text.len, &outline, &r->chunks);
  aid_vec_free (&outline);
  return err;
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
  if (!room)
    {
      f->mtime = -1; /* it is looked into again when there may be some */
      v->look_at = 0;
      v->left_out++;
    }
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
  struct reading r
    = { .text = AID_STR_INIT (FILE_MAX), .scan = AID_SCAN_INIT, .chunks = AID_VEC_INIT (struct aid_chunk, AID_CHUNKS) };
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
  aid_vectors_count (v, 0);
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
  return aid_vectors_noting (v, err);
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
