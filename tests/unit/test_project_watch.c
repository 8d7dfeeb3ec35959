/* What becomes of a project's files is noticed: by the system's watch, and the same by comparing stats. */
#include "project/project.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "project_trees.h"

#include <sys/resource.h>

enum { PATIENCE_MS = 120000 }; /* what hangs is to fail, and not what is slow */

static struct aid_project_options options;

static const char *
folder (const char *name)
{
  const char *dir = scratch_path (name);
  assert_int_equal (aid_fs_mkdirs (dir, 0777, NULL), AID_OK);
  return dir;
}

static struct aid_project *
open_project (const char *dir)
{
  struct aid_project *p;
  assert_int_equal (aid_project_open (dir, &options, &p, NULL), AID_OK);
  assert_int_equal (aid_project_wait (p, 0, PATIENCE_MS), 1);
  /* The watch is there a moment after the list. */
  struct aid_project_state s;
  int64_t until = aid_clock_ms () + PATIENCE_MS;
  for (aid_project_state (p, &s); s.watched + s.polled != s.folders && aid_clock_ms () < until; aid_project_state (p, &s))
    usleep (1000);
  usleep (20000);
  return p;
}

/* What was told since *GENERATION, a word for each path; it is waited for until EXPECTED has come. */
struct told
{
  struct aid_str text;
  size_t n;
};

static int
tell (void *ctx, const struct aid_project_file *file)
{
  struct told *t = ctx;
  aid_str_addf (&t->text, "%s%.*s ", file->gone ? "-" : "+", (int)file->path.len, file->path.ptr);
  t->n++;
  return 0;
}

static void
assert_told (struct aid_project *p, uint64_t *generation, const char *const *expected)
{
  struct told t = { AID_STR_INIT (1 << 20), 0 };
  int64_t until = aid_clock_ms () + PATIENCE_MS;
  uint64_t since = *generation;
  size_t have = 0, want = 0;
  while (expected[want])
    want++;
  for (;;)
    {
      aid_str_clear (&t.text);
      aid_str_addc (&t.text, ' ');
      t.n = have = 0;
      assert_int_equal (aid_project_changes (p, since, tell, &t, generation, NULL), AID_OK);
      for (size_t i = 0; i < want; i++)
        {
          struct aid_str word = AID_STR_INIT (4096);
          aid_str_addf (&word, " %s ", expected[i]);
          have += aid_span_find (aid_str_span (&t.text), aid_str_span (&word)) >= 0;
          aid_str_free (&word);
        }
      if ((have == want && t.n == want) || aid_clock_ms () > until)
        break;
      aid_project_wait (p, *generation, 200);
    }
  if (have != want || t.n != want)
    fail_msg ("told: %s", aid_str_z (&t.text));
  aid_str_free (&t.text);
}

#define TOLD(p, generation, ...) assert_told (p, generation, (const char *const[]){ __VA_ARGS__, NULL })

static void
files_that_come_change_and_go_are_told (void **state)
{
  (void)state;
  uint64_t g = 1;
  const char *dir = folder ("a");
  write_file (dir, ".gitignore", AID_SPAN ("*.o\n"));
  write_file (dir, "src/a.c", AID_SPAN ("1\n"));
  write_file (dir, "src/b.c", AID_SPAN ("1\n"));
  run_in (dir, "git init -q");
  struct aid_project *p = open_project (dir);
  write_file (dir, "src/a.c", AID_SPAN ("two\n"));
  TOLD (p, &g, "+src/a.c");
  write_file (dir, "src/new.c", AID_SPAN ("1\n"));
  write_file (dir, "src/new.o", AID_SPAN ("1\n"));
  run_in (dir, "rm src/b.c");
  TOLD (p, &g, "+src/new.c", "-src/b.c");
  /* As editors save: another file takes the name. */
  run_in (dir, "echo three > src/tmp.o && mv src/tmp.o src/a.c"); /* a name that is ignored: it may be seen before it goes */
  TOLD (p, &g, "+src/a.c");
  aid_project_close (p);
}

