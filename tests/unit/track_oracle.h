/* What measure/track.h says, done character by character: slow, and plain enough to be believed. */
#ifndef AID_TESTS_TRACK_ORACLE_H
#define AID_TESTS_TRACK_ORACLE_H

#include "measure/kept.h"
#include "measure/track.h"

#include <stdlib.h>

enum
{
  OLD,
  NEW,
  OWN
};

struct item
{
  int live, kind, piece, idx;
  uint32_t c;
};

#define ITEMS 20000
#define PIECES 200

struct oracle
{
  struct item items[ITEMS];
  int n;
  uint64_t hunk[PIECES];
  int len[PIECES], dropped[PIECES], npieces;
};

/* The index of the item before which a character at POS comes: behind the live one before POS. */
static int
oracle_at (const struct oracle *o, int pos)
{
  int i = 0;
  for (int seen = 0; seen < pos; i++)
    seen += o->items[i].live;
  return i;
}

static void
oracle_put (struct oracle *o, int i, struct item item)
{
  if (o->n == ITEMS)
    abort ();
  memmove (o->items + i + 1, o->items + i, (size_t)(o->n - i) * sizeof item);
  o->items[i] = item;
  o->n++;
}

static void
oracle_take (struct oracle *o, int i)
{
  memmove (o->items + i, o->items + i + 1, (size_t)(o->n - i - 1) * sizeof o->items[0]);
  o->n--;
}

static void
oracle_delete (struct oracle *o, int pos, int n)
{
  int i = oracle_at (o, pos);
  while (n)
    if (!o->items[i].live)
      i++;
    else
      {
        n--;
        if (o->items[i].kind == OWN)
          o->items[i++].live = 0;
        else
          oracle_take (o, i);
      }
}

static void
oracle_insert (struct oracle *o, int pos, const uint32_t *c, int n)
{
  int i = oracle_at (o, pos);
  for (int k = 0; k < n; k++)
    oracle_put (o, i + k, (struct item){ 1, NEW, 0, 0, c[k] });
}

static void
oracle_accept (struct oracle *o, uint64_t hunk, int pos, const uint32_t *c, int n)
{
  int i = oracle_at (o, pos), piece = o->npieces++;
  o->hunk[piece] = hunk;
  o->len[piece] = n;
  o->dropped[piece] = 0;
  while (!o->items[i].live)
    i++;
  for (int k = 0; k < n; k++)
    oracle_put (o, i + k, (struct item){ 1, OWN, piece, k, c[k] });
  oracle_delete (o, pos + n, n);
}

static __attribute__ ((unused)) void
oracle_drop (struct oracle *o, uint64_t hunk)
{
  for (int p = 0; p < o->npieces; p++)
    o->dropped[p] |= o->hunk[p] == hunk;
  for (int i = 0; i < o->n;)
    if (o->items[i].kind != OWN || !o->dropped[o->items[i].piece])
      i++;
    else if (o->items[i].live)
      o->items[i++].kind = OLD;
    else
      oracle_take (o, i);
}

/* --- what is kept --------------------------------------------------------------------------------------------------------- */

/* The longest run in A and B; of several the one that ends first in A, of those the one that ends first in B. */
static int
oracle_longest (const uint32_t *a, int na, const uint32_t *b, int nb, int *i, int *j)
{
  int best = 0;
  for (int x = 0; x < na; x++)
    for (int y = 0; y < nb; y++)
      {
        int n = 0;
        while (n <= x && n <= y && a[x - n] == b[y - n])
          n++;
        if (n > best)
          {
            best = n;
            *i = x + 1 - n;
            *j = y + 1 - n;
          }
      }
  return best;
}

static void
oracle_match (const uint32_t *a, int na, const uint32_t *b, int nb, char *in_a, char *in_b)
{
  int i = 0, j = 0, n = oracle_longest (a, na, b, nb, &i, &j);
  if (!n || (n < AID_KEPT_RUN && n != na && n != nb))
    return;
  memset (in_a + i, 1, (size_t)n);
  memset (in_b + j, 1, (size_t)n);
  oracle_match (a, i, b, j, in_a, in_b);
  oracle_match (a + i + n, na - i - n, b + j + n, nb - j - n, in_a + i + n, in_b + j + n);
}

static uint32_t oracle_a[ITEMS], oracle_b[ITEMS];
static int oracle_ia[ITEMS], oracle_ib[ITEMS];       /* which items they are */
static char oracle_ma[ITEMS], oracle_mb[ITEMS];

