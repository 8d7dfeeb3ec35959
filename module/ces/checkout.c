/* Laying a tree into a folder, from Git, Mercurial or a folder.  Git's objects are read through a repository of our own that
   borrows them, so that nothing of the other's settings (filters, hooks, file systems' monitors) is ever run. */
#include "base/fs.h"
#include "base/proc.h"
#include "ces/ces_internal.h"
#include "project/calm.h"
#include "project/project.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LIMIT ((size_t)1 << 30)
#define SAID_MAX ((size_t)4096)

/* --- Git ---------------------------------------------------------------------------------------------------------- */

static enum aid_err
objects_of (const struct aid_ces_place *at, struct aid_str *out, struct aid_error *e)
{
  static const char *const args[] = { "rev-parse", "--path-format=absolute", "--git-path", "objects", NULL };
  const struct aid_ces_git g = { at->git_dir, NULL, NULL, at->stop };
  enum aid_err err = aid_ces_git (&g, args, out, e);
  if (!err && (!out->len || memchr (out->ptr, '\n', out->len - 1)))
    err = aid_error_set (e, AID_E_IO, "The objects of %.150s cannot be found: its name has a line's end", at->git_dir);
  return err;
}

static enum aid_err
borrow (const struct aid_ces_place *at, const struct aid_ces_git *g, struct aid_error *e)
{
  struct aid_str objects = AID_STR_INIT (AID_CES_PATH), path = AID_STR_INIT (AID_CES_PATH);
  const char *const init[]
    = { "init", "-q", "--template=", strlen (at->base) == 40 ? "--object-format=sha1" : "--object-format=sha256", NULL };
  enum aid_err err = objects_of (at, &objects, e);
  if (!err)
    err = aid_ces_git (g, init, NULL, e);
  aid_str_addf (&path, "%s/objects/info", g->git_dir);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&path), 0700, e);
  aid_str_addz (&path, "/alternates");
  if (!err)
    err = aid_fs_replace (aid_str_z (&path), aid_str_span (&objects), 0600, e);
  aid_str_free (&objects);
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_ces_git_lay (const struct aid_ces_place *at, int depth, struct aid_error *e)
{
  const char *const read[] = { "read-tree", at->base, NULL };
  const char *const lay[] = { "checkout-index", "--all", "--force", "--quiet", NULL };
  struct aid_str git_dir = AID_STR_INIT (AID_CES_PATH), index = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&git_dir, "%s/git", at->scratch);
  aid_str_addf (&index, "%s/index", at->scratch);
  const struct aid_ces_git g = { aid_str_z (&git_dir), at->tree, aid_str_z (&index), at->stop };
  enum aid_err err = borrow (at, &g, e);
  if (!err)
    err = aid_ces_git (&g, read, NULL, e);
  if (!err)
    err = aid_ces_git (&g, lay, NULL, e);
  aid_ces_remove (aid_str_z (&git_dir));
  unlink (aid_str_z (&index));
  aid_str_free (&git_dir);
  aid_str_free (&index);
  return err ? err : aid_ces_submodules_lay (at, depth, e);
}

static enum aid_err
from_git (const struct aid_ces_task *t, const char *tree, const char *scratch, const struct aid_stop *stop,
          struct aid_error *e)
{
  const struct aid_ces_place at = { .git_dir = t->git_dir,
                                    .base = t->base,
                                    .tree = tree,
                                    .scratch = scratch,
                                    .work_tree = strcmp (t->git_dir, t->repository) != 0 ? t->repository : NULL,
                                    .stop = stop };
  return aid_ces_git_lay (&at, 0, e);
}

/* --- Mercurial ---------------------------------------------------------------------------------------------------- */

static enum aid_err
from_hg (const struct aid_ces_task *t, const char *tree, const struct aid_stop *stop, struct aid_error *e)
{
  const char *const argv[] = { "hg",     "archive", "-R", t->repository, "-r", t->base, "--config", "ui.archivemeta=false",
                               "--type", "files",   tree, NULL };
  struct aid_proc p = { .argv = argv, .dir = "/", .env = aid_calm_hg_env, .err_max = SAID_MAX, .stop = stop, .with_us = 1 };
  struct aid_proc_result r;
  enum aid_err err = aid_proc_run (&p, &r, e);
  struct aid_span said = aid_span_trim (aid_str_span (&r.err));
  if (!err && (r.code || r.signal))
    err = aid_error_set (e, AID_E_NOTFOUND, "hg has no changeset %.40s in %.100s: %.*s", t->base, t->repository,
                         (int)(said.len < 80 ? said.len : 80), said.len ? said.ptr : "");
  aid_proc_result_free (&r);
  return err;
}

/* --- a folder ----------------------------------------------------------------------------------------------------- */

struct entry
{
  char *path;
  uint64_t size;
  int64_t mtime;
};

struct listing
{
  struct aid_project *project;
  struct aid_vec entries;
};

static int
take (void *ctx, const struct aid_project_file *file)
{
  struct listing *l = ctx;
  struct entry *entry = aid_vec_push (&l->entries);
  if (!entry)
    return 1;
  *entry = (struct entry){ aid_span_dup (file->path), file->size, file->mtime_ns };
  return !entry->path;
}

