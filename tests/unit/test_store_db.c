/* A database of one writer and several readers, whose failures say what to do. */
#include "store/db.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch.h"

static struct aid_db *
opened (void)
{
  struct aid_db *db = NULL;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_db_open (scratch_path ("a.db"), 100, &db, &e), AID_OK);
  return db;
}

static int64_t
number (struct aid_db *db, const char *sql)
{
  sqlite3_stmt *s;
  int row;
  assert_int_equal (aid_db_prepare (db, sql, &s, NULL), AID_OK);
  assert_int_equal (aid_db_step (db, s, &row, NULL), AID_OK);
  assert_true (row);
  int64_t n = sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return n;
}

static void
bytes_come_back_as_they_were (void **state)
{
  (void)state;
  struct aid_db *db = opened ();
  sqlite3_stmt *put, *get;
  struct aid_span bytes = { "a\0\xFF", 3 };
  int row;
  assert_int_equal (aid_db_exec (db, "CREATE TABLE t(b BLOB NOT NULL)", NULL), AID_OK);
  assert_int_equal (aid_db_prepare (db, "INSERT INTO t VALUES(?1)", &put, NULL), AID_OK);
  aid_db_blob (put, 1, bytes);
  assert_int_equal (aid_db_run (db, put, NULL), AID_OK);
  aid_db_blob (put, 1, aid_span_z (NULL));
  assert_int_equal (aid_db_run (db, put, NULL), AID_OK);
  assert_int_equal (aid_db_prepare (db, "SELECT b FROM t ORDER BY rowid", &get, NULL), AID_OK);
  assert_int_equal (aid_db_step (db, get, &row, NULL), AID_OK);
  assert_true (row && aid_span_eq (aid_db_column (get, 0), bytes));
  assert_int_equal (aid_db_step (db, get, &row, NULL), AID_OK);
  assert_true (row && aid_db_column (get, 0).len == 0);
  assert_int_equal (aid_db_step (db, get, &row, NULL), AID_OK);
  assert_false (row);
  aid_db_close (db);
}

static void
readers_see_whole_transactions_and_never_wait (void **state)
{
  (void)state;
  struct aid_db *writer = opened (), *reader = opened ();
  aid_db_exec (writer, "CREATE TABLE t(n INT); INSERT INTO t VALUES(1)", NULL);
  assert_int_equal (aid_db_exec (writer, "BEGIN IMMEDIATE; INSERT INTO t VALUES(2)", NULL), AID_OK);
  assert_int_equal (number (reader, "SELECT count(*) FROM t"), 1);
  assert_int_equal (aid_db_exec (writer, "COMMIT", NULL), AID_OK);
  assert_int_equal (number (reader, "SELECT count(*) FROM t"), 2);
  aid_db_close (reader);
  aid_db_close (writer);
}

static void
a_second_writer_is_told_that_somebody_writes (void **state)
{
  (void)state;
  struct aid_db *one = opened (), *two = opened ();
  struct aid_error e;
  aid_db_exec (one, "CREATE TABLE t(n INT); BEGIN IMMEDIATE", NULL);
  assert_int_equal (aid_db_exec (two, "BEGIN IMMEDIATE", &e), AID_E_STATE);
  assert_non_null (strstr (e.msg, "Another process uses"));
  aid_db_close (two);
  aid_db_close (one);
}

/* Run by itself as another process, of which PATH is the database. */
static int
add_one_and_close (const char *path)
{
  struct aid_db *db;
  int bad = aid_db_open (path, 1000, &db, NULL) || aid_db_exec (db, "INSERT INTO t VALUES(2)", NULL);
  aid_db_close (db);
  return bad;
}

/* Each connection's locks hold until its own end: what others of its process do does not end them. */
static void
another_process_that_closes_it_is_not_taken_for_the_last (void **state)
{
  (void)state;
  char line[5000];
  struct aid_db *first = opened (), *second;
  assert_int_equal (aid_db_exec (first, "CREATE TABLE t(n INTEGER); INSERT INTO t VALUES(1)", NULL), AID_OK);
  second = opened ();
  snprintf (line, sizeof line, "/proc/%d/exe '%s'", (int)getpid (), scratch_path ("a.db"));
  assert_int_equal (system (line), 0);
  assert_int_equal (aid_db_exec (first, "INSERT INTO t VALUES(3)", NULL), AID_OK);
  assert_int_equal (number (second, "SELECT count(*) FROM t"), 3);
  struct aid_db *third = opened ();
  assert_int_equal (number (third, "SELECT count(*) FROM t"), 3);
  aid_db_close (first);
  aid_db_close (second);
  aid_db_close (third);
}

enum
{
  OPENERS = 4,
  ROUNDS = 200
};
static pthread_barrier_t all_are_here;

static void *
open_and_close (void *path)
{
  struct aid_db *db;
  struct aid_error e = { AID_OK, "" };
  pthread_barrier_wait (&all_are_here);
  enum aid_err err = aid_db_open (path, 60000, &db, &e);
  aid_db_close (db);
  return (void *)(uintptr_t)err;
}

static void
several_make_it_at_once (void **state)
{
  (void)state;
  pthread_barrier_init (&all_are_here, NULL, OPENERS);
  for (int round = 0; round < ROUNDS; round++)
    {
      pthread_t threads[OPENERS];
      char path[4200];
      snprintf (path, sizeof path, "%s%d", scratch_path ("made.db"), round);
      for (int i = 0; i < OPENERS; i++)
        assert_int_equal (pthread_create (&threads[i], NULL, open_and_close, path), 0);
      for (int i = 0; i < OPENERS; i++)
        {
          void *err;
          pthread_join (threads[i], &err);
          assert_null (err);
        }
    }
  pthread_barrier_destroy (&all_are_here);
}

static void
what_is_no_database_is_told_as_damaged (void **state)
{
  (void)state;
  struct aid_db *db;
  struct aid_error e;
  FILE *f = fopen (scratch_path ("a.db"), "w");
  for (int i = 0; i < 3000; i++)
    fputs ("no database ", f);
  fclose (f);
  assert_int_equal (aid_db_open (scratch_path ("a.db"), 100, &db, &e), AID_E_PARSE);
  assert_null (db);
  assert_non_null (strstr (e.msg, "damaged"));
  assert_non_null (strstr (e.msg, "a.db"));
}

static void
only_the_owner_can_read_it (void **state)
{
  (void)state;
  struct aid_db *db = opened ();
  struct stat st;
  assert_int_equal (stat (scratch_path ("a.db"), &st), 0);
  assert_int_equal (st.st_mode & 07777, 0600);
  aid_db_close (db);
}

int
main (int argc, char **argv)
{
  if (argc > 1)
    return add_one_and_close (argv[1]);
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (bytes_come_back_as_they_were, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (readers_see_whole_transactions_and_never_wait, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_second_writer_is_told_that_somebody_writes, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (another_process_that_closes_it_is_not_taken_for_the_last, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (several_make_it_at_once, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (what_is_no_database_is_told_as_damaged, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (only_the_owner_can_read_it, scratch_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
