/* When a request is tried again and after how long: the rules of the official clients, as a table and as seen by a
   server.  */
#include "fake_http.h"
#include "net_probe.h"
#include "net/net_internal.h"

#define SOON "Retry-After-Ms: 1\r\n"

static const struct fake_step good[] = { FAKE_ANSWER ("200 OK", "", "4", "good"), FAKE_DONE };
static const struct fake_step busy[] = { FAKE_ANSWER ("503 Service Unavailable", SOON, "4", "busy"), FAKE_DONE };
static const struct fake_step busy_bye[] = { FAKE_ANSWER ("503 x", "Connection: close\r\n" SOON, "0", ""), FAKE_CLOSE };
static const struct fake_step limited[] = { FAKE_ANSWER ("429 Too Many Requests", SOON, "5", "quota"), FAKE_DONE };
static const struct fake_step told_no[] = { FAKE_ANSWER ("503 x", "x-should-retry: false\r\n" SOON, "0", ""), FAKE_DONE };
static const struct fake_step told_yes[] = { FAKE_ANSWER ("400 x", "x-should-retry: true\r\n" SOON, "0", ""), FAKE_DONE };
static const struct fake_step far_off[] = { FAKE_ANSWER ("503 x", "Retry-After: 50\r\n", "4", "busy"), FAKE_DONE };
static const struct fake_step hang_up[] = { FAKE_CLOSE };
static const struct fake_step head_only[] = { FAKE_SEND ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), FAKE_CLOSE };

/* --- the table ------------------------------------------------------------------------------------------------------- */

/* A reply with the header LINE ("name: value"), or none.  */
static struct aid_http_reply
reply_with (const char *line)
{
  struct aid_http_reply r = { AID_STR_INIT (1000) };
  if (line)
    {
      aid_str_addz (&r.lines, line);
      aid_str_addc (&r.lines, '\0');
      *strchr (r.lines.ptr, ':') = '\0';
    }
  return r;
}

static uint32_t
wait_after (unsigned attempt, const char *line, uint32_t spread)
{
  const int64_t now = INT64_C (784111777) * 1000; /* Sun, 06 Nov 1994 08:49:37 GMT */
  struct aid_http_reply r = reply_with (line);
  uint32_t ms = aid_retry_wait_ms (attempt, &r, now, spread);
  aid_str_free (&r.lines);
  return ms;
}

static void
the_wait_doubles_up_to_8_s_with_a_quarter_taken_off (void **state)
{
  (void) state;
  const uint32_t full[] = { 500, 1000, 2000, 4000, 8000, 8000, 8000 };
  for (unsigned i = 0; i < 7; i++)
    {
      assert_int_equal (wait_after (i + 1, NULL, 0), full[i]);
      assert_int_equal (wait_after (i + 1, NULL, UINT32_MAX), full[i] * 3 / 4);
    }
  assert_int_equal (wait_after (4000000000u, NULL, 0), 8000);
}

static void
the_wait_that_is_asked_for_is_told_whatever_its_length (void **state)
{
  static const struct
  {
    const char *line;
    int64_t ms;
  } cases[] = { { NULL, -1 },
                { "retry-after: 3", 3000 },
                { "retry-after: 3600", 3600000 },
                { "retry-after: 1e9", 86400000 },
                { "retry-after: -3", -1 },
                { "retry-after: soon", -1 },
                { "retry-after: Sun, 06 Nov 1994 08:59:37 GMT", 600000 },
                { "retry-after: Sun, 06 Nov 1994 08:39:37 GMT", -1 } };
  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_http_reply r = reply_with (cases[i].line);
      assert_int_equal (aid_retry_asked_ms (&r, INT64_C (784111777) * 1000), cases[i].ms);
      aid_str_free (&r.lines);
    }
}

static void
the_server_may_name_the_wait (void **state)
{
  (void) state;
  assert_int_equal (wait_after (1, "Retry-After-Ms: 1234", 0), 1234);
  assert_int_equal (wait_after (1, "retry-after-ms: 20.5", 0), 21);
  assert_int_equal (wait_after (1, "Retry-After: 7", 0), 7000);
  assert_int_equal (wait_after (1, "Retry-After: 0", 0), 0);
  assert_int_equal (wait_after (1, "Retry-After: 60", 0), 60000);
  assert_int_equal (wait_after (1, "Retry-After: Sun, 06 Nov 1994 08:49:57 GMT", 0), 20000);
}

static void
a_wait_that_makes_no_sense_is_not_heeded (void **state)
{
  (void) state;
  const char *const lines[] = { "Retry-After: 61",
                                "Retry-After: -1",
                                "Retry-After-Ms: 60001",
                                "Retry-After-Ms: -5",
                                "Retry-After: soon",
                                "Retry-After: ",
                                "Retry-After: 1e99",
                                "Retry-After: nan",
                                "Retry-After: inf",
                                "Retry-After: Sun, 06 Nov 1994 08:49:00 GMT",
                                "Retry-After: Sun, 06 Nov 1994 09:49:00 GMT" };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    assert_int_equal (wait_after (2, lines[i], 0), 1000);
}

static void
a_status_is_tried_again_by_table_or_by_the_servers_word (void **state)
{
  (void) state;
  struct aid_http_reply none = reply_with (NULL), yes = reply_with ("x-should-retry: true"),
                        no = reply_with ("X-Should-Retry: false"), odd = reply_with ("x-should-retry: maybe");
  const int again[] = { 408, 409, 429, 500, 502, 503, 504, 529 };
  const int never[] = { 301, 400, 401, 402, 403, 404, 410, 413, 422 };
  for (size_t i = 0; i < sizeof again / sizeof *again; i++)
    {
      assert_true (aid_retry_status (again[i], &none) && aid_retry_status (again[i], &odd));
      assert_false (aid_retry_status (again[i], &no));
    }
  for (size_t i = 0; i < sizeof never / sizeof *never; i++)
    {
      assert_false (aid_retry_status (never[i], &none) || aid_retry_status (never[i], &odd));
      assert_true (aid_retry_status (never[i], &yes));
    }
  aid_str_free (&yes.lines);
  aid_str_free (&no.lines);
  aid_str_free (&odd.lines);
}

