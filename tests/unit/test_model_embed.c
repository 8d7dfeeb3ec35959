/* Asking for vectors, over real connections to scripted servers: what is sent, and what is made of every kind of answer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "fake_http.h"
#include "base/json.h"
#include "model/embed.h"

#define JSON(body)                                                                                                          \
  FAKE_SEND ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" body), FAKE_CLOSE
#define STATUS(status, body)                                                                                                \
  FAKE_SEND ("HTTP/1.1 " status "\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" body), FAKE_CLOSE

enum
{
  TEXTS = 3
};

struct answer
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int calls, status;
  struct aid_error error;
  size_t dimensions;
  int has[TEXTS];
  float first[TEXTS];
  int64_t tokens;
};

static void
on_vectors (void *user, const struct aid_embedded *got)
{
  struct answer *a = user;
  pthread_mutex_lock (&a->lock);
  a->error = got->error;
  a->status = got->status;
  a->dimensions = got->dimensions;
  a->tokens = got->tokens;
  for (int i = 0; i < TEXTS && !got->error.code; i++)
    {
      a->has[i] = got->vectors[i] != NULL;
      a->first[i] = got->vectors[i] ? got->vectors[i][0] : 0;
    }
  a->calls++;
  pthread_cond_signal (&a->changed);
  pthread_mutex_unlock (&a->lock);
}

/* Who makes vectors by SETTINGS, in which PORT stands for F's. */
static struct aid_embedder
embedder (const char *settings, const struct fake_http *f)
{
  struct aid_str text = AID_STR_INIT (4096);
  struct aid_error e = { AID_OK, "" };
  struct aid_embedder by = { 0 };
  const char *at = strstr (settings, "PORT");
  aid_str_add (&text, settings, at ? (size_t)(at - settings) : strlen (settings));
  if (at)
    aid_str_addf (&text, "%d%s", f->port, at + 4);
  struct aid_config *c = aid_config_parse (aid_str_span (&text), AID_SPAN (""), &e);
  if (!c || aid_embedder_resolve (c, &by, &e))
    fail_msg ("%s: %s", aid_str_z (&text), e.msg);
  aid_config_free (c);
  aid_str_free (&text);
  return by;
}

#define PLAIN                                                                                                               \
  "{\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:PORT/v1\"}},\"embeddings\":{\"provider\":\"p\",\"model\":\"m\"}}"

/* Asks F for the vectors of three texts and waits for what comes. */
static struct answer
ask (const char *settings, const struct fake_http *f, const char *const texts[TEXTS], const char *key)
{
  struct answer a = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, .error = { AID_OK, "" } };
  struct aid_embedder by = embedder (settings, f);
  struct aid_error e = { AID_OK, "" };
  struct aid_net *net = aid_net_new (&e);
  struct aid_span spans[TEXTS];
  for (int i = 0; i < TEXTS; i++)
    spans[i] = aid_span_z (texts[i]);
  struct aid_embed q = { .by = &by, .key = key, .texts = spans, .n = TEXTS, .ms = 30000 };
  assert_non_null (net);
  if (aid_embed (net, &q, on_vectors, &a, NULL, &e))
    a.error = e;
  else
    {
      pthread_mutex_lock (&a.lock);
      while (!a.calls)
        pthread_cond_wait (&a.changed, &a.lock);
      pthread_mutex_unlock (&a.lock);
    }
  aid_net_free (net, NULL);
  aid_embedder_free (&by);
  return a;
}

static const char *const three[TEXTS] = { "one", "two \"quoted\"\n", "größer" };

/* The body of request I. */
static json_t *
sent (const struct fake_http *f, unsigned i)
{
  const char *body = strstr (f->requests[i], "\r\n\r\n");
  json_t *v = body ? json_loads (body + 4, 0, NULL) : NULL;
  assert_non_null (v);
  return v;
}

static void
vectors_come_in_the_order_of_the_texts (void **state)
{
  (void)state;
  struct fake_http *f
    = FAKE_START (((const struct fake_step[]){ JSON ("{\"data\":[{\"index\":2,\"embedding\":[3,0.5]},{\"index\":0,"
                                                     "\"embedding\":[1,0]},{\"index\":1,\"embedding\":[2,-1e-3]}],"
                                                     "\"usage\":{\"prompt_tokens\":9}}") }));
  struct answer a = ask ("{\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:PORT/v1\"}},\"embeddings\":{\"provider\":\"p\","
                         "\"model\":\"m\",\"dimensions\":2,\"passage_prefix\":\"P: \",\"question_prefix\":\"Q: \"}}",
                         f, three, "secret-key");
  assert_int_equal (a.error.code, AID_OK);
  assert_int_equal (a.dimensions, 2);
  assert_int_equal (a.tokens, 9);
  assert_true (a.first[0] == 1 && a.first[1] == 2 && a.first[2] == 3);
  assert_non_null (strstr (f->requests[0], "POST /v1/embeddings HTTP/1.1\r\n"));
  assert_non_null (strstr (f->requests[0], "Authorization: Bearer secret-key\r\n"));
  json_t *body = sent (f, 0), *want = json_pack ("{s:s, s:i, s:[s, s, s]}", "model", "m", "dimensions", 2, "input", "P: one",
                                                 "P: two \"quoted\"\n", "P: größer");
  assert_true (json_equal (body, want));
  json_decref (body);
  json_decref (want);
  fake_stop (f);
}

