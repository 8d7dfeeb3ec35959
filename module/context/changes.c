/* A diff by lines (Myers): what is the same at both ends is taken off, then the shortest way through the rest is looked for,
   up to a number of steps. */
#include "context/changes.h"
#include "base/vec.h"
#include <stdlib.h>

#define LINES_MAX 1000000
#define AROUND 3

struct lines
{
  struct aid_vec at; /* struct aid_span: with their newlines */
};

/* A line of the result: both counts grow with ' ', the old one with '-', the new one with '+'. */
struct step
{
  char sign;
  size_t line; /* in the old text, or for '+' in the new one */
};

struct diff
{
  struct lines a, b;
  struct aid_vec steps;
  int failed;
};

static void
split (struct aid_span text, struct lines *l, int *failed)
{
  l->at = AID_VEC_INIT (struct aid_span, LINES_MAX);
  while (text.len && !*failed)
    {
      const char *nl = memchr (text.ptr, '\n', text.len);
      size_t n = nl ? (size_t)(nl - text.ptr) + 1 : text.len;
      struct aid_span *slot = aid_vec_push (&l->at);
      *failed |= !slot;
      if (slot)
        *slot = aid_span_cut (text, 0, n);
      text = aid_span_cut (text, n, text.len);
    }
}

static struct aid_span
line_at (const struct lines *l, size_t i)
{
  return AID_VEC_AT (struct aid_span, &l->at, i);
}

static int
same (const struct diff *d, size_t i, size_t k)
{
  return aid_span_eq (line_at (&d->a, i), line_at (&d->b, k));
}

static void
add (struct diff *d, char sign, size_t from, size_t to)
{
  for (size_t i = from; i < to; i++)
    {
      struct step *s = aid_vec_push (&d->steps);
      d->failed |= !s;
      if (s)
        *s = (struct step){ sign, i };
    }
}

/* --- the shortest way ---------------------------------------------------------------------------------------------- */

/* The furthest places on each diagonal after each number of steps, one row behind the other: row S has 2 S + 1. */
struct rows
{
  int *at;
  int steps; /* of the last row */
};

static int *
row (const struct rows *r, int s)
{
  return r->at + (size_t)s * (size_t)s;
}

/* Whether step S on diagonal K comes down from K + 1 (a line is added), not from K - 1 (one is removed). */
static int
comes_down (const int *before, int s, int k)
{
  return k == -s || (k != s && before[k - 1 + s - 1] < before[k + 1 + s - 1]);
}

/* Fills R for the N lines from A0 on and the M from B0 on; 0 when it takes too many steps. */
static int
search (const struct diff *d, size_t a0, int n, size_t b0, int m, struct rows *r)
{
  int most = n + m < AID_CHANGES_STEPS ? n + m : AID_CHANGES_STEPS;
  for (int s = 0; s <= most; s++)
    for (int k = -s; k <= s; k += 2)
      {
        const int *before = s ? row (r, s - 1) : NULL;
        int x = !before ? 0 : comes_down (before, s, k) ? before[k + 1 + s - 1] : before[k - 1 + s - 1] + 1;
        int y = x - k;
        while (x < n && y >= 0 && y < m && same (d, a0 + (size_t)x, b0 + (size_t)y))
          x++, y++;
        row (r, s)[k + s] = x;
        r->steps = s;
        if (x >= n && y >= m)
          return 1;
      }
  return 0;
}

/* Adds the steps of the way that R has found, from its end to its beginning, then turns them round. */
static void
trace (struct diff *d, size_t a0, int n, size_t b0, int m, const struct rows *r)
{
  size_t begun = d->steps.len;
  int x = n, y = m;
  for (int s = r->steps; s >= 0; s--)
    {
      int k = x - y, down = s && comes_down (row (r, s - 1), s, k);
      int px = !s ? 0 : down ? row (r, s - 1)[k + 1 + s - 1] : row (r, s - 1)[k - 1 + s - 1];
      int sx = !s ? 0 : down ? px : px + 1;
      while (x > sx)
        {
          x--, y--;
          add (d, ' ', a0 + (size_t)x, a0 + (size_t)x + 1);
        }
      if (s && down)
        {
          y--;
          add (d, '+', b0 + (size_t)y, b0 + (size_t)y + 1);
        }
      else if (s)
        {
          x--;
          add (d, '-', a0 + (size_t)x, a0 + (size_t)x + 1);
        }
    }
  for (size_t i = begun, k = d->steps.len; i + 1 < k; i++)
    {
      struct step t = AID_VEC_AT (struct step, &d->steps, i);
      AID_VEC_AT (struct step, &d->steps, i) = AID_VEC_AT (struct step, &d->steps, --k);
      AID_VEC_AT (struct step, &d->steps, k) = t;
    }
}

