#include "list.h"
#include <stdlib.h>

struct node *
list_push (struct node *list, int value)
{
  struct node *n = malloc (sizeof *n);
  if (!n)
    abort ();
  *n = (struct node){ value, list };
  return n;
}

void
list_free (struct node *list)
{
  while (list)
    {
      struct node *next = list->next;
      free (list);
      list = next;
    }
}
