/* Named sets of items of a project: a person's own in the state's folder, the project's in its .aid/sets.json.  They are data,
   {"sets": {"NAME": ["src/a.c#L3-L9", "commit:HEAD", ...]}}: items as people write them, files from the project's root. */
#ifndef AID_CONTEXT_SETS_H
#define AID_CONTEXT_SETS_H

#include "base/err.h"
#include "base/vec.h"
#include <stddef.h>

#define AID_SETS_MAX 500       /* of one file */
#define AID_SET_ITEMS_MAX 500  /* of one set */
#define AID_SET_NAME_MAX 100   /* bytes */

struct aid_set
{
  char *name;
  int shared;                  /* it is the project's */
  struct aid_vec items;        /* char * */
};

/* Gives the sets of the project at ROOT in SETS (struct aid_set), which is empty: the person's own, then the project's that have
   no twin there.  Free with aid_sets_free, whatever is returned.  AID_E_PARSE, AID_E_INVALID: a file makes no sense; AID_E_IO. */
enum aid_err aid_sets_load (const char *root, struct aid_vec *sets, struct aid_error *e);
void aid_sets_free (struct aid_vec *sets);
/* Saves N items as the set NAME, in the project when SHARED; with none, forgets it.  AID_E_INVALID: no name; AID_E_LIMIT,
   AID_E_REFUSED: .aid/sets.json is a link, or a shared item leads out of the project; AID_E_NOTFOUND: it is not there. */
enum aid_err aid_sets_save (const char *root, const char *name, const char *const *items, size_t n, int shared,
                            struct aid_error *e);
/* Whether ITEM of a set that a project brings may be read without asking: no file outside of ROOT, not by a link either. */
int aid_set_item_is_inside (const char *root, const char *item);

#endif
