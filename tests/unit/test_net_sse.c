/* The stream of server-sent events: what the HTML standard says, at every place where a network may cut it.  */
#include "net/sse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* Events as text, "name=data|" each; stops when STOP_AT events were seen.  */
struct log
{
  struct aid_str text;
  int events, stop_at;
};

static int
note (void *user, struct aid_span event, struct aid_span data)
{
  struct log *l = user;
  aid_str_addspan (&l->text, event);
  aid_str_addc (&l->text, '=');
  aid_str_addspan (&l->text, data);
  aid_str_addc (&l->text, '|');
  return ++l->events == l->stop_at;
}

struct stream
{
  struct aid_span bytes;
  const char *events;
};

static const struct stream streams[] = {
  { AID_SPAN ("data: a\n\ndata: b\n\n"), "message=a|message=b|" },
  { AID_SPAN ("data: a\r\n\r\ndata: b\r\n\r\n"), "message=a|message=b|" },
  { AID_SPAN ("data: a\r\rdata: b\r\r"), "message=a|message=b|" },
  { AID_SPAN ("data: a\r\n\ndata: b\n\r\ndata: c\r\r\n"), "message=a|message=b|message=c|" },
  { AID_SPAN ("event: ping\ndata: {}\n\n"), "ping={}|" },
  { AID_SPAN ("event: one\nevent: two\ndata\n\n"), "two=|" },
  { AID_SPAN ("event: lost\n\ndata: x\n\n"), "message=x|" },
  { AID_SPAN ("data: one\ndata:two\ndata:  three\n\n"), "message=one\ntwo\n three|" },
  { AID_SPAN ("data\ndata\n\n"), "message=\n|" },
  { AID_SPAN ("data:\n\n"), "message=|" },
  { AID_SPAN (": OPENROUTER PROCESSING\n\n:\n\ndata: x\n: in between\ndata: y\n\n"), "message=x\ny|" },
  { AID_SPAN ("id: 7\nretry: 10\nfoo: bar\nbare\ndata: x\n\n"), "message=x|" },
  { AID_SPAN ("Data: x\n data: y\ndata : z\n\n"), "" },
  { AID_SPAN ("\xef\xbb\xbf"
              "data: bom\n\n"),
    "message=bom|" },
  { AID_SPAN ("\xef\xbb\xbf\n\xef\xbb\xbf"
              "data: second is no mark\n\n"),
    "" },
  { AID_SPAN ("data: gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\n\n"), "message=gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80|" },
  { AID_SPAN ("data: no blank line"), "message=no blank line|" },
  { AID_SPAN ("data: one end\n"), "message=one end|" },
  { AID_SPAN ("event: only a name\n"), "" },
  { AID_SPAN ("\n\r\n\r"), "" },
  { AID_SPAN (""), "" },
};

/* Feeds BYTES cut at A and at B and gives the events.  */
static void
run_cut (struct aid_span bytes, size_t a, size_t b, struct log *l)
{
  struct aid_sse *s = aid_sse_new (note, l);
  assert_non_null (s);
  assert_int_equal (aid_sse_feed (s, aid_span_cut (bytes, 0, a), NULL), AID_OK);
  assert_int_equal (aid_sse_feed (s, aid_span_cut (bytes, a, b), NULL), AID_OK);
  assert_int_equal (aid_sse_feed (s, aid_span_cut (bytes, b, bytes.len), NULL), AID_OK);
  assert_int_equal (aid_sse_end (s, NULL), AID_OK);
  aid_sse_free (s);
}

static void
every_cut_gives_the_same_events (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
    for (size_t a = 0; a <= streams[i].bytes.len; a++)
      for (size_t b = a; b <= streams[i].bytes.len; b++)
        {
          struct log l = { AID_STR_INIT (1000), 0, 0 };
          run_cut (streams[i].bytes, a, b, &l);
          assert_string_equal (aid_str_z (&l.text), streams[i].events);
          aid_str_free (&l.text);
        }
}

static void
single_bytes_give_the_same_events (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
    {
      struct log l = { AID_STR_INIT (1000), 0, 0 };
      struct aid_sse *s = aid_sse_new (note, &l);
      for (size_t k = 0; k < streams[i].bytes.len; k++)
        assert_int_equal (aid_sse_feed (s, aid_span_cut (streams[i].bytes, k, k + 1), NULL), AID_OK);
      assert_int_equal (aid_sse_end (s, NULL), AID_OK);
      assert_string_equal (aid_str_z (&l.text), streams[i].events);
      aid_sse_free (s);
      aid_str_free (&l.text);
    }
}

static void
zero_bytes_are_data (void **state)
{
  (void) state;
  struct log l = { AID_STR_INIT (1000), 0, 0 };
  run_cut (AID_SPAN ("data: a\0b\n\n"), 7, 8, &l);
  assert_int_equal (l.text.len, strlen ("message=a_b|"));
  assert_memory_equal (l.text.ptr, "message=a\0b|", l.text.len);
  aid_str_free (&l.text);
}

