/* What a description gives away of a change, and whether a text holds what a change comes to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "learn/leak.h"
#include "base/json.h"
#include "learn/words.h"

static const char diff[] = "--- a/src/queue.c\n"
                           "+++ b/src/queue.c\n"
                           "@@ -4,8 +4,14 @@ queue_push (struct queue *q, int value)\n"
                           " {\n"
                           "-  q->items[q->count] = value;\n"
                           "+  size_t next_slot = (q->head + q->count) % q->capacity;\n"
                           "+  if (q->count == q->capacity)\n"
                           "+    return QUEUE_FULL;\n"
                           "+  q->items[next_slot] = value;\n"
                           "+  q->count++;\n"
                           "   return 0;\n"
                           " }\n";
static const char old[]
  = "struct queue { int *items; size_t head, count, capacity; };\nint queue_push (struct queue *q, int value);\n";

/* The kinds of what TEXT gives away, each once, with blanks between them. */
static const char *
leaks_with (const char *text, const struct aid_leak_base *base)
{
  static char out[400];
  struct aid_changed change;
  struct aid_error e;
  json_t *leaks = json_array (), *one;
  size_t i;
  out[0] = '\0';
  if (aid_changed_read (aid_span_z (diff), &change, &e) || aid_leak_find (aid_span_z (text), &change, base, leaks, &e))
    fail_msg ("%s", e.msg);
  json_array_foreach (leaks, i, one)
  {
    if (!strstr (out, aid_json_str (one, "what")))
      snprintf (out + strlen (out), sizeof out - strlen (out), "%s%s", out[0] ? " " : "", aid_json_str (one, "what"));
  }
  json_decref (leaks);
  aid_changed_free (&change);
  return out;
}

static const char *
leaks (const char *text)
{
  return leaks_with (text, &(struct aid_leak_base){ aid_span_z (old), NULL, NULL });
}

static void
what_a_person_says_is_fine (void **state)
{
  (void)state;
  assert_string_equal (
    leaks ("queue_push writes beyond the array when the queue is full; make it report that instead of storing."), "");
  assert_string_equal (leaks ("pushing into a full queue overwrites memory, fix it"), "");
  assert_string_equal (
    leaks ("In queue_push of src/queue.c, items and count are used without a look at capacity. It is a ring: head "
           "is where it begins."),
    "");
  assert_string_equal (leaks (""), "");
}

static void
names_that_come_with_the_change_are_given_away (void **state)
{
  (void)state;
  assert_string_equal (leaks ("compute next_slot first"), "identifier");
  assert_string_equal (leaks ("give back QUEUE_FULL"), "identifier");
  assert_string_equal (leaks ("call it `next_slot`, please"), "identifier");
  assert_string_equal (leaks ("next and slot are words"), "");
}

static enum aid_err
knows_queue_full (void *ctx, struct aid_span *names, size_t n, struct aid_error *e)
{
  (void)e;
  *(size_t *)ctx += n;
  for (size_t i = 0; i < n; i++)
    if (aid_span_eqz (names[i], "QUEUE_FULL"))
      names[i].len = 0;
  return AID_OK;
}

static void
names_that_stand_elsewhere_in_the_project_are_not (void **state)
{
  size_t asked = 0;
  (void)state;
  struct aid_leak_base base = { aid_span_z (old), knows_queue_full, &asked };
  assert_string_equal (leaks_with ("give back QUEUE_FULL", &base), "");
  assert_string_equal (leaks_with ("give back QUEUE_FULL in next_slot", &base), "identifier");
  assert_int_equal (asked, 3);
}

static void
lines_are_given_away_however_they_are_set (void **state)
{
  (void)state;
  assert_non_null (strstr (leaks ("when q->count==q->capacity) something"), "words"));
  assert_non_null (strstr (leaks ("write q -> count ++ ; there"), "line"));
  assert_non_null (strstr (leaks ("it should be\n\n   q -> items [ next_slot ]\n = value;"), "line"));
  assert_string_equal (leaks ("return 0 ;"), ""); /* that stood there before */
}

static void
fences_and_diffs_are_code (void **state)
{
  (void)state;
  assert_string_equal (leaks ("do this:\n```c\nx\n```\n"), "code");
  assert_string_equal (leaks ("@@ -1,2 +3,4 @@\n x\n"), "code");
}

/* The words of the change in their order, spread over sentences. */
static void
a_change_that_is_retold_word_by_word_is_given_away (void **state)
{
  static const char wordy[] = "--- a/t.txt\n+++ b/t.txt\n@@ -1,1 +1,3 @@\n old\n"
                              "+alpha bravo charlie delta echo\n+foxtrot golf hotel india juliet\n";
  struct aid_changed change;
  (void)state;
  assert_int_equal (aid_changed_read (aid_span_z (wordy), &change, NULL), AID_OK);
  struct aid_leak_base base = { AID_SPAN ("old"), NULL, NULL };
  json_t *found = json_array ();
  assert_int_equal (
    aid_leak_find (AID_SPAN ("First alpha, then bravo and charlie. Then delta comes, and echo before foxtrot."), &change,
                   &base, found, NULL),
    AID_OK);
  assert_int_equal (json_array_size (found), 1);
  assert_string_equal (aid_json_str (json_array_get (found, 0), "what"), "sequence");
  json_array_clear (found);
  assert_int_equal (aid_leak_find (AID_SPAN ("Some echo of alpha is to come, bravo."), &change, &base, found, NULL), AID_OK);
  assert_int_equal (json_array_size (found), 0);
  json_decref (found);
  aid_changed_free (&change);
}

