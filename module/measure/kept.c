/* Blocks by dynamic programming, one row at a time: a cell has how much of a run ends there.  What is left and right
   of a block waits on a stack of the heap. */
#include "measure/kept.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <stdlib.h>

/* A part of both texts: characters, or lines. */
struct part
{
  size_t a, na, b, nb;
};

struct lines
{
  uint64_t *hash;
  size_t *start; /* the first character of each, and behind the last the end */
  size_t n;
};

struct match
{
  const uint32_t *a, *b;
  void (*block) (void *ctx, size_t i, size_t j, size_t n);
  void *ctx;
  size_t kept, work;
  struct aid_vec todo; /* struct part, of characters */
  uint32_t *row;       /* as long as what is compared is wide */
  size_t nrow;
};

#define PARTS_MAX ((size_t)1 << 24)

static void
push (struct aid_vec *v, size_t a, size_t na, size_t b, size_t nb)
{
  struct part *p = na && nb ? aid_vec_push (v) : NULL;
  if (p)
    *p = (struct part){ a, na, b, nb };
}

static int
pop (struct aid_vec *v, struct part *p)
{
  if (!v->len)
    return 0;
  *p = AID_VEC_AT (struct part, v, v->len - 1);
  aid_vec_remove (v, v->len - 1, 1);
  return 1;
}

/* Takes CELLS off what may be done, and makes room for a row; 0: no more of that. */
static int
may (struct match *m, size_t na, size_t nb)
{
  if (nb >= UINT32_MAX || na > AID_KEPT_CELLS / nb || m->work + na * nb > AID_KEPT_WORK)
    return 0;
  if (nb + 1 > m->nrow)
    {
      uint32_t *row = realloc (m->row, (nb + 1) * sizeof *row);
      if (!row)
        return 0;
      m->row = row;
      m->nrow = nb + 1;
    }
  m->work += na * nb;
  memset (m->row, 0, (nb + 1) * sizeof *m->row);
  return 1;
}

/* --- characters --------------------------------------------------------------------------------------------------------- */

size_t
aid_kept_longest (const uint32_t *a, size_t na, const uint32_t *b, size_t nb, uint32_t *row, size_t *i, size_t *j)
{
  size_t best = 0, at_a = 0, at_b = 0;
  for (size_t x = 0; x < na; x++)
    for (size_t y = nb; y-- > 0;)
      {
        uint32_t n = a[x] == b[y] ? row[y] + 1 : 0;
        row[y + 1] = n;
        if (n > best || (n == best && n && x == at_a))
          {
            best = n;
            at_a = x;
            at_b = y;
          }
      }
  *i = at_a + 1 - best;
  *j = at_b + 1 - best;
  return best;
}

static void
take (struct match *m, size_t i, size_t j, size_t n)
{
  m->kept += n;
  if (m->block && n)
    m->block (m->ctx, i, j, n);
}

/* Compares P by characters; what is left of it goes to the stack. */
static void
by_characters (struct match *m, const struct part *p)
{
  size_t i, j, n = aid_kept_longest (m->a + p->a, p->na, m->b + p->b, p->nb, m->row, &i, &j);
  if (n < AID_KEPT_RUN && n != p->na && n != p->nb)
    return;
  take (m, p->a + i, p->b + j, n);
  push (&m->todo, p->a, i, p->b, j);
  push (&m->todo, p->a + i + n, p->na - i - n, p->b + j + n, p->nb - j - n);
}

/* --- lines -------------------------------------------------------------------------------------------------------------- */

static void
lines_free (struct lines *l)
{
  free (l->hash);
  free (l->start);
}

/* 0, or -1 without memory. */
static int
cut (const uint32_t *text, size_t from, size_t len, struct lines *out)
{
  size_t n = 0, most = 1;
  for (size_t i = 0; i < len; i++)
    most += text[from + i] == '\n';
  *out = (struct lines){ calloc (most, sizeof *out->hash), calloc (most + 1, sizeof *out->start), 0 };
  if (!out->hash || !out->start)
    return -1;
  for (size_t i = 0; i < len; n++)
    {
      size_t end = i;
      while (end < len && text[from + end] != '\n')
        end++;
      end += end < len;
      out->start[n] = from + i;
      out->hash[n] = aid_hash64 ((struct aid_span){ (const char *)(text + from + i), (end - i) * sizeof *text });
      i = end;
    }
  out->start[n] = from + len;
  out->n = n;
  return 0;
}

