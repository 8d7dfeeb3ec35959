/* What is sent of a chat, what its hash sees, and what closes an answer that was cut. */
#include "base/hash.h"
#include "base/json.h"
#include "base/val.h"
#include "chat/chat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define HEAD "<!--aid:k7Qx2mT9 chat v=1-->\n## m <!--aid:k7Qx2mT9 1 answer-->\n"
#define MARK(words) "<!--aid:k7Qx2mT9 " words "-->\n"

static struct aid_chat *
parse (struct aid_span text)
{
  struct aid_chat *c;
  assert_int_equal (aid_chat_parse (text, &c, NULL), AID_OK);
  return c;
}

/* --- plain text --- */

static void
expect_plain (const char *piece, int quoted, const char *plain)
{
  struct aid_str text = AID_STR_INIT (10000), out = AID_STR_INIT (10000);
  aid_str_addz (&text, HEAD);
  size_t beg = text.len;
  aid_str_addz (&text, piece);
  struct aid_chat *c = parse (aid_str_span (&text));
  aid_str_addz (&out, "before|");
  assert_int_equal (aid_chat_plain (c, beg, text.len, quoted, &out), AID_OK);
  assert_string_equal (aid_str_z (&out) + 7, plain);
  assert_null (strstr (plain, "k7Qx2mT9"));
  aid_chat_free (c);
  aid_str_free (&text);
  aid_str_free (&out);
}

static void
the_key_never_leaves (void **state)
{
  (void) state;
  expect_plain ("a\n" MARK ("meta x=1") "b\n", 0, "a\nb\n");
  expect_plain ("a <!--aid:k7Qx2mT9 end--> b <!--aid:k7Qx2mT9 end-->c\n", 0, "a  b c\n");
  expect_plain ("> quoted <!--aid:k7Qx2mT9 3 user-->\n", 0, "> quoted \n");
  expect_plain ("a <!--aid:k7Qx2mT9 no end\nb", 0, "a \nb");
  expect_plain ("the key is k7Qx2mT9, k7Qx2mT9\n", 0, "the key is [...], [...]\n");
  /* What is taken out must not let a key arise from what was around it. */
  expect_plain ("k7Qx<!--aid:k7Qx2mT9 end-->2mT9\n", 0, "[...]\n");
  expect_plain ("k7Qxk7Qx2mT92mT9\n", 0, "k7Qx[...]2mT9\n");
}

static void
other_text_is_sent_as_it_is (void **state)
{
  (void) state;
  expect_plain ("<!--aid:zzzz end-->\r\n\n <b> \\* \t\nx", 0, "<!--aid:zzzz end-->\r\n\n <b> \\* \t\nx");
}

static void
a_quote_loses_one_level (void **state)
{
  (void) state;
  expect_plain (MARK ("reasoning") "> a\n>b\n>\n>  c\n  > > d\n>", 1, "a\nb\n\n c\n> d\n");
  expect_plain ("> a\n", 0, "> a\n");
}

/* --- the hash --- */

static int
same_hash (const char *a, const char *b)
{
  char ha[17], hb[17];
  aid_chat_hash (aid_span_z (a), ha);
  aid_chat_hash (aid_span_z (b), hb);
  assert_int_equal (strlen (ha), 16);
  return strcmp (ha, hb) == 0;
}

static void
a_cleaner_of_whitespace_does_not_change_the_hash (void **state)
{
  (void) state;
  assert_true (same_hash ("a\nb\n", "a  \n\n\t\nb\r\n\n"));
  assert_true (same_hash ("a\nb", "\n\na\nb\n"));
  assert_true (same_hash ("", "\n \n"));
  assert_false (same_hash ("a\nb", "ab"));
  assert_false (same_hash ("a\n b", "a\nb"));
  assert_false (same_hash ("a", "a."));
}

static int
edited (const char *answer, const char *got)
{
  struct aid_str text = AID_STR_INIT (10000), val = AID_STR_INIT (100000), json = AID_STR_INIT (100000);
  aid_str_addf (&text, "%s<!--aid:k7Qx2mT9 meta got=%s-->\n%s", HEAD, got, answer);
  struct aid_chat *c = parse (aid_str_span (&text));
  aid_chat_to_val (c, 1, &val);
  aid_val_to_json (aid_str_span (&val), 0, &json);
  json_t *read = aid_json_parse (aid_str_span (&json), "", NULL);
  int is = aid_json_bool (json_array_get (json_object_get (read, "turns"), 0), "edited", -1);
  json_decref (read);
  aid_chat_free (c);
  aid_str_free (&text);
  aid_str_free (&val);
  aid_str_free (&json);
  return is;
}

