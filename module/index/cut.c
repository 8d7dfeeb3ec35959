/* A file is cut where it is read: its definitions as they are now, and windows of what stands between them.  Each is
   scored by the question's terms in it; of a long one, the lines that have most of them are shown. */
#include "index/search_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Of all files that are cut for a question: reading them is what takes the time. */
enum
{
  BYTES_MAX = 3 << 18
};

enum
{
  WINDOW = 30,
  WHOLE_LINES = 110,
  SHOWN_LINES = 60,
  EACH = 5,
  DEFS_MAX = 20000
};

#define NAME_SHARE 0.8
#define NAMED_BONUS 40.0
#define WORD_BONUS 2.0
#define LINE_BONUS 60.0
#define SIMILAR_BONUS 6.0

struct unit
{
  int32_t def; /* -1: a window */
  uint32_t first, last, terms;
  double score;
  double similar;        /* how much of it is similar in meaning, from 0 to 1 */
  uint32_t similar_from; /* the line at which that begins; 0: nothing is */
  const struct aid_focus *focus;
  uint8_t counts[AID_SCORED_TERMS];
};

struct cutting
{
  struct aid_seeking *k;
  struct aid_candidate *c;
  struct aid_span text;
  const struct aid_scan *scan;
  enum aid_language language;
  uint32_t *starts; /* where each line begins; LINES + 1 of them */
  uint32_t *owner;  /* the unit of each line */
  float *weight;    /* what the terms on each line tell */
  uint32_t lines;
  struct aid_vec units; /* of struct unit: the definitions, then the windows */
  uint32_t line;        /* where reading is */
};

