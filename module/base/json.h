/* Small helpers over jansson: reading with limits, and getters that never fail. */
#ifndef AID_BASE_JSON_H
#define AID_BASE_JSON_H

#include "base/str.h"
#include <jansson.h>

/* Parses one document (duplicates rejected, at most 64 MB).  Gives a reference, or NULL and the error with line and
   column.  WHAT names the source in the message. */
json_t *aid_json_parse (struct aid_span text, const char *what, struct aid_error *e);
/* The same of what Python's json.dumps writes, whose texts may have half of a pair of surrogates: that is U+FFFD then. */
json_t *aid_json_parse_python (struct aid_span text, const char *what, struct aid_error *e);
/* The array or object that TEXT is, as json_loadb would read it with JSON_ALLOW_NUL, but long strings faster; a new reference,
   or NULL when it is none, or nested deeper than 2,000 times. */
json_t *aid_json_load (struct aid_span text);
/* Calls TAKE with each string of the document TEXT, names of members too, as it reads; it is gone after the call.  Ends with the
   first error that TAKE gives, or AID_E_PARSE where a string is none.  What is not in strings is not looked at. */
enum aid_err aid_json_strings (struct aid_span text, enum aid_err (*take) (void *ctx, struct aid_span v), void *ctx);
/* NULL when OBJ is not an object, or KEY is absent or not a string. */
const char *aid_json_str (const json_t *obj, const char *key);
/* A string member as a span (embedded NULs kept); empty when absent. */
struct aid_span aid_json_span (const json_t *obj, const char *key);
int64_t aid_json_int (const json_t *obj, const char *key, int64_t fallback);   /* reals are cut */
double aid_json_real (const json_t *obj, const char *key, double fallback);
int aid_json_bool (const json_t *obj, const char *key, int fallback);
/* A JSON string of V with invalid UTF-8 replaced. */
json_t *aid_json_of_span (struct aid_span v);
/* Appends the document in compact form.  NULL (a document that could not be built) is AID_E_NOMEM. */
enum aid_err aid_json_dump (const json_t *v, struct aid_str *out);

#endif
