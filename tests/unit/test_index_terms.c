/* The terms of texts and of questions, and what a question names. */
#include "index/asked.h"
#include "index/terms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static void
join (void *ctx, struct aid_span term, int whole, size_t end)
{
  (void)end;
  aid_str_addf (ctx, "%s%.*s ", whole ? "=" : "", (int)term.len, term.ptr);
}

static void
terms_are (const char *text, const char *want)
{
  struct aid_str got = AID_STR_INIT (10000);
  aid_terms (aid_span_z (text), join, &got);
  assert_string_equal (aid_str_z (&got), want);
  aid_str_free (&got);
}

static void
identifiers_are_cut_and_compound_ones_kept (void **state)
{
  (void)state;
  terms_are ("parse_rule (x)", "pars rul =parse_rule ");
  terms_are ("HTTPServer2Run", "http server2 run =httpserver2run ");
  terms_are ("__init__", "init ");
  terms_are ("a b c 7 42 404", "404 ");
  terms_are ("utf8_decode", "utf8 decod =utf8_decode ");
}

static void
forms_of_a_word_are_one (void **state)
{
  (void)state;
  terms_are ("parse parses parsed parsing parser", "pars pars pars pars pars ");
  terms_are ("entry entries run running class classes", "entry entry run run class class ");
  terms_are ("completion complete this status", "complet complet this status ");
}

static void
other_scripts_are_lowered_and_unspaced_ones_give_pairs (void **state)
{
  (void)state;
  terms_are ("GRÖSSE Привет", "grösse привет ");
  terms_are ("検索機能 x", "検索 索機 機能 ");
  terms_are ("ab\xff\xfe"
             "cd",
             "ab cd ");
}

static struct aid_asked asked;

static void
ask (const char *text, const char *error)
{
  aid_asked_free (&asked);
  assert_int_equal (aid_ask_apart (aid_span_z (text), aid_span_z (error), &asked), AID_OK);
}

static const struct aid_mention none;

/* What is asked for as TEXT, or NONE. */
static const struct aid_mention *
mention (const char *text)
{
  for (size_t i = 0; i < asked.mentions.len; i++)
    if (aid_span_eqz (AID_VEC_AT (struct aid_mention, &asked.mentions, i).text, text))
      return &AID_VEC_AT (struct aid_mention, &asked.mentions, i);
  return &none;
}

static void
is (const char *text, enum aid_mention_kind kind, uint32_t line)
{
  const struct aid_mention *m = mention (text);
  if (m == &none)
    fail_msg ("%s is not found", text);
  assert_int_equal (m->kind, kind);
  assert_int_equal (m->line, line);
}

static void
names_in_a_question_are_seen (void **state)
{
  (void)state;
  ask ("Why does `frob` call parse_rule and parseRule in Parser.rule, List::push and plain words?", "");
  is ("frob", AID_MENTION_NAME, 0);
  assert_true (mention ("frob")->quoted);
  is ("parse_rule", AID_MENTION_NAME, 0);
  is ("parseRule", AID_MENTION_NAME, 0);
  is ("rule", AID_MENTION_NAME, 0);
  is ("push", AID_MENTION_NAME, 0);
  is ("plain", AID_MENTION_WORD, 0);
}

static void
paths_and_their_lines_are_seen_as_programs_write_them (void **state)
{
  (void)state;
  ask ("see src/a.c:12:5: and ./b.py, Makefile.in; lib/x/y.ml. Not https://example.org/z.c",
       "  File \"pkg/mod.py\", line 33, in run\n    at go (web/app.js:7:9)\nFile \"bin/main.ml\", line 4, characters 2-5:\n"
       "  --> src/lib.rs:19:1\n\tat a.b.C.m(File.java:12)\n");
  is ("src/a.c", AID_MENTION_PATH, 12);
  is ("b.py", AID_MENTION_PATH, 0);
  is ("lib/x/y.ml", AID_MENTION_PATH, 0);
  is ("pkg/mod.py", AID_MENTION_PATH, 33);
  is ("web/app.js", AID_MENTION_PATH, 7);
  is ("bin/main.ml", AID_MENTION_PATH, 4);
  is ("src/lib.rs", AID_MENTION_PATH, 19);
  is ("File.java", AID_MENTION_PATH, 12);
  assert_ptr_equal (&none, mention ("z.c"));
  assert_false (mention ("src/a.c")->in_error);
  assert_true (mention ("pkg/mod.py")->in_error);
}

static int
has_term (const char *text)
{
  for (size_t i = 0; i < asked.terms.len; i++)
    {
      const struct aid_asked_term *t = &AID_VEC_AT (struct aid_asked_term, &asked.terms, i);
      if (aid_span_eqz ((struct aid_span){ t->text, t->len }, text))
        return 1;
    }
  return 0;
}

static void
what_says_nothing_is_left_out (void **state)
{
  (void)state;
  ask ("Fix the lexer so that it should not crash\n\nSigned-off-by: Somebody Else "
       "<x@example.org>\nhttps://example.org/issues/1",
       "");
  assert_true (has_term ("lexer"));
  assert_true (has_term ("crash"));
  assert_false (has_term ("the"));
  assert_false (has_term ("should"));
  assert_false (has_term ("fix"));
  assert_false (has_term ("somebody"));
  assert_false (has_term ("issu"));
  assert_ptr_equal (&none, mention ("Somebody"));
}

static void
a_question_of_any_length_has_its_limits (void **state)
{
  (void)state;
  struct aid_str text = AID_STR_INIT (1 << 20);
  for (int i = 0; i < 20000; i++)
    aid_str_addf (&text, "name_%d ", i);
  ask (aid_str_z (&text), "");
  assert_int_equal (asked.mentions.len, AID_MENTIONS);
  assert_int_equal (asked.terms.len, AID_ASKED_TERMS);
  aid_str_free (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (identifiers_are_cut_and_compound_ones_kept),
    cmocka_unit_test (forms_of_a_word_are_one),
    cmocka_unit_test (other_scripts_are_lowered_and_unspaced_ones_give_pairs),
    cmocka_unit_test (names_in_a_question_are_seen),
    cmocka_unit_test (paths_and_their_lines_are_seen_as_programs_write_them),
    cmocka_unit_test (what_says_nothing_is_left_out),
    cmocka_unit_test (a_question_of_any_length_has_its_limits),
  };
  int failed = cmocka_run_group_tests (tests, NULL, NULL);
  aid_asked_free (&asked);
  return failed;
}