static void
an_answer_is_edited_when_its_words_differ_from_those_received (void **state)
{
  (void) state;
  struct aid_str body = AID_STR_INIT (1000);
  char got[17], shorter[7] = "", short5[6] = "";
  const char *came = HEAD MARK ("reasoning") "> why\n\nText\n```\ncode\n```\n" MARK ("end closed=fence");
  struct aid_chat *c = parse (aid_span_z (came));
  assert_int_equal (aid_chat_body (c, 0, &body), AID_OK);
  assert_string_equal (aid_str_z (&body), "why\n\nText\n```\ncode\n");
  aid_chat_hash (aid_str_span (&body), got);
  memcpy (shorter, got, 6);
  memcpy (short5, got, 5);
  aid_chat_free (c);
  aid_str_free (&body);
  const char *same = MARK ("reasoning") "> why\n\nText  \n```\n\n\ncode\n" MARK ("hunks a=accepted") "```\n"
    MARK ("end closed=fence");
  assert_int_equal (edited (same, got), 0);
  assert_int_equal (edited (same, shorter), 0);
  assert_int_equal (edited (same, ""), 0);
  assert_int_equal (edited (MARK ("reasoning") "> why\n\nTexts\n```\ncode\n", got), 1);
  assert_int_equal (edited (MARK ("reasoning") "> no\n\nText\n```\ncode\n", got), 1);
  assert_int_equal (edited (MARK ("reasoning") "> no\n\nText\n```\ncode\n", shorter), 1);
  /* What cannot be a hash that was shortened vouches for nothing. */
  assert_int_equal (edited (same, short5), 1);
  assert_int_equal (edited (same, "0123456789abcdef00"), 1);
}

static void
only_got_tells_whether_an_answer_was_edited (void **state)
{
  (void) state;
  struct aid_chat *c = parse (AID_SPAN (HEAD MARK ("meta state=cut") "Text\n"));
  assert_int_equal (aid_chat_edited (c, 0), -1);
  aid_chat_free (c);
  c = parse (AID_SPAN (HEAD MARK ("meta got=0123456789abcdef") "Text\n"));
  assert_int_equal (aid_chat_edited (c, 0), 1);
  aid_chat_free (c);
}

static void
the_hash_is_that_of_the_essence (void **state)
{
  (void) state;
  char got[17], hash[17];
  struct aid_str essence = AID_STR_INIT (100);
  const struct aid_span body = AID_SPAN ("\n\na  \r\n\n \t\n\tb\n\nc");
  assert_int_equal (aid_chat_essence (body, &essence), AID_OK);
  assert_string_equal (aid_str_z (&essence), "a\n\tb\nc\n");
  aid_chat_hash (body, got);
  aid_hash_hex (aid_str_span (&essence), 16, hash);
  assert_string_equal (got, hash);
  aid_str_free (&essence);
}

/* --- closing --- */

static void
expect_closing (const char *body, const char *text, const char *word)
{
  struct aid_str out = AID_STR_INIT (1000);
  const char *found;
  assert_int_equal (aid_chat_closing (aid_span_z (body), &out, &found), AID_OK);
  if (strcmp (aid_str_z (&out), text) || strcmp (found, word))
    fail_msg ("\"%s\" is closed by \"%s\" (%s) instead of \"%s\" (%s)", body, aid_str_z (&out), found, text, word);
  /* Closed is closed. */
  struct aid_str whole = AID_STR_INIT (10000), again = AID_STR_INIT (1000);
  aid_str_addf (&whole, "%s\n%s", body, aid_str_z (&out));
  aid_chat_closing (aid_str_span (&whole), &again, &found);
  assert_string_equal (aid_str_z (&again), "");
  aid_str_free (&out);
  aid_str_free (&whole);
  aid_str_free (&again);
}

