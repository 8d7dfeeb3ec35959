/* The growing array: doubling, new items zeroed, removal that keeps the order, the search in one that is in order. */
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

static char *
item (const struct aid_vec *v, size_t i)
{
  return (char *) v->data + i * v->size;
}

static int
grow (struct aid_vec *v)
{
  size_t cap = v->cap ? v->cap * 2 : 8;
  if (cap > v->max)
    cap = v->max;
  void *data = reallocarray (v->data, cap, v->size);
  if (!data)
    return -1;
  v->data = data;
  v->cap = cap;
  return 0;
}

void *
aid_vec_push (struct aid_vec *v)
{
  if (v->len >= v->max || (v->len == v->cap && grow (v)))
    return NULL;
  return memset (item (v, v->len++), 0, v->size);
}

void *
aid_vec_insert (struct aid_vec *v, size_t i)
{
  if (i > v->len || v->len >= v->max || (v->len == v->cap && grow (v)))
    return NULL;
  char *at = item (v, i);
  memmove (at + v->size, at, (v->len - i) * v->size);
  memset (at, 0, v->size);
  v->len++;
  return at;
}

void
aid_vec_remove (struct aid_vec *v, size_t i, size_t n)
{
  if (i >= v->len)
    return;
  if (n > v->len - i)
    n = v->len - i;
  memmove (item (v, i), item (v, i + n), (v->len - i - n) * v->size);
  v->len -= n;
}

size_t
aid_vec_first (const struct aid_vec *v, const void *key, int (*compare) (const void *item, const void *key))
{
  size_t low = 0, high = v->len;
  while (low < high)
    {
      size_t mid = low + (high - low) / 2;
      if (compare (item (v, mid), key) < 0)
        low = mid + 1;
      else
        high = mid;
    }
  return low;
}

void
aid_vec_free (struct aid_vec *v)
{
  free (v->data);
  v->data = NULL;
  v->len = v->cap = 0;
}
