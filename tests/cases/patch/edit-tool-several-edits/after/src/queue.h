#ifndef QUEUE_H
#define QUEUE_H
struct queue
{
  int *item;
  unsigned len, max;
};
int queue_put (struct queue *queue, int n);
int queue_get (struct queue *queue, int *n);
void queue_free (struct queue *queue);
#endif
