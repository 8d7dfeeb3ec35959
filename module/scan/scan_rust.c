/* Rust: items are found by their keywords wherever a statement may begin, also within functions and macros' braces. */
#include "scan/scan_internal.h"
#include <stdlib.h>

enum key
{
  K_FN = 1,
  K_STRUCT,
  K_ENUM,
  K_UNION,
  K_TRAIT,
  K_IMPL,
  K_MOD,
  K_MACRO,
  K_CONST,
  K_STATIC,
  K_TYPE,
  K_USE,
  K_EXTERN,
  K_MODIFIER
};

#define K AID_KEYWORD
static const struct aid_keyword table[] = {
  K ("async", K_MODIFIER),   K ("auto", K_MODIFIER), K ("const", K_CONST),       K ("crate", K_MODIFIER),
  K ("default", K_MODIFIER), K ("enum", K_ENUM),     K ("extern", K_EXTERN),     K ("fn", K_FN),
  K ("impl", K_IMPL),        K ("macro", K_MACRO),   K ("macro_rules", K_MACRO), K ("mod", K_MOD),
  K ("pub", K_MODIFIER),     K ("safe", K_MODIFIER), K ("static", K_STATIC),     K ("struct", K_STRUCT),
  K ("trait", K_TRAIT),      K ("type", K_TYPE),     K ("union", K_UNION),       K ("unsafe", K_MODIFIER),
  K ("use", K_USE),
};

enum frame_kind
{
  F_BLOCK,
  F_IMPL,
  F_TRAIT,
  F_STRUCT,
  F_ENUM,
  F_MACRO
};

struct frame
{
  enum frame_kind kind;
  int32_t def;            /* what ends with it, or -1 */
  int32_t parent;         /* what holds what is in it */
  struct aid_range scope; /* the type of an impl */
  int depth;              /* brackets within fields and variants */
  uint32_t signature_to;
  char close;
};

struct rust
{
  struct aid_scanner *s;
  struct aid_lex lex;
  struct aid_keywords keywords;
  struct frame frames[AID_SCAN_NESTING]; /* [0] is the file */
  int n, beyond;
  int begins;  /* a statement may begin here */
  int started; /* attributes or modifiers were read */
  int test, attributed;
  uint32_t lead, from;
};

static int
key_of (const struct rust *r)
{
  return r->lex.token == AID_T_WORD ? aid_keyword_of (&r->keywords, r->s->text + r->lex.from, r->lex.to - r->lex.from) : 0;
}

static void
push (struct rust *r, enum frame_kind kind, int32_t def, int32_t parent, struct aid_range scope)
{
  char close = r->lex.token == '(' ? ')' : r->lex.token == '[' ? ']' : '}';
  if (r->n + 1 < AID_SCAN_NESTING)
    r->frames[++r->n] = (struct frame){ kind, def, parent, scope, 0, r->lex.from, close };
  else
    r->beyond = 1;
  r->begins = 1;
}

static void
pop (struct rust *r)
{
  if (r->n > 0)
    {
      struct frame *f = &r->frames[r->n--];
      aid_scan_end (r->s, f->def, f->signature_to, r->lex.to);
    }
}

static int32_t
add (struct rust *r, enum aid_def_kind kind)
{
  const struct frame *f = &r->frames[r->n];
  int32_t def = aid_scan_add (r->s, kind, f->parent, aid_lex_range (&r->lex), r->lead, r->from);
  if (def >= 0)
    aid_scan_def (r->s, def)->scope = f->scope;
  return def;
}

/* The token is "<": reads on behind its ">". */
static void
angles (struct rust *r)
{
  if (aid_lex_angles (&r->lex, "([{", ";}"))
    aid_lex_next (&r->lex);
}

/* Reads on to the "{" that begins a body, or to ";" or what cannot be before it. */
static void
to_body (struct rust *r)
{
  while (r->lex.token && r->lex.token != '{' && r->lex.token != ';' && r->lex.token != '}')
    if (r->lex.token == '<')
      angles (r);
    else
      {
        if (r->lex.token == '(' || r->lex.token == '[')
          aid_lex_skip (&r->lex);
        aid_lex_next (&r->lex);
      }
}

