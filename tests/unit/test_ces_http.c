/* The evaluation service over HTTP: what each shape makes of verdicts that are known, and of requests that are
   none. */
#include "ces_http.h"
#include "scratch_put.h"

/* Looks into objects, by whichever thread: jansson's own function, counted. */
static atomic_llong looks;

json_t *
json_object_get (const json_t *object, const char *key)
{
  atomic_fetch_add (&looks, 1);
  return json_object_iter_value (json_object_iter_at ((json_t *)(uintptr_t)object, key));
}

/* --- our own shape ---------------------------------------------------------------------------------------------------- */

static void
one_answer_is_judged (void **state)
{
  (void)state;
  struct scene *s = begin ();
  json_t *want = verdict_of (AID_SPAN ("types"));
  char *text = json_dumps (want, 0);
  expect (s, "/v1/evaluate", "{\"task\": {\"repository\": \"r\"}, \"answer\": \"types\"}", 200, text);
  assert_int_equal (atomic_load (&s->seen.ours), 0);
  free (text);
  json_decref (want);
  end (s);
}

static void
a_batch_keeps_its_order_and_its_failures_apart (void **state)
{
  (void)state;
  struct scene *s = begin ();
  json_t *out = NULL;
  assert_int_equal (
    ask (s, "POST", "/v1/evaluate",
         "{\"task\": {\"repository\": \"r\"}, \"requests\": [{\"answer\": \"green\"}, {\"answer\": \"none\"},"
         "{\"task\": {\"x\": 1}, \"answer\": \"green\"}, {\"answer\": \"types\"}]}",
         &out),
    200);
  json_t *list = json_object_get (out, "verdicts");
  assert_int_equal (json_array_size (list), 4);
  const double rewards[] = { 1, 0, -1, 0.6 };
  for (size_t i = 0; i < 4; i++)
    assert_true (aid_json_real (json_array_get (list, i), "reward", -1) == rewards[i]);
  assert_string_equal (aid_json_str (json_object_get (json_array_get (list, 2), "error"), "code"), "invalid");
  json_decref (out);
  expect (s, "/v1/evaluate", "{\"requests\": []}", 200, "{\"verdicts\": []}");
  end (s);
}

/* A machine's trouble of a moment costs no verdict; one that lasts costs none of the others'. */
static void
what_this_machine_cannot_judge_now_is_tried_again (void **state)
{
  (void)state;
  struct scene *s = begin ();
  json_t *out = NULL;
  atomic_store (&s->seen.troubles, 2);
  assert_int_equal (
    ask (s, "POST", "/v1/evaluate",
         "{\"task\": {\"repository\": \"r\"}, \"requests\": [{\"answer\": \"green\"}, {\"answer\": \"later\"},"
         "{\"answer\": \"io\"}]}",
         &out),
    200);
  json_t *list = json_object_get (out, "verdicts");
  const double rewards[] = { 1, 0, -1 };
  for (size_t i = 0; i < 3; i++)
    assert_true (aid_json_real (json_array_get (list, i), "reward", -1) == rewards[i]);
  assert_string_equal (aid_json_str (json_object_get (json_array_get (list, 2), "error"), "code"), "io");
  json_decref (out);
  assert_int_equal (atomic_load (&s->seen.calls), 1 + 3 + 3);
  end (s);
}

static void
a_batch_without_a_box_for_one_keeps_the_verdicts_of_the_others (void **state)
{
  (void)state;
  struct scene *s = begin ();
  json_t *out = NULL;
  assert_int_equal (
    ask (s, "POST", "/v1/evaluate",
         "{\"task\": {\"repository\": \"r\"}, \"requests\": [{\"answer\": \"state\"}, {\"answer\": \"green\"}]}", &out),
    200);
  const json_t *list = json_object_get (out, "verdicts"), *error = json_object_get (json_array_get (list, 0), "error");
  assert_string_equal (aid_json_str (error, "code"), "state");
  assert_string_equal (aid_json_str (error, "message"), "no box can be had");
  assert_true (aid_json_real (json_array_get (list, 1), "reward", -1) == 1);
  json_decref (out);
  /* of none of it anything is lost */
  expect (s, "/v1/evaluate",
          "{\"task\": {\"repository\": \"r\"}, \"requests\": [{\"answer\": \"state\"}, {\"answer\": \"state\"}]}", 503,
          "{\"error\":{\"code\":\"busy\",\"message\":\"no box can be had\"}}");
  expect (s, "/get_reward",
          "{\"query\": [\"types\", \"state\"], \"labels\": [{\"repository\": \"r\"}, {\"repository\": \"r\"}]}", 503,
          "{\"error\":{\"code\":\"busy\",\"message\":\"no box can be had\",\"member\":\"query.1\"}}");
  end (s);
}

