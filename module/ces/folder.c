/* Folders of trees as they lie on disk: what is in them was made by builds, and is looked at through no link. */
#include "ces/ces_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 256
#define TRIES 1000
#define LONG_AGO 1000000000 /* 2001-09-09 */

struct walk
{
  void (*file) (struct walk *w, int dir, const char *name, const struct stat *st);
  void (*left) (struct walk *w, int dir, const char *name); /* a folder, after all that is in it */
  struct aid_ces_extent extent;
  const char *sought; /* a name */
  int found;
  int too_deep, moved; /* how many folders were not entered, and of these moved */
  int top, names;      /* the open folder that is walked in; of what was moved there */
};

static void walk (struct walk *w, int fd, int depth);

/* A folder too deep to be entered; what is to be removed is moved to the top, for the next walk. */
static void
pass (struct walk *w, int dir, const char *name)
{
  char other[32];
  int done = 0, ours = w->left && !fchmodat (dir, name, 0700, 0); /* its ".." is written */
  w->too_deep++;
  for (int i = 0; ours && !done && i < TRIES; i++)
    {
      snprintf (other, sizeof other, ".aid-deep-%d", ++w->names);
      done = !renameat (dir, name, w->top, other);
    }
  w->moved += done;
}

static void
enter (struct walk *w, int dir, const char *name, int depth)
{
  if (depth >= DEPTH_MAX)
    {
      pass (w, dir, name);
      return;
    }
  int fd = openat (dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  /* What a build has locked itself out of is still ours. */
  if (fd < 0 && w->left && !fchmodat (dir, name, 0700, 0))
    fd = openat (dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0)
    {
      if (w->left)
        fchmod (fd, 0700);
      walk (w, fd, depth);
    }
  if (w->left)
    w->left (w, dir, name);
}

/* Takes FD. */
static void
walk (struct walk *w, int fd, int depth)
{
  DIR *dir = fdopendir (fd);
  struct stat st;
  if (!dir)
    {
      close (fd);
      return;
    }
  for (struct dirent *d; (d = readdir (dir));)
    {
      if (!strcmp (d->d_name, ".") || !strcmp (d->d_name, "..") || fstatat (fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW))
        continue;
      if (S_ISDIR (st.st_mode))
        enter (w, fd, d->d_name, depth + 1);
      else
        w->file (w, fd, d->d_name, &st);
    }
  closedir (dir);
}

static void
walk_in (struct walk *w, const char *path)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  w->top = fd;
  w->too_deep = w->moved = 0;
  if (fd >= 0)
    walk (w, fd, 0);
}

static void
age (struct walk *w, int dir, const char *name, const struct stat *st)
{
  static const struct timespec then[2] = { { LONG_AGO, 0 }, { LONG_AGO, 0 } };
  (void)w;
  (void)st;
  utimensat (dir, name, then, AT_SYMLINK_NOFOLLOW);
}

void
aid_ces_age (const char *dir)
{
  struct walk w = { .file = age };
  walk_in (&w, dir);
}

static void
remove_file (struct walk *w, int dir, const char *name, const struct stat *st)
{
  (void)w;
  (void)st;
  unlinkat (dir, name, 0);
}

static void
remove_folder (struct walk *w, int dir, const char *name)
{
  (void)w;
  unlinkat (dir, name, AT_REMOVEDIR);
}

void
aid_ces_remove (const char *dir)
{
  struct walk w = { .file = remove_file, .left = remove_folder };
  chmod (dir, 0700);
  do
    walk_in (&w, dir);
  while (w.moved);
  rmdir (dir);
}

static void
count (struct walk *w, int dir, const char *name, const struct stat *st)
{
  (void)dir;
  (void)name;
  w->extent.bytes += (int64_t)st->st_blocks * 512;
  w->extent.length += (int64_t)st->st_size;
  w->extent.files++;
}

int
aid_ces_measure (const char *dir, struct aid_ces_extent *out)
{
  struct walk w = { .file = count };
  walk_in (&w, dir);
  *out = w.extent;
  return w.too_deep ? -1 : 0;
}

static void
seek (struct walk *w, int dir, const char *name, const struct stat *st)
{
  (void)dir;
  (void)st;
  w->found |= !strcmp (name, w->sought);
}

int
aid_ces_has_named (const char *dir, const char *name)
{
  struct walk w = { .file = seek, .sought = name };
  walk_in (&w, dir);
  return w.found;
}

int
aid_ces_is_program (const char *root, const char *path)
{
  struct aid_str full = AID_STR_INIT (AID_CES_PATH);
  struct stat st;
  aid_str_addf (&full, "%s/%s", root, path);
  int yes = !full.err && !lstat (aid_str_z (&full), &st) && S_ISREG (st.st_mode) && (st.st_mode & S_IXUSR);
  aid_str_free (&full);
  return yes;
}
