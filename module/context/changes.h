/* What changed between two texts, as a unified diff: small where little changed, and never long to find. */
#ifndef AID_CONTEXT_CHANGES_H
#define AID_CONTEXT_CHANGES_H

#include "base/err.h"
#include "base/str.h"

#define AID_CHANGES_STEPS 1000 /* lines that are added or removed between two that are the same: beyond, all of it is replaced */

/* Appends the hunks that turn OLD into NEW, with three lines around each; nothing when both are the same.  AID_E_NOMEM,
   AID_E_LIMIT:
   a text has more than a million lines, or OUT is full. */
enum aid_err aid_changes_diff (struct aid_span old_text, struct aid_span new_text, struct aid_str *out);

#endif
