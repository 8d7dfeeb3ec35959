/* Runs, as a log-structured merge tree has them.  What a transaction adds is sorted and becomes a run: rows of the table
   tags, numbered by run and first key, so that a lookup is one step down the tree for each run.  A new run takes in those before
   it that are not four times as large, so that there are few.  A row holds keys with their files, all as differences to the ones
   before, in groups of seven bits. */
#include "index/tags.h"
#include "base/hash.h"

#include <ctype.h>
#include <stdlib.h>

enum
{
  KEY_BITS = 47,
  ROW_BYTES = 900,  /* a page of the database takes four; a lookup reads half of one, key by key */
  TAG_NAME = 1024,  /* bytes of a name that count */
  FEW = 4000,       /* tags that are sorted without tables */
  RATIO = 4,
  NUMBER_BYTES = 10 /* at most, in groups of seven bits */
};
#define KEY_MASK (((uint64_t)1 << KEY_BITS) - 1)

uint64_t
aid_tag_key (char kind, struct aid_span name, int lower)
{
  char tag[1 + TAG_NAME];
  size_t n = name.len < TAG_NAME ? name.len : TAG_NAME;

  tag[0] = kind;
  for (size_t i = 0; i < n; i++)
    tag[1 + i] = lower ? (char)tolower ((unsigned char)name.ptr[i]) : name.ptr[i];
  return aid_hash64 ((struct aid_span){ tag, n + 1 }) & KEY_MASK;
}

/* --- sorting ------------------------------------------------------------------------------------------------------- */

static int
by_key (const void *a, const void *b)
{
  const struct aid_tag *x = a, *y = b;

  return x->key < y->key ? -1 : x->key > y->key ? 1 : x->file < y->file ? -1 : x->file > y->file;
}

/* One pass of a radix sort: FROM to TO by the 12 bits of the key above SHIFT. */
static void
sort_by (const struct aid_tag *from, struct aid_tag *to, size_t n, unsigned shift)
{
  size_t at[4096] = { 0 }, sum = 0;

  for (size_t i = 0; i < n; i++)
    at[from[i].key >> shift & 4095]++;
  for (size_t i = 0; i < 4096; i++)
    {
      size_t here = at[i];
      at[i] = sum;
      sum += here;
    }
  for (size_t i = 0; i < n; i++)
    to[at[from[i].key >> shift & 4095]++] = from[i];
}

/* Sorts each key's files, which mostly are in order. */
static void
sort_files (struct aid_tag *t, size_t n)
{
  for (size_t from = 0, to; from < n; from = to)
    {
      int ascend = 1;
      for (to = from + 1; to < n && t[to].key == t[from].key; to++)
        ascend &= t[to - 1].file <= t[to].file;
      if (!ascend)
        qsort (t + from, to - from, sizeof *t, by_key);
    }
}

static void
sort (struct aid_vec *tags)
{
  struct aid_tag *t = tags->data, *other = tags->len > FEW ? malloc (tags->len * sizeof *t) : NULL;

  if (other)
    {
      for (unsigned shift = 0; shift < 48; shift += 24)
        {
          sort_by (t, other, tags->len, shift);
          sort_by (other, t, tags->len, shift + 12);
        }
      sort_files (t, tags->len);
    }
  else if (tags->len)
    qsort (t, tags->len, sizeof *t, by_key);
  free (other);
}

/* --- rows ---------------------------------------------------------------------------------------------------------- */

static void
put (struct aid_str *out, uint64_t v)
{
  if (aid_str_reserve (out, NUMBER_BYTES))
    return;
  for (; v > 127; v >>= 7)
    out->ptr[out->len++] = (char)((v & 127) | 128);
  out->ptr[out->len++] = (char)v;
  out->ptr[out->len] = '\0';
}

/* Takes a number off REST; 0 or -1. */
static inline int
get (struct aid_span *rest, uint64_t *v)
{
  if (rest->len && (unsigned char)rest->ptr[0] < 128)
    {
      *v = (unsigned char)rest->ptr[0];
      rest->ptr++;
      rest->len--;
      return 0;
    }
  *v = 0;
  for (unsigned i = 0, shift = 0; i < rest->len && shift < 63; i++, shift += 7)
    {
      unsigned char c = (unsigned char)rest->ptr[i];
      *v |= (uint64_t)(c & 127) << shift;
      if (c < 128)
        {
          *rest = aid_span_cut (*rest, i + 1, rest->len);
          return 0;
        }
    }
  return -1;
}

