/* Pages of the web, from a real server on this machine: what they are decides how they are read, and no page leads to an address
   that the person has not written. */
#include "context/kinds.h"
#include "fake_http.h"
#include "net/http.h"
#include <pthread.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define HTML "Content-Type: text/html; charset=utf-8\r\n"

static const struct fake_step page[] = { FAKE_ANSWER ("200 OK", HTML, "30", "<h1>Head</h1><p>Text &amp;</p>"), FAKE_DONE };
static const struct fake_step latin[]
  = { FAKE_ANSWER ("200 OK", "Content-Type: text/html; charset=iso-8859-1\r\n", "11", "<p>gr\xFC\xDF</p>"), FAKE_DONE };
static const struct fake_step plain[] = { FAKE_ANSWER ("200 OK", "Content-Type: text/plain\r\n", "8", "<p> & a\n"), FAKE_DONE };
static const struct fake_step json[]
  = { FAKE_ANSWER ("200 OK", "Content-Type: application/json\r\n", "7", "{\"a\":1}"), FAKE_DONE };
static const struct fake_step unsaid[] = { FAKE_ANSWER ("200 OK", "", "21", "<!DOCTYPE html><p>x\n\n"), FAKE_DONE };
static const struct fake_step png[]
  = { FAKE_ANSWER ("200 OK", "Content-Type: image/png\r\n", "12", "\x89PNG\r\n\x1a\n\0\0\0\1"), FAKE_DONE };
static const struct fake_step binary[]
  = { FAKE_ANSWER ("200 OK", "Content-Type: application/zip\r\n", "4", "PK\0\1"), FAKE_DONE };
static const struct fake_step missing[] = { FAKE_ANSWER ("404 Not Found", HTML, "4", "none"), FAKE_DONE };
static const struct fake_step moved[] = { FAKE_ANSWER ("302 Found", "Location: /elsewhere\r\n", "0", ""), FAKE_DONE };
static const struct fake_step to_ftp[] = { FAKE_ANSWER ("301 Moved", "Location: ftp://host/x\r\n", "0", ""), FAKE_DONE };
static const struct fake_step to_private[]
  = { FAKE_ANSWER ("302 Found", "Location: http://127.0.0.2:1/secret\r\n", "0", ""), FAKE_DONE };
static const struct fake_step endless[]
  = { FAKE_SEND ("HTTP/1.1 200 OK\r\n" HTML "Transfer-Encoding: chunked\r\n\r\n"),
      FAKE_HOLD };
static const struct fake_step huge[] = { FAKE_SEND ("HTTP/1.1 200 OK\r\n" HTML "Transfer-Encoding: chunked\r\n\r\n"),
                                         FAKE_REPEAT ("20\r\n0123456789abcdef0123456789abcdef\r\n", 600000),
                                         FAKE_SEND ("0\r\n\r\n"), FAKE_DONE };
static const struct fake_step long_text[]
  = { FAKE_SEND ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"),
      FAKE_REPEAT ("20\r\n0123456789abcdef0123456789abcde\n\r\n", 50000), FAKE_SEND ("0\r\n\r\n"), FAKE_DONE };

struct got
{
  enum aid_err err;
  struct aid_error e;
  struct aid_str text;
};

static struct got
get (struct aid_resolver *r, const char *url, int typed)
{
  struct aid_resolve how = { .resolver = r, .dir = "/", .typed = typed };
  struct got g = { AID_OK, { AID_OK, "" }, AID_STR_INIT (AID_ITEM_MAX) };
  g.err = aid_context_read (&how, aid_span_z (url), &g.text, &g.e);
  return g;
}

static void
expect_text (const struct fake_step *answer, const char *text)
{
  struct fake_http *f = FAKE_START (answer);
  struct got g = get (NULL, fake_url (f), 1);
  if (g.err)
    fail_msg ("%s", g.e.msg);
  assert_string_equal (aid_str_z (&g.text), text);
  aid_str_free (&g.text);
  fake_stop (f);
}

static void
expect_refusal (const struct fake_step *answer, enum aid_err code, const char *says)
{
  struct fake_http *f = FAKE_START (answer);
  struct got g = get (NULL, fake_url (f), 1);
  if (g.err != code || !strstr (g.e.msg, says))
    fail_msg ("%s: %s", aid_err_name (g.err), g.e.msg);
  assert_int_equal (g.text.len, 0);
  aid_str_free (&g.text);
  fake_stop (f);
}

static void
what_a_page_is_decides_how_it_is_read (void **state)
{
  (void) state;
  expect_text (page, "# Head\n\nText &\n");
  expect_text (latin, "gr\xC3\xBC\xC3\x9F\n");
  expect_text (plain, "<p> & a\n");
  expect_text (json, "{\"a\":1}");
  expect_text (unsaid, "x\n");
  expect_refusal (binary, AID_E_REFUSED, "no text, image or PDF (application/zip)");
}

