/* Making durable what a change has written: open files, and the folders that hold their names.  Many are synced at once, by
   several threads, for one after the other waits for the disk as many times. */
#include "patch/tree_internal.h"
#include "base/fs.h"
#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { WORTH_A_THREAD = 8 /* steps */ };

enum aid_err
aid_tree_each (size_t n, unsigned helpers, enum aid_err (*fn) (void *ctx, size_t i, struct aid_error *e), void *ctx,
               struct aid_error *e)
{
  size_t worth = n / WORTH_A_THREAD;
  return aid_thread_each (n, worth < helpers ? (unsigned) worth : helpers, "aid-tree", fn, ctx, e);
}

/* --- what is open --- */

enum { OPEN_FILES = 512 /* at most so many wait to be synced */, FEWEST = 4 };

struct unsynced
{
  int fd, is_folder;
  const char *name;
};

/* As many are open at once as a quarter of what the program may have, for others need some too. */
struct aid_tree_unsynced
aid_tree_unsynced (void)
{
  long open_max = sysconf (_SC_OPEN_MAX), most = open_max < 0 || open_max / 4 > OPEN_FILES ? OPEN_FILES : open_max / 4;
  return (struct aid_tree_unsynced){ AID_VEC_INIT (struct unsynced, (size_t) (most < FEWEST ? FEWEST : most)) };
}

/* Some file systems cannot sync a folder: EINVAL is no loss of data. */
static enum aid_err
sync_one (void *files, size_t i, struct aid_error *e)
{
  struct unsynced *one = &((struct unsynced *) files)[i];
  const char *doing = one->is_folder ? "sync the folder of" : "write";
  int fd = one->fd, bad = fsync (fd) && !(one->is_folder && errno == EINVAL);
  enum aid_err err = bad ? aid_tree_failed (e, doing, one->name) : AID_OK;
  one->fd = -1;
  return close (fd) && !bad ? aid_tree_failed (e, doing, one->name) : err;
}

enum aid_err
aid_tree_sync_now (struct aid_tree_unsynced *u, struct aid_error *e)
{
  enum aid_err err = aid_tree_each (u->files.len, AID_TREE_WAITS, sync_one, u->files.data, e);
  aid_tree_unsynced_free (u);
  return err;
}

void
aid_tree_unsynced_free (struct aid_tree_unsynced *u)
{
  for (size_t i = 0; i < u->files.len; i++)
    if (AID_VEC_AT (struct unsynced, &u->files, i).fd >= 0)
      close (AID_VEC_AT (struct unsynced, &u->files, i).fd);
  aid_vec_free (&u->files);
}

static enum aid_err
add (struct aid_tree_unsynced *u, struct unsynced one, struct aid_error *e)
{
  struct unsynced *to = aid_vec_push (&u->files);
  if (!to)
    {
      close (one.fd);
      return aid_error_set (e, AID_E_NOMEM, "no memory for the files of a patch");
    }
  *to = one;
  return u->files.len < u->files.max ? AID_OK : aid_tree_sync_now (u, e);
}

enum aid_err
aid_tree_sync_later (struct aid_tree_unsynced *u, int fd, const char *name, struct aid_error *e)
{
  return add (u, (struct unsynced){ fd, 0, name }, e);
}

/* --- folders --- */

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

/* The folder of NAME, to be synced; it may be gone, when a change is undone. */
static enum aid_err
folder_later (struct aid_tree_unsynced *u, const char *name, struct aid_error *e)
{
  char *folder = strndup (name, folder_length (name));
  int fd = folder ? open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  enum aid_err err = fd >= 0                     ? add (u, (struct unsynced){ fd, 1, name }, e)
                     : folder && errno == ENOENT ? AID_OK
                                                 : aid_tree_failed (e, "sync the folder of", name);
  free (folder);
  return err;
}

enum aid_err
aid_tree_sync_folders (struct aid_tree_unsynced *u, const struct aid_tree_change *c, struct aid_error *e)
{
  char **name = malloc ((c->steps.len + c->folders.len + 1) * sizeof *name);
  if (!name)
    return aid_error_set (e, AID_E_NOMEM, "no memory for the names of a patch");
  size_t n = list_folders (c, name);
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < n && !err; i++)
    err = folder_later (u, name[i], e);
  free (name);
  return err ? err : aid_tree_sync_now (u, e);
}

enum aid_err
aid_tree_change_sync (const struct aid_tree_change *c, struct aid_error *e)
{
  struct aid_tree_unsynced u = aid_tree_unsynced ();
  enum aid_err err = aid_tree_sync_folders (&u, c, e);
  aid_tree_unsynced_free (&u);
  return err;
}
