/* Reading a project's files: regular ones, through no link, whole, and as they are at one moment. */
#include "project/classify.h"
#include "project/project_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined __linux__ && __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#define TIMES 4                /* a file that changes is read */
#define AHEAD ((off_t)1 << 20) /* bytes that are read before they are asked for */

static int
sound (struct aid_span path)
{
  if (!path.len || path.len >= AID_PROJECT_PATH_MAX || path.ptr[0] == '/' || memchr (path.ptr, 0, path.len))
    return 0;
  while (path.len)
    {
      const char *slash = memchr (path.ptr, '/', path.len);
      size_t n = slash ? (size_t)(slash - path.ptr) : path.len;
      struct aid_span part = aid_span_cut (path, 0, n);
      if (!n || aid_span_eqz (part, ".") || aid_span_eqz (part, ".."))
        return 0;
      path = aid_span_cut (path, slash ? n + 1 : n, path.len);
    }
  return 1;
}

/* Opens PATH through no link in one call, where the system has one for that: its descriptor, or -1.  Why it fails is for
   open_by_folders to find. */
static int
open_at_once (int root, struct aid_span path)
{
#ifdef SYS_openat2
  struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                          .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
  char name[AID_PROJECT_PATH_MAX];
  memcpy (name, path.ptr, path.len);
  name[path.len] = '\0';
  return (int)syscall (SYS_openat2, root, name, &how, sizeof how);
#else
  (void)root, (void)path;
  return -1;
#endif
}

