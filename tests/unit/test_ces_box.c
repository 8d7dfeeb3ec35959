/* A box: what a command finds in it, what becomes of the tree, and how its end is told.  What it does against people who want
   out is in test_ces_box_hostile.c. */
#include "box_scene.h"
#include "base/clock.h"
#include "base/pool.h"

#include <pthread.h>
#include <sys/resource.h>

/* --- the tree --- */

static void
changes_are_seen_in_the_box_and_not_below (struct aid_box *b)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (100);
  assert_int_equal (aid_box_write (b, "folder/b.txt", AID_SPAN ("changed\n"), 0, &e), AID_OK);
  assert_int_equal (aid_box_write (b, "new/deep/run", AID_SPAN ("#!/bin/sh\necho ran\n"), 1, &e), AID_OK);
  assert_int_equal (aid_box_remove (b, "a.txt", &e), AID_OK);
  assert_int_equal (aid_box_remove (b, "a.txt", &e), AID_OK);
  assert_int_equal (aid_box_remove (b, "never/was", &e), AID_OK);
  assert_string_equal (printed (b, "cat folder/b.txt; new/deep/run; ls; echo made >folder/c"),
                       "changed\nran\nfolder\nnew\n");
  assert_int_equal (aid_box_read (b, "folder/c", &text, &e), AID_OK);
  assert_string_equal (aid_str_z (&text), "made\n");
  assert_int_equal (aid_box_read (b, "a.txt", &text, &e), AID_E_NOTFOUND);
  aid_str_free (&text);
  assert_string_equal (text_of ("lower/a.txt"), "first\n");
  assert_string_equal (text_of ("lower/folder/b.txt"), "second\n");
  assert_false (aid_fs_exists (scratch_path ("lower/folder/c")) || aid_fs_exists (scratch_path ("lower/new")));
}

static void
a_view_leaves_the_tree_as_it_is (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  changes_are_seen_in_the_box_and_not_below (b);
  aid_box_close (b);
}

static void
so_does_a_copy (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  assert_int_equal (symlink ("folder/b.txt", scratch_path ("lower/link")), 0);
  struct aid_box *b = box_open (AID_BOX_COPY, AID_BOX_LIMITS);
  assert_string_equal (aid_box_by (b), "copy");
  assert_string_equal (printed (b, "cat link; readlink link; find . -newer a.txt -type f | grep a.txt; stat -c %a a.txt"),
                       "second\nfolder/b.txt\n600\n");
  unlink (scratch_path ("lower/link"));
  assert_int_equal (aid_box_remove (b, "link", NULL), AID_OK);
  changes_are_seen_in_the_box_and_not_below (b);
  aid_box_close (b);
}

/* The kernel makes no overlay over what has rules of its own for names, as it makes none with the attributes of a tmpfs before
   Linux 6.6. */
static void
a_view_is_a_copy_where_no_overlay_can_be_had (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box_limits limits = AID_BOX_LIMITS;
  struct aid_error e = { AID_OK, "" };
  struct aid_box *b;
  if (aid_box_open ("", AID_BOX_VIEW, &limits, &b, &e))
    fail_msg ("%s", e.msg);
  assert_string_equal (printed (b, "ls -A; echo made >x; cat x"), "made\n");
  aid_box_close (b);
  if (aid_box_open ("/proc/sys/kernel/random", AID_BOX_VIEW, &limits, &b, &e))
    fail_msg ("%s", e.msg);
  assert_string_equal (aid_box_by (b), "copy");
  assert_string_equal (printed (b, "[ -e boot_id ] && mkdir new && ls -d new"), "new\n");
  aid_box_close (b);
}

/* A person works beside it: what runs in it goes behind what he does, also where the kernel weighs sessions. */
static void
a_box_may_be_nice (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  static const char line[] = "cut -d' ' -f19 /proc/self/stat; (sleep 0 & cut -d' ' -f19 /proc/self/stat)";
  static const char session[] = "[ ! -e /proc/self/autogroup ] || grep -q 'nice 10$' /proc/self/autogroup; echo $?";
  struct aid_box_limits limits = AID_BOX_LIMITS;
  char wanted[32];
  int own = getpriority (PRIO_PROCESS, 0);
  for (int nice = 0; nice <= 10; nice += 10)
    {
      limits.nice = nice;
      struct aid_box *b = box_open (AID_BOX_VIEW, limits);
      int is = own + nice < 19 ? own + nice : 19;
      snprintf (wanted, sizeof wanted, "%d\n%d\n", is, is);
      assert_string_equal (printed (b, line), wanted);
      if (nice)
        assert_string_equal (printed (b, session), "0\n");
      aid_box_close (b);
    }
}

