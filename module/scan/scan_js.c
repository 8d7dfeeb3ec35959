/* JavaScript and TypeScript.  Brackets are frames, and "{" is a block, a class or an object by what stands before it.  A name
   that a value is given to becomes a definition at once and a function when a function, a class or a "=>" follows; those that
   become nothing are dropped at the end. */
#include "scan/scan_js_internal.h"
#include <stdlib.h>

#define K AID_KEYWORD
static const struct aid_keyword table[] = {
  K ("abstract", JS_MODIFIER),
  K ("async", JS_MODIFIER),
  K ("await", JS_OPERATOR),
  K ("bench", JS_TEST),
  K ("case", JS_OPERATOR),
  K ("catch", JS_BLOCK),
  K ("class", JS_CLASS),
  K ("const", JS_VARIABLE),
  K ("context", JS_TEST),
  K ("declare", JS_MODIFIER),
  K ("default", JS_MODIFIER),
  K ("delete", JS_OPERATOR),
  K ("describe", JS_TEST),
  K ("do", JS_BLOCK),
  K ("else", JS_BLOCK),
  K ("enum", JS_ENUM),
  K ("export", JS_EXPORT),
  K ("finally", JS_BLOCK),
  K ("for", JS_BLOCK),
  K ("function", JS_FUNCTION),
  K ("global", JS_NAMESPACE),
  K ("if", JS_BLOCK),
  K ("import", JS_IMPORT),
  K ("in", JS_OPERATOR),
  K ("instanceof", JS_OPERATOR),
  K ("interface", JS_INTERFACE),
  K ("it", JS_TEST),
  K ("let", JS_VARIABLE),
  K ("module", JS_NAMESPACE),
  K ("namespace", JS_NAMESPACE),
  K ("new", JS_OPERATOR),
  K ("of", JS_OPERATOR),
  K ("return", JS_OPERATOR),
  K ("specify", JS_TEST),
  K ("suite", JS_TEST),
  K ("switch", JS_BLOCK),
  K ("test", JS_TEST),
  K ("throw", JS_OPERATOR),
  K ("try", JS_BLOCK),
  K ("type", JS_TYPE),
  K ("typeof", JS_OPERATOR),
  K ("var", JS_VARIABLE),
  K ("while", JS_BLOCK),
  K ("with", JS_BLOCK),
  K ("yield", JS_OPERATOR),
};

int
aid_js_key (const struct aid_js *j)
{
  return j->lex.token == AID_T_WORD ? aid_keyword_of (&j->keywords, j->s->text + j->lex.from, j->lex.to - j->lex.from) : 0;
}

/* Whether a statement may end with the token before. */
int
aid_js_ended (const struct aid_js *j)
{
  switch (j->lex.before)
    {
    case AID_T_WORD:
      {
        int key = aid_keyword_of (&j->keywords, j->s->text + j->lex.before_from, j->lex.before_to - j->lex.before_from);
        return key != JS_OPERATOR && key != JS_VARIABLE && key != JS_MODIFIER && key != JS_EXPORT;
      }
    case AID_T_STRING:
    case AID_T_NUMBER:
    case AID_T_CHAR:
    case ')':
    case ']':
    case '}':
    case '>':
    case 0:
      return 1;
    }
  return 0;
}

int32_t
aid_js_add (struct aid_js *j, enum aid_def_kind kind, struct aid_range name)
{
  return aid_scan_add (j->s, kind, j->frames[j->n].parent, name, j->lead, j->from);
}

struct aid_js_frame *
aid_js_push (struct aid_js *j, enum aid_js_frame_kind kind, int32_t def)
{
  struct aid_js_frame *f = &j->frames[j->n];
  if (j->n + 1 >= AID_SCAN_NESTING)
    {
      j->beyond = 1;
      return f;
    }
  int32_t parent = def >= 0 ? def : f->candidate >= 0 && kind == JS_F_OBJECT ? f->candidate : f->parent;
  if (f->pending == def)
    f->pending = -1;
  f = &j->frames[++j->n];
  *f = (struct aid_js_frame){ kind, def, parent, -1, -1, j->lex.from, 0, 0, 0, 0, 0 };
  f->top = kind == JS_F_BLOCK && def < 0 && j->n == 2 && f[-1].kind == JS_F_PAREN; /* (function () { the whole file }) () */
  j->state = JS_S_NONE;
  return f;
}

