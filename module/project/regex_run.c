/* The machine: all states that a text's beginning leads to, byte by byte. */
#include "project/regex_internal.h"
#include <stdlib.h>

static int
make_room (struct aid_regex *r)
{
  size_t n = r->steps.len;
  if (n <= r->room)
    return 0;
  uint32_t **lists[] = { &r->now, &r->next, &r->seen, &r->todo };
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    {
      uint32_t *more = reallocarray (*lists[i], n + 1, sizeof **lists[i]);
      if (!more)
        return -1;
      *lists[i] = more;
    }
  memset (r->seen, 0, (n + 1) * sizeof *r->seen);
  r->round = 0;
  r->room = n;
  return 0;
}

static int
is_word (struct aid_span text, size_t i)
{
  unsigned char c = i < text.len ? (unsigned char)text.ptr[i] : 0;
  return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static int
holds (const struct aid_regex_step *s, struct aid_span text, size_t at)
{
  if (s->op == OP_BEGIN)
    return at == 0;
  if (s->op == OP_END)
    return at == text.len || (at + 1 == text.len && text.ptr[at] == '\n');
  return ((at > 0 && is_word (text, at - 1)) != is_word (text, at)) != s->x;
}

/* Enters STATE and those that it leads to without a byte: into LIST, whose length is N; *BEST gets the smallest id that
   is done. */
static size_t
enter (struct aid_regex *r, size_t state, struct aid_span text, size_t at, uint32_t *list, size_t n, int *best)
{
  size_t todo = 0;
  r->todo[todo++] = (uint32_t)state;
  while (todo > 0)
    {
      uint32_t i = r->todo[--todo];
      const struct aid_regex_step *s = &AID_VEC_AT (struct aid_regex_step, &r->steps, i);
      if (r->seen[i] == r->round)
        continue;
      r->seen[i] = r->round;
      switch (s->op)
        {
        case OP_SET:
          list[n++] = i;
          break;
        case OP_DONE:
          *best = *best < 0 || s->x < *best ? s->x : *best;
          break;
        case OP_JUMP:
          r->todo[todo++] = i + (uint32_t)s->x;
          break;
        case OP_SPLIT:
          /* One more waits for each split, and each is entered once: no more wait than there are steps. */
          if (r->seen[i + (uint32_t)s->y] != r->round)
            r->todo[todo++] = i + (uint32_t)s->y;
          if (r->seen[i + (uint32_t)s->x] != r->round)
            r->todo[todo++] = i + (uint32_t)s->x;
          break;
        default:
          if (holds (s, text, at))
            r->todo[todo++] = i + 1;
        }
    }
  return n;
}

static void
next_round (struct aid_regex *r)
{
  if (++r->round == 0)
    {
      memset (r->seen, 0, (r->room + 1) * sizeof *r->seen);
      r->round = 1;
    }
}

int
aid_regex_match (struct aid_regex *r, struct aid_span text)
{
  size_t n = 0;
  int best = -1;
  if (!r->steps.len || make_room (r))
    return -1;
  next_round (r);
  for (size_t i = 0; i < r->starts.len; i++)
    n = enter (r, AID_VEC_AT (size_t, &r->starts, i), text, 0, r->now, n, &best);
  for (size_t at = 0; at < text.len && n > 0; at++)
    {
      size_t m = 0;
      next_round (r);
      for (size_t i = 0; i < n; i++)
        {
          const struct aid_regex_step *s = &AID_VEC_AT (struct aid_regex_step, &r->steps, r->now[i]);
          if (aid_regex_includes (&AID_VEC_AT (struct aid_regex_set, &r->sets, s->x), (unsigned char)text.ptr[at]))
            m = enter (r, r->now[i] + 1, text, at + 1, r->next, m, &best);
        }
      uint32_t *swap = r->now;
      r->now = r->next;
      r->next = swap;
      n = m;
    }
  return best;
}
