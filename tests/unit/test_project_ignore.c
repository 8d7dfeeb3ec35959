/* Ignored names: ours against those of the real git and the real hg, on trees and patterns drawn at random. */
#include "project/glob.h"
#include "project/ignore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "project_trees.h"

#include <ftw.h>
#include <unistd.h>

/* --- patterns one by one ------------------------------------------------------------------------------------------------ */

static int
matches (const char *rules, const char *path, int is_folder)
{
  struct aid_rules *r = aid_rules_read (aid_span_z (rules), "f");
  int verdict = aid_rules_match (r, aid_span_z (path), is_folder, NULL);
  aid_rules_free (r);
  return verdict;
}

static void
the_last_rule_that_fits_decides (void **state)
{
  (void)state;
  assert_int_equal (matches ("*.o\n!keep.o\n", "x/a.o", 0), 1);
  assert_int_equal (matches ("*.o\n!keep.o\n", "x/keep.o", 0), 0);
  assert_int_equal (matches ("*.o\n!keep.o\n", "x/keep.c", 0), -1);
  assert_int_equal (matches ("!keep.o\n*.o\n", "keep.o", 0), 1);
}

static void
slashes_anchor_a_pattern_or_say_that_it_is_for_folders (void **state)
{
  (void)state;
  assert_int_equal (matches ("/a", "a", 0), 1);
  assert_int_equal (matches ("/a", "x/a", 0), -1);
  assert_int_equal (matches ("x/a", "y/x/a", 0), -1);
  assert_int_equal (matches ("a/", "x/a", 1), 1);
  assert_int_equal (matches ("a/", "x/a", 0), -1);
  assert_int_equal (matches ("x/*/b", "x/a/b", 0), 1);
  assert_int_equal (matches ("x/*/b", "x/a/c/b", 0), -1);
}

static void
two_stars_stand_for_folders_and_elsewhere_for_one (void **state)
{
  (void)state;
  assert_int_equal (matches ("**/b", "b", 0), 1);
  assert_int_equal (matches ("**/b", "x/y/b", 0), 1);
  assert_int_equal (matches ("a/**/b", "a/b", 0), 1);
  assert_int_equal (matches ("a/**/b", "a/x/y/b", 0), 1);
  assert_int_equal (matches ("a/**", "a", 1), -1);
  assert_int_equal (matches ("a/**", "a/x/y", 0), 1);
  assert_int_equal (matches ("?**/b", "ax/y/b", 0), -1);
  /* What stands before the first star is compared apart, and "**" begins the rest: so does Git. */
  assert_int_equal (matches ("a**/b", "ax/y/b", 0), 1);
  assert_int_equal (matches ("**/a/**/b/**", "x/a/y/b/z", 0), 1);
}

static void
blanks_comments_and_escapes_are_as_git_has_them (void **state)
{
  (void)state;
  assert_int_equal (matches ("#a\n", "#a", 0), -1);
  assert_int_equal (matches ("\\#a\n", "#a", 0), 1);
  assert_int_equal (matches ("\\!a\n", "!a", 0), 1);
  assert_int_equal (matches ("a  \n", "a", 0), 1);
  assert_int_equal (matches ("a\\ \n", "a ", 0), 1);
  assert_int_equal (matches ("a\r\n", "a", 0), 1);
  assert_int_equal (matches ("\xEF\xBB\xBF"
                             "a\n",
                             "a", 0),
                    1);
  assert_int_equal (matches ("a\\", "a\\", 0), -1);
  assert_int_equal (matches ("[[:upper:]][!0-9]]", "AB]", 0), 1);
  assert_int_equal (matches ("[a", "[a", 0), -1);
  assert_int_equal (matches ("[]-]x", "-x", 0), 1);
}

static void
a_hostile_pattern_takes_no_long_time (void **state)
{
  (void)state;
  char pattern[3000], path[3000];
  for (int i = 0; i < 2999; i++)
    {
      pattern[i] = i % 2 ? 'a' : '*';
      path[i] = i % 2 ? '/' : 'a';
    }
  pattern[2999] = path[2999] = 0;
  pattern[2998] = 'b';
  assert_int_equal (matches (pattern, path, 0), -1);
  for (int i = 0; i + 3 < 2999; i += 3)
    memcpy (pattern + i, "**/", 3);
  assert_int_equal (matches (pattern, path, 0), -1);
}

