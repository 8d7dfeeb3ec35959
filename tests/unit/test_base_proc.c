/* Other programs: what they get, what comes back, and that none outlives its time. */
#include "base/proc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "base/pool.h"
#include "scratch.h"

#define SHELL(script) (const char *const[]) { "sh", "-c", (script), NULL }

/* Runs P, which must end by itself; its output in the static buffer. */
static struct aid_proc_result result;

static const char *
output (struct aid_proc p)
{
  struct aid_error e = { AID_OK, "" };
  aid_proc_result_free (&result);
  if (!p.out_max)
    p.out_max = 1 << 20;
  if (aid_proc_run (&p, &result, &e))
    fail_msg ("%s", e.msg);
  return aid_str_z (&result.out);
}

static enum aid_err
fails (struct aid_proc p, const char *word)
{
  struct aid_error e = { AID_OK, "" };
  aid_proc_result_free (&result);
  enum aid_err err = aid_proc_run (&p, &result, &e);
  if (!strstr (e.msg, word))
    fail_msg ("\"%s\" does not say \"%s\"", e.msg, word);
  return err;
}

/* --- what a program gets --- */

static void
arguments_are_read_by_no_shell (void **state)
{
  (void) state;
  const char *const argv[] = { "printf", "%s|", "$HOME", "`id`", "a b", "", NULL };
  assert_string_equal (output ((struct aid_proc){ .argv = argv }), "$HOME|`id`|a b||");
}

static void
it_works_in_its_folder_with_its_environment (void **state)
{
  (void) state;
  setenv ("AID_OLD", "old", 1);
  setenv ("AID_GONE", "gone", 1);
  const char *const env[] = { "AID_NEW=new", "AID_OLD=newer=2", "AID_GONE", NULL };
  struct aid_proc p = { .argv = SHELL ("pwd; echo $AID_NEW $AID_OLD ${AID_GONE-none}"), .dir = "/usr", .env = env };
  assert_string_equal (output (p), "/usr\nnew newer=2 none\n");
  p.only_env = 1;
  p.argv = (const char *const[]){ "/usr/bin/env", NULL };
  assert_string_equal (output (p), "AID_NEW=new\nAID_OLD=newer=2\n");
}

static void
it_is_found_in_the_path_it_gets_but_not_in_a_relative_one (void **state)
{
  (void) state;
  struct aid_error e;
  const char *path = scratch_path ("aid-probe");
  assert_int_equal (aid_fs_replace (path, aid_span_z ("#!/bin/sh\necho found\n"), 0755, &e), AID_OK);
  char given[128];
  snprintf (given, sizeof given, "PATH=.:/nowhere:%s:/bin", scratch);
  struct aid_proc p = { .argv = (const char *const[]){ "aid-probe", NULL }, .env = (const char *const[]){ given, NULL } };
  assert_string_equal (output (p), "found\n");
  p.env = (const char *const[]){ "PATH=.::/bin", NULL };
  p.dir = scratch;
  assert_int_equal (fails (p, "\"aid-probe\" is not in PATH"), AID_E_NOTFOUND);
  p.argv = (const char *const[]){ "./aid-probe", NULL };
  assert_string_equal (output (p), "found\n");
}

static void
its_input_is_what_was_given_and_then_ends (void **state)
{
  (void) state;
  struct aid_str big = AID_STR_INIT (4 << 20);
  while (big.len < 3000000)
    aid_str_addz (&big, "0123456789abcdef\n");
  struct aid_proc p = { .argv = (const char *const[]){ "cat", NULL }, .input = aid_str_span (&big), .out_max = 4 << 20 };
  output (p);
  assert_true (aid_span_eq (aid_str_span (&result.out), aid_str_span (&big)));
  p.argv = (const char *const[]){ "true", NULL };       /* reads nothing, and its closed pipe ends nobody */
  output (p);
  assert_int_equal (result.code, 0);
  p.input = AID_SPAN ("");
  p.argv = SHELL ("readlink /proc/self/fd/0; cat");
  assert_string_equal (output (p), "/dev/null\n");
  aid_str_free (&big);
}

