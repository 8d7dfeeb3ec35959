/* Any lines as the journal of a change that was cut short: what is read of it stays below its tree, it reads the same when it is
   written again, and recovering it touches nothing outside of the tree. */
#include "fuzz.h"
#include "base/fs.h"
#include "base/hash.h"
#include "patch/tree_internal.h"

#include <sys/stat.h>
#include <unistd.h>

/* A folder with the tree, what lies beside it, and the state. */
struct scratch
{
  char dir[64], tree[80], state[80], outside[80];
};

static void
put (const char *name, const char *text)
{
  CHECK (aid_fs_replace (name, aid_span_z (text), 0644, NULL) == AID_OK);
}

static void
fill_tree (const struct scratch *s)
{
  char name[128];
  static const char *const files[] = { "a", "b", "d/a", ".aid-kkkkkkkk-0.new", ".aid-kkkkkkkk-1.old", "d/.aid-kkkkkkkk-2.new" };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      snprintf (name, sizeof name, "%s/%s", s->tree, files[i]);
      put (name, i % 2 ? "x\n" : "y\n");
    }
}

static void
make_scratch (struct scratch *s)
{
  char name[128];
  snprintf (s->dir, sizeof s->dir, "%s/aid-fuzz-XXXXXX", access ("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
  CHECK (mkdtemp (s->dir));
  snprintf (s->tree, sizeof s->tree, "%s/tree", s->dir);
  snprintf (s->outside, sizeof s->outside, "%s/a", s->dir);
  snprintf (s->state, sizeof s->state, "%s/aid/patch", s->dir);
  snprintf (name, sizeof name, "%s/d", s->tree);
  CHECK (aid_fs_mkdirs (name, 0755, NULL) == AID_OK && aid_fs_mkdirs (s->state, 0700, NULL) == AID_OK);
  put (s->outside, "y\n");
  setenv ("XDG_STATE_HOME", s->dir, 1);
}

static void
remove_scratch (const struct scratch *s)
{
  char command[128];
  snprintf (command, sizeof command, "rm -rf '%s'", s->dir);
  CHECK (system (command) == 0);
}

static struct scratch here;

static void
leave (void)
{
  remove_scratch (&here);
}

static void
same_change (const struct aid_tree_change *a, const struct aid_tree_change *b)
{
  CHECK (strcmp (a->root, b->root) == 0 && a->steps.len == b->steps.len && a->folders.len == b->folders.len);
  for (size_t i = 0; i < a->steps.len; i++)
    {
      const struct aid_tree_step *x = AID_TREE_STEP (a, i), *y = AID_TREE_STEP (b, i);
      CHECK (x->kind == y->kind && strcmp (x->name, y->name) == 0 && x->before == y->before && x->after == y->after
             && x->ino == y->ino);
    }
}

/* The journal NAME was read into C: every name is below the tree, and writing it again makes the same. */
static void
check_change (struct aid_tree_change *c, const char *name)
{
  size_t n = strlen (here.tree);
  struct aid_tree_change again;
  for (size_t i = 0; i < c->steps.len; i++)
    CHECK (strncmp (AID_TREE_STEP (c, i)->name, here.tree, n) == 0 && AID_TREE_STEP (c, i)->name[n] == '/'
           && !strstr (AID_TREE_STEP (c, i)->name, "/../"));
  c->state = AID_TREE_BEGUN;
  CHECK (aid_tree_change_write (c, NULL) == AID_OK);
  CHECK (aid_tree_change_read (&again, name, NULL) == AID_OK);
  same_change (c, &again);
  aid_tree_change_free (&again);
}

/* How the journal's name ends says how far the change was. */
static void
recover (struct aid_span lines, const char *extension)
{
  char name[128], begun[128];
  struct aid_str text = AID_STR_INIT (1 << 20), left = AID_STR_INIT (1 << 20);
  struct aid_tree_change c;
  struct aid_patch_recovery r;
  aid_str_addf (&text, "aid-journal-1 kkkkkkkk\nroot %s\n", here.tree);
  aid_str_addspan (&text, lines);
  if (text.ptr[text.len - 1] != '\n')
    aid_str_addc (&text, '\n');
  aid_str_addf (&text, "end %llx\n", (unsigned long long) aid_hash64 (aid_str_span (&text)));
  snprintf (begun, sizeof begun, "%s/j.begin", here.state);
  CHECK (aid_fs_replace (begun, aid_str_span (&text), 0600, NULL) == AID_OK);
  if (aid_tree_change_read (&c, begun, NULL) == AID_OK)
    {
      check_change (&c, begun);
      snprintf (name, sizeof name, "%s/j%s", here.state, extension);
      CHECK (rename (begun, name) == 0);
      fill_tree (&here);
      if (aid_patch_recover (here.tree, AID_RECOVER_NOW, &r, NULL))
        {
          aid_patch_recovery_free (&r);
          CHECK (aid_patch_recover (here.tree, AID_RECOVER_FORGET, &r, NULL) == AID_OK || access (name, F_OK) == 0);
        }
      aid_patch_recovery_free (&r);
      unlink (name);
    }
  aid_tree_change_free (&c);
  unlink (begun);
  CHECK (aid_fs_read (here.outside, &left, NULL) == AID_OK && strcmp (aid_str_z (&left), "y\n") == 0);
  aid_str_free (&left);
  aid_str_free (&text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const extensions[] = { ".begin", ".commit", ".undo" };
  if (!here.dir[0])
    {
      make_scratch (&here);
      atexit (leave);
    }
  if (size == 0 || size > 1 << 16)
    return 0;
  recover ((struct aid_span){ (const char *) data, size - 1 }, extensions[data[size - 1] % 3]);
  return 0;
}