/* --- git ------------------------------------------------------------------------------------------------------------------ */

static const char *const git_pieces[]
  = { "a", "b", "c", "*", "?", "/", "**", "[ab]", "[!a]", "[a-c]", "\\a", ".c", "ab", "**/", "/**", " ", "\\ ", "[", "." };
static const char *const hg_globs[]
  = { "a", "b", "c", "*", "?", "/", "**", "[ab]", "[!a]", "{a,b}", ".o", "ab", "**/", ".", "\\a" };
static const char *const hg_regexes[]
  = { "a", "b", "c", ".", "*", "?", "/", "(a|b)", "[ab]", "[^a]", "\\.", "$", "^", "+", "(?:b.)?", "\\w", "{2}" };

#define DRAW_FROM(list) (list)[draw (sizeof (list) / sizeof *(list))]

static void
git_rules (const char *dir, const char *at)
{
  struct aid_str text = AID_STR_INIT (1 << 16), name = AID_STR_INIT (4096);
  if (*at && draw (3))
    return;
  for (unsigned i = draw (5) + 1; i > 0; i--)
    {
      aid_str_addz (&text, draw (4) ? "" : "!");
      aid_str_addz (&text, draw (4) ? "" : "/");
      for (unsigned k = draw (4) + 1; k > 0; k--)
        aid_str_addz (&text, DRAW_FROM (git_pieces));
      aid_str_addz (&text, draw (5) ? "\n" : "/\n");
    }
  aid_str_addf (&name, "%s%s.gitignore", at, *at ? "/" : "");
  write_file (dir, aid_str_z (&name), aid_str_span (&text));
  aid_str_free (&text);
  aid_str_free (&name);
}

/* Compares OUT, paths that end in NULs, each with whether git ignores it (check-ignore -v -n: file, line, pattern,
   path). */
static size_t
compare_with_git (const char *dir, struct aid_span out)
{
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct aid_ignores *g = aid_ignores_new (fd, AID_VC_GIT, NULL, NULL);
  size_t n = 0, ignored = 0;
  while (out.len)
    {
      struct aid_span field[4];
      for (int i = 0; i < 4; i++)
        {
          const char *nul = memchr (out.ptr, 0, out.len);
          assert_non_null (nul);
          field[i] = (struct aid_span){ out.ptr, (size_t)(nul - out.ptr) };
          out = aid_span_cut (out, field[i].len + 1, out.len);
        }
      struct stat st;
      struct aid_span path = aid_span_cut (field[3], 2, field[3].len); /* without "./" */
      struct aid_str full = AID_STR_INIT (8192);
      aid_str_addf (&full, "%s/%.*s", dir, (int)path.len, path.ptr);
      assert_int_equal (lstat (aid_str_z (&full), &st), 0);
      int theirs = field[0].len > 0 && !aid_span_starts (field[2], "!");
      struct aid_ignored why = { "", 0, { NULL, 0 }, 0 };
      int ours = aid_ignores_path (g, path, S_ISDIR (st.st_mode), &why);
      if (ours != theirs)
        fail_msg ("%s is %d for git by %.*s:%.*s: %.*s, %d for us by %s:%d: %.*s", aid_str_z (&full),
                  theirs, (int)field[0].len, field[0].ptr, (int)field[1].len, field[1].ptr, (int)field[2].len, field[2].ptr,
                  ours, why.file, why.line, (int)why.pattern.len, why.pattern.ptr);
      aid_str_free (&full);
      n++;
      ignored += (size_t)theirs;
    }
  aid_ignores_free (g);
  close (fd);
  assert_true (n > 0);
  return ignored;
}

static unsigned
rounds (unsigned usual)
{
  const char *set = getenv ("AID_TEST_ROUNDS");
  return set ? (unsigned)atoi (set) : usual;
}

static void
random_trees_are_ignored_as_git_check_ignore_says (void **state)
{
  (void)state;
  struct aid_str out = AID_STR_INIT (64 << 20);
  for (unsigned i = 0; i < rounds (60); i++)
    {
      char name[48];
      snprintf (name, sizeof name, "trees/seed-%u", i + 1);
      tree_seed = i + 1;
      aid_fs_mkdirs (scratch_path (name), 0777, NULL);
      make_tree (scratch_path (name), "", 3, git_rules);
    }
  const char *dir = scratch_path ("trees");
  run_in (dir, "git init -q"); /* for all of them: another process for each takes far longer than they do */
  output_of (dir, "find . -mindepth 1 -name .git -prune -o -print0 | grep -zvx . | git check-ignore --stdin -z -v -n", &out);
  assert_true (compare_with_git (dir, aid_str_span (&out)) > 100);
  aid_str_free (&out);
}

