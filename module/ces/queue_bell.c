/* Bells: a named pipe a listener, in a folder, its name the news it is there for.  The pipe tells nothing that the
   queue's file does not; so a bell that is not heard costs time alone, and one that rings for nothing costs a look. */
#include "ces/queue_internal.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_MAX_LEN 8192

struct aid_bell
{
  int fd;
  char *path;
};

static enum aid_err
make (struct aid_bell *b, const char *dir, unsigned news, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX_LEN);
  uint64_t drawn = 0;
  enum aid_err err = aid_random (&drawn, sizeof drawn) ? AID_E_IO : aid_fs_mkdirs (dir, 0700, e);
  if (!err && aid_str_addf (&path, "%s/%u-%016llx", dir, news, (unsigned long long)drawn))
    err = path.err;
  if (!err && mkfifo (aid_str_z (&path), 0600))
    err = aid_error_set (e, AID_E_IO, "The pipe %s cannot be made: %s", aid_str_z (&path), strerror (errno));
  if (!err && !(b->path = aid_str_steal (&path)))
    err = AID_E_NOMEM;
  /* For writing, too: then it does not end with the last who rang. */
  if (!err && (b->fd = open (b->path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
    err = aid_error_set (e, AID_E_IO, "The pipe %s cannot be opened: %s", b->path, strerror (errno));
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_bell_new (const char *dir, unsigned news, struct aid_bell **out, struct aid_error *e)
{
  struct aid_bell *b = calloc (1, sizeof *b);
  *out = NULL;
  if (!b)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the queue");
  b->fd = -1;
  enum aid_err err = make (b, dir, news, e);
  if (err)
    aid_bell_free (b);
  else
    *out = b;
  return err;
}

int
aid_bell_fd (const struct aid_bell *b)
{
  return b ? b->fd : -1;
}

unsigned
aid_bell_take (struct aid_bell *b)
{
  unsigned char bytes[256];
  unsigned news = 0;
  ssize_t n = 0;
  while (b && (n = read (b->fd, bytes, sizeof bytes)) > 0)
    for (ssize_t i = 0; i < n; i++)
      news |= bytes[i];
  return news;
}

void
aid_bell_free (struct aid_bell *b)
{
  if (!b)
    return;
  if (b->path)
    unlink (b->path);
  if (b->fd >= 0)
    close (b->fd);
  free (b->path);
  free (b);
}

/* Rings the bell NAME of the folder AT when it is there for NEWS. */
static void
ring (int at, const char *name, unsigned news)
{
  struct stat st;
  char *end;
  unsigned long wants = strtoul (name, &end, 10);
  unsigned char byte = (unsigned char)(news & wants);
  if (end == name || *end != '-' || !byte || fstatat (at, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISFIFO (st.st_mode))
    return;
  int fd = openat (at, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENXIO && st.st_mtime + 60 < time (NULL))
    unlinkat (at, name, 0); /* its listener was killed; a new one may not have opened it yet */
  if (fd < 0)
    return;
  aid_proc_write (fd, (struct aid_span){ (const char *)&byte, 1 }); /* a full pipe rings already */
  close (fd);
}

void
aid_bell_ring (const char *dir, unsigned news)
{
  DIR *all = opendir (dir);
  struct dirent *one;
  while (all && (one = readdir (all)))
    ring (dirfd (all), one->d_name, news);
  if (all)
    closedir (all);
}
