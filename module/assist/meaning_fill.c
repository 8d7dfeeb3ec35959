/* Passages are asked for in batches, one after the other, by a thread or by who waits for it. */
#include "assist/meaning_internal.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "index/pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum
{
  BATCH = 32, /* passages in one question */
  BATCH_BYTES = 64 << 10,
  BATCH_MS = 120000,
  SETTLE_MS = 1000,    /* after a change: more may follow */
  READER_MS = 20000,   /* until one looks what another process has written */
  BACK_OFF_MS = 30000, /* after a failure, doubling */
  BACK_OFF_MAX_MS = 600000,
  INDEX_MS = 500
};

/* One batch that is asked for: its fields are the I/O thread's until it has written into the pipe. */
struct batch
{
  int done[2];
  struct aid_error error;
  int status;
  size_t n, dimensions;
  struct aid_meaning *of;
  const float **vectors; /* into NUMBERS */
  float *numbers;
};

/* --- passages ------------------------------------------------------------------------------------------------------- */

static void
batch_copy (struct batch *b, const struct aid_embedded *got)
{
  b->dimensions = got->dimensions;
  b->numbers = calloc (b->n * got->dimensions + 1, sizeof *b->numbers);
  if (!b->numbers)
    aid_error_set (&b->error, AID_E_NOMEM, "There is no memory for vectors.");
  for (size_t i = 0; i < b->n && b->numbers; i++)
    if (got->vectors[i])
      {
        float *to = b->numbers + i * got->dimensions;
        memcpy (to, got->vectors[i], got->dimensions * sizeof *to);
        b->vectors[i] = to;
      }
}

static void
on_batch (void *user, const struct aid_embedded *got)
{
  struct batch *b = user;
  b->error = got->error;
  b->status = got->status;
  pthread_mutex_lock (&b->of->lock);
  aid_meaning_count (b->of, got);
  pthread_mutex_unlock (&b->of->lock);
  if (!got->error.code)
    batch_copy (b, got);
  int end = b->done[1]; /* B is the other thread's again once it is told */
  ssize_t n = write (end, "", 1);
  (void)n;
  close (end);
}

/* Waits until B's request ID is over, and ends it when M or who fills it is told to stop. */
static void
wait_for (struct aid_meaning *m, const struct aid_stop *stop, const struct batch *b, uint64_t id)
{
  struct pollfd p[3]
    = { { b->done[0], POLLIN, 0 }, { aid_stop_fd (m->stop), POLLIN, 0 }, { aid_stop_fd (stop), POLLIN, 0 } };
  int over = 0, told = 0;
  char byte;
  while (!over)
    {
      int n = poll (p, told ? 1 : 3, -1);
      over = n > 0 && p[0].revents && read (b->done[0], &byte, 1) >= 0;
      if (!over && !told && n > 0)
        {
          aid_http_cancel (m->net, id);
          told = 1;
        }
    }
}

/* What goes on while the passages are asked for. */
struct filling
{
  struct aid_meaning *m;
  const struct aid_stop *stop;
  int works; /* the server has made a vector meanwhile */
  int other; /* it makes vectors of another length than those that are there */
};

/* Asks for TEXTS; when it returns B is over, whatever came. */
static void
ask_batch (struct filling *f, const struct aid_span *texts, struct batch *b)
{
  struct aid_meaning *m = f->m;
  struct aid_embed q = { .by = &m->by, .key = m->key, .texts = texts, .n = b->n, .ms = BATCH_MS, .retries = -1 };
  uint64_t id;
  b->of = m;
  if (aid_stop_is_set (m->stop) || aid_stop_is_set (f->stop))
    aid_error_set (&b->error, AID_E_CANCELLED, "Asking for embeddings was stopped.");
  else if (pipe2 (b->done, O_CLOEXEC))
    aid_error_set (&b->error, AID_E_IO, "There is no pipe to ask for embeddings: %s.", strerror (errno));
  else
    {
      if (aid_embed (m->net, &q, on_batch, b, &id, &b->error))
        close (b->done[1]);
      else
        wait_for (m, f->stop, b, id);
      close (b->done[0]);
    }
  f->works |= !b->error.code;
}

