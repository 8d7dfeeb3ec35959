/* What the two rooms of an answer's hunks share: where its lines come from (blame.c), which hunks are at fault (hunks.c). */
#ifndef AID_CES_HUNKS_H
#define AID_CES_HUNKS_H

#include "ces/ces_internal.h"

/* Lines that a hunk puts into a file: FIRST to LAST of what the file would be, at line OLD of what it is.  Behind them the file
   has SHIFT more lines than now. */
struct aid_range
{
  const char *path; /* the plan's */
  size_t hunk;
  int64_t old, first, last, shift;
};
/* All of PLAN, in each file ascending; free the vector. */
void aid_ranges_make (const struct aid_plan *plan, struct aid_vec *ranges);

struct aid_blame
{
  size_t hunk;  /* SIZE_MAX: none is near */
  int64_t line; /* of the file as it is now */
};
/* Who has put LINE of PATH there, as the answer would leave it. */
struct aid_blame aid_ranges_blame (const struct aid_vec *ranges, const char *path, int64_t line);

#endif
