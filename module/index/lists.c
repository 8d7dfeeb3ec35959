/* The lists that are fused.  Each gives a file at rank R (from 0) its weight times K / (K + R): being first in one
   list tells more than being tenth in three. */
#include "index/search_internal.h"
#include "base/clock.h"
#include "base/map.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum
{
  WORDS_FILES = 200,
  NAMED_FILES = 12,
  NEAR_FILES = 3,
  RELATED = 20,
  SAID = 30,
  LATELY = 60
};

#define FUSION_K 8.0
#define NAMED_WEIGHT 0.9
#define WORDS_WEIGHT 1.0
#define ERROR_WEIGHT 1.6
#define NEAR_WEIGHT 0.3
#define WITH_WEIGHT 0.35
#define SAID_WEIGHT 0.9
#define LATELY_WEIGHT 0.12

static int64_t
live_id (struct aid_shelf *s, struct aid_span path)
{
  sqlite3_stmt *get;
  int row;
  int64_t id = 0;

  if (aid_db_prepare (s->db, "SELECT id FROM files WHERE path=?1 AND live=1 AND state<3", &get, NULL))
    return 0;
  aid_db_blob (get, 1, path);
  if (!aid_db_step (s->db, get, &row, NULL) && row)
    id = sqlite3_column_int64 (get, 0);
  sqlite3_reset (get);
  return id;
}

static struct aid_candidate *
candidate_of (struct aid_seeking *k, struct aid_span path, int64_t id)
{
  struct aid_candidate *c = aid_map_get (k->by_path, path), **to;

  if (c || (!id && !(id = live_id (k->s, path))))
    return c;
  if (!(c = calloc (1, sizeof *c)) || !(c->path = aid_span_dup (path)) || !(to = aid_vec_push (&k->candidates)))
    {
      if (c)
        free (c->path);
      free (c);
      return NULL;
    }
  *to = c;
  c->id = id;
  aid_map_put (k->by_path, path, c, NULL);
  return c;
}

struct aid_candidate *
aid_list_add (struct aid_seeking *k, struct aid_span path, int64_t id, double weight, size_t rank, const char *reason)
{
  struct aid_candidate *c = candidate_of (k, path, id);
  double share = weight * FUSION_K / (FUSION_K + (double)rank);

  if (!c)
    return NULL;
  c->score += share;
  if (share > c->best && reason)
    {
      c->best = share;
      snprintf (c->reason, sizeof c->reason, "%s", reason);
    }
  return c;
}

/* --- what is named ------------------------------------------------------------------------------------------------- */

struct named
{
  char *path, *reason;
  double weight;
  struct aid_span name;
  uint32_t line;
  int in_error, sure;
};

static void
add_focus (struct aid_candidate *c, const struct named *n)
{
  if (c && c->n_foci < AID_FOCI)
    c->foci[c->n_foci++] = (struct aid_focus){ n->name, n->line, 0, n->in_error, n->sure };
}

static void
add_named (struct aid_vec *out, char *path, double weight, const struct aid_mention *m, const char *reason)
{
  struct named *n = aid_vec_push (out);

  if (!n)
    free (path);
  else
    *n = (struct named){ path,
                         strdup (reason),
                         weight,
                         m->kind == AID_MENTION_PATH ? aid_span_z (NULL) : m->text,
                         m->line,
                         m->in_error,
                         m->kind != AID_MENTION_WORD || memchr (m->text.ptr, '-', m->text.len) };
}

/* Adds the files that have the tag KIND of what M names, if they are few enough for M to mean them. */
static enum aid_err
find_tagged (struct aid_seeking *k, const struct aid_mention *m, char kind, const char *verb, double weight, size_t most,
             struct aid_vec *out, struct aid_error *e)
{
  struct aid_vec paths = AID_VEC_INIT (char *, 64);
  char reason[160];
  size_t all;
  enum aid_err err = aid_tagged (k, kind, m->text, kind == '^', NAMED_FILES, &paths, &all, e);

