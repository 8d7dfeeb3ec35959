/* Snapshots: each tree is the one that git itself makes of the same files, and what is to be left out is. */
#include "learn/snapshot.h"
#include "base/clock.h"
#include "base/json.h"
#include "build/last.h"
#include "learn/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "project_open.h"


/* In two parts, so that no scanner takes it for somebody's. */
#define TOKEN "gh" "p_m8Rw3nU0vB3nR8wL5cF1jH6dS0gK4pZ2xY9a"

static struct aid_snapshot_settings settings = { .seconds = 20, .days = 30, .megabytes = 1024, .file_max = 1 << 20 };

struct scene
{
  char dir[256];
  struct aid_project *p;
  struct aid_snapshots *s;
};

static const struct aid_project_options watching = { .watch = 1 };

static void
open_scene (struct scene *c, const char *name)
{
  struct aid_error e = { AID_OK, "" };
  snprintf (c->dir, sizeof c->dir, "%s", folder (name));
  c->p = open_project (c->dir, &watching);
  if (aid_snapshots_open (c->p, &settings, &c->s, &e))
    fail_msg ("%s", e.msg);
}

static void
close_scene (struct scene *c)
{
  aid_snapshots_close (c->s);
  aid_project_close (c->p);
}

/* Takes one; TAKEN says whether there was something new. */
static struct aid_snapshot_taken
take (struct scene *c)
{
  struct aid_snapshot_taken t;
  struct aid_error e = { AID_OK, "" };
  if (aid_snapshots_take (c->s, 10000, NULL, &t, &e))
    fail_msg ("%s", e.msg);
  return t;
}

