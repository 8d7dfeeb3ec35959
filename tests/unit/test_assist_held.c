/* What looks like a secret does not leave: it is found in everything that a request would send of the person's, told
   with its place and without itself, and nothing of it is stored. */
#include "assist/assist_internal.h"
#include "base/json.h"
#include "config/secrets.h"
#include "base/val.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "scratch_put.h"

#define KEY "k7Qx2mT9"
#define HEAD "<!--aid:" KEY " chat v=1 root=..-->\n# t\n\n"
#define YOU(n) "## You <!--aid:" KEY " " #n " user-->\n"
#define IT(n) "## m <!--aid:" KEY " " #n " answer-->\n<!--aid:" KEY " meta model=m req=r1 state=done-->\n"
#define ITEM(target) "- [" target "](" target ") <!--aid:" KEY " item-->\n"
#define TOKEN                                                                                                               \
  "gh"                                                                                                                      \
  "p_m8Rw3nU0vB3nR8wL5cF1jH6dS0gK4pZ2xY9a"
#define OTHER                                                                                                               \
  "gl"                                                                                                                      \
  "pat-vB3nR8wL5cF1jH6dS0gK"

static struct aid_prompt prompt;

static void
id_of (const char *kind, const char *bytes, char id[AID_SECRET_ID])
{
  aid_secret_id (aid_span_z (bytes), &(struct aid_secret){ 0, strlen (bytes), 0, kind }, id);
}

static void
build (const char *chat, const char *removed)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_prompt_request r
    = { .chat = aid_span_z (chat), .dir = scratch, .system = "s", .model_id = "m", .remove_secrets = removed };
  if (aid_prompt_build (&r, &prompt, &e))
    fail_msg ("%s", e.msg);
}

/* The findings as "kind|item|line|mask|file|asked" lines; *MESSAGE gets the sentence. */
static const char *
held (const char *allowed, char message[256])
{
  static char lines[8192];
  struct aid_str val = AID_STR_INIT (1u << 20), json = AID_STR_INIT (1u << 20);
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_held_check (&prompt, allowed, &val, &e);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
  assert_null (strstr (aid_str_z (&json), TOKEN));
  assert_null (strstr (e.msg, TOKEN));
  json_t *list = aid_json_parse (aid_str_span (&json), "held", NULL), *f;
  size_t i, n = 0;
  lines[0] = '\0';
  json_array_foreach (list, i, f)
  {
    const char *item = aid_json_str (f, "item");
    n += (size_t)snprintf (lines + n, sizeof lines - n, "%s|%s|%d|%s|%d|%d\n", aid_json_str (f, "kind"), item ? item : "-",
                           (int)aid_json_int (f, "line", -1), aid_json_str (f, "mask"), aid_json_bool (f, "file", -1),
                           aid_json_bool (f, "asked", -1));
  }
  assert_int_equal (err, json_array_size (list) ? AID_E_REFUSED : AID_OK);
  strcpy (message, e.msg);
  json_decref (list);
  aid_str_free (&val);
  aid_str_free (&json);
  return lines;
}

static void
nothing_is_nothing (void **state)
{
  char message[256];
  (void)state;
  put ("a.c", "int main;\n");
  build (HEAD YOU (1) "What is this?\n\n" ITEM ("a.c"), NULL);
  assert_string_equal (held (NULL, message), "");
  assert_string_equal (message, "");
  aid_prompt_free (&prompt);
}

