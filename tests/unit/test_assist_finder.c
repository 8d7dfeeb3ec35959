/* The projects' indexes of a front end: what is found for a question, and which projects are searched at all. */
#include "assist/finder.h"
#include "assist/recipe.h"
#include "scratch_put.h"

enum { PATIENCE_MS = 20000 };

struct finding
{
  struct aid_projects *projects;
  struct aid_finder *finder;
};

static struct finding
begin (void)
{
  struct finding f = { aid_projects_new (), NULL };
  f.finder = aid_finder_new (f.projects, 1);
  assert_non_null (f.finder);
  return f;
}

static void
end (struct finding f)
{
  aid_finder_free (f.finder);
  aid_projects_free (f.projects);
}

/* GOT, of SIZE bytes, is the first thing that FOLDER in SCRATCH holds for TEXT, as "target (why)", or "", or what went wrong. */
static void
find_first (struct finding f, const char *folder, const char *text, char *got, size_t size)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_finding found;
  struct aid_find find = { .root = scratch_path (folder),
                           .dir = scratch_path ("chats"),
                           .question = { .text = aid_span_z (text) },
                           .wait_ms = PATIENCE_MS };
  got[0] = '\0';
  if (aid_finder_find (f.finder, &find, &found, &e))
    snprintf (got, size, "%s", aid_err_name (e.code));
  else if (found.items.len)
    {
      const struct aid_recipe_item *item = &AID_VEC_AT (struct aid_recipe_item, &found.items, 0);
      snprintf (got, size, "%s (%s)", item->target, item->why);
    }
  aid_finding_free (&found);
}

static void
expect_first (struct finding f, const char *folder, const char *text, const char *want)
{
  char got[1000];
  find_first (f, folder, text, got, sizeof got);
  assert_string_equal (got, want);
}

/* The same, of what has just changed and is noticed soon. */
static void
expect_soon (struct finding f, const char *folder, const char *text, const char *want)
{
  char got[1000] = "";
  for (int ms = 0; ms < PATIENCE_MS && strcmp (got, want) != 0; ms += 20)
    {
      usleep (20000);
      find_first (f, folder, text, got, sizeof got);
    }
  assert_string_equal (got, want);
}

static void
test_what_a_question_names_is_found (void **state)
{
  (void)state;
  put ("p q/src/rules.c", "/* Reads a rule. */\nint\nparse_rule (int c)\n{\n  return c;\n}\n");
  put ("p q/src/other.c", "int other;\n");
  struct finding f = begin ();
  expect_first (f, "p q", "Why does `parse_rule` fail?", "../p%20q/src/rules.c#L1-L6 (defines `parse_rule`)");
  expect_first (f, "p q", "quokka", "");
  end (f);
}

static void
test_what_one_plain_word_speaks_for_is_not_sent (void **state)
{
  (void)state;
  put ("p/notes.txt", "A pelican is a bird.\n");
  struct finding f = begin ();
  expect_first (f, "p", "Why does the pelican stand still?", "");
  expect_first (f, "p", "Is the pelican a bird?", "../p/notes.txt#L1-L1 (speaks of pelican, bird)");
  end (f);
}

static void
test_what_holds_more_than_a_project_is_not_searched (void **state)
{
  (void)state;
  put ("p/a.c", "int parse_rule;\n");
  struct finding f = begin ();
  expect_first (f, ".", "`parse_rule`", "refused");         /* the home folder, which SCRATCH is here */
  expect_first (f, "../../../../../..", "`parse_rule`", "refused");
  put ("aid/config.json", "{\"index\": false}");
  expect_first (f, "p", "`parse_rule`", "refused");
  put ("aid/config.json", "{}");
  expect_first (f, "p", "`parse_rule`", "../p/a.c#L1-L1 (defines `parse_rule`)");
  end (f);
}

/* More projects than are kept: the first is begun anew, and sees what has changed since. */
static void
test_a_project_that_made_room_is_searched_again (void **state)
{
  (void)state;
  char folder[32], file[64];
  struct finding f = begin ();
  for (int i = 0; i < AID_FINDER_ROOTS + 2; i++)
    {
      snprintf (folder, sizeof folder, "p%d", i);
      snprintf (file, sizeof file, "p%d/a.c", i);
      put (file, "int parse_rule;\n");
      snprintf (file, sizeof file, "../p%d/a.c#L1-L1 (defines `parse_rule`)", i);
      expect_first (f, folder, "`parse_rule`", file);
    }
  put ("p0/b.c", "int quokka;\n");
  expect_soon (f, "p0", "`quokka`", "../p0/b.c#L1-L1 (defines `quokka`)");
  end (f);
}

static void
test_a_finder_that_was_stopped_begins_nothing (void **state)
{
  (void)state;
  put ("p/a.c", "int parse_rule;\n");
  struct finding f = begin ();
  expect_first (f, "p", "`parse_rule`", "../p/a.c#L1-L1 (defines `parse_rule`)");
  aid_finder_stop (f.finder);
  expect_first (f, "p", "`parse_rule`", "state");
  end (f);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, scratch_make, scratch_drop)
  const struct CMUnitTest tests[] = {
    TEST (test_what_a_question_names_is_found),
    TEST (test_what_one_plain_word_speaks_for_is_not_sent),
    TEST (test_what_holds_more_than_a_project_is_not_searched),
    TEST (test_a_project_that_made_room_is_searched_again),
    TEST (test_a_finder_that_was_stopped_begins_nothing),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
