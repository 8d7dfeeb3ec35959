/* A project's thread and its life. */
#include "project/project_internal.h"
#include "base/clock.h"
#include "base/pool.h"
#include "project/vc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SERVER_MS 600000 /* that a server is kept without use */
#define TOUCHED ((size_t)10000)

/* --- its thread ------------------------------------------------------------------------------------------------------- */

static int
same (const struct aid_entry *a, const struct aid_entry *b)
{
  return a->size == b->size && a->mtime_ns == b->mtime_ns && a->inode == b->inode
         && !((a->flags ^ b->flags) & AID_ENTRY_GONE);
}

/* A copy of the entry PATH of the list that others read; gone when it has none. */
static struct aid_entry
old_entry (struct aid_project *p, struct aid_span path)
{
  uint32_t i = aid_table_find (p->listing.table, path);
  struct aid_entry e = { .flags = AID_ENTRY_GONE };
  if (i == AID_TABLE_NONE)
    return e;
  pthread_mutex_lock (&p->lock);
  e = *aid_table_at (p->listing.table, i);
  pthread_mutex_unlock (&p->lock);
  return e;
}

static void
note_difference (struct aid_vec *out, struct aid_span path)
{
  char **slot = aid_vec_push (out);
  if (slot && !(*slot = aid_span_dup (path)))
    out->len--;
}

/* Puts the paths that are another in the new list NOW into OUT, until it is full; what was read of files that are the
   same stays known. */
static void
compare_lists (struct aid_project *p, struct aid_listing *now, struct aid_vec *out)
{
  char buf[AID_PROJECT_PATH_MAX + 1];
  struct aid_table *old = p->listing.table;
  for (uint32_t i = 0; i < now->table->entries.len; i++)
    {
      struct aid_entry *e = aid_table_at (now->table, i);
      struct aid_span path = aid_table_path (now->table, e, buf);
      struct aid_entry was = old_entry (p, path);
      if (!same (e, &was))
        note_difference (out, path);
      else if (e->class == AID_FILE_TEXT && (was.flags & AID_ENTRY_READ))
        {
          e->class = was.class;
          e->flags |= AID_ENTRY_READ;
        }
    }
  for (uint32_t i = 0; i < old->entries.len; i++)
    {
      struct aid_span path = aid_table_path (old, aid_table_at (old, i), buf);
      if (aid_table_find (now->table, path) == AID_TABLE_NONE && !(old_entry (p, path).flags & AID_ENTRY_GONE))
        note_difference (out, path);
    }
}

/* Makes NOW the list, which differs from the one before in DIFFERENCES; gives that one. */
static struct aid_listing
take_over (struct aid_project *p, struct aid_listing *now, struct aid_vec *differences, int64_t ms)
{
  pthread_mutex_lock (&p->lock);
  struct aid_listing old = p->listing;
  int first = !p->listed;
  p->listing = *now;
  p->list_ms = ms;
  p->listed = 1;
  for (size_t i = 0; i < differences->len; i++)
    aid_project_log (p, aid_span_z (AID_VEC_AT (char *, differences, i)));
  if (differences->len == differences->max)
    aid_project_log_drop (p);
  if (first || differences->len)
    aid_project_log_end (p);
  if (first)
    p->floor = p->generation;
  pthread_mutex_unlock (&p->lock);
  return old;
}

static void
list (struct aid_project *p)
{
  struct aid_listing now;
  struct aid_vec differences = AID_VEC_INIT (char *, AID_PROJECT_LOG);
  struct aid_error e = { AID_OK, "" };
  int64_t from = aid_clock_ms ();
  p->list_at = 0;
  p->in.files_before = p->listed ? p->listing.table->live : 0;
  enum aid_err err = aid_list (&p->in, &now, &e);
  if (!err)
    {
      if (p->listed)
        compare_lists (p, &now, &differences);
      now = take_over (p, &now, &differences, aid_clock_ms () - from);
      aid_project_vc_note (p);
    }
  else if (!p->listed)
    {
      pthread_mutex_lock (&p->lock);
      p->failed = err;
      p->error = e;
      pthread_cond_broadcast (&p->changed);
      pthread_mutex_unlock (&p->lock);
    }
  aid_listing_free (&now);
  for (size_t i = 0; i < differences.len; i++)
    free (AID_VEC_AT (char *, &differences, i));
  aid_vec_free (&differences);
  p->listed_at = aid_clock_ms ();
  if (!err)
    aid_project_follow (p);
}

