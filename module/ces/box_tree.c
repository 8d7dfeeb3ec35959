/* One part of a path after the other, each opened without following: what works on every kernel, and anywhere. */
#include "ces/box_tree.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define PART_BYTES 256
#ifndef O_PATH
#define O_PATH O_RDONLY /* Linux's own: a folder that may be entered but not read is enough */
#endif
#define FOLDER_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static enum aid_err
failed (struct aid_error *e, const char *what, const char *path)
{
  int no = errno;
  int through = no == ELOOP || no == ENOTDIR, taken = no == EISDIR || no == EEXIST || no == ENOTEMPTY;
  enum aid_err code = no == ENOENT                                         ? AID_E_NOTFOUND
                      : through || taken                                   ? AID_E_REFUSED
                      : no == ENOSPC || no == EDQUOT || no == ENAMETOOLONG ? AID_E_LIMIT
                                                                           : AID_E_IO;
  return aid_error_set (e, code, "Cannot %s %s in the box: %s", what, path,
                        through ? "there is a symbolic link or a file on the way" : strerror (no));
}

enum aid_err
aid_box_tree_path (const char *path, struct aid_error *e)
{
  size_t len = strlen (path);
  int bad = len == 0 || len >= PATH_BYTES || path[0] == '/' || path[len - 1] == '/';
  for (const char *part = path; !bad && *part;)
    {
      size_t n = strcspn (part, "/");
      bad = n == 0 || n >= PART_BYTES || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.');
      part += n + (part[n] == '/');
    }
  return bad ? aid_error_set (e, AID_E_INVALID, "\"%.200s\" is no path in a tree: give one relative to its root", path)
             : AID_OK;
}

/* Opens the folder that PATH's last part is in, and points *LAST to that.  -1: errno says why. */
static int
open_parent (int root, const char *path, int make, const char **last)
{
  int at = fcntl (root, F_DUPFD_CLOEXEC, 3);
  for (const char *slash; at >= 0 && (slash = strchr (path, '/')); path = slash + 1)
    {
      char part[PART_BYTES];
      snprintf (part, sizeof part, "%.*s", (int)(slash - path), path);
      int next = openat (at, part, FOLDER_FLAGS);
      if (next < 0 && errno == ENOENT && make && (mkdirat (at, part, 0777) == 0 || errno == EEXIST))
        next = openat (at, part, FOLDER_FLAGS);
      int no = errno;
      close (at);
      errno = no;
      at = next;
    }
  *last = path;
  return at;
}

/* Beside the file, then in its place: whoever has the old one open keeps it, and a link is replaced, not followed.  The tree may
   have files of any name. */
static int
put (int folder, const char *name, struct aid_span text, int executable)
{
  static atomic_uint turn;
  char temporary[32];
  int fd;
  do
    {
      snprintf (temporary, sizeof temporary, ".aid-box-%u", atomic_fetch_add (&turn, 1));
      fd = openat (folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, executable ? 0777 : 0666);
    }
  while (fd < 0 && errno == EEXIST);
  if (fd < 0)
    return -1;
  int bad = aid_fs_write_all (fd, text);
  if (close (fd) || bad || renameat (folder, temporary, folder, name))
    {
      int no = errno;
      unlinkat (folder, temporary, 0);
      errno = no;
      return -1;
    }
  return 0;
}

enum aid_err
aid_box_tree_write (int root, const char *path, struct aid_span text, int executable, struct aid_error *e)
{
  const char *name;
  enum aid_err err = aid_box_tree_path (path, e);
  if (err)
    return err;
  int folder = open_parent (root, path, 1, &name);
  if (folder < 0 || put (folder, name, text, executable))
    err = failed (e, "write", path);
  if (folder >= 0)
    close (folder);
  return err;
}

enum aid_err
aid_box_tree_remove (int root, const char *path, struct aid_error *e)
{
  const char *name;
  enum aid_err err = aid_box_tree_path (path, e);
  if (err)
    return err;
  int folder = open_parent (root, path, 0, &name);
  int bad = folder < 0 || (unlinkat (folder, name, 0) && (errno != EISDIR || unlinkat (folder, name, AT_REMOVEDIR)));
  if (bad && errno != ENOENT)
    err = failed (e, "remove", path);
  if (folder >= 0)
    close (folder);
  return err;
}

static enum aid_err
read_from (int fd, const char *path, struct aid_str *out, struct aid_error *e)
{
  char part[16384];
  ssize_t n;
  while ((n = read (fd, part, sizeof part)) > 0)
    if (aid_str_add (out, part, (size_t)n))
      return aid_error_set (e, out->err, "%s in the box is too large to be read", path);
  return n ? failed (e, "read", path) : AID_OK;
}

enum aid_err
aid_box_tree_read (int root, const char *path, struct aid_str *out, int32_t *executable, struct aid_error *e)
{
  const char *name;
  struct stat st;
  enum aid_err err = aid_box_tree_path (path, e);
  *executable = 0;
  if (err)
    return err;
  int folder = open_parent (root, path, 0, &name);
  /* not blocking: it may be a pipe by now, which nobody opens */
  int fd = folder < 0 ? -1 : openat (folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st))
    err = failed (e, "read", path);
  else if (!S_ISREG (st.st_mode))
    err = aid_error_set (e, AID_E_REFUSED, "Cannot read %s in the box: it is no regular file", path);
  else if (!(err = read_from (fd, path, out, e)))
    *executable = (st.st_mode & S_IXUSR) != 0;
  if (fd >= 0)
    close (fd);
  if (folder >= 0)
    close (folder);
  return err;
}

int
aid_box_tree_folder (int root, const char *path, struct aid_error *e)
{
  const char *name;
  if (*path == '\0')
    return fcntl (root, F_DUPFD_CLOEXEC, 3);
  if (aid_box_tree_path (path, e))
    return -1;
  int folder = open_parent (root, path, 0, &name);
  int fd = folder < 0 ? -1 : openat (folder, name, FOLDER_FLAGS);
  if (fd < 0)
    failed (e, "enter", path);
  if (folder >= 0)
    close (folder);
  return fd;
}
