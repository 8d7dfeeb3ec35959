/* All folders of the list are watched, as far as the system lets us, the rest is polled; what happened between the list
   and the watch is found by looking once more. */
#include "base/clock.h"
#include "base/fs.h"
#include "project/ignore.h"
#include "project/project_internal.h"
#include "project/vc.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define VC_PARTS 200 /* parts whose version control is watched */
#define FRESH_S 2    /* folders that changed so short before the list are read again: a clock may be coarse */

/* --- folders ---------------------------------------------------------------------------------------------------------- */

static void
count (struct aid_project *p, int was, int is)
{
  pthread_mutex_lock (&p->lock);
  p->watched += (size_t)(is > 0);
  p->watched -= (size_t)(was > 0);
  p->polled += (size_t)(is == AID_WATCH_POLLED);
  p->polled -= (size_t)(was == AID_WATCH_POLLED);
  pthread_mutex_unlock (&p->lock);
}

static void
say_that_some_are_polled (struct aid_project *p)
{
  pthread_mutex_lock (&p->lock);
  if (!p->watch_note[0])
    snprintf (p->watch_note, sizeof p->watch_note,
              "The system lets AID watch %zu folders (fs.inotify.max_user_watches): the files of the others are looked at "
              "now and then.",
              p->watched);
  pthread_mutex_unlock (&p->lock);
}

void
aid_project_follow_folder (struct aid_project *p, uint32_t folder)
{
  struct aid_str full = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  struct aid_folder *f = aid_table_folder_at (p->listing.table, folder);
  struct aid_span path = aid_table_folder_path (p->listing.table, folder);
  int was = f->watch, is = AID_WATCH_POLLED;
  if (!p->options.watch)
    return;
  aid_str_addf (&full, "%s%s%.*s", p->root, path.len ? "/" : "", (int)path.len, path.ptr);
  if (p->watch && !full.err && (was > 0 || p->watched < p->max_watches))
    {
      is = aid_watch_add (p->watch, aid_str_z (&full), folder);
      if (is < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP))
        is = 0;
      if (is != was && was > 0)
        aid_watch_drop (p->watch, was);
    }
  if (is < 0 && p->watch)
    say_that_some_are_polled (p);
  f->watch = is;
  count (p, was, is);
  if (is == AID_WATCH_POLLED && !p->poll_at)
    p->poll_at = aid_clock_ms () + 1000;
  aid_str_free (&full);
}

void
aid_project_unfollow (struct aid_project *p, uint32_t folder)
{
  struct aid_folder *f = aid_table_folder_at (p->listing.table, folder);
  if (f->watch > 0)
    aid_watch_drop (p->watch, f->watch);
  count (p, f->watch, 0);
  f->watch = 0;
}

void
aid_project_compare_names (struct aid_project *p, uint32_t folder)
{
  struct aid_str path = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  struct aid_span here = aid_table_folder_path (p->listing.table, folder);
  int fd = aid_open_folder (p->root_fd, here);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  if (!dir)
    {
      if (fd >= 0)
        close (fd);
      aid_project_expect (p, here);
      return;
    }
  for (struct dirent *d; (d = readdir (dir));)
    {
      if (!strcmp (d->d_name, ".") || !strcmp (d->d_name, "..") || aid_vc_is_folder (aid_span_z (d->d_name)))
        continue;
      aid_str_clear (&path);
      aid_str_addspan (&path, here);
      aid_str_addz (&path, here.len ? "/" : "");
      aid_str_addz (&path, d->d_name);
      if (path.err)
        continue;
      uint32_t f = d->d_type == DT_REG ? AID_TABLE_NONE : aid_table_folder (p->listing.table, aid_str_span (&path), 0);
      uint32_t i = f == AID_TABLE_NONE ? aid_table_find (p->listing.table, aid_str_span (&path)) : AID_TABLE_NONE;
      pthread_mutex_lock (&p->lock);
      int known = f != AID_TABLE_NONE ? !aid_table_folder_at (p->listing.table, f)->gone
                                      : i != AID_TABLE_NONE && !(aid_table_at (p->listing.table, i)->flags & AID_ENTRY_GONE);
      pthread_mutex_unlock (&p->lock);
      if (!known)
        aid_project_expect (p, aid_str_span (&path));
    }
  closedir (dir);
  aid_str_free (&path);
}

/* Whether there may be more in the folder F than the table knows: it changed since SINCE (seconds since 1970), or has
   more folders (not all file systems count them) than are known; empty ones are not listed by all tools. */
static int
may_hold_more (struct aid_project *p, uint32_t folder, int64_t since)
{
  struct stat st;
  struct aid_folder *f = aid_table_folder_at (p->listing.table, folder);
  struct aid_span path = aid_table_folder_path (p->listing.table, folder);
  if (fstatat (p->root_fd, path.len ? path.ptr : ".", &st, AT_SYMLINK_NOFOLLOW))
    return 1;
  f->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
  return st.st_mtim.tv_sec >= since || st.st_nlink < 2 || (uint64_t)st.st_nlink != 2 + (uint64_t)f->children;
}

