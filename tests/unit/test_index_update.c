/* The index follows the files, whatever happens to them, to it, and to the process that writes it. */
#include "index_many.h"
#include "base/clock.h"
#include "scan/sources.h"

#include <dirent.h>
#include <sched.h>

#define HANG_MS 300000 /* the index's thread runs when nobody else wants a processor: beside other tests, rarely */

static void
edits_new_files_and_gone_ones_are_followed (void **state)
{
  (void)state;
  write_file ("a.c", "int zebra_count;\n");
  write_file ("b.c", "int heron_count;\n");
  index_it ();
  finds ("zebra", "a.c");
  write_file ("a.c", "int ostrich_count;\n");
  write_file ("c.c", "int zebra_stripes;\n");
  unlink (in_project ("b.c"));
  index_it ();
  finds ("ostrich", "a.c");
  finds ("zebra", "c.c");
  finds_not ("zebra", "a.c");
  finds_not ("heron", "b.c");
  sh ("mkdir d && mv a.c d/moved.c");
  index_it ();
  finds ("ostrich", "d/moved.c");
  finds_not ("ostrich", "a.c");
}

static void
what_has_not_changed_is_not_read_again (void **state)
{
  (void)state;
  struct aid_index_state s;
  write_file ("a.c", "int zebra;\n");
  write_file ("b.c", "int heron;\n");
  sh ("touch -d '1 hour ago' a.c b.c");
  index_it ();
  index_it ();
  aid_index_state (ix, &s);
  assert_int_equal (s.bytes, 0);
  assert_int_equal (s.files, 2);
  assert_int_equal (s.phase, AID_INDEX_READY);
}

static void
an_edit_that_keeps_size_and_second_is_noticed (void **state)
{
  (void)state;
  write_file ("a.c", "int zebra;\n");
  index_it ();
  write_file ("a.c", "int heron;\n");
  index_it ();
  finds ("heron", "a.c");
  finds_not ("zebra", "a.c");
}

static int64_t
bytes_read (void)
{
  struct aid_index_state s;
  aid_index_state (ix, &s);
  return (int64_t) s.bytes;
}

static int
is_defined (const char *name, const char *path)
{
  char question[100];
  snprintf (question, sizeof question, "where is `%s`?", name);
  ask (question);
  return place_of (path) && strstr (reason_of (path), "defines") != NULL;
}

/* A grammar that is installed later has its files read again, those alone, also another branch's.  One that goes has not: who
   else reads this index may have it. */
static void
what_a_better_source_would_tell_is_read_again (void **state)
{
  (void)state;
  static const char ruby[] = "def quokka; end\n", old[] = "def quokka(old); end\n";
  char program[512];
  snprintf (program, sizeof program, "%s", scratch_path ("trees"));
  struct aid_sources_options none = { "", "", NULL, 0 }, some = { program, "", NULL, 0 };
  aid_sources_use (&none);
  write_file ("a.c", "int zebra;\n");
  write_file ("b.rb", old);
  sh ("touch -d '2 hours ago' a.c b.rb");
  index_it ();
  write_file ("b.rb", ruby);
  sh ("touch -d '1 hour ago' b.rb");
  index_it ();
  assert_false (is_defined ("quokka", "b.rb"));
  index_it ();
  assert_int_equal (bytes_read (), 0);
  static const char script[] = "#!/bin/sh\necho aid-trees 1\nwhile read -r what grammar n; do\n"
                               "[ $what = has ] && { echo yes; continue; }\n"
                               "head -c $n >/dev/null; echo d 0 0 4 10 0 16 0 10; echo done; done\n";
  assert_int_equal (aid_fs_replace (program, aid_span_z (script), 0755, NULL), AID_OK);
  aid_sources_use (&some);
  index_it ();
  assert_int_equal (bytes_read (), sizeof ruby - 1);
  assert_true (is_defined ("quokka", "b.rb"));
  aid_sources_use (&none);
  index_it ();
  assert_int_equal (bytes_read (), 0);
  assert_true (is_defined ("quokka", "b.rb"));
  aid_sources_use (&some);
  write_file ("b.rb", old);
  sh ("touch -d '3 hours ago' b.rb");
  index_it ();
  assert_true (is_defined ("quokka", "b.rb"));
  aid_sources_stop ();
}