/* Whether the server makes a vector of a word: then a passage that it does not take is at fault. */
static int
server_works (struct filling *f)
{
  const float *vector = NULL;
  struct batch b = { .n = 1, .vectors = &vector };
  if (!f->works)
    ask_batch (f, &AID_SPAN ("word"), &b);
  free (b.numbers);
  return f->works;
}

/* Whether the server may take a part of what it did not take whole. */
static int
is_too_much (int status)
{
  return status == 400 || status == 413 || status == 422 || status == 500;
}

static enum aid_err fill_batch (struct filling *f, const struct aid_vec *batch, struct aid_error *e);

/* BATCH was too much: its halves, or of one passage the first half of its text. */
static enum aid_err
fill_parts (struct filling *f, const struct aid_vec *batch, struct aid_error *e)
{
  struct aid_lacking *first = batch->data;
  size_t half = batch->len / 2;
  if (half)
    {
      struct aid_vec a = *batch, b = *batch;
      a.len = half;
      b.data = first + half;
      b.len = batch->len - half;
      enum aid_err err = fill_batch (f, &a, e);
      return err ? err : fill_batch (f, &b, e);
    }
  if (first->len >= 1000)
    {
      struct aid_span text = { first->text, first->len / 2 };
      first->len = aid_utf8_valid_prefix (text);
      return fill_batch (f, batch, e);
    }
  return server_works (f) ? aid_vectors_put (f->m->vectors, batch, &(const float *){ NULL }, 0, e) : e->code;
}

/* Keeps B, the vectors of BATCH.  That it cannot be done now may have other reasons than their length: somebody uses the
   database. */
static enum aid_err
keep (struct filling *f, const struct aid_vec *batch, const struct batch *b, struct aid_error *e)
{
  enum aid_err err = aid_vectors_put (f->m->vectors, batch, b->vectors, b->dimensions, e);
  struct aid_vectors_state now;
  aid_vectors_state (f->m->vectors, &now);
  f->other = err == AID_E_STATE && now.dimensions && now.dimensions != b->dimensions;
  return err;
}

/* Asks for the vectors of BATCH and keeps them. */
static enum aid_err
fill_batch (struct filling *f, const struct aid_vec *batch, struct aid_error *e)
{
  struct aid_span texts[BATCH];
  const float *vectors[BATCH] = { NULL };
  struct batch b = { .n = batch->len, .vectors = vectors };
  for (size_t i = 0; i < batch->len; i++)
    {
      const struct aid_lacking *l = &AID_VEC_AT (struct aid_lacking, batch, i);
      texts[i] = (struct aid_span){ l->text, l->len };
    }
  ask_batch (f, texts, &b);
  enum aid_err err = b.error.code;
  *e = b.error;
  if (err == AID_E_REFUSED) /* secrets, all of it: it stays here for ever */
    err = aid_vectors_put (f->m->vectors, batch, vectors, 0, e);
  else if (err == AID_E_HTTP && is_too_much (b.status))
    err = fill_parts (f, batch, e);
  else if (!err)
    err = keep (f, batch, &b, e);
  free (b.numbers);
  return err;
}

/* One pass over what lacks. */
static enum aid_err
fill_all (struct filling *f, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  size_t n = 1;
  while (!err && n)
    {
      struct aid_vec batch = AID_VEC_INIT (struct aid_lacking, BATCH);
      err = aid_vectors_next (f->m->vectors, BATCH, BATCH_BYTES, f->stop, &batch, e);
      n = batch.len;
      if (!err && n)
        err = aid_meaning_key (f->m, e);
      if (!err && n)
        err = fill_batch (f, &batch, e);
      if (err)
        aid_vectors_give_back (f->m->vectors, &batch);
      aid_lacking_free (&batch);
    }
  return err;
}

