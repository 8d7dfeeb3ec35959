/* The queue, in a file and on a server alike: a task has one verdict, whoever dies, sleeps or comes late. */
#include "ces_queue_held.h"

static void
what_is_submitted_is_judged_once (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0);
  struct aid_vec held = HELD;
  const char *id = submit (q, "k", "{\"repository\":\"ä\"}", "an answer\n", 0);
  assert_true (has (q, id, "state", "waiting") && has (q, id, "outcome", ""));
  renew (q, &w, NULL, NULL);
  assert_int_equal (claim (q, &w, 3, 0, &held), 1);
  assert_string_equal (at (&held, 0)->id, id);
  assert_string_equal (aid_str_z (&at (&held, 0)->task), "{\"repository\":\"ä\"}");
  assert_string_equal (aid_str_z (&at (&held, 0)->answer), "an answer\n");
  assert_string_equal (aid_str_z (&at (&held, 0)->key), "k");
  assert_false (at (&held, 0)->ours);
  assert_true (has (q, id, "state", "running") && has (q, id, "worker", "w"));
  assert_int_equal (claim (q, &w, 3, 1, &held), 0);
  assert_true (finish (q, &w, at (&held, 0), "{\"green\":true}"));
  assert_true (finish (q, &w, at (&held, 0), "{\"green\":true}")); /* the answer to the first was not heard */
  assert_true (has (q, id, "state", "done") && has (q, id, "outcome", "verdict"));
  json_t *o = look (q, id);
  assert_true (aid_json_bool (json_object_get (o, "verdict"), "green", 0));
  assert_int_equal (aid_json_int (o, "attempts", 0), 1);
  assert_true (aid_json_int (o, "queued", 0) <= aid_json_int (o, "started", 0)
               && aid_json_int (o, "started", 0) <= aid_json_int (o, "done", 0));
  json_decref (o);
  assert_int_equal (count_of (q, "verdicts"), 1);
  drop (&held);
  aid_queue_close (q);
}

static void
an_answer_is_kept_to_the_byte (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  char bytes[512], id[AID_QUEUE_ID];
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0);
  struct aid_vec held = HELD;
  for (int i = 0; i < 512; i++)
    bytes[i] = (char)i;
  aid_queue_new_id (id, NULL);
  struct aid_queue_task t = {
    .id = id, .key = "\"\\{}, NULL", .task = AID_SPAN ("{\"a\":\"\\u0000\"}"), .answer = { bytes, sizeof bytes }, .ours = 1
  };
  for (int i = 0; i < 3; i++) /* as who does not know whether it was done */
    assert_int_equal (aid_queue_submit (q, &t, NULL), AID_OK);
  char key[] = "\"\\{}, NULL";
  renew (q, &w, key, NULL);
  assert_int_equal (claim (q, &w, 9, 0, &held), 1);
  assert_int_equal (at (&held, 0)->answer.len, sizeof bytes);
  assert_memory_equal (at (&held, 0)->answer.ptr, bytes, sizeof bytes);
  assert_string_equal (aid_str_z (&at (&held, 0)->key), t.key);
  assert_true (at (&held, 0)->ours);
  drop (&held);
  aid_vec_free (&w.keys);
  aid_queue_close (q);
}

static void
who_is_late_has_no_say (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker slow = worker ("slow", 1, 0), quick = worker ("quick", 60000, 0);
  struct aid_vec a = HELD, b = HELD;
  const char *id = submit (q, "k", "{}", "", 0);
  assert_int_equal (claim (q, &slow, 1, 0, &a), 1);
  while (!claim (q, &quick, 1, 0, &b)) /* when its lease is over */
    nap ();
  assert_int_equal (at (&b, 0)->attempts, 2);
  assert_true (at (&b, 0)->fence > at (&a, 0)->fence);
  assert_int_equal (renew (q, &slow, NULL, &a), 1);
  assert_false (finish (q, &slow, at (&a, 0), "{\"by\":\"slow\"}"));
  assert_int_equal (aid_queue_return (q, &slow, at (&a, 0), NULL, 0, NULL), AID_OK);
  assert_true (has (q, id, "state", "running") && has (q, id, "worker", "quick"));
  assert_true (finish (q, &quick, at (&b, 0), "{\"by\":\"quick\"}"));
  assert_false (finish (q, &slow, at (&a, 0), "{\"by\":\"slow\"}"));
  json_t *o = look (q, id);
  assert_string_equal (aid_json_str (json_object_get (o, "verdict"), "by"), "quick");
  json_decref (o);
  assert_int_equal (count_of (q, "lost"), 1);
  drop (&a);
  drop (&b);
  aid_queue_close (q);
}

