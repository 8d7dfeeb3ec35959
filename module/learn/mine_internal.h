/* What mine.c (the way through the vaults), mine_timeline.c (one vault's moments), mine_moved.c (what version control did),
   mine_changes.c (what a change is made of), mine_filter.c and mine_theme.c (whether it is wanted), mine_prefer.c (decisions) and
   mine_keep.c (keeping it) share. */
#ifndef AID_LEARN_MINE_INTERNAL_H
#define AID_LEARN_MINE_INTERNAL_H

#include "base/vec.h"
#include "learn/mine.h"
#include "learn/minhash.h"
#include "learn/timeline.h"

#define AID_MINE_DIFF_MAX ((size_t)4 << 20) /* bytes of a diff that is looked at */
#define AID_MINE_FILES_MAX 1000             /* files of a change that are listed; more are too many anyway */

/* --- mine_changes.c ----------------------------------------------------------------------------------------------- */

struct aid_mine_file
{
  char *path, *old_path; /* OLD_PATH: NULL unless it was renamed */
  char change;           /* 'A', 'D', 'M', 'R', 'T' */
  unsigned old_mode;     /* of what was there; 0: nothing */
  unsigned mode;         /* of what is there then; 0 when it is gone */
  char old_blob[AID_VAULT_ID], blob[AID_VAULT_ID];
  int64_t added, removed; /* lines; -1: it is no text */
};
#define AID_MINE_FILES_INIT AID_VEC_INIT (struct aid_mine_file, AID_MINE_FILES_MAX)
void aid_mine_files_free (struct aid_vec *files);
/* Appends what git diff-tree -z --raw --numstat says in TEXT.  -1: it is no such thing, or too much. */
int aid_mine_files_read (struct aid_span text, struct aid_vec *files);
/* Appends what differs between the trees BASE and AFTER.  AID_E_LIMIT: too many files. */
enum aid_err aid_mine_files_of (const struct aid_vault *v, const char *base, const char *after, struct aid_vec *files,
                                struct aid_error *e);
/* Appends the diff from BASE to AFTER.  AID_E_LIMIT. */
enum aid_err
aid_mine_diff (const struct aid_vault *v, const char *base, const char *after, struct aid_str *out, struct aid_error *e);
/* Lines that FILES change. */
int64_t aid_mine_lines (const struct aid_vec *files);

/* --- mine_timeline.c ---------------------------------------------------------------------------------------------- */

/* A vault's snapshots, the oldest first. */
struct aid_mine_line
{
  const struct aid_vault *vault;
  struct aid_vec snapshots; /* struct aid_mine_shot */
  struct aid_vec moments;   /* struct aid_mine_moment, of the same */
  struct aid_vec steps;     /* struct aid_mine_step; filled when it is wanted */
  int stepped;
  struct aid_vec commits; /* char *: the files of each commit of version control, each with a newline around it */
  int committed;
};
struct aid_mine_shot
{
  char id[AID_VAULT_ID], tree[AID_VAULT_ID];
};
/* What was changed between two green trees, paths with a newline around each. */
struct aid_mine_step
{
  size_t first, last; /* moments */
  char *paths;
};
enum aid_err aid_mine_line_read (struct aid_mine_line *l, const struct aid_vault *v, struct aid_error *e);
void aid_mine_line_free (struct aid_mine_line *l);
/* The message of snapshot AT, a new reference; NULL when it is gone. */
json_t *aid_mine_line_told (const struct aid_mine_line *l, size_t at);

/* --- mine_moved.c ------------------------------------------------------------------------------------------------- */

/* Sets what is known of M's N moments to have been moved (mine_find.h), by Git's log of HEAD in the project at ROOT, if it is
   there.  NAMES has the revisions by their numbers, from 1. */
void aid_mine_find_moves (const char *root, const struct aid_span *names, struct aid_mine_moment *m, size_t n);
/* The same by the LOG's text. */
void aid_mine_read_moves (struct aid_span log, const struct aid_span *names, struct aid_mine_moment *m, size_t n);

