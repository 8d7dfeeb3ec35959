/* Times as people write and read them on a command line. */
#ifndef AID_CLI_TIMES_H
#define AID_CLI_TIMES_H

#include <stdint.h>

/* As aid_cli_time (cli.h), of an option of COMMAND; Z may be NULL: none was given.  0, or the status of a wrong usage,
   which is said. */
int aid_cli_take_time (const char *command, const char *z, int64_t *ms);
/* A time as text into OUT, "2026-01-31 14:05:09"; "" for 0. */
void aid_cli_write_time (int64_t ms, char out[32]);

#endif
