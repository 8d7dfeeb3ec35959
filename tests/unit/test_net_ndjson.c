/* Lines of a stream: whatever the cuts, the same lines; limits; the stop. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/ndjson.h"

/* Each line in brackets. */
static int
collect (void *user, struct aid_span line)
{
  struct aid_str *out = user;
  aid_str_addc (out, '[');
  aid_str_addspan (out, line);
  aid_str_addc (out, ']');
  return aid_span_eqz (line, "stop");
}

static void
lines_are (const char *stream, const char *expected)
{
  struct aid_span v = aid_span_z (stream);
  for (size_t piece = 1; piece <= v.len + 1; piece++)
    {
      struct aid_str got = AID_STR_INIT (1000);
      struct aid_ndjson *n = aid_ndjson_new (collect, &got);
      for (size_t at = 0; at < v.len; at += piece)
        assert_int_equal (aid_ndjson_feed (n, aid_span_cut (v, at, at + piece < v.len ? at + piece : v.len), NULL), AID_OK);
      assert_int_equal (aid_ndjson_end (n, NULL), AID_OK);
      assert_string_equal (aid_str_z (&got), expected);
      aid_ndjson_free (n);
      aid_str_free (&got);
    }
}

static void
lines_are_the_same_whatever_the_cuts (void **state)
{
  (void) state;
  lines_are ("{\"a\":1}\n{\"b\":2}\n", "[{\"a\":1}][{\"b\":2}]");
  lines_are ("{\"a\":1}\r\n\r\n  \t\n {\"b\":2} ", "[{\"a\":1}][{\"b\":2}]");
  lines_are ("", "");
  lines_are ("\n\n", "");
  lines_are ("one", "[one]");
}

static void
a_reader_may_stop (void **state)
{
  struct aid_str got = AID_STR_INIT (1000);
  struct aid_ndjson *n = aid_ndjson_new (collect, &got);
  struct aid_error e;
  (void) state;
  assert_int_equal (aid_ndjson_feed (n, AID_SPAN ("a\nstop\nb\n"), &e), AID_E_CANCELLED);
  assert_int_equal (aid_ndjson_feed (n, AID_SPAN ("c\n"), &e), AID_E_CANCELLED);
  assert_int_equal (aid_ndjson_end (n, &e), AID_E_CANCELLED);
  assert_string_equal (aid_str_z (&got), "[a][stop]");
  aid_ndjson_free (n);
  aid_str_free (&got);
}

static void
a_line_has_a_limit (void **state)
{
  struct aid_str got = AID_STR_INIT (AID_NDJSON_MAX + 10);
  char *mega = malloc (1 << 20);
  (void) state;
  memset (mega, 'x', 1 << 20);
  for (int extra = 0; extra < 2; extra++)   /* as long as it may be; a byte longer */
    {
      struct aid_error e = { AID_OK, "" };
      struct aid_ndjson *n = aid_ndjson_new (collect, &got);
      for (unsigned i = 0; i < AID_NDJSON_MAX >> 20; i++)
        aid_ndjson_feed (n, (struct aid_span){ mega, 1 << 20 }, &e);
      if (extra)
        aid_ndjson_feed (n, AID_SPAN ("x"), &e);
      assert_int_equal (aid_ndjson_feed (n, AID_SPAN ("\n"), &e), extra ? AID_E_LIMIT : AID_OK);
      assert_int_equal (got.len, AID_NDJSON_MAX + 2);
      aid_ndjson_free (n);
    }
  free (mega);
  aid_str_free (&got);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (lines_are_the_same_whatever_the_cuts),
    cmocka_unit_test (a_reader_may_stop),
    cmocka_unit_test (a_line_has_a_limit),
  };
  return cmocka_run_group_tests_name ("net ndjson", tests, NULL, NULL);
}
