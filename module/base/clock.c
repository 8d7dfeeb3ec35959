/* Time: a monotonic clock for durations and deadlines, the wall clock for people. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME CLOCK_MONOTONIC
#endif

static int64_t
read_us (clockid_t id)
{
  struct timespec t;
  clock_gettime (id, &t);
  return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
aid_clock_us (void)
{
  return read_us (CLOCK_MONOTONIC);
}

int64_t
aid_clock_ms (void)
{
  return aid_clock_us () / 1000;
}

int64_t
aid_clock_wall_ms (void)
{
  return read_us (CLOCK_REALTIME) / 1000;
}

int64_t
aid_clock_boot_ms (void)
{
  return read_us (CLOCK_BOOTTIME) / 1000;
}

void
aid_clock_boot_name (char boot[AID_CLOCK_BOOT])
{
  FILE *f = fopen ("/proc/sys/kernel/random/boot_id", "re");
  if (!f || !fgets (boot, AID_CLOCK_BOOT, f))
    boot[0] = '\0';
  boot[strcspn (boot, "\n")] = '\0';
  if (f)
    fclose (f);
}
