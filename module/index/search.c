/* One search: a reader's transaction, the lists, the best files cut to passages, and packing.  Searches of one index
   take turns. */
#include "index/search_internal.h"
#include "base/clock.h"
#include "base/map.h"

#include <stdlib.h>

enum
{
  MAX = 10,
  TOKENS = 6000,
  MS = 200,
  FILES_CUT = 24,
  FILES_CUT_SPARE = 3
};

size_t
aid_tokens_about (size_t len)
{
  return (len + 2) / 3 + 1;
}

/* --- the reader ---------------------------------------------------------------------------------------------------- */

/* Opens what "current" names, anew when that has changed. */
static enum aid_err
open_reader (struct aid_index *x, struct aid_error *e)
{
  int rebuilt = 0;

  if (x->reader.db && !aid_shelf_is_current (x->dir, &x->reader))
    aid_shelf_close (&x->reader);
  return x->reader.db ? AID_OK : aid_shelf_open (x->dir, 0, &x->reader, &rebuilt, e);
}

enum aid_err
aid_seek_begin (struct aid_index *x, const struct aid_question *q, struct aid_seeking *k, struct aid_error *e)
{
  struct aid_index_state state;
  int64_t whole = 1;
  enum aid_err err;

  memset (k, 0, sizeof *k);
  k->x = x;
  k->s = &x->reader;
  k->q = q;
  k->until = aid_clock_us () + (q->ms ? q->ms : MS) * 1000;
  k->candidates = AID_VEC_INIT (struct aid_candidate *, 100000);
  k->by_path = aid_map_new ();
  k->looked = AID_VEC_INIT (struct aid_looked *, 1000);
  aid_index_state (x, &state);
  k->partial = state.phase == AID_INDEX_NAMES || state.phase == AID_INDEX_WORDS;
  pthread_mutex_lock (&x->read_lock);
  err = k->by_path ? open_reader (x, e) : aid_error_set (e, AID_E_NOMEM, "No memory to search");
  if (err == AID_E_NOTFOUND)
    aid_error_set (e, err,
                   "The project %s has no index yet; aid search makes one, and so does Emacs when a chat of it is open",
                   aid_project_root (x->project));
  if (!err)
    err = aid_db_exec (x->reader.db, "BEGIN", e);
  if (!err && state.phase != AID_INDEX_READY && !aid_shelf_get (&x->reader, "whole", &whole, NULL))
    k->partial |= !whole; /* as who writes it has noted */
  if (!err)
    err = aid_ask_apart (aid_span_cut (q->text, 0, q->text.len < AID_QUESTION_MAX ? q->text.len : AID_QUESTION_MAX),
                         aid_span_cut (q->error, 0, q->error.len < AID_QUESTION_MAX ? q->error.len : AID_QUESTION_MAX),
                         &k->asked);
  return err;
}

void
aid_seek_end (struct aid_seeking *k)
{
  if (k->x->reader.db)
    {
      aid_db_rest (k->x->reader.db);
      aid_db_exec (k->x->reader.db, "COMMIT", NULL);
    }
  pthread_mutex_unlock (&k->x->read_lock);
  for (size_t i = 0; i < k->candidates.len; i++)
    {
      struct aid_candidate *c = AID_VEC_AT (struct aid_candidate *, &k->candidates, i);
      free (c->path);
      free (c);
    }
  aid_looked_free (k);
  aid_spotter_free (k->spotter);
  aid_vec_free (&k->candidates);
  aid_map_free (k->by_path, NULL);
  aid_scores_free (&k->scores);
  aid_asked_free (&k->asked);
}

/* --- files --------------------------------------------------------------------------------------------------------- */

static int
by_score (const void *a, const void *b)
{
  const struct aid_candidate *x = *(struct aid_candidate *const *)a, *y = *(struct aid_candidate *const *)b;

  return x->score < y->score ? 1 : x->score > y->score ? -1 : strcmp (x->path, y->path);
}

enum aid_err
aid_seek_files (struct aid_seeking *k, struct aid_error *e)
{
  enum aid_err err = aid_list_words (k, e);

  if (!err)
    err = aid_list_named (k, e);
  if (!err && aid_clock_us () < k->until)
    err = aid_list_near (k, e);
  if (!err && aid_clock_us () < k->until)
    err = aid_list_history (k, e);
  if (!err)
    aid_list_similar (k);
  if (k->candidates.len)
    qsort (k->candidates.data, k->candidates.len, sizeof (struct aid_candidate *), by_score);
  return err;
}

/* --- what the person took away ------------------------------------------------------------------------------------- */

/* Whether WITHOUT ("PATH" or "PATH#L3-L9") takes away lines FIRST to LAST of PATH; LAST 0: all of it. */
static int
takes_away (struct aid_span without, struct aid_span path, uint32_t first, uint32_t last)
{
  uint64_t from, to;
  struct aid_span lines, head;

  if (without.len < path.len || !aid_span_eq (aid_span_cut (without, 0, path.len), path))
    return 0;
  lines = aid_span_cut (without, path.len, without.len);
  if (!lines.len)
    return 1;
  if (!last || !aid_span_starts (lines, "#L"))
    return 0;
  lines = aid_span_cut (lines, 2, lines.len);
  ptrdiff_t dash = aid_span_find (lines, AID_SPAN ("-"));
  head = dash < 0 ? lines : aid_span_cut (lines, 0, (size_t)dash);
  lines = dash < 0 ? lines : aid_span_cut (lines, (size_t)dash + 1, lines.len);
  if (aid_span_starts (lines, "L"))
    lines = aid_span_cut (lines, 1, lines.len);
  return !aid_span_number (head, UINT32_MAX, &from) && !aid_span_number (lines, UINT32_MAX, &to) && first <= to
         && from <= last;
}

