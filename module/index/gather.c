/* Terms and what they have lie in one block of memory, at offsets.  A term's postings are written behind it into slices, each
   of which is larger than the one before and ends with the offset of the next, so that what is seldom takes little and what is
   frequent is written without a copy.  A posting is the difference to the row before, in groups of seven bits, and a byte of
   columns; the last one's columns are still with the term.

   Nearly each term that is added is somewhere else in memory than the one before, and waiting for that costs more than all the
   rest: so some are added together, in steps, each of which sends for what the next will look at. */
#include "index/gather.h"

#include <endian.h>
#include <stdlib.h>

enum
{
  SLOTS_FIRST = 1 << 15,
  BLOCK_FIRST = 1 << 20,
  ALIGN = 8,
  LINK = sizeof (uint32_t),
  ROOM = 2048,   /* that one addition takes at most */
  TOGETHER = 32, /* terms */
  AHEAD = 16,    /* terms that are sent for before they are asked for */
  FEW = 48,      /* terms that are sorted one by one */
  PROBES = 4096  /* of slots that are taken: somebody made names whose hashes collide, which are not kept */
};
#define BLOCK_MAX ((size_t)1 << 31)

static const unsigned char slice_bytes[] = { 8, 12, 28, 60, 124, 252 };
#define LAST_STEP (sizeof slice_bytes - 1)

struct term
{
  int64_t row;        /* the last one */
  uint32_t hash;      /* as it was given */
  uint32_t first, at; /* the first slice; where the next byte goes */
  uint32_t rows;
  uint16_t len;
  unsigned char left, step; /* bytes left in the slice; which it is */
  unsigned char columns;    /* of the last row */
  unsigned char apart;
  char text[];
};

struct slot
{
  uint32_t hash, at; /* AT 0: free */
};

struct sorted
{
  uint64_t head; /* some of its bytes, so that they compare as numbers */
  uint32_t at;
};

struct aid_gather
{
  char *block;
  size_t len, cap;
  struct slot *slots;
  size_t n_slots, n;
  uint32_t *order; /* the terms as they came; half as many as there are slots have room */
  struct sorted *sorted;
  enum aid_err err;
};

struct aid_gather *
aid_gather_new (struct aid_error *e)
{
  struct aid_gather *g = calloc (1, sizeof *g);

  if (g && (g->slots = calloc (SLOTS_FIRST, sizeof *g->slots)) && (g->block = malloc (BLOCK_FIRST))
      && (g->order = malloc (SLOTS_FIRST / 2 * sizeof *g->order)))
    {
      g->n_slots = SLOTS_FIRST;
      g->cap = BLOCK_FIRST;
      g->len = ALIGN;
      return g;
    }
  aid_gather_free (g);
  aid_error_set (e, AID_E_NOMEM, "No memory for the index");
  return NULL;
}

void
aid_gather_free (struct aid_gather *g)
{
  if (!g)
    return;
  free (g->slots);
  free (g->order);
  free (g->block);
  free (g->sorted);
  free (g);
}

enum aid_err
aid_gather_err (const struct aid_gather *g)
{
  return g->err;
}

size_t
aid_gather_bytes (const struct aid_gather *g)
{
  return g->len + g->n_slots * (sizeof *g->slots + sizeof *g->order / 2) + g->n * sizeof *g->sorted;
}

void
aid_gather_clear (struct aid_gather *g)
{
  free (g->sorted);
  g->sorted = NULL;
  memset (g->slots, 0, g->n_slots * sizeof *g->slots);
  g->len = ALIGN;
  g->n = 0;
  g->err = AID_OK;
}

/* --- adding -------------------------------------------------------------------------------------------------------- */

static struct term *
term_at (const struct aid_gather *g, uint32_t at)
{
  return (struct term *)(void *)(g->block + at);
}

/* Makes room for N additions, so that nothing moves during them; 0 or -1. */
static int
make_room (struct aid_gather *g, size_t n)
{
  if (g->cap - g->len < n * ROOM)
    {
      char *more = g->cap < BLOCK_MAX ? realloc (g->block, g->cap * 2) : NULL;
      if (!more)
        return -1;
      g->block = more;
      g->cap *= 2;
    }
  if ((g->n + n) * 2 >= g->n_slots)
    {
      size_t mask = g->n_slots * 2 - 1;
      uint32_t *order = realloc (g->order, (mask + 1) / 2 * sizeof *order);
      if (!order)
        return -1;
      g->order = order;
      struct slot *more = calloc (mask + 1, sizeof *more);
      if (!more)
        return -1;
      for (size_t i = 0; i < g->n_slots; i++)
        if (g->slots[i].at)
          {
            size_t to = g->slots[i].hash & mask;
            while (more[to].at)
              to = (to + 1) & mask;
            more[to] = g->slots[i];
          }
      free (g->slots);
      g->slots = more;
      g->n_slots = mask + 1;
    }
  return 0;
}

