/* Builds that run: real ones by make and cc, what they tell, that one takes another's place, and what a model is told of them. */
#include "build/last.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include "base/clock.h"
#include "base/stop.h"
#include "scratch.h"

/* --- what was told --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

struct told
{
  uint64_t id;
  enum aid_build_event_kind kind;
  enum aid_build_status status;
  size_t errors;
  int code, line;
  char message[256], path[64];
};
static struct told told[200];
static size_t ntold;
static struct aid_str output = { NULL, 0, 0, 1 << 20, AID_OK };

static void
note (void *ctx, uint64_t id, const struct aid_build_event *ev)
{
  (void) ctx;
  pthread_mutex_lock (&lock);
  if (ev->kind == AID_BUILD_PRINTED)
    aid_str_addspan (&output, ev->output);
  else if (ntold < 200)
    {
      struct told *t = &told[ntold++];
      *t = (struct told){ .id = id, .kind = ev->kind, .status = ev->status, .code = ev->code };
      if (ev->error)
        snprintf (t->message, sizeof t->message, "%s", ev->error->msg);
      if (ev->diags && ev->diags->items.len)
        {
          const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &ev->diags->items, 0);
          t->errors = ev->diags->errors;
          t->line = d->line;
          snprintf (t->path, sizeof t->path, "%s", d->path ? d->path : "");
          if (!ev->error)
            snprintf (t->message, sizeof t->message, "%s", d->message);
        }
    }
  pthread_cond_broadcast (&more);
  pthread_mutex_unlock (&lock);
}

static const struct aid_build_sink sink = { note, NULL };

static void
forget (void)
{
  pthread_mutex_lock (&lock);
  ntold = 0;
  aid_str_clear (&output);
  pthread_mutex_unlock (&lock);
}

/* Waits for the event KIND of ID. */
static struct told
wait_for (uint64_t id, enum aid_build_event_kind kind)
{
  int64_t deadline = aid_clock_wall_ms () + 20000;
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

/* --- a project --- */

static void
put (const char *name, const char *text)
{
  struct aid_error e;
  assert_int_equal (aid_fs_mkdirs (scratch_path ("p"), 0755, &e), AID_OK);
  assert_int_equal (aid_fs_replace (scratch_path (name), aid_span_z (text), 0644, &e), AID_OK);
}

static struct told
run (const char *line, int leave)
{
  struct aid_build_request r = { .id = 1, .root = scratch_path ("p"), .line = line, .leave = leave };
  forget ();
  aid_build_run (&r, NULL, &sink);
  assert_true (ntold > 0);
  return told[ntold - 1];
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

/* --- what is kept --- */

static void
what_failed_is_told_with_the_source_around_it (void **state)
{
  struct aid_error e;
  struct aid_build_last l;
  struct aid_str told_text = AID_STR_INIT (1 << 20), root = AID_STR_INIT (4096);
  (void) state;
  put ("p/a.c", "int f (void)\n{\n  return missing;\n}\n\nint other;\n");
  put ("p/a.h", "int g (void);\n/* Gives it. */\nint f (void);\n");
  put ("p/Makefile", "all: a.o\na.o: a.c\n\tLC_ALL=C cc -c a.c\n");
  run (NULL, 1);
  assert_int_equal (aid_build_last_root (scratch_path ("p/deep/er"), &root, &e), AID_OK);
  assert_string_equal (root.ptr, scratch_path ("p"));
  assert_int_equal (aid_build_last_read (root.ptr, &l, &e), AID_OK);
  assert_int_equal (l.status, AID_BUILD_RED);
  assert_int_equal (aid_build_tell (root.ptr, &l, &told_text, &e), AID_OK);
  assert_string_equal (aid_span_cut (aid_str_span (&told_text), 0, 0).ptr, told_text.ptr);
  const char *sum = "The project does not build (make, exit status 2): 1 error, 0 warnings.\n\n1. a.c: In function 'f':\n"
                    "a.c:3:10: error: 'missing' undeclared";
  if (strncmp (told_text.ptr, sum, strlen (sum)) != 0)
    fail_msg ("%s", told_text.ptr);
  const char *source = "\na.c, f, around line 3:\n    1  int f (void)\n    2  {\n    3>   return missing;\n    4  }\n"
                       "\nIts interface, a.h, lines 2 to 3:\n    2  /* Gives it. */\n    3  int f (void);\n";
  if (!strstr (told_text.ptr, source))
    fail_msg ("%s", told_text.ptr);
  assert_null (strstr (told_text.ptr, "other"));
  aid_build_last_free (&l);
  assert_int_equal (aid_build_last_root ("/", &root, &e), AID_E_NOTFOUND);
  aid_str_free (&told_text);
  aid_str_free (&root);
}

static void
the_last_builds_of_so_many_projects_are_kept (void **state)
{
  struct aid_error e;
  struct aid_build_last l;
  size_t n = 0;
  (void) state;
  run ("exit 1", 1);
  for (int i = 0; i < 230; i++)
    {
      char name[64];
      snprintf (name, sizeof name, "aid/build/%016d.json", i);
      assert_int_equal (aid_fs_replace (scratch_path (name), AID_SPAN ("{}"), 0600, &e), AID_OK);
      assert_int_equal (utimensat (AT_FDCWD, scratch_path (name), (struct timespec[2]){ { i, 0 }, { i, 0 } }, 0), 0);
    }
  for (int i = 0; i < 40; i++)
    run ("exit 1", 1);
  DIR *dir = opendir (scratch_path ("aid/build"));
  while (readdir (dir))
    n++;
  closedir (dir);
  assert_int_equal (n, 2 + 200);
  assert_int_equal (aid_build_last_read (scratch_path ("p"), &l, &e), AID_OK);
  aid_build_last_free (&l);
}

static void
each_place_is_shown_once_and_with_its_interface (void **state)
{
  struct aid_error e;
  struct aid_build_last l;
  struct aid_str text = AID_STR_INIT (1 << 20);
  (void) state;
  put ("p/m.ml", "let one = 1\n\nlet two x =\n  let y = x in\n  y + nowhere\n\nlet three = gone\n");
  put ("p/m.mli", "val one : int\n\nval two : int -> int\n(** Twice. *)\n");
  run ("for l in 5 4 7 99; do echo \"File \\\"m.ml\\\", line $l, characters 6-13:\"; echo 'Error: no'; done; exit 1", 1);
  assert_int_equal (aid_build_last_read (scratch_path ("p"), &l, &e), AID_OK);
  assert_int_equal (aid_build_tell (scratch_path ("p"), &l, &text, &e), AID_OK);
  const char *one
    = strstr (text.ptr, "\nm.ml, two, around line 5:\n    3  let two x =\n    4    let y = x in\n"
                        "    5>   y + nowhere\n"
                        "\nIts interface, m.mli, lines 3 to 4:\n    3  val two : int -> int\n    4  (** Twice. *)\n");
  assert_non_null (one);
  assert_null (strstr (one, "around line 4"));            /* it stands in what was shown */
  assert_non_null (strstr (one, "m.ml, three, around line 7:\n    7> let three = gone\n"));
  assert_non_null (strstr (one, "m.ml, around line 99:\n"));
  aid_build_last_free (&l);
  aid_str_free (&text);
}

/* A note is told with the error that it stands behind, and not with one that stands before a warning. */
static void
notes_go_with_their_errors (void **state)
{
  struct aid_error e;
  struct aid_build_last l;
  struct aid_str text = AID_STR_INIT (1 << 20);
  (void) state;
  run ("printf '%s\\n' 'x.c:1: error: first' 'x.c:2: note: of the first' 'x.c:3: warning: mild' 'x.c:4: note: of the mild' "
       "'x.c:5: error: second'; exit 1", 1);
  assert_int_equal (aid_build_last_read (scratch_path ("p"), &l, &e), AID_OK);
  assert_int_equal (aid_build_tell (scratch_path ("p"), &l, &text, &e), AID_OK);
  assert_non_null (strstr (text.ptr, ": 2 errors, 1 warning.\n\n1. x.c:1: error: first\n\nx.c:2: note: of the first\n"
                                     "\n2. x.c:5: error: second\n"));
  aid_build_last_free (&l);
  aid_str_free (&text);
}

/* Where there is no room for a result, the older one is not taken for it. */
static void
a_result_that_cannot_be_kept_is_no_older_one (void **state)
{
  struct aid_error e;
  struct aid_build_last l;
  struct rlimit before;
  (void) state;
  run ("echo 'x.c:1: error: old'; exit 1", 1);
  assert_int_equal (aid_build_last_read (scratch_path ("p"), &l, &e), AID_OK);
  aid_build_last_free (&l);
  assert_int_equal (getrlimit (RLIMIT_FSIZE, &before), 0);
  signal (SIGXFSZ, SIG_IGN);
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &(struct rlimit){ 0, before.rlim_max }), 0);
  run ("exit 0", 1);
  assert_int_equal (setrlimit (RLIMIT_FSIZE, &before), 0);
  assert_int_equal (aid_build_last_read (scratch_path ("p"), &l, &e), AID_E_NOTFOUND);
}

