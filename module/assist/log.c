/* The log is moved away under its own lock, so that two processes that find it full do not both move it. */
#include "assist/log.h"
#include "base/fs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LIMIT 8192
#define TRIES 10                      /* to open a log that others move away */

/* Whether FD is what PATH names. */
static int
is_at (int fd, const char *path)
{
  struct stat a, b;
  return fstat (fd, &a) == 0 && lstat (path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* The log opened and locked, or -1 with errno. */
static int
open_locked (const char *path)
{
  for (int i = 0; i < TRIES; i++)
    {
      int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (fd < 0)
        return -1;
      while (flock (fd, LOCK_EX) != 0 && errno == EINTR)
        continue;
      if (is_at (fd, path))
        return fd;
      close (fd);
    }
  errno = EBUSY;
  return -1;
}

static void
move_away (const char *path)
{
  struct aid_str first = AID_STR_INIT (PATH_LIMIT), second = AID_STR_INIT (PATH_LIMIT);
  aid_str_addf (&first, "%s.1", path);
  aid_str_addf (&second, "%s.2", path);
  if (!first.err && !second.err)
    {
      rename (aid_str_z (&first), aid_str_z (&second));
      rename (path, aid_str_z (&first));
    }
  aid_str_free (&first);
  aid_str_free (&second);
}

static int
add (const char *path, struct aid_span line)
{
  struct stat st;
  int fd = open_locked (path);
  if (fd >= 0 && fstat (fd, &st) == 0 && st.st_size > 0 && (size_t) st.st_size + line.len > AID_LOG_MAX)
    {
      move_away (path);
      close (fd);
      fd = open_locked (path);
    }
  int bad = fd < 0 || aid_fs_write_all (fd, line);
  int why = errno;
  if (fd >= 0)
    close (fd);
  errno = why;
  return bad;
}

enum aid_err
aid_log_add (struct aid_span line, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT), whole = AID_STR_INIT (AID_LOG_LINE_MAX + 1);
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, &path, e);
  aid_str_addspan (&whole, line);
  aid_str_addc (&whole, '\n');
  if (!err && whole.err)
    err = aid_error_set (e, whole.err, "The line is too long for the log.");
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&path), 0700, e);
  aid_str_addz (&path, "/log");
  if (!err && add (aid_str_z (&path), aid_str_span (&whole)))
    err = aid_error_set (e, AID_E_IO, "The log %s cannot be written: %s", aid_str_z (&path), strerror (errno));
  aid_str_free (&path);
  aid_str_free (&whole);
  return err;
}
