/* Where a member stands in the text of a JSON document: for messages with a line, and for changes that leave every other byte
   as it is. */
#ifndef AID_BASE_JSON_FIND_H
#define AID_BASE_JSON_FIND_H

#include "base/str.h"

struct aid_json_place
{
  size_t key, value, end;    /* bytes: its name's first quote, its value's first byte, behind its value */
  int line;                  /* of its name, from 1 */
};

/* Finds the member of the objects' members PATH (NPATH names, outermost first) in TEXT, which aid_json_parse has taken.  0, or -1
   when there is none. */
int aid_json_find (struct aid_span text, const char *const *path, size_t npath, struct aid_json_place *out);

/* Gives TEXT with the top-level member KEY set to the string VALUE (NULL: without it), every other byte as it was, in OUT, which
   is empty; TEXT is one JSON object or blank.  AID_E_PARSE or AID_E_INVALID when it is not; WHAT names it in the message. */
enum aid_err aid_json_set_member (struct aid_span text, const char *key, const char *value, const char *what,
                                  struct aid_str *out, struct aid_error *e);

#endif
