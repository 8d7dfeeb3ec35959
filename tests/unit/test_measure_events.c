/* What happened to answers, in one file: whole or not at all, without a person's texts, and never at the cost of work. */
#include "measure_scene.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- what is recorded --------------------------------------------------------------------------------------------------- */

static void
an_event_comes_back_with_hashes_for_names (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_events_which any = { .since = 0 };
  decide (ev, "12345678", "/tmp");
  assert_int_equal (aid_events_wait (ev, 5000), 0);
  aid_events_free (ev);
  struct told t = all_of (&any);
  assert_int_equal (t.n, 1);
  const char *text = aid_str_z (&t.text);
  assert_non_null (strstr (text, "decision "));
  assert_non_null (strstr (text, " c {"));
  assert_non_null (strstr (text, "\"decision\":\"accepted\""));
  assert_non_null (strstr (text, "\"inserted\":12"));
  assert_non_null (strstr (text, "\"similarity\":0.5"));
  assert_null (strstr (text, "12345678"));
  assert_false (file_holds (file (), "secret.c"));
  assert_false (file_holds (file (), "k3y"));
  assert_false (file_holds (scratch_path ("aid/events.db-wal"), "secret.c"));
  aid_str_free (&t.text);
}

/* Until there are N events in the file, which nobody has asked to be written. */
static void
until_written (int64_t n)
{
  struct aid_events_which any = { .since = 0 };
  for (int64_t there = 0; there < n;)
    {
      struct told t = all_of (&any);
      there = t.n;
      aid_str_free (&t.text);
      usleep (10000);
    }
}

static void
events_are_written_although_nobody_waits_for_them (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  decide (ev, "12345678", "/tmp");
  until_written (1);
  decide (ev, "12345678", "/tmp"); /* while the thread looks by itself */
  decide (ev, "12345678", "/tmp");
  until_written (3);
  usleep (4300000);
  decide (ev, "12345678", "/tmp"); /* while it sleeps */
  until_written (4);
  aid_events_free (ev);
}

static void
what_no_table_names_is_not_recorded (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_events_which any = { .since = 0 };
  struct aid_str fields = AID_STR_INIT (4000);
  size_t o = aid_val_object (&fields);
  aid_val_kstrz (&fields, "answer", "the whole answer");
  aid_val_kstrz (&fields, "chars", "many");
  aid_val_kint (&fields, "seconds", 3);
  aid_val_end (&fields, o, 3);
  struct aid_measurement m = { .kind = AID_MEASURED_TYPED, .fields = aid_str_span (&fields) };
  aid_events_add (ev, &m);
  aid_events_free (ev);
  struct told t = all_of (&any);
  assert_string_equal (aid_str_z (&t.text), "typed - - - - {\"seconds\":3}\n");
  aid_str_free (&t.text);
  aid_str_free (&fields);
}

static void
a_long_word_is_cut (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_events_which any = { .since = 0 };
  struct aid_str fields = AID_STR_INIT (4000);
  char word[300];
  memset (word, 'x', sizeof word - 1);
  word[sizeof word - 1] = '\0';
  size_t o = aid_val_object (&fields);
  aid_val_kstrz (&fields, "model", word);
  aid_val_end (&fields, o, 1);
  struct aid_measurement m = { .kind = AID_MEASURED_REQUEST, .fields = aid_str_span (&fields) };
  aid_events_add (ev, &m);
  aid_events_free (ev);
  word[AID_EVENT_WORD_MAX] = '\0';
  struct told t = all_of (&any);
  struct aid_str wanted = AID_STR_INIT (1000);
  aid_str_addf (&wanted, "request - - - - {\"model\":\"%s\"}\n", word);
  assert_string_equal (aid_str_z (&t.text), aid_str_z (&wanted));
  aid_str_free (&wanted);
  aid_str_free (&t.text);
  aid_str_free (&fields);
}

static void
an_edited_hunk_has_the_share_that_was_changed (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_events_which any = { .since = 0 };
  struct aid_measurement m = { .kind = AID_MEASURED_DECISION,
                               .before = AID_SPAN ("int answer;\n"),
                               .after = AID_SPAN ("int answer;\n") };
  aid_events_add (ev, &m);
  m.after = AID_SPAN ("int answer;\n/* It is 42, */\n/* or not. */\n"); /* 12 and 42 characters, of which 12 are the same */
  aid_events_add (ev, &m);
  m.after = AID_SPAN ("xyz");
  aid_events_add (ev, &m);
  aid_events_free (ev);
  struct told t = all_of (&any);
  assert_string_equal (aid_str_z (&t.text), "decision - - - - {\"edited\":0.0}\n"
                                            "decision - - - - {\"edited\":0.5555555555555556}\n"
                                            "decision - - - - {\"edited\":1.0}\n");
  aid_str_free (&t.text);
}

static void
build (struct aid_events *ev, const char *root, const char *status)
{
  struct aid_str fields = AID_STR_INIT (1000);
  size_t o = aid_val_object (&fields);
  aid_val_ksym (&fields, "status", status);
  aid_val_end (&fields, o, 1);
  struct aid_measurement m = { .kind = AID_MEASURED_BUILD, .root = root, .fields = aid_str_span (&fields) };
  aid_events_add (ev, &m);
  aid_str_free (&fields);
}

