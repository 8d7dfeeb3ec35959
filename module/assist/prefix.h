/* How much of a request a server has seen before.  Servers cache what a request begins with, in the order in which models read
   it: tools, instructions, then the messages. */
#ifndef AID_ASSIST_PREFIX_H
#define AID_ASSIST_PREFIX_H

#include "base/err.h"
#include "base/str.h"

struct aid_prefix
{
  size_t same;               /* bytes, as the model reads them, that both begin with */
  size_t old_len, new_len;   /* bytes of both */
  int whole;                 /* the old request is a beginning of the new one */
  char before[81];           /* what stands just before the first difference, of both; */
  char was[81], is[81];      /* and what stands there in the old and in the new one.  Whole characters; "" at an end */
};

/* Compares the bodies of two requests in any wire format.  Marks for a cache (cache_control) do not count: they move and are not
   read.  AID_E_INVALID when one is no JSON object, AID_E_NOMEM, AID_E_LIMIT. */
enum aid_err aid_prefix_compare (struct aid_span old_body, struct aid_span new_body, struct aid_prefix *out, struct aid_error *e);

#endif
