/* Questions to the log that was read.  A commit is known by its number, the later the higher; what it says of a path
   weighs less the more paths it has, and the longer ago it was. */
#include "index/history.h"
#include "index/terms.h"

#include <math.h>
#include <stdlib.h>

enum
{
  COMMITS_MAX = 400,
  LATELY = 600,
  TERM_COMMITS = 1500,
  TERMS = 24,
  ALIKE = 12,
  PATHS_MAX = 4096,
  SLOTS = 2 * PATHS_MAX
};

#define LIKE 0.8 /* what the terms in common tell at least, for two messages to be alike */

/* Weights by path id, in the order in which they came. */
struct weights
{
  struct weight
  {
    uint32_t id;
    int64_t commit; /* that said it best */
    double best, sum;
  } * items;
  size_t n;
  uint16_t at[SLOTS]; /* an open table by id: the item's number + 1 */
};

static int
add_weight (struct weights *w, uint32_t id, int64_t commit, double much)
{
  size_t slot = id % SLOTS;

  while (w->at[slot] && w->items[w->at[slot] - 1].id != id)
    slot = (slot + 1) % SLOTS;
  if (!w->at[slot] && w->n == PATHS_MAX)
    return 0;
  if (!w->at[slot])
    {
      w->items[w->n++] = (struct weight){ id, commit, 0, 0 };
      w->at[slot] = (uint16_t)w->n;
    }
  size_t i = w->at[slot] - 1;
  if (much > w->items[i].best)
    {
      w->items[i].best = much;
      w->items[i].commit = commit;
    }
  w->items[i].sum += much;
  return 1;
}

/* Adds the paths IDS of COMMIT, MUCH for all of them together, but not WITHOUT. */
static void
add_paths (struct aid_span ids, int64_t commit, double much, uint32_t without, struct weights *w)
{
  size_t n = ids.len / sizeof (uint32_t);

  for (size_t i = 0; i < n; i++)
    {
      uint32_t id;
      memcpy (&id, ids.ptr + i * sizeof id, sizeof id);
      if (id != without)
        add_weight (w, id, commit, much / sqrt ((double)n));
    }
}

/* Adds the paths of COMMIT likewise. */
static enum aid_err
add_commit (struct aid_shelf *s, int64_t commit, double much, uint32_t without, struct weights *w, struct aid_error *e)
{
  sqlite3_stmt *get;
  int row;
  enum aid_err err = aid_db_prepare (s->db, "SELECT paths FROM commits WHERE id=?1", &get, e);

  if (err)
    return err;
  sqlite3_bind_int64 (get, 1, commit);
  err = aid_db_step (s->db, get, &row, e);
  if (err || !row)
    return err;
  add_paths (aid_db_column (get, 0), commit, much, without, w);
  sqlite3_reset (get);
  return AID_OK;
}

static int
by_sum (const void *a, const void *b)
{
  const struct weight *x = a, *y = b;

  return x->sum < y->sum ? 1 : x->sum > y->sum ? -1 : x->id < y->id ? -1 : 1;
}

static char *
text_of (struct aid_shelf *s, const char *sql, int64_t id, struct aid_error *e)
{
  sqlite3_stmt *get;
  int row;
  char *text = NULL;

  if (aid_db_prepare (s->db, sql, &get, e))
    return NULL;
  sqlite3_bind_int64 (get, 1, id);
  if (!aid_db_step (s->db, get, &row, e) && row)
    text = aid_span_dup (aid_db_column (get, 0));
  sqlite3_reset (get);
  return text;
}

/* Appends the MAX heaviest paths to OUT. */
static enum aid_err
give (struct aid_shelf *s, struct weights *w, size_t max, int why, struct aid_vec *out, struct aid_error *e)
{
  if (w->n)
    qsort (w->items, w->n, sizeof *w->items, by_sum);
  for (size_t i = 0; i < w->n && i < max; i++)
    {
      char *path = text_of (s, "SELECT path FROM paths WHERE id=?1", w->items[i].id, e);
      struct aid_related *r = path ? aid_vec_push (out) : NULL;
      if (!r)
        free (path);
      else
        *r = (struct aid_related){
          path, why ? text_of (s, "SELECT subject FROM commits WHERE id=?1", w->items[i].commit, e) : NULL, w->items[i].sum
        };
    }
  free (w->items);
  return AID_OK;
}

static struct weights
no_weights (void)
{
  return (struct weights){ .items = calloc (PATHS_MAX, sizeof (struct weight)) };
}

static int64_t
last_commit (struct aid_shelf *s)
{
  sqlite3_stmt *get;
  int row;
  int64_t last = 0;

  if (aid_db_prepare (s->db, "SELECT max(id) FROM commits", &get, NULL))
    return 0;
  if (!aid_db_step (s->db, get, &row, NULL) && row)
    last = sqlite3_column_int64 (get, 0);
  sqlite3_reset (get);
  return last;
}

static uint32_t
id_of (struct aid_shelf *s, struct aid_span path, struct aid_error *e)
{
  sqlite3_stmt *get;
  int row;
  uint32_t id = 0;

  if (aid_db_prepare (s->db, "SELECT id FROM paths WHERE path=?1", &get, e))
    return 0;
  aid_db_blob (get, 1, path);
  if (!aid_db_step (s->db, get, &row, e) && row)
    id = (uint32_t)sqlite3_column_int64 (get, 0);
  sqlite3_reset (get);
  return id;
}

