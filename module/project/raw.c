/* Files as they are kept for later, of any class: a regular file's bytes, a link's own text. */
#include "project/project_internal.h"
#include <errno.h>
#include <unistd.h>

#define TIMES 4 /* a file that changes is read */
#define PART ((size_t)64 << 10)

/* The text of the link PATH, which leads nowhere for us. */
static enum aid_err
read_link (int root, struct aid_span path, struct aid_str *out, struct aid_error *e)
{
  const char *slash = memrchr (path.ptr, '/', path.len);
  size_t n = slash ? (size_t)(slash - path.ptr) : 0;
  char name[AID_PROJECT_PATH_MAX], text[AID_PROJECT_PATH_MAX];
  int dir = aid_open_folder (root, (struct aid_span){ path.ptr, n });
  size_t len = path.len - (slash ? n + 1 : 0);
  memcpy (name, path.ptr + path.len - len, len);
  name[len] = '\0';
  ssize_t got = dir < 0 ? -1 : readlinkat (dir, name, text, sizeof text);
  int no = errno;
  if (dir >= 0)
    close (dir);
  if (got < 0 || (size_t)got == sizeof text)
    return aid_error_set (e, no == ENOENT || no == ENOTDIR ? AID_E_NOTFOUND : AID_E_REFUSED, "%.*s is no regular file.",
                          (int)(path.len < 160 ? path.len : 160), path.ptr);
  return aid_str_add (out, text, (size_t)got);
}

/* Reads all of FD.  0, or -1 with errno; a limit is OUT's own error. */
static int
read_all (int fd, struct aid_str *out)
{
  char part[PART];
  ssize_t n;
  while (!out->err && ((n = read (fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR)))
    if (n > 0)
      aid_str_add (out, part, (size_t)n);
  return out->err || n == 0 ? 0 : -1;
}

static int
same_moment (const struct stat *a, const struct stat *b)
{
  return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

enum aid_err
aid_project_read_raw (struct aid_project *p, struct aid_span path, struct aid_str *out, unsigned *mode, struct aid_error *e)
{
  size_t from = out->len;
  int shown = (int)(path.len < 160 ? path.len : 160);
  for (int i = 0; i < TIMES; i++)
    {
      struct stat st = { 0 }, after = { 0 };
      struct aid_error own = { AID_OK, "" };
      int fd = aid_project_open_file (p, path, &st, &own);
      *mode = AID_MODE_LINK;
      if (own.code == AID_E_REFUSED)
        return read_link (p->root_fd, path, out, e);
      if (fd < 0)
        return aid_error_set (e, own.code, "%s", own.msg);
      *mode = st.st_mode & S_IXUSR ? AID_MODE_PROGRAM : AID_MODE_FILE;
      aid_str_remove (out, from, out->len);
      int bad = (uint64_t)st.st_size > out->max ? 0 : read_all (fd, out);
      bad = bad || fstat (fd, &after);
      close (fd);
      if (bad)
        return aid_error_set (e, AID_E_IO, "%.*s cannot be read: %s.", shown, path.ptr, strerror (errno));
      if (out->err || (uint64_t)st.st_size > out->max)
        return aid_error_set (e, out->err ? out->err : AID_E_LIMIT, "%.*s is larger than the %zu bytes that it is read for.",
                              shown, path.ptr, out->max);
      if (same_moment (&st, &after) && out->len - from == (size_t)st.st_size)
        return AID_OK;
    }
  return aid_error_set (e, AID_E_STATE, "%.*s is being written: it changed each time that it was read.", shown, path.ptr);
}
