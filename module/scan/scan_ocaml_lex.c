/* OCaml's tokens and comments. */
#include "scan/scan_ocaml_internal.h"

#define W 1 /* within a word */
#define O 2 /* of an operator */
#define B 4 /* begins a word */

#define K AID_KEYWORD
static const struct aid_keyword table[] = {
  K ("and", ML_AND),
  K ("as", ML_OTHER),
  K ("assert", ML_OTHER),
  K ("asr", ML_OTHER),
  K ("begin", ML_BEGIN),
  K ("class", ML_CLASS),
  K ("constraint", ML_CONSTRAINT),
  K ("do", ML_DO),
  K ("done", ML_DONE),
  K ("downto", ML_OTHER),
  K ("else", ML_OTHER),
  K ("end", ML_END),
  K ("exception", ML_EXCEPTION),
  K ("external", ML_EXTERNAL),
  K ("for", ML_OTHER),
  K ("fun", ML_FUN),
  K ("function", ML_FUN),
  K ("functor", ML_OTHER),
  K ("if", ML_OTHER),
  K ("in", ML_IN),
  K ("include", ML_INCLUDE),
  K ("inherit", ML_INHERIT),
  K ("initializer", ML_INITIALIZER),
  K ("land", ML_OTHER),
  K ("lazy", ML_OTHER),
  K ("let", ML_LET),
  K ("lor", ML_OTHER),
  K ("lsl", ML_OTHER),
  K ("lsr", ML_OTHER),
  K ("lxor", ML_OTHER),
  K ("match", ML_OTHER),
  K ("method", ML_METHOD),
  K ("mod", ML_OTHER),
  K ("module", ML_MODULE),
  K ("mutable", ML_MUTABLE),
  K ("new", ML_OTHER),
  K ("nonrec", ML_REC),
  K ("object", ML_OBJECT),
  K ("of", ML_OTHER),
  K ("open", ML_OPEN),
  K ("or", ML_OTHER),
  K ("private", ML_PRIVATE),
  K ("rec", ML_REC),
  K ("sig", ML_SIG),
  K ("struct", ML_STRUCT),
  K ("then", ML_OTHER),
  K ("to", ML_OTHER),
  K ("try", ML_OTHER),
  K ("type", ML_TYPE),
  K ("val", ML_VAL),
  K ("virtual", ML_VIRTUAL),
  K ("when", ML_OTHER),
  K ("while", ML_OTHER),
  K ("with", ML_OTHER),
};

static const unsigned char class[256] = { ['!'] = O,
                                          ['$'] = O,
                                          ['%'] = O,
                                          ['&'] = O,
                                          ['*'] = O,
                                          ['+'] = O,
                                          ['-'] = O,
                                          ['.'] = O,
                                          ['/'] = O,
                                          [':'] = O,
                                          ['<'] = O,
                                          ['='] = O,
                                          ['>'] = O,
                                          ['?'] = O,
                                          ['@'] = O,
                                          ['^'] = O,
                                          ['|'] = O,
                                          ['~'] = O,
                                          ['\''] = W,
                                          ['0' ... '9'] = W,
                                          ['A' ... 'Z'] = W | B,
                                          ['a' ... 'z'] = W | B,
                                          ['_'] = W | B,
                                          [0x80 ... 0xFF] = W | B };

void
aid_ml_init (struct aid_ml_lex *l, struct aid_scanner *s)
{
  *l = (struct aid_ml_lex){ .s = s, .t = s->text, .len = s->len };
  aid_keywords_init (&l->keywords, table, sizeof table / sizeof *table);
  if (s->len > 1 && s->text[0] == '#' && s->text[1] == '!')
    l->at = aid_scan_line_end (s, 0);
}

static uint32_t
string_end (const struct aid_ml_lex *l, uint32_t at)
{
  for (at++; at < l->len && l->t[at] != '"'; at++)
    if (l->t[at] == '\\')
      at++;
  return at < l->len ? at + 1 : l->len;
}

/* Behind {id|...|id} or {%ext id|...|id}; 0 when AT begins no such thing. */
static uint32_t
quoted_end (const struct aid_ml_lex *l, uint32_t at)
{
  unsigned char close[66] = "|";
  uint32_t id = at + 1, end;
  if (id < l->len && l->t[id] == '%')
    {
      while (id < l->len && (l->t[id] == '%' || l->t[id] == '.' || class[l->t[id]] & B))
        id++;
      while (id < l->len && l->t[id] == ' ')
        id++;
    }
  for (end = id; end < l->len && end - id < 64 && ((l->t[end] >= 'a' && l->t[end] <= 'z') || l->t[end] == '_'); end++)
    close[1 + end - id] = l->t[end];
  if (end >= l->len || l->t[end] != '|')
    return 0;
  close[1 + end - id] = '}';
  const unsigned char *found = memmem (l->t + end + 1, l->len - end - 1, close, end - id + 2);
  return found ? (uint32_t) (found - l->t) + (end - id) + 2 : l->len;
}

/* Behind the character literal at AT; 0 when it is a type variable or a lone quote. */
static uint32_t
character_end (const struct aid_ml_lex *l, uint32_t at)
{
  const unsigned char *t = l->t;
  if (at + 2 >= l->len || t[at + 1] == '\n')
    return 0;
  if (t[at + 1] != '\\')
    return t[at + 2] == '\'' ? at + 3 : 0;
  for (uint32_t end = at + 3; end < l->len && end < at + 14 && t[end] != '\n'; end++)
    if (t[end] == '\'')
      return end + 1;
  return 0;
}

