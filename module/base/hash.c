/* Names for contents, and randomness from the system.  XXH3 comes as a header: nothing is linked. */
#include "base/hash.h"

#include <errno.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t
aid_hash64 (struct aid_span v)
{
  return XXH3_64bits (v.len ? v.ptr : "", v.len);
}

uint64_t
aid_hash64_seeded (struct aid_span v, uint64_t seed)
{
  return XXH3_64bits_withSeed (v.len ? v.ptr : "", v.len, seed);
}

void
aid_hash_hex (struct aid_span v, unsigned digits, char *out)
{
  static const char hex[] = "0123456789abcdef";
  uint64_t hash = aid_hash64 (v);
  digits = digits < 1 ? 1 : digits > 16 ? 16 : digits;
  for (unsigned i = 0; i < digits; i++, hash <<= 4)
    out[i] = hex[hash >> 60];
  out[digits] = '\0';
}

int
aid_random (void *out, size_t n)
{
  char *p = out;
  while (n > 0)
    {
      ssize_t got = getrandom (p, n, 0);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return -1;
      p += got;
      n -= (size_t) got;
    }
  return 0;
}

int
aid_random_key (char *out, size_t n)
{
  static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (size_t i = 0; i < n;)
    {
      unsigned char bytes[64];
      if (aid_random (bytes, sizeof bytes))
        return -1;
      /* 248 is the largest multiple of 62 in a byte: beyond it some letters would be likelier. */
      for (size_t b = 0; b < sizeof bytes && i < n; b++)
        if (bytes[b] < 248)
          out[i++] = alphabet[bytes[b] % 62];
    }
  out[n] = '\0';
  return 0;
}
