/* A map of a project for a question: the definitions that matter to it, as signatures by file.

   The files that the question touches are read, and those that define what they use.  From each definition edges lead
   to the ones whose names stand in it; personalised PageRank, from the question's files, says which are worth their
   place. */
#include "base/clock.h"
#include "base/map.h"
#include "index/search_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum
{
  SEEDS = 40,
  FILES = 90,
  FILE_MAX = 1 << 20,
  ALL_MAX = 6 << 20,
  NODES = 20000,
  EDGES = 400000,
  LOOKUPS = 800,
  TARGETS = 6
};
enum
{
  ROUNDS = 20,
  SIGNATURE = 160,
  TOKENS = 2000,
  MAP_MS = 2000,
  PATIENCE_MS = 1000 /* for what tells one file's definitions */
};
#define DAMPING 0.7

struct page
{
  char *path;
  struct aid_str text;
  struct aid_scan scan;
  double seed;     /* what the question gives it */
  size_t first, n; /* nodes */
};

struct node
{
  uint32_t page, def;
  double seed, rank, next, out;
  int32_t same; /* the next node of its name, or -1 */
};

struct edge
{
  uint32_t from, to;
  double weight;
};

struct mapping
{
  struct aid_seeking *k;
  struct page pages[FILES];
  size_t n_pages, bytes, lookups;
  struct aid_vec nodes, edges;
  struct aid_map *names;  /* to 1 + the first node of a name */
  struct aid_map *loaded; /* paths */
};

#define NODE(m, i) (&AID_VEC_AT (struct node, &(m)->nodes, i))

/* --- reading ------------------------------------------------------------------------------------------------------- */

static int
is_shown (const struct aid_def *d)
{
  return d->kind != AID_DEF_FIELD && d->kind != AID_DEF_CONSTRUCTOR && d->kind != AID_DEF_SECTION
         && d->kind != AID_DEF_VARIABLE && d->name.to > d->name.from + 1;
}

static void
add_node (struct mapping *m, size_t page, size_t def)
{
  const struct page *p = &m->pages[page];
  const struct aid_def *d = &p->scan.defs[def];
  struct aid_span name = aid_span_cut (aid_str_span (&p->text), d->name.from, d->name.to);
  struct node *n = aid_vec_push (&m->nodes);
  size_t had = (size_t)(uintptr_t)aid_map_get (m->names, name);

  if (!n)
    return;
  *n = (struct node){ .page = (uint32_t)page, .def = (uint32_t)def, .same = had ? (int32_t)had - 1 : -1 };
  aid_map_put (m->names, name, (void *)(uintptr_t)m->nodes.len, NULL);
}

/* Reads PATH, if there is room. */
static void
load (struct mapping *m, const char *path, double seed)
{
  struct aid_span name = aid_span_z (path);
  struct page *p = &m->pages[m->n_pages];
  struct aid_project_file file;

  if (m->n_pages == FILES || m->bytes > ALL_MAX || aid_map_get (m->loaded, name) || aid_clock_us () > m->k->until)
    return;
  *p = (struct page){
    .path = strdup (path), .text = AID_STR_INIT (FILE_MAX), .scan = AID_SCAN_INIT, .seed = seed, .first = m->nodes.len
  };
  p->scan.patience_ms = PATIENCE_MS;
  m->n_pages++;
  aid_map_put (m->loaded, name, p, NULL);
  if (aid_project_read (m->k->x->project, name, &p->text, &file, NULL)
      || aid_scan_text (
        aid_language_of (name, aid_span_cut (aid_str_span (&p->text), 0, p->text.len < 512 ? p->text.len : 512)),
        aid_str_span (&p->text), &p->scan))
    return;
  m->bytes += p->text.len;
  for (size_t i = 0; i < p->scan.n_defs; i++)
    if (is_shown (&p->scan.defs[i]))
      add_node (m, m->n_pages - 1, i);
  p->n = m->nodes.len - p->first;
  for (size_t i = p->first; i < m->nodes.len; i++)
    NODE (m, i)->seed = seed / (double)p->n;
}

/* What the question names itself, by its words or whole, is where the walk begins most of the time. */
static void
favour (struct mapping *m, const struct aid_candidate *c)
{
  const struct page *p = &m->pages[m->n_pages - 1];

  for (size_t i = p->first; i < p->first + p->n; i++)
    {
      const struct aid_def *d = &p->scan.defs[NODE (m, i)->def];
      struct aid_span name = aid_span_cut (aid_str_span (&p->text), d->name.from, d->name.to);
      for (size_t f = 0; f < c->n_foci; f++)
        if (aid_span_eq (c->foci[f].name, name) || (d->first <= c->foci[f].line && c->foci[f].line <= d->last))
          NODE (m, i)->seed += p->seed * (c->foci[f].sure ? 3 : 0.3);
    }
}

