/* A program that does what nobody should: tests/unit/test_ces_box_hostile.c compiles it in a box and runs it in others.
   usage: evil WHAT [ARGUMENT]   where something is tried, it says "done" or why not */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#define GIB ((size_t)1 << 30)

static int
is (const char *a, const char *b)
{
  return strcmp (a, b) == 0;
}

static int
told (int bad)
{
  printf ("%s\n", bad ? strerror (errno) : "done");
  return bad != 0;
}

/* --- memory --- */

static void
fill (char *p, size_t n)
{
  if (!p || p == MAP_FAILED)
    exit (9);
  for (size_t i = 0; i < n; i += 4096)
    p[i] = 1;
}

static int
family (int wait_for_them)
{
  if (wait_for_them)
    fill (malloc (GIB / 16), GIB / 16);
  for (int i = 0; i < 8; i++)
    if (fork () == 0)
      {
        if (!wait_for_them)
          fill (malloc (GIB / 16), GIB / 16);
        sleep (wait_for_them ? 1 : 1000);
        _exit (0);
      }
  while (wait (NULL) > 0)
    ;
  return 0;
}

static int
take_memory (const char *what)
{
  if (is (what, "memory"))
    fill (malloc (2 * GIB), 2 * GIB);
  else if (is (what, "shared"))
    fill (mmap (NULL, 2 * GIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), 2 * GIB);
  else if (is (what, "sysv"))
    for (;;)
      {
        char *p = shmat (shmget (IPC_PRIVATE, 32 << 20, 0600), NULL, 0);
        fill (p, 32 << 20);
        shmdt (p);
      }
  else if (is (what, "family") || is (what, "forked"))
    return family (is (what, "forked"));
  else if (is (what, "reserve"))
    return mmap (NULL, GIB << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED;
  else
    return -1;
  return 0;
}

/* Memory of the kernel's own.  All that there is to be had is a gigabyte, so that a box which does not hold it ends, too. */

static int
take_messages (void)
{
  struct { long type; char text[8000]; } m = { 1, "" };
  int queue;
  while ((queue = msgget (IPC_PRIVATE, 0600)) >= 0)
    while (msgsnd (queue, &m, sizeof m.text, IPC_NOWAIT) == 0)
      ;
  return 0;
}

static int
take_segments (void)
{
  for (int i = 0; i < 300; i++) /* small ones, which a list has first */
    shmget (IPC_PRIVATE, 4096, 0600);
  for (int i = 0; i < 32; i++)
    {
      char *p = shmat (shmget (IPC_PRIVATE, 32 << 20, 0600), NULL, 0);
      fill (p, 32 << 20);
      shmdt (p);
    }
  return 0;
}

static int
take_tables (void)
{
  const volatile char *p = mmap (NULL, 512 * GIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  madvise ((void *)p, 512 * GIB, MADV_NOHUGEPAGE);
  for (size_t i = 0; p != MAP_FAILED && i < 512 * GIB; i += 2 << 20)
    (void)p[i]; /* nothing is resident but its table */
  return 0;
}

static int
take_pipes (void)
{
  static const char text[65536];
  int ends[2];
  for (int i = 0; i < 40 && fork (); i++)
    ;
  while (!pipe2 (ends, O_NONBLOCK))
    while (write (ends[1], text, sizeof text) > 0)
      ;
  sleep (5);
  return 0;
}

static int
take_kernel (const char *what)
{
  if (is (what, "semaphores"))
    for (int i = 0; i < 512 && semget (IPC_PRIVATE, 32000, 0600) >= 0; i++)
      ;
  else if (is (what, "messages"))
    return take_messages ();
  else if (is (what, "segments"))
    return take_segments ();
  else if (is (what, "tables"))
    return take_tables ();
  else if (is (what, "pipes"))
    return take_pipes ();
  else
    return -1;
  return 0;
}

static int
count_watchers (void)
{
  int n = 0;
  while (inotify_init () >= 0)
    n++;
  printf ("%d\n", n);
  return 0;
}

/* --- processes --- */

static void *
rest (void *arg)
{
  pause ();
  return arg;
}

static int
go_to_the_background (const char *seconds)
{
  if (fork () == 0)
    {
      setsid ();
      signal (SIGTERM, SIG_IGN);
      signal (SIGHUP, SIG_IGN);
      if (fork () == 0)
        execl ("/bin/sleep", "sleep", seconds, (char *)NULL);
      _exit (0);
    }
  usleep (50000);
  return 0;
}

static int
take_processes (const char *what, const char *argument)
{
  pthread_t thread;
  if (is (what, "bomb"))
    for (;;)
      fork ();
  if (is (what, "threads"))
    for (;;)
      pthread_create (&thread, NULL, rest, NULL);
  if (is (what, "burn"))
    {
      signal (SIGCHLD, SIG_IGN);
      fork ();
      for (volatile int i = 0;; i++)
        ;
    }
  return is (what, "daemon") ? go_to_the_background (argument) : -1;
}

/* --- the disk --- */

static int
take_names (const char *what)
{
  char name[256] = "";
  if (!is (what, "names"))
    return -1;
  memset (name, 'x', 255);
  for (int i = 0; i < 2000; i++)
    if (mkdir (name, 0700) || chdir (name))
      return told (1);
  return told (0);
}

/* --- ways out --- */

static int
reach (struct sockaddr *a, size_t n)
{
  return told (connect (socket (a->sa_family, SOCK_STREAM, 0), a, (socklen_t)n));
}

static int
reach_port (unsigned address, int port)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons ((unsigned short)port), .sin_addr.s_addr = htonl (address) };
  return reach ((struct sockaddr *)&a, sizeof a);
}

