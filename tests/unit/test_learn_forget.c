/* Snapshots that are forgotten, brought back, and lost with the power. */
#include "snapshot_scene.h"

/* --- forgetting --------------------------------------------------------------------------------------------------- */

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

/* --- bringing back ------------------------------------------------------------------------------------------------ */

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
  run_in (dir,
          "[ -x sub/a ] && [ \"$(cat sub/a)\" = 1 ] && [ \"$(readlink sub/b)\" = a ] && [ \"$(ls -A sub | wc -l)\" = 2 ]");
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

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (old_hours_go_and_examples_stay),
    cmocka_unit_test (above_their_size_the_oldest_go),
    cmocka_unit_test (what_the_power_took_is_given_up),
    cmocka_unit_test (nothing_is_brought_back_through_a_link),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
