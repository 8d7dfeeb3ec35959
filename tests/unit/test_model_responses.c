/* OpenAI Responses: streams (tests/cases/wire/responses-*), and the requests. */
#include "wire_cases.h"
#include "request_probe.h"

static const struct aid_endpoint there = { .wire = "openai-responses", .base_url = "https://api.openai.com/v1", .key = "sk-x",
                                           .model = "gpt-5.1" };

static void
nothing_is_stored_and_reasoning_comes_encrypted (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  turn (&c, AID_ROLE_USER, "Hi");
  turn (&c, AID_ROLE_ASSISTANT, "Hello.");
  turn (&c, AID_ROLE_USER, "And?");
  json_t *body = body_of_request (&there, &c, &plain);
  assert_int_equal (strlen (aid_json_str (body, "prompt_cache_key")), 16);
  json_object_del (body, "prompt_cache_key");
  assert_json (body,
               "{'model':'gpt-5.1','stream':true,'store':false,'include':['reasoning.encrypted_content'],"
               "'instructions':'Be brief.','input':["
               "{'type':'message','role':'user','content':[{'type':'input_text','text':'Hi'}]},"
               "{'type':'message','role':'assistant','content':[{'type':'output_text','text':'Hello.'}]},"
               "{'type':'message','role':'user','content':[{'type':'input_text','text':'And?'}]}]}");
  aid_conversation_free (&c);
}

static void
the_address_and_the_key (void **state)
{
  struct aid_endpoint ep = there;
  (void) state;
  assert_head (&ep, "https://api.openai.com/v1/responses", "Authorization", "Bearer sk-x");
  ep.base_url = "https://x.openai.azure.com/openai/v1/";
  assert_head (&ep, "https://x.openai.azure.com/openai/v1/responses", "api-key", "sk-x");
}

static void
what_is_set_is_sent (void **state)
{
  struct aid_conversation c;
  struct aid_sampling s = all_sampling;
  struct aid_endpoint old = there;
  (void) state;
  old.model = "gpt-4o";
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  assert_member (&there, &c, &s, "max_output_tokens", "500");
  assert_member (&there, &c, &s, "temperature", "0.5");
  assert_member (&there, &c, &s, "top_p", "0.25");
  assert_member (&there, &c, &s, "stop", NULL);            /* the API has neither */
  assert_member (&there, &c, &s, "seed", NULL);
  assert_member (&there, &c, &s, "reasoning", NULL);
  s.effort = "high";
  assert_member (&there, &c, &s, "reasoning", "{'effort':'high','summary':'auto'}");
  assert_member (&there, &c, &s, "temperature", NULL);     /* a model that reasons refuses it */
  assert_member (&old, &c, &plain, "include", NULL);       /* one that does not cannot encrypt, and refuses effort */
  assert_member (&old, &c, &s, "reasoning", NULL);
  assert_member (&old, &c, &s, "temperature", "0.5");
  aid_conversation_free (&c);
}

static void
images_pdfs_tools_and_a_wanted_shape (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  struct aid_message *m = turn (&c, AID_ROLE_USER, "What is this?");
  show (m, PNG, "a.png");
  show (m, PDF, NULL);
  show_url (m, "application/pdf", "https://x.example/d.pdf");
  offer_tools (&c);
  aid_conversation_choose_tool (&c, AID_TOOLS_ONE, "read", NULL);
  c.one_call = 1;
  want_number (&c);
  assert_member (&there, &c, &plain, "input",
                 "[{'type':'message','role':'user','content':[{'type':'input_text','text':'What is this?'},"
                 "{'type':'input_image','detail':'auto','image_url':'data:image/png;base64,iVBORw0KGgo='},"
                 "{'type':'input_file','filename':'file.pdf','file_data':'data:application/pdf;base64,JVBERi0x'},"
                 "{'type':'input_file','file_url':'https://x.example/d.pdf'}]}]");
  assert_member (&there, &c, &plain, "tools",
                 "[{'type':'function','name':'read','description':'Reads a file','strict':false,'parameters':{'type':'object',"
                 "'properties':{'path':{'type':'string'}}}},"
                 "{'type':'function','name':'now','description':'','strict':false,'parameters':{'type':'object'}}]");
  assert_member (&there, &c, &plain, "tool_choice", "{'type':'function','name':'read'}");
  assert_member (&there, &c, &plain, "parallel_tool_calls", "false");
  assert_member (&there, &c, &plain, "text",
                 "{'format':{'type':'json_schema','name':'number','strict':true,'schema':" NUMBER_SCHEMA "}}");
  aid_conversation_free (&c);
}

static void
reasoning_goes_back_before_what_followed_it (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, NULL);
  think (m, "", "[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":\"E1\",\"status\":null},"
                "{\"then\":\"text\",\"phase\":\"commentary\"},{\"then\":\"call\",\"id\":\"a\"},"
                "{\"type\":\"reasoning\",\"id\":\"rs_2\",\"summary\":[],\"encrypted_content\":\"E2\"},"
                "{\"type\":\"reasoning\",\"id\":\"rs_3\",\"summary\":[]},{\"type\":\"message\",\"role\":\"system\"}]");
  say (m, AID_PART_TEXT, "I look.");
  call_tool (m, "a", "read", "{\"path\":\"a\"}");
  call_tool (m, "b", "now", "");
  m = turn (&c, AID_ROLE_USER, "go on");
  give_result (m, "a", "text of a");
  give_result (m, "b", "no clock")->is_error = 1;
  assert_member (&there, &c, &plain, "input",
                 "[{'type':'message','role':'user','content':[{'type':'input_text','text':'Read'}]},"
                 "{'type':'reasoning','id':'rs_1','summary':[],'encrypted_content':'E1'},"
                 "{'type':'message','role':'assistant','phase':'commentary','content':[{'type':'output_text','text':'I look.'}]},"
                 "{'type':'function_call','call_id':'a','name':'read','arguments':'{\\\"path\\\":\\\"a\\\"}'},"
                 "{'type':'reasoning','id':'rs_2','summary':[],'encrypted_content':'E2'},"
                 "{'type':'function_call','call_id':'b','name':'now','arguments':'{}'},"
                 "{'type':'function_call_output','call_id':'a','output':'text of a'},"
                 "{'type':'function_call_output','call_id':'b','output':'Error: no clock'},"
                 "{'type':'message','role':'user','content':[{'type':'input_text','text':'go on'}]}]");
  aid_conversation_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing_is_stored_and_reasoning_comes_encrypted),
    cmocka_unit_test (the_address_and_the_key),
    cmocka_unit_test (what_is_set_is_sent),
    cmocka_unit_test (images_pdfs_tools_and_a_wanted_shape),
    cmocka_unit_test (reasoning_goes_back_before_what_followed_it),
  };
  return run_with_cases ("model openai-responses", "openai-responses", "responses", tests, sizeof tests / sizeof *tests);
}
