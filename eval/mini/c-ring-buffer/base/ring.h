#ifndef RING_H
#define RING_H
#include <stddef.h>

#define RING_MAX 64

/* Bytes, first in, first out. */
struct ring
{
  unsigned char bytes[RING_MAX];
  size_t capacity, head, count;
};

void ring_init (struct ring *r, size_t capacity); /* at most RING_MAX */
int ring_put (struct ring *r, unsigned char byte); /* 0: it is full */
int ring_get (struct ring *r);                     /* -1: it is empty */
#endif
