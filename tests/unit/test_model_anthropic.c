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
               "'messages':[{'role':'user','content':[{'type':'text','text':'Hi','cache_control':{'type':'ephemeral'}}]}]}");
  aid_conversation_free (&c);
}

static void
the_last_two_questions_end_cached_parts (void **state)
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
                 "{'role':'user','content':[{'type':'text','text':'Three','cache_control':{'type':'ephemeral'}}]}]");
  aid_conversation_free (&c);
}

static void
headers_and_version (void **state)
{
  struct aid_endpoint ep = there;
  (void) state;
  assert_head (&ep, "https://api.anthropic.com/v1/messages", "x-api-key", "sk-ant-x");
  assert_head (&ep, "https://api.anthropic.com/v1/messages", "anthropic-version", "2023-06-01");
  assert_head (&ep, "https://api.anthropic.com/v1/messages", "Authorization", NULL);
  ep.version = "2026-10-21";
  ep.base_url = "http://127.0.0.1:8080/";
  assert_head (&ep, "http://127.0.0.1:8080/v1/messages", "anthropic-version", "2026-10-21");
}

static void
what_is_set_is_sent (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint ep = there;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  assert_member (&ep, &c, &all_sampling, "max_tokens", "500");
  assert_member (&ep, &c, &all_sampling, "temperature", "0.5");
  assert_member (&ep, &c, &all_sampling, "top_p", "0.25");
  assert_member (&ep, &c, &all_sampling, "stop_sequences", "['END','###']");
  assert_member (&ep, &c, &all_sampling, "seed", NULL);            /* the API has none */
  assert_member (&ep, &c, &plain, "output_config", NULL);
  assert_member (&ep, &c, &plain, "thinking", NULL);
  ep.version = "2026-10-21";                                       /* refuses sampling, whatever its value */
  assert_member (&ep, &c, &all_sampling, "temperature", NULL);
  assert_member (&ep, &c, &all_sampling, "top_p", NULL);
  assert_member (&ep, &c, &all_sampling, "stop_sequences", "['END','###']");
  aid_conversation_free (&c);
}

static void
effort_switches_thinking (void **state)
{
  struct aid_conversation c;
  struct aid_sampling s = all_sampling;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  offer_tools (&c);
  s.effort = "high";
  assert_member (&there, &c, &s, "output_config", "{'effort':'high'}");
  assert_member (&there, &c, &s, "thinking", "{'type':'adaptive','display':'summarized'}");
  assert_member (&there, &c, &s, "temperature", NULL);             /* a model that thinks refuses it */
  aid_conversation_choose_tool (&c, AID_TOOLS_ANY, NULL, NULL);
  assert_member (&there, &c, &s, "thinking", NULL);                /* and it refuses to be forced */
  s.effort = "none";
  assert_member (&there, &c, &s, "output_config", NULL);
  assert_member (&there, &c, &s, "thinking", "{'type':'disabled'}");
  assert_member (&there, &c, &s, "temperature", "0.5");
  aid_conversation_free (&c);
}

