/* The table of vectors in memory: slots for texts, and the files in which they stand. */
#include "index/vectors_internal.h"
#include "index/nearest.h"

#include <stdlib.h>

/* --- slots --------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_slots_init (struct aid_slots *s)
{
  *s = (struct aid_slots){ .by_hash = aid_map_new (),
                           .hashes = AID_VEC_INIT (uint64_t, AID_VECTORS_PASSAGES),
                           .states = AID_VEC_INIT (uint8_t, AID_VECTORS_PASSAGES),
                           .scales = AID_VEC_INIT (float, AID_VECTORS_PASSAGES),
                           .slabs = AID_VEC_INIT (int8_t *, AID_VECTORS_PASSAGES / AID_SLAB + 1) };
  return s->by_hash ? AID_OK : AID_E_NOMEM;
}

void
aid_slots_free (struct aid_slots *s)
{
  for (size_t i = 0; i < s->slabs.len; i++)
    free (AID_VEC_AT (int8_t *, &s->slabs, i));
  aid_map_free (s->by_hash, NULL);
  aid_vec_free (&s->hashes);
  aid_vec_free (&s->states);
  aid_vec_free (&s->scales);
  aid_vec_free (&s->slabs);
}

static struct aid_span
key_of (const uint64_t *hash)
{
  return (struct aid_span){ (const char *)hash, sizeof *hash };
}

int64_t
aid_slot_find (const struct aid_slots *s, uint64_t hash)
{
  return (int64_t)(uintptr_t)aid_map_get (s->by_hash, key_of (&hash)) - 1;
}

int64_t
aid_slot_of (struct aid_slots *s, uint64_t hash)
{
  int64_t slot = aid_slot_find (s, hash);
  size_t n = s->hashes.len;

  if (slot >= 0)
    return slot;
  if (s->stride && (n + 1) * s->stride > AID_VECTORS_BYTES)
    return -1;
  uint64_t *to = aid_vec_push (&s->hashes);
  if (!to)
    return -1;
  *to = hash;
  if (!aid_vec_push (&s->states) || !aid_vec_push (&s->scales)
      || aid_map_put (s->by_hash, key_of (&hash), (void *)(uintptr_t)(n + 1), NULL))
    {
      s->hashes.len = s->states.len = s->scales.len = n;
      return -1;
    }
  return (int64_t)n;
}

int
aid_slots_measure (struct aid_slots *s, size_t dimensions)
{
  if (s->dimensions)
    return s->dimensions == dimensions ? 0 : -1;
  s->dimensions = dimensions;
  s->stride = aid_vector_stride (dimensions);
  return 0;
}

int8_t *
aid_slot_row (struct aid_slots *s, size_t slot)
{
  size_t slab = slot / AID_SLAB;

  if ((slot + 1) * s->stride > AID_VECTORS_BYTES)
    return NULL;
  while (s->slabs.len <= slab)
    {
      void *rows = aligned_alloc (AID_VECTOR_ALIGN, AID_SLAB * s->stride);
      int8_t **to = rows ? aid_vec_push (&s->slabs) : NULL;
      if (!to)
        {
          free (rows);
          return NULL;
        }
      memset (rows, 0, AID_SLAB * s->stride);
      *to = rows;
    }
  return AID_VEC_AT (int8_t *, &s->slabs, slab) + slot % AID_SLAB * s->stride;
}

uint8_t
aid_slot_state (const struct aid_slots *s, size_t slot)
{
  return AID_VEC_AT (uint8_t, &s->states, slot);
}

void
aid_slot_set (struct aid_slots *s, size_t slot, enum aid_slot_state state, float scale)
{
  uint8_t *now = &AID_VEC_AT (uint8_t, &s->states, slot);

  s->has += (size_t)(state == AID_SLOT_HAS) - (size_t)(*now == AID_SLOT_HAS);
  s->held += (size_t)(state == AID_SLOT_HELD) - (size_t)(*now == AID_SLOT_HELD);
  *now = (uint8_t)state;
  AID_VEC_AT (float, &s->scales, slot) = scale;
}

/* --- files --------------------------------------------------------------------------------------------------------- */

struct aid_meant_file *
aid_meant_find (const struct aid_vectors *v, struct aid_span path)
{
  return aid_map_get (v->files, path);
}

struct aid_meant_file *
aid_meant_make (struct aid_vectors *v, struct aid_span path)
{
  struct aid_meant_file *f = aid_meant_find (v, path), **to = NULL;

  if (f)
    return f;
  f = calloc (1, sizeof *f);
  if (f && (f->path = aid_span_dup (path)) && (to = aid_vec_push (&v->list)) && !aid_map_put (v->files, path, f, NULL))
    {
      *to = f;
      f->at = v->list.len - 1;
      return f;
    }
  if (to)
    v->list.len--;
  if (f)
    free (f->path);
  free (f);
  return NULL;
}

static void
file_free (struct aid_meant_file *f)
{
  free (f->path);
  free (f->places);
  free (f);
}

void
aid_meant_drop (struct aid_vectors *v, struct aid_meant_file *f)
{
  struct aid_meant_file *last = AID_VEC_AT (struct aid_meant_file *, &v->list, v->list.len - 1);

  aid_map_remove (v->files, aid_span_z (f->path));
  AID_VEC_AT (struct aid_meant_file *, &v->list, f->at) = last;
  last->at = f->at;
  v->list.len--;
  file_free (f);
}

void
aid_meant_clear (struct aid_vectors *v)
{
  for (size_t i = 0; i < v->list.len; i++)
    {
      struct aid_meant_file *f = AID_VEC_AT (struct aid_meant_file *, &v->list, i);
      aid_map_remove (v->files, aid_span_z (f->path));
      file_free (f);
    }
  v->list.len = 0;
}
