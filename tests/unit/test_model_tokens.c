/* Which tokenizer a model has, how near estimates are, what is learnt from servers, and what requests cost. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "small_vocabulary.h"
#include "base/val.h"
#include "model/cost.h"
#include "model/estimate.h"
#include "model/spend.h"
#include "model/tokens.h"

/* --- families ----------------------------------------------------------------------------------------------------------- */

static void
is_of (const char *model, const char *family)
{
  if (strcmp (aid_family_name (aid_family_of (model)), family) != 0)
    fail_msg ("%s is of %s, not %s", model, aid_family_name (aid_family_of (model)), family);
}

static void
a_model_tells_its_family_by_its_name (void **state)
{
  (void) state;
  is_of ("gpt-5.1", "o200k_base");
  is_of ("gpt-4o-mini", "o200k_base");
  is_of ("gpt-4.1", "o200k_base");
  is_of ("openai/gpt-oss-120b", "o200k_base");
  is_of ("o3-mini", "o200k_base");
  is_of ("gpt-4", "cl100k_base");
  is_of ("gpt-4-turbo", "cl100k_base");
  is_of ("gpt-3.5-turbo", "cl100k_base");
  is_of ("claude-sonnet-4-5", "claude");
  is_of ("anthropic/claude-opus-4", "claude");
  is_of ("gemini-3-pro", "gemini");
  is_of ("meta-llama/Llama-3.3-70B-Instruct", "llama");
  is_of ("Qwen3-Coder:30b", "qwen");
  is_of ("deepseek-chat", "deepseek");
  is_of ("codestral-latest", "mistral");
  is_of ("some-model", "other");
  is_of ("", "other");
}

/* --- estimates ---------------------------------------------------------------------------------------------------------- */

/* TEXT has TOKENS by o200k_base, and is estimated within PERCENT of them. */
static void
estimated (const char *text, int64_t tokens, int percent)
{
  int64_t n = aid_estimate (AID_FAMILY_O200K, aid_span_z (text));
  if (n * 100 < tokens * (100 - percent) || n * 100 > tokens * (100 + percent))
    fail_msg ("%lld instead of %lld tokens: %.60s", (long long) n, (long long) tokens, text);
}

static void
estimates_are_near_the_count (void **state)
{
  (void) state;
  estimated ("The loop ends at the first closing mark, so a nested comment is cut short; what is read next depends on the depth, "
             "and each opening mark adds one to it.", 35, 10);
  estimated ("static int\nnext_char (struct lexer *lx)\n{\n  if (lx->at == lx->length)\n    return -1;\n"
             "  return lx->text[lx->at++];\n}\n", 39, 10);
  estimated ("今天的天气很好，我们去公园散步吧。这里有很多人在跑步。", 19, 35);
  estimated ("Съешь же ещё этих мягких французских булок, да выпей чаю.", 19, 10);
}

static void
an_estimate_is_nothing_for_nothing_alone (void **state)
{
  (void) state;
  assert_int_equal (aid_estimate (AID_FAMILY_OTHER, AID_SPAN ("")), 0);
  assert_true (aid_estimate (AID_FAMILY_OTHER, AID_SPAN ("a")) >= 1);
  assert_true (aid_estimate (AID_FAMILY_OTHER, AID_SPAN ("\xFF\xFE")) >= 1);
}

/* --- vocabularies and corrections --------------------------------------------------------------------------------------- */

static void
write_file (const char *name, const char *text)
{
  assert_int_equal (aid_fs_replace (scratch_path (name), aid_span_z (text), 0600, NULL), AID_OK);
}

static int64_t
counted (const char *model, const char *text, int *exact)
{
  struct aid_counter *c = aid_counter_new (model);
  int64_t n = aid_counter_count (c, aid_span_z (text));
  *exact = aid_counter_exact (c);
  aid_counter_free (c);
  return n;
}

