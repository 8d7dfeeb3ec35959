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

/* What the sign C stands for; -1: nothing. */
static int
value_of (unsigned char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum aid_err
aid_base64_read (struct aid_span text, struct aid_str *out)
{
  size_t before = out->len, signs = 0, padding = 0;
  uint32_t bits = 0;
  int wrong = 0;
  for (size_t i = 0; i < text.len && !wrong; i++)
    {
      unsigned char c = (unsigned char)text.ptr[i];
      int v = value_of (c);
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
        continue;
      padding += c == '=';
      wrong = c == '=' ? padding > 2 : v < 0 || padding;
      if (wrong || c == '=')
        continue;
      bits = bits << 6 | (uint32_t)v;
      signs++;
      if (signs % 4 != 1) /* every sign but the first of four ends a byte */
        aid_str_addc (out, (char)(bits >> (8 - signs % 4 * 2) % 8));
    }
  if (!wrong && signs % 4 != 1 && (!padding || (signs + padding) % 4 == 0))
    return out->err;
  if (!out->err)
    aid_str_remove (out, before, out->len - before);
  return AID_E_PARSE;
}
