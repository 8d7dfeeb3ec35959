/* Parts are listed one after the other, each by what knows it; then every file is looked at, by several threads. */
#include "project/list.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/pool.h"
#include "project/classify.h"
#include "project/vc.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOKERS 4       /* threads that stat; more than there are processors, for they wait for the disk */
#define LOOK_ALONE 2000 /* files for which one is enough */

/* --- parts ------------------------------------------------------------------------------------------------------------ */

void
aid_part_free (struct aid_part *p)
{
  if (!p)
    return;
  aid_ignores_free (p->ignores);
  if (p->top_fd >= 0)
    close (p->top_fd);
  free (p->path);
  free (p->top);
  free (p->inside);
  free (p->git_dir);
  free (p->common_dir);
  free (p);
}

/* Finds the version control of the folder FULL, of the part P; for the root also one that begins above it. */
static void
find_vc (struct aid_part *p, const char *full)
{
  struct aid_str git_dir = AID_STR_INIT (AID_PROJECT_PATH_MAX), common = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  char *top = strdup (full);
  p->kind = aid_vc_at (full);
  if (p->kind == AID_VC_NONE && !*p->path)
    {
      /* A project's folder in a repository: Git lists that alone.  The others do not begin above what they list. */
      while (top && top[0] && aid_vc_at (top) == AID_VC_NONE)
        *strrchr (top, '/') = '\0';
      if (top && top[0] && aid_vc_at (top) == AID_VC_GIT)
        p->kind = AID_VC_GIT;
      else if (top)
        strcpy (top, full);
    }
  p->top = top;
  p->inside = strdup (top && strlen (full) > strlen (top) ? full + strlen (top) + 1 : "");
  if (top && (p->kind == AID_VC_GIT || p->kind == AID_VC_JJ) && !aid_vc_git_dir (top, &git_dir, &common))
    {
      p->git_dir = aid_str_steal (&git_dir);
      p->common_dir = aid_str_steal (&common);
    }
  aid_str_free (&git_dir);
  aid_str_free (&common);
}

static void
add_part (const struct aid_list_in *in, struct aid_listing *l, struct aid_span path)
{
  struct aid_str full = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  struct aid_part *p = calloc (1, sizeof *p), **slot;
  aid_str_addf (&full, "%s%s%.*s", in->root, path.len ? "/" : "", (int)path.len, path.len ? path.ptr : "");
  if (p)
    {
      p->top_fd = -1;
      p->path = aid_span_dup (path);
    }
  if (p && p->path && !full.err)
    {
      find_vc (p, aid_str_z (&full));
      slot = p->top && p->inside ? aid_vec_push (&l->parts) : NULL;
      if (slot)
        {
          *slot = p;
          p = NULL;
        }
    }
  aid_part_free (p);
  aid_str_free (&full);
}

static struct aid_part *
part_at (const struct aid_listing *l, size_t i)
{
  return AID_VEC_AT (struct aid_part *, &l->parts, i);
}

/* Appends PATH of PART as it is called from the root. */
static void
from_root (const struct aid_part *part, struct aid_span path, struct aid_str *out)
{
  aid_str_addz (out, part->path);
  aid_str_addz (out, *part->path && path.len ? "/" : "");
  aid_str_addspan (out, path);
}

void
aid_listing_add_part (const struct aid_list_in *in, struct aid_listing *l, const struct aid_part *part, struct aid_span path)
{
  struct aid_str whole = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  from_root (part, path, &whole);
  int known = whole.err != AID_OK;
  for (size_t i = 0; i < l->parts.len && !known; i++)
    known = aid_span_eqz (aid_str_span (&whole), part_at (l, i)->path);
  if (!known)
    add_part (in, l, aid_str_span (&whole));
  aid_str_free (&whole);
}

static int
in_vc_folder (struct aid_span path)
{
  while (path.len)
    {
      const char *slash = memchr (path.ptr, '/', path.len);
      size_t n = slash ? (size_t)(slash - path.ptr) : path.len;
      if (aid_vc_is_folder (aid_span_cut (path, 0, n)))
        return 1;
      path = aid_span_cut (path, n + 1, path.len);
    }
  return 0;
}

void
aid_listing_add (struct aid_listing *l, const struct aid_part *part, struct aid_span path)
{
  struct aid_str whole = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  if (in_vc_folder (path) || !path.len)
    return;
  if (*part->path)
    {
      from_root (part, path, &whole);
      path = aid_str_span (&whole);
    }
  if (whole.err)
    l->table->skipped++;
  else
    aid_table_add (l->table, path, NULL);
  aid_str_free (&whole);
}

void
aid_listing_note (struct aid_listing *l, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  if (!l->note[0])
    vsnprintf (l->note, sizeof l->note, fmt, ap);
  va_end (ap);
}

