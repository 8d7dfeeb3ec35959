/* A question's vector is asked for while other things go on, and an answer that comes too late for one search is kept for the
   next; a server that fails or is slow is left alone for a while. */
#include "assist/meaning_internal.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/val.h"
#include "config/secret.h"
#include "model/cost.h"
#include "model/spend.h"
#include <stdio.h>
#include <stdlib.h>

enum
{
  QUESTION_MS = 10000 /* in which an answer still counts for the next search */
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
  if (m->by.model.id)
    aid_meaning_spend (m);
  aid_vectors_close (m->vectors);
  aid_stop_free (m->stop);
  for (size_t i = 0; i < AID_MEANING_KEPT; i++)
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
    err = aid_secret_find (NULL, by->key_env, by->key_command, by->provider, by->host, m->stop, &key, e);
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

void
aid_meaning_note (struct aid_meaning *m, const struct aid_error *e)
{
  m->failed = *e;
}

/* --- what it costs -------------------------------------------------------------------------------------------------- */

void
aid_meaning_count (struct aid_meaning *m, const struct aid_embedded *got)
{
  if (got->error.code)
    return;
  m->requests++;
  m->tokens += got->tokens > 0 ? got->tokens : 0;
}

void
aid_meaning_spend (struct aid_meaning *m)
{
  struct aid_spend s = { m->by.model.id, m->by.model.provider, AID_USAGE_INIT, -1, 0 };
  pthread_mutex_lock (&m->lock);
  s.requests = m->requests;
  if (m->tokens)
    s.usage.input = m->tokens;
  m->requests = m->tokens = 0;
  pthread_mutex_unlock (&m->lock);
  s.usage.output = 0;
  s.cost = aid_cost (&m->by.model.price, &s.usage);
  if (s.requests)
    aid_spend_add (&s);
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

static struct aid_kept_question *
find_kept (struct aid_meaning *m, uint64_t hash)
{
  for (size_t i = 0; i < AID_MEANING_KEPT; i++)
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
  aid_meaning_count (m, got);
  float *copy = !got->error.code && got->vectors[0] ? malloc (bytes + 1) : NULL;
  if (copy)
    {
      struct aid_kept_question *k = &m->kept[m->next++ % AID_MEANING_KEPT];
      memcpy (copy, got->vectors[0], bytes);
      free (k->vector);
      *k = (struct aid_kept_question){ m->asked, copy, got->dimensions };
      m->failed = (struct aid_error){ AID_OK, "" };
    }
  else if (got->error.code != AID_E_CANCELLED)
    {
      aid_meaning_note (m, &got->error);
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
  int mine
    = !m->asked && !find_kept (m, hash) && aid_clock_ms () >= m->not_before && (m->has_key || !m->by.model.key_command);
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
      aid_meaning_note (m, &e);
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
  const struct aid_kept_question *k = find_kept (m, hash);
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
      aid_meaning_note (m, &slow);
      m->not_before = aid_clock_ms () + AID_MEANING_PAUSE_MS;
    }
  m->used = *vector != NULL;
  if (m->failed.code && strcmp (m->said, m->failed.msg) != 0)
    {
      memcpy (m->said, m->failed.msg, sizeof m->said);
      snprintf (note, 300, "What is similar in meaning is %s: %.200s", m->used ? "not all known" : "left out",
                m->failed.msg);
    }
  pthread_mutex_unlock (&m->lock);
  aid_meaning_spend (m);
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
  aid_val_kint (val, "passages", (int64_t)s.passages);
  aid_val_kint (val, "with", (int64_t)s.with);
  aid_val_kint (val, "held", (int64_t)s.held);
  aid_val_kint (val, "files_left", (int64_t)s.files_left);
  aid_val_kint (val, "left_out", (int64_t)s.left_out);
  aid_val_kint (val, "dimensions", (int64_t)s.dimensions);
  aid_val_kbool (val, "used", used);
  aid_val_kstrz (val, "error", failed.code ? failed.msg : NULL);
  aid_val_end (val, o, 12);
}