static void
end_pending (struct aid_js *j, uint32_t at)
{
  struct aid_js_frame *f = &j->frames[j->n];
  struct aid_def *d = aid_scan_def (j->s, f->pending);
  if (d)
    aid_scan_end (j->s, f->pending, d->signature.to, at);
  f->pending = -1;
  f->declaring = 0;
  j->in_type = 0;
}

static void
pop (struct aid_js *j)
{
  if (j->n == 0)
    return;
  end_pending (j, j->lex.before_to);
  struct aid_js_frame f = j->frames[j->n--];
  aid_scan_end (j->s, f.def, f.signature_to, j->lex.to);
  j->state = JS_S_NONE;
  if (f.kind == JS_F_PAREN && f.candidate >= 0)
    {
      j->candidate = f.candidate;
      j->state = JS_S_LIST;
    }
  j->test = f.kind == JS_F_PAREN && f.test && f.def < 0; /* each (...) ("title", ...) */
  if (j->test)
    {
      j->lead = f.lead;
      j->from = f.from;
    }
}

/* --- brackets --- */

/* Gives 0 when the token that it leaves has still to be looked at. */
static int
open_paren (struct aid_js *j)
{
  int value = j->state == JS_S_VALUE, test = j->test;
  int32_t def = j->candidate;
  if (j->in_type || j->state == JS_S_ANNOTATION || j->state == JS_S_RESULT)
    {
      aid_lex_skip (&j->lex);
      return 1;
    }
  if (j->state == JS_S_MEMBER)
    { /* name (...) { of an object */
      aid_lex_skip (&j->lex);
      aid_lex_next (&j->lex);
      aid_js_result (j);
      j->state = JS_S_NONE;
      if (j->lex.token != '{')
        return 0;
      aid_js_becomes_function (j);
      aid_js_push (j, JS_F_BLOCK, def);
      return 1;
    }
  struct aid_js_frame *f = aid_js_push (j, JS_F_PAREN, -1);
  f->candidate = value ? def : -1;
  f->test = test;
  f->lead = j->lead;
  f->from = j->from;
  return 1;
}

static void
open_brace (struct aid_js *j)
{
  int before = j->lex.before, object = 0;
  if (j->lex.to > 1 && j->s->text[j->lex.to - 2] == '$')
    {
      aid_js_push (j, JS_F_TEMPLATE, -1);
      return;
    }
  if (j->in_type || j->state == JS_S_ANNOTATION || j->state == JS_S_RESULT)
    {
      aid_lex_skip (&j->lex);
      return;
    }
  if (j->state == JS_S_ARROW)
    {
      aid_js_push (j, JS_F_BLOCK, j->candidate);
      return;
    }
  if (j->frames[j->n].declaring && before == AID_T_WORD)
    { /* const { a, b } = ... */
      aid_lex_skip (&j->lex);
      return;
    }
  switch (before)
    {
    case '(':
    case ',':
    case '=':
    case '[':
    case '?':
    case '&':
    case '|':
    case '+':
      object = 1;
      break;
    case ':':
      object = j->frames[j->n].kind != JS_F_BLOCK;
      break;
    case AID_T_WORD:
      {
        int key = aid_keyword_of (&j->keywords, j->s->text + j->lex.before_from, j->lex.before_to - j->lex.before_from);
        object = key == JS_OPERATOR
                 || (key == JS_MODIFIER
                     && aid_range_is (j->s, (struct aid_range){ j->lex.before_from, j->lex.before_to }, "default"));
      }
      break;
    }
  int32_t held = object && j->frames[j->n].pending >= 0 && before == '=' ? j->frames[j->n].pending : -1;
  struct aid_js_frame *f = aid_js_push (j, object ? JS_F_OBJECT : JS_F_BLOCK, -1);
  if (held >= 0)
    f->parent = held;
}

