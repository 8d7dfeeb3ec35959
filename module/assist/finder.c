#include "assist/finder.h"
#include "assist/meaning.h"
#include "assist/recipe.h"
#include "base/clock.h"
#include "base/fs.h"
#include "config/config.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct place
{
  char *root;
  struct aid_project *project;
  struct aid_index *index;
  struct aid_meaning *meaning; /* NULL: there is none by the settings */
  unsigned users; /* threads that search it now */
  int64_t used;   /* when it was last asked for, monotonic ms */
};

struct aid_finder
{
  struct aid_projects *projects;
  struct aid_net *net; /* NULL: nobody is asked for vectors */
  int fills;           /* those of passages are asked for, too */
  int calm;            /* indexes are made at idle priority */
  pthread_mutex_t lock; /* of what is below */
  struct place *places[AID_FINDER_ROOTS];
  int stopped;
};

struct aid_finder *
aid_finder_new (struct aid_projects *projects, int calm)
{
  struct aid_finder *f = calloc (1, sizeof *f);
  if (!f)
    return NULL;
  f->projects = projects;
  f->calm = calm;
  pthread_mutex_init (&f->lock, NULL);
  return f;
}

void
aid_finder_use_net (struct aid_finder *f, struct aid_net *net, int fills)
{
  f->net = net;
  f->fills = fills;
}

static void
close_place (struct aid_finder *f, struct place *p)
{
  if (!p)
    return;
  aid_meaning_close (p->meaning);
  if (p->index)
    aid_index_close (p->index);
  if (p->project)
    aid_projects_put (f->projects, p->project);
  free (p->root);
  free (p);
}

void
aid_finder_free (struct aid_finder *f)
{
  if (!f)
    return;
  for (size_t i = 0; i < AID_FINDER_ROOTS; i++)
    close_place (f, f->places[i]);
  pthread_mutex_destroy (&f->lock);
  free (f);
}

void
aid_finder_stop (struct aid_finder *f)
{
  struct place *idle[AID_FINDER_ROOTS] = { NULL };
  pthread_mutex_lock (&f->lock);
  f->stopped = 1;
  for (size_t i = 0; i < AID_FINDER_ROOTS; i++)
    if (f->places[i] && !f->places[i]->users)
      {
        idle[i] = f->places[i];
        f->places[i] = NULL;
      }
  pthread_mutex_unlock (&f->lock);
  for (size_t i = 0; i < AID_FINDER_ROOTS; i++)
    close_place (f, idle[i]);
}

/* --- which folders are projects --------------------------------------------------------------------------------------- */

/* Fills BY with who is asked for vectors of the project at ROOT; empty: nobody. */
static enum aid_err
check_root (const char *root, struct aid_embedder *by, struct aid_error *e)
{
  *by = (struct aid_embedder){ 0 };
  if (aid_fs_is_wide (root))
    return aid_error_set (e, AID_E_REFUSED, "%s is not searched: it holds more than one project.", root);
  struct aid_config *c = aid_config_load (root, e);
  if (!c)
    return AID_E_INVALID;
  int off = json_is_false (aid_config_get (c, "index"));
  if (!off)
    aid_embedder_resolve (c, by, NULL); /* what is wrong with it the doctor tells */
  aid_config_free (c);
  return off ? aid_error_set (e, AID_E_REFUSED, "%s is not searched: the settings say \"index\": false.", root) : AID_OK;
}

/* --- places ---------------------------------------------------------------------------------------------------------- */

static struct place *
open_place (struct aid_finder *f, const char *root, struct aid_error *e)
{
  struct place *p = calloc (1, sizeof *p);
  if (p && (p->root = strdup (root)) && !aid_projects_get (f->projects, root, &p->project, e)
      && !aid_index_open (p->project, NULL, &p->index, e) && !aid_index_start (p->index, f->calm, e))
    return p;
  if (!p || !p->root)
    aid_error_set (e, AID_E_NOMEM, "There is no memory to search %s.", root);
  close_place (f, p);
  return NULL;
}

