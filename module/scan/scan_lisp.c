/* Emacs Lisp, Common Lisp, Scheme: lists whose first word begins with "def" and that are not quoted. */
#include "scan/scan_internal.h"

/* An open list. */
struct frame
{
  int32_t def;    /* what it defines, or -1 */
  int32_t parent; /* the definition around */
  uint32_t from, lead, head_from, head_to;
  int items; /* read so far */
  int quoted, is_def, is_import;
};

struct lisp
{
  struct aid_scanner *s;
  const unsigned char *t;
  uint32_t at, len;
  enum aid_language language;
  struct frame frames[AID_SCAN_NESTING];
  int n, beyond;
  int quote; /* a quote was read before what comes */
  uint32_t lead, lead_line;
};

#define NONE UINT32_MAX

static const unsigned char ends[256] = { [' '] = 1, ['\t'] = 1, ['\n'] = 1, ['\r'] = 1, ['\f'] = 1, ['('] = 1, [')'] = 1,
                                         ['['] = 1, [']'] = 1,  ['"'] = 1,  [';'] = 1,  ['\''] = 1, ['`'] = 1, [','] = 1 };

static int
is (const struct lisp *l, uint32_t from, uint32_t to, const char *word)
{
  return aid_range_is (l->s, (struct aid_range){ from, to }, word);
}

static int
has (const struct lisp *l, uint32_t from, uint32_t to, const char *part)
{
  return memmem (l->t + from, to - from, part, strlen (part)) != NULL;
}

/* What a list with this head defines; 0 when it defines nothing. */
static int
defines (const struct lisp *l, uint32_t from, uint32_t to, enum aid_def_kind *kind)
{
  const unsigned char *t = l->t;
  uint32_t at = from;
  if (to - from > 3 && t[from + 2] == '-' && (memcmp (t + from, "cl", 2) == 0))
    at += 3;
  if (t[from] == ':')
    return 0;
  if (is (l, from, to, "ert-deftest") || is (l, from, to, "deftest") || is (l, from, to, "define-test")
      || is (l, from, to, "def-test"))
    {
      *kind = AID_DEF_TEST;
      return 1;
    }
  int prefixed = has (l, from, to, "-define-") || has (l, from, to, ":def");
  if (!prefixed && !(to - at >= 3 && memcmp (t + at, "def", 3) == 0))
    return 0;
  if (is (l, from, to, "default") || is (l, from, to, "defined?") || is (l, from, to, "deferred")
      || is (l, from, to, "default-value") || is (l, from, to, "define-key") || is (l, from, to, "define-key-after")
      || is (l, from, to, "define-abbrev") || is (l, from, to, "define-prefix-command")
      || (to - at > 7 && memcmp (t + at, "default", 7) == 0))
    return 0;
  if (has (l, from, to, "macro") || has (l, from, to, "syntax") || is (l, from, to, "defsubst*"))
    *kind = AID_DEF_MACRO;
  else if (has (l, from, to, "class") || has (l, from, to, "condition"))
    *kind = AID_DEF_CLASS;
  else if (has (l, from, to, "struct") || has (l, from, to, "type") || has (l, from, to, "record"))
    *kind = AID_DEF_TYPE;
  else if (has (l, from, to, "method"))
    *kind = AID_DEF_METHOD;
  else if (has (l, from, to, "package") || has (l, from, to, "library") || has (l, from, to, "module")
           || has (l, from, to, "system") || has (l, from, to, "group"))
    *kind = AID_DEF_MODULE;
  else if (has (l, from, to, "var") || has (l, from, to, "const") || has (l, from, to, "custom")
           || has (l, from, to, "param") || has (l, from, to, "face") || has (l, from, to, "local")
           || has (l, from, to, "keymap"))
    *kind = AID_DEF_VARIABLE;
  else if (l->language == AID_LANG_SCHEME && (is (l, from, to, "define") || is (l, from, to, "define*")))
    *kind = AID_DEF_VARIABLE; /* or a function, as its name will show */
  else
    *kind = AID_DEF_FUNCTION;
  return 1;
}

static int
imports (const struct lisp *l, uint32_t from, uint32_t to)
{
  static const char *const words[]
    = { "require",    "load",      "use-package",  "use-modules", "import",    "include",
        "use-module", "load-file", "load-library", "autoload",    "quickload", "ql:quickload" };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (is (l, from, to, words[i]))
      return 1;
  return 0;
}

