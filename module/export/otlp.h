/* Bodies of OTLP/HTTP in JSON: lowerCamelCase names, ids in hex, 64-bit integers as strings, enumerations as numbers, no empty
   lists.  Names of attributes are those of OpenTelemetry's semantic conventions for generative AI and feature flags (status:
   development), and "aid.*" where they have none.

   Source: opentelemetry-proto 1.x, "JSON Protobuf Encoding" of the OTLP specification. */
#ifndef AID_EXPORT_OTLP_H
#define AID_EXPORT_OTLP_H

#include "export/event.h"
#include "export/settings.h"
#include "export/totals.h"

/* The resource: this service, its instance (a hash that says nothing of the person) and, if the settings let it be told, the
   person; a new reference. */
json_t *aid_otlp_resource (const struct aid_export_settings *settings, struct aid_error *e);
/* The body with SPANS, an array, which is taken; a new reference. */
json_t *aid_otlp_traces (const json_t *resource, json_t *spans);
/* The body with the sums as they are at AT_MS (since 1970); NULL when there are none, or without memory. */
json_t *aid_otlp_metrics (const json_t *resource, const struct aid_totals *totals, int64_t at_ms);

/* EVENT as a span; a new reference, or NULL: it is of a kind that is none.  What belongs to it is read from S.
     request    CLIENT "chat MODEL", from its beginning to its end; what it held, and what it was exposed to, as events of it
     patch, decision, stayed    INTERNAL, below that of their request
     build      INTERNAL, a trace of its own, with a link to the request whose hunks were decided on last before it */
enum aid_err aid_otlp_span (struct aid_export_state *s, const struct aid_export_settings *settings,
                            const struct aid_export_event *event, json_t **out, struct aid_error *e);

/* --- otlp_value.c: attributes ------------------------------------------------------------------------------------------- */

/* Appends an attribute to LIST; nothing for a V of NULL, or one that is negative of those that must not be. */
void aid_otlp_word (json_t *list, const char *key, const char *v);
void aid_otlp_count (json_t *list, const char *key, int64_t v);
void aid_otlp_number (json_t *list, const char *key, int64_t v);
void aid_otlp_real (json_t *list, const char *key, double v);
void aid_otlp_flag (json_t *list, const char *key, int v);
void aid_otlp_words (json_t *list, const char *key, const char *v); /* an array of the one word V */
/* A time, in ms since 1970, as OTLP has it. */
json_t *aid_otlp_time (int64_t ms);
/* {name, version}. */
json_t *aid_otlp_scope (void);
/* What the conventions call the PROVIDER that AID calls so. */
const char *aid_otlp_provider (const char *provider);

#endif
