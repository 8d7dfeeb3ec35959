/* Shells: words, quotes and here-documents.  A function goes on to the "}" that stands where a command may. */
#include "scan/scan_internal.h"

#define HERE_DOCUMENTS 8 /* that one line may begin */

struct frame
{
  int32_t def;
  uint32_t depth, signature_to; /* DEPTH: braces that were open around it */
};

struct shell
{
  struct aid_scanner *s;
  const unsigned char *t;
  uint32_t at, len;
  uint32_t depth; /* braces that group commands */
  struct frame frames[AID_SCAN_NESTING];
  int n;
  int command; /* a command may begin here */
  struct aid_range here[HERE_DOCUMENTS];
  int dash[HERE_DOCUMENTS];
  int n_here;
  uint32_t lead, lead_line;
};

#define NONE UINT32_MAX

static int
ends_word (unsigned char c)
{
  return c <= ' ' || strchr (";&|()<>", c) != NULL;
}

static uint32_t
single_end (const struct shell *h, uint32_t at, int escapes)
{
  for (at++; at < h->len && h->t[at] != '\''; at++)
    if (escapes && h->t[at] == '\\')
      at++;
  return at < h->len ? at + 1 : h->len;
}

/* Behind the double-quoted string at AT; what "$(" and "${" hold in it may have quotes of its own. */
static uint32_t
double_end (const struct shell *h, uint32_t at)
{
  uint32_t depth = 0;
  unsigned char stack[32];
  for (at++; at < h->len; at++)
    switch (h->t[at])
      {
      case '\\':
        at++;
        break;
      case '$':
        if (at + 1 < h->len && (h->t[at + 1] == '(' || h->t[at + 1] == '{') && depth < sizeof stack)
          stack[depth++] = h->t[++at] == '(' ? ')' : '}';
        break;
      case '"':
        if (depth == 0)
          return at + 1;
        if (stack[depth - 1] == '"')
          depth--;
        else if (depth < sizeof stack)
          stack[depth++] = '"';
        break;
      case '\'':
        if (depth > 0 && stack[depth - 1] == ')')
          at = single_end (h, at, 0) - 1;
        break;
      case ')':
      case '}':
        if (depth > 0 && stack[depth - 1] == h->t[at])
          depth--;
        break;
      }
  return h->len;
}

/* Behind the "${...}" at AT. */
static uint32_t
parameter_end (const struct shell *h, uint32_t at)
{
  uint32_t depth = 1;
  for (at += 2; at < h->len && depth > 0; at++)
    if (h->t[at] == '\\')
      at++;
    else if (h->t[at] == '\'')
      {
        uint32_t end = single_end (h, at, 0);
        if (memchr (h->t + at, '\n', end - at))
          continue; /* an apostrophe within quotes */
        at = end - 1;
      }
    else if (h->t[at] == '"')
      at = double_end (h, at) - 1;
    else if (h->t[at] == '$' && at + 1 < h->len && h->t[at + 1] == '{')
      depth++, at++;
    else if (h->t[at] == '}')
      depth--;
    else if (h->t[at] == '\n')
      break;
  return at < h->len ? at : h->len;
}

/* --- here-documents --- */

/* At "<<": notes the word that ends the document. */
static void
here_begins (struct shell *h)
{
  const unsigned char *t = h->t;
  uint32_t at = h->at + 2;
  if (at < h->len && t[at] == '<') /* a here-string */
    {
      h->at = at + 1;
      return;
    }
  int dash = at < h->len && (t[at] == '-' || t[at] == '~');
  at += (uint32_t) dash;
  while (at < h->len && (t[at] == ' ' || t[at] == '\t'))
    at++;
  unsigned char quote = at < h->len && (t[at] == '"' || t[at] == '\'') ? t[at++] : 0;
  at += !quote && at < h->len && t[at] == '\\';
  uint32_t from = at;
  while (at < h->len && (quote ? t[at] != quote && t[at] != '\n' : !ends_word (t[at]) && t[at] != '"' && t[at] != '\''))
    at++;
  if (at > from && !(t[from] >= '0' && t[from] <= '9') && t[from] != '(' && h->n_here < HERE_DOCUMENTS)
    {
      h->here[h->n_here] = (struct aid_range){ from, at };
      h->dash[h->n_here++] = dash;
    }
  h->at = at + (quote && at < h->len);
}

