/* What the queue's engines have to do; each function as its namesake in queue.h, which checks what it is given. */
#ifndef AID_CES_QUEUE_INTERNAL_H
#define AID_CES_QUEUE_INTERNAL_H

#include "ces/queue.h"

struct aid_queue_engine
{
  void (*close) (void *on);
  enum aid_err (*submit) (void *on, const struct aid_queue_task *t, struct aid_error *e);
  enum aid_err (*result) (void *on, const char *id, json_t **out, struct aid_error *e);
  enum aid_err (*cancel) (void *on, const char *id, const char **was, struct aid_error *e);
  enum aid_err (*status) (void *on, json_t **out, struct aid_error *e);
  enum aid_err (*forget) (void *on, int64_t ago_ms, int64_t *n, struct aid_error *e);
  enum aid_err (*claim) (void *on, const struct aid_queue_worker *w, int n, int fair, struct aid_vec *held, int *next_ms,
                         struct aid_error *e);
  enum aid_err (*renew) (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *const *held, size_t n,
                         unsigned char *lost, struct aid_error *e);
  enum aid_err (*finish) (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *h, const char *outcome,
                          struct aid_span text, int *taken, struct aid_error *e);
  enum aid_err (*give_back) (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *h, const char *why,
                             int after_ms, struct aid_error *e);
  enum aid_err (*leave) (void *on, const struct aid_queue_worker *w, struct aid_error *e);
  enum aid_err (*listen) (void *on, unsigned news, struct aid_error *e);
  enum aid_err (*wait) (void *on, int ms, const int others[2], unsigned *news, struct aid_error *e);
};

struct aid_queue
{
  const struct aid_queue_engine *engine;
  void *on;
};

extern const struct aid_queue_engine aid_queue_pg, aid_queue_file;
enum aid_err
aid_queue_pg_open (const struct aid_queue_place *place, const struct aid_stop *stop, void **on, struct aid_error *e);
enum aid_err aid_queue_file_open (const struct aid_stop *stop, void **on, struct aid_error *e);

/* What both engines' rows are made into (queue.c). */
struct aid_queue_row
{
  const char *id, *state, *outcome, *worker; /* OUTCOME and WORKER: "" for none */
  struct aid_span text;                      /* the verdict, or the error */
  int64_t tries, attempts, queued, started, done;
};
enum aid_err aid_queue_row_json (const struct aid_queue_row *r, json_t **out, struct aid_error *e);
const char *aid_queue_state (const char *z); /* the literal that equals Z: "waiting", "running" or "done" */
/* A new item behind those in HELD, or NULL without memory. */
struct aid_queue_held *aid_queue_held_add (struct aid_vec *held, const char *id, int64_t fence, int64_t attempts, int ours);

/* The clock that says when something may be taken without anybody telling: neither at once again and again nor never. */
#define AID_QUEUE_NEXT_LEAST_MS 50
int aid_queue_next (int64_t ms); /* below 0: -1 */

/* The error that a task gets whose workers died. */
#define AID_QUEUE_KILLED "Every worker that judged it ended meanwhile; it is given up"

/* --- the bells of the file's queue (queue_bell.c): each who waits has a pipe with a name in a folder ------------------- */

struct aid_bell;

/* Makes one in the folder DIR (made, 0700) that is rung for NEWS.  Free with aid_bell_free. */
enum aid_err aid_bell_new (const char *dir, unsigned news, struct aid_bell **out, struct aid_error *e);
int aid_bell_fd (const struct aid_bell *b);  /* readable when it was rung; NULL: -1 */
unsigned aid_bell_take (struct aid_bell *b); /* what for, since the last time */
void aid_bell_free (struct aid_bell *b);
/* Rings those in DIR that are there for NEWS, and takes away those that nobody listens to.  Fine when there are none. */
void aid_bell_ring (const char *dir, unsigned news);

/* --- the evaluations of a worker, each on a thread of its own (queue_slots.c) ------------------------------------------ */

struct aid_queue_slots;

struct aid_queue_slot_done
{
  struct aid_queue_held *held;
  enum aid_err err;
  struct aid_error why;
  json_t *verdict; /* or NULL */
  int stopped;     /* it was told to end */
};

/* WORK is borrowed. */
enum aid_err aid_queue_slots_new (const struct aid_queue_work *work, struct aid_queue_slots **out, struct aid_error *e);
int
aid_queue_slots_fd (const struct aid_queue_slots *s); /* readable when one has ended since the last aid_queue_slots_take */
/* Begins HELD, which moves in, on a slot that is free. */
enum aid_err aid_queue_slots_begin (struct aid_queue_slots *s, struct aid_queue_held *held, struct aid_error *e);
/* One that has ended, whose slot is free when it is put back; 0: there is none. */
int aid_queue_slots_take (struct aid_queue_slots *s, struct aid_queue_slot_done *out);
/* Frees what was taken, and its slot. */
void aid_queue_slots_put (struct aid_queue_slots *s, struct aid_queue_slot_done *done);
int aid_queue_slots_free_n (struct aid_queue_slots *s);
/* Those that are held: at most MOST of them into OUT, which stay valid until they are put. */
size_t aid_queue_slots_held (struct aid_queue_slots *s, const struct aid_queue_held **out, size_t most);
/* Tells the evaluation of HELD (NULL: all) to end. */
void aid_queue_slots_stop (struct aid_queue_slots *s, const struct aid_queue_held *held);
/* Ends all and joins the threads. */
void aid_queue_slots_free (struct aid_queue_slots *s);

#endif
