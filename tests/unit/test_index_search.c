/* What a search finds, and the reason it gives. */
#include "index_scene.h"

static void
sample (void)
{
  write_file (
    "src/parser.c",
    "#include \"parser.h\"\n\n/* Reads one rule. */\nint\nparse_rule (const char *text)\n{\n  return text[0];\n}\n\n"
    "int\nskip_blanks (const char *text)\n{\n  while (*text == ' ')\n    text++;\n  return 0;\n}\n");
  write_file ("src/parser.h", "int parse_rule (const char *text);\nint skip_blanks (const char *text);\n");
  write_file ("src/main.c", "#include \"parser.h\"\n\nint\nmain (void)\n{\n  return parse_rule (\"x\");\n}\n");
  write_file ("src/render.c",
              "/* Draws the widgets on the canvas. */\nvoid\ndraw_widgets (int canvas)\n{\n  (void) canvas;\n}\n");
  write_file ("tests/test_parser.c", "int\ntest_rules (void)\n{\n  return 0;\n}\n");
  write_file ("docs/guide.md", "# Guide\n\n## Colours of widgets\n\nA widget is drawn in the theme's colours.\n");
}

static void
a_name_in_the_question_is_found_where_it_is_defined (void **state)
{
  (void)state;
  sample ();
  index_it ();
  ask ("why does `parse_rule` fail?");
  assert_string_equal (passage (0)->path, "src/parser.c");
  assert_string_equal (passage (0)->name, "parse_rule");
  assert_string_equal (passage (0)->reason, "defines `parse_rule`");
  assert_int_equal (passage (0)->first, 3);
  assert_int_equal (passage (0)->last, 8);
}

/* The names that begin with PREFIX, MAX at most, with a blank behind each, and "..." when there may be more. */
static void
expect_symbols (const char *prefix, size_t max, const char *want)
{
  struct aid_vec names = AID_VEC_INIT (char *, 1000);
  struct aid_str got = AID_STR_INIT (100000);
  struct aid_error e = { AID_OK, "" };
  int more = 0;
  if (aid_symbols (ix, aid_span_z (prefix), max, &names, &more, &e))
    fail_msg ("%s", e.msg);
  for (size_t i = 0; i < names.len; i++)
    {
      aid_str_addf (&got, "%s ", AID_VEC_AT (char *, &names, i));
      free (AID_VEC_AT (char *, &names, i));
    }
  aid_str_addz (&got, more ? "..." : "");
  assert_string_equal (aid_str_z (&got), want);
  aid_vec_free (&names);
  aid_str_free (&got);
}

static void
symbols_are_listed_by_their_beginnings (void **state)
{
  (void) state;
  write_file ("sym/a.c", "int zeta_one (void)\n{\n  return 1;\n}\n\nint zeta_two (void)\n{\n  return 2;\n}\n");
  write_file ("sym/b.py", "class Zeta_class:\n    def zeta_one(self):\n        pass\n\ndef other():\n    pass\n");
  index_it ();
  expect_symbols ("zeta", 10, "zeta_one zeta_two Zeta_class ");
  expect_symbols ("Zeta", 10, "Zeta_class ");
  expect_symbols ("zeta_t", 10, "zeta_two ");
  expect_symbols ("zeta", 2, "zeta_one zeta_two ...");
  expect_symbols ("zeta_nothing", 10, "");
  expect_symbols ("'; --", 10, "");
  write_file ("sym/a.c", "int zeta_three (void)\n{\n  return 1;\n}\n");          /* what is gone is not offered */
  index_it ();
  expect_symbols ("zeta", 10, "zeta_one zeta_three Zeta_class ");
  assert_int_equal (unlink (in_project ("sym/b.py")), 0);
  index_it ();
  expect_symbols ("zeta", 10, "zeta_three ");
}

static void
words_find_what_speaks_of_them_in_other_forms (void **state)
{
  (void)state;
  sample ();
  index_it ();
  ask ("drawing a widget");
  assert_string_equal (passage (0)->path, "src/render.c");
  assert_string_equal (passage (0)->name, "draw_widgets");
  assert_true (place_of ("docs/guide.md") >= 1);
  assert_non_null (strstr (reason_of ("src/render.c"), "widget"));
  assert_int_equal (place_of ("src/main.c"), 0);
}

