/* The event queue.  See queue.h for what it promises.

   Nodes are built outside the lock.  Whether a text can join one that waits is answered by a small table from a request's
   number to the event queued last for it; a collision merely forgoes a join.  Which requests have ended is a bit each,
   in a table that grows with the ids given out. */
#include "loader/queue.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAILS 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct
{
  struct aid_queue_event *head, *tail;
  struct aid_queue_event *last_of[TAILS];   /* by request number: the last one queued, while it waits */
  unsigned char *ended;                     /* a bit for each id */
  size_t nended;
  size_t bytes, events;
  uint64_t wakes, drains;
  int fd;                                   /* of the pipe, -1: none */
  int woken;                                /* a byte was written since the last drain */
} q = { .fd = -1 };
static _Atomic uint64_t last_id;

uint64_t
aid_queue_next_id (void)
{
  return atomic_fetch_add (&last_id, 1) + 1;
}

/* --- nodes ----------------------------------------------------------------------------------------------------------- */

static size_t
node_bytes (const struct aid_queue_event *n)
{
  return sizeof *n + n->nval + n->ntext + n->nspans * sizeof *n->spans;
}

static void
node_free (struct aid_queue_event *n)
{
  free (n->name);
  free (n->val);
  free (n->text);
  free (n->spans);
  free (n);
}

void
aid_queue_free (struct aid_queue_event *list)
{
  while (list != NULL)
    {
      struct aid_queue_event *next = list->next;
      node_free (list);
      list = next;
    }
}

/* A copy of LEN bytes; NULL for none or without memory. */
static void *
copy (const void *from, size_t len)
{
  void *to = len ? malloc (len) : NULL;
  if (to != NULL)
    memcpy (to, from, len);
  return to;
}

static struct aid_queue_event *
node_new (uint32_t generation, uint64_t request, const struct aid_host_event *ev)
{
  struct aid_queue_event *n = calloc (1, sizeof *n);
  if (n == NULL)
    return NULL;
  n->generation = generation;
  n->request = request;
  n->is_text = n->has_faces = ev->is_text != 0;
  n->is_final = ev->is_final != 0;
  n->name = strdup (ev->name);
  n->val = copy (ev->val, n->nval = ev->nval);
  n->text = copy (ev->text, n->ntext = n->cap_text = ev->ntext);
  n->from = ev->from;
  n->spans = copy (ev->spans, ev->nspans * sizeof *n->spans);
  n->nspans = n->cap_spans = ev->nspans;
  if (n->name == NULL || (n->nval && n->val == NULL) || (n->ntext && n->text == NULL) || (n->nspans && n->spans == NULL))
    {
      node_free (n);
      return NULL;
    }
  return n;
}

/* OLD with room for NEED items of SIZE bytes; NULL without memory, and OLD is as it was. */
static void *
grow (void *old, size_t *cap, size_t need, size_t size)
{
  if (old != NULL && need <= *cap)
    return old;
  size_t want = need + need / 2 + 64;
  void *grown = realloc (old, want * size);
  if (grown != NULL)
    *cap = want;
  return grown;
}

/* Appends the text B to A as if Lisp had been shown both: faces from B's start on are B's.  What is before that place
   stays; the place is where a block begins, so the spans to drop are the last ones.  -1 leaves A as it was. */
static int
node_join (struct aid_queue_event *a, const struct aid_queue_event *b)
{
  size_t keep = a->nspans;
  while (keep > 0 && a->spans[keep - 1].beg >= b->from)
    keep--;
  char *text = grow (a->text, &a->cap_text, a->off + a->ntext + b->ntext, 1);
  if (text == NULL)
    return -1;
  a->text = text;
  struct aid_host_span *spans = grow (a->spans, &a->cap_spans, keep + b->nspans, sizeof *a->spans);
  if (spans == NULL)
    return -1;
  a->spans = spans;
  if (b->ntext)
    memcpy (a->text + a->off + a->ntext, b->text, b->ntext);
  a->ntext += b->ntext;
  if (b->nspans)
    memcpy (a->spans + keep, b->spans, b->nspans * sizeof *a->spans);
  a->nspans = keep + b->nspans;
  if (b->from < a->from)
    a->from = b->from;
  return 0;
}

/* Cuts the first BYTES of N's text, or a little less so as to end at a character, into a node of its own. */
static struct aid_queue_event *
node_cut (struct aid_queue_event *n, size_t bytes)
{
  const char *text = n->text + n->off;
  for (int back = 0; back < 3 && bytes > 0 && ((unsigned char) text[bytes] & 0xC0) == 0x80; back++)
    bytes--;
  struct aid_host_event ev = { .name = n->name, .text = text, .ntext = bytes, .is_text = 1 };
  struct aid_queue_event *piece = bytes ? node_new (n->generation, n->request, &ev) : NULL;
  if (piece != NULL)
    {
      piece->has_faces = 0;
      n->off += bytes;
      n->ntext -= bytes;
    }
  return piece;
}

/* --- with the lock held ---------------------------------------------------------------------------------------------- */

/* Writes a byte so that a reader that is gone costs an EPIPE and never a SIGPIPE, whichever thread this is. */
static int
write_byte (int fd)
{
  sigset_t pipe_only, before, waiting;
  int had, err = 0, sig;
  sigemptyset (&pipe_only);
  sigaddset (&pipe_only, SIGPIPE);
  sigpending (&waiting);
  had = sigismember (&waiting, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &pipe_only, &before);
  while (write (fd, "!", 1) < 0)
    if ((err = errno) != EINTR)
      break;
    else
      err = 0;
  if (err == EPIPE && !had && sigpending (&waiting) == 0 && sigismember (&waiting, SIGPIPE))
    sigwait (&pipe_only, &sig);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return err;
}

