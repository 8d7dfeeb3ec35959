/* gzip (RFC 1952), by zlib, which is loaded when it is first wanted: almost nobody has bodies compressed. */
#ifndef AID_EXPORT_GZIP_H
#define AID_EXPORT_GZIP_H

#include "base/str.h"

/* Appends V compressed.  AID_E_IO: there is no zlib; AID_E_NOMEM. */
enum aid_err aid_gzip (struct aid_span v, struct aid_str *out, struct aid_error *e);

#endif
