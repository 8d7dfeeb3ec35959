/* OCaml, implementations and interfaces.  No expression is parsed: "let", "type", "module" and the like begin an item of the
   structure exactly where an expression, a type or a path has just ended, for in all other places (let ... in, (module M),
   with type t = ...) something stands before them that has still to go on.  Brackets, begin, struct, sig and object are
   frames; where an item begins within brackets of expressions, they were never closed. */
#include "scan/scan_ocaml_internal.h"
#include <stdlib.h>

enum frame_kind
{
  F_STRUCTURE,
  F_OBJECT,
  F_BEGIN,
  F_DO,
  F_PAREN,
  F_BRACKET,
  F_BRACE,
  F_PAYLOAD
};

enum state
{
  S_NONE,
  S_NAME,       /* the item's name comes */
  S_AFTER_NAME, /* of a let: what comes tells a function from a value */
  S_ANNOTATION,
  S_EQUAL,
  S_PATH /* of an open or include */
};

struct frame
{
  enum frame_kind kind;
  int base;       /* the innermost structure or object at or below */
  int lets;       /* that wait for their "in" */
  int32_t parent; /* what holds what is in it */
  /* the item that is being read (of structures and objects) */
  int item; /* its keyword, or 0 */
  int32_t def;
  enum aid_def_kind def_kind;
  enum state state;
  int test, body; /* BODY: "=" of the item was read */
  uint32_t lead, from, signature_to;
};

struct ocaml
{
  struct aid_scanner *s;
  struct aid_ml_lex lex;
  struct frame frames[AID_SCAN_NESTING];
  int n; /* frames[n] is the innermost */
  int beyond;
};

static struct frame *
base (struct ocaml *o)
{
  return &o->frames[o->frames[o->n].base];
}

