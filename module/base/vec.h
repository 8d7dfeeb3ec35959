/* A growing array of equal items.  Items move when it grows: hold indexes, not pointers. */
#ifndef AID_BASE_VEC_H
#define AID_BASE_VEC_H

#include <stddef.h>

struct aid_vec
{
  void *data;
  size_t len, cap, size;   /* size: bytes of one item */
  size_t max;              /* items at most */
};

#define AID_VEC_INIT(type, limit) ((struct aid_vec){ NULL, 0, 0, sizeof (type), (limit) })
#define AID_VEC_AT(type, v, i) (((type *) (v)->data)[i])

/* A new zeroed item at the end, or NULL when there is no memory or the limit is reached. */
void *aid_vec_push (struct aid_vec *v);
/* A new zeroed item at I (0..len). */
void *aid_vec_insert (struct aid_vec *v, size_t i);
void aid_vec_remove (struct aid_vec *v, size_t i, size_t n);
/* Where in V, whose items are in order, KEY is or would be: the first item that does not stand before it, by COMPARE (below 0:
   ITEM does); V's length when all do.  In logarithmic time. */
size_t aid_vec_first (const struct aid_vec *v, const void *key, int (*compare) (const void *item, const void *key));
void aid_vec_free (struct aid_vec *v);

#endif