/* Expects all files whose stats are not those of the table. */
static void
look_at_files (struct aid_project *p)
{
  char buf[AID_PROJECT_PATH_MAX + 1];
  for (uint32_t i = 0; i < p->listing.table->entries.len && !p->list_at && !aid_stop_is_set (p->stop); i++)
    {
      pthread_mutex_lock (&p->lock);
      struct aid_entry e = *aid_table_at (p->listing.table, i);
      pthread_mutex_unlock (&p->lock);
      struct aid_span path = aid_table_path (p->listing.table, &e, buf);
      struct stat st;
      if ((e.flags & AID_ENTRY_GONE)
          || (!fstatat (p->root_fd, buf, &st, AT_SYMLINK_NOFOLLOW) && (uint64_t)st.st_size == e.size && st.st_ino == e.inode
              && (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec == e.mtime_ns))
        continue;
      aid_project_expect (p, path);
    }
}

/* --- version control ---------------------------------------------------------------------------------------------------- */

static const char *
vc_folder (const struct aid_part *part, struct aid_str *buf)
{
  if (part->kind == AID_VC_GIT && part->git_dir)
    aid_str_addz (buf, part->git_dir);
  else if (part->kind == AID_VC_HG)
    aid_str_addf (buf, "%s/.hg", part->top);
  return buf->len && !buf->err ? aid_str_z (buf) : NULL;
}

/* A number that is another one when the checked out revision or the list of tracked files may be another. */
static uint64_t
vc_stamp (const struct aid_part *part)
{
  static const char *const names[] = { "HEAD", "index", "dirstate" };
  struct aid_str dir = AID_STR_INIT (AID_PROJECT_PATH_MAX), file = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  uint64_t stamp = 1;
  const char *folder = vc_folder (part, &dir);
  for (size_t i = 0; folder && i < sizeof names / sizeof *names; i++)
    {
      struct stat st;
      aid_str_clear (&file);
      aid_str_addf (&file, "%s/%s", folder, names[i]);
      if (!stat (aid_str_z (&file), &st))
        stamp = (stamp * 0x9E3779B97F4A7C15u) ^ (uint64_t)st.st_ino ^ ((uint64_t)st.st_mtim.tv_sec << 32)
                ^ (uint64_t)st.st_mtim.tv_nsec ^ ((uint64_t)st.st_size << 20);
    }
  aid_str_free (&dir);
  aid_str_free (&file);
  return stamp;
}

void
aid_project_vc_note (struct aid_project *p)
{
  p->stamps.len = 0;
  for (size_t i = 0; i < p->listing.parts.len && i < VC_PARTS; i++)
    {
      uint64_t *slot = aid_vec_push (&p->stamps);
      if (slot)
        *slot = vc_stamp (AID_VEC_AT (struct aid_part *, &p->listing.parts, i));
    }
}

int
aid_project_vc_moved (struct aid_project *p)
{
  for (size_t i = 0; i < p->stamps.len; i++)
    if (AID_VEC_AT (uint64_t, &p->stamps, i) != vc_stamp (AID_VEC_AT (struct aid_part *, &p->listing.parts, i)))
      return 1;
  return 0;
}

static void
follow_vc (struct aid_project *p)
{
  for (size_t i = 0; i < p->listing.parts.len && i < VC_PARTS; i++)
    {
      struct aid_str dir = AID_STR_INIT (AID_PROJECT_PATH_MAX);
      const char *folder = vc_folder (AID_VEC_AT (struct aid_part *, &p->listing.parts, i), &dir);
      if (folder && p->watch)
        aid_watch_add (p->watch, folder, AID_VC_KEYS + (uint32_t)i);
      aid_str_free (&dir);
    }
}

/* --- all of it ---------------------------------------------------------------------------------------------------------- */

static void
make_watch (struct aid_project *p)
{
  struct aid_error e = { AID_OK, "" };
  size_t limit = aid_watch_limit () / 2;
  aid_watch_free (p->watch);
  p->watch = p->options.poll ? NULL : aid_watch_new (&e);
  p->max_watches = p->options.max_watches ? p->options.max_watches : limit;
  pthread_mutex_lock (&p->lock);
  p->watched = p->polled = 0;
  snprintf (p->watch_note, sizeof p->watch_note, "%.199s", e.msg);
  pthread_mutex_unlock (&p->lock);
  p->poll_at = 0;
  p->poll_next = 0;
}

void
aid_project_follow (struct aid_project *p)
{
  int64_t since = aid_clock_wall_ms () / 1000 - p->list_ms / 1000 - FRESH_S;
  if (!p->options.watch)
    return;
  make_watch (p);
  follow_vc (p);
  size_t folders = p->listing.table->folders.len;
  for (uint32_t i = 0; i < folders && !aid_stop_is_set (p->stop); i++)
    if (!aid_table_folder_at (p->listing.table, i)->gone)
      aid_project_follow_folder (p, i);
  for (uint32_t i = 0; i < folders && !p->list_at && !aid_stop_is_set (p->stop); i++)
    if (!aid_table_folder_at (p->listing.table, i)->gone && may_hold_more (p, i, since))
      aid_project_compare_names (p, i);
  look_at_files (p);
  if (aid_project_vc_moved (p))
    aid_project_expect_list (p);
}

static void
hear (void *ctx, uint32_t key, struct aid_span name)
{
  struct aid_project *p = ctx;
  struct aid_str path = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  if (key == AID_WATCH_OVERFLOW)
    aid_project_expect_list (p);
  else if (key >= AID_VC_KEYS)
    {
      if ((aid_span_eqz (name, "HEAD") || aid_span_eqz (name, "index") || aid_span_eqz (name, "dirstate")) && !p->list_at
          && aid_project_vc_moved (p))
        aid_project_expect_list (p);
    }
  else if (!aid_vc_is_folder (name))
    {
      struct aid_span folder = aid_table_folder_path (p->listing.table, key);
      aid_str_addspan (&path, folder);
      aid_str_addz (&path, folder.len && name.len ? "/" : "");
      aid_str_addspan (&path, name);
      if (path.len && !path.err)
        aid_project_expect (p, aid_str_span (&path));
    }
  aid_str_free (&path);
}

void
aid_project_hear (struct aid_project *p)
{
  aid_watch_read (p->watch, hear, p);
}
