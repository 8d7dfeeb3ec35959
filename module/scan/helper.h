/* A program that stays and answers over pipes, a line at a time: the resident mode of universal-ctags, and ours that has
   tree-sitter.  It ends when its input does, and so with us, however we end.  Private to this folder. */
#ifndef AID_SCAN_HELPER_H
#define AID_SCAN_HELPER_H

#include "base/err.h"
#include "base/str.h"

#define AID_HELPER_LINE ((size_t)64 << 10) /* bytes of a line; a longer one is passed over */

/* Belongs to one thread at a time. */
struct aid_helper;

/* Starts ARGV (NULL at the end) in the folder "/".  AID_E_NOTFOUND, AID_E_IO, AID_E_NOMEM. */
enum aid_err aid_helper_start (const char *const *argv, struct aid_helper **out, struct aid_error *e);
/* Writes BYTES, or takes its next line, without newline and borrowed until the next call; until the time UNTIL of
   aid_clock_ms.  AID_E_TIMEOUT: it was not ready by then; AID_E_IO: it has ended.  After either it is of no use any more. */
enum aid_err aid_helper_put (struct aid_helper *h, struct aid_span bytes, int64_t until);
enum aid_err aid_helper_line (struct aid_helper *h, struct aid_span *line, int64_t until);
/* Ends it at once, and what it started.  NULL is fine. */
void aid_helper_end (struct aid_helper *h);

#endif
