/* Java: declarations at the top and in classes are followed token by token, bodies are counted through. */
#include "scan/scan_internal.h"
#include <stdlib.h>

enum key
{
  K_CLASS = 1,
  K_INTERFACE,
  K_ENUM,
  K_RECORD,
  K_MODIFIER,
  K_TYPE,
  K_PACKAGE,
  K_IMPORT,
  K_HEAD,
  K_NEW
};

#define K AID_KEYWORD
static const struct aid_keyword table[] = {
  K ("abstract", K_MODIFIER),
  K ("boolean", K_TYPE),
  K ("byte", K_TYPE),
  K ("char", K_TYPE),
  K ("class", K_CLASS),
  K ("default", K_MODIFIER),
  K ("double", K_TYPE),
  K ("enum", K_ENUM),
  K ("extends", K_HEAD),
  K ("final", K_MODIFIER),
  K ("float", K_TYPE),
  K ("implements", K_HEAD),
  K ("import", K_IMPORT),
  K ("int", K_TYPE),
  K ("interface", K_INTERFACE),
  K ("long", K_TYPE),
  K ("native", K_MODIFIER),
  K ("new", K_NEW),
  K ("package", K_PACKAGE),
  K ("permits", K_HEAD),
  K ("private", K_MODIFIER),
  K ("protected", K_MODIFIER),
  K ("public", K_MODIFIER),
  K ("record", K_RECORD),
  K ("sealed", K_MODIFIER),
  K ("short", K_TYPE),
  K ("static", K_MODIFIER),
  K ("strictfp", K_MODIFIER),
  K ("synchronized", K_MODIFIER),
  K ("throws", K_HEAD),
  K ("transient", K_MODIFIER),
  K ("void", K_TYPE),
  K ("volatile", K_MODIFIER),
};

enum frame_kind
{
  F_CLASS,
  F_ENUM,
  F_BODY
};

struct frame
{
  enum frame_kind kind;
  int32_t def;
  int is_record, depth;
  uint32_t signature_to;
};

struct decl
{
  int started, key, words, head, assigned, listed, test;
  uint32_t lead, from, last_end;
  struct aid_range last, name, variable;
};

struct java
{
  struct aid_scanner *s;
  struct aid_lex lex;
  struct aid_keywords keywords;
  struct decl d;
  struct frame frames[AID_SCAN_NESTING]; /* [0] is the file */
  int n, beyond;
  int is_new, is_local; /* within a body: "new" was read and no "(" behind it is closed; a class's head is being read */
};

static int
empty (struct aid_range r)
{
  return r.from >= r.to;
}

static void
reset (struct java *j)
{
  memset (&j->d, 0, sizeof j->d);
}

static int32_t
parent (const struct java *j)
{
  return j->frames[j->n].def;
}

static void
push (struct java *j, enum frame_kind kind, int32_t def)
{
  int is_record = j->d.key == K_RECORD;
  if (j->n + 1 < AID_SCAN_NESTING)
    j->frames[++j->n] = (struct frame){ kind, def, is_record, 0, j->lex.from };
  else
    j->beyond = 1;
  reset (j);
}

static void
pop (struct java *j)
{
  if (j->n > 0)
    {
      struct frame *f = &j->frames[j->n--];
      if (f->def >= 0 && f->def != j->frames[j->n].def)
        aid_scan_end (j->s, f->def, f->signature_to, j->lex.to);
    }
  reset (j);
}

/* The token is "<": reads on behind its ">". */
static void
angles (struct java *j)
{
  if (aid_lex_angles (&j->lex, "", ";{}"))
    aid_lex_next (&j->lex);
}

/* At "@": @Name.Name (...); leaves what is behind it.  @interface is no annotation. */
static void
annotation (struct java *j)
{
  struct aid_range name = { 0, 0 };
  if (aid_lex_next (&j->lex) == AID_T_WORD && aid_lex_is (&j->lex, "interface"))
    return;
  while (j->lex.token == AID_T_WORD)
    {
      name = aid_lex_range (&j->lex);
      if (aid_lex_next (&j->lex) != '.')
        break;
      aid_lex_next (&j->lex);
    }
  if (aid_range_is (j->s, name, "Test") || aid_range_is (j->s, name, "ParameterizedTest")
      || aid_range_is (j->s, name, "RepeatedTest"))
    j->d.test = 1;
  if (j->lex.token == '(' && name.to)
    {
      aid_lex_skip (&j->lex);
      aid_lex_next (&j->lex);
    }
}

