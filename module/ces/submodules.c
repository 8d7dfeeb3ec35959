/* The submodules of a base from Git, as far as their objects are here: in the repository's own modules/, or where each is checked
   out.  What is not here is left out, as a clone leaves it. */
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <dirent.h>
#include <stdlib.h>

#define LIST_MAX ((size_t)64 << 20)
#define DEPTH 8
#define LINK "160000 commit "

/* --- which there are ---------------------------------------------------------------------------------------------- */

/* Appends to OUT what `git ls-tree' tells of all that is in BASE; nothing where there are no submodules. */
static enum aid_err
list (const struct aid_ces_place *at, struct aid_str *out, struct aid_error *e)
{
  const char *const args[] = { "ls-tree", "-r", "-z", "--full-tree", at->base, NULL };
  const struct aid_ces_git g = { at->git_dir, NULL, NULL, at->stop };
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&path, "%s/.gitmodules", at->tree);
  enum aid_err err = path.err || !aid_fs_exists (aid_str_z (&path)) ? AID_OK : aid_ces_git (&g, args, out, e);
  aid_str_free (&path);
  return err;
}

/* The next of LIST that is a submodule: its commit and its PATH, both to be freed; 0: there is none. */
static int
next (struct aid_span *list, char **commit, char **path)
{
  for (const char *end; list->len && (end = memchr (list->ptr, '\0', list->len));)
    {
      struct aid_span one = aid_span_cut (*list, 0, (size_t)(end - list->ptr));
      const char *tab = memchr (one.ptr, '\t', one.len);
      *list = aid_span_cut (*list, one.len + 1, list->len);
      if (!tab || !aid_span_starts (one, LINK))
        continue;
      *commit = aid_span_dup (aid_span_cut (one, sizeof LINK - 1, (size_t)(tab - one.ptr)));
      *path = aid_span_dup (aid_span_cut (one, (size_t)(tab - one.ptr) + 1, one.len));
      if (*commit && *path)
        return 1;
      free (*commit);
      free (*path);
    }
  return 0;
}

/* --- where they are ----------------------------------------------------------------------------------------------- */

/* What .gitmodules calls the submodule at PATH, to be freed; or NULL. */
static char *
name_of (const struct aid_ces_place *at, const char *path)
{
  struct aid_str file = AID_STR_INIT (AID_CES_PATH), said = AID_STR_INIT ((size_t)1 << 20);
  char *name = NULL;
  aid_str_addf (&file, "%s/.gitmodules", at->tree);
  const char *const args[] = { "config", "-f", aid_str_z (&file), "-z", "--get-regexp", "^submodule\\..*\\.path$", NULL };
  const struct aid_ces_git g = { at->git_dir, NULL, NULL, at->stop };
  struct aid_span rest = aid_ces_git (&g, args, &said, NULL) ? AID_SPAN ("") : aid_str_span (&said);
  for (const char *end; !name && rest.len && (end = memchr (rest.ptr, '\0', rest.len));)
    {
      struct aid_span one = aid_span_cut (rest, 0, (size_t)(end - rest.ptr));
      const char *line = memchr (one.ptr, '\n', one.len);
      size_t n = line ? (size_t)(line - one.ptr) : 0;
      if (line && aid_span_eqz (aid_span_cut (one, n + 1, one.len), path) && n > 15)
        name = aid_span_dup (aid_span_cut (one, 10, n - 5));
      rest = aid_span_cut (rest, one.len + 1, rest.len);
    }
  aid_str_free (&file);
  aid_str_free (&said);
  return name;
}

/* Whether the repository at GIT_DIR has COMMIT. */
static int
has_commit (const char *git_dir, const char *commit, const struct aid_stop *stop)
{
  struct aid_str head = AID_STR_INIT (AID_CES_PATH), name = AID_STR_INIT (256);
  aid_str_addf (&head, "%s/HEAD", git_dir);
  aid_str_addf (&name, "%s^{tree}", commit);
  const char *const args[] = { "cat-file", "-e", aid_str_z (&name), NULL };
  const struct aid_ces_git g = { git_dir, NULL, NULL, stop };
  int yes = !head.err && !name.err && aid_fs_exists (aid_str_z (&head)) && !aid_ces_git (&g, args, NULL, NULL);
  aid_str_free (&head);
  aid_str_free (&name);
  return yes;
}

