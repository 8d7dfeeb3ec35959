/* The reader of tags, by the rules of HTML where they matter: what a tag is, where it ends, where a script does. */
#include "base/utf8.h"
#include "context/html_internal.h"
#include <stdlib.h>
#include <strings.h>

#define REFERENCE_MAX 12 /* bytes of a character reference's name */

static int
is_letter (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* --- tags --------------------------------------------------------------------------------------------------------- */

/* The place of the ">" that ends the tag V begins with, or V.len: ">" in quotes does not count. */
static size_t
tag_end (struct aid_span v)
{
  char quote = 0, last = 0;
  for (size_t i = 1; i < v.len; i++)
    {
      char c = v.ptr[i];
      if (quote)
        quote = c == quote ? 0 : quote;
      else if (c == '>')
        return i;
      else if ((c == '"' || c == '\'') && last == '=')
        quote = c;
      last = is_blank (c) ? last : c;
    }
  return v.len;
}

/* Bytes of the comment or declaration at the beginning of V, or 0. */
static size_t
skipped (struct aid_span v)
{
  struct aid_span end = AID_SPAN (">");
  if (v.len < 2 || (v.ptr[1] != '!' && v.ptr[1] != '?'))
    return 0;
  size_t from = 2;
  if (aid_span_starts (v, "<!--"))
    {
      end = AID_SPAN ("-->");
      from = v.len > 4 && v.ptr[4] == '>' ? 2 : 4; /* "<!-->" is one, whole */
    }
  else if (aid_span_starts (v, "<![CDATA["))
    end = AID_SPAN ("]]>");
  ptrdiff_t at = aid_span_find (aid_span_cut (v, from, v.len), end);
  return at < 0 ? v.len : from + (size_t)at + end.len;
}

static struct aid_html_token
read_tag (struct aid_span *rest)
{
  int closes = rest->ptr[1] == '/';
  struct aid_html_token t = { .kind = closes ? AID_HTML_CLOSE : AID_HTML_OPEN };
  size_t i = closes ? 2 : 1, n = 0, end = tag_end (*rest);
  for (; i < end && !is_blank (rest->ptr[i]) && rest->ptr[i] != '/'; i++)
    if (n + 1 < sizeof t.name)
      t.name[n++] = rest->ptr[i] >= 'A' && rest->ptr[i] <= 'Z' ? (char)(rest->ptr[i] + 'a' - 'A') : rest->ptr[i];
  t.text = aid_span_cut (*rest, i, end);
  if (end == rest->len)
    t.kind = AID_HTML_END;
  *rest = aid_span_cut (*rest, end + 1, rest->len);
  return t;
}

static int
begins_tag (struct aid_span v)
{
  return v.len > 1 && v.ptr[0] == '<' && (is_letter (v.ptr[1]) || (v.len > 2 && v.ptr[1] == '/' && is_letter (v.ptr[2])));
}

struct aid_html_token
aid_html_next (struct aid_span *rest)
{
  size_t skip, n;
  while (rest->len && rest->ptr[0] == '<' && (skip = skipped (*rest)))
    *rest = aid_span_cut (*rest, skip, rest->len);
  if (!rest->len)
    return (struct aid_html_token){ .kind = AID_HTML_END };
  if (begins_tag (*rest))
    return read_tag (rest);
  const char *lt = rest->len > 1 ? memchr (rest->ptr + 1, '<', rest->len - 1) : NULL;
  n = lt ? (size_t)(lt - rest->ptr) : rest->len;
  struct aid_html_token t = { .kind = AID_HTML_CHARS, .text = aid_span_cut (*rest, 0, n) };
  *rest = aid_span_cut (*rest, n, rest->len);
  return t;
}

struct aid_span
aid_html_raw (struct aid_span *rest, const char *name)
{
  size_t n = strlen (name), i = 0;
  for (const char *at; (at = i < rest->len ? memchr (rest->ptr + i, '<', rest->len - i) : NULL);)
    {
      i = (size_t)(at - rest->ptr);
      if (i + 2 + n <= rest->len && at[1] == '/' && !strncasecmp (at + 2, name, n)
          && (i + 2 + n == rest->len || !is_letter (at[2 + n])))
        break;
      i++;
    }
  if (i >= rest->len || rest->ptr[i] != '<')
    i = rest->len;
  struct aid_span text = aid_span_cut (*rest, 0, i);
  *rest = aid_span_cut (*rest, i, rest->len);
  return text;
}

int
aid_html_attribute (const struct aid_html_token *t, const char *name, struct aid_str *out)
{
  struct aid_span v = t->text;
  size_t n = strlen (name);
  for (size_t i = 0; i < v.len;)
    {
      size_t from = i;
      while (i < v.len && !is_blank (v.ptr[i]) && v.ptr[i] != '=' && v.ptr[i] != '/')
        i++;
      int same = i - from == n && !strncasecmp (v.ptr + from, name, n);
      while (i < v.len && is_blank (v.ptr[i]))
        i++;
      if (i == v.len || v.ptr[i] != '=')
        {
          if (same)
            return 1;
          i += i == from;
          continue;
        }
      for (i++; i < v.len && is_blank (v.ptr[i]);)
        i++;
      char quote = i < v.len && (v.ptr[i] == '"' || v.ptr[i] == '\'') ? v.ptr[i++] : 0;
      from = i;
      while (i < v.len && (quote ? v.ptr[i] != quote : !is_blank (v.ptr[i])))
        i++;
      if (same)
        {
          aid_html_decode (aid_span_cut (v, from, i), out);
          return 1;
        }
      i += quote != 0;
    }
  return 0;
}

/* --- character references ----------------------------------------------------------------------------------------- */

static const struct
{
  const char *name;
  uint32_t c;
} references[] = {
  { "amp", '&' },       { "lt", '<' },        { "gt", '>' },       { "quot", '"' },      { "apos", '\'' },
  { "nbsp", ' ' },      { "copy", 0xa9 },     { "reg", 0xae },     { "trade", 0x2122 },  { "hellip", 0x2026 },
  { "mdash", 0x2014 },  { "ndash", 0x2013 },  { "lsquo", 0x2018 }, { "rsquo", 0x2019 },  { "ldquo", 0x201c },
  { "rdquo", 0x201d },  { "sbquo", 0x201a },  { "bdquo", 0x201e }, { "laquo", 0xab },    { "raquo", 0xbb },
  { "bull", 0x2022 },   { "middot", 0xb7 },   { "times", 0xd7 },   { "divide", 0xf7 },   { "plusmn", 0xb1 },
  { "minus", 0x2212 },  { "deg", 0xb0 },      { "micro", 0xb5 },   { "para", 0xb6 },     { "sect", 0xa7 },
  { "dagger", 0x2020 }, { "larr", 0x2190 },   { "uarr", 0x2191 },  { "rarr", 0x2192 },   { "darr", 0x2193 },
  { "harr", 0x2194 },   { "rArr", 0x21d2 },   { "lArr", 0x21d0 },  { "hArr", 0x21d4 },   { "le", 0x2264 },
  { "ge", 0x2265 },     { "ne", 0x2260 },     { "equiv", 0x2261 }, { "asymp", 0x2248 },  { "infin", 0x221e },
  { "sum", 0x2211 },    { "prod", 0x220f },   { "radic", 0x221a }, { "part", 0x2202 },   { "int", 0x222b },
  { "forall", 0x2200 }, { "exist", 0x2203 },  { "isin", 0x2208 },  { "notin", 0x2209 },  { "cap", 0x2229 },
  { "cup", 0x222a },    { "sub", 0x2282 },    { "sup", 0x2283 },   { "and", 0x2227 },    { "or", 0x2228 },
  { "not", 0xac },      { "empty", 0x2205 },  { "nabla", 0x2207 }, { "perp", 0x22a5 },   { "cent", 0xa2 },
  { "pound", 0xa3 },    { "yen", 0xa5 },      { "euro", 0x20ac },  { "frac12", 0xbd },   { "frac14", 0xbc },
  { "frac34", 0xbe },   { "sup1", 0xb9 },     { "sup2", 0xb2 },    { "sup3", 0xb3 },     { "alpha", 0x3b1 },
  { "beta", 0x3b2 },    { "gamma", 0x3b3 },   { "delta", 0x3b4 },  { "epsilon", 0x3b5 }, { "lambda", 0x3bb },
  { "mu", 0x3bc },      { "pi", 0x3c0 },      { "sigma", 0x3c3 },  { "tau", 0x3c4 },     { "phi", 0x3c6 },
  { "omega", 0x3c9 },   { "Delta", 0x394 },   { "Omega", 0x3a9 },  { "Sigma", 0x3a3 },   { "auml", 0xe4 },
  { "ouml", 0xf6 },     { "uuml", 0xfc },     { "Auml", 0xc4 },    { "Ouml", 0xd6 },     { "Uuml", 0xdc },
  { "szlig", 0xdf },    { "eacute", 0xe9 },   { "egrave", 0xe8 },  { "ecirc", 0xea },    { "euml", 0xeb },
  { "agrave", 0xe0 },   { "aacute", 0xe1 },   { "acirc", 0xe2 },   { "aring", 0xe5 },    { "aelig", 0xe6 },
  { "ccedil", 0xe7 },   { "iacute", 0xed },   { "icirc", 0xee },   { "ntilde", 0xf1 },   { "oacute", 0xf3 },
  { "ocirc", 0xf4 },    { "oslash", 0xf8 },   { "uacute", 0xfa },  { "ucirc", 0xfb },    { "ugrave", 0xf9 },
  { "Eacute", 0xc9 },   { "Aring", 0xc5 },    { "Oslash", 0xd8 },  { "Ccedil", 0xc7 },   { "ensp", ' ' },
  { "emsp", ' ' },      { "thinsp", ' ' },    { "zwnj", 0x200c },  { "zwj", 0x200d },    { "shy", 0xad },
  { "lsaquo", 0x2039 }, { "rsaquo", 0x203a }, { "check", 0x2713 }, { "lbrace", '{' },    { "rbrace", '}' },
  { "lbrack", '[' },    { "rbrack", ']' },    { "lpar", '(' },     { "rpar", ')' },      { "num", '#' },
  { "percnt", '%' },    { "ast", '*' },       { "colon", ':' },    { "semi", ';' },      { "comma", ',' },
  { "period", '.' },    { "sol", '/' },       { "bsol", '\\' },    { "lowbar", '_' },    { "grave", '`' },
  { "vert", '|' },      { "Tab", '\t' },      { "NewLine", '\n' }, { "equals", '=' },    { "plus", '+' },
  { "dollar", '$' },    { "excl", '!' },      { "quest", '?' },    { "commat", '@' },    { "tilde", 0x2dc },
  { "circ", 0x2c6 },
};

/* What numbers from 128 to 159 mean on the web, which has taken windows-1252 for Unicode. */
static const uint16_t windows[32] = { 0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
                                      0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
                                      0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178 };

/* The number in "#38" or "#x26". */
static uint32_t
numbered (struct aid_span v)
{
  char digits[REFERENCE_MAX + 1] = "", *end;
  int hex = v.len > 1 && (v.ptr[1] | 32) == 'x';
  v = aid_span_cut (v, hex ? 2 : 1, v.len);
  memcpy (digits, v.ptr, v.len < REFERENCE_MAX ? v.len : REFERENCE_MAX);
  unsigned long c = strtoul (digits, &end, hex ? 16 : 10);
  if (end == digits || *end)
    return 0;
  if (c >= 128 && c < 160)
    return windows[c - 128];
  return c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0xfffd : (uint32_t)c;
}

/* What NAME, between "&" and ";", stands for, or 0. */
static uint32_t
referred (struct aid_span name)
{
  if (name.len > 1 && name.ptr[0] == '#')
    return numbered (name);
  for (size_t i = 0; i < sizeof references / sizeof *references; i++)
    if (aid_span_eqz (name, references[i].name))
      return references[i].c;
  return 0;
}

void
aid_html_decode (struct aid_span text, struct aid_str *out)
{
  for (const char *amp; (amp = text.len ? memchr (text.ptr, '&', text.len) : NULL);)
    {
      size_t at = (size_t)(amp - text.ptr), n = 1;
      while (at + n < text.len && n <= REFERENCE_MAX
             && (is_letter (amp[n]) || (amp[n] >= '0' && amp[n] <= '9') || (n == 1 && amp[n] == '#')))
        n++;
      uint32_t c = n > 1 ? referred (aid_span_cut (text, at + 1, at + n)) : 0;
      aid_str_add (out, text.ptr, at + !c);
      if (c)
        aid_utf8_encode (out, c);
      size_t past = !c ? at + 1 : at + n + (at + n < text.len && amp[n] == ';');
      text = aid_span_cut (text, past, text.len);
    }
  aid_str_addspan (out, text);
}