static void
a_lease_goes_on_while_it_is_renewed (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 1, 0), other = worker ("other", 60000, 0);
  struct aid_vec a = HELD, b = HELD;
  submit (q, "k", "{}", "", 0);
  assert_int_equal (claim (q, &w, 1, 0, &a), 1);
  w.lease_ms = 60000;
  if (renew (q, &w, NULL, &a)) /* it was over already, and somebody had looked: nobody has */
    fail ();
  for (int i = 0; i < 5; i++)
    {
      nap ();
      assert_int_equal (claim (q, &other, 1, 1, &b), 0);
    }
  assert_true (finish (q, &w, at (&a, 0), "{}"));
  drop (&a);
  drop (&b);
  aid_queue_close (q);
}

static void
a_task_that_kills_its_workers_is_given_up (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 1, 0);
  const char *id = submit (q, "k", "{}", "", 3), *other = submit (q, "k", "{}", "", 3);
  const char *was;
  assert_int_equal (aid_queue_cancel (q, other, &was, NULL), AID_OK);
  for (int i = 1; i <= 3; i++)
    {
      struct aid_vec held = HELD;
      while (!claim (q, &w, 1, 0, &held))
        nap ();
      assert_int_equal (at (&held, 0)->attempts, i);
      drop (&held);
    }
  while (!has (q, id, "state", "done"))
    nap ();
  assert_true (has (q, id, "outcome", "error") && has (q, id, "code", "killed") && has (q, id, "message", AID_QUEUE_KILLED));
  assert_int_equal (count_of (q, "errors"), 1);
  assert_int_equal (count_of (q, "lost"), 3);
  aid_queue_close (q);
}

static void
what_is_given_back_counts_only_with_a_reason (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0);
  const char *id = submit (q, "k", "{}", "", 2);
  for (int i = 0; i < 7; i++) /* it stops, and stops again */
    {
      struct aid_vec held = HELD;
      assert_int_equal (claim (q, &w, 1, 0, &held), 1);
      assert_int_equal (at (&held, 0)->attempts, 1);
      assert_int_equal (aid_queue_return (q, &w, at (&held, 0), NULL, 0, NULL), AID_OK);
      assert_false (finish (q, &w, at (&held, 0), "{}"));
      drop (&held);
    }
  for (int i = 1; i <= 2; i++)
    {
      struct aid_vec held = HELD;
      while (!claim (q, &w, 1, 0, &held))
        nap ();
      assert_int_equal (at (&held, 0)->attempts, i);
      assert_int_equal (aid_queue_return (q, &w, at (&held, 0), "{\"code\":\"io\",\"message\":\"no disk\"}", 20, NULL),
                        AID_OK);
      drop (&held);
    }
  assert_true (has (q, id, "outcome", "error") && has (q, id, "message", "no disk"));
  aid_queue_close (q);
}

static void
who_leaves_gives_back_all (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0), other = worker ("other", 60000, 0);
  struct aid_vec a = HELD, b = HELD;
  for (int i = 0; i < 3; i++)
    submit (q, "k", "{}", "", 0);
  renew (q, &w, NULL, NULL);
  assert_int_equal (claim (q, &w, 3, 0, &a), 3);
  assert_int_equal (aid_queue_leave (q, &w, NULL), AID_OK);
  assert_int_equal (claim (q, &other, 9, 0, &b), 3);
  for (size_t i = 0; i < 3; i++)
    {
      assert_int_equal (at (&b, i)->attempts, 1);
      assert_false (finish (q, &w, at (&a, i), "{}"));
      assert_true (finish (q, &other, at (&b, i), "{}"));
    }
  drop (&a);
  drop (&b);
  aid_queue_close (q);
}

