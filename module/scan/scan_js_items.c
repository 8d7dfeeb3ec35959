/* JavaScript and TypeScript: what keywords begin, and members of classes and objects. */
#include "scan/scan_js_internal.h"

static struct aid_def *
candidate (const struct aid_js *j)
{
  return aid_scan_def (j->s, j->candidate);
}

void
aid_js_angles (struct aid_js *j)
{
  if (aid_lex_angles (&j->lex, "([{", ";)}"))
    aid_lex_next (&j->lex);
}

void
aid_js_result (struct aid_js *j)
{
  struct aid_lex *l = &j->lex;
  if (l->token != ':')
    return;
  while (aid_lex_next (l))
    {
      int type_may_begin = l->before == ':' || l->before == '|' || l->before == '<' || l->before == '&'
                           || l->before == AID_T_ARROW || l->before == ','
                           || aid_range_is (j->s, (struct aid_range){ l->before_from, l->before_to }, "is");
      if (l->token == '{' && !type_may_begin)
        return;
      if (l->token == ';' || l->token == ',' || l->token == '}' || l->token == ')' || l->token == '=')
        return;
      if (l->lines > 0 && !type_may_begin && l->token != '|' && l->token != '&' && l->token != AID_T_ARROW)
        return;
      if (l->token == '(' || l->token == '[' || l->token == '{')
        aid_lex_skip (l);
    }
}

/* From the parameter list to the body of DEF, which is a function when a body comes.  Leaves the token to be looked at when
   none comes (0), else has opened it. */
static int
parameters_and_body (struct aid_js *j, int32_t def, enum aid_def_kind with_body, enum aid_def_kind without)
{
  struct aid_lex *l = &j->lex;
  struct aid_def *d;
  if (l->token == '<')
    aid_js_angles (j);
  if (l->token == '(')
    {
      aid_lex_skip (l);
      aid_lex_next (l);
    }
  aid_js_result (j);
  d = aid_scan_def (j->s, def);
  j->state = JS_S_NONE;
  if (d)
    d->kind = l->token == '{' ? with_body : without;
  if (l->token == '{')
    {
      aid_js_push (j, JS_F_BLOCK, def);
      return 1;
    }
  aid_scan_end (j->s, def, l->before_to, l->before_to);
  return 0;
}

/* At "function": a declaration, or the value of what was named before. */
void
aid_js_function (struct aid_js *j)
{
  struct aid_lex *l = &j->lex;
  int as_value = j->state == JS_S_VALUE && candidate (j);
  uint32_t lead = j->begins ? j->lead : l->from, from = j->begins ? j->from : l->from;
  int32_t def = as_value ? j->candidate : -1;
  if (aid_lex_next (l) == '*')
    aid_lex_next (l);
  if (l->token == AID_T_WORD)
    {
      struct aid_def *d = aid_scan_def (j->s, def);
      struct aid_range own = aid_lex_range (l);
      if (d && aid_range_is (j->s, d->name, "exports"))
        d->name = own;
      else if (!as_value)
        {
          j->lead = lead;
          j->from = from;
          def = aid_js_add (j, AID_DEF_FUNCTION, own);
        }
      aid_lex_next (l);
    }
  struct aid_def *d = aid_scan_def (j->s, def);
  enum aid_def_kind kind
    = !as_value || !d || d->kind == AID_DEF_VARIABLE || (d->scope.from >= d->scope.to && d->kind != AID_DEF_FIELD)
        ? AID_DEF_FUNCTION
        : AID_DEF_METHOD;
  if (as_value && (j->frames[j->n].kind == JS_F_OBJECT || j->frames[j->n].kind == JS_F_CLASS))
    kind = AID_DEF_METHOD;
  if (!parameters_and_body (j, def, kind, AID_DEF_SIGNATURE) && l->token == ';')
    j->begins = 1;
}

static void
head (struct aid_js *j, enum aid_def_kind kind, enum aid_js_frame_kind frame)
{
  struct aid_lex *l = &j->lex;
  struct aid_range name = { 0, 0 };
  int as_value = j->state == JS_S_VALUE && candidate (j);
  int32_t def = as_value ? j->candidate : -1;
  if (aid_lex_next (l) == AID_T_WORD && !aid_lex_is (l, "extends") && !aid_lex_is (l, "implements"))
    {
      name = aid_lex_range (l);
      while (aid_lex_next (l) == '.') /* namespace A.B */
        if (aid_lex_next (l) == AID_T_WORD)
          name.to = l->to;
    }
  else if (l->token == AID_T_STRING && kind == AID_DEF_MODULE)
    {
      name = (struct aid_range){ l->from + 1, l->to - 1 };
      aid_lex_next (l);
    }
  struct aid_def *d = as_value ? aid_scan_def (j->s, def) : NULL;
  if (d)
    {
      d->kind = kind;
      if (name.to && aid_range_is (j->s, d->name, "exports"))
        d->name = name;
    }
  else
    def = aid_js_add (j, kind, name);
  while (l->token && l->token != '{' && l->token != ';' && l->token != '}')
    if (l->token == '<')
      aid_js_angles (j);
    else
      {
        if (l->token == '(' || l->token == '[')
          aid_lex_skip (l);
        aid_lex_next (l);
      }
  j->state = JS_S_NONE;
  if (l->token == '{')
    aid_js_push (j, frame, def)->top = kind == AID_DEF_MODULE;
  else
    aid_scan_end (j->s, def, l->before_to, l->before_to);
}

