/* Definitions and tests by their names, in real repositories and in a plain folder; the failing test of a real run. */
#include "context_scene.h"

static const char setup[]
  = "set -e; cd \"$1\"; export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null HGRCPATH= HGPLAIN=1\n"
    "fill () { mkdir -p src tests node_modules\n"
    "printf '/* Lexes. */\\nint\\nlex_comment (struct lexer *lx)\\n{\\n  return 1;\\n}\\n' >src/lexer.c\n"
    "printf 'int lex_comment (struct lexer *lx);\\n' >src/lexer.h\n"
    "printf 'int use (void) { return lex_comment (0); }\\n' >src/use.c\n"
    "printf 'class A:\\n    def run(self):\\n        return 1\\n\\n' >src/m.py\n"
    "printf 'class B:\\n    def run(self):\\n        return 2\\n' >>src/m.py\n"
    "printf 'static void\\ntest_nested (void **state)\\n{\\n  lex_comment (0);\\n}\\n' >tests/test_lexer.c\n"
    "printf 'int lex_comment (int copy) { }\\n' >node_modules/copy.c; }\n"
    "for d in git hg plain; do mkdir $d; cd $d; fill; cd ..; done\n"
    "cd git; git init -q .; echo node_modules >.gitignore; cd ../hg; hg init; hg add -q src tests\n"
    "echo '*_old.c' >../plain/.gitignore; cp ../plain/src/lexer.c ../plain/src/lexer_old.c\n"
    "for d in git hg plain; do echo 'int not_tracked (void) { return 3; }' >../$d/src/new.c; truncate -s 2G ../$d/huge.c; "
    "done\n"
    "g () { git -c user.name=Ann -c user.email=ann@example.org -c protocol.file.allow=always \"$@\"; }\n"
    "cd ..; mkdir lib; cd lib; git init -q .; echo 'int of_lib (void) { return 4; }' >'l b.c'; git add .; g commit -qm one\n"
    "mkdir -p ../mods/my-lib/src ../mods/pkg ../mods/render; cd ../mods\n"
    "printf 'let add a = a\\nmodule In = struct\\n  let deep = 1\\nend\\n' >my-lib/src/header.ml; echo 'let add b = b' "
    ">other.ml\n"
    "echo 'val add : int -> int' >my-lib/src/header.mli; printf 'def run():\\n    return 7\\n' >pkg/tool.py\n"
    "printf 'package render\\n\\nfunc Draw() int { return 1 }\\n' >render/json.go\n"
    "mkdir ../over; cd ../over; git init -q .; g submodule --quiet add ../lib 'deps/a lib'; g commit -qm one\n"
    "echo 'int of_over (void) { return of_lib (); }' >o.c\n";

static struct aid_resolve
resolve_in (const char *project)
{
  return (struct aid_resolve){ .resolver = resolver, .dir = "/", .root = scratch_path (project) };
}

static int
make_projects (void **state)
{
  return make_scene (state, setup);
}

static void
expect_text (const char *project, const char *item, const char *text)
{
  struct aid_str out = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_error e = { AID_OK, "" };
  if (read_in (project, item, &out, &e))
    fail_msg ("%s in %s: %s", item, project, e.msg);
  assert_string_equal (aid_str_z (&out), text);
  aid_str_free (&out);
}

/* The function before its prototype; a use is none, and what is ignored or a tool's is left out. */
static void
test_a_symbol_is_the_same_in_all (void **state)
{
  (void)state;
  static const char *const projects[] = { "git", "hg", "plain" };
  for (size_t i = 0; i < 3; i++)
    expect_text (projects[i], "@lex_comment",
                 "src/lexer.c:1-6 (function):\n/* Lexes. */\nint\nlex_comment (struct lexer *lx)\n{\n  return 1;\n}\n\n"
                 "src/lexer.h:1 (signature):\nint lex_comment (struct lexer *lx);\n");
}

/* A file that is not tracked yet counts, and so does a submodule's; nobody reads the 2 GB that lie there, too. */
static void
test_symbols_wherever_the_project_has_them (void **state)
{
  (void)state;
  static const char *const projects[] = { "git", "hg", "plain" };
  for (size_t i = 0; i < 3; i++)
    expect_text (projects[i], "@not_tracked", "src/new.c:1 (function):\nint not_tracked (void) { return 3; }\n");
  expect_text ("git/src", "@not_tracked", "new.c:1 (function):\nint not_tracked (void) { return 3; }\n");
  expect_text ("over/deps", "@of_lib", "a lib/l b.c:1 (function):\nint of_lib (void) { return 4; }\n");
  expect_text ("over", "@of_lib", "deps/a lib/l b.c:1 (function):\nint of_lib (void) { return 4; }\n");
  expect_text ("over", "@of_over", "o.c:1 (function):\nint of_over (void) { return of_lib (); }\n");
}