static void
a_build_knows_how_the_one_before_it_ended (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_events_which here = { .root = "/tmp" };
  build (ev, "/tmp", "red");
  build (ev, "/usr", "green");
  build (ev, "/tmp", "green");
  aid_events_free (ev);
  struct told t = all_of (&here);
  assert_int_equal (t.n, 2);
  assert_non_null (strstr (aid_str_z (&t.text), "{\"status\":\"red\"}\n"));
  assert_non_null (strstr (aid_str_z (&t.text), "{\"status\":\"green\",\"before\":\"red\"}\n"));
  aid_str_free (&t.text);
}

static void
who_measures_nothing_has_no_file (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  put ("aid/config.json", "{\"measure\": false}");
  decide (ev, "1", "/tmp");
  assert_int_equal (aid_events_wait (ev, 5000), 0);
  aid_events_free (ev);
  assert_false (aid_fs_exists (file ()));
}

/* --- many ----------------------------------------------------------------------------------------------------------------- */

static pid_t
child_adds (int n, int forever)
{
  pid_t child = fork ();
  if (child)
    return child;
  struct aid_events *ev = aid_events_new ();
  for (int i = 0; i < n || forever; i++)
    {
      decide (ev, "1", "/tmp");
      if (i % 100 == 99 && aid_events_wait (ev, 10000))
        _exit (1);
    }
  int left = aid_events_wait (ev, 10000);
  aid_events_free (ev);
  _exit (left);
}

static int
ended_well (pid_t child)
{
  int status = 1;
  return waitpid (child, &status, 0) == child && WIFEXITED (status) && !WEXITSTATUS (status);
}

static void
two_processes_lose_nothing_and_no_id_is_used_twice (void **state)
{
  (void)state;
  struct aid_events_which any = { .since = 0 };
  pid_t a = child_adds (500, 0), b = child_adds (500, 0);
  assert_true (ended_well (a));
  assert_true (ended_well (b));
  struct told t = all_of (&any);
  assert_int_equal (t.n, 1000);
  assert_true (t.rising);
  aid_str_free (&t.text);
}

static int
is_whole (void)
{
  struct aid_db *db = NULL;
  sqlite3_stmt *s;
  int row = 0, ok = 0;
  if (!aid_events_open (&db, NULL) && db && !aid_db_prepare (db, "PRAGMA integrity_check", &s, NULL)
      && !aid_db_step (db, s, &row, NULL))
    ok = row && aid_span_eqz (aid_db_column (s, 0), "ok");
  aid_db_close (db);
  return ok;
}

static void
a_writer_that_is_killed_leaves_whole_events (void **state)
{
  (void)state;
  for (int round = 0; round < 5; round++)
    {
      pid_t child = child_adds (0, 1);
      int64_t until = aid_clock_ms () + 20000;
      size_t before = count ();
      while (count () < before + 50 && aid_clock_ms () < until)
        usleep (1000);
      kill (child, SIGKILL);
      waitpid (child, NULL, 0);
      assert_true (is_whole ());
    }
  size_t before = count ();
  struct aid_events *ev = aid_events_new ();
  decide (ev, "1", "/tmp");
  aid_events_free (ev);
  assert_int_equal (count (), before + 1);
}

/* --- what goes wrong ------------------------------------------------------------------------------------------------------ */

static void
a_locked_database_costs_nothing_and_is_told_once (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_db *other = NULL;
  struct aid_error e = { AID_OK, "" };
  decide (ev, "1", "/tmp");
  assert_int_equal (aid_events_wait (ev, 5000), 0);
  assert_int_equal (aid_db_open (file (), 1000, &other, &e), AID_OK);
  assert_int_equal (aid_db_exec (other, "BEGIN EXCLUSIVE", &e), AID_OK);
  decide (ev, "2", "/tmp");
  decide (ev, "3", "/tmp");
  while (!aid_events_trouble (ev, &e))
    usleep (1000);
  assert_int_equal (e.code, AID_E_STATE);
  assert_non_null (strstr (e.msg, "events.db"));
  assert_int_not_equal (aid_events_wait (ev, 600), 0);   /* it has been tried again */
  assert_int_equal (aid_events_trouble (ev, &e), 0);
  aid_db_exec (other, "ROLLBACK", NULL);
  aid_db_close (other);
  assert_int_equal (aid_events_wait (ev, 10000), 0);
  aid_events_free (ev);
  assert_int_equal (count (), 3);
}

static void
a_locked_database_does_not_keep_a_program_from_ending (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_db *other = NULL;
  decide (ev, "1", "/tmp");
  assert_int_equal (aid_events_wait (ev, 5000), 0);
  assert_int_equal (aid_db_open (file (), 1000, &other, NULL), AID_OK);
  assert_int_equal (aid_db_exec (other, "BEGIN EXCLUSIVE", NULL), AID_OK);
  decide (ev, "2", "/tmp");
  aid_events_free (ev);
  assert_int_equal (count (), 1); /* the other one never lets go; when it did, the thread that was left behind would write */
  aid_db_close (other);
}