/* Gives 0 when the token that it leaves has still to be looked at. */
static int
bracket (struct aid_js *j)
{
  struct aid_js_frame *f = &j->frames[j->n];
  switch (j->lex.token)
    {
    case '(':
      return open_paren (j);
    case '{':
      open_brace (j);
      break;
    case '[':
      if (j->in_type || (f->declaring && j->lex.before == AID_T_WORD))
        aid_lex_skip (&j->lex);
      else
        aid_js_push (j, JS_F_BRACKET, -1);
      break;
    case ')':
    case ']':
      if (f->kind == (j->lex.token == ')' ? JS_F_PAREN : JS_F_BRACKET))
        pop (j);
      break;
    case '}':
      while (j->n > 0 && (f->kind == JS_F_PAREN || f->kind == JS_F_BRACKET))
        {
          pop (j);
          f = &j->frames[j->n];
        }
      pop (j);
      break;
    case ';':
      end_pending (j, j->lex.to);
      break;
    case ',':
      {
        int declaring = f->declaring;
        end_pending (j, j->lex.before_to);
        f->declaring = declaring;
        break;
      }
    }
  return 1;
}

/* --- tokens --- */

static void
begin (struct aid_js *j)
{
  struct aid_js_frame *f = &j->frames[j->n];
  int before = j->lex.before, body = f->kind == JS_F_BLOCK || f->kind == JS_F_CLASS || f->kind == JS_F_INTERFACE;
  int first = before == '{' || before == 0;
  j->begins = f->kind == JS_F_OBJECT || f->kind == JS_F_ENUM ? first || before == ','
              : body ? first || before == ';' || before == '}' || (j->lex.lines > 0 && aid_js_ended (j))
                         || (before == ',' && f->kind == JS_F_INTERFACE)
                     : 0;
  if (j->modified == 2 || (j->modified && (before == AID_T_WORD || before == ')' || before == '*' || before == '#')))
    j->begins = 1;
  else if (j->begins)
    {
      if (j->state != JS_S_ARROW && f->kind != JS_F_OBJECT
          && (f->kind != JS_F_BLOCK || aid_js_key (j) || j->lex.token == AID_T_WORD) && !(before == '}' && j->lex.lines == 0)
          && !(j->in_type && !aid_js_key (j)))
        end_pending (j, j->lex.before_to);
      j->lead = j->lex.lead;
      j->from = j->lex.from;
      j->test = 0;
    }
  j->modified = 0;
  if (f->test && f->def < 0 && before == '(' && j->lex.token == AID_T_STRING && j->lex.to > j->lex.from + 2)
    {
      j->lead = f->lead;
      j->from = f->from;
      f->def = aid_scan_add (j->s, AID_DEF_TEST, f->parent, (struct aid_range){ j->lex.from + 1, j->lex.to - 1 }, f->lead,
                             f->from);
      f->parent = f->def >= 0 ? f->def : f->parent;
      f->signature_to = j->lex.to;
    }
}

static void
enumerator (struct aid_js *j)
{
  if (j->lex.token == '}')
    pop (j);
  else if (j->lex.token == '(' || j->lex.token == '[' || j->lex.token == '{')
    aid_lex_skip (&j->lex);
  else if (j->begins && (j->lex.token == AID_T_WORD || (j->lex.token == AID_T_STRING && j->lex.to > j->lex.from + 2)))
    {
      struct aid_range name = aid_lex_range (&j->lex);
      if (j->lex.token == AID_T_STRING)
        name.from++, name.to--;
      aid_scan_end (j->s, aid_js_add (j, AID_DEF_CONSTRUCTOR, name), j->lex.to, j->lex.to);
    }
}

