/* The roles of a hunk's items once it is known which of them the file has.  Lines without a prefix are the doubtful ones:
   prose that slipped in, blank lines that were meant as additions, additions that lost their sign. */
#include "patch/roles.h"

struct roles
{
  const struct aid_view *v;
  int32_t *line;
};

int
aid_is_loose (int32_t line)
{
  return line == AID_LOOSE || line == AID_LOOSE_BLANK;
}

static int32_t
item_line (const struct aid_view *v, const struct aid_match *m, size_t k)
{
  const struct aid_item *it = &v->item[k];
  if (it->op == '+')
    return AID_ADDED;
  if (m->map[k] >= 0)
    return m->map[k];
  if (it->ellipsis)
    return AID_ELIDED;
  if (it->weak)
    return it->stripped.len ? AID_LOOSE : AID_LOOSE_BLANK;
  return AID_MISSING;
}

/* Bare blank lines that the file lacks were additions when the stated count of old lines leaves out just as many. */
static void
blanks_by_count (struct roles *r)
{
  const struct aid_want *w = r->v->want;
  int64_t stated = w->reverse ? w->h->new_count : w->h->old_count, old = 0, blanks = 0;
  for (size_t k = 0; k < r->v->n; k++)
    {
      old += r->v->item[k].op != '+';
      blanks += r->line[k] == AID_LOOSE_BLANK;
    }
  if (stated < 0 || blanks == 0 || old - stated != blanks)
    return;
  for (size_t k = 0; k < r->v->n; k++)
    if (r->line[k] == AID_LOOSE_BLANK)
      r->line[k] = AID_ADDED;
}

/* Loose lines with additions on both sides lost their sign. */
static void
lines_between_additions (struct roles *r)
{
  size_t n = r->v->n;
  for (size_t k = 1; k < n; k++)
    {
      size_t beg = k;
      while (k < n && aid_is_loose (r->line[k]))
        k++;
      if (k > beg && k < n && r->line[k] == AID_ADDED && r->line[beg - 1] == AID_ADDED)
        for (size_t i = beg; i < k; i++)
          r->line[i] = AID_ADDED;
    }
}

static int
is_bare_blank (const struct roles *r, size_t k)
{
  return r->v->item[k].weak && r->v->item[k].stripped.len == 0 && r->line[k] != AID_ADDED && r->line[k] != AID_ELIDED;
}

/* Of the bare blanks BEG to END - 1, those that the file lacks become additions, on the side of the run that they touch:
   one blank line is as good as another. */
static void
join_blanks (struct roles *r, size_t beg, size_t end, int run_is_before)
{
  size_t lacking = 0, to = beg;
  for (size_t k = beg; k < end; k++)
    if (r->line[k] >= 0)
      r->line[to++] = r->line[k];
    else
      lacking++;
  if (run_is_before)
    memmove (r->line + beg + lacking, r->line + beg, (to - beg) * sizeof *r->line);
  for (size_t k = 0; k < lacking; k++)
    r->line[run_is_before ? beg + k : to + k] = AID_ADDED;
}

/* Bare blanks next to an addition join it, but for those that begin or end the hunk. */
static void
blanks_next_to_additions (struct roles *r)
{
  size_t n = r->v->n, first = 0, last = n;
  while (first < n && aid_is_loose (r->line[first]))
    first++;
  while (last > first && aid_is_loose (r->line[last - 1]))
    last--;
  for (size_t k = first; k < last;)
    {
      size_t beg = k;
      while (k < last && is_bare_blank (r, k))
        k++;
      if (k == beg)
        k++;
      else if (beg > 0 && r->line[beg - 1] == AID_ADDED)
        join_blanks (r, beg, k, 1);
      else if (k < last && r->line[k] == AID_ADDED)
        join_blanks (r, beg, k, 0);
    }
}

void
aid_roles (const struct aid_view *v, const struct aid_match *m, int32_t *line)
{
  struct roles r = { v, line };
  for (size_t k = 0; k < v->n; k++)
    line[k] = item_line (v, m, k);
  blanks_by_count (&r);
  lines_between_additions (&r);
  blanks_next_to_additions (&r);
}
