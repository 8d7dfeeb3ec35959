/* A team's settings: what they may set, how they lie under the person's own, and what is read of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "scratch.h"
#include "base/json.h"
#include "config/config.h"
#include "config/team.h"
#include "config/trust_internal.h"

/* --- every setting has a decision --------------------------------------------------------------------------------- */

/* What passes at once; everything else must not. */
static const char *const at_once[] = {
  "model",
  "strategy",
  "strategy_variants",
  "models.*.provider",
  "models.*.name",
  "models.*.context",
  "models.*.max_tokens",
  "models.*.max_output",
  "models.*.temperature",
  "models.*.effort",
  "models.*.abilities",
  "models.*.thinks_first",
  "models.*.extra",
  "models.*.price.input",
  "models.*.price.output",
  "models.*.price.cached",
  "models.*.price.cache_write",
  "models.*.price.as_of",
  "models.*.price.large.over",
  "models.*.price.large.input",
  "models.*.price.large.output",
  "models.*.price.large.cached",
  "models.*.price.large.cache_write",
  "providers.*.wire",
  "providers.*.dialect",
  "providers.*.url",
  "providers.*.default",
  "providers.*.version",
  "providers.*.headers",
  "providers.*.extra",
  "providers.*.connect_ms",
  "providers.*.stall_ms",
  "providers.*.total_ms",
  "providers.*.retries",
  "measure",
  "measure_limits.days",
  "measure_limits.megabytes",
  "core",
  "core_minimum",
};
/* What no trust lets through. */
static const char *const never[] = { "describe.model",
                                     "describe.sample",
                                     "describe.tries",
                                     "describe.jobs",
                                     "describe.budget",
                                     "dataset.consent",
                                     "dataset.strategy",
                                     "dataset.holdout",
                                     "dataset.max_tokens",
                                     "dataset.licences",
                                     "team_store.url",
                                     "team_store.password_command",
                                     "team_store.since",
                                     "ces.warm",
                                     "ces.programs",
                                     "ces.warm_trees",
                                     "ces.warm_megabytes",
                                     "ces.limits",
                                     "ces.weights",
                                     "ces.repositories",
                                     "ces.queue.url",
                                     "ces.queue.password_command",
                                     "ces.queue.days",
                                     "otlp.endpoint",
                                     "otlp.traces_endpoint",
                                     "otlp.metrics_endpoint",
                                     "otlp.headers",
                                     "otlp.compression",
                                     "otlp.timeout_ms",
                                     "otlp.interval_ms",
                                     "otlp.traces",
                                     "otlp.metrics",
                                     "otlp.user_id",
                                     "otlp.content",
                                     "otlp.resource",
                                     "person",
                                     "log_content",
                                     "grammars",
                                     "cores_keep",
                                     "team.url",
                                     "team.path",
                                     "team.key",
                                     "team.ca_file",
                                     "team.refresh" };

static int
is_in (const char *const *list, size_t n, const char *z)
{
  for (size_t i = 0; i < n; i++)
    if (!strcmp (list[i], z))
      return 1;
  return 0;
}
#define IS_IN(list, z) is_in (list, sizeof list / sizeof *list, z)

static void
has_a_decision (void *ctx, const char *const *path, size_t n)
{
  struct aid_str dotted = AID_STR_INIT (1024);
  enum aid_trust_decision d = aid_team_decision (path, n);
  ++*(int *)ctx;
  for (size_t i = 0; i < n; i++)
    aid_str_addf (&dotted, "%s%s", i ? "." : "", path[i]);
  if (d == AID_TRUST_UNDECIDED)
    fail_msg ("The setting %s has no rule in team_rules.c: may a team set it?", aid_str_z (&dotted));
  if ((d == AID_TRUST_AT_ONCE) != IS_IN (at_once, aid_str_z (&dotted)))
    fail_msg ("The setting %s applies at once, or not: say so in this test.", aid_str_z (&dotted));
  if ((d == AID_TRUST_NEVER) != IS_IN (never, aid_str_z (&dotted)))
    fail_msg ("The setting %s is never a team's, or is: say so in this test.", aid_str_z (&dotted));
  aid_str_free (&dotted);
}

static void
every_setting_has_a_decision (void **state)
{
  int n = 0;
  (void)state;
  aid_config_each_member (has_a_decision, &n);
  assert_true (n >= 60);
}

/* --- what passes -------------------------------------------------------------------------------------------------- */