static void
an_image_comes_as_it_is (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (png);
  struct got g = get (NULL, fake_url (f), 1);
  assert_int_equal (g.err, AID_OK);
  assert_int_equal (g.text.len, 12);
  assert_memory_equal (g.text.ptr, "\x89PNG\r\n\x1a\n\0\0\0\1", 12);
  aid_str_free (&g.text);
  fake_stop (f);
}

static void
errors_say_what_and_where (void **state)
{
  (void) state;
  expect_refusal (missing, AID_E_HTTP, "404");
  expect_refusal (huge, AID_E_LIMIT, "larger than the 16 MB");
  struct got g = get (NULL, "http://user name/", 1);
  assert_int_equal (g.err, AID_E_INVALID);
  aid_str_free (&g.text);
}

static void
a_long_text_is_cut_and_says_so (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (long_text);
  struct got g = get (NULL, fake_url (f), 1);
  assert_int_equal (g.err, AID_OK);
  assert_in_range (g.text.len, AID_KIND_TEXT_MAX, AID_KIND_TEXT_MAX + 100);
  assert_non_null (strstr (g.text.ptr + AID_KIND_TEXT_MAX, "(cut after 1024 KB)"));
  aid_str_free (&g.text);
  fake_stop (f);
}

static void
a_few_redirects_are_followed (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (moved, moved, page);
  struct got g = get (NULL, fake_url (f), 1);
  assert_int_equal (g.err, AID_OK);
  assert_string_equal (aid_str_z (&g.text), "# Head\n\nText &\n");
  assert_int_equal (strncmp (f->requests[1], "GET /elsewhere HTTP/1.1\r\n", 25), 0);
  aid_str_free (&g.text);
  fake_stop (f);
  expect_refusal (moved, AID_E_HTTP, "redirects too often");
  expect_refusal (to_ftp, AID_E_HTTP, "redirects to no address");
}

static void
a_private_address_must_be_written (void **state)
{
  (void) state;
  static const char *const private[] = { "http://127.0.0.1:1/", "http://localhost:1/", "http://10.1.2.3/", "http://172.31.0.1/",
                                         "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
                                         "http://[fd00::1]/", "http://[fe80::1]/", "http://[::ffff:10.0.0.1]/", "http://0.0.0.0/",
                                         "http://0x7f.1/", "http://2130706433/", "http://[64:ff9b::127.0.0.1]/" };
  for (size_t i = 0; i < sizeof private / sizeof *private; i++)
    {
      struct got g = get (NULL, private[i], 0);
      if (g.err != AID_E_REFUSED || !strstr (g.e.msg, "private"))
        fail_msg ("%s: %s: %s", private[i], aid_err_name (g.err), g.e.msg);
      aid_str_free (&g.text);
    }
}

/* The machine's own name is on no list: what it leads to is seen when it is connected to. */
static void
a_name_of_a_private_address_is_found_out (void **state)
{
  (void) state;
  char name[65], url[100];
  struct addrinfo *found = NULL;
  if (gethostname (name, sizeof name) || getaddrinfo (name, NULL, NULL, &found))
    skip ();
  freeaddrinfo (found);
  struct fake_http *f = FAKE_START (page);
  snprintf (url, sizeof url, "http://%s:%d/", name, f->port);
  struct got g = get (NULL, url, 0);
  if (g.err != AID_E_REFUSED || !strstr (g.e.msg, "has a private address"))
    fail_msg ("%s: %s", aid_err_name (g.err), g.e.msg);
  assert_int_equal (f->accepts, 0);
  aid_str_free (&g.text);
  fake_stop (f);
}

static void
what_went_wrong_is_one_sentence (void **state)
{
  (void) state;
  struct got g = get (NULL, "http://127.0.0.1:1/", 1);
  size_t n = strlen (g.e.msg);
  assert_int_not_equal (g.err, AID_OK);
  assert_true (n > 2 && strchr (".?", g.e.msg[n - 1]) && !strchr (".?", g.e.msg[n - 2]));
  aid_str_free (&g.text);
}

static void
a_page_does_not_lead_to_another_private_address (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (to_private);
  struct got g = get (NULL, fake_url (f), 1);
  assert_int_equal (g.err, AID_E_REFUSED);
  assert_non_null (strstr (g.e.msg, "127.0.0.2"));
  aid_str_free (&g.text);
  fake_stop (f);
}

/* What was written once may be read when the question is sent, by the same resolver. */
static void
an_address_stays_written (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (page);
  struct aid_resolver *r = aid_resolver_new ();
  struct got before = get (r, fake_url (f), 0), first = get (r, fake_url (f), 1), again = get (r, fake_url (f), 0);
  assert_int_equal (before.err, AID_E_REFUSED);
  assert_int_equal (first.err, AID_OK);
  assert_int_equal (again.err, AID_OK);
  aid_str_free (&before.text);
  aid_str_free (&first.text);
  aid_str_free (&again.text);
  aid_resolver_free (r);
  fake_stop (f);
}

