/* XXH3: names for contents (not secrets). */
#ifndef AID_BASE_HASH_H
#define AID_BASE_HASH_H

#include "base/str.h"

uint64_t aid_hash64 (struct aid_span v);
/* The same for tables in memory: who does not know SEED can make no keys that collide. */
uint64_t aid_hash64_seeded (struct aid_span v, uint64_t seed);
/* The hash as lower-case hex, DIGITS (1 to 16) of them, NUL-terminated, into OUT (DIGITS + 1 bytes). */
void aid_hash_hex (struct aid_span v, unsigned digits, char *out);
/* N bytes from the system's generator; 0 or -1. */
int aid_random (void *out, size_t n);
/* N characters of [0-9A-Za-z] and a NUL. */
int aid_random_key (char *out, size_t n);

#endif
