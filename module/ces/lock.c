/* Files that are locked by who makes, uses or removes what they stand for.  The system gives a lock free when its process
   ends. */
#include "ces/ces_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 20

/* Whether FD is still the file PATH: who removes a tree removes its lock as well. */
static int
is_still (int fd, const char *path)
{
  struct stat a, b;
  return !fstat (fd, &a) && !stat (path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

enum aid_err
aid_ces_lock (const char *path, int how, int wait, const struct aid_stop *stop, int *fd, struct aid_error *e)
{
  for (*fd = -1;;)
    {
      if (*fd < 0 && (*fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
        return aid_error_set (e, AID_E_IO, "%.180s cannot be made: %s", path, strerror (errno));
      if (!flock (*fd, how | LOCK_NB))
        {
          if (is_still (*fd, path))
            return AID_OK;
          close (*fd);
          *fd = -1;
          continue;
        }
      if (!wait || (errno != EWOULDBLOCK && errno != EINTR) || aid_stop_is_set (stop))
        break;
      struct pollfd p = { aid_stop_fd (stop), POLLIN, 0 };
      poll (&p, 1, LOOK_MS);
    }
  int no = errno;
  close (*fd);
  *fd = -1;
  if (!wait)
    return AID_OK;
  return aid_stop_is_set (stop) ? aid_error_set (e, AID_E_CANCELLED, "Stopped while another process makes the warm tree")
                                : aid_error_set (e, AID_E_IO, "%.180s cannot be locked: %s", path, strerror (no));
}
