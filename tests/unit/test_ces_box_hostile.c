/* A box and who means harm: each attempt comes to an end that is told, within its limits, and the host has nothing of it. */
#include "box_scene.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

/* What is reached within a second or two on a busy machine. */
static const struct aid_box_limits tight
  = { .seconds = 60, .cpu_seconds = 60, .megabytes = 256, .processes = 64, .disk_megabytes = 32, .output_bytes = 4096 };

static int
scene_with_evil (void **state)
{
  if (box_scene_make (state))
    return -1;
  struct aid_str evil = AID_STR_INIT (100000);
  if (aid_fs_read ("tests/box/evil.c", &evil, NULL))
    return -1;
  put ("lower/evil.c", aid_str_z (&evil));
  aid_str_free (&evil);
  if (box_lack[0])
    return 0;
  struct aid_box *b = box_open (AID_BOX_IN_PLACE, AID_BOX_LIMITS);
  says (run_in (b, "cc -O1 -w -pthread -o evil evil.c"), "exited");
  if (box_ran.code)
    printf ("%s\n", aid_str_z (&box_ran.output));
  aid_box_close (b);
  return box_ran.code;
}

/* LINE ends by END, and nothing of it is left. */
static void
comes_to (const char *line, const char *end, struct aid_box_limits limits)
{
  struct leavings before = leavings ();
  says (run_alone (line, limits), end);
  leaves_nothing (before);
}

static void
fails_saying (struct aid_box *b, const char *line, const char *word)
{
  says (run_in (b, line), "exited");
  if (box_ran.code == 0 || !strstr (aid_str_z (&box_ran.output), word))
    fail_msg ("%s: code %d, \"%s\" instead of \"%s\"", line, box_ran.code, aid_str_z (&box_ran.output), word);
}

/* --- too much --- */

static void
memory_is_bounded (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  comes_to ("./evil memory", "memory", tight);
  comes_to ("./evil shared", "memory", tight);
  comes_to ("./evil sysv", "memory", tight);
  comes_to ("./evil family", "memory", tight);
}

/* What is resident in no process. */
static void
memory_of_the_kernels_is_bounded (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  comes_to ("./evil semaphores", "memory", tight);
  comes_to ("./evil messages", "memory", tight);
  comes_to ("./evil segments", "memory", tight);
  comes_to ("./evil tables", "memory", tight);
  struct stat st;
  if (!stat ("/proc/self/fd", &st) && st.st_size > 0) /* Linux tells how many there are, from 6.2 on */
    comes_to ("./evil pipes", "memory", tight);
}

/* The host counts these for its user, who is to have the most of them. */
static void
a_box_leaves_its_user_watchers (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  assert_in_range (atoi (printed (b, "./evil watchers")), 8, 32);
  aid_box_close (b);
}

static void
memory_that_is_shared_or_only_reserved_counts_once_or_not (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  comes_to ("./evil forked", "exited", tight);
  comes_to ("./evil reserve", "exited", tight);
  assert_int_equal (box_ran.code, 0);
}

static void
processes_are_bounded (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  comes_to ("./evil bomb", "processes", tight);
  comes_to ("./evil threads", "processes", tight);
  comes_to ("b () { b | b & }; b; sleep 1000", "processes", tight);
}

static void
time_is_bounded (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box_limits second = tight, cpu = tight;
  second.seconds = 1;
  cpu.cpu_seconds = 1;
  comes_to ("sleep 1000", "time", second);
  comes_to ("trap '' TERM INT HUP; kill -STOP $$", "time", second);
  comes_to ("while :; do :; done", "time", cpu);
  assert_in_range (box_ran.cpu_ms, 1000, 60000);
  comes_to ("./evil burn", "time", cpu);
}

