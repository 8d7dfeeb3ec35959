/* What the parts of placing share: a file's hunks on their way (place.c), whether they are there already (already.c), and what
   is said about them (explain.c). */
#ifndef AID_PATCH_PLACE_INTERNAL_H
#define AID_PATCH_PLACE_INTERNAL_H

#include "patch/match.h"

struct placing
{
  struct aid_target *t;
  const struct aid_want *wants;
  struct aid_placement **out;
  struct aid_case *cases;
  size_t n;
  struct aid_vec *texts;
  size_t *work;
};

void aid_set_place (const struct placing *g, struct aid_placement *o, size_t beg, size_t end);

/* Whether what hunk I leaves behind stands in the file, in LEAST_LINES lines or more that say at least LEAST; then it is noted
   so. */
enum aid_err aid_look_already (const struct placing *g, size_t i, double least, size_t least_lines, int *found);
/* A hunk that only inserts, at one end of its context, still fits CHOSEN when it was applied.  *FOUND when what it inserts
   stands there. */
enum aid_err aid_look_inserted (const struct placing *g, size_t i, const struct aid_match *chosen, int *found);

/* Looks for the place that is nearest although lines to delete are missing there, and says what differs.  WHY may be NULL. */
enum aid_err aid_explain_nearest (const struct placing *g, size_t i, const char *why);
/* Says which places are as good as one another. */
enum aid_err aid_say_tied (const struct placing *g, size_t i);
/* Fills how hunk I was placed; INDENTS: its indentation is changed. */
void aid_describe (const struct placing *g, size_t i, int indents);

#endif
