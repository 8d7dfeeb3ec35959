/* Laying the new texts of a change beside their targets, durably.

   A file's text is on the disk when fsync says so, and no target is replaced before.  But fsync after each file waits for the
   disk as often as there are files, or keeps as many threads waiting; and what the disk could take as one, the sizes and names of
   many files, it is given piece by piece.  So files are written first, many of them, each one's bytes being sent off without
   waiting where the system can do that (aid_tree_start_writing), by two threads, for making a file, filling it and telling the
   disk of it keep a processor busy.  Then all of them are synced, by several threads, the folders that hold their names among
   them: for most files nothing is left to be written, and the first sync has taken the names and sizes of all along.

   Only fsync is relied on, of each file and each folder: sending off promises nothing.  syncfs would be one call for all, but
   also writes what everybody else has left to be written on that disk, gigabytes at times, and older systems do not tell of its
   errors. */
#include "patch/tree_internal.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

struct laying
{
  const struct aid_tree_change *change;
  const struct aid_tree_text *texts;
  struct aid_tree_unsynced unsynced;
  pthread_mutex_t lock;         /* of unsynced */
  size_t first;                 /* the step that is the first of those laid down together */
};

/* The mode of FD as the patch states it: who may read it may run it, or nobody may. */
static int
set_exec (int fd, int exec)
{
  struct stat st;
  if (exec < 0)
    return 0;
  return fstat (fd, &st) || fchmod (fd, exec ? (st.st_mode & 07777) | (st.st_mode & 0444) >> 2 : st.st_mode & 07666);
}

/* Makes the file NAME with TEXT, to be synced; LIKE is the file that it is to be like, of which ST tells, or NULL. */
static enum aid_err
lay_down (struct laying *l, const char *name, struct aid_span text, const char *like, const struct stat *st, int exec,
          struct aid_error *e)
{
  int fd = open (name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, like ? 0600 : 0666);
  if (fd < 0 || aid_fs_write_all (fd, text) || (like && aid_tree_dress (fd, like, st)) || set_exec (fd, exec))
    {
      enum aid_err err = aid_tree_failed (e, "write", name);
      if (fd >= 0)
        close (fd);
      return err;
    }
  aid_tree_start_writing (fd);
  pthread_mutex_lock (&l->lock);
  enum aid_err err = aid_tree_sync_later (&l->unsynced, fd, name, e);
  pthread_mutex_unlock (&l->lock);
  return err;
}

/* The file of the step I - 1 still has the text that the plan was made for; 0 writes the journal. */
static enum aid_err
look_at (void *laying, size_t i, struct aid_error *e)
{
  const struct laying *l = laying;
  if (i == 0)
    return aid_tree_change_write (l->change, e);
  const struct aid_tree_step *s = AID_TREE_STEP (l->change, i - 1);
  int same = 1;
  enum aid_err err = s->old ? aid_fs_compare (s->name, l->texts[i - 1].before, &same, e) : AID_OK;
  return err || same ? err : aid_error_set (e, AID_E_STATE, "%.200s has changed meanwhile; check the patch again", s->name);
}

/* A file that only gets another name stays the file that it is, as durable as whoever wrote it left it, if the file system can do
   that. */
static enum aid_err
lay_down_step (void *laying, size_t i, struct aid_error *e)
{
  struct laying *l = laying;
  const struct aid_tree_step *s = AID_TREE_STEP (l->change, l->first + i);
  const struct aid_tree_text *t = &l->texts[l->first + i];
  enum aid_err err = AID_OK;
  if (s->temp && !(t->same && link (t->like, s->temp) == 0))
    err = lay_down (l, s->temp, t->after, t->like, &t->st, t->exec, e);
  if (!err && s->old && (s->kind == AID_STEP_THROUGH || link (s->name, s->old)))
    err = lay_down (l, s->old, t->before, s->name, &t->st, -1, e);
  return err;
}

enum aid_err
aid_tree_begin (const struct aid_tree_change *c, const struct aid_tree_text *texts, struct aid_error *e)
{
  struct laying l = { .change = c, .texts = texts };
  /* The journal waits for the disk; the files are looked at meanwhile. */
  return aid_tree_each (c->steps.len + 1, AID_TREE_WORKS, look_at, &l, e);
}

enum aid_err
aid_tree_lay_down (const struct aid_tree_change *c, const struct aid_tree_text *texts, struct aid_error *e)
{
  struct laying l = { c, texts, aid_tree_unsynced (), PTHREAD_MUTEX_INITIALIZER, 0 };
  /* A step leaves two files open at most, its .new and a copy for .old; so the lock is never held over a sync. */
  size_t together = (l.unsynced.files.max - 1) / 2;
  enum aid_err err = AID_OK;
  for (; l.first < c->steps.len && !err; l.first += together)
    {
      size_t left = c->steps.len - l.first;
      err = aid_tree_each (left < together ? left : together, AID_TREE_WORKS, lay_down_step, &l, e);
      if (!err && left > together)
        err = aid_tree_sync_now (&l.unsynced, e);
    }
  if (!err)
    err = aid_tree_sync_folders (&l.unsynced, c, e);
  aid_tree_unsynced_free (&l.unsynced);
  pthread_mutex_destroy (&l.lock);
  return err;
}
