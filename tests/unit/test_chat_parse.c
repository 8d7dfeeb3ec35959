/* The rules of docs/chat-format.md, one by one, and what holds for any bytes. */
#include "chat/chat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "chat_tiles.h"

#define HEAD "<!--aid:k7Qx2mT9 chat v=1 root=..-->\n# Title\n\n"
#define USER(n) "## You <!--aid:k7Qx2mT9 " #n " user-->\n"
#define ANSWER(n) "## m <!--aid:k7Qx2mT9 " #n " answer-->\n"
#define MARK(words) "<!--aid:k7Qx2mT9 " words "-->\n"

static struct aid_chat *
parse (const char *text)
{
  struct aid_chat *c;
  assert_int_equal (aid_chat_parse (aid_span_z (text), &c, NULL), AID_OK);
  if (chat_tiles (c))
    fail_msg ("%s", chat_tiles (c));
  return c;
}

/* "user[text item] answer[meta text]" */
static void
describe (const struct aid_chat *c, char *out, size_t size)
{
  static const char *const turns[] = { "user", "answer", "alternative", "summary" };
  static const char *const pieces[] = { "text", "reasoning", "tool", "item", "hunks",
                                        "edited", "diff", "meta", "end", "unknown" };
  struct aid_str s = AID_STR_INIT (size - 1);
  for (size_t i = 0; i < c->turns.len; i++)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
      aid_str_addf (&s, "%s%s[", i ? " " : "", turns[t->kind]);
      for (size_t p = t->first_piece; p < t->first_piece + t->npieces; p++)
        aid_str_addf (&s, "%s%s", p > t->first_piece ? " " : "", pieces[AID_VEC_AT (struct aid_piece, &c->pieces, p).kind]);
      aid_str_addz (&s, "]");
    }
  snprintf (out, size, "%s", aid_str_z (&s));
  aid_str_free (&s);
}

static void
expect (const char *text, const char *shape, size_t problems)
{
  char found[1000];
  struct aid_chat *c = parse (text);
  describe (c, found, sizeof found);
  assert_string_equal (found, shape);
  if (c->problems.len != problems)
    fail_msg ("%zu problems instead of %zu; the first: %s", c->problems.len, problems,
              c->problems.len ? AID_VEC_AT (struct aid_chat_problem, &c->problems, 0).msg : "none");
  aid_chat_free (c);
}

/* --- the first line --- */

static void
the_first_line_gives_the_key (void **state)
{
  (void) state;
  struct aid_chat *c = parse (HEAD USER (1));
  assert_string_equal (c->key, "k7Qx2mT9");
  assert_true (aid_span_eqz (c->root, ".."));
  assert_true (aid_span_eqz (c->title, "Title"));
  aid_chat_free (c);
  expect ("\xEF\xBB\xBF" HEAD USER (1) "x\n", "user[text]", 0);
}

static void
a_file_without_the_first_line_has_no_turns (void **state)
{
  (void) state;
  expect ("# Notes\n" USER (1), "", 1);
  expect ("", "", 1);
  expect ("\n" HEAD USER (1), "", 1);
  expect ("<!--aid:k7! chat v=1-->\n", "", 1);
  expect ("<!--aid:k7Qx2mT9 chat v=1\n" USER (1), "", 1);
  expect ("<!--aid:k7Qx2mT9k7Qx2mT9k7Qx2mT9k7Qx2mT9x chat v=1-->\n", "", 1);
  expect ("<!--aid:k7Qx2mT9 chat v=2-->\n" USER (1), "user[]", 1);
}

/* --- what is structure --- */

static void
only_the_files_own_key_outside_a_quote_is_structure (void **state)
{
  (void) state;
  struct aid_span before, words;
  assert_true (aid_chat_marker (AID_SPAN ("## You <!--aid:abcd 1 user-->\r"), "abcd", &before, &words));
  assert_true (aid_span_eqz (before, "## You ") && aid_span_eqz (words, "1 user"));
  assert_true (aid_chat_marker (AID_SPAN ("    > <!--aid:abcd end-->"), "abcd", &before, &words));
  static const char *const none[] = {
    "> <!--aid:abcd end-->", "   > <!--aid:abcd end-->", "<!--aid:abcde end-->", "<!--aid:ABCD end-->",
    "<!-- aid:abcd end-->",  "<!--aid:abcd end",         "aid:abcd end-->",      "",
  };
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    assert_false (aid_chat_marker (aid_span_z (none[i]), "abcd", &before, &words));
  assert_false (aid_chat_marker (AID_SPAN ("<!--aid: end-->"), "", &before, &words));
}

