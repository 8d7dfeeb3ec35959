/* Files.  What is written is durable or not there: a temporary file beside the target, fsync, rename, fsync of the
   folder.  What is read is a regular file and within the reader's limit. */
#include "base/fs.h"
#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum aid_err
system_error (struct aid_error *e, const char *doing, const char *path)
{
  int no = errno;
  return aid_error_set (e, no == ENOENT ? AID_E_NOTFOUND : AID_E_IO, "%s %s: %s", doing, path, strerror (no));
}

/* --- reading --- */

/* A file that is read piece by piece. */
struct reading
{
  int fd;                       /* -1 when it cannot be read or is not a regular file */
  int end;                      /* whether the piece before was the last one */
  off_t size, done;
};

static struct reading
open_regular (const char *path, int flags, struct aid_error *e)
{
  struct stat st;
  /* O_NONBLOCK: a FIFO in the file's place must not hold us up. */
  struct reading r = { .fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags) };
  if (r.fd < 0)
    {
      system_error (e, "Cannot open", path);
      return r;
    }
  int bad = 0;
  if (fstat (r.fd, &st))
    bad = system_error (e, "Cannot look at", path);
  else if (!S_ISREG (st.st_mode))
    bad = aid_error_set (e, AID_E_REFUSED, "%s is not a regular file", path);
  r.size = st.st_size;
  if (!bad)
    return r;
  close (r.fd);
  r.fd = -1;
  return r;
}

/* The next bytes of the file: how many, 0 at its end, -1 with the error.  A piece that is cut short where the file was to end is
   the last one: many files are small, and asking for more takes as long as reading them did. */
static ssize_t
read_some (struct reading *r, const char *path, char buf[], size_t size, struct aid_error *e)
{
  ssize_t n;
  if (r->end)
    return 0;
  do
    n = read (r->fd, buf, size);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    system_error (e, "Cannot read", path);
  r->done += n > 0 ? n : 0;
  r->end = n > 0 && (size_t) n < size && r->done == r->size;
  return n;
}

/* Reads what the file is said to hold right into OUT, if that has room; -1 with the error. */
static ssize_t
read_at_once (struct reading *r, const char *path, struct aid_str *out, struct aid_error *e)
{
  if (r->size <= 0 || (uintmax_t) r->size >= out->max - out->len || aid_str_reserve (out, (size_t) r->size + 1))
    return 0;
  ssize_t n = read_some (r, path, out->ptr + out->len, (size_t) r->size + 1, e);
  out->len += n > 0 ? (size_t) n : 0;
  out->ptr[out->len] = '\0';
  return n;
}

static enum aid_err
read_regular (const char *path, int flags, struct aid_str *out, struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  char buf[65536];
  e = e ? e : &own;
  struct reading r = open_regular (path, flags, e);
  ssize_t n = r.fd < 0 ? -1 : read_at_once (&r, path, out, e);
  enum aid_err err = AID_OK;
  while (n >= 0 && !err && (n = read_some (&r, path, buf, sizeof buf, e)) > 0)
    if (aid_str_add (out, buf, (size_t) n))
      err = aid_error_set (e, out->err, "%s does not fit into %zu bytes", path, out->max);
  if (r.fd >= 0)
    close (r.fd);
  return n < 0 ? e->code : err;
}

enum aid_err
aid_fs_read (const char *path, struct aid_str *out, struct aid_error *e)
{
  return read_regular (path, 0, out, e);
}

enum aid_err
aid_fs_read_itself (const char *path, struct aid_str *out, struct aid_error *e)
{
  return read_regular (path, O_NOFOLLOW, out, e);
}

enum aid_err
aid_fs_compare (const char *path, struct aid_span text, int *same, struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  char buf[65536];
  e = e ? e : &own;
  *same = 1;
  struct reading r = open_regular (path, 0, e);
  ssize_t n = r.fd < 0 ? -1 : 0;
  while (r.fd >= 0 && *same && (n = read_some (&r, path, buf, sizeof buf, e)) > 0)
    {
      *same = (size_t) n <= text.len && memcmp (buf, text.ptr, (size_t) n) == 0;
      text = aid_span_cut (text, (size_t) n, text.len);
    }
  *same = *same && n == 0 && text.len == 0;
  if (r.fd >= 0)
    close (r.fd);
  return n < 0 ? e->code : AID_OK;
}

int
aid_fs_exists (const char *path)
{
  return access (path, F_OK) == 0;
}

/* --- writing --- */

int
aid_fs_write_all (int fd, struct aid_span data)
{
  while (data.len > 0)
    {
      ssize_t n = write (fd, data.ptr, data.len);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      data = aid_span_cut (data, (size_t) n, data.len);
    }
  return 0;
}

