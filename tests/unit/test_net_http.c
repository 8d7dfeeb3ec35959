/* Requests against a real server on this machine: what is sent, how answers arrive, what counts as an error, and the
   clocks.  Retries, cancels and TLS have files of their own.  */
#include "fake_http.h"
#include "net_probe.h"

/* gzip of "compressed words, compressed words\n" */
static const struct fake_step zipped[]
  = { FAKE_SEND ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 42\r\n\r\n"
                 "\037\213\010\000\000\000\000\000\002\003\113\316\317\055\050\112\055\056\116\115\121\050"
                 "\317\057\112\051\326\121\110\106\023\341\002\000\264\307\046\021\043\000\000\000"),
      FAKE_DONE };

static const struct fake_step hello[] = { FAKE_ANSWER ("200 OK", "X-Request-Id: r1\r\n", "5", "hello"), FAKE_DONE };
static const struct fake_step empty[] = { FAKE_ANSWER ("200 OK", "", "0", ""), FAKE_DONE };

static const struct fake_step gated[]
  = { FAKE_SEND ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Request-Id:  r7 \r\n\r\n3\r\none\r\n"),
      FAKE_GATE,
      FAKE_SEND ("3\r\ntwo\r\n"),
      FAKE_GATE,
      FAKE_SEND ("5\r\nthree\r\n0\r\nX-Trailer: late\r\n\r\n"),
      FAKE_DONE };

static const struct fake_step hints[] = { FAKE_SEND ("HTTP/1.1 103 Early Hints\r\nX-Request-Id: early\r\n\r\n"
                                                     "HTTP/1.1 200 OK\r\nX-Other: 1\r\nContent-Length: 2\r\n\r\nok"),
                                          FAKE_DONE };

static const struct fake_step not_found[]
  = { FAKE_ANSWER ("404 Not Found", "Content-Type: application/json\r\n", "19", "{\"error\":\"no such\"}"), FAKE_DONE };

static const struct fake_step huge_error[]
  = { FAKE_SEND ("HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n"),
      FAKE_REPEAT ("10\r\n0123456789abcdef\r\n", 100000), FAKE_SEND ("0\r\n\r\n"), FAKE_DONE };

static const struct fake_step moved[]
  = { FAKE_ANSWER ("307 Temporary Redirect", "Location: http://elsewhere.example/v1\r\n", "0", ""), FAKE_DONE };

static const struct fake_step cut_short[] = { FAKE_ANSWER ("200 OK", "", "100", "only this"), FAKE_CLOSE };
static const struct fake_step mute[] = { FAKE_HOLD };
static const struct fake_step begun[]
  = { FAKE_SEND ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"), FAKE_HOLD };
static const struct fake_step dribble[] = { FAKE_SEND ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"),
                                            FAKE_GATE,
                                            FAKE_SEND ("a"),
                                            FAKE_GATE,
                                            FAKE_SEND ("b"),
                                            FAKE_GATE,
                                            FAKE_SEND ("c"),
                                            FAKE_GATE,
                                            FAKE_SEND ("d"),
                                            FAKE_DONE };
static const struct fake_step flood[]
  = { FAKE_SEND ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
      FAKE_REPEAT ("10\r\n0123456789abcdef\r\n", 100000), FAKE_SEND ("0\r\n\r\n"), FAKE_DONE };

/* --- what is sent ---------------------------------------------------------------------------------------------------- */

static void
a_post_sends_its_headers_and_body_and_nothing_of_its_own (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (empty);
  struct aid_net *net = probe_net ();
  struct probe p;
  const struct aid_http_header headers[] = { { "Authorization", "Bearer key" }, { "X-Empty", "" } };
  probe_run (
    &p, net,
    &(struct aid_http_request){ .url = fake_url (f), .headers = headers, .nheaders = 2, .body = AID_SPAN ("{\"a\":1}") });
  assert_int_equal (p.result.error.code, AID_OK);
  assert_int_equal (strncmp (f->requests[0], "POST /v1 HTTP/1.1\r\n", 19), 0);
  assert_non_null (strstr (f->requests[0], "\r\nAuthorization: Bearer key\r\n"));
  assert_non_null (strstr (f->requests[0], "\r\nX-Empty:"));
  assert_non_null (strstr (f->requests[0], "\r\nContent-Length: 7\r\n"));
  assert_non_null (strstr (f->requests[0], "\r\nUser-Agent: aid/"));
  assert_non_null (strstr (f->requests[0], "\r\n\r\n{\"a\":1}"));
  assert_null (strcasestr (f->requests[0], "\r\nContent-Type:"));
  assert_null (strcasestr (f->requests[0], "\r\nExpect:"));
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
a_method_follows_from_the_body_or_is_given (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (empty);
  struct aid_net *net = probe_net ();
  const char *const given[] = { NULL, "GET", "DELETE", "PUT", "POST", "HEAD" };
  const char *const sent[] = { "GET ", "GET ", "DELETE ", "PUT ", "POST ", "HEAD " };
  for (int i = 0; i < 6; i++)
    {
      struct probe p;
      struct aid_span body = i == 3 ? AID_SPAN ("put") : AID_SPAN ("");
      probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .method = given[i], .body = body });
      assert_int_equal (p.result.error.code, AID_OK);
      assert_int_equal (strncmp (f->requests[i], sent[i], strlen (sent[i])), 0);
      probe_free (&p);
    }
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
a_large_body_arrives_whole (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (empty);
  struct aid_net *net = probe_net ();
  struct probe p;
  size_t n = 900000;
  char *body = malloc (n);
  memset (body, 'b', n);
  probe_init (&p, net);
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f), .body = { body, n } });
  memset (body, 'x', n); /* it was copied */
  free (body);
  probe_wait_done (&p);
  char *end = strstr (f->requests[0], "\r\n\r\n") + 4;
  assert_int_equal (strspn (end, "b"), n);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
