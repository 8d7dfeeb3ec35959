/* The queue of evaluations: who submits leaves a task and an answer, workers on any number of machines take them, judge
   them and leave the verdict.  Two engines, one behaviour: a PostgreSQL of the team's, when the setting "ces" names one,
   else a file of this machine (SQLite).

   A worker holds a task by a lease that it renews; when it dies the lease ends, by the clock of the queue, and another
   takes the task.  Each taking has a number, the fence, that is greater than those before: a verdict counts only with
   the fence that stands there, so a task has one verdict, whoever dies, sleeps or comes late.  Each statement may be
   repeated when it is not known whether it was done. */
#ifndef AID_CES_QUEUE_H
#define AID_CES_QUEUE_H

#include "base/stop.h"
#include "base/vec.h"
#include "team/place.h"

#define AID_QUEUE_ID 29               /* 28 hex digits and a NUL; the first 12 are the time */
#define AID_QUEUE_TEXT_MAX (8u << 20) /* bytes of a task, of an answer, of a verdict */
#define AID_QUEUE_KEY_MAX 128         /* bytes of a key */
#define AID_QUEUE_KEYS_MAX 256        /* warm trees that a worker names */
#define AID_QUEUE_TRIES 3             /* takings of a task that may end without a verdict */
#define AID_QUEUE_TRIES_MAX 1000
#define AID_QUEUE_LEASE_MS 30000
#define AID_QUEUE_HOLD_MS 2000 /* that a task waits for who has its tree, before others take it, too */
#define AID_QUEUE_DAYS 30      /* that what is done is kept */

/* --- where it is (queue_place.c) --------------------------------------------------------------------------------------- */

struct aid_queue_place
{
  struct aid_team_place server; /* its url is NULL: the file of this machine */
  int64_t days;                 /* that verdicts are kept; 0: for ever */
};
/* The user's setting "ces": {"queue": ...}, borrowed from C.  Errors as aid_team_place_read's. */
enum aid_err aid_queue_place_read (const struct aid_config *c, struct aid_queue_place *out, struct aid_error *e);
/* Whether others than this person may have submitted what is in it. */
int aid_queue_is_shared (const struct aid_queue_place *place);

/* --- a connection; of one thread at a time (queue.c) ------------------------------------------------------------------- */

struct aid_queue;

/* STOP (may be NULL; borrowed) ends every wait.  AID_E_NOTFOUND: it was not set up, AID_E_REFUSED: it is not for us, or
   of a newer AID; AID_E_NET, AID_E_TIMEOUT, AID_E_STATE: not now; AID_E_PARSE: the file is damaged. */
enum aid_err aid_queue_open (const struct aid_queue_place *place, const struct aid_stop *stop, struct aid_queue **out,
                             struct aid_error *e);
void aid_queue_close (struct aid_queue *q); /* NULL is fine */
/* After these the connection is of no use, and what it was told has been done or not. */
int aid_queue_is_lost (enum aid_err err);

/* --- submitting -------------------------------------------------------------------------------------------------------- */

enum aid_err aid_queue_new_id (char id[AID_QUEUE_ID], struct aid_error *e);
int aid_queue_is_id (const char *z);
/* Appends a key for TASK from its text alone, for who does not have its repository: 64 hex digits. */
void aid_queue_key (const json_t *task, struct aid_str *out);

struct aid_queue_task
{
  const char *id, *key;         /* whose tree is needed: equal for equal trees */
  struct aid_span task, answer; /* JSON of docs/ces.md; any bytes */
  int ours;                     /* it may name any folder and command, as AID_CES_OURS; if the worker believes that */
  int tries;                    /* 0: AID_QUEUE_TRIES */
};
/* Durable when it returns.  The same id again changes nothing.  AID_E_LIMIT: too large; AID_E_INVALID. */
enum aid_err aid_queue_submit (struct aid_queue *q, const struct aid_queue_task *t, struct aid_error *e);
/* {id, state: "waiting" | "running" | "done", outcome: "verdict" | "error" | "cancelled" | null, verdict, error: {code,
   message}, tries, attempts, worker, queued, started, done (ms since 1970)}: a new reference.  AID_E_NOTFOUND: none, or
   not ours. */