static void
each_is_told_with_its_place (void **state)
{
  char message[256];
  (void)state;
  put ("a.c", "int a;\nconst char *t = \"" TOKEN "\";\n");
  put ("long.txt", "1\n2\n3\n4\n" OTHER "\n6\n");
  build (HEAD YOU (1) "An old one:\n" OTHER "\n\n" IT (2) "The answer: " TOKEN "\n\n" YOU (3) "Why is\n\n" TOKEN
                                                                                              "\n\nrefused?\n\n" ITEM ("a.c")
                                                                                                ITEM ("long.txt#L4-L6"),
         NULL);
  assert_string_equal (held (NULL, message), "GitLab token|-|2|glpat-... (26 characters)|0|0\n"
                                             "GitHub token|-|3|ghp_... (40 characters)|0|1\n"
                                             "GitHub token|a.c|2|ghp_... (40 characters)|0|1\n"
                                             "GitLab token|long.txt#L4-L6|5|glpat-... (26 characters)|0|1\n");
  assert_string_equal (message, "Not sent: an earlier question, line 2, holds what looks like a secret: GitLab token, "
                                "glpat-... (26 characters); and 3 more.");
  assert_string_equal (held ("*", message), "");
  aid_prompt_free (&prompt);
}

/* What the server wrote it has; what the person wrote into it is the person's. */
static void
an_answer_that_was_edited_is_looked_through (void **state)
{
  static const char got[] = "## m <!--aid:" KEY " 2 answer-->\n"
                             "<!--aid:" KEY " meta model=m req=r1 got=0123456789abcdef state=done-->\n";
  struct aid_str chat = AID_STR_INIT (8192);
  char message[256];
  (void)state;
  aid_str_addf (&chat, HEAD YOU (1) "Hm?\n\n%sThe key is\n\n" TOKEN "\n\n" YOU (3) "And?\n", got);
  build (aid_str_z (&chat), NULL);
  assert_string_equal (held (NULL, message), "GitHub token|-|3|ghp_... (40 characters)|0|0\n");
  assert_string_equal (message, "Not sent: an answer that was edited, line 3, holds what looks like a secret: GitHub token, "
                                "ghp_... (40 characters).");
  aid_prompt_free (&prompt);
  aid_str_free (&chat);
}

/* The strategy's prompt and answers leave, too; what is told of already, or allowed, is not told again where it is repeated. */
static void
nothing_that_is_sent_is_left_out (void **state)
{
  static const char got[] = "## m <!--aid:" KEY " 2 answer-->\n<!--aid:" KEY " meta model=m req=r1 state=done-->\n";
  struct aid_str chat = AID_STR_INIT (8192);
  char message[256], id[AID_SECRET_ID];
  struct aid_error e = { AID_OK, "" };
  (void) state;
  aid_str_addf (&chat, HEAD YOU (1) "Hm?\n\n%sIt is " OTHER " and\n\n" OTHER "\n\n<!--aid:" KEY " tool id=c name=run-->\n"
                "```json\n{\"env\": \"X=" TOKEN "\"}\n```\n\n" YOU (3) "And?\n", got);
  struct aid_prompt_request r = { .chat = aid_str_span (&chat), .dir = scratch, .system = "Say\n" TOKEN ".", .model_id = "m" };
  assert_int_equal (aid_prompt_build (&r, &prompt, &e), AID_OK);
  assert_string_equal (held (NULL, message), "GitHub token|-|2|ghp_... (40 characters)|0|0\n"
                                             "GitLab token|-|1|glpat-... (26 characters)|0|0\n");
  assert_string_equal (message, "Not sent: the strategy's prompt, line 2, holds what looks like a secret: GitHub token, "
                                "ghp_... (40 characters); and 1 more.");
  id_of ("GitHub token", TOKEN, id);
  assert_string_equal (held (id, message), "GitLab token|-|1|glpat-... (26 characters)|0|0\n");
  assert_non_null (strstr (message, "Not sent: an answer, line 1, holds"));
  aid_prompt_free (&prompt);
  aid_str_free (&chat);
}

static enum aid_err
sent (const char *body, const char *allowed, struct aid_error *e)
{
  struct aid_str val = AID_STR_INIT (1u << 20);
  enum aid_err err = aid_held_check_sent (aid_span_z (body), allowed, &val, e);
  aid_str_free (&val);
  return err;
}