static void
wrong_answers_are_told (void **state)
{
  static const char *const bodies[] = {
    "{}",
    "[]",
    "nothing",
    "{\"data\":[{\"embedding\":[1,2]}]}",
    "{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1,2]},{\"embedding\":[1,2,3]}]}",
    "{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1,2]},{\"embedding\":[1,\"2\"]}]}",
    "{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[1,2]},{\"embedding\":[1,1e300]}]}",
    "{\"data\":[{\"embedding\":[]},{\"embedding\":[]},{\"embedding\":[]}]}",
    "{\"data\":[{\"embedding\":\"AAAA\"},{\"embedding\":[1]},{\"embedding\":[1]}]}",
    "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1]}]}",
    "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1]},{\"index\":3,\"embedding\":[1]}]}",
    "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1]},{\"index\":-1,\"embedding\":[1]}]}",
    "{\"data\":[1,2,3]}",
  };
  (void)state;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
    {
      char head[1000];
      int n = snprintf (head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", bodies[i]);
      struct fake_http *f = FAKE_START (((const struct fake_step[]){ { FAKE_OP_SEND, head, (size_t)n, 1 }, FAKE_CLOSE }));
      struct answer a = ask (PLAIN, f, three, NULL);
      if (a.error.code != AID_E_PARSE || !strstr (a.error.msg, "127.0.0.1"))
        fail_msg ("%s: %s %s", bodies[i], aid_err_name (a.error.code), a.error.msg);
      fake_stop (f);
    }
}

static void
a_refusal_is_told_without_the_key (void **state)
{
  (void)state;
  struct fake_http *f
    = FAKE_START (((const struct fake_step[]){ STATUS ("401 No", "{\"error\":{\"message\":\"no key secret-key here\"}}") }));
  struct answer a = ask (PLAIN, f, three, "secret-key");
  assert_int_equal (a.error.code, AID_E_HTTP);
  assert_int_equal (a.status, 401);
  assert_non_null (strstr (a.error.msg, "no key"));
  assert_null (strstr (a.error.msg, "secret-key"));
  fake_stop (f);
}

/* Texts with secrets stay here; the others' vectors come for the right ones. */
static void
texts_with_secrets_are_not_sent (void **state)
{
#define SECRET "ghp_8Kq2LmXv71RtYwZb0NcJfHsD5oPu3TgEia9Q"
  static const char *const texts[TEXTS] = { "token = \"" SECRET "\"", "two", "three" };
  static const char *const all[TEXTS] = { SECRET, "x " SECRET, SECRET " y" };
  (void)state;
  struct fake_http *f = FAKE_START (
    ((const struct fake_step[]){ JSON ("{\"data\":[{\"index\":0,\"embedding\":[5]},{\"index\":1,\"embedding\":[6]}]}") }));
  struct answer a = ask (PLAIN, f, texts, NULL);
  assert_int_equal (a.error.code, AID_OK);
  assert_false (a.has[0]);
  assert_true (a.has[1] && a.has[2] && a.first[1] == 5 && a.first[2] == 6);
  assert_null (strstr (f->requests[0], "ghp_"));
  a = ask (PLAIN, f, all, NULL);
  assert_int_equal (a.error.code, AID_E_REFUSED);
  assert_int_equal (a.calls, 0);
  assert_int_equal (fake_count (f, &f->served), 1);
  fake_stop (f);
}

/* A secret that only comes about with what stands before the text: all that leaves is looked through. */
static void
what_stands_before_the_texts_is_looked_through_too (void **state)
{
  static const char *const texts[TEXTS] = { "8Kq2LmXv71RtYwZb0NcJfHsD5oPu3TgEia9Q", "8Kq2LmXv71RtYwZb0NcJfHsD5oPu3TgEia9Q",
                                            "8Kq2LmXv71RtYwZb0NcJfHsD5oPu3TgEia9Q" };
  (void)state;
  struct fake_http *f = FAKE_START (((const struct fake_step[]){ JSON ("{}") }));
  struct answer a = ask ("{\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:PORT/v1\"}},\"embeddings\":{\"provider\":\"p\","
                         "\"model\":\"m\",\"passage_prefix\":\"ghp_\"}}",
                         f, texts, NULL);
  assert_int_equal (a.error.code, AID_E_REFUSED);
  fake_stop (f);
}

/* Where the question goes and how the key is told, by the provider's wire format. */
static void
each_wire_format_has_its_place (void **state)
{
  static const struct
  {
    const char *settings, *path;
  } cases[] = {
    { "{\"providers\":{\"ollama\":{\"url\":\"http://"
      "127.0.0.1:PORT\"}},\"embeddings\":{\"provider\":\"ollama\",\"model\":\"m\"}}",
      "POST /v1/embeddings HTTP/1.1\r\n" },
    { "{\"providers\":{\"gemini\":{\"url\":\"http://127.0.0.1:PORT/"
      "v1beta\"}},\"embeddings\":{\"provider\":\"gemini\",\"model\":"
      "\"m\"}}",
      "POST /v1beta/openai/embeddings HTTP/1.1\r\n" },
    { "{\"providers\":{\"openai\":{\"url\":\"http://127.0.0.1:PORT/v1/"
      "\"}},\"embeddings\":{\"provider\":\"openai\",\"model\":"
      "\"m\"}}",
      "POST /v1/embeddings HTTP/1.1\r\n" },
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct fake_http *f = FAKE_START (((const struct fake_step[]){ JSON ("{\"data\":[1]}") }));
      ask (cases[i].settings, f, three, "the-key");
      assert_non_null (strstr (f->requests[0], cases[i].path));
      assert_non_null (strstr (f->requests[0], "Authorization: Bearer the-key\r\n"));
      fake_stop (f);
    }
}

static void
settings_say_who_makes_them_or_that_nobody_does (void **state)
{
  static const struct
  {
    const char *text;
    enum aid_err err;
  } cases[] = {
    { "{}", AID_E_NOTFOUND },
    { "{\"embeddings\":false}", AID_E_NOTFOUND },
    { "{\"embeddings\":{\"provider\":\"ollama\"}}", AID_E_INVALID },
    { "{\"embeddings\":{\"model\":\"m\"}}", AID_E_INVALID },
    { "{\"embeddings\":{\"provider\":\"ollama\",\"model\":\"\"}}", AID_E_INVALID },
    { "{\"embeddings\":{\"provider\":\"nobody\",\"model\":\"m\"}}", AID_E_NOTFOUND },
    { "{\"embeddings\":{\"provider\":\"anthropic\",\"model\":\"m\"}}", AID_E_INVALID },
    { "{\"embeddings\":{\"provider\":\"ollama\",\"model\":\"m\"}}", AID_OK },
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_error e = { AID_OK, "" };
      struct aid_config *c = aid_config_parse (aid_span_z (cases[i].text), AID_SPAN (""), &e);
      struct aid_embedder by;
      enum aid_err err = aid_embedder_resolve (c, &by, &e);
      if (err != cases[i].err)
        fail_msg ("%s: %s, %s", cases[i].text, aid_err_name (err), e.msg);
      assert_int_equal (by.made_by != NULL, !err);
      aid_embedder_free (&by);
      aid_config_free (c);
    }
}

/* Vectors of another model, length or text before it cannot be compared: the name of what makes them tells them apart. */
static void
what_changes_the_vectors_changes_their_maker_s_name (void **state)
{
  static const char *const others[]
    = { "\"model\":\"n\"", "\"model\":\"m\",\"dimensions\":2", "\"model\":\"m\",\"passage_prefix\":\"x\"" };
  struct aid_embedder a = embedder ("{\"embeddings\":{\"provider\":\"ollama\",\"model\":\"m\"}}", NULL);
  (void)state;
  for (size_t i = 0; i < 3; i++)
    {
      char text[200];
      snprintf (text, sizeof text, "{\"embeddings\":{\"provider\":\"ollama\",%s}}", others[i]);
      struct aid_embedder b = embedder (text, NULL);
      assert_string_not_equal (a.made_by, b.made_by);
      aid_embedder_free (&b);
    }
  struct aid_embedder same
    = embedder ("{\"embeddings\":{\"provider\":\"ollama\",\"model\":\"m\",\"question_prefix\":\"q\"}}", NULL);
  assert_string_equal (a.made_by, same.made_by);
  aid_embedder_free (&same);
  aid_embedder_free (&a);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (vectors_come_in_the_order_of_the_texts),
    cmocka_unit_test (wrong_answers_are_told),
    cmocka_unit_test (a_refusal_is_told_without_the_key),
    cmocka_unit_test (texts_with_secrets_are_not_sent),
    cmocka_unit_test (what_stands_before_the_texts_is_looked_through_too),
    cmocka_unit_test (each_wire_format_has_its_place),
    cmocka_unit_test (settings_say_who_makes_them_or_that_nobody_does),
    cmocka_unit_test (what_changes_the_vectors_changes_their_maker_s_name),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
