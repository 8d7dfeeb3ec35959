/* The canonical form of a line, for comparing only: lines that people see as the same are the same in it.  Runs of blanks are one
   blank, typographic signs are the plain ones, and letters with marks are composed (Unicode's NFC), however they are written. */
#include "patch/patch_internal.h"

#include <stdlib.h>
#include <utf8proc.h>

enum { MARKS_MAX = 30 };        /* on one letter: Unicode's "Stream-Safe Text Format"; sorting more would take long */

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r';
}

/* The sign that the bytes at P (N of them) are a variant of, as ASCII, and their length in *LEN; NULL: none.  Models write
   typographic quotes, dashes and blanks for plain ones, and the reverse. */
static const char *
plain_sign (const unsigned char *p, size_t n, size_t *len)
{
  static const struct { unsigned char b0, b1, from, to; const char *sign; } wide[] = {
    { 0xe2, 0x80, 0x90, 0x95, "-" },  { 0xe2, 0x88, 0x92, 0x92, "-" },   { 0xe2, 0x80, 0x98, 0x9b, "'" },
    { 0xe2, 0x80, 0x9c, 0x9f, "\"" }, { 0xe2, 0x80, 0xa6, 0xa6, "..." }, { 0xe2, 0x80, 0xaf, 0xaf, " " },
    { 0xe2, 0x80, 0x80, 0x8a, " " },  { 0xe3, 0x80, 0x80, 0x80, " " },   { 0xef, 0xbb, 0xbf, 0xbf, "" },
    { 0xe2, 0x80, 0x8b, 0x8d, "" },   { 0xe2, 0x81, 0xa0, 0xa0, "" }, /* of no width */
  };
  *len = 2;
  if (n >= 2 && p[0] == 0xc2 && (p[1] == 0xab || p[1] == 0xbb))
    return "\"";
  if (n >= 2 && p[0] == 0xc2 && p[1] == 0xa0)
    return " ";
  if (n >= 2 && p[0] == 0xc2 && p[1] == 0xad) /* a soft hyphen */
    return "";
  *len = 3;
  for (size_t i = 0; i < sizeof wide / sizeof *wide && n >= 3; i++)
    if (p[0] == wide[i].b0 && p[1] == wide[i].b1 && p[2] >= wide[i].from && p[2] <= wide[i].to)
      return wide[i].sign;
  return NULL;
}

/* Adds C as the canonical form has it: a run of blanks is one, so is "--". */
static void
add_canonical (struct aid_str *out, char c)
{
  char last = out->len > 0 ? out->ptr[out->len - 1] : ' ';
  if (is_blank (c) ? last != ' ' : !(c == '-' && last == '-'))
    aid_str_addc (out, is_blank (c) ? ' ' : c);
}

static void
add_signs (struct aid_span v, struct aid_str *out)
{
  for (size_t i = 0; i < v.len;)
    {
      size_t len = 1;
      const char *sign = (unsigned char) v.ptr[i] < 0x80 ? NULL
                                                         : plain_sign ((const unsigned char *) v.ptr + i, v.len - i, &len);
      if (!sign)
        add_canonical (out, v.ptr[i++]);
      else
        {
          for (; *sign; sign++)
            add_canonical (out, *sign);
          i += len;
        }
    }
}

/* --- letters and their marks --- */

/* Whether composing may change V: below U+0300 there are no marks, and every letter is one character already. */
static int
may_compose (struct aid_span v)
{
  for (size_t i = 0; i < v.len; i++)
    if ((unsigned char) v.ptr[i] >= 0xcc)
      return 1;
  return 0;
}

/* Whether V is UTF-8 without more marks on a letter than there are in any language. */
static int
is_composable (struct aid_span v)
{
  size_t marks = 0;
  while (v.len > 0)
    {
      utf8proc_int32_t c;
      utf8proc_ssize_t n = utf8proc_iterate ((const utf8proc_uint8_t *) v.ptr, (utf8proc_ssize_t) v.len, &c);
      if (n <= 0)
        return 0;
      marks = utf8proc_get_property (c)->combining_class ? marks + 1 : 0;
      if (marks > MARKS_MAX)
        return 0;
      v = aid_span_cut (v, (size_t) n, v.len);
    }
  return 1;
}

int
aid_begins_unseen (struct aid_span v)
{
  size_t len;
  const char *sign = v.len > 0 && (unsigned char) *v.ptr >= 0x80 ? plain_sign ((const unsigned char *) v.ptr, v.len, &len) : NULL;
  return sign && (*sign == ' ' || !*sign);
}

void
aid_canonical (struct aid_span line, struct aid_str *out)
{
  utf8proc_uint8_t *composed = NULL;
  aid_str_clear (out);
  if (may_compose (line) && is_composable (line))
    {
      utf8proc_ssize_t n = utf8proc_map ((const utf8proc_uint8_t *) line.ptr, (utf8proc_ssize_t) line.len, &composed,
                                         UTF8PROC_STABLE | UTF8PROC_COMPOSE);
      if (n == UTF8PROC_ERROR_NOMEM)
        out->err = AID_E_NOMEM;
      else if (n >= 0)
        line = (struct aid_span){ (const char *) composed, (size_t) n };
    }
  add_signs (line, out);
  if (out->len > 0 && out->ptr[out->len - 1] == ' ')
    aid_str_remove (out, out->len - 1, 1);
  free (composed);
}