static void
folders_that_come_later_are_watched_and_renamed_ones_known_by_their_new_name (void **state)
{
  (void)state;
  uint64_t g = 1;
  const char *dir = folder ("b");
  write_file (dir, "top", AID_SPAN ("1\n"));
  struct aid_project *p = open_project (dir);
  run_in (dir, "mkdir -p x/y/z && echo 1 > x/y/z/f");
  TOLD (p, &g, "+x/y/z/f");
  write_file (dir, "x/y/z/f", AID_SPAN ("two\n"));
  write_file (dir, "x/y/g", AID_SPAN ("1\n"));
  TOLD (p, &g, "+x/y/z/f", "+x/y/g");
  run_in (dir, "mv x/y moved");
  TOLD (p, &g, "-x/y/z/f", "-x/y/g", "+moved/z/f", "+moved/g");
  write_file (dir, "moved/z/f", AID_SPAN ("three\n"));
  TOLD (p, &g, "+moved/z/f");
  run_in (dir, "rm -r moved && mkdir moved && echo 1 > moved/other");
  TOLD (p, &g, "-moved/z/f", "-moved/g", "+moved/other");
  run_in (dir, "rm -r moved && echo 1 > moved");
  TOLD (p, &g, "-moved/other", "+moved");
  run_in (dir, "rm moved && mkdir moved && echo 1 > moved/again");
  TOLD (p, &g, "-moved", "+moved/again");
  aid_project_close (p);
}

static void
new_rules_are_a_new_list (void **state)
{
  (void)state;
  uint64_t g = 1;
  const char *dir = folder ("c");
  write_file (dir, "a.c", AID_SPAN ("1\n"));
  write_file (dir, "b.log", AID_SPAN ("1\n"));
  run_in (dir, "git init -q");
  struct aid_project *p = open_project (dir);
  write_file (dir, ".gitignore", AID_SPAN ("*.log\n"));
  TOLD (p, &g, "+.gitignore", "-b.log");
  run_in (dir, "rm .gitignore");
  TOLD (p, &g, "-.gitignore", "+b.log");
  aid_project_close (p);
}

static void
a_branch_that_is_switched_is_told (void **state)
{
  (void)state;
  uint64_t g = 1;
  struct aid_project_vc before, after;
  const char *dir = folder ("d");
  run_in (dir, "git init -q -b main . && git config user.email a@example.org && git config user.name A");
  write_file (dir, "a.c", AID_SPAN ("1\n"));
  run_in (dir, "git add -A && git commit -qm one && git checkout -q -b other");
  write_file (dir, "a.c", AID_SPAN ("two\n"));
  write_file (dir, "only/here.c", AID_SPAN ("1\n"));
  run_in (dir, "git add -A && git commit -qm two && git checkout -q main");
  struct aid_project *p = open_project (dir);
  aid_project_vc (p, &before);
  run_in (dir, "git checkout -q other");
  TOLD (p, &g, "+a.c", "+only/here.c");
  int64_t until = aid_clock_ms () + PATIENCE_MS;
  do
    {
      aid_project_vc (p, &after);
      usleep (10000);
    }
  while (!strcmp (before.head, after.head) && aid_clock_ms () < until);
  assert_string_not_equal (before.head, after.head);
  /* A file that is tracked in spite of the rules is known once it is tracked. */
  write_file (dir, ".git/info/exclude", AID_SPAN ("*.gen\n"));
  write_file (dir, "x.gen", AID_SPAN ("1\n"));
  run_in (dir, "git add -f x.gen");
  TOLD (p, &g, "+x.gen");
  aid_project_close (p);
}

