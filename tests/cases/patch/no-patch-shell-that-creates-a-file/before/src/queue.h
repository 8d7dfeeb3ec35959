#ifndef QUEUE_H
#define QUEUE_H
struct queue
{
  int *item;
  int len, max;
};
int queue_put (struct queue *q, int n);
int queue_get (struct queue *q, int *n);
void queue_free (struct queue *q);
#endif
