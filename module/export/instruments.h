/* What is counted of events: the instruments of the semantic conventions for generative AI, and "aid.*" where they have none. */
#ifndef AID_EXPORT_INSTRUMENTS_H
#define AID_EXPORT_INSTRUMENTS_H

#include "export/event.h"

#include <jansson.h>
#include <stddef.h>

#define AID_BOUNDS_MAX 16

enum aid_instrument_id
{
  AID_COUNT_TOKENS,
  AID_COUNT_DURATION,
  AID_COUNT_FIRST_CHUNK,
  AID_COUNT_COST,
  AID_COUNT_HUNKS,
  AID_COUNT_DECISIONS,
  AID_COUNT_CHARACTERS,
  AID_COUNT_FOLLOWED,
  AID_COUNT_KEPT,
  AID_COUNT_BUILDS,
  AID_COUNT_EXPOSURES,
  AID_INSTRUMENTS
};

struct aid_instrument
{
  const char *name, *unit; /* OpenTelemetry's, the unit as UCUM */
  const char *prometheus;  /* the same there: with its unit, and "_total" */
  const char *description;
  const double *bounds; /* of a histogram, ascending; NULL: a sum, which only grows */
  size_t nbounds;
  int real; /* a sum that is no whole number */
};

extern const struct aid_instrument aid_instruments[AID_INSTRUMENTS];
/* That of NAME, or NULL. */
const struct aid_instrument *aid_instrument_named (struct aid_span name);

/* Calls ADD with what EVENT adds to which instrument, with which attributes (an object of strings, borrowed).  REQUEST is the
   event "request" of its request, or NULL. */
typedef void aid_count_fn (void *ctx, const struct aid_instrument *i, const json_t *attributes, double value);
void
aid_count_event (const struct aid_export_event *event, const struct aid_export_event *request, aid_count_fn *add, void *ctx);

#endif