static void
mercurial_runs_on_for_a_big_repository_and_is_no_less_right (void **state)
{
  (void)state;
  uint64_t g = 1;
  struct aid_project_state s;
  const char *dir = folder ("hg");
  run_in (dir, "hg init && mkdir d && cd d && seq 3100 | xargs touch && hg add -q && hg commit -q -u a -m one");
  struct aid_project *p = open_project (dir);
  aid_project_state (p, &s);
  assert_string_equal (s.how, "hg");
  write_file (dir, ".hgignore", AID_SPAN ("syntax: glob\n*.log\n"));
  TOLD (p, &g, "+.hgignore");
  write_file (dir, "x.log", AID_SPAN ("1\n"));
  run_in (dir, "hg add -q x.log");
  TOLD (p, &g, "+x.log");
  aid_project_state (p, &s);
  assert_string_equal (s.how, "hg server");
  run_in (dir, "hg commit -q -u a -m two && hg update -q 0");
  TOLD (p, &g, "-x.log");
  aid_project_state (p, &s);
  assert_string_equal (s.how, "hg server");
  aid_project_close (p);
}

static void
what_an_editor_touched_is_looked_at (void **state)
{
  (void)state;
  uint64_t g = 1;
  const char *dir = folder ("e");
  write_file (dir, "a.c", AID_SPAN ("1\n"));
  struct aid_project_options still = { .watch = 0 };
  struct aid_project *p;
  assert_int_equal (aid_project_open (dir, &still, &p, NULL), AID_OK);
  aid_project_wait (p, 0, PATIENCE_MS);
  write_file (dir, "a.c", AID_SPAN ("two\n"));
  write_file (dir, "new.c", AID_SPAN ("two\n"));
  assert_int_equal (aid_project_wait (p, 1, 100), 1);
  aid_project_touch (p, AID_SPAN ("a.c"));
  aid_project_touch (p, AID_SPAN ("new.c"));
  aid_project_touch (p, AID_SPAN ("../outside"));
  TOLD (p, &g, "+a.c", "+new.c");
  aid_project_close (p);
}

static void
folders_beyond_the_limit_are_polled_and_people_are_told (void **state)
{
  (void)state;
  uint64_t g = 1;
  struct aid_project_state s;
  const char *dir = folder ("f");
  char name[32];
  if (options.poll)
    skip ();
  for (int i = 0; i < 20; i++)
    {
      snprintf (name, sizeof name, "d%02d/a.c", i);
      write_file (dir, name, AID_SPAN ("1\n"));
    }
  options.max_watches = 5;
  struct aid_project *p = open_project (dir);
  options.max_watches = 0;
  aid_project_state (p, &s);
  assert_int_equal (s.watched, 5);
  assert_int_equal (s.polled, 16);
  assert_non_null (strstr (s.note, "max_user_watches"));
  for (int i = 0; i < 20; i += 19)
    {
      snprintf (name, sizeof name, "d%02d/a.c", i);
      write_file (dir, name, AID_SPAN ("two\n"));
      snprintf (name, sizeof name, "d%02d/b.c", i);
      write_file (dir, name, AID_SPAN ("two\n"));
    }
  TOLD (p, &g, "+d00/a.c", "+d00/b.c", "+d19/a.c", "+d19/b.c");
  aid_project_close (p);
}

static void
more_changes_than_are_remembered_are_a_look_through_all (void **state)
{
  (void)state;
  uint64_t g = 1;
  struct aid_error e;
  struct told t = { AID_STR_INIT (64 << 20), 0 };
  const char *dir = folder ("g");
  write_file (dir, "a.c", AID_SPAN ("1\n"));
  struct aid_project *p = open_project (dir);
  run_in (dir, "mkdir many && cd many && seq 70000 | xargs touch");
  for (int i = 0; i < 300; i++)
    {
      struct aid_project_state s;
      aid_project_state (p, &s);
      if (s.files == 70001)
        break;
      usleep (100000);
    }
  assert_int_equal (aid_project_changes (p, 1, tell, &t, &g, &e), AID_E_LIMIT);
  assert_int_equal (t.n, 0);
  assert_int_equal (aid_project_files (p, tell, &t, &g, &e), AID_OK);
  assert_int_equal (t.n, 70001);
  write_file (dir, "a.c", AID_SPAN ("two\n"));
  TOLD (p, &g, "+a.c");
  aid_project_close (p);
  aid_str_free (&t.text);
}