/* Expects what others have touched. */
static void
take_touched (struct aid_project *p)
{
  char bytes[256];
  while (read (p->wake[0], bytes, sizeof bytes) > 0)
    ;
  pthread_mutex_lock (&p->lock);
  struct aid_vec touched = p->touched;
  p->touched = AID_VEC_INIT (char *, TOUCHED);
  pthread_mutex_unlock (&p->lock);
  for (size_t i = 0; i < touched.len; i++)
    {
      char *path = AID_VEC_AT (char *, &touched, i);
      aid_project_expect (p, aid_span_z (path));
      free (path);
    }
  if (touched.len && !p->list_at)
    p->flush_at = aid_clock_ms ();
  aid_vec_free (&touched);
}

/* How long to wait for the first of what is planned: -1 nothing is. */
static int
wait_ms (const struct aid_project *p)
{
  const int64_t plans[] = { p->list_at, p->list_at ? 0 : p->flush_at, p->poll_at, p->hg ? p->listed_at + SERVER_MS : 0 };
  int64_t first = 0, now = aid_clock_ms ();
  for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
    if (plans[i] && (!first || plans[i] < first))
      first = plans[i];
  return !first ? -1 : first <= now ? 0 : first - now > 60000 ? 60000 : (int)(first - now);
}

static void
forget_pending (struct aid_project *p)
{
  for (size_t i = 0; i < p->pending_paths.len; i++)
    free (AID_VEC_AT (char *, &p->pending_paths, i));
  aid_vec_free (&p->pending_paths);
  aid_map_free (p->pending, NULL);
  p->pending = NULL;
  p->pending_paths = AID_VEC_INIT (char *, AID_PROJECT_PENDING);
  p->flush_at = 0;
}

static void
work (struct aid_project *p)
{
  int64_t now = aid_clock_ms ();
  if (p->list_at && p->list_at <= now)
    {
      forget_pending (p);
      if ((p->pending = aid_map_new ()))
        list (p);
    }
  else if (!p->list_at && p->flush_at && p->flush_at <= now)
    aid_project_flush (p);
  if (p->hg && p->listed_at + SERVER_MS <= now)
    {
      aid_hg_server_end (p->hg);
      p->hg = NULL;
    }
  if (p->poll_at && p->poll_at <= aid_clock_ms () && !p->list_at)
    aid_project_poll (p);
}

static void *
run (void *arg)
{
  struct aid_project *p = arg;
  list (p);
  while (!aid_stop_is_set (p->stop) && !p->failed && p->pending)
    {
      struct pollfd fds[] = { { .fd = aid_stop_fd (p->stop), .events = POLLIN },
                              { .fd = p->wake[0], .events = POLLIN },
                              { .fd = p->watch ? aid_watch_fd (p->watch) : -1, .events = POLLIN } };
      if (poll (fds, 3, wait_ms (p)) < 0 && errno != EINTR)
        break;
      if (fds[1].revents)
        take_touched (p);
      if (fds[2].revents)
        aid_project_hear (p);
      work (p);
    }
  return NULL;
}

/* --- its life --------------------------------------------------------------------------------------------------------- */

