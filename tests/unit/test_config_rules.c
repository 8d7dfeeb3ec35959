/* Every setting has a decision: may a project say it at once, or only once its file is trusted? */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "base/json.h"
#include "config/config.h"
#include "config/trust_internal.h"

/* --- every setting has a decision
   --------------------------------------------------------------------------------------- */

/* What passes at once; everything else must not. */
static const char *const harmless[] = {
  "model",
  "strategy",
  "strategy_variants",
  "models.*.provider",
  "models.*.name",
  "models.*.context",
  "models.*.max_tokens",
  "models.*.temperature",
  "models.*.effort",
  "models.*.max_output",
  "models.*.abilities",
  "models.*.thinks_first",
};

static void
dot (const char *const *path, size_t n, const char *star, struct aid_str *out)
{
  for (size_t i = 0; i < n; i++)
    aid_str_addf (out, "%s%s", i ? "." : "", strcmp (path[i], "*") ? path[i] : star);
}

static int
is_harmless (const char *const *path, size_t n)
{
  struct aid_str dotted = AID_STR_INIT (1024);
  int is = 0;
  dot (path, n, "*", &dotted);
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
    is |= !strcmp (harmless[i], aid_str_z (&dotted));
  aid_str_free (&dotted);
  return is;
}

static void
has_a_decision (void *ctx, const char *const *path, size_t n)
{
  struct aid_str dotted = AID_STR_INIT (1024);
  ++*(int *)ctx;
  dot (path, n, "*", &dotted);
  if (aid_trust_decision (path, n) == AID_TRUST_UNDECIDED)
    fail_msg ("The setting %s has no rule in trust_rules.c: may a project set it?", aid_str_z (&dotted));
  if (aid_trust_decision (path, n) == AID_TRUST_AT_ONCE && !is_harmless (path, n))
    fail_msg ("The setting %s applies at once: is it harmless?  Then list it in this test.", aid_str_z (&dotted));
  aid_str_free (&dotted);
}

static void
every_setting_has_a_decision (void **state)
{
  int n = 0;
  (void)state;
  aid_config_each_member (has_a_decision, &n);
  assert_true (n >= 30);
}

/* A value that the settings accept for the member NAME of PARENT. */
static const char *
some_value (const char *parent, const char *name)
{
  static const char *const values[][2] = {
    { "key_command", "[\"sh\",\"-c\",\"x\"]" },
    { "thinks_first", "true" },
    { "headers", "{\"A\":\"b\"}" },
    { "extra", "{\"x\":1}" },
    { "discover", "[\"ollama\"]" },
    { "instructions", "[\"RULES\"]" },
    { "grammars", "[\"/grammars\"]" },
    { "abilities", "[\"text\"]" },
    { "as_of", "\"2026-01-02\"" },
    { "context", "7" },
    { "max_tokens", "7" },
    { "max_output", "7" },
    { "temperature", "1" },
    { "connect_ms", "7" },
    { "stall_ms", "7" },
    { "total_ms", "7" },
    { "retries", "7" },
    { "input", "7" },
    { "output", "7" },
    { "cached", "7" },
    { "cache_write", "7" },
    { "over", "7" },
    { "chat", "7" },
    { "month", "7" },
    { "budget", "{\"chat\":7}" },
    { "strategy_variants", "false" },
    { "log_content", "true" },
    { "dimensions", "7" },
    { "index", "false" },
    { "measure", "\"content\"" },
    { "timeout_ms", "7" },
    { "interval_ms", "7" },
    { "traces", "true" },
    { "metrics", "true" },
    { "user_id", "true" },
    { "content", "true" },
    { "resource", "{\"a\":\"b\"}" },
    { "days", "7" },
    { "since", "\"2026-01-02\"" },
    { "password_command", "[\"sh\",\"-c\",\"x\"]" },
    { "megabytes", "7" },
    { "seconds", "7" },
    { "file_kilobytes", "7" },
    { "unsaved", "true" },
    { "lines", "7" },
    { "files", "7" },
    { "settled_seconds", "7" },
    { "back_seconds", "7" },
    { "alike", "0.5" },
    { "tries", "7" },
    { "jobs", "7" },
    { "describe.budget", "{\"dollars\":7}" },
    { "holdout", "0.5" },
    { "licences", "[\"MIT\"]" },
    { "warm_trees", "7" },
    { "programs", "[\"v\"]" },
    { "warm_megabytes", "7" },
    { "limits", "{\"seconds\":7}" },
    { "weights", "{\"tests\":0.5}" },
    { "repositories", "{\"a\":{\"path\":\"/a\"}}" },
    { "cores_keep", "7" },
    { "refresh", "7" },
    { "*", "{\"variants\":[{\"name\":\"a\",\"settings\":{\"build\":\"make\"}}]}" }, /* an experiment */
  };
  char both[128];
  snprintf (both, sizeof both, "%s.%s", parent, name);
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    if (!strcmp (values[i][0], both))
      return values[i][1];
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    if (!strcmp (values[i][0], name))
      return values[i][1];
  return "\"v\"";
}

