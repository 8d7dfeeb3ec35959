/* Looks at what a tracker knows, or at a text, for what is left of accepted pieces; track.h says what counts. */
#include "measure/kept.h"
#include "measure/track_internal.h"

#include <stdlib.h>

/* No characters: they part what does not belong together, and are the same as nothing. */
#define PART_GONE 0xFFFFFFFFu
#define PART_NEW 0xFFFFFFFEu

/* One character that is gone, or that was inserted. */
struct look
{
  const struct aid_track *t;
  size_t *kept;                /* of each piece */
  uint32_t *gone, *new;        /* characters, in the order of the buffer */
  uint32_t *piece, *from;      /* whose a gone one is, and where in it; of an inserted one FROM is its place in the buffer */
  unsigned char *found, *used; /* of the gone and the inserted ones */
  uint32_t *at;                /* of an inserted one: how many characters stand before it */
  size_t ngone, nnew;
  size_t gone_from, new_from; /* where the place begins that is looked at */
};

/* --- places --- */

static void
on_block (void *ctx, size_t i, size_t j, size_t n)
{
  struct look *l = ctx;
  for (size_t k = 0; k < n; k++)
    {
      size_t gone = l->gone_from + i + k;
      l->found[gone] = 1;
      l->used[l->new_from + j + k] = 1;
      l->kept[l->piece[gone]]++;
    }
}

static void
end_place (struct look *l)
{
  if (l->ngone > l->gone_from && l->nnew > l->new_from)
    aid_kept_match (l->gone + l->gone_from, l->ngone - l->gone_from, l->new + l->new_from, l->nnew - l->new_from, on_block,
                    l);
  l->gone_from = l->ngone;
  l->new_from = l->nnew;
}

static void
add_run (struct look *l, const struct run *r, size_t pos)
{
  for (uint32_t k = 0; k < r->len; k++)
    if (r->kind == RUN_GONE)
      {
        l->gone[l->ngone] = PIECE (l->t, r->piece)->text[r->from + k];
        l->piece[l->ngone] = r->piece;
        l->from[l->ngone++] = r->from + k;
      }
    else
      {
        l->new[l->nnew] = l->t->added[r->from + k];
        l->at[l->nnew++] = (uint32_t)(pos + k);
      }
}

static void
look_at_places (struct look *l)
{
  size_t pos = 0;
  for (size_t i = 0; i < l->t->chunks.len; i++)
    for (size_t j = 0; j < SUM (l->t, i)->chunk->n; j++)
      {
        const struct run *r = &SUM (l->t, i)->chunk->runs[j];
        if (r->kind == RUN_GONE || r->kind == RUN_NEW)
          add_run (l, r, pos);
        else
          end_place (l);
        if (r->kind == RUN_OWN)
          l->kept[r->piece] += r->len;
        pos += r->kind == RUN_GONE ? 0 : r->len;
      }
  end_place (l);
}

/* --- what was moved --- */

/* Those of a list that are left, with parts between what is not one: FROM tells where each stands in the list. */
struct rest
{
  uint32_t *chars;
  size_t *of, n;
};

/* Whether the gone character I goes on where the one before it ends. */
static int
gone_goes_on (const struct look *l, size_t i)
{
  return i && !l->found[i - 1] && l->piece[i] == l->piece[i - 1] && l->from[i] == l->from[i - 1] + 1;
}

static int
new_goes_on (const struct look *l, size_t i)
{
  return i && !l->used[i - 1] && l->at[i] == l->at[i - 1] + 1;
}

/* Without memory it is empty.  Runs that are too short to count are left out. */
static struct rest
rest_of (const struct look *l, const uint32_t *chars, const unsigned char *done, size_t n, uint32_t part,
         int (*next) (const struct look *, size_t))
{
  struct rest r = { malloc ((2 * n + 1) * sizeof *r.chars), malloc ((2 * n + 1) * sizeof *r.of), 0 };
  for (size_t i = 0; r.chars && r.of && i < n;)
    {
      size_t end = i + 1;
      while (end < n && !done[end] && next (l, end))
        end++;
      if (!done[i] && end - i >= AID_TRACK_MOVED)
        {
          r.chars[r.n++] = part;
          for (; i < end; i++)
            {
              r.chars[r.n] = chars[i];
              r.of[r.n++] = i;
            }
        }
      i = end;
    }
  return r;
}

static void
take_moved (struct look *l, struct rest *gone, struct rest *new, size_t i, size_t j, size_t n)
{
  for (size_t k = 0; k < n; k++)
    {
      l->kept[l->piece[gone->of[i + k]]]++;
      gone->chars[i + k] = PART_GONE;
      new->chars[j + k] = PART_NEW;
    }
}

static void
look_for_moved (struct look *l)
{
  struct rest gone = rest_of (l, l->gone, l->found, l->ngone, PART_GONE, gone_goes_on);
  struct rest new = rest_of (l, l->new, l->used, l->nnew, PART_NEW, new_goes_on);
  uint32_t *row = malloc ((new.n + 1) * sizeof *row);
  size_t i, j, n = AID_TRACK_MOVED, left = AID_KEPT_WORK;
  while (row && gone.n && new.n &&n >= AID_TRACK_MOVED &&gone.n <= left / new.n)
    {
      left -= gone.n * new.n;
      memset (row, 0, (new.n + 1) * sizeof *row);
      n = aid_kept_longest (gone.chars, gone.n, new.chars, new.n, row, &i, &j);
      if (n >= AID_TRACK_MOVED)
        take_moved (l, &gone, &new, i, j, n);
    }
  free (gone.chars);
  free (gone.of);
  free (new.chars);
  free (new.of);
  free (row);
}

