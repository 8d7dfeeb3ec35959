/* A box leaves nothing: however many there were, whoever was killed, and in as many threads.  AID_BOXES says how many. */
#include "box_scene.h"
#include "base/clock.h"
#include "base/pool.h"
#include "sanitized.h"

#include <signal.h>

enum
{
  BOXES = SANITIZED ? 40 : 200,
  THREADS = 3,
  KILLS = SANITIZED ? 6 : 20,
  KEEPERS = 2, /* processes, of a box in which a command runs */
  WAIT_MS = 30000
};

static size_t
boxes (void)
{
  const char *given = getenv ("AID_BOXES");
  return given ? strtoul (given, NULL, 10) : BOXES;
}

/* One evaluation: open, write, run, read, close. */
static enum aid_err
evaluate (void *ctx, size_t i, struct aid_error *e)
{
  struct aid_box_limits limits = AID_BOX_LIMITS;
  struct aid_box_ran ran = { .output = AID_STR_INIT (0) };
  struct aid_str text = AID_STR_INIT (100);
  struct aid_box *b;
  char number[32];
  snprintf (number, sizeof number, "%zu\n", i);
  enum aid_err err = aid_box_open (ctx, AID_BOX_VIEW, &limits, &b, e);
  err = err ? err : aid_box_write (b, "folder/number", aid_span_z (number), 0, e);
  err = err ? err : aid_box_run (b, "cat folder/number; cp folder/number copied; sleep 1000 &", NULL, NULL, &ran, e);
  err = err ? err : aid_box_read (b, "copied", &text, e);
  if (!err
      && (ran.end != AID_BOX_EXITED || ran.code || strcmp (aid_str_z (&ran.output), number) != 0
          || strcmp (aid_str_z (&text), number) != 0))
    err
      = aid_error_set (e, AID_E_STATE, "%s, code %d: \"%s\"", aid_box_end_name (ran.end), ran.code, aid_str_z (&ran.output));
  aid_str_free (&ran.output);
  aid_str_free (&text);
  aid_box_close (b);
  return err;
}

static void
many_leave_nothing (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_error e = { AID_OK, "" };
  char lower[200];
  snprintf (lower, sizeof lower, "%s/lower", scratch);
  assert_int_equal (evaluate (lower, 0, &e), AID_OK);
  struct leavings before = leavings ();
  for (size_t i = 0; i < boxes () / 2; i++)
    if (evaluate (lower, i, &e))
      fail_msg ("%zu: %s", i, e.msg);
  leaves_nothing (before);
  if (aid_thread_each (boxes () / 2, THREADS, "aid-test", evaluate, lower, &e))
    fail_msg ("%s", e.msg);
  leaves_nothing (before);
  assert_string_equal (text_of ("lower/folder/b.txt"), "second\n");
  assert_false (aid_fs_exists (scratch_path ("lower/copied")));
}

/* --- kills --- */

static size_t
wait_until_gone (const char *word)
{
  size_t n = 1;
  for (int64_t until = aid_clock_ms () + WAIT_MS; n && aid_clock_ms () < until; usleep (2000))
    n = processes_with (word);
  return n;
}

static void
wait_until_there (const char *word, size_t n)
{
  int64_t until = aid_clock_ms () + WAIT_MS;
  while (processes_with (word) < n && aid_clock_ms () < until)
    usleep (500);
}

/* The keeper's processes of this test's boxes: those that have the tree among their arguments. */
static size_t
keepers (pid_t out[], size_t max)
{
  char lower[200];
  snprintf (lower, sizeof lower, "%s/lower", scratch);
  size_t n = find_processes (lower, out, max);
  return n < max ? n : max;
}

/* Opens a box and runs LINE in it, in a process of its own; its status is 0 when that came to an end, 1 when the box was lost. */
static pid_t
evaluate_apart (const char *line)
{
  pid_t pid = fork ();
  if (pid)
    return pid;
  struct aid_box_limits limits = AID_BOX_LIMITS;
  struct aid_error e = { AID_OK, "" };
  struct aid_box *b;
  enum aid_err err = aid_box_open (scratch_path ("lower"), AID_BOX_VIEW, &limits, &b, &e);
  err = err ? err : aid_box_run (b, line, NULL, NULL, &box_ran, &e);
  aid_box_close (b);
  _exit (err == AID_E_IO ? 1 : err ? 2 : 0);
}

/* Waits for the end of PID.  AGAIN: who was killed at the beginning may have been nobody of the box, but one who only begins the
   others; then it stands with all of its keepers at last, and one of those is killed.  A box that goes on without one of them is
   not helped to its end. */
static void
await (pid_t pid, const char *word, int again, int *status)
{
  pid_t pids[8], ended = 0;
  for (; again && !(ended = waitpid (pid, status, WNOHANG)); usleep (20000))
    if (processes_with (word) >= 2 && keepers (pids, 8) == KEEPERS)
      kill (pids[0], SIGKILL);
  assert_int_equal (ended ? ended : waitpid (pid, status, 0), pid);
}

static void
whoever_is_killed_all_is_gone (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct leavings before = leavings ();
  char line[300], word[40];
  snprintf (word, sizeof word, "98765.%d", (int)getpid ());
  snprintf (line, sizeof line, "(setsid sleep %s &); trap '' TERM; sleep %s; sleep %s", word, word, word);
  for (int i = 0; i < KILLS; i++)
    {
      int status;
      pid_t pids[8], pid = evaluate_apart (line);
      if (i % 5) /* else at any time of its beginning */
        wait_until_there (word, 2);
      else
        usleep ((unsigned)i * 1000);
      size_t n = keepers (pids, 8);
      kill (i % 2 && n ? pids[(size_t)i / 2 % n] : pid, SIGKILL);
      await (pid, word, i % 2 && n && !(i % 5), &status);
      assert_true (i % 2 && n ? WIFEXITED (status) && WEXITSTATUS (status) == 1 : WIFSIGNALED (status));
      assert_int_equal (wait_until_gone (word), 0);
      char lower[200];
      snprintf (lower, sizeof lower, "%s/lower", scratch);
      assert_int_equal (wait_until_gone (lower), 0);
    }
  leaves_nothing (before);
}

static void
a_box_that_is_lost_says_so_and_can_be_closed (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_error e = { AID_OK, "" };
  struct leavings before = leavings ();
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  pid_t pids[8];
  size_t n = keepers (pids, 8);
  assert_int_equal (n, 2);
  for (size_t i = 0; i < n; i++)
    kill (pids[i], SIGKILL);
  assert_int_equal (aid_box_write (b, "x", AID_SPAN ("x"), 0, &e), AID_E_IO);
  assert_non_null (strstr (e.msg, "lost"));
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, "true", NULL, NULL, &box_ran, &e), AID_E_IO);
  aid_box_close (b);
  leaves_nothing (before);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (many_leave_nothing),
    cmocka_unit_test (whoever_is_killed_all_is_gone),
    cmocka_unit_test (a_box_that_is_lost_says_so_and_can_be_closed),
  };
  int failed = cmocka_run_group_tests_name ("ces box leaves", tests, box_scene_make, scratch_drop);
  aid_str_free (&box_ran.output);
  return failed;
}
