/* Definitions of languages without a scanner here: by the real tree-sitter and the real ctags, with neither, and when the program
   that is asked dies, hangs, lies or was ended. */
#include "base/fs.h"
#include "base/pool.h"
#include "scan/sources.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64], program[128];
static const char *folders[1];

static const char ruby[]
  = "# A box.\n# Really.\nmodule Outer\n  class Box < Base\n    # Its width.\n    def width(a)\n      1\n"
    "    end\n    def self.make; end\n  end\nend\n";

static int
set_up (void **state)
{
  (void)state;
  static char grammars[4096];
  strcpy (dir, "/tmp/aid-sources-XXXXXX");
  assert_non_null (mkdtemp (dir));
  snprintf (program, sizeof program, "%s/program", dir);
  setenv ("HOME", dir, 1);
  setenv ("XDG_CONFIG_HOME", dir, 1);
  assert_non_null (getcwd (grammars, sizeof grammars - 20));
  strcat (grammars, "/build/tree");
  folders[0] = grammars;
  return 0;
}

static int
tear_down (void **state)
{
  (void)state;
  char command[128];
  aid_sources_stop ();
  snprintf (command, sizeof command, "rm -rf '%s'", dir);
  return system (command);
}

static void
use (const char *trees, const char *ctags)
{
  aid_sources_use (&(struct aid_sources_options){ trees, ctags, folders, 1 });
}

/* TREES is what stands in for aid-trees: a shell's commands behind its first line. */
static void
use_script (const char *script)
{
  struct aid_str text = AID_STR_INIT (4096);
  aid_str_addf (&text, "#!/bin/sh\ncd %s\necho $$ >>pids\necho 'aid-trees 1'\n%s\n", dir, script);
  assert_int_equal (aid_fs_replace (program, aid_str_span (&text), 0755, NULL), AID_OK);
  aid_str_free (&text);
  use (program, "");
}

/* What TEXT defines, a line each: lines, kind, container, name. */
static void
expect (enum aid_language language, const char *text, enum aid_scan_source source, const char *expected)
{
  struct aid_scan s = AID_SCAN_INIT;
  struct aid_str out = AID_STR_INIT (4096);
  assert_int_equal (aid_scan_text (language, aid_span_z (text), &s), AID_OK);
  for (size_t i = 0; i < s.n_defs; i++)
    {
      const struct aid_def *d = &s.defs[i];
      aid_str_addf (&out, "%u-%u %s ", d->first, d->last, aid_def_kind_name (d->kind));
      size_t at = out.len;
      aid_scan_container (&s, language, aid_span_z (text), i, &out);
      aid_str_addf (&out, "%s%.*s\n", out.len > at ? " " : "", (int)(d->name.to - d->name.from), text + d->name.from);
    }
  assert_string_equal (aid_str_z (&out), expected);
  assert_int_equal (s.source, source);
  assert_int_equal (s.n_imports + s.n_regions, 0);
  aid_str_free (&out);
  aid_scan_free (&s);
}

static void
a_grammar_tells_where_one_is_installed (void **state)
{
  (void)state;
  use (NULL, "");
  if (aid_sources_best (AID_LANG_RUBY) != AID_SOURCE_TREES)
    skip ();
  expect (AID_LANG_RUBY, ruby, AID_SOURCE_TREES,
          "1-11 module Outer\n4-10 class Outer Box\n5-8 method Outer::Box width\n9-9 method Outer::Box make\n");
  expect (AID_LANG_RUBY, "class A::B::C\nend\n", AID_SOURCE_TREES, "1-2 class A::B C\n");
  expect (AID_LANG_RUBY, "puts 1\n", AID_SOURCE_TREES, "");
}

