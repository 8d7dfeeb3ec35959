/* C and C++: the preprocessor. */
#include "scan/scan_c_internal.h"

static void
save (const struct aid_c *c, struct aid_c_state *state)
{
  state->frames = c->n;
  state->depth = c->frames[c->n].depth;
  state->decl = c->d;
}

static void
restore (struct aid_c *c, const struct aid_c_state *state)
{
  for (int i = c->n; i > state->frames; i--) /* what only this branch opened ends with it */
    aid_scan_end (c->s, c->frames[i].def, c->frames[i].signature_to, c->lex.from);
  c->n = state->frames;
  c->frames[c->n].depth = state->depth;
  c->d = state->decl;
}

/* Reads over the lines of a branch that is never compiled, to its "#else", "#elif" or "#endif". */
static void
skip_branch (struct aid_c *c)
{
  int depth = 0;
  uint32_t from = c->lex.to;
  for (uint32_t at = aid_scan_line_end (c->s, from); at < c->s->len; at = aid_scan_line_end (c->s, at))
    {
      const unsigned char *t = c->s->text;
      uint32_t line = ++at;
      while (at < c->s->len && (t[at] == ' ' || t[at] == '\t'))
        at++;
      if (at >= c->s->len || t[at] != '#')
        continue;
      for (at++; at < c->s->len && (t[at] == ' ' || t[at] == '\t'); at++)
        ;
      struct aid_span word = { (const char *) t + at, c->s->len - at };
      if (aid_span_starts (word, "if"))
        depth++;
      else if (depth > 0)
        depth -= aid_span_starts (word, "endif");
      else if (aid_span_starts (word, "e"))
        {
          aid_scan_region (c->s, AID_REGION_COMMENT, from, line);
          c->lex.at = line > 0 ? line - 1 : line;
          return;
        }
    }
  aid_scan_region (c->s, AID_REGION_COMMENT, from, c->s->len);
  c->lex.at = c->s->len;
}

static void
conditional (struct aid_c *c, struct aid_span word, struct aid_span rest)
{
  int kept = c->n_conditionals > 0 && c->n_conditionals <= AID_C_CONDITIONALS;
  struct aid_c_conditional *k = kept ? &c->conditionals[c->n_conditionals - 1] : NULL;
  if (aid_span_starts (word, "if"))
    {
      int never
        = aid_span_eqz (word, "if") && rest.len && rest.ptr[0] == '0' && (rest.len == 1 || strchr (" \t\r/", rest.ptr[1]));
      if (c->n_conditionals++ < AID_C_CONDITIONALS)
        {
          k = &c->conditionals[c->n_conditionals - 1];
          k->have_first = 0;
          k->tokens = c->lex.to;
          save (c, &k->before);
        }
      if (never)
        {
          skip_branch (c);
          if (k && c->n_conditionals <= AID_C_CONDITIONALS)
            k->tokens = c->s->len; /* an empty branch */
        }
      return;
    }
  if (c->n_conditionals > AID_C_CONDITIONALS)
    c->n_conditionals -= aid_span_eqz (word, "endif");
  if (!k)
    return;
  int was_empty = k->tokens >= c->lex.before_to;
  if (!k->have_first && !was_empty && !aid_span_eqz (word, "endif"))
    {
      save (c, &k->first);
      k->have_first = 1;
    }
  if (aid_span_eqz (word, "endif"))
    {
      if (k->have_first)
        restore (c, &k->first);
      c->n_conditionals--;
    }
  else
    {
      restore (c, &k->before);
      k->tokens = c->lex.to;
    }
}

static void
define (struct aid_c *c, uint32_t at)
{
  const unsigned char *t = c->s->text;
  static const unsigned char ends[256]
    = { ['\0'] = 1, [' '] = 1, ['\t'] = 1, ['\r'] = 1, ['\n'] = 1, ['('] = 1, ['\\'] = 1, ['/'] = 1 };
  uint32_t to = at;
  while (to < c->lex.to && !ends[t[to]])
    to++;
  int32_t def = aid_scan_add (c->s, AID_DEF_MACRO, aid_c_parent (c), (struct aid_range){ at, to }, c->lex.lead, c->lex.from);
  if (to < c->lex.to && t[to] == '(')
    while (to < c->lex.to && t[to] != '\n' && t[to++] != ')')
      ;
  aid_scan_end (c->s, def, to, c->lex.to);
}

static void
include (struct aid_c *c, uint32_t at)
{
  const unsigned char *t = c->s->text;
  uint32_t to;
  if (at >= c->lex.to || (t[at] != '<' && t[at] != '"'))
    return;
  for (to = ++at; to < c->lex.to && t[to] != '>' && t[to] != '"' && t[to] != '\n'; to++)
    ;
  aid_scan_import (c->s, (struct aid_range){ at, to }, c->lex.from, c->lex.to);
}

void
aid_c_directive (struct aid_c *c)
{
  const unsigned char *t = c->s->text;
  uint32_t at = c->lex.from + 1, to;
  while (at < c->lex.to && (t[at] == ' ' || t[at] == '\t'))
    at++;
  for (to = at; to < c->lex.to && t[to] >= 'a' && t[to] <= 'z'; to++)
    ;
  struct aid_span word = { (const char *) t + at, to - at };
  while (to < c->lex.to && (t[to] == ' ' || t[to] == '\t'))
    to++;
  if (aid_span_eqz (word, "define"))
    define (c, to);
  else if (aid_span_starts (word, "include") || aid_span_eqz (word, "import"))
    include (c, to);
  else if (aid_span_starts (word, "if") || aid_span_starts (word, "el") || aid_span_eqz (word, "endif"))
    conditional (c, word, (struct aid_span){ (const char *) t + to, c->lex.to - to });
}
