/* The queue, and the thread that writes it.

   Waking a thread takes several times as long as all else that adding an event does, and who adds one may be a person's Emacs.
   So the thread looks by itself for a while after it has written something, for more will come: many hunks make one transaction,
   too.

   What cannot be written stays in the queue, which has room for a good while; the thread tries again, ever more seldom up to a
   minute.  So a database that is held for a moment costs nothing, and a full disk only what comes when the queue is full. */
#include "measure/events_internal.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum
{
  LOOK_MS = 250,     /* between two looks of a thread that does not sleep */
  AWAKE_MS = 4000,   /* after the last event */
  RETRY_MS = 250,
  RETRY_MOST_MS = 60000,
  LEAVE_MS = 500, /* that the end of a program waits for the disk */
  GRACE_MS = 100  /* more, for a thread that is about to end */
};

struct aid_events
{
  pthread_mutex_t lock; /* guards the rest but WRITER */
  pthread_cond_t came, written;
  struct aid_events_entry *first, **last;
  size_t n, bytes; /* in the queue, and in what is being written */
  int64_t last_ms; /* of the last id, and how many before it had that time */
  unsigned in_ms;
  int running, stopping, ended;
  int asleep;    /* it is to be told of what comes */
  int abandoned; /* nobody waits for the thread any more: it frees all of this */
  int64_t leave; /* when to give up, monotonic ms; 0: not */
  int64_t lost;
  struct aid_error trouble;
  int troubled, untold;
  unsigned long thread;
  struct aid_events_writer writer; /* the thread's */
  void (*ring) (void *ctx, size_t n);
  void (*free_ring) (void *ctx);
  void *ring_ctx; /* set before there is a thread */
};

struct aid_events *
aid_events_new (void)
{
  pthread_condattr_t attr;
  struct aid_events *ev = calloc (1, sizeof *ev);
  if (!ev)
    return NULL;
  ev->last = &ev->first;
  pthread_mutex_init (&ev->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&ev->came, &attr);
  pthread_cond_init (&ev->written, &attr);
  pthread_condattr_destroy (&attr);
  return ev;
}

/* Waits for COND until UNTIL, monotonic ms; 0: for ever. */
static void
wait_until (struct aid_events *ev, pthread_cond_t *cond, int64_t until)
{
  struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };
  if (until)
    pthread_cond_timedwait (cond, &ev->lock, &at);
  else
    pthread_cond_wait (cond, &ev->lock);
}

/* --- an entry ---------------------------------------------------------------------------------------------------------- */

static struct aid_span
text_z (const char *z)
{
  return z ? aid_span_z (z) : (struct aid_span){ NULL, 0 };
}

static struct aid_events_entry *
entry_new (const struct aid_measurement *m)
{
  struct aid_span texts[ENTRY_TEXTS] = {
    [TEXT_REQUEST] = m->request,
    [TEXT_ROOT] = text_z (m->root),
    [TEXT_CHAT] = text_z (m->chat),
    [TEXT_PATH] = text_z (m->path),
    [TEXT_LANGUAGE] = text_z (m->language),
    [TEXT_HUNK] = m->hunk,
    [TEXT_FIELDS] = m->fields,
    [TEXT_BEFORE] = m->before,
    [TEXT_AFTER] = m->after,
    [TEXT_CONTENT] = m->content,
  };
  size_t bytes = sizeof (struct aid_events_entry);
  for (int i = 0; i < ENTRY_TEXTS; i++)
    {
      if ((i == TEXT_BEFORE || i == TEXT_AFTER || i == TEXT_CONTENT) && texts[i].len > AID_EVENTS_CONTENT)
        texts[i].ptr = NULL;
      bytes += texts[i].ptr ? texts[i].len + 1 : 0;
    }
  struct aid_events_entry *entry = malloc (bytes);
  if (!entry)
    return NULL;
  char *to = (char *)(entry + 1);
  *entry = (struct aid_events_entry){ .kind = m->kind, .at = aid_clock_wall_ms (), .bytes = bytes };
  for (int i = 0; i < ENTRY_TEXTS; i++)
    if (texts[i].ptr)
      {
        memcpy (to, texts[i].ptr, texts[i].len);
        to[texts[i].len] = '\0';
        entry->texts[i] = (struct aid_span){ to, texts[i].len };
        to += texts[i].len + 1;
      }
  return entry;
}