static void
a_box_is_anew_each_time (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  const char *line = "cat a.txt ~/x /tmp/x /dev/shm/x 2>/dev/null; echo x | tee a.txt ~/x /tmp/x >/dev/shm/x";
  for (int i = 0; i < 2; i++)
    {
      struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
      assert_string_equal (printed (b, line), "first\n");
      assert_string_equal (printed (b, line), "x\nx\nx\nx\n");
      aid_box_close (b);
    }
}

static void
folders_that_are_there_can_be_replaced (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  assert_string_equal (
    printed (b, "rm -r folder && mkdir folder && ls -A folder && mv folder other && rmdir other && echo fine"), "fine\n");
  aid_box_close (b);
}

static void
in_place_it_stays (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_IN_PLACE, AID_BOX_LIMITS);
  assert_string_equal (aid_box_by (b), "place");
  assert_string_equal (printed (b, "echo built >built && cat built"), "built\n");
  aid_box_close (b);
  assert_string_equal (text_of ("lower/built"), "built\n");
  unlink (scratch_path ("lower/built"));
}

/* --- what a command finds --- */

static void
it_works_where_it_is_told (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  struct aid_error e = { AID_OK, "" };
  assert_string_equal (printed (b, "pwd; whoami; echo $HOME; hostname; read x || echo no input"),
                       "/tree\nbox\n/home/box\nbox\nno input\n");
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, "pwd", "folder", NULL, &box_ran, &e), AID_OK);
  assert_string_equal (aid_str_z (&box_ran.output), "/tree/folder\n");
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, "pwd", "nowhere", NULL, &box_ran, &e), AID_E_NOTFOUND);
  assert_non_null (strstr (e.msg, "nowhere"));
  assert_int_equal (aid_box_run (b, "pwd", "../tmp", NULL, &box_ran, &e), AID_E_INVALID);
  aid_box_close (b);
}

static void
nothing_of_the_host_is_there (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  setenv ("AID_SECRET", "key", 1);
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  char line[200];
  snprintf (line, sizeof line, "env | grep -c AID_SECRET; ls %s /root /home /sys /etc/shadow 2>/dev/null", scratch);
  assert_string_equal (printed (b, line), "0\n/home:\nbox\n");
  assert_string_equal (printed (b, "for p in /proc/[0-9]*; do read c <$p/comm && echo $c; done; ls /proc/self/fd; cut -d: "
                                   "-f1 /proc/net/dev | tail -n +3"),
                       "bwrap\nsh\n0\n1\n2\n3\n    lo\n");
  aid_box_close (b);
}

static void
what_programs_need_is_there (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  assert_string_equal (
    printed (b, "echo x >/dev/null && head -c 3 /dev/zero | wc -c && [ -c /dev/urandom ] && cat /proc/1/comm"),
    "3\nbwrap\n");
  says (run_in (b, "printf 'int main (void) { return 7; }' >x.c && cc -o x x.c && ./x"), "exited");
  assert_int_equal (box_ran.code, 7);
  assert_string_equal (printed (b, "sh -c 'yes | head -n 1'; mkfifo p; echo through >p & cat p"), "y\nthrough\n");
  aid_box_close (b);
}

/* --- ends --- */

static void
ends_are_told (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  says (run_in (b, "echo out; echo err >&2; exit 3"), "exited");
  assert_int_equal (box_ran.code, 3);
  assert_string_equal (aid_str_z (&box_ran.output), "out\nerr\n");
  says (run_in (b, "kill -SEGV $$"), "signalled");
  assert_int_equal (box_ran.signal, SIGSEGV);
  says (run_in (b, "exit 200"), "exited");
  assert_int_equal (box_ran.code, 200);
  says (run_in (b, "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"), "exited");
  assert_in_range (box_ran.cpu_ms, 10, 60000);
  says (run_in (b, ""), "exited");
  aid_box_close (b);
}

static void
of_much_output_both_ends_are_kept (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box_limits limits = AID_BOX_LIMITS;
  limits.output_bytes = 200;
  says (run_alone ("seq 1 100000", limits), "exited");
  const char *text = aid_str_z (&box_ran.output);
  assert_true (box_ran.cut);
  assert_int_equal (strncmp (text, "1\n2\n3\n", 6), 0);
  assert_non_null (strstr (text, "\n[588695 bytes are left out here]\n"));
  assert_true (aid_span_ends (aid_str_span (&box_ran.output), "\n99999\n100000\n"));
  says (run_alone ("seq 1 50", limits), "exited");
  assert_false (box_ran.cut);
  assert_int_equal (box_ran.output.len, 141);
  limits.output_bytes = 0;
  says (run_alone ("echo nobody reads it", limits), "exited");
}

struct stopper
{
  struct aid_stop *stop;
  const char *sign; /* a file whose presence says that the command runs */
};

