/* The exporter's thread: runs only for who wants it, sends what is recorded from then on, says once what is wrong, and ends at
   once. */
#include "fake_http.h"
#include "base/val.h"
#include "export/exporter.h"
#include "measure/events.h"
#include "net/http.h"
#include "scratch_put.h"

static const struct fake_step taken[] = { FAKE_ANSWER ("200 OK", "Content-Type: application/json\r\n", "2", "{}"), FAKE_DONE };
static const struct fake_step busy[] = { FAKE_ANSWER ("503 Busy", "", "0", ""), FAKE_DONE };
static const struct fake_step hold[] = { FAKE_HOLD, FAKE_CLOSE };

struct scene
{
  struct fake_http *server;
  struct aid_net *net;
  struct aid_exporter *exporter;
  struct aid_events *events;
};

/* The setting "otlp" becomes OTLP, in which %s is the server's address. */
static void
configure (const struct scene *s, const char *otlp)
{
  struct aid_str text = AID_STR_INIT (4096);
  const char *hole = strstr (otlp, "%s");
  aid_str_addz (&text, "{\"otlp\":");
  aid_str_add (&text, otlp, hole ? (size_t)(hole - otlp) : strlen (otlp));
  if (hole)
    aid_str_addf (&text, "http://127.0.0.1:%d%s", s->server->port, hole + 2);
  aid_str_addz (&text, "}");
  put ("aid/config.json", aid_str_z (&text));
  aid_str_free (&text);
}

static struct scene
begin (const struct fake_step *const *script, size_t n)
{
  struct scene s = { .server = fake_start (script, n), .net = aid_net_new (NULL), .events = aid_events_new () };
  setenv ("OTEL_BSP_SCHEDULE_DELAY", "10", 1);
  setenv ("OTEL_METRIC_EXPORT_INTERVAL", "86400000", 1);
  assert_non_null (s.net);
  s.exporter = aid_exporter_new (s.net);
  assert_non_null (s.exporter);
  return s;
}

static void
end (struct scene *s)
{
  aid_exporter_free (s->exporter);
  aid_net_free (s->net, NULL);
  aid_events_free (s->events);
  fake_stop (s->server);
}

static void
record (const struct scene *s, const char *hunk)
{
  struct aid_str fields = AID_STR_INIT (1000);
  size_t o = aid_val_object (&fields);
  aid_val_kstrz (&fields, "decision", "accepted");
  aid_val_end (&fields, o, 1);
  struct aid_measurement m = { .kind = AID_MEASURED_DECISION, .hunk = aid_span_z (hunk), .fields = aid_str_span (&fields) };
  aid_events_add (s->events, &m);
  aid_str_free (&fields);
  assert_int_equal (aid_events_wait (s->events, 60000), 0);
}

/* Whether request N, from 0, has WORD. */
static int
request_has (struct fake_http *f, unsigned n, const char *word)
{
  pthread_mutex_lock (&f->lock);
  int has = n < FAKE_LOG && f->requests[n] && strstr (f->requests[n], word);
  pthread_mutex_unlock (&f->lock);
  return has;
}

static void
what_is_recorded_is_sent_from_then_on (void **state)
{
  static const struct fake_step *const script[] = { taken };
  (void)state;
  struct scene s = begin (script, 1);
  configure (&s, "{\"endpoint\":\"%s\",\"metrics\":false}");
  aid_exporter_start (s.exporter);
  aid_exporter_start (s.exporter);
  /* The receiver becomes known with the first round, which comes before a span is sent: so one is recorded until one arrives. */
  while (!fake_count (s.server, &s.server->served))
    record (&s, "after");
  assert_true (request_has (s.server, 0, "POST /v1/traces"));
  assert_true (request_has (s.server, 0, "\"name\":\"aid.decision\""));
  assert_int_equal (aid_exporter_trouble (s.exporter, NULL), 0);
  end (&s);
}

static void
nothing_runs_for_who_does_not_want_it (void **state)
{
  static const struct fake_step *const script[] = { taken };
  static const char *const off[] = { "false", "{\"endpoint\":\"%s\",\"traces\":false,\"metrics\":false}" };
  (void)state;
  for (size_t i = 0; i < 2; i++)
    {
      struct scene s = begin (script, 1);
      configure (&s, off[i]);
      record (&s, "one");
      aid_exporter_start (s.exporter);
      record (&s, "two");
      aid_exporter_free (s.exporter);
      s.exporter = NULL;
      assert_int_equal (fake_count (s.server, &s.server->served), 0);
      assert_false (aid_fs_exists (scratch_path ("aid/export.db")));
      end (&s);
    }
}

static void
it_ends_at_once_although_the_receiver_is_silent (void **state)
{
  static const struct fake_step *const script[] = { hold };
  (void)state;
  struct scene s = begin (script, 1);
  configure (&s, "{\"endpoint\":\"%s\",\"timeout_ms\":86400000}");
  record (&s, "one");
  aid_exporter_start (s.exporter);
  assert_true (fake_wait_requests (s.server, 1));
  aid_exporter_free (s.exporter); /* else this test does not end */
  s.exporter = NULL;
  assert_true (fake_wait_hangups (s.server, 1));
  end (&s);
}

static void
a_receiver_that_is_away_is_told_once (void **state)
{
  static const struct fake_step *const script[] = { busy };
  struct aid_error e = { AID_OK, "" };
  (void)state;
  setenv ("OTEL_TRACES_EXPORTER", "none", 1);
  struct scene s = begin (script, 1);
  setenv ("OTEL_METRIC_EXPORT_INTERVAL", "10", 1);
  configure (&s, "{\"endpoint\":\"%s\"}");
  record (&s, "one");
  aid_exporter_start (s.exporter);
  assert_true (fake_wait_requests (s.server, 2)); /* it was tried again, after a second */
  assert_int_equal (aid_exporter_trouble (s.exporter, &e), 1);
  assert_string_equal (e.msg, "exporting metrics: the receiver answered with status 503");
  assert_true (fake_wait_requests (s.server, 3));
  assert_int_equal (aid_exporter_trouble (s.exporter, &e), 0);
  end (&s);
  unsetenv ("OTEL_TRACES_EXPORTER");
}

static void
turned_off_and_on_again_while_it_runs (void **state)
{
  static const struct fake_step *const script[] = { taken };
  (void)state;
  struct scene s = begin (script, 1);
  setenv ("OTEL_METRIC_EXPORT_INTERVAL", "10", 1);
  configure (&s, "{\"endpoint\":\"%s\",\"traces\":false}");
  record (&s, "one");
  aid_exporter_start (s.exporter);
  assert_true (fake_wait_requests (s.server, 1));
  configure (&s, "false");
  aid_exporter_start (s.exporter); /* which does not start it */
  configure (&s, "{\"endpoint\":\"%s\",\"traces\":false}");
  unsigned before = fake_count (s.server, &s.server->served);
  for (unsigned n = 0; fake_count (s.server, &s.server->served) < before + 3; n++)
    aid_exporter_start (s.exporter);
  end (&s);
}

#define T(name) cmocka_unit_test_setup_teardown (name, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (what_is_recorded_is_sent_from_then_on),         T (nothing_runs_for_who_does_not_want_it),
    T (it_ends_at_once_although_the_receiver_is_silent), T (a_receiver_that_is_away_is_told_once),
    T (turned_off_and_on_again_while_it_runs),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