static void
descriptors_of_the_host_stay_with_the_host (void **state)
{
  (void) state;
  int fd = open ("/dev/null", O_RDONLY);                 /* without O_CLOEXEC, as a library might */
  assert_true (fd > 2);
  struct aid_proc p = { .argv = SHELL ("ls /proc/$$/fd"), .err_max = 100 };
  assert_string_equal (output (p), "0\n1\n2\n");
  close (fd);
}

static void
signals_are_at_their_defaults (void **state)
{
  sigset_t all, old;
  (void) state;
  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &old);
  signal (SIGPIPE, SIG_IGN);
  signal (SIGINT, SIG_IGN);
  /* The last 28 bits: two beyond them are the C library's own. */
  const char *masks = output (
    (struct aid_proc){ .argv = SHELL ("sed -nE 's/^(SigBlk|SigIgn):.*(.{7})$/\\1 \\2/p' /proc/self/status") });
  assert_string_equal (masks, "SigBlk 0000000\nSigIgn 0000000\n");
  signal (SIGPIPE, SIG_DFL);
  signal (SIGINT, SIG_DFL);
  sigprocmask (SIG_SETMASK, &old, NULL);
}

static void
it_has_no_terminal (void **state)
{
  (void) state;
  assert_string_equal (output ((struct aid_proc){ .argv = SHELL ("(: </dev/tty) 2>/dev/null && echo tty || echo none") }),
                       "none\n");
}

/* --- what comes back --- */

static void
its_end_is_told (void **state)
{
  (void) state;
  struct aid_str s = AID_STR_INIT (100);
  output ((struct aid_proc){ .argv = SHELL ("exit 3") });
  aid_proc_describe (&result, &s);
  assert_string_equal (s.ptr, "ended with status 3");
  output ((struct aid_proc){ .argv = SHELL ("kill -9 $$") });
  assert_int_equal (result.code, -1);
  aid_str_clear (&s);
  aid_proc_describe (&result, &s);
  assert_string_equal (s.ptr, "was ended by signal 9");
  aid_str_free (&s);
}

static void
errors_come_apart_or_in_order_with_the_rest (void **state)
{
  (void) state;
  struct aid_proc p = { .argv = SHELL ("echo 1; echo 2 >&2; echo 3"), .err_max = 100 };
  assert_string_equal (output (p), "1\n3\n");
  assert_string_equal (result.err.ptr, "2\n");
  p.err_to_out = 1;
  assert_string_equal (output (p), "1\n2\n3\n");
}

static void
beyond_the_limit_it_runs_on_and_the_rest_is_dropped (void **state)
{
  (void) state;
  struct aid_proc p = { .argv = SHELL ("echo 12345; head -c 1000000 /dev/zero; echo x >&2; exit 4"), .out_max = 3, .err_max = 9 };
  assert_string_equal (output (p), "123");
  assert_true (result.out_cut);
  assert_false (result.err_cut);
  assert_string_equal (result.err.ptr, "x\n");
  assert_int_equal (result.code, 4);
}

static size_t lines[2];

static int
count_lines (void *arg, enum aid_proc_stream stream, struct aid_span part)
{
  for (size_t i = 0; i < part.len; i++)
    lines[stream] += part.ptr[i] == '\n';
  return arg && lines[AID_PROC_OUT] >= *(size_t *) arg;
}

