/* Trees as files, and changes as answers: what the patch engine makes of an answer is what git has of the change. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "project_trees.h"
#include "learn/completion.h"
#include "learn/layout.h"
#include "learn/row.h"

#define SEEDS 60

static const char *
folder (const char *name)
{
  const char *dir = scratch_path (name);
  assert_int_equal (aid_fs_mkdirs (dir, 0777, NULL), AID_OK);
  return dir;
}

static void
line_of (const char *dir, const char *command, char *out, size_t size)
{
  struct aid_str text = AID_STR_INIT (1 << 16);
  output_of (dir, command, &text);
  struct aid_span t = aid_span_trim (aid_str_span (&text));
  snprintf (out, size, "%.*s", (int)t.len, t.len ? t.ptr : "");
  aid_str_free (&text);
}

/* The tree of all that is in DIR now, as git writes it. */
static void
tree_of (const char *dir, char out[AID_VAULT_ID])
{
  run_in (dir, "git add -A");
  line_of (dir, "git write-tree", out, AID_VAULT_ID);
  assert_true (aid_vault_is_id (out));
}

static struct aid_vault *
vault_of (const char *dir)
{
  struct aid_str git = AID_STR_INIT (4096);
  struct aid_vault *v;
  struct aid_error e;
  aid_str_addf (&git, "%s/.git", dir);
  if (aid_vault_at (aid_str_z (&git), &v, &e))
    fail_msg ("%s", e.msg);
  aid_str_free (&git);
  return v;
}

static void
hides (const char *text, const char *folder, const char *with, const char *wanted)
{
  struct aid_str out = AID_STR_INIT (4096);
  size_t n = aid_row_hide (aid_span_z (text), folder, with, &out);
  assert_string_equal (aid_str_z (&out), wanted);
  assert_int_equal (n > 0, strcmp (text, wanted) != 0);
  aid_str_free (&out);
}

static void
folders_are_hidden_and_nothing_else (void **state)
{
  (void)state;
  hides ("see /home/ann/p/a.c, and /home/ann/p.", "/home/ann/p", "", "see a.c, and ..");
  hides ("in '/home/ann/p'", "/home/ann/p", "", "in '.'");
  hides ("-I/home/ann/inc file:///home/ann/x", "/home/ann", "~", "-I~/inc file://~/x");
  hides ("/home/anna/x /home/ann.old/x", "/home/ann", "~", "/home/anna/x /home/ann.old/x");
  /* A project in a folder of the root, whose name is part of other names. */
  hides ("lib/src/x.c ./src/y ../src/z $(TOP)/src/w ~/src/v", "/src", "",
         "lib/src/x.c ./src/y ../src/z $(TOP)/src/w ~/src/v");
  hides ("cc /src/x.c", "/src", "", "cc x.c");
  hides ("a / b", "/", "~", "a / b");
  hides ("", "/src", "~", "");
}

static void
make_repository (const char *dir)
{
  run_in (dir, "git init -q -b main . && git config user.email a@example.org && git config user.name A");
}

static void
lay (const struct aid_vault *v, const char *before, const char *tree, const char *to)
{
  struct aid_error e;
  if (aid_layout (v, before, tree, to, &e))
    fail_msg ("%s", e.msg);
}

/* --- trees -------------------------------------------------------------------------------------------------------- */

static void
a_tree_is_laid_out_as_it_is (void **state)
{
  char tree[AID_VAULT_ID], again[AID_VAULT_ID];
  (void)state;
  const char *from = folder ("from"), *to = folder ("to");
  make_repository (from);
  write_file (from, "with blank/and\nnewline", AID_SPAN ("x\n"));
  write_file (from, "bytes", AID_SPAN ("\0\1\2\xFF"));
  write_file (from, "empty", AID_SPAN (""));
  write_file (from, "sub/run", AID_SPAN ("#!/bin/sh\n"));
  write_file (from, ".gitattributes", AID_SPAN ("* -text\n"));
  run_in (from, "chmod +x sub/run && ln -s ../.. sub/up && ln -s /etc/passwd out");
  tree_of (from, tree);
  struct aid_vault *v = vault_of (from);
  lay (v, NULL, tree, to);
  make_repository (to);
  tree_of (to, again);
  assert_string_equal (tree, again);
  aid_vault_free (v);
}

