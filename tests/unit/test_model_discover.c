/* Looking for models on servers, and checking one from end to end: over real connections to scripted servers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "fake_http.h"
#include "base/json.h"
#include "base/val.h"
#include "model/check.h"
#include "model/discover.h"

/* --- help ------------------------------------------------------------------------------------------------------------ */

#define JSON(body) FAKE_SEND ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" body), FAKE_CLOSE
#define STREAM(body)                                                                                                        \
  FAKE_SEND ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\n" body), FAKE_CLOSE
#define STATUS(status, body)                                                                                                \
  FAKE_SEND ("HTTP/1.1 " status "\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" body), FAKE_CLOSE
#define LIST JSON ("{\"data\":[{\"id\":\"m\"}]}")

struct answer
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int calls;
  struct aid_str json;
};
#define ANSWER { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, AID_STR_INIT (1 << 20) }

static void
on_val (void *user, struct aid_span val)
{
  struct answer *a = user;
  pthread_mutex_lock (&a->lock);
  if (val.len)
    aid_val_to_json (val, 0, &a->json);
  a->calls++;
  pthread_cond_signal (&a->changed);
  pthread_mutex_unlock (&a->lock);
}

static json_t *
wait_for (struct answer *a)
{
  pthread_mutex_lock (&a->lock);
  while (!a->calls)
    pthread_cond_wait (&a->changed, &a->lock);
  pthread_mutex_unlock (&a->lock);
  json_t *v = json_loads (aid_str_z (&a->json), 0, NULL);
  assert_int_equal (a->calls, 1);
  assert_non_null (v);
  aid_str_free (&a->json);
  return v;
}

static struct aid_net *
net_new (void)
{
  struct aid_error e;
  struct aid_net *net = aid_net_new (&e);
  assert_non_null (net);
  return net;
}

/* The settings FORMAT, with the servers' ports in it. */
static struct aid_config *
config (const char *format, int a, int b)
{
  struct aid_str text = AID_STR_INIT (4096);
  struct aid_error e = { AID_OK, "" };
  const char *at;
  for (int i = 0; (at = strstr (format, "PORT")); i++, format = at + 4)
    {
      aid_str_add (&text, format, (size_t) (at - format));
      aid_str_addf (&text, "%d", i % 2 ? b : a);
    }
  aid_str_addz (&text, format);
  struct aid_config *c = aid_config_parse (aid_str_span (&text), AID_SPAN (""), &e);
  if (!c)
    fail_msg ("%s", e.msg);
  aid_str_free (&text);
  return c;
}

static json_t *
discovered (struct aid_config *c, const char *provider, unsigned ms)
{
  struct aid_net *net = net_new ();
  struct answer a = ANSWER;
  struct aid_error e;
  struct aid_discover_request r = { provider, NULL, ms };
  if (aid_discover (net, c, &r, on_val, &a, &e))
    fail_msg ("%s", e.msg);
  json_t *found = wait_for (&a);
  aid_net_free (net, NULL);
  return found;
}

static const json_t *
model_of (const json_t *servers, size_t server, size_t model)
{
  return json_array_get (json_object_get (json_array_get (servers, server), "models"), model);
}

/* --- looking for models ------------------------------------------------------------------------------------------------ */

static void
an_ollama_tells_of_each_of_its_models (void **state)
{
  static const struct fake_step tags[] = { JSON ("{\"models\":[{\"name\":\"q:8b\"},{\"name\":\"nomic-embed\"}]}") };
  static const struct fake_step show[]
    = { JSON ("{\"capabilities\":[\"completion\",\"tools\"],\"model_info\":{\"q.context_length\":40960}}") };
  static const struct fake_step *const script[] = { tags, show };
  struct fake_http *f = fake_start (script, 2);
  (void) state;
  json_t *found
    = discovered (config ("{\"discover\":[\"ollama\"],\"providers\":{\"ollama\":{\"url\":\"http://127.0.0.1:PORT/v1\"}},"
                          "\"models\":{\"ollama/q:8b\":{\"max_output\":7}}}",
                          f->port, 0),
                  NULL, 0);
  assert_int_equal (json_array_size (found), 1);
  assert_string_equal (aid_json_str (json_array_get (found, 0), "title"), "Ollama");
  assert_int_equal (json_array_size (json_object_get (json_array_get (found, 0), "models")), 1);
  const json_t *m = model_of (found, 0, 0);
  assert_string_equal (aid_json_str (m, "id"), "ollama/q:8b");
  assert_int_equal (aid_json_int (m, "context", 0), 40960);
  assert_int_equal (aid_json_int (m, "max_output", 0), 7);            /* the settings go over what the server says */
  assert_int_equal (json_array_size (json_object_get (m, "abilities")), 2);
  /* Whoever names it from now on knows it so. */
  struct aid_config *c = config ("{\"providers\":{\"ollama\":{\"url\":\"http://127.0.0.1:PORT/v1\"}}}", f->port, 0);
  struct aid_model known;
  assert_int_equal (aid_model_resolve (c, "ollama/q:8b", &known, NULL), AID_OK);
  assert_int_equal (known.context, 40960);
  assert_true (known.abilities & AID_CAN_TOOLS);
  aid_model_free (&known);
  aid_config_free (c);
  assert_non_null (strstr (f->requests[0], "GET /api/tags "));
  assert_non_null (strstr (f->requests[1], "POST /api/show "));
  assert_non_null (strstr (f->requests[1], "{\"model\":\"q:8b\"}"));
  json_decref (found);
  fake_stop (f);
}