enum aid_err
aid_meaning_look (struct aid_meaning *m, struct aid_error *e)
{
  return aid_vectors_follow (m->vectors, NULL, e);
}

/* Brings all up to date; *GENERATION gets what of the project that is. */
static enum aid_err
fill (struct aid_meaning *m, const struct aid_stop *stop, uint64_t *generation, struct aid_error *e)
{
  struct filling f = { .m = m, .stop = stop };
  enum aid_err err = aid_vectors_follow (m->vectors, generation, e);
  int reads = err == AID_E_STATE; /* another process writes, and has nothing to read yet, or holds the database */
  if (!err)
    err = fill_all (&f, e);
  if (f.other && !aid_vectors_reset (m->vectors, e) && !aid_vectors_follow (m->vectors, generation, e))
    err = fill_all (&f, e);
  aid_meaning_spend (m);
  pthread_mutex_lock (&m->lock);
  if (err && err != AID_E_CANCELLED && !reads)
    aid_meaning_note (m, e);
  else if (!err && m->not_before < aid_clock_ms ())
    m->failed = (struct aid_error){ AID_OK, "" };
  pthread_mutex_unlock (&m->lock);
  return err;
}

enum aid_err
aid_meaning_fill (struct aid_meaning *m, const struct aid_stop *stop, struct aid_error *e)
{
  return fill (m, stop, NULL, e);
}

/* --- the thread ----------------------------------------------------------------------------------------------------- */

/* Waits until the index has read what there is: it goes first. */
static void
wait_for_index (struct aid_meaning *m)
{
  struct aid_index_state s;
  for (aid_index_state (m->index, &s);
       s.phase != AID_INDEX_READY && s.phase != AID_INDEX_ELSEWHERE && !aid_stop_is_set (m->stop);
       aid_index_state (m->index, &s))
    aid_index_wait (m->index, s.updates, INDEX_MS);
}

/* Waits for MS, or until somebody pokes. */
static void
pause_for (struct aid_meaning *m, int64_t ms)
{
  int64_t until = aid_clock_ms () + ms;
  struct timespec t = { until / 1000, until % 1000 * 1000000 };
  pthread_mutex_lock (&m->lock);
  while (!m->poked && pthread_cond_timedwait (&m->changed, &m->lock, &t) == 0)
    ;
  m->poked = 0;
  pthread_mutex_unlock (&m->lock);
}

static void *
work (void *arg)
{
  struct aid_meaning *m = arg;
  struct aid_project *p = aid_index_project (m->index);
  int64_t back_off = BACK_OFF_MS;
  aid_calm_thread ();
  aid_meaning_key (m, NULL); /* a search does not wait for a command that finds it */
  aid_project_wait_or (p, 0, -1, m->stop);
  wait_for_index (m);
  while (!aid_stop_is_set (m->stop))
    {
      struct aid_error e = { AID_OK, "" };
      struct aid_vectors_state state;
      uint64_t generation = 0;
      enum aid_err err = fill (m, m->stop, &generation, &e);
      aid_vectors_state (m->vectors, &state);
      if (!state.writes)
        pause_for (m, READER_MS);
      else if (err)
        pause_for (m, back_off);
      else
        {
          aid_project_wait_or (p, generation, -1, m->stop);
          pause_for (m, SETTLE_MS);
        }
      back_off = err && back_off < BACK_OFF_MAX_MS ? 2 * back_off : err ? back_off : BACK_OFF_MS;
    }
  return NULL;
}

enum aid_err
aid_meaning_start (struct aid_meaning *m, struct aid_error *e)
{
  return m->thread ? AID_OK : aid_thread_start (&m->thread, "aid-embed", work, m, e);
}
