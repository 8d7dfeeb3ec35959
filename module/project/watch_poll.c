/* The portable twin of the system's watch: stats are compared, a bounded part of them each second, so that however much
   there is, it takes little of the machine. */
#include "base/clock.h"
#include "project/ignore.h"
#include "project/project_internal.h"
#include <fcntl.h>
#include <sys/stat.h>

#define EVERY_MS 1000
#define BUDGET_MS 20

static int64_t
mtime_of (const struct stat *st)
{
  return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static void
poll_folder (struct aid_project *p, uint32_t i)
{
  struct stat st;
  struct aid_folder *f = aid_table_folder_at (p->listing.table, i);
  struct aid_span path = aid_table_folder_path (p->listing.table, i);
  if (f->gone || f->watch != AID_WATCH_POLLED)
    return;
  if (fstatat (p->root_fd, path.len ? path.ptr : ".", &st, AT_SYMLINK_NOFOLLOW))
    aid_project_expect (p, path);
  else if (mtime_of (&st) != f->mtime_ns)
    {
      f->mtime_ns = mtime_of (&st);
      aid_project_compare_names (p, i);
    }
}

static void
poll_file (struct aid_project *p, uint32_t i)
{
  char buf[AID_PROJECT_PATH_MAX + 1];
  struct stat st;
  pthread_mutex_lock (&p->lock);
  struct aid_entry e = *aid_table_at (p->listing.table, i);
  pthread_mutex_unlock (&p->lock);
  if ((e.flags & AID_ENTRY_GONE) || aid_table_folder_at (p->listing.table, e.folder)->watch != AID_WATCH_POLLED)
    return;
  struct aid_span path = aid_table_path (p->listing.table, &e, buf);
  if (fstatat (p->root_fd, buf, &st, AT_SYMLINK_NOFOLLOW) || (uint64_t)st.st_size != e.size || st.st_ino != e.inode
      || mtime_of (&st) != e.mtime_ns)
    aid_project_expect (p, path);
}

void
aid_project_poll (struct aid_project *p)
{
  int64_t until = aid_clock_ms () + BUDGET_MS;
  size_t folders = p->listing.table->folders.len, all = folders + p->listing.table->entries.len;
  if (p->poll_next >= all)
    p->poll_next = 0;
  if (!p->poll_next && !p->list_at && aid_project_vc_moved (p))
    aid_project_expect_list (p);
  for (size_t n = 0; n < all && !p->list_at; n++)
    {
      size_t i = p->poll_next++;
      if (i < folders)
        poll_folder (p, (uint32_t)i);
      else
        poll_file (p, (uint32_t)(i - folders));
      if (p->poll_next >= all)
        {
          p->poll_next = 0;
          break;
        }
      if (n % 64 == 63 && aid_clock_ms () > until)
        break;
    }
  p->poll_at = p->polled || !p->watch ? aid_clock_ms () + EVERY_MS : 0;
}