/* The run of lines with the most characters in P (of lines); of several the one that ends first.  Gives its lines. */
static size_t
heaviest (struct match *m, const struct lines *a, const struct lines *b, const struct part *p, size_t *i, size_t *j)
{
  size_t best = 0, most = 0, at_a = 0, at_b = 0;
  for (size_t x = 0; x < p->na; x++)
    for (size_t y = p->nb; y-- > 0;)
      {
        uint32_t n = a->hash[p->a + x] == b->hash[p->b + y] ? m->row[y] + 1 : 0;
        size_t weight = n ? a->start[p->a + x + 1] - a->start[p->a + x + 1 - n] : 0;
        m->row[y + 1] = n;
        if (weight > most || (weight == most && n && x == at_a))
          {
            best = n;
            most = weight;
            at_a = x;
            at_b = y;
          }
      }
  *i = p->a + at_a + 1 - best;
  *j = p->b + at_b + 1 - best;
  return most >= AID_KEPT_RUN || best == p->na || best == p->nb ? best : 0;
}

/* What lies between two blocks of lines is compared by characters. */
static void
between (struct match *m, const struct lines *a, const struct lines *b, const struct part *p)
{
  size_t na = a->start[p->a + p->na] - a->start[p->a], nb = b->start[p->b + p->nb] - b->start[p->b];
  struct part chars = { a->start[p->a], na, b->start[p->b], nb };
  if (na && nb && may (m, na, nb))
    by_characters (m, &chars);
}

static void
by_lines_of (struct match *m, const struct lines *a, const struct lines *b)
{
  struct aid_vec todo = AID_VEC_INIT (struct part, PARTS_MAX);
  struct part p;
  push (&todo, 0, a->n, 0, b->n);
  while (pop (&todo, &p))
    {
      size_t i = 0, j = 0, n = may (m, p.na, p.nb) ? heaviest (m, a, b, &p, &i, &j) : 0;
      if (!n)
        {
          between (m, a, b, &p);
          continue;
        }
      take (m, a->start[i], b->start[j], a->start[i + n] - a->start[i]);
      push (&todo, p.a, i - p.a, p.b, j - p.b);
      push (&todo, i + n, p.a + p.na - i - n, j + n, p.b + p.nb - j - n);
    }
  aid_vec_free (&todo);
}

static void
by_lines (struct match *m, const struct part *p)
{
  struct lines a, b = { NULL, NULL, 0 };
  if (!cut (m->a, p->a, p->na, &a) && !cut (m->b, p->b, p->nb, &b))
    by_lines_of (m, &a, &b);
  lines_free (&a);
  lines_free (&b);
}

/* --- all ---------------------------------------------------------------------------------------------------------------- */

size_t
aid_kept_match (const uint32_t *a, size_t na, const uint32_t *b, size_t nb,
                void (*block) (void *ctx, size_t i, size_t j, size_t n), void *ctx)
{
  struct match m = { .a = a, .b = b, .block = block, .ctx = ctx, .todo = AID_VEC_INIT (struct part, PARTS_MAX) };
  struct part p;
  /* Most often the one text is the other one: it was put back. */
  if (na && na == nb && !memcmp (a, b, na * sizeof *a))
    take (&m, 0, 0, na);
  else
    push (&m.todo, 0, na, 0, nb);
  while (pop (&m.todo, &p))
    if (p.na > AID_KEPT_CELLS / p.nb)
      by_lines (&m, &p);
    else if (may (&m, p.na, p.nb))
      by_characters (&m, &p);
  aid_vec_free (&m.todo);
  free (m.row);
  return m.kept;
}

uint32_t *
aid_kept_chars (struct aid_span v, size_t *n)
{
  size_t all = aid_utf8_count (v), len;
  uint32_t *out = all ? malloc (all * sizeof *out) : NULL;
  const char *p = v.ptr;
  *n = out ? all : 0;
  for (size_t i = 0; i < *n; i++, p += len)
    out[i] = aid_utf8_decode (p, &len);
  return out;
}

size_t
aid_kept_of (struct aid_span a, struct aid_span b)
{
  size_t na, nb;
  uint32_t *ca = aid_kept_chars (a, &na), *cb = aid_kept_chars (b, &nb);
  size_t kept = ca && cb ? aid_kept_match (ca, na, cb, nb, NULL, NULL) : 0;
  free (ca);
  free (cb);
  return kept;
}