/* The first half of a UUID of version 7, above the last one of this process; under the lock. */
static void
name_entry (struct aid_events *ev, struct aid_events_entry *entry)
{
  unsigned char *id = entry->id;
  if (entry->at > ev->last_ms)
    {
      ev->last_ms = entry->at;
      ev->in_ms = 0;
    }
  else if (++ev->in_ms > 0xFFF) /* more in a millisecond than are told apart, or the clock went back for long */
    {
      ev->last_ms++;
      ev->in_ms = 0;
    }
  for (int i = 0; i < 6; i++)
    id[i] = (unsigned char)(ev->last_ms >> (40 - 8 * i));
  id[6] = (unsigned char)(0x70 | ev->in_ms >> 8);
  id[7] = (unsigned char)ev->in_ms;
}

/* The other half, of those in LIST that have none yet. */
static enum aid_err
finish_names (struct aid_events_entry *list, struct aid_error *e)
{
  for (struct aid_events_entry *entry = list; entry; entry = entry->next)
    if (!entry->id[8])
      {
        if (aid_random (entry->id + 8, 8))
          return aid_error_set (e, AID_E_IO, "The system gives no random numbers, which events are named by");
        entry->id[8] = (unsigned char)(0x80 | (entry->id[8] & 0x3F));
      }
  return AID_OK;
}

/* --- the thread --------------------------------------------------------------------------------------------------------- */

static void
drop (struct aid_events_entry *list)
{
  while (list)
    {
      struct aid_events_entry *next = list->next;
      free (list);
      list = next;
    }
}

static void
destroy (struct aid_events *ev)
{
  drop (ev->first);
  if (ev->ring)
    ev->free_ring (ev->ring_ctx);
  pthread_cond_destroy (&ev->came);
  pthread_cond_destroy (&ev->written);
  pthread_mutex_destroy (&ev->lock);
  free (ev);
}

/* What came of writing, under the lock.  What is not told yet is told whole: the first reason, until it works again. */
static void
note_outcome (struct aid_events *ev, enum aid_err err, const struct aid_error *e)
{
  if (e->code && !(err && ev->troubled))
    {
      ev->trouble = *e;
      ev->untold = 1;
    }
  ev->troubled = err != AID_OK;
}

/* Puts LIST, N entries of BYTES, back before what came meanwhile; under the lock. */
static void
put_back (struct aid_events *ev, struct aid_events_entry *list, struct aid_events_entry **end)
{
  *end = ev->first;
  if (!ev->first)
    ev->last = end;
  ev->first = list;
}

/* Writes what waits; under the lock, which is released meanwhile. */
static enum aid_err
write_all (struct aid_events *ev)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_events_entry *list = ev->first, **end = ev->last;
  size_t n = ev->n, bytes = ev->bytes;
  ev->first = NULL;
  ev->last = &ev->first;
  pthread_mutex_unlock (&ev->lock);
  enum aid_err err = finish_names (list, &e);
  if (!err)
    err = aid_events_write (&ev->writer, list, &e);
  if (!err)
    drop (list);
  if (!err && ev->ring)
    ev->ring (ev->ring_ctx, n);
  pthread_mutex_lock (&ev->lock);
  note_outcome (ev, err, &e);
  if (err)
    put_back (ev, list, end);
  else
    {
      ev->n -= n;
      ev->bytes -= bytes;
    }
  pthread_cond_broadcast (&ev->written);
  return err;
}

static int
is_time_to_leave (const struct aid_events *ev)
{
  return ev->stopping && (!ev->first || aid_clock_ms () >= ev->leave);
}

/* Waits, under the lock, until there is something to write, but not before NOT_BEFORE, monotonic ms. */
static void
wait_for_some (struct aid_events *ev, int64_t not_before)
{
  int64_t now = aid_clock_ms (), awake = now + AWAKE_MS;
  while (!ev->stopping && (!ev->first || now < not_before))
    {
      ev->asleep = !ev->first && now >= awake;
      wait_until (ev, &ev->came, ev->first ? not_before : ev->asleep ? 0 : now + LOOK_MS);
      now = aid_clock_ms ();
    }
  ev->asleep = 0;
}