/* --- hg ------------------------------------------------------------------------------------------------------------------- */

static int is_regexp;

static void
hg_rules (const char *dir, const char *at)
{
  struct aid_str text = AID_STR_INIT (1 << 16);
  if (*at)
    return;
  aid_str_addz (&text, is_regexp ? "" : "syntax: glob\n");
  for (unsigned i = draw (4) + 1; i > 0; i--)
    {
      aid_str_addz (&text, draw (5) ? "" : is_regexp ? "^" : "rootglob:");
      for (unsigned k = draw (4) + 1; k > 0; k--)
        aid_str_addz (&text, is_regexp ? DRAW_FROM (hg_regexes) : DRAW_FROM (hg_globs));
      aid_str_addz (&text, draw (8) ? "\n" : " # a comment\n");
    }
  write_file (dir, ".hgignore", aid_str_span (&text));
  aid_str_free (&text);
}

/* Compares with OUT, what hg status -i says: paths that end in NULs. */
static size_t
compare_with_hg (const char *dir, struct aid_span all, struct aid_span ignored)
{
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct aid_ignores *g = aid_ignores_new (fd, AID_VC_HG, NULL, NULL);
  size_t n = 0;
  struct aid_span path;
  for (; all.len; all = aid_span_cut (all, path.len + 3, all.len))
    {
      path = aid_span_z (all.ptr + 2);
      struct aid_str needle = AID_STR_INIT (8192);
      aid_str_addc (&needle, '\0');
      aid_str_addspan (&needle, path);
      aid_str_addc (&needle, '\0');
      int theirs = aid_span_find (ignored, aid_str_span (&needle)) >= 0;
      struct aid_ignored why = { "", 0, { NULL, 0 }, 0 };
      int ours = aid_ignores_path (g, path, 0, &why);
      if (ours != theirs)
        {
          struct aid_str rules = AID_STR_INIT (1 << 16);
          output_of (dir, "cat .hgignore", &rules);
          fail_msg ("seed %u: %.*s is %d for hg, %d for us by line %d of %s", tree_seed, (int)path.len, path.ptr, theirs, ours,
                    why.line, aid_str_z (&rules));
        }
      aid_str_free (&needle);
      n += (size_t)theirs;
    }
  aid_ignores_free (g);
  close (fd);
  return n;
}

static void
random_trees_are_ignored_as_hg_status_says (void **state)
{
  (void)state;
  size_t ignored = 0;
  const char *dir = scratch_path ("tree");
  setenv ("HGPLAIN", "1", 1);
  aid_fs_mkdirs (dir, 0777, NULL);
  run_in (dir, "hg init");
  for (unsigned i = 0; i < rounds (16); i++)
    {
      struct aid_str out = AID_STR_INIT (64 << 20), all = AID_STR_INIT (64 << 20);
      tree_seed = i + 1;
      is_regexp = i % 2;
      make_tree (dir, "", 2, hg_rules);
      aid_str_addc (&out, '\0');
      output_of (dir, "hg status -n0 -i && echo OK", &out);
      output_of (dir, "find . -name .hg -prune -o -type f -print0", &all);
      /* hg takes no file with a pattern that is no regular expression; we leave out that one, and some that are. */
      int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      struct aid_hgignore *h = aid_hgignore_read (fd);
      int good = h && !aid_hgignore_bad (h);
      aid_hgignore_free (h);
      close (fd);
      if (good && aid_span_ends (aid_str_span (&out), "OK\n"))
        ignored += compare_with_hg (dir, aid_str_span (&all), aid_str_span (&out));
      aid_str_free (&out);
      aid_str_free (&all);
      run_in (dir, "find . -mindepth 1 -maxdepth 1 ! -name .hg -exec rm -rf {} +");
    }
  assert_true (ignored > 20);
}

static int
hg_matches (struct aid_hgignore *h, const char *path)
{
  return aid_hgignore_match (h, aid_span_z (path), NULL) == 1;
}

