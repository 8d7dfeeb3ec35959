/* The shape that an answer shall have, as JSON Schema: read and checked before a server sees it.  Servers differ in what they
   take; what all of them take is a schema of an object in which every object is closed ("additionalProperties": false) and all
   members are required (one that may be missing is of type ["string", "null"], say). */
#ifndef AID_MODEL_SCHEMA_H
#define AID_MODEL_SCHEMA_H

#include "base/err.h"
#include "base/str.h"
#include <jansson.h>

#define AID_SCHEMA_MAX (256u << 10)   /* bytes */
#define AID_SCHEMA_DEPTH 20           /* schemas within one another */
#define AID_SCHEMA_NAME 65            /* bytes of a name with its NUL */

/* Reads TEXT; *OUT is a new reference.  NAME gets what servers call it: its "title", or FILE's name up to the first dot, with "_"
   for what a name may not have.  AID_E_PARSE and "FILE:LINE:COLUMN: " with what is wrong; AID_E_LIMIT. */
enum aid_err aid_schema_read (struct aid_span text, const char *file, json_t **out, char name[AID_SCHEMA_NAME],
                              struct aid_error *e);

#endif