static void
a_llama_cpp_tells_the_window_it_runs_with (void **state)
{
  static const struct fake_step list[] = { LIST };
  static const struct fake_step props[] = { JSON ("{\"default_generation_settings\":{\"n_ctx\":8192}}") };
  static const struct fake_step *const script[] = { list, props };
  struct fake_http *f = fake_start (script, 2);
  (void) state;
  json_t *found = discovered (config ("{\"discover\":[\"llama.cpp\",\"localai\"],\"providers\":{\"llama.cpp\":{\"url\":"
                                      "\"http://127.0.0.1:PORT/v1\"},\"localai\":{\"url\":\"http://127.0.0.1:PORT/v1\"}}}",
                                      f->port, f->port),
                              NULL, 0);
  assert_int_equal (json_array_size (found), 1);
  assert_string_equal (aid_json_str (model_of (found, 0, 0), "id"), "llama.cpp/m");
  assert_int_equal (aid_json_int (model_of (found, 0, 0), "context", 0), 8192);
  assert_non_null (strstr (f->requests[1], "GET /props "));
  assert_int_equal (f->served, 2);     /* the address was asked once, though two may be there */
  json_decref (found);
  fake_stop (f);
}

static void
another_server_at_its_port_is_told_apart (void **state)
{
  static const struct fake_step list[] = { LIST };
  static const struct fake_step none[] = { STATUS ("404 Not Found", "{}") };
  static const struct fake_step *const script[] = { list, none };
  struct fake_http *f = fake_start (script, 2);
  (void) state;
  json_t *found = discovered (config ("{\"discover\":[\"llama.cpp\",\"localai\"],\"providers\":{\"llama.cpp\":{\"url\":"
                                      "\"http://127.0.0.1:PORT/v1\"},\"localai\":{\"url\":\"http://127.0.0.1:PORT/v1\"}}}",
                                      f->port, f->port),
                              NULL, 0);
  assert_int_equal (json_array_size (found), 1);
  assert_string_equal (aid_json_str (model_of (found, 0, 0), "id"), "localai/m");
  json_decref (found);
  fake_stop (f);
}

static void
what_lacks_its_kind_s_list_is_asked_for_the_usual_one (void **state)
{
  static const struct fake_step none[] = { STATUS ("404 Not Found", "404 page not found") };
  static const struct fake_step list[] = { LIST };
  static const struct fake_step *const script[] = { none, list };
  struct fake_http *f = fake_start (script, 2);
  (void) state;
  json_t *found = discovered (
    config ("{\"discover\":[\"lmstudio\"],\"providers\":{\"lmstudio\":{\"url\":\"http://127.0.0.1:PORT/v1\"}}}", f->port, 0),
    NULL, 0);
  assert_string_equal (aid_json_str (model_of (found, 0, 0), "id"), "lmstudio/m");
  assert_non_null (strstr (f->requests[0], "GET /api/v0/models "));
  assert_non_null (strstr (f->requests[1], "GET /v1/models "));
  json_decref (found);
  fake_stop (f);
}