enum aid_err aid_queue_result (struct aid_queue *q, const char *id, json_t **out, struct aid_error *e);
/* Nobody judges it any more; who does is told.  *WAS gets "waiting", "running" or "done" (nothing is changed then).
   AID_E_NOTFOUND. */
enum aid_err aid_queue_cancel (struct aid_queue *q, const char *id, const char **was, struct aid_error *e);
/* {waiting, running, done, verdicts, errors, cancelled, oldest_ms (the age of who waits longest), last_minute (done in
   it), lost (leases that ended with their workers), workers: [{name, host, pid, jobs, running, done, warm, seen_ms,
   alive}]}: a new reference. */
enum aid_err aid_queue_status (struct aid_queue *q, json_t **out, struct aid_error *e);
/* Forgets what was done before BEFORE_MS ago, and workers that are long gone.  *N gets how many tasks. */
enum aid_err aid_queue_forget (struct aid_queue *q, int64_t ago_ms, int64_t *n, struct aid_error *e);

/* --- working ----------------------------------------------------------------------------------------------------------- */

struct aid_queue_worker
{
  char name[80]; /* one's own: HOST-PID-RANDOM */
  char host[64];
  int pid, jobs;
  int lease_ms, hold_ms;
  struct aid_vec keys; /* char *: the trees that it has */
};
struct aid_queue_held
{
  char id[AID_QUEUE_ID];
  int64_t fence;
  int attempts; /* this one counted */
  int ours;     /* as who submitted it says */
  struct aid_str key, task, answer;
};
void aid_queue_held_free (struct aid_queue_held *h);

/* Takes up to N tasks for W, which go behind those in HELD (struct aid_queue_held).  First those whose tree it has, then
   those whose tree nobody has or that have waited for HOLD_MS; FAIR: one that has waited longest comes first, whatever
   its tree.  *NEXT_MS: when there may be more without anybody telling, -1: not before somebody does. */
enum aid_err aid_queue_claim (struct aid_queue *q, const struct aid_queue_worker *w, int n, int fair, struct aid_vec *held,
                              int *next_ms, struct aid_error *e);
/* W lives, has these KEYS, and holds the N tasks of HELD: their leases are renewed, what else it was given goes back
   uncounted.  LOST[i] gets whether that one is its no more. */
enum aid_err aid_queue_renew (struct aid_queue *q, const struct aid_queue_worker *w,
                              const struct aid_queue_held *const *held, size_t n, unsigned char *lost, struct aid_error *e);

enum aid_queue_outcome
{
  AID_QUEUE_VERDICT,
  AID_QUEUE_ERROR,    /* {"code", "message"}: nobody will judge it */
  AID_QUEUE_CANCELLED /* not for aid_queue_finish */
};
/* Leaves TEXT, a JSON document.  *TAKEN: whether it counts; else somebody else has the task now, or has judged it. */
enum aid_err aid_queue_finish (struct aid_queue *q, const struct aid_queue_worker *w, const struct aid_queue_held *h,
                               enum aid_queue_outcome outcome, struct aid_span text, int *taken, struct aid_error *e);
/* Gives it back.  WHY: what kept W from judging it, which counts as a try, and the next one is in AFTER_MS at the
   earliest; NULL: W only stops. */
enum aid_err aid_queue_return (struct aid_queue *q, const struct aid_queue_worker *w, const struct aid_queue_held *h,
                               const char *why, int after_ms, struct aid_error *e);
/* Gives back all that W holds, and W is gone. */
enum aid_err aid_queue_leave (struct aid_queue *q, const struct aid_queue_worker *w, struct aid_error *e);

/* --- waiting ----------------------------------------------------------------------------------------------------------- */