static void
name_read (struct lisp *l, struct frame *f, uint32_t from, uint32_t to)
{
  enum aid_def_kind kind;
  if (f->def >= 0 || !defines (l, f->head_from, f->head_to, &kind) || to - from > 1000)
    return;
  if (kind == AID_DEF_VARIABLE && l->n > 1 && f != &l->frames[l->n - 1])
    kind = AID_DEF_FUNCTION; /* (define (name ...)) */
  while (kind == AID_DEF_MODULE && f != &l->frames[l->n - 1] && to < l->len && l->t[to] != ')' && l->t[to] != '\n')
    to++; /* (define-library (name name) ...) */
  f->def = aid_scan_add (l->s, kind, f->parent, (struct aid_range){ from, to }, f->lead, f->from);
  aid_scan_end (l->s, f->def, aid_scan_line_near (l->s, to), to);
}

/* The innermost list that is a definition without a name yet, of which the word just read is the name; or NULL. */
static struct frame *
unnamed (struct lisp *l)
{
  struct frame *f = &l->frames[l->n - 1];
  if (f->is_def && f->items == 1)
    return f;
  while (f > l->frames && f->items == 0 && !f->quoted)
    f--;
  if (f->is_def && f->items == 1)
    return f;
  return NULL;
}

/* Behind |a symbol| at AT, which may go over lines. */
static uint32_t
bars_end (const struct lisp *l, uint32_t at)
{
  for (at++; at < l->len && l->t[at] != '|'; at++)
    if (l->t[at] == '\\')
      at++;
  return at < l->len ? at + 1 : l->len;
}

static void
symbol (struct lisp *l)
{
  uint32_t from = l->at, at = from;
  enum aid_def_kind kind;
  while (at < l->len && !ends[l->t[at]])
    if (l->t[at] == '\\')
      at += 2;
    else if (l->t[at] == '|' && l->language != AID_LANG_ELISP)
      at = bars_end (l, at);
    else
      at++;
  l->at = at = at > l->len ? l->len : at == from ? at + 1 : at;
  int quote = l->quote;
  l->quote = 0;
  if (l->n == 0)
    return;
  struct frame *f = &l->frames[l->n - 1];
  if (f->items == 0 && !f->quoted && !quote)
    {
      /* in (let ((def 1)) ...) and (cond ((defined? x) ...)) the list is the head of another */
      f->is_def = (l->n < 2 || f[-1].items > 0) && defines (l, from, at, &kind);
      f->quoted = is (l, from, at, "syntax-rules") || is (l, from, at, "syntax-case"); /* templates */
      f->is_import = imports (l, from, at);
      f->head_from = from;
      f->head_to = at;
    }
  struct frame *def = unnamed (l);
  if (def && def != f && is (l, from, at, "setf"))
    return; /* (defmethod (setf name) ...) */
  if (def && quote != ',')
    name_read (l, def, from, at);
  if (f->is_import && f->items == 1)
    aid_scan_import (l->s, (struct aid_range){ from, at }, f->from, aid_scan_line_near (l->s, from));
  f->items++;
}

static void
string (struct lisp *l)
{
  const unsigned char *t = l->t;
  uint32_t from = l->at, at = from + 1;
  while (at < l->len && t[at] != '"')
    at += t[at] == '\\' ? 2 : 1;
  l->at = at < l->len ? at + 1 : l->len;
  struct frame *f = l->n > 0 ? &l->frames[l->n - 1] : NULL;
  uint32_t line = from;
  while (line > 0 && (t[line - 1] == ' ' || t[line - 1] == '\t'))
    line--;
  int documentation = f && f->is_def && (f->items == 3 || (f->items > 1 && line > 0 && t[line - 1] == '\n'));
  aid_scan_region (l->s, documentation ? AID_REGION_COMMENT : AID_REGION_STRING, from, l->at);
  if (f && f->is_import && f->items == 1 && l->at > from + 2)
    aid_scan_import (l->s, (struct aid_range){ from + 1, l->at - 1 }, f->from, aid_scan_line_near (l->s, l->at));
  if (f && f->is_def && f->items == 1 && f->def < 0 && l->at > from + 2)
    name_read (l, f, from + 1, l->at - 1);
  if (f)
    f->items++;
  l->quote = 0;
}

/* The library that (import (scheme base)) or (use-modules (ice-9 regex)) names as a list. */
static void
library (struct lisp *l, const struct frame *outer)
{
  uint32_t end = l->at;
  while (end < l->len && end - l->at < 200 && l->t[end] != ')' && l->t[end] != '(' && l->t[end] != '\n')
    end++;
  if (end < l->len && l->t[end] == ')')
    aid_scan_import (l->s, (struct aid_range){ l->at, end }, outer->from, end + 1);
}