nonsense_is_refused_before_anything_is_sent (void **state)
{
  (void) state;
  struct aid_net *net = probe_net ();
  const struct aid_http_handler none = { 0 };
  struct aid_error e;
  uint64_t id;
  const char *const urls[]
    = { "", "example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "http://a b/", "http://h\r\nX: y/" };
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
    assert_int_equal (aid_http_start (net, &(struct aid_http_request){ .url = urls[i] }, &none, NULL, &id, &e),
                      AID_E_INVALID);
  const struct aid_http_header headers[] = { { "X-A", "1\r\nX-B: 2" }, { "X-A\r\nX-B", "1" }, { "", "1" }, { "A: b", "1" } };
  for (int i = 0; i < 4; i++)
    {
      struct aid_http_request req = { .url = "http://127.0.0.1/", .headers = &headers[i], .nheaders = 1 };
      assert_int_equal (aid_http_start (net, &req, &none, NULL, &id, &e), AID_E_INVALID);
    }
  struct aid_http_request req = { .url = "http://127.0.0.1/", .method = "GET / HTTP/1.1\r\n" };
  assert_int_equal (aid_http_start (net, &req, &none, NULL, &id, &e), AID_E_INVALID);
  assert_int_equal (aid_net_running (net), 0);
  aid_net_free (net, NULL);
}

static void
addresses_are_judged_as_libcurl_reads_them (void **state)
{
  (void) state;
  assert_true (aid_url_ok ("https://api.example/v1") && aid_url_ok ("HTTP://h:8080"));
  assert_false (aid_url_ok (NULL) || aid_url_ok ("httpx://h") || aid_url_ok ("http://h\xc3\xa9/"));
  const char *const local[]
    = { "http://localhost:1/", "http://LOCALHOST", "http://127.0.0.1",         "https://127.255.1.2:9/x",
        "http://[::1]:8080/",  "http://127.1/",    "http://user:pw@localhost/" };
  const char *const other[]
    = { "http://localhost.example/",     "http://localhost@example.org/", "http://128.0.0.1/", "http://[::2]/",
        "http://example.org/?localhost", "http://127.0.0.1.example/",     "ftp://localhost/" };
  for (int i = 0; i < 7; i++)
    {
      assert_true (aid_url_is_local (local[i]));
      assert_false (aid_url_is_local (other[i]));
    }
}

/* --- how answers arrive ---------------------------------------------------------------------------------------------- */

static void
a_stream_arrives_in_order_while_it_is_sent (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (gated);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  p.want_header = "x-request-ID";
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f) });
  assert_int_equal (aid_net_running (net), 1);
  probe_wait_body (&p, 3);
  fake_open (f);
  probe_wait_body (&p, 6);
  fake_open (f);
  probe_wait_done (&p);
  assert_string_equal (aid_str_z (&p.body), "onetwothree");
  assert_string_equal (p.calls, "head:200 body done ");
  assert_string_equal (p.header, "r7");
  assert_int_equal (p.result.error.code, AID_OK);
  assert_int_equal (p.result.status, 200);
  assert_int_equal (p.result.attempts, 1);
  assert_int_equal (p.result.http_version, 11);
  assert_int_equal (p.result.body.len, 0);
  assert_true (p.result.connect_us > 0 && p.result.first_byte_us >= p.result.connect_us);
  assert_true (p.result.total_us >= p.result.first_byte_us);
  assert_int_equal (aid_net_running (net), 0);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