static void *
run (void *arg)
{
  struct aid_events *ev = arg;
  int64_t pause = 0;
  pthread_mutex_lock (&ev->lock);
  while (!is_time_to_leave (ev))
    {
      wait_for_some (ev, pause ? aid_clock_ms () + pause : 0);
      if (ev->stopping && pause)
        wait_until (ev, &ev->came, aid_clock_ms () + 20);
      if (ev->first)
        pause = !write_all (ev) ? 0 : !pause ? RETRY_MS : 2 * pause < RETRY_MOST_MS ? 2 * pause : RETRY_MOST_MS;
    }
  pthread_mutex_unlock (&ev->lock);
  aid_events_writer_close (&ev->writer);
  pthread_mutex_lock (&ev->lock);
  ev->ended = 1;
  int abandoned = ev->abandoned;
  pthread_cond_broadcast (&ev->written);
  pthread_mutex_unlock (&ev->lock);
  if (abandoned)
    destroy (ev);
  return NULL;
}

/* --- for others ---------------------------------------------------------------------------------------------------------- */

void
aid_events_ring (struct aid_events *ev, void (*fn) (void *ctx, size_t n), void (*free_ctx) (void *ctx), void *ctx)
{
  ev->ring = fn;
  ev->free_ring = free_ctx;
  ev->ring_ctx = ctx;
}

void
aid_events_add (struct aid_events *ev, const struct aid_measurement *m)
{
  struct aid_events_entry *entry = ev ? entry_new (m) : NULL;
  if (!entry)
    return;
  pthread_mutex_lock (&ev->lock);
  if (!ev->stopping && !ev->running)
    ev->running = !aid_thread_start (&ev->thread, "aid-measure", run, ev, NULL);
  if (!ev->running || ev->stopping || ev->n >= AID_EVENTS_QUEUE || ev->bytes + entry->bytes > AID_EVENTS_BYTES)
    ev->lost++;
  else
    {
      name_entry (ev, entry);
      *ev->last = entry;
      ev->last = &entry->next;
      ev->n++;
      ev->bytes += entry->bytes;
      entry = NULL;
      if (ev->asleep || ev->n == AID_EVENTS_QUEUE / 2 || ev->bytes > AID_EVENTS_BYTES / 2)
        pthread_cond_signal (&ev->came);
    }
  pthread_mutex_unlock (&ev->lock);
  free (entry);
}

int
aid_events_wait (struct aid_events *ev, int wait_ms)
{
  int64_t until = aid_clock_ms () + wait_ms;
  pthread_mutex_lock (&ev->lock);
  pthread_cond_signal (&ev->came);
  while (ev->n && aid_clock_ms () < until)
    wait_until (ev, &ev->written, until);
  int left = ev->n != 0;
  pthread_mutex_unlock (&ev->lock);
  return left;
}

int
aid_events_trouble (struct aid_events *ev, struct aid_error *e)
{
  pthread_mutex_lock (&ev->lock);
  int untold = ev->untold;
  ev->untold = 0;
  if (untold && e)
    {
      *e = ev->trouble;
      if (ev->lost)
        aid_error_set (e, ev->trouble.code, "%lld measurements were lost: %s", (long long)ev->lost, ev->trouble.msg);
    }
  pthread_mutex_unlock (&ev->lock);
  return untold;
}

void
aid_events_free (struct aid_events *ev)
{
  if (!ev)
    return;
  pthread_mutex_lock (&ev->lock);
  ev->stopping = 1;
  ev->leave = aid_clock_ms () + LEAVE_MS;
  pthread_cond_signal (&ev->came);
  while (ev->running && !ev->ended && aid_clock_ms () < ev->leave + GRACE_MS)
    wait_until (ev, &ev->written, ev->leave + GRACE_MS);
  /* A disk that takes seconds for what it was given is no reason to keep anybody: what was begun is whole or was not. */
  int abandoned = ev->abandoned = ev->running && !ev->ended;
  if (abandoned)
    pthread_detach ((pthread_t)ev->thread);
  pthread_mutex_unlock (&ev->lock);
  if (abandoned)
    return;
  if (ev->running)
    pthread_join ((pthread_t)ev->thread, NULL);
  destroy (ev);
}
