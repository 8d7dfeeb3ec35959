/* Definitions by universal-ctags, for languages that have no scanner here: one process reads many files.  It reads no options
   of the user or the project. */
#ifndef AID_SCAN_CTAGS_H
#define AID_SCAN_CTAGS_H

#include "base/stop.h"
#include "scan/scan.h"

#define AID_CTAGS_FILES 2000 /* of one call */

struct aid_ctags_file
{
  const char *path;     /* absolute; one with a newline has no definitions */
  struct aid_span text; /* what is in it */
};

/* S (borrowed until it returns) is what file I of the call defines; imports and regions are none.  Not 0 stops. */
typedef int aid_ctags_fn (void *ctx, size_t i, const struct aid_scan *s);

/* Whether PROGRAM ("ctags") is there and is one that can be used.  Runs it, for some milliseconds: ask once. */
int aid_ctags_present (const char *program);

/* Calls FN once for each of the N files, in order, on this thread.  What ctags says is held against the text: a definition
   whose name is not on its line is left out.  AID_E_NOTFOUND: there is no such program; AID_E_CANCELLED: STOP or FN. */
enum aid_err aid_ctags_scan (const char *program, const struct aid_ctags_file *files, size_t n, aid_ctags_fn *fn, void *ctx,
                             const struct aid_stop *stop, struct aid_error *e);

#endif
