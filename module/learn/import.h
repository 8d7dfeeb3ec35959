/* One run of git fast-import: objects go in as they come, and nothing is seen of them until it ends.  One thread's. */
#ifndef AID_LEARN_IMPORT_H
#define AID_LEARN_IMPORT_H

#include "base/proc.h"
#include "learn/vault.h"

struct aid_vault_import
{
  const struct aid_vault *vault;
  const struct aid_stop *stop; /* may be NULL */
  struct aid_child child;
  struct aid_str out; /* not written yet */
  uint64_t marks;     /* blobs so far */
};

/* Starts it, with the right to write.  WHOLE: many unlike files will come.  I is to be given to aid_vault_import_finish or
   aid_vault_import_abort. */
enum aid_err aid_vault_import_begin (struct aid_vault_import *i, const struct aid_vault *s, int whole,
                                     const struct aid_stop *stop, struct aid_error *e);
/* Sends TEXT, commands of fast-import. */
enum aid_err aid_vault_import_send (struct aid_vault_import *i, struct aid_span text, struct aid_error *e);
/* Sends BYTES as a blob, whose mark *MARK is. */
enum aid_err aid_vault_import_blob (struct aid_vault_import *i, struct aid_span bytes, uint64_t *mark, struct aid_error *e);
/* Gives the id of the tree of the commit that was begun. */
enum aid_err aid_vault_import_tree (struct aid_vault_import *i, char tree[AID_VAULT_ID], struct aid_error *e);
/* Has it written and the refs moved, and waits for that. */
enum aid_err aid_vault_import_finish (struct aid_vault_import *i, struct aid_error *e);
/* Drops all that was sent. */
void aid_vault_import_abort (struct aid_vault_import *i);
/* Appends PATH as fast-import reads it, quoted. */
void aid_vault_import_quote (struct aid_span path, struct aid_str *out);

#endif