static void
a_full_disk_costs_nothing_but_measurements (void **state)
{
  (void)state;
  struct rlimit old, small = { 4096, RLIM_INFINITY };
  struct aid_events *ev = aid_events_new ();
  struct aid_error e = { AID_OK, "" };
  decide (ev, "1", "/tmp");
  assert_int_equal (aid_events_wait (ev, 5000), 0);
  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &old);
  small.rlim_max = old.rlim_max;
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &small), 0);
  decide (ev, "2", "/tmp");
  while (!aid_events_trouble (ev, &e))
    usleep (1000);
  assert_int_equal (e.code, AID_E_IO);
  assert_int_equal (aid_events_trouble (ev, &e), 0);
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &old), 0);
  assert_int_equal (aid_events_wait (ev, 10000), 0);
  aid_events_free (ev);
  assert_int_equal (count (), 2);
}

static void
more_than_the_queue_holds_is_lost_and_said (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_db *other = NULL;
  struct aid_error e = { AID_OK, "" };
  decide (ev, "1", "/tmp");
  assert_int_equal (aid_events_wait (ev, 5000), 0);
  assert_int_equal (aid_db_open (file (), 1000, &other, NULL), AID_OK);
  assert_int_equal (aid_db_exec (other, "BEGIN EXCLUSIVE", NULL), AID_OK);
  for (int i = 0; i < AID_EVENTS_QUEUE + 10; i++)
    decide (ev, "1", "/tmp");
  while (!aid_events_trouble (ev, &e))
    usleep (1000);
  assert_non_null (strstr (e.msg, "10 measurements were lost"));
  aid_db_close (other);
  assert_int_equal (aid_events_wait (ev, 20000), 0);
  aid_events_free (ev);
  assert_int_equal (count (), AID_EVENTS_QUEUE + 1);
}

/* It is said of EV, which is freed, and what came is in a new file. */
static void
assert_put_aside (struct aid_events *ev)
{
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_events_trouble (ev, &e), 1);
  assert_non_null (strstr (e.msg, ".damaged-"));
  aid_events_free (ev);
  assert_int_equal (count (), 1);
}

static void
a_damaged_file_is_put_aside (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  put ("aid/events.db", "this is no database, and was one once: its head was overwritten by something else entirely");
  decide (ev, "1", "/tmp");
  assert_int_equal (aid_events_wait (ev, 5000), 0);
  assert_put_aside (ev);
}

static void
a_file_that_turns_out_to_be_damaged_is_put_aside (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  for (int i = 0; i < 100; i++)
    decide (ev, "1", "/tmp");
  aid_events_free (ev);
  struct aid_db *db = NULL;
  assert_int_equal (aid_events_open (&db, NULL), AID_OK);
  assert_int_equal (aid_db_exec (db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL), AID_OK);
  aid_db_close (db);
  struct stat st;
  assert_int_equal (stat (file (), &st), 0);
  FILE *f = fopen (file (), "r+");
  assert_int_equal (fseek (f, 4096, SEEK_SET), 0);      /* its first page stays whole */
  for (off_t i = 4096; i < st.st_size; i++)
    fputc ('x', f);
  fclose (f);
  ev = aid_events_new ();
  decide (ev, "2", "/tmp");
  assert_int_equal (aid_events_wait (ev, 10000), 0);
  assert_put_aside (ev);
}

static void
the_file_of_a_newer_aid_is_left_alone (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_db *db = NULL;
  struct aid_error e = { AID_OK, "" };
  mkdir (scratch_path ("aid"), 0700);
  assert_int_equal (aid_db_open (file (), 100, &db, &e), AID_OK);
  assert_int_equal (aid_db_exec (db, "PRAGMA user_version=99", &e), AID_OK);
  aid_db_close (db);
  decide (ev, "1", "/tmp");
  while (!aid_events_trouble (ev, &e))
    usleep (1000);
  assert_int_equal (e.code, AID_E_REFUSED);
  assert_non_null (strstr (e.msg, "newer"));
  aid_events_free (ev);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (an_event_comes_back_with_hashes_for_names, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (events_are_written_although_nobody_waits_for_them, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (what_no_table_names_is_not_recorded, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_long_word_is_cut, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (an_edited_hunk_has_the_share_that_was_changed, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_build_knows_how_the_one_before_it_ended, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (who_measures_nothing_has_no_file, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (two_processes_lose_nothing_and_no_id_is_used_twice, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_writer_that_is_killed_leaves_whole_events, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_locked_database_costs_nothing_and_is_told_once, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_locked_database_does_not_keep_a_program_from_ending, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_full_disk_costs_nothing_but_measurements, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (more_than_the_queue_holds_is_lost_and_said, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_damaged_file_is_put_aside, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_file_that_turns_out_to_be_damaged_is_put_aside, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (the_file_of_a_newer_aid_is_left_alone, scratch_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
