/* Runs of characters of the same fate, in their order, in chunks.  A position is found by going over the chunks'
   sums, then over one chunk's runs: a few hundred additions for ten thousand runs. */
#include "measure/track_internal.h"
#include "base/utf8.h"
#include "measure/kept.h"

#include <stdlib.h>

#define CHUNKS_MAX 1000000

/* Where a run stands. */
struct at
{
  size_t chunk, run;
};

static size_t
live (const struct run *r)
{
  return r->kind == RUN_GONE ? 0 : r->len;
}

/* --- chunks --------------------------------------------------------------------------------------------------------------- */

static int
new_chunk (struct aid_track *t, size_t i)
{
  struct chunk *c = calloc (1, sizeof *c);
  struct chunk_sum *s = c ? aid_vec_insert (&t->chunks, i) : NULL;
  if (!s)
    {
      free (c);
      return -1;
    }
  s->chunk = c;
  return 0;
}

/* Makes two of the full chunk that AT is in, and has AT mean the same place. */
static int
halve (struct aid_track *t, struct at *at)
{
  if (new_chunk (t, at->chunk + 1))
    return -1;
  struct chunk_sum *left = SUM (t, at->chunk), *right = SUM (t, at->chunk + 1);
  left->chunk->n = CHUNK / 2;
  right->chunk->n = CHUNK / 2;
  memcpy (right->chunk->runs, left->chunk->runs + CHUNK / 2, CHUNK / 2 * sizeof (struct run));
  for (size_t i = 0; i < CHUNK / 2; i++)
    right->live += live (&right->chunk->runs[i]);
  left->live -= right->live;
  if (at->run > CHUNK / 2)
    {
      at->chunk++;
      at->run -= CHUNK / 2;
    }
  return 0;
}

/* Puts R before the run at AT. */
static int
put (struct aid_track *t, struct at *at, struct run r)
{
  if (SUM (t, at->chunk)->chunk->n == CHUNK && halve (t, at))
    return -1;
  struct chunk_sum *s = SUM (t, at->chunk);
  struct run *to = s->chunk->runs + at->run;
  memmove (to + 1, to, (s->chunk->n - at->run) * sizeof *to);
  *to = r;
  s->chunk->n++;
  s->live += live (&r);
  return 0;
}

/* Takes the run at AT out; AT then means the one after it, which may be past the chunk's end. */
static void
take_out (struct aid_track *t, struct at at)
{
  struct chunk_sum *s = SUM (t, at.chunk);
  struct run *r = s->chunk->runs + at.run;
  s->live -= live (r);
  s->chunk->n--;
  memmove (r, r + 1, (s->chunk->n - at.run) * sizeof *r);
}

/* The run at AT, going on to the next chunk at the end of one; chunks that are empty are dropped.  NULL at the end of all. */
static struct run *
run_at (struct aid_track *t, struct at *at)
{
  for (;;)
    {
      struct chunk *c = SUM (t, at->chunk)->chunk;
      if (at->run < c->n)
        return c->runs + at->run;
      if (at->chunk + 1 >= t->chunks.len)
        return NULL;
      if (c->n == 0)
        {
          free (c);
          aid_vec_remove (&t->chunks, at->chunk, 1);
        }
      else
        at->chunk++;
      at->run = 0;
    }
}

/* Whether B goes on where A ends. */
static int
goes_on (const struct run *a, const struct run *b)
{
  return a->kind == b->kind && a->len < UINT32_MAX - b->len
         && (a->kind == RUN_OLD || (a->from + a->len == b->from && (a->kind == RUN_NEW || a->piece == b->piece)));
}

/* Makes one of the run before AT and the one at it, if they are one: AT then is behind both. */
static void
join (struct aid_track *t, struct at *at)
{
  struct chunk_sum *s = SUM (t, at->chunk);
  struct run *r = s->chunk->runs + at->run;
  if (!at->run || at->run >= s->chunk->n || !goes_on (r - 1, r))
    return;
  struct run both = *r;
  take_out (t, *at);
  s->chunk->runs[at->run - 1].len += both.len;
  s->live += live (&both);
}

/* --- positions ------------------------------------------------------------------------------------------------------------ */

/* The part of R from its character N on. */
static struct run
tail (const struct run *r, uint32_t n)
{
  return (struct run){ r->kind, r->piece, r->kind == RUN_OLD ? 0 : r->from + n, r->len - n };
}

