/* Bringing an index up to date.  A first index of much text goes over it twice: first for names, so that paths and
   definitions can be searched early, then for words; less is read once, and so is a file that changed.  Where much is read, what
   comes of it is gathered by the threads that read and laid down in large parts (gather.h, segment.h), else row by row.  What is
   found again as it was (its size, time and inode, else its bytes) costs nothing more; what another branch had is woken up. */
#include "index/update_internal.h"
#include "base/clock.h"
#include "scan/sources.h"

#include <stdlib.h>

enum
{
  BULK = 1000, /* files beyond which what is read is gathered */
  BATCH = 500, /* files in one look for those without words */
  TAGS_MAX = 1 << 26
};

#define MANY_FILES 100000 /* of which names are read first, however small they are */

/* --- what comes out of the pipe ------------------------------------------------------------------------------------ */

static void
count_read (struct aid_run *r, const struct aid_prepared *made)
{
  pthread_mutex_lock (&r->x->state_lock);
  r->x->state.bytes += made->bytes;
  if (r->x->state.to_read)
    r->x->state.to_read--;
  pthread_mutex_unlock (&r->x->state_lock);
  r->bytes += made->bytes;
}

static void
take (struct aid_run *r)
{
  struct aid_pipe_item *item = aid_pipe_wait (r->pipe);

  if (!r->err)
    {
      if (item->what & AID_PREPARE_NAMES)
        aid_row_write (r, item);
      else
        aid_row_write_words (r, item);
      count_read (r, &item->made);
    }
  aid_pipe_next (r->pipe);
}

static void
drain (struct aid_run *r)
{
  while (!aid_pipe_empty (r->pipe))
    take (r);
}

/* Commits a transaction that is large or old, and looks whether the update is to stop. */
static void
breathe (struct aid_run *r)
{
  if (aid_run_is_due (r))
    {
      if (r->gather)
        drain (r);
      aid_run_commit (r);
    }
  if (!r->err && aid_stop_is_set (r->stop))
    r->err = aid_error_set (r->e, AID_E_CANCELLED, "Reading the project was stopped");
}

/* Puts threads in the place of who prepared its files alone, and has N to read.  The pipe is empty. */
static void
widen (struct aid_run *r, size_t n)
{
  struct aid_pipe *wide = r->err || r->wide ? NULL : aid_pipe_new (r->x->project, r->x->threads, r->x->calm, r->e);

  if (wide)
    {
      aid_pipe_free (r->pipe);
      r->pipe = wide;
      r->wide = 1;
    }
  else if (!r->err && !r->wide)
    r->err = AID_E_NOMEM;
  if (!r->err && n > BULK && !r->gather)
    {
      r->err = aid_pipe_gather (r->pipe, r->e);
      r->gather = !r->err;
    }
}

static void
put (struct aid_run *r, struct aid_to_prepare task)
{
  if (aid_pipe_full (r->pipe) && !r->wide)
    {
      drain (r);
      widen (r, 0);
    }
  else if (aid_pipe_full (r->pipe) && !r->gather && r->put > BULK)
    {
      drain (r);
      aid_run_commit (r);
      widen (r, r->put);
    }
  else if (aid_pipe_full (r->pipe))
    for (int i = 0; i < AID_PIPE_HALF; i++)
      take (r);
  breathe (r);
  r->put++;
  if (r->gather && !task.id)
    task.id = r->next++;
  aid_pipe_put (r->pipe, &task);
}

/* --- passes -------------------------------------------------------------------------------------------------------- */

static int
look_at (void *ctx, const struct aid_project_file *f)
{
  struct aid_run *r = ctx;
  struct aid_known k;

  if (f->class != AID_FILE_TEXT || f->gone)
    {
      if ((f->gone || r->x->generation) && aid_row_find (r, f->path, &k))
        aid_row_kill (r, k.id, k.state);
    }
  else if (aid_row_find (r, f->path, &k) && k.size == (int64_t)f->size && k.mtime == f->mtime_ns
           && k.inode == (int64_t)f->inode)
    aid_run_see (r, k.id);
  else
    put (r, (struct aid_to_prepare){ .path = f->path, .what = r->what, .listed = f, .fd = -1 });
  breathe (r);
  return r->err != AID_OK;
}

struct gone
{
  int64_t id, state;
};

/* Lets go of the live rows that no listed file has. */
static void
sweep (struct aid_run *r)
{
  sqlite3_stmt *s;
  int row;

  aid_run_begin (r);
  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "SELECT id, state FROM files WHERE live=1", &s, r->e);
  struct aid_vec gone = AID_VEC_INIT (struct gone, AID_PROJECT_FILES);
  while (!r->err && !(r->err = aid_db_step (r->s->db, s, &row, r->e)) && row)
    {
      int64_t id = sqlite3_column_int64 (s, 0);
      struct gone *g = aid_run_saw (r, id) ? NULL : aid_vec_push (&gone);
      if (g)
        *g = (struct gone){ id, sqlite3_column_int64 (s, 1) };
    }
  for (size_t i = 0; !r->err && i < gone.len; i++)
    aid_row_kill (r, AID_VEC_AT (struct gone, &gone, i).id, AID_VEC_AT (struct gone, &gone, i).state);
  aid_vec_free (&gone);
}