static void
the_disk_is_bounded (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  comes_to ("cat /dev/zero >big", "disk", tight);
  comes_to ("cat /dev/zero >/tmp/big", "disk", tight);
  comes_to ("cat /dev/zero >/dev/shm/big", "disk", tight);
  comes_to ("cat /dev/zero >~/big", "disk", tight);
  comes_to ("for i in 1 2 3 4 5; do head -c 10000000 /dev/zero >$i; done", "disk", tight);
  comes_to ("i=0; while :; do : >$i; i=$((i+1)); done", "disk", tight);
}

/* Also not for the filter of system calls: what is full runs nothing without it. */
static void
a_full_disk_opens_no_way_out (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  says (run_in (b, "cp evil ~/evil; head -c 100000000 /dev/zero >big"), "disk");
  run_in (b, "~/evil userns");
  assert_null (strstr (aid_str_z (&box_ran.output), "done"));
  aid_box_close (b);
}

static void
so_it_is_in_place (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_IN_PLACE, tight);
  says (run_in (b, "trap 'rm big*' EXIT; i=0; while :; do head -c 4000000 /dev/zero >big$i; i=$((i+1)); done"), "disk");
  says (run_in (b, "rm -f big*"), "exited");
  aid_box_close (b);
}

static void
output_is_bounded (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  comes_to ("yes", "output", tight);
  assert_true (box_ran.cut && box_ran.output.len < 5000);
  comes_to ("cat /dev/zero", "output", tight);
}

static void
names_may_be_long_and_folders_deep (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  comes_to ("./evil names", "exited", tight);
}

/* --- what it leaves behind --- */

static void
daemons_end_with_their_command (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  char line[100];
  snprintf (line, sizeof line, "./evil daemon 98765.%d", (int)getpid ());
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  says (run_in (b, line), "exited");
  assert_int_equal (box_ran.code, 0);
  assert_int_equal (processes_with (line + 14), 0);
  assert_string_equal (printed (b, "for p in /proc/[0-9]*; do read c <$p/comm && echo $c; done"), "bwrap\nsh\n");
  aid_box_close (b);
}

static void
removing_all_removes_the_boxes_own (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  run_in (b, "rm -rf ~; rm -rf /tree; rm -rf /etc /dev /home /var /proc/1");
  assert_string_equal (printed (b, "ls -A /tree ~ /tmp; [ -x /usr/bin/env ] && echo fine"),
                       "/home/box:\n\n/tmp:\n\n/tree:\nfine\n");
  aid_box_close (b);
  assert_string_equal (text_of ("lower/a.txt"), "first\n");
  assert_string_equal (text_of ("outside/secret"), "nobody's business\n");
}

/* --- ways out --- */

