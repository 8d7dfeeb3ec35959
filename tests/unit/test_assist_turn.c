/* A request from the question to its one last event, against a real server on this machine. */
#include "turn_bench.h"
#include "store/blob.h"
#include <dirent.h>

static void
test_an_answer_streams_and_ends_once (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("Hel")), FAKE_SEND (DELTA ("lo **you**") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (aid_str_z (&b.w.kinds), "frozen start text done ");
  assert_string_equal (aid_str_z (&b.w.text), "Hello **you**");
  assert_non_null (strstr (aid_str_z (&b.w.last), "model=m req=r1 in=7 out=3"));
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=done"));
  assert_non_null (strstr (b.server->requests[0], "hello?"));
  assert_null (strstr (b.server->requests[0], KEY));
  assert_int_equal (aid_assist_running (b.assist), 0);
  finish (&b);
}

static void
test_a_cut_answer_is_closed_and_an_error (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("```c\\nint")), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (aid_str_z (&b.w.kinds), "frozen start text error ");
  assert_string_equal (aid_str_z (&b.w.text), "```c\nint\n```\n<!--aid:" KEY " end closed=fence-->\n");
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=cut"));
  finish (&b);
}

/* The value of got= in the meta line of the last event. */
static void
got_of (struct watcher *w, char got[AID_BLOB_ID])
{
  const char *at = strstr (aid_str_z (&w->last), "got=");
  assert_non_null (at);
  snprintf (got, AID_BLOB_ID, "%.16s", at + 4);
}

static void
test_what_was_received_is_kept_under_its_hash (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("\\n\\none  \\n\\n\\ttwo\\n```c\\nint")), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  char got[AID_BLOB_ID];
  struct aid_str kept = AID_STR_INIT (1000);
  begin (&b, script, 1);
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  got_of (&b.w, got);
  assert_int_equal (aid_blob_get (got, &kept, NULL), AID_OK);
  assert_string_equal (aid_str_z (&kept), "one\n\ttwo\n```c\nint\n");   /* what the end line closed did not come in */
  finish (&b);
  aid_str_free (&kept);
}

static void
test_a_store_that_fails_costs_no_answer (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("kept nowhere") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  char got[AID_BLOB_ID], file[128];
  struct aid_str kept = AID_STR_INIT (1000);
  snprintf (file, sizeof file, "%s/file", dir);
  assert_int_equal (aid_fs_replace (file, AID_SPAN ("no folder"), 0600, NULL), AID_OK);
  setenv ("XDG_STATE_HOME", file, 1);
  begin (&b, script, 1);
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=done"));
  assert_string_equal (aid_str_z (&b.w.text), "kept nowhere");
  got_of (&b.w, got);
  finish (&b);
  setenv ("XDG_STATE_HOME", dir, 1);
  assert_int_equal (aid_blob_get (got, &kept, NULL), AID_E_NOTFOUND);
  aid_str_free (&kept);
}

static void
test_an_answer_for_no_chat_is_not_kept (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("for a terminal") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  char got[AID_BLOB_ID];
  struct aid_str kept = AID_STR_INIT (1000);
  begin (&b, script, 1);
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (CHAT), .request = "r1", .plain = 1 };
  assert_int_equal (aid_assist_ask (b.assist, &a, NULL), AID_OK);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  got_of (&b.w, got);
  assert_int_equal (aid_blob_get (got, &kept, NULL), AID_E_NOTFOUND);
  finish (&b);
  aid_str_free (&kept);
}