/* Of an identifier that a file does not have it is told which of its parts the file speaks of. */
static void
a_reason_names_no_more_than_is_there (void **state)
{
  (void)state;
  sample ();
  index_it ();
  ask ("where is ParsingTree_rule?");
  assert_string_equal (reason_of ("src/main.c"), "speaks of rule, Parsing");
  assert_string_equal (reason_of ("tests/test_parser.c"), "speaks of rule, Parsing");
  ask ("where is parse_rule used?");
  assert_string_equal (reason_of ("src/main.c"), "speaks of parse_rule");
  ask ("where is widgets_of?");
  assert_string_equal (reason_of ("docs/guide.md"), "speaks of widgets");
}

static void
files_and_lines_of_an_error_come_first (void **state)
{
  (void)state;
  sample ();
  index_it ();
  ask_for (
    (struct aid_question){ .text = AID_SPAN ("it crashes when it draws widgets"),
                           .error = AID_SPAN ("==1== at skip_blanks (src/parser.c:13)\n==1== by main (main.c:6)\n") });
  assert_string_equal (passage (0)->path, "src/parser.c");
  assert_string_equal (passage (0)->name, "skip_blanks");
  assert_string_equal (passage (0)->reason, "in the error's backtrace");
  assert_true (place_of ("src/main.c") && place_of ("src/main.c") <= 3);
}

static void
what_lies_near_an_open_file_is_found_with_its_reason (void **state)
{
  (void)state;
  struct aid_span open[] = { AID_SPAN ("src/parser.c") };
  sample ();
  write_file ("lib/tree.ml", "let depth t = t\n");
  write_file ("lib/tree.mli", "val depth : int -> int\n");
  index_it ();
  ask_for ((struct aid_question){ .text = AID_SPAN ("what now"), .open = open, .n_open = 1 });
  assert_string_equal (reason_of ("src/parser.c"), "is open");
  assert_string_equal (reason_of ("src/parser.h"), "header of `src/parser.c`");
  assert_string_equal (reason_of ("tests/test_parser.c"), "test of `src/parser.c`");
  open[0] = AID_SPAN ("src/main.c");
  ask_for ((struct aid_question){ .text = AID_SPAN ("what now"), .open = open, .n_open = 1 });
  assert_string_equal (reason_of ("src/parser.h"), "imported by `src/main.c`");
  open[0] = AID_SPAN ("lib/tree.ml");
  ask_for ((struct aid_question){ .text = AID_SPAN ("what now"), .open = open, .n_open = 1 });
  assert_string_equal (reason_of ("lib/tree.mli"), "interface of `lib/tree.ml`");
}

static void
a_module_of_ocaml_is_its_file (void **state)
{
  (void)state;
  write_file ("lib/tree.ml", "let depth t = t\n\nlet size t = t + 1\n");
  write_file ("lib/list_util.ml", "let size l = l\n");
  write_file ("bin/main.ml", "let () = print_int (Tree.size 1)\n");
  index_it ();
  ask ("What does Tree.size count?");
  assert_string_equal (passage (0)->path, "lib/tree.ml");
  assert_string_equal (passage (0)->name, "size");
}

static void
what_was_taken_away_stays_away (void **state)
{
  (void)state;
  struct aid_span file[] = { AID_SPAN ("src/parser.c") }, lines[] = { AID_SPAN ("src/parser.c#L3-L8") };
  sample ();
  index_it ();
  ask_for ((struct aid_question){ .text = AID_SPAN ("`parse_rule`"), .without = file, .n_without = 1 });
  assert_int_equal (place_of ("src/parser.c"), 0);
  assert_true (found.passages.len > 0);
  ask_for ((struct aid_question){ .text = AID_SPAN ("`parse_rule`"), .without = lines, .n_without = 1 });
  for (size_t i = 0; i < found.passages.len; i++)
    assert_false (!strcmp (passage (i)->path, "src/parser.c") && passage (i)->first <= 8);
}

