/* What was recorded is forgotten when it is asked for, or too old, or too much. */
#include "measure_scene.h"

static void
a_project_is_forgotten_without_the_others (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_events_which here = { .root = "/tmp/" };
  int64_t n;
  decide (ev, "1", "/tmp");
  decide (ev, "2", "/usr");
  decide (ev, "3", "/tmp");
  aid_events_free (ev);
  struct told t = all_of (&here);
  assert_int_equal (t.n, 2);
  aid_str_free (&t.text);
  assert_int_equal (aid_events_forget (&here, &n, NULL), AID_OK);
  assert_int_equal (n, 2);
  assert_int_equal (count (), 1);
}

static void
what_is_forgotten_is_not_in_the_file_any_more (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_events_which all = { .since = 0 };
  int64_t n;
  decide (ev, "1", "/tmp");
  aid_events_free (ev);
  struct told t = all_of (&all);
  char request[17];
  memcpy (request, aid_str_z (&t.text) + strlen ("decision "), 16);
  request[16] = '\0';
  aid_str_free (&t.text);
  assert_true (file_holds (file (), request) || file_holds (scratch_path ("aid/events.db-wal"), request));
  assert_int_equal (aid_events_forget (&all, &n, NULL), AID_OK);
  assert_int_equal (n, 1);
  assert_false (file_holds (file (), request));
  assert_false (file_holds (scratch_path ("aid/events.db-wal"), request));
}

static void
texts_are_kept_when_asked_for_and_forgotten_with_their_event (void **state)
{
  (void)state;
  struct aid_events_which all = { .since = 0 };
  struct aid_measurement m = { .kind = AID_MEASURED_DECISION, .content = AID_SPAN ("{\"hunk\":\"+int a;\"}") };
  struct aid_db *db = NULL;
  sqlite3_stmt *s;
  int row = 0;
  int64_t n;
  char id[AID_BLOB_ID] = "";
  struct aid_str text = AID_STR_INIT (1000);
  put ("aid/config.json", "{\"measure\": \"content\"}");
  struct aid_events *ev = aid_events_new ();
  aid_events_add (ev, &m);
  aid_events_free (ev);
  assert_int_equal (aid_events_open (&db, NULL), AID_OK);
  assert_int_equal (aid_db_prepare (db, "SELECT content FROM events", &s, NULL), AID_OK);
  assert_int_equal (aid_db_step (db, s, &row, NULL), AID_OK);
  assert_true (row && aid_db_column (s, 0).len == AID_BLOB_ID - 1);
  memcpy (id, aid_db_column (s, 0).ptr, AID_BLOB_ID - 1);
  aid_db_close (db);
  assert_int_equal (aid_blob_get (id, &text, NULL), AID_OK);
  assert_non_null (strstr (aid_str_z (&text), "\"content\":{\"hunk\":\"+int a;\"}"));
  assert_int_equal (aid_events_forget (&all, &n, NULL), AID_OK);
  aid_str_clear (&text);
  assert_int_equal (aid_blob_get (id, &text, NULL), AID_E_NOTFOUND);
  aid_str_free (&text);
}

static void
what_is_too_old_or_too_much_is_forgotten (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_db *db = NULL;
  for (int i = 0; i < 4000; i++)
    decide (ev, "1", "/tmp");
  assert_int_equal (aid_events_wait (ev, 20000), 0);
  aid_events_free (ev);
  /* One of them was long ago. */
  assert_int_equal (aid_events_open (&db, NULL), AID_OK);
  assert_int_equal (aid_db_exec (db,
                                 "UPDATE events SET id = x'00000000100070008000000000000000', at = 268435456"
                                 " WHERE id = (SELECT max(id) FROM events)",
                                 NULL),
                    AID_OK);
  aid_db_close (db);
  ev = aid_events_new ();
  decide (ev, "2", "/tmp");
  aid_events_free (ev);
  assert_int_equal (count (), 4000);
  put ("aid/config.json", "{\"measure_limits\": {\"megabytes\": 1}}");
  ev = aid_events_new ();
  decide (ev, "3", "/tmp");
  aid_events_free (ev);
  size_t left = count ();
  assert_true (left < 4000 && left > 1000);
}

/* The names of files that were put aside, or of those that only look so. */
#define ASIDE "aid/events.db.damaged-268435456"
#define ASIDE_LATE "aid/events.db.damaged-99000000000000"
#define ASIDE_ALIKE "aid/events.db.damaged-268435456.bak"

static int
is_there (const char *name)
{
  return access (scratch_path (name), F_OK) == 0;
}

static void
put_files_aside (void)
{
  put (ASIDE, "old");
  put (ASIDE "-wal", "old");
  put (ASIDE_LATE, "new");
  put (ASIDE_ALIKE, "a person's");
}

static void
what_was_damaged_is_forgotten_as_well (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_events_which all = { .since = 0 }, before = { .before = 300000000 }, kind = { .kind = "typed" };
  int64_t n;
  decide (ev, "1", "/tmp");
  aid_events_free (ev);
  put_files_aside ();
  assert_int_equal (aid_events_forget (&kind, &n, NULL), AID_OK);
  assert_true (is_there (ASIDE) && is_there (ASIDE_LATE));
  assert_int_equal (aid_events_forget (&before, &n, NULL), AID_OK);
  assert_false (is_there (ASIDE) || is_there (ASIDE "-wal"));
  assert_true (is_there (ASIDE_LATE) && is_there (ASIDE_ALIKE));
  assert_int_equal (aid_events_forget (&all, &n, NULL), AID_OK);
  assert_int_equal (n, 1);
  assert_false (is_there (ASIDE_LATE));
  assert_true (is_there (ASIDE_ALIKE));
  /* By itself, when it is too old. */
  put_files_aside ();
  ev = aid_events_new ();
  decide (ev, "2", "/tmp");
  aid_events_free (ev);
  assert_false (is_there (ASIDE));
  assert_true (is_there (ASIDE_LATE));
}

static void
a_file_that_is_damaged_now_is_forgotten (void **state)
{
  (void)state;
  struct aid_events_which all = { .since = 0 }, before = { .before = 300000000 };
  struct aid_error e = { AID_OK, "" };
  int64_t n;
  put ("aid/events.db", "garbage");
  assert_int_equal (aid_events_forget (&before, &n, &e), AID_E_PARSE); /* what is in it, nobody knows */
  assert_true (is_there ("aid/events.db"));
  assert_int_equal (aid_events_forget (&all, &n, &e), AID_OK);
  assert_false (is_there ("aid/events.db"));
  struct aid_events *ev = aid_events_new ();
  decide (ev, "1", "/tmp");
  aid_events_free (ev);
  assert_int_equal (count (), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (a_project_is_forgotten_without_the_others, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (what_is_forgotten_is_not_in_the_file_any_more, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (texts_are_kept_when_asked_for_and_forgotten_with_their_event, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (what_was_damaged_is_forgotten_as_well, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_file_that_is_damaged_now_is_forgotten, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (what_is_too_old_or_too_much_is_forgotten, scratch_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