static void
field (struct java *j)
{
  struct decl *d = &j->d;
  struct aid_range name = empty (d->variable) ? d->last : d->variable;
  if (j->n > 0 && d->words >= 2 && !d->key)
    aid_scan_end (j->s, aid_scan_add (j->s, AID_DEF_FIELD, parent (j), name, d->lead, d->from), j->lex.from, j->lex.to);
}

static enum aid_def_kind
method_kind (const struct java *j)
{
  return j->d.test ? AID_DEF_TEST : AID_DEF_METHOD;
}

static void
statement (struct java *j)
{
  struct decl *d = &j->d;
  if (!empty (d->name) && d->listed && d->words >= 2 && !d->key)
    aid_scan_end (j->s, aid_scan_add (j->s, AID_DEF_SIGNATURE, parent (j), d->name, d->lead, d->from), j->lex.from,
                  j->lex.to);
  else if (empty (d->name))
    field (j);
  reset (j);
}

static void
open_brace (struct java *j)
{
  struct decl *d = &j->d;
  if (d->key)
    {
      enum aid_def_kind kind = d->key == K_CLASS ? AID_DEF_CLASS : AID_DEF_TYPE;
      struct aid_range name = empty (d->variable) ? d->last : d->variable;
      push (j, d->key == K_ENUM ? F_ENUM : F_CLASS, aid_scan_add (j->s, kind, parent (j), name, d->lead, d->from));
    }
  else if (d->assigned) /* an initialiser: = { 1, 2 }, = new Name () { ... }, = x -> { ... } */
    aid_lex_skip (&j->lex);
  else if (!empty (d->name) && d->listed)
    push (j, F_BODY, aid_scan_add (j->s, method_kind (j), parent (j), d->name, d->lead, d->from));
  else if (j->frames[j->n].is_record && d->words == 1)
    push (j, F_BODY, aid_scan_add (j->s, AID_DEF_METHOD, parent (j), d->last, d->lead, d->from));
  else
    push (j, F_BODY, parent (j));
}

/* import a.b.C; */
static void
import (struct java *j, int is_import)
{
  uint32_t from = j->lex.from, name = 0;
  while (aid_lex_next (&j->lex) && j->lex.token != ';' && j->lex.token != '{' && j->lex.token != '}')
    if (!name && !aid_lex_is (&j->lex, "static"))
      name = j->lex.from;
  if (is_import && name && j->lex.token == ';')
    aid_scan_import (j->s, (struct aid_range){ name, j->lex.before_to }, from, j->lex.to);
  reset (j);
}

/* Gives 0 when the token that it leaves has still to be looked at. */
static void
word (struct java *j)
{
  struct decl *d = &j->d;
  int key = aid_keyword_of (&j->keywords, j->s->text + j->lex.from, j->lex.to - j->lex.from);
  if (d->assigned || d->head)
    return;
  if (key == K_RECORD && (d->key || d->words > 0))
    key = 0;
  switch (key)
    {
    case K_PACKAGE:
    case K_IMPORT:
      if (j->n == 0)
        import (j, key == K_IMPORT);
      return;
    case K_CLASS:
    case K_INTERFACE:
    case K_ENUM:
    case K_RECORD:
      d->key = j->lex.before == '.' ? d->key : key;
      return;
    case K_HEAD:
      d->head = 1;
      return;
    case K_MODIFIER:
    case K_NEW:
      return;
    case K_TYPE:
      d->words++;
      return;
    }
  if (d->key && !empty (d->last))
    return;
  d->words += j->lex.before != '.';
  d->last = aid_lex_range (&j->lex);
  d->last_end = d->last.to;
}

/* The token is "(": the parameters of what was named last, or others. */
static void
parameters (struct java *j)
{
  struct decl *d = &j->d;
  if (d->key == K_RECORD && empty (d->last))
    { /* a method that is called record */
      d->key = 0;
      d->last = (struct aid_range){ j->lex.before_from, j->lex.before_to };
      d->last_end = d->last.to;
    }
  if (!d->assigned && !d->key && empty (d->name) && d->last_end == j->lex.before_to)
    d->name = d->last;
  aid_lex_skip (&j->lex);
  d->listed = !empty (d->name);
}

/* What comes behind "," in int a, b = 0; */
static void
comma (struct java *j)
{
  struct decl *d = &j->d;
  if (d->head || d->key || !empty (d->name))
    return;
  field (j);
  d->assigned = 0;
  d->lead = d->from = j->lex.to;
  d->variable = d->last = (struct aid_range){ 0, 0 };
  d->words = 1;
}

