/* The regular expressions of one file of ignored names, as Mercurial has them: over bytes, by PCRE2, which knows what Python's
   "re" does.  Python's few other spellings ("{,3}", "\Z" for the very end) are read as PCRE2 reads them. */
#ifndef AID_PROJECT_REGEX_H
#define AID_PROJECT_REGEX_H

#include "base/err.h"
#include "base/str.h"

#define AID_REGEX_PATTERN ((size_t)4096) /* bytes of one pattern */

struct aid_regex;

/* NULL without memory. */
struct aid_regex *aid_regex_new (void);
void aid_regex_free (struct aid_regex *r);
/* Adds PATTERN, which is known as ID (0 or more) from then on.  It must match from a text's first byte on, not up to its last.
   AID_E_PARSE: not understood; AID_E_LIMIT, AID_E_NOMEM.  What failed has added nothing. */
enum aid_err aid_regex_add (struct aid_regex *r, struct aid_span pattern, int id, struct aid_error *e);
/* The id of the first pattern added that matches TEXT, or -1.  A pattern that tries too many ways for one text is given up and
   matches nothing from then on.  Not for two threads at once. */
int aid_regex_match (struct aid_regex *r, struct aid_span text);

#endif