static void *
stop_when_it_runs (void *arg)
{
  struct stopper *s = arg;
  while (processes_with (s->sign) == 0)
    usleep (2000);
  aid_stop_set (s->stop);
  return NULL;
}

static void
it_can_be_stopped_and_used_again (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_error e = { AID_OK, "" };
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  char line[64];
  snprintf (line, sizeof line, "sleep 98765.%d", (int)getpid ());
  struct stopper s = { aid_stop_new (&e), line + 6 };
  pthread_t thread;
  assert_int_equal (pthread_create (&thread, NULL, stop_when_it_runs, &s), 0);
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, line, NULL, s.stop, &box_ran, &e), AID_E_CANCELLED);
  pthread_join (thread, NULL);
  assert_int_equal (processes_with (line + 6), 0);
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, "true", NULL, s.stop, &box_ran, &e), AID_E_CANCELLED);
  aid_stop_free (s.stop);
  assert_string_equal (printed (b, "echo still here"), "still here\n");
  aid_box_close (b);
}

/* --- errors --- */

static void
what_cannot_be_had_is_told (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_error e = { AID_OK, "" };
  struct aid_box_limits limits = AID_BOX_LIMITS;
  struct aid_box *b;
  assert_int_equal (aid_box_open (scratch_path ("nowhere"), AID_BOX_VIEW, &limits, &b, &e), AID_E_NOTFOUND);
  assert_null (b);
  assert_non_null (strstr (e.msg, "nowhere"));
  assert_int_equal (aid_box_open (scratch_path ("lower/a.txt"), AID_BOX_VIEW, &limits, &b, &e), AID_E_NOTFOUND);
  struct leavings before = leavings ();
  b = box_open (AID_BOX_VIEW, limits);
  static const char *const bad[] = { "", "/etc/x", "../x", "a/../../x", "a//b", "a/", "./a", "a/." };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal (aid_box_write (b, bad[i], AID_SPAN ("x"), 0, &e), AID_E_INVALID);
  char *line = malloc (200000);
  assert_non_null (line);
  memset (line, ':', 199999);
  line[199999] = '\0';
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, line, NULL, NULL, &box_ran, &e), AID_E_LIMIT);
  free (line);
  assert_string_equal (printed (b, "echo still here"), "still here\n");
  aid_box_close (b);
  aid_box_close (NULL);
  leaves_nothing (before);
}

static void
without_bubblewrap_it_says_so (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  char why[256] = "", *path = strdup (getenv ("PATH"));
  setenv ("PATH", scratch, 1);
  assert_false (aid_box_available (why));
  setenv ("PATH", path, 1);
  free (path);
  assert_non_null (strstr (why, "bubblewrap is not installed"));
}

static void
large_files_go_in_and_come_out (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (20 << 20), back = AID_STR_INIT (20 << 20);
  for (int i = 0; i < 1000000; i++)
    aid_str_addf (&text, "%d\n", i);
  struct aid_box *b = box_open (AID_BOX_VIEW, AID_BOX_LIMITS);
  assert_int_equal (aid_box_write (b, "large", aid_str_span (&text), 0, &e), AID_OK);
  assert_int_equal (aid_box_read (b, "large", &back, &e), AID_OK);
  assert_true (aid_span_eq (aid_str_span (&text), aid_str_span (&back)));
  back.max = 1000;
  aid_str_clear (&back);
  assert_int_equal (aid_box_read (b, "large", &back, &e), AID_E_LIMIT);
  assert_string_equal (printed (b, "wc -l <large"), "1000000\n");
  aid_box_close (b);
  aid_str_free (&text);
  aid_str_free (&back);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_view_leaves_the_tree_as_it_is),
    cmocka_unit_test (so_does_a_copy),
    cmocka_unit_test (a_view_is_a_copy_where_no_overlay_can_be_had),
    cmocka_unit_test (a_box_may_be_nice),
    cmocka_unit_test (a_box_is_anew_each_time),
    cmocka_unit_test (folders_that_are_there_can_be_replaced),
    cmocka_unit_test (in_place_it_stays),
    cmocka_unit_test (it_works_where_it_is_told),
    cmocka_unit_test (nothing_of_the_host_is_there),
    cmocka_unit_test (what_programs_need_is_there),
    cmocka_unit_test (ends_are_told),
    cmocka_unit_test (of_much_output_both_ends_are_kept),
    cmocka_unit_test (it_can_be_stopped_and_used_again),
    cmocka_unit_test (what_cannot_be_had_is_told),
    cmocka_unit_test (without_bubblewrap_it_says_so),
    cmocka_unit_test (large_files_go_in_and_come_out),
  };
  int failed = cmocka_run_group_tests_name ("ces box", tests, box_scene_make, scratch_drop);
  aid_str_free (&box_ran.output);
  return failed;
}