static void
a_marker_wins_even_in_a_fence (void **state)
{
  (void) state;
  expect (HEAD USER (1) "```\ncode\n" ANSWER (2) "```\n", "user[text] answer[text]", 0);
}

static void
what_is_in_a_quote_never_counts (void **state)
{
  (void) state;
  expect (HEAD USER (1) "> " ANSWER (2) ">" MARK ("hunks a=accepted") "   >" MARK ("reasoning") "x\n", "user[text]", 0);
}

/* --- turns --- */

static void
the_words_of_a_heading_are_free (void **state)
{
  (void) state;
  struct aid_chat *c = parse (HEAD "# answer of 2 user <!--aid:k7Qx2mT9 1 user-->\nx\n"
                                   "  ######   <!--aid:k7Qx2mT9  2   answer -->  \ny\n");
  const struct aid_turn *t = c->turns.data;
  assert_int_equal (c->turns.len, 2);
  assert_int_equal (c->problems.len, 0);
  assert_int_equal (t[0].kind, AID_TURN_USER);
  assert_true (aid_span_eqz (t[0].heading, "answer of 2 user"));
  assert_int_equal (t[1].kind, AID_TURN_ANSWER);
  assert_int_equal (t[1].heading.len, 0);
  assert_true (aid_span_eqz (aid_span_cut (c->text, t[1].body, t[1].end), "y\n"));
  aid_chat_free (c);
}

static void
numbers_come_from_the_marker (void **state)
{
  (void) state;
  struct aid_chat *c = parse (HEAD USER (7) ANSWER (8) "## a <!--aid:k7Qx2mT9 8.3 alternative-->\n");
  const struct aid_turn *t = c->turns.data;
  assert_int_equal (t[0].number, 7);
  assert_int_equal (t[2].number, 8);
  assert_int_equal (t[2].sub, 3);
  assert_int_equal (t[2].kind, AID_TURN_ALTERNATIVE);
  assert_int_equal (c->problems.len, 0);
  aid_chat_free (c);
  expect (HEAD USER (2) ANSWER (1), "user[] answer[]", 1);
  expect (HEAD USER (1) ANSWER (1), "user[] answer[]", 1);
  expect (HEAD USER (0) ANSWER (99999999999999999999), "user[] answer[]", 2);
  expect (HEAD USER (1) ANSWER (2) "## a <!--aid:k7Qx2mT9 2 alternative-->\n", "user[] answer[] alternative[]", 2);
  expect (HEAD USER (1) ANSWER (2.1), "user[] answer[]", 1);
}

#define ALTERNATIVE(n) "### a <!--aid:k7Qx2mT9 " #n " alternative-->\n"

static void
alternatives_stand_in_any_order_behind_their_answer (void **state)
{
  (void) state;
  expect (HEAD USER (1) ANSWER (2) ALTERNATIVE (2.2) ALTERNATIVE (2.1) USER (3),
          "user[] answer[] alternative[] alternative[] user[]", 0);
  expect (HEAD USER (1) ALTERNATIVE (2.1) ANSWER (2), "user[] alternative[] answer[]", 1);
  expect (HEAD USER (1) ANSWER (2) ALTERNATIVE (2.1) ALTERNATIVE (2.1), "user[] answer[] alternative[] alternative[]", 1);
}

static void
a_queued_question_is_a_question (void **state)
{
  (void) state;
  expect (HEAD USER (1) ANSWER (2) "## You <!--aid:k7Qx2mT9 3 user queued-->\nx\n" USER (5),
          "user[] answer[] user[text] user[]", 0);
}

static void
words_that_look_like_a_role_are_no_turn (void **state)
{
  (void) state;
  expect (HEAD USER (1) ANSWER (2) MARK ("edited answer") "> x\n" MARK ("hunks user"),
          "user[] answer[edited hunks]", 1);
  expect (HEAD USER (1) "## S <!--aid:k7Qx2mT9 2 system-->\n", "user[text unknown]", 2);
}

/* --- pieces --- */