static void
note (void *ctx, const char *const *path, size_t n, const char *does)
{
  struct aid_str *out = ctx;
  for (size_t i = 0; i < n; i++)
    aid_str_addf (out, "%s%s", i ? "." : "", path[i]);
  aid_str_addz (out, !does ? "? " : does == aid_trust_never ? "! " : " ");
}

/* What of SETTINGS is left, for a person with USER, and what was told, "PATH " each, with "!" behind what is never a
   team's. */
static void
passes (const char *settings, const char *user, int trusted, const char *left, const char *told)
{
  struct aid_str out = AID_STR_INIT (4096);
  json_t *mine = json_loads (user, 0, NULL), *team = json_loads (settings, 0, NULL), *wanted = json_loads (left, 0, NULL);
  assert_non_null (team);
  aid_team_walk (team, mine, trusted, 1, note, &out);
  assert_string_equal (aid_str_z (&out), told);
  if (!json_equal (team, wanted))
    fail_msg ("%s is left of %s", json_dumps (team, 0), settings);
  json_decref (mine);
  json_decref (team);
  json_decref (wanted);
  aid_str_free (&out);
}

static void
what_runs_or_leaks_waits (void **state)
{
  (void)state;
  passes ("{\"model\": \"w\", \"providers\": {\"w\": {\"url\": \"https://w\", \"headers\": {\"A\": \"b\"}, \"key_command\": "
          "[\"x\"]}}}",
          "{}", 0, "{\"model\": \"w\", \"providers\": {\"w\": {\"url\": \"https://w\", \"headers\": {\"A\": \"b\"}}}}",
          "providers.w.key_command ");
  passes ("{\"providers\": {\"w\": {\"key_command\": [\"x\"]}}, \"build\": \"make\"}", "{}", 1,
          "{\"providers\": {\"w\": {\"key_command\": [\"x\"]}}, \"build\": \"make\"}", "");
  passes (
    "{\"providers\": {\"w\": {\"key_env\": \"AWS_SECRET\", \"key_host\": \"h\", \"proxy\": \"p\", \"ca_file\": \"c\"}}}",
    "{}", 0, "{}", "providers.w.key_env providers.w.key_host providers.w.proxy providers.w.ca_file ");
}

static void
ones_own_keys_stay_at_home (void **state)
{
  (void)state;
  /* A provider that everybody has, and one of the person's: their keys would go with it. */
  passes ("{\"providers\": {\"openai\": {\"url\": \"https://e\"}, \"mine\": {\"url\": \"https://e\"}, \"new\": {\"url\": "
          "\"https://n\"}}}",
          "{\"providers\": {\"mine\": {\"key_env\": \"K\"}}}", 0, "{\"providers\": {\"new\": {\"url\": \"https://n\"}}}",
          "providers.openai.url providers.mine.url ");
}

static void
some_things_are_nobody_elses (void **state)
{
  const char *all
    = "{\"person\": \"e\", \"measure\": \"content\", \"log_content\": true, \"grammars\": [\"/g\"], \"cores_keep\": 1, "
      "\"team\": {\"path\": \"/x\", \"key\": \"k\"}, \"nonsense\": {\"a\": 1}, \"core\": \"1.0\"}";
  const char *told = "person! measure! log_content! grammars! cores_keep! team.path! team.key! nonsense? ";
  (void)state;
  passes (all, "{}", 0, "{\"core\": \"1.0\"}", told);
  passes (all, "{}", 1, "{\"core\": \"1.0\"}", told);
  passes ("{\"measure\": false}", "{}", 0, "{\"measure\": false}", "");
}

static void
experiments_are_as_harmless_as_what_they_try (void **state)
{
  (void)state;
  passes ("{\"experiments\": {\"a\": {\"variants\": [{\"name\": \"x\", \"settings\": {\"core\": \"1\"}}]},"
          "\"b\": {\"variants\": [{\"name\": \"x\", \"settings\": {\"build\": \"rm\"}}]},"
          "\"c\": {\"variants\": [{\"name\": \"x\", \"settings\": {\"measure\": \"content\"}}]}}}",
          "{}", 0, "{\"experiments\": {\"a\": {\"variants\": [{\"name\": \"x\", \"settings\": {\"core\": \"1\"}}]}}}",
          "experiments.b experiments.c ");
  passes ("{\"experiments\": {\"b\": {\"variants\": [{\"name\": \"x\", \"settings\": {\"build\": \"rm\"}}]},"
          "\"c\": {\"variants\": [{\"name\": \"x\", \"settings\": {\"measure\": \"content\"}}]}}}",
          "{}", 1, "{\"experiments\": {\"b\": {\"variants\": [{\"name\": \"x\", \"settings\": {\"build\": \"rm\"}}]}}}",
          "experiments.c ");
}

