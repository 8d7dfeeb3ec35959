/* Asking for vectors.  A question's vector is asked for while other things go on, and an answer that comes too late for one
   search is kept for the next; a server that fails or is slow is left alone for a while.  Passages are asked for in batches, one
   after the other. */
#include "assist/meaning.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "base/val.h"
#include "config/secret.h"
#include "index/pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum
{
  BATCH = 32,                /* passages in one question */
  BATCH_BYTES = 64 << 10,
  BATCH_MS = 120000,
  QUESTION_MS = 10000,       /* in which an answer still counts for the next search */
  KEPT = 16,                 /* questions' vectors */
  SETTLE_MS = 1000,          /* after a change: more may follow */
  READER_MS = 20000,         /* until one looks what another process has written */
  BACK_OFF_MS = 30000,       /* after a failure, doubling */
  BACK_OFF_MAX_MS = 600000,
  INDEX_MS = 500
};

/* A question's vector. */
struct kept
{
  uint64_t hash;             /* of its text; 0: none */
  float *vector;
  size_t n;
};

/* One batch that is asked for: its fields are the I/O thread's until it has written into the pipe. */
struct batch
{
  int done[2];
  struct aid_error error;
  int status;
  size_t n, dimensions;
  const float **vectors;     /* into NUMBERS */
  float *numbers;
};

struct aid_meaning
{
  struct aid_net *net;
  struct aid_index *index;
  struct aid_embedder by;
  struct aid_vectors *vectors;
  struct aid_stop *stop;
  unsigned long thread;      /* 0: none */

  pthread_mutex_t lock;      /* guards what follows */
  pthread_cond_t changed;
  char *key;                 /* once it was looked for */
  int has_key;
  uint64_t asked;            /* the hash of the question that is asked for; 0: none */
  uint64_t question_id;      /* of the request for it, once that is known; 0 */
  struct kept kept[KEPT];
  size_t next;               /* of them to be replaced */
  int64_t not_before;        /* until when no question is asked for */
  struct aid_error failed;   /* why the last question has none, or passages are not asked for */
  char said[sizeof ((struct aid_error *) 0)->msg];   /* what of that somebody was told last */
  int used;
  int poked;                 /* the thread is to look again at once */
};

/* --- opening -------------------------------------------------------------------------------------------------------- */

static void
init_locks (struct aid_meaning *m)
{
  pthread_condattr_t attr;
  pthread_mutex_init (&m->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&m->changed, &attr);
  pthread_condattr_destroy (&attr);
}

enum aid_err
aid_meaning_open (struct aid_net *net, struct aid_index *x, struct aid_embedder *by, struct aid_meaning **out,
                  struct aid_error *e)
{
  struct aid_meaning *m = calloc (1, sizeof *m);
  enum aid_err err = AID_E_NOMEM;
  *out = NULL;
  if (!m)
    {
      aid_embedder_free (by);
      return aid_error_set (e, err, "There is no memory for embeddings.");
    }
  init_locks (m);
  m->net = net;
  m->index = x;
  m->by = *by;
  *by = (struct aid_embedder){ 0 };
  if ((m->stop = aid_stop_new (e)))
    err = aid_vectors_open (x, m->by.made_by, &m->vectors, e);
  if (err)
    aid_meaning_close (m);
  else
    *out = m;
  return err;
}

/* Ends the request for a question and waits until it is over. */
static void
end_question (struct aid_meaning *m)
{
  pthread_mutex_lock (&m->lock);
  uint64_t id = m->question_id;
  pthread_mutex_unlock (&m->lock);
  if (id)
    aid_http_cancel (m->net, id);
  pthread_mutex_lock (&m->lock);
  while (m->asked)
    pthread_cond_wait (&m->changed, &m->lock);
  pthread_mutex_unlock (&m->lock);
}

