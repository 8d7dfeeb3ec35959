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
  struct aid_sampling s = all_sampling;
  (void) state;
  s.effort = "high";
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  assert_member (&local, &c, &s, "max_tokens", "500");
  assert_member (&local, &c, &s, "temperature", "0.5");
  assert_member (&local, &c, &s, "top_p", "0.25");
  assert_member (&local, &c, &s, "seed", "7");
  assert_member (&local, &c, &s, "stop", "['END','###']");
  assert_member (&local, &c, &s, "reasoning_effort", "'high'");
  assert_member (&local, &c, &s, "prompt_cache_key", NULL);        /* not every server knows it */
  aid_conversation_free (&c);
}

/* The endpoint of another server. */
static struct aid_endpoint
at (const char *base_url, const char *model)
{
  struct aid_endpoint ep = local;
  ep.base_url = base_url;
  ep.model = model;
  return ep;
}

static void
openai_itself_wants_newer_words (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint old = at ("https://api.openai.com/v1", "gpt-4o"), new = at ("https://api.openai.com/v1", "gpt-5-mini");
  struct aid_sampling hard = { .temperature = -1, .effort = "high" };
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  turn (&c, AID_ROLE_USER, "Hi");
  assert_member (&old, &c, &all_sampling, "max_completion_tokens", "500");
  assert_member (&old, &c, &all_sampling, "max_tokens", NULL);
  assert_member (&old, &c, &all_sampling, "temperature", "0.5");
  assert_member (&new, &c, &all_sampling, "temperature", NULL);    /* a model that reasons refuses it */
  assert_member (&new, &c, &all_sampling, "top_p", NULL);
  assert_member (&new, &c, &all_sampling, "stop", NULL);
  assert_member (&new, &c, &hard, "reasoning_effort", "'high'");
  assert_member (&old, &c, &hard, "reasoning_effort", NULL);       /* one that does not, refuses that */
  json_t *one = body_of_request (&old, &c, &plain);
  turn (&c, AID_ROLE_ASSISTANT, "Hello");
  turn (&c, AID_ROLE_USER, "And?");
  json_t *two = body_of_request (&old, &c, &plain);
  const char *key = aid_json_str (one, "prompt_cache_key");
  assert_int_equal (strlen (key), 16);
  assert_string_equal (aid_json_str (two, "prompt_cache_key"), key);   /* what begins alike is cached together */
  json_decref (one);
  json_decref (two);
  aid_conversation_free (&c);
}

static void
servers_have_their_own_words (void **state)
{
  struct aid_conversation c;
  struct aid_sampling s = { .max_tokens = 9, .temperature = -1, .effort = "max", .has_seed = 1, .seed = 7 };
  struct aid_endpoint mistral = at ("https://api.mistral.ai/v1", "m"), deepseek = at ("https://api.deepseek.com/v1", "m"),
                      router = at ("https://openrouter.ai/api/v1", "m"), relay = at ("https://relay.example/v1", "m");
  (void) state;
  relay.dialect = "mistral";
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  assert_member (&mistral, &c, &s, "random_seed", "7");
  assert_member (&mistral, &c, &s, "seed", NULL);
  assert_member (&mistral, &c, &s, "stream_options", NULL);
  assert_member (&relay, &c, &s, "random_seed", "7");
  assert_member (&deepseek, &c, &s, "thinking", "{'type':'enabled'}");
  assert_member (&deepseek, &c, &s, "reasoning_effort", "'max'");
  assert_member (&router, &c, &s, "reasoning", "{'effort':'xhigh'}");
  assert_member (&router, &c, &s, "reasoning_effort", NULL);
  s.effort = "none";
  assert_member (&deepseek, &c, &s, "thinking", "{'type':'disabled'}");
  assert_member (&deepseek, &c, &s, "reasoning_effort", NULL);
  aid_conversation_free (&c);
}

static void
azure_has_its_own_header (void **state)
{
  struct aid_endpoint ep = at ("https://x.openai.azure.com/openai/deployments/d?api-version=1", "m");
  const char *url = "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1";
  (void) state;
  ep.key = "K";
  assert_head (&ep, url, "api-key", "K");
  assert_head (&ep, url, "Authorization", NULL);
  ep.base_url = "https://openai.azure.com.evil.example/v1";        /* the name must end there */
  assert_head (&ep, "https://openai.azure.com.evil.example/v1/chat/completions", "api-key", NULL);
  ep.base_url = "https://gate.example/v1";
  ep.dialect = "azure";                                            /* behind a gate of one's own */
  assert_head (&ep, "https://gate.example/v1/chat/completions", "api-key", "K");
}