/* Behind the comment at AT: they nest, and strings and characters in them are read as such. */
static uint32_t
comment_end (const struct aid_ml_lex *l, uint32_t at)
{
  const unsigned char *t = l->t;
  uint32_t depth = 1, end;
  for (at += 2; at < l->len; at++)
    switch (t[at])
      {
      case '(':
        if (at + 1 < l->len && t[at + 1] == '*')
          depth++, at++;
        break;
      case '*':
        if (at + 1 < l->len && t[at + 1] == ')')
          {
            at++;
            if (--depth == 0)
              return at + 1;
          }
        break;
      case '"':
        at = string_end (l, at) - 1;
        break;
      case '\'':
        if (!(at > 0 && class[t[at - 1]] & W) && (end = character_end (l, at)) != 0)
          at = end - 1;
        break;
      }
  return l->len;
}

/* --- tokens --- */

static int
give (struct aid_ml_lex *l, int token, uint32_t to)
{
  l->to = l->at = to < l->len ? to : l->len;
  return l->token = token;
}

static int
give_string (struct aid_ml_lex *l, uint32_t to)
{
  aid_scan_region (l->s, AID_REGION_STRING, l->from, to);
  return give (l, ML_T_STRING, to);
}

static int
word (struct aid_ml_lex *l)
{
  uint32_t at = l->from + 1;
  while (at < l->len && class[l->t[at]] & W)
    at++;
  l->key = aid_keyword_of (&l->keywords, l->t + l->from, at - l->from);
  if ((l->key == ML_LET || l->key == ML_AND) && at < l->len && class[l->t[at]] & O && l->t[at] != '%')
    {
      l->key = l->key == ML_LET ? ML_LET_OPERATOR : ML_OTHER; /* let* and and+ */
      while (at < l->len && class[l->t[at]] & O)
        at++;
    }
  return give (l, ML_T_WORD, at);
}

static int
operator(struct aid_ml_lex *l)
{
  uint32_t at = l->from;
  while (at < l->len && class[l->t[at]] & O)
    at++;
  uint32_t n = at - l->from;
  unsigned char c = l->t[l->from];
  if (n == 1 && (c == '=' || c == ':' || c == '|' || c == '.'))
    return give (l, c, at);
  if (n == 2 && c == '-' && l->t[at - 1] == '>')
    return give (l, ML_T_ARROW, at);
  if (n == 2 && c == '.' && l->t[at - 1] == '.')
    return give (l, ML_T_DOTS, at);
  if (n == 2 && (c == ':' || c == '+') && l->t[at - 1] == '=')
    return give (l, '=', at);
  return give (l, ML_T_OPERATOR, at);
}

/* Blanks and comments up to the next token, and to whom the comments belong: those on the same line to what stands before;
   those that touch only what stands before, likewise; the last ones without an empty line behind them to the token. */
static void
space (struct aid_ml_lex *l)
{
  const unsigned char *t = l->t;
  uint32_t at = l->at, lead = 0, comments = 0;
  int lines = 0, gap = 0, touching = l->at > 0;
  l->trail = l->chain = 0;
  for (; at < l->len; at++)
    if (t[at] == '\n')
      lines++, gap++;
    else if (t[at] == '(' && at + 1 < l->len && t[at + 1] == '*')
      {
        uint32_t end = comment_end (l, at);
        aid_scan_region (l->s, AID_REGION_COMMENT, at, end);
        touching &= gap < 2;
        if (touching)
          l->chain = end;
        if (lines == 0 && l->at > 0)
          l->trail = end;
        else if (!comments++ || gap > 1)
          lead = at + 1;
        gap = 0;
        at = end - 1;
      }
    else if (!(t[at] == ' ' || t[at] == '\t' || t[at] == '\r' || t[at] == '\f'))
      break;
  l->lines = lines;
  l->from = l->at = at < l->len ? at : l->len;
  l->lead = lead && gap < 2 ? lead - 1 : l->from;
  if (l->chain > l->trail && l->chain <= l->lead)
    l->trail = l->chain;
}

int
aid_ml_next (struct aid_ml_lex *l)
{
  l->before = l->token;
  l->before_key = l->key;
  l->before_to = l->to;
  l->key = 0;
  do
    {
      space (l);
      if (l->from < l->len && l->t[l->from] == '#' && (l->from == 0 || l->t[l->from - 1] == '\n'))
        l->at = aid_scan_line_end (l->s, l->from); /* a directive */
      else
        break;
    }
  while (1);
  if (l->from >= l->len)
    return give (l, ML_T_END, l->len);
  const unsigned char *t = l->t;
  uint32_t at = l->from, end;
  unsigned char c = t[at];
  if (class[c] & B)
    return word (l);
  if (class[c] & O)
    return operator(l);
  if (c >= '0' && c <= '9')
    {
      while (at < l->len && (class[t[at]] & W || t[at] == '.'))
        at++;
      return give (l, ML_T_LITERAL, at);
    }
  if (c == '"')
    return give_string (l, string_end (l, at));
  if (c == '{' && (end = quoted_end (l, at)) != 0)
    return give_string (l, end);
  if (c == '\'')
    {
      if ((end = character_end (l, at)) != 0)
        return give (l, ML_T_LITERAL, end);
      for (end = at + 1; end < l->len && class[t[end]] & W; end++)
        ;
      return give (l, ML_T_VARIABLE, end);
    }
  if (c == '`')
    {
      for (end = at + 1; end < l->len && class[t[end]] & W; end++)
        ;
      return give (l, ML_T_LITERAL, end);
    }
  if (c == ';' && at + 1 < l->len && t[at + 1] == ';')
    return give (l, ML_T_SEMICOLONS, at + 2);
  return give (l, c, at + 1);
}
