/* Term by term, the rarest first: its postings add to tallies of files and of chunks.  The sketch tells before which
   terms are in so many rows that they would cost more than they tell; what all of them may cost is bounded. */
#include "index/score.h"
#include "base/clock.h"
#include "index/terms.h"

#include <math.h>
#include <stdlib.h>

enum
{
  TERM_ROWS = 30000,
  ALL_ROWS = 100000
};
#define LEAST_SHARE 0.15  /* of the best file's score: one with less is not looked at further */
#define COMMON_SHARE 0.35 /* of the rows: a term that more have tells nothing */
#define PATH_VALUE 0.9    /* a term in the path, in a defined name: beside a chunk's 0 to 1 */
#define DEFS_VALUE 0.8
#define SECOND_SHARE 0.15 /* what a file's other chunks add */

struct cell
{
  int64_t key; /* 0: free */
  float score, more;
  uint32_t terms;
};

struct tally
{
  struct cell *cells;
  size_t cap, n;
};

static int
grow (struct tally *t)
{
  struct tally larger = { calloc (t->cap ? t->cap * 4 : 16384, sizeof (struct cell)), t->cap ? t->cap * 4 : 16384, t->n };

  if (!larger.cells)
    return -1;
  for (size_t i = 0; i < t->cap; i++)
    if (t->cells[i].key)
      {
        size_t at = (size_t)((uint64_t)t->cells[i].key * 0x9E3779B97F4A7C15u >> 32) & (larger.cap - 1);
        while (larger.cells[at].key)
          at = (at + 1) & (larger.cap - 1);
        larger.cells[at] = t->cells[i];
      }
  free (t->cells);
  *t = larger;
  return 0;
}

/* The cell of KEY (not 0), made if need be; NULL without memory. */
static struct cell *
cell_of (struct tally *t, int64_t key)
{
  if (t->n * 2 >= t->cap && grow (t))
    return NULL;
  size_t at = (size_t)((uint64_t)key * 0x9E3779B97F4A7C15u >> 32) & (t->cap - 1);
  while (t->cells[at].key && t->cells[at].key != key)
    at = (at + 1) & (t->cap - 1);
  if (!t->cells[at].key)
    {
      t->cells[at].key = key;
      t->n++;
    }
  return &t->cells[at];
}

/* --- terms --------------------------------------------------------------------------------------------------------- */

struct scoring
{
  struct aid_shelf *s;
  struct aid_scores *out;
  struct tally files, chunks;
  struct aid_vec postings;
  double rows; /* in the tables, about */
  size_t used;
  int64_t until;
};

static double
rarity (double rows, double having)
{
  return log (1 + (rows - having + 0.5) / (having + 0.5));
}

static int
by_value (const void *a, const void *b)
{
  const struct aid_scored_term *x = a, *y = b;

  return x->value < y->value ? 1 : x->value > y->value ? -1 : 0;
}

static double
weight_of (const struct aid_asked_term *t)
{
  return 2.2 * t->weight / (t->weight + 1.2);
}

/* Takes the terms that tell most, as far as the sketch knows. */
static enum aid_err
choose_terms (struct scoring *g, const struct aid_asked *asked, struct aid_error *e)
{
  struct aid_vec all = AID_VEC_INIT (struct aid_scored_term, AID_ASKED_TERMS);

  for (size_t i = 0; i < asked->terms.len; i++)
    {
      const struct aid_asked_term *t = &AID_VEC_AT (struct aid_asked_term, &asked->terms, i);
      uint32_t having = g->s->sketch[aid_sketch_cell ((struct aid_span){ t->text, t->len })];
      struct aid_scored_term *to = having && (having < 200 || having < COMMON_SHARE * g->rows) ? aid_vec_push (&all) : NULL;
      if (to)
        *to = (struct aid_scored_term){ t, weight_of (t) * rarity (g->rows, having), having };
    }
  if (all.len)
    qsort (all.data, all.len, sizeof (struct aid_scored_term), by_value);
  g->out->n_terms = all.len < AID_SCORED_TERMS ? all.len : AID_SCORED_TERMS;
  if (all.len)
    memcpy (g->out->terms, all.data, g->out->n_terms * sizeof (struct aid_scored_term));
  aid_vec_free (&all);
  (void)e;
  return AID_OK;
}

static enum aid_err
add_names (struct scoring *g, size_t term, struct aid_error *e)
{
  struct aid_scored_term *t = &g->out->terms[term];

  for (size_t i = 0; i < g->postings.len; i++)
    {
      const struct aid_posting *p = &AID_VEC_AT (struct aid_posting, &g->postings, i);
      struct cell *c = cell_of (&g->files, p->row);
      if (!c)
        return aid_error_set (e, AID_E_NOMEM, "No memory to search");
      c->score += (float)(t->value * ((p->columns & 1 ? PATH_VALUE : 0) + (p->columns & 2 ? DEFS_VALUE : 0)));
      c->terms |= 1u << term;
    }
  return AID_OK;
}

static enum aid_err
add_words (struct scoring *g, size_t term, struct aid_error *e)
{
  struct aid_scored_term *t = &g->out->terms[term];

  for (size_t i = 0; i < g->postings.len; i++)
    {
      const struct aid_posting *p = &AID_VEC_AT (struct aid_posting, &g->postings, i);
      struct cell *c = cell_of (&g->chunks, p->row);
      if (!c)
        return aid_error_set (e, AID_E_NOMEM, "No memory to search");
      c->score += (float)(t->value * aid_level_value ((unsigned)__builtin_ctz (p->columns | 1u << (AID_LEVELS - 1))));
      c->terms |= 1u << term;
    }
  return AID_OK;
}

