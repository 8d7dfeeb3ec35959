/* aid-box: the namespaces of a box, and its keeper in them.  keeper.h tells the whole. */
#include "box/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES                                                                                                          \
  (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

static int
put (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  int bad = fd < 0 || write (fd, text, strlen (text)) < 0;
  if (fd >= 0)
    close (fd);
  return bad ? -1 : 0;
}

static enum aid_err
enter_namespaces (struct aid_error *e)
{
  char users[64], groups[64];
  snprintf (users, sizeof users, "0 %u 1", (unsigned)geteuid ());
  snprintf (groups, sizeof groups, "0 %u 1", (unsigned)getegid ());
  if (unshare (NAMESPACES))
    return aid_error_set (
      e, AID_E_STATE, "user namespaces are not allowed here (%s): an administrator sets %s", strerror (errno),
      errno == ENOSPC ? "the sysctl user.max_user_namespaces"
                      : "the sysctl kernel.unprivileged_userns_clone=1, or the container's seccomp profile");
  if (put ("/proc/self/setgroups", "deny") || put ("/proc/self/uid_map", users) || put ("/proc/self/gid_map", groups))
    return aid_error_set (e, AID_E_STATE, "a user namespace cannot be set up here: %s", strerror (errno));
  return AID_OK;
}

/* The network has nothing but itself: what tests listen on at 127.0.0.1 works. */
static void
raise_loopback (void)
{
  struct ifreq lo = { .ifr_name = "lo" };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  if (ioctl (fd, SIOCGIFFLAGS, &lo) == 0)
    {
      lo.ifr_flags |= IFF_UP;
      ioctl (fd, SIOCSIFFLAGS, &lo);
    }
  close (fd);
}

static int
keep (struct keeper *k)
{
  struct aid_error e = { AID_OK, "" };
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  forks_set_session_back (k);
  forks_go_last ();
  raise_loopback ();
  enum aid_err err = sethostname ("box", 3)
                       ? aid_error_set (&e, AID_E_STATE, "the box's host cannot be named: %s", strerror (errno))
                       : mount_house (k, &e);
  if (err)
    return answer_error (err, e.msg), 1;
  struct aid_box_answer ready = { 0 };
  if (answer_with (&ready, aid_span_z (k->by)) == 0)
    serve (k);
  return 0; /* and with us all that is in our pid namespace */
}

/* As a shell does, but in no relative folder: the tree is not to bring its own. */
static enum aid_err
find_bubblewrap (struct keeper *k, struct aid_error *e)
{
  const char *path = getenv ("PATH");
  for (path = path ? path : "/usr/bin:/bin"; *path; path += *path == ':')
    {
      size_t n = strcspn (path, ":");
      snprintf (k->bwrap, sizeof k->bwrap, "%.*s/bwrap", (int)n, path);
      if (*path == '/' && access (k->bwrap, X_OK) == 0)
        return AID_OK;
      path += n;
    }
  return aid_error_set (e, AID_E_STATE, "bubblewrap is not installed: the package bubblewrap has the program bwrap");
}

static int
number (const char *z, int64_t max, int64_t *out)
{
  uint64_t n;
  if (aid_span_number (aid_span_z (z), (uint64_t)max, &n))
    return 0;
  *out = (int64_t)n;
  return 1;
}

static int
read_arguments (char **argv, struct keeper *k)
{
  struct aid_box_limits *l = &k->limits;
  int64_t how;
  if (strcmp (argv[1], AID_BOX_PROTOCOL) != 0 || !number (argv[2], AID_BOX_COPY, &how)
      || !number (argv[3], INT32_MAX, &l->seconds) || !number (argv[4], INT32_MAX, &l->cpu_seconds)
      || !number (argv[5], INT32_MAX, &l->megabytes) || !number (argv[6], INT32_MAX, &l->processes)
      || !number (argv[7], INT32_MAX, &l->disk_megabytes) || !number (argv[8], AID_BOX_TEXT_MAX / 2, &l->output_bytes)
      || !number (argv[11], NICE_MOST, &l->nice))
    return 0;
  k->how = (enum aid_box_how)how;
  k->lower = argv[9];
  l->programs = argv[10];
  return 1;
}

/* Before the house covers what they may lie in. */
static enum aid_err
open_programs (struct keeper *k, struct aid_error *e)
{
  const char *programs = k->limits.programs;
  char one[4096];
  for (int i = 0; next_programs (&programs, one); i++)
    {
      if (i == AID_BOX_PROGRAMS)
        return aid_error_set (e, AID_E_LIMIT, "ces.programs has more than %d folders", AID_BOX_PROGRAMS);
      k->programs_fd[i] = open (one, O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (k->programs_fd[i] < 0)
        return aid_error_set (e, AID_E_STATE, "the folder %.150s, which ces.programs names, cannot be entered: %s", one,
                              strerror (errno));
    }
  return AID_OK;
}

int
main (int argc, char **argv)
{
  struct keeper k = { .tree_fd = -1, .house_fd = -1, .proc_fd = -1 };
  struct aid_error e;
  int status;
  signal (SIGPIPE, SIG_IGN);
  umask (022);
  if (argc != 12 || !read_arguments (argv, &k))
    return answer_error (AID_E_STATE, "aid-box is of another version than what started it: install both from one build"), 2;
  if (!*k.lower)
    k.how = AID_BOX_COPY; /* of nothing */
  if (chdir (*k.lower ? k.lower : "/"))
    return answer_error (AID_E_NOTFOUND, "there is no such folder, or it may not be entered"), 1;
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  forks_go_first ();
  enum aid_err err = find_bubblewrap (&k, &e);
  err = err ? err : enter_namespaces (&e);
  k.lower_fd = err ? -1 : open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* as our mount namespace has it */
  if (!err && k.lower_fd < 0)
    err = aid_error_set (&e, AID_E_IO, "it may not be read");
  err = err ? err : open_programs (&k, &e);
  if (err)
    return answer_error (err, e.msg), 1;
  pid_t child = fork ();
  if (child == 0)
    return keep (&k);
  if (child < 0)
    return answer_error (AID_E_IO, "no process can be made"), 1;
  close (0); /* the talk is the keeper's: its end is to be seen */
  close (1);
  while (waitpid (child, &status, 0) < 0 && errno == EINTR)
    ;
  return WIFEXITED (status) ? WEXITSTATUS (status) : 1;
}