static void
an_open_fence_is_closed_by_its_like (void **state)
{
  (void) state;
  expect_closing ("text", "", "");
  expect_closing ("```c\nx", "```\n", "fence");
  expect_closing ("   `````c\nx\n```\n````", "`````\n", "fence");
  expect_closing ("~~~\n```\n", "~~~\n", "fence");
  expect_closing ("```\nx\n```\n", "", "");
  expect_closing ("```\nx\n  `````  \n", "", "");
  expect_closing ("```\nx\n``` c\n", "```\n", "fence");
  expect_closing ("    ```\n", "", "");
  expect_closing ("``` a`b\n", "", "");
  expect_closing ("```\n<!--\n", "```\n", "fence");
}

static void
what_a_list_or_quote_holds_ends_with_it (void **state)
{
  (void) state;
  expect_closing ("- ```\n  x\n", "", "");
  expect_closing ("- ```\n  x\n  ```\n", "", "");
  expect_closing ("1. a\n   ```c\n   x", "", "");
  expect_closing ("> ```\n> x", "", "");
  expect_closing ("- a\n\n```\nx", "```\n", "fence");
}

static void
open_html_is_closed_by_what_ends_it (void **state)
{
  (void) state;
  expect_closing ("<!-- a\n\nb", "-->\n", "comment");
  expect_closing ("<!-- a -->\n", "", "");
  expect_closing ("a <!-- b", "", "");
  expect_closing ("<script>\nx\n\n", "</script>\n", "html");
  expect_closing ("<STYLE type=x>\nx", "</style>\n", "html");
  expect_closing ("<pre>\nx\n\ny", "</pre>\n", "html");
  expect_closing ("<pre>x</pre>\n", "", "");
  expect_closing ("<?php\nx", "?>\n", "html");
  expect_closing ("<!DOCTYPE\nx", ">\n", "html");
  expect_closing ("<![CDATA[\nx", "]]>\n", "html");
  expect_closing ("<!-- a -->\n<pre>\n```\n", "</pre>\n", "html");
  expect_closing ("<div>\nx", "", "");
}

/* What aid_chat_closing wrote is what the end line takes back. */
static void
a_closed_answer_reads_as_it_came (void **state)
{
  (void) state;
  static const char *const cut[] = { "t\n```c\nx\n", "<!-- a\n", "<script>\n", "<pre>\n\n",
                                     "<?a\n",        "<!A\n",    "<![CDATA[\n", "~~~~\n" };
  for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
    {
      struct aid_str text = AID_STR_INIT (1000), body = AID_STR_INIT (1000);
      const char *word;
      aid_str_addf (&text, "%s%s", HEAD, cut[i]);
      aid_chat_closing (aid_span_z (cut[i]), &text, &word);
      assert_string_not_equal (word, "");
      aid_str_addf (&text, "<!--aid:k7Qx2mT9 end closed=%s-->\n", word);
      struct aid_chat *c = parse (aid_str_span (&text));
      aid_chat_body (c, 0, &body);
      assert_string_equal (aid_str_z (&body), cut[i]);
      aid_chat_free (c);
      aid_str_free (&text);
      aid_str_free (&body);
    }
}

static void
our_fences_exceed_any_run_inside (void **state)
{
  (void) state;
  assert_int_equal (aid_chat_fence (AID_SPAN ("")), 3);
  assert_int_equal (aid_chat_fence (AID_SPAN ("a `` b")), 3);
  assert_int_equal (aid_chat_fence (AID_SPAN ("```\n")), 4);
  assert_int_equal (aid_chat_fence (AID_SPAN ("`` ````` ```")), 6);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_key_never_leaves),
    cmocka_unit_test (other_text_is_sent_as_it_is),
    cmocka_unit_test (a_quote_loses_one_level),
    cmocka_unit_test (a_cleaner_of_whitespace_does_not_change_the_hash),
    cmocka_unit_test (an_answer_is_edited_when_its_words_differ_from_those_received),
    cmocka_unit_test (only_got_tells_whether_an_answer_was_edited),
    cmocka_unit_test (the_hash_is_that_of_the_essence),
    cmocka_unit_test (an_open_fence_is_closed_by_its_like),
    cmocka_unit_test (what_a_list_or_quote_holds_ends_with_it),
    cmocka_unit_test (open_html_is_closed_by_what_ends_it),
    cmocka_unit_test (a_closed_answer_reads_as_it_came),
    cmocka_unit_test (our_fences_exceed_any_run_inside),
  };
  return cmocka_run_group_tests_name ("chat text", tests, NULL, NULL);
}