static enum aid_err
add_term (struct scoring *g, size_t term, struct aid_error *e)
{
  struct aid_scored_term *t = &g->out->terms[term];
  struct aid_span text = { t->term->text, t->term->len };
  size_t in_words;
  int cut;
  enum aid_err err;

  if (t->rows > TERM_ROWS + 4096 || g->used > ALL_ROWS || aid_clock_us () > g->until)
    return AID_OK;
  g->postings.len = 0;
  if ((err = aid_fts_collect (g->s->fts, "words", text, TERM_ROWS, &g->postings, &cut, e)) || cut)
    return err;
  in_words = g->postings.len;
  t->value = weight_of (t->term) * rarity (g->rows, (double)in_words);
  g->used += in_words;
  if ((err = add_words (g, term, e)))
    return err;
  g->postings.len = 0;
  if ((err = aid_fts_collect (g->s->fts, "names", text, TERM_ROWS, &g->postings, &cut, e)) || cut)
    return err;
  if (!in_words)
    t->value = weight_of (t->term) * rarity (g->rows, (double)g->postings.len);
  g->used += g->postings.len;
  t->rows = (uint32_t)(in_words + g->postings.len);
  return add_names (g, term, e);
}

/* --- files --------------------------------------------------------------------------------------------------------- */

/* Adds to each file's cell its best chunk, and a share of the others. */
static enum aid_err
join_chunks (struct scoring *g, struct aid_error *e)
{
  struct tally best = { NULL, 0, 0 };
  enum aid_err err = AID_OK;

  for (size_t i = 0; !err && i < g->chunks.cap; i++)
    {
      const struct cell *c = &g->chunks.cells[i];
      struct cell *b = c->key ? cell_of (&best, (c->key >> AID_ROW_SHIFT) + 1) : NULL;
      if (!c->key)
        continue;
      if (!b)
        err = aid_error_set (e, AID_E_NOMEM, "No memory to search");
      else
        {
          b->more += c->score > b->score ? b->score : c->score;
          b->score = c->score > b->score ? c->score : b->score;
          b->terms |= c->terms;
        }
    }
  for (size_t i = 0; !err && i < best.cap; i++)
    if (best.cells[i].key)
      {
        struct cell *b = &best.cells[i], *f = cell_of (&g->files, b->key - 1);
        if (!f)
          err = aid_error_set (e, AID_E_NOMEM, "No memory to search");
        else
          {
            float share = b->more < b->score * 3 ? b->more : b->score * 3;
            f->score += b->score + (float)SECOND_SHARE * share;
            f->terms |= b->terms;
          }
      }
  free (best.cells);
  return err;
}

static int
by_score (const void *a, const void *b)
{
  const struct aid_scored_file *x = a, *y = b;

  return x->score < y->score ? 1 : x->score > y->score ? -1 : x->id < y->id ? -1 : 1;
}

/* Keeps the MAX best files. */
static enum aid_err
rank_files (struct scoring *g, size_t max, struct aid_error *e)
{
  struct aid_vec *files = &g->out->files;
  float best = 0;

  for (size_t i = 0; i < g->files.cap; i++)
    best = g->files.cells[i].score > best ? g->files.cells[i].score : best;
  for (size_t i = 0; i < g->files.cap; i++)
    {
      const struct cell *c = &g->files.cells[i];
      int enough = c->key && c->score >= best * (float)LEAST_SHARE;
      struct aid_scored_file *f = enough ? aid_vec_push (files) : NULL;
      if (enough && !f)
        return aid_error_set (e, AID_E_NOMEM, "No memory to search");
      if (f)
        *f = (struct aid_scored_file){ c->key, c->score, c->terms };
    }
  if (files->len)
    qsort (files->data, files->len, sizeof (struct aid_scored_file), by_score);
  if (files->len > max)
    files->len = max;
  return AID_OK;
}

enum aid_err
aid_score (struct aid_shelf *s, const struct aid_asked *asked, size_t max, int64_t until, struct aid_scores *out,
           struct aid_error *e)
{
  struct scoring g = { .s = s, .out = out, .until = until };
  sqlite3_stmt *count;
  int row;
  enum aid_err err;

  memset (out, 0, sizeof *out);
  out->files = AID_VEC_INIT (struct aid_scored_file, SIZE_MAX / sizeof (struct aid_scored_file));
  g.postings = AID_VEC_INIT (struct aid_posting, TERM_ROWS + 1);
  err = aid_shelf_read_sketch (s, e);
  if (!err && !(err = aid_db_prepare (s->db, "SELECT value FROM meta WHERE key='rows'", &count, e)))
    {
      err = aid_db_step (s->db, count, &row, e);
      g.rows = !err && row ? (double)sqlite3_column_int64 (count, 0) + 1 : 1;
      sqlite3_reset (count);
    }
  if (!err)
    err = choose_terms (&g, asked, e);
  for (size_t i = 0; !err && i < out->n_terms; i++)
    err = add_term (&g, i, e);
  if (!err)
    err = join_chunks (&g, e);
  if (!err)
    err = rank_files (&g, max, e);
  free (g.files.cells);
  free (g.chunks.cells);
  aid_vec_free (&g.postings);
  return err;
}

void
aid_scores_free (struct aid_scores *s)
{
  aid_vec_free (&s->files);
}
