/* The files of a project in which a word may stand, so that few are read. */
#ifndef AID_CONTEXT_WORD_FILES_H
#define AID_CONTEXT_WORD_FILES_H

#include "base/vec.h"
#include "context/kinds.h"

#define AID_WORD_FILES_MAX 50000              /* of a project that are given when nobody knows the word's */
#define AID_WORD_FILE_MAX ((size_t)4 << 20)   /* bytes of a file; Git's own may be larger */

/* Appends to FILES (char *, the caller's to free) the paths from HOW's root of its project's files that hold WORD, or, where
   version control cannot tell, of all; of what is not tracked yet, too.  AID_E_NOTFOUND: the root cannot be opened;
   AID_E_INVALID: version control failed. */
enum aid_err aid_word_files (const struct aid_resolve *how, struct aid_span word, struct aid_vec *files, struct aid_error *e);

#endif
