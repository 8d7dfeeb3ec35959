/* Roots: what folders say of themselves. */
#include "project/vc.h"
#include "base/fs.h"
#include "project/ignore.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define POINTER_MAX 8192 /* bytes of a file that names a folder */

const char *
aid_vc_name (enum aid_vc_kind k)
{
  static const char *const names[] = { "none", "git", "hg", "jj" };
  return names[k <= AID_VC_JJ ? k : AID_VC_NONE];
}

static int
has (const char *dir, const char *name)
{
  struct stat st;
  struct aid_str path = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  aid_str_addf (&path, "%s/%s", dir, name);
  int there = !path.err && !lstat (aid_str_z (&path), &st) && (S_ISDIR (st.st_mode) || S_ISREG (st.st_mode));
  aid_str_free (&path);
  return there;
}

enum aid_vc_kind
aid_vc_at (const char *dir)
{
  return has (dir, ".git") ? AID_VC_GIT : has (dir, ".jj") ? AID_VC_JJ : has (dir, ".hg") ? AID_VC_HG : AID_VC_NONE;
}

/* Appends what the file NAME in DIR has on its first line, behind WORD, made whole by DIR. */
static int
pointed (const char *dir, const char *name, const char *word, struct aid_str *out)
{
  struct aid_str text = AID_STR_INIT (POINTER_MAX);
  struct aid_span rest, line;
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad = fd < 0 || aid_read_small (fd, name, &text);
  if (fd >= 0)
    close (fd);
  rest = aid_str_span (&text);
  if (!bad && aid_span_line (&rest, &line) && aid_span_starts (line, word))
    {
      char *path = aid_span_dup (aid_span_trim (aid_span_cut (line, strlen (word), line.len)));
      bad = !path || !*path || aid_fs_join (out, dir, path);
      free (path);
    }
  else
    bad = 1;
  aid_str_free (&text);
  return bad ? -1 : 0;
}

int
aid_vc_git_dir (const char *dir, struct aid_str *git_dir, struct aid_str *common)
{
  struct stat st;
  size_t from = git_dir->len;
  aid_str_addf (git_dir, "%s/.git", dir);
  if (git_dir->err || lstat (git_dir->ptr + from, &st))
    return -1;
  if (S_ISREG (st.st_mode))
    {
      aid_str_remove (git_dir, from, git_dir->len - from);
      if (pointed (dir, ".git", "gitdir:", git_dir))
        return -1;
    }
  if (pointed (git_dir->ptr + from, "commondir", "", common))
    aid_str_addz (common, git_dir->ptr + from);
  return git_dir->err || common->err ? -1 : 0;
}

static int
is_root (const char *dir)
{
  return aid_vc_at (dir) != AID_VC_NONE || has (dir, ".svn") || has (dir, ".aid");
}

/* Whether the .git of DIR is that of a submodule: it lies in the modules of another. */
static int
is_submodule (const char *dir)
{
  struct aid_str git_dir = AID_STR_INIT (POINTER_MAX), common = AID_STR_INIT (POINTER_MAX);
  int is = aid_vc_at (dir) == AID_VC_GIT && !aid_vc_git_dir (dir, &git_dir, &common)
           && aid_span_find (aid_str_span (&git_dir), AID_SPAN ("/modules/")) > 0;
  aid_str_free (&git_dir);
  aid_str_free (&common);
  return is;
}

enum aid_err
aid_project_root_of (const char *dir, int outermost, struct aid_str *out, struct aid_error *e)
{
  char *full = realpath (dir, NULL), *up, *found = NULL;
  if (!full)
    return aid_error_set (e, AID_E_NOTFOUND, "The folder %s cannot be opened: %s", dir, strerror (errno));
  up = strdup (full);
  while (up && up[0])
    {
      if (is_root (up))
        {
          free (found);
          found = strdup (up);
          if (!outermost || !is_submodule (up))
            break;
        }
      *strrchr (up, '/') = '\0';
    }
  enum aid_err err = aid_str_addz (out, found ? found : full);
  free (found);
  free (up);
  free (full);
  return err ? aid_error_set (e, err, "The folder's name is too long") : AID_OK;
}
