/* How well models do with strategies: each task is asked by the path of aid ask, the answer is judged by the Code
   Evaluation Service, and each attempt's result is a line of a file, so that a run that was ended goes on where it
   was.  docs/eval.md has the forms of tasks and results. */
#ifndef AID_LEARN_EVAL_H
#define AID_LEARN_EVAL_H

#include "base/sha256.h"
#include "base/stop.h"
#include "base/vec.h"
#include "ces/ces.h"
#include "learn/ask_once.h"
#include "learn/dataset_build.h"

#define AID_EVAL_TASKS 100000 /* of one run */
#define AID_EVAL_SAMPLES 1000 /* of one task */
#define AID_EVAL_JOBS 2       /* at once, */
#define AID_EVAL_JOBS_MAX 32  /* and at most */
#define AID_EVAL_ALPHA 0.05   /* of intervals */

/* --- tasks (eval_task.c, eval_folder.c, eval_row.c) --------------------------------------------------------------- */

struct aid_eval_task
{
  char *name, *language; /* the language may be NULL */
  char *question;
  struct aid_vec files;      /* char *: that the question shows, from the root */
  char *folder;              /* the base is a folder's files; NULL: it is JUDGE's tree */
  json_t *judge;             /* a task of the Code Evaluation Service */
  char *solution;            /* an answer whose result is exact; or NULL */
  char hash[AID_SHA256_HEX]; /* of all that decides what is asked and how it is judged */
};
struct aid_eval_tasks
{
  struct aid_vec list; /* struct aid_eval_task *, by name */
};
/* Reads the folder of tasks or the file of rows at PATH; ONLY: the names of those that are wanted, or empty.  Free OUT in any
   case.  AID_E_INVALID: one is wrong, or there is none; AID_E_NOTFOUND: one of ONLY is not there. */
enum aid_err aid_eval_tasks_read (const char *path, const char *const *only, size_t nonly, struct aid_eval_tasks *out,
                                  struct aid_error *e);
void aid_eval_tasks_free (struct aid_eval_tasks *t);

/* --- results (eval_results.c) ------------------------------------------------------------------------------------- */

enum aid_eval_outcome
{
  AID_EVAL_GREEN,    /* every rung passed */
  AID_EVAL_RED,      /* one did not */
  AID_EVAL_NONE,     /* the answer has no change in it */
  AID_EVAL_REFUSED,  /* the model refused, or its server would not let it answer */
  AID_EVAL_ERROR,    /* there was no answer: the request failed; it is asked again when the run goes on */
  AID_EVAL_UNJUDGED, /* there was one, and it could not be judged here; it is judged again when the run goes on */
  AID_EVAL_OUTCOMES
};
const char *aid_eval_outcome_name (enum aid_eval_outcome o);

/* What names an attempt in a run. */
struct aid_eval_attempt
{
  const struct aid_eval_task *task;
  const char *model, *strategy;
  int64_t sample; /* from 1 */
};
#define AID_EVAL_KEY 17 /* 16 hex digits and a NUL */
void aid_eval_key (const struct aid_eval_attempt *a, char key[AID_EVAL_KEY]);

struct aid_map;
struct aid_eval_results
{
  json_t *rows;         /* an array: the last line of each attempt, in the order in which they were first there */
  struct aid_map *keys; /* of an attempt -> its row, borrowed */
};
/* Reads the results of the run at PATH, its folder or its results.jsonl.  A last line without its end, of a run that
   was killed, is passed over.  Free OUT in any case.  AID_E_NOTFOUND; AID_E_INVALID and which line is wrong. */
enum aid_err aid_eval_results_read (const char *path, struct aid_eval_results *out, struct aid_error *e);
/* The same of the bytes TEXT, which WHAT names. */
enum aid_err
aid_eval_results_parse (struct aid_span text, const char *what, struct aid_eval_results *out, struct aid_error *e);
void aid_eval_results_free (struct aid_eval_results *r);
/* The outcome of ROW. */
enum aid_eval_outcome aid_eval_outcome_of (const json_t *row);

struct aid_eval_log;
/* The file of results in DIR, which is made, to add to; of two processes one gets it.  What a killed process has left
   of a line is taken away.  AID_E_STATE: another one has it. */
