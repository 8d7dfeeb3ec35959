/* What makes processes without end does not take the host, though its keeper has no turn. */
#include "box_scene.h"
#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/utsname.h>

enum
{
  PATIENCE_MS = 60000,
  MOST = 1000 /* processes, of 3000 that are tried, with the limit below: the kernel is told four times as many and some */
};

static const struct aid_box_limits tight
  = { .seconds = 600, .cpu_seconds = 600, .megabytes = 4096, .processes = 64, .disk_megabytes = 32, .output_bytes = 4096 };

/* The child of the box's program, which is ours. */
static pid_t
keeper_of_the_box (void)
{
  pid_t both[2] = { 0, 0 };
  char path[64], text[32] = "";
  assert_int_equal (find_processes (scratch_path ("lower"), both, 2), 2);
  snprintf (path, sizeof path, "/proc/%d/task/%d/children", (int)both[0], (int)both[0]);
  FILE *f = fopen (path, "r");
  assert_non_null (f);
  text[fread (text, 1, sizeof text - 1, f)] = '\0';
  fclose (f);
  return strtol (text, NULL, 10) == both[1] ? both[1] : both[0];
}

/* --- a command that runs while something else is looked at --- */

struct running
{
  pthread_t thread;
  struct aid_box *box;
  const char *line;
};

static void *
run_line (void *arg)
{
  const struct running *r = arg;
  run_in (r->box, r->line);
  return NULL;
}

/* In place, so that a file "go" can be put beside it. */
static void
begin (struct running *r, const char *line)
{
  r->box = box_open (AID_BOX_IN_PLACE, tight);
  r->line = line;
  assert_int_equal (pthread_create (&r->thread, NULL, run_line, r), 0);
  for (int64_t until = aid_clock_ms () + PATIENCE_MS; processes_with ("wait for go") < 2; usleep (10000))
    assert_true (aid_clock_ms () < until);
}

static void
finish (struct running *r, const char *end)
{
  pthread_join (r->thread, NULL);
  aid_box_close (r->box);
  says (box_ran, end);
  unlink (scratch_path ("lower/go"));
}

#define WHEN_TOLD ": wait for go; until [ -e go ]; do sleep 0.01; done; "

/* --- */

static int
the_kernel_can (void)
{
  struct utsname name;
  int major = 0, minor = 0;
  assert_int_equal (uname (&name), 0);
  sscanf (name.release, "%d.%d", &major, &minor);
  int version = major * 1000 + minor;
  return version >= 6014 || (version >= 5014 && geteuid () != 0);
}

/* As where so much runs that the keeper has no turn: it is stopped. */
static void
the_kernel_bounds_what_the_keeper_does_not_see (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  if (!the_kernel_can ())
    skip ();
  struct running r;
  begin (&r, WHEN_TOLD "(i=0; while [ $i -lt 3000 ]; do sleep 1000.0625 & i=$((i + 1)); done); exec sleep 1000.0625");
  pid_t keeper = keeper_of_the_box ();
  assert_int_equal (kill (keeper, SIGSTOP), 0);
  put ("lower/go", "");
  size_t n = 0, before = 1;
  for (int64_t until = aid_clock_ms () + PATIENCE_MS; n != before && aid_clock_ms () < until; usleep (500000))
    {
      before = n ? n : 1;
      n = processes_with ("1000.0625");
    }
  kill (keeper, SIGCONT);
  finish (&r, "processes");
  print_message ("             %zu processes\n", n);
  assert_in_range (n, tight.processes, MOST);
  assert_int_equal (processes_with ("1000.0625"), 0);
}

static int
may_go_first (void)
{
  struct sched_param p = { .sched_priority = 1 }, ordinary = { .sched_priority = 0 };
  int may = !sched_setscheduler (0, SCHED_RR, &p);
  assert_int_equal (sched_setscheduler (0, SCHED_OTHER, &ordinary), 0);
  return may;
}

/* And what it runs has the priority that it was started with itself. */
static void
the_keeper_goes_first_where_it_may (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct running r;
  pid_t commands[8];
  int first = may_go_first (), nice = getpriority (PRIO_PROCESS, 0) + 1;
  assert_int_equal (setpriority (PRIO_PROCESS, 0, nice), 0);
  begin (&r, WHEN_TOLD "echo over");
  assert_int_equal (sched_getscheduler (keeper_of_the_box ()), first ? SCHED_RR | SCHED_RESET_ON_FORK : SCHED_OTHER);
  size_t n = find_processes ("wait for go", commands, 8);
  for (size_t i = 0; i < n && i < 8; i++)
    {
      assert_int_equal (sched_getscheduler (commands[i]), SCHED_OTHER);
      assert_int_equal (getpriority (PRIO_PROCESS, (id_t)commands[i]), nice);
    }
  put ("lower/go", "");
  finish (&r, "exited");
  assert_string_equal (aid_str_z (&box_ran.output), "over\n");
}

static void
the_host_keeps_its_own_bounds (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_str before = AID_STR_INIT (100), after = AID_STR_INIT (100);
  assert_int_equal (aid_fs_read ("/proc/sys/kernel/pid_max", &before, NULL), AID_OK);
  run_alone ("true", tight);
  assert_int_equal (aid_fs_read ("/proc/sys/kernel/pid_max", &after, NULL), AID_OK);
  assert_string_equal (aid_str_z (&after), aid_str_z (&before));
  aid_str_free (&before);
  aid_str_free (&after);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_host_keeps_its_own_bounds),
    cmocka_unit_test (the_keeper_goes_first_where_it_may),
    cmocka_unit_test (the_kernel_bounds_what_the_keeper_does_not_see),
  };
  return cmocka_run_group_tests_name ("forks in a box", tests, box_scene_make, scratch_drop);
}