static void
it_can_be_read_while_it_runs_and_ended_by_its_reader (void **state)
{
  (void) state;
  struct aid_error e;
  struct aid_proc p = { .argv = SHELL ("seq 100000; seq 5 >&2"), .on_output = count_lines };
  lines[0] = lines[1] = 0;
  aid_proc_result_free (&result);
  assert_int_equal (aid_proc_run (&p, &result, &e), AID_OK);
  assert_int_equal (lines[AID_PROC_OUT], 100000);
  assert_int_equal (lines[AID_PROC_ERR], 5);
  size_t enough = 10;
  p.argv = (const char *const[]){ "yes", NULL };
  p.arg = &enough;
  lines[0] = 0;
  assert_int_equal (fails (p, "was stopped"), AID_E_CANCELLED);
  assert_int_equal (result.signal, SIGKILL);
}

/* --- what cannot be run --- */

static void
what_cannot_be_run_is_told (void **state)
{
  (void) state;
  struct aid_proc p = { .argv = (const char *const[]){ "aid-no-such-program", NULL } };
  assert_int_equal (fails (p, "\"aid-no-such-program\" is not in PATH"), AID_E_NOTFOUND);
  p.argv = (const char *const[]){ "/bin/aid-no-such-program", NULL };
  assert_int_equal (fails (p, "No such file"), AID_E_NOTFOUND);
  p.argv = (const char *const[]){ "/etc/passwd", NULL };
  assert_int_equal (fails (p, "Permission denied"), AID_E_IO);
  p.argv = (const char *const[]){ "true", NULL };
  p.dir = "/nowhere/at/all";
  assert_int_equal (fails (p, "no folder /nowhere/at/all"), AID_E_NOTFOUND);
  p.argv = (const char *const[]){ "", NULL };
  assert_int_equal (fails (p, "no program"), AID_E_INVALID);
}

/* --- its end --- */

/* A FIFO is at its end when the last process that has it open for writing is gone. */
static int
open_fifo (const char *path)
{
  unlink (path);
  assert_int_equal (mkfifo (path, 0600), 0);
  return open (path, O_RDONLY | O_NONBLOCK);
}

static void
is_at_its_end (int fifo)
{
  char c;
  assert_int_equal (poll (&(struct pollfd){ .fd = fifo, .events = POLLIN }, 1, 5000), 1);
  assert_int_equal (read (fifo, &c, 1), 0);
  close (fifo);
}

static void
a_late_one_is_ended_with_its_children (void **state)
{
  (void) state;
  const char *path = scratch_path ("alive");
  const char *const argv[] = { "sh", "-c", "trap '' TERM; exec 9>\"$0\"; echo begun; sleep 600 & sleep 600", path, NULL };
  int fifo = open_fifo (path);
  struct aid_proc p = { .argv = argv, .timeout_ms = 300, .grace_ms = 50, .out_max = 100 };
  assert_int_equal (fails (p, "did not end within 0.3 s"), AID_E_TIMEOUT);
  assert_string_equal (result.out.ptr, "begun\n");
  assert_in_range (result.ms, 340, 5000);
  is_at_its_end (fifo);
}

static void
a_patient_end_lets_it_tidy_up (void **state)
{
  (void) state;
  struct aid_proc p = { .argv = SHELL ("trap 'echo tidy; kill $!; exit 1' TERM; sleep 600 & wait"), .timeout_ms = 300,
                        .grace_ms = 5000, .out_max = 100 };
  assert_int_equal (fails (p, "did not end"), AID_E_TIMEOUT);
  assert_string_equal (result.out.ptr, "tidy\n");
  assert_true (result.ms < 4000);
}

static void *
stop_soon (void *arg)
{
  usleep (100000);
  aid_stop_set (arg);
  return NULL;
}

static void
another_thread_can_stop_it (void **state)
{
  (void) state;
  struct aid_error e;
  unsigned long thread;
  struct aid_stop *stop = aid_stop_new (&e);
  struct aid_proc p = { .argv = (const char *const[]){ "sleep", "600", NULL }, .stop = stop };
  assert_int_equal (aid_thread_start (&thread, "stopper", stop_soon, stop, &e), AID_OK);
  assert_int_equal (fails (p, "was stopped"), AID_E_CANCELLED);
  assert_true (result.ms < 5000);
  pthread_join (thread, NULL);
  assert_int_equal (fails (p, "was stopped"), AID_E_CANCELLED);      /* once and for all */
  aid_stop_free (stop);
}