enum aid_err aid_eval_log_open (const char *dir, struct aid_eval_log **out, struct aid_error *e);
/* Adds ROW; it is on the disk then.  Any thread. */
enum aid_err aid_eval_log_add (struct aid_eval_log *l, const json_t *row, struct aid_error *e);
void aid_eval_log_close (struct aid_eval_log *l);
/* AID_E_STATE: another process has that of DIR.  Changes nothing. */
enum aid_err aid_eval_log_is_free (const char *dir, struct aid_error *e);
/* The answer that was kept for KEY, an object with "text" and what asking gave, a new reference; NULL when there is none, or it
   answers the task as it was before it changed: HASH is the task's. */
json_t *aid_eval_answer_read (const char *dir, const char *key, const char *hash);
/* ANSWER has the task's hash as its member "hash". */
enum aid_err aid_eval_answer_keep (const char *dir, const char *key, const json_t *answer, struct aid_error *e);

/* --- running (eval_run.c, eval_attempt.c, eval_place.c) ----------------------------------------------------------- */

/* A question as it is sent; OWN is who made it's. */
struct aid_eval_question
{
  struct aid_span chat;
  const struct aid_ask_item *items;
  size_t nitems;
  void *own;
};

struct aid_eval_run
{
  const char *dir;     /* of the results */
  const char *scratch; /* an empty folder of ours: bases are laid out in it */
  const struct aid_eval_tasks *tasks;
  const char *const *models, *const *strategies;
  size_t nmodels, nstrategies;
  int64_t samples, jobs;
  double dollars;  /* it spends no more; negative: no limit */
  int over_budget; /* the budgets of the settings were agreed to be passed */
  struct aid_asker *asker;
  struct aid_ces *ces;
  const json_t *repositories; /* of its settings; or NULL */
  const struct aid_stop *stop;
  /* Makes G's question as aid ask does; any thread. */
  enum aid_err (*question) (void *ctx, const struct aid_gather *g, struct aid_eval_question *out, struct aid_error *e);
  void (*question_free) (void *ctx, struct aid_eval_question *q);
  /* Is called once the folder is this run's and what is there is of its tasks, before anything else is written; its error ends
     the run.  May be NULL. */
  enum aid_err (*begin) (void *ctx, struct aid_error *e);
  /* Hears of each attempt that has come to an end, on the thread that runs it, one at a time. */
  void (*tell) (void *ctx, const json_t *row, size_t done, size_t all);
  void *ctx;
};

struct aid_eval_ran
{
  size_t attempts, before;                  /* all of the run, and how many had their result */
  size_t outcomes[AID_EVAL_OUTCOMES], left; /* of those that were not; LEFT: not begun, for a limit or a stop */
  double cost;
  int unpriced, limited;
};
/* Makes the attempts that have no result yet: tasks one after the other, so that trees that were built are used while
   they are warm.  AID_E_INVALID: results of another task of the same name are there; AID_E_CANCELLED: STOP was set.
   OUT is filled all the same. */
enum aid_err aid_eval_run (const struct aid_eval_run *r, struct aid_eval_ran *out, struct aid_error *e);

struct aid_eval_forecast
{
  size_t attempts; /* that have no answer yet */
  int64_t tokens;
  double cost; /* negative: not known */
};
/* About what the run will cost: sends nothing. */
enum aid_err aid_eval_ahead (const struct aid_eval_run *r, struct aid_eval_forecast *out, struct aid_error *e);

/* --- what came of it (eval_report.c, eval_compare.c, eval_write.c) ------------------------------------------------ */

/* The report on R, with pass@k for each of KS (as far as there are samples): a new reference, as docs/eval.md has it. */
json_t *aid_eval_report (const struct aid_eval_results *r, const int64_t *ks, size_t nks);
/* A or B of a comparison. */
struct aid_eval_side
{
  const struct aid_eval_results *results;
  const char *name;             /* for people */
  const char *model, *strategy; /* only those; or NULL */
};
/* Compares them, task by task; *OUT is a new reference, as docs/eval.md has it.  AID_E_INVALID: they have nothing that can be
   compared. */
enum aid_err
aid_eval_compare (const struct aid_eval_side *a, const struct aid_eval_side *b, json_t **out, struct aid_error *e);

enum aid_eval_form
{
  AID_EVAL_TEXT,
  AID_EVAL_MARKDOWN
};
struct aid_eval_look
{
  enum aid_eval_form form;
  size_t width; /* characters that a line of plain text has room for; 0: any */
};
/* Appends REPORT, or COMPARISON, for people. */
void aid_eval_write_report (const json_t *report, const struct aid_eval_look *look, struct aid_str *out);
void aid_eval_write_comparison (const json_t *comparison, const struct aid_eval_look *look, struct aid_str *out);

#endif
