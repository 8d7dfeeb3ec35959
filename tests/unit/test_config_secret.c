/* Keys: the order of their places, and key commands that behave badly. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "config/secret_internal.h"
#include "scratch.h"

static json_t *
shell (const char *script)
{
  return json_pack ("[s, s, s]", "sh", "-c", script);
}

static void
finds (const char *given, const char *env, const char *script, const char *key)
{
  json_t *command = script ? shell (script) : NULL;
  struct aid_error e = { AID_OK, "" };
  char *got = NULL;
  if (aid_secret_find (given, env, command, "work", "api.example", NULL, &got, &e))
    fail_msg ("%s", e.msg);
  assert_string_equal (got, key);
  aid_secret_free (got);
  json_decref (command);
}

static void
the_first_place_that_has_a_key_wins (void **state)
{
  (void) state;
  setenv ("AID_TEST_KEY", "from-env", 1);
  finds ("given", "AID_TEST_KEY", "echo from-command", "given");
  finds (NULL, "AID_TEST_KEY", "echo from-command", "from-env");
  finds ("", "AID_TEST_KEY", NULL, "from-env");
  setenv ("AID_TEST_KEY", "", 1);
  finds (NULL, "AID_TEST_KEY", "echo from-command", "from-command");
  finds (NULL, NULL, "echo from-command", "from-command");
}

static void
white_space_around_a_key_is_no_part_of_it (void **state)
{
  (void) state;
  finds (" given\n", NULL, NULL, "given");
  finds (NULL, NULL, "printf ' key \\r\\nlogin: me\\n'", "key");
}

static void
without_a_key_the_person_learns_where_to_put_it (void **state)
{
  struct aid_error e;
  char *got = NULL;
  (void) state;
  unsetenv ("AID_TEST_KEY");
  assert_int_equal (aid_secret_find (NULL, "AID_TEST_KEY", NULL, "work", "api.example", NULL, &got, &e), AID_E_NOTFOUND);
  assert_null (got);
  assert_non_null (strstr (e.msg, "work"));
  assert_non_null (strstr (e.msg, "machine api.example"));
  assert_non_null (strstr (e.msg, "AID_TEST_KEY"));
  assert_int_equal (aid_secret_find (NULL, NULL, NULL, "work", "api.example", NULL, &got, &e), AID_E_NOTFOUND);
  assert_non_null (strstr (e.msg, "key_command"));
}

static void
fails (json_t *command, enum aid_err err, const char *word)
{
  struct aid_error e = { AID_OK, "" };
  char *got = NULL;
  assert_int_equal (aid_secret_run (command, 20000, NULL, &got, &e), err);
  assert_null (got);
  if (!strstr (e.msg, word))
    fail_msg ("\"%s\" does not say \"%s\"", e.msg, word);
  assert_null (strstr (e.msg, "hunter2"));
  json_decref (command);
}

static void
a_failing_command_is_told_without_what_it_printed (void **state)
{
  (void) state;
  fails (shell ("echo hunter2; echo hunter2 >&2; exit 3"), AID_E_IO, "status 3");
  fails (shell ("echo hunter2; kill -9 $$"), AID_E_IO, "signal 9");
  fails (shell ("true"), AID_E_IO, "no key");
  fails (shell ("echo; echo hunter2"), AID_E_IO, "no key");
  fails (shell ("head -c 5000 /dev/zero | tr '\\0' x"), AID_E_LIMIT, "4096");
  fails (json_pack ("[s]", "aid-no-such-program"), AID_E_IO, "aid-no-such-program");
  fails (json_pack ("[s]", ""), AID_E_INVALID, "key_command");
}

static void
no_shell_reads_the_arguments (void **state)
{
  struct aid_error e;
  char *got = NULL;
  json_t *command = json_pack ("[s, s]", "echo", "$HOME; `id`");
  (void) state;
  assert_int_equal (aid_secret_run (command, 20000, NULL, &got, &e), AID_OK);
  assert_string_equal (got, "$HOME; `id`");
  aid_secret_free (got);
  json_decref (command);
}

static void
much_output_does_not_stop_the_command (void **state)
{
  struct aid_error e;
  char *got = NULL;
  json_t *command = shell ("echo key; head -c 1000000 /dev/zero");
  (void) state;
  assert_int_equal (aid_secret_run (command, 20000, NULL, &got, &e), AID_OK);
  assert_string_equal (got, "key");
  aid_secret_free (got);
  json_decref (command);
}

static void
a_child_left_behind_is_not_waited_for (void **state)
{
  struct aid_error e;
  char *got = NULL;
  json_t *command = shell ("sleep 600 & echo $!");   /* it keeps the pipe open */
  (void) state;
  assert_int_equal (aid_secret_run (command, 20000, NULL, &got, &e), AID_OK);
  assert_int_equal (kill (atoi (got), SIGKILL), 0);
  aid_secret_free (got);
  json_decref (command);
}

static void
a_late_command_is_ended_with_its_children (void **state)
{
  struct aid_error e;
  char *got = NULL, c;
  (void) state;
  /* The FIFO is at its end when the last child that holds it is gone. */
  const char *fifo = scratch_path ("alive");
  assert_int_equal (mkfifo (fifo, 0600), 0);
  int alive = open (fifo, O_RDONLY | O_NONBLOCK);
  json_t *command = json_pack ("[s, s, s, s]", "sh", "-c", "trap '' TERM; exec 9>\"$0\"; sleep 600 & sleep 600", fifo);
  assert_int_equal (aid_secret_run (command, 500, NULL, &got, &e), AID_E_TIMEOUT);
  assert_null (got);
  assert_int_equal (poll (&(struct pollfd){ .fd = alive, .events = POLLIN }, 1, 5000), 1);
  assert_int_equal (read (alive, &c, 1), 0);
  close (alive);
  json_decref (command);
}

static void
other_children_are_left_alone (void **state)
{
  pid_t other = fork ();
  (void) state;
  if (other == 0)
    _exit (7);
  finds (NULL, NULL, "echo key", "key");
  int status = 0;
  assert_int_equal (waitpid (other, &status, 0), other);
  assert_int_equal (WEXITSTATUS (status), 7);
}

static void
blocked_and_ignored_signals_are_not_inherited (void **state)
{
  sigset_t all, old;
  (void) state;
  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, &old);
  signal (SIGPIPE, SIG_IGN);
  finds (NULL, NULL, "grep -q '^SigBlk:.*[1-9a-f]' /proc/self/status || echo clear", "clear");
  fails (shell ("kill -s PIPE $$; echo alive"), AID_E_IO, "signal 13");
  signal (SIGPIPE, SIG_DFL);
  sigprocmask (SIG_SETMASK, &old, NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_first_place_that_has_a_key_wins),
    cmocka_unit_test (white_space_around_a_key_is_no_part_of_it),
    cmocka_unit_test (without_a_key_the_person_learns_where_to_put_it),
    cmocka_unit_test (a_failing_command_is_told_without_what_it_printed),
    cmocka_unit_test (no_shell_reads_the_arguments),
    cmocka_unit_test (much_output_does_not_stop_the_command),
    cmocka_unit_test (a_child_left_behind_is_not_waited_for),
    cmocka_unit_test (a_late_command_is_ended_with_its_children),
    cmocka_unit_test (other_children_are_left_alone),
    cmocka_unit_test (blocked_and_ignored_signals_are_not_inherited),
  };
  return cmocka_run_group_tests_name ("config secret", tests, scratch_make, scratch_drop);
}