/* Which words a model knows for its thinking changed twice; it refuses those of another generation. */
static void
each_generation_is_told_to_think_in_its_own_words (void **state)
{
  static const struct
  {
    const char *model, *thinking, *output, *none;
  } rows[] = {
#define ADAPTIVE "{'type':'adaptive','display':'summarized'}"
#define BUDGET "{'type':'enabled','budget_tokens':16384}"
#define HIGH "{'effort':'high'}"
#define OFF "{'type':'disabled'}"
    { "claude-3-5-haiku-latest", NULL, NULL, NULL },
    { "claude-3-opus-20240229", NULL, NULL, NULL },
    { "claude-3-7-sonnet-20250219", BUDGET, NULL, OFF },
    { "claude-sonnet-4-20250514", BUDGET, NULL, OFF },
    { "claude-opus-4-1", BUDGET, NULL, OFF },
    { "claude-sonnet-4-5", BUDGET, NULL, OFF },
    { "claude-haiku-4-5-20251001", BUDGET, NULL, OFF },
    { "us.anthropic.claude-sonnet-4-5-20250929-v1:0", BUDGET, NULL, OFF },
    { "claude-opus-4-5", BUDGET, HIGH, OFF },
    { "claude-opus-4-5@20251101", BUDGET, HIGH, OFF },
    { "anthropic/claude-sonnet-4.5", BUDGET, NULL, OFF },
    { "claude-sonnet-4-6", ADAPTIVE, HIGH, OFF },
    { "claude-opus-4-7", ADAPTIVE, HIGH, OFF },
    { "claude-sonnet-5", ADAPTIVE, HIGH, OFF },
    { "claude-opus-5-5", ADAPTIVE, HIGH, OFF },
    { "claude-fable-5-1", ADAPTIVE, HIGH, NULL },      /* cannot be kept from thinking */
    { "claude-latest", ADAPTIVE, HIGH, OFF },
    { "some-local-model", BUDGET, HIGH, OFF },         /* what others took over from the API */
  };
  struct aid_conversation c;
  struct aid_endpoint ep = there;
  struct aid_sampling s = AID_SAMPLING_INIT;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      ep.model = rows[i].model;
      s.effort = "high";
      assert_member (&ep, &c, &s, "thinking", rows[i].thinking);
      assert_member (&ep, &c, &s, "output_config", rows[i].output);
      s.effort = "none";
      assert_member (&ep, &c, &s, "thinking", rows[i].none);
      assert_member (&ep, &c, &s, "output_config", NULL);
    }
  aid_conversation_free (&c);
}

static void
a_budget_of_thinking_leaves_room_for_the_answer (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint ep = there;
  struct aid_sampling s = AID_SAMPLING_INIT;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  ep.model = "claude-sonnet-4-5";
  s.effort = "low";
  assert_member (&ep, &c, &s, "thinking", "{'type':'enabled','budget_tokens':4096}");
  assert_member (&ep, &c, &s, "max_tokens", "32000");
  s.effort = "max";
  assert_member (&ep, &c, &s, "thinking", "{'type':'enabled','budget_tokens':24000}");
  s.max_tokens = 6000;
  assert_member (&ep, &c, &s, "thinking", "{'type':'enabled','budget_tokens':4500}");
  assert_member (&ep, &c, &s, "max_tokens", "6000");
  s.max_tokens = 1300;                 /* the least that the API takes is 1,024 */
  s.temperature = 0.5;
  assert_member (&ep, &c, &s, "thinking", NULL);
  assert_member (&ep, &c, &s, "temperature", "0.5");
  s.max_tokens = 6000;
  assert_member (&ep, &c, &s, "temperature", NULL);
  aid_conversation_free (&c);
}

static void
sampling_is_sent_to_models_that_take_it (void **state)
{
  static const struct
  {
    const char *model, *temperature, *top_p;
  } rows[] = {
    { "claude-3-7-sonnet-20250219", "0.5", "0.25" },
    { "claude-opus-4-1", "0.5", NULL },                /* one of the two */
    { "claude-haiku-4-5", "0.5", NULL },
    { "claude-opus-4-6", "0.5", NULL },
    { "claude-opus-4-7", NULL, NULL },                 /* neither, whatever the version of the API */
    { "claude-sonnet-5", NULL, NULL },
    { "claude-fable-5", NULL, NULL },
    { "some-local-model", "0.5", "0.25" },
  };
  struct aid_conversation c;
  struct aid_endpoint ep = there;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      ep.model = rows[i].model;
      assert_member (&ep, &c, &all_sampling, "temperature", rows[i].temperature);
      assert_member (&ep, &c, &all_sampling, "top_p", rows[i].top_p);
    }
  aid_conversation_free (&c);
}

