/* C and C++.  Outside of functions, a declaration is followed token by token: what could be its name, whether a parameter list
   has come, and what its "{" opens.  Bodies and initialisers are only counted through.

   Conditionals: all branches are read, each from the state in which the "#if" was met, and after "#endif" the state is that of
   the first branch that was not empty; so branches that open one brace each open one together. */
#include "scan/scan_c_internal.h"
#include <stddef.h>
#include <stdlib.h>

void
aid_c_reset (struct aid_c *c)
{
  memset (&c->d, 0, sizeof c->d);
}

int
aid_c_shouts (const struct aid_c *c, struct aid_range r)
{
  for (uint32_t i = r.from; i < r.to; i++)
    if (c->s->text[i] >= 'a' && c->s->text[i] <= 'z')
      return 0;
  return 1;
}

int32_t
aid_c_parent (const struct aid_c *c)
{
  for (int i = c->n; i > 0; i--)
    if (c->frames[i].def >= 0)
      return c->frames[i].def;
  return -1;
}

static void
push (struct aid_c *c, enum aid_c_frame_kind kind, int32_t def)
{
  if (c->n + 1 >= AID_SCAN_NESTING)
    {
      c->beyond++;
      return;
    }
  c->frames[++c->n] = (struct aid_c_frame){ kind, def, c->d.is_typedef, 0, c->d.lead, c->d.from, c->lex.from };
}

/* --- declarations that end --- */

static int32_t
add (struct aid_c *c, enum aid_def_kind kind, struct aid_range name, struct aid_range scope)
{
  int32_t def = aid_scan_add (c->s, kind, aid_c_parent (c), name, c->d.lead, c->d.from);
  if (def >= 0)
    aid_scan_def (c->s, def)->scope = scope;
  return def;
}

/* A variable, field or typedef: NAME.  The type without a name whose body stands before it takes it. */
static void
declare (struct aid_c *c, enum aid_def_kind kind, struct aid_range name)
{
  struct aid_c_decl *d = &c->d;
  struct aid_def *body = aid_scan_def (c->s, d->body - 1);
  if (aid_c_empty (name))
    return;
  if (body && body->kind == AID_DEF_KINDS)
    {
      body->kind = kind;
      body->name = name;
      aid_scan_end (c->s, d->body - 1, body->signature.to, c->lex.to);
      d->body = 0;
      return;
    }
  if (d->body)
    d->lead = d->from = name.from;
  int32_t def = add (c, kind, name, (struct aid_range){ 0, 0 });
  aid_scan_end (c->s, def, c->lex.from, c->lex.to);
}

/* At ";" (or "," where several are declared at once). */
void
aid_c_finish (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  int in_type = c->frames[c->n].kind == F_TYPE;
  struct aid_range variable = !aid_c_empty (d->inner) ? d->inner : !aid_c_empty (d->variable) ? d->variable : d->last;
  if (d->is_using)
    {
      if (d->assigned)
        declare (c, AID_DEF_TYPE, d->variable);
    }
  else if (d->is_typedef)
    declare (c, AID_DEF_TYPE, !aid_c_empty (d->name) ? d->name : variable);
  else if (d->is_friend)
    ;
  else if (!aid_c_empty (d->name) && !d->body)
    {
      if (d->after >= 2 && aid_c_shouts (c, d->name))
        declare (c, in_type ? AID_DEF_FIELD : AID_DEF_VARIABLE, variable); /* MACRO (x) before a variable */
      else if (d->words >= 2 || (in_type && c->cpp))
        aid_scan_end (c->s, add (c, AID_DEF_SIGNATURE, d->name, d->name_scope), c->lex.from, c->lex.to);
    }
  else if ((d->words >= 2 || d->body) && (!d->is_extern || d->assigned || d->linkage))
    declare (c, in_type ? AID_DEF_FIELD : AID_DEF_VARIABLE, variable);
}

/* --- what "{" opens --- */