/* Whatever wrote it into the body, and however it is escaped there. */
static void
the_bytes_that_are_sent_are_looked_through (void **state)
{
  struct aid_error e = { AID_OK, "" };
  char id[AID_SECRET_ID];
  (void) state;
  id_of ("GitHub token", TOKEN, id);
  assert_int_equal (sent ("{\"model\":\"m\",\"metadata\":{\"user\":\"the key is none\"}}", NULL, &e), AID_OK);
  assert_int_equal (sent ("{\"metadata\":{\"user\":\"" TOKEN "\"},\"x\":\"" TOKEN "\"}", NULL, &e), AID_E_REFUSED);
  assert_string_equal (e.msg, "Not sent: the request, line 1, holds what looks like a secret: GitHub token, "
                              "ghp_... (40 characters).");
  assert_int_equal (sent ("{\"metadata\":{\"user\":\"" TOKEN "\"}}", id, &e), AID_OK);
  assert_int_equal (sent ("{\"" TOKEN "\":1}", NULL, &e), AID_E_REFUSED);
  assert_int_equal (sent ("[\"a\\nb\\nto\\u006ben = \\\"" TOKEN "\\\"\"]", NULL, &e), AID_E_REFUSED);
  assert_non_null (strstr (e.msg, "line 3"));
  assert_int_equal (sent ("{\"broken\\q\": " TOKEN, NULL, &e), AID_E_REFUSED);
}

/* In what is an image or encrypted, chance makes keys; one that is all of it is a key. */
static void
what_is_opaque_is_not_searched_by_chance (void **state)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_str body = AID_STR_INIT (8192), noise = AID_STR_INIT (8192);
  static const char chance[] = "/AKIA" "IOSFODNN7PZQTJ4X/";
  (void) state;
  for (int i = 0; i < 40; i++)
    aid_str_addz (&noise, "iVBORw0KGgo");
  aid_str_addf (&body, "[\"%s%s\"]", aid_str_z (&noise), chance);
  assert_int_equal (sent (aid_str_z (&body), NULL, &e), AID_OK);
  aid_str_clear (&body);
  aid_str_addf (&body, "[\"data:image/png;base64,%s%s==\"]", aid_str_z (&noise), chance);
  assert_int_equal (sent (aid_str_z (&body), NULL, &e), AID_OK);
  aid_str_clear (&body);
  aid_str_addf (&body, "[\"%s %s\"]", aid_str_z (&noise), chance);       /* words */
  assert_int_equal (sent (aid_str_z (&body), NULL, &e), AID_E_REFUSED);
  aid_str_clear (&body);
  aid_str_addf (&body, "[\"hvs.%.180s\"]", aid_str_z (&noise));
  assert_int_equal (sent (aid_str_z (&body), NULL, &e), AID_E_REFUSED);
  aid_str_free (&body);
  aid_str_free (&noise);
}

static void
a_file_is_known_by_its_name (void **state)
{
  char message[256];
  (void)state;
  put (".env", "COLOR=blue\n");
  build (HEAD YOU (1) "?\n\n" ITEM (".env"), NULL);
  assert_string_equal (held (NULL, message), "environment variables|.env|0||1|1\n");
  assert_string_equal (message, "Not sent: .env is a file of environment variables.");
  aid_prompt_free (&prompt);
}

static void
what_is_allowed_is_this_finding_alone (void **state)
{
  char message[256], id[AID_SECRET_ID], list[100];
  (void)state;
  put ("a.c", "x " TOKEN "\n");
  put ("b.c", "y\n" TOKEN " " OTHER "\n");
  build (HEAD YOU (1) "?\n\n" ITEM ("a.c") ITEM ("b.c"), NULL);
  id_of ("GitHub token", TOKEN, id);
  snprintf (list, sizeof list, "0123 %s", id);
  assert_string_equal (held (list, message), "GitLab token|b.c|2|glpat-... (26 characters)|0|1\n");
  snprintf (list, sizeof list, "%s0 1%s", id, id);
  assert_int_equal (strlen (held (list, message)) > 60, 1); /* parts of words are no words */
  aid_prompt_free (&prompt);
}

