/* Files and names of files. */
#include "base/fs.h"
#include "base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "scratch.h"

#include <dirent.h>

static mode_t
mode_of (const char *path)
{
  struct stat st;
  assert_int_equal (stat (path, &st), 0);
  return st.st_mode & 07777;
}

static void
assert_file (const char *path, const char *text)
{
  struct aid_str s = AID_STR_INIT (1 << 20);
  assert_int_equal (aid_fs_read (path, &s, NULL), AID_OK);
  assert_string_equal (aid_str_z (&s), text);
  aid_str_free (&s);
}

static size_t
files_in_scratch (void)
{
  DIR *dir = opendir (scratch);
  size_t n = 0;
  for (struct dirent *d; (d = readdir (dir));)
    n += strcmp (d->d_name, ".") && strcmp (d->d_name, "..");
  closedir (dir);
  return n;
}

static void
a_new_file_gets_the_mode_and_an_old_one_keeps_its_own (void **state)
{
  (void) state;
  const char *path = scratch_path ("file");
  assert_int_equal (aid_fs_replace (path, AID_SPAN ("one"), 0600, NULL), AID_OK);
  assert_int_equal (mode_of (path), 0600);
  chmod (path, 0751);
  assert_int_equal (aid_fs_replace (path, AID_SPAN ("two"), 0600, NULL), AID_OK);
  assert_int_equal (mode_of (path), 0751);
  assert_file (path, "two");
  assert_int_equal (files_in_scratch (), 1);
}

static void
a_link_is_followed_and_stays_a_link (void **state)
{
  (void) state;
  struct stat st;
  const char *file = scratch_path ("real"), *dangling = scratch_path ("dangling"), *link = scratch_path ("link");
  aid_fs_replace (file, AID_SPAN ("one"), 0600, NULL);
  assert_int_equal (symlink ("real", link), 0);
  assert_int_equal (aid_fs_replace (link, AID_SPAN ("two"), 0600, NULL), AID_OK);
  assert_int_equal (lstat (link, &st), 0);
  assert_true (S_ISLNK (st.st_mode));
  assert_file (file, "two");
  assert_int_equal (symlink ("nowhere/at/all", dangling), 0);
  assert_int_not_equal (aid_fs_replace (dangling, AID_SPAN ("x"), 0600, NULL), AID_OK);
}

static void
what_is_no_file_is_refused (void **state)
{
  (void) state;
  struct aid_error e;
  struct aid_str s = AID_STR_INIT (100);
  const char *fifo = scratch_path ("fifo");
  assert_int_equal (mkfifo (fifo, 0600), 0);
  assert_int_equal (aid_fs_read (fifo, &s, &e), AID_E_REFUSED);
  assert_int_equal (aid_fs_replace (fifo, AID_SPAN ("x"), 0600, &e), AID_E_REFUSED);
  assert_int_equal (aid_fs_read (scratch, &s, &e), AID_E_REFUSED);
  assert_int_equal (aid_fs_read (scratch_path ("gone"), &s, &e), AID_E_NOTFOUND);
  assert_non_null (strstr (e.msg, "gone"));
  assert_int_equal (aid_fs_replace (scratch_path ("no/folder"), AID_SPAN ("x"), 0600, &e), AID_E_NOTFOUND);
  aid_str_free (&s);
}

static void
a_file_beyond_the_limit_is_refused (void **state)
{
  (void) state;
  struct aid_error e;
  struct aid_str s = AID_STR_INIT (10);
  const char *path = scratch_path ("large");
  aid_fs_replace (path, AID_SPAN ("0123456789a"), 0600, NULL);
  assert_int_equal (aid_fs_read (path, &s, &e), AID_E_LIMIT);
  aid_str_free (&s);
}