static void
reasoning_is_the_quote_right_after_its_marker (void **state)
{
  (void) state;
  struct aid_chat *c = parse (HEAD ANSWER (1) MARK ("reasoning ms=5") "> a\n  >\n>b\nlazy\n> mine\n");
  const struct aid_piece *p = c->pieces.data;
  assert_int_equal (c->pieces.len, 2);
  assert_true (aid_span_ends (aid_span_cut (c->text, p[0].beg, p[0].end), "-->\n> a\n  >\n>b\n"));
  assert_true (aid_span_eqz (aid_span_cut (c->text, p[1].beg, p[1].end), "lazy\n> mine\n"));
  assert_true (aid_span_eqz (aid_chat_meta (c, p[0].first_meta, p[0].nmeta, "ms"), "5"));
  aid_chat_free (c);
  expect (HEAD ANSWER (1) MARK ("reasoning") "\n> the model's own quote\n", "answer[reasoning text]", 0);
}

static void
decisions_name_hunks_and_edits (void **state)
{
  (void) state;
  struct aid_chat *c = parse (HEAD ANSWER (1) MARK ("hunks  aa=accepted\tbb=edited:e1 cc=skipped dd=rejected")
                              MARK ("edited e1") "> x\n> y\ntext\n" MARK ("hunks"));
  const struct aid_chat_decision *d = c->decisions.data;
  const struct aid_piece *p = c->pieces.data;
  assert_int_equal (c->problems.len, 0);
  assert_int_equal (c->decisions.len, 4);
  assert_true (aid_span_eqz (d[1].id, "bb") && aid_span_eqz (d[1].state, "edited") && aid_span_eqz (d[1].edit, "e1"));
  assert_int_equal (d[3].edit.len, 0);
  assert_true (p[0].kind == AID_PIECE_HUNKS && p[0].index == 0 && p[0].n == 4);
  assert_true (p[3].kind == AID_PIECE_HUNKS && p[3].n == 0);
  const struct aid_chat_edit *e = c->edits.data;
  assert_true (aid_span_eqz (aid_span_cut (c->text, e->beg, e->end), "> x\n> y\n"));
  aid_chat_free (c);
  expect (HEAD ANSWER (1) MARK ("hunks =accepted x y=edited:e1") MARK ("edited e1") "> a\n" MARK ("edited e1") "> b\n",
          "answer[hunks edited edited]", 3);
  expect (HEAD ANSWER (1) MARK ("hunks y=edited"), "answer[hunks]", 1);
  expect (HEAD ANSWER (1) MARK ("edited") "> x\n", "answer[unknown text]", 1);
  /* An edit belongs to its own answer. */
  expect (HEAD ANSWER (1) MARK ("edited e1") "> x\n" USER (2) ANSWER (3) MARK ("hunks y=edited:e1"),
          "answer[edited] user[] answer[hunks]", 1);
}

static void
an_end_line_takes_its_closing_line (void **state)
{
  (void) state;
  expect (HEAD ANSWER (1) "```c\nx\n```\n" MARK ("end closed=fence"), "answer[text end]", 0);
  struct aid_chat *c = parse (HEAD ANSWER (1) "<!-- a\n-->\n\n" MARK ("end closed=comment") "after\n");
  const struct aid_piece *p = c->pieces.data;
  assert_true (aid_span_eqz (aid_span_cut (c->text, p[0].beg, p[0].end), "<!-- a\n"));
  aid_chat_free (c);
  /* What a person has written instead is not ours. */
  c = parse (HEAD ANSWER (1) "```c\nx\n``` no\n" MARK ("end closed=fence"));
  p = c->pieces.data;
  assert_true (aid_span_ends (aid_span_cut (c->text, p[0].beg, p[0].end), "``` no\n"));
  aid_chat_free (c);
  expect (HEAD ANSWER (1) "```\n" MARK ("end closed=fence"), "answer[end]", 0);
  expect (HEAD ANSWER (1) MARK ("end closed=fence") USER (2) "</pre>\n" MARK ("end closed=html"),
          "answer[end] user[end]", 0);
}

static void
a_tool_call_takes_its_fence (void **state)
{
  (void) state;
  expect (HEAD ANSWER (1) MARK ("tool id=a name=b") "````json\n```\n~~~~\n````  \ntext\n", "answer[tool text]", 0);
  expect (HEAD ANSWER (1) MARK ("tool id=a name=b") "\n```\n```\n", "answer[tool text]", 1);
  expect (HEAD ANSWER (1) MARK ("tool id=a name=b") "```\nopen\n", "answer[tool]", 1);
  expect (HEAD ANSWER (1) MARK ("tool id=a name=b") "```\nopen\n" USER (2), "answer[tool] user[]", 1);
}

