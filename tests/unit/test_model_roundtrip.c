/* An answer is read, becomes a turn of the conversation, and goes back with the results of its calls: signatures and
   encrypted items are what they were, at the place where they stood.  In every wire format. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/fs.h"
#include "model/wire.h"
#include "request_probe.h"

/* Collects the events of one answer as a chat would: text and reasoning in their order, the calls behind. */
struct answer
{
  struct aid_str text, opaque;
  struct aid_str id[8], name[8], args[8];
  int calls;
};

static void
collect (void *user, const struct aid_model_event *ev)
{
  struct answer *a = user;
  if (ev->kind == AID_MODEL_TEXT)
    aid_str_addspan (&a->text, ev->text);
  else if (ev->kind == AID_MODEL_REASONING_OPAQUE)
    aid_str_addspan (&a->opaque, ev->text);
  else if (ev->kind == AID_MODEL_TOOL)
    {
      a->calls = ev->index + 1 > a->calls ? ev->index + 1 : a->calls;
      aid_str_addspan (&a->id[ev->index], ev->id);
      aid_str_addspan (&a->name[ev->index], ev->name);
      aid_str_addspan (&a->args[ev->index], ev->text);
    }
}

static void
read_answer (const char *wire, const char *name, struct answer *a)
{
  char path[128];
  struct aid_str body = AID_STR_INIT (1u << 20);
  struct aid_error e;
  const struct aid_wire *w = aid_wire_find (wire);
  memset (a, 0, sizeof *a);
  a->text = a->opaque = AID_STR_INIT (1u << 20);
  for (size_t i = 0; i < 8; i++)
    a->id[i] = a->name[i] = a->args[i] = AID_STR_INIT (1u << 16);
  snprintf (path, sizeof path, "tests/cases/wire/%s.sse", name);
  assert_int_equal (aid_fs_read (path, &body, &e), AID_OK);
  struct aid_decoder *d = w->decoder_new (collect, a);
  assert_int_equal (w->feed (d, aid_str_span (&body), &e), AID_OK);
  assert_int_equal (w->end (d, &e), AID_OK);
  w->decoder_free (d);
  aid_str_free (&body);
}

static void
forget (struct answer *a)
{
  aid_str_free (&a->text);
  aid_str_free (&a->opaque);
  for (size_t i = 0; i < 8; i++)
    {
      aid_str_free (&a->id[i]);
      aid_str_free (&a->name[i]);
      aid_str_free (&a->args[i]);
    }
}

/* LIST of the request that follows the answer in the case file NAME, its calls answered by "r0", "r1", ..., is EXPECTED. */
static void
goes_back (const char *wire, const char *name, const char *list, const char *expected)
{
  struct answer a;
  struct aid_conversation c;
  struct aid_endpoint ep = { .wire = wire, .base_url = "http://127.0.0.1:1", .model = "m" };
  char result[16];
  read_answer (wire, name, &a);
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Q");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, NULL);
  if (a.opaque.len)
    think (m, "", aid_str_z (&a.opaque));
  say (m, AID_PART_TEXT, aid_str_z (&a.text));
  for (int i = 0; i < a.calls; i++)
    call_tool (m, aid_str_z (&a.id[i]), aid_str_z (&a.name[i]), aid_str_z (&a.args[i]));
  m = a.calls ? turn (&c, AID_ROLE_USER, NULL) : NULL;
  for (int i = 0; i < a.calls; i++)
    {
      snprintf (result, sizeof result, "r%d", i);
      give_result (m, aid_str_z (&a.id[i]), result);
    }
  assert_member (&ep, &c, &plain, list, expected);
  aid_conversation_free (&c);
  forget (&a);
}

static void
deepseeks_reasoning_goes_back_beside_calls (void **state)
{
  (void) state;
  goes_back ("openai-chat", "openai-reasoning-content-with-tools", "messages",
             "[{'role':'user','content':'Q'},"
             "{'role':'assistant','content':null,'reasoning_content':'I need a file.',"
             "'tool_calls':[{'id':'t1','type':'function','function':{'name':'read',"
             "'arguments':'{\\\"path\\\":\\\"a.c\\\"}'}}]},{'role':'tool','tool_call_id':'t1','content':'r0'}]");
}

static void
a_routers_details_go_back_beside_calls (void **state)
{
  struct answer a;
  (void) state;
  read_answer ("openai-chat", "openai-openrouter-details", &a);
  json_t *opaque = json_loads (aid_str_z (&a.opaque), 0, NULL), *details = json_object_get (opaque, "reasoning_details");
  assert_true (json_array_size (details) > 0);
  struct aid_conversation c;
  struct aid_endpoint ep = { .wire = "openai-chat", .base_url = "https://openrouter.ai/api/v1", .model = "m" };
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Q");
  struct aid_message *m = turn (&c, AID_ROLE_ASSISTANT, aid_str_z (&a.text));
  think (m, "", aid_str_z (&a.opaque));
  call_tool (m, "t1", "now", "{}");
  give_result (turn (&c, AID_ROLE_USER, NULL), "t1", "x");
  json_t *body = body_of_request (&ep, &c, &plain);
  json_t *sent = json_object_get (json_array_get (json_object_get (body, "messages"), 1), "reasoning_details");
  assert_true (json_equal (sent, details));
  json_decref (body);
  json_decref (opaque);
  aid_conversation_free (&c);
  forget (&a);
}