/* --- the layer ---------------------------------------------------------------------------------------------------- */

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA0123456789012345678901234567890123456789"
#define TEAM "\"team\": {\"path\": \"/net/team.json\", \"key\": \"" KEY "\"}"

static void
put_own (const char *text)
{
  assert_int_equal (aid_fs_mkdirs (scratch_path ("aid"), 0700, NULL), AID_OK);
  assert_int_equal (aid_fs_replace (scratch_path ("aid/config.json"), aid_span_z (text), 0600, NULL), AID_OK);
}

/* Stores SETTINGS as the team's of the setting TEAM. */
static void
put_team (const char *settings)
{
  struct aid_str text = AID_STR_INIT (65536);
  struct aid_team_source s;
  struct aid_error e = { AID_OK, "" };
  json_t *setting = json_loads ("{" TEAM "}", 0, NULL);
  aid_str_addf (&text, "{\"format\": \"aid-team-1\", \"serial\": 1, \"expires\": \"2099-01-01\", \"settings\": %s}",
                settings);
  if (aid_team_source_read (json_object_get (setting, "team"), &s, &e)
      || aid_team_store (&s, aid_str_span (&text), AID_SPAN ("sig"), &e))
    fail_msg ("%s", e.msg);
  json_decref (setting);
  aid_str_free (&text);
}

static struct aid_config *
load (void)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_load (NULL, &e);
  if (!c)
    fail_msg ("%s", e.msg);
  return c;
}

static void
ones_own_lie_over_the_teams (void **state)
{
  (void)state;
  put_own (
    "{" TEAM
    ", \"strategy\": \"mine\", \"models\": {\"m\": {\"effort\": \"low\"}}, \"experiments\": {\"a\": {\"enabled\": false}}}");
  put_team ("{\"strategy\": \"theirs\", \"model\": \"m\", \"core\": \"1.0\", \"models\": {\"m\": {\"effort\": \"high\", "
            "\"name\": \"n\"}},"
            "\"experiments\": {\"a\": {\"variants\": [{\"name\": \"x\"}]}, \"b\": {\"variants\": [{\"name\": \"x\"}]}}}");
  struct aid_config *c = load ();
  assert_string_equal (aid_config_warnings (c), "");
  assert_string_equal (json_string_value (aid_config_get (c, "strategy")), "mine");
  assert_string_equal (json_string_value (aid_config_get (c, "model")), "m");
  const json_t *m = json_object_get (aid_config_get (c, "models"), "m");
  assert_string_equal (aid_json_str (m, "effort"), "low");
  assert_string_equal (aid_json_str (m, "name"), "n");
  assert_null (json_object_get (json_object_get (aid_config_get (c, "experiments"), "a"), "variants"));
  assert_non_null (json_object_get (json_object_get (aid_config_get (c, "experiments"), "b"), "variants"));
  assert_int_equal (aid_config_layer (c, "strategy"), AID_CONFIG_USER);
  assert_int_equal (aid_config_layer (c, "core"), AID_CONFIG_TEAM);
  assert_int_equal (aid_config_layer (c, "budget"), AID_CONFIG_NOBODY);
  json_t *over = json_pack ("{s:s}", "core", "2.0");
  assert_int_equal (aid_config_overlay (c, over, NULL), AID_OK);
  assert_int_equal (aid_config_layer (c, "core"), AID_CONFIG_OVERLAY);
  json_decref (over);
  aid_config_free (c);
}

static void
a_damaged_one_is_a_warning (void **state)
{
  (void)state;
  put_own ("{" TEAM ", \"model\": \"mine\"}");
  put_team ("{\"model\": 1}");
  struct aid_config *c = load ();
  assert_non_null (strstr (aid_config_warnings (c), "\"settings.model\" must be a string"));
  assert_string_equal (json_string_value (aid_config_get (c, "model")), "mine");
  aid_config_free (c);
  assert_int_equal (aid_fs_replace (scratch_path ("aid/team/current.json"), AID_SPAN ("{\"form"), 0600, NULL), AID_OK);
  c = load ();
  assert_non_null (strstr (aid_config_warnings (c), "current.json"));
  aid_config_free (c);
}

