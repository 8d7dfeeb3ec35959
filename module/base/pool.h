/* A few worker threads for what would stall the caller: files, placing, counting.  All signals are blocked in them. */
#ifndef AID_BASE_POOL_H
#define AID_BASE_POOL_H

#include "base/err.h"

#include <stddef.h>

struct aid_pool;

/* Gives a pool of up to N threads (1 to 8): one at once, the others when more jobs wait than threads do. */
struct aid_pool *aid_pool_new (unsigned n, struct aid_error *e);
/* Runs FN (ARG) on some worker, in the order of submission per pool of one.  FREE_ARG (may be NULL) is called instead
   when the pool stops before FN began.  AID_E_LIMIT when 10,000 jobs wait, AID_E_STATE when stopping. */
enum aid_err aid_pool_run (struct aid_pool *p, void (*fn) (void *arg), void (*free_arg) (void *arg), void *arg);

/* A job whose memory is the caller's: for what must not fail.  FN may free it. */
struct aid_pool_job
{
  void (*fn) (void *arg);
  void (*free_arg) (void *arg);      /* as above */
  void *arg;
  struct aid_pool_job *next;         /* the pool's, as OWNED is */
  int owned;
};
/* The same as aid_pool_run for JOB, whose first three members are set and which stays where it is until one of its functions
   is called: needs no memory and knows no limit.  AID_E_STATE when stopping. */
enum aid_err aid_pool_put (struct aid_pool *p, struct aid_pool_job *job);

/* Drops what has not begun, waits for what has, joins the threads.  The pool takes nothing more, and says so, until it is freed:
   for threads that may still want it. */
void aid_pool_stop (struct aid_pool *p);
/* Stops it first, if that was not done. */
void aid_pool_free (struct aid_pool *p);

/* Starts a thread with every signal blocked but those of crashes, a 1 MiB stack and NAME (15 bytes) for debuggers. */
enum aid_err aid_thread_start (unsigned long *thread, const char *name, void *(*fn) (void *), void *arg,
                               struct aid_error *e);

/* Calls FN (CTX, I) for each I below N, in this thread and in up to HELPERS others (at most 32) named NAME, in any order and
   several at once; returns when all that began are done.  When one fails, no more are begun, and the error of the first that
   failed is given.  Where there are no threads to be had it is all done here. */
enum aid_err aid_thread_each (size_t n, unsigned helpers, const char *name,
                              enum aid_err (*fn) (void *ctx, size_t i, struct aid_error *e), void *ctx, struct aid_error *e);

#endif