/* --- items --- */

static void
expect_item (const char *line, const char *label, const char *target)
{
  char text[1000];
  snprintf (text, sizeof text, HEAD USER (1) "%s <!--aid:k7Qx2mT9 item sym=f-->\n", line);
  struct aid_chat *c = parse (text);
  if (!label)
    assert_int_equal (c->items.len, 0);
  else
    {
      const struct aid_chat_item *item = c->items.data;
      if (c->items.len != 1 || !aid_span_eqz (item->label, label) || !aid_span_eqz (item->target, target))
        fail_msg ("%s: %zu items, %.*s", line, c->items.len, c->items.len ? (int) item->target.len : 0,
                  c->items.len ? item->target.ptr : "");
      assert_true (aid_span_eqz (aid_chat_meta (c, item->first_meta, item->nmeta, "sym"), "f"));
      assert_int_equal (item->sent.len, 0);
      assert_int_equal (c->problems.len, 0);
    }
  aid_chat_free (c);
}

static void
an_item_is_a_list_item_with_one_link (void **state)
{
  (void) state;
  expect_item ("- [a](b.c#L1-L2)", "a", "b.c#L1-L2");
  expect_item ("  *   [a b](b.c) ", "a b", "b.c");
  expect_item ("12. [a](b%20c)", "a", "b%20c");
  expect_item ("+ [a[0] [x]](b.c)", "a[0] [x]", "b.c");
  expect_item ("- [a\\]b\\[](b.c)", "a\\]b\\[", "b.c");
  expect_item ("- [a](<b ) c.c>)", "a", "b ) c.c");
  expect_item ("- [a](f(x).c)", "a", "f(x).c");
  expect_item ("- [a](b.c \"title\")", "a", "b.c");
  expect_item ("- [](b.c)", "", "b.c");
  static const char *const none[] = { "[a](b.c)",  "-[a](b.c)", "- ![a](b.c)", "- [a]b.c",   "- [a] (b.c)",   "- [a[](b.c)",
                                      "- [a](b.c", "- [a]()",   "- [a](<b.c)", "x - [a](b)", "- [a](b.c) and",
                                      "- see [a](b.c)" };
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    expect_item (none[i], NULL, NULL);
}

static void
only_questions_have_items (void **state)
{
  (void) state;
  expect (HEAD USER (1) "- [a](b) " MARK ("item sent=ab") ANSWER (2) "- [a](b) " MARK ("item"),
          "user[item] answer[text unknown]", 1);
}

/* --- damage --- */

static void
damage_is_told_and_survived (void **state)
{
  (void) state;
  expect (HEAD MARK ("item") USER (1) "x\n", "user[text]", 1);
  expect (HEAD USER (1) MARK ("") MARK ("chat v=1 root=.."), "user[unknown unknown]", 2);
  expect (HEAD USER (1) "<!--aid:k7Qx2mT9 it", "user[unknown]", 1);
  expect (HEAD USER (1) "<!--aid:k7Qx2mT9", "user[unknown]", 1);
  expect (HEAD USER (1) "<!--aid:k7Qx2m", "user[text]", 0);
  expect (HEAD USER (1) MARK ("meta a=1") MARK ("meta a=2"), "user[meta meta]", 1);
  expect (HEAD ANSWER (1) "a <!--aid:k7Qx2mT9 meta a=1--> b <!--aid:k7Qx2mT9 end--> c\n",
          "answer[text meta text end text]", 2);
  expect (HEAD ANSWER (1) "a <!--aid:k7Qx2mT9 end-->" USER (2) "b\n", "answer[text end] user[text]", 1);
  expect (HEAD USER (1) USER (1), "user[] user[]", 1);
}

static void
windows_line_ends_are_read (void **state)
{
  (void) state;
  struct aid_chat *c = parse ("<!--aid:abcd chat v=1 root=..-->\r\n## You <!--aid:abcd 1 user-->\r\n"
                              "- [a](b) <!--aid:abcd item sent=12-->\r\n## m <!--aid:abcd 2 answer-->\r\n"
                              "<!--aid:abcd meta a=b-->\r\n<!--aid:abcd tool id=1-->\r\n```\r\nx\r\n```\r\nt\r\n");
  char found[200];
  describe (c, found, sizeof found);
  assert_string_equal (found, "user[item] answer[meta tool text]");
  assert_int_equal (c->problems.len, 0);
  assert_true (aid_span_eqz (AID_VEC_AT (struct aid_chat_item, &c->items, 0).sent, "12"));
  aid_chat_free (c);
}

