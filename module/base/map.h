/* A map from byte strings to pointers: open addressing, keys copied, no order.  Values stay their owner's.
   Not locked. */
#ifndef AID_BASE_MAP_H
#define AID_BASE_MAP_H

#include "base/str.h"

struct aid_map;

/* NULL without memory. */
struct aid_map *aid_map_new (void);
/* FREE_VALUE (may be NULL) gets every value that is left. */
void aid_map_free (struct aid_map *m, void (*free_value) (void *));
/* NULL when there is none. */
void *aid_map_get (const struct aid_map *m, struct aid_span key);
/* Replaces; gives the old value in *OLD (NULL if none) when OLD is not NULL.  AID_E_NOMEM changes nothing. */
enum aid_err aid_map_put (struct aid_map *m, struct aid_span key, void *value, void **old);
/* Gives the value that was there, or NULL. */
void *aid_map_remove (struct aid_map *m, struct aid_span key);

#endif