enum aid_err
aid_history_with (struct aid_shelf *s, struct aid_span path, size_t max, struct aid_vec *out, struct aid_error *e)
{
  struct aid_str tag = AID_STR_INIT (32);
  struct aid_vec postings = AID_VEC_INIT (struct aid_posting, 100000);
  struct weights w = no_weights ();
  uint32_t id = id_of (s, path, e);
  int64_t last = last_commit (s);
  enum aid_err err = AID_OK;
  int cut;

  aid_str_addf (&tag, "#%u", id);
  if (id && w.items)
    err = aid_fts_collect (s->fts, "told", aid_str_span (&tag), 100000, &postings, &cut, e);
  size_t from = postings.len > COMMITS_MAX ? postings.len - COMMITS_MAX : 0;
  for (size_t i = from; !err && i < postings.len; i++)
    {
      int64_t commit = AID_VEC_AT (struct aid_posting, &postings, i).row;
      err = add_commit (s, commit, 1 / (1 + (double)(last - commit) / 1000), id, &w, e);
    }
  aid_str_free (&tag);
  aid_vec_free (&postings);
  if (err)
    free (w.items);
  return err ? err : give (s, &w, max, 0, out, e);
}

enum aid_err
aid_history_lately (struct aid_shelf *s, size_t max, struct aid_vec *out, struct aid_error *e)
{
  struct weights w = no_weights ();
  int64_t last = last_commit (s);
  sqlite3_stmt *get;
  int row;
  enum aid_err err = aid_db_prepare (s->db, "SELECT id, paths FROM commits WHERE id>?1 ORDER BY id DESC", &get, e);

  if (!err)
    sqlite3_bind_int64 (get, 1, last > LATELY ? last - LATELY : 0);
  while (!err && w.items && !(err = aid_db_step (s->db, get, &row, e)) && row)
    {
      int64_t c = sqlite3_column_int64 (get, 0);
      add_paths (aid_db_column (get, 1), c, exp (-(double)(last - c) / 150), 0, &w);
    }
  if (err)
    free (w.items);
  else
    sqlite3_reset (get);
  return err ? err : give (s, &w, max, 0, out, e);
}

/* --- messages that say the like ------------------------------------------------------------------------------------ */

struct alike
{
  int64_t commit;
  double score;
};

static int
by_likeness (const void *a, const void *b)
{
  const struct alike *x = a, *y = b;

  return x->score < y->score ? 1 : x->score > y->score ? -1 : x->commit < y->commit ? 1 : -1;
}

/* Fills SCORES, one a commit (by number), with what the terms in its message tell. */
static enum aid_err
score_messages (struct aid_shelf *s, const struct aid_asked *asked, int64_t last, double *scores, struct aid_error *e)
{
  struct aid_vec postings = AID_VEC_INIT (struct aid_posting, TERM_COMMITS + 1);
  enum aid_err err = AID_OK;

  for (size_t i = 0; !err && i < asked->terms.len && i < TERMS; i++)
    {
      const struct aid_asked_term *t = &AID_VEC_AT (struct aid_asked_term, &asked->terms, i);
      int cut;
      postings.len = 0;
      err = aid_fts_collect (s->fts, "told", (struct aid_span){ t->text, t->len }, TERM_COMMITS, &postings, &cut, e);
      if (cut)
        continue;
      double value = log (1 + ((double)last + 1) / ((double)postings.len + 0.5)) * t->weight / (t->weight + 1);
      for (size_t k = 0; k < postings.len; k++)
        {
          int64_t commit = AID_VEC_AT (struct aid_posting, &postings, k).row;
          if (commit > 0 && commit <= last)
            scores[commit] += value;
        }
    }
  aid_vec_free (&postings);
  return err;
}

enum aid_err
aid_history_said (struct aid_shelf *s, const struct aid_asked *asked, size_t max, struct aid_vec *out, struct aid_error *e)
{
  struct weights w = no_weights ();
  int64_t last = last_commit (s);
  double *scores = last > 0 && last < 10000000 ? calloc ((size_t)last + 1, sizeof *scores) : NULL;
  struct aid_vec alike = AID_VEC_INIT (struct alike, 10000000);
  enum aid_err err = scores && w.items ? score_messages (s, asked, last, scores, e) : AID_OK;

  for (int64_t c = 1; !err && scores && c <= last; c++)
    {
      struct alike *a = scores[c] > LIKE ? aid_vec_push (&alike) : NULL;
      if (a)
        *a = (struct alike){ c, scores[c] * (0.7 + 0.3 * (double)c / (double)last) };
    }
  if (alike.len)
    qsort (alike.data, alike.len, sizeof (struct alike), by_likeness);
  for (size_t i = 0; !err && i < alike.len && i < ALIKE; i++)
    {
      const struct alike *a = &AID_VEC_AT (struct alike, &alike, i);
      double best = AID_VEC_AT (struct alike, &alike, 0).score;
      err = add_commit (s, a->commit, a->score * a->score / best, 0, &w, e);
    }
  aid_vec_free (&alike);
  free (scores);
  if (err)
    free (w.items);
  return err ? err : give (s, &w, max, 1, out, e);
}

void
aid_related_free (struct aid_vec *v)
{
  for (size_t i = 0; i < v->len; i++)
    {
      free (AID_VEC_AT (struct aid_related, v, i).path);
      free (AID_VEC_AT (struct aid_related, v, i).why);
    }
  aid_vec_free (v);
}