/* With the lock held: the slot of ROOT, else one for it, which is empty or that of the longest unused; NULL when all are in
   use. */
static struct place **
slot_for (struct aid_finder *f, const char *root)
{
  struct place **best = NULL;
  for (size_t i = 0; i < AID_FINDER_ROOTS; i++)
    {
      struct place **slot = &f->places[i];
      if (*slot && !strcmp ((*slot)->root, root))
        return slot;
      if (!*slot ? !best || *best : (!best || (*best && (*slot)->used < (*best)->used)) && !(*slot)->users)
        best = slot;
    }
  return best;
}

/* With the lock held: sees to it that BY, which is taken, makes P's vectors.  Gives what did so before, to be closed. */
static struct aid_meaning *
use_embedder (struct aid_finder *f, struct place *p, struct aid_embedder *by)
{
  struct aid_meaning *before = p->meaning;
  int same = before ? by->made_by && aid_meaning_is_by (before, by) : !by->made_by;
  if (same || !f->net || p->users)
    {
      aid_embedder_free (by);
      return NULL;
    }
  p->meaning = NULL;
  if (!by->made_by || aid_meaning_open (f->net, p->index, by, &p->meaning, NULL))
    return before;
  if (f->fills)
    aid_meaning_start (p->meaning, NULL);
  return before;
}

/* The place of ROOT, a real path, with one user more, begun if need be. */
static struct place *
enter_real (struct aid_finder *f, const char *root, struct aid_error *e)
{
  struct place *out = NULL, *gone = NULL;
  struct aid_meaning *replaced = NULL;
  struct aid_embedder by;
  if (check_root (root, &by, e))
    return NULL;
  pthread_mutex_lock (&f->lock);
  struct place **slot = f->stopped ? NULL : slot_for (f, root);
  if (slot && *slot && strcmp ((*slot)->root, root) != 0)
    {
      gone = *slot;
      *slot = NULL;
    }
  if (f->stopped)
    aid_error_set (e, AID_E_STATE, "The core is being replaced: search again in a moment.");
  else if (!slot)
    aid_error_set (e, AID_E_LIMIT, "%s is not searched: %d other projects are just being searched.", root, AID_FINDER_ROOTS);
  else if (!*slot)
    *slot = open_place (f, root, e);
  if (slot && *slot)
    {
      out = *slot;
      replaced = use_embedder (f, out, &by);
      out->users++;
      out->used = aid_clock_ms ();
    }
  pthread_mutex_unlock (&f->lock);
  aid_embedder_free (&by);
  aid_meaning_close (replaced);
  close_place (f, gone);
  return out;
}

static struct place *
enter (struct aid_finder *f, const char *root, struct aid_error *e)
{
  char *real = realpath (root, NULL);
  struct place *p = real ? enter_real (f, real, e) : NULL;
  if (!real)
    aid_error_set (e, AID_E_NOTFOUND, "There is no folder %s to search.", root);
  free (real);
  return p;
}

static void
leave (struct aid_finder *f, struct place *p)
{
  pthread_mutex_lock (&f->lock);
  p->users--;
  pthread_mutex_unlock (&f->lock);
}

enum aid_err
aid_finder_begin (struct aid_finder *f, const char *root, struct aid_error *e)
{
  struct aid_error mine = { AID_OK, "" };
  struct place *p = enter (f, root, &mine);
  if (p)
    leave (f, p);
  else if (e)
    *e = mine;
  return p ? AID_OK : mine.code;
}

/* --- finding --------------------------------------------------------------------------------------------------------- */

/* Waits until X has read what there is, for MS at most. */
static void
wait_until_read (struct aid_index *x, int64_t ms)
{
  int64_t end = aid_clock_ms () + ms, left;
  struct aid_index_state s;
  aid_index_state (x, &s);
  while (s.phase != AID_INDEX_READY && s.phase != AID_INDEX_ELSEWHERE && (left = end - aid_clock_ms ()) > 0)
    {
      aid_index_wait (x, s.updates, left < 50 ? left : 50);
      aid_index_state (x, &s);
    }
}