static void
poke (struct aid_meaning *m)
{
  pthread_mutex_lock (&m->lock);
  m->poked = 1;
  pthread_cond_broadcast (&m->changed);
  pthread_mutex_unlock (&m->lock);
}

void
aid_meaning_close (struct aid_meaning *m)
{
  if (!m)
    return;
  if (m->stop)
    aid_stop_set (m->stop);
  end_question (m);
  poke (m);
  if (m->thread)
    {
      aid_project_wake (aid_index_project (m->index));
      pthread_join (m->thread, NULL);
    }
  aid_vectors_close (m->vectors);
  aid_stop_free (m->stop);
  for (size_t i = 0; i < KEPT; i++)
    free (m->kept[i].vector);
  aid_secret_free (m->key);
  aid_embedder_free (&m->by);
  pthread_cond_destroy (&m->changed);
  pthread_mutex_destroy (&m->lock);
  free (m);
}

static int
same (const char *a, const char *b)
{
  return (!a && !b) || (a && b && !strcmp (a, b));
}

static int
same_json (const json_t *a, const json_t *b)
{
  return (!a && !b) || json_equal (a, b);
}

int
aid_meaning_is_by (const struct aid_meaning *m, const struct aid_embedder *by)
{
  const struct aid_model *a = &m->by.model, *b = &by->model;
  return same (m->by.made_by, by->made_by) && same (m->by.question_prefix, by->question_prefix) && same (a->url, b->url)
         && same (a->key_env, b->key_env) && same (a->net.proxy, b->net.proxy) && same_json (a->key_command, b->key_command)
         && same_json (a->headers, b->headers);
}

/* --- asking --------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_meaning_key (struct aid_meaning *m, struct aid_error *e)
{
  const struct aid_model *by = &m->by.model;
  char *key = NULL;
  pthread_mutex_lock (&m->lock);
  int has = m->has_key;
  pthread_mutex_unlock (&m->lock);
  if (has)
    return AID_OK;
  enum aid_err err = AID_OK;
  if (by->needs_key)
    err = aid_secret_find (NULL, by->key_env, by->key_command, by->provider, by->host, &key, e);
  pthread_mutex_lock (&m->lock);
  if (!err && !m->has_key)
    {
      m->key = key;
      m->has_key = 1;
      key = NULL;
    }
  pthread_mutex_unlock (&m->lock);
  aid_secret_free (key);
  return err;
}

void
aid_meaning_use_key (struct aid_meaning *m, const char *key)
{
  char *copy = strdup (key);
  pthread_mutex_lock (&m->lock);
  if (copy && !m->has_key)
    {
      m->key = copy;
      m->has_key = m->poked = 1;
      copy = NULL;
      pthread_cond_broadcast (&m->changed);
    }
  pthread_mutex_unlock (&m->lock);
  aid_secret_free (copy);
}

int
aid_meaning_wants_key (struct aid_meaning *m, const char **host)
{
  pthread_mutex_lock (&m->lock);
  int wants = m->by.model.needs_key && !m->has_key;
  pthread_mutex_unlock (&m->lock);
  *host = m->by.model.host;
  return wants;
}

/* With the lock. */
static void
note_failure (struct aid_meaning *m, const struct aid_error *e)
{
  m->failed = *e;
}

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
  if (!got->error.code)
    batch_copy (b, got);
  int end = b->done[1]; /* B is the other thread's again once it is told */
  ssize_t n = write (end, "", 1);
  (void) n;
  close (end);
}

/* Waits until B's request ID is over, and ends it when M or who fills it is told to stop. */
static void
wait_for (struct aid_meaning *m, const struct aid_stop *stop, const struct batch *b, uint64_t id)
{
  struct pollfd p[3] = { { b->done[0], POLLIN, 0 }, { aid_stop_fd (m->stop), POLLIN, 0 }, { aid_stop_fd (stop), POLLIN, 0 } };
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
  int works;                 /* the server has made a vector meanwhile */
};

