#ifndef LIST_H
#define LIST_H

struct node
{
  int value;
  struct node *next;
};

/* Puts VALUE before LIST. */
struct node *list_push (struct node *list, int value);
void list_free (struct node *list);
#endif
