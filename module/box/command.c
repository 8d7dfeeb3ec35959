/* One command in its sandbox. */
#include "box/keeper.h"
#include "ces/box_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum
{
  ARGUMENTS = 64
};

static void
limit (int resource, int64_t most)
{
  struct rlimit l = { (rlim_t)most, (rlim_t)most };
  setrlimit (resource, &l);
}

/* What bounds each process; the watch bounds all together.  Not its address space: sanitizers and runtimes reserve terabytes
   that they never use. */
static void
limit_process (const struct keeper *k)
{
  limit (RLIMIT_CORE, 0);
  forks_bound_command (k);
  limit (RLIMIT_CPU, k->limits.cpu_seconds + 1);
  limit (RLIMIT_FSIZE, (k->limits.disk_megabytes + DISK_SPARE_MB) << 20);
  int fd = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd >= 0) /* where the host has no memory left, a box is the first to go */
    {
      if (write (fd, "1000", 4) < 0)
        errno = 0;
      close (fd);
    }
}

static int
stay_open (int fd)
{
  return fcntl (fd, F_SETFD, 0);
}

/* PATH with the folders of programs before the system's, and what opam's tools ask for; both in places of their own. */
static void
add_programs (const struct keeper *k, char path[8192], char opam[4200], char stubs[16384])
{
  const char *programs = k->limits.programs;
  char one[4096], in[4200];
  size_t n = (size_t)snprintf (path, 8192, "PATH=");
  opam[0] = stubs[0] = '\0';
  while (next_programs (&programs, one) && n < 8192)
    {
      snprintf (in, sizeof in, ROOT "%s/bin", one);
      n += (size_t)snprintf (path + n, 8192 - n, "%s%s:", one, access (in, F_OK) ? "" : "/bin");
      snprintf (in, sizeof in, ROOT "%s/.opam-switch", one);
      if (opam[0] || access (in, F_OK))
        continue;
      snprintf (opam, 4200, "OPAM_SWITCH_PREFIX=%s", one);
      snprintf (stubs, 16384, "CAML_LD_LIBRARY_PATH=%s/lib/stublibs:%s/lib/ocaml/stublibs:%s/lib/ocaml", one, one, one);
    }
  if (n < 8192)
    snprintf (path + n, 8192 - n, "%s", PATH);
}

/* In the child. */
static void
become (const struct keeper *k, const char *line, const char *at, int filter, int output, int status)
{
  char path[8192], opam[4200], stubs[16384];
  const char *env[] = { path,
                        "HOME=/home/box",
                        "USER=box",
                        "LOGNAME=box",
                        "SHELL=/bin/sh",
                        "LANG=C.UTF-8",
                        "TMPDIR=/tmp",
                        "TERM=dumb",
                        NULL,
                        NULL,
                        NULL };
  /* /proc is read-only, for a box's user is root where root runs it: what belongs to root there, as /proc/sys does, is else his
     to write, without any capability. */
  /* clang-format off */
  static const char *const fixed[]
    = { "bwrap", "--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--unshare-pid", "--die-with-parent",
        "--dev-bind", ROOT, "/", "--proc", "/proc", "--remount-ro", "/proc" };
  /* clang-format on */
  const char *argv[ARGUMENTS];
  char status_z[16], filter_z[16];
  size_t n = sizeof fixed / sizeof *fixed;
  int null = open ("/dev/null", O_RDONLY);
  add_programs (k, path, opam, stubs);
  if (opam[0])
    env[8] = opam, env[9] = stubs;
  signal (SIGPIPE, SIG_DFL);
  if (null < 0 || dup2 (null, 0) < 0 || dup2 (output, 1) < 0 || dup2 (output, 2) < 0 || stay_open (status)
      || (filter >= 0 && stay_open (filter)))
    _exit (127);
  if (null > 2)
    close (null);
  memcpy (argv, fixed, sizeof fixed);
  snprintf (status_z, sizeof status_z, "%d", status);
  argv[n++] = "--json-status-fd";
  argv[n++] = status_z;
  if (filter >= 0)
    {
      snprintf (filter_z, sizeof filter_z, "%d", filter);
      argv[n++] = "--seccomp";
      argv[n++] = filter_z;
    }
  if (!k->has_session) /* the weight of that one is set: a new one has that of all others */
    argv[n++] = "--new-session";
  const char *const end[] = { "--chdir", at, "--", "/bin/sh", "-c", line, NULL };
  memcpy (argv + n, end, sizeof end);
  limit_process (k);
  forks_set_back (k);
  execve (k->bwrap, (char **)(uintptr_t)argv, (char **)(uintptr_t)env);
  dprintf (1, "bwrap: %s", strerror (errno));
  _exit (127);
}

static void
close_all (const int *fds, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (fds[i] >= 0)
      close (fds[i]);
}

/* Whether one of our own folders on the way to DIR has been locked: bubblewrap, which has no privileges, would not enter it. */
static int
is_locked (const struct keeper *k, const char *dir)
{
  char path[4096];
  struct stat st;
  int locked = !fstat (k->tree_fd, &st) && st.st_uid == geteuid () && !(st.st_mode & S_IXUSR);
  for (const char *at = dir; *at && !locked; at += *at == '/')
    {
      at += strcspn (at, "/");
      snprintf (path, sizeof path, "%.*s", (int)(at - dir), dir);
      locked = !fstatat (k->tree_fd, path, &st, AT_SYMLINK_NOFOLLOW) && st.st_uid == geteuid () && !(st.st_mode & S_IXUSR);
    }
  return locked;
}

enum aid_err
command_start (const struct keeper *k, const char *line, const char *dir, struct command *c, struct aid_error *e)
{
  char at[5000];
  int fds[] = { -1, -1, -1, -1 };
  int folder = aid_box_tree_folder (k->tree_fd, dir, e);
  if (folder < 0)
    return AID_E_NOTFOUND;
  close (folder);
  if (is_locked (k, dir))
    return aid_error_set (e, AID_E_NOTFOUND, "The folder %.200s has been locked: nobody may enter it",
                          *dir ? dir : AID_BOX_ROOT);
  snprintf (at, sizeof at, AID_BOX_ROOT "%s%s", *dir ? "/" : "", dir);
  int filter = filter_open ();
  if ((filter < 0 && errno) || pipe2 (fds, O_CLOEXEC) || pipe2 (fds + 2, O_CLOEXEC) || fcntl (fds[0], F_SETFL, O_NONBLOCK)
      || fcntl (fds[2], F_SETFL, O_NONBLOCK) || (c->pid = forks_in_turn ()) < 0)
    {
      aid_error_set (e, AID_E_IO, "no process can be made: %s", strerror (errno));
      close_all (fds, 4);
      close_all (&filter, 1);
      return AID_E_IO;
    }
  if (c->pid == 0)
    become (k, line, at, filter, fds[1], fds[3]);
  close_all ((const int[]){ fds[1], fds[3], filter }, 3);
  c->output = fds[0];
  c->status = fds[2];
  return AID_OK;
}
