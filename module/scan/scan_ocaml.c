/* OCaml, implementations and interfaces.  No expression is parsed: "let", "type", "module" and the like begin an item of the
   structure exactly where an expression, a type or a path has just ended, for in all other places (let ... in, (module M),
   with type t = ...) something stands before them that has still to go on.  Brackets, begin, struct, sig and object are
   frames; where an item begins within brackets of expressions, they were never closed. */
#include "scan/scan_ocaml_internal.h"
#include <stdlib.h>

static void
push (struct aid_ml *o, enum aid_ml_frame_kind kind, int32_t parent)
{
  if (o->n + 1 >= AID_SCAN_NESTING)
    {
      o->beyond = 1;
      return;
    }
  int at = o->n + 1;
  o->frames[at] = (struct aid_ml_frame){
    .kind = kind, .parent = parent, .def = -1, .base = kind == F_STRUCTURE || kind == F_OBJECT ? at : o->frames[o->n].base
  };
  o->n = at;
}

/* The item of F ends before the token. */
static void
finish (struct aid_ml *o, struct aid_ml_frame *f)
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
pop_to (struct aid_ml *o, enum aid_ml_frame_kind kind)
{
  int i = o->n, lowest = o->frames[o->n].base;
  while (i > lowest && o->frames[i].kind != kind)
    i--;
  if (i > lowest)
    o->n = i - 1;
}

static void
end (struct aid_ml *o)
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
ended (const struct aid_ml *o)
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
begins_item (struct aid_ml *o, int key)
{
  struct aid_ml_frame *f = aid_ml_base (o);
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
begin_item (struct aid_ml *o, int key)
{
  o->n = o->frames[o->n].base;
  struct aid_ml_frame *f = &o->frames[o->n];
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
  f->signature_to = f->equal = 0;
  f->test = f->body = 0;
  f->lets = 0;
}

/* "and" of the item itself: another one of its kind. */
static int
and_item (struct aid_ml *o)
{
  struct aid_ml_frame *f = &o->frames[o->n];
  if (o->frames[o->n].base != o->n || f->lets > 0 || !ended (o))
    return 0;
  int key = f->item;
  if (key != ML_LET && key != ML_TYPE && key != ML_MODULE && key != ML_CLASS)
    return 0;
  uint32_t at = o->lex.to;
  while (at < o->s->len && (o->s->text[at] == ' ' || o->s->text[at] == '\n'))
    at++;
  struct aid_span next = { (const char *) o->s->text + at, o->s->len - at };
  if (key == ML_MODULE && (aid_span_starts (next, "type ") || aid_span_starts (next, "module ")))
    return 0; /* with type t = ... and type u = ... */
  begin_item (o, key);
  return 1;
}

/* AT without the "=" or ":" before it. */
static uint32_t
before_sign (const struct aid_ml *o, uint32_t at)
{
  return at > 0 && (o->s->text[at - 1] == '=' || o->s->text[at - 1] == ':') ? at - 1 : at;
}

/* What the token does to the brackets. */
static void
brackets (struct aid_ml *o)
{
  struct aid_ml_frame *f = aid_ml_base (o);
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
        f->signature_to = o->n > f->base && f->equal ? f->equal : before_sign (o, o->lex.before_to);
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
token (struct aid_ml *o)
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
  struct aid_ml_frame *f = aid_ml_base (o);
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
    aid_ml_name (o, f);
  else if (f->state == S_PATH)
    aid_ml_path (o, f);
  else if (f->state != S_NONE)
    aid_ml_function_or_value (o, f);
  if (l->token == '=' && o->n == f->base && !f->body)
    {
      f->body = 1;
      f->equal = l->from;
      if (!f->signature_to && (f->item == ML_LET || f->item == ML_TYPE || f->item == ML_METHOD || f->item == ML_CLASS))
        f->signature_to = l->from;
    }
  else if (f->item == ML_TYPE && f->body)
    aid_ml_type_body (o, f);
  brackets (o);
}

void
aid_scan_ocaml (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct aid_ml *o = calloc (1, sizeof *o);
  if (!o)
    {
      s->failed = 1;
      return;
    }
  o->s = s;
  o->frames[0] = (struct aid_ml_frame){ .kind = F_STRUCTURE, .parent = -1, .def = -1 };
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
