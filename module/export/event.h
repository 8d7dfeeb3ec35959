/* One recorded event, read for export, and those that belong to the same request. */
#ifndef AID_EXPORT_EVENT_H
#define AID_EXPORT_EVENT_H

#include "export/ids.h"
#include "export/state.h"
#include "measure/events.h"
#include "measure/identity.h"
#include "store/blob.h"

#include <jansson.h>

struct aid_export_event
{
  char id[AID_EVENT_ID];
  int64_t at; /* ms since 1970 */
  enum aid_measured kind;
  char request[AID_MEASURED_HASH], project[AID_MEASURED_HASH], chat[AID_MEASURED_HASH]; /* or "" */
  char language[33];                                                                    /* or "" */
  char content[AID_BLOB_ID];                                                            /* or "" */
  json_t *data;                                                                         /* an object */
};

/* *FOUND: whether there is such an event, of a kind that is known here; then OUT is to be cleared. */
enum aid_err aid_export_event_get (struct aid_export_state *s, const unsigned char id[AID_EXPORT_ID],
                                   struct aid_export_event *out, int *found, struct aid_error *e);
/* The event "request" of the request REQUEST. */
enum aid_err aid_export_event_request (struct aid_export_state *s, const char *request, struct aid_export_event *out,
                                       int *found, struct aid_error *e);
/* The last decision in PROJECT from FROM on, up to AT (ms since 1970), that belongs to a request. */
enum aid_err aid_export_event_decision (struct aid_export_state *s, const char *project, int64_t from, int64_t at,
                                        struct aid_export_event *out, int *found, struct aid_error *e);
/* Calls EACH with the events of KIND, "context" or "exposure", of the request REQUEST, 1,000 at most. */
enum aid_err
aid_export_event_each (struct aid_export_state *s, const char *request, const char *kind,
                       void (*each) (void *ctx, const struct aid_export_event *event), void *ctx, struct aid_error *e);
void aid_export_event_clear (struct aid_export_event *event);

/* The ids that EVENT's request has: those that were sent to the model's server, or else those of its name. */
void aid_export_event_ids (const struct aid_export_event *request, struct aid_trace_ids *out);

#endif
