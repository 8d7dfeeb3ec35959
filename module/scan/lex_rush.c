/* Tokens of C and C++: reading over what is within braces that are only counted, byte by byte in place of token by token. */
#include "scan/lex_internal.h"

#define W AID_LEX_W
#define D AID_LEX_D
#define S AID_LEX_S
#define class aid_lex_class

enum
{
  BRACE = 1,
  SEMICOLON,
  QUOTE,
  HASH,
  SLASH
};
static const unsigned char rush_class[256] = { ['{'] = BRACE,  ['}'] = BRACE, [';'] = SEMICOLON, ['"'] = QUOTE,
                                               ['\''] = QUOTE, ['#'] = HASH,  ['/'] = SLASH };

static int
is_blank (unsigned char c)
{
  return class[c] & S || c == '\n' || c == '\\';
}

/* Where the blanks before AT begin, not before FROM; *LINES: whether there is a newline among them. */
static uint32_t
blanks_before (const struct aid_lex *l, uint32_t from, uint32_t at, int *lines)
{
  for (*lines = 0; at > from && is_blank (l->text[at - 1]); at--)
    *lines |= l->text[at - 1] == '\n';
  return at;
}

/* Whether the word behind AT may be one that a type begins with. */
static int
type_may_follow (const struct aid_lex *l, uint32_t at)
{
  while (at < l->len && is_blank (l->text[at]))
    at++;
  int c = at < l->len ? l->text[at] : 0;
  return c == 's' || c == 'u' || c == 'e' || c == 'c';
}

/* The place behind the literal that begins at AT; 0: the token that it belongs to has to be read. */
static uint32_t
rush_literal (struct aid_lex *l, uint32_t at)
{
  if (l->flags & AID_LEX_RAW_CPP && at > 0 && class[l->text[at - 1]] & (W | D))
    return 0;
  uint32_t end = aid_lex_quoted_end (l, at, 0);
  if (end && l->text[at] == '"')
    aid_scan_region (l->s, AID_REGION_STRING, at, end);
  return end ? end : at + 1;
}

/* Where reading token by token has to go on, from AT (the end of the token) on. */
static uint32_t
rush_to (struct aid_lex *l, uint32_t at, int statements)
{
  const unsigned char *t = l->text;
  uint32_t from = at, end;
  int lines;
  for (;;)
    {
      while (at < l->len && !rush_class[t[at]])
        at++;
      if (at >= l->len)
        return at;
      switch (rush_class[t[at]])
        {
        case BRACE:
          return at;
        case SEMICOLON:
          at++;
          if (statements && type_may_follow (l, at))
            return at;
          break;
        case QUOTE:
          if (!(end = rush_literal (l, at)))
            {
              while (at > from && class[t[at - 1]] & (W | D))
                at--;
              return at;
            }
          at = end;
          break;
        case HASH:
          blanks_before (l, from, at, &lines);
          if (lines)
            return at;
          at++;
          break;
        default:
          if (at + 1 < l->len && (t[at + 1] == '/' || t[at + 1] == '*'))
            return at;
          at++;
        }
    }
}

void
aid_lex_rush (struct aid_lex *l, int statements)
{
  int lines;
  uint32_t to = l->to, end = blanks_before (l, to, rush_to (l, to, statements), &lines);
  if (end <= to)
    return;
  l->token = l->text[end - 1] == ';' ? ';' : AID_T_WORD;
  l->from = end - 1;
  l->to = l->at = end;
}
