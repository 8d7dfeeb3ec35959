/* Tokens of the languages with braces: what differs between them is a flag. */
#include "scan/scan_internal.h"

#define W 1                  /* may be within a word */
#define D 2                  /* begins a number */
#define S 4                  /* a blank, not a newline */

#define REPEAT16(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
static const unsigned char class[256] = {
  S, S, S, S, S, S, S, S, S, S, 0, S, S, S, S, S, REPEAT16 (S),
  S, 0, 0, 0, W, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0,
  0, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, 0, 0, 0, 0, W,
  0, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, 0, 0, 0, 0, S,
  REPEAT16 (W), REPEAT16 (W), REPEAT16 (W), REPEAT16 (W), REPEAT16 (W), REPEAT16 (W), REPEAT16 (W), REPEAT16 (W)
};

void
aid_keywords_init (struct aid_keywords *k, const struct aid_keyword *table, size_t n)
{
  size_t i = 0;
  k->table = table;
  for (unsigned letter = 0; letter < 27; letter++)
    {
      k->first[letter] = (uint8_t) i;
      while (i < n && (unsigned char) table[i].word[0] == (letter == 26 ? '_' : 'a' + letter))
        i++;
    }
  k->first[27] = (uint8_t) i;
}

void
aid_lex_init (struct aid_lex *l, struct aid_scanner *s, unsigned flags)
{
  *l = (struct aid_lex){ .s = s, .text = s->text, .len = s->len, .flags = flags, .lines = 2 };
  if (s->len >= 3 && memcmp (s->text, "\xEF\xBB\xBF", 3) == 0)
    l->at = 3;
  if (s->len - l->at >= 2 && s->text[l->at] == '#' && s->text[l->at + 1] == '!' && !(flags & AID_LEX_RUST))
    l->at = aid_scan_line_end (s, l->at);
}

/* --- comments --- */

static uint32_t
line_comment_end (const struct aid_lex *l, uint32_t at)
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

static uint32_t
block_comment_end (const struct aid_lex *l, uint32_t at)
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

static uint32_t
quoted_end (const struct aid_lex *l, uint32_t at, int over_lines)
{
  const unsigned char *t = l->text;
  unsigned char quote = t[at++];
  for (; at < l->len; at++)
    if (t[at] == quote)
      return at + 1;
    else if (t[at] == '\\')
      at += 1 + (at + 2 < l->len && t[at + 1] == '\r' && t[at + 2] == '\n');
    else if (t[at] == '\n' && !over_lines)
      return 0;
  return over_lines ? l->len : 0;
}

/* From the "(" that the delimiter between QUOTE and it names. */
static uint32_t
raw_cpp_end (const struct aid_lex *l, uint32_t quote)
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
static uint32_t
raw_rust_end (const struct aid_lex *l, uint32_t at)
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

static uint32_t
text_block_end (const struct aid_lex *l, uint32_t at)
{
  for (at += 3; at + 2 < l->len; at++)
    if (l->text[at] == '\\')
      at++;
    else if (l->text[at] == '"' && l->text[at + 1] == '"' && l->text[at + 2] == '"')
      return at + 3;
  return l->len;
}

/* --- tokens --- */

static int
give (struct aid_lex *l, int token, uint32_t to)
{
  l->to = l->at = to;
  return l->token = token;
}

static int
give_string (struct aid_lex *l, uint32_t to)
{
  aid_scan_region (l->s, AID_REGION_STRING, l->from, to);
  return give (l, AID_T_STRING, to);
}

/* A template's text from AT (behind "`" or the "}" of "${...}") to its end or to the next "${", which is a "{". */
static int
template_text (struct aid_lex *l, uint32_t at)
{
  const unsigned char *t = l->text;
  for (; at < l->len; at++)
    if (t[at] == '\\')
      at++;
    else if (t[at] == '`')
      return give_string (l, at + 1);
    else if (t[at] == '$' && at + 1 < l->len && t[at + 1] == '{' && l->templates < AID_LEX_TEMPLATES)
      {
        l->braces[l->templates++] = 0;
        aid_scan_region (l->s, AID_REGION_STRING, l->from, at);
        return give (l, '{', at + 2);
      }
  return give_string (l, l->len);
}

