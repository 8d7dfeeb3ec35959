/* The evaluation service over HTTP: what each shape makes of verdicts that are known, and what it makes of clients that err, wait,
   hang up, or are many. */
#include "ces_http.h"

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
  assert_false (aid_json_bool (out, "mask_sample", 1));
  json_decref (out);
  body = "{\"responses_create_params\": {}, \"task\": {\"repository\": \"r\"}, \"response\": {\"output\": ["
         "{\"type\": \"message\", \"content\": [{\"type\": \"output_text\", \"text\": \"broken\"}]}]}}";
  assert_int_equal (ask (s, "POST", "/verify", body, &out), 200);
  assert_true (aid_json_bool (out, "mask_sample", 0));
  assert_string_equal (aid_json_str (out, "failure_kind"), "aid_ces:broken_base");
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
    "\"std/reward\": 0.35355339059327379, \"sample\": {\"agent_ref\": {\"name\": \"agent\"}}}, {\"mean/reward\": 1.0,"
    "\"max/reward\": 1.0, \"min/reward\": 1.0, \"median/reward\": 1.0, \"std/reward\": 0.0, \"sample\": {\"agent_ref\":"
    "{\"name\": \"agent\"}}}], \"agent_metrics\": {\"mean/reward\": 0.5, \"max/reward\": 1.0, \"min/reward\": 0.0,"
    "\"median/reward\": 0.5, \"std/reward\": 0.5}, \"key_metrics\": {\"mean/reward\": 0.5}}");
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

/* --- addresses and tokens --------------------------------------------------------------------------------------------- */

static int
with_header (const struct scene *s, const char *header)
{
  struct aid_str body = AID_STR_INIT (1 << 20);
  char text[512];
  int fd = dial (s);
  snprintf (text, sizeof text, "GET /health HTTP/1.1\r\nHost: x\r\n%s\r\n", header);
  send_all (fd, text, strlen (text));
  int code = receive (fd, NULL, &body);
  close (fd);
  aid_str_free (&body);
  return code;
}

static void
who_has_no_token_is_refused (void **state)
{
  (void)state;
  struct scene *s
    = begin_with ((struct aid_ces_http_options){ .jobs = 1, .token = "0123456789abcdef", .listen = "0.0.0.0:0" });
  assert_int_equal (with_header (s, ""), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer 0123456789abcdeg\r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer \r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer 0123456789abcdef\r\n"), 200);
  assert_int_equal (with_header (s, "Authorization: Basic YWRhOjAxMjM0NTY3ODlhYmNkZWY=\r\n"), 200);
  assert_int_equal (with_header (s, "Authorization: Basic YWRhOjAxMjM0NTY3ODlhYmNkZQ==\r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Basic !!!!\r\n"), 401);
  assert_int_equal (with_header (s, "Authorization: Bearer 0123456789abcdef\r\nOrigin: http://evil\r\n"), 403);
  end (s);
}

static void
other_addresses_want_a_token (void **state)
{
  (void)state;
  static const struct
  {
    const char *listen, *token;
    enum aid_err err;
    const char *why;
  } cases[] = { { "0.0.0.0:0", NULL, AID_E_REFUSED, "needs a token" },
                { "[::]:0", NULL, AID_E_REFUSED, "needs a token" },
                { "127.0.0.1", NULL, AID_E_INVALID, "is no address" },
                { "::1:80", NULL, AID_E_INVALID, "is no address" },
                { "127.0.0.1:x", NULL, AID_E_INVALID, "is no address" },
                { "127.0.0.1:0", "short", AID_E_INVALID, "16 are needed" },
                { "127.0.0.1:0", "0123456789 abcdef", AID_E_INVALID, "no HTTP header takes" },
                { "192.0.2.1:0", "0123456789abcdef", AID_E_IO, "cannot listen on 192.0.2.1:0" } };
  struct seen seen = { .calls = 0 };
  const struct aid_ces_backend backend = { evaluate, status, &seen };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_ces_http *h;
      struct aid_error e = { AID_OK, "" };
      const struct aid_ces_http_options o = { .listen = cases[i].listen, .token = cases[i].token };
      assert_int_equal (aid_ces_http_open (&backend, &o, &h, &e), cases[i].err);
      if (!strstr (e.msg, cases[i].why))
        fail_msg ("%s", e.msg);
    }
}

/* --- many, slow and rude ---------------------------------------------------------------------------------------------- */

#define CLIENTS 8
#define ROUNDS 25

static void *
client (void *arg)
{
  const struct scene *s = arg;
  static const char *const answers[] = { "green", "types", "none" };
  static const double rewards[] = { 1, 0.6, 0 };
  uintptr_t wrong = 0;
  for (int i = 0; i < ROUNDS; i++)
    {
      json_t *out = NULL;
      char body[200];
      snprintf (body, sizeof body, "{\"task\": {\"repository\": \"r\"}, \"answer\": \"%s\"}", answers[i % 3]);
      wrong += ask (s, "POST", "/v1/evaluate", body, &out) != 200 || aid_json_real (out, "reward", -1) != rewards[i % 3];
      json_decref (out);
    }
  return (void *)wrong;
}

