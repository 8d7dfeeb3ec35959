/* A page has a head of four bytes (where its first row is, if that comes before its first term; where its own index begins),
   terms with their rows, and an index of where its terms are.  A term's rows may go on over pages; the first row of a page is
   whole, others are differences.  The record 10 of T_data says which segments there are, in levels: a segment is a number and its
   pages.  Numbers are those of SQLite, the highest bits first.

   A new segment goes to the lowest level above 0 whose lower neighbour is not being merged into it: what is merged goes into the
   last segment of the level above. */
#include "index/segment.h"
#include "index/bag.h"

#include <stdio.h>
#include <stdlib.h>

enum
{
  STRUCTURE = 10,    /* the record that says which segments there are */
  PAGE_BYTES = 4036, /* with its last posting and the row's head it fits into one page of the database */
  HEAD = 4,
  SEGMENTS_MAX = 1900, /* FTS5 has 2000 */
  LEVELS_MAX = 60,
  ID_SHIFT = 37,
  MAIN_INDEX = '0' /* before each term */
};

/* --- which segments there are -------------------------------------------------------------------------------------- */

struct part
{
  uint64_t id, first, last;
};

struct level
{
  uint64_t merging, n;
  struct part *parts;
};

struct structure
{
  unsigned char cookie[4];
  uint64_t n_levels, written;
  struct level levels[LEVELS_MAX + 1];
  uint64_t n; /* segments */
  struct part *parts; /* of all levels */
  size_t n_parts;
};

enum { PARTS_MAX = SEGMENTS_MAX + LEVELS_MAX + 1 }; /* one more a level than there are */

static size_t
put_number (unsigned char *to, uint64_t v)
{
  unsigned char digits[10];
  size_t n = 0;

  if (v >> 56)
    {
      to[8] = (unsigned char)v;
      v >>= 8;
      for (unsigned i = 8; i--; v >>= 7)
        to[i] = (unsigned char)(v | 128);
      return 9;
    }
  do
    digits[n++] = (unsigned char)((v & 127) | 128);
  while (v >>= 7);
  digits[0] &= 127;
  for (size_t i = 0; i < n; i++)
    to[i] = digits[n - 1 - i];
  return n;
}

/* Takes a number off REST, of 8 bytes at most; 0 or -1. */
static int
get_number (struct aid_span *rest, uint64_t *v)
{
  *v = 0;
  for (size_t i = 0; i < rest->len && i < 8; i++)
    {
      unsigned char c = (unsigned char)rest->ptr[i];
      *v = *v << 7 | (c & 127);
      if (c < 128)
        {
          *rest = aid_span_cut (*rest, i + 1, rest->len);
          return 0;
        }
    }
  return -1;
}

/* Room for the N segments of a level and one more; NULL: there are more than are read, or no memory. */
static struct part *
take_parts (struct structure *s, size_t n)
{
  if (!s->parts)
    s->parts = calloc (PARTS_MAX, sizeof *s->parts);
  if (!s->parts || n + 1 > PARTS_MAX - s->n_parts)
    return NULL;
  s->n_parts += n + 1;
  return s->parts + s->n_parts - n - 1;
}

/* Reads the next level off REST. */
static int
get_level (struct structure *s, struct aid_span *rest)
{
  struct level *l = &s->levels[s->n_levels++];

  if (get_number (rest, &l->merging) || get_number (rest, &l->n) || l->n > SEGMENTS_MAX || l->merging > l->n
      || !(l->parts = take_parts (s, l->n)))
    return -1;
  for (size_t i = 0; i < l->n; i++)
    if (get_number (rest, &l->parts[i].id) || get_number (rest, &l->parts[i].first) || get_number (rest, &l->parts[i].last))
      return -1;
  return 0;
}

static int
parse (struct aid_span block, struct structure *s)
{
  uint64_t levels;
  struct aid_span rest = aid_span_cut (block, 4, block.len);

  memset (s, 0, sizeof *s);
  if (block.len < 7)
    return -1;
  memcpy (s->cookie, block.ptr, 4);
  if (get_number (&rest, &levels) || get_number (&rest, &s->n) || get_number (&rest, &s->written) || levels > LEVELS_MAX)
    return -1;
  while (s->n_levels < levels)
    if (get_level (s, &rest))
      return -1;
  return 0;
}

static void
print (const struct structure *s, struct aid_str *out)
{
  unsigned char number[10];
  const uint64_t heads[] = { s->n_levels, s->n, s->written };

  aid_str_add (out, s->cookie, 4);
  for (size_t i = 0; i < 3; i++)
    aid_str_add (out, number, put_number (number, heads[i]));
  for (size_t i = 0; i < s->n_levels; i++)
    {
      const struct level *l = &s->levels[i];
      aid_str_add (out, number, put_number (number, l->merging));
      aid_str_add (out, number, put_number (number, l->n));
      for (size_t k = 0; k < l->n; k++)
        {
          aid_str_add (out, number, put_number (number, l->parts[k].id));
          aid_str_add (out, number, put_number (number, l->parts[k].first));
          aid_str_add (out, number, put_number (number, l->parts[k].last));
        }
    }
}

