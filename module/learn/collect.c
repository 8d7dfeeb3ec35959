/* Which files a snapshot has to look at: what the project tells has changed, else all of them. */
#include "base/clock.h"
#include "learn/snapshot_internal.h"
#include <stdlib.h>

#define GRAIN_MS 2000

struct collecting
{
  struct aid_snapshots *s;
  struct aid_vec *todo;
  int full;              /* no memory */
  struct aid_seen *seen; /* what need not be looked at; or NULL */
};

static int
is_own (const struct aid_snapshots *s, struct aid_span path)
{
  return (s->own[0] && aid_span_starts (path, s->own[0])) || (s->own[1] && aid_span_starts (path, s->own[1]));
}

static int
add (void *ctx, const struct aid_project_file *file)
{
  struct collecting *c = ctx;
  enum aid_leave why = AID_LEAVE_NOT;
  if (is_own (c->s, file->path))
    return 0;
  if (!file->gone && file->mtime_ns / 1000000 > c->s->newest_ms)
    c->s->newest_ms = file->mtime_ns / 1000000;
  if (c->seen && aid_seen_same (c->seen, file, &why))
    return aid_snapshot_leave (c->s, file->path, why), 0;
  struct aid_todo *t = aid_vec_push (c->todo);
  if (!t || !(t->path = aid_span_dup (file->path)))
    {
      c->todo->len -= t != NULL;
      return c->full = 1;
    }
  t->len = file->path.len;
  t->size = file->size;
  t->gone = file->gone;
  return 0;
}

/* Adds PATH as it is in the project's list now. */
static enum aid_err
collect_path (struct aid_snapshots *s, struct aid_vec *todo, struct aid_span path, struct aid_error *e)
{
  struct collecting c = { s, todo, 0, NULL };
  struct aid_project_file file = { .path = path };
  if (aid_project_find (s->project, path, &file))
    file = (struct aid_project_file){ .path = path, .gone = 1 };
  add (&c, &file);
  return c.full ? aid_error_set (e, AID_E_NOMEM, "No memory for a snapshot") : AID_OK;
}

/* News of what is not saved is to be looked at now: the paths into PATHS (NULL: they are looked at anyway), each the caller's. */
static void
take_news (struct aid_snapshots *s, struct aid_vec *paths)
{
  pthread_mutex_lock (&s->lock);
  s->unsaved_news = 0;
  for (size_t i = s->unsaved.len; i-- > 0;)
    {
      struct aid_unsaved *u = &AID_VEC_AT (struct aid_unsaved, &s->unsaved, i);
      char **slot = u->fresh && paths ? aid_vec_push (paths) : NULL;
      if (slot)
        *slot = strdup (u->path);
      u->fresh = 0;
      if (!u->text)
        {
          free (u->path);
          aid_vec_remove (&s->unsaved, i, 1);
        }
    }
  pthread_mutex_unlock (&s->lock);
}

/* What could not be read the last time, and news of what is not saved. */
static enum aid_err
collect_more (struct aid_snapshots *s, struct aid_vec *todo, struct aid_error *e)
{
  struct aid_vec paths = AID_VEC_INIT (char *, AID_UNSAVED_MAX);
  enum aid_err err = AID_OK;
  for (size_t i = 0; !err && i < s->again.len; i++)
    err = collect_path (s, todo, aid_span_z (AID_VEC_AT (char *, &s->again, i)), e);
  take_news (s, &paths);
  for (size_t i = 0; i < paths.len; i++)
    {
      char *path = AID_VEC_AT (char *, &paths, i);
      if (!err && path)
        err = collect_path (s, todo, aid_span_z (path), e);
      free (path);
    }
  aid_vec_free (&paths);
  return err;
}

