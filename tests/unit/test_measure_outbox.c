/* What a team's store has not got yet is known, whatever order events are committed in, and is not forgotten without a word. */
#include "measure_scene.h"
#include "measure/outbox.h"

static const unsigned char store_a[AID_OUTBOX_ID] = "store a........", store_b[AID_OUTBOX_ID] = "store b........";

static struct aid_db *
open_it (void)
{
  struct aid_db *db = NULL;
  assert_int_equal (aid_events_open (&db, NULL), AID_OK);
  assert_non_null (db);
  return db;
}

static void
write_some (int n)
{
  struct aid_events *ev = aid_events_new ();
  for (int i = 0; i < n; i++)
    decide (ev, "1", "/tmp");
  assert_int_equal (aid_events_wait (ev, 60000), 0);
  aid_events_free (ev);
}

/* Puts an event into the file, as another process would: with the time AT in its id. */
static void
insert_at (struct aid_db *db, int64_t at, int last)
{
  struct aid_str sql = AID_STR_INIT (1000);
  aid_str_addf (
    &sql, "INSERT INTO events(id, at, kind, person, data) VALUES(x'%012llx7000800000000000%04x', %lld, 'typed', 'p', '{}')",
    (unsigned long long)at, (unsigned)last, (long long)at);
  assert_int_equal (aid_db_exec (db, aid_str_z (&sql), NULL), AID_OK);
  aid_str_free (&sql);
}

static int64_t
meet (struct aid_db *db, const unsigned char *id, int64_t since, int again)
{
  int64_t store = 0;
  assert_int_equal (aid_outbox_meet (db, id, "aid at home", since, again, &store, NULL), AID_OK);
  assert_true (store > 0);
  return store;
}

/* Takes all that STORE has not got, and gives how many that were. */
static size_t
take (struct aid_db *db, int64_t store)
{
  struct aid_outbox_batch b;
  size_t n = 0;
  aid_outbox_batch_init (&b);
  while (!aid_outbox_next (db, store, &b, NULL) && b.n)
    {
      assert_int_equal (aid_outbox_sent (db, store, &b, b.n, NULL), AID_OK);
      n += b.n;
    }
  assert_int_equal (b.n, 0);
  aid_outbox_batch_free (&b);
  return n;
}

static int64_t
unsent (struct aid_db *db)
{
  static const unsigned char from[16], to[16] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
  return aid_outbox_is_there (db) ? aid_outbox_count (db, from, to) : -1;
}

static void
nobody_without_a_store_has_an_outbox (void **state)
{
  (void)state;
  write_some (3);
  struct aid_db *db = open_it ();
  assert_int_equal (unsent (db), -1);
  aid_db_close (db);
}

static void
each_store_gets_everything_once (void **state)
{
  (void)state;
  put ("aid/config.json", "{\"team_store\": \"postgresql:///aid\"}");
  write_some (1200);
  struct aid_db *db = open_it ();
  int64_t a = meet (db, store_a, 0, 0), b = meet (db, store_b, 0, 0);
  assert_int_not_equal (a, b);
  assert_int_equal (take (db, a), 1200);
  assert_int_equal (take (db, a), 0);
  write_some (7);
  assert_int_equal (meet (db, store_a, 0, 0), a);
  assert_int_equal (take (db, a), 7);
  assert_int_equal (take (db, b), 1207);
  assert_int_equal (unsent (db), 0);
  assert_int_equal (meet (db, store_a, 0, 1), a);
  assert_int_equal (take (db, a), 1207);
  aid_db_close (db);
}

/* Of several writers one may draw an id early and commit late, after younger ids were sent. */
static void
an_older_id_that_is_committed_later_is_not_missed (void **state)
{
  (void)state;
  write_some (1);
  struct aid_db *db = open_it (), *other = open_it ();
  int64_t now = aid_clock_wall_ms (), a = meet (db, store_a, 0, 0);
  assert_int_equal (take (db, a), 1); /* younger than what comes now */
  assert_int_equal (aid_db_exec (other, "BEGIN IMMEDIATE", NULL), AID_OK);
  insert_at (other, now - 5000, 1);
  assert_int_equal (take (db, a), 0);
  assert_int_equal (aid_db_exec (other, "COMMIT", NULL), AID_OK);
  assert_int_equal (take (db, a), 1);
  insert_at (other, 1000, 2);
  assert_int_equal (take (db, a), 1);
  aid_db_close (db);
  aid_db_close (other);
}