static void
enter (struct aid_run *r, enum aid_index_phase phase, size_t to_read)
{
  int64_t now = aid_clock_ms () - r->began;
  struct aid_index_state *s = &r->x->state;

  pthread_mutex_lock (&r->x->state_lock);
  s->phase = phase;
  s->to_read = to_read;
  if (phase == AID_INDEX_WORDS && s->named_ms < 0)
    s->named_ms = now;
  if (phase == AID_INDEX_READY)
    s->ready_ms = now;
  pthread_mutex_unlock (&r->x->state_lock);
  aid_run_tell (r, 0);
}

struct unread
{
  int64_t id, hash;
  struct aid_project_file file; /* its path is to be freed */
};

/* Appends the next files without words behind the id AFTER. */
static void
next_unread (struct aid_run *r, int64_t after, struct aid_vec *out)
{
  sqlite3_stmt *s;
  int row;

  if (!r->err)
    r->err = aid_db_prepare (
      r->s->db,
      "SELECT id, hash, path, size, mtime, inode FROM files WHERE state=1 AND live=1 AND id>?1 ORDER BY id LIMIT ?2", &s,
      r->e);
  if (r->err)
    return;
  sqlite3_bind_int64 (s, 1, after);
  sqlite3_bind_int (s, 2, BATCH);
  while (!(r->err = aid_db_step (r->s->db, s, &row, r->e)) && row)
    {
      struct aid_span path = aid_db_column (s, 2);
      struct unread *u = aid_vec_push (out);
      if (!u)
        break;
      *u = (struct unread){ .id = sqlite3_column_int64 (s, 0),
                            .hash = sqlite3_column_int64 (s, 1),
                            .file = { .path = { aid_span_dup (path), path.len },
                                      .size = (uint64_t)sqlite3_column_int64 (s, 3),
                                      .mtime_ns = sqlite3_column_int64 (s, 4),
                                      .inode = (uint64_t)sqlite3_column_int64 (s, 5) } };
    }
  sqlite3_reset (s);
}

/* How many files are without words. */
static size_t
count_unread (struct aid_run *r)
{
  sqlite3_stmt *s;
  int row;
  size_t n = 0;

  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "SELECT count(*) FROM files WHERE state=1 AND live=1 AND id>?1", &s, r->e);
  if (r->err)
    return 0;
  sqlite3_bind_int64 (s, 1, r->worded);
  if (!(r->err = aid_db_step (r->s->db, s, &row, r->e)) && row)
    n = (size_t)sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return n;
}

static void
read_words (struct aid_run *r)
{
  struct aid_vec batch = AID_VEC_INIT (struct unread, BATCH);
  int64_t after = r->worded;
  size_t n = count_unread (r);

  enter (r, AID_INDEX_WORDS, n);
  if (n > BATCH)
    widen (r, n);

  do
    {
      batch.len = 0;
      next_unread (r, after, &batch);
      for (size_t i = 0; i < batch.len; i++)
        {
          struct unread *u = &AID_VEC_AT (struct unread, &batch, i);
          after = u->id;
          if (!r->err && u->file.path.ptr)
            put (r, (struct aid_to_prepare){ u->file.path, AID_PREPARE_WORDS, u->id, u->hash, &u->file,
                                             aid_outlines_of (&r->outlines, u->id), -1 });
          free ((char *)(uintptr_t)u->file.path.ptr);
        }
    }
  while (batch.len && !r->err);
  drain (r);
  if (!r->err)
    r->worded = r->next - 1;
  /* Written down with what is written anyway, else now and then. */
  if (r->worded - r->worded_kept > BULK)
    aid_run_begin (r);
  aid_vec_free (&batch);
}

/* The numbers of what told definitions, less well than what is there now would: a grammar may have been installed since. */
static void
find_outdone (struct aid_run *r, struct aid_vec *out)
{
  sqlite3_stmt *s;
  int row;

  if (!r->err)
    r->err = aid_db_prepare (r->s->db, "SELECT DISTINCT source FROM files WHERE source>0", &s, r->e);
  while (!r->err && !(r->err = aid_db_step (r->s->db, s, &row, r->e)) && row)
    {
      int *to = aid_vec_push (out);
      if (to)
        *to = sqlite3_column_int (s, 0);
    }
}

/* Has the files read again whose definitions would be told better now.  Never those that would be told worse: another process
   may know grammars that this one does not. */