one_connection_serves_many_requests (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (hello);
  struct aid_net *net = probe_net ();
  for (int i = 0; i < 10; i++)
    {
      struct probe p;
      probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f) });
      assert_string_equal (aid_str_z (&p.body), "hello");
      probe_free (&p);
    }
  assert_int_equal (fake_count (f, &f->accepts), 1);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
an_empty_answer_has_a_head_too (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (empty);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f) });
  assert_string_equal (p.calls, "head:200 done ");
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
an_early_head_is_not_the_answer (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (hints);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  p.want_header = "x-request-id";
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f) });
  probe_wait_done (&p);
  assert_string_equal (p.calls, "head:200 body done ");
  assert_string_equal (p.header, "(none)");
  assert_string_equal (aid_str_z (&p.body), "ok");
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
a_compressed_answer_is_decoded (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (zipped);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f) });
  assert_int_equal (p.result.error.code, AID_OK);
  assert_string_equal (aid_str_z (&p.body), "compressed words, compressed words\n");
  assert_non_null (strstr (strcasestr (f->requests[0], "\r\nAccept-Encoding:"), "gzip"));
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

/* --- errors ---------------------------------------------------------------------------------------------------------- */

static void
a_refusal_gives_its_body_and_head (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (not_found);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  p.want_header = "content-type";
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f) });
  probe_wait_done (&p);
  assert_int_equal (p.result.error.code, AID_E_HTTP);
  assert_int_equal (p.result.status, 404);
  assert_string_equal (aid_str_z (&p.refusal), "{\"error\":\"no such\"}");
  assert_string_equal (p.calls, "head:404 done ");
  assert_string_equal (p.header, "application/json");
  assert_non_null (strstr (p.result.error.msg, "127.0.0.1"));
  assert_non_null (strstr (p.result.error.msg, "404"));
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
a_refusal_keeps_64_kb (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (huge_error);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f) });
  assert_int_equal (p.result.error.code, AID_E_HTTP);
  assert_int_equal (p.refusal.len, 65536);
  assert_memory_equal (p.refusal.ptr + 65520, "0123456789abcdef", 16);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
a_redirect_is_an_error_that_names_the_place (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (moved);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .body = AID_SPAN ("secret") });
  assert_int_equal (p.result.error.code, AID_E_HTTP);
  assert_int_equal (p.result.status, 307);
  assert_non_null (strstr (p.result.error.msg, "http://elsewhere.example/v1"));
  assert_int_equal (fake_count (f, &f->served), 1);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
a_refused_connection_says_so (void **state)
{
  (void) state;
  struct aid_net *net = probe_net ();
  struct probe p;
  int port;
  char url[64], where[128];
  close (fake_listen (1, &port));
  snprintf (url, sizeof url, "http://127.0.0.1:%d/", port);
  snprintf (where, sizeof where, "no answer from 127.0.0.1:%d (connection refused): is the server running?", port);
  probe_run (&p, net, &(struct aid_http_request){ .url = url });
  assert_int_equal (p.result.error.code, AID_E_NET);
  assert_string_equal (p.result.error.msg, where);
  assert_int_equal (p.result.status, 0);
  probe_free (&p);
  aid_net_free (net, NULL);
}

static void
a_body_that_breaks_off_is_an_error_and_not_asked_for_again (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (cut_short, hello);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .retries = -1 });
  assert_int_equal (p.result.error.code, AID_E_NET);
  assert_string_equal (p.calls, "head:200 body done ");
  assert_string_equal (aid_str_z (&p.body), "only this");
  assert_non_null (strstr (p.result.error.msg, "broke off after 9 bytes"));
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