/* A claim whose answer got lost: the worker does not know of it, and says so by its next renewal. */
static void
what_was_lost_on_the_way_goes_back_uncounted (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0);
  struct aid_vec a = HELD, lost = HELD, b = HELD;
  submit (q, "k", "{}", "", 0);
  submit (q, "k", "{}", "", 0);
  assert_int_equal (claim (q, &w, 1, 0, &a), 1);
  assert_int_equal (claim (q, &w, 1, 0, &lost), 1);
  assert_int_equal (renew (q, &w, NULL, &a), 0);
  assert_int_equal (claim (q, &w, 9, 0, &b), 1);
  assert_string_equal (at (&b, 0)->id, at (&lost, 0)->id);
  assert_int_equal (at (&b, 0)->attempts, 1);
  assert_true (finish (q, &w, at (&a, 0), "{}"));
  drop (&a);
  drop (&lost);
  drop (&b);
  aid_queue_close (q);
}

static void
what_is_cancelled_is_judged_by_nobody (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it (), *listener = open_it ();
  struct aid_queue_worker w = worker ("w", 60000, 0);
  struct aid_vec held = HELD;
  const char *runs = submit (q, "k", "{}", "", 0), *was = "";
  const int none[] = { -1, -1 };
  unsigned news = 0;
  assert_int_equal (claim (q, &w, 1, 0, &held), 1);
  const char *waits = submit (q, "k", "{}", "", 0);
  assert_int_equal (aid_queue_listen (listener, AID_QUEUE_STOP | AID_QUEUE_DONE, NULL), AID_OK);
  assert_int_equal (aid_queue_cancel (q, waits, &was, NULL), AID_OK);
  assert_string_equal (was, "waiting");
  assert_int_equal (aid_queue_cancel (q, runs, &was, NULL), AID_OK);
  assert_string_equal (was, "running");
  assert_int_equal (aid_queue_cancel (q, runs, &was, NULL), AID_OK);
  assert_string_equal (was, "done");
  while (!(news & AID_QUEUE_STOP))
    assert_int_equal (aid_queue_wait (listener, -1, none, &news, NULL), AID_OK);
  assert_int_equal (renew (q, &w, NULL, &held), 1);
  assert_false (finish (q, &w, at (&held, 0), "{}"));
  assert_int_equal (claim (q, &w, 1, 1, &held), 0);
  assert_true (has (q, runs, "outcome", "cancelled") && has (q, waits, "outcome", "cancelled"));
  drop (&held);
  aid_queue_close (q);
  aid_queue_close (listener);
}

