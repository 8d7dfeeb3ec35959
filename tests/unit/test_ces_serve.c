/* The evaluation service's manners: where it listens and for whom, and what it makes of clients that are many, wait, hang up,
   send too much or nonsense. */
#include "ces_http.h"
#include "ces/box.h"

/* --- addresses and tokens --------------------------------------------------------------------------------------------- */

static int
with_header (const struct scene *s, const char *header)
{
  struct aid_str body = AID_STR_INIT (1 << 20);
  char text[512];
  int fd = dial (s);
  snprintf (text, sizeof text, "GET /health HTTP/1.1\r\nHost: localhost\r\n%s\r\n", header);
  send_all (fd, text, strlen (text));
  int code = receive (fd, NULL, &body);
  close (fd);
  aid_str_free (&body);
  return code;
}

static void
who_has_no_token_is_refused (void **state)
{
  (void)state;
  struct scene *s
    = begin_with ((struct aid_ces_http_options){ .jobs = 1, .token = "0123456789abcdef", .listen = "0.0.0.0:0" });
  assert_int_equal (with_header (s, ""), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer 0123456789abcdeg\r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer \r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer 0123456789abcdef\r\n"), 200);
  assert_int_equal (with_header (s, "Authorization: Basic YWRhOjAxMjM0NTY3ODlhYmNkZWY=\r\n"), 200);
  assert_int_equal (with_header (s, "Authorization: Basic YWRhOjAxMjM0NTY3ODlhYmNkZQ==\r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Basic !!!!\r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer 0123456789abcdef\r\nOrigin: http://evil\r\n"), 403);
  end (s);
}

/* A page of somebody's browser, whose host's name was made to lead here, asks by that name. */
static void
without_a_token_only_our_own_names_are_answered (void **state)
{
  (void)state;
  static const struct
  {
    const char *host;
    int code;
  } cases[] = { { "localhost", 200 },       { "localhost:8093", 200 }, { "127.0.0.1:8093", 200 },
                { "[::1]:8093", 200 },      { "ces.localhost", 200 },  { "evil.example", 403 },
                { "evil.example:80", 403 }, { "evillocalhost", 403 },  { "127.0.0.1.evil.org:8", 403 },
                { "1.localhost.org", 403 } };
  struct scene *s = begin ();
  struct aid_str body = AID_STR_INIT (1 << 20);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      char text[200];
      int fd = dial (s);
      snprintf (text, sizeof text, "GET /health HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].host);
      send_all (fd, text, strlen (text));
      assert_int_equal (receive (fd, NULL, &body), cases[i].code);
      close (fd);
    }
  aid_str_free (&body);
  end (s);
}

static void
other_addresses_want_a_token (void **state)
{
  (void)state;
  static const struct
  {
    const char *listen, *token;
    enum aid_err err;
    const char *why;
  } cases[] = { { "0.0.0.0:0", NULL, AID_E_REFUSED, "needs a token" },
                { "[::]:0", NULL, AID_E_REFUSED, "needs a token" },
                { "127.0.0.1", NULL, AID_E_INVALID, "is no address" },
                { "::1:80", NULL, AID_E_INVALID, "is no address" },
                { "127.0.0.1:x", NULL, AID_E_INVALID, "is no address" },
                { "127.0.0.1:0", "short", AID_E_INVALID, "16 are needed" },
                { "127.0.0.1:0", "0123456789 abcdef", AID_E_INVALID, "no HTTP header takes" },
                { "192.0.2.1:0", "0123456789abcdef", AID_E_IO, "cannot listen on 192.0.2.1:0" } };
  struct seen seen = { .calls = 0 };
  const struct aid_ces_backend backend = { evaluate, status, &seen, 0 };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_ces_http *h;
      struct aid_error e = { AID_OK, "" };
      const struct aid_ces_http_options o = { .listen = cases[i].listen, .token = cases[i].token };
      assert_int_equal (aid_ces_http_open (&backend, &o, &h, &e), cases[i].err);
      if (!strstr (e.msg, cases[i].why))
        fail_msg ("%s", e.msg);
    }
}

