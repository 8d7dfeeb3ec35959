/* A request from the question to its one last event, against a real server on this machine. */
#include "turn_bench.h"
#include "base/pool.h"
#include "chat/journal.h"
#include "measure/events.h"
#include "store/blob.h"
#include "sanitized.h"
#include <dirent.h>
#include <malloc.h>
#include <stdatomic.h>

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

/* A frame holds the text of a few: the others' must come without more from any server. */
static void
test_many_answers_take_turns (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("a")), FAKE_GATE, FAKE_SEND (DELTA ("b") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  const unsigned n = 2 * AID_FRAME_STREAMS + 1;
  struct bench b;
  begin (&b, script, 1);
  for (unsigned id = 1; id <= n; id++)
    ask (&b, id);
  assert_true (wait_for (&b.w, &b.w.texts, n));
  assert_string_equal (aid_str_z (&b.w.text), "aaaaaaaaa");
  for (unsigned id = 1; id <= n; id++)
    fake_open (b.server);
  assert_true (wait_for (&b.w, &b.w.ended, n));
  assert_int_equal (b.w.text.len, 2 * n);
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
  finish (&b);                 /* what waits for the disk is written */
  assert_int_equal (aid_blob_get (got, &kept, NULL), AID_OK);
  assert_string_equal (aid_str_z (&kept), "one\n\ttwo\n```c\nint\n");   /* what the end line closed did not come in */
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
  finish (&b);
  assert_int_equal (aid_blob_get (got, &kept, NULL), AID_E_NOTFOUND);
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

/* --- the limit of 8 MB ------------------------------------------------------------------------------------------------ */

#define X16 "0123456789abcdef"
#define X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16
#define X1024 X256 X256 X256 X256
/* With "```c\n" these are 1,024 bytes, too. */
#define X1019 X256 X256 X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 "0123456789a"
#define TOOL \
  "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\"," \
  "\"function\":{\"name\":\"run\",\"arguments\":\"{}\"}}]}}]}\n\n"

/* Streams an open fence of just 8 MB and then LAST. */
static void
stream_8_mb (struct bench *b, const char *last)
{
  static struct fake_step answer[]      /* the server reads it to its end, which may come after ours */
    = { FAKE_SEND (HEAD DELTA ("```c\\n" X1019)), FAKE_REPEAT (DELTA (X1024), 8191), FAKE_SEND (""), FAKE_CLOSE };
  static const struct fake_step *const script[] = { answer };
  answer[2].bytes = last;
  answer[2].len = strlen (last);
  begin (b, script, 1);
  ask (b, 1);
  assert_true (wait_for (&b->w, &b->w.ended, 1));
  assert_true (b->w.text.len > AID_ANSWER_MAX);
  assert_string_equal (b->w.text.ptr + AID_ANSWER_MAX - 4, "cdef\n```\n<!--aid:" KEY " end closed=fence-->\n");
}

static void
test_an_answer_of_8_mb_is_closed (void **state)
{
  (void) state;
  struct bench b;
  stream_8_mb (&b, STOP);
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=done"));
  finish (&b);
  stream_8_mb (&b, DELTA ("x") STOP);
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=cut"));
  assert_non_null (strstr (aid_str_z (&b.w.last), "longer than the 8 MB"));
  finish (&b);
}

static void
test_a_tool_call_that_has_no_place_is_left_out_whole (void **state)
{
  (void) state;
  struct bench b;
  stream_8_mb (&b, TOOL STOP);
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=cut"));
  assert_non_null (strstr (aid_str_z (&b.w.last), "longer than the 8 MB"));
  finish (&b);
}

/* --- when nothing more can be taken ------------------------------------------------------------------------------------ */

struct gate
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int open, inside;
};

static void
hold_worker (void *arg)
{
  struct gate *g = arg;
  pthread_mutex_lock (&g->lock);
  g->inside++;
  pthread_cond_broadcast (&g->changed);
  while (!g->open)
    pthread_cond_wait (&g->changed, &g->lock);
  pthread_mutex_unlock (&g->lock);
}

#define REFUSED 20000

struct canceller
{
  struct bench *b;
  atomic_uint asked;           /* the request that is asked just now */
};

static void *
cancel_all_the_time (void *arg)
{
  struct canceller *c = arg;
  unsigned id;
  while ((id = atomic_load (&c->asked)) <= REFUSED)
    aid_assist_cancel (c->b->assist, id);
  return NULL;
}

