/* UTF-8: Emacs accepts nothing else, and what arrives may be cut anywhere or be no UTF-8 at all. */
#ifndef AID_BASE_UTF8_H
#define AID_BASE_UTF8_H

#include "base/str.h"

/* Bytes of the longest prefix of V that is valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
size_t aid_utf8_valid_prefix (struct aid_span v);
/* Bytes (0 to 3) at the end of V that begin a character which the next bytes may complete. */
size_t aid_utf8_tail (struct aid_span v);
/* Characters in V, which must be valid. */
size_t aid_utf8_count (struct aid_span v);
/* Byte offset of character N (or V.len when there are fewer). */
size_t aid_utf8_offset (struct aid_span v, size_t n);
/* Appends V to OUT with every maximal invalid part replaced by U+FFFD; NULs are kept. */
enum aid_err aid_utf8_clean (struct aid_span v, struct aid_str *out);
/* Decodes the character at P (which must be valid and not at END); *LEN is its bytes. */
uint32_t aid_utf8_decode (const char *p, size_t *len);
enum aid_err aid_utf8_encode (struct aid_str *out, uint32_t c);

#endif
