/* Making names durable: the folders that hold what a change has written, several at once, for syncing one after the other waits
   for the disk as many times.  Texts are synced where they are written. */
#include "patch/tree_internal.h"
#include "base/fs.h"
#include "base/pool.h"

#include <errno.h>
#include <stdlib.h>

enum { WORTH_A_THREAD = 8 /* steps */ };

enum aid_err
aid_tree_each (size_t n, unsigned helpers, enum aid_err (*fn) (void *ctx, size_t i, struct aid_error *e), void *ctx,
               struct aid_error *e)
{
  size_t worth = n / WORTH_A_THREAD;
  return aid_thread_each (n, worth < helpers ? (unsigned) worth : helpers, "aid-tree", fn, ctx, e);
}

static size_t
folder_length (const char *name)
{
  return (size_t) (aid_fs_base (name) - name);
}

static int
by_folder (const void *a, const void *b)
{
  const char *x = *(char *const *) a, *y = *(char *const *) b;
  size_t n = folder_length (x), m = folder_length (y);
  int order = memcmp (x, y, n < m ? n : m);
  return order ? order : (n > m) - (n < m);
}

/* One name of each folder that holds names of the change. */
static size_t
list_folders (const struct aid_tree_change *c, char **out)
{
  size_t n = 0, kept = 0;
  for (size_t i = 0; i < c->folders.len; i++)
    out[n++] = AID_TREE_FOLDER (c, i);
  for (size_t i = 0; i < c->steps.len; i++)
    out[n++] = AID_TREE_STEP (c, i)->name;
  qsort (out, n, sizeof *out, by_folder);
  for (size_t i = 0; i < n; i++)
    if (kept == 0 || by_folder (&out[kept - 1], &out[i]) != 0)
      out[kept++] = out[i];
  return kept;
}

/* The folder of a name may be gone, when a change is undone. */
static enum aid_err
sync_folder (void *names, size_t i, struct aid_error *e)
{
  const char *name = ((char **) names)[i];
  return aid_fs_sync_folder_of (name) && errno != ENOENT ? aid_tree_failed (e, "sync the folder of", name) : AID_OK;
}

enum aid_err
aid_tree_change_sync (const struct aid_tree_change *c, struct aid_error *e)
{
  char **name = malloc ((c->steps.len + c->folders.len + 1) * sizeof *name);
  if (!name)
    return aid_error_set (e, AID_E_NOMEM, "no memory for the names of a patch");
  enum aid_err err = aid_tree_each (list_folders (c, name), AID_TREE_WAITS, sync_folder, name, e);
  free (name);
  return err;
}
