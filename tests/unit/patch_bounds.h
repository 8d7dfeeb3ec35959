/* What the tests of bounds share: an answer, the file f, and what comes of them, in time. */
#ifndef AID_TESTS_PATCH_BOUNDS_H
#define AID_TESTS_PATCH_BOUNDS_H

#include "patch_cases.h"

#include <sys/resource.h>
#include <time.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SECONDS 60
#define SMALLER 10              /* so many times fewer hunks: it is time that more of them would show, not memory */
#define SHORTER 3               /* so many times fewer of what are compared each with each */
#else
#define SECONDS 8
#define SMALLER 1
#define SHORTER 1
#define MEMORY ((rlim_t) 3 << 30)
#endif

struct trap
{
  struct aid_str answer, file;
  struct aid_patch *p;
  struct aid_plan *plan;
  struct aid_error e;
  clock_t begun;
};

static inline void
trap_init (struct trap *t)
{
  *t = (struct trap){ .answer = AID_STR_INIT ((size_t) 80 << 20), .file = AID_STR_INIT ((size_t) 80 << 20) };
  t->begun = clock ();
}

static inline void
trap_free (struct trap *t)
{
  aid_plan_free (t->plan);
  aid_patch_free (t->p);
  aid_str_free (&t->answer);
  aid_str_free (&t->file);
}

static inline void
in_time (const struct trap *t, const char *what)
{
  double seconds = (double) (clock () - t->begun) / CLOCKS_PER_SEC;
  print_message ("             %s: %.2f s\n", what, seconds);
  if (seconds > SECONDS)
    fail_msg ("%s took %.1f s", what, seconds);
}

static inline void
read_answer (struct trap *t)
{
  assert_int_equal (t->answer.err, AID_OK);
  t->begun = clock ();
  aid_patch_read (aid_str_span (&t->answer), AID_FORMAT_AUTO, &t->p, &t->e);
  in_time (t, "reading");
}

static inline void
plan_for (struct trap *t)
{
  struct memory m = { .file = { { "f", aid_str_span (&t->file) } } };
  struct aid_str report = AID_STR_INIT (1 << 20), val = AID_STR_INIT ((size_t) 1 << 30);
  assert_int_equal (t->file.err, AID_OK);
  assert_non_null (t->p);
  t->begun = clock ();
  t->plan = plan_in (t->p, &m, NULL);
  in_time (t, "planning");
  t->begun = clock ();
  assert_int_equal (aid_patch_report (t->p, t->plan, NULL, &report), AID_OK);
  assert_in_range (report.len, 0, AID_REPORT_MAX);
  aid_plan_to_val (t->p, t->plan, &val);
  in_time (t, "telling");
  assert_true (t->plan->refused == 0 || report.len > 0);
  for (size_t i = 0; i < t->plan->placements.len; i++)
    assert_true (PLACED_AT (t->plan, i)->status != AID_HUNK_REFUSED || PLACED_AT (t->plan, i)->reason[0]);
  aid_str_free (&report);
  aid_str_free (&val);
}

static inline void
read_and_plan (struct trap *t)
{
  read_answer (t);
  plan_for (t);
}

static inline void
add_filled (struct aid_str *s, char c, size_t n)
{
  static char block[4096];
  memset (block, c, sizeof block);
  for (; n > sizeof block; n -= sizeof block)
    aid_str_add (s, block, sizeof block);
  aid_str_add (s, block, n);
}

/* Only the tests that the program's argument names; its memory is bounded. */
static inline void
begin_bounds (int argc, char **argv)
{
  if (argc > 1)
    cmocka_set_test_filter (argv[1]);
#ifdef MEMORY
  struct rlimit most = { MEMORY, MEMORY };
  assert_int_equal (setrlimit (RLIMIT_AS, &most), 0);
#endif
}

#endif
