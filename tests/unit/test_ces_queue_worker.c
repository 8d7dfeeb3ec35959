/* A worker, who waits for it, and what becomes of both when things go wrong. */
#include "ces_queue_scene.h"
#include "base/pool.h"
#include "base/stop.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int judged, stopped, running, most_running;

/* A task says what is to happen: {"sleep": ms, "error": "io"}; with "hang" it ends only when it is told to. */
static enum aid_err
judge (void *ctx, const json_t *task, struct aid_span answer, int ours, const struct aid_stop *stop, json_t **verdict,
       struct aid_error *e)
{
  struct pollfd end = { aid_stop_fd (stop), POLLIN, 0 };
  const char *error = aid_json_str (task, "error");
  int now = atomic_fetch_add (&running, 1) + 1, most = atomic_load (&most_running);
  (void)ctx, (void)ours;
  while (now > most && !atomic_compare_exchange_weak (&most_running, &most, now))
    ;
  poll (&end, 1, aid_json_bool (task, "hang", 0) ? -1 : (int)aid_json_int (task, "sleep", 0));
  atomic_fetch_sub (&running, 1);
  if (aid_stop_is_set (stop))
    {
      atomic_fetch_add (&stopped, 1);
      return aid_error_set (e, AID_E_CANCELLED, "Stopped");
    }
  if (error)
    return aid_error_set (e, !strcmp (error, "io") ? AID_E_IO : AID_E_INVALID, "It went wrong: %s", error);
  atomic_fetch_add (&judged, 1);
  *verdict = json_pack ("{s:i, s:s%}", "verdict", 1, "answer", answer.ptr ? answer.ptr : "", answer.len);
  return AID_OK;
}

struct worker
{
  struct aid_queue_work what;
  struct aid_stop *stop;
  struct aid_queue_worked done;
  enum aid_err err;
  struct aid_error e;
  pthread_t thread;
};

static void *
run (void *arg)
{
  struct worker *w = arg;
  w->err = aid_queue_work (&place, &w->what, w->stop, &w->done, &w->e);
  return NULL;
}

static void
begin (struct worker *w, int jobs, int grace_ms)
{
  atomic_store (&judged, 0), atomic_store (&stopped, 0), atomic_store (&most_running, 0);
  *w = (struct worker){ .what = { .jobs = jobs, .lease_ms = 600000, .grace_ms = grace_ms, .judge = judge },
                        .stop = aid_stop_new (NULL) };
  assert_int_equal (pthread_create (&w->thread, NULL, run, w), 0);
}

static void
end (struct worker *w)
{
  aid_stop_set (w->stop);
  pthread_join (w->thread, NULL);
  if (w->err)
    fail_msg ("%s", w->e.msg);
  aid_stop_free (w->stop);
}

static json_t *
await (struct aid_queue_asker *a, const char *id)
{
  json_t *o;
  struct aid_error e = { AID_OK, "" };
  struct aid_queue_task t = { .id = id };
  if (aid_queue_ask (a, &t, -1, NULL, &o, &e))
    fail_msg ("%s", e.msg);
  return o;
}

static int
comes_out (struct aid_queue_asker *a, const char *id, const char *outcome)
{
  json_t *o = await (a, id);
  int same = !strcmp (aid_json_str (o, "outcome"), outcome);
  json_decref (o);
  return same;
}

/* How many of those who wait for the file's news have left their pipe behind. */
static int
bells (void)
{
  DIR *dir = opendir (scratch_path ("aid/ces-queue.bells"));
  struct dirent *one;
  int n = 0;
  while (dir && (one = readdir (dir)))
    n += one->d_name[0] != '.';
  if (dir)
    closedir (dir);
  return n;
}

static void
a_worker_judges_all_there_is (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct worker w;
  struct aid_queue *q = open_it ();
  struct aid_queue_asker *a = aid_queue_asker_new (&place, NULL);
  const char *all[60];
  for (int i = 0; i < 30; i++)
    all[i] = submit (q, i % 2 ? "red" : "blue", "{\"sleep\":3}", "x", 0);
  begin (&w, 4, 1000);
  for (int i = 30; i < 60; i++)
    all[i] = submit (q, i % 3 ? "red" : "green", "{\"sleep\":3}", "x", 0);
  for (int i = 0; i < 60; i++)
    assert_true (comes_out (a, all[i], "verdict"));
  end (&w);
  assert_int_equal (atomic_load (&judged), 60);
  assert_int_equal (w.done.judged, 60);
  assert_true (atomic_load (&most_running) > 1 && atomic_load (&most_running) <= 4);
  json_t *o;
  assert_int_equal (aid_queue_status (q, &o, NULL), AID_OK);
  assert_int_equal (json_array_size (json_object_get (o, "workers")), 0); /* it has left */
  json_decref (o);
  aid_queue_asker_free (a);
  aid_queue_close (q);
  assert_int_equal (bells (), 0);
}

