/* The patterns, tried in this order at each place, as regular expressions would say them:

     cl100k_base                                   o200k_base
     (?i:'s|'t|'re|'ve|'m|'ll|'d)                  [^\r\n\p{L}\p{N}]? CAPITAL* SMALL+ (?i:'s|'t|...)?
     [^\r\n\p{L}\p{N}]? \p{L}+                     [^\r\n\p{L}\p{N}]? CAPITAL+ SMALL* (?i:'s|'t|...)?
     \p{N}{1,3}                                    \p{N}{1,3}
     " "? [^\s\p{L}\p{N}]+ [\r\n]*                 " "? [^\s\p{L}\p{N}]+ [\r\n/]*
     \s* [\r\n]+  |  \s+ (?!\S)  |  \s+            the same

   CAPITAL is Lu, Lt, Lm, Lo or M; SMALL is Ll, Lm, Lo or M.  The expressions go back where they went too far; where that
   matters, a function here says so. */
#include "model/bpe_split.h"
#include "base/utf8.h"
#include <utf8proc.h>

enum
{
  CAPITAL = 1, SMALL = 2, LETTER = 4, NUMBER = 8, SPACE = 16, NEWLINE = 32   /* a newline is SPACE, too */
};

static const unsigned char ascii[128] = {
  ['\t'] = SPACE, ['\n'] = SPACE | NEWLINE, ['\v'] = SPACE, ['\f'] = SPACE, ['\r'] = SPACE | NEWLINE, [' '] = SPACE,
#define N(c) [c] = NUMBER
  N ('0'), N ('1'), N ('2'), N ('3'), N ('4'), N ('5'), N ('6'), N ('7'), N ('8'), N ('9'),
#undef N
#define L(upper, lower) [upper] = LETTER | CAPITAL, [lower] = LETTER | SMALL
  L ('A', 'a'), L ('B', 'b'), L ('C', 'c'), L ('D', 'd'), L ('E', 'e'), L ('F', 'f'), L ('G', 'g'), L ('H', 'h'), L ('I', 'i'),
  L ('J', 'j'), L ('K', 'k'), L ('L', 'l'), L ('M', 'm'), L ('N', 'n'), L ('O', 'o'), L ('P', 'p'), L ('Q', 'q'), L ('R', 'r'),
  L ('S', 's'), L ('T', 't'), L ('U', 'u'), L ('V', 'v'), L ('W', 'w'), L ('X', 'x'), L ('Y', 'y'), L ('Z', 'z'),
#undef L
};

/* White space as Unicode's property has it; what the categories alone do not tell is U+0085. */
static unsigned
class_of (uint32_t c)
{
  switch (utf8proc_category ((utf8proc_int32_t) c))
    {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return LETTER | CAPITAL;
    case UTF8PROC_CATEGORY_LL:
      return LETTER | SMALL;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return LETTER | CAPITAL | SMALL;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return CAPITAL | SMALL;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return NUMBER;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return SPACE;
    default:
      return c == 0x85 ? SPACE : 0;
    }
}

/* The class of the character at P, and its bytes; at the end neither. */
static inline unsigned
look (const char *p, const char *end, size_t *len)
{
  unsigned char c;
  *len = 0;
  if (p == end)
    return 0;
  c = (unsigned char) *p;
  if (c < 0x80)
    {
      *len = 1;
      return ascii[c];
    }
  return class_of (aid_utf8_decode (p, len));
}

/* The end of the run of characters that have a bit of WANTED. */
static const char *
skip (const char *p, const char *end, unsigned wanted)
{
  size_t n;
  while (look (p, end, &n) & wanted)
    p += n;
  return p;
}

/* The end of the run of signs: neither space nor letter nor number. */
static const char *
skip_signs (const char *p, const char *end)
{
  size_t n;
  while (!(look (p, end, &n) & (SPACE | LETTER | NUMBER)) && n)
    p += n;
  return p;
}

