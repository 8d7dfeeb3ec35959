/* A project that snapshots are taken of, for tests. */
#ifndef AID_TESTS_SNAPSHOT_SCENE_H
#define AID_TESTS_SNAPSHOT_SCENE_H

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
#define TOKEN                                                                                                               \
  "gh"                                                                                                                      \
  "p_m8Rw3nU0vB3nR8wL5cF1jH6dS0gK4pZ2xY9a"

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
  int there = !lstat (aid_str_z (&path), &st) && !S_ISDIR (st.st_mode),
      listed = !aid_project_find (c->p, aid_span_z (name), &file);
  aid_str_free (&path);
  return there == listed
         && (!there
             || (file.inode == st.st_ino && file.size == (uint64_t)st.st_size
                 && file.mtime_ns == (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec));
}

/* Has the project look at the file NAME, and waits until it has. */
static inline void
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

static inline void
assert_tree (struct scene *c)
{
  struct aid_vault_tip tip;
  char tree[AID_VAULT_ID];
  tree_of_git (c->dir, tree);
  assert_int_equal (aid_vault_tip (aid_snapshots_vault (c->s), &tip, NULL), AID_OK);
  assert_string_equal (tip.tree, tree);
  aid_vault_tip_free (&tip);
}

static inline json_t *
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

static inline void
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

#endif