/* Asks for TEXTS; when it returns B is over, whatever came. */
static void
ask_batch (struct filling *f, const struct aid_span *texts, struct batch *b)
{
  struct aid_meaning *m = f->m;
  struct aid_embed q = { .by = &m->by, .key = m->key, .texts = texts, .n = b->n, .ms = BATCH_MS, .retries = -1 };
  uint64_t id;
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
  if (err == AID_E_REFUSED)  /* secrets, all of it: it stays here for ever */
    err = aid_vectors_put (f->m->vectors, batch, vectors, 0, e);
  else if (err == AID_E_HTTP && is_too_much (b.status))
    err = fill_parts (f, batch, e);
  else if (!err)
    err = aid_vectors_put (f->m->vectors, batch, vectors, b.dimensions, e);
  free (b.numbers);
  return err;
}

/* One pass over what lacks.  AID_E_STATE: the vectors that come are longer or shorter than those that are there. */
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
  int reads = err == AID_E_STATE; /* another process writes, and has nothing to read yet */
  if (!err)
    err = fill_all (&f, e);
  if (err == AID_E_STATE && !reads && !aid_vectors_reset (m->vectors, e) && !aid_vectors_follow (m->vectors, generation, e))
    err = fill_all (&f, e);
  pthread_mutex_lock (&m->lock);
  if (err && err != AID_E_CANCELLED && !reads)
    note_failure (m, e);
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

/* --- questions ------------------------------------------------------------------------------------------------------ */

/* What is sent of Q. */
static struct aid_span
text_of (const struct aid_question *q)
{
  struct aid_span text = aid_span_trim (q->text);
  if (!text.len)
    text = aid_span_trim (q->error);
  text.len = text.len < AID_VECTOR_TEXT ? text.len : AID_VECTOR_TEXT;
  text.len = aid_utf8_valid_prefix (text);
  return text;
}

static uint64_t
hash_of (struct aid_span text)
{
  return aid_hash64 (text) | 1;
}

static struct kept *
find_kept (struct aid_meaning *m, uint64_t hash)
{
  for (size_t i = 0; i < KEPT; i++)
    if (m->kept[i].hash == hash)
      return &m->kept[i];
  return NULL;
}

static void
on_question (void *user, const struct aid_embedded *got)
{
  struct aid_meaning *m = user;
  size_t bytes = got->dimensions * sizeof (float);
  pthread_mutex_lock (&m->lock);
  float *copy = !got->error.code && got->vectors[0] ? malloc (bytes + 1) : NULL;
  if (copy)
    {
      struct kept *k = &m->kept[m->next++ % KEPT];
      memcpy (copy, got->vectors[0], bytes);
      free (k->vector);
      *k = (struct kept){ m->asked, copy, got->dimensions };
      m->failed = (struct aid_error){ AID_OK, "" };
    }
  else if (got->error.code != AID_E_CANCELLED)
    {
      note_failure (m, &got->error);
      m->not_before = aid_clock_ms () + AID_MEANING_PAUSE_MS;
    }
  m->asked = m->question_id = 0;
  pthread_cond_broadcast (&m->changed);
  pthread_mutex_unlock (&m->lock);
}

/* Claims the question HASH for asking; 0: there is its vector, or another one is asked for, or none is to be. */
static int
claim (struct aid_meaning *m, uint64_t hash)
{
  pthread_mutex_lock (&m->lock);
  int mine = !m->asked && !find_kept (m, hash) && aid_clock_ms () >= m->not_before
             && (m->has_key || !m->by.model.key_command);
  if (mine)
    m->asked = hash;
  pthread_mutex_unlock (&m->lock);
  return mine;
}