/* The Git directory that has COMMIT of the submodule at PATH, to be freed; or NULL. */
static char *
find (const struct aid_ces_place *at, const char *path, const char *commit)
{
  char *name = name_of (at, path), *found = NULL;
  struct aid_str common = AID_STR_INIT (AID_CES_PATH);
  const char *const args[] = { "rev-parse", "--path-format=absolute", "--git-common-dir", NULL };
  const struct aid_ces_git g = { at->git_dir, NULL, NULL, at->stop };
  if (name && !strstr (name, "..") && !aid_ces_git (&g, args, &common, NULL))
    {
      struct aid_span dir = aid_span_trim (aid_str_span (&common));
      const struct aid_span in[] = { aid_span_z (at->git_dir), dir };
      for (size_t i = 0; i < 2 && !found; i++)
        {
          struct aid_str one = AID_STR_INIT (AID_CES_PATH);
          aid_str_addf (&one, "%.*s/modules/%s", (int)in[i].len, in[i].ptr, name);
          if (!one.err && has_commit (aid_str_z (&one), commit, at->stop))
            found = aid_str_steal (&one);
          aid_str_free (&one);
        }
    }
  if (!found && at->work_tree) /* an older Git's is where it is checked out */
    {
      struct aid_str one = AID_STR_INIT (AID_CES_PATH);
      aid_str_addf (&one, "%s/%s", at->work_tree, path);
      found = one.err ? NULL : aid_ces_git_dir (aid_str_z (&one));
      if (found && !has_commit (found, commit, at->stop))
        {
          free (found);
          found = NULL;
        }
      aid_str_free (&one);
    }
  free (name);
  aid_str_free (&common);
  return found;
}

/* --- laying them -------------------------------------------------------------------------------------------------- */

static enum aid_err
lay_one (const struct aid_ces_place *at, const char *path, const char *commit, int depth, struct aid_error *e)
{
  struct aid_str tree = AID_STR_INIT (AID_CES_PATH), work = AID_STR_INIT (AID_CES_PATH);
  char *git_dir = find (at, path, commit);
  enum aid_err err = AID_OK;
  aid_str_addf (&tree, "%s/%s", at->tree, path);
  aid_str_addf (&work, "%s/%s", at->work_tree ? at->work_tree : "", path);
  if (git_dir && !tree.err && !work.err)
    {
      const struct aid_ces_place below = { .git_dir = git_dir,
                                           .base = commit,
                                           .tree = aid_str_z (&tree),
                                           .scratch = at->scratch,
                                           .work_tree = at->work_tree ? aid_str_z (&work) : NULL,
                                           .stop = at->stop };
      err = aid_fs_mkdirs (below.tree, 0700, e);
      err = err ? err : aid_ces_git_lay (&below, depth + 1, e);
    }
  free (git_dir);
  aid_str_free (&tree);
  aid_str_free (&work);
  return err;
}

enum aid_err
aid_ces_submodules_lay (const struct aid_ces_place *at, int depth, struct aid_error *e)
{
  struct aid_str all = AID_STR_INIT (LIST_MAX);
  enum aid_err err = depth < DEPTH ? list (at, &all, e) : AID_OK;
  struct aid_span rest = aid_str_span (&all);
  char *commit, *path;
  while (!err && next (&rest, &commit, &path))
    {
      err = lay_one (at, path, commit, depth, e);
      free (commit);
      free (path);
    }
  aid_str_free (&all);
  return err;
}

static int
is_empty (const char *path)
{
  DIR *dir = opendir (path);
  int n = 0;
  while (dir && n <= 2 && readdir (dir))
    n++;
  if (dir)
    closedir (dir);
  return n <= 2;
}

json_t *
aid_ces_submodules_missing (const struct aid_ces_task *t, const char *tree)
{
  const struct aid_ces_place at = { .git_dir = t->git_dir, .base = t->base, .tree = tree };
  struct aid_str all = AID_STR_INIT (LIST_MAX);
  json_t *missing = json_array ();
  struct aid_span rest = AID_SPAN ("");
  char *commit, *path;
  if (t->source == AID_CES_GIT && !t->now && !list (&at, &all, NULL))
    rest = aid_str_span (&all);
  while (next (&rest, &commit, &path))
    {
      struct aid_str full = AID_STR_INIT (AID_CES_PATH);
      aid_str_addf (&full, "%s/%s", tree, path);
      if (!full.err && is_empty (aid_str_z (&full)))
        json_array_append_new (missing, aid_json_of_span (aid_span_z (path)));
      aid_str_free (&full);
      free (commit);
      free (path);
    }
  aid_str_free (&all);
  return missing;
}
