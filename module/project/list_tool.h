/* Lists that another program prints. */
#ifndef AID_PROJECT_LIST_TOOL_H
#define AID_PROJECT_LIST_TOOL_H

#include "project/list.h"

/* Runs ARGV (a NULL at its end) with ENV in the folder of PART: it prints paths relative to that, a NUL behind each; one that ends in
   a slash is a part of its own.  NAME is for people: why it failed becomes a note. */
enum aid_err aid_list_by (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, const char *name,
                          const char *const *argv, const char *const *env, struct aid_error *e);

#endif
