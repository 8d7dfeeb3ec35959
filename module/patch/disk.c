/* The sources of files on disk, and of texts that go before them: reading by the path rules, and the list of what is below
   the root. */
#include "patch/patch_internal.h"
#include "patch/tree_internal.h"
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LIMIT = 4000 };

enum aid_err
aid_patch_writable (const char *full, const char *path, const struct stat *st, struct aid_error *e)
{
  if (!(st->st_mode & 0222) || access (full, W_OK))
    return aid_error_set (e, AID_E_REFUSED, "%.150s is read-only", path);
  return AID_OK;
}

static enum aid_err
read_disk (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  struct aid_str full = AID_STR_INIT (PATH_MAX + PATH_LIMIT);
  struct aid_way way;
  size_t from = out->len;
  enum aid_err err = aid_patch_way (ctx, path, &full, &way, e);
  if (!err && !way.there && lstat (aid_str_z (&full), &way.st) != 0)
    err = aid_error_set (e, errno == ENOENT ? AID_E_NOTFOUND : AID_E_REFUSED, "%.150s: %s", path, strerror (errno));
  if (!err)
    err = aid_fs_read (aid_str_z (&full), out, e);
  if (err && err != AID_E_NOTFOUND && err != AID_E_NOMEM)
    err = e ? (e->code = AID_E_REFUSED) : AID_E_REFUSED;
  if (!err && memchr (out->ptr ? out->ptr + from : "", 0, out->len - from))
    err = aid_error_set (e, AID_E_REFUSED, "%.150s is a binary file", path);
  if (!err)
    err = aid_patch_writable (aid_str_z (&full), path, &way.st, e);
  if (!err)
    err = aid_tree_not_edited (aid_str_z (&full), path, way.links, e);
  aid_str_free (&full);
  return err;
}

/* --- the list --- */

enum { DEPTH_MAX = 32, FOLDERS_MAX = 20000, ENTRIES_MAX = 400000 };

struct walk
{
  int (*each) (void *closure, const char *path);
  void *closure;
  struct aid_str full, path;    /* of the folder that is read, both with a slash at the end */
  size_t files, folders, entries;
};

/* Folders of version control, of tools and of what they build. */
static int
is_skipped (const char *name)
{
  static const char *const names[] = { ".git", ".hg", ".svn", ".jj", "_build", "node_modules", "__pycache__", ".venv", ".tox",
                                       ".mypy_cache", ".cache", ".eggs", "_opam", "target", ".gradle", ".idea",
                                       "elpa", "eln-cache" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp (name, names[i]) == 0)
      return 1;
  return 0;
}

static int walk_folder (struct walk *w, int depth);

/* One entry of the folder; non-zero ends the walk.  Links are not followed, so there are no circles. */
static int
walk_entry (struct walk *w, const struct dirent *d, int depth)
{
  struct stat st;
  size_t full = w->full.len, path = w->path.len;
  int stop = ++w->entries > ENTRIES_MAX;
  if (strcmp (d->d_name, ".") == 0 || strcmp (d->d_name, "..") == 0)
    return stop;
  aid_str_addz (&w->full, d->d_name);
  aid_str_addz (&w->path, d->d_name);
  int is_dir = d->d_type == DT_DIR, is_file = d->d_type == DT_REG;
  if (d->d_type == DT_UNKNOWN && lstat (aid_str_z (&w->full), &st) == 0)
    {
      is_dir = S_ISDIR (st.st_mode);
      is_file = S_ISREG (st.st_mode);
    }
  if (is_file && !w->path.err)
    stop = stop || w->each (w->closure, aid_str_z (&w->path)) || ++w->files >= AID_PATCH_LISTED;
  else if (is_dir && !is_skipped (d->d_name) && depth < DEPTH_MAX && !stop)
    {
      aid_str_addc (&w->full, '/');
      aid_str_addc (&w->path, '/');
      stop = !w->full.err && !w->path.err && walk_folder (w, depth + 1);
    }
  aid_str_remove (&w->full, full, w->full.len - full);
  aid_str_remove (&w->path, path, w->path.len - path);
  return stop;
}

static int
walk_folder (struct walk *w, int depth)
{
  DIR *dir = ++w->folders > FOLDERS_MAX ? NULL : opendir (aid_str_z (&w->full));
  const struct dirent *d;
  int stop = w->folders > FOLDERS_MAX;
  while (dir && !stop && (d = readdir (dir)))
    stop = walk_entry (w, d, depth);
  if (dir)
    closedir (dir);
  return stop;
}

static enum aid_err
list_disk (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  struct walk w = { .each = each, .closure = closure };
  w.full = w.path = AID_STR_INIT (PATH_MAX + PATH_LIMIT);
  aid_str_addz (&w.full, ctx);
  aid_str_addc (&w.full, '/');
  walk_folder (&w, 0);
  aid_str_free (&w.full);
  aid_str_free (&w.path);
  return AID_OK;
}

struct aid_patch_source
aid_patch_disk_source (const char *root)
{
  union { const char *in; void *out; } ctx = { root };   /* the context is only read */
  return (struct aid_patch_source){ read_disk, ctx.out, list_disk };
}

/* --- texts that go before files --- */

static enum aid_err
read_texts (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  const struct aid_patch_texts *t = ctx;
  const struct aid_str *text = aid_map_get (t->texts, aid_span_z (path));
  struct aid_patch_source disk = aid_patch_disk_source (t->root);
  struct aid_str full = AID_STR_INIT (PATH_MAX + PATH_LIMIT);
  struct aid_way way;
  if (!text)
    return disk.read (disk.ctx, path, out, e);
  enum aid_err err = aid_patch_way (t->root, path, &full, &way, e);
  if (!err && way.there)
    err = aid_patch_writable (aid_str_z (&full), path, &way.st, e);
  aid_str_free (&full);
  if (!err && (err = aid_str_addspan (out, aid_str_span (text))))
    aid_error_set (e, err, "%.100s is too large", path);
  return err;
}

static enum aid_err
list_texts (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  const struct aid_patch_texts *t = ctx;
  struct aid_patch_source disk = aid_patch_disk_source (t->root);
  return disk.list (disk.ctx, each, closure);
}

struct aid_patch_source
aid_patch_texts_source (const struct aid_patch_texts *texts)
{
  union { const struct aid_patch_texts *in; void *out; } ctx = { texts };   /* the context is only read */
  return (struct aid_patch_source){ read_texts, ctx.out, list_texts };
}