static void
destroy (struct aid_project *p)
{
  aid_listing_free (&p->listing);
  aid_watch_free (p->watch);
  aid_hg_server_end (p->hg);
  if (p->pending)
    forget_pending (p);
  aid_project_log_drop (p);
  aid_vec_free (&p->log);
  for (size_t i = 0; i < p->touched.len; i++)
    free (AID_VEC_AT (char *, &p->touched, i));
  aid_vec_free (&p->touched);
  aid_vec_free (&p->stamps);
  for (int i = 0; i < 2; i++)
    if (p->wake[i] >= 0)
      close (p->wake[i]);
  if (p->root_fd >= 0)
    close (p->root_fd);
  pthread_mutex_destroy (&p->lock);
  pthread_cond_destroy (&p->changed);
  aid_stop_free (p->stop);
  free (p->root);
  free (p);
}

static void
init_locks (struct aid_project *p)
{
  pthread_condattr_t attr;
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_mutex_init (&p->lock, NULL);
  pthread_cond_init (&p->changed, &attr);
  pthread_condattr_destroy (&attr);
}

/* All that needs no thread; -1 and *E. */
static enum aid_err
prepare (struct aid_project *p, const char *root, struct aid_error *e)
{
  p->root = realpath (root, NULL);
  p->root_fd = p->root ? open (p->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (p->root_fd < 0)
    return aid_error_set (e, AID_E_NOTFOUND, "The project's folder %s cannot be opened: %s.", root, strerror (errno));
  if (!(p->stop = aid_stop_new (e)))
    return e ? e->code : AID_E_IO;
  if (pipe2 (p->wake, O_CLOEXEC | O_NONBLOCK))
    return aid_error_set (e, AID_E_IO, "No pipe for the project %s: %s.", p->root, strerror (errno));
  if (!(p->pending = aid_map_new ()))
    return aid_error_set (e, AID_E_NOMEM, "No memory for the project %s.", p->root);
  p->pending_paths = AID_VEC_INIT (char *, AID_PROJECT_PENDING);
  p->log = AID_VEC_INIT (struct aid_change, AID_PROJECT_LOG);
  p->touched = AID_VEC_INIT (char *, TOUCHED);
  p->stamps = AID_VEC_INIT (uint64_t, AID_PARTS);
  p->in = (struct aid_list_in){ .root = p->root,
                                .root_fd = p->root_fd,
                                .tools = !p->options.no_tools,
                                .large = p->options.large ? p->options.large : AID_PROJECT_LARGE,
                                .max_files = p->options.max_files ? p->options.max_files : AID_PROJECT_FILES,
                                .hg = &p->hg,
                                .stop = p->stop };
  return AID_OK;
}

enum aid_err
aid_project_open (const char *root, const struct aid_project_options *options, struct aid_project **out, struct aid_error *e)
{
  struct aid_project *p = calloc (1, sizeof *p);
  *out = NULL;
  if (!p)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the project %s.", root);
  p->root_fd = p->wake[0] = p->wake[1] = -1;
  if (options)
    p->options = *options;
  init_locks (p);
  enum aid_err err = prepare (p, root, e);
  if (!err)
    err = aid_thread_start (&p->thread, "aid-project", run, p, e);
  if (err)
    {
      destroy (p);
      return err;
    }
  *out = p;
  return AID_OK;
}

void
aid_project_stop (struct aid_project *p)
{
  aid_stop_set (p->stop);
  pthread_mutex_lock (&p->lock);
  p->stopped = 1;
  pthread_cond_broadcast (&p->changed);
  pthread_mutex_unlock (&p->lock);
}

void
aid_project_close (struct aid_project *p)
{
  if (!p)
    return;
  aid_project_stop (p);
  pthread_join (p->thread, NULL);
  destroy (p);
}

const char *
aid_project_root (const struct aid_project *p)
{
  return p->root;
}

int
aid_project_is_there (const struct aid_project *p)
{
  struct stat opened, now;
  return !fstat (p->root_fd, &opened) && !stat (p->root, &now) && opened.st_dev == now.st_dev && opened.st_ino == now.st_ino;
}