static int
is_upper (const struct ocaml *o)
{
  unsigned char c = o->s->text[o->lex.from];
  return (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static struct aid_range
range (uint32_t from, uint32_t to)
{
  return (struct aid_range){ from, to };
}

static void
push (struct ocaml *o, enum frame_kind kind, int32_t parent)
{
  if (o->n + 1 >= AID_SCAN_NESTING)
    {
      o->beyond = 1;
      return;
    }
  int at = o->n + 1;
  o->frames[at] = (struct frame){
    .kind = kind, .parent = parent, .def = -1, .base = kind == F_STRUCTURE || kind == F_OBJECT ? at : o->frames[o->n].base
  };
  o->n = at;
}

/* The item of F ends before the token. */
static void
finish (struct ocaml *o, struct frame *f)
{
  int closes = o->lex.token == ML_T_END || o->lex.key == ML_END;
  uint32_t trail = closes ? o->lex.chain : o->lex.trail, end = trail > o->lex.before_to ? trail : o->lex.before_to;
  aid_scan_end (o->s, f->def, f->signature_to ? f->signature_to : o->lex.before_to, end);
  f->item = 0;
  f->def = -1;
  f->state = S_NONE;
}

/* Takes frames off down to the innermost of KIND, which is taken off too; none when a structure stands in between. */
static void
pop_to (struct ocaml *o, enum frame_kind kind)
{
  int i = o->n, lowest = o->frames[o->n].base;
  while (i > lowest && o->frames[i].kind != kind)
    i--;
  if (i > lowest)
    o->n = i - 1;
}

static void
end (struct ocaml *o)
{
  int i = o->n;
  while (i > 0 && o->frames[i].kind != F_BEGIN && o->frames[i].kind != F_STRUCTURE && o->frames[i].kind != F_OBJECT)
    i--;
  if (i == 0)
    return;
  if (o->frames[i].kind != F_BEGIN)
    finish (o, &o->frames[i]);
  o->n = i - 1;
}

/* Whether something may end with the token before. */
static int
ended (const struct ocaml *o)
{
  switch (o->lex.before)
    {
    case ML_T_WORD:
      return o->lex.before_key == 0 || o->lex.before_key == ML_END || o->lex.before_key == ML_DONE
             || o->lex.before_key == ML_STRUCT || o->lex.before_key == ML_SIG || o->lex.before_key == ML_OBJECT;
    case ML_T_END:
    case ML_T_LITERAL:
    case ML_T_STRING:
    case ML_T_VARIABLE:
    case ML_T_DOTS:
    case ML_T_SEMICOLONS:
    case ')':
    case ']':
    case '}':
      return 1;
    }
  return 0;
}

static int
begins_item (struct ocaml *o, int key)
{
  struct frame *f = base (o);
  int in_object = f->kind == F_OBJECT;
  switch (key)
    {
    case ML_LET:
    case ML_TYPE:
    case ML_MODULE:
    case ML_OPEN:
    case ML_INCLUDE:
    case ML_EXCEPTION:
    case ML_EXTERNAL:
    case ML_CLASS:
      if (in_object)
        return 0;
      break;
    case ML_VAL:
      break;
    case ML_METHOD:
    case ML_INHERIT:
    case ML_INITIALIZER:
      if (!in_object)
        return 0;
      break;
    default:
      return 0;
    }
  if (!ended (o))
    return 0;
  if (o->n == o->frames[o->n].base)
    return 1;
  for (int i = o->n; i > o->frames[o->n].base; i--)
    if (o->frames[i].kind == F_PAYLOAD)
      return 0;
  return o->lex.lines > 0; /* brackets that were never closed */
}

static void
begin_item (struct ocaml *o, int key)
{
  o->n = o->frames[o->n].base;
  struct frame *f = &o->frames[o->n];
  finish (o, f);
  static const enum aid_def_kind kinds[ML_OTHER + 1] = {
    [ML_LET] = AID_DEF_VARIABLE,        [ML_TYPE] = AID_DEF_TYPE,          [ML_MODULE] = AID_DEF_MODULE,
    [ML_EXCEPTION] = AID_DEF_EXCEPTION, [ML_EXTERNAL] = AID_DEF_SIGNATURE, [ML_CLASS] = AID_DEF_CLASS,
    [ML_VAL] = AID_DEF_SIGNATURE,       [ML_METHOD] = AID_DEF_METHOD,
  };
  f->item = key;
  f->def_kind = key == ML_VAL && f->kind == F_OBJECT ? AID_DEF_FIELD : kinds[key];
  f->state = key == ML_OPEN || key == ML_INCLUDE || key == ML_INHERIT ? S_PATH : key == ML_INITIALIZER ? S_NONE : S_NAME;
  f->lead = o->lex.lead;
  f->from = o->lex.from;
  f->signature_to = 0;
  f->test = f->body = 0;
  f->lets = 0;
}

/* "and" of the item itself: another one of its kind. */
static int
and_item (struct ocaml *o)
{
  struct frame *f = &o->frames[o->n];
  if (o->frames[o->n].base != o->n || f->lets > 0 || !ended (o))
    return 0;
  int key = f->item;
  if (key != ML_LET && key != ML_TYPE && key != ML_MODULE && key != ML_CLASS)
    return 0;
  uint32_t at = o->lex.to;
  while (at < o->s->len && (o->s->text[at] == ' ' || o->s->text[at] == '\n'))
    at++;
  struct aid_span next = { (const char *)o->s->text + at, o->s->len - at };
  if (key == ML_MODULE && (aid_span_starts (next, "type ") || aid_span_starts (next, "module ")))
    return 0; /* with type t = ... and type u = ... */
  begin_item (o, key);
  return 1;
}

static void
named (struct ocaml *o, struct aid_range name)
{
  struct frame *f = base (o);
  f->def = aid_scan_add (o->s, f->test ? AID_DEF_TEST : f->def_kind, f->parent, name, f->lead, f->from);
  f->state = f->item == ML_LET ? S_AFTER_NAME : S_NONE;
}

/* The test that let%test and its like begin; or an extension without a meaning of its own. */
static void
extension (struct ocaml *o, struct frame *f)
{
  if (f->item != ML_LET || o->lex.before != ML_T_OPERATOR || o->s->text[o->lex.before_to - 1] != '%')
    return;
  struct aid_span name = { (const char *)o->s->text + o->lex.from, o->lex.to - o->lex.from };
  f->test = aid_span_starts (name, "test") || aid_span_starts (name, "expect_test") || aid_span_starts (name, "bench");
}

/* A token where the item's name is waited for. */
static void
name (struct ocaml *o, struct frame *f)
{
  struct aid_ml_lex *l = &o->lex;
  int inner = o->n != f->base;
  if (l->token == ML_T_STRING && f->test)
    {
      if (l->to > l->from + 2)
        named (o, (struct aid_range){ l->from + 1, l->to - 1 });
      return;
    }
  if (l->token == '=' && !inner)
    {
      f->state = S_NONE;
      return;
    }
  if (f->item == ML_TYPE || f->item == ML_CLASS || f->item == ML_MODULE || f->item == ML_EXCEPTION)
    {
      if (inner || l->token != ML_T_WORD || l->key
          || (l->to - l->from == 1 && o->s->text[l->from] == '_' && f->item == ML_TYPE))
        return;
      if (l->before == ML_T_OPERATOR && o->s->text[l->before_to - 1] == '%')
        return;
      if (f->item == ML_TYPE && is_upper (o))
        return; /* of the path in type M.t += ... */
      named (o, range (l->from, l->to));
      return;
    }
  if (l->token == ML_T_OPERATOR && l->before == '(')
    named (o, range (l->from, l->to));
  else if (l->token == ')' && l->before == '(' && f->item == ML_LET)
    named (o, range (l->before_to - 1, l->to));
  else if (l->token == ML_T_WORD && !l->key && l->before == ML_T_OPERATOR && o->s->text[l->before_to - 1] == '%' && !f->test)
    extension (o, f);
  else if (l->token == ML_T_WORD && !l->key && !is_upper (o) && o->frames[o->n].kind != F_PAYLOAD
           && o->frames[o->n].kind != F_BRACKET)
    named (o, range (l->from, l->to));
}

static void
path (struct ocaml *o, struct frame *f)
{
  const unsigned char *t = o->s->text;
  uint32_t to = o->lex.to;
  if (o->lex.token == ML_T_OPERATOR
      || (o->lex.token == ML_T_WORD && o->lex.key && o->lex.key != ML_STRUCT && o->lex.key != ML_SIG))
    return; /* open!, include module type of */
  if (o->lex.token == ML_T_WORD && !o->lex.key)
    {
      while (to < o->s->len
             && (t[to] == '.' || t[to] == '_' || t[to] == '\'' || (t[to] >= '0' && t[to] <= '9')
                 || (t[to] >= 'a' && t[to] <= 'z') || (t[to] >= 'A' && t[to] <= 'Z')))
        to++;
      aid_scan_import (o->s, (struct aid_range){ o->lex.from, to }, f->from, to);
    }
  f->state = S_NONE;
}

/* Tells let f x = ... and let f = fun x -> ... and let f : a -> b = ... from let x = ... */
static void
function_or_value (struct ocaml *o, struct frame *f)
{
  struct aid_def *d = aid_scan_def (o->s, f->def);
  int here = o->n == f->base, is_function = 0;
  enum state next = f->state;
  if (f->state == S_AFTER_NAME)
    {
      if (o->lex.token == ')')
        return; /* behind (name) */
      next = o->lex.token == ':' ? S_ANNOTATION : o->lex.token == '=' ? S_EQUAL : S_NONE;
      is_function = next == S_NONE && o->lex.token != ',' && here;
    }
  else if (f->state == S_ANNOTATION)
    {
      is_function = o->lex.token == ML_T_ARROW;
      next = o->lex.token == '=' && here ? S_EQUAL : S_ANNOTATION;
    }
  else
    {
      is_function = o->lex.key == ML_FUN;
      next = S_NONE;
    }
  if (is_function)
    {
      if (d && d->kind == AID_DEF_VARIABLE)
        d->kind = AID_DEF_FUNCTION;
      next = S_NONE;
    }
  f->state = next;
}

/* Constructors and fields of a type's body. */
static void
type_body (struct ocaml *o, struct frame *f)
{
  struct aid_ml_lex *l = &o->lex;
  const unsigned char *t = o->s->text;
  uint32_t at = l->to;
  enum aid_def_kind kind;
  if (l->token == ML_T_LITERAL && t[l->from] == '`' && o->frames[o->n].kind == F_BRACKET)
    {
      aid_scan_end (o->s, aid_scan_add (o->s, AID_DEF_CONSTRUCTOR, f->def, range (l->from + 1, l->to), l->lead, l->from),
                    l->to, l->to);
      return;
    }
  if (l->token != ML_T_WORD || l->key)
    return;
  while (at < o->s->len && (t[at] == ' ' || t[at] == '\n'))
    at++;
  unsigned char next = at + 1 >= o->s->len || (t[at] == '(' && t[at + 1] == '*') ? 0 : t[at];
  if (o->n == f->base && is_upper (o) && (l->before == '|' || l->before == '=' || l->before_key == ML_PRIVATE) && next != '.'
      && next != '(')
    kind = AID_DEF_CONSTRUCTOR;
  else if (o->frames[o->n].kind == F_BRACE && !is_upper (o) && next == ':'
           && (l->before == '{' || l->before == ';' || l->before_key == ML_MUTABLE))
    kind = AID_DEF_FIELD;
  else
    return;
  int32_t def = aid_scan_add (o->s, kind, f->def, range (l->from, l->to), l->lead, l->from);
  aid_scan_end (o->s, def, l->to, l->to);
}

/* What the token does to the brackets. */
static void
brackets (struct ocaml *o)
{
  struct frame *f = base (o);
  int32_t inside = f->item && f->def >= 0 ? f->def : f->parent;
  switch (o->lex.token)
    {
    case '(':
      push (o, F_PAREN, -1);
      return;
    case '[':
      push (o,
            o->lex.to < o->s->len && (o->s->text[o->lex.to] == '%' || o->s->text[o->lex.to] == '@') ? F_PAYLOAD : F_BRACKET,
            -1);
      return;
    case '{':
      push (o, F_BRACE, -1);
      return;
    case ')':
      pop_to (o, F_PAREN);
      return;
    case ']':
      pop_to (o, o->frames[o->n].kind == F_PAYLOAD ? F_PAYLOAD : F_BRACKET);
      return;
    case '}':
      pop_to (o, F_BRACE);
      return;
    }
  switch (o->lex.key)
    {
    case ML_STRUCT:
    case ML_SIG:
    case ML_OBJECT:
      if (f->item && !f->signature_to)
        f->signature_to = o->lex.from;
      f->state = S_NONE;
      push (o, o->lex.key == ML_OBJECT ? F_OBJECT : F_STRUCTURE, inside);
      return;
    case ML_BEGIN:
      push (o, F_BEGIN, -1);
      return;
    case ML_DO:
      push (o, F_DO, -1);
      return;
    case ML_DONE:
      pop_to (o, F_DO);
      return;
    case ML_END:
      end (o);
      return;
    }
}

static void
token (struct ocaml *o)
{
  struct aid_ml_lex *l = &o->lex;
  if (l->token == ML_T_SEMICOLONS)
    {
      o->n = o->frames[o->n].base;
      finish (o, &o->frames[o->n]);
      return;
    }
  if (l->key && (begins_item (o, l->key) || l->key == ML_AND))
    {
      if (l->key != ML_AND)
        begin_item (o, l->key);
      else
        and_item (o);
      return;
    }
  struct frame *f = base (o);
  if (l->key == ML_LET || l->key == ML_LET_OPERATOR)
    o->frames[o->n].lets++;
  else if (l->key == ML_IN && o->frames[o->n].lets > 0)
    o->frames[o->n].lets--;
  else if (l->key == ML_IN && o->n == f->base && f->item == ML_LET)
    {
      struct aid_def *d = aid_scan_def (o->s, f->def);
      if (d)
        d->kind = AID_DEF_KINDS; /* let ... in of an expression at the top */
      f->def = -1;
      f->item = 0;
    }
  if (f->state == S_NAME)
    name (o, f);
  else if (f->state == S_PATH)
    path (o, f);
  else if (f->state != S_NONE)
    function_or_value (o, f);
  if (l->token == '=' && o->n == f->base && !f->body)
    {
      f->body = 1;
      if (!f->signature_to && (f->item == ML_LET || f->item == ML_TYPE || f->item == ML_METHOD || f->item == ML_CLASS))
        f->signature_to = l->from;
    }
  else if (f->item == ML_TYPE && f->body)
    type_body (o, f);
  brackets (o);
}

void
aid_scan_ocaml (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct ocaml *o = calloc (1, sizeof *o);
  if (!o)
    {
      s->failed = 1;
      return;
    }
  o->s = s;
  o->frames[0] = (struct frame){ .kind = F_STRUCTURE, .parent = -1, .def = -1 };
  aid_ml_init (&o->lex, s);
  while (aid_ml_next (&o->lex))
    if (o->beyond > 0)
      {
        int key = o->lex.key, c = o->lex.token;
        o->beyond += key == ML_BEGIN || key == ML_STRUCT || key == ML_SIG || key == ML_OBJECT || key == ML_DO || c == '('
                     || c == '[' || c == '{';
        o->beyond -= key == ML_END || key == ML_DONE || c == ')' || c == ']' || c == '}';
      }
    else
      token (o);
  for (int i = o->n; i >= 0; i--)
    if (o->frames[i].base == i)
      finish (o, &o->frames[i]);
  free (o);
}
