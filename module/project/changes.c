/* What became of paths that may have changed: one look at each, and one generation for all of them. */
#include "base/clock.h"
#include "project/classify.h"
#include "project/project_internal.h"
#include "project/vc.h"
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 30 /* between the first change and the look: what is saved comes in several */
#define LIST_WAIT_MS 200
#define REMOVE_AT_ONCE 256

/* --- the log ---------------------------------------------------------------------------------------------------------- */

void
aid_project_log_drop (struct aid_project *p)
{
  for (size_t i = 0; i < p->log.len; i++)
    free (AID_VEC_AT (struct aid_change, &p->log, i).path);
  p->log.len = 0;
  p->floor = p->generation + 1;
}

void
aid_project_log (struct aid_project *p, struct aid_span path)
{
  struct aid_change *c = NULL;
  char *copy = p->floor > p->generation ? NULL : aid_span_dup (path);
  if (copy && p->log.len >= p->log.max)
    {
      /* Half of it goes, so that this is rare. */
      size_t half = p->log.len / 2;
      for (size_t i = 0; i < half; i++)
        {
          p->floor = AID_VEC_AT (struct aid_change, &p->log, i).generation;
          free (AID_VEC_AT (struct aid_change, &p->log, i).path);
        }
      aid_vec_remove (&p->log, 0, half);
    }
  if (copy && p->floor <= p->generation)
    c = aid_vec_push (&p->log);
  if (c)
    *c = (struct aid_change){ p->generation + 1, copy };
  else
    {
      free (copy);
      aid_project_log_drop (p);
    }
}

void
aid_project_log_end (struct aid_project *p)
{
  p->generation++;
  pthread_cond_broadcast (&p->changed);
}

/* --- pending paths ------------------------------------------------------------------------------------------------------ */

void
aid_project_expect_list (struct aid_project *p)
{
  int64_t now = aid_clock_ms (), rest = p->listed_at + 3 * p->list_ms;
  /* However often it is wanted, listing takes a quarter of the time at most. */
  p->list_at = now + LIST_WAIT_MS > rest ? now + LIST_WAIT_MS : rest;
}

void
aid_project_expect (struct aid_project *p, struct aid_span path)
{
  if (p->list_at || aid_map_get (p->pending, path))
    return;
  char **slot = p->pending_paths.len < AID_PROJECT_PENDING ? aid_vec_push (&p->pending_paths) : NULL;
  if (slot && (*slot = aid_span_dup (path)) && !aid_map_put (p->pending, path, *slot, NULL))
    {
      if (!p->flush_at)
        p->flush_at = aid_clock_ms () + WAIT_MS;
      return;
    }
  if (slot)
    {
      free (*slot);
      p->pending_paths.len--;
    }
  aid_project_expect_list (p);
}

/* --- looking ------------------------------------------------------------------------------------------------------------- */

static int
is_below (struct aid_span path, struct aid_span folder)
{
  return path.len >= folder.len && !memcmp (path.ptr, folder.ptr, folder.len)
         && (path.len == folder.len || path.ptr[folder.len] == '/');
}

/* Takes the entries of SOME, indexes, out of the table, a few at a time, so that nobody waits long. */
static void
remove_entries (struct aid_project *p, const struct aid_vec *some)
{
  char buf[AID_PROJECT_PATH_MAX + 1];
  for (size_t from = 0; from < some->len; from += REMOVE_AT_ONCE)
    {
      pthread_mutex_lock (&p->lock);
      for (size_t i = from; i < some->len && i < from + REMOVE_AT_ONCE; i++)
        {
          uint32_t entry = AID_VEC_AT (uint32_t, some, i);
          const struct aid_entry *e = aid_table_at (p->listing.table, entry);
          if (e->flags & AID_ENTRY_GONE)
            continue;
          aid_project_log (p, aid_table_path (p->listing.table, e, buf));
          aid_table_remove (p->listing.table, entry);
        }
      pthread_mutex_unlock (&p->lock);
    }
}

