/* Snapshots where somebody else is at work: files that are written while they are read, an editor, AID's own state in the
   project, a git that is killed. */
#include "snapshot_scene.h"
#include "learn/snapshot_internal.h"
#include "sanitized.h"

#include <fcntl.h>
#include <pthread.h>

/* --- files that are written meanwhile ----------------------------------------------------------------------------- */

struct writer
{
  char path[512];
  int stop;
};

static void *
write_on (void *arg)
{
  struct writer *w = arg;
  int fd = open (w->path, O_WRONLY | O_APPEND | O_CLOEXEC);
  for (int i = 0; fd >= 0 && !__atomic_load_n (&w->stop, __ATOMIC_SEQ_CST); i++)
    if ((i % 100000 == 0 && ftruncate (fd, 100)) || write (fd, "x", 1) != 1)
      break;
  if (fd >= 0)
    close (fd);
  return NULL;
}

/* All files are looked through, and one of them changes each time that it is read. */
static void
what_is_being_written_stays_as_it_was (void **state)
{
  struct scene c;
  struct writer w = { .stop = 0 };
  pthread_t thread;
  (void)state;
  write_file (folder ("written"), "log", AID_SPAN ("begun\n"));
  write_file (folder ("written"), "dir/it's \"one\"\n", AID_SPAN ("begun\n"));
  write_file (folder ("written"), "other", AID_SPAN ("1\n"));
  open_scene (&c, "written");
  take (&c);
  snprintf (w.path, sizeof w.path, "%s/log", c.dir);
  assert_int_equal (pthread_create (&thread, NULL, write_on, &w), 0);
  for (int i = 0; i < 20; i++)
    {
      struct aid_str text = AID_STR_INIT (1 << 20);
      char id[AID_VAULT_ID];
      c.s->whole_ms = 0; /* it is a day ago */
      c.s->generation = 0;
      take (&c);
      assert_int_equal (aid_timeline_find (aid_snapshots_vault (c.s), "latest", id, NULL), AID_OK);
      assert_int_equal (aid_timeline_text (aid_snapshots_vault (c.s), id, AID_SPAN ("log"), &text, NULL), AID_OK);
      assert_true (text.len >= 6);
      aid_str_free (&text);
    }
  __atomic_store_n (&w.stop, 1, __ATOMIC_SEQ_CST);
  pthread_join (thread, NULL);
  touch (&c, "log");
  take (&c);
  assert_tree (&c);
  close_scene (&c);
}

