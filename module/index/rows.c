/* Rows and transactions.  A transaction has some seconds' work at most; the tables' own memory is written out with it. */
#include "index/update_internal.h"
#include "base/clock.h"
#include "index/segment.h"

enum
{
  BULK_MS = 2500,
  GATHER_MS = 4000, /* the first time; then twice as long each time: what is laid down together costs less */
  GATHER_MS_MAX = 30000,
  GATHER_BYTES = 40 << 20,     /* by one thread, */
  GATHERS_BYTES = 80 << 20,    /* by all of them */
  RUN_LARGEST = 1 << 20,       /* tags: what they take in memory, and a fifth of a second */
  RUN_LARGEST_BESIDE = 1 << 17 /* the same while somebody waits for an edit */
};
#define BULK_BYTES ((uint64_t)64 << 20) /* of text in one transaction */
#define RACY_NS ((int64_t)100000000)    /* a file that is younger may change again without a new time */

/* --- transactions -------------------------------------------------------------------------------------------------- */

void
aid_run_tell (struct aid_run *r, int committed)
{
  struct aid_index *x = r->x;

  pthread_mutex_lock (&x->state_lock);
  x->state.updates += (uint64_t)committed;
  pthread_cond_broadcast (&x->changed);
  pthread_mutex_unlock (&x->state_lock);
}

void
aid_run_begin (struct aid_run *r)
{
  if (r->err || r->open)
    return;
  r->err = aid_db_exec (r->s->db, "BEGIN IMMEDIATE", r->e);
  if (!r->err)
    r->err = aid_shelf_read_sketch (r->s, r->e);
  r->open = !r->err;
  r->bytes = 0;
  r->rows = 0;
  r->gathered = 0;
  r->tags.len = 0;
  r->since = aid_clock_ms ();
}

static void
lay_down (struct aid_run *r)
{
  struct aid_gather *names, *words;

  r->laid++;
  for (unsigned i = 0; aid_pipe_gathered (r->pipe, i, &names, &words); i++)
    {
      if (!r->err)
        r->err = aid_segment_write (r->s->db, "names", names, r->s->sketch, r->e);
      if (!r->err)
        r->err = aid_segment_write (r->s->db, "words", words, r->s->sketch, r->e);
      aid_gather_clear (names);
      aid_gather_clear (words);
    }
}

void
aid_run_commit (struct aid_run *r)
{
  int64_t rows;

  if (r->open && r->gather)
    lay_down (r);
  if (r->open && !r->err && r->next != r->next_kept)
    r->err = aid_shelf_set (r->s, "next", r->next, r->e);
  if (r->open && !r->err && r->worded != r->worded_kept)
    r->err = aid_shelf_set (r->s, "worded", r->worded, r->e);
  if (r->open && !r->err && r->rows)
    r->err = aid_shelf_write_sketch (r->s, r->e);
  if (r->open && !r->err)
    r->err = aid_tags_write (r->s->db, &r->tags, r->x->generation ? RUN_LARGEST_BESIDE : RUN_LARGEST, r->e);
  if (r->open && !r->err && r->rows && !(r->err = aid_shelf_get (r->s, "rows", &rows, r->e)))
    r->err = aid_shelf_set (r->s, "rows", rows + r->rows, r->e);
  if (r->open && !r->err)
    r->err = aid_db_exec (r->s->db, "COMMIT", r->e);
  if (r->open && r->err)
    aid_db_exec (r->s->db, "ROLLBACK", NULL);
  if (r->open && !r->err)
    {
      r->next_kept = r->next;
      r->worded_kept = r->worded;
      aid_run_tell (r, 1);
    }
  r->open = 0;
}

