#include "cli/times.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include <stdio.h>
#include <time.h>

#define TIME_MAX 253402300799999 /* the end of the year 9999 */

int
aid_cli_time (const char *z, int64_t *ms)
{
  static const struct
  {
    char unit;
    int64_t ms;
  } units[] = { { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 }, { 'w', INT64_C (7) * 86400000 } };
  struct aid_span v = aid_span_z (z);
  struct tm day = { .tm_isdst = -1 };
  uint64_t n;
  int end = 0;

  if (v.len > 1 && z[0] == '@' && !aid_span_number (aid_span_cut (v, 1, v.len), TIME_MAX, &n))
    {
      *ms = (int64_t)n;
      return 0;
    }
  for (size_t i = 0; v.len > 1 && i < sizeof units / sizeof *units; i++)
    if (v.ptr[v.len - 1] == units[i].unit && !aid_span_number (aid_span_cut (v, 0, v.len - 1), 1000000, &n))
      {
        *ms = aid_clock_wall_ms () - (int64_t)n * units[i].ms;
        *ms = *ms > 0 ? *ms : 0;
        return 0;
      }
  if (sscanf (z, "%4d-%2d-%2d%n", &day.tm_year, &day.tm_mon, &day.tm_mday, &end) != 3 || z[end] || day.tm_year < 1971)
    return -1;
  day.tm_year -= 1900;
  day.tm_mon -= 1;
  *ms = (int64_t)mktime (&day) * 1000;
  return *ms < 0 ? -1 : 0;
}

int
aid_cli_take_time (const char *command, const char *z, int64_t *ms)
{
  if (!z || !aid_cli_time (z, ms))
    return AID_EXIT_DONE;
  return aid_cli_misuse ("%s: \"%s\" is no time: write 30m, 24h, 7d, 4w, 2026-01-31 or @ and ms since 1970", command, z);
}

void
aid_cli_write_time (int64_t ms, char out[32])
{
  time_t at = (time_t)(ms / 1000);
  struct tm tm;

  out[0] = '\0';
  if (ms && localtime_r (&at, &tm))
    strftime (out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}
