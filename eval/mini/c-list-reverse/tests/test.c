#include "list.h"
#include <assert.h>

int
main (void)
{
  struct node *l = 0;
  assert (!list_reverse (l));
  for (int i = 0; i < 5; i++)
    l = list_push (l, i);
  struct node *was = l;
  l = list_reverse (l);
  int i = 0;
  for (struct node *n = l; n; n = n->next)
    {
      assert (n->value == i++);
      assert (n->next || n == was);
    }
  assert (i == 5);
  list_free (l);
  return 0;
}