static void
signed_thinking_goes_back_beside_calls (void **state)
{
  (void) state;
  goes_back ("anthropic-messages", "anthropic-thinking-between-calls", "messages",
             "[{'role':'user','content':[{'type':'text','text':'Q','cache_control':{'type':'ephemeral'}}]},"
             "{'role':'assistant','content':[{'type':'thinking','thinking':'One.','signature':'S1'},"
             "{'type':'text','text':'I read.'},{'type':'tool_use','id':'t1','name':'read','input':{'path':'a'}},"
             "{'type':'thinking','thinking':'','signature':'S2'},{'type':'tool_use','id':'t2','name':'now','input':{}}]},"
             "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1','is_error':false,'content':'r0'},"
             "{'type':'tool_result','tool_use_id':'t2','is_error':false,'content':'r1','cache_control':{'type':'ephemeral'}}]}]");
}

static void
encrypted_reasoning_goes_back_between_calls (void **state)
{
  (void) state;
  goes_back ("openai-responses", "responses-reasoning-between-calls", "input",
             "[{'type':'message','role':'user','content':[{'type':'input_text','text':'Q'}]},"
             "{'id':'rs_1','type':'reasoning','encrypted_content':'gAAA','summary':["
             "{'type':'summary_text','text':'Let me see.'},{'type':'summary_text','text':'It is so.'}]},"
             "{'type':'function_call','call_id':'call_a','name':'read','arguments':'{\\\"path\\\":\\\"a\\\"}'},"
             "{'id':'rs_2','type':'reasoning','encrypted_content':'gBBB','summary':["
             "{'type':'summary_text','text':'Again.'}]},"
             "{'type':'function_call','call_id':'call_b','name':'now','arguments':'{}'},"
             "{'type':'function_call_output','call_id':'call_a','output':'r0'},"
             "{'type':'function_call_output','call_id':'call_b','output':'r1'}]");
}

static void
an_open_models_reasoning_goes_back_without_empty_members (void **state)
{
  (void) state;
  goes_back ("openai-responses", "responses-reasoning-open-model", "input",
             "[{'type':'message','role':'user','content':[{'type':'input_text','text':'Q'}]},"
             "{'id':'rs_1','type':'reasoning','summary':[],'content':[{'type':'reasoning_text','text':'We need to add.'}]},"
             "{'type':'message','role':'assistant','content':[{'type':'output_text','text':'Yes.'}]}]");
}

static void
signatures_of_thoughts_go_back_on_their_calls (void **state)
{
  (void) state;
  goes_back ("gemini", "gemini-tools-parallel", "contents",
             "[{'role':'user','parts':[{'text':'Q'}]},"
             "{'role':'model','parts':[{'text':'I read.'},"
             "{'functionCall':{'name':'read','args':{'path':'a'},'id':'f1'},'thoughtSignature':'U0lH'},"
             "{'functionCall':{'name':'read','args':{'path':'b'},'id':'f2'}}]},"
             "{'role':'user','parts':[{'functionResponse':{'name':'read','id':'f1','response':{'output':'r0'}}},"
             "{'functionResponse':{'name':'read','id':'f2','response':{'output':'r1'}}}]}]");
  goes_back ("gemini", "gemini-tools-without-ids", "contents",
             "[{'role':'user','parts':[{'text':'Q'}]},"
             "{'role':'model','parts':[{'functionCall':{'name':'now','args':{}},'thoughtSignature':'U0lH'},"
             "{'functionCall':{'name':'now','args':{'zone':'UTC'}}}]},"
             "{'role':'user','parts':[{'functionResponse':{'name':'now','response':{'output':'r0'}}},"
             "{'functionResponse':{'name':'now','response':{'output':'r1'}}}]}]");
}

static void
ollamas_thinking_goes_back_beside_calls (void **state)
{
  (void) state;
  goes_back ("ollama", "ollama-tools-with-thinking", "messages",
             "[{'role':'user','content':'Q'},"
             "{'role':'assistant','content':'','thinking':'I must look.','tool_calls':["
             "{'function':{'name':'now','arguments':{}}},{'function':{'name':'now','arguments':{}}}]},"
             "{'role':'tool','tool_name':'now','content':'r0'},{'role':'tool','tool_name':'now','content':'r1'}]");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (deepseeks_reasoning_goes_back_beside_calls),
    cmocka_unit_test (a_routers_details_go_back_beside_calls),
    cmocka_unit_test (signed_thinking_goes_back_beside_calls),
    cmocka_unit_test (encrypted_reasoning_goes_back_between_calls),
    cmocka_unit_test (an_open_models_reasoning_goes_back_without_empty_members),
    cmocka_unit_test (signatures_of_thoughts_go_back_on_their_calls),
    cmocka_unit_test (ollamas_thinking_goes_back_beside_calls),
  };
  return cmocka_run_group_tests_name ("model roundtrip", tests, NULL, NULL);
}
