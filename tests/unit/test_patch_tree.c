/* Changing a tree: what is kept of a file, what is refused, who waits for whom, and what becomes of a change that was cut
   short.  (That a kill anywhere leaves one of two trees is tests/kill's.) */
#include "patch_cases.h"
#include "patch/tree_internal.h"
#include "base/hash.h"

#include <signal.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#define EDIT(name) "--- a/" name "\n+++ b/" name "\n@@ -1 +1 @@\n-one\n+ONE\n"

static char said[256];          /* the last error */

/* The full name of NAME below DIR; four stay valid. */
static const char *
at (const char *dir, const char *name)
{
  static char names[4][400];
  static unsigned next;
  char *out = names[next++ % 4];
  snprintf (out, sizeof names[0], "%s/%s", dir, name);
  return out;
}

static enum aid_err
apply (const char *dir, const char *diff)
{
  struct aid_patch_source source = aid_patch_disk_source (dir);
  struct aid_patch *p = read_patch (aid_span_z (diff), AID_FORMAT_UNIFIED);
  struct aid_plan *plan = NULL;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_patch_plan (p, &source, NULL, &plan, NULL), AID_OK);
  enum aid_err err = aid_patch_apply_tree (p, plan, dir, 0, &e);
  snprintf (said, sizeof said, "%s", e.msg);
  aid_plan_free (plan);
  aid_patch_free (p);
  return err;
}

static struct stat
stat_of (const char *dir, const char *name)
{
  struct stat st;
  assert_int_equal (lstat (at (dir, name), &st), 0);
  return st;
}

static char *
tree (void)
{
  char *dir = scratch_make ();
  put (dir, "f.txt", "one\n");
  return dir;
}

/* --- what is kept --- */

static void
all_names_of_a_file_see_its_change (void **state)
{
  (void) state;
  char *dir = tree ();
  put (dir, "sub/x", "");
  assert_int_equal (link (at (dir, "f.txt"), at (dir, "sub/g.txt")), 0);
  ino_t ino = stat_of (dir, "f.txt").st_ino;
  assert_int_equal (apply (dir, "diff --git a/f.txt b/f.txt\nold mode 100644\nnew mode 100755\n" EDIT ("f.txt")), AID_OK);
  assert_file (dir, "sub/g.txt", "ONE\n");
  assert_int_equal (stat_of (dir, "sub/g.txt").st_ino, ino);
  assert_int_equal (stat_of (dir, "f.txt").st_ino, ino);
  assert_int_equal (stat_of (dir, "f.txt").st_mode & 0111, 0111);
  assert_int_equal (names_in (dir), 4);
  scratch_remove (dir);
}

static void
a_file_with_a_name_outside_is_refused (void **state)
{
  (void) state;
  char *dir = tree (), *outside = tree ();
  put (dir, "n.txt", "one\n");
  assert_int_equal (link (at (outside, "f.txt"), at (dir, "linked.txt")), 0);
  assert_int_equal (apply (dir, EDIT ("n.txt") EDIT ("linked.txt")), AID_E_REFUSED);
  assert_non_null (strstr (said, "hard links"));
  assert_file (outside, "f.txt", "one\n");
  assert_file (dir, "n.txt", "one\n");
  /* A name in a folder of version control is none that a patch may reach. */
  put (dir, ".git/x", "");
  assert_int_equal (link (at (dir, "f.txt"), at (dir, ".git/f")), 0);
  assert_int_equal (apply (dir, EDIT ("f.txt")), AID_E_REFUSED);
  /* Removing one name leaves the others. */
  assert_int_equal (apply (dir, "--- a/linked.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n"), AID_OK);
  assert_file (outside, "f.txt", "one\n");
  scratch_remove (dir);
  scratch_remove (outside);
}