static void
wake_locked (void)
{
  if (q.woken || q.fd < 0 || q.head == NULL)
    return;
  int err = write_byte (q.fd);
  if (err == 0 || err == EAGAIN || err == EWOULDBLOCK)
    {
      q.woken = 1;
      q.wakes++;
    }
  else   /* Lisp deleted the process: wait for the next one */
    {
      close (q.fd);
      q.fd = -1;
    }
}

static int
ended_locked (uint64_t request)
{
  return request / 8 < q.nended && (q.ended[request / 8] >> (request % 8) & 1);
}

static void
end_locked (uint64_t request)
{
  size_t need = request / 8 + 1;
  if (need > q.nended)
    {
      size_t want = need * 2 + 64;
      unsigned char *grown = realloc (q.ended, want);
      if (grown == NULL)
        return;
      memset (grown + q.nended, 0, want - q.nended);
      q.ended = grown;
      q.nended = want;
    }
  q.ended[request / 8] |= (unsigned char) (1u << (request % 8));
}

/* Joins N to the text that waits for its request (giving N back to be freed) or links it at the end (giving NULL). */
static struct aid_queue_event *
add_locked (struct aid_queue_event *n)
{
  struct aid_queue_event **last = &q.last_of[n->request % TAILS];
  if (n->is_text && *last != NULL && (*last)->is_text && (*last)->request == n->request
      && (*last)->generation == n->generation)
    {
      size_t before = node_bytes (*last);
      if (node_join (*last, n) == 0)
        {
          q.bytes += node_bytes (*last) - before;
          return n;
        }
    }
  if (q.tail != NULL)
    q.tail->next = n;
  else
    q.head = n;
  q.tail = n;
  *last = n;
  q.events++;
  q.bytes += node_bytes (n);
  return NULL;
}

static struct aid_queue_event *
pop_locked (void)
{
  struct aid_queue_event *n = q.head, **last = &q.last_of[n->request % TAILS];
  q.head = n->next;
  if (q.head == NULL)
    q.tail = NULL;
  if (*last == n)
    *last = NULL;
  n->next = NULL;
  q.events--;
  q.bytes -= node_bytes (n);
  return n;
}

/* --- the face of it -------------------------------------------------------------------------------------------------- */

int
aid_queue_post (uint32_t generation, uint64_t request, const struct aid_host_event *ev)
{
  struct aid_queue_event *joined = NULL, *n;
  if (request == 0 || request > atomic_load (&last_id) || (n = node_new (generation, request, ev)) == NULL)
    return -1;
  pthread_mutex_lock (&lock);
  int refused = ended_locked (request) || (!ev->is_final && q.bytes + node_bytes (n) > AID_QUEUE_MAX);
  if (!refused)
    {
      joined = add_locked (n);
      if (ev->is_final)
        end_locked (request);
      wake_locked ();
    }
  pthread_mutex_unlock (&lock);
  if (refused)
    joined = n;
  if (joined != NULL)
    node_free (joined);
  return refused ? -1 : 0;
}

/* The next event that fits into *ROOM bytes of text, or the piece of it that does. */
static struct aid_queue_event *
take_locked (size_t *room)
{
  struct aid_queue_event *n = q.head;
  if (n == NULL)
    return NULL;
  if (n->ntext > *room)
    {
      struct aid_queue_event *piece = node_cut (n, *room);
      *room = 0;
      if (piece != NULL)
        q.bytes -= piece->ntext;
      return piece;
    }
  *room -= n->ntext;
  return pop_locked ();
}

struct aid_queue_event *
aid_queue_take (void)
{
  struct aid_queue_event *list = NULL, **end = &list, *n;
  size_t room = AID_DRAIN_TEXT;
  pthread_mutex_lock (&lock);
  for (int i = 0; i < AID_DRAIN_EVENTS && (n = take_locked (&room)) != NULL; i++)
    {
      *end = n;
      end = &n->next;
      if (n->is_final)
        break;
    }
  q.drains++;
  q.woken = 0;
  wake_locked ();
  pthread_mutex_unlock (&lock);
  return list;
}

void
aid_queue_give_back (struct aid_queue_event *list)
{
  struct aid_queue_event *end = list;
  if (list == NULL)
    return;
  pthread_mutex_lock (&lock);
  for (;; end = end->next)
    {
      q.events++;
      q.bytes += node_bytes (end);
      if (end->next == NULL)
        break;
    }
  end->next = q.head;
  q.head = list;
  if (q.tail == NULL)
    q.tail = end;
  wake_locked ();
  pthread_mutex_unlock (&lock);
}

void
aid_queue_attach (int fd)
{
  pthread_mutex_lock (&lock);
  if (q.fd >= 0)
    close (q.fd);
  q.fd = fd;
  q.woken = 0;
  wake_locked ();
  pthread_mutex_unlock (&lock);
}

void
aid_queue_stats (struct aid_queue_stats *out)
{
  pthread_mutex_lock (&lock);
  *out = (struct aid_queue_stats){ .bytes = q.bytes, .events = q.events, .wakes = q.wakes, .drains = q.drains };
  pthread_mutex_unlock (&lock);
}