/* --- as seen by a server --------------------------------------------------------------------------------------------- */

struct expect
{
  const char *calls;
  enum aid_err code;
  int status, attempts;
  unsigned served;
};

static void
run (struct fake_http *f, int retries, int veto, struct expect x)
{
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  p.veto = veto;
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f), .body = AID_SPAN ("again"), .retries = retries });
  probe_wait_done (&p);
  assert_string_equal (p.calls, x.calls);
  assert_int_equal (p.result.error.code, x.code);
  assert_int_equal (p.result.status, x.status);
  assert_int_equal (p.result.attempts, x.attempts);
  assert_int_equal (fake_count (f, &f->served), x.served);
  for (unsigned i = 0; i < x.served; i++)
    assert_non_null (strstr (f->requests[i], "\r\n\r\nagain"));
  if (x.code == AID_OK)
    assert_string_equal (aid_str_z (&p.body), "good");
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
a_busy_server_is_asked_again (void **state)
{
  (void) state;
  run (FAKE_START (busy, limited, good), -1, 0,
       (struct expect){ "asked:503 retry:1 asked:429 retry:2 head:200 body done ", AID_OK, 200, 3, 3 });
}

static void
the_last_refusal_stands_when_the_attempts_are_used_up (void **state)
{
  (void) state;
  run (FAKE_START (limited, limited, busy), -1, 0,
       (struct expect){ "asked:429 retry:1 asked:429 retry:2 head:503 done ", AID_E_HTTP, 503, 3, 3 });
  run (FAKE_START (busy), 0, 0, (struct expect){ "head:503 done ", AID_E_HTTP, 503, 1, 1 });
  run (FAKE_START (busy, busy, busy, busy, good), 4, 0,
       (struct expect){ "asked:503 retry:1 asked:503 retry:2 asked:503 retry:3 asked:503 retry:4 head:200 body done ",
                        AID_OK, 200, 5, 5 });
}

static void
the_servers_word_goes_first (void **state)
{
  (void) state;
  run (FAKE_START (told_no, good), -1, 0, (struct expect){ "head:503 done ", AID_E_HTTP, 503, 1, 1 });
  run (FAKE_START (told_yes, good), -1, 0, (struct expect){ "asked:400 retry:1 head:200 body done ", AID_OK, 200, 2, 2 });
}

static void
the_caller_may_forbid_it_having_seen_the_body (void **state)
{
  (void) state;
  run (FAKE_START (limited, good), -1, 1, (struct expect){ "asked:429 head:429 done ", AID_E_HTTP, 429, 1, 1 });
}

static void
a_connection_closed_without_an_answer_is_tried_again (void **state)
{
  (void) state;
  run (FAKE_START (hang_up, good), 1, 0, (struct expect){ "retry:1 head:200 body done ", AID_OK, 200, 2, 2 });
}

static void
a_good_head_without_a_byte_is_tried_again_unseen (void **state)
{
  (void) state;
  run (FAKE_START (head_only, good), 1, 0, (struct expect){ "retry:1 head:200 body done ", AID_OK, 200, 2, 2 });
}

static void
the_status_of_an_earlier_attempt_is_forgotten (void **state)
{
  (void) state;
  run (FAKE_START (busy_bye, hang_up), 1, 0, (struct expect){ "asked:503 retry:1 done ", AID_E_NET, 0, 2, 2 });
}

static void
the_wait_and_the_reason_are_told (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (limited, good);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .retries = -1 });
  assert_int_equal (p.wait_ms, 1);
  assert_int_equal (p.why.code, AID_E_HTTP);
  assert_non_null (strstr (p.why.msg, "429"));
  assert_string_equal (aid_str_z (&p.body), "good");
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
a_wait_beyond_the_last_moment_is_not_begun (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (far_off, good);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .retries = -1, .total_ms = 40000 });
  assert_int_equal (p.result.error.code, AID_E_HTTP);
  assert_string_equal (aid_str_z (&p.refusal), "busy");
  assert_string_equal (p.calls, "asked:503 head:503 done ");
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_wait_doubles_up_to_8_s_with_a_quarter_taken_off),
    cmocka_unit_test (the_wait_that_is_asked_for_is_told_whatever_its_length),
    cmocka_unit_test (the_server_may_name_the_wait),
    cmocka_unit_test (a_wait_that_makes_no_sense_is_not_heeded),
    cmocka_unit_test (a_status_is_tried_again_by_table_or_by_the_servers_word),
    cmocka_unit_test (a_busy_server_is_asked_again),
    cmocka_unit_test (the_last_refusal_stands_when_the_attempts_are_used_up),
    cmocka_unit_test (the_servers_word_goes_first),
    cmocka_unit_test (the_caller_may_forbid_it_having_seen_the_body),
    cmocka_unit_test (a_connection_closed_without_an_answer_is_tried_again),
    cmocka_unit_test (a_good_head_without_a_byte_is_tried_again_unseen),
    cmocka_unit_test (the_status_of_an_earlier_attempt_is_forgotten),
    cmocka_unit_test (the_wait_and_the_reason_are_told),
    cmocka_unit_test (a_wait_beyond_the_last_moment_is_not_begun),
  };
  return cmocka_run_group_tests_name ("net retry", tests, NULL, NULL);
}