/* *AT gets the place behind the character before POS, where no run crosses it. */
static int
find (struct aid_track *t, size_t pos, struct at *at)
{
  size_t before = 0;
  *at = (struct at){ 0, 0 };
  while (at->chunk + 1 < t->chunks.len && before + SUM (t, at->chunk)->live < pos)
    before += SUM (t, at->chunk++)->live;
  struct chunk *c = SUM (t, at->chunk)->chunk;
  while (at->run < c->n && before < pos)
    {
      size_t n = live (&c->runs[at->run]);
      if (before + n > pos)
        break;
      before += n;
      at->run++;
    }
  if (before == pos)
    return 0;
  if (at->run >= c->n)
    return -1;
  struct run *r = c->runs + at->run, rest = tail (r, (uint32_t)(pos - before));
  SUM (t, at->chunk)->live -= rest.len;
  r->len -= rest.len;
  at->run++;
  return put (t, at, rest);
}

/* --- deleting and inserting ------------------------------------------------------------------------------------------------ */

/* Deletes the first N characters of the run at AT, all of it or fewer; AT goes behind what stays of them. */
static int
delete_part (struct aid_track *t, struct at *at, struct run *r, uint32_t n)
{
  struct run gone = { RUN_GONE, r->piece, r->from, n };
  int own = r->kind == RUN_OWN;
  SUM (t, at->chunk)->live -= n;
  if (n == r->len && own)
    r->kind = RUN_GONE;
  else if (n == r->len)
    {
      r->len = 0;
      take_out (t, *at);
      return 0;
    }
  else
    {
      *r = tail (r, n);
      if (!own)
        return 0;
      if (put (t, at, gone))
        return -1;
    }
  join (t, at);
  return 0;
}

static int
delete_chars (struct aid_track *t, size_t pos, size_t n)
{
  struct at at;
  if (find (t, pos, &at))
    return -1;
  t->size -= n;
  while (n)
    {
      struct run *r = run_at (t, &at);
      if (!r)
        return -1;
      if (r->kind == RUN_GONE)
        {
          at.run++;
          continue;
        }
      uint32_t part = n < r->len ? (uint32_t)n : r->len;
      n -= part;
      if (delete_part (t, &at, r, part))
        return -1;
    }
  join (t, &at);
  return 0;
}

/* Keeps only those inserted characters that are still there. */
static void
compact (struct aid_track *t)
{
  uint32_t *added = malloc ((t->nadded + 1) * sizeof *added);
  size_t n = 0;
  for (size_t i = 0; added && i < t->chunks.len; i++)
    for (size_t j = 0; j < SUM (t, i)->chunk->n; j++)
      {
        struct run *r = &SUM (t, i)->chunk->runs[j];
        if (r->kind != RUN_NEW)
          continue;
        memcpy (added + n, t->added + r->from, r->len * sizeof *added);
        r->from = (uint32_t)n;
        n += r->len;
      }
  if (!added)
    return;
  free (t->added);
  t->room = t->nadded + 1;
  t->added = added;
  t->nadded = n;
}

/* Room for N more inserted characters. */
static enum aid_err
make_room (struct aid_track *t, size_t n)
{
  if (t->nadded + n > AID_TRACK_CHARS)
    compact (t);
  if (t->nadded + n > AID_TRACK_CHARS)
    return AID_E_LIMIT;
  if (t->nadded + n <= t->room)
    return AID_OK;
  size_t room = t->nadded + n < 2048 ? 4096 : 2 * (t->nadded + n);
  room = room < AID_TRACK_CHARS ? room : AID_TRACK_CHARS;
  uint32_t *added = realloc (t->added, room * sizeof *added);
  if (!added)
    return AID_E_NOMEM;
  t->added = added;
  t->room = room;
  return AID_OK;
}

static enum aid_err
insert_chars (struct aid_track *t, size_t pos, struct aid_span text)
{
  size_t n = aid_utf8_count (text), len;
  struct at at;
  enum aid_err err = make_room (t, n);
  if (err)
    return err;
  struct run r = { RUN_NEW, 0, (uint32_t)t->nadded, (uint32_t)n };
  for (const char *p = text.ptr, *end = p + text.len; p < end; p += len)
    t->added[t->nadded++] = aid_utf8_decode (p, &len);
  if (find (t, pos, &at) || put (t, &at, r))
    return AID_E_NOMEM;
  join (t, &at);
  t->size += n;
  return AID_OK;
}

