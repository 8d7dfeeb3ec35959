/* What is kept of a request and its reply: the key is in none of it, however the reply came and wherever it was cut. */
#include "assist/record.h"
#include "base/val.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SECRET "k7-planted-0123456789abcdef"
#define PART "k7-p" /* what nothing shows of it */
#define CHAT_KEY "k7Qx2mT9"

static char word[] = "m", provider[] = "p", host[] = "h", wire[] = "openai-chat", body[] = "{\"q\":1}";

static void
begin (struct aid_records *rs, uint64_t id)
{
  struct aid_model m = { .id = word, .name = word, .provider = provider, .host = host, .wire = wire };
  struct aid_wire_request sent
    = { .url = word, .headers = AID_VEC_INIT (struct aid_http_header, 1), .body = AID_STR_INIT (1000) };
  aid_str_addz (&sent.body, body);
  struct aid_record *r = aid_record_new (CHAT_KEY, &m, &sent, SECRET);
  assert_non_null (r);
  aid_records_begin (rs, id, r);
  aid_str_free (&sent.body);
}

static void
shown (struct aid_records *rs, struct aid_str *json)
{
  struct aid_str val = AID_STR_INIT (64u << 20);
  aid_str_clear (json);
  assert_int_equal (aid_records_val (rs, CHAT_KEY, &val), 1);
  aid_val_to_json (aid_str_span (&val), 0, json);
  assert_int_equal (json->err, AID_OK);
  aid_str_free (&val);
}

static void
lacks (const struct aid_str *text, const char *what)
{
  if (aid_span_find (aid_str_span (text), aid_span_z (what)) >= 0)
    fail_msg ("%s is in what is shown", what);
}

/* While the reply arrives it may end anywhere in the key. */
static void
a_reply_shows_no_beginning_of_the_key (void **state)
{
  (void)state;
  struct aid_str json = AID_STR_INIT (1u << 20);
  struct aid_records *rs = aid_records_new ();
  begin (rs, 1);
  aid_records_bytes (rs, 1, AID_SPAN ("said: "));
  for (size_t i = 0; i < strlen (SECRET); i++)
    {
      aid_records_bytes (rs, 1, (struct aid_span){ &SECRET[i], 1 });
      shown (rs, &json);
      lacks (&json, PART);
    }
  assert_true (aid_span_find (aid_str_span (&json), AID_SPAN ("said: $P_API_KEY")) >= 0);
  aid_records_free (rs);
  aid_str_free (&json);
}

/* A long reply is cut; at each byte of the key, in the log as in what is shown. */
static void
a_reply_that_was_cut_inside_the_key_shows_nothing_of_it (void **state)
{
  (void)state;
  struct aid_str json = AID_STR_INIT (64u << 20), line = AID_STR_INIT (64u << 20);
  char *filler = malloc (AID_RECORD_REPLY_MAX);
  assert_non_null (filler);
  memset (filler, '.', AID_RECORD_REPLY_MAX);
  for (size_t kept = 4; kept < strlen (SECRET); kept += 5)
    {
      struct aid_records *rs = aid_records_new ();
      struct aid_http_result result = { .status = 200 };
      struct aid_record_end end = { &result, AID_USAGE_INIT, AID_OK, 1 };
      begin (rs, 1);
      aid_records_bytes (rs, 1, (struct aid_span){ filler, AID_RECORD_REPLY_MAX - kept });
      aid_records_bytes (rs, 1, AID_SPAN (SECRET " and more"));
      shown (rs, &json);
      lacks (&json, PART);
      aid_str_clear (&line);
      aid_records_end (rs, 1, &end, &line);
      assert_int_equal (line.err, AID_OK);
      assert_true (line.len > AID_RECORD_REPLY_MAX / 2);
      lacks (&line, PART);
      shown (rs, &json);
      lacks (&json, PART);
      aid_records_free (rs);
    }
  free (filler);
  aid_str_free (&json);
  aid_str_free (&line);
}

/* A refused request's words are cut at 64 KB by the net. */
static void
a_refusal_that_was_cut_shows_nothing_of_it (void **state)
{
  (void)state;
  struct aid_str json = AID_STR_INIT (1u << 20), line = AID_STR_INIT (1u << 20);
  struct aid_records *rs = aid_records_new ();
  struct aid_http_result result = { .status = 401, .body = AID_SPAN ("Incorrect key: k7-planted-01") };
  struct aid_record_end end = { &result, AID_USAGE_INIT, AID_E_HTTP, 1 };
  begin (rs, 1);
  aid_records_end (rs, 1, &end, &line);
  lacks (&line, PART);
  assert_true (aid_span_find (aid_str_span (&line), AID_SPAN ("Incorrect key: $P_API_KEY")) >= 0);
  shown (rs, &json);
  lacks (&json, PART);
  aid_records_free (rs);
  aid_str_free (&json);
  aid_str_free (&line);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_reply_shows_no_beginning_of_the_key),
    cmocka_unit_test (a_reply_that_was_cut_inside_the_key_shows_nothing_of_it),
    cmocka_unit_test (a_refusal_that_was_cut_shows_nothing_of_it),
  };
  return cmocka_run_group_tests_name ("assist record", tests, NULL, NULL);
}