static void
several_clients_get_their_own_replies (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 3 });
  pthread_t threads[CLIENTS];
  for (int i = 0; i < CLIENTS; i++)
    assert_int_equal (pthread_create (&threads[i], NULL, client, s), 0);
  for (int i = 0; i < CLIENTS; i++)
    {
      void *wrong;
      pthread_join (threads[i], &wrong);
      assert_null (wrong);
    }
  assert_int_equal (atomic_load (&s->seen.calls), CLIENTS * ROUNDS);
  assert_true (atomic_load (&s->seen.most) <= 3);
  end (s);
}

/* Sends a request that waits, without reading a reply. */
static int
send_waiting (const struct scene *s, const char *path)
{
  static const char body[] = "{\"task\": {\"repository\": \"r\"}, \"answer\": \"wait\"}";
  char text[512];
  int fd = dial (s);
  snprintf (text, sizeof text, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", path, sizeof body - 1, body);
  assert_int_equal (send_all (fd, text, strlen (text)), 0);
  return fd;
}

static void
a_client_that_hangs_up_is_not_judged_for (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1 });
  int first = send_waiting (s, "/v1/evaluate");
  while (!atomic_load (&s->seen.running))
    nap ();
  int second = send_waiting (s, "/v1/evaluate");
  json_t *out = NULL;
  do
    {
      json_decref (out);
      assert_int_equal (ask (s, "GET", "/v1/status", "", &out), 200);
    }
  while (aid_json_int (out, "waiting", 0) != 1);
  json_decref (out);
  close (second); /* waits: it never begins */
  close (first);  /* runs: it is stopped */
  while (!atomic_load (&s->seen.stopped))
    nap ();
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\": {\"repository\": \"r\"}, \"answer\": \"green\"}", NULL),
                    200);
  assert_int_equal (atomic_load (&s->seen.calls), 2);
  end (s);
}

static void
what_there_is_no_room_for_may_come_again (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1, .waiting = 2 });
  struct aid_str head = AID_STR_INIT (4096), body = AID_STR_INIT (4096);
  int fds[3], fd;
  fds[0] = send_waiting (s, "/v1/evaluate");
  while (!atomic_load (&s->seen.running))
    nap ();
  for (int i = 1; i < 3; i++)
    fds[i] = send_waiting (s, "/v1/evaluate");
  json_t *out = NULL;
  do
    {
      json_decref (out);
      assert_int_equal (ask (s, "GET", "/v1/status", "", &out), 200);
    }
  while (aid_json_int (out, "waiting", 0) != 2);
  json_decref (out);
  fd = send_waiting (s, "/v1/evaluate");
  assert_int_equal (receive (fd, &head, &body), 503);
  assert_non_null (strstr (aid_str_z (&head), "Retry-After: 1"));
  close (fd);
  assert_int_equal (ask (s, "POST", "/run_code", "{\"code\": \"\", \"language\": \"bash\"}", NULL), 504);
  expect (s, "/v1/evaluate",
          "{\"task\": {\"repository\": \"r\"}, \"requests\": [{\"answer\":\"\"},{\"answer\":\"\"},{\"answer\":\"\"}]}", 422,
          "{\"error\":{\"code\":\"invalid\",\"message\":\"3 are more than can wait (2): send them in several requests\","
          "\"member\":\"requests\"}}");
  atomic_store (&s->seen.gate, 1);
  for (int i = 0; i < 3; i++)
    {
      aid_str_clear (&body);
      assert_int_equal (receive (fds[i], NULL, &body), 200);
      close (fds[i]);
    }
  aid_str_free (&head);
  aid_str_free (&body);
  end (s);
}

static void
what_runs_ends_before_the_service_does (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1 });
  struct aid_str body = AID_STR_INIT (1 << 20);
  int runs = send_waiting (s, "/v1/evaluate"), waits;
  json_t *out = NULL;
  while (!atomic_load (&s->seen.running))
    nap ();
  waits = send_waiting (s, "/v1/evaluate");
  do
    {
      json_decref (out);
      assert_int_equal (ask (s, "GET", "/v1/status", "", &out), 200);
    }
  while (aid_json_int (out, "waiting", 0) != 1);
  json_decref (out);
  aid_stop_set (s->stop);
  assert_int_equal (receive (waits, NULL, &body), 503);
  assert_non_null (strstr (aid_str_z (&body), "the service is ending"));
  atomic_store (&s->seen.gate, 1);
  aid_str_clear (&body);
  assert_int_equal (receive (runs, NULL, &body), 200);
  close (runs);
  close (waits);
  aid_str_free (&body);
  end (s);
}

