/* Reads JSON as jansson would.  What a request carries back of reasoning is long strings, and they are copied up to the next
   escape; jansson looks at every character by itself.  Numbers are left to it. */
#include "base/json.h"
#include "base/json_plain.h"
#include "base/utf8.h"
#include <stdlib.h>

#define DEPTH_MAX 2000

struct reader
{
  struct aid_span text;
  size_t at;
  int depth;
  struct aid_str name;         /* of the member that is being read */
};

static json_t *read_value (struct reader *r);

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
peek (struct reader *r)
{
  while (r->at < r->text.len && is_blank (r->text.ptr[r->at]))
    r->at++;
  return r->at < r->text.len ? (unsigned char) r->text.ptr[r->at] : -1;
}

/* --- strings --------------------------------------------------------------------------------------------------------- */

/* The code unit of the four digits at the reader's place, or -1. */
static int32_t
read_unit (struct reader *r)
{
  int32_t unit = 0;
  if (r->text.len - r->at < 4)
    return -1;
  for (int i = 0; i < 4; i++)
    {
      static const char digits[] = "0123456789abcdefABCDEF";
      char c = r->text.ptr[r->at++];
      const char *digit = c ? strchr (digits, c) : NULL;
      if (!digit)
        return -1;
      int n = (int) (digit - digits);
      unit = unit * 16 + (n < 16 ? n : n - 6);
    }
  return unit;
}

