/* "aid:symbol/NAME": the definitions of a name in the project. */
#include "context/definitions.h"
#include "context/kinds_internal.h"

enum aid_err
aid_kind_symbol (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  return aid_definitions_find (how, name, AID_FIND_ALL, out, e);
}
