/* What is sent can be seen, changed and found again; the key is in nothing of it. */
#include "turn_bench.h"
#include "model/hide.h"
#include "assist/log.h"
#include "config/config.h"
#include "store/blob.h"
#include <fcntl.h>
#include <sys/stat.h>

#define SECRET "sk-planted-0123456789"
#define ECHO_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Echo: Bearer " SECRET "\r\nSet-Cookie: id=a1b2c3\r\n" \
                  "Connection: close\r\n\r\n"

/* Settings with a key, for the bench's server. */
static void
write_keyed_config (const struct bench *b, const char *more)
{
  char path[128], text[1024];
  snprintf (path, sizeof path, "%s/aid/config.json", dir);
  snprintf (text, sizeof text,
            "{\"model\":\"m\",%s\"providers\":{\"p\":{\"wire\":\"openai-chat\","
            "\"url\":\"http://127.0.0.1:%d/v1?api-key=by-hand\",\"retries\":0,"
            "\"key_env\":\"AID_TEST_KEY\",\"headers\":{\"X-Team-Token\":\"by-hand\"}}},"
            "\"models\":{\"m\":{\"provider\":\"p\",\"name\":\"real\",\"context\": 5000}}}",
            more, b->server->port);
  assert_int_equal (aid_fs_replace (path, aid_span_z (text), 0600, NULL), AID_OK);
  setenv ("AID_TEST_KEY", SECRET, 1);
}

static void
read_log (const char *name, struct aid_str *out)
{
  char path[128];
  snprintf (path, sizeof path, "%s/aid/%s", dir, name);
  assert_int_equal (aid_fs_read (path, out, NULL), AID_OK);
}

static void
look (struct bench *b, const char *chat, struct aid_str *json)
{
  struct aid_ask a = { .id = 9, .chat = aid_span_z (chat), .request = "r1" };
  struct aid_str val = AID_STR_INIT (1u << 20);
  struct aid_error e = { AID_OK, "" };
  if (aid_assist_inspect (b->assist, &a, &val, &e))
    fail_msg ("%s", e.msg);
  aid_str_clear (json);
  aid_val_to_json (aid_str_span (&val), 0, json);
  aid_str_free (&val);
}

static void
contains (const struct aid_str *text, const char *what)
{
  if (!strstr (aid_str_z (text), what))
    fail_msg ("%s is not in %s", what, aid_str_z (text));
}

static void
lacks (const struct aid_str *text, const char *what)
{
  if (strstr (aid_str_z (text), what))
    fail_msg ("%s is in %s", what, aid_str_z (text));
}

static void
test_what_would_be_sent_is_what_is_sent (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("x") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  struct aid_str json = AID_STR_INIT (1u << 20), body = AID_STR_INIT (1u << 20);
  begin (&b, script, 1);
  write_keyed_config (&b, "");
  look (&b, CHAT, &json);
  assert_string_equal (aid_str_z (&b.w.kinds), "");
  contains (&json, "Bearer $AID_TEST_KEY");
  contains (&json, "\"X-Team-Token\", \"value\": \"$X_TEAM_TOKEN\"");
  contains (&json, "?api-key=$API_KEY");
  contains (&json, "\"context\": 5000");
  contains (&json, "\"turns\": [{\"number\": 1, \"tokens\": ");
  contains (&json, "\"prefix\": null");
  lacks (&json, SECRET);
  lacks (&json, "by-hand");
  ask (&b, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  const char *sent = strstr (b.server->requests[0], "\r\n\r\n") + 4;
  aid_val_str (&body, aid_span_z (sent));
  struct aid_str escaped = AID_STR_INIT (1u << 20);
  aid_val_to_json (aid_str_span (&body), 0, &escaped);
  contains (&json, aid_str_z (&escaped));
  contains (&json, "\"body\": ");
  assert_non_null (strstr (b.server->requests[0], "Bearer " SECRET));
  look (&b, CHAT, &json);
  contains (&json, "\"whole\": true");
  finish (&b);
  aid_str_free (&json);
  aid_str_free (&body);
  aid_str_free (&escaped);
}

/* Who only looks leaves no trace; the item's text is in what is shown. */
static void
test_a_look_stores_nothing (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_HOLD };
  const struct fake_step *script[] = { answer };
  struct bench b;
  struct aid_str val = AID_STR_INIT (1u << 20), text = AID_STR_INIT (1000);
  struct aid_ask_item item = { AID_SPAN ("aid:buffer/x"), AID_SPAN ("seen by a look only\n") };
  char id[17];
  begin (&b, script, 1);
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (CHAT "\n- [x](aid:buffer/x) <!--aid:" KEY " item-->\n"), .request = "r1",
                       .items = &item, .nitems = 1 };
  assert_int_equal (aid_assist_inspect (b.assist, &a, &val, NULL), AID_OK);
  assert_true (aid_span_find (aid_str_span (&val), AID_SPAN ("seen by a look only")) >= 0);
  aid_blob_id (item.text, id);
  assert_int_equal (aid_blob_get (id, &text, NULL), AID_E_NOTFOUND);
  finish (&b);
  aid_str_free (&val);
  aid_str_free (&text);
}

