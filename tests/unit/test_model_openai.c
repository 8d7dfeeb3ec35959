/* Chat Completions: every dialect's stream (tests/cases/wire/openai-*), and the requests. */
#include "wire_cases.h"
#include "request_probe.h"

static const struct aid_endpoint local = { .wire = "openai-chat", .base_url = "http://127.0.0.1:8080/v1", .model = "m" };

static void
a_question_is_a_streamed_request_for_usage (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  turn (&c, AID_ROLE_USER, "Hi");
  assert_json (body_of_request (&local, &c, &plain),
               "{'model':'m','stream':true,'stream_options':{'include_usage':true},'messages':["
               "{'role':'system','content':'Be brief.'},{'role':'user','content':'Hi'}]}");
  aid_conversation_free (&c);
}

static void
what_is_set_is_sent (void **state)
{
  struct aid_conversation c;
  struct aid_sampling s = { .max_tokens = 100, .temperature = 0.5, .effort = "high" };
  struct aid_endpoint openai = local;
  (void) state;
  openai.base_url = "https://api.openai.com/v1";
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  assert_member (&local, &c, &s, "max_tokens", "100");
  assert_member (&local, &c, &s, "max_completion_tokens", NULL);
  assert_member (&local, &c, &s, "temperature", "0.5");
  assert_member (&local, &c, &s, "reasoning_effort", "'high'");
  assert_member (&openai, &c, &s, "max_completion_tokens", "100");
  assert_member (&openai, &c, &s, "max_tokens", NULL);
  aid_conversation_free (&c);
}

static void
extra_overrides_adds_and_removes (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint ep = local;
  json_t *extra = quoted ("{'stream_options':null,'model':'other','top_p':0.9}");
  (void) state;
  ep.extra = extra;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  assert_json (body_of_request (&ep, &c, &plain),
               "{'model':'other','stream':true,'top_p':0.9,'messages':[{'role':'user','content':'Hi'}]}");
  json_decref (extra);
  aid_conversation_free (&c);
}

static void
url_and_headers (void **state)
{
  struct aid_conversation c;
  struct aid_wire_request r;
  struct aid_error e;
  json_t *headers = quoted ("{'X-Title':'AID','authorization':'Custom','bad\\nname':'x'}");
  struct aid_endpoint ep = local;
  (void) state;
  ep.key = "sk-secret";
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  const struct aid_wire *w = aid_wire_find ("openai-chat");

  assert_int_equal (w->build (&ep, &c, &plain, &r, &e), AID_OK);
  assert_string_equal (r.url, "http://127.0.0.1:8080/v1/chat/completions");
  assert_string_equal (header_of (&r, "Authorization"), "Bearer sk-secret");
  assert_string_equal (header_of (&r, "Content-Type"), "application/json");
  aid_wire_request_free (&r);

  ep.base_url = "https://x.example/openai/deployments/d/?api-version=1";
  assert_int_equal (w->build (&ep, &c, &plain, &r, &e), AID_OK);
  assert_string_equal (r.url, "https://x.example/openai/deployments/d/chat/completions?api-version=1");
  aid_wire_request_free (&r);

  ep.headers = headers;
  assert_int_equal (w->build (&ep, &c, &plain, &r, &e), AID_E_INVALID);   /* a line break would be a header of its own */
  json_object_del (headers, "bad\nname");
  assert_int_equal (w->build (&ep, &c, &plain, &r, &e), AID_OK);
  assert_string_equal (header_of (&r, "X-Title"), "AID");
  assert_string_equal (header_of (&r, "Authorization"), "Custom");        /* the user's word is the last */
  aid_wire_request_free (&r);

  ep.key = "sk-one\nEvil: 1";
  assert_int_equal (w->build (&ep, &c, &plain, &r, &e), AID_E_INVALID);
  assert_null (strstr (e.msg, "sk-one"));
  json_decref (headers);
  aid_conversation_free (&c);
}

static void
tool_calls_are_followed_by_their_results (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read both");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, NULL);
  call_tool (m, "t1", "read", "{\"path\":\"a\"}");
  call_tool (m, "t2", "now", "");
  m = turn (&c, AID_ROLE_USER, "and explain");
  give_result (m, "t1", "text of a");
  give_result (m, "t2", "no clock")->is_error = 1;
  assert_member (&local, &c, &plain, "messages",
                 "[{'role':'user','content':'Read both'},"
                 "{'role':'assistant','content':null,'tool_calls':["
                 "{'id':'t1','type':'function','function':{'name':'read','arguments':'{\\\"path\\\":\\\"a\\\"}'}},"
                 "{'id':'t2','type':'function','function':{'name':'now','arguments':'{}'}}]},"
                 "{'role':'tool','tool_call_id':'t1','content':'text of a'},"
                 "{'role':'tool','tool_call_id':'t2','content':'Error: no clock'},"
                 "{'role':'user','content':'and explain'}]");
  aid_conversation_free (&c);
}

