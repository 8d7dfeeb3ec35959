/* Builds that run: real ones by make and cc, what they tell, and that one takes another's place. */
#include "build_probe.h"

#include "base/clock.h"
#include "base/stop.h"
#include "build/results.h"
#include "sanitized.h"

/* Waits for the event KIND of ID. */
static struct told
wait_for (uint64_t id, enum aid_build_event_kind kind)
{
  int64_t deadline = aid_clock_wall_ms () + 60000;
  struct timespec until = { deadline / 1000, 0 };
  pthread_mutex_lock (&lock);
  for (;;)
    {
      for (size_t i = 0; i < ntold; i++)
        if (told[i].id == id && told[i].kind == kind)
          {
            struct told t = told[i];
            pthread_mutex_unlock (&lock);
            return t;
          }
      if (pthread_cond_timedwait (&more, &lock, &until))
        break;
    }
  pthread_mutex_unlock (&lock);
  fail_msg ("event %d of build %d did not come", (int) kind, (int) id);
  return (struct told){ .id = 0 };
}

static void
make_is_red_and_then_green (void **state)
{
  (void) state;
  put ("p/Makefile", "all: a.o\na.o: a.c\n\tcc -c a.c\n");
  put ("p/a.c", "int f (void)\n{\n  return missing;\n}\n");
  struct told t = run (NULL, 1);
  assert_int_equal (t.kind, AID_BUILD_ENDED);
  assert_int_equal (t.status, AID_BUILD_RED);
  assert_int_equal (t.code, 2);
  assert_int_equal (t.errors, 1);
  assert_string_equal (t.path, "a.c");
  assert_int_equal (t.line, 3);
  assert_non_null (strstr (t.message, "missing"));
  assert_int_equal (told[0].kind, AID_BUILD_STARTED);
  assert_non_null (strstr (aid_str_z (&output), "cc -c a.c\n"));
  put ("p/a.c", "int f (void)\n{\n  return 0;\n}\n");
  t = run (NULL, 1);
  assert_int_equal (t.status, AID_BUILD_GREEN);
  assert_int_equal (t.errors, 0);
}

/* --- result files --- */

#define XML(name, failing) "<testsuite><testcase name='" name "'>" failing "</testcase></testsuite>"

/* All that was written so far is from long ago. */
static void
age (void)
{
  char command[512];
  snprintf (command, sizeof command, "find %s -exec touch -h -d @1000000000.5 {} +", scratch_path ("p"));
  assert_int_equal (system (command), 0);
}

/* Files that the run writes are read, whatever it prints and ends with; those that were there before are not. */
static void
results_are_read_from_files (void **state)
{
  (void) state;
  put ("p/calc.c", "1\n2\n3\n");
  put ("p/old.xml", XML ("long ago", "<failure message='calc.c:1: old'/>"));
  age ();
  put ("new", XML ("adds", "<failure message='calc.c:3: wrong'/>"));
  put ("tap", "1..2\nok 1 - fine\nnot ok 2 - divides\n  ---\n  at: calc.c:2:5\n  ...\n");
  struct told t = run ("mkdir -p sub/target/surefire-reports build && cp ../new sub/target/surefire-reports/TEST-a.xml &&"
                       " cp ../tap build/results.tap; exit 1", 1);
  assert_int_equal (t.status, AID_BUILD_RED);
  assert_int_equal (t.errors, 2);
  assert_string_equal (t.path, "calc.c");
  assert_int_equal (t.line, 2);
  assert_string_equal (t.message, "divides");
  age ();
  t = run ("exit 1", 1);
  assert_int_equal (t.errors, 0);
}

/* A failure that is printed and written into a file is one. */
static void
results_are_joined_by_place (void **state)
{
  (void) state;
  age ();
  put ("new", XML ("adds", "<failure message='calc.c:3: wrong'/>") XML ("divides", "<failure message='calc.c:2: bad'/>")
              XML ("divides more", "<failure message='calc.c:2: worse'/>"));
  struct told t = run ("echo calc.c:3:1: error: wrong; cp ../new r.xml; exit 1", 1);
  assert_int_equal (t.errors, 3);
  assert_string_equal (t.message, "wrong");
}

/* A project's folder may be a link, but nothing in it is followed. */
static void
results_are_read_where_the_folder_is_a_link (void **state)
{
  (void) state;
  struct aid_diags d = { AID_VEC_INIT (struct aid_diag, AID_DIAGS_MAX), 0, 0 };
  char link[512];
  age ();
  snprintf (link, sizeof link, "%s", scratch_path ("link"));
  assert_int_equal (symlink ("p", link), 0);
  int64_t since = aid_build_results_now ();
  put ("p/r.xml", XML ("adds", "<failure message='calc.c:3: wrong'/>"));
  aid_build_results_add (link, link, since, &d);
  assert_int_equal (d.errors, 1);
  aid_diags_free (&d);
}