static void
outdo (struct aid_run *r)
{
  struct aid_vec sources = AID_VEC_INIT (int, (size_t)4 * AID_LANGUAGES);
  sqlite3_stmt *s;

  find_outdone (r, &sources);
  for (size_t i = 0; !r->err && i < sources.len; i++)
    {
      int source = AID_VEC_AT (int, &sources, i);
      if (AID_PREPARED_TOLD_BY (source) == AID_SOURCE_TREES
          || aid_sources_best (AID_PREPARED_LANGUAGE (source)) <= AID_PREPARED_TOLD_BY (source))
        continue;
      aid_run_begin (r);
      if (!r->err)
        r->err = aid_db_prepare (r->s->db, "UPDATE files SET hash=1, mtime=-1, source=0 WHERE source=?1", &s, r->e);
      if (r->err)
        break;
      sqlite3_bind_int (s, 1, source);
      r->err = aid_db_run (r->s->db, s, r->e);
    }
  aid_vec_free (&sources);
}

static int
add_size (void *ctx, const struct aid_project_file *f)
{
  if (f->class == AID_FILE_TEXT && !f->gone)
    *(uint64_t *)ctx += f->size;
  return 0;
}

/* Whether N files that are new are to be read for their names first. */
static int
is_much (struct aid_run *r, size_t n)
{
  uint64_t bytes = 0;

  if (n > BULK && n <= MANY_FILES && !r->err)
    r->err = aid_project_files (r->x->project, add_size, &bytes, NULL, r->e);
  return n > MANY_FILES || bytes > r->x->much;
}

static void
update_all (struct aid_run *r)
{
  struct aid_project_state project;
  uint64_t generation = 0;
  size_t had = aid_row_count (r, "SELECT count(*) FROM files WHERE live=1");

  r->all = 1;
  aid_project_state (r->x->project, &project);
  r->what
    = is_much (r, project.files > had ? project.files - had : 0) ? AID_PREPARE_NAMES : AID_PREPARE_NAMES | AID_PREPARE_WORDS;
  r->empty = !r->err && !aid_row_count (r, "SELECT 1 FROM files LIMIT 1");
  enter (r, had ? AID_INDEX_WORDS : AID_INDEX_NAMES, project.files);
  widen (r, project.files > had ? project.files - had : 0);
  outdo (r);
  if (!r->err)
    {
      enum aid_err err = aid_project_files (r->x->project, look_at, r, &generation, r->e);
      drain (r);
      if (!r->err)
        r->err = err;
    }
  if (!r->err)
    sweep (r);
  r->empty = 0;
  aid_run_commit (r);
  if (!r->err)
    r->x->generation = generation;
}

static void
update_changes (struct aid_run *r)
{
  uint64_t generation = r->x->generation;

  r->what = AID_PREPARE_NAMES | AID_PREPARE_WORDS;
  enum aid_err err = aid_project_changes (r->x->project, generation, look_at, r, &generation, r->e);
  drain (r);
  aid_run_commit (r);
  if (err == AID_E_LIMIT)
    {
      r->x->generation = 0;
      update_all (r);
    }
  else if (!r->err && !(r->err = err))
    r->x->generation = generation;
}

/* Tells how many files there are: counted when all were looked at, which takes a while. */
static void
count_files (struct aid_run *r)
{
  size_t n = r->all ? aid_row_count (r, "SELECT count(*) FROM files WHERE live=1 AND state<3") : 0;

  pthread_mutex_lock (&r->x->state_lock);
  r->x->state.files = r->all ? n : (size_t)((int64_t)r->x->state.files + r->came);
  pthread_mutex_unlock (&r->x->state_lock);
}

enum aid_err
aid_update (struct aid_index *x, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_run r = { .x = x, .s = &x->writer, .stop = stop, .e = e, .began = aid_clock_ms () };

  r.seen = AID_VEC_INIT (unsigned char, SIZE_MAX / 2);
  r.tags = AID_VEC_INIT (struct aid_tag, TAGS_MAX);
  aid_outlines_init (&r.outlines);
  if (!(r.pipe = aid_pipe_new (x->project, 0, x->calm, e)))
    return AID_E_NOMEM;
  aid_run_number (&r);
  if (x->generation)
    update_changes (&r);
  else
    update_all (&r);
  read_words (&r);
  drain (&r);
  aid_run_commit (&r);
  aid_pipe_free (r.pipe);
  /* This connection has not seen the segments. */
  if (r.gather)
    {
      enum aid_err err = aid_shelf_reopen (x->dir, &x->writer, r.err ? NULL : e);
      r.err = r.err ? r.err : err;
    }
  count_files (&r);
  if (!r.err)
    enter (&r, AID_INDEX_READY, 0);
  aid_vec_free (&r.seen);
  aid_vec_free (&r.tags);
  aid_outlines_free (&r.outlines);
  return r.err;
}