  snprintf (reason, sizeof reason, "%s `%.*s`%s", verb, (int)(m->text.len < 100 ? m->text.len : 100), m->text.ptr,
            m->in_error ? ", which the error names" : "");
  for (size_t i = 0; i < paths.len; i++)
    if (all <= most)
      add_named (out, AID_VEC_AT (char *, &paths, i), weight / sqrt ((double)all), m, reason);
    else
      free (AID_VEC_AT (char *, &paths, i));
  aid_vec_free (&paths);
  return err;
}

/* A word that is no name for sure means what is called so only where few things are. */
static enum aid_err
find_definitions (struct aid_seeking *k, const struct aid_mention *m, struct aid_vec *out, struct aid_error *e)
{
  int sure = m->kind == AID_MENTION_NAME || memchr (m->text.ptr, '-', m->text.len);
  double weight = m->quoted ? 1.2 : sure ? 1 : 0.35;
  enum aid_err err = find_tagged (k, m, '=', "defines", weight, sure ? SIZE_MAX : 4, out, e);

  if (!err)
    err = find_tagged (k, m, '~', "declares", weight * 0.6, sure ? SIZE_MAX : 4, out, e);
  if (!err && (sure || m->text.len > 3))
    err = find_tagged (k, m, '^', "is", sure ? 0.7 : 0.4, sure ? 12 : 4, out, e);
  return err;
}

/* Whether one of two paths ends with the other, at a folder's boundary. */
static int
paths_agree (struct aid_span a, struct aid_span b)
{
  struct aid_span longer = a.len > b.len ? a : b, tail = a.len > b.len ? b : a;
  size_t at = longer.len - tail.len;

  return aid_span_eq (aid_span_cut (longer, at, longer.len), tail)
         && (!at || longer.ptr[at - 1] == '/' || tail.ptr[0] == '/');
}

static enum aid_err
find_files (struct aid_seeking *k, const struct aid_mention *m, struct aid_vec *out, struct aid_error *e)
{
  struct aid_vec paths = AID_VEC_INIT (char *, 64);
  size_t all, agree = 0;
  enum aid_err err = aid_tagged (k, '/', aid_path_base (m->text), 0, 64, &paths, &all, e);
  int whole = memchr (m->text.ptr, '/', m->text.len) != NULL;

  for (size_t i = 0; i < paths.len; i++)
    agree += (size_t)paths_agree (aid_span_z (AID_VEC_AT (char *, &paths, i)), m->text);
  for (size_t i = 0; i < paths.len; i++)
    {
      char *path = AID_VEC_AT (char *, &paths, i);
      int yes = paths_agree (aid_span_z (path), m->text);
      if (yes || (!agree && whole && all <= 2))
        add_named (out, path, (m->line || m->in_error ? ERROR_WEIGHT : 1.3) / sqrt ((double)(agree ? agree : 1)), m,
                   m->in_error ? "in the error's backtrace"
                   : m->line   ? "at a line that the question names"
                               : "named in the question");
      else
        free (path);
    }
  aid_vec_free (&paths);
  return err;
}

static int
by_weight (const void *a, const void *b)
{
  const struct named *x = a, *y = b;

  return x->weight < y->weight ? 1 : x->weight > y->weight ? -1 : 0;
}

enum aid_err
aid_list_named (struct aid_seeking *k, struct aid_error *e)
{
  struct aid_vec named = AID_VEC_INIT (struct named, 4096);
  enum aid_err err = AID_OK;

  for (size_t i = 0; !err && i < k->asked.mentions.len; i++)
    {
      const struct aid_mention *m = &AID_VEC_AT (struct aid_mention, &k->asked.mentions, i);
      err = m->kind == AID_MENTION_PATH ? find_files (k, m, &named, e) : find_definitions (k, m, &named, e);
    }
  if (named.len)
    qsort (named.data, named.len, sizeof (struct named), by_weight);
  for (size_t i = 0; i < named.len; i++)
    {
      struct named *n = &AID_VEC_AT (struct named, &named, i);
      struct aid_candidate *c = aid_map_get (k->by_path, aid_span_z (n->path));
      double before = c ? c->score : 0;
      c = aid_list_add (k, aid_span_z (n->path), 0, NAMED_WEIGHT * n->weight, i / 2, n->reason);
      if (c && before > 2)
        c->score = before + (c->score - before) / 3;
      if (c && (n->name.len || n->line))
        add_focus (c, n);
      free (n->path);
      free (n->reason);
    }
  aid_vec_free (&named);
  return err;
}

