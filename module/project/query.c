/* What others ask of a project: copies, made under the lock a few at a time. */
#include "project/project_internal.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BATCH 128 /* files that are copied under the lock at once */

uint64_t
aid_project_wait (struct aid_project *p, uint64_t since, int64_t ms)
{
  return aid_project_wait_or (p, since, ms, NULL);
}

uint64_t
aid_project_wait_or (struct aid_project *p, uint64_t since, int64_t ms, const struct aid_stop *stop)
{
  struct timespec until;
  clock_gettime (CLOCK_MONOTONIC, &until);
  int64_t ns = until.tv_nsec + (ms > 0 ? ms % 1000 : 0) * 1000000;
  until.tv_sec += (time_t)((ms > 0 ? ms / 1000 : 0) + ns / 1000000000);
  until.tv_nsec = (long)(ns % 1000000000);
  pthread_mutex_lock (&p->lock);
  int bad = 0;
  while (p->generation <= since && !p->stopped && !p->failed && !aid_stop_is_set (stop) && !bad)
    bad = ms < 0 ? pthread_cond_wait (&p->changed, &p->lock) : pthread_cond_timedwait (&p->changed, &p->lock, &until);
  uint64_t generation = p->generation;
  pthread_mutex_unlock (&p->lock);
  return generation;
}

void
aid_project_wake (struct aid_project *p)
{
  pthread_mutex_lock (&p->lock); /* who has seen no request to stop waits by now */
  pthread_cond_broadcast (&p->changed);
  pthread_mutex_unlock (&p->lock);
}

/* Why nothing can be told yet.  With the lock held. */
static enum aid_err
not_listed (const struct aid_project *p, struct aid_error *e)
{
  if (p->failed)
    return aid_error_set (e, p->failed, "%s", p->error.msg);
  return aid_error_set (e, AID_E_STATE, "The files of %s are being listed: ask again in a moment.", p->root);
}

static void
fill (const struct aid_entry *e, struct aid_span path, struct aid_project_file *out)
{
  *out = (struct aid_project_file){ path, e->size, e->mtime_ns, e->inode, (enum aid_file_class)e->class, 0 };
}

/* One file with its path. */
struct copied
{
  struct aid_project_file file;
  char path[AID_PROJECT_PATH_MAX + 1];
};

/* Copies files from entry *NEXT on, if the list is still the one that TABLE is; how many, or -1. */
static int
copy_some (struct aid_project *p, const struct aid_table *table, size_t *next, struct copied *out)
{
  int n = 0;
  pthread_mutex_lock (&p->lock);
  if (p->listing.table != table)
    n = -1;
  while (n >= 0 && n < BATCH && *next < p->listing.table->entries.len)
    {
      const struct aid_entry *e = aid_table_at (p->listing.table, (uint32_t)(*next)++);
      if (e->flags & AID_ENTRY_GONE)
        continue;
      fill (e, aid_table_path (table, e, out[n].path), &out[n].file);
      n++;
    }
  pthread_mutex_unlock (&p->lock);
  return n;
}

enum aid_err
aid_project_files (struct aid_project *p, int (*fn) (void *ctx, const struct aid_project_file *file), void *ctx,
                   uint64_t *generation, struct aid_error *e)
{
  struct copied *some = calloc (BATCH, sizeof *some);
  size_t next = 0;
  int n = 0, end = 0;
  if (!some)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the files of %s.", p->root);
  pthread_mutex_lock (&p->lock);
  const struct aid_table *table = p->listing.table;
  enum aid_err err = p->listed ? AID_OK : not_listed (p, e);
  if (!err && generation)
    *generation = p->generation;
  pthread_mutex_unlock (&p->lock);
  while (!err && !end && (n = copy_some (p, table, &next, some)) > 0)
    for (int i = 0; i < n && !end; i++)
      end = fn (ctx, &some[i].file);
  free (some);
  if (n < 0)
    return aid_error_set (e, AID_E_STATE, "The files of %s were listed anew meanwhile: ask again.", p->root);
  return err;
}

static int
state_of (struct aid_project *p, struct aid_span path, struct aid_project_file *file)
{
  uint32_t i = p->listed ? aid_table_find (p->listing.table, path) : AID_TABLE_NONE;
  *file = (struct aid_project_file){ .path = path, .gone = 1 };
  if (i == AID_TABLE_NONE || (aid_table_at (p->listing.table, i)->flags & AID_ENTRY_GONE))
    return -1;
  fill (aid_table_at (p->listing.table, i), path, file);
  return 0;
}

int
aid_project_find (struct aid_project *p, struct aid_span path, struct aid_project_file *file)
{
  pthread_mutex_lock (&p->lock);
  int found = state_of (p, path, file);
  pthread_mutex_unlock (&p->lock);
  return found;
}

/* Copies the paths of the log that are newer than SINCE, each once, but for those of a look that is not over: they are of the
   next generation.  With the lock held. */
static enum aid_err
copy_log (const struct aid_project *p, uint64_t since, struct aid_vec *out)
{
  struct aid_map *seen = aid_map_new ();
  int bad = !seen;
  for (size_t i = 0; i < p->log.len && !bad; i++)
    {
      const struct aid_change *c = &AID_VEC_AT (struct aid_change, &p->log, i);
      if (c->generation <= since || c->generation > p->generation || aid_map_get (seen, aid_span_z (c->path)))
        continue;
      char **slot = aid_vec_push (out);
      bad = !slot || !(*slot = strdup (c->path)) || aid_map_put (seen, aid_span_z (c->path), *slot, NULL);
    }
  aid_map_free (seen, NULL);
  return bad ? AID_E_NOMEM : AID_OK;
}

enum aid_err
aid_project_changes (struct aid_project *p, uint64_t since, int (*fn) (void *ctx, const struct aid_project_file *file),
                     void *ctx, uint64_t *generation, struct aid_error *e)
{
  struct aid_vec paths = AID_VEC_INIT (char *, AID_PROJECT_LOG);
  enum aid_err err = AID_OK;
  int end = 0;
  pthread_mutex_lock (&p->lock);
  if (!p->listed)
    err = not_listed (p, e);
  else if (since < p->floor)
    err = aid_error_set (e, AID_E_LIMIT, "More of %s has changed than is remembered: look through all its files.", p->root);
  else if (copy_log (p, since, &paths))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for the changes of %s.", p->root);
  if (!err && generation)
    *generation = p->generation;
  pthread_mutex_unlock (&p->lock);
  for (size_t i = 0; i < paths.len; i++)
    {
      char *path = AID_VEC_AT (char *, &paths, i);
      struct aid_project_file file;
      if (!err && !end && path)
        {
          aid_project_find (p, aid_span_z (path), &file);
          end = fn (ctx, &file);
        }
      free (path);
    }
  aid_vec_free (&paths);
  return err;
}

void
aid_project_touch (struct aid_project *p, struct aid_span path)
{
  char *copy = path.len && path.len < AID_PROJECT_PATH_MAX ? aid_span_dup (path) : NULL;
  pthread_mutex_lock (&p->lock);
  char **slot = copy ? aid_vec_push (&p->touched) : NULL;
  if (slot)
    *slot = copy;
  else
    free (copy);
  pthread_mutex_unlock (&p->lock);
  /* A full pipe has woken it. */
  ssize_t n = write (p->wake[1], "", 1);
  (void)n;
}