static void
what_was_not_committed_is_not_in_it (void **state)
{
  (void)state;
  write_some (2);
  struct aid_db *db = open_it ();
  int64_t a = meet (db, store_a, 0, 0);
  take (db, a);
  assert_int_equal (aid_db_exec (db, "BEGIN IMMEDIATE", NULL), AID_OK);
  insert_at (db, 1000, 1);
  assert_int_equal (aid_db_exec (db, "ROLLBACK", NULL), AID_OK);
  assert_int_equal (take (db, a), 0);
  aid_db_close (db);
}

static void
events_are_sent_whole_and_without_their_texts (void **state)
{
  (void)state;
  struct aid_outbox_batch b;
  put ("aid/config.json", "{\"measure\": \"content\"}");
  struct aid_measurement m
    = { .kind = AID_MEASURED_DECISION, .chat = "k3y", .content = AID_SPAN ("{\"hunk\":\"+int secret;\"}") };
  struct aid_events *ev = aid_events_new ();
  aid_events_add (ev, &m);
  decide (ev, "1", "/tmp");
  aid_events_free (ev);
  struct aid_db *db = open_it ();
  int64_t a = meet (db, store_a, 0, 0);
  aid_outbox_batch_init (&b);
  assert_int_equal (aid_outbox_next (db, a, &b, NULL), AID_OK);
  assert_int_equal (b.n, 2);
  struct aid_span second = aid_outbox_part (&b, 1, 2), both = aid_outbox_part (&b, 0, 2), none = aid_outbox_part (&b, 1, 1);
  assert_int_equal (none.len, 0);
  assert_int_equal (both.len, aid_outbox_part (&b, 0, 1).len + 1 + second.len);
  json_t *json = aid_json_parse (second, "an event", NULL);
  assert_non_null (json);
  assert_int_equal (json_object_size (json),
                    10); /* an id, a time, a kind, a person, a request, a project, a chat, a path, ... */
  assert_string_equal (aid_json_str (json, "language"), "c");
  assert_int_equal (aid_json_int (json_object_get (json, "data"), "inserted", 0), 12);
  json_decref (json);
  assert_true (aid_span_find (both, AID_SPAN ("secret")) < 0);
  assert_true (aid_span_find (both, AID_SPAN ("content")) < 0);
  aid_outbox_batch_free (&b);
  aid_db_close (db);
}

static void
what_a_store_refuses_is_put_aside (void **state)
{
  (void)state;
  struct aid_outbox_batch b;
  write_some (3);
  struct aid_db *db = open_it ();
  int64_t a = meet (db, store_a, 0, 0);
  aid_outbox_batch_init (&b);
  assert_int_equal (aid_outbox_next (db, a, &b, NULL), AID_OK);
  assert_int_equal (aid_outbox_refused (db, a, &b, 1, "no such day", NULL), AID_OK);
  assert_int_equal (aid_outbox_sent (db, a, &b, b.n, NULL), AID_OK);
  assert_int_equal (take (db, a), 0);
  struct aid_str val = AID_STR_INIT (10000), text = AID_STR_INIT (10000);
  assert_int_equal (aid_outbox_status (db, &val, NULL), AID_OK);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &text), AID_OK);
  json_t *all = aid_json_parse (aid_str_span (&text), "the status", NULL), *one = json_array_get (all, 0);
  assert_int_equal (json_array_size (all), 1);
  assert_string_equal (aid_json_str (one, "name"), "aid at home");
  assert_int_equal (aid_json_int (one, "unsent", -1), 0);
  assert_int_equal (aid_json_int (one, "refused", -1), 1);
  assert_string_equal (aid_json_str (one, "why"), "no such day");
  json_decref (all);
  meet (db, store_a, 0, 1);
  assert_int_equal (take (db, a), 3);
  aid_str_free (&val);
  aid_str_free (&text);
  aid_outbox_batch_free (&b);
  aid_db_close (db);
}

