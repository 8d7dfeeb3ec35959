/* Lines as numbers: two lines of a file have the same number when they agree at the index's level, so that comparing is
   comparing integers, and the places of every number are listed.  Equal hashes are checked against the text, and nobody can
   make a text whose lines collide: the hash is seeded. */
#include "patch/patch_internal.h"
#include "base/hash.h"
#include "base/spare.h"

#include <stdlib.h>

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r';
}

static struct aid_span
rstrip (struct aid_span v)
{
  while (v.len > 0 && is_blank (v.ptr[v.len - 1]))
    v.len--;
  return v;
}

static struct aid_span
strip (struct aid_span v)
{
  v = rstrip (v);
  while (v.len > 0 && is_blank (*v.ptr))
    v = aid_span_cut (v, 1, v.len);
  return v;
}

/* Whether V, stripped, is its own canonical form: most lines are, and need no copy. */
static int
is_canonical (struct aid_span v)
{
  unsigned char last = 0;
  for (size_t i = 0; i < v.len; i++)
    {
      unsigned char c = (unsigned char) v.ptr[i];
      if (c >= 0x80 || (c < ' ' && is_blank ((char) c)) || (c == last && (c == ' ' || c == '-')))
        return 0;
      last = c;
    }
  return 1;
}

static int
line_same (enum aid_level level, struct aid_span a, struct aid_span b)
{
  if (aid_span_eq (a, b))
    return 1;
  if (level == AID_TRAILING)
    return aid_span_eq (rstrip (a), rstrip (b));
  a = strip (a);
  b = strip (b);
  if (level == AID_STRIP || (is_canonical (a) && is_canonical (b)))
    return aid_span_eq (a, b);
  struct aid_str x = AID_STR_INIT (AID_PATCH_MAX + 1), y = AID_STR_INIT (AID_PATCH_MAX + 1);
  aid_canonical (a, &x);
  aid_canonical (b, &y);
  int same = !x.err && !y.err && aid_span_eq (aid_str_span (&x), aid_str_span (&y));
  aid_str_free (&x);
  aid_str_free (&y);
  return same;
}

static uint64_t
hash_line (const struct aid_index *x, struct aid_span line, struct aid_str *scratch)
{
  if (x->level == AID_TRAILING)
    return aid_hash64_seeded (rstrip (line), x->seed);
  line = strip (line);
  if (x->level == AID_STRIP || is_canonical (line))
    return aid_hash64_seeded (line, x->seed);
  aid_canonical (line, scratch);
  return aid_hash64_seeded (aid_str_span (scratch), x->seed);
}

/* The slot of LINE or the free one where it belongs. */
static size_t
find_slot (const struct aid_index *x, struct aid_span line, uint64_t hash)
{
  size_t i = (size_t) hash & x->mask;
  for (; x->slots[i]; i = (i + 1) & x->mask)
    {
      uint32_t id = x->slots[i] - 1;
      if (x->hashes[id] == hash >> 32 && line_same (x->level, aid_lines_at (x->lines, x->first[id]), line))
        break;
    }
  return i;
}

/* FIRST holds, while numbers are given, one line of each number; here it becomes the beginning of its places. */
static void
list_places (struct aid_index *x)
{
  size_t n = x->lines->n;
  memset (x->first, 0, (n + 2) * sizeof *x->first);
  for (size_t i = 0; i < n; i++)
    x->first[x->ids[i] + 2]++;
  for (uint32_t id = 0; id < x->count; id++)
    x->first[id + 2] += x->first[id + 1];
  for (size_t i = 0; i < n; i++)
    x->posts[x->first[x->ids[i] + 1]++] = (uint32_t) i;
}

/* One block for all arrays of N lines: planning makes three indexes of a file, and their pages cost more than they themselves. */
static enum aid_err
make_room (struct aid_index *x, size_t n)
{
  size_t slots = 16;
  while (slots * 3 < n * 4)
    slots *= 2;
  uint32_t *room = aid_spare_take (((n + 1) * 3 + n + 2 + slots) * sizeof *room);
  if (!room)
    return AID_E_NOMEM;
  x->ids = room;
  x->posts = x->ids + n + 1;
  x->hashes = x->posts + n + 1;
  x->first = x->hashes + n + 1;
  x->slots = x->first + n + 2;
  x->mask = slots - 1;
  memset (x->slots, 0, slots * sizeof *x->slots);
  return AID_OK;
}

enum aid_err
aid_index_init (struct aid_index *x, const struct aid_lines *l, enum aid_level level)
{
  size_t n = l->n;
  *x = (struct aid_index){ .lines = l, .level = level };
  if (aid_random (&x->seed, sizeof x->seed) || make_room (x, n))
    return AID_E_NOMEM;
  struct aid_str scratch = AID_STR_INIT (AID_PATCH_MAX + 1);
  for (size_t i = 0; i < n; i++)
    {
      struct aid_span line = aid_lines_at (l, i);
      uint64_t hash = hash_line (x, line, &scratch);
      size_t slot = find_slot (x, line, hash);
      if (!x->slots[slot])
        {
          x->first[x->count] = (uint32_t) i;
          x->hashes[x->count] = (uint32_t) (hash >> 32);
          x->slots[slot] = ++x->count;
        }
      x->ids[i] = x->slots[slot] - 1;
    }
  enum aid_err err = scratch.err;
  aid_str_free (&scratch);
  list_places (x);
  x->ready = 1;
  return err;
}

void
aid_index_free (struct aid_index *x)
{
  aid_spare_give (x->ids);
  *x = (struct aid_index){ 0 };
}

uint32_t
aid_index_id (const struct aid_index *x, struct aid_span line)
{
  struct aid_str scratch = AID_STR_INIT (AID_PATCH_MAX + 1);
  uint64_t hash = hash_line (x, line, &scratch);
  uint32_t found = AID_NO_ID;
  for (size_t i = (size_t) hash & x->mask; x->slots[i] && found == AID_NO_ID; i = (i + 1) & x->mask)
    {
      uint32_t id = x->slots[i] - 1;
      if (x->hashes[id] == hash >> 32 && line_same (x->level, aid_lines_at (x->lines, x->posts[x->first[id]]), line))
        found = id;
    }
  aid_str_free (&scratch);
  return found;
}
