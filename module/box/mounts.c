/* The house: what a box's commands see, and where what they write goes. */
#include "box/keeper.h"
#include "base/fs.h"
#include "ces/box_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum
{
  INODES_PER_MB = 128, /* files that may be made for each megabyte of disk: each takes a kilobyte of the kernel's memory */
  SPARE_MB = 16        /* beyond the limit, so that passing it is seen before the disk is full */
};

static enum aid_err
failed (struct aid_error *e, const char *what)
{
  return aid_error_set (
    e, AID_E_STATE, "the system does not let it %s: %s%s", what, strerror (errno),
    errno == EPERM || errno == EACCES
      ? " (where AppArmor restricts user namespaces, as on Ubuntu, aid-box needs a profile; a container must "
        "allow mounts and show all of /proc)"
      : "");
}

/* --- the tmpfs --- */

static enum aid_err
mount_tmpfs (struct keeper *k, struct aid_error *e)
{
  char options[128];
  int64_t bytes = 0, files = 0, disk = k->limits.disk_megabytes;
  if (k->how == AID_BOX_COPY)
    measure_tree (k->lower_fd, &bytes, &files);
  k->copied = bytes;
  snprintf (options, sizeof options, "size=%lldk,nr_inodes=%lld,mode=0755",
            (long long)(((disk + SPARE_MB) << 10) + (bytes >> 10)), (long long)((disk + SPARE_MB) * INODES_PER_MB + files));
  if (mount ("none", "/", NULL, MS_REC | MS_SLAVE, NULL) || mount ("aid-box", HOUSE, "tmpfs", MS_NOSUID | MS_NODEV, options))
    return failed (e, "mount a tmpfs");
  static const char *const folders[]
    = { "root",     "root/etc", "root/proc", "root/dev", "root/tmp", "root/tree", "root/home", "root/home/box", "root/var",
        "root/run", "tree",     "upper",     "work",     "tmp",      "home",      "shm" };
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    {
      char path[64];
      snprintf (path, sizeof path, HOUSE "/%s", folders[i]);
      if (mkdir (path, 0755))
        return failed (e, "make a folder");
    }
  chmod (HOUSE "/tmp", 01777);
  chmod (HOUSE "/shm", 01777);
  if (symlink ("../tmp", HOUSE "/root/var/tmp"))
    return failed (e, "make a link");
  return AID_OK;
}

/* --- the system --- */

static int
bind (const char *what, const char *where)
{
  return mount (what, where, NULL, MS_BIND | MS_REC, NULL);
}

/* The folder or link NAME of the host's root, if it is there. */
static int
show_folder (const char *name)
{
  char from[64], to[96], target[256];
  struct stat st;
  snprintf (from, sizeof from, "/%s", name);
  snprintf (to, sizeof to, HOUSE "/root/%s", name);
  if (lstat (from, &st))
    return 0;
  if (S_ISLNK (st.st_mode))
    {
      ssize_t n = readlink (from, target, sizeof target - 1);
      if (n <= 0)
        return -1;
      target[n] = '\0';
      return symlink (target, to);
    }
  if (aid_fs_mkdirs (to, 0755, NULL))
    return -1;
  return bind (from, to);
}

/* Copied, for each mount costs every command something. */
static int
show_etc (const char *name)
{
  int from = open ("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC), to = open (HOUSE "/root/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int bad = from < 0 || to < 0 || copy_entry (from, to, name);
  if (from >= 0)
    close (from);
  if (to >= 0)
    close (to);
  return bad ? -1 : 0;
}

static int
put (const char *name, const char *text)
{
  char path[96];
  snprintf (path, sizeof path, HOUSE "/root/etc/%s", name);
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  int bad = fd < 0 || aid_fs_write_all (fd, aid_span_z (text));
  if (fd >= 0)
    close (fd);
  return bad ? -1 : 0;
}

static enum aid_err
show_system (struct aid_error *e)
{
  static const char *const folders[] = { "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix/store", "gnu/store", "etc/alternatives" };
  /* what holds nothing of this host in particular */
  static const char *const etc[]
    = { "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "ocamlfind.conf", "protocols", "services" };
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    if (show_folder (folders[i]))
      return failed (e, "bind the folders of programs");
  for (size_t i = 0; i < sizeof etc / sizeof *etc; i++)
    if (show_etc (etc[i]))
      return failed (e, "bind files of /etc");
  if (put ("passwd", "box:x:1000:1000:box:/home/box:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
      || put ("group", "box:x:1000:\nnogroup:x:65534:\n") || put ("hosts", "127.0.0.1 localhost box\n::1 localhost\n")
      || put ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n") || put ("hostname", "box\n"))
    return failed (e, "write files of /etc");
  return AID_OK;
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
  int bad = mount ("aid-box", HOUSE "/tree", "overlay", MS_NOSUID | MS_NODEV,
                   "userxattr,lowerdir=.,upperdir=" HOUSE "/upper,workdir=" HOUSE "/work");
  return chdir ("/") || bad ? -1 : 0;
}

static enum aid_err
copy_lower (struct keeper *k, struct aid_error *e)
{
  int to = open (HOUSE "/tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  enum aid_err err = to < 0 ? failed (e, "open a folder") : copy_tree (k->lower_fd, to, e);
  if (to >= 0)
    close (to);
  k->by = "copy";
  return err;
}

static enum aid_err
mount_tree (struct keeper *k, struct aid_error *e)
{
  if (k->how == AID_BOX_VIEW && mount_overlay (k) == 0)
    return k->by = "overlay", AID_OK;
  if (k->how == AID_BOX_IN_PLACE)
    {
      k->by = "place";
      int bad = fchdir (k->lower_fd) || bind (".", HOUSE "/tree");
      return chdir ("/") || bad ? failed (e, "bind the tree") : AID_OK;
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

static enum aid_err
mount_proc (struct keeper *k, struct aid_error *e)
{
  if (mount ("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
    return failed (e, "mount its own /proc");
  k->proc_fd = open ("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return k->proc_fd < 0 ? failed (e, "open /proc") : AID_OK;
}

enum aid_err
mount_house (struct keeper *k, struct aid_error *e)
{
  enum aid_err err = mount_tmpfs (k, e);
  err = err ? err : mount_tree (k, e);
  err = err ? err : mount_proc (k, e);
  err = err ? err : show_system (e);
  if (err)
    return err;
  k->house_fd = open (HOUSE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  k->tree_fd = open (HOUSE "/tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return chdir ("/") || k->house_fd < 0 || k->tree_fd < 0 ? failed (e, "open the box's folders") : AID_OK;
}