static void
a_count_is_exact_once_the_vocabulary_is_there (void **state)
{
  (void) state;
  int exact;
  setenv ("XDG_DATA_DIRS", scratch, 1);
  setenv ("XDG_DATA_HOME", scratch, 1);
  assert_true (counted ("gpt-5", "the internationalization", &exact) > 0);
  assert_false (exact);
  assert_int_equal (aid_fs_mkdirs (scratch_path ("aid/vocab"), 0755, NULL), AID_OK);
  write_vocabulary ("o200k_base", scratch_path ("aid/vocab/o200k_base.bpe"));
  assert_int_equal (counted ("gpt-5", "the", &exact), 1);
  assert_true (exact);
  assert_true (counted ("claude-x", "the", &exact) > 0);
  assert_false (exact);
  counted ("gpt-4", "the", &exact);            /* needs the other vocabulary */
  assert_false (exact);
}

/* MODEL's server says TOLD where COUNTED was counted; gives the ratio that holds from then on. */
static double
learnt (const char *model, int64_t n, int64_t told)
{
  struct aid_counter *c = aid_counter_new (model);
  aid_counter_learn (c, n, told);
  aid_counter_free (c);
  c = aid_counter_new (model);
  double ratio = aid_counter_ratio (c);
  aid_counter_free (c);
  return ratio;
}

static void
servers_correct_estimates (void **state)
{
  (void) state;
  int exact;
  int64_t before = counted ("claude-x", "some words that a server counts otherwise", &exact);
  assert_float_equal (learnt ("claude-x", 1000, 1500), 1.5, 1e-9);
  assert_int_equal (counted ("claude-x", "some words that a server counts otherwise", &exact), before * 3 / 2);
  assert_float_equal (learnt ("claude-x", 1500, 1000), 1.4, 1e-9);   /* a fifth of the way from 1.5 to 1.0 */
  assert_float_equal (learnt ("claude-y", 400, 4000), 1.0, 1e-9);    /* too few to learn from */
  assert_float_equal (learnt ("claude-y", 1000, 90000), AID_RATIO_MOST, 1e-9);
  assert_float_equal (learnt ("claude-z", 90000, 1000), AID_RATIO_LEAST, 1e-9);
}

static void
a_damaged_state_is_no_correction (void **state)
{
  (void) state;
  int exact;
  assert_int_equal (aid_fs_mkdirs (scratch_path ("aid"), 0755, NULL), AID_OK);
  write_file ("aid/tokens.json", "{\"m\": -3, \"n\": \"x\", \"claude");
  assert_true (counted ("m", "words", &exact) > 0);
  write_file ("aid/tokens.json", "{\"m\": -3, \"n\": 1e9}");
  assert_float_equal (learnt ("m", 1, 1), 1.0, 1e-9);
  assert_float_equal (learnt ("n", 1, 1), AID_RATIO_MOST, 1e-9);
}

/* --- money -------------------------------------------------------------------------------------------------------------- */

static const struct aid_price price = { .usual = { .input = 3, .output = 15, .cached = 0.3, .cache_write = 3.75 },
                                        .large = { .input = 6, .output = 22.5, .cached = 0.6, .cache_write = -1 },
                                        .large_over = 200000, .as_of = "2026-01-01" };

static double
cost_of (int64_t input, int64_t cached, int64_t written, int64_t output, double stated)
{
  struct aid_usage u = { input, cached, written, output, output, stated };
  return aid_cost (&price, &u);
}

static void
each_kind_of_token_has_its_rate (void **state)
{
  (void) state;
  assert_float_equal (cost_of (100000, -1, -1, 0, -1), 0.3, 1e-9);
  assert_float_equal (cost_of (100000, 60000, 20000, 1000, -1), (20000 * 3 + 60000 * 0.3 + 20000 * 3.75 + 1000 * 15) / 1e6, 1e-9);
  assert_float_equal (cost_of (300000, 0, 100000, 1000, -1), (200000 * 6 + 100000 * 6 + 1000 * 22.5) / 1e6, 1e-9);
  assert_float_equal (cost_of (1000, 0, 0, 1000, 0.5), 0.5, 1e-9);   /* the server's word wins */
  assert_true (cost_of (-1, -1, -1, 5, -1) < 0);
}