static void
trust_is_in_the_values_that_wait (void **state)
{
  (void)state;
  json_t *one = json_loads ("{\"build\": \"make\", \"model\": \"a\"}", 0, NULL),
         *same = json_loads ("{\"build\": \"make\", \"model\": \"b\"}", 0, NULL),
         *other = json_loads ("{\"build\": \"make all\"}", 0, NULL), *none = json_loads ("{\"model\": \"a\"}", 0, NULL);
  assert_int_equal (aid_team_is_trusted (one, NULL), 0);
  assert_int_equal (aid_team_trust (none, NULL, NULL), AID_E_NOTFOUND);
  assert_int_equal (aid_team_trust (one, NULL, NULL), AID_OK);
  assert_int_equal (aid_team_is_trusted (one, NULL), 1);
  assert_int_equal (aid_team_is_trusted (same, NULL), 1);
  assert_int_equal (aid_team_is_trusted (other, NULL), 0);
  assert_int_equal (aid_team_is_trusted (none, NULL), 0);
  assert_int_equal (aid_team_distrust (NULL), AID_OK);
  assert_int_equal (aid_team_is_trusted (one, NULL), 0);
  assert_int_equal (aid_team_distrust (NULL), AID_E_NOTFOUND);
  json_decref (one);
  json_decref (same);
  json_decref (other);
  json_decref (none);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static void
a_key_is_a_key_alone (void **state)
{
  static const char *const bad[] = { "",
                                     "ssh-ed25519",
                                     "ssh-ed25519 short",
                                     "AAAAC3",
                                     "cert-authority " KEY,
                                     "* " KEY,
                                     KEY "\\n* " KEY,
                                     "ssh-dss AAAAC3NzaC1lZDI1NTE5AAAAIA0123456789012345678901234567890123456789",
                                     "ssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAIA0123456789012345678901234567890123456789" };
  struct aid_team_source s;
  struct aid_str text = AID_STR_INIT (65536);
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      aid_str_clear (&text);
      aid_str_addf (&text, "{\"path\": \"/x\", \"key\": \"%s\"}", bad[i]);
      json_t *v = json_loads (aid_str_z (&text), 0, NULL);
      assert_non_null (v);
      if (aid_team_source_read (v, &s, NULL) != AID_E_INVALID)
        fail_msg ("%s is taken for a key", bad[i]);
      json_decref (v);
    }
  json_t *v
    = json_loads ("{\"url\": \"https://x\", \"key\": [\"" KEY "\", \"" KEY " with a comment\"], \"refresh\": 5}", 0, NULL);
  assert_int_equal (aid_team_source_read (v, &s, NULL), AID_OK);
  assert_int_equal (s.nkeys, 2);
  assert_int_equal (s.refresh_ms, 300000);
  json_decref (v);
  aid_str_free (&text);
}

static void
days_are_days (void **state)
{
  struct aid_team_file f;
  (void)state;
#define WITH(day) AID_SPAN ("{\"format\": \"aid-team-1\", \"serial\": 1, \"expires\": \"" day "\", \"settings\": {}}")
  assert_int_equal (aid_team_parse (WITH ("2027-02-28"), "x", &f, NULL), AID_OK);
  assert_int_equal (f.ends, INT64_C (1803772800000));
  aid_team_file_free (&f);
  assert_int_equal (aid_team_parse (WITH ("2027-2-28"), "x", &f, NULL), AID_E_INVALID);
  aid_team_file_free (&f);
  assert_int_equal (aid_team_parse (WITH ("2027-02-28T00:00"), "x", &f, NULL), AID_E_INVALID);
  aid_team_file_free (&f);
  assert_int_equal (aid_team_parse (AID_SPAN ("{"), "x", &f, NULL), AID_E_PARSE);
  aid_team_file_free (&f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_setting_has_a_decision),
    cmocka_unit_test (what_runs_or_leaks_waits),
    cmocka_unit_test (ones_own_keys_stay_at_home),
    cmocka_unit_test (some_things_are_nobody_elses),
    cmocka_unit_test (experiments_are_as_harmless_as_what_they_try),
    cmocka_unit_test_setup_teardown (ones_own_lie_over_the_teams, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (a_damaged_one_is_a_warning, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (trust_is_in_the_values_that_wait, scratch_make, scratch_drop),
    cmocka_unit_test (a_key_is_a_key_alone),
    cmocka_unit_test (days_are_days),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
