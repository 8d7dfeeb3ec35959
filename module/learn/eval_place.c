/* Bases laid out: each task's has a folder of its own, with the task's name, while there are attempts of it. */
#include "base/fs.h"
#include "base/json.h"
#include "learn/eval_internal.h"
#include "learn/layout.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct place
{
  pthread_mutex_t lock;
  char *dir; /* NULL: it is not laid out */
};

struct aid_eval_places
{
  const char *scratch;
  const struct aid_eval_tasks *tasks;
  const json_t *repositories;
  struct place *list;
};

struct aid_eval_places *
aid_eval_places_new (const char *scratch, const struct aid_eval_tasks *tasks, const json_t *repositories)
{
  struct aid_eval_places *p = calloc (1, sizeof *p);
  if (p && !(p->list = calloc (tasks->list.len + 1, sizeof *p->list)))
    {
      free (p);
      p = NULL;
    }
  if (!p)
    return NULL;
  p->scratch = scratch;
  p->tasks = tasks;
  p->repositories = repositories;
  for (size_t i = 0; i < tasks->list.len; i++)
    pthread_mutex_init (&p->list[i].lock, NULL);
  return p;
}

static enum aid_err
lay (const struct aid_eval_places *p, const struct aid_eval_task *t, const char *dir, struct aid_error *e)
{
  const char *repository = aid_json_str (t->judge, "repository");
  const char *named = aid_json_str (json_object_get (p->repositories, repository), "path");
  struct aid_vault *vault = NULL;
  enum aid_err err = aid_fs_mkdirs (dir, 0700, e);
  if (err)
    return err;
  if (t->folder)
    return aid_eval_folder_copy (t->folder, dir, e);
  err = aid_vault_at (named ? named : repository, &vault, e);
  if (!err)
    err = aid_layout (vault, NULL, aid_json_str (t->judge, "base"), dir, e);
  aid_vault_free (vault);
  return err;
}

/* A folder's name that a model may see: of the task's name what is harmless in one. */
static void
add_name (const char *name, struct aid_str *out)
{
  for (const char *c = name; *c && c - name < 100; c++)
    aid_str_addc (out, (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ? *c : '-');
}

enum aid_err
aid_eval_place (struct aid_eval_places *p, size_t i, const char **dir, struct aid_error *e)
{
  const struct aid_eval_task *t = AID_VEC_AT (struct aid_eval_task *, &p->tasks->list, i);
  struct place *place = &p->list[i];
  enum aid_err err = AID_OK;
  pthread_mutex_lock (&place->lock);
  if (!place->dir)
    {
      struct aid_str name = AID_STR_INIT (AID_EVAL_PATH);
      aid_str_addf (&name, "%s/%zu/", p->scratch, i);
      add_name (t->name, &name);
      char *made = aid_str_steal (&name);
      err = made ? lay (p, t, made, e) : aid_error_set (e, AID_E_NOMEM, "No memory for a task's place");
      if (!err)
        place->dir = made;
      else if (made)
        {
          aid_layout_remove (made);
          free (made);
        }
    }
  *dir = place->dir;
  pthread_mutex_unlock (&place->lock);
  return err;
}

void
aid_eval_place_done (struct aid_eval_places *p, size_t i)
{
  struct place *place = &p->list[i];
  pthread_mutex_lock (&place->lock);
  if (place->dir)
    aid_layout_remove (place->dir);
  free (place->dir);
  place->dir = NULL;
  pthread_mutex_unlock (&place->lock);
}

void
aid_eval_places_free (struct aid_eval_places *p)
{
  if (!p)
    return;
  for (size_t i = 0; i < p->tasks->list.len; i++)
    {
      aid_eval_place_done (p, i);
      pthread_mutex_destroy (&p->list[i].lock);
    }
  free (p->list);
  free (p);
}