static void
test_long_texts_come_apart (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_HOLD };
  const struct fake_step *script[] = { answer };
  struct bench b;
  struct aid_str json = AID_STR_INIT (1u << 20), val = AID_STR_INIT (1u << 20);
  struct aid_str texts = AID_STR_INIT (1u << 20), formatted = AID_STR_INIT (1u << 20);
  struct aid_ask a = { .id = 9, .chat = aid_span_z (CHAT "\nAnd \"ä\"?\n"), .request = "r1" };
  begin (&b, script, 1);
  assert_int_equal (aid_assist_inspect_apart (b.assist, &a, &val, &texts, NULL), AID_OK);
  aid_val_to_json (aid_str_span (&val), 0, &json);
  json_t *told = json_loads (aid_str_z (&json), 0, NULL);
  assert_null (json_object_get (told, "body"));
  assert_null (json_object_get (told, "formatted"));
  /* one sign of two bytes */
  size_t bytes = (size_t) json_integer_value (json_object_get (told, "body_chars")) + 1;
  assert_int_equal (texts.ptr[bytes - 1], '}');
  aid_inspect_format (aid_span_cut (aid_str_span (&texts), 0, bytes), &formatted);
  assert_true (aid_span_eq (aid_span_cut (aid_str_span (&texts), bytes, texts.len), aid_str_span (&formatted)));
  json_decref (told);
  finish (&b);
  aid_str_free (&json);
  aid_str_free (&val);
  aid_str_free (&texts);
  aid_str_free (&formatted);
}

static void
test_an_edited_request_is_sent_as_it_is (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_SEND (HEAD DELTA ("x") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  begin (&b, script, 1);
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (CHAT), .request = "r1", .body = AID_SPAN ("{ \"model\" : \"other\" }\n") };
  assert_int_equal (aid_assist_ask (b.assist, &a, NULL), AID_OK);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_string_equal (strstr (b.server->requests[0], "\r\n\r\n") + 4, "{ \"model\" : \"other\" }\n");
  assert_non_null (strstr (aid_str_z (&b.w.last), "edited-request=1"));
  finish (&b);
}