static int
is_identifier_byte (char c)
{
  return isalnum ((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Takes the next identifier of TEXT behind *AT. */
static int
next_identifier (struct aid_span text, size_t *at, struct aid_span *out)
{
  size_t i = *at, from;

  while (i < text.len && !is_identifier_byte (text.ptr[i]))
    i++;
  for (from = i; i < text.len
                 && (is_identifier_byte (text.ptr[i])
                     || (text.ptr[i] == '-' && i + 1 < text.len && isalpha ((unsigned char)text.ptr[i + 1])));)
    i++;
  *at = i;
  *out = aid_span_cut (text, from, i);
  return i > from;
}

/* Reads the files that define what PAGE uses and no file that was read does. */
static void
load_used (struct mapping *m, size_t page, struct aid_map *asked)
{
  struct aid_span text = aid_str_span (&m->pages[page].text), name;
  struct aid_error e;

  for (size_t at = 0; next_identifier (text, &at, &name) && m->lookups < LOOKUPS && m->n_pages < FILES;)
    {
      struct aid_vec paths = AID_VEC_INIT (char *, 8);
      size_t all;
      if (name.len < 4 || aid_map_get (m->names, name) || aid_map_get (asked, name))
        continue;
      aid_map_put (asked, name, m, NULL);
      m->lookups++;
      aid_tagged (m->k, '=', name, 0, 3, &paths, &all, &e);
      for (size_t i = 0; i < paths.len; i++)
        {
          if (all <= 3)
            load (m, AID_VEC_AT (char *, &paths, i), 0);
          free (AID_VEC_AT (char *, &paths, i));
        }
      aid_vec_free (&paths);
    }
}

/* --- the graph ----------------------------------------------------------------------------------------------------- */

/* The node that the byte AT of PAGE stands in, or -1; *HINT is where the last one was found. */
static ptrdiff_t
node_at (const struct mapping *m, const struct page *p, size_t at, size_t *hint)
{
  ptrdiff_t best = -1;

  while (*hint + 1 < p->n && p->scan.defs[NODE (m, p->first + *hint + 1)->def].whole.from <= at)
    ++*hint;
  for (size_t i = *hint + 1, looked = 0; i-- > 0 && looked < 12 && p->n; looked++)
    {
      const struct aid_def *d = &p->scan.defs[NODE (m, p->first + i)->def];
      if (d->whole.from <= at && at < d->whole.to)
        {
          best = (ptrdiff_t)(p->first + i);
          break;
        }
    }
  return best;
}

static void
add_edges (struct mapping *m, size_t page)
{
  const struct page *p = &m->pages[page];
  struct aid_span text = aid_str_span (&p->text), name;
  size_t hint = 0;

  for (size_t at = 0; next_identifier (text, &at, &name);)
    {
      size_t found = (size_t)(uintptr_t)aid_map_get (m->names, name), targets = 0;
      ptrdiff_t from = found && name.len > 2 ? node_at (m, p, at - 1, &hint) : -1;
      if (from < 0)
        continue;
      for (int32_t to = (int32_t)found - 1; to >= 0 && targets < TARGETS; to = NODE (m, to)->same)
        targets++;
      for (int32_t to = (int32_t)found - 1, n = 0; to >= 0 && n < TARGETS; to = NODE (m, to)->same, n++)
        {
          struct edge *edge = to != from ? aid_vec_push (&m->edges) : NULL;
          if (!edge)
            continue;
          *edge = (struct edge){ (uint32_t)from, (uint32_t)to, 1 / sqrt ((double)targets) };
          NODE (m, from)->out += edge->weight;
        }
    }
}

static void
rank (struct mapping *m)
{
  double total = 0;

  for (size_t i = 0; i < m->nodes.len; i++)
    total += NODE (m, i)->seed;
  for (size_t i = 0; i < m->nodes.len; i++)
    {
      NODE (m, i)->seed /= total > 0 ? total : 1;
      NODE (m, i)->rank = NODE (m, i)->seed;
    }
  for (int round = 0; round < ROUNDS; round++)
    {
      double lost = 0;
      for (size_t i = 0; i < m->nodes.len; i++)
        {
          NODE (m, i)->next = 0;
          lost += NODE (m, i)->out > 0 ? 0 : NODE (m, i)->rank;
        }
      for (size_t i = 0; i < m->edges.len; i++)
        {
          const struct edge *edge = &AID_VEC_AT (struct edge, &m->edges, i);
          NODE (m, edge->to)->next += NODE (m, edge->from)->rank * edge->weight / NODE (m, edge->from)->out;
        }
      for (size_t i = 0; i < m->nodes.len; i++)
        {
          struct node *n = NODE (m, i);
          n->rank = (1 - DAMPING) * n->seed + DAMPING * (n->next + lost * n->seed);
        }
    }
}

/* --- what is shown ------------------------------------------------------------------------------------------------- */

struct line
{
  double rank, of_file;
  size_t node;
};

static int
by_rank (const void *a, const void *b)
{
  const struct line *x = a, *y = b;

  return x->rank < y->rank ? 1 : x->rank > y->rank ? -1 : x->node < y->node ? -1 : 1;
}

static int
by_file (const void *a, const void *b)
{
  const struct line *x = a, *y = b;

  return x->of_file < y->of_file ? 1 : x->of_file > y->of_file ? -1 : x->node < y->node ? -1 : 1;
}

/* Appends the signature on one line. */
static void
add_signature (const struct page *p, const struct aid_def *d, struct aid_str *out)
{
  struct aid_span s = aid_span_trim (aid_span_cut (aid_str_span (&p->text), d->signature.from, d->signature.to));
  int blank = 0;

  if (!s.len)
    s = aid_span_cut (aid_str_span (&p->text), d->name.from, d->name.to);
  aid_str_addf (out, "%6u  ", d->line);
  for (size_t i = 0; i < s.len && i < SIGNATURE; i++)
    {
      int space = isspace ((unsigned char)s.ptr[i]);
      if (!space || !blank)
        aid_str_addc (out, space ? ' ' : s.ptr[i]);
      blank = space;
    }
  aid_str_addz (out, s.len > SIGNATURE ? "...\n" : "\n");
}

static void
show (struct mapping *m, size_t tokens, struct aid_str *out)
{
  struct aid_vec lines = AID_VEC_INIT (struct line, NODES);
  double files[FILES] = { 0 };
  size_t used = 0, shown = 0;
  const struct page *page = NULL;

  for (size_t i = 0; i < m->nodes.len; i++)
    {
      struct line *l = aid_vec_push (&lines);
      if (l)
        *l = (struct line){ NODE (m, i)->rank, 0, i };
    }
  if (lines.len)
    qsort (lines.data, lines.len, sizeof (struct line), by_rank);
  for (; shown < lines.len && used < tokens; shown++)
    {
      struct line *l = &AID_VEC_AT (struct line, &lines, shown);
      const struct aid_def *d = &m->pages[NODE (m, l->node)->page].scan.defs[NODE (m, l->node)->def];
      size_t len = d->signature.to - d->signature.from;
      used += aid_tokens_about ((len < SIGNATURE ? len : SIGNATURE) + 12);
      files[NODE (m, l->node)->page] += l->rank;
    }
  for (size_t i = 0; i < shown; i++)
    AID_VEC_AT (struct line, &lines, i).of_file = files[NODE (m, AID_VEC_AT (struct line, &lines, i).node)->page];
  if (shown)
    qsort (lines.data, shown, sizeof (struct line), by_file);
  for (size_t i = 0; i < shown; i++)
    {
      const struct node *n = NODE (m, AID_VEC_AT (struct line, &lines, i).node);
      if (page != &m->pages[n->page])
        {
          page = &m->pages[n->page];
          aid_str_addf (out, "%s%s:\n", i ? "\n" : "", page->path);
        }
      add_signature (page, &page->scan.defs[n->def], out);
    }
  aid_vec_free (&lines);
}

static void
free_mapping (struct mapping *m)
{
  for (size_t i = 0; i < m->n_pages; i++)
    {
      free (m->pages[i].path);
      aid_str_free (&m->pages[i].text);
      aid_scan_free (&m->pages[i].scan);
    }
  aid_vec_free (&m->nodes);
  aid_vec_free (&m->edges);
  aid_map_free (m->names, NULL);
  aid_map_free (m->loaded, NULL);
  free (m);
}

static enum aid_err
make_map (struct mapping *m, struct aid_str *out, struct aid_error *e)
{
  struct aid_map *asked = aid_map_new ();
  size_t seeds;

  if (!asked || !m->names || !m->loaded)
    {
      aid_map_free (asked, NULL);
      return aid_error_set (e, AID_E_NOMEM, "No memory for a map");
    }
  for (size_t i = 0; i < m->k->candidates.len && i < SEEDS; i++)
    {
      const struct aid_candidate *c = AID_VEC_AT (struct aid_candidate *, &m->k->candidates, i);
      size_t had = m->n_pages;
      load (m, c->path, c->score * c->score);
      if (m->n_pages > had)
        favour (m, c);
    }
  seeds = m->n_pages;
  for (size_t i = 0; i < seeds && i < SEEDS / 4; i++)
    load_used (m, i, asked);
  for (size_t i = 0; i < m->n_pages; i++)
    add_edges (m, i);
  rank (m);
  show (m, m->k->q->tokens ? m->k->q->tokens : TOKENS, out);
  aid_map_free (asked, NULL);
  return out->err ? aid_error_set (e, out->err, "The map does not fit") : AID_OK;
}

enum aid_err
aid_search_map (struct aid_index *x, const struct aid_question *question, struct aid_str *out, struct aid_error *e)
{
  struct aid_question q = *question;
  struct aid_seeking k;
  struct mapping *m = calloc (1, sizeof *m);
  enum aid_err err;

  if (!m)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a map");
  q.ms = q.ms ? q.ms : MAP_MS;
  m->k = &k;
  m->nodes = AID_VEC_INIT (struct node, NODES);
  m->edges = AID_VEC_INIT (struct edge, EDGES);
  m->names = aid_map_new ();
  m->loaded = aid_map_new ();
  err = aid_seek_begin (x, &q, &k, e);
  if (!err)
    err = aid_seek_files (&k, e);
  if (!err)
    err = make_map (m, out, e);
  aid_seek_end (&k);
  free_mapping (m);
  return err;
}
