/* What version control tells of a project, from real repositories of Git and Mercurial: the same questions have the same kind of
   answer in both. */
#include "context_scene.h"

static const char setup[]
  = "set -e; cd \"$1\"; export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null HGRCPATH= HGPLAIN=1\n"
    "export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org GIT_COMMITTER_NAME=Ann "
    "GIT_COMMITTER_EMAIL=ann@example.org\n"
    "first () { printf 'one\\ntwo\\nthree\\nfour\\n' >'a b.c'; mkdir -p sub; echo x >sub/d.c; }\n"
    "second () { printf 'one\\nTWO\\nthree\\nfour\\n' >'a b.c'; }\n"
    "third () { printf 'one\\nTWO\\nthree\\nFOUR\\n' >'a b.c'; }\n"
    "mkdir git hg plain new; cd git; git init -q .; first; git add .; git commit -qm 'The first lines'\n"
    "second; git commit -qam 'Two is loud'; third; git commit -qam 'Four is loud'\n"
    "cd ../hg; hg init; first; hg add -q; hg commit -u 'Ann <ann@example.org>' -m 'The first lines'\n"
    "second; hg commit -u 'Ann <ann@example.org>' -m 'Two is loud'\n"
    "third; hg commit -u 'Ann <ann@example.org>' -m 'Four is loud'\n"
    "cd ../new; git init -q .; echo fresh >f; git add f\n"
    "g () { git -c protocol.file.allow=always \"$@\"; }\n"
    "mkdir ../over; cd ../over; git init -q .; g submodule --quiet add ../git 'deps/a lib'; git commit -qm 'With a lib'\n"
    "cd ../new\n"
    "for d in ../git ../hg; do cd $d; printf 'zero\\none\\nTWO\\nthree\\nFOUR\\n' >'a b.c'; cd ../new; done\n";

static struct aid_resolve
resolve_in (const char *project)
{
  return (struct aid_resolve){ .resolver = resolver, .dir = scratch_path (project) };
}

static int
make_repositories (void **state)
{
  return make_scene (state, setup);
}

/* The text of ITEM in REPOSITORY holds each of the lines WANT ("|" between them) in this order. */
static void
expect_lines (const char *repository, const char *item, const char *want)
{
  struct aid_str out = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_error e = { AID_OK, "" };
  char words[1000], *save = NULL;
  if (read_in (repository, item, &out, &e) || e.code)    /* a program that may fail leaves no error */
    fail_msg ("%s in %s: %s", item, repository, e.msg);
  const char *at = aid_str_z (&out);
  snprintf (words, sizeof words, "%s", want);
  for (char *word = strtok_r (words, "|", &save); word; word = strtok_r (NULL, "|", &save))
    {
      const char *found = strstr (at, word);
      if (!found)
        fail_msg ("%s in %s has no \"%s\" (in its place) in:\n%s", item, repository, word, aid_str_z (&out));
      else
        at = found + strlen (word);
    }
  aid_str_free (&out);
}

static void
expect_without (const char *repository, const char *item, const char *word)
{
  struct aid_str out = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (read_in (repository, item, &out, &e), AID_OK);
  if (strstr (aid_str_z (&out), word))
    fail_msg ("%s in %s has \"%s\" in:\n%s", item, repository, word, aid_str_z (&out));
  aid_str_free (&out);
}

static void
test_diff (void **state)
{
  (void)state;
  expect_lines ("git", "diff:", "diff --git|a b.c|+zero");
  expect_lines ("hg", "diff:", "diff --git|a b.c|+zero");
  expect_lines ("git/sub", "diff:", "+zero");
  expect_lines ("new", "diff:", "new file|+fresh");
  expect_error ("plain", "diff:", AID_E_NOTFOUND, "no Git or Mercurial");
}

/* A file that nobody has added yet is in no diff, but it is told of. */
static void
test_untracked (void **state)
{
  (void)state;
  char script[4096];
  snprintf (script, sizeof script,
            "cd '%s' && for d in git hg; do mkdir $d/fresh && touch $d/fresh/a $d/fresh/b \"$d/new file.c\"; done; "
            "echo '*.log' >git/.gitignore; touch git/x.log over/o.c; cd over; seq -f 'l%%03g' 60 | xargs touch",
            scratch);
  assert_int_equal (system (script), 0);
  expect_lines ("git", "diff:", "+zero|\nNot tracked yet, and in no diff:\n  .gitignore\n  fresh/\n  new file.c\n");
  expect_without ("git", "diff:", "x.log");
  expect_lines ("hg", "diff:", "+zero|\nNot tracked yet, and in no diff:\n  fresh/a\n  fresh/b\n  new file.c\n");
  expect_lines ("over", "diff:",
                "There are no uncommitted changes.\n\nNot tracked yet, and in no diff:\n  l001\n|  l050\n  and 11 more\n");
  expect_without ("new", "diff:", "Not tracked");
}