static void
what_a_branch_had_is_woken_up_and_not_read_into_the_index_again (void **state)
{
  (void)state;
  sh ("git init -q . && git checkout -q -b one");
  write_file ("a.c", "int zebra;\n");
  write_file ("b.c", "int heron;\n");
  sh ("git add -A && git commit -qm one && git checkout -q -b two");
  write_file ("a.c", "int ostrich;\n");
  sh ("git rm -q b.c && git add -A && git commit -qm two");
  index_it ();
  sh ("git checkout -q one");
  index_it ();
  finds ("zebra", "a.c");
  finds ("heron", "b.c");
  finds_not ("ostrich", "a.c");
  int64_t files = number ("SELECT count(*) FROM files");
  for (int i = 0; i < 3; i++)
    {
      sh ("git checkout -q two");
      index_it ();
      finds ("ostrich", "a.c");
      finds_not ("zebra", "a.c");
      finds_not ("heron", "b.c");
      sh ("git checkout -q one");
      index_it ();
      finds ("zebra", "a.c");
    }
  assert_int_equal (number ("SELECT count(*) FROM files"), files);
}

static void
what_is_no_text_is_left_out_and_remembered (void **state)
{
  (void)state;
  struct aid_index_state s;
  write_file ("a.c", "int zebra;\n");
  sh ("printf 'zebra\\0zebra' > data && touch -d '1 hour ago' data a.c && ln -s a.c link.c && mkfifo pipe");
  index_it ();
  finds ("zebra", "a.c");
  finds_not ("zebra", "data");
  finds_not ("zebra", "link.c");
  index_it ();
  aid_index_state (ix, &s);
  assert_int_equal (s.bytes, 0);
  assert_int_equal (s.files, 1);
}

static void
names_of_any_bytes_are_found (void **state)
{
  (void)state;
  write_file ("with blank/new\nline.c", "int zebra;\n");
  write_file ("bad\xff.c", "int heron;\n");
  index_it ();
  finds ("zebra", "with blank/new\nline.c");
  finds ("heron", "bad\xff.c");
}

static void
a_moved_root_has_an_index_of_its_own (void **state)
{
  (void)state;
  write_file ("a.c", "int zebra;\n");
  index_it ();
  close_index ();
  sh ("cd .. && mv p q");
  write_file ("a.c", "int heron;\n");
  index_it ();
  finds ("heron", "a.c");
  finds_not ("zebra", "a.c");
}

/* --- what goes wrong
   ------------------------------------------------------------------------------------------------------ */

static void
spoil (const char *path, long from, long bytes)
{
  FILE *f = fopen (path, "r+");
  assert_non_null (f);
  fseek (f, from, SEEK_SET);
  for (long i = 0; i < bytes; i++)
    fputc ((int)(i * 37 + 11) & 0xff, f);
  fclose (f);
}

static void
a_damaged_index_is_built_anew (void **state)
{
  (void)state;
  struct aid_index_state s;
  char path[1024];
  for (long from = 0; from < 16384; from += 4096)
    {
      write_file ("a.c", "int zebra;\n");
      index_it ();
      snprintf (path, sizeof path, "%s", database ());
      close_index ();
      spoil (path, from, 4096);
      write_file ("b.c", "int heron;\n");
      index_it ();
      finds ("zebra", "a.c");
      finds ("heron", "b.c");
      aid_index_state (ix, &s);
      if (s.rebuilt)
        assert_int_not_equal (access (path, F_OK), 0);
      else
        assert_true (from > 0);
      close_index ();
    }
}

static void
an_index_of_another_version_is_built_anew (void **state)
{
  (void)state;
  struct aid_index_state s;
  write_file ("a.c", "int zebra;\n");
  index_it ();
  assert_int_equal (aid_shelf_set (&ix->writer, "version", 999, NULL), AID_OK);
  index_it ();
  finds ("zebra", "a.c");
  aid_index_state (ix, &s);
  assert_true (s.rebuilt);
}

static void
one_process_writes_and_others_search (void **state)
{
  (void)state;
  struct aid_index *other;
  struct aid_error e = { AID_OK, "" };
  struct aid_index_state s;
  write_file ("a.c", "int zebra;\n");
  index_it ();
  assert_int_equal (aid_index_open (project, NULL, &other, &e), AID_OK);
  assert_int_equal (aid_index_update (other, 1000, NULL, &e), AID_E_STATE);
  aid_index_state (other, &s);
  assert_int_equal (s.phase, AID_INDEX_ELSEWHERE);
  struct aid_question q = { .text = AID_SPAN ("zebra") };
  aid_found_free (&found);
  assert_int_equal (aid_search (other, &q, &found, &e), AID_OK);
  assert_int_equal (place_of ("a.c"), 1);
  aid_index_close (other);
}