/* One request whose answer echoes the key in a header and, in two pieces, in its text. */
static void
echo (const char *more, struct aid_str *last)
{
  static const struct fake_step answer[]
    = { FAKE_SEND (ECHO_HEAD DELTA ("your key is sk-plan")), FAKE_SEND (DELTA ("no")),
        FAKE_SEND ("data: sk-planted-"), FAKE_SEND ("0123456789\n\n" STOP),
        FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  struct aid_str val = AID_STR_INIT (1u << 20);
  begin (&b, script, 1);
  write_keyed_config (&b, more);
  struct aid_ask a = { .id = 1, .chat = AID_SPAN (CHAT), .request = "r1" };
  assert_int_equal (aid_assist_ask (b.assist, &a, NULL), AID_OK);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_int_equal (aid_assist_last (b.assist, "nokey", &val), 0);
  assert_int_equal (aid_assist_last (b.assist, KEY, &val), 1);
  aid_val_to_json (aid_str_span (&val), 0, last);
  finish (&b);
  aid_str_free (&val);
}

static void
test_the_last_request_is_kept_with_its_raw_reply (void **state)
{
  (void) state;
  struct aid_str last = AID_STR_INIT (1u << 20);
  echo ("", &last);
  contains (&last, "hello?");
  contains (&last, "\"status\": 200");
  contains (&last, "data: {\\\"choices\\\"");
  contains (&last, "data: $AID_TEST_KEY");
  contains (&last, "\"X-Echo\", \"value\": \"Bearer $AID_TEST_KEY\"");
  contains (&last, "\"Set-Cookie\", \"value\": \"$SET_COOKIE\"");
  contains (&last, "\"reply_left_out\": 0");
  lacks (&last, SECRET);
  lacks (&last, "a1b2c3");
  lacks (&last, "\"total_us\": 0,");
  aid_str_free (&last);
}

/* Whatever ends a request ends its record: it is not said to run, and the key is not kept. */
static void
test_a_request_that_is_never_made_has_ended (void **state)
{
  (void) state;
  static const struct fake_step answer[] = { FAKE_HOLD };
  const struct fake_step *script[] = { answer };
  struct bench b;
  struct aid_str val = AID_STR_INIT (1u << 20), last = AID_STR_INIT (1u << 20);
  begin (&b, script, 1);
  write_keyed_config (&b, "\"log_content\":false,");
  ask (&b, 1);
  aid_assist_cancel (b.assist, 1);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  for (int i = 0; i < 6000 && aid_assist_running (b.assist); i++)
    usleep (10000);
  if (aid_assist_last (b.assist, KEY, &val))
    {
      aid_val_to_json (aid_str_span (&val), 0, &last);
      contains (&last, "\"state\": \"done\"");
      contains (&last, "\"code\": \"cancelled\"");
    }
  finish (&b);
  aid_str_free (&val);
  aid_str_free (&last);
}

static void
test_the_log_has_a_line_without_content (void **state)
{
  (void) state;
  struct aid_str last = AID_STR_INIT (1u << 20), log = AID_STR_INIT (1u << 20);
  char path[128];
  snprintf (path, sizeof path, "%s/aid/log", dir);
  unlink (path);
  echo ("", &last);
  read_log ("log", &log);
  contains (&log, "\"model\":\"m\",\"host\":\"127.0.0.1\",\"status\":200");
  assert_ptr_equal (strchr (aid_str_z (&log), '\n'), log.ptr + log.len - 1);
  lacks (&log, "hello?");
  lacks (&log, "choices");
  lacks (&log, SECRET);
  unlink (path);
  echo ("\"log_content\":true,", &last);
  aid_str_clear (&log);
  read_log ("log", &log);
  contains (&log, "hello?");
  contains (&log, "choices");
  contains (&log, "data: $AID_TEST_KEY");
  lacks (&log, SECRET);
  aid_str_free (&last);
  aid_str_free (&log);
}

static void
test_a_project_cannot_switch_content_on (void **state)
{
  (void) state;
  struct aid_error e;
  struct aid_config *c = aid_config_parse (AID_SPAN ("{}"), AID_SPAN ("{\"log_content\":true}"), &e);
  assert_non_null (c);
  assert_null (aid_config_get (c, "log_content"));
  assert_non_null (strstr (aid_config_warnings (c), "log_content"));
  aid_config_free (c);
}

static void
test_a_full_log_moves_away (void **state)
{
  (void) state;
  char path[128];
  struct stat st;
  struct aid_str line = AID_STR_INIT (AID_LOG_MAX);
  while (line.len < AID_LOG_MAX / 2)
    aid_str_addz (&line, "0123456789");
  snprintf (path, sizeof path, "%s/aid/log", dir);
  unlink (path);
  for (int i = 0; i < 6; i++)
    assert_int_equal (aid_log_add (aid_str_span (&line), NULL), AID_OK);
  assert_int_equal (stat (path, &st), 0);
  assert_int_equal ((size_t) st.st_size, line.len + 1);
  assert_int_equal (st.st_mode & 0777, 0600);
  snprintf (path, sizeof path, "%s/aid/log.2", dir);
  assert_int_equal (stat (path, &st), 0);
  snprintf (path, sizeof path, "%s/aid/log.3", dir);
  assert_int_equal (stat (path, &st), -1);
  aid_str_free (&line);
}

static void
expect_format (const char *text, const char *want)
{
  struct aid_str out = AID_STR_INIT (1000);
  aid_inspect_format (aid_span_z (text), &out);
  assert_string_equal (aid_str_z (&out), want);
  aid_str_free (&out);
}

static void
test_formatting_changes_blanks_alone (void **state)
{
  (void) state;
  expect_format ("{\"a\":[1,0.10,{}],\"b\":\"x: {\\\" , \\\\\"}",
                 "{\n  \"a\": [\n    1,\n    0.10,\n    {}\n  ],\n  \"b\": \"x: {\\\" , \\\\\"\n}");
  expect_format (" [ ] ", "[]");
  expect_format ("}]\"", "}]\"");
}

static void
test_a_mistake_is_told_with_its_line (void **state)
{
  (void) state;
  int line, column;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_inspect_check (AID_SPAN ("{\n  \"a\": 1,\n  \"b\" 2\n}"), &line, &column, &e), 0);
  assert_int_equal (line, 3);
  assert_non_null (strstr (e.msg, "Line 3, column"));
  assert_int_equal (aid_inspect_check (AID_SPAN ("[1]"), &line, &column, &e), 0);
  assert_int_equal (aid_inspect_check (AID_SPAN ("{\"a\": 1}"), &line, &column, &e), 1);
}