/* Bytes of an English contraction at P ("'s", "'LL"), or 0.  U+017F, the long s, is an s to a regular expression that
   ignores case. */
static size_t
contraction (const char *p, const char *end)
{
  size_t left = (size_t) (end - p);
  char a, b;
  if (left < 2 || *p != '\'')
    return 0;
  if (left >= 3 && p[1] == '\xC5' && p[2] == '\xBF')
    return 3;
  a = (char) (p[1] | 0x20);
  if (a == 's' || a == 't' || a == 'm' || a == 'd')
    return 2;
  b = left >= 3 ? (char) (p[2] | 0x20) : 0;
  return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

/* The end of CAPITAL* SMALL+, which sets *SMALL, or else of CAPITAL+; NULL when there is neither.  What is both may end the
   capitals or be the small one: when no small one follows the run of capitals, its last character that is both is taken for
   one, and the word ends there. */
static const char *
word (const char *p, const char *end, int *small)
{
  const char *both = NULL, *at = p, *next;
  unsigned c;
  size_t n;
  for (; (c = look (at, end, &n)) & CAPITAL; at += n)
    if (c & SMALL)
      both = at + n;
  next = skip (at, end, SMALL);
  *small = next > at || both;
  if (next > at)
    return next;
  return both ? both : at > p ? at : NULL;
}

/* A word with the character before it that may go with it: anything but a letter, a number or a newline.  A mark may be that
   character or begin the word itself; it does the latter when only capitals follow, for a word with a small one in it comes
   first, and a mark is both. */
static const char *
o200k_word (const char *p, const char *end)
{
  size_t n;
  unsigned c = look (p, end, &n);
  int small, before = !(c & (LETTER | NUMBER | NEWLINE));
  const char *to = word (before ? p + n : p, end, &small);
  if (before && c & CAPITAL && !small)
    to = word (p, end, &small);
  return to ? to + contraction (to, end) : NULL;
}

static const char *
cl100k_word (const char *p, const char *end)
{
  size_t n = contraction (p, end), first;
  unsigned c;
  const char *from, *to;
  if (n)
    return p + n;
  c = look (p, end, &first);
  from = c & (LETTER | NUMBER | NEWLINE) ? p : p + first;
  to = skip (from, end, LETTER);
  return to > from ? to : NULL;
}

/* One to three. */
static const char *
digits (const char *p, const char *end)
{
  size_t n;
  for (int i = 0; i < 3 && look (p, end, &n) & NUMBER; i++)
    p += n;
  return p;
}

static const char *
signs (const char *p, const char *end, int slash)
{
  const char *from = *p == ' ' ? p + 1 : p, *to = skip_signs (from, end);
  if (to == from)
    return NULL;
  while (to < end && (*to == '\r' || *to == '\n' || (slash && *to == '/')))
    to++;
  return to;
}

/* At white space: to behind its last newline; without one, all of it at the end of the text, else all but the last character,
   which goes with what follows, unless it is the only one. */
static const char *
blanks (const char *p, const char *end)
{
  const char *at = p, *newline = NULL, *last = p;
  unsigned c;
  size_t n;
  for (; (c = look (at, end, &n)) & SPACE; at += n)
    {
      last = at;
      if (c & NEWLINE)
        newline = at + n;
    }
  if (newline)
    return newline;
  return at == end || last == p ? at : last;
}

size_t
aid_bpe_piece (enum aid_bpe_rule rule, const char *p, const char *end)
{
  const char *to = rule == AID_BPE_O200K ? o200k_word (p, end) : cl100k_word (p, end);
  size_t n;
  if (!to && look (p, end, &n) & NUMBER)
    to = digits (p, end);
  if (!to)
    to = signs (p, end, rule == AID_BPE_O200K);
  if (!to)
    to = blanks (p, end);
  return (size_t) (to - p);
}