static void
without_a_price_a_cost_is_not_known (void **state)
{
  (void) state;
  struct aid_price none = AID_PRICE_UNKNOWN;
  struct aid_usage u = { 10, 0, 0, 10, 0, -1 };
  assert_true (aid_cost (&none, &u) < 0);
  u.cost = 0.25;
  assert_float_equal (aid_cost (&none, &u), 0.25, 1e-9);
  assert_float_equal (aid_cost_ahead (&price, 1000000, 1000), 6 + 1000 * 22.5 / 1e6, 1e-9);
}

static void
written (double cost, const char *wanted)
{
  struct aid_str s = AID_STR_INIT (64);
  aid_cost_write (&s, cost);
  assert_string_equal (aid_str_z (&s), wanted);
  aid_str_free (&s);
}

static void
a_cost_is_written_without_noughts (void **state)
{
  (void) state;
  written (0, "0");
  written (0.0042, "0.0042");
  written (0.0123456, "0.0123");
  written (0.5, "0.5");
  written (1.25, "1.25");
  written (100, "100");
  written (-1, "");
}

static void
report (const char *month, const char *part)
{
  struct aid_str val = AID_STR_INIT (1 << 20), json = AID_STR_INIT (1 << 20);
  assert_int_equal (aid_spend_report (month, &val, NULL), AID_OK);
  aid_val_to_json (aid_str_span (&val), 0, &json);
  if (!strstr (aid_str_z (&json), part))
    fail_msg ("%s is not in %s", part, aid_str_z (&json));
  aid_str_free (&val);
  aid_str_free (&json);
}

static void
a_month_adds_up_by_model (void **state)
{
  (void) state;
  char month[8];
  aid_spend_this_month (month);
  struct aid_spend a = { "claude", "anthropic", { 1000, 400, -1, 50, -1, -1 }, 0.25, 0 };
  struct aid_spend b = { "free", "local", { 10, -1, -1, 5, -1, -1 }, -1, 0 };
  assert_float_equal (aid_spend_total (month), 0, 1e-9);
  aid_spend_add (&a);
  aid_spend_add (&b);
  aid_spend_add (&a);
  assert_float_equal (aid_spend_total (month), 0.5, 1e-9);
  report (month, "\"requests\": 3, \"in\": 2010, \"cached\": 800, \"out\": 105, \"cost\": 0.5, \"unpriced\": 1");
  report (month,
          "{\"model\": \"claude\", \"requests\": 2, "
          "\"in\": 2000, \"cached\": 800, \"out\": 100, \"cost\": 0.5, \"unpriced\": 0}");
  report ("1999-01", "\"requests\": 0");
}

static void
half_a_line_is_passed_over (void **state)
{
  (void) state;
  assert_int_equal (aid_fs_mkdirs (scratch_path ("aid/spend"), 0755, NULL), AID_OK);
  write_file ("aid/spend/2025-12.jsonl", "{\"model\":\"m\",\"cost\":1}\n{\"model\":\"m\",\n[]\n{\"model\":\"m\",\"cost\":2}\n");
  assert_float_equal (aid_spend_total ("2025-12"), 3, 1e-9);
  struct aid_str val = AID_STR_INIT (4096), json = AID_STR_INIT (4096);
  aid_spend_months (&val);
  aid_val_to_json (aid_str_span (&val), 0, &json);
  assert_string_equal (aid_str_z (&json), "[\"2025-12\"]");
  assert_int_equal (aid_spend_report ("../../x", &val, NULL), AID_E_INVALID);
  aid_str_free (&val);
  aid_str_free (&json);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown (test, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_model_tells_its_family_by_its_name),
    cmocka_unit_test (estimates_are_near_the_count),
    cmocka_unit_test (an_estimate_is_nothing_for_nothing_alone),
    IN_SCRATCH (a_count_is_exact_once_the_vocabulary_is_there),
    IN_SCRATCH (servers_correct_estimates),
    IN_SCRATCH (a_damaged_state_is_no_correction),
    cmocka_unit_test (each_kind_of_token_has_its_rate),
    cmocka_unit_test (without_a_price_a_cost_is_not_known),
    cmocka_unit_test (a_cost_is_written_without_noughts),
    IN_SCRATCH (a_month_adds_up_by_model),
    IN_SCRATCH (half_a_line_is_passed_over),
  };
  return cmocka_run_group_tests_name ("model tokens", tests, NULL, NULL);
}