static void
who_stops_gives_back_what_does_not_end (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct worker w;
  struct aid_queue *q = open_it ();
  const char *hangs = submit (q, "k", "{\"hang\":true}", "x", 0), *ends = submit (q, "k", "{\"sleep\":300}", "x", 0);
  begin (&w, 2, 100000);
  while (atomic_load (&running) + atomic_load (&judged) < 2)
    nap ();
  aid_stop_set (w.stop); /* the one ends in the time that it has */
  while (atomic_load (&judged) < 1)
    nap ();
  const char *was;
  assert_int_equal (aid_queue_cancel (q, hangs, &was, NULL), AID_OK);
  end (&w);
  assert_true (has (q, ends, "outcome", "verdict") && has (q, hangs, "outcome", "cancelled"));
  hangs = submit (q, "k", "{\"hang\":true}", "x", 0);
  begin (&w, 2, 10);
  while (atomic_load (&running) < 1)
    nap ();
  end (&w);
  assert_int_equal (w.done.returned, 1);
  assert_true (has (q, hangs, "state", "waiting"));
  json_t *o = look (q, hangs);
  assert_int_equal (aid_json_int (o, "attempts", -1), 0);
  json_decref (o);
  aid_queue_close (q);
}

static void
what_is_cancelled_is_told_to_who_judges_it (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct worker w;
  struct aid_queue *q = open_it ();
  struct aid_queue_asker *a = aid_queue_asker_new (&place, NULL);
  const char *id = submit (q, "k", "{\"hang\":true}", "x", 0), *was;
  begin (&w, 1, 100000);
  while (atomic_load (&running) < 1)
    nap ();
  assert_int_equal (aid_queue_cancel (q, id, &was, NULL), AID_OK);
  assert_true (comes_out (a, submit (q, "k", "{}", "x", 0), "verdict")); /* it has time for others */
  assert_int_equal (atomic_load (&stopped), 1);
  end (&w);
  assert_true (has (q, id, "outcome", "cancelled"));
  aid_queue_asker_free (a);
  aid_queue_close (q);
}

static void
what_cannot_be_judged_is_tried_again_or_told (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct worker w;
  struct aid_queue *q = open_it ();
  struct aid_queue_asker *a = aid_queue_asker_new (&place, NULL);
  const char *wrong = submit (q, "k", "{\"error\":\"no\"}", "x", 0), *broken = submit (q, "k", "{\"error\":\"io\"}", "x", 2),
             *none = submit (q, "k", "[1]", "x", 0), *nonsense = submit (q, "k", "{", "x", 0);
  begin (&w, 1, 100);
  assert_true (comes_out (a, wrong, "error") && comes_out (a, none, "error") && comes_out (a, nonsense, "error"));
  assert_true (comes_out (a, broken, "error"));
  end (&w);
  assert_true (has (q, wrong, "code", "invalid") && has (q, wrong, "message", "It went wrong: no"));
  assert_true (has (q, broken, "code", "io"));
  assert_true (has (q, none, "code", "invalid") && has (q, nonsense, "code", "invalid"));
  json_t *o = look (q, broken);
  assert_int_equal (aid_json_int (o, "attempts", 0), 2);
  json_decref (o);
  aid_queue_asker_free (a);
  aid_queue_close (q);
}

struct asking
{
  struct aid_queue_asker *a;
  struct aid_stop *stop;
  atomic_int good;
};

static enum aid_err
ask_one (void *ctx, size_t i, struct aid_error *e)
{
  struct asking *all = ctx;
  char id[AID_QUEUE_ID], answer[32];
  json_t *o;
  snprintf (answer, sizeof answer, "answer %zu", i);
  aid_queue_new_id (id, e);
  struct aid_queue_task t = { .id = id, .key = "k", .task = AID_SPAN ("{\"sleep\":2}"), .answer = aid_span_z (answer) };
  enum aid_err err = aid_queue_ask (all->a, &t, -1, all->stop, &o, e);
  if (err)
    return err;
  atomic_fetch_add (&all->good, !strcmp (aid_json_str (json_object_get (o, "verdict"), "answer"), answer));
  json_decref (o);
  return AID_OK;
}

static void
many_ask_at_once_and_each_gets_his_own (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct worker w;
  struct asking all = { .a = aid_queue_asker_new (&place, NULL) };
  struct aid_error e = { AID_OK, "" };
  begin (&w, 3, 1000);
  if (aid_thread_each (80, 7, "asks", ask_one, &all, &e))
    fail_msg ("%s", e.msg);
  end (&w);
  assert_int_equal (atomic_load (&all.good), 80);
  aid_queue_asker_free (all.a);
}

static void *
stop_soon (void *arg)
{
  while (atomic_load (&running) < 1)
    nap ();
  aid_stop_set (arg);
  return NULL;
}

