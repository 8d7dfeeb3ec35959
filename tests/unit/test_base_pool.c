/* The workers: everything runs once, in order with one worker, and stopping waits or gives back. */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int begun, ran, dropped;
static int order[100], nordered;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void
count (void *arg)
{
  (void) arg;
  ran++;
}

static void
drop (void *arg)
{
  (void) arg;
  dropped++;
}

static void
note_order (void *arg)
{
  order[nordered++] = (int) (intptr_t) arg;
}

static void
wait_at_gate (void *arg)
{
  (void) arg;
  begun++;
  pthread_mutex_lock (&gate);
  pthread_mutex_unlock (&gate);
  ran++;
}

static int
reset (void **state)
{
  (void) state;
  begun = ran = dropped = 0;
  nordered = 0;
  return 0;
}

static void
every_job_runs_or_is_given_back (void **state)
{
  (void) state;
  struct aid_pool *p = aid_pool_new (4, NULL);
  assert_non_null (p);
  for (int i = 0; i < 2000; i++)
    assert_int_equal (aid_pool_run (p, count, drop, NULL), AID_OK);
  aid_pool_free (p);
  assert_int_equal (ran + dropped, 2000);
}

/* Threads are started when jobs wait for them: none of these ends before all have begun. */
static void
as_many_run_at_once_as_the_pool_may (void **state)
{
  (void) state;
  struct aid_pool *p = aid_pool_new (4, NULL);
  pthread_mutex_t *held = &gate;
  pthread_mutex_lock (held);
  for (int i = 0; i < 8; i++)
    assert_int_equal (aid_pool_run (p, wait_at_gate, NULL, NULL), AID_OK);
  while (begun < 4)
    sched_yield ();
  assert_int_equal (begun, 4);
  pthread_mutex_unlock (held);
  while (ran < 8)
    sched_yield ();
  aid_pool_free (p);
}

static void *
stop (void *pool)
{
  aid_pool_free (pool);
  return NULL;
}

static void
one_worker_keeps_the_order (void **state)
{
  (void) state;
  struct aid_pool *p = aid_pool_new (1, NULL);
  pthread_mutex_t *held = &gate;
  pthread_mutex_lock (held);
  aid_pool_run (p, wait_at_gate, NULL, NULL);
  for (intptr_t i = 0; i < 100; i++)
    aid_pool_run (p, note_order, NULL, (void *) i);
  /* A last job that tells us when all have run. */
  pthread_mutex_unlock (held);
  aid_pool_run (p, count, NULL, NULL);
  while (ran < 2)
    sched_yield ();
  aid_pool_free (p);
  assert_int_equal (nordered, 100);
  for (int i = 0; i < 100; i++)
    assert_int_equal (order[i], i);
}

static void
free_job (void *arg)
{
  free (arg);
  ran++;
}

/* The queue is full: a job that brings its own memory is taken, in its turn, also when its function frees it. */
static void
a_job_of_the_callers_is_always_taken (void **state)
{
  (void) state;
  struct aid_pool *p = aid_pool_new (1, NULL);
  struct aid_pool_job late = { count, drop, NULL, NULL, 0 };
  pthread_mutex_lock (&gate);
  aid_pool_run (p, wait_at_gate, NULL, NULL);
  while (!begun)
    sched_yield ();
  int accepted = 0;
  while (aid_pool_run (p, count, drop, NULL) == AID_OK)
    accepted++;
  for (int i = 0; i < 20000; i++)
    {
      struct aid_pool_job *job = calloc (1, sizeof *job);
      *job = (struct aid_pool_job){ free_job, free_job, job, NULL, 0 };
      assert_int_equal (aid_pool_put (p, job), AID_OK);
    }
  assert_int_equal (ran, 0);
  pthread_mutex_unlock (&gate);
  while (ran < accepted + 20001)
    sched_yield ();
  aid_pool_stop (p);
  assert_int_equal (aid_pool_put (p, &late), AID_E_STATE);
  aid_pool_free (p);
  assert_int_equal (dropped, 0);
}