enum aid_queue_news
{
  AID_QUEUE_WORK = 1, /* there is something to take */
  AID_QUEUE_STOP = 2, /* something that runs was cancelled */
  AID_QUEUE_DONE = 4  /* something is done */
};
/* What is told from now on: a set of the above. */
enum aid_err aid_queue_listen (struct aid_queue *q, unsigned news, struct aid_error *e);
/* Waits for it, MS at most (-1: for ever), or until one of OTHERS (descriptors, or -1) is readable.  *NEWS gets what was
   told; what happened before a wait is told by it. */
enum aid_err aid_queue_wait (struct aid_queue *q, int ms, const int others[2], unsigned *news, struct aid_error *e);

/* --- as a whole -------------------------------------------------------------------------------------------------------- */

/* Who submits and waits: connections that are kept for the next one (queue_ask.c).  Any thread; several at once. */
struct aid_queue_asker;
/* Borrows PLACE.  Connects when it is asked. */
struct aid_queue_asker *aid_queue_asker_new (const struct aid_queue_place *place, struct aid_error *e);
void aid_queue_asker_free (struct aid_queue_asker *a); /* nobody is in another function of it; NULL is fine */
/* Submits T, unless its task is empty, and waits for the end of the task T->id; *RESULT: as aid_queue_result's.  RESULT
   NULL: only submits.  A stop cancels what was submitted here.  When the queue is away it is tried again for PATIENCE_MS
   (-1: for ever). */
enum aid_err aid_queue_ask (struct aid_queue_asker *a, const struct aid_queue_task *t, int patience_ms,
                            const struct aid_stop *stop, json_t **result, struct aid_error *e);

/* What a worker is told to do; all of it borrowed (queue_worker.c). */
struct aid_queue_work
{
  int jobs;              /* evaluations at once, 1 to 64 */
  int lease_ms, hold_ms; /* 0: the defaults */
  int grace_ms;          /* that running evaluations have to end when it stops; then they are given back */
  int most;              /* ends after so many; 0: never by itself */
  /* Judges, as aid_ces_evaluate; OURS as in aid_queue_task.  Several at once. */
  enum aid_err (*judge) (void *ctx, const json_t *task, struct aid_span answer, int ours, const struct aid_stop *stop,
                         json_t **verdict, struct aid_error *e);
  json_t *(*warm) (void *ctx); /* an array of the keys of the trees that are there, a new reference; may be NULL */
  /* What happens, in a sentence: that it waits for a queue that is away, that a verdict came late.  May be NULL. */
  void (*tell) (void *ctx, const char *what);
  void *ctx;
};
struct aid_queue_worked
{
  int64_t judged, late, returned; /* verdicts and errors that count, that do not; tasks that were given back */
};
/* Works until STOP is set: then it takes no more, lets what runs end for GRACE_MS, gives back the rest, and leaves.  A
   queue that is away is waited for.  AID_E_REFUSED, AID_E_NOTFOUND, AID_E_PARSE, AID_E_NOMEM: it cannot work. */
enum aid_err aid_queue_work (const struct aid_queue_place *place, const struct aid_queue_work *work,
                             const struct aid_stop *stop, struct aid_queue_worked *done, struct aid_error *e);

/* --- setting a PostgreSQL up (queue_schema.c) -------------------------------------------------------------------------- */

enum aid_queue_right
{
  AID_QUEUE_SUBMITS, /* leaves tasks, sees and cancels its own, and the sums */
  AID_QUEUE_WORKS    /* takes tasks, leaves verdicts, forgets old ones */
};
void aid_queue_grant (enum aid_queue_right right, const char *role, struct aid_str *out);
/* Appends all statements, for who runs them by himself. */
void aid_queue_schema_print (struct aid_str *out);
int aid_queue_schema_newest (void);
/* Sets it up, or brings it up to date, and runs GRANTS.  *WAS gets the version that it had. */
enum aid_err aid_queue_init (const struct aid_queue_place *place, const char *grants, const struct aid_stop *stop, int *was,
                             struct aid_error *e);

#endif
