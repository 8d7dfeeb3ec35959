/* SHA-256 (FIPS 180-4): names for contents that somebody may want to forge. */
#ifndef AID_BASE_SHA256_H
#define AID_BASE_SHA256_H

#include "base/str.h"

#define AID_SHA256_HEX 65 /* 64 lower-case hex digits and a NUL */

struct aid_sha256
{
  uint32_t state[8];
  uint64_t bytes;          /* so far */
  unsigned char block[64]; /* what does not fill a block yet */
};

void aid_sha256_init (struct aid_sha256 *s);
void aid_sha256_add (struct aid_sha256 *s, struct aid_span v);
/* Ends S, which is to be initialised before it is used again. */
void aid_sha256_end (struct aid_sha256 *s, char out[AID_SHA256_HEX]);
/* The hash of V alone. */
void aid_sha256_hex (struct aid_span v, char out[AID_SHA256_HEX]);

#endif
