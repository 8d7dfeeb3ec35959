/* Which language a file is in, where definitions stand, and a result that is used again. */
#include "scan/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* --- languages --- */

static const char *
language (const char *path, const char *head)
{
  return aid_language_name (aid_language_of (aid_span_z (path), aid_span_z (head)));
}

static void
a_name_tells_the_language (void **state)
{
  (void)state;
  static const char *const names[][2] = {
    { "src/main.c", "c" },
    { "a.b/x.CPP", "c++" },
    { "x.C", "c++" },
    { "lib/a.ml", "ocaml" },
    { "lib/a.mli", "ocaml-interface" },
    { "init.el", "emacs-lisp" },
    { "~/.emacs", "emacs-lisp" },
    { "a.lisp", "common-lisp" },
    { "a.scm", "scheme" },
    { "SConstruct", "python" },
    { "a.pyi", "python" },
    { "a.mjs", "javascript" },
    { "a.tsx", "typescript" },
    { "a.rs", "rust" },
    { "a.go", "go" },
    { "A.java", "java" },
    { ".bashrc", "shell" },
    { "PKGBUILD", "shell" },
    { "README.md", "markdown" },
    { "lib/a.rb", "ruby" },
    { "Rakefile", "ruby" },
    { "a.kts", "kotlin" },
    { "A.CS", "c#" },
    { "a.r", "r" },
    { "a.R", "r" },
    { "a.mm", "objective-c" },
    { "a.m", "text" },
    { "a.ex", "elixir" },
    { "a.elm", "elm" },
    { "a.averylongextension", "text" },
    { "Makefile", "text" },
    { "c", "text" },
    { ".c", "text" },
    { "dir.c/file", "text" },
    { "", "text" },
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    assert_string_equal (language (names[i][0], ""), names[i][1]);
}

static void
a_first_line_tells_it_where_the_name_does_not (void **state)
{
  (void)state;
  assert_string_equal (language ("bin/tool", "#!/bin/sh\n"), "shell");
  assert_string_equal (language ("tool", "#!/usr/bin/env python3.11\nx"), "python");
  assert_string_equal (language ("tool", "#! /usr/bin/env -S LANG=C node --harmony"), "javascript");
  assert_string_equal (language ("tool", "#!/usr/bin/guile -s\n!#"), "scheme");
  assert_string_equal (language ("tool", "#!/usr/bin/env ruby\n"), "ruby");
  assert_string_equal (language ("a.m", "// x\n#import <x.h>\n"), "objective-c");
  assert_string_equal (language ("tool", "#!/usr/bin/unknown\n"), "text");
  assert_string_equal (language ("tool", "#!\n"), "text");
  assert_string_equal (language ("tool.go", "#!/bin/sh\n"), "go");
}

static void
a_header_is_c_unless_it_looks_like_cpp (void **state)
{
  (void)state;
  assert_string_equal (language ("a.h", "#include <stdio.h>\nint class_of (int);\n"), "c");
  assert_string_equal (language ("a.h", "#pragma once\n  namespace a {"), "c++");
  assert_string_equal (language ("a.h", "#include <vector>\n"), "c++");
  assert_string_equal (language ("a.h", "#include <sys/stat.h>\nstruct a;"), "c");
}

/* --- asking a result --- */

static void
a_place_lies_in_the_innermost_definition (void **state)
{
  (void)state;
  struct aid_span text = AID_SPAN ("x = 1\n\nclass A:\n  def f(self):\n    pass\n\n  y = 2\n");
  struct aid_scan s = AID_SCAN_INIT;
  assert_int_equal (aid_scan_text (AID_LANG_PYTHON, text, &s), AID_OK);
  assert_int_equal (s.n_defs, 4); /* x, A, f, y */
  assert_int_equal (aid_scan_at (&s, 0), 0);
  assert_int_equal (aid_scan_at (&s, 6), -1); /* the empty line */
  assert_int_equal (aid_scan_at (&s, 8), 1);
  assert_int_equal (aid_scan_at (&s, 35), 2);
  assert_int_equal (aid_scan_at (&s, 40), 1); /* between f and y */
  assert_int_equal (aid_scan_at (&s, 44), 3);
  assert_int_equal (aid_scan_at (&s, text.len), -1);
  text = AID_SPAN ("struct point\n{\n  int x;\n};\nint lone;\n");
  assert_int_equal (aid_scan_text (AID_LANG_C, text, &s), AID_OK);
  assert_int_equal (s.defs[aid_scan_at (&s, 17)].kind, AID_DEF_FIELD);
  assert_int_equal (aid_scan_around (&s, 17), 0); /* the structure that x is in */
  assert_int_equal (aid_scan_around (&s, 27), aid_scan_at (&s, 27));
  assert_int_equal (aid_scan_around (&s, text.len), -1);
  aid_scan_free (&s);
}

static void
a_result_is_used_again (void **state)
{
  (void)state;
  struct aid_scan s = AID_SCAN_INIT;
  assert_int_equal (aid_scan_text (AID_LANG_C, AID_SPAN ("int a; /* c */"), &s), AID_OK);
  assert_int_equal (s.n_defs, 1);
  assert_int_equal (s.n_regions, 1);
  assert_int_equal (aid_scan_text (AID_LANG_NONE, AID_SPAN ("int a; /* c */"), &s), AID_OK);
  assert_int_equal (s.n_defs + s.n_regions + s.n_imports, 0);
  assert_int_equal (aid_scan_text (AID_LANG_C, AID_SPAN (""), &s), AID_OK);
  assert_int_equal (s.n_defs, 0);
  aid_scan_free (&s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_name_tells_the_language),
    cmocka_unit_test (a_first_line_tells_it_where_the_name_does_not),
    cmocka_unit_test (a_header_is_c_unless_it_looks_like_cpp),
    cmocka_unit_test (a_place_lies_in_the_innermost_definition),
    cmocka_unit_test (a_result_is_used_again),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
