/* Go: all definitions begin with a keyword outside of braces. */
#include "scan/scan_internal.h"

enum key
{
  K_FUNC = 1,
  K_TYPE,
  K_CONST,
  K_VAR,
  K_IMPORT,
  K_STRUCT,
  K_INTERFACE
};

#define K AID_KEYWORD
static const struct aid_keyword table[]
  = { K ("const", K_CONST),   K ("func", K_FUNC), K ("import", K_IMPORT), K ("interface", K_INTERFACE),
      K ("struct", K_STRUCT), K ("type", K_TYPE), K ("var", K_VAR) };

struct go
{
  struct aid_scanner *s;
  struct aid_lex lex;
  struct aid_keywords keywords;
};

static int
keyword (const struct go *g)
{
  return g->lex.token == AID_T_WORD ? aid_keyword_of (&g->keywords, g->s->text + g->lex.from, g->lex.to - g->lex.from) : 0;
}

/* Whether the token begins a statement: it is the first on its line, or follows ";" or an opening bracket. */
static int
begins (const struct go *g)
{
  return g->lex.lines > 0 || g->lex.before == ';' || g->lex.before == '{' || g->lex.before == '(' || g->lex.before == 0;
}

static int
opens (int token)
{
  return token == '(' || token == '[' || token == '{';
}

/* Reads on, over brackets, to what begins the next statement, or to ")" or "}". */
static void
rest (struct go *g)
{
  while (g->lex.token && g->lex.token != ';' && g->lex.token != ')' && g->lex.token != '}')
    {
      if (opens (g->lex.token))
        aid_lex_skip (&g->lex);
      int token = g->lex.token;
      aid_lex_next (&g->lex);
      if (g->lex.lines > 0 && token != ',' && token != '=' && token != '+' && token != '.' && token != '|' && token != '&')
        return;
    }
  if (g->lex.token == ';')
    aid_lex_next (&g->lex);
}

/* The members of a struct or an interface, from its "{" to its "}". */
static void
members (struct go *g, int32_t type, int is_interface)
{
  aid_lex_next (&g->lex);
  while (g->lex.token && g->lex.token != '}')
    {
      if (g->lex.token != AID_T_WORD || !begins (g))
        {
          if (opens (g->lex.token))
            aid_lex_skip (&g->lex);
          aid_lex_next (&g->lex);
          continue;
        }
      uint32_t lead = g->lex.lead, from = g->lex.from;
      struct aid_range names[16];
      int n = 0, simple = 1;
      for (;;)
        {
          if (n < 16)
            names[n++] = aid_lex_range (&g->lex);
          if (aid_lex_next (&g->lex) != ',' || is_interface)
            break;
          if (aid_lex_next (&g->lex) != AID_T_WORD)
            break;
        }
      if (is_interface ? g->lex.token != '('
                       : begins (g) || g->lex.token == '.' || g->lex.token == '}' || g->lex.token == AID_T_STRING)
        simple = 0; /* an embedded type */
      int32_t defs[16];
      for (int i = 0; i < n; i++)
        defs[i] = simple ? aid_scan_add (g->s, is_interface ? AID_DEF_SIGNATURE : AID_DEF_FIELD, type, names[i],
                                         i ? names[i].from : lead, i ? names[i].from : from)
                         : -1;
      if (g->lex.lines == 0)
        rest (g);
      for (int i = 0; i < n; i++)
        aid_scan_end (g->s, defs[i], g->lex.before_to, g->lex.before_to);
    }
}

static void
type (struct go *g, uint32_t lead, uint32_t from)
{
  int32_t def = aid_scan_add (g->s, AID_DEF_TYPE, -1, aid_lex_range (&g->lex), lead, from);
  uint32_t signature = 0;
  aid_lex_next (&g->lex);
  if (g->lex.token == '[' && g->lex.lines == 0)
    {
      aid_lex_skip (&g->lex);
      aid_lex_next (&g->lex);
    }
  if (g->lex.token == '=')
    aid_lex_next (&g->lex);
  int key = keyword (g);
  if ((key == K_STRUCT || key == K_INTERFACE) && aid_lex_next (&g->lex) == '{')
    {
      signature = g->lex.from;
      members (g, def, key == K_INTERFACE);
    }
  if (g->lex.lines == 0 || g->lex.token == '}')
    {
      if (g->lex.token == '}')
        aid_lex_next (&g->lex);
      if (g->lex.lines == 0)
        rest (g);
    }
  aid_scan_end (g->s, def, signature ? signature : g->lex.before_to, g->lex.before_to);
}