/* A file that says the member at PATH and nothing else. */
static void
write_member (const char *const *path, size_t n, struct aid_str *out)
{
  for (size_t i = 0; i < n; i++)
    aid_str_addf (out, "{\"%s\":", strcmp (path[i], "*") ? path[i] : "the-one");
  aid_str_addz (out, some_value (n > 1 ? path[n - 2] : "", path[n - 1]));
  for (size_t i = 0; i < n; i++)
    aid_str_addc (out, '}');
}

static const json_t *
value_at (const struct aid_config *c, const char *const *path, size_t n)
{
  const json_t *v = aid_config_get (c, path[0]);
  for (size_t i = 1; i < n; i++)
    v = json_object_get (v, strcmp (path[i], "*") ? path[i] : "the-one");
  return v;
}

/* The same file not trusted, trusted, and as the person's own. */
static void
passes_only_when_it_may (void *ctx, const char *const *path, size_t n)
{
  struct aid_str text = AID_STR_INIT (4096), dotted = AID_STR_INIT (1024);
  struct aid_error e = { AID_OK, "" };
  const char *waiting;
  (void)ctx;
  write_member (path, n, &text);
  dot (path, n, "the-one", &dotted);
  struct aid_config *own = aid_config_parse (aid_str_span (&text), AID_SPAN (""), &e);
  struct aid_config *foreign = aid_config_parse (AID_SPAN (""), aid_str_span (&text), &e);
  struct aid_config *trusted = aid_config_parse_trusted (AID_SPAN (""), aid_str_span (&text), &e);
  if (!own || !foreign || !trusted)
    fail_msg ("%s: %s", aid_str_z (&text), e.msg);
  if (!value_at (own, path, n) || !value_at (trusted, path, n))
    fail_msg ("%s is not set by the person's own file, or a trusted one", aid_str_z (&dotted));
  assert_int_equal (aid_config_waiting (trusted, &waiting), 0);
  if (is_harmless (path, n) != (value_at (foreign, path, n) != NULL))
    fail_msg ("%s %s", aid_str_z (&dotted), is_harmless (path, n) ? "does not pass" : "passes without trust");
  assert_int_equal (aid_config_waiting (foreign, &waiting), !is_harmless (path, n));
  assert_string_equal (waiting, is_harmless (path, n) ? "" : aid_str_z (&dotted));
  assert_int_equal (strstr (aid_config_warnings (foreign), "until you trust the file") != NULL, !is_harmless (path, n));
  aid_config_free (own);
  aid_config_free (foreign);
  aid_config_free (trusted);
  aid_str_free (&text);
  aid_str_free (&dotted);
}

static void
each_setting_passes_only_when_it_may (void **state)
{
  (void)state;
  aid_config_each_member (passes_only_when_it_may, NULL);
}

static void
nothing_unknown_passes (void **state)
{
  struct aid_error e;
  const char *waiting;
  (void)state;
  struct aid_config *c = aid_config_parse (
    AID_SPAN (""),
    AID_SPAN (
      "{\"permissions\":{\"run\":true},\"hooks\":[\"sh\"],\"model\":{\"url\":\"x\"},\"models\":{\"a\":{\"name\":\"n\","
      "\"context\":[{\"a\":1}],\"endpoint\":\"x\",\"price\":{\"free\":1}}},\"providers\":7}"),
    &e);
  assert_non_null (c);
  static const char *const gone[] = { "permissions", "hooks", "model", "providers" };
  for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
    assert_null (aid_config_get (c, gone[i]));
  const json_t *a = json_object_get (aid_config_get (c, "models"), "a");
  assert_int_equal (json_object_size (a), 1);
  assert_string_equal (aid_json_str (a, "name"), "n");
  assert_int_equal (aid_config_waiting (c, &waiting), 0); /* trust would not help */
  aid_config_free (c);
}