static void
who_does_not_want_it_any_more_cancels_it (void **state)
{
  (void)state;
  SKIP_WITHOUT_SERVER;
  struct worker w;
  struct aid_queue *q = open_it ();
  struct aid_queue_asker *a = aid_queue_asker_new (&place, NULL);
  struct aid_stop *stop = aid_stop_new (NULL);
  pthread_t thread;
  char id[AID_QUEUE_ID];
  json_t *o;
  aid_queue_new_id (id, NULL);
  struct aid_queue_task t = { .id = id, .key = "k", .task = AID_SPAN ("{\"hang\":true}"), .answer = AID_SPAN ("x") };
  begin (&w, 1, 100000);
  assert_int_equal (pthread_create (&thread, NULL, stop_soon, stop), 0);
  assert_int_equal (aid_queue_ask (a, &t, -1, stop, &o, NULL), AID_E_CANCELLED);
  pthread_join (thread, NULL);
  assert_true (has (q, id, "outcome", "cancelled"));
  while (atomic_load (&stopped) < 1)
    nap ();
  end (&w);
  aid_stop_free (stop);
  aid_queue_asker_free (a);
  aid_queue_close (q);
}

static void
who_asks_a_queue_that_is_away_is_told_in_time (void **state)
{
  (void)state;
  char id[AID_QUEUE_ID];
  struct aid_error e = { AID_OK, "" };
  place.server
    = (struct aid_team_place){ .url = "postgresql:///q?host=/nowhere", .what = "The queue", .name = "q at /nowhere" };
  struct aid_queue_asker *a = aid_queue_asker_new (&place, NULL);
  json_t *o;
  aid_queue_new_id (id, NULL);
  struct aid_queue_task t = { .id = id, .key = "k", .task = AID_SPAN ("{}") };
  assert_int_equal (aid_queue_ask (a, &t, 150, NULL, &o, &e), AID_E_NET);
  assert_non_null (strstr (e.msg, "The queue, q at /nowhere, cannot be reached"));
  aid_queue_asker_free (a);
  struct worker w;
  begin (&w, 1, 100); /* it waits for it, and can be ended meanwhile */
  nap ();
  end (&w);
}

static void
a_server_that_is_started_anew_is_found_again (void **state)
{
  (void)state;
  if (!server_dir[0])
    skip ();
  struct worker w;
  struct aid_queue *q = open_it ();
  struct aid_queue_asker *a = aid_queue_asker_new (&place, NULL);
  const char *before = submit (q, "k", "{\"sleep\":1}", "x", 0), *during = submit (q, "k", "{\"sleep\":700}", "x", 0);
  begin (&w, 2, 100000);
  assert_true (comes_out (a, before, "verdict"));
  while (atomic_load (&running) < 1)
    nap ();
  assert_int_equal (server ("crash"), 0);
  assert_int_equal (server ("restart"), 0);
  assert_true (comes_out (a, during, "verdict"));
  aid_queue_close (q);
  q = open_it ();
  assert_true (comes_out (a, submit (q, "k", "{}", "x", 0), "verdict"));
  end (&w);
  assert_int_equal (w.done.judged, 3);
  aid_queue_asker_free (a);
  aid_queue_close (q);
}

/* Nothing is left of what it could not tell any more, which the sanitizer of leaks sees. */
static void
who_may_not_tell_any_more_ends_and_forgets_what_it_holds (void **state)
{
  (void)state;
  if (!server_dir[0])
    skip ();
  struct worker w;
  struct aid_queue *q = open_it ();
  submit (q, "k", "{\"sleep\":5000}", "x", 0);
  begin (&w, 1, 0);
  while (atomic_load (&running) < 1)
    nap ();
  sql ("DROP FUNCTION aid_ces.finish(text, text, bigint, text, text)");
  pthread_join (w.thread, NULL);
  assert_int_equal (w.err, AID_E_NOTFOUND);
  assert_int_equal (w.done.judged + w.done.returned, 0);
  aid_stop_free (w.stop);
  aid_queue_close (q);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ON_BOTH (a_worker_judges_all_there_is),
    ON_BOTH (who_stops_gives_back_what_does_not_end),
    ON_BOTH (what_is_cancelled_is_told_to_who_judges_it),
    ON_BOTH (what_cannot_be_judged_is_tried_again_or_told),
    ON_BOTH (many_ask_at_once_and_each_gets_his_own),
    ON_BOTH (who_does_not_want_it_any_more_cancels_it),
    cmocka_unit_test_setup_teardown (who_asks_a_queue_that_is_away_is_told_in_time, file_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_server_that_is_started_anew_is_found_again, pg_make, scratch_drop),
    cmocka_unit_test_setup_teardown (who_may_not_tell_any_more_ends_and_forgets_what_it_holds, pg_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, server_make, server_drop);
}
