/* A request to stop, from any thread or a signal handler to whoever waits: a flag to look at, and a descriptor to poll. */
#ifndef AID_BASE_STOP_H
#define AID_BASE_STOP_H

#include "base/err.h"

struct aid_stop;

/* Gives a request that was not made yet (free with aid_stop_free). */
struct aid_stop *aid_stop_new (struct aid_error *e);
/* Makes it, once and for all.  Safe in a signal handler. */
void aid_stop_set (struct aid_stop *s);
int aid_stop_is_set (const struct aid_stop *s); /* NULL: 0 */
/* Readable from the request on; for poll alone.  NULL: -1, which poll leaves out. */
int aid_stop_fd (const struct aid_stop *s);
/* Nobody waits for it any more.  NULL is fine. */
void aid_stop_free (struct aid_stop *s);

#endif