/* Whether "/" begins a regular expression, by what stands before. */
static int
regex_may_begin (const struct aid_lex *l)
{
  static const char *const words[] = { "return", "typeof", "case", "in", "of", "delete", "void", "instanceof", "new", "do",
                                       "else", "yield", "await", "throw" };
  if (l->before == AID_T_WORD)
    {
      for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (aid_range_is (l->s, (struct aid_range){ l->before_from, l->before_to }, words[i]))
          return 1;
      return 0;
    }
  return !(l->before == ')' || l->before == ']' || l->before == AID_T_NUMBER || l->before == AID_T_STRING
           || l->before == AID_T_CHAR || l->before == '<' || (l->before == '}' && l->lines == 0));
}

static uint32_t
regex_end (const struct aid_lex *l, uint32_t at)
{
  int class_open = 0;
  for (at++; at < l->len && l->text[at] != '\n'; at++)
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
  return 0;
}

/* A line of the preprocessor: to its end, over continuations and comments that begin on it. */
static int
directive (struct aid_lex *l)
{
  const unsigned char *t = l->text;
  uint32_t at = l->from;
  while (at < l->len && t[at] != '\n')
    if (t[at] == '\\' && at + 1 < l->len)
      at += 2 + (t[at + 1] == '\r' && at + 2 < l->len && t[at + 2] == '\n');
    else if (t[at] == '/' && at + 1 < l->len && (t[at + 1] == '/' || t[at + 1] == '*'))
      {
        uint32_t end = t[at + 1] == '/' ? line_comment_end (l, at) : block_comment_end (l, at);
        aid_scan_region (l->s, AID_REGION_COMMENT, at, end);
        at = end;
      }
    else if (t[at] == '"' || t[at] == '\'')
      {
        uint32_t end = quoted_end (l, at, 0);
        if (end && t[at] == '"')
          aid_scan_region (l->s, AID_REGION_STRING, at, end);
        at = end ? end : at + 1;
      }
    else
      at++;
  return give (l, AID_T_DIRECTIVE, at < l->len ? at : l->len);
}

static int
quote (struct aid_lex *l)
{
  const unsigned char *t = l->text;
  uint32_t at = l->from, end = 0;
  if (t[at] == '"')
    {
      if (l->flags & AID_LEX_JAVA && l->len - at > 3 && t[at + 1] == '"' && t[at + 2] == '"')
        return give_string (l, text_block_end (l, at));
      end = quoted_end (l, at, (l->flags & AID_LEX_RUST) != 0);
      return end ? give_string (l, end) : give (l, '"', at + 1);
    }
  if (t[at] == '`')
    {
      if (l->flags & AID_LEX_JS)
        return template_text (l, at + 1);
      const unsigned char *close = l->flags & AID_LEX_GO ? memchr (t + at + 1, '`', l->len - at - 1) : NULL;
      return close ? give_string (l, (uint32_t) (close - t) + 1) : give (l, '`', at + 1);
    }
  if (l->flags & AID_LEX_RUST && at + 2 < l->len && t[at + 1] != '\\' && class[t[at + 1]] & W && t[at + 1] < 128 && t[at + 2] != '\'')
    {
      for (end = at + 1; end < l->len && class[t[end]] & (W | D); end++)
        ;
      return give (l, AID_T_LIFETIME, end);
    }
  end = quoted_end (l, at, 0);
  if (l->flags & AID_LEX_JS && end)
    return give_string (l, end);
  return end ? give (l, AID_T_CHAR, end) : give (l, '\'', at + 1);
}

static int
number (struct aid_lex *l)
{
  uint32_t at = l->from;
  while (at < l->len
         && (class[l->text[at]] & (W | D)
             || (l->text[at] == '.' && at + 1 < l->len && class[l->text[at + 1]] & D)
             || (l->text[at] == '\'' && l->flags & AID_LEX_RAW_CPP && at + 1 < l->len && class[l->text[at + 1]] & (W | D))))
    at++;
  return give (l, AID_T_NUMBER, at);
}

