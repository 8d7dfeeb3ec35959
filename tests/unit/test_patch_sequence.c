/* Hunks that were written against each other's results: read one after the other, told in terms of the file. */
#include "patch_scene.h"

/* What the hunks read in sequence change, as text: for each hunk its deleted lines and "line:text" of what comes in before which
   line (both from 1); "no" when they cannot be read so. */
static void
read_as (const char *file, const char *hunks, const char *expected)
{
  struct scene s;
  struct aid_str got = AID_STR_INIT (1000);
  struct aid_reading r[SCENE_HUNKS] = { 0 };
  int ok;
  scene_init (&s, file, hunks);
  assert_int_equal (aid_read_in_sequence (s.c, s.n, &s.t, r, &s.work, &ok), AID_OK);
  for (size_t i = 0; i < s.n && ok; i++)
    {
      const struct aid_change *c = &r[i].change;
      aid_str_addz (&got, i ? " | " : "");
      for (size_t k = 0; k < c->count; k++)
        if (c->deleted[k])
          aid_str_addf (&got, "-%zu ", c->first + k + 1);
      for (size_t k = 0; k < c->insertions.len; k++)
        {
          const struct aid_insertion *in = &AID_VEC_AT (struct aid_insertion, &c->insertions, k);
          aid_str_addf (&got, "%zu:", in->at + 1);
          for (size_t j = 0; j < in->n; j++)
            aid_str_addspan (&got, s.c[i].view.item[in->run[j]].text);
        }
    }
  assert_string_equal (ok ? aid_str_z (&got) : "no", expected);
  for (size_t i = 0; i < s.n; i++)
    aid_reading_free (&r[i]);
  aid_str_free (&got);
  scene_free (&s);
}

static void
a_later_hunk_may_have_an_earlier_one_s_lines_as_context (void **state)
{
  (void) state;
  read_as ("a;\nb;\nc;\n", "@@ @@\n a;\n+new;\n b;\n@@ @@\n new;\n b;\n+more;\n c;\n", "2:new; | 3:more;");
  read_as ("a;\nb;\nc;\n", "@@ @@\n-a;\n+A;\n b;\n@@ @@\n A;\n-b;\n+B;\n", "-1 2:A; | -2 3:B;");
}

static void
what_comes_in_behind_inserted_lines_comes_in_at_the_same_place (void **state)
{
  (void) state;
  read_as ("a;\nb;\n", "@@ @@\n a;\n+one;\n@@ @@\n one;\n+two;\n@@ @@\n two;\n+three;\n b;\n", "2:one; | 2:two; | 2:three;");
}

static void
each_hunk_needs_one_exact_place (void **state)
{
  (void) state;
  read_as ("a;\nb;\na;\n", "@@ @@\n-a;\n+A;\n@@ @@\n-b;\n", "no");                /* the first has two */
  read_as ("a;\nb;\n", "@@ @@\n-a;\n+A;\n@@ @@\n-x;\n", "no");                    /* the second has none */
  read_as ("a;\nb;\n", "@@ @@\n-a;\n+A;\n", "no");                                 /* one alone is no sequence */
}

/* Of two places, the one behind the hunk before. */
static void
order_decides_between_two_places (void **state)
{
  (void) state;
  read_as ("x;\nsure;\nx;\nend;\n", "@@ @@\n-sure;\n+S;\n@@ @@\n-x;\n+X;\n", "-2 3:S; | -3 4:X;");
}

/* That would not be told in terms of the file. */
static void
a_line_that_another_hunk_put_in_is_not_deleted (void **state)
{
  (void) state;
  read_as ("a;\nb;\n", "@@ @@\n a;\n+new;\n@@ @@\n-new;\n+other;\n b;\n", "no");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_later_hunk_may_have_an_earlier_one_s_lines_as_context),
    cmocka_unit_test (what_comes_in_behind_inserted_lines_comes_in_at_the_same_place),
    cmocka_unit_test (each_hunk_needs_one_exact_place),
    cmocka_unit_test (order_decides_between_two_places),
    cmocka_unit_test (a_line_that_another_hunk_put_in_is_not_deleted),
  };
  return cmocka_run_group_tests_name ("patch sequence", tests, NULL, NULL);
}