static void
middle (struct diff *d, size_t a0, size_t a1, size_t b0, size_t b1)
{
  size_t rows = AID_CHANGES_STEPS + 1;
  if (a1 - a0 + b1 - b0 < AID_CHANGES_STEPS)
    rows = a1 - a0 + b1 - b0 + 1;
  struct rows r = { malloc (rows * rows * sizeof (int)), 0 };
  d->failed |= !r.at;
  if (r.at && search (d, a0, (int)(a1 - a0), b0, (int)(b1 - b0), &r))
    trace (d, a0, (int)(a1 - a0), b0, (int)(b1 - b0), &r);
  else if (r.at)
    {
      add (d, '-', a0, a1);
      add (d, '+', b0, b1);
    }
  free (r.at);
}

static void
compare (struct diff *d)
{
  size_t n = d->a.at.len, m = d->b.at.len, head = 0, tail = 0;
  while (head < n && head < m && same (d, head, head))
    head++;
  while (tail < n - head && tail < m - head && same (d, n - tail - 1, m - tail - 1))
    tail++;
  add (d, ' ', 0, head);
  middle (d, head, n - tail, head, m - tail);
  add (d, ' ', n - tail, n);
}

/* --- hunks --------------------------------------------------------------------------------------------------------- */

static char
sign_at (const struct diff *d, size_t i)
{
  return AID_VEC_AT (struct step, &d->steps, i).sign;
}

static void
add_line (const struct diff *d, size_t i, struct aid_str *out)
{
  const struct step *s = &AID_VEC_AT (struct step, &d->steps, i);
  struct aid_span line = line_at (s->sign == '+' ? &d->b : &d->a, s->line);
  aid_str_addc (out, s->sign);
  aid_str_addspan (out, line);
  if (!aid_span_ends (line, "\n"))
    aid_str_addz (out, "\n\\ No newline at end of file\n");
}

/* The hunk of the steps FROM to TO - 1, before which there are A lines of the old text and B of the new one. */
static void
add_hunk (const struct diff *d, size_t from, size_t to, size_t a, size_t b, struct aid_str *out)
{
  size_t na = 0, nb = 0;
  for (size_t i = from; i < to; i++)
    {
      na += sign_at (d, i) != '+';
      nb += sign_at (d, i) != '-';
    }
  aid_str_addf (out, "@@ -%zu,%zu +%zu,%zu @@\n", na ? a + 1 : a, na, nb ? b + 1 : b, nb);
  for (size_t i = from; i < to; i++)
    add_line (d, i, out);
}

static void
add_hunks (const struct diff *d, struct aid_str *out)
{
  size_t n = d->steps.len, a = 0, b = 0, done = 0;
  for (size_t i = 0; i < n;)
    {
      while (i < n && sign_at (d, i) == ' ')
        i++;
      if (i == n)
        return;
      size_t from = i > done + AROUND ? i - AROUND : done, to = i, last = i;
      for (; to < n && to <= last + AROUND + 1 + AROUND; to++)
        last = sign_at (d, to) != ' ' ? to : last;
      to = last + 1 + AROUND < n ? last + 1 + AROUND : n;
      for (size_t k = done; k < from; k++)
        a++, b++;
      add_hunk (d, from, to, a, b, out);
      for (size_t k = from; k < to; k++)
        {
          a += sign_at (d, k) != '+';
          b += sign_at (d, k) != '-';
        }
      i = done = to;
    }
}

enum aid_err
aid_changes_diff (struct aid_span old_text, struct aid_span new_text, struct aid_str *out)
{
  struct diff d = { .steps = AID_VEC_INIT (struct step, (size_t) 2 * LINES_MAX) };
  split (old_text, &d.a, &d.failed);
  split (new_text, &d.b, &d.failed);
  if (!d.failed)
    compare (&d);
  if (!d.failed)
    add_hunks (&d, out);
  aid_vec_free (&d.a.at);
  aid_vec_free (&d.b.at);
  aid_vec_free (&d.steps);
  return d.failed ? AID_E_LIMIT : out->err;
}