/* --- for others ------------------------------------------------------------------------------------------------------------ */

struct aid_track *
aid_track_new (size_t chars)
{
  struct aid_track *t = calloc (1, sizeof *t);
  struct at at = { 0, 0 };
  if (!t)
    return NULL;
  t->chunks = AID_VEC_INIT (struct chunk_sum, CHUNKS_MAX);
  t->pieces = AID_VEC_INIT (struct piece, AID_TRACK_PIECES);
  t->size = chars;
  t->lost = chars >= UINT32_MAX;
  if (!new_chunk (t, 0) && (!chars || t->lost || !put (t, &at, (struct run){ RUN_OLD, 0, 0, (uint32_t)chars })))
    return t;
  aid_track_free (t);
  return NULL;
}

void
aid_track_free (struct aid_track *t)
{
  if (!t)
    return;
  for (size_t i = 0; i < t->chunks.len; i++)
    free (SUM (t, i)->chunk);
  for (size_t i = 0; i < t->pieces.len; i++)
    free (PIECE (t, i)->text);
  aid_vec_free (&t->chunks);
  aid_vec_free (&t->pieces);
  free (t->added);
  free (t);
}

enum aid_err
aid_track_change (struct aid_track *t, size_t pos, size_t removed, struct aid_span inserted)
{
  enum aid_err err = AID_OK;
  if (t->lost)
    return AID_E_STATE;
  if (pos > t->size || removed > t->size - pos)
    err = AID_E_INVALID;
  else if (removed && delete_chars (t, pos, removed))
    err = AID_E_NOMEM;
  if (!err && inserted.len)
    err = insert_chars (t, pos, inserted);
  t->lost |= err != AID_OK;
  return err;
}

enum aid_err
aid_track_accept (struct aid_track *t, uint64_t hunk, size_t pos, struct aid_span text)
{
  struct piece new = { .hunk = hunk };
  struct at at;
  if (t->lost)
    return AID_E_STATE;
  if (!text.len)
    return AID_OK;
  if (t->accepted + text.len > AID_TRACK_CHARS || t->pieces.len == AID_TRACK_PIECES)
    return AID_E_LIMIT;
  if (!(new.text = aid_kept_chars (text, &new.len)))
    return AID_E_NOMEM;
  struct piece *p = pos <= t->size && new.len <= t->size - pos ? aid_vec_push (&t->pieces) : NULL;
  if (!p)
    {
      free (new.text);
      return AID_E_INVALID;
    }
  *p = new;
  t->accepted += new.len;
  /* It comes before what stands there, which is the same; what was deleted there before stays where it is, and what
     was deleted in the midst of it goes behind it. */
  struct run own = { RUN_OWN, (uint32_t)(t->pieces.len - 1), 0, (uint32_t) new.len }, *r;
  int bad = find (t, pos, &at);
  while (!bad && (r = run_at (t, &at)) && r->kind == RUN_GONE)
    at.run++;
  if (!bad && !put (t, &at, own))
    {
      t->size += new.len;
      if (!delete_chars (t, pos + new.len, new.len))
        return AID_OK;
    }
  t->lost = 1;
  return AID_E_NOMEM;
}

void
aid_track_drop (struct aid_track *t, uint64_t hunk)
{
  struct at at = { 0, 0 };
  for (size_t i = 0; i < t->pieces.len; i++)
    if (PIECE (t, i)->hunk == hunk && !PIECE (t, i)->dropped)
      {
        struct piece *p = PIECE (t, i);
        p->dropped = 1;
        t->accepted -= p->len;
        free (p->text);
        p->text = NULL;
      }
  for (struct run *r; (r = run_at (t, &at));)
    if (r->kind < RUN_OWN || !PIECE (t, r->piece)->dropped)
      at.run++;
    else if (r->kind == RUN_OWN)
      r->kind = RUN_OLD;
    else
      take_out (t, at);
}

size_t
aid_track_size (const struct aid_track *t)
{
  return t->size;
}

int
aid_track_is_lost (const struct aid_track *t)
{
  return t->lost;
}

void
aid_track_lose (struct aid_track *t)
{
  t->lost = 1;
}

size_t
aid_track_pieces (const struct aid_track *t)
{
  size_t n = 0;
  for (size_t i = 0; i < t->pieces.len; i++)
    n += !PIECE (t, i)->dropped;
  return n;
}
