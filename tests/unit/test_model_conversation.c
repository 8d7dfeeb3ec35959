/* The neutral conversation: images and PDFs, tools, the wanted shape of the answer; and what normalising and marking make of
   it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "model/wire_internal.h"
#include "request_probe.h"

static void
media_are_known_by_their_bytes (void **state)
{
  (void) state;
  assert_string_equal (aid_media_type (PNG), "image/png");
  assert_string_equal (aid_media_type (AID_SPAN ("\xff\xd8\xff\xe0")), "image/jpeg");
  assert_string_equal (aid_media_type (AID_SPAN ("GIF87a")), "image/gif");
  assert_string_equal (aid_media_type (AID_SPAN ("GIF89a...")), "image/gif");
  assert_string_equal (aid_media_type (AID_SPAN ("RIFF\1\2\3\4WEBPVP8 ")), "image/webp");
  assert_string_equal (aid_media_type (AID_SPAN ("%PDF-1.7\n")), "application/pdf");
  assert_null (aid_media_type (AID_SPAN ("RIFF\1\2\3\4WAVE")));
  assert_null (aid_media_type (AID_SPAN ("RIFF")));
  assert_null (aid_media_type (AID_SPAN ("<svg/>")));
  assert_null (aid_media_type (AID_SPAN ("")));
}

static void
only_media_of_a_size_and_https_are_taken (void **state)
{
  struct aid_conversation c;
  struct aid_error e;
  char *large = calloc (1, AID_MEDIA_MAX + 1);
  (void) state;
  memcpy (large, "%PDF-", 5);
  aid_conversation_init (&c);
  struct aid_message *m = aid_conversation_add (&c, AID_ROLE_USER);
  assert_int_equal (aid_message_add_media (m, AID_SPAN ("text"), "a.txt", &e), AID_E_INVALID);
  assert_int_equal (aid_message_add_media (m, (struct aid_span){ large, AID_MEDIA_MAX + 1 }, "a.pdf", &e), AID_E_LIMIT);
  assert_int_equal (aid_message_add_media (m, (struct aid_span){ large, AID_MEDIA_MAX }, "a.pdf", &e), AID_OK);
  assert_int_equal (aid_message_add_media_url (m, "image/png", "http://x.example/a", &e), AID_E_INVALID);
  assert_int_equal (aid_message_add_media_url (m, "image/png", "file:///etc/passwd", &e), AID_E_INVALID);
  assert_int_equal (aid_message_add_media_url (m, "image/png", "https://", &e), AID_E_INVALID);
  assert_int_equal (aid_message_add_media_url (m, "image/png", "https://x.example/a b", &e), AID_E_INVALID);
  assert_int_equal (aid_message_add_media_url (m, "image/png", "https://x.example/a\nb", &e), AID_E_INVALID);
  assert_int_equal (aid_message_add_media_url (m, "video/mp4", "https://x.example/a", &e), AID_E_INVALID);
  assert_int_equal (aid_message_add_media_url (m, "image/png", "https://x.example/a", &e), AID_OK);
  assert_int_equal (m->parts.len, 2);
  assert_int_equal (AID_VEC_AT (struct aid_part, &m->parts, 0).kind, AID_PART_PDF);
  assert_int_equal (AID_VEC_AT (struct aid_part, &m->parts, 1).kind, AID_PART_IMAGE);
  aid_conversation_free (&c);
  free (large);
}

static void
all_media_together_have_a_limit (void **state)
{
  struct aid_conversation c, out;
  struct aid_error e;
  char *large = calloc (1, AID_MEDIA_MAX);
  (void) state;
  memcpy (large, "%PDF-", 5);
  aid_conversation_init (&c);
  struct aid_message *m = turn (&c, AID_ROLE_USER, "Both");
  show (m, (struct aid_span){ large, AID_MEDIA_MAX }, NULL);
  assert_int_equal (aid_conversation_normalise (&c, &out, &e), AID_OK);
  aid_conversation_free (&out);
  show (m, (struct aid_span){ large, AID_MEDIA_MAX }, NULL);
  assert_int_equal (aid_conversation_normalise (&c, &out, &e), AID_E_LIMIT);
  aid_conversation_free (&out);
  aid_conversation_free (&c);
  free (large);
}

static void
tools_have_names_that_servers_take (void **state)
{
  struct aid_conversation c;
  struct aid_error e;
  json_t *schema = json_object (), *none = json_array ();
  (void) state;
  aid_conversation_init (&c);
  assert_int_equal (aid_conversation_add_tool (&c, "", "", schema, &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_add_tool (&c, "read file", "", schema, &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_add_tool (&c, "l\xc3\xa4s", "", schema, &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_add_tool (&c, "read", "", none, &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_add_tool (&c, "read", "", schema, &e), AID_OK);
  assert_int_equal (aid_conversation_add_tool (&c, "read", "", schema, &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_choose_tool (&c, AID_TOOLS_ONE, "write", &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_choose_tool (&c, AID_TOOLS_ONE, NULL, &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_choose_tool (&c, AID_TOOLS_ANY, "read", &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_choose_tool (&c, AID_TOOLS_ONE, "read", &e), AID_OK);
  assert_int_equal (aid_conversation_want_json (&c, "a b", schema, &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_want_json (&c, "ab", none, &e), AID_E_INVALID);
  assert_int_equal (aid_conversation_want_json (&c, "ab", schema, &e), AID_OK);
  aid_conversation_free (&c);
  json_decref (schema);
  json_decref (none);
}

static void
tools_have_a_limit (void **state)
{
  struct aid_conversation c;
  struct aid_error e;
  json_t *schema = json_object ();
  char name[16];
  (void) state;
  aid_conversation_init (&c);
  for (int i = 0; i < AID_TOOLS_MAX; i++)
    {
      snprintf (name, sizeof name, "t%d", i);
      assert_int_equal (aid_conversation_add_tool (&c, name, "", schema, &e), AID_OK);
    }
  assert_int_equal (aid_conversation_add_tool (&c, "more", "", schema, &e), AID_E_LIMIT);
  aid_conversation_free (&c);
  json_decref (schema);
}

/* The marks of C, a character a part: "|" between messages. */
static void
marks_are (const struct aid_conversation *c, const char *expected)
{
  char got[64];
  size_t n = 0;
  for (size_t i = 0; i < c->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      if (i)
        got[n++] = '|';
      for (size_t k = 0; k < m->parts.len; k++)
        got[n++] = AID_VEC_AT (struct aid_part, &m->parts, k).stable ? '*' : '.';
    }
  got[n] = 0;
  assert_string_equal (got, expected);
}