/* --- words --------------------------------------------------------------------------------------------------------- */

/* Whether a term before term I, of those in TERMS, was the same word: the parts of an identifier are. */
static int
is_told (const struct aid_seeking *k, uint32_t terms, size_t i)
{
  for (size_t j = 0; j < i; j++)
    if (terms >> j & 1 && aid_span_eq (k->scores.terms[j].term->shown, k->scores.terms[i].term->shown))
      return 1;
  return 0;
}

/* Whether term T is a part of an identifier of the question that is not, as a whole, among TERMS. */
static int
is_part_alone (const struct aid_seeking *k, uint32_t terms, const struct aid_asked_term *t)
{
  const struct aid_asked_term *whole = NULL;

  for (size_t i = 0; i < k->asked.terms.len && !t->whole; i++)
    {
      const struct aid_asked_term *w = &AID_VEC_AT (struct aid_asked_term, &k->asked.terms, i);
      if (w->whole && aid_span_eq (w->shown, t->shown))
        whole = w;
    }
  for (size_t i = 0; whole && i < k->scores.n_terms; i++)
    if (terms >> i & 1 && k->scores.terms[i].term == whole)
      return 0;
  return whole != NULL;
}

/* The part of the identifier SHOWN that T is, as it is written there. */
static struct aid_span
part_of (const struct aid_asked_term *t)
{
  struct aid_span shown = t->shown;

  for (size_t from = 0; from + t->len <= shown.len; from++)
    if (!strncasecmp (shown.ptr + from, t->text, t->len))
      {
        size_t to = from + t->len;
        while (to < shown.len && islower ((unsigned char)shown.ptr[to]))
          to++; /* a stem is shorter than its word */
        return aid_span_cut (shown, from, to);
      }
  return (struct aid_span){ t->text, t->len };
}

#define SPEAKS_OF "speaks of "

static void
words_reason (const struct aid_seeking *k, uint32_t terms, char *out, size_t size)
{
  size_t len = (size_t)snprintf (out, size, SPEAKS_OF);
  unsigned told = 0;

  for (size_t i = 0; i < k->scores.n_terms && told < 4; i++)
    if (terms >> i & 1 && len + 70 < size)
      {
        const struct aid_asked_term *t = k->scores.terms[i].term;
        int part = is_part_alone (k, terms, t);
        struct aid_span shown = part ? part_of (t) : t->shown;
        if (!part && is_told (k, terms, i))
          continue;
        len += (size_t)snprintf (out + len, size - len, "%s%.*s", told++ ? ", " : "", (int)(shown.len < 40 ? shown.len : 40),
                                 shown.ptr);
      }
}

int
aid_passage_is_weak (const struct aid_passage *p)
{
  size_t skip = sizeof SPEAKS_OF - 1, letters = 0;

  if (strncmp (p->reason, SPEAKS_OF, skip) != 0)
    return 0;
  while (p->reason[skip + letters] >= 'a' && p->reason[skip + letters] <= 'z')
    letters++;
  return !p->reason[skip + letters];
}

enum aid_err
aid_list_words (struct aid_seeking *k, struct aid_error *e)
{
  enum aid_err err = aid_score (k->s, &k->asked, (size_t)WORDS_FILES * 2, k->until, &k->scores, e);
  sqlite3_stmt *get;
  size_t rank = 0;
  double top = 0;

  if (!err)
    err = aid_db_prepare (k->s->db, "SELECT path FROM files WHERE id=?1 AND live=1", &get, e);
  for (size_t i = 0; !err && i < k->scores.files.len && rank < WORDS_FILES; i++)
    {
      const struct aid_scored_file *f = &AID_VEC_AT (struct aid_scored_file, &k->scores.files, i);
      char reason[160];
      int row;
      sqlite3_bind_int64 (get, 1, f->id);
      if ((err = aid_db_step (k->s->db, get, &row, e)) || !row)
        continue;
      words_reason (k, f->terms, reason, sizeof reason);
      top = rank ? top : f->score;
      struct aid_candidate *c = aid_list_add (k, aid_db_column (get, 0), f->id, WORDS_WEIGHT * 0.5, rank++, reason);
      if (c && top > 0)
        c->score += WORDS_WEIGHT * 0.5 * f->score / top;
      sqlite3_reset (get);
    }
  return err;
}