/* The first number that no segment has. */
static uint64_t
free_id (const struct structure *s)
{
  unsigned char used[SEGMENTS_MAX + 2] = { 0 };
  uint64_t id = 1;

  for (size_t i = 0; i < s->n_levels; i++)
    for (size_t k = 0; k < s->levels[i].n; k++)
      if (s->levels[i].parts[k].id <= SEGMENTS_MAX)
        used[s->levels[i].parts[k].id] = 1;
  while (used[id])
    id++;
  return id;
}

/* Adds the segment ID of PAGES; 0 or -1. */
static int
add_segment (struct structure *s, uint64_t id, uint64_t pages)
{
  size_t at = 1;

  while (at <= s->n_levels && at < LEVELS_MAX && s->levels[at - 1].merging)
    at++;
  for (; s->n_levels <= at; s->n_levels++)
    if (!(s->levels[s->n_levels].parts = take_parts (s, 0)))
      return -1;
  struct level *l = &s->levels[at];
  l->parts[l->n++] = (struct part){ id, 1, pages };
  s->n++;
  return 0;
}

/* --- pages --------------------------------------------------------------------------------------------------------- */

struct segment
{
  struct aid_db *db;
  sqlite3_stmt *put_page, *put_term;
  struct aid_error *e;
  enum aid_err err;
  uint64_t id, page; /* PAGE: that is being filled */
  uint64_t told;     /* the page whose first term is not written down yet; 0: none */
  unsigned char split[AID_GATHER_TERM + 1], term[AID_GATHER_TERM + 1]; /* of TOLD; the last one */
  size_t split_len, term_len;
  unsigned char page_bytes[2 * PAGE_BYTES], index[PAGE_BYTES];
  size_t len, index_len, last; /* LAST: the last term's place */
  int has_term, has_row;       /* the page */
  int64_t row;                 /* the term's last one; 0: none yet */
};

/* Writes down which term the page TOLD begins with. */
static void
tell (struct segment *s)
{
  if (!s->told || s->err)
    return;
  sqlite3_bind_int64 (s->put_term, 1, (int64_t)s->id);
  sqlite3_bind_blob (s->put_term, 2, s->split, (int)s->split_len, SQLITE_STATIC);
  sqlite3_bind_int64 (s->put_term, 3, (int64_t)(s->told << 1));
  s->err = aid_db_run (s->db, s->put_term, s->e);
  s->told = 0;
}

static void
put_16 (unsigned char *to, size_t v)
{
  to[0] = (unsigned char)(v >> 8);
  to[1] = (unsigned char)v;
}

static void
begin_page (struct segment *s)
{
  memset (s->page_bytes, 0, HEAD);
  s->len = HEAD;
  s->index_len = s->last = 0;
  s->has_term = s->has_row = 0;
}

static void
end_page (struct segment *s)
{
  put_16 (s->page_bytes + 2, s->len);
  memcpy (s->page_bytes + s->len, s->index, s->index_len);
  if (!s->err)
    {
      sqlite3_bind_int64 (s->put_page, 1, (int64_t)(s->id << ID_SHIFT | s->page));
      sqlite3_bind_blob (s->put_page, 2, s->page_bytes, (int)(s->len + s->index_len), SQLITE_STATIC);
      s->err = aid_db_run (s->db, s->put_page, s->e);
    }
  s->page++;
  begin_page (s);
}

static size_t
in_common (const struct segment *s, const unsigned char *term, size_t len)
{
  size_t i = 0;

  while (i < len && i < s->term_len && term[i] == s->term[i])
    i++;
  return i;
}

static void
put_term (struct segment *s, struct aid_span text)
{
  unsigned char term[AID_GATHER_TERM + 1];
  size_t len = text.len + 1, same;

  term[0] = MAIN_INDEX;
  memcpy (term + 1, text.ptr, text.len);
  if (s->len + s->index_len + len + 2 >= PAGE_BYTES && s->len > HEAD)
    end_page (s);
  same = in_common (s, term, len);
  s->index_len += put_number (s->index + s->index_len, s->len - s->last);
  s->last = s->len;
  if (s->has_term)
    s->len += put_number (s->page_bytes + s->len, same);
  else if (s->page > 1)
    {
      /* What parts the pages: as little of the term as is more than the one before it. */
      tell (s);
      s->split_len = same + 1;
      memcpy (s->split, term, s->split_len);
      s->told = s->page;
    }
  same = s->has_term ? same : 0;
  s->len += put_number (s->page_bytes + s->len, len - same);
  memcpy (s->page_bytes + s->len, term + same, len - same);
  s->len += len - same;
  memcpy (s->term, term, len);
  s->term_len = len;
  s->has_term = s->has_row = 1;
  s->row = 0;
}