int
aid_run_is_due (const struct aid_run *r)
{
  int64_t ms = r->open ? aid_clock_ms () - r->since : 0;

  if (!r->open)
    return 0;
  int64_t wait = (int64_t)GATHER_MS << (r->laid < 3 ? r->laid : 3);
  size_t share = GATHERS_BYTES / r->x->threads;
  return r->gather ? r->gathered >= (share < GATHER_BYTES ? share : GATHER_BYTES)
                       || ms >= (wait < GATHER_MS_MAX ? wait : GATHER_MS_MAX)
                   : r->bytes >= BULK_BYTES || ms >= BULK_MS;
}

void
aid_run_number (struct aid_run *r)
{
  int64_t kept = 0;

  r->next = 1 + (int64_t)aid_row_count (r, "SELECT max(id) FROM files");
  if (!r->err)
    r->err = aid_shelf_get (r->s, "next", &kept, r->e);
  if (kept > r->next)
    r->next = kept;
  r->next_kept = kept;
  if (!r->err)
    r->err = aid_shelf_get (r->s, "worded", &r->worded_kept, r->e);
  r->worded = r->worded_kept;
}

/* --- rows ---------------------------------------------------------------------------------------------------------- */

void
aid_run_see (struct aid_run *r, int64_t id)
{
  size_t byte = (size_t)id / 8;

  while (r->seen.len <= byte)
    if (!aid_vec_push (&r->seen))
      {
        r->err = aid_error_set (r->e, AID_E_NOMEM, "No memory for the index");
        return;
      }
  AID_VEC_AT (unsigned char, &r->seen, byte) |= (unsigned char)(1u << (id & 7));
}

int
aid_run_saw (const struct aid_run *r, int64_t id)
{
  size_t byte = (size_t)id / 8;

  return byte < r->seen.len && AID_VEC_AT (unsigned char, &r->seen, byte) >> (id & 7) & 1;
}

/* The live row of PATH; 0 when there is none. */
int
aid_row_find (struct aid_run *r, struct aid_span path, struct aid_known *out)
{
  sqlite3_stmt *s;
  int row = 0;

  if (r->empty)
    return 0;
  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "SELECT id, size, mtime, inode, hash, state FROM files WHERE path=?1 AND live=1", &s,
                             r->e);
  if (r->err)
    return 0;
  aid_db_blob (s, 1, path);
  r->err = aid_db_step (r->s->db, s, &row, r->e);
  if (row)
    *out = (struct aid_known){ sqlite3_column_int64 (s, 0), sqlite3_column_int64 (s, 1), sqlite3_column_int64 (s, 2),
                               sqlite3_column_int64 (s, 3), sqlite3_column_int64 (s, 4), sqlite3_column_int64 (s, 5) };
  sqlite3_reset (s);
  return row && !r->err;
}

void
aid_row_kill (struct aid_run *r, int64_t id, int64_t state)
{
  sqlite3_stmt *s;

  r->came -= state != AID_STATE_LEFT_OUT;
  aid_run_begin (r);
  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "UPDATE files SET live=0, state=?2 WHERE id=?1", &s, r->e);
  if (r->err)
    return;
  sqlite3_bind_int64 (s, 1, id);
  sqlite3_bind_int64 (s, 2, state == AID_STATE_NAMED && id > r->worded ? AID_STATE_WORDLESS : state);
  r->err = aid_db_run (r->s->db, s, r->e);
}

/* The time to keep of a file: none of one that may change again within the clock's step, so that it is read once more. */
static int64_t
kept_time (const struct aid_project_file *f)
{
  return aid_clock_wall_ms () * 1000000 - f->mtime_ns < RACY_NS ? -1 : f->mtime_ns;
}

static void
set_stat (struct aid_run *r, int64_t id, const struct aid_project_file *f)
{
  sqlite3_stmt *s;

  aid_run_begin (r);
  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "UPDATE files SET size=?2, mtime=?3, inode=?4, live=1 WHERE id=?1", &s, r->e);
  if (r->err)
    return;
  sqlite3_bind_int64 (s, 1, id);
  sqlite3_bind_int64 (s, 2, (int64_t)f->size);
  sqlite3_bind_int64 (s, 3, kept_time (f));
  sqlite3_bind_int64 (s, 4, (int64_t)f->inode);
  r->err = aid_db_run (r->s->db, s, r->e);
}

