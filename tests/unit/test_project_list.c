/* What a project's files are: by the real git and the real hg, by a walk, and what no list may stumble over. */
#include "project/project.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "project_open.h"

static void
add_path (struct aid_str *out, struct aid_span path, const char *class)
{
  for (size_t i = 0; i < path.len; i++)
    if ((unsigned char)path.ptr[i] >= ' ' && (unsigned char)path.ptr[i] < 127)
      aid_str_addc (out, path.ptr[i]);
    else
      aid_str_addf (out, "<%02x>", (unsigned char)path.ptr[i]);
  aid_str_addf (out, "%s%s\n", *class ? " " : "", class);
}

struct paths
{
  char *lines[1000];
  size_t n;
};

static int
take (void *ctx, const struct aid_project_file *file)
{
  struct paths *p = ctx;
  struct aid_str line = AID_STR_INIT (8192);
  assert_int_equal (strlen (file->path.ptr), file->path.len);
  assert_false (file->gone);
  add_path (&line, file->path, file->class == AID_FILE_TEXT ? "" : aid_file_class_name (file->class));
  p->lines[p->n++] = aid_str_steal (&line);
  return p->n == 1000;
}

static int
by_text (const void *a, const void *b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static const struct aid_project_options plain = { .no_tools = 1 };

/* The files of P, sorted, a line each, with their classes when they are not text. */
static void
assert_files_of (struct aid_project *p, const char *expected)
{
  struct paths paths = { .n = 0 };
  struct aid_str all = AID_STR_INIT (1 << 20);
  struct aid_error e = { AID_OK, "" };
  aid_project_wait (p, 0, 20000);
  if (aid_project_files (p, take, &paths, NULL, &e))
    fail_msg ("%s", e.msg);
  qsort (paths.lines, paths.n, sizeof *paths.lines, by_text);
  for (size_t i = 0; i < paths.n; i++)
    {
      aid_str_addz (&all, paths.lines[i]);
      free (paths.lines[i]);
    }
  assert_string_equal (aid_str_z (&all), expected);
  aid_str_free (&all);
}

static void
assert_files (const char *dir, const struct aid_project_options *options, const char *how, const char *expected)
{
  struct aid_project *p = open_project (dir, options);
  struct aid_project_state state;
  assert_files_of (p, expected);
  aid_project_state (p, &state);
  assert_string_equal (state.how, how);
  aid_project_close (p);
}

/* --- git ---------------------------------------------------------------------------------------------------------------- */

static void
git_gives_what_is_tracked_and_what_is_not_ignored (void **state)
{
  (void)state;
  const char *dir = folder ("g");
  make_repository (dir);
  write_file (dir, ".gitignore", AID_SPAN ("*.o\nbuild/\n"));
  write_file (dir, "src/a.c", AID_SPAN ("int a;\n"));
  write_file (dir, "src/forced.o", AID_SPAN ("text\n"));
  write_file (dir, "src/b.o", AID_SPAN ("x\n"));
  write_file (dir, "build/c.c", AID_SPAN ("x\n"));
  write_file (dir, "deleted.c", AID_SPAN ("x\n"));
  run_in (dir, "git add -f .gitignore src/a.c src/forced.o deleted.c && git commit -qm one && rm deleted.c");
  write_file (dir, "new.c", AID_SPAN ("x\n"));
  assert_files (dir, NULL, "git", ".gitignore\nnew.c\nsrc/a.c\nsrc/forced.o binary\n");
  /* A walk knows the rules, but not what is tracked in spite of them. */
  assert_files (dir, &plain, "walk", ".gitignore\nnew.c\nsrc/a.c\n");
}

static void
the_head_is_told (void **state)
{
  (void)state;
  struct aid_str out = AID_STR_INIT (1000);
  struct aid_project_vc vc;
  const char *dir = folder ("head");
  make_repository (dir);
  struct aid_project *p = open_project (dir, NULL);
  aid_project_vc (p, &vc);
  assert_int_equal (vc.kind, AID_VC_GIT);
  assert_string_equal (vc.head, "");
  aid_project_close (p);
  run_in (dir, "git commit -q --allow-empty -m one");
  output_of (dir, "git rev-parse HEAD | tr -d '\\n'", &out);
  p = open_project (dir, NULL);
  aid_project_vc (p, &vc);
  assert_string_equal (vc.head, aid_str_z (&out));
  aid_project_close (p);
  aid_str_free (&out);
}

static void
a_linked_worktree_and_a_submodule_are_listed (void **state)
{
  (void)state;
  const char *dir = folder ("main"), *sub = folder ("lib");
  make_repository (sub);
  write_file (sub, "lib.c", AID_SPAN ("x\n"));
  write_file (sub, ".gitignore", AID_SPAN ("*.log\n"));
  run_in (sub, "git add -A && git commit -qm lib");
  make_repository (dir);
  write_file (dir, "a.c", AID_SPAN ("x\n"));
  run_in (dir, "git add -A && git -c protocol.file.allow=always submodule add -q ../lib sub/lib && git commit -qm one");
  run_in (dir, "git worktree add -q ../tree");
  write_file (dir, "sub/lib/new.c", AID_SPAN ("x\n"));
  write_file (dir, "sub/lib/new.log", AID_SPAN ("x\n"));
  assert_files (dir, NULL, "git", ".gitmodules\na.c\nsub/lib/.gitignore\nsub/lib/lib.c\nsub/lib/new.c\n");
  /* The submodule was not fetched there: an empty folder. */
  assert_files (scratch_path ("tree"), NULL, "git", ".gitmodules\na.c\n");
  struct aid_str root = AID_STR_INIT (4096);
  assert_int_equal (aid_project_root_of (scratch_path ("main/sub/lib"), 0, &root, NULL), AID_OK);
  assert_string_equal (aid_str_z (&root), scratch_path ("main/sub/lib"));
  aid_str_clear (&root);
  assert_int_equal (aid_project_root_of (scratch_path ("main/sub/lib"), 1, &root, NULL), AID_OK);
  assert_string_equal (aid_str_z (&root), dir);
  aid_str_clear (&root);
  run_in (scratch_path ("tree"), "mkdir -p deep/er");
  assert_int_equal (aid_project_root_of (scratch_path ("tree/deep/er"), 0, &root, NULL), AID_OK);
  assert_string_equal (aid_str_z (&root), scratch_path ("tree"));
  aid_str_free (&root);
}

static void
add_part (void *ctx, struct aid_span path, enum aid_vc_kind kind)
{
  aid_str_addf (ctx, "%.*s %s\n", (int)path.len, path.ptr, aid_vc_name (kind));
}

static void
repositories_in_a_plain_folder_are_parts (void **state)
{
  (void)state;
  const char *dir = folder ("many");
  write_file (dir, "one/.gitignore", AID_SPAN ("x\n"));
  write_file (dir, "one/x", AID_SPAN ("x\n"));
  write_file (dir, "one/y", AID_SPAN ("x\n"));
  write_file (dir, "deep/two/z", AID_SPAN ("x\n"));
  write_file (dir, "own", AID_SPAN ("x\n"));
  make_repository (scratch_path ("many/one"));
  run_in (scratch_path ("many/deep/two"), "hg init");
  struct aid_project *p = open_project (dir, NULL);
  struct aid_str parts = AID_STR_INIT (4096);
  assert_files_of (p, "deep/two/z\none/.gitignore\none/y\nown\n");
  assert_int_equal (aid_project_parts (p, add_part, &parts, NULL), AID_OK);
  assert_true (!strcmp (aid_str_z (&parts), "one git\ndeep/two hg\n")
               || !strcmp (aid_str_z (&parts), "deep/two hg\none git\n"));
  aid_str_free (&parts);
  aid_project_close (p);
}

static void
a_project_inside_a_repository_is_listed_alone_with_the_rules_above (void **state)
{
  (void)state;
  const char *dir = folder ("mono");
  make_repository (dir);
  write_file (dir, ".gitignore", AID_SPAN ("*.o\n/team/gen/\n"));
  write_file (dir, "other/a.c", AID_SPAN ("x\n"));
  write_file (dir, "team/.aid/config.json", AID_SPAN ("{}\n"));
  write_file (dir, "team/a.c", AID_SPAN ("x\n"));
  write_file (dir, "team/a.o", AID_SPAN ("x\n"));
  write_file (dir, "team/gen/b.c", AID_SPAN ("x\n"));
  assert_files (scratch_path ("mono/team"), NULL, "git", ".aid/config.json\na.c\n");
  assert_files (scratch_path ("mono/team"), &plain, "walk", ".aid/config.json\na.c\n");
  /* One that is ignored as a whole is walked. */
  write_file (dir, "away/.aid/config.json", AID_SPAN ("{}\n"));
  write_file (dir, ".git/info/exclude", AID_SPAN ("/away/\n"));
  assert_files (scratch_path ("mono/away"), NULL, "walk", ".aid/config.json\n");
}

static void
a_hostile_repository_runs_no_program (void **state)
{
  (void)state;
  const char *dir = folder ("evil");
  make_repository (dir);
  write_file (dir, "a.c", AID_SPAN ("x\n"));
  write_file (dir, "run.sh", AID_SPAN ("#!/bin/sh\ntouch \"$(dirname \"$0\")/../was-run\"\n"));
  run_in (dir, "chmod +x run.sh && git add -A && git commit -qm one && touch -d 2001-01-01 a.c");
  run_in (dir, "for h in post-index-change pre-commit post-checkout fsmonitor-watchman; do cp run.sh .git/hooks/$h; done");
  run_in (dir, "p=$PWD/run.sh; for s in core.fsmonitor core.pager core.sshCommand core.editor core.askPass diff.external "
               "filter.x.clean "
               "filter.x.smudge uploadpack.packObjectsHook credential.helper core.gitProxy alias.ls-files; do git config $s "
               "\"$p\"; done;"
               " git config filter.x.process \"$p\"; git config filter.x.required true; echo '* filter=x' > .gitattributes;"
               " git config extensions.partialClone origin; git config remote.origin.url \"ext::$p\"; git config "
               "remote.origin.promisor true");
  assert_files (dir, NULL, "git", ".gitattributes\na.c\nrun.sh\n");
  assert_int_equal (access (scratch_path ("was-run"), F_OK), -1);
  /* The same in Mercurial: an extension and hooks of the repository's own. */
  const char *hg = folder ("evilhg");
  run_in (hg, "hg init && echo x > a.c && printf 'import os\\nopen(os.path.join(os.environ[\"HOME\"], \"was-run\"), "
              "\"w\")\\n' > ext.py");
  run_in (hg, "printf '[extensions]\\ne = ext.py\\n[hooks]\\npre-status = touch ../was-run\\n' > .hg/hgrc");
  assert_files (hg, NULL, "hg", "a.c\next.py\n");
  assert_int_equal (access (scratch_path ("was-run"), F_OK), -1);
}

static void
git_that_refuses_is_told_and_a_walk_takes_its_place (void **state)
{
  (void)state;
  struct aid_project_state s;
  const char *dir = folder ("damaged");
  make_repository (dir);
  write_file (dir, "a.c", AID_SPAN ("x\n"));
  write_file (dir, ".git/index", AID_SPAN ("no index at all, but longer than one must be"));
  struct aid_project *p = open_project (dir, NULL);
  assert_files_of (p, "a.c\n");
  aid_project_state (p, &s);
  assert_string_equal (s.how, "walk");
  assert_non_null (strstr (s.note, "git listed nothing, so a walk did"));
  aid_project_close (p);
}

/* --- Mercurial ------------------------------------------------------------------------------------------------------------ */

static void
hg_gives_what_is_tracked_and_what_is_unknown (void **state)
{
  (void)state;
  struct aid_str out = AID_STR_INIT (1000);
  struct aid_project_vc vc;
  const char *dir = folder ("h");
  run_in (dir, "hg init");
  write_file (dir, ".hgignore", AID_SPAN ("syntax: glob\n*.o\n"));
  write_file (dir, "a.c", AID_SPAN ("x\n"));
  write_file (dir, "b.o", AID_SPAN ("x\n"));
  write_file (dir, "missing.c", AID_SPAN ("x\n"));
  write_file (dir, "removed.c", AID_SPAN ("x\n"));
  run_in (dir, "hg add a.c .hgignore missing.c removed.c && hg commit -u a -m one && rm missing.c && hg remove removed.c");
  write_file (dir, "new.c", AID_SPAN ("x\n"));
  assert_files (dir, NULL, "hg", ".hgignore\na.c\nnew.c\n");
  assert_files (dir, &plain, "walk", ".hgignore\na.c\nnew.c\n");
  struct aid_project *p = open_project (dir, NULL);
  output_of (dir, "hg log -r . -T '{node}'", &out);
  aid_project_vc (p, &vc);
  assert_int_equal (vc.kind, AID_VC_HG);
  assert_string_equal (vc.head, aid_str_z (&out));
  aid_project_close (p);
  aid_str_free (&out);
}

/* hg status would note that the file, whose time tells nothing, is clean. */
static void
hg_notes_nothing_in_the_repository (void **state)
{
  (void)state;
  struct aid_str before = AID_STR_INIT (100000), after = AID_STR_INIT (100000);
  const char *dir = folder ("still");
  run_in (dir, "hg init && echo x > a.c && hg add a.c && hg commit -u a -m one && hg status && touch -d 2001-01-01 a.c");
  assert_int_equal (aid_fs_read (scratch_path ("still/.hg/dirstate"), &before, NULL), 0);
  assert_files (dir, NULL, "hg", "a.c\n");
  assert_int_equal (aid_fs_read (scratch_path ("still/.hg/dirstate"), &after, NULL), 0);
  assert_true (aid_span_eq (aid_str_span (&before), aid_str_span (&after)));
  run_in (dir, "hg status"); /* it would have */
  aid_str_clear (&after);
  assert_int_equal (aid_fs_read (scratch_path ("still/.hg/dirstate"), &after, NULL), 0);
  assert_false (aid_span_eq (aid_str_span (&before), aid_str_span (&after)));
  aid_str_free (&before);
  aid_str_free (&after);
}

/* --- Jujutsu: no jj runs, for what it tracks is what is not ignored; these are folders as it makes them ------------------ */

static void
jujutsu_is_walked_by_git_s_rules (void **state)
{
  (void)state;
  struct aid_str out = AID_STR_INIT (1000);
  struct aid_project_vc vc;
  const char *dir = folder ("jj");
  write_file (dir, ".jj/repo/store/type", AID_SPAN ("git"));
  write_file (dir, ".jj/working_copy/type", AID_SPAN ("local"));
  write_file (dir, ".gitignore", AID_SPAN ("*.o\n!kept.o\n"));
  write_file (dir, "sub/.gitignore", AID_SPAN ("/only-here.c\n"));
  write_file (dir, "sub/only-here.c", AID_SPAN ("x\n"));
  write_file (dir, "sub/deep/only-here.c", AID_SPAN ("x\n"));
  write_file (dir, "a.c", AID_SPAN ("x\n"));
  write_file (dir, "a.o", AID_SPAN ("x\n"));
  write_file (dir, "kept.o", AID_SPAN ("x\n"));
  assert_files (dir, NULL, "walk", ".gitignore\na.c\nkept.o binary\nsub/.gitignore\nsub/deep/only-here.c\n");
  struct aid_project *p = open_project (dir, NULL);
  aid_project_vc (p, &vc);
  assert_int_equal (vc.kind, AID_VC_JJ);
  aid_project_close (p);
  char below[600];
  snprintf (below, sizeof below, "%s/sub/deep", dir);
  assert_int_equal (aid_project_root_of (below, 0, &out, NULL), AID_OK);
  assert_string_equal (aid_str_z (&out), dir);
  aid_str_free (&out);
}

/* Where .git lies beside .jj, Git knows as much. */
static void
jujutsu_with_git_beside_it_is_git_s (void **state)
{
  (void)state;
  const char *dir = folder ("jjgit");
  make_repository (dir);
  write_file (dir, ".jj/.gitignore", AID_SPAN ("/*\n"));
  write_file (dir, ".jj/repo/store/type", AID_SPAN ("git"));
  write_file (dir, "a.c", AID_SPAN ("x\n"));
  assert_files (dir, NULL, "git", "a.c\n");
}

/* --- what may lie about ------------------------------------------------------------------------------------------------- */

static const char oddities[]
  = "-rf\ndangling special\n%shuge.txt large\nlatin-<e9>\nlinked special\nout special\nsub/file\nsub/loop special\n"
    "with blank/and<0a>newline\n";

static void
odd_names_links_fifos_and_huge_files_are_no_trouble (void **state)
{
  (void)state;
  char expected[1000];
  const char *dir = folder ("odd"), *git = folder ("oddgit"), *hg = folder ("oddhg");
  make_oddities (dir);
  snprintf (expected, sizeof expected, oddities, "fifo special\n");
  assert_files (dir, NULL, "walk", expected);
  make_oddities (git);
  make_repository (git);
  /* Git lists no FIFO. */
  snprintf (expected, sizeof expected, oddities, "");
  assert_files (git, NULL, "git", expected);
  make_oddities (hg);
  run_in (hg, "rm 'with blank/and'*; hg init");
  assert_files (
    hg, NULL, "hg",
    "-rf\ndangling special\nhuge.txt large\nlatin-<e9>\nlinked special\nout special\nsub/file\nsub/loop special\n");
}

/* Debian's package of Linux's sources ends its .gitignore like this. */
static void
sources_without_their_repository_are_listed_though_their_rules_ignore_all (void **state)
{
  (void)state;
  const char *dir = folder ("package");
  write_file (dir, ".gitignore", AID_SPAN ("*.o\n/*\n!/debian/\n"));
  write_file (dir, "main.c", AID_SPAN ("int x;\n"));
  write_file (dir, "main.o", AID_SPAN ("x\n"));
  write_file (dir, "lib/a.c", AID_SPAN ("int y;\n"));
  struct aid_project *p = open_project (dir, NULL);
  assert_files_of (p, ".gitignore\nlib/a.c\nmain.c\n");
  aid_project_close (p);
  run_in (dir, "git init -q");
  p = open_project (dir, NULL);
  assert_files_of (p, "");
  aid_project_close (p);
}

static void
a_limit_of_files_is_told (void **state)
{
  (void)state;
  const struct aid_project_options few = { .max_files = 3 };
  struct aid_project_state s;
  const char *dir = folder ("few");
  for (int i = 0; i < 8; i++)
    {
      char name[16];
      snprintf (name, sizeof name, "f%d", i);
      write_file (dir, name, AID_SPAN ("x\n"));
    }
  struct aid_project *p = open_project (dir, &few);
  aid_project_state (p, &s);
  assert_int_equal (s.files, 3);
  assert_int_equal (s.skipped, 5);
  assert_non_null (strstr (s.note, "5 files were left out"));
  aid_project_close (p);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, scratch_make, scratch_drop)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (git_gives_what_is_tracked_and_what_is_not_ignored),
    TEST (the_head_is_told),
    TEST (a_linked_worktree_and_a_submodule_are_listed),
    TEST (repositories_in_a_plain_folder_are_parts),
    TEST (a_project_inside_a_repository_is_listed_alone_with_the_rules_above),
    TEST (a_hostile_repository_runs_no_program),
    TEST (git_that_refuses_is_told_and_a_walk_takes_its_place),
    TEST (hg_gives_what_is_tracked_and_what_is_unknown),
    TEST (hg_notes_nothing_in_the_repository),
    TEST (jujutsu_is_walked_by_git_s_rules),
    TEST (jujutsu_with_git_beside_it_is_git_s),
    TEST (odd_names_links_fifos_and_huge_files_are_no_trouble),
    TEST (sources_without_their_repository_are_listed_though_their_rules_ignore_all),
    TEST (a_limit_of_files_is_told),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
