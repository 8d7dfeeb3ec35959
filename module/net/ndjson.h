/* A JSON document a line (NDJSON, JSON Lines), split incrementally at any cut.  The documents are not looked at. */
#ifndef AID_NET_NDJSON_H
#define AID_NET_NDJSON_H

#include "base/err.h"
#include "base/str.h"

/* One line may have at most this many bytes. */
#define AID_NDJSON_MAX (16u << 20)

struct aid_ndjson;

/* FN gets each line that is not blank, without its end (LF or CRLF) and blanks around it.  Non-zero stops. */
struct aid_ndjson *aid_ndjson_new (int (*fn) (void *user, struct aid_span line), void *user);
void aid_ndjson_free (struct aid_ndjson *n);
/* Feeds bytes.  AID_E_CANCELLED when FN stopped it, AID_E_LIMIT when a line is too long, AID_E_NOMEM; sticky. */
enum aid_err aid_ndjson_feed (struct aid_ndjson *n, struct aid_span bytes, struct aid_error *e);
/* The stream has ended: what came after the last line's end is a line too. */
enum aid_err aid_ndjson_end (struct aid_ndjson *n, struct aid_error *e);

#endif
