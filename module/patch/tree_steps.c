/* The steps of a change, forth and back.  What was done is seen in the tree itself: a step is made when its .new is gone,
   and it is taken back when its .old is gone.  So every way can be cut short anywhere and walked again.  A file that
   somebody else has written meanwhile is known by its hash and never overwritten. */
#include "patch/tree_internal.h"
#include "base/fs.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- looking --- */

static int
present (const char *name)
{
  struct stat st;
  return name && lstat (name, &st) == 0;
}

static int
one_file (const char *a, const char *b)
{
  struct stat x, y;
  return lstat (a, &x) == 0 && lstat (b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* NAME is a file with the text of that hash. */
static int
has_text (const char *name, uint64_t hash)
{
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX);
  int same = aid_fs_read_itself (name, &text, NULL) == AID_OK && aid_hash64 (aid_str_span (&text)) == hash;
  aid_str_free (&text);
  return same;
}

static int
is_inode (const char *name, uint64_t ino)
{
  struct stat st;
  return lstat (name, &st) == 0 && S_ISREG (st.st_mode) && st.st_ino == ino;
}

static enum aid_err
drop (const char *name, struct aid_error *e)
{
  return name && unlink (name) && errno != ENOENT ? aid_tree_failed (e, "remove", name) : AID_OK;
}

/* --- making --- */

static enum aid_err
foreign (const struct aid_tree_step *s, struct aid_error *e)
{
  return aid_error_set (e, AID_E_STATE, "%.200s was changed meanwhile by somebody else", s->name);
}

/* The step is made, or can be: then *LEFT gets 1. */
static enum aid_err
can_make (const struct aid_tree_step *s, int *left, struct aid_error *e)
{
  *left = present (s->kind == AID_STEP_REMOVE ? s->old : s->temp);
  if (s->kind == AID_STEP_REMOVE)
    return *left && present (s->name) && !one_file (s->old, s->name) && !has_text (s->name, s->before)
           ? foreign (s, e) : AID_OK;
  if (!*left)
    return s->kind == AID_STEP_REPLACE && present (s->old) && one_file (s->old, s->name)
           ? aid_error_set (e, AID_E_STATE, "the new text of %.180s is gone", s->name) : AID_OK;
  if (s->kind == AID_STEP_NEW)
    return !present (s->name) || one_file (s->temp, s->name) ? AID_OK
           : aid_error_set (e, AID_E_IO, "cannot make %.200s: %s", s->name, strerror (EEXIST));
  int ours = s->kind == AID_STEP_THROUGH ? is_inode (s->name, s->ino) : has_text (s->name, s->before);
  return ours ? AID_OK : foreign (s, e);
}

/* A new name is linked, which fails when somebody was faster; some file systems cannot. */
static enum aid_err
move_new (const char *from, const char *to, struct aid_error *e)
{
  if (link (from, to) == 0 || one_file (from, to))
    return drop (from, e);
  return errno == EEXIST || present (to) || rename (from, to) ? aid_tree_failed (e, "make", to) : AID_OK;
}

/* Writes the text and mode of FROM into the file TO itself. */
static enum aid_err
write_through (const char *from, const char *to, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX);
  struct stat st;
  enum aid_err err = aid_fs_read (from, &text, e);
  int fd = err ? -1 : open (to, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  int bad = fd < 0 || stat (from, &st) || aid_fs_write_all (fd, aid_str_span (&text)) || ftruncate (fd, (off_t) text.len)
            || fchmod (fd, st.st_mode & 07777) || fsync (fd);
  if (!err && bad)
    err = aid_tree_failed (e, "write", to);
  if (fd >= 0)
    close (fd);
  aid_str_free (&text);
  return err;
}

static enum aid_err
make_step (void *change, size_t i, struct aid_error *e)
{
  const struct aid_tree_step *s = AID_TREE_STEP ((const struct aid_tree_change *) change, i);
  int left;
  enum aid_err err = can_make (s, &left, e);
  if (err || !left)
    return err;
  if (s->kind == AID_STEP_REMOVE)
    return drop (s->name, e);
  if (s->kind == AID_STEP_NEW)
    return move_new (s->temp, s->name, e);
  if (s->kind == AID_STEP_REPLACE)
    return rename (s->temp, s->name) ? aid_tree_failed (e, "replace", s->name) : AID_OK;
  err = write_through (s->temp, s->name, e);
  return err ? err : drop (s->temp, e);
}

enum aid_err
aid_tree_change_can_finish (const struct aid_tree_change *c, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  int left;
  for (size_t i = 0; i < c->steps.len && !err; i++)
    err = can_make (AID_TREE_STEP (c, i), &left, e);
  return err;
}

enum aid_err
aid_tree_change_make (struct aid_tree_change *c, struct aid_error *e)
{
  enum aid_err err = aid_tree_each (c->steps.len, AID_TREE_WORKS, make_step, c, e);
  return err ? err : aid_tree_change_sync (c, e);
}

/* --- taking back --- */

/* Puts the old file back where the step was made; one that somebody else wrote meanwhile stays as it is. */
static enum aid_err
restore (const struct aid_tree_step *s, struct aid_error *e)
{
  switch (s->kind)
    {
    case AID_STEP_NEW:
      if (present (s->temp) ? one_file (s->temp, s->name) : has_text (s->name, s->after))
        return drop (s->name, e);
      return AID_OK;
    case AID_STEP_REMOVE:
      return present (s->old) && !present (s->name) ? move_new (s->old, s->name, e) : AID_OK;
    case AID_STEP_REPLACE:
      if (present (s->old) && !present (s->temp) && !one_file (s->old, s->name) && has_text (s->name, s->after)
          && rename (s->old, s->name))
        return aid_tree_failed (e, "put back", s->name);
      return AID_OK;
    case AID_STEP_THROUGH:
      /* Cut short in the middle, the file has no text that could be known: only its number tells that it is ours. */
      if (present (s->old) && is_inode (s->name, s->ino) && (s->before == s->after || !has_text (s->name, s->before)))
        return write_through (s->old, s->name, e);
      return AID_OK;
    }
  return AID_OK;
}

static enum aid_err
undo_step (const struct aid_tree_step *s, int touched, struct aid_error *e)
{
  enum aid_err err = touched ? restore (s, e) : AID_OK;
  /* .old goes first: as long as it is there, .new tells whether the step was made. */
  if (!err)
    err = drop (s->old, e);
  return err ? err : drop (s->temp, e);
}

enum aid_err
aid_tree_change_undo (struct aid_tree_change *c, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  if (c->state == AID_TREE_COMMITTED)
    {
      /* Only an unsynced name is tolerable: the way back is begun when the way forth can't be gone on with. */
      err = aid_tree_change_become (c, AID_TREE_UNDOING, e);
      err = c->state == AID_TREE_UNDOING ? AID_OK : err;
    }
  for (size_t i = c->steps.len; i-- > 0 && !err;)
    err = undo_step (AID_TREE_STEP (c, i), c->state == AID_TREE_UNDOING, e);
  /* A folder that others use meanwhile stays. */
  for (size_t i = c->folders.len; i-- > 0 && !err;)
    rmdir (AID_TREE_FOLDER (c, i));
  if (!err)
    err = aid_tree_change_sync (c, e);
  if (!err)
    aid_tree_change_drop (c);
  return err;
}

/* --- the end --- */

static enum aid_err
drop_old (void *change, size_t i, struct aid_error *e)
{
  return drop (AID_TREE_STEP ((const struct aid_tree_change *) change, i)->old, e);
}

enum aid_err
aid_tree_change_close (struct aid_tree_change *c, struct aid_error *e)
{
  enum aid_err err = aid_tree_each (c->steps.len, AID_TREE_WORKS, drop_old, c, e);
  if (!err)
    err = aid_tree_change_sync (c, e);
  if (!err)
    aid_tree_change_drop (c);
  return err;
}

enum aid_err
aid_tree_change_forget (struct aid_tree_change *c, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < c->steps.len && !err; i++)
    err = drop (AID_TREE_STEP (c, i)->temp, e);
  return err ? err : aid_tree_change_close (c, e);
}