void
aid_meaning_begin (struct aid_meaning *m, const struct aid_question *q)
{
  struct aid_span text = text_of (q);
  struct aid_error e = { AID_OK, "" };
  struct aid_vectors_state state;
  uint64_t hash = hash_of (text), id = 0;
  aid_vectors_state (m->vectors, &state);
  if (!state.with || !text.len || !claim (m, hash)) /* nobody is asked for what could be compared with nothing */
    return;
  enum aid_err err = aid_meaning_key (m, &e);
  struct aid_embed ask = { .by = &m->by, .key = m->key, .texts = &text, .n = 1, .question = 1, .ms = QUESTION_MS };
  if (!err)
    err = aid_embed (m->net, &ask, on_question, m, &id, &e);
  pthread_mutex_lock (&m->lock);
  if (err)
    {
      m->asked = 0;
      note_failure (m, &e);
      pthread_cond_broadcast (&m->changed);
    }
  else if (m->asked == hash)
    m->question_id = id; /* of a request that is over already, at worst: then it names none */
  pthread_mutex_unlock (&m->lock);
}

/* With the lock: waits until HASH is asked for no more, or the time UNTIL. */
static void
wait_until (struct aid_meaning *m, uint64_t hash, int64_t until)
{
  struct timespec t = { until / 1000, until % 1000 * 1000000 };
  while (m->asked == hash && pthread_cond_timedwait (&m->changed, &m->lock, &t) == 0)
    ;
}

void
aid_meaning_end (struct aid_meaning *m, int64_t until, struct aid_question *q, float **vector, char note[300])
{
  uint64_t hash = hash_of (text_of (q));
  *vector = NULL;
  note[0] = '\0';
  pthread_mutex_lock (&m->lock);
  if (!find_kept (m, hash))
    wait_until (m, hash, until);
  const struct kept *k = find_kept (m, hash);
  if (k && (*vector = malloc (k->n * sizeof **vector + 1)))
    {
      memcpy (*vector, k->vector, k->n * sizeof **vector);
      q->vectors = m->vectors;
      q->meaning = *vector;
      q->dimensions = k->n;
    }
  else if (m->asked == hash)
    {
      struct aid_error slow = { AID_OK, "" };
      aid_error_set (&slow, AID_E_TIMEOUT, "%.80s has not answered in time", m->by.model.host);
      note_failure (m, &slow);
      m->not_before = aid_clock_ms () + AID_MEANING_PAUSE_MS;
    }
  m->used = *vector != NULL;
  if (m->failed.code && strcmp (m->said, m->failed.msg) != 0)
    {
      memcpy (m->said, m->failed.msg, sizeof m->said);
      snprintf (note, 300, "What is similar in meaning is %s: %.200s", m->used ? "not all known" : "left out", m->failed.msg);
    }
  pthread_mutex_unlock (&m->lock);
}

struct aid_vectors *
aid_meaning_vectors (struct aid_meaning *m)
{
  return m->vectors;
}

void
aid_meaning_val (struct aid_meaning *m, struct aid_str *val)
{
  struct aid_vectors_state s;
  aid_vectors_state (m->vectors, &s);
  pthread_mutex_lock (&m->lock);
  struct aid_error failed = m->failed;
  int used = m->used;
  pthread_mutex_unlock (&m->lock);
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "provider", m->by.model.provider);
  aid_val_kstrz (val, "model", m->by.model.name);
  aid_val_kstrz (val, "host", m->by.model.host);
  aid_val_kbool (val, "local", m->by.model.local);
  aid_val_kint (val, "passages", (int64_t) s.passages);
  aid_val_kint (val, "with", (int64_t) s.with);
  aid_val_kint (val, "held", (int64_t) s.held);
  aid_val_kint (val, "files_left", (int64_t) s.files_left);
  aid_val_kint (val, "left_out", (int64_t) s.left_out);
  aid_val_kint (val, "dimensions", (int64_t) s.dimensions);
  aid_val_kbool (val, "used", used);
  aid_val_kstrz (val, "error", failed.code ? failed.msg : NULL);
  aid_val_end (val, o, 12);
}
