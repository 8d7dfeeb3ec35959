/* A list of guests under one lock.  A guest is cut by shutting its socket down, which its reader sees as the connection's end and
   then closes it: nobody but the reader closes, so a descriptor is never one that has become somebody else's. */
#include "ces/http_door.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum state
{
  HEAD,
  BODY,
  WHOLE,
  CUT
};

/* An address, or a network of version 6 that one client has: its first 64 bits. */
struct peer
{
  int family;
  unsigned char bytes[8];
  size_t guests, heads; /* heads that are not whole */
  struct peer *next;
};

struct aid_door_guest
{
  int fd;
  enum state state;
  int64_t began, until, got; /* BEGAN: its head, or its body, of which GOT bytes have come */
  struct peer *peer;
  struct aid_door_guest *before, *after;
};

struct aid_door
{
  pthread_mutex_t lock;
  size_t most, here; /* HERE: those that are not cut */
  struct aid_door_guest *first;
  struct peer *peers;
  int64_t patience;
  int64_t next; /* when the last sweep said that it is to look again */
  void (*bell) (void *ctx);
  void *ctx;
};

struct aid_door *
aid_door_new (size_t most, int64_t patience_ms, void (*bell) (void *ctx), void *ctx)
{
  struct aid_door *d = calloc (1, sizeof *d);
  if (!d)
    return NULL;
  *d = (struct aid_door){ .most = most ? most : 1,
                          .patience = patience_ms > 0 ? patience_ms : AID_DOOR_PATIENCE_MS,
                          .next = INT64_MAX,
                          .bell = bell,
                          .ctx = ctx };
  pthread_mutex_init (&d->lock, NULL);
  return d;
}

void
aid_door_free (struct aid_door *d)
{
  if (!d)
    return;
  pthread_mutex_destroy (&d->lock);
  free (d);
}

/* --- where they come from --------------------------------------------------------------------------------------------- */

