/* What the core itself sees happen, as events (measure/events.h): requests with their context, patches that are
   placed, builds.  Each call copies some numbers and words; what is kept of a person's texts the settings say, and
   the events' own thread.

   A request is called by its chat's key and its word in that chat, "k3yk3y r7": so a decision of another day finds
   it. */
#ifndef AID_ASSIST_MEASURED_H
#define AID_ASSIST_MEASURED_H

#include "base/str.h"

struct aid_events;
struct aid_patch;
struct aid_plan;
struct aid_build_event;

/* That P was placed as PLAN says in the project at ROOT, which took MS.  REQUEST: whose answer it is, or empty. */
void aid_measured_patch (struct aid_events *events, const struct aid_patch *p, const struct aid_plan *plan,
                         struct aid_span request, const char *root, int64_t ms);
/* That a build, or a round of one, has ended in the project at ROOT; of other events nothing. */
void aid_measured_build (struct aid_events *events, const struct aid_build_event *ev, const char *root);

#endif