static void
ctags_tells_where_there_is_no_grammar (void **state)
{
  (void)state;
  use ("", NULL);
  if (aid_sources_best (AID_LANG_RUBY) != AID_SOURCE_CTAGS)
    skip ();
  expect (AID_LANG_RUBY, ruby, AID_SOURCE_CTAGS,
          "1-11 module Outer\n4-10 class Outer Box\n5-8 method Outer::Box width\n9-9 method Outer::Box make\n");
  expect (AID_LANG_LUA, "-- Adds.\nfunction M.add(a)\nend\nlocal function g() end\n", AID_SOURCE_CTAGS,
          "1-3 function M add\n4-4 function g\n");
  expect (AID_LANG_PHP,
          "<?php\nclass A\n{\n  function f() { }\n\n  function g(\n    $a\n  ) {\n    h();\n  }\n}\nfunction i() { }\n",
          AID_SOURCE_CTAGS, "2-11 class A\n4-4 function A f\n6-10 function A g\n12-12 function i\n");
  expect (AID_LANG_CSHARP, "class A { }\n", AID_SOURCE_CTAGS, "1-1 class A\n");
  expect (AID_LANG_KOTLIN, "class A(val w: Int) {\n    fun f() = w\n}\n", AID_SOURCE_CTAGS,
          "1-3 class A\n1-1 variable A w\n2-2 method A f\n");
  expect (AID_LANG_ELIXIR, "defmodule A.B.C do\n  def f(x), do: x\nend\n", AID_SOURCE_CTAGS,
          "1-3 module A.B C\n2-2 function A.B.C f\n");
  expect (AID_LANG_RUBY, "class A::B\n  def self.f; end\nend\n", AID_SOURCE_CTAGS, "1-3 class A B\n2-2 method A::B f\n");
}

static void
with_neither_a_text_is_a_text (void **state)
{
  (void)state;
  use ("", "");
  assert_int_equal (aid_sources_best (AID_LANG_RUBY), AID_SOURCE_NONE);
  expect (AID_LANG_RUBY, ruby, AID_SOURCE_NONE, "");
  use ("/none/aid-trees", "/none/ctags");
  expect (AID_LANG_RUBY, ruby, AID_SOURCE_NONE, "");
  use ("", "true");
  expect (AID_LANG_LUA, "function f() end\n", AID_SOURCE_NONE, "");
}

/* An answer of one definition, x; a text of 4 bytes is too much for it. */
static const char answers[] = "while read -r what grammar n; do case $what in has) echo yes; continue;; esac\n"
                              "[ $n = 4 ] && exit 3; head -c $n >text; echo 'd 0 0 0 1 0 2 0 1'; echo done; done";

static size_t
started (void)
{
  struct aid_str path = AID_STR_INIT (256), text = AID_STR_INIT (4096);
  size_t n = 0;
  aid_str_addf (&path, "%s/pids", dir);
  if (!aid_fs_read (aid_str_z (&path), &text, NULL))
    for (size_t i = 0; i < text.len; i++)
      n += text.ptr[i] == '\n';
  aid_str_free (&path);
  aid_str_free (&text);
  return n;
}

static pid_t
last_pid (void)
{
  char path[128];
  int pid = 0;
  snprintf (path, sizeof path, "%s/pids", dir);
  FILE *f = fopen (path, "r");
  assert_non_null (f);
  while (fscanf (f, "%d", &pid) == 1)
    ;
  fclose (f);
  return pid;
}

static void
one_program_is_asked_again_and_again_and_none_for_nothing (void **state)
{
  (void)state;
  size_t before = started ();
  use_script (answers);
  struct aid_scan s = AID_SCAN_INIT;
  assert_int_equal (aid_scan_text (AID_LANG_C, AID_SPAN ("int f (void) { }"), &s), AID_OK);
  assert_int_equal (s.source, AID_SOURCE_HERE);
  assert_int_equal (aid_scan_text (AID_LANG_RUBY, AID_SPAN (""), &s), AID_OK);
  aid_scan_free (&s);
  assert_int_equal (started (), before);
  for (int i = 0; i < 3; i++)
    expect (AID_LANG_RUBY, "x\n", AID_SOURCE_TREES, "1-1 function x\n");
  assert_int_equal (started (), before + 1);
}

static void
a_text_that_a_program_dies_of_is_not_asked_about_again (void **state)
{
  (void)state;
  use_script (answers);
  expect (AID_LANG_RUBY, "x\n", AID_SOURCE_TREES, "1-1 function x\n");
  expect (AID_LANG_RUBY, "bad\n", AID_SOURCE_TREES, "");
  expect (AID_LANG_RUBY, "x\n", AID_SOURCE_TREES, "1-1 function x\n");
  size_t before = started ();
  expect (AID_LANG_RUBY, "bad\n", AID_SOURCE_TREES, "");
  assert_int_equal (started (), before);
}

