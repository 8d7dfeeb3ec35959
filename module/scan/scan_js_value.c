/* JavaScript and TypeScript: what becomes of a name that a value is given to, and names of modules. */
#include "scan/scan_js_internal.h"

/* What the candidate is now that a function is its value. */
void
aid_js_becomes_function (struct aid_js *j)
{
  struct aid_def *d = aid_scan_def (j->s, j->candidate);
  enum aid_js_frame_kind in = j->frames[j->n].kind;
  if (d)
    d->kind = in == JS_F_OBJECT || in == JS_F_CLASS || d->scope.from < d->scope.to ? AID_DEF_METHOD : AID_DEF_FUNCTION;
}

/* NAME = and a.b.NAME = at a statement's beginning. */
void
aid_js_assignment (struct aid_js *j)
{
  const unsigned char *t = j->s->text;
  struct aid_range name = { j->chain_last, j->chain.to }, scope = { j->chain.from, j->chain_last };
  if (scope.to > scope.from)
    scope.to--;
  int prototype = scope.to - scope.from > 10 && memcmp (t + scope.to - 10, ".prototype", 10) == 0;
  if (prototype)
    scope.to -= 10;
  if (aid_range_is (j->s, scope, "this") || aid_range_is (j->s, scope, "exports")
      || aid_range_is (j->s, scope, "module.exports") || aid_range_is (j->s, scope, "module"))
    scope = (struct aid_range){ 0, 0 };
  j->candidate = aid_js_add (j, prototype ? AID_DEF_METHOD : AID_DEF_KINDS, name);
  if (j->candidate >= 0)
    aid_scan_def (j->s, j->candidate)->scope = scope;
  if (prototype)
    j->frames[j->n].pending = j->candidate;
  j->state = JS_S_VALUE;
}

/* What the token makes of the name that was read last. */
void
aid_js_advance (struct aid_js *j)
{
  int token = j->lex.token;
  switch (j->state)
    {
    case JS_S_DECLARED:
    case JS_S_ANNOTATION:
      if (token == '=')
        {
          struct aid_def *d = aid_scan_def (j->s, j->candidate);
          if (d)
            d->signature.to = j->lex.before_to;
          j->state = JS_S_VALUE;
        }
      else if (token == ':')
        j->state = JS_S_ANNOTATION;
      else if (j->state == JS_S_DECLARED && token != '?' && token != '!')
        j->state = JS_S_NONE;
      break;
    case JS_S_VALUE:
      if (token == AID_T_WORD)
        j->state = aid_lex_is (&j->lex, "async") ? JS_S_VALUE : JS_S_PARAMETER;
      else if (token != '(' && token != '<')
        j->state = JS_S_NONE;
      break;
    case JS_S_LIST:
    case JS_S_PARAMETER:
    case JS_S_RESULT:
      if (token == AID_T_ARROW)
        {
          aid_js_becomes_function (j);
          struct aid_def *d = aid_scan_def (j->s, j->candidate);
          if (d)
            d->signature.to = j->lex.to;
          j->frames[j->n].pending = j->candidate;
          j->state = JS_S_ARROW;
        }
      else if (token == ':' && j->state == JS_S_LIST)
        j->state = JS_S_RESULT;
      else if (j->state != JS_S_RESULT || token == ';' || token == ',' || token == '=')
        j->state = JS_S_NONE;
      break;
    case JS_S_MEMBER:
      j->state = token == ':' ? JS_S_VALUE : JS_S_NONE;
      break;
    default:
      j->state = JS_S_NONE;
    }
}

void
aid_js_chain (struct aid_js *j)
{
  if (j->lex.token == AID_T_WORD && (j->begins || j->lex.before == '='))
    {
      j->chain = aid_lex_range (&j->lex);
      j->chain_last = j->lex.from;
    }
  else if (j->lex.token == AID_T_WORD && j->lex.before == '.' && j->chain.to && j->chain.to + 1 == j->lex.from)
    {
      j->chain_last = j->lex.from;
      j->chain.to = j->lex.to;
    }
  else if (!(j->lex.token == '.' && j->chain.to == j->lex.from))
    j->chain.to = 0;
}

/* require ("x"), import ("x") */
void
aid_js_required (struct aid_js *j)
{
  struct aid_range word = { j->lex.before_from, j->lex.before_to };
  const unsigned char *t = j->s->text;
  if (j->lex.before != AID_T_WORD || !(aid_range_is (j->s, word, "require") || aid_range_is (j->s, word, "import")))
    return;
  uint32_t from = j->lex.to, to;
  while (from < j->s->len && t[from] == ' ')
    from++;
  if (from >= j->s->len || (t[from] != '"' && t[from] != '\''))
    return;
  for (to = from + 1; to < j->s->len && t[to] != t[from] && t[to] != '\n'; to++)
    ;
  aid_scan_import (j->s, (struct aid_range){ from + 1, to }, word.from, to);
}