/* Reads on to ";" of an item with a value, over brackets. */
static void
to_semicolon (struct rust *r)
{
  while (r->lex.token && r->lex.token != ';' && r->lex.token != '}')
    {
      if (r->lex.token == '(' || r->lex.token == '[' || r->lex.token == '{')
        aid_lex_skip (&r->lex);
      aid_lex_next (&r->lex);
    }
}

/* At what ends an item without a body. */
static void
end_at (struct rust *r, int32_t def)
{
  uint32_t end = r->lex.token == ';' ? r->lex.to : r->lex.before_to;
  aid_scan_end (r->s, def, r->lex.before_to, end);
  r->begins = 1;
}

static void
function (struct rust *r)
{
  enum frame_kind around = r->frames[r->n].kind;
  if (aid_lex_next (&r->lex) != AID_T_WORD)
    return;
  enum aid_def_kind kind = r->test                                 ? AID_DEF_TEST
                           : around == F_IMPL || around == F_TRAIT ? AID_DEF_METHOD
                                                                   : AID_DEF_FUNCTION;
  int32_t def = add (r, kind), parent = def >= 0 ? def : r->frames[r->n].parent;
  aid_lex_next (&r->lex);
  to_body (r);
  if (r->lex.token == '{')
    {
      push (r, F_BLOCK, def, parent, (struct aid_range){ 0, 0 });
      return;
    }
  if (def >= 0 && kind != AID_DEF_TEST)
    aid_scan_def (r->s, def)->kind = AID_DEF_SIGNATURE;
  end_at (r, def);
}

static void
type (struct rust *r, int key)
{
  if (aid_lex_next (&r->lex) != AID_T_WORD)
    return;
  int32_t def = add (r, key == K_MOD ? AID_DEF_MODULE : AID_DEF_TYPE), parent = def >= 0 ? def : r->frames[r->n].parent;
  aid_lex_next (&r->lex);
  if (r->lex.token == '<')
    angles (r);
  to_body (r);
  if (r->lex.token == '{')
    push (r,
          key == K_MOD     ? F_BLOCK
          : key == K_TRAIT ? F_TRAIT
          : key == K_ENUM  ? F_ENUM
                           : F_STRUCT,
          def, parent, (struct aid_range){ 0, 0 });
  else
    end_at (r, def);
}

/* impl<T> Trait for path::Type<T> where ... { */
static void
implementation (struct rust *r)
{
  struct aid_range name = { 0, 0 };
  int where = 0;
  aid_lex_next (&r->lex);
  if (r->lex.token == '<')
    angles (r);
  while (r->lex.token && r->lex.token != '{' && r->lex.token != ';' && r->lex.token != '}')
    {
      if (r->lex.token == '<')
        {
          angles (r);
          continue;
        }
      if (r->lex.token == '(' || r->lex.token == '[')
        aid_lex_skip (&r->lex);
      else if (aid_lex_is (&r->lex, "for") && !where)
        name = (struct aid_range){ 0, 0 };
      else if (aid_lex_is (&r->lex, "where"))
        where = 1;
      else if (r->lex.token == AID_T_WORD && !where && !aid_lex_is (&r->lex, "dyn") && !aid_lex_is (&r->lex, "mut")
               && !aid_lex_is (&r->lex, "const"))
        name = aid_lex_range (&r->lex);
      aid_lex_next (&r->lex);
    }
  if (r->lex.token == '{')
    push (r, F_IMPL, -1, r->frames[r->n].parent, name);
}

static void
macro (struct rust *r)
{
  if (aid_lex_next (&r->lex) == '!')
    aid_lex_next (&r->lex);
  if (r->lex.token != AID_T_WORD)
    return;
  int32_t def = add (r, AID_DEF_MACRO);
  r->begins = 1;
  while (aid_lex_next (&r->lex) == '(') /* macro name ($x: expr) { ... } */
    {
      uint32_t from = r->lex.from;
      aid_lex_skip (&r->lex);
      if (memchr (r->s->text + from, '\n', r->lex.to - from))
        {
          aid_scan_end (r->s, def, from, r->lex.to);
          return;
        }
    }
  uint32_t signature = r->lex.from;
  if (r->lex.token == '{' || r->lex.token == '[')
    aid_lex_skip (&r->lex);
  aid_scan_end (r->s, def, signature, r->lex.to);
}