/* Appends what stands behind "\u"; 0 when that is no character. */
static int
read_code (struct reader *r, struct aid_str *out)
{
  int32_t c = read_unit (r);
  if (c >= 0xD800 && c <= 0xDBFF)
    {
      if (r->text.len - r->at < 6 || r->text.ptr[r->at] != '\\' || r->text.ptr[r->at + 1] != 'u')
        return 0;
      r->at += 2;
      int32_t low = read_unit (r);
      if (low < 0xDC00 || low > 0xDFFF)
        return 0;
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
  else if (c < 0 || (c >= 0xDC00 && c <= 0xDFFF))
    return 0;
  return !aid_utf8_encode (out, (uint32_t) c);
}

static int
read_escape (struct reader *r, struct aid_str *out)
{
  static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  char c = r->at < r->text.len ? r->text.ptr[r->at++] : '\0';
  if (c == 'u')
    return read_code (r, out);
  for (size_t i = 0; i + 1 < sizeof letters; i += 2)
    if (letters[i] == c)
      return !aid_str_addc (out, letters[i + 1]);
  return 0;
}

/* The bytes up to the next quote, escape or control character. */
static struct aid_span
read_run (struct reader *r)
{
  size_t from = r->at;
  r->at += aid_json_plain (aid_span_cut (r->text, from, r->text.len));
  return aid_span_cut (r->text, from, r->at);
}

/* Reads what stands behind a quote.  *V is either a run of the text itself or what OUT got; 0 when it is no string. */
static int
read_string (struct reader *r, struct aid_str *out, struct aid_span *v)
{
  *v = read_run (r);
  if (r->at < r->text.len && r->text.ptr[r->at] == '"')
    {
      r->at++;
      return aid_utf8_valid_prefix (*v) == v->len;
    }
  for (struct aid_span run = *v;; run = read_run (r))
    {
      aid_str_addspan (out, run);
      char c = r->at < r->text.len ? r->text.ptr[r->at++] : '\0';
      if (out->err || aid_utf8_valid_prefix (run) != run.len || (c != '"' && (c != '\\' || !read_escape (r, out))))
        return 0;
      if (c == '"')
        break;
    }
  *v = aid_str_span (out);
  return 1;
}

static json_t *
string_value (struct reader *r)
{
  struct aid_str copy = AID_STR_INIT (r->text.len);
  struct aid_span v;
  json_t *s = read_string (r, &copy, &v) ? json_stringn_nocheck (v.len ? v.ptr : "", v.len) : NULL;
  aid_str_free (&copy);
  return s;
}

/* --- values ---------------------------------------------------------------------------------------------------------- */

/* Takes the member VALUE of O, called NAME. */
static int
set_member (struct reader *r, json_t *o, struct aid_span name, json_t *value)
{
  aid_str_clear (&r->name);
  aid_str_addspan (&r->name, name);
  if (!r->name.err && value && !memchr (name.ptr, '\0', name.len))
    return !json_object_set_new_nocheck (o, aid_str_z (&r->name), value);
  json_decref (value);
  return 0;
}

static int
read_member (struct reader *r, json_t *o)
{
  struct aid_str copy = AID_STR_INIT (r->text.len);
  struct aid_span name;
  int good = peek (r) == '"';
  r->at += (size_t) good;
  good = good && read_string (r, &copy, &name) && peek (r) == ':';
  if (good)
    {
      r->at++;
      good = set_member (r, o, name, read_value (r));
    }
  aid_str_free (&copy);
  return good;
}

static int
read_element (struct reader *r, json_t *list)
{
  json_t *v = read_value (r);
  return v && !json_array_append_new (list, v);
}

/* Reads into V, a list or an object, what stands behind its opening bracket, up to END.  Gives V, or NULL and frees it. */
static json_t *
read_all (struct reader *r, json_t *v, int (*read_one) (struct reader *r, json_t *v), char end)
{
  int good = v != NULL && ++r->depth <= DEPTH_MAX;
  if (good && peek (r) == end)
    {
      r->at++;
      r->depth--;
      return v;
    }
  while (good && read_one (r, v))
    {
      int c = peek (r);
      r->at += c >= 0;
      if (c == end)
        {
          r->depth--;
          return v;
        }
      good = c == ',';
    }
  json_decref (v);
  return NULL;
}

/* A number, or a word: true, false, null. */
static json_t *
read_word (struct reader *r)
{
  size_t from = r->at;
  while (r->at < r->text.len && strchr ("+-.0123456789EeabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", r->text.ptr[r->at])
         && r->text.ptr[r->at])
    r->at++;
  struct aid_span word = aid_span_cut (r->text, from, r->at);
  if (aid_span_eqz (word, "true") || aid_span_eqz (word, "false"))
    return json_boolean (word.len == 4);
  if (aid_span_eqz (word, "null"))
    return json_null ();
  return word.len ? json_loadb (word.ptr, word.len, JSON_DECODE_ANY, NULL) : NULL;
}

static json_t *
read_value (struct reader *r)
{
  int c = peek (r);
  r->at += c == '"' || c == '[' || c == '{';
  switch (c)
    {
    case '"':
      return string_value (r);
    case '[':
      return read_all (r, json_array (), read_element, ']');
    case '{':
      return read_all (r, json_object (), read_member, '}');
    default:
      return read_word (r);
    }
}

json_t *
aid_json_load (struct aid_span text)
{
  struct reader r = { .text = text, .name = AID_STR_INIT (text.len) };
  int c = peek (&r);
  json_t *v = c == '[' || c == '{' ? read_value (&r) : NULL;
  if (v && peek (&r) >= 0)
    {
      json_decref (v);
      v = NULL;
    }
  aid_str_free (&r.name);
  return v;
}

enum aid_err
aid_json_strings (struct aid_span text, enum aid_err (*take) (void *ctx, struct aid_span v), void *ctx)
{
  struct reader r = { .text = text };
  struct aid_str copy = AID_STR_INIT (text.len);
  enum aid_err err = AID_OK;
  for (const char *quote; !err && r.at < text.len && (quote = memchr (text.ptr + r.at, '"', text.len - r.at));)
    {
      struct aid_span v;
      r.at = (size_t) (quote - text.ptr) + 1;
      aid_str_clear (&copy);
      err = read_string (&r, &copy, &v) ? take (ctx, v) : copy.err ? copy.err : AID_E_PARSE;
    }
  aid_str_free (&copy);
  return err;
}