static void
passages_fit_the_budget_and_do_not_overlap (void **state)
{
  (void)state;
  struct aid_str text = AID_STR_INIT (1 << 20);
  for (int i = 0; i < 200; i++)
    aid_str_addf (&text, "int\nwidget_%d (void)\n{\n  return paint_widget (%d);\n}\n\n", i, i);
  write_file ("a.c", aid_str_z (&text));
  write_file ("b.c", aid_str_z (&text));
  index_it ();
  ask_for ((struct aid_question){ .text = AID_SPAN ("paint widget"), .tokens = 120, .max = 50 });
  size_t sum = 0;
  for (size_t i = 0; i < found.passages.len; i++)
    {
      sum += passage (i)->tokens;
      for (size_t k = 0; k < i; k++)
        assert_true (strcmp (passage (i)->path, passage (k)->path) || passage (i)->last < passage (k)->first
                     || passage (k)->last < passage (i)->first);
    }
  assert_true (found.passages.len > 1 && sum <= 120);
  aid_str_free (&text);
}

static void
what_is_shown_is_read_from_the_file_as_it_is_now (void **state)
{
  (void)state;
  sample ();
  index_it ();
  write_file ("src/parser.c", "/* one\n   two\n   three */\n\nint\nparse_rule (const char *text)\n{\n  return 1;\n}\n");
  ask ("`parse_rule`");
  assert_string_equal (passage (0)->path, "src/parser.c");
  assert_true (passage (0)->first <= 6 && passage (0)->last == 9);
}

/* --- version control
   ------------------------------------------------------------------------------------------------------ */

static void
history_of_two_kinds_of_change (const char *commit)
{
  char line[200];
  for (int i = 0; i < 4; i++)
    {
      char text[100];
      snprintf (text, sizeof text, "let n = %d\n", i);
      write_file ("lib/one.ml", text);
      write_file ("lib/two.ml", text);
      snprintf (line, sizeof line, "%s 'Reticulate the splines faster'", commit);
      sh (line);
      write_file ("lib/three.ml", text);
      snprintf (line, sizeof line, "%s 'Polish the chrome'", commit);
      sh (line);
    }
}

static void
expect_history (void)
{
  struct aid_span open[] = { AID_SPAN ("lib/one.ml") };
  index_it ();
  ask_for ((struct aid_question){ .text = AID_SPAN ("what now"), .open = open, .n_open = 1 });
  assert_string_equal (reason_of ("lib/two.ml"), "often changed with `lib/one.ml`");
  ask ("splines are not reticulated");
  assert_non_null (strstr (reason_of ("lib/one.ml"), "Reticulate the splines"));
  assert_true (place_of ("lib/one.ml") == 1 || place_of ("lib/two.ml") == 1);
  assert_true (!place_of ("lib/three.ml") || place_of ("lib/three.ml") > place_of ("lib/one.ml"));
}

static void
git_tells_what_changes_together_and_what_was_said (void **state)
{
  (void)state;
  sh ("git init -q .");
  history_of_two_kinds_of_change ("git add -A && git commit -qm");
  expect_history ();
  history_of_two_kinds_of_change ("git add -A && git commit -q --allow-empty -m");
  expect_history ();
}

static void
mercurial_tells_it_too (void **state)
{
  (void)state;
  sh ("hg init .");
  history_of_two_kinds_of_change ("hg addremove -q && hg commit -m");
  expect_history ();
  write_file ("lib/two.ml", "let n = 9\n");
  sh ("hg commit -m \"Unwind the quux\"");
  index_it ();
  ask ("quux unwinding");
  assert_int_equal (place_of ("lib/two.ml"), 1);
}

static void
a_history_that_was_rewritten_is_read_anew (void **state)
{
  (void)state;
  sh ("git init -q .");
  write_file ("lib/one.ml", "let n = 1\n");
  sh ("git add -A && git commit -qm first");
  write_file ("lib/one.ml", "let n = 2\n");
  sh ("git commit -qam 'Frobnicate the gadget'");
  index_it ();
  ask ("gadget frobnicated");
  assert_int_equal (place_of ("lib/one.ml"), 1);
  sh ("git commit -q --amend -m 'Another story'");
  index_it ();
  ask ("gadget frobnicated");
  assert_int_equal (place_of ("lib/one.ml"), 0);
}

