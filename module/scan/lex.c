/* Tokens of the languages with braces: what differs between them is a flag. */
#include "scan/lex_internal.h"

#define W AID_LEX_W
#define D AID_LEX_D
#define S AID_LEX_S
#define class aid_lex_class

const unsigned char aid_lex_class[256] = { [0 ... '\n' - 1] = S,
                                           ['\n' + 1 ... ' '] = S,
                                           ['$'] = W,
                                           ['0' ... '9'] = D,
                                           ['A' ... 'Z'] = W,
                                           ['_'] = W,
                                           ['a' ... 'z'] = W,
                                           [0x7F] = S,
                                           [0x80 ... 0xFF] = W };

void
aid_keywords_init (struct aid_keywords *k, const struct aid_keyword *table, size_t n)
{
  size_t i = 0;
  k->table = table;
  for (unsigned letter = 0; letter < 27; letter++)
    {
      k->first[letter] = (uint8_t)i;
      while (i < n && (unsigned char)table[i].word[0] == (letter == 26 ? '_' : 'a' + letter))
        i++;
    }
  k->first[27] = (uint8_t)i;
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

/* What a line of the preprocessor is looked at for; every other byte is passed over. */
static const unsigned char ends_plain[256]
  = { ['\n'] = 1, ['\\'] = 1, ['/'] = 1, ['"'] = 1, ['\''] = 1 };

/* A line of the preprocessor: to its end, over continuations and comments that begin on it. */
static int
directive (struct aid_lex *l)
{
  const unsigned char *t = l->text;
  uint32_t at = l->from;
  for (;;)
    {
      while (at < l->len && !ends_plain[t[at]])
        at++;
      if (at >= l->len || t[at] == '\n')
        break;
      if (t[at] == '\\' && at + 1 < l->len)
        at += 2 + (t[at + 1] == '\r' && at + 2 < l->len && t[at + 2] == '\n');
      else if (t[at] == '/' && at + 1 < l->len && (t[at + 1] == '/' || t[at + 1] == '*'))
        {
          uint32_t end = t[at + 1] == '/' ? aid_lex_line_comment_end (l, at) : aid_lex_block_comment_end (l, at);
          aid_scan_region (l->s, AID_REGION_COMMENT, at, end);
          at = end;
        }
      else if (t[at] == '"' || t[at] == '\'')
        {
          uint32_t end = aid_lex_quoted_end (l, at, 0);
          if (end && t[at] == '"')
            aid_scan_region (l->s, AID_REGION_STRING, at, end);
          at = end ? end : at + 1;
        }
      else
        at++;
    }
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
        return give_string (l, aid_lex_text_block_end (l, at));
      end = aid_lex_quoted_end (l, at, (l->flags & AID_LEX_RUST) != 0);
      return end ? give_string (l, end) : give (l, '"', at + 1);
    }
  if (t[at] == '`')
    {
      if (l->flags & AID_LEX_JS)
        return template_text (l, at + 1);
      const unsigned char *close = l->flags & AID_LEX_GO ? memchr (t + at + 1, '`', l->len - at - 1) : NULL;
      return close ? give_string (l, (uint32_t)(close - t) + 1) : give (l, '`', at + 1);
    }
  if (l->flags & AID_LEX_RUST && at + 2 < l->len && t[at + 1] != '\\' && class[t[at + 1]] & W && t[at + 1] < 128
      && t[at + 2] != '\'')
    {
      for (end = at + 1; end < l->len && class[t[end]] & (W | D); end++)
        ;
      return give (l, AID_T_LIFETIME, end);
    }
  end = aid_lex_quoted_end (l, at, 0);
  if (l->flags & AID_LEX_JS && end)
    return give_string (l, end);
  return end ? give (l, AID_T_CHAR, end) : give (l, '\'', at + 1);
}

static int
number (struct aid_lex *l)
{
  uint32_t at = l->from;
  while (at < l->len
         && (class[l->text[at]] & (W | D) || (l->text[at] == '.' && at + 1 < l->len && class[l->text[at + 1]] & D)
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
        end = aid_lex_raw_cpp_end (l, at);
      else if (l->flags & AID_LEX_RUST && t[at - 1] == 'r' && at - l->from <= 2)
        end = aid_lex_raw_rust_end (l, at);
      if (end)
        return give_string (l, end);
      if (l->flags & AID_LEX_RUST && t[at] == '#' && at - l->from == 1 && t[at - 1] == 'r' && at + 1 < l->len
          && class[t[at + 1]] & W)
        {
          l->from = at + 1; /* r#name */
          for (at++; at < l->len && class[t[at]] & (W | D); at++)
            ;
        }
    }
  return give (l, AID_T_WORD, at);
}

/* Behind the condition of an if or while a regular expression may begin, behind other parentheses a division. */
static void
parenthesis (struct aid_lex *l, unsigned char c)
{
  struct aid_range word = { l->before_from, l->before_to };
  if (c == ')')
    {
      l->condition = (int)(l->conditions & 1);
      l->conditions >>= 1;
    }
  else
    l->conditions
      = l->conditions << 1
        | (l->before == AID_T_WORD
           && (aid_range_is (l->s, word, "if") || aid_range_is (l->s, word, "while") || aid_range_is (l->s, word, "for")));
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
  if (l->flags & AID_LEX_JS && (c == '(' || c == ')'))
    parenthesis (l, c);
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

/* Reads over blanks and comments, which tell LEAD and LINES of the token behind them.  Gives where it begins. */
static uint32_t
token_start (struct aid_lex *l)
{
  const unsigned char *t = l->text;
  uint32_t at = l->at, comment = 0;
  int lines = l->at == 0 ? 2 : 0, after = 0, commented = 0;
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
          uint32_t end = t[at + 1] == '/' ? aid_lex_line_comment_end (l, at) : aid_lex_block_comment_end (l, at);
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
  l->lines = lines > 2 ? 2 : lines;
  l->lead = commented && after < 2 ? comment : at;
  return at;
}

int
aid_lex_next (struct aid_lex *l)
{
  l->before = l->token;
  l->before_from = l->from;
  l->before_to = l->to;
  if (l->resume)
    {
      l->resume = 0;
      l->from = l->lead = l->at;
      l->lines = 0;
      return template_text (l, l->at);
    }
  uint32_t at = token_start (l);
  l->from = l->at = at;
  if (at >= l->len)
    return give (l, AID_T_END, l->len);
  unsigned char c = l->text[at];
  if (class[c] & W)
    return word (l);
  if (class[c] & D)
    return number (l);
  if (c == '"' || c == '\'' || c == '`')
    return quote (l);
  if (c == '#' && l->flags & AID_LEX_DIRECTIVES && l->lines > 0)
    return directive (l);
  if (c == '/' && l->flags & AID_LEX_JS && aid_lex_regex_may_begin (l))
    {
      uint32_t end = aid_lex_regex_end (l, at);
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

static int
is_one_of (int token, const char *signs)
{
  return token > 0 && token < 128 && strchr (signs, token);
}

int
aid_lex_angles (struct aid_lex *l, const char *over, const char *stops)
{
  int depth = 1;
  while (depth > 0 && aid_lex_next (l))
    if (l->token == '<')
      depth++;
    else if (l->token == '>')
      depth--;
    else if (is_one_of (l->token, over))
      aid_lex_skip (l);
    else if (l->token == AID_T_DIRECTIVE || is_one_of (l->token, stops))
      return 0;
  return depth == 0;
}