static void
what_fails_without_a_diagnostic_is_told_by_its_last_lines (void **state)
{
  struct aid_error e;
  struct aid_build_last l;
  struct aid_str text = AID_STR_INIT (1 << 20);
  (void) state;
  run ("seq 10000; echo 'expected 3, got 4'; exit 1", 1);
  assert_int_equal (aid_build_last_read (scratch_path ("p"), &l, &e), AID_OK);
  assert_int_equal (aid_build_tell (scratch_path ("p"), &l, &text, &e), AID_OK);
  assert_non_null (strstr (text.ptr, "\nThe last that it printed:\n"));
  assert_non_null (strstr (text.ptr, "\n10000\nexpected 3, got 4\n"));
  assert_in_range (text.len, AID_BUILD_TAIL, AID_BUILD_TAIL + 300);
  aid_build_last_free (&l);
  aid_str_free (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (make_is_red_and_then_green),
    cmocka_unit_test (results_are_read_from_files), cmocka_unit_test (results_are_joined_by_place),
    cmocka_unit_test (results_are_bounded), cmocka_unit_test (results_of_ctest),
    cmocka_unit_test (nothing_runs_without_leave),
    cmocka_unit_test (what_cannot_run_is_unknown),
    cmocka_unit_test (colours_are_stripped_and_half_lines_are_told_at_the_end),
    cmocka_unit_test (output_without_end_is_cut),
    cmocka_unit_test (a_newer_build_takes_the_place_of_one_that_runs),
    cmocka_unit_test (two_projects_build_at_the_same_time),
    cmocka_unit_test (a_stop_stops_also_what_has_not_begun),
    cmocka_unit_test (many_requests_from_many_starts_end_once_each),
    cmocka_unit_test (each_round_of_one_that_watches_has_its_own_result),
    cmocka_unit_test (what_failed_is_told_with_the_source_around_it),
    cmocka_unit_test (each_place_is_shown_once_and_with_its_interface),
    cmocka_unit_test (the_last_builds_of_so_many_projects_are_kept),
    cmocka_unit_test (what_fails_without_a_diagnostic_is_told_by_its_last_lines),
    cmocka_unit_test (notes_go_with_their_errors),
    cmocka_unit_test (a_result_that_cannot_be_kept_is_no_older_one),
  };
  int failed = cmocka_run_group_tests_name ("build runs", tests, scratch_make, scratch_drop);
  aid_str_free (&output);
  return failed;
}