/* --- results ------------------------------------------------------------------------------------------------------ */

static double
share (const char *of, const char *known, const char *text)
{
  struct aid_changed change;
  struct aid_results *r = aid_results_new ();
  double out = -1;
  assert_int_equal (aid_changed_read (aid_span_z (of), &change, NULL), AID_OK);
  assert_int_equal (aid_results_add (r, &change, aid_span_z (known)), AID_OK);
  assert_int_equal (aid_results_find (r, aid_span_z (text), &out), AID_OK);
  aid_results_free (r);
  aid_changed_free (&change);
  return out;
}

static void
a_text_holds_a_result_or_it_does_not (void **state)
{
  static const char after[] = "  size_t next_slot = (q->head + q->count) % q->capacity;\n  if (q->count == q->capacity)\n"
                              "    return QUEUE_FULL;\n  q->items[next_slot] = value;\n  q->count++;\n  return 0;\n";
  (void)state;
  assert_true (share (diff, "", after) == 1);
  assert_true (share (diff, "",
                      "size_t next_slot=(q->head+q->count)%q->capacity; if(q->count==q->capacity)\nreturn QUEUE_FULL; "
                      "q->items[next_slot]=value; q->count++;")
               == 1);
  assert_true (share (diff, after, after) == 0); /* who answers has it anyway */
  assert_true (share (diff, "", old) == 0);
  double some = share (diff, "", "size_t next_slot = (q->head + q->count) % q->capacity;\n");
  assert_true (some > 0 && some < AID_RESULT_SHARE);
}

/* A diff's sign begins each of its lines, so it stands within each run that goes over a line's end. */
static void
a_diff_holds_what_it_adds_and_what_it_removes (void **state)
{
  static const char added[] = "```diff\n--- a/other.c\n+++ b/other.c\n@@ -1 +1,5 @@\n int old;\n+  size_t next_slot = (q->head + "
                              "q->count) % q->capacity;\n+  if (q->count == q->capacity)\n+    return QUEUE_FULL;\n"
                              "-  int mine;\n+  q->items[next_slot] = value;\n+  q->count++;\n```\n";
  static const char removed[] = "@@ -1,5 +1 @@\n-  size_t next_slot = (q->head + q->count) % q->capacity;\n"
                                "-  if (q->count == q->capacity)\n-    return QUEUE_FULL;\n"
                                "-  q->items[next_slot] = value;\n-  q->count++;\n+  int mine;\n";
  (void)state;
  assert_true (share (diff, "", added) == 1);
  assert_true (share (diff, "", removed) == 1);
  assert_true (share (diff, "", "+ q->count++;\n- return QUEUE_FULL;\n") < AID_RESULT_SHARE);
}

static void
of_many_results_each_is_told_its_share (void **state)
{
  static const char other[] = "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\n+one two three four five six\n";
  struct aid_results *r = aid_results_new ();
  double shares[3] = { -1, -1, -1 };
  (void)state;
  for (int i = 0; i < 3; i++)
    {
      struct aid_changed change;
      assert_int_equal (aid_changed_read (aid_span_z (i == 1 ? other : diff), &change, NULL), AID_OK);
      assert_int_equal (aid_results_add (r, &change, AID_SPAN ("")), AID_OK);
      aid_changed_free (&change);
    }
  assert_int_equal (aid_results_find (r, AID_SPAN ("zero one two three four five six seven"), shares), AID_OK);
  assert_true (shares[0] == 0 && shares[1] == 1 && shares[2] == 0);
  assert_int_equal (aid_results_find (r, AID_SPAN ("one two three"), shares), AID_OK);
  assert_true (shares[1] == 0);
  aid_results_free (r);
}

static void
words_and_sets (void **state)
{
  struct aid_vec words = AID_WORDS_INIT;
  struct aid_set64 set = { NULL, 0, 0 };
  (void)state;
  assert_int_equal (aid_words_read (AID_SPAN ("a_1->b\t(\xC3\xA9t\xC3\xA9)\n"), &words), AID_OK);
  assert_int_equal (words.len, 7);
  assert_true (aid_span_eqz (AID_VEC_AT (struct aid_word, &words, 0).text, "a_1"));
  assert_true (aid_span_eqz (AID_VEC_AT (struct aid_word, &words, 5).text, "\xC3\xA9t\xC3\xA9"));
  assert_false (aid_set64_has (&set, 3));
  for (uint64_t i = 0; i < 10000; i++)
    assert_int_equal (aid_set64_add (&set, i * i), 0);
  assert_int_equal (set.n, 9999); /* 0 is as good as 1 */
  for (uint64_t i = 0; i < 10000; i++)
    assert_true (aid_set64_has (&set, i * i));
  assert_false (aid_set64_has (&set, 3));
  aid_set64_free (&set);
  aid_vec_free (&words);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_a_person_says_is_fine),
    cmocka_unit_test (names_that_come_with_the_change_are_given_away),
    cmocka_unit_test (names_that_stand_elsewhere_in_the_project_are_not),
    cmocka_unit_test (lines_are_given_away_however_they_are_set),
    cmocka_unit_test (fences_and_diffs_are_code),
    cmocka_unit_test (a_change_that_is_retold_word_by_word_is_given_away),
    cmocka_unit_test (a_text_holds_a_result_or_it_does_not),
    cmocka_unit_test (a_diff_holds_what_it_adds_and_what_it_removes),
    cmocka_unit_test (of_many_results_each_is_told_its_share),
    cmocka_unit_test (words_and_sets),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
