/* What the rooms of evaluation share. */
#ifndef AID_LEARN_EVAL_INTERNAL_H
#define AID_LEARN_EVAL_INTERNAL_H

#include "learn/eval.h"

#include <sys/stat.h>

#define AID_EVAL_PATH ((size_t)8192)
#define AID_EVAL_FILES 20000                 /* of a task's base */
#define AID_EVAL_FILE ((size_t)32 << 20)     /* bytes of one of them */
#define AID_EVAL_RESULTS ((size_t)512 << 20) /* bytes of a run's results */
#define AID_EVAL_ANSWER ((size_t)64 << 20)   /* of an answer that is kept */

/* --- eval_folder.c: a base that is a folder's files --------------------------------------------------------------- */

/* Calls FN with each file below ROOT, by name; PATH is from there.  AID_E_REFUSED: there is a link, or what is no file. */
enum aid_err aid_eval_folder_each (const char *root,
                                   enum aid_err (*fn) (void *ctx, const char *path, const char *full, const struct stat *st,
                                                       struct aid_error *e),
                                   void *ctx, struct aid_error *e);
enum aid_err aid_eval_folder_copy (const char *root, const char *to, struct aid_error *e);

/* --- eval_task.c -------------------------------------------------------------------------------------------------- */

struct aid_eval_task *aid_eval_task_new (const char *name, struct aid_error *e);
void aid_eval_task_free (struct aid_eval_task *t);
/* Adds PART, of which PATH may be the name, to what the task's hash is made of. */
void aid_eval_hash_part (struct aid_sha256 *s, const char *what, struct aid_span part);
/* Reads rows of a data set into OUT (eval_row.c). */
enum aid_err aid_eval_rows_read (const char *file, struct aid_eval_tasks *out, struct aid_error *e);

/* --- eval_place.c: bases laid out --------------------------------------------------------------------------------- */

struct aid_eval_places;
/* Bases are laid out below SCRATCH when they are first asked for.  REPOSITORIES: those of the settings (ces.h). */
struct aid_eval_places *
aid_eval_places_new (const char *scratch, const struct aid_eval_tasks *tasks, const json_t *repositories);
/* The folder with the base of the task I, as long as nobody says that it is done with; any thread. */
enum aid_err aid_eval_place (struct aid_eval_places *p, size_t i, const char **dir, struct aid_error *e);
void aid_eval_place_done (struct aid_eval_places *p, size_t i);
void aid_eval_places_free (struct aid_eval_places *p);

/* --- eval_exact.c ------------------------------------------------------------------------------------------------- */

/* Whether ANSWER changes the files of DIR to what SOLUTION makes of them, their executable bits, too: *EXACT 1 or 0; -1: SOLUTION
   is NULL or says nothing there.  *CHANGES: whether there is a change in ANSWER at all. */
enum aid_err aid_eval_exact (struct aid_span answer, const char *solution, const char *dir, int *changes, int *exact,
                             struct aid_error *e);

/* --- eval_attempt.c ----------------------------------------------------------------------------------------------- */

/* Makes A at DIR: *ROW is its line, a new reference.  An error is one that ends the run, or AID_E_CANCELLED. */
enum aid_err aid_eval_attempt (const struct aid_eval_run *r, const struct aid_eval_attempt *a, const char *dir, json_t **row,
                               struct aid_error *e);
/* What it would cost. */
enum aid_err aid_eval_attempt_ahead (const struct aid_eval_run *r, const struct aid_eval_attempt *a, const char *dir,
                                     int64_t *tokens, double *cost, struct aid_error *e);

/* --- eval_arm.c: a model with a strategy -------------------------------------------------------------------------- */

enum aid_eval_measure
{
  AID_EVAL_APPLIED,
  AID_EVAL_PARSED,
  AID_EVAL_TYPED,
  AID_EVAL_BUILT,
  AID_EVAL_TESTED,
  AID_EVAL_ALL_GREEN,
  AID_EVAL_EXACT,
  AID_EVAL_MEASURES
};
const char *aid_eval_measure_name (enum aid_eval_measure m); /* "applied", ... "green", "exact" */

/* What the samples of one task came to. */
struct aid_eval_score
{
  const char *task, *hash, *language; /* of its rows; the language may be NULL */
  const char *why;                    /* what the first one that was not green failed at, or NULL */
  int64_t n, errors;                  /* samples that were answered, and that were not */
  int64_t hits[AID_EVAL_MEASURES], of[AID_EVAL_MEASURES];
  int64_t outcomes[AID_EVAL_OUTCOMES], cut; /* CUT: the answer was longer than it may be */
  int64_t asked;                            /* samples of which tokens and cost are: also those that were not judged */
  int64_t in, cached, out, reasoning, unpriced;
  double cost;              /* of those whose cost is known */
  double first_ms, ms;      /* sums, over the samples of N whose time is known, */
  int64_t n_first_ms, n_ms; /* which are so many */
};
struct aid_eval_arm
{
  const char *model, *strategy;
  struct aid_vec scores;         /* struct aid_eval_score, in the order of the tasks' names */
  struct aid_vec firsts, totals; /* int64_t: ms of each sample */
};
/* The arms of R, in the order in which they came: struct aid_eval_arm.  Borrows from R.  Free it by aid_eval_arms_free. */
enum aid_err aid_eval_arms (const struct aid_eval_results *r, struct aid_vec *out, struct aid_error *e);
void aid_eval_arms_free (struct aid_vec *arms);
/* The shares of M by task: as many as there are scores; to be freed. */
struct aid_eval_share;
struct aid_eval_share *aid_eval_shares (const struct aid_vec *scores, enum aid_eval_measure m);

#endif