static void
openrlhf_is_told_which_answer_could_not_be_judged (void **state)
{
  (void)state;
  struct scene *s = begin ();
  const char *labels = "\"labels\": [{\"repository\": \"r\"}, {\"repository\": \"r\"}]", *task = "{\"repository\": \"r\"}";
  char body[300];
  json_t *out = NULL;
  atomic_store (&s->seen.troubles, 2);
  snprintf (body, sizeof body, "{\"query\": [\"types\", \"later\"], %s}", labels);
  assert_int_equal (ask (s, "POST", "/get_reward", body, &out), 200);
  assert_true (json_real_value (json_array_get (json_object_get (out, "rewards"), 0)) == 0.6);
  json_decref (out);
  snprintf (body, sizeof body, "{\"query\": [\"types\", \"io\"], %s}", labels);
  expect (s, "/get_reward", body, 503,
          "{\"error\":{\"code\":\"busy\",\"message\":\"this machine cannot judge\",\"member\":\"query.1\"}}");
  /* that to ask again is of no use goes before */
  snprintf (body, sizeof body, "{\"query\": [\"io\", \"types\", \"types\"], \"labels\": [%s, %s, {}]}", task, task);
  expect (s, "/get_reward", body, 422,
          "{\"error\":{\"code\":\"invalid\",\"message\":\"the task has no repository\",\"member\":\"query.2\"}}");
  end (s);
}

static void
what_is_no_request_is_told (void **state)
{
  (void)state;
  static const struct
  {
    const char *path, *body;
    int status;
    const char *reply;
  } cases[] = {
    { "/v1/evaluate", "{", 400,
      "{\"error\":{\"code\":\"parse\",\"message\":\"the body, line 1, column 1: string or '}' expected near end of "
      "file\"}}" },
    { "/v1/evaluate", "[]", 422, "{\"error\":{\"code\":\"invalid\",\"message\":\"the body is no JSON object\"}}" },
    { "/v1/evaluate", "{\"answer\":\"x\"}", 422,
      "{\"error\":{\"code\":\"invalid\",\"message\":\"it has no task\",\"member\":\"task\"}}" },
    { "/v1/evaluate", "{\"task\":3,\"answer\":\"x\"}", 422,
      "{\"error\":{\"code\":\"invalid\",\"message\":\"a task is an object, its text, or the id of "
      "one\",\"member\":\"task\"}}" },
    { "/v1/evaluate", "{\"task\":\"t\",\"answer\":\"x\"}", 422,
      "{\"error\":{\"code\":\"invalid\",\"message\":\"there is no task \\\"t\\\" (the service was begun without --tasks)\","
      "\"member\":\"task\"}}" },
    { "/v1/evaluate", "{\"task\":{},\"answer\":7}", 422,
      "{\"error\":{\"code\":\"invalid\",\"message\":\"an answer is a text: a model's answer, or a "
      "diff\",\"member\":\"answer\"}}" },
    { "/v1/evaluate", "{\"task\":{},\"answer\":\"green\"}", 422,
      "{\"error\":{\"code\":\"invalid\",\"message\":\"the task has no repository\"}}" },
    { "/v1/evaluate", "{\"task\":{\"repository\":\"r\"},\"answer\":\"io\"}", 503,
      "{\"error\":{\"code\":\"busy\",\"message\":\"this machine cannot judge\"}}" },
    { "/v1/evaluate", "{\"task\":{\"repository\":\"r\"},\"requests\":[{\"answer\":\"x\"},7]}", 422,
      "{\"error\":{\"code\":\"invalid\",\"message\":\"a request is an object with an answer\",\"member\":\"requests.1\"}}" },
    { "/step", "{\"action\":{\"answer\":3}}", 422,
      "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"action\",\"answer\"],"
      "\"msg\":\"an answer is a text: a model's answer, or a diff\"}]}" },
    { "/verify", "{", 422,
      "{\"detail\":[{\"type\":\"json_invalid\",\"loc\":[\"body\"],"
      "\"msg\":\"the body, line 1, column 1: string or '}' expected near end of file\"}]}" },
    { "/nowhere", "{}", 404, "{\"error\":{\"code\":\"notfound\",\"message\":\"there is nothing at /nowhere\"}}" },
    { "/metrics", "{}", 405, "{\"error\":{\"code\":\"method\",\"message\":\"this method is not answered at /metrics\"}}" },
  };
  struct scene *s = begin ();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect (s, cases[i].path, cases[i].body, cases[i].status, cases[i].reply);
  end (s);
}

