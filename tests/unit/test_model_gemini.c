/* Gemini: streams (tests/cases/wire/gemini-*), and the requests. */
#include "wire_cases.h"
#include "request_probe.h"

static const struct aid_endpoint there = { .wire = "gemini", .base_url = "https://generativelanguage.googleapis.com",
                                           .key = "AIza", .model = "gemini-3-pro" };

static void
a_question_with_its_system_prompt (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  turn (&c, AID_ROLE_USER, "Hi");
  turn (&c, AID_ROLE_ASSISTANT, "Hello.");
  turn (&c, AID_ROLE_USER, "And?");
  assert_json (body_of_request (&there, &c, &plain),
               "{'systemInstruction':{'parts':[{'text':'Be brief.'}]},'contents':[{'role':'user','parts':[{'text':'Hi'}]},"
               "{'role':'model','parts':[{'text':'Hello.'}]},{'role':'user','parts':[{'text':'And?'}]}]}");
  aid_conversation_free (&c);
}

static void
the_address_names_the_model (void **state)
{
  struct aid_endpoint ep = there;
  (void) state;
#define HOST "https://generativelanguage.googleapis.com"
  assert_head (&ep, HOST "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse", "x-goog-api-key", "AIza");
  ep.base_url = HOST "/v1beta/";
  ep.model = "models/gemini-3-pro";
  assert_head (&ep, HOST "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse", "Authorization", NULL);
  ep.base_url = HOST "/v1alpha?key=K";
  ep.model = "tunedModels/a b?c#d";
  ep.key = NULL;
  assert_head (&ep, HOST "/v1alpha/tunedModels/a%20b%3Fc%23d:streamGenerateContent?alt=sse&key=K", "x-goog-api-key", NULL);
}

static void
what_is_set_is_sent (void **state)
{
  struct aid_conversation c;
  struct aid_sampling s = all_sampling;
  struct aid_endpoint old = there;
  (void) state;
  old.model = "gemini-2.5-pro";
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  want_number (&c);
  s.effort = "high";
#define CONFIG \
  "{'maxOutputTokens':500,'temperature':0.5,'topP':0.25,'seed':7,'stopSequences':['END','###']," \
  "'responseMimeType':'application/json','responseJsonSchema':" NUMBER_SCHEMA ",'thinkingConfig':"
  assert_member (&there, &c, &s, "generationConfig", CONFIG "{'includeThoughts':true,'thinkingLevel':'HIGH'}}");
  assert_member (&old, &c, &s, "generationConfig", CONFIG "{'includeThoughts':true,'thinkingBudget':24576}}");
  s.effort = "none";
  old.model = "gemini-2.5-flash";
  assert_member (&old, &c, &s, "generationConfig", CONFIG "{'includeThoughts':false,'thinkingBudget':0}}");
  aid_conversation_free (&c);
}

/* What a model does not know it refuses. */
static void
each_model_is_told_to_think_in_its_own_words (void **state)
{
  static const struct
  {
    const char *model, *none, *minimal, *medium;
  } rows[] = {
#define NOT "{'thinkingConfig':{'includeThoughts':false,"
#define THINK "{'thinkingConfig':{'includeThoughts':true,"
    { "gemini-2.5-flash", NOT "'thinkingBudget':0}}", THINK "'thinkingBudget':512}}", THINK "'thinkingBudget':8192}}" },
    { "gemini-2.5-pro", NOT "'thinkingBudget':128}}", THINK "'thinkingBudget':512}}", THINK "'thinkingBudget':8192}}" },
    { "gemini-3-flash-preview", NOT "'thinkingLevel':'MINIMAL'}}", THINK "'thinkingLevel':'MINIMAL'}}",
      THINK "'thinkingLevel':'MEDIUM'}}" },
    { "gemini-3-pro-preview", NOT "'thinkingLevel':'LOW'}}", THINK "'thinkingLevel':'LOW'}}", THINK "'thinkingLevel':'HIGH'}}" },
    { "gemini-3.1-pro-preview", NOT "'thinkingLevel':'LOW'}}", THINK "'thinkingLevel':'LOW'}}",
      THINK "'thinkingLevel':'MEDIUM'}}" },
    { "gemini-2.0-flash", NULL, NULL, NULL },
    { "gemini-1.5-pro", NULL, NULL, NULL },
    { "gemma-3-27b-it", NULL, NULL, NULL },
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
      s.effort = "none";
      assert_member (&ep, &c, &s, "generationConfig", rows[i].none);
      s.effort = "minimal";
      assert_member (&ep, &c, &s, "generationConfig", rows[i].minimal);
      s.effort = "medium";
      assert_member (&ep, &c, &s, "generationConfig", rows[i].medium);
    }
  aid_conversation_free (&c);
}

