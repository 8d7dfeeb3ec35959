/* The writers of value trees, and their form as JSON. */
#include "base/val.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void
put_u32 (struct aid_str *out, uint32_t n)
{
  aid_str_add (out, &n, sizeof n);
}

/* Writes N over the count or length at AT. */
static void
patch_u32 (struct aid_str *out, size_t at, uint32_t n)
{
  if (!out->err)
    memcpy (out->ptr + at, &n, sizeof n);
}

/* A tag, a length and the bytes of S, cleaned. */
static void
put_text (struct aid_str *out, struct aid_span s)
{
  size_t at = out->len;
  put_u32 (out, 0);
  size_t from = out->len;
  aid_utf8_clean (s, out);
  if (!out->err && out->len - from > UINT32_MAX)
    out->err = AID_E_LIMIT;
  patch_u32 (out, at, (uint32_t) (out->len - from));
}

void
aid_val_nil (struct aid_str *out)
{
  aid_str_addc (out, 'n');
}

void
aid_val_bool (struct aid_str *out, int truth)
{
  aid_str_addc (out, truth ? 't' : 'f');
}

void
aid_val_int (struct aid_str *out, int64_t i)
{
  aid_str_addc (out, 'i');
  aid_str_add (out, &i, sizeof i);
}

void
aid_val_real (struct aid_str *out, double d)
{
  aid_str_addc (out, 'd');
  aid_str_add (out, &d, sizeof d);
}

void
aid_val_str (struct aid_str *out, struct aid_span s)
{
  aid_str_addc (out, 's');
  put_text (out, s);
}

void
aid_val_strz (struct aid_str *out, const char *z)
{
  if (z)
    aid_val_str (out, aid_span_z (z));
  else
    aid_val_nil (out);
}

void
aid_val_sym (struct aid_str *out, const char *name)
{
  aid_str_addc (out, 'y');
  put_text (out, aid_span_z (name));
}

size_t
aid_val_list (struct aid_str *out)
{
  aid_str_addc (out, 'l');
  put_u32 (out, 0);
  return out->len - sizeof (uint32_t);
}

size_t
aid_val_object (struct aid_str *out)
{
  aid_str_addc (out, 'o');
  put_u32 (out, 0);
  return out->len - sizeof (uint32_t);
}

void
aid_val_key (struct aid_str *out, const char *key)
{
  put_text (out, aid_span_z (key));
}

void
aid_val_end (struct aid_str *out, size_t handle, uint32_t count)
{
  patch_u32 (out, handle, count);
}

void
aid_val_kint (struct aid_str *out, const char *key, int64_t i)
{
  aid_val_key (out, key);
  aid_val_int (out, i);
}

void
aid_val_kreal (struct aid_str *out, const char *key, double d)
{
  aid_val_key (out, key);
  aid_val_real (out, d);
}

void
aid_val_kbool (struct aid_str *out, const char *key, int truth)
{
  aid_val_key (out, key);
  aid_val_bool (out, truth);
}

void
aid_val_kstr (struct aid_str *out, const char *key, struct aid_span s)
{
  aid_val_key (out, key);
  aid_val_str (out, s);
}

void
aid_val_kstrz (struct aid_str *out, const char *key, const char *z)
{
  aid_val_key (out, key);
  aid_val_strz (out, z);
}

void
aid_val_ksym (struct aid_str *out, const char *key, const char *name)
{
  aid_val_key (out, key);
  aid_val_sym (out, name);
}

/* --- JSON --- */

enum { DEPTH_MAX = 200 };

static void
json_string (struct aid_str *out, struct aid_span s)
{
  aid_str_addc (out, '"');
  size_t from = 0;
  for (size_t i = 0; i < s.len; i++)
    {
      unsigned char c = (unsigned char) s.ptr[i];
      if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F)
        continue;
      aid_str_add (out, s.ptr + from, i - from);
      from = i + 1;
      if (c == '"' || c == '\\')
        aid_str_addf (out, "\\%c", c);
      else if (c == '\n')
        aid_str_addz (out, "\\n");
      else if (c == '\t')
        aid_str_addz (out, "\\t");
      else
        aid_str_addf (out, "\\u%04x", c);
    }
  aid_str_add (out, s.ptr + from, s.len - from);
  aid_str_addc (out, '"');
}

static void
json_real (struct aid_str *out, double d)
{
  char buf[40];
  if (!isfinite (d))
    {
      aid_str_addz (out, "null");
      return;
    }
  snprintf (buf, sizeof buf, "%.17g", d);
  /* The shortest of the usual forms that reads back as the same number. */
  for (int digits = 1; digits < 17; digits++)
    {
      char shorter[40];
      snprintf (shorter, sizeof shorter, "%.*g", digits, d);
      if (strtod (shorter, NULL) == d)
        {
          memcpy (buf, shorter, sizeof buf);
          break;
        }
    }
  aid_str_addz (out, buf);
  if (!strpbrk (buf, ".e"))
    aid_str_addz (out, ".0");
}

static void
json_break (struct aid_str *out, int indent, int depth)
{
  if (indent > 0)
    aid_str_addf (out, "\n%*s", indent * depth, "");
}

static void json_value (struct aid_span *rest, int indent, int depth, struct aid_str *out);

static void
json_members (struct aid_val_item it, struct aid_span *rest, int indent, int depth, struct aid_str *out)
{
  int object = it.tag == 'o';
  aid_str_addc (out, object ? '{' : '[');
  for (uint32_t i = 0; i < it.count && !out->err; i++)
    {
      if (i > 0)
        aid_str_addz (out, indent > 0 ? "," : ", ");
      json_break (out, indent, depth + 1);
      if (object)
        {
          json_string (out, aid_val_next_key (rest));
          aid_str_addz (out, ": ");
        }
      json_value (rest, indent, depth + 1, out);
    }
  if (it.count > 0)
    json_break (out, indent, depth);
  aid_str_addc (out, object ? '}' : ']');
}

static void
json_value (struct aid_span *rest, int indent, int depth, struct aid_str *out)
{
  struct aid_val_item it = aid_val_next (rest);
  switch (it.tag)
    {
    case 'n': aid_str_addz (out, "null"); break;
    case 't': aid_str_addz (out, "true"); break;
    case 'f': aid_str_addz (out, "false"); break;
    case 'i': aid_str_addf (out, "%lld", (long long) it.i); break;
    case 'd': json_real (out, it.d); break;
    case 's':
    case 'y': json_string (out, it.s); break;
    case 'l':
    case 'o':
      if (depth < DEPTH_MAX)
        {
          json_members (it, rest, indent, depth, out);
          break;
        }
      /* fall through */
    default:
      out->err = out->err ? out->err : AID_E_INVALID;
    }
}

enum aid_err
aid_val_to_json (struct aid_span v, int indent, struct aid_str *out)
{
  json_value (&v, indent, 0, out);
  return out->err;
}