static void
who_asks_without_pause_is_told_once (void **state)
{
  (void)state;
  enum { MANY = 3000 };
  const char *dir = folder ("j");
  struct told t = { AID_STR_INIT (1 << 20), 0 };
  uint64_t g = 1;
  for (int i = 0; i < MANY; i++)
    {
      char name[32];
      snprintf (name, sizeof name, "f%04d.c", i);
      write_file (dir, name, AID_SPAN ("1\n"));
    }
  struct aid_project *p = open_project (dir);
  run_in (dir, "rm f*");
  for (int64_t until = aid_clock_ms () + PATIENCE_MS; t.n < MANY && aid_clock_ms () < until;)
    assert_int_equal (aid_project_changes (p, g, tell, &t, &g, NULL), AID_OK);
  for (int i = 0; i < MANY; i++)
    {
      char word[32];
      snprintf (word, sizeof word, "-f%04d.c ", i);
      int64_t at = aid_span_find (aid_str_span (&t.text), aid_span_z (word));
      assert_true (at >= 0);
      assert_int_equal (aid_span_find (aid_span_cut (aid_str_span (&t.text), (size_t)at + 1, t.text.len), aid_span_z (word)), -1);
    }
  aid_project_close (p);
  aid_str_free (&t.text);
}

static void
an_idle_project_takes_no_time (void **state)
{
  (void)state;
  struct rusage before, after;
  const char *dir = folder ("h");
  if (options.poll)
    skip ();
  for (int i = 0; i < 50; i++)
    {
      char name[32];
      snprintf (name, sizeof name, "d%02d/a.c", i);
      write_file (dir, name, AID_SPAN ("1\n"));
    }
  struct aid_project *p = open_project (dir);
  usleep (300000);
  getrusage (RUSAGE_SELF, &before);
  sleep (1);
  getrusage (RUSAGE_SELF, &after);
  long us = (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000L
            + (after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec);
  assert_true (us < 10000);
  assert_int_equal (aid_project_wait (p, 0, 0), 1);
  aid_project_close (p);
}

static void
an_edit_is_told_at_once (void **state)
{
  (void)state;
  const char *dir = folder ("i");
  if (options.poll)
    skip ();
  write_file (dir, "src/a.c", AID_SPAN ("1\n"));
  struct aid_project *p = open_project (dir);
  for (int i = 0; i < 5; i++)
    {
      char text[8] = "1234567";
      uint64_t before = aid_project_wait (p, 0, 0);
      write_file (dir, "src/a.c", (struct aid_span){ text, (size_t)i + 1 });
      assert_true (aid_project_wait (p, before, 5000) > before);
      usleep (100000);
    }
  aid_project_close (p);
}

static int
by_the_system (void **state)
{
  options = (struct aid_project_options){ .watch = 1 };
  return scratch_make (state);
}

static int
by_stats (void **state)
{
  options = (struct aid_project_options){ .watch = 1, .poll = 1 };
  return scratch_make (state);
}

#define SYSTEM(name) cmocka_unit_test_setup_teardown (name, by_the_system, scratch_drop)
#define STATS(name)                                                                                                         \
  {                                                                                                                         \
#name " (by stats)", name, by_stats, scratch_drop, NULL                                                                 \
  }

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SYSTEM (files_that_come_change_and_go_are_told),
    STATS (files_that_come_change_and_go_are_told),
    SYSTEM (folders_that_come_later_are_watched_and_renamed_ones_known_by_their_new_name),
    STATS (folders_that_come_later_are_watched_and_renamed_ones_known_by_their_new_name),
    SYSTEM (new_rules_are_a_new_list),
    STATS (new_rules_are_a_new_list),
    SYSTEM (a_branch_that_is_switched_is_told),
    STATS (a_branch_that_is_switched_is_told),
    SYSTEM (mercurial_runs_on_for_a_big_repository_and_is_no_less_right),
    SYSTEM (what_an_editor_touched_is_looked_at),
    SYSTEM (folders_beyond_the_limit_are_polled_and_people_are_told),
    SYSTEM (more_changes_than_are_remembered_are_a_look_through_all),
    SYSTEM (who_asks_without_pause_is_told_once),
    SYSTEM (an_idle_project_takes_no_time),
    SYSTEM (an_edit_is_told_at_once),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
