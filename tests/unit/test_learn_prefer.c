/* Preferences: what one has decided on is found with its place, and paired. */
#include "snapshot_scene.h"
#include "base/val.h"
#include "learn/mine.h"
#include "measure/events.h"

static void
take_trouble (void *ctx, const struct aid_error *e)
{
  (void)ctx;
  fail_msg ("%s", e->msg);
}

static void
decide (struct aid_events *ev, const char *root, const char *id, const char *decision, const char *hunk, const char *edited)
{
  struct aid_str fields = AID_STR_INIT (4096), content = AID_STR_INIT (65536), name = AID_STR_INIT (256);
  size_t o = aid_val_object (&fields);
  aid_val_kstrz (&fields, "decision", decision);
  aid_val_end (&fields, o, 1);
  json_t *texts = json_pack ("{s:s, s:s, s:s*}", "path", "src/work.ml", "hunk", hunk, "edited", edited);
  aid_json_dump (texts, &content);
  json_decref (texts);
  aid_str_addf (&name, "k3y r1 %s", id);
  struct aid_measurement m = { .kind = AID_MEASURED_DECISION,
                               .request = AID_SPAN ("k3y r1"),
                               .root = root,
                               .chat = "k3y",
                               .path = "src/work.ml",
                               .hunk = aid_str_span (&name),
                               .fields = aid_str_span (&fields),
                               .content = aid_str_span (&content) };
  aid_events_add (ev, &m);
  aid_str_free (&fields);
  aid_str_free (&content);
  aid_str_free (&name);
}

static void
ask (struct aid_events *ev, const char *root)
{
  struct aid_str fields = AID_STR_INIT (4096), content = AID_STR_INIT (65536);
  size_t o = aid_val_object (&fields);
  aid_val_kstrz (&fields, "outcome", "done");
  aid_val_end (&fields, o, 1);
  json_t *texts = json_pack (
    "{s:s, s:s}", "chat", "<!--aid:k3yk3y chat v=1 root=.-->\n# t\n\n## You <!--aid:k3yk3y 1 user-->\nDouble it, please.\n",
    "answer", "...");
  aid_json_dump (texts, &content);
  json_decref (texts);
  struct aid_measurement m = { .kind = AID_MEASURED_REQUEST,
                               .request = AID_SPAN ("k3y r1"),
                               .root = root,
                               .chat = "k3y",
                               .fields = aid_str_span (&fields),
                               .content = aid_str_span (&content) };
  aid_events_add (ev, &m);
  aid_str_free (&fields);
  aid_str_free (&content);
}

struct preferences
{
  struct aid_str text;
  struct aid_vault *vault;
};

static int
take_preference (void *ctx, const json_t *o)
{
  struct preferences *p = ctx;
  struct aid_str whole = AID_STR_INIT (65536), name = AID_STR_INIT (256);
  const char *after = aid_json_str (o, "after"), *diff = aid_json_str (o, "diff"), *rejected = aid_json_str (o, "rejected");
  aid_str_addf (&name, "%s:src/work.ml", after);
  const char *const args[] = { "cat-file", "blob", aid_str_z (&name), NULL };
  if (after && *after)
    assert_int_equal (aid_vault_git (p->vault, &(struct aid_vault_run){ .args = args, .out = &whole }, NULL), AID_OK);
  aid_str_addf (&p->text, "[%s|%s|%s|%s]", diff ? strstr (diff, "@@") : "-", rejected ? strstr (rejected, "@@") : "-",
                aid_str_z (&whole), aid_json_str (o, "question") ? aid_json_str (o, "question") : "-");
  aid_str_free (&whole);
  aid_str_free (&name);
  return 0;
}