static int
is_without (const struct aid_question *q, const char *path, uint32_t first, uint32_t last)
{
  for (size_t i = 0; i < q->n_without; i++)
    if (takes_away (q->without[i], aid_span_z (path), first, last))
      return 1;
  return 0;
}

/* --- packing ------------------------------------------------------------------------------------------------------- */

static void
free_passage (struct aid_passage *p)
{
  free (p->path);
  free (p->name);
  free (p->reason);
}

static int
by_passage (const void *a, const void *b)
{
  const struct aid_passage *x = a, *y = b;

  return x->score < y->score         ? 1
         : x->score > y->score       ? -1
         : strcmp (x->path, y->path) ? strcmp (x->path, y->path)
         : x->first < y->first       ? -1
                                     : 1;
}

static int
overlaps (const struct aid_passage *const *chosen, size_t n, const struct aid_passage *p)
{
  for (size_t i = 0; i < n; i++)
    if (!strcmp (chosen[i]->path, p->path) && chosen[i]->first <= p->last && p->first <= chosen[i]->last)
      return 1;
  return 0;
}

static size_t
passages_wanted (const struct aid_question *q)
{
  size_t max = q->max ? q->max : MAX;

  return max < AID_PASSAGES ? max : AID_PASSAGES;
}

/* Chooses of the passages that score more than ABOVE the best ones that fit; sorts ALL.  How many. */
static size_t
choose (const struct aid_seeking *k, struct aid_vec *all, double above, const struct aid_passage *chosen[AID_PASSAGES])
{
  size_t left = k->q->tokens ? k->q->tokens : TOKENS, max = passages_wanted (k->q), n = 0;

  if (all->len)
    qsort (all->data, all->len, sizeof (struct aid_passage), by_passage);
  for (size_t i = 0; i < all->len && n < max; i++)
    {
      const struct aid_passage *p = &AID_VEC_AT (struct aid_passage, all, i);
      if (p->score <= above)
        break;
      if (p->tokens > left || overlaps (chosen, n, p) || is_without (k->q, p->path, p->first, p->last))
        continue;
      chosen[n++] = p;
      left -= p->tokens;
    }
  return n;
}

/* Takes the best passages that fit. */
static void
pack (struct aid_seeking *k, struct aid_vec *all, struct aid_found *out)
{
  const struct aid_passage *chosen[AID_PASSAGES];
  size_t n = choose (k, all, -1, chosen), next = 0;

  for (size_t i = 0; i < all->len; i++)
    {
      struct aid_passage *p = &AID_VEC_AT (struct aid_passage, all, i);
      struct aid_passage *to = next < n && chosen[next] == p ? aid_vec_push (&out->passages) : NULL;
      next += next < n && chosen[next] == p;
      if (to)
        *to = *p;
      else
        free_passage (p);
    }
}

/* Cuts files, best first, until nothing in one further down could be among the passages. */
static void
cut_files (struct aid_seeking *k, struct aid_found *out)
{
  struct aid_vec all = AID_VEC_INIT (struct aid_passage, 4096);
  const struct aid_passage *chosen[AID_PASSAGES];
  size_t max = (k->q->max ? k->q->max : MAX) + FILES_CUT_SPARE;
  int settled = 0;

  for (size_t i = 0, rank = 0; i < k->candidates.len && i < AID_PASSAGES; i++)
    {
      struct aid_candidate *c = AID_VEC_AT (struct aid_candidate *, &k->candidates, i);
      struct aid_ranked *r;
      if (is_without (k->q, c->path, 0, 0))
        continue;
      if ((r = aid_vec_push (&out->files)))
        *r = (struct aid_ranked){ strdup (c->path), strdup (c->reason), c->score };
      settled = settled || choose (k, &all, c->score, chosen) == passages_wanted (k->q);
      if (!settled && rank < FILES_CUT && rank < max && aid_clock_us () < k->until)
        aid_cut (k, c, &all);
      rank++;
    }
  pack (k, &all, out);
  aid_vec_free (&all);
}

enum aid_err
aid_search (struct aid_index *x, const struct aid_question *q, struct aid_found *out, struct aid_error *e)
{
  struct aid_seeking k;
  int64_t began = aid_clock_us ();
  enum aid_err err;

  memset (out, 0, sizeof *out);
  out->passages = AID_VEC_INIT (struct aid_passage, AID_PASSAGES);
  out->files = AID_VEC_INIT (struct aid_ranked, AID_PASSAGES);
  err = aid_seek_begin (x, q, &k, e);
  if (!err)
    err = aid_seek_files (&k, e);
  if (!err)
    cut_files (&k, out);
  out->partial = k.partial || aid_clock_us () >= k.until;
  if (err == AID_E_PARSE)
    aid_shelf_close (&x->reader);
  aid_seek_end (&k);
  out->us = aid_clock_us () - began;
  return err;
}

void
aid_found_free (struct aid_found *f)
{
  for (size_t i = 0; i < f->passages.len; i++)
    free_passage (&AID_VEC_AT (struct aid_passage, &f->passages, i));
  for (size_t i = 0; i < f->files.len; i++)
    {
      free (AID_VEC_AT (struct aid_ranked, &f->files, i).path);
      free (AID_VEC_AT (struct aid_ranked, &f->files, i).reason);
    }
  aid_vec_free (&f->passages);
  aid_vec_free (&f->files);
}