static void
the_queue_has_a_limit_and_stopping_waits_for_what_began (void **state)
{
  (void) state;
  struct aid_pool *p = aid_pool_new (1, NULL);
  int accepted = 0;
  pthread_mutex_lock (&gate);
  aid_pool_run (p, wait_at_gate, NULL, NULL);
  while (!begun)
    sched_yield ();
  while (accepted < 20000 && aid_pool_run (p, count, drop, NULL) == AID_OK)
    accepted++;
  assert_int_equal (accepted, 10000);
  unsigned long stopper;
  assert_int_equal (aid_thread_start (&stopper, "stopper", stop, p, NULL), AID_OK);
  while (dropped < accepted)
    sched_yield ();
  assert_int_equal (ran, 0);
  pthread_mutex_unlock (&gate);
  pthread_join (stopper, NULL);
  assert_int_equal (ran, 1);
}

static void
a_stopped_pool_refuses_until_it_is_freed (void **state)
{
  (void) state;
  struct aid_pool *p = aid_pool_new (2, NULL);
  aid_pool_stop (p);
  assert_int_equal (aid_pool_run (p, count, drop, NULL), AID_E_STATE);
  assert_int_equal (ran + dropped, 0);
  aid_pool_free (p);
}

static void *
look_at_signals (void *arg)
{
  sigset_t blocked;
  pthread_sigmask (SIG_SETMASK, NULL, &blocked);
  *(int *) arg = sigismember (&blocked, SIGINT) && sigismember (&blocked, SIGCHLD) && sigismember (&blocked, SIGALRM);
  return NULL;
}

static void
threads_take_no_signals (void **state)
{
  (void) state;
  int all = 0;
  unsigned long id;
  sigset_t own;
  assert_int_equal (aid_thread_start (&id, "a name longer than fifteen", look_at_signals, &all, NULL), AID_OK);
  pthread_join (id, NULL);
  assert_true (all);
  pthread_sigmask (SIG_SETMASK, NULL, &own);
  assert_false (sigismember (&own, SIGINT));
}

/* --- one job in many parts --- */

enum { PARTS = 1000 };
static atomic_int times[PARTS];

static enum aid_err
do_part (void *ctx, size_t i, struct aid_error *e)
{
  const size_t *bad = ctx;
  times[i]++;
  return bad && i == *bad ? aid_error_set (e, AID_E_IO, "part %zu failed", i) : AID_OK;
}

static void
every_part_is_done_once_however_many_help (void **state)
{
  (void) state;
  for (unsigned helpers = 0; helpers <= 40; helpers += 8)
    {
      for (size_t i = 0; i < PARTS; i++)
        times[i] = 0;
      assert_int_equal (aid_thread_each (PARTS, helpers, "parts", do_part, NULL, NULL), AID_OK);
      for (size_t i = 0; i < PARTS; i++)
        assert_int_equal (times[i], 1);
    }
  assert_int_equal (aid_thread_each (0, 4, "parts", do_part, NULL, NULL), AID_OK);
}

static void
a_part_that_fails_is_the_last_to_begin (void **state)
{
  (void) state;
  struct aid_error e = { AID_OK, "" };
  size_t bad = 3;
  for (size_t i = 0; i < PARTS; i++)
    times[i] = 0;
  assert_int_equal (aid_thread_each (PARTS, 0, "parts", do_part, &bad, &e), AID_E_IO);
  assert_string_equal (e.msg, "part 3 failed");
  assert_int_equal (times[3], 1);
  assert_int_equal (times[4], 0);
  assert_int_equal (aid_thread_each (PARTS, 8, "parts", do_part, &bad, &e), AID_E_IO);
  assert_string_equal (e.msg, "part 3 failed");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (every_job_runs_or_is_given_back, reset),
    cmocka_unit_test_setup (as_many_run_at_once_as_the_pool_may, reset),
    cmocka_unit_test_setup (one_worker_keeps_the_order, reset),
    cmocka_unit_test_setup (a_job_of_the_callers_is_always_taken, reset),
    cmocka_unit_test_setup (the_queue_has_a_limit_and_stopping_waits_for_what_began, reset),
    cmocka_unit_test_setup (a_stopped_pool_refuses_until_it_is_freed, reset),
    cmocka_unit_test (threads_take_no_signals),
    cmocka_unit_test (every_part_is_done_once_however_many_help),
    cmocka_unit_test (a_part_that_fails_is_the_last_to_begin),
  };
  return cmocka_run_group_tests_name ("base pool", tests, NULL, NULL);
}