static void
a_program_that_was_ended_is_started_again (void **state)
{
  (void)state;
  use_script (answers);
  expect (AID_LANG_RUBY, "x\n", AID_SOURCE_TREES, "1-1 function x\n");
  assert_int_equal (kill (last_pid (), SIGKILL), 0);
  expect (AID_LANG_RUBY, "x\n", AID_SOURCE_TREES, "1-1 function x\n");
}

static void
nothing_that_a_program_says_leads_out_of_the_text (void **state)
{
  (void)state;
  static const char *const lies[] = {
    "d 0 0 0 9 0 2 0 1",
    "d 0 1 0 1 0 2 0 1",
    "d 99 0 0 1 0 2 0 1",
    "d 0 0 1 1 0 2 0 1",
    "d 0 0 0 1 1 2 0 1",
    "d 0 0 0 1 0 2 1 0",
    "d 0 0 -1 1 0 2 0 1",
    "d 0 0 0 1 0 2 0",
    "d 0 0 0 1 0 2 0 1 7",
    "D 0 0 0 1 0 2 0 1",
    "",
    "yes",
  };
  for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
    {
      char script[300];
      snprintf (script, sizeof script, "read -r what grammar n; head -c $n >text; echo '%s'; echo done", lies[i]);
      use_script (script);
      expect (AID_LANG_RUBY, "x\n", AID_SOURCE_TREES, "");
    }
}

static void
who_hangs_is_ended (void **state)
{
  (void)state;
  use_script ("exec sleep 1000");
  struct aid_scan s = AID_SCAN_INIT;
  s.patience_ms = 200;
  assert_int_equal (aid_scan_text (AID_LANG_RUBY, AID_SPAN ("x\n"), &s), AID_OK);
  assert_int_equal (s.n_defs, 0);
  aid_scan_free (&s);
  assert_int_equal (kill (last_pid (), 0), -1);
  assert_int_equal (errno, ESRCH);
}

static enum aid_err
scan_one (void *ctx, size_t i, struct aid_error *e)
{
  struct aid_scan s = AID_SCAN_INIT;
  char text[32]; /* "bad" has the 4 bytes that the program dies of */
  (void)e;
  snprintf (text, sizeof text, i % 5 == 4 ? "bad\n" : "xx%02zu\n", i);
  enum aid_err err = aid_scan_text (AID_LANG_RUBY, aid_span_z (text), &s);
  *(_Atomic size_t *)ctx += s.n_defs;
  aid_scan_free (&s);
  return err;
}

static void
many_threads_ask_at_once (void **state)
{
  (void)state;
  _Atomic size_t found = 0;
  struct aid_error e = { AID_OK, "" };
  use_script (answers);
  assert_int_equal (aid_thread_each (40, 3, "scan", scan_one, &found, &e), AID_OK);
  assert_int_equal (found, 32);
}

static void
nobody_is_left_when_all_is_stopped (void **state)
{
  (void)state;
  use_script (answers);
  expect (AID_LANG_RUBY, "x\n", AID_SOURCE_TREES, "1-1 function x\n");
  assert_int_equal (kill (last_pid (), 0), 0);
  aid_sources_stop ();
  assert_int_equal (kill (last_pid (), 0), -1);
  assert_int_equal (errno, ESRCH);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_grammar_tells_where_one_is_installed),
    cmocka_unit_test (ctags_tells_where_there_is_no_grammar),
    cmocka_unit_test (with_neither_a_text_is_a_text),
    cmocka_unit_test (one_program_is_asked_again_and_again_and_none_for_nothing),
    cmocka_unit_test (a_text_that_a_program_dies_of_is_not_asked_about_again),
    cmocka_unit_test (a_program_that_was_ended_is_started_again),
    cmocka_unit_test (nothing_that_a_program_says_leads_out_of_the_text),
    cmocka_unit_test (who_hangs_is_ended),
    cmocka_unit_test (many_threads_ask_at_once),
    cmocka_unit_test (nobody_is_left_when_all_is_stopped),
  };
  return cmocka_run_group_tests (tests, set_up, tear_down);
}
