/* Lists that other programs print. */
#ifndef AID_PROJECT_LIST_TOOL_H
#define AID_PROJECT_LIST_TOOL_H

#include "project/list.h"

struct aid_tool_reader
{
  const struct aid_list_in *in;
  struct aid_listing *l;
  struct aid_part *part;
  struct aid_str rest; /* a path whose end has not come; to be freed */
};
/* Takes output: paths relative to the part, a NUL behind each; one that ends in a slash is a part of its own. */
void aid_tool_take (struct aid_tool_reader *r, struct aid_span part);

/* Runs ARGV (a NULL at its end) with ENV in the folder of PART and takes what it prints.  NAME is for people: why it
   failed becomes a note. */
enum aid_err aid_list_by (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, const char *name,
                          const char *const *argv, const char *const *env, struct aid_error *e);

#endif