/* A chat with everything, mutated at random: parsing it gives the same bytes in pieces, and joining them and parsing again
   gives the same pieces. */
static void
no_mutation_loses_a_byte (void **state)
{
  (void) state;
  static const char whole[] = HEAD USER (1) "Look.\n\n- [a](b) " MARK ("item sent=ab") ANSWER (2) MARK ("meta got=12")
    MARK ("reasoning ms=1") "> why\n>\n\nText\n```diff\n-a\n+b\n```\n" MARK ("hunks aa=edited:e1") MARK ("edited e1") "> x\n"
    MARK ("tool id=1 name=f") "```json\n{}\n```\n```\nopen\n```\n" MARK ("end closed=fence")
    "### a <!--aid:k7Qx2mT9 2.1 alternative-->\n" "## Summary " MARK ("2 summary of=1-2") "short\n" USER (3) "bye\n";
  static const char *const bits[] = { "\n", "\r", "> ", "-->", "<!--aid:k7Qx2mT9 ", "```\n", " ", "\0", "\xFF", "[", ")" };
  unsigned seed = 12345;
  char text[2 * sizeof whole], first[2000], second[2000];
  for (int round = 0; round < 20000; round++)
    {
      size_t len = sizeof whole - 1;
      memcpy (text, whole, len);
      for (int n = 1 + rand_r (&seed) % 4; n > 0; n--)
        {
          size_t at = (size_t) rand_r (&seed) % len, gone = (size_t) rand_r (&seed) % 12;
          const char *bit = bits[(size_t) rand_r (&seed) % (sizeof bits / sizeof *bits)];
          size_t add = rand_r (&seed) % 2 ? (bit[0] ? strlen (bit) : 1) : 0;
          gone = gone > len - at ? len - at : gone;
          memmove (text + at + add, text + at + gone, len - at - gone);
          memcpy (text + at, bit, add);
          len += add - gone;
        }
      struct aid_chat *c;
      struct aid_str joined = AID_STR_INIT (sizeof text);
      assert_int_equal (aid_chat_parse ((struct aid_span){ text, len }, &c, NULL), AID_OK);
      assert_null (chat_tiles (c));
      describe (c, first, sizeof first);
      aid_str_add (&joined, text, c->turns.len ? AID_VEC_AT (struct aid_turn, &c->turns, 0).beg : len);
      for (size_t i = 0; i < c->turns.len; i++)
        {
          const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
          aid_str_add (&joined, text + t->beg, t->body - t->beg);
          for (size_t p = t->first_piece; p < t->first_piece + t->npieces; p++)
            {
              const struct aid_piece *piece = &AID_VEC_AT (struct aid_piece, &c->pieces, p);
              aid_str_add (&joined, text + piece->beg, piece->end - piece->beg);
            }
        }
      assert_int_equal (joined.len, len);
      assert_memory_equal (joined.ptr, text, len);
      aid_chat_free (c);
      assert_int_equal (aid_chat_parse (aid_str_span (&joined), &c, NULL), AID_OK);
      describe (c, second, sizeof second);
      assert_string_equal (first, second);
      aid_chat_free (c);
      aid_str_free (&joined);
    }
}

/* --- summaries --- */

/* One letter a turn before the last: "s" sent, "-" not. */
static void
expect_sent (const char *text, const char *want, size_t problems)
{
  struct aid_chat *c = parse (text);
  unsigned char sent[100] = { 0 };
  char found[100] = "";
  aid_chat_sent (c, c->turns.len - 1, sent);
  for (size_t i = 0; i + 1 < c->turns.len; i++)
    strcat (found, sent[i] ? "s" : "-");
  assert_string_equal (found, want);
  assert_int_equal (c->problems.len, problems);
  aid_chat_free (c);
}

#define SUMMARY(n, of) "## Summary <!--aid:k7Qx2mT9 " #n " summary of=" of "-->\nshort\n\n"
#define FOUR HEAD USER (1) "a\n" ANSWER (2) "b\n" USER (3) "c\n" ANSWER (4) "d\n"

