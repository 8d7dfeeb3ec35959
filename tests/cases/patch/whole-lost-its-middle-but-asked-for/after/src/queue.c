/* A queue of numbers. */
#include "queue.h"

#include <stdlib.h>

void
queue_free (struct queue *q)
{
  free (q->item);
  q->item = NULL;
  q->len = q->max = 0;
}