/* Marks in DONE the items of the place from item I on that are matched; gives the item behind it. */
static int
oracle_place (const struct oracle *o, int i, char *done)
{
  int na = 0, nb = 0;
  for (; i < o->n && (!o->items[i].live || o->items[i].kind == NEW); i++)
    if (!o->items[i].live)
      {
        oracle_ia[na] = i;
        oracle_a[na++] = o->items[i].c;
      }
    else
      {
        oracle_ib[nb] = i;
        oracle_b[nb++] = o->items[i].c;
      }
  memset (oracle_ma, 0, (size_t)na + 1);
  memset (oracle_mb, 0, (size_t)nb + 1);
  oracle_match (oracle_a, na, oracle_b, nb, oracle_ma, oracle_mb);
  for (int k = 0; k < na; k++)
    done[oracle_ia[k]] = oracle_ma[k];
  for (int k = 0; k < nb; k++)
    done[oracle_ib[k]] = oracle_mb[k];
  return i;
}

/* The longest run of gone items of one piece that are not DONE, and stand, not DONE, side by side among the inserted ones. */
static int
oracle_moved (const struct oracle *o, const char *done, int *gone, int *new, int *from, int *to)
{
  int ng = 0, nn = 0, best = 0;
  for (int i = 0; i < o->n; i++)
    if (!o->items[i].live)
      gone[ng++] = i;
    else
      new[nn++] = i;
  for (int x = 0; x < ng; x++)
    for (int y = 0; y < nn; y++)
      {
        int n = 0;
        while (n <= x && n <= y)
          {
            const struct item *g = &o->items[gone[x - n]], *w = &o->items[new[y - n]];
            if (done[gone[x - n]] || done[new[y - n]] || w->kind != NEW || g->c != w->c)
              break;
            if (n && (g->piece != o->items[gone[x - n + 1]].piece || g->idx + 1 != o->items[gone[x - n + 1]].idx))
              break;
            n++;
          }
        if (n > best)
          {
            best = n;
            *from = x + 1 - n;
            *to = y + 1 - n;
          }
      }
  return best;
}

/* KEPT gets how many characters of each piece are still there. */
static __attribute__ ((unused)) void
oracle_look (const struct oracle *o, int *kept)
{
  static char done[ITEMS];
  static int gone[ITEMS], new[ITEMS];
  int from = 0, to = 0, n;
  memset (done, 0, sizeof done);
  memset (kept, 0, PIECES * sizeof *kept);
  for (int i = 0; i < o->n; i++)
    if (!o->items[i].live || o->items[i].kind == NEW)
      i = oracle_place (o, i, done) - 1;
  while ((n = oracle_moved (o, done, gone, new, &from, &to)) >= AID_TRACK_MOVED)
    for (int k = 0; k < n; k++)
      done[gone[from + k]] = done[new[to + k]] = 1;
  for (int i = 0; i < o->n; i++)
    if (o->items[i].kind == OWN)
      kept[o->items[i].piece] += o->items[i].live || done[i];
}

/* The same by the TEXT of N characters alone. */
static __attribute__ ((unused)) void
oracle_look_in (const struct oracle *o, const uint32_t *text, int n, int *kept)
{
  static char seen[PIECES];
  int na = 0;
  memset (seen, 0, sizeof seen);
  memset (kept, 0, PIECES * sizeof *kept);
  for (int i = 0; i < o->n; i++)
    if (o->items[i].kind == OWN && !seen[o->items[i].piece])
      {
        int piece = o->items[i].piece;
        seen[piece] = 1;
        if (na)
          {
            oracle_ia[na] = -1;
            oracle_a[na++] = 0xFFFFFFFF;
          }
        for (int idx = 0; idx < o->len[piece]; idx++)
          for (int j = 0; j < o->n; j++)
            if (o->items[j].kind == OWN && o->items[j].piece == piece && o->items[j].idx == idx)
              {
                oracle_ia[na] = piece;
                oracle_a[na++] = o->items[j].c;
              }
      }
  memset (oracle_ma, 0, (size_t)na + 1);
  memset (oracle_mb, 0, (size_t)n + 1);
  oracle_match (oracle_a, na, text, n, oracle_ma, oracle_mb);
  for (int k = 0; k < na; k++)
    if (oracle_ma[k])
      kept[oracle_ia[k]]++;
}

#endif