static enum aid_def_kind
function_kind (const struct aid_c *c)
{
  return !aid_c_empty (c->d.name_scope) || c->frames[c->n].kind == F_TYPE ? AID_DEF_METHOD : AID_DEF_FUNCTION;
}

/* TEST (suite, name): the test is called by what is in the parentheses. */
static int
test_names (struct aid_c *c, struct aid_range *name, struct aid_range *scope)
{
  static const char *const macros[]
    = { "TEST",       "TEST_F",     "TEST_P", "TYPED_TEST", "TYPED_TEST_P", "TEST_CASE", "BOOST_AUTO_TEST_CASE",
        "START_TEST", "BENCHMARK_F" };
  const unsigned char *t = c->s->text;
  for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
    if (aid_range_is (c->s, *name, macros[i]))
      {
        uint32_t from = name->to, to;
        while (from < c->lex.from && (t[from] == ' ' || t[from] == '('))
          from++;
        for (to = from; to < c->lex.from && t[to] != ')' && t[to] != '\n' && t[to] != ','; to++)
          ;
        struct aid_range first = { from, to };
        if (t[to] == ',')
          {
            *scope = first;
            for (from = to + 1; from < c->lex.from && t[from] == ' '; from++)
              ;
            for (to = from; to < c->lex.from && t[to] != ')' && t[to] != ',' && t[to] != '\n'; to++)
              ;
          }
        *name = (struct aid_range){ from, to };
        if (to > from + 1 && t[from] == '"')
          *name = (struct aid_range){ from + 1, to - 1 };
        return 1;
      }
  return 0;
}

static void
open_function (struct aid_c *c)
{
  struct aid_range name = c->d.name, scope = c->d.name_scope;
  enum aid_def_kind kind = test_names (c, &name, &scope) ? AID_DEF_TEST : function_kind (c);
  int32_t def = add (c, kind, name, scope);
  push (c, F_BODY, def);
  aid_c_reset (c);
}

static void
open_type (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  enum aid_def_kind kind = d->key == K_CLASS ? AID_DEF_CLASS : d->key == K_NAMESPACE ? AID_DEF_MODULE : AID_DEF_TYPE;
  struct aid_range name = d->bases ? d->variable : d->last;
  enum aid_c_frame_kind frame = d->key == K_NAMESPACE ? F_NAMESPACE : d->key == K_ENUM ? F_ENUM : F_TYPE;
  int32_t def = -1;
  if (!aid_c_empty (name))
    def = add (c, kind, name, d->scope);
  else if (frame != F_NAMESPACE) /* without a name, unless one comes behind its body */
    def = add (c, AID_DEF_KINDS, (struct aid_range){ d->from, c->lex.from }, (struct aid_range){ 0, 0 });
  push (c, frame, def);
  aid_c_reset (c);
}

void
aid_c_open_brace (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  if (d->parens > 0)
    aid_lex_skip (&c->lex);
  else if (d->initialisers && (c->lex.before == AID_T_WORD || c->lex.before == '>'))
    aid_lex_skip (&c->lex);
  else if (!aid_c_empty (d->name) && d->listed && !d->assigned)
    open_function (c);
  else if (d->key && !d->assigned && !d->body)
    open_type (c);
  else if (d->linkage && !d->assigned)
    {
      push (c, F_LINKAGE, -1);
      aid_c_reset (c);
    }
  else
    {
      if (aid_c_empty (d->variable))
        d->variable = d->last;
      push (c, F_SKIP, -1);
    }
}

void
aid_c_close_brace (struct aid_c *c)
{
  struct aid_c_frame f = c->frames[c->n];
  if (c->n == 0)
    {
      aid_c_reset (c);
      return;
    }
  c->n--;
  if (f.kind == F_SKIP)
    {
      c->d.last_end = 0;
      return;
    }
  aid_scan_end (c->s, f.def, f.signature_to, c->lex.to);
  aid_c_reset (c);
  if (f.kind == F_TYPE || f.kind == F_ENUM)
    {
      c->d.started = 1;
      c->d.lead = f.lead;
      c->d.from = f.from;
      c->d.is_typedef = f.is_typedef;
      c->d.body = f.def + 1;
    }
}

