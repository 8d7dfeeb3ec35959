/* The list of what is similar in meaning, by vectors that were made before.  The question's vector comes with it, or there is
   no such list: nothing is asked here. */
#include "index/search_internal.h"

enum
{
  SIMILAR = 30
};

#define SIMILAR_WEIGHT 0.7

void
aid_list_similar (struct aid_seeking *k)
{
  struct aid_vec near = AID_VEC_INIT (struct aid_near_passage, SIMILAR);

  if (k->q->vectors && k->q->meaning)
    aid_vectors_nearest (k->q->vectors, k->q->meaning, k->q->dimensions, SIMILAR, &near);
  for (size_t i = 0; i < near.len; i++)
    {
      const struct aid_near_passage *p = &AID_VEC_AT (struct aid_near_passage, &near, i);
      struct aid_candidate *c
        = p->path ? aid_list_add (k, aid_span_z (p->path), 0, SIMILAR_WEIGHT, i, AID_REASON_SIMILAR) : NULL;
      if (c && c->n_foci < AID_FOCI)
        c->foci[c->n_foci++] = (struct aid_focus){ .line = p->first, .to = p->last };
    }
  aid_near_free (&near);
}