static void
nonsense_is_refused (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_queue *q = open_it ();
  struct aid_error e = { AID_OK, "" };
  char id[AID_QUEUE_ID], key[200];
  const char *was;
  json_t *o;
  assert_int_equal (aid_queue_new_id (id, &e), AID_OK);
  assert_true (aid_queue_is_id (id));
  assert_int_equal (aid_queue_result (q, id, &o, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_queue_cancel (q, id, &was, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_queue_result (q, "x'; DROP TABLE tasks; --", &o, &e), AID_E_INVALID);
  assert_non_null (strstr (e.msg, "is no name of a task"));
  memset (key, 'k', sizeof key - 1);
  key[sizeof key - 1] = '\0';
  struct aid_queue_task t = { .id = id, .key = key, .task = AID_SPAN ("{}") };
  assert_int_equal (aid_queue_submit (q, &t, &e), AID_E_INVALID);
  char *big = calloc (1, AID_QUEUE_TEXT_MAX + 1);
  t.key = "k";
  t.answer = (struct aid_span){ big, AID_QUEUE_TEXT_MAX + 1 };
  assert_int_equal (aid_queue_submit (q, &t, &e), AID_E_LIMIT);
  t.answer.len = AID_QUEUE_TEXT_MAX; /* the most that goes, does */
  if (aid_queue_submit (q, &t, &e))
    fail_msg ("%s", e.msg);
  struct aid_queue_worker w = worker ("w", 60000, 0);
  struct aid_vec held = HELD;
  assert_int_equal (claim (q, &w, 1, 0, &held), 1);
  assert_int_equal (at (&held, 0)->answer.len, AID_QUEUE_TEXT_MAX);
  drop (&held);
  free (big);
  aid_queue_close (q);
}

static void
a_newer_queue_is_left_alone (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct aid_error e = { AID_OK, "" };
  struct aid_queue *q = open_it ();
  aid_queue_close (q);
  if (on_server)
    sql ("UPDATE aid_ces.queue SET version = 99, works = 99");
  else
    {
      struct aid_db *db;
      assert_int_equal (aid_db_open (scratch_path ("aid/ces-queue.db"), 1000, &db, &e), AID_OK);
      assert_int_equal (aid_db_exec (db, "PRAGMA user_version = 99", &e), AID_OK);
      aid_db_close (db);
    }
  assert_int_equal (aid_queue_open (&place, NULL, &q, &e), AID_E_REFUSED);
  assert_non_null (strstr (e.msg, "newer AID"));
  if (!on_server)
    return;
  int was;
  sql ("UPDATE aid_ces.queue SET works = 1"); /* it allows that */
  aid_queue_close (open_it ());
  assert_int_equal (aid_queue_init (&place, "", NULL, &was, &e), AID_OK);
  assert_int_equal (was, 99);
  sql ("DROP SCHEMA aid_ces CASCADE");
  assert_int_equal (aid_queue_open (&place, NULL, &q, &e), AID_E_NOTFOUND);
  assert_non_null (strstr (e.msg, "aid ces init"));
}

/* A task and its key of one's own are the same for who writes its members in another order. */
static void
a_key_is_of_what_the_tree_is_made_of (void **state)
{
  (void)state;
  struct aid_str a = AID_STR_INIT (100), b = AID_STR_INIT (100), c = AID_STR_INIT (100);
  json_t *one = json_pack ("{s:s, s:s, s:{s:i}}", "repository", "r", "base", "b", "limits", "seconds", 3),
         *two = json_pack ("{s:s, s:s}", "base", "b", "repository", "r"), *three = json_pack ("{s:s}", "repository", "r");
  aid_queue_key (one, &a);
  aid_queue_key (two, &b);
  aid_queue_key (three, &c);
  assert_int_equal (a.len, 64);
  assert_string_equal (aid_str_z (&a), aid_str_z (&b));
  assert_string_not_equal (aid_str_z (&a), aid_str_z (&c));
  json_decref (one);
  json_decref (two);
  json_decref (three);
  aid_str_free (&a);
  aid_str_free (&b);
  aid_str_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_BOTH (what_is_submitted_is_judged_once),
    ON_BOTH (an_answer_is_kept_to_the_byte),
    ON_BOTH (who_is_late_has_no_say),
    ON_BOTH (a_lease_goes_on_while_it_is_renewed),
    ON_BOTH (a_task_that_kills_its_workers_is_given_up),
    ON_BOTH (what_is_given_back_counts_only_with_a_reason),
    ON_BOTH (who_leaves_gives_back_all),
    ON_BOTH (what_was_lost_on_the_way_goes_back_uncounted),
    ON_BOTH (what_is_cancelled_is_judged_by_nobody),
    ON_BOTH (nonsense_is_refused),
    ON_BOTH (a_newer_queue_is_left_alone),
    cmocka_unit_test (a_key_is_of_what_the_tree_is_made_of),
  };
  return cmocka_run_group_tests (tests, server_make, server_drop);
}
