/* What systems do differently: Linux has extended attributes, with the access lists among them, and begins to write when it is
   asked to.  Elsewhere a file keeps its owner and mode, and is written when it is synced. */
#include "patch/tree_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/xattr.h>

enum { ATTRIBUTES_MAX = 65536 };

static void
copy_attribute (int fd, const char *name, const char *attribute, char *buf)
{
  /* The system takes capabilities off a file that is written; so do we. */
  if (strcmp (attribute, "security.capability") == 0)
    return;
  ssize_t n = getxattr (name, attribute, buf, ATTRIBUTES_MAX);
  if (n >= 0)
    (void) !fsetxattr (fd, attribute, buf, (size_t) n, 0);
}

static void
copy_attributes (int fd, const char *name)
{
  /* Most files have none. */
  char *names = listxattr (name, NULL, 0) > 0 ? malloc ((size_t) ATTRIBUTES_MAX * 2) : NULL;
  ssize_t n = names ? listxattr (name, names, ATTRIBUTES_MAX) : -1;
  for (ssize_t i = 0; i < n; i += (ssize_t) strlen (names + i) + 1)
    copy_attribute (fd, name, names + i, names + ATTRIBUTES_MAX);
  free (names);
}

void
aid_tree_start_writing (int fd)
{
  /* Not all file systems can: then the sync that comes does it all. */
  (void) !sync_file_range (fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

#else

void
aid_tree_start_writing (int fd)
{
  (void) fd;
}

static void
copy_attributes (int fd, const char *name)
{
  (void) fd, (void) name;
}

#endif

int
aid_tree_dress (int fd, const char *name, const struct stat *st)
{
  struct stat now;
  mode_t mode = st->st_mode & 07777;
  if (fstat (fd, &now))
    return -1;
  if (now.st_uid != st->st_uid && fchown (fd, st->st_uid, (gid_t) -1))
    mode &= ~(mode_t) S_ISUID;      /* not what it was: it would run as somebody else */
  if (now.st_gid != st->st_gid && fchown (fd, (uid_t) -1, st->st_gid))
    mode &= ~(mode_t) S_ISGID;
  copy_attributes (fd, name);
  return fchmod (fd, mode);
}
