/* Ollama: streams (tests/cases/wire/ollama-*), and the requests. */
#include "wire_cases.h"
#include "request_probe.h"

static const struct aid_endpoint there = { .wire = "ollama", .base_url = "http://127.0.0.1:11434", .model = "qwen3" };

static void
a_question_says_how_much_is_to_be_read (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  turn (&c, AID_ROLE_USER, "Hi");
  assert_json (body_of_request (&there, &c, &plain),
               "{'model':'qwen3','stream':true,'options':{'num_ctx':8192},'messages':["
               "{'role':'system','content':'Be brief.'},{'role':'user','content':'Hi'}]}");
  aid_conversation_free (&c);
}

static int64_t
window (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  json_t *body = body_of_request (ep, c, s);
  int64_t n = aid_json_int (json_object_get (body, "options"), "num_ctx", -1);
  json_decref (body);
  return n;
}

static void
a_longer_chat_doubles_the_window_up_to_the_models (void **state)
{
  struct aid_conversation c;
  struct aid_sampling long_answer = { .max_tokens = 10000, .temperature = -1 };
  struct aid_endpoint small = there;
  char *text = malloc (100001);
  (void) state;
  memset (text, 'x', 100000);
  text[100000] = 0;
  small.context = 4096;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  assert_int_equal (window (&there, &c, &plain), 8192);
  assert_int_equal (window (&there, &c, &long_answer), 16384);
  assert_int_equal (window (&small, &c, &plain), 4096);
  turn (&c, AID_ROLE_USER, text);                          /* 25,000 tokens, a quarter for safety, 4,096 for the answer */
  assert_int_equal (window (&there, &c, &plain), 65536);
  struct aid_endpoint counted = there;
  counted.tokens = 100;                                    /* who has counted knows better */
  assert_int_equal (window (&counted, &c, &plain), 8192);
  counted.tokens = 50000;
  assert_int_equal (window (&counted, &c, &plain), 131072);
  call_tool (turn (&c, AID_ROLE_ASSISTANT, NULL), "a", "read", text);
  give_result (turn (&c, AID_ROLE_USER, NULL), "a", text);   /* these were not */
  counted.tokens = 100;
  assert_int_equal (window (&counted, &c, &plain), 131072);
  aid_conversation_free (&c);
  free (text);
}

static void
the_address_however_it_is_written (void **state)
{
  static const char *const bases[] = { "http://h:1", "http://h:1/", "http://h:1/api", "http://h:1/api/chat", "http://h:1/v1/" };
  struct aid_endpoint ep = there;
  (void) state;
  for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
    {
      ep.base_url = bases[i];
      assert_head (&ep, "http://h:1/api/chat", "Authorization", NULL);
    }
  ep.key = "K";
  assert_head (&ep, "http://h:1/api/chat", "Authorization", "Bearer K");
}

static void
what_is_set_is_sent (void **state)
{
  struct aid_conversation c;
  struct aid_sampling s = all_sampling;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  want_number (&c);
  assert_member (&there, &c, &s, "options",
                 "{'num_ctx':8192,'num_predict':500,'temperature':0.5,'top_p':0.25,'seed':7,'stop':['END','###']}");
  assert_member (&there, &c, &s, "format", NUMBER_SCHEMA);
  assert_member (&there, &c, &s, "think", NULL);
  s.effort = "medium";
  assert_member (&there, &c, &s, "think", "'medium'");
  s.effort = "max";
  assert_member (&there, &c, &s, "think", "'high'");
  struct aid_endpoint simple = there;
  simple.no_reasoning = 1;
  assert_member (&simple, &c, &s, "think", NULL);           /* its server would refuse it */
  s.effort = "none";
  assert_member (&there, &c, &s, "think", "false");
  aid_conversation_free (&c);
}

static void
images_go_beside_the_text (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  struct aid_message *m = turn (&c, AID_ROLE_USER, "What is this?");
  show (m, PNG, "a.png");
  show_url (m, "image/png", "https://x.example/b.png");
  show (m, PDF, "c.pdf");
  assert_member (&there, &c, &plain, "messages",
                 "[{'role':'user','images':['iVBORw0KGgo='],'content':'What is this?\\n\\n"
                 "(The image https://x.example/b.png is not sent: this server takes none in this way.)\\n\\n"
                 "(The PDF c.pdf is not sent: this server takes none in this way.)'}]");
  aid_conversation_free (&c);
}

static void
calls_have_names_and_no_ids (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, "I read.");
  think (m, "Hm", "{\"thinking\":\"Hm\",\"role\":\"system\"}");
  call_tool (m, "call00000", "read", "{\"path\":\"a\"}");
  m = turn (&c, AID_ROLE_USER, "and explain");
  give_result (m, "call00000", "no file")->is_error = 1;
  think (turn (&c, AID_ROLE_ASSISTANT, "Done"), "Hm", "{\"thinking\":\"Hm\"}");
  turn (&c, AID_ROLE_USER, "Thanks");
  offer_tools (&c);
  aid_conversation_choose_tool (&c, AID_TOOLS_ONE, "now", NULL);
  assert_member (&there, &c, &plain, "messages",
                 "[{'role':'user','content':'Read'},"
                 "{'role':'assistant','content':'I read.','thinking':'Hm',"
                 "'tool_calls':[{'function':{'name':'read','arguments':{'path':'a'}}}]},"
                 "{'role':'tool','tool_name':'read','content':'Error: no file'},{'role':'user','content':'and explain'},"
                 "{'role':'assistant','content':'Done'},{'role':'user','content':'Thanks'}]");
  assert_member (&there, &c, &plain, "tools",
                 "[{'type':'function','function':{'name':'now','description':'','parameters':{'type':'object'}}}]");
  aid_conversation_choose_tool (&c, AID_TOOLS_NONE, NULL, NULL);
  assert_member (&there, &c, &plain, "tools", NULL);
  aid_conversation_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_question_says_how_much_is_to_be_read),
    cmocka_unit_test (a_longer_chat_doubles_the_window_up_to_the_models),
    cmocka_unit_test (the_address_however_it_is_written),
    cmocka_unit_test (what_is_set_is_sent),
    cmocka_unit_test (images_go_beside_the_text),
    cmocka_unit_test (calls_have_names_and_no_ids),
  };
  return run_with_cases ("model ollama", "ollama", "ollama", tests, sizeof tests / sizeof *tests);
}