static void
a_file_that_is_not_there_is_told (void **state)
{
  (void)state;
  struct seen seen = { .calls = 0 };
  const struct aid_ces_backend backend = { evaluate, status, &seen, 0 };
  const struct aid_ces_http_options o = { .tasks = scratch_path ("nowhere.jsonl") };
  struct aid_ces_http *h;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_ces_http_open (&backend, &o, &h, &e), AID_E_NOTFOUND);
  assert_non_null (strstr (e.msg, "nowhere.jsonl"));
}

/* --- many, slow and rude ---------------------------------------------------------------------------------------------- */

#define CLIENTS 8
#define ROUNDS 25

static void *
client (void *arg)
{
  const struct scene *s = arg;
  static const char *const answers[] = { "green", "types", "none" };
  static const double rewards[] = { 1, 0.6, 0 };
  uintptr_t wrong = 0;
  for (int i = 0; i < ROUNDS; i++)
    {
      json_t *out = NULL;
      char body[200];
      snprintf (body, sizeof body, "{\"task\": {\"repository\": \"r\"}, \"answer\": \"%s\"}", answers[i % 3]);
      wrong += ask (s, "POST", "/v1/evaluate", body, &out) != 200 || aid_json_real (out, "reward", -1) != rewards[i % 3];
      json_decref (out);
    }
  return (void *)wrong;
}

static void
several_clients_get_their_own_replies (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 3 });
  pthread_t threads[CLIENTS];
  for (int i = 0; i < CLIENTS; i++)
    assert_int_equal (pthread_create (&threads[i], NULL, client, s), 0);
  for (int i = 0; i < CLIENTS; i++)
    {
      void *wrong;
      pthread_join (threads[i], &wrong);
      assert_null (wrong);
    }
  assert_int_equal (atomic_load (&s->seen.calls), CLIENTS * ROUNDS);
  assert_true (atomic_load (&s->seen.most) <= 3);
  end (s);
}

/* Sends a request that waits, without reading a reply. */
static int
send_waiting (const struct scene *s, const char *path)
{
  static const char body[] = "{\"task\": {\"repository\": \"r\"}, \"answer\": \"wait\"}";
  char text[512];
  int fd = dial (s);
  snprintf (text, sizeof text, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s", path, sizeof body - 1,
            body);
  assert_int_equal (send_all (fd, text, strlen (text)), 0);
  return fd;
}

static void
a_client_that_hangs_up_is_not_judged_for (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1 });
  int first = send_waiting (s, "/v1/evaluate");
  while (!atomic_load (&s->seen.running))
    nap ();
  int second = send_waiting (s, "/v1/evaluate");
  json_t *out = NULL;
  do
    {
      json_decref (out);
      assert_int_equal (ask (s, "GET", "/v1/status", "", &out), 200);
    }
  while (aid_json_int (out, "waiting", 0) != 1);
  json_decref (out);
  close (second); /* waits: it never begins */
  close (first);  /* runs: it is stopped */
  while (!atomic_load (&s->seen.stopped))
    nap ();
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\": {\"repository\": \"r\"}, \"answer\": \"green\"}", NULL),
                    200);
  assert_int_equal (atomic_load (&s->seen.calls), 2);
  end (s);
}

static void
what_there_is_no_room_for_may_come_again (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1, .waiting = 2 });
  struct aid_str head = AID_STR_INIT (4096), body = AID_STR_INIT (4096);
  int fds[3], fd;
  fds[0] = send_waiting (s, "/v1/evaluate");
  while (!atomic_load (&s->seen.running))
    nap ();
  for (int i = 1; i < 3; i++)
    fds[i] = send_waiting (s, "/v1/evaluate");
  json_t *out = NULL;
  do
    {
      json_decref (out);
      assert_int_equal (ask (s, "GET", "/v1/status", "", &out), 200);
    }
  while (aid_json_int (out, "waiting", 0) != 2);
  json_decref (out);
  fd = send_waiting (s, "/v1/evaluate");
  assert_int_equal (receive (fd, &head, &body), 503);
  assert_non_null (strstr (aid_str_z (&head), "Retry-After: 1"));
  close (fd);
  assert_int_equal (ask (s, "POST", "/run_code", "{\"code\": \"\", \"language\": \"bash\"}", NULL), 504);
  expect (s, "/v1/evaluate",
          "{\"task\": {\"repository\": \"r\"}, \"requests\": [{\"answer\":\"\"},{\"answer\":\"\"},{\"answer\":\"\"}]}", 422,
          "{\"error\":{\"code\":\"invalid\",\"message\":\"3 are more than can wait (2): send them in several requests\","
          "\"member\":\"requests\"}}");
  atomic_store (&s->seen.gate, 1);
  for (int i = 0; i < 3; i++)
    {
      aid_str_clear (&body);
      assert_int_equal (receive (fds[i], NULL, &body), 200);
      close (fds[i]);
    }
  aid_str_free (&head);
  aid_str_free (&body);
  end (s);
}

