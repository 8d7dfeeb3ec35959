/* Making a change durable: the new texts first, then the folders that name them.  Syncing one file after the other waits for the
   disk as many times; several at once wait together.  Nothing is synced that the change did not write: an old file under a
   second name is as durable as whoever wrote it left it. */
#include "patch/tree_internal.h"
#include "base/fs.h"
#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 16, WORTH_A_THREAD = 4 /* names */ };

struct syncing
{
  char **name;
  size_t n;
  int (*sync) (const char *name);
  atomic_size_t next;
  atomic_size_t failed;         /* the number of a name + 1, or 0 */
  atomic_int no;                /* errno of that */
};

static int
sync_file (const char *name)
{
  int fd = open (name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  int bad = fd < 0 ? errno != ENOENT : fsync (fd);
  if (fd >= 0)
    close (fd);
  return bad;
}

/* The folder of NAME may be gone, when a change is undone. */
static int
sync_folder (const char *name)
{
  return aid_fs_sync_folder_of (name) && errno != ENOENT;
}

static void *
sync_some (void *arg)
{
  struct syncing *s = arg;
  size_t i;
  while ((i = atomic_fetch_add (&s->next, 1)) < s->n)
    if (s->sync (s->name[i]))
      {
        atomic_store (&s->no, errno);
        atomic_store (&s->failed, i + 1);
      }
  return NULL;
}

static enum aid_err
sync_names (char **name, size_t n, int (*sync) (const char *), const char *what, struct aid_error *e)
{
  struct syncing s = { .name = name, .n = n, .sync = sync };
  unsigned long thread[THREADS];
  size_t threads = 0;
  while (threads < THREADS && (threads + 1) * WORTH_A_THREAD < n
         && aid_thread_start (&thread[threads], "aid-sync", sync_some, &s, NULL) == AID_OK)
    threads++;
  sync_some (&s);
  for (size_t i = 0; i < threads; i++)
    pthread_join (thread[i], NULL);
  size_t failed = atomic_load (&s.failed);
  errno = atomic_load (&s.no);
  return failed ? aid_tree_failed (e, what, name[failed - 1]) : AID_OK;
}

/* --- what there is to sync --- */

/* Before the commit: each new text, and each old one that had to be copied.  Later nothing of a file is left to write. */
static size_t
list_files (const struct aid_tree_change *c, char **out)
{
  size_t n = 0;
  struct stat st;
  for (size_t i = 0; i < c->steps.len && c->state == AID_TREE_BEGUN; i++)
    {
      const struct aid_tree_step *s = AID_TREE_STEP (c, i);
      if (s->temp)
        out[n++] = s->temp;
      if (s->old && lstat (s->old, &st) == 0 && st.st_nlink == 1)
        out[n++] = s->old;
    }
  return n;
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

enum aid_err
aid_tree_change_sync (const struct aid_tree_change *c, struct aid_error *e)
{
  char **name = malloc ((c->steps.len * 2 + c->folders.len + 1) * sizeof *name);
  if (!name)
    return aid_error_set (e, AID_E_NOMEM, "no memory for the names of a patch");
  enum aid_err err = sync_names (name, list_files (c, name), sync_file, "sync", e);
  if (!err)
    err = sync_names (name, list_folders (c, name), sync_folder, "sync the folder of", e);
  free (name);
  return err;
}
