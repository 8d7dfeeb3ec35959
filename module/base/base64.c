/* Base 64, by blocks on the stack: three bytes are four characters. */
#include "base/base64.h"

#define BLOCK 768   /* bytes; a multiple of three, so that only the last block has padding */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes N bytes (at most BLOCK) to OUT; the number of characters. */
static size_t
encode (const unsigned char *in, size_t n, char *out)
{
  char *p = out;
  for (size_t i = 0; i < n; i += 3, p += 4)
    {
      unsigned a = in[i], b = i + 1 < n ? in[i + 1] : 0, c = i + 2 < n ? in[i + 2] : 0;
      p[0] = digits[a >> 2];
      p[1] = digits[(a & 3) << 4 | b >> 4];
      p[2] = i + 1 < n ? digits[(b & 15) << 2 | c >> 6] : '=';
      p[3] = i + 2 < n ? digits[c & 63] : '=';
    }
  return (size_t) (p - out);
}

enum aid_err
aid_base64_add (struct aid_str *out, const unsigned char *bytes, size_t n)
{
  char text[BLOCK / 3 * 4];
  for (size_t at = 0; at < n; at += BLOCK)
    aid_str_add (out, text, encode (bytes + at, n - at < BLOCK ? n - at : BLOCK, text));
  return out->err;
}
