/* What is kept of the last builds, and what a model is told of them. */
#include "build/last.h"
#include "build_probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

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

static void
ignore (void *ctx, uint64_t id, const struct aid_build_event *ev)
{
  (void) ctx, (void) id, (void) ev;
}

/* A project's folder may have a name that is no text. */
static void
a_folder_of_any_name_has_its_last_build (void **state)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_build_last l;
  const struct aid_build_sink quiet = { ignore, NULL };
  char root[512];
  (void) state;
  snprintf (root, sizeof root, "%s", scratch_path ("two\nlines \xff"));
  assert_int_equal (aid_fs_mkdirs (root, 0755, NULL), AID_OK);
  const struct aid_build_request r = { .id = 1, .root = root, .line = "echo x.c:1: error: x; exit 1", .leave = 1 };
  aid_build_run (&r, NULL, &quiet);
  assert_int_equal (aid_build_last_read (root, &l, &e), AID_OK);
  assert_int_equal (l.status, AID_BUILD_RED);
  aid_build_last_free (&l);
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
    cmocka_unit_test (what_failed_is_told_with_the_source_around_it),
    cmocka_unit_test (each_place_is_shown_once_and_with_its_interface),
    cmocka_unit_test (the_last_builds_of_so_many_projects_are_kept),
    cmocka_unit_test (what_fails_without_a_diagnostic_is_told_by_its_last_lines),
    cmocka_unit_test (notes_go_with_their_errors),
    cmocka_unit_test (a_folder_of_any_name_has_its_last_build),
    cmocka_unit_test (a_result_that_cannot_be_kept_is_no_older_one),
  };
  int failed = cmocka_run_group_tests_name ("last builds", tests, scratch_make, scratch_drop);
  aid_str_free (&output);
  return failed;
}
