/* Linux tells of changes in folders.  Elsewhere there is no such watch, and stats are compared. */
#include "project/watch.h"
#include "base/vec.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/inotify.h>

#define NUMBERS ((size_t)16 << 20) /* a watch's number at most; it grows with each that was ever made */
#define EVENTS                                                                                                              \
  (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF            \
   | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)

struct aid_watch
{
  int fd;
  struct aid_vec keys; /* uint32_t, the folder's key + 1 by the watch's number; 0: dropped */
};

struct aid_watch *
aid_watch_new (struct aid_error *e)
{
  struct aid_watch *w = calloc (1, sizeof *w);
  if (!w)
    {
      aid_error_set (e, AID_E_NOMEM, "There is no memory to watch folders.");
      return NULL;
    }
  w->keys = AID_VEC_INIT (uint32_t, NUMBERS);
  w->fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (w->fd >= 0)
    return w;
  aid_error_set (
    e, AID_E_LIMIT,
    "The system lets nobody watch folders any more (fs.inotify.max_user_instances): the files are looked at every few "
    "seconds.");
  free (w);
  return NULL;
}

void
aid_watch_free (struct aid_watch *w)
{
  if (!w)
    return;
  close (w->fd);
  aid_vec_free (&w->keys);
  free (w);
}

int
aid_watch_fd (const struct aid_watch *w)
{
  return w->fd;
}

int
aid_watch_add (struct aid_watch *w, const char *path, uint32_t key)
{
  int number = inotify_add_watch (w->fd, path, EVENTS);
  if (number < 0)
    return -1;
  while (w->keys.len <= (size_t)number)
    if (!aid_vec_push (&w->keys))
      {
        inotify_rm_watch (w->fd, number);
        errno = ENOSPC;
        return -1;
      }
  AID_VEC_AT (uint32_t, &w->keys, number) = key + 1;
  return number;
}

void
aid_watch_drop (struct aid_watch *w, int watch)
{
  if (watch <= 0 || (size_t)watch >= w->keys.len || !AID_VEC_AT (uint32_t, &w->keys, watch))
    return;
  AID_VEC_AT (uint32_t, &w->keys, watch) = 0;
  inotify_rm_watch (w->fd, watch);
}

static void
tell (struct aid_watch *w, const struct inotify_event *ev, aid_watch_fn *fn, void *ctx)
{
  uint32_t *key = ev->wd > 0 && (size_t)ev->wd < w->keys.len ? &AID_VEC_AT (uint32_t, &w->keys, ev->wd) : NULL;
  if (ev->mask & IN_Q_OVERFLOW)
    fn (ctx, AID_WATCH_OVERFLOW, (struct aid_span){ "", 0 });
  if (!key || !*key)
    return;
  /* Names have NULs behind them. */
  fn (ctx, *key - 1, aid_span_z (ev->len ? ev->name : ""));
  if (ev->mask & IN_IGNORED)
    *key = 0;
}

void
aid_watch_read (struct aid_watch *w, aid_watch_fn *fn, void *ctx)
{
  _Alignas(struct inotify_event) char buf[65536];
  for (;;)
    {
      ssize_t n = read (w->fd, buf, sizeof buf);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return;
      for (const char *p = buf; p < buf + n;)
        {
          struct inotify_event ev;
          memcpy (&ev, p, sizeof ev);
          tell (w, (const struct inotify_event *)(const void *)p, fn, ctx);
          p += sizeof ev + ev.len;
        }
    }
}

size_t
aid_watch_limit (void)
{
  FILE *f = fopen ("/proc/sys/fs/inotify/max_user_watches", "re");
  unsigned long n = 0;
  if (f && fscanf (f, "%lu", &n) != 1)
    n = 0;
  if (f)
    fclose (f);
  return n;
}

#else

struct aid_watch *
aid_watch_new (struct aid_error *e)
{
  aid_error_set (e, AID_E_STATE, "This system tells of no changes in folders: the files are looked at every few seconds.");
  return NULL;
}

void
aid_watch_free (struct aid_watch *w)
{
  (void)w;
}

int
aid_watch_fd (const struct aid_watch *w)
{
  (void)w;
  return -1;
}

int
aid_watch_add (struct aid_watch *w, const char *path, uint32_t key)
{
  (void)w, (void)path, (void)key;
  errno = ENOSYS;
  return -1;
}

void
aid_watch_drop (struct aid_watch *w, int watch)
{
  (void)w, (void)watch;
}

void
aid_watch_read (struct aid_watch *w, aid_watch_fn *fn, void *ctx)
{
  (void)w, (void)fn, (void)ctx;
}

size_t
aid_watch_limit (void)
{
  return 0;
}
#endif
