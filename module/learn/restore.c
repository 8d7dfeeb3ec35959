/* Bringing files back: each is written beside its place, synced and renamed there, below a folder that is held open, through no
   link. */
#include "base/fs.h"
#include "base/hash.h"
#include "learn/snapshot.h"
#include "learn/timeline.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LIMIT ((size_t)1 << 30)
#define BESIDE ".aid-restore-"
#define KEY_LENGTH 16

struct restoring
{
  const struct aid_vault *vault;
  int root; /* the folder */
  const char *to;
  void (*fn) (void *ctx, struct aid_span path);
  void *ctx;
  struct stat swept; /* the last folder that was looked through for what others have left */
};

static enum aid_err
refuse (const struct restoring *r, struct aid_span path, const char *why, struct aid_error *e)
{
  return aid_error_set (e, AID_E_REFUSED, "%.*s is not written below %s: %s", (int)(path.len < 100 ? path.len : 100),
                        path.ptr, r->to, why);
}

/* Opens the folder that PATH is in, which is made; -1 with errno. */
static int
open_folder (int root, struct aid_span path)
{
  int at = fcntl (root, F_DUPFD_CLOEXEC, 0);
  const char *slash;
  while (at >= 0 && (slash = memchr (path.ptr, '/', path.len)))
    {
      char *name = aid_span_dup (aid_span_cut (path, 0, (size_t)(slash - path.ptr)));
      int next = -1;
      if (name && strcmp (name, "..") != 0 && (!mkdirat (at, name, 0777) || errno == EEXIST))
        next = openat (at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      int no = errno;
      close (at);
      free (name);
      errno = no;
      at = next;
      path = aid_span_cut (path, (size_t)(slash - path.ptr) + 1, path.len);
    }
  return at;
}

/* Removes from the folder DIR what a restore that was killed has left beside files: each is locked while it is written. */
static void
sweep (int dir)
{
  int copy = openat (dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *all = copy < 0 ? NULL : fdopendir (copy);
  for (struct dirent *d; all && (d = readdir (all));)
    {
      struct stat st;
      if (strncmp (d->d_name, BESIDE, strlen (BESIDE)) != 0 || strlen (d->d_name) != strlen (BESIDE) + KEY_LENGTH)
        continue;
      int fd = openat (dir, d->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
      if (fd >= 0 && !fstat (fd, &st) && S_ISREG (st.st_mode) && st.st_uid == geteuid () && !flock (fd, LOCK_EX | LOCK_NB))
        unlinkat (dir, d->d_name, 0);
      if (fd >= 0)
        close (fd);
    }
  if (all)
    closedir (all);
  else if (copy >= 0)
    close (copy);
}

/* Removes what a killed one has left, once for the files of a folder that follow one another. */
static void
sweep_once (struct restoring *r, int dir)
{
  struct stat st;
  if (fstat (dir, &st) || (st.st_ino == r->swept.st_ino && st.st_dev == r->swept.st_dev))
    return;
  r->swept = st;
  sweep (dir);
}

/* Writes BYTES as NAME in the folder DIR; 0, or -1 with errno. */
static int
write_file (int dir, const char *name, unsigned mode, struct aid_span bytes)
{
  char key[KEY_LENGTH + 1], beside[64];
  struct stat st;
  int bad, fd = -1;
  if (!fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR (st.st_mode))
    return errno = EISDIR, -1;
  if (aid_random_key (key, sizeof key - 1))
    return -1;
  snprintf (beside, sizeof beside, BESIDE "%s", key);
  if (mode == AID_MODE_LINK)
    {
      char *text = aid_span_dup (bytes);
      bad = !text || symlinkat (text, dir, beside);
      free (text);
    }
  else
    {
      fd
        = openat (dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode == AID_MODE_PROGRAM ? 0777 : 0666);
      if (fd >= 0)
        flock (fd, LOCK_EX | LOCK_NB); /* who sweeps in between takes it away, and the renaming fails */
      bad = fd < 0 || aid_fs_write_all (fd, bytes) || fsync (fd);
    }
  bad = bad || renameat (dir, beside, dir, name);
  int no = errno;
  if (fd >= 0)
    close (fd);
  if (bad)
    unlinkat (dir, beside, 0);
  else
    fsync (dir); /* a file system that cannot is fine */
  errno = no;
  return bad ? -1 : 0;
}

static enum aid_err
restore_one (void *ctx, unsigned mode, const char *blob, struct aid_span path, struct aid_error *e)
{
  struct restoring *r = ctx;
  struct aid_str bytes = AID_STR_INIT (FILE_LIMIT);
  enum aid_err err = aid_timeline_blob (r->vault, blob, &bytes, e);
  const char *slash = memrchr (path.ptr, '/', path.len);
  char *name = aid_span_dup (aid_span_cut (path, slash ? (size_t)(slash - path.ptr) + 1 : 0, path.len));
  int dir = err || !name ? -1 : open_folder (r->root, path);
  if (!err && dir < 0)
    err = refuse (r, path,
                  name && (errno == ELOOP || errno == ENOTDIR) ? "a symbolic link or file stands where a folder was"
                                                               : strerror (errno),
                  e);
  if (!err && name)
    sweep_once (r, dir);
  if (!err && name && write_file (dir, name, mode, aid_str_span (&bytes)))
    err = errno == EISDIR ? refuse (r, path, "a folder stands there; move it away first", e)
                          : aid_error_set (e, AID_E_IO, "%.*s cannot be written below %s: %s",
                                           (int)(path.len < 100 ? path.len : 100), path.ptr, r->to, strerror (errno));
  if (!err && r->fn)
    r->fn (r->ctx, path);
  if (dir >= 0)
    close (dir);
  free (name);
  aid_str_free (&bytes);
  return err;
}

enum aid_err
aid_snapshot_restore (const struct aid_vault *vault, const char *id, struct aid_span path, const char *to,
                      void (*fn) (void *ctx, struct aid_span path), void *ctx, struct aid_error *e)
{
  struct restoring r = { .vault = vault, .root = -1, .to = to, .fn = fn, .ctx = ctx };
  enum aid_err err = AID_OK;
  if ((r.root = open (to, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
    err = aid_error_set (e, AID_E_IO, "%s cannot be opened: %s", to, strerror (errno));
  if (!err)
    err = aid_timeline_files (vault, id, path, restore_one, &r, e);
  if (r.root >= 0)
    close (r.root);
  return err;
}
