/* Content-addressed bytes under the state directory: what was sent stays what was sent. */
#ifndef AID_STORE_BLOB_H
#define AID_STORE_BLOB_H

#include "base/err.h"
#include "base/str.h"

#define AID_BLOB_ID 17      /* 16 hex digits and a NUL */
#define AID_BLOB_MAX (32u << 20)

/* The name that aid_blob_put gives to DATA. */
void aid_blob_id (struct aid_span data, char id[AID_BLOB_ID]);
/* Stores DATA unless it is there; ID gets its name.  Durable when it returns. */
enum aid_err aid_blob_put (struct aid_span data, char id[AID_BLOB_ID], struct aid_error *e);
/* Appends the bytes.  AID_E_NOTFOUND when they are lost or do not match their name. */
enum aid_err aid_blob_get (const char *id, struct aid_str *out, struct aid_error *e);

/* Forgets the bytes; fine when they are not there.  For who knows that nobody else has stored the same. */
void aid_blob_remove (const char *id);

/* When the bytes ID were first stored, in seconds since 1970; 0: they are not there. */
int64_t aid_blob_time (const char *id);

#endif
