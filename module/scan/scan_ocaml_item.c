/* OCaml: names, kinds and contents of items. */
#include "scan/scan_ocaml_internal.h"

static int
is_upper (const struct aid_ml *o)
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
named (struct aid_ml *o, struct aid_range name)
{
  struct aid_ml_frame *f = aid_ml_base (o);
  f->def = aid_scan_add (o->s, f->test ? AID_DEF_TEST : f->def_kind, f->parent, name, f->lead, f->from);
  f->state = f->item == ML_LET ? S_AFTER_NAME : S_NONE;
}

/* The test that let%test and its like begin; or an extension without a meaning of its own. */
static void
extension (struct aid_ml *o, struct aid_ml_frame *f)
{
  if (f->item != ML_LET || o->lex.before != ML_T_OPERATOR || o->s->text[o->lex.before_to - 1] != '%')
    return;
  struct aid_span name = { (const char *) o->s->text + o->lex.from, o->lex.to - o->lex.from };
  f->test = aid_span_starts (name, "test") || aid_span_starts (name, "expect_test") || aid_span_starts (name, "bench");
}

/* A token where the item's name is waited for. */
void
aid_ml_name (struct aid_ml *o, struct aid_ml_frame *f)
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

void
aid_ml_path (struct aid_ml *o, struct aid_ml_frame *f)
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
void
aid_ml_function_or_value (struct aid_ml *o, struct aid_ml_frame *f)
{
  struct aid_def *d = aid_scan_def (o->s, f->def);
  int here = o->n == f->base, is_function = 0;
  enum aid_ml_state next;
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
void
aid_ml_type_body (struct aid_ml *o, struct aid_ml_frame *f)
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
