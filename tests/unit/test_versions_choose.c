/* Which of the installed cores starts: wishes, crashes, what is damaged. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include "scratch.h"
#include "versions/choose.h"

static void
put (const char *name, const char *text)
{
  FILE *f = fopen (scratch_path (name), "w");
  assert_non_null (f);
  fputs (text, f);
  fclose (f);
}

/* A core of HASH (12 digits) in the scratch folder, which is the newest then. */
static void
install (const char *version, const char *hash, const char *built, unsigned abi)
{
  char name[64], text[256];
  snprintf (name, sizeof name, "aid-core-%s.so", hash);
  put (name, "core");
  snprintf (text, sizeof text, "%s\n", name);
  put ("aid-core", text);
  snprintf (name, sizeof name, "aid-core-%s.txt", hash);
  snprintf (text, sizeof text, "version %s\nhash %s\nbuilt %s\nabi %u\n", version, hash, built, abi);
  put (name, text);
}

#define A "aaaaaaaaaaaa"
#define B "bbbbbbbbbbbb"
#define C "cccccccccccc"

static int
make_three (void **state)
{
  if (scratch_make (state))
    return -1;
  install ("0.1.0", A, "2026-01-01T00:00:00Z", AID_ABI);
  install ("0.2.0", B, "2026-02-01T00:00:00Z", AID_ABI);
  install ("0.3.0", C, "2026-03-01T00:00:00Z", AID_ABI);
  return 0;
}

static struct aid_installed_list list;
static struct aid_marks marks;
static struct aid_wish wish;
static struct aid_core_choice choice;

/* The hash of what starts, with EXCEPT as aid_wish_choose has it. */
static const char *
starts (const char *except)
{
  assert_int_equal (aid_installed_read (scratch, &list), 0);
  aid_marks_read (&marks);
  aid_wish_read (scratch, &wish);
  aid_wish_choose (&list, &marks, &wish, AID_ABI, except, &choice);
  return choice.core ? choice.core->hash : "";
}

static void
want (const char *what, const char *by)
{
  struct aid_wish w;
  memset (&w, 0, sizeof w);
  snprintf (w.want, sizeof w.want, "%s", what);
  snprintf (w.by, sizeof w.by, "%s", by);
  assert_int_equal (aid_marks_make_folder (), 0);
  assert_int_equal (aid_wish_write (scratch, &w), 0);
}

/* A crash of HASH by a process that is no more, number N. */
static void
crash (const char *hash, int n)
{
  char name[128];
  assert_int_equal (aid_marks_make_folder (), 0);
  snprintf (name, sizeof name, "aid/cores/%s.99999999.%d.crash-11-young", hash, n);
  put (name, "");
}

static void
the_newest_is_what_was_installed_last (void **state)
{
  (void)state;
  assert_string_equal (starts (NULL), C);
  assert_string_equal (choice.by, "newest");
  install ("0.2.0", B, "2026-04-01T00:00:00Z", AID_ABI);
  assert_string_equal (starts (NULL), B);
  assert_string_equal (list.cores[1].hash, C);
  assert_string_equal (list.cores[2].hash, A);
}

static void
a_wish_is_met_if_it_can_be (void **state)
{
  (void)state;
  want ("0.1.0", "team");
  assert_string_equal (starts (NULL), A);
  assert_string_equal (choice.by, "team");
  want ("bbbbbb", "pin");
  assert_string_equal (starts (NULL), B);
  want ("0.2.0+bbbb", "pin");
  assert_string_equal (starts (NULL), B);
  want ("0.2.0+cccc", "pin");
  assert_string_equal (starts (NULL), C);
  assert_int_equal (choice.missing, 1);
  want ("bbbbb", "pin"); /* five digits are no hash */
  assert_int_equal (strcmp (starts (NULL), B) && choice.missing, 1);
  install ("0.9.0", "dddddddddddd", "2026-09-01T00:00:00Z", AID_ABI + 1);
  want ("0.9.0", "team"); /* of another loader's time */
  assert_string_equal (starts (NULL), C);
  want ("", "");
  assert_string_equal (starts (NULL), C);
}

static void
two_crashes_are_above_every_wish (void **state)
{
  (void)state;
  crash (C, 1);
  assert_string_equal (starts (NULL), C);
  crash (C, 2);
  assert_string_equal (starts (NULL), B);
  assert_string_equal (choice.by, "previous");
  assert_string_equal (choice.crashed->hash, C);
  aid_marks_note_well (A); /* it ran, and the other one never did */
  assert_string_equal (starts (NULL), A);
  want ("0.3.0", "pin");
  assert_string_equal (starts (NULL), A);
  crash (A, 1);
  crash (A, 2);
  assert_string_equal (starts (NULL), B);
  crash (B, 1);
  crash (B, 2);
  assert_string_equal (starts (NULL), C);
  assert_string_equal (choice.by, "only");
  aid_marks_note_told (C);
  assert_int_equal (aid_marks_was_told (&marks, C), 1);
  aid_marks_forget (C, 0);
  assert_int_equal (aid_marks_was_told (&marks, C), 0);
  assert_string_equal (starts (NULL), C);
  assert_string_equal (choice.by, "pin");
}