/* Changes something in DIR; files become folders, folders files, links either. */
static void
change_tree (const char *dir)
{
  char command[300];
  unsigned a = draw (3), b = draw (4);
  unsigned k = draw (5), n = draw (1000);
  if (k == 0)
    snprintf (command, sizeof command,
              "[ -d d%u ] && ! [ -L d%u ] || rm -rf d%u; rm -rf d%u/f%u; mkdir -p d%u; echo %u > d%u/f%u", a, a, a, a, b, a,
              n, a, b);
  else if (k == 1)
    snprintf (command, sizeof command,
              "[ -d d%u ] && ! [ -L d%u ] || rm -rf d%u; rm -rf d%u/f%u; mkdir -p d%u/f%u; echo %u > d%u/f%u/deep", a, a, a,
              a, b, a, b, n, a, b);
  else if (k == 2)
    snprintf (command, sizeof command, "rm -rf d%u; echo %u > d%u", a, n, a);
  else
    snprintf (command, sizeof command, "rm -rf d%u; %s d%u", a, k == 3 ? ": >/dev/null" : "ln -s /tmp", a);
  run_in (dir, command);
}

static void
a_tree_follows_another_by_what_has_changed (void **state)
{
  char before[AID_VAULT_ID] = "", tree[AID_VAULT_ID], again[AID_VAULT_ID];
  (void)state;
  const char *from = folder ("follow-from"), *to = folder ("follow-to");
  char there[256], here[256];
  snprintf (there, sizeof there, "%s", from);
  snprintf (here, sizeof here, "%s", to);
  make_repository (there);
  make_repository (here);
  struct aid_vault *v = vault_of (there);
  for (int i = 0; i < SEEDS; i++)
    {
      for (unsigned k = draw (3); k < 3; k++)
        change_tree (there);
      tree_of (there, tree);
      lay (v, before[0] ? before : NULL, tree, here);
      tree_of (here, again);
      assert_string_equal (tree, again);
      snprintf (before, sizeof before, "%s", tree);
    }
  aid_vault_free (v);
}

/* A tree that somebody has made by hand leads nowhere. */
static void
nothing_is_written_elsewhere (void **state)
{
  char tree[AID_VAULT_ID];
  (void)state;
  const char *from = folder ("hostile"), *to = folder ("hostile-to");
  make_repository (from);
  run_in (from, "blob=$(echo evil | git hash-object -w --stdin) && git config core.protectNTFS false &&"
                " inner=$(printf '100644 blob %s\\tconfig\\n' $blob | git mktree) &&"
                " link=$(printf '%s' \"$PWD/victim\" | git hash-object -w --stdin) && mkdir victim &&"
                " { printf '040000 tree %s\\t.git\\n' $inner; printf '100644 blob %s\\tfine\\n' $blob;"
                " printf '120000 blob %s\\tlink\\n' $link; } | git mktree >tree");
  line_of (from, "cat tree", tree, sizeof tree);
  struct aid_vault *v = vault_of (from);
  lay (v, NULL, tree, to);
  assert_true (aid_fs_exists (scratch_path ("hostile-to/fine")));
  assert_false (aid_fs_exists (scratch_path ("hostile-to/.git")));
  /* The link is replaced by a folder, and not followed. */
  run_in (from,
          "blob=$(echo evil | git hash-object -w --stdin) && inner=$(printf '100644 blob %s\\tx\\n' $blob | git mktree) &&"
          " printf '040000 tree %s\\tlink\\n' $inner | git mktree >tree2");
  char second[AID_VAULT_ID];
  line_of (from, "cat tree2", second, sizeof second);
  lay (v, tree, second, to);
  assert_true (aid_fs_exists (scratch_path ("hostile-to/link/x")));
  assert_false (aid_fs_exists (scratch_path ("hostile/victim/x")));
  aid_vault_free (v);
}

