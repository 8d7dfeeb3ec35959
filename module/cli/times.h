/* Times as people write and read them on a command line. */
#ifndef AID_CLI_TIMES_H
#define AID_CLI_TIMES_H

#include <stdint.h>

#define AID_CLI_TIMES "write 30m, 24h, 7d, 4w or 2026-01-31"

/* "30m", "24h", "7d", "4w": so long ago; "2026-01-31": the beginning of that day here.  *MS gets it, since 1970; 0, or -1. */
int aid_cli_read_time (const char *z, int64_t *ms);
/* A time as text into OUT, "2026-01-31 14:05:09"; "" for 0. */
void aid_cli_write_time (int64_t ms, char out[32]);

#endif
