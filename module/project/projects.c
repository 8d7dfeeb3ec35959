/* A short list, the last used first. */
#include "project/projects.h"
#include "base/vec.h"
#include <pthread.h>
#include <stdlib.h>

struct held
{
  struct aid_project *project;
  char *name; /* its real path */
  unsigned holders;
};

struct aid_projects
{
  pthread_mutex_t lock;
  struct aid_vec list; /* struct held */
  int stopped;
};

struct aid_projects *
aid_projects_new (void)
{
  struct aid_projects *all = calloc (1, sizeof *all);
  if (!all)
    return NULL;
  all->list = AID_VEC_INIT (struct held, AID_PROJECTS_OPEN);
  pthread_mutex_init (&all->lock, NULL);
  return all;
}

void
aid_projects_stop (struct aid_projects *all)
{
  struct aid_project *some[AID_PROJECTS_OPEN];
  size_t n = 0;
  pthread_mutex_lock (&all->lock);
  all->stopped = 1;
  /* Nothing is opened or closed from now on. */
  for (size_t i = 0; i < all->list.len; i++)
    some[n++] = AID_VEC_AT (struct held, &all->list, i).project;
  pthread_mutex_unlock (&all->lock);
  for (size_t i = 0; i < n; i++)
    aid_project_stop (some[i]);
}

void
aid_projects_free (struct aid_projects *all)
{
  if (!all)
    return;
  aid_projects_stop (all);
  for (size_t i = 0; i < all->list.len; i++)
    {
      aid_project_close (AID_VEC_AT (struct held, &all->list, i).project);
      free (AID_VEC_AT (struct held, &all->list, i).name);
    }
  aid_vec_free (&all->list);
  pthread_mutex_destroy (&all->lock);
  free (all);
}

/* The place of the project called NAME, moved to the front; -1.  With the lock held. */
static int
find (struct aid_projects *all, const char *name)
{
  for (size_t i = 0; i < all->list.len; i++)
    if (!strcmp (AID_VEC_AT (struct held, &all->list, i).name, name))
      {
        struct held h = AID_VEC_AT (struct held, &all->list, i);
        aid_vec_remove (&all->list, i, 1);
        *(struct held *)aid_vec_insert (&all->list, 0) = h;
        return 0;
      }
  return -1;
}

/* Takes the project that was used longest ago out of a full list, if nobody holds it: to be closed.  With the lock held. */
static struct aid_project *
make_room (struct aid_projects *all)
{
  for (size_t i = all->list.len; all->list.len == all->list.max && i-- > 0;)
    {
      struct held h = AID_VEC_AT (struct held, &all->list, i);
      if (h.holders)
        continue;
      aid_vec_remove (&all->list, i, 1);
      free (h.name);
      return h.project;
    }
  return NULL;
}

enum aid_err
aid_projects_get (struct aid_projects *all, const char *root, struct aid_project **out, struct aid_error *e)
{
  static const struct aid_project_options watched = { .watch = 1 };
  struct aid_project *old = NULL, *fresh = NULL;
  enum aid_err err;
  int kept = 0;
  char *name = realpath (root, NULL);
  *out = NULL;
  if (!name)
    return aid_error_set (e, AID_E_NOTFOUND, "There is no folder %s.", root);
  pthread_mutex_lock (&all->lock);
  int known = !find (all, name);
  pthread_mutex_unlock (&all->lock);
  /* It is opened without the lock; two that do so at once keep one. */
  if (!known && (err = aid_project_open (name, &watched, &fresh, e)))
    {
      free (name);
      return err;
    }
  pthread_mutex_lock (&all->lock);
  if (!all->stopped && find (all, name) && fresh)
    {
      old = make_room (all);
      struct held *slot = aid_vec_insert (&all->list, 0);
      if (slot)
        {
          slot->project = fresh;
          slot->name = name;
          slot->holders = 0;
          fresh = NULL;
          kept = 1;
        }
    }
  if (!all->stopped && !find (all, name))
    {
      struct held *h = &AID_VEC_AT (struct held, &all->list, 0);
      h->holders++;
      *out = h->project;
    }
  int stopped = all->stopped;
  pthread_mutex_unlock (&all->lock);
  aid_project_close (fresh);
  aid_project_close (old);
  if (!kept)
    free (name);
  if (*out)
    return AID_OK;
  return stopped ? aid_error_set (e, AID_E_STATE, "The core stops: %s is not opened.", root)
                 : aid_error_set (e, AID_E_LIMIT, "%d projects are in use at once: close some.", AID_PROJECTS_OPEN);
}

void
aid_projects_put (struct aid_projects *all, struct aid_project *p)
{
  pthread_mutex_lock (&all->lock);
  for (size_t i = 0; i < all->list.len; i++)
    {
      struct held *h = &AID_VEC_AT (struct held, &all->list, i);
      if (h->project == p && h->holders)
        h->holders--;
    }
  pthread_mutex_unlock (&all->lock);
}