static int
reach_abstract (const char *name)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX };
  snprintf (a.sun_path + 1, sizeof a.sun_path - 1, "%s", name);
  return reach ((struct sockaddr *)&a, offsetof (struct sockaddr_un, sun_path) + 1 + strlen (name));
}

static int
leave (const char *what, const char *argument)
{
  int n = atoi (argument);
  return is (what, "userns")     ? told (unshare (CLONE_NEWUSER))
         : is (what, "cloned")   ? told (syscall (SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) < 0)
         : is (what, "mount")    ? told (mount ("none", "/tree", "tmpfs", 0, NULL))
         : is (what, "unmount")  ? told (umount2 ("/proc", MNT_DETACH))
         : is (what, "remount")  ? told (mount (NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL))
         : is (what, "device")   ? told (mknod ("disk", S_IFBLK | 0600, makedev (8, 0)))
         : is (what, "chroot")   ? told (chroot ("/tree"))
         : is (what, "trace")    ? told (ptrace (PTRACE_ATTACH, n, NULL, NULL) != 0)
         : is (what, "key")      ? told (syscall (SYS_add_key, "user", "a", "b", 1, -3) < 0)
         : is (what, "memfd")    ? told (syscall (SYS_memfd_create, "a", 0) < 0)
         : is (what, "secret")   ? told (syscall (447, 0) < 0)
         : is (what, "splice")   ? told (syscall (SYS_vmsplice, 1, NULL, 0, 0) < 0)
         : is (what, "watchers") ? count_watchers ()
         : is (what, "type")     ? told (ioctl (0, TIOCSTI, "x"))
         : is (what, "root")     ? told (setuid (0) || access ("/etc/shadow", R_OK))
         : is (what, "port")     ? reach_port (INADDR_LOOPBACK, n)
         : is (what, "far")      ? reach_port (0x08080808, 53)
         : is (what, "abstract") ? reach_abstract (argument)
                                 : 8;
}

int
main (int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "", *argument = argc > 2 ? argv[2] : "0";
  int code = take_memory (what);
  code = code < 0 ? take_kernel (what) : code;
  code = code < 0 ? take_processes (what, argument) : code;
  code = code < 0 ? take_names (what) : code;
  return code < 0 ? leave (what, argument) : code;
}
