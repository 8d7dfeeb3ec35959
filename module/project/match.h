/* Names of files by a part of them, as people type it. */
#ifndef AID_PROJECT_MATCH_H
#define AID_PROJECT_MATCH_H

#include "project/project.h"

#define AID_MATCH_MOST 1000 /* paths that are told at most */

/* Calls FN for the paths of P's files that hold TEXT (in any case, unless TEXT has capitals), at most MOST: first those
   whose name begins with it, then those whose name holds it, then the others; shorter ones first.  Looks no longer than
   MS milliseconds. 1 when all were looked at and told, 0 when there may be more, also before the first list is done. */
int aid_project_match (struct aid_project *p, struct aid_span text, size_t most, int64_t ms,
                       void (*fn) (void *ctx, struct aid_span path), void *ctx);

#endif
