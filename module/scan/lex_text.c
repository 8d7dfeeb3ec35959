/* Tokens of the languages with braces: where comments, strings and regular expressions end. */
#include "scan/lex_internal.h"

#define W AID_LEX_W
#define class aid_lex_class

/* --- comments --- */

uint32_t
aid_lex_line_comment_end (const struct aid_lex *l, uint32_t at)
{
  for (;;)
    {
      at = aid_scan_line_end (l->s, at);
      uint32_t back = at > 0 && l->text[at - 1] == '\r' ? at - 1 : at;
      if (at >= l->len || !(l->flags & AID_LEX_DIRECTIVES) || l->text[back - 1] != '\\')
        return at;
      at++;
    }
}

uint32_t
aid_lex_block_comment_end (const struct aid_lex *l, uint32_t at)
{
  const unsigned char *t = l->text;
  int depth = 1;
  if (!(l->flags & AID_LEX_RUST))
    {
      const unsigned char *close = memmem (t + at + 2, l->len - at - 2, "*/", 2);
      return close ? (uint32_t) (close - t) + 2 : l->len;
    }
  for (at += 2; at + 1 < l->len; at++)
    if (t[at] == '*' && t[at + 1] == '/')
      {
        at++;
        if (--depth == 0)
          return at + 1;
      }
    else if (t[at] == '/' && t[at + 1] == '*')
      depth++, at++;
  return l->len;
}

/* --- strings: each gives the place behind, or 0 when it is not closed where it must be --- */

uint32_t
aid_lex_quoted_end (struct aid_lex *l, uint32_t at, int over_lines)
{
  const unsigned char *t = l->text;
  unsigned char quote = t[at++];
  uint32_t *unclosed = &l->unclosed[quote == '"'];
  if (at < *unclosed)
    return 0;
  for (; at < l->len; at++)
    if (t[at] == quote)
      return at + 1;
    else if (t[at] == '\\')
      at += 1 + (at + 2 < l->len && t[at + 1] == '\r' && t[at + 2] == '\n');
    else if (t[at] == '\n' && !over_lines)
      break;
  if (over_lines)
    return l->len;
  *unclosed = at;
  return 0;
}

/* From the "(" that the delimiter between QUOTE and it names. */
uint32_t
aid_lex_raw_cpp_end (const struct aid_lex *l, uint32_t quote)
{
  unsigned char close[20] = ")";
  uint32_t n = 0, at = quote + 1;
  while (n < 17 && at + n < l->len && l->text[at + n] != '(')
    {
      close[1 + n] = l->text[at + n];
      n++;
    }
  if (at + n >= l->len || l->text[at + n] != '(')
    return 0;
  close[1 + n] = '"';
  const unsigned char *end = memmem (l->text + at + n, l->len - at - n, close, n + 2);
  return end ? (uint32_t) (end - l->text) + n + 2 : l->len;
}

/* AT is behind the "r": hashes and a quote, or 0. */
uint32_t
aid_lex_raw_rust_end (const struct aid_lex *l, uint32_t at)
{
  uint32_t hashes = 0;
  while (at < l->len && l->text[at] == '#')
    at++, hashes++;
  if (at >= l->len || l->text[at] != '"')
    return 0;
  for (at++; at < l->len; at++)
    if (l->text[at] == '"')
      {
        uint32_t n = 0;
        while (n < hashes && at + 1 + n < l->len && l->text[at + 1 + n] == '#')
          n++;
        if (n == hashes)
          return at + 1 + n;
      }
  return l->len;
}

uint32_t
aid_lex_text_block_end (const struct aid_lex *l, uint32_t at)
{
  for (at += 3; at + 2 < l->len; at++)
    if (l->text[at] == '\\')
      at++;
    else if (l->text[at] == '"' && l->text[at + 1] == '"' && l->text[at + 2] == '"')
      return at + 3;
  return l->len;
}

/* Whether "/" begins a regular expression, by what stands before. */
int
aid_lex_regex_may_begin (const struct aid_lex *l)
{
  static const char *const words[] = { "return",     "typeof", "case", "in",   "of",    "delete", "void",
                                       "instanceof", "new",    "do",   "else", "yield", "await",  "throw" };
  if (l->before == AID_T_WORD)
    {
      for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (aid_range_is (l->s, (struct aid_range){ l->before_from, l->before_to }, words[i]))
          return 1;
      return 0;
    }
  return !((l->before == ')' && !l->condition) || l->before == ']' || l->before == AID_T_NUMBER || l->before == AID_T_STRING
           || l->before == AID_T_CHAR || l->before == '<' || (l->before == '}' && l->lines == 0));
}

uint32_t
aid_lex_regex_end (struct aid_lex *l, uint32_t at)
{
  int class_open = 0;
  if (at < l->unclosed[2])
    return 0;
  uint32_t stop = l->len - at > AID_LEX_REGEX_MAX ? at + AID_LEX_REGEX_MAX : l->len;
  for (at++; at < stop && l->text[at] != '\n'; at++)
    if (l->text[at] == '\\')
      at++;
    else if (l->text[at] == '[')
      class_open = 1;
    else if (l->text[at] == ']')
      class_open = 0;
    else if (l->text[at] == '/' && !class_open)
      {
        for (at++; at < l->len && class[l->text[at]] & W; at++)
          ;
        return at;
      }
  l->unclosed[2] = at;
  return 0;
}
