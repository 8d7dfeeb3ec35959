/* Stands between a program and libc (LD_PRELOAD) and counts the calls that change files.  The call with the number AID_KILL_AT
   is not made: the process is killed there, a write half way through.  The call AID_FAIL_AT fails with "no space left"; from
   AID_FULL_AT on all calls that need space do.  AID_COUNT_TO names a file that gets the count in the end. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long calls;

static long
number (const char *name)
{
  const char *value = getenv (name);
  return value ? atol (value) : -1;
}

/* Whether this call is to fail; does not return from the one to be killed at, unless HALF is to be done first. */
static int
fails (int needs_space, int *half)
{
  long n = ++calls, full = number ("AID_FULL_AT");
  if (n == number ("AID_KILL_AT"))
    {
      if (!half)
        raise (SIGKILL);
      else
        *half = 1;
    }
  if (n != number ("AID_FAIL_AT") && !(needs_space && full > 0 && n >= full))
    return 0;
  errno = ENOSPC;
  return 1;
}

__attribute__ ((destructor)) static void
tell (void)
{
  const char *to = getenv ("AID_COUNT_TO");
  FILE *f = to ? fopen (to, "w") : NULL;
  if (f)
    {
      fprintf (f, "%ld\n", atomic_load (&calls));
      fclose (f);
    }
}

#define REAL(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))
#define STAND_BEFORE(name, space, params, args) \
  int name params \
  { \
    return fails (space, NULL) ? -1 : REAL (name) args; \
  }

STAND_BEFORE (mkdir, 1, (const char *path, mode_t mode), (path, mode))
STAND_BEFORE (link, 1, (const char *from, const char *to), (from, to))
STAND_BEFORE (unlink, 0, (const char *path), (path))
STAND_BEFORE (rename, 0, (const char *from, const char *to), (from, to))
STAND_BEFORE (rmdir, 0, (const char *path), (path))
STAND_BEFORE (fsync, 0, (int fd), (fd))
STAND_BEFORE (syncfs, 0, (int fd), (fd))
STAND_BEFORE (ftruncate, 0, (int fd, off_t len), (fd, len))
STAND_BEFORE (fchmod, 0, (int fd, mode_t mode), (fd, mode))

int
open (const char *path, int flags, ...)
{
  va_list ap;
  va_start (ap, flags);
  int mode = flags & O_CREAT ? va_arg (ap, int) : 0;
  va_end (ap);
  if ((flags & O_CREAT) && fails (1, NULL))
    return -1;
  return REAL (open) (path, flags, mode);
}

ssize_t
write (int fd, const void *mem, size_t len)
{
  int half = 0;
  struct stat st;
  if (!fstat (fd, &st) && !S_ISREG (st.st_mode)) /* a pipe needs no space on a disk */
    return REAL (write) (fd, mem, len);
  if (fails (1, &half))
    return -1;
  ssize_t n = REAL (write) (fd, mem, half ? len / 2 : len);
  if (half)
    raise (SIGKILL);
  return n;
}