static void
an_index_of_mostly_old_versions_is_built_anew (void **state)
{
  (void)state;
  char before[1024];
  write_many (0, 1300);
  index_it ();
  snprintf (before, sizeof before, "%s", database ());
  for (int round = 0; round < 2; round++)
    {
      sh ("find . -name '*.c' -exec sed -i 's/return/return 1 +/' {} +");
      index_it ();
    }
  assert_string_not_equal (database (), before);
  assert_int_not_equal (access (before, F_OK), 0);
  expect_whole (1300);
  assert_int_equal (number ("SELECT count(*) FROM files"), 1300);
}

/* --- the thread
   ----------------------------------------------------------------------------------------------------------- */

static void
the_thread_follows_the_files (void **state)
{
  (void)state;
  struct aid_project_options options = { .watch = 1 };
  write_many (0, 500);
  assert_int_equal (aid_project_open (in_project (""), &options, &project, NULL), AID_OK);
  assert_int_equal (aid_index_open (project, NULL, &ix, NULL), AID_OK);
  assert_int_equal (aid_index_start (ix, 1, NULL), AID_OK);
  for (int i = 0; i < 200; i++)
    {
      struct aid_index_state s;
      aid_index_state (ix, &s);
      if (s.phase == AID_INDEX_READY)
        break;
      usleep (20000);
    }
  usleep (300000);
  for (int round = 0; round < 3; round++)
    {
      char text[64], question[32];
      snprintf (text, sizeof text, "int pelican%d;\n", round);
      snprintf (question, sizeof question, "pelican%d", round);
      write_file ("d1/f1.c", text);
      int64_t began = aid_clock_ms ();
      aid_project_touch (project, AID_SPAN ("d1/f1.c"));
      do
        ask (question);
      while (place_of ("d1/f1.c") != 1 && aid_clock_ms () - began < HANG_MS);
      if (place_of ("d1/f1.c") != 1)
        {
          struct aid_index_state st;
          aid_index_state (ix, &st);
          fail_msg ("place %zu after %ld ms, phase %d, updates %ld, error %s", place_of ("d1/f1.c"),
                    (long)(aid_clock_ms () - began), st.phase, (long)st.updates, st.error.msg);
        }
    }
}

/* Whether a thread of this process has idle priority. */
static int
some_thread_is_calm (void)
{
  int calm = 0;
  struct dirent *entry;
  DIR *tasks = opendir ("/proc/self/task");
  assert_non_null (tasks);
  while ((entry = readdir (tasks)))
    calm |= atoi (entry->d_name) && sched_getscheduler (atoi (entry->d_name)) == SCHED_IDLE;
  closedir (tasks);
  return calm;
}

/* Whether one has it at any time of a first index. */
static int
a_first_index_is_calm (int calm)
{
  struct aid_index_state s;
  int seen = 0;
  assert_int_equal (aid_project_open (in_project (""), NULL, &project, NULL), AID_OK);
  assert_int_equal (aid_index_open (project, NULL, &ix, NULL), AID_OK);
  assert_int_equal (aid_index_start (ix, calm, NULL), AID_OK);
  do
    {
      usleep (1000);
      seen |= some_thread_is_calm ();
      aid_index_state (ix, &s);
    }
  while (s.phase != AID_INDEX_READY);
  return seen;
}

static void
who_serves_an_editor_is_calm (void **state)
{
  (void)state;
  write_many (0, 300);
  assert_true (a_first_index_is_calm (1));
}

static void
who_is_waited_for_is_not_calm (void **state)
{
  (void)state;
  write_many (0, 1000);
  assert_false (a_first_index_is_calm (0));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SCENE (edits_new_files_and_gone_ones_are_followed),
    SCENE (what_has_not_changed_is_not_read_again),
    SCENE (an_edit_that_keeps_size_and_second_is_noticed),
    SCENE (what_a_better_source_would_tell_is_read_again),
    SCENE (what_a_branch_had_is_woken_up_and_not_read_into_the_index_again),
    SCENE (what_is_no_text_is_left_out_and_remembered),
    SCENE (names_of_any_bytes_are_found),
    SCENE (a_moved_root_has_an_index_of_its_own),
    SCENE (a_damaged_index_is_built_anew),
    SCENE (an_index_of_another_version_is_built_anew),
    SCENE (one_process_writes_and_others_search),
    SCENE (an_index_of_mostly_old_versions_is_built_anew),
    SCENE (the_thread_follows_the_files),
    SCENE (who_serves_an_editor_is_calm),
    SCENE (who_is_waited_for_is_not_calm),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
