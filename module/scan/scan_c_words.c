/* C and C++: the words and brackets of a declaration. */
#include "scan/scan_c_internal.h"

#include <pthread.h>

#define K AID_KEYWORD
static const struct aid_keyword table[] = {
  K ("alignas", K_ATTRIBUTE),
  K ("asm", K_ATTRIBUTE),
  K ("auto", K_TYPE),
  K ("bool", K_TYPE),
  K ("case", K_STATEMENT),
  K ("char", K_TYPE),
  K ("class", K_CLASS),
  K ("const", K_QUALIFIER),
  K ("consteval", K_QUALIFIER),
  K ("constexpr", K_QUALIFIER),
  K ("constinit", K_QUALIFIER),
  K ("decltype", K_ATTRIBUTE),
  K ("do", K_STATEMENT),
  K ("double", K_TYPE),
  K ("else", K_STATEMENT),
  K ("enum", K_ENUM),
  K ("explicit", K_ATTRIBUTE),
  K ("extern", K_EXTERN),
  K ("final", K_QUALIFIER),
  K ("float", K_TYPE),
  K ("for", K_STATEMENT),
  K ("friend", K_FRIEND),
  K ("goto", K_STATEMENT),
  K ("if", K_STATEMENT),
  K ("inline", K_QUALIFIER),
  K ("int", K_TYPE),
  K ("long", K_TYPE),
  K ("mutable", K_QUALIFIER),
  K ("namespace", K_NAMESPACE),
  K ("noexcept", K_ATTRIBUTE),
  K ("operator", K_OPERATOR),
  K ("override", K_QUALIFIER),
  K ("private", K_ACCESS),
  K ("protected", K_ACCESS),
  K ("public", K_ACCESS),
  K ("register", K_QUALIFIER),
  K ("requires", K_ATTRIBUTE),
  K ("restrict", K_QUALIFIER),
  K ("return", K_STATEMENT),
  K ("short", K_TYPE),
  K ("signed", K_TYPE),
  K ("static", K_QUALIFIER),
  K ("static_assert", K_STATEMENT),
  K ("struct", K_STRUCT),
  K ("switch", K_STATEMENT),
  K ("template", K_TEMPLATE),
  K ("throw", K_ATTRIBUTE),
  K ("typedef", K_TYPEDEF),
  K ("typename", K_QUALIFIER),
  K ("union", K_UNION),
  K ("unsigned", K_TYPE),
  K ("using", K_USING),
  K ("virtual", K_QUALIFIER),
  K ("void", K_TYPE),
  K ("volatile", K_QUALIFIER),
  K ("while", K_STATEMENT),
  K ("_Alignas", K_ATTRIBUTE),
  K ("_Noreturn", K_QUALIFIER),
  K ("_Static_assert", K_STATEMENT),
  K ("__asm", K_ATTRIBUTE),
  K ("__asm__", K_ATTRIBUTE),
  K ("__attribute", K_ATTRIBUTE),
  K ("__attribute__", K_ATTRIBUTE),
  K ("__declspec", K_ATTRIBUTE),
  K ("__extension__", K_QUALIFIER),
  K ("__inline", K_QUALIFIER),
  K ("__inline__", K_QUALIFIER),
  K ("__restrict", K_QUALIFIER),
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct aid_keywords known;

static void
sort_in (void)
{
  aid_keywords_init (&known, table, sizeof table / sizeof *table);
}

void
aid_c_keywords (struct aid_keywords *k)
{
  pthread_once (&once, sort_in);
  *k = known;
}

/* --- words and brackets of a declaration --- */

/* The token is "<" behind a name. */
static int
angles (struct aid_c *c)
{
  return aid_lex_angles (&c->lex, "([", ";{}");
}

/* The token is "operator": the name goes up to its parameter list, which becomes the token. */
static int
operator_name (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  uint32_t from = c->lex.from;
  if (aid_lex_next (&c->lex) == '(')
    aid_lex_skip (&c->lex), aid_lex_next (&c->lex);
  while (c->lex.token && c->lex.token != '(' && c->lex.token != ';' && c->lex.token != '{')
    aid_lex_next (&c->lex);
  if (!d->join)
    d->scope = (struct aid_range){ 0, 0 };
  d->join = 0;
  d->last = (struct aid_range){ from, c->lex.before_to };
  d->last_end = c->lex.before_to;
  d->words += 2;
  return c->lex.token;
}

static void
name_word (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  struct aid_range r = aid_lex_range (&c->lex);
  if (d->tilde)
    r.from = d->tilde - 1;
  if (d->listed)
    d->after++;
  if (d->bases || d->assigned || d->initialisers)
    return;
  if (d->join)
    d->scope = (struct aid_range){ aid_c_empty (d->scope) ? d->last.from : d->scope.from, d->last_end };
  else
    {
      d->scope = (struct aid_range){ 0, 0 };
      d->words++;
    }
  d->join = 0;
  d->tilde = 0;
  d->last = r;
  d->last_end = r.to;
}

/* The word's key; what only C++ knows is a name in C. */
static int
key_of (const struct aid_c *c)
{
  int key = aid_keyword_of (&c->keywords, c->s->text + c->lex.from, c->lex.to - c->lex.from);
  if (!c->cpp
      && (key == K_CLASS || key == K_NAMESPACE || key == K_TEMPLATE || key == K_OPERATOR || key == K_ACCESS || key == K_USING
          || key == K_FRIEND || aid_lex_is (&c->lex, "final") || aid_lex_is (&c->lex, "override")))
    return 0;
  return key;
}

/* Whether what was listed was MACRO (x) without ";", since the word of KEY begins a declaration. */
static int
ends_macro (const struct aid_c *c, int key)
{
  const struct aid_c_decl *d = &c->d;
  return d->listed && c->lex.lines > 0
         && (key == K_NAMESPACE || key == K_TEMPLATE || key == K_TYPEDEF || key == K_USING
             || (key && key != K_ATTRIBUTE && key != K_QUALIFIER && key != K_TYPE && aid_c_shouts (c, d->name)));
}

/* At __attribute__ ((x)) and its like.  Gives 0 when the token that it leaves has still to be looked at. */
static int
attribute (struct aid_c *c)
{
  if (aid_lex_next (&c->lex) != '(')
    return 0;
  aid_lex_skip (&c->lex);
  c->d.words += !c->d.listed && c->s->text[c->lex.before_from] != '_';
  return 1;
}

/* At a word.  Gives 0 when the token that it leaves has still to be looked at. */
static int
declaration_word (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  if (d->listed && d->after == 0 && c->lex.lines > 0 && !d->again_from)
    {
      d->again_lead = c->lex.lead;
      d->again_from = c->lex.from;
    }
  int key = key_of (c);
  if (ends_macro (c, key))
    {
      aid_c_reset (c);
      return 0;
    }
  switch (key)
    {
    case K_TYPEDEF:
      d->is_typedef = 1;
      return 1;
    case K_STRUCT:
    case K_UNION:
    case K_CLASS:
    case K_ENUM:
    case K_NAMESPACE:
      if (!d->listed && d->key != K_ENUM && !d->is_using)
        d->key = key;
      return 1;
    case K_EXTERN:
      d->is_extern = 1;
      return 1;
    case K_TEMPLATE:
      return aid_lex_next (&c->lex) == '<' && angles (c);
    case K_OPERATOR:
      operator_name (c);
      return 0;
    case K_ACCESS:
      d->is_access = 1;
      return 1;
    case K_USING:
      d->is_using = 1;
      return 1;
    case K_FRIEND:
      d->is_friend = 1;
      return 1;
    case K_ATTRIBUTE:
      return attribute (c);
    case K_TYPE:
      d->words++;
      d->after += d->listed;
      return 1;
    case K_QUALIFIER:
    case K_STATEMENT:
      return 1;
    default:
      name_word (c);
      return 1;
    }
}

/* "(" outside of parentheses: a parameter list when a name stands before it. */
static void
open_list (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  d->parens = 1;
  if (d->assigned || d->initialisers || d->bases || d->body)
    return;
  if (aid_c_empty (d->last) || d->last_end != c->lex.before_to)
    {
      d->pointer = !d->listed;
      d->star = 0;
      return;
    }
  if (d->listed && !aid_c_empty (d->name))
    {
      if (d->after < 2 && (aid_c_shouts (c, d->last) || !aid_c_shouts (c, d->name)))
        return;
      if (aid_c_shouts (c, d->name)) /* MACRO (x) before the declaration itself */
        {
          d->words = d->after;
          d->lead = d->again_from ? d->again_lead : d->lead;
          d->from = d->again_from ? d->again_from : d->from;
        }
    }
  d->name = d->last;
  d->name_scope = d->scope;
  d->listed = 0;
  d->after = 0;
}

/* Gives 0 when the token has still to be looked at. */
static int
within_parens (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  switch (c->lex.token)
    {
    case '(':
      if (d->pointer && d->parens == 1 && !aid_c_empty (d->inner) && c->lex.before_to == d->inner.to)
        {
          d->name = d->inner; /* int (*name (int a)) (int) */
          d->inner = (struct aid_range){ 0, 0 };
          d->pointer = 0;
        }
      d->parens++;
      break;
    case ')':
      if (--d->parens == 0)
        {
          d->listed = !aid_c_empty (d->name);
          d->pointer = 0;
        }
      break;
    case '*':
    case '^':
      d->star |= d->pointer;
      break;
    case AID_T_WORD:
      if (d->pointer && d->parens == 1 && aid_c_empty (d->inner)
          && !aid_keyword_of (&c->keywords, c->s->text + c->lex.from, c->lex.to - c->lex.from))
        {
          d->inner = aid_lex_range (&c->lex);
          d->words++;
        }
      break;
    case '{':
      aid_lex_skip (&c->lex);
      break;
    case ';':
    case '}':
      d->parens = 0;
      return 0;
    }
  return 1;
}

/* Whether ":" is followed by the width of a field. */
static int
number_follows (const struct aid_c *c)
{
  uint32_t at = c->lex.to;
  while (at < c->s->len && c->s->text[at] == ' ')
    at++;
  return at < c->s->len && c->s->text[at] >= '0' && c->s->text[at] <= '9';
}

static void
colon (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  if (d->is_access || (d->words < 2 && !d->key && !d->listed))
    aid_c_reset (c); /* a label */
  else if (d->listed && c->cpp)
    d->initialisers = 1;
  else if (d->key && !d->bases && aid_c_empty (d->variable) && !number_follows (c))
    {
      d->variable = d->last;
      d->bases = 1;
    }
  else if (aid_c_empty (d->variable)) /* the width of a field */
    {
      d->variable = d->last;
      d->assigned = 1;
    }
}

/* What comes behind "," in int a, *b = 0, c[2]; */
static void
comma (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d, old = *d;
  if (d->bases || d->initialisers || d->key == K_NAMESPACE
      || (d->listed && !d->is_typedef && !d->assigned && aid_c_empty (d->inner)))
    return;
  aid_c_finish (c);
  aid_c_reset (c);
  d->started = 1;
  d->lead = d->from = c->lex.to;
  d->words = old.words > 0 ? 1 : 0;
  d->is_typedef = old.is_typedef;
  d->is_extern = old.is_extern;
  d->body = old.body;
}

static void
punctuation (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  switch (c->lex.token)
    {
    case '=':
      if (aid_c_empty (d->variable))
        d->variable = d->last;
      d->assigned = 1;
      break;
    case ',':
      comma (c);
      break;
    case ':':
      colon (c);
      break;
    case '[':
      if (c->lex.before == AID_T_WORD && aid_c_empty (d->variable))
        d->variable = d->last;
      aid_lex_skip (&c->lex);
      break;
    case '~':
      d->tilde = c->lex.from + 1;
      break;
    case AID_T_SCOPE:
      d->join = d->last_end == c->lex.before_to && d->last_end > 0;
      break;
    case AID_T_ARROW:
      d->bases |= d->listed;
      break;
    case AID_T_STRING:
      d->linkage = d->is_extern;
      break;
    }
}

int
aid_c_declaration (struct aid_c *c)
{
  struct aid_c_decl *d = &c->d;
  if (d->parens > 0)
    return within_parens (c);
  if (!d->started && c->lex.token != ';' && c->lex.token != '}')
    {
      d->started = 1;
      d->lead = c->lex.lead;
      d->from = c->lex.from;
    }
  switch (c->lex.token)
    {
    case AID_T_WORD:
      return declaration_word (c);
    case '(':
      open_list (c);
      return 1;
    case '{':
      aid_c_open_brace (c);
      return 1;
    case '}':
      aid_c_close_brace (c);
      return 1;
    case ';':
      /* what follows the parameter list of 1978's C declares its parameters */
      if (!c->cpp && d->listed && d->after >= 2 && !d->assigned && !d->is_typedef && c->frames[c->n].kind != F_TYPE
          && !aid_c_shouts (c, d->name))
        return 1;
      aid_c_finish (c);
      aid_c_reset (c);
      return 1;
    case '<':
      if (!c->cpp || c->lex.before != AID_T_WORD || d->assigned)
        return 1;
      if (!angles (c))
        return 0;
      d->last_end = c->lex.to;
      return 1;
    default:
      punctuation (c);
      return 1;
    }
}
