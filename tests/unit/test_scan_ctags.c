/* What universal-ctags answers becomes definitions that are held against the text; the real one is asked in
   test_scan_sources.c. */
#include "scan/ctags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* What ANSWER, lines of ctags, makes of TEXT: kind, lines, parent. */
static void
expect (const char *text, const char *answer, const char *expected)
{
  struct aid_scan s = AID_SCAN_INIT;
  struct aid_vec tags = aid_ctags_tags ();
  struct aid_str out = AID_STR_INIT (4096);
  struct aid_span rest = aid_span_z (answer), line;
  while (aid_span_line (&rest, &line))
    assert_int_equal (aid_ctags_read (line, &tags), AID_E_NOTFOUND);
  assert_int_equal (aid_ctags_define (&tags, aid_span_z (text), &s), AID_OK);
  for (size_t k = 0; k < s.n_defs; k++)
    aid_str_addf (&out, "%s@%u-%u^%d ", aid_def_kind_name (s.defs[k].kind), s.defs[k].first, s.defs[k].last,
                  s.defs[k].parent);
  assert_string_equal (aid_str_z (&out), expected);
  aid_str_free (&out);
  aid_ctags_drop (&tags);
  aid_scan_free (&s);
}

#define TAG(name, line, rest) "{\"_type\": \"tag\", \"name\": \"" name "\", \"path\": \"a\", \"line\": " line rest "}\n"

static void
tags_become_definitions_with_their_comments (void **state)
{
  (void)state;
  expect ("# A box.\nclass Box\n  # Its width.\n  def width\n    1\n  end\nend\n",
          TAG ("width", "4", ", \"end\": 6, \"kind\": \"method\"") TAG ("gone", "5", ", \"kind\": \"method\"")
            TAG ("far", "500", ", \"kind\": \"method\"") "no json\n" TAG ("x", "-1", ", \"kind\": \"method\"")
              TAG ("Box", "2", ", \"end\": 7, \"kind\": \"class\"") TAG ("1", "5", ", \"kind\": \"who knows\""),
          "class@1-7^-1 method@3-6^0 ");
}

static void
where_one_ends_is_guessed_by_its_indentation (void **state)
{
  (void)state;
  expect ("class A\n{\n\tvoid f (\n\t\tint a\n\t)\n\t{\n\n\t\tg ();\n\t}\n\tint x;\n}\n\nclass B { }\nclass C\n  def f\n\n",
          TAG ("A", "1", ", \"kind\": \"class\"") TAG ("f", "3", ", \"kind\": \"method\"")
            TAG ("x", "10", ", \"kind\": \"field\"") TAG ("B", "13", ", \"kind\": \"class\"")
              TAG ("C", "14", ", \"kind\": \"class\"") TAG ("f", "15", ", \"kind\": \"method\""),
          "class@1-11^-1 method@3-9^0 field@10-10^0 class@13-13^-1 class@14-15^-1 method@15-15^4 ");
}

/* The name's own place on its line, not one in the middle of a word. */
static void
a_name_is_found_as_a_word (void **state)
{
  (void) state;
  struct aid_scan s = AID_SCAN_INIT;
  struct aid_vec tags = aid_ctags_tags ();
  aid_ctags_read (AID_SPAN (TAG ("f", "1", ", \"kind\": \"method\"")), &tags);
  aid_ctags_read (AID_SPAN (TAG ("=", "2", ", \"kind\": \"method\"")), &tags);
  assert_int_equal (aid_ctags_define (&tags, AID_SPAN ("def f(if)\ndef x=(y)\n"), &s), AID_OK);
  assert_int_equal (s.n_defs, 2);
  assert_int_equal (s.defs[0].name.from, 4);
  assert_int_equal (s.defs[1].name.from, 15);
  aid_ctags_drop (&tags);
  aid_scan_free (&s);
}

static void
an_answer_has_an_end (void **state)
{
  (void)state;
  struct aid_vec tags = aid_ctags_tags ();
  assert_int_equal (aid_ctags_read (AID_SPAN ("{\"_type\": \"completed\", \"command\": \"generate-tags\"}"), &tags), AID_OK);
  assert_int_equal (aid_ctags_read (AID_SPAN ("{\"_type\": \"error\", \"message\": \"x\", \"fatal\": true}"), &tags),
                    AID_E_IO);
  assert_int_equal (aid_ctags_read (AID_SPAN ("{\"_type\": \"error\", \"message\": \"x\"}"), &tags), AID_E_NOTFOUND);
  aid_ctags_drop (&tags);
}

static void
another_program_is_no_ctags (void **state)
{
  (void)state;
  struct aid_helper *h = NULL;
  assert_int_equal (aid_ctags_start ("/none/ctags", &h), AID_E_NOTFOUND);
  assert_null (h);
  assert_int_not_equal (aid_ctags_start ("true", &h), AID_OK);
  assert_null (h);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (tags_become_definitions_with_their_comments),
    cmocka_unit_test (where_one_ends_is_guessed_by_its_indentation),
    cmocka_unit_test (a_name_is_found_as_a_word),
    cmocka_unit_test (an_answer_has_an_end),
    cmocka_unit_test (another_program_is_no_ctags),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
