#ifndef AID_BASE_CLOCK_H
#define AID_BASE_CLOCK_H

#include <stdint.h>

int64_t aid_clock_ms (void);      /* monotonic, milliseconds */
int64_t aid_clock_us (void);      /* monotonic, microseconds */
int64_t aid_clock_wall_ms (void); /* since 1970, UTC; it may be set back and ahead at any time */
/* Milliseconds since this machine was started, those too in which it slept: the same for all processes, and never set. */
int64_t aid_clock_boot_ms (void);

#define AID_CLOCK_BOOT 64 /* bytes of a name of a start of this machine, with its NUL */
/* What names the time since this machine was started: "" when the system does not tell. */
void aid_clock_boot_name (char boot[AID_CLOCK_BOOT]);

#endif
