/* One writer at a time.  The lock is an flock on a file beside the journals, one for all trees of a person: trees lie in one
   another, and a patch is written in milliseconds.  It holds the writer's number and tree for whoever waits.  The
   tree's folder is locked as well, against writers whose state is elsewhere: other people, containers.  The system
   gives both free when the process ends, however it ends. */
#include "patch/tree_internal.h"
#include "base/clock.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* 0 when FD is ours; 1 when somebody else has it all the time; -1 when it cannot be locked. */
static int
take (int fd, int64_t until)
{
  const struct timespec nap = { 0, 10000000 };
  for (;;)
    {
      if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
      if (errno != EWOULDBLOCK && errno != EINTR)
        return -1;
      if (aid_clock_ms () >= until)
        return 1;
      nanosleep (&nap, NULL);
    }
}

static void
sign (int fd, const char *root)
{
  char text[300];
  int n = snprintf (text, sizeof text, "process %ld, in %.200s", (long) getpid (), root);
  size_t len = n < (int) sizeof text ? (size_t) n : sizeof text - 1;
  /* Only for people: a lock without a name is still a lock.  It is not emptied first, for some file systems write a file that
     was emptied to the disk as soon as it is closed. */
  if (pwrite (fd, text, len, 0) == (ssize_t) len)
    (void) !ftruncate (fd, (off_t) len);
}

static enum aid_err
busy (int fd, struct aid_error *e)
{
  char who[160];
  ssize_t n = pread (fd, who, sizeof who - 1, 0);
  who[n > 0 ? n : 0] = '\0';
  return aid_error_set (e, AID_E_STATE, "another aid is writing files just now (%s); try again",
                        n > 0 ? who : "it has not signed");
}

static int
open_lock (struct aid_error *e)
{
  struct aid_str name = AID_STR_INIT (PATH_MAX);
  int fd = -1;
  if (aid_tree_state (&name, e) == AID_OK && aid_fs_mkdirs (aid_str_z (&name), 0700, e) == AID_OK)
    {
      aid_str_addz (&name, "/lock");
      fd = name.err ? -1 : open (name.ptr, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
      if (fd < 0)
        aid_tree_failed (e, "open the lock", aid_str_z (&name));
    }
  aid_str_free (&name);
  return fd;
}

enum aid_err
aid_tree_lock (struct aid_tree_lock *lock, const char *root, int wait, struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  int64_t until = aid_clock_ms () + wait;
  e = e ? e : &own;
  lock->root = -1;
  lock->file = open_lock (e);
  if (lock->file < 0)
    return e->code;
  int got = take (lock->file, until);
  enum aid_err err = got == 0 ? AID_OK : got > 0 ? busy (lock->file, e) : aid_tree_failed (e, "lock the files below", root);
  if (!err)
    {
      sign (lock->file, root);
      lock->root = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      /* Some file systems lock no folders. */
      if (lock->root >= 0 && take (lock->root, until) > 0)
        err = aid_error_set (e, AID_E_STATE, "another program has locked %.150s; try again", root);
    }
  if (err)
    aid_tree_unlock (lock);
  return err;
}

void
aid_tree_unlock (struct aid_tree_lock *lock)
{
  if (lock->root >= 0)
    close (lock->root);
  if (lock->file >= 0)
    close (lock->file);
  lock->root = lock->file = -1;
}