enum aid_err
aid_snapshot_collect (struct aid_snapshots *s, struct aid_vec *files, int *whole, uint64_t *generation, struct aid_error *e)
{
  struct collecting c = { s, files, 0, NULL };
  enum aid_err err = AID_E_LIMIT;
  *whole = !s->generation || aid_clock_wall_ms () - s->whole_ms > AID_SEEN_AGE_MS;
  if (!*whole && (err = aid_project_changes (s->project, s->generation, add, &c, generation, e)) == AID_E_LIMIT)
    *whole = 1;
  if (*whole)
    take_news (s, NULL);
  if (*whole)
    err = aid_project_files (s->project, add, &c, generation, e);
  if (c.full)
    err = aid_error_set (e, AID_E_NOMEM, "No memory for a snapshot of so many files");
  return err || *whole ? err : collect_more (s, files, e);
}

/* --- from one process to the next --------------------------------------------------------------------------------- */

static void
add_gone (void *ctx, struct aid_span path)
{
  const struct aid_project_file file = { .path = path, .gone = 1 };
  struct collecting *c = ctx;
  struct collecting plain = { c->s, c->todo, 0, NULL };
  add (&plain, &file);
  c->full |= plain.full;
}

int
aid_snapshot_collect_unseen (struct aid_snapshots *s, const char *last, struct aid_vec *files, uint64_t *generation)
{
  struct collecting c = { s, files, 0, aid_seen_load (s->vault, last, s->settings.file_max, &s->whole_ms) };
  if (!c.seen)
    return -1;
  int bad = aid_project_files (s->project, add, &c, generation, NULL);
  if (!bad)
    aid_seen_rest (c.seen, add_gone, &c);
  aid_seen_free (c.seen);
  return bad || c.full || collect_more (s, files, NULL) ? -1 : 0;
}

struct leaving
{
  struct aid_snapshots *s;
  struct aid_seen_out out;
  struct aid_map *unsure; /* paths that are not in the last snapshot as they are on the disk */
};

static int
is_unsure (void *ctx, const struct aid_project_file *file)
{
  struct leaving *l = ctx;
  const struct aid_project_file gone = { .path = file->path };
  aid_map_put (l->unsure, file->path, l, NULL);
  if (file->gone)
    aid_seen_add (&l->out, &gone, AID_LEAVE_NOT, 0); /* it is in the snapshot, perhaps */
  return 0;
}

/* A file that was changed within the clock's grain of being read may have been changed again (as Git's index has it). */
static int
leave_one (void *ctx, const struct aid_project_file *file)
{
  struct leaving *l = ctx;
  enum aid_leave why = (enum aid_leave) (uintptr_t)aid_map_get (l->s->left, file->path);
  int sure = !aid_map_get (l->unsure, file->path) && why != AID_LEAVE_UNREADABLE
             && file->mtime_ns / 1000000 < l->s->looked_ms - GRAIN_MS;
  if (!is_own (l->s, file->path))
    aid_seen_add (&l->out, file, why, sure);
  return 0;
}

void
aid_snapshot_leave_seen (struct aid_snapshots *s)
{
  struct leaving l = { .s = s, .unsure = aid_map_new () };
  uint64_t generation, ignored;
  if (!s->generation || !s->fresh || !s->last[0] || !l.unsure)
    {
      aid_map_free (l.unsure, NULL);
      return;
    }
  aid_seen_begin (&l.out, s->last, s->settings.file_max, s->whole_ms);
  for (size_t i = 0; i < s->again.len; i++)
    aid_map_put (l.unsure, aid_span_z (AID_VEC_AT (char *, &s->again, i)), &l, NULL);
  for (size_t i = 0; i < s->unsaved.len; i++)
    aid_map_put (l.unsure, aid_span_z (AID_VEC_AT (struct aid_unsaved, &s->unsaved, i).path), &l, NULL);
  if (aid_project_changes (s->project, s->generation, is_unsure, &l, &generation, NULL)
      || aid_project_files (s->project, leave_one, &l, &ignored, NULL)
      || aid_project_wait (s->project, 0, 0) != generation) /* something changed meanwhile */
    aid_str_free (&l.out.text);
  else
    aid_seen_end (&l.out, s->vault);
  aid_map_free (l.unsure, NULL);
}

void
aid_todo_free (struct aid_vec *files)
{
  for (size_t i = 0; i < files->len; i++)
    free (AID_VEC_AT (struct aid_todo, files, i).path);
  aid_vec_free (files);
}
