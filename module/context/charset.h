/* Bytes of the web become UTF-8: what a page is written in is told by its first bytes, by its server, or by itself. */
#ifndef AID_CONTEXT_CHARSET_H
#define AID_CONTEXT_CHARSET_H

#include "base/err.h"
#include "base/str.h"

/* Appends BYTES as UTF-8.  A byte order mark says best what they are, then CONTENT_TYPE (a header's value, or NULL), then a
   "charset=" in the first 4 KB; else they are UTF-8 if they can be, else windows-1252.  What cannot be read becomes U+FFFD.
   AID_E_LIMIT, AID_E_NOMEM. */
enum aid_err aid_charset_decode (struct aid_span bytes, const char *content_type, struct aid_str *out);

#endif
