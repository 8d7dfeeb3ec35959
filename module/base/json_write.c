/* Writes JSON in compact form, as jansson would.  Nearly all of what is written is long strings: they are copied eight bytes at a
   time, up to the next character that must be escaped; jansson decodes every character. */
#include "base/json.h"
#include "base/json_plain.h"
#include <stdlib.h>

#define CHUNK 512              /* bytes of a string that are written at once */
#define ESCAPE_MAX 6           /* bytes of an escape */

/* Writes the escape of C to TO and gives its end. */
static char *
write_escape (unsigned char c, char *to)
{
  static const char letters[]
    = { ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't' };
  static const char digits[] = "0123456789ABCDEF";
  *to++ = '\\';
  if (letters[c])
    {
      *to++ = letters[c];
      return to;
    }
  *to++ = 'u';
  *to++ = '0';
  *to++ = '0';
  *to++ = digits[c >> 4];
  *to++ = digits[c & 15];
  return to;
}

/* Writes V to TO as it stands in a string and gives the end; up to eight bytes behind it are overwritten, too. */
static char *
write_chunk (struct aid_span v, char *to)
{
  size_t i = 0;
  while (i + 8 <= v.len)
    {
      size_t n = aid_json_plain_of_eight (v.ptr + i);
      memcpy (to, v.ptr + i, 8);
      to += n;
      i += n;
      if (n < 8)
        to = write_escape ((unsigned char) v.ptr[i++], to);
    }
  for (; i < v.len; i++)
    if (aid_json_is_plain (v.ptr[i]))
      *to++ = v.ptr[i];
    else
      to = write_escape ((unsigned char) v.ptr[i], to);
  return to;
}

/* Writes V with the sign BEFORE and the sign AFTER; 0: none. */
static void
write_string (char before, struct aid_span v, char after, struct aid_str *out)
{
  char buf[CHUNK * ESCAPE_MAX + 16], *to = buf;
  if (before)
    *to++ = before;
  *to++ = '"';
  for (; v.len > CHUNK && !out->err; v = aid_span_cut (v, CHUNK, v.len), to = buf)
    {
      to = write_chunk (aid_span_cut (v, 0, CHUNK), to);
      aid_str_add (out, buf, (size_t) (to - buf));
    }
  if (out->err)                /* there may be more left than BUF holds */
    return;
  to = write_chunk (v, to);
  *to++ = '"';
  if (after)
    *to++ = after;
  aid_str_add (out, buf, (size_t) (to - buf));
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
      write_string (first ? 0 : ',', aid_span_z (json_object_iter_key (i)), ':', out);
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
    write_string (0, (struct aid_span){ json_string_value (v), json_string_length (v) }, 0, out);
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
