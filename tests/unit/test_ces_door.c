/* Who comes to the evaluation service's door: slowly, in crowds, and with heads that say two things at once. */
#include "ces_http.h"

#include <errno.h>
#include <sys/resource.h>

#define PATIENCE 1000

/* --- the door alone, by a clock of ours -------------------------------------------------------------------------------- */

static int bells;

static void
count_bell (void *ctx)
{
  (void)ctx;
  bells++;
}

struct comer
{
  struct aid_door_guest *guest;
  int ends[2];
};

static struct comer
come (struct aid_door *d, const char *from, int64_t now)
{
  struct comer c = { .guest = NULL };
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons ((uint16_t)now) };
  struct sockaddr_in6 b = { .sin6_family = AF_INET6 };
  int six = inet_pton (AF_INET, from, &a.sin_addr) != 1;
  assert_true (!six || inet_pton (AF_INET6, from, &b.sin6_addr) == 1);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, c.ends), 0);
  c.guest = aid_door_enter (d, c.ends[0], six ? (struct sockaddr *)&b : (struct sockaddr *)&a, now);
  assert_non_null (c.guest);
  return c;
}

static int
is_cut (const struct comer *c)
{
  char byte;
  return recv (c->ends[1], &byte, 1, 0) == 0;
}

static void
leave (struct aid_door *d, struct comer *c)
{
  aid_door_leave (d, c->guest);
  close (c->ends[0]);
  close (c->ends[1]);
}

static void
a_head_and_a_body_have_an_end (void **state)
{
  (void)state;
  struct aid_door *d = aid_door_new (100, PATIENCE, count_bell, NULL);
  bells = 0;
  struct comer head = come (d, "127.0.0.1", 0), body = come (d, "127.0.0.1", 0), whole = come (d, "127.0.0.1", 0),
               kept = come (d, "127.0.0.1", 0);
  assert_int_equal (bells, 1); /* the others' time is not over sooner */
  aid_door_head (d, body.guest, 10);
  aid_door_whole (d, whole.guest);
  aid_door_whole (d, kept.guest);
  aid_door_again (d, kept.guest, 500);
  assert_int_equal (aid_door_sweep (d, PATIENCE - 1), PATIENCE);
  assert_false (is_cut (&head));
  assert_int_equal (aid_door_sweep (d, PATIENCE), 10 + AID_DOOR_BODY * PATIENCE);
  assert_true (is_cut (&head));
  /* A body that comes at the least rate has all the time it takes; one that rests is cut. */
  for (int64_t s = 1; s < 100; s++)
    {
      aid_door_body (d, body.guest, AID_DOOR_BODY_RATE);
      aid_door_sweep (d, 10 + s * 1000);
      assert_false (is_cut (&body));
    }
  assert_true (is_cut (&kept));
  assert_int_equal (aid_door_sweep (d, 101009), 101010);
  aid_door_forget (d, body.guest, 101009);
  aid_door_sweep (d, 101008 + PATIENCE);
  assert_false (is_cut (&body));
  assert_int_equal (aid_door_sweep (d, 101009 + PATIENCE), INT64_MAX);
  assert_true (is_cut (&body));
  assert_false (is_cut (&whole));
  leave (d, &head);
  leave (d, &body);
  leave (d, &whole);
  leave (d, &kept);
  aid_door_free (d);
}

static void
the_oldest_of_the_largest_crowd_makes_room (void **state)
{
  (void)state;
  struct aid_door *d = aid_door_new (6, PATIENCE, count_bell, NULL);
  struct comer c[] = { come (d, "::ffff:10.0.0.1", 0),   come (d, "2001:db8::1", 1),     come (d, "2001:db8::2", 2),
                       come (d, "2001:db8:0:0:9::3", 3), come (d, "2001:db8:0:1::1", 4), come (d, "10.0.0.1", 5) };
  aid_door_whole (d, c[1].guest);
  struct comer more = come (d, "10.0.0.2", 6); /* 2001:db8::/64 and 10.0.0.1 have two heads each */
  assert_int_equal (is_cut (&c[0]) + is_cut (&c[2]), 1);
  struct comer last = come (d, "10.0.0.3", 7);
  assert_true (is_cut (&c[0]) && is_cut (&c[2]));
  for (size_t i = 0; i < 6; i++)
    assert_int_equal (is_cut (&c[i]), i == 0 || i == 2);
  /* Where all heads are whole, the body that lags most; where all is whole, nobody. */
  struct comer *all[] = { &c[3], &c[4], &c[5], &more, &last };
  for (size_t i = 0; i < 5; i++)
    aid_door_head (d, all[i]->guest, 10 + (int64_t)i);
  aid_door_body (d, c[3].guest, AID_DOOR_BODY_RATE);
  struct comer late = come (d, "10.0.0.3", 20);
  assert_true (is_cut (&c[4]) && !is_cut (&c[3]));
  for (size_t i = 0; i < 5; i++)
    aid_door_whole (d, all[i]->guest);
  aid_door_whole (d, late.guest);
  struct comer one = come (d, "10.0.0.3", 30);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal (is_cut (all[i]), i == 1);
  for (size_t i = 0; i < 6; i++)
    leave (d, &c[i]);
  leave (d, &more);
  leave (d, &last);
  leave (d, &late);
  leave (d, &one);
  aid_door_free (d);
}

