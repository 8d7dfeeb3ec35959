/* What a server has cached stays byte for byte the same from question to question, in every wire format. */
#include "assist/assist_internal.h"
#include "assist/prefix.h"
#include "base/json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "scratch.h"

#define KEY "k7Qx2mT9"
#define TOP "<!--aid:" KEY " chat v=1 root=..-->\n# t\n\n"
#define YOU(n) "## You <!--aid:" KEY " " #n " user-->\n"
#define IT(n) "## m <!--aid:" KEY " " #n " answer-->\n<!--aid:" KEY " meta model=m req=r1 state=done-->\n"
#define ITEM(words) "- [a](aid:buffer/a) <!--aid:" KEY " item" words "-->\n"

/* The body that CHAT makes in the format of WIRE; item a now has the text NOW. */
static void
body_of (const struct aid_wire *wire, const char *chat, const char *now, char hash[17], struct aid_str *out)
{
  struct aid_ask_item item = { AID_SPAN ("aid:buffer/a"), aid_span_z (now) };
  struct aid_prompt_request r = { .chat = aid_span_z (chat), .dir = scratch, .items = &item, .nitems = 1, .system = "Be brief.",
                                  .model_id = "m" };
  struct aid_endpoint ep = { .wire = wire->name, .base_url = "http://h/v1", .model = "real" };
  struct aid_sampling sampling = { .temperature = -1 };
  struct aid_wire_request request;
  struct aid_prompt p;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_prompt_build (&r, &p, &e), AID_OK);
  assert_int_equal (aid_prompt_freeze (&p, &e), AID_OK);
  if (wire->build (&ep, &p.conversation, &sampling, &request, &e))
    fail_msg ("%s: %s", wire->name, e.msg);
  aid_str_addspan (out, aid_str_span (&request.body));
  if (hash && p.frozen.len)
    strcpy (hash, AID_VEC_AT (struct aid_frozen, &p.frozen, 0).hash);
  aid_wire_request_free (&request);
  aid_prompt_free (&p);
}

/* Tells where the requests of OLD and NEW part, unless all of OLD is the beginning of NEW. */
static void
expect_same (const struct aid_wire *wire, struct aid_span old, struct aid_span new)
{
  struct aid_prefix p;
  assert_int_equal (aid_prefix_compare (old, new, &p, NULL), AID_OK);
  if (!p.whole)
    fail_msg ("%s: %zu of %zu bytes are as they were; after\n  %s\nstood\n  %s\nand now stands\n  %s", wire->name, p.same,
              p.old_len, p.before, p.was, p.is);
}

/* A file that changes between the questions, decisions about an answer, and a third question. */
static void
check_wire (const struct aid_wire *wire)
{
  struct aid_str first = AID_STR_INIT (1u << 20), second = AID_STR_INIT (1u << 20), third = AID_STR_INIT (1u << 20);
  char hash[17] = "", chat[4096];
  const char *head = TOP YOU (1) "one?\n\n";
  body_of (wire, TOP YOU (1) "one?\n\n" ITEM (""), "as it was\n", hash, &first);
  snprintf (chat, sizeof chat,
            "%s- [a](aid:buffer/a) <!--aid:" KEY " item sent=%s-->\n\n" IT (2) "\nyes\n\n" YOU (3) "two?\n", head, hash);
  body_of (wire, chat, "as it is\n", NULL, &second);
  expect_same (wire, aid_str_span (&first), aid_str_span (&second));
  strcat (chat, "\n" IT (4) "\n```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n```\n\n" YOU (5) "three?\n\n" ITEM (""));
  body_of (wire, chat, "as it is\n", NULL, &third);
  expect_same (wire, aid_str_span (&second), aid_str_span (&third));
  aid_str_free (&first);
  aid_str_free (&second);
  aid_str_free (&third);
}

static void
test_what_was_sent_is_the_beginning_of_what_is_sent_next (void **state)
{
  (void) state;
  static const char *const names[] = { "openai-chat", "anthropic-messages", "openai-responses", "gemini", "ollama" };
  size_t n = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (aid_wire_find (names[i]))
      {
        check_wire (aid_wire_find (names[i]));
        n++;
      }
  assert_int_equal (n, 5);
}

static void
compare (const char *old, const char *new, struct aid_prefix *p)
{
  assert_int_equal (aid_prefix_compare (aid_span_z (old), aid_span_z (new), p, NULL), AID_OK);
}

static void
test_a_difference_is_shown_with_its_surroundings (void **state)
{
  (void) state;
  struct aid_prefix p;
  static const char old[] = "{\"model\":\"a\",\"messages\":[{\"c\":\"same\"},{\"c\":\"na\xC3\xAFve\"}]}";
  static const char new[] = "{\"messages\":[{\"c\":\"same\"},{\"c\":\"na\xC3\xAEve\"},{\"c\":\"more\"}]}";
  compare (old, new, &p);
  assert_false (p.whole);
  assert_string_equal (p.before, "{\"c\":\"same\"}\n{\"c\":\"na");
  assert_string_equal (p.was, "\xC3\xAFve\"}\n");
  assert_string_equal (p.is, "\xC3\xAEve\"}\n{\"c\":\"more\"}\n");
  assert_int_equal (aid_prefix_compare (AID_SPAN ("no"), AID_SPAN ("{}"), &p, NULL), AID_E_INVALID);
}

static void
test_marks_for_the_cache_do_not_count_and_all_else_does (void **state)
{
  (void) state;
  static const char marked[] = "{\"system\":[{\"text\":\"s\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
                               "\"messages\":[{\"c\":1}]}";
  struct aid_prefix p;
  compare (marked, "{\"system\":[{\"text\":\"s\"}],\"messages\":[{\"c\":1},2]}", &p);
  assert_true (p.whole);
  compare (marked, "{\"system\":[{\"text\":\"S\"}],\"messages\":[{\"c\":1}]}", &p);
  assert_false (p.whole);
  assert_int_equal (p.same, strlen ("{\"text\":\""));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_what_was_sent_is_the_beginning_of_what_is_sent_next),
    cmocka_unit_test (test_a_difference_is_shown_with_its_surroundings),
    cmocka_unit_test (test_marks_for_the_cache_do_not_count_and_all_else_does),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
