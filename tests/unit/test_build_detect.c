/* How a project is built, by its files and by its settings; and that nothing runs that was not allowed. */
#include "build/detect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/trust.h"
#include "scratch_put.h"

static void
finds (const char *root, const char *dir, enum aid_build_what what, const char *shown, const char *where)
{
  struct aid_build_command c;
  struct aid_error e = { AID_OK, "" };
  if (aid_build_detect (scratch_path (root), dir ? scratch_path (dir) : NULL, what, &c, &e))
    fail_msg ("%s: %s", root, e.msg);
  assert_string_equal (c.shown, shown);
  assert_string_equal (c.dir, scratch_path (where));
  aid_build_command_free (&c);
}

static void
finds_none (const char *root, enum aid_build_what what, const char *word)
{
  struct aid_build_command c;
  struct aid_error e;
  assert_int_equal (aid_build_detect (scratch_path (root), NULL, what, &c, &e), AID_E_NOTFOUND);
  if (!strstr (e.msg, word))
    fail_msg ("\"%s\" does not say \"%s\"", e.msg, word);
  aid_build_command_free (&c);
}

static void
each_tool_is_known_by_its_file (void **state)
{
  (void) state;
  put ("dune/dune-project", "(lang dune 2.0)\n");
  put ("dune/Makefile", "all:\n\tdune build\n");
  finds ("dune", NULL, AID_BUILD_ALL, "dune build", "dune");
  finds ("dune", NULL, AID_BUILD_TEST, "dune test", "dune");
  finds ("dune", NULL, AID_BUILD_WATCH, "dune build --watch", "dune");
  put ("cargo/Cargo.toml", "");
  finds ("cargo", NULL, AID_BUILD_ALL, "cargo build", "cargo");
  finds ("cargo", NULL, AID_BUILD_TEST, "cargo test", "cargo");
  put ("go/go.mod", "module x\n");
  finds ("go", NULL, AID_BUILD_ALL, "go build ./...", "go");
  put ("ninja/build.ninja", "");
  finds ("ninja", NULL, AID_BUILD_ALL, "ninja", "ninja");
  finds_none ("cargo", AID_BUILD_WATCH, "cargo has no watch mode");
  put ("none/readme", "");
  finds_none ("none", AID_BUILD_ALL, "\"build\" in .aid/config.json");
  finds_none ("none", AID_BUILD_TEST, "\"test\" in .aid/config.json");
}

static void
a_makefile_tests_by_its_own_target (void **state)
{
  (void) state;
  put ("make/Makefile", "all: x\ncheckout:\n\ttest: no\n# test:\n");
  finds ("make", NULL, AID_BUILD_ALL, "make", "make");
  finds_none ("make", AID_BUILD_TEST, "tested");
  put ("make/Makefile", "all: x\nlint test: x\n");
  finds ("make", NULL, AID_BUILD_TEST, "make test", "make");
  put ("make/Makefile", "test := 1\ntest: x\ncheck: test\n");
  finds ("make", NULL, AID_BUILD_TEST, "make check", "make");
}

static void
what_was_not_set_up_is_not_configured_unasked (void **state)
{
  (void) state;
  put ("meson/meson.build", "");
  finds_none ("meson", AID_BUILD_ALL, "meson setup build");
  put ("meson/builddir/build.ninja", "");
  finds ("meson", NULL, AID_BUILD_ALL, "ninja -C builddir", "meson");
  finds ("meson", NULL, AID_BUILD_TEST, "meson test -C builddir", "meson");
  put ("cmake/CMakeLists.txt", "");
  finds_none ("cmake", AID_BUILD_ALL, "cmake -B build");
  put ("cmake/build/CMakeCache.txt", "");
  finds ("cmake", NULL, AID_BUILD_ALL, "cmake --build build", "cmake");
}

