/* Trace and span ids (W3C Trace Context, level 1), made of what names an event everywhere: so the same event has the same ids
   whoever sends it, how often, and from which process. */
#ifndef AID_EXPORT_IDS_H
#define AID_EXPORT_IDS_H

#include "base/str.h"

#define AID_TRACE_ID 33    /* 32 hex digits and a NUL */
#define AID_SPAN_ID 17     /* 16 hex digits and a NUL */
#define AID_TRACEPARENT 56 /* "00-TRACE-SPAN-01" and a NUL */

struct aid_trace_ids
{
  char trace[AID_TRACE_ID], span[AID_SPAN_ID];
};

/* The ids of the request, or the event without one, of that NAME: the hash in the events' column "request", or the event's id. */
void aid_trace_ids_of (struct aid_span name, struct aid_trace_ids *out);
/* The span of the event ID, in the trace of another. */
void aid_span_id_of (struct aid_span id, char out[AID_SPAN_ID]);
/* Ids drawn at random; 0, or -1: the system gives no random numbers. */
int aid_trace_ids_random (struct aid_trace_ids *out);
/* The header "traceparent" of a request in the span IDS, which is recorded. */
void aid_traceparent_write (const struct aid_trace_ids *ids, char out[AID_TRACEPARENT]);
/* Reads what that has written; 0, or -1: it is none. */
int aid_traceparent_read (const char *z, struct aid_trace_ids *out);

#endif
