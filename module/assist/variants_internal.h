/* What variants.c (what takes effect) and variants_list.c (what is told of it) share. */
#ifndef AID_ASSIST_VARIANTS_INTERNAL_H
#define AID_ASSIST_VARIANTS_INTERNAL_H

#include "assist/variants.h"
#include "measure/experiment.h"

struct aid_variants_subject
{
  struct aid_subject who; /* borrows the rest */
  const struct aid_asked *asked;
  struct aid_str person, request, model;
  int own_model;   /* the strategy in force names its model */
  int core_pinned; /* the person has chosen a core */
};
/* Who Q is for the experiments of C; to be freed, and not to be moved. */
void aid_variants_subject_find (const struct aid_asked *q, const struct aid_config *c, struct aid_variants_subject *s);
void aid_variants_subject_free (struct aid_variants_subject *s);
/* Takes back the variant of V, an evaluation of X for CTX (struct aid_variants_subject), when something stands over it. */
void aid_variants_settle (void *ctx, const struct aid_experiment *x, struct aid_evaluation *v);

#endif
