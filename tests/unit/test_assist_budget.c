/* What a question is going to be: its tokens, its cost, the budgets that it would pass; and what is noted when it was
   answered. */
#include "turn_bench.h"
#include "assist/forecast.h"
#include "base/json.h"
#include "model/spend.h"

#define SPENT_CHAT(cost) \
  "<!--aid:" KEY " chat v=1-->\n## You <!--aid:" KEY " 1 user-->\nhello?\n\n## m <!--aid:" KEY " 2 answer-->\n" \
  "<!--aid:" KEY " meta model=m req=r1 in=7 out=3 cost=" cost " state=done-->\nHi.\n\n" \
  "### m <!--aid:" KEY " 2.1 alternative-->\n" \
  "<!--aid:" KEY " meta model=m req=r2 cost=0.1 state=done-->\nHo.\n\n## You <!--aid:" KEY " 3 user-->\nAnd now?\n"

/* A model of ten dollars for a million tokens in and a hundred out, or of no known price. */
static struct aid_model
model_of (int priced)
{
  struct aid_model m = { .context = 200000, .price = AID_PRICE_UNKNOWN };
  if (priced)
    m.price.usual = (struct aid_rates){ 10, 100, -1, -1 };
  return m;
}

static struct aid_forecast
foretold (const char *settings, double spent, int64_t tokens, int priced, int local)
{
  struct aid_config *config = aid_config_parse (aid_span_z (settings), AID_SPAN (""), NULL);
  struct aid_model model = model_of (priced);
  struct aid_prompt prompt = { .tokens = tokens, .spent = spent };
  struct aid_forecast f;
  model.local = local;
  assert_non_null (config);
  aid_forecast_make (config, &model, &prompt, NULL, &f);
  aid_config_free (config);
  return f;
}

static void
says (const struct aid_forecast *f, const char *wanted)
{
  struct aid_str words = AID_STR_INIT (1000);
  aid_forecast_words (f, &words);
  assert_string_equal (aid_str_z (&words), wanted);
  aid_str_free (&words);
}

static void
test_a_cost_is_that_of_the_tokens_and_an_answer (void **state)
{
  (void) state;
  struct aid_forecast f = foretold ("", 0, 10000, 1, 0);
  assert_float_equal (f.cost, 0.1 + AID_FORECAST_ANSWER * 100 / 1e6, 1e-9);
  assert_int_equal (f.tokens, 10000);
  assert_int_equal (f.window, 200000);
  assert_null (f.over);
  assert_true (foretold ("", 0, 10000, 0, 0).cost < 0);
  assert_float_equal (foretold ("", 0, 10000, 0, 1).cost, 0, 1e-9);     /* one's own machine asks for nothing */
}

static void
test_a_budget_is_passed_by_what_comes_on_top (void **state)
{
  (void) state;
  struct aid_forecast f = foretold ("{\"budget\": {\"chat\": 1}}", 0.7, 10000, 1, 0);
  assert_null (f.over);
  says (&f, "");
  f = foretold ("{\"budget\": {\"chat\": 1}}", 0.85, 10000, 1, 0);
  assert_string_equal (f.over, "chat");
  says (&f, "This chat has cost $0.85 of its budget of $1; this question costs about $0.2.");
}

static void
test_a_spent_budget_stops_what_has_no_price (void **state)
{
  (void) state;
  assert_null (foretold ("{\"budget\": {\"chat\": 1}}", 0.99, 10000, 0, 0).over);
  struct aid_forecast f = foretold ("{\"budget\": {\"chat\": 1}}", 1, 10000, 0, 0);
  says (&f, "This chat has cost $1 of its budget of $1; what this question costs is not known.");
  assert_null (foretold ("{\"budget\": {\"chat\": 1}}", 1, 10000, 0, 1).over);      /* but not what is free */
}

static void
test_a_month_has_a_budget_over_all_chats (void **state)
{
  (void) state;
  struct aid_spend s = { .model = "m", .provider = "p", .usage = AID_USAGE_INIT, .cost = 4.9 };
  aid_spend_add (&s);
  struct aid_forecast f = foretold ("{\"budget\": {\"chat\": 1, \"month\": 5}}", 0, 10000, 1, 0);
  assert_string_equal (f.over, "month");
  says (&f, "This month has cost $4.9 of its budget of $5; this question costs about $0.2.");
}

/* --- a whole request -------------------------------------------------------------------------------------------------- */

