/* Experiments take effect on what a question is asked by, and what stands over them does. */
#include "turn_bench.h"
#include "assist/variants.h"
#include "base/json.h"
#include "measure/events.h"

#define ARMS(settings) "\"variants\":[{\"name\":\"only\",\"settings\":{" settings "}}]"
#define CHAT_OF_C                                                                                                           \
  "<!--aid:" KEY " chat v=1-->\n## You <!--aid:" KEY " 1 user-->\n- [a.c](a.c) <!--aid:" KEY " item-->\n\nhello?\n"

/* The user's settings: EXPERIMENTS, and two models of two hosts. */
static void
settle (const char *experiments, int port)
{
  struct aid_str text = AID_STR_INIT (65536), path = AID_STR_INIT (256);
  aid_str_addf (&path, "%s/aid", dir);
  assert_int_equal (aid_fs_mkdirs (aid_str_z (&path), 0700, NULL), AID_OK);
  aid_str_addz (&path, "/config.json");
  aid_str_addf (
    &text,
    "{\"model\":\"m\",\"person\":\"ada\",\"experiments\":{%s},"
    "\"providers\":{\"p\":{\"wire\":\"openai-chat\",\"url\":\"http://127.0.0.1:%d/"
    "v1\",\"key_env\":\"AID_TEST_KEY\",\"retries\":0},"
    "\"q\":{\"wire\":\"openai-chat\",\"url\":\"http://localhost:%d/v1\",\"key_env\":\"AID_TEST_KEY\",\"retries\":0}},"
    "\"models\":{\"m\":{\"provider\":\"p\",\"name\":\"real-m\"},\"l\":{\"provider\":\"p\",\"name\":\"real-l\"},"
    "\"n\":{\"provider\":\"q\",\"name\":\"real-n\"}}}",
    experiments, port, port);
  assert_int_equal (aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, NULL), AID_OK);
  aid_str_free (&text);
  aid_str_free (&path);
}

/* The model that Q is asked of, and in PAIRS what is in force. */
static const char *
model_for (const struct aid_asked *q, struct aid_str *pairs)
{
  static char model[64];
  struct aid_variants v;
  struct aid_error e = { AID_OK, "" };
  aid_variants_init (&v);
  struct aid_config *c = aid_variants_config (q, &v, &e);
  assert_non_null (c);
  snprintf (model, sizeof model, "%s", json_string_value (aid_config_get (c, "model")));
  aid_str_clear (pairs);
  aid_str_addspan (pairs, aid_str_span (&v.pairs));
  aid_config_free (c);
  aid_variants_free (&v);
  return model;
}

static void
test_what_is_chosen_by_hand_stands (void **state)
{
  (void)state;
  struct aid_str pairs = AID_STR_INIT (4096);
  struct aid_asked q = { .chat = AID_SPAN (CHAT) };
  settle ("\"a b\":{" ARMS ("\"model\":\"n\"") "},\"s\":{" ARMS ("\"strategy\":\"edit\"") "}", 1);
  assert_string_equal (model_for (&q, &pairs), "n");
  assert_string_equal (aid_str_z (&pairs), "a%20b=only,s=only");
  q.model = "l";
  assert_string_equal (model_for (&q, &pairs), "m");
  assert_string_equal (aid_str_z (&pairs), "s=only");
  q.strategy = "ask";
  assert_string_equal (model_for (&q, &pairs), "m");
  assert_string_equal (aid_str_z (&pairs), "");
  aid_str_free (&pairs);
}

static void
test_by_request_is_drawn_only_for_one_that_is_sent (void **state)
{
  (void)state;
  struct aid_str pairs = AID_STR_INIT (4096);
  struct aid_asked q = { .chat = AID_SPAN (CHAT) };
  char word[16];
  int drawn[2] = { 0, 0 };
  settle ("\"x\":{\"by\":\"request\",\"variants\":[{\"name\":\"old\"},{\"name\":\"new\",\"settings\":{\"model\":\"n\"}}]}",
          1);
  assert_string_equal (model_for (&q, &pairs), "m");
  assert_string_equal (aid_str_z (&pairs), "");
  q.request = word;
  for (int i = 0; i < 40; i++)
    {
      snprintf (word, sizeof word, "r%d", i);
      int new = !strcmp (model_for (&q, &pairs), "n");
      assert_string_equal (aid_str_z (&pairs), new ? "x=new" : "x=old");
      drawn[new]++;
    }
  assert_true (drawn[0] > 5 && drawn[1] > 5);
  aid_str_free (&pairs);
}

static void
test_a_targeting_looks_at_the_question (void **state)
{
  (void)state;
  struct aid_str pairs = AID_STR_INIT (4096);
  struct aid_asked q = { .chat = AID_SPAN (CHAT) };
  settle ("\"x\":{\"targeting\":{\"language\":[\"c\",\"ocaml\"],\"model\":\"m\"}," ARMS ("\"index\":false") "}", 1);
  model_for (&q, &pairs);
  assert_string_equal (aid_str_z (&pairs), "");
  q.chat = AID_SPAN (CHAT_OF_C);
  model_for (&q, &pairs);
  assert_string_equal (aid_str_z (&pairs), "x=only");
  q.model = "l";
  model_for (&q, &pairs);
  assert_string_equal (aid_str_z (&pairs), "");
  aid_str_free (&pairs);
}