/* A word where no keyword's item begins. */
static void
plain_word (struct aid_js *j, int key)
{
  struct aid_js_frame *f = &j->frames[j->n];
  int before_key = j->lex.before == AID_T_WORD
                     ? aid_keyword_of (&j->keywords, j->s->text + j->lex.before_from, j->lex.before_to - j->lex.before_from)
                     : 0;
  if (f->declaring && (before_key == JS_VARIABLE || (j->lex.before == ',' && f->kind == JS_F_BLOCK)))
    {
      if (j->lex.before == ',')
        j->lead = j->from = j->lex.from;
      end_pending (j, j->lex.before_to);
      f->declaring = 1;
      j->candidate = aid_js_add (j, f->top ? AID_DEF_VARIABLE : AID_DEF_KINDS, aid_lex_range (&j->lex));
      aid_scan_end (j->s, j->candidate, j->lex.to, j->lex.to);
      f->pending = j->candidate;
      j->state = JS_S_DECLARED;
      return;
    }
  if (key == JS_TEST && j->begins)
    j->test = 1;
  aid_js_advance (j);
}

/* At what only the beginning of a statement or member may be.  1: read; 0: read, and the token that it leaves has still to be
   looked at; -1: it is something else. */
static int
beginning (struct aid_js *j, int key)
{
  enum aid_js_frame_kind in = j->frames[j->n].kind;
  if (in == JS_F_CLASS || in == JS_F_INTERFACE || in == JS_F_OBJECT)
    {
      int did = aid_js_member (j);
      if (did == 1 && j->state != JS_S_MEMBER && j->frames[j->n].kind == in)
        j->modified = 1;
      if (did)
        return did == 1;
    }
  if (key == JS_MODIFIER)
    {
      j->modified = 1;
      aid_js_advance (j);
      return 1;
    }
  if (j->lex.token != '@' || in != JS_F_BLOCK)
    return -1;
  aid_js_decorator (j);
  return 0;
}

/* Behind a.b.c: "=" that gives it a value. */
static int
is_assignment (const struct aid_js *j)
{
  return j->lex.token == '=' && j->chain.to && j->chain.to <= j->lex.before_to && j->state != JS_S_DECLARED
         && j->state != JS_S_ANNOTATION && j->lex.to < j->s->len && j->s->text[j->lex.to] != '=';
}

/* Gives 0 when the token that it leaves has still to be looked at. */
static int
token (struct aid_js *j)
{
  begin (j);
  if (j->frames[j->n].kind == JS_F_ENUM)
    {
      enumerator (j);
      return 1;
    }
  int key = aid_js_key (j), did = j->begins ? beginning (j, key) : -1;
  if (did >= 0)
    return did;
  if (key && aid_js_keyword (j, key))
    {
      j->modified = key == JS_VARIABLE || key == JS_EXPORT;
      j->chain.to = 0;
      return 1;
    }
  if (is_assignment (j))
    {
      aid_js_assignment (j);
      return 1;
    }
  aid_js_chain (j);
  if (j->lex.token == AID_T_WORD)
    {
      plain_word (j, key);
      return 1;
    }
  if (j->lex.token == '(')
    aid_js_required (j);
  if (j->lex.token == '<' && ((j->state == JS_S_VALUE && j->lex.before == '=') || j->state == JS_S_ANNOTATION))
    {
      aid_js_angles (j);
      return 0;
    }
  if (j->lex.token != '(' && j->lex.token != '{' && j->lex.token != ')')
    aid_js_advance (j);
  if (j->test && j->lex.token != '(' && j->lex.token != '.' && j->lex.token != AID_T_STRING)
    j->test = 0;
  return bracket (j);
}

void
aid_scan_js (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct aid_js *j = calloc (1, sizeof *j);
  if (!j)
    {
      s->failed = 1;
      return;
    }
  j->s = s;
  j->candidate = -1;
  j->frames[0] = (struct aid_js_frame){ .def = -1, .parent = -1, .candidate = -1, .pending = -1, .top = 1 };
  aid_lex_init (&j->lex, s, AID_LEX_JS);
  aid_keywords_init (&j->keywords, table, sizeof table / sizeof *table);
  while (aid_lex_next (&j->lex))
    if (j->beyond > 0)
      {
        int c = j->lex.token;
        j->beyond += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
      }
    else
      while (j->lex.token && !token (j))
        ;
  j->lex.before_to = j->lex.to = s->len;
  while (j->n > 0)
    pop (j);
  end_pending (j, s->len);
  free (j);
}
