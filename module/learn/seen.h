/* How the files looked that are in the last snapshot: what a process leaves for the next one, whose first snapshot then reads
   only what looks otherwise.  It is a file `seen' beside the repository: of this version, this day and that very snapshot, or it
   counts for nothing, and all files are looked through. */
#ifndef AID_LEARN_SEEN_H
#define AID_LEARN_SEEN_H

#include "learn/leave.h"
#include "learn/vault.h"
#include "project/project.h"

struct aid_seen;

#define AID_SEEN_AGE_MS                                                                                                     \
  INT64_C (86400000) /* then all files are looked through again: what changed in its mode alone is found */

/* Of the snapshot LAST, taken with files up to FILE_MAX bytes; NULL when there is none that counts.  *WHOLE_MS gets when all
   files were looked through last, since 1970. */
struct aid_seen *aid_seen_load (const struct aid_vault *vault, const char *last, uint64_t file_max, int64_t *whole_ms);
/* Whether FILE still looks as it did; *WHY gets why it was left out. */
int aid_seen_same (struct aid_seen *seen, const struct aid_project_file *file, enum aid_leave *why);
/* Calls FN with each path that aid_seen_same was not asked about: those that are gone. */
void aid_seen_rest (struct aid_seen *seen, void (*fn) (void *ctx, struct aid_span path), void *ctx);
void aid_seen_free (struct aid_seen *seen);

/* Writing: the file is replaced by aid_seen_end, unless something failed. */
struct aid_seen_out
{
  struct aid_str text;
};
void aid_seen_begin (struct aid_seen_out *o, const char *last, uint64_t file_max, int64_t whole_ms);
/* FILE, left out for WHY.  SURE: it is in the snapshot as it is; else the next one reads it. */
void aid_seen_add (struct aid_seen_out *o, const struct aid_project_file *file, enum aid_leave why, int sure);
void aid_seen_end (struct aid_seen_out *o, const struct aid_vault *vault);
/* Takes it away. */
void aid_seen_forget (const struct aid_vault *vault);

#endif