static int
compare (const void *a, const void *b)
{
  return strcmp (((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static void
listing_free (struct listing *l)
{
  for (size_t i = 0; i < l->entries.len; i++)
    free (AID_VEC_AT (struct entry, &l->entries, i).path);
  aid_vec_free (&l->entries);
  if (l->project)
    aid_project_close (l->project);
}

/* L is to be freed, whatever comes. */
static enum aid_err
list (const char *root, struct listing *l, struct aid_error *e)
{
  static const struct aid_project_options options = { .no_tools = 1 };
  *l = (struct listing){ NULL, AID_VEC_INIT (struct entry, AID_PROJECT_FILES) };
  enum aid_err err = aid_project_open (root, &options, &l->project, e);
  if (err)
    return l->project = NULL, err;
  aid_project_wait (l->project, 0, -1);
  err = aid_project_files (l->project, take, l, NULL, e);
  if (!err && l->entries.len && !AID_VEC_AT (struct entry, &l->entries, l->entries.len - 1).path)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the files of %.150s", root);
  if (!err && l->entries.len)
    qsort (l->entries.data, l->entries.len, sizeof (struct entry), compare);
  return err;
}

enum aid_err
aid_ces_folder_sum (const char *root, struct aid_sha256 *sum, struct aid_error *e)
{
  struct listing l;
  enum aid_err err = list (root, &l, e);
  for (size_t i = 0; i < l.entries.len && !err; i++)
    {
      const struct entry *entry = &AID_VEC_AT (struct entry, &l.entries, i);
      char numbers[64];
      aid_sha256_add (sum, (struct aid_span){ entry->path, strlen (entry->path) + 1 });
      snprintf (numbers, sizeof numbers, "%llu %lld %d\n", (unsigned long long)entry->size, (long long)entry->mtime,
                aid_ces_is_program (root, entry->path));
      aid_sha256_add (sum, aid_span_z (numbers));
    }
  listing_free (&l);
  return err;
}

/* Writes BYTES as PATH below the open folder ROOT, which is ours and new: no link in it leads anywhere before it is laid.  It is
   as old as it was: what a person's builds have made lies there, too, and is out of date where it was. */
static enum aid_err
lay (const char *tree, const char *path, unsigned mode, int64_t mtime_ns, const struct aid_str *bytes, struct aid_error *e)
{
  const struct timespec old = { mtime_ns / 1000000000, mtime_ns % 1000000000 }, times[2] = { old, old };
  struct aid_str full = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&full, "%s/%s", tree, path);
  char *slash = full.err ? NULL : strrchr (full.ptr, '/');
  enum aid_err err = slash ? AID_OK : aid_error_set (e, AID_E_LIMIT, "%.150s has too long a name", path);
  if (slash)
    {
      *slash = '\0';
      err = aid_fs_mkdirs (full.ptr, 0755, e);
      *slash = '/';
    }
  if (!err && mode == AID_MODE_LINK)
    err = symlink (aid_str_z (bytes), full.ptr) ? AID_E_IO : AID_OK;
  else if (!err)
    {
      int fd = open (full.ptr, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode == AID_MODE_PROGRAM ? 0755 : 0644);
      err = fd < 0 || aid_fs_write_all (fd, aid_str_span (bytes)) ? AID_E_IO : AID_OK;
      if (fd >= 0 && close (fd))
        err = AID_E_IO;
    }
  if (!err && mtime_ns > 0)
    utimensat (AT_FDCWD, full.ptr, times, AT_SYMLINK_NOFOLLOW);
  if (err == AID_E_IO)
    aid_error_set (e, err, "%.150s cannot be copied: %s", path, strerror (errno));
  aid_str_free (&full);
  return err;
}

enum aid_err
aid_ces_folder_copy (const char *root, const char *tree, struct aid_error *e)
{
  struct listing l;
  enum aid_err err = list (root, &l, e);
  for (size_t i = 0; i < l.entries.len && !err; i++)
    {
      const char *path = AID_VEC_AT (struct entry, &l.entries, i).path;
      struct aid_str bytes = AID_STR_INIT (FILE_LIMIT);
      struct aid_error own = { AID_OK, "" };
      unsigned mode;
      err = aid_project_read_raw (l.project, aid_span_z (path), &bytes, &mode, &own);
      if (!err)
        err = lay (tree, path, mode, AID_VEC_AT (struct entry, &l.entries, i).mtime, &bytes, e);
      else if (err == AID_E_REFUSED || err == AID_E_NOTFOUND) /* a socket, or gone meanwhile */
        err = AID_OK;
      else
        aid_error_set (e, err, "%s", own.msg);
      aid_str_free (&bytes);
    }
  listing_free (&l);
  return err;
}

enum aid_err
aid_ces_checkout (const struct aid_ces_task *t, const char *tree, const char *scratch, const struct aid_stop *stop,
                  struct aid_error *e)
{
  if (t->now)
    return aid_ces_folder_copy (t->repository, tree, e);
  if (t->source == AID_CES_GIT)
    return from_git (t, tree, scratch, stop, e);
  if (t->source == AID_CES_HG)
    return from_hg (t, tree, stop, e);
  return aid_ces_folder_copy (t->repository, tree, e);
}