static void
what_it_leaves_behind_is_not_waited_for (void **state)
{
  (void) state;
  const char *pid = scratch_path ("left");
  /* It prints for ever, also when nobody reads any more. */
  const char *const argv[]
    = { "sh", "-c",
        "sh -c 'trap \"\" PIPE; echo $$ >\"$0\"; while :; do echo y; sleep 0.01; done' \"$0\" 2>&- & "
        "until [ -s \"$0\" ]; do sleep 0.01; done",
        pid, NULL };
  int64_t begun = aid_clock_ms ();
  output ((struct aid_proc){ .argv = argv, .out_max = 20 });
  assert_true (aid_clock_ms () - begun < 5000);
  struct aid_str text = AID_STR_INIT (100);
  assert_int_equal (aid_fs_read (pid, &text, NULL), AID_OK);
  pid_t left = atoi (aid_str_z (&text));
  aid_str_free (&text);
  assert_true (left > 1);
  assert_int_equal (kill (left, SIGKILL), 0);
}

/* Who runs it is killed and can do nothing about it any more. */
static void
what_is_to_end_with_us_ends_when_we_are_killed (void **state)
{
  (void) state;
  const char *path = scratch_path ("leash");
  const char *const argv[] = { "sh", "-c", "trap '' TERM; exec 9>\"$0\"; echo >&9; sleep 600 & sleep 600", path, NULL };
  int fifo = open_fifo (path);
  char c;
  pid_t us = fork ();
  if (us == 0)
    {
      struct aid_proc p = { .argv = argv, .with_us = 1 };
      struct aid_proc_result r;
      close (fifo);
      aid_proc_run (&p, &r, NULL);
      _exit (1);
    }
  assert_int_equal (poll (&(struct pollfd){ .fd = fifo, .events = POLLIN }, 1, 20000), 1);
  assert_int_equal (read (fifo, &c, 1), 1);
  usleep (200000); /* the leash comes a moment after it */
  assert_int_equal (kill (us, SIGKILL), 0);
  assert_int_equal (waitpid (us, NULL, 0), us);
  is_at_its_end (fifo);
}

static void
no_zombie_stays_and_other_children_are_left_alone (void **state)
{
  (void) state;
  int status = 0;
  pid_t other = fork ();
  if (other == 0)
    _exit (7);
  output ((struct aid_proc){ .argv = SHELL ("exit 0") });
  output ((struct aid_proc){ .argv = SHELL ("exit 0"), .with_us = 1 });
  fails ((struct aid_proc){ .argv = SHELL ("sleep 600"), .timeout_ms = 50 }, "did not end");
  fails ((struct aid_proc){ .argv = SHELL ("sleep 600"), .timeout_ms = 50, .with_us = 1 }, "did not end");
  assert_int_equal (waitpid (-1, &status, 0), other);
  assert_int_equal (WEXITSTATUS (status), 7);
  assert_int_equal (waitpid (-1, NULL, 0), -1);
  assert_int_equal (errno, ECHILD);
}

static void
a_host_that_ignores_sigchld_loses_the_status_only (void **state)
{
  (void) state;
  signal (SIGCHLD, SIG_IGN);
  const char *got = output ((struct aid_proc){ .argv = SHELL ("echo here; exit 5") });
  signal (SIGCHLD, SIG_DFL);
  assert_string_equal (got, "here\n");
  assert_int_equal (result.code, 0);
}

