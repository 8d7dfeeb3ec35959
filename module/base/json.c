/* Reading JSON that nobody vouches for: a limit on its size, duplicate members refused, getters that take anything. */
#include "base/json.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { JSON_MAX = 64 << 20 };

json_t *
aid_json_parse (struct aid_span text, const char *what, struct aid_error *e)
{
  json_error_t err;
  if (text.len > JSON_MAX)
    {
      aid_error_set (e, AID_E_LIMIT, "%s is larger than %d MB", what, JSON_MAX >> 20);
      return NULL;
    }
  size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
  json_t *v = json_loadb (text.len ? text.ptr : "", text.len, flags, &err);
  if (!v)
    aid_error_set (e, AID_E_PARSE, "%s, line %d, column %d: %s", what, err.line, err.column, err.text);
  return v;
}

/* The unit of UTF-16 that is written at AT as "\\uXXXX", or -1. */
static long
unit_at (struct aid_span text, size_t at)
{
  long unit = 0;
  if (at + 6 > text.len || text.ptr[at] != '\\' || text.ptr[at + 1] != 'u')
    return -1;
  for (size_t i = at + 2; i < at + 6; i++)
    {
      int c = (unsigned char)text.ptr[i], low = c | 0x20;
      if (!((c >= '0' && c <= '9') || (low >= 'a' && low <= 'f')))
        return -1;
      unit = unit * 16 + (c <= '9' ? c - '0' : low - 'a' + 10);
    }
  return unit;
}

/* Whether the N digits at TEXT are more than an integer of 64 bits with a sign holds. */
static int
is_vast (const char *digits, size_t n, int negative)
{
  return n > 19 || (n == 19 && memcmp (digits, negative ? "9223372036854775808" : "9223372036854775807", 19) > 0);
}

/* Makes a real number of each integer in TEXT that is too large for one, as "1234567890123456789012" of which it makes
   "12345678901234567890e2", as long, and the same as far as a real number goes; how many there were. */
static size_t
mend_integers (char *bytes, struct aid_span text)
{
  size_t mended = 0, end;
  int quoted = 0;
  for (size_t i = 0; i < text.len; i = end)
    {
      char c = text.ptr[i];
      end = i + 1 + (quoted && c == '\\');
      quoted ^= c == '"';
      if (quoted || c < '0' || c > '9')
        continue;
      while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
      int real = end < text.len && strchr (".eE", text.ptr[end]);
      int negative = i && text.ptr[i - 1] == '-';
      int part = i > (size_t)negative && strchr (".eE+", text.ptr[i - 1 - (size_t)negative]);
      if (real || part || !is_vast (text.ptr + i, end - i, negative))
        continue;
      bytes[end - 2] = 'e';
      bytes[end - 1] = '2';
      mended++;
    }
  return mended;
}

/* Writes U+FFFD over each half of a pair of surrogates that stands alone in TEXT, which is as long; how many there were. */
static size_t
mend_halves (char *bytes, struct aid_span text)
{
  static const char replacement[] = { 'f', 'f', 'f', 'd' };
  size_t mended = 0;
  for (size_t i = 0; i + 1 < text.len; i++)
    {
      if (text.ptr[i] != '\\')
        continue;
      long unit = unit_at (text, i), next = (unit & ~0x3ffL) == 0xD800 ? unit_at (text, i + 6) : -1;
      int pair = (next & ~0x3ffL) == 0xDC00;
      if ((unit & ~0x7ffL) == 0xD800 && !pair)
        {
          memcpy (bytes + i + 2, replacement, sizeof replacement);
          mended++;
        }
      i += unit < 0 ? 1 : pair ? 11 : 5;
    }
  return mended;
}

json_t *
aid_json_parse_python (struct aid_span text, const char *what, struct aid_error *e)
{
  json_t *v = aid_json_parse (text, what, e);
  char *bytes = v || text.len > JSON_MAX ? NULL : aid_span_dup (text);
  size_t mended = bytes ? mend_halves (bytes, (struct aid_span){ bytes, text.len }) : 0;
  mended += bytes ? mend_integers (bytes, (struct aid_span){ bytes, text.len }) : 0;
  if (mended)
    v = aid_json_parse ((struct aid_span){ bytes, text.len }, what, e);
  free (bytes);
  return v;
}

const char *
aid_json_str (const json_t *obj, const char *key)
{
  return json_string_value (json_object_get (obj, key));
}

struct aid_span
aid_json_span (const json_t *obj, const char *key)
{
  const json_t *v = json_object_get (obj, key);
  if (!json_is_string (v))
    return (struct aid_span){ "", 0 };
  return (struct aid_span){ json_string_value (v), json_string_length (v) };
}

int64_t
aid_json_int (const json_t *obj, const char *key, int64_t fallback)
{
  const json_t *v = json_object_get (obj, key);
  if (json_is_integer (v))
    return json_integer_value (v);
  if (!json_is_real (v))
    return fallback;
  double d = json_real_value (v);
  if (d >= 9223372036854775807.0)
    return INT64_MAX;
  return d <= -9223372036854775808.0 ? INT64_MIN : (int64_t) d;
}

double
aid_json_real (const json_t *obj, const char *key, double fallback)
{
  const json_t *v = json_object_get (obj, key);
  return json_is_number (v) ? json_number_value (v) : fallback;
}

int
aid_json_bool (const json_t *obj, const char *key, int fallback)
{
  const json_t *v = json_object_get (obj, key);
  return json_is_boolean (v) ? json_is_true (v) : fallback;
}

json_t *
aid_json_of_span (struct aid_span v)
{
  if (aid_utf8_valid_prefix (v) == v.len)
    return json_stringn_nocheck (v.len ? v.ptr : "", v.len);
  struct aid_str clean = AID_STR_INIT (v.len * 3 + 1);
  json_t *s = aid_utf8_clean (v, &clean) ? NULL : json_stringn_nocheck (aid_str_z (&clean), clean.len);
  aid_str_free (&clean);
  return s;
}