/* The lines of the documents that the line before has begun. */
static void
here_lines (struct shell *h)
{
  for (int i = 0; i < h->n_here; i++)
    {
      uint32_t from = h->at, length = h->here[i].to - h->here[i].from;
      while (h->at < h->len)
        {
          uint32_t line = h->at, end = aid_scan_line_end (h->s, line);
          h->at = end < h->len ? end + 1 : end;
          while (h->dash[i] && line < end && (h->t[line] == '\t' || h->t[line] == ' '))
            line++;
          if (end > line && h->t[end - 1] == '\r')
            end--;
          if (end - line == length && memcmp (h->t + line, h->t + h->here[i].from, length) == 0)
            break;
        }
      aid_scan_region (h->s, AID_REGION_STRING, from, h->at);
    }
  h->n_here = 0;
}

/* --- commands --- */

static uint32_t
blanks (const struct shell *h, uint32_t at, int lines)
{
  while (at < h->len && (h->t[at] == ' ' || h->t[at] == '\t' || (lines && (h->t[at] == '\n' || h->t[at] == '\r'))))
    at++;
  return at;
}

static int32_t
parent (const struct shell *h)
{
  return h->n > 0 ? h->frames[h->n - 1].def : -1;
}

static void
open_function (struct shell *h, enum aid_def_kind kind, struct aid_range name, uint32_t from, uint32_t brace)
{
  uint32_t lead = h->lead != NONE && h->lead_line == aid_scan_line_start (h->s, from) ? h->lead : from;
  int32_t def = aid_scan_add (h->s, kind, parent (h), name, lead, from);
  aid_scan_end (h->s, def, brace, brace);
  if (h->n < AID_SCAN_NESTING)
    h->frames[h->n++] = (struct frame){ def, h->depth, brace };
  h->at = brace;
  h->command = 1;
}

/* At a word where a command may begin: NAME (), function NAME, @test "name".  Where its body begins, or 0. */
static int
function_here (struct shell *h, uint32_t from, uint32_t to)
{
  const unsigned char *t = h->t;
  struct aid_range name = { from, to };
  uint32_t at = blanks (h, to, 0);
  enum aid_def_kind kind = AID_DEF_FUNCTION;
  int keyword = aid_range_is (h->s, name, "function");
  if (keyword)
    {
      for (name.from = name.to = at; name.to < h->len && !ends_word (t[name.to]);)
        name.to++;
      at = blanks (h, name.to, 0);
    }
  else if (aid_range_is (h->s, name, "@test") && at < h->len && (t[at] == '"' || t[at] == '\''))
    {
      uint32_t end = t[at] == '"' ? double_end (h, at) : single_end (h, at, 0);
      name = (struct aid_range){ at + 1, end - 1 };
      at = blanks (h, end, 0);
      kind = AID_DEF_TEST;
      keyword = 1;
    }
  if (at < h->len && t[at] == '(')
    {
      at = blanks (h, at + 1, 0);
      if (at >= h->len || t[at] != ')')
        return 0;
      at = blanks (h, at + 1, 1);
      while (at < h->len && t[at] == '#')
        at = blanks (h, aid_scan_line_end (h->s, at), 1);
    }
  else if (!keyword)
    return 0;
  else
    at = blanks (h, at, 1);
  if (name.from >= name.to || memchr (t + name.from, '$', name.to - name.from) || at >= h->len
      || (t[at] != '{' && t[at] != '('))
    return 0;
  open_function (h, kind, name, from, at);
  if (t[at] == '(') /* a subshell: what follows is found by the same means, but its end is not */
    h->n--;
  return 1;
}

/* NAME=value and "source file" outside of functions. */
static void
statement (struct shell *h, uint32_t from, uint32_t to)
{
  const unsigned char *t = h->t;
  struct aid_range word = { from, to };
  if (aid_range_is (h->s, word, "source") || aid_range_is (h->s, word, "."))
    {
      uint32_t at = blanks (h, to, 0), end;
      at += at < h->len && (t[at] == '"' || t[at] == '\'');
      for (end = at; end < h->len && !ends_word (t[end]) && t[end] != '"' && t[end] != '\''; end++)
        ;
      aid_scan_import (h->s, (struct aid_range){ at, end }, from, aid_scan_line_near (h->s, from));
    }
  const unsigned char *equal = memchr (t + from, '=', to - from);
  if (h->n > 0 || h->depth > 0 || !equal || (t[from] >= '0' && t[from] <= '9'))
    return;
  uint32_t end = (uint32_t) (equal - t);
  for (uint32_t i = from; i < end; i++)
    if (!(t[i] == '_' || (t[i] >= '0' && t[i] <= '9') || (t[i] >= 'a' && t[i] <= 'z') || (t[i] >= 'A' && t[i] <= 'Z')))
      return;
  uint32_t lead = h->lead != NONE && h->lead_line == aid_scan_line_start (h->s, from) ? h->lead : from;
  int32_t def = aid_scan_add (h->s, AID_DEF_VARIABLE, -1, (struct aid_range){ from, end }, lead, from);
  aid_scan_end (h->s, def, end, aid_scan_line_near (h->s, from));
}

