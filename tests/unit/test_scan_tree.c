/* tree-sitter as a source, with its real library and grammars (build/tree has them after .ci/deps check). */
#include "scan/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *const folders[] = { "/none", "build/tree", NULL };

static void
assert_scan (struct aid_tree *t, const char *language, const char *text, const char *expected)
{
  struct aid_scan s = AID_SCAN_INIT;
  struct aid_str out = AID_STR_INIT (4096);
  assert_int_equal (aid_tree_scan (t, language, aid_span_z (text), &s), AID_OK);
  for (size_t i = 0; i < s.n_defs; i++)
    {
      const struct aid_def *d = &s.defs[i];
      aid_str_addf (&out, "%u-%u %s %.*s^%d\n", d->first, d->last, aid_def_kind_name (d->kind),
                    (int) (d->name.to - d->name.from), text + d->name.from, d->parent);
    }
  assert_string_equal (aid_str_z (&out), expected);
  aid_str_free (&out);
  aid_scan_free (&s);
}

static void
definitions_are_found_by_what_grammars_call_them (void **state)
{
  (void)state;
  struct aid_tree *t = NULL;
  if (aid_tree_new (NULL, folders, &t, NULL) || !aid_tree_has (t, "ruby") || !aid_tree_has (t, "python"))
    {
      aid_tree_free (t);
      skip ();
    }
  assert_scan (t, "ruby",
               "# A box.\n# Really.\nmodule Outer\n  class Box < Base\n    # Its width.\n    def width(a)\n      1\n    "
               "end\n    def self.make; end\n  end\nend\n",
               "1-11 module Outer^-1\n4-10 class Box^0\n5-8 method width^1\n9-9 method make^1\n");
  assert_scan (t, "python", "x = 1\nclass A:\n  @property\n  def f(self):\n    return 'def g(): pass'\ndef broken(:\n",
               "2-5 class A^-1\n3-5 method f^0\n6-6 function broken^-1\n");
  assert_scan (t, "ruby", "", "");
  struct aid_scan s = AID_SCAN_INIT;
  assert_int_equal (aid_tree_scan (t, "ruby", (struct aid_span){ "", AID_TREE_TEXT_MAX + 1 }, &s), AID_E_LIMIT);
  assert_int_equal (aid_tree_scan (t, "cobol", AID_SPAN ("x"), &s), AID_E_NOTFOUND);
  aid_scan_free (&s);
  aid_tree_free (t);
}

static void
a_library_that_is_not_there_is_told (void **state)
{
  (void)state;
  struct aid_tree *t = NULL;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_tree_new ("/none/libtree-sitter.so", folders, &t, &e), AID_E_NOTFOUND);
  assert_null (t);
  assert_non_null (strstr (e.msg, "/none/libtree-sitter.so"));
  assert_int_equal (aid_tree_new ("libm.so.6", folders, &t, &e), AID_E_NOTFOUND);
  assert_null (t);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (definitions_are_found_by_what_grammars_call_them),
    cmocka_unit_test (a_library_that_is_not_there_is_told),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