/* Reads one key behind *KEY and the span of its files. */
static int
next_key (struct aid_span *rest, uint64_t *key, struct aid_span *files)
{
  uint64_t more, bytes;

  if (get (rest, &more) || get (rest, &bytes) || bytes > rest->len)
    return -1;
  *key += more;
  *files = aid_span_cut (*rest, 0, (size_t)bytes);
  *rest = aid_span_cut (*rest, (size_t)bytes, rest->len);
  return 0;
}

/* Appends the key of the tags at I, with all its files, to ROW; *AT is the row's last key.  Gives where the next key's are. */
static size_t
put_key (const struct aid_vec *tags, size_t i, uint64_t *at, struct aid_str *files, struct aid_str *row)
{
  const struct aid_tag *t = tags->data;
  uint64_t key = t[i].key;
  int64_t file = 0;

  aid_str_clear (files);
  for (; i < tags->len && t[i].key == key; i++)
    if (t[i].file != file || !files->len)
      {
        put (files, (uint64_t)(t[i].file - file));
        file = t[i].file;
      }
  put (row, key - *at);
  put (row, files->len);
  aid_str_addspan (row, aid_str_span (files));
  *at = key;
  return i;
}

static enum aid_err
write_row (struct aid_db *db, int64_t run, uint64_t first, const struct aid_str *row, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err;

  if (row->err)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the index");
  err = aid_db_prepare (db, "INSERT INTO tags(id, data) VALUES(?1, ?2)", &s, e);
  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, run << KEY_BITS | (int64_t)first);
  aid_db_blob (s, 2, aid_str_span (row));
  return aid_db_run (db, s, e);
}

static enum aid_err
write_run (struct aid_db *db, int64_t run, const struct aid_vec *tags, struct aid_error *e)
{
  struct aid_str row = AID_STR_INIT (64 << 20), files = AID_STR_INIT (32 << 20);
  enum aid_err err = AID_OK;
  sqlite3_stmt *s;

  for (size_t i = 0; !err && i < tags->len;)
    {
      uint64_t first = AID_VEC_AT (struct aid_tag, tags, i).key, at = first;
      aid_str_clear (&row);
      while (i < tags->len && row.len < ROW_BYTES)
        i = put_key (tags, i, &at, &files, &row);
      err = write_row (db, run, first, &row, e);
    }
  if (!err && !(err = aid_db_prepare (db, "INSERT INTO runs(run, size) VALUES(?1, ?2)", &s, e)))
    {
      sqlite3_bind_int64 (s, 1, run);
      sqlite3_bind_int64 (s, 2, (int64_t)tags->len);
      err = aid_db_run (db, s, e);
    }
  aid_str_free (&row);
  aid_str_free (&files);
  return err;
}

/* --- runs ---------------------------------------------------------------------------------------------------------- */

static enum aid_err
damaged (struct aid_db *db, struct aid_error *e)
{
  return aid_error_set (e, AID_E_PARSE, "The database %s is damaged (tags); it is rebuilt when it is opened again",
                        aid_db_path (db));
}

/* Appends the FILES of KEY to OUT, of struct aid_tag. */
static int
take_files (struct aid_span files, uint64_t key, struct aid_vec *out)
{
  int64_t file = 0;
  uint64_t more;

  while (files.len)
    {
      struct aid_tag *t;
      if (get (&files, &more) || !(t = aid_vec_push (out)))
        return -1;
      file += (int64_t)more;
      *t = (struct aid_tag){ key, file };
    }
  return 0;
}

/* Appends the tags of RUN to OUT. */
static enum aid_err
read_run (struct aid_db *db, int64_t run, struct aid_vec *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row;
  enum aid_err err = aid_db_prepare (db, "SELECT id, data FROM tags WHERE id BETWEEN ?1 AND ?2 ORDER BY id", &s, e);

  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, run << KEY_BITS);
  sqlite3_bind_int64 (s, 2, run << KEY_BITS | (int64_t)KEY_MASK);
  while (!err && !(err = aid_db_step (db, s, &row, e)) && row)
    {
      uint64_t key = (uint64_t)sqlite3_column_int64 (s, 0) & KEY_MASK;
      struct aid_span rest = aid_db_column (s, 1), files;
      while (!err && rest.len)
        if (next_key (&rest, &key, &files) || take_files (files, key, out))
          err = damaged (db, e);
    }
  sqlite3_reset (s);
  return err;
}