struct aid_part *
aid_part_of (const struct aid_listing *l, struct aid_span path, struct aid_str *within)
{
  struct aid_part *best = NULL;
  size_t longest = 0;
  for (size_t i = 0; i < l->parts.len; i++)
    {
      struct aid_part *p = part_at (l, i);
      size_t n = strlen (p->path);
      if ((n == 0 || (aid_span_starts (path, p->path) && path.len > n && path.ptr[n] == '/')) && (!best || n > longest))
        {
          best = p;
          longest = n;
        }
    }
  if (best && within)
    {
      aid_str_addz (within, best->inside);
      aid_str_addz (within, *best->inside ? "/" : "");
      aid_str_addspan (within, aid_span_cut (path, longest ? longest + 1 : 0, path.len));
    }
  return best;
}

struct aid_ignores *
aid_part_ignores (const struct aid_listing *l, struct aid_part *p)
{
  if (p->ignores)
    return p->ignores;
  if (p->top_fd < 0)
    p->top_fd = open (p->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (p->top_fd >= 0)
    p->ignores = aid_ignores_new (p->top_fd, p->kind, p->common_dir, p->kind == AID_VC_HG ? NULL : l->excludes);
  return p->ignores;
}

int
aid_listing_ignores (const struct aid_listing *l, struct aid_span path, int is_folder, struct aid_ignored *why)
{
  struct aid_str within = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  struct aid_part *p = aid_part_of (l, path, &within);
  struct aid_ignores *g = p && !within.err ? aid_part_ignores (l, p) : NULL;
  int ignored = in_vc_folder (path) || (g && aid_ignores_path (g, aid_str_span (&within), is_folder, why));
  aid_str_free (&within);
  return ignored;
}

/* --- looking at files ----------------------------------------------------------------------------------------------- */

/* What one thread looks at. */
struct slice
{
  const struct aid_list_in *in;
  struct aid_listing *l;
  size_t from, to;
};

/* Puts what ST says into E; 1 when that is something else than before. */
static int
take_stat (const struct aid_list_in *in, const struct aid_listing *l, struct aid_entry *e, const struct stat *st,
           struct aid_span path)
{
  int64_t mtime = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
  int regular = S_ISREG (st->st_mode);
  if (e->size == (uint64_t)st->st_size && e->mtime_ns == mtime && e->inode == st->st_ino
      && (e->class == AID_FILE_SPECIAL) == !regular)
    return 0;
  e->size = (uint64_t)st->st_size;
  e->mtime_ns = mtime;
  e->inode = st->st_ino;
  e->flags &= (uint8_t)~AID_ENTRY_READ;
  e->class = regular ? (uint8_t)aid_classify_name (l->attributes, path, e->size, in->large, NULL) : AID_FILE_SPECIAL;
  return 1;
}

int
aid_list_look (const struct aid_list_in *in, const struct aid_listing *l, struct aid_span path, struct aid_entry *e)
{
  struct stat st;
  const char *slash = memrchr (path.ptr, '/', path.len);
  size_t n = slash ? (size_t)(slash - path.ptr) : 0;
  struct aid_span name = aid_span_cut (path, slash ? n + 1 : 0, path.len);
  /* Through no link: the folders one by one. */
  int fd = aid_open_folder (in->root_fd, (struct aid_span){ path.ptr, n });
  int there = fd >= 0 && !fstatat (fd, name.ptr, &st, AT_SYMLINK_NOFOLLOW);
  if (fd >= 0)
    close (fd);
  if (!there)
    return AID_LOOK_GONE;
  if (S_ISDIR (st.st_mode))
    return AID_LOOK_FOLDER;
  return take_stat (in, l, e, &st, path) ? AID_LOOK_CHANGED : AID_LOOK_SAME;
}

/* Looks at a slice of the table; entries that are gone are only marked, for others count too. */
static void *
look (void *arg)
{
  struct slice *s = arg;
  char buf[AID_PROJECT_PATH_MAX + 1];
  for (size_t i = s->from; i < s->to && !aid_stop_is_set (s->in->stop); i++)
    {
      struct stat st;
      struct aid_entry *e = aid_table_at (s->l->table, (uint32_t)i);
      struct aid_span path = aid_table_path (s->l->table, e, buf);
      if (fstatat (s->in->root_fd, buf, &st, AT_SYMLINK_NOFOLLOW))
        e->flags |= AID_ENTRY_GONE;
      else if (S_ISDIR (st.st_mode))
        e->flags |= AID_ENTRY_FOLDER;
      else
        take_stat (s->in, s->l, e, &st, path);
    }
  return NULL;
}

static void
look_at_all (const struct aid_list_in *in, struct aid_listing *l, size_t from)
{
  size_t n = l->table->entries.len - from;
  size_t many = n < LOOK_ALONE ? 1 : LOOKERS;
  struct slice slices[LOOKERS] = { { in, l, 0, 0 } };
  unsigned long threads[LOOKERS];
  int started[LOOKERS] = { 0 };
  for (size_t k = 0; k < many; k++)
    slices[k] = (struct slice){ in, l, from + n * k / many, from + n * (k + 1) / many };
  for (size_t k = 1; k < many; k++)
    started[k] = !aid_thread_start (&threads[k], "aid-look", look, &slices[k], NULL);
  look (&slices[0]);
  for (size_t k = 1; k < many; k++)
    if (started[k])
      pthread_join (threads[k], NULL);
    else
      look (&slices[k]);
}

/* What was marked while several threads looked: entries that are not there, and folders among them, which are parts. */
static void
settle (const struct aid_list_in *in, struct aid_listing *l, size_t from)
{
  char buf[AID_PROJECT_PATH_MAX + 1];
  for (size_t i = from; i < l->table->entries.len; i++)
    {
      struct aid_entry *e = aid_table_at (l->table, (uint32_t)i);
      if (!(e->flags & (AID_ENTRY_GONE | AID_ENTRY_FOLDER)))
        continue;
      int folder = e->flags & AID_ENTRY_FOLDER;
      e->flags = 0;
      struct aid_span path = aid_table_path (l->table, e, buf);
      aid_table_remove (l->table, (uint32_t)i);
      struct aid_str full = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
      aid_str_addf (&full, "%s/%s", in->root, buf);
      /* A submodule that was not fetched is an empty folder. */
      if (folder && !full.err && aid_vc_at (aid_str_z (&full)) != AID_VC_NONE)
        aid_listing_add_part (in, l, part_at (l, 0), path);
      aid_str_free (&full);
    }
}

/* Reads every .gitattributes that is listed from entry FROM on. */
static void
read_attributes (const struct aid_list_in *in, struct aid_listing *l, size_t from)
{
  for (size_t i = from; i < l->table->entries.len; i++)
    {
      const struct aid_entry *e = aid_table_at (l->table, (uint32_t)i);
      if (e->len != 14 || !aid_span_eqz (aid_table_name (l->table, e), ".gitattributes"))
        continue;
      struct aid_str text = AID_STR_INIT (AID_IGNORE_FILE_MAX);
      struct aid_span folder = aid_table_folder_path (l->table, e->folder);
      int fd = aid_open_folder (in->root_fd, folder);
      if (fd >= 0 && !aid_read_small (fd, ".gitattributes", &text))
        aid_attributes_add (l->attributes, folder, aid_str_span (&text));
      if (fd >= 0)
        close (fd);
      aid_str_free (&text);
    }
}

/* --- all of it -------------------------------------------------------------------------------------------------------- */

static enum aid_err
list_part (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *p, struct aid_error *e)
{
  enum aid_err err = AID_E_NOTFOUND;
  const char *how = "walk";
  size_t from = l->table->entries.len;
  if (in->tools && p->kind == AID_VC_GIT)
    err = aid_list_git (in, l, p, e);
  else if (in->tools && p->kind == AID_VC_HG)
    err = aid_list_hg (in, l, p, e);
  if (!err)
    how = aid_vc_name (p->kind);
  else if (err != AID_E_CANCELLED && err != AID_E_NOMEM)
    err = aid_list_walk (in, l, p, e);
  if (!*p->path)
    snprintf (l->how, sizeof l->how, "%s%s", how, l->by_server ? " server" : "");
  if (err)
    return err;
  read_attributes (in, l, from);
  look_at_all (in, l, from);
  settle (in, l, from);
  return aid_stop_is_set (in->stop) ? aid_error_set (e, AID_E_CANCELLED, "Listing %s was stopped.", in->root) : AID_OK;
}

static void
find_state (const struct aid_list_in *in, struct aid_listing *l)
{
  const struct aid_part *p = part_at (l, 0);
  l->vc.kind = p->kind;
  if (p->kind == AID_VC_GIT && in->tools)
    aid_git_head (in, p, l->vc.head);
  else if (p->kind == AID_VC_HG)
    aid_hg_head (p, l->vc.head);
  if (l->table->skipped)
    aid_listing_note (l, "%zu files were left out of the list: it holds %zu, with paths of %d bytes.", l->table->skipped,
                      in->max_files, AID_PROJECT_PATH_MAX);
}

enum aid_err
aid_list (const struct aid_list_in *in, struct aid_listing *out, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  struct aid_str excludes = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  *out = (struct aid_listing){ .parts = AID_VEC_INIT (struct aid_part *, AID_PARTS) };
  out->table = aid_table_new (in->max_files);
  out->attributes = aid_attributes_new ();
  add_part (in, out, AID_SPAN (""));
  if (!out->table || !out->attributes || !out->parts.len)
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the list of %s.", in->root);
  aid_git_excludes (in, &excludes);
  if (excludes.len)
    out->excludes = aid_str_steal (&excludes);
  aid_str_free (&excludes);
  for (size_t i = 0; i < out->parts.len && !err; i++)
    err = list_part (in, out, part_at (out, i), e);
  if (!err)
    find_state (in, out);
  return err;
}

void
aid_listing_free (struct aid_listing *l)
{
  for (size_t i = 0; i < l->parts.len; i++)
    aid_part_free (part_at (l, i));
  aid_vec_free (&l->parts);
  aid_table_free (l->table);
  aid_attributes_free (l->attributes);
  free (l->excludes);
  *l = (struct aid_listing){ .table = NULL };
}