static void
free_cutting (struct cutting *g)
{
  aid_vec_free (&g->units);
  free (g->starts);
  free (g->owner);
  free (g->weight);
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

static int
find_lines (struct cutting *g)
{
  const char *p = g->text.ptr, *end = p + g->text.len;

  g->lines = g->text.len && end[-1] != '\n';
  for (const char *nl = p; nl < end && (nl = memchr (nl, '\n', (size_t)(end - nl))); nl++)
    g->lines++;
  g->starts = calloc (g->lines + 2, sizeof *g->starts);
  g->owner = calloc (g->lines + 2, sizeof *g->owner);
  g->weight = calloc (g->lines + 2, sizeof *g->weight);
  if (!g->starts || !g->owner || !g->weight)
    return -1;
  for (uint32_t i = 0; i < g->lines; i++)
    {
      const char *nl = memchr (p, '\n', (size_t)(end - p));
      g->starts[i] = (uint32_t)(p - g->text.ptr);
      p = nl ? nl + 1 : end;
    }
  g->starts[g->lines] = (uint32_t)g->text.len;
  return 0;
}

static int
is_unit (const struct aid_def *d, uint32_t lines)
{
  return d->kind != AID_DEF_FIELD && d->kind != AID_DEF_CONSTRUCTOR && d->first >= 1 && d->last >= d->first
         && d->last <= lines;
}

/* Makes the units and says which line belongs to which: the innermost definition's, else a window's. */
static int
make_units (struct cutting *g)
{
  uint32_t window = UINT32_MAX, began = 0;

  for (size_t i = 0; i < g->scan->n_defs && i < DEFS_MAX; i++)
    {
      const struct aid_def *d = &g->scan->defs[i];
      struct unit *u = is_unit (d, g->lines) ? aid_vec_push (&g->units) : NULL;
      if (!u)
        continue;
      *u = (struct unit){ .def = (int32_t)i, .first = d->first, .last = d->last };
      for (uint32_t line = d->first; line <= d->last; line++)
        g->owner[line - 1] = (uint32_t)g->units.len;
    }
  for (uint32_t line = 0; line < g->lines; line++)
    {
      if (g->owner[line])
        {
          window = UINT32_MAX;
          continue;
        }
      if (window == UINT32_MAX || line - began >= WINDOW)
        {
          struct unit *u = aid_vec_push (&g->units);
          if (!u)
            return -1;
          *u = (struct unit){ .def = -1, .first = line + 1 };
          window = (uint32_t)g->units.len;
          began = line;
        }
      g->owner[line] = window;
      AID_VEC_AT (struct unit, &g->units, window - 1).last = line + 1;
    }
  return 0;
}

static int
open_file (struct cutting *g)
{
  const struct aid_looked *l = g->k->bytes > BYTES_MAX ? NULL : aid_look (g->k, aid_span_z (g->c->path));

  if (!l || (!g->k->spotter && !(g->k->spotter = aid_spotter_new (&g->k->scores))))
    return -1;
  g->text = aid_str_span (&l->text);
  g->scan = &l->scan;
  g->language = l->language;
  g->k->bytes += g->text.len;
  return find_lines (g) || make_units (g) ? -1 : 0;
}

/* --- scoring ------------------------------------------------------------------------------------------------------- */

static void
count (struct cutting *g, struct unit *u, unsigned t)
{
  u->counts[t] = (uint8_t)(u->counts[t] < 255 ? u->counts[t] + 1 : 255);
  g->weight[g->line] += (float)g->k->scores.terms[t].value;
}

static struct unit *
unit_here (const struct cutting *g)
{
  return &AID_VEC_AT (struct unit, &g->units, g->owner[g->line] - 1);
}

static void
count_term (void *ctx, struct aid_span term, int whole, size_t end)
{
  struct cutting *g = ctx;
  struct unit *u = unit_here (g);
  int t = aid_spot_term (g->k->spotter, term);

  (void)whole, (void)end;
  u->terms++;
  if (t >= 0)
    count (g, u, (unsigned)t);
}

static void
count_terms (struct cutting *g)
{
  struct aid_word word;
  struct aid_spotted spotted;

  for (size_t at = 0; aid_word_next (g->text, &at, &word);)
    {
      while (g->line + 1 < g->lines && g->starts[g->line + 1] < at)
        g->line++;
      if (word.wide)
        {
          aid_word_terms (&word, at, count_term, g);
          continue;
        }
      struct unit *u = unit_here (g);
      aid_spot_word (g->k->spotter, &word, &spotted);
      u->terms += spotted.terms;
      for (unsigned i = 0; i < spotted.n; i++)
        count (g, u, spotted.at[i]);
    }
}

struct in_name
{
  struct cutting *g;
  double score;
};

static void
count_in_name (void *ctx, struct aid_span term, int whole, size_t end)
{
  struct in_name *n = ctx;
  int t = aid_spot_term (n->g->k->spotter, term);

  (void)whole, (void)end;
  if (t >= 0)
    n->score += NAME_SHARE * n->g->k->scores.terms[t].value;
}

static void
score_unit (struct cutting *g, struct unit *u)
{
  double length = 1.2 * (0.5 + 0.5 * u->terms / 150);

  for (size_t t = 0; t < g->k->scores.n_terms; t++)
    if (u->counts[t])
      u->score += g->k->scores.terms[t].value * u->counts[t] / (u->counts[t] + length);
  if (u->def < 0)
    {
      u->score *= 0.7;
      return;
    }
  const struct aid_def *d = &g->scan->defs[u->def];
  struct in_name n = { g, 0 };
  struct aid_span name = aid_span_cut (g->text, d->name.from, d->name.to);
  aid_terms (name, count_in_name, &n);
  u->score += n.score;
  for (size_t i = 0; i < g->c->n_foci; i++)
    if (g->c->foci[i].name.len && aid_span_eq (g->c->foci[i].name, name))
      {
        u->score += g->c->foci[i].sure ? NAMED_BONUS : WORD_BONUS;
        u->focus = &g->c->foci[i];
      }
}

/* The lines of F are similar in meaning: so much of a unit as is of them. */
static void
score_similar (struct cutting *g, const struct aid_focus *f)
{
  for (size_t i = 0; i < g->units.len; i++)
    {
      struct unit *u = &AID_VEC_AT (struct unit, &g->units, i);
      uint32_t from = f->line > u->first ? f->line : u->first, to = f->to < u->last ? f->to : u->last;
      if (from > to)
        continue;
      u->similar = (to - from + 1.0) / (u->last - u->first + 1.0);
      u->similar_from = from;
      u->score += SIMILAR_BONUS * u->similar;
    }
}

static void
score_units (struct cutting *g)
{
  count_terms (g);
  for (size_t i = 0; i < g->units.len; i++)
    score_unit (g, &AID_VEC_AT (struct unit, &g->units, i));
  for (size_t i = 0; i < g->c->n_foci; i++)
    {
      const struct aid_focus *f = &g->c->foci[i];
      if (!f->line || f->line > g->lines)
        continue;
      if (f->to)
        {
          score_similar (g, f);
          continue;
        }
      struct unit *u = &AID_VEC_AT (struct unit, &g->units, g->owner[f->line - 1] - 1);
      u->score += LINE_BONUS;
      u->focus = f;
    }
}

/* --- passages ------------------------------------------------------------------------------------------------------ */

static int
by_score (const void *a, const void *b)
{
  const struct unit *x = a, *y = b;

  return x->score < y->score ? 1 : x->score > y->score ? -1 : x->first < y->first ? -1 : 1;
}

/* Narrows a long unit to the lines that tell most, or around the line that is wanted. */
static void
narrow (const struct cutting *g, const struct unit *u, uint32_t *first, uint32_t *last)
{
  double sum = 0, best = -1;
  uint32_t at = u->first;

  *first = u->first;
  *last = u->last;
  if (u->last - u->first < WHOLE_LINES)
    return;
  if (u->focus && u->focus->line)
    at = u->focus->line > u->first + SHOWN_LINES / 2 ? u->focus->line - SHOWN_LINES / 2 : u->first;
  else if (!u->focus)
    for (uint32_t line = u->first; line <= u->last; line++)
      {
        sum += g->weight[line - 1];
        if (line >= u->first + SHOWN_LINES)
          sum -= g->weight[line - 1 - SHOWN_LINES];
        if (sum > best * 1.02)
          {
            best = sum;
            at = line >= u->first + SHOWN_LINES ? line - SHOWN_LINES + 1 : u->first;
          }
      }
  if (!u->focus && best <= 0 && u->similar_from)
    at = u->similar_from;
  *first = at;
  *last = at + SHOWN_LINES - 1 < u->last ? at + SHOWN_LINES - 1 : u->last;
}

static char *
full_name (const struct cutting *g, const struct unit *u)
{
  struct aid_str name = AID_STR_INIT (1024);

  if (u->def < 0)
    return NULL;
  aid_scan_container (g->scan, g->language, g->text, (size_t)u->def, &name);
  if (name.len)
    aid_str_addz (&name, aid_language_separator (g->language));
  const struct aid_def *d = &g->scan->defs[u->def];
  aid_str_addspan (&name, aid_span_cut (g->text, d->name.from, d->name.to));
  return aid_str_steal (&name);
}

/* Whether none of the question's terms is in U. */
static int
says_nothing (const struct cutting *g, const struct unit *u)
{
  for (size_t t = 0; t < g->k->scores.n_terms; t++)
    if (u->counts[t])
      return 0;
  return 1;
}

static char *
reason_of (const struct cutting *g, const struct unit *u)
{
  char reason[160];

  if (!u->focus)
    return strdup (u->similar > 0.5 && says_nothing (g, u) ? AID_REASON_SIMILAR : g->c->reason);
  if (u->focus->line)
    snprintf (reason, sizeof reason, "%s",
              u->focus->in_error ? "in the error's backtrace" : "at a line that the question names");
  else
    snprintf (reason, sizeof reason, "%s `%.*s`", g->scan->defs[u->def].kind == AID_DEF_SIGNATURE ? "declares" : "defines",
              (int)(u->focus->name.len < 100 ? u->focus->name.len : 100), u->focus->name.ptr);
  return strdup (reason);
}

static void
give (struct cutting *g, const struct unit *u, double top, struct aid_vec *out)
{
  uint32_t first, last;
  struct aid_passage *p = aid_vec_push (out);

  if (!p)
    return;
  narrow (g, u, &first, &last);
  *p = (struct aid_passage){ .path = strdup (g->c->path),
                             .first = first,
                             .last = last,
                             .name = full_name (g, u),
                             .reason = reason_of (g, u),
                             .score = g->c->score * (0.25 + 0.75 * (top > 0 ? u->score / top : 0)),
                             .tokens = aid_tokens_about (g->starts[last] - g->starts[first - 1]) };
}

void
aid_cut (struct aid_seeking *k, struct aid_candidate *candidate, struct aid_vec *out)
{
  struct cutting g = { .k = k, .c = candidate };

  g.units = AID_VEC_INIT (struct unit, 1000000);
  if (open_file (&g) || !g.units.len)
    {
      free_cutting (&g);
      return;
    }
  score_units (&g);
  qsort (g.units.data, g.units.len, sizeof (struct unit), by_score);
  double top = AID_VEC_AT (struct unit, &g.units, 0).score;
  for (size_t i = 0; i < g.units.len && i < EACH; i++)
    {
      const struct unit *u = &AID_VEC_AT (struct unit, &g.units, i);
      if (i == 0 || u->score > top * 0.4)
        give (&g, u, top, out);
    }
  free_cutting (&g);
}
