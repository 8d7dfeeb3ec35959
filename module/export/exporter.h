/* Export in the background: a thread that sends what is recorded while a program runs, if the user's settings say so.  Nothing
   waits for it; what could not be sent waits on the disk, also for the next program. */
#ifndef AID_EXPORT_EXPORTER_H
#define AID_EXPORT_EXPORTER_H

#include "base/err.h"

struct aid_exporter;
struct aid_net;

/* NULL without memory.  NET is borrowed and outlives the exporter.  Nothing runs yet. */
struct aid_exporter *aid_exporter_new (struct aid_net *net);
/* Reads the settings and starts the thread if they say so and it does not run.  Reads a file: not for the main thread. */
void aid_exporter_start (struct aid_exporter *x);
/* What went wrong since it was told last, in a sentence: 1 and *E, or 0. */
int aid_exporter_trouble (struct aid_exporter *x, struct aid_error *e);
/* Has the thread end, at once, also in the middle of a request; it does not start again. */
void aid_exporter_stop (struct aid_exporter *x);
/* Stops and joins it; one that a stuck disk keeps for more than half a second is left to itself and frees everything when it
   ends. NULL is fine. */
void aid_exporter_free (struct aid_exporter *x);

#endif