static void
images_pdfs_and_tools (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  struct aid_message *m = turn (&c, AID_ROLE_USER, "What is this?");
  show (m, PNG, "a.png");
  show (m, AID_SPAN ("GIF89a"), "b.gif");
  show_url (m, "application/pdf", "https://x.example/d.pdf");
  offer_tools (&c);
  assert_member (&there, &c, &plain, "toolConfig", NULL);
  aid_conversation_choose_tool (&c, AID_TOOLS_ONE, "read", NULL);
  assert_member (&there, &c, &plain, "contents",
                 "[{'role':'user','parts':[{'text':'What is this?'},"
                 "{'inlineData':{'mimeType':'image/png','data':'iVBORw0KGgo='}},"
                 "{'text':'(The image b.gif is not sent: this server takes none in this way.)'},"
                 "{'fileData':{'mimeType':'application/pdf','fileUri':'https://x.example/d.pdf'}}]}]");
  assert_member (&there, &c, &plain, "tools",
                 "[{'functionDeclarations':[{'name':'read','description':'Reads a file','parametersJsonSchema':{'type':'object',"
                 "'properties':{'path':{'type':'string'}}}},"
                 "{'name':'now','description':'','parametersJsonSchema':{'type':'object'}}]}]");
  assert_member (&there, &c, &plain, "toolConfig", "{'functionCallingConfig':{'mode':'ANY','allowedFunctionNames':['read']}}");
  aid_conversation_free (&c);
}

static void
signatures_go_back_on_their_parts (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, NULL);
  think (m, "", "[{\"text\":\"Hm.\",\"thought\":true,\"thoughtSignature\":\"T\"},{\"then\":\"text\"},"
                "{\"then\":\"call\",\"id\":\"f1\",\"thoughtSignature\":\"S\"},{\"text\":\"forged\"}]");
  say (m, AID_PART_TEXT, "I read.");
  call_tool (m, "f1", "read", "{\"path\":\"a\"}");
  call_tool (m, "call00001", "now", "");
  m = turn (&c, AID_ROLE_USER, NULL);
  give_result (m, "f1", "text of a");
  give_result (m, "call00001", "no clock")->is_error = 1;
  assert_member (&there, &c, &plain, "contents",
                 "[{'role':'user','parts':[{'text':'Read'}]},"
                 "{'role':'model','parts':[{'text':'Hm.','thought':true,'thoughtSignature':'T'},{'text':'I read.'},"
                 "{'functionCall':{'name':'read','args':{'path':'a'},'id':'f1'},'thoughtSignature':'S'},"
                 "{'functionCall':{'name':'now','args':{}}}]},"
                 "{'role':'user','parts':[{'functionResponse':{'name':'read','id':'f1','response':{'output':'text of a'}}},"
                 "{'functionResponse':{'name':'now','response':{'error':'no clock'}}}]}]");
  aid_conversation_free (&c);
}

static void
another_models_calls_are_let_pass (void **state)
{
  struct aid_conversation c;
  struct aid_endpoint old = there;
  (void) state;
  old.model = "gemini-2.5-flash";
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Read");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, NULL);
  think (m, "Hm", "{\"reasoning_content\":\"Hm\"}");
  call_tool (m, "t1", "now", "{}");
  give_result (turn (&c, AID_ROLE_USER, NULL), "t1", "x");
#define CALLED(signed) \
  "[{'role':'user','parts':[{'text':'Read'}]},{'role':'model','parts':[{'functionCall':{'name':'now','args':{},'id':'t1'}" \
  signed "}]},{'role':'user','parts':[{'functionResponse':{'name':'now','id':'t1','response':{'output':'x'}}}]}]"
  assert_member (&there, &c, &plain, "contents", CALLED (",'thoughtSignature':'skip_thought_signature_validator'"));
  assert_member (&old, &c, &plain, "contents", CALLED (""));
  aid_conversation_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_question_with_its_system_prompt),
    cmocka_unit_test (the_address_names_the_model),
    cmocka_unit_test (what_is_set_is_sent),
    cmocka_unit_test (each_model_is_told_to_think_in_its_own_words),
    cmocka_unit_test (images_pdfs_and_tools),
    cmocka_unit_test (signatures_go_back_on_their_parts),
    cmocka_unit_test (another_models_calls_are_let_pass),
  };
  return run_with_cases ("model gemini", "gemini", "gemini", tests, sizeof tests / sizeof *tests);
}
