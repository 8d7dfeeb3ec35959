/* Fenced blocks that may be whole files or edited copies: noting them, and reading what they came to. */
#ifndef AID_PATCH_READ_WHOLE_H
#define AID_PATCH_READ_WHOLE_H

#include "patch/patch_internal.h"

/* What a block came to: changes as a unified diff of one file, or why there are none. */
struct aid_settled
{
  size_t beg;    /* of the block in the answer */
  char *diff;    /* owned; with REFUSED it shows what was refused */
  char *refused; /* a reason, owned, or NULL */
  char *note;    /* why it is no change, owned, or NULL */
};

/* Notes the block from BEG to END if it names a file; INFO is what stands behind its opening fence, PROSE the text before it.
   ANY: also where it does not look like a file's text. */
enum aid_err aid_read_candidate (struct aid_patch *p, struct aid_span info, struct aid_span prose,
                                 const struct aid_cursor *content, size_t beg, size_t end, int any);

/* The lines behind a block that keep in a chat what it came to: a marker line ("<!--aid:KEY diff-->", with refused=REASON when
   it was refused) and a quote.  *END gets where they end, or FROM when there are none; then *OUT is empty. */
enum aid_err aid_read_kept (const struct aid_cursor *answer, size_t from, struct aid_settled *out, size_t *end);
void aid_settled_free (struct aid_settled *s);

/* Appends what S came to as a block of files and hunks from BEG to END. */
enum aid_err aid_read_settled (struct aid_patch *p, const struct aid_settled *s, size_t beg, size_t end);

/* Reads ANSWER; blocks that SETTLED (struct aid_settled, ascending; may be NULL) speaks of are what that says. */
enum aid_err aid_patch_read_with (struct aid_span answer, enum aid_patch_format format, const struct aid_vec *settled,
                                  struct aid_patch **out, struct aid_error *e);

#endif