static void
an_event_is_dispatched_by_its_blank_line_not_later (void **state)
{
  (void) state;
  struct log l = { AID_STR_INIT (1000), 0, 0 };
  struct aid_sse *s = aid_sse_new (note, &l);
  aid_sse_feed (s, AID_SPAN ("data: x\r\n\r"), NULL);
  assert_int_equal (l.events, 1);
  aid_sse_feed (s, AID_SPAN ("\n"), NULL);
  aid_sse_end (s, NULL);
  assert_int_equal (l.events, 1);
  aid_sse_free (s);
  aid_str_free (&l.text);
}

static void
the_reader_can_stop_it_for_good (void **state)
{
  (void) state;
  struct log l = { AID_STR_INIT (1000), 0, 2 };
  struct aid_error e;
  struct aid_sse *s = aid_sse_new (note, &l);
  assert_int_equal (aid_sse_feed (s, AID_SPAN ("data: 1\n\ndata: 2\n\ndata: 3\n\n"), &e), AID_E_CANCELLED);
  assert_int_equal (e.code, AID_E_CANCELLED);
  assert_int_equal (aid_sse_feed (s, AID_SPAN ("data: 4\n\n"), NULL), AID_E_CANCELLED);
  assert_int_equal (aid_sse_end (s, NULL), AID_E_CANCELLED);
  assert_string_equal (l.text.ptr, "message=1|message=2|");
  aid_sse_free (s);
  aid_str_free (&l.text);
}

static int
measure (void *user, struct aid_span event, struct aid_span data)
{
  (void) event;
  *(size_t *) user = data.len;
  return 0;
}

/* The code that feeding "data: " and N bytes in pieces of STEP ends with; *SEEN is the event's size.  */
static enum aid_err
feed_large (size_t n, size_t step, size_t *seen)
{
  char *block = malloc (step);
  struct aid_sse *s = aid_sse_new (measure, seen);
  enum aid_err code = aid_sse_feed (s, AID_SPAN ("data: "), NULL);
  memset (block, 'x', step);
  for (size_t done = 0; done < n && code == AID_OK; done += step)
    code = aid_sse_feed (s, (struct aid_span){ block, n - done < step ? n - done : step }, NULL);
  if (code == AID_OK)
    code = aid_sse_feed (s, AID_SPAN ("\n\n"), NULL);
  aid_sse_free (s);
  free (block);
  return code;
}

static void
an_event_has_a_limit (void **state)
{
  (void) state;
  size_t seen = 0;
  assert_int_equal (feed_large (AID_SSE_MAX, 1 << 20, &seen), AID_OK);
  assert_int_equal (seen, AID_SSE_MAX);
  seen = 0;
  assert_int_equal (feed_large (AID_SSE_MAX + 1, 1 << 20, &seen), AID_E_LIMIT);
  assert_int_equal (feed_large ((size_t) 2 * AID_SSE_MAX, 65536, &seen), AID_E_LIMIT);
  assert_int_equal (seen, 0);
}

static void
many_lines_have_the_same_limit (void **state)
{
  (void) state;
  size_t seen = 0;
  struct aid_str line = AID_STR_INIT (1 << 21);
  struct aid_error e;
  enum aid_err code = AID_OK;
  struct aid_sse *s = aid_sse_new (measure, &seen);
  aid_str_addz (&line, "data: ");
  while (line.len < 1 << 20)
    aid_str_addc (&line, 'y');
  aid_str_addc (&line, '\n');
  int lines = 0;
  for (; lines < 20 && code == AID_OK; lines++)
    code = aid_sse_feed (s, aid_str_span (&line), &e);
  assert_int_equal (code, AID_E_LIMIT);
  assert_int_equal (e.code, AID_E_LIMIT);
  assert_int_equal (lines, 17);
  aid_sse_free (s);
  aid_str_free (&line);
}

static void
an_endless_name_is_refused (void **state)
{
  (void) state;
  struct log l = { AID_STR_INIT (1000), 0, 0 };
  struct aid_str name = AID_STR_INIT (10000);
  struct aid_sse *s = aid_sse_new (note, &l);
  aid_str_addz (&name, "event: ");
  while (name.len < 5000)
    aid_str_addc (&name, 'n');
  aid_str_addc (&name, '\n');
  assert_int_equal (aid_sse_feed (s, aid_str_span (&name), NULL), AID_E_LIMIT);
  aid_sse_free (s);
  aid_str_free (&name);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_cut_gives_the_same_events),
    cmocka_unit_test (single_bytes_give_the_same_events),
    cmocka_unit_test (zero_bytes_are_data),
    cmocka_unit_test (an_event_is_dispatched_by_its_blank_line_not_later),
    cmocka_unit_test (the_reader_can_stop_it_for_good),
    cmocka_unit_test (an_event_has_a_limit),
    cmocka_unit_test (many_lines_have_the_same_limit),
    cmocka_unit_test (an_endless_name_is_refused),
  };
  return cmocka_run_group_tests_name ("net sse", tests, NULL, NULL);
}