static void
what_runs_ends_before_the_service_does (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1 });
  struct aid_str body = AID_STR_INIT (1 << 20);
  int runs = send_waiting (s, "/v1/evaluate"), waits;
  json_t *out = NULL;
  while (!atomic_load (&s->seen.running))
    nap ();
  waits = send_waiting (s, "/v1/evaluate");
  do
    {
      json_decref (out);
      assert_int_equal (ask (s, "GET", "/v1/status", "", &out), 200);
    }
  while (aid_json_int (out, "waiting", 0) != 1);
  json_decref (out);
  aid_stop_set (s->stop);
  assert_int_equal (receive (waits, NULL, &body), 503);
  assert_non_null (strstr (aid_str_z (&body), "the service is ending"));
  atomic_store (&s->seen.gate, 1);
  aid_str_clear (&body);
  assert_int_equal (receive (runs, NULL, &body), 200);
  close (runs);
  close (waits);
  aid_str_free (&body);
  end (s);
}

static void
bodies_have_limits (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1, .body_max = 1000 });
  struct aid_str body = AID_STR_INIT (1 << 20), text = AID_STR_INIT (1 << 20);
  static const char large[] = "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n";
  static const char vast[]
    = "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n";
  static const char coded[]
    = "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}";
  int fd = dial (s);
  send_all (fd, large, sizeof large - 1);
  assert_int_equal (receive (fd, NULL, &body), 413);
  close (fd);
  fd = dial (s);
  send_all (fd, vast, sizeof vast - 1);
  assert_in_range (receive (fd, NULL, &body), 400, 413);
  close (fd);
  fd = dial (s);
  send_all (fd, coded, sizeof coded - 1);
  assert_int_equal (receive (fd, NULL, &body), 415);
  close (fd);
  /* In chunks, whose sum nobody tells before. */
  fd = dial (s);
  aid_str_addz (&text, "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 30; i++)
    aid_str_addf (&text, "32\r\n%050d\r\n", i);
  aid_str_addz (&text, "0\r\n\r\n");
  send_all (fd, text.ptr, text.len);
  assert_int_equal (receive (fd, NULL, &body), 413);
  close (fd);
  aid_str_free (&body);
  aid_str_free (&text);
  end (s);
}

/* Small values take many times their own room. */
static void
values_have_a_limit_too (void **state)
{
  (void)state;
  struct scene *s = begin ();
  struct aid_str body = AID_STR_INIT (32 << 20);
  aid_str_addz (&body, "{\"task\": {\"repository\": \"r\"}, \"answer\": \"green\", \"x\": [\"\\\"");
  while (body.len < 24000000)
    aid_str_addz (&body, "[],{}:");
  aid_str_addz (&body, "\"]}"); /* all of it is a text */
  assert_int_equal (ask (s, "POST", "/v1/evaluate", aid_str_z (&body), NULL), 200);
  aid_str_clear (&body);
  aid_str_addz (&body, "{\"x\": [\"\"");
  while (body.len < 31000000)
    aid_str_addz (&body, ",[]");
  aid_str_addz (&body, "]}");
  assert_int_equal (ask (s, "POST", "/v1/evaluate", aid_str_z (&body), NULL), 413);
  aid_str_free (&body);
  end (s);
}

