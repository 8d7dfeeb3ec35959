/* What becomes of each item of a hunk: a line of the file, or one of the roles below. */
#ifndef AID_PATCH_ROLES_H
#define AID_PATCH_ROLES_H

#include "patch/match.h"

enum
{
  AID_ADDED = -1,
  AID_ELIDED = -2,              /* an ellipsis */
  AID_MISSING = -3,             /* the hunk shows it, the file has no such line */
  AID_LOOSE = -4,               /* written without a prefix and not in the file: prose, unless it joins an insertion */
  AID_LOOSE_BLANK = -5
};

/* Fills LINE for each item of V, which the file has as M says. */
void aid_roles (const struct aid_view *v, const struct aid_match *m, int32_t *line);
int aid_is_loose (int32_t line);

#endif
