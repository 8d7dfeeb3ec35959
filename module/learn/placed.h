/* An answer placed in files: what the patch engine reads in it, and what it makes of the files. */
#ifndef AID_LEARN_PLACED_H
#define AID_LEARN_PLACED_H

#include "patch/patch.h"

struct aid_placed
{
  struct aid_patch *patch; /* NULL: it was not read */
  struct aid_plan *plan;   /* NULL: there is no change in it, or it was not placed */
};

/* Reads TEXT and places it in the files of SOURCE, by OPTIONS (may be NULL).  Free OUT in any case, before SOURCE. */
enum aid_err aid_placed_make (struct aid_span text, const struct aid_patch_source *source,
                              const struct aid_plan_options *options, struct aid_placed *out, struct aid_error *e);
/* Whether there is a change, and all of it has its place. */
int aid_placed_is_whole (const struct aid_placed *p);
void aid_placed_free (struct aid_placed *p);

#endif
