/* A map from byte strings to pointers: open addressing, keys copied, no order. */
#ifndef AID_BASE_MAP_H
#define AID_BASE_MAP_H

#include "base/str.h"

struct aid_map;

struct aid_map *aid_map_new (void);
void aid_map_free (struct aid_map *m, void (*free_value) (void *));
void *aid_map_get (const struct aid_map *m, struct aid_span key);
/* Replaces; gives the old value in *OLD (NULL if none) when OLD is not NULL. */
enum aid_err aid_map_put (struct aid_map *m, struct aid_span key, void *value, void **old);
/* Gives the value that was there, or NULL. */
void *aid_map_remove (struct aid_map *m, struct aid_span key);
size_t aid_map_count (const struct aid_map *m);
/* Calls FN for every entry until it returns non-zero; FN must not change the map. */
int aid_map_each (const struct aid_map *m, int (*fn) (void *ctx, struct aid_span key, void *value), void *ctx);

#endif
