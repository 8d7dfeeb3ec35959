/* Bases that are a folder's files. */
#include "base/fs.h"
#include "learn/eval_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#define DEPTH 64

struct walking
{
  const char *root;
  enum aid_err (*fn) (void *ctx, const char *path, const char *full, const struct stat *st, struct aid_error *e);
  void *ctx;
  struct aid_error *e;
  size_t files;
};

static enum aid_err walk (struct walking *w, const char *below, int depth);

static enum aid_err
visit (struct walking *w, const char *path, int depth)
{
  struct aid_str full = AID_STR_INIT (AID_EVAL_PATH);
  struct stat st;
  enum aid_err err = AID_OK;
  aid_str_addf (&full, "%s/%s", w->root, path);
  if (full.err || lstat (aid_str_z (&full), &st))
    err = aid_error_set (w->e, AID_E_IO, "%s cannot be looked at: %s", aid_str_z (&full),
                         strerror (full.err ? ENAMETOOLONG : errno));
  else if (S_ISDIR (st.st_mode))
    err = walk (w, path, depth + 1);
  else if (!S_ISREG (st.st_mode))
    err = aid_error_set (w->e, AID_E_REFUSED, "%s is neither a file nor a folder", aid_str_z (&full));
  else if (++w->files > AID_EVAL_FILES || st.st_size > (off_t)AID_EVAL_FILE)
    err = aid_error_set (w->e, AID_E_LIMIT, "%s is too large, or there are more than %d files in %s", aid_str_z (&full),
                         AID_EVAL_FILES, w->root);
  else
    err = w->fn (w->ctx, path, aid_str_z (&full), &st, w->e);
  aid_str_free (&full);
  return err;
}

static int
is_dots (const char *name)
{
  return !strcmp (name, ".") || !strcmp (name, "..");
}

static int
by_name (const struct dirent **a, const struct dirent **b)
{
  return strcmp ((*a)->d_name, (*b)->d_name);
}

static enum aid_err
walk (struct walking *w, const char *below, int depth)
{
  struct aid_str dir = AID_STR_INIT (AID_EVAL_PATH), path = AID_STR_INIT (AID_EVAL_PATH);
  struct dirent **names = NULL;
  enum aid_err err = AID_OK;
  aid_str_addf (&dir, "%s%s%s", w->root, *below ? "/" : "", below);
  int n = depth > DEPTH || dir.err ? -1 : scandir (aid_str_z (&dir), &names, NULL, by_name);
  if (n < 0)
    err = aid_error_set (w->e, AID_E_IO, "%s cannot be read: %s", aid_str_z (&dir),
                         depth > DEPTH ? "too many folders within one another" : strerror (errno));
  for (int i = 0; i < n; i++)
    {
      aid_str_clear (&path);
      aid_str_addf (&path, "%s%s%s", below, *below ? "/" : "", names[i]->d_name);
      if (!err && !is_dots (names[i]->d_name))
        err = path.err ? aid_error_set (w->e, path.err, "A path in %s is too long", w->root)
                       : visit (w, aid_str_z (&path), depth);
      free (names[i]);
    }
  free (names);
  aid_str_free (&path);
  aid_str_free (&dir);
  return err;
}

enum aid_err
aid_eval_folder_each (const char *root,
                      enum aid_err (*fn) (void *ctx, const char *path, const char *full, const struct stat *st,
                                          struct aid_error *e),
                      void *ctx, struct aid_error *e)
{
  struct walking w = { .root = root, .fn = fn, .ctx = ctx, .e = e };
  return walk (&w, "", 0);
}

static enum aid_err
copy_file (void *ctx, const char *path, const char *full, const struct stat *st, struct aid_error *e)
{
  struct aid_str to = AID_STR_INIT (AID_EVAL_PATH), text = AID_STR_INIT (AID_EVAL_FILE);
  aid_str_addf (&to, "%s/%s", (const char *)ctx, path);
  char *slash = to.ptr ? strrchr (to.ptr, '/') : NULL;
  enum aid_err err = to.err || !slash ? aid_error_set (e, AID_E_LIMIT, "The path %s is too long", path)
                                      : aid_fs_read_itself (full, &text, e);
  if (!err && slash)
    {
      *slash = '\0';
      err = aid_fs_mkdirs (to.ptr, 0700, e);
      *slash = '/';
    }
  if (!err)
    err = aid_fs_replace (to.ptr, aid_str_span (&text), st->st_mode & 0100 ? 0700 : 0600, e);
  aid_str_free (&to);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_eval_folder_copy (const char *root, const char *to, struct aid_error *e)
{
  return aid_eval_folder_each (root, copy_file, (void *)(uintptr_t)to, e);
}
