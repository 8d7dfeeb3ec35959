/* Reading ahead: a plan is the same whether another thread has read the files or not, and none is read twice for it. */
#include "patch_cases.h"
#include "base/val.h"

#include <stdatomic.h>

enum { FILES = 300 };

/* Texts by a rule: most files are there, some are not, some cannot be read. */
struct library
{
  atomic_int asked[FILES];
};

static enum aid_err
read_book (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  struct library *l = ctx;
  unsigned i;
  if (sscanf (path, "d/f%u.c", &i) != 1 || i >= FILES)
    return aid_error_set (e, AID_E_NOTFOUND, "%s: no such file", path);
  atomic_fetch_add (&l->asked[i], 1);
  if (i % 7 == 3)
    return aid_error_set (e, AID_E_NOTFOUND, "%s: no such file", path);
  aid_str_addf (out, "first %u\nold %u\nlast %u\n", i, i, i);
  if (i % 11 == 5)
    return aid_error_set (e, AID_E_REFUSED, "%s is read-only", path);
  return out->err;
}

static void
add_edit (struct aid_str *diff, unsigned i, const char *from, const char *to)
{
  aid_str_addf (diff, "--- a/d/f%u.c\n+++ b/d/f%u.c\n@@ -1,3 +1,3 @@\n first %u\n", i, i, i);
  aid_str_addf (diff, "-%s %u\n+%s %u\n last %u\n", from, i, to, i, i);
}

/* What the plan says, and the texts that come of it; ASKED gets how often each file was read. */
static char *
plan_of (struct aid_span diff, int ahead, int reverse, int asked[FILES])
{
  struct library l = { { 0 } };
  struct aid_patch_source source = { read_book, &l, NULL };
  struct aid_plan_options options = { .ahead = ahead, .reverse = reverse, .together = 1 };
  struct aid_patch *p = read_patch (diff, AID_FORMAT_UNIFIED);
  struct aid_plan *plan = NULL;
  struct aid_str val = AID_STR_INIT (64 << 20), json = AID_STR_INIT (64 << 20);
  assert_int_equal (aid_patch_plan (p, &source, &options, &plan, NULL), AID_OK);
  aid_plan_to_val (p, plan, &val);
  assert_int_equal (aid_val_to_json (aid_str_span (&val), 0, &json), AID_OK);
  for (size_t i = 0; i < plan->files.len; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      aid_str_addf (&json, "\n%s|%s|%s", f->reason, aid_str_z (&f->before), aid_str_z (&f->after));
    }
  for (size_t i = 0; i < FILES; i++)
    asked[i] = atomic_load (&l.asked[i]);
  aid_plan_free (plan);
  aid_patch_free (p);
  aid_str_free (&val);
  return aid_str_steal (&json);
}

static void
check_same (struct aid_span diff, int reverse)
{
  int alone[FILES], ahead[FILES];
  char *expected = plan_of (diff, 0, reverse, alone);
  for (int round = 0; round < 5; round++)
    {
      char *got = plan_of (diff, 1, reverse, ahead);
      assert_string_equal (got, expected);
      assert_memory_equal (ahead, alone, sizeof alone);
      free (got);
    }
  free (expected);
}

static void
a_plan_is_the_same (void **state)
{
  (void) state;
  struct aid_str diff = AID_STR_INIT (1 << 20);
  for (unsigned i = 0; i < FILES; i++)
    add_edit (&diff, i, i % 13 == 7 ? "other" : "old", "new");
  check_same (aid_str_span (&diff), 0);
  check_same (aid_str_span (&diff), 1);
  aid_str_free (&diff);
}

/* Files that two parts of the patch name, that are made, moved and removed. */
static void
other_parts_are_the_same (void **state)
{
  (void) state;
  struct aid_str diff = AID_STR_INIT (1 << 20);
  for (unsigned i = 0; i < FILES / 2; i++)
    {
      add_edit (&diff, i, "old", "new");
      if (i % 2)
        aid_str_addf (&diff, "--- a/d/f%u.c\n+++ b/d/f%u.c\n@@ -3 +3,2 @@\n last %u\n+behind it\n", i, i, i);
      unsigned j = i + FILES / 2;
      if (i % 5 == 1)
        aid_str_addf (&diff, "--- a/d/f%u.c\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-first %u\n-old %u\n-last %u\n", j, j, j, j);
      if (i % 5 == 2)
        aid_str_addf (&diff, "diff --git a/d/f%u.c b/moved/%u\nrename from d/f%u.c\nrename to moved/%u\n", j, i, j, i);
      if (i % 5 == 3)
        aid_str_addf (&diff, "--- /dev/null\n+++ b/d/f%u.c\n@@ -0,0 +1 @@\n+made\n", j);
    }
  check_same (aid_str_span (&diff), 0);
  aid_str_free (&diff);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_plan_is_the_same),
    cmocka_unit_test (other_parts_are_the_same),
  };
  return cmocka_run_group_tests_name ("patch ahead", tests, NULL, NULL);
}