/* --- trainers' -------------------------------------------------------------------------------------------------------- */

static void
openrlhf_gets_numbers_of_the_same_names (void **state)
{
  (void)state;
  struct scene *s = begin ();
  expect (
    s, "/get_reward",
    "{\"query\": [\"<s>Question: q\\nAnswer: types<|im_end|>\\n\", \"zzz\"], \"prompts\": [\"Question: q\\nAnswer: \", "
    "\"z\"],"
    "\"labels\": [\"{\\\"repository\\\": \\\"r\\\"}\", {\"repository\": \"r\"}]}",
    200,
    "{\"rewards\": [0.6, 0.0], \"scores\": [0.6, 0.0], \"extra_logs\": {\"applies\": [1.0, 0.0], \"parses\": [1.0, 0.0],"
    "\"types\": [1.0, 0.0], \"builds\": [0.0, 0.0], \"tests\": [0.0, 0.0], \"green\": [0.0, 0.0], \"cached\": [0.0, 0.0],"
    "\"ms\": [12.0, 12.0]}}");
  expect (s, "/get_reward", "{\"query\": [], \"prompts\": [], \"labels\": []}", 200,
          "{\"rewards\": [], \"scores\": [], \"extra_logs\": {}}");
  expect (
    s, "/get_reward", "{\"query\": [\"a\"], \"labels\": []}", 422,
    "{\"error\":{\"code\":\"invalid\",\"message\":\"it has 0 entries, and \\\"query\\\" has 1\",\"member\":\"labels\"}}");
  end (s);
}

