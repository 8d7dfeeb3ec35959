/* Preloaded, it is later by ten minutes and more for who asks the monotonic clock, once the file $AID_TESTS_LATER is
   there. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__attribute__ ((visibility ("default"))) int
clock_gettime (clockid_t clock, struct timespec *t)
{
  const char *file = getenv ("AID_TESTS_LATER");
  long bad = syscall (SYS_clock_gettime, clock, t);
  if (bad == 0 && clock == CLOCK_MONOTONIC && file != NULL && access (file, F_OK) == 0)
    t->tv_sec += 1000;
  return (int)bad;
}