/* Whether the project knows the file PATH as it is. */
static int
is_known (struct scene *c, const char *name)
{
  struct aid_str path = AID_STR_INIT (4096);
  struct aid_project_file file;
  struct stat st;
  aid_str_addf (&path, "%s/%s", c->dir, name);
  int there = !lstat (aid_str_z (&path), &st) && !S_ISDIR (st.st_mode), listed = !aid_project_find (c->p, aid_span_z (name), &file);
  aid_str_free (&path);
  return there == listed
         && (!there || (file.inode == st.st_ino && file.size == (uint64_t)st.st_size
                        && file.mtime_ns == (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec));
}

/* Has the project look at the file NAME, and waits until it has. */
static void
touch (struct scene *c, const char *name)
{
  aid_project_touch (c->p, aid_span_z (name));
  for (int i = 0; !is_known (c, name); i++)
    {
      assert_true (i < 20000);
      usleep (1000);
    }
}

/* The tree that git makes of the files in DIR, by an index of its own. */
static void
tree_of_git (const char *dir, char out[AID_VAULT_ID])
{
  struct aid_str text = AID_STR_INIT (4096), command = AID_STR_INIT (4096);
  aid_str_addf (&command,
                "rm -rf '%s/oracle' && git init -q --bare '%s/oracle' && export GIT_DIR='%s/oracle' GIT_WORK_TREE=. "
                "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null && git add -A . && git write-tree",
                scratch, scratch, scratch);
  output_of (dir, aid_str_z (&command), &text);
  struct aid_span id = aid_span_trim (aid_str_span (&text));
  assert_true (id.len == 40);
  memcpy (out, id.ptr, id.len);
  out[id.len] = '\0';
  aid_str_free (&text);
  aid_str_free (&command);
}

static void
assert_tree (struct scene *c)
{
  struct aid_vault_tip tip;
  char tree[AID_VAULT_ID];
  tree_of_git (c->dir, tree);
  assert_int_equal (aid_vault_tip (aid_snapshots_vault (c->s), &tip, NULL), AID_OK);
  assert_string_equal (tip.tree, tree);
  aid_vault_tip_free (&tip);
}

static json_t *
last_message (struct scene *c)
{
  struct aid_vault_tip tip;
  assert_int_equal (aid_vault_tip (aid_snapshots_vault (c->s), &tip, NULL), AID_OK);
  const char *brace = strchr (aid_str_z (&tip.message), '{');
  assert_non_null (brace);
  json_t *o = json_loads (brace, 0, NULL);
  assert_non_null (o);
  aid_vault_tip_free (&tip);
  return o;
}

static void
assert_sound (struct scene *c)
{
  struct aid_str text = AID_STR_INIT (1 << 16), command = AID_STR_INIT (4096);
  aid_str_addf (&command, "git --git-dir='%s/git' fsck --strict 2>&1 | grep -v '^notice: HEAD'; echo \"end\"",
                aid_snapshots_vault (c->s)->dir);
  output_of (c->dir, aid_str_z (&command), &text);
  assert_string_equal (aid_str_z (&text), "end\n");
  aid_str_free (&text);
  aid_str_free (&command);
}

/* --- what is in one --------------------------------------------------------------------------------------------------------- */

static void
a_tree_is_the_one_that_git_makes (void **state)
{
  struct scene c;
  (void)state;
  const char *dir = folder ("oddities");
  write_file (dir, "with blank/and\nnewline", AID_SPAN ("x\n"));
  write_file (dir, "latin-\xE9", AID_SPAN ("x\n"));
  write_file (dir, "quote \" and \\ backslash", AID_SPAN ("x\n"));
  write_file (dir, "-rf", AID_SPAN (""));
  write_file (dir, "tab\there\001", AID_SPAN ("\0\1\2\xFF"));
  write_file (dir, "sub/crlf", AID_SPAN ("a\r\nb\r\n"));
  write_file (dir, "sub/data", AID_SPAN ("data 3\nblob\nM 100644 inline x\n"));
  write_file (dir, ".gitattributes", AID_SPAN ("* -text\n"));
  run_in (dir, "ln -s .. sub/loop && ln -s /etc/passwd out && ln -s nowhere dangling && chmod +x sub/crlf && mkdir empty");
  open_scene (&c, "oddities");
  struct aid_snapshot_taken t = take (&c);
  assert_true (t.id[0]);
  assert_int_equal (t.left_out, 0);
  assert_tree (&c);
  assert_string_equal (take (&c).id, "");
  assert_string_equal (take (&c).last, t.id);
  assert_sound (&c);
  close_scene (&c);
}

static void
another_process_finds_nothing_new (void **state)
{
  struct scene c;
  (void)state;
  write_file (folder ("again"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "again");
  struct aid_snapshot_taken first = take (&c), second;
  close_scene (&c);
  open_scene (&c, "again");
  second = take (&c);
  assert_string_equal (second.id, "");
  assert_string_equal (second.last, first.id);
  close_scene (&c);
}

/* One change of the kind that people and programs make; NAME gets what it is about. */
static void
change_something (const char *dir, char *name, size_t size)
{
  struct aid_str command = AID_STR_INIT (4096);
  unsigned d = draw (3), f = draw (5);
  snprintf (name, size, draw (4) ? "d%u/f%u" : "d%u/f%u/deep", d, f);
  switch (draw (6))
    {
    case 0:
      aid_str_addf (&command, "rm -rf d%u/f%u", d, f);
      break;
    case 1:
      aid_str_addf (&command, "rm -rf d%u", d);
      break;
    case 2:
      aid_str_addf (&command, "mkdir -p d%u && rm -rf d%u/f%u && ln -s x%u d%u/f%u", d, d, f, draw (100), d, f);
      snprintf (name, size, "d%u/f%u", d, f);
      break;
    default:
      aid_str_addf (&command, "[ -d \"$(dirname %s)\" ] || rm -rf \"$(dirname %s)\"; mkdir -p \"$(dirname %s)\" && "
                              "rm -rf %s && echo %u >%s && chmod %s %s",
                    name, name, name, name, draw (50), name, draw (2) ? "+x" : "-x", name);
    }
  run_in (dir, aid_str_z (&command));
  aid_str_free (&command);
}

static void
what_changes_comes_to_the_same_tree (void **state)
{
  struct scene c;
  char name[64];
  (void)state;
  write_file (folder ("changing"), "d0/f0", AID_SPAN ("0\n"));
  open_scene (&c, "changing");
  take (&c);
  for (int round = 0; round < 40; round++)
    {
      for (unsigned n = 1 + draw (3); n; n--)
        {
          change_something (c.dir, name, sizeof name);
          touch (&c, name);
        }
      /* Until the watch has told of all of it. */
      char tree[AID_VAULT_ID];
      struct aid_vault_tip tip;
      tree_of_git (c.dir, tree);
      for (int i = 0;; i++)
        {
          take (&c);
          assert_int_equal (aid_vault_tip (aid_snapshots_vault (c.s), &tip, NULL), AID_OK);
          int same = !strcmp (tip.tree, tree);
          aid_vault_tip_free (&tip);
          if (same)
            break;
          if (i > 2000)
            fail_msg ("round %d: never the tree %s", round, tree);
          usleep (10000);
        }
    }
  assert_sound (&c);
  close_scene (&c);
}

static void
secrets_and_large_files_are_left_out (void **state)
{
  struct scene c;
  (void)state;
  const char *dir = folder ("secrets");
  struct aid_str large = AID_STR_INIT (4 << 20);
  while (large.len <= settings.file_max)
    aid_str_addz (&large, "line after line\n");
  write_file (dir, "plain", AID_SPAN ("1\n"));
  write_file (dir, "key.py", AID_SPAN ("key = \"" TOKEN "\"\n"));
  write_file (dir, ".env", AID_SPAN ("A=1\n"));
  write_file (dir, "large", aid_str_span (&large));
  open_scene (&c, "secrets");
  assert_int_equal (take (&c).left_out, 3);
  json_t *o = last_message (&c), *left = json_object_get (o, "left_out");
  assert_int_equal (aid_json_int (left, "secret", 0), 2);
  assert_int_equal (aid_json_int (left, "large", 0), 1);
  json_decref (o);
  struct aid_str command = AID_STR_INIT (4096);
  aid_str_addf (&command, "git --git-dir='%s/git' cat-file --batch-all-objects --batch | grep -ac " TOKEN " | grep -x 0",
                aid_snapshots_vault (c.s)->dir);
  run_in (dir, aid_str_z (&command));
  aid_str_free (&command);
  /* One that becomes clean comes in, one that gets a secret goes. */
  write_file (dir, "key.py", AID_SPAN ("key = input ()\n"));
  write_file (dir, "plain", AID_SPAN ("key = \"" TOKEN "\"\n"));
  touch (&c, "key.py");
  touch (&c, "plain");
  assert_int_equal (take (&c).left_out, 3);
  run_in (dir, "rm -f plain large .env");
  touch (&c, "plain");
  touch (&c, "large");
  touch (&c, ".env");
  assert_int_equal (take (&c).left_out, 0);
  assert_tree (&c);
  aid_str_free (&large);
  close_scene (&c);
}

static void
what_is_not_saved_is_in_it_until_it_is (void **state)
{
  struct scene c;
  struct aid_str text = AID_STR_INIT (1000);
  struct aid_span typed = AID_SPAN ("typed\n"), secret = AID_SPAN ("key = \"" TOKEN "\"\n");
  (void)state;
  write_file (folder ("unsaved"), "a", AID_SPAN ("disk\n"));
  open_scene (&c, "unsaved");
  take (&c);
  assert_int_equal (aid_snapshots_unsaved (c.s, AID_SPAN ("a"), &typed, NULL), AID_OK);
  assert_int_equal (aid_snapshots_unsaved (c.s, AID_SPAN ("../outside"), &typed, NULL), AID_OK);
  struct aid_snapshot_taken t = take (&c);
  assert_int_equal (aid_timeline_text (aid_snapshots_vault (c.s), t.id, AID_SPAN ("a"), &text, NULL), AID_OK);
  assert_string_equal (aid_str_z (&text), "typed\n");
  assert_string_equal (take (&c).id, "");
  assert_int_equal (aid_snapshots_unsaved (c.s, AID_SPAN ("a"), &secret, NULL), AID_OK);
  t = take (&c);
  aid_str_clear (&text);
  assert_int_equal (aid_timeline_text (aid_snapshots_vault (c.s), t.id, AID_SPAN ("a"), &text, NULL), AID_E_NOTFOUND);
  assert_int_equal (aid_snapshots_unsaved (c.s, AID_SPAN ("a"), NULL, NULL), AID_OK);
  t = take (&c);
  assert_int_equal (aid_timeline_text (aid_snapshots_vault (c.s), t.id, AID_SPAN ("a"), &text, NULL), AID_OK);
  assert_string_equal (aid_str_z (&text), "disk\n");
  aid_str_free (&text);
  close_scene (&c);
}

/* --- how the build stood ------------------------------------------------------------------------------------------------------ */

static void
ended (const struct scene *c, enum aid_build_status status, int64_t ms)
{
  struct aid_diags diags = { .items = AID_VEC_INIT (struct aid_diag, 10) };
  struct aid_diag *d = aid_vec_push (&diags.items);
  char shown[] = "make", message[] = "error at key = \"" TOKEN "\"", path[] = "a";
  *d = (struct aid_diag){ .path = path, .line = 1, .message = message, .text = message, .form = "gnu" };
  diags.errors = 1;
  struct aid_build_event ev = { .status = status, .diags = &diags, .ms = ms };
  struct aid_build_command command = { .shown = shown };
  aid_build_last_save (aid_project_root (c->p), AID_BUILD_ALL, status, &command, &ev);
  aid_vec_free (&diags.items);
}

static void
a_build_is_a_snapshot_of_the_same_tree (void **state)
{
  struct scene c;
  (void)state;
  write_file (folder ("built"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "built");
  take (&c);
  usleep (20000);
  ended (&c, AID_BUILD_RED, 1);
  assert_true (take (&c).id[0]);
  assert_string_equal (take (&c).id, "");
  json_t *o = last_message (&c), *build = json_object_get (o, "build"), *diag = json_array_get (json_object_get (build, "diagnostics"), 0);
  assert_string_equal (aid_json_str (build, "status"), "red");
  assert_true (aid_json_bool (build, "exact", 0));
  assert_string_equal (aid_json_str (diag, "path"), "a");
  assert_string_equal (aid_json_str (diag, "message"), "error at key = \"[removed: GitHub token]\"");
  json_decref (o);
  /* One that began before the file was changed has not seen it. */
  ended (&c, AID_BUILD_GREEN, 60000);
  assert_true (take (&c).id[0]);
  o = last_message (&c);
  assert_false (aid_json_bool (json_object_get (o, "build"), "exact", 1));
  json_decref (o);
  close_scene (&c);
}

/* --- forgetting ------------------------------------------------------------------------------------------------------------------ */

/* The last snapshot, under the name of the hour HOUR instead. */
static void
move_to (struct scene *c, const char *hour)
{
  struct aid_vault_tip tip;
  struct aid_str command = AID_STR_INIT (4096);
  assert_int_equal (aid_vault_tip (aid_snapshots_vault (c->s), &tip, NULL), AID_OK);
  aid_str_addf (&command, "export GIT_DIR='%s/git'; git update-ref refs/snapshots/%s %s && git update-ref -d %s",
                aid_snapshots_vault (c->s)->dir, hour, tip.commit, tip.ref);
  run_in (c->dir, aid_str_z (&command));
  aid_vault_tip_free (&tip);
  aid_str_free (&command);
}

static void
noise (struct scene *c, const char *name)
{
  char bytes[300000];
  assert_int_equal (getentropy (bytes, 256), 0);
  for (size_t i = 256; i < sizeof bytes; i++)
    bytes[i] = (char)draw (256);
  write_file (c->dir, name, (struct aid_span){ bytes, sizeof bytes });
  touch (c, name);
}

static void
old_hours_go_and_examples_stay (void **state)
{
  static const char *const hours[] = { "2020-01-01T00", "2020-01-01T01", "2020-01-02T00", "2020-02-01T00" };
  struct scene c;
  struct aid_snapshot_forgotten f;
  struct aid_str text = AID_STR_INIT (1 << 20), command = AID_STR_INIT (4096);
  char kept[AID_VAULT_ID] = "";
  (void)state;
  write_file (folder ("old"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "old");
  for (size_t i = 0; i < 4; i++)
    {
      noise (&c, "noise");
      struct aid_snapshot_taken t = take (&c);
      assert_true (t.id[0]);
      move_to (&c, hours[i]);
      if (i == 1)
        memcpy (kept, t.id, sizeof kept);
    }
  noise (&c, "noise");
  take (&c);
  struct aid_vault *s = aid_snapshots_vault (c.s);
  aid_str_addf (&command, "git --git-dir='%s/git' update-ref refs/examples/x %s", s->dir, kept);
  run_in (c.dir, aid_str_z (&command));
  /* A little is not worth it for one who watches. */
  assert_int_equal (aid_snapshot_gc (s, &settings, AID_GC_LITTLE, 0, NULL, &f, NULL), AID_OK);
  assert_int_equal (f.hours, 0);
  assert_int_equal (aid_snapshot_gc (s, &settings, AID_GC_ALL, 0, NULL, &f, NULL), AID_OK);
  assert_int_equal (f.hours, 4);
  assert_true (f.after < f.before);
  assert_int_equal (aid_timeline_text (s, kept, AID_SPAN ("noise"), &text, NULL), AID_OK);
  assert_int_equal (text.len, 300000);
  assert_sound (&c);
  assert_string_equal (take (&c).id, "");
  aid_str_free (&text);
  aid_str_free (&command);
  close_scene (&c);
}

static void
above_their_size_the_oldest_go (void **state)
{
  struct scene c;
  struct aid_snapshot_forgotten f;
  struct aid_snapshot_settings small = settings;
  char hour[32];
  (void)state;
  small.days = 0;
  small.megabytes = 1;
  write_file (folder ("sized"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "sized");
  for (int i = 0; i < 6; i++)
    {
      noise (&c, "noise");
      take (&c);
      snprintf (hour, sizeof hour, "2020-01-01T0%d", i);
      move_to (&c, hour);
    }
  struct aid_vault *s = aid_snapshots_vault (c.s);
  assert_int_equal (aid_snapshot_gc (s, &small, AID_GC_LITTLE, 0, NULL, &f, NULL), AID_OK);
  /* Two of 300,000 bytes fit into four fifths of a megabyte. */
  assert_int_equal (f.hours, 4);
  assert_true (f.before > 1 << 20);
  assert_true (f.after < 1 << 20);
  assert_sound (&c);
  close_scene (&c);
}

/* --- bringing back ---------------------------------------------------------------------------------------------------------------- */

static void
nothing_is_brought_back_through_a_link (void **state)
{
  struct scene c;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (100);
  (void)state;
  const char *dir = folder ("linked"), *outside = folder ("linked-outside");
  write_file (dir, "sub/a", AID_SPAN ("1\n"));
  run_in (dir, "chmod +x sub/a && ln -s a sub/b");
  open_scene (&c, "linked");
  struct aid_snapshot_taken t = take (&c);
  struct aid_vault *s = aid_snapshots_vault (c.s);
  run_in (dir, "rm -r sub && ln -s ../linked-outside sub");
  assert_int_equal (aid_snapshot_restore (s, t.id, AID_SPAN ("sub/a"), dir, NULL, NULL, &e), AID_E_REFUSED);
  run_in (outside, "[ -z \"$(ls -A .)\" ]");
  run_in (dir, "rm sub");
  assert_int_equal (aid_snapshot_restore (s, t.id, AID_SPAN ("sub"), dir, NULL, NULL, &e), AID_OK);
  run_in (dir, "[ -x sub/a ] && [ \"$(cat sub/a)\" = 1 ] && [ \"$(readlink sub/b)\" = a ] && [ \"$(ls -A sub | wc -l)\" = 2 ]");
  /* A file that became a link is replaced, and not what the link leads to. */
  write_file (outside, "x", AID_SPAN ("outside\n"));
  run_in (dir, "ln -sf ../../linked-outside/x sub/a");
  assert_int_equal (aid_snapshot_restore (s, t.id, AID_SPAN ("sub/a"), dir, NULL, NULL, &e), AID_OK);
  run_in (dir, "[ ! -L sub/a ] && [ \"$(cat ../linked-outside/x)\" = outside ]");
  assert_int_equal (aid_snapshot_restore (s, "0123456789", AID_SPAN ("sub/a"), dir, NULL, NULL, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_snapshot_restore (s, "HEAD; rm", AID_SPAN ("sub/a"), dir, NULL, NULL, &e), AID_E_NOTFOUND);
  aid_str_free (&text);
  close_scene (&c);
}

/* --- two at once ------------------------------------------------------------------------------------------------------------------ */

static void
who_does_not_get_the_lock_does_nothing (void **state)
{
  struct scene a, b;
  struct aid_snapshot_taken t;
  struct aid_error e = { AID_OK, "" };
  (void)state;
  write_file (folder ("two"), "a", AID_SPAN ("1\n"));
  open_scene (&a, "two");
  open_scene (&b, "two");
  assert_int_equal (aid_vault_lock (aid_snapshots_vault (a.s), 0, &e), AID_OK);
  assert_int_equal (aid_snapshots_take (b.s, 0, NULL, &t, &e), AID_E_STATE);
  assert_non_null (strstr (e.msg, "Another process writes snapshots"));
  aid_vault_unlock (aid_snapshots_vault (a.s));
  assert_true (take (&b).id[0]);
  assert_string_equal (take (&a).id, "");
  /* What A has seen goes upon what B has made of the same. */
  write_file (a.dir, "a", AID_SPAN ("2\n"));
  touch (&a, "a");
  touch (&b, "a");
  assert_true (take (&b).id[0]);
  assert_string_equal (take (&a).id, "");
  assert_tree (&a);
  assert_int_equal (aid_vault_watch (aid_snapshots_vault (a.s), &e), AID_OK);
  assert_int_equal (aid_vault_watch (aid_snapshots_vault (b.s), &e), AID_E_STATE);
  close_scene (&a);
  close_scene (&b);
}

static void
what_the_power_took_is_given_up (void **state)
{
  struct scene c;
  struct aid_snapshot_taken t;
  struct aid_error e = { AID_OK, "" };
  struct aid_str command = AID_STR_INIT (4096);
  (void)state;
  write_file (folder ("power"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "power");
  take (&c);
  move_to (&c, "2020-01-01T00");
  close_scene (&c);
  open_scene (&c, "power");
  write_file (c.dir, "a", AID_SPAN ("2\n"));
  touch (&c, "a");
  take (&c);
  /* The newest pack became an empty file. */
  aid_str_addf (&command, "cd '%s/git/objects/pack' && for f in $(ls -t | head -n 2); do chmod +w $f && : >$f; done",
                aid_snapshots_vault (c.s)->dir);
  run_in (c.dir, aid_str_z (&command));
  write_file (c.dir, "a", AID_SPAN ("3\n"));
  touch (&c, "a");
  for (int i = 0; i < 5 && aid_snapshots_take (c.s, 0, NULL, &t, &e); i++)
    ;
  assert_true (t.id[0]);
  assert_tree (&c);
  assert_sound (&c);
  aid_str_free (&command);
  close_scene (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_tree_is_the_one_that_git_makes),
    cmocka_unit_test (another_process_finds_nothing_new),
    cmocka_unit_test (what_changes_comes_to_the_same_tree),
    cmocka_unit_test (secrets_and_large_files_are_left_out),
    cmocka_unit_test (what_is_not_saved_is_in_it_until_it_is),
    cmocka_unit_test (a_build_is_a_snapshot_of_the_same_tree),
    cmocka_unit_test (old_hours_go_and_examples_stay),
    cmocka_unit_test (above_their_size_the_oldest_go),
    cmocka_unit_test (nothing_is_brought_back_through_a_link),
    cmocka_unit_test (what_the_power_took_is_given_up),
    cmocka_unit_test (who_does_not_get_the_lock_does_nothing),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
