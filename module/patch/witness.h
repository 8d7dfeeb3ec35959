/* What the pairs of a hunk (match.h) say about its indentation, before any of it is counted in columns. */
#ifndef AID_PATCH_WITNESS_H
#define AID_PATCH_WITNESS_H

#include "patch/match.h"

struct aid_witnesses
{
  const struct aid_pair *all;   /* ascending by item */
  const struct aid_pair *pair;  /* those that have any indentation, on one side at least */
  size_t n_all, n;
};

int aid_indent_has_tab (struct aid_span indent);
int aid_pair_agrees (const struct aid_pair *p);

/* Inserted lines are to stand as they are written. */
int aid_witness_verbatim (const struct aid_witnesses *i, const struct aid_view *v);
/* A blank was put behind every prefix. */
int aid_witness_extra_blank (const struct aid_witnesses *i);
/* ... behind each sign, not before context. */
int aid_witness_blank_behind_signs (const struct aid_witnesses *i, const struct aid_view *v);

#endif
