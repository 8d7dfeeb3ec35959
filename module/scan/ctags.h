/* Definitions by universal-ctags: one process that stays is given text after text.  It reads no options of the user or the
   project, and no file.  Private to this folder; sources.h is how it is asked. */
#ifndef AID_SCAN_CTAGS_H
#define AID_SCAN_CTAGS_H

#include "base/vec.h"
#include "scan/helper.h"
#include "scan/scan.h"

/* Starts PROGRAM, or one of the usual names (NULL).  AID_E_NOTFOUND: there is none of them, or it is another ctags; AID_E_IO or
   AID_E_TIMEOUT: it cannot be used. */
enum aid_err aid_ctags_start (const char *program, struct aid_helper **out);

/* Fills S (empty) with what TEXT defines; imports and regions are none.  FILE: a name by which ctags knows the language.
   What it says is held against the text: a definition whose name is not on its line is left out, and where one ends is
   guessed by indentation where ctags does not tell.  After an error H is of no use
   any more. */
enum aid_err aid_ctags_ask (struct aid_helper *h, const char *file, struct aid_span text, struct aid_scan *s, int64_t until);

/* The parts of that.  A vector of tags with none in it; drop it in the end. */
struct aid_vec aid_ctags_tags (void);
void aid_ctags_drop (struct aid_vec *tags);
/* Puts LINE into TAGS, if it is a tag of a kind that we know.  AID_E_NOTFOUND: more lines follow; AID_OK: it was the last one
   of an answer; AID_E_IO: ctags has given up. */
enum aid_err aid_ctags_read (struct aid_span line, struct aid_vec *tags);
/* Fills S (empty) with what TAGS, which it sorts, say of TEXT. */
enum aid_err aid_ctags_define (struct aid_vec *tags, struct aid_span text, struct aid_scan *s);

#endif
