/* The table of wire formats, refused requests in plain words, when to try again, and the estimate of tokens. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "model/wire.h"

static void
the_table_is_found_by_name (void **state)
{
  (void) state;
  assert_string_equal (aid_wire_find ("openai-chat")->name, "openai-chat");
  assert_string_equal (aid_wire_find ("anthropic-messages")->name, "anthropic-messages");
  assert_null (aid_wire_find ("smoke-signals"));
  assert_null (aid_wire_find (NULL));
}

static void
stops_have_names (void **state)
{
  (void) state;
  assert_string_equal (aid_stop_name (AID_STOP_NONE), "none");
  assert_string_equal (aid_stop_name (AID_STOP_TOOLS), "tools");
  assert_string_equal (aid_stop_name (AID_STOP_CONTEXT), "context");
  assert_string_equal (aid_stop_name ((enum aid_stop_reason) 99), "none");
}

static void
tells (enum aid_stop_reason stop, const char *words, int has_text, const char *sentence)
{
  struct aid_str out = AID_STR_INIT (8192);
  aid_stop_tell (stop, aid_span_z (words), has_text, &out);
  assert_string_equal (aid_str_z (&out), sentence);
  aid_str_free (&out);
}

static void
an_early_end_is_told_with_the_server_s_own_words (void **state)
{
  (void) state;
  tells (AID_STOP_END, "stop", 1, "");
  tells (AID_STOP_SEQUENCE, "stop_sequence: END", 1, "");      /* a word that the person chose */
  tells (AID_STOP_NONE, "", 1, "");
  tells (AID_STOP_LENGTH, "max_tokens", 1, "the answer stops at its length limit (max_tokens)");
  tells (AID_STOP_FILTER, "RECITATION", 0, "the server's filter stopped the answer (RECITATION)");
  tells (AID_STOP_REFUSAL, "refusal: Because.", 1, "the model declined to answer (refusal: Because.)");
  tells (AID_STOP_TOOLS, "tool_calls", 1, "the model asks for tools, which are not run here (tool_calls)");
  tells (AID_STOP_PAUSE, "pause_turn", 1, "the server paused the answer; ask it to go on (pause_turn)");
  tells (AID_STOP_CONTEXT, "model_length", 1, "the model's context is full (model_length)");
  tells (AID_STOP_NONE, "MALFORMED_RESPONSE", 1, "the server ended the answer in a way of its own (MALFORMED_RESPONSE)");
  tells (AID_STOP_END, "stop", 0, "the answer is empty (stop)");
  tells (AID_STOP_NONE, "", 0, "the answer is empty");
}

static void
explains (int status, const char *body, const char *sentence)
{
  struct aid_error e;
  aid_wire_explain (status, aid_span_z (body), "api.example", &e);
  assert_int_equal (e.code, AID_E_HTTP);
  assert_string_equal (e.msg, sentence);
}

static void
a_refusal_is_one_sentence_whatever_the_provider (void **state)
{
  (void) state;
  explains (400, "{\"error\":{\"message\":\"Bad\\nrole\",\"type\":\"invalid_request_error\"}}",
            "api.example refused the request (HTTP 400): Bad role");
  explains (401, "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"invalid x-api-key\"}}",
            "api.example did not accept the key (check \"key_env\" or \"key_command\", in Emacs also auth-source) (HTTP 401): "
            "invalid x-api-key");
  explains (429, "{\"error\":{\"message\":\"Pay up\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
            "api.example says that the account's credit or quota is used up (HTTP 429): Pay up");
  explains (429, "{\"error\":{\"code\":429,\"message\":\"Provider returned error\",\"metadata\":{\"raw\":\"slow down\"}}}",
            "api.example wants fewer requests; try again later (HTTP 429): Provider returned error: slow down");
  explains (400, "{\"error\":{\"code\":400,\"message\":\"9000 > 4096\",\"type\":\"exceed_context_size_error\"}}",
            "api.example says that this is more text than the model can read; send less context (HTTP 400): 9000 > 4096");
  explains (404, "{\"error\":\"model \\\"x\\\" not found\"}",
            "api.example does not know this address or model (check \"url\", which often ends in /v1, and the model's name) "
            "(HTTP 404): model \"x\" not found");
  explains (422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"Extra inputs are not permitted\"}]}",
            "api.example refused the request (HTTP 422): Extra inputs are not permitted");
  explains (400, "{\"object\":\"error\",\"message\":{\"detail\":[{\"msg\":\"no\"}]}}",
            "api.example refused the request (HTTP 400): no");
  explains (503, "[{\"error\":{\"code\":503,\"message\":\"Busy\",\"status\":\"UNAVAILABLE\"}}]",
            "api.example has a problem of its own (HTTP 503): Busy");
  explains (407, "<html>", "The proxy on the way to api.example wants a name and a password, or others (HTTP 407): write "
                           "http://NAME:PASSWORD@HOST:PORT in \"proxy\" or in the environment's http_proxy.");
  explains (400, "<h1>400 No required SSL certificate was sent</h1>",
            "api.example wants a certificate of yours: set \"client_cert\" and \"client_key\" (HTTP 400).");
  explains (495, "",
            "api.example did not accept your certificate: check \"client_cert\", \"client_key\" and its last day (HTTP 495).");
  explains (529, "", "api.example is overloaded; try again later (HTTP 529).");
}