static void
a_project_takes_no_name_that_is_somebody_elses (void **state)
{
  static const struct
  {
    const char *project;
    int waits;
  } cases[] = {
    { "{\"models\":{\"theirs\":{\"provider\":\"openai\",\"name\":\"x\"}}}", 0 },
    { "{\"models\":{\"theirs\":\"openai/x\"}}", 0 },
    { "{\"models\":{\"mine\":{\"context\":9}}}", 0 },
    { "{\"models\":{\"mine\":{\"provider\":\"openai\"}}}", 1 },
    { "{\"models\":{\"mine\":{\"name\":\"x\"}}}", 1 },
    { "{\"models\":{\"mine\":\"openai/x\"}}", 1 },
    { "{\"models\":{\"ollama\":{\"provider\":\"openai\"}}}", 1 },
    { "{\"models\":{\"llama.cpp\":\"openai/x\"}}", 1 },
    { "{\"models\":{\"my-server\":{\"provider\":\"openai\",\"name\":\"x\"}}}", 2 },
    { "{\"models\":{\"ollama/qwen\":{\"provider\":\"openai\"}}}", 1 },
  };
  struct aid_error e;
  const char *waiting;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_config *c = aid_config_parse (AID_SPAN ("{\"models\":{\"mine\":{\"provider\":\"ollama\",\"name\":\"m\"}},"
                                                         "\"providers\":{\"my-server\":{\"url\":\"http://a\"}}}"),
                                               aid_span_z (cases[i].project), &e);
      assert_non_null (c);
      if (aid_config_waiting (c, &waiting) != cases[i].waits)
        fail_msg ("%s: %s", cases[i].project, waiting);
      const json_t *mine = json_object_get (aid_config_get (c, "models"), "mine");
      assert_string_equal (aid_json_str (mine, "provider"), "ollama");
      assert_string_equal (aid_json_str (mine, "name"), "m");
      aid_config_free (c);
    }
}

#define THEIRS "{\"providers\":{\"p\":{\"url\":\"https://evil\"}}}"

static void
a_trusted_provider_stands_over_the_persons_member_by_member (void **state)
{
  struct aid_error e;
  (void)state;
  struct aid_config *c = aid_config_parse_trusted (
    AID_SPAN ("{\"providers\":{\"p\":{\"url\":\"https://mine\",\"retries\":3},\"q\":{\"url\":\"https://q\"}}}"),
    AID_SPAN (THEIRS), &e);
  const json_t *p = json_object_get (aid_config_get (c, "providers"), "p");
  assert_string_equal (aid_json_str (p, "url"), "https://evil");
  assert_int_equal (aid_json_int (p, "retries", 0), 3);
  assert_non_null (json_object_get (aid_config_get (c, "providers"), "q"));
  aid_config_free (c);
}

/* A project may switch embeddings off at once, and neither on nor over to somebody else. */
static void
a_project_may_only_switch_embeddings_off (void **state)
{
  static const struct
  {
    const char *project, *provider; /* who makes them then, or NULL */
    int waits;
  } cases[] = {
    { "{}", "mine", 0 },
    { "{\"embeddings\":false}", NULL, 0 },
    { "{\"embeddings\":{\"provider\":\"p\",\"model\":\"m\"}}", "mine", 2 },
    { "{\"embeddings\":{\"model\":\"m\"}}", "mine", 1 },
    { "{\"embeddings\":{}}", "mine", 0 },
  };
  struct aid_error e;
  const char *waiting;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_config *c = aid_config_parse (AID_SPAN ("{\"embeddings\":{\"provider\":\"mine\",\"model\":\"n\"}}"),
                                               aid_span_z (cases[i].project), &e);
      assert_non_null (c);
      assert_int_equal (aid_config_waiting (c, &waiting), cases[i].waits);
      const char *provider = aid_json_str (aid_config_get (c, "embeddings"), "provider");
      assert_int_equal (provider != NULL, cases[i].provider != NULL);
      if (provider)
        assert_string_equal (provider, cases[i].provider);
      aid_config_free (c);
    }
  assert_null (aid_config_parse (AID_SPAN ("{\"embeddings\":true}"), AID_SPAN (""), &e));
  assert_null (aid_config_parse (AID_SPAN ("{\"embeddings\":{\"dimensions\":0}}"), AID_SPAN (""), &e));
}

#define TRIES(settings)                                                                                                     \
  "{\"experiments\":{\"x\":{\"variants\":[{\"name\":\"old\"},{\"name\":\"new\",\"settings\":" settings "}]}}}"