static void
a_summary_stands_for_the_turns_it_names (void **state)
{
  (void) state;
  expect (FOUR SUMMARY (4, "1-4") USER (5), "user[text] answer[text] user[text] answer[text] summary[text] user[]", 0);
  expect_sent (FOUR USER (5), "ssss", 0);
  expect_sent (FOUR SUMMARY (4, "1-4") USER (5), "----s", 0);
  expect_sent (HEAD USER (1) "a\n" ANSWER (2) "b\n" SUMMARY (2, "1-2") USER (3) "c\n" ANSWER (4) USER (5), "--sss", 0);
  /* a later one stands for an earlier one, too, and only for what is before it */
  expect_sent (HEAD USER (1) ANSWER (2) SUMMARY (2, "1-2") USER (3) ANSWER (4) SUMMARY (4, "1-4") USER (5), "-----s", 0);
  expect_sent (HEAD USER (1) ANSWER (2) SUMMARY (2, "1-9") USER (3) ANSWER (4) USER (5), "--sss", 0);
}

static void
a_summary_without_words_or_range_stands_for_nothing (void **state)
{
  (void) state;
  expect_sent (FOUR "## Summary " MARK ("4 summary of=1-4") "\n\n" USER (5), "sssss", 0);
  expect_sent (FOUR SUMMARY (4, "4-1") USER (5), "sssss", 1);
  expect_sent (FOUR SUMMARY (4, "1") USER (5), "sssss", 1);
  expect_sent (FOUR SUMMARY (4, "x-y") USER (5), "sssss", 1);
  expect_sent (FOUR SUMMARY (4, "0-4") USER (5), "sssss", 1);
  expect_sent (FOUR SUMMARY (4, "1-99999999999999999999") USER (5), "sssss", 1);
}

static void
a_large_chat_is_parsed_whole (void **state)
{
  (void) state;
  struct aid_str text = AID_STR_INIT (64 << 20);
  aid_str_addz (&text, HEAD);
  for (int t = 1; t <= 200; t++)
    {
      aid_str_addf (&text, "## You <!--aid:k7Qx2mT9 %d user-->\n", t);
      for (int i = 0; i < 100; i++)
        aid_str_addf (&text, "- [item %d](some/where/%d.c) " MARK ("item sent=0123456789abcdef"), i, i);
      for (int i = 0; i < 400; i++)
        aid_str_addz (&text, "A line of text that says something about the code above it.\n");
    }
  struct aid_chat *c = parse (aid_str_z (&text));
  assert_int_equal (c->turns.len, 200);
  assert_int_equal (c->items.len, 20000);
  assert_int_equal (c->problems.len, 0);
  aid_chat_free (c);
  aid_str_free (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_first_line_gives_the_key),
    cmocka_unit_test (a_file_without_the_first_line_has_no_turns),
    cmocka_unit_test (only_the_files_own_key_outside_a_quote_is_structure),
    cmocka_unit_test (a_marker_wins_even_in_a_fence),
    cmocka_unit_test (what_is_in_a_quote_never_counts),
    cmocka_unit_test (the_words_of_a_heading_are_free),
    cmocka_unit_test (numbers_come_from_the_marker),
    cmocka_unit_test (alternatives_stand_in_any_order_behind_their_answer),
    cmocka_unit_test (a_queued_question_is_a_question),
    cmocka_unit_test (words_that_look_like_a_role_are_no_turn),
    cmocka_unit_test (reasoning_is_the_quote_right_after_its_marker),
    cmocka_unit_test (decisions_name_hunks_and_edits),
    cmocka_unit_test (an_end_line_takes_its_closing_line),
    cmocka_unit_test (a_tool_call_takes_its_fence),
    cmocka_unit_test (an_item_is_a_list_item_with_one_link),
    cmocka_unit_test (only_questions_have_items),
    cmocka_unit_test (damage_is_told_and_survived),
    cmocka_unit_test (windows_line_ends_are_read),
    cmocka_unit_test (a_summary_stands_for_the_turns_it_names),
    cmocka_unit_test (a_summary_without_words_or_range_stands_for_nothing),
    cmocka_unit_test (no_mutation_loses_a_byte),
    cmocka_unit_test (a_large_chat_is_parsed_whole),
  };
  return cmocka_run_group_tests_name ("chat parse", tests, NULL, NULL);
}