static void
a_map_shows_signatures_of_what_the_question_touches (void **state)
{
  (void)state;
  struct aid_question q = { .text = AID_SPAN ("`parse_rule`"), .tokens = 400 };
  struct aid_str map = AID_STR_INIT (1 << 20);
  struct aid_error e = { AID_OK, "" };
  sample ();
  index_it ();
  assert_int_equal (aid_search_map (ix, &q, &map, &e), AID_OK);
  assert_non_null (strstr (aid_str_z (&map), "src/parser.c:\n"));
  assert_non_null (strstr (aid_str_z (&map), "int parse_rule (const char *text)\n"));
  assert_null (strstr (aid_str_z (&map), "while"));
  aid_str_free (&map);
}

static int64_t
noted_whole (void)
{
  int64_t whole;
  assert_int_equal (aid_shelf_get (&ix->writer, "whole", &whole, NULL), AID_OK);
  return whole;
}

/* What another process is still making is not all that there is. */
static void
a_search_in_what_another_process_still_makes_says_so (void **state)
{
  (void)state;
  struct aid_index *other;
  struct aid_error e = { AID_OK, "" };
  struct aid_question q = { .text = AID_SPAN ("zebra") };
  write_file ("a.c", "int zebra;\n");
  index_it ();
  for (int whole = 0; whole < 2; whole++)
    {
      assert_int_equal (aid_shelf_set (&ix->writer, "whole", whole, &e), AID_OK); /* its first update sets it at the end */
      assert_int_equal (aid_index_open (project, NULL, &other, &e), AID_OK);
      assert_int_equal (aid_index_update (other, 1000, NULL, &e), AID_E_STATE);
      aid_found_free (&found);
      assert_int_equal (aid_search (other, &q, &found, &e), AID_OK);
      assert_int_equal (found.partial, !whole);
      aid_index_close (other);
    }
  index_it ();
  assert_int_equal (noted_whole (), 1);
}

/* An update that was ended early has noted nothing of the kind. */
static void
an_update_that_was_stopped_leaves_no_whole_index (void **state)
{
  (void)state;
  struct aid_project_options options = { .watch = 0 };
  struct aid_error e = { AID_OK, "" };
  struct aid_stop *stop = aid_stop_new (&e);
  write_file ("a.c", "int zebra;\n");
  assert_int_equal (aid_project_open (in_project (""), &options, &project, &e), AID_OK);
  assert_int_equal (aid_index_open (project, NULL, &ix, &e), AID_OK);
  aid_project_wait (project, 0, 20000);
  aid_stop_set (stop);
  assert_int_equal (aid_index_update (ix, 10000, stop, &e), AID_E_CANCELLED);
  assert_int_equal (noted_whole (), 0);
  assert_int_equal (aid_index_update (ix, 10000, NULL, &e), AID_OK);
  assert_int_equal (noted_whole (), 1);
  aid_stop_free (stop);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SCENE (a_name_in_the_question_is_found_where_it_is_defined),
    SCENE (symbols_are_listed_by_their_beginnings),
    SCENE (words_find_what_speaks_of_them_in_other_forms),
    SCENE (a_reason_names_no_more_than_is_there),
    SCENE (files_and_lines_of_an_error_come_first),
    SCENE (what_lies_near_an_open_file_is_found_with_its_reason),
    SCENE (a_module_of_ocaml_is_its_file),
    SCENE (what_was_taken_away_stays_away),
    SCENE (passages_fit_the_budget_and_do_not_overlap),
    SCENE (what_is_shown_is_read_from_the_file_as_it_is_now),
    SCENE (git_tells_what_changes_together_and_what_was_said),
    SCENE (mercurial_tells_it_too),
    SCENE (a_history_that_was_rewritten_is_read_anew),
    SCENE (a_search_in_what_another_process_still_makes_says_so),
    SCENE (an_update_that_was_stopped_leaves_no_whole_index),
    SCENE (a_map_shows_signatures_of_what_the_question_touches),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
