/* What a server wants back of its answer goes through the chat file and back unmodified, and stays away when a person has
   edited the answer: a real request, the chat as it stands then, the next real request. */
#include "turn_bench.h"
#include "base/json.h"

/* The value of the string member KEY in the last event. */
static void
member_of_last (const struct watcher *w, const char *key, struct aid_str *out)
{
  json_t *last = json_loadb (w->last.ptr, w->last.len, 0, NULL);
  assert_non_null (last);
  aid_str_addspan (out, aid_json_span (last, key));
  json_decref (last);
}

/* Asks over WIRE; the answer's body is the case file NAME.  Then asks again in the chat that has come of it, its text edited
   from FROM to TO unless FROM is NULL.  The second request's body. */
static json_t *
asked_again (const char *wire, const char *name, const char *from, const char *to)
{
  char path[128];
  struct aid_str body = AID_STR_INIT (1u << 20), chat = AID_STR_INIT (1u << 20), meta = AID_STR_INIT (4096);
  struct bench b;
  bench_wire = wire;
  snprintf (path, sizeof path, "tests/cases/wire/%s.sse", name);
  assert_int_equal (aid_fs_read (path, &body, NULL), AID_OK);
  const struct fake_step answer[] = { FAKE_SEND (HEAD), { FAKE_OP_SEND, body.ptr, body.len, 1 }, FAKE_CLOSE };
  const struct fake_step *const script[] = { answer, answer };
  begin (&b, script, 2);
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  member_of_last (&b.w, "meta", &meta);
  const char *edit = from ? strstr (aid_str_z (&b.w.text), from) : NULL;
  assert_int_equal (from != NULL, edit != NULL);
  size_t before = edit ? (size_t) (edit - b.w.text.ptr) : b.w.text.len;
  aid_str_addf (&chat, CHAT "\n## m <!--aid:" KEY " 2 answer-->\n<!--aid:" KEY " meta %s-->\n", aid_str_z (&meta));
  aid_str_add (&chat, b.w.text.ptr, before);
  if (edit)
    {
      aid_str_addz (&chat, to);
      aid_str_addz (&chat, edit + strlen (from));
    }
  aid_str_addz (&chat, "\n\n## You <!--aid:" KEY " 3 user-->\nand now?\n");
  struct aid_ask a = { .id = 2, .chat = aid_str_span (&chat), .request = "r2" };
  assert_int_equal (aid_assist_ask (b.assist, &a, NULL), AID_OK);
  assert_true (wait_for (&b.w, &b.w.ended, 2));
  const char *sent = strstr (b.server->requests[1], "\r\n\r\n");
  assert_non_null (sent);
  json_t *request = json_loads (sent + 4, 0, NULL);
  assert_non_null (request);
  finish (&b);
  aid_str_free (&body);
  aid_str_free (&chat);
  aid_str_free (&meta);
  return request;
}

/* The element AT of the list LIST in REQUEST (which is consumed) is EXPECTED. */
static void
turn_is (json_t *request, const char *list, size_t at, const char *expected)
{
  json_t *got = json_array_get (json_object_get (request, list), at), *want = json_loads (expected, 0, NULL);
  char *text = json_dumps (got, JSON_ENCODE_ANY);
  assert_non_null (want);
  if (!json_equal (got, want))
    fail_msg ("expected %s\ngot %s", expected, text ? text : "nothing");
  free (text);
  json_decref (want);
  json_decref (request);
}

static void
signed_thinking_goes_back (void **state)
{
  (void) state;
  turn_is (asked_again ("anthropic-messages", "anthropic-thinking", NULL, NULL), "messages", 1,
           "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"Let me see.\",\"signature\":\"SIG==\"},"
           "{\"type\":\"redacted_thinking\",\"data\":\"ENC\"},{\"type\":\"text\",\"text\":\"Yes.\"}]}");
  turn_is (asked_again ("anthropic-messages", "anthropic-thinking", "Yes.", "No."), "messages", 1,
           "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"No.\"}]}");
}

static void
thinking_that_was_edited_does_not (void **state)
{
  (void) state;
  turn_is (asked_again ("anthropic-messages", "anthropic-thinking", "Let me see", "Let us see"), "messages", 1,
           "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Yes.\"}]}");
}

static void
encrypted_reasoning_goes_back (void **state)
{
  (void) state;
#define YES "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Yes.\"}]}"
  turn_is (asked_again ("openai-responses", "responses-reasoning-encrypted", NULL, NULL), "input", 1,
           "{\"id\":\"rs_1\",\"type\":\"reasoning\",\"encrypted_content\":\"gAAA\",\"summary\":["
           "{\"type\":\"summary_text\",\"text\":\"Let me see.\"},{\"type\":\"summary_text\",\"text\":\"It is so.\"}]}");
  turn_is (asked_again ("openai-responses", "responses-reasoning-encrypted", NULL, NULL), "input", 2, YES);
  turn_is (asked_again ("openai-responses", "responses-reasoning-encrypted", "Yes.", "Yes. "), "input", 1,
           "{\"id\":\"rs_1\",\"type\":\"reasoning\",\"encrypted_content\":\"gAAA\",\"summary\":["
           "{\"type\":\"summary_text\",\"text\":\"Let me see.\"},{\"type\":\"summary_text\",\"text\":\"It is so.\"}]}");
  turn_is (asked_again ("openai-responses", "responses-reasoning-encrypted", "It is so.", "It is not so."), "input", 1, YES);
}

static void
reasoning_that_nobody_sees_goes_back (void **state)
{
  (void) state;
  turn_is (asked_again ("openai-responses", "responses-reasoning-without-summary", NULL, NULL), "input", 1,
           "{\"id\":\"rs_1\",\"type\":\"reasoning\",\"encrypted_content\":\"gAAA\",\"summary\":[]}");
  turn_is (asked_again ("gemini", "gemini-thoughts-and-signature", NULL, NULL), "contents", 1,
           "{\"role\":\"model\",\"parts\":[{\"text\":\"Yes.\",\"thoughtSignature\":\"U0lH\"}]}");
  turn_is (asked_again ("gemini", "gemini-thoughts-and-signature", "Yes.", "No."), "contents", 1,
           "{\"role\":\"model\",\"parts\":[{\"text\":\"No.\"}]}");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (signed_thinking_goes_back),
    cmocka_unit_test (thinking_that_was_edited_does_not),
    cmocka_unit_test (encrypted_reasoning_goes_back),
    cmocka_unit_test (reasoning_that_nobody_sees_goes_back),
  };
  return cmocka_run_group_tests_name ("assist roundtrip", tests, setup, teardown);
}
