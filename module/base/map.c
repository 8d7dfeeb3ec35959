/* The map: linear probing over a power of two, at most 3/4 full, keys copied behind their entries' hashes.  Removal moves
   later entries back, so there are no tombstones.  Each map has a random seed of its own: its keys may come from anywhere,
   and nobody shall be able to choose them so that they fall into one run. */
#include "base/map.h"
#include "base/hash.h"

#include <stdlib.h>

struct entry
{
  char *key;           /* NULL: free */
  size_t len;
  uint64_t hash;
  void *value;
};

struct aid_map
{
  struct entry *slots;
  size_t count, mask;  /* mask + 1 slots */
  uint64_t seed;
};

enum { FIRST_SLOTS = 16 };

struct aid_map *
aid_map_new (void)
{
  struct aid_map *m = calloc (1, sizeof *m);
  if (!m)
    return NULL;
  m->slots = calloc (FIRST_SLOTS, sizeof *m->slots);
  m->mask = FIRST_SLOTS - 1;
  if (!m->slots)
    {
      free (m);
      return NULL;
    }
  if (aid_random (&m->seed, sizeof m->seed))
    m->seed = (uint64_t) (uintptr_t) m->slots;   /* worse, and better than none */
  return m;
}

void
aid_map_free (struct aid_map *m, void (*free_value) (void *))
{
  if (!m)
    return;
  for (size_t i = 0; i <= m->mask; i++)
    if (m->slots[i].key)
      {
        free (m->slots[i].key);
        if (free_value)
          free_value (m->slots[i].value);
      }
  free (m->slots);
  free (m);
}

/* The slot that holds KEY, or the free one where it belongs. */
static struct entry *
find (const struct aid_map *m, struct aid_span key, uint64_t hash)
{
  size_t i = (size_t) hash & m->mask;
  for (; m->slots[i].key; i = (i + 1) & m->mask)
    {
      const struct entry *s = &m->slots[i];
      if (s->hash == hash && aid_span_eq ((struct aid_span){ s->key, s->len }, key))
        break;
    }
  return &m->slots[i];
}

static int
grow (struct aid_map *m)
{
  struct aid_map bigger = { calloc ((m->mask + 1) * 2, sizeof *m->slots), m->count, m->mask * 2 + 1, m->seed };
  if (!bigger.slots)
    return -1;
  for (size_t i = 0; i <= m->mask; i++)
    {
      struct entry *s = &m->slots[i];
      if (s->key)
        *find (&bigger, (struct aid_span){ s->key, s->len }, s->hash) = *s;
    }
  free (m->slots);
  *m = bigger;
  return 0;
}

void *
aid_map_get (const struct aid_map *m, struct aid_span key)
{
  const struct entry *s = find (m, key, aid_hash64_seeded (key, m->seed));
  return s->key ? s->value : NULL;
}

enum aid_err
aid_map_put (struct aid_map *m, struct aid_span key, void *value, void **old)
{
  uint64_t hash = aid_hash64_seeded (key, m->seed);
  struct entry *s = find (m, key, hash);
  if (old)
    *old = s->key ? s->value : NULL;
  if (!s->key)
    {
      if ((m->count + 1) * 4 > (m->mask + 1) * 3)
        {
          if (grow (m))
            return AID_E_NOMEM;
          s = find (m, key, hash);
        }
      char *copy = aid_span_dup (key);
      if (!copy)
        return AID_E_NOMEM;
      *s = (struct entry){ copy, key.len, hash, NULL };
      m->count++;
    }
  s->value = value;
  return AID_OK;
}

void *
aid_map_remove (struct aid_map *m, struct aid_span key)
{
  struct entry *s = find (m, key, aid_hash64_seeded (key, m->seed));
  if (!s->key)
    return NULL;
  void *value = s->value;
  free (s->key);
  s->key = NULL;
  m->count--;
  /* Every entry of the run behind the hole moves into it unless its home lies after the hole. */
  size_t hole = (size_t) (s - m->slots);
  for (size_t i = (hole + 1) & m->mask; m->slots[i].key; i = (i + 1) & m->mask)
    {
      size_t home = (size_t) m->slots[i].hash & m->mask;
      if (((i - home) & m->mask) >= ((i - hole) & m->mask))
        {
          m->slots[hole] = m->slots[i];
          m->slots[i].key = NULL;
          hole = i;
        }
    }
  return value;
}

size_t
aid_map_count (const struct aid_map *m)
{
  return m->count;
}

int
aid_map_each (const struct aid_map *m, int (*fn) (void *ctx, struct aid_span key, void *value), void *ctx)
{
  int stop = 0;
  for (size_t i = 0; i <= m->mask && !stop; i++)
    {
      const struct entry *s = &m->slots[i];
      if (s->key)
        stop = fn (ctx, (struct aid_span){ s->key, s->len }, s->value);
    }
  return stop;
}
