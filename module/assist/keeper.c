/* What is written to the disk while answers stream: journals and the store.  The I/O thread only hands bytes over; one thread
   writes them, another one syncs, so that neither a slow disk nor a slow sync holds up a stream, and no sync holds up a write:
   what has been written outlives a killed editor, what has been synced a lost machine, too.

   Neither thread's queue can be full, for whatever waits there brings its own memory: a disk that is stuck for long costs what
   would have been written, never the I/O thread's time.

   A journal is one of the writer's as long as it has bytes to write, and one of the syncer's while it is synced; both may be
   so at once.  Whoever of them is the last to let go of a journal that was closed frees it. */
#include "assist/assist_internal.h"
#include "base/clock.h"
#include "store/blob.h"
#include <stdlib.h>
#include <time.h>

#define SYNC_MS 1000                    /* between two syncs of a journal */
#define STORE_S 2                       /* that a question waits for what the answer before it left to be stored */
#define KEPT_MAX (3 * AID_ANSWER_MAX)   /* bytes that wait for the disk; a longer wait costs the journal */
#define LARGE (64u << 10)               /* bytes of a chore that must leave room for small ones */

struct aid_keeper
{
  struct aid_pool *writer, *syncer;     /* of one thread each: their jobs keep their order */
  pthread_mutex_t lock;
  pthread_cond_t stored;
  unsigned storing;                     /* texts on their way into the store */
  size_t bytes;                         /* that chores hold */
};

struct aid_kept
{
  struct aid_keeper *keeper;
  struct aid_journal *journal;
  pthread_mutex_t lock;                 /* guards the rest */
  struct aid_str waiting;               /* bytes that are not written yet */
  int64_t synced_ms;
  int unsynced, failed;
  int writing, syncing;                 /* a job of that kind waits or runs */
  int closed, unwanted;
  struct aid_pool_job write, sync;
};

/* --- journals --------------------------------------------------------------------------------------------------------- */

/* Frees K if nobody holds it any more; under its lock, which is released. */
static void
let_go (struct aid_kept *k)
{
  int last = k->closed && !k->writing && !k->syncing;
  pthread_mutex_unlock (&k->lock);
  if (!last)
    return;
  if (k->unwanted)
    aid_journal_discard (k->journal);
  else
    aid_journal_close (k->journal);
  aid_str_free (&k->waiting);
  pthread_mutex_destroy (&k->lock);
  free (k);
}

static void
skip_sync (void *arg)
{
  struct aid_kept *k = arg;
  pthread_mutex_lock (&k->lock);
  k->syncing = 0;
  let_go (k);
}

/* A sync that fails says nothing that a write would not: the disk is full, or gone. */
static void
sync_now (void *arg)
{
  struct aid_kept *k = arg;
  pthread_mutex_lock (&k->lock);
  do
    {
      k->unsynced = 0;
      pthread_mutex_unlock (&k->lock);
      enum aid_err err = aid_journal_sync (k->journal, NULL);
      pthread_mutex_lock (&k->lock);
      k->failed |= err != AID_OK;
      k->synced_ms = aid_clock_ms ();
    }
  while (k->closed && k->unsynced && !k->failed);
  k->syncing = 0;
  let_go (k);
}

/* Whether it is time to sync what was written; under K's lock. */
static int
is_sync_due (const struct aid_kept *k)
{
  return k->unsynced && !k->syncing && !k->failed && !k->unwanted
         && (k->closed || aid_clock_ms () - k->synced_ms >= SYNC_MS);
}

static void
write_now (void *arg)
{
  struct aid_kept *k = arg;
  pthread_mutex_lock (&k->lock);
  while (k->waiting.len && !k->failed)
    {
      struct aid_str text = k->waiting;
      aid_str_init (&k->waiting, KEPT_MAX);
      pthread_mutex_unlock (&k->lock);
      enum aid_err err = aid_journal_add (k->journal, aid_str_span (&text), NULL);
      aid_str_free (&text);
      pthread_mutex_lock (&k->lock);
      k->failed |= err != AID_OK;   /* a full disk costs the journal, never the answer */
      k->unsynced = 1;
    }
  int due = is_sync_due (k);
  k->syncing |= due;
  k->writing = 0;
  if (!due)
    return let_go (k);
  pthread_mutex_unlock (&k->lock);
  if (aid_pool_put (k->keeper->syncer, &k->sync))
    skip_sync (k);
}

/* Has the writer look at K, which is one of its own from now on; gives the lock back. */
static void
write_soon (struct aid_kept *k)
{
  int begun = k->writing;
  k->writing = 1;
  pthread_mutex_unlock (&k->lock);
  if (begun || !aid_pool_put (k->keeper->writer, &k->write))
    return;
  pthread_mutex_lock (&k->lock);
  k->writing = 0;
  k->failed = 1;
  let_go (k);
}

struct aid_kept *
aid_keeper_open (struct aid_keeper *keeper, const char *chat_path, const char *request, int64_t turn)
{
  struct aid_kept *k = calloc (1, sizeof *k);
  if (!k)
    return NULL;
  k->journal = aid_journal_new (chat_path, request, turn, NULL);
  if (!k->journal)
    {
      free (k);
      return NULL;
    }
  k->keeper = keeper;
  k->write = (struct aid_pool_job){ .fn = write_now, .free_arg = write_now, .arg = k };
  k->sync = (struct aid_pool_job){ .fn = sync_now, .free_arg = skip_sync, .arg = k };
  k->waiting = AID_STR_INIT (KEPT_MAX);
  k->synced_ms = aid_clock_ms ();
  k->unsynced = 1;
  pthread_mutex_init (&k->lock, NULL);
  return k;
}

