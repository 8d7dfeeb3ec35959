/* What lies nearest to a question: all vectors are gone through, for a project has few enough. */
#include "index/vectors_internal.h"
#include "index/nearest.h"

#include <math.h>
#include <stdlib.h>

/* How far above the mean of all, in standard deviations, a passage stands out: every question has a nearest one, and how near
   that is differs from model to model. */
#define STANDS_OUT 0.99

/* The cosine of each slot into SCORES; the least that stands out. */
static float
score_all (const struct aid_slots *s, const int16_t *question, float *scores)
{
  size_t n = s->hashes.len;
  double sum = 0, squares = 0;

  for (size_t slab = 0; slab < s->slabs.len && slab * AID_SLAB < n; slab++)
    {
      size_t from = slab * AID_SLAB, rows = n - from < AID_SLAB ? n - from : AID_SLAB;
      aid_vector_cosines (question, AID_VEC_AT (int8_t *, &s->slabs, slab), (const float *)s->scales.data + from, rows,
                          s->stride, scores + from);
    }
  for (size_t i = 0; i < n; i++)
    {
      sum += scores[i];
      squares += (double)scores[i] * scores[i];
    }
  double mean = sum / (double)s->has, spread = squares / (double)s->has - mean * mean;
  return (float)(mean + STANDS_OUT * sqrt (spread > 0 ? spread : 0));
}

struct hit
{
  const struct aid_meant_file *file;
  const struct aid_place *place;
  float cosine;
};

static int
by_cosine (const void *a, const void *b)
{
  const struct hit *x = a, *y = b;

  return x->cosine < y->cosine ? 1 : x->cosine > y->cosine ? -1 : strcmp (x->file->path, y->file->path);
}

/* The best passage of each file that has one beyond LEAST. */
static void
collect (const struct aid_vectors *v, const float *scores, float least, struct aid_vec *hits)
{
  for (size_t i = 0; i < v->list.len; i++)
    {
      struct hit best = { AID_VEC_AT (struct aid_meant_file *, &v->list, i), NULL, least }, *to;
      for (uint32_t k = 0; k < best.file->n; k++)
        {
          const struct aid_place *p = &best.file->places[k];
          if (aid_slot_state (&v->slots, p->slot) == AID_SLOT_HAS
              && (best.place ? scores[p->slot] > best.cosine : scores[p->slot] >= best.cosine))
            {
              best.place = p;
              best.cosine = scores[p->slot];
            }
        }
      if (best.place && (to = aid_vec_push (hits)))
        *to = best;
    }
  if (hits->len)
    qsort (hits->data, hits->len, sizeof (struct hit), by_cosine);
}

void
aid_vectors_nearest (struct aid_vectors *v, const float *question, size_t n, size_t max, struct aid_vec *out)
{
  struct aid_vec hits = AID_VEC_INIT (struct hit, AID_PROJECT_FILES);
  float *scores = NULL;
  int16_t *packed = NULL;

  pthread_mutex_lock (&v->lock);
  if (n && n == v->slots.dimensions && v->slots.has)
    {
      scores = calloc (v->slots.hashes.len + AID_SLAB, sizeof *scores);
      packed = aligned_alloc (AID_VECTOR_ALIGN, v->slots.stride * sizeof *packed);
    }
  if (scores && packed && !aid_vector_pack_question (question, n, packed))
    collect (v, scores, score_all (&v->slots, packed, scores), &hits);
  for (size_t i = 0; i < hits.len && i < max; i++)
    {
      const struct hit *h = &AID_VEC_AT (struct hit, &hits, i);
      struct aid_near_passage *to = aid_vec_push (out);
      if (to)
        *to = (struct aid_near_passage){ strdup (h->file->path), h->place->first, h->place->last, h->cosine };
    }
  pthread_mutex_unlock (&v->lock);
  aid_vec_free (&hits);
  free (scores);
  free (packed);
}

void
aid_near_free (struct aid_vec *near)
{
  for (size_t i = 0; i < near->len; i++)
    free (AID_VEC_AT (struct aid_near_passage, near, i).path);
  aid_vec_free (near);
}
