/* Runs the case files tests/cases/wire/PREFIX-NAME.sse (a body's bytes, any kind) against PREFIX-NAME.events: whole, a byte at
   a time, and cut in two at every place.  A test each. */
#ifndef AID_TESTS_WIRE_CASES_H
#define AID_TESTS_WIRE_CASES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include "base/fs.h"
#include "model_events.h"

static const struct aid_wire *cases_wire;

static size_t
one_byte (void *state)
{
  (void) state;
  return 1;
}

/* First STATE bytes, then all the rest. */
static size_t
cut_once (void *state)
{
  size_t *first = state, n = *first;
  *first = SIZE_MAX;
  return n;
}

static void
same (const struct aid_str *expected, struct aid_str *got, const char *path, const char *how, size_t at)
{
  if (!aid_span_eq (aid_str_span (expected), aid_str_span (got)))
    fail_msg ("%s, %s %zu:\n--- expected\n%s--- got\n%s", path, how, at, aid_str_z (expected), aid_str_z (got));
  aid_str_clear (got);
}

static void
run_case (void **state)
{
  const char *path = *state;
  struct aid_str body = AID_STR_INIT (1 << 20), expected = AID_STR_INIT (1 << 20), got = AID_STR_INIT (8 << 20);
  struct aid_str events = AID_STR_INIT (4096);
  struct aid_error e;
  assert_int_equal (aid_fs_read (path, &body, &e), AID_OK);
  aid_str_add (&events, path, strlen (path) - 3);
  aid_str_addz (&events, "events");
  aid_fs_read (aid_str_z (&events), &expected, &e);
  events_of (cases_wire, aid_str_span (&body), NULL, NULL, &got);
  same (&expected, &got, path, "whole", 0);
  events_of (cases_wire, aid_str_span (&body), one_byte, NULL, &got);
  same (&expected, &got, path, "by single bytes", 0);
  for (size_t i = 1; i < body.len; i++)
    {
      size_t first = i;
      events_of (cases_wire, aid_str_span (&body), cut_once, &first, &got);
      same (&expected, &got, path, "cut at", i);
    }
  aid_str_free (&body);
  aid_str_free (&expected);
  aid_str_free (&got);
  aid_str_free (&events);
}

/* Runs TESTS and the cases that begin with PREFIX as one group. */
static int
run_with_cases (const char *group, const char *wire, const char *prefix, const struct CMUnitTest *tests, size_t n)
{
  glob_t found;
  char pattern[256];
  cases_wire = aid_wire_find (wire);
  snprintf (pattern, sizeof pattern, "tests/cases/wire/%s-*.sse", prefix);
  if (!cases_wire || glob (pattern, 0, NULL, &found))
    {
      fprintf (stderr, "no case files %s: run from the project's root\n", pattern);
      return 1;
    }
  struct CMUnitTest *all = calloc (n + found.gl_pathc, sizeof *all);
  memcpy (all, tests, n * sizeof *all);
  for (size_t i = 0; i < found.gl_pathc; i++)
    all[n + i] = (struct CMUnitTest){ .name = found.gl_pathv[i], .test_func = run_case, .initial_state = found.gl_pathv[i] };
  int failed = _cmocka_run_group_tests (group, all, n + found.gl_pathc, NULL, NULL);
  free (all);
  globfree (&found);
  return failed;
}

#endif