static void
test_a_container_decides (void **state)
{
  (void)state;
  expect_text ("git", "@B.run", "src/m.py:6-7 (method):\n    def run(self):\n        return 2\n");
  expect_error ("git", "@C.run", AID_E_NOTFOUND, "No definition of \"C.run\"");
}

/* A file is a module, and so are the folders above it. */
static void
test_files_are_modules (void **state)
{
  (void)state;
  static const char add[] = "my-lib/src/header.ml:1 (function):\nlet add a = a\n\nmy-lib/src/header.mli:1 (signature):\n"
                            "val add : int -> int\n";
  expect_text ("mods", "@Header.add", add);
  expect_text ("mods", "@My_lib.Header.add", add);
  expect_text ("mods", "@Other.add", "other.ml:1 (function):\nlet add b = b\n");
  expect_text ("mods", "@Header.In.deep", "my-lib/src/header.ml:3 (variable):\n  let deep = 1\n");
  expect_text ("mods", "@pkg.tool.run", "pkg/tool.py:1-2 (function):\ndef run():\n    return 7\n");
  expect_text ("mods", "@render.Draw", "render/json.go:3 (function):\nfunc Draw() int { return 1 }\n");
  expect_error ("mods", "@Lib.Header.add", AID_E_NOTFOUND, "No definition");
  expect_error ("mods", "@Other.Other.add", AID_E_NOTFOUND, "No definition");
  expect_error ("mods", "@Header.Out.deep", AID_E_NOTFOUND, "No definition");
  expect_error ("mods", "@json.Draw", AID_E_NOTFOUND, "No definition");
  expect_error ("git", "@lexer.lex_comment", AID_E_NOTFOUND, "No definition"); /* C has no modules */
}

static void
test_what_is_not_there (void **state)
{
  (void)state;
  expect_error ("git", "@nothing_of_that_name", AID_E_NOTFOUND, "No definition");
  expect_error ("plain", "@nothing_of_that_name", AID_E_NOTFOUND, "No definition");
  expect_error ("git", "@-e", AID_E_NOTFOUND, "No definition");
}

static void
test_tests_are_found_by_name (void **state)
{
  (void)state;
  expect_text ("git", "test:test_nested",
               "tests/test_lexer.c:1-5 (function):\nstatic void\ntest_nested (void **state)\n{\n  lex_comment (0);\n}\n");
  expect_error ("git", "test:lex_comment", AID_E_NOTFOUND, "No test");
}

/* More than are shown are listed by their places. */
static void
test_many_definitions (void **state)
{
  (void)state;
  char name[64];
  mkdir (scratch_path ("many"), 0755);
  for (int i = 10; i < 40; i++)
    {
      snprintf (name, sizeof name, "many/f%d.c", i);
      assert_int_equal (aid_fs_replace (scratch_path (name), AID_SPAN ("int same (void)\n{\n}\n"), 0644, NULL), AID_OK);
    }
  struct aid_str out = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_error e;
  assert_int_equal (read_in ("many", "@same", &out, &e), AID_OK);
  assert_non_null (
    strstr (aid_str_z (&out), "f14.c:1-3 (function):\nint same (void)\n{\n}\n\nAlso defined in f15.c:1-3, f16.c:1-3"));
  assert_non_null (strstr (aid_str_z (&out), "f34.c:1-3, and 5 more.\n"));
  aid_str_free (&out);
}

/* --- what the last build says --- */

static void
test_without_a_build (void **state)
{
  (void)state;
  expect_error ("plain", "failing-test:", AID_E_NOTFOUND, "aid build");
  expect_error ("plain", "build:", AID_E_NOTFOUND, "aid build");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_symbol_is_the_same_in_all),
    cmocka_unit_test (test_symbols_wherever_the_project_has_them),
    cmocka_unit_test (test_a_container_decides),
    cmocka_unit_test (test_files_are_modules),
    cmocka_unit_test (test_what_is_not_there),
    cmocka_unit_test (test_tests_are_found_by_name),
    cmocka_unit_test (test_many_definitions),
    cmocka_unit_test (test_without_a_build),
  };
  return cmocka_run_group_tests_name ("context definitions", tests, make_projects, drop_scene);
}