/* Wakes up the version of PATH that has HASH; its id, or 0. */
static int64_t
wake (struct aid_run *r, struct aid_span path, const struct aid_prepared *made)
{
  sqlite3_stmt *s;
  int row = 0;
  int64_t id = 0;

  if (r->empty)
    return 0;
  if (!r->err)
    r->err
      = aid_db_prepare (r->s->db, "SELECT id FROM files WHERE path=?1 AND hash=?2 AND live=0 AND state<4 LIMIT 1", &s, r->e);
  if (r->err)
    return 0;
  aid_db_blob (s, 1, path);
  sqlite3_bind_int64 (s, 2, made->hash);
  r->err = aid_db_step (r->s->db, s, &row, r->e);
  if (row)
    id = sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  if (id)
    {
      set_stat (r, id, &made->file);
      r->came++;
    }
  return id;
}

static int64_t
insert_file (struct aid_run *r, int64_t id, struct aid_span path, const struct aid_prepared *made, int state)
{
  sqlite3_stmt *s;

  aid_run_begin (r);
  if (!r->err)
    r->err = aid_db_prepare (
      r->s->db,
      "INSERT INTO files(path, size, mtime, inode, hash, state, live, id, source) VALUES(?1,?2,?3,?4,?5,?6,1,?7,?8)", &s,
      r->e);
  if (r->err)
    return 0;
  aid_db_blob (s, 1, path);
  sqlite3_bind_int64 (s, 2, (int64_t)made->file.size);
  sqlite3_bind_int64 (s, 3, kept_time (&made->file));
  sqlite3_bind_int64 (s, 4, (int64_t)made->file.inode);
  sqlite3_bind_int64 (s, 5, made->hash);
  sqlite3_bind_int (s, 6, state);
  sqlite3_bind_int64 (s, 7, id);
  sqlite3_bind_int (s, 8, made->source);
  r->err = aid_db_run (r->s->db, s, r->e);
  r->came += state != AID_STATE_LEFT_OUT;
  return r->err ? 0 : id;
}

static void
insert_tags (struct aid_run *r, int64_t id, const struct aid_prepared *made)
{
  for (size_t i = 0; !r->err && i < made->tags.len; i++)
    {
      struct aid_tag *t = aid_vec_push (&r->tags);
      if (t)
        *t = (struct aid_tag){ AID_VEC_AT (uint64_t, &made->tags, i), id };
      else
        r->err = aid_error_set (r->e, AID_E_NOMEM, "No memory for the index");
    }
}

static void
insert_names (struct aid_run *r, int64_t id, const struct aid_prepared *made)
{
  sqlite3_stmt *s;

  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "INSERT INTO names(rowid, path, defs, symbols) VALUES(?1,?2,?3,?4)", &s, r->e);
  if (r->err)
    return;
  sqlite3_bind_int64 (s, 1, id);
  aid_db_text (s, 2, aid_str_span (&made->path));
  aid_db_text (s, 3, aid_str_span (&made->defs));
  aid_db_text (s, 4, aid_str_span (&made->symbols));
  r->err = aid_db_run (r->s->db, s, r->e);
}

static void
insert_words (struct aid_run *r, int64_t id, const struct aid_prepared *made)
{
  sqlite3_stmt *s = NULL;
  struct aid_span text = aid_str_span (&made->text);
  size_t from = 0;

  if (!r->err)
    r->err = aid_db_prepare (
      r->s->db, "INSERT INTO words(rowid, c0, c1, c2, c3, c4, c5, c6, c7) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)", &s, r->e);
  for (size_t i = 0; !r->err && i < made->ends.len; i += AID_LEVELS)
    {
      sqlite3_clear_bindings (s);
      sqlite3_bind_int64 (s, 1, AID_ROW (id, i / AID_LEVELS));
      for (size_t level = 0; level < AID_LEVELS; level++)
        {
          size_t to = AID_VEC_AT (size_t, &made->ends, i + level);
          if (to > from)
            aid_db_text (s, 2 + (int)level, aid_span_cut (text, from, to));
          from = to;
        }
      r->err = aid_db_run (r->s->db, s, r->e);
    }
}