static void
what_does_not_run_or_hangs_is_left_out (void **state)
{
  static const struct fake_step hold[] = { FAKE_HOLD };
  static const struct fake_step html[] = { FAKE_SEND ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>"), FAKE_CLOSE };
  static const struct fake_step *const script[] = { hold }, *const page[] = { html };
  struct fake_http *f = fake_start (script, 1), *g = fake_start (page, 1);
  (void) state;
  json_t *found = discovered (
    config (
      "{\"discover\":[\"vllm\",\"jan\",\"far\",\"dead\"],\"providers\":{\"vllm\":{\"url\":\"http://127.0.0.1:PORT/v1\"},"
      "\"jan\":{\"url\":\"http://127.0.0.1:PORT/v1\"},\"far\":{\"url\":\"https://far.invalid/v1\"},"
      "\"dead\":{\"url\":\"http://127.0.0.1:1/v1\"}}}",
      f->port, g->port),
    NULL, 200);
  assert_int_equal (json_array_size (found), 0);
  json_decref (found);
  fake_stop (f);
  fake_stop (g);
}

static void
one_provider_s_server_says_why_it_has_no_list (void **state)
{
  static const struct fake_step none[] = { STATUS ("401 Unauthorized", "{\"error\":{\"message\":\"bad key\"}}") };
  static const struct fake_step *const script[] = { none };
  struct fake_http *f = fake_start (script, 1);
  (void) state;
  setenv ("KEY_OF_TEST", "k-7", 1);
  json_t *found = discovered (
    config ("{\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:PORT/v1\",\"key_env\":\"KEY_OF_TEST\"}}}", f->port, 0), "p",
    0);
  assert_false (aid_json_bool (json_array_get (found, 0), "ok", 1));
  assert_non_null (strstr (aid_json_str (json_array_get (found, 0), "message"), "bad key"));
  assert_non_null (strstr (f->requests[0], "Authorization: Bearer k-7\r\n"));
  json_decref (found);
  fake_stop (f);
}

static void
a_net_that_is_freed_ends_a_discovery (void **state)
{
  static const struct fake_step hold[] = { FAKE_HOLD };
  static const struct fake_step *const script[] = { hold };
  struct fake_http *f = fake_start (script, 1);
  struct aid_net *net = net_new ();
  struct answer a = ANSWER;
  struct aid_error e;
  struct aid_discover_request r = { NULL, NULL, 60000 };
  struct aid_config *c
    = config ("{\"discover\":[\"ollama\"],\"providers\":{\"ollama\":{\"url\":\"http://127.0.0.1:PORT/v1\"}}}", f->port, 0);
  (void) state;
  assert_int_equal (aid_discover (net, c, &r, on_val, &a, &e), AID_OK);
  assert_true (fake_wait_requests (f, 1));
  aid_net_free (net, NULL);
  json_t *found = wait_for (&a);
  assert_int_equal (json_array_size (found), 0);
  json_decref (found);
  fake_stop (f);
}

/* --- checking a model --------------------------------------------------------------------------------------------------- */

#define SETTINGS "{\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:PORT/v1\"}}}"

static json_t *
checked (const char *settings, int port, const char *id, int spend, unsigned ms)
{
  struct aid_config *c = config (settings, port, port);
  struct aid_net *net = net_new ();
  struct answer a = ANSWER;
  struct aid_check_request r = { id, NULL, ms, spend, 0 };
  aid_check_model (net, c, &r, on_val, &a);
  json_t *v = wait_for (&a);
  aid_net_free (net, NULL);
  aid_config_free (c);
  return v;
}

/* The steps of V are in the states that WANT has a letter each for: ok, wrong, unknown, skipped; its message has WORDS. */
static void
found (json_t *v, const char *want, const char *words)
{
  char got[9] = "";
  size_t i;
  json_t *s;
  json_array_foreach (json_object_get (v, "steps"), i, s)
    {
      got[i] = *aid_json_str (s, "state");
    }
  assert_string_equal (got, want);
  assert_int_equal (aid_json_bool (v, "ok", -1), strchr (want, 'w') == NULL);
  assert_int_equal (aid_json_str (v, "help") != NULL, strchr (want, 'w') != NULL && want[7] != 'w');
  if (!strstr (aid_json_str (v, "message"), words))
    fail_msg ("\"%s\" does not say \"%s\"", aid_json_str (v, "message"), words);
  json_decref (v);
}

static void
a_model_that_answers_is_well (void **state)
{
  static const struct fake_step list[] = { LIST };
  static const struct fake_step yes[]
    = { STREAM ("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}\n\n"
                "data: [DONE]\n\n") };
  static const struct fake_step *const script[] = { list, yes };
  struct fake_http *f = fake_start (script, 2);
  (void) state;
  found (checked (SETTINGS, f->port, "p/m", 1, 0), "osoosooo", "it answers");
  assert_non_null (strstr (f->requests[0], "GET /v1/models "));
  assert_non_null (strstr (f->requests[1], "POST /v1/chat/completions "));
  assert_non_null (strstr (f->requests[1], "\"max_tokens\":16"));
  fake_stop (f);
}

static void
without_spending_no_answer_is_asked_for (void **state)
{
  static const struct fake_step list[] = { LIST };
  static const struct fake_step *const script[] = { list };
  struct fake_http *f = fake_start (script, 1);
  (void) state;
  found (checked (SETTINGS, f->port, "p/m", 0, 0), "osoosoos", "the server answers");
  assert_int_equal (f->served, 1);
  fake_stop (f);
}

static void
each_step_that_fails_is_named (void **state)
{
  static const struct fake_step list[] = { LIST },
                                no_key[] = { STATUS ("401 Unauthorized", "{\"error\":{\"message\":\"bad key\"}}") },
                                no_list[] = { STATUS ("404 Not Found", "{}") },
                                no_model[] = { STATUS ("404 Not Found", "{\"error\":{\"message\":\"no such model\"}}") },
                                quota[] = { STATUS ("429 Too Many Requests", "{\"error\":{\"message\":\"no credit\"}}") },
                                cut[] = { STREAM ("data: {\"choices\":[{\"delta\":{\"content\":\"y\"}}]}\n\n") };
  static const struct fake_step *const a[] = { no_key }, *const b[] = { list }, *const c[] = { no_list, no_model },
                                       *const d[] = { list, quota }, *const g[] = { list, cut };
  struct fake_http *f;
  (void) state;
  unsetenv ("KEY_OF_TEST");
  found (checked (SETTINGS, 1, "x/m", 1, 0), "wsssssss", "no model \"x/m\"");
  found (
    checked ("{\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:PORT/v1\",\"key_env\":\"KEY_OF_TEST\"}}}", 1, "p/m", 1, 0),
    "owssssss", "no key for p");
  found (checked ("{\"providers\":{\"p\":{\"url\":\"http://nowhere.invalid/v1\"}}}", 1, "p/m", 1, 5000), "oswsssss",
         "nowhere.invalid");
  found (checked (SETTINGS, 1, "p/m", 1, 0), "osowssss", "refused");

  f = fake_start (b, 1);         /* it speaks no TLS: both sides wait for the other */
  found (checked ("{\"providers\":{\"p\":{\"url\":\"https://127.0.0.1:PORT/v1\"}}}", f->port, "p/m", 1, 500), "osoowsss",
         "127.0.0.1");
  fake_stop (f);
  f = fake_start (a, 1);
  found (checked (SETTINGS, f->port, "p/m", 1, 0), "osooswss", "bad key");
  fake_stop (f);
  f = fake_start (b, 1);
  found (checked (SETTINGS, f->port, "p/other", 1, 0), "osoosows", "no model other; it has m");
  fake_stop (f);
  f = fake_start (c, 2);
  found (checked (SETTINGS, f->port, "p/m", 1, 0), "osoosuws", "no such model");
  fake_stop (f);
  f = fake_start (d, 2);
  found (checked (SETTINGS, f->port, "p/m", 1, 0), "osoosoow", "no credit");
  fake_stop (f);
  f = fake_start (g, 2);
  found (checked (SETTINGS, f->port, "p/m", 1, 0), "osoosoow", "cut off");
  fake_stop (f);
}

static void
a_server_that_hangs_is_waited_for_only_so_long (void **state)
{
  static const struct fake_step hold[] = { FAKE_HOLD };
  static const struct fake_step *const script[] = { hold };
  struct fake_http *f = fake_start (script, 1);
  (void) state;
  found (checked (SETTINGS, f->port, "p/m", 1, 200), "osoosuuw", "0.2 s");
  fake_stop (f);
}

static void
a_net_that_is_freed_ends_a_check (void **state)
{
  static const struct fake_step list[] = { LIST }, hold[] = { FAKE_HOLD };
  static const struct fake_step *const script[] = { list, hold };
  struct fake_http *f = fake_start (script, 2);
  struct aid_net *net = net_new ();
  struct answer a = ANSWER;
  struct aid_check_request r = { "p/m", NULL, 60000, 1, 0 };
  struct aid_config *c = config (SETTINGS, f->port, 0);
  (void) state;
  aid_check_model (net, c, &r, on_val, &a);
  assert_true (fake_wait_requests (f, 2));
  aid_net_free (net, NULL);
  json_t *v = wait_for (&a);
  assert_false (aid_json_bool (v, "ok", 1));
  json_decref (v);
  aid_config_free (c);
  fake_stop (f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (an_ollama_tells_of_each_of_its_models),
    cmocka_unit_test (a_llama_cpp_tells_the_window_it_runs_with),
    cmocka_unit_test (another_server_at_its_port_is_told_apart),
    cmocka_unit_test (what_lacks_its_kind_s_list_is_asked_for_the_usual_one),
    cmocka_unit_test (what_does_not_run_or_hangs_is_left_out),
    cmocka_unit_test (one_provider_s_server_says_why_it_has_no_list),
    cmocka_unit_test (a_net_that_is_freed_ends_a_discovery),
    cmocka_unit_test (a_model_that_answers_is_well),
    cmocka_unit_test (without_spending_no_answer_is_asked_for),
    cmocka_unit_test (each_step_that_fails_is_named),
    cmocka_unit_test (a_server_that_hangs_is_waited_for_only_so_long),
    cmocka_unit_test (a_net_that_is_freed_ends_a_check),
  };
  return cmocka_run_group_tests_name ("model discover", tests, NULL, NULL);
}
