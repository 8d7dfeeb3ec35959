/* Bytes that stand in a JSON string as they are: all but control characters, quotes and backslashes.  Eight are looked at
   together, for nearly all of what is read and written is long strings. */
#ifndef AID_BASE_JSON_PLAIN_H
#define AID_BASE_JSON_PLAIN_H

#include "base/str.h"
#include <endian.h>

static inline int
aid_json_is_plain (char c)
{
  return (unsigned char) c >= ' ' && c != '"' && c != '\\';
}

/* How many of the eight bytes at P are plain before the first that is not.  A byte that is less than another borrows from the
   next when it is taken from it, so what is found behind the first is not certain; the first is. */
static inline size_t
aid_json_plain_of_eight (const char *p)
{
  const uint64_t ones = UINT64_C (0x0101010101010101), highs = UINT64_C (0x8080808080808080);
  uint64_t word;
  memcpy (&word, p, sizeof word);
  word = le64toh (word);
  uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
  uint64_t found = (((word - ones * ' ') & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & highs;
  return found ? (size_t) __builtin_ctzll (found) / 8 : sizeof word;
}

/* How many bytes at the beginning of V are plain. */
static inline size_t
aid_json_plain (struct aid_span v)
{
  size_t i = 0, n = 8;
  while (n == 8 && i + 8 <= v.len)
    i += n = aid_json_plain_of_eight (v.ptr + i);
  while (n == 8 && i < v.len && aid_json_is_plain (v.ptr[i]))
    i++;
  return i;
}

#endif