/* Gives 0 when the token that it leaves has still to be looked at. */
static int
declaration (struct java *j)
{
  struct decl *d = &j->d;
  if (!d->started && j->lex.token != ';' && j->lex.token != '}')
    {
      d->started = 1;
      d->lead = j->lex.lead;
      d->from = j->lex.from;
    }
  switch (j->lex.token)
    {
    case AID_T_WORD:
      word (j);
      return 1;
    case '@':
      annotation (j);
      if (d->from < j->lex.from && d->words == 0 && !d->key && !d->listed)
        d->from = j->lex.from;
      return 0;
    case '<':
      if (!d->assigned)
        angles (j);
      return d->assigned;
    case '(':
      parameters (j);
      return 1;
    case '[':
      aid_lex_skip (&j->lex);
      return 1;
    case '=':
      if (empty (d->variable) && !d->key)
        d->variable = d->last;
      d->assigned = 1;
      return 1;
    case ',':
      comma (j);
      return 1;
    case '{':
      open_brace (j);
      return 1;
    case '}':
      pop (j);
      return 1;
    case ';':
      statement (j);
      return 1;
    }
  return 1;
}

/* The constants of an enum, up to its ";". */
static int
constants (struct java *j)
{
  struct decl *d = &j->d;
  switch (j->lex.token)
    {
    case '@':
      annotation (j);
      return 0;
    case AID_T_WORD:
      if (!d->started)
        {
          int32_t def
            = aid_scan_add (j->s, AID_DEF_CONSTRUCTOR, parent (j), aid_lex_range (&j->lex), j->lex.lead, j->lex.from);
          aid_scan_end (j->s, def, j->lex.to, j->lex.to);
        }
      d->started = 1;
      break;
    case '(':
      aid_lex_skip (&j->lex);
      break;
    case '{':
      push (j, F_CLASS, parent (j));
      break;
    case ',':
      d->started = 0;
      break;
    case ';':
      j->frames[j->n].kind = F_CLASS;
      reset (j);
      break;
    case '}':
      pop (j);
      break;
    }
  return 1;
}

/* Within a body: braces, classes in it, and the bodies of anonymous ones. */
static void
body (struct java *j)
{
  int token = j->lex.token, before = j->lex.before;
  if (j->is_local)
    {
      if (token == '{')
        {
          j->is_local = j->is_new = 0;
          open_brace (j);
          return;
        }
      j->is_local = token == AID_T_WORD || token == '<' || token == '(' || token == ',' || token == '.' || token == '@';
      if (j->is_local)
        {
          int n = j->n;
          while (j->lex.token && !declaration (j))
            ;
          if (j->n != n)
            j->is_local = j->is_new = 0;
          return;
        }
    }
  if (token == AID_T_WORD)
    {
      int key = aid_keyword_of (&j->keywords, j->s->text + j->lex.from, j->lex.to - j->lex.from);
      if (key == K_NEW)
        j->is_new = 1;
      else if ((key >= K_CLASS && key <= K_RECORD) && before != '.'
               && (before == ';' || before == '{' || before == '}' || before == AID_T_WORD))
        {
          reset (j);
          j->is_local = 1;
          declaration (j);
        }
    }
  else if (token == ';' || (token == '}' && j->frames[j->n].depth > 0))
    j->is_new = 0;
  else if (token == '{' && j->is_new && before == ')')
    {
      j->is_new = 0;
      push (j, F_CLASS, parent (j));
      return;
    }
  if (token == '{')
    j->frames[j->n].depth++;
  else if (token == '}' && j->frames[j->n].depth-- == 0)
    pop (j);
}

void
aid_scan_java (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct java *j = calloc (1, sizeof *j);
  if (!j)
    {
      s->failed = 1;
      return;
    }
  j->s = s;
  j->frames[0].def = -1;
  aid_lex_init (&j->lex, s, AID_LEX_JAVA);
  aid_keywords_init (&j->keywords, table, sizeof table / sizeof *table);
  while (aid_lex_next (&j->lex))
    if (j->beyond > 0)
      j->beyond += j->lex.token == '{' ? 1 : j->lex.token == '}' ? -1 : 0;
    else if (j->frames[j->n].kind == F_BODY)
      body (j);
    else
      while (j->lex.token && !(j->frames[j->n].kind == F_ENUM ? constants (j) : declaration (j)))
        ;
  while (j->n > 0)
    pop (j);
  free (j);
}