static void *
stop_soon (void *arg)
{
  void **both = arg;
  fake_wait_requests (both[0], 1);
  aid_resolver_stop (both[1]);
  return NULL;
}

static void
a_stop_ends_a_page_that_never_ends (void **state)
{
  (void) state;
  struct fake_http *f = FAKE_START (endless);
  struct aid_resolver *r = aid_resolver_new ();
  struct aid_error e;
  struct aid_net *net = aid_net_new (&e);
  void *both[2] = { f, r };
  pthread_t stopper;
  aid_resolver_use_net (r, net);
  pthread_create (&stopper, NULL, stop_soon, both);
  struct got g = get (r, fake_url (f), 1);
  assert_int_equal (g.err, AID_E_CANCELLED);
  pthread_join (stopper, NULL);
  aid_str_free (&g.text);
  aid_net_free (net, NULL);
  aid_resolver_free (r);
  fake_stop (f);
}

/* --- how items are written
   ------------------------------------------------------------------------------------------------------ */

static void
expect_written (const char *item, const char *target, const char *label)
{
  struct aid_str t = AID_STR_INIT (10000), l = AID_STR_INIT (10000);
  struct aid_error e;
  if (aid_context_written (aid_span_z (item), &t, &l, &e))
    fail_msg ("%s: %s", item, e.msg);
  assert_string_equal (aid_str_z (&t), target);
  assert_string_equal (aid_str_z (&l), label);
  aid_str_free (&t);
  aid_str_free (&l);
}

static void
items_are_written_by_their_kind (void **state)
{
  (void) state;
  struct aid_str t = AID_STR_INIT (100), l = AID_STR_INIT (100);
  struct aid_error e;
  expect_written ("diff:", "aid:diff", "uncommitted changes");
  expect_written ("commit:HEAD~2..v1 x", "aid:commit/HEAD~2..v1%20x", "commit HEAD~2..v1 x");
  expect_written ("history:src/a b.c#L3-L9", "aid:history/src/a%20b.c%23L3-L9", "history of src/a b.c#L3-L9");
  expect_written ("https://a.example/x(y)?q=1#z", "https://a.example/x%28y%29?q=1#z", "https://a.example/x%28y%29?q=1#z");
  expect_written ("url:http://a.example/[1]", "http://a.example/[1]", "http://a.example/ 1 ");
  assert_int_equal (aid_context_written (AID_SPAN ("src/a.c"), &t, &l, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_context_written (AID_SPAN ("nosuch:thing"), &t, &l, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_context_written (AID_SPAN ("./diff:"), &t, &l, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_context_written (AID_SPAN ("diff:x"), &t, &l, &e), AID_E_INVALID);
  assert_int_equal (aid_context_written (AID_SPAN ("commit: "), &t, &l, &e), AID_E_INVALID);
  assert_int_equal (aid_context_written (AID_SPAN ("url:ftp://x"), &t, &l, &e), AID_E_INVALID);
  assert_int_equal (t.len + l.len, 0);
}

static void
what_only_the_editor_knows_says_so (void **state)
{
  (void) state;
  struct got g = get (NULL, "aid:buffer/a.c", 0), none = get (NULL, "aid:nosuch/a.c", 0);
  assert_int_equal (g.err, AID_E_STATE);
  assert_non_null (strstr (g.e.msg, "inside the editor"));
  assert_int_equal (none.err, AID_E_INVALID);
  aid_str_free (&g.text);
  aid_str_free (&none.text);
  assert_true (aid_context_costs (AID_SPAN ("aid:commit/x")));
  assert_true (aid_context_costs (AID_SPAN ("https://a.example/")));
  assert_false (aid_context_costs (AID_SPAN ("aid:errors")));
  assert_false (aid_context_costs (AID_SPAN ("src/a.c")));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_a_page_is_decides_how_it_is_read), cmocka_unit_test (an_image_comes_as_it_is),
    cmocka_unit_test (errors_say_what_and_where), cmocka_unit_test (a_long_text_is_cut_and_says_so),
    cmocka_unit_test (a_few_redirects_are_followed), cmocka_unit_test (a_private_address_must_be_written),
    cmocka_unit_test (a_name_of_a_private_address_is_found_out),
    cmocka_unit_test (what_went_wrong_is_one_sentence),
    cmocka_unit_test (a_page_does_not_lead_to_another_private_address), cmocka_unit_test (an_address_stays_written),
    cmocka_unit_test (a_stop_ends_a_page_that_never_ends), cmocka_unit_test (items_are_written_by_their_kind),
    cmocka_unit_test (what_only_the_editor_knows_says_so),
  };
  return cmocka_run_group_tests_name ("context url", tests, NULL, NULL);
}
