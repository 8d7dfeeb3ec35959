/* The house: what a box's commands see, and where what they write goes. */
#include "box/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum
{
  INODES_PER_MB = 128 /* files that may be made for each megabyte of disk: each takes a kilobyte of the kernel's memory */
};

enum aid_err
mount_failed (struct aid_error *e, const char *what)
{
  return aid_error_set (
    e, AID_E_STATE, "the system does not let it %s: %s%s", what, strerror (errno),
    errno == EPERM || errno == EACCES
      ? " (AppArmor, as on Ubuntu, wants a profile for aid-box; a container must allow mounts and show all of /proc)"
      : "");
}

/* --- the tmpfs --- */

static enum aid_err
mount_tmpfs (struct keeper *k, struct aid_error *e)
{
  char options[128];
  int64_t bytes = 0, files = 0, disk = k->limits.disk_megabytes + DISK_SPARE_MB;
  if (k->how == AID_BOX_COPY && *k->lower)
    measure_tree (k->lower_fd, &bytes, &files);
  k->copied = bytes;
  int64_t kilobytes = (disk << 10) + (bytes >> 10), inodes = disk * INODES_PER_MB + files;
  snprintf (options, sizeof options, "size=%" PRId64 "k,nr_inodes=%" PRId64 ",mode=0755", kilobytes, inodes);
  if (mount ("none", "/", NULL, MS_REC | MS_SLAVE, NULL) || mount ("aid-box", HOUSE, "tmpfs", MS_NOSUID | MS_NODEV, options))
    return mount_failed (e, "mount a tmpfs");
  static const char *const folders[] = { "root", "root/tree", "upper", "work", "tmp", "home", "shm" };
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    {
      char path[64];
      snprintf (path, sizeof path, HOUSE "/%s", folders[i]);
      if (mkdir (path, 0755))
        return mount_failed (e, "make a folder");
    }
  chmod (HOUSE "/tmp", 01777);
  chmod (HOUSE "/shm", 01777);
  return bind_mount (ROOT, ROOT) ? mount_failed (e, "bind a folder") : AID_OK;
}

/* --- the tree --- */

/* An overlay needs attributes of its upper folder, for a folder that takes the place of one below: without them it mounts, and
   then rmdir fails in the middle of a build.  A tmpfs has them from Linux 6.6 on. */
static int
has_attributes (void)
{
  return setxattr (HOUSE "/upper", "user.overlay.aid", "y", 1, 0) == 0
         && removexattr (HOUSE "/upper", "user.overlay.aid") == 0;
}

static int
mount_overlay (const struct keeper *k)
{
  if (!has_attributes () || fchdir (k->lower_fd))
    return -1;
  int bad = mount ("aid-box", ROOT "/tree", "overlay", MS_NOSUID | MS_NODEV,
                   "userxattr,lowerdir=.,upperdir=" HOUSE "/upper,workdir=" HOUSE "/work");
  return chdir ("/") || bad ? -1 : 0;
}

/* By a child, for that takes long and the keeper may go before all others on a processor. */
static enum aid_err
copy_in_turn (int from, int to, struct aid_error *e)
{
  struct copied { enum aid_err err; struct aid_error e; } *c
    = mmap (NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (c == MAP_FAILED)
    return mount_failed (e, "copy the tree");
  *c = (struct copied){ AID_E_IO, { AID_E_IO, "The tree's copying was ended" } };
  pid_t child = forks_in_turn ();
  if (child == 0)
    {
      c->err = copy_tree (from, to, &c->e);
      _exit (0);
    }
  while (child > 0 && waitpid (child, NULL, 0) < 0 && errno == EINTR)
    ;
  enum aid_err err = c->err;
  if (err && e)
    *e = c->e;
  munmap (c, sizeof *c);
  return err;
}

static enum aid_err
copy_lower (struct keeper *k, struct aid_error *e)
{
  int to = open (HOUSE "/upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  enum aid_err err = to < 0 ? mount_failed (e, "open a folder") : *k->lower ? copy_in_turn (k->lower_fd, to, e) : AID_OK;
  if (to >= 0)
    close (to);
  k->by = "copy";
  return err || bind_mount (HOUSE "/upper", ROOT "/tree") == 0 ? err : mount_failed (e, "bind the tree");
}

static enum aid_err
mount_tree (struct keeper *k, struct aid_error *e)
{
  if (k->how == AID_BOX_VIEW && mount_overlay (k) == 0)
    return k->by = "overlay", AID_OK;
  if (k->how == AID_BOX_IN_PLACE)
    {
      k->by = "place";
      int bad = fchdir (k->lower_fd) || bind_mount (".", ROOT "/tree") || set_mount (ROOT "/tree", MOUNT_NODEV, 1);
      return chdir ("/") || bad ? mount_failed (e, "bind the tree") : AID_OK;
    }
  if (k->how == AID_BOX_VIEW)
    {
      /* the house is to have room for it */
      k->how = AID_BOX_COPY;
      umount2 (HOUSE, MNT_DETACH);
      enum aid_err err = mount_tmpfs (k, e);
      if (err)
        return err;
    }
  return copy_lower (k, e);
}

/* What the kernel counts for a user, and a box's is the host's: a part of it, so that his own programs have the rest.  An older
   kernel does not have them. */
static void
bound_watchers (void)
{
  static const char *const limits[][2] = { { "/proc/sys/user/max_inotify_instances", "32" },
                                           { "/proc/sys/user/max_inotify_watches", "16384" },
                                           { "/proc/sys/user/max_fanotify_groups", "32" } };
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    {
      int fd = open (limits[i][0], O_WRONLY | O_CLOEXEC);
      if (fd >= 0 && write (fd, limits[i][1], strlen (limits[i][1])) < 0)
        errno = 0;
      if (fd >= 0)
        close (fd);
    }
}

static enum aid_err
mount_proc (struct keeper *k, struct aid_error *e)
{
  if (mount ("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
    return mount_failed (e, "mount its own /proc");
  k->proc_fd = open ("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (k->proc_fd < 0)
    return mount_failed (e, "open /proc");
  system_v_open (k);
  bound_watchers ();
  forks_bound (k);
  return AID_OK;
}

enum aid_err
mount_house (struct keeper *k, struct aid_error *e)
{
  enum aid_err err = mount_tmpfs (k, e);
  err = err ? err : mount_tree (k, e);
  err = err ? err : mount_proc (k, e);
  err = err ? err : mount_system (k, e);
  if (err)
    return err;
  if (filter_make ())
    return mount_failed (e, "write a file");
  k->house_fd = open (HOUSE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  k->tree_fd = open (ROOT "/tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return chdir ("/") || k->house_fd < 0 || k->tree_fd < 0 ? mount_failed (e, "open the box's folders") : AID_OK;
}
