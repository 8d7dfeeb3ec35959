/* Writing a plan to a tree: all or nothing, in whatever way it fails. */
#include "patch_cases.h"

#include <sys/resource.h>

#define EDIT_F "--- a/f.txt\n+++ b/f.txt\n@@ -1 +1 @@\n-one\n+ONE\n"
#define NEW(name) "--- /dev/null\n+++ b/" name "\n@@ -0,0 +1 @@\n+new\n"

struct tree
{
  char *dir;
  struct aid_patch *p;
  struct aid_plan *plan;
  struct aid_error e;
};

static struct tree
tree_make (void)
{
  struct tree t = { .dir = scratch_make () };
  put (t.dir, "f.txt", "one\n");
  return t;
}

static void
tree_plan (struct tree *t, const char *diff)
{
  struct aid_patch_source source = aid_patch_disk_source (t->dir);
  t->p = read_patch (aid_span_z (diff), AID_FORMAT_UNIFIED);
  assert_int_equal (aid_patch_plan (t->p, &source, NULL, &t->plan, NULL), AID_OK);
}

static enum aid_err
tree_apply (struct tree *t, int partial)
{
  return aid_patch_apply_tree (t->p, t->plan, t->dir, partial, &t->e);
}

static void
tree_free (struct tree *t)
{
  aid_plan_free (t->plan);
  aid_patch_free (t->p);
  scratch_remove (t->dir);
}

static mode_t
mode_of (const struct tree *t, const char *name)
{
  char path[300];
  struct stat st;
  snprintf (path, sizeof path, "%s/%s", t->dir, name);
  assert_int_equal (lstat (path, &st), 0);
  return st.st_mode;
}

static void
everything_is_written (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  put (t.dir, "old.txt", "same\n");
  put (t.dir, "gone.txt", "bye\n");
  tree_plan (&t, EDIT_F NEW ("a/b/c.txt")
             "diff --git a/old.txt b/moved/new.txt\nrename from old.txt\nrename to moved/new.txt\n"
             "--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\n");
  assert_int_equal (tree_apply (&t, 0), AID_OK);
  assert_file (t.dir, "f.txt", "ONE\n");
  assert_file (t.dir, "a/b/c.txt", "new\n");
  assert_file (t.dir, "moved/new.txt", "same\n");
  assert_file (t.dir, "old.txt", NULL);
  assert_file (t.dir, "gone.txt", NULL);
  assert_int_equal (names_in (t.dir), 6);      /* no temporary file is left */
  tree_free (&t);
}

static void
modes_and_links_are_kept (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  char path[300];
  put (t.dir, "script.sh", "run\n");
  snprintf (path, sizeof path, "%s/script.sh", t.dir);
  assert_int_equal (chmod (path, 0750), 0);
  snprintf (path, sizeof path, "%s/link.txt", t.dir);
  assert_int_equal (symlink ("f.txt", path), 0);
  tree_plan (&t, "diff --git a/script.sh b/s2.sh\nrename from script.sh\nrename to s2.sh\n--- a/script.sh\n+++ b/s2.sh\n"
                 "@@ -1 +1 @@\n-run\n+RUN\n--- a/link.txt\n+++ b/link.txt\n@@ -1 +1 @@\n-one\n+ONE\n" NEW ("n.txt"));
  mode_t mask = umask (027);
  assert_int_equal (tree_apply (&t, 0), AID_OK);
  umask (mask);
  assert_int_equal (mode_of (&t, "s2.sh") & 07777, 0750);
  assert_int_equal (mode_of (&t, "n.txt") & 07777, 0640);
  assert_true (S_ISLNK (mode_of (&t, "link.txt")));
  assert_file (t.dir, "f.txt", "ONE\n");
  tree_free (&t);
}

