/* Writes JSON in compact form, as jansson would.  Nearly all of what is written is long strings, and they are copied up to the
   next character that must be escaped; jansson decodes every character. */
#include "base/json.h"
#include <stdlib.h>

/* Bytes at the start of V that stand in a JSON string as they are. */
static size_t
plain_run (struct aid_span v)
{
  size_t i = 0;
  while (i < v.len && (unsigned char) v.ptr[i] >= ' ' && v.ptr[i] != '"' && v.ptr[i] != '\\')
    i++;
  return i;
}

static void
write_escape (unsigned char c, struct aid_str *out)
{
  static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
  for (size_t i = 0; i + 1 < sizeof letters; i += 2)
    if ((unsigned char) letters[i] == c)
      {
        aid_str_addc (out, '\\');
        aid_str_addc (out, letters[i + 1]);
        return;
      }
  aid_str_addf (out, "\\u%04X", c);
}

static void
write_string (struct aid_span v, struct aid_str *out)
{
  aid_str_addc (out, '"');
  while (v.len && !out->err)
    {
      size_t n = plain_run (v);
      aid_str_add (out, v.ptr, n);
      if (n < v.len)
        write_escape ((unsigned char) v.ptr[n++], out);
      v = aid_span_cut (v, n, v.len);
    }
  aid_str_addc (out, '"');
}

/* A real, which must stay one, in jansson's way; with the fewest digits that are read back as the same number, for people see
   what is sent, and 0.2 is what they wrote. */
static void
write_real (const json_t *v, struct aid_str *out)
{
  enum { SURE = 17 };
  char *text = NULL;
  for (int digits = 15; digits <= SURE; digits++)
    {
      free (text);
      text = json_dumps (v, JSON_ENCODE_ANY | JSON_REAL_PRECISION (digits));
      if (!text || strtod (text, NULL) == json_real_value (v)) /* a comma as decimal point: all digits */
        break;
    }
  if (text)
    aid_str_addz (out, text);
  else
    out->err = AID_E_NOMEM;
  free (text);
}

static void write_value (const json_t *v, struct aid_str *out);

static void
write_object (const json_t *v, struct aid_str *out)
{
  json_t *object = (json_t *) (uintptr_t) v;
  int first = 1;
  aid_str_addc (out, '{');
  for (void *i = json_object_iter (object); i; i = json_object_iter_next (object, i), first = 0)
    {
      if (!first)
        aid_str_addc (out, ',');
      write_string (aid_span_z (json_object_iter_key (i)), out);
      aid_str_addc (out, ':');
      write_value (json_object_iter_value (i), out);
    }
  aid_str_addc (out, '}');
}

static void
write_array (const json_t *v, struct aid_str *out)
{
  aid_str_addc (out, '[');
  for (size_t i = 0; i < json_array_size (v); i++)
    {
      if (i)
        aid_str_addc (out, ',');
      write_value (json_array_get (v, i), out);
    }
  aid_str_addc (out, ']');
}

/* As deep as the document, which jansson's reader limits. */
static void
write_value (const json_t *v, struct aid_str *out)
{
  if (json_is_object (v))
    write_object (v, out);
  else if (json_is_array (v))
    write_array (v, out);
  else if (json_is_string (v))
    write_string ((struct aid_span){ json_string_value (v), json_string_length (v) }, out);
  else if (json_is_integer (v))
    aid_str_addf (out, "%" JSON_INTEGER_FORMAT, json_integer_value (v));
  else if (json_is_real (v))
    write_real (v, out);
  else
    aid_str_addz (out, json_is_true (v) ? "true" : json_is_false (v) ? "false" : "null");
}

enum aid_err
aid_json_dump (const json_t *v, struct aid_str *out)
{
  if (!v && !out->err)
    out->err = AID_E_NOMEM;
  if (!out->err)
    write_value (v, out);
  return out->err;
}