/* The workers are busy and 10,000 jobs wait.  Whoever asks is told so, once, while others cancel what they ask. */
static void
test_a_request_that_is_not_taken_is_gone_without_an_event (void **state)
{
  (void) state;
  static const struct fake_step none[] = { FAKE_CLOSE };
  const struct fake_step *script[] = { none };
  struct gate g = { .open = 0 };
  struct bench b;
  pthread_t canceller;
  unsigned told = 0;
  begin (&b, script, 1);
  pthread_mutex_init (&g.lock, NULL);
  pthread_cond_init (&g.changed, NULL);
  for (int i = 0; i < 2; i++)
    assert_int_equal (aid_pool_run (aid_assist_pool (b.assist), hold_worker, NULL, &g), AID_OK);
  pthread_mutex_lock (&g.lock);
  while (g.inside < 2)
    pthread_cond_wait (&g.changed, &g.lock);
  pthread_mutex_unlock (&g.lock);
  while (!aid_pool_run (aid_assist_pool (b.assist), hold_worker, NULL, &g))
    ;
  struct canceller c = { .b = &b };
  pthread_create (&canceller, NULL, cancel_all_the_time, &c);
  for (unsigned id = 1; id <= REFUSED; id++)
    {
      atomic_store (&c.asked, id);
      struct aid_ask a = { .id = id, .chat = AID_SPAN (CHAT), .request = "r1" };
      struct aid_error e = { AID_OK, "" };
      told += aid_assist_ask (b.assist, &a, &e) == AID_E_LIMIT && e.msg[0];
    }
  atomic_store (&c.asked, REFUSED + 1);
  pthread_join (canceller, NULL);
  assert_int_equal (told, REFUSED);
  pthread_mutex_lock (&g.lock);
  g.open = 1;
  pthread_cond_broadcast (&g.changed);
  pthread_mutex_unlock (&g.lock);
  while (aid_assist_running (b.assist))
    usleep (1000);
  finish (&b);
  pthread_cond_destroy (&g.changed);
  pthread_mutex_destroy (&g.lock);
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

size_t __sanitizer_get_current_allocated_bytes (void) __attribute__ ((weak));

/* Bytes on the heap that are in use, and how many more may be after 4,000 requests: some idle connections, but not 32 bytes a
   request.  Without a sanitizer malloc counts what it keeps for its threads, too. */
static size_t
heap (size_t *slack)
{
  *slack = 128000;
  if (__sanitizer_get_current_allocated_bytes)
    return __sanitizer_get_current_allocated_bytes ();
  struct mallinfo2 m = mallinfo2 ();
  *slack = 1500000;
  return m.uordblks + m.hblkhd;
}

/* Asks N times, ten at once; every third request is cancelled, every fifth is for a chat that is a file. */
static void
ask_many (struct bench *b, unsigned n)
{
  unsigned before = b->w.ended;
  char path[128], name[32];
  snprintf (path, sizeof path, "%s/chat.md", dir);
  for (unsigned i = 1; i <= n; i++)
    {
      snprintf (name, sizeof name, "r%u", i % 10);
      struct aid_ask a = { .id = before + i, .chat = AID_SPAN (CHAT), .request = name, .chat_path = i % 5 ? NULL : path };
      assert_int_equal (aid_assist_ask (b->assist, &a, NULL), AID_OK);
      if (i % 3 == 0)
        aid_assist_cancel (b->assist, a.id);
      if (i % 10)
        continue;
      assert_true (wait_for (&b->w, &b->w.ended, before + i));
      aid_journal_remove (path, "r0");
      aid_journal_remove (path, "r5");
    }
  assert_int_equal (b->w.ended, before + n);
  /* A request that was cancelled while it was prepared has told its end before it is gone. */
  while (aid_assist_running (b->assist))
    usleep (1000);
}

static void
test_thousands_of_requests_leave_nothing (void **state)
{
  (void) state;
  static const struct fake_step answer[]
    = { FAKE_SEND ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 237\r\n\r\n" DELTA ("hello, you") STOP),
        FAKE_DONE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  unsigned files = entries ("/proc/self/fd"), threads = settled_threads ();
  begin (&b, script, 1);
  ask_many (&b, 100);          /* what is kept for good is there now: idle connections, caches */
  aid_str_free (&b.w.kinds);
  aid_str_free (&b.w.text);
  aid_str_free (&b.w.said);
  assert_int_equal (aid_events_wait (aid_assist_events (b.assist), 60000), 0);
  size_t slack, bytes = heap (&slack);
  ask_many (&b, SANITIZED ? 1000 : 4000);
  aid_str_free (&b.w.kinds);
  aid_str_free (&b.w.text);
  aid_str_free (&b.w.said);
  assert_int_equal (aid_events_wait (aid_assist_events (b.assist), 60000), 0);   /* what is on its way to the disk is not left */
  size_t now = heap (&slack);
  print_message ("the heap went from %zu to %zu bytes\n", bytes, now);
  assert_true (now < bytes + slack);
  finish (&b);
  assert_int_equal (entries ("/proc/self/fd"), files);
  assert_int_equal (settled_threads (), threads);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_an_answer_streams_and_ends_once),
    cmocka_unit_test (test_many_answers_take_turns),
    cmocka_unit_test (test_a_cut_answer_is_closed_and_an_error),
    cmocka_unit_test (test_what_was_received_is_kept_under_its_hash),
    cmocka_unit_test (test_a_store_that_fails_costs_no_answer),
    cmocka_unit_test (test_an_answer_for_no_chat_is_not_kept),
    cmocka_unit_test (test_plain_reasoning_comes_in_its_place),
    cmocka_unit_test (test_a_refused_request_says_why),
    cmocka_unit_test (test_cancelling_ends_a_live_stream),
    cmocka_unit_test (test_stopping_ends_every_request),
    cmocka_unit_test (test_a_bad_model_or_setting_is_an_error_event),
    cmocka_unit_test (test_an_answer_of_8_mb_is_closed),
    cmocka_unit_test (test_a_tool_call_that_has_no_place_is_left_out_whole),
    cmocka_unit_test (test_a_request_that_is_not_taken_is_gone_without_an_event),
    cmocka_unit_test (test_thousands_of_requests_leave_nothing),
  };
  return cmocka_run_group_tests_name ("assist turn", tests, setup, teardown);
}