static void
responses_begin_behind_their_prompts (void **state)
{
  (void)state;
  static const struct
  {
    const char *query, *prompt, *response;
  } cases[] = {
    { "<s>ask me: yes</s>", "ask me:", " yes" },
    { "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nyes<|im_end|>\n", "nothing like it", "yes" },
    { "p<think>a diff</think>yes", "p", "yes" },
    { "p<think>\nhm</think>yes", "p<think>\n", "yes" },
    { "p+ print (\"</think>\")", "p", "+ print (\"</think>\")" },
    { "x<\357\275\234Assistant\357\275\234>yes<\357\275\234end\342\226\201of\342\226\201sentence\357\275\234>", "", "yes" },
    { "all of it", "", "all of it" },
    { "", "", "" },
    { "</s></s>", "", "" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_span got = aid_ces_http_response (aid_span_z (cases[i].query), aid_span_z (cases[i].prompt));
      if (!aid_span_eq (aid_span_trim (got), aid_span_trim (aid_span_z (cases[i].response))))
        fail_msg ("case %zu: \"%.*s\"", i, (int)got.len, got.ptr);
    }
}

static void
a_prompt_that_lost_its_beginning_is_known_by_its_end (void **state)
{
  (void)state;
  struct aid_str prompt = AID_STR_INIT (4096), query = AID_STR_INIT (4096);
  for (int i = 0; i < 300; i++)
    aid_str_addf (&prompt, "%d\xc3\xa9", i);
  aid_str_addspan (&query, aid_span_cut (aid_str_span (&prompt), 500, prompt.len));
  aid_str_addz (&query, " yes<|endoftext|><|im_end|>\n");
  assert_true (aid_span_eqz (aid_ces_http_response (aid_str_span (&query), aid_str_span (&prompt)), " yes"));
  aid_str_free (&prompt);
  aid_str_free (&query);
}

static void
nemo_gym_gets_its_own_back_and_a_reward (void **state)
{
  (void)state;
  struct scene *s = begin ();
  json_t *out = NULL;
  const char *body = "{\"responses_create_params\": {\"input\": []}, \"_ng_rollout_id\": \"r\", \"kept\": [1],"
                     "\"verifier_metadata\": {\"task\": {\"repository\": \"r\"}}, \"response\": {\"output\": ["
                     "{\"type\": \"reasoning\", \"content\": [{\"type\": \"output_text\", \"text\": \"no\"}]},"
                     "{\"type\": \"message\", \"content\": [{\"type\": \"output_text\", \"text\": \"gr\"},"
                     "{\"type\": \"output_text\", \"text\": \"een\"}]}]}}";
  assert_int_equal (ask (s, "POST", "/verify", body, &out), 200);
  assert_true (aid_json_real (out, "reward", -1) == 1 && aid_json_real (out, "tests", -1) == 1);
  assert_true (aid_json_real (json_object_get (out, "reward_components"), "builds", -1) == 1);
  assert_int_equal (json_array_size (json_object_get (out, "kept")), 1);
  assert_null (json_object_get (out, "_ng_rollout_id"));
  json_decref (out);
  expect (s, "/seed_session", "{}", 200, "{}");
  expect (s, "/seed_session", "{\"resources_session_id\": \"a\", \"episode_id\": \"e\"}", 200,
          "{\"resources_session_id\": \"a\", \"resources_tools\": null, \"sandbox_access\": null}");
  expect (s, "/close_session", "{\"resources_session_id\": \"a\"}", 200, "{\"resources_session_id\": \"a\"}");
  expect (s, "/reverify_mode", NULL, 200, "\"stateless\"");
  end (s);
}

static void
nemo_gyms_sums_are_as_it_makes_them (void **state)
{
  (void)state;
  struct scene *s = begin ();
  expect (s, "/aggregate_metrics", "{\"verify_responses\": []}", 200,
          "{\"group_level_metrics\": [], \"agent_metrics\": {}, \"key_metrics\": {}}");
  expect (
    s, "/aggregate_metrics",
    "{\"verify_responses\": [{\"_ng_task_index\": 1, \"_ng_rollout_index\": 0, \"reward\": 1, \"text\": \"x\"},"
    "{\"_ng_task_index\": 0, \"_ng_rollout_index\": 0, \"reward\": 0.5}, {\"_ng_task_index\": 0, \"_ng_rollout_index\": 1,"
    "\"reward\": 0.0}]}",
    200,
    "{\"group_level_metrics\": [{\"mean/reward\": 0.25, \"max/reward\": 0.5, \"min/reward\": 0.0, \"median/reward\": 0.25,"
    "\"std/reward\": 0.35355339059327379, \"_ng_task_index\": 0, \"num_rollouts\": 2, \"expected_num_rollouts\": 2,"
    "\"missing_num_rollouts\": 0, \"reward_profile_completion_pct\": 100.0, \"rollout_infos\": [{\"_ng_task_index\": 0,"
    "\"_ng_rollout_index\": 0, \"reward\": 0.5, \"rollout_id\": \"0:0\"}, {\"_ng_task_index\": 0, \"_ng_rollout_index\": 1,"
    "\"reward\": 0.0, \"rollout_id\": \"0:1\"}], \"sample\": {\"agent_ref\": {\"name\": \"agent\"}}}, {\"mean/reward\": 1.0,"
    "\"max/reward\": 1.0, \"min/reward\": 1.0, \"median/reward\": 1.0, \"std/reward\": 0.0, \"_ng_task_index\": 1,"
    "\"num_rollouts\": 1, \"expected_num_rollouts\": 1, \"missing_num_rollouts\": 0, \"reward_profile_completion_pct\": "
    "100.0,"
    "\"rollout_infos\": [{\"_ng_task_index\": 1, \"_ng_rollout_index\": 0, \"reward\": 1, \"rollout_id\": \"1:0\"}],"
    "\"sample\": {\"agent_ref\": {\"name\": \"agent\"}}}], \"agent_metrics\": {\"mean/reward\": 0.5,"
    "\"max/reward\": 1.0, \"min/reward\": 0.0,"
    "\"median/reward\": 0.5, \"std/reward\": 0.5}, \"key_metrics\": {\"mean/reward\": 0.5}}");
  end (s);
}

#define ROWS 200
#define NUMBERS 50

/* Each rollout has names that no other has: each number is looked at a few times, however many there are. */
static void
metrics_of_many_names_are_looked_at_once_each (void **state)
{
  (void)state;
  struct scene *s = begin ();
  struct aid_str body = AID_STR_INIT (1 << 20);
  json_t *out = NULL;
  aid_str_addz (&body, "{\"verify_responses\": [");
  for (int i = 0; i < ROWS; i++)
    {
      aid_str_addf (&body, "%s{\"_ng_task_index\": %d, \"reward\": 1", i ? ", " : "", i % 2);
      for (int k = 0; k < NUMBERS; k++)
        aid_str_addf (&body, ", \"m%d.%d\": %d", i, k, k);
      aid_str_addc (&body, '}');
    }
  aid_str_addz (&body, "]}");
  atomic_store (&looks, 0);
  assert_int_equal (ask (s, "POST", "/aggregate_metrics", aid_str_z (&body), &out), 200);
  assert_true (atomic_load (&looks) < 10 * ROWS * NUMBERS);
  const json_t *all = json_object_get (out, "agent_metrics");
  assert_int_equal (json_object_size (all), 4 * (ROWS * NUMBERS + 1) + 1); /* of single values there is no deviation */
  assert_true (aid_json_real (all, "median/m199.49", 0) == 49);
  json_decref (out);
  aid_str_free (&body);
  end (s);
}

static void
an_episode_ends_when_it_is_green_or_long (void **state)
{
  (void)state;
  struct scene *s = begin ();
  json_t *out = NULL;
  expect (s, "/state", NULL, 200, "{\"episode_id\": null, \"step_count\": 0}");
  expect (s, "/reset", "{\"episode_id\": \"a\", \"task\": {\"repository\": \"r\"}, \"max_steps\": 3}", 200,
          "{\"observation\": {\"episode_id\": \"a\", \"repository\": \"r\"}, \"reward\": null, \"done\": false}");
  assert_int_equal (ask (s, "POST", "/step", "{\"action\": {\"answer\": \"types\", \"episode_id\": \"a\"}}", &out), 200);
  assert_true (aid_json_real (out, "reward", -1) == 0.6 && !aid_json_bool (out, "done", 1));
  assert_string_equal (aid_json_str (json_object_get (out, "observation"), "failed"), "builds");
  json_decref (out);
  assert_int_equal (ask (s, "POST", "/step", "{\"action\": {\"answer\": \"green\"}, \"episode_id\": \"a\"}", &out), 200);
  assert_true (aid_json_real (out, "reward", -1) == 1 && aid_json_bool (out, "done", 0));
  json_decref (out);
  expect (s, "/state?episode_id=a", NULL, 200,
          "{\"episode_id\": \"a\", \"step_count\": 2, \"max_steps\": 3, \"reward\": 1.0, \"done\": true}");
  expect (s, "/step", "{\"action\": {\"answer\": \"green\", \"episode_id\": \"a\"}}", 422,
          "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"episode_id\"],"
          "\"msg\":\"the episode is over: /reset begins another\"}]}");
  /* One client that names nothing. */
  assert_int_equal (ask (s, "POST", "/reset", "{\"task\": {\"repository\": \"r\"}, \"max_steps\": 1}", NULL), 200);
  assert_int_equal (ask (s, "POST", "/step", "{\"action\": {\"answer\": \"x\"}}", &out), 200);
  assert_true (aid_json_bool (out, "done", 0));
  json_decref (out);
  /* A step that needs no episode. */
  assert_int_equal (
    ask (s, "POST", "/step", "{\"action\": {\"answer\": \"green\", \"task\": {\"repository\": \"r\"}}}", &out), 200);
  assert_true (aid_json_bool (out, "done", 0) && aid_json_real (out, "reward", 0) == 1);
  json_decref (out);
  assert_int_equal (ask (s, "GET", "/schema", "", &out), 200);
  assert_non_null (json_object_get (json_object_get (out, "action"), "properties"));
  json_decref (out);
  expect (s, "/health", NULL, 200, "{\"status\": \"healthy\"}");
  end (s);
}

static void
tasks_have_ids_and_are_ours (void **state)
{
  (void)state;
  const char *file = scratch_path ("tasks.jsonl");
  put ("tasks.jsonl", "{\"task_id\": \"a\", \"repository\": \"/r\", \"prompt\": \"do it\"}\n\n"
                      "{\"id\": \"b\", \"task\": {\"repository\": \"/s\"}}\n"
                      "{\"verifier_metadata\": {\"task_id\": \"c\", \"task\": {\"repository\": \"/t\"}}}\n");
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1, .tasks = file });
  json_t *out = NULL;
  assert_int_equal (aid_ces_http_tasks (s->h), 3);
  assert_int_equal (ask (s, "POST", "/get_reward", "{\"query\": [\"green\"], \"labels\": [\"b\"]}", NULL), 200);
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task_id\": \"c\", \"answer\": \"green\"}", NULL), 200);
  assert_int_equal (atomic_load (&s->seen.ours), 2);
  assert_int_equal (ask (s, "POST", "/reset", "{\"seed\": 3}", &out), 200);
  assert_string_equal (aid_json_str (json_object_get (out, "observation"), "prompt"), "do it");
  json_decref (out);
  end (s);
}