static void
count_cells (struct aid_run *r, const struct aid_prepared *made)
{
  r->rows += made->rows;
  if (made->gathered > r->gathered)
    r->gathered = made->gathered;
  if (!r->err)
    for (size_t i = 0; i < made->cells.len; i++)
      r->s->sketch[AID_VEC_AT (uint32_t, &made->cells, i)]++;
}

static void
insert_rows (struct aid_run *r, int64_t id, const struct aid_prepared *made, unsigned what)
{
  if (!r->gather && what & AID_PREPARE_NAMES)
    insert_names (r, id, made);
  if (!r->gather && what & AID_PREPARE_WORDS)
    insert_words (r, id, made);
  insert_tags (r, id, made);
  count_cells (r, made);
}

/* A file that is new or has changed. */
void
aid_row_write (struct aid_run *r, const struct aid_pipe_item *item)
{
  struct aid_span path = aid_str_span (&item->path);
  const struct aid_prepared *made = &item->made;
  unsigned what = item->what;
  struct aid_known known;
  int had = aid_row_find (r, path, &known), out = made->err == AID_E_REFUSED || made->err == AID_E_LIMIT;
  int64_t id;

  if (had && (made->err ? out && known.hash == 0 : known.hash == made->hash))
    {
      set_stat (r, known.id, &made->file);
      aid_run_see (r, known.id);
      return;
    }
  if (had)
    aid_row_kill (r, known.id, known.state);
  if (r->err || (made->err && !out))
    return;
  aid_run_begin (r);
  id = out ? 0 : wake (r, path, made);
  if (!id && !r->err)
    {
      id = insert_file (r, item->id ? item->id : r->next++, path, made,
                        out                        ? AID_STATE_LEFT_OUT
                        : what & AID_PREPARE_WORDS ? AID_STATE_WORDED
                                                   : AID_STATE_NAMED);
      if (!out)
        insert_rows (r, id, made, what);
      if (id && made->outline.len)
        aid_outlines_keep (&r->outlines, id, aid_str_span (&made->outline));
    }
  if (!r->err)
    aid_run_see (r, id);
}

/* Has the file ID read again when it is looked at: its bytes are said to be others than they are. */
static void
forget_bytes (struct aid_run *r, int64_t id)
{
  sqlite3_stmt *s;

  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "UPDATE files SET hash=1, mtime=-1 WHERE id=?1", &s, r->e);
  if (r->err)
    return;
  sqlite3_bind_int64 (s, 1, id);
  r->err = aid_db_run (r->s->db, s, r->e);
}

/* The words of a file of which the names are there.  One that is another by now is told of as a change, or found so later. */
void
aid_row_write_words (struct aid_run *r, const struct aid_pipe_item *item)
{
  aid_run_begin (r);
  if (!item->made.err && item->made.hash == item->hash)
    insert_rows (r, item->id, &item->made, AID_PREPARE_WORDS);
  else
    forget_bytes (r, item->id);
  r->worded = item->id;
}

size_t
aid_row_count (struct aid_run *r, const char *sql)
{
  sqlite3_stmt *s;
  int row;
  size_t n = 0;

  if (!r->err && !(r->err = aid_db_prepare (r->s->db, sql, &s, r->e)) && !(r->err = aid_db_step (r->s->db, s, &row, r->e))
      && row)
    {
      n = (size_t)sqlite3_column_int64 (s, 0);
      sqlite3_reset (s);
    }
  return n;
}