static void
npm_has_the_scripts_that_it_has (void **state)
{
  (void) state;
  put ("npm/package.json", "{\"scripts\":{\"test\":\"echo \\\"Error: no test specified\\\" && exit 1\"}}");
  put ("npm/tsconfig.json", "{}");
  finds_none ("npm", AID_BUILD_TEST, "tested");
  finds_none ("npm", AID_BUILD_ALL, "built");
  put ("npm/node_modules/.bin/tsc", "");
  finds ("npm", NULL, AID_BUILD_ALL, "node_modules/.bin/tsc --noEmit", "npm");
  put ("npm/package.json", "{\"scripts\":{\"test\":\"node t.js\",\"build\":\"tsc\"}}");
  finds ("npm", NULL, AID_BUILD_ALL, "npm run build", "npm");
  finds ("npm", NULL, AID_BUILD_TEST, "npm test", "npm");
}

static void
below_a_root_that_says_nothing_the_nearest_folder_counts (void **state)
{
  (void) state;
  put ("mono/readme", "");
  put ("mono/libs/one/Cargo.toml", "");
  put ("mono/libs/one/src/deep/a.rs", "");
  put ("mono/libs/Makefile", "");
  finds ("mono", "mono/libs/one/src/deep", AID_BUILD_ALL, "cargo build", "mono/libs/one");
  finds ("mono", "mono/libs", AID_BUILD_ALL, "make", "mono/libs");
  put ("mono/dune-project", "");
  finds ("mono", "mono/libs/one/src/deep", AID_BUILD_ALL, "dune build", "mono");
}

static void
settings_come_first_the_projects_once_they_are_trusted (void **state)
{
  struct aid_error e;
  struct aid_build_command c;
  const char *text = "{\"build\":\"make -j2 && echo built\",\"test\":[\"./run tests\",\"now\"]}";
  (void) state;
  put ("set/Makefile", "");
  put ("set/.aid/config.json", text);
  finds ("set", NULL, AID_BUILD_ALL, "make", "set");
  assert_int_equal (aid_trust_add (scratch_path ("set"), AID_TRUST_SETTINGS, aid_span_z (text), &e), AID_OK);
  finds ("set", NULL, AID_BUILD_ALL, "make -j2 && echo built", "set");
  assert_int_equal (aid_build_detect (scratch_path ("set"), NULL, AID_BUILD_TEST, &c, &e), AID_OK);
  assert_string_equal (c.argv[0], "./run tests");
  assert_string_equal (c.argv[1], "now");
  assert_null (c.argv[2]);
  assert_true (aid_build_trusted (scratch_path ("set"), &c));
  aid_build_command_free (&c);
}

static void
a_command_is_asked_about_once (void **state)
{
  struct aid_error e;
  struct aid_build_command build, test;
  (void) state;
  put ("ask/dune-project", "");
  assert_int_equal (aid_build_detect (scratch_path ("ask"), NULL, AID_BUILD_ALL, &build, &e), AID_OK);
  assert_int_equal (aid_build_detect (scratch_path ("ask"), NULL, AID_BUILD_TEST, &test, &e), AID_OK);
  assert_false (aid_build_trusted (scratch_path ("ask"), &build));
  assert_int_equal (aid_build_trust (scratch_path ("ask"), &build, &e), AID_OK);
  assert_true (aid_build_trusted (scratch_path ("ask"), &build));
  assert_false (aid_build_trusted (scratch_path ("ask"), &test));
  assert_false (aid_build_trusted (scratch_path ("dune"), &build));
  assert_int_equal (aid_build_trust (scratch_path ("ask"), &test, &e), AID_OK);
  assert_true (aid_build_trusted (scratch_path ("ask"), &build));
  assert_int_equal (aid_trust_drop (scratch_path ("ask"), &e), AID_OK);
  assert_false (aid_build_trusted (scratch_path ("ask"), &build));
  aid_build_command_free (&build);
  aid_build_command_free (&test);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_tool_is_known_by_its_file),
    cmocka_unit_test (a_makefile_tests_by_its_own_target),
    cmocka_unit_test (what_was_not_set_up_is_not_configured_unasked),
    cmocka_unit_test (npm_has_the_scripts_that_it_has),
    cmocka_unit_test (below_a_root_that_says_nothing_the_nearest_folder_counts),
    cmocka_unit_test (settings_come_first_the_projects_once_they_are_trusted),
    cmocka_unit_test (a_command_is_asked_about_once),
  };
  return cmocka_run_group_tests_name ("build detection", tests, scratch_make, scratch_drop);
}