/* a, b = ... of const and var. */
static void
values (struct go *g, uint32_t lead, uint32_t from)
{
  int32_t defs[16];
  int n = 0;
  while (g->lex.token == AID_T_WORD)
    {
      if (n < 16 && !aid_lex_is (&g->lex, "_"))
        {
          defs[n] = aid_scan_add (g->s, AID_DEF_VARIABLE, -1, aid_lex_range (&g->lex), n ? g->lex.from : lead,
                                  n ? g->lex.from : from);
          n++;
        }
      if (aid_lex_next (&g->lex) != ',')
        break;
      aid_lex_next (&g->lex);
    }
  if (g->lex.lines == 0)
    rest (g);
  for (int i = 0; i < n; i++)
    aid_scan_end (g->s, defs[i], g->lex.before_to, g->lex.before_to);
}

static void
import (struct go *g)
{
  struct aid_lex *l = &g->lex;
  int many = aid_lex_next (l) == '(';
  if (many)
    aid_lex_next (l);
  while (l->token && l->token != ')' && (many || l->lines == 0))
    {
      if (l->token == AID_T_STRING)
        aid_scan_import (g->s, (struct aid_range){ l->from + 1, l->to - 1 }, l->from, l->to);
      aid_lex_next (l);
    }
}

/* Behind "type", "const" or "var": one declaration, or a list of them. */
static void
declarations (struct go *g, int key)
{
  uint32_t lead = g->lex.lead, from = g->lex.from;
  aid_lex_next (&g->lex);
  if (g->lex.token != '(')
    {
      if (g->lex.token == AID_T_WORD)
        key == K_TYPE ? type (g, lead, from) : values (g, lead, from);
      return;
    }
  aid_lex_next (&g->lex);
  while (g->lex.token && g->lex.token != ')')
    if (g->lex.token == AID_T_WORD && begins (g))
      key == K_TYPE ? type (g, g->lex.lead, g->lex.from) : values (g, g->lex.lead, g->lex.from);
    else
      {
        if (opens (g->lex.token))
          aid_lex_skip (&g->lex);
        aid_lex_next (&g->lex);
      }
}

/* At "(" of (r *Type[T]): the type's name. */
static struct aid_range
receiver (struct go *g)
{
  struct aid_range name = { 0, 0 };
  while (aid_lex_next (&g->lex) && g->lex.token != ')' && g->lex.token != '{')
    if (g->lex.token == '[')
      aid_lex_skip (&g->lex);
    else if (g->lex.token == AID_T_WORD)
      name = aid_lex_range (&g->lex);
  if (g->lex.token == ')')
    aid_lex_next (&g->lex);
  return name;
}

static int
is_test (const struct go *g, struct aid_range name)
{
  return name.to - name.from > 4 && memcmp (g->s->text + name.from, "Test", 4) == 0
         && !(g->s->text[name.from + 4] >= 'a' && g->s->text[name.from + 4] <= 'z');
}

static void
function (struct go *g)
{
  struct aid_lex *l = &g->lex;
  uint32_t lead = l->lead, from = l->from;
  struct aid_range scope = { 0, 0 };
  if (aid_lex_next (l) == '(')
    scope = receiver (g);
  if (l->token != AID_T_WORD)
    return;
  struct aid_range name = aid_lex_range (l);
  enum aid_def_kind kind = scope.to ? AID_DEF_METHOD : is_test (g, name) ? AID_DEF_TEST : AID_DEF_FUNCTION;
  int32_t def = aid_scan_add (g->s, kind, -1, name, lead, from);
  if (def >= 0)
    aid_scan_def (g->s, def)->scope = scope;
  aid_lex_next (l);
  while (l->token && !(l->token == '{' && l->before != AID_T_WORD) && !(l->lines > 0 && keyword (g)))
    {
      if (l->token == '{')
        {
          int is_type = aid_range_is (g->s, (struct aid_range){ l->before_from, l->before_to }, "interface")
                        || aid_range_is (g->s, (struct aid_range){ l->before_from, l->before_to }, "struct");
          if (!is_type)
            break;
        }
      if (opens (l->token))
        aid_lex_skip (l);
      aid_lex_next (l);
    }
  uint32_t signature = l->token == '{' ? l->from : l->before_to, to = signature;
  if (l->token == '{')
    {
      aid_lex_skip (l);
      to = l->to;
      aid_lex_next (l);
    }
  aid_scan_end (g->s, def, signature, to);
}

void
aid_scan_go (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct go g = { .s = s };
  aid_lex_init (&g.lex, s, AID_LEX_GO);
  aid_keywords_init (&g.keywords, table, sizeof table / sizeof *table);
  aid_lex_next (&g.lex);
  while (g.lex.token)
    {
      int key = begins (&g) ? keyword (&g) : 0;
      uint32_t at = g.lex.from;
      if (key == K_FUNC)
        function (&g);
      else if (key == K_TYPE || key == K_CONST || key == K_VAR)
        declarations (&g, key);
      else if (key == K_IMPORT)
        import (&g);
      else if (opens (g.lex.token))
        aid_lex_skip (&g.lex);
      if (g.lex.from == at || !keyword (&g))
        aid_lex_next (&g.lex);
    }
}