/* What a variant sets is judged as if it stood in the file itself. */
static void
a_projects_experiment_is_as_harmless_as_what_it_tries (void **state)
{
  static const struct
  {
    const char *project;
    int waits;
  } cases[] = {
    { TRIES ("{\"model\":\"ollama/x\",\"strategy\":\"short\"}"), 0 },
    { TRIES ("{}"), 0 },
    { TRIES ("{\"build\":\"make\"}"), 1 },
    { TRIES ("{\"model\":\"x\",\"log_content\":true}"), 1 },
    { TRIES ("{\"models\":{\"mine\":{\"provider\":\"openai\"}}}"), 1 }, /* another under the person's name */
    { TRIES ("{\"permissions\":{}}"), 1 },
    { "{\"experiments\":false}", 1 },
  };
  struct aid_error e;
  const char *waiting;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_config *c = aid_config_parse (AID_SPAN ("{\"models\":{\"mine\":{\"provider\":\"ollama\",\"name\":\"m\"}}}"),
                                               aid_span_z (cases[i].project), &e);
      assert_non_null (c);
      if (aid_config_waiting (c, &waiting) != cases[i].waits
          || (json_object_get (aid_config_get (c, "experiments"), "x") == NULL) != cases[i].waits)
        fail_msg ("%s: %s", cases[i].project, waiting);
      aid_config_free (c);
    }
}

/* Trusted or not: a person leaves an experiment, or all of them, by their own settings. */
static void
a_persons_own_experiments_stand (void **state)
{
  struct aid_error e;
  (void)state;
  struct aid_config *c = aid_config_parse_trusted (
    AID_SPAN ("{\"experiments\":{\"x\":{\"enabled\":false}}}"),
    AID_SPAN ("{\"experiments\":{\"x\":{\"variants\":[{\"name\":\"a\"}]},\"y\":{\"variants\":[{\"name\":\"a\"}]}}}"), &e);
  const json_t *all = aid_config_get (c, "experiments");
  assert_true (json_is_false (json_object_get (json_object_get (all, "x"), "enabled")));
  assert_null (json_object_get (json_object_get (all, "x"), "variants"));
  assert_non_null (json_object_get (json_object_get (all, "y"), "variants"));
  aid_config_free (c);
  c = aid_config_parse_trusted (AID_SPAN ("{\"experiments\":false}"), AID_SPAN (TRIES ("{}")), &e);
  assert_true (json_is_false (aid_config_get (c, "experiments")));
  aid_config_free (c);
}

static void
an_overlay_lies_over_all (void **state)
{
  struct aid_error e;
  json_t *settings = json_loads ("{\"model\":\"b\",\"models\":{\"b\":{\"effort\":\"low\"}}}", 0, NULL);
  (void)state;
  struct aid_config *c = aid_config_parse (
    AID_SPAN ("{\"model\":\"a\",\"strategy\":\"ask\",\"models\":{\"b\":{\"provider\":\"ollama\",\"name\":\"n\"}}}"),
    AID_SPAN (""), &e);
  assert_int_equal (aid_config_overlay (c, settings, &e), AID_OK);
  json_object_set_new (json_object_get (json_object_get (settings, "models"), "b"), "effort",
                       json_string ("high")); /* copied */
  const json_t *b = json_object_get (aid_config_get (c, "models"), "b");
  assert_string_equal (json_string_value (aid_config_get (c, "model")), "b");
  assert_string_equal (json_string_value (aid_config_get (c, "strategy")), "ask");
  assert_string_equal (aid_json_str (b, "name"), "n");
  assert_string_equal (aid_json_str (b, "effort"), "low");
  json_decref (settings);
  aid_config_free (c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_setting_has_a_decision),
    cmocka_unit_test (each_setting_passes_only_when_it_may),
    cmocka_unit_test (nothing_unknown_passes),
    cmocka_unit_test (a_project_takes_no_name_that_is_somebody_elses),
    cmocka_unit_test (a_project_may_only_switch_embeddings_off),
    cmocka_unit_test (a_trusted_provider_stands_over_the_persons_member_by_member),
    cmocka_unit_test (a_projects_experiment_is_as_harmless_as_what_it_tries),
    cmocka_unit_test (a_persons_own_experiments_stand),
    cmocka_unit_test (an_overlay_lies_over_all),
  };
  return cmocka_run_group_tests_name ("rules of trust", tests, NULL, NULL);
}
