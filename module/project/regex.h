/* Regular expressions over bytes, as Mercurial's files of ignored names have them: what Python's "re" knows without
   looking around and without references back.  Many are compiled into one program, which is run over a text once, in
   time that grows with the product of the two sizes at most. */
#ifndef AID_PROJECT_REGEX_H
#define AID_PROJECT_REGEX_H

#include "base/err.h"
#include "base/str.h"

#define AID_REGEX_PROGRAM ((size_t)200000) /* steps of one program */
#define AID_REGEX_PATTERN ((size_t)4096)   /* bytes of one pattern */

struct aid_regex;

/* NULL without memory. */
struct aid_regex *aid_regex_new (void);
void aid_regex_free (struct aid_regex *r);
/* Adds PATTERN, which is known as ID (0 or more) from then on.  It must match from a text's first byte on, not up to
   its last.  AID_E_PARSE: not understood, or not supported; AID_E_LIMIT.  What failed has added nothing. */
enum aid_err aid_regex_add (struct aid_regex *r, struct aid_span pattern, int id, struct aid_error *e);
/* The smallest id of the patterns that match TEXT, or -1. */
int aid_regex_match (struct aid_regex *r, struct aid_span text);

#endif
