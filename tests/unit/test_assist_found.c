/* While an answer arrives, its patches are found and placed against the files as they are, and told of before its end. */
#include "turn_bench.h"

#define HUNK(n, old, new) "@@ -" n " +" n " @@\\n-" old "\\n+" new "\\n"

static char root[80];

static void
put (const char *name, const char *text)
{
  char path[160];
  snprintf (root, sizeof root, "%s/project", dir);
  assert_int_equal (aid_fs_mkdirs (root, 0700, NULL), AID_OK);
  snprintf (path, sizeof path, "%s/%s", root, name);
  assert_int_equal (aid_fs_replace (path, aid_span_z (text), 0600, NULL), AID_OK);
}

static void
ask_in (struct bench *b, uint64_t id, const char *where, int plain, const char *unsaved)
{
  struct aid_ask_item item = { AID_SPAN ("f.txt"), aid_span_z (unsaved) };
  struct aid_ask a = { .id = id, .chat = AID_SPAN (CHAT), .request = "r1", .root = where, .plain = plain,
                       .items = &item, .nitems = unsaved != NULL };
  assert_int_equal (aid_assist_ask (b->assist, &a, NULL), AID_OK);
}

/* Two hunks for f.txt, of which the first is certain, until the gate is opened. */
static const struct fake_step two_hunks[]
  = { FAKE_SEND (HEAD DELTA ("So:\\n\\n```diff\\n--- a/f.txt\\n+++ b/f.txt\\n" HUNK ("1", "one", "ONE")
                             HUNK ("3", "three", "3"))),
      FAKE_GATE, FAKE_SEND (DELTA ("```\\n") STOP), FAKE_CLOSE };
static const struct fake_step *const two_hunks_script[] = { two_hunks };

static void
a_hunk_is_told_of_before_the_answer_ends (void **state)
{
  (void) state;
  struct bench b;
  put ("f.txt", "one\ntwo\nthree\n");
  begin (&b, two_hunks_script, 1);
  ask_in (&b, 1, root, 0, NULL);
  assert_true (wait_for (&b.w, &b.w.founds, 1));
  assert_int_equal (b.w.ended, 0);
  assert_string_equal (aid_str_z (&b.w.found),
                       "1 {\"files\": 1, \"hunks\": 1, \"fit\": 1, \"adjusted\": 0, \"already\": 0, \"refused\": 0}\n");
  fake_open (b.server);
  assert_true (wait_for (&b.w, &b.w.ended, 1));
  assert_non_null (strstr (aid_str_z (&b.w.last), "state=done"));
  finish (&b);
}

static void
what_comes_later_is_counted_with_the_first (void **state)
{
  (void) state;
  static const struct fake_step answer[]
    = { FAKE_SEND (HEAD DELTA ("```diff\\n--- a/f.txt\\n+++ b/f.txt\\n" HUNK ("1", "one", "ONE") "```\\n\\nAnd:\\n\\n")),
        FAKE_GATE,
        FAKE_SEND (DELTA ("```diff\\n--- a/g.txt\\n+++ b/g.txt\\n" HUNK ("1", "  left", "right") "```\\n")), FAKE_GATE,
        FAKE_SEND (DELTA ("```diff\\n--- a/g.txt\\n+++ b/g.txt\\n" HUNK ("1", "of something else", "x") "```\\n")), FAKE_HOLD,
        FAKE_CLOSE };
  const struct fake_step *script[] = { answer };
  struct bench b;
  put ("f.txt", "one\ntwo\nthree\n");
  put ("g.txt", "left\n");
  begin (&b, script, 1);
  ask_in (&b, 1, root, 0, NULL);
  for (unsigned n = 1; n <= 3; n++)
    {
      assert_true (wait_for (&b.w, &b.w.founds, n));
      fake_open (b.server);
    }
  assert_string_equal (aid_str_z (&b.w.found),
                       "1 {\"files\": 1, \"hunks\": 1, \"fit\": 1, \"adjusted\": 0, \"already\": 0, \"refused\": 0}\n"
                       "1 {\"files\": 2, \"hunks\": 2, \"fit\": 1, \"adjusted\": 1, \"already\": 0, \"refused\": 0}\n"
                       "1 {\"files\": 3, \"hunks\": 3, \"fit\": 1, \"adjusted\": 1, \"already\": 0, \"refused\": 1}\n");
  finish (&b);
}

/* An unsaved buffer that was sent with the question is what the model has seen. */
static void
a_text_sent_with_the_question_goes_before_the_file (void **state)
{
  (void) state;
  struct bench b;
  put ("f.txt", "other\n");
  begin (&b, two_hunks_script, 1);
  ask_in (&b, 1, root, 0, "one\ntwo\nthree\n");
  assert_true (wait_for (&b.w, &b.w.founds, 1));
  assert_non_null (strstr (aid_str_z (&b.w.found), "\"fit\": 1"));
  finish (&b);
}

/* The terminal shows the model's text alone; a project that is not here has no files to look at. */
static void
nothing_is_told_where_nobody_looks (void **state)
{
  (void) state;
  struct bench b;
  put ("f.txt", "one\ntwo\nthree\n");
  begin (&b, two_hunks_script, 1);
  ask_in (&b, 1, root, 1, NULL);
  ask_in (&b, 2, "/nowhere/at/all", 0, NULL);
  ask_in (&b, 3, root, 0, NULL);
  assert_true (wait_for (&b.w, &b.w.founds, 1));
  for (int i = 0; i < 3; i++)
    fake_open (b.server);
  assert_true (wait_for (&b.w, &b.w.ended, 3));
  for (const char *line = aid_str_z (&b.w.found); *line; line = strchr (line, '\n') + 1)
    assert_true (line[0] == '3');
  finish (&b);
}

/* Whatever is on its way when a request ends, by itself, cancelled, or with everything else, is let go of. */
static void
ending_at_any_moment_leaves_nothing (void **state)
{
  (void) state;
  static const struct fake_step quick[]
    = { FAKE_SEND (HEAD DELTA ("```diff\\n--- a/f.txt\\n+++ b/f.txt\\n" HUNK ("1", "one", "ONE") "```\\n") STOP), FAKE_CLOSE };
  const struct fake_step *script[] = { two_hunks, quick };
  put ("f.txt", "one\ntwo\nthree\n");
  for (unsigned round = 0; round < 20; round++)
    {
      struct bench b;
      begin (&b, script, 2);
      for (uint64_t id = 1; id <= 4; id++)
        ask_in (&b, id, root, 0, NULL);
      if (round % 2)
        assert_true (wait_for (&b.w, &b.w.texts, 1));
      if (round % 5 == 4)
        assert_true (wait_for (&b.w, &b.w.founds, 1));
      aid_assist_cancel (b.assist, 1 + round % 4);
      aid_assist_free (b.assist, "over");
      b.assist = NULL;
      assert_int_equal (b.w.ended, 4);
      finish (&b);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_hunk_is_told_of_before_the_answer_ends),
    cmocka_unit_test (what_comes_later_is_counted_with_the_first),
    cmocka_unit_test (a_text_sent_with_the_question_goes_before_the_file),
    cmocka_unit_test (nothing_is_told_where_nobody_looks),
    cmocka_unit_test (ending_at_any_moment_leaves_nothing),
  };
  return cmocka_run_group_tests_name ("assist found", tests, setup, teardown);
}