/* Bytes that are no HTTP, documents too deep, clients that say half of something: the service goes on. */
static void
nonsense_does_it_no_harm (void **state)
{
  (void)state;
  struct scene *s = begin ();
  static const char *const heads[]
    = { "\x16\x03\x01\x02",
        "GET\r\n\r\n",
        "POST /v1/evaluate HTTP/9.9\r\n\r\n",
        "POST /v1/evaluate HTTP/1.1\r\nContent-Length: -3\r\n\r\n",
        "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{\"ta",
        "POST /v1/evaluate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" };
  struct aid_str deep = AID_STR_INIT (1 << 20);
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    {
      int fd = dial (s);
      send_all (fd, heads[i], strlen (heads[i]));
      close (fd);
    }
  aid_str_addz (&deep, "{\"task\":");
  for (int i = 0; i < 100000; i++)
    aid_str_addc (&deep, '[');
  assert_int_equal (ask (s, "POST", "/v1/evaluate", deep.ptr, NULL), 400);
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\":{\"repository\":\"r\"},\"answer\":\"\\u0000\\ud80\"}", NULL),
                    400);
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\":{\"repository\":\"r\"},\"answer\":\"\\u0000\\ud800\"}", NULL),
                    200);
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\":{\"repository\":\"r\"},\"answer\":\"gr\\u0000\"}", NULL),
                    200);
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"a\":1,\"a\":2}", NULL), 400);
  assert_int_equal (ask (s, "GET", "/v1/status", "", NULL), 200);
  aid_str_free (&deep);
  end (s);
}

/* A file of many names is as large under each. */
static void
files_that_are_given_back_have_a_limit_together (void **state)
{
  (void)state;
  char why[256];
  if (!aid_box_available (why))
    skip ();
  struct scene *s = begin ();
  json_t *out = NULL;
  assert_int_equal (ask (s, "POST", "/run_code",
                         "{\"language\": \"bash\", \"code\": \"head -c 30000000 /dev/zero >a; ln a b; ln a c; echo x >d\", "
                         "\"fetch_files\": [\"a\", \"b\", \"c\", \"d\", \"/etc/passwd\", \"../e\"]}",
                         &out),
                    200);
  const json_t *files = json_object_get (out, "files");
  assert_int_equal (json_object_size (files), 3);
  assert_int_equal (json_string_length (json_object_get (files, "b")), 40000000);
  assert_string_equal (aid_json_str (files, "d"), "eAo=");
  json_decref (out);
  end (s);
}

static void
prometheus_gets_its_text (void **state)
{
  (void)state;
  struct scene *s = begin ();
  struct aid_str body = AID_STR_INIT (1 << 20), head = AID_STR_INIT (4096);
  static const char get[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\": {\"repository\": \"r\"}, \"answer\": \"types\"}", NULL),
                    200);
  int fd = dial (s);
  send_all (fd, get, sizeof get - 1);
  assert_int_equal (receive (fd, &head, &body), 200);
  close (fd);
  assert_non_null (strstr (aid_str_z (&head), "text/plain"));
  assert_non_null (strstr (aid_str_z (&body), "\naid_ces_evaluations_total 1\n"));
  assert_non_null (strstr (aid_str_z (&body), "\naid_ces_rung_passed_total{rung=\"types\"} 1\n"));
  assert_non_null (strstr (aid_str_z (&body), "\naid_ces_replies_total{status=\"2xx\"} 1\n"));
  aid_str_free (&head);
  aid_str_free (&body);
  end (s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (who_has_no_token_is_refused),
    cmocka_unit_test (without_a_token_only_our_own_names_are_answered),
    cmocka_unit_test (other_addresses_want_a_token),
    cmocka_unit_test (a_file_that_is_not_there_is_told),
    cmocka_unit_test (several_clients_get_their_own_replies),
    cmocka_unit_test (a_client_that_hangs_up_is_not_judged_for),
    cmocka_unit_test (what_there_is_no_room_for_may_come_again),
    cmocka_unit_test (what_runs_ends_before_the_service_does),
    cmocka_unit_test (bodies_have_limits),
    cmocka_unit_test (values_have_a_limit_too),
    cmocka_unit_test (nonsense_does_it_no_harm),
    cmocka_unit_test (files_that_are_given_back_have_a_limit_together),
    cmocka_unit_test (prometheus_gets_its_text),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
