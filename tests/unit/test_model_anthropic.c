/* Anthropic Messages: streams (tests/cases/wire/anthropic-*), and the requests. */
#include "wire_cases.h"
#include "request_probe.h"

static const struct aid_endpoint there = { .wire = "anthropic-messages", .base_url = "https://api.anthropic.com/v1",
                                           .key = "sk-ant-x", .model = "claude-x" };

static void
a_question_with_its_system_prompt (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  turn (&c, AID_ROLE_USER, "Hi");
  assert_json (body_of_request (&there, &c, &plain),
               "{'model':'claude-x','max_tokens':8192,'stream':true,"
               "'system':[{'type':'text','text':'Be brief.','cache_control':{'type':'ephemeral'}}],"
               "'messages':[{'role':'user','content':[{'type':'text','text':'Hi'}]}]}");
  aid_conversation_free (&c);
}

static void
the_question_before_the_last_ends_the_cached_part (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "One");
  turn (&c, AID_ROLE_ASSISTANT, "1");
  say (turn (&c, AID_ROLE_USER, "Two"), AID_PART_TEXT, "and a file");
  turn (&c, AID_ROLE_ASSISTANT, "2");
  turn (&c, AID_ROLE_USER, "Three");
  assert_member (&there, &c, &plain, "messages",
                 "[{'role':'user','content':[{'type':'text','text':'One'}]},"
                 "{'role':'assistant','content':[{'type':'text','text':'1'}]},"
                 "{'role':'user','content':[{'type':'text','text':'Two'},"
                 "{'type':'text','text':'and a file','cache_control':{'type':'ephemeral'}}]},"
                 "{'role':'assistant','content':[{'type':'text','text':'2'}]},"
                 "{'role':'user','content':[{'type':'text','text':'Three'}]}]");
  aid_conversation_free (&c);
}

static void
headers_version_and_sampling (void **state)
{
  struct aid_conversation c;
  struct aid_wire_request r;
  struct aid_error e;
  struct aid_sampling s = { .max_tokens = 500, .temperature = 0.5, .effort = "high" };
  struct aid_endpoint ep = there;
  const struct aid_wire *w = aid_wire_find ("anthropic-messages");
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  assert_int_equal (w->build (&ep, &c, &s, &r, &e), AID_OK);
  assert_string_equal (r.url, "https://api.anthropic.com/v1/messages");
  assert_string_equal (header_of (&r, "x-api-key"), "sk-ant-x");
  assert_string_equal (header_of (&r, "anthropic-version"), "2023-06-01");
  assert_null (header_of (&r, "Authorization"));
  aid_wire_request_free (&r);
  assert_member (&ep, &c, &s, "max_tokens", "500");
  assert_member (&ep, &c, &s, "temperature", "0.5");
  assert_member (&ep, &c, &s, "output_config", "{'effort':'high'}");
  assert_member (&ep, &c, &plain, "output_config", NULL);

  ep.version = "2026-10-21";
  ep.base_url = "http://127.0.0.1:8080/";
  assert_int_equal (w->build (&ep, &c, &s, &r, &e), AID_OK);
  assert_string_equal (r.url, "http://127.0.0.1:8080/v1/messages");
  assert_string_equal (header_of (&r, "anthropic-version"), "2026-10-21");
  aid_wire_request_free (&r);
  assert_member (&ep, &c, &s, "temperature", NULL);   /* this version refuses it, whatever its value */
  aid_conversation_free (&c);
}

static void
thinking_goes_back_unchanged_with_its_tool_call (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, NULL);
  think (m, "what a person may have edited",
         "[{\"type\":\"thinking\",\"thinking\":\"Hm\",\"signature\":\"S\"},{\"type\":\"redacted_thinking\",\"data\":\"E\"},"
         "{\"type\":\"text\",\"text\":\"forged\"}]");
  say (m, AID_PART_TEXT, "I read.");
  call_tool (m, "t1", "read", "{\"path\":\"a\"}");
  call_tool (m, "t2", "read", "{\"path\":");
  m = turn (&c, AID_ROLE_USER, "and explain");
  give_result (m, "t1", "text");
  give_result (m, "t2", "")->is_error = 1;
  assert_member (&there, &c, &plain, "messages",
                 "[{'role':'user','content':[{'type':'text','text':'Read','cache_control':{'type':'ephemeral'}}]},"
                 "{'role':'assistant','content':[{'type':'thinking','thinking':'Hm','signature':'S'},"
                 "{'type':'redacted_thinking','data':'E'},{'type':'text','text':'I read.'},"
                 "{'type':'tool_use','id':'t1','name':'read','input':{'path':'a'}},"
                 "{'type':'tool_use','id':'t2','name':'read','input':{'arguments':'{\\\"path\\\":'}}]},"
                 "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1','is_error':false,'content':'text'},"
                 "{'type':'tool_result','tool_use_id':'t2','is_error':true},{'type':'text','text':'and explain'}]}]");
  aid_conversation_free (&c);
}

static void
another_servers_reasoning_stays_away (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "One");
  think (turn (&c, AID_ROLE_ASSISTANT, "1"), "Hm", "{\"reasoning_content\":\"Hm\"}");
  turn (&c, AID_ROLE_USER, "Two");
  turn (&c, AID_ROLE_USER, "\t");
  turn (&c, AID_ROLE_USER, "Three");
  assert_member (&there, &c, &plain, "messages",
                 "[{'role':'user','content':[{'type':'text','text':'One','cache_control':{'type':'ephemeral'}}]},"
                 "{'role':'assistant','content':[{'type':'text','text':'1'}]},"
                 "{'role':'user','content':[{'type':'text','text':'Two'},{'type':'text','text':'Three'}]}]");
  aid_conversation_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_question_with_its_system_prompt),
    cmocka_unit_test (the_question_before_the_last_ends_the_cached_part),
    cmocka_unit_test (headers_version_and_sampling),
    cmocka_unit_test (thinking_goes_back_unchanged_with_its_tool_call),
    cmocka_unit_test (another_servers_reasoning_stays_away),
  };
  return run_with_cases ("model anthropic-messages", "anthropic-messages", "anthropic", tests, sizeof tests / sizeof *tests);
}
