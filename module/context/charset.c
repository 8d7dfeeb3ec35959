/* What a page's bytes mean.  The labels are the web's: its "latin1" and "ascii" are windows-1252. */
#include "context/charset.h"
#include "base/utf8.h"
#include <iconv.h>
#include <strings.h>

#define LABEL_MAX 40
#define PRESCAN 4096 /* bytes in which a page may name its charset */
#define REPLACEMENT "\xEF\xBF\xBD"

static const struct
{
  const char *label, *means;
} labels[] = {
  { "latin1", "windows-1252" },
  { "iso-8859-1", "windows-1252" },
  { "iso8859-1", "windows-1252" },
  { "us-ascii", "windows-1252" },
  { "ascii", "windows-1252" },
  { "cp1252", "windows-1252" },
  { "utf8", "utf-8" },
  { "shift-jis", "shift_jis" },
  { "x-sjis", "shift_jis" },
  { "gb2312", "gbk" },
  { "ks_c_5601-1987", "euc-kr" },
  { "iso-8859-9", "windows-1254" },
  { "unicode", "utf-16le" },
  { "utf-16", "utf-16le" },
};

/* Puts the charset that follows a "charset=" in V into LABEL, in small letters; 0 when there is none that could be a name. */
static int
label_in (struct aid_span v, char label[LABEL_MAX])
{
  size_t n = 0;
  for (size_t i = 0; i + 8 <= v.len; i++)
    if (!strncasecmp (v.ptr + i, "charset=", 8))
      {
        v = aid_span_cut (v, i + 8, v.len);
        while (v.len && strchr ("\"' \t", v.ptr[0]) && v.ptr[0])
          v = aid_span_cut (v, 1, v.len);
        for (; n < v.len && n + 1 < LABEL_MAX; n++)
          {
            char c = v.ptr[n];
            if (c >= 'A' && c <= 'Z')
              c = (char)(c + 'a' - 'A');
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':'))
              break;
            label[n] = c;
          }
        break;
      }
  label[n] = '\0';
  return n > 0;
}

static const char *
meaning (const char *label)
{
  for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
    if (!strcmp (label, labels[i].label))
      return labels[i].means;
  return label;
}

/* Appends what BYTES are in CHARSET; AID_E_INVALID when the system does not know it. */
static enum aid_err
convert (const char *charset, struct aid_span bytes, struct aid_str *out)
{
  iconv_t cd = iconv_open ("UTF-8", charset);
  if (cd == (iconv_t)-1)
    return AID_E_INVALID;
  char *in = (char *)(uintptr_t)bytes.ptr, buf[8192];
  size_t left = bytes.len;
  while (left > 0 && !out->err)
    {
      char *to = buf;
      size_t room = sizeof buf, before = left;
      size_t rc = iconv (cd, &in, &left, &to, &room);
      aid_str_add (out, buf, sizeof buf - room);
      if (rc == (size_t)-1 && left == before && room == sizeof buf)
        {
          aid_str_addz (out, REPLACEMENT); /* a byte that means nothing here, or the end of a character that was cut */
          in++;
          left--;
          iconv (cd, NULL, NULL, NULL, NULL);
        }
    }
  iconv_close (cd);
  return out->err;
}

/* The charset that a byte order mark at the beginning of *BYTES names, which is taken off, or NULL. */
static const char *
take_mark (struct aid_span *bytes)
{
  static const struct
  {
    struct aid_span mark;
    const char *charset;
  } marks[] = { { { "\xEF\xBB\xBF", 3 }, "utf-8" }, { { "\xFF\xFE", 2 }, "utf-16le" }, { { "\xFE\xFF", 2 }, "utf-16be" } };
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (bytes->len >= marks[i].mark.len && !memcmp (bytes->ptr, marks[i].mark.ptr, marks[i].mark.len))
      {
        *bytes = aid_span_cut (*bytes, marks[i].mark.len, bytes->len);
        return marks[i].charset;
      }
  return NULL;
}

enum aid_err
aid_charset_decode (struct aid_span bytes, const char *content_type, struct aid_str *out)
{
  char label[LABEL_MAX] = "";
  const char *charset = take_mark (&bytes);
  if (!charset && content_type && label_in (aid_span_z (content_type), label))
    charset = meaning (label);
  if (!charset && label_in (aid_span_cut (bytes, 0, bytes.len < PRESCAN ? bytes.len : PRESCAN), label))
    charset = strncmp (label, "utf-16", 6) ? meaning (label) : "utf-8"; /* it could not have been read */
  if (charset && strcmp (charset, "utf-8") != 0)
    {
      enum aid_err err = convert (charset, bytes, out);
      if (err != AID_E_INVALID)
        return err;
    }
  if (!charset && aid_utf8_valid_prefix (bytes) < bytes.len - aid_utf8_tail (bytes)
      && convert ("windows-1252", bytes, out) != AID_E_INVALID)
    return out->err;
  return aid_utf8_clean (bytes, out);
}