static void
put_row (struct segment *s, int64_t row, unsigned columns)
{
  unsigned char *size;
  unsigned last = 0;

  if (s->len + s->index_len >= PAGE_BYTES)
    end_page (s);
  if (!s->has_row)
    {
      put_16 (s->page_bytes, s->len);
      s->row = 0;
      s->has_row = 1;
    }
  s->len += put_number (s->page_bytes + s->len, (uint64_t)(row - s->row));
  s->row = row;
  size = s->page_bytes + s->len++;
  for (unsigned i = 0; i < AID_GATHER_COLUMNS; i++)
    if (columns >> i & 1)
      {
        s->page_bytes[s->len++] = (unsigned char)(i - last + 2);
        last = i;
      }
  *size = (unsigned char)(2 * (size_t)(s->page_bytes + s->len - size - 1));
}

static void
put_all (struct segment *s, struct aid_gather *g, size_t n, uint32_t *sketch)
{
  for (size_t i = 0; i < n && !s->err; i++)
    {
      struct aid_gathered t;
      int64_t row;
      unsigned columns;
      aid_gather_term (g, i, &t);
      if (sketch && !t.apart)
        sketch[t.hash & (AID_SKETCH_CELLS - 1)] += t.rows;
      put_term (s, t.term);
      while (aid_gather_next (g, &t, &row, &columns))
        put_row (s, row, columns);
    }
  if (s->len > HEAD)
    end_page (s);
  tell (s);
}

/* --- one segment --------------------------------------------------------------------------------------------------- */

static enum aid_err
damaged (struct aid_db *db, struct aid_error *e)
{
  return aid_error_set (e, AID_E_PARSE, "The database %s is damaged (its segments); it is rebuilt when it is opened again",
                        aid_db_path (db));
}

static enum aid_err
prepare (struct aid_db *db, const char *before, const char *table, const char *behind, sqlite3_stmt **out,
         struct aid_error *e)
{
  char sql[160];

  snprintf (sql, sizeof sql, "%s%s%s", before, table, behind);
  return aid_db_prepare (db, sql, out, e);
}

static enum aid_err
read_structure (struct aid_db *db, const char *table, struct structure *s, struct aid_error *e)
{
  sqlite3_stmt *get;
  int row;
  enum aid_err err = prepare (db, "SELECT block FROM ", table, "_data WHERE id=?1", &get, e);

  memset (s, 0, sizeof *s);
  if (err)
    return err;
  sqlite3_bind_int64 (get, 1, STRUCTURE);
  err = aid_db_step (db, get, &row, e);
  if (!err && (!row || parse (aid_db_column (get, 0), s)))
    err = damaged (db, e);
  sqlite3_reset (get);
  return err;
}

static enum aid_err
write_structure (struct segment *s, const char *table, const struct structure *now)
{
  struct aid_str block = AID_STR_INIT (1 << 20);
  enum aid_err err;

  print (now, &block);
  sqlite3_bind_int64 (s->put_page, 1, STRUCTURE);
  aid_db_blob (s->put_page, 2, aid_str_span (&block));
  err = block.err ? aid_error_set (s->e, AID_E_NOMEM, "No memory for the index of %s", table)
                  : aid_db_run (s->db, s->put_page, s->e);
  aid_str_free (&block);
  return err;
}

enum aid_err
aid_segment_write (struct aid_db *db, const char *table, struct aid_gather *g, uint32_t *sketch, struct aid_error *e)
{
  struct structure now;
  size_t n = aid_gather_sort (g);
  struct segment *s = calloc (1, sizeof *s);
  enum aid_err err = s && !aid_gather_err (g) ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for the index");

  if (err || !s || !n)
    {
      free (s);
      return err;
    }
  *s = (struct segment){ .db = db, .e = e, .page = 1, .told = 1 };
  begin_page (s);
  if (!(err = read_structure (db, table, &now, e)) && now.n >= SEGMENTS_MAX)
    err = aid_error_set (e, AID_E_LIMIT, "The index %s has too many segments", aid_db_path (db));
  if (!err)
    err = prepare (db, "INSERT OR REPLACE INTO ", table, "_data(id, block) VALUES(?1, ?2)", &s->put_page, e);
  if (!err)
    err = prepare (db, "INSERT INTO ", table, "_idx(segid, term, pgno) VALUES(?1, ?2, ?3)", &s->put_term, e);
  if (!err)
    {
      s->id = free_id (&now);
      put_all (s, g, n, sketch);
      err = s->err;
    }
  if (!err && add_segment (&now, s->id, s->page - 1))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for the index");
  if (!err)
    err = write_structure (s, table, &now);
  free (now.parts);
  free (s);
  return err;
}