static const char *
question_text (void)
{
  const struct aid_vec *all = &prompt.conversation.messages;
  const struct aid_message *m = &AID_VEC_AT (struct aid_message, all, all->len - 1);
  return AID_VEC_AT (struct aid_part, &m->parts, 0).text;
}

static void
what_is_taken_out_is_not_frozen_either (void **state)
{
  char message[256], id[AID_SECRET_ID];
  struct aid_str kept = AID_STR_INIT (4096);
  (void)state;
  put ("a.c", "x " TOKEN "\ny " OTHER "\n");
  id_of ("GitHub token", TOKEN, id);
  build (HEAD YOU (1) "?\n\n" ITEM ("a.c"), id);
  assert_non_null (strstr (question_text (), "x [removed: GitHub token]\ny " OTHER "\n"));
  assert_string_equal (held (NULL, message), "GitLab token|a.c|2|glpat-... (26 characters)|0|1\n");
  assert_int_equal (aid_prompt_freeze (&prompt, NULL), AID_OK);
  assert_int_equal (aid_blob_get (AID_VEC_AT (struct aid_frozen, &prompt.frozen, 0).hash, &kept, NULL), AID_OK);
  assert_string_equal (aid_str_z (&kept), "x [removed: GitHub token]\ny " OTHER "\n");
  aid_str_free (&kept);
  aid_prompt_free (&prompt);
}

static void
a_whole_file_can_be_taken_out (void **state)
{
  struct aid_str val = AID_STR_INIT (1u << 20), json = AID_STR_INIT (1u << 20);
  struct aid_error e;
  char message[256];
  (void)state;
  put (".env", "COLOR=blue\xff\n");
  build (HEAD YOU (1) "?\n\n" ITEM (".env"), NULL);
  aid_held_check (&prompt, NULL, &val, &e);
  aid_val_to_json (aid_str_span (&val), 0, &json);
  json_t *list = aid_json_parse (aid_str_span (&json), "held", NULL);
  aid_prompt_free (&prompt);
  build (HEAD YOU (1) "?\n\n" ITEM (".env"), aid_json_str (json_array_get (list, 0), "id"));
  assert_null (strstr (question_text (), "COLOR"));
  assert_non_null (strstr (question_text (), "[removed: environment variables]"));
  held (NULL, message);
  aid_prompt_free (&prompt);
  json_decref (list);
  aid_str_free (&val);
  aid_str_free (&json);
}

/* An item that looks like the next one's head, and labels of the same name: places stay true. */
static void
an_item_cannot_take_the_place_of_another (void **state)
{
  char message[256];
  (void)state;
  put ("a.c", "b.c:\n```c\nno\n```\n");
  put ("b.c", "1\n2\n" TOKEN "\n");
  build (HEAD YOU (1) "a.c:\n```c\nme\n```\n" OTHER "\n\n" ITEM ("a.c") ITEM ("b.c"), NULL);
  const char *found = held (NULL, message);
  assert_non_null (strstr (found, "GitLab token|"));
  assert_non_null (strstr (found, "GitHub token|b.c|3|"));
  aid_prompt_free (&prompt);
}

/* An image cuts a question into parts. */
static void
places_stay_true_around_an_image (void **state)
{
  char message[256];
  (void) state;
  assert_int_equal (aid_fs_replace (scratch_path ("a.png"), AID_SPAN ("\x89PNG\r\n\x1a\n\0\1"), 0600, NULL), AID_OK);
  put ("a.c", "x\n" TOKEN "\n");
  put ("b.c", "1\n2\n" OTHER "\n");
  build (HEAD YOU (1) "?\n\n" ITEM ("a.c") ITEM ("a.png") ITEM ("b.c"), NULL);
  assert_string_equal (held (NULL, message), "GitHub token|a.c|2|ghp_... (40 characters)|0|1\n"
                                             "GitLab token|b.c|3|glpat-... (26 characters)|0|1\n");
  aid_prompt_free (&prompt);
}

