/* Base 64 (RFC 4648, with padding), for bytes inside JSON. */
#ifndef AID_BASE_BASE64_H
#define AID_BASE_BASE64_H

#include "base/str.h"

/* Appends the N bytes at BYTES. */
enum aid_err aid_base64_add (struct aid_str *out, const unsigned char *bytes, size_t n);
/* Appends the bytes that TEXT stands for; blanks and line ends in it do not count, and the padding may be missing.
   AID_E_PARSE: it is none, and OUT is as it was. */
enum aid_err aid_base64_read (struct aid_span text, struct aid_str *out);

#endif