static void
privileges_are_not_to_be_had (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  fails_saying (b, "./evil userns", "not permitted");
  fails_saying (b, "./evil cloned", "not permitted");
  fails_saying (b, "./evil mount", "not permitted");
  fails_saying (b, "./evil unmount", "not permitted");
  fails_saying (b, "./evil remount", "not permitted");
  fails_saying (b, "./evil chroot", "not permitted");
  fails_saying (b, "./evil device 8", "not permitted");
  fails_saying (b, "./evil root", "");
  fails_saying (b, "./evil key", "not implemented");
  fails_saying (b, "./evil memfd", "not implemented");
  fails_saying (b, "./evil secret", "not implemented");
  fails_saying (b, "./evil splice", "not implemented");
  char line[100];
  snprintf (line, sizeof line, "./evil trace %d", (int)getpid ());
  fails_saying (b, line, "No such process");
  fails_saying (b, "./evil type", "");
  assert_string_equal (printed (b, "grep -E '^(CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status"),
                       "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"
                       "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
  fails_saying (b, "cp /bin/sh s && chmod 4755 s && ./s -p -c 'kill -9 1; echo x >/etc/x'", "Read-only");
  aid_box_close (b);
}

static void
the_system_is_read_only (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  static const char *const places[] = { "/x",
                                        "/usr/x",
                                        "/etc/x",
                                        "/etc/passwd",
                                        "/dev/x",
                                        "/run/x",
                                        "/var/x",
                                        "/home/x",
                                        "/proc/sys/vm/drop_caches",
                                        "/proc/sys/kernel/core_pattern",
                                        "/proc/self/oom_score_adj",
                                        "/proc/1/oom_score_adj" };
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    {
      char line[100];
      snprintf (line, sizeof line, "echo 1 >%s", places[i]);
      fails_saying (b, line, "Read-only");
    }
  fails_saying (b, "echo 1 >/sys/x", "nonexistent");
  aid_box_close (b);
}

/* Where root runs this, a device's node is the box's user's. */
static void
the_hosts_devices_stay_as_they_are (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  static const char *const devices[] = { "null", "zero", "full", "random", "urandom", "tty" };
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
    {
      char line[100];
      snprintf (line, sizeof line, "chmod a-x /dev/%s", devices[i]); /* which changes nothing when it works */
      fails_saying (b, line, "Read-only");
    }
  assert_string_equal (printed (b, "echo x >/dev/null && head -c 1 /dev/zero | wc -c"), "1\n");
  aid_box_close (b);
}

static void
there_is_no_network (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  socklen_t n = sizeof in;
  int tcp = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), local = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf (un.sun_path + 1, sizeof un.sun_path - 1, "aid-test-%d", (int)getpid ());
  assert_int_equal (
    bind (tcp, (struct sockaddr *)&in, sizeof in) || listen (tcp, 1) || getsockname (tcp, (struct sockaddr *)&in, &n), 0);
  assert_int_equal (
    bind (local, (struct sockaddr *)&un, (socklen_t)(offsetof (struct sockaddr_un, sun_path) + 1 + strlen (un.sun_path + 1)))
      || listen (local, 1),
    0);
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  char line[200];
  snprintf (line, sizeof line, "./evil port %d", ntohs (in.sin_port));
  fails_saying (b, line, "refused");
  snprintf (line, sizeof line, "./evil abstract %s", un.sun_path + 1);
  fails_saying (b, line, "refused");
  fails_saying (b, "./evil far", "unreachable");
  aid_box_close (b);
  close (tcp);
  close (local);
}

static void
signals_reach_nobody_else (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  pid_t witness = fork ();
  if (witness == 0)
    {
      pause ();
      _exit (0);
    }
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  char line[100];
  snprintf (line, sizeof line, "kill -9 %d %d; kill -9 -1; kill -9 1; echo", (int)witness, (int)getpid ());
  run_in (b, line);
  assert_string_equal (printed (b, "echo still here"), "still here\n");
  aid_box_close (b);
  assert_int_equal (waitpid (witness, NULL, WNOHANG), 0);
  kill (witness, SIGKILL);
  waitpid (witness, NULL, 0);
}

/* --- what it leaves for us to step on --- */

static void
no_link_is_followed (enum aid_box_how how)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (1000);
  char line[600];
  struct aid_box *b = box_open (how, tight);
  snprintf (
    line, sizeof line,
    "ln -s %s/outside out; ln -s ../outside up; ln -s %s/outside/secret a.link; ln -s / all; mkfifo pipe; ln -s loop loop; "
    "mkdir full; echo x >full/x",
    scratch, scratch);
  says (run_in (b, line), "exited");
  static const char *const through[] = { "out/secret", "up/secret", "all/etc/passwd", "loop/x" };
  for (size_t i = 0; i < sizeof through / sizeof *through; i++)
    {
      assert_int_equal (aid_box_write (b, through[i], AID_SPAN ("taken over\n"), 0, &e), AID_E_REFUSED);
      assert_int_equal (aid_box_remove (b, through[i], &e), AID_E_REFUSED);
      assert_int_equal (aid_box_read (b, through[i], &text, &e), AID_E_REFUSED);
    }
  assert_int_equal (aid_box_read (b, "a.link", &text, &e), AID_E_REFUSED);
  assert_int_equal (aid_box_read (b, "pipe", &text, &e), AID_E_REFUSED);
  assert_int_equal (aid_box_read (b, "folder", &text, &e), AID_E_REFUSED);
  assert_int_equal (aid_box_write (b, "full", AID_SPAN ("x"), 0, &e), AID_E_REFUSED);
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, "pwd", "out", NULL, &box_ran, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_box_write (b, "a.link", AID_SPAN ("a file now\n"), 0, &e), AID_OK);
  assert_int_equal (aid_box_write (b, "pipe", AID_SPAN ("a file now\n"), 0, &e), AID_OK);
  assert_string_equal (printed (b, "cat a.link pipe; rm -r out up all loop a.link pipe full"), "a file now\na file now\n");
  aid_box_close (b);
  assert_string_equal (text_of ("outside/secret"), "nobody's business\n");
  assert_int_equal (text.len, 0);
  aid_str_free (&text);
}