static void *
run_some (void *arg)
{
  for (int i = 0; i < 25; i++)
    {
      struct aid_error e;
      struct aid_proc_result r;
      struct aid_proc p = { .argv = SHELL ("cat; exit 6"), .input = AID_SPAN ("text"), .out_max = 10 };
      if (aid_proc_run (&p, &r, &e) || r.code != 6 || strcmp (aid_str_z (&r.out), "text") != 0)
        *(int *) arg = 1;
      aid_proc_result_free (&r);
    }
  return NULL;
}

static void
many_threads_run_programs_at_once (void **state)
{
  (void) state;
  struct aid_error e;
  unsigned long threads[4];
  int bad[4] = { 0 };
  for (int i = 0; i < 4; i++)
    assert_int_equal (aid_thread_start (&threads[i], "runner", run_some, &bad[i], &e), AID_OK);
  for (int i = 0; i < 4; i++)
    {
      pthread_join (threads[i], NULL);
      assert_int_equal (bad[i], 0);
    }
}

/* --- talking --- */

static void
a_started_one_answers_what_it_is_asked (void **state)
{
  (void) state;
  struct aid_error e;
  struct aid_child c;
  char said[16] = "";
  int status = -1;
  struct aid_proc p = { .argv = SHELL ("while read -r x; do echo \"<$x>\"; done; exit 2"), .talk = 1, .out_max = 1 };
  assert_int_equal (aid_proc_start (&p, &c, &e), AID_OK);
  assert_int_equal (write (c.in, "one\n", 4), 4);
  assert_int_equal (poll (&(struct pollfd){ .fd = c.out, .events = POLLIN }, 1, 5000), 1);
  assert_int_equal (read (c.out, said, sizeof said - 1), 6);
  assert_string_equal (said, "<one>\n");
  assert_int_equal (aid_proc_wait (&c, 0, &status), 0);
  close (c.in);
  c.in = -1;
  assert_int_equal (aid_proc_wait (&c, 5000, &status), 1);
  assert_int_equal (WEXITSTATUS (status), 2);
  aid_proc_end (&c, 0);
  assert_int_equal (aid_proc_start (&p, &c, &e), AID_OK);
  aid_proc_end (&c, 1000);                               /* one that waits for more */
  assert_int_equal (c.pid, 0);
  assert_int_equal (waitpid (-1, NULL, WNOHANG), -1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (arguments_are_read_by_no_shell),
    cmocka_unit_test (it_works_in_its_folder_with_its_environment),
    cmocka_unit_test (it_is_found_in_the_path_it_gets_but_not_in_a_relative_one),
    cmocka_unit_test (its_input_is_what_was_given_and_then_ends),
    cmocka_unit_test (descriptors_of_the_host_stay_with_the_host),
    cmocka_unit_test (signals_are_at_their_defaults),
    cmocka_unit_test (it_has_no_terminal),
    cmocka_unit_test (its_end_is_told),
    cmocka_unit_test (errors_come_apart_or_in_order_with_the_rest),
    cmocka_unit_test (beyond_the_limit_it_runs_on_and_the_rest_is_dropped),
    cmocka_unit_test (it_can_be_read_while_it_runs_and_ended_by_its_reader),
    cmocka_unit_test (what_cannot_be_run_is_told),
    cmocka_unit_test (a_late_one_is_ended_with_its_children),
    cmocka_unit_test (a_patient_end_lets_it_tidy_up),
    cmocka_unit_test (another_thread_can_stop_it),
    cmocka_unit_test (what_it_leaves_behind_is_not_waited_for),
    cmocka_unit_test (what_is_to_end_with_us_ends_when_we_are_killed),
    cmocka_unit_test (no_zombie_stays_and_other_children_are_left_alone),
    cmocka_unit_test (a_host_that_ignores_sigchld_loses_the_status_only),
    cmocka_unit_test (many_threads_run_programs_at_once),
    cmocka_unit_test (a_started_one_answers_what_it_is_asked),
  };
  int failed = cmocka_run_group_tests_name ("base proc", tests, scratch_make, scratch_drop);
  aid_proc_result_free (&result);
  return failed;
}