/* --- the service's ----------------------------------------------------------------------------------------------------- */

static const char half[] = "GET /health HTTP/1.1\r\nHost: localhost\r\nX";

static void
who_drips_is_cut_and_who_waits_is_not (void **state)
{
  (void)state;
  static const char post[] = "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n\r\n{\"task\": {},",
                    waits[] = "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n"
                              "{\"task\": {\"repository\": \"r\"}, \"answer\": \"wait\"   }";
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1, .patience_ms = 100 });
  struct aid_str body = AID_STR_INIT (1 << 20);
  char byte;
  int waiting = dial (s), drips = dial (s), stops = dial (s);
  send_all (waiting, waits, sizeof waits - 1);
  send_all (drips, half, sizeof half - 1);
  send_all (stops, post, sizeof post - 1);
  while (send (drips, "x", 1, MSG_NOSIGNAL) == 1)
    nap ();
  assert_true (recv (stops, &byte, 1, 0) <= 0);
  atomic_store (&s->seen.gate, 1);
  assert_int_equal (receive (waiting, NULL, &body), 200);
  close (waiting);
  close (drips);
  close (stops);
  aid_str_free (&body);
  end (s);
}

#define CROWD 150

/* More than there is room for, of which none says what it wants. */
static void
a_crowd_at_the_door_keeps_nobody_out (void **state)
{
  (void)state;
  struct rlimit all, few;
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &all), 0);
  few = all;
  few.rlim_cur = CROWD; /* half of them may be connections */
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &few), 0);
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1, .patience_ms = 1000000 });
  few.rlim_cur = all.rlim_max < 2000 ? all.rlim_max : 2000;
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &few), 0);
  int fds[CROWD];
  for (int i = 0; i < CROWD; i++)
    {
      fds[i] = dial (s);
      send_all (fds[i], half, sizeof half - 1);
    }
  for (int i = 0; i < 5; i++)
    expect (s, "/health", NULL, 200, "{\"status\": \"healthy\"}");
  for (int i = 0; i < CROWD; i++)
    close (fds[i]);
  end (s);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &all), 0);
}

static int
code_of (const struct scene *s, const char *text)
{
  struct aid_str body = AID_STR_INIT (1 << 20);
  int fd = dial (s);
  send_all (fd, text, strlen (text));
  int code = receive (fd, NULL, &body);
  close (fd);
  aid_str_free (&body);
  return code;
}