static void
test_plain_reasoning_comes_in_its_place (void **state)
{
  (void) state;
  static const struct fake_step answer[]
    = { FAKE_SEND (HEAD THOUGHT ("one ") THOUGHT ("two") DELTA ("a") THOUGHT ("three") DELTA ("b") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (CHAT), .request = "r1", .plain = 1 };
  assert_int_equal (aid_assist_ask (b.assist, &a, NULL), AID_OK);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (aid_str_z (&b.w.said), "(one two) a(three) b");
  finish (&b);
}

static void
test_a_refused_request_says_why (void **state)
{
  (void) state;
  static const struct fake_step answer[]
    = { FAKE_ANSWER ("401 Unauthorized", "Content-Type: application/json\r\n", "52",
                     "{\"error\":{\"message\":\"bad key\",\"code\":\"invalid_key\"}}"), FAKE_DONE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (aid_str_z (&b.w.kinds), "frozen error ");
  assert_non_null (strstr (aid_str_z (&b.w.last), "401"));
  assert_non_null (strstr (aid_str_z (&b.w.last), "bad key"));
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=failed"));
  finish (&b);
}

static void
test_cancelling_ends_a_live_stream (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("one")), FAKE_HOLD, FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  ask (&b, 5);
  assert_true (wait_for (&b.w, &b.w.texts, 1));
  aid_assist_cancel (b.assist, 5);
  aid_assist_cancel (b.assist, 5);
  aid_assist_cancel (b.assist, 77);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_non_null (strstr (aid_str_z (&b.w.last), "cancelled"));
  assert_true (fake_wait_hangups (b.server, 1));
  finish (&b);
  assert_int_equal (b.w.ended, 1);
}

static void
test_stopping_ends_every_request (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("one")), FAKE_HOLD, FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  for (uint64_t id = 1; id <= 8; id++)
    ask (&b, id);
  aid_assist_free (b.assist, "core replaced");
  assert_int_equal (b.w.ended, 8);
  if (!strstr (aid_str_z (&b.w.last), "core replaced"))
    fail_msg ("the last event is %s", aid_str_z (&b.w.last));
  struct aid_sink sink = { post, &b.w };
  b.assist = aid_assist_new (&sink, NULL);
  finish (&b);
}

static void
test_a_bad_model_or_setting_is_an_error_event (void **state)
{
  (void) state;
  static const struct fake_step none[] = { FAKE_CLOSE };
  const struct fake_step *script[] = { none };
  struct bench b;
  begin (&b, script, 1);
  struct aid_ask a = { .id = 3, .chat = AID_SPAN (CHAT), .request = "r1", .model = "nobody" };
  assert_int_equal (aid_assist_ask (b.assist, &a, NULL), AID_OK);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (aid_str_z (&b.w.kinds), "error ");
  assert_non_null (strstr (aid_str_z (&b.w.last), "nobody"));
  finish (&b);
}

static unsigned
entries (const char *path)
{
  unsigned n = 0;
  DIR *d = opendir (path);
  assert_non_null (d);
  while (readdir (d))
    n++;
  closedir (d);
  return n;
}

/* The kernel may list a thread for a moment after it was joined: the least number seen in half a second. */
static unsigned
settled_threads (void)
{
  unsigned least = entries ("/proc/self/task");
  for (int i = 0; i < 500; i++)
    {
      unsigned now = entries ("/proc/self/task");
      least = now < least ? now : least;
      usleep (1000);
    }
  return least;
}

static void
test_a_thousand_requests_leave_nothing (void **state)
{
  (void) state;
  static const struct fake_step answer[]
    = { FAKE_SEND ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 237\r\n\r\n" DELTA ("hello, you") STOP),
        FAKE_DONE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  unsigned files = entries ("/proc/self/fd"), threads = settled_threads ();
  begin (&b, script, 1);
  for (unsigned i = 1; i <= 1000; i++)
    {
      ask (&b, i);
      if (i % 3 == 0)
        aid_assist_cancel (b.assist, i);
      if (i % 10 == 0)
        assert_true (wait_for (&b.w, &b.w.ended, i));
    }
  assert_int_equal (b.w.ended, 1000);
  /* A request that was cancelled while it was prepared has told its end before it is gone. */
  while (aid_assist_running (b.assist))
    usleep (1000);
  finish (&b);
  assert_int_equal (entries ("/proc/self/fd"), files);
  assert_int_equal (settled_threads (), threads);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_an_answer_streams_and_ends_once),
    cmocka_unit_test (test_a_cut_answer_is_closed_and_an_error),
    cmocka_unit_test (test_what_was_received_is_kept_under_its_hash),
    cmocka_unit_test (test_a_store_that_fails_costs_no_answer),
    cmocka_unit_test (test_an_answer_for_no_chat_is_not_kept),
    cmocka_unit_test (test_plain_reasoning_comes_in_its_place),
    cmocka_unit_test (test_a_refused_request_says_why),
    cmocka_unit_test (test_cancelling_ends_a_live_stream),
    cmocka_unit_test (test_stopping_ends_every_request),
    cmocka_unit_test (test_a_bad_model_or_setting_is_an_error_event),
    cmocka_unit_test (test_a_thousand_requests_leave_nothing),
  };
  return cmocka_run_group_tests_name ("assist turn", tests, setup, teardown);
}