/* What hostile files do to whoever reads them. */
static void
results_are_bounded (void **state)
{
  (void) state;
  age ();
  put ("secret", XML ("secret", "<failure message='secret'/>"));
  struct told t = run ("ln -sf ../secret link.xml; ln -sfn .. reports; rm -f pipe.xml; mkfifo pipe.xml;"
                       " mkdir -p test-results/a/b/c/d; cp ../secret test-results/a/b/c/d/deep.xml;"
                       " truncate -s 9000000 large.xml; exit 1", 1);
  assert_int_equal (t.errors, 0);
  t = run ("rm -f *.xml; (printf '<testsuite><testcase name=\"x\"><failure message=\"'; head -c 3000000 /dev/zero | tr '\\0' '>';"
           " printf '\"/></testcase></testsuite>'; printf '<testsuite><testcase name=\"y\"><failure/>') >r.xml; exit 1", 1);
  assert_int_equal (t.errors, 2);
  assert_int_equal (strncmp (t.message, "x: >>>", 6), 0);
}

/* CTest itself: it prints no more of a failing test than its name. */
static void
results_of_ctest (void **state)
{
  (void) state;
  age ();
  if (system ("ctest --version >/dev/null 2>&1"))
    skip ();
  put ("p/calc.c", "1\n2\n3\n");
  put ("p/CTestTestfile.cmake", "add_test(adds \"sh\" \"-c\" \"echo calc.c:3: wrong; exit 1\")\nadd_test(fine \"true\")\n");
  struct told t = run ("rm -rf *.xml *.tap build sub; ctest --output-junit build/results.xml", 1);
  assert_int_equal (t.status, AID_BUILD_RED);
  assert_int_equal (t.errors, 1);
  assert_string_equal (t.path, "calc.c");
  assert_int_equal (t.line, 3);
  assert_string_equal (t.message, "adds: calc.c:3: wrong");
}

static void
nothing_runs_without_leave (void **state)
{
  (void) state;
  struct told t = run ("touch ran", 0);
  assert_int_equal (t.kind, AID_BUILD_FAILED);
  assert_non_null (strstr (t.message, "never allowed"));
  assert_int_equal (ntold, 1);
  assert_false (aid_fs_exists (scratch_path ("p/ran")));
}

static void
what_cannot_run_is_unknown (void **state)
{
  (void) state;
  struct told t = run ("kill -9 $$", 1);
  assert_int_equal (t.kind, AID_BUILD_ENDED);
  assert_int_equal (t.status, AID_BUILD_UNKNOWN);
  t = run ("aid-no-such-tool", 1);
  assert_int_equal (t.status, AID_BUILD_RED);           /* the shell's own message, and 127 */
  assert_int_equal (t.code, 127);
}

static void
colours_are_stripped_and_half_lines_are_told_at_the_end (void **state)
{
  (void) state;
  run ("printf '\\033[31mred\\033[0m\\n10%%\\r20%%\\rdone\\nno end'", 1);
  assert_string_equal (aid_str_z (&output), "red\ndone\nno end\n");
}

static void
output_without_end_is_cut (void **state)
{
  (void) state;
  output.max = 8 << 20;
  run ("yes 0123456789 | head -c 12000000", 1);
  assert_in_range (output.len, AID_BUILD_OUTPUT_MAX, AID_BUILD_OUTPUT_MAX + 200000);
  assert_non_null (strstr (aid_str_z (&output), "the rest is read"));
  output.max = 1 << 20;
}

/* --- one at a time --- */

static void
start (struct aid_builds *b, uint64_t id, const char *root, const char *line)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_build_request r = { .id = id, .root = scratch_path (root), .line = line, .leave = 1 };
  if (aid_builds_start (b, &r, &e))
    fail_msg ("%s", e.msg);
}

static void
a_newer_build_takes_the_place_of_one_that_runs (void **state)
{
  struct aid_builds *b = aid_builds_new (&sink, NULL);
  (void) state;
  forget ();
  start (b, 10, "p", "sleep 600");
  wait_for (10, AID_BUILD_STARTED);
  start (b, 11, "p", "echo second");
  start (b, 12, "p", "exit 3");
  assert_non_null (strstr (wait_for (10, AID_BUILD_FAILED).message, "stopped"));
  assert_int_equal (wait_for (12, AID_BUILD_ENDED).code, 3);
  /* The one between was either replaced before it began, or stopped, or as quick as that. */
  pthread_mutex_lock (&lock);
  size_t ends = 0;
  for (size_t i = 0; i < ntold; i++)
    ends += told[i].id == 11 && (told[i].kind == AID_BUILD_ENDED || told[i].kind == AID_BUILD_FAILED);
  pthread_mutex_unlock (&lock);
  assert_int_equal (ends, 1);
  aid_builds_free (b);
}