static void
add_item (const struct aid_find *find, const struct aid_passage *p, struct aid_vec *items)
{
  struct aid_str path = AID_STR_INIT (8192), target = AID_STR_INIT (32768), label = AID_STR_INIT (32768);
  struct aid_recipe_item *item = aid_vec_push (items);
  aid_fs_join (&path, find->root, p->path);
  aid_recipe_link (find->dir, aid_str_z (&path), &target);
  aid_str_addf (&target, "#L%u-L%u", p->first, p->last);
  aid_str_addf (&label, p->first == p->last ? "%s:%u" : "%s:%u-%u", p->path, p->first, p->last);
  if (item)
    *item = (struct aid_recipe_item){ aid_str_steal (&target), aid_str_steal (&label), strdup (p->reason), (int64_t)p->tokens,
                                      p->name ? strdup (p->name) : NULL };
  aid_str_free (&path);
  aid_str_free (&target);
  aid_str_free (&label);
}

/* Searches P, with the vector of the question where there is one soon.  LOOKS: no thread reads what vectors there are. */
static enum aid_err
search (struct place *p, int looks, const struct aid_find *find, struct aid_found *found, struct aid_finding *out,
        struct aid_error *e)
{
  struct aid_question q = find->question;
  float *vector = NULL;
  int64_t until = aid_clock_ms () + AID_MEANING_MS;
  const char *host;
  if (p->meaning && looks)
    aid_meaning_look (p->meaning, NULL);
  if (p->meaning && find->secret)
    aid_meaning_use_key (p->meaning, find->secret);
  if (p->meaning)
    aid_meaning_begin (p->meaning, &q);
  wait_until_read (p->index, find->wait_ms);
  if (p->meaning)
    aid_meaning_end (p->meaning, until, &q, &vector, out->note);
  if (p->meaning && aid_meaning_wants_key (p->meaning, &host))
    snprintf (out->wants_key, sizeof out->wants_key, "%s", host);
  enum aid_err err = aid_search (p->index, &q, found, e);
  free (vector);
  return err;
}

enum aid_err
aid_finder_find (struct aid_finder *f, const struct aid_find *find, struct aid_finding *out, struct aid_error *e)
{
  struct aid_error mine = { AID_OK, "" };
  struct aid_found found = { .partial = 1 };
  struct aid_index_state state;
  *out = (struct aid_finding){ .items = AID_VEC_INIT (struct aid_recipe_item, AID_PASSAGES) };
  struct place *p = enter (f, find->root, &mine);
  if (!p)
    {
      if (e)
        *e = mine;
      return mine.code;
    }
  enum aid_err err = search (p, !f->fills, find, &found, out, &mine);
  if (err == AID_E_NOTFOUND)    /* the index is too young to hold anything */
    err = AID_OK;
  aid_index_state (p->index, &state);
  for (size_t i = 0; i < found.passages.len && !err; i++)
    {
      const struct aid_passage *passage = &AID_VEC_AT (struct aid_passage, &found.passages, i);
      if (find->weak || !aid_passage_is_weak (passage))
        add_item (find, passage, &out->items);
    }
  out->files = state.files;
  out->partial = found.partial;
  if (err && e)
    *e = mine;
  aid_found_free (&found);
  leave (f, p);
  return err;
}

void
aid_finding_free (struct aid_finding *f)
{
  aid_recipe_items_free (&f->items);
}

enum aid_err
aid_finder_symbols (struct aid_finder *f, const char *root, struct aid_span prefix, size_t max, struct aid_vec *out, int *more,
                    struct aid_error *e)
{
  struct aid_error mine = { AID_OK, "" };
  struct place *p = enter (f, root, &mine);
  enum aid_err err = p ? aid_symbols (p->index, prefix, max, out, more, &mine) : mine.code;
  if (p)
    leave (f, p);
  if (p && err == AID_E_NOTFOUND) /* the index is too young to hold anything */
    {
      *more = 1;
      return AID_OK;
    }
  if (err && e)
    *e = mine;
  return err;
}