static void
open_list (struct lisp *l)
{
  uint32_t from = l->at++;
  if (from == 0 || l->t[from - 1] == '\n') /* in the first column: what is still open was not closed */
    if (l->n > 0 && l->at + 3 < l->len && memcmp (l->t + l->at, "def", 3) == 0 && l->language != AID_LANG_SCHEME)
      {
        while (l->n > 0)
          aid_scan_end (l->s, l->frames[--l->n].def, 0, from);
        l->beyond = 0;
      }
  if (l->n >= AID_SCAN_NESTING)
    {
      l->beyond++;
      return;
    }
  struct frame *outer = l->n > 0 ? &l->frames[l->n - 1] : NULL, *f = &l->frames[l->n++];
  *f = (struct frame){ .def = -1, .parent = -1, .from = from, .lead = from };
  if (outer)
    {
      f->parent = outer->def >= 0 ? outer->def : outer->parent;
      f->quoted = outer->quoted;
      if (outer->is_import)
        library (l, outer);
    }
  if (l->lead != NONE && l->lead_line == aid_scan_line_start (l->s, from))
    f->lead = l->lead;
  f->quoted |= l->quote == '\'' || l->quote == '`';
  l->quote = 0;
}

static void
close_list (struct lisp *l)
{
  l->at++;
  l->quote = 0;
  if (l->beyond > 0)
    l->beyond--;
  else if (l->n > 0)
    {
      struct frame f = l->frames[--l->n];
      if (f.def >= 0)
        aid_scan_end (l->s, f.def, aid_scan_def (l->s, f.def)->signature.to, l->at);
      if (l->n > 0)
        l->frames[l->n - 1].items++;
    }
}

static void
comment (struct lisp *l)
{
  uint32_t from = l->at, line = from, end = aid_scan_line_end (l->s, from);
  while (line > 0 && (l->t[line - 1] == ' ' || l->t[line - 1] == '\t'))
    line--;
  aid_scan_region (l->s, AID_REGION_COMMENT, from, end);
  l->at = end;
  if (line > 0 && l->t[line - 1] != '\n')
    return;
  if (l->lead == NONE || l->lead_line != line)
    l->lead = from;
  l->lead_line = end + 1;
}

/* At "#": block comments, characters, and what begins as something else than it is. */
static void
hash (struct lisp *l)
{
  const unsigned char *t = l->t;
  unsigned char next = l->at + 1 < l->len ? t[l->at + 1] : 0;
  uint32_t from = l->at, at = from + 2;
  int depth = 1;
  if (next == '|' && l->language != AID_LANG_ELISP)
    {
      for (; at < l->len && depth > 0; at++)
        if (at + 1 < l->len && t[at] == '|' && t[at + 1] == '#')
          depth--, at++;
        else if (at + 1 < l->len && t[at] == '#' && t[at + 1] == '|')
          depth++, at++;
      l->at = at < l->len ? at : l->len;
      aid_scan_region (l->s, AID_REGION_COMMENT, from, l->at);
    }
  else if (next == '\\' && l->language != AID_LANG_ELISP)
    {
      for (at++; at < l->len && !ends[t[at]]; at++)
        ;
      l->at = at < l->len ? at : l->len;
      if (l->n > 0)
        l->frames[l->n - 1].items++;
    }
  else if (next == '!' && from == 0)
    l->at = aid_scan_line_end (l->s, from);
  else if (next == '\'' || next == ';')
    {
      l->at = at;
      l->quote = '\'';
    }
  else
    symbol (l);
}

/* Emacs Lisp's ?c. */
static void
character (struct lisp *l)
{
  const unsigned char *t = l->t;
  uint32_t at = l->at + 1;
  if (at < l->len && t[at] == '\\')
    {
      at++;
      if (at + 1 < l->len && t[at + 1] == '-') /* ?\C-x, ?\M-\C-x */
        while (at + 2 < l->len && t[at + 1] == '-')
          at += t[at + 2] == '\\' ? 3 : 2;
    }
  at++;
  while (at < l->len && !ends[t[at]] && t[at] != '?')
    at++;
  l->at = at < l->len ? at : l->len;
  if (l->n > 0)
    l->frames[l->n - 1].items++;
}

void
aid_scan_lisp (struct aid_scanner *s, enum aid_language language)
{
  struct lisp l = { .s = s, .t = s->text, .len = s->len, .language = language, .lead = NONE, .lead_line = NONE };
  while (l.at < l.len)
    {
      unsigned char c = l.t[l.at];
      if (c == '(' || c == '[')
        open_list (&l);
      else if (c == ')' || c == ']')
        close_list (&l);
      else if (c == '"')
        string (&l);
      else if (c == ';')
        comment (&l);
      else if (c == '\'' || c == '`' || c == ',')
        {
          l.quote = c;
          l.at += 1 + (c == ',' && l.at + 1 < l.len && l.t[l.at + 1] == '@');
        }
      else if (ends[c])
        l.at++;
      else if (c == '#')
        hash (&l);
      else if (c == '?' && language == AID_LANG_ELISP)
        character (&l);
      else
        symbol (&l);
    }
  while (l.n > 0)
    aid_scan_end (s, l.frames[--l.n].def, 0, s->len);
}
