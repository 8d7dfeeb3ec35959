/* What reading items needs: a way to stop, a network, which addresses the person has written; and what was read last, so that
   counting and showing need not run or fetch anything. */
#include "base/clock.h"
#include "base/vec.h"
#include "context/kinds_internal.h"
#include <pthread.h>
#include <stdlib.h>

#define KEPT_MAX 200                  /* texts */
#define KEPT_BYTES ((size_t)32 << 20) /* of all of them */
#define TYPED_MAX 1000

struct kept
{
  char *key;
  int64_t ms; /* when it was read, monotonic */
  struct aid_str text;
};

struct aid_resolver
{
  struct aid_stop *stop;
  pthread_mutex_t lock; /* guards the rest */
  struct aid_net *net;
  struct aid_vec kept; /* struct kept, the oldest first */
  size_t bytes;
  struct aid_vec typed; /* char * */
};

struct aid_resolver *
aid_resolver_new (void)
{
  struct aid_resolver *r = calloc (1, sizeof *r);
  if (!r || !(r->stop = aid_stop_new (NULL)))
    {
      free (r);
      return NULL;
    }
  pthread_mutex_init (&r->lock, NULL);
  r->kept = AID_VEC_INIT (struct kept, KEPT_MAX);
  r->typed = AID_VEC_INIT (char *, TYPED_MAX);
  return r;
}

void
aid_resolver_use_net (struct aid_resolver *r, struct aid_net *net)
{
  pthread_mutex_lock (&r->lock);
  r->net = net;
  pthread_mutex_unlock (&r->lock);
}

void
aid_resolver_stop (struct aid_resolver *r)
{
  if (r)
    aid_stop_set (r->stop);
}

static void
forget (struct aid_resolver *r, size_t i)
{
  struct kept *k = &AID_VEC_AT (struct kept, &r->kept, i);
  r->bytes -= k->text.len;
  free (k->key);
  aid_str_free (&k->text);
  aid_vec_remove (&r->kept, i, 1);
}

void
aid_resolver_free (struct aid_resolver *r)
{
  if (!r)
    return;
  while (r->kept.len)
    forget (r, r->kept.len - 1);
  for (size_t i = 0; i < r->typed.len; i++)
    free (AID_VEC_AT (char *, &r->typed, i));
  aid_vec_free (&r->kept);
  aid_vec_free (&r->typed);
  aid_stop_free (r->stop);
  pthread_mutex_destroy (&r->lock);
  free (r);
}

const char *
aid_resolve_root (const struct aid_resolve *how)
{
  return how->root ? how->root : how->dir;
}

const struct aid_stop *
aid_resolver_stopper (const struct aid_resolver *r)
{
  return r ? r->stop : NULL;
}

struct aid_net *
aid_resolver_net (struct aid_resolver *r)
{
  if (!r)
    return NULL;
  pthread_mutex_lock (&r->lock);
  struct aid_net *net = r->net;
  pthread_mutex_unlock (&r->lock);
  return net;
}

/* --- what was read last ------------------------------------------------------------------------------------------- */

/* What a text is kept by: its project and its target; to be freed. */
static char *
key_of (const struct aid_resolve *how, struct aid_span target)
{
  struct aid_str key = AID_STR_INIT (1u << 16);
  aid_str_addz (&key, aid_resolve_root (how));
  aid_str_addc (&key, '\n');
  aid_str_addspan (&key, target);
  return aid_str_steal (&key);
}

static ptrdiff_t
find_kept (const struct aid_resolver *r, const char *key)
{
  for (size_t i = 0; i < r->kept.len; i++)
    if (!strcmp (AID_VEC_AT (struct kept, &r->kept, i).key, key))
      return (ptrdiff_t)i;
  return -1;
}

void
aid_resolver_keep (const struct aid_resolve *how, struct aid_span target, struct aid_span text)
{
  struct aid_resolver *r = how->resolver;
  struct kept new = { r ? key_of (how, target) : NULL, aid_clock_ms (), AID_STR_INIT (KEPT_BYTES) };
  if (!new.key || aid_str_addspan (&new.text, text))
    {
      free (new.key);
      aid_str_free (&new.text);
      return;
    }
  pthread_mutex_lock (&r->lock);
  ptrdiff_t old = find_kept (r, new.key);
  if (old >= 0)
    forget (r, (size_t)old);
  while (r->kept.len && (r->kept.len == KEPT_MAX || r->bytes + text.len > KEPT_BYTES))
    forget (r, 0);
  struct kept *slot = aid_vec_push (&r->kept);
  if (slot)
    {
      *slot = new;
      r->bytes += text.len;
    }
  pthread_mutex_unlock (&r->lock);
  if (!slot)
    {
      free (new.key);
      aid_str_free (&new.text);
    }
}

int
aid_context_recall (const struct aid_resolve *how, struct aid_span target, struct aid_str *out, int64_t *age_ms)
{
  struct aid_resolver *r = how->resolver;
  char *key = r ? key_of (how, target) : NULL;
  if (!key)
    return 0;
  pthread_mutex_lock (&r->lock);
  ptrdiff_t at = find_kept (r, key);
  if (at >= 0)
    {
      const struct kept *k = &AID_VEC_AT (struct kept, &r->kept, (size_t)at);
      aid_str_addspan (out, aid_str_span (&k->text));
      if (age_ms)
        *age_ms = aid_clock_ms () - k->ms;
    }
  pthread_mutex_unlock (&r->lock);
  free (key);
  return at >= 0;
}

/* --- addresses that the person has written ------------------------------------------------------------------------ */

static int
is_noted (const struct aid_resolver *r, const char *host)
{
  for (size_t i = 0; i < r->typed.len; i++)
    if (!strcmp (AID_VEC_AT (char *, &r->typed, i), host))
      return 1;
  return 0;
}

int
aid_resolver_is_typed (struct aid_resolver *r, const char *host)
{
  if (!r)
    return 0;
  pthread_mutex_lock (&r->lock);
  int found = is_noted (r, host);
  pthread_mutex_unlock (&r->lock);
  return found;
}

void
aid_resolver_note_typed (struct aid_resolver *r, const char *host)
{
  if (!r)
    return;
  pthread_mutex_lock (&r->lock);
  char **slot = is_noted (r, host) ? NULL : aid_vec_push (&r->typed);
  if (slot && !(*slot = strdup (host)))
    r->typed.len--;
  pthread_mutex_unlock (&r->lock);
}
