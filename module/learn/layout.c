/* Git tells what a tree has, or what has changed since the one before; we alone write. */
#include "learn/layout.h"
#include "base/fs.h"
#include "base/proc.h"
#include "project/calm.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAX ((size_t)256 << 20)
#define BATCH 200 /* files that are read at once */
#define PATH_LIMIT 8192

struct entry
{
  unsigned mode; /* git's; 0: the file is gone */
  char blob[AID_VAULT_ID];
  struct aid_span path;
};

struct laying
{
  const struct aid_vault *vault;
  int dir;
  const char *name;
  struct aid_str list;
  struct aid_vec entries; /* struct entry */
};

/* --- one file ----------------------------------------------------------------------------------------------------- */

/* Whether each part of PATH is the name of a file that is no version control's. */
static int
is_safe (struct aid_span path)
{
  static const char *const bad[] = { "", ".", "..", ".git", ".hg", ".jj" };
  while (1)
    {
      const char *slash = path.len ? memchr (path.ptr, '/', path.len) : NULL;
      struct aid_span part = slash ? aid_span_cut (path, 0, (size_t)(slash - path.ptr)) : path;
      for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (aid_span_eqz (part, bad[i]))
          return 0;
      if (!slash)
        return 1;
      path = aid_span_cut (path, part.len + 1, path.len);
    }
}

/* Opens the folder that PATH is in and gives the rest of it in *NAME; MAKE: folders that are missing are made, and what stands in
   their place is removed.  -1 with errno. */