static void
a_file_that_only_moves_stays_the_same_file (void **state)
{
  (void) state;
  char *dir = tree ();
  assert_int_equal (link (at (dir, "f.txt"), at (dir, "g.txt")), 0);
  ino_t ino = stat_of (dir, "f.txt").st_ino;
  assert_int_equal (apply (dir, "diff --git a/f.txt b/h.txt\nrename from f.txt\nrename to h.txt\n"), AID_OK);
  assert_int_equal (stat_of (dir, "h.txt").st_ino, ino);
  assert_int_equal (stat_of (dir, "h.txt").st_nlink, 2);
  assert_int_equal (apply (dir, "diff --git a/h.txt b/k.txt\nrename from h.txt\nrename to k.txt\n--- a/h.txt\n+++ b/k.txt\n"
                           "@@ -1 +1 @@\n-one\n+ONE\n"), AID_E_REFUSED);
  assert_non_null (strstr (said, "renamed at once"));
  assert_file (dir, "h.txt", "one\n");
  scratch_remove (dir);
}

static void
owners_and_attributes_are_kept (void **state)
{
  (void) state;
  char *dir = tree ();
  int owned = chown (at (dir, "f.txt"), 12345, 54321) == 0;
  assert_int_equal (chmod (at (dir, "f.txt"), 02755), 0);
#ifdef __linux__
  char value[8] = "";
  int marked = setxattr (at (dir, "f.txt"), "user.mark", "kept", 4, 0) == 0;
#endif
  assert_int_equal (apply (dir, EDIT ("f.txt")), AID_OK);
  struct stat st = stat_of (dir, "f.txt");
  if (owned)
    {
      assert_int_equal (st.st_uid, 12345);
      assert_int_equal (st.st_gid, 54321);
    }
  assert_int_equal (st.st_mode & 07777, 02755);
#ifdef __linux__
  if (marked)
    {
      assert_int_equal (getxattr (at (dir, "f.txt"), "user.mark", value, sizeof value), 4);
      assert_string_equal (value, "kept");
    }
#endif
  scratch_remove (dir);
}

/* --- Emacs --- */

static void
lock_as (const char *dir, const char *holder)
{
  unlink (at (dir, ".#f.txt"));
  assert_int_equal (symlink (holder, at (dir, ".#f.txt")), 0);
}

static void
a_file_that_emacs_holds_unsaved_is_refused (void **state)
{
  (void) state;
  char *dir = tree (), host[256] = "", holder[400];
  assert_int_equal (gethostname (host, sizeof host - 1), 0);
  snprintf (holder, sizeof holder, "me@%s.%ld:1700000000", host, (long) getppid ());
  lock_as (dir, holder);
  assert_int_equal (apply (dir, EDIT ("f.txt")), AID_E_REFUSED);
  assert_non_null (strstr (said, "unsaved changes in Emacs"));
  /* Also by another name of it, and when it is on another machine. */
  assert_int_equal (symlink ("f.txt", at (dir, "link.txt")), 0);
  assert_int_equal (apply (dir, EDIT ("link.txt")), AID_E_REFUSED);
  lock_as (dir, "me@elsewhere.example.org.12:1700000000");
  assert_int_equal (apply (dir, EDIT ("f.txt")), AID_E_REFUSED);
  assert_file (dir, "f.txt", "one\n");
  assert_int_equal (symlink (holder, at (dir, ".#new.txt")), 0);
  assert_int_equal (apply (dir, "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n"), AID_E_REFUSED);
  assert_file (dir, "new.txt", NULL);
  /* An Emacs that is gone holds nothing. */
  pid_t child = fork ();
  if (child == 0)
    _exit (0);
  assert_int_equal (waitpid (child, NULL, 0), child);
  snprintf (holder, sizeof holder, "me@%s.%ld", host, (long) child);
  lock_as (dir, holder);
  assert_int_equal (apply (dir, EDIT ("f.txt")), AID_OK);
  assert_file (dir, "f.txt", "ONE\n");
  scratch_remove (dir);
}

/* --- one writer --- */

