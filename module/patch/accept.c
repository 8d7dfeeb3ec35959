/* Whether an alignment is a place at all: the deletions are claims, and enough of the rest must be there literally. */
#include "patch/match.h"

const char *
aid_unacceptable (struct aid_view *v, const struct aid_target *t, const struct aid_match *m)
{
  double literal = 0;
  if (m->exact)
    return NULL;
  for (size_t i = 0; i < v->m; i++)
    {
      size_t k = v->old[i];
      const struct aid_item *it = &v->item[k];
      if (it->ellipsis)
        continue;
      if (m->map[k] < 0)
        {
          if (it->op == '-' && it->weight >= .1)
            return "a line to delete is not in the file";
        }
      else if (!it->weak && aid_item_cost (v, t, k, (size_t) m->map[k]) <= AID_LITERAL)
        literal += it->weight;
    }
  if (1 - m->cost / v->total < .5)
    return "less than half of the hunk fits";
  if (literal < .45 * v->total || (literal < .9 && v->total >= .9))
    return "too little of it is in the file word for word";
  return NULL;
}
