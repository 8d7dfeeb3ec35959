#include "ring.h"

void
ring_init (struct ring *r, size_t capacity)
{
  *r = (struct ring){ .capacity = capacity < RING_MAX ? capacity : RING_MAX };
}

int
ring_put (struct ring *r, unsigned char byte)
{
  if (r->count + 1 >= r->capacity)
    return 0;
  r->bytes[(r->head + r->count) % r->capacity] = byte;
  r->count++;
  return 1;
}

int
ring_get (struct ring *r)
{
  if (r->head == r->count)
    return -1;
  int byte = r->bytes[r->head];
  r->head = (r->head + 1) % r->capacity;
  r->count--;
  return byte;
}
