/* What keeps a fork bomb from taking the host.  The watch ends a command that has too many processes, but it has to run for that,
   and among thousands that want a processor its turn comes late: meanwhile they double.  So the keeper goes before all others,
   where the system lets it, which is where root runs it; and the kernel itself gives no more processes than some beyond the
   limit, which the watch sees passed.

   Two limits of the kernel, for neither holds everywhere: RLIMIT_NPROC does not for root, and counts all of a user's processes
   before Linux 5.14; the pids of a namespace have a maximum of their own from Linux 6.14 on (before that the file is the
   host's). */
#include "box/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

enum
{
  BEYOND = 64,    /* processes beyond the limit, so that passing it is seen */
  RESERVED = 300, /* pids that are given only once (RESERVED_PIDS in the kernel's pid_namespace.h) */
  SESSION_TRIES = 5,
  SESSION_MS = 101, /* the kernel takes one such wish in 100 ms, of all who are not root */
  TURNS = 4         /* so many more pids than processes, so that none is given again soon after it was somebody's */
};

static int
is_linux (int major, int minor)
{
  struct utsname name;
  int a, b;
  return !uname (&name) && sscanf (name.release, "%d.%d", &a, &b) == 2 && (a > major || (a == major && b >= minor));
}

void
forks_go_first (void)
{
  struct sched_param p = { .sched_priority = 1 };
  if (sched_getscheduler (0) == SCHED_OTHER && sched_setscheduler (0, SCHED_RR, &p))
    errno = 0;
}

void
forks_go_last (void)
{
  struct sched_param p = { .sched_priority = 1 };
  if (sched_getscheduler (0) == SCHED_RR && sched_setscheduler (0, SCHED_RR | SCHED_RESET_ON_FORK, &p))
    errno = 0;
}

pid_t
forks_in_turn (void)
{
  int nice = getpriority (PRIO_PROCESS, 0); /* which a child of ours loses */
  pid_t child = fork ();
  if (child == 0 && setpriority (PRIO_PROCESS, 0, nice))
    errno = 0;
  return child;
}

void
forks_bound (const struct keeper *k)
{
  char most[32];
  int n = snprintf (most, sizeof most, "%" PRId64, RESERVED + TURNS * (k->limits.processes + BEYOND));
  int fd = is_linux (6, 14) ? open ("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC) : -1;
  if (fd < 0)
    return;
  if (write (fd, most, (size_t)n) < 0) /* more than the host's own maximum */
    errno = 0;
  close (fd);
}

void
forks_bound_command (const struct keeper *k)
{
  struct rlimit most = { (rlim_t)(k->limits.processes + BEYOND), (rlim_t)(k->limits.processes + BEYOND) };
  if (is_linux (5, 14) && setrlimit (RLIMIT_NPROC, &most)) /* there is a lower one */
    errno = 0;
}

void
forks_set_session_back (struct keeper *k)
{
  char nice[16];
  int n = snprintf (nice, sizeof nice, "%" PRId64, k->limits.nice);
  if (!k->limits.nice || setsid () < 0)
    return;
  k->has_session = 1;
  int fd = open ("/proc/self/autogroup", O_WRONLY | O_CLOEXEC), again = 1;
  for (int i = 0; fd >= 0 && again && i < SESSION_TRIES; i++)
    {
      again = write (fd, nice, (size_t)n) < 0 && errno == EAGAIN;
      if (again)
        poll (NULL, 0, SESSION_MS);
    }
  if (fd >= 0)
    close (fd);
}

void
forks_set_back (const struct keeper *k)
{
  int nice = getpriority (PRIO_PROCESS, 0) + (int)k->limits.nice;
  if (k->limits.nice && setpriority (PRIO_PROCESS, 0, nice < NICE_MOST ? nice : NICE_MOST))
    errno = 0;
}