static void
two_projects_build_at_the_same_time (void **state)
{
  struct aid_error e;
  struct aid_builds *b = aid_builds_new (&sink, NULL);
  (void) state;
  assert_int_equal (aid_fs_mkdirs (scratch_path ("q"), 0755, &e), AID_OK);
  assert_int_equal (mkfifo (scratch_path ("q/meet"), 0600), 0);
  forget ();
  start (b, 20, "p", "echo x > ../q/meet");
  start (b, 21, "q", "read -r x < meet; echo $x");
  assert_int_equal (wait_for (20, AID_BUILD_ENDED).status, AID_BUILD_GREEN);
  assert_int_equal (wait_for (21, AID_BUILD_ENDED).status, AID_BUILD_GREEN);
  aid_builds_free (b);
}

static void
a_stop_stops_also_what_has_not_begun (void **state)
{
  struct aid_builds *b = aid_builds_new (&sink, NULL);
  (void) state;
  forget ();
  start (b, 30, "p", "sleep 600");
  aid_builds_stop (b, scratch_path ("p"));
  wait_for (30, AID_BUILD_FAILED);
  start (b, 31, "p", "sleep 600");
  wait_for (31, AID_BUILD_STARTED);
  aid_builds_free (b);
  assert_int_equal (wait_for (31, AID_BUILD_FAILED).status, AID_BUILD_UNKNOWN);
}

static void
many_requests_from_many_starts_end_once_each (void **state)
{
  struct aid_builds *b = aid_builds_new (&sink, NULL);
  size_t ends = 0;
  (void) state;
  forget ();
  for (uint64_t id = 100; id < 150; id++)
    {
      start (b, id, id % 2 ? "p" : "q", "true");
      if (id % 7 == 0)
        usleep (20000);
    }
  wait_for (149, AID_BUILD_ENDED);
  wait_for (148, AID_BUILD_ENDED);
  aid_builds_free (b);
  for (size_t i = 0; i < ntold; i++)
    ends += told[i].kind == AID_BUILD_ENDED || told[i].kind == AID_BUILD_FAILED;
  assert_int_equal (ends, 50);
}

/* --- rounds of a watching tool --- */

static void
each_round_of_one_that_watches_has_its_own_result (void **state)
{
  struct aid_build_request r = { .id = 40, .root = scratch_path ("p"), .what = AID_BUILD_WATCH, .leave = 1,
                                 .line = "echo 'File \"a.ml\", line 1, characters 0-1:'; echo 'Error: no'; "
                                         "echo 'Had 1 error, waiting for filesystem changes...'; "
                                         "echo '********** NEW BUILD (a.ml changed) **********'; "
                                         "echo 'Success, waiting for filesystem changes...'" };
  (void) state;
  forget ();
  aid_build_run (&r, NULL, &sink);
  assert_int_equal (ntold, 5);
  assert_int_equal (told[0].kind, AID_BUILD_STARTED);
  assert_int_equal (told[1].kind, AID_BUILD_ROUND);
  assert_int_equal (told[1].status, AID_BUILD_RED);
  assert_int_equal (told[1].errors, 1);
  assert_int_equal (told[2].kind, AID_BUILD_STARTED);
  assert_int_equal (told[3].kind, AID_BUILD_ROUND);
  assert_int_equal (told[3].status, AID_BUILD_GREEN);
  assert_int_equal (told[4].kind, AID_BUILD_ENDED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (make_is_red_and_then_green),
    cmocka_unit_test (results_are_read_from_files), cmocka_unit_test (results_are_joined_by_place),
    cmocka_unit_test (results_are_read_where_the_folder_is_a_link),
    cmocka_unit_test (results_are_bounded), cmocka_unit_test (results_of_ctest),
    cmocka_unit_test (nothing_runs_without_leave),
    cmocka_unit_test (what_cannot_run_is_unknown),
    cmocka_unit_test (colours_are_stripped_and_half_lines_are_told_at_the_end),
#if !RACES
    cmocka_unit_test (output_without_end_is_cut),
#endif
    cmocka_unit_test (a_newer_build_takes_the_place_of_one_that_runs),
    cmocka_unit_test (two_projects_build_at_the_same_time),
    cmocka_unit_test (a_stop_stops_also_what_has_not_begun),
    cmocka_unit_test (many_requests_from_many_starts_end_once_each),
    cmocka_unit_test (each_round_of_one_that_watches_has_its_own_result),
  };
  int failed = cmocka_run_group_tests_name ("build runs", tests, scratch_make, scratch_drop);
  aid_str_free (&output);
  return failed;
}