/* const NAME: T = ...; static NAME: T = ...; type NAME = ...; what else these words begin is left alone. */
static void
value (struct rust *r, int key)
{
  aid_lex_next (&r->lex);
  while (aid_lex_is (&r->lex, "mut") || aid_lex_is (&r->lex, "ref"))
    aid_lex_next (&r->lex);
  if (key_of (r) || r->lex.token != AID_T_WORD)
    return;
  int32_t def = add (r, key == K_TYPE ? AID_DEF_TYPE : AID_DEF_VARIABLE);
  aid_lex_next (&r->lex);
  uint32_t signature = r->lex.before_to;
  if (key != K_TYPE && r->lex.token != ':' && def >= 0)
    {
      aid_scan_def (r->s, def)->kind = AID_DEF_KINDS; /* no item */
      return;
    }
  while (r->lex.token && r->lex.token != '=' && r->lex.token != ';' && r->lex.token != '}' && r->lex.token != '{')
    {
      if (r->lex.token == '(' || r->lex.token == '[')
        aid_lex_skip (&r->lex);
      signature = r->lex.to;
      aid_lex_next (&r->lex);
    }
  to_semicolon (r);
  aid_scan_end (r->s, def, signature, r->lex.token == ';' ? r->lex.to : r->lex.before_to);
  r->begins = 1;
}

static void
use (struct rust *r)
{
  uint32_t name = 0;
  while (aid_lex_next (&r->lex) && r->lex.token != ';' && r->lex.token != '}')
    {
      if (!name)
        name = r->lex.from;
      if (r->lex.token == '{')
        aid_lex_skip (&r->lex);
    }
  if (name && r->lex.token == ';')
    aid_scan_import (r->s, (struct aid_range){ name, r->lex.before_to }, r->from, r->lex.to);
  r->begins = 1;
}

/* At "#": #[test], #[tokio::test (...)]. */
static void
attribute (struct rust *r)
{
  const unsigned char *t = r->s->text;
  uint32_t from = r->lex.from;
  if (aid_lex_next (&r->lex) == '!')
    {
      aid_lex_next (&r->lex);
      if (r->lex.token == '[')
        aid_lex_skip (&r->lex);
      r->begins = 1;
      r->started = 0;
      return;
    }
  if (r->lex.token != '[')
    return;
  aid_lex_skip (&r->lex);
  uint32_t to = from + 2, last = to;
  while (to < r->lex.to && t[to] != ']' && t[to] != '(' && t[to] != '=' && t[to] != ' ')
    if (t[to++] == ':')
      last = to;
  struct aid_range name = { last, to };
  if (aid_range_is (r->s, name, "test") || aid_range_is (r->s, name, "rstest") || aid_range_is (r->s, name, "test_case"))
    r->test = 1;
  r->begins = r->attributed = 1;
}

/* A field of a struct or a variant of an enum, where one may begin. */
static void
member (struct rust *r)
{
  struct frame *f = &r->frames[r->n];
  if (r->lex.token == ',' && f->depth == 0)
    r->begins = 1, r->started = 0;
  else if (r->lex.token == '(' || r->lex.token == '[' || r->lex.token == '{')
    aid_lex_skip (&r->lex);
  else if (r->lex.token == '<')
    f->depth++;
  else if (r->lex.token == '>' && f->depth > 0)
    f->depth--;
  else if (r->lex.token == AID_T_WORD && r->begins && key_of (r) != K_MODIFIER)
    {
      int32_t def = add (r, f->kind == F_ENUM ? AID_DEF_CONSTRUCTOR : AID_DEF_FIELD);
      if (def >= 0)
        aid_scan_def (r->s, def)->scope = (struct aid_range){ 0, 0 };
      aid_scan_end (r->s, def, r->lex.to, r->lex.to);
      r->begins = 0;
    }
}