static int
open_folder (int root, struct aid_span path, int make, struct aid_span *name)
{
  int at = fcntl (root, F_DUPFD_CLOEXEC, 0);
  const char *slash;
  while (at >= 0 && (slash = memchr (path.ptr, '/', path.len)))
    {
      char *part = aid_span_dup (aid_span_cut (path, 0, (size_t)(slash - path.ptr)));
      int next = part ? openat (at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
      if (part && next < 0 && make && (errno == ENOENT || !unlinkat (at, part, 0)) && !mkdirat (at, part, 0700))
        next = openat (at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      int no = errno;
      close (at);
      free (part);
      errno = no;
      at = next;
      path = aid_span_cut (path, (size_t)(slash - path.ptr) + 1, path.len);
    }
  *name = path;
  return at;
}

static int
write_file (const struct laying *l, const struct entry *entry, struct aid_span bytes)
{
  struct aid_span last;
  int folder = open_folder (l->dir, entry->path, 1, &last), bad = folder < 0;
  char *name = bad ? NULL : aid_span_dup (last);
  bad = bad || !name;
  if (!bad && unlinkat (folder, name, 0) && errno != ENOENT)
    bad = unlinkat (folder, name, AT_REMOVEDIR);
  if (!bad && entry->mode == 0120000)
    {
      char *text = aid_span_dup (bytes);
      bad = !text || symlinkat (text, folder, name);
      free (text);
    }
  else if (!bad)
    {
      int fd = openat (folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, entry->mode & 0100 ? 0700 : 0600);
      bad = fd < 0 || aid_fs_write_all (fd, bytes);
      bad = (fd >= 0 && close (fd)) || bad;
    }
  int no = errno;
  if (folder >= 0)
    close (folder);
  free (name);
  errno = no;
  return bad ? -1 : 0;
}

/* Removes the file, and the folders that it leaves empty. */
static void
remove_file (const struct laying *l, struct aid_span path)
{
  int flags = 0;
  for (;;)
    {
      struct aid_span last;
      int folder = open_folder (l->dir, path, 0, &last);
      char *name = folder < 0 ? NULL : aid_span_dup (last);
      int gone = name && !unlinkat (folder, name, flags);
      if (folder >= 0)
        close (folder);
      free (name);
      if (!gone || last.len == path.len)
        return;
      path = aid_span_cut (path, 0, path.len - last.len - 1);
      flags = AT_REMOVEDIR;
    }
}

/* --- what there is ------------------------------------------------------------------------------------------------ */

static int
add (struct laying *l, struct aid_span mode, struct aid_span blob, struct aid_span path)
{
  struct entry *entry;
  unsigned m = (unsigned)strtoul (mode.ptr, NULL, 8);
  if (m == 0160000 || !is_safe (path))
    return 0; /* a repository within, or nothing that may be written */
  if (!(entry = aid_vec_push (&l->entries)))
    return -1;
  entry->mode = m;
  entry->path = path;
  snprintf (entry->blob, sizeof entry->blob, "%.*s", (int)(blob.len < 64 ? blob.len : 64), blob.ptr);
  return 0;
}

static enum aid_err
list (struct laying *l, const char *before, const char *tree, struct aid_error *e)
{
  const char *const all[] = { "ls-tree", "-r", "-z", "--full-tree", tree, NULL };
  const char *const since[] = { "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", before, tree, NULL };
  enum aid_err err = aid_vault_git (l->vault, &(struct aid_vault_run){ .args = before ? since : all, .out = &l->list }, e);
  struct aid_span rest = aid_str_span (&l->list);
  int full = 0;
  while (!err && rest.len && !full)
    if (before)
      { /* ":100644 100644 OLD NEW M" NUL "PATH" NUL */
        struct aid_span head = aid_vault_field (&rest, '\0'), path = aid_vault_field (&rest, '\0');
        aid_vault_field (&head, ' ');
        struct aid_span mode = aid_vault_field (&head, ' ');
        aid_vault_field (&head, ' ');
        full = add (l, mode, aid_vault_field (&head, ' '), path);
      }
    else
      { /* "100644 blob ID\tPATH" NUL */
        struct aid_span one = aid_vault_field (&rest, '\0'), head = aid_vault_field (&one, '\t'),
                        mode = aid_vault_field (&head, ' ');
        aid_vault_field (&head, ' ');
        full = add (l, mode, head, one);
      }
  return err || !full ? err
                      : aid_error_set (e, AID_E_LIMIT, "The tree %.12s has more than %d files", tree, AID_LAYOUT_FILES);
}

/* Writes the N entries from I on. */
static enum aid_err
write_some (const struct laying *l, size_t i, size_t n, struct aid_error *e)
{
  static const char *const args[] = { "cat-file", "--batch", NULL };
  struct aid_str asked = AID_STR_INIT ((size_t)BATCH * (AID_VAULT_ID + 1)), got = AID_STR_INIT (AID_LAYOUT_FILE);
  for (size_t k = i; k < i + n; k++)
    aid_str_addf (&asked, "%s\n", AID_VEC_AT (struct entry, &l->entries, k).blob);
  enum aid_err err
    = aid_vault_git (l->vault, &(struct aid_vault_run){ .args = args, .input = aid_str_span (&asked), .out = &got }, e);
  struct aid_span rest = aid_str_span (&got);
  for (size_t k = i; k < i + n && !err; k++)
    { /* "ID blob SIZE\n" BYTES "\n" */
      const struct entry *entry = &AID_VEC_AT (struct entry, &l->entries, k);
      struct aid_span head = aid_vault_field (&rest, '\n');
      uint64_t size = 0;
      aid_vault_field (&head, ' ');
      aid_vault_field (&head, ' ');
      if (aid_span_number (head, rest.len, &size))
        err = aid_error_set (e, AID_E_IO, "%.*s cannot be read in %s", (int)entry->path.len, entry->path.ptr, l->vault->dir);
      else if (write_file (l, entry, aid_span_cut (rest, 0, size)))
        err = aid_error_set (e, AID_E_IO, "%.*s cannot be written in %s: %s", (int)entry->path.len, entry->path.ptr, l->name,
                             strerror (errno));
      rest = aid_span_cut (rest, size + 1 < rest.len ? size + 1 : rest.len, rest.len);
    }
  aid_str_free (&asked);
  aid_str_free (&got);
  return err;
}

/* Has those that are gone removed, and leaves the others. */
static void
remove_gone (struct laying *l)
{
  size_t n = 0;
  for (size_t i = 0; i < l->entries.len; i++)
    {
      struct entry entry = AID_VEC_AT (struct entry, &l->entries, i);
      if (!entry.mode)
        remove_file (l, entry.path);
      else
        AID_VEC_AT (struct entry, &l->entries, n++) = entry;
    }
  l->entries.len = n;
}

enum aid_err
aid_layout (const struct aid_vault *vault, const char *before, const char *tree, const char *dir, struct aid_error *e)
{
  struct laying l = { .vault = vault,
                      .name = dir,
                      .dir = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                      .list = AID_STR_INIT (LIST_MAX),
                      .entries = AID_VEC_INIT (struct entry, AID_LAYOUT_FILES) };
  enum aid_err err = l.dir >= 0 ? AID_OK : aid_error_set (e, AID_E_IO, "%s cannot be opened: %s", dir, strerror (errno));
  if (!err && (!aid_vault_is_id (tree) || (before && !aid_vault_is_id (before))))
    err = aid_error_set (e, AID_E_INVALID, "\"%.80s\" is no tree", tree);
  if (!err)
    err = list (&l, before, tree, e);
  if (!err)
    remove_gone (&l);
  for (size_t i = 0; i < l.entries.len && !err; i += BATCH)
    err = write_some (&l, i, l.entries.len - i < BATCH ? l.entries.len - i : BATCH, e);
  if (l.dir >= 0)
    close (l.dir);
  aid_vec_free (&l.entries);
  aid_str_free (&l.list);
  return err;
}

/* --- a repository around it --------------------------------------------------------------------------------------- */

static int
git_in (const char *dir, const char *const *args)
{
  static const char *const first[] = { AID_CALM_GIT };
  const char *argv[24];
  size_t n = sizeof first / sizeof *first;
  memcpy (argv, first, sizeof first);
  for (; *args && n < 23; args++)
    argv[n++] = *args;
  argv[n] = NULL;
  struct aid_proc p = { .argv = argv, .dir = dir, .env = aid_calm_git_env };
  struct aid_proc_result r;
  int bad = aid_proc_run (&p, &r, NULL) || r.code || r.signal;
  aid_proc_result_free (&r);
  return bad;
}

void
aid_layout_git (const char *dir, const char *root, const char *revision)
{
  static const char *const init[] = { "init", "-q", "--template=", NULL };
  struct aid_str git = AID_STR_INIT (PATH_LIMIT), objects = AID_STR_INIT (PATH_LIMIT), line = AID_STR_INIT (PATH_LIMIT);
  aid_str_addf (&git, "%s/.git", dir);
  aid_str_addf (&objects, "%s/.git/objects", root);
  int bad = !aid_fs_exists (aid_str_z (&git)) && git_in (dir, init);
  if (!bad && revision && aid_vault_is_id (revision) && aid_fs_exists (aid_str_z (&objects)))
    {
      const char *const read[] = { "read-tree", revision, NULL }, *const detach[]
                                                                  = { "update-ref", "--no-deref", "HEAD", revision, NULL };
      aid_str_addz (&git, "/objects/info/alternates");
      aid_str_addf (&line, "%s\n", aid_str_z (&objects));
      if (!strchr (aid_str_z (&objects), '\n') && !aid_fs_replace (aid_str_z (&git), aid_str_span (&line), 0600, NULL)
          && !git_in (dir, read))
        git_in (dir, detach);
    }
  aid_str_free (&git);
  aid_str_free (&objects);
  aid_str_free (&line);
}

static int
remove_one (const char *path, const struct stat *st, int kind, struct FTW *at)
{
  (void)st, (void)kind, (void)at;
  return remove (path) && errno != ENOENT ? -1 : 0;
}

void
aid_layout_remove (const char *dir)
{
  nftw (dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