static int
open_by_folders (int root, struct aid_span path)
{
  const char *slash = memrchr (path.ptr, '/', path.len);
  size_t n = slash ? (size_t)(slash - path.ptr) : 0;
  char name[AID_PROJECT_PATH_MAX];
  int fd = -1, dir = aid_open_folder (root, (struct aid_span){ path.ptr, n });
  size_t len = path.len - (slash ? n + 1 : 0);
  memcpy (name, path.ptr + path.len - len, len);
  name[len] = '\0';
  if (dir >= 0)
    fd = openat (dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  int no = errno;
  if (dir >= 0)
    close (dir);
  errno = no;
  return fd;
}

/* FD, of which *ST gets what it is, when that is a regular file; else it is closed. */
static int
regular (int fd, struct aid_span path, struct stat *st, struct aid_error *e)
{
  if (!fstat (fd, st) && S_ISREG (st->st_mode))
    return fd;
  aid_error_set (e, AID_E_REFUSED, "%.*s is no regular file.", (int)(path.len < 160 ? path.len : 160), path.ptr);
  close (fd);
  return -1;
}

int
aid_project_open_ahead (struct aid_project *p, struct aid_span path)
{
  int fd = sound (path) ? open_at_once (p->root_fd, path) : -1;
  if (fd >= 0)
    posix_fadvise (fd, 0, AHEAD, POSIX_FADV_WILLNEED);
  return fd;
}

int
aid_project_open_file (struct aid_project *p, struct aid_span path, struct stat *st, struct aid_error *e)
{
  int shown = (int)(path.len < 160 ? path.len : 160), fd;
  if (!sound (path))
    {
      aid_error_set (e, AID_E_INVALID, "\"%.*s\" is no path below the project's root.", shown, path.len ? path.ptr : "");
      return -1;
    }
  if ((fd = open_at_once (p->root_fd, path)) < 0)
    fd = open_by_folders (p->root_fd, path);
  int no = errno;
  if (fd < 0)
    aid_error_set (e,
                   no == ENOENT || no == ENOTDIR ? AID_E_NOTFOUND
                   : no == ELOOP                 ? AID_E_REFUSED
                                                 : AID_E_IO,
                   no == ELOOP ? "%.*s is a symbolic link, which is not followed.%s" : "%.*s cannot be opened: %s.", shown,
                   path.ptr, no == ELOOP ? "" : strerror (no));
  return fd < 0 ? -1 : regular (fd, path, st, e);
}

static void
take_stat (const struct stat *st, struct aid_project_file *file)
{
  file->size = (uint64_t)st->st_size;
  file->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
  file->inode = st->st_ino;
}

/* Reads from FD the file's SIZE bytes into OUT, from FROM on; ends early when its head is no text.  One that has more of
   them by now is another at the second look.  0, or -1 with errno. */
static int
read_text (int fd, const struct aid_project_file *file, int not_made, struct aid_str *out, size_t from,
           enum aid_file_class *class)
{
  int judged = 0;
  ssize_t n;
  do
    {
      size_t left = file->size > out->len - from ? (size_t)file->size - (out->len - from) : 1;
      size_t want = judged || left < AID_CLASSIFY_HEAD ? left : AID_CLASSIFY_HEAD;
      n = aid_str_reserve (out, want) ? 0 : read (fd, out->ptr + out->len, want);
      if (n > 0)
        {
          out->len += (size_t)n;
          out->ptr[out->len] = '\0';
        }
      if (!judged && (n == 0 || out->len - from >= AID_CLASSIFY_HEAD || out->len - from >= file->size))
        {
          *class = aid_classify_head (file->path, aid_span_cut (aid_str_span (out), from, out->len), not_made, NULL);
          judged = 1;
        }
    }
  while ((n > 0 && out->len - from < file->size && *class == AID_FILE_TEXT && !out->err) || (n < 0 && errno == EINTR));
  return n < 0 ? -1 : 0;
}

/* What the name, the size and the attributes say; *NOT_MADE as aid_classify_head takes it. */
static enum aid_file_class
class_by_name (struct aid_project *p, const struct aid_project_file *file, int *not_made, struct aid_str *words)
{
  pthread_mutex_lock (&p->lock);
  enum aid_file_class class = aid_classify_name (p->listing.attributes, file->path, file->size, p->in.large, words);
  *not_made = aid_attributes_say (p->listing.attributes, AID_ATTR_GENERATED, file->path) == 0;
  pthread_mutex_unlock (&p->lock);
  return class;
}

/* The list learns the class of FILE; when it knows another file by that name, that is looked at. */
static void
tell_list (struct aid_project *p, const struct aid_project_file *file)
{
  pthread_mutex_lock (&p->lock);
  uint32_t i = p->listed ? aid_table_find (p->listing.table, file->path) : AID_TABLE_NONE;
  struct aid_entry *e = i == AID_TABLE_NONE ? NULL : aid_table_at (p->listing.table, i);
  int other = e && (e->size != file->size || e->mtime_ns != file->mtime_ns || e->inode != file->inode);
  if (e && !other)
    {
      e->class = (uint8_t)file->class;
      e->flags |= AID_ENTRY_READ;
    }
  pthread_mutex_unlock (&p->lock);
  if (other)
    aid_project_touch (p, file->path);
}

/* Whether FILE is what was listed. */
static int
is_as_listed (const struct aid_project_file *file, const struct aid_project_file *listed)
{
  return listed && listed->class == AID_FILE_TEXT && file->size == listed->size && file->mtime_ns == listed->mtime_ns
         && file->inode == listed->inode;
}

/* LISTED, or NULL: what the list says of the file; it is asked nothing then, and told nothing, as long as that is so.
   AHEAD_FD: it, open; or -1. */
static enum aid_err
read_file (struct aid_project *p, struct aid_span path, const struct aid_project_file *listed, int ahead_fd,
           struct aid_str *out, struct aid_project_file *file, struct aid_error *e)
{
  size_t from = out->len;
  struct aid_error own = { AID_OK, "" };
  e = e ? e : &own;
  int shown = (int)(path.len < 160 ? path.len : 160);
  for (int i = 0; i < TIMES; i++)
    {
      struct stat st = { 0 }, after;
      int not_made = 0, bad = 0, is_open = i == 0 && ahead_fd >= 0;
      int fd = is_open ? regular (ahead_fd, path, &st, e) : aid_project_open_file (p, path, &st, e);
      *file = (struct aid_project_file){ .path = path };
      aid_str_remove (out, from, out->len);
      if (fd < 0)
        return e->code;
      take_stat (&st, file);
      int known = is_as_listed (file, listed);
      file->class = known ? AID_FILE_TEXT : class_by_name (p, file, &not_made, NULL);
      if (file->class == AID_FILE_TEXT)
        bad = read_text (fd, file, not_made, out, from, &file->class);
      bad = bad || fstat (fd, &after);
      close (fd);
      if (bad)
        return aid_error_set (e, AID_E_IO, "%.*s cannot be read: %s.", shown, path.ptr, strerror (errno));
      if (out->err)
        return aid_error_set (e, out->err, "%.*s is larger than the %zu bytes that it is read for.", shown, path.ptr,
                              out->max);
      int whole = file->class != AID_FILE_TEXT || out->len - from == file->size;
      if (whole && st.st_size == after.st_size && st.st_mtim.tv_sec == after.st_mtim.tv_sec
          && st.st_mtim.tv_nsec == after.st_mtim.tv_nsec)
        {
          if (known && file->class != AID_FILE_TEXT)
            listed = NULL; /* once more, for the attributes may say otherwise */
          else
            {
              if (!known)
                tell_list (p, file);
              return AID_OK;
            }
        }
    }
  return aid_error_set (e, AID_E_STATE, "%.*s is being written: it changed each time that it was read.", shown, path.ptr);
}

enum aid_err
aid_project_read (struct aid_project *p, struct aid_span path, struct aid_str *out, struct aid_project_file *file,
                  struct aid_error *e)
{
  return read_file (p, path, NULL, -1, out, file, e);
}

enum aid_err
aid_project_read_listed (struct aid_project *p, const struct aid_project_file *listed, int fd, struct aid_str *out,
                         struct aid_project_file *file, struct aid_error *e)
{
  return read_file (p, listed->path, listed, fd, out, file, e);
}