static void
images_and_pdfs_are_chunks (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint openai = at ("https://api.openai.com/v1", "m"), mistral = at ("https://api.mistral.ai/v1", "m");
  (void) state;
  aid_conversation_init (&c);
  struct aid_message *m = turn (&c, AID_ROLE_USER, "What is this?");
  show (m, PNG, "a.png");
  show_url (m, "image/jpeg", "https://x.example/b.jpg");
  show (m, PDF, "c.pdf");
#define IMAGES \
  "[{'role':'user','content':[{'type':'text','text':'What is this?'}," \
  "{'type':'image_url','image_url':{'url':'data:image/png;base64,iVBORw0KGgo='}}," \
  "{'type':'image_url','image_url':{'url':'https://x.example/b.jpg'}},"
  assert_member (&openai, &c, &plain, "messages",
                 IMAGES "{'type':'file','file':{'filename':'c.pdf','file_data':'data:application/pdf;base64,JVBERi0x'}}]}]");
  assert_member (&mistral, &c, &plain, "messages",
                 IMAGES "{'type':'document_url','document_url':'data:application/pdf;base64,JVBERi0x'}]}]");
  assert_member (&local, &c, &plain, "messages",
                 IMAGES "{'type':'text','text':'(The PDF c.pdf is not sent: this server takes none in this way.)'}]}]");
  aid_conversation_free (&c);
}

static void
tools_and_a_wanted_shape (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint deepseek = at ("https://api.deepseek.com/v1", "m");
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  offer_tools (&c);
  want_number (&c);
  assert_member (&local, &c, &plain, "tools",
                 "[{'type':'function','function':{'name':'read','description':'Reads a file','parameters':{'type':'object',"
                 "'properties':{'path':{'type':'string'}}}}},"
                 "{'type':'function','function':{'name':'now','description':'','parameters':{'type':'object'}}}]");
  assert_member (&local, &c, &plain, "tool_choice", NULL);
  assert_member (&local, &c, &plain, "parallel_tool_calls", NULL);
  aid_conversation_choose_tool (&c, AID_TOOLS_ANY, NULL, NULL);
  assert_member (&local, &c, &plain, "tool_choice", "'required'");
  aid_conversation_choose_tool (&c, AID_TOOLS_ONE, "now", NULL);
  c.one_call = 1;
  assert_member (&local, &c, &plain, "tool_choice", "{'type':'function','function':{'name':'now'}}");
  assert_member (&local, &c, &plain, "parallel_tool_calls", "false");
  assert_member (&local, &c, &plain, "response_format",
                 "{'type':'json_schema','json_schema':{'name':'number','strict':true,'schema':" NUMBER_SCHEMA "}}");
  assert_member (&deepseek, &c, &plain, "response_format", "{'type':'json_object'}");
  json_t *body = body_of_request (&deepseek, &c, &plain);          /* which is told the shape in words */
  const char *words = aid_json_str (json_array_get (json_object_get (body, "messages"), 0), "content");
  assert_non_null (strstr (words, "JSON Schema:\n{\"type\":\"object\""));
  json_decref (body);
  aid_conversation_free (&c);
}

static void
ids_of_calls_are_made_fit (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint mistral = at ("https://api.mistral.ai/v1", "m");
  const struct aid_endpoint *const servers[] = { &local, &mistral };
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  call_tool (turn (&c, AID_ROLE_ASSISTANT, NULL), "functions.read:0", "read", "{}");
  give_result (turn (&c, AID_ROLE_USER, NULL), "functions.read:0", "x");
  for (size_t i = 0; i < 2; i++)
    {
      json_t *body = body_of_request (servers[i], &c, &plain), *all = json_object_get (body, "messages");
      const char *call = aid_json_str (json_array_get (json_object_get (json_array_get (all, 1), "tool_calls"), 0), "id");
      const char *result = aid_json_str (json_array_get (all, 2), "tool_call_id");
      assert_string_equal (call, result);
      assert_int_equal (strlen (call), i ? 9 : strlen ("functions.read:0"));
      json_decref (body);
    }
  aid_conversation_free (&c);
}

static void
a_router_marks_the_cache_of_models_that_have_one (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint claude = at ("https://openrouter.ai/api/v1", "anthropic/claude-x"),
                      other = at ("https://openrouter.ai/api/v1", "x/y");
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  turn (&c, AID_ROLE_USER, "Hi");
  assert_member (&claude, &c, &plain, "messages",
                 "[{'role':'system','content':[{'type':'text','text':'Be brief.','cache_control':{'type':'ephemeral'}}]},"
                 "{'role':'user','content':[{'type':'text','text':'Hi','cache_control':{'type':'ephemeral'}}]}]");
  assert_member (&other, &c, &plain, "messages",
                 "[{'role':'system','content':'Be brief.'},{'role':'user','content':'Hi'}]");
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
    cmocka_unit_test (openai_itself_wants_newer_words),
    cmocka_unit_test (servers_have_their_own_words),
    cmocka_unit_test (azure_has_its_own_header),
    cmocka_unit_test (images_and_pdfs_are_chunks),
    cmocka_unit_test (tools_and_a_wanted_shape),
    cmocka_unit_test (ids_of_calls_are_made_fit),
    cmocka_unit_test (a_router_marks_the_cache_of_models_that_have_one),
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