static void
tools_images_and_a_wanted_shape (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  struct aid_message *m = turn (&c, AID_ROLE_USER, "What is this?");
  show (m, PNG, "a.png");
  show_url (m, "image/jpeg", "https://x.example/b.jpg");
  show (m, PDF, "c.pdf");
  show_url (m, "application/pdf", "https://x.example/d.pdf");
  offer_tools (&c);
  aid_conversation_choose_tool (&c, AID_TOOLS_ONE, "read", NULL);
  c.one_call = 1;
  want_number (&c);
  assert_member (&there, &c, &plain, "messages",
                 "[{'role':'user','content':[{'type':'text','text':'What is this?'},"
                 "{'type':'image','source':{'type':'base64','media_type':'image/png','data':'iVBORw0KGgo='}},"
                 "{'type':'image','source':{'type':'url','url':'https://x.example/b.jpg'}},"
                 "{'type':'document','title':'c.pdf','source':{'type':'base64','media_type':'application/pdf',"
                 "'data':'JVBERi0x'}},"
                 "{'type':'document','source':{'type':'url','url':'https://x.example/d.pdf'},"
                 "'cache_control':{'type':'ephemeral'}}]}]");
  assert_member (&there, &c, &plain, "tools",
                 "[{'name':'read','description':'Reads a file','input_schema':{'type':'object','properties':{'path':"
                 "{'type':'string'}}}},{'name':'now','description':'','input_schema':{'type':'object'},"
                 "'cache_control':{'type':'ephemeral'}}]");
  assert_member (&there, &c, &plain, "tool_choice", "{'type':'tool','name':'read','disable_parallel_tool_use':true}");
  assert_member (&there, &c, &plain, "output_config", "{'format':{'type':'json_schema','schema':" NUMBER_SCHEMA "}}");
  aid_conversation_free (&c);
}

static void
thinking_between_calls_stays_there (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, NULL);
  think (m, "", "[{\"type\":\"thinking\",\"thinking\":\"1\",\"signature\":\"S\"},{\"then\":\"text\"},"
                "{\"then\":\"call\",\"id\":\"t1\"},{\"type\":\"thinking\",\"thinking\":\"2\",\"signature\":\"T\"}]");
  say (m, AID_PART_TEXT, "I read.");
  call_tool (m, "t1", "read", "{}");
  call_tool (m, "t 2", "read", "{}");
  m = turn (&c, AID_ROLE_USER, NULL);
  give_result (m, "t1", "a");
  give_result (m, "t 2", "b");
  json_t *body = body_of_request (&there, &c, &plain);
  json_t *blocks = json_object_get (json_array_get (json_object_get (body, "messages"), 1), "content");
  const char *id = json_string_value (json_object_get (json_array_get (blocks, 4), "id"));
  assert_int_equal (strspn (id, "0123456789abcdef"), 16);          /* an id of another make becomes a legal one */
  json_object_del (json_array_get (blocks, 4), "id");
  assert_json (json_incref (blocks), "[{'type':'thinking','thinking':'1','signature':'S'},{'type':'text','text':'I read.'},"
                                     "{'type':'tool_use','id':'t1','name':'read','input':{}},"
                                     "{'type':'thinking','thinking':'2','signature':'T'},"
                                     "{'type':'tool_use','name':'read','input':{}}]");
  json_decref (body);
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
                 "{'type':'tool_result','tool_use_id':'t2','is_error':true},{'type':'text','text':'and explain',"
                 "'cache_control':{'type':'ephemeral'}}]}]");
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
                 "{'role':'user','content':[{'type':'text','text':'Two'},{'type':'text','text':'Three',"
                 "'cache_control':{'type':'ephemeral'}}]}]");
  aid_conversation_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_question_with_its_system_prompt),
    cmocka_unit_test (the_last_two_questions_end_cached_parts),
    cmocka_unit_test (headers_and_version),
    cmocka_unit_test (what_is_set_is_sent),
    cmocka_unit_test (effort_switches_thinking),
    cmocka_unit_test (each_generation_is_told_to_think_in_its_own_words),
    cmocka_unit_test (a_budget_of_thinking_leaves_room_for_the_answer),
    cmocka_unit_test (sampling_is_sent_to_models_that_take_it),
    cmocka_unit_test (tools_images_and_a_wanted_shape),
    cmocka_unit_test (thinking_between_calls_stays_there),
    cmocka_unit_test (thinking_goes_back_unchanged_with_its_tool_call),
    cmocka_unit_test (another_servers_reasoning_stays_away),
  };
  return run_with_cases ("model anthropic-messages", "anthropic-messages", "anthropic", tests, sizeof tests / sizeof *tests);
}