static void
decisions_become_preferences (void **state)
{
  struct scene c;
  struct aid_error e = { AID_OK, "" };
  struct aid_mine_sum sum;
  struct aid_examples *x;
  struct preferences p = { .text = AID_STR_INIT (1 << 20) };
  (void)state;
  run_in (scratch,
          "mkdir -p aid && printf '{\"measure\": \"content\", \"mine\": {\"back_seconds\": 0, \"settled_seconds\": 0}}'"
          " >aid/config.json");
  write_file (folder ("preferred"), "src/work.ml", AID_SPAN ("let a = 1\nlet b = 2\nlet c = 3\nlet d = 4\n"));
  open_scene (&c, "preferred");
  take (&c);
  struct aid_events *ev = aid_events_new ();
  ask (ev, c.dir);
  decide (ev, c.dir, "h1", "accepted", "@@ -1,2 +1,2 @@\n-let a = 1\n+let a = 2 * 1\n let b = 2", NULL);
  decide (ev, c.dir, "h2", "rejected", "@@ -1 +1 @@\n-let a = 1\n+let a = 0\n", NULL);
  decide (ev, c.dir, "h3", "edited", "@@ -3 +3 @@\n-let c = 3\n+let c = 33\n", "@@ -3 +3 @@\n-let c = 3\n+let c = 6\n");
  decide (ev, c.dir, "h4", "accepted", "@@ -4 +4 @@\n-let d = 4\n+let d = 8 + zero\n", NULL);
  decide (ev, c.dir, "h5", "accepted", "@@ -2 +2 @@\n-let nowhere = 2\n+let b = 4\n", NULL);
  decide (ev, c.dir, "h6", "rejected", "@@ -2 +2,2 @@\n let b = 2\n+let b2 = \"unwanted\"\n", NULL);
  /* Where both sides are the same there is no pair. */
  decide (ev, c.dir, "h8", "rejected", "@@ -3,2 +3,2 @@\n let c = 3\n-let d = 4\n+let d = 8 + zero\n", NULL);
  decide (ev, c.dir, "h9", "edited", "@@ -2 +2 @@\n-let b = 2\n+let b = two + 0\n",
          "@@ -2 +2 @@\n-let b = 2\n+let b = two + 0\n");
  decide (ev, c.dir, "h7", "skipped", "@@ -2 +2 @@\n-let b = 2\n+let b = 9\n", NULL);
  assert_int_equal (aid_events_wait (ev, 20000), 0);
  usleep (20000);
  struct aid_mine_options o = { .root = c.dir, .trouble = take_trouble };
  if (aid_mine (&o, &sum, &e))
    fail_msg ("%s", e.msg);
  assert_int_equal (sum.why[AID_MINE_KEPT], 6);
  assert_int_equal (sum.why[AID_MINE_NO_PLACE], 1);
  p.vault = aid_snapshots_vault (c.s);
  assert_int_equal (aid_examples_open (0, &x, &e), AID_OK);
  struct aid_examples_which which = { .kind = "preference", .project = p.vault->root };
  assert_int_equal (aid_examples_each (x, &which, take_preference, &p, &e), AID_OK);
  static const char *const wanted[] = {
    "[@@ -1,2 +1,2 @@\n-let a = 1\n+let a = 2 * 1\n let b = 2\n|@@ -1,1 +1,1 @@\n-let a = 1\n+let a = 0\n|"
    "let a = 2 * 1\nlet b = 2\nlet c = 3\nlet d = 4\n|Double it, please.]",
    "[@@ -3,1 +3,1 @@\n-let c = 3\n+let c = 6\n|@@ -3,1 +3,1 @@\n-let c = 3\n+let c = 33\n|"
    "let a = 1\nlet b = 2\nlet c = 6\nlet d = 4\n|Double it, please.]",
    "[@@ -4,1 +4,1 @@\n-let d = 4\n+let d = 8 + zero\n|-|let a = 1\nlet b = 2\nlet c = 3\nlet d = 8 + zero\n|Double it, "
    "please.]",
    "[-|@@ -2,1 +2,2 @@\n let b = 2\n+let b2 = \"unwanted\"\n||Double it, please.]",
    "[-|@@ -3,2 +3,2 @@\n let c = 3\n-let d = 4\n+let d = 8 + zero\n||Double it, please.]",
    "[@@ -2,1 +2,1 @@\n-let b = 2\n+let b = two + 0\n|-|let a = 1\nlet b = two + 0\nlet c = 3\nlet d = 4\n|Double it, "
    "please.]",
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (!strstr (aid_str_z (&p.text), wanted[i]))
      fail_msg ("%s\nis not in\n%s", wanted[i], aid_str_z (&p.text));
  /* Nothing more the next time. */
  assert_int_equal (aid_mine (&o, &sum, &e), AID_OK);
  assert_int_equal (sum.why[AID_MINE_KEPT], 0);
  aid_examples_close (x);
  aid_events_free (ev);
  aid_str_free (&p.text);
  close_scene (&c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (decisions_become_preferences),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
