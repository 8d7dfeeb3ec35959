/* Reading ahead: while hunks are placed in one file, another thread reads those that come next.

   A patch of many files waits for the system as long as it works itself: each file is looked at by the path rules, opened, read
   and closed.  So one thread goes over the patch's files in their order and reads them; who plans takes what is read, waits for
   what is being read, and reads itself what the thread has not come to.  Each text is given once, to the first that asks: whoever
   asks again wants the file as it is then. */
#include "patch/patch_internal.h"
#include "base/map.h"
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum
{
  WORTH_A_THREAD = 8,           /* files */
  HELD_MAX = 32 << 20           /* bytes that may lie there until they are asked for: then the thread stops */
};

enum state { UNREAD, BEING_READ, READ, GIVEN };

struct entry
{
  const char *path;
  _Atomic int state;            /* enum state */
  struct aid_str text;
  enum aid_err err;
  struct aid_error e;
};

struct aid_ahead
{
  const struct aid_patch_source *source;
  struct entry *entries;
  size_t n;
  struct aid_map *by_path;      /* path -> struct entry */
  atomic_size_t held;           /* bytes of texts that are read and not given */
  atomic_int stopping;
  pthread_mutex_t lock;         /* for READ alone: who waits for it must not miss it */
  pthread_cond_t read;
  unsigned long thread;
  int started;
};

/* --- the thread --- */

/* Whether the entry was FROM, and is TO now. */
static int
becomes (struct entry *x, int from, int to)
{
  return atomic_compare_exchange_strong (&x->state, &from, to);
}

static void *
read_ahead (void *arg)
{
  struct aid_ahead *a = arg;
  for (size_t i = 0; i < a->n && !atomic_load (&a->stopping) && atomic_load (&a->held) < HELD_MAX; i++)
    {
      struct entry *x = &a->entries[i];
      if (!becomes (x, UNREAD, BEING_READ))
        continue;
      x->err = a->source->read (a->source->ctx, x->path, &x->text, &x->e);
      atomic_fetch_add (&a->held, x->text.len);
      pthread_mutex_lock (&a->lock);
      atomic_store (&x->state, READ);
      pthread_cond_signal (&a->read);
      pthread_mutex_unlock (&a->lock);
    }
  return NULL;
}

/* --- who plans --- */

static enum aid_err
give (struct aid_ahead *a, struct entry *x, struct aid_str *out, struct aid_error *e)
{
  atomic_store (&x->state, GIVEN);
  atomic_fetch_sub (&a->held, x->text.len);
  if (e && x->err)
    *e = x->e;
  enum aid_err err = x->err;
  if (out->len == 0 && x->text.len <= out->max)
    {
      struct aid_str swap = *out;
      *out = x->text;
      out->max = swap.max;
      x->text = swap;
    }
  else if (!err && (err = aid_str_addspan (out, aid_str_span (&x->text))))
    aid_error_set (e, err, "%.100s is too large", x->path);
  aid_str_free (&x->text);
  return err;
}

static enum aid_err
read_text (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  struct aid_ahead *a = ctx;
  struct entry *x = aid_map_get (a->by_path, aid_span_z (path));
  if (!x || becomes (x, UNREAD, GIVEN) || atomic_load (&x->state) == GIVEN)
    return a->source->read (a->source->ctx, path, out, e);
  pthread_mutex_lock (&a->lock);
  while (atomic_load (&x->state) == BEING_READ)
    pthread_cond_wait (&a->read, &a->lock);
  pthread_mutex_unlock (&a->lock);
  return give (a, x, out, e);
}

static enum aid_err
list (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  struct aid_ahead *a = ctx;
  return a->source->list (a->source->ctx, each, closure);
}

struct aid_patch_source
aid_ahead_source (struct aid_ahead *a)
{
  return (struct aid_patch_source){ read_text, a, a->source->list ? list : NULL };
}

/* --- beginning and end --- */

/* Each path once: the file that a part of the patch changes, or would make. */
static enum aid_err
note_paths (struct aid_ahead *a, const struct aid_patch *p, int reverse)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < p->files.len && !err; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, i);
      const char *to = reverse ? f->old_path : f->new_path, *from = reverse ? f->new_path : f->old_path;
      const char *path = f->op == AID_OP_MODIFY || !from ? to : from;
      if (!path || f->refused || aid_map_get (a->by_path, aid_span_z (path)))
        continue;
      struct entry *x = &a->entries[a->n];
      x->path = path;
      x->text = AID_STR_INIT (AID_PATCH_MAX);
      err = aid_map_put (a->by_path, aid_span_z (path), x, NULL);
      a->n += !err;
    }
  return err;
}

struct aid_ahead *
aid_ahead_new (const struct aid_patch *p, const struct aid_patch_source *source, int reverse)
{
  struct aid_ahead *a = p->files.len < WORTH_A_THREAD ? NULL : calloc (1, sizeof *a);
  if (!a)
    return NULL;
  a->source = source;
  pthread_mutex_init (&a->lock, NULL);
  pthread_cond_init (&a->read, NULL);
  a->entries = calloc (p->files.len, sizeof *a->entries);
  a->by_path = aid_map_new ();
  a->started = a->entries && a->by_path && note_paths (a, p, reverse) == AID_OK
               && aid_thread_start (&a->thread, "aid-ahead", read_ahead, a, NULL) == AID_OK;
  if (a->started)
    return a;
  aid_ahead_free (a);
  return NULL;
}

void
aid_ahead_free (struct aid_ahead *a)
{
  if (!a)
    return;
  atomic_store (&a->stopping, 1);
  if (a->started)
    pthread_join (a->thread, NULL);
  for (size_t i = 0; i < a->n; i++)
    aid_str_free (&a->entries[i].text);
  free (a->entries);
  if (a->by_path)
    aid_map_free (a->by_path, NULL);
  pthread_cond_destroy (&a->read);
  pthread_mutex_destroy (&a->lock);
  free (a);
}