/* --- the file --- */

static void
enumerator (struct aid_c *c)
{
  if (c->lex.token == '}')
    aid_c_close_brace (c);
  else if (c->lex.token == ',')
    c->d.started = 0;
  else if (c->lex.token == '(' || c->lex.token == '[' || c->lex.token == '{')
    aid_lex_skip (&c->lex);
  else if (c->lex.token == AID_T_WORD && !c->d.started)
    {
      c->d.started = 1;
      int32_t def
        = aid_scan_add (c->s, AID_DEF_CONSTRUCTOR, aid_c_parent (c), aid_lex_range (&c->lex), c->lex.lead, c->lex.from);
      aid_scan_end (c->s, def, c->lex.to, c->lex.to);
    }
}

/* A type within a function: its head is read as a declaration, up to its "{".  0 when the token is none of it. */
static int
local_type (struct aid_c *c)
{
  int token = c->lex.token, before = c->lex.before;
  if (!c->is_local && token == AID_T_WORD && (before == ';' || before == '{' || before == '}'))
    {
      int key = aid_keyword_of (&c->keywords, c->s->text + c->lex.from, c->lex.to - c->lex.from);
      c->is_local = key == K_STRUCT || key == K_UNION || key == K_ENUM || (key == K_CLASS && c->cpp);
      if (c->is_local)
        aid_c_reset (c);
    }
  if (!c->is_local)
    return 0;
  c->is_local = token == AID_T_WORD || token == ':' || token == ',' || token == '<' || token == AID_T_SCOPE;
  if (c->is_local)
    c->is_local = aid_c_declaration (c);
  else if (token == '{' && !aid_c_empty (c->d.last))
    aid_c_open_brace (c);
  else
    return 0;
  return c->is_local || token == '{';
}

static void
counted (struct aid_c *c)
{
  int in_body = c->frames[c->n].kind == F_BODY;
  if (in_body && local_type (c))
    return;
  if (c->lex.token == '{')
    c->frames[c->n].depth++;
  else if (c->lex.token == '}' && c->frames[c->n].depth-- == 0)
    aid_c_close_brace (c);
  else if (c->lex.token != '}' && c->lex.token != ';')
    aid_lex_rush (&c->lex, in_body);
}

void
aid_scan_c (struct aid_scanner *s, enum aid_language language)
{
  struct aid_c *c = malloc (sizeof *c);
  if (!c)
    {
      s->failed = 1;
      return;
    }
  /* The stacks are written before they are read, and much larger than many a file. */
  memset (c, 0, offsetof (struct aid_c, conditionals));
  c->frames[0] = (struct aid_c_frame){ 0 };
  c->s = s;
  c->cpp = language == AID_LANG_CPP;
  c->frames[0].def = -1;
  aid_lex_init (&c->lex, s, AID_LEX_DIRECTIVES | (c->cpp ? AID_LEX_RAW_CPP : 0));
  aid_c_keywords (&c->keywords);
  while (aid_lex_next (&c->lex))
    {
      enum aid_c_frame_kind kind = c->frames[c->n].kind;
      if (c->lex.token == AID_T_DIRECTIVE)
        aid_c_directive (c);
      else if (c->beyond > 0)
        c->beyond += c->lex.token == '{' ? 1 : c->lex.token == '}' ? -1 : 0;
      else if (kind == F_BODY || kind == F_SKIP)
        counted (c);
      else if (kind == F_ENUM)
        enumerator (c);
      else
        while (c->lex.token && !aid_c_declaration (c))
          if (c->lex.token == AID_T_DIRECTIVE)
            {
              aid_c_directive (c);
              break;
            }
    }
  for (; c->n > 0; c->n--)
    aid_scan_end (s, c->frames[c->n].def, c->frames[c->n].signature_to, s->len);
  free (c);
}
