/* Who sends by itself: not without a store, not on anybody's time, ever more seldom when nobody is there, and ended at once. */
#include "team_scene.h"

static void
nobody_without_a_store_gets_a_thread (void **state)
{
  (void)state;
  struct aid_events *ev = aid_events_new ();
  struct aid_team *t = aid_team_new (ev, NULL);
  add_decisions (ev, 600);
  assert_int_equal (threads ("aid-team"), 0);
  assert_false (aid_team_trouble (t, NULL));
  aid_team_free (t);
  aid_events_free (ev);
}

static void
either_may_be_freed_first (void **state)
{
  (void)state;
  for (int first = 0; first < 2; first++)
    {
      name_store ("postgresql:///aid?host=/nowhere");
      struct aid_events *ev = aid_events_new ();
      struct aid_team *t = aid_team_new (ev, NULL);
      add_decisions (ev, 10);
      assert_int_equal (threads ("aid-team"), 1);
      if (first)
        aid_team_free (t);
      decide (ev, "2", "/tmp");
      aid_events_free (ev);
      if (!first)
        aid_team_free (t);
      assert_int_equal (threads ("aid-team"), 0);
    }
}

/* A server that is started anew is no trouble yet; one that stays away is, once. */
static void
a_store_that_is_away_is_told_once (void **state)
{
  (void)state;
  const struct aid_team_pace pace = { 10, 10, 40 };
  struct aid_error e = { AID_OK, "" };
  name_store ("postgresql:///aid?host=/nowhere");
  struct aid_events *ev = aid_events_new ();
  struct aid_team *t = aid_team_new (ev, &pace);
  add_decisions (ev, 10);
  while (!aid_team_trouble (t, &e))
    nap ();
  assert_non_null (strstr (e.msg, "The team's store, aid at /nowhere, cannot be reached"));
  for (int i = 0; i < 40; i++) /* some more attempts */
    {
      nap ();
      assert_false (aid_team_trouble (t, &e));
    }
  aid_team_stop (t);
  assert_int_equal (count (), 10);
  aid_team_free (t);
  aid_events_free (ev);
}

static void
wrong_settings_are_told (void **state)
{
  (void)state;
  const struct aid_team_pace pace = { 10, 10, 40 };
  struct aid_error e = { AID_OK, "" };
  name_store ("postgresql://ada:sesame@localhost/aid");
  struct aid_events *ev = aid_events_new ();
  struct aid_team *t = aid_team_new (ev, &pace);
  add_decisions (ev, 1);
  while (!aid_team_trouble (t, &e))
    nap ();
  assert_non_null (strstr (e.msg, "has a password in it"));
  assert_null (strstr (e.msg, "sesame"));
  aid_team_free (t);
  aid_events_free (ev);
}

static void
what_is_written_gets_there_through_a_crash (void **state)
{
  (void)state;
  const struct aid_team_pace pace = { 20, 20, 100 };
  struct aid_team_place place;
  struct aid_config *c = NULL;
  if (!use_store ("sender", &place, &c))
    skip ();
  struct aid_events *ev = aid_events_new ();
  struct aid_team *t = aid_team_new (ev, &pace);
  add_decisions (ev, 700);
  while (ask (&place, "SELECT count(*) FROM aid.events") < 700)
    nap ();
  assert_int_equal (server ("crash"), 0);
  add_decisions (ev, 700);
  assert_int_equal (server ("restart"), 0);
  add_decisions (ev, 3);
  while (ask (&place, "SELECT count(*) FROM aid.events") < 1403)
    nap ();
  assert_int_equal (ask (&place, "SELECT count(*) FROM aid.events"), 1403);
  aid_team_free (t);
  aid_events_free (ev);
  aid_config_free (c);
}

/* The server is in the middle of a statement that takes an hour. */
static void
it_ends_at_once_whatever_it_waits_for (void **state)
{
  (void)state;
  const struct aid_team_pace pace = { 10, 10, 40 };
  struct aid_team_place place;
  struct aid_config *c = NULL;
  struct aid_pg *pg = NULL;
  if (!use_store ("slow", &place, &c))
    skip ();
  assert_int_equal (aid_pg_open (&place, 60000, NULL, &pg, NULL), AID_OK);
  assert_int_equal (
    aid_pg_run (
      pg,
      "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3600); RETURN NULL; END';"
      "CREATE TRIGGER wait AFTER INSERT ON aid.events FOR EACH STATEMENT EXECUTE FUNCTION wait()",
      NULL, 0, NULL, NULL),
    AID_OK);
  aid_pg_close (pg);
  struct aid_events *ev = aid_events_new ();
  struct aid_team *t = aid_team_new (ev, &pace);
  add_decisions (ev, 3);
  while (ask (&place, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") < 1)
    nap ();
  aid_team_stop (t);
  aid_team_free (t); /* joins: a test that is run under a limit of time ends */
  assert_int_equal (threads ("aid-team"), 0);
  assert_int_equal (ask (&place, "SELECT count(*) FROM aid.events"), 0);
  aid_events_free (ev);
  aid_config_free (c);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (nobody_without_a_store_gets_a_thread),       TEST (either_may_be_freed_first),
    TEST (a_store_that_is_away_is_told_once),          TEST (wrong_settings_are_told),
    TEST (what_is_written_gets_there_through_a_crash), TEST (it_ends_at_once_whatever_it_waits_for),
  };
  return cmocka_run_group_tests (tests, server_make, server_drop);
}