static void
one_refusal_keeps_everything_unless_partial (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  tree_plan (&t, EDIT_F "@@ -9 +9 @@\n-absent\n+x\n" NEW ("n.txt"));
  assert_int_equal (tree_apply (&t, 0), AID_E_REFUSED);
  assert_non_null (strstr (t.e.msg, "\"absent\" is not in f.txt"));
  assert_file (t.dir, "f.txt", "one\n");
  assert_int_equal (names_in (t.dir), 1);
  assert_int_equal (tree_apply (&t, 1), AID_OK);
  assert_file (t.dir, "f.txt", "ONE\n");
  assert_file (t.dir, "n.txt", "new\n");
  tree_free (&t);
}

static void
a_file_that_changed_since_the_plan_is_not_touched (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  tree_plan (&t, NEW ("n.txt") EDIT_F);
  put (t.dir, "f.txt", "one\nmore\n");
  assert_int_equal (tree_apply (&t, 0), AID_E_STATE);
  assert_non_null (strstr (t.e.msg, "changed meanwhile"));
  assert_file (t.dir, "f.txt", "one\nmore\n");
  assert_int_equal (names_in (t.dir), 1);
  tree_free (&t);
}

static void
a_file_that_came_since_the_plan_is_not_overwritten (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  tree_plan (&t, EDIT_F NEW ("n.txt"));
  put (t.dir, "n.txt", "theirs\n");
  assert_int_equal (tree_apply (&t, 0), AID_E_STATE);
  assert_file (t.dir, "n.txt", "theirs\n");
  assert_file (t.dir, "f.txt", "one\n");
  tree_free (&t);
}

/* "x" cannot become a file, for "x/y" made it a folder: by then f.txt was replaced. */
static void
a_failure_half_way_is_rolled_back (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  put (t.dir, "gone.txt", "bye\n");
  tree_plan (&t, EDIT_F "--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\n" NEW ("x") NEW ("x/y"));
  assert_int_equal (t.plan->refused, 0);
  assert_int_equal (tree_apply (&t, 0), AID_E_IO);
  assert_file (t.dir, "f.txt", "one\n");
  assert_file (t.dir, "gone.txt", "bye\n");
  assert_int_equal (names_in (t.dir), 2);
  tree_free (&t);
}

static void
a_link_that_turns_outward_after_the_plan_is_seen (void **state)
{
  (void) state;
  struct tree t = tree_make (), outside = tree_make ();
  char path[300];
  put (t.dir, "src/f.txt", "one\n");
  tree_plan (&t, "--- a/src/f.txt\n+++ b/src/f.txt\n@@ -1 +1 @@\n-one\n+ONE\n");
  snprintf (path, sizeof path, "%s/src/f.txt", t.dir);
  unlink (path);
  snprintf (path, sizeof path, "%s/src", t.dir);
  assert_int_equal (rmdir (path), 0);
  assert_int_equal (symlink (outside.dir, path), 0);
  assert_int_equal (tree_apply (&t, 0), AID_E_REFUSED);
  assert_file (outside.dir, "f.txt", "one\n");
  tree_free (&t);
  tree_free (&outside);
}

static void
one_file_by_two_names_is_refused (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  char path[300];
  snprintf (path, sizeof path, "%s/link.txt", t.dir);
  assert_int_equal (symlink ("f.txt", path), 0);
  tree_plan (&t, EDIT_F "--- a/link.txt\n+++ b/link.txt\n@@ -1 +1 @@\n-one\n+two\n");
  assert_int_equal (tree_apply (&t, 0), AID_E_REFUSED);
  assert_non_null (strstr (t.e.msg, "twice"));
  assert_file (t.dir, "f.txt", "one\n");
  assert_int_equal (names_in (t.dir), 2);
  tree_free (&t);
}

