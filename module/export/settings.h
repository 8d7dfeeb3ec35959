/* Where measurements go and how, when a person lets them leave the machine: the setting "otlp" of the user's own file (a
   project's never counts, trusted or not), and what it leaves open as OpenTelemetry's variables OTEL_* say.

   Source: OpenTelemetry Specification 1.4x, "Environment Variable Specification" and "OpenTelemetry Protocol Exporter". */
#ifndef AID_EXPORT_SETTINGS_H
#define AID_EXPORT_SETTINGS_H

#include "base/str.h"
#include "base/vec.h"

#include <jansson.h>

enum aid_signal
{
  AID_SIGNAL_TRACES,
  AID_SIGNAL_METRICS,
  AID_SIGNALS
};

/* Both strings are owned. */
struct aid_export_header
{
  char *name, *value;
};

struct aid_export_signal
{
  int on;
  char *url;
  struct aid_vec headers; /* struct aid_export_header */
  uint32_t timeout_ms;    /* of one attempt: 1 to a day */
  int gzip;
  char *ca_file, *client_cert, *client_key; /* PEM files, or NULL */
};

struct aid_export_settings
{
  int on;       /* the user's file turns it on, and OTEL_SDK_DISABLED does not forbid it */
  int disabled; /* it does */
  struct aid_export_signal signals[AID_SIGNALS];
  json_t *resource;     /* the resource's attributes that the person states: an object of strings */
  int person;           /* who one is may be told */
  int content;          /* texts may be told, where they were kept */
  int propagate;        /* requests to models carry "traceparent" */
  int64_t delay_ms;     /* between two batches of spans */
  int64_t interval_ms;  /* between two reports of metrics */
  size_t batch;         /* spans of one body: 1 to 10,000 */
  size_t queue;         /* events that may wait; of more the oldest are dropped */
  struct aid_str notes; /* what was not understood, one a line */
};

/* Unless OTEL_BSP_MAX_QUEUE_SIZE says otherwise: what waits is on the disk, and hardly more than this is kept there. */
#define AID_EXPORT_QUEUE 1000000

/* Reads them; what is wrong in a variable goes into the notes.  Errors are those of the settings' file, and AID_E_NOMEM. */
enum aid_err aid_export_settings_load (struct aid_export_settings *out, struct aid_error *e);
/* The same of the value OTLP (may be NULL) of the setting; for tests. */
enum aid_err aid_export_settings_read (const json_t *otlp, struct aid_export_settings *out, struct aid_error *e);
void aid_export_settings_free (struct aid_export_settings *s);
/* Whether the user's own settings have what happens exported and "traceparent" sent.  Reads a file. */
int aid_export_propagates (void);

/* --- otel_env.c: the forms of the variables ---------------------------------------------------------------------------- */

/* The variable NAME, or NULL when it is not set or empty, which is the same. */
const char *aid_otel_env (const char *name);
/* Whether it is "true" in any case. */
int aid_otel_env_true (const char *name);
/* A whole number from LEAST to MOST; FALLBACK when it is not set, or is none, which goes into NOTES. */
int64_t aid_otel_env_number (const char *name, int64_t fallback, int64_t least, int64_t most, struct aid_str *notes);
/* Calls EACH with the names and decoded values of "name=value,name=value" (percent-encoded).  -1 when V is no such list: EACH may
   have been called for its beginning. */
int aid_otel_list (struct aid_span v, void (*each) (void *ctx, struct aid_span name, struct aid_span value), void *ctx);

#endif
