#ifndef AID_BASE_CLOCK_H
#define AID_BASE_CLOCK_H

#include <stdint.h>

int64_t aid_clock_ms (void);      /* monotonic, milliseconds */
int64_t aid_clock_us (void);      /* monotonic, microseconds */
int64_t aid_clock_wall_ms (void); /* since 1970, UTC */

#endif