static struct peer
peer_of (const struct sockaddr *from)
{
  struct peer p = { .family = from ? from->sa_family : AF_UNSPEC };
  if (p.family == AF_INET)
    memcpy (p.bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
  else if (p.family == AF_INET6)
    {
      const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
      int mapped = IN6_IS_ADDR_V4MAPPED (a);
      p.family = mapped ? AF_INET : AF_INET6;
      memcpy (p.bytes, a->s6_addr + (mapped ? 12 : 0), mapped ? 4 : 8);
    }
  return p;
}

static struct peer *
have_peer (struct aid_door *d, const struct sockaddr *from)
{
  const struct peer wanted = peer_of (from);
  struct peer *p = d->peers;
  while (p && (p->family != wanted.family || memcmp (p->bytes, wanted.bytes, sizeof p->bytes) != 0))
    p = p->next;
  if (p || !(p = malloc (sizeof *p)))
    return p;
  *p = wanted;
  p->next = d->peers;
  d->peers = p;
  return p;
}

static void
drop_peer (struct aid_door *d, struct peer *p)
{
  struct peer **at = &d->peers;
  if (--p->guests)
    return;
  while (*at != p)
    at = &(*at)->next;
  *at = p->next;
  free (p);
}

/* --- one of them; the lock is held ------------------------------------------------------------------------------------ */

static void
become (struct aid_door *d, struct aid_door_guest *g, enum state state, int64_t until)
{
  g->peer->heads -= g->state == HEAD;
  g->peer->heads += state == HEAD;
  d->here -= g->state != CUT && state == CUT;
  g->state = state;
  g->until = until;
  if (until < d->next)
    {
      d->next = until;
      d->bell (d->ctx);
    }
}

static void
cut (struct aid_door *d, struct aid_door_guest *g)
{
  shutdown (g->fd, SHUT_RDWR);
  become (d, g, CUT, INT64_MAX);
}

/* The oldest head that is not whole, of the address that has most of them; else the body that is nearest to its end. */
static struct aid_door_guest *
least_wanted (const struct aid_door *d)
{
  const struct peer *most = d->peers;
  struct aid_door_guest *head = NULL, *body = NULL;
  for (const struct peer *p = d->peers; p; p = p->next)
    if (p->heads > most->heads)
      most = p;
  for (struct aid_door_guest *g = d->first; g; g = g->after)
    if (g->state == HEAD && g->peer == most && (!head || g->began < head->began))
      head = g;
    else if (g->state == BODY && (!body || g->until < body->until))
      body = g;
  return head ? head : body;
}

/* --- their ways ------------------------------------------------------------------------------------------------------- */

struct aid_door_guest *
aid_door_enter (struct aid_door *d, int fd, const struct sockaddr *from, int64_t now)
{
  struct aid_door_guest *g = calloc (1, sizeof *g), *less;
  pthread_mutex_lock (&d->lock);
  struct peer *p = g ? have_peer (d, from) : NULL;
  while (p && d->here >= d->most && (less = least_wanted (d)))
    cut (d, less);
  if (p)
    {
      *g = (struct aid_door_guest){ .fd = fd, .state = WHOLE, .began = now, .peer = p, .after = d->first };
      if (g->after)
        g->after->before = g;
      d->first = g;
      d->here++;
      p->guests++;
      become (d, g, HEAD, now + d->patience);
    }
  pthread_mutex_unlock (&d->lock);
  if (!p)
    free (g);
  return p ? g : NULL;
}

void
aid_door_leave (struct aid_door *d, struct aid_door_guest *g)
{
  if (!g)
    return;
  pthread_mutex_lock (&d->lock);
  become (d, g, CUT, INT64_MAX);
  *(g->before ? &g->before->after : &d->first) = g->after;
  if (g->after)
    g->after->before = g->before;
  drop_peer (d, g->peer);
  pthread_mutex_unlock (&d->lock);
  free (g);
}

/* TIMES as much patience as there is for a head; 0: no end of it. */
static void
pass (struct aid_door *d, struct aid_door_guest *g, enum state state, int64_t now, int times)
{
  if (!g)
    return;
  pthread_mutex_lock (&d->lock);
  if (g->state != CUT)
    {
      g->began = now;
      g->got = 0;
      become (d, g, state, times ? now + times * d->patience : INT64_MAX);
    }
  pthread_mutex_unlock (&d->lock);
}

void
aid_door_head (struct aid_door *d, struct aid_door_guest *g, int64_t now)
{
  pass (d, g, BODY, now, AID_DOOR_BODY);
}

void
aid_door_whole (struct aid_door *d, struct aid_door_guest *g)
{
  pass (d, g, WHOLE, 0, 0);
}

void
aid_door_again (struct aid_door *d, struct aid_door_guest *g, int64_t now)
{
  pass (d, g, HEAD, now, AID_DOOR_KEPT);
}

void
aid_door_forget (struct aid_door *d, struct aid_door_guest *g, int64_t now)
{
  pass (d, g, BODY, now, 1);
}

void
aid_door_body (struct aid_door *d, struct aid_door_guest *g, size_t n)
{
  if (!g)
    return;
  pthread_mutex_lock (&d->lock);
  g->got += (int64_t)n;
  if (g->state == BODY)
    g->until = g->began + AID_DOOR_BODY * d->patience + g->got * 1000 / AID_DOOR_BODY_RATE;
  pthread_mutex_unlock (&d->lock);
}

int64_t
aid_door_sweep (struct aid_door *d, int64_t now)
{
  int64_t next = INT64_MAX;
  pthread_mutex_lock (&d->lock);
  for (struct aid_door_guest *g = d->first; g; g = g->after)
    if (g->until <= now)
      cut (d, g);
    else if (g->until < next)
      next = g->until;
  d->next = next;
  pthread_mutex_unlock (&d->lock);
  return next;
}
