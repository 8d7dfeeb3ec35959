/* UTF-8 by the table of well-formed sequences (Unicode 15, table 3-7).  One scanner decides what is a character, what a
   beginning of one, and what is invalid; everything else asks it. */
#include "base/utf8.h"

/* Looks at the sequence at P (N bytes left, N > 0).  A whole character gives its length and *WHOLE 1; otherwise the
   length of the maximal part that could begin one (at least 1), with *CUT set when only the end of the bytes stops it. */
static size_t
scan (const unsigned char *p, size_t n, int *whole, int *cut)
{
  unsigned char c = p[0], low = 0x80, high = 0xBF;
  size_t want;
  *whole = *cut = 0;
  if (c < 0x80)
    {
      *whole = 1;
      return 1;
    }
  if (c < 0xC2 || c > 0xF4)
    return 1;
  want = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  if (c == 0xE0)
    low = 0xA0;
  else if (c == 0xED)
    high = 0x9F;
  else if (c == 0xF0)
    low = 0x90;
  else if (c == 0xF4)
    high = 0x8F;
  for (size_t i = 1; i < want; i++, low = 0x80, high = 0xBF)
    {
      if (i == n)
        *cut = 1;
      if (i == n || p[i] < low || p[i] > high)
        return i;
    }
  *whole = 1;
  return want;
}

/* Bytes of ASCII at the start of V, eight at a time. */
static size_t
ascii_run (const unsigned char *p, size_t n)
{
  size_t i = 0;
  uint64_t word;
  for (; i + sizeof word <= n; i += sizeof word)
    {
      memcpy (&word, p + i, sizeof word);
      if (word & UINT64_C (0x8080808080808080))
        break;
    }
  while (i < n && p[i] < 0x80)
    i++;
  return i;
}

size_t
aid_utf8_valid_prefix (struct aid_span v)
{
  const unsigned char *p = (const unsigned char *) v.ptr;
  size_t i = 0;
  int whole, cut;
  while ((i += ascii_run (p + i, v.len - i)) < v.len)
    {
      size_t n = scan (p + i, v.len - i, &whole, &cut);
      if (!whole)
        break;
      i += n;
    }
  return i;
}

size_t
aid_utf8_tail (struct aid_span v)
{
  const unsigned char *p = (const unsigned char *) v.ptr;
  int whole, cut;
  for (size_t back = 1; back <= 3 && back <= v.len; back++)
    {
      size_t at = v.len - back;
      if ((p[at] & 0xC0) == 0x80)
        continue;
      scan (p + at, back, &whole, &cut);
      return cut ? back : 0;
    }
  return 0;
}

/* Bytes of the eight in WORD that begin a character. */
static size_t
begins_in_word (uint64_t word)
{
  uint64_t goes_on = (word >> 7) & ~(word >> 6) & UINT64_C (0x0101010101010101);
  return 8 - (size_t) ((goes_on * UINT64_C (0x0101010101010101)) >> 56);
}

size_t
aid_utf8_count (struct aid_span v)
{
  size_t count = 0, i = 0;
  uint64_t word;
  for (; i + sizeof word <= v.len; i += sizeof word)
    {
      memcpy (&word, v.ptr + i, sizeof word);
      count += begins_in_word (word);
    }
  for (; i < v.len; i++)
    count += ((unsigned char) v.ptr[i] & 0xC0) != 0x80;
  return count;
}

size_t
aid_utf8_offset (struct aid_span v, size_t n)
{
  size_t i = 0;
  for (; i < v.len; i++)
    if (((unsigned char) v.ptr[i] & 0xC0) != 0x80 && n-- == 0)
      break;
  return i;
}

enum aid_err
aid_utf8_clean (struct aid_span v, struct aid_str *out)
{
  int whole, cut;
  while (v.len > 0 && !out->err)
    {
      size_t good = aid_utf8_valid_prefix (v);
      aid_str_add (out, v.ptr, good);
      v = aid_span_cut (v, good, v.len);
      if (v.len == 0)
        break;
      size_t bad = scan ((const unsigned char *) v.ptr, v.len, &whole, &cut);
      aid_str_addz (out, "\xEF\xBF\xBD");
      v = aid_span_cut (v, bad, v.len);
    }
  return out->err;
}

uint32_t
aid_utf8_decode (const char *p, size_t *len)
{
  const unsigned char *u = (const unsigned char *) p;
  if (u[0] < 0x80)
    {
      *len = 1;
      return u[0];
    }
  *len = u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
  uint32_t c = u[0] & (0xFFu >> (*len + 1));
  for (size_t i = 1; i < *len; i++)
    c = c << 6 | (u[i] & 0x3Fu);
  return c;
}

enum aid_err
aid_utf8_encode (struct aid_str *out, uint32_t c)
{
  char b[4];
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
    c = 0xFFFD;
  if (c < 0x80)
    return aid_str_addc (out, (char) c);
  size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = n - 1; i > 0; i--, c >>= 6)
    b[i] = (char) (0x80 | (c & 0x3F));
  b[0] = (char) ((0xF00u >> n & 0xFF) | c);
  return aid_str_add (out, b, n);
}
