/* Python: logical lines and their indentation.  A definition goes on to the last line of code that is indented deeper. */
#include "scan/scan_internal.h"

#define TAB 8

struct frame
{
  int32_t def;
  uint32_t indent, signature_to;
  int is_class;
};

struct python
{
  struct aid_scanner *s;
  const unsigned char *t;
  uint32_t at, len;
  struct frame frames[AID_SCAN_NESTING];
  int n;
  int fresh;                /* a body has just been opened: a string is its documentation */
  uint32_t code_end;        /* behind the last line with code */
  uint32_t lead, lead_line; /* comments and decorators directly above; LEAD_LINE: where the line behind them begins */
};

#define NONE UINT32_MAX

static int
is_word (unsigned char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

static uint32_t
word_end (const struct python *p, uint32_t at)
{
  while (at < p->len && is_word (p->t[at]))
    at++;
  return at;
}

static uint32_t
blanks_end (const struct python *p, uint32_t at)
{
  while (at < p->len && (p->t[at] == ' ' || p->t[at] == '\t' || p->t[at] == '\f'))
    at++;
  return at;
}

static int
is (const struct python *p, uint32_t from, uint32_t to, const char *word)
{
  return aid_range_is (p->s, (struct aid_range){ from, to }, word);
}

/* Behind the string whose quote is at AT. */
static uint32_t
string_end (const struct python *p, uint32_t at)
{
  const unsigned char *t = p->t;
  unsigned char quote = t[at];
  int triple = at + 2 < p->len && t[at + 1] == quote && t[at + 2] == quote;
  for (at += triple ? 3 : 1; at < p->len; at++)
    if (t[at] == '\\')
      at++;
    else if (t[at] == quote && !triple)
      return at + 1;
    else if (t[at] == quote && at + 2 < p->len && t[at + 1] == quote && t[at + 2] == quote)
      return at + 3;
    else if (t[at] == '\n' && !triple)
      return at;
  return p->len;
}

/* Whether a line in the middle of brackets begins as none can: they were not closed. */
static int
must_be_new (const struct python *p, uint32_t at)
{
  at = blanks_end (p, at);
  if (at >= p->len || (p->t[at] != 'd' && p->t[at] != 'c' && p->t[at] != 'a'))
    return 0;
  uint32_t end = word_end (p, at);
  if (is (p, at, end, "async"))
    end = word_end (p, at = blanks_end (p, end));
  if (!is (p, at, end, "def") && !is (p, at, end, "class"))
    return 0;
  return end < p->len && p->t[end] == ' ' && end + 1 < p->len && is_word (p->t[end + 1]);
}

static const unsigned char special[256] = { ['\n'] = 1, ['"'] = 1, ['\''] = 1, ['#'] = 1, ['('] = 1,  [')'] = 1,
                                            ['['] = 1,  [']'] = 1, ['{'] = 1,  ['}'] = 1, ['\\'] = 1, [':'] = 1 };

/* Reads on to the end of the logical line; COLON is where its first ":" outside of brackets is, or its end. */
static void
logical_line (struct python *p, uint32_t *colon)
{
  const unsigned char *t = p->t;
  uint32_t at = p->at, end;
  int depth = 0, documentation = p->fresh;
  *colon = NONE;
  for (; at < p->len; at++)
    {
      while (at < p->len && !special[t[at]])
        at++;
      if (at >= p->len)
        break;
      switch (t[at])
        {
        case '\n':
          if (depth > 0 && !must_be_new (p, at + 1))
            continue;
          p->code_end = p->at = at + 1;
          if (*colon == NONE)
            *colon = at;
          return;
        case '"':
        case '\'':
          end = string_end (p, at);
          aid_scan_region (p->s, documentation && depth == 0 ? AID_REGION_COMMENT : AID_REGION_STRING, at, end);
          at = end - 1;
          break;
        case '#':
          end = aid_scan_line_end (p->s, at);
          aid_scan_region (p->s, AID_REGION_COMMENT, at, end);
          at = end - 1;
          break;
        case '\\':
          at += at + 2 < p->len && t[at + 1] == '\r' ? 2 : 1;
          break;
        case ':':
          if (depth == 0 && *colon == NONE)
            *colon = at;
          break;
        case '(':
        case '[':
        case '{':
          depth++;
          break;
        default:
          depth -= depth > 0;
        }
      documentation = 0;
    }
  p->code_end = p->at = p->len;
  if (*colon == NONE)
    *colon = p->len;
}

static void
close_frames (struct python *p, uint32_t indent)
{
  for (; p->n > 0 && p->frames[p->n - 1].indent >= indent; p->n--)
    aid_scan_end (p->s, p->frames[p->n - 1].def, p->frames[p->n - 1].signature_to, p->code_end);
}

static int32_t
parent (const struct python *p)
{
  return p->n > 0 ? p->frames[p->n - 1].def : -1;
}

static void
definition (struct python *p, uint32_t line, uint32_t first, uint32_t word, uint32_t indent, int is_class)
{
  uint32_t name = blanks_end (p, word), end = word_end (p, name), colon;
  int in_class = p->n > 0 && p->frames[p->n - 1].is_class;
  enum aid_def_kind kind = is_class ? AID_DEF_CLASS : in_class ? AID_DEF_METHOD : AID_DEF_FUNCTION;
  int test = !is_class && end - name > 5 && memcmp (p->t + name, "test_", 5) == 0;
  uint32_t lead = p->lead_line == line && p->lead != NONE ? p->lead : first;
  int32_t def = aid_scan_add (p->s, test ? AID_DEF_TEST : kind, parent (p), (struct aid_range){ name, end }, lead, first);
  p->at = end;
  p->fresh = 0;
  logical_line (p, &colon);
  if (p->n < AID_SCAN_NESTING)
    p->frames[p->n++] = (struct frame){ def, indent, colon, is_class };
  p->fresh = 1;
}

/* NAME = value, or NAME: type, outside of functions. */
static void
variable (struct python *p, uint32_t line, uint32_t from, uint32_t end)
{
  uint32_t at = blanks_end (p, end), colon;
  int in_class = p->n > 0 && p->frames[p->n - 1].is_class,
      alias = is (p, from, end, "type") && at < p->len && is_word (p->t[at]);
  int32_t def = -1;
  uint32_t lead = p->lead_line == line && p->lead != NONE ? p->lead : from;
  if (alias)
    def = aid_scan_add (p->s, AID_DEF_TYPE, parent (p), (struct aid_range){ at, word_end (p, at) }, lead, from);
  else if ((p->n == 0 || in_class) && at < p->len && end > from
           && ((p->t[at] == '=' && at + 1 < p->len && p->t[at + 1] != '=')
               || (p->t[at] == ':' && at + 1 < p->len && p->t[at + 1] == ' ' && !is (p, from, end, "else")
                   && !is (p, from, end, "try") && !is (p, from, end, "finally") && !is (p, from, end, "except"))))
    def = aid_scan_add (p->s, in_class ? AID_DEF_FIELD : AID_DEF_VARIABLE, parent (p), (struct aid_range){ from, end }, lead,
                        from);
  logical_line (p, &colon);
  aid_scan_end (p->s, def, aid_scan_line_end (p->s, from), p->at);
}

/* import a.b as c, d / from .a import b, c */
static void
import (struct python *p, uint32_t from, uint32_t word)
{
  uint32_t at = word, colon, start = p->at;
  logical_line (p, &colon);
  uint32_t end = p->at > start && p->t[p->at - 1] == '\n' ? p->at - 1 : p->at;
  int is_from = is (p, from, word, "from");
  do
    {
      at = blanks_end (p, at);
      uint32_t name = at;
      while (at < end && (is_word (p->t[at]) || p->t[at] == '.'))
        at++;
      aid_scan_import (p->s, (struct aid_range){ name, at }, from, end);
      while (at < end && p->t[at] != ',')
        at++;
    }
  while (!is_from && at++ < end);
}

static void
comment_line (struct python *p, uint32_t line, uint32_t at)
{
  uint32_t end = aid_scan_line_end (p->s, at);
  aid_scan_region (p->s, AID_REGION_COMMENT, at, end);
  if (p->lead == NONE || p->lead_line != line)
    p->lead = at;
  p->at = p->lead_line = end < p->len ? end + 1 : end;
}

static void
code_line (struct python *p, uint32_t line, uint32_t at, uint32_t indent)
{
  uint32_t end = word_end (p, at), colon;
  close_frames (p, indent);
  p->at = at;
  if (p->t[at] == '@')
    {
      if (p->lead == NONE || p->lead_line != line)
        p->lead = at;
      p->fresh = 0;
      logical_line (p, &colon);
      p->lead_line = p->at;
      return;
    }
  uint32_t word = at, word_to = end;
  if (is (p, at, end, "async"))
    word_to = word_end (p, word = blanks_end (p, end));
  if (is (p, word, word_to, "def") || is (p, word, word_to, "class"))
    {
      definition (p, line, at, word_to, indent, p->t[word] == 'c');
      return;
    }
  if (p->t[at] != '"' && p->t[at] != '\'' && !((end - at <= 2) && end < p->len && (p->t[end] == '"' || p->t[end] == '\'')))
    p->fresh = 0;
  if (is (p, at, end, "import") || is (p, at, end, "from"))
    import (p, at, end);
  else
    variable (p, line, at, end);
  p->fresh = 0;
}

void
aid_scan_python (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct python p = { .s = s, .t = s->text, .len = s->len, .fresh = 1, .lead = NONE, .lead_line = NONE };
  if (s->len >= 3 && memcmp (s->text, "\xEF\xBB\xBF", 3) == 0)
    p.at = 3;
  while (p.at < p.len)
    {
      uint32_t line = p.at, at = line, indent = 0;
      for (; at < p.len && (p.t[at] == ' ' || p.t[at] == '\t' || p.t[at] == '\f'); at++)
        indent = p.t[at] == '\t' ? (indent / TAB + 1) * TAB : p.t[at] == '\f' ? 0 : indent + 1;
      if (at >= p.len)
        break;
      if (p.t[at] == '\n' || (p.t[at] == '\r' && at + 1 < p.len && p.t[at + 1] == '\n'))
        p.at = at + (p.t[at] == '\r' ? 2 : 1);
      else if (p.t[at] == '#')
        comment_line (&p, line, at);
      else
        code_line (&p, line, at, indent);
    }
  close_frames (&p, 0);
}