/* A change waits for its snapshot; when it was seen first is told, for what is edited at once has not settled. */
static void
when_a_change_was_seen_is_told (void **state)
{
  struct scene c;
  int built;
  (void)state;
  write_file (folder ("noticed"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "noticed");
  take (&c);
  json_t *o = last_message (&c);
  assert_true (json_is_null (json_object_get (o, "noticed")));
  json_decref (o);
  write_file (c.dir, "a", AID_SPAN ("2\n"));
  touch (&c, "a");
  const int64_t before = aid_clock_wall_ms ();
  assert_true (aid_snapshot_due (c.s, &built));
  const int64_t after = aid_clock_wall_ms ();
  usleep (50000);
  write_file (c.dir, "a", AID_SPAN ("33\n"));
  touch (&c, "a");
  assert_true (aid_snapshot_due (c.s, &built));
  take (&c);
  o = last_message (&c);
  assert_in_range (aid_json_int (o, "noticed", 0), before, after);
  assert_true (aid_json_int (o, "time", 0) >= after + 50);
  json_decref (o);
  close_scene (&c);
}

/* --- an editor ---------------------------------------------------------------------------------------------------- */

/* The first snapshot of a process that goes by what another has seen has it, too. */
static void
what_is_not_saved_is_in_the_first_one (void **state)
{
  struct scene c;
  struct aid_str text = AID_STR_INIT (1000);
  struct aid_span typed = AID_SPAN ("typed\n");
  (void)state;
  write_file (folder ("first"), "a", AID_SPAN ("disk\n"));
  write_file (folder ("first"), "b", AID_SPAN ("1\n"));
  run_in (folder ("first"), "touch -d '1 hour ago' a b");
  open_scene (&c, "first");
  take (&c);
  close_scene (&c);
  open_scene (&c, "first");
  assert_int_equal (aid_snapshots_unsaved (c.s, AID_SPAN ("a"), &typed, NULL), AID_OK);
  write_file (folder ("first"), "b", AID_SPAN ("2\n"));
  touch (&c, "b");
  struct aid_snapshot_taken t = take (&c);
  json_t *o = last_message (&c);
  assert_true (json_is_integer (json_object_get (o, "changed"))); /* not all files were looked through */
  assert_string_equal (json_string_value (json_array_get (json_object_get (o, "unsaved"), 0)), "a");
  assert_int_equal (aid_timeline_text (aid_snapshots_vault (c.s), t.id, AID_SPAN ("a"), &text, NULL), AID_OK);
  assert_string_equal (aid_str_z (&text), "typed\n");
  json_decref (o);
  aid_str_free (&text);
  close_scene (&c);
}

/* --- AID's own state ---------------------------------------------------------------------------------------------- */

/* It may lie in the project; what AID writes there is no change of what was built. */
static void
what_aid_writes_is_no_change (void **state)
{
  struct scene c;
  struct aid_build_command command = { .shown = (char *)(uintptr_t) "make" };
  struct aid_diags diags = { .items = AID_VEC_INIT (struct aid_diag, 1) };
  struct aid_build_event ev = { .status = AID_BUILD_GREEN, .diags = &diags, .ms = 1000 };
  struct aid_str kept = AID_STR_INIT (4096);
  (void)state;
  aid_str_addz (&kept, getenv ("XDG_STATE_HOME"));
  folder ("within");
  setenv ("XDG_STATE_HOME", scratch_path ("within/state"), 1);
  assert_int_equal (aid_fs_mkdirs (scratch_path ("within/state"), 0700, NULL), AID_OK);
  write_file (folder ("within"), "a", AID_SPAN ("1\n"));
  run_in (folder ("within"), "touch -d '1 hour ago' a");
  open_scene (&c, "within");
  take (&c);
  usleep (1100000); /* the build begins when the files are there */
  aid_build_last_save (aid_project_root (c.p), AID_BUILD_ALL, AID_BUILD_GREEN, &command, &ev);
  write_file (c.dir, "state/aid/events", AID_SPAN ("one\n"));
  touch (&c, "state/aid/events");
  take (&c);
  json_t *o = last_message (&c);
  assert_true (aid_json_bool (json_object_get (o, "build"), "exact", 0));
  json_decref (o);
  close_scene (&c);
  setenv ("XDG_STATE_HOME", aid_str_z (&kept), 1);
  aid_str_free (&kept);
}

/* --- a build that says much --------------------------------------------------------------------------------------- */

/* As a build of N errors that ended now, in a file whose name is so long. */
static void
ended_with (const struct scene *c, size_t n, size_t length)
{
  struct aid_diags diags = { .items = AID_VEC_INIT (struct aid_diag, n), .errors = n };
  struct aid_build_command command = { .shown = (char *)(uintptr_t) "make" };
  char *path = malloc (length + 1);
  memset (path, 'p', length);
  path[length] = '\0';
  for (size_t i = 0; i < n; i++)
    *(struct aid_diag *)aid_vec_push (&diags.items)
      = (struct aid_diag){ .path = path, .line = (int)i + 1, .message = path + length, .text = path + length, .form = "gnu" };
  struct aid_build_event ev = { .status = AID_BUILD_RED, .diags = &diags, .ms = 1 };
  aid_build_last_save (aid_project_root (c->p), AID_BUILD_ALL, AID_BUILD_RED, &command, &ev);
  usleep (2000); /* each has its own time */
  aid_vec_free (&diags.items);
  free (path);
}

/* About as long as a message may be: the last one whose errors are all told, and the first one without, are read again. */
static void
a_message_may_be_as_long_as_it_is_read (void **state)
{
  struct scene c;
  struct aid_vault_tip tip;
  size_t whole = 0, less = 0, overhead;
  (void)state;
  write_file (folder ("long"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "long");
  take (&c);
  ended_with (&c, 1, 10);
  take (&c);
  assert_int_equal (aid_vault_tip (aid_snapshots_vault (c.s), &tip, NULL), AID_OK);
  overhead = tip.message.len - 10;
  aid_vault_tip_free (&tip);
  for (size_t length = AID_VAULT_MESSAGE - overhead - 240; length < AID_VAULT_MESSAGE - overhead + 120; length += 40)
    {
      ended_with (&c, 1, length);
      assert_true (take (&c).id[0]);
      json_t *o = last_message (&c), *build = json_object_get (o, "build");
      assert_int_equal (aid_json_int (build, "errors", 0), 1);
      *(json_array_size (json_object_get (build, "diagnostics")) ? &whole : &less) += 1;
      json_decref (o);
    }
  assert_true (whole && less);
  assert_string_equal (take (&c).id, "");
  close_scene (&c);
}

/* Within any limit there is a message, with the first of the errors, as many as there is place for. */
static void
a_long_message_has_fewer_errors (void **state)
{
  struct scene c;
  size_t before = 100;
  (void)state;
  write_file (folder ("much"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "much");
  ended_with (&c, 100, 100);
  for (size_t limit = 1 << 16; limit >= 1024; limit /= 2)
    {
      struct aid_str text = AID_STR_INIT (limit);
      struct aid_moment m = { .time_ms = 1 };
      assert_int_equal (aid_message_write (&m, aid_project_root (c.p), &text, NULL), AID_OK);
      assert_true (text.len <= limit);
      json_t *o = aid_message_read (aid_str_span (&text)), *all = json_object_get (json_object_get (o, "build"), "diagnostics");
      size_t n = json_array_size (all);
      assert_true (n ? n <= before : limit <= 1024);
      assert_true (n * 2 >= before || n * 2 * 250 + 1000 > limit);
      assert_int_equal (aid_json_int (json_array_get (all, 0), "line", 1), 1);
      before = n;
      json_decref (o);
      aid_str_free (&text);
    }
  assert_true (before < 10);
  struct aid_str text = AID_STR_INIT (100);
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_message_write (&(struct aid_moment){ .time_ms = 1 }, aid_project_root (c.p), &text, &e), AID_E_LIMIT);
  aid_str_free (&text);
  close_scene (&c);
}

/* --- a git that is killed ----------------------------------------------------------------------------------------- */

/* Who looks whether the objects are all there is killed, as for want of memory: that says nothing of them. */
static void
a_look_that_was_killed_gives_nothing_up (void **state)
{
  struct scene c;
  char before[AID_VAULT_ID], after[AID_VAULT_ID];
  struct aid_str path = AID_STR_INIT (65536), kept = AID_STR_INIT (65536);
  (void)state;
  write_file (folder ("killed"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "killed");
  take (&c);
  assert_int_equal (aid_timeline_find (aid_snapshots_vault (c.s), "latest", before, NULL), AID_OK);
  run_in (folder ("bin"),
          "real=$(command -v git); printf '#!/bin/sh\\nfor a; do [ \"$a\" = rev-list ] && kill -9 $$; done\\n"
          "exec %s \"$@\"\\n' \"$real\" >git && chmod +x git");
  aid_str_addz (&kept, getenv ("PATH"));
  aid_str_addf (&path, "%s:%s", folder ("bin"), getenv ("PATH"));
  setenv ("PATH", aid_str_z (&path), 1);
  assert_int_equal (aid_vault_lock (aid_snapshots_vault (c.s), 1000, NULL), AID_OK);
  aid_vault_heal (aid_snapshots_vault (c.s));
  aid_vault_unlock (aid_snapshots_vault (c.s));
  setenv ("PATH", aid_str_z (&kept), 1);
  assert_int_equal (aid_timeline_find (aid_snapshots_vault (c.s), "latest", after, NULL), AID_OK);
  assert_string_equal (after, before);
  /* What is gone is given up. */
  run_in (aid_snapshots_vault (c.s)->dir, "rm -f git/objects/pack/*");
  aid_vault_heal (aid_snapshots_vault (c.s));
  assert_int_equal (aid_timeline_find (aid_snapshots_vault (c.s), "latest", after, NULL), AID_E_NOTFOUND);
  aid_str_free (&path);
  aid_str_free (&kept);
  close_scene (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_being_written_stays_as_it_was),   cmocka_unit_test (when_a_change_was_seen_is_told),
    cmocka_unit_test (what_is_not_saved_is_in_the_first_one),   cmocka_unit_test (what_aid_writes_is_no_change),
    cmocka_unit_test (a_look_that_was_killed_gives_nothing_up),
#if !RACES
    cmocka_unit_test (a_message_may_be_as_long_as_it_is_read),
#endif
    cmocka_unit_test (a_long_message_has_fewer_errors),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