static void
a_place_stands_at_a_revision (void **state)
{
  char tree[AID_VAULT_ID], head[AID_VAULT_ID], found[200];
  (void)state;
  const char *from = folder ("project"), *to = folder ("project-to");
  char there[256], here[256];
  snprintf (there, sizeof there, "%s", from);
  snprintf (here, sizeof here, "%s", to);
  make_repository (there);
  write_file (there, "a", AID_SPAN ("1\n"));
  run_in (there, "git add -A && git commit -qm one && git config core.fsmonitor 'touch /nowhere'");
  line_of (there, "git rev-parse HEAD", head, sizeof head);
  write_file (there, "a", AID_SPAN ("2\n"));
  tree_of (there, tree);
  struct aid_vault *v = vault_of (there);
  lay (v, NULL, tree, here);
  aid_layout_git (here, there, head);
  line_of (here, "git diff --stat HEAD", found, sizeof found);
  assert_non_null (strstr (found, "1 file changed"));
  aid_layout_git (here, there, "0123456789012345678901234567890123456789"); /* that is not there: the one before stays */
  line_of (here, "git rev-parse HEAD", found, sizeof found);
  assert_string_equal (found, head);
  aid_vault_free (v);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

/* A text of about 40 lines, with few different ones, so that places are alike. */
static void
put_text (const char *dir, const char *name)
{
  struct aid_str text = AID_STR_INIT (1 << 16);
  for (unsigned n = 5 + draw (40); n; n--)
    aid_str_addf (&text, draw (3) ? "line %u;\n" : "  }%.0u\n", draw (12));
  if (!draw (4))
    aid_str_addz (&text, "```\nfence\n```\n");
  if (!draw (4))
    aid_str_addz (&text, "=======\n");
  aid_str_addz (&text, draw (5) ? "end\n" : "no newline");
  write_file (dir, name, aid_str_span (&text));
  aid_str_free (&text);
}

static void
edit_file (const char *dir, const char *name)
{
  char command[300];
  static const char *const sed[] = { "d #", "i inserted ", "s/$/ and more ", "a\\  after\\n\\tthat " };
  for (unsigned k = 1 + draw (3); k; k--)
    {
      unsigned what = draw (4);
      snprintf (command, sizeof command, "sed -i '%u%s%u%s' %s", 1 + draw (20), sed[what], draw (100), what == 2 ? "/" : "",
                name);
      run_in (dir, command);
    }
}

/* Whether DIFF, written in FORMAT, gives what AFTER has; 0: that form has no way to say it, as blocks have none to say
   whether a last line ends. */
static int
says_the_same (const char *format, struct aid_span diff, const char *dir, const struct aid_vault *v, const char *base,
               const char *after)
{
  struct aid_str out = AID_STR_INIT (1 << 20);
  struct aid_error e = { AID_OK, "" };
  int said = !aid_completion_write (format, diff, AID_SPAN ("What it does."), dir, &out, &e);
  enum aid_err err = said ? aid_completion_check (aid_str_span (&out), dir, v, base, after, &e) : AID_OK;
  int ends = aid_span_find (diff, AID_SPAN ("No newline")) < 0;
  /* The same without the files: what the trees have is enough. */
  if (said && aid_completion_check (aid_str_span (&out), NULL, v, base, after, NULL) != err)
    fail_msg ("by the trees it is otherwise\n%s", aid_str_z (&out));
  if (err && (ends || !strcmp (format, "unified")))
    fail_msg ("%s\n%.*s\n%s", e.msg, (int)diff.len, diff.ptr, aid_str_z (&out));
  if (said && aid_completion_places (aid_str_span (&out), dir, &e))
    fail_msg ("%s", e.msg);
  aid_str_free (&out);
  return said && !err;
}

static void
answers_say_what_git_says (void **state)
{
  char there[256], here[256], base[AID_VAULT_ID], after[AID_VAULT_ID], command[400];
  size_t blocks = 0;
  (void)state;
  snprintf (there, sizeof there, "%s", folder ("changes"));
  snprintf (here, sizeof here, "%s", folder ("changes-to"));
  make_repository (there);
  struct aid_vault *v = vault_of (there);
  char before[AID_VAULT_ID] = "";
  for (int i = 0; i < SEEDS; i++)
    {
      put_text (there, "a.c");
      put_text (there, "sub/b.c");
      tree_of (there, base);
      edit_file (there, "a.c");
      if (draw (2))
        edit_file (there, "sub/b.c");
      if (!draw (3))
        put_text (there, "new.c");
      tree_of (there, after);
      if (!strcmp (base, after))
        continue;
      lay (v, before[0] ? before : NULL, base, here);
      snprintf (before, sizeof before, "%s", base);
      struct aid_str diff = AID_STR_INIT (1 << 20);
      snprintf (command, sizeof command, "git diff --full-index %s %s", base, after);
      output_of (there, command, &diff);
      assert_true (says_the_same ("unified", aid_str_span (&diff), here, v, base, after));
      blocks += (size_t)says_the_same ("search-replace", aid_str_span (&diff), here, v, base, after);
      aid_str_free (&diff);
      run_in (there, "rm -f new.c");
    }
  assert_true (blocks > SEEDS / 2);
  aid_vault_free (v);
}

/* A change that WRITE makes in a tree of FILES, in FORMAT: OK where it is said and comes to just that tree. */
static enum aid_err
said_of (const char *name, const char *files, const char *change, const char *format, struct aid_str *out)
{
  char there[256], here[256], base[AID_VAULT_ID], after[AID_VAULT_ID], command[400];
  struct aid_str diff = AID_STR_INIT (1 << 20);
  struct aid_error e = { AID_OK, "" };
  snprintf (command, sizeof command, "%s-to", name);
  snprintf (there, sizeof there, "%s", folder (name));
  snprintf (here, sizeof here, "%s", folder (command));
  make_repository (there);
  run_in (there, files);
  tree_of (there, base);
  run_in (there, change);
  tree_of (there, after);
  struct aid_vault *v = vault_of (there);
  lay (v, NULL, base, here);
  snprintf (command, sizeof command, "git diff -M --full-index %s %s", base, after);
  output_of (there, command, &diff);
  aid_str_clear (out);
  enum aid_err err = aid_completion_write (format, aid_str_span (&diff), AID_SPAN (""), here, out, &e);
  if (!err)
    err = aid_completion_check (aid_str_span (out), here, v, base, after, &e);
  if (!err)
    err = aid_completion_check (aid_str_span (out), NULL, v, base, after, &e);
  aid_vault_free (v);
  aid_str_free (&diff);
  return err;
}

static void
lines_end_as_the_files_do (void **state)
{
  static const char dos[] = "printf 'a\\r\\nb\\r\\nc\\r\\nd\\r\\nb\\r\\n' >f.c && printf 'x\\n' >g.c";
  static const char edit[] = "sed -i 's/^c/sea/; 1i first\\r' f.c";
  struct aid_str out = AID_STR_INIT (1 << 20);
  (void)state;
  for (int blocks = 0; blocks < 2; blocks++)
    {
      const char *format = blocks ? "search-replace" : "unified";
      assert_int_equal (said_of (blocks ? "dos-b" : "dos-u", dos, edit, format, &out), AID_OK);
      assert_null (strchr (aid_str_z (&out), '\r'));
      /* Only the last line has another end, or all have. */
      assert_int_equal (said_of (blocks ? "mixed-b" : "mixed-u", dos, "printf 'e\\n' >>f.c", format, &out), AID_E_STATE);
      assert_int_equal (said_of (blocks ? "unix-b" : "unix-u", dos, "sed -i 's/\\r//' f.c", format, &out), AID_E_STATE);
    }
  /* A byte order mark stays where it is; one that comes or goes no form can say. */
  for (int blocks = 0; blocks < 2; blocks++)
    {
      static const char marked[] = "printf '\\357\\273\\277a\\nb\\nc\\n' >f.c";
      const char *format = blocks ? "search-replace" : "unified";
      assert_int_equal (said_of (blocks ? "mark-b" : "mark-u", marked, "sed -i 's/a/A/' f.c", format, &out), AID_OK);
      assert_null (strstr (aid_str_z (&out), "\xef\xbb\xbf"));
      assert_int_equal (said_of (blocks ? "near-b" : "near-u", marked, "sed -i 's/b/B/' f.c", format, &out), AID_OK);
      assert_int_not_equal (said_of (blocks ? "gone-b" : "gone-u", marked, "printf 'A\\nb\\nc\\n' >f.c", format, &out), AID_OK);
    }
  /* A new file has the ends that its lines have in a diff; blocks have none. */
  assert_int_equal (said_of ("new-u", "echo a >f", "printf 'a\\r\\nb\\r\\n' >n.c", "unified", &out), AID_OK);
  assert_int_equal (said_of ("new-b", "echo a >f", "printf 'a\\r\\nb\\r\\n' >n.c", "search-replace", &out), AID_E_STATE);
  aid_str_free (&out);
}

static void
an_answer_leaves_nothing_out (void **state)
{
  char there[256], here[256], base[AID_VAULT_ID], after[AID_VAULT_ID];
  struct aid_error e = { AID_OK, "" };
  (void)state;
  snprintf (there, sizeof there, "%s", folder ("left"));
  snprintf (here, sizeof here, "%s", folder ("left-to"));
  make_repository (there);
  run_in (there, "echo a >a.c && echo b >b.c && echo c >c.c");
  tree_of (there, base);
  run_in (there, "echo A >a.c && chmod +x b.c && echo b2 >>b.c && rm c.c");
  tree_of (there, after);
  struct aid_vault *v = vault_of (there);
  lay (v, NULL, base, here);
  static const char only_a[] = "```diff\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+A\n```\n";
  static const char no_mode[] = "```diff\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+A\n--- a/b.c\n+++ b/b.c\n@@ -1 +1,2 @@\n b\n"
                                "+b2\n--- a/c.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-c\n```\n";
  assert_int_equal (aid_completion_check (aid_span_z (only_a), here, v, base, after, &e), AID_E_INVALID);
  assert_non_null (strstr (e.msg, "leaves b.c as it was"));
  assert_int_equal (aid_completion_check (aid_span_z (no_mode), here, v, base, after, &e), AID_E_INVALID);
  assert_non_null (strstr (e.msg, "who may run b.c"));
  aid_vault_free (v);
}

static void
renames_modes_and_deletions (void **state)
{
  char there[256], here[256], base[AID_VAULT_ID], after[AID_VAULT_ID], command[400];
  struct aid_str diff = AID_STR_INIT (1 << 20), out = AID_STR_INIT (1 << 20);
  struct aid_error e;
  (void)state;
  snprintf (there, sizeof there, "%s", folder ("moves"));
  snprintf (here, sizeof here, "%s", folder ("moves-to"));
  make_repository (there);
  write_file (there, "gone.c", AID_SPAN ("a\nb\n"));
  write_file (there, "old.c", AID_SPAN ("one\ntwo\nthree\nfour\nfive\nsix\nseven\n"));
  tree_of (there, base);
  run_in (there,
          "rm gone.c && git mv old.c new.c && sed -i 's/three/3/' new.c && printf '#!/bin/sh\\n' >run && chmod +x run");
  tree_of (there, after);
  struct aid_vault *v = vault_of (there);
  lay (v, NULL, base, here);
  snprintf (command, sizeof command, "git diff -M --full-index %s %s", base, after);
  output_of (there, command, &diff);
  assert_true (says_the_same ("unified", aid_str_span (&diff), here, v, base, after));
  assert_int_equal (aid_completion_write ("search-replace", aid_str_span (&diff), AID_SPAN (""), here, &out, &e),
                    AID_E_INVALID);
  assert_non_null (strstr (e.msg, "cannot"));
  assert_int_equal (aid_completion_write ("whole", aid_str_span (&diff), AID_SPAN (""), here, &out, &e), AID_E_INVALID);
  /* An answer to another change is none to this one. */
  aid_str_clear (&out);
  assert_int_equal (aid_completion_write ("unified", aid_str_span (&diff), AID_SPAN (""), here, &out, &e), AID_OK);
  assert_int_equal (aid_completion_check (aid_str_span (&out), here, v, base, base, &e), AID_E_INVALID);
  assert_int_equal (aid_completion_check (AID_SPAN ("There is nothing to do."), here, v, base, base, &e), AID_E_INVALID);
  aid_vault_free (v);
  aid_str_free (&diff);
  aid_str_free (&out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (folders_are_hidden_and_nothing_else),
    cmocka_unit_test (a_tree_is_laid_out_as_it_is),
    cmocka_unit_test (a_tree_follows_another_by_what_has_changed),
    cmocka_unit_test (nothing_is_written_elsewhere),
    cmocka_unit_test (a_place_stands_at_a_revision),
    cmocka_unit_test (answers_say_what_git_says),
    cmocka_unit_test (lines_end_as_the_files_do),
    cmocka_unit_test (an_answer_leaves_nothing_out),
    cmocka_unit_test (renames_modes_and_deletions),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
