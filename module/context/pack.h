/* Items into a budget of tokens: in their order, whole where they fit; in the room that is left, the first lines of the
   others. */
#ifndef AID_CONTEXT_PACK_H
#define AID_CONTEXT_PACK_H

#include "base/str.h"

enum aid_packed { AID_PACKED_WHOLE, AID_PACKED_CUT, AID_PACKED_LEFT_OUT };
/* "whole", "cut", "left out" */
const char *aid_packed_name (enum aid_packed state);

struct aid_pack_item
{
  struct aid_span text;        /* borrowed */
  int is_whole;                /* cannot be cut: an image */
  int64_t tokens;              /* of all of it; afterwards of what is shown */
  enum aid_packed state;
  size_t shown;                /* bytes of TEXT: whole lines */
};

#define AID_PACK_LINES_LEAST 10 /* an item is not cut to less */

/* Decides about N items, so that their tokens are BUDGET at most (negative: all are whole), and gives the sum.  COUNT tells the
   tokens of a text, which grow with it; it is asked about 20 times for an item that is cut. */
int64_t aid_pack (struct aid_pack_item *items, size_t n, int64_t budget, int64_t (*count) (void *ctx, struct aid_span text),
                  void *ctx);

#endif