/* The marks of C when it is normalised and marked. */
static void
marked (const struct aid_conversation *c, const char *expected)
{
  struct aid_conversation out;
  assert_int_equal (aid_conversation_normalise (c, &out, NULL), AID_OK);
  aid_conversation_mark (&out);
  marks_are (&out, expected);
  aid_conversation_free (&out);
}

static void
the_ends_of_what_is_sent_again_are_marked (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "One");
  marked (&c, "*");
  turn (&c, AID_ROLE_ASSISTANT, "1");
  turn (&c, AID_ROLE_USER, "Two");
  marked (&c, "*|.|*");
  call_tool (turn (&c, AID_ROLE_ASSISTANT, "2"), "t", "read", "{}");
  give_result (turn (&c, AID_ROLE_USER, "and"), "t", "x");
  marked (&c, ".|.|*|..|*.");                    /* a result is written before the text beside it */
  aid_conversation_free (&c);
}

static void
marks_that_were_set_are_kept (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_SYSTEM, "Be brief.");
  struct aid_message *m = turn (&c, AID_ROLE_USER, "One");
  say (m, AID_PART_TEXT, "  ")->stable = 1;      /* sent by nobody: the mark goes to the text before */
  say (m, AID_PART_TEXT, "more");
  turn (&c, AID_ROLE_ASSISTANT, "1");
  turn (&c, AID_ROLE_USER, "Two");
  marked (&c, ".|*.|.|.");
  aid_conversation_free (&c);
}

static void
no_more_than_four_marks_are_left (void **state)
{
  struct aid_conversation c;
  (void) state;
  aid_conversation_init (&c);
  struct aid_message *m = aid_conversation_add (&c, AID_ROLE_USER);
  for (int i = 0; i < 6; i++)
    say (m, AID_PART_TEXT, "x")->stable = 1;
  marked (&c, "*..***");
  aid_conversation_free (&c);
}

static void
everything_survives_normalising (void **state)
{
  struct aid_conversation c, out;
  (void) state;
  aid_conversation_init (&c);
  show (turn (&c, AID_ROLE_USER, NULL), PNG, "a.png");    /* an image alone is a question */
  call_tool (turn (&c, AID_ROLE_ASSISTANT, NULL), "t1", "read", "{}");
  give_result (turn (&c, AID_ROLE_USER, NULL), "t1", "x");
  offer_tools (&c);
  want_number (&c);
  c.one_call = 1;
  aid_conversation_choose_tool (&c, AID_TOOLS_ONE, "now", NULL);
  assert_int_equal (aid_conversation_normalise (&c, &out, NULL), AID_OK);
  assert_int_equal (out.messages.len, 3);
  const struct aid_part *image
    = &AID_VEC_AT (struct aid_part, &AID_VEC_AT (struct aid_message, &out.messages, 0).parts, 0);
  const struct aid_part *result
    = &AID_VEC_AT (struct aid_part, &AID_VEC_AT (struct aid_message, &out.messages, 2).parts, 0);
  assert_int_equal (image->nbytes, 8);
  assert_memory_equal (image->bytes, PNG.ptr, 8);
  assert_string_equal (image->media, "image/png");
  assert_string_equal (image->name, "a.png");
  assert_string_equal (result->name, "read");             /* some servers tell results apart by it */
  assert_int_equal (out.tools.len, 2);
  assert_int_equal (out.tool_choice, AID_TOOLS_ONE);
  assert_string_equal (out.tool_chosen, "now");
  assert_string_equal (out.output_name, "number");
  assert_true (out.one_call);
  aid_conversation_free (&out);
  aid_conversation_free (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (media_are_known_by_their_bytes),
    cmocka_unit_test (only_media_of_a_size_and_https_are_taken),
    cmocka_unit_test (all_media_together_have_a_limit),
    cmocka_unit_test (tools_have_names_that_servers_take),
    cmocka_unit_test (tools_have_a_limit),
    cmocka_unit_test (the_ends_of_what_is_sent_again_are_marked),
    cmocka_unit_test (marks_that_were_set_are_kept),
    cmocka_unit_test (no_more_than_four_marks_are_left),
    cmocka_unit_test (everything_survives_normalising),
  };
  return cmocka_run_group_tests_name ("model conversation", tests, NULL, NULL);
}