static void
a_second_writer_is_told_who_writes (void **state)
{
  (void) state;
  char *dir = tree (), pid[32], byte;
  int ready[2];
  struct aid_tree_lock lock;
  struct aid_error e;
  assert_int_equal (pipe (ready), 0);
  pid_t child = fork ();
  if (child == 0)
    {
      (void) !write (ready[1], aid_tree_lock (&lock, dir, 0, NULL) ? "-" : "+", 1);
      pause ();
      _exit (0);
    }
  assert_int_equal (read (ready[0], &byte, 1), 1);
  assert_int_equal (byte, '+');
  assert_int_equal (aid_tree_lock (&lock, dir, 30, &e), AID_E_STATE);
  snprintf (pid, sizeof pid, "process %ld", (long) child);
  assert_non_null (strstr (e.msg, pid));
  /* Whose state is elsewhere is held up by the tree's folder. */
  setenv ("XDG_STATE_HOME", at (dir, "elsewhere"), 1);
  assert_int_equal (aid_tree_lock (&lock, dir, 30, &e), AID_E_STATE);
  assert_int_equal (kill (child, SIGKILL), 0);
  assert_int_equal (waitpid (child, NULL, 0), child);
  assert_int_equal (aid_tree_lock (&lock, dir, 30, &e), AID_OK);
  aid_tree_unlock (&lock);
  close (ready[0]);
  close (ready[1]);
  scratch_remove (dir);
}

/* --- what was cut short --- */

/* A change of f.txt, a new file in a new folder, and a removal, cut short with everything laid down. */
static void
cut_short (const char *dir, enum aid_tree_change_state to, int laid_down)
{
  struct aid_tree_change c;
  struct aid_error e;
  uint64_t one = aid_hash64 (AID_SPAN ("one\n")), two = aid_hash64 (AID_SPAN ("ONE\n"));
  struct { enum aid_tree_step_kind kind; const char *name; uint64_t before, after; } steps[] = {
    { AID_STEP_REPLACE, "f.txt", one, two },
    { AID_STEP_NEW, "new dir%/n.txt", 0, two },
    { AID_STEP_REMOVE, "gone.txt", one, 0 },
  };
  char *real = realpath (dir, NULL);
  put (dir, "gone.txt", "one\n");
  assert_int_equal (aid_tree_change_init (&c, real, &e), AID_OK);
  for (size_t i = 0; i < 3; i++)
    {
      struct aid_tree_step *s = aid_tree_change_add (&c, steps[i].kind, strdup (at (real, steps[i].name)));
      assert_non_null (s);
      s->before = steps[i].before;
      s->after = steps[i].after;
      s->ino = s->kind == AID_STEP_NEW ? 0 : stat_of (dir, steps[i].name).st_ino;
    }
  assert_int_equal (aid_tree_change_add_folder (&c, at (real, "new dir%"), &e), AID_OK);
  struct aid_str state = AID_STR_INIT (4096);
  assert_int_equal (aid_tree_state (&state, &e), AID_OK);
  assert_int_equal (aid_fs_mkdirs (aid_str_z (&state), 0700, &e), AID_OK);
  aid_str_free (&state);
  assert_int_equal (aid_tree_change_write (&c, &e), AID_OK);
  for (size_t i = 0; i < 3 && laid_down; i++)
    {
      const struct aid_tree_step *s = AID_TREE_STEP (&c, i);
      if (s->temp)
        put (real, s->temp + strlen (real) + 1, "ONE\n");
      if (s->old)
        assert_int_equal (link (s->name, s->old), 0);
    }
  if (to != AID_TREE_BEGUN)
    assert_int_equal (aid_tree_change_become (&c, to, &e), AID_OK);
  aid_tree_change_free (&c);
  free (real);
}

static enum aid_err
recover (const char *dir, enum aid_recover_how how, struct aid_patch_recovery *r)
{
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_patch_recover (dir, how, r, &e);
  snprintf (said, sizeof said, "%s", e.msg);
  aid_patch_recovery_free (r);
  return err;
}

static void
assert_old (const char *dir)
{
  assert_file (dir, "f.txt", "one\n");
  assert_file (dir, "gone.txt", "one\n");
  assert_int_equal (names_in (dir), 2);
}