/* --- both --- */

static void
look_free (struct look *l)
{
  free (l->gone);
  free (l->new);
  free (l->piece);
  free (l->from);
  free (l->at);
  free (l->found);
  free (l->used);
}

/* Memory for all that is gone or was inserted; 0, or -1. */
static int
look_begin (struct look *l)
{
  size_t gone = 1, new = 1;
  for (size_t i = 0; i < l->t->chunks.len; i++)
    for (size_t j = 0; j < SUM (l->t, i)->chunk->n; j++)
      {
        const struct run *r = &SUM (l->t, i)->chunk->runs[j];
        *(r->kind == RUN_GONE ? &gone : &new) += r->kind == RUN_GONE || r->kind == RUN_NEW ? r->len : 0;
      }
  l->gone = calloc (gone, sizeof *l->gone);
  l->piece = calloc (gone, sizeof *l->piece);
  l->from = calloc (gone, sizeof *l->from);
  l->found = calloc (gone, 1);
  l->new = calloc (new, sizeof *l->new);
  l->at = calloc (new, sizeof *l->at);
  l->used = calloc (new, 1);
  return l->gone && l->piece && l->from && l->found && l->new && l->at && l->used ? 0 : -1;
}

/* The entry of HUNK, or NULL; pieces of one mostly follow each other. */
static struct aid_track_kept *
entry_of (struct aid_vec *out, uint64_t hunk)
{
  for (size_t i = out->len; i-- > 0;)
    if (AID_VEC_AT (struct aid_track_kept, out, i).hunk == hunk)
      return &AID_VEC_AT (struct aid_track_kept, out, i);
  struct aid_track_kept *k = aid_vec_push (out);
  if (k)
    k->hunk = hunk;
  return k;
}

static enum aid_err
tell (const struct aid_track *t, const size_t *kept, struct aid_vec *out)
{
  for (size_t i = 0; i < t->pieces.len; i++)
    if (!PIECE (t, i)->dropped)
      {
        struct aid_track_kept *k = entry_of (out, PIECE (t, i)->hunk);
        if (!k)
          return AID_E_NOMEM;
        k->chars += PIECE (t, i)->len;
        k->kept += kept[i];
      }
  return AID_OK;
}

enum aid_err
aid_track_look (const struct aid_track *t, struct aid_vec *out)
{
  struct look l = { .t = t };
  enum aid_err err = AID_E_NOMEM;
  if (t->lost)
    return AID_E_STATE;
  l.kept = calloc (t->pieces.len + 1, sizeof *l.kept);
  if (l.kept && !look_begin (&l))
    {
      look_at_places (&l);
      look_for_moved (&l);
      err = tell (t, l.kept, out);
    }
  look_free (&l);
  free (l.kept);
  return err;
}

/* --- through a text --- */

struct joined
{
  uint32_t *chars, *piece;
  size_t n, *kept;
};

static void
on_joined_block (void *ctx, size_t i, size_t j, size_t n)
{
  struct joined *g = ctx;
  (void)j;
  for (size_t k = 0; k < n; k++)
    g->kept[g->piece[i + k]]++;
}

static void
add_piece (const struct aid_track *t, uint32_t piece, unsigned char *added, struct joined *g)
{
  if (added[piece] || PIECE (t, piece)->dropped)
    return;
  added[piece] = 1;
  if (g->n)
    g->chars[g->n++] = PART_GONE;
  for (size_t k = 0; k < PIECE (t, piece)->len; k++)
    {
      g->piece[g->n] = piece;
      g->chars[g->n++] = PIECE (t, piece)->text[k];
    }
}

/* All pieces in the order in which they stood in the buffer. */
static void
join_pieces (const struct aid_track *t, unsigned char *added, struct joined *g)
{
  for (size_t i = 0; i < t->chunks.len; i++)
    for (size_t j = 0; j < SUM (t, i)->chunk->n; j++)
      {
        const struct run *r = &SUM (t, i)->chunk->runs[j];
        if (r->kind == RUN_OWN || r->kind == RUN_GONE)
          add_piece (t, r->piece, added, g);
      }
  for (size_t i = 0; i < t->pieces.len; i++)
    add_piece (t, (uint32_t)i, added, g);
}

enum aid_err
aid_track_look_in (const struct aid_track *t, struct aid_span text, struct aid_vec *out)
{
  size_t room = t->accepted + t->pieces.len + 1, n;
  uint32_t *chars = aid_kept_chars (text, &n);
  unsigned char *added = calloc (t->pieces.len + 1, 1);
  struct joined g
    = { calloc (room, sizeof *g.chars), calloc (room, sizeof *g.piece), 0, calloc (t->pieces.len + 1, sizeof *g.kept) };
  enum aid_err err = AID_E_NOMEM;
  if (added && g.chars && g.piece && g.kept && (chars || !text.len))
    {
      join_pieces (t, added, &g);
      if (n)
        aid_kept_match (g.chars, g.n, chars, n, on_joined_block, &g);
      err = tell (t, g.kept, out);
    }
  free (chars);
  free (added);
  free (g.chars);
  free (g.piece);
  free (g.kept);
  return err;
}