static void
word (struct shell *h)
{
  const unsigned char *t = h->t;
  uint32_t from = h->at, at = from;
  while (at < h->len && !ends_word (t[at]) && t[at] != '\'' && t[at] != '"' && t[at] != '`' && t[at] != '\\')
    if (t[at] == '$' && at + 1 < h->len && t[at + 1] == '{')
      at = parameter_end (h, at);
    else if (t[at] == '$' && at + 1 < h->len && (t[at + 1] == '(' || t[at + 1] == '#' || t[at + 1] == '\''))
      break;
    else
      at++;
  h->at = at;
  if (at == from)
    {
      h->at = at + (at + 1 < h->len && t[at] == '$' && t[at + 1] != '\'' ? 2 : 1);
      if (t[at] == '$' && at + 1 < h->len && t[at + 1] == '\'')
        h->at = single_end (h, at + 1, 1);
      return;
    }
  struct aid_range r = { from, at };
  if (!h->command)
    return;
  h->command = aid_range_is (h->s, r, "then") || aid_range_is (h->s, r, "do") || aid_range_is (h->s, r, "else")
               || aid_range_is (h->s, r, "if") || aid_range_is (h->s, r, "while") || aid_range_is (h->s, r, "!")
               || aid_range_is (h->s, r, "export") || aid_range_is (h->s, r, "readonly")
               || aid_range_is (h->s, r, "declare");
  if (!h->command && !function_here (h, from, at))
    statement (h, from, at);
}

/* "{" and "}" as words. */
static int
brace (struct shell *h)
{
  unsigned char c = h->t[h->at], next = h->at + 1 < h->len ? h->t[h->at + 1] : '\n';
  if (!h->command || !ends_word (next))
    return 0;
  h->at++;
  if (c == '{')
    h->depth++;
  else
    {
      h->depth -= h->depth > 0;
      if (h->at == 1 || h->t[h->at - 2] == '\n')
        h->depth = 0; /* in the first column it closes all */
      while (h->n > 0 && h->frames[h->n - 1].depth >= h->depth)
        {
          h->n--;
          aid_scan_end (h->s, h->frames[h->n].def, h->frames[h->n].signature_to, h->at);
        }
    }
  h->command = c == '{';
  return 1;
}

static void
comment (struct shell *h)
{
  uint32_t from = h->at, line = aid_scan_line_start (h->s, from), end = aid_scan_line_end (h->s, from);
  aid_scan_region (h->s, AID_REGION_COMMENT, from, end);
  h->at = end;
  if (blanks (h, line, 0) != from || (from == 0 && h->len > 1 && h->t[1] == '!'))
    return;
  if (h->lead == NONE || h->lead_line != line)
    h->lead = from;
  h->lead_line = end + 1;
}

static void
quoted (struct shell *h)
{
  uint32_t from = h->at;
  h->at = h->t[from] == '"' ? double_end (h, from) : single_end (h, from, 0);
  aid_scan_region (h->s, AID_REGION_STRING, from, h->at);
  h->command = 0;
}

void
aid_scan_shell (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct shell h = { .s = s, .t = s->text, .len = s->len, .command = 1, .lead = NONE, .lead_line = NONE };
  while (h.at < h.len)
    {
      unsigned char c = h.t[h.at];
      if (c == '\n')
        {
          h.at++;
          here_lines (&h);
          h.command = 1;
        }
      else if (c == ' ' || c == '\t' || c == '\r')
        h.at++;
      else if (c == '#' && (h.at == 0 || ends_word (h.t[h.at - 1])))
        comment (&h);
      else if (c == '\'' || c == '"')
        quoted (&h);
      else if (c == '<' && h.at + 1 < h.len && h.t[h.at + 1] == '<' && !(h.at > 0 && h.t[h.at - 1] == '('))
        here_begins (&h);
      else if (c == '\\')
        h.at += 2;
      else if ((c == '{' || c == '}') && brace (&h))
        ;
      else if (ends_word (c) || c == '`')
        {
          h.command = c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '`';
          h.at++;
        }
      else
        word (&h);
    }
  while (h.n-- > 0)
    aid_scan_end (s, h.frames[h.n].def, h.frames[h.n].signature_to, s->len);
}