static uint32_t
take_block (struct aid_gather *g, size_t bytes)
{
  uint32_t at = (uint32_t)g->len;

  g->len += bytes;
  return at;
}

static void
put_byte (struct aid_gather *g, struct term *t, unsigned char byte)
{
  if (!t->left)
    {
      t->step = t->step < LAST_STEP ? t->step + 1 : (unsigned char)LAST_STEP;
      uint32_t next = take_block (g, slice_bytes[t->step] + LINK);
      memcpy (g->block + t->at, &next, LINK);
      t->at = next;
      t->left = slice_bytes[t->step];
    }
  g->block[t->at++] = (char)byte;
  t->left--;
}

static struct term *
new_term (struct aid_gather *g, struct slot *slot, const struct aid_to_gather *to)
{
  g->len = (g->len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
  *slot = (struct slot){ to->hash, take_block (g, sizeof (struct term) + to->term.len) };
  struct term *t = term_at (g, slot->at);
  *t = (struct term){ .hash = to->hash, .len = (uint16_t)to->term.len, .left = slice_bytes[0], .apart = to->apart };
  memcpy (t->text, to->term.ptr, to->term.len);
  t->first = t->at = take_block (g, slice_bytes[0] + LINK);
  g->order[g->n++] = slot->at;
  return t;
}

/* The term, a new one if need be; NULL: it is not kept. */
static struct term *
find_term (struct aid_gather *g, const struct aid_to_gather *to)
{
  size_t mask = g->n_slots - 1, i = to->hash & mask;

  if (!to->term.len || to->term.len > AID_GATHER_TERM)
    return NULL;
  for (unsigned probes = 0; g->slots[i].at; i = (i + 1) & mask, probes++)
    if (probes == PROBES)
      return NULL;
    else if (g->slots[i].hash == to->hash)
      {
        struct term *t = term_at (g, g->slots[i].at);
        if (t->len == to->term.len && !memcmp (t->text, to->term.ptr, t->len))
          return t;
      }
  return new_term (g, &g->slots[i], to);
}

static void
put_posting (struct aid_gather *g, struct term *t, int64_t row, unsigned column)
{
  uint64_t more = (uint64_t)(row - t->row);

  if (more)
    {
      if (t->rows)
        put_byte (g, t, t->columns);
      for (; more > 127; more >>= 7)
        put_byte (g, t, (unsigned char)(more | 128));
      put_byte (g, t, (unsigned char)more);
      t->row = row;
      t->columns = 0;
      t->rows++;
    }
  t->columns |= (unsigned char)(1u << (column & (AID_GATHER_COLUMNS - 1)));
}

static void
add_together (struct aid_gather *g, int64_t row, const struct aid_to_gather *terms, size_t n)
{
  struct term *found[TOGETHER];
  size_t mask = g->n_slots - 1;

  for (size_t i = 0; i < n; i++)
    __builtin_prefetch (&g->slots[terms[i].hash & mask]);
  for (size_t i = 0; i < n; i++)
    __builtin_prefetch (g->block + g->slots[terms[i].hash & mask].at);
  for (size_t i = 0; i < n; i++)
    if ((found[i] = find_term (g, &terms[i])))
      __builtin_prefetch (g->block + found[i]->at, 1);
  for (size_t i = 0; i < n; i++)
    if (found[i])
      put_posting (g, found[i], row, terms[i].column);
}

void
aid_gather_add (struct aid_gather *g, int64_t row, const struct aid_to_gather *terms, size_t n)
{
  for (size_t from = 0; from < n && !g->err; from += TOGETHER)
    {
      size_t some = n - from < TOGETHER ? n - from : TOGETHER;
      if (make_room (g, some))
        g->err = AID_E_NOMEM;
      else
        add_together (g, row, terms + from, some);
    }
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

static int
by_text (const void *a, const void *b, void *ctx)
{
  const struct term *s = term_at (ctx, ((const struct sorted *)a)->at), *t = term_at (ctx, ((const struct sorted *)b)->at);
  int c = memcmp (s->text, t->text, s->len < t->len ? s->len : t->len);

  return c ? c : (int)s->len - (int)t->len;
}

/* What the N terms have from byte DEPTH on, as numbers that compare as the bytes do; whether one of them ends there. */
static int
take_heads (const struct aid_gather *g, struct sorted *s, size_t n, size_t depth)
{
  int ends = 0;

  for (size_t i = 0; i < n; i++)
    {
      if (i + AHEAD < n)
        __builtin_prefetch (g->block + s[i + AHEAD].at + sizeof (struct term) + depth);
      const struct term *t = term_at (g, s[i].at);
      unsigned char bytes[sizeof s->head] = { 0 };
      size_t left = t->len > depth ? t->len - depth : 0;
      memcpy (bytes, t->text + depth, left < sizeof bytes ? left : sizeof bytes);
      memcpy (&s[i].head, bytes, sizeof bytes);
      s[i].head = be64toh (s[i].head);
      ends |= left <= sizeof bytes;
    }
  return ends;
}

/* Whether one of them has no more than LEN bytes. */
static int
any_ends (const struct aid_gather *g, const struct sorted *s, size_t n, size_t len)
{
  for (size_t i = 0; i < n; i++)
    if (term_at (g, s[i].at)->len <= len)
      return 1;
  return 0;
}

static void
sort_few (struct sorted *s, size_t n)
{
  for (size_t i = 1; i < n; i++)
    {
      struct sorted one = s[i];
      size_t to = i;
      for (; to && s[to - 1].head > one.head; to--)
        s[to] = s[to - 1];
      s[to] = one;
    }
}

/* Sorts the N items by their heads: a radix sort, a byte at a time, that passes over bytes which all have in common.  OTHER has
   room for as many. */
static void
sort_heads (struct sorted *s, struct sorted *other, size_t n)
{
  uint32_t at[8][256] = { { 0 } };
  struct sorted *from = s, *to = other;

  for (size_t i = 0; i < n; i++)
    for (unsigned byte = 0; byte < 8; byte++)
      at[byte][s[i].head >> 8 * byte & 255]++;
  for (unsigned byte = 0; byte < 8; byte++)
    {
      if (at[byte][from[0].head >> 8 * byte & 255] == n)
        continue;
      for (uint32_t k = 0, sum = 0, here; k < 256; k++, sum += here)
        {
          here = at[byte][k];
          at[byte][k] = sum;
        }
      for (size_t i = 0; i < n; i++)
        to[at[byte][from[i].head >> 8 * byte & 255]++] = from[i];
      struct sorted *was = from;
      from = to;
      to = was;
    }
  if (from != s)
    memcpy (s, from, n * sizeof *s);
}

/* Sorts terms that have the first DEPTH bytes in common: by the next eight, then those that have these in common, too. */
static void
sort_from (struct aid_gather *g, struct sorted *s, struct sorted *other, size_t n, size_t depth)
{
  int ends = take_heads (g, s, n, depth);

  if (n < FEW)
    sort_few (s, n);
  else
    sort_heads (s, other, n);
  for (size_t from = 0, to; from < n; from = to)
    {
      for (to = from + 1; to < n && s[to].head == s[from].head; to++)
        ;
      if (to - from == 1)
        continue;
      /* One that ends among them has bytes of 0 in its head that are not its own. */
      if (ends && any_ends (g, s + from, to - from, depth + sizeof s->head))
        qsort_r (s + from, to - from, sizeof *s, by_text, g);
      else
        sort_from (g, s + from, other + from, to - from, depth + sizeof s->head);
    }
}

size_t
aid_gather_sort (struct aid_gather *g)
{
  free (g->sorted);
  g->sorted = g->n ? malloc (g->n * sizeof *g->sorted) : NULL;
  struct sorted *other = g->sorted ? malloc (g->n * sizeof *g->sorted) : NULL;
  if (g->n && !other)
    {
      g->err = AID_E_NOMEM;
      return 0;
    }
  for (size_t i = 0; i < g->n; i++)
    g->sorted[i] = (struct sorted){ 0, g->order[i] };
  if (g->n)
    sort_from (g, g->sorted, other, g->n, 0);
  free (other);
  return g->n;
}

void
aid_gather_term (const struct aid_gather *g, size_t i, struct aid_gathered *out)
{
  const struct term *t = term_at (g, g->sorted[i].at);

  for (size_t line = 0; line < 2 && i + AHEAD < g->n; line++)
    __builtin_prefetch (g->block + g->sorted[i + AHEAD].at + 64 * line);
  *out = (struct aid_gathered){ .term = { t->text, t->len },
                                .hash = t->hash,
                                .rows = t->rows,
                                .apart = t->apart,
                                .at = t->first,
                                .left = slice_bytes[0],
                                .last = t->columns };
}

static unsigned char
get_byte (const struct aid_gather *g, struct aid_gathered *t)
{
  if (!t->left)
    {
      memcpy (&t->at, g->block + t->at, LINK);
      t->step = t->step < LAST_STEP ? t->step + 1 : (unsigned char)LAST_STEP;
      t->left = slice_bytes[t->step];
    }
  t->left--;
  return (unsigned char)g->block[t->at++];
}

int
aid_gather_next (const struct aid_gather *g, struct aid_gathered *t, int64_t *row, unsigned *columns)
{
  uint64_t more = 0;

  if (t->seen == t->rows)
    return 0;
  for (unsigned shift = 0;; shift += 7)
    {
      unsigned char c = get_byte (g, t);
      more |= (uint64_t)(c & 127) << shift;
      if (c < 128)
        break;
    }
  t->row += (int64_t)more;
  *row = t->row;
  *columns = ++t->seen == t->rows ? t->last : get_byte (g, t);
  return 1;
}