static void
tasks_that_are_none_are_told (void **state)
{
  (void)state;
  static const struct
  {
    const char *text, *why;
  } cases[] = { { "{\"task_id\": \"a\"}", "line 1: there is no task in it" },
                { "\n{\"repository\": \"r\"}", "line 2: it has no \"task_id\"" },
                { "{\"id\": \"a\", \"repository\": \"r\"}\n{\"id\": \"a\", \"repository\": \"r\"}", "was there before" },
                { "{", "line 1 of " },
                { "[]", "line 1: it has no" } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_tasks *t;
      struct aid_error e = { AID_OK, "" };
      put ("tasks.jsonl", cases[i].text);
      assert_int_equal (aid_tasks_read (scratch_path ("tasks.jsonl"), &t, &e), AID_E_INVALID);
      if (!strstr (e.msg, cases[i].why))
        fail_msg ("%s", e.msg);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (one_answer_is_judged),
    cmocka_unit_test (a_batch_keeps_its_order_and_its_failures_apart),
    cmocka_unit_test (what_this_machine_cannot_judge_now_is_tried_again),
    cmocka_unit_test (a_batch_without_a_box_for_one_keeps_the_verdicts_of_the_others),
    cmocka_unit_test (openrlhf_is_told_which_answer_could_not_be_judged),
    cmocka_unit_test (what_is_no_request_is_told),
    cmocka_unit_test (openrlhf_gets_numbers_of_the_same_names),
    cmocka_unit_test (responses_begin_behind_their_prompts),
    cmocka_unit_test (a_prompt_that_lost_its_beginning_is_known_by_its_end),
    cmocka_unit_test (nemo_gym_gets_its_own_back_and_a_reward),
    cmocka_unit_test (nemo_gyms_sums_are_as_it_makes_them),
    cmocka_unit_test (metrics_of_many_names_are_looked_at_once_each),
    cmocka_unit_test (an_episode_ends_when_it_is_green_or_long),
    cmocka_unit_test (tasks_have_ids_and_are_ours),
    cmocka_unit_test (tasks_that_are_none_are_told),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