static void
an_expression_may_look_ahead_and_back (void **state)
{
  (void)state;
  struct aid_hgignore *h = aid_hgignore_of_text (AID_SPAN ("^(?!keep/).*\\.log$\n^(\\w+)/\\1$\n(?i)^readme$\n"));
  assert_int_equal (aid_hgignore_bad (h), 0);
  assert_true (hg_matches (h, "a/b.log"));
  assert_false (hg_matches (h, "keep/b.log"));
  assert_true (hg_matches (h, "x/x"));
  assert_false (hg_matches (h, "x/y"));
  assert_true (hg_matches (h, "ReadMe"));
  aid_hgignore_free (h);
}

static void
a_hostile_expression_is_given_up_and_the_others_hold (void **state)
{
  (void)state;
  char path[4000];
  struct aid_hgignore *h = aid_hgignore_of_text (AID_SPAN ("(a|aa)+b\nc$\n"));
  memset (path, 'a', sizeof path);
  path[0] = 'b'; /* without one the library sees at once that nothing matches */
  path[sizeof path - 1] = 0;
  assert_false (hg_matches (h, path));
  assert_false (hg_matches (h, "ab")); /* a search for a way through the path above ended it */
  assert_true (hg_matches (h, "xc"));
  aid_hgignore_free (h);
}

/* Longer than the library's fast way has room for. */
static void
an_expression_holds_for_the_longest_path_there_may_be (void **state)
{
  (void)state;
  char path[AID_PROJECT_PATH_MAX];
  struct aid_hgignore *h = aid_hgignore_of_text (AID_SPAN ("^(\\w|-)+\\.o$\n"));
  memset (path, 'a', sizeof path);
  strcpy (path + sizeof path - 3, ".o");
  assert_true (hg_matches (h, path));
  assert_true (hg_matches (h, "a.o"));
  path[sizeof path - 2] = 'c';
  assert_false (hg_matches (h, path));
  assert_true (hg_matches (h, "a.o"));
  aid_hgignore_free (h);
}

static void
an_included_file_of_mercurials_holds_in_its_folder (void **state)
{
  (void)state;
  const char *dir = scratch_path ("sub");
  write_file (dir, ".hgignore", AID_SPAN ("subinclude:x/rules\ninclude:more\nsyntax: glob\n*.o\\#\n"));
  write_file (dir, "x/rules", AID_SPAN ("^a\nsyntax: glob\nb*\n"));
  write_file (dir, "more", AID_SPAN ("syntax: rootglob\nc/d\n"));
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct aid_ignores *g = aid_ignores_new (fd, AID_VC_HG, NULL, NULL);
  assert_true (aid_ignores_path (g, AID_SPAN ("x/a"), 0, NULL));
  assert_false (aid_ignores_path (g, AID_SPAN ("a"), 0, NULL));
  assert_false (aid_ignores_path (g, AID_SPAN ("x/y/a"), 0, NULL));
  assert_true (aid_ignores_path (g, AID_SPAN ("x/y/bc"), 0, NULL));
  assert_false (aid_ignores_path (g, AID_SPAN ("bc"), 0, NULL));
  assert_true (aid_ignores_path (g, AID_SPAN ("c/d/e"), 0, NULL));
  assert_false (aid_ignores_path (g, AID_SPAN ("x/c/d"), 0, NULL));
  assert_true (aid_ignores_path (g, AID_SPAN ("q/w.o#"), 0, NULL));
  aid_ignores_free (g);
  close (fd);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_last_rule_that_fits_decides),
    cmocka_unit_test (slashes_anchor_a_pattern_or_say_that_it_is_for_folders),
    cmocka_unit_test (two_stars_stand_for_folders_and_elsewhere_for_one),
    cmocka_unit_test (blanks_comments_and_escapes_are_as_git_has_them),
    cmocka_unit_test (a_hostile_pattern_takes_no_long_time),
    cmocka_unit_test_setup_teardown (random_trees_are_ignored_as_git_check_ignore_says, scratch_make, scratch_drop),
    cmocka_unit_test_setup_teardown (random_trees_are_ignored_as_hg_status_says, scratch_make, scratch_drop),
    cmocka_unit_test (an_expression_may_look_ahead_and_back),
    cmocka_unit_test (a_hostile_expression_is_given_up_and_the_others_hold),
    cmocka_unit_test (an_expression_holds_for_the_longest_path_there_may_be),
    cmocka_unit_test_setup_teardown (an_included_file_of_mercurials_holds_in_its_folder, scratch_make, scratch_drop),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
