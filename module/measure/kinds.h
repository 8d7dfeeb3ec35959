/* What is recorded: the kinds of events and their fields.  A field that stands in no table here is not recorded, and
   a word is cut to AID_EVENT_WORD_MAX bytes: so no text of a person's can get into an event by mistake.
   docs/measure.md tells each field, and its name elsewhere. */
#ifndef AID_MEASURE_KINDS_H
#define AID_MEASURE_KINDS_H

#include "base/str.h"

#include <jansson.h>

#define AID_EVENT_WORD_MAX 128
#define AID_EVENT_WORDS_MAX 1024

enum aid_measured
{
  AID_MEASURED_REQUEST,  /* a request has ended */
  AID_MEASURED_CONTEXT,  /* what of one kind, chosen by the same, it held for the first time */
  AID_MEASURED_PATCH,    /* the patches of an answer were placed */
  AID_MEASURED_DECISION, /* a hunk was decided on, or taken back */
  AID_MEASURED_BUILD,    /* a build has ended */
  AID_MEASURED_STAYED,   /* how much of an accepted hunk is still there */
  AID_MEASURED_TYPED,    /* what a person has typed in the meantime */
  AID_MEASURED_EXPOSURE, /* a variant of an experiment took effect */
  AID_MEASURED_KINDS
};

enum aid_field_type
{
  AID_FIELD_NUMBER, /* whole */
  AID_FIELD_REAL,
  AID_FIELD_WORD,
  AID_FIELD_WORDS, /* with commas between them: cut to AID_EVENT_WORDS_MAX bytes at a comma */
  AID_FIELD_FLAG
};

struct aid_field
{
  const char *name;
  enum aid_field_type type;
};

/* "request", "context", ... */
const char *aid_measured_name (enum aid_measured kind);
/* *KIND gets the one of that NAME; 0: there is none. */
int aid_measured_named (struct aid_span name, enum aid_measured *kind);
/* The fields of KIND, ended by one without a name. */
const struct aid_field *aid_measured_fields (enum aid_measured kind);

/* The val object FIELDS as JSON, without what stands in no table or has another type; a new reference, NULL without memory. */
json_t *aid_measured_json (enum aid_measured kind, struct aid_span fields);

#endif