static void
an_edited_body_is_looked_through_whole (void **state)
{
  (void) state;
  struct aid_span body = AID_SPAN ("{\"messages\":[{\"content\":\"one\\n" TOKEN "\"}]}");
  struct aid_str val = AID_STR_INIT (1u << 20);
  struct aid_error e = { AID_OK, "" };
  char id[AID_SECRET_ID];
  assert_int_equal (aid_held_check_body (body, NULL, &val, &e), AID_E_REFUSED);
  assert_non_null (strstr (e.msg, "GitHub token"));
  id_of ("GitHub token", TOKEN, id);                    /* allowed in the chat, allowed here */
  assert_int_equal (aid_held_check_body (body, id, &val, &e), AID_OK);
  aid_str_free (&val);
}

/* A key of several lines is one thing, as it is and as JSON writes it. */
static void
an_edited_body_has_each_secret_once (void **state)
{
#define LINE_1 "-----BEGIN PRIVATE " "KEY-----"
#define LINE_2 "MC4CAQAwBQYDK2VwBCIEIH3pQm8Rw3nU0vB3nR8wL5cF1jH6dS0gK4pZ2xY9aQ7t"
#define LINE_3 "-----END PRIVATE " "KEY-----"
  (void)state;
  struct aid_span body
    = AID_SPAN ("{\"messages\":[{\"content\":\"one\\n" LINE_1 "\\n" LINE_2 "\\n" LINE_3 "\\ntwo\"}]}");
  struct aid_str val = AID_STR_INIT (1u << 20);
  struct aid_error e = { AID_OK, "" };
  char id[AID_SECRET_ID];
  assert_int_equal (aid_held_check_body (body, NULL, &val, &e), AID_E_REFUSED);
  assert_null (strstr (e.msg, "more"));
  id_of ("private key", LINE_1 "\n" LINE_2 "\n" LINE_3, id);
  aid_str_clear (&val);
  assert_int_equal (aid_held_check_sent (body, id, &val, &e), AID_OK);
  assert_int_equal (aid_held_check_body (body, id, &val, &e), AID_OK);
  aid_str_free (&val);
}

static void
many_are_counted_and_some_told (void **state)
{
  char message[256];
  struct aid_str chat = AID_STR_INIT (1u << 20);
  (void)state;
  aid_str_addz (&chat, HEAD YOU (1));
  for (int i = 0; i < 150; i++)
    aid_str_addz (&chat, TOKEN "\n");
  build (aid_str_z (&chat), NULL);
  held (NULL, message);
  assert_non_null (strstr (message, "; and 149 more."));
  aid_prompt_free (&prompt);
  aid_str_free (&chat);
}

int
main (void)
{
#define HERE(test) cmocka_unit_test_setup_teardown (test, scratch_make, scratch_drop)
  const struct CMUnitTest tests[] = {
    HERE (nothing_is_nothing),
    HERE (each_is_told_with_its_place),
    HERE (an_answer_that_was_edited_is_looked_through),
    HERE (nothing_that_is_sent_is_left_out),
    HERE (the_bytes_that_are_sent_are_looked_through),
    HERE (what_is_opaque_is_not_searched_by_chance),
    HERE (a_file_is_known_by_its_name),
    HERE (what_is_allowed_is_this_finding_alone),
    HERE (what_is_taken_out_is_not_frozen_either),
    HERE (a_whole_file_can_be_taken_out),
    HERE (an_item_cannot_take_the_place_of_another),
    HERE (places_stay_true_around_an_image),
    HERE (an_edited_body_is_looked_through_whole),
    HERE (an_edited_body_has_each_secret_once),
    HERE (many_are_counted_and_some_told),
  };
  return cmocka_run_group_tests_name ("held", tests, NULL, NULL);
}