static void
test_nothing_is_frozen_to_foretell (void **state)
{
  (void) state;
  struct aid_str val = AID_STR_INIT (65536), json = AID_STR_INIT (65536);
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (SPENT_CHAT ("0.25")), .request = "r3" };
  char path[128];
  write_config (1);
  assert_int_equal (aid_assist_forecast (&a, &val, NULL), AID_OK);
  aid_val_to_json (aid_str_span (&val), 0, &json);
  assert_non_null (strstr (aid_str_z (&json), "\"exact\": false"));
  assert_non_null (strstr (aid_str_z (&json), "\"chat_cost\": 0.35"));  /* alternatives were paid for, too */
  assert_non_null (strstr (aid_str_z (&json), "\"over\": null"));
  snprintf (path, sizeof path, "%s/aid/blobs", dir);
  assert_false (aid_fs_exists (path));
  aid_str_free (&val);
  aid_str_free (&json);
}

#define COST_STOP \
  "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" \
  "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":700,\"completion_tokens\":3,\"cost\":0.0625," \
  "\"prompt_tokens_details\":{\"cached_tokens\":600}}}\n\ndata: [DONE]\n\n"

static void
test_what_the_server_says_it_cost_is_noted (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("Hi") COST_STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  char month[8];
  aid_spend_this_month (month);
  double before = aid_spend_total (month);
  begin (&b, script, 1);
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_non_null (strstr (aid_str_z (&b.w.last), "in=700 cached=600 out=3 cost=0.0625"));
  assert_non_null (strstr (aid_str_z (&b.w.last), "\"cost\": 0.0625"));
  finish (&b);                 /* what waits for the disk is written */
  assert_float_equal (aid_spend_total (month), before + 0.0625, 1e-6);
}

/* Settings in which an answer costs a tenth of a dollar, and a chat two at most. */
static void
write_budget (int port)
{
  char path[128], text[600];
  snprintf (path, sizeof path, "%s/aid/config.json", dir);
  snprintf (text, sizeof text,
            "{\"model\":\"m\",\"providers\":{\"p\":{\"wire\":\"openai-chat\",\"url\":\"http://127.0.0.1:%d/v1\",\"retries\":0}},"
            "\"models\":{\"m\":{\"provider\":\"p\",\"name\":\"real\",\"price\":{\"input\":1,\"output\":100}}},"
            "\"budget\":{\"chat\":2}}", port);
  assert_int_equal (aid_fs_replace (path, aid_span_z (text), 0600, NULL), AID_OK);
}

/* Asks about CHAT, OVER its budget or not; what happens is in B. */
static void
ask_about (struct bench *b, struct aid_span chat, int over)
{
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("Hi") STOP), FAKE_CLOSE };
  static const struct fake_step *const script[] = { answer };
  begin (b, script, 1);
  write_budget (b->server->port);
  struct aid_ask a = { .id = 1, .chat = chat, .request = "r3", .over_budget = over };
  assert_int_equal (aid_assist_ask (b->assist, &a, NULL), AID_OK);
  assert_true (wait_for (&b->w, &b->w.ended, 1));
}

static void
test_a_budget_is_passed_by_agreement_only (void **state)
{
  (void) state;
  struct bench b;
  ask_about (&b, AID_SPAN (SPENT_CHAT ("1.5")), 0);
  assert_string_equal (aid_str_z (&b.w.kinds), "frozen start text done ");
  assert_non_null (strstr (aid_str_z (&b.w.last), "cost=0.000307"));   /* 7 tokens in, 3 out */
  finish (&b);
  ask_about (&b, AID_SPAN (SPENT_CHAT ("1.85")), 0);
  assert_string_equal (aid_str_z (&b.w.kinds), "error ");
  assert_non_null (strstr (aid_str_z (&b.w.last), "\"code\": \"refused\""));
  assert_non_null (strstr (aid_str_z (&b.w.last),
                           "This chat has cost $1.95 of its budget of $2; this question costs about $0.1"));
  assert_null (b.server->requests[0]);
  finish (&b);
  ask_about (&b, AID_SPAN (SPENT_CHAT ("1.85")), 1);
  assert_string_equal (aid_str_z (&b.w.kinds), "frozen start text done ");
  finish (&b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_cost_is_that_of_the_tokens_and_an_answer),
    cmocka_unit_test (test_a_budget_is_passed_by_what_comes_on_top),
    cmocka_unit_test (test_a_spent_budget_stops_what_has_no_price),
    cmocka_unit_test (test_a_month_has_a_budget_over_all_chats),
    cmocka_unit_test (test_nothing_is_frozen_to_foretell),
    cmocka_unit_test (test_what_the_server_says_it_cost_is_noted),
    cmocka_unit_test (test_a_budget_is_passed_by_agreement_only),
  };
  return cmocka_run_group_tests_name ("assist budget", tests, setup, teardown);
}