static int
word (struct aid_lex *l)
{
  const unsigned char *t = l->text;
  uint32_t at = l->from, end = 0;
  do
    at++;
  while (at < l->len && class[t[at]] & (W | D));
  if (at < l->len && (t[at] == '"' || t[at] == '#') && at - l->from <= 3 && l->flags & (AID_LEX_RUST | AID_LEX_RAW_CPP))
    {
      if (l->flags & AID_LEX_RAW_CPP && t[at] == '"' && t[at - 1] == 'R')
        end = raw_cpp_end (l, at);
      else if (l->flags & AID_LEX_RUST && t[at - 1] == 'r' && at - l->from <= 2)
        end = raw_rust_end (l, at);
      if (end)
        return give_string (l, end);
      if (l->flags & AID_LEX_RUST && t[at] == '#' && at - l->from == 1 && t[at - 1] == 'r' && at + 1 < l->len && class[t[at + 1]] & W)
        {
          l->from = at + 1;      /* r#name */
          for (at++; at < l->len && class[t[at]] & (W | D); at++)
            ;
        }
    }
  return give (l, AID_T_WORD, at);
}

static int
punctuation (struct aid_lex *l)
{
  const unsigned char *t = l->text;
  uint32_t at = l->from;
  unsigned char c = t[at], next = at + 1 < l->len ? t[at + 1] : 0;
  if (c == ':' && next == ':')
    return give (l, AID_T_SCOPE, at + 2);
  if ((c == '-' || c == '=') && next == '>')
    return give (l, AID_T_ARROW, at + 2);
  if (l->templates > 0)
    {
      uint32_t *open = &l->braces[l->templates - 1];
      if (c == '{')
        ++*open;
      else if (c == '}' && (*open)-- == 0)
        {
          l->templates--;
          l->resume = 1;
        }
    }
  return give (l, c, at + 1);
}

int
aid_lex_next (struct aid_lex *l)
{
  const unsigned char *t = l->text;
  uint32_t at = l->at, comment = 0;
  int lines = l->at == 0 ? 2 : 0, after = 0, commented = 0;
  l->before = l->token;
  l->before_from = l->from;
  l->before_to = l->to;
  if (l->resume)
    {
      l->resume = 0;
      l->from = l->lead = at;
      l->lines = 0;
      return template_text (l, at);
    }
  for (;; at++)
    {
      while (at < l->len && class[t[at]] & S)
        at++;
      if (at >= l->len)
        break;
      if (t[at] == '\n')
        lines++, after++;
      else if (t[at] == '/' && at + 1 < l->len && (t[at + 1] == '/' || t[at + 1] == '*'))
        {
          uint32_t end = t[at + 1] == '/' ? line_comment_end (l, at) : block_comment_end (l, at);
          aid_scan_region (l->s, AID_REGION_COMMENT, at, end);
          if (lines > 0 && (!commented || after > 1))
            comment = at, commented = 1;
          after = 0;
          at = end - 1;
        }
      else if (t[at] == '\\' && l->flags & AID_LEX_DIRECTIVES)
        ;
      else
        break;
    }
  l->from = l->at = at;
  l->lines = lines > 2 ? 2 : lines;
  l->lead = commented && after < 2 ? comment : at;
  if (at >= l->len)
    return give (l, AID_T_END, l->len);
  unsigned char c = t[at];
  if (class[c] & W)
    return word (l);
  if (class[c] & D)
    return number (l);
  if (c == '"' || c == '\'' || c == '`')
    return quote (l);
  if (c == '#' && l->flags & AID_LEX_DIRECTIVES && lines > 0)
    return directive (l);
  if (c == '/' && l->flags & AID_LEX_JS && regex_may_begin (l))
    {
      uint32_t end = regex_end (l, at);
      if (end)
        return give (l, AID_T_CHAR, end);
    }
  return punctuation (l);
}

void
aid_lex_skip (struct aid_lex *l)
{
  int open = l->token, close = open == '(' ? ')' : open == '[' ? ']' : '}', depth = 1, braces = 0;
  while (depth > 0 && aid_lex_next (l))
    if (l->token == open)
      depth++;
    else if (l->token == close)
      depth--;
    else if (l->token == '{')
      braces++;
    else if (l->token == '}' && braces-- == 0)
      return;
}
