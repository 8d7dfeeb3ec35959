/* Many files: read in two passes or in one, by writers that are killed, on a disk that is full, on one branch and another. */
#include "index_many.h"
#include "index/segment.h"
#include "sanitized.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum
{
  MANY = SANITIZED ? 1500 : 5000,
  BRANCH = SANITIZED ? 900 : 3000 /* files of one */
};

/* Runs an update in a process that is killed after MS. */
static void
update_and_kill (int ms)
{
  pid_t child = fork ();
  if (!child)
    {
      struct aid_error e;
      _exit (update (&e) ? 1 : 0);
    }
  usleep ((useconds_t)ms * 1000);
  kill (child, SIGKILL);
  int status;
  waitpid (child, &status, 0);
}

static void
kill_writers (void)
{
  write_many (0, MANY);
  for (int ms = 30; ms < 600; ms += 90)
    {
      update_and_kill (ms);
      close_index ();
    }
  expect_whole (MANY);
  close_index ();
  for (int round = 0; round < 4; round++)
    {
      write_many (MANY + round * 300, MANY + 300 + round * 300);
      update_and_kill (20 + round * 40);
      expect_whole (MANY + 300 + round * 300);
      close_index ();
    }
}

static void
a_writer_that_is_killed_leaves_an_index_that_goes_on (void **state)
{
  (void)state;
  kill_writers ();
}

static void
so_does_one_that_is_killed_while_it_reads_names_and_then_words (void **state)
{
  (void)state;
  scene_options.much = 1;
  kill_writers ();
}

/* Stops the update as soon as names can be searched. */
static void *
stop_when_named (void *arg)
{
  struct aid_index_state s;
  do
    {
      usleep (1000);
      aid_index_state (ix, &s);
    }
  while (s.phase != AID_INDEX_WORDS && s.phase != AID_INDEX_READY);
  aid_stop_set (arg);
  return NULL;
}

static void
names_of_much_text_can_be_searched_before_its_words (void **state)
{
  (void)state;
  struct aid_project_options options = { .watch = 0 };
  struct aid_error e = { AID_OK, "" };
  struct aid_stop *stop = aid_stop_new (&e);
  pthread_t stopping;
  write_many (0, 3000);
  scene_options.much = 1;
  assert_int_equal (aid_project_open (in_project (""), &options, &project, &e), AID_OK);
  assert_int_equal (aid_index_open (project, &scene_options, &ix, &e), AID_OK);
  pthread_create (&stopping, NULL, stop_when_named, stop);
  enum aid_err err = aid_index_update (ix, 10000, stop, &e);
  pthread_join (stopping, NULL);
  aid_stop_free (stop);
  assert_true (err == AID_OK || err == AID_E_CANCELLED);
  for (int i = 0; i < 3000; i += 299)
    {
      char question[64], path[64];
      snprintf (question, sizeof question, "function_%d", i);
      snprintf (path, sizeof path, "d%d/f%d.c", i % 20, i);
      finds (question, path);
    }
  expect_whole (3000);
}

static void
many_files_of_another_branch_come_and_go_and_leave_nothing_in_others (void **state)
{
  (void)state;
  write_many (0, BRANCH);
  sh ("git init -q . && git checkout -q -b one && git add -A && git commit -qm one && git checkout -q -b two && "
      "find . -name '*.c' -exec sed -i 's/marker_/beacon_/' {} + && git commit -qam two");
  index_it ();
  sh ("git checkout -q one");
  index_it ();
  sh ("git checkout -q two");
  index_it ();
  char question[64], path[64];
  snprintf (question, sizeof question, "beacon_%d", BRANCH - 183);
  snprintf (path, sizeof path, "d17/f%d.c", BRANCH - 183);
  finds (question, path);
  finds_not ("marker", path);
  int64_t files = number ("SELECT count(*) FROM files");
  write_file ("new.c", "int zebra;\n");
  index_it ();
  assert_int_equal (number ("SELECT count(*) FROM files"), files + 1);
  finds ("zebra", "new.c");
  for (int i = BRANCH - 500; i < BRANCH; i += 25)
    {
      snprintf (question, sizeof question, "marker_%d beacon_%d", i, i);
      ask (question);
      if (place_of ("new.c"))
        fail_msg ("new.c has the words of f%d.c", i);
    }
}

/* As many segments as a first index of a million files has: FTS5 by itself would merge all of them at the sixteenth edit. */
static void
no_edit_merges_all_that_a_first_index_laid_down (void **state)
{
  (void)state;
  struct aid_error e = { AID_OK, "" };
  struct aid_gather *g = aid_gather_new (&e);
  write_file ("a.c", "int zebra;\n");
  index_it ();
  assert_int_equal (aid_db_exec (ix->writer.db, "BEGIN", &e), AID_OK);
  for (int64_t i = 1; i <= 20; i++)
    {
      aid_gather_add (g, i << 40, &(struct aid_to_gather){ AID_SPAN ("heron"), 1, 0, 0 }, 1);
      assert_int_equal (aid_segment_write (ix->writer.db, "words", g, NULL, &e), AID_OK);
      aid_gather_clear (g);
    }
  assert_int_equal (aid_db_exec (ix->writer.db, "COMMIT", &e), AID_OK);
  aid_gather_free (g);
  for (int i = 0; i < 20; i++)
    {
      char text[64];
      snprintf (text, sizeof text, "int ostrich%d;\n", i);
      write_file ("a.c", text);
      index_it ();
    }
  finds ("ostrich19", "a.c");
  assert_true (number ("SELECT count(DISTINCT segid) FROM words_idx") >= 20);
}

static void
a_full_disk_is_told_and_leaves_an_index_that_goes_on (void **state)
{
  (void)state;
  struct stat st;
  write_many (0, 1500);
  index_it ();
  assert_int_equal (stat (database (), &st), 0);
  close_index ();
  write_many (1500, 1500 + MANY);
  pid_t child = fork ();
  if (!child)
    {
      struct rlimit limit = { (rlim_t)st.st_size + 65536, (rlim_t)st.st_size + 65536 };
      struct aid_error e = { AID_OK, "" };
      signal (SIGXFSZ, SIG_IGN);
      setrlimit (RLIMIT_FSIZE, &limit);
      enum aid_err err = update (&e);
      _exit (err == AID_E_IO && strstr (e.msg, ix->dir) ? 0 : 1);
    }
  int status = 1;
  waitpid (child, &status, 0);
  assert_int_equal (status, 0);
  expect_whole (1500 + MANY);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SCENE (a_writer_that_is_killed_leaves_an_index_that_goes_on),
    SCENE (so_does_one_that_is_killed_while_it_reads_names_and_then_words),
    SCENE (names_of_much_text_can_be_searched_before_its_words),
    SCENE (many_files_of_another_branch_come_and_go_and_leave_nothing_in_others),
    SCENE (no_edit_merges_all_that_a_first_index_laid_down),
    SCENE (a_full_disk_is_told_and_leaves_an_index_that_goes_on),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
