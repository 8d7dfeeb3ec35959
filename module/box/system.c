/* What a command sees as its root: the system's programs, a few files of /etc, devices, and where it may write.  All of it is
   mounted once for a box, as it is to be, so that bubblewrap has one thing to bind for each command. */
#include "box/keeper.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

int
bind_mount (const char *what, const char *where)
{
  return mount (what, where, NULL, MS_BIND | MS_REC, NULL);
}

int
set_mount (const char *where, uint64_t attributes, int with_those_below)
{
  const struct
  {
    uint64_t set, clear, propagation, user_namespace;
  } attr = { .set = attributes };
  return (int)syscall (SYS_mount_setattr, -1, where, with_those_below ? AT_RECURSIVE : 0, &attr, sizeof attr);
}

/* --- programs --- */

/* The folder or link NAME of the host's root, if it is there. */
static int
show_folder (const char *name)
{
  char from[64], to[96], target[256];
  struct stat st;
  snprintf (from, sizeof from, "/%s", name);
  snprintf (to, sizeof to, ROOT "/%s", name);
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
  if (aid_fs_mkdirs (to, 0755, NULL) || bind_mount (from, to))
    return -1;
  return set_mount (to, MOUNT_READ_ONLY | MOUNT_NODEV, 1);
}

/* Copied, for each mount costs every command something. */
static int
show_etc (const char *name)
{
  int from = open ("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC), to = open (ROOT "/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int bad = from < 0 || to < 0 || copy_entry (from, to, name);
  if (from >= 0)
    close (from);
  if (to >= 0)
    close (to);
  return bad ? -1 : 0;
}

/* Debian's Java has in /etc what it does not start without. */
static int
show_java (void)
{
  glob_t found;
  int bad = 0;
  if (glob ("/etc/java-*-openjdk/security", 0, NULL, &found))
    return 0;
  for (size_t i = 0; i < found.gl_pathc && !bad; i++)
    bad = strlen (found.gl_pathv[i]) < 64 && show_folder (found.gl_pathv[i] + 1);
  globfree (&found);
  return bad;
}

static int
put (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  int bad = fd < 0 || aid_fs_write_all (fd, aid_span_z (text));
  if (fd >= 0)
    close (fd);
  return bad ? -1 : 0;
}

static enum aid_err
mount_programs (struct aid_error *e)
{
  static const char *const folders[]
    = { "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix/store", "gnu/store", "etc/alternatives" };
  /* what holds nothing of this host in particular */
  static const char *const etc[]
    = { "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "ocamlfind.conf", "protocols", "services" };
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    if (show_folder (folders[i]))
      return mount_failed (e, "bind the folders of programs read-only (Linux 5.12 can)");
  if (show_java ())
    return mount_failed (e, "bind what Java has in /etc");
  for (size_t i = 0; i < sizeof etc / sizeof *etc; i++)
    if (show_etc (etc[i]))
      return mount_failed (e, "copy files of /etc");
  if (put (ROOT "/etc/passwd", "box:x:1000:1000:box:/home/box:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
      || put (ROOT "/etc/group", "box:x:1000:\nnogroup:x:65534:\n")
      || put (ROOT "/etc/hosts", "127.0.0.1 localhost box\n::1 localhost\n")
      || put (ROOT "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
      || put (ROOT "/etc/hostname", "box\n"))
    return mount_failed (e, "write files of /etc");
  return AID_OK;
}

int
next_programs (const char **programs, char out[4096])
{
  size_t n = strcspn (*programs, ":");
  if (!n)
    return 0;
  snprintf (out, 4096, "%.*s", (int)n, *programs);
  *programs += n + ((*programs)[n] == ':');
  return 1;
}

/* Folders of programs that lie elsewhere, as a home does, are where they are outside: much that is in them says where. */
static enum aid_err
mount_own (const struct keeper *k, struct aid_error *e)
{
  const char *programs = k->limits.programs;
  char one[4096], to[4200];
  for (int i = 0; next_programs (&programs, one); i++)
    {
      snprintf (to, sizeof to, ROOT "%s", one);
      if (aid_fs_mkdirs (to, 0755, NULL) || fchdir (k->programs_fd[i]) || bind_mount (".", to)
          || set_mount (to, MOUNT_READ_ONLY | MOUNT_NODEV, 1))
        return mount_failed (e, "bind the folders of ces.programs read-only");
    }
  return AID_OK;
}

/* --- devices --- */

static int
show_device (const char *name)
{
  char from[64], to[96];
  snprintf (from, sizeof from, "/dev/%s", name);
  snprintf (to, sizeof to, ROOT "/dev/%s", name);
  if (access (from, F_OK))
    return 0; /* some containers have fewer */
  /* Read-only, which keeps nobody from writing to the device: where root runs this, the node is the box's user's, who could
     change its mode for all the host. */
  return put (to, "") || bind_mount (from, to) || set_mount (to, MOUNT_READ_ONLY, 0) ? -1 : 0;
}

static enum aid_err
mount_devices (struct aid_error *e)
{
  static const char *const devices[] = { "null", "zero", "full", "random", "urandom", "tty" };
  static const char *const links[][2] = { { "/proc/self/fd", ROOT "/dev/fd" },
                                          { "/proc/self/fd/0", ROOT "/dev/stdin" },
                                          { "/proc/self/fd/1", ROOT "/dev/stdout" },
                                          { "/proc/self/fd/2", ROOT "/dev/stderr" },
                                          { "pts/ptmx", ROOT "/dev/ptmx" } };
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
    if (show_device (devices[i]))
      return mount_failed (e, "bind devices");
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (symlink (links[i][0], links[i][1]))
      return mount_failed (e, "make a link");
  if (mount ("devpts", ROOT "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"))
    return mount_failed (e, "mount terminals");
  return AID_OK;
}

/* --- the whole --- */

enum aid_err
mount_system (const struct keeper *k, struct aid_error *e)
{
  static const char *const folders[]
    = { "etc", "proc", "dev", "dev/pts", "dev/shm", "tmp", "home", "home/box", "var", "run" };
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    {
      char path[64];
      snprintf (path, sizeof path, ROOT "/%s", folders[i]);
      if (mkdir (path, 0755))
        return mount_failed (e, "make a folder");
    }
  enum aid_err err = mount_programs (e);
  err = err ? err : mount_devices (e);
  if (err)
    return err;
  if (bind_mount (HOUSE "/tmp", ROOT "/tmp") || bind_mount (HOUSE "/home", ROOT "/home/box")
      || bind_mount (HOUSE "/shm", ROOT "/dev/shm") || symlink ("../tmp", ROOT "/var/tmp"))
    return mount_failed (e, "bind the folders that may be written");
  if ((err = mount_own (k, e)))
    return err;
  if (set_mount (ROOT, MOUNT_NOSUID, 1) || set_mount (ROOT, MOUNT_READ_ONLY | MOUNT_NODEV, 0))
    return mount_failed (e, "make the root read-only (Linux 5.12 can)");
  return AID_OK;
}
