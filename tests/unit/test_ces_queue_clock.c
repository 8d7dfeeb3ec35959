/* The queue when the clock is set back or ahead, and when the machine was started anew: nobody waits for that, and no lease
   ends. */
#include "ces_queue_held.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The clock of this process stands so much ahead. */
static int64_t ahead_s;

int
clock_gettime (clockid_t id, struct timespec *t)
{
  int bad = (int)syscall (SYS_clock_gettime, id, t);
  if (!bad && id == CLOCK_REALTIME)
    t->tv_sec += ahead_s;
  return bad;
}

#define HOUR_S 3600
#define LOOKS 1000

/* W takes what there is, though not at once. */
static int
claim_soon (struct aid_queue *q, const struct aid_queue_worker *w, struct aid_vec *held)
{
  int n = 0;
  for (int i = 0; i < LOOKS && !(n = claim (q, w, 9, 0, held)); i++)
    nap ();
  return n;
}

static void
a_clock_that_is_set_back_makes_nobody_wait (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker dies = worker ("dies", 1, 0), w = worker ("w", 60000, 0);
  struct aid_vec held = HELD;
  char key[] = "warm at who died";
  ahead_s = HOUR_S;
  submit (q, "k", "{}", "its worker dies", 0);
  submit (q, "k", "{}", "it is given back", 0);
  renew (q, &dies, key, NULL);
  assert_int_equal (claim (q, &dies, 2, 0, &held), 2);
  assert_int_equal (aid_queue_return (q, &dies, at (&held, 1), "{}", 20, NULL), AID_OK);
  submit (q, key, "{}", "who has its tree dies", 0);
  ahead_s = 0;
  drop (&held);
  while (held.len < 3 && claim_soon (q, &w, &held))
    ;
  assert_int_equal (held.len, 3);
  assert_int_equal (count_of (q, "lost"), 1);
  drop (&held);
  aid_vec_free (&dies.keys);
  aid_queue_close (q);
}

static void
a_clock_that_is_set_ahead_ends_no_lease (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0), other = worker ("other", 60000, 0);
  struct aid_vec held = HELD, none = HELD;
  submit (q, "k", "{}", "", 0);
  assert_int_equal (claim (q, &w, 1, 0, &held), 1);
  ahead_s = HOUR_S;
  assert_int_equal (claim (q, &other, 1, 1, &none), 0);
  ahead_s = 0;
  assert_true (finish (q, &w, at (&held, 0), "{}"));
  assert_true (has (q, at (&held, 0)->id, "state", "done"));
  drop (&held);
  aid_queue_close (q);
}

static void
who_waits_longest_comes_first_whatever_the_clock_said (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0);
  struct aid_vec held = HELD;
  int64_t n;
  ahead_s = HOUR_S;
  const char *first = submit (q, "k", "{}", "", 0);
  ahead_s = 0;
  submit (q, "k", "{}", "", 0);
  assert_true (count_of (q, "oldest_ms") >= 0);
  assert_int_equal (claim (q, &w, 1, 0, &held), 1);
  assert_string_equal (at (&held, 0)->id, first);
  ahead_s = HOUR_S;
  assert_true (finish (q, &w, at (&held, 0), "{}"));
  ahead_s = 0;
  assert_int_equal (aid_queue_forget (q, 0, &n, NULL), AID_OK); /* all of it */
  assert_int_equal (n, 1);
  drop (&held);
  aid_queue_close (q);
}

/* Runs STATEMENTS in the queue's file. */
static void
sql_in_file (const char *statements)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_db *db;
  if (aid_db_open (scratch_path ("aid/ces-queue.db"), 1000, &db, &e) || aid_db_exec (db, statements, &e))
    fail_msg ("%s", e.msg);
  aid_db_close (db);
}

/* What a task's times are when they are of another start of the machine, or of an AID before they were of one. */
static void
expect_free_behind (const char *statements)
{
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0), other = worker ("other", 60000, 60000);
  struct aid_vec held = HELD;
  char key[] = "k";
  renew (q, &w, key, NULL);
  submit (q, "k", "{}", "runs", 0);
  assert_int_equal (claim (q, &w, 1, 0, &held), 1);
  submit (q, "k", "{}", "waits", 0);
  aid_queue_close (q);
  drop (&held);
  sql_in_file (statements);
  q = open_it ();
  assert_int_equal (claim (q, &other, 9, 0, &held), 2);
  json_t *all;
  assert_int_equal (aid_queue_status (q, &all, NULL), AID_OK);
  assert_int_equal (json_array_size (json_object_get (all, "workers")), 0);
  assert_int_equal (aid_json_int (all, "lost", 0), 1);
  assert_true (aid_json_int (all, "oldest_ms", -1) >= 0);
  json_decref (all);
  drop (&held);
  aid_vec_free (&w.keys);
  aid_queue_close (q);
}

static void
who_worked_before_the_machine_was_started_is_gone (void **state)
{
  (void)state;
  expect_free_behind ("UPDATE clock SET boot = 'another start'");
}

static void
an_older_queue_is_brought_up_to_date (void **state)
{
  (void)state;
  expect_free_behind (
    "DROP TABLE clock; DROP INDEX tasks_waiting; ALTER TABLE tasks DROP COLUMN came; PRAGMA user_version = 1;"
    "ALTER TABLE tasks RENAME COLUMN held_until TO lease; ALTER TABLE tasks RENAME COLUMN not_before TO after;"
    "ALTER TABLE workers RENAME COLUMN lives_until TO until;"
    "CREATE INDEX tasks_waiting ON tasks(queued, number) WHERE state = 'waiting';"
    "UPDATE tasks SET lease = 4102444800000 WHERE state = 'running'; UPDATE tasks SET after = 4102444800000;"
    "UPDATE workers SET seen = 4102444800000, until = 4102444800000");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_BOTH (a_clock_that_is_set_back_makes_nobody_wait),
    ON_BOTH (a_clock_that_is_set_ahead_ends_no_lease),
    ON_BOTH (who_waits_longest_comes_first_whatever_the_clock_said),
    cmocka_unit_test_setup_teardown (who_worked_before_the_machine_was_started_is_gone, file_make, scratch_drop),
    cmocka_unit_test_setup_teardown (an_older_queue_is_brought_up_to_date, file_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, server_make, server_drop);
}
