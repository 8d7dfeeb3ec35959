/* One member of an event's data, which is a flat JSON object as jansson writes it: SQLite's own functions make a tree of the
   whole for each member that is asked for.  What is not flat, or has escapes, goes to jansson. */
#include "measure/metrics_internal.h"
#include "base/json.h"

#include <stdlib.h>

/* The place behind the blanks at P. */
static const char *
skip (const char *p, const char *end)
{
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
    p++;
  return p;
}

/* Reads the string that begins at P into *OUT and gives the place behind it; NULL: it has an escape, or no end. */
static const char *
read_string (const char *p, const char *end, struct aid_span *out)
{
  const char *from = ++p;
  while (p < end && *p != '"')
    if (*p++ == '\\')
      return NULL;
  *out = (struct aid_span){ from, (size_t)(p - from) };
  return p < end ? p + 1 : NULL;
}

/* Reads the word or number at P; NULL: it is an object, a list, or nothing. */
static const char *
read_plain (const char *p, const char *end, struct aid_span *out)
{
  const char *from = p;
  while (p < end && *p != ',' && *p != '}' && *p != ' ')
    if (strchr ("{[\"\\\n\t\r", *p++))
      return NULL;
  *out = (struct aid_span){ from, (size_t)(p - from) };
  return p > from ? p : NULL;
}

int
aid_metrics_field (struct aid_span data, struct aid_span name, struct aid_span *value, int *quoted)
{
  const char *end = data.ptr + data.len, *p = skip (data.ptr, end);
  struct aid_span key;
  if (p == end || *p != '{')
    return -1;
  p = skip (p + 1, end);
  if (p < end && *p == '}')
    return 0;
  for (;;)
    {
      if (p == end || *p != '"' || !(p = read_string (p, end, &key)))
        return -1;
      p = skip (p, end);
      if (p == end || *p != ':')
        return -1;
      p = skip (p + 1, end);
      *quoted = p < end && *p == '"';
      p = *quoted ? read_string (p, end, value) : read_plain (p, end, value);
      if (!p)
        return -1;
      if (aid_span_eq (key, name))
        return 1;
      p = skip (p, end);
      if (p == end || *p != ',')
        return p < end && *p == '}' ? 0 : -1;
      p = skip (p + 1, end);
    }
}

/* The slow way, for whatever JSON it is. */
static void
give_parsed (sqlite3_context *c, struct aid_span data, struct aid_span name)
{
  json_t *all = aid_json_load (data), *v = all ? json_object_getn (all, name.ptr, name.len) : NULL;
  if (json_is_string (v))
    sqlite3_result_text (c, json_string_value (v), (int)json_string_length (v), SQLITE_TRANSIENT);
  else if (json_is_integer (v))
    sqlite3_result_int64 (c, json_integer_value (v));
  else if (json_is_real (v))
    sqlite3_result_double (c, json_real_value (v));
  else if (json_is_boolean (v))
    sqlite3_result_int (c, json_is_true (v));
  json_decref (all);
}

/* V is a word or number of JSON; what is neither is NULL. */
static void
give_plain (sqlite3_context *c, struct aid_span v)
{
  char text[64], *end;
  uint64_t n;
  if (!aid_span_number (v, INT64_MAX, &n))
    sqlite3_result_int64 (c, (int64_t)n);
  else if (aid_span_eqz (v, "true") || aid_span_eqz (v, "false"))
    sqlite3_result_int (c, v.ptr[0] == 't');
  else if (v.len < sizeof text && (v.ptr[0] == '-' || (v.ptr[0] >= '0' && v.ptr[0] <= '9')))
    {
      memcpy (text, v.ptr, v.len);
      text[v.len] = '\0';
      double d = strtod (text, &end);
      if (!*end)
        sqlite3_result_double (c, d);
    }
}

void
aid_metrics_sql_field (sqlite3_context *c, int n, sqlite3_value **args)
{
  const char *data = (const char *)sqlite3_value_text (args[0]), *name = (const char *)sqlite3_value_text (args[1]);
  struct aid_span all = { data, (size_t)sqlite3_value_bytes (args[0]) },
                  key = { name, (size_t)sqlite3_value_bytes (args[1]) }, v;
  int quoted = 0;
  (void)n;
  if (!data || !name)
    return;
  switch (aid_metrics_field (all, key, &v, &quoted))
    {
    case 0:
      break;
    case 1:
      if (quoted)
        sqlite3_result_text (c, v.ptr, (int)v.len, SQLITE_TRANSIENT);
      else
        give_plain (c, v);
      break;
    default:
      give_parsed (c, all, key);
    }
}