static void
bodies_have_limits (void **state)
{
  (void)state;
  struct scene *s = begin_with ((struct aid_ces_http_options){ .jobs = 1, .body_max = 1000 });
  struct aid_str body = AID_STR_INIT (1 << 20), text = AID_STR_INIT (1 << 20);
  static const char large[] = "POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n";
  static const char vast[] = "POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n";
  static const char coded[]
    = "POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}";
  int fd = dial (s);
  send_all (fd, large, sizeof large - 1);
  assert_int_equal (receive (fd, NULL, &body), 413);
  close (fd);
  fd = dial (s);
  send_all (fd, vast, sizeof vast - 1);
  assert_in_range (receive (fd, NULL, &body), 400, 413);
  close (fd);
  fd = dial (s);
  send_all (fd, coded, sizeof coded - 1);
  assert_int_equal (receive (fd, NULL, &body), 415);
  close (fd);
  /* In chunks, whose sum nobody tells before. */
  fd = dial (s);
  aid_str_addz (&text, "POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 30; i++)
    aid_str_addf (&text, "32\r\n%050d\r\n", i);
  aid_str_addz (&text, "0\r\n\r\n");
  send_all (fd, text.ptr, text.len);
  assert_int_equal (receive (fd, NULL, &body), 413);
  close (fd);
  aid_str_free (&body);
  aid_str_free (&text);
  end (s);
}

/* Bytes that are no HTTP, documents too deep, clients that say half of something: the service goes on. */
static void
nonsense_does_it_no_harm (void **state)
{
  (void)state;
  struct scene *s = begin ();
  static const char *const heads[] = { "\x16\x03\x01\x02",
                                       "GET\r\n\r\n",
                                       "POST /v1/evaluate HTTP/9.9\r\n\r\n",
                                       "POST /v1/evaluate HTTP/1.1\r\nContent-Length: -3\r\n\r\n",
                                       "POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{\"ta",
                                       "POST /v1/evaluate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" };
  struct aid_str deep = AID_STR_INIT (1 << 20);
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    {
      int fd = dial (s);
      send_all (fd, heads[i], strlen (heads[i]));
      close (fd);
    }
  aid_str_addz (&deep, "{\"task\":");
  for (int i = 0; i < 100000; i++)
    aid_str_addc (&deep, '[');
  assert_int_equal (ask (s, "POST", "/v1/evaluate", deep.ptr, NULL), 400);
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\":{\"repository\":\"r\"},\"answer\":\"\\u0000\\ud800\"}", NULL),
                    400);
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\":{\"repository\":\"r\"},\"answer\":\"gr\\u0000\"}", NULL),
                    200);
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"a\":1,\"a\":2}", NULL), 400);
  assert_int_equal (ask (s, "GET", "/v1/status", "", NULL), 200);
  aid_str_free (&deep);
  end (s);
}

static void
prometheus_gets_its_text (void **state)
{
  (void)state;
  struct scene *s = begin ();
  struct aid_str body = AID_STR_INIT (1 << 20), head = AID_STR_INIT (4096);
  static const char get[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  assert_int_equal (ask (s, "POST", "/v1/evaluate", "{\"task\": {\"repository\": \"r\"}, \"answer\": \"types\"}", NULL),
                    200);
  int fd = dial (s);
  send_all (fd, get, sizeof get - 1);
  assert_int_equal (receive (fd, &head, &body), 200);
  close (fd);
  assert_non_null (strstr (aid_str_z (&head), "text/plain"));
  assert_non_null (strstr (aid_str_z (&body), "\naid_ces_evaluations_total 1\n"));
  assert_non_null (strstr (aid_str_z (&body), "\naid_ces_rung_passed_total{rung=\"types\"} 1\n"));
  assert_non_null (strstr (aid_str_z (&body), "\naid_ces_replies_total{status=\"2xx\"} 1\n"));
  aid_str_free (&head);
  aid_str_free (&body);
  end (s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (one_answer_is_judged),
    cmocka_unit_test (a_batch_keeps_its_order_and_its_failures_apart),
    cmocka_unit_test (what_is_no_request_is_told),
    cmocka_unit_test (openrlhf_gets_numbers_of_the_same_names),
    cmocka_unit_test (responses_begin_behind_their_prompts),
    cmocka_unit_test (a_prompt_that_lost_its_beginning_is_known_by_its_end),
    cmocka_unit_test (nemo_gym_gets_its_own_back_and_a_reward),
    cmocka_unit_test (nemo_gyms_sums_are_as_it_makes_them),
    cmocka_unit_test (an_episode_ends_when_it_is_green_or_long),
    cmocka_unit_test (tasks_have_ids_and_are_ours),
    cmocka_unit_test (tasks_that_are_none_are_told),
    cmocka_unit_test (who_has_no_token_is_refused),
    cmocka_unit_test (other_addresses_want_a_token),
    cmocka_unit_test (several_clients_get_their_own_replies),
    cmocka_unit_test (a_client_that_hangs_up_is_not_judged_for),
    cmocka_unit_test (what_there_is_no_room_for_may_come_again),
    cmocka_unit_test (what_runs_ends_before_the_service_does),
    cmocka_unit_test (bodies_have_limits),
    cmocka_unit_test (nonsense_does_it_no_harm),
    cmocka_unit_test (prometheus_gets_its_text),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
