/* An answer that is read while it arrives gives the hunks that the whole of it gives: whatever the answer, wherever it is
   cut, nothing that was given is withdrawn or changed, and what is certain is given soon. */
#include "patch_cases.h"
#include "patch_feed_check.h"
#include "sanitized.h"

#include <dirent.h>

static const char *const root = "tests/cases/patch";

/* --- the property ----------------------------------------------------------------------------------------------------- */

/* Numbers that are the same in every run: SplitMix64. */
static uint64_t
next_random (uint64_t *seed)
{
  uint64_t z = *seed += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Feeds ANSWER in pieces of at most MOST bytes, cut by SEED; gives how many hunks were given before its end. */
static size_t
stream (struct aid_span answer, size_t most, uint64_t *seed)
{
  struct aid_patch *whole = read_patch (answer, AID_FORMAT_AUTO);
  struct aid_patch_feed *f = aid_patch_feed_new ();
  size_t hunks = 0, files = 0;
  assert_non_null (f);
  for (size_t at = 0; at < answer.len;)
    {
      size_t n = most == 1 ? 1 : 1 + next_random (seed) % most;
      struct aid_span piece = aid_span_cut (answer, at, at + n < answer.len ? at + n : answer.len);
      assert_int_equal (aid_patch_feed_add (f, piece, NULL), AID_OK);
      at += piece.len;
      const struct aid_patch *p = aid_patch_feed_patch (f);
      if (!agrees (p, whole) || p->hunks.len < hunks || p->files.len < files)
        {
          print_error ("pieces of %zu bytes at most, byte %zu of\n%.*s\n", most, at, (int) answer.len, answer.ptr);
          fail ();
        }
      hunks = p->hunks.len;
      files = p->files.len;
    }
  assert_true (aid_patch_feed_work (f) <= AID_FEED_WORK * answer.len);
  aid_patch_feed_free (f);
  aid_patch_free (whole);
  return hunks;
}

static void
stream_every_way (struct aid_span answer)
{
  uint64_t seed = 7;
  stream (answer, 1, &seed);
  for (size_t most = 2; most <= 512; most *= 4)
    stream (answer, most, &seed);
}

/* --- answers ---------------------------------------------------------------------------------------------------------- */

static void
load_answers (struct aid_vec *answers)
{
  DIR *dir = opendir (root);
  assert_non_null (dir);
  for (const struct dirent *d; (d = readdir (dir));)
    {
      char path[400];
      struct aid_str text = AID_STR_INIT (1 << 20);
      snprintf (path, sizeof path, "%s/%s/answer.md", root, d->d_name);
      if (d->d_name[0] == '.' || aid_fs_read (path, &text, NULL))
        continue;
      struct aid_str *slot = aid_vec_push (answers);
      assert_non_null (slot);
      *slot = text;
    }
  closedir (dir);
  assert_true (answers->len > 100);
}

static void
free_answers (struct aid_vec *answers)
{
  for (size_t i = 0; i < answers->len; i++)
    aid_str_free (&AID_VEC_AT (struct aid_str, answers, i));
  aid_vec_free (answers);
}

static void
every_case_agrees_however_it_is_cut (void **state)
{
  (void) state;
  struct aid_vec answers = AID_VEC_INIT (struct aid_str, 10000);
  load_answers (&answers);
  for (size_t i = 0; i < answers.len; i++)
    stream_every_way (aid_str_span (&AID_VEC_AT (struct aid_str, &answers, i)));
  free_answers (&answers);
}

static void
cases_behind_one_another_agree (void **state)
{
  (void) state;
  struct aid_vec answers = AID_VEC_INIT (struct aid_str, 10000);
  uint64_t seed = 1;
  load_answers (&answers);
  for (size_t n = 0; n < 1000; n++)
    {
      struct aid_str all = AID_STR_INIT (1 << 22);
      for (size_t k = 0; k < 2 + n % 3; k++)
        aid_str_addspan (&all, aid_str_span (&AID_VEC_AT (struct aid_str, &answers, next_random (&seed) % answers.len)));
      stream (aid_str_span (&all), 64, &seed);
      aid_str_free (&all);
    }
  free_answers (&answers);
}

enum
{
  ROUNDS = SANITIZED ? 20000 : 60000
};

/* Lines that mean something to a reader, in any order: more odd answers than anybody writes down. */
static void
any_lines_in_any_order_agree (void **state)
{
  (void) state;
  static const char *const lines[] = {
    "```\n", "```diff\n", "  ```\n", "  ```diff\n", "````\n", "~~~\n", "```c src/a.c\n", "--- a/f\n", "+++ b/f\n",
    "--- /dev/null\n", "+++ b/new\n", "@@ -1,2 +1,2 @@\n", "@@ -3 +3,2 @@ f ()\n", "@@\n", "@@ class A\n", "-x\n", "+y\n", " z\n",
    "w\n", "\n", "-- x\n", "++ y\n", "  -x\n", "\\ No newline at end of file\n", "<<<<<<< SEARCH\n", "=======\n",
    ">>>>>>> REPLACE\n", "<<<<< SEARCH\n", ">>>>> REPLACE\n", "*** Begin Patch\n", "*** Update File: f\n", "*** Add File: g\n",
    "*** Delete File: h\n", "*** Move to: k\n", "*** End of File\n", "*** End Patch\n", "diff --git a/f b/f\n",
    "diff --git a/p b/q\n", "new file mode 100644\n", "rename from p\n", "rename to q\n", "Binary files a/f and b/f differ\n",
    "In `src/a.c`:\n", "Then change it.\n", "{\"path\": \"f\", \"old_string\": \"x\", \"new_string\": \"y\"}\n", "-- \n",
    "2.39.2\n", "- a list\n", "------- SEARCH\n", "+++++++ REPLACE\n", "  *** End Patch\n", "@@ -0,0 +1,2 @@\n", "src/a.c\n",
    "// src/a.c\n", "copy from p\n", "copy to q\n", "<!--aid:k diff-->\n", "> -x\n", "Here is the full `src/a.c`:\n",
  };
  uint64_t seed = 2;
  size_t early = 0;
  for (size_t n = 0; n < ROUNDS; n++)
    {
      struct aid_str all = AID_STR_INIT (1 << 16);
      for (size_t k = 0, most = 2 + next_random (&seed) % 40; k < most; k++)
        aid_str_addz (&all, lines[next_random (&seed) % (sizeof lines / sizeof *lines)]);
      if (next_random (&seed) % 4 == 0)
        all.len--;
      early += stream (aid_str_span (&all), n % 2 ? 8 : 40, &seed);
      aid_str_free (&all);
    }
  assert_true (early > ROUNDS / 6);
}

/* One block of 2,000 hunks, and 2,000 blocks of one: what is open is read again, and the work is linear all the same. */
static void
long_answers_agree (void **state)
{
  (void) state;
  uint64_t seed = 3;
  for (int blocks = 0; blocks < 2; blocks++)
    {
      struct aid_str all = AID_STR_INIT (1 << 22);
      for (int i = 0; i < 2000; i++)
        {
          if (i == 0 || blocks)
            aid_str_addf (&all, "Then:\n\n```diff\n--- a/f%d.c\n+++ b/f%d.c\n", i, i);
          aid_str_addf (&all, "@@ -%d,3 +%d,3 @@\n  int x = %d;\n-  return x;\n+  return -x;\n }\n", i * 9, i * 9, i % 7);
          if (blocks)
            aid_str_addz (&all, "```\n\n");
        }
      assert_true (stream (aid_str_span (&all), 2000, &seed) > 1800);
      aid_str_free (&all);
    }
}

/* --- what is given when ----------------------------------------------------------------------------------------------- */

/* How many hunks are certain when ANSWER has come so far, line by line. */
static size_t
certain (const char *answer)
{
  struct aid_patch_feed *f = aid_patch_feed_new ();
  struct aid_span rest = aid_span_z (answer);
  while (rest.len)
    {
      const char *nl = memchr (rest.ptr, '\n', rest.len);
      size_t n = nl ? (size_t) (nl - rest.ptr) + 1 : rest.len;
      assert_int_equal (aid_patch_feed_add (f, aid_span_cut (rest, 0, n), NULL), AID_OK);
      rest = aid_span_cut (rest, n, rest.len);
    }
  size_t hunks = aid_patch_feed_patch (f)->hunks.len;
  aid_patch_feed_free (f);
  return hunks;
}

#define HEADER "Change it:\n\n```diff\n--- a/f\n+++ b/f\n"
#define ONE "@@ -1,2 +1,2 @@\n a\n-b\n+c\n"

static void
a_hunk_is_certain_when_what_follows_it_has_come (void **state)
{
  (void) state;
  assert_int_equal (certain (HEADER ONE), 0);
  assert_int_equal (certain (HEADER ONE "@@ -9 +9 @@\n"), 0);
  assert_int_equal (certain (HEADER ONE "@@ -9 +9 @@\n x\n"), 1);
  assert_int_equal (certain (HEADER ONE "--- a/g\n+++ b/g\n@@ -9 +9 @@\n-x\n"), 1);
  assert_int_equal (certain (HEADER ONE "```\n"), 1);
  assert_int_equal (certain (HEADER ONE ONE ONE ONE), 3);
}

static void
a_search_replace_block_is_certain_at_its_end (void **state)
{
  (void) state;
  static const char open[] = "src/a.c\n```\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n";
  assert_int_equal (certain (open), 1);
  assert_int_equal (certain ("src/a.c\n```\n<<<<<<< SEARCH\na\n=======\nb\n"), 0);
}

/* A fence closes a diff unless it is one that the diff shows: the fence's own indentation, or another fence, tells. */
static void
what_may_still_be_content_is_not_certain (void **state)
{
  (void) state;
  assert_int_equal (certain ("  ```diff\n  --- a/f\n  +++ b/f\n  @@ -1 +1 @@\n  -a\n  +b\n"), 0);
  assert_int_equal (certain ("  ```diff\n  --- a/f\n  +++ b/f\n  @@ -1 +1 @@\n  -a\n  +b\n  ```\n"), 1);
  assert_int_equal (certain ("[{\"path\": \"f\", \"old_string\": \"a\",\n\"new_string\": \"b\"}]\n"), 0);
}

static void
an_answer_may_begin_with_nothing (void **state)
{
  (void) state;
  assert_int_equal (certain ("\n\n\n" HEADER ONE "```\n"), 1);
  assert_int_equal (certain ("\xef\xbb\xbf" "```diff\n--- a/f\n+++ b/f\n" ONE "```\n"), 1);
  assert_int_equal (certain (""), 0);
}

/* The feed's patch is one to be planned. */
static void
what_is_certain_can_be_placed (void **state)
{
  (void) state;
  struct memory m = { .file = { { "f", AID_SPAN ("a\nb\nd\n") } } };
  struct aid_patch_feed *f = aid_patch_feed_new ();
  assert_int_equal (aid_patch_feed_add (f, AID_SPAN (HEADER ONE "@@ -7 +7 @@\n-nowhere\n+x\n"), NULL), AID_OK);
  struct aid_plan *plan = plan_in (aid_patch_feed_patch (f), &m, NULL);
  assert_int_equal (plan->applied, 1);
  assert_int_equal (plan->refused, 0);
  assert_true (aid_span_eqz (aid_str_span (&PLAN_AT (plan, 0)->after), "a\nc\nd\n"));
  aid_plan_free (plan);
  aid_patch_feed_free (f);
}

static void
too_much_is_an_error_and_leaves_nothing (void **state)
{
  (void) state;
  struct aid_patch_feed *f = aid_patch_feed_new ();
  struct aid_error e;
  char *big = calloc (1, 1 << 20);
  assert_int_equal (aid_patch_feed_add (f, AID_SPAN (HEADER ONE "```\n"), &e), AID_OK);
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < 64 && !err; i++)
    err = aid_patch_feed_add (f, (struct aid_span){ big, 1 << 20 }, &e);
  assert_int_equal (err, AID_E_LIMIT);
  assert_int_equal (aid_patch_feed_patch (f)->hunks.len, 0);
  assert_int_equal (aid_patch_feed_add (f, AID_SPAN ("x"), &e), AID_E_LIMIT);
  free (big);
  aid_patch_feed_free (f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_case_agrees_however_it_is_cut),
    cmocka_unit_test (cases_behind_one_another_agree),
    cmocka_unit_test (any_lines_in_any_order_agree),
    cmocka_unit_test (long_answers_agree),
    cmocka_unit_test (a_hunk_is_certain_when_what_follows_it_has_come),
    cmocka_unit_test (a_search_replace_block_is_certain_at_its_end),
    cmocka_unit_test (what_may_still_be_content_is_not_certain),
    cmocka_unit_test (an_answer_may_begin_with_nothing),
    cmocka_unit_test (what_is_certain_can_be_placed),
    cmocka_unit_test (too_much_is_an_error_and_leaves_nothing),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
