/* Names by a part of them, and projects that are shared. */
#include "project/match.h"
#include "project/projects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "project_trees.h"

static void
add (void *ctx, struct aid_span path)
{
  aid_str_addspan (ctx, path);
  aid_str_addc (ctx, ' ');
}

static void
assert_match (struct aid_project *p, const char *text, size_t most, int all, const char *expected)
{
  struct aid_str out = AID_STR_INIT (1 << 20);
  assert_int_equal (aid_project_match (p, aid_span_z (text), most, 1000, add, &out), all);
  assert_string_equal (aid_str_z (&out), expected);
  aid_str_free (&out);
}

static void
the_best_names_come_first (void **state)
{
  (void)state;
  struct aid_project *p;
  write_file (scratch, "p/lexer.c", AID_SPAN ("x\n"));
  write_file (scratch, "p/src/lexer_tables.c", AID_SPAN ("x\n"));
  write_file (scratch, "p/src/old_lexer.c", AID_SPAN ("x\n"));
  write_file (scratch, "p/lexer/README", AID_SPAN ("x\n"));
  write_file (scratch, "p/a/lexer/other/x", AID_SPAN ("x\n"));
  run_in (scratch, "ln -s lexer.c p/lexer_link");
  assert_int_equal (aid_project_open (scratch_path ("p"), NULL, &p, NULL), AID_OK);
  aid_project_wait (p, 0, 20000);
  assert_match (p, "lexer", 100, 1, "lexer.c lexer/README src/lexer_tables.c src/old_lexer.c a/lexer/other/x ");
  assert_match (p, "lexer", 2, 0, "lexer.c lexer/README ");
  assert_match (p, "LEXER", 100, 1, "");
  assert_match (p, "readme", 100, 1, "lexer/README ");
  assert_match (p, "c/lex", 100, 1, "src/lexer_tables.c ");
  assert_match (p, "", 0, 0, "");
  aid_project_close (p);
}

static void
a_project_is_opened_once_and_the_oldest_makes_room (void **state)
{
  (void)state;
  struct aid_projects *all = aid_projects_new ();
  struct aid_project *p, *again, *held[AID_PROJECTS_OPEN];
  struct aid_error e;
  char name[16];
  for (int i = 0; i < AID_PROJECTS_OPEN + 2; i++)
    {
      snprintf (name, sizeof name, "p%d", i);
      aid_fs_mkdirs (scratch_path (name), 0777, NULL);
    }
  assert_int_equal (aid_projects_get (all, scratch_path ("p0"), &p, NULL), AID_OK);
  assert_int_equal (aid_projects_get (all, scratch_path ("p0"), &again, NULL), AID_OK);
  assert_ptr_equal (p, again);
  aid_projects_put (all, p);
  aid_projects_put (all, p);
  for (int i = 0; i < AID_PROJECTS_OPEN; i++)
    {
      snprintf (name, sizeof name, "p%d", i + 1);
      assert_int_equal (aid_projects_get (all, scratch_path (name), &held[i], &e), AID_OK);
    }
  assert_int_equal (aid_projects_get (all, scratch_path ("p17"), &p, &e), AID_E_LIMIT);
  assert_int_equal (aid_projects_get (all, scratch_path ("nowhere"), &p, &e), AID_E_NOTFOUND);
  aid_projects_put (all, held[3]);
  assert_int_equal (aid_projects_get (all, scratch_path ("p17"), &p, &e), AID_OK);
  aid_projects_stop (all);
  assert_int_equal (aid_projects_get (all, scratch_path ("p1"), &p, &e), AID_E_STATE);
  aid_projects_free (all);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (the_best_names_come_first),
    TEST (a_project_is_opened_once_and_the_oldest_makes_room),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
