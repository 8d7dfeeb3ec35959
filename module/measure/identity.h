/* Who measures: a name drawn at random, and the salt of all hashes.  They stand in $XDG_STATE_HOME/aid/measure.json, made by the
   first that asks; who deletes it is somebody else afterwards, and nothing links the two. */
#ifndef AID_MEASURE_IDENTITY_H
#define AID_MEASURE_IDENTITY_H

#include "base/str.h"

#define AID_MEASURED_HASH 17 /* 16 hex digits and a NUL */

struct aid_identity
{
  char person[AID_MEASURED_HASH];
  char salt[65]; /* 64 hex digits and a NUL */
};

/* Reads it, or makes it: of several processes that do so at once all get the same.  AID_E_IO, AID_E_PARSE when it is damaged. */
enum aid_err aid_identity_load (struct aid_identity *out, struct aid_error *e);
/* The salted hash of V; the same text as another thing (WHAT: "project", "chat", "path", "request", "hunk") has another one. */
void aid_identity_hash (const struct aid_identity *who, const char *what, struct aid_span v, char out[AID_MEASURED_HASH]);

#endif