static void
what_happened_before_the_day_is_not_sent (void **state)
{
  (void)state;
  write_some (4);
  struct aid_db *db = open_it ();
  insert_at (db, 1000, 1);
  int64_t a = meet (db, store_a, 2000, 0);
  assert_int_equal (take (db, a), 4);
  aid_db_close (db);
}

static void
what_is_forgotten_is_not_sent_either (void **state)
{
  (void)state;
  struct aid_events_which all = { .since = 0 }, typed = { .kind = "typed" };
  int64_t n;
  write_some (4);
  struct aid_db *db = open_it ();
  insert_at (db, 1000, 1);
  int64_t a = meet (db, store_a, 0, 0);
  assert_int_equal (aid_outbox_withdraw (db, &typed, NULL), AID_OK);
  assert_int_equal (unsent (db), 4);
  assert_int_equal (aid_events_forget (&all, &n, NULL), AID_OK);
  assert_int_equal (n, 5);
  assert_int_equal (unsent (db), 0);
  assert_int_equal (take (db, a), 0);
  aid_db_close (db);
}

/* What is old goes when the store has it; when there is too much, what it has goes first. */
static void
what_is_unsent_is_kept_longest_and_its_end_is_told (void **state)
{
  (void)state;
  struct aid_error e = { AID_OK, "" };
  struct aid_events *ev;
  write_some (4000);
  put ("aid/config.json", "{\"team_store\": \"postgresql:///aid\"}");
  struct aid_db *db = open_it ();
  int64_t a = meet (db, store_a, 0, 0);
  assert_int_equal (take (db, a), 4000);
  insert_at (db, 1000, 1); /* 1970, and unsent */
  write_some (1);
  assert_int_equal (count (), 4002);
  put ("aid/config.json", "{\"team_store\": \"postgresql:///aid\", \"measure_limits\": {\"megabytes\": 1}}");
  ev = aid_events_new ();
  decide (ev, "3", "/tmp");
  assert_int_equal (aid_events_wait (ev, 60000), 0);
  assert_false (aid_events_trouble (ev, &e));
  aid_events_free (ev);
  size_t left = count ();
  assert_true (left > 1000 && left < 4000);
  assert_int_equal (take (db, a), 3); /* the old one is still there */

  put ("aid/config.json", "{\"team_store\": \"postgresql:///aid\"}");
  write_some (4000); /* and is not sent */
  put ("aid/config.json", "{\"team_store\": \"postgresql:///aid\", \"measure_limits\": {\"megabytes\": 1}}");
  ev = aid_events_new ();
  decide (ev, "4", "/tmp");
  assert_int_equal (aid_events_wait (ev, 60000), 0);
  assert_true (aid_events_trouble (ev, &e));
  assert_non_null (strstr (e.msg, "that the team's store had not got"));
  aid_events_free (ev);
  assert_true (count () < 4000);
  int64_t still = unsent (db);
  assert_true (still > 0 && still <= (int64_t)count ());
  assert_int_equal (take (db, a), still);
  aid_db_close (db);
}

static void
who_names_no_store_any_more_has_no_outbox (void **state)
{
  (void)state;
  put ("aid/config.json", "{\"team_store\": \"postgresql:///aid\"}");
  write_some (2);
  struct aid_db *db = open_it ();
  meet (db, store_a, 0, 0);
  write_some (1);
  assert_int_equal (unsent (db), 3);
  put ("aid/config.json", "{\"team_store\": false}");
  write_some (1);
  assert_int_equal (unsent (db), -1);
  aid_db_close (db);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (nobody_without_a_store_has_an_outbox),
    TEST (each_store_gets_everything_once),
    TEST (an_older_id_that_is_committed_later_is_not_missed),
    TEST (what_was_not_committed_is_not_in_it),
    TEST (events_are_sent_whole_and_without_their_texts),
    TEST (what_a_store_refuses_is_put_aside),
    TEST (what_happened_before_the_day_is_not_sent),
    TEST (what_is_forgotten_is_not_sent_either),
    TEST (what_is_unsent_is_kept_longest_and_its_end_is_told),
    TEST (who_names_no_store_any_more_has_no_outbox),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
