/* Snapshots that were taken, in their order, and a file through them.  Reads only: no lock is needed, and one that is forgotten
   meanwhile is an error. */
#ifndef AID_LEARN_TIMELINE_H
#define AID_LEARN_TIMELINE_H

#include "learn/vault.h"
#include <jansson.h>

#define AID_TIMELINE_MAX ((size_t)1 << 20) /* snapshots that are looked through */

struct aid_snapshot
{
  char id[AID_VAULT_ID], tree[AID_VAULT_ID], before[AID_VAULT_ID]; /* BEFORE: the one taken before it, "" for the first */
  char ref[64];                                                    /* of its hour */
  size_t place;                                                    /* among those of its hour, the newest first */
  int64_t time_ms;
  json_t *told;  /* message.h's object; NULL when it is not ours */
  json_t *files; /* what is another than in the one before, unless it was not asked for: [{ "path", "change": "added",
                    "changed" or "deleted", and where a path was asked for and it is text: "added", "removed": lines }] */
};

struct aid_timeline_which
{
  int64_t since;        /* ms since 1970; 0: all */
  size_t most;          /* the newest so many; 0: all */
  const char *id;       /* that one alone; or NULL */
  int bare;             /* without what they changed */
  struct aid_span path; /* those in which this file is another than before; empty: all */
};

/* Calls FN for each snapshot that WHICH says, the newest first, each borrowed; until it gives not 0. */
enum aid_err aid_timeline (const struct aid_vault *s, const struct aid_timeline_which *which,
                           int (*fn) (void *ctx, const struct aid_snapshot *one), void *ctx, struct aid_error *e);
/* Appends the bytes of PATH in snapshot ID.  AID_E_NOTFOUND. */
enum aid_err aid_timeline_text (const struct aid_vault *s, const char *id, struct aid_span path, struct aid_str *out,
                                struct aid_error *e);
/* Appends what snapshot ID changed, as a diff. */
enum aid_err aid_timeline_diff (const struct aid_vault *s, const char *id, struct aid_str *out, struct aid_error *e);
/* The full id of what ID ("latest" or 4 digits and more) names.  AID_E_NOTFOUND. */
enum aid_err aid_timeline_find (const struct aid_vault *s, const char *id, char out[AID_VAULT_ID], struct aid_error *e);

/* Calls FN for each file of snapshot ID at PATH or below it (empty: all), with git's mode in octal and the blob's id. */
enum aid_err aid_timeline_files (const struct aid_vault *s, const char *id, struct aid_span path,
                                 enum aid_err (*fn) (void *ctx, unsigned mode, const char *blob, struct aid_span path,
                                                     struct aid_error *e),
                                 void *ctx, struct aid_error *e);
/* Appends the blob's bytes. */
enum aid_err aid_timeline_blob (const struct aid_vault *s, const char *blob, struct aid_str *out, struct aid_error *e);

#endif