/* --- neighbours and history ---------------------------------------------------------------------------------------- */

static void
add_related (struct aid_seeking *k, struct aid_vec *related, double weight, const char *reason)
{
  for (size_t i = 0; i < related->len; i++)
    {
      struct aid_related *r = &AID_VEC_AT (struct aid_related, related, i);
      aid_list_add (k, aid_span_z (r->path), 0, weight, i, reason ? reason : r->why);
    }
}

static enum aid_err
add_near (struct aid_seeking *k, struct aid_span path, double weight, struct aid_error *e)
{
  struct aid_vec near = AID_VEC_INIT (struct aid_related, 512), with = AID_VEC_INIT (struct aid_related, 512);
  char reason[160];
  enum aid_err err = aid_near (k, path, &near, e);

  add_related (k, &near, NEAR_WEIGHT * weight, NULL);
  if (!err)
    err = aid_history_with (k->s, path, RELATED, &with, e);
  snprintf (reason, sizeof reason, "often changed with `%.*s`", (int)(path.len < 100 ? path.len : 100), path.ptr);
  add_related (k, &with, WITH_WEIGHT * weight, reason);
  aid_related_free (&near);
  aid_related_free (&with);
  return err;
}

static int
by_score (const void *a, const void *b)
{
  const struct aid_candidate *x = *(struct aid_candidate *const *)a, *y = *(struct aid_candidate *const *)b;

  return x->score < y->score ? 1 : x->score > y->score ? -1 : strcmp (x->path, y->path);
}

enum aid_err
aid_list_near (struct aid_seeking *k, struct aid_error *e)
{
  struct aid_vec *c = &k->candidates;
  char *best[NEAR_FILES] = { NULL };
  double scores[NEAR_FILES] = { 0 };
  enum aid_err err = AID_OK;

  for (size_t i = 0; !err && i < k->q->n_open && i < NEAR_FILES; i++)
    {
      aid_list_add (k, k->q->open[i], 0, NEAR_WEIGHT, i, "is open");
      err = add_near (k, k->q->open[i], 1 / (1.0 + (double)i), e);
    }
  if (c->len)
    qsort (c->data, c->len, sizeof (struct aid_candidate *), by_score);
  for (size_t i = 0; i < c->len && i < NEAR_FILES; i++)
    {
      best[i] = strdup (AID_VEC_AT (struct aid_candidate *, c, i)->path);
      scores[i] = AID_VEC_AT (struct aid_candidate *, c, i)->score;
    }
  for (size_t i = 0; !err && i < NEAR_FILES && best[i]; i++)
    if (aid_clock_us () < k->until)
      err = add_near (k, aid_span_z (best[i]), 0.5 * scores[i] / (scores[0] > 0 ? scores[0] : 1), e);
  for (size_t i = 0; i < NEAR_FILES; i++)
    free (best[i]);
  return err;
}

enum aid_err
aid_list_history (struct aid_seeking *k, struct aid_error *e)
{
  struct aid_vec said = AID_VEC_INIT (struct aid_related, 512), lately = AID_VEC_INIT (struct aid_related, 512);
  enum aid_err err = aid_history_said (k->s, &k->asked, SAID, &said, e);

  for (size_t i = 0; i < said.len; i++)
    {
      struct aid_related *r = &AID_VEC_AT (struct aid_related, &said, i);
      char reason[160];
      snprintf (reason, sizeof reason, "changed by \"%.120s\"", r->why ? r->why : "");
      aid_list_add (k, aid_span_z (r->path), 0, SAID_WEIGHT, i, reason);
    }
  if (!err)
    err = aid_history_lately (k->s, LATELY, &lately, e);
  for (size_t i = 0; i < lately.len; i++)
    {
      struct aid_span path = aid_span_z (AID_VEC_AT (struct aid_related, &lately, i).path);
      if (aid_map_get (k->by_path, path))
        aid_list_add (k, path, 0, LATELY_WEIGHT, i, "changed lately");
    }
  aid_related_free (&said);
  aid_related_free (&lately);
  return err;
}