static void
what_failed_just_now_is_passed_over (void **state)
{
  (void)state;
  assert_string_equal (starts (C), B);
  assert_string_equal (choice.by, "previous");
  assert_string_equal (starts (C " " B), A);
  assert_string_equal (starts (A " " B " " C), "");
}

static void
marks_of_the_living_and_of_the_dead (void **state)
{
  char run[AID_VERSIONS_PATH], gone[AID_VERSIONS_PATH];
  (void)state;
  assert_int_equal (aid_marks_names (C, run, gone), 0);
  assert_true (strstr (gone, ".crash-" AID_MARKS_YOUNG) != NULL);
  int fd = open (run, O_WRONLY | O_CREAT, 0600);
  assert_true (fd >= 0);
  close (fd);
  aid_marks_read (&marks);
  assert_int_equal (aid_marks_running (&marks, C), 1);
  assert_int_equal (aid_marks_crashes (&marks, C), 0);
  /* A number that is used again: this process's, with another beginning. */
  char name[128];
  snprintf (name, sizeof name, "aid/cores/%s.%ld.77.run", C, (long)getpid ());
  put (name, "");
  aid_marks_read (&marks);
  assert_int_equal (aid_marks_running (&marks, C), aid_process_start ((long)getpid ()) ? 1 : 2);
  crash (C, 5);
  aid_marks_tidy ();
  aid_marks_read (&marks);
  assert_int_equal (marks.n, 2); /* what runs, and the crash */
  aid_marks_forget (C, 1);
  aid_marks_read (&marks);
  assert_int_equal (marks.n, 1);
}

static void
versions_are_compared_by_their_numbers (void **state)
{
  static const char *const rising[] = { "0.1", "0.1.1", "0.9.2", "0.10.0-rc1", "0.10.0", "1", "1.0.1", "10.0" };
  (void)state;
  for (size_t i = 0; i < sizeof rising / sizeof *rising; i++)
    for (size_t k = 0; k < sizeof rising / sizeof *rising; k++)
      {
        int c = aid_versions_compare (rising[i], rising[k]);
        if ((c > 0) - (c < 0) != (i > k) - (i < k))
          fail_msg ("%s and %s compare as %d", rising[i], rising[k], c);
      }
  assert_int_equal (aid_versions_compare ("1.0", "1.0.0"), 0);
}

static void
what_is_damaged_is_not_there (void **state)
{
  (void)state;
  put ("aid-core-eeeeeeeeeeee.so", "no manifest");
  put ("aid-core-ffffffffffff.so", "x");
  put ("aid-core-ffffffffffff.txt", "version 1\nhash eeeeeeeeeeee\n"); /* another core's */
  put ("aid-core-XYZXYZXYZ.so", "x");
  assert_string_equal (starts (NULL), C);
  assert_int_equal (list.n, 3);
  put ("aid-core", "../../evil.so\n");
  assert_string_equal (starts (NULL), C);         /* the youngest */
  put ("aid-core", "aid-core-eeeeeeeeeeee.so\n"); /* the newest may be without */
  assert_string_equal (starts (NULL), "eeeeeeeeeeee");
  want ("0.2.0", "team");
  struct aid_wish w;
  aid_wish_read (scratch, &w);
  assert_string_equal (w.want, "0.2.0");
  for (int i = 0; i < AID_VERSIONS_MAX + 10; i++)
    {
      char hash[32];
      snprintf (hash, sizeof hash, "%012x", 0x100000 + i);
      install ("0.0.1", hash, "2020-01-01T00:00:00Z", AID_ABI);
    }
  assert_int_equal (aid_installed_read (scratch, &list), 0);
  assert_int_equal (list.n, AID_VERSIONS_MAX);
  assert_int_equal (list.cores[0].newest, 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (the_newest_is_what_was_installed_last, make_three, scratch_drop),
    cmocka_unit_test_setup_teardown (a_wish_is_met_if_it_can_be, make_three, scratch_drop),
    cmocka_unit_test_setup_teardown (two_crashes_are_above_every_wish, make_three, scratch_drop),
    cmocka_unit_test_setup_teardown (what_failed_just_now_is_passed_over, make_three, scratch_drop),
    cmocka_unit_test_setup_teardown (marks_of_the_living_and_of_the_dead, make_three, scratch_drop),
    cmocka_unit_test (versions_are_compared_by_their_numbers),
    cmocka_unit_test_setup_teardown (what_is_damaged_is_not_there, make_three, scratch_drop),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