static void
test_commits (void **state)
{
  (void)state;
  expect_lines ("git", "commit:HEAD", "commit |Author: Ann|Four is loud|-four|+FOUR");
  expect_lines ("git", "commit:HEAD~1", "Two is loud|+TWO");
  expect_lines ("hg", "commit:tip", "commit |Author: Ann|Four is loud|-four|+FOUR");
  expect_lines ("hg", "commit:1", "Two is loud|+TWO");
  expect_lines ("git", "commit:HEAD~2..HEAD", "Two is loud|+TWO|Four is loud|+FOUR");
  expect_lines ("hg", "commit:0..tip", "Two is loud|+TWO|Four is loud|+FOUR");
  expect_without ("git", "commit:HEAD~2..", "The first lines");
  expect_without ("hg", "commit:0..", "The first lines");
  expect_lines ("git", "commit:HEAD:a b.c", "one|TWO");
}

static void
test_bad_commits (void **state)
{
  (void)state;
  expect_error ("git", "commit:nosuch", AID_E_INVALID, "nosuch");
  expect_error ("hg", "commit:nosuch", AID_E_INVALID, "nosuch");
  expect_error ("git", "commit:--output=x", AID_E_INVALID, "no name of a commit");
  expect_error ("hg", "commit:x\") or all() or (\"", AID_E_INVALID, "no name of a commit");
  expect_error ("git", "commit:HEAD..HEAD", AID_E_NOTFOUND, "no commits");
  expect_error ("git", "commit:", AID_E_INVALID, "wants a name");
  expect_error ("hg", "commit:a b", AID_E_INVALID, "a b");
  assert_false (aid_fs_exists (scratch_path ("git/x")));
}

/* Lines are those of the file as it is: a line stands before them that no commit has. */
static void
test_history (void **state)
{
  (void)state;
  expect_lines ("git", "history:a b.c", "Four is loud|+FOUR|Two is loud|+TWO|The first lines");
  expect_lines ("hg", "history:a b.c", "Four is loud|+FOUR|Two is loud|+TWO|The first lines");
  expect_lines ("git", "history:a b.c#L3", "Two is loud|+TWO|The first lines");
  expect_without ("git", "history:a b.c#L3", "Four is loud");
  expect_lines ("git", "history:a b.c#L5", "Four is loud|+FOUR");
  expect_error ("git", "history:a b.c#L1", AID_E_NOTFOUND, "in no commit");
  expect_error ("git", "history:../x", AID_E_INVALID, "no file of the project");
  expect_error ("git", "history:none.c", AID_E_NOTFOUND, "No commit has none.c");
}

static void
test_blame (void **state)
{
  (void)state;
  expect_lines ("git", "blame:a b.c", "Not Committed Yet|zero|Ann|one|Ann|TWO|FOUR|commit |Two is loud");
  expect_lines ("hg", "blame:a b.c", "Not Committed Yet|zero|Ann|one|Ann|TWO|FOUR|commit |loud");
  expect_lines ("git", "blame:a b.c#L3", "TWO|Two is loud");
  expect_without ("git", "blame:a b.c#L3", "Four is loud");
  expect_without ("git", "blame:a b.c#L3", "three");
  expect_error ("git", "blame:a b.c#L90", AID_E_NOTFOUND, "no such lines");
  expect_error ("hg", "blame:none.c", AID_E_INVALID, "none.c");
}

/* A file of a submodule is asked about there. */
static void
test_submodules (void **state)
{
  (void)state;
  expect_lines ("over", "history:deps/a lib/a b.c", "Four is loud|+FOUR|Two is loud|+TWO|The first lines");
  expect_lines ("over", "history:deps/a lib/a b.c#L2", "Two is loud|+TWO|The first lines");
  expect_lines ("over", "blame:deps/a lib/a b.c#L2", "Ann|TWO|commit |Two is loud");
  expect_lines ("over", "commit:HEAD", "With a lib|Subproject commit");
  expect_error ("over", "history:deps/none.c", AID_E_NOTFOUND, "No commit has deps/none.c");
}

