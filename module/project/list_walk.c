/* The walk: for folders that no tool knows.  Names come from the folders alone; files are looked at afterwards. */
#include "project/classify.h"
#include "project/list.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH 128 /* folders in folders; each holds a descriptor */

struct walk
{
  const struct aid_list_in *in;
  struct aid_listing *l;
  const struct aid_part *part;
  struct aid_ignores *ignores;
  struct aid_str path;  /* of where the walk is, from the part's top (which its rules hold for) */
  struct aid_str shown; /* the same from the root */
  struct aid_table *into;
};

static void walk_folder (struct walk *w, int fd, const struct aid_ignore_level *level, int depth);

/* Whether the folder FD is under a version control of its own. */
static int
has_vc (int fd)
{
  return !faccessat (fd, ".git", F_OK, AT_SYMLINK_NOFOLLOW) || !faccessat (fd, ".hg", F_OK, AT_SYMLINK_NOFOLLOW)
         || !faccessat (fd, ".jj", F_OK, AT_SYMLINK_NOFOLLOW);
}

static void
enter (struct walk *w, int fd, const char *name, const struct aid_ignore_level *level, int depth)
{
  int sub = depth < DEPTH ? openat (fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
  if (sub < 0)
    {
      if (depth >= DEPTH)
        aid_listing_note (w->l, "Folders below %.120s lie too deep to be listed.", aid_str_z (&w->shown));
      return;
    }
  if (has_vc (sub))
    {
      size_t n = strlen (w->part->path);
      aid_listing_add_part (w->in, w->l, w->part, aid_span_cut (aid_str_span (&w->shown), n ? n + 1 : 0, w->shown.len));
      close (sub);
      return;
    }
  walk_folder (w, sub, aid_ignores_enter (w->ignores, level, aid_str_span (&w->path), sub), depth + 1);
}

static int
is_folder (int fd, const struct dirent *d)
{
  struct stat st;
  if (d->d_type != DT_UNKNOWN)
    return d->d_type == DT_DIR;
  return !fstatat (fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR (st.st_mode);
}

static void
add_name (struct aid_str *path, const char *name)
{
  if (path->len)
    aid_str_addc (path, '/');
  aid_str_addz (path, name);
}

static void
cut (struct aid_str *path, size_t len)
{
  aid_str_remove (path, len, path->len);
  path->err = AID_OK;
}

static void
take (struct walk *w, int fd, const struct dirent *d, const struct aid_ignore_level *level, uint32_t here, int depth)
{
  struct aid_span name = aid_span_z (d->d_name);
  size_t path = w->path.len, shown = w->shown.len;
  int folder = is_folder (fd, d);
  add_name (&w->path, d->d_name);
  add_name (&w->shown, d->d_name);
  if (w->path.err || w->shown.err)
    w->into->skipped++;
  else if (!aid_ignores_entry (w->ignores, level, aid_str_span (&w->path), folder, NULL))
    {
      if (folder && !aid_classify_is_output (name))
        enter (w, fd, d->d_name, level, depth);
      else if (!folder)
        aid_table_add_in (w->into, here, name, NULL);
    }
  cut (&w->path, path);
  cut (&w->shown, shown);
}

/* Takes FD. */
static void
walk_folder (struct walk *w, int fd, const struct aid_ignore_level *level, int depth)
{
  uint32_t here = aid_table_folder (w->into, aid_str_span (&w->shown), 1);
  DIR *dir = here == AID_TABLE_NONE ? NULL : fdopendir (fd);
  if (!dir)
    {
      close (fd);
      return;
    }
  for (struct dirent *d; !aid_stop_is_set (w->in->stop) && (d = readdir (dir));)
    if (strcmp (d->d_name, ".") != 0 && strcmp (d->d_name, "..") != 0 && !aid_vc_is_folder (aid_span_z (d->d_name)))
      take (w, fd, d, level, here, depth);
  closedir (dir);
}

/* Walks the folder SHOWN (from the root), called WITHIN from the top of its part. */
static void
walk_from (struct walk *w, struct aid_span shown, struct aid_span within)
{
  const struct aid_ignore_level *level = aid_ignores_enter (w->ignores, NULL, AID_SPAN (""), w->part->top_fd);
  aid_str_addspan (&w->path, within);
  aid_str_addspan (&w->shown, shown);
  for (size_t at = 0; at < within.len;)
    {
      const char *slash = memchr (within.ptr + at, '/', within.len - at);
      size_t end = slash ? (size_t)(slash - within.ptr) : within.len;
      int up = aid_open_folder (w->part->top_fd, aid_span_cut (within, 0, end));
      if (up >= 0)
        {
          level = aid_ignores_enter (w->ignores, level, aid_span_cut (within, 0, end), up);
          close (up);
        }
      at = end + 1;
    }
  int fd = aid_open_folder (w->in->root_fd, shown);
  if (fd >= 0)
    walk_folder (w, fd, level, 0);
}

/* Walks what PATH names from the root, into the table INTO. */
static enum aid_err
walk (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, struct aid_table *into,
      struct aid_span path, struct aid_span within, struct aid_error *e)
{
  struct walk w = { .in = in, .l = l, .part = part, .into = into, .ignores = aid_part_ignores (l, part) };
  if (!w.ignores)
    return aid_error_set (e, AID_E_IO, "The folder %s/%s cannot be opened: %s", in->root, part->path, strerror (errno));
  w.path = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  w.shown = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  walk_from (&w, path, within);
  aid_str_free (&w.path);
  aid_str_free (&w.shown);
  return AID_OK;
}

size_t
aid_list_folder (const struct aid_list_in *in, const struct aid_listing *l, struct aid_table *into, struct aid_span path)
{
  struct aid_str within = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  struct aid_part *part = aid_part_of (l, path, &within);
  /* What others read of L stays as it is: parts go into a list of our own. */
  struct aid_listing own = *l;
  own.parts = AID_VEC_INIT (struct aid_part *, AID_PARTS);
  for (size_t i = 0; i < l->parts.len; i++)
    {
      struct aid_part **slot = aid_vec_push (&own.parts);
      if (slot)
        *slot = AID_VEC_AT (struct aid_part *, &l->parts, i);
    }
  if (part && !within.err && own.parts.len == l->parts.len)
    walk (in, &own, part, into, path, aid_str_span (&within), NULL);
  size_t found = own.parts.len - l->parts.len;
  for (size_t i = l->parts.len; i < own.parts.len; i++)
    aid_part_free (AID_VEC_AT (struct aid_part *, &own.parts, i));
  aid_vec_free (&own.parts);
  aid_str_free (&within);
  return found;
}

enum aid_err
aid_list_walk (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, struct aid_error *e)
{
  return walk (in, l, part, l->table, aid_span_z (part->path), aid_span_z (part->inside), e);
}