/* The text of a file is the same to the last byte, also where it does not fit into one reading. */
static void
a_file_is_compared_with_a_text (void **state)
{
  (void) state;
  static char large[200000];
  const char *path = scratch_path ("large");
  struct aid_error e;
  int same;
  memset (large, 'x', sizeof large);
  aid_fs_replace (path, (struct aid_span){ large, sizeof large }, 0600, NULL);
  assert_int_equal (aid_fs_compare (path, (struct aid_span){ large, sizeof large }, &same, &e), AID_OK);
  assert_true (same);
  for (size_t less = 1; less < sizeof large; less *= 17)
    {
      assert_int_equal (aid_fs_compare (path, (struct aid_span){ large, sizeof large - less }, &same, &e), AID_OK);
      assert_false (same);
      large[sizeof large - less] = 'y';
      assert_int_equal (aid_fs_compare (path, (struct aid_span){ large, sizeof large }, &same, &e), AID_OK);
      assert_false (same);
      large[sizeof large - less] = 'x';
    }
  aid_fs_replace (path, (struct aid_span){ large, sizeof large - 1 }, 0600, NULL);
  assert_int_equal (aid_fs_compare (path, (struct aid_span){ large, sizeof large }, &same, &e), AID_OK);
  assert_false (same);
  aid_fs_replace (path, AID_SPAN (""), 0600, NULL);
  assert_int_equal (aid_fs_compare (path, AID_SPAN (""), &same, &e), AID_OK);
  assert_true (same);
  assert_int_equal (aid_fs_compare (scratch_path ("gone"), AID_SPAN (""), &same, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_fs_compare (scratch, AID_SPAN (""), &same, &e), AID_E_REFUSED);
}

static void
folders_are_made_down_to_the_last (void **state)
{
  (void) state;
  assert_int_equal (aid_fs_mkdirs (scratch_path ("a//b/c/"), 0700, NULL), AID_OK);
  assert_int_equal (mode_of (scratch_path ("a/b/c")), 0700);
  assert_int_equal (aid_fs_mkdirs (scratch_path ("a/b/c"), 0700, NULL), AID_OK);
  aid_fs_replace (scratch_path ("a/file"), AID_SPAN ("x"), 0600, NULL);
  assert_int_equal (aid_fs_mkdirs (scratch_path ("a/file"), 0700, NULL), AID_E_IO);
  assert_int_equal (aid_fs_mkdirs (scratch_path ("a/file/under"), 0700, NULL), AID_E_IO);
  assert_true (aid_fs_exists (scratch_path ("a/file")));
  assert_false (aid_fs_exists (scratch_path ("a/other")));
}

/* Where nobody may write that is said, and not that the folder is not there: who is root may not in /sys either. */
static void
why_a_folder_cannot_be_made_is_told (void **state)
{
  (void) state;
  struct aid_error e = { AID_OK, "" };
  char shut[256], below[300];
  snprintf (shut, sizeof shut, "%s", geteuid () ? scratch_path ("shut") : "/sys");
  if (!geteuid () && access (shut, F_OK))
    skip ();
  snprintf (below, sizeof below, "%s/aid-tests/below", shut);
  assert_true (!geteuid () || !mkdir (shut, 0500));
  assert_int_not_equal (aid_fs_mkdirs (below, 0700, &e), AID_OK);
  assert_non_null (strstr (e.msg, "aid-tests"));
  assert_null (strstr (e.msg, strerror (ENOENT)));
}

static void
names_are_joined_by_text (void **state)
{
  (void) state;
  static const struct { const char *dir, *name, *joined; } cases[] = {
    { "/a/b", "c.c", "/a/b/c.c" },     { "/a/b", "../c.c", "/a/c.c" },   { "/a/b/", ".//c/./d/", "/a/b/c/d" },
    { "/a", "/x/../y", "/y" },         { "/a", "../../../etc", "/etc" }, { "a", "..", "." },
    { "a", "../..", ".." },            { "..", "../x", "../../x" },      { "", "x", "x" },
    { "/", "..", "/" },                { "/a/..b", "..", "/a" },         { "x/..y", "z", "x/..y/z" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_str s = AID_STR_INIT (100);
      assert_int_equal (aid_fs_join (&s, cases[i].dir, cases[i].name), AID_OK);
      assert_string_equal (aid_str_z (&s), cases[i].joined);
      aid_str_free (&s);
    }
  assert_string_equal (aid_fs_base ("/a/b.c"), "b.c");
  assert_string_equal (aid_fs_base ("b.c"), "b.c");
}

static void
the_home_and_what_it_is_in_are_wide (void **state)
{
  (void) state;
  char home[256], link[256], real[256];
  char *full = realpath (scratch, NULL);
  snprintf (home, sizeof home, "%s", scratch_path ("home/me/work"));
  assert_int_equal (aid_fs_mkdirs (home, 0700, NULL), AID_OK);
  snprintf (link, sizeof link, "%s", scratch_path ("link"));
  assert_int_equal (symlink ("home/me", link), 0);
  setenv ("HOME", link, 1);
  static const struct { const char *below; int wide; } cases[] = {
    { "", 1 }, { "/home", 1 }, { "/home/me", 1 }, { "/home/me/", 1 }, { "/home/me/work", 0 }, { "/home/m", 0 },
    { "/home/me2", 0 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      snprintf (real, sizeof real, "%s%s", full, cases[i].below);
      assert_int_equal (!!aid_fs_is_wide (real), cases[i].wide);
    }
  unsetenv ("HOME");
  assert_true (aid_fs_is_wide ("/"));
  assert_false (aid_fs_is_wide (full));
  free (full);
}

static void
xdg_folders_have_defaults_and_must_be_absolute (void **state)
{
  (void) state;
  struct aid_str s = AID_STR_INIT (1000);
  setenv ("XDG_STATE_HOME", "/st", 1);
  setenv ("HOME", "/home/me", 1);
  assert_int_equal (aid_fs_xdg (AID_DIR_STATE, &s, NULL), AID_OK);
  assert_string_equal (aid_str_z (&s), "/st/aid");
  aid_str_clear (&s);
  setenv ("XDG_STATE_HOME", "relative", 1);
  aid_fs_xdg (AID_DIR_STATE, &s, NULL);
  assert_string_equal (aid_str_z (&s), "/home/me/.local/state/aid");
  aid_str_clear (&s);
  unsetenv ("XDG_CONFIG_HOME");
  aid_fs_xdg (AID_DIR_CONFIG, &s, NULL);
  assert_string_equal (aid_str_z (&s), "/home/me/.config/aid");
  unsetenv ("HOME");
  assert_int_equal (aid_fs_xdg (AID_DIR_CONFIG, &s, NULL), AID_E_NOTFOUND);
  aid_str_free (&s);
}

static void
the_clocks_agree_on_their_unit (void **state)
{
  (void) state;
  int64_t ms = aid_clock_ms (), us = aid_clock_us ();
  assert_true (us / 1000 >= ms);
  assert_true (aid_clock_wall_ms () > INT64_C (1600000000000));
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown (test, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    IN_SCRATCH (a_new_file_gets_the_mode_and_an_old_one_keeps_its_own),
    IN_SCRATCH (a_link_is_followed_and_stays_a_link),
    IN_SCRATCH (what_is_no_file_is_refused),
    IN_SCRATCH (a_file_beyond_the_limit_is_refused),
    IN_SCRATCH (a_file_is_compared_with_a_text),
    IN_SCRATCH (folders_are_made_down_to_the_last),
    IN_SCRATCH (why_a_folder_cannot_be_made_is_told),
    cmocka_unit_test (names_are_joined_by_text),
    IN_SCRATCH (the_home_and_what_it_is_in_are_wide),
    cmocka_unit_test (xdg_folders_have_defaults_and_must_be_absolute),
    cmocka_unit_test (the_clocks_agree_on_their_unit),
  };
  return cmocka_run_group_tests_name ("base fs", tests, NULL, NULL);
}