static void
what_was_begun_is_taken_back (void **state)
{
  (void) state;
  char *dir = tree ();
  struct aid_patch_recovery r;
  for (int laid_down = 0; laid_down < 2; laid_down++)
    {
      cut_short (dir, AID_TREE_BEGUN, laid_down);
      assert_int_equal (recover (dir, AID_RECOVER_LOOK, &r), AID_OK);
      assert_int_equal (r.pending, 1);
      assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_OK);
      assert_int_equal (r.undone, 1);
      assert_old (dir);
    }
  assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_OK);
  assert_int_equal (r.undone + r.finished + r.pending, 0);
  scratch_remove (dir);
}

static void
what_was_ready_is_finished (void **state)
{
  (void) state;
  char *dir = tree ();
  struct aid_patch_recovery r;
  cut_short (dir, AID_TREE_COMMITTED, 1);
  assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_OK);
  assert_int_equal (r.finished, 1);
  assert_file (dir, "f.txt", "ONE\n");
  assert_file (dir, "new dir%/n.txt", "ONE\n");
  assert_file (dir, "gone.txt", NULL);
  assert_int_equal (names_in (dir), 3);
  scratch_remove (dir);
}

static void
a_way_back_is_gone_to_its_end (void **state)
{
  (void) state;
  char *dir = tree ();
  struct aid_patch_recovery r;
  cut_short (dir, AID_TREE_UNDOING, 1);
  /* f.txt was replaced already, and gone.txt removed. */
  char cmd[400];
  snprintf (cmd, sizeof cmd, "cd '%s' && mv .aid-*-0.new f.txt && rm gone.txt", dir);
  assert_int_equal (system (cmd), 0);
  assert_file (dir, "f.txt", "ONE\n");
  assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_OK);
  assert_int_equal (r.undone, 1);
  assert_old (dir);
  scratch_remove (dir);
}

static void
what_somebody_else_wrote_meanwhile_is_not_overwritten (void **state)
{
  (void) state;
  char *dir = tree ();
  struct aid_patch_recovery r;
  cut_short (dir, AID_TREE_COMMITTED, 1);
  unlink (at (dir, "f.txt"));
  put (dir, "f.txt", "mine\n");
  assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_E_STATE);
  assert_non_null (strstr (said, "f.txt was changed meanwhile"));
  assert_non_null (strstr (said, "--forget"));
  assert_file (dir, "gone.txt", "one\n");        /* nothing was begun */
  put (dir, "g.txt", "one\n");
  assert_int_equal (apply (dir, EDIT ("g.txt")), AID_E_STATE);
  assert_int_equal (recover (dir, AID_RECOVER_FORGET, &r), AID_OK);
  assert_int_equal (r.forgotten, 1);
  assert_file (dir, "f.txt", "mine\n");
  assert_file (dir, "gone.txt", "one\n");
  assert_int_equal (apply (dir, EDIT ("g.txt")), AID_OK);
  scratch_remove (dir);
}

static void
the_next_patch_recovers_first (void **state)
{
  (void) state;
  char *dir = tree ();
  put (dir, "sub/g.txt", "one\n");
  cut_short (dir, AID_TREE_COMMITTED, 1);
  /* Also from a folder inside, for its files are in the interrupted patch's tree. */
  assert_int_equal (apply (at (dir, "sub"), EDIT ("g.txt")), AID_OK);
  assert_file (dir, "f.txt", "ONE\n");
  assert_file (dir, "sub/g.txt", "ONE\n");
  assert_file (dir, "gone.txt", NULL);
  scratch_remove (dir);
}

