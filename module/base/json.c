/* Reading JSON that nobody vouches for: a limit on its size, duplicate members refused, getters that take anything. */
#include "base/json.h"
#include "base/utf8.h"

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