/* Two repositories whose own settings name programs wherever Git and Mercurial look for some; each leaves a file "ran". */
static const char hostile[]
  = "set -e; cd \"$1\"; export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null HGRCPATH= HGPLAIN=1\n"
    "ran=$PWD/ran; mkdir bad-git bad-hg; cd bad-git; git init -q .; c () { git config \"$1\" \"touch '$ran'; ${2-cat}\"; }\n"
    "printf '*.c diff=bad filter=bad\\n' >.gitattributes; printf '\\nint f (void);\\n' >f.c; git add .\n"
    "git -c user.name=Ann -c user.email=ann@example.org commit -qm one; echo 'int g (void);' >>f.c\n"
    "printf '#!/bin/sh\\ntouch %s\\n' \"'$ran'\" >../program; chmod +x ../program\n"
    "c diff.bad.textconv; c diff.bad.command; c diff.external; c filter.bad.clean; c filter.bad.process; c core.fsmonitor\n"
    "c core.pager; git config gpg.program \"$PWD/../program\"; git config log.showSignature true\n"
    "git config filter.bad.required true\n"
    "cd ../bad-hg; hg init; printf '\\nint f (void);\\n' >f.c; hg add -q; hg commit -u Ann -m one; echo 'int g (void);' "
    ">>f.c\n"
    "printf 'open(\"%s\", \"w\")\\n' \"$ran\" >../bad.py\n"
    "printf '[extensions]\\nbad=%s\\n[hooks]\\n' \"$PWD/../bad.py\" >.hg/hgrc\n"
    "for v in diff log annotate files status; do echo \"pre-$v=touch '$ran'\"; done >>.hg/hgrc\n"
    "rm -f \"$ran\"\n";

/* What somebody's repository has in its settings is never run. */
static void
test_hostile_settings (void **state)
{
  (void)state;
  static const char *const items[]
    = { "diff:", "commit:.", "history:f.c", "history:f.c#L2", "blame:f.c", "blame:f.c#L2", "@f" };
  char script[4096];
  FILE *f = fopen (scratch_path ("hostile.sh"), "w");
  assert_non_null (f);
  fputs (hostile, f);
  fclose (f);
  snprintf (script, sizeof script, "sh '%s/hostile.sh' '%s'", scratch, scratch);
  assert_int_equal (system (script), 0);
  for (size_t i = 0; i < 14; i++)
    {
      const char *in = i % 2 ? "bad-hg" : "bad-git", *item = i == 2 ? "commit:HEAD" : items[i / 2];
      snprintf (script, sizeof script, "touch '%s/%s/f.c'", scratch, in); /* so that Git looks at it again */
      assert_int_equal (system (script), 0);
      expect_lines (in, item, "f (void)");
      if (aid_fs_exists (scratch_path ("ran")))
        fail_msg ("%s ran a program of the settings of %s", item, in);
    }
  snprintf (script, sizeof script, "cd '%s/bad-git' && touch f.c && git diff >/dev/null 2>&1", scratch);
  assert_int_equal (system (script) == -1, 0);
  assert_true (aid_fs_exists (scratch_path ("ran"))); /* the settings are as bad as they look */
}

/* What was read is known until it is read again; a stopped resolver runs nothing. */
static void
test_recalling_and_stopping (void **state)
{
  (void)state;
  struct aid_resolver *r = aid_resolver_new ();
  struct aid_resolve how = { .resolver = r, .dir = scratch_path ("git") };
  struct aid_str out = AID_STR_INIT (AID_ITEM_MAX), again = AID_STR_INIT (AID_ITEM_MAX);
  struct aid_error e;
  assert_false (aid_context_recall (&how, AID_SPAN ("aid:diff"), &out, NULL));
  assert_int_equal (aid_context_read (&how, AID_SPAN ("aid:diff"), &out, &e), AID_OK);
  assert_true (aid_context_recall (&how, AID_SPAN ("aid:diff"), &again, NULL));
  assert_string_equal (aid_str_z (&out), aid_str_z (&again));
  how.root = scratch_path ("hg");
  assert_false (aid_context_recall (&how, AID_SPAN ("aid:diff"), &again, NULL));
  aid_resolver_stop (r);
  assert_int_equal (aid_context_read (&how, AID_SPAN ("aid:diff"), &out, &e), AID_E_CANCELLED);
  aid_str_free (&out);
  aid_str_free (&again);
  aid_resolver_free (r);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_diff),
    cmocka_unit_test (test_untracked),
    cmocka_unit_test (test_commits),
    cmocka_unit_test (test_bad_commits),
    cmocka_unit_test (test_history),
    cmocka_unit_test (test_blame),
    cmocka_unit_test (test_submodules),
    cmocka_unit_test (test_hostile_settings),
    cmocka_unit_test (test_recalling_and_stopping),
  };
  return cmocka_run_group_tests_name ("context vc", tests, make_repositories, drop_scene);
}