/* --- one that was found ------------------------------------------------------------------------------------------- */

struct aid_mine_case
{
  enum aid_mine_kind kind;
  char id[AID_EXAMPLE_ID];
  char base[AID_VAULT_ID], after[AID_VAULT_ID], before[AID_VAULT_ID]; /* trees; "" where there is none */
  size_t from, to;                                                    /* moments of BASE and AFTER */
  enum aid_mine_level level;
  int64_t time, began, still;
  struct aid_vec files;
  struct aid_str diff, rejected; /* of a preference one may be empty */
  struct aid_str whole;          /* of a preference: the file's text after it; its path is the only file's */
  struct aid_minhash hash;
  char *question;
};
void aid_mine_case_init (struct aid_mine_case *c);
void aid_mine_case_free (struct aid_mine_case *c);

struct aid_mine_kept;
struct aid_mine_work
{
  const struct aid_mine_options *options;
  struct aid_mine_settings settings;
  char rules[64]; /* the settings, as they are compared */
  struct aid_mine_sum *sum;
  struct aid_examples *x; /* NULL: there are none */
  int dry;                /* nothing is written */
  int64_t now;
  struct aid_vault *vault;
  struct aid_mine_line line;
  json_t *consent; /* what every example of the vault says of it */
  struct aid_mine_kept *kept;
  size_t young;
};

/* --- mine_filter.c ------------------------------------------------------------------------------------------------ */

/* Whether C is wanted, looking at it as far as that takes; WORDS gets what exactly is wrong. */
enum aid_err aid_mine_filter (struct aid_mine_work *w, struct aid_mine_case *c, enum aid_mine_why *why,
                              struct aid_str *words, struct aid_error *e);

/* --- mine_theme.c ------------------------------------------------------------------------------------------------- */

/* Whether all of C's files belong together; else WORDS gets two that do not. */
enum aid_err aid_mine_one_theme (struct aid_mine_work *w, const struct aid_mine_case *c, int *one, struct aid_str *words,
                                 struct aid_error *e);
/* Whether the names of two files say that they belong together. */
int aid_mine_near (struct aid_span a, struct aid_span b);

/* --- mine_prefer.c ------------------------------------------------------------------------------------------------ */

enum aid_err aid_mine_prefer (struct aid_mine_work *w, struct aid_error *e);

/* --- mine.c ------------------------------------------------------------------------------------------------------- */

/* Decides about C, whose id is set, and takes it, or tells why not. */
enum aid_err
aid_mine_decide (struct aid_mine_work *w, struct aid_mine_case *c, enum aid_mine_why first, struct aid_error *e);

/* --- mine_keep.c -------------------------------------------------------------------------------------------------- */

/* NULL without memory. */
struct aid_mine_kept *aid_mine_kept_new (void);
void aid_mine_kept_free (struct aid_mine_kept *k);
/* *WHY gets what was decided about ID under the same settings before, 0 is given when nothing was. */
int aid_mine_was_decided (struct aid_mine_work *w, const char *id, enum aid_mine_why *why);
/* The example, or one that waits, which C is like; ID gets its id.  0: there is none. */
int aid_mine_find_alike (struct aid_mine_work *w, const struct aid_mine_case *c, char id[AID_EXAMPLE_ID]);
/* Takes C: its trees are kept, and then it is put.  It waits for others, until aid_mine_flush. */
enum aid_err aid_mine_keep (struct aid_mine_work *w, struct aid_mine_case *c, struct aid_error *e);
/* Notes that the one of ID is not taken. */
void aid_mine_note (struct aid_mine_work *w, const char *id, enum aid_mine_why why);
enum aid_err aid_mine_flush (struct aid_mine_work *w, struct aid_error *e);
/* Whether nothing is new in the vault since it was mined to its end (aid_mine_mark), under the same settings. */
int aid_mine_is_marked (struct aid_mine_work *w, const char *tip);
enum aid_err aid_mine_mark (struct aid_mine_work *w, const char *tip, struct aid_error *e);

#endif
