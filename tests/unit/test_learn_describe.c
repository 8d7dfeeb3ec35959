/* Many examples described at once, by threads that ask a real server: none is lost, none is done twice, limits and stops hold. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_http.h"
#include "project_trees.h"
#include "base/json.h"
#include "learn/describe.h"
#include "learn/vault.h"

#define N 20
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define BOTH                                                                                                                \
  "{\\\"detailed\\\": \\\"The counter starts too low.\\\", \\\"summary\\\": \\\"It starts higher.\\\", "                    \
  "\\\"question\\\": \\\"start the counter higher\\\"}"
#define BODY                                                                                                                \
  "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" BOTH "\"}}]}\n\n"                                            \
  "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"                                         \
  "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":90,\"completion_tokens\":10,\"total_tokens\":100}}\n\n"               \
  "data: [DONE]\n\n"

static const struct fake_step well[] = { FAKE_SEND (HEAD BODY), FAKE_CLOSE };
static const struct fake_step *const script[] = { well };

static struct fake_http *server;
static struct aid_examples *examples;
static struct aid_describer describer;
static struct aid_stop *stop;

static void
make_settings (int port)
{
  char text[400];
  snprintf (
    text, sizeof text,
    "{\"model\":\"m\",\"providers\":{\"p\":{\"wire\":\"openai-chat\",\"url\":\"http://127.0.0.1:%d/v1\",\"retries\":0}},"
    "\"models\":{\"m\":{\"provider\":\"p\",\"name\":\"real\",\"price\":{\"input\":100,\"output\":100}}}}",
    port);
  write_file (scratch, "aid/config.json", aid_span_z (text));
}

/* A repository with one file, and N examples of changes to it. */
static void
make_examples (void)
{
  char tree[AID_VAULT_ID], id[17], git[300], diff[400];
  struct aid_str out = AID_STR_INIT (1000);
  struct aid_error e;
  write_file (scratch_path ("repo"), "a.c", AID_SPAN ("int counter = 0;\n"));
  const char *repo = scratch_path ("repo");
  snprintf (git, sizeof git, "%s/.git", repo);
  run_in (repo, "git init -q . && git add -A");
  output_of (repo, "git write-tree", &out);
  snprintf (tree, sizeof tree, "%.40s", aid_str_z (&out));
  for (int i = 0; i < N; i++)
    {
      snprintf (id, sizeof id, "%016d", i);
      snprintf (diff, sizeof diff, "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-int counter = 0;\n+int counter = %d;\n", i + 1);
      json_t *x = json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "id", id, "kind", "repair", "project", "/p",
                             "repository", git, "base", tree, "diff", diff, "time", i);
      if (aid_examples_put (examples, x, NULL, &e))
        fail_msg ("%s", e.msg);
      json_decref (x);
    }
  aid_str_free (&out);
}

static int
set_up (void **state)
{
  struct aid_error e = { AID_OK, "" };
  if (scratch_make (state))
    return -1;
  server = fake_start (script, 1);
  make_settings (server->port);
  if (aid_examples_open (1, &examples, &e) || aid_describe_settings_read (&describer.settings, &e)
      || aid_sample_read (NULL, &describer.sample, &e))
    fail_msg ("%s", e.msg);
  make_examples ();
  stop = aid_stop_new (&e);
  return 0;
}

static int
tear_down (void **state)
{
  aid_describe_settings_free (&describer.settings);
  aid_sample_free (&describer.sample);
  aid_examples_close (examples);
  aid_stop_free (stop);
  fake_stop (server);
  return scratch_drop (state);
}

static void
count (void *ctx, const json_t *example, const struct aid_described *one)
{
  assert_non_null (example);
  if (!one->described)
    print_message ("%s\n", one->error.msg);
  ++*(size_t *)ctx;
}

/* Describes what is left, as the settings are; how many were told of. */
static size_t
describe (struct aid_describe_run *r, enum aid_err wanted)
{
  struct aid_examples_which which = { .kind = NULL };
  struct aid_error e = { AID_OK, "" };
  json_t *list = NULL;
  size_t told = 0;
  assert_int_equal (aid_describe_list (examples, &which, 0, 0, &list, &e), AID_OK);
  assert_int_equal (aid_asker_new (stop, &describer.asker, &e), AID_OK);
  enum aid_err err = aid_describe_all (&describer, examples, list, stop, count, &told, r, &e);
  if (err != wanted)
    fail_msg ("%s", e.msg);
  aid_asker_free (describer.asker);
  json_decref (list);
  return told;
}

static void
no_limit_is_passed (void **state)
{
  struct aid_describe_run r;
  (void)state;
  describer.settings.jobs = 4;
  describer.settings.tokens = 700; /* of 200 each */
  assert_int_equal (describe (&r, AID_OK), 3);
  assert_int_equal (r.tokens, 600);
  assert_int_equal (r.left, N - 3);
  assert_string_equal (r.limit, "tokens");
  describer.settings.tokens = 0;
  describer.settings.dollars = 0.05; /* of 0.02 each */
  assert_int_equal (describe (&r, AID_OK), 2);
  assert_string_equal (r.limit, "dollars");
  assert_true (r.cost <= 0.05 && r.unpriced == 0);
  describer.settings.dollars = -1;
}

static void
all_of_the_others_are_described_once (void **state)
{
  struct aid_describe_run r;
  (void)state;
  describer.settings.jobs = 8;
  assert_int_equal (describe (&r, AID_OK), N - 5);
  assert_int_equal (r.done, N - 5);
  assert_int_equal (r.leaking + r.failed + r.held + r.left, 0);
  assert_int_equal (r.tokens, 200 * (N - 5));
  assert_int_equal (describe (&r, AID_OK), 0);
  json_t *one;
  assert_int_equal (aid_examples_get (examples, "0000000000000007", &one, NULL), AID_OK);
  const json_t *d = json_object_get (one, "described");
  assert_string_equal (aid_json_str (d, "asked"), "start the counter higher");
  assert_int_equal (aid_json_int (d, "tries", 0), 2);
  json_decref (one);
}

static void
who_is_stopped_begins_nothing (void **state)
{
  struct aid_describe_run r;
  (void)state;
  assert_int_equal (aid_examples_set (examples, "0000000000000003", "described", NULL, NULL), AID_OK);
  aid_stop_set (stop);
  assert_int_equal (describe (&r, AID_E_CANCELLED), 0);
  assert_int_equal (r.left, 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (no_limit_is_passed),
    cmocka_unit_test (all_of_the_others_are_described_once),
    cmocka_unit_test (who_is_stopped_begins_nothing),
  };
  return cmocka_run_group_tests (tests, set_up, tear_down);
}
