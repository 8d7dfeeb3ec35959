/* Episodes that have begun and are not forgotten.  A list in order of use, newest first; a map finds them by their ids. */
#include "ces/http_internal.h"

#include <stdlib.h>

struct node
{
  struct aid_episode e;
  size_t weight; /* bytes of memory that its task takes, about */
  struct node *newer, *older;
};

struct aid_episodes
{
  pthread_mutex_t lock;
  struct aid_map *ids;
  struct node *newest, *oldest;
  struct node *unnamed; /* the last that its client did not name, or NULL */
  size_t n, most;
  size_t weight, bytes; /* of all, and what they may have together */
};

struct aid_episodes *
aid_episodes_new (size_t most, size_t bytes)
{
  struct aid_episodes *s = calloc (1, sizeof *s);
  if (s && !(s->ids = aid_map_new ()))
    {
      free (s);
      return NULL;
    }
  if (!s)
    return NULL;
  pthread_mutex_init (&s->lock, NULL);
  s->most = most;
  s->bytes = bytes;
  return s;
}

static size_t
weigh (const json_t *v)
{
  size_t i, weight = json_is_object (v) ? 320 : 64;
  const char *name;
  json_t *one;
  json_object_foreach ((json_t *)(uintptr_t)v, name, one)
  {
    weight += strlen (name) + weigh (one);
  }
  json_array_foreach (v, i, one)
  {
    weight += weigh (one);
  }
  return weight + json_string_length (v);
}

static void
free_node (struct node *n)
{
  free (n->e.id);
  json_decref (n->e.task);
  free (n);
}

static void
unlink_node (struct aid_episodes *s, struct node *n)
{
  if (s->newest == n)
    s->newest = n->older;
  else
    n->newer->older = n->older;
  if (s->oldest == n)
    s->oldest = n->newer;
  else
    n->older->newer = n->newer;
}

static void
link_node (struct aid_episodes *s, struct node *n)
{
  n->newer = NULL;
  n->older = s->newest;
  if (s->newest)
    s->newest->newer = n;
  else
    s->oldest = n;
  s->newest = n;
}

static void
forget (struct aid_episodes *s, struct node *n)
{
  aid_map_remove (s->ids, aid_span_z (n->e.id));
  unlink_node (s, n);
  if (s->unnamed == n)
    s->unnamed = NULL;
  s->n--;
  s->weight -= n->weight;
  free_node (n);
}

void
aid_episodes_free (struct aid_episodes *s)
{
  if (!s)
    return;
  for (struct node *n = s->newest, *older; n; n = older)
    {
      older = n->older;
      free_node (n);
    }
  aid_map_free (s->ids, NULL);
  pthread_mutex_destroy (&s->lock);
  free (s);
}

size_t
aid_episodes_count (struct aid_episodes *s)
{
  pthread_mutex_lock (&s->lock);
  size_t n = s->n;
  pthread_mutex_unlock (&s->lock);
  return n;
}

int
aid_episodes_put (struct aid_episodes *s, struct aid_episode *e, int named)
{
  struct node *n = calloc (1, sizeof *n);
  if (!n || !e->id || !e->task)
    {
      free (n);
      free (e->id);
      json_decref (e->task);
      return -1;
    }
  n->e = *e;
  n->weight = weigh (e->task);
  pthread_mutex_lock (&s->lock);
  struct node *old = aid_map_get (s->ids, aid_span_z (e->id));
  if (old)
    forget (s, old);
  while (s->oldest && (s->n >= s->most || s->weight + n->weight > s->bytes))
    forget (s, s->oldest);
  int no = aid_map_put (s->ids, aid_span_z (n->e.id), n, NULL) != AID_OK;
  if (!no)
    {
      link_node (s, n);
      s->n++;
      s->weight += n->weight;
      s->unnamed = named ? s->unnamed : n;
    }
  pthread_mutex_unlock (&s->lock);
  if (no)
    free_node (n);
  return no ? -1 : 0;
}

/* The lock is held. */
static struct node *
find (struct aid_episodes *s, const char *id)
{
  struct node *n = id ? aid_map_get (s->ids, aid_span_z (id)) : s->unnamed;
  if (n)
    {
      unlink_node (s, n);
      link_node (s, n);
    }
  return n;
}

int
aid_episodes_get (struct aid_episodes *s, const char *id, struct aid_episode *out)
{
  pthread_mutex_lock (&s->lock);
  const struct node *n = find (s, id);
  if (n)
    {
      *out = n->e;
      out->task = json_deep_copy (n->e.task);
      out->id = id ? NULL : aid_span_dup (aid_span_z (n->e.id));
    }
  pthread_mutex_unlock (&s->lock);
  return n ? 0 : -1;
}

int
aid_episodes_step (struct aid_episodes *s, const char *id, double reward, int green, struct aid_episode *out)
{
  pthread_mutex_lock (&s->lock);
  struct node *n = find (s, id);
  int gone = !n || n->e.done;
  if (!gone)
    {
      n->e.steps++;
      n->e.reward = reward;
      n->e.done = green || n->e.steps >= n->e.most;
      *out = n->e;
      out->task = NULL;
      out->id = NULL;
    }
  pthread_mutex_unlock (&s->lock);
  return gone ? -1 : 0;
}