static void
item (struct rust *r, int key)
{
  static void (*const readers[]) (struct rust * r) = {
    [K_FN] = function, [K_IMPL] = implementation, [K_MACRO] = macro, [K_USE] = use, [K_MODIFIER] = NULL,
  };
  if (key == K_STRUCT || key == K_ENUM || key == K_TRAIT || key == K_MOD || key == K_UNION)
    type (r, key);
  else if (key == K_CONST || key == K_STATIC || key == K_TYPE)
    value (r, key);
  else if (readers[key])
    readers[key](r);
}

/* The words that come before an item's own: kept as its beginning. */
static int
is_prefix (struct rust *r, int key)
{
  if (key == K_MODIFIER || key == K_EXTERN)
    return 1;
  if (key != K_CONST && key != K_STATIC)
    return 0;
  uint32_t at = r->lex.to;
  while (at < r->s->len && r->s->text[at] == ' ')
    at++;
  struct aid_span next = { (const char *)r->s->text + at, r->s->len - at };
  return aid_span_starts (next, "fn ") || aid_span_starts (next, "unsafe ") || aid_span_starts (next, "async ")
         || aid_span_starts (next, "extern ") || aid_span_starts (next, "trait ");
}

/* Where an item begins, and what is known of its attributes. */
static void
begin (struct rust *r)
{
  if (!r->started && r->lex.token != '}')
    {
      r->lead = r->lex.lead;
      r->from = r->lex.from;
      r->started = 1;
      r->test = r->attributed = 0;
    }
  if (r->attributed && r->lex.token != '#')
    {
      r->from = r->lex.from;
      r->attributed = 0;
    }
}

static void
close_brace (struct rust *r)
{
  if (r->frames[r->n].close == '}')
    pop (r);
  r->begins = 1;
  r->started = 0;
}

/* The token, within a struct or an enum. */
static void
part_of_type (struct rust *r, int key)
{
  if (r->begins && key == K_MODIFIER)
    return;
  if (r->begins && r->lex.token == '(' && r->lex.before == AID_T_WORD)
    aid_lex_skip (&r->lex); /* pub (crate) */
  else
    member (r);
}

/* Whether the token, where an item may begin, is what comes before its keyword: reads over it. */
static int
is_before_item (struct rust *r, int key)
{
  if (aid_lex_is (&r->lex, "crate") && r->lex.before == AID_T_WORD && r->started)
    {
      use (r); /* extern crate */
      r->started = 0;
      return 1;
    }
  if (is_prefix (r, key) || r->lex.token == AID_T_STRING)
    return 1;
  if (r->lex.token != '(' || r->lex.before != AID_T_WORD || !r->started || r->from == r->lex.from)
    return 0;
  aid_lex_skip (&r->lex); /* pub (crate) */
  return 1;
}

static void
token (struct rust *r)
{
  const struct frame *f = &r->frames[r->n];
  int begins = r->begins, key = key_of (r), of_type = f->kind == F_STRUCT || f->kind == F_ENUM;
  if (begins)
    begin (r);
  if (r->lex.token == '#' && (begins || of_type))
    attribute (r);
  else if (r->lex.token == '}')
    close_brace (r);
  else if (of_type)
    part_of_type (r, key);
  else if (!begins || !is_before_item (r, key))
    {
      r->begins = 0;
      if (key && begins)
        item (r, key);
      else if (r->lex.token == '{')
        push (r, F_BLOCK, -1, f->parent, f->scope);
      if (r->lex.token == ';')
        r->begins = 1;
      r->started = 0;
    }
}

void
aid_scan_rust (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct rust *r = calloc (1, sizeof *r);
  if (!r)
    {
      s->failed = 1;
      return;
    }
  r->s = s;
  r->begins = 1;
  r->frames[0] = (struct frame){ .def = -1, .parent = -1 };
  aid_lex_init (&r->lex, s, AID_LEX_RUST);
  aid_keywords_init (&r->keywords, table, sizeof table / sizeof *table);
  if (s->len > 2 && s->text[0] == '#' && s->text[1] == '!' && s->text[2] != '[')
    r->lex.at = aid_scan_line_end (s, 0);
  while (aid_lex_next (&r->lex))
    if (r->beyond > 0)
      r->beyond += r->lex.token == '{' ? 1 : r->lex.token == '}' ? -1 : 0;
    else
      token (r);
  while (r->n > 0)
    pop (r);
  free (r);
}
