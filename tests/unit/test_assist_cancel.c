/* A request that is cancelled while it is prepared is over when it says so: nothing follows, and nothing takes the place of what
   was sent before.  Cancelling cannot fail. */
#include "turn_bench.h"
#include "net/http.h"
#include "store/blob.h"
#include <unistd.h>

/* Settings of a key that is found after SECONDS. */
static void
write_slow_key (const struct bench *b, const char *seconds)
{
  char path[128], text[1024];
  snprintf (path, sizeof path, "%s/aid/config.json", dir);
  snprintf (text, sizeof text,
            "{\"model\":\"p/real\",\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:%d/v1\","
            "\"key_command\":[\"sh\",\"-c\",\"sleep %s; echo a-key-of-the-test\"]}}}",
            b->server->port, seconds);
  assert_int_equal (aid_fs_replace (path, aid_span_z (text), 0600, NULL), AID_OK);
}

static void
wait_until_none_runs (struct bench *b)
{
  for (int i = 0; i < 6000 && aid_assist_running (b->assist); i++)
    usleep (10000);
  assert_int_equal (aid_assist_running (b->assist), 0);
}

static void
nothing_follows_the_end (void **state)
{
  (void)state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("x") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  write_slow_key (&b, "0.3");
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (CHAT), .request = "r1", .strategy = "edit" };
  assert_int_equal (aid_assist_ask (b.assist, &a, NULL), AID_OK);
  aid_assist_cancel (b.assist, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  wait_until_none_runs (&b);
  assert_string_equal (aid_str_z (&b.w.kinds), "error ");
  assert_non_null (strstr (aid_str_z (&b.w.last), "cancelled"));
  assert_non_null (strstr (aid_str_z (&b.w.last), "req=r1 strategy=edit state=failed"));
  assert_int_equal (b.server->served, 0);
  finish (&b);
}

/* A key's program may ask a person, who is not there any more. */
static void
stopping_waits_for_no_key (void **state)
{
  (void) state;
  static const struct fake_step none[] = { FAKE_CLOSE };
  const struct fake_step *script[] = { none };
  struct bench b;
  char begun[160], ended[160], seconds[512];
  snprintf (begun, sizeof begun, "%s/begun", dir);
  snprintf (ended, sizeof ended, "%s/ended", dir);
  begin (&b, script, 1);
  snprintf (seconds, sizeof seconds, "0; touch %s; sleep 4; touch %s", begun, ended);
  write_slow_key (&b, seconds);
  ask (&b, 1);
  while (access (begun, F_OK))
    usleep (10000);
  finish (&b);
  assert_int_equal (access (ended, F_OK), -1);
}

static void
the_last_request_stays_the_one_that_was_sent (void **state)
{
  (void)state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("said before") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  struct aid_str val = AID_STR_INIT (1u << 20), last = AID_STR_INIT (1u << 20);
  begin (&b, script, 1);
  write_slow_key (&b, "0");
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  write_slow_key (&b, "0.3");
  ask (&b, 2);
  aid_assist_cancel (b.assist, 2);
  assert_true (wait_for (&b.w, &b.w.ended, 2));
  wait_until_none_runs (&b);
  assert_int_equal (aid_assist_last (b.assist, KEY, &val), 1);
  aid_val_to_json (aid_str_span (&val), 0, &last);
  assert_non_null (strstr (aid_str_z (&last), "said before"));
  finish (&b);
  aid_str_free (&val);
  aid_str_free (&last);
}

static void
nothing (void *arg)
{
  (void)arg;
}

/* The I/O thread has as many jobs as it takes, so that whoever would need one more gets none. */
static void
a_full_net_does_not_lose_it (void **state)
{
  (void)state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("one")), FAKE_HOLD, FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.texts, 1));
  while (!aid_net_later (aid_assist_net (b.assist), 600000, nothing, NULL, NULL))
    ;
  aid_assist_cancel (b.assist, 1);
  aid_assist_cancel (b.assist, 1);
  assert_true (fake_wait_hangups (b.server, 1));
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_non_null (strstr (aid_str_z (&b.w.last), "cancelled"));
  finish (&b);
}

/* Whatever is asked for afterwards is not what was cancelled; what is over cannot be cancelled. */
static void
what_is_over_stays_over (void **state)
{
  (void)state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("x") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  aid_assist_cancel (b.assist, 1);
  for (unsigned id = 1; id <= 50; id++)
    {
      ask (&b, id);
      assert_true (wait_for (&b.w, &b.w.ended, id));
      aid_assist_cancel (b.assist, id);
      assert_non_null (strstr (aid_str_z (&b.w.last), "state=done"));
    }
  finish (&b);
  assert_int_equal (b.w.ended, 50);
}

/* There is no key: the item is not frozen, and no event says so. */
static void
what_cannot_be_sent_is_not_frozen (void **state)
{
  (void) state;
  static const struct fake_step none[] = { FAKE_CLOSE };
  const struct fake_step *script[] = { none };
  struct aid_ask_item item = { AID_SPAN ("aid:buffer/x"), AID_SPAN ("never sent\n") };
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (CHAT "\n- [x](aid:buffer/x) <!--aid:" KEY " item-->\n"), .request = "r1",
                       .items = &item, .nitems = 1 };
  struct aid_str text = AID_STR_INIT (1000);
  struct bench b;
  char path[128], id[17];
  begin (&b, script, 1);
  snprintf (path, sizeof path, "%s/aid/config.json", dir);
  const char *config = "{\"model\":\"p/real\",\"providers\":{\"p\":{\"url\":\"https://h.example/v1\","
                       "\"key_env\":\"AID_NO_KEY\"}}}";
  assert_int_equal (aid_fs_replace (path, aid_span_z (config), 0600, NULL), AID_OK);
  assert_int_equal (aid_assist_ask (b.assist, &a, NULL), AID_OK);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (aid_str_z (&b.w.kinds), "error ");
  assert_non_null (strstr (aid_str_z (&b.w.last), "AID_NO_KEY"));
  finish (&b);
  aid_blob_id (item.text, id);
  assert_int_equal (aid_blob_get (id, &text, NULL), AID_E_NOTFOUND);
  aid_str_free (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing_follows_the_end),
    cmocka_unit_test (stopping_waits_for_no_key),
    cmocka_unit_test (the_last_request_stays_the_one_that_was_sent),
    cmocka_unit_test (a_full_net_does_not_lose_it),
    cmocka_unit_test (what_is_over_stays_over),
    cmocka_unit_test (what_cannot_be_sent_is_not_frozen),
  };
  return cmocka_run_group_tests_name ("assist cancel", tests, setup, teardown);
}