/* Most servers have no code for it. */
static void
too_much_text_is_known_by_its_words (void **state)
{
  static const char *const messages[] = {
    "prompt is too long: 213423 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
  };
  char body[512], sentence[512];
  (void) state;
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
    {
      snprintf (body, sizeof body, "{\"error\":{\"message\":\"%s\",\"type\":\"invalid_request_error\"}}", messages[i]);
      snprintf (sentence, sizeof sentence,
                "api.example says that this is more text than the model can read; send less context (HTTP 400): %s", messages[i]);
      explains (400, body, sentence);
    }
}

static void
what_is_no_json_is_shown_as_it_is (void **state)
{
  (void) state;
  explains (502, "<html>\n  <h1>502 Bad\tGateway</h1>\r\n</html>",
            "api.example has a problem of its own (HTTP 502): <html> <h1>502 Bad Gateway</h1> </html>");
  explains (500, "{\"error\":", "api.example has a problem of its own (HTTP 500): {\"error\":");
  explains (500, "bad \xff\x01 bytes", "api.example has a problem of its own (HTTP 500): bad \xef\xbf\xbd bytes");
}

static void
a_key_that_the_server_repeats_is_not_shown (void **state)
{
  struct aid_error e;
  (void) state;
  aid_wire_explain (401, AID_SPAN ("{\"error\":{\"message\":\"Incorrect API key provided: sk-proj-abcdefgh12345678."
                                   " See docs\"}}"), "h", &e);
  assert_non_null (strstr (e.msg, "sk-... See docs"));
  assert_null (strstr (e.msg, "abcdefgh"));
}

static void
a_long_body_is_cut (void **state)
{
  char body[5000];
  struct aid_error e;
  (void) state;
  memset (body, 'x', sizeof body);
  aid_wire_explain (500, (struct aid_span){ body, sizeof body }, NULL, &e);
  assert_true (strlen (e.msg) > 200 && strlen (e.msg) < sizeof e.msg);
}

static void
what_time_may_heal_is_tried_again (void **state)
{
  (void) state;
  assert_true (aid_wire_may_retry (429, AID_SPAN ("{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"}}")));
  assert_true (aid_wire_may_retry (429, AID_SPAN ("{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\","
                                                  "\"message\":\"current quota\"}}")));
  assert_true (aid_wire_may_retry (503, AID_SPAN ("{\"error\":{\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}")));
  assert_true (aid_wire_may_retry (529, AID_SPAN ("{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}")));
  assert_true (aid_wire_may_retry (408, AID_SPAN ("")));
  assert_true (aid_wire_may_retry (502, AID_SPAN ("<html>")));
}

static void
what_costs_money_or_cannot_change_is_not (void **state)
{
  (void) state;
  assert_false (aid_wire_may_retry (429, AID_SPAN ("{\"error\":{\"message\":\"x\",\"code\":\"insufficient_quota\"}}")));
  assert_false (aid_wire_may_retry (429, AID_SPAN ("{\"error\":{\"message\":\"x\",\"type\":\"billing_hard_limit_reached\"}}")));
  assert_false (aid_wire_may_retry (429, AID_SPAN ("{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
                                                   "\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}")));
  assert_false (aid_wire_may_retry (500, AID_SPAN ("{\"error\":{\"code\":\"context_length_exceeded\"}}")));
  assert_false (aid_wire_may_retry (400, AID_SPAN ("")));
  assert_false (aid_wire_may_retry (401, AID_SPAN ("")));
  assert_false (aid_wire_may_retry (402, AID_SPAN ("")));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_table_is_found_by_name),
    cmocka_unit_test (stops_have_names),
    cmocka_unit_test (an_early_end_is_told_with_the_server_s_own_words),
    cmocka_unit_test (a_refusal_is_one_sentence_whatever_the_provider),
    cmocka_unit_test (too_much_text_is_known_by_its_words),
    cmocka_unit_test (what_is_no_json_is_shown_as_it_is),
    cmocka_unit_test (a_key_that_the_server_repeats_is_not_shown),
    cmocka_unit_test (a_long_body_is_cut),
    cmocka_unit_test (what_time_may_heal_is_tried_again),
    cmocka_unit_test (what_costs_money_or_cannot_change_is_not),
  };
  return cmocka_run_group_tests_name ("model wire", tests, NULL, NULL);
}
