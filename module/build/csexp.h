/* Canonical S-expressions, in which dune talks: "5:hello" is an atom, "(1:a(1:b))" a list.  Read in place: an expression is the
   span of its bytes. */
#ifndef AID_BUILD_CSEXP_H
#define AID_BUILD_CSEXP_H

#include "base/str.h"

#define AID_CSEXP_DEPTH 200

/* The bytes of the expression that V begins with; 0 when its end has not come yet, -1 when it is none. */
ptrdiff_t aid_csexp_length (struct aid_span v);
/* Takes the first expression off *REST, which aid_csexp_length has measured.  0 when nothing is left. */
int aid_csexp_take (struct aid_span *rest, struct aid_span *expression);
/* The expressions in a list, or an atom's bytes; *IS_LIST says which. */
struct aid_span aid_csexp_inside (struct aid_span expression, int *is_list);
/* An atom's bytes; empty for a list. */
struct aid_span aid_csexp_atom (struct aid_span expression);
/* The value of NAME in a record, a list of (NAME VALUE).  0 when it has none. */
int aid_csexp_field (struct aid_span record, const char *name, struct aid_span *value);

void aid_csexp_add (struct aid_str *out, const char *atom);

#endif