static enum aid_err
drop_run (struct aid_db *db, int64_t run, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, "DELETE FROM tags WHERE id BETWEEN ?1 AND ?2", &s, e);

  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, run << KEY_BITS);
  sqlite3_bind_int64 (s, 2, run << KEY_BITS | (int64_t)KEY_MASK);
  if ((err = aid_db_run (db, s, e)) || (err = aid_db_prepare (db, "DELETE FROM runs WHERE run=?1", &s, e)))
    return err;
  sqlite3_bind_int64 (s, 1, run);
  return aid_db_run (db, s, e);
}

/* The smallest run, when it is to be taken in by one of SIZE tags; 0: none is. */
static enum aid_err
run_to_take (struct aid_db *db, size_t size, size_t largest, int64_t *run, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row;
  enum aid_err err = aid_db_prepare (db, "SELECT run, size FROM runs ORDER BY size LIMIT 1", &s, e);

  *run = 0;
  if (err || (err = aid_db_step (db, s, &row, e)) || !row)
    return err;
  int64_t has = sqlite3_column_int64 (s, 1);
  if (has < (int64_t)size * RATIO && has + (int64_t)size <= (int64_t)largest)
    *run = sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return AID_OK;
}

/* The number of a new run: the first one that is free. */
static enum aid_err
free_number (struct aid_db *db, int64_t *run, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row;
  enum aid_err err = aid_db_prepare (db,
                                     "SELECT 1 + ifnull((SELECT min(run) FROM runs r WHERE NOT EXISTS "
                                     "(SELECT 1 FROM runs WHERE run=r.run+1)), 0)",
                                     &s, e);

  *run = 1;
  if (err || (err = aid_db_step (db, s, &row, e)))
    return err;
  *run = row ? sqlite3_column_int64 (s, 0) : 1;
  sqlite3_reset (s);
  return AID_OK;
}

enum aid_err
aid_tags_write (struct aid_db *db, struct aid_vec *tags, size_t largest, struct aid_error *e)
{
  int64_t run, number;
  enum aid_err err = AID_OK;

  if (!tags->len)
    return AID_OK;
  while (!(err = run_to_take (db, tags->len, largest, &run, e)) && run)
    if ((err = read_run (db, run, tags, e)) || (err = drop_run (db, run, e)))
      break;
  sort (tags);
  if (!err && !(err = free_number (db, &number, e)))
    err = write_run (db, number, tags, e);
  tags->len = 0;
  return err;
}

/* --- finding ------------------------------------------------------------------------------------------------------- */

static enum aid_err
find_in_row (struct aid_db *db, struct aid_span data, uint64_t first, uint64_t key, struct aid_vec *out, struct aid_error *e)
{
  struct aid_span files;
  uint64_t at = first, more;
  int64_t file = 0, *to;

  do
    if (!data.len)
      return AID_OK;
    else if (next_key (&data, &at, &files))
      return damaged (db, e);
  while (at < key);
  while (at == key && files.len)
    {
      if (get (&files, &more))
        return damaged (db, e);
      file += (int64_t)more;
      if (!(to = aid_vec_push (out)))
        break;
      *to = file;
    }
  return AID_OK;
}

static enum aid_err
find_in_run (struct aid_db *db, int64_t run, uint64_t key, struct aid_vec *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row;
  enum aid_err err
    = aid_db_prepare (db, "SELECT id, data FROM tags WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1", &s, e);

  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, run << KEY_BITS);
  sqlite3_bind_int64 (s, 2, run << KEY_BITS | (int64_t)key);
  if (!(err = aid_db_step (db, s, &row, e)) && row)
    err = find_in_row (db, aid_db_column (s, 1), (uint64_t)sqlite3_column_int64 (s, 0) & KEY_MASK, key, out, e);
  sqlite3_reset (s);
  return err;
}

static int
by_number (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

  return x < y ? -1 : x > y;
}

enum aid_err
aid_tags_find (struct aid_db *db, uint64_t key, struct aid_vec *out, struct aid_error *e)
{
  sqlite3_stmt *runs;
  int row;
  enum aid_err err = aid_db_prepare (db, "SELECT run FROM runs ORDER BY run", &runs, e);

  if (err)
    return err;
  while (!err && !(err = aid_db_step (db, runs, &row, e)) && row)
    err = find_in_run (db, sqlite3_column_int64 (runs, 0), key, out, e);
  sqlite3_reset (runs);
  if (out->len)
    qsort (out->data, out->len, sizeof (int64_t), by_number);
  return err;
}
