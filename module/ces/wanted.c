/* A warm tree that is being made, and who wants it.  Who serves has it made to its end although who began it has gone, for he or
   the next one asks again; once the service is to end that goes only as far as somebody still waits for it. */
#include "base/pool.h"
#include "ces/ces_internal.h"

#include <poll.h>
#include <stdlib.h>

#define LOOK_MS 20

struct maker
{
  struct aid_ces *ces;
  const char *key;
  struct aid_stop *stop, *made;
};

void
aid_ces_make_all (struct aid_ces *c, const struct aid_stop *ending)
{
  c->ending = ending;
}

void
aid_wanted_begin (struct aid_ces *c, struct aid_wanted *w)
{
  pthread_mutex_lock (&c->lock);
  w->before = &c->wanted;
  w->next = c->wanted;
  if (w->next)
    w->next->before = &w->next;
  c->wanted = w;
  pthread_mutex_unlock (&c->lock);
}

void
aid_wanted_end (struct aid_ces *c, struct aid_wanted *w)
{
  pthread_mutex_lock (&c->lock);
  *w->before = w->next;
  if (w->next)
    w->next->before = w->before;
  pthread_mutex_unlock (&c->lock);
}

static int
is_wanted (struct aid_ces *c, const char *key)
{
  int is = 0;
  pthread_mutex_lock (&c->lock);
  for (const struct aid_wanted *w = c->wanted; w && !is; w = w->next)
    is = !strcmp (w->key, key) && !aid_stop_is_set (w->stop);
  pthread_mutex_unlock (&c->lock);
  return is;
}

/* Stops the making when the service is to end and nobody wants the tree any more. */
static void *
watch (void *arg)
{
  struct maker *m = arg;
  struct pollfd fds[] = { { aid_stop_fd (m->made), POLLIN, 0 }, { aid_stop_fd (m->ces->ending), POLLIN, 0 } };
  while (!aid_stop_is_set (m->made) && !aid_stop_is_set (m->stop))
    {
      int ending = aid_stop_is_set (m->ces->ending);
      if (ending && !is_wanted (m->ces, m->key))
        aid_stop_set (m->stop);
      else
        poll (fds, ending ? 1 : 2, ending ? LOOK_MS : -1);
    }
  return NULL;
}

enum aid_err
aid_wanted_make (struct aid_ces *c, const char *key,
                 enum aid_err (*make) (void *ctx, const struct aid_stop *stop, struct aid_error *e), void *ctx,
                 const struct aid_stop *stop, struct aid_error *e)
{
  struct maker m = { c, key, NULL, NULL };
  unsigned long thread;
  if (!c->ending)
    return make (ctx, stop, e);
  m.stop = aid_stop_new (e);
  m.made = m.stop ? aid_stop_new (e) : NULL;
  enum aid_err err = m.made ? aid_thread_start (&thread, "aid-wanted", watch, &m, e) : AID_E_IO;
  if (!err)
    {
      err = make (ctx, m.stop, e);
      aid_stop_set (m.made);
      pthread_join ((pthread_t)thread, NULL);
    }
  aid_stop_free (m.stop);
  aid_stop_free (m.made);
  return err;
}
