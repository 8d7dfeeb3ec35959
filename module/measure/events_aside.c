/* Files that were damaged: they keep what is in them for who can read it, and go as events do. */
#include "measure/events_internal.h"
#include "base/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".damaged-" /* and when that was, ms */

void
aid_events_put_aside (uint64_t inode, struct aid_error *e)
{
  static const char *const ends[] = { "", "-wal", "-shm" };
  struct stat now;
  struct aid_str path = AID_STR_INIT (8192), from = AID_STR_INIT (8192), to = AID_STR_INIT (8192);
  int64_t at = aid_clock_wall_ms ();
  /* Another process may have been quicker. */
  if (!aid_events_path (&path, 0, NULL) && !stat (aid_str_z (&path), &now) && (uint64_t)now.st_ino == inode)
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
      {
        aid_str_clear (&from);
        aid_str_clear (&to);
        aid_str_addf (&from, "%s%s", aid_str_z (&path), ends[i]);
        aid_str_addf (&to, "%s" MARK "%lld%s", aid_str_z (&path), (long long)at, ends[i]);
        rename (aid_str_z (&from), aid_str_z (&to));
      }
  aid_error_set (e, AID_E_PARSE,
                 "The measurements in %s were damaged: it was renamed to end in " MARK "%lld, and a new file begun",
                 aid_str_z (&path), (long long)at);
  aid_str_free (&path);
  aid_str_free (&from);
  aid_str_free (&to);
}

/* When the file NAME was put aside, with what stood beside it; -1: it is another one. */
static int64_t
put_aside_at (const char *name)
{
  static const char begin[] = "events.db" MARK;
  char *end;
  if (strncmp (name, begin, sizeof begin - 1) != 0 || name[sizeof begin - 1] < '0' || name[sizeof begin - 1] > '9')
    return -1;
  long long at = strtoll (name + sizeof begin - 1, &end, 10);
  return !*end || !strcmp (end, "-wal") || !strcmp (end, "-shm") ? at : -1;
}

void
aid_events_drop_aside (int64_t before)
{
  struct aid_str folder = AID_STR_INIT (8192);
  const struct dirent *d;
  if (!aid_events_path (&folder, 0, NULL))
    aid_str_remove (&folder, folder.len - strlen ("/events.db"), strlen ("/events.db"));
  DIR *all = folder.len ? opendir (aid_str_z (&folder)) : NULL;
  while (all && (d = readdir (all)))
    {
      int64_t at = put_aside_at (d->d_name);
      if (at >= 0 && at < before)
        unlinkat (dirfd (all), d->d_name, 0);
    }
  if (all)
    closedir (all);
  aid_str_free (&folder);
}

enum aid_err
aid_events_forget_damaged (struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  struct stat now;
  enum aid_err err = aid_events_path (&path, 0, e);
  if (!err && !stat (aid_str_z (&path), &now))
    aid_events_put_aside ((uint64_t)now.st_ino, NULL);
  aid_events_drop_aside (INT64_MAX);
  aid_str_free (&path);
  return err;
}