static void
test_what_one_is_in_is_told_with_its_reason (void **state)
{
  (void)state;
  struct aid_str val = AID_STR_INIT (1u << 20), json = AID_STR_INIT (1u << 20);
  struct aid_asked q = { .chat = AID_SPAN (CHAT), .model = "l" };
  settle ("\"a\":{\"by\":\"request\",\"variants\":[{\"name\":\"x\"},{\"name\":\"y\"}]},"
          "\"b\":{" ARMS ("\"model\":\"n\"") "},\"c\":{\"enabled\":false," ARMS ("\"index\":false") "}",
          1);
  assert_int_equal (aid_variants_list (&q, NULL, &val, NULL), AID_OK);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
  json_t *all = aid_json_parse (aid_str_span (&json), "the list", NULL);
  const char *const why[]
    = { "each request is drawn when it is sent", "the model was chosen by hand", "it is switched off" };
  assert_int_equal (json_array_size (all), 3);
  for (size_t i = 0; i < 3; i++)
    assert_string_equal (aid_json_str (json_array_get (all, i), "why"), why[i]);
  assert_true (json_is_object (json_object_get (json_array_get (all, 0), "report")));
  assert_non_null (strstr (aid_json_str (json_array_get (all, 1), "problem"), "nothing to compare"));
  assert_string_equal (aid_json_str (json_array_get (all, 2), "state"), "off");
  json_decref (all);
  aid_str_free (&val);
  aid_str_free (&json);
}

static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("Hi.") STOP), FAKE_CLOSE };

/* Asks with a key that the front end has found for the model that it shows; gives what the server has got. */
static void
ask_with_key (const char *experiments, struct aid_str *got)
{
  const struct fake_step *script[] = { answer };
  struct bench b;
  struct aid_error e;
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (CHAT), .request = "r1", .secret = "key-of-m" };
  setenv ("AID_TEST_KEY", "key-of-the-environment", 1);
  begin (&b, script, 1);
  settle (experiments, b.server->port);
  assert_int_equal (aid_assist_ask (b.assist, &a, &e), AID_OK);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  aid_str_clear (got);
  aid_str_addz (got, b.server->requests[0]);
  finish (&b);
}

static void
test_a_key_goes_to_no_other_host_by_what_was_drawn (void **state)
{
  (void)state;
  struct aid_str got = AID_STR_INIT (1u << 20);
  ask_with_key ("\"x\":{\"by\":\"request\"," ARMS ("\"model\":\"l\"") "}", &got);
  assert_non_null (strstr (aid_str_z (&got), "real-l"));
  assert_non_null (strstr (aid_str_z (&got), "key-of-m"));
  ask_with_key ("\"x\":{\"by\":\"request\"," ARMS ("\"model\":\"n\"") "}", &got);
  assert_non_null (strstr (aid_str_z (&got), "real-n"));
  assert_null (strstr (aid_str_z (&got), "key-of-m"));
  assert_non_null (strstr (aid_str_z (&got), "key-of-the-environment"));
  aid_str_free (&got);
}

static int
note (void *ctx, const struct aid_event_row *row)
{
  if (!strcmp (row->kind, "request") || !strcmp (row->kind, "exposure"))
    aid_str_addf (ctx, "%s %s %s\n", row->kind, row->person, row->data);
  return 0;
}

static void
test_what_took_effect_is_recorded_when_it_was_sent (void **state)
{
  (void)state;
  struct aid_str got = AID_STR_INIT (1u << 20), events = AID_STR_INIT (1u << 20);
  const struct aid_events_which all = { .since = 0 };
  for (int i = 0; i < 2; i++)
    ask_with_key ("\"x\":{" ARMS ("\"model\":\"l\"") "},\"y\":{\"by\":\"request\"," ARMS ("\"index\":false") "}", &got);
  assert_int_equal (aid_events_each (&all, note, &events, NULL), AID_OK);
  const char *z = aid_str_z (&events);
  size_t exposures = 0, requests = 0;
  for (const char *at = z;
       (at = strstr (at, "exposure ada {\"experiment\":\"x\",\"variant\":\"only\",\"reason\":\"STATIC\"")); at++)
    exposures++;
  for (const char *at = z; (at = strstr (at, "\"variant\":\"x=only,y=only\"")); at++)
    requests++;
  assert_int_equal (exposures, 1);
  assert_int_equal (requests, 2);
  /* The same request of the same chat is one unit. */
  assert_non_null (strstr (z, "exposure ada {\"experiment\":\"y\""));
  assert_null (strstr (strstr (z, "exposure ada {\"experiment\":\"y\"") + 1, "exposure ada {\"experiment\":\"y\""));
  aid_str_free (&got);
  aid_str_free (&events);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_what_is_chosen_by_hand_stands, setup, teardown),
    cmocka_unit_test_setup_teardown (test_by_request_is_drawn_only_for_one_that_is_sent, setup, teardown),
    cmocka_unit_test_setup_teardown (test_a_targeting_looks_at_the_question, setup, teardown),
    cmocka_unit_test_setup_teardown (test_what_one_is_in_is_told_with_its_reason, setup, teardown),
    cmocka_unit_test_setup_teardown (test_a_key_goes_to_no_other_host_by_what_was_drawn, setup, teardown),
    cmocka_unit_test_setup_teardown (test_what_took_effect_is_recorded_when_it_was_sent, setup, teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