static void
what_is_there_already_is_not_written (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  put (t.dir, "f.txt", "ONE\nand a second line\n");
  put (t.dir, "n.txt", "new\n");
  tree_plan (&t, "--- a/f.txt\n+++ b/f.txt\n@@ -1,2 +1,2 @@\n-one\n+ONE\n and a second line\n" NEW ("n.txt")
             "diff --git a/gone b/gone\ndeleted file mode 100644\n");
  assert_int_equal (t.plan->already, 3);
  assert_int_equal (tree_apply (&t, 0), AID_OK);
  assert_file (t.dir, "f.txt", "ONE\nand a second line\n");
  assert_int_equal (names_in (t.dir), 2);
  tree_free (&t);
}

static void
modes_are_as_the_patch_states (void **state)
{
  (void) state;
  struct tree t = tree_make ();
  char path[300];
  put (t.dir, "was.txt", "one\n");
  snprintf (path, sizeof path, "%s/was.txt", t.dir);
  assert_int_equal (chmod (path, 0750), 0);
  snprintf (path, sizeof path, "%s/f.txt", t.dir);
  assert_int_equal (chmod (path, 0640), 0);
  tree_plan (&t, "diff --git a/f.txt b/f.txt\nold mode 100644\nnew mode 100755\n" EDIT_F
             "diff --git a/was.txt b/was.txt\nold mode 100755\nnew mode 100644\n"
             "diff --git a/run b/run\nnew file mode 100755\n" NEW ("run"));
  assert_int_equal (tree_apply (&t, 0), AID_OK);
  assert_file (t.dir, "f.txt", "ONE\n");
  assert_int_equal (mode_of (&t, "f.txt") & 0777, 0750);     /* who may read it may run it */
  assert_int_equal (mode_of (&t, "was.txt") & 0777, 0640);
  assert_int_equal (mode_of (&t, "run") & 0111, 0111);
  tree_free (&t);
}

/* More than a program may have open at once, in several folders. */
static void
more_files_than_may_be_open_are_written (void **state)
{
  (void) state;
  enum { FILES = 150, OPEN = 48 };
  struct tree t = tree_make ();
  char name[64], text[64];
  struct aid_str diff = AID_STR_INIT (1 << 20);
  struct rlimit before, few;
  for (int i = 0; i < FILES; i++)
    {
      snprintf (name, sizeof name, "d%d/f%d.txt", i % 9, i);
      snprintf (text, sizeof text, "one\nof %d\n", i);
      put (t.dir, name, text);
      aid_str_addf (&diff, "--- a/%s\n+++ b/%s\n@@ -1,2 +1,2 @@\n-one\n+ONE\n of %d\n", name, name, i);
    }
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &before), 0);
  few = before;
  few.rlim_cur = OPEN;
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &few), 0);
  tree_plan (&t, aid_str_z (&diff));
  enum aid_err err = tree_apply (&t, 0);
  assert_int_equal (setrlimit (RLIMIT_NOFILE, &before), 0);
  assert_int_equal (err, AID_OK);
  for (int i = 0; i < FILES; i++)
    {
      snprintf (name, sizeof name, "d%d/f%d.txt", i % 9, i);
      snprintf (text, sizeof text, "ONE\nof %d\n", i);
      assert_file (t.dir, name, text);
    }
  assert_int_equal (names_in (t.dir), FILES + 9 + 1);
  aid_str_free (&diff);
  tree_free (&t);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (everything_is_written),
    cmocka_unit_test (modes_are_as_the_patch_states),
    cmocka_unit_test (modes_and_links_are_kept),
    cmocka_unit_test (one_refusal_keeps_everything_unless_partial),
    cmocka_unit_test (a_file_that_changed_since_the_plan_is_not_touched),
    cmocka_unit_test (a_file_that_came_since_the_plan_is_not_overwritten),
    cmocka_unit_test (a_failure_half_way_is_rolled_back),
    cmocka_unit_test (a_link_that_turns_outward_after_the_plan_is_seen),
    cmocka_unit_test (one_file_by_two_names_is_refused),
    cmocka_unit_test (what_is_there_already_is_not_written),
    cmocka_unit_test (more_files_than_may_be_open_are_written),
  };
  return cmocka_run_group_tests_name ("patch apply", tests, NULL, NULL);
}
