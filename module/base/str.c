/* The growing byte string: doubling up to the limit, failure remembered, always a NUL behind the last byte. */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

void
aid_str_init (struct aid_str *s, size_t max)
{
  *s = AID_STR_INIT (max);
}

void
aid_str_free (struct aid_str *s)
{
  free (s->ptr);
  aid_str_init (s, s->max);
}

void
aid_str_clear (struct aid_str *s)
{
  s->len = 0;
  s->err = AID_OK;
  if (s->ptr)
    s->ptr[0] = '\0';
}

/* Makes room for LEN more bytes and the NUL. */
enum aid_err
aid_str_reserve (struct aid_str *s, size_t len)
{
  if (s->err)
    return s->err;
  if (len > s->max - s->len)
    return s->err = AID_E_LIMIT;
  size_t want = s->len + len;
  if (s->ptr && want < s->cap)
    return AID_OK;
  size_t cap = s->cap ? s->cap : 32;
  while (cap <= want)
    if (__builtin_mul_overflow (cap, 2, &cap))
      return s->err = AID_E_NOMEM;
  char *ptr = realloc (s->ptr, cap);
  if (!ptr)
    return s->err = AID_E_NOMEM;
  s->ptr = ptr;
  s->cap = cap;
  return AID_OK;
}

enum aid_err
aid_str_add (struct aid_str *s, const void *mem, size_t len)
{
  if (aid_str_reserve (s, len))
    return s->err;
  if (len > 0)
    memcpy (s->ptr + s->len, mem, len);
  s->len += len;
  s->ptr[s->len] = '\0';
  return AID_OK;
}

enum aid_err
aid_str_addz (struct aid_str *s, const char *z)
{
  return aid_str_add (s, z, z ? strlen (z) : 0);
}

enum aid_err
aid_str_addspan (struct aid_str *s, struct aid_span v)
{
  return aid_str_add (s, v.ptr, v.len);
}

static int
hex_digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char) (c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum aid_err
aid_str_add_decoded (struct aid_str *s, struct aid_span v)
{
  while (v.len)
    {
      const char *coded = memchr (v.ptr, '%', v.len);
      size_t plain = coded ? (size_t) (coded - v.ptr) : v.len;
      aid_str_add (s, v.ptr, plain);
      v = aid_span_cut (v, plain, v.len);
      int high = v.len > 2 ? hex_digit (v.ptr[1]) : -1, low = v.len > 2 ? hex_digit (v.ptr[2]) : -1;
      int decoded = high >= 0 && low >= 0 && (high || low);
      if (v.len)
        aid_str_addc (s, decoded ? (char) (high * 16 + low) : '%');
      v = aid_span_cut (v, decoded ? 3 : 1, v.len);
    }
  return s->err;
}

enum aid_err
aid_str_add_quoted (struct aid_str *s, struct aid_span v)
{
  aid_str_addc (s, '\'');
  for (size_t i = 0; i < v.len; i++)
    if (v.ptr[i] == '\'')
      aid_str_addz (s, "'\\''");
    else
      aid_str_addc (s, v.ptr[i]);
  return aid_str_addc (s, '\'');
}

enum aid_err
aid_str_addc (struct aid_str *s, char c)
{
  if (aid_str_reserve (s, 1))
    return s->err;
  s->ptr[s->len++] = c;
  s->ptr[s->len] = '\0';
  return AID_OK;
}

enum aid_err
aid_str_addf (struct aid_str *s, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  enum aid_err err = aid_str_addvf (s, fmt, ap);
  va_end (ap);
  return err;
}

enum aid_err
aid_str_addvf (struct aid_str *s, const char *fmt, va_list ap)
{
  va_list again;
  va_copy (again, ap);
  char small[256];
  int n = vsnprintf (small, sizeof small, fmt, ap);
  if (n < 0)
    s->err = s->err ? s->err : AID_E_NOMEM;
  else if ((size_t) n < sizeof small)
    aid_str_add (s, small, (size_t) n);
  else if (!aid_str_reserve (s, (size_t) n))
    s->len += (size_t) vsnprintf (s->ptr + s->len, (size_t) n + 1, fmt, again);
  va_end (again);
  return s->err;
}

void
aid_str_remove (struct aid_str *s, size_t pos, size_t len)
{
  if (pos >= s->len)
    return;
  if (len > s->len - pos)
    len = s->len - pos;
  memmove (s->ptr + pos, s->ptr + pos + len, s->len - pos - len);
  s->len -= len;
  s->ptr[s->len] = '\0';
}

char *
aid_str_steal (struct aid_str *s)
{
  if (s->err || aid_str_add (s, "", 0))
    return NULL;
  char *ptr = s->ptr;
  aid_str_init (s, s->max);
  return ptr;
}

struct aid_span
aid_str_span (const struct aid_str *s)
{
  return (struct aid_span){ aid_str_z (s), s->len };
}

const char *
aid_str_z (const struct aid_str *s)
{
  return s->ptr ? s->ptr : "";
}