/* Gives what a shell makes of the command for BODY: the words behind its name, one a line in angle brackets. */
static void
run_curl (struct aid_span body, struct aid_str *said)
{
  const struct aid_http_header headers[] = { { "Authorization", "Bearer $MY_KEY" },
                                            { "X-Odd", "it's $HOME `id` \"q\" $MY_KEY!" } };
  struct aid_str command = AID_STR_INIT (1u << 20);
  char path[128], buf[4096];
  size_t n;
  aid_str_addz (&command, "MY_KEY='a b'\n"
                          "curl () { for w; do printf '<%s>\\n' \"$w\"; done; case \"$*\" in *@-*) cat;; esac; }\n");
  aid_inspect_curl ("http://h/v1?k=$MY_KEY&x='y'", headers, 2, "MY_KEY", body, &command);
  snprintf (path, sizeof path, "%s/command", dir);
  assert_int_equal (aid_fs_replace (path, aid_str_span (&command), 0600, NULL), AID_OK);
  snprintf (buf, sizeof buf, "sh '%s'", path);
  FILE *p = popen (buf, "r");
  assert_non_null (p);
  while ((n = fread (buf, 1, sizeof buf, p)) > 0)
    aid_str_add (said, buf, n);
  assert_int_equal (pclose (p), 0);
  aid_str_free (&command);
}

static void
test_a_shell_reads_the_command_as_it_is_meant (void **state)
{
  (void) state;
  struct aid_str said = AID_STR_INIT (1u << 20), body = AID_STR_INIT (1u << 20);
  run_curl (AID_SPAN ("{\"q\":\"it's $MY_KEY `id` \\\"\n\"}"), &said);
  contains (&said, "<http://h/v1?k=a b&x='y'>");
  contains (&said, "<Authorization: Bearer a b>");
  contains (&said, "<X-Odd: it's $HOME `id` \"q\" a b!>");
  contains (&said, "<{\"q\":\"it's $MY_KEY `id` \\\"\n\"}>");
  while (body.len < 200000)
    aid_str_addz (&body, "AID_END $MY_KEY '\"\n");
  aid_str_clear (&said);
  run_curl (aid_str_span (&body), &said);
  assert_true (aid_span_ends (aid_str_span (&said), aid_str_z (&body)));
  aid_str_free (&said);
  aid_str_free (&body);
}

static void
expect_url (const char *url, const char *want)
{
  struct aid_str out = AID_STR_INIT (1000);
  aid_hide_url (url, "s3cret", "V", &out);
  assert_string_equal (aid_str_z (&out), want);
  aid_str_free (&out);
}

static void
test_an_address_shows_no_credential (void **state)
{
  (void) state;
  expect_url ("https://me:pw@h.example/v1?a=1&sig=x#f", "https://h.example/v1?a=1&sig=$SIG#f");
  expect_url ("https://h/v1/models?key=s3cret", "https://h/v1/models?key=$V");
  expect_url ("https://h/s3cret/x", "https://h/$V/x");
  expect_url ("h", "h");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_what_would_be_sent_is_what_is_sent),
    cmocka_unit_test (test_a_look_stores_nothing), cmocka_unit_test (test_long_texts_come_apart),
    cmocka_unit_test (test_an_edited_request_is_sent_as_it_is),
    cmocka_unit_test (test_the_last_request_is_kept_with_its_raw_reply),
    cmocka_unit_test (test_a_request_that_is_never_made_has_ended),
    cmocka_unit_test (test_the_log_has_a_line_without_content),
    cmocka_unit_test (test_a_project_cannot_switch_content_on),
    cmocka_unit_test (test_a_full_log_moves_away),
    cmocka_unit_test (test_formatting_changes_blanks_alone),
    cmocka_unit_test (test_a_mistake_is_told_with_its_line),
    cmocka_unit_test (test_a_shell_reads_the_command_as_it_is_meant),
    cmocka_unit_test (test_an_address_shows_no_credential),
  };
  return cmocka_run_group_tests (tests, setup, teardown);
}
