/* What keeps a file from being written besides its permissions: an Emacs that has unsaved changes of it, and other names of
   it that are not in the project. */
#include "patch/tree_internal.h"
#include "patch/patch_internal.h"
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- Emacs --- */

/* Whether the lock's text "user@host.pid:boot" names a process that lives, or may live, and is not we. */
static int
holder_lives (const char *text)
{
  char host[256] = "";
  struct aid_span v = aid_span_z (text);
  const char *colon = memrchr (v.ptr, ':', v.len);
  v.len = colon ? (size_t) (colon - v.ptr) : v.len;
  const char *dot = memrchr (v.ptr, '.', v.len), *at = memrchr (v.ptr, '@', v.len);
  uint64_t pid;
  if (!dot || !at || at > dot || gethostname (host, sizeof host - 1))
    return 1;
  struct aid_span where = { at + 1, (size_t) (dot - at - 1) };
  struct aid_span number = { dot + 1, (size_t) (v.ptr + v.len - dot - 1) };
  if (aid_span_number (number, INT_MAX, &pid) || pid == 0)
    return 1;
  if (!aid_span_eqz (where, host))
    return 1;
  return (pid_t) pid != getpid () && (kill ((pid_t) pid, 0) == 0 || errno == EPERM);
}

/* Emacs marks NAME, whose buffer has unsaved changes, by a link ".#NAME" beside it that leads nowhere. */
static enum aid_err
not_locked (const char *name, const char *path, struct aid_error *e)
{
  struct aid_str lock = AID_STR_INIT (PATH_MAX * 2);
  char text[400], shown[AID_QUOTE];
  const char *base = aid_fs_base (name);
  aid_str_add (&lock, name, (size_t) (base - name));
  aid_str_addf (&lock, ".#%s", base);
  ssize_t n = lock.err ? -1 : readlink (lock.ptr, text, sizeof text - 1);
  aid_str_free (&lock);
  text[n > 0 ? n : 0] = '\0';
  if (n <= 0 || !holder_lives (text))
    return AID_OK;
  aid_quote (aid_span_z (text), shown);
  return aid_error_set (e, AID_E_REFUSED, "%.100s has unsaved changes in Emacs (%s); save it there first", path, shown);
}

enum aid_err
aid_tree_not_edited (const char *full, const char *path, int links, struct aid_error *e)
{
  enum aid_err err = not_locked (full, path, e);
  char *real = err || !links ? NULL : realpath (full, NULL);
  if (real && strcmp (real, full) != 0)
    err = not_locked (real, path, e);
  free (real);
  return err;
}

/* --- hard links --- */

struct names
{
  const char *root;
  const struct stat *of;
  nlink_t found;
  size_t left;                  /* entries that may still be looked at */
};

/* Counts the file's names below the folder NAME, which is put back as it was. */
static void
count_names (struct names *n, struct aid_str *name)
{
  size_t len = name->len;
  struct stat st;
  DIR *dir = opendir (aid_str_z (name));
  for (struct dirent *d; dir && n->found < n->of->st_nlink && n->left > 0 && (d = readdir (dir));)
    {
      if (!strcmp (d->d_name, ".") || !strcmp (d->d_name, ".."))
        continue;
      n->left--;
      aid_str_addf (name, "/%s", d->d_name);
      if (!name->err && lstat (name->ptr, &st) == 0 && st.st_dev == n->of->st_dev)
        {
          n->found += S_ISREG (st.st_mode) && st.st_ino == n->of->st_ino;
          if (S_ISDIR (st.st_mode) && aid_path_check (name->ptr + strlen (n->root) + 1, NULL) == AID_OK)
            count_names (n, name);
        }
      if (name->err)
        break;                  /* deeper than any name can be: what is left out is not counted, so the answer is no */
      aid_str_remove (name, len, name->len);
    }
  if (dir)
    closedir (dir);
}

int
aid_tree_holds_links (const char *root, const struct stat *st)
{
  struct names n = { root, st, 0, AID_TREE_ENTRIES };
  struct aid_str name = AID_STR_INIT (PATH_MAX);
  aid_str_addz (&name, root);
  count_names (&n, &name);
  aid_str_free (&name);
  return n.found == st->st_nlink;
}