static void
other_trees_are_left_alone (void **state)
{
  (void) state;
  char *dir = tree ();
  struct aid_patch_recovery r;
  put (dir, "a/f.txt", "one\n");
  put (dir, "ab/f.txt", "one\n");
  char a[400];
  snprintf (a, sizeof a, "%s/a", dir);
  cut_short (a, AID_TREE_COMMITTED, 1);
  assert_int_equal (recover (at (dir, "ab"), AID_RECOVER_NOW, &r), AID_OK);
  assert_int_equal (r.finished, 0);
  assert_file (dir, "a/f.txt", "one\n");
  assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_OK);
  assert_int_equal (r.finished, 1);
  assert_file (dir, "a/f.txt", "ONE\n");
  scratch_remove (dir);
}

static void
a_folder_that_became_a_link_is_not_followed (void **state)
{
  (void) state;
  char *dir = tree (), *outside = tree ();
  struct aid_patch_recovery r;
  char cmd[400];
  setenv ("XDG_STATE_HOME", at (dir, ".state"), 1);
  cut_short (dir, AID_TREE_COMMITTED, 1);
  snprintf (cmd, sizeof cmd, "cd '%s' && mv 'new dir%%'/.aid* '%s' && rmdir 'new dir%%' && ln -s '%s' 'new dir%%'", dir,
            outside, outside);
  assert_int_equal (system (cmd), 0);
  assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_E_REFUSED);
  assert_file (outside, "n.txt", NULL);
  assert_file (dir, "f.txt", "one\n");
  scratch_remove (dir);
  scratch_remove (outside);
}

static void
a_damaged_journal_is_not_obeyed (void **state)
{
  (void) state;
  char *dir = tree ();
  struct aid_patch_recovery r;
  cut_short (dir, AID_TREE_COMMITTED, 1);
  char cmd[400];
  snprintf (cmd, sizeof cmd, "sed -i s/gone.txt/gune.txt/ \"$XDG_STATE_HOME\"/aid/patch/*.commit");
  assert_int_equal (system (cmd), 0);
  assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_E_PARSE);
  assert_non_null (strstr (said, "damaged"));
  assert_file (dir, "f.txt", "one\n");
  /* A whole one that names something outside of its tree is not either. */
  snprintf (cmd, sizeof cmd, "rm \"$XDG_STATE_HOME\"/aid/patch/*.commit");
  assert_int_equal (system (cmd), 0);
  struct aid_str text = AID_STR_INIT (4096), file = AID_STR_INIT (4096);
  aid_str_addf (&text, "aid-journal-1 abcdefgh\nroot %s\nstep - sub/../../f.txt 0 0 0\n", dir);
  aid_str_addf (&text, "end %llx\n", (unsigned long long) aid_hash64 (aid_str_span (&text)));
  aid_str_addf (&file, "%s/aid/patch/x-abcdefgh.commit", getenv ("XDG_STATE_HOME"));
  assert_int_equal (aid_fs_replace (aid_str_z (&file), aid_str_span (&text), 0600, NULL), AID_OK);
  assert_int_equal (recover (dir, AID_RECOVER_NOW, &r), AID_E_PARSE);
  aid_str_free (&text);
  aid_str_free (&file);
  scratch_remove (dir);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (all_names_of_a_file_see_its_change),
    cmocka_unit_test (a_file_with_a_name_outside_is_refused),
    cmocka_unit_test (a_file_that_only_moves_stays_the_same_file),
    cmocka_unit_test (owners_and_attributes_are_kept),
    cmocka_unit_test (a_file_that_emacs_holds_unsaved_is_refused),
    cmocka_unit_test (a_second_writer_is_told_who_writes),
    cmocka_unit_test (what_was_begun_is_taken_back),
    cmocka_unit_test (what_was_ready_is_finished),
    cmocka_unit_test (a_way_back_is_gone_to_its_end),
    cmocka_unit_test (what_somebody_else_wrote_meanwhile_is_not_overwritten),
    cmocka_unit_test (the_next_patch_recovers_first),
    cmocka_unit_test (other_trees_are_left_alone),
    cmocka_unit_test (a_folder_that_became_a_link_is_not_followed),
    cmocka_unit_test (a_damaged_journal_is_not_obeyed),
  };
  return cmocka_run_group_tests_name ("patch tree", tests, NULL, NULL);
}