static void
links_that_it_made_are_not_followed (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  no_link_is_followed (AID_BOX_VIEW);
  no_link_is_followed (AID_BOX_IN_PLACE);
  no_link_is_followed (AID_BOX_COPY);
}

static void
names_of_ours_may_be_taken_and_folders_locked (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_error e;
  struct aid_box *b = box_open (AID_BOX_VIEW, tight);
  says (run_in (b, "for i in $(seq 0 60); do mkdir .aid-box-$i; done"), "exited");
  assert_int_equal (aid_box_write (b, "new", AID_SPAN ("new\n"), 0, &e), AID_OK);
  assert_string_equal (printed (b, "cat new; mkdir -p way/sub; chmod 0 way"), "new\n");
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, "pwd", "way/sub", NULL, &box_ran, &e), AID_E_NOTFOUND);
  says (run_in (b, "chmod 0 ."), "exited");
  aid_str_free (&box_ran.output);
  assert_int_equal (aid_box_run (b, "pwd", NULL, NULL, &box_ran, &e), AID_E_NOTFOUND);
  aid_box_close (b);
}

/* What lies too deep to be counted is no way around the limit of the disk. */
static void
nothing_is_hidden_in_depth (void **state)
{
  (void)state;
  NEEDS_BOXES ();
  struct aid_box *b = box_open (AID_BOX_IN_PLACE, tight);
  says (run_in (b, "for i in $(seq 700); do mkdir d; cd d; done; head -c 24000000 /dev/zero >big"), "disk");
  run_in (b, "rm -rf d");
  aid_box_close (b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (memory_is_bounded),
    cmocka_unit_test (memory_of_the_kernels_is_bounded),
    cmocka_unit_test (a_box_leaves_its_user_watchers),
    cmocka_unit_test (memory_that_is_shared_or_only_reserved_counts_once_or_not),
    cmocka_unit_test (processes_are_bounded),
    cmocka_unit_test (time_is_bounded),
    cmocka_unit_test (the_disk_is_bounded),
    cmocka_unit_test (a_full_disk_opens_no_way_out),
    cmocka_unit_test (so_it_is_in_place),
    cmocka_unit_test (output_is_bounded),
    cmocka_unit_test (names_may_be_long_and_folders_deep),
    cmocka_unit_test (daemons_end_with_their_command),
    cmocka_unit_test (removing_all_removes_the_boxes_own),
    cmocka_unit_test (privileges_are_not_to_be_had),
    cmocka_unit_test (the_system_is_read_only),
    cmocka_unit_test (the_hosts_devices_stay_as_they_are),
    cmocka_unit_test (there_is_no_network),
    cmocka_unit_test (signals_reach_nobody_else),
    cmocka_unit_test (links_that_it_made_are_not_followed),
    cmocka_unit_test (names_of_ours_may_be_taken_and_folders_locked),
    cmocka_unit_test (nothing_is_hidden_in_depth),
  };
  int failed = cmocka_run_group_tests_name ("ces box hostile", tests, scene_with_evil, scratch_drop);
  aid_str_free (&box_ran.output);
  return failed;
}
