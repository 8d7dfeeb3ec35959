/* A copy of the tree, where no overlay can be had.  It lies in the box's tmpfs, so that it goes with the box however that ends:
   reflinks and hard links would have to lie beside LOWER, where a killed keeper leaves them, and what is written in place through
   a hard link changes LOWER.  Times are kept: builds go by them. */
#include "box/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  DEEP = 512, /* folders in folders; each takes a descriptor or two */
  BLOCK = 512,
  PAGE = 4096
};
#define CHUNK ((size_t)1 << 30)

static DIR *
open_folder (int at, const char *name)
{
  int fd = openat (at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);
  if (!dir && fd >= 0)
    close (fd);
  return dir;
}

static const struct dirent *
next (DIR *dir)
{
  const struct dirent *entry;
  do
    entry = readdir (dir);
  while (entry && (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0));
  return entry;
}

static void
measure (int at, const char *name, int deep, int64_t *bytes, int64_t *files)
{
  DIR *dir = deep < DEEP ? open_folder (at, name) : NULL;
  if (deep >= DEEP)
    *bytes = TOO_DEEP; /* nobody builds so, but who hides what he writes */
  for (const struct dirent *entry; dir && (entry = next (dir));)
    {
      struct stat st;
      if (fstatat (dirfd (dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
        continue;
      *files += 1;
      if (*bytes < TOO_DEEP)
        *bytes += S_ISDIR (st.st_mode) ? PAGE : (int64_t)st.st_blocks * BLOCK + PAGE; /* a last page may be partly empty */
      if (S_ISDIR (st.st_mode))
        measure (dirfd (dir), entry->d_name, deep + 1, bytes, files);
    }
  if (dir)
    closedir (dir);
}

void
measure_tree (int fd, int64_t *bytes, int64_t *files)
{
  *bytes = *files = 0;
  measure (fd, ".", 0, bytes, files);
}

static int
copy_bytes (int from, int to, off_t size)
{
  while (size > 0)
    {
      ssize_t n = sendfile (to, from, NULL, CHUNK);
      if (n < 0 && errno != EINTR)
        return -1;
      if (n == 0)
        break; /* it has become shorter */
      size -= n > 0 ? n : 0;
    }
  return 0;
}

static int
copy_file (int from_at, int to_at, const char *name, const struct stat *st)
{
  int from = openat (from_at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  int to = from < 0 ? -1 : openat (to_at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const struct timespec times[] = { st->st_atim, st->st_mtim };
  int bad = to < 0 || copy_bytes (from, to, st->st_size) || fchmod (to, st->st_mode & 0777) || futimens (to, times);
  int no = errno;
  if (from >= 0)
    close (from);
  if (to >= 0)
    close (to);
  errno = no;
  return bad ? -1 : 0;
}

static int
copy_link (int from_at, int to_at, const char *name, const struct stat *st)
{
  char target[4096];
  const struct timespec times[] = { st->st_atim, st->st_mtim };
  ssize_t n = readlinkat (from_at, name, target, sizeof target - 1);
  if (n < 0)
    return -1;
  target[n] = '\0';
  return symlinkat (target, to_at, name) || utimensat (to_at, name, times, AT_SYMLINK_NOFOLLOW) ? -1 : 0;
}

static int copy_folder (int from_at, int to_at, const char *name, int deep);

static int
copy_one (int from_at, int to_at, const char *name, int deep)
{
  struct stat st;
  if (fstatat (from_at, name, &st, AT_SYMLINK_NOFOLLOW))
    return errno == ENOENT ? 0 : -1;
  if (S_ISREG (st.st_mode))
    return copy_file (from_at, to_at, name, &st);
  if (S_ISLNK (st.st_mode))
    return copy_link (from_at, to_at, name, &st);
  if (!S_ISDIR (st.st_mode))
    return 0; /* a socket or a pipe that some program left */
  const struct timespec times[] = { st.st_atim, st.st_mtim };
  if (mkdirat (to_at, name, 0700) || copy_folder (from_at, to_at, name, deep + 1)
      || fchmodat (to_at, name, st.st_mode & 0777, 0))
    return -1;
  return utimensat (to_at, name, times, 0);
}

static int
copy_folder (int from_at, int to_at, const char *name, int deep)
{
  DIR *from = open_folder (from_at, name);
  int to = from ? openat (to_at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
  int bad = to < 0;
  if (!bad && deep >= DEEP)
    {
      errno = ENAMETOOLONG;
      bad = 1;
    }
  for (const struct dirent *entry; !bad && (entry = next (from));)
    bad = copy_one (dirfd (from), to, entry->d_name, deep);
  int no = errno;
  if (to >= 0)
    close (to);
  if (from)
    closedir (from);
  errno = no;
  return bad ? -1 : 0;
}

int
copy_entry (int from, int to, const char *name)
{
  return copy_one (from, to, name, 0);
}

enum aid_err
copy_tree (int from, int to, struct aid_error *e)
{
  if (copy_folder (from, to, ".", 0))
    return aid_error_set (e, AID_E_IO, "it cannot be copied: %s", strerror (errno));
  return AID_OK;
}
