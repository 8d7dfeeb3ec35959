/* Removing installed cores that nobody needs. */
#ifndef AID_ROLLOUT_PRUNE_H
#define AID_ROLLOUT_PRUNE_H

#include "base/vec.h"
#include "rollout/wish.h"

#define AID_CORES_KEEP 5 /* if nothing is said */

/* Removes from R's folder all cores but the KEEP youngest (2 at least), the newest, the one that starts next, the one
   that would start in its place, what the person's setting "core" (PIN, or NULL) names, and what runs in any process that
   can be seen.  REMOVED (of struct aid_installed) gets what went.  AID_E_IO: one could not be removed; others may have
   been. */
enum aid_err
aid_rollout_prune (const struct aid_rollout *r, size_t keep, const char *pin, struct aid_vec *removed, struct aid_error *e);

#endif