static void
heads_mean_one_thing (void **state)
{
  (void)state;
#define POST "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\n"
  static const struct
  {
    const char *text;
    int code;
  } cases[] = {
    { POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400 },
    { POST "Content-Length: 3\r\nContent-Length: 2\r\n\r\n{} ", 400 },
    { POST "Content-Length: 2, 3\r\n\r\n{} ", 400 },
    { POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400 },
    { "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400 },
    { POST "Content-Length: 2\r\n\r\n{}", 422 },
    { "GET /health%00x HTTP/1.1\r\nHost: localhost\r\n\r\n", 404 },
    { "GET /health%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404 },
    { "GET /%68ealth HTTP/1.1\r\nHost: localhost\r\n\r\n", 200 },
    { "GET /health%4 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404 },
    { "GET /state?episode_id=a%00b HTTP/1.1\r\nHost: localhost\r\n\r\n", 404 },
    { "GET /state?episode_id=%61 HTTP/1.1\r\nHost: localhost\r\n\r\n", 200 },
    { "GET http://localhost:8093/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 200 },
    { "GET HTTP://127.0.0.1/health?a=b HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200 }, /* Host is not looked at then */
    { "GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 403 },
    { "GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n", 200 },
    { "GET http:///health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403 },
    { "GET ftp://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 404 },
    { "GET http://localhost/http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 404 },
  };
  struct scene *s = begin ();
  assert_int_equal (ask (s, "POST", "/reset", "{\"episode_id\": \"a\", \"task\": {\"repository\": \"r\"}}", NULL), 200);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      int code = code_of (s, cases[i].text);
      if (code != cases[i].code)
        fail_msg ("%d, not %d: %s", code, cases[i].code, cases[i].text);
    }
  end (s);
}

/* --- bodies ------------------------------------------------------------------------------------------------------------ */

/* The reply stands behind the body, however long that is. */
static void
a_body_of_chunks_that_is_too_large_is_answered (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1, .body_max = 1000 });
  struct aid_str text = AID_STR_INIT (1 << 20);
  aid_str_addz (&text, "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 3000; i++)
    aid_str_addf (&text, "32\r\n%050d\r\n", i);
  aid_str_addz (&text, "0\r\n\r\n");
  assert_int_equal (code_of (s, aid_str_z (&text)), 413);
  aid_str_free (&text);
  end (s);
}

/* As Python writes them. */
static void
large_integers_harm_nothing_but_what_they_are_of (void **state)
{
  (void)state;
  struct scene *s = begin ();
  json_t *out = NULL;
  assert_int_equal (ask (s, "POST", "/v1/evaluate",
                         "{\"task\": {\"repository\": \"r\"}, \"answer\": \"green\", \"seed\": 18446744073709551615}", NULL),
                    200);
  assert_int_equal (
    ask (s, "POST", "/verify",
         "{\"responses_create_params\": {\"input\": []}, \"hash\": 18446744073709551615, \"verifier_metadata\": {\"task\": "
         "{\"repository\": \"r\"}},"
         "\"response\": {\"output\": [{\"type\": \"message\", \"content\": [{\"type\": \"output_text\", \"text\": "
         "\"green\"}]}]}}",
         &out),
    200);
  assert_true (aid_json_real (out, "hash", 0) == 18446744073709551615.0);
  json_decref (out);
  /* OpenRLHF's tasks are texts in the document. */
  assert_int_equal (ask (s, "POST", "/get_reward",
                         "{\"query\": [\"green\"], \"labels\": [\"{\\\"repository\\\": \\\"r\\\", \\\"row\\\": "
                         "18446744073709551615}\"]}",
                         NULL),
                    200);
  expect (s, "/reset", "{\"task\": {\"repository\": \"r\"}, \"seed\": 18446744073709551615}", 422,
          "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"seed\"],\"msg\":\"it is a number from 0 on\"}]}");
  assert_int_equal (
    ask (s, "POST", "/reset", "{\"task\": {\"repository\": \"r\"}, \"max_steps\": 18446744073709551615}", NULL), 422);
  end (s);
}

#define LARGE 4

/* Sends DOCUMENT with an array of N numbers behind it on LARGE connections, and asks until some are being read. */
static void
send_large (const struct scene *s, const char *document, size_t n, int fds[LARGE])
{
  struct aid_str text = AID_STR_INIT (32 << 20);
  json_t *out = NULL;
  int64_t reading = 0;
  char byte;
  aid_str_addf (&text, "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s, \"a\": [0",
                strlen (document) + strlen (", \"a\": [0]}") + 2 * n, document);
  for (size_t i = 0; i < n; i++)
    aid_str_addz (&text, ",1");
  aid_str_addz (&text, "]}");
  for (int i = 0; i < LARGE; i++)
    {
      fds[i] = dial (s);
      assert_int_equal (send_all (fds[i], text.ptr, text.len), 0);
    }
  while (reading <= 0)
    {
      assert_int_equal (ask (s, "GET", "/v1/status", "", &out), 200);
      reading = aid_json_int (out, "reading", -1);
      json_decref (out);
      if (reading <= 0 && recv (fds[LARGE - 1], &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
        fail_msg ("all was read, and none was seen to be");
    }
  aid_str_free (&text);
}

/* More documents of very many values than there are readers: these go on meanwhile. */
static void
what_takes_long_to_read_holds_nobody (void **state)
{
  (void)state;
  struct scene *s = begin ();
  struct aid_str got = AID_STR_INIT (1 << 20);
  int fds[LARGE];
  send_large (s, "{\"x\": 1", 2500000, fds);
  for (int i = 0; i < LARGE; i++)
    {
      assert_int_equal (receive (fds[i], NULL, &got), 422); /* it has no task */
      close (fds[i]);
    }
  aid_str_free (&got);
  end (s);
}

/* The service ends while documents are read. */
static void
what_is_read_at_the_end_is_answered (void **state)
{
  (void)state;
  struct scene *s = begin ();
  struct aid_str got = AID_STR_INIT (1 << 20);
  int fds[LARGE];
  send_large (s, "{\"task\": {\"repository\": \"r\"}, \"answer\": \"x\"", 1000000, fds);
  aid_stop_set (s->stop);
  for (int i = 0; i < LARGE; i++)
    {
      int code = receive (fds[i], NULL, &got);
      assert_true (code == 503 || code == 200 || (code == 0 && i > 0)); /* 0: it was not read when all ended */
      close (fds[i]);
    }
  aid_str_free (&got);
  end (s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_head_and_a_body_have_an_end),
    cmocka_unit_test (the_oldest_of_the_largest_crowd_makes_room),
    cmocka_unit_test (who_drips_is_cut_and_who_waits_is_not),
    cmocka_unit_test (a_crowd_at_the_door_keeps_nobody_out),
    cmocka_unit_test (heads_mean_one_thing),
    cmocka_unit_test (a_body_of_chunks_that_is_too_large_is_answered),
    cmocka_unit_test (large_integers_harm_nothing_but_what_they_are_of),
    cmocka_unit_test (what_takes_long_to_read_holds_nobody),
    cmocka_unit_test (what_is_read_at_the_end_is_answered),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