/* import a, { b } from "x"; import "x"; export { a } from "x" */
static void
import (struct aid_js *j)
{
  struct aid_lex *l = &j->lex;
  uint32_t from = j->from;
  if (aid_lex_next (l) == '(' || l->token == '.')
    return; /* import (...), import.meta */
  for (int words = 0; words < 100 && l->token && l->token != ';' && l->token != AID_T_STRING && l->token != '}'; words++)
    {
      if (l->token == '{')
        aid_lex_skip (l);
      aid_lex_next (l);
      if (l->lines > 0 && l->before == '}' && !aid_lex_is (l, "from"))
        return;
    }
  if (l->token == AID_T_STRING)
    aid_scan_import (j->s, (struct aid_range){ l->from + 1, l->to - 1 }, from, l->to);
}

static void
alias (struct aid_js *j)
{
  if (aid_lex_next (&j->lex) != AID_T_WORD)
    return;
  j->frames[j->n].pending = aid_js_add (j, AID_DEF_TYPE, aid_lex_range (&j->lex));
  j->in_type = 1;
  j->state = JS_S_NONE;
}

/* Whether the contextual keyword under the token is one: a name follows on its line. */
static int
name_follows (const struct aid_js *j)
{
  const unsigned char *t = j->s->text;
  uint32_t at = j->lex.to;
  while (at < j->s->len && (t[at] == ' ' || t[at] == '\t'))
    at++;
  return at < j->s->len && at > j->lex.to
         && ((t[at] >= 'a' && t[at] <= 'z') || (t[at] >= 'A' && t[at] <= 'Z') || t[at] == '_' || t[at] == '$'
             || t[at] >= 0x80 || t[at] == '"' || t[at] == '\'' || (t[at] == '{' && aid_lex_is (&j->lex, "global")));
}

/* Gives 1 when the keyword's item was read (or begun), 0 when the token means nothing here. */
int
aid_js_keyword (struct aid_js *j, int key)
{
  int statement = j->begins && j->frames[j->n].kind == JS_F_BLOCK;
  if (j->lex.before == '.')
    return 0;
  switch (key)
    {
    case JS_FUNCTION:
      aid_js_function (j);
      return 1;
    case JS_CLASS:
      if (!statement && !(j->state == JS_S_VALUE))
        j->lead = j->from = j->lex.from;
      head (j, AID_DEF_CLASS, JS_F_CLASS);
      return 1;
    case JS_INTERFACE:
    case JS_ENUM:
    case JS_NAMESPACE:
      if (!statement || !name_follows (j))
        return 0;
      head (j, key == JS_NAMESPACE ? AID_DEF_MODULE : AID_DEF_TYPE,
            key == JS_ENUM        ? JS_F_ENUM
            : key == JS_INTERFACE ? JS_F_INTERFACE
                                  : JS_F_BLOCK);
      return 1;
    case JS_TYPE:
      if (!statement || !name_follows (j))
        return 0;
      alias (j);
      return 1;
    case JS_VARIABLE:
      j->frames[j->n].declaring = 1;
      return 1;
    case JS_IMPORT:
      if (!statement)
        return 0;
      import (j);
      return 1;
    case JS_EXPORT:
      {
        uint32_t at = j->lex.to;
        while (at < j->s->len && j->s->text[at] == ' ')
          at++;
        if (statement && at < j->s->len && (j->s->text[at] == '{' || j->s->text[at] == '*'))
          import (j);
        return 1;
      }
    }
  return 0;
}

static int
is_accessor (const struct aid_js *j)
{
  static const char *const words[] = { "static",    "async",    "get",      "set",      "public",  "private",
                                       "protected", "readonly", "abstract", "override", "declare", "accessor" };
  const unsigned char *t = j->s->text;
  uint32_t at = j->lex.to;
  while (at < j->s->len && t[at] == ' ')
    at++;
  if (at >= j->s->len || strchr ("(=:;,?!<}\n\r", t[at]))
    return 0;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_lex_is (&j->lex, words[i]))
      return 1;
  return 0;
}

/* At "@": @name.name (...); leaves what is behind it. */
void
aid_js_decorator (struct aid_js *j)
{
  while (aid_lex_next (&j->lex) == AID_T_WORD && aid_lex_next (&j->lex) == '.')
    ;
  if (j->lex.token == '(' && j->lex.lines == 0)
    {
      aid_lex_skip (&j->lex);
      aid_lex_next (&j->lex);
    }
  j->modified = 2;
}

/* A token of a class, interface or object where a member may begin.  0 when it means nothing. */
int
aid_js_member (struct aid_js *j)
{
  struct aid_lex *l = &j->lex;
  enum aid_js_frame_kind in = j->frames[j->n].kind;
  struct aid_range name = aid_lex_range (l);
  if (l->token == '*' || l->token == '#')
    return 1;
  if (l->token == '@')
    {
      aid_js_decorator (j);
      return -1;
    }
  if (l->token == AID_T_WORD && is_accessor (j))
    return 1;
  if (l->token == AID_T_STRING && name.to - name.from > 2)
    name = (struct aid_range){ name.from + 1, name.to - 1 };
  else if (l->token != AID_T_WORD)
    return 0;
  if (l->before == '#')
    name.from--;
  j->begins = 0;
  if (in == JS_F_OBJECT)
    {
      j->candidate = aid_js_add (j, AID_DEF_KINDS, name);
      j->state = JS_S_MEMBER;
      return 1;
    }
  int32_t def = aid_js_add (j, AID_DEF_FIELD, name);
  aid_scan_end (j->s, def, l->to, l->to);
  aid_lex_next (l);
  while ((l->token == '?' || l->token == '!') && l->lines == 0)
    aid_lex_next (l);
  if (l->token == '(' || l->token == '<')
    {
      parameters_and_body (j, def, AID_DEF_METHOD, AID_DEF_SIGNATURE);
      return l->token == '{' ? 1 : -1;
    }
  j->candidate = def;
  j->state = JS_S_DECLARED;
  j->frames[j->n].pending = def;
  return -1;
}
