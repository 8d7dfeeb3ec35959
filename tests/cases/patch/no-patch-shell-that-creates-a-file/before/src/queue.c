/* A queue of numbers. */
#include "queue.h"

#include <stdlib.h>

int
queue_put (struct queue *q, int n)
{
  if (q->len == q->max)
    return -1;
  q->item[q->len++] = n;
  return 0;
}

int
queue_get (struct queue *q, int *n)
{
  if (q->len == 0)
    return -1;
  *n = q->item[--q->len];
  return 0;
}

void
queue_free (struct queue *q)
{
  free (q->item);
  q->item = NULL;
  q->len = q->max = 0;
}