static void
an_unanswered_call_is_told_as_text (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, "I read.");
  call_tool (m, "t1", "read", "{}");
  call_tool (m, "t2", "read", "{}");
  m = turn (&c, AID_ROLE_USER, "Go on");
  give_result (m, "t2", "two");
  give_result (m, "t9", "nine");
  assert_member (&local, &c, &plain, "messages",
                 "[{'role':'user','content':'Read'},"
                 "{'role':'assistant','content':'I read.\\n\\n[The tool read was called, but not run. Its arguments: {}]',"
                 "'tool_calls':[{'id':'t2','type':'function','function':{'name':'read','arguments':'{}'}}]},"
                 "{'role':'tool','tool_call_id':'t2','content':'two'},"
                 "{'role':'user','content':'Go on\\n\\n[The result of a tool: nine]'}]");
  aid_conversation_free (&c);
}

static void
reasoning_goes_back_beside_tool_calls_only (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, NULL);
  think (m, "Hm", "{\"reasoning_content\":\"Hm\",\"model\":\"evil\"}");
  think (m, "", "{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"E\"}]}");
  call_tool (m, "t1", "read", "{}");
  give_result (turn (&c, AID_ROLE_USER, NULL), "t1", "x");
  m = turn (&c, AID_ROLE_ASSISTANT, "Done");
  think (m, "Hm", "{\"reasoning_content\":\"Hm\"}");
  turn (&c, AID_ROLE_USER, "Thanks");
  assert_member (&local, &c, &plain, "messages",
                 "[{'role':'user','content':'Read'},"
                 "{'role':'assistant','content':null,'reasoning_content':'Hm',"
                 "'reasoning_details':[{'type':'reasoning.encrypted','data':'E'}],"
                 "'tool_calls':[{'id':'t1','type':'function','function':{'name':'read','arguments':'{}'}}]},"
                 "{'role':'tool','tool_call_id':'t1','content':'x'},"
                 "{'role':'assistant','content':'Done'},{'role':'user','content':'Thanks'}]");
  aid_conversation_free (&c);
}

static void
mistral_thinking_stands_before_the_text (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, "I read.");
  think (m, "Hm", "{\"content\":[{\"type\":\"thinking\",\"thinking\":[],\"signature\":\"S\"}]}");
  call_tool (m, "t1", "read", "{}");
  give_result (turn (&c, AID_ROLE_USER, NULL), "t1", "x");
  assert_member (&local, &c, &plain, "messages",
                 "[{'role':'user','content':'Read'},"
                 "{'role':'assistant','content':[{'type':'thinking','thinking':[],'signature':'S'},{'type':'text',"
                 "'text':'I read.'}],"
                 "'tool_calls':[{'id':'t1','type':'function','function':{'name':'read','arguments':'{}'}}]},"
                 "{'role':'tool','tool_call_id':'t1','content':'x'}]");
  aid_conversation_free (&c);
}

static void
roles_alternate_and_nothing_is_empty (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, " \n");
  turn (&c, AID_ROLE_ASSISTANT, "Where were we?");
  turn (&c, AID_ROLE_USER, "Here");
  think (turn (&c, AID_ROLE_ASSISTANT, NULL), "only thoughts", "{\"reasoning\":\"x\"}");
  turn (&c, AID_ROLE_USER, "Well?");
  say (turn (&c, AID_ROLE_ASSISTANT, ""), AID_PART_REFUSAL, "I refuse.");
  turn (&c, AID_ROLE_USER, "bad \xff byte");
  assert_member (&local, &c, &plain, "messages",
                 "[{'role':'user','content':'(The beginning of this conversation is left out.)'},"
                 "{'role':'assistant','content':'Where were we?'},{'role':'user','content':'Here\\n\\nWell?'},"
                 "{'role':'assistant','content':'I refuse.'},{'role':'user','content':'bad \xef\xbf\xbd byte'}]");
  aid_conversation_free (&c);
}

static void
an_empty_conversation_is_refused (void **state)
{
  struct aid_conversation c;
  struct aid_wire_request r;
  struct aid_error e;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  turn (&c, AID_ROLE_USER, "   ");
  assert_int_equal (aid_wire_find ("openai-chat")->build (&local, &c, &plain, &r, &e), AID_E_INVALID);
  aid_conversation_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_question_is_a_streamed_request_for_usage),
    cmocka_unit_test (what_is_set_is_sent),
    cmocka_unit_test (extra_overrides_adds_and_removes),
    cmocka_unit_test (url_and_headers),
    cmocka_unit_test (tool_calls_are_followed_by_their_results),
    cmocka_unit_test (an_unanswered_call_is_told_as_text),
    cmocka_unit_test (reasoning_goes_back_beside_tool_calls_only),
    cmocka_unit_test (mistral_thinking_stands_before_the_text),
    cmocka_unit_test (roles_alternate_and_nothing_is_empty),
    cmocka_unit_test (an_empty_conversation_is_refused),
  };
  return run_with_cases ("model openai-chat", "openai-chat", "openai", tests, sizeof tests / sizeof *tests);
}