/* --- limits and clocks ----------------------------------------------------------------------------------------------- */

static void
a_body_beyond_its_limit_is_an_error (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (flood);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .body_limit = 100000 });
  assert_int_equal (p.result.error.code, AID_E_LIMIT);
  assert_true (p.body.len <= 100000);
  probe_free (&p);
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .body_limit = 1600000 });
  assert_int_equal (p.result.error.code, AID_OK);
  assert_int_equal (p.body.len, 1600000);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
the_reader_can_stop_the_request (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (begun);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  p.stop_at_body = 1;
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f), .retries = -1 });
  probe_wait_done (&p);
  assert_int_equal (p.result.error.code, AID_E_CANCELLED);
  assert_int_equal (p.result.attempts, 1);
  assert_string_equal (p.calls, "head:200 body done ");
  assert_true (fake_wait_hangups (f, 1));
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
silence_before_and_within_an_answer_ends_it (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (mute, begun);
  struct aid_net *net = probe_net ();
  for (int i = 0; i < 2; i++)
    {
      struct probe p;
      probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .stall_ms = 150, .retries = -1 });
      assert_int_equal (p.result.error.code, AID_E_TIMEOUT);
      assert_non_null (strstr (p.result.error.msg, "sent nothing for 0.15 s"));
      assert_int_equal (p.result.attempts, 1); /* the server may be at work on it */
      assert_true (p.result.total_us >= 150000);
      assert_int_equal (p.body.len, i == 0 ? 0 : 3);
      probe_free (&p);
    }
  aid_net_free (net, NULL);
  fake_stop (f);
}

/* A stream may last much longer than the silence allowed within it.  */
static void
every_byte_restarts_the_clock_of_silence (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (dribble);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_init (&p, net);
  probe_start (&p, &(struct aid_http_request){ .url = fake_url (f), .stall_ms = 2000 });
  for (int i = 0; i < 4; i++)
    {
      nanosleep (&(struct timespec){ .tv_nsec = 700000000 }, NULL);
      fake_open (f);
    }
  probe_wait_done (&p);
  assert_int_equal (p.result.error.code, AID_OK);
  assert_int_equal (p.body.len, 4);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

static void
the_whole_has_a_clock_too (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (begun);
  struct aid_net *net = probe_net ();
  struct probe p;
  probe_run (&p, net, &(struct aid_http_request){ .url = fake_url (f), .total_ms = 200 });
  assert_int_equal (p.result.error.code, AID_E_TIMEOUT);
  assert_non_null (strstr (p.result.error.msg, "within 0.2 s"));
  assert_true (p.result.total_us >= 190000);
  probe_free (&p);
  aid_net_free (net, NULL);
  fake_stop (f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_post_sends_its_headers_and_body_and_nothing_of_its_own),
    cmocka_unit_test (a_method_follows_from_the_body_or_is_given),
    cmocka_unit_test (a_large_body_arrives_whole),
    cmocka_unit_test (nonsense_is_refused_before_anything_is_sent),
    cmocka_unit_test (addresses_are_judged_as_libcurl_reads_them),
    cmocka_unit_test (a_stream_arrives_in_order_while_it_is_sent),
    cmocka_unit_test (one_connection_serves_many_requests),
    cmocka_unit_test (an_empty_answer_has_a_head_too),
    cmocka_unit_test (an_early_head_is_not_the_answer),
    cmocka_unit_test (a_compressed_answer_is_decoded),
    cmocka_unit_test (a_refusal_gives_its_body_and_head),
    cmocka_unit_test (a_refusal_keeps_64_kb),
    cmocka_unit_test (a_redirect_is_an_error_that_names_the_place),
    cmocka_unit_test (a_refused_connection_says_so),
    cmocka_unit_test (a_body_that_breaks_off_is_an_error_and_not_asked_for_again),
    cmocka_unit_test (a_body_beyond_its_limit_is_an_error),
    cmocka_unit_test (the_reader_can_stop_the_request),
    cmocka_unit_test (silence_before_and_within_an_answer_ends_it),
    cmocka_unit_test (every_byte_restarts_the_clock_of_silence),
    cmocka_unit_test (the_whole_has_a_clock_too),
  };
  return cmocka_run_group_tests_name ("net http", tests, NULL, NULL);
}