/* Takes the folder PATH and all below it out of the table; 1 when there was something. */
static int
remove_below (struct aid_project *p, struct aid_span path)
{
  struct aid_table *t = p->listing.table;
  struct aid_vec some = AID_VEC_INIT (uint32_t, p->in.max_files);
  uint32_t top = aid_table_folder (t, path, 0);
  if (top == AID_TABLE_NONE || aid_table_folder_at (t, top)->gone)
    return 0;
  aid_table_folder_at (t, aid_table_folder_at (t, top)->up)->children--;
  for (uint32_t i = 0; i < t->folders.len; i++)
    if (!aid_table_folder_at (t, i)->gone && is_below (aid_table_folder_path (t, i), path))
      {
        aid_project_unfollow (p, i);
        aid_table_folder_at (t, i)->gone = 1;
        aid_table_folder_at (t, i)->children = 0;
      }
  for (uint32_t i = 0; i < t->entries.len; i++)
    if (aid_table_folder_at (t, aid_table_at (t, i)->folder)->gone)
      {
        uint32_t *slot = aid_vec_push (&some);
        if (slot)
          *slot = i;
      }
  remove_entries (p, &some);
  int any = some.len > 0;
  aid_vec_free (&some);
  return any;
}

/* Puts what was seen of PATH into the table.  1 when that is news. */
static int
write_file (struct aid_project *p, struct aid_span path, const struct aid_entry *seen)
{
  int fresh;
  pthread_mutex_lock (&p->lock);
  uint32_t i = aid_table_add (p->listing.table, path, &fresh);
  if (i != AID_TABLE_NONE)
    {
      struct aid_entry *e = aid_table_at (p->listing.table, i);
      e->size = seen->size;
      e->mtime_ns = seen->mtime_ns;
      e->inode = seen->inode;
      e->class = seen->class;
      e->flags = seen->flags;
      aid_project_log (p, path);
    }
  pthread_mutex_unlock (&p->lock);
  return i != AID_TABLE_NONE;
}

static struct aid_entry
entry_of (struct aid_project *p, struct aid_span path, int *there)
{
  struct aid_entry e = { .class = AID_FILE_TEXT };
  uint32_t i = aid_table_find (p->listing.table, path);
  *there = 0;
  if (i == AID_TABLE_NONE)
    return e;
  pthread_mutex_lock (&p->lock);
  if (!(aid_table_at (p->listing.table, i)->flags & AID_ENTRY_GONE))
    {
      e = *aid_table_at (p->listing.table, i);
      *there = 1;
    }
  pthread_mutex_unlock (&p->lock);
  return e;
}

/* Takes over the names that a walk has found; 1 when there is a file that was not known. */
static int
take_found (struct aid_project *p, const struct aid_table *found)
{
  char buf[AID_PROJECT_PATH_MAX + 1];
  int some = 0;
  for (uint32_t i = 0; i < found->folders.len; i++)
    {
      struct aid_span path = aid_table_folder_path (found, i);
      pthread_mutex_lock (&p->lock);
      uint32_t f = aid_table_folder (p->listing.table, path, 1);
      pthread_mutex_unlock (&p->lock);
      if (f != AID_TABLE_NONE)
        aid_project_follow_folder (p, f);
    }
  for (uint32_t i = 0; i < found->entries.len; i++)
    {
      int there;
      struct aid_span path = aid_table_path (found, aid_table_at (found, i), buf);
      struct aid_entry e = entry_of (p, path, &there);
      int look = aid_list_look (&p->in, &p->listing, path, &e);
      if (look == AID_LOOK_CHANGED)
        some |= write_file (p, path, &e);
    }
  return some;
}

/* PATH is a folder that is not ignored. */
static int
enter_folder (struct aid_project *p, struct aid_span path)
{
  int some = 0;
  size_t parts = 0, folders = 0;
  /* What comes into a folder before it is watched is found by the walk after that. */
  for (int again = 0; again < 4; again++)
    {
      struct aid_table *found = aid_table_new (p->in.max_files);
      if (!found)
        return some;
      parts += aid_list_folder (&p->in, &p->listing, found, path);
      size_t n = found->folders.len;
      some |= take_found (p, found);
      aid_table_free (found);
      if (again && n == folders)
        break;
      folders = n;
    }
  if (parts)
    aid_project_expect_list (p);
  return some;
}

