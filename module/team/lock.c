/* The lock of who sends. */
#include "team/lock.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#define NAP_MS 20

static enum aid_err
take (int fd, int wait, const struct aid_stop *stop, int *busy, struct aid_error *e)
{
  struct pollfd stopped = { aid_stop_fd (stop), POLLIN, 0 };
  while (flock (fd, LOCK_EX | LOCK_NB))
    {
      if (errno != EWOULDBLOCK && errno != EINTR)
        return aid_error_set (e, AID_E_IO, "The lock of who sends to the team's store cannot be taken: %s",
                              strerror (errno));
      if (aid_stop_is_set (stop))
        return aid_error_set (e, AID_E_CANCELLED, "Stopped");
      *busy = !wait;
      if (!wait)
        return aid_error_set (e, AID_E_STATE, "Another process sends to the team's store just now");
      poll (&stopped, 1, NAP_MS);
    }
  return AID_OK;
}

enum aid_err
aid_team_lock (int wait, const struct aid_stop *stop, int *fd, int *busy, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, &path, e);
  *fd = -1;
  *busy = 0;
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&path), 0700, e);
  if (!err && aid_str_addz (&path, "/team.lock"))
    err = aid_error_set (e, path.err, "The state folder has too long a name");
  if (!err && (*fd = open (aid_str_z (&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
    err = aid_error_set (e, AID_E_IO, "The file %s cannot be made: %s", aid_str_z (&path), strerror (errno));
  if (!err)
    err = take (*fd, wait, stop, busy, e);
  if (err)
    {
      aid_team_unlock (*fd);
      *fd = -1;
    }
  aid_str_free (&path);
  return err;
}

void
aid_team_unlock (int fd)
{
  if (fd >= 0)
    close (fd);
}
