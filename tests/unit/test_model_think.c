/* The inline <think> splitter: each example gives the same at every way of cutting it in two, and by single bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "model/think.h"

struct both
{
  struct aid_str text, reasoning;
};

static void
collect (void *user, int reasoning, struct aid_span v)
{
  struct both *b = user;
  assert_true (v.len > 0);
  aid_str_addspan (reasoning ? &b->reasoning : &b->text, v);
}

static void
split (const char *answer, int first, size_t cut, size_t step, const char *reasoning, const char *text)
{
  struct both b = { AID_STR_INIT (4096), AID_STR_INIT (4096) };
  struct aid_think t = { AID_THINK_BEGIN, first, "", 0 };
  struct aid_span rest = aid_span_z (answer);
  while (rest.len)
    {
      size_t n = cut ? cut : step;
      n = n < rest.len ? n : rest.len;
      cut = 0;
      aid_think_feed (&t, aid_span_cut (rest, 0, n), collect, &b);
      rest = aid_span_cut (rest, n, rest.len);
    }
  aid_think_end (&t, collect, &b);
  assert_string_equal (aid_str_z (&b.reasoning), reasoning);
  assert_string_equal (aid_str_z (&b.text), text);
  aid_str_free (&b.text);
  aid_str_free (&b.reasoning);
}

static void
gives_as (const char *answer, int first, const char *reasoning, const char *text)
{
  split (answer, first, 0, 1, reasoning, text);
  for (size_t i = 0; i <= strlen (answer); i++)
    split (answer, first, i, 4096, reasoning, text);
}

static void
gives (const char *answer, const char *reasoning, const char *text)
{
  gives_as (answer, 0, reasoning, text);
}

static void
plain_text_is_untouched (void **state)
{
  (void) state;
  gives ("", "", "");
  gives ("Hello", "", "Hello");
  gives ("\n  Hello\n", "", "\n  Hello\n");
  gives ("   ", "", "   ");
  gives ("<b>bold</b>", "", "<b>bold</b>");
  gives ("<thin", "", "<thin");
  gives ("<thinking>x", "", "<thinking>x");
}

static void
an_opening_tag_at_the_start_opens_reasoning (void **state)
{
  (void) state;
  gives ("<think>a</think>b", "a", "b");
  gives ("\n <think>\na < b\n</think>\n\nThe answer.", "a < b\n", "The answer.");
  gives ("<think></think>b", "", "b");
  gives ("<think>\n\n</think>\n\nb", "", "b");
  gives ("<think>a <</think></</thinks</think>b", "a <", "</</thinks</think>b");
  gives ("<think>1 </ 2 </thin 3 <</think>b", "1 </ 2 </thin 3 <", "b");
}

static void
an_unclosed_tag_keeps_all_in_reasoning (void **state)
{
  (void) state;
  gives ("<think>only this", "only this", "");
  gives ("<think>only </thi", "only </thi", "");
}

static void
tags_in_the_text_are_text (void **state)
{
  (void) state;
  gives ("Use <think> and </think>.", "", "Use <think> and </think>.");
  gives ("<think>a</think>b <think>c</think>", "a", "b <think>c</think>");
  gives ("I thought so</think>b", "", "I thought so</think>b");
}

static void
a_lone_closing_tag_before_any_text_is_dropped (void **state)
{
  (void) state;
  gives ("</think>b", "", "b");
  gives ("\n</think>\n\nb", "", "b");
}

static void
endless_white_space_is_given_out (void **state)
{
  (void) state;
  char blanks[301];
  memset (blanks, ' ', 300);
  blanks[300] = '\0';
  gives (blanks, "", blanks);
}

/* The template of such a model has written the opening tag. */
static void
an_answer_may_begin_inside (void **state)
{
  (void) state;
  gives_as ("Okay, so\n</think>\n\nYes.", 1, "Okay, so\n", "Yes.");
  gives_as ("Okay.</think>Say </think>.", 1, "Okay.", "Say </think>.");
  gives_as ("<think>\nOkay.</think>Yes.", 1, "Okay.", "Yes.");       /* and some servers send it all the same */
  gives_as ("</think>\n\nYes.", 1, "", "Yes.");
  gives_as ("<</think>Yes.", 1, "<", "Yes.");
  gives_as ("<thin</think>Yes.", 1, "<thin", "Yes.");
  gives_as ("Never closed", 1, "Never closed", "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (plain_text_is_untouched),
    cmocka_unit_test (an_opening_tag_at_the_start_opens_reasoning),
    cmocka_unit_test (an_unclosed_tag_keeps_all_in_reasoning),
    cmocka_unit_test (tags_in_the_text_are_text),
    cmocka_unit_test (a_lone_closing_tag_before_any_text_is_dropped),
    cmocka_unit_test (an_answer_may_begin_inside),
    cmocka_unit_test (endless_white_space_is_given_out),
  };
  return cmocka_run_group_tests_name ("model think", tests, NULL, NULL);
}