int
aid_fs_sync_folder_of (const char *path)
{
  struct aid_str dir = AID_STR_INIT (PATH_MAX);
  size_t len = (size_t) (aid_fs_base (path) - path);
  aid_str_add (&dir, len ? path : ".", len ? len : 1);
  int fd = dir.err ? -1 : open (aid_str_z (&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  aid_str_free (&dir);
  if (fd < 0)
    return -1;
  /* Some file systems cannot sync a folder: EINVAL is no loss of data. */
  int bad = fsync (fd) && errno != EINVAL;
  close (fd);
  return bad ? -1 : 0;
}

/* Opens a new file beside PATH; TEMP gets its name. */
static int
open_temp (const char *path, unsigned mode, struct aid_str *temp)
{
  char key[9];
  if (aid_random_key (key, 8))
    return -1;
  size_t dir = (size_t) (aid_fs_base (path) - path);
  aid_str_add (temp, path, dir);
  aid_str_addf (temp, ".aid-%s.tmp", key);
  if (temp->err)
    {
      errno = ENAMETOOLONG;
      return -1;
    }
  return open (aid_str_z (temp), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
}

static enum aid_err
replace_real (const char *path, struct aid_span data, unsigned mode, struct aid_error *e)
{
  struct stat st;
  int old = stat (path, &st) == 0;
  if (old && !S_ISREG (st.st_mode))
    return aid_error_set (e, AID_E_REFUSED, "%s is not a regular file", path);
  struct aid_str temp = AID_STR_INIT (PATH_MAX);
  /* A new file gets MODE less the umask; an old one's mode is set only once the bytes are in. */
  int fd = open_temp (path, old ? 0600 : mode, &temp);
  enum aid_err err = AID_OK;
  if (fd < 0)
    err = system_error (e, "Cannot write beside", path);
  else
    {
      int bad = aid_fs_write_all (fd, data) || (old && fchmod (fd, st.st_mode & 07777)) || fsync (fd);
      if (bad)
        err = system_error (e, "Cannot write", path);
      if (close (fd) && !bad)
        err = system_error (e, "Cannot write", path);
      if (!err && rename (aid_str_z (&temp), path))
        err = system_error (e, "Cannot replace", path);
      if (err)
        unlink (aid_str_z (&temp));
      else if (aid_fs_sync_folder_of (path))
        err = system_error (e, "Cannot sync the folder of", path);
    }
  aid_str_free (&temp);
  return err;
}

void
aid_fs_sweep (const char *dir)
{
  DIR *all = opendir (dir);
  for (struct dirent *d; all && (d = readdir (all));)
    {
      struct aid_span name = aid_span_z (d->d_name);
      if (name.len == strlen (".aid-12345678.tmp") && aid_span_starts (name, ".aid-") && aid_span_ends (name, ".tmp"))
        unlinkat (dirfd (all), d->d_name, 0);
    }
  if (all)
    closedir (all);
}

enum aid_err
aid_fs_replace (const char *path, struct aid_span data, unsigned mode, struct aid_error *e)
{
  struct stat st;
  if (lstat (path, &st) || !S_ISLNK (st.st_mode))
    return replace_real (path, data, mode, e);
  char *real = realpath (path, NULL);
  if (!real)
    return system_error (e, "Cannot follow", path);
  enum aid_err err = replace_real (real, data, mode, e);
  free (real);
  return err;
}

enum aid_err
aid_fs_mkdirs (const char *path, unsigned mode, struct aid_error *e)
{
  char *copy = aid_span_dup (aid_span_z (path));
  if (!copy)
    return aid_error_set (e, AID_E_NOMEM, "No memory");
  enum aid_err err = AID_OK;
  for (char *p = copy; *p && !err;)
    {
      while (*p == '/')
        p++;
      while (*p && *p != '/')
        p++;
      char kept = *p;
      *p = '\0';
      struct stat st;
      int why = mkdir (copy, mode) ? errno : 0;
      if (!why)
        aid_fs_sync_folder_of (copy);   /* what is put into it would be lost with it */
      else if (why != EEXIST && !(stat (copy, &st) == 0 && S_ISDIR (st.st_mode)))
        {
          errno = why;   /* and not that there is none */
          err = system_error (e, "Cannot make the folder", copy);
        }
      *p = kept;
    }
  struct stat st;
  if (!err && (stat (path, &st) || !S_ISDIR (st.st_mode)))
    err = aid_error_set (e, AID_E_IO, "%s is not a folder", path);
  free (copy);
  return err;
}
