/* Term by term, the rarest first: its postings become hits, which are sorted and added up by chunk and by file.  The
   sketch tells before which terms are in so many rows that they would cost more than they tell; what all of them may cost
   is bounded. */
#include "index/score.h"
#include "base/clock.h"
#include "index/terms.h"

#include <math.h>
#include <stdlib.h>

enum
{
  TERM_ROWS = 30000,
  ALL_ROWS = 100000,
  DIGIT_BITS = 11,
  DIGIT_MASK = (1 << DIGIT_BITS) - 1
};
#define LEAST_SHARE 0.15  /* of the best file's score: one with less is not looked at further */
#define COMMON_SHARE 0.35 /* of the rows: a term that more have tells nothing */
#define PATH_VALUE 0.9    /* a term in the path, in a defined name: beside a chunk's 0 to 1 */
#define DEFS_VALUE 0.8
#define SECOND_SHARE 0.15 /* what a file's other chunks add */

/* What one term adds to one row. */
struct hit
{
  int64_t row;
  float score;
  uint32_t term; /* a bit */
};

/* Sorts N hits at *A by their rows, keeping the order of those of one row; *B has room for as many, and the two change places. */
static void
sort_hits (struct hit **a, struct hit **b, size_t n)
{
  int64_t most = 0;

  for (size_t i = 0; i < n; i++)
    most |= (*a)[i].row;
  for (unsigned shift = 0; shift < 63 && most >> shift; shift += DIGIT_BITS)
    {
      size_t at[1 << DIGIT_BITS] = { 0 }, sum = 0;
      struct hit *from = *a, *to = *b;
      for (size_t i = 0; i < n; i++)
        at[from[i].row >> shift & DIGIT_MASK]++;
      for (size_t i = 0; i <= DIGIT_MASK; i++)
        {
          size_t here = at[i];
          at[i] = sum;
          sum += here;
        }
      for (size_t i = 0; i < n; i++)
        to[at[from[i].row >> shift & DIGIT_MASK]++] = from[i];
      *a = to;
      *b = from;
    }
}

static enum aid_err
sort_all (struct aid_vec *hits, struct aid_error *e)
{
  struct hit *data = hits->data, *other = hits->len ? malloc (hits->cap * sizeof *other) : NULL;

  if (hits->len && !other)
    return aid_error_set (e, AID_E_NOMEM, "No memory to search");
  if (hits->len)
    sort_hits (&data, &other, hits->len);
  hits->data = data;
  free (other);
  return AID_OK;
}

/* --- terms --------------------------------------------------------------------------------------------------------- */

struct scoring
{
  struct aid_shelf *s;
  struct aid_scores *out;
  struct aid_vec chunks, files; /* of struct hit: by rows of the table words, by files */
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
add_hit (struct aid_vec *to, int64_t row, double score, size_t term, struct aid_error *e)
{
  struct hit *h = aid_vec_push (to);

  if (!h)
    return aid_error_set (e, AID_E_NOMEM, "No memory to search");
  *h = (struct hit){ row, (float)score, 1u << term };
  return AID_OK;
}

static enum aid_err
add_names (struct scoring *g, size_t term, struct aid_error *e)
{
  double value = g->out->terms[term].value;
  enum aid_err err = AID_OK;

  for (size_t i = 0; !err && i < g->postings.len; i++)
    {
      const struct aid_posting *p = &AID_VEC_AT (struct aid_posting, &g->postings, i);
      double share = (p->columns & 1 ? PATH_VALUE : 0) + (p->columns & 2 ? DEFS_VALUE : 0);
      err = add_hit (&g->files, p->row, value * share, term, e);
    }
  return err;
}

static enum aid_err
add_words (struct scoring *g, size_t term, struct aid_error *e)
{
  double value = g->out->terms[term].value;
  enum aid_err err = AID_OK;

  for (size_t i = 0; !err && i < g->postings.len; i++)
    {
      const struct aid_posting *p = &AID_VEC_AT (struct aid_posting, &g->postings, i);
      unsigned level = (unsigned)__builtin_ctz (p->columns | 1u << (AID_LEVELS - 1));
      err = add_hit (&g->chunks, p->row, value * aid_level_value (level), term, e);
    }
  return err;
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

/* Reads the hits of FILE's chunks from *AT on: the best chunk, and a share of the others. */
static void
add_chunks (const struct aid_vec *chunks, size_t *at, struct aid_scored_file *file)
{
  float best = 0, more = 0;

  while (*at < chunks->len && AID_VEC_AT (struct hit, chunks, *at).row >> AID_ROW_SHIFT == file->id)
    {
      int64_t row = AID_VEC_AT (struct hit, chunks, *at).row;
      float score = 0;
      for (; *at < chunks->len && AID_VEC_AT (struct hit, chunks, *at).row == row; ++*at)
        {
          score += AID_VEC_AT (struct hit, chunks, *at).score;
          file->terms |= AID_VEC_AT (struct hit, chunks, *at).term;
        }
      more += score > best ? best : score;
      best = score > best ? score : best;
    }
  file->score += best + (float)SECOND_SHARE * (more < best * 3 ? more : best * 3);
}

/* Makes files of the hits, which are sorted. */
static enum aid_err
join_hits (struct scoring *g, struct aid_error *e)
{
  const struct aid_vec *chunks = &g->chunks, *names = &g->files;

  for (size_t c = 0, n = 0; c < chunks->len || n < names->len;)
    {
      int64_t by_chunk = c < chunks->len ? AID_VEC_AT (struct hit, chunks, c).row >> AID_ROW_SHIFT : INT64_MAX,
              by_name = n < names->len ? AID_VEC_AT (struct hit, names, n).row : INT64_MAX;
      struct aid_scored_file *f = aid_vec_push (&g->out->files);
      if (!f)
        return aid_error_set (e, AID_E_NOMEM, "No memory to search");
      f->id = by_chunk < by_name ? by_chunk : by_name;
      for (; n < names->len && AID_VEC_AT (struct hit, names, n).row == f->id; n++)
        {
          f->score += AID_VEC_AT (struct hit, names, n).score;
          f->terms |= AID_VEC_AT (struct hit, names, n).term;
        }
      add_chunks (chunks, &c, f);
    }
  return AID_OK;
}

static int
by_score (const void *a, const void *b)
{
  const struct aid_scored_file *x = a, *y = b;

  return x->score < y->score ? 1 : x->score > y->score ? -1 : x->id < y->id ? -1 : 1;
}

/* Keeps the MAX best files. */
static void
rank_files (struct aid_vec *files, size_t max)
{
  struct aid_scored_file *f = files->data;
  float best = 0;
  size_t kept = 0;

  for (size_t i = 0; i < files->len; i++)
    best = f[i].score > best ? f[i].score : best;
  for (size_t i = 0; i < files->len; i++)
    if (f[i].score >= best * (float)LEAST_SHARE)
      f[kept++] = f[i];
  files->len = kept;
  if (kept)
    qsort (f, kept, sizeof *f, by_score);
  if (files->len > max)
    files->len = max;
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
  g.chunks = g.files = AID_VEC_INIT (struct hit, ALL_ROWS + 4 * TERM_ROWS);
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
  if (!err && !(err = sort_all (&g.chunks, e)) && !(err = sort_all (&g.files, e)))
    err = join_hits (&g, e);
  if (!err)
    rank_files (&out->files, max);
  aid_vec_free (&g.files);
  aid_vec_free (&g.chunks);
  aid_vec_free (&g.postings);
  return err;
}

void
aid_scores_free (struct aid_scores *s)
{
  aid_vec_free (&s->files);
}
