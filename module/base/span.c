/* Views of bytes: comparing, cutting, searching.  Nothing here allocates but aid_span_dup. */
#include "base/str.h"

#include <stdlib.h>

struct aid_span
aid_span_z (const char *z)
{
  return (struct aid_span){ z ? z : "", z ? strlen (z) : 0 };
}

struct aid_span
aid_span_cut (struct aid_span v, size_t from, size_t to)
{
  if (to > v.len)
    to = v.len;
  if (from > to)
    from = to;
  return (struct aid_span){ v.ptr ? v.ptr + from : v.ptr, to - from };
}

int
aid_span_eq (struct aid_span a, struct aid_span b)
{
  return a.len == b.len && (a.len == 0 || memcmp (a.ptr, b.ptr, a.len) == 0);
}

int
aid_span_eqz (struct aid_span a, const char *z)
{
  return aid_span_eq (a, aid_span_z (z));
}

int
aid_span_starts (struct aid_span v, const char *z)
{
  size_t n = strlen (z);
  return n <= v.len && (n == 0 || memcmp (v.ptr, z, n) == 0);
}

int
aid_span_ends (struct aid_span v, const char *z)
{
  size_t n = strlen (z);
  return n <= v.len && (n == 0 || memcmp (v.ptr + v.len - n, z, n) == 0);
}

static int
is_space (char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Long lines of nothing but blanks are trimmed many times over: eight at once. */
static int
eight_spaces (const char *at)
{
  return memcmp (at, "        ", 8) == 0;
}

struct aid_span
aid_span_trim (struct aid_span v)
{
  while (v.len > 0 && is_space (v.ptr[v.len - 1]))
    v.len -= v.len >= 8 && eight_spaces (v.ptr + v.len - 8) ? 8 : 1;
  while (v.len > 0 && is_space (v.ptr[0]))
    v = aid_span_cut (v, v.len >= 8 && eight_spaces (v.ptr) ? 8 : 1, v.len);
  return v;
}

ptrdiff_t
aid_span_find (struct aid_span v, struct aid_span needle)
{
  if (needle.len == 0)
    return 0;
  if (needle.len > v.len)
    return -1;
  const char *hit = memmem (v.ptr, v.len, needle.ptr, needle.len);
  return hit ? hit - v.ptr : -1;
}

int
aid_span_line (struct aid_span *rest, struct aid_span *line)
{
  if (rest->len == 0)
    return 0;
  const char *nl = memchr (rest->ptr, '\n', rest->len);
  size_t len = nl ? (size_t) (nl - rest->ptr) : rest->len;
  *line = (struct aid_span){ rest->ptr, len };
  *rest = aid_span_cut (*rest, nl ? len + 1 : len, rest->len);
  return 1;
}

char *
aid_span_dup (struct aid_span v)
{
  char *z = malloc (v.len + 1);
  if (!z)
    return NULL;
  if (v.len > 0)
    memcpy (z, v.ptr, v.len);
  z[v.len] = '\0';
  return z;
}

int
aid_span_number (struct aid_span v, uint64_t limit, uint64_t *out)
{
  if (v.len == 0)
    return -1;
  uint64_t n = 0;
  for (size_t i = 0; i < v.len; i++)
    {
      if (v.ptr[i] < '0' || v.ptr[i] > '9')
        return -1;
      uint64_t digit = (uint64_t) (v.ptr[i] - '0');
      if (__builtin_mul_overflow (n, 10, &n) || __builtin_add_overflow (n, digit, &n) || n > limit)
        return -1;
    }
  *out = n;
  return 0;
}
