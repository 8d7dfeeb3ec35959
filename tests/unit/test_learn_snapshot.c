/* Snapshots: each tree is the one that git itself makes of the same files, and what is to be left out is. */
#include "snapshot_scene.h"

/* --- what is in one ----------------------------------------------------------------------------------------------- */

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
      aid_str_addf (&command,
                    "[ -d \"$(dirname %s)\" ] || rm -rf \"$(dirname %s)\"; mkdir -p \"$(dirname %s)\" && "
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

/* Times of their own for what has just changed, long ago: what is young is read again anyway. */
static void
grow_old (const struct scene *c, int round)
{
  struct aid_str command = AID_STR_INIT (1000);
  aid_str_addf (&command, "find . -newermt '2021-01-01' ! -type d -exec touch -h -d @%d {} +", 1500000000 + round);
  run_in (c->dir, aid_str_z (&command));
  aid_str_free (&command);
}

static void
what_changes_between_processes_comes_to_the_same_tree (void **state)
{
  struct scene c;
  char name[64];
  int64_t changed = -1;
  (void)state;
  const char *dir = folder ("between");
  write_file (dir, "d0/f0", AID_SPAN ("0\n"));
  write_file (dir, ".env", AID_SPAN ("A=1\n"));
  for (int round = 0; round < 40; round++)
    {
      snprintf (c.dir, sizeof c.dir, "%s", scratch_path ("between"));
      if (round)
        change_something (c.dir, name, sizeof name);
      grow_old (&c, round);
      open_scene (&c, "between");
      assert_int_equal (take (&c).left_out, 1);
      json_t *o = last_message (&c);
      changed = aid_json_int (o, "changed", -1);
      json_decref (o);
      run_in (c.dir, "mv .env ../env");
      assert_tree (&c);
      run_in (c.dir, "mv ../env .env");
      close_scene (&c);
    }
  assert_true (changed >= 0); /* not all files were looked through */
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

/* --- how the build stood ------------------------------------------------------------------------------------------ */

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
  json_t *o = last_message (&c), *build = json_object_get (o, "build"),
         *diag = json_array_get (json_object_get (build, "diagnostics"), 0);
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

/* --- two at once -------------------------------------------------------------------------------------------------- */

static void
a_commit_is_a_snapshot_of_the_same_tree (void **state)
{
  struct scene c;
  struct aid_snapshot_taken first, second;
  (void)state;
  make_repository (folder ("committed"));
  write_file (folder ("committed"), "a", AID_SPAN ("1\n"));
  run_in (folder ("committed"), "git add -A && git commit -qm one");
  write_file (folder ("committed"), "a", AID_SPAN ("2\n"));
  open_scene (&c, "committed");
  first = take (&c);
  assert_true (first.id[0]);
  assert_string_equal (take (&c).id, "");
  run_in (c.dir, "git commit -qam two");
  for (int i = 0; !(second = take (&c)).id[0]; i++) /* until the watch has told of it */
    {
      assert_true (i < 2000);
      usleep (10000);
    }
  assert_string_not_equal (second.id, first.id);
  assert_tree (&c);
  assert_string_equal (take (&c).id, "");
  close_scene (&c);
}

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

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_tree_is_the_one_that_git_makes),
    cmocka_unit_test (another_process_finds_nothing_new),
    cmocka_unit_test (what_changes_comes_to_the_same_tree),
    cmocka_unit_test (what_changes_between_processes_comes_to_the_same_tree),
    cmocka_unit_test (secrets_and_large_files_are_left_out),
    cmocka_unit_test (what_is_not_saved_is_in_it_until_it_is),
    cmocka_unit_test (a_build_is_a_snapshot_of_the_same_tree),
    cmocka_unit_test (a_commit_is_a_snapshot_of_the_same_tree),
    cmocka_unit_test (who_does_not_get_the_lock_does_nothing),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