static int
look_at_folder (struct aid_project *p, struct aid_span path)
{
  struct aid_str full = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  uint32_t known = aid_table_folder (p->listing.table, path, 0);
  const char *slash = path.len ? memrchr (path.ptr, '/', path.len) : NULL;
  struct aid_span name = slash ? aid_span_cut (path, (size_t)(slash + 1 - path.ptr), path.len) : path;
  int some = 0;
  aid_str_addf (&full, "%s/%s", p->root, path.ptr);
  if (known != AID_TABLE_NONE && !aid_table_folder_at (p->listing.table, known)->gone)
    {
      /* Perhaps another one by the same name. */
      aid_project_follow_folder (p, known);
      aid_project_compare_names (p, known);
    }
  else if (aid_classify_is_output (name) || aid_listing_ignores (&p->listing, path, 1, NULL))
    ;
  else if (!full.err && aid_vc_at (aid_str_z (&full)) != AID_VC_NONE)
    aid_project_expect_list (p);
  else
    some = enter_folder (p, path);
  aid_str_free (&full);
  return some;
}

/* PATH is not there, or is a folder: whatever else was called so is gone. */
static int
remove_file (struct aid_project *p, struct aid_span path, int folder_too)
{
  int some = 0;
  pthread_mutex_lock (&p->lock);
  uint32_t i = aid_table_find (p->listing.table, path);
  if (i != AID_TABLE_NONE && !(aid_table_at (p->listing.table, i)->flags & AID_ENTRY_GONE))
    {
      aid_table_remove (p->listing.table, i);
      aid_project_log (p, path);
      some = 1;
    }
  pthread_mutex_unlock (&p->lock);
  return folder_too ? some | remove_below (p, path) : some;
}

/* 1 when there is news. */
static int
look_at (struct aid_project *p, struct aid_span path)
{
  int there, some = 0;
  struct aid_entry e = entry_of (p, path, &there);
  const char *slash = memrchr (path.ptr, '/', path.len);
  int look = aid_list_look (&p->in, &p->listing, path, &e);
  struct aid_span name = slash ? aid_span_cut (path, (size_t)(slash + 1 - path.ptr), path.len) : path;
  if (look == AID_LOOK_GONE || look == AID_LOOK_FOLDER)
    some = remove_file (p, path, look == AID_LOOK_GONE);
  if (look == AID_LOOK_FOLDER)
    some |= look_at_folder (p, path);
  else if (look == AID_LOOK_CHANGED && (there || !aid_listing_ignores (&p->listing, path, 0, NULL)))
    {
      some = remove_below (p, path);
      some |= write_file (p, path, &e);
    }
  if ((look == AID_LOOK_CHANGED || some) && aid_ignores_is_rule_file (name))
    aid_project_expect_list (p);
  return some;
}

void
aid_project_flush (struct aid_project *p)
{
  struct aid_vec paths = p->pending_paths;
  struct aid_map *pending = aid_map_new ();
  int some = 0;
  p->flush_at = 0;
  if (!pending)
    {
      aid_project_expect_list (p);
      return;
    }
  aid_map_free (p->pending, NULL);
  p->pending = pending;
  p->pending_paths = AID_VEC_INIT (char *, AID_PROJECT_PENDING);
  for (size_t i = 0; i < paths.len; i++)
    {
      char *path = AID_VEC_AT (char *, &paths, i);
      if (!aid_stop_is_set (p->stop) && *path)
        some |= look_at (p, aid_span_z (path));
      free (path);
    }
  aid_vec_free (&paths);
  if (!some)
    return;
  pthread_mutex_lock (&p->lock);
  aid_project_log_end (p);
  pthread_mutex_unlock (&p->lock);
}