void
aid_kept_add (struct aid_kept *k, struct aid_span text)
{
  pthread_mutex_lock (&k->lock);
  if (!k->failed && aid_str_addspan (&k->waiting, text))
    k->failed = 1;
  if (k->failed)
    pthread_mutex_unlock (&k->lock);
  else
    write_soon (k);
}

void
aid_kept_close (struct aid_kept *k, int unwanted)
{
  if (!k)
    return;
  pthread_mutex_lock (&k->lock);
  k->closed = 1;
  k->unwanted = unwanted;
  write_soon (k);      /* closing may wait for the disk, too */
}

/* --- chores ----------------------------------------------------------------------------------------------------------- */

static void
do_chore (void *arg)
{
  struct aid_chore *c = arg;
  struct aid_keeper *keeper = c->keeper;
  size_t bytes = c->bytes;
  c->fn (c);
  pthread_mutex_lock (&keeper->lock);
  keeper->bytes -= bytes;
  pthread_mutex_unlock (&keeper->lock);
}

enum aid_err
aid_keeper_do (struct aid_keeper *keeper, struct aid_chore *c)
{
  size_t most = c->bytes > LARGE ? AID_KEEPER_MAX / 2 : AID_KEEPER_MAX;
  c->keeper = keeper;
  c->job = (struct aid_pool_job){ .fn = do_chore, .free_arg = do_chore, .arg = c };
  pthread_mutex_lock (&keeper->lock);
  int fits = c->bytes <= most && keeper->bytes <= most - c->bytes;
  keeper->bytes += fits ? c->bytes : 0;
  pthread_mutex_unlock (&keeper->lock);
  if (!fits)
    return AID_E_LIMIT;
  size_t bytes = c->bytes;
  enum aid_err err = aid_pool_put (keeper->writer, &c->job);
  if (!err)
    return AID_OK;
  pthread_mutex_lock (&keeper->lock);
  keeper->bytes -= bytes;
  pthread_mutex_unlock (&keeper->lock);
  return err;
}

/* --- the store -------------------------------------------------------------------------------------------------------- */

struct text
{
  struct aid_chore chore;
  size_t len;
  char bytes[];
};

static void
note_stored (struct aid_keeper *keeper)
{
  pthread_mutex_lock (&keeper->lock);
  keeper->storing--;
  pthread_cond_broadcast (&keeper->stored);
  pthread_mutex_unlock (&keeper->lock);
}

static void
store_now (struct aid_chore *chore)
{
  struct text *t = (struct text *) chore;
  struct aid_keeper *keeper = chore->keeper;
  char id[AID_BLOB_ID];
  aid_blob_put ((struct aid_span){ t->bytes, t->len }, id, NULL);
  free (t);
  note_stored (keeper);
}

enum aid_err
aid_keeper_store (struct aid_keeper *keeper, struct aid_span bytes, char id[AID_BLOB_ID])
{
  struct text *t = bytes.len <= AID_BLOB_MAX ? malloc (sizeof *t + bytes.len) : NULL;
  if (!t)
    return bytes.len <= AID_BLOB_MAX ? AID_E_NOMEM : AID_E_LIMIT;
  t->chore = (struct aid_chore){ .fn = store_now, .bytes = sizeof *t + bytes.len };
  t->len = bytes.len;
  memcpy (t->bytes, bytes.ptr, bytes.len);
  aid_blob_id (bytes, id);
  pthread_mutex_lock (&keeper->lock);
  keeper->storing++;
  pthread_mutex_unlock (&keeper->lock);
  enum aid_err err = aid_keeper_do (keeper, &t->chore);
  if (!err)
    return AID_OK;
  free (t);
  note_stored (keeper);
  return err;
}

void
aid_keeper_wait_stored (struct aid_keeper *keeper)
{
  struct timespec end;
  int late = 0;
  clock_gettime (CLOCK_REALTIME, &end);
  end.tv_sec += STORE_S;
  pthread_mutex_lock (&keeper->lock);
  while (keeper->storing && !late)
    late = pthread_cond_timedwait (&keeper->stored, &keeper->lock, &end) != 0;
  pthread_mutex_unlock (&keeper->lock);
}

/* --- birth and death -------------------------------------------------------------------------------------------------- */

struct aid_keeper *
aid_keeper_new (struct aid_error *e)
{
  struct aid_keeper *keeper = calloc (1, sizeof *keeper);
  if (!keeper)
    {
      aid_error_set (e, AID_E_NOMEM, "There is no memory to start.");
      return NULL;
    }
  pthread_mutex_init (&keeper->lock, NULL);
  pthread_cond_init (&keeper->stored, NULL);
  keeper->writer = aid_pool_new (1, e);
  keeper->syncer = keeper->writer ? aid_pool_new (1, e) : NULL;
  if (keeper->syncer)
    return keeper;
  aid_keeper_free (keeper);
  return NULL;
}

void
aid_keeper_free (struct aid_keeper *keeper)
{
  if (!keeper)
    return;
  if (keeper->writer)
    aid_pool_free (keeper->writer);
  if (keeper->syncer)
    aid_pool_free (keeper->syncer);
  pthread_cond_destroy (&keeper->stored);
  pthread_mutex_destroy (&keeper->lock);
  free (keeper);
}
